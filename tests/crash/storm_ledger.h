/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The storm's ledger, in memory outside the pool: what became of every packet, told by those who did it and, of
 * those who were killed, by a look at what the pool says is theirs before their death is known to anybody (the
 * killer holds them in their exit). Every packet has exactly one fate in the end:
 *
 *   RECEIVED   by its last reader; with a lease: acknowledged
 *   DIED       with the process that held it, as the pool promises
 *   UNMADE     its writer was killed before there was a packet
 *   FANNED     given to the two outputs of a fan-out: its copies have a fate each, or were NOT_GIVEN
 *
 * A fate is set once, by a CAS from 0: whoever finds another one there has found a packet that was doubled. A fate
 * that is never set is a packet that was lost. Only one thing is not known from outside (MAYBE): whether a fan-out
 * that was killed had just given its next copy away, or was just about to make it.
 */
#ifndef TESTS_CRASH_STORM_LEDGER_H
#define TESTS_CRASH_STORM_LEDGER_H

#include "pipe_helpers.h"

#define WORKERS_MAX 32
#define SLOTS 2048u /* entries of each worker: far more than packets of its making can be alive */
#define ENTRIES (WORKERS_MAX * SLOTS)

/* The pipes: a -> b -> f0 and f1, without leases; l -> m, with; d has the dead letters of l. */
enum pipe_id { PIPE_A, PIPE_B, PIPE_F0, PIPE_F1, PIPE_L, PIPE_M, PIPE_D, PIPES, NO_PIPE = PIPES };
static const char *const pipe_names[PIPES] = {"a", "b", "f0", "f1", "l", "m", "d"};
#define MAX_DELIVERIES 3u /* of l */

/* What a worker is at. One word, so that a kill finds it whole: what:8 | pipe:8 | number:48. */
enum what { NOTHING, MAKING, SENDING, RECEIVING, HOLDING, FANNING, FINISHING, FORWARDING, NACKING, SENDING_MANY };
static uint64_t doing_word(enum what what, enum pipe_id pipe, uint64_t number) {
    return (uint64_t)what << 56 | (uint64_t)pipe << 48 | number;
}
static enum what doing_what(uint64_t doing) { return (enum what)(doing >> 56); }
static enum pipe_id doing_pipe(uint64_t doing) { return (enum pipe_id)(doing >> 48 & 0xff); }
static uint64_t doing_number(uint64_t doing) { return doing & 0xffffffffffffu; }

/* Kinds of fates; the word is kind:32 | life of whose it is:32. */
enum fate { OPEN = 0, RECEIVED = 1, DIED, UNMADE, FANNED, NOT_GIVEN, MAYBE };
static uint64_t fate_word(enum fate kind, uint32_t life) { return (uint64_t)kind << 32 | life; }
static enum fate fate_kind(uint64_t fate) { return (enum fate)(fate >> 32); }

#define NOT_SAID 1 /* in copy_status: brine_fanout has not got there */
#define AT_ONCE 12 /* packets sent or received by one call */

/* A worker's; it alone writes, the killer reads when it is dead. */
struct worker {
    a64 doing;
    uint32_t life;      /* of all processes, ever */
    int copy_status[2]; /* brine_fanout's */
    uint64_t made;      /* numbers that it, and its forerunners in this place, used */
    a64 sent, received;
    /* Of several at once: those that it has or had, besides what it is doing. */
    a32 count, many_pipe; /* where their fates stand: enum pipe_id */
    uint64_t many[AT_ONCE];
};

struct entry {
    a64 number; /* incarnation << 16 | index here */
    a64 fate, copies[2];
    a32 deliveries[PIPES]; /* by leased pipes, of those that were delivered */
    a32 returned;          /* a bit for each pipe to which it was returned: it may come out of order */
};

/* Times from a kill until a survivor moves a packet: since what is measured, 0: nothing. */
struct progress {
    a64 killed_ns;
    uint8_t pad[120];
};
#define STALL_BUCKETS 512 /* eight for each doubling of nanoseconds */

struct ledger {
    struct worker cells[WORKERS_MAX];
    struct entry entries[ENTRIES];
    struct progress progress[PIPES][2]; /* in, out */
    a64 stalls[STALL_BUCKETS];
    a64 longest_ns;
    a64 sent_at_once, received_at_once;
    a64 doubled, maybe, dead_letters, redelivered, looked_up, grown, forked, joined, reaped;
    a64 elder_anonymous_kib, elder_descriptors;
};

static struct ledger *ledger;
static brine_pool *pool;
static brine_pipe *pipes[PIPES];

static uint64_t clock_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- numbers in packets ---- */

#define NUMBER_MARK ((uint64_t)0x53 << 56) /* in the root: one of ours */

/* Where the number stands once more, to see that a packet is whole. */
static uint64_t *body_of(struct record *r) {
    return (uint64_t *)(void *)(r->inline_arena + (-(uintptr_t)r->inline_arena & 7));
}

/* The number of the packet that record `r` is or, as a token, names; 0: not one of ours. Of any bytes. */
static uint64_t number_in(struct record *r) {
    uint64_t target = a64_load_acquire(&r->target);
    if (target && !pool_record_exists(pool, link_record(target))) return 0;
    if (target) r = pool_record(pool, link_record(target));
    if (r->root.type != BRINE_U64 || r->root.payload >> 56 != NUMBER_MARK >> 56) return 0;
    return r->root.payload & 0xffffffffffffu;
}

static uint64_t position_in(brine_packet packet) { return a64_load_relaxed(&pool_record(pool, packet.record)->pos); }

/* ---- fates ---- */

static void tell_double(uint64_t number, const char *what) {
    fprintf(stderr, "storm: packet %#" PRIx64 " was doubled: %s\n", number, what);
    a64_add_relaxed(&ledger->doubled, 1);
}

/* The entry of a number that turned up, or NULL if it was settled before and its place used again. */
static struct entry *entry_of(uint64_t number) {
    struct entry *e = &ledger->entries[number & 0xffff];
    if (a64_load_acquire(&e->number) == number) return e;
    tell_double(number, "it turned up after all was said of it");
    return NULL;
}

static bool is_copy(enum pipe_id pipe) { return pipe == PIPE_F0 || pipe == PIPE_F1; }
static a64 *fate_at(struct entry *e, enum pipe_id pipe) {
    return is_copy(pipe) ? &e->copies[pipe - PIPE_F0] : &e->fate;
}

static void set_fate(uint64_t number, enum pipe_id pipe, enum fate kind, uint32_t life) {
    struct entry *e = entry_of(number);
    if (!e) return;
    a64 *fate = fate_at(e, pipe);
    uint64_t open = OPEN, maybe = fate_word(MAYBE, 0);
    if (a64_cas_acq_rel(fate, &open, fate_word(kind, life)) || a64_cas_acq_rel(fate, &maybe, fate_word(kind, life)))
        return;
    char text[80];
    snprintf(text, sizeof text, "fate %d by %u, then %d by %u, pipe %d", (int)fate_kind(open), (uint32_t)open,
             (int)kind, life, (int)pipe);
    tell_double(number, text);
}

static bool settled(struct entry *e) {
    enum fate kind = fate_kind(a64_load_acquire(&e->fate));
    if (kind != FANNED) return kind != OPEN;
    for (int i = 0; i < 2; i++) {
        enum fate copy = fate_kind(a64_load_acquire(&e->copies[i]));
        if (copy == OPEN || copy == MAYBE) return false;
    }
    return true;
}

static void mark_returned(uint64_t number, enum pipe_id pipe) {
    struct entry *e = number ? entry_of(number) : NULL;
    if (e) atomic_fetch_or_explicit(&e->returned, 1u << pipe, memory_order_acq_rel);
}

/* ---- stalls ---- */

static unsigned stall_bucket(uint64_t ns) {
    if (ns < 8) return (unsigned)ns;
    unsigned high = 63 - (unsigned)__builtin_clzll(ns);
    return (high - 2) * 8 + (unsigned)(ns >> (high - 3) & 7);
}
static uint64_t stall_of_bucket(unsigned b) { return b < 8 ? b : (uint64_t)(8 + b % 8) << (b / 8 - 1); }

/* A survivor moved a packet. side: 0 in, 1 out. */
static void progressed(enum pipe_id pipe, int side) {
    a64 *since = &ledger->progress[pipe][side].killed_ns;
    uint64_t killed = a64_load_relaxed(since);
    if (killed == 0 || !a64_cas_acq_rel(since, &killed, 0)) return;
    uint64_t now = clock_now_ns(), stall = now > killed ? now - killed : 0;
    a64_add_relaxed(&ledger->stalls[stall_bucket(stall)], 1);
    a64_raise(&ledger->longest_ns, stall);
}

static void died_at(enum pipe_id pipe, uint64_t now) {
    for (int side = 0; side < 2; side++) {
        uint64_t none = 0; /* who waits already since an earlier kill goes on waiting */
        a64_cas_acq_rel(&ledger->progress[pipe][side].killed_ns, &none, now);
    }
}

/* ---- what the dead leaves ---- */

/* States of records found with the dead, for people. */
static uint64_t found[64];

static uint64_t link_of(enum pipe_id pipe) { return LINK(pipes[pipe]->gen, pipes[pipe]->index); }

/* True if the packet, SENDING or FORWARDING by the dead, is in its pipe (or was taken from there already). It may be
 * taken and recorded meanwhile: then its word says so. */
static bool is_in(struct record *d, uint32_t index, uint64_t w) {
    uint64_t journey = a64_load_acquire(&d->journey), link = a64_load_relaxed(&d->pipe), t = a64_load_relaxed(&d->pos);
    struct ring r;
    bool in = false;
    if (t != UINT64_MAX && brine__ring_of(pool, link_record(link), link_gen(link), &r)) {
        uint64_t s = a64_load_acquire(&r.slots[t & r.mask]);
        in = slot_rec(s) == index &&
             slot_lap(s) == (slot_full(s) ? ring_lap(&r, t) : ((ring_lap(&r, t) + 1) & LAP_MASK));
    }
    return in || a64_load_acquire(&d->word) != w || a64_load_acquire(&d->journey) != journey;
}

/* What was found of one number with the dead. */
struct remains {
    unsigned held;                /* the packet, or shares of it */
    bool leased, shared, pending; /* shared: what is held are shares; pending: one more share was being made */
    bool in[2], not_in[2];        /* a share that was being sent to an output of the fan-out */
};

static bool is_one_of_many(const struct worker *cell, uint64_t number) {
    for (uint32_t i = 0; i < a32_load_acquire(&cell->count); i++)
        if (cell->many[i] == number) return true;
    return false;
}

static void look_at_record(uint32_t index, struct record *r, uint64_t w, const struct worker *cell,
                           struct remains *remains) {
    uint64_t number = number_in(r), doing = a64_load_acquire(&cell->doing);
    uint32_t state = word_state(w);
    found[state]++;
    if (!number) return;
    bool told = number == doing_number(doing), many = !told && is_one_of_many(cell, number);
    enum pipe_id many_pipe = (enum pipe_id)a32_load_relaxed(&cell->many_pipe);
    switch (state) {
    case REC_HELD:
        if (told)
            remains->held++, remains->shared |= a64_load_acquire(&r->target) != 0;
        else if (many)
            set_fate(number, many_pipe, DIED, cell->life);
        else if (doing_what(doing) == RECEIVING)
            set_fate(number, doing_pipe(doing), DIED, cell->life);
        break;
    case REC_PINC: remains->pending |= told; break;
    case REC_SENDING: {
        bool in = is_in(r, index, w);
        for (int i = 0; i < 2; i++) {
            bool there = told && a64_load_relaxed(&r->pipe) == link_of(i ? PIPE_F1 : PIPE_F0);
            remains->in[i] |= there && in;
            remains->not_in[i] |= there && !in;
        }
        if (told && !in && doing_what(doing) == SENDING) remains->held++;
        if (many && !in) set_fate(number, many_pipe, DIED, cell->life);
        break;
    }
    case REC_FORWARDING:
        if (is_in(r, index, w)) break;
        remains->leased = true;
        mark_returned(number, PIPE_L);
        break;
    case REC_LEASED: {
        enum pipe_id from = a64_load_relaxed(&r->parent) == link_of(PIPE_L) ? PIPE_L : PIPE_M;
        struct entry *e = entry_of(number);
        remains->leased |= told;
        mark_returned(number, from);
        if (!e) break;
        uint32_t count = (uint32_t)(a64_load_relaxed(&r->rc_count) & DELIVERIES_MASK),
                 known = a32_load_relaxed(&e->deliveries[from]);
        if (count != known && count != known + 1)
            check_failed(__FILE__, __LINE__, "packet %#" PRIx64 " was delivered %u times, and says %u", number, known,
                         count);
        a32_store_relaxed(&e->deliveries[from], count);
        break;
    }
    case REC_ARRIVED: mark_returned(number, doing_pipe(doing)); break;
    default: break;
    }
}

/* The participants that a process is: one, or while it attaches anew two. */
struct participants {
    uint32_t count, index[4];
};

static struct participants participants_of(pid_t pid) {
    struct participants all = {0};
    uint64_t high = a64_load_acquire(&pool_header(pool)->proc_high);
    for (uint32_t i = 1; i < high && i < PROC_COUNT && all.count < 4; i++)
        if (word_state(a64_load_acquire(&pool_proc(pool, i)->word)) == PROC_LIVE &&
            a32_load_relaxed(&pool_proc(pool, i)->pid) == (uint32_t)pid)
            all.index[all.count++] = i;
    return all;
}

static bool is_one_of(const struct participants *all, uint32_t index) {
    for (uint32_t i = 0; i < all->count; i++)
        if (all->index[i] == index) return true;
    return false;
}

/* Takes that the dead did and nobody has written down yet. */
static void look_at_heads(const struct participants *dead) {
    for (enum pipe_id p = 0; p < PIPES; p++) {
        struct ring r = ring_of_pipe(pipes[p]);
        uint64_t h = a64_load_acquire(&r.control->head);
        for (uint64_t end = h + AT_ONCE; h < end; h++) {
            uint64_t s = a64_load_acquire(&r.slots[h & r.mask]);
            if (slot_full(s) || !is_one_of(dead, slot_proc(s)) || slot_lap(s) != ((ring_lap(&r, h) + 1) & LAP_MASK))
                break;
            if (pool_record_exists(pool, slot_rec(s))) mark_returned(number_in(pool_record(pool, slot_rec(s))), p);
        }
    }
}

/* A fan-out: what brine_fanout had said, and what is left of the copy that it was at. */
static void settle_copies(struct worker *cell, uint64_t number, uint32_t life, const struct remains *remains) {
    struct entry *e = entry_of(number);
    if (!e || fate_kind(a64_load_acquire(&e->fate)) != FANNED) {
        if (e && remains->held) set_fate(number, NO_PIPE, DIED, life);
        return;
    }
    bool unsaid = false;
    for (int i = 0; i < 2; i++) {
        if (cell->copy_status[i] == 0) continue;
        enum fate kind = NOT_GIVEN;
        if (cell->copy_status[i] == NOT_SAID && !unsaid) {
            unsaid = true;
            if (remains->in[i]) continue;
            bool not_yet =
                remains->not_in[i] || remains->pending || remains->held > 1 || (remains->held && !remains->shared);
            if (!not_yet) kind = MAYBE;
        }
        uint64_t open = OPEN; /* it may be with its reader: then it was given */
        if (a64_cas_acq_rel(&e->copies[i], &open, fate_word(kind, 0)) && kind == MAYBE)
            a64_add_relaxed(&ledger->maybe, 1);
    }
}

/* Writes down what becomes of all that was the dead's. Nobody else can act for it yet. */
static void settle(struct worker *cell, pid_t pid) {
    uint64_t doing = a64_load_acquire(&cell->doing), number = doing_number(doing), high = pool_record_high(pool);
    struct remains remains = {0};
    struct participants dead = participants_of(pid);
    look_at_heads(&dead); /* before the records: what is recorded meanwhile is seen there */
    for (uint32_t i = 0; dead.count && (i = next_record(pool, i, high)) != 0;) {
        struct record *r = pool_record(pool, i);
        uint64_t w = a64_load_acquire(&r->word);
        if (word_state(w) != REC_FREE && word_state(w) != REC_CHILD && is_one_of(&dead, word_holder(w)))
            look_at_record(i, r, w, cell, &remains);
    }
    struct entry *e = &ledger->entries[number & 0xffff];
    switch (doing_what(doing)) {
    case MAKING:
        a64_store_relaxed(&e->fate, fate_word(UNMADE, cell->life));
        a64_store_release(&e->number, number);
        break;
    case SENDING:
        if (remains.held) set_fate(number, NO_PIPE, DIED, cell->life);
        break;
    case HOLDING: /* its reader may have said so already */
        if (a64_load_acquire(fate_at(e, doing_pipe(doing))) != fate_word(RECEIVED, cell->life)) {
            CHECK_MSG(remains.held, "packet %#" PRIx64 " is not with its reader", number);
            set_fate(number, doing_pipe(doing), DIED, cell->life);
        }
        break;
    case FANNING: settle_copies(cell, number, cell->life, &remains); break;
    case FINISHING: /* not leased any more: it was acknowledged */
        if (!remains.leased && a64_load_acquire(&e->fate) != fate_word(RECEIVED, cell->life))
            set_fate(number, NO_PIPE, RECEIVED, cell->life);
        break;
    default: break;
    }
}

#endif
