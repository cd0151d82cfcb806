/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: what the value layer needs of packets. Resolving a ref to a cell it may read or write,
 * memory from a packet's arena, owned packets ("children"), sticking errors.
 */
#ifndef BRINE_PACKET_ARENA_H
#define BRINE_PACKET_ARENA_H

#include "heap/thread.h"

#define PLACE_READONLY ((uint64_t)1 << 48)
#define PLACE_OFFSET(place) ((place) & (((uint64_t)1 << 48) - 1))
#define PLACE_POOL(place) ((uint32_t)((place) >> 49))
#define PLACE(offset, pool_id) ((uint64_t)(offset) | (uint64_t)(pool_id) << 49)

/* A ref that was looked up. `cell` is the raw cell at the ref's place (it may be a MOVED or REF cell of
 * the value layer). */
struct at {
    brine_pool *pool;
    struct record *rec; /* the packet (or token) that the ref names; its arena if writable */
    struct cell *cell;
    uint32_t record, generation; /* of rec, for making further refs */
    bool writable;
    bool key;    /* inside a key: refs made from it are read-only too */
    bool leased; /* why it is not writable */
};

/* For reading: 0, or BRINE_ENOTHELD, or the status in a null ref (detail kept). */
int brine__at_read(brine_ref ref, struct at *at);
/* For changing: also BRINE_ESHARED, BRINE_ELEASED, BRINE_EREADONLY; and the packet's stuck error if there is one. */
int brine__at_write(brine_ref ref, struct at *at);

/* Same as brine__at_read for the cell at `offset` of the same packet. */
static inline brine_ref at_ref(const struct at *at, const struct cell *cell) {
    brine_ref r = {at->record, at->generation,
                   PLACE(pool_offset(at->pool, cell), at->pool->id) | (at->key ? PLACE_READONLY : 0)};
    return r;
}

/* Bytes from the arena of at->rec (writable), aligned to `align` (a power of two up to 64), not
 * zeroed. NULL when out of memory: BRINE_ENOMEM is then stuck to the packet and detail is set. */
void *brine__arena_alloc(const struct at *at, uint64_t bytes, uint32_t align);

/* The same if the current chunk has room; NULL if not. Text (align 1) is taken from the end, so that what stood last at
 * the beginning can grow in place: a tab that is filled. */
__attribute__((always_inline)) static inline void *brine__arena_at_hand(const struct at *at, uint64_t bytes,
                                                                        uint32_t align) {
    struct record *r = at->rec;
    uint64_t start = (r->bump + align - 1) & ~((uint64_t)align - 1);
    if (unlikely(start > r->limit || bytes > r->limit - start)) return NULL;
    if (align == 1) return pool_at(at->pool, r->limit -= bytes);
    r->bump = start + bytes;
    return pool_at(at->pool, start);
}

/* Sticks status (with the thread's detail as it is) to the packet if it is the first; returns it. */
int brine__stick(const struct at *at, int status);

/* ---- owned packets ---- */

/* Steps from a REF cell's payload (LINK) into the packet it names: in->cell becomes its root cell,
 * in->record the child. Writable iff `at` is and the child is no share. 0 or BRINE_ECORRUPT. */
int brine__at_enter(const struct at *at, uint64_t link, struct at *in);

/* A new packet (root None) owned by at->rec, with room for `bytes` (aligned 64) in one piece: *in is its
 * writable root. *link is for the REF cell. 0 or BRINE_ENOMEM (stuck). */
int brine__child_new(const struct at *at, uint64_t bytes, struct at *in, uint64_t *link);
/* Makes a held packet a child of at->rec. Errors as brine_assign_packet; not stuck. */
int brine__child_adopt(const struct at *at, brine_packet packet, uint64_t *link);
/* The reverse: the child becomes a packet held by the caller. */
int brine__child_take(const struct at *at, uint64_t link, brine_packet *packet);
/* Frees a child (and what it owns). */
void brine__child_drop(const struct at *at, uint64_t link);
/* If the link is a share (token) of a shared packet: a further share of it, held by the caller; else
 * BRINE_EINVAL. For copying values that contain shares. */
int brine__link_clone(const struct at *at, uint64_t link, brine_packet *clone);
/* The packet that a link names, as a handle (not held by anybody as such). */
brine_packet brine__link_packet(const struct at *at, uint64_t link);

#endif
