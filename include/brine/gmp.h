/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For those who use GMP: integers of any size to and from mpz_t. Not part of brine.h; include it by
 * itself, and link with gmp. Header-only.
 */
#ifndef BRINE_GMP_H
#define BRINE_GMP_H

#include <gmp.h>

#include <brine/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#if GMP_NUMB_BITS != 64
#error "brine's integers are 64-bit limbs; this GMP has others"
#endif

/* Gives the place the integer, copied, always as a bigint. flags: 0 or BRINE_UNSIGNED. Errors as
 * brine_assign_bigint. Since 0.1. */
static inline int brine_assign_mpz(brine_ref place, mpz_srcptr z, unsigned flags) {
    return brine_assign_bigint(place, mpz_sgn(z), (const uint64_t *)mpz_limbs_read(z), mpz_size(z), flags);
}

/* Views an integer of any type, in place: *z is read-only, must be neither changed nor cleared, and is
 * good as long as `keep` is, where it is, and as the value is (see brine_as_bigint). Errors as
 * brine_as_bigint. Since 0.1.
 *     brine_bigint keep;
 *     mpz_t z;
 *     if (brine_as_mpz(value, &keep, z) == 0) mpz_out_str(stdout, 10, z); */
BRINE_MUST_CHECK static inline int brine_as_mpz(brine_ref value, brine_bigint *keep, mpz_ptr z) {
    int rc = brine_as_bigint(value, keep);
    if (rc == 0) {
        mp_size_t limbs = (mp_size_t)keep->count;
        mpz_roinit_n(z, (const mp_limb_t *)keep->limbs, keep->sign < 0 ? -limbs : limbs);
    }
    return rc;
}

#ifdef __cplusplus
}
#endif
#endif
