/* SPDX-License-Identifier: Apache-2.0 */
/* value: products and quotients of magnitudes; see limbs.h. */
#include "value/limbs.h"

#include <string.h>

#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "limbs are whole 64-bit words");

#define KARATSUBA 32 /* limbs, from where on three products of halves beat one loop */
#define BY_HALVES 40 /* the same for division */

typedef unsigned __int128 u128;

static mp_size_t size(size_t n) { return (mp_size_t)n; }

/* ---- multiplication ---- */

static void multiply_rows(uint64_t *r, const uint64_t *a, size_t an, const uint64_t *b, size_t bn) {
    r[an] = mpn_mul_1(r, a, size(an), b[0]);
    for (size_t i = 1; i < bn; i++) r[an + i] = mpn_addmul_1(r + i, a, size(an), b[i]);
}

/* r[0..n) = |x - y|, of n limbs and yn of n or n - 1. True if x < y. */
static bool distance(uint64_t *r, const uint64_t *x, size_t n, const uint64_t *y, size_t yn) {
    if (yn < n) {
        r[n - 1] = 0;
        if (x[n - 1] != 0) {
            mpn_sub(r, x, size(n), y, size(yn));
            return false;
        }
    }
    bool less = mpn_cmp(x, y, size(yn)) < 0;
    mpn_sub_n(r, less ? y : x, less ? x : y, size(yn));
    return less;
}

/* a and b of n limbs. With a = a1 B + a0, b alike: the middle of the product is a0 b0 + a1 b1 - (a0 - a1)(b0 - b1). */
static void multiply_halves(uint64_t *r, const uint64_t *a, const uint64_t *b, size_t n, uint64_t *scratch) {
    if (n < KARATSUBA) {
        multiply_rows(r, a, n, b, n);
        return;
    }
    size_t h = (n + 1) / 2, l = n - h; /* of the lower and the higher half */
    uint64_t *cross = scratch, *middle = scratch + 2 * h;
    bool minus = distance(r, a, h, a + h, l) != distance(r + h, b, h, b + h, l);
    multiply_halves(cross, r, r + h, h, scratch + 2 * h);
    multiply_halves(r, a, b, h, scratch + 2 * h);
    multiply_halves(r + 2 * h, a + h, b + h, l, scratch + 2 * h);
    middle[2 * h] = mpn_add(middle, r, size(2 * h), r + 2 * h, size(2 * l));
    if (minus)
        middle[2 * h] += mpn_add_n(middle, middle, cross, size(2 * h));
    else
        middle[2 * h] -= mpn_sub_n(middle, middle, cross, size(2 * h));
    size_t m = limbs_normal(middle, 2 * h + 1); /* no longer than there is room, as the product is not */
    if (m) mpn_add(r + h, r + h, size(2 * n - h), middle, size(m));
}

/* For halves: 2h + max(scratch of h, 2h + 1) at each level; for slices: the product of a slice, then that of what is
 * left over, whose operands shrink as in Euclid's algorithm. */
size_t brine__limbs_multiply_scratch(size_t n) { return 12 * n + 512; }

void brine__limbs_multiply(uint64_t *r, const uint64_t *a, size_t an, const uint64_t *b, size_t bn, uint64_t *scratch) {
    if (an < bn) {
        brine__limbs_multiply(r, b, bn, a, an, scratch);
        return;
    }
    if (bn < KARATSUBA) {
        multiply_rows(r, a, an, b, bn);
        return;
    }
    multiply_halves(r, a, b, bn, scratch);
    for (size_t at = bn, n; at < an; at += n) { /* slices of the longer one */
        n = an - at < bn ? an - at : bn;
        brine__limbs_multiply(scratch, b, bn, a + at, n, scratch + bn + n);
        memcpy(r + at + bn, scratch + bn, n * 8);
        if (mpn_add_n(r + at, r + at, scratch, size(bn))) mpn_add_1(r + at + bn, r + at + bn, size(n), 1);
    }
}

/* ---- division: the dividend becomes the remainder, with zeros above; the divisor's highest bit is set ---- */

/* The highest limb of the quotient of u2 u1 u0 by v1 v0, or one more. */
static uint64_t guess(uint64_t u2, uint64_t u1, uint64_t u0, uint64_t v1, uint64_t v0) {
    if (u2 >= v1) return UINT64_MAX;
    u128 u = (u128)u2 << 64 | u1;
    uint64_t q = (uint64_t)(u / v1), rest = (uint64_t)(u % v1);
    while ((u128)q * v0 > ((u128)rest << 64 | u0)) {
        q--;
        if (__builtin_add_overflow(rest, v1, &rest)) break;
    }
    return q;
}

/* q of m limbs from a of n + m, b of n >= 2. Gives what is above q: 0 or 1. */
static uint64_t divide_rows(uint64_t *q, uint64_t *a, const uint64_t *b, size_t n, size_t m) {
    uint64_t high = mpn_cmp(a + m, b, size(n)) >= 0;
    if (high) mpn_sub_n(a + m, a + m, b, size(n));
    for (size_t j = m; j-- > 0;) {
        uint64_t digit = guess(a[j + n], a[j + n - 1], a[j + n - 2], b[n - 1], b[n - 2]);
        uint64_t borrow = mpn_submul_1(a + j, b, size(n), digit), top = a[j + n];
        a[j + n] = top - borrow;
        for (bool negative = top < borrow; negative; negative = a[j + n] != 0) { /* seldom: the guess was too high */
            a[j + n] += mpn_add_n(a + j, a + j, b, size(n));
            digit--;
        }
        q[j] = digit;
    }
    return high;
}

/* Takes q * (the lowest k limbs of b) from what the division by the rest of b left, `high` being the limb above q.
 * a has n limbs at least. While that is negative q was too large. */
static uint64_t correct(uint64_t *q, size_t qn, uint64_t high, uint64_t *a, const uint64_t *b, size_t n, size_t k,
                        uint64_t *scratch) {
    brine__limbs_multiply(scratch, q, qn, b, k, scratch + qn + k);
    uint64_t borrow = mpn_sub(a, a, size(n), scratch, size(qn + k));
    if (high) borrow += mpn_sub(a + qn, a + qn, size(n - qn), b, size(k));
    while (borrow) {
        high -= mpn_sub_1(q, q, size(qn), 1);
        borrow -= mpn_add_n(a, a, b, size(n));
    }
    return high;
}

/* As divide_rows for n >= m: first by the upper part of b, the upper half of q; then the lower half. (Modern Computer
 * Arithmetic, RecursiveDivRem.) */
static uint64_t divide_halves(uint64_t *q, uint64_t *a, const uint64_t *b, size_t n, size_t m, uint64_t *scratch) {
    if (m < BY_HALVES) return divide_rows(q, a, b, n, m);
    size_t k = m / 2;
    uint64_t high = divide_halves(q + k, a + 2 * k, b + k, n - k, m - k, scratch);
    high = correct(q + k, m - k, high, a + k, b, n, k, scratch);
    uint64_t low = divide_halves(q, a + k, b + k, n - k, k, scratch);
    low = correct(q, k, low, a, b, n, k, scratch);
    if (low) high += mpn_add_1(q + k, q + k, size(m - k), 1);
    return high;
}

size_t brine__limbs_divide_scratch(size_t an, size_t bn) {
    return an + 1 + bn + 2 * bn + brine__limbs_multiply_scratch(bn);
}

void brine__limbs_divide(uint64_t *q, uint64_t *r, const uint64_t *a, size_t an, const uint64_t *b, size_t bn,
                         uint64_t *scratch) {
    if (bn == 1) {
        r[0] = mpn_divrem_1(q, 0, a, size(an), b[0]);
        return;
    }
    uint64_t *u = scratch, *v = u + an + 1;
    unsigned shift = (unsigned)__builtin_clzll(b[bn - 1]);
    scratch = v + bn;
    if (shift) {
        u[an] = mpn_lshift(u, a, size(an), shift);
        mpn_lshift(v, b, size(bn), shift);
    } else {
        memcpy(u, a, an * 8);
        memcpy(v, b, bn * 8);
        u[an] = 0;
    }
    /* Blocks of at most bn limbs of the quotient, from the highest; before each the part above is less than v. */
    for (size_t left = an + 1 - bn, m; left; left -= m) {
        m = left % bn ? left % bn : bn;
        divide_halves(q + left - m, u + left - m, v, bn, m, scratch);
    }
    if (shift)
        mpn_rshift(r, u, size(bn), shift);
    else
        memcpy(r, u, bn * 8);
}
