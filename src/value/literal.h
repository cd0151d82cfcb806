/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the parser of Python literals. literal.c walks containers with a stack of its own (no
 * recursion on the input); strings, numbers, nd-arrays and the counting of tuples are files beside it.
 *
 * Every function here returns 0 or a negative status after noting the position, and leaves `p` behind
 * what it has read. Invariant: source.text <= p <= end.
 */
#ifndef BRINE_VALUE_LITERAL_H
#define BRINE_VALUE_LITERAL_H

#include "value/text_parse.h"

enum frame_kind { FRAME_TAB, FRAME_ARR, FRAME_TUPLE, FRAME_GROUP, FRAME_KEY };

/* An open bracket, or a key that is being built. */
struct literal_frame {
    brine_ref place;    /* container; GROUP: the place of the value inside; KEY: the tab */
    size_t next, count; /* TUPLE: index of the next element, elements in all */
    enum frame_kind kind;
    bool fresh; /* nothing was read since the bracket */
};

/* Deepest stack: containers and plain parentheses are limited each, and one key may be under way. */
#define LITERAL_FRAMES (2 * BRINE_MAX_DEPTH + 1)

/* Elements of each parenthesis of one outermost "(...)", in the order of the opening brackets. */
struct tuple_counts {
    struct tuple_count {
        const char *bracket;
        size_t elements;
    } * items;
    size_t count, room, next;
};
#define PARENTHESIS SIZE_MAX /* not a tuple: "(1)" */

struct literal {
    struct source source;
    const char *p, *end;
    char *buffer; /* of decoded strings and of digits without underscores */
    size_t length, room;
    struct tuple_counts tuples;
    brine_packet key; /* scratch for a key that is no plain scalar */
    size_t frames, depth;
    struct literal_frame stack[LITERAL_FRAMES];
};

static inline int literal_expected(struct literal *l, const char *p, const char *expected) {
    return brine__source_expected(&l->source, (size_t)(p - l->source.text), expected);
}
#define literal_fail(l, status, p, ...)                                                                                \
    brine__source_fail(&(l)->source, status, (size_t)((p) - (l)->source.text), __VA_ARGS__)
static inline char literal_peek(const struct literal *l) { return l->p < l->end ? *l->p : '\0'; }
static inline bool literal_is(const struct literal *l, char c) { return l->p < l->end && *l->p == c; }
/* Steps over c if it is next. */
static inline bool literal_accept(struct literal *l, char c) {
    bool is = literal_is(l, c);
    l->p += is;
    return is;
}

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_word(char c) { /* of an identifier; every non-ASCII character counts */
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

/* literal.c: steps over white space and comments; the length of the identifier at p. */
void brine__literal_skip(struct literal *l);
size_t brine__literal_word(const struct literal *l);
static inline bool literal_word_is(const struct literal *l, const char *word) {
    size_t n = strlen(word);
    return brine__literal_word(l) == n && memcmp(l->p, word, n) == 0;
}
int brine__literal_append(struct literal *l, const char *bytes, size_t count);

/* literal_string.c. The text points into the source or into l->buffer. */
struct literal_text {
    const char *data;
    size_t length;
    bool bytes;
};
bool brine__literal_at_string(const struct literal *l);
int brine__literal_string(struct literal *l, struct literal_text *text);

/* literal_number.c. One real number as spelled; of a complex one, the parts. */
struct literal_part {
    const char *digits; /* without sign, prefix and suffix */
    size_t length;
    int base;
    enum { PART_INT, PART_FLOAT, PART_INF, PART_NAN } kind;
    bool negative;
};
struct literal_number {
    struct literal_part re, im;
    bool complex;
};
bool brine__literal_at_number(const struct literal *l);
int brine__literal_number(struct literal *l, struct literal_number *number);
/* BRINE_ERANGE if too large. */
int brine__literal_double(struct literal *l, const struct literal_part *part, double *f);
int brine__literal_float(struct literal *l, const struct literal_part *part, float *f);
int brine__literal_half(struct literal *l, const struct literal_part *part, uint16_t *half);
/* Of a PART_INT: false if the magnitude has more than 64 bits. */
bool brine__literal_magnitude(const struct literal_part *part, uint64_t *magnitude);
/* Of a PART_INT: as int64 if it fits. */
bool brine__literal_int64(const struct literal_part *part, int64_t *i);
/* Of a PART_INT of any size. */
int brine__literal_assign_int(struct literal *l, const struct literal_part *part, brine_ref place);

/* literal_array.c: array(...) and array_raw(...), p at the word. */
int brine__literal_array(struct literal *l, brine_ref place);
int brine__literal_array_raw(struct literal *l, brine_ref place);

/* literal_tuple.c: with p at a '(': how many elements it has, or PARENTHESIS. */
int brine__literal_tuple_count(struct literal *l, size_t *count);

#endif
