/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for several pipes: readable, writable, closed, many, of two pools, and what is refused. */
#include "pipe_helpers.h"

#define MANY 100

struct later {
    brine_pipe *pipe;
    bool reads, closes;
};
static void *act_later(void *argument) {
    struct later *l = argument;
    uint64_t number;
    sleep_ms(40);
    if (l->closes)
        CHECK_OK(brine_pipe_close(l->pipe));
    else if (l->reads)
        CHECK_OK(get_number(l->pipe, &number, brine_now()));
    else
        CHECK_OK(put_number(l->pipe, 1, brine_now()));
    return NULL;
}

/* Waits; another thread acts meanwhile. Returns after how long it was ready. */
static double wait_for(brine_wait *waits, size_t count, struct later later) {
    pthread_t thread;
    double begin = seconds_now(), took;
    CHECK_EQ_INT(pthread_create(&thread, NULL, act_later, &later), 0);
    CHECK_OK(brine_wait_any(waits, count, brine_seconds(10)));
    took = seconds_now() - begin;
    CHECK_EQ_INT(pthread_join(thread, NULL), 0);
    CHECK(took >= 0.035);
    return took;
}

static void two_pipes(brine_pool *pool) {
    brine_pipe *a = serve(pool, "a", 1), *b = serve(pool, "b", 1);
    brine_wait waits[2] = {{a, BRINE_READABLE, 9}, {b, BRINE_READABLE, 9}};
    CHECK_STATUS(brine_wait_any(waits, 2, brine_now()), BRINE_ETIMEDOUT);
    CHECK(wait_for(waits, 2, (struct later){b, false, false}) < 1);
    CHECK_EQ_INT(waits[0].ready, 0);
    CHECK_EQ_INT(waits[1].ready, BRINE_READABLE);
    CHECK_OK(brine_wait_any(waits, 2, brine_now())); /* still */
    CHECK_EQ_INT(waits[1].ready, BRINE_READABLE);

    /* b is full now: a readable or b writable */
    waits[1].events = BRINE_WRITABLE;
    CHECK_STATUS(brine_wait_any(waits, 2, brine_milliseconds(10)), BRINE_ETIMEDOUT);
    CHECK(wait_for(waits, 2, (struct later){b, true, false}) < 1);
    CHECK_EQ_INT(waits[0].ready, 0);
    CHECK_EQ_INT(waits[1].ready, BRINE_WRITABLE);

    /* both events of one pipe, and several ready at once */
    CHECK_OK(put_number(a, 1, brine_now()));
    waits[0].events = waits[1].events = BRINE_READABLE | BRINE_WRITABLE;
    CHECK_OK(brine_wait_any(waits, 2, brine_forever()));
    CHECK_EQ_INT(waits[0].ready, BRINE_READABLE);
    CHECK_EQ_INT(waits[1].ready, BRINE_WRITABLE);
    CHECK_EQ_INT(next_number(a), 1);

    /* the end of a stream makes a pipe ready: the call will not wait */
    brine_pipe *client = connect_to(pool, "a");
    brine_wait one = {client, BRINE_READABLE, 0};
    CHECK(wait_for(&one, 1, (struct later){a, false, true}) < 1);
    CHECK_EQ_INT(one.ready, BRINE_READABLE);
    CHECK_OK(brine_pipe_close(client));
    CHECK_OK(brine_pipe_close(b));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    CHECK_OK(brine_pipe_remove(pool, "b"));
    check_empty(pool);
}

static void many(brine_pool *pool, brine_pool *second) {
    static brine_pipe *pipes[MANY];
    static brine_wait waits[MANY];
    char name[32];
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "many-%u", i);
        pipes[i] = serve(i % 2 ? second : pool, name, 1);
        waits[i] = (brine_wait){pipes[i], BRINE_READABLE, 0};
    }
    for (uint32_t i = 0; i < MANY; i += 11) {
        CHECK(wait_for(waits, MANY, (struct later){pipes[i], false, false}) < 1);
        for (uint32_t k = 0; k < MANY; k++) CHECK_EQ_INT(waits[k].ready, k == i ? BRINE_READABLE : 0);
        CHECK_EQ_INT(next_number(pipes[i]), 1);
    }
    double begin = seconds_now();
    CHECK_STATUS(brine_wait_any(waits, MANY, brine_milliseconds(150)), BRINE_ETIMEDOUT);
    CHECK(seconds_now() - begin >= 0.15 && seconds_now() - begin < 1);
    CHECK_CONTAINS(brine_detail(), "100 pipes");
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "many-%u", i);
        CHECK_OK(brine_pipe_remove(i % 2 ? second : pool, name));
        CHECK_OK(brine_pipe_close(pipes[i]));
    }
}

/* More words to watch than the kernel takes at once: what it does not watch is seen a little later. */
static void both_ways_of_all(brine_pool *pool) {
    static brine_wait waits[128];
    brine_pipe *pipe = serve(pool, "p", 1), *last = serve(pool, "q", 1);
    CHECK_OK(put_number(pipe, 5, brine_now()));
    CHECK_OK(put_number(last, 5, brine_now()));
    for (int i = 0; i < 128; i++) waits[i] = (brine_wait){i == 127 ? last : pipe, BRINE_WRITABLE, 0};
    CHECK(wait_for(waits, 128, (struct later){last, true, false}) < 1);
    for (int i = 0; i < 128; i++) CHECK_EQ_INT(waits[i].ready, i == 127 ? BRINE_WRITABLE : 0);
    CHECK_EQ_INT(next_number(pipe), 5);
    for (int i = 0; i < 128; i++) waits[i].events = BRINE_READABLE | (i < 127 ? 0 : BRINE_WRITABLE);
    CHECK_OK(put_number(last, 6, brine_now()));
    waits[127].events = BRINE_READABLE | BRINE_WRITABLE;
    CHECK_OK(brine_wait_any(waits, 128, brine_now()));
    CHECK_EQ_INT(waits[127].ready, BRINE_READABLE);
    CHECK_EQ_INT(next_number(last), 6);
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "q"));
    CHECK_OK(brine_pipe_close(last));
}

static void refused(brine_pool *pool) {
    brine_pipe *pipe = serve(pool, "p", 1);
    brine_wait wait = {pipe, BRINE_READABLE, 0}, none = {NULL, BRINE_READABLE, 0}, no_events = {pipe, 0, 0},
               unknown = {pipe, 4, 0};
    static brine_wait too_many[129];
    for (int i = 0; i < 129; i++) too_many[i] = wait;
    CHECK_STATUS(brine_wait_any(NULL, 1, brine_now()), BRINE_EINVAL);
    CHECK_STATUS(brine_wait_any(&wait, 0, brine_now()), BRINE_EINVAL);
    CHECK_STATUS(brine_wait_any(too_many, 129, brine_now()), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "129");
    CHECK_STATUS(brine_wait_any(&none, 1, brine_now()), BRINE_EINVAL);
    CHECK_STATUS(brine_wait_any(&no_events, 1, brine_now()), BRINE_EINVAL);
    CHECK_STATUS(brine_wait_any(&unknown, 1, brine_now()), BRINE_EINVAL);
    CHECK_STATUS(brine_wait_any(too_many, 128, brine_now()), BRINE_ETIMEDOUT);
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_close(pipe));
}

/* A reader that died in the middle of a take makes its packet ready again for those who wait. */
static void take_and_die(void *argument) {
    brine_pipe *pipe = argument;
    uint32_t me = 0;
    brine_packet packet;
    CHECK_EQ_INT(pipe_enter(pipe, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(pipe, me, &packet), 0);
    /* one step back: as it was before the last store of the dequeue */
    a64_store_release(&pool_record(brine_pipe_pool(pipe), packet.record)->word,
                      WORD(packet.generation, REC_ARRIVED, me));
    raise(SIGKILL);
}

static void returned_packet(brine_pool *pool) {
    brine_pipe *pipe = serve(pool, "r", 4);
    brine_wait wait = {pipe, BRINE_READABLE, 0};
    for (uint64_t i = 0; i < 3; i++) CHECK_OK(put_number(pipe, i, brine_now()));
    CHECK_KILLED(check_fork(take_and_die, pipe), SIGKILL);
    CHECK_EQ_INT(brine_pipe_length(pipe), 2);
    for (uint64_t i = 1; i < 3; i++) CHECK_EQ_INT(next_number(pipe), i);
    CHECK_OK(brine_wait_any(&wait, 1, brine_seconds(10))); /* reaps while it waits */
    CHECK_EQ_INT(wait.ready, BRINE_READABLE);
    CHECK_EQ_INT(pipe_info(pool, "r").depth, 1);
    CHECK_EQ_INT(pipe_info(pool, "r").returned, 1);
    CHECK_EQ_INT(next_number(pipe), 0);
    uint64_t number;
    CHECK_STATUS(get_number(pipe, &number, brine_now()),
                 BRINE_ETIMEDOUT); /* readiness is a hint; a failed try sets it right */
    CHECK_STATUS(brine_wait_any(&wait, 1, brine_now()), BRINE_ETIMEDOUT);
    /* with other packets behind it, it comes first */
    for (uint64_t i = 3; i < 6; i++) CHECK_OK(put_number(pipe, i, brine_now()));
    CHECK_KILLED(check_fork(take_and_die, pipe), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    for (uint64_t i = 3; i < 6; i++) CHECK_EQ_INT(next_number(pipe), i);
    /* and it is freed with its pipe */
    CHECK_OK(put_number(pipe, 6, brine_now()));
    CHECK_KILLED(check_fork(take_and_die, pipe), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_OK(brine_pipe_remove(pool, "r"));
    CHECK_OK(brine_pipe_close(pipe));
    check_baseline(pool, 0);
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB), *second = make_pool("second", 4 * MIB);
    two_pipes(pool);
    many(pool, second);
    both_ways_of_all(pool);
    refused(pool);
    returned_packet(pool);
    check_empty(second);
    drop_pool(second);
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
