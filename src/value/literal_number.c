/* SPDX-License-Identifier: Apache-2.0 */
/* value: numbers of Python literals. They are first taken apart as spelled, then converted as the place
 * needs it: an element of a float32 array is read as float32. */
#include "value/literal.h"
#include "value/text_number.h"

static int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* The end of digits with single underscores between them. */
static const char *digits_end(const char *p, const char *end, int base) {
    while (p < end && digit_value(*p) < base) {
        p++;
        if (p + 1 < end && *p == '_' && digit_value(p[1]) < base) p++;
    }
    return p;
}

/* Whether p stands at inf or nan, as a whole word or with the j of an imaginary part. */
static bool at_special(const char *p, const char *end) {
    if (end - p < 3 || (memcmp(p, "inf", 3) != 0 && memcmp(p, "nan", 3) != 0)) return false;
    p += 3;
    if (p < end && *p == 'j') p++;
    return p == end || !is_word(*p);
}

bool brine__literal_at_number(const struct literal *l) {
    const char *p = l->p;
    if (p < l->end && (*p == '-' || *p == '+')) return true; /* nothing else begins so */
    if (p < l->end && *p == '.') return true;
    return p < l->end && (is_digit(*p) || at_special(p, l->end));
}

static int prefixed_part(struct literal *l, struct literal_part *part) {
    char c = (char)(l->p[1] | 0x20);
    part->base = c == 'x' ? 16 : c == 'o' ? 8 : 2;
    part->digits = l->p + 2;
    if (part->digits < l->end && *part->digits == '_') part->digits++;
    l->p = digits_end(part->digits, l->end, part->base);
    part->length = (size_t)(l->p - part->digits);
    if (part->length != 0) return 0;
    return literal_expected(l, l->p,
                            part->base == 16  ? "a hexadecimal digit"
                            : part->base == 8 ? "an octal digit"
                                              : "a binary digit");
}

static int decimal_part(struct literal *l, struct literal_part *part) {
    const char *p = digits_end(l->p, l->end, 10), *fraction;
    size_t digits = (size_t)(p - l->p);
    if (p < l->end && *p == '.') {
        part->kind = PART_FLOAT;
        fraction = p + 1;
        p = digits_end(fraction, l->end, 10);
        digits += (size_t)(p - fraction);
    }
    if (digits == 0) return literal_expected(l, p, "a digit");
    if (p < l->end && (*p == 'e' || *p == 'E')) {
        part->kind = PART_FLOAT;
        p++;
        if (p < l->end && (*p == '-' || *p == '+')) p++;
        if (p == l->end || !is_digit(*p)) return literal_expected(l, p, "a digit of the exponent");
        p = digits_end(p, l->end, 10);
    }
    part->digits = l->p;
    part->length = (size_t)(p - l->p);
    l->p = p;
    return 0;
}

/* 007 was octal in Python 2 and is nothing in Python 3. */
static int check_zeros(struct literal *l, const struct literal_part *part) {
    if (part->kind != PART_INT || part->base != 10 || part->digits[0] != '0') return 0;
    for (size_t i = 1; i < part->length; i++)
        if (part->digits[i] != '0' && part->digits[i] != '_')
            return literal_fail(l, BRINE_ESYNTAX, part->digits, "an integer has no leading zeros; octal is 0o17");
    return 0;
}

/* One real number; the suffixes are the caller's. */
static int part(struct literal *l, struct literal_part *part) {
    *part = (struct literal_part){.base = 10, .kind = PART_INT};
    if (literal_is(l, '-') || literal_is(l, '+')) part->negative = *l->p++ == '-';
    const char *p = l->p;
    if (at_special(p, l->end)) {
        part->kind = *p == 'i' ? PART_INF : PART_NAN;
        l->p += 3;
        return 0;
    }
    if (l->end - p >= 2 && p[0] == '0' && strchr("xXoObB", p[1]) != NULL && p[1] != '\0') return prefixed_part(l, part);
    return decimal_part(l, part);
}

/* The j of an imaginary part. */
static bool accept_j(struct literal *l, const struct literal_part *part) {
    return part->base == 10 && (literal_accept(l, 'j') || literal_accept(l, 'J'));
}

static int imaginary(struct literal *l, struct literal_number *number) {
    const char *start = l->p;
    bool negative = *l->p++ == '-';
    while (literal_is(l, ' ')) l->p++;
    if (literal_is(l, '-') || literal_is(l, '+')) return literal_expected(l, l->p, "an imaginary part");
    int status = part(l, &number->im);
    if (status != 0) return status;
    number->im.negative = negative;
    if (!accept_j(l, &number->im))
        return literal_fail(l, BRINE_ESYNTAX, start,
                            "after a number, a sign begins its imaginary part, which ends in j; sums are not computed");
    number->complex = true;
    return 0;
}

int brine__literal_number(struct literal *l, struct literal_number *number) {
    number->complex = false;
    const char *start = l->p;
    int status = part(l, &number->re);
    if (status != 0) return status;
    if (accept_j(l, &number->re)) {
        number->im = number->re;
        number->re = (struct literal_part){.digits = "0", .length = 1, .base = 10, .kind = PART_INT};
        number->complex = true;
    } else {
        if ((status = check_zeros(l, &number->re)) != 0) return status;
        const char *end = l->p;
        while (literal_is(l, ' ')) l->p++;
        if (literal_is(l, '+') || literal_is(l, '-'))
            status = imaginary(l, number);
        else
            l->p = end;
    }
    if (status == 0 && !number->complex && number->re.kind == PART_INT && !literal_accept(l, 'L'))
        literal_accept(l, 'l');
    if (status == 0 && l->p < l->end && is_word(*l->p))
        return literal_fail(l, BRINE_ESYNTAX, l->p, "the number that begins at byte %zu runs into a word",
                            (size_t)(start - l->source.text));
    return status;
}

/* ---- converting ---- */

/* What strtod cannot be given: words and other bases. True if it was one. */
static bool odd_double(const struct literal_part *part, double *f) {
    if (part->kind == PART_INF || part->kind == PART_NAN) {
        *f = part->kind == PART_INF ? __builtin_inf() : __builtin_nan("");
        return true;
    }
    if (part->base == 10) return false;
    *f = 0;
    for (size_t i = 0; i < part->length; i++)
        if (part->digits[i] != '_') *f = *f * part->base + digit_value(part->digits[i]);
    return true;
}

static int too_large(struct literal *l, const struct literal_part *part, const char *type) {
    return literal_fail(l, BRINE_ERANGE, part->digits, "the number is too large for a %s; infinity is spelled inf",
                        type);
}

int brine__literal_double(struct literal *l, const struct literal_part *part, double *f) {
    if (!odd_double(part, f) && !brine__text_double(part->digits, part->length, f)) return too_large(l, part, "double");
    if (part->negative) *f = -*f;
    return 0;
}

int brine__literal_float(struct literal *l, const struct literal_part *part, float *f) {
    double d;
    if (odd_double(part, &d))
        *f = (float)d;
    else if (!brine__text_float(part->digits, part->length, f))
        return too_large(l, part, "float32");
    if (part->negative) *f = -*f;
    return 0;
}

int brine__literal_half(struct literal *l, const struct literal_part *part, uint16_t *half) {
    double d;
    if (odd_double(part, &d))
        *half = brine__double_half(d);
    else if (!brine__text_half(part->digits, part->length, half))
        return too_large(l, part, "float16");
    if (part->negative) *half ^= 0x8000;
    return 0;
}

bool brine__literal_magnitude(const struct literal_part *part, uint64_t *magnitude) {
    *magnitude = 0;
    for (size_t i = 0; i < part->length; i++) {
        if (part->digits[i] == '_') continue;
        if (__builtin_mul_overflow(*magnitude, (uint64_t)part->base, magnitude) ||
            __builtin_add_overflow(*magnitude, (uint64_t)digit_value(part->digits[i]), magnitude))
            return false;
    }
    return true;
}

bool brine__literal_int64(const struct literal_part *part, int64_t *i) {
    uint64_t magnitude;
    if (!brine__literal_magnitude(part, &magnitude) || magnitude > (uint64_t)INT64_MAX + part->negative) return false;
    *i = (int64_t)(part->negative ? 0 - magnitude : magnitude);
    return true;
}

int brine__literal_assign_int(struct literal *l, const struct literal_part *part, brine_ref place) {
    int64_t i;
    if (brine__literal_int64(part, &i)) return brine_assign_int(place, i);
    l->length = 0;
    int status = part->negative ? brine__literal_append(l, "-", 1) : 0;
    for (const char *p = part->digits, *end = p + part->length; status == 0 && p < end; p++)
        if (*p != '_') status = brine__literal_append(l, p, 1);
    return status != 0 ? status : brine_assign_int_text(place, l->buffer, l->length, part->base);
}
