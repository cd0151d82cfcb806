/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/*
 * Threads of one process send and receive several packets at once on shared handles, beside others that do so one at a
 * time; what is received is sent on through a second pipe. Small, so that it can run under ThreadSanitizer.
 */
#include "pipe_helpers.h"

#define SENDERS 3
#define RECEIVERS 3
#define EACH 8000
#define BATCH 20
#define ALL (SENDERS * EACH)

static brine_pool *pool;
static brine_pipe *first, *second;
static a64 passed, received;
static a32 seen[ALL];

/* The third one of each kind takes them one at a time. */
static size_t batch_of(uintptr_t who, check_rng *rng) { return who == 2 ? 1 : 1 + check_below(rng, BATCH); }

static void *sender(void *argument) {
    uintptr_t who = (uintptr_t)argument;
    check_rng rng = {who + 1};
    brine_packet packets[BATCH];
    for (uint64_t i = 0, n; i < EACH; i += n) {
        size_t batch = batch_of(who, &rng), done;
        for (n = 0; n < batch && i + n < EACH; n++) packets[n] = number_packet(pool, who * EACH + i + n);
        if (who == 2)
            CHECK_OK(brine_enqueue(first, packets[0], brine_seconds(60)));
        else {
            CHECK_OK(brine_enqueue_many(first, packets, n, brine_seconds(60), &done));
            CHECK_EQ_INT(done, n);
        }
    }
    return NULL;
}

/* Some that came; 0: none came for a while. */
static size_t receive(brine_pipe *pipe, uintptr_t who, check_rng *rng, brine_packet packets[BATCH]) {
    size_t done = 1, batch = batch_of(who, rng);
    int rc = who == 2 ? brine_dequeue(pipe, packets, brine_milliseconds(20))
                      : brine_dequeue_many(pipe, packets, batch, brine_milliseconds(20), &done);
    if (rc == BRINE_ETIMEDOUT) return 0;
    CHECK_OK(rc);
    CHECK(done >= 1 && done <= batch);
    return done;
}

static void *passer(void *argument) {
    uintptr_t who = (uintptr_t)argument;
    check_rng rng = {who + 11};
    brine_packet packets[BATCH];
    while (a64_load_relaxed(&passed) < ALL) {
        size_t n = receive(first, who, &rng, packets);
        if (n == 0) continue;
        for (size_t i = 1; i < n; i++) /* of one writer in order */
            CHECK(number_of(packets[i]) / EACH != number_of(packets[i - 1]) / EACH ||
                  number_of(packets[i]) > number_of(packets[i - 1]));
        a64_add_relaxed(&passed, n);
        CHECK_OK(brine_enqueue_many(second, packets, n, brine_seconds(60), NULL));
    }
    return NULL;
}

static void *receiver(void *argument) {
    uintptr_t who = (uintptr_t)argument;
    check_rng rng = {who + 21};
    brine_packet packets[BATCH];
    while (a64_load_relaxed(&received) < ALL) {
        size_t n = receive(second, who, &rng, packets);
        for (size_t i = 0; i < n; i++) CHECK_EQ_INT(a32_add_relaxed(&seen[take_number(packets[i])], 1), 0);
        a64_add_relaxed(&received, n);
    }
    return NULL;
}

static void once(uint32_t capacity) {
    pthread_t threads[SENDERS + 2 * RECEIVERS];
    int n = 0;
    double begin = seconds_now();
    a64_store_relaxed(&passed, 0);
    a64_store_relaxed(&received, 0);
    for (int i = 0; i < ALL; i++) a32_store_relaxed(&seen[i], 0);
    first = serve(pool, "first", capacity);
    second = serve(pool, "second", capacity);
    for (uintptr_t i = 0; i < SENDERS; i++) CHECK_EQ_INT(pthread_create(&threads[n++], NULL, sender, (void *)i), 0);
    for (uintptr_t i = 0; i < RECEIVERS; i++) CHECK_EQ_INT(pthread_create(&threads[n++], NULL, passer, (void *)i), 0);
    for (uintptr_t i = 0; i < RECEIVERS; i++) CHECK_EQ_INT(pthread_create(&threads[n++], NULL, receiver, (void *)i), 0);
    for (int i = 0; i < n; i++) CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < ALL; i++) CHECK_EQ_INT(a32_load_relaxed(&seen[i]), 1);
    static const char *const names[] = {"first", "second"};
    for (int i = 0; i < 2; i++) {
        brine_pipe_info info = pipe_info(pool, names[i]);
        CHECK_EQ_INT(info.packets_in, ALL);
        CHECK_EQ_INT(info.packets_out, ALL);
        CHECK_EQ_INT(info.bytes_in, ALL * RECORD_BYTES);
        CHECK_EQ_INT(info.bytes_out, ALL * RECORD_BYTES);
        CHECK_EQ_INT(info.depth, 0);
        CHECK_OK(brine_pipe_remove(pool, names[i]));
    }
    CHECK_OK(brine_pipe_close(first));
    CHECK_OK(brine_pipe_close(second));
    check_empty(pool);
    printf("capacity %u: %.2f s\n", capacity, seconds_now() - begin);
}

int main(void) {
    pool = make_pool("p", 32 * MIB);
    once(1);
    once(8);
    once(100);
    drop_pool(pool);
    return 0;
}
