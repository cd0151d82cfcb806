/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: magnitudes from and to text in any base; see limbs.h. Level i of a base stands for `digits << i` digits, whose
 * power of the base is power[i] = power[0] ^ 2^i. A text of a level is two of the level below. Up to BY_DIGITS
 * it goes limb by limb. Memory is taken once, before anything is computed.
 */
#include "value/limbs.h"

#include <stdlib.h>
#include <string.h>

#include <gmp.h>

#include "base/status.h"

#define BY_DIGITS 5 /* 32 limbs */
#define LEVELS 32

struct radix {
    uint64_t base, big; /* big = base ^ digits, as much as a limb holds */
    unsigned digits;
    uint64_t *power[LEVELS];
    size_t size[LEVELS];
};

static void radix_of(struct radix *x, int base) {
    memset(x, 0, sizeof *x);
    x->base = (uint64_t)base;
    x->big = x->base;
    x->digits = 1;
    for (uint64_t next; !__builtin_mul_overflow(x->big, x->base, &next); x->digits++) x->big = next;
}

/* Limbs for n digits, and one more. */
static size_t room_of(const struct radix *x, size_t n) { return n / x->digits + 2; }

/* Room for power[0..top], of at most 1, 2, 4, ... limbs. */
static size_t powers_room(int top) { return (size_t)2 << top; }

static void make_powers(struct radix *x, int top, uint64_t *memory, uint64_t *scratch) {
    for (int i = 0; i <= top; i++) {
        x->power[i] = memory;
        if (i == 0) {
            x->power[0][0] = x->big;
            x->size[0] = 1;
        } else {
            size_t n = x->size[i - 1];
            brine__limbs_multiply(x->power[i], x->power[i - 1], n, x->power[i - 1], n, scratch);
            x->size[i] = limbs_normal(x->power[i], 2 * n);
        }
        memory += x->size[i];
    }
}

/* The lowest level that has n digits. */
static int level_of(const struct radix *x, size_t n) {
    int level = 0;
    while (((size_t)x->digits << level) < n) level++;
    return level;
}

static int no_memory(size_t digits) {
    return brine__fail(BRINE_ENOMEM, "no memory for an integer of about %zu digits", digits);
}

/* ---- from text ---- */

static unsigned digit_of(char c) {
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a' + 10);
}

static size_t read_digits(const struct radix *x, uint64_t *r, const char *s, size_t length) {
    size_t n = 0;
    while (length) {
        size_t count = length % x->digits ? length % x->digits : x->digits;
        uint64_t chunk = 0, power = 1;
        for (size_t i = 0; i < count; i++) {
            chunk = chunk * x->base + digit_of(s[i]);
            power *= x->base;
        }
        uint64_t carry = n ? mpn_mul_1(r, r, (mp_size_t)n, power) : 0;
        if (n)
            carry += mpn_add_1(r, r, (mp_size_t)n, chunk);
        else
            carry = chunk;
        if (carry) r[n++] = carry;
        s += count;
        length -= count;
    }
    return n;
}

/* r has room_of(length). Gives the count of limbs, normal. */
static size_t read_text(const struct radix *x, uint64_t *r, const char *s, size_t length, uint64_t *scratch) {
    int level = level_of(x, length) - 1; /* of the lower part */
    if (level < BY_DIGITS) return read_digits(x, r, s, length);
    size_t low = (size_t)x->digits << level, high = length - low, room = room_of(x, low), n = 0;
    size_t hn = read_text(x, scratch, s, high, scratch + room);
    if (hn) {
        brine__limbs_multiply(r, scratch, hn, x->power[level], x->size[level], scratch + room);
        n = limbs_normal(r, hn + x->size[level]);
    }
    size_t ln = read_text(x, scratch, s + high, low, scratch + room);
    if (n == 0) memcpy(r, scratch, ln * 8);
    if (n == 0 || ln == 0) return n + ln;
    uint64_t carry = mpn_add(r, r, (mp_size_t)n, scratch, (mp_size_t)ln); /* n >= ln: the higher part is not 0 */
    if (carry) r[n++] = carry;
    return n;
}

int brine__limbs_parse(const char *digits, size_t length, int base, uint64_t **limbs, size_t *count) {
    struct radix x;
    radix_of(&x, base);
    size_t room = room_of(&x, length), more = 0;
    int top = level_of(&x, length) - 1;
    /* the powers; the parts of each level (room / 2 + 2, and so on); multiplication */
    if (top >= BY_DIGITS) more = powers_room(top) + 2 * room + 8 * LEVELS + brine__limbs_multiply_scratch(room);
    uint64_t *r = malloc(room * 8), *memory = more ? malloc(more * 8) : NULL, *scratch = memory;
    if (!r || (more && !memory)) {
        free(r);
        free(memory);
        return no_memory(length);
    }
    if (more) {
        scratch += powers_room(top);
        make_powers(&x, top, memory, scratch);
    }
    *count = read_text(&x, r, digits, length, scratch);
    *limbs = r;
    free(memory);
    return 0;
}

/* ---- to text ---- */

static void write_chunk(const struct radix *x, char *out, uint64_t chunk) {
    for (unsigned i = x->digits; i-- > 0; chunk /= x->base)
        out[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[chunk % x->base];
}

/* All digits of a level, with zeros in front. a is used up. */
static void write_digits(const struct radix *x, char *out, uint64_t *a, size_t n, int level) {
    for (size_t i = (size_t)1 << level; i-- > 0;) {
        write_chunk(x, out + i * x->digits, n ? mpn_divrem_1(a, 0, a, (mp_size_t)n, x->big) : 0);
        n = limbs_normal(a, n);
    }
}

static void write_text(const struct radix *x, char *out, uint64_t *a, size_t n, int level, uint64_t *scratch) {
    if (level <= BY_DIGITS) {
        write_digits(x, out, a, n, level);
        return;
    }
    const uint64_t *p = x->power[--level];
    size_t pn = x->size[level], width = (size_t)x->digits << level;
    if (n < pn) { /* the higher part is 0 */
        memset(out, '0', width);
        write_text(x, out + width, a, n, level, scratch);
        return;
    }
    uint64_t *q = scratch, *r = q + n - pn + 1;
    brine__limbs_divide(q, r, a, n, p, pn, r + pn);
    write_text(x, out, q, limbs_normal(q, n - pn + 1), level, r + pn);
    write_text(x, out + width, r, limbs_normal(r, pn), level, r + pn);
}

/* Digits that n limbs have at most: so many more than fit a limb surely fill it. */
static size_t digits_of(const struct radix *x, size_t n) { return n * (x->digits + 1); }

/* The digits of *width, zeros in front included, malloc'ed; NULL: no memory. */
static char *all_digits(const struct radix *x, const uint64_t *limbs, size_t count, size_t *width) {
    int level = level_of(x, digits_of(x, count));
    size_t room = count + 1, powers = 0;
    *width = (size_t)x->digits << level;
    if (level > BY_DIGITS) {
        powers = powers_room(level - 1);
        /* the parts of each level, a quotient and a remainder together as long as what is divided; division */
        room += powers + 2 * count + 4 * LEVELS + brine__limbs_divide_scratch(count, count);
    }
    char *digits = malloc(*width);
    uint64_t *a = malloc(room * 8), *scratch = a + count + powers;
    if (digits && a) {
        struct radix with = *x;
        if (count) memcpy(a, limbs, count * 8);
        if (powers) make_powers(&with, level - 1, a + count, scratch);
        write_text(&with, digits, a, count, level, scratch);
    } else {
        free(digits);
        digits = NULL;
    }
    free(a);
    return digits;
}

int brine__limbs_print(const uint64_t *limbs, size_t count, int base, const char *sign, char **text) {
    struct radix x;
    radix_of(&x, base);
    size_t width, zeros = 0, length = strlen(sign);
    char *digits = all_digits(&x, limbs, count, &width);
    if (!digits) return no_memory(digits_of(&x, count));
    while (zeros + 1 < width && digits[zeros] == '0') zeros++;
    char *out = malloc(length + width - zeros + 1);
    if (out) {
        memcpy(out, sign, length);
        memcpy(out + length, digits + zeros, width - zeros);
        out[length + width - zeros] = 0;
        *text = out;
    }
    free(digits);
    return out ? 0 : no_memory(width);
}
