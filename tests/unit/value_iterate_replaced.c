/* SPDX-License-Identifier: Apache-2.0 */
/* An iterator whose container is given another value meanwhile ends with a status, whatever came instead. */
#include "value_helpers.h"

int main(void) {
    brine_pool *pool = value_pool(16 << 20);
    brine_packet packet = new_packet(pool);
    for (int kind = 0; kind < 8; kind++) {
        brine_ref place = new_place(packet), key, value;
        brine_ref container = kind % 2 ? brine_assign_arr(place) : brine_assign_tab(place, 0);
        for (int i = 0; i < 3; i++) {
            CHECK_OK(kind % 2 ? brine_append_int(container, i)
                              : brine_assign_int(brine_slot_key(container, brine_key_int(i)), i));
        }
        brine_iter it = brine_iterate(container);
        CHECK(brine_next(&it, &key, &value));
        switch (kind / 2) {
        case 0: CHECK_OK(brine_assign_int(place, INT64_MAX)); break;
        case 1: CHECK_OK(brine_assign_double(place, 1e300)); break;
        case 2: CHECK_OK(brine_assign_str(place, "short")); break;
        default: CHECK_OK(brine_assign_bytes(place, "bytes of more than sixteen bytes", 32)); break;
        }
        CHECK(!brine_next(&it, &key, &value));
        CHECK(it.status != 0);
    }
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
