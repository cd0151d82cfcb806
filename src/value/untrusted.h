/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: walking a packet whose bytes are not trusted. All reading goes through extents, the pieces of memory
 * that belong to the packet; a header is copied out once, and only the copy is checked and used. The
 * work is bounded: by depth, and by a budget of cells.
 */
#ifndef BRINE_VALUE_UNTRUSTED_H
#define BRINE_VALUE_UNTRUSTED_H

#include "value/cell.h"

struct extent {
    uint64_t offset, bytes; /* in the pool */
    const char *memory;     /* where to read it: in place, or a private copy */
    uint64_t have;          /* bytes of it that can be read */
};

struct source {
    brine_pool *pool;
    uint32_t record, gen;   /* whose extents these are */
    struct extent *extents;
    size_t count, room;
    bool copy;              /* extents are private copies */
    uint64_t max_bytes;     /* cut arrays, strings and bytes that are longer; 0: no limit */
    uint64_t *budget;       /* cells that may still be visited, for the whole walk */
};

/* Collects the extents of a record of this generation, checking that every chunk is really its own.
 * 0, BRINE_ECORRUPT, BRINE_ENOMEM. */
int brine__untrusted_open(struct source *s);
void brine__untrusted_close(struct source *s);

/* Checks the value in `cell` and everything below it; builds a copy at `out` unless that is null. Owned
 * packets and shares in it are opened as sources of their own. */
int brine__untrusted_walk(const struct source *s, struct cell cell, brine_ref out, int depth);
/* The root cell of the source's record (copied out). */
int brine__untrusted_root(const struct source *s, struct cell *root);

#endif
