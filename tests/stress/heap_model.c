/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 */
/* Random allocating and freeing of records, blocks and spans by several threads of several processes: no
 * two of them ever overlap (each is filled with a pattern and looked at again before it goes), objects
 * are freed by others than their makers, and in the end nothing is left. Also while processes are killed. */
#include <pthread.h>

#include "pool_helpers.h"

#define HELD 200
#define MAIL 64
#define THREADS 3
#define PROCESSES PROCESSES_AT_ONCE

struct object {
    uint32_t record, gen;
    uint64_t chunk, bytes, pattern;
};

/* Objects on their way to whoever frees them; between the threads of one process. */
struct mail {
    pthread_mutex_t mutex;
    struct object objects[MAIL];
    int count;
};

struct run {
    brine_pool *pool;
    struct mail *mail;
    uint64_t seed;
    int steps;
    bool tight; /* memory may run out */
};

static void fill_pattern(const struct object *o, brine_pool *pool) {
    uint64_t *words = pool_at(pool, o->chunk + sizeof(struct chunk));
    for (uint64_t i = 0; i < (o->bytes - sizeof(struct chunk)) / 8; i++) words[i] = o->pattern + i;
}

static void check_pattern(const struct object *o, brine_pool *pool) {
    const uint64_t *words = pool_at(pool, o->chunk + sizeof(struct chunk));
    for (uint64_t i = 0; i < (o->bytes - sizeof(struct chunk)) / 8; i++) {
        if (words[i] != o->pattern + i)
            check_failed(__FILE__, __LINE__,
                         "object %u.%u of %" PRIu64 " bytes at %" PRIu64 " was overwritten at word %" PRIu64, o->record,
                         o->gen, o->bytes, o->chunk, i);
    }
}

static uint64_t random_size(check_rng *rng) {
    switch (check_below(rng, 8)) {
    case 0: return 17 + check_below(rng, 200000);        /* spans */
    case 1: return 32 * KIB - 20 + check_below(rng, 40); /* the largest class and just over it */
    case 2: return 1024u << check_below(rng, 6);
    default: return 17 + check_below(rng, 6000);
    }
}

/* False: out of memory. */
static bool make_object(brine_pool *pool, check_rng *rng, struct object *o) {
    *o = (struct object){.bytes = random_size(rng) & ~(uint64_t)7, .pattern = check_random(rng)};
    o->record = record_alloc(pool, a32_load_relaxed(pool->me), &o->gen);
    if (!o->record) return false;
    struct record *r = pool_record(pool, o->record);
    CHECK_EQ_INT(a64_load_relaxed(&r->word), WORD(o->gen, REC_HELD, a32_load_relaxed(pool->me)));
    r->chunks = 0;
    r->bytes = RECORD_BYTES;
    r->first_child = 0;
    CHECK_EQ_INT(a64_load_relaxed(&r->target), 0);
    memset(r->inline_arena, (int)(o->pattern & 0xff), ARENA_INLINE);
    o->chunk = brine__chunk_alloc(pool, o->record, o->gen, o->bytes);
    if (!o->chunk) {
        record_release(pool, o->record, o->gen);
        return false;
    }
    const struct chunk *chunk = pool_at(pool, o->chunk);
    CHECK(o->chunk % 1024 == 0 && chunk->bytes >= o->bytes && chunk->next == 0);
    r->chunks = o->chunk;
    r->bytes += chunk->bytes;
    fill_pattern(o, pool);
    return true;
}

static void free_object(brine_pool *pool, const struct object *o) {
    const struct record *r = pool_record(pool, o->record);
    check_pattern(o, pool);
    for (int i = 0; i < (int)ARENA_INLINE; i++) CHECK_EQ_INT(r->inline_arena[i], o->pattern & 0xff);
    CHECK_EQ_INT(word_gen(a64_load_relaxed(&r->word)), o->gen);
    brine__chunk_free(pool, o->record, o->gen, o->chunk);
    record_release(pool, o->record, o->gen);
}

/* Swaps an object for one that another thread sent, if there is one. */
static void exchange(struct mail *mail, check_rng *rng, struct object *o) {
    pthread_mutex_lock(&mail->mutex);
    if (mail->count < MAIL) {
        mail->objects[mail->count++] = *o;
        o->record = 0;
    } else {
        struct object *other = &mail->objects[check_below(rng, MAIL)], mine = *o;
        *o = *other;
        *other = mine;
    }
    pthread_mutex_unlock(&mail->mutex);
}

static void *work(void *argument) {
    struct run *run = argument;
    struct object held[HELD] = {{0}};
    check_rng rng = {run->seed};
    for (int i = 0; i < run->steps; i++) {
        struct object *o = &held[check_below(&rng, HELD)];
        uint64_t what = check_below(&rng, 20);
        if (o->record && what < 5) {
            exchange(run->mail, &rng, o);
        } else if (o->record) {
            free_object(run->pool, o);
            o->record = 0;
        } else if (!make_object(run->pool, &rng, o)) {
            o->record = 0;
            CHECK(run->tight);
            CHECK_CONTAINS(brine_detail(), "KiB");
            for (int k = 0; k < 20; k++) { /* make room */
                struct object *victim = &held[check_below(&rng, HELD)];
                if (victim->record) free_object(run->pool, victim);
                victim->record = 0;
            }
        }
    }
    for (int i = 0; i < HELD; i++)
        if (held[i].record) free_object(run->pool, &held[i]);
    return NULL;
}

static void threads(brine_pool *pool, uint64_t seed, int steps, bool tight) {
    struct mail mail = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct run runs[THREADS];
    pthread_t all[THREADS];
    for (int i = 0; i < THREADS; i++) {
        runs[i] = (struct run){pool, &mail, seed * 100 + (uint64_t)i, steps, tight};
        CHECK_EQ_INT(pthread_create(&all[i], NULL, work, &runs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(all[i], NULL);
    for (int i = 0; i < mail.count; i++) free_object(pool, &mail.objects[i]);
}

struct process {
    uint64_t seed;
    bool endless, tight;
};

static void process(void *argument) {
    struct process *p = argument;
    brine_pool *pool = attach_pool("s");
    do threads(pool, p->seed++, 3000, p->tight);
    while (p->endless);
    brine_pool_detach(pool);
}

static void processes(uint64_t seed, uint64_t max_bytes, bool tight) {
    brine_pool *pool = make_pool("s", max_bytes);
    struct process runs[PROCESSES];
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        runs[i] = (struct process){seed + (uint64_t)i * 1000, false, tight};
        pids[i] = check_fork(process, &runs[i]);
    }
    for (int i = 0; i < PROCESSES; i++) CHECK_EXIT(pids[i], 0);
    check_empty(pool);
    drop_pool(pool);
}

static void with_deaths(uint64_t seed) {
    brine_pool *pool = make_pool("s", 48 * MIB);
    check_rng rng = {seed};
    pid_t pids[PROCESSES];
    struct process run = {.endless = true, .tight = true};
    for (int i = 0; i < PROCESSES; i++) {
        run.seed = seed + (uint64_t)i;
        pids[i] = check_fork(process, &run);
    }
    for (int i = 0; i < 60; i++) {
        pid_t *victim = &pids[check_below(&rng, PROCESSES)];
        usleep((useconds_t)check_below(&rng, 40000));
        CHECK_SYS(kill(*victim, SIGKILL));
        CHECK_KILLED(*victim, SIGKILL);
        if (check_below(&rng, 2)) CHECK_OK(brine_pool_reap(pool, NULL));
        run.seed = check_random(&rng);
        *victim = check_fork(process, &run);
    }
    for (int i = 0; i < PROCESSES; i++) {
        CHECK_SYS(kill(pids[i], SIGKILL));
        CHECK_KILLED(pids[i], SIGKILL);
    }
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    CHECK_EQ_INT(info_of(pool).participants, 1);
    drop_pool(pool);
}

int main(void) {
    check_rng rng = check_seed(2024);
    brine_pool *pool = make_pool("s", 128 * MIB);
    threads(pool, check_random(&rng), 30000, false);
    check_empty(pool);
    drop_pool(pool);
    processes(check_random(&rng), 512 * MIB, false);
    processes(check_random(&rng), 12 * MIB, true); /* too small for all: they run out again and again */
    with_deaths(check_random(&rng));
    return 0;
}
