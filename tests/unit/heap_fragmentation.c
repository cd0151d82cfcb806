/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is free can be had again in other sizes: small blocks give way to large spans and back, and
 * an allocation does not fail while there is plenty. */
#include "pool_helpers.h"

#define ROOM 30000
static brine_packet packets[ROOM];

static void small_then_large(brine_pool *pool, uint64_t small, int count, uint64_t large) {
    for (int i = 0; i < count; i++) {
        packets[i] = filled_packet(pool, small, (uint8_t)i);
        CHECK_MSG(packets[i].record != 0, "small %d: %s", i, brine_detail());
    }
    for (int i = 0; i < count; i++) CHECK_OK(brine_packet_free(packets[(i * 7919) % count]));
    check_empty(pool);
    brine_packet span = filled_packet(pool, large, 3);
    CHECK_MSG(span.record != 0, "%" PRIu64 " MiB after %d of %" PRIu64 " bytes: %s", large / MIB, count, small,
              brine_detail());
    check_filled(span);
    CHECK_OK(brine_packet_free(span));
}

/* Every other block stays: the free halves serve the same size, and the untouched rest a large one. */
static void holes(brine_pool *pool) {
    enum { COUNT = 4000 };
    for (int i = 0; i < COUNT; i++) packets[i] = filled_packet(pool, 3000, (uint8_t)i);
    for (int i = 0; i < COUNT; i += 2) CHECK_OK(brine_packet_free(packets[i]));
    uint64_t committed = info_of(pool).committed_bytes;
    for (int i = 0; i < COUNT; i += 2) packets[i] = filled_packet(pool, 3000, (uint8_t)i);
    CHECK(info_of(pool).committed_bytes <= committed + 4 * MIB);
    brine_packet span = filled_packet(pool, 20 * MIB, 3);
    CHECK_MSG(span.record != 0, "%s", brine_detail());
    for (int i = 0; i < COUNT; i++) {
        check_filled(packets[i]);
        CHECK_OK(brine_packet_free(packets[i]));
    }
    check_filled(span);
    CHECK_OK(brine_packet_free(span));
}

/* Freed and taken again in every rhythm, with next to nothing in use: no request may fail. */
static void plenty(brine_pool *pool, check_rng *rng) {
    static const uint64_t sizes[] = {100, 900, 1900, 3900, 7000, 15000, 26000, 32000, 60000, 200000};
    brine_packet held[8] = {{0, 0, 0, 0}};
    for (int i = 0; i < 40000; i++) {
        brine_packet *slot = &held[check_below(rng, i % 1000 < 500 ? 8 : 2)];
        CHECK_OK(brine_packet_free(*slot));
        *slot = brine_packet_none();
        if (check_below(rng, 3)) {
            uint64_t bytes = sizes[check_below(rng, 10)];
            *slot = filled_packet(pool, bytes > 20000 ? bytes : bytes, 1);
            CHECK_MSG(slot->record != 0, "%" PRIu64 " bytes with %" PRIu64 " KiB in use, step %d: \"%s\"", bytes,
                      info_of(pool).used_bytes / 1024, i, brine_detail());
        }
    }
    for (int i = 0; i < 8; i++) CHECK_OK(brine_packet_free(held[i]));
}

/* Two blocks fill the page, one of them comes and goes: the third needs a new page. */
static void stack_hides_the_end(brine_pool *pool) {
    for (uint64_t bytes = 600; bytes < 32000; bytes = bytes * 5 / 4) {
        for (int i = 0; i < 200; i++) {
            packets[i] = filled_packet(pool, bytes, 1);
            CHECK_MSG(packets[i].record != 0, "%" PRIu64 " bytes, %d: \"%s\"", bytes, i, brine_detail());
            if (i % 2 == 0) continue;
            CHECK_OK(brine_packet_free(packets[i]));
            packets[i] = brine_packet_none();
        }
        for (int i = 0; i < 200; i++) CHECK_OK(brine_packet_free(packets[i]));
    }
}

/* Memory that was given back in the middle does not stand in the way of what is still there. */
static void holes_after_trim(void) {
    brine_pool *pool = make_pool("g", 4 * MIB);
    int n = 0;
    while ((packets[n] = filled_packet(pool, 60000, 1)).record) n++;
    for (int i = 0; i < n / 2; i++) CHECK_OK(brine_packet_free(packets[i]));
    CHECK_OK(brine_pool_trim(pool, NULL));
    for (int i = 0; i < n / 2; i++) {
        packets[i] = filled_packet(pool, 60000, 2);
        CHECK_MSG(packets[i].record != 0, "%d of %d: %s", i, n / 2, brine_detail());
    }
    for (int i = 0; i < n; i++) CHECK_OK(brine_packet_free(packets[i]));
    check_empty(pool);
    drop_pool(pool);
}

int main(void) {
    check_rng rng = check_seed(5);
    brine_pool *pool = make_pool("g", 64 * MIB);
    stack_hides_the_end(pool);
    small_then_large(pool, 900, 10000, 48 * MIB);
    small_then_large(pool, 3000, 8000, 48 * MIB);
    small_then_large(pool, 30000, 1000, 48 * MIB);
    small_then_large(pool, 60000, 500, 48 * MIB);
    small_then_large(pool, 900, 10000, 48 * MIB);
    holes(pool);
    plenty(pool, &rng);
    check_empty(pool);
    drop_pool(pool);
    holes_after_trim();
    return 0;
}
