/* SPDX-License-Identifier: Apache-2.0 */
/* One line on stderr about work that takes long: only on a terminal, and only from the second second. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define SECOND_NS 1000000000

int64_t cli_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)SECOND_NS + now.tv_nsec;
}

void cli_progress_begin(struct cli_progress *progress, bool quiet) {
    *progress = (struct cli_progress){.live = !quiet && isatty(STDERR_FILENO), .begun_ns = cli_clock_ns()};
    progress->next_ns = progress->begun_ns + SECOND_NS;
}

static void print_line(const struct cli_progress *progress, const char *before, const char *after) {
    double seconds = (double)(cli_clock_ns() - progress->begun_ns) / SECOND_NS;
    double rate = seconds > 0 ? (double)progress->packets / seconds : 0;
    fprintf(stderr, "%sbrine: %s: %llu packets, %s, %.1f s, %.0f packets/s%s", before, cli_current->name,
            (unsigned long long)progress->packets, cli_bytes(progress->bytes), seconds, rate, after);
}

void cli_progress_add(struct cli_progress *progress, size_t bytes) {
    progress->packets++;
    progress->bytes += bytes;
    if (!progress->live || cli_clock_ns() < progress->next_ns) return;
    print_line(progress, "\r", "\033[K");
    progress->shown = true;
    progress->next_ns = cli_clock_ns() + SECOND_NS / 4;
}

void cli_progress_end(struct cli_progress *progress, bool summary, const char *what) {
    if (progress->shown) fputs("\r\033[K", stderr);
    progress->shown = false;
    if (summary) print_line(progress, "", what);
    if (summary) fputc('\n', stderr);
}
