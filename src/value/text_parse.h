/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what the parsers share: the text with its positions and errors, and the place that is to get
 * the value but keeps its old one on failure.
 */
#ifndef BRINE_VALUE_TEXT_PARSE_H
#define BRINE_VALUE_TEXT_PARSE_H

#include <brine/text.h>

#include "base/status.h"

/* A whole text. Invariant after brine__source_open: valid UTF-8, never NULL. */
struct source {
    const char *text;
    size_t length;
    const char *what; /* "literal" or "JSON", for messages */
    brine_text_error error;
    bool noted; /* error is set */
};

/* The text stays the caller's. BRINE_EINVAL (no text), BRINE_EUTF8. */
int brine__source_open(struct source *source, const char *what, const char *text, size_t length);
/* Gives the position to the caller on failure: the one that was noted, or, if a setter failed without
 * one, `offset`. error may be NULL. Returns status. */
int brine__source_close(struct source *source, int status, size_t offset, brine_text_error *error);

/* Fails at `offset`: notes the position and sets the detail to "WHAT, line L, column C: MESSAGE". */
int brine__source_fail(struct source *source, int status, size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));
/* BRINE_ESYNTAX, "expected EXPECTED, found ..." */
int brine__source_expected(struct source *source, size_t offset, const char *expected) __attribute__((cold));
/* Nesting deeper than BRINE_MAX_DEPTH. */
int brine__source_too_deep(struct source *source, size_t offset) __attribute__((cold));

/* Where the value is built. A place that holds None or an empty container, as places that are about to
 * be filled do, is built in directly, since putting the old value back is then easy; otherwise a
 * scratch packet of the same pool is, whose value is copied at the end. */
struct target {
    brine_ref place; /* as the caller gave it */
    brine_ref build; /* give this the value */
    brine_packet scratch;
    brine_type old;
    unsigned old_flags;
};

int brine__target_open(struct target *target, brine_ref place);
/* status: of the parsing. On failure the place has its old value again, and only BRINE_ENOMEM sticks. */
int brine__target_close(struct target *target, int status);

#endif
