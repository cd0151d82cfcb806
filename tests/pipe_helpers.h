/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the pipe layer: packets that carry a number, pipes, memory shared with children. */
#ifndef TESTS_PIPE_HELPERS_H
#define TESTS_PIPE_HELPERS_H

#include <pthread.h>

#include "pipe/ring.h"
#include "pool_helpers.h"

/* ---- numbers in packets: put into the root cell, so that no other layer is tested along ---- */

__attribute__((unused)) static brine_packet number_packet(brine_pool *pool, uint64_t number) {
    brine_packet packet;
    struct at at;
    CHECK_OK(brine_packet_new(pool, &packet));
    CHECK_OK(brine__at_write(brine_root(packet), &at));
    *at.cell = (struct cell){.type = BRINE_U64, .payload = number};
    return packet;
}

__attribute__((unused)) static uint64_t number_of(brine_packet packet) {
    struct at at;
    CHECK_OK(brine__at_read(brine_root(packet), &at));
    CHECK_EQ_INT(at.cell->type, BRINE_U64);
    return at.cell->payload;
}

/* Reads and frees. */
__attribute__((unused)) static uint64_t take_number(brine_packet packet) {
    uint64_t number = number_of(packet);
    CHECK_OK(brine_packet_free(packet));
    return number;
}

/* The packet is freed when it cannot be enqueued. */
__attribute__((unused)) static int put_number(brine_pipe *pipe, uint64_t number, brine_deadline deadline) {
    brine_packet packet = number_packet(brine_pipe_pool(pipe), number);
    int rc = brine_enqueue(pipe, packet, deadline);
    CHECK_EQ_INT(brine_packet_held(packet), rc != 0);
    if (rc) CHECK_OK(brine_packet_free(packet));
    return rc;
}

__attribute__((unused)) static int get_number(brine_pipe *pipe, uint64_t *number, brine_deadline deadline) {
    brine_packet packet;
    int rc = brine_dequeue(pipe, &packet, deadline);
    if (rc == 0) *number = take_number(packet);
    return rc;
}

/* The next number, without waiting. */
__attribute__((unused)) static uint64_t next_number(brine_pipe *pipe) {
    uint64_t number = 0;
    CHECK_OK(get_number(pipe, &number, brine_now()));
    return number;
}

/* ---- pipes ---- */

__attribute__((unused)) static brine_pipe *serve(brine_pool *pool, const char *name, uint32_t capacity) {
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_serve(pool, name, capacity, &pipe));
    return pipe;
}

__attribute__((unused)) static brine_pipe *connect_to(brine_pool *pool, const char *name) {
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_connect(pool, name, brine_seconds(10), &pipe));
    return pipe;
}

__attribute__((unused)) static brine_pipe_info pipe_info(brine_pool *pool, const char *name) {
    brine_pipe_info info;
    CHECK_OK(brine_pipe_get_info(pool, name, &info));
    return info;
}

/* Reaps, then: no invariant is broken and exactly `used` bytes are in use. */
__attribute__((unused)) static void check_baseline(brine_pool *pool, uint64_t used) {
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
}

/* ---- memory shared with forked children ---- */

__attribute__((unused)) static void *shared_memory(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    return p;
}

__attribute__((unused)) static void sleep_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) == -1 && errno == EINTR) {
    }
}

/* Waits until *word is at least `value`; fails after 20 s. */
__attribute__((unused)) static void await(const a32 *word, uint32_t value) {
    double end = seconds_now() + 20;
    while (a32_load_acquire(word) < value) {
        CHECK_MSG(seconds_now() < end, "waited 20 s for %u, it is %u", value, a32_load_acquire(word));
        struct timespec t = {0, 200000};
        nanosleep(&t, NULL);
    }
}

#endif
