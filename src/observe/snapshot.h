/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe: a private copy of a pool's tables and records. What is read of it does not change, so it may be
 * read twice; it is read through the file, so neither a hole nor a file that was cut off is a signal.
 */
#ifndef BRINE_OBSERVE_SNAPSHOT_H
#define BRINE_OBSERVE_SNAPSHOT_H

#include "region/pool.h"

struct snapshot {
    brine_pool pool; /* base, layout, name, descriptor: enough for whatever only reads tables */
    int fd;          /* of the file; negative: it was closed and cannot be opened again */
};

/* Copies everything before the data pages. 0, BRINE_ENOMEM. */
int brine__snapshot_take(brine_pool *pool, struct snapshot *snapshot);
/* Copies a part of the data pages to its place in the snapshot. The caller bounds how much. */
int brine__snapshot_add(struct snapshot *snapshot, const brine_pool *pool, uint64_t offset, uint64_t bytes);
void brine__snapshot_drop(struct snapshot *snapshot);

#endif
