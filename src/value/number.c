/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: numbers of all types as mathematical values: exact equality, order and hash across types, as
 * Python's.
 */
#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "value/cell.h"

static void from_u64(struct number *n, uint64_t magnitude, bool negative) {
    n->kind = NUMBER_INT;
    n->small[0] = magnitude;
    n->limbs = n->small;
    n->count = magnitude != 0;
    n->sign = magnitude == 0 ? 0 : negative ? -1 : 1;
}

void brine__number_of_double(double d, struct number *n) {
    n->re = d;
    n->im = 0;
    n->kind = NUMBER_FLOAT;
    if (!isfinite(d) || d != trunc(d)) return;
    double magnitude = fabs(d);
    if (magnitude < 18446744073709551616.0) {
        from_u64(n, (uint64_t)magnitude, d < 0);
        return;
    }
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(magnitude, &exponent), 53); /* magnitude = mantissa * 2^(exponent-53) */
    unsigned shift = (unsigned)exponent - 53, limb = shift / 64, bit = shift % 64;
    memset(n->small, 0, sizeof n->small);
    n->small[limb] = mantissa << bit;
    if (bit > 11) n->small[limb + 1] = mantissa >> (64 - bit);
    n->kind = NUMBER_INT;
    n->limbs = n->small;
    n->count = limb + 1 + (bit > 11 && n->small[limb + 1] != 0);
    n->sign = d < 0 ? -1 : 1;
}

static void from_complex(struct number *n, double re, double im) {
    if (im == 0) {
        brine__number_of_double(re, n);
        return;
    }
    n->kind = NUMBER_COMPLEX;
    n->re = re;
    n->im = im;
}

static void from_i64(struct number *n, int64_t i) { from_u64(n, i < 0 ? -(uint64_t)i : (uint64_t)i, i < 0); }

bool brine__number_of(const struct at *at, const struct cell *c, struct number *n) {
    float f[2];
    double d[2];
    switch (c->type) {
    case BRINE_BOOL:
    case BRINE_U8:
    case BRINE_U16:
    case BRINE_U32:
    case BRINE_U64: from_u64(n, c->payload, false); return true;
    case BRINE_I8:
    case BRINE_I16:
    case BRINE_I32:
    case BRINE_I64: from_i64(n, (int64_t)c->payload); return true;
    case BRINE_F32:
        memcpy(f, &c->payload, sizeof f[0]);
        brine__number_of_double(f[0], n);
        return true;
    case BRINE_F64:
        memcpy(d, &c->payload, sizeof d[0]);
        brine__number_of_double(d[0], n);
        return true;
    case BRINE_C64:
        memcpy(f, &c->payload, sizeof f);
        from_complex(n, f[0], f[1]);
        return true;
    case BRINE_C128:
        memcpy(d, pool_at(at->pool, c->payload), sizeof d);
        from_complex(n, d[0], d[1]);
        return true;
    case CELL_KEY_C128:
        memcpy(d, (const void *)(uintptr_t)c->payload, sizeof d);
        from_complex(n, d[0], d[1]);
        return true;
    case BRINE_BIGINT:
        n->kind = NUMBER_INT;
        n->count = cell_len48(c);
        n->limbs = n->count ? pool_at(at->pool, c->payload) : n->small;
        n->sign = n->count == 0 ? 0 : (c->n & BIGINT_SIGN) == BIGINT_NEGATIVE ? -1 : 1;
        return true;
    default: return false;
    }
}

bool brine__number_equal(const struct number *a, const struct number *b) {
    if (a->kind != b->kind) return false;
    if (a->kind == NUMBER_INT)
        return a->sign == b->sign && a->count == b->count &&
               (!a->count || memcmp(a->limbs, b->limbs, a->count * 8) == 0);
    return a->re == b->re && (a->kind == NUMBER_FLOAT || a->im == b->im);
}

static int magnitude_order(const struct number *a, const struct number *b) {
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (uint64_t i = a->count; i-- > 0;)
        if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

/* f is not integral, so finite ones are under 2^53. */
static int int_float_order(const struct number *i, double f) {
    if (isnan(f)) return -1;
    if (isinf(f)) return f > 0 ? -1 : 1;
    if (i->count > 1 || (i->count == 1 && i->limbs[0] >> 53)) return i->sign;
    double d = i->count ? (double)i->limbs[0] * i->sign : 0;
    return d < f ? -1 : 1;
}

static int double_order(double a, double b) {
    if (isnan(a) || isnan(b)) return (isnan(a) ? 1 : 0) - (isnan(b) ? 1 : 0);
    return (a > b) - (a < b);
}

int brine__number_order(const struct number *a, const struct number *b) {
    if (a->kind == NUMBER_COMPLEX || b->kind == NUMBER_COMPLEX) {
        struct number x, y;
        if (a->kind == NUMBER_COMPLEX) brine__number_of_double(a->re, &x);
        if (b->kind == NUMBER_COMPLEX) brine__number_of_double(b->re, &y);
        int order = brine__number_order(a->kind == NUMBER_COMPLEX ? &x : a, b->kind == NUMBER_COMPLEX ? &y : b);
        return order ? order
                     : double_order(a->kind == NUMBER_COMPLEX ? a->im : 0, b->kind == NUMBER_COMPLEX ? b->im : 0);
    }
    if (a->kind == NUMBER_FLOAT && b->kind == NUMBER_FLOAT) return double_order(a->re, b->re);
    if (a->kind == NUMBER_FLOAT) return -int_float_order(b, a->re);
    if (b->kind == NUMBER_FLOAT) return int_float_order(a, b->re);
    if (a->sign != b->sign) return a->sign < b->sign ? -1 : 1;
    return a->sign < 0 ? -magnitude_order(a, b) : magnitude_order(a, b);
}

uint64_t brine__number_hash(const struct number *n, uint64_t seed) {
    if (n->kind == NUMBER_INT) {
        if (n->count <= 1) {
            uint64_t h = ((n->count ? n->limbs[0] : 0) ^ (n->sign < 0 ? 0xc2b2ae3d27d4eb4fu : 0)) +
                         seed; /* the finalizer of splitmix64 */
            h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
            h = (h ^ h >> 27) * 0x94d049bb133111ebu;
            return h ^ h >> 31;
        }
        return XXH3_64bits_withSeed(n->limbs, n->count * 8, seed + (uint64_t)(n->sign + 1));
    }
    double d[2] = {n->re, n->kind == NUMBER_COMPLEX ? n->im : 0};
    return XXH3_64bits_withSeed(d, sizeof d, seed);
}
