/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/* Many writers and readers in as many processes, one packet at a time or several, pipes from tiny to roomy, waiting or
 * trying: every number is received exactly once, each writer's numbers in order. */
#include "pipe_helpers.h"

#define EACH 20000 /* numbers of one writer */
#define WRITERS_MAX 4
#define BATCH_MAX 100 /* more than are in hand at any instant */

enum batches { NONE, SOME, ALL }; /* who takes several at once; some: every other one */

struct run {
    brine_pipe *pipe;
    uint32_t writers, readers;
    bool waits; /* with a deadline; otherwise tries again and again */
    enum batches batches;
    a64 *received; /* how many, by all */
    uint8_t *seen; /* per number */
    uint32_t who;
};

/* How many at once, this time; 0: one, by the call for one. */
static size_t batch_of(const struct run *run, check_rng *rng) {
    if (run->batches == NONE || (run->batches == SOME && run->who % 2)) return 0;
    return 1 + check_below(rng, check_below(rng, 4) ? 10 : BATCH_MAX);
}

static void send_all(const struct run *run, const brine_packet *packets, size_t count, bool one) {
    brine_deadline deadline = run->waits ? brine_seconds(20) : brine_now();
    for (size_t in = 0, done; in < count; in += done) {
        int rc = one ? brine_enqueue(run->pipe, packets[in], deadline)
                     : brine_enqueue_many(run->pipe, packets + in, count - in, deadline, &done);
        if (one) done = rc == 0;
        CHECK(done <= count - in && (rc == 0) == (done == count - in));
        if (rc != BRINE_ETIMEDOUT || run->waits) CHECK_STATUS(rc, 0);
    }
}

static void writer(void *argument) {
    const struct run *run = argument;
    check_rng rng = {run->who};
    brine_packet packets[BATCH_MAX];
    for (uint64_t i = 0, n; i < EACH; i += n) {
        size_t batch = batch_of(run, &rng);
        for (n = 0; n < (batch ? batch : 1) && i + n < EACH; n++) {
            packets[n] = number_packet(brine_pipe_pool(run->pipe), run->who * EACH + i + n);
            if (check_below(&rng, 16) == 0) CHECK(grow_packet(packets[n], 1 + check_below(&rng, 100000)) != NULL);
        }
        send_all(run, packets, n, batch == 0);
    }
}

static void reader(void *argument) {
    const struct run *run = argument;
    check_rng rng = {run->who + 100};
    uint64_t next[WRITERS_MAX] = {0}, all = (uint64_t)run->writers * EACH;
    brine_packet packets[BATCH_MAX];
    while (a64_load_relaxed(run->received) < all) {
        brine_deadline deadline = run->waits ? brine_milliseconds(100) : brine_now();
        size_t batch = batch_of(run, &rng), done = 1;
        int rc = batch ? brine_dequeue_many(run->pipe, packets, batch, deadline, &done)
                       : brine_dequeue(run->pipe, packets, deadline);
        if (rc == BRINE_ETIMEDOUT) continue;
        CHECK_STATUS(rc, 0);
        CHECK(done >= 1 && done <= (batch ? batch : 1));
        for (size_t k = 0; k < done; k++) {
            uint64_t number = take_number(packets[k]), from = number / EACH, i = number % EACH;
            CHECK(number < all);
            CHECK_MSG(run->seen[number]++ == 0, "%" PRIu64 " was received twice", number);
            CHECK_MSG(i >= next[from], "writer %" PRIu64 ": %" PRIu64 " came after %" PRIu64, from, i, next[from] - 1);
            next[from] = i + 1;
        }
        a64_add_relaxed(run->received, done);
    }
}

static void once(brine_pool *pool, uint32_t writers, uint32_t readers, uint32_t capacity, bool waits,
                 enum batches batches) {
    static const char *const how[] = {"one at a time", "some in batches", "in batches"};
    pid_t pids[16];
    uint32_t n = 0;
    uint8_t *memory = shared_memory(WRITERS_MAX * EACH + 64);
    struct run run = {serve(pool, "p", capacity), writers,     readers, waits, batches,
                      (a64 *)(void *)memory,      memory + 64, 0};
    uint64_t used = info_of(pool).used_bytes;
    double begin = seconds_now();
    for (run.who = 0; run.who < readers; run.who++) pids[n++] = check_fork(reader, &run);
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
    printf("%u writers, %u readers, capacity %u, %s, %s: %.2f s\n", writers, readers, capacity,
           waits ? "waiting" : "trying", how[batches], seconds_now() - begin);
}

int main(void) {
    brine_pool *pool = make_pool("p", 64 * MIB);
    const uint32_t sides[][2] = {{1, 1}, {3, 3}, {1, 4}, {4, 1}}, capacities[] = {1, 4, 64};
    for (int s = 0; s < 4; s++)
        for (int c = 0; c < 3; c++) {
            once(pool, sides[s][0], sides[s][1], capacities[c], true, NONE);
            once(pool, sides[s][0], sides[s][1], capacities[c], true, s % 2 ? SOME : ALL);
        }
    once(pool, 3, 3, 128, true, SOME);
    for (int b = NONE; b <= ALL; b++) {
        once(pool, 1, 1, 4, false, (enum batches)b);
        once(pool, 2, 2, 64, false, (enum batches)b);
    }
    drop_pool(pool);
    return 0;
}
