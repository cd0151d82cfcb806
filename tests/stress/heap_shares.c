/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/* Shares of packets are cloned, passed on, put into packets and freed at random by threads of several
 * processes, some of which are killed: no packet goes while somebody has a share, none stays after. */
#include <pthread.h>

#include "pool_helpers.h"

#define PROCESSES PROCESSES_AT_ONCE
#define THREADS (8 / PROCESSES)
#define HELD 12

struct run {
    uint64_t seed;
    int steps;
};
struct worker {
    brine_pool *pool;
    brine_pipe *pipe;
    uint64_t seed;
    int steps;
};

static void look(brine_packet packet) {
    check_filled(packet);
    CHECK(brine_packet_is_shared(packet));
    CHECK(brine_packet_holders(packet) >= 1);
}

static void put_inside(brine_pool *pool, brine_packet share) {
    brine_packet parent = filled_packet(pool, 50, 1);
    struct at at = at_of(parent), in;
    uint64_t link;
    CHECK_OK(brine__child_adopt(&at, share, &link));
    CHECK_OK(brine__at_enter(&at, link, &in));
    CHECK(!in.writable && in.cell->len > 0);
    CHECK_OK(brine_packet_free(parent));
}

static void step(struct worker *w, check_rng *rng, brine_packet *slot, brine_packet *other) {
    if (!slot->record) {
        if (check_below(rng, 3) == 0) {
            *slot = filled_packet(w->pool, 1 + check_below(rng, 9000), (uint8_t)check_random(rng));
            CHECK(slot->record != 0);
            CHECK_OK(brine_packet_share(slot));
        } else if (brine_dequeue(w->pipe, slot, brine_now())) {
            *slot = brine_packet_none();
        }
        return;
    }
    look(*slot);
    switch (check_below(rng, 4)) {
    case 0: CHECK_OK(brine_packet_free(*slot)); break;
    case 1:
        if (brine_enqueue(w->pipe, *slot, brine_now())) return;
        break;
    case 2: put_inside(w->pool, *slot); break;
    default:
        CHECK_OK(brine_packet_free(*other));
        CHECK_OK(brine_packet_clone(*slot, other));
        return;
    }
    *slot = brine_packet_none();
}

static void *work(void *argument) {
    struct worker *w = argument;
    check_rng rng = {w->seed};
    brine_packet held[HELD + 1] = {{0, 0, 0, 0}};
    for (int i = 0; i < w->steps; i++) {
        uint64_t a = check_below(&rng, HELD);
        step(w, &rng, &held[a], &held[a + 1]);
    }
    for (int i = 0; i <= HELD; i++) CHECK_OK(brine_packet_free(held[i]));
    return NULL;
}

static void process(void *argument) {
    struct run *run = argument;
    brine_pool *pool = attach_pool("x");
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_connect(pool, "q", brine_seconds(10), &pipe));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){pool, pipe, run->seed * 10 + (uint64_t)i, run->steps};
        CHECK_EQ_INT(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    brine_pipe_detach(pipe);
    brine_pool_detach(pool);
}

static void finish(brine_pool *pool, brine_pipe *pipe) {
    brine_packet packet;
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    while (brine_dequeue(pipe, &packet, brine_now()) == 0) {
        look(packet);
        CHECK_OK(brine_packet_free(packet));
    }
    CHECK(brine_pool_is_pristine(pool));
    check_whole(pool);
}

int main(void) {
    check_rng rng = check_seed(99);
    brine_pool *pool = make_pool("x", 64 * MIB);
    brine_pipe *pipe;
    pid_t pids[PROCESSES];
    CHECK_OK(brine_pipe_serve(pool, "q", 32, &pipe));
    for (int i = 0; i < PROCESSES; i++) {
        struct run run = {check_random(&rng), 20000};
        pids[i] = check_fork(process, &run);
    }
    for (int i = 0; i < PROCESSES; i++) CHECK_EXIT(pids[i], 0);
    finish(pool, pipe);

    for (int i = 0; i < PROCESSES; i++) {
        struct run run = {check_random(&rng), 1000000000};
        pids[i] = check_fork(process, &run);
    }
    for (int i = 0; i < 100; i++) {
        pid_t *victim = &pids[check_below(&rng, PROCESSES)];
        usleep((useconds_t)check_below(&rng, 20000));
        CHECK_SYS(kill(*victim, SIGKILL));
        CHECK_KILLED(*victim, SIGKILL);
        struct run run = {check_random(&rng), 1000000000};
        *victim = check_fork(process, &run);
    }
    for (int i = 0; i < PROCESSES; i++) {
        CHECK_SYS(kill(pids[i], SIGKILL));
        CHECK_KILLED(pids[i], SIGKILL);
    }
    finish(pool, pipe);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "q"));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
