/* SPDX-License-Identifier: Apache-2.0 */
/* value: integers of any size as text, by GMP, which reads the limbs in place. */
#include <limits.h>
#include <stdlib.h>

#include <gmp.h>

#include <brine/text.h>

#include "base/status.h"

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "limbs are whole 64-bit words");

int brine_int_text(brine_ref value, int base, char **text) {
    brine_bigint big;
    mpz_t number;
    if (base < 2 || base > 36)
        return brine__fail(BRINE_EINVAL, "integer as text: base %d asked, 2 to 36 are possible", base);
    int status = brine_as_bigint(value, &big);
    if (status != 0) return status;
    if (big.count > INT_MAX) /* an mpz counts its limbs in an int */
        return brine__fail(BRINE_ERANGE, "integer as text: %zu limbs are too many to be converted", big.count);
    mpz_roinit_n(number, (const mp_limb_t *)big.limbs, big.sign < 0 ? -(mp_size_t)big.count : (mp_size_t)big.count);
    char *digits = malloc(mpz_sizeinbase(number, base) + 2); /* sign and NUL */
    if (digits == NULL)
        return brine__fail(BRINE_ENOMEM, "integer as text: no memory for %zu digits", mpz_sizeinbase(number, base));
    *text = mpz_get_str(digits, base, number);
    return 0;
}
