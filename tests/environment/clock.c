/* SPDX-License-Identifier: Apache-2.0 */
/* Waits know CLOCK_MONOTONIC only: setting the time of day, here a clock that jumps at every look, moves no deadline.
 * The calls of libc by which a program can learn the time or sleep are replaced by ones that watch. */
#include <dlfcn.h>
#include <linux/futex.h>
#include <sys/time.h>

#include "environment.h"

static a32 looks, sleeps, futex_waits, waits_any;

static void *real(const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    CHECK(symbol != NULL);
    return symbol;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    if (clock != CLOCK_REALTIME) return (int)syscall(SYS_clock_gettime, clock, t);
    *t = (struct timespec){(time_t)a32_add_relaxed(&looks, 1) % 2 * 2000000000, 0}; /* 1970, 2033, 1970, ... */
    return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    (void)zone;
    *t = (struct timeval){(time_t)a32_add_relaxed(&looks, 1) % 2 * 2000000000, 0};
    return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left) {
    CHECK_EQ_INT(clock, CLOCK_MONOTONIC);
    a32_add_relaxed(&sleeps, 1);
    return ((int (*)(clockid_t, int, const struct timespec *, struct timespec *))real("clock_nanosleep"))(clock, flags,
                                                                                                          t, left);
}

long syscall(long number, ...) {
    long a[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_futex && (a[1] & FUTEX_CMD_MASK) != FUTEX_WAKE) {
        CHECK_EQ_INT(a[1] & FUTEX_CLOCK_REALTIME, 0);
        CHECK_EQ_INT(a[1] & FUTEX_CMD_MASK, FUTEX_WAIT_BITSET); /* absolute, so that a wake restarts nothing */
        a32_add_relaxed(&futex_waits, 1);
    }
    if (number == 449) { /* futex_waitv */
        CHECK_EQ_INT((int)a[4], CLOCK_MONOTONIC);
        a32_add_relaxed(&waits_any, 1);
    }
    return ((long (*)(long, ...))real("syscall"))(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void in_time(const char *what, int rc, int status, double start) {
    double took = seconds_now() - start;
    CHECK_MSG(rc == status, "%s: %s", what, brine_status_name(rc));
    CHECK_MSG(took >= 0.25 && took < 3, "%s took %f s", what, took);
}

int main(void) {
    brine_pool *pool = make_pool("clock", 8 * MIB), *none;
    brine_pipe *pipe = serve(pool, "pipe", 4), *second = serve(pool, "second", 4), *missing;
    brine_packet packet;
    brine_wait waits[] = {{pipe, BRINE_READABLE, 0}, {second, BRINE_READABLE, 0}};
    struct timespec t;
    for (int i = 0; i < 5; i++) clock_gettime(CLOCK_REALTIME, &t);
    double start = seconds_now();
    in_time("dequeue", brine_dequeue(pipe, &packet, brine_milliseconds(250)), BRINE_ETIMEDOUT, start);
    start = seconds_now();
    in_time("wait_any", brine_wait_any(waits, 2, brine_milliseconds(250)), BRINE_ETIMEDOUT, start);
    start = seconds_now();
    in_time("attach", brine_pool_attach("nobody", NULL, brine_milliseconds(250), &none), BRINE_ENOENT, start);
    start = seconds_now();
    in_time("connect", brine_pipe_connect(pool, "nobody", brine_milliseconds(250), &missing), BRINE_ENOENT, start);
    start = seconds_now();
    brine_deadline until = brine_until(brine_milliseconds(250));
    in_time("lookup", brine_lookup(pool, "nobody", until, &packet), BRINE_ENOENT, start);
    CHECK(a32_load_relaxed(&sleeps) > 0 && a32_load_relaxed(&futex_waits) > 0 && a32_load_relaxed(&waits_any) > 0);
    drop_pool(pool);
    return 0;
}
