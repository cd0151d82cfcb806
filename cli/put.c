/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine put: records from files into a pipe, one packet each.
 *
 * Invariants: a record that cannot be parsed leaves nothing in the pipe. Only reaching the end of the
 * input ends the stream: after an error or a signal it stays open, as if the writer had died, so that
 * readers do not mistake a part for the whole.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

enum {
    OPT_CREATE = CLI_OPT_OWN,
    OPT_CONNECT,
    OPT_DEAD_LETTER,
    OPT_KEEP_OPEN,
    OPT_LEASES,
    OPT_MAX_DELIVERIES,
    OPT_SKIP_BAD,
    OPT_WAIT,
    OPT_JSON,
    OPT_LITERAL,
    OPT_STRICT
};

static const struct option longs[] = {
    {"capacity", required_argument, NULL, 'c'},
    {"connect", no_argument, NULL, OPT_CONNECT},
    {"create", required_argument, NULL, OPT_CREATE},
    {"dead-letter", required_argument, NULL, OPT_DEAD_LETTER},
    {"json", no_argument, NULL, OPT_JSON},
    {"leases", no_argument, NULL, OPT_LEASES},
    {"literal", no_argument, NULL, OPT_LITERAL},
    {"keep-open", no_argument, NULL, OPT_KEEP_OPEN},
    {"max-deliveries", required_argument, NULL, OPT_MAX_DELIVERIES},
    {"no-close", no_argument, NULL, OPT_KEEP_OPEN},
    {"quiet", no_argument, NULL, 'q'},
    {"rate", required_argument, NULL, 'r'},
    {"skip-bad", no_argument, NULL, OPT_SKIP_BAD},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"timeout", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, 'v'},
    {"wait", required_argument, NULL, OPT_WAIT},
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static struct {
    enum cli_syntax syntax;
    unsigned flags;
    brine_pipe_options options;
    uint64_t create_bytes;
    double timeout_s, wait_s, rate;
    bool connect, keep_open, skip_bad, quiet, verbose;
    brine_pool *pool;
    brine_pipe *pipe;
    struct cli_progress progress;
    uint64_t bad;
    int64_t next_ns; /* when the next packet is due, with --rate */
} put = {.flags = BRINE_JSON_NAN, .timeout_s = HUGE_VAL, .wait_s = 5};

static void sleep_until(int64_t ns) {
    struct timespec until = {ns / 1000000000, ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL); /* a signal ends it early: the caller looks */
}

static double parse_rate(const char *text) {
    double rate = cli_seconds("--rate", text);
    if (!(rate > 0)) cli_usage("--rate: packets per second must be more than 0");
    return rate;
}

/* Memory that readers are about to give back is waited for, as a full pipe is: as long as there is
 * something in the pipe, and a moment longer for the reader that has the last packet. */
static int build(const struct cli_input *input, brine_deadline deadline, brine_packet *packet) {
    int64_t hope_ends_ns = cli_clock_ns() + 200000000;
    for (;;) {
        int status = cli_input_parse(input, put.pool, packet);
        if (status != BRINE_ENOMEM || cli_stopped()) return status;
        int64_t now_ns = cli_clock_ns();
        if (brine_pipe_length(put.pipe) > 0) hope_ends_ns = now_ns + 200000000;
        if (now_ns >= hope_ends_ns || now_ns >= deadline.ns) return status;
        sleep_until(now_ns + 2000000);
    }
}

static void keep_pace(void) {
    if (put.rate <= 0) return;
    int64_t now_ns = cli_clock_ns();
    if (put.next_ns == 0) put.next_ns = now_ns;
    while (put.next_ns > cli_clock_ns() && !cli_stopped()) sleep_until(put.next_ns);
    put.next_ns += (int64_t)(1e9 / put.rate);
}

/* Sends one record. CLI_OK, or the exit code with a message printed. */
static int send_record(const struct cli_input *input) {
    brine_packet packet;
    brine_deadline deadline = brine_until(brine_seconds(put.timeout_s));
    int status = build(input, deadline, &packet);
    if (status == BRINE_ENOMEM) return cli_fail(status);
    if (status < 0) {
        put.bad++;
        return put.skip_bad ? CLI_OK : CLI_FAILED;
    }
    keep_pace();
    status = cli_stopped() ? BRINE_EINTR : brine_enqueue(put.pipe, packet, deadline);
    if (status < 0) {
        int code = cli_fail(status);
        brine_packet_free(packet);
        return code;
    }
    cli_progress_add(&put.progress, input->length);
    return CLI_OK;
}

static int send_file(const char *name) {
    struct cli_input input;
    int code = cli_input_open(&input, name, put.syntax, put.flags);
    if (code != CLI_OK) return code;
    int got = 1;
    while (code == CLI_OK && (got = cli_input_next(&input)) > 0) code = send_record(&input);
    if (got < 0) code = cli_stopped() ? cli_stopped_code() : CLI_FAILED;
    cli_input_close(&input);
    return code;
}

static int open_pool(const char *name) {
    if (put.create_bytes > 0) {
        brine_pool_options options = {.max_bytes = put.create_bytes};
        int status = brine_pool_create(name, &options, &put.pool);
        if (status == 0) cli_watch(put.pool);
        if (status != BRINE_EEXIST) return status;
    }
    return cli_attach(name, put.wait_s, &put.pool);
}

static int open_pipe(const char *name) {
    if (put.connect) return cli_connect(put.pool, name, put.wait_s, &put.pipe);
    if (put.options.flags & BRINE_PIPE_LEASES) return brine_pipe_serve_with(put.pool, name, &put.options, &put.pipe);
    return brine_pipe_serve(put.pool, name, put.options.capacity, &put.pipe);
}

static int finish(int code) {
    cli_progress_end(&put.progress, put.verbose, "");
    if (put.bad > 0 && put.skip_bad) cli_say("%" PRIu64 " bad records skipped", put.bad);
    if (code == CLI_OK && !put.keep_open) {
        int status = brine_pipe_close(put.pipe);
        if (status < 0) code = cli_fail(status);
    } else {
        brine_pipe_detach(put.pipe);
        if (code != CLI_OK && !put.quiet)
            cli_say("stopped after %" PRIu64 " packets; the stream is left open", put.progress.packets);
    }
    cli_watch(NULL);
    brine_pool_detach(put.pool);
    return code;
}

static void parse_options(int argc, char **argv) {
    for (int option; (option = cli_option(argc, argv, ":c:qr:t:vh", longs)) != -1;) {
        switch (option) {
        case 'c': put.options.capacity = (uint32_t)cli_number("--capacity", optarg, 1, BRINE_CAPACITY_MAX); break;
        case 'q': put.quiet = true; break;
        case 'r': put.rate = parse_rate(optarg); break;
        case 't': put.timeout_s = cli_seconds("--timeout", optarg); break;
        case 'v': put.verbose = true; break;
        case OPT_CREATE: put.create_bytes = cli_size("--create", optarg); break;
        case OPT_CONNECT: put.connect = true; break;
        case OPT_DEAD_LETTER: put.options.dead_letter = optarg; break;
        case OPT_LEASES: put.options.flags |= BRINE_PIPE_LEASES; break;
        case OPT_MAX_DELIVERIES:
            put.options.max_deliveries = (uint32_t)cli_number("--max-deliveries", optarg, 1, 65534);
            break;
        case OPT_KEEP_OPEN: put.keep_open = true; break;
        case OPT_SKIP_BAD: put.skip_bad = true; break;
        case OPT_WAIT: put.wait_s = cli_seconds("--wait", optarg); break;
        case OPT_JSON: put.syntax = CLI_JSON_DOCUMENT; break;
        case OPT_LITERAL: put.syntax = CLI_LITERAL_LINES; break;
        case OPT_STRICT: put.flags &= ~BRINE_JSON_NAN; break;
        }
    }
    cli_operands(argc, 2, -1);
    if (!put.options.max_deliveries != !put.options.dead_letter)
        cli_usage("--max-deliveries and --dead-letter go together");
    if (put.options.max_deliveries) put.options.flags |= BRINE_PIPE_LEASES;
    if (put.connect && (put.options.flags & BRINE_PIPE_LEASES))
        cli_usage("--connect takes the pipe as it is; leases are for its server to ask for");
}

static int run(int argc, char **argv) {
    parse_options(argc, argv);
    cli_catch_signals();
    int status = open_pool(argv[optind]);
    if (status == 0) status = open_pipe(argv[optind + 1]);
    if (status < 0) return cli_fail(status);
    cli_progress_begin(&put.progress, put.quiet);
    int code = CLI_OK;
    if (argc - optind == 2) code = send_file("-");
    for (int i = optind + 2; i < argc && code == CLI_OK; i++) code = send_file(argv[i]);
    return finish(code);
}

const struct cli_command cli_put = {
    .name = "put",
    .summary = "send records from files through a pipe",
    .arguments = "[OPTION]... POOL PIPE [FILE]...",
    .help = "Serves the pipe and sends one packet for each line of JSON in the files, or in standard input\n"
            "if there is none or it is \"-\". At the end of the input the stream ends. A line that cannot be\n"
            "parsed stops it, with FILE:LINE:COLUMN; lines before it have been sent. Blank lines are passed\n"
            "over.\n\n"
            "      --json           each file is one JSON document, whatever its lines\n"
            "      --literal        each line is a Python literal\n"
            "      --strict         NaN, Infinity and -Infinity are errors\n"
            "      --skip-bad       report and count bad lines, and go on\n"
            "  -c, --capacity N     packets that the pipe holds (default: what it has, 64 for a new one)\n"
            "      --leases         a pipe whose packets go to another reader if theirs dies before it is done\n"
            "      --max-deliveries N, --dead-letter PIPE\n"
            "                       with leases that go to another pipe after N readers\n"
            "      --connect        write to a pipe that somebody else serves, and do not end its stream\n"
            "      --keep-open      do not end the stream (also --no-close)\n"
            "      --create SIZE    make the pool if it does not exist\n"
            "      --wait S         wait so many seconds for the pool to appear (default 5), with --connect\n"
            "                       also for the pipe\n"
            "  -t, --timeout S      give up when the pipe is full for so long (default: never)\n"
            "  -r, --rate N         at most N packets per second\n"
            "  -q, --quiet          no progress\n"
            "  -v, --verbose        say at the end what was sent\n",
    .run = run,
};
