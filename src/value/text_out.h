/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the buffer that text is printed into. It grows in memory, or is emptied into a stream when
 * full. The first failure is kept in `status`; what is written after it is dropped, so that a printer
 * checks once per item and not once per byte.
 *
 * Invariant: length <= room; `data` is valid for `room` bytes.
 */
#ifndef BRINE_VALUE_TEXT_OUT_H
#define BRINE_VALUE_TEXT_OUT_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct out {
    char *data;
    size_t length, room;
    FILE *stream; /* NULL: into memory */
    int status;   /* 0 or the first failure, with its detail set */
};

/* stream may be NULL. Always followed by brine__out_close or brine__out_take. */
static inline void out_open(struct out *out, FILE *stream) {
    memset(out, 0, sizeof *out);
    out->stream = stream;
}

/* Room for `bytes` more at data + length; false after a failure. */
int brine__out_grow(struct out *out, size_t bytes);

/* Into a stream: writes what is left. Frees the buffer either way. */
int brine__out_close(struct out *out);
/* Into memory: the text, NUL-terminated, for the caller to free. length may be NULL. */
int brine__out_take(struct out *out, char **text, size_t *length);

static inline void out_write(struct out *out, const char *text, size_t length) {
    if (out->room - out->length < length && !brine__out_grow(out, length)) return;
    if (length != 0) memcpy(out->data + out->length, text, length);
    out->length += length;
}

static inline void out_text(struct out *out, const char *text) { out_write(out, text, strlen(text)); }

static inline void out_char(struct out *out, char c) {
    if (out->room == out->length && !brine__out_grow(out, 1)) return;
    out->data[out->length++] = c;
}

#endif
