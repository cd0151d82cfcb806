/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: ownership. What the pipe layer needs: checking that the caller holds a packet, tokens, and
 * undoing what the dead held. "Reaping" functions impersonate a dead participant whose lock the caller
 * holds; each may be cut short and done again.
 */
#ifndef BRINE_PACKET_PACKET_H
#define BRINE_PACKET_PACKET_H

#include "packet/arena.h"

/* A packet that this process holds: 0, or BRINE_ENOTHELD (or the status of a dead pool). */
struct held {
    brine_pool *pool;
    struct record *rec;
    uint32_t index, gen, me;
};
int brine__held(brine_packet packet, struct held *held);
/* The same for a packet that is held or leased: *leased says which. */
int brine__holding(brine_packet packet, struct held *held, bool *leased);

/* The handle of record `index` of this generation. */
static inline brine_packet packet_of(const brine_pool *pool, uint32_t index, uint32_t gen) {
    brine_packet p = {index, gen, pool->id, 0};
    return p;
}
static inline bool is_token(const struct record *r) { return a64_load_relaxed(&r->target) != 0; } /* the holder's own store */

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
