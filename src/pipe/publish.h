/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: published values, what the directory and the reaper need of them. */
#ifndef BRINE_PIPE_PUBLISH_H
#define BRINE_PIPE_PUBLISH_H

#include "packet/packet.h"

/* The token `target` (LINK; 0 is fine) is no longer its name's: releases it, unless somebody else does.
 * me: this process, or the dead one that the reaper stands for. */
void brine__displaced(brine_pool *pool, uint64_t target, uint32_t me);

/* Reaping of a record in state w = PUBLISHING of the dead, or PUBLISHED of anybody. True if changed. */
bool brine__publish_undo(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead);

#endif
