/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/* Many writers and readers in as many processes, pipes from tiny to roomy, waiting or trying: every number is
 * received exactly once, each writer's numbers in order. */
#include "pipe_helpers.h"

#define EACH 6000 /* numbers of one writer */
#define WRITERS_MAX 4

struct run {
    brine_pipe *pipe;
    uint32_t writers, readers;
    bool waits; /* with a deadline; otherwise tries again and again */
    a64 *received; /* how many, by all */
    uint8_t *seen;  /* per number */
    uint32_t who;
};

static void writer(void *argument) {
    const struct run *run = argument;
    check_rng rng = {run->who};
    for (uint64_t i = 0; i < EACH; i++) {
        brine_packet packet = number_packet(brine_pipe_pool(run->pipe), run->who * EACH + i);
        if (check_below(&rng, 16) == 0) CHECK(grow_packet(packet, 1 + check_below(&rng, 100000)) != NULL);
        int rc;
        do rc = brine_enqueue(run->pipe, packet, run->waits ? brine_seconds(20) : brine_now());
        while (rc == BRINE_ETIMEDOUT && !run->waits);
        CHECK_STATUS(rc, 0);
    }
}

static void reader(void *argument) {
    const struct run *run = argument;
    uint64_t next[WRITERS_MAX] = {0}, number, all = (uint64_t)run->writers * EACH;
    while (a64_load_relaxed(run->received) < all) {
        int rc = get_number(run->pipe, &number, run->waits ? brine_milliseconds(100) : brine_now());
        if (rc == BRINE_ETIMEDOUT) continue;
        CHECK_STATUS(rc, 0);
        CHECK(number < all);
        CHECK_MSG(run->seen[number]++ == 0, "%" PRIu64 " was received twice", number);
        uint64_t from = number / EACH, i = number % EACH;
        CHECK_MSG(i >= next[from], "writer %" PRIu64 ": %" PRIu64 " came after %" PRIu64, from, i, next[from] - 1);
        next[from] = i + 1;
        a64_add_relaxed(run->received, 1);
    }
}

static void once(brine_pool *pool, uint32_t writers, uint32_t readers, uint32_t capacity, bool waits) {
    pid_t pids[16];
    uint32_t n = 0;
    uint8_t *memory = shared_memory(WRITERS_MAX * EACH + 64);
    struct run run = {serve(pool, "p", capacity), writers, readers, waits, (a64 *)(void *)memory, memory + 64, 0};
    uint64_t used = info_of(pool).used_bytes;
    double begin = seconds_now();
    for (uint32_t i = 0; i < readers; i++) pids[n++] = check_fork(reader, &run);
    for (run.who = 0; run.who < writers; run.who++) pids[n++] = check_fork(writer, &run);
    for (uint32_t i = 0; i < n; i++) CHECK_EXIT(pids[i], 0);
    for (uint64_t i = 0; i < (uint64_t)writers * EACH; i++) CHECK_EQ_INT(run.seen[i], 1);
    brine_pipe_info info = pipe_info(pool, "p");
    CHECK_EQ_INT(info.packets_in, writers * EACH);
    CHECK_EQ_INT(info.packets_out, writers * EACH);
    CHECK_EQ_INT(info.bytes_in, info.bytes_out);
    CHECK_EQ_INT(info.depth, 0);
    check_baseline(pool, used);
    CHECK_OK(brine_pipe_close(run.pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    check_empty(pool);
    munmap(memory, WRITERS_MAX * EACH + 64);
    printf("%u writers, %u readers, capacity %u, %s: %.2f s\n", writers, readers, capacity, waits ? "waiting" : "trying", seconds_now() - begin);
}

int main(void) {
    brine_pool *pool = make_pool("p", 64 * MIB);
    const uint32_t sides[][2] = {{1, 1}, {3, 3}, {1, 4}, {4, 1}}, capacities[] = {1, 4, 64};
    for (int s = 0; s < 4; s++)
        for (int c = 0; c < 3; c++) once(pool, sides[s][0], sides[s][1], capacities[c], true);
    once(pool, 1, 1, 4, false);
    once(pool, 2, 2, 64, false);
    drop_pool(pool);
    return 0;
}
