/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: numbers as text; see text_number.h.
 *
 * The C library's conversions round correctly but follow the locale's decimal point. So none is shown
 * to them: for reading, "6.25e3" becomes "625e1"; of what is printed, only the digits are taken.
 */
#include "value/text_number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

enum {
    /* No double needs more digits than this to be told from its neighbours' midpoint; a further digit
     * only says "a bit more". */
    DIGITS_MAX = 800,
    EXPONENT_MAX = 100000 /* far beyond any double, and any sum of two is an int */
};

struct decimal_text {
    char text[DIGITS_MAX + 24]; /* digits e exponent, as strtod reads it */
    uint64_t mantissa;          /* of the digits if there are at most 19 */
    int digits, exponent;
};

static int64_t read_exponent(const char *p, const char *end) {
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    int64_t e = 0;
    for (; p < end; p++)
        if (*p != '_' && e < INT64_C(1000000000000000)) e = e * 10 + (*p - '0');
    return negative ? -e : e;
}

static void read_decimal(const char *p, size_t length, struct decimal_text *d) {
    const char *end = p + length;
    int64_t exponent = 0;
    bool fraction = false, more = false;
    d->digits = 0;
    d->mantissa = 0;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '_') continue;
        if (*p == '.') {
            fraction = true;
        } else if (*p == '0' && d->digits == 0) {
            exponent -= fraction; /* a leading zero */
        } else if (d->digits < DIGITS_MAX) {
            d->text[d->digits++] = *p;
            if (d->digits <= 19) d->mantissa = d->mantissa * 10 + (uint64_t)(*p - '0');
            exponent -= fraction;
        } else {
            more |= *p != '0';
            exponent += !fraction;
        }
    }
    if (p < end) exponent += read_exponent(p + 1, end);
    if (more) {
        d->text[d->digits++] = '1';
        exponent--;
    }
    if (d->digits == 0) d->text[d->digits++] = '0';
    if (exponent > EXPONENT_MAX) exponent = EXPONENT_MAX;
    if (exponent < -EXPONENT_MAX) exponent = -EXPONENT_MAX;
    d->exponent = (int)exponent;
}

static const char *decimal_c(struct decimal_text *d) {
    snprintf(d->text + d->digits, sizeof d->text - (size_t)d->digits, "e%d", d->exponent);
    return d->text;
}

/* All of them exact. */
static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

typedef unsigned __int128 u128;

/* m / 10^k for m with up to 64 bits, k up to 19: the quotient has 64 bits at least, and one more that
 * says whether something remained, so that rounding it is rounding the exact value. */
static double divide(uint64_t m, int k) {
    int shift = __builtin_clzll(m);
    uint64_t divisor = (uint64_t)power_of_ten[k];
    u128 dividend = (u128)(m << shift) << 64, quotient = dividend / divisor;
    bool rest = quotient * divisor != dividend;
    int bits = 128 - (quotient >> 64 != 0 ? __builtin_clzll((uint64_t)(quotient >> 64)) : 64), drop = bits - 53;
    u128 half = (u128)1 << (drop - 1), low = quotient & (2 * half - 1);
    uint64_t mantissa = (uint64_t)(quotient >> drop);
    if (low > half || (low == half && (rest || mantissa % 2 != 0))) mantissa++;
    return ldexp((double)mantissa, drop - 64 - shift);
}

bool brine__text_double(const char *text, size_t length, double *f) {
    struct decimal_text d;
    read_decimal(text, length, &d);
    if (d.digits <= 19 && d.mantissa <= (uint64_t)1 << 53 && d.exponent >= -22 && d.exponent <= 22) {
        /* Both operands are exact, so the one rounding is the right one. */
        double m = (double)d.mantissa;
        *f = d.exponent < 0 ? m / power_of_ten[-d.exponent] : m * power_of_ten[d.exponent];
    } else if (d.digits <= 19 && d.exponent < 0 && d.exponent >= -19) {
        *f = divide(d.mantissa, -d.exponent);
    } else {
        *f = strtod(decimal_c(&d), NULL);
    }
    return isfinite(*f) != 0;
}

bool brine__text_float(const char *text, size_t length, float *f) {
    struct decimal_text d;
    read_decimal(text, length, &d);
    *f = strtof(decimal_c(&d), NULL);
    return isfinite(*f) != 0;
}

bool brine__text_half(const char *text, size_t length, uint16_t *half) {
    double f;
    *half = 0x7c00;
    if (brine__text_double(text, length, &f)) *half = brine__double_half(f);
    return *half != 0x7c00;
}

/* ---- half precision: sign 1, exponent 5, fraction 10 ---- */

double brine__half_double(uint16_t half) {
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double f;
    if (exponent == 31)
        f = fraction != 0 ? NAN : INFINITY;
    else if (exponent == 0)
        f = ldexp(fraction, -24);
    else
        f = ldexp(fraction + 1024, exponent - 25);
    return half >> 15 ? -f : f;
}

uint16_t brine__double_half(double f) {
    unsigned sign = signbit(f) ? 0x8000u : 0;
    double size = fabs(f);
    if (isnan(f)) return (uint16_t)(sign | 0x7e00u);
    if (size >= 65520) return (uint16_t)(sign | 0x7c00u); /* the midpoint above 65504 */
    int exponent;
    frexp(size, &exponent); /* size = m * 2^exponent, m in [0.5, 1) */
    if (exponent < -13 || size == 0) exponent = -13;
    /* In units of the last place; rint rounds ties to even, and a carry runs into the exponent. */
    unsigned units = (unsigned)rint(ldexp(size, 11 - exponent));
    return (uint16_t)(sign | (units + ((unsigned)(exponent + 13) << 10)));
}

/* ---- shortest digits ---- */

enum width { HALF, FLOAT, DOUBLE };

struct digits {
    char text[20]; /* count digits, no leading or trailing zero unless it is all */
    int count;
    int point; /* the number is 0.DIGITS * 10^point */
};

static void strip_zeros(struct digits *d) {
    while (d->count > 1 && d->text[d->count - 1] == '0') d->count--;
}

static void digits_of(uint64_t u, int power, struct digits *d) {
    char text[NUMBER_TEXT];
    d->count = (int)brine__uint_text(u, text);
    memcpy(d->text, text, (size_t)d->count);
    d->point = d->count + power;
    strip_zeros(d);
}

static int point_of(double f) {
    static const double below[] = {1e-1, 1e-2, 1e-3, 1e-4};
    int point = 0;
    while (f >= power_of_ten[point]) point++;
    if (point == 0)
        while (point > -4 && f < below[-point]) point--;
    return point;
}

/* Numbers near the point, which most are, in integers and so exactly: f is m / 2^s, and decimal / 10^k
 * reads as f if it is within half a unit of m. Powers of two, whose neighbours are not equally far, are
 * left to others. */
static bool near_digits(double f, struct digits *d) {
    uint64_t bits, m;
    if (!(f >= 1e-5 && f < 1e15)) return false;
    memcpy(&bits, &f, sizeof bits);
    m = bits & (((uint64_t)1 << 52) - 1);
    if (m == 0) return false;
    m |= (uint64_t)1 << 52;
    int s = 1075 - (int)(bits >> 52), k = 15 - point_of(f); /* 15 digits are always told apart, 17 always enough */
    for (u128 power = (u128)power_of_ten[k];; k++, power *= 10) {
        u128 exact = m * power, half = (u128)1 << (s - 1), rest = exact & (2 * half - 1), decimal = exact >> s;
        bool up = rest > half || (rest == half && decimal % 2 != 0);
        u128 twice_off = 2 * (up ? 2 * half - rest : rest);
        if (twice_off > power || (twice_off == power && m % 2 != 0)) continue;
        digits_of((uint64_t)decimal + up, -k, d);
        return true;
    }
}

static bool reads_back(const struct digits *d, double f, enum width width) {
    char text[48];
    snprintf(text, sizeof text, "%.*se%d", d->count, d->text, d->point - d->count);
    if (width == DOUBLE) return strtod(text, NULL) == f;
    if (width == FLOAT) return (double)strtof(text, NULL) == f;
    return brine__half_double(brine__double_half(strtod(text, NULL))) == f;
}

static void round_to(double f, int count, struct digits *d) {
    char text[48];
    snprintf(text, sizeof text, "%.*e", count - 1, f);
    const char *p = text;
    d->count = 0;
    for (; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') d->text[d->count++] = *p;
    d->point = atoi(p + 1) + 1;
}

/* The next larger number of as many digits. */
static void bump(struct digits *d) {
    int i = d->count - 1;
    while (i >= 0 && d->text[i] == '9') d->text[i--] = '0';
    if (i >= 0) {
        d->text[i]++;
    } else {
        d->text[0] = '1'; /* 999 became 000: now 100, one place further left */
        d->point++;
    }
}

/* Tries more and more digits. Below a power of two the numbers lie twice as dense, so there the nearest
 * decimal may miss the number while the next one above still hits it. */
static void shortest(double f, enum width width, struct digits *d) {
    static const struct {
        int sure, most;
        double smallest_normal;
    } limits[] = {[HALF] = {3, 5, 0x1p-14}, [FLOAT] = {6, 9, FLT_MIN}, [DOUBLE] = {15, 17, DBL_MIN}};
    if (width == DOUBLE && near_digits(f, d)) return;
    int exponent;
    bool power_of_two = frexp(f, &exponent) == 0.5;
    int count = f < limits[width].smallest_normal || width == HALF ? 1 : limits[width].sure;
    for (;; count++) {
        round_to(f, count, d);
        if (count == limits[width].most || reads_back(d, f, width)) break;
        if (!power_of_two) continue;
        bump(d);
        if (reads_back(d, f, width)) break;
    }
    strip_zeros(d);
}

/* ---- layout ---- */

static size_t scientific(const struct digits *d, char *out) {
    char *p = out;
    *p++ = d->text[0];
    if (d->count > 1) {
        *p++ = '.';
        memcpy(p, d->text + 1, (size_t)d->count - 1);
        p += d->count - 1;
    }
    return (size_t)(p - out) + (size_t)sprintf(p, "e%c%02d", d->point > 0 ? '+' : '-', abs(d->point - 1));
}

static size_t plain(const struct digits *d, enum whole whole, char *out) {
    char *p = out;
    for (int i = d->point < 1 ? d->point - 1 : 0; i < d->count || i < d->point; i++) {
        if (i == d->point) *p++ = '.';
        *p++ = i >= 0 && i < d->count ? d->text[i] : '0';
    }
    if (d->point >= d->count && whole == WHOLE_DOT_ZERO) {
        *p++ = '.';
        *p++ = '0';
    }
    return (size_t)(p - out);
}

static size_t number_text(double f, enum width width, enum whole whole, char *text) {
    char *p = text;
    if (isnan(f)) return (size_t)(stpcpy(p, "nan") - text);
    if (signbit(f)) *p++ = '-';
    f = fabs(f);
    if (isinf(f)) return (size_t)(stpcpy(p, "inf") - text);
    struct digits d = {"0", 1, 1};
    if (f != 0) shortest(f, width, &d);
    p += d.point > 16 || d.point < -3 ? scientific(&d, p) : plain(&d, whole, p);
    return (size_t)(p - text);
}

size_t brine__double_text(double f, enum whole whole, char *text) { return number_text(f, DOUBLE, whole, text); }

size_t brine__float_text(float f, enum whole whole, char *text) { return number_text((double)f, FLOAT, whole, text); }

size_t brine__half_text(uint16_t half, enum whole whole, char *text) {
    return number_text(brine__half_double(half), HALF, whole, text);
}

/* ---- integers ---- */

size_t brine__uint_text(uint64_t u, char *text) {
    char backward[20];
    size_t n = 0;
    do backward[n++] = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    for (size_t i = 0; i < n; i++) text[i] = backward[n - 1 - i];
    return n;
}

size_t brine__int64_text(int64_t i, char *text) {
    if (i >= 0) return brine__uint_text((uint64_t)i, text);
    text[0] = '-';
    return 1 + brine__uint_text(0 - (uint64_t)i, text + 1);
}
