/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine: structured values in shared memory, passed between processes by reference.
 *
 *   pool.h      named regions of shared memory            status.h    errors
 *   packet.h    the unit of ownership                     deadline.h  how long to wait
 *   value.h     what a packet holds
 *   text.h      Python literals and JSON
 *   pipe.h      bounded FIFOs, fan-out, published values
 *   observe.h   looking without touching
 */
#ifndef BRINE_H
#define BRINE_H

#include <brine/deadline.h>
#include <brine/export.h>
#include <brine/observe.h>
#include <brine/packet.h>
#include <brine/pipe.h>
#include <brine/pool.h>
#include <brine/status.h>
#include <brine/text.h>
#include <brine/value.h>

#endif
