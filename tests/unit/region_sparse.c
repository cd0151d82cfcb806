/* SPDX-License-Identifier: Apache-2.0 */
/* A pool costs what is used of it: a terabyte maps, and its few packets take a few MiB. */
#include "pool_helpers.h"

int main(void) {
    brine_pool *pool = make_pool("t", 1ull << 40), *second;
    CHECK_MSG(file_memory("t") < 40 * MIB, "an empty pool of 1 TiB takes %" PRIu64 " KiB", file_memory("t") / 1024);
    CHECK_EQ_INT(info_of(pool).max_bytes, 1ull << 40);
    CHECK_EQ_INT(info_of(pool).committed_bytes, 0);
    brine_packet small = filled_packet(pool, 100, 1), middle = filled_packet(pool, 20 * KIB, 2);
    uint64_t before = file_memory("t");
    brine_packet large = filled_packet(pool, 64 * MIB, 3);
    uint64_t took = file_memory("t") - before;
    CHECK_MSG(took >= 64 * MIB && took < 80 * MIB, "64 MiB took %" PRIu64 " KiB", took / 1024);
    check_filled(small);
    check_filled(middle);
    check_filled(large);
    second = attach_pool("t");
    check_whole(second);
    CHECK(brine_pool_biggest_free(second) > 1000ull << 30);
    uint8_t *far = brine_pool_allocate(second, 32 * MIB);
    CHECK(far != NULL);
    memset(far, 1, 32 * MIB);
    brine_pool_detach(second);
    CHECK_OK(brine_packet_free(small));
    CHECK_OK(brine_packet_free(middle));
    CHECK_OK(brine_packet_free(large));
    check_empty(pool);
    drop_pool(pool);

    pool = make_pool("t", 16ull << 40); /* the most there is */
    CHECK_MSG(file_memory("t") < 600 * MIB, "an empty pool of 16 TiB takes %" PRIu64 " KiB", file_memory("t") / 1024);
    small = filled_packet(pool, 1 * MIB, 1);
    check_filled(small);
    CHECK_OK(brine_packet_free(small));
    drop_pool(pool);

    /* What was asked for at the start is there for certain. */
    brine_pool_options options = {.max_bytes = 64 * MIB, .initial_bytes = 20 * MIB};
    CHECK_OK(brine_pool_create("t", &options, &pool));
    CHECK(file_memory("t") >= 20 * MIB && file_memory("t") < 30 * MIB);
    CHECK(info_of(pool).committed_bytes >= 20 * MIB && info_of(pool).committed_bytes <= 24 * MIB);
    before = file_memory("t");
    large = filled_packet(pool, 19 * MIB, 1);
    CHECK(large.record != 0);
    CHECK(file_memory("t") - before <= 6 * MIB); /* records and growth, not the data */
    drop_pool(pool);
    return 0;
}
