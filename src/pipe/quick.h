/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: what the usual case of enqueue and dequeue is made of, for one packet and for several. No calls. */
#ifndef BRINE_PIPE_QUICK_H
#define BRINE_PIPE_QUICK_H

#include "pipe/ring.h"
#include "value/cell.h"

static inline bool stream_closed(const brine_pipe *p) {
    return a64_load_acquire(&p->control->stream) & 1;
} /* pairs with end_stream() */

/* What pipe_enter() and note_role() ask: nothing has to be done about the handle. */
static inline bool ready(const brine_pipe *p, uint32_t me, uint32_t role) {
    return likely(me && p->epoch == p->pool->epoch && a64_load_acquire(p->entry) == p->live &&
                  (a32_load_relaxed(&p->counters->roles) & role));
}

/* The packet's record if it is held by this process, complete, and of the pipe's pool; else NULL. */
static inline struct record *plain_packet(const brine_pipe *p, brine_packet packet, uint32_t me) {
    if (unlikely(packet.pool != p->pool->id || packet.record == 0 ||
                 packet.record >= a32_load_relaxed(&p->pool->record_limit)))
        return NULL;
    struct record *d = pool_record(p->pool, packet.record);
    if (unlikely(a64_load_acquire(&d->word) != WORD(packet.generation, REC_HELD, me))) return NULL;
    return likely(!d->error) ? d : NULL;
}

/* The first element of a large array that was sent as a packet of its own: four steps from the slot, of which only the
 * last leads to a line that the sender has written. The packet is ours. */
static inline void prefetch_large(brine_pool *pool, const struct record *d) {
    if (likely(d->root.type != CELL_REF) || !record_known(pool, d->first_child)) return;
    const struct cell *root = &pool_record(pool, d->first_child)->root;
    if (root->type != BRINE_ARRAY || root->payload < pool->layout.records ||
        root->payload > pool->layout.file_bytes - sizeof(struct ndarray))
        return;
    __builtin_prefetch(pool->base + ((const struct ndarray *)pool_at(pool, root->payload))->data);
}

/* There is room at position t, as far as is known; looks at the readers' line only when it has to. */
static inline bool has_room(brine_pipe *p, uint64_t t) {
    if (likely(t - a64_load_relaxed(&p->head_seen) < p->capacity)) return true;
    uint64_t h = a64_load_acquire(&p->control->head); /* pairs with the advance of head: the place is free */
    a64_store_relaxed(&p->head_seen, h);
    return t - h < p->capacity;
}

/* Where it is going, before it goes; all published by SENDING. Killed between that and the CAS of the slot: the slot at
 * t does not name the packet. */
static inline void set_out(const brine_pipe *p, struct record *d, uint32_t gen, uint32_t me, uint64_t t) {
    a64_store_relaxed(&d->pipe, LINK(p->gen, p->index));
    a64_store_relaxed(&d->pos, t);
    a64_store_relaxed(&d->journey, next_journey(a64_load_relaxed(&d->journey)));
    a64_store_release(&d->word, WORD(gen, REC_SENDING, me)); /* pairs with the reaper's acquire */
}

/* Bytes of a packet that is about to be enqueued, noted for the reader's counters. */
static inline uint64_t note_size(brine_pool *pool, struct record *d) {
    if (likely(!d->first_child && !is_token(d))) return d->bytes;
    uint64_t bytes = brine__packet_bytes(pool, d);
    a64_store_relaxed(&d->rc_stamp, bytes);
    return bytes;
}
static inline uint64_t sent_bytes(const struct record *d) {
    return likely(!d->first_child && !is_token(d)) ? d->bytes : a64_load_relaxed(&d->rc_stamp);
}

static inline void count_in(brine_pipe *p, uint64_t packets, uint64_t bytes) {
    struct endpoint *c = p->counters;
    if (likely(p->first_thread == thread_number())) {
        a64_count(&c->packets_in, packets);
        a64_count(&c->bytes_in, bytes);
    } else {
        a64_add_relaxed(&c->packets_in2, packets);
        a64_add_relaxed(&c->bytes_in2, bytes);
    }
}

static inline void count_out(brine_pipe *p, uint64_t packets, uint64_t bytes) {
    struct endpoint *c = p->counters;
    if (likely(p->first_thread == thread_number())) {
        a64_count(&c->packets_out, packets);
        a64_count(&c->bytes_out, bytes);
    } else {
        a64_add_relaxed(&c->packets_out2, packets);
        a64_add_relaxed(&c->bytes_out2, bytes);
    }
}

#endif
