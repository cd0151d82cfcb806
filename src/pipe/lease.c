/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: leases. A packet dequeued from a pipe with leases stays that pipe's until it is acknowledged.
 *
 *   ARRIVED(me) --brine__lease--> LEASED(me) --ack, free--> HELD(me)
 *   LEASED(me) --nack, death--> RETURNED, to be taken before newer packets; or to the dead-letter pipe
 *   LEASED(me) --enqueue--> FORWARDING(me) --slot CAS--> in the other pipe;  full, death before: LEASED again
 *
 * Where it goes back to, its origin, stands in the record before the word says LEASED and stays there until
 * the packet is delivered again, so that a reaper that is killed and started over finds it unchanged. The
 * count of deliveries is in the low bits of `journey`, stepped by the same CAS that makes it LEASED: it counts the
 * dequeues that delivered it, no more and no less. Model: tests/model/spin/leases.pml.
 */
#include "pipe/ring.h"

#include "base/clock.h"

void brine__lease(const struct ring *r, struct record *d, uint32_t gen, uint32_t me) {
    uint64_t journey = a64_load_relaxed(&d->journey), n = journey & DELIVERIES_MASK; /* ARRIVED(me): ours */
    if (n < DELIVERIES_MASK) n++;
    a64_store_relaxed(&d->parent, pipe_link(r)); /* both published by LEASED; pair with brine__lease_return() */
    a64_store_relaxed(&d->rc_count, a64_load_relaxed(&d->pos) << 16 | n);
    /* Delivery and count at once. Fails for nobody: ARRIVED(me) is changed by me alone. */
    a128_cas_seq_cst(&d->word, WORD(gen, REC_ARRIVED, me), journey, WORD(gen, REC_LEASED, me),
                     (journey & ~(uint64_t)DELIVERIES_MASK) | n);
}

static uint64_t with_origin_count(const struct record *d, uint64_t journey) {
    return (journey & ~(uint64_t)DELIVERIES_MASK) | (a64_load_relaxed(&d->rc_count) & DELIVERIES_MASK);
}

void brine__lease_resume(struct record *d, uint32_t gen, uint32_t me) {
    a64_store_relaxed(&d->journey, with_origin_count(d, a64_load_relaxed(&d->journey)));
    a64_store_release(&d->word, WORD(gen, REC_LEASED, me)); /* publishes the count */
}

void brine__lease_undo_forward(struct record *d, uint64_t w, uint64_t journey) {
    /* Both words: a taker may have recorded it since, and more may have happened after. */
    a128_cas_seq_cst(&d->word, w, journey, WORD(word_gen(w), REC_LEASED, word_holder(w)),
                     with_origin_count(d, journey));
}

/* The link of the dead-letter pipe if the packet was delivered often enough and that pipe exists; else `origin`. */
static uint64_t destination(brine_pool *pool, uint64_t origin, uint64_t deliveries) {
    uint32_t index = link_record(origin), gen;
    if (index >= dir_high(pool)) return origin;
    struct dir_entry *e = pool_dir(pool, index);
    uint32_t max = a32_load_relaxed(&e->max_deliveries);
    struct name name;
    brine__name_of_words(pool_pipe(pool, index)->dead_letter, &name);
    if (word_gen(a64_load_acquire(&e->word)) != link_gen(origin) || max == 0 || deliveries < max) return origin;
    uint32_t to = brine__dir_find(pool, &name, &gen);
    return to != NO_ENTRY && a32_load_relaxed(&pool_dir(pool, to)->kind) == DIR_PIPE ? LINK(gen, to) : origin;
}

/* w: LEASED(holder); the caller is the holder, or its reaper. May be cut short and done again. */
void brine__lease_return(brine_pool *pool, struct record *d, uint64_t w) {
    uint64_t origin = a64_load_relaxed(&d->parent), at = a64_load_relaxed(&d->rc_count); /* published by LEASED */
    uint64_t to = destination(pool, origin, at & DELIVERIES_MASK), pos = at >> 16;
    if (to != origin)
        pos = ((uint64_t)brine__now_ns() >> 10) & ORIGIN_POS_MASK; /* letters of several pipes, in order of time */
    uint64_t journey = a64_load_relaxed(&d->journey); /* without the count if it was about to be enqueued */
    a64_store_relaxed(&d->pipe, to);
    a64_store_relaxed(&d->pos, pos);
    /* Publishes pipe and pos; pairs with the search in returned.c. */
    if (!a128_cas_seq_cst(&d->word, w, journey, WORD(word_gen(w), REC_RETURNED, 0), with_origin_count(d, journey)))
        return;
    if (link_record(origin) >= dir_high(pool)) return;
    struct pipe_control *c = pool_pipe(pool, link_record(origin));
    if (to == origin)
        a64_add_relaxed(&c->returned_packets, 1);
    else {
        a64_add_relaxed(&c->dead_letters, 1);
        a64_add_relaxed(&pool_pipe(pool, link_record(to))->returned_packets, 1);
    }
}

uint64_t brine__offer(brine_pool *pool, uint32_t index, uint64_t w, uint32_t me, bool reaping) {
    struct record *r = pool_record(pool, index);
    uint64_t journey = a64_load_acquire(&r->journey), link = a64_load_relaxed(&r->pipe);
    struct ring ring;
    if (brine__ring_of(pool, link_record(link), link_gen(link), &ring)) {
        a64_add_seq_cst(&ring.control->returned, 1); /* pairs with brine__returned_any() */
        brine__wake_slow(&ring.control->ec_readers, INT32_MAX);
        /* seq_cst above: if the pipe was removed meanwhile, its last user sees the packet or we see the removal */
        if (dir_is_live(pool, link_record(link), link_gen(link)) || brine__endpoint_any(pool, link, ANYBODY))
            return link;
    }
    if (brine__journey_cas(r, w, journey, WORD(word_gen(w), REC_HELD, me)))
        brine__let_go(pool, index, word_gen(w), me, reaping);
    return NOBODY_TOLD;
}

/* ---- for the reader ---- */

int brine_ack(brine_packet packet) {
    struct held h;
    bool leased;
    int rc = packet_holding(packet, &h, &leased);
    if (!rc && leased)
        a64_store_release(&h.rec->word, WORD(h.gen, REC_HELD, h.me)); /* pairs with the reaper: not returned */
    return rc;
}

int brine_nack(brine_packet packet) {
    struct held h;
    bool leased;
    int rc = packet_holding(packet, &h, &leased);
    if (!rc && !leased)
        rc = brine__fail(BRINE_EINVAL, "packet %u.%u is not leased: it is the caller's for good", h.index, h.gen);
    if (rc) return rc;
    brine__lease_return(h.pool, h.rec, WORD(h.gen, REC_LEASED, h.me));
    brine__offer(h.pool, h.index, WORD(h.gen, REC_RETURNED, 0), h.me, false);
    return 0;
}

uint32_t brine_deliveries(brine_packet packet) {
    struct held h;
    bool leased;
    if (packet.record == 0 || packet_holding(packet, &h, &leased) || !leased) return 0;
    return (uint32_t)(a64_load_relaxed(&h.rec->journey) & DELIVERIES_MASK); /* ours */
}
