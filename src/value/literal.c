/* SPDX-License-Identifier: Apache-2.0 */
/* value: the parser of Python literals: containers, words and the way of a value to its place. */
#include "value/literal.h"

#include <stdlib.h>

/* ---- text ---- */

void brine__literal_skip(struct literal *l) {
    while (l->p < l->end) {
        char c = *l->p;
        if (c == '#') {
            const char *newline = memchr(l->p, '\n', (size_t)(l->end - l->p));
            l->p = newline != NULL ? newline : l->end;
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            l->p++;
        } else {
            return;
        }
    }
}

size_t brine__literal_word(const struct literal *l) {
    const char *p = l->p;
    while (p < l->end && is_word(*p)) p++;
    return (size_t)(p - l->p);
}

int brine__literal_append(struct literal *l, const char *bytes, size_t count) {
    if (l->room - l->length < count) {
        size_t room = l->room * 2 > l->length + count ? l->room * 2 : l->length + count + 64;
        char *buffer = realloc(l->buffer, room);
        if (buffer == NULL) return brine__fail(BRINE_ENOMEM, "literal: no memory for a string of %zu bytes", room);
        l->buffer = buffer;
        l->room = room;
    }
    if (count != 0) memcpy(l->buffer + l->length, bytes, count);
    l->length += count;
    return 0;
}

/* ---- scalars ---- */

static int unknown_word(struct literal *l, size_t length) {
    static const struct {
        const char *word, *hint;
    } hints[] = {{"null", "None"}, {"true", "True"}, {"false", "False"}, {"NaN", "nan"}, {"Infinity", "inf"}};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (literal_word_is(l, hints[i].word))
            return literal_fail(l, BRINE_ESYNTAX, l->p, "'%s' is JSON; a literal spells it %s", hints[i].word,
                                hints[i].hint);
    if (literal_word_is(l, "set") || literal_word_is(l, "frozenset"))
        return literal_fail(l, BRINE_ESYNTAX, l->p, "sets cannot be stored; write a list");
    return literal_fail(l, BRINE_ESYNTAX, l->p, "the word '%.*s' is no value; text stands in quotes",
                        (int)(length < 40 ? length : 40), l->p);
}

/* A number, as a value or as a key. */
static int number(struct literal *l, brine_ref place) {
    struct literal_number n;
    double re, im;
    int status = brine__literal_number(l, &n);
    if (status != 0) return status;
    if (!n.complex && n.re.kind == PART_INT) return brine__literal_assign_int(l, &n.re, place);
    status = brine__literal_double(l, &n.re, &re);
    if (status != 0 || !n.complex) return status != 0 ? status : brine_assign_double(place, re);
    status = brine__literal_double(l, &n.im, &im);
    return status != 0 ? status : brine_assign_complex(place, re, im);
}

static int string(struct literal *l, brine_ref place) {
    struct literal_text text;
    int status = brine__literal_string(l, &text);
    if (status != 0) return status;
    return text.bytes ? brine_assign_bytes(place, text.data, text.length)
                      : brine_assign_strn(place, text.data, text.length);
}

static int word(struct literal *l, brine_ref place) {
    size_t length = brine__literal_word(l);
    int status;
    if (length == 0) return literal_expected(l, l->p, "a value");
    if (literal_word_is(l, "None"))
        status = brine_assign_none(place);
    else if (literal_word_is(l, "True") || literal_word_is(l, "False"))
        status = brine_assign_bool(place, *l->p == 'T');
    else
        return unknown_word(l, length);
    l->p += length;
    return status;
}

/* ---- containers ---- */

static int push(struct literal *l, enum frame_kind kind, brine_ref place, size_t count) {
    /* A key that is being built is the one frame beyond: LITERAL_FRAMES has room for it. */
    if (kind != FRAME_KEY && kind != FRAME_GROUP && ++l->depth > BRINE_MAX_DEPTH)
        return brine__source_too_deep(&l->source, (size_t)(l->p - l->source.text));
    if (kind == FRAME_GROUP && l->frames - l->depth >= BRINE_MAX_DEPTH)
        return brine__source_too_deep(&l->source, (size_t)(l->p - l->source.text));
    l->stack[l->frames++] = (struct literal_frame){.place = place, .count = count, .kind = kind, .fresh = true};
    return 0;
}

static int open_container(struct literal *l, enum frame_kind kind, brine_ref place, size_t count, size_t spelled) {
    int status = push(l, kind, place, count);
    if (status != 0) return status;
    brine_ref made = place;
    if (kind == FRAME_TAB)
        made = brine_assign_tab(place, spelled == 2 ? BRINE_ORDERED : 0); /* o{ */
    else if (kind == FRAME_ARR)
        made = brine_assign_arr(place);
    else if (kind == FRAME_TUPLE)
        made = brine_assign_tup(place, count);
    l->stack[l->frames - 1].place = made;
    l->p += spelled;
    return brine_ref_status(made);
}

static int unhashable(struct literal *l, const char *what) {
    return literal_fail(l, BRINE_ESYNTAX, l->p,
                        "%s cannot be a key; a key is None, a bool, a number, a str, bytes or a "
                        "tuple of these",
                        what);
}

/* Begins the value at p: a scalar is put into place, a container is opened on the stack. */
static int begin(struct literal *l, brine_ref place) {
    char c = literal_peek(l);
    bool key = l->key.record != 0, ordered = c == 'o' && l->end - l->p >= 2 && l->p[1] == '{';
    if (brine__literal_at_string(l)) return string(l, place);
    if (brine__literal_at_number(l)) return number(l, place);
    if (c == '(') {
        size_t count;
        int status = brine__literal_tuple_count(l, &count);
        if (status != 0) return status;
        return open_container(l, count == PARENTHESIS ? FRAME_GROUP : FRAME_TUPLE, place, count, 1);
    }
    if (c == '{' || ordered)
        return key ? unhashable(l, "a dict") : open_container(l, FRAME_TAB, place, 0, ordered ? 2 : 1);
    if (c == '[') return key ? unhashable(l, "a list") : open_container(l, FRAME_ARR, place, 0, 1);
    if (literal_word_is(l, "array")) return key ? unhashable(l, "an array") : brine__literal_array(l, place);
    if (literal_word_is(l, "array_raw")) return key ? unhashable(l, "an array") : brine__literal_array_raw(l, place);
    return word(l, place);
}

static int colon(struct literal *l) {
    brine__literal_skip(l);
    if (literal_accept(l, ':')) return 0;
    if (literal_is(l, ',') || literal_is(l, '}'))
        return literal_fail(l, BRINE_ESYNTAX, l->p,
                            "expected ':' and a value after a key; sets cannot be stored, write a list");
    return literal_expected(l, l->p, "':' after a key");
}

/* The key at p: *place is that of its value, or, for a key that is not text, of the key itself, which
 * goes into a scratch packet first. */
static int key(struct literal *l, brine_ref tab, brine_ref *place) {
    if (!brine__literal_at_string(l)) {
        int status = brine_packet_new(brine_packet_pool(brine_ref_packet(tab)), &l->key);
        if (status != 0) return status;
        *place = brine_root(l->key);
        return push(l, FRAME_KEY, tab, 0);
    }
    struct literal_text text;
    int status = brine__literal_string(l, &text);
    if (status == 0) status = colon(l);
    if (status != 0) return status;
    *place = brine_slot_key(tab, text.bytes ? brine_key_bytes(text.data, text.length)
                                            : brine_key_strn(text.data, text.length));
    return brine_ref_status(*place);
}

/* The key in the scratch packet is complete. */
static int finish_key(struct literal *l, brine_ref *place) {
    brine_ref tab = l->stack[--l->frames].place;
    const char *end = l->p;
    int status = colon(l);
    if (status != 0) return status;
    *place = brine_slot_key(tab, brine_key_value(brine_root(l->key)));
    brine_packet_free(l->key);
    l->key = brine_packet_none();
    status = brine_ref_status(*place);
    if (status == BRINE_EINVAL) /* nan */
        return literal_fail(l, BRINE_ESYNTAX, end, "what stands before cannot be a key: %s", brine_detail());
    return status;
}

static int close_container(struct literal *l) {
    const struct literal_frame *frame = &l->stack[--l->frames];
    if (frame->kind != FRAME_GROUP) l->depth--;
    if (frame->kind == FRAME_TUPLE && frame->next != frame->count) return literal_expected(l, l->p, "a value");
    l->p++;
    return 0;
}

/* Gives the place of the next value in the innermost container, which has one. */
static int next_place(struct literal *l, struct literal_frame *frame, brine_ref *place) {
    switch (frame->kind) {
    case FRAME_TAB: return key(l, frame->place, place);
    case FRAME_ARR: *place = brine_push(frame->place); break;
    case FRAME_TUPLE:
        if (frame->next == frame->count) return literal_expected(l, l->p, "')'");
        *place = brine_at(frame->place, (ptrdiff_t)frame->next++);
        break;
    default: *place = frame->place;
    }
    return brine_ref_status(*place);
}

/* After a value, or behind an opening bracket: closes what closes here and finds the next place. *more
 * is false when the outermost value is complete. */
static int advance(struct literal *l, brine_ref *place, bool *more) {
    static const char closing[] = {[FRAME_TAB] = '}', [FRAME_ARR] = ']', [FRAME_TUPLE] = ')', [FRAME_GROUP] = ')'};
    static const char *const expected[] = {
        [FRAME_TAB] = "',' or '}'", [FRAME_ARR] = "',' or ']'", [FRAME_TUPLE] = "',' or ')'", [FRAME_GROUP] = "')'"};
    while ((*more = l->frames != 0)) {
        struct literal_frame *frame = &l->stack[l->frames - 1];
        bool fresh = frame->fresh;
        frame->fresh = false;
        if (frame->kind == FRAME_KEY) return finish_key(l, place);
        brine__literal_skip(l);
        if (!fresh && !literal_is(l, closing[frame->kind])) {
            if (frame->kind == FRAME_GROUP || !literal_accept(l, ','))
                return literal_expected(l, l->p, expected[frame->kind]);
            brine__literal_skip(l);
        }
        if (!literal_is(l, closing[frame->kind])) return next_place(l, frame, place);
        int status = close_container(l);
        if (status != 0) return status;
    }
    return 0;
}

static int parse(struct literal *l, brine_ref place) {
    bool more = true;
    while (more) {
        brine__literal_skip(l);
        int status = begin(l, place);
        if (status == 0) status = advance(l, &place, &more);
        if (status != 0) return status;
    }
    brine__literal_skip(l);
    return l->p == l->end ? 0 : literal_expected(l, l->p, "the end of the text after the value");
}

static int parse_into(struct literal *l, brine_ref place) {
    struct target target;
    int status = brine__target_open(&target, place);
    if (status != 0) return status;
    l->p = l->source.text;
    l->end = l->p + l->source.length;
    if (l->source.length >= 3 && memcmp(l->p, "\xef\xbb\xbf", 3) == 0) l->p += 3; /* a byte order mark */
    status = brine__target_close(&target, parse(l, target.build));
    brine_packet_free(l->key);
    free(l->buffer);
    free(l->tuples.items);
    return status;
}

int brine_parse_literal(brine_ref place, const char *text, size_t length, brine_text_error *error) {
    struct literal *l = malloc(sizeof *l);
    if (l == NULL) return brine__fail(BRINE_ENOMEM, "literal: no memory for the parser");
    memset(l, 0, offsetof(struct literal, stack));
    int status = brine__source_open(&l->source, "literal", text, length);
    l->p = l->source.text;
    if (status == 0) status = parse_into(l, place);
    brine__source_close(&l->source, status, (size_t)(l->p - l->source.text), error);
    free(l);
    return status;
}
