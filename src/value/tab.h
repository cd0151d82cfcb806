/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the inside of a tab, an insertion-ordered hash table.
 *
 *   position   0 1 2 ... used-1         in order of insertion; a deleted one is a hole
 *   hashes[]   32 bits per position     0: a hole
 *   ids[]      entry per position       none: entry = position
 *   index[]    position + 1, open addressing, 2 * room slots; none while room <= TAB_SCAN
 *   pieces     entries {key, value}     never move; `made` of them were handed out, none twice
 *
 * Invariants: count <= used <= room, used <= made <= pieces.room; room is a power of two >= 8;
 * hashes[used..room) are 0; positions of holes stay in the index, where they match nothing, until the
 * positions are squeezed. Up to TAB_SCAN positions are found by comparing all their hashes at once.
 */
#ifndef BRINE_VALUE_TAB_H
#define BRINE_VALUE_TAB_H

#include "value/key.h"
#include "value/pieces.h"

#define TAB_SCAN 16u
#define TAB_SHIFT 3 /* entries in the first piece, log2 */
#define TAB_NONE UINT32_MAX

struct tab {
    uint64_t version; /* changes with every insertion and deletion; starts elsewhere for each tab */
    uint32_t count, used, room, made;
    uint64_t hashes, ids, index; /* offsets */
    struct pieces pieces;
};
_Static_assert(sizeof(struct tab) == 72, "tab size");

struct entry {
    struct cell key, value;
};

/* The tab of a cell of type BRINE_TAB; NULL: empty and never filled. */
static inline struct tab *tab_of(const brine_pool *pool, const struct cell *cell) {
    return likely(cell->payload != 0) ? pool_at(pool, cell->payload) : NULL;
}

static inline uint32_t *tab_hashes(const brine_pool *pool, const struct tab *t) { return pool_at(pool, t->hashes); }

static inline struct entry *tab_entry(const brine_pool *pool, const struct tab *t, uint32_t position) {
    uint32_t id = likely(t->ids == 0) ? position : ((const uint32_t *)pool_at(pool, t->ids))[position];
    return pieces_at(pool, &t->pieces, id, sizeof(struct entry));
}

/* The next position from `position` on that is no hole; `used` if there is none. */
static inline uint32_t tab_next(const brine_pool *pool, const struct tab *t, uint32_t position) {
    const uint32_t *hashes = tab_hashes(pool, t);
    while (position < t->used && hashes[position] == 0) position++;
    return position;
}

/* The position of a key, or TAB_NONE. */
uint32_t brine__tab_find(const brine_pool *pool, const struct tab *t, const struct probe *probe);

/* A tab with room for 2^shift entries at at->cell (of type BRINE_TAB). NULL: BRINE_ENOMEM, stuck. */
struct tab *brine__tab_make(const struct at *at, uint8_t shift);

/* A new entry (key and value None) at the end, for a key of this hash that is not there yet. NULL:
 * BRINE_ENOMEM or BRINE_ELIMIT, stuck. */
struct entry *brine__tab_add(const struct at *at, struct tab *t, uint32_t hash);

/* Makes the position a hole; what its value owned is freed. */
void brine__tab_remove(const struct at *at, struct tab *t, uint32_t position);

#endif
