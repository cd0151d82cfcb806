/* SPDX-License-Identifier: Apache-2.0 */
/* value: what the parsers share; see text_parse.h. */
#include "value/text_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "value/cell.h"

/* ---- positions and messages ---- */

static void note(struct source *source, size_t offset) {
    brine_text_error at = {offset, 1, 1};
    const char *line = source->text, *end = source->text + offset, *newline;
    while (line < end && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        at.line++;
        line = newline + 1;
    }
    at.column = (size_t)(end - line) + 1;
    source->error = at;
    source->noted = true;
}

int brine__source_close(struct source *source, int status, size_t offset, brine_text_error *error) {
    if (status == 0) return 0;
    if (!source->noted) note(source, offset);
    if (error != NULL) *error = source->error;
    return status;
}

int brine__source_fail(struct source *source, int status, size_t offset, const char *format, ...) {
    note(source, offset);
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return brine__fail(status, "%s, line %zu, column %zu: %s", source->what, source->error.line, source->error.column,
                       message);
}

int brine__source_too_deep(struct source *source, size_t offset) {
    return brine__source_fail(source, BRINE_EDEPTH, offset, "nested deeper than %d levels", BRINE_MAX_DEPTH);
}

static size_t character_length(const char *p, size_t most) {
    size_t n = 1;
    while (n < most && (p[n] & 0xc0) == 0x80) n++;
    return n;
}

int brine__source_expected(struct source *source, size_t offset, const char *expected) {
    if (offset >= source->length)
        return brine__source_fail(source, BRINE_ESYNTAX, offset, "expected %s, found the end of the text", expected);
    const char *p = source->text + offset;
    unsigned char c = (unsigned char)*p;
    if (c < ' ' || c == 0x7f)
        return brine__source_fail(source, BRINE_ESYNTAX, offset, "expected %s, found the byte 0x%02x", expected, c);
    return brine__source_fail(source, BRINE_ESYNTAX, offset, "expected %s, found '%.*s'", expected,
                              (int)character_length(p, source->length - offset), p);
}

int brine__source_open(struct source *source, const char *what, const char *text, size_t length) {
    *source = (struct source){text != NULL ? text : "", length, what, {0, 1, 1}, text == NULL};
    if (text == NULL && length != 0)
        return brine__fail(BRINE_EINVAL, "%s: the text is NULL but its length is %zu", what, length);
    uint64_t bad = brine__utf8_error(source->text, length);
    if (bad == 0) return 0;
    return brine__source_fail(source, BRINE_EUTF8, bad - 1, "the byte 0x%02x is not valid UTF-8 here",
                              (unsigned char)text[bad - 1]);
}

/* ---- the place ---- */

int brine__target_open(struct target *target, brine_ref place) {
    struct at at;
    int status = brine__at_write(place, &at);
    if (status != 0) return status;
    *target = (struct target){.place = place, .build = place, .old = brine_type_of(place)};
    bool container = target->old == BRINE_TAB || target->old == BRINE_ARR;
    if (target->old == BRINE_NONE || (container && brine_length(place) == 0)) {
        target->old_flags = brine_flags_of(place);
        return 0;
    }
    status = brine_packet_new(brine_packet_pool(brine_ref_packet(place)), &target->scratch);
    if (status != 0) return brine__stick(&at, status);
    target->build = brine_root(target->scratch);
    return 0;
}

static void put_back(const struct target *target) {
    if (target->old == BRINE_TAB)
        brine_assign_tab(target->place, target->old_flags & BRINE_ORDERED);
    else if (target->old == BRINE_ARR)
        brine_assign_arr(target->place);
    else
        brine_assign_none(target->place);
}

int brine__target_close(struct target *target, int status) {
    bool direct = target->scratch.record == 0;
    if (status == 0 && !direct) status = brine_assign_copy(target->place, brine_root(target->scratch));
    if (!direct) brine_packet_free(target->scratch);
    if (status == 0) return 0;
    if (direct) {
        brine_packet_clear_error(brine_ref_packet(target->place));
        put_back(target);
    }
    struct at at;
    if (status == BRINE_ENOMEM && brine__at_write(target->place, &at) == 0) brine__stick(&at, status);
    return status;
}
