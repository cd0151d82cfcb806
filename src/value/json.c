/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the JSON parser. libyajl takes the text apart and calls back for each token; values are built
 * in their places as they come, with a stack of our own. Numbers come as spelled, so integers keep all
 * their digits.
 */
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

#include <yajl/yajl_parse.h>

#include "value/json_scan.h"
#include "value/text_number.h"

enum { PIECE = 1 << 20 }; /* bytes given to libyajl at once */

struct json {
    struct source source;
    struct json_scan scan;
    size_t special; /* next one of the scan */
    yajl_handle handle;
    jmp_buf no_memory;
    struct block *blocks; /* all that libyajl has */
    size_t base;          /* offset of the piece that libyajl is at */
    size_t last;          /* offset behind the last token that was called back */
    char separator;       /* that may follow it: ',' or ':', else NUL */
    int status;           /* of a callback that stopped the parsing */
    brine_ref slot;       /* at depth 0 the place of the whole, in a tab that of the last key */
    size_t depth;
    struct {
        brine_ref container;
        bool tab;
    } stack[BRINE_MAX_DEPTH];
};

/* ---- memory: libyajl does not check for NULL, so running out leaves it at once, by longjmp. It then has memory
 * that is in no struct of its yet: all blocks are listed, and freed from the list. ---- */

struct block {
    struct block *next, **link; /* link: what points to this one */
};

static void link_block(struct json *j, struct block *b) {
    b->next = j->blocks;
    b->link = &j->blocks;
    if (b->next != NULL) b->next->link = &b->next;
    j->blocks = b;
}

static void unlink_block(struct block *b) {
    *b->link = b->next;
    if (b->next != NULL) b->next->link = b->link;
}

static void *allocate(void *context, size_t bytes) {
    struct json *j = context;
    struct block *b = malloc(sizeof *b + bytes);
    if (b == NULL) longjmp(j->no_memory, 1);
    link_block(j, b);
    return b + 1;
}

static void *reallocate(void *context, void *old, size_t bytes) {
    struct json *j = context;
    if (old == NULL) return allocate(context, bytes);
    struct block *b = (struct block *)old - 1;
    unlink_block(b);
    struct block *grown = realloc(b, sizeof *b + bytes);
    link_block(j, grown != NULL ? grown : b);
    if (grown == NULL) longjmp(j->no_memory, 1);
    return grown + 1;
}

static void release(void *context, void *memory) {
    (void)context;
    if (memory == NULL) return;
    unlink_block((struct block *)memory - 1);
    free((struct block *)memory - 1);
}

static void free_blocks(struct json *j) {
    for (struct block *b = j->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
}

/* ---- callbacks: 1 goes on, 0 stops ---- */

static int result(struct json *j, int status) {
    if (j->status == 0) j->status = status;
    return j->status == 0;
}

/* Notes how far the text is read. */
static void advance(struct json *j, char separator) {
    j->last = j->base + yajl_get_bytes_consumed(j->handle);
    if (j->last > j->scan.length) j->last = j->scan.length; /* at its end libyajl adds a blank of its own */
    j->separator = separator;
}

/* The place of the value that comes. */
static brine_ref next_place(struct json *j) {
    advance(j, j->depth != 0 ? ',' : '\0');
    if (j->depth == 0 || j->stack[j->depth - 1].tab) return j->slot;
    return brine_push(j->stack[j->depth - 1].container);
}

static int on_null(void *context) {
    struct json *j = context;
    return result(j, brine_assign_none(next_place(j)));
}

static int on_boolean(void *context, int value) {
    struct json *j = context;
    return result(j, brine_assign_bool(next_place(j), value != 0));
}

static int integer(brine_ref place, const char *text, size_t length) {
    if (length > 18) return brine_assign_int_text(place, text, length, 10);
    int64_t value = 0;
    for (size_t i = text[0] == '-'; i < length; i++) value = value * 10 + (text[i] - '0');
    return brine_assign_int(place, text[0] == '-' ? -value : value);
}

static int real(struct json *j, brine_ref place, const char *text, size_t length) {
    double value;
    size_t sign = text[0] == '-';
    if (!brine__text_double(text + sign, length - sign, &value))
        return brine__source_fail(&j->source, BRINE_ERANGE, j->last - length,
                                  "the number is too large for a double (1.8e308)");
    return brine_assign_double(place, sign ? -value : value);
}

static int on_number(void *context, const char *text, size_t length) {
    struct json *j = context;
    brine_ref place = next_place(j);
    if (j->special < j->scan.specials && j->scan.special[j->special] == j->last - length) {
        char first = j->source.text[j->scan.special[j->special++]];
        return result(j, brine_assign_double(place, first == 'N' ? (double)NAN : first == '-' ? -HUGE_VAL : HUGE_VAL));
    }
    for (size_t i = 0; i < length; i++)
        if (text[i] == '.' || text[i] == 'e' || text[i] == 'E') return result(j, real(j, place, text, length));
    return result(j, integer(place, text, length));
}

static int on_string(void *context, const unsigned char *text, size_t length) {
    struct json *j = context;
    return result(j, brine_assign_strn(next_place(j), (const char *)text, length));
}

static int on_key(void *context, const unsigned char *text, size_t length) {
    struct json *j = context;
    advance(j, ':');
    j->slot = brine_slot_key(j->stack[j->depth - 1].container, brine_key_strn((const char *)text, length));
    return result(j, brine_ref_status(j->slot));
}

static int open_container(struct json *j, bool tab) {
    brine_ref place = next_place(j);
    if (j->depth == BRINE_MAX_DEPTH) return result(j, brine__source_too_deep(&j->source, j->last - 1));
    brine_ref made = tab ? brine_assign_tab(place, 0) : brine_assign_arr(place);
    j->stack[j->depth].container = made;
    j->stack[j->depth++].tab = tab;
    j->separator = '\0';
    return result(j, brine_ref_status(made));
}

static int on_start_map(void *context) { return open_container(context, true); }
static int on_start_array(void *context) { return open_container(context, false); }

static int on_end(void *context) {
    struct json *j = context;
    j->depth--;
    advance(j, j->depth != 0 ? ',' : '\0');
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

/* ---- errors ---- */

static size_t skip_blanks(const struct json *j, size_t i) {
    while (i < j->scan.length && (j->scan.text[i] == ' ' || (j->scan.text[i] >= '\t' && j->scan.text[i] <= '\r'))) i++;
    return i;
}

/* libyajl stops somewhere behind a wrong token, which is the first one after the last that it called
 * back and the separator that may follow that. */
static size_t wrong_token(const struct json *j) {
    size_t i = skip_blanks(j, j->last);
    if (i < j->scan.length && j->separator != '\0' && j->scan.text[i] == j->separator) i = skip_blanks(j, i + 1);
    return i;
}

static bool at_word(const struct json *j, size_t offset, const char *word) {
    size_t n = strlen(word);
    return j->source.length - offset >= n && memcmp(j->source.text + offset, word, n) == 0;
}

static int explain(struct json *j, size_t reached, const char *message) {
    static const struct {
        const char *found, *expected;
    } messages[] = {
        {"unallowed token", "a value"},
        {"after array element", "',' or ']' after an element"},
        {"after key and value", "',' or '}' after a value"},
        {"object key and value", "':' after a key"},
        {"invalid object key", "a key in double quotes"},
        {"trailing garbage", "the end of the text after the value"},
        {"premature EOF", "more"},
        {"invalid char in json text", "a value or a separator"},
    };
    bool lexical = strncmp(message, "lexical", 7) == 0, ended = strstr(message, "premature EOF") != NULL;
    if (strstr(message, "invalid char in json text") != NULL) lexical = false; /* a token of one character */
    size_t offset = ended ? j->source.length : lexical ? reached : wrong_token(j);
    if (at_word(j, offset, "NaN") || at_word(j, offset, "Infinity"))
        return brine__source_fail(&j->source, BRINE_ESYNTAX, offset,
                                  "NaN and Infinity are no JSON; they are read only with BRINE_JSON_NAN");
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (strstr(message, messages[i].found) != NULL)
            return brine__source_expected(&j->source, offset, messages[i].expected);
    return brine__source_fail(&j->source, BRINE_ESYNTAX, offset, "%.*s", (int)strcspn(message, "\n"), message);
}

static int failed(struct json *j, yajl_status status, size_t reached) {
    if (status == yajl_status_client_canceled || j->status != 0) return j->status;
    const unsigned char *message = yajl_get_error(j->handle, 0, NULL, 0); /* freed with all blocks */
    return explain(j, reached < j->source.length ? reached : j->source.length, (const char *)message);
}

/* ---- all ---- */

static int feed(struct json *j) {
    const unsigned char *text = (const unsigned char *)j->scan.text;
    size_t start = j->scan.length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* a byte order mark */
    yajl_status status;
    j->last = start;
    for (j->base = start; j->base < j->scan.length; j->base += PIECE) {
        size_t left = j->scan.length - j->base;
        status = yajl_parse(j->handle, text + j->base, left < PIECE ? left : PIECE);
        if (status != yajl_status_ok) return failed(j, status, j->base + yajl_get_bytes_consumed(j->handle));
    }
    if (j->scan.length < j->source.length)
        return brine__source_expected(&j->source, j->scan.length, "JSON without control characters");
    j->base = j->scan.length;
    status = yajl_complete_parse(j->handle);
    return status == yajl_status_ok ? 0 : failed(j, status, j->scan.length);
}

static int run(struct json *j) {
    yajl_alloc_funcs memory = {allocate, reallocate, release, j};
    if (setjmp(j->no_memory) != 0)
        return brine__fail(BRINE_ENOMEM, "JSON: no memory for the parser of %zu bytes of text", j->source.length);
    j->handle = yajl_alloc(&callbacks, &memory, j);
    yajl_config(j->handle, yajl_dont_validate_strings, 1); /* the whole text was checked, more strictly */
    return feed(j);
}

static int parse_into(struct json *j, brine_ref place, unsigned flags) {
    struct target target;
    int status = brine__target_open(&target, place);
    if (status != 0) return status;
    j->slot = target.build;
    status = brine__json_scan(&j->scan, &j->source, flags);
    if (status == 0) status = run(j);
    free_blocks(j);
    brine__json_scan_close(&j->scan);
    return brine__target_close(&target, status);
}

int brine_parse_json(brine_ref place, const char *text, size_t length, unsigned flags, brine_text_error *error) {
    struct json *j = malloc(sizeof *j);
    if (j == NULL) return brine__fail(BRINE_ENOMEM, "JSON: no memory for the parser");
    memset(j, 0, offsetof(struct json, stack));
    int status = brine__source_open(&j->source, "JSON", text, length);
    if (status == 0) status = parse_into(j, place, flags);
    brine__source_close(&j->source, status, j->last, error);
    free(j);
    return status;
}
