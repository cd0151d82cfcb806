/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupting waits: from another thread and from a signal handler, of one pipe and of the whole pool;
 * what is not waiting is not affected. */
#include "pipe_helpers.h"

static brine_pool *pool;
static brine_pipe *the_pipe;

enum how { PIPE, POOL };
static void interrupt(enum how how) {
    if (how == PIPE)
        brine_pipe_interrupt(the_pipe);
    else
        brine_pool_interrupt(pool);
}

static void on_pipe_signal(int signal) {
    (void)signal;
    interrupt(PIPE);
}
static void on_pool_signal(int signal) {
    (void)signal;
    interrupt(POOL);
}

enum what { READ, WRITE, ANY, CONNECT, LOOKUP };
struct waiter {
    enum what what;
    int rc;
};
static void *wait_for_ever(void *argument) {
    struct waiter *w = argument;
    uint64_t number;
    brine_pipe *pipe;
    brine_packet packet;
    brine_wait wait = {the_pipe, BRINE_READABLE, 0};
    switch (w->what) {
    case READ: w->rc = get_number(the_pipe, &number, brine_forever()); break;
    case WRITE: w->rc = put_number(the_pipe, 1, brine_forever()); break;
    case ANY: w->rc = brine_wait_any(&wait, 1, brine_forever()); break;
    case CONNECT: w->rc = brine_pipe_connect(pool, "never", brine_forever(), &pipe); break;
    case LOOKUP: w->rc = brine_lookup(pool, "never", brine_forever(), &packet); break;
    }
    return NULL;
}

static void from_a_thread(enum how how, enum what what) {
    enum { N = 3 };
    pthread_t threads[N];
    struct waiter waiters[N];
    for (int i = 0; i < N; i++) {
        waiters[i] = (struct waiter){what, 1};
        CHECK_EQ_INT(pthread_create(&threads[i], NULL, wait_for_ever, &waiters[i]), 0);
    }
    double begin = seconds_now();
    for (int i = 0; i < N; i++) {
        while (pthread_tryjoin_np(threads[i], NULL) != 0) { /* again: one that had not begun to wait was not affected */
            sleep_ms(40);
            interrupt(how);
            CHECK(seconds_now() - begin < 10);
        }
        CHECK_MSG(waiters[i].rc == BRINE_EINTR, "wait %d: %s", (int)what, brine_status_name(waiters[i].rc));
    }
}

static void from_a_signal_handler(enum how how, enum what what) {
    struct sigaction action = {.sa_handler = how == PIPE ? on_pipe_signal : on_pool_signal, .sa_flags = SA_RESTART};
    struct waiter w = {what, 1};
    CHECK_SYS(sigaction(SIGALRM, &action, NULL));
    timer_t timer;
    CHECK_SYS(timer_create(CLOCK_MONOTONIC, NULL, &timer));
    CHECK_SYS(timer_settime(timer, 0, &(struct itimerspec){{0, 30000000}, {0, 30000000}}, NULL));
    double begin = seconds_now();
    wait_for_ever(&w);
    CHECK_EQ_INT(w.rc, BRINE_EINTR);
    CHECK(seconds_now() - begin >= 0.02 && seconds_now() - begin < 10);
    CHECK_SYS(timer_delete(timer));
}

/* Another process's waits go on. */
static void child_waits(void *argument) {
    uint64_t number;
    (void)argument;
    CHECK_OK(get_number(the_pipe, &number, brine_seconds(10)));
    CHECK_EQ_INT(number, 11);
}

static void others_are_not_affected(void) {
    uint64_t number;
    pid_t pid = check_fork(child_waits, NULL);
    while (pipe_info(pool, "p").blocked_readers == 0) sleep_ms(1);
    brine_pipe_interrupt(the_pipe);
    brine_pool_interrupt(pool);
    sleep_ms(20);
    CHECK_EQ_INT(pipe_info(pool, "p").blocked_readers, 1);
    CHECK_OK(put_number(the_pipe, 11, brine_now()));
    CHECK_EXIT(pid, 0);

    /* a wait that begins after the interrupt */
    brine_pipe_interrupt(the_pipe);
    brine_pool_interrupt(pool);
    CHECK_STATUS(get_number(the_pipe, &number, brine_milliseconds(30)), BRINE_ETIMEDOUT);
    brine_wait wait = {the_pipe, BRINE_READABLE, 0};
    CHECK_STATUS(brine_wait_any(&wait, 1, brine_milliseconds(30)), BRINE_ETIMEDOUT);

    /* a wait on another pipe of this process */
    brine_pipe *other = serve(pool, "other", 1);
    pthread_t thread;
    struct waiter w = {READ, 1};
    brine_pipe *saved = the_pipe;
    CHECK_EQ_INT(pthread_create(&thread, NULL, wait_for_ever, &w), 0);
    sleep_ms(30);
    brine_pipe_interrupt(other);
    sleep_ms(30);
    CHECK_EQ_INT(w.rc, 1);
    CHECK_OK(put_number(saved, 1, brine_now()));
    CHECK_EQ_INT(pthread_join(thread, NULL), 0);
    CHECK_EQ_INT(w.rc, 0);
    CHECK_OK(brine_pipe_close(other));
    CHECK_OK(brine_pipe_remove(pool, "other"));
    brine_pipe_interrupt(NULL);
    brine_pool_interrupt(NULL);
}

int main(void) {
    pool = make_pool("p", 4 * MIB);
    the_pipe = serve(pool, "p", 1);
    for (int i = PIPE; i <= POOL; i++) {
        enum how how = (enum how)i;
        from_a_thread(how, READ);
        from_a_thread(how, ANY);
        from_a_signal_handler(how, READ);
        from_a_signal_handler(how, ANY);
        CHECK_OK(put_number(the_pipe, 0, brine_now()));
        from_a_thread(how, WRITE);
        from_a_signal_handler(how, WRITE);
        CHECK_EQ_INT(next_number(the_pipe), 0);
    }
    from_a_thread(POOL, CONNECT);
    from_a_thread(POOL, LOOKUP);
    from_a_signal_handler(POOL, CONNECT);
    from_a_signal_handler(POOL, LOOKUP);
    others_are_not_affected();
    CHECK_OK(brine_pipe_close(the_pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    check_baseline(pool, 0);
    drop_pool(pool);
    return 0;
}
