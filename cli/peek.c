/* SPDX-License-Identifier: Apache-2.0 */
/* brine peek: prints packets that are in a pipe, and leaves them there. Attaches read-only. */
#include <stdlib.h>

#include "cli.h"

enum { OPT_NTH = CLI_OPT_OWN, OPT_MAX, OPT_ALL };

static const struct option longs[] = {
    {"count", required_argument, NULL, 'n'},
    {"nth", required_argument, NULL, OPT_NTH},
    {"max", required_argument, NULL, OPT_MAX},
    {"all", no_argument, NULL, OPT_ALL},
    CLI_FORMAT_OPTIONS,
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static int run(int argc, char **argv) {
    struct cli_format format = CLI_FORMAT_INIT;
    uint64_t count = 1, nth = 0, max_bytes = 0;
    for (int option; (option = cli_option(argc, argv, ":n:h", longs)) != -1;) {
        if (cli_format_option(&format, option)) continue;
        switch (option) {
        case 'n': count = cli_number("-n", optarg, 1, UINT64_MAX); break;
        case OPT_NTH: nth = cli_number("--nth", optarg, 0, BRINE_CAPACITY_MAX); break;
        case OPT_MAX: max_bytes = cli_size("--max", optarg); break;
        case OPT_ALL: count = UINT64_MAX; break;
        }
    }
    cli_operands(argc, 2, 2);
    brine_pool *pool;
    int status = cli_look(argv[optind], &pool);
    if (status < 0) return cli_fail(status);
    for (uint64_t i = 0; i < count; i++) {
        brine_packet copy;
        status = brine_peek(pool, argv[optind + 1], nth + i, max_bytes, &copy);
        if (status == BRINE_ENOENT && i > 0) { /* fewer than asked for are there */
            status = 0;
            break;
        }
        if (status == 0) status = brine_print(brine_root(copy), format.style, format.flags, stdout);
        if (status < 0) break;
        putchar('\n');
        brine_packet_free(copy);
        if (ferror(stdout)) break;
    }
    int code = status < 0 ? cli_fail(status) : CLI_OK;
    brine_pool_detach(pool);
    return cli_finish(code);
}

const struct cli_command cli_peek = {
    .name = "peek",
    .summary = "print packets of a pipe without taking them",
    .arguments = "[OPTION]... POOL PIPE",
    .help = "Prints the packet that would be taken next, or several, and leaves them where they are. Packets\n"
            "that others take meanwhile may be missed. A published value can be looked at in the same way.\n\n"
            "  -n, --count N        print up to N packets (default 1)\n"
            "      --all            print all that are there\n"
            "      --nth K          begin with number K, counted from 0\n"
            "      --max SIZE       cut strings, bytes and arrays that are longer\n" CLI_FORMAT_HELP,
    .run = run,
};
