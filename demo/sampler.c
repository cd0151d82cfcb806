/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sampler [--rate HZ] [--seconds S] POOL [PIPE]
 *
 * Reads all processes HZ times a second (default 20) and serves them, one packet per sample, in PIPE
 * (default "samples"), for S seconds or until it is interrupted; then it ends the stream. A sample
 * that finds the pipe full for a whole period is dropped and counted. demo.h describes a packet.
 */
#include "demo.h"
#include "processes.h"

/* ---- building a packet ---- */

/* Names of processes need not be UTF-8. */
static void set_text(brine_ref tab, const char *key, const char *text) {
    if (brine_set_str(tab, key, text) != BRINE_EUTF8) return;
    brine_packet_clear_error(brine_ref_packet(tab));
    char ascii[256];
    size_t i = 0;
    for (; text[i] != '\0' && i < sizeof ascii - 1; i++) ascii[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    ascii[i] = '\0';
    brine_set_str(tab, key, ascii);
}

static void add_host(brine_ref host) {
    char text[4096];
    if (gethostname(text, 256) == 0) set_text(host, "name", text);
    if (read_proc("sys/kernel", "osrelease", text, 256) > 0) {
        text[strcspn(text, "\n")] = '\0';
        set_text(host, "kernel", text);
    }
    double load[3];
    if (getloadavg(load, 3) == 3) {
        brine_ref list = brine_set_arr(host, "load");
        for (int i = 0; i < 3; i++) brine_append_double(list, load[i]);
    }
    if (read_proc(".", "meminfo", text, sizeof text) > 0) {
        brine_ref memory = brine_set_tab(host, "memory_bytes");
        brine_set_uint(memory, "total", labelled_number(text, "MemTotal:") * 1024);
        brine_set_uint(memory, "available", labelled_number(text, "MemAvailable:") * 1024);
    }
    brine_set_int(host, "ticks_per_second", sysconf(_SC_CLK_TCK));
}

/* One row per line "cpuN ..." of /proc/stat. */
static void add_cpus(brine_ref root) {
    static char text[65536];
    uint64_t rows[1024][DEMO_CPU_FIELDS];
    size_t count = 0;
    if (read_proc(".", "stat", text, sizeof text) <= 0) return;
    for (char *line = strchr(text, '\n'); line != NULL && count < 1024; line = strchr(line, '\n')) {
        line++;
        if (strncmp(line, "cpu", 3) != 0) break;
        char *at = line + strcspn(line, " \n");
        for (int i = 0; i < DEMO_CPU_FIELDS; i++) rows[count][i] = strtoull(at, &at, 10);
        count++;
    }
    void *cpu = brine_set_array(root, "cpu", BRINE_U64, 2, (size_t[]){count, DEMO_CPU_FIELDS});
    if (cpu != NULL) memcpy(cpu, rows, count * sizeof rows[0]);
}

static void add_process(brine_ref list, const struct process *p) {
    brine_ref tab = brine_append_tab(list);
    brine_set_int(tab, "pid", p->pid);
    brine_set_int(tab, "ppid", p->ppid);
    set_text(tab, "comm", p->comm);
    brine_set_strn(tab, "state", &p->state, 1);
    brine_set_uint(tab, "uid", p->uid);
    brine_set_int(tab, "threads", p->threads);
    brine_set_uint(tab, "utime", p->utime);
    brine_set_uint(tab, "stime", p->stime);
    brine_set_uint(tab, "vsize_bytes", p->vsize_bytes);
    brine_set_uint(tab, "rss_bytes", p->rss_bytes);
    brine_set_uint(tab, "shared_bytes", p->shared_bytes);
    brine_set_uint(tab, "voluntary_switches", p->voluntary_switches);
    set_text(tab, "command_line", p->command_line);
}

/* The numbers that rates needs once more, as arrays that are filled in place. */
static void add_arrays(brine_ref root, const struct process_list *list) {
    size_t n = list->count;
    int32_t *pid = brine_set_array(root, "pid", BRINE_I32, 1, &n);
    uint64_t *ticks = brine_set_array(root, "ticks", BRINE_U64, 1, &n);
    uint64_t *start = brine_set_array(root, "start", BRINE_U64, 1, &n);
    uint64_t *rss = brine_set_array(root, "rss_bytes", BRINE_U64, 1, &n);
    uint64_t *in = brine_set_array(root, "read_bytes", BRINE_U64, 1, &n);
    uint64_t *out = brine_set_array(root, "write_bytes", BRINE_U64, 1, &n);
    if (pid == NULL || ticks == NULL || start == NULL || rss == NULL || in == NULL || out == NULL) return;
    for (size_t i = 0; i < n; i++) {
        const struct process *p = &list->items[i];
        pid[i] = p->pid;
        ticks[i] = p->utime + p->stime;
        start[i] = p->start;
        rss[i] = p->rss_bytes;
        in[i] = p->read_bytes;
        out[i] = p->write_bytes;
    }
}

static brine_packet make_sample(brine_pool *pool, int64_t sequence) {
    static struct process_list list;
    brine_packet packet;
    if (brine_packet_new(pool, &packet) < 0) demo_fail("making a packet");
    brine_ref root = brine_root(packet);
    brine_set_int(root, "sequence", sequence);
    brine_set_int(root, "time_ns", demo_clock_ns(CLOCK_REALTIME));
    if (!read_processes(&list)) {
        fprintf(stderr, "sampler: /proc cannot be read\n");
        exit(1);
    }
    add_host(brine_set_tab(root, "host"));
    add_cpus(root);
    brine_ref processes = brine_set_arr(root, "processes");
    for (size_t i = 0; i < list.count; i++) add_process(processes, &list.items[i]);
    add_arrays(root, &list);
    return packet;
}

/* ---- sending ---- */

static void sleep_until(int64_t ns) {
    struct timespec until = {ns / 1000000000, ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void sample(brine_pool *pool, brine_pipe *pipe, double rate, double seconds) {
    int64_t period_ns = (int64_t)(1e9 / rate), begun_ns = demo_clock_ns(CLOCK_MONOTONIC), due_ns = begun_ns;
    int64_t sequence = 0, dropped = 0;
    while (!demo_stop && (double)(due_ns - begun_ns) < seconds * 1e9) {
        brine_packet packet = make_sample(pool, sequence++);
        brine_set_int(brine_root(packet), "sent_ns", demo_clock_ns(CLOCK_MONOTONIC));
        int status = brine_enqueue(pipe, packet, brine_nanoseconds(period_ns));
        if (status == BRINE_ETIMEDOUT)
            dropped++;
        else if (status < 0 && status != BRINE_EINTR)
            demo_fail("enqueue");
        if (status < 0) brine_packet_free(packet);
        due_ns += period_ns;
        int64_t now_ns = demo_clock_ns(CLOCK_MONOTONIC);
        if (due_ns < now_ns) due_ns = now_ns; /* a slow machine: as fast as it can */
        if (!demo_stop) sleep_until(due_ns);
    }
    fprintf(stderr, "sampler: %" PRId64 " samples, %" PRId64 " of them dropped\n", sequence, dropped);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"rate", required_argument, NULL, 'r'}, {"seconds", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    double rate = 20, seconds = 1e9;
    for (int option; (option = getopt_long(argc, argv, "r:s:", options, NULL)) != -1;) {
        if (option == 'r')
            rate = demo_number("--rate", optarg, 0.001, 10000);
        else if (option == 's')
            seconds = demo_number("--seconds", optarg, 0, 1e9);
        else
            return 2;
    }
    if (argc - optind < 1 || argc - optind > 2) {
        fprintf(stderr, "Usage: sampler [--rate HZ] [--seconds S] POOL [PIPE]\n");
        return 2;
    }
    demo_catch_signals();
    brine_pool *pool = demo_attach(argv[optind]);
    brine_pipe *pipe;
    if (brine_pipe_serve(pool, argc - optind == 2 ? argv[optind + 1] : "samples", 0, &pipe) < 0) demo_fail("serving");
    sample(pool, pipe, rate, seconds);
    brine_pipe_close(pipe);
    demo_pool = NULL;
    brine_pool_detach(pool);
    return 0;
}
