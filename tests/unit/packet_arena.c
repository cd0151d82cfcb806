/* SPDX-License-Identifier: Apache-2.0 */
/* A packet's memory: aligned, never overlapping, of any size, all of it given back; sizes that are told. */
#include "pool_helpers.h"

static uint64_t bytes_of(brine_packet packet) {
    uint64_t bytes = 0;
    CHECK_OK(brine_packet_bytes(packet, &bytes));
    return bytes;
}

static void alignment(brine_pool *pool, check_rng *rng) {
    enum { PIECES = 400 };
    struct piece {
        uint8_t *data;
        uint64_t bytes;
    } pieces[PIECES];
    brine_packet packet = make_packet(pool);
    struct at at = at_of(packet);
    for (int i = 0; i < PIECES; i++) {
        uint32_t align = 1u << check_below(rng, 7);
        uint64_t bytes = check_below(rng, 10) ? check_below(rng, 3000) : check_below(rng, 100000);
        pieces[i] = (struct piece){brine__arena_alloc(&at, bytes, align), bytes};
        CHECK_MSG(pieces[i].data != NULL, "%s", brine_detail());
        CHECK_EQ_INT((uintptr_t)pieces[i].data % align, 0);
        CHECK(brine_pool_contains(pool, pieces[i].data));
        memset(pieces[i].data, i & 0xff, bytes);
    }
    for (int i = 0; i < PIECES; i++)
        for (uint64_t k = 0; k < pieces[i].bytes; k++) CHECK_EQ_INT(pieces[i].data[k], i & 0xff);
    CHECK_EQ_INT(bytes_of(packet), info_of(pool).used_bytes);
    check_whole(pool);
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);
}

static void sizes(brine_pool *pool) {
    static const uint64_t all[] = {0,    1,    383,   384,   385,   1007,  1008,  1009,   8175,
                                   8176, 8177, 32751, 32752, 32753, 65520, 65521, 1000000};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        brine_packet packet = make_packet(pool), sized;
        uint8_t *data = grow_packet(packet, all[i]);
        CHECK(data != NULL);
        memset(data, 1, all[i]);
        CHECK(bytes_of(packet) >= 512 && bytes_of(packet) <= 512 + 2 * all[i] + 70000);
        if (all[i] <= ARENA_INLINE) CHECK_EQ_INT(bytes_of(packet), RECORD_BYTES); /* a small packet is only a record */
        CHECK_OK(brine_packet_new_sized(pool, all[i], &sized));
        uint64_t before = bytes_of(sized);
        data = grow_packet(sized, all[i]);
        CHECK(data != NULL);
        memset(data, 2, all[i]);
        CHECK_EQ_INT(bytes_of(sized), before); /* the room was there */
        check_whole(pool);
        CHECK_EQ_INT(info_of(pool).used_bytes, bytes_of(packet) + bytes_of(sized));
        CHECK_OK(brine_packet_free(packet));
        CHECK_OK(brine_packet_free(sized));
        check_empty(pool);
    }
}

static void too_large(brine_pool *pool) {
    static const uint64_t all[] = {17 * MIB,  1ull << 40,      (1ull << 44) + 1, 1ull << 60,
                                   INT64_MAX, UINT64_MAX - 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        brine_packet packet = make_packet(pool), sized = {9, 9, 9, 9};
        struct at at = at_of(packet);
        CHECK(brine__arena_alloc(&at, all[i], 64) == NULL);
        CHECK_CONTAINS(brine_detail(), "KiB");
        CHECK_STATUS(brine_packet_error(packet), BRINE_ENOMEM);
        CHECK_STATUS(brine_packet_new_sized(pool, all[i], &sized), BRINE_ENOMEM);
        CHECK_EQ_INT(sized.record, 9);
        CHECK_OK(brine_packet_free(packet));
        check_empty(pool);
    }
}

int main(void) {
    check_rng rng = check_seed(3);
    brine_pool *pool = make_pool("a", 16 * MIB);
    for (int i = 0; i < 10; i++) alignment(pool, &rng);
    sizes(pool);
    too_large(pool);
    drop_pool(pool);
    return 0;
}
