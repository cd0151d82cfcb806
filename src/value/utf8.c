/* SPDX-License-Identifier: Apache-2.0 */
/* value: the table of well-formed UTF-8 (Unicode 15, table 3-7) as code. */
#include "value/utf8.h"

static bool continues(unsigned char c) { return (c & 0xc0) == 0x80; }

/* Bytes of the well-formed sequence at t, of at most n > 0 bytes; 0 if there is none. */
static size_t sequence(const unsigned char *t, size_t n) {
    unsigned char lead = t[0];
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (n < bytes) return 0;
    /* The second byte's range is what excludes overlong forms, surrogates and what is over U+10FFFF. */
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    unsigned char second = t[1];
    if (second < low || second > high) return 0;
    for (size_t i = 2; i < bytes; i++)
        if (!continues(t[i])) return 0;
    return bytes;
}

size_t brine__utf8_check(const char *text, size_t length) {
    const unsigned char *t = (const unsigned char *)text;
    size_t i = 0;
    while (i < length) {
        uint64_t word;
        if (length - i >= sizeof word) {
            memcpy(&word, t + i, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t n = sequence(t + i, length - i);
        if (n == 0) return i;
        i += n;
    }
    return length;
}
