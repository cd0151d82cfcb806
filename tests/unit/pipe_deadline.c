/* SPDX-License-Identifier: Apache-2.0 */
/* Waits keep their deadline, also when they are woken for nothing or by signals all the time. */
#include "pipe/futex.h"
#include "pipe_helpers.h"

/* Generous above: other programs run too. */
#define CHECK_TOOK(begin, least, most)                                                                                 \
    do {                                                                                                               \
        double took = seconds_now() - (begin);                                                                         \
        CHECK_MSG(took >= (least)-1e-6 && took < (most), "took %.6f s, not %.6f .. %.6f", took, (double)(least),       \
                  (double)(most));                                                                                     \
    } while (0)

static a32 stop, ticks;

static void nothing(int signal) {
    (void)signal;
    a32_add_relaxed(&ticks, 1);
}

/* Wakes without a reason. */
static void *wake_for_nothing(void *argument) {
    brine_pipe *pipe = argument;
    while (!a32_load_acquire(&stop)) {
        brine__wake_all(pipe->control);
        sleep_ms(1);
    }
    return NULL;
}

static void both_ways(brine_pipe *empty, brine_pipe *full, double seconds) {
    uint64_t number;
    double begin = seconds_now();
    CHECK_STATUS(get_number(empty, &number, brine_seconds(seconds)), BRINE_ETIMEDOUT);
    CHECK_TOOK(begin, seconds, seconds + 0.5);
    CHECK_CONTAINS(brine_detail(), "empty");
    begin = seconds_now();
    CHECK_STATUS(put_number(full, 1, brine_seconds(seconds)), BRINE_ETIMEDOUT);
    CHECK_TOOK(begin, seconds, seconds + 0.5);
    CHECK_CONTAINS(brine_detail(), "full");
    brine_wait waits[2] = {{empty, BRINE_READABLE, 0}, {full, BRINE_WRITABLE, 0}};
    begin = seconds_now();
    CHECK_STATUS(brine_wait_any(waits, 2, brine_seconds(seconds)), BRINE_ETIMEDOUT);
    CHECK_TOOK(begin, seconds, seconds + 0.5);
}

int main(void) {
    brine_pool *pool = make_pool("p", 4 * MIB);
    brine_pipe *empty = serve(pool, "empty", 1), *full = serve(pool, "full", 1);
    CHECK_OK(put_number(full, 0, brine_now()));
    const double times[] = {0.0005, 0.02, 0.25};
    for (int i = 0; i < 3; i++) both_ways(empty, full, times[i]);

    /* no wait at all */
    uint64_t number;
    double begin = seconds_now();
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ_INT(get_number(empty, &number, brine_now()), BRINE_ETIMEDOUT);
        CHECK_EQ_INT(get_number(empty, &number, brine_seconds(-1)), BRINE_ETIMEDOUT);
        CHECK_EQ_INT(put_number(full, 0, brine_now()), BRINE_ETIMEDOUT);
    }
    CHECK_TOOK(begin, 0, 0.5);

    /* one deadline for several calls */
    brine_deadline until = brine_until(brine_seconds(0.1));
    begin = seconds_now();
    for (int i = 0; i < 5; i++) CHECK_EQ_INT(get_number(empty, &number, until), BRINE_ETIMEDOUT);
    CHECK_TOOK(begin, 0.1, 0.6);

    /* woken for nothing, a thousand times a second */
    pthread_t threads[2];
    CHECK_EQ_INT(pthread_create(&threads[0], NULL, wake_for_nothing, empty), 0);
    CHECK_EQ_INT(pthread_create(&threads[1], NULL, wake_for_nothing, full), 0);
    both_ways(empty, full, 0.3);
    a32_store_release(&stop, 1);
    for (int i = 0; i < 2; i++) CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);

    /* signals, with and without restart of system calls: neither ends nor prolongs a wait */
    for (int restart = 0; restart < 2; restart++) {
        struct sigaction action = {.sa_handler = nothing, .sa_flags = restart ? SA_RESTART : 0};
        CHECK_SYS(sigaction(SIGALRM, &action, NULL));
        timer_t timer;
        CHECK_SYS(timer_create(CLOCK_MONOTONIC, NULL, &timer));
        CHECK_SYS(timer_settime(timer, 0, &(struct itimerspec){{0, 700000}, {0, 700000}}, NULL));
        both_ways(empty, full, 0.3);
        CHECK_SYS(timer_delete(timer));
    }
    CHECK(a32_load_relaxed(&ticks) > 100);

    brine_pipe_info info = pipe_info(pool, "empty");
    CHECK(info.timeouts_out > 0);
    CHECK_EQ_INT(info.blocked_readers, 0);
    CHECK_EQ_INT(info.blocked_writers, 0);
    CHECK_EQ_INT(next_number(full), 0);
    CHECK_OK(brine_pipe_remove(pool, "empty"));
    CHECK_OK(brine_pipe_remove(pool, "full"));
    CHECK_OK(brine_pipe_close(empty));
    CHECK_OK(brine_pipe_close(full));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
