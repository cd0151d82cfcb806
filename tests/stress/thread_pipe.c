/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/* Threads of one process on one pipe: writers, readers, and one that publishes what others look up. Every number
 * arrives once; nothing is left. Small, so that ThreadSanitizer can run it. */
#include <pthread.h>

#include "check.h"

enum { WRITERS = 3, READERS = 3, EACH = 3000, CAPACITY = 8 };

static brine_pool *pool;
static brine_pipe *pipe_a, *readers_pipe;
static _Atomic unsigned seen[WRITERS * EACH];
static _Atomic int done;

static void *writer(void *argument) {
    int base = (int)(intptr_t)argument * EACH;
    for (int i = 0; i < EACH; i++) {
        brine_packet p;
        CHECK_OK(brine_packet_new(pool, &p));
        CHECK_OK(brine_set_int(brine_root(p), "n", base + i));
        CHECK_OK(brine_set_str(brine_root(p), "text", "a text that is not inline"));
        CHECK_OK(brine_enqueue(pipe_a, p, brine_seconds(60)));
    }
    return NULL;
}

static void *reader(void *argument) {
    brine_packet p;
    int rc;
    (void)argument;
    while ((rc = brine_dequeue(readers_pipe, &p, brine_seconds(60))) == 0) {
        int64_t n = brine_get_int(brine_root(p), "n", -1);
        CHECK(n >= 0 && n < WRITERS * EACH);
        CHECK_STR(brine_get_str(brine_root(p), "text", ""), "a text that is not inline");
        seen[n]++;
        CHECK_OK(brine_packet_free(p));
    }
    CHECK_STATUS(rc, BRINE_ECLOSED);
    return NULL;
}

static void *publisher(void *argument) {
    (void)argument;
    for (int i = 0; !done; i++) {
        brine_packet p;
        CHECK_OK(brine_packet_new(pool, &p));
        CHECK_OK(brine_set_int(brine_root(p), "a", i));
        CHECK_OK(brine_set_int(brine_root(p), "b", i));
        CHECK_OK(brine_publish(pool, "value", p));
    }
    return NULL;
}

static void *looker(void *argument) {
    int64_t last = -1;
    (void)argument;
    while (!done) {
        brine_packet p;
        CHECK_OK(brine_lookup(pool, "value", brine_seconds(60), &p));
        int64_t a = brine_get_int(brine_root(p), "a", -1), b = brine_get_int(brine_root(p), "b", -2);
        CHECK_EQ_INT(a, b);
        CHECK(a >= last);
        last = a;
        CHECK_OK(brine_packet_free(p));
    }
    return NULL;
}

int main(void) {
    pthread_t writers[WRITERS], readers[READERS], publishing, looking[2];
    CHECK_OK(brine_pool_create_private(&(brine_pool_options){.max_bytes = 32 << 20}, &pool));
    CHECK_OK(brine_pipe_serve(pool, "a", CAPACITY, &pipe_a));
    CHECK_OK(brine_pipe_connect(pool, "a", brine_now(), &readers_pipe));
    CHECK(pthread_create(&publishing, NULL, publisher, NULL) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&looking[i], NULL, looker, NULL) == 0);
    for (intptr_t i = 0; i < READERS; i++) CHECK(pthread_create(&readers[i], NULL, reader, NULL) == 0);
    for (intptr_t i = 0; i < WRITERS; i++) CHECK(pthread_create(&writers[i], NULL, writer, (void *)i) == 0);
    for (int i = 0; i < WRITERS; i++) pthread_join(writers[i], NULL);
    CHECK_OK(brine_pipe_close(pipe_a)); /* ends the stream; the readers have a handle of their own */
    for (int i = 0; i < READERS; i++) pthread_join(readers[i], NULL);
    done = 1;
    pthread_join(publishing, NULL);
    for (int i = 0; i < 2; i++) pthread_join(looking[i], NULL);
    for (int i = 0; i < WRITERS * EACH; i++) CHECK_EQ_INT(seen[i], 1);
    CHECK_OK(brine_unpublish(pool, "value"));
    CHECK(brine_pool_is_pristine(pool));
    CHECK_EQ_INT(brine_pool_check(pool, NULL, NULL), 0);
    brine_pool_detach(pool);
    return 0;
}
