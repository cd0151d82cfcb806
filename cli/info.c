/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine info: the numbers of a pool, its participants, pipes and published values, or of one pipe.
 * Looks without touching. The report is built as a value, like any packet, and then printed either as
 * JSON or as tables, so that both say the same.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli.h"

enum { OPT_JSON = CLI_OPT_OWN };

static const struct option longs[] = {{"json", no_argument, NULL, OPT_JSON}, CLI_HELP_OPTION, CLI_NO_OPTION};

/* ---- collecting ---- */

static void set_uuid(brine_ref tab, const uint8_t *uuid) {
    char text[33];
    for (int i = 0; i < 16; i++) snprintf(text + 2 * i, 3, "%02x", uuid[i]);
    brine_set_str(tab, "uuid", text);
}

static void fill_pool(brine_ref tab, const brine_pool_info *info) {
    char name[sizeof info->name];
    memcpy(name, info->name, sizeof name);
    brine_set_str(tab, "name", cli_clean(name));
    set_uuid(tab, info->uuid);
    brine_set_uint(tab, "max_bytes", info->max_bytes);
    brine_set_uint(tab, "committed_bytes", info->committed_bytes);
    brine_set_uint(tab, "high_bytes", info->high_bytes);
    brine_set_uint(tab, "used_bytes", info->used_bytes);
    brine_set_uint(tab, "table_bytes", info->table_bytes);
    brine_set_uint(tab, "packets", info->packets);
    brine_set_uint(tab, "reaps", info->reaps);
    brine_set_uint(tab, "created_ns", info->created_ns);
    brine_set_uint(tab, "format_major", info->format_major);
    brine_set_uint(tab, "format_minor", info->format_minor);
    brine_set_uint(tab, "mode", info->mode);
    brine_set_uint(tab, "owner_uid", info->owner_uid);
}

static int add_participant(const brine_participant_info *info, void *context) {
    char command[sizeof info->command + 1] = "";
    memcpy(command, info->command, sizeof info->command);
    brine_ref tab = brine_append_tab(*(brine_ref *)context);
    brine_set_uint(tab, "index", info->index);
    brine_set_int(tab, "pid", info->pid);
    brine_set_str(tab, "command", cli_clean(command));
    brine_set_uint(tab, "uid", info->uid);
    brine_set_bool(tab, "alive", info->alive);
    brine_set_uint(tab, "packets_held", info->packets_held);
    brine_set_uint(tab, "bytes_held", info->bytes_held);
    brine_set_uint(tab, "pid_namespace", info->pid_namespace);
    brine_set_uint(tab, "start_ns", info->start_ns);
    return 0;
}

static void fill_pipe(brine_ref tab, const brine_pipe_info *info) {
    char name[sizeof info->name];
    memcpy(name, info->name, sizeof name);
    brine_set_str(tab, "name", cli_clean(name));
    brine_set_uint(tab, "capacity", info->capacity);
    brine_set_uint(tab, "depth", info->depth);
    brine_set_uint(tab, "packets_in", info->packets_in);
    brine_set_uint(tab, "packets_out", info->packets_out);
    brine_set_uint(tab, "bytes_in", info->bytes_in);
    brine_set_uint(tab, "bytes_out", info->bytes_out);
    brine_set_uint(tab, "timeouts_in", info->timeouts_in);
    brine_set_uint(tab, "timeouts_out", info->timeouts_out);
    brine_set_uint(tab, "drops", info->drops);
    brine_set_uint(tab, "returned", info->returned);
    brine_set_uint(tab, "servers", info->servers);
    brine_set_uint(tab, "clients", info->clients);
    brine_set_uint(tab, "blocked_writers", info->blocked_writers);
    brine_set_uint(tab, "blocked_readers", info->blocked_readers);
    brine_set_bool(tab, "closed", info->closed);
    brine_set_bool(tab, "leases", info->leases);
    if (!info->leases) return;
    memcpy(name, info->dead_letter, sizeof name);
    brine_set_uint(tab, "leased", info->leased);
    brine_set_uint(tab, "max_deliveries", info->max_deliveries);
    brine_set_str(tab, "dead_letter", cli_clean(name));
    brine_set_uint(tab, "dead_letters", info->dead_letters);
}

static int add_user(const brine_user_info *info, void *context) {
    char command[sizeof info->command + 1] = "";
    memcpy(command, info->command, sizeof info->command);
    brine_ref tab = brine_append_tab(*(brine_ref *)context);
    brine_set_uint(tab, "participant", info->participant);
    brine_set_int(tab, "pid", info->pid);
    brine_set_str(tab, "command", cli_clean(command));
    brine_set_bool(tab, "server", info->server);
    brine_set_bool(tab, "reads", info->reads);
    brine_set_bool(tab, "writes", info->writes);
    brine_set_uint(tab, "packets_in", info->packets_in);
    brine_set_uint(tab, "packets_out", info->packets_out);
    brine_set_uint(tab, "leased", info->leased);
    brine_set_uint(tab, "blocked_writers", info->blocked_writers);
    brine_set_uint(tab, "blocked_readers", info->blocked_readers);
    return 0;
}

/* Who has the pipe open. One that was removed meanwhile has nobody. */
static int fill_users(brine_pool *pool, brine_ref pipe, const char *name) {
    brine_ref list = brine_set_arr(pipe, "users");
    int status = brine_pipe_user_each(pool, name, add_user, &list);
    return status == BRINE_ENOENT ? 0 : status;
}

struct pipes {
    brine_pool *pool;
    brine_ref list;
};

static int add_pipe(const brine_pipe_info *info, void *context) {
    struct pipes *pipes = context;
    brine_ref tab = brine_append_tab(pipes->list);
    fill_pipe(tab, info);
    return fill_users(pipes->pool, tab, info->name);
}

static int add_published(const brine_published_info *info, void *context) {
    char name[sizeof info->name];
    memcpy(name, info->name, sizeof name);
    brine_ref tab = brine_append_tab(*(brine_ref *)context);
    brine_set_str(tab, "name", cli_clean(name));
    brine_set_uint(tab, "bytes", info->bytes);
    brine_set_uint(tab, "holders", info->holders);
    brine_set_uint(tab, "version", info->version);
    return 0;
}

static int collect_pool(brine_pool *pool, brine_ref report) {
    brine_pool_info info;
    int status = brine_pool_get_info(pool, &info);
    if (status < 0) return status;
    fill_pool(report, &info);
    brine_ref list = brine_set_arr(report, "participants");
    status = brine_participant_each(pool, add_participant, &list);
    list = brine_set_arr(report, "pipes");
    struct pipes pipes = {pool, list};
    if (status == 0) status = brine_pipe_each(pool, add_pipe, &pipes);
    list = brine_set_arr(report, "published");
    if (status == 0) status = brine_published_each(pool, add_published, &list);
    return status;
}

static int collect(const char *pool_name, const char *pipe_name, brine_ref report) {
    brine_pool *pool;
    int status = cli_look(pool_name, &pool);
    if (status < 0) return status;
    if (pipe_name == NULL) {
        status = collect_pool(pool, report);
    } else {
        brine_pipe_info info;
        status = brine_pipe_get_info(pool, pipe_name, &info);
        if (status == 0) fill_pipe(report, &info);
        if (status == 0) status = fill_users(pool, report, info.name);
    }
    brine_pool_detach(pool);
    return status;
}

/* ---- printing ---- */

static uint64_t number(brine_ref tab, const char *key) {
    uint64_t value;
    return brine_as_uint(brine_find(tab, key), &value) == 0 ? value : 0;
}

static const char *size(brine_ref tab, const char *key) { return cli_bytes(number(tab, key)); }

static void print_numbers(brine_ref pool) {
    char created[40] = "?";
    time_t seconds = (time_t)(number(pool, "created_ns") / 1000000000);
    struct tm parts;
    if (localtime_r(&seconds, &parts) != NULL) strftime(created, sizeof created, "%Y-%m-%d %H:%M:%S %z", &parts);
    printf("pool       %s\n", brine_get_str(pool, "name", ""));
    printf("size       %s at most; %s committed, %s at the highest; tables %s\n", size(pool, "max_bytes"),
           size(pool, "committed_bytes"), size(pool, "high_bytes"), size(pool, "table_bytes"));
    printf("in use     %s in %" PRIu64 " packets\n", size(pool, "used_bytes"), number(pool, "packets"));
    printf("created    %s, by uid %" PRIu64 ", mode %04o, format %" PRIu64 ".%" PRIu64 ", %s\n", created,
           number(pool, "owner_uid"), (unsigned)number(pool, "mode"), number(pool, "format_major"),
           number(pool, "format_minor"), brine_get_str(pool, "uuid", ""));
    printf("reaped     %" PRIu64 " dead participants\n", number(pool, "reaps"));
}

/* Equal pids in two namespaces are two processes; ours needs no mention. */
static const char *namespace_note(uint64_t namespace) {
    static char text[48];
    struct stat ours;
    if (namespace == 0 || stat("/proc/self/ns/pid", &ours) != 0 || (uint64_t)ours.st_ino == namespace) return "";
    snprintf(text, sizeof text, "  pid namespace %" PRIu64, namespace);
    return text;
}

static void print_participants(brine_ref list) {
    if (brine_length(list) == 0) return;
    printf("\n%5s %8s %-16s %8s %8s %10s\n", "PROC", "PID", "COMMAND", "UID", "PACKETS", "HELD");
    brine_iter it = brine_iterate(list);
    for (brine_ref p; brine_next(&it, NULL, &p);) {
        printf("%5" PRIu64 " %8" PRId64 " %-16s %8" PRIu64 " %8" PRIu64 " %10s%s%s\n", number(p, "index"),
               brine_get_int(p, "pid", 0), brine_get_str(p, "command", ""), number(p, "uid"), number(p, "packets_held"),
               size(p, "bytes_held"), brine_get_bool(p, "alive", true) ? "" : "  dead",
               namespace_note(number(p, "pid_namespace")));
    }
}

static void print_pipe_table(brine_ref list) {
    if (brine_length(list) == 0) return;
    printf("\n%-20s %6s %9s %12s %12s %10s %10s %5s %5s %5s %s\n", "PIPE", "DEPTH", "CAPACITY", "IN", "OUT", "BYTES IN",
           "BYTES OUT", "DROPS", "SERV", "CLNT", "STATE");
    brine_iter it = brine_iterate(list);
    for (brine_ref p; brine_next(&it, NULL, &p);) {
        printf("%-20s %6" PRIu64 " %9" PRIu64 " %12" PRIu64 " %12" PRIu64 " %10s %10s %5" PRIu64 " %5" PRIu64
               " %5" PRIu64 " %s\n",
               brine_get_str(p, "name", ""), number(p, "depth"), number(p, "capacity"), number(p, "packets_in"),
               number(p, "packets_out"), size(p, "bytes_in"), size(p, "bytes_out"), number(p, "drops"),
               number(p, "servers"), number(p, "clients"), brine_get_bool(p, "closed", false) ? "closed" : "open");
    }
}

static const char *role(brine_ref user) {
    static char text[32];
    snprintf(text, sizeof text, "%s%s%s", brine_get_bool(user, "server", false) ? "serves " : "",
             brine_get_bool(user, "writes", false) ? "writes " : "",
             brine_get_bool(user, "reads", false) ? "reads " : "");
    return text[0] ? text : "has it open ";
}

/* One line for each process that has the pipe open. */
static void print_users(brine_ref pipe, bool first) {
    brine_iter it = brine_iterate(brine_find(pipe, "users"));
    for (brine_ref u; brine_next(&it, NULL, &u); first = false) {
        if (first)
            printf("\n%-20s %5s %8s %-16s %12s %12s %7s %7s %s\n", "PIPE", "PROC", "PID", "COMMAND", "IN", "OUT",
                   "LEASED", "WAITING", "ROLE");
        printf("%-20s %5" PRIu64 " %8" PRId64 " %-16s %12" PRIu64 " %12" PRIu64 " %7" PRIu64 " %7" PRIu64 " %s\n",
               brine_get_str(pipe, "name", ""), number(u, "participant"), brine_get_int(u, "pid", 0),
               brine_get_str(u, "command", ""), number(u, "packets_in"), number(u, "packets_out"), number(u, "leased"),
               number(u, "blocked_writers") + number(u, "blocked_readers"), role(u));
    }
}

static void print_all_users(brine_ref pipes) {
    brine_iter it = brine_iterate(pipes);
    bool first = true;
    for (brine_ref p; brine_next(&it, NULL, &p);) {
        print_users(p, first);
        first = first && brine_length(brine_find(p, "users")) == 0;
    }
}

static void print_published(brine_ref list) {
    if (brine_length(list) == 0) return;
    printf("\n%-32s %10s %8s %10s\n", "PUBLISHED", "SIZE", "HOLDERS", "VERSION");
    brine_iter it = brine_iterate(list);
    for (brine_ref p; brine_next(&it, NULL, &p);) {
        printf("%-32s %10s %8" PRIu64 " %10" PRIu64 "\n", brine_get_str(p, "name", ""), size(p, "bytes"),
               number(p, "holders"), number(p, "version"));
    }
}

static void print_pipe(brine_ref p) {
    printf("pipe       %s, %s\n", brine_get_str(p, "name", ""), brine_get_bool(p, "closed", false) ? "closed" : "open");
    printf("depth      %" PRIu64 " of %" PRIu64 " packets\n", number(p, "depth"), number(p, "capacity"));
    printf("in         %" PRIu64 " packets, %s, %" PRIu64 " timeouts, %" PRIu64 " writers waiting\n",
           number(p, "packets_in"), size(p, "bytes_in"), number(p, "timeouts_in"), number(p, "blocked_writers"));
    printf("out        %" PRIu64 " packets, %s, %" PRIu64 " timeouts, %" PRIu64 " readers waiting\n",
           number(p, "packets_out"), size(p, "bytes_out"), number(p, "timeouts_out"), number(p, "blocked_readers"));
    printf("dropped    %" PRIu64 " by fan-out; %" PRIu64 " given back by readers\n", number(p, "drops"),
           number(p, "returned"));
    printf("handles    %" PRIu64 " servers, %" PRIu64 " clients\n", number(p, "servers"), number(p, "clients"));
    if (brine_get_bool(p, "leases", false)) {
        printf("leases     %" PRIu64 " packets with readers", number(p, "leased"));
        if (number(p, "max_deliveries") > 0)
            printf("; after %" PRIu64 " deliveries to \"%s\": %" PRIu64, number(p, "max_deliveries"),
                   brine_get_str(p, "dead_letter", ""), number(p, "dead_letters"));
        putchar('\n');
    }
    print_users(p, true);
}

static int run(int argc, char **argv) {
    bool json = false;
    for (int option; (option = cli_option(argc, argv, ":h", longs)) != -1;) json = true;
    cli_operands(argc, 1, 2);
    const char *pipe_name = argc - optind == 2 ? argv[optind + 1] : NULL;
    brine_packet packet;
    int status = cli_scratch(&packet);
    if (status < 0) return cli_fail(status);
    brine_ref report = brine_root(packet);
    status = collect(argv[optind], pipe_name, report);
    if (status == 0) status = brine_packet_error(packet);
    if (status == 0 && json) status = brine_print(report, BRINE_JSON_PRETTY, 0, stdout);
    if (status < 0) return cli_fail(status);
    if (json) {
        putchar('\n');
    } else if (pipe_name != NULL) {
        print_pipe(report);
    } else {
        print_numbers(report);
        print_participants(brine_find(report, "participants"));
        print_pipe_table(brine_find(report, "pipes"));
        print_all_users(brine_find(report, "pipes"));
        print_published(brine_find(report, "published"));
    }
    return cli_finish(CLI_OK);
}

const struct cli_command cli_info = {
    .name = "info",
    .summary = "the numbers of a pool: participants, pipes, published values",
    .arguments = "[--json] POOL [PIPE]",
    .help = "Prints what a pool holds, who is attached to it and who has which pipe open, or this of one pipe. Takes\n"
            "nothing: no packet, no lock, no participant slot.\n\n"
            "      --json           the same as JSON\n",
    .run = run,
};
