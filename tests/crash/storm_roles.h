/* SPDX-License-Identifier: Apache-2.0 */
/* What the processes of the storm do, until they are killed. */
#ifndef TESTS_CRASH_STORM_ROLES_H
#define TESTS_CRASH_STORM_ROLES_H

#include <sys/prctl.h>

#include "storm_ledger.h"

struct hand {
    struct worker *cell;
    uint32_t place;
    check_rng rng;
    uint64_t last[PIPES]; /* 1 + the position of what came last */
};

static void now_doing(struct hand *h, enum what what, enum pipe_id pipe, uint64_t number) {
    a64_store_release(&h->cell->doing, doing_word(what, pipe, number));
}

/* ---- sending ---- */

/* An entry that nothing is open about any more. */
static uint64_t fresh_number(struct hand *h) {
    for (;;) {
        uint64_t n = h->cell->made++;
        uint64_t number = (n / SLOTS + 1) << 16 | (h->place * SLOTS + n % SLOTS);
        struct entry *e = &ledger->entries[number & 0xffff];
        if (a64_load_relaxed(&e->number) != 0 && !settled(e)) continue;
        now_doing(h, MAKING, NO_PIPE, number);
        for (enum pipe_id p = 0; p < PIPES; p++) a32_store_relaxed(&e->deliveries[p], 0);
        a32_store_relaxed(&e->returned, 0);
        a64_store_relaxed(&e->copies[0], 0);
        a64_store_relaxed(&e->copies[1], 0);
        a64_store_relaxed(&e->fate, 0);
        a64_store_release(&e->number, number);
        return number;
    }
}

/* Some are large, some are shares. */
static brine_packet make_numbered(uint64_t number) {
    uint64_t kind = number >> 16 ^ number;
    brine_packet packet = number_packet(pool, NUMBER_MARK | number);
    uint64_t *body = grow_packet(packet, 2 * sizeof *body);
    CHECK(body == body_of(pool_record(pool, packet.record)));
    body[0] = number;
    body[1] = ~number;
    if (kind % 8 == 1) CHECK_MSG(grow_packet(packet, kind % 64 == 1 ? 100000 : 1500) != NULL, "%s", brine_detail());
    if (kind % 16 == 3) CHECK_OK(brine_packet_share(&packet));
    return packet;
}

/* False: the pipe was full until the deadline, and the packet is still ours. */
static bool try_send(struct hand *h, enum what what, enum pipe_id pipe, brine_packet packet, uint64_t number,
                     brine_deadline deadline) {
    struct entry *e = entry_of(number);
    if (e) atomic_fetch_and_explicit(&e->returned, ~(1u << pipe), memory_order_acq_rel);
    now_doing(h, what, pipe, number);
    int rc = brine_enqueue(pipes[pipe], packet, deadline);
    if (rc == BRINE_ETIMEDOUT || rc == BRINE_EGONE) return false;
    CHECK_STATUS(rc, 0);
    progressed(pipe, 0);
    return true;
}

static void send(struct hand *h, enum pipe_id pipe, brine_packet packet, uint64_t number) {
    while (!try_send(h, SENDING, pipe, packet, number, brine_seconds(5))) {
    }
    now_doing(h, NOTHING, NO_PIPE, 0);
}

/* ---- receiving ---- */

static enum pipe_id output(int i) { return i ? PIPE_F1 : PIPE_F0; }

static uint64_t whole_number(brine_packet packet) {
    struct record *r = pool_record(pool, packet.record);
    uint64_t number = number_in(r), target = a64_load_relaxed(&r->target);
    uint64_t *body = body_of(target ? pool_record(pool, link_record(target)) : r);
    CHECK_MSG(number != 0 && body[0] == number && body[1] == ~number,
              "a packet is not as it was made: %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64, number, body[0], body[1]);
    return number;
}

/* In the order of the pipe, but for what was returned. */
static void check_order(struct hand *h, enum pipe_id pipe, brine_packet packet, uint64_t number) {
    if (pipe == PIPE_D) return; /* in order of time */
    uint64_t pos = position_in(packet) + 1;
    struct entry *e = entry_of(number);
    if (pos > h->last[pipe])
        h->last[pipe] = pos;
    else if (e && !(a32_load_acquire(&e->returned) >> pipe & 1))
        check_failed(__FILE__, __LINE__,
                     "pipe %s gave position %" PRIu64 " after %" PRIu64 ", of a packet that was not returned",
                     pipe_names[pipe], pos - 1, h->last[pipe] - 1);
}

/* As many as the ledger says, and this one. */
static void check_deliveries(enum pipe_id pipe, brine_packet packet, uint64_t number) {
    struct entry *e = entry_of(number);
    uint32_t said = brine_deliveries(packet);
    if (!e) return;
    CHECK_EQ_INT(said, a32_load_relaxed(&e->deliveries[pipe]) + 1);
    a32_store_relaxed(&e->deliveries[pipe], said);
    if (pipe == PIPE_L) CHECK(said <= MAX_DELIVERIES);
    if (said > 1) a64_add_relaxed(&ledger->redelivered, 1);
}

/* False: nothing came until the deadline. */
static bool receive(struct hand *h, enum pipe_id pipe, brine_deadline deadline, brine_packet *packet,
                    uint64_t *number) {
    now_doing(h, RECEIVING, pipe, 0);
    int rc = brine_dequeue(pipes[pipe], packet, deadline);
    if (rc == BRINE_ETIMEDOUT || rc == BRINE_EGONE) {
        now_doing(h, NOTHING, NO_PIPE, 0);
        return false;
    }
    CHECK_STATUS(rc, 0);
    progressed(pipe, 1);
    *number = whole_number(*packet);
    check_order(h, pipe, *packet, *number);
    if (pipe == PIPE_L || pipe == PIPE_M) check_deliveries(pipe, *packet, *number);
    return true;
}

/* ---- several at once ---- */

struct many {
    brine_packet packets[AT_ONCE];
    uint64_t numbers[AT_ONCE];
    size_t count;
};

static void note_one(struct hand *h, enum pipe_id pipe, uint64_t number) {
    uint32_t n = a32_load_relaxed(&h->cell->count);
    h->cell->many[n] = number;
    a32_store_relaxed(&h->cell->many_pipe, pipe);
    a32_store_release(&h->cell->count, n + 1);
}
static void forget_many(struct hand *h) {
    now_doing(h, NOTHING, NO_PIPE, 0);
    a32_store_release(&h->cell->count, 0);
}

/* All of them, however long it takes. They are noted. */
static void send_many(struct hand *h, enum pipe_id pipe, const struct many *m) {
    for (size_t i = 0; i < m->count; i++) {
        struct entry *e = entry_of(m->numbers[i]);
        if (e) atomic_fetch_and_explicit(&e->returned, ~(1u << pipe), memory_order_acq_rel);
    }
    now_doing(h, SENDING_MANY, pipe, 0);
    for (size_t in = 0, done; in < m->count; in += done) {
        int rc = brine_enqueue_many(pipes[pipe], m->packets + in, m->count - in, brine_seconds(5), &done);
        CHECK(done <= m->count - in && (rc == 0) == (done == m->count - in));
        if (rc != BRINE_ETIMEDOUT && rc != BRINE_EGONE) CHECK_STATUS(rc, 0);
        if (done) progressed(pipe, 0);
    }
    forget_many(h);
    a64_add_relaxed(&ledger->sent_at_once, m->count);
}

/* As receive(); those that came are noted. */
static bool receive_many(struct hand *h, enum pipe_id pipe, brine_deadline deadline, struct many *m) {
    now_doing(h, RECEIVING, pipe, 0);
    int rc = brine_dequeue_many(pipes[pipe], m->packets, 1 + check_below(&h->rng, AT_ONCE), deadline, &m->count);
    if (rc == BRINE_ETIMEDOUT || rc == BRINE_EGONE) {
        now_doing(h, NOTHING, NO_PIPE, 0);
        return false;
    }
    CHECK_STATUS(rc, 0);
    progressed(pipe, 1);
    for (size_t i = 0; i < m->count; i++) {
        m->numbers[i] = whole_number(m->packets[i]);
        check_order(h, pipe, m->packets[i], m->numbers[i]);
        note_one(h, pipe, m->numbers[i]);
    }
    a64_add_relaxed(&ledger->received_at_once, m->count);
    return true;
}

/* The last reader of a packet (without a lease). */
static void finish(struct hand *h, enum pipe_id pipe, brine_packet packet, uint64_t number) {
    now_doing(h, HOLDING, pipe, number);
    set_fate(number, pipe, RECEIVED, h->cell->life);
    CHECK_OK(brine_packet_free(packet));
    now_doing(h, NOTHING, NO_PIPE, 0);
    a64_store_relaxed(&h->cell->received, a64_load_relaxed(&h->cell->received) + 1);
}

/* ---- the roles ---- */

static void write_many(struct hand *h) {
    struct many m = {.count = 1 + check_below(&h->rng, AT_ONCE)};
    for (size_t i = 0; i < m.count; i++) {
        m.numbers[i] = fresh_number(h);
        m.packets[i] = make_numbered(m.numbers[i]);
        note_one(h, NO_PIPE, m.numbers[i]);
    }
    send_many(h, check_below(&h->rng, 2) ? PIPE_A : PIPE_L, &m);
    a64_store_relaxed(&h->cell->sent, a64_load_relaxed(&h->cell->sent) + m.count);
}

static void write_on(struct hand *h) {
    if (check_below(&h->rng, 3) == 0) {
        write_many(h);
        return;
    }
    uint64_t number = fresh_number(h);
    brine_packet packet = make_numbered(number);
    send(h, check_below(&h->rng, 2) ? PIPE_A : PIPE_L, packet, number);
    a64_store_relaxed(&h->cell->sent, a64_load_relaxed(&h->cell->sent) + 1);
}

/* From a to b, or back to a if there is room. */
static void pass_on(struct hand *h) {
    brine_packet packet;
    uint64_t number;
    struct many m;
    if (check_below(&h->rng, 3) == 0) {
        if (receive_many(h, PIPE_A, brine_seconds(1), &m)) send_many(h, PIPE_B, &m);
        return;
    }
    if (!receive(h, PIPE_A, brine_seconds(1), &packet, &number)) return;
    if (check_below(&h->rng, 4) == 0 && try_send(h, SENDING, PIPE_A, packet, number, brine_now()))
        now_doing(h, NOTHING, NO_PIPE, 0);
    else
        send(h, PIPE_B, packet, number);
}

static void fan_out(struct hand *h) {
    brine_packet packet;
    uint64_t number;
    if (!receive(h, PIPE_B, brine_seconds(1), &packet, &number)) return;
    struct entry *e = entry_of(number);
    for (int i = 0; i < 2; i++) h->cell->copy_status[i] = NOT_SAID;
    now_doing(h, FANNING, PIPE_B, number);
    set_fate(number, NO_PIPE, FANNED, h->cell->life);
    brine_packet rest;
    int rc = brine_fanout(packet, &pipes[PIPE_F0], 2, BRINE_DROP_NEWEST,
                          check_below(&h->rng, 4) ? brine_seconds(1) : brine_now(), h->cell->copy_status, &rest);
    if (rc != BRINE_EGONE) CHECK_STATUS(rc, 0);
    for (int i = 0; i < 2; i++) {
        uint64_t open = OPEN;
        if (h->cell->copy_status[i] == 0)
            progressed(output(i), 0);
        else if (e && !a64_cas_acq_rel(&e->copies[i], &open, fate_word(NOT_GIVEN, 0)))
            tell_double(number, "it came from a pipe that it was not given to");
    }
    now_doing(h, NOTHING, NO_PIPE, 0);
}

static void sink_many(struct hand *h, enum pipe_id pipe) {
    struct many m;
    if (!receive_many(h, pipe, brine_now(), &m)) return;
    for (size_t i = 0; i < m.count; i++) finish(h, pipe, m.packets[i], m.numbers[i]);
    forget_many(h);
}

static void sink(struct hand *h) {
    brine_wait waits[2] = {{pipes[PIPE_F0], BRINE_READABLE, 0}, {pipes[PIPE_F1], BRINE_READABLE, 0}};
    brine_packet packet;
    uint64_t number;
    int rc = brine_wait_any(waits, 2, brine_seconds(1));
    if (rc == BRINE_ETIMEDOUT || rc == BRINE_EGONE) return;
    CHECK_STATUS(rc, 0);
    if (check_below(&h->rng, 3) == 0) {
        for (int i = 0; i < 2; i++)
            if (waits[i].ready & BRINE_READABLE) sink_many(h, output(i));
        return;
    }
    for (int i = 0; i < 2; i++)
        if (waits[i].ready & BRINE_READABLE && receive(h, output(i), brine_now(), &packet, &number))
            finish(h, output(i), packet, number);
}

static void give_back(struct hand *h, enum pipe_id pipe, brine_packet packet, uint64_t number) {
    now_doing(h, NACKING, pipe, number);
    mark_returned(number, pipe);
    CHECK_OK(brine_nack(packet));
    now_doing(h, NOTHING, NO_PIPE, 0);
}

/* Leased by l, to m or to b. */
static void forward(struct hand *h) {
    brine_packet packet;
    uint64_t number, choice = check_below(&h->rng, 16);
    if (!receive(h, PIPE_L, brine_seconds(1), &packet, &number)) return;
    if (choice < 3)
        give_back(h, PIPE_L, packet, number);
    else if (!try_send(h, FORWARDING, choice < 6 ? PIPE_B : PIPE_M, packet, number,
                       choice < 8 ? brine_now() : brine_seconds(1)))
        give_back(h, PIPE_L, packet, number);
    else
        now_doing(h, NOTHING, NO_PIPE, 0);
}

static void acknowledge(struct hand *h) {
    brine_packet packet;
    uint64_t number, choice = check_below(&h->rng, 8);
    if (!receive(h, PIPE_M, brine_seconds(1), &packet, &number)) return;
    if (choice == 0) {
        give_back(h, PIPE_M, packet, number);
        return;
    }
    now_doing(h, FINISHING, PIPE_M, number);
    if (choice < 4) CHECK_OK(brine_ack(packet));
    if (choice < 3) CHECK(brine_packet_held(packet) && brine_deliveries(packet) == 0);
    if (choice >= 4) CHECK_OK(brine_packet_free(packet)); /* acknowledges */
    set_fate(number, NO_PIPE, RECEIVED, h->cell->life);
    if (choice < 4) CHECK_OK(brine_packet_free(packet));
    now_doing(h, NOTHING, NO_PIPE, 0);
    a64_store_relaxed(&h->cell->received, a64_load_relaxed(&h->cell->received) + 1);
}

static void bury(struct hand *h) {
    brine_packet packet;
    uint64_t number;
    if (!receive(h, PIPE_D, brine_seconds(1), &packet, &number)) return;
    struct entry *e = entry_of(number);
    if (e) CHECK_EQ_INT(a32_load_relaxed(&e->deliveries[PIPE_L]), MAX_DELIVERIES);
    a64_add_relaxed(&ledger->dead_letters, 1);
    finish(h, PIPE_D, packet, number);
}

/* ---- those whose packets have no number ---- */

static brine_packet value_packet(brine_pool *in, int64_t n) {
    brine_packet packet;
    CHECK_OK(brine_packet_new(in, &packet));
    brine_set_int(brine_root(packet), "n", n);
    brine_set_int(brine_root(packet), "twice", 2 * n);
    CHECK_OK(brine_packet_error(packet));
    return packet;
}

static void check_value(brine_packet packet) {
    int64_t n = brine_get_int(brine_root(packet), "n", -1);
    CHECK_EQ_INT(brine_get_int(brine_root(packet), "twice", -1), 2 * n);
}

/* Publishes and looks up, under four names. */
static void publish(struct hand *h) {
    char name[] = "v0";
    brine_packet packet;
    name[1] = (char)('0' + check_below(&h->rng, 4));
    uint64_t choice = check_below(&h->rng, 16);
    if (choice < 5)
        CHECK_OK(brine_publish(pool, name, value_packet(pool, (int64_t)check_below(&h->rng, 1u << 30))));
    else if (choice < 15) {
        int rc = brine_lookup(pool, name, brine_now(), &packet);
        if (rc == BRINE_ENOENT) return;
        CHECK_STATUS(rc, 0);
        check_value(packet);
        a64_add_relaxed(&ledger->looked_up, 1);
        CHECK_OK(brine_packet_free(packet));
    } else {
        int rc = brine_unpublish(pool, name);
        if (rc != BRINE_ENOENT) CHECK_STATUS(rc, 0);
    }
}

/* A packet that grows step by step, is copied, compacted and freed; raw memory beside it. */
static void grow(struct hand *h) {
    brine_packet packet = value_packet(pool, 7), copy;
    void *raw = brine_pool_allocate(pool, 1 + check_below(&h->rng, 200000));
    CHECK_MSG(raw != NULL, "%s", brine_detail());
    for (int i = 0; i < 6; i++) {
        size_t count = (size_t)100 << (2 * i);
        double *x = brine_set_array(brine_root(packet), i % 2 ? "x" : "y", BRINE_F64, 1, &count);
        CHECK_OK(brine_packet_error(packet));
        x[count - 1] = 1;
    }
    CHECK_OK(brine_packet_copy(brine_root(packet), pool, &copy));
    CHECK_OK(brine_packet_compact(&packet));
    check_value(packet);
    check_value(copy);
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_packet_free(copy));
    CHECK_OK(brine_pool_deallocate(pool, raw));
    a64_add_relaxed(&ledger->grown, 1);
    if (check_below(&h->rng, 8) == 0) CHECK_OK(brine_pool_trim(pool, NULL));
}

static void child_of_fork(void *argument) {
    const brine_packet *parents = argument;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CHECK_STATUS(brine_packet_free(*parents), BRINE_ENOTHELD);
    brine_packet own = value_packet(pool, 3);
    CHECK_OK(brine_packet_share(&own));
    check_value(own);
    if (own.record % 2) CHECK_OK(brine_packet_free(own)); /* else it dies with us */
}

/* Children that hold packets of their own; they die with it. */
static void fork_on(struct hand *h) {
    brine_packet packet = value_packet(pool, 5);
    pid_t child = check_fork(child_of_fork, &packet);
    check_value(packet);
    CHECK_EXIT(child, 0);
    CHECK_OK(brine_packet_free(packet));
    a64_add_relaxed(&ledger->forked, 1);
    (void)h;
}

/* Joins anew, makes and removes pipes, with and without leases, leaves packets in them, leaves. */
static void join_and_leave(struct hand *h) {
    char name[16];
    brine_pool *own = attach_pool("p");
    brine_pipe *pipe;
    brine_packet packet;
    snprintf(name, sizeof name, "t%d", (int)check_below(&h->rng, 3));
    bool leases = name[1] == '2';
    brine_pipe_options options = {.capacity = 4, .flags = leases ? BRINE_PIPE_LEASES : 0};
    int rc = brine_pipe_serve_with(own, name, &options, &pipe);
    CHECK_STATUS(rc, 0);
    for (int i = 0; i < 6 && rc == 0; i++) {
        packet = value_packet(own, i);
        rc = brine_enqueue(pipe, packet, brine_now());
        if (rc) CHECK_OK(brine_packet_free(packet));
    }
    if (rc != BRINE_ENOENT && brine_dequeue(pipe, &packet, brine_now()) == 0)
        check_value(packet); /* dies, or is returned, with us */
    if (check_below(&h->rng, 2))
        brine_pipe_detach(pipe);
    else
        CHECK_OK(brine_pipe_close(pipe));
    if (check_below(&h->rng, 4) == 0) {
        rc = brine_pipe_remove(own, name);
        if (rc != BRINE_ENOENT) CHECK_STATUS(rc, 0);
    }
    brine_pool_detach(own);
    a64_add_relaxed(&ledger->joined, 1);
}

static void reap_on(struct hand *h) {
    unsigned n;
    struct timespec t = {0, (long)check_below(&h->rng, 300000)};
    CHECK_OK(brine_pool_reap(pool, &n));
    a64_add_relaxed(&ledger->reaped, n);
    nanosleep(&t, NULL);
}

/* ---- one process ---- */

struct role {
    const char *name;
    void (*step)(struct hand *h);
    uint32_t count;
    uint32_t pipes; /* that it moves packets of: a bit each */
};

#define BIT(p) (1u << PIPE_##p)
static const struct role roles[] = {
    {"write", write_on, 3, BIT(A) | BIT(L)},
    {"middle", pass_on, 2, BIT(A) | BIT(B)},
    {"fan-out", fan_out, 2, BIT(B) | BIT(F0) | BIT(F1)},
    {"read", sink, 2, BIT(F0) | BIT(F1)},
    {"forward leased", forward, 2, BIT(L) | BIT(M) | BIT(B)},
    {"acknowledge", acknowledge, 2, BIT(M)},
    {"dead letters", bury, 1, 0},
    {"publish, look up", publish, 2, 0},
    {"grow", grow, 1, 0},
    {"fork", fork_on, 1, 0},
    {"join, leave", join_and_leave, 2, 0},
    {"reap", reap_on, 1, 0},
};
#define ROLES (sizeof roles / sizeof *roles)

struct job {
    const struct role *role; /* NULL: the elder */
    uint32_t place;
    uint64_t seed;
};

static uint64_t anonymous_kib(void) {
    FILE *f = fopen("/proc/self/status", "re");
    char line[200];
    uint64_t kib = 0;
    CHECK(f != NULL);
    while (fgets(line, sizeof line, f)) sscanf(line, "RssAnon: %" SCNu64, &kib);
    fclose(f);
    return kib;
}

/* The elder is never killed: it does a bit of everything, and says what it takes. */
static void elder_step(struct hand *h) {
    static void (*const steps[])(struct hand *) = {write_on,    pass_on, fan_out, sink,    forward,
                                                   acknowledge, publish, grow,    reap_on, join_and_leave};
    static uint64_t last_ns;
    steps[check_below(&h->rng, sizeof steps / sizeof *steps)](h);
    if (clock_now_ns() - last_ns < 50000000) return;
    a64_store_relaxed(&ledger->elder_anonymous_kib, anonymous_kib());
    a64_store_relaxed(&ledger->elder_descriptors, (uint64_t)open_descriptors());
    last_ns = clock_now_ns();
}

static void work(void *argument) {
    const struct job *job = argument;
    struct hand hand = {&ledger->cells[job->place], job->place, {job->seed}, {0}};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (job->role && job->role->step != join_and_leave) brine_pipe_length(pipes[0]);
    if (check_below(&hand.rng, 2)) /* ends its waits, to be tried again, while others are dead */
        for (enum pipe_id p = 0; p < PIPES; p++)
            CHECK_OK(brine_pipe_expect(pipes[p], BRINE_EXPECT_SERVER | BRINE_EXPECT_READER));
    for (;;) job->role ? job->role->step(&hand) : elder_step(&hand);
}

#endif
