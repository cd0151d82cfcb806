/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: sizes, names from a pool that may hold anything, formats of values. */
#include <stdio.h>

#include "cli.h"

const char *cli_bytes(uint64_t bytes) {
    static char texts[8][16];
    static unsigned turn;
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char *text = texts[turn++ % 8];
    if (bytes < 1024) {
        snprintf(text, sizeof texts[0], "%u B", (unsigned)bytes);
        return text;
    }
    double number = (double)bytes / 1024;
    unsigned unit = 0;
    for (; number >= 1023.95 && unit < 5; unit++) number /= 1024;
    snprintf(text, sizeof texts[0], "%.1f %s", number, units[unit]);
    return text;
}

char *cli_clean(char *text) {
    for (char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') *c = '?';
    }
    return text;
}

/* The pool stays attached until the process ends: the packet lives in it. */
int cli_scratch(brine_packet *packet) {
    brine_pool *pool;
    brine_pool_options options = {.max_bytes = 64 << 20};
    int status = brine_pool_create_private(&options, &pool);
    return status < 0 ? status : brine_packet_new(pool, packet);
}

bool cli_format_option(struct cli_format *format, int option) {
    switch (option) {
    case CLI_OPT_JSON: format->style = BRINE_JSON; return true;
    case CLI_OPT_INDENT: format->style = BRINE_JSON_PRETTY; return true;
    case CLI_OPT_PRETTY: format->style = BRINE_PRETTY; return true;
    case CLI_OPT_LITERAL: format->style = BRINE_LITERAL; return true;
    case CLI_OPT_STRICT: format->flags &= ~BRINE_JSON_NAN; return true;
    case CLI_OPT_ASCII: format->flags |= BRINE_TEXT_ASCII; return true;
    case CLI_OPT_SORT: format->flags |= BRINE_TEXT_SORT; return true;
    default: return false;
    }
}
