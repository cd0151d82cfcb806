/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine tee: from one pipe to several, by reference.
 *
 * With the policy "block" a packet is taken from the input only when every output has room: an
 * interrupt or a timeout then finds no packet in hand that would be lost.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { OPT_POLICY = CLI_OPT_OWN, OPT_KEEP_OPEN, OPT_WAIT };

static const struct option longs[] = {
    {"capacity", required_argument, NULL, 'c'},
    {"keep-open", no_argument, NULL, OPT_KEEP_OPEN},
    {"no-close", no_argument, NULL, OPT_KEEP_OPEN},
    {"policy", required_argument, NULL, OPT_POLICY},
    {"quiet", no_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, 'v'},
    {"wait", required_argument, NULL, OPT_WAIT},
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static struct {
    brine_policy policy;
    double timeout_s, wait_s;
    uint32_t capacity;
    bool keep_open, quiet, verbose;
    brine_pool *pool;
    brine_pipe *input;
    size_t count; /* outputs */
    brine_pipe **outputs;
    uint64_t *missed; /* per output: packets that it did not get, but for those dropped by policy */
    uint64_t *drops;  /* per output: its counter at the beginning */
    int *status;      /* per output: of the last packet */
    struct cli_progress progress;
} tee = {.timeout_s = HUGE_VAL, .wait_s = HUGE_VAL};

static brine_policy parse_policy(const char *text) {
    if (strcmp(text, "block") == 0) return BRINE_BLOCK;
    if (strcmp(text, "drop-newest") == 0) return BRINE_DROP_NEWEST;
    if (strcmp(text, "drop-oldest") == 0) return BRINE_DROP_OLDEST;
    cli_usage("--policy: \"%s\" is none of block, drop-newest, drop-oldest", text);
}

static int wait_for_room(void) {
    brine_deadline end = brine_until(brine_seconds(tee.timeout_s));
    for (size_t i = 0; i < tee.count; i++) {
        brine_wait room = {tee.outputs[i], BRINE_WRITABLE, 0};
        int status = cli_stopped() ? BRINE_EINTR : brine_wait_any(&room, 1, end);
        if (status == BRINE_ETIMEDOUT)
            cli_say("pipe \"%s\" is full for %g s", brine_pipe_name(tee.outputs[i]), tee.timeout_s);
        if (status < 0) return status;
    }
    return 0;
}

/* With BRINE_BLOCK only another writer can have filled an output since it had room: wait then, but not
 * when the user wants to stop. */
static int deliver(brine_packet packet) {
    brine_deadline deadline = brine_seconds(tee.policy == BRINE_BLOCK ? HUGE_VAL
                                            : isinf(tee.timeout_s)    ? 0
                                                                      : tee.timeout_s);
    brine_packet rest = brine_packet_none();
    int status = brine_fanout(packet, tee.outputs, tee.count, tee.policy, deadline, tee.status, &rest);
    for (size_t i = 0; i < tee.count; i++) {
        if (tee.status[i] == 0) continue;
        if (brine_packet_held(rest)) {
            brine_packet share;
            if (brine_packet_clone(rest, &share) == 0) {
                tee.status[i] = brine_enqueue(tee.outputs[i], share, brine_now());
                if (tee.status[i] < 0) brine_packet_free(share);
            }
        }
        if (tee.status[i] < 0 && (tee.policy == BRINE_BLOCK || tee.status[i] != BRINE_ETIMEDOUT)) tee.missed[i]++;
    }
    brine_packet_free(rest);
    return status;
}

/* CLI_OK at the end of the stream; else an exit code, with its message printed. */
static int transfer(void) {
    for (;;) {
        brine_packet packet;
        int status = tee.policy == BRINE_BLOCK ? wait_for_room() : 0;
        if (status == BRINE_ETIMEDOUT) return CLI_TIMED_OUT;
        if (status == 0) status = cli_stopped() ? BRINE_EINTR : brine_dequeue(tee.input, &packet, brine_forever());
        if (status == BRINE_ECLOSED) return CLI_OK;
        if (status < 0) return cli_fail(status);
        uint64_t bytes = 0;
        if (brine_packet_bytes(packet, &bytes) < 0) bytes = 0;
        status = deliver(packet);
        if (status < 0) return cli_fail(status);
        cli_progress_add(&tee.progress, bytes);
    }
}

static uint64_t drops_of(size_t i) {
    brine_pipe_info info;
    return brine_pipe_get_info(tee.pool, brine_pipe_name(tee.outputs[i]), &info) == 0 ? info.drops : 0;
}

static int open_pipes(const char *input, char **outputs) {
    tee.outputs = calloc(tee.count, sizeof *tee.outputs);
    tee.missed = calloc(tee.count, sizeof *tee.missed);
    tee.drops = calloc(tee.count, sizeof *tee.drops);
    tee.status = calloc(tee.count, sizeof *tee.status);
    if (!tee.outputs || !tee.missed || !tee.drops || !tee.status) return BRINE_ENOMEM;
    for (size_t i = 0; i < tee.count; i++) {
        int status = brine_pipe_serve(tee.pool, outputs[i], tee.capacity, &tee.outputs[i]);
        if (status < 0) return status;
        tee.drops[i] = drops_of(i);
    }
    return cli_connect(tee.pool, input, tee.wait_s, &tee.input);
}

static int finish(int code) {
    cli_progress_end(&tee.progress, tee.verbose, "");
    for (size_t i = 0; i < tee.count; i++) {
        uint64_t missed = tee.missed[i] + drops_of(i) - tee.drops[i];
        if (missed > 0 && !tee.quiet) {
            cli_say("pipe \"%s\" lost %" PRIu64 " packets", brine_pipe_name(tee.outputs[i]), missed);
        }
        if (code == CLI_OK && !tee.keep_open)
            brine_pipe_close(tee.outputs[i]);
        else
            brine_pipe_detach(tee.outputs[i]);
    }
    cli_watch(NULL);
    brine_pipe_close(tee.input);
    brine_pool_detach(tee.pool);
    return code;
}

static void parse_options(int argc, char **argv) {
    for (int option; (option = cli_option(argc, argv, ":c:qt:vh", longs)) != -1;) {
        switch (option) {
        case 'c': tee.capacity = (uint32_t)cli_number("--capacity", optarg, 1, BRINE_CAPACITY_MAX); break;
        case 'q': tee.quiet = true; break;
        case 't': tee.timeout_s = cli_seconds("--timeout", optarg); break;
        case 'v': tee.verbose = true; break;
        case OPT_POLICY: tee.policy = parse_policy(optarg); break;
        case OPT_KEEP_OPEN: tee.keep_open = true; break;
        case OPT_WAIT: tee.wait_s = cli_seconds("--wait", optarg); break;
        }
    }
    cli_operands(argc, 3, -1);
    for (int i = optind + 2; i < argc; i++) {
        for (int other = optind + 1; other < i; other++) {
            if (strcmp(argv[i], argv[other]) == 0) cli_usage("pipe \"%s\" is given twice", argv[i]);
        }
    }
}

static int run(int argc, char **argv) {
    parse_options(argc, argv);
    cli_catch_signals();
    int status = cli_attach(argv[optind], tee.wait_s, &tee.pool);
    if (status < 0) return cli_fail(status);
    tee.count = (size_t)(argc - optind - 2);
    status = open_pipes(argv[optind + 1], argv + optind + 2);
    if (status < 0) return cli_fail(status);
    cli_progress_begin(&tee.progress, tee.quiet);
    return finish(transfer());
}

const struct cli_command cli_tee = {
    .name = "tee",
    .summary = "pass packets from one pipe to several, by reference",
    .arguments = "[OPTION]... POOL IN OUT...",
    .help = "Serves every pipe OUT and gives each of them every packet of pipe IN. Nothing is copied: the\n"
            "packets become shared, and so cannot be changed by their readers. When the stream IN ends, the\n"
            "streams OUT end.\n\n"
            "      --policy POLICY  what to do about an output that is full:\n"
            "                         block        wait for it (the default)\n"
            "                         drop-newest  it does not get this packet\n"
            "                         drop-oldest  its oldest packet makes room\n"
            "  -t, --timeout S      block: give up when an output is full for so long (default: never);\n"
            "                       drop-newest: wait so long before dropping (default 0)\n"
            "  -c, --capacity N     packets that each output holds (default: what it has, 64 for a new one)\n"
            "      --keep-open      do not end the streams OUT (also --no-close)\n"
            "      --wait S         wait so many seconds for the pool and the pipe IN (default: for ever)\n"
            "  -q, --quiet          no progress, and do not say what was dropped\n"
            "  -v, --verbose        say at the end what was passed on\n",
    .run = run,
};
