/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: several packets by one attempt. Each slot is filled or emptied by a CAS of its own, as for single packets, and
 * head or tail moves once, at the end: it lags behind by up to BATCH_MAX, and who meets that helps as ever. So whoever
 * is killed in between leaves what so many single calls would have left.
 *
 * It pays because what waits for the other core waits for all packets at the same time: records are fetched first, then
 * slots are changed (a locked instruction waits for every load and store before it), then records are written.
 */
#include "pipe/quick.h"

#define BATCH_MAX 64u

#define SLOTS_PER_LINE 8u

/* The slots of positions from t on are going to be changed: their lines come all at the same time, and not first to be
 * read and then, one after the other, to be written. */
static void fetch_slots(const brine_pipe *p, uint64_t t, size_t count) {
    for (size_t i = 0; i < count; i += SLOTS_PER_LINE) prefetch_write(&p->slots[(t + i) & p->mask]);
    if (count) prefetch_write(&p->slots[(t + count - 1) & p->mask]);
}

/* The packets that probably have room, at positions from t on, made ready to go. */
static size_t set_out_all(brine_pipe *p, const brine_packet *packets, size_t count, uint32_t me, uint64_t t,
                          uint64_t *bytes) {
    uint64_t room = (uint64_t)p->capacity - (t - a64_load_relaxed(&p->head_seen));
    if ((int64_t)room < (int64_t)count) { /* negative: t lags behind */
        a64_store_relaxed(
            &p->head_seen,
            a64_load_acquire(&p->control->head)); /* pairs with the advance of head: the places are free */
        room = (uint64_t)p->capacity - (t - a64_load_relaxed(&p->head_seen));
        if ((int64_t)room < 0) room = 0;
    }
    size_t n = 0;
    for (; n < count && n < room; n++) {
        uint64_t s = a64_load_acquire(&p->slots[(t + n) & p->mask]);
        struct record *d = plain_packet(p, packets[n], me);
        if (slot_full(s) || slot_lap(s) != (((t + n) >> p->shift) & LAP_MASK) || !d) break;
        bytes[n] = note_size(p->pool, d);
        set_out(p, d, packets[n].generation, me, t + n);
    }
    return n;
}

size_t brine__put_batch(brine_pipe *p, const brine_packet *packets, size_t count) {
    uint32_t me = likely(p != NULL) ? a32_load_relaxed(p->pool->me) : 0;
    if (unlikely(!me || !ready(p, me, ENDP_WRITES) || stream_closed(p))) return 0;
    uint64_t t = a64_load_acquire(&p->control->tail), bytes[BATCH_MAX], sum = 0;
    fetch_slots(p, t, count < BATCH_MAX ? count : BATCH_MAX);
    size_t n = set_out_all(p, packets, count < BATCH_MAX ? count : BATCH_MAX, me, t, bytes), done = 0;
    for (; done < n; done++) {
        a64 *slot = &p->slots[(t + done) & p->mask];
        uint64_t lap = ((t + done) >> p->shift) & LAP_MASK, s = a64_load_relaxed(slot);
        if (unlikely(slot_full(s) || slot_lap(s) != lap)) break;
        /* linearization, as in brine__ring_enqueue() */
        if (unlikely(!a64_cas_seq_cst(slot, &s, slot_word(lap, true, me, packets[done].record)))) break;
        sum += bytes[done];
    }
    for (size_t i = done; i < n; i++) /* another writer came in between */
        a64_store_release(&pool_record(p->pool, packets[i].record)->word, WORD(packets[i].generation, REC_HELD, me));
    if (done == 0) return 0;
    a64_raise(&p->control->tail, t + done);
    fetch_slots(p, t + done, done);
    wake_readers(p, (int)done);
    count_in(p, done, sum);
    return done;
}

/* Fetches what the next batch will probably take, while the caller uses this one. Guesses: only fetched, not used. Not
 * beyond tail, where writers are at work. */
static void fetch_next(const brine_pipe *p, uint64_t t, size_t count) {
    fetch_slots(p, t, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t s = a64_load_relaxed(&p->slots[(t + i) & p->mask]);
        if (slot_full(s)) prefetch_packet(pool_record(p->pool, slot_rec(s)));
    }
}

/* Takes the slots from h on that are full. index: their records. */
static size_t take_slots(const brine_pipe *p, uint64_t h, size_t count, uint32_t me, uint32_t *index) {
    uint64_t seen[BATCH_MAX];
    size_t n = 0, taken = 0;
    fetch_slots(p, h, count);
    for (; n < count; n++) {
        seen[n] = a64_load_acquire(&p->slots[(h + n) & p->mask]);
        if (!slot_full(seen[n]) || slot_lap(seen[n]) != (((h + n) >> p->shift) & LAP_MASK)) break;
        index[n] = slot_rec(seen[n]);
        prefetch_packet(pool_record(p->pool, index[n]));
    }
    for (; taken < n; taken++) {
        uint64_t next = ((h + taken) >> p->shift) + 1;
        /* The take, as in brine__ring_dequeue(). The position after a taken one may be taken before head moves: head
         * stops at each that is not recorded. */
        if (!a64_cas_seq_cst(&p->slots[(h + taken) & p->mask], &seen[taken], slot_word(next, false, me, index[taken])))
            break;
    }
    return taken;
}

size_t brine__take_batch(brine_pipe *p, brine_packet *packets, size_t count) {
    uint32_t me = likely(p != NULL) ? a32_load_relaxed(p->pool->me) : 0, index[BATCH_MAX], gen[BATCH_MAX];
    if (unlikely(!me || !ready(p, me, ENDP_READS) || p->leases || brine__returned_any(p))) return 0;
    uint64_t h = a64_load_acquire(&p->control->head), t = a64_load_relaxed(&p->control->tail), bytes = 0;
    if ((int64_t)(t - h) <= 0) return 0;
    if (count > BATCH_MAX) count = BATCH_MAX;
    size_t n = take_slots(p, h, count < t - h ? count : (size_t)(t - h), me, index);
    if (n == 0) return 0;
    fetch_next(p, h + n, n < t - h - n ? n : (size_t)(t - h - n));
    for (size_t i = 0; i < n; i++) {
        struct record *d = pool_record(p->pool, index[i]);
        gen[i] = word_gen(a64_load_acquire(&d->word));
        a64_store_release(&d->word, WORD(gen[i], REC_ARRIVED, me)); /* recorded; before head moves */
    }
    a64_raise(&p->control->head, h + n);
    for (size_t i = 0; i < n; i++) {
        struct record *d = pool_record(p->pool, index[i]);
        a64_store_release(&d->word, WORD(gen[i], REC_HELD, me)); /* delivery */
        put_packet(&packets[i], p->pool, index[i], gen[i]);
        bytes += sent_bytes(d);
    }
    wake_writers(p, (int)n);
    count_out(p, n, bytes);
    return n;
}
