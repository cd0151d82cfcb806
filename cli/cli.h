/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of `brine` share. Each subcommand is one struct cli_command in the table of
 * main.c; its run function parses its own options with cli_option and returns the exit code.
 *
 * Interruption: a command that may wait calls cli_catch_signals first and opens its pool with
 * cli_attach. From then on SIGINT and SIGTERM end its waits with BRINE_EINTR; cli_stopped says so.
 */
#ifndef BRINE_CLI_H
#define BRINE_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <brine/brine.h>

/* Exit codes, as in brine(1). An interrupted command exits with 128 + the signal. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_TIMED_OUT = 3, CLI_NOT_FOUND = 4 };

struct cli_command {
    const char *name;
    const char *summary;   /* one line for `brine --help` */
    const char *arguments; /* of the usage line; lines of a further form start with '\n' */
    const char *help;      /* what it does and its options, ready to print */
    int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_create, cli_ls, cli_info, cli_rm, cli_put, cli_get, cli_peek, cli_tee, cli_publish,
    cli_lookup, cli_reap, cli_check, cli_trim;

/* The command that runs now, for messages. */
extern const struct cli_command *cli_current;

/* ---- arguments (options.c) ---- */

/* As getopt_long, for the current command: prints help and exits at -h or --help, complains and exits
 * with CLI_USAGE at anything wrong. -1 at the end of the options. */
int cli_option(int argc, char **argv, const char *shorts, const struct option *longs);
/* Exits with CLI_USAGE unless least..most operands are left (most < 0: any number). */
void cli_operands(int argc, int least, int most);
/* Prints "brine: COMMAND: text" and how to get help, and exits with CLI_USAGE. */
_Noreturn void cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The values of options; a wrong one ends in cli_usage. */
double cli_seconds(const char *option, const char *text);
uint64_t cli_number(const char *option, const char *text, uint64_t least, uint64_t most);
uint64_t cli_size(const char *option, const char *text);
void cli_print_help(const struct cli_command *command, FILE *to);

/* ---- failing, waiting, stopping (session.c) ---- */

/* Prints "brine: COMMAND: text" on stderr. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Explains a failed brine call (silently when it is the user's interrupt); returns the exit code. */
int cli_fail(int status);
int cli_exit_code(int status);
/* Flushes stdout; CLI_FAILED with a message if what was printed could not be written. */
int cli_finish(int code);

void cli_catch_signals(void);
bool cli_stopped(void);
/* 128 + the signal that stopped the command. */
int cli_stopped_code(void);
/* Makes the waits on this pool end when a signal was caught. One pool at a time. */
void cli_watch(brine_pool *pool);
/* Attaches, waiting for the pool, and watches it. 0 or a negative status. */
int cli_attach(const char *name, double wait_s, brine_pool **pool);
/* Attaches read-only, without waiting. */
int cli_look(const char *name, brine_pool **pool);
/* Opens a pipe as a reader or second writer, waiting for it. */
int cli_connect(brine_pool *pool, const char *name, double wait_s, brine_pipe **pipe);

/* ---- progress on stderr (progress.c) ---- */

struct cli_progress {
    bool live;  /* a line on a terminal, rewritten while the work goes on */
    bool shown; /* such a line stands there now */
    int64_t begun_ns, next_ns;
    uint64_t packets, bytes;
};
int64_t cli_clock_ns(void);
void cli_progress_begin(struct cli_progress *progress, bool quiet);
void cli_progress_add(struct cli_progress *progress, size_t bytes);
/* Clears the line; with summary, prints one line that says what was done. */
void cli_progress_end(struct cli_progress *progress, bool summary, const char *what);

/* ---- text (show.c) ---- */

/* "1.5 MiB"; valid until the eighth next call. */
const char *cli_bytes(uint64_t bytes);
/* Text from a pool for a terminal: control characters and non-ASCII bytes become '?'. In place. */
char *cli_clean(char *text);
/* A packet of a private pool to build JSON output in. 0 or a negative status. */
int cli_scratch(brine_packet *packet);

/* How packets are printed and values are read. */
struct cli_format {
    brine_style style;
    unsigned flags;
};
/* Handles the options shared by get, peek and lookup: --json --pretty --literal --indent --strict
 * --ascii --sort. */
#define CLI_FORMAT_OPTIONS                                                                                             \
    {"json", no_argument, NULL, CLI_OPT_JSON}, {"pretty", no_argument, NULL, CLI_OPT_PRETTY},                          \
        {"literal", no_argument, NULL, CLI_OPT_LITERAL}, {"indent", no_argument, NULL, CLI_OPT_INDENT},                \
        {"strict", no_argument, NULL, CLI_OPT_STRICT}, {"ascii", no_argument, NULL, CLI_OPT_ASCII}, {                  \
        "sort", no_argument, NULL, CLI_OPT_SORT                                                                        \
    }
#define CLI_HELP_OPTION                                                                                                \
    { "help", no_argument, NULL, 'h' }
#define CLI_NO_OPTION                                                                                                  \
    { NULL, 0, NULL, 0 }
enum {
    CLI_OPT_JSON = 1000,
    CLI_OPT_PRETTY,
    CLI_OPT_LITERAL,
    CLI_OPT_INDENT,
    CLI_OPT_STRICT,
    CLI_OPT_ASCII,
    CLI_OPT_SORT,
    CLI_OPT_OWN
};
#define CLI_FORMAT_INIT                                                                                                \
    { BRINE_JSON, BRINE_JSON_NAN }
#define CLI_FORMAT_HELP                                                                                                \
    "      --json           one line of JSON per packet (the default)\n"                                               \
    "      --indent         JSON on several lines\n"                                                                   \
    "      --literal        one line per packet, as a Python literal\n"                                                \
    "      --pretty         Python-like, one item per line\n"                                                          \
    "      --sort           tabs in the order of their keys\n"                                                         \
    "      --ascii          escape everything outside ASCII\n"                                                         \
    "      --strict         refuse NaN and infinities, which JSON does not have\n"
/* True if the option was one of them. */
bool cli_format_option(struct cli_format *format, int option);

/* ---- records in (input.c) ---- */

enum cli_syntax { CLI_JSON_LINES, CLI_JSON_DOCUMENT, CLI_LITERAL_LINES };

struct cli_input {
    FILE *file;
    const char *name;
    enum cli_syntax syntax;
    unsigned flags; /* of brine_parse_json */
    char *text;     /* the record read last */
    size_t room, length;
    size_t line; /* of the record, from 1 */
};
/* Opens a file ("-": standard input). CLI_OK, or an exit code with a message printed. */
int cli_input_open(struct cli_input *input, const char *name, enum cli_syntax syntax, unsigned flags);
/* Reads the next record that is not blank. 1: there is one; 0: the end; -1: could not read (said). */
int cli_input_next(struct cli_input *input);
/* Parses it to the root of a new packet. 0; BRINE_ENOMEM; or a status, after FILE:LINE:COLUMN was said. */
int cli_input_parse(const struct cli_input *input, brine_pool *pool, brine_packet *packet);
void cli_input_close(struct cli_input *input);

#endif
