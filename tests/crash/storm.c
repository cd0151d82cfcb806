/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=90 serial */
/*
 * A storm: writers, middles (from one pipe to the next, or back) and readers are killed at random moments and
 * started again, for some seconds. A ledger outside the pool says what each worker was told: at the end no
 * packet whose enqueue returned is lost, none was received twice, and the pool is as empty as before.
 *
 * What is in doubt when a worker is killed is settled by looking: most victims are stopped first, and the
 * packet that the library had made theirs is written down. Others are killed without a look; each of those
 * may have taken one packet along if it was inside a dequeue.
 */
#include "pipe_helpers.h"

#define NUMBERS (1u << 22)
#define WORKERS 6
#define SECONDS 8

enum role { WRITER, MIDDLE, READER };
enum doing { NOTHING, SENDING, RECEIVING, HOLDING };

/* What a worker is at; it alone writes, the parent reads when it is stopped or dead. */
struct worker {
    a32 participant;
    a32 doing;
    a64 number; /* SENDING, HOLDING */
};

/* One byte per number. */
struct ledger {
    struct worker cells[WORKERS];
    a64 next;
    uint8_t sent[NUMBERS];      /* a writer's enqueue returned 0 */
    uint8_t received[NUMBERS];  /* a reader's dequeue returned it */
    uint8_t with_dead[NUMBERS]; /* was held by a worker when that was killed */
};

static struct ledger *ledger;
static brine_pool *pool;
static brine_pipe *pipe_a, *pipe_b;

static void now_doing(struct worker *cell, enum doing doing, uint64_t number) {
    a64_store_release(&cell->number, number);
    a32_store_release(&cell->doing, doing);
}

/* ---- the workers ---- */

/* Some are large, some are shares. */
static brine_packet make_numbered(uint64_t number) {
    brine_packet packet = number_packet(pool, number);
    if (number % 8 == 1) CHECK(grow_packet(packet, number % 64 == 1 ? 100000 : 1500) != NULL);
    if (number % 16 == 3) CHECK_OK(brine_packet_share(&packet));
    return packet;
}

static void send(struct worker *cell, brine_pipe *pipe, brine_packet packet, uint64_t number) {
    int rc;
    now_doing(cell, SENDING, number);
    do rc = brine_enqueue(pipe, packet, brine_seconds(5));
    while (rc == BRINE_ETIMEDOUT);
    CHECK_STATUS(rc, 0);
}

static brine_packet receive(struct worker *cell, brine_pipe *pipe) {
    brine_packet packet;
    int rc;
    now_doing(cell, RECEIVING, 0);
    do rc = brine_dequeue(pipe, &packet, brine_seconds(5));
    while (rc == BRINE_ETIMEDOUT);
    CHECK_STATUS(rc, 0);
    return packet;
}

static void write_on(struct worker *cell) {
    uint64_t number = a64_add_relaxed(&ledger->next, 1);
    if (number >= NUMBERS) sleep_ms(1000000);
    brine_packet packet = make_numbered(number);
    send(cell, pipe_a, packet, number);
    ledger->sent[number] = 1;
}

static void pass_on(struct worker *cell, check_rng *rng) {
    brine_packet packet = receive(cell, pipe_a);
    uint64_t number = number_of(packet);
    now_doing(cell, HOLDING, number);
    if (check_below(rng, 4) == 0) { /* back where it came from, if there is room */
        now_doing(cell, SENDING, number);
        if (brine_enqueue(pipe_a, packet, brine_now()) == 0) return;
    }
    send(cell, pipe_b, packet, number);
}

static void read_on(struct worker *cell) {
    brine_packet packet = receive(cell, pipe_b);
    uint64_t number = number_of(packet);
    ledger->received[number]++; /* every number reaches one reader */
    now_doing(cell, NOTHING, 0);
    CHECK_OK(brine_packet_free(packet));
}

struct job {
    enum role role;
    uint32_t worker;
    uint64_t seed;
};

static void work(void *argument) {
    const struct job *job = argument;
    struct worker *cell = &ledger->cells[job->worker];
    check_rng rng = {job->seed};
    brine_pipe_length(pipe_a); /* attaches */
    a32_store_release(&cell->participant, a32_load_relaxed(pool->me));
    for (;;) {
        if (job->role == WRITER) write_on(cell);
        if (job->role == MIDDLE) pass_on(cell, &rng);
        if (job->role == READER) read_on(cell);
        now_doing(cell, NOTHING, 0);
    }
}

/* ---- the one who kills ---- */

static pid_t pids[WORKERS];
static unsigned kills, blind, settled;

static void start(uint32_t worker, check_rng *rng) {
    struct job job = {worker % 3, worker, check_random(rng)};
    ledger->cells[worker] = (struct worker){0};
    pids[worker] = check_fork(work, &job);
}

/* Writes down what participant `index` holds: nobody else can change that while it is stopped. */
static void write_down_held(uint32_t index) {
    uint64_t high = pool_record_high(pool);
    for (uint32_t i = 0; (i = next_record(pool, i, high)) != 0;) {
        struct record *r = pool_record(pool, i);
        uint64_t w = a64_load_acquire(&r->word), target = a64_load_acquire(&r->target);
        if (word_state(w) != REC_HELD || word_holder(w) != index) continue;
        if (target) r = pool_record(pool, link_record(target));
        if (r->root.type == BRINE_U64 && r->root.payload < NUMBERS) ledger->with_dead[r->root.payload] = 1;
    }
}

static void strike(uint32_t worker, check_rng *rng) {
    struct worker *cell = &ledger->cells[worker];
    bool look = check_below(rng, 4) != 0;
    if (look) {
        int status;
        CHECK_SYS(kill(pids[worker], SIGSTOP));
        CHECK_EQ_INT(waitpid(pids[worker], &status, WUNTRACED), pids[worker]);
        CHECK_MSG(WIFSTOPPED(status), "worker %u ended by itself: wait status %#x", worker, (unsigned)status);
    } else {
        CHECK_SYS(kill(pids[worker], SIGKILL));
        CHECK_KILLED(pids[worker], SIGKILL);
    }
    uint32_t doing = a32_load_acquire(&cell->doing);
    if (doing == SENDING || doing == HOLDING) ledger->with_dead[a64_load_acquire(&cell->number)] = 1;
    if (doing == RECEIVING) {
        uint32_t index = a32_load_acquire(&cell->participant);
        if (look && index) write_down_held(index);
        if (look) settled++;
        else blind++;
    }
    if (look) {
        CHECK_SYS(kill(pids[worker], SIGKILL));
        CHECK_KILLED(pids[worker], SIGKILL);
    }
    kills++;
}

static void drain(brine_pipe *pipe) {
    brine_packet packet;
    while (brine_dequeue(pipe, &packet, brine_now()) == 0) ledger->received[take_number(packet)]++;
}

int main(void) {
    check_rng rng = check_seed(1);
    ledger = shared_memory(sizeof *ledger);
    pool = make_pool("p", 64 * MIB);
    pipe_a = serve(pool, "a", 16);
    pipe_b = serve(pool, "b", 3);
    uint64_t used = info_of(pool).used_bytes;
    for (uint32_t i = 0; i < WORKERS; i++) start(i, &rng);
    double end = seconds_now() + SECONDS;
    while (seconds_now() < end) {
        struct timespec t = {0, (long)check_below(&rng, 6000000)};
        nanosleep(&t, NULL);
        uint32_t worker = (uint32_t)check_below(&rng, WORKERS);
        strike(worker, &rng);
        start(worker, &rng);
    }
    for (uint32_t i = 0; i < WORKERS; i++) strike(i, &rng);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    drain(pipe_a);
    drain(pipe_b);

    uint64_t count = a64_load_relaxed(&ledger->next), sent = 0, received = 0, lost = 0, doubled = 0;
    if (count > NUMBERS) count = NUMBERS;
    for (uint64_t n = 0; n < count; n++) {
        sent += ledger->sent[n];
        received += ledger->received[n] != 0;
        doubled += ledger->received[n] > 1;
        lost += ledger->sent[n] && !ledger->received[n] && !ledger->with_dead[n];
    }
    printf("%u kills, %" PRIu64 " packets sent, %" PRIu64 " received; of %u workers killed in a dequeue %u were looked at, %u not\n", kills,
           sent, received, settled + blind, settled, blind);
    printf("%" PRIu64 " doubled, %" PRIu64 " unaccounted for, %" PRIu64 " returned by dead readers\n", doubled, lost,
           pipe_info(pool, "a").returned + pipe_info(pool, "b").returned);
    CHECK_EQ_INT(doubled, 0);
    CHECK_MSG(lost <= blind, "%" PRIu64 " packets were lost", lost - blind);
    CHECK(sent > 100);
    check_baseline(pool, used);
    CHECK_OK(brine_pipe_close(pipe_a));
    CHECK_OK(brine_pipe_close(pipe_b));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    CHECK_OK(brine_pipe_remove(pool, "b"));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
