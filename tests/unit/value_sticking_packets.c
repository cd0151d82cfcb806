/* SPDX-License-Identifier: Apache-2.0 */
/* Build errors where packets are put together: a builder that checks once, at the end, must learn of them. */
#include "value_helpers.h"

int main(void) {
    brine_pool *pool = value_pool(16 << 20), *other = value_pool(1 << 20);
    brine_packet p = new_packet(pool), inner = new_packet(pool), share = new_packet(pool), far = new_packet(other);
    brine_ref root = brine_root(p);
    CHECK_OK(brine_packet_share(&share));
    CHECK_STATUS(brine_set_packet(root, "self", p), BRINE_EINVAL);
    CHECK_STUCK(p, BRINE_EINVAL);
    CHECK_STATUS(brine_set_packet(root, "far", far), BRINE_EXPOOL);
    CHECK_STUCK(p, BRINE_EXPOOL);
    CHECK_OK(brine_set_packet(root, "share", share));
    CHECK_STATUS(brine_set_int(brine_find(root, "share"), "x", 1), BRINE_ESHARED);
    CHECK_STUCK(p, BRINE_ESHARED);
    CHECK_OK(brine_set_packet(root, "inner", inner));
    CHECK_STATUS(brine_set_str(brine_find(root, "inner"), "x", "\xff"), BRINE_EUTF8); /* inside what p owns */
    CHECK_STATUS(brine_packet_error(p), BRINE_EUTF8);
    CHECK_OK(brine_packet_free(p));
    CHECK_OK(brine_packet_free(far));
    end_pool(other);
    end_pool(pool);
    return 0;
}
