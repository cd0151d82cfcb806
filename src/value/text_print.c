/* SPDX-License-Identifier: Apache-2.0 */
/* value: printing of values; containers are walked with a stack of our own. See text_print.h. */
#include "value/text_print.h"

#include <stdlib.h>

#include "value/text_number.h"

static int print_value(struct printer *printer, brine_ref value, bool one_line);

/* ---- leaves ---- */

static int print_float(struct printer *printer, brine_ref value, brine_type type) {
    double f;
    int status = brine_as_double(value, &f);
    if (status != 0) return status;
    float narrow = (float)f;
    return brine__print_number(printer, type, type == BRINE_F32 ? (const void *)&narrow : &f);
}

static int print_complex(struct printer *printer, brine_ref value, brine_type type) {
    double part[2];
    int status = brine_as_complex(value, &part[0], &part[1]);
    if (status != 0) return status;
    float narrow[2] = {(float)part[0], (float)part[1]};
    return brine__print_number(printer, type, type == BRINE_C64 ? (const void *)narrow : part);
}

static int print_int(struct printer *printer, brine_ref value, brine_type type) {
    char *text, digits[NUMBER_TEXT];
    int64_t i;
    uint64_t u;
    if (type != BRINE_BIGINT && brine_as_int(value, &i) == 0) {
        out_write(&printer->out, digits, brine__int64_text(i, digits));
        return 0;
    }
    if (type != BRINE_BIGINT && brine_as_uint(value, &u) == 0) {
        out_write(&printer->out, digits, brine__uint_text(u, digits));
        return 0;
    }
    int status = brine_int_text(value, 10, &text);
    if (status != 0) return status;
    out_text(&printer->out, text);
    free(text);
    if (!printer->json && (printer->flags & BRINE_TEXT_SEED) != 0) out_char(&printer->out, 'L');
    return 0;
}

static int print_text(struct printer *printer, brine_ref value, brine_type type) {
    const char *text;
    const void *data;
    size_t length;
    int status = type == BRINE_STR ? brine_as_str(value, &text, &length) : brine_as_bytes(value, &data, &length);
    if (status != 0) return status;
    if (type == BRINE_STR)
        (printer->json ? brine__print_json_str : brine__print_str)(printer, text, length);
    else
        (printer->json ? brine__print_json_bytes : brine__print_bytes)(printer, data, length);
    return 0;
}

static int print_leaf(struct printer *printer, brine_ref value, brine_type type) {
    bool b;
    int status;
    switch (type) {
    case BRINE_NONE: out_text(&printer->out, printer->json ? "null" : "None"); return 0;
    case BRINE_BOOL:
        status = brine_as_bool(value, &b);
        return status != 0 ? status : brine__print_number(printer, BRINE_BOOL, &b);
    case BRINE_F32:
    case BRINE_F64: return print_float(printer, value, type);
    case BRINE_C64:
    case BRINE_C128: return print_complex(printer, value, type);
    case BRINE_STR:
    case BRINE_BYTES: return print_text(printer, value, type);
    case BRINE_ARRAY: return brine__print_array(printer, value);
    case BRINE_INVALID: /* some reader says why */
        status = brine_as_bool(value, &b);
        return status != 0 ? status : brine__fail(BRINE_ECORRUPT, "printing: a value cannot be read");
    default: return print_int(printer, value, type);
    }
}

/* ---- containers ---- */

/* For qsort_r, over pairs {key, value}. */
struct order {
    int status;
};

static int compare_keys(const void *a, const void *b, void *context) {
    struct order *order = context;
    int result = 0;
    if (order->status == 0) order->status = brine_compare(*(const brine_ref *)a, *(const brine_ref *)b, &result);
    return result;
}

/* Collects the pairs of a tab and sorts them by key. */
static int sort_keys(struct level *level, brine_ref tab) {
    size_t pairs = brine_length(tab);
    level->sorted = malloc((2 * pairs + 1) * sizeof *level->sorted);
    if (level->sorted == NULL) return brine__fail(BRINE_ENOMEM, "printing: no memory to sort %zu keys", pairs);
    while (level->count < pairs &&
           brine_next(&level->it, &level->sorted[2 * level->count], &level->sorted[2 * level->count + 1]))
        level->count++;
    struct order order = {level->it.status};
    if (order.status == 0) qsort_r(level->sorted, level->count, 2 * sizeof *level->sorted, compare_keys, &order);
    return order.status;
}

static int push(struct printer *printer, brine_ref value, brine_type type) {
    if (printer->depth == BRINE_MAX_DEPTH)
        return brine__fail(BRINE_EDEPTH, "printing: the value is nested deeper than %d levels", BRINE_MAX_DEPTH);
    if (printer->depth == printer->room) {
        size_t room = printer->room != 0 ? 2 * printer->room : 16;
        struct level *levels = realloc(printer->levels, room * sizeof *levels);
        if (levels == NULL) return brine__fail(BRINE_ENOMEM, "printing: no memory for %zu levels", room);
        printer->levels = levels;
        printer->room = room;
    }
    struct level *level = &printer->levels[printer->depth++];
    *level = (struct level){.it = brine_iterate(value), .type = type};
    level->ordered = type == BRINE_TAB && (brine_flags_of(value) & BRINE_ORDERED) != 0;
    if (type != BRINE_TAB || level->ordered || (printer->flags & BRINE_TEXT_SORT) == 0) return level->it.status;
    return sort_keys(level, value);
}

static void pop(struct printer *printer) { free(printer->levels[--printer->depth].sorted); }

static bool next(struct level *level, brine_ref *key, brine_ref *value) {
    if (level->sorted == NULL) return brine_next(&level->it, key, value);
    if (level->next == level->count) return false;
    *key = level->sorted[2 * level->next];
    *value = level->sorted[2 * level->next++ + 1];
    return true;
}

static void new_line(struct printer *printer) {
    static const char blanks[] = "                                ";
    out_char(&printer->out, '\n');
    for (size_t left = 4 * printer->depth, n; left != 0; left -= n) {
        n = left < sizeof blanks - 1 ? left : sizeof blanks - 1;
        out_write(&printer->out, blanks, n);
    }
}

static void open_bracket(struct printer *printer, const struct level *level) {
    if (level->ordered && !printer->json) out_char(&printer->out, 'o');
    out_char(&printer->out, level->type == BRINE_TAB ? '{' : level->type == BRINE_ARR || printer->json ? '[' : '(');
}

/* Pops the innermost container. */
static void close_bracket(struct printer *printer, bool one_line) {
    struct level level = printer->levels[printer->depth - 1];
    bool tuple = level.type == BRINE_TUP && !printer->json;
    if (tuple && level.items == 1) out_char(&printer->out, ','); /* (1,) */
    pop(printer);
    if (printer->pretty && !one_line && level.items != 0)
        new_line(printer);
    else if (printer->pretty && !printer->json && level.items == 0)
        out_char(&printer->out, ' '); /* { }, as the seed */
    out_char(&printer->out, level.type == BRINE_TAB ? '}' : tuple ? ')' : ']');
}

/* JSON knows text as keys only: any other is shown as its literal. */
static int print_json_key(struct printer *printer, brine_ref key) {
    const char *str;
    char *text;
    size_t length;
    if (brine_type_of(key) == BRINE_STR) {
        int status = brine_as_str(key, &str, &length);
        if (status == 0) brine__print_json_str(printer, str, length);
        return status;
    }
    int status = brine_print_text(key, BRINE_LITERAL, 0, &text, &length);
    if (status != 0) return status;
    brine__print_json_str(printer, text, length);
    free(text);
    return 0;
}

static int print_key(struct printer *printer, brine_ref key) {
    int status = printer->json ? print_json_key(printer, key) : print_value(printer, key, true);
    out_text(&printer->out, printer->pretty != printer->json ? ":" : ": ");
    return status;
}

/* What stands between items of the innermost container. */
static void separate(struct printer *printer, bool any, bool one_line) {
    if (printer->pretty && !one_line) {
        if (any) out_char(&printer->out, ',');
        new_line(printer);
    } else if (any) {
        out_text(&printer->out, printer->json ? "," : ", ");
    }
}

/* Goes on in the innermost container: *value is its next item, whose key and separators are printed, or
 * the container is closed and *more is false. */
static int next_item(struct printer *printer, brine_ref *value, bool one_line, bool *more) {
    struct level *level = &printer->levels[printer->depth - 1];
    brine_ref key = brine_ref_null(BRINE_ENOENT);
    *more = next(level, &key, value);
    if (!*more) {
        int status = level->it.status;
        if (status == 0) close_bracket(printer, one_line);
        return status;
    }
    separate(printer, level->items++ != 0, one_line);
    return level->type == BRINE_TAB ? print_key(printer, key) : 0;
}

/* Recursion is for keys only, and stops at the depth that all levels share. */
static int print_value(struct printer *printer, brine_ref value, bool one_line) {
    size_t base = printer->depth;
    bool more;
    do {
        brine_type type = brine_type_of(value);
        int status;
        if (type == BRINE_TAB || type == BRINE_ARR || type == BRINE_TUP) {
            status = push(printer, value, type);
            if (status == 0) open_bracket(printer, &printer->levels[printer->depth - 1]);
        } else {
            status = print_leaf(printer, value, type);
        }
        for (more = false; status == 0 && !more && printer->depth > base;)
            status = next_item(printer, &value, one_line, &more);
        if (status == 0) status = printer->out.status;
        if (status != 0) return status;
    } while (more);
    return 0;
}

/* ---- public ---- */

static int print_all(struct printer *printer, brine_ref value, brine_style style, unsigned flags) {
    const unsigned known = BRINE_JSON_NAN | BRINE_TEXT_SORT | BRINE_TEXT_ASCII | BRINE_TEXT_SEED;
    if (style < BRINE_LITERAL || style > BRINE_JSON_PRETTY)
        return brine__fail(BRINE_EINVAL, "printing: %d is no style", (int)style);
    if ((flags & ~known) != 0) return brine__fail(BRINE_EINVAL, "printing: unknown flags 0x%x", flags & ~known);
    printer->flags = flags;
    printer->json = style == BRINE_JSON || style == BRINE_JSON_PRETTY;
    printer->pretty = style == BRINE_PRETTY || style == BRINE_JSON_PRETTY;
    int status = print_value(printer, value, false);
    while (printer->depth != 0) pop(printer);
    free(printer->levels);
    return status;
}

int brine_print_text(brine_ref value, brine_style style, unsigned flags, char **text, size_t *length) {
    struct printer printer = {.depth = 0};
    out_open(&printer.out, NULL);
    int status = print_all(&printer, value, style, flags);
    if (status == 0) return brine__out_take(&printer.out, text, length);
    brine__out_close(&printer.out);
    return status;
}

int brine_print(brine_ref value, brine_style style, unsigned flags, FILE *stream) {
    struct printer printer = {.depth = 0};
    if (stream == NULL) return brine__fail(BRINE_EINVAL, "printing: the stream is NULL");
    out_open(&printer.out, stream);
    int status = print_all(&printer, value, style, flags), written = brine__out_close(&printer.out);
    return status != 0 ? status : written;
}
