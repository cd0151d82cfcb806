/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: cleaning up after a dead participant. The caller holds the dead one's lock, so there is one
 * reaper for each dead at a time; it stands for the dead, and if it is killed itself the next one starts
 * over. Only dense tables are walked. Order matters: what the dead was about to hand over is settled
 * first (names, tokens, packets in rings), then what it held is freed, then what hung below that.
 */
#include "pipe/ring.h"

/* Takes at the head of a ring that nobody has written down yet, and a tail that was not moved. */
static void settle_heads(brine_pool *pool) {
    struct ring ring;
    for (uint32_t i = 0; i < dir_high(pool); i++) {
        uint64_t w = a64_load_acquire(&pool_dir(pool, i)->word);
        if (word_state(w) < DIR_LIVE || word_state(w) == DIR_ABORTED) continue;
        if (brine__ring_of(pool, i, word_gen(w), &ring))
            while (brine__ring_help(&ring)) {
            }
    }
}

/* The ring of a pipe that the dead was making. */
static void undo_anchoring(brine_pool *pool, uint32_t index, uint64_t w) {
    struct record *r = pool_record(pool, index);
    uint64_t entry = a64_load_relaxed(&r->pipe); /* written before ANCHORING was stored */
    bool named = false;
    if (link_record(entry) < dir_high(pool)) {
        struct dir_entry *e = pool_dir(pool, link_record(entry));
        uint64_t ew = a64_load_acquire(&e->word);
        named = word_gen(ew) == link_gen(entry) && word_state(ew) >= DIR_LIVE && word_state(ew) != DIR_ABORTED &&
                a64_load_acquire(&e->target) == LINK(word_gen(w), index);
    }
    if (named) a64_cas_acq_rel(&r->word, &w, WORD(word_gen(w), REC_ANCHORED, 0));
    /* No store: since we read the word a helper may have made the entry LIVE and a remover freed the ring. */
    else if (a64_cas_acq_rel(&r->word, &w, WORD(word_gen(w), REC_HELD, word_holder(w))))
        brine__packet_undo(pool, index, WORD(word_gen(w), REC_HELD, word_holder(w)), word_holder(w));
}

/* First pass: everything but HELD. A record is looked at again until it settles. */
static bool undo_pending(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead) {
    switch (word_state(w)) {
    case REC_SENDING:
    case REC_FORWARDING:
    case REC_ARRIVED: brine__ring_undo(pool, index, w); return true;
    case REC_LEASED: brine__lease_return(pool, pool_record(pool, index), w); return true;
    case REC_PINC:
    case REC_PDEC:
    case REC_DECD: brine__packet_undo(pool, index, w, dead); return true;
    case REC_ANCHORING: undo_anchoring(pool, index, w); return true;
    case REC_PUBLISHING: brine__publish_undo(pool, index, w, dead); return true;
    default: return false;
    }
}

static bool undo_held(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead) {
    if (word_state(w) != REC_HELD && word_state(w) != REC_FREEING) return false;
    brine__packet_undo(pool, index, w, dead);
    return true;
}

/* CHILD's holder is a record, not a participant. */
static bool has_participant(uint32_t state) { return state != REC_FREE && state != REC_CHILD; }

/* What the first pass saw, so that the others need not look at every record again. Nothing comes to the dead any more:
 * what it has is named by it in the first pass, and children of its packets are children then. */
struct seen {
    uint32_t first, end; /* records of the dead are in [first, end) */
    bool orphans;        /* there may be work for the last pass */
};

static void undo_record(brine_pool *pool, uint32_t dead, uint32_t i,
                        bool (*undo)(brine_pool *, uint32_t, uint64_t, uint32_t), struct seen *seen) {
    for (;;) {
        uint64_t w = a64_load_acquire(&pool_record(pool, i)->word); /* pairs with whatever the dead stored last */
        uint32_t state = word_state(w);
        if (state == REC_CHILD || state == REC_RETURNED || state == REC_PUBLISHED) seen->orphans = true;
        if (!has_participant(state) || word_holder(w) != dead) return;
        if (seen->end == 0) seen->first = i;
        seen->end = i + 1;
        if (!undo(pool, i, w, dead)) return;
    }
}

/* Last pass: children whose parents are gone (again, for their children), values whose names moved on,
 * packets for the next reader. True if a child was freed. */
static bool settle_orphans(brine_pool *pool, uint32_t dead, bool first) {
    bool again = false;
    uint64_t high = pool_record_high(pool),
             offered = NOBODY_TOLD; /* the pipe whose readers were told last: once for all of its packets */
    for (uint32_t i = 0; (i = next_record(pool, i, high)) != 0;) {
        uint64_t w = a64_load_acquire(&pool_record(pool, i)->word);
        uint32_t state = word_state(w);
        if (state == REC_CHILD)
            again |= brine__child_undo(pool, i, w, dead);
        else if (first && state == REC_RETURNED) {
            uint64_t link = a64_load_relaxed(&pool_record(pool, i)->pipe);
            uint64_t told = link == offered ? NOBODY_TOLD : brine__offer(pool, i, w, dead, true);
            if (told != NOBODY_TOLD) offered = told;
        } else if (first && state == REC_PUBLISHED)
            brine__publish_undo(pool, i, w, dead);
    }
    return again;
}

static void undo(brine_pool *pool, uint32_t dead) {
    brine__endpoints_retire(pool, dead);
    brine__dir_undo(pool, dead);
    settle_heads(pool);
    struct seen seen = {0, 0, false}, again = {0, 0, false};
    uint64_t high = pool_record_high(pool);
    for (uint32_t i = 0; (i = next_record(pool, i, high)) != 0;) undo_record(pool, dead, i, undo_pending, &seen);
    for (uint32_t i = seen.first; i != 0; i = next_record(pool, i, seen.end))
        undo_record(pool, dead, i, undo_held, &again);
    for (bool more = seen.orphans && settle_orphans(pool, dead, true); more;) more = settle_orphans(pool, dead, false);
    brine__endpoints_undo(pool, dead);
    bool cleaned = false;
    for (uint32_t i = 0; i < dir_high(pool); i++) cleaned |= brine__entry_cleanup(pool, i, dead, true);
    while (cleaned && settle_orphans(pool, dead, false)) {
    }
    brine__heap_undo(pool, dead);
    brine__heap_sweep(pool);
}

/* The parent's thread heaps and handles are copies in the child: heaps go, handles stay and get endpoints
 * of their own when used. */
static void forked(brine_pool *pool) {
    brine__heap_forget(pool);
    for (uint32_t i = 0; i < POOL_WAITS; i++) a64_store_relaxed(&pool->waits[i], 0);
    a64_store_relaxed(&pool->last_reap_ns, 0);
}

static void detaching(brine_pool *pool) {
    while (pool->pipes) brine_pipe_detach(pool->pipes);
    brine__heap_forget(pool);
}

const struct reap_ops brine__reap_ops = {undo, forked, detaching, brine__wake_process};
