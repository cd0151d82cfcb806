/* SPDX-License-Identifier: Apache-2.0 */
/* value: the output buffer of the printers; see text_out.h. */
#include "value/text_out.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/status.h"

enum { STREAM_PIECE = 64 * 1024 };

static void fail(struct out *out, int status) {
    out->status = status;
    out->length = 0;
    out->room = 0;
}

static void flush(struct out *out) {
    size_t length = out->length;
    out->length = 0;
    if (length != 0 && fwrite(out->data, 1, length, out->stream) != length)
        fail(out, brine__fail(BRINE_ESYS, "printing: %zu bytes could not be written to the stream: %m", length));
}

static int resize(struct out *out, size_t room) {
    char *data = realloc(out->data, room);
    if (data == NULL) {
        fail(out, brine__fail(BRINE_ENOMEM, "printing: no memory for %zu bytes of text", room));
        return 0;
    }
    out->data = data;
    out->room = room;
    return 1;
}

int brine__out_grow(struct out *out, size_t bytes) {
    if (out->status != 0) return 0;
    if (out->stream != NULL) {
        flush(out);
        if (out->status != 0) return 0;
        if (bytes <= out->room) return 1;
    }
    size_t least = out->stream != NULL ? STREAM_PIECE : 256;
    size_t room = out->room + out->room / 2;
    if (bytes > SIZE_MAX / 2 - out->length) bytes = SIZE_MAX / 2 - out->length; /* realloc refuses it */
    if (room < out->length + bytes) room = out->length + bytes;
    return resize(out, room < least ? least : room);
}

int brine__out_close(struct out *out) {
    if (out->status == 0 && out->stream != NULL) flush(out);
    free(out->data);
    out->data = NULL;
    return out->status;
}

int brine__out_take(struct out *out, char **text, size_t *length) {
    out_char(out, '\0');
    if (out->status != 0) {
        free(out->data);
        out->data = NULL;
        return out->status;
    }
    *text = out->data;
    if (length != NULL) *length = out->length - 1;
    return 0;
}
