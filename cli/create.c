/* SPDX-License-Identifier: Apache-2.0 */
/* brine create: makes a pool and leaves it for others. */
#include <stdlib.h>

#include "cli.h"

enum { OPT_INITIAL = CLI_OPT_OWN, OPT_MODE, OPT_HUGE, OPT_REPLACE, OPT_POPULATE };

static const struct option longs[] = {
    {"size", required_argument, NULL, 's'},
    {"initial", required_argument, NULL, OPT_INITIAL},
    {"mode", required_argument, NULL, OPT_MODE},
    {"huge", no_argument, NULL, OPT_HUGE},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"populate", no_argument, NULL, OPT_POPULATE},
    {"verbose", no_argument, NULL, 'v'},
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static mode_t parse_mode(const char *text) {
    char *end;
    unsigned long mode = strtoul(text, &end, 8);
    if (text[0] < '0' || text[0] > '7' || *end != '\0' || mode > 0777) {
        cli_usage("--mode: \"%s\" is not an octal mode such as 0660", text);
    }
    return (mode_t)mode;
}

static int run(int argc, char **argv) {
    brine_pool_options options = {0};
    bool verbose = false;
    for (int option; (option = cli_option(argc, argv, ":s:vh", longs)) != -1;) {
        switch (option) {
        case 's': options.max_bytes = cli_size("--size", optarg); break;
        case 'v': verbose = true; break;
        case OPT_INITIAL: options.initial_bytes = cli_size("--initial", optarg); break;
        case OPT_MODE: options.mode = parse_mode(optarg); break;
        case OPT_HUGE: options.flags |= BRINE_POOL_HUGE; break;
        case OPT_REPLACE: options.flags |= BRINE_POOL_REPLACE; break;
        case OPT_POPULATE: options.flags |= BRINE_POOL_POPULATE; break;
        }
    }
    cli_operands(argc, 1, 1);
    brine_pool *pool;
    int status = brine_pool_create(argv[optind], &options, &pool);
    if (status < 0) return cli_fail(status);
    if (verbose) cli_say("pool \"%s\" made, for at most %s", argv[optind], cli_bytes(brine_pool_bytes(pool)));
    brine_pool_detach(pool);
    return CLI_OK;
}

const struct cli_command cli_create = {
    .name = "create",
    .summary = "make a pool",
    .arguments = "NAME [--size SIZE] [OPTION]...",
    .help = "Makes a pool and leaves it there for others to attach to. A pool that exists already is left\n"
            "alone, and is an error.\n\n"
            "  -s, --size SIZE      most memory for packets and pipes, such as 64M (default 1G); only what\n"
            "                       is used is taken\n"
            "      --initial SIZE   take so much at once, so that it is there for certain\n"
            "      --populate       touch that memory now, so that first use is fast\n"
            "      --huge           ask for huge pages\n"
            "      --mode MODE      permission bits of the file, octal (default 0600)\n"
            "      --replace        remove an existing pool of this name first; those attached keep it\n"
            "  -v, --verbose        say what was made\n",
    .run = run,
};
