/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: enqueue and dequeue with a deadline.
 *
 * A waiter reads the event count, counts itself in (wait_readers or wait_writers), tries once more, and
 * sleeps on the event count. Who changes the pipe does so with an RMW and then looks at the count: either
 * it sees the waiter and wakes it, or the waiter's last try sees the change. Waiters that died stay
 * counted until the reaper starts a new epoch of the count; until then a wake too many is all they cost.
 * Every sleep ends after WAIT_SLICE_NS, so that a wake that died with its sender costs at most that.
 */
#include "pipe/ring.h"

#include <stdlib.h>

#include "base/clock.h"
#include "pipe/futex.h"
#include "pipe/quick.h"

/*
 * How long to spin before sleeping: competitive spinning. Who spins for about as long as a sleep and a wake cost, and
 * only then sleeps, waits at most a small factor longer than one who knows the future (Karlin, Manasse, McGeoch, Owicki
 * 1990). The cost of a wake is measured whenever one happens; the budget of a handle goes up to SPIN_WAKES of it while
 * peers come soon, and down when they do not. Soon: when both sides sleep, one waits for two wakes, the peer's and its
 * own, and the peer's answer; so does everybody in a pair that would be faster spinning. Hence more than two.
 */
#define SPIN_WAKES 2
#define SOON_WAKES 3
#define SPIN_MIN_NS 1000
#define WAKE_COST_FIRST_NS 20000 /* until one was measured */
#define WAKE_COST_MAX_NS 100000  /* more than that is not the wake but a busy machine */
#define SPIN_ROUNDS 64           /* looks at the pipe between two looks at the clock; about 1 us */
#define READ_AHEAD 2             /* packets that a dequeue fetches ahead of the one it takes */
#define POLLS_LOOK 16            /* polls for several packets, of which one looks at the slot */
#define CPUS_LOOK_EVERY 16       /* failed spins between two looks at who may run on which CPUs */

/* Waits on this handle spin before they sleep. Where they do not, what they cost is not measured either: reading the
 * clock is a good part of what can be saved between two system calls. */
static bool spins(const brine_pipe *p) { return a32_load_relaxed(&p->spin_useless) == 0; }

/* ---- counting waiters, waking them ---- */

static uint32_t waiting_add(a64 *waiting) {
    uint64_t before = a64_add_seq_cst(waiting, 1);
    fence_after_rmw(); /* before the try's loads; pairs with the fence in wake_reader() and wake_writer() */
    return (uint32_t)(before >> 32);
}

static void waiting_remove(a64 *waiting, uint32_t epoch) {
    uint64_t w = a64_load_relaxed(waiting);
    while ((uint32_t)(w >> 32) == epoch && (uint32_t)w != 0 && !a64_cas_acq_rel(waiting, &w, w - 1)) {
    }
}

void brine__wake_slow(a32 *ec, int count) {
    a32_add_seq_cst(ec, 1); /* pairs with the read of ec before the last try */
    brine__futex_wake(ec, count);
}

void brine__wake_some(brine_pipe *p, a32 *ec, int count) {
    if (spins(p))
        a64_store_relaxed(&p->control->woken_ns, (uint64_t)brine__now_ns()); /* a measurement: no order needed */
    brine__wake_slow(ec, count);
}

void brine__wake_all(struct pipe_control *c) {
    brine__wake_slow(&c->ec_readers, INT32_MAX);
    brine__wake_slow(&c->ec_writers, INT32_MAX);
}

void brine__waiting_reset(struct pipe_control *c) {
    a64 *words[] = {&c->wait_readers, &c->wait_writers};
    for (int i = 0; i < 2; i++) {
        uint64_t w = a64_load_relaxed(words[i]);
        while (!a64_cas_seq_cst(words[i], &w, ((w >> 32) + 1) << 32)) {
        }
    }
    brine__wake_all(c); /* the live ones count themselves in again */
}

/* The futexes that this process's threads sleep on, so that an interrupt reaches them. */
static uint32_t note_wait(brine_pool *pool, a32 *ec) {
    for (uint32_t i = 0; i < POOL_WAITS; i++) {
        uint64_t none = 0;
        if (a64_load_relaxed(&pool->waits[i]) == 0 && a64_cas_seq_cst(&pool->waits[i], &none, pool_offset(pool, ec)))
            return i;
    }
    return POOL_WAITS;
}

static void forget_wait(brine_pool *pool, uint32_t i) {
    if (i < POOL_WAITS) a64_store_release(&pool->waits[i], 0);
}

void brine__wake_process(brine_pool *pool) {
    for (uint32_t i = 0; i < POOL_WAITS; i++) {
        uint64_t offset = a64_load_acquire(&pool->waits[i]);
        if (offset) brine__wake_slow(pool_at(pool, offset), INT32_MAX);
    }
}

void brine_pipe_interrupt(brine_pipe *pipe) {
    if (!pipe) return;
    a32_add_seq_cst(&pipe->interrupts, 1);
    if (a32_load_relaxed(pipe->pool->me) != 0) brine__wake_process(pipe->pool);
}

/* ---- one operation ---- */

struct op {
    brine_pipe *pipe;
    bool reader;
    uint32_t me;
    struct held held;     /* writer: what to send */
    bool leased;          /* writer: it is leased to us */
    brine_packet *packet; /* reader: where to put it */
};

static void note_role(brine_pipe *p, uint32_t role) {
    if (unlikely(!(a32_load_relaxed(&p->counters->roles) & role))) brine__endpoint_role(p, role); /* our own word */
}

static int try_write(struct op *op) {
    brine_pipe *p = op->pipe;
    if (unlikely(stream_closed(p))) return BRINE_ECLOSED;
    uint64_t bytes = note_size(p->pool, op->held.rec);
    int rc = brine__ring_enqueue(p, op->held.rec, op->held.index, op->held.gen, op->me, op->leased);
    if (rc) return rc;
    wake_reader(p);
    count_in(p, 1, bytes);
    return 0;
}

static int try_read(struct op *op) {
    brine_pipe *p = op->pipe;
    bool closed = stream_closed(p); /* before the try: closed, then empty, means drained */
    int rc = brine__ring_dequeue(p, op->me, op->packet);
    if (rc) return closed ? BRINE_ECLOSED : rc;
    wake_writer(p);
    count_out(p, 1, sent_bytes(pool_record(p->pool, op->packet->record)));
    return 0;
}

static int try_op(struct op *op) { return op->reader ? try_read(op) : try_write(op); }

/* ---- waiting ---- */

static a64 wake_cost = WAKE_COST_FIRST_NS; /* this process's; a moving average */

/* A try would probably succeed. Reads the word that the peer writes first, and as little else as can be. */
static bool worth_a_try(const struct op *op) {
    const brine_pipe *p = op->pipe;
    if (!op->reader)
        return a64_load_relaxed(&p->control->tail) - a64_load_relaxed(&p->control->head) < p->capacity; /* guesses */
    uint64_t h = a64_load_relaxed(&p->control->head), s = a64_load_relaxed(&p->slots[h & p->mask]);
    return slot_full(s) || brine__returned_any(p);
}

static int spin_round(struct op *op) {
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (worth_a_try(op)) {
            int rc = try_op(op);
            if (rc != BRINE_ETIMEDOUT) return rc;
        }
        cpu_relax();
    }
    return BRINE_ETIMEDOUT;
}

/* A wait of `waited` ns, at the end of which somebody came. */
static void learn(brine_pipe *p, int64_t waited) {
    uint64_t cost = a64_load_relaxed(&wake_cost), budget = a64_load_relaxed(&p->spin_ns); /* hints, here and below */
    budget = waited <= (int64_t)cost * SOON_WAKES ? budget * 2 : budget / 2;
    if (budget > cost * SPIN_WAKES) budget = cost * SPIN_WAKES;
    a64_store_relaxed(&p->spin_ns, budget > SPIN_MIN_NS ? budget : SPIN_MIN_NS);
}

/* Spinning on the only CPU on which the peer can run keeps it from coming. */
static void look_at_cpus(brine_pipe *p) {
    brine__look_at_cpus(p->pool);
    uint32_t only = a32_load_relaxed(&p->pool->only_cpu);
    a32_store_relaxed(&p->spin_useless, only && !brine__endpoint_elsewhere(p->pool, LINK(p->gen, p->index), only));
}

/* Tries for a while without sleeping. *now: what the clock said, before and after. */
static int spin(struct op *op, brine_deadline until, int64_t *now) {
    brine_pipe *p = op->pipe;
    if (spins(p)) {
        int64_t end = *now + (int64_t)a64_load_relaxed(&p->spin_ns);
        if (until.ns < end) end = until.ns;
        do {
            int rc = spin_round(op);
            if (rc != BRINE_ETIMEDOUT) return rc;
            *now = brine__now_ns();
        } while (*now < end);
    }
    if (a32_add_relaxed(&p->spins_failed, 1) % CPUS_LOOK_EVERY == 0) look_at_cpus(p);
    return BRINE_ETIMEDOUT;
}

/* We slept from `begin` on and were woken: what did the wake cost? */
static void measure_wake(const struct pipe_control *c, int64_t begin) {
    int64_t woken = (int64_t)a64_load_relaxed(&c->woken_ns), took = brine__now_ns() - woken;
    if (woken < begin || took <= 0 || took > WAKE_COST_MAX_NS) return; /* somebody else's, or lost in between */
    uint64_t cost = a64_load_relaxed(&wake_cost);
    a64_store_relaxed(&wake_cost, (cost * 7 + (uint64_t)took) / 8);
}

/* Somebody whom the handle expects is gone. Who is expected has to be looked for among all who have the pipe open. A
 * pipe is there before its first server is: none can be gone before a stream was opened. */
static bool peer_gone(const brine_pipe *p) {
    uint32_t expected = a32_load_relaxed(&p->expected);
    uint64_t link = LINK(p->gen, p->index);
    if (likely(expected == 0)) return false;
    bool served =
        a64_load_acquire(&p->control->stream) != 0; /* pairs with open_stream(): its server's endpoint is seen */
    if ((expected & BRINE_EXPECT_SERVER) && served && !brine__endpoint_any(p->pool, link, PRESENT)) return true;
    return (expected & BRINE_EXPECT_READER) && (a32_load_relaxed(&p->control->roles) & ENDP_READS) &&
           !brine__endpoint_any(p->pool, link, READERS);
}

struct interrupts {
    uint32_t pool, pipe;
};
static struct interrupts interrupts_now(brine_pipe *p) {
    return (struct interrupts){a32_load_acquire(&p->pool->interrupts), a32_load_acquire(&p->interrupts)};
}
static bool interrupted(brine_pipe *p, struct interrupts before) {
    struct interrupts now = interrupts_now(p);
    return now.pool != before.pool || now.pipe != before.pipe;
}

/* One sleep. 0 or an error: done. BRINE_ETIMEDOUT: not ready yet. */
static int sleep_once(struct op *op, brine_deadline until, int64_t now, struct interrupts before) {
    brine_pipe *p = op->pipe;
    a32 *ec = op->reader ? &p->control->ec_readers : &p->control->ec_writers;
    a64 *waiting = op->reader ? &p->control->wait_readers : &p->control->wait_writers;
    /* ec first: a reset that comes after we counted ourselves in then wakes us, or does not let us sleep */
    uint32_t noted = note_wait(p->pool, ec), seen = a32_load_acquire(ec), epoch = waiting_add(waiting);
    bool woken = true;
    int rc = try_op(op);
    if (rc == BRINE_ETIMEDOUT && !interrupted(p, before) && dir_is_live(p->pool, p->index, p->gen)) {
        int64_t slice = now + WAIT_SLICE_NS;
        woken = brine__futex_wait(ec, seen, until.ns < slice ? until.ns : slice);
        if (woken && spins(p)) measure_wake(p->control, now);
    }
    waiting_remove(waiting, epoch);
    forget_wait(p->pool, noted);
    if (!woken) {
        brine__reap(p->pool, WAIT_SLICE_NS / 2, NULL);
        brine__heap_pressure(p->pool);
    }
    return rc;
}

static int wait_loop(struct op *op, brine_deadline until, int64_t now, struct interrupts before) {
    brine_pipe *p = op->pipe;
    int64_t begin = now;
    if (unlikely(a32_load_relaxed(&p->expected))) brine__reap(p->pool, 0, NULL); /* the dead do not count as there */
    for (;;) {
        bool gone = peer_gone(p); /* before the try: what the peer did last is seen */
        int rc = try_op(op);
        if (rc != BRINE_ETIMEDOUT) {
            if (spins(p)) learn(p, brine__now_ns() - begin);
            return rc;
        }
        if (gone) return BRINE_EGONE;
        if (interrupted(p, before)) return BRINE_EINTR;
        if (now >= until.ns) return BRINE_ETIMEDOUT;
        rc = spin(op, until, &now);
        if (rc != BRINE_ETIMEDOUT) return rc; /* the budget was enough: it stays */
        rc = sleep_once(op, until, now, before);
        if (rc != BRINE_ETIMEDOUT) return rc;
        rc = pipe_enter(p, &op->me);
        if (rc) return rc;
        now = brine__now_ns();
    }
}

static int explain(brine_pipe *p, bool reader, int rc) {
    const char *what = reader ? "empty" : "full";
    switch (rc) {
    case BRINE_ETIMEDOUT:
        return brine__fail_later(rc,
                                 reader ? "pipe \"%s\" in pool \"%s\" stayed empty (capacity %u) until the deadline"
                                        : "pipe \"%s\" in pool \"%s\" stayed full (capacity %u) until the deadline",
                                 p->name, p->pool->name, p->capacity);
    case BRINE_ECLOSED:
        return brine__fail(rc, "the stream of pipe \"%s\" in pool \"%s\" has ended", p->name, p->pool->name);
    case BRINE_EGONE:
        return brine__fail(rc, "pipe \"%s\" in pool \"%s\" is %s, and no process %s it any more", p->name,
                           p->pool->name, what,
                           brine__endpoint_any(p->pool, LINK(p->gen, p->index), SERVERS) ? "reads" : "serves");
    case BRINE_EINTR: return brine__fail(rc, "the wait on pipe \"%s\" was interrupted", p->name);
    default: return rc;
    }
}

static void count_timeout(struct op *op) {
    struct endpoint *c = op->pipe->counters;
    a64_add_relaxed(op->reader ? &c->timeouts_out : &c->timeouts_in, 1);
}

static int block(struct op *op, brine_deadline deadline) {
    brine_pipe *p = op->pipe;
    struct interrupts before = interrupts_now(p);
    int64_t now = brine__now_ns();
    brine_deadline until = brine__until(deadline, now);
    a64 *blocked = op->reader ? &p->counters->blocked_readers : &p->counters->blocked_writers;
    int rc = BRINE_ETIMEDOUT;
    if (now < until.ns) {
        a64_add_relaxed(blocked, 1);
        rc = wait_loop(op, until, now, before);
        a64_add_relaxed(blocked, (uint64_t)-1);
    }
    if (rc == BRINE_ETIMEDOUT) count_timeout(op);
    return explain(p, op->reader, rc);
}

/* The first try found nothing. */
static int not_at_once(struct op *op, brine_deadline deadline) {
    if (deadline.ns == 0) { /* a poll */
        count_timeout(op);
        return explain(op->pipe, op->reader, BRINE_ETIMEDOUT);
    }
    /* A busy peer answers sooner than the clock is read and the wait is prepared. */
    if (deadline.ns < -SPIN_MIN_NS && spins(op->pipe)) {
        int rc = spin_round(op);
        if (rc != BRINE_ETIMEDOUT) return rc ? explain(op->pipe, op->reader, rc) : 0;
    }
    return block(op, deadline);
}

__attribute__((noinline)) static int enqueue_slow(brine_pipe *pipe, brine_packet packet, brine_deadline deadline) {
    struct op op = {.pipe = pipe};
    int rc = pipe_enter(pipe, &op.me);
    if (unlikely(rc)) return rc;
    note_role(pipe, ENDP_WRITES);
    if (unlikely(packet.pool != pipe->pool->id && packet.record))
        return brine__fail(BRINE_EXPOOL,
                           "the packet belongs to another pool than pipe \"%s\"; brine_packet_copy copies it",
                           pipe->name);
    rc = packet_holding(packet, &op.held, &op.leased);
    if (unlikely(rc)) return rc;
    if (unlikely(op.held.rec->error))
        return brine__fail(op.held.rec->error, "the packet was not built completely (%s); check the setters",
                           brine_status_text(op.held.rec->error));
    rc = try_op(&op);
    if (likely(rc == 0)) return 0;
    return rc == BRINE_ETIMEDOUT ? not_at_once(&op, deadline) : explain(pipe, false, rc);
}

__attribute__((noinline)) static int dequeue_slow(brine_pipe *pipe, brine_packet *packet, brine_deadline deadline) {
    struct op op = {.pipe = pipe, .reader = true, .packet = packet};
    int rc = pipe_enter(pipe, &op.me);
    if (unlikely(rc)) return rc;
    note_role(pipe, ENDP_READS);
    rc = try_op(&op);
    if (likely(rc == 0)) return 0;
    return rc == BRINE_ETIMEDOUT ? not_at_once(&op, deadline) : explain(pipe, true, rc);
}

/* The usual case of the same: room, nobody else at this position. It is brine__ring_enqueue() with the slot looked at
 * first: the packet is not touched unless it will probably go in. */
int brine_enqueue(brine_pipe *p, brine_packet packet, brine_deadline deadline) {
    uint32_t me = likely(p != NULL) ? a32_load_relaxed(p->pool->me) : 0;
    if (unlikely(!me || !ready(p, me, ENDP_WRITES))) return enqueue_slow(p, packet, deadline);
    struct record *d = plain_packet(p, packet, me);
    if (unlikely(!d || stream_closed(p))) return enqueue_slow(p, packet, deadline);
    uint64_t t = a64_load_acquire(&p->control->tail);
    if (unlikely(!has_room(p, t))) return enqueue_slow(p, packet, deadline);
    uint64_t s = a64_load_acquire(&p->slots[t & p->mask]), lap = (t >> p->shift) & LAP_MASK;
    if (unlikely(slot_full(s) || slot_lap(s) != lap)) return enqueue_slow(p, packet, deadline);
    uint64_t bytes = note_size(p->pool, d);
    set_out(p, d, packet.generation, me, t);
    if (unlikely(!a64_cas_seq_cst(&p->slots[t & p->mask], &s,
                                  slot_word(lap, true, me, packet.record)))) { /* linearization, as there */
        a64_store_release(&d->word, WORD(packet.generation, REC_HELD, me));
        return enqueue_slow(p, packet, deadline);
    }
    ring_advance(&p->control->tail, t);
    wake_reader(p);
    count_in(p, 1, bytes);
    return 0;
}

/* The usual case: a packet stands at head, and nothing was returned. */
int brine_dequeue(brine_pipe *p, brine_packet *packet, brine_deadline deadline) {
    uint32_t me = likely(p != NULL) ? a32_load_relaxed(p->pool->me) : 0;
    if (unlikely(!me || !ready(p, me, ENDP_READS) || p->leases)) return dequeue_slow(p, packet, deadline);
    if (unlikely(brine__returned_any(p))) return dequeue_slow(p, packet, deadline);
    uint64_t h = a64_load_acquire(&p->control->head), s = a64_load_acquire(&p->slots[h & p->mask]),
             lap = (h >> p->shift) & LAP_MASK;
    if (unlikely(!slot_full(s) || slot_lap(s) != lap)) return dequeue_slow(p, packet, deadline);
    uint32_t index = slot_rec(s);
    struct record *d = pool_record(p->pool, index);
    prefetch_packet(d);
    prefetch_more(d);
    uint64_t ahead = a64_load_relaxed(&p->slots[(h + READ_AHEAD) & p->mask]); /* a guess: only fetched, not used */
    if (slot_full(ahead)) prefetch_packet(pool_record(p->pool, slot_rec(ahead)));
    /* The take, as in brine__ring_dequeue(). */
    if (unlikely(!a64_cas_seq_cst(&p->slots[h & p->mask], &s, slot_word(lap + 1, false, me, index))))
        return dequeue_slow(p, packet, deadline);
    uint32_t gen = word_gen(a64_load_acquire(&d->word));
    a64_store_release(&d->word, WORD(gen, REC_ARRIVED, me)); /* recorded; before head moves */
    prefetch_large(p->pool, d);
    ring_advance(&p->control->head, h);
    a64_store_release(&d->word, WORD(gen, REC_HELD, me)); /* delivery */
    put_packet(packet, p->pool, index, gen);
    wake_writer(p);
    count_out(p, 1, sent_bytes(d));
    return 0;
}

/* ---- several packets ---- */

int brine_enqueue_many(brine_pipe *pipe, const brine_packet *packets, size_t count, brine_deadline deadline,
                       size_t *done) {
    size_t n = 0;
    int rc = 0;
    if (unlikely(count && !packets)) rc = brine__fail(BRINE_EINVAL, "the array of packets is NULL");
    while (n < count && rc == 0) {
        size_t k = brine__put_batch(pipe, packets + n, count - n);
        if (k == 0) {                         /* full, or not of the usual kind */
            deadline = brine_until(deadline); /* for all of them together */
            rc = enqueue_slow(pipe, packets[n], deadline);
            k = rc == 0;
        }
        n += k;
    }
    if (done) *done = n;
    return rc;
}

/* For a poll: tail says that there is nothing. The slot that writers are about to fill is left alone, but looked at now
 * and then: one may have been stopped before it moved tail. */
static bool nothing_came(brine_pipe *p) {
    if (!ready(p, a32_load_relaxed(p->pool->me), ENDP_READS) || p->leases) return false;
    if (brine__returned_any(p) || stream_closed(p) || ring_length(p->control) != 0) return false;
    return a32_add_relaxed(&p->polls, 1) % POLLS_LOOK != 0;
}

int brine_dequeue_many(brine_pipe *pipe, brine_packet *packets, size_t count, brine_deadline deadline, size_t *done) {
    size_t n = 0;
    int rc = 0;
    if (unlikely(!packets || count == 0 || !done))
        rc = brine__fail(BRINE_EINVAL, "there is no room for a packet, or none for their number");
    else if ((n = brine__take_batch(pipe, packets, count)) == 0) {
        struct op op = {.pipe = pipe, .reader = true};
        rc = deadline.ns == 0 && pipe && nothing_came(pipe) ? not_at_once(&op, deadline)
                                                            : dequeue_slow(pipe, packets, deadline);
    }
    if (likely(rc == 0)) {
        if (n == 0) n = 1 + brine__take_batch(pipe, packets + 1, count - 1);
        while (n < count && (pipe->leases || brine__returned_any(pipe)) && brine__dequeue_now(pipe, packets + n) == 0)
            n++;
    }
    if (done) *done = n;
    return rc;
}

int brine__dequeue_now(brine_pipe *pipe, brine_packet *packet) {
    struct op op = {.pipe = pipe, .reader = true, .packet = packet};
    int rc = pipe_enter(pipe, &op.me);
    return rc ? rc : try_op(&op);
}

/* ---- several pipes ---- */

#define WAIT_MAX 128

/* True if a packet stands at head, also when its writer was stopped before it moved tail; or if one was taken from
 * there, whose reader was stopped before it moved head. */
static bool head_is(const brine_pipe *p, bool full) {
    const struct ring r = ring_of_pipe(p);
    uint64_t h = a64_load_acquire(&p->control->head), s = a64_load_acquire(&p->slots[h & p->mask]);
    return slot_full(s) == full && slot_lap(s) == (full ? ring_lap(&r, h) : ((ring_lap(&r, h) + 1) & LAP_MASK));
}

static uint32_t readiness(brine_pipe *p, uint32_t events) {
    uint64_t length = ring_length(p->control);
    uint32_t ready = 0;
    bool returned = brine__returned_any(p);
    if ((events & BRINE_READABLE) && (length > 0 || head_is(p, true) || returned || stream_closed(p)))
        ready |= BRINE_READABLE;
    if ((events & BRINE_WRITABLE) && (length < p->capacity || head_is(p, false) || stream_closed(p)))
        ready |= BRINE_WRITABLE;
    return ready;
}

static int poll_all(brine_wait *waits, size_t count) {
    int n = 0;
    uint32_t me;
    for (size_t i = 0; i < count; i++) {
        int rc = pipe_enter(waits[i].pipe, &me);
        if (rc) return rc;
        if (waits[i].events & BRINE_READABLE) note_role(waits[i].pipe, ENDP_READS);
        waits[i].ready = readiness(waits[i].pipe, waits[i].events) | (peer_gone(waits[i].pipe) ? BRINE_GONE : 0);
        n += waits[i].ready != 0;
    }
    return n;
}

struct side {
    a32 *ec;
    a64 *waiting;
    uint32_t epoch, noted;
    brine_pool *pool;
};

/* The futexes to watch: one or two for each pipe. */
static size_t sides_of(const brine_wait *waits, size_t count, struct side *sides) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct pipe_control *c = waits[i].pipe->control;
        if (waits[i].events & BRINE_READABLE)
            sides[n++] = (struct side){.ec = &c->ec_readers, .waiting = &c->wait_readers, .pool = waits[i].pipe->pool};
        if (waits[i].events & BRINE_WRITABLE)
            sides[n++] = (struct side){.ec = &c->ec_writers, .waiting = &c->wait_writers, .pool = waits[i].pipe->pool};
    }
    return n;
}

static void sleep_any(struct side *sides, size_t n, const struct futex_word *words, brine_deadline until) {
    int64_t slice = brine__now_ns() + WAIT_SLICE_NS, end = until.ns < slice ? until.ns : slice;
    /* the kernel watches 128 words; what is beyond is seen at the next slice */
    if (!brine__futex_wait_any(words, n, end))
        brine__sleep_until(until, 1000000); /* before Linux 5.16: look every millisecond */
    for (size_t i = 0; i < n; i++) brine__reap(sides[i].pool, WAIT_SLICE_NS, NULL);
}

static bool any_interrupted(const brine_wait *waits, size_t count, const struct interrupts *before) {
    for (size_t i = 0; i < count; i++)
        if (interrupted(waits[i].pipe, before[i])) return true;
    return false;
}

/* One round: count ourselves in everywhere, look, sleep, count ourselves out. As brine__poll_all. */
static int wait_round(brine_wait *waits, size_t count, brine_deadline until, const struct interrupts *before) {
    struct side sides[WAIT_MAX * 2];
    struct futex_word words[WAIT_MAX * 2];
    size_t n = sides_of(waits, count, sides);
    for (size_t i = 0; i < n; i++) {
        sides[i].noted = note_wait(sides[i].pool, sides[i].ec);
        words[i] = (struct futex_word){sides[i].ec,
                                       a32_load_acquire(sides[i].ec)}; /* before counting in, as in sleep_once() */
        sides[i].epoch = waiting_add(sides[i].waiting);
    }
    int ready = poll_all(waits, count);
    if (ready == 0 && !any_interrupted(waits, count, before)) {
        sleep_any(sides, n, words, until);
        ready = poll_all(waits, count);
    }
    for (size_t i = 0; i < n; i++) {
        waiting_remove(sides[i].waiting, sides[i].epoch);
        forget_wait(sides[i].pool, sides[i].noted);
        /* a wake that came to us may have been meant for one who can use it */
        if (ready > 0 && (uint32_t)a64_load_relaxed(sides[i].waiting) != 0) brine__wake_slow(sides[i].ec, 1);
    }
    return ready;
}

int brine_wait_any(brine_wait *waits, size_t count, brine_deadline deadline) {
    struct interrupts before[WAIT_MAX];
    if (!waits || count == 0 || count > WAIT_MAX)
        return brine__fail(BRINE_EINVAL, "%zu pipes to wait for; 1 to %d are possible", count, WAIT_MAX);
    for (size_t i = 0; i < count; i++)
        if (!waits[i].pipe || !waits[i].events || (waits[i].events & ~(BRINE_READABLE | BRINE_WRITABLE)))
            return brine__fail(BRINE_EINVAL, "wait %zu has no pipe, no events or unknown events 0x%x", i,
                               waits[i].events);
    for (size_t i = 0; i < count; i++) {
        before[i] = interrupts_now(waits[i].pipe);
        if (a32_load_relaxed(&waits[i].pipe->expected)) brine__reap(waits[i].pipe->pool, WAIT_SLICE_NS / 2, NULL);
    }
    int ready = poll_all(waits, count);
    brine_deadline until = brine_until(deadline);
    while (ready == 0) {
        if (brine__passed(until))
            return brine__fail(BRINE_ETIMEDOUT, "none of %zu pipes became ready until the deadline", count);
        ready = wait_round(waits, count, until, before);
        if (ready == 0 && any_interrupted(waits, count, before))
            return brine__fail(BRINE_EINTR, "the wait on %zu pipes was interrupted", count);
    }
    return ready < 0 ? ready : 0;
}
