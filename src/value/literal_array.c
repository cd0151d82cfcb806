/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: nd-arrays of Python literals: array(DATA, 'f8'), what numpy's repr prints, and
 * array_raw(b'...', 'format', item_bytes, (shape)).
 *
 * The element type stands behind the data, so the data are gone through twice: first for the shape,
 * then, straight into the array's memory, for the elements.
 */
#include <stdlib.h>

#include "value/literal.h"
#include "value/text_number.h"
#include "value/text_dtype.h"

#define UNKNOWN SIZE_MAX

enum element_kind { ELEMENT_BOOL, ELEMENT_INT, ELEMENT_FLOAT, ELEMENT_COMPLEX };

/* What the first pass finds. */
struct shape {
    size_t extent[BRINE_MAX_DIMS], seen[BRINE_MAX_DIMS]; /* of each dimension: as known, of the list being read */
    int ndim;                                            /* -1 until the first element or empty list */
    enum element_kind kind;                              /* widest so far */
    size_t count;
};

/* ---- elements ---- */

struct element {
    struct literal_number number; /* unless it is a bool */
    enum element_kind kind;
    bool truth;
};

static int element(struct literal *l, struct element *e) {
    e->truth = literal_word_is(l, "True");
    if (e->truth || literal_word_is(l, "False")) {
        l->p += e->truth ? 4 : 5;
        e->kind = ELEMENT_BOOL;
        return 0;
    }
    bool parenthesis = literal_accept(l, '('); /* as Python prints (1+2j) */
    if (!brine__literal_at_number(l)) return literal_expected(l, l->p, "a number, True, False or a list of such");
    int status = brine__literal_number(l, &e->number);
    if (status != 0) return status;
    e->kind = e->number.complex ? ELEMENT_COMPLEX : e->number.re.kind == PART_INT ? ELEMENT_INT : ELEMENT_FLOAT;
    if (parenthesis && !literal_accept(l, ')')) return literal_expected(l, l->p, "')'");
    return 0;
}

static int integer(struct literal *l, const char *at, const struct element *e, brine_type dtype, uint64_t *bits) {
    const struct literal_part *re = &e->number.re;
    if (e->kind > ELEMENT_INT)
        return literal_fail(l, BRINE_ESYNTAX, at, "an array of %s has integers only", brine_type_name(dtype));
    bool is_signed = dtype == BRINE_I8 || dtype == BRINE_I16 || dtype == BRINE_I32 || dtype == BRINE_I64;
    unsigned width = (unsigned)brine_type_size(dtype) * 8;
    uint64_t most = dtype == BRINE_BOOL ? 1 : UINT64_MAX >> (64 - width + is_signed), magnitude = e->truth;
    bool negative = e->kind == ELEMENT_INT && re->negative;
    bool fits = e->kind == ELEMENT_BOOL || brine__literal_magnitude(re, &magnitude);
    if (negative && magnitude != 0) most = is_signed ? most + 1 : 0;
    if (!fits || magnitude > most)
        return literal_fail(l, BRINE_ERANGE, at, "the number does not fit an element of type %s",
                            brine_type_name(dtype));
    *bits = negative ? 0 - magnitude : magnitude;
    return 0;
}

static int real(struct literal *l, const char *at, const struct element *e, brine_type dtype, void *item) {
    static const struct literal_part zero = {"0", 1, 10, PART_INT, false}, one = {"1", 1, 10, PART_INT, false};
    const struct literal_part *re = e->kind != ELEMENT_BOOL ? &e->number.re : e->truth ? &one : &zero;
    const struct literal_part *im = e->kind == ELEMENT_COMPLEX ? &e->number.im : &zero;
    int status;
    switch (dtype) {
    case BRINE_C64:
        status = brine__literal_float(l, re, item);
        return status != 0 ? status : brine__literal_float(l, im, (float *)item + 1);
    case BRINE_C128:
        status = brine__literal_double(l, re, item);
        return status != 0 ? status : brine__literal_double(l, im, (double *)item + 1);
    default: break;
    }
    if (e->kind == ELEMENT_COMPLEX)
        return literal_fail(l, BRINE_ESYNTAX, at, "an array of %s has no complex numbers", brine_type_name(dtype));
    if (dtype == BRINE_F64) return brine__literal_double(l, re, item);
    if (dtype == BRINE_F32) return brine__literal_float(l, re, item);
    return brine__literal_half(l, re, item);
}

static int store(struct literal *l, const char *at, const struct element *e, brine_type dtype, void *item) {
    uint64_t bits;
    int status;
    switch (dtype) {
    case BRINE_F16:
    case BRINE_F32:
    case BRINE_F64:
    case BRINE_C64:
    case BRINE_C128: return real(l, at, e, dtype, item);
    default:
        status = integer(l, at, e, dtype, &bits);
        if (status == 0) memcpy(item, &bits, brine_type_size(dtype)); /* little-endian */
        return status;
    }
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low bytes of an integer come first");

/* ---- the first pass: shape ---- */

static int set_ndim(struct literal *l, struct shape *shape, int depth) {
    if (shape->ndim < 0) shape->ndim = depth;
    if (shape->ndim == depth) return 0;
    return literal_fail(l, BRINE_ESYNTAX, l->p, "an array's lists are all nested equally deep: %d, not %d levels here",
                        shape->ndim, depth);
}

/* A list is complete: all lists of its level have the same length. */
static int close_list(struct literal *l, struct shape *shape, int level) {
    if (shape->extent[level] == UNKNOWN) shape->extent[level] = shape->seen[level];
    if (shape->extent[level] != shape->seen[level])
        return literal_fail(l, BRINE_ESYNTAX, l->p, "a list of %zu items where the others of an array have %zu",
                            shape->seen[level], shape->extent[level]);
    l->p++;
    return 0;
}

static int open_list(struct literal *l, struct shape *shape, int depth) {
    if (depth == BRINE_MAX_DIMS)
        return literal_fail(l, BRINE_EDEPTH, l->p, "an array has at most %d dimensions", BRINE_MAX_DIMS);
    if (depth == shape->ndim) return set_ndim(l, shape, depth + 1);
    shape->seen[depth] = 0;
    l->p++;
    return 0;
}

/* An item, a list or a number, at this depth. */
static int item(struct literal *l, struct shape *shape, int *depth) {
    int status;
    if (*depth > 0) shape->seen[*depth - 1]++;
    if (literal_is(l, '[')) {
        status = open_list(l, shape, *depth);
        if (status == 0) ++*depth;
        return status;
    }
    struct element e;
    const char *start = l->p;
    status = element(l, &e);
    if (status != 0) return status;
    if (e.kind > shape->kind) shape->kind = e.kind;
    shape->count++;
    const char *end = l->p;
    l->p = start; /* where a message should point */
    status = set_ndim(l, shape, *depth);
    l->p = end;
    return status;
}

static int scan_data(struct literal *l, struct shape *shape) {
    *shape = (struct shape){.ndim = -1};
    for (int i = 0; i < BRINE_MAX_DIMS; i++) shape->extent[i] = UNKNOWN;
    int depth = 0, status = item(l, shape, &depth);
    bool fresh = true; /* no item yet in this list */
    while (status == 0 && depth > 0) {
        brine__literal_skip(l);
        if (literal_is(l, ']')) {
            if (fresh) status = set_ndim(l, shape, depth);
            if (status == 0) status = close_list(l, shape, --depth);
            fresh = false;
            continue;
        }
        if (!fresh) {
            if (!literal_accept(l, ',')) return literal_expected(l, l->p, "',' or ']' in an array");
            brine__literal_skip(l);
            if (literal_is(l, ']')) continue;
        }
        int before = depth;
        status = item(l, shape, &depth);
        fresh = depth > before;
    }
    /* Dimensions inside an empty one were never seen. */
    for (int i = 0; i < shape->ndim; i++)
        if (shape->extent[i] == UNKNOWN) shape->extent[i] = 0;
    return status;
}

/* ---- what follows the data ---- */

static int read_size(struct literal *l, size_t *size) {
    struct literal_number number;
    uint64_t magnitude;
    const char *start = l->p;
    if (!is_digit(literal_peek(l))) return literal_expected(l, l->p, "a size");
    int status = brine__literal_number(l, &number);
    if (status != 0) return status;
    if (number.complex || number.re.kind != PART_INT || !brine__literal_magnitude(&number.re, &magnitude))
        return literal_fail(l, BRINE_ESYNTAX, start, "a size is an integer");
    *size = magnitude;
    return 0;
}

/* "(2, 3)": p at the bracket. */
static int read_shape(struct literal *l, struct shape *shape) {
    shape->ndim = 0;
    if (!literal_accept(l, '(')) return literal_expected(l, l->p, "the shape, a tuple of sizes");
    for (;;) {
        brine__literal_skip(l);
        if (literal_accept(l, ')')) return 0;
        if (shape->ndim == BRINE_MAX_DIMS)
            return literal_fail(l, BRINE_EDEPTH, l->p, "an array has at most %d dimensions", BRINE_MAX_DIMS);
        int status = read_size(l, &shape->extent[shape->ndim++]);
        if (status != 0) return status;
        brine__literal_skip(l);
        if (!literal_accept(l, ',') && !literal_is(l, ')')) return literal_expected(l, l->p, "',' or ')' in a shape");
    }
}

/* 'f8' or, as numpy prints it, float64. */
static int read_dtype(struct literal *l, brine_type *dtype) {
    struct literal_text text = {l->p, brine__literal_word(l), false};
    const char *start = l->p;
    int status = 0;
    if (brine__literal_at_string(l))
        status = brine__literal_string(l, &text);
    else if (text.length == 0)
        return literal_expected(l, l->p, "an element type such as 'f8'");
    else
        l->p += text.length;
    if (status != 0) return status;
    *dtype = brine__text_dtype(text.data, text.length);
    if (*dtype != BRINE_INVALID) return 0;
    return literal_fail(l, BRINE_ESYNTAX, start,
                        "'%.*s' is no element type; they are b1, i1 to i8, u1 to u8, f2, f4, f8, c8, c16",
                        (int)(text.length < 40 ? text.length : 40), text.data);
}

/* Steps over "name =" if it is next. */
static bool keyword(struct literal *l, const char *name) {
    const char *start = l->p;
    if (!literal_word_is(l, name)) return false;
    l->p += strlen(name);
    brine__literal_skip(l);
    if (!literal_accept(l, '=')) {
        l->p = start;
        return false;
    }
    brine__literal_skip(l);
    return true;
}

/* A shape has to be written only where lists cannot show it: (0, 3). */
static int check_shape(struct literal *l, const char *start, const struct shape *given, const struct shape *found) {
    size_t count = 1;
    for (int i = 0; i < given->ndim; i++) count = given->extent[i] == 0 || count == 0 ? 0 : count * given->extent[i];
    bool same = given->ndim == found->ndim &&
                memcmp(given->extent, found->extent, (size_t)given->ndim * sizeof *given->extent) == 0;
    if (same || (count == 0 && found->count == 0)) return 0;
    return literal_fail(l, BRINE_ESYNTAX, start, "the shape does not fit the array's lists of %zu elements",
                        found->count);
}

/* Up to the closing bracket. */
static int read_arguments(struct literal *l, struct shape *shape, brine_type *dtype) {
    bool done[2] = {false, false}; /* dtype, shape */
    for (;;) {
        brine__literal_skip(l);
        if (literal_accept(l, ')')) return 0;
        if (!literal_accept(l, ',')) return literal_expected(l, l->p, "',' or ')' after the elements of an array");
        brine__literal_skip(l);
        if (literal_is(l, ')')) continue;
        const char *start = l->p;
        int is_shape = keyword(l, "shape") || literal_is(l, '(');
        if (done[is_shape]) return literal_expected(l, start, "')' after an array");
        done[is_shape] = true;
        int status;
        if (is_shape) {
            struct shape given = *shape;
            status = read_shape(l, &given);
            if (status == 0) status = check_shape(l, start, &given, shape);
            if (status == 0) *shape = given;
        } else {
            keyword(l, "dtype");
            status = read_dtype(l, dtype);
        }
        if (status != 0) return status;
    }
}

/* ---- array() ---- */

/* p behind a word: steps over the bracket. */
static int open_call(struct literal *l, size_t word) {
    l->p += word;
    brine__literal_skip(l);
    if (!literal_accept(l, '(')) return literal_expected(l, l->p, "'(' after array");
    brine__literal_skip(l);
    return 0;
}

/* The second pass, over text that the first found to be well formed. */
static int fill(struct literal *l, size_t count, brine_type dtype, char *data) {
    size_t size = brine_type_size(dtype);
    for (size_t i = 0; i < count; i++) {
        struct element e;
        while (brine__literal_skip(l), literal_is(l, '[') || literal_is(l, ']') || literal_is(l, ',')) l->p++;
        const char *at = l->p;
        int status = element(l, &e);
        if (status == 0) status = store(l, at, &e, dtype, data + i * size);
        if (status != 0) return status;
    }
    return 0;
}

int brine__literal_array(struct literal *l, brine_ref place) {
    static const brine_type inferred[] = {BRINE_BOOL, BRINE_I64, BRINE_F64, BRINE_C128};
    struct shape shape;
    int status = open_call(l, strlen("array"));
    const char *data = l->p;
    if (status == 0) status = scan_data(l, &shape);
    if (status != 0) return status;
    brine_type dtype = shape.count != 0 ? inferred[shape.kind] : BRINE_F64; /* as numpy */
    status = read_arguments(l, &shape, &dtype);
    if (status != 0) return status;
    void *items = NULL;
    status = brine_assign_array(place, dtype, shape.ndim, shape.extent, BRINE_ARRAY_UNINIT, &items);
    if (status != 0) return status;
    const char *end = l->p;
    l->p = data;
    status = fill(l, shape.count, dtype, items);
    if (status == 0) l->p = end;
    return status;
}

/* ---- array_raw() ---- */

struct raw {
    const char *data; /* where its literal begins */
    size_t bytes;     /* that it holds */
    char *format;     /* allocated */
    size_t item_bytes;
    struct shape shape;
};

static int comma(struct literal *l) {
    brine__literal_skip(l);
    if (!literal_accept(l, ',')) return literal_expected(l, l->p, "',' between the arguments of array_raw");
    brine__literal_skip(l);
    return 0;
}

static int raw_text(struct literal *l, bool bytes, struct literal_text *text) {
    const char *expected = bytes ? "the data, b'...'" : "the format, a string", *start = l->p;
    if (!brine__literal_at_string(l)) return literal_expected(l, l->p, expected);
    int status = brine__literal_string(l, text);
    if (status != 0) return status;
    if (text->bytes != bytes) return literal_expected(l, start, expected);
    if (!bytes && memchr(text->data, '\0', text->length) != NULL)
        return literal_fail(l, BRINE_ESYNTAX, start, "a format has no NUL in it");
    return 0;
}

static int raw_arguments(struct literal *l, struct raw *raw) {
    struct literal_text text;
    int status = open_call(l, strlen("array_raw"));
    raw->data = l->p;
    if (status == 0) status = raw_text(l, true, &text);
    if (status == 0) raw->bytes = text.length;
    if (status == 0) status = comma(l);
    if (status == 0) status = raw_text(l, false, &text);
    if (status != 0) return status;
    raw->format = strndup(text.data, text.length);
    if (raw->format == NULL)
        return brine__fail(BRINE_ENOMEM, "literal: no memory for a format of %zu bytes", text.length);
    status = comma(l);
    const char *start = l->p;
    if (status == 0) status = read_size(l, &raw->item_bytes);
    if (status == 0 && raw->item_bytes == 0)
        status = literal_fail(l, BRINE_ESYNTAX, start, "an item of array_raw has at least 1 byte");
    if (status == 0) status = comma(l);
    if (status == 0) status = read_shape(l, &raw->shape);
    brine__literal_skip(l);
    if (status == 0 && !literal_accept(l, ')')) status = literal_expected(l, l->p, "')' after the shape of array_raw");
    return status;
}

static int raw_check(struct literal *l, const struct raw *raw) {
    size_t bytes = raw->item_bytes;
    bool overflow = false, empty = false;
    for (int i = 0; i < raw->shape.ndim; i++) {
        empty |= raw->shape.extent[i] == 0;
        overflow |= __builtin_mul_overflow(bytes, raw->shape.extent[i], &bytes);
    }
    if ((empty && raw->bytes == 0) || (!empty && !overflow && bytes == raw->bytes)) return 0;
    return literal_fail(l, BRINE_ESYNTAX, raw->data, "array_raw has %zu bytes of data, which its shape does not fit",
                        raw->bytes);
}

static int raw_build(struct literal *l, const struct raw *raw, brine_ref place) {
    void *data = NULL;
    struct literal_text text;
    int status = raw_check(l, raw);
    if (status == 0)
        status = brine_assign_array_raw(place, raw->format, raw->item_bytes, raw->shape.ndim, raw->shape.extent,
                                        BRINE_ARRAY_UNINIT, &data);
    if (status != 0 || raw->bytes == 0) return status;
    const char *end = l->p;
    l->p = raw->data;
    status = brine__literal_string(l, &text);
    if (status != 0) return status;
    memcpy(data, text.data, text.length);
    l->p = end;
    return 0;
}

int brine__literal_array_raw(struct literal *l, brine_ref place) {
    struct raw raw = {.format = NULL};
    int status = raw_arguments(l, &raw);
    if (status == 0) status = raw_build(l, &raw, place);
    free(raw.format);
    return status;
}
