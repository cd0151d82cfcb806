/* SPDX-License-Identifier: Apache-2.0 */
/* A key cannot be changed, nor anything inside it: the tab would no longer find it. */
#include "value_helpers.h"

int main(void) {
    brine_pool *pool = value_pool(16 << 20);
    brine_packet packet = new_packet(pool);
    brine_ref tab = brine_assign_tab(new_place(packet), 0), tup = brine_assign_tup(new_place(packet), 2), key, value,
              inside;
    CHECK_OK(brine_assign_int(brine_at(tup, 0), 1));
    CHECK_GOOD(brine_assign_tup(brine_at(tup, 1), 1));
    CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_value(tup)), 5));
    CHECK_OK(brine_assign_int(brine_at(tup, 0), 2)); /* the original is not the key */
    CHECK_OK(brine_assign_int(brine_at(tup, 0), 1));
    brine_iter it = brine_iterate(tab);
    CHECK(brine_next(&it, &key, &value));
    CHECK_STATUS(brine_assign_none(key), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_STATUS(brine_assign_int(brine_at(key, 0), 9), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_STATUS(brine_assign_int(brine_at(brine_at(key, 1), 0), 9), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_STATUS(brine_assign_int(brine_path(key, "/0"), 9), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(packet));
    it = brine_iterate(key);
    CHECK(brine_next(&it, NULL, &inside));
    CHECK_STATUS(brine_assign_int(inside, 9), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_INT(brine_find_key(tab, brine_key_value(tup)), 5);
    /* NaN is no key, not inside a tup either */
    CHECK_OK(brine_assign_double(brine_at(tup, 0), NAN));
    CHECK_REF(brine_slot_key(tab, brine_key_value(tup)), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
