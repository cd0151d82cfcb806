/* SPDX-License-Identifier: Apache-2.0 */
/* `brine`: finds the subcommand in the table and runs it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct cli_command *const commands[] = {
    &cli_create, &cli_ls,      &cli_info,   &cli_rm,   &cli_put,   &cli_get,  &cli_peek,
    &cli_tee,    &cli_publish, &cli_lookup, &cli_reap, &cli_check, &cli_trim,
};
#define COMMANDS (sizeof commands / sizeof commands[0])

const struct cli_command *cli_current;

static const struct cli_command *find_command(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    }
    return NULL;
}

static void print_overview(FILE *to) {
    fputs("Usage: brine COMMAND [OPTION]... [ARGUMENT]...\n"
          "Structured values in shared memory, passed between processes by reference.\n\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++) fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`brine COMMAND --help` or `brine help COMMAND` explains one of them; `brine --version`\n"
          "prints the version. Pools are files in /dev/shm, or in the folder named by BRINE_DIR.\n"
          "Exit status: 0 done, 1 failed, 2 wrong usage, 3 timed out, 4 not found, 128 + N stopped\n"
          "by signal N. See also brine(1) and brine-overview(7).\n",
          to);
}

static int unknown(const char *name) {
    fprintf(stderr, "brine: there is no command \"%s\"; `brine --help` lists them\n", name);
    return CLI_USAGE;
}

static int help(int argc, char **argv) {
    if (argc < 1) {
        print_overview(stdout);
        return cli_finish(CLI_OK);
    }
    const struct cli_command *command = find_command(argv[0]);
    if (command == NULL) return unknown(argv[0]);
    cli_print_help(command, stdout);
    return cli_finish(CLI_OK);
}

/* A standard stream that is closed would let a pool's file take its number, and what is printed would go
 * into the pool. Opened the wrong way round, it makes reading and writing fail as they should. */
static void occupy_standard_streams(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0) exit(CLI_FAILED);
    }
}

int main(int argc, char **argv) {
    occupy_standard_streams();
    if (argc < 2) {
        print_overview(stderr);
        return CLI_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return help(0, NULL);
    if (strcmp(name, "help") == 0) return help(argc - 2, argv + 2);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("brine %s\n", brine_version());
        return cli_finish(CLI_OK);
    }
    cli_current = find_command(name);
    if (cli_current == NULL) return unknown(name);
    return cli_current->run(argc - 1, argv + 1);
}
