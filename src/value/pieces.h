/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: room for items that grows without moving what is in it, so that refs stay good.
 *
 *   piece 0: items [0, 2^shift)      piece j: items [2^(shift+j-1), 2^(shift+j))
 *
 * Invariant: room is 2^(shift + pieces - 1); `more` holds the offsets of the pieces after the first.
 * In shared memory, inside the header of a tab or arr.
 */
#ifndef BRINE_VALUE_PIECES_H
#define BRINE_VALUE_PIECES_H

#include "packet/arena.h"

#define PIECES_MAX 32u
#define PIECES_ROOM_MAX ((uint32_t)1 << 31)

struct pieces {
    uint64_t first; /* offset of piece 0 */
    uint64_t more;  /* offset of u64[more_room]; 0: none */
    uint32_t room;  /* items that fit now */
    uint8_t shift;
    uint8_t more_room;
    uint16_t zero;
};
_Static_assert(sizeof(struct pieces) == 24, "pieces size");

static inline uint32_t pieces_log2(uint32_t n) { return 31u - (uint32_t)__builtin_clz(n); }

/* The piece of an item that is not in piece 0 (1, 2, ...), and the item's index in it. */
static inline uint32_t pieces_which(const struct pieces *p, uint32_t item, uint32_t *index) {
    uint32_t log = pieces_log2(item);
    *index = item - ((uint32_t)1 << log);
    return log - p->shift + 1;
}

/* Address of an item < room. */
static inline void *pieces_at(const brine_pool *pool, const struct pieces *p, uint32_t item, uint32_t item_bytes) {
    if (likely(item >> p->shift == 0)) return pool_at(pool, p->first + (uint64_t)item * item_bytes);
    uint32_t index, piece = pieces_which(p, item, &index);
    const uint64_t *more = pool_at(pool, p->more);
    return pool_at(pool, more[piece - 1] + (uint64_t)index * item_bytes);
}

/* Doubles the room. 0, BRINE_ENOMEM or BRINE_ELIMIT (stuck). */
int brine__pieces_grow(const struct at *at, struct pieces *p, uint32_t item_bytes);

/* log2 of the smallest power of two that holds n items, at least `least`. */
static inline uint8_t pieces_shift(uint64_t n, uint8_t least) {
    uint8_t shift = least;
    while (((uint64_t)1 << shift) < n) shift++;
    return shift;
}

#endif
