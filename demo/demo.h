/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of the demo share: clocks, stopping, finding the pool and the pipe.
 *
 *     sampler --samples--> rates --rated--> top
 *
 * `run` makes the pool and starts the three. A packet is one sample of all processes:
 *   sequence, time_ns (CLOCK_REALTIME), sent_ns (CLOCK_MONOTONIC, just before enqueue), host {...},
 *   cpu uint64[cpus][8] jiffies, processes [{...}], and, in the order of processes, the arrays pid,
 *   ticks, start, rss_bytes, read_bytes, write_bytes; rates adds the tab "rates".
 */
#ifndef DEMO_H
#define DEMO_H

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <brine/brine.h>

#define DEMO_CPU_FIELDS 8 /* user nice system idle iowait irq softirq steal */
#define DEMO_IDLE 3
#define DEMO_IOWAIT 4

static volatile sig_atomic_t demo_stop;
static brine_pool *volatile demo_pool;

static inline int64_t demo_clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

static inline _Noreturn void demo_fail(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, brine_detail());
    exit(1);
}

static inline void demo_on_signal(int signal_number) {
    (void)signal_number;
    demo_stop = 1;
    brine_pool *pool = demo_pool;
    if (pool != NULL) brine_pool_interrupt(pool);
}

/* Every wait below has a deadline of a second at most, so a signal that comes just before a wait
 * begins is noticed soon after. */
static inline void demo_catch_signals(void) {
    struct sigaction action = {.sa_handler = demo_on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static inline double demo_number(const char *what, const char *text, double least, double most) {
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= least && number <= most)) {
        fprintf(stderr, "%s: %s: \"%s\" is not a number from %g to %g\n", program_invocation_short_name, what, text,
                least, most);
        exit(2);
    }
    return number;
}

static inline brine_pool *demo_attach(const char *name) {
    brine_pool *pool;
    if (brine_pool_attach(name, NULL, brine_seconds(5), &pool) < 0) demo_fail("attaching");
    demo_pool = pool;
    return pool;
}

static inline brine_pipe *demo_connect(brine_pool *pool, const char *name) {
    brine_pipe *pipe;
    int status;
    do {
        status = brine_pipe_connect(pool, name, brine_seconds(1), &pipe);
    } while ((status == BRINE_ENOENT || status == BRINE_EINTR) && !demo_stop);
    if (status == 0) return pipe;
    if (demo_stop) exit(0);
    demo_fail("connecting");
}

#endif
