/* SPDX-License-Identifier: Apache-2.0 */
/* brine publish and brine lookup: values under a name, for everyone to read. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* ---- publish ---- */

enum { OPT_LITERAL = CLI_OPT_OWN, OPT_JSON, OPT_REMOVE, OPT_STRICT, OPT_WAIT };

static const struct option publish_longs[] = {
    {"literal", required_argument, NULL, OPT_LITERAL},
    {"json", required_argument, NULL, OPT_JSON},
    {"remove", no_argument, NULL, OPT_REMOVE},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"wait", required_argument, NULL, OPT_WAIT},
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static struct {
    const char *text; /* the value, if it was given on the command line */
    enum cli_syntax syntax;
    unsigned flags;
    bool remove;
    double wait_s;
} publish = {.syntax = CLI_JSON_DOCUMENT, .flags = BRINE_JSON_NAN, .wait_s = 5};

static void set_text(const char *text, enum cli_syntax syntax) {
    if (publish.text != NULL) cli_usage("one value can be published at a time");
    publish.text = text;
    publish.syntax = syntax;
}

/* CLI_OK with the text of the value in *input, or an exit code with its message printed. */
static int read_value(const char *file, struct cli_input *input) {
    if (publish.text == NULL) {
        int code = cli_input_open(input, file, CLI_JSON_DOCUMENT, publish.flags);
        if (code != CLI_OK) return code;
        if (cli_input_next(input) > 0) return CLI_OK;
        return cli_stopped() ? cli_stopped_code() : CLI_FAILED;
    }
    *input = (struct cli_input){.name = "value", .syntax = publish.syntax, .flags = publish.flags, .line = 1};
    input->text = strdup(publish.text);
    input->length = strlen(publish.text);
    if (input->text != NULL) return CLI_OK;
    cli_say("no memory for the value");
    return CLI_FAILED;
}

static int publish_value(brine_pool *pool, const char *name, const struct cli_input *input) {
    brine_packet packet;
    int status = cli_input_parse(input, pool, &packet);
    if (status == BRINE_ENOMEM) return cli_fail(status);
    if (status < 0) return CLI_FAILED; /* said where */
    status = brine_publish(pool, name, packet);
    if (status == 0) return CLI_OK;
    int code = cli_fail(status);
    brine_packet_free(packet);
    return code;
}

static void parse_publish_options(int argc, char **argv) {
    for (int option; (option = cli_option(argc, argv, ":h", publish_longs)) != -1;) {
        switch (option) {
        case OPT_LITERAL: set_text(optarg, CLI_LITERAL_LINES); break;
        case OPT_JSON: set_text(optarg, CLI_JSON_DOCUMENT); break;
        case OPT_REMOVE: publish.remove = true; break;
        case OPT_STRICT: publish.flags &= ~BRINE_JSON_NAN; break;
        case OPT_WAIT: publish.wait_s = cli_seconds("--wait", optarg); break;
        }
    }
    if (publish.remove && publish.text != NULL) cli_usage("--remove takes no value");
    cli_operands(argc, 2, publish.text != NULL || publish.remove ? 2 : 3);
}

static int publish_run(int argc, char **argv) {
    parse_publish_options(argc, argv);
    cli_catch_signals();
    struct cli_input input = {0};
    const char *name = argv[optind + 1];
    if (!publish.remove) {
        int code = read_value(argc - optind == 3 ? argv[optind + 2] : "-", &input);
        if (code != CLI_OK) return code;
    }
    brine_pool *pool;
    int status = cli_attach(argv[optind], publish.wait_s, &pool);
    if (status < 0) return cli_fail(status);
    int code;
    if (publish.remove) {
        status = brine_unpublish(pool, name);
        code = status < 0 ? cli_fail(status) : CLI_OK;
    } else {
        code = publish_value(pool, name, &input);
    }
    cli_input_close(&input);
    cli_watch(NULL);
    brine_pool_detach(pool);
    return code;
}

const struct cli_command cli_publish = {
    .name = "publish",
    .summary = "put a value under a name for everyone to read",
    .arguments = "[OPTION]... POOL NAME [FILE]\n--literal TEXT POOL NAME\n--json TEXT POOL NAME\n--remove POOL NAME",
    .help = "Publishes one JSON document, from FILE or standard input, in place of what was there. Readers\n"
            "see the old value or the new one. It stays until it is replaced or removed.\n\n"
            "      --literal TEXT   publish this Python literal\n"
            "      --json TEXT      publish this JSON text\n"
            "      --remove         remove the published value\n"
            "      --strict         NaN, Infinity and -Infinity are errors\n"
            "      --wait S         wait so many seconds for the pool to appear (default 5)\n",
    .run = publish_run,
};

/* ---- lookup ---- */

static const struct option lookup_longs[] = {
    {"wait", required_argument, NULL, OPT_WAIT},
    CLI_FORMAT_OPTIONS,
    CLI_HELP_OPTION,
    CLI_NO_OPTION,
};

static int print_name(const brine_published_info *info, void *context) {
    (void)context;
    brine_published_info copy = *info;
    puts(cli_clean(copy.name));
    return 0;
}

static int list_names(const char *pool_name) {
    brine_pool *pool;
    int status = cli_look(pool_name, &pool);
    if (status == 0) status = brine_published_each(pool, print_name, NULL);
    if (status < 0) return cli_fail(status);
    brine_pool_detach(pool);
    return cli_finish(CLI_OK);
}

static int lookup_run(int argc, char **argv) {
    struct cli_format format = CLI_FORMAT_INIT;
    double wait_s = 0;
    for (int option; (option = cli_option(argc, argv, ":h", lookup_longs)) != -1;) {
        if (option == OPT_WAIT)
            wait_s = cli_seconds("--wait", optarg);
        else
            cli_format_option(&format, option);
    }
    cli_operands(argc, 1, 2);
    if (argc - optind == 1) return list_names(argv[optind]);
    cli_catch_signals();
    brine_pool *pool;
    brine_packet packet;
    brine_deadline end = brine_until(brine_seconds(wait_s));
    int status = cli_attach(argv[optind], wait_s, &pool);
    if (status < 0) return cli_fail(status);
    status = cli_stopped() ? BRINE_EINTR : brine_lookup(pool, argv[optind + 1], end, &packet);
    if (status == 0) status = brine_print(brine_root(packet), format.style, format.flags, stdout);
    int code = status < 0 ? cli_fail(status) : CLI_OK;
    if (status == 0) putchar('\n');
    cli_watch(NULL);
    brine_pool_detach(pool);
    return cli_finish(code);
}

const struct cli_command cli_lookup = {
    .name = "lookup",
    .summary = "print a published value, or list the names",
    .arguments = "[OPTION]... POOL [NAME]",
    .help = "Prints the value that is published under NAME now; without NAME, the names that there are.\n\n"
            "      --wait S         wait so many seconds for the pool and the name (default 0)\n" CLI_FORMAT_HELP,
    .run = lookup_run,
};
