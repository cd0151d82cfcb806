/* SPDX-License-Identifier: Apache-2.0 */
/* str and bytes: every length around the inline limit, NUL-terminated, exactly UTF-8 or refused. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;
static brine_ref place;

static void lengths(void) {
    char text[200];
    for (size_t n = 0; n < sizeof text; n++) {
        const char *found;
        const void *data;
        size_t length;
        for (size_t i = 0; i < n; i++) text[i] = (char)('a' + i % 26);
        CHECK_OK(brine_assign_strn(place, text, n));
        CHECK_EQ_INT(brine_type_of(place), BRINE_STR);
        CHECK_EQ_INT(brine_length(place), n);
        CHECK_OK(brine_as_str(place, &found, &length));
        CHECK(length == n && memcmp(found, text, n) == 0 && found[n] == '\0');
        CHECK(brine_pool_contains(pool, found));
        CHECK_STATUS(brine_as_bytes(place, &data, &length), BRINE_ETYPE);
        CHECK_OK(brine_assign_bytes(place, text, n));
        CHECK_EQ_INT(brine_type_of(place), BRINE_BYTES);
        CHECK_OK(brine_as_bytes(place, &data, &length));
        CHECK(length == n && memcmp(data, text, n) == 0 && ((const char *)data)[n] == '\0');
        CHECK_STATUS(brine_as_str(place, &found, &length), BRINE_ETYPE);
    }
    CHECK_OK(brine_packet_validate(packet));
}

static void zero_bytes(void) {
    const char *text;
    size_t length;
    CHECK_OK(brine_assign_strn(place, "a\0b", 3));
    CHECK_OK(brine_as_str(place, &text, &length));
    CHECK(length == 3 && memcmp(text, "a\0b", 4) == 0);
    CHECK_OK(brine_assign_strn(place, NULL, 0));
    CHECK_TEXT(place, "");
    CHECK_OK(brine_assign_bytes(place, NULL, 0));
    CHECK_EQ_INT(brine_length(place), 0);
}

/* Code points by the definition of UTF-8, independent of how the library looks at it. */
static size_t encode(uint32_t c, char *out) {
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
    if (c < 0x10000)
        return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)), out[2] = (char)(0x80 | (c & 63)),
               3;
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

static bool accepted(const char *text, size_t length) {
    int rc = brine_assign_strn(place, text, length);
    CHECK(rc == 0 || rc == BRINE_EUTF8);
    if (rc) CHECK_STUCK(packet, BRINE_EUTF8);
    return rc == 0;
}

static void utf8(void) {
    char text[64];
    for (uint32_t c = 0; c < 0x120000; c += c < 0x11000 || c > 0x10ff00 ? 1 : 97) {
        bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        if (accepted(text, encode(c, text)) != good) check_failed(__FILE__, __LINE__, "code point U+%04X", c);
    }
    /* Every pair of bytes: two ASCII, or one two-byte character. */
    for (unsigned i = 0; i < 0x10000; i++) {
        unsigned a = i >> 8, b = i & 255;
        text[0] = (char)a;
        text[1] = (char)b;
        bool good = (a < 0x80 && b < 0x80) || (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf);
        if (accepted(text, 2) != good) check_failed(__FILE__, __LINE__, "bytes %02x %02x", a, b);
    }
    CHECK(!accepted("\xe0\x80\x80", 3));         /* overlong */
    CHECK(!accepted("\xf0\x80\x80\x80", 4));     /* overlong */
    CHECK(!accepted("\xc0\x80", 2));             /* overlong NUL */
    CHECK(!accepted("\xf8\x88\x80\x80\x80", 5)); /* five bytes */
    /* Wrong at each offset of a longer text, and cut off at its end. */
    for (size_t n = 1; n < sizeof text; n++) {
        for (size_t at = 0; at < n; at++) {
            memset(text, 'x', n);
            text[at] = (char)0xff;
            CHECK(!accepted(text, n));
            text[at] = (char)0xe2;
            CHECK(!accepted(text, n));
        }
        memset(text, 'x', n);
        CHECK(accepted(text, n));
    }
}

static void room(void) {
    void *data = NULL;
    const void *found;
    size_t length;
    for (size_t n = 0; n < 100; n += 7) {
        CHECK_OK(brine_assign_bytes_room(place, n, &data));
        CHECK((uintptr_t)data % 8 == 0);
        memset(data, 0xee, n);
        CHECK_OK(brine_as_bytes(place, &found, &length));
        CHECK(found == data && length == n && ((const char *)found)[n] == '\0');
    }
    CHECK_STATUS(brine_assign_bytes_room(place, SIZE_MAX, &data), BRINE_ENOMEM);
    CHECK_STUCK(packet, BRINE_ENOMEM);
    CHECK_STATUS(brine_assign_bytes_room(place, (size_t)1 << 40, &data), BRINE_ENOMEM);
    CHECK_STUCK(packet, BRINE_ENOMEM);
    CHECK_EQ_INT(brine_length(place), 98); /* as it was */
}

/* A text may be overwritten with a part of itself. */
static void overlap(void) {
    const char *text;
    size_t length;
    for (size_t n = 1; n < 40; n++) {
        char whole[41];
        for (size_t i = 0; i < n; i++) whole[i] = (char)('a' + i % 26);
        whole[n] = '\0';
        CHECK_OK(brine_assign_str(place, whole));
        CHECK_OK(brine_as_str(place, &text, &length));
        CHECK_OK(brine_assign_str(place, text + 1));
        CHECK_TEXT(place, whole + 1);
    }
}

static void refused(void) {
    CHECK_STATUS(brine_assign_str(place, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_strn(place, NULL, 3), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_bytes(place, NULL, 3), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
}

int main(void) {
    pool = value_pool(256 << 20);
    packet = new_packet(pool);
    place = new_place(packet);
    lengths();
    zero_bytes();
    utf8();
    room();
    overlap();
    refused();
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
