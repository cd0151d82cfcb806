/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rates POOL [IN [OUT]]
 *
 * Takes each sample from pipe IN (default "samples"), compares it with the one before, adds the tab
 * "rates" to it and passes the same packet on, by reference, through pipe OUT (default "rated"):
 *   received_ns, sent_ns (CLOCK_MONOTONIC), count, and for samples interval_s, cpu_busy float64[cpus]
 *   and, in the order of processes, cpu_percent, read_bytes_s, write_bytes_s float64[n].
 * A packet that is no sample is passed on with count and the times if it is a tab without "rates", and
 * untouched otherwise.
 */
#include "demo.h"

/* ---- the sample before ---- */

static struct {
    size_t count;
    int32_t *pid;
    uint64_t *ticks, *start, *in, *out;
    int64_t sent_ns;
    size_t cpu_numbers;
    uint64_t cpu[1024 * DEMO_CPU_FIELDS];
} before;

struct sample {
    size_t count;
    const int32_t *pid;
    const uint64_t *ticks, *start, *in, *out;
    const uint64_t *cpu;
    size_t cpu_rows;
    int64_t sent_ns, ticks_per_second;
};

/* The elements of a one-dimensional array of count elements; any count if *count is 0. */
static const void *column(brine_ref root, const char *key, brine_type type, size_t *count) {
    brine_array array;
    if (brine_get_array(root, key, &array) < 0) return NULL;
    if (array.dtype != type || array.ndim != 1 || array.count == 0) return NULL;
    if (*count != 0 && array.count != *count) return NULL;
    *count = array.count;
    return array.data;
}

/* False: not a sample as sampler makes them. */
static bool read_sample(brine_ref root, struct sample *sample) {
    *sample = (struct sample){0};
    if (brine_type_of(brine_find(root, "processes")) != BRINE_ARR) return false;
    sample->pid = column(root, "pid", BRINE_I32, &sample->count);
    sample->ticks = column(root, "ticks", BRINE_U64, &sample->count);
    sample->start = column(root, "start", BRINE_U64, &sample->count);
    sample->in = column(root, "read_bytes", BRINE_U64, &sample->count);
    sample->out = column(root, "write_bytes", BRINE_U64, &sample->count);
    sample->sent_ns = brine_get_int(root, "sent_ns", 0);
    sample->ticks_per_second = brine_get_int(brine_find(root, "host"), "ticks_per_second", 100);
    brine_array cpu;
    if (brine_get_array(root, "cpu", &cpu) == 0 && cpu.dtype == BRINE_U64 && cpu.ndim == 2 &&
        cpu.shape[1] == DEMO_CPU_FIELDS && cpu.bytes <= sizeof before.cpu) {
        sample->cpu = cpu.data;
        sample->cpu_rows = cpu.shape[0];
    }
    return sample->pid && sample->ticks && sample->start && sample->in && sample->out && sample->ticks_per_second > 0;
}

static void *keep(void *to, const void *from, size_t count, size_t item) {
    to = realloc(to, count * item);
    if (to == NULL) {
        fprintf(stderr, "rates: no memory for %zu processes\n", count);
        exit(1);
    }
    return memcpy(to, from, count * item);
}

static void remember(const struct sample *sample) {
    before.pid = keep(before.pid, sample->pid, sample->count, sizeof *before.pid);
    before.ticks = keep(before.ticks, sample->ticks, sample->count, sizeof *before.ticks);
    before.start = keep(before.start, sample->start, sample->count, sizeof *before.start);
    before.in = keep(before.in, sample->in, sample->count, sizeof *before.in);
    before.out = keep(before.out, sample->out, sample->count, sizeof *before.out);
    before.count = sample->count;
    before.sent_ns = sample->sent_ns;
    before.cpu_numbers = sample->cpu_rows * DEMO_CPU_FIELDS;
    if (before.cpu_numbers > 0) memcpy(before.cpu, sample->cpu, before.cpu_numbers * sizeof before.cpu[0]);
}

/* ---- the rates ---- */

/* Counters that went back (a wrapped or re-read one) count as no change. */
static double rate(uint64_t now, uint64_t then, double per) { return now > then ? (double)(now - then) * per : 0; }

/* Both samples are sorted by pid, so one walk over both finds the pairs. */
static void add_process_rates(brine_ref rates, const struct sample *sample, double interval_s) {
    double *cpu = brine_set_array(rates, "cpu_percent", BRINE_F64, 1, &sample->count);
    double *in = brine_set_array(rates, "read_bytes_s", BRINE_F64, 1, &sample->count);
    double *out = brine_set_array(rates, "write_bytes_s", BRINE_F64, 1, &sample->count);
    if (cpu == NULL || in == NULL || out == NULL || !(interval_s > 0)) return;
    double percent = 100 / (interval_s * (double)sample->ticks_per_second);
    for (size_t i = 0, j = 0; i < sample->count; i++) {
        while (j < before.count && before.pid[j] < sample->pid[i]) j++;
        if (j == before.count || before.pid[j] != sample->pid[i] || before.start[j] != sample->start[i]) continue;
        cpu[i] = rate(sample->ticks[i], before.ticks[j], percent);
        in[i] = rate(sample->in[i], before.in[j], 1 / interval_s);
        out[i] = rate(sample->out[i], before.out[j], 1 / interval_s);
    }
}

static void add_cpu_rates(brine_ref rates, const struct sample *sample) {
    if (sample->cpu_rows == 0 || sample->cpu_rows * DEMO_CPU_FIELDS != before.cpu_numbers) return;
    double *busy = brine_set_array(rates, "cpu_busy", BRINE_F64, 1, &sample->cpu_rows);
    if (busy == NULL) return;
    for (size_t row = 0; row < sample->cpu_rows; row++) {
        double all = 0, idle = 0;
        for (size_t i = 0; i < DEMO_CPU_FIELDS; i++) {
            size_t at = row * DEMO_CPU_FIELDS + i;
            double spent = rate(sample->cpu[at], before.cpu[at], 1);
            all += spent;
            if (i == DEMO_IDLE || i == DEMO_IOWAIT) idle += spent;
        }
        busy[row] = all > 0 ? 100 * (all - idle) / all : 0;
    }
}

static void add_rates(brine_packet packet, int64_t count, int64_t received_ns) {
    brine_ref root = brine_root(packet);
    if (brine_type_of(root) != BRINE_TAB || brine_ref_ok(brine_find(root, "rates"))) return;
    brine_ref rates = brine_set_tab(root, "rates");
    brine_set_int(rates, "count", count);
    brine_set_int(rates, "received_ns", received_ns);
    struct sample sample;
    if (read_sample(root, &sample)) {
        double interval_s = before.count > 0 ? (double)(sample.sent_ns - before.sent_ns) / 1e9 : 0;
        brine_set_double(rates, "interval_s", interval_s);
        add_process_rates(rates, &sample, interval_s);
        add_cpu_rates(rates, &sample);
        remember(&sample);
    }
    brine_set_int(rates, "sent_ns", demo_clock_ns(CLOCK_MONOTONIC));
}

/* ---- the stream ---- */

static void pass_on(brine_pipe *output, brine_packet packet) {
    int status;
    do {
        status = brine_enqueue(output, packet, brine_seconds(1));
    } while ((status == BRINE_ETIMEDOUT || status == BRINE_EINTR) && !demo_stop);
    if (status == BRINE_ETIMEDOUT || status == BRINE_EINTR)
        brine_packet_free(packet);
    else if (status < 0)
        demo_fail("enqueue");
}

static void run(brine_pipe *input, brine_pipe *output) {
    for (int64_t count = 0; !demo_stop;) {
        brine_packet packet;
        int status = brine_dequeue(input, &packet, brine_seconds(1));
        if (status == BRINE_ETIMEDOUT || status == BRINE_EINTR) continue;
        if (status == BRINE_ECLOSED) return;
        if (status < 0) demo_fail("dequeue");
        int64_t received_ns = demo_clock_ns(CLOCK_MONOTONIC);
        if (brine_packet_own(&packet) < 0) demo_fail("taking ownership");
        add_rates(packet, ++count, received_ns);
        pass_on(output, packet);
    }
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "Usage: rates POOL [IN [OUT]]\n");
        return 2;
    }
    demo_catch_signals();
    brine_pool *pool = demo_attach(argv[1]);
    brine_pipe *output;
    if (brine_pipe_serve(pool, argc > 3 ? argv[3] : "rated", 0, &output) < 0) demo_fail("serving");
    brine_pipe *input = demo_connect(pool, argc > 2 ? argv[2] : "samples");
    run(input, output);
    brine_pipe_close(input);
    brine_pipe_close(output);
    demo_pool = NULL;
    brine_pool_detach(pool);
    return 0;
}
