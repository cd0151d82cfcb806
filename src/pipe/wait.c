/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: enqueue and dequeue with a deadline.
 *
 * A waiter counts itself in (wait_readers or wait_writers), reads the event count, tries once more, and
 * sleeps on the event count. Who changes the pipe does so with an RMW and then looks at the count: either
 * it sees the waiter and wakes it, or the waiter's last try sees the change. Waiters that died stay
 * counted until the reaper starts a new epoch of the count; until then a wake too many is all they cost.
 * Every sleep ends after WAIT_SLICE_NS, so that a wake that died with its sender costs at most that.
 */
#include "pipe/ring.h"

#include <stdlib.h>

#include "base/clock.h"
#include "pipe/futex.h"

#define SPIN_MIN_NS 1000
#define SPIN_MAX_NS 50000 /* about what a sleep and a wake cost */
#define SPIN_ROUNDS 64    /* tries between two looks at the clock */

/* ---- counting waiters, waking them ---- */

static uint32_t waiting_add(a64 *waiting) {
    return (uint32_t)(a64_add_seq_cst(waiting, 1) >> 32); /* pairs with wake_one() */
}

static void waiting_remove(a64 *waiting, uint32_t epoch) {
    uint64_t w = a64_load_relaxed(waiting);
    while ((uint32_t)(w >> 32) == epoch && (uint32_t)w != 0 && !a64_cas_acq_rel(waiting, &w, w - 1)) {}
}

void brine__wake_slow(a32 *ec, int count) {
    a32_add_seq_cst(ec, 1); /* pairs with the read of ec before the last try */
    brine__futex_wake(ec, count);
}

void brine__wake_all(struct pipe_control *c) {
    brine__wake_slow(&c->ec_readers, INT32_MAX);
    brine__wake_slow(&c->ec_writers, INT32_MAX);
}

void brine__waiting_reset(struct pipe_control *c) {
    a64 *words[] = {&c->wait_readers, &c->wait_writers};
    for (int i = 0; i < 2; i++) {
        uint64_t w = a64_load_relaxed(words[i]);
        while (!a64_cas_seq_cst(words[i], &w, ((w >> 32) + 1) << 32)) {}
    }
    brine__wake_all(c); /* the live ones count themselves in again */
}

/* The futexes that this process's threads sleep on, so that an interrupt reaches them. */
static uint32_t note_wait(brine_pool *pool, a32 *ec) {
    for (uint32_t i = 0; i < POOL_WAITS; i++) {
        uint64_t none = 0;
        if (a64_load_relaxed(&pool->waits[i]) == 0 && a64_cas_seq_cst(&pool->waits[i], &none, pool_offset(pool, ec))) return i;
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

static bool stream_closed(const brine_pipe *p) { return a64_load_acquire(&p->control->stream) & 1; } /* pairs with end_stream() */

static uint64_t size_of(brine_pool *pool, const struct record *r) {
    return likely(!r->first_child && !is_token(r)) ? r->bytes : brine__packet_bytes(pool, r);
}

static int try_write(struct op *op) {
    brine_pipe *p = op->pipe;
    if (unlikely(stream_closed(p))) return BRINE_ECLOSED;
    uint64_t bytes = size_of(p->pool, op->held.rec);
    a64_store_relaxed(&op->held.rec->rc_stamp, bytes); /* for the reader's counters */
    int rc = brine__ring_enqueue(p, op->held.rec, op->held.index, op->held.gen, op->me, op->leased);
    if (rc) return rc;
    wake_one(&p->control->ec_readers, &p->control->wait_readers);
    if (likely(p->first_thread == brine__thread_number())) {
        a64_count(&p->counters->packets_in, 1);
        a64_count(&p->counters->bytes_in, bytes);
    } else {
        a64_add_relaxed(&p->counters->packets_in2, 1);
        a64_add_relaxed(&p->counters->bytes_in2, bytes);
    }
    return 0;
}

static int try_read(struct op *op) {
    brine_pipe *p = op->pipe;
    bool closed = stream_closed(p); /* before the try: closed, then empty, means drained */
    int rc = brine__ring_dequeue(p, op->me, op->packet);
    if (rc) return closed ? BRINE_ECLOSED : rc;
    wake_one(&p->control->ec_writers, &p->control->wait_writers);
    uint64_t bytes = a64_load_relaxed(&pool_record(p->pool, op->packet->record)->rc_stamp); /* set by try_write */
    if (likely(p->first_thread == brine__thread_number())) {
        a64_count(&p->counters->packets_out, 1);
        a64_count(&p->counters->bytes_out, bytes);
    } else {
        a64_add_relaxed(&p->counters->packets_out2, 1);
        a64_add_relaxed(&p->counters->bytes_out2, bytes);
    }
    return 0;
}

static int try_op(struct op *op) { return op->reader ? try_read(op) : try_write(op); }

/* ---- waiting ---- */

/* Tries for a while without sleeping. The budget follows its success: doubled when the peer came in time,
 * halved when not. */
static int spin(struct op *op, brine_deadline until) {
    brine_pipe *p = op->pipe;
    if (p->pool->one_cpu) return BRINE_ETIMEDOUT;
    int64_t budget = (int64_t)a64_load_relaxed(&p->spin_ns), end = brine__now_ns() + budget;
    if (until.ns < end) end = until.ns;
    do {
        for (int i = 0; i < SPIN_ROUNDS; i++) {
            cpu_relax();
            uint64_t head = a64_load_relaxed(&p->control->head), tail = a64_load_relaxed(&p->control->tail); /* guesses */
            if (op->reader ? head == tail && i : tail - head >= p->capacity && i) continue;
            int rc = try_op(op);
            if (rc == BRINE_ETIMEDOUT) continue;
            a64_store_relaxed(&p->spin_ns, (uint64_t)(budget * 2 < SPIN_MAX_NS ? budget * 2 : SPIN_MAX_NS));
            return rc;
        }
    } while (brine__now_ns() < end);
    a64_store_relaxed(&p->spin_ns, (uint64_t)(budget / 2 > SPIN_MIN_NS ? budget / 2 : SPIN_MIN_NS));
    return BRINE_ETIMEDOUT;
}

/* Somebody whom the handle expects is gone. Who is expected has to be looked for among all who have the pipe open. */
static bool peer_gone(const brine_pipe *p) {
    uint32_t expected = a32_load_relaxed(&p->expected);
    uint64_t link = LINK(p->gen, p->index);
    if (likely(expected == 0)) return false;
    if ((expected & BRINE_EXPECT_SERVER) && !brine__endpoint_any(p->pool, link, SERVERS)) return true;
    return (expected & BRINE_EXPECT_READER) && (a32_load_relaxed(&p->control->roles) & ENDP_READS) && !brine__endpoint_any(p->pool, link, READERS);
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
static int sleep_once(struct op *op, brine_deadline until, struct interrupts before) {
    brine_pipe *p = op->pipe;
    a32 *ec = op->reader ? &p->control->ec_readers : &p->control->ec_writers;
    a64 *waiting = op->reader ? &p->control->wait_readers : &p->control->wait_writers;
    uint32_t noted = note_wait(p->pool, ec), epoch = waiting_add(waiting), seen = a32_load_acquire(ec);
    bool woken = true;
    int rc = try_op(op);
    if (rc == BRINE_ETIMEDOUT && !interrupted(p, before) && dir_is_live(p->pool, p->index, p->gen)) {
        int64_t slice = brine__now_ns() + WAIT_SLICE_NS;
        woken = brine__futex_wait(ec, seen, until.ns < slice ? until.ns : slice);
    }
    waiting_remove(waiting, epoch);
    forget_wait(p->pool, noted);
    if (!woken) {
        brine__reap(p->pool, WAIT_SLICE_NS / 2, NULL);
        brine__heap_pressure(p->pool);
    }
    return rc;
}

static int wait_loop(struct op *op, brine_deadline until, struct interrupts before) {
    brine_pipe *p = op->pipe;
    if (unlikely(a32_load_relaxed(&p->expected))) brine__reap(p->pool, 0, NULL); /* the dead do not count as there */
    for (;;) {
        bool gone = peer_gone(p); /* before the try: what the peer did last is seen */
        int rc = try_op(op);
        if (rc != BRINE_ETIMEDOUT) return rc;
        if (gone) return BRINE_EGONE;
        if (interrupted(p, before)) return BRINE_EINTR;
        if (brine__passed(until)) return BRINE_ETIMEDOUT;
        rc = spin(op, until);
        if (rc == BRINE_ETIMEDOUT) rc = sleep_once(op, until, before);
        if (rc != BRINE_ETIMEDOUT) return rc;
        rc = pipe_enter(p, &op->me);
        if (rc) return rc;
    }
}

static int explain(brine_pipe *p, bool reader, int rc) {
    const char *what = reader ? "empty" : "full";
    switch (rc) {
    case BRINE_ETIMEDOUT:
        return brine__fail(rc, "pipe \"%s\" in pool \"%s\" stayed %s (capacity %u) until the deadline", p->name, p->pool->name, what, p->capacity);
    case BRINE_ECLOSED: return brine__fail(rc, "the stream of pipe \"%s\" in pool \"%s\" has ended", p->name, p->pool->name);
    case BRINE_EGONE:
        return brine__fail(rc, "pipe \"%s\" in pool \"%s\" is %s, and no process %s it any more", p->name, p->pool->name, what,
                           brine__endpoint_any(p->pool, LINK(p->gen, p->index), SERVERS) ? "reads" : "serves");
    case BRINE_EINTR: return brine__fail(rc, "the wait on pipe \"%s\" was interrupted", p->name);
    default: return rc;
    }
}

static int block(struct op *op, brine_deadline deadline) {
    brine_pipe *p = op->pipe;
    struct interrupts before = interrupts_now(p);
    brine_deadline until = brine_until(deadline);
    a64 *blocked = op->reader ? &p->counters->blocked_readers : &p->counters->blocked_writers;
    int rc = BRINE_ETIMEDOUT;
    if (!brine__passed(until)) {
        a64_add_relaxed(blocked, 1);
        rc = wait_loop(op, until, before);
        a64_add_relaxed(blocked, (uint64_t)-1);
    }
    if (rc == BRINE_ETIMEDOUT) a64_add_relaxed(op->reader ? &p->counters->timeouts_out : &p->counters->timeouts_in, 1);
    return explain(p, op->reader, rc);
}

int brine_enqueue(brine_pipe *pipe, brine_packet packet, brine_deadline deadline) {
    struct op op = {.pipe = pipe};
    int rc = pipe_enter(pipe, &op.me);
    if (unlikely(rc)) return rc;
    note_role(pipe, ENDP_WRITES);
    if (unlikely(packet.pool != pipe->pool->id && packet.record))
        return brine__fail(BRINE_EXPOOL, "the packet belongs to another pool than pipe \"%s\"; brine_packet_copy copies it", pipe->name);
    rc = brine__holding(packet, &op.held, &op.leased);
    if (unlikely(rc)) return rc;
    if (unlikely(op.held.rec->error))
        return brine__fail(op.held.rec->error, "the packet was not built completely (%s); check the setters", brine_status_text(op.held.rec->error));
    rc = try_op(&op);
    if (likely(rc == 0)) return 0;
    return rc == BRINE_ETIMEDOUT ? block(&op, deadline) : explain(pipe, false, rc);
}

int brine_dequeue(brine_pipe *pipe, brine_packet *packet, brine_deadline deadline) {
    struct op op = {.pipe = pipe, .reader = true, .packet = packet};
    int rc = pipe_enter(pipe, &op.me);
    if (unlikely(rc)) return rc;
    note_role(pipe, ENDP_READS);
    rc = try_op(&op);
    if (likely(rc == 0)) return 0;
    return rc == BRINE_ETIMEDOUT ? block(&op, deadline) : explain(pipe, true, rc);
}

int brine__dequeue_now(brine_pipe *pipe, brine_packet *packet) {
    struct op op = {.pipe = pipe, .reader = true, .packet = packet};
    int rc = pipe_enter(pipe, &op.me);
    return rc ? rc : try_op(&op);
}

/* ---- several pipes ---- */

#define WAIT_MAX 128

/* True if a packet stands at head, also when its writer was stopped before it moved tail. */
static bool head_full(const brine_pipe *p) {
    const struct ring r = ring_of_pipe(p);
    uint64_t h = a64_load_acquire(&p->control->head), s = a64_load_acquire(&p->slots[h & p->mask]);
    return slot_full(s) && slot_lap(s) == ring_lap(&r, h);
}

static uint32_t readiness(brine_pipe *p, uint32_t events) {
    uint64_t length = ring_length(p->control);
    uint32_t ready = 0;
    bool returned = a64_load_acquire(&p->control->returned) != a64_load_relaxed(&p->returned_seen);
    if ((events & BRINE_READABLE) && (length > 0 || head_full(p) || returned || stream_closed(p))) ready |= BRINE_READABLE;
    if ((events & BRINE_WRITABLE) && (length < p->capacity || stream_closed(p))) ready |= BRINE_WRITABLE;
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
        if (waits[i].events & BRINE_READABLE) sides[n++] = (struct side){.ec = &c->ec_readers, .waiting = &c->wait_readers, .pool = waits[i].pipe->pool};
        if (waits[i].events & BRINE_WRITABLE) sides[n++] = (struct side){.ec = &c->ec_writers, .waiting = &c->wait_writers, .pool = waits[i].pipe->pool};
    }
    return n;
}

static void sleep_any(struct side *sides, size_t n, const struct futex_word *words, brine_deadline until) {
    int64_t slice = brine__now_ns() + WAIT_SLICE_NS, end = until.ns < slice ? until.ns : slice;
    /* the kernel watches 128 words; what is beyond is seen at the next slice */
    if (!brine__futex_wait_any(words, n, end)) brine__sleep_until(until, 1000000); /* before Linux 5.16: look every millisecond */
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
        sides[i].epoch = waiting_add(sides[i].waiting);
        words[i] = (struct futex_word){sides[i].ec, a32_load_acquire(sides[i].ec)};
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
        if (ready > 0) wake_one(sides[i].ec, sides[i].waiting);
    }
    return ready;
}

int brine_wait_any(brine_wait *waits, size_t count, brine_deadline deadline) {
    struct interrupts before[WAIT_MAX];
    if (!waits || count == 0 || count > WAIT_MAX) return brine__fail(BRINE_EINVAL, "%zu pipes to wait for; 1 to %d are possible", count, WAIT_MAX);
    for (size_t i = 0; i < count; i++)
        if (!waits[i].pipe || !waits[i].events || (waits[i].events & ~(BRINE_READABLE | BRINE_WRITABLE)))
            return brine__fail(BRINE_EINVAL, "wait %zu has no pipe, no events or unknown events 0x%x", i, waits[i].events);
    for (size_t i = 0; i < count; i++) {
        before[i] = interrupts_now(waits[i].pipe);
        if (a32_load_relaxed(&waits[i].pipe->expected)) brine__reap(waits[i].pipe->pool, WAIT_SLICE_NS / 2, NULL);
    }
    int ready = poll_all(waits, count);
    brine_deadline until = brine_until(deadline);
    while (ready == 0) {
        if (brine__passed(until)) return brine__fail(BRINE_ETIMEDOUT, "none of %zu pipes became ready until the deadline", count);
        ready = wait_round(waits, count, until, before);
        if (ready == 0 && any_interrupted(waits, count, before)) return brine__fail(BRINE_EINTR, "the wait on %zu pipes was interrupted", count);
    }
    return ready < 0 ? ready : 0;
}
