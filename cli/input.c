/* SPDX-License-Identifier: Apache-2.0 */
/* Records in: one value per line, or one JSON document per file, each parsed into a packet of its own. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

int cli_input_open(struct cli_input *input, const char *name, enum cli_syntax syntax, unsigned flags) {
    *input = (struct cli_input){.name = name, .syntax = syntax, .flags = flags};
    bool standard = strcmp(name, "-") == 0;
    input->file = standard ? stdin : fopen(name, "re");
    if (standard) input->name = "standard input";
    if (input->file != NULL) return CLI_OK;
    cli_say("%s: %s", name, strerror(errno));
    return errno == ENOENT ? CLI_NOT_FOUND : CLI_FAILED;
}

/* True if the read failed, rather than reached the end; says why unless the user stopped it. */
static bool read_failed(const struct cli_input *input) {
    if (!ferror(input->file)) return false;
    if (!cli_stopped()) cli_say("%s: %s", input->name, strerror(errno));
    return true;
}

static bool is_blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!isspace((unsigned char)text[i])) return false;
    }
    return true;
}

static int next_line(struct cli_input *input) {
    for (;;) {
        ssize_t got = getline(&input->text, &input->room, input->file);
        if (got < 0) return read_failed(input) ? -1 : 0;
        input->line++;
        input->length = (size_t)got;
        if (input->length > 0 && input->text[input->length - 1] == '\n') input->length--;
        if (!is_blank(input->text, input->length)) return 1;
    }
}

static bool make_room(struct cli_input *input) {
    if (input->length < input->room) return true;
    size_t room = input->room == 0 ? 65536 : input->room * 2;
    char *text = realloc(input->text, room);
    if (text == NULL) {
        cli_say("%s: no memory for a text of more than %zu bytes", input->name, input->length);
        return false;
    }
    input->text = text;
    input->room = room;
    return true;
}

static int whole_file(struct cli_input *input) {
    if (input->line > 0) return 0;
    input->line = 1;
    do {
        if (!make_room(input)) return -1;
        input->length += fread(input->text + input->length, 1, input->room - input->length, input->file);
    } while (!feof(input->file) && !ferror(input->file));
    return read_failed(input) ? -1 : 1;
}

int cli_input_next(struct cli_input *input) {
    if (cli_stopped()) return -1;
    return input->syntax == CLI_JSON_DOCUMENT ? whole_file(input) : next_line(input);
}

/* What is wrong with a text. The library's own place counts from the record, not from the file. */
static const char *reason(const brine_text_error *where) {
    char place[64];
    int length = snprintf(place, sizeof place, "line %zu, column %zu: ", where->line, where->column);
    const char *detail = brine_detail(), *at = strstr(detail, place);
    return at != NULL ? at + length : detail;
}

static int parse(const struct cli_input *input, brine_ref place) {
    brine_text_error where = {0, 1, 1};
    int status = input->syntax == CLI_LITERAL_LINES
                     ? brine_parse_literal(place, input->text, input->length, &where)
                     : brine_parse_json(place, input->text, input->length, input->flags, &where);
    if (status < 0 && status != BRINE_ENOMEM) {
        cli_say("%s:%zu:%zu: %s", input->name, input->line + where.line - 1, where.column, reason(&where));
    }
    return status;
}

int cli_input_parse(const struct cli_input *input, brine_pool *pool, brine_packet *packet) {
    brine_packet fresh;
    int status = brine_packet_new(pool, &fresh);
    if (status < 0) return status;
    status = parse(input, brine_root(fresh));
    if (status < 0) {
        brine_packet_free(fresh);
        return status;
    }
    *packet = fresh;
    return 0;
}

void cli_input_close(struct cli_input *input) {
    if (input->file != NULL && input->file != stdin) fclose(input->file);
    free(input->text);
    *input = (struct cli_input){0};
}
