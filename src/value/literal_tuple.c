/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: how many elements a "(...)" has, which has to be known before a tup can be made.
 *
 * At an outermost '(' the text up to its partner is gone through once, and the elements of all
 * parentheses inside are counted too; they are handed out in turn as the parser gets to them. So the
 * whole takes time in proportion to the text however deep the nesting. On a mistake in the text it
 * stops: the parser will come to the same mistake and explain it.
 */
#include <stdlib.h>

#include "base/status.h"
#include "value/literal.h"

struct bracket {
    size_t index; /* in the counts; PARENTHESIS for a [ or { */
    size_t commas;
    bool item; /* one was seen since the last comma */
};

struct scan {
    struct tuple_counts *counts;
    struct bracket open[LITERAL_FRAMES];
    size_t depth;
};

static int new_count(struct tuple_counts *counts, const char *bracket, size_t *index) {
    if (counts->count == counts->room) {
        size_t room = counts->room != 0 ? 2 * counts->room : 16;
        struct tuple_count *items = realloc(counts->items, room * sizeof *items);
        if (items == NULL) return brine__fail(BRINE_ENOMEM, "literal: no memory to count the tuples");
        counts->items = items;
        counts->room = room;
    }
    *index = counts->count++;
    counts->items[*index] = (struct tuple_count){bracket, PARENTHESIS};
    return 0;
}

/* The end of a string whose opening quote is at p, or NULL. */
static const char *skip_string(const char *p, const char *end) {
    char quote = *p;
    bool triple = end - p >= 3 && p[1] == quote && p[2] == quote;
    for (p += triple ? 3 : 1; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '\n' && !triple)
            return NULL;
        else if (*p == quote && !triple)
            return p + 1;
        else if (*p == quote && end - p >= 3 && p[1] == quote && p[2] == quote)
            return p + 3;
    }
    return NULL;
}

static int open_bracket(struct scan *scan, const char *p) {
    if (scan->depth != 0) scan->open[scan->depth - 1].item = true;
    struct bracket *bracket = &scan->open[scan->depth++];
    *bracket = (struct bracket){PARENTHESIS, 0, false};
    return *p == '(' ? new_count(scan->counts, p, &bracket->index) : 0;
}

static void close_bracket(struct scan *scan) {
    const struct bracket *bracket = &scan->open[--scan->depth];
    if (bracket->index != PARENTHESIS && (bracket->commas != 0 || !bracket->item))
        scan->counts->items[bracket->index].elements = bracket->commas + bracket->item;
}

static int scan_from(struct scan *scan, const char *p, const char *end) {
    do {
        if (*p == '(' || *p == '[' || *p == '{') {
            if (scan->depth == LITERAL_FRAMES) return 0;
            int status = open_bracket(scan, p++);
            if (status != 0) return status;
        } else if (*p == ')' || *p == ']' || *p == '}') {
            close_bracket(scan);
            p++;
        } else if (*p == ',') {
            struct bracket *bracket = &scan->open[scan->depth - 1];
            if (!bracket->item) return 0;
            bracket->item = false;
            bracket->commas++;
            p++;
        } else if (*p == '\'' || *p == '"') {
            scan->open[scan->depth - 1].item = true;
            if ((p = skip_string(p, end)) == NULL) return 0;
        } else if (*p == '#') {
            while (p < end && *p != '\n') p++;
        } else {
            if (strchr(" \t\n\r\f\v", *p) == NULL) scan->open[scan->depth - 1].item = true;
            p++;
        }
    } while (scan->depth != 0 && p < end);
    return 0;
}

/* What is open after a mistake has one element more than was counted: the wrong one. */
static void give_up(struct scan *scan) {
    for (size_t i = 0; i < scan->depth; i++)
        if (scan->open[i].index != PARENTHESIS && scan->open[i].commas != 0)
            scan->counts->items[scan->open[i].index].elements = scan->open[i].commas + 1;
}

int brine__literal_tuple_count(struct literal *l, size_t *count) {
    struct tuple_counts *counts = &l->tuples;
    /* Brackets of array(...) are counted as others, but nobody asks for them. */
    while (counts->next < counts->count && counts->items[counts->next].bracket < l->p) counts->next++;
    if (counts->next == counts->count) {
        counts->next = counts->count = 0;
        struct scan *scan = malloc(sizeof *scan);
        if (scan == NULL) return brine__fail(BRINE_ENOMEM, "literal: no memory to count a tuple");
        scan->counts = counts;
        scan->depth = 0;
        int status = scan_from(scan, l->p, l->end);
        give_up(scan);
        free(scan);
        if (status != 0) return status;
    }
    *count = counts->items[counts->next++].elements;
    return 0;
}
