/* SPDX-License-Identifier: Apache-2.0 */
/* base: time and deadlines. */
#ifndef BRINE_BASE_CLOCK_H
#define BRINE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <brine/deadline.h>

/* Nanoseconds of a clock. */
int64_t brine__clock_ns(clockid_t clock);

static inline int64_t brine__now_ns(void) { return brine__clock_ns(CLOCK_MONOTONIC); }

/* As brine_until, of what the clock says now. */
brine_deadline brine__until(brine_deadline deadline, int64_t now);

/* True once an absolute deadline (brine_until) has passed. */
static inline bool brine__passed(brine_deadline absolute) {
    return absolute.ns == 0 || (absolute.ns != INT64_MAX && brine__now_ns() >= absolute.ns);
}

/* Sleeps until `absolute`, but at most slice_ns; returns early on a signal. */
void brine__sleep_until(brine_deadline absolute, int64_t slice_ns);

#endif
