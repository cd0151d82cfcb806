/* SPDX-License-Identifier: Apache-2.0 */
/* observe: which packet each record is part of, in time linear in the number of records whatever their links say,
 * also while they change: every record is put on the way once, and taken off it once. */
#include "observe/observe.h"

#include <stdlib.h>

#include "pipe/ring.h"

#define ON_WAY UINT32_MAX
#define NOWHERE (UINT32_MAX - 1)

/* The record that i is part of, if its link is sound; else 0. */
static uint32_t parent_of(brine_pool *pool, uint32_t i, uint32_t records) {
    uint64_t parent = a64_load_relaxed(&pool_record(pool, i)->parent);
    uint32_t index = link_record(parent);
    if (index >= records || !pool_record_exists(pool, index)) return 0;
    return word_gen(a64_load_acquire(&pool_record(pool, index)->word)) == link_gen(parent) ? index : 0;
}

static void find_root(brine_pool *pool, uint32_t i, uint32_t records, uint32_t *roots) {
    uint32_t at = i;
    while (at && roots[at] == 0) {
        bool child = word_state(a64_load_acquire(&pool_record(pool, at)->word)) == REC_CHILD;
        roots[at] = child ? ON_WAY : at;
        if (child) at = parent_of(pool, at, records);
    }
    uint32_t root = at && roots[at] != ON_WAY ? roots[at] : NOWHERE; /* on the way: a circle */
    for (at = i; at && roots[at] == ON_WAY; at = parent_of(pool, at, records)) roots[at] = root;
}

void brine__observe_roots(brine_pool *pool, uint32_t records, uint32_t *roots) {
    for (uint32_t i = 0; (i = next_record(pool, i, records)) != 0;) find_root(pool, i, records, roots);
    for (uint32_t i = 0; i < records; i++) /* all of them: which records exist may have changed since */
        if (roots[i] >= records) roots[i] = 0;
}

uint64_t *brine__observe_sizes(brine_pool *pool, uint32_t *records) {
    *records = (uint32_t)pool_record_high(pool);
    uint32_t *roots = calloc(*records + 1, sizeof *roots);
    uint64_t *sizes = calloc(*records + 1, sizeof *sizes);
    if (roots && sizes) {
        brine__observe_roots(pool, *records, roots);
        for (uint32_t i = 0; (i = next_record(pool, i, *records)) != 0;) sizes[roots[i]] += pool_record(pool, i)->bytes;
        sizes[0] = 0; /* what is part of nothing */
    } else {
        free(sizes);
        sizes = NULL;
        brine__fail(BRINE_ENOMEM, "no memory for the sizes of %u packets", *records);
    }
    free(roots);
    return sizes;
}
