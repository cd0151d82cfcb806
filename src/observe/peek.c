/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe: a copy of a packet that somebody else owns. The packet's memory is copied out first, then it is
 * looked at whether the packet is still there, and only the private copy is walked: a packet that is taken
 * and reused meanwhile gives another try, never a torn value.
 */
#include <pthread.h>
#include <stdlib.h>

#include "observe/observe.h"
#include "pipe/ring.h"
#include "value/untrusted.h"

#define TRIES 16
#define AGAIN_BYTES ((uint64_t)1 << 30)      /* of shared packets that are inside a value several times */
#define PEEK_POOL_BYTES ((uint64_t)64 << 30) /* sparse: as large as any copy may get */

/* Copies live in a private pool of the process, made at the first peek and kept. */
static int peek_pool(brine_pool **out) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static brine_pool *pool;
    int rc = 0;
    brine_pool_options options = {.max_bytes = PEEK_POOL_BYTES};
    pthread_mutex_lock(&mutex);
    if (!pool) rc = brine_pool_create_private(&options, &pool);
    *out = pool;
    pthread_mutex_unlock(&mutex);
    return rc;
}

/* What is to be copied, and how to see that it is still there. */
struct target {
    uint32_t record;
    uint64_t word;
};

static bool still_there(brine_pool *pool, const struct target *t) {
    return a64_load_acquire(&pool_record(pool, t->record)->word) == t->word;
}

struct returned {
    uint64_t pos;
    uint32_t record;
};

static int by_position(const void *a, const void *b) {
    const struct returned *x = a, *y = b;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

/* The nth RETURNED packet of the pipe by position; *count: how many there are. 1: found, 0: not; or a status. */
static int nth_returned(const struct ring *r, size_t nth, size_t *count, struct target *t) {
    uint64_t high = pool_record_high(r->pool);
    struct returned *all = malloc((high + 1) * sizeof *all);
    size_t n = 0;
    if (!all) return brine__fail(BRINE_ENOMEM, "no memory for a list of %llu packets", (unsigned long long)high);
    for (uint32_t i = 1; i < high; i++) {
        if (!pool_record_exists(r->pool, i)) continue;
        struct record *d = pool_record(r->pool, i);
        if (word_state(a64_load_acquire(&d->word)) != REC_RETURNED || a64_load_relaxed(&d->pipe) != pipe_link(r))
            continue;
        all[n++] = (struct returned){a64_load_relaxed(&d->pos), i};
    }
    if (n) qsort(all, n, sizeof *all, by_position);
    bool found = nth < n;
    if (found) {
        t->record = all[nth].record;
        t->word = a64_load_acquire(&pool_record(r->pool, t->record)->word);
        found = word_state(t->word) == REC_RETURNED;
    }
    *count = n;
    free(all);
    return found;
}

/* As nth_returned. */
static int nth_of_pipe(brine_pool *pool, uint32_t index, uint64_t word, size_t nth, struct target *t) {
    struct ring r;
    size_t returned = 0;
    if (!brine__ring_of(pool, index, word_gen(word), &r)) return false;
    int found = a64_load_acquire(&r.control->returned) ? nth_returned(&r, nth, &returned, t) : 0;
    if (found) return found;
    uint64_t p = a64_load_acquire(&r.control->head) + (nth - returned), s = a64_load_acquire(&r.slots[p & r.mask]);
    if (nth < returned || nth - returned > r.mask || !slot_full(s) || slot_lap(s) != ring_lap(&r, p)) return false;
    if (!pool_record_exists(pool, slot_rec(s))) return false;
    struct record *d = pool_record(pool, slot_rec(s));
    t->record = slot_rec(s);
    t->word = a64_load_acquire(&d->word);
    uint32_t state = word_state(t->word);
    return is_sent(state) && a64_load_relaxed(&d->pos) == p && a64_load_relaxed(&d->pipe) == pipe_link(&r);
}

static bool published(brine_pool *pool, uint32_t index, struct target *t) {
    uint64_t token = a64_load_acquire(&pool_dir(pool, index)->target);
    if (!pool_record_exists(pool, link_record(token))) return false;
    t->record = link_record(token);
    t->word = a64_load_acquire(&pool_record(pool, t->record)->word);
    return word_gen(t->word) == link_gen(token);
}

/* One try. BRINE_EBUSY: it changed meanwhile. */
static int copy_out(brine_pool *pool, const struct target *t, size_t max_bytes, brine_packet copy) {
    uint64_t share = a64_load_acquire(&pool_record(pool, t->record)->target);
    struct walk walk = {
        .memory = pool, .copy = true, .max_bytes = max_bytes, .again = AGAIN_BYTES, .fd = brine__pool_fd(pool)};
    struct source s = {.pool = pool,
                       .walk = &walk,
                       .record = share ? link_record(share) : t->record,
                       .gen = share ? link_gen(share) : word_gen(t->word)};
    int rc = brine__untrusted_open(&s);
    if (!still_there(pool, t)) rc = BRINE_EBUSY;
    if (!rc) rc = brine__untrusted_root(&s, brine_root(copy), 0);
    if (rc && !still_there(pool, t)) rc = BRINE_EBUSY; /* an owned packet inside may have gone while it was copied */
    brine__untrusted_close(&s);
    brine__walk_end(&walk);
    return rc;
}

int brine_peek(brine_pool *pool, const char *name, size_t nth, size_t max_bytes, brine_packet *copy) {
    brine_pool *private_pool = NULL;
    brine_packet p;
    struct target t = {0, 0};
    uint64_t w;
    int rc = brine__check_name("pipe", name);
    if (!rc) rc = brine__observe_enter(pool);
    if (!rc) rc = peek_pool(&private_pool);
    for (int tries = 0; !rc && tries < TRIES; tries++) {
        uint32_t index = brine__find_name(pool, name, &w);
        if (index == NO_ENTRY)
            return brine__fail(BRINE_ENOENT, "pool \"%s\" has no pipe or published value \"%s\"", pool->name, name);
        bool pipe = a32_load_relaxed(&pool_dir(pool, index)->kind) == DIR_PIPE;
        int found = pipe ? nth_of_pipe(pool, index, w, nth, &t) : nth == 0 && published(pool, index, &t);
        if (found < 0) return found;
        if (!found) continue;
        if ((rc = brine_packet_new(private_pool, &p)) != 0) return rc;
        rc = copy_out(pool, &t, max_bytes, p);
        if (!rc)
            *copy = p;
        else
            brine_packet_free(p);
        if (rc != BRINE_EBUSY) return rc;
        rc = 0;
    }
    return rc ? rc
              : brine__fail(BRINE_ENOENT,
                            "\"%s\" in pool \"%s\" has no packet %zu, or it was taken away while it was read", name,
                            pool->name, nth);
}
