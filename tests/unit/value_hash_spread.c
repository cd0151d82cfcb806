/* SPDX-License-Identifier: Apache-2.0 */
/* Tabs stay quick whatever the keys are: multiples of large powers of two, floats, close neighbours. */
#include <time.h>

#include "value_helpers.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum { COUNT = 120000 };

static double seconds_for(brine_pool *pool, unsigned shift, bool floats) {
    brine_packet p = new_packet(pool);
    brine_ref root = brine_root(p);
    double start = now();
    for (int64_t i = 0; i < COUNT; i++) {
        int64_t key = (int64_t)((uint64_t)i << shift);
        CHECK_OK(brine_assign_int(
            brine_slot_key(root, floats ? brine_key_double((double)key * 0.5) : brine_key_int(key)), i));
    }
    CHECK_EQ_INT(brine_length(root), COUNT);
    CHECK_OK(brine_packet_free(p));
    return now() - start;
}

int main(void) {
    brine_pool *pool = value_pool(256 << 20);
    double first = seconds_for(pool, 0, false);
    first = seconds_for(pool, 0, false); /* the first one also grows the pool */
    for (unsigned shift = 0; shift <= 47; shift++) {
        for (int floats = 0; floats < 2; floats++) {
            double s = seconds_for(pool, shift, floats);
            if (s > first * 50 + 1)
                check_failed(__FILE__, __LINE__, "%d keys i << %u (%s): %.3f s, neighbours: %.3f s", COUNT, shift,
                             floats ? "float" : "int", s, first);
        }
    }
    end_pool(pool);
    return 0;
}
