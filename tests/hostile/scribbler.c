/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/*
 * A pool that two processes scribble into while it is read: random words, ownership words, links, offsets, pieces
 * of other places, all over its header, tables, records and pages. The readers attach, look at everything there is,
 * check it, copy packets out, and validate packets that they hold, over and over: each call ends, with whatever
 * answer, and nothing outside of the pool is read. BRINE_SCRIBBLE_SECONDS (4) says for how long.
 */
#include <sys/prctl.h>

#include "guarded.h"
#include "pipe/ring.h"
#include "rich_pool.h"

static double seconds(void) {
    const char *text = getenv("BRINE_SCRIBBLE_SECONDS");
    return text && *text ? atof(text) : 4;
}

struct part {
    uint64_t offset, bytes;
};

/* Where to write. The sealed part of the header now and then only: nobody can attach while it is wrong. */
static uint64_t somewhere(const struct layout *l, check_rng *rng) {
    const struct part parts[] = {
        {384, 128},          {l->commit, 256},        {l->proc, 2048},      {l->dir, 4096},       {l->pipe, 8192},
        {l->endp, 2048},     {l->recmap, 64},         {l->pagemap, 512},    {l->tags, 32768},     {l->records, 65536},
        {l->records, 65536}, {l->records, 2 * 65536}, {l->pages, 1u << 20}, {l->pages, 4u << 20}, {0, 384}};
    size_t i = check_below(rng, 200) == 0 ? 14 : check_below(rng, 14);
    return (parts[i].offset + check_below(rng, parts[i].bytes)) & ~(uint64_t)7;
}

static uint64_t something(brine_pool *pool, check_rng *rng, uint64_t before) {
    const struct layout *l = &pool->layout;
    switch (check_below(rng, 10)) {
    case 0: return check_random(rng);
    case 1: return WORD(check_below(rng, 4), check_below(rng, 34), check_below(rng, 400));
    case 2: return LINK(check_below(rng, 4), check_below(rng, 400));
    case 3: return l->pages + (check_below(rng, 4u << 20) & ~(uint64_t)1023);
    case 4: return l->records + check_below(rng, 2 * 65536);
    case 5: return check_below(rng, 2) ? UINT64_MAX : UINT32_MAX;
    case 6: return before ^ (uint64_t)1 << check_below(rng, 64);
    case 7: return before + check_below(rng, 5) - 2;
    case 8: return (before & ~(uint64_t)0xfc000000) | check_below(rng, 20) << 26;
    default: return a64_load_relaxed((a64 *)pool_at(pool, somewhere(l, rng)));
    }
}

static void scribble(void *argument) {
    check_rng rng = {(uint64_t)(uintptr_t)argument};
    CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGKILL)); /* not left behind when the test fails */
    brine_pool *pool = attach_pool("s");
    /* First everything is put back at once, so that readers get deep into a pool that is nearly sound; then not. */
    double later = seconds_now() + seconds() / 2;
    bool stays = false;
    for (uint64_t n = 0;; n++) {
        if (n % 1024 == 0) stays = seconds_now() > later;
        uint64_t at = somewhere(&pool->layout, &rng), run = check_below(&rng, 50) ? 1 : 1 + check_below(&rng, 64);
        for (uint64_t i = 0; i < run; i++) { /* a run: a torn write of something larger */
            a64 *word = pool_at(pool, at + i * 8);
            uint64_t before = a64_load_relaxed(word);
            a64_store_relaxed(word, something(pool, &rng, before));
            if (at < 384 || !stays || check_below(&rng, 16)) a64_store_relaxed(word, before);
        }
        if (n % 64 == 0) usleep(1);
    }
}

/* Comes and goes. */
static void look(void *argument) {
    struct guarded room = guarded_room(*(const uint64_t *)argument);
    double end = seconds_now() + seconds();
    long looks = 0, refused = 0;
    while (seconds_now() < end) {
        brine_pool *pool = guarded_attach(&room, "s", BRINE_POOL_READONLY);
        if (!pool) {
            refused++;
            continue;
        }
        double begin = seconds_now();
        look_at_all(pool);
        CHECK_MSG(seconds_now() - begin < 20, "%.1f s for one look", seconds_now() - begin);
        guarded_detach(&room, pool);
        looks++;
    }
    printf("%ld looks, attaching refused %ld times\n", looks, refused);
}

/* Attached all the time, holding packets that it validates. They are not walked: validating promises something
 * only for packets that nobody changes afterwards. */
static void hold(void *argument) {
    const struct signal_line *line = argument;
    brine_pool *pool = attach_pool("s");
    brine_packet packets[4];
    brine_pipe *pipe;
    long sound = 0, damaged = 0;
    CHECK_OK(brine_pipe_connect(pool, "first", brine_now(), &pipe));
    for (int i = 0; i < 4; i++) CHECK_OK(brine_dequeue(pipe, &packets[i], brine_now()));
    line_say(line, 'r');
    double end = seconds_now() + seconds();
    while (seconds_now() < end)
        for (int i = 0; i < 4; i++) *(brine_packet_validate(packets[i]) ? &damaged : &sound) += 1;
    printf("%ld packets found sound, %ld not\n", sound, damaged);
    fflush(stdout);
    _exit(0); /* detaching would free what the scribblers made of them */
}

int main(void) {
    check_rng rng = check_seed(9);
    struct signal_line line = line_open();
    pid_t scribblers[2], readers[2];
    brine_pool *pool = make_pool("s", 48 * MIB);
    brine_pipe *pipe;
    uint64_t bytes = pool->layout.file_bytes;
    CHECK_OK(brine_pipe_serve(pool, "first", 16, &pipe));
    for (int i = 0; i < 12; i++) CHECK_OK(brine_enqueue(pipe, rich_packet(pool, i), brine_now()));
    CHECK_OK(brine_publish(pool, "value", rich_packet(pool, 3)));
    pid_t holder = check_fork(hold, &line);
    line_hear(&line);
    for (int i = 0; i < 2; i++) scribblers[i] = check_fork(scribble, (void *)(uintptr_t)(check_random(&rng) >> 1));
    for (int i = 0; i < 2; i++) readers[i] = check_fork(look, &bytes);
    CHECK_EXIT(holder, 0);
    for (int i = 0; i < 2; i++) CHECK_EXIT(readers[i], 0);
    for (int i = 0; i < 2; i++) {
        CHECK_SYS(kill(scribblers[i], SIGKILL));
        CHECK_KILLED(scribblers[i], SIGKILL);
    }
    CHECK_OK(brine_pool_unlink("s")); /* not even looked at: it may be in any state */
    return 0;
}
