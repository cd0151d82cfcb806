/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: arithmetic on magnitudes: arrays of 64-bit limbs, the lowest first. GMP's own functions for large operands
 * take memory and end the process when there is none; so only its loops over limbs are used, which never do, and what
 * is built of them here works in the caller's scratch memory. Multiplication is Karatsuba's, division and conversion
 * of bases go by halves, so that an integer of a million limbs takes seconds and not days.
 *
 * A count of limbs is `normal` when the highest limb is not 0 (0 has no limbs).
 */
#ifndef BRINE_VALUE_LIMBS_H
#define BRINE_VALUE_LIMBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t limbs_normal(const uint64_t *a, size_t n) {
    while (n && a[n - 1] == 0) n--;
    return n;
}

/* r[0..an+bn) = a * b. No operand is empty; r overlaps none. Scratch for a shorter operand of n limbs: */
size_t brine__limbs_multiply_scratch(size_t n);
void brine__limbs_multiply(uint64_t *r, const uint64_t *a, size_t an, const uint64_t *b, size_t bn, uint64_t *scratch);

/* q[0..an-bn+1) = a / b, r[0..bn) = a % b, for normal a and b with an >= bn >= 1. q and r overlap nothing. */
size_t brine__limbs_divide_scratch(size_t an, size_t bn);
void brine__limbs_divide(uint64_t *q, uint64_t *r, const uint64_t *a, size_t an, const uint64_t *b, size_t bn,
                         uint64_t *scratch);

/* ---- text (value/limbs_text.c); these take memory: 0, or BRINE_ENOMEM ---- */

/* Digits of base 2..36, all of them valid. *limbs, of *count (normal), is malloc'ed. */
int brine__limbs_parse(const char *digits, size_t length, int base, uint64_t **limbs, size_t *count);
/* The digits of a normal magnitude behind `sign` (may be ""), malloc'ed and NUL-terminated. */
int brine__limbs_print(const uint64_t *limbs, size_t count, int base, const char *sign, char **text);

#endif
