/* SPDX-License-Identifier: Apache-2.0 */
/* brine rm, reap, check, trim: looking after pools. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* ---- rm ---- */

static struct {
    bool stale, force, verbose;
    const char *pipe;
    int code; /* of the first failure */
} rm;

static const struct option rm_longs[] = {
    {"stale", no_argument, NULL, 's'},
    {"force", no_argument, NULL, 'f'},
    {"verbose", no_argument, NULL, 'v'},
    {"pipe", required_argument, NULL, 'p'},
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static int remove_pipe(const char *name) {
    brine_pool *pool;
    int status = cli_attach(name, 0, &pool);
    if (status < 0) return status;
    status = brine_pipe_remove(pool, rm.pipe);
    brine_pool_detach(pool);
    return status;
}

/* What rm --stale passes over without a word when the user has not named it: what is in use, gone by now,
 * somebody else's, or no pool. */
static bool passed_over(int status) {
    return status == BRINE_EBUSY || status == BRINE_ENOENT || status == BRINE_EACCES || status == BRINE_EFOREIGN;
}

static void remove_one(const char *name, bool named) {
    int status = rm.pipe != NULL ? remove_pipe(name)
                 : rm.stale      ? brine_pool_unlink_stale(name)
                                 : brine_pool_unlink(name);
    if ((!named && passed_over(status)) || (rm.force && status == BRINE_ENOENT)) return;
    if (status < 0) {
        int code = cli_fail(status);
        if (rm.code == CLI_OK) rm.code = code;
    } else if (rm.verbose) {
        printf("removed %s%s%s\n", name, rm.pipe != NULL ? " " : "", rm.pipe != NULL ? rm.pipe : "");
    }
}

static int remove_listed(const char *name, void *context) {
    (void)context;
    remove_one(name, false);
    return 0;
}

static int rm_run(int argc, char **argv) {
    for (int option; (option = cli_option(argc, argv, ":fvp:h", rm_longs)) != -1;) {
        switch (option) {
        case 's': rm.stale = true; break;
        case 'f': rm.force = true; break;
        case 'v': rm.verbose = true; break;
        case 'p': rm.pipe = optarg; break;
        }
    }
    if (rm.pipe != NULL && rm.stale) cli_usage("--pipe and --stale do not go together");
    cli_operands(argc, rm.stale || rm.force ? 0 : 1, -1);
    if (rm.stale && optind == argc) {
        int status = brine_pool_list(remove_listed, NULL);
        if (status < 0) return cli_fail(status);
    }
    for (int i = optind; i < argc; i++) remove_one(argv[i], true);
    return cli_finish(rm.code);
}

const struct cli_command cli_rm = {
    .name = "rm",
    .summary = "remove pools, all that are left over, or a pipe",
    .arguments = "[OPTION]... POOL...\n--stale [POOL]...\n--pipe PIPE POOL...",
    .help = "Removes pools. Processes that are attached carry on with theirs; the memory is free once the\n"
            "last has gone. With --stale only pools that nobody is attached to: of those named, or of all\n"
            "that there are and that this user may remove. Who attaches to a pool while it is removed gets the\n"
            "pool, which then stays, or is told that it is not there.\n\n"
            "      --stale          only pools that nobody is attached to\n"
            "  -p, --pipe PIPE      remove this pipe, with the packets in it, and leave the pool\n"
            "  -f, --force          a pool that is not there is no error\n"
            "  -v, --verbose        print the name of each that is removed\n",
    .run = rm_run,
};

/* ---- the three that take one pool ---- */

static const struct option quiet_longs[] = {{"quiet", no_argument, NULL, 'q'}, CLI_HELP_OPTION, CLI_NO_OPTION};

/* Parses [-q] POOL; returns the pool's name. */
static const char *one_pool(int argc, char **argv, bool *quiet) {
    *quiet = false;
    for (int option; (option = cli_option(argc, argv, ":qh", quiet_longs)) != -1;) *quiet = true;
    cli_operands(argc, 1, 1);
    return argv[optind];
}

static int reap_run(int argc, char **argv) {
    bool quiet;
    const char *name = one_pool(argc, argv, &quiet);
    brine_pool *pool;
    brine_pool_info before, after;
    int status = cli_look(name, &pool); /* attaching for writing reaps already: count from before it */
    if (status == 0) status = brine_pool_get_info(pool, &before);
    if (status == 0) brine_pool_detach(pool);
    if (status == 0) status = cli_attach(name, 0, &pool);
    if (status == 0) status = brine_pool_reap(pool, NULL);
    if (status == 0) status = brine_pool_get_info(pool, &after);
    if (status < 0) return cli_fail(status);
    if (!quiet) printf("%" PRIu64 " dead participants cleaned up after\n", after.reaps - before.reaps);
    brine_pool_detach(pool);
    return cli_finish(CLI_OK);
}

const struct cli_command cli_reap = {
    .name = "reap",
    .summary = "clean up after processes that died",
    .arguments = "[-q] POOL",
    .help = "Frees what dead participants of a pool held, and gives back what they had half taken. Every\n"
            "process that joins, waits or runs out of memory does the same.\n\n"
            "  -q, --quiet          do not print how many there were\n",
    .run = reap_run,
};

static void print_problem(const char *problem, void *context) {
    bool quiet = *(bool *)context;
    if (!quiet) printf("%s\n", problem);
}

static int check_run(int argc, char **argv) {
    bool quiet;
    brine_pool *pool;
    int status = cli_look(one_pool(argc, argv, &quiet), &pool);
    if (status < 0) return cli_fail(status);
    int problems = brine_pool_check(pool, print_problem, &quiet);
    if (problems < 0) return cli_fail(problems);
    brine_pool_detach(pool);
    return cli_finish(problems > 0 ? CLI_FAILED : CLI_OK);
}

const struct cli_command cli_check = {
    .name = "check",
    .summary = "prove the invariants of a quiet pool",
    .arguments = "[-q] POOL",
    .help = "Reads the whole pool, without changing it, and prints one line for each thing that is wrong;\n"
            "exit status 1 if there is any. The pool must be quiet: what other processes change meanwhile\n"
            "can look wrong. A copy of a pool's file can be checked, too: put it into the pool folder as\n"
            "brine.NAME.\n\n"
            "  -q, --quiet          print nothing, only exit with the answer\n",
    .run = check_run,
};

static int trim_run(int argc, char **argv) {
    bool quiet;
    brine_pool *pool;
    uint64_t bytes;
    int status = cli_attach(one_pool(argc, argv, &quiet), 0, &pool);
    if (status == 0) status = brine_pool_trim(pool, &bytes);
    if (status < 0) return cli_fail(status);
    if (!quiet) printf("%s given back\n", cli_bytes(bytes));
    brine_pool_detach(pool);
    return cli_finish(CLI_OK);
}

const struct cli_command cli_trim = {
    .name = "trim",
    .summary = "give memory that is not in use back to the system",
    .arguments = "[-q] POOL",
    .help = "Gives memory of a pool that holds nothing now back to the system.\n\n"
            "  -q, --quiet          do not print how much it was\n",
    .run = trim_run,
};
