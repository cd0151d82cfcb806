/* SPDX-License-Identifier: Apache-2.0 */
/* SIGSTOP of a writer, a reader and a reaper at any moment, and of a process in a wait: the others go on at their pace,
 * it counts as alive, and continued it goes on as if nothing had been. */
#include "environment.h"

static struct shared {
    a32 stop, started;
    a64 sent, received, sum_sent, sum_received, reaps;
} * shared;

/* ---- a crowd ---- */

static void writer(void *argument) {
    brine_pool *pool = attach_pool("stop");
    brine_pipe *pipe = connect_to(pool, "pipe");
    (void)argument;
    for (uint64_t i = 1; !a32_load_acquire(&shared->stop); i++) {
        if (put_number(pipe, i, brine_milliseconds(20))) continue;
        a64_add_relaxed(&shared->sent, 1);
        a64_add_relaxed(&shared->sum_sent, i);
    }
    brine_pool_detach(pool);
}

static void reader(void *argument) {
    brine_pool *pool = attach_pool("stop");
    brine_pipe *pipe = connect_to(pool, "pipe");
    uint64_t number;
    (void)argument;
    while (!a32_load_acquire(&shared->stop)) {
        if (get_number(pipe, &number, brine_milliseconds(20))) continue;
        a64_add_relaxed(&shared->received, 1);
        a64_add_relaxed(&shared->sum_received, number);
    }
    brine_pool_detach(pool);
}

static void dies(void *argument) {
    (void)argument;
    brine_pool *pool = attach_pool("stop");
    CHECK(filled_packet(pool, 50000, 1).record != 0);
    kill(getpid(), SIGKILL);
}

/* Makes dead ones and cleans up after them. */
static void reaper(void *argument) {
    brine_pool *pool = attach_pool("stop");
    (void)argument;
    while (!a32_load_acquire(&shared->stop)) {
        CHECK_KILLED(check_fork(dies, NULL), SIGKILL);
        CHECK_OK(brine_pool_reap(pool, NULL));
        a64_add_relaxed(&shared->reaps, 1);
    }
    brine_pool_detach(pool);
}

/* All others make progress while one is stopped. */
static void check_progress(int stopped) {
    uint64_t sent = a64_load_acquire(&shared->sent), received = a64_load_acquire(&shared->received),
             reaps = a64_load_acquire(&shared->reaps);
    double end = seconds_now() + 10;
    while (seconds_now() < end) {
        if (a64_load_acquire(&shared->sent) > sent + 20 && a64_load_acquire(&shared->received) > received + 20 &&
            (stopped == 4 || a64_load_acquire(&shared->reaps) > reaps))
            return;
        sleep_ms(1);
    }
    check_failed(__FILE__, __LINE__, "process %d is stopped, and the others do not go on", stopped);
}

static void crowd(void *argument) {
    (void)argument;
    enum { CROWD = 6 };
    void (*const bodies[CROWD])(void *) = {writer, writer, reader, reader, reaper, reaper};
    check_rng rng = check_seed(20);
    brine_pool *pool = make_pool("stop", 64 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 8);
    uint64_t used = info_of(pool).used_bytes, number;
    pid_t pids[CROWD];
    for (int i = 0; i < CROWD; i++) pids[i] = check_fork(bodies[i], NULL);
    for (int round = 0; round < 60; round++) {
        int victim = (int)check_below(&rng, 5); /* one reaper, one of the pairs of others: the last goes on */
        usleep((useconds_t)check_below(&rng, 3000));
        kill(pids[victim], SIGSTOP);
        check_progress(victim);
        CHECK_OK(brine_pool_reap(pool, NULL));
        kill(pids[victim], SIGCONT);
    }
    a32_store_release(&shared->stop, 1);
    for (int i = 0; i < CROWD; i++) CHECK_EXIT(pids[i], 0);
    uint64_t left = 0, sum = 0;
    for (; get_number(pipe, &number, brine_now()) == 0; left++) sum += number;
    CHECK_EQ_INT(a64_load_acquire(&shared->sent), a64_load_acquire(&shared->received) + left);
    CHECK_EQ_INT(a64_load_acquire(&shared->sum_sent), a64_load_acquire(&shared->sum_received) + sum);
    check_baseline(pool, used);
    drop_pool(pool);
}

/* ---- stopped in a wait ---- */

static void waits(void *argument) {
    brine_pool *pool = attach_pool("stop");
    brine_pipe *pipe = connect_to(pool, "pipe");
    uint64_t number;
    double start = seconds_now();
    a32_store_release(&shared->started, 1);
    int rc = get_number(pipe, &number, brine_milliseconds(argument ? 400 : 20000));
    double took = seconds_now() - start;
    if (argument) {
        CHECK_STATUS(rc, BRINE_ETIMEDOUT); /* the time it was stopped counts */
        CHECK_MSG(took >= 0.4 && took < 5, "%f", took);
    } else {
        CHECK_OK(rc);
        CHECK_EQ_INT(number, 9);
    }
    brine_pool_detach(pool);
}

static void in_a_wait(void *argument) {
    brine_pool *pool = make_pool("stop", 8 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 4);
    unsigned reaped;
    (void)argument;
    for (int late = 0; late < 2; late++) {
        a32_store_release(&shared->started, 0);
        pid_t pid = check_fork(waits, late ? shared : NULL);
        await(&shared->started, 1);
        while (pipe_info(pool, "pipe").blocked_readers == 0) sleep_ms(1);
        kill(pid, SIGSTOP);
        int status;
        CHECK_EQ_INT(waitpid(pid, &status, WUNTRACED), pid);
        CHECK(WIFSTOPPED(status));
        for (int i = 0; i < 100 && !late; i++) { /* whose wake it was is not lost */
            CHECK_OK(put_number(pipe, 9, brine_now()));
            CHECK_EQ_INT(next_number(pipe), 9);
        }
        sleep_ms(late ? 500 : 150);
        CHECK_OK(brine_pool_reap(pool, &reaped));
        CHECK_EQ_INT(reaped, 0); /* stopped is not dead */
        CHECK_EQ_INT(info_of(pool).participants, 2);
        if (!late) CHECK_OK(put_number(pipe, 9, brine_now()));
        kill(pid, SIGCONT);
        CHECK_EXIT(pid, 0);
    }
    drop_pool(pool);
}

/* Stopped, then killed without ever going on. */
static void stopped_and_killed(void *argument) {
    struct holder h = {"stop", line_open()};
    unsigned reaped;
    (void)argument;
    brine_pool *pool = make_pool("stop", 32 * MIB);
    pid_t pid = check_fork(hold_packets, &h);
    line_hear(&h.ready);
    kill(pid, SIGSTOP);
    sleep_ms(5);
    kill_wait(pid);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    check_empty(pool);
    drop_pool(pool);
}

int main(void) {
    static const struct environment_case cases[] = {
        {"crowd", crowd}, {"in a wait", in_a_wait}, {"stopped and killed", stopped_and_killed}};
    shared = shared_memory(sizeof *shared);
    return RUN_CASES(cases);
}
