/* SPDX-License-Identifier: Apache-2.0 */
/* What the dead had allocated from serves the living: pages are adopted, blocks that others still hold
 * stay theirs, and a pool lives through any number of deaths without growing. */
#include "pool_helpers.h"

struct stay {
    const char *name;
    struct signal_line ready, go;
};

/* A page of the dead in which the living holds a block: it moved here by being made a child's content. */
static void leave_blocks(void *argument) {
    struct stay *stay = argument;
    brine_pool *pool = attach_pool(stay->name);
    for (int i = 0; i < 300; i++) CHECK(filled_packet(pool, 100 + (uint64_t)(i % 40) * 700, (uint8_t)i).record != 0);
    raise(SIGKILL);
}

static void generations_of_dead(void) {
    brine_pool *pool = make_pool("h", 16 * MIB);
    struct stay stay = {"h", {{0, 0}}, {{0, 0}}};
    uint64_t committed = 0, records = 0;
    for (int i = 0; i < 60; i++) {
        CHECK_KILLED(check_fork(leave_blocks, &stay), SIGKILL);
        CHECK_OK(brine_pool_reap(pool, NULL));
        check_empty(pool);
        if (i == 2) committed = info_of(pool).committed_bytes, records = pool_record_high(pool);
    }
    CHECK_EQ_INT(info_of(pool).committed_bytes, committed);
    CHECK_EQ_INT(pool_record_high(pool), records);
    brine_packet large = filled_packet(pool, 12 * MIB, 1); /* no page stayed behind */
    CHECK_MSG(large.record != 0, "%s", brine_detail());
    drop_pool(pool);
}

/* Packets that the dead had sent: they lie in pages of nobody, and are used and freed as any. */
static void send_and_die(void *argument) {
    struct stay *stay = argument;
    brine_pool *pool = attach_pool(stay->name);
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_connect(pool, "q", brine_seconds(10), &pipe));
    for (int i = 0; i < 100; i++) {
        brine_packet packet = filled_packet(pool, 200 + (uint64_t)(i % 10) * 3300, (uint8_t)i);
        CHECK(packet.record != 0);
        CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
        CHECK(filled_packet(pool, 3000, 1).record != 0); /* and one that dies with us, beside it */
    }
    raise(SIGKILL);
}

static void orphan_pages_with_guests(void) {
    brine_pool *pool = make_pool("h", 16 * MIB);
    struct stay stay = {"h", {{0, 0}}, {{0, 0}}};
    brine_pipe *pipe;
    brine_packet held[100];
    CHECK_OK(brine_pipe_serve(pool, "q", 128, &pipe));
    uint64_t base = info_of(pool).used_bytes;
    CHECK_KILLED(check_fork(send_and_die, &stay), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    for (int i = 0; i < 100; i++) {
        CHECK_OK(brine_dequeue(pipe, &held[i], brine_now()));
        check_filled(held[i]);
        CHECK_EQ_INT(at_of(held[i]).cell->n, (uint8_t)i);
    }
    brine_packet mine[400];
    for (int i = 0; i < 400; i++) { /* adopts those pages, and leaves the guests alone */
        mine[i] = filled_packet(pool, 200 + (uint64_t)(i % 10) * 3300, (uint8_t)~i);
        CHECK_MSG(mine[i].record != 0, "%s", brine_detail());
    }
    check_whole(pool);
    for (int i = 0; i < 100; i++) {
        check_filled(held[i]);
        CHECK_OK(brine_packet_free(held[i]));
    }
    for (int i = 0; i < 400; i++) {
        check_filled(mine[i]);
        CHECK_OK(brine_packet_free(mine[i]));
    }
    check_whole(pool);
    CHECK_EQ_INT(info_of(pool).used_bytes, base);
    CHECK_OK(brine_pipe_close(pipe));
    drop_pool(pool);
}

/* The last guest of a page that nobody adopts takes the page along when it goes. */
static void last_guest(void) {
    brine_pool *pool = make_pool("h", 16 * MIB);
    struct stay stay = {"h", {{0, 0}}, {{0, 0}}};
    brine_pipe *pipe;
    brine_packet packet;
    CHECK_OK(brine_pipe_serve(pool, "q", 128, &pipe));
    CHECK_KILLED(check_fork(send_and_die, &stay), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    while (brine_dequeue(pipe, &packet, brine_now()) == 0) CHECK_OK(brine_packet_free(packet));
    for (uint32_t p = 0; p < pool->layout.data_pages && p < a64_load_relaxed(&pool_header(pool)->data_page_high); p++) {
        uint32_t state = word_state(a64_load_relaxed(&pool_pagemap(pool)[p]));
        CHECK_MSG(state < PAGE_SLAB_ORPHAN, "page %u is still there in state %u", p, state);
    }
    CHECK_OK(brine_pipe_close(pipe));
    drop_pool(pool);
}

int main(void) {
    generations_of_dead();
    orphan_pages_with_guests();
    last_guest();
    return 0;
}
