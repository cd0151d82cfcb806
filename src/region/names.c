/* SPDX-License-Identifier: Apache-2.0 */
/* region: names of pools, pipes and regions; the pool folder; sizes as text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "region/pool.h"

static bool name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("_-.:@+", c));
}

int brine__check_name(const char *what, const char *name) {
    if (!name) return brine__fail(BRINE_ENAME, "the %s name is NULL", what);
    size_t length = strnlen(name, BRINE_NAME_MAX + 1);
    if (length == 0) return brine__fail(BRINE_ENAME, "the %s name is empty", what);
    if (length > BRINE_NAME_MAX)
        return brine__fail(BRINE_ENAME, "the %s name \"%.20s...\" is longer than %d bytes", what, name, BRINE_NAME_MAX);
    if (name[0] == '.' || name[0] == '-')
        return brine__fail(BRINE_ENAME, "the %s name \"%s\" may not start with \"%c\"", what, name, name[0]);
    for (size_t i = 0; i < length; i++)
        if (!name_char(name[i]))
            return brine__fail(BRINE_ENAME,
                               "the %s name has byte 0x%02x at %zu; allowed are letters, digits and _-.:@+", what,
                               (unsigned char)name[i], i);
    return 0;
}

const char *brine__folder(void) {
    const char *folder = getenv("BRINE_DIR");
    return folder && *folder ? folder : "/dev/shm";
}

/* Of ASCII only: <ctype.h> follows the locale, and in Turkish the small letter of "I" is no "i". */
static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* The power of 1024 that a suffix such as "", "K", "kb", "MiB" stands for, or -1. */
static int suffix_power(const char *s) {
    static const char letters[] = "bkmgtpe";
    if (!*s) return 0;
    const char *at = strchr(letters, lower(*s));
    if (!at) return -1;
    int power = (int)(at - letters);
    s++;
    if (power && lower(*s) == 'i') s++;
    if (power && lower(*s) == 'b') s++;
    return *s ? -1 : power;
}

#define FRACTION_DIGITS 60 /* more cannot matter: a multiple of 2^-60 has no more */

/* floor(0.DIGITS * 2^bits), exactly. digits: values 0..9, destroyed. */
static uint64_t scaled_fraction(uint8_t *digits, int count, int bits) {
    uint64_t value = 0;
    for (int b = 0; b < bits; b++) {
        int carry = 0;
        for (int i = count; i-- > 0;) {
            int doubled = digits[i] * 2 + carry;
            digits[i] = (uint8_t)(doubled % 10);
            carry = doubled / 10;
        }
        value = value * 2 + (uint64_t)carry;
    }
    return value;
}

/* A decimal number as written: without help of the locale, without rounding. */
struct decimal {
    uint64_t whole;
    bool too_large; /* whole is 2^63 or more */
    uint8_t digits[FRACTION_DIGITS];
    int count;
};

/* Returns where the digits end. */
static const char *read_decimal(const char *s, struct decimal *d) {
    memset(d, 0, sizeof *d);
    for (; is_digit(*s); s++) {
        unsigned digit = (unsigned)(*s - '0');
        d->too_large |= d->whole > ((uint64_t)INT64_MAX - digit) / 10;
        if (!d->too_large) d->whole = d->whole * 10 + digit;
    }
    if (*s == '.')
        for (s++; is_digit(*s); s++)
            if (d->count < FRACTION_DIGITS) d->digits[d->count++] = (uint8_t)(*s - '0');
    return s;
}

static int not_a_size(const char *text) {
    return brine__fail(BRINE_EINVAL, "\"%.40s\" is not a size; write for example 1000000, 64M or 1.5G", text);
}

int brine_parse_size(const char *text, uint64_t *bytes) {
    const char *shown = text ? text : "(null)", *s = shown;
    struct decimal number;
    while (is_space(*s)) s++;
    if (!is_digit(*s)) return not_a_size(shown);
    const char *end = read_decimal(s, &number);
    while (is_space(*end)) end++;
    int power = suffix_power(end);
    if (power < 0) return not_a_size(shown);
    if (number.too_large || number.whole > (uint64_t)INT64_MAX >> (10 * power))
        return brine__fail(BRINE_EINVAL, "the size \"%.40s\" is 2^63 or more", shown);
    *bytes = (number.whole << (10 * power)) + scaled_fraction(number.digits, number.count, 10 * power);
    return 0;
}
