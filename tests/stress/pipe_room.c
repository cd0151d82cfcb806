/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A try never fails for a reason that was not there: each process has one packet under way at a time, far
 * fewer than the pipe holds, so a brine_now() enqueue must not find it full; and who has just enqueued must not
 * find it empty when nobody else takes.
 */
#include "pipe_helpers.h"

#define PROCESSES 4

struct run {
    brine_pipe *pipe;
    double end;
};

static void send_and_take(void *argument) {
    const struct run *run = argument;
    uint64_t n = 0, number, got = 0;
    while (seconds_now() < run->end) {
        for (int i = 0; i < 50; i++) {
            CHECK_OK(brine_enqueue(run->pipe, number_packet(brine_pipe_pool(run->pipe), n++), brine_now()));
            /* One process's packet may be taken by another, but there are as many packets as takers. */
            CHECK_OK(get_number(run->pipe, &number, brine_seconds(10)));
            got++;
        }
    }
    CHECK_EQ_INT(got, n);
}

static void *thread_body(void *argument) {
    send_and_take(argument);
    return NULL;
}

/* In threads of one process, which share a handle and what it remembers of head. */
static void threads(void *argument) {
    pthread_t ids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) CHECK_EQ_INT(pthread_create(&ids[i], NULL, thread_body, argument), 0);
    for (int i = 0; i < PROCESSES; i++) CHECK_EQ_INT(pthread_join(ids[i], NULL), 0);
}

static void alone(brine_pipe *pipe) {
    uint64_t number;
    for (uint64_t i = 0; i < 100000; i++) {
        CHECK_OK(put_number(pipe, i, brine_now()));
        CHECK_OK(get_number(pipe, &number, brine_now()));
        CHECK_EQ_INT(number, i);
    }
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB);
    const uint32_t capacities[] = {PROCESSES, 8, 64};
    for (int c = 0; c < 3; c++) {
        struct run run = {serve(pool, "p", capacities[c]), seconds_now() + 1.5};
        pid_t pids[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) pids[i] = check_fork(send_and_take, &run);
        for (int i = 0; i < PROCESSES; i++) CHECK_EXIT(pids[i], 0);
        run.end = seconds_now() + 1.5;
        CHECK_IN_CHILD(threads, &run);
        alone(run.pipe);
        CHECK_OK(brine_pipe_close(run.pipe));
        CHECK_OK(brine_pipe_remove(pool, "p"));
        check_baseline(pool, 0);
    }
    drop_pool(pool);
    return 0;
}
