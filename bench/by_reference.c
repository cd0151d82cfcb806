/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the size of a packet matter? Two processes pass a packet to and fro through two pipes: one with 64
 * bytes and one with a large array, in turns, in one run. Nothing is copied; the echo reads one element.
 * Prints the medians of both round trips and their ratio.
 *
 *     by_reference [MEBIBYTES [ROUNDS]]      default: 1024 2000
 */
#include <brine/brine.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH 50 /* round trips in one measurement */

static void must(int rc, const char *what) {
    if (!rc) return;
    fprintf(stderr, "by_reference: %s: %s: %s\n", what, brine_status_name(rc), brine_detail());
    exit(1);
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Sends every packet back until the stream ends; checks that it is whole. */
static int echo(brine_pool *pool) {
    brine_pipe *to, *fro;
    brine_packet p;
    brine_array a;
    must(brine_pipe_connect(pool, "to", brine_seconds(5), &to), "connect");
    must(brine_pipe_connect(pool, "fro", brine_seconds(5), &fro), "connect");
    while (brine_dequeue(to, &p, brine_seconds(10)) == 0) {
        must(brine_get_array(brine_root(p), "data", &a), "read");
        const double *x = a.data;
        if (x[0] != 1 || x[a.count - 1] != (double)a.count) return 1;
        must(brine_enqueue(fro, p, brine_seconds(10)), "enqueue");
    }
    return 0;
}

static brine_packet make(brine_pool *pool, size_t doubles) {
    brine_packet p;
    must(brine_packet_new(pool, &p), "new packet");
    double *x = brine_set_array(brine_root(p), "data", BRINE_F64, 1, &doubles);
    must(brine_packet_error(p), "array");
    for (size_t i = 0; i < doubles; i++) x[i] = (double)i + 1;
    return p;
}

static double round_trip(brine_pipe *to, brine_pipe *fro, brine_packet *p) {
    double start = now_ns();
    for (int i = 0; i < BATCH; i++) {
        must(brine_enqueue(to, *p, brine_seconds(10)), "enqueue");
        must(brine_dequeue(fro, p, brine_seconds(10)), "dequeue");
    }
    return (now_ns() - start) / BATCH;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n) {
    qsort(v, (size_t)n, sizeof *v, by_value);
    return v[n / 2];
}

int main(int argc, char **argv) {
    size_t mebibytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
    int rounds = argc > 2 ? atoi(argv[2]) : 2000, status;
    brine_pool *pool;
    brine_pipe *to, *fro;
    brine_pool_options options = {.max_bytes = (mebibytes + 64) << 20};
    if (mebibytes == 0 || rounds < 1) {
        fprintf(stderr, "usage: by_reference [MEBIBYTES [ROUNDS]]\n");
        return 2;
    }
    double *small_ns = calloc((size_t)rounds, sizeof *small_ns), *large_ns = calloc((size_t)rounds, sizeof *large_ns);
    if (!small_ns || !large_ns) return 1;
    must(brine_pool_create_private(&options, &pool), "create");
    must(brine_pipe_serve(pool, "to", 4, &to), "serve");
    must(brine_pipe_serve(pool, "fro", 4, &fro), "serve");
    pid_t child = fork();
    if (child == 0) _exit(echo(pool));
    brine_packet small = make(pool, 8), large = make(pool, (mebibytes << 20) / sizeof(double));
    for (int i = 0; i < rounds / 10 + 1; i++) round_trip(to, fro, i % 2 ? &small : &large);
    for (int i = 0; i < rounds; i++) {
        small_ns[i] = round_trip(to, fro, &small);
        large_ns[i] = round_trip(to, fro, &large);
    }
    must(brine_pipe_close(to), "close");
    waitpid(child, &status, 0);
    double a = median(small_ns, rounds), b = median(large_ns, rounds);
    printf("round trip between two processes, by reference, medians of %d x %d\n", rounds, BATCH);
    printf("  64 B       %10.1f ns\n  %zu MiB %10.1f ns\n  ratio      %10.3f\n", a, mebibytes, b, b / a);
    brine_pool_detach(pool);
    free(small_ns);
    free(large_ns);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
