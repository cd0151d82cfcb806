/* SPDX-License-Identifier: Apache-2.0 */
/* value: looking up by JSON Pointer (RFC 6901). */
#include <stdlib.h>

#include "value/cell.h"

/* Undoes ~0 and ~1 of one token into out; false: a ~ that is neither. */
static bool unescape(const char *s, size_t length, char *out, size_t *out_length) {
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (s[i] != '~')
            out[n++] = s[i];
        else if (i + 1 < length && (s[i + 1] == '0' || s[i + 1] == '1'))
            out[n++] = s[++i] == '0' ? '~' : '/';
        else
            return false;
    }
    *out_length = n;
    return true;
}

/* "0", or digits without a leading zero, that fit; with a sign only if `minus`. */
static bool as_index(const char *s, size_t length, bool minus, int64_t *index) {
    int64_t v = 0, sign = 1;
    if (minus && length > 1 && s[0] == '-' && s[1] != '0') {
        sign = -1;
        s++;
        length--;
    }
    if (length == 0 || (length > 1 && s[0] == '0')) return false;
    for (size_t i = 0; i < length; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, sign * (s[i] - '0'), &v)) return false;
    }
    *index = v;
    return true;
}

static brine_ref step(brine_ref value, const char *token, size_t length) {
    int64_t index = 0;
    brine_type type = brine_type_of(value);
    bool list = type == BRINE_ARR || type == BRINE_TUP, number = as_index(token, length, !list, &index);
    if (list) {
        if (number) return brine_at(value, (ptrdiff_t)index);
        return brine_ref_null(brine__fail(BRINE_ENOENT, "\"%.*s\" is no index of an arr", (int)length, token));
    }
    brine_ref found = brine_find_key(value, brine_key_strn(token, length));
    return brine_ref_ok(found) || !number ? found : brine_find_key(value, brine_key_int(index));
}

brine_ref brine_path(brine_ref value, const char *pointer) {
    if (!pointer || (*pointer && *pointer != '/'))
        return brine_ref_null(brine__fail(BRINE_ESYNTAX,
                                          "\"%.60s\" is no JSON Pointer: it has to be empty or start with /",
                                          pointer ? pointer : "(null)"));
    char *token = malloc(strlen(pointer) + 1);
    size_t length;
    if (!token) return brine_ref_null(brine__fail(BRINE_ENOMEM, "no memory for a path"));
    while (*pointer && brine_ref_ok(value)) {
        const char *start = pointer + 1, *end = strchrnul(start, '/');
        if (unescape(start, (size_t)(end - start), token, &length))
            value = step(value, token, length);
        else
            value =
                brine_ref_null(brine__fail(BRINE_ESYNTAX, "\"%.*s\": ~ has to be ~0 or ~1", (int)(end - start), start));
        pointer = end;
    }
    free(token);
    return value;
}
