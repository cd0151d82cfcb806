/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: walking a packet whose bytes are not trusted, and may be changed by others while it is walked. All
 * reading goes through extents, the pieces of memory that belong to the packet; a header is copied out once,
 * and only the copy is checked and used. The work is bounded: by depth, and by a budget of values that is in
 * proportion to the memory of each packet, so that values that name each other again and again do not
 * multiply.
 */
#ifndef BRINE_VALUE_UNTRUSTED_H
#define BRINE_VALUE_UNTRUSTED_H

#include "value/cell.h"

struct extent {
    uint64_t offset, bytes; /* in the pool */
    const char *memory;     /* where to read it: in place, or a private copy */
    uint64_t have;          /* bytes of it that can be read */
};

/* What the packets of one walk share. */
struct walk {
    const brine_pool *memory; /* where large extents are read in place; its tables are not looked at */
    bool copy;                /* extents are private copies, but for large ones if `sparing` */
    bool sparing;
    bool once;          /* nothing is built: a packet that was seen before is not walked again */
    uint64_t max_bytes; /* cut arrays, strings and bytes that are longer; 0: no limit */
    uint64_t again;     /* bytes of packets that may still be opened once more */
    uint64_t *seen;     /* links of packets, an open hash table */
    size_t seen_count, seen_room;
    int fd; /* of the pool's file; negative: read the mapping */
    /* If set, called for a reference instead of walking what it names. */
    int (*refer)(void *context, uint32_t record, uint64_t link);
    void *context;
};

struct source {
    brine_pool *pool;
    struct walk *walk;
    uint32_t record, gen; /* whose extents these are */
    struct extent *extents;
    size_t count, room;
    uint64_t budget; /* values of this packet that may still be visited */
    bool again;      /* it was opened before in this walk */
};

/* Copies bytes of the pool's file. Through the descriptor: neither a hole nor a cut-off file is a signal then,
 * and memory that another process changes meanwhile is no data race. What lies behind the end of the file
 * reads as zero. fd negative: from the mapping. 0, or the status of a read that failed. */
int brine__copy_out(const brine_pool *pool, int fd, uint64_t offset, void *to, uint64_t bytes);

/* Collects the extents of a record of this generation, checking that every chunk is really its own.
 * 0, BRINE_ECORRUPT, BRINE_ENOMEM. Close it in any case. */
int brine__untrusted_open(struct source *s);
void brine__untrusted_close(struct source *s);
void brine__walk_end(struct walk *walk);

/* Checks the value in `cell` and everything below it; builds a copy at `out` unless that is null. Owned
 * packets and shares in it are opened as sources of their own. */
int brine__untrusted_walk(struct source *s, struct cell cell, brine_ref out, int depth);
/* The same for the root value of the source's record. */
int brine__untrusted_root(struct source *s, brine_ref out, int depth);
/* What freeing follows: the packet's list of owned packets and their own, and their chunks. */
int brine__untrusted_children(const struct source *s);

#endif
