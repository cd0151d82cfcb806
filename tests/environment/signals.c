/* SPDX-License-Identifier: Apache-2.0 */
/* Signals with handlers, installed with and without SA_RESTART, during every kind of wait: no wait ends early, late or
 * with an error, and none misses what it waits for. Only brine_..._interrupt ends one (from a handler, too). */
#include <sys/time.h>

#include "environment.h"

static volatile sig_atomic_t signals;
static brine_pool *volatile to_interrupt;

static void on_alarm(int number) {
    (void)number;
    signals++;
    if (to_interrupt) brine_pool_interrupt(to_interrupt);
}

static void alarms(int flags, long every_us) {
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
    struct itimerval timer = {{0, every_us}, {0, every_us}};
    CHECK_SYS(sigaction(SIGALRM, &action, NULL));
    CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
    signals = 0;
}

static struct waiting {
    brine_pool *pool;
    brine_pipe *empty, *full, *other;
    brine_packet packet;
} w;

static int wait_dequeue(brine_deadline d) {
    brine_packet packet;
    return brine_dequeue(w.empty, &packet, d);
}
static int wait_enqueue(brine_deadline d) { return brine_enqueue(w.full, w.packet, d); }
static int wait_one(brine_deadline d) { return brine_wait_any(&(brine_wait){w.empty, BRINE_READABLE, 0}, 1, d); }
static int wait_two(brine_deadline d) {
    brine_wait two[] = {{w.empty, BRINE_READABLE, 0}, {w.full, BRINE_WRITABLE, 0}};
    return brine_wait_any(two, 2, d);
}
static int wait_pool(brine_deadline d) {
    brine_pool *pool;
    return brine_pool_attach("nobody", NULL, d, &pool);
}
static int wait_raw(brine_deadline d) {
    brine_raw_region raw;
    return brine_raw_attach("nobody", NULL, d, &raw);
}
static int wait_pipe(brine_deadline d) {
    brine_pipe *pipe;
    return brine_pipe_connect(w.pool, "nobody", d, &pipe);
}
static int wait_value(brine_deadline d) {
    brine_packet packet;
    return brine_lookup(w.pool, "nobody", d, &packet);
}
static int wait_fanout(brine_deadline d) {
    brine_packet packet = number_packet(w.pool, 1), rest;
    int rc = brine_fanout(packet, &(brine_pipe *const){w.full}, 1, BRINE_BLOCK, d, NULL, &rest);
    if (rc) CHECK_OK(brine_packet_free(rest));
    return rc;
}

static const struct {
    const char *name;
    int (*wait)(brine_deadline);
    int status;
    bool interruptible; /* by brine_pool_interrupt: there is a pool */
} waits[] = {
    {"dequeue", wait_dequeue, BRINE_ETIMEDOUT, true},   {"enqueue", wait_enqueue, BRINE_ETIMEDOUT, true},
    {"wait_any of 1", wait_one, BRINE_ETIMEDOUT, true}, {"wait_any of 2", wait_two, BRINE_ETIMEDOUT, true},
    {"attach", wait_pool, BRINE_ENOENT, false},         {"raw attach", wait_raw, BRINE_ENOENT, false},
    {"connect", wait_pipe, BRINE_ENOENT, true},         {"lookup", wait_value, BRINE_ENOENT, true},
    {"fanout", wait_fanout, BRINE_ETIMEDOUT, true},
};

static void check_waits(int flags) {
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        double start = seconds_now();
        alarms(flags, 3000);
        int rc = waits[i].wait(brine_milliseconds(130));
        double took = seconds_now() - start;
        alarms(flags, 0);
        CHECK_MSG(rc == waits[i].status, "%s: %s (%s)", waits[i].name, brine_status_name(rc), brine_detail());
        CHECK_MSG(took >= 0.13 && took < 3, "%s took %f s", waits[i].name, took);
    }
}

static void check_interrupts(int flags) {
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        if (!waits[i].interruptible) continue;
        double start = seconds_now();
        to_interrupt = w.pool;
        alarms(flags, 20000);
        int rc = waits[i].wait(brine_seconds(20));
        alarms(flags, 0);
        to_interrupt = NULL;
        CHECK_MSG(rc == BRINE_EINTR, "%s: %s (%s)", waits[i].name, brine_status_name(rc), brine_detail());
        CHECK_MSG(seconds_now() - start < 5, "%s", waits[i].name);
    }
}

static void talk_back(void *argument) {
    (void)argument;
    uint64_t number;
    alarms(0, 1700);
    for (int i = 0; i < 200; i++) {
        CHECK_OK(get_number(w.other, &number, brine_seconds(20)));
        CHECK_OK(put_number(w.empty, number, brine_seconds(20)));
    }
    alarms(0, 0);
}

/* Nothing is lost either while both sides are bombarded. */
static void check_talk(int flags) {
    uint64_t number;
    pid_t pid = check_fork(talk_back, NULL);
    alarms(flags, 1300);
    for (uint64_t i = 0; i < 200; i++) {
        if (i % 10 == 0) sleep_ms(1); /* so that the other side sleeps, too */
        CHECK_OK(put_number(w.other, i, brine_seconds(20)));
        CHECK_OK(get_number(w.empty, &number, brine_seconds(20)));
        CHECK_EQ_INT(number, i);
    }
    alarms(flags, 0);
    CHECK_EXIT(pid, 0);
}

int main(void) {
    w.pool = make_pool("signals", 16 * MIB);
    w.empty = serve(w.pool, "empty", 4);
    w.full = serve(w.pool, "full", 1);
    w.other = serve(w.pool, "other", 4);
    CHECK_OK(put_number(w.full, 1, brine_now()));
    w.packet = number_packet(w.pool, 2);
    int flags[] = {0, SA_RESTART};
    for (int i = 0; i < 2; i++) {
        check_waits(flags[i]);
        check_interrupts(flags[i]);
        check_talk(flags[i]);
    }
    CHECK_OK(brine_packet_free(w.packet));
    check_whole(w.pool);
    drop_pool(w.pool);
    return 0;
}
