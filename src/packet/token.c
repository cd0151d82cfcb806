/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: shares. A shared packet has a count, and each share is a token: a record of its own that names
 * the packet in `target` and has an owner of its own. Who dies must neither lose nor double a count, so
 * count and evidence change together, in one 16-byte CAS:
 *
 *     rc_count  count:32 | gen:32 of the packet
 *     rc_stamp  gen:32 | 0:5 | op:1 | record:26 of the token that did the last operation
 *
 *   increment: token PINC; CAS {count+1, stamp = (token, INC)};  token HELD
 *   decrement: token PDEC; CAS {count-1, stamp = (token, DEC)};  free the packet at 0; token FREE
 *
 * Before a stamp is overwritten its token is completed (PINC -> HELD, PDEC -> DECD), by whoever
 * overwrites it. So a pending token whose stamp is not there has not counted, and the reaper knows which.
 * Model: tests/model/spin/refcount.pml.
 *
 * The two halves may be read apart: the CAS judges the pair, and completing a token from a stamp that
 * was ever true is harmless.
 */
#include "packet/packet.h"

enum { OP_INC = 0, OP_DEC = 1 };

struct rc {
    uint64_t count, stamp;
};

static uint64_t stamp_of(uint32_t token, int op, uint32_t gen) {
    return (uint64_t)gen << 32 | (uint64_t)op << 26 | token;
}
static uint32_t stamp_token(uint64_t s) { return (uint32_t)s & 0x3ffffff; }
static int stamp_op(uint64_t s) { return (int)(s >> 26) & 1; }
static uint32_t rc_number(uint64_t count) { return (uint32_t)(count >> 32); }
static uint64_t rc_with(uint32_t number, uint32_t gen) { return (uint64_t)number << 32 | gen; }

static struct rc rc_read(struct record *r) {
    /* acquire: pairs with rc_cas; the token named by the stamp is seen as it was then */
    struct rc rc = {a64_load_acquire(&r->rc_count), a64_load_acquire(&r->rc_stamp)};
    return rc;
}

static bool rc_cas(struct record *r, struct rc from, struct rc to) {
    return a128_cas_seq_cst(&r->rc_count, from.count, from.stamp, to.count, to.stamp);
}

/* Completes the token of the last operation. */
static void help(brine_pool *pool, uint64_t stamp) {
    uint32_t token = stamp_token(stamp);
    if (!pool_record_exists(pool, token)) return;
    struct record *t = pool_record(pool, token);
    uint64_t w = a64_load_acquire(&t->word); /* pairs with the store of PINC/PDEC */
    if (word_gen(w) != (uint32_t)(stamp >> 32)) return;
    if (stamp_op(stamp) == OP_INC && word_state(w) == REC_PINC)
        a64_cas_acq_rel(&t->word, &w, WORD(word_gen(w), REC_HELD, word_holder(w)));
    if (stamp_op(stamp) == OP_DEC && word_state(w) == REC_PDEC)
        a64_cas_acq_rel(&t->word, &w, WORD(word_gen(w), REC_DECD, word_holder(w)));
}

/* Counts a pending token up or down. Returns the number before, 0 if the packet is gone. */
static uint32_t count(brine_pool *pool, struct record *object, uint32_t object_gen, uint64_t stamp) {
    for (;;) {
        struct rc rc = rc_read(object);
        uint32_t number = rc_number(rc.count);
        if (number == 0 || (uint32_t)rc.count != object_gen) return 0;
        help(pool, rc.stamp);
        struct rc to = {rc_with(stamp_op(stamp) == OP_INC ? number + 1 : number - 1, object_gen), stamp};
        if (rc_cas(object, rc, to)) return number;
    }
}

/* SHARED with count 0 becomes free. The reaper, who impersonates another, follows no pointers: what
 * hangs below has no parent then and is swept. */
static void free_object(brine_pool *pool, uint32_t index, uint32_t gen, uint32_t me) {
    uint64_t w = WORD(gen, REC_SHARED, 0);
    if (!a64_cas_acq_rel(&pool_record(pool, index)->word, &w, WORD(gen, REC_FREEING, me))) return;
    if (me == a32_load_relaxed(pool->me))
        brine__packet_free_tree(pool, index, gen);
    else
        record_release(pool, index, gen);
}

static void token_free(brine_pool *pool, uint32_t token, uint32_t gen) {
    a64_store_release(&pool_record(pool, token)->target, 0); /* FREE => target 0 */
    record_release(pool, token, gen);
}

void brine__token_release(brine_pool *pool, uint32_t token, uint32_t gen, uint32_t me) {
    struct record *t = pool_record(pool, token);
    uint64_t target = a64_load_relaxed(&t->target); /* ours */
    struct record *object = pool_record(pool, link_record(target));
    a64_store_release(&t->word, WORD(gen, REC_PDEC, me)); /* pairs with help() */
    if (count(pool, object, link_gen(target), stamp_of(token, OP_DEC, gen)) == 1)
        free_object(pool, link_record(target), link_gen(target), me);
    token_free(pool, token, gen);
}

/* A record in state PINC that names nothing yet. */
static uint32_t token_begin(brine_pool *pool, uint32_t *gen) {
    uint32_t token = record_alloc(pool, a32_load_relaxed(pool->me), gen);
    if (!token) return 0;
    struct record *t = pool_record(pool, token);
    t->chunks = 0;
    t->first_child = t->next_child = t->prev_child = 0;
    t->error = 0;
    t->bytes = RECORD_BYTES;
    a64_store_release(
        &t->word,
        WORD(*gen, REC_PINC, a32_load_relaxed(pool->me))); /* before target: a HELD record with a target counts */
    return token;
}

int brine__token_new(brine_pool *pool, uint64_t target, brine_packet *out) {
    uint32_t gen, token = token_begin(pool, &gen), me = a32_load_relaxed(pool->me);
    if (!token) return BRINE_ENOMEM;
    struct record *t = pool_record(pool, token);
    a64_store_release(&t->target, target);
    if (count(pool, pool_record(pool, link_record(target)), link_gen(target), stamp_of(token, OP_INC, gen)) == 0) {
        token_free(pool, token, gen);
        return brine__fail(BRINE_ENOENT, "the shared packet is gone");
    }
    a64_store_release(&t->word, WORD(gen, REC_HELD, me)); /* or it was helped to it */
    *out = packet_of(pool, token, gen);
    return 0;
}

int brine_packet_share(brine_packet *packet) {
    struct held h;
    bool leased;
    int rc = packet_holding(*packet, &h, &leased);
    if (rc || is_token(h.rec)) return rc;
    if (leased) return brine__held(*packet, &h); /* BRINE_ELEASED */
    uint32_t gen, token = token_begin(h.pool, &gen);
    if (!token) return BRINE_ENOMEM;
    struct record *t = pool_record(h.pool, token);
    a64_store_release(&t->target, LINK(h.gen, h.index));
    a64_store_relaxed(&h.rec->rc_count, rc_with(1, h.gen)); /* private until the next store */
    a64_store_relaxed(&h.rec->rc_stamp, stamp_of(token, OP_INC, gen));
    /* From here on the packet counts; publishes its content and count. Pairs with the acquire of readers. */
    a64_store_release(&h.rec->word, WORD(h.gen, REC_SHARED, 0));
    a64_store_release(&t->word, WORD(gen, REC_HELD, h.me));
    *packet = packet_of(h.pool, token, gen);
    return 0;
}

int brine_packet_clone(brine_packet packet, brine_packet *clone) {
    struct held h;
    bool leased; /* a further share is the caller's for good, whatever becomes of the lease */
    int rc = packet_holding(packet, &h, &leased);
    if (rc) return rc;
    if (!is_token(h.rec)) return brine__fail(BRINE_EINVAL, "the packet is not shared; call brine_packet_share first");
    return brine__token_new(h.pool, a64_load_relaxed(&h.rec->target), clone);
}

bool brine_packet_is_shared(brine_packet packet) {
    struct held h;
    bool leased;
    return packet_holding(packet, &h, &leased) == 0 && is_token(h.rec);
}

uint32_t brine_packet_holders(brine_packet packet) {
    struct held h;
    bool leased;
    if (packet_holding(packet, &h, &leased)) return 0;
    if (!is_token(h.rec)) return 1;
    return rc_number(a64_load_acquire(&pool_record(h.pool, link_record(a64_load_relaxed(&h.rec->target)))->rc_count));
}

bool brine__token_own(const struct held *h, brine_packet *packet) {
    uint64_t target = a64_load_relaxed(&h->rec->target);
    uint32_t index = link_record(target), gen = link_gen(target);
    struct record *object = pool_record(h->pool, index);
    a64_store_release(&h->rec->word, WORD(h->gen, REC_PDEC, h->me));
    struct rc rc;
    do {
        rc = rc_read(object);
        if (rc_number(rc.count) != 1) {
            a64_store_release(&h->rec->word, WORD(h->gen, REC_HELD, h->me));
            return false;
        }
        help(h->pool, rc.stamp);
    } while (!rc_cas(object, rc, (struct rc){rc_with(0, gen), stamp_of(h->index, OP_DEC, h->gen)}));
    a64_store_release(&object->word, WORD(gen, REC_HELD, h->me));
    token_free(h->pool, h->index, h->gen);
    *packet = packet_of(h->pool, index, gen);
    return true;
}

/* ---- reaping ---- */

/* The packet that a token names exists in the generation that it means, and counts. */
static bool counts(brine_pool *pool, uint64_t target) {
    if (target == 0 || !pool_record_exists(pool, link_record(target))) return false;
    uint64_t w = a64_load_acquire(&pool_record(pool, link_record(target))->word);
    return word_gen(w) == link_gen(target) && word_state(w) == REC_SHARED;
}

static void undo_pinc(brine_pool *pool, uint32_t token, uint64_t w, uint64_t target) {
    struct record *t = pool_record(pool, token);
    uint64_t stamp =
        target && counts(pool, target) ? a64_load_acquire(&pool_record(pool, link_record(target))->rc_stamp) : 0;
    if (stamp && stamp == stamp_of(token, OP_INC, word_gen(w))) {
        a64_cas_acq_rel(&t->word, &w, WORD(word_gen(w), REC_HELD, word_holder(w)));
    } else if (a64_load_acquire(&t->word) == w) { /* not counted, unless it was helped to HELD meanwhile */
        token_free(pool, token, word_gen(w));
    }
}

static void undo_pdec(brine_pool *pool, uint32_t token, uint64_t w, uint64_t target, uint32_t dead) {
    struct record *t = pool_record(pool, token);
    if (counts(pool, target)) {
        struct record *object = pool_record(pool, link_record(target));
        uint64_t stamp = stamp_of(token, OP_DEC, word_gen(w));
        struct rc rc = rc_read(object);
        if (rc.stamp != stamp && a64_load_acquire(&t->word) == w) count(pool, object, link_gen(target), stamp);
        rc = rc_read(object);
        if (rc.stamp == stamp && rc_number(rc.count) == 0)
            free_object(pool, link_record(target), link_gen(target), dead);
    }
    token_free(pool, token, word_gen(w));
}

void brine__packet_undo(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead) {
    struct record *r = pool_record(pool, index);
    uint64_t target = a64_load_acquire(&r->target);
    switch (word_state(w)) {
    case REC_HELD:
        if (target && counts(pool, target))
            brine__token_release(pool, index, word_gen(w), dead);
        else if (target)
            token_free(pool, index, word_gen(w));
        /* Its chunks and children are swept. No store: raw memory may be freed by the living meanwhile. */
        else
            a64_cas_acq_rel(&r->word, &w, WORD(word_gen(w) + 1, REC_FREE, 0));
        break;
    case REC_FREEING: record_release(pool, index, word_gen(w)); break;
    case REC_PINC: undo_pinc(pool, index, w, target); break;
    case REC_PDEC: undo_pdec(pool, index, w, target, dead); break;
    case REC_DECD: token_free(pool, index, word_gen(w)); break;
    default: break;
    }
}
