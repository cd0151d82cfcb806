/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=180 */
/*
 * Threads of one process on shared handles: pipes, waits on several, fan-out, publishing, and handles that come
 * and go. Small, so that it can run under ThreadSanitizer.
 */
#include "pipe_helpers.h"

#define SENDERS 3
#define RECEIVERS 2
#define EACH 400

static brine_pool *pool;
static brine_pipe *pipes[2], *outputs[2];
static a64 received, looked_up;
static a32 stop;
static a32 seen[SENDERS * EACH];

static void *sender(void *argument) {
    uint64_t who = (uint64_t)(uintptr_t)argument;
    for (uint64_t i = 0; i < EACH; i++) {
        brine_packet packet = number_packet(pool, who * EACH + i);
        if (i % 16 == 0) CHECK(grow_packet(packet, 3000) != NULL);
        CHECK_OK(brine_enqueue(pipes[i % 2], packet, brine_seconds(60)));
    }
    return NULL;
}

/* Waits for both pipes; gives a copy by reference of every eighth packet to both outputs. */
static void *receiver(void *argument) {
    (void)argument;
    while (a64_load_relaxed(&received) < SENDERS * EACH) {
        brine_wait waits[2] = {{pipes[0], BRINE_READABLE, 0}, {pipes[1], BRINE_READABLE, 0}};
        int rc = brine_wait_any(waits, 2, brine_milliseconds(100));
        CHECK(rc == 0 || rc == BRINE_ETIMEDOUT);
        for (int i = 0; i < 2; i++) {
            brine_packet packet;
            if (!waits[i].ready || brine_dequeue(pipes[i], &packet, brine_now()) != 0) continue;
            uint64_t number = number_of(packet);
            CHECK_EQ_INT(a32_add_relaxed(&seen[number], 1), 0);
            a64_add_relaxed(&received, 1);
            if (number % 8)
                CHECK_OK(brine_packet_free(packet));
            else
                CHECK_OK(brine_fanout(packet, outputs, 2, BRINE_DROP_OLDEST, brine_now(), NULL, NULL));
        }
    }
    return NULL;
}

static void *publisher(void *argument) {
    (void)argument;
    for (uint64_t n = 1; !a32_load_acquire(&stop); n++) CHECK_OK(brine_publish(pool, "v", number_packet(pool, n)));
    return NULL;
}

static void *reader_of_values(void *argument) {
    uint64_t newest = 0;
    (void)argument;
    while (!a32_load_acquire(&stop)) {
        brine_packet packet;
        CHECK_OK(brine_lookup(pool, "v", brine_seconds(60), &packet));
        uint64_t number = take_number(packet);
        CHECK(number >= newest);
        newest = number;
        a64_add_relaxed(&looked_up, 1);
    }
    return NULL;
}

/* Handles that come and go, and a pipe that is made and removed. */
static void *opener(void *argument) {
    (void)argument;
    while (!a32_load_acquire(&stop)) {
        brine_pipe *own = serve(pool, "own", 2), *more = connect_to(pool, "p1");
        CHECK_OK(put_number(own, 1, brine_now()));
        CHECK(brine_pipe_length(more) <= 4);
        brine_pipe_interrupt(own);
        CHECK_OK(brine_pipe_close(more));
        CHECK_OK(brine_pipe_remove(pool, "own"));
        CHECK_OK(brine_pipe_close(own));
    }
    return NULL;
}

int main(void) {
    pthread_t threads[SENDERS + RECEIVERS + 3];
    int n = 0;
    pool = make_pool("p", 16 * MIB);
    pipes[0] = serve(pool, "p0", 1);
    pipes[1] = serve(pool, "p1", 4);
    outputs[0] = serve(pool, "o0", 2);
    outputs[1] = serve(pool, "o1", 2);
    for (uintptr_t i = 0; i < SENDERS; i++) CHECK_EQ_INT(pthread_create(&threads[n++], NULL, sender, (void *)i), 0);
    for (int i = 0; i < RECEIVERS; i++) CHECK_EQ_INT(pthread_create(&threads[n++], NULL, receiver, NULL), 0);
    CHECK_EQ_INT(pthread_create(&threads[n++], NULL, publisher, NULL), 0);
    CHECK_EQ_INT(pthread_create(&threads[n++], NULL, reader_of_values, NULL), 0);
    CHECK_EQ_INT(pthread_create(&threads[n++], NULL, opener, NULL), 0);
    for (int i = 0; i < SENDERS + RECEIVERS; i++) CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
    a32_store_release(&stop, 1);
    for (int i = SENDERS + RECEIVERS; i < n; i++) CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < SENDERS * EACH; i++) CHECK_EQ_INT(a32_load_relaxed(&seen[i]), 1);
    CHECK(a64_load_relaxed(&looked_up) > 0);
    CHECK_OK(brine_unpublish(pool, "v"));
    const char *names[] = {"p0", "p1", "o0", "o1"};
    for (int i = 0; i < 4; i++) {
        CHECK_OK(brine_pipe_remove(pool, names[i]));
        CHECK_OK(brine_pipe_close(i < 2 ? pipes[i] : outputs[i - 2]));
    }
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
