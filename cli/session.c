/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failing, waiting and stopping.
 *
 * brine_pool_interrupt reaches waits that are under way only, and a signal may come just before one
 * begins. The handler therefore starts a timer that interrupts again every 20 ms, until the command
 * has noticed. SIGINT and SIGTERM are caught once: the second one kills.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "cli.h"

static volatile sig_atomic_t stop_signal;
static brine_pool *volatile watched;

static void on_signal(int signal_number) {
    int saved = errno;
    if (signal_number != SIGALRM) {
        stop_signal = signal_number;
        struct itimerval again = {{0, 20000}, {0, 20000}};
        setitimer(ITIMER_REAL, &again, NULL);
    }
    brine_pool *pool = watched;
    if (pool != NULL) brine_pool_interrupt(pool);
    errno = saved;
}

static void catch_one(int signal_number, int flags) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void cli_catch_signals(void) {
    catch_one(SIGALRM, 0);
    catch_one(SIGINT, (int)SA_RESETHAND);
    catch_one(SIGTERM, (int)SA_RESETHAND);
    signal(SIGPIPE, SIG_IGN); /* a broken pipe is an error of write(), which can be reported */
}

void cli_watch(brine_pool *pool) { watched = pool; }

bool cli_stopped(void) { return stop_signal != 0; }

int cli_stopped_code(void) { return 128 + stop_signal; }

void cli_say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "brine: %s: ", cli_current->name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int cli_exit_code(int status) {
    switch (status) {
    case BRINE_OK: return CLI_OK;
    case BRINE_ENAME: return CLI_USAGE;
    case BRINE_ETIMEDOUT: return CLI_TIMED_OUT;
    case BRINE_ENOENT: return CLI_NOT_FOUND;
    case BRINE_EINTR: return cli_stopped() ? cli_stopped_code() : CLI_FAILED;
    default: return CLI_FAILED;
    }
}

int cli_fail(int status) {
    if (status != BRINE_EINTR || !cli_stopped()) {
        const char *detail = brine_detail();
        cli_say("%s", detail[0] != '\0' ? detail : brine_status_text(status));
    }
    return cli_exit_code(status);
}

int cli_finish(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    fprintf(stderr, "brine: cannot write to standard output: %s\n", strerror(errno));
    return code != CLI_OK ? code : CLI_FAILED;
}

/* Waits in slices: there is no pool yet that the signal handler could interrupt. */
int cli_attach(const char *name, double wait_s, brine_pool **pool) {
    brine_deadline end = brine_until(brine_seconds(wait_s));
    for (;;) {
        int64_t slice_ns = cli_clock_ns() + 100 * 1000000;
        brine_deadline slice = {slice_ns < end.ns ? slice_ns : end.ns};
        int status = brine_pool_attach(name, NULL, slice, pool);
        if (status == 0) cli_watch(*pool);
        if (cli_stopped() && status < 0) return BRINE_EINTR;
        if (status != BRINE_ENOENT || cli_clock_ns() >= end.ns) return status;
    }
}

int cli_look(const char *name, brine_pool **pool) {
    brine_pool_options options = {.flags = BRINE_POOL_READONLY};
    return brine_pool_attach(name, &options, brine_now(), pool);
}

int cli_connect(brine_pool *pool, const char *name, double wait_s, brine_pipe **pipe) {
    if (cli_stopped()) return BRINE_EINTR;
    return brine_pipe_connect(pool, name, brine_seconds(wait_s), pipe);
}
