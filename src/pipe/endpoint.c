/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: endpoints. One per (pipe, process) that has it open: it keeps the ring's memory alive, says who
 * serves and who reads, and carries the counters. A freed endpoint keeps pipe and counters, and is taken
 * again for the same pipe, so that the sum over the table is the pipe's total.
 */
#include "pipe/ring.h"

static uint32_t endp_high(brine_pool *pool) {
    uint64_t high = a64_load_acquire(&pool_header(pool)->endp_high); /* pairs with the raise before first use */
    return high < ENDP_COUNT ? (uint32_t)high : ENDP_COUNT;
}

static bool pipe_is_gone(brine_pool *pool, uint64_t link) {
    return link_record(link) >= dir_high(pool) ||
           word_gen(a64_load_acquire(&pool_dir(pool, link_record(link))->word)) != link_gen(link);
}

static void zero_counters(struct endpoint *e) {
    a64 *all[] = {&e->packets_in,   &e->bytes_in,   &e->packets_out, &e->bytes_out,    &e->packets_in2, &e->bytes_in2,
                  &e->packets_out2, &e->bytes_out2, &e->timeouts_in, &e->timeouts_out, &e->drops};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        a64_store_relaxed(all[i], 0); /* ours alone; numbers for people */
}

/* FREE -> ours. The pipe field is set before anybody is asked whether the pipe still exists. */
static bool claim(brine_pool *pool, uint32_t i, uint64_t pipe, uint32_t state) {
    struct endpoint *e = pool_endp(pool, i);
    uint64_t w = a64_load_acquire(&e->word), old = a64_load_acquire(&e->pipe);
    if (word_state(w) != ENDP_FREE) return false;
    if (old != pipe && old != 0 && !pipe_is_gone(pool, old)) return false;
    if (!a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), state, a32_load_relaxed(pool->me)))) return false;
    if (old != pipe) zero_counters(e);
    a64_store_relaxed(&e->blocked_readers, 0);
    a64_store_relaxed(&e->blocked_writers, 0);
    a32_store_relaxed(&e->servers, 0);
    a32_store_relaxed(&e->roles, 0);
    a64_cas_seq_cst(&e->pipe, &old, pipe); /* seq_cst: pairs with the scan in brine__entry_cleanup */
    return true;
}

static uint32_t find(brine_pool *pool, uint64_t pipe, uint32_t state) {
    uint32_t me = a32_load_relaxed(pool->me), high = endp_high(pool);
    for (uint32_t i = 0; i < high; i++) {
        struct endpoint *e = pool_endp(pool, i);
        uint64_t w = a64_load_acquire(&e->word);
        if (a64_load_acquire(&e->pipe) == pipe && word_state(w) != ENDP_FREE && word_holder(w) == me) return i;
    }
    for (uint32_t i = 0; i < high; i++)
        if (a64_load_acquire(&pool_endp(pool, i)->pipe) == pipe && claim(pool, i, pipe, state)) return i;
    for (uint32_t i = 0; i < high; i++)
        if (claim(pool, i, pipe, state)) return i;
    return NO_ENTRY;
}

uint32_t brine__endpoint_open(brine_pool *pool, uint64_t pipe, bool server, int *status) {
    uint32_t state = server ? ENDP_SERVER : ENDP_CLIENT, me = a32_load_relaxed(pool->me), i, high;
    while ((i = find(pool, pipe, state)) == NO_ENTRY) {
        if ((high = endp_high(pool)) == ENDP_COUNT) {
            *status =
                brine__fail(BRINE_ELIMIT, "pool \"%s\": %u pipe handles of processes are open", pool->name, ENDP_COUNT);
            return NO_ENTRY;
        }
        *status =
            brine__commit(pool, pool->layout.endp + high * sizeof(struct endpoint), sizeof(struct endpoint), false);
        if (*status) return NO_ENTRY;
        a64_raise(&pool_header(pool)->endp_high, high + 1);
    }
    struct endpoint *e = pool_endp(pool, i);
    if (server) {
        a32_add_relaxed(&e->servers, 1); /* under the pool's mutex */
        a64_store_release(&e->word, WORD(word_gen(a64_load_relaxed(&e->word)), ENDP_SERVER, me));
    }
    return i;
}

void brine__endpoint_close(brine_pool *pool, uint32_t i) {
    struct endpoint *e = pool_endp(pool, i);
    uint64_t w = a64_load_relaxed(&e->word); /* ours */
    a64_cas_seq_cst(&e->word, &w,
                    WORD(word_gen(w) + 1, ENDP_FREE, 0)); /* pairs with the scan in brine__entry_cleanup */
}

bool brine__endpoint_any(brine_pool *pool, uint64_t pipe, enum who who) {
    for (uint32_t i = 0; i < endp_high(pool); i++) {
        struct endpoint *e = pool_endp(pool, i);
        uint32_t state = word_state(a64_load_acquire(&e->word));
        if (a64_load_acquire(&e->pipe) != pipe || state == ENDP_FREE) continue;
        bool is[] = {[ANYBODY] = true,
                     [SERVERS] = state == ENDP_SERVER,
                     [PRESENT] = state == ENDP_SERVER || state == ENDP_CLOSING,
                     [READERS] = a32_load_relaxed(&e->roles) & ENDP_READS};
        if (is[who]) return true;
    }
    return false;
}

bool brine__endpoint_elsewhere(brine_pool *pool, uint64_t pipe, uint32_t cpu) {
    for (uint32_t i = 0; i < endp_high(pool); i++) {
        struct endpoint *e = pool_endp(pool, i);
        uint64_t w = a64_load_acquire(&e->word);
        uint32_t holder = word_holder(w);
        if (a64_load_acquire(&e->pipe) != pipe || word_state(w) == ENDP_FREE || holder == a32_load_relaxed(pool->me))
            continue;
        if (a32_load_relaxed(&e->roles) == 0) continue; /* it has never used the pipe: nobody to wait for */
        if (holder < PROC_COUNT && a32_load_relaxed(&pool_proc(pool, holder)->only_cpu) != cpu) return true;
    }
    return false;
}

void brine__endpoint_role(brine_pipe *p, uint32_t role) {
    a32_or_seq_cst(&p->counters->roles,
                   role); /* first its own, then the pipe's: "had a reader" implies that it counts as one */
    a32_or_seq_cst(&p->control->roles, role);
}

void brine__endpoints_retire(brine_pool *pool, uint32_t dead) {
    for (uint32_t i = 0; i < endp_high(pool); i++) {
        struct endpoint *e = pool_endp(pool, i);
        uint64_t w = a64_load_acquire(&e->word);
        if ((word_state(w) == ENDP_SERVER || word_state(w) == ENDP_CLOSING) && word_holder(w) == dead)
            a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), ENDP_CLIENT, dead));
    }
}

void brine__endpoints_undo(brine_pool *pool, uint32_t dead) {
    for (uint32_t i = 0; i < endp_high(pool); i++) {
        struct endpoint *e = pool_endp(pool, i);
        uint64_t w = a64_load_acquire(&e->word);
        if (word_state(w) == ENDP_FREE || word_holder(w) != dead) continue;
        a64_store_relaxed(&e->blocked_readers, 0);
        a64_store_relaxed(&e->blocked_writers, 0);
        a32_store_relaxed(&e->servers, 0);
        uint64_t link = a64_load_acquire(&e->pipe);
        if (link_record(link) < dir_high(pool)) brine__waiting_reset(pool_pipe(pool, link_record(link)));
        a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w) + 1, ENDP_FREE, 0));
    }
}

/* ---- removed entries ---- */

static void free_ring(brine_pool *pool, const struct ring *ring, uint64_t target, uint32_t me, bool reaping) {
    brine__ring_drain(ring, me, reaping);
    struct record *r = pool_record(pool, link_record(target));
    uint64_t w = a64_load_acquire(&r->word);
    /* again if its maker gets from ANCHORING to ANCHORED meanwhile */
    while (word_gen(w) == link_gen(target) && (word_state(w) == REC_ANCHORED || word_state(w) == REC_ANCHORING)) {
        if (!a64_cas_acq_rel(&r->word, &w, WORD(word_gen(w), REC_HELD, me))) continue;
        brine__let_go(pool, link_record(target), link_gen(target), me, reaping);
        return;
    }
}

bool brine__entry_cleanup(brine_pool *pool, uint32_t index, uint32_t me, bool reaping) {
    struct dir_entry *e = pool_dir(pool, index);
    uint64_t w = a64_load_acquire(&e->word);
    if (word_state(w) != DIR_REMOVED) return false;
    /* Who connects registers an endpoint, then looks whether the entry is LIVE; we removed it, then look
     * for endpoints: one of the two sees the other. */
    if (brine__endpoint_any(pool, LINK(word_gen(w), index), ANYBODY)) return false;
    if (!a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), DIR_REMOVING, me))) return false;
    struct ring ring;
    uint64_t target = a64_load_acquire(&e->target);
    if (a32_load_relaxed(&e->kind) == DIR_PIPE) {
        if (brine__ring_of(pool, index, word_gen(w), &ring)) free_ring(pool, &ring, target, me, reaping);
    } else {
        while (target && !a64_cas_seq_cst(&e->target, &target, 0)) {
        }
        brine__displaced(pool, target, me);
    }
    a32_store_relaxed(&e->hash, 0);
    a64_store_release(&e->word, WORD(word_gen(w) + 1, DIR_FREE, 0));
    return true;
}
