/* SPDX-License-Identifier: Apache-2.0 */
/* A shared mapping of a file is out of the sanitizers' sight: here a pool is mapped between wide areas that cannot be
 * touched, so that reading outside of it is a signal. For one thread. */
#ifndef TESTS_HOSTILE_GUARDED_H
#define TESTS_HOSTILE_GUARDED_H

#include "pool_helpers.h"

#define GUARD_BELOW ((uint64_t)64 << 30)
#define GUARD_ABOVE ((uint64_t)4 << 40) /* over 2^32 records */

struct guarded {
    char *room; /* where the pool is mapped */
    uint64_t bytes;
};

static struct guarded guarded_room(uint64_t bytes) {
    char *all =
        mmap(NULL, GUARD_BELOW + bytes + GUARD_ABOVE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(all != MAP_FAILED);
    return (struct guarded){all + GUARD_BELOW, bytes};
}

static void guarded_close(const struct guarded *g) {
    CHECK(mmap(g->room, g->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
               0) == g->room);
}

/* NULL: it was refused. */
static brine_pool *guarded_attach(const struct guarded *g, const char *name, unsigned flags) {
    brine_pool *pool;
    brine_pool_options options = {.flags = flags, .address = g->room};
    CHECK_SYS(munmap(g->room, g->bytes));
    if (brine_pool_attach(name, &options, brine_now(), &pool) == 0) {
        CHECK(pool->base == g->room && pool->layout.file_bytes == g->bytes);
        return pool;
    }
    guarded_close(g);
    return NULL;
}

static void guarded_detach(const struct guarded *g, brine_pool *pool) {
    brine_pool_detach(pool);
    guarded_close(g);
}

#endif
