/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of subcommands: options, operands, numbers, and what to say when they are wrong. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void cli_print_help(const struct cli_command *command, FILE *to) {
    fprintf(to, "Usage: brine %s ", command->name);
    for (const char *c = command->arguments; *c != '\0'; c++) {
        fputc(*c, to);
        if (*c == '\n') fprintf(to, "       brine %s ", command->name);
    }
    fprintf(to, "\n%s", command->help);
}

void cli_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "brine: %s: ", cli_current->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nUsage: brine %s %.*s\n`brine %s --help` says more.\n", cli_current->name,
            (int)strcspn(cli_current->arguments, "\n"), cli_current->arguments, cli_current->name);
    va_end(args);
    exit(CLI_USAGE);
}

/* The option as the user wrote it: getopt has it in optopt when it is a known one or a short one. */
static const char *wrong_option(char **argv, const struct option *longs) {
    static char name[64];
    for (; longs->name != NULL && optopt != 0; longs++) {
        if (longs->val != optopt) continue;
        snprintf(name, sizeof name, "--%s", longs->name);
        return name;
    }
    if (optopt == 0) return argv[optind - 1];
    snprintf(name, sizeof name, "-%c", optopt);
    return name;
}

int cli_option(int argc, char **argv, const char *shorts, const struct option *longs) {
    opterr = 0;
    optopt = 0;
    int option = getopt_long(argc, argv, shorts, longs, NULL);
    if (option == 'h') {
        cli_print_help(cli_current, stdout);
        exit(cli_finish(CLI_OK));
    }
    if (option == ':') cli_usage("option %s needs a value", wrong_option(argv, longs));
    if (option == '?') cli_usage("option %s is not known, is ambiguous or takes no value", wrong_option(argv, longs));
    return option;
}

void cli_operands(int argc, int least, int most) {
    int count = argc - optind;
    if (count < least) cli_usage("something is missing after \"%s\"", cli_current->name);
    if (most >= 0 && count > most) cli_usage("there are %d operands too many", count - most);
}

double cli_seconds(const char *option, const char *text) {
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds >= 0))
        cli_usage("%s: \"%s\" is not a number of seconds", option, text);
    return seconds;
}

uint64_t cli_number(const char *option, const char *text, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < least || number > most) {
        cli_usage("%s: \"%s\" is not a whole number from %llu to %llu", option, text, (unsigned long long)least,
                  (unsigned long long)most);
    }
    return number;
}

uint64_t cli_size(const char *option, const char *text) {
    uint64_t bytes;
    if (brine_parse_size(text, &bytes) < 0)
        cli_usage("%s: \"%s\" is not a size such as 1000000, 64K, 1.5G", option, text);
    return bytes;
}
