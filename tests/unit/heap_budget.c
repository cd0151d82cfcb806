/* SPDX-License-Identifier: Apache-2.0 */
/* The pool's maximum is kept, running out is an error that passes, and trimmed memory can be used again. */
#include <pthread.h>

#include "pool_helpers.h"

#define ROOM 60000
static brine_packet packets[ROOM];

static int fill(brine_pool *pool, uint64_t bytes) {
    int n = 0;
    while (n < ROOM && (packets[n] = filled_packet(pool, bytes, (uint8_t)n)).record) n++;
    CHECK(n < ROOM);
    return n;
}

static void check_budget(brine_pool *pool) {
    brine_pool_info info = info_of(pool);
    CHECK_MSG(info.committed_bytes <= info.max_bytes + 4 * MIB, "%" PRIu64 " KiB of %" PRIu64,
              info.committed_bytes / 1024, info.max_bytes / 1024);
    CHECK(info.used_bytes <= info.committed_bytes);
    CHECK(info.high_bytes >= info.committed_bytes);
}

static void exhaust(uint64_t max_bytes, uint64_t bytes, double share) {
    brine_pool *pool = make_pool("b", max_bytes);
    int n = fill(pool, bytes);
    CHECK_CONTAINS(brine_detail(), "pool \"b\"");
    CHECK_CONTAINS(brine_detail(), "KiB");
    check_budget(pool);
    double used = (double)n * (double)bytes / (double)max_bytes;
    CHECK_MSG(used > share, "%d packets of %" PRIu64 " bytes fill only %.2f of the pool", n, bytes, used);
    for (int i = 0; i < n; i++) check_filled(packets[i]);
    brine_packet more = filled_packet(pool, bytes, 1); /* and again: it stays an error */
    CHECK(more.record == 0);
    for (int round = 0; round < 3; round++) { /* any one that goes makes room for another */
        for (int i = round; i < n; i += 5) CHECK_OK(brine_packet_free(packets[i]));
        for (int i = round; i < n; i += 5) {
            packets[i] = filled_packet(pool, bytes, (uint8_t)(i + round));
            CHECK_MSG(packets[i].record != 0, "%" PRIu64 " bytes, packet %d of %d in round %d: %s", bytes, i, n, round,
                      brine_detail());
        }
    }
    for (int i = 0; i < n; i++) {
        check_filled(packets[i]);
        CHECK_OK(brine_packet_free(packets[i]));
    }
    check_budget(pool);
    check_empty(pool);
    drop_pool(pool);
}

/* Memory of one kind that is free serves as another: of spans for records and blocks, and back. */
static void kinds(uint64_t second) {
    brine_pool *pool = make_pool("b", 16 * MIB);
    brine_packet large = filled_packet(pool, 15 * MIB, 1);
    CHECK(large.record != 0);
    CHECK_OK(brine_packet_free(large));
    int n = fill(pool, second);
    CHECK_MSG((double)n * (double)(second < 512 ? 512 : second) > 8e6,
              "%d packets of %" PRIu64 " bytes after a large one: %s", n, second, brine_detail());
    check_budget(pool);
    for (int i = 0; i < n; i++) CHECK_OK(brine_packet_free(packets[i]));
    check_empty(pool);
    drop_pool(pool);
}

/* Room in one thread's pages is not lost for the others. */
static void *fill_and_free(void *pool) {
    int n = fill(pool, 3000);
    for (int i = 0; i < n; i++) CHECK_OK(brine_packet_free(packets[i]));
    return NULL;
}

static void after_thread(void) {
    brine_pool *pool = make_pool("b", 16 * MIB);
    pthread_t thread;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ_INT(pthread_create(&thread, NULL, fill_and_free, pool), 0);
        pthread_join(thread, NULL);
    }
    brine_packet large = filled_packet(pool, 10 * MIB, 1);
    CHECK_MSG(large.record != 0, "10 of 16 MiB after a thread gave all back: %s", brine_detail());
    drop_pool(pool);
}

static void trim(void) {
    brine_pool *pool = make_pool("b", 128 * MIB);
    uint64_t bytes = 0, start = file_memory("b");
    brine_packet keep = filled_packet(pool, 5 * MIB, 3), large = filled_packet(pool, 80 * MIB, 1);
    CHECK(large.record != 0);
    CHECK(file_memory("b") - start >= 85 * MIB);
    CHECK_OK(brine_packet_free(large));
    CHECK_OK(brine_pool_trim(pool, &bytes));
    CHECK(bytes >= 80 * MIB);
    CHECK_MSG(file_memory("b") - start < 10 * MIB, "%" PRIu64 " KiB are left", (file_memory("b") - start) / 1024);
    CHECK(info_of(pool).committed_bytes < 10 * MIB);
    CHECK(info_of(pool).high_bytes >= 85 * MIB);
    check_whole(pool);
    check_filled(keep);
    CHECK_OK(brine_pool_trim(pool, &bytes)); /* nothing left to give */
    CHECK_EQ_INT(bytes, 0);
    for (int i = 0; i < 5; i++) { /* the holes can be used, and given back, again and again */
        large = filled_packet(pool, 100 * MIB, (uint8_t)i);
        CHECK_MSG(large.record != 0, "%s", brine_detail());
        check_filled(large);
        CHECK_OK(brine_packet_free(large));
        CHECK_OK(brine_pool_trim(pool, NULL));
    }
    int n = fill(pool, 20000); /* small ones, which leave slab pages */
    check_budget(pool);
    for (int i = 0; i < n; i++) CHECK_OK(brine_packet_free(packets[i]));
    CHECK_OK(brine_pool_trim(pool, &bytes));
    CHECK_MSG(file_memory("b") - start < 20 * MIB, "%" PRIu64 " KiB are left", (file_memory("b") - start) / 1024);
    check_filled(keep);
    CHECK_OK(brine_packet_free(keep));
    check_empty(pool);
    drop_pool(pool);
}

/* Several processes allocate and trim at once: nobody's memory is pulled away. */
static void trimmer(void *argument) {
    brine_pool *pool = attach_pool("b");
    check_rng rng = {(uint64_t)(uintptr_t)argument};
    for (int i = 0; i < 300; i++) {
        brine_packet packet = filled_packet(pool, 1 + check_below(&rng, 300000), (uint8_t)i);
        if (check_below(&rng, 3) == 0) CHECK_OK(brine_pool_trim(pool, NULL));
        if (!packet.record) continue;
        check_filled(packet);
        CHECK_OK(brine_packet_free(packet));
    }
    CHECK_EQ_INT(info_of(pool).max_bytes, 8 * MIB);
    check_budget(pool);
    brine_pool_detach(pool);
}

static void trimmers(void) {
    brine_pool *pool = make_pool("b", 8 * MIB);
    pid_t pids[4];
    for (int i = 0; i < 4; i++) pids[i] = check_fork(trimmer, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < 4; i++) CHECK_EXIT(pids[i], 0);
    check_empty(pool);
    drop_pool(pool);
}

/* What biggest_free promises can be had, and not much more. */
static void biggest(void) {
    brine_pool *pool = make_pool("b", 16 * MIB);
    CHECK(!brine_pool_is_full(pool));
    for (int round = 0; round < 6; round++) {
        uint64_t size = brine_pool_biggest_free(pool);
        CHECK(size > 0 && size <= 16 * MIB);
        void *memory = brine_pool_allocate(pool, size);
        CHECK_MSG(memory != NULL, "round %d: %" PRIu64 " KiB promised: %s", round, size / 1024, brine_detail());
        CHECK(brine_pool_allocate(pool, 64 * KIB) == NULL || round > 0);
        CHECK_OK(brine_pool_deallocate(pool, memory));
        CHECK(brine_pool_allocate(pool, size + 128 * KIB) == NULL);
        CHECK(filled_packet(pool, 500 * KIB + (uint64_t)round * 30 * KIB, 1).record != 0);
    }
    drop_pool(pool);
}

int main(void) {
    exhaust(16 * MIB, 100, 0.15); /* a record each */
    exhaust(16 * MIB, 900, 0.5);  /* a block of 1 KiB and a record */
    exhaust(16 * MIB, 5000, 0.4);
    exhaust(16 * MIB, 30000, 0.7);
    exhaust(16 * MIB, 60000, 0.7);
    exhaust(16 * MIB, 1000000, 0.7);
    exhaust(2 * MIB, 30000, 0.6);
    exhaust(1 * MIB, 500000, 0.4);
    kinds(100);
    kinds(3000);
    kinds(60000);
    kinds(3000000);
    after_thread();
    trim();
    trimmers();
    biggest();
    return 0;
}
