/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: ownership. What the pipe layer needs: checking that the caller holds a packet, tokens, and
 * undoing what the dead held. "Reaping" functions impersonate a dead participant whose lock the caller
 * holds; each may be cut short and done again.
 */
#ifndef BRINE_PACKET_PACKET_H
#define BRINE_PACKET_PACKET_H

#include <string.h>

#include "packet/arena.h"

/* A packet that this process holds: 0, or BRINE_ENOTHELD (or the status of a dead pool). */
struct held {
    brine_pool *pool;
    struct record *rec;
    uint32_t index, gen, me;
};
int brine__held(brine_packet packet, struct held *held);

bool brine__record_new(brine_pool *pool, uint32_t index);
int brine__not_entered(const brine_pool *pool, uint32_t index);
int brine__not_held(const brine_pool *pool, uint32_t index, uint32_t gen, uint64_t w);

/* The record exists; remembered, so that the usual case is one compare. */
static inline bool record_known(brine_pool *pool, uint32_t index) {
    return likely(index < a32_load_relaxed(&pool->record_limit)) ? index != 0
                                                                 : brine__record_new(pool, index); /* only grows */
}

/* The record of a packet or ref exists and the pool can be used. On the path of every call on a value. */
__attribute__((always_inline)) static inline int packet_enter(uint32_t pool_id, uint32_t index, brine_pool **out,
                                                              uint32_t *me) {
    brine_pool *pool = *out = pool_by_id(pool_id);
    *me = likely(pool != NULL) ? pool_me(pool) : 0;
    return likely(*me != 0 && record_known(pool, index)) ? 0 : brine__not_entered(pool, index);
}

/* As brine__held for a packet that is held or leased: *leased says which. */
__attribute__((always_inline)) static inline int packet_holding(brine_packet p, struct held *h, bool *leased) {
    int rc = packet_enter(p.pool, p.record, &h->pool, &h->me);
    h->index = p.record;
    h->gen = p.generation;
    if (unlikely(rc)) return rc;
    h->rec = pool_record(h->pool, p.record);
    uint64_t w = a64_load_acquire(&h->rec->word); /* pairs with the store that made it ours */
    *leased = false;
    if (likely(w == WORD(p.generation, REC_HELD, h->me))) return 0;
    *leased = w == WORD(p.generation, REC_LEASED, h->me);
    return *leased ? 0 : brine__not_held(h->pool, p.record, p.generation, w);
}

/* The handle of record `index` of this generation. */
static inline brine_packet packet_of(const brine_pool *pool, uint32_t index, uint32_t gen) {
    brine_packet p = {index, gen, pool->id, 0};
    return p;
}
/* *out = packet_of(...) in two stores of 8 bytes: callers pass the handle on in two registers, and loading 8 bytes that
 * were stored as twice 4 waits until those have left the store buffer, some 5 ns. */
static inline void put_packet(brine_packet *out, const brine_pool *pool, uint32_t index, uint32_t gen) {
    uint64_t words[2] = {(uint64_t)gen << 32 | index, pool->id};
    _Static_assert(sizeof words == sizeof *out && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a handle is two words");
    memcpy(out, &words[0], 8);
    memcpy((char *)out + 8, &words[1], 8);
}
static inline bool is_token(const struct record *r) {
    return a64_load_relaxed(&r->target) != 0;
} /* the holder's own store */

/* Record + what hangs below it, all held by `me`, become free. Not for tokens. */
void brine__packet_free_tree(brine_pool *pool, uint32_t index, uint32_t gen);

/* Bytes of a packet with its owned packets; for a token, those of the shared packet. */
uint64_t brine__packet_bytes(brine_pool *pool, const struct record *rec);

/* ---- tokens: shares of an immutable packet (packet/token.c) ---- */

/* Lets a token go; frees the packet with the last one. The token is HELD by `me`. */
void brine__token_release(brine_pool *pool, uint32_t token, uint32_t gen, uint32_t me);
/* A new token on the packet that `target` (LINK) names, held by this process. BRINE_ENOENT: it is gone. */
int brine__token_new(brine_pool *pool, uint64_t target, brine_packet *token);
/* Makes a share the packet itself again if it is the only one: true, and *packet is it. */
bool brine__token_own(const struct held *token, brine_packet *packet);

/* ---- reaping ---- */

/* A record in state w (HELD, FREEING, PINC, PDEC, DECD) of participant `dead`. */
void brine__packet_undo(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead);
/* A CHILD whose parent is gone is freed. True if it was. */
bool brine__child_undo(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead);

#endif
