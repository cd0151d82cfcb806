/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=90 */
/* Observers of a pool that changes under their eyes: first by honest processes that allocate, send and die,
 * then by one that scribbles over everything but the header. Nobody crashes, hangs or reads outside. */
#include "rich_pool.h"

#define SECONDS 3.0

static void observe(void *argument) {
    bool private = argument != NULL;
    brine_pool *pool = private ? attach_pool("g") : attach_readonly("g");
    double end = seconds_now() + SECONDS;
    while (seconds_now() < end) look_at_all(pool);
    brine_pool_detach(pool);
}

/* More and more records and pages, then none, again and again. */
static void honest(void *argument) {
    check_rng rng = {(uint64_t)(uintptr_t)argument};
    brine_packet packets[3000];
    brine_pool *pool = attach_pool("g");
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_serve(pool, "first", 8, &pipe));
    for (;;) {
        int n = 0, most = 10 + (int)check_below(&rng, 2900);
        while (n < most && (packets[n] = filled_packet(pool, 1 + check_below(&rng, 3000), 1)).record) {
            n++;
            if (n % 10) continue;
            brine_packet sent = rich_packet(pool, 1);
            if (n % 3 == 0 ? brine_publish(pool, "value", sent) : brine_enqueue(pipe, sent, brine_now()))
                CHECK_OK(brine_packet_free(sent));
            if (brine_dequeue(pipe, &sent, brine_now()) == 0) CHECK_OK(brine_packet_free(sent));
        }
        while (n-- > 0) CHECK_OK(brine_packet_free(packets[n]));
    }
}

static void scribble(void *argument) {
    check_rng rng = {(uint64_t)(uintptr_t)argument};
    brine_pool *pool = attach_pool("g");
    const struct layout *l = &pool->layout;
    const uint64_t parts[][2] = {{384, 128},          {l->proc, 2048},  {l->dir, 4096},   {l->pipe, 8192},
                                 {l->endp, 2048},     {l->recmap, 64},  {l->pagemap, 64}, {l->tags, 8192},
                                 {l->records, 65536}, {l->pages, 65536}};
    for (;;) {
        size_t i = check_below(&rng, sizeof parts / sizeof *parts);
        a64 *word = pool_at(pool, (parts[i][0] + check_below(&rng, parts[i][1])) & ~(uint64_t)7);
        uint64_t value = check_random(&rng), before = a64_load_relaxed(word);
        switch (check_below(&rng, 4)) {
        case 0: value = WORD(check_below(&rng, 3), check_below(&rng, 20), check_below(&rng, 400)); break;
        case 1: value = before + 1; break;
        case 2: value = LINK(check_below(&rng, 3), check_below(&rng, 400)); break;
        default: break;
        }
        a64_store_relaxed(word, value);
        usleep(check_below(&rng, 100) ? 0 : 1);
        if (check_below(&rng, 4)) a64_store_relaxed(word, before);
    }
}

static void run(void (*changer)(void *), uint64_t seed, bool joined) {
    pid_t changers[2], observers[2];
    brine_pool *pool = make_pool("g", 48 * MIB);
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_serve(pool, "first", 8, &pipe));
    for (int i = 0; i < 6; i++) CHECK_OK(brine_enqueue(pipe, rich_packet(pool, i), brine_now()));
    CHECK_OK(brine_publish(pool, "value", rich_packet(pool, 3)));
    for (int i = 0; i < 2; i++) changers[i] = check_fork(changer, (void *)(uintptr_t)(seed + (uint64_t)i));
    for (int i = 0; i < 2; i++) observers[i] = check_fork(observe, (void *)(uintptr_t)(joined && i));
    for (int i = 0; i < 2; i++) CHECK_EXIT(observers[i], 0);
    for (int i = 0; i < 2; i++) {
        CHECK_SYS(kill(changers[i], SIGKILL));
        CHECK_KILLED(changers[i], SIGKILL);
    }
    if (changer == honest) {
        CHECK_OK(brine_pool_reap(pool, NULL));
        check_whole(pool);
        drop_pool(pool);
    } else {
        CHECK_OK(brine_pool_unlink("g")); /* not even looked at: it may be in any state */
    }
}

int main(void) {
    check_rng rng = check_seed(8);
    run(honest, check_random(&rng) >> 1, true);
    run(scribble, check_random(&rng) >> 1, false);
    return 0;
}
