/* SPDX-License-Identifier: Apache-2.0 */
/* value: integers of any size as text. */
#include <limits.h>

#include <brine/text.h>

#include "base/status.h"
#include "value/limbs.h"

int brine_int_text(brine_ref value, int base, char **text) {
    brine_bigint big;
    if (base < 2 || base > 36)
        return brine__fail(BRINE_EINVAL, "integer as text: base %d asked, 2 to 36 are possible", base);
    int status = brine_as_bigint(value, &big);
    if (status != 0) return status;
    if (big.count > INT_MAX)
        return brine__fail(BRINE_ERANGE, "integer as text: %zu limbs are too many to be converted", big.count);
    size_t count = limbs_normal(big.limbs, big.count);
    return brine__limbs_print(big.limbs, count, base, big.sign < 0 && count != 0 ? "-" : "", text);
}
