/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/* What cannot be published stays the caller's, as it was: when the directory is full, and when memory is. */
#include "pipe_helpers.h"

static void directory_full(void) {
    brine_pool *pool = make_pool("p", 64 * MIB);
    brine_packet packet = number_packet(pool, 7), share = number_packet(pool, 8), clone;
    brine_pipe *pipe;
    char name[32];
    CHECK_OK(brine_packet_share(&share));
    /* The entries are taken by hand: making 16384 names one by one is slow. */
    CHECK_OK(brine_publish(pool, "first", number_packet(pool, 1)));
    CHECK_OK(brine__commit(pool, pool->layout.dir, DIR_COUNT * sizeof(struct dir_entry), false));
    CHECK_OK(brine__commit(pool, pool->layout.pipe, DIR_COUNT * sizeof(struct pipe_control), false));
    a64_raise(&pool_header(pool)->dir_high, DIR_COUNT);
    for (uint32_t i = 1; i < DIR_COUNT; i++)
        a64_store_release(&pool_dir(pool, i)->word, WORD(0, DIR_HELD, a32_load_relaxed(pool->me)));
    snprintf(name, sizeof name, "%u", DIR_COUNT);
    CHECK_STATUS(brine_publish(pool, "v", packet), BRINE_ELIMIT);
    CHECK_CONTAINS(brine_detail(), name);
    CHECK(brine_packet_held(packet));
    CHECK(!brine_packet_is_shared(packet));
    CHECK_EQ_INT(number_of(packet), 7);
    CHECK_STATUS(brine_publish(pool, "v", share), BRINE_ELIMIT);
    CHECK(brine_packet_held(share));
    CHECK_OK(brine_packet_clone(share, &clone));
    CHECK_OK(brine_packet_free(clone));
    CHECK_STATUS(brine_pipe_serve(pool, "p", 1, &pipe), BRINE_ELIMIT);
    CHECK_OK(brine_publish(pool, "first", packet)); /* a name that is there can be given a new value */
    CHECK_OK(brine_packet_free(share));
    for (uint32_t i = 1; i < DIR_COUNT; i++) a64_store_release(&pool_dir(pool, i)->word, 0);
    CHECK_OK(brine_publish(pool, "v", number_packet(pool, 9)));
    CHECK_OK(brine_unpublish(pool, "v"));
    CHECK_OK(brine_unpublish(pool, "first"));
    check_baseline(pool, 0);
    drop_pool(pool);
}

static void memory_full(void) {
    brine_pool *pool = make_pool("small", 128 * KIB);
    static brine_packet packets[1000];
    uint32_t n = 0;
    brine_packet got;
    brine_pipe *pipe;
    while (n < 1000 && brine_packet_new(pool, &packets[n]) == 0) n++;
    CHECK(n > 100 && n < 1000);
    CHECK_STATUS(brine_publish(pool, "v", packets[0]), BRINE_ENOMEM); /* no record for the share */
    CHECK(brine_packet_held(packets[0]));
    CHECK_STATUS(brine_pipe_serve(pool, "p", 1, &pipe), BRINE_ENOMEM);
    CHECK_EQ_INT(info_of(pool).pipes, 0);
    CHECK_OK(brine_packet_free(packets[--n]));
    CHECK_OK(brine_publish(pool, "v", packets[0]));
    CHECK_STATUS(brine_lookup(pool, "v", brine_now(), &got), BRINE_ENOMEM);
    CHECK_OK(brine_packet_free(packets[--n]));
    CHECK_OK(brine_lookup(pool, "v", brine_now(), &got));
    CHECK_OK(brine_packet_free(got));
    while (n > 1) CHECK_OK(brine_packet_free(packets[--n]));
    CHECK_OK(brine_unpublish(pool, "v"));
    check_baseline(pool, 0);
    drop_pool(pool);
}

int main(void) {
    directory_full();
    memory_full();
    return 0;
}
