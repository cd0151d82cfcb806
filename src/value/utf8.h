/* SPDX-License-Identifier: Apache-2.0 */
/* value: checking UTF-8 exactly: nothing overlong, no surrogates, nothing over U+10FFFF. */
#ifndef BRINE_VALUE_UTF8_H
#define BRINE_VALUE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Offset of the first byte that is wrong, `length` if none. Reads only text[0..length). */
size_t brine__utf8_check(const char *text, size_t length);

static inline bool utf8_valid(const char *text, size_t length) {
    size_t i = 0;
    uint64_t word;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, text + i, 8);
        if (word & 0x8080808080808080u) return brine__utf8_check(text + i, length - i) == length - i;
    }
    for (; i < length; i++)
        if (text[i] & 0x80) return brine__utf8_check(text + i, length - i) == length - i;
    return true;
}

#endif
