/* SPDX-License-Identifier: Apache-2.0 */
/* value: one form for every number. Integers are never turned into doubles to compare them, since that
 * would round: an integer and a double are compared by magnitude, bit by bit from the top. */
#include "value/number.h"

#include <math.h>

#include "value/hash.h"
#include "value/text_number.h"

/* ---- loading ---- */

static void set_magnitude(struct number *n, int sign, uint64_t magnitude) {
    n->is_int = true;
    n->is_complex = false;
    n->sign = magnitude ? sign : 0;
    n->count = magnitude != 0;
    n->limbs = NULL;
    n->small = magnitude;
    n->real = n->imaginary = 0;
}

void brine__number_uint(struct number *n, uint64_t u) { set_magnitude(n, 1, u); }

void brine__number_int(struct number *n, int64_t i) {
    set_magnitude(n, i < 0 ? -1 : 1, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
}

void brine__number_double(struct number *n, double re, double im) {
    n->is_int = n->is_complex = false;
    n->sign = 0;
    n->count = 0;
    n->limbs = NULL;
    n->real = re;
    n->imaginary = im;
}

static void load_complex(struct number *n, double re, double im) {
    brine__number_double(n, re, im);
    n->is_complex = true;
}

bool brine__number_load(const brine_pool *pool, const struct cell *cell, struct number *n) {
    float f[2];
    double d[2];
    switch (cell->type) {
    case BRINE_BOOL:
    case BRINE_U8:
    case BRINE_U16:
    case BRINE_U32:
    case BRINE_U64: brine__number_uint(n, cell->payload); return true;
    case BRINE_I8:
    case BRINE_I16:
    case BRINE_I32:
    case BRINE_I64: brine__number_int(n, (int64_t)cell->payload); return true;
    case BRINE_F32:
        memcpy(f, &cell->payload, sizeof f[0]);
        brine__number_double(n, (double)f[0], 0);
        return true;
    case BRINE_F64:
        memcpy(d, &cell->payload, sizeof d[0]);
        brine__number_double(n, d[0], 0);
        return true;
    case BRINE_C64:
        memcpy(f, &cell->payload, sizeof f);
        load_complex(n, (double)f[0], (double)f[1]);
        return true;
    case BRINE_C128:
        memcpy(d, pool_at(pool, cell->payload), sizeof d);
        load_complex(n, d[0], d[1]);
        return true;
    case BRINE_BIGINT:
        set_magnitude(n, 1, 0);
        n->count = cell->len;
        n->sign = cell->len == 0 ? 0 : cell->n & CELL_NEGATIVE ? -1 : 1;
        n->limbs = pool_at(pool, cell->payload);
        return true;
    default: return false;
    }
}

void brine__number_item(uint32_t dtype, const void *item, struct number *n) {
    float f[2];
    double d[2];
    uint16_t half;
#define INTEGER(tag, type, load)                                                                                       \
    case tag: {                                                                                                        \
        type v;                                                                                                        \
        memcpy(&v, item, sizeof v);                                                                                    \
        load(n, v);                                                                                                    \
        return;                                                                                                        \
    }
    switch (dtype) {
    case BRINE_BOOL: brine__number_uint(n, *(const uint8_t *)item != 0); return;
    INTEGER(BRINE_I8, int8_t, brine__number_int)
    INTEGER(BRINE_U8, uint8_t, brine__number_uint)
    INTEGER(BRINE_I16, int16_t, brine__number_int)
    INTEGER(BRINE_U16, uint16_t, brine__number_uint)
    INTEGER(BRINE_I32, int32_t, brine__number_int)
    INTEGER(BRINE_U32, uint32_t, brine__number_uint)
    INTEGER(BRINE_I64, int64_t, brine__number_int)
    INTEGER(BRINE_U64, uint64_t, brine__number_uint)
    case BRINE_F16: memcpy(&half, item, sizeof half); brine__number_double(n, brine__half_double(half), 0); return;
    case BRINE_F32: memcpy(f, item, sizeof f[0]); brine__number_double(n, (double)f[0], 0); return;
    case BRINE_F64: memcpy(d, item, sizeof d[0]); brine__number_double(n, d[0], 0); return;
    case BRINE_C64: memcpy(f, item, sizeof f); load_complex(n, (double)f[0], (double)f[1]); return;
    default: memcpy(d, item, sizeof d); load_complex(n, d[0], d[1]); return;
    }
#undef INTEGER
}

/* ---- integers and doubles ---- */

static size_t bits_of(const uint64_t *limbs, size_t count) {
    return count ? count * 64 - (size_t)__builtin_clzll(limbs[count - 1]) : 0;
}

static bool any_below(const uint64_t *limbs, size_t bit) { /* is a bit under `bit` set? */
    for (size_t i = 0; i < bit / 64; i++)
        if (limbs[i]) return true;
    return bit % 64 && (limbs[bit / 64] & (((uint64_t)1 << bit % 64) - 1)) != 0;
}

/* The 64 bits from `bit` upward. */
static uint64_t bits_from(const uint64_t *limbs, size_t count, size_t bit) {
    size_t i = bit / 64, shift = bit % 64;
    uint64_t low = i < count ? limbs[i] >> shift : 0;
    return shift && i + 1 < count ? low | limbs[i + 1] << (64 - shift) : low;
}

bool brine__double_integer(double f, int *sign, uint64_t *limbs, size_t *count) {
    int exponent;
    double a = fabs(f);
    *sign = f < 0 ? -1 : 1;
    *count = 0;
    if (a < 1) {
        *sign = 0;
        return a == 0;
    }
    uint64_t mantissa = (uint64_t)ldexp(frexp(a, &exponent), 64); /* top bit set; a = mantissa * 2^(exponent-64) */
    memset(limbs, 0, DOUBLE_LIMBS * sizeof *limbs);
    if (exponent <= 64) {
        limbs[0] = mantissa >> (64 - exponent);
        *count = 1;
        return exponent == 64 || mantissa << exponent == 0;
    }
    size_t shift = (size_t)exponent - 64;
    limbs[shift / 64] = mantissa << shift % 64;
    if (shift % 64) limbs[shift / 64 + 1] = mantissa >> (64 - shift % 64);
    *count = ((size_t)exponent + 63) / 64;
    return true;
}

double brine__number_to_double(const struct number *n, bool *exact) {
    *exact = true;
    if (!n->is_int) return n->real;
    const uint64_t *limbs = number_limbs(n);
    size_t bits = bits_of(limbs, n->count);
    if (bits <= 53) return n->sign < 0 ? -(double)limbs[0] : n->count ? (double)limbs[0] : 0.0;
    if (bits > 1024) {
        *exact = false;
        return n->sign < 0 ? -(double)INFINITY : (double)INFINITY;
    }
    size_t drop = bits - 53;
    uint64_t top = bits_from(limbs, n->count, drop) & (((uint64_t)1 << 53) - 1);
    bool half = bits_from(limbs, n->count, drop - 1) & 1, rest = any_below(limbs, drop - 1);
    *exact = !half && !rest;
    if (half && (rest || (top & 1))) top++;
    double f = ldexp((double)top, (int)drop);
    return n->sign < 0 ? -f : f;
}

/* ---- comparing ---- */

static int limbs_compare(const uint64_t *a, size_t an, const uint64_t *b, size_t bn) {
    if (an != bn) return an < bn ? -1 : 1;
    while (an-- > 0)
        if (a[an] != b[an]) return a[an] < b[an] ? -1 : 1;
    return 0;
}

static int int_compare(const struct number *a, const struct number *b) {
    if (a->sign != b->sign) return a->sign < b->sign ? -1 : 1;
    int order = limbs_compare(number_limbs(a), a->count, number_limbs(b), b->count);
    return a->sign < 0 ? -order : order;
}

/* f is not NaN. */
static int int_double_compare(const struct number *a, double f) {
    uint64_t limbs[DOUBLE_LIMBS];
    struct number whole = {.is_int = true, .limbs = limbs};
    if (isinf(f)) return f > 0 ? -1 : 1;
    bool exact = brine__double_integer(f, &whole.sign, limbs, &whole.count);
    int order = int_compare(a, &whole);
    return order || exact ? order : f > 0 ? -1 : 1;
}

static int real_compare(const struct number *a, const struct number *b) {
    if (a->is_int && b->is_int) return int_compare(a, b);
    if (a->is_int) return b->real != b->real ? 2 : int_double_compare(a, b->real);
    if (b->is_int) return a->real != a->real ? 2 : -int_double_compare(b, a->real);
    return a->real < b->real ? -1 : a->real > b->real ? 1 : a->real == b->real ? 0 : 2;
}

int brine__number_compare(const struct number *a, const struct number *b) {
    int order = real_compare(a, b);
    if (a->imaginary == b->imaginary && (order == 0 || a->imaginary == 0)) return order;
    return 2;
}

static int double_order(double a, double b) {
    if (a != a || b != b) return (a != a) - (b != b);
    return (a > b) - (a < b);
}

int brine__number_order(const struct number *a, const struct number *b) {
    bool an = number_is_nan(a), bn = number_is_nan(b);
    if (an || bn) return an - bn;
    int order = real_compare(a, b);
    return order ? order : double_order(a->imaginary, b->imaginary);
}

/* ---- hashing ---- */

/* Equal numbers must hash equally, whatever their types: an integral double hashes as the integer. */
static uint64_t real_hash(const struct number *n, uint64_t seed) {
    uint64_t limbs[DOUBLE_LIMBS];
    size_t count;
    int sign;
    if (n->is_int)
        return n->count <= 1 ? hash_words(n->count ? number_limbs(n)[0] : 0, (uint64_t)(n->sign < 0), seed)
                             : brine__hash_bytes(n->limbs, n->count * sizeof *limbs, seed + (n->sign < 0));
    if (n->real != n->real) return hash_words(0, 2, seed);
    if (isinf(n->real) || !brine__double_integer(n->real, &sign, limbs, &count)) {
        uint64_t bits;
        memcpy(&bits, &n->real, sizeof bits);
        return hash_words(bits, 3, seed);
    }
    if (count <= 1) return hash_words(count ? limbs[0] : 0, sign < 0, seed);
    return brine__hash_bytes(limbs, count * sizeof *limbs, seed + (sign < 0));
}

uint64_t brine__number_hash(const struct number *n, uint64_t seed) {
    uint64_t h = real_hash(n, seed);
    if (n->imaginary == 0) return h;
    struct number im;
    brine__number_double(&im, n->imaginary, 0);
    return hash_words(h, real_hash(&im, seed), seed + 1);
}
