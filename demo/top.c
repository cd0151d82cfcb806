/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top [--lines N] [--interval S] POOL [PIPE]
 *
 * Takes samples from PIPE (default "rated") and shows the busiest processes about every S seconds
 * (default 1), as a screen on a terminal and as a table otherwise. Of packets that are no samples it
 * shows how many there are. At the end of the stream it prints packets per second and latencies:
 * from sampler to rates, from rates to here, and all the way, enqueue to receipt. Exit status 0 only if
 * packets came.
 */
#include "demo.h"
#include "histogram.h"

static struct histogram first_hop, second_hop, all_hops;
static uint64_t packets, bytes;
static int64_t first_ns, last_ns;

/* ---- measuring ---- */

static void measure(brine_packet packet, int64_t now_ns) {
    brine_ref root = brine_root(packet), rates = brine_find(root, "rates");
    if (packets++ == 0) first_ns = now_ns;
    last_ns = now_ns;
    uint64_t size;
    if (brine_packet_bytes(packet, &size) == 0) bytes += size;
    int64_t sent_ns = brine_get_int(root, "sent_ns", 0);
    int64_t rates_received_ns = brine_get_int(rates, "received_ns", 0);
    int64_t rates_sent_ns = brine_get_int(rates, "sent_ns", 0);
    if (sent_ns > 0 && rates_received_ns > 0) histogram_add(&first_hop, rates_received_ns - sent_ns);
    if (rates_sent_ns > 0) histogram_add(&second_hop, now_ns - rates_sent_ns);
    if (sent_ns > 0) histogram_add(&all_hops, now_ns - sent_ns);
}

static void print_latency(const char *name, const struct histogram *histogram) {
    if (histogram->count == 0) return;
    printf("  %-18s p50 %8.1f us   p99 %8.1f us\n", name, histogram_percentile(histogram, 0.5) / 1000,
           histogram_percentile(histogram, 0.99) / 1000);
}

static void print_summary(void) {
    double seconds = (double)(last_ns - first_ns) / 1e9;
    printf("%" PRIu64 " packets of %.1f KiB on average in %.2f s: %.1f packets/s\n", packets,
           packets > 0 ? (double)bytes / (double)packets / 1024 : 0, seconds,
           seconds > 0 ? (double)(packets - 1) / seconds : 0);
    print_latency("sampler to rates", &first_hop);
    print_latency("rates to top", &second_hop);
    print_latency("all the way", &all_hops);
}

/* ---- showing ---- */

struct busy {
    size_t index;
    double cpu, io;
};

static int by_load(const void *a, const void *b) {
    const struct busy *x = a, *y = b;
    if (x->cpu != y->cpu) return x->cpu < y->cpu ? 1 : -1;
    if (x->io != y->io) return x->io < y->io ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

static const double *column(brine_ref rates, const char *key, size_t count) {
    brine_array array;
    if (brine_get_array(rates, key, &array) < 0) return NULL;
    return array.dtype == BRINE_F64 && array.ndim == 1 && array.count == count ? array.data : NULL;
}

/* Text of another process, on a terminal: without control characters. */
static void print_clean(const char *text, int most) {
    for (; *text != '\0' && most > 0; text++, most--)
        putchar((unsigned char)*text >= ' ' && *text != 127 ? *text : '?');
}

static void print_process(brine_ref p, const struct busy *busy, double in, double out) {
    printf("%7" PRId64 " %1.1s %7.1f %9.1f %10.1f %10.1f  ", brine_get_int(p, "pid", 0), brine_get_str(p, "state", "?"),
           busy->cpu, (double)brine_get_int(p, "rss_bytes", 0) / (1 << 20), in / 1024, out / 1024);
    const char *command = brine_get_str(p, "command_line", "");
    print_clean(command[0] != '\0' ? command : brine_get_str(p, "comm", "?"), 40);
    putchar('\n');
}

static void print_host(brine_ref root, size_t processes) {
    brine_ref load = brine_path(root, "/host/load");
    double one = 0;
    if (brine_as_double(brine_at(load, 0), &one) < 0) one = 0;
    printf("sample %" PRId64 ": %zu processes, load %.2f, cpu", brine_get_int(root, "sequence", 0), processes, one);
    brine_array busy;
    if (brine_get_array(brine_find(root, "rates"), "cpu_busy", &busy) == 0 && busy.dtype == BRINE_F64) {
        for (size_t i = 0; i < busy.count && i < 16; i++) printf(" %.0f%%", ((const double *)busy.data)[i]);
    }
    putchar('\n');
}

/* False: this packet is no sample. */
static bool print_table(brine_ref root, size_t lines) {
    brine_ref list = brine_find(root, "processes"), rates = brine_find(root, "rates");
    size_t count = brine_type_of(list) == BRINE_ARR ? brine_length(list) : 0;
    const double *cpu = column(rates, "cpu_percent", count);
    const double *in = column(rates, "read_bytes_s", count), *out = column(rates, "write_bytes_s", count);
    if (count == 0 || cpu == NULL || in == NULL || out == NULL) return false;
    struct busy *busy = calloc(count, sizeof *busy);
    if (busy == NULL) return false;
    for (size_t i = 0; i < count; i++) busy[i] = (struct busy){i, cpu[i], in[i] + out[i]};
    qsort(busy, count, sizeof *busy, by_load);
    print_host(root, count);
    printf("%7s %1s %7s %9s %10s %10s  %s\n", "PID", "S", "CPU %", "RSS MiB", "READ KiB/s", "WRITE", "COMMAND");
    for (size_t i = 0; i < count && i < lines; i++) {
        size_t at = busy[i].index;
        print_process(brine_at(list, (ptrdiff_t)at), &busy[i], in[at], out[at]);
    }
    free(busy);
    return true;
}

static void show(brine_ref root, size_t lines, double interval_s) {
    static uint64_t shown_packets;
    if (isatty(STDOUT_FILENO)) fputs("\033[H\033[J", stdout);
    if (!print_table(root, lines)) {
        printf("%" PRIu64 " packets, %.1f packets/s\n", packets, (double)(packets - shown_packets) / interval_s);
    }
    shown_packets = packets;
    putchar('\n');
    fflush(stdout);
}

/* ---- the stream ---- */

static void run(brine_pipe *pipe, size_t lines, double interval_s) {
    int64_t interval_ns = (int64_t)(interval_s * 1e9), next_ns = demo_clock_ns(CLOCK_MONOTONIC) + interval_ns;
    while (!demo_stop) {
        brine_packet packet;
        int status = brine_dequeue(pipe, &packet, brine_seconds(1));
        if (status == BRINE_ETIMEDOUT || status == BRINE_EINTR) continue;
        if (status == BRINE_ECLOSED) return;
        if (status < 0) demo_fail("dequeue");
        int64_t now_ns = demo_clock_ns(CLOCK_MONOTONIC);
        measure(packet, now_ns);
        if (now_ns >= next_ns) {
            show(brine_root(packet), lines, (double)(now_ns - next_ns + interval_ns) / 1e9);
            next_ns = now_ns + interval_ns;
        }
        brine_packet_free(packet);
    }
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"lines", required_argument, NULL, 'n'}, {"interval", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0}};
    double lines = 12, interval_s = 1;
    for (int option; (option = getopt_long(argc, argv, "n:i:", options, NULL)) != -1;) {
        if (option == 'n')
            lines = demo_number("--lines", optarg, 0, 1000);
        else if (option == 'i')
            interval_s = demo_number("--interval", optarg, 0.05, 3600);
        else
            return 2;
    }
    if (argc - optind < 1 || argc - optind > 2) {
        fprintf(stderr, "Usage: top [--lines N] [--interval S] POOL [PIPE]\n");
        return 2;
    }
    demo_catch_signals();
    brine_pool *pool = demo_attach(argv[optind]);
    brine_pipe *pipe = demo_connect(pool, argc - optind == 2 ? argv[optind + 1] : "rated");
    run(pipe, (size_t)lines, interval_s);
    print_summary();
    brine_pipe_close(pipe);
    demo_pool = NULL;
    brine_pool_detach(pool);
    return packets > 0 && fflush(stdout) == 0 ? 0 : 1;
}
