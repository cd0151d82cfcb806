/* SPDX-License-Identifier: Apache-2.0 */
/* Raw memory in a pool: aligned, owned, freed by address from any process, refused when it is none. */
#include "pool_helpers.h"

static void basics(brine_pool *pool) {
    static const size_t sizes[] = {0, 1, 63, 64, 65, 900, 1000, 4096, 32000, 32768, 65536, 1000000};
    void *all[12];
    for (int i = 0; i < 12; i++) {
        all[i] = brine_pool_allocate(pool, sizes[i]);
        CHECK_MSG(all[i] != NULL, "%s", brine_detail());
        CHECK_EQ_INT((uintptr_t)all[i] % 64, 0);
        CHECK(brine_pool_contains(pool, all[i]));
        memset(all[i], i, sizes[i]);
    }
    check_whole(pool);
    CHECK(!brine_pool_is_pristine(pool));
    for (int i = 0; i < 12; i++) {
        for (size_t k = 0; k < sizes[i]; k++) CHECK_EQ_INT(((uint8_t *)all[i])[k], i);
        uint64_t offset = brine_pool_offset(pool, all[i]);
        CHECK(offset != 0 && brine_pool_address(pool, offset) == all[i]);
        CHECK_OK(brine_pool_deallocate(pool, all[i]));
        CHECK_STATUS(brine_pool_deallocate(pool, all[i]), BRINE_EINVAL); /* twice */
    }
    CHECK_OK(brine_pool_deallocate(pool, NULL));
    check_empty(pool);
    CHECK(brine_pool_allocate(pool, 17 * MIB) == NULL);
    CHECK_CONTAINS(brine_detail(), "KiB");
    CHECK(brine_pool_allocate(pool, SIZE_MAX) == NULL);
    CHECK_CONTAINS(brine_detail(), "16 TiB");
    CHECK(brine_pool_allocate(pool, SIZE_MAX - 63) == NULL);
    CHECK(brine_pool_allocate(NULL, 10) == NULL);
    CHECK_CONTAINS(brine_detail(), "NULL");
    check_empty(pool);
}

static void refusals(brine_pool *pool) {
    int local;
    check_rng rng = check_seed(4);
    char *memory = brine_pool_allocate(pool, 10000);
    brine_packet packet = filled_packet(pool, 20000, 1);
    brine_pool *other = make_pool("o", MIB);
    CHECK_STATUS(brine_pool_deallocate(pool, &local), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(pool, memory + 64), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(pool, memory - 64), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(pool, memory + 1024), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(other, memory), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(NULL, memory), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(pool, pool->base), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(pool, pool->base + pool->layout.file_bytes - 1), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_deallocate(pool, pool_record(pool, packet.record)), BRINE_EINVAL);
    for (int i = 0; i < 20000; i++) {
        char *guess = pool->base + check_below(&rng, pool->layout.file_bytes) / (i % 2 ? 1 : 64) * (i % 2 ? 1 : 64);
        if (guess != memory) CHECK_STATUS(brine_pool_deallocate(pool, guess), BRINE_EINVAL);
    }
    brine_pool *reader = attach_readonly("r");
    void *seen = brine_pool_address(reader, brine_pool_offset(pool, memory));
    CHECK(seen != NULL);
    CHECK_STATUS(brine_pool_deallocate(reader, seen), BRINE_EREADONLY);
    CHECK(brine_pool_allocate(reader, 10) == NULL);
    CHECK_STATUS(brine_pool_trim(reader, NULL), BRINE_EREADONLY);
    CHECK_STATUS(brine_pool_reap(reader, NULL), BRINE_EREADONLY);
    brine_pool_detach(reader);
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_pool_deallocate(pool, memory));
    check_empty(pool);
    drop_pool(other);
}

struct message {
    struct signal_line line;
    uint64_t offset;
};

static void free_it(void *argument) {
    struct message *m = argument;
    brine_pool *pool = attach_pool("r");
    CHECK_OK(brine_pool_deallocate(pool, brine_pool_address(pool, m->offset)));
    CHECK_STATUS(brine_pool_deallocate(pool, brine_pool_address(pool, m->offset)), BRINE_EINVAL);
}

static void die_with_some(void *argument) {
    for (int i = 0; i < 20; i++) CHECK(brine_pool_allocate(argument, 1 + (size_t)i * 10000) != NULL);
    raise(SIGKILL);
}

static void others(brine_pool *pool) {
    for (int i = 0; i < 20; i++) { /* told by offset, freed by another process, used again here */
        void *memory = brine_pool_allocate(pool, 1 + (size_t)i * 7000);
        struct message m = {.offset = brine_pool_offset(pool, memory)};
        CHECK_IN_CHILD(free_it, &m);
        CHECK_STATUS(brine_pool_deallocate(pool, memory), BRINE_EINVAL);
    }
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    CHECK_KILLED(check_fork(die_with_some, pool), SIGKILL);
    CHECK(!brine_pool_is_pristine(pool));
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    brine_pool *again = attach_pool("r");
    CHECK(brine_pool_allocate(again, 100000) != NULL);
    brine_pool_detach(again); /* owned by who leaves: goes with him */
    check_empty(pool);
}

int main(void) {
    brine_pool *pool = make_pool("r", 16 * MIB);
    basics(pool);
    refusals(pool);
    others(pool);
    drop_pool(pool);
    return 0;
}
