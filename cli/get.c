/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine get: takes packets from a pipe and prints them.
 *
 * Invariants: no packet is taken while the output is known to be broken. What was taken is written
 * before the next wait, so nothing printable sits in a buffer while the pipe is idle. If writing fails
 * all the same, the number of packets that were taken but not written in full is reported. From a pipe with leases
 * a packet is acknowledged when it is written: until then it is the pipe's.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct option longs[] = {
    {"count", required_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, 'v'},
    {"wait", required_argument, NULL, CLI_OPT_OWN},
    CLI_FORMAT_OPTIONS,
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

#define BATCH_BYTES 65536
#define BATCH_PACKETS 512

static struct {
    struct cli_format format;
    double timeout_s, wait_s;
    uint64_t count;
    bool quiet, verbose;
    brine_pool *pool;
    brine_pipe *pipe;
    struct cli_progress progress;
    char *text; /* printed, not yet written */
    size_t used, room;
    size_t ends[BATCH_PACKETS];         /* of the packets in text */
    brine_packet leased[BATCH_PACKETS]; /* these packets, if they are leased; else none */
    size_t packets;                     /* in text */
} get = {.format = CLI_FORMAT_INIT, .timeout_s = HUGE_VAL, .wait_s = HUGE_VAL, .count = UINT64_MAX};

/* ---- the output ---- */

/* The first `written` bytes of the text are out: acknowledges what is whole, gives the rest back. Returns the
 * number of packets that could not be given back. */
static size_t output_done(size_t written) {
    size_t lost = 0;
    for (size_t i = 0; i < get.packets; i++) {
        bool leased = get.leased[i].record != 0;
        if (get.ends[i] <= written)
            brine_packet_free(get.leased[i]);
        else if (leased)
            brine_nack(get.leased[i]);
        else
            lost++;
    }
    get.packets = get.used = 0;
    return lost;
}

static int output_error(size_t written, int error) {
    uint64_t leased = 0;
    for (size_t i = 0; i < get.packets; i++) leased += get.leased[i].record != 0 && get.ends[i] > written;
    size_t lost = output_done(written);
    if (lost > 0 || error != EPIPE) {
        cli_say("cannot write to standard output: %s; %zu packets were taken from the pipe but not written, %" PRIu64
                " were given back",
                strerror(error), lost, leased);
    }
    return error == EPIPE ? 128 + SIGPIPE : CLI_FAILED;
}

/* Writes what was printed. A signal does not stop it: what was taken is to arrive. */
static int output_flush(void) {
    for (size_t done = 0; done < get.used;) {
        ssize_t wrote = write(STDOUT_FILENO, get.text + done, get.used - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return output_error(done, errno);
        done += (size_t)wrote;
    }
    output_done(get.used);
    return CLI_OK;
}

/* False if nobody can read what we would write. */
static bool output_works(void) {
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) <= 0 || (out.revents & (POLLERR | POLLNVAL)) == 0;
}

/* The packet is the output's from then on. */
static bool output_add(brine_packet packet, const char *text, size_t length) {
    if (get.used + length + 1 > get.room) {
        size_t room = 2 * (get.used + length + 1);
        char *grown = realloc(get.text, room);
        if (grown == NULL) return false;
        get.text = grown;
        get.room = room;
    }
    memcpy(get.text + get.used, text, length);
    get.used += length;
    if (length == 0 || text[length - 1] != '\n') get.text[get.used++] = '\n';
    bool leased = brine_deliveries(packet) > 0;
    if (!leased) brine_packet_free(packet);
    get.leased[get.packets] = leased ? packet : brine_packet_none();
    get.ends[get.packets++] = get.used;
    return true;
}

/* Consumes the packet. One that cannot be printed is given up: another reader would fail at it, too. */
static int print_packet(brine_packet packet) {
    char *text;
    size_t length;
    int status = brine_print_text(brine_root(packet), get.format.style, get.format.flags, &text, &length);
    if (status < 0) {
        cli_say("packet %" PRIu64 " was taken but cannot be printed: %s", get.progress.packets + 1, brine_detail());
        brine_packet_free(packet);
        return CLI_FAILED;
    }
    bool added = output_add(packet, text, length);
    free(text);
    if (!added) {
        brine_packet_free(packet);
        cli_say("no memory to print packet %" PRIu64, get.progress.packets + 1);
        return CLI_FAILED;
    }
    cli_progress_add(&get.progress, length);
    return get.packets == BATCH_PACKETS || get.used >= BATCH_BYTES ? output_flush() : CLI_OK;
}

/* ---- the pipe ---- */

/* Takes the next packet. CLI_OK; -1 at the end of the stream; an exit code with its message printed. */
static int take(brine_packet *packet) {
    brine_deadline end = brine_until(brine_seconds(get.timeout_s));
    for (;;) {
        int status = 0;
        if (brine_pipe_length(get.pipe) == 0) {
            int code = output_flush();
            if (code != CLI_OK) return code;
            brine_wait wait = {get.pipe, BRINE_READABLE, 0};
            status = cli_stopped() ? BRINE_EINTR : brine_wait_any(&wait, 1, end);
        }
        if (status == 0 && cli_stopped()) status = BRINE_EINTR;
        if (status < 0) return cli_fail(status);
        if (!output_works()) return output_error(0, EPIPE);
        status = brine_dequeue(get.pipe, packet, brine_now());
        if (status == BRINE_ECLOSED) return -1;
        if (status != BRINE_ETIMEDOUT) return status < 0 ? cli_fail(status) : CLI_OK;
    }
}

static int transfer(void) {
    int code = CLI_OK;
    while (code == CLI_OK && get.progress.packets < get.count) {
        brine_packet packet;
        code = take(&packet);
        if (code != CLI_OK) break;
        code = print_packet(packet);
    }
    int flushed = output_flush();
    return code <= CLI_OK ? flushed : code;
}

static void parse_options(int argc, char **argv) {
    for (int option; (option = cli_option(argc, argv, ":n:qt:vh", longs)) != -1;) {
        if (cli_format_option(&get.format, option)) continue;
        switch (option) {
        case 'n': get.count = cli_number("-n", optarg, 0, UINT64_MAX - 1); break;
        case 'q': get.quiet = true; break;
        case 't': get.timeout_s = cli_seconds("--timeout", optarg); break;
        case 'v': get.verbose = true; break;
        case CLI_OPT_OWN: get.wait_s = cli_seconds("--wait", optarg); break;
        }
    }
    cli_operands(argc, 2, 2);
}

static int run(int argc, char **argv) {
    parse_options(argc, argv);
    cli_catch_signals();
    brine_deadline end = brine_until(brine_seconds(get.wait_s));
    int status = cli_attach(argv[optind], get.wait_s, &get.pool);
    double left_s = (double)(end.ns - cli_clock_ns()) / 1e9;
    if (status == 0) status = cli_connect(get.pool, argv[optind + 1], left_s, &get.pipe);
    if (status < 0) return cli_fail(status);
    cli_progress_begin(&get.progress, get.quiet || isatty(STDOUT_FILENO));
    int code = transfer();
    cli_progress_end(&get.progress, get.verbose, "");
    cli_watch(NULL);
    brine_pipe_close(get.pipe);
    brine_pool_detach(get.pool);
    free(get.text);
    return code;
}

const struct cli_command cli_get = {
    .name = "get",
    .summary = "take packets from a pipe and print them",
    .arguments = "[OPTION]... POOL PIPE",
    .help =
        "Waits for the pool and the pipe, then takes packets and prints them until the stream ends.\n\n"
        "  -n, --count N        stop after N packets\n"
        "  -t, --timeout S      give up when no packet comes for so many seconds (default: never)\n"
        "      --wait S         wait so many seconds for the pool and the pipe (default: for ever)\n" CLI_FORMAT_HELP
        "  -q, --quiet          no progress\n"
        "  -v, --verbose        say at the end what was taken\n",
    .run = run,
};
