/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: the ring. One attempt to enqueue or dequeue, helping, and undoing what a dead process left. */
#include "pipe/ring.h"

/* Changes the word of a packet unless it was sent again since `journey` was read. Its generation does not tell:
 * a packet that goes back and forth between two processes has the same word again and again. */
bool brine__journey_cas(struct record *d, uint64_t w, uint64_t journey, uint64_t to) {
    return a128_cas_seq_cst(&d->word, w, journey, to, journey);
}

/* Somebody took position h (evidence s) and head is still there: write down who, then move head. */
static void help_head(const struct ring *r, uint64_t h, uint64_t s) {
    struct record *d = pool_record(r->pool, slot_rec(s));
    uint64_t w = a64_load_acquire(&d->word); /* pairs with the sender's SENDING */
    uint64_t journey = a64_load_acquire(&d->journey);
    /* Without this second look the packet may have been recorded, delivered and enqueued again: what was
     * read would then be of another journey. */
    if (a64_load_acquire(&r->control->head) != h) return;
    /* Changed since: by the taker, or by the reaper of the sender (QUEUED), and then it is still to be recorded. */
    if (is_sent(word_state(w)) && !brine__journey_cas(d, w, journey, WORD(word_gen(w), REC_ARRIVED, slot_proc(s))))
        return;
    ring_advance(&r->control->head, h);
}

/* Who helps without an endpoint does not keep the ring: a slot that was read is one of this ring if it still exists
 * afterwards. If it goes later, head and tail go on elsewhere: no CAS from what was read before succeeds. */
static bool ring_exists(const struct ring *r) {
    struct ring now;
    return brine__ring_of(r->pool, r->index, r->gen, &now) && now.slots == r->slots;
}

/* If somebody enqueued at tail and has not moved it, moves it. */
static bool help_tail(const struct ring *r) {
    uint64_t t = a64_load_acquire(&r->control->tail), s = a64_load_acquire(&r->slots[t & r->mask]);
    if (slot_lap(s) != (slot_full(s) ? ring_lap(r, t) : ((ring_lap(r, t) + 1) & LAP_MASK)) || !ring_exists(r))
        return false;
    ring_advance(&r->control->tail, t);
    return true;
}

bool brine__ring_help(const struct ring *r) {
    if (help_tail(r)) return true;
    uint64_t h = a64_load_acquire(&r->control->head), s = a64_load_acquire(&r->slots[h & r->mask]);
    if (slot_full(s) || slot_lap(s) != ((ring_lap(r, h) + 1) & LAP_MASK)) return false;
    if (!pool_record_exists(r->pool, slot_rec(s)) || !ring_exists(r)) return false;
    help_head(r, h, s);
    return true;
}

/* True if no place came free: head is where it was and nobody has taken what is there. */
static bool really_full(brine_pipe *p, const struct ring *r, uint64_t t) {
    uint64_t h = a64_load_acquire(&p->control->head); /* pairs with ring_advance(head): the place is free */
    a64_store_relaxed(&p->head_seen, h);
    if ((int64_t)(t - h) < (int64_t)p->capacity) return false; /* negative: t is out of date */
    uint64_t s = a64_load_acquire(&r->slots[h & r->mask]);
    if (slot_full(s) || slot_lap(s) != ((ring_lap(r, h) + 1) & LAP_MASK))
        return slot_full(s) && slot_lap(s) == ring_lap(r, h);
    help_head(r, h, s);
    return false;
}

/* t may lag behind head_seen when another thread was faster; the slot then says so. */
static bool maybe_full(const brine_pipe *p, uint64_t t) {
    int64_t used = (int64_t)(t - a64_load_relaxed(&p->head_seen)); /* relaxed: only ever too old, which looks fuller */
    return used >= (int64_t)p->capacity;
}

static int give_back(struct record *d, uint32_t gen, uint32_t me, bool leased) {
    if (unlikely(leased))
        brine__lease_resume(d, gen, me);
    else
        a64_store_release(&d->word, WORD(gen, REC_HELD, me));
    return BRINE_ETIMEDOUT;
}

int brine__ring_enqueue(brine_pipe *p, struct record *d, uint32_t index, uint32_t gen, uint32_t me, bool leased) {
    const struct ring r = ring_of_pipe(p);
    a64_store_relaxed(&d->pipe, pipe_link(&r)); /* all published by SENDING */
    a64_store_relaxed(&d->pos, UINT64_MAX);
    a64_store_relaxed(&d->journey, next_journey(a64_load_relaxed(&d->journey)));
    a64_store_release(
        &d->word, WORD(gen, unlikely(leased) ? REC_FORWARDING : REC_SENDING, me)); /* pairs with the reaper's acquire */
    for (;;) {
        uint64_t t = a64_load_acquire(&p->control->tail), s = a64_load_acquire(&p->slots[t & p->mask]);
        uint32_t lap = ring_lap(&r, t), next = (lap + 1) & LAP_MASK, before = (lap - 1) & LAP_MASK;
        if (likely(!slot_full(s) && slot_lap(s) == lap)) {
            if (unlikely(maybe_full(p, t))) {
                if (a64_load_acquire(&p->control->tail) != t) continue;
                if (really_full(p, &r, t)) return give_back(d, gen, me, leased);
                if (maybe_full(p, t)) continue;
            }
            a64_store_relaxed(&d->pos, t); /* published by the CAS */
            /* Linearization: the packet is in the pipe. Publishes its bytes; pairs with the load in dequeue.
             * From here on the packet is not ours to touch. */
            if (!a64_cas_seq_cst(&p->slots[t & p->mask], &s, slot_word(lap, true, me, index))) continue;
            ring_advance(&p->control->tail, t);
            return 0;
        }
        if (slot_lap(s) == (slot_full(s) ? lap : next)) {
            ring_advance(&p->control->tail, t); /* somebody enqueued here and has not moved tail */
        } else if (slot_full(s) && slot_lap(s) == before) {
            if (really_full(p, &r, t) && a64_load_acquire(&p->control->tail) == t) return give_back(d, gen, me, leased);
        }
    }
}

void brine__deliver(const brine_pipe *p, const struct ring *r, struct record *d, uint32_t gen, uint32_t me) {
    if (unlikely(p->leases))
        brine__lease(r, d, gen, me);
    else
        a64_store_release(&d->word, WORD(gen, REC_HELD, me));
}

int brine__ring_dequeue(brine_pipe *p, uint32_t me, brine_packet *packet) {
    const struct ring r = ring_of_pipe(p);
    for (;;) {
        if (unlikely(brine__returned_any(p)) && brine__take_returned(p, &r, me, packet)) return 0;
        uint64_t h = a64_load_acquire(&p->control->head), s = a64_load_acquire(&p->slots[h & p->mask]);
        uint32_t lap = ring_lap(&r, h), next = (lap + 1) & LAP_MASK;
        if (slot_full(s) && slot_lap(s) == lap) {
            struct record *d = pool_record(r.pool, slot_rec(s));
            prefetch_packet(d);
            /* The take. Pairs with the enqueue's CAS: we see the packet's bytes. */
            if (!a64_cas_seq_cst(&p->slots[h & p->mask], &s, slot_word(next, false, me, slot_rec(s)))) continue;
            uint32_t gen = word_gen(a64_load_acquire(&d->word));
            a64_store_release(&d->word, WORD(gen, REC_ARRIVED, me)); /* recorded; before head moves */
            ring_advance(&p->control->head, h);
            brine__deliver(p, &r, d, gen, me);
            put_packet(packet, r.pool, slot_rec(s), gen);
            return 0;
        }
        if (!slot_full(s) && slot_lap(s) == next)
            help_head(&r, h, s);
        else if (!slot_full(s) && slot_lap(s) == lap && a64_load_acquire(&p->control->head) == h &&
                 a64_load_acquire(&p->control->returned) == a64_load_relaxed(&p->returned_seen))
            return BRINE_ETIMEDOUT;
    }
}

bool brine__ring_of(brine_pool *pool, uint32_t index, uint32_t gen, struct ring *ring) {
    if (index >= dir_high(pool)) return false;
    struct dir_entry *e = pool_dir(pool, index);
    uint64_t w = a64_load_acquire(&e->word); /* pairs with PENDING: the fields are complete */
    if (word_gen(w) != gen || word_state(w) < DIR_LIVE || word_state(w) == DIR_ABORTED) return false;
    if (a32_load_relaxed(&e->kind) != DIR_PIPE) return false;
    uint64_t target = a64_load_relaxed(&e->target);
    uint32_t record = link_record(target), shift = a32_load_relaxed(&e->ring_shift);
    if (!pool_record_exists(pool, record) || shift > 21) return false;
    uint64_t rw = a64_load_acquire(&pool_record(pool, record)->word);
    /* gone already if who removed the pipe died after freeing it */
    if (word_gen(rw) != link_gen(target) || (word_state(rw) != REC_ANCHORED && word_state(rw) != REC_ANCHORING))
        return false;
    /* one ring for each name: helping and draining are then linear, whatever the directory says */
    if (a64_load_relaxed(&pool_record(pool, record)->pipe) != LINK(gen, index)) return false;
    uint64_t slots = pool_record(pool, record)->root.payload; /* where brine__ring_make put them */
    if (slots < pool->layout.records || (slots & 7) || !brine__committed(pool, slots, (uint64_t)8 << shift))
        return false;
    *ring = (struct ring){pool,
                          pool_pipe(pool, index),
                          pool_at(pool, slots),
                          ((uint64_t)1 << shift) - 1,
                          shift,
                          a32_load_relaxed(&e->capacity),
                          index,
                          gen};
    return true;
}

/* ---- reaping ---- */

/* Position t was taken: written down by whom, before head passes it. Head may be further back, as several are taken at
 * once. In a pipe that is not damaged all up to t are taken, so there is something to do unless another was faster. */
static void help_up_to(const struct ring *r, uint64_t t) {
    uint64_t h;
    while ((h = a64_load_acquire(&r->control->head)) <= t)
        if (!brine__ring_help(r) && a64_load_acquire(&r->control->head) == h) return;
}

/* A dead sender's packet: where is it? */
static void undo_sending(brine_pool *pool, uint32_t index, struct record *d, uint64_t w) {
    struct ring r;
    uint64_t journey = a64_load_acquire(&d->journey);
    uint64_t link = a64_load_relaxed(&d->pipe), t = a64_load_relaxed(&d->pos); /* published by SENDING, by the CAS */
    if (t != UINT64_MAX && brine__ring_of(pool, link_record(link), link_gen(link), &r)) {
        uint64_t s = a64_load_acquire(&r.slots[t & r.mask]);
        bool exists = ring_exists(&r); /* else who drained it has dealt with the packet */
        if (exists && slot_rec(s) == index && slot_full(s) && slot_lap(s) == ring_lap(&r, t)) {
            a64_cas_acq_rel(&d->word, &w, WORD(word_gen(w), REC_QUEUED, 0)); /* it is in the pipe, for good */
            return;
        }
        if (exists && slot_rec(s) == index && !slot_full(s) && slot_lap(s) == ((ring_lap(&r, t) + 1) & LAP_MASK))
            help_up_to(&r, t);
    }
    /* Never got in. No store: it may have been recorded, by us or by its taker. */
    if (word_state(w) == REC_FORWARDING)
        brine__lease_undo_forward(d, w, journey);
    else if (a64_cas_acq_rel(&d->word, &w, WORD(word_gen(w), REC_HELD, word_holder(w))))
        brine__packet_undo(pool, index, WORD(word_gen(w), REC_HELD, word_holder(w)), word_holder(w));
}

/* Taken from its slot by the dead, who had not got it: the next reader's. */
static void undo_arrived(brine_pool *pool, struct record *d, uint64_t w) {
    uint64_t link = a64_load_relaxed(&d->pipe);
    if (!a64_cas_acq_rel(&d->word, &w, WORD(word_gen(w), REC_RETURNED, 0))) return;
    if (link_record(link) < dir_high(pool)) a64_add_relaxed(&pool_pipe(pool, link_record(link))->returned_packets, 1);
}

void brine__ring_undo(brine_pool *pool, uint32_t index, uint64_t w) {
    struct record *d = pool_record(pool, index);
    if (word_state(w) == REC_SENDING || word_state(w) == REC_FORWARDING)
        undo_sending(pool, index, d, w);
    else if (word_state(w) == REC_ARRIVED)
        undo_arrived(pool, d, w);
}

void brine__let_go(brine_pool *pool, uint32_t index, uint32_t gen, uint32_t me, bool reaping) {
    if (reaping)
        brine__packet_undo(pool, index, WORD(gen, REC_HELD, me), me);
    else
        brine_packet_free(packet_of(pool, index, gen));
}

void brine__ring_drain(const struct ring *r, uint32_t me, bool reaping) {
    while (brine__ring_help(r)) {
    }
    uint64_t end = a64_load_acquire(&r->control->head) + r->mask + 1;
    for (uint64_t t = a64_load_acquire(&r->control->head); t < end; t++) {
        uint64_t s = a64_load_acquire(&r->slots[t & r->mask]);
        if (!slot_full(s) || slot_lap(s) != ring_lap(r, t)) break;
        if (!pool_record_exists(r->pool, slot_rec(s))) continue;
        struct record *d = pool_record(r->pool, slot_rec(s));
        uint64_t w = a64_load_acquire(&d->word);
        bool taken = false;
        /* A drain cut short by death is done again: then some are gone, and their records others'. Again if the reaper
         * of its sender makes it QUEUED meanwhile. */
        while (!taken && is_sent(word_state(w)) && a64_load_relaxed(&d->pipe) == pipe_link(r) &&
               a64_load_relaxed(&d->pos) == t)
            taken = a64_cas_acq_rel(&d->word, &w, WORD(word_gen(w), REC_HELD, me));
        if (taken) brine__let_go(r->pool, slot_rec(s), word_gen(w), me, reaping);
    }
    brine__drain_returned(r, me, reaping);
}
