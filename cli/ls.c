/* SPDX-License-Identifier: Apache-2.0 */
/* brine ls: the pools there are, or the names inside pools. Looks without touching. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

enum { OPT_JSON = CLI_OPT_OWN, OPT_PIPES, OPT_PUBLISHED };

static const struct option longs[] = {
    {"long", no_argument, NULL, 'l'},
    {"json", no_argument, NULL, OPT_JSON},
    {"pipes", no_argument, NULL, OPT_PIPES},
    {"published", no_argument, NULL, OPT_PUBLISHED},
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static struct {
    bool details, json, pipes, published;
    brine_ref list; /* with --json: the arr to append to */
    int code;
} ls;

static void failed(int status) {
    int code = cli_fail(status);
    if (ls.code == CLI_OK) ls.code = code;
}

/* ---- pools ---- */

static int pool_info(const char *name, brine_pool_info *info) {
    brine_pool *pool;
    int status = cli_look(name, &pool);
    if (status < 0) return status;
    status = brine_pool_get_info(pool, info);
    brine_pool_detach(pool);
    return status;
}

static void add_pool(const brine_pool_info *info) {
    brine_ref pool = brine_append_tab(ls.list);
    brine_set_str(pool, "name", info->name);
    brine_set_uint(pool, "max_bytes", info->max_bytes);
    brine_set_uint(pool, "committed_bytes", info->committed_bytes);
    brine_set_uint(pool, "used_bytes", info->used_bytes);
    brine_set_uint(pool, "packets", info->packets);
    brine_set_uint(pool, "participants", info->participants);
    brine_set_uint(pool, "pipes", info->pipes);
    brine_set_uint(pool, "published", info->published);
    brine_set_uint(pool, "mode", info->mode);
    brine_set_uint(pool, "owner_uid", info->owner_uid);
    brine_set_uint(pool, "created_ns", info->created_ns);
}

static void print_pool(const brine_pool_info *info) {
    char created[32] = "?";
    time_t seconds = (time_t)(info->created_ns / 1000000000);
    struct tm parts;
    if (localtime_r(&seconds, &parts) != NULL) strftime(created, sizeof created, "%Y-%m-%d %H:%M:%S", &parts);
    printf("%-24s %10s %10s %8" PRIu64 " %5u %5u %5u  %s\n", info->name, cli_bytes(info->max_bytes),
           cli_bytes(info->used_bytes), info->packets, info->participants, info->pipes, info->published, created);
}

static int visit_pool(const char *name, void *context) {
    (void)context;
    brine_pool_info info;
    if (!ls.details && !ls.json) {
        puts(name);
        return 0;
    }
    int status = pool_info(name, &info);
    if (status == BRINE_ENOENT) return 0; /* removed since it was listed */
    if (status < 0) {
        failed(status);
        return 0;
    }
    cli_clean(info.name);
    if (ls.json)
        add_pool(&info);
    else
        print_pool(&info);
    return 0;
}

static int list_pools(void) {
    if (ls.details && !ls.json) {
        printf("%-24s %10s %10s %8s %5s %5s %5s  %s\n", "POOL", "SIZE", "USED", "PACKETS", "PROCS", "PIPES", "PUBL",
               "CREATED");
    }
    return brine_pool_list(visit_pool, NULL);
}

/* ---- names in one pool ---- */

static void show_name(const char *kind, const char *name, uint64_t number, const char *unit) {
    if (ls.json) {
        brine_ref entry = brine_append_tab(ls.list);
        brine_set_str(entry, "kind", kind);
        brine_set_str(entry, "name", name);
        brine_set_uint(entry, unit, number);
    } else if (ls.details) {
        printf("%-10s %-32s %12" PRIu64 " %s\n", kind, name, number, unit);
    } else {
        puts(name);
    }
}

static int visit_pipe(const brine_pipe_info *info, void *context) {
    (void)context;
    brine_pipe_info copy = *info;
    show_name("pipe", cli_clean(copy.name), info->depth, "packets");
    return 0;
}

static int visit_published(const brine_published_info *info, void *context) {
    (void)context;
    brine_published_info copy = *info;
    show_name("published", cli_clean(copy.name), info->bytes, "bytes");
    return 0;
}

static int list_names(const char *name) {
    brine_pool *pool;
    int status = cli_look(name, &pool);
    if (status < 0) return status;
    if (ls.pipes) status = brine_pipe_each(pool, visit_pipe, NULL);
    if (status == 0 && ls.published) status = brine_published_each(pool, visit_published, NULL);
    brine_pool_detach(pool);
    return status;
}

static int run(int argc, char **argv) {
    for (int option; (option = cli_option(argc, argv, ":lh", longs)) != -1;) {
        switch (option) {
        case 'l': ls.details = true; break;
        case OPT_JSON: ls.json = true; break;
        case OPT_PIPES: ls.pipes = true; break;
        case OPT_PUBLISHED: ls.published = true; break;
        }
    }
    cli_operands(argc, ls.pipes || ls.published ? 1 : 0, -1);
    if (!ls.pipes && !ls.published) ls.pipes = ls.published = true;
    brine_packet scratch = brine_packet_none();
    if (ls.json) {
        int status = cli_scratch(&scratch);
        if (status < 0) return cli_fail(status);
        ls.list = brine_assign_arr(brine_root(scratch));
    }
    int status = optind == argc ? list_pools() : 0;
    if (status < 0) failed(status);
    for (int i = optind; i < argc; i++) {
        status = list_names(argv[i]);
        if (status < 0) failed(status);
    }
    if (ls.json) {
        status = brine_print(ls.list, BRINE_JSON_PRETTY, 0, stdout);
        if (status < 0) failed(status);
        putchar('\n');
    }
    return cli_finish(ls.code);
}

const struct cli_command cli_ls = {
    .name = "ls",
    .summary = "list pools, or the pipes and published values of a pool",
    .arguments = "[-l] [--json] [POOL]...",
    .help = "Lists the pools there are, one name per line. With POOL: its pipes and published values.\n\n"
            "  -l, --long           more about each\n"
            "      --json           an array of objects\n"
            "      --pipes          of a POOL, only pipes\n"
            "      --published      of a POOL, only published values\n",
    .run = run,
};
