/* SPDX-License-Identifier: Apache-2.0 */
/* heap: a thread's part of a pool: the pages it allocates from. Process-local; used by one thread at a
 * time, except that a forked child and detach throw it away. */
#ifndef BRINE_HEAP_THREAD_H
#define BRINE_HEAP_THREAD_H

#include "heap/heap.h"

#define STACK_COUNT 64 /* freed objects remembered for last-in-first-out reuse: they are in the cache */

/* Pages of one kind, walked round and round by a cursor. */
struct page_list {
    uint32_t *pages;
    uint32_t count, room;
    uint32_t page, slot;    /* cursor: index into pages, object in that page */
    uint32_t found, looked; /* free ones seen, objects seen in this lap */
    uint32_t stacked;
    uint32_t stack[STACK_COUNT]; /* records: index; blocks: page * TAGS_PER_PAGE + slot */
};

struct heap {
    struct heap *next;
    brine_pool *pool;
    uint64_t epoch;     /* of the pool when made; another one: it is the forked parent's */
    uint32_t id;        /* unique in the process; never 0 */
    uint64_t page_word; /* ownership word of its record pages */
    a32 owner;          /* token of the thread; 0: the thread ended, another may take it over */
    uint64_t pressure_seen, orphans_seen;
    struct page_list records;
    struct page_list blocks[BLOCK_CLASSES];
};

/* The heaps that the thread used last, by pool->id. epoch: of the pool; unique in the process, never 0. */
#define HEAP_CACHE 8u
struct heap_cache {
    struct heap *heap;
    uint64_t epoch;
};
extern THREAD_LOCAL_FAST struct heap_cache brine__heap_cache[HEAP_CACHE];

struct heap *brine__heap_find(brine_pool *pool, bool make);
/* The calling thread's heap of the pool, made at first use; NULL when out of memory (detail set). */
static inline struct heap *heap_of(brine_pool *pool) {
    const struct heap_cache *c = &brine__heap_cache[pool->id % HEAP_CACHE];
    return likely(c->epoch == pool->epoch) ? c->heap : brine__heap_find(pool, true);
}
/* The same if it exists already. Never fails. */
static inline struct heap *heap_peek(brine_pool *pool) {
    const struct heap_cache *c = &brine__heap_cache[pool->id % HEAP_CACHE];
    return likely(c->epoch == pool->epoch) ? c->heap : brine__heap_find(pool, false);
}

/* ---- records ---- */

uint32_t brine__record_alloc_slow(struct heap *h, uint32_t *gen);

/* A FREE record becomes HELD by this process. Its plain fields hold garbage of its last life. Returns
 * its index, 0 when out of memory (detail set). *gen: its generation. */
static inline uint32_t record_alloc(brine_pool *pool, uint32_t me, uint32_t *gen) {
    struct heap *h = heap_of(pool);
    if (unlikely(!h)) return 0;
    while (likely(h->records.stacked != 0)) {
        uint32_t index = h->records.stack[--h->records.stacked];
        struct record *r = pool_record(pool, index);
        /* acquire: pairs with the release in record_release; the freer's use of the record is over */
        uint64_t w = a64_load_acquire(&r->word);
        if (unlikely(word_state(w) != REC_FREE)) continue;
        *gen = word_gen(w);
        /* relaxed: nobody else looks for this record until it is handed over (a release then); a kill after this store
         * finds it HELD */
        a64_store_relaxed(&r->word, WORD(*gen, REC_HELD, me));
        return index;
    }
    return brine__record_alloc_slow(h, gen);
}

/* The objects of a page are not taken in the order of their addresses: a processor fetches what follows the memory that
 * it reads, and where the reader is at the writer's heels that would be the lines just being written. Odd, so that all
 * have their turn. A record's neighbours are taken 57 steps after and 71 before it, those of a block (of 8 to 64 in a
 * page) at least 3 away; measured in docs/design/benchmarks.md. */
#define RECORD_STRIDE 9u
#define BLOCK_STRIDE 45u

static inline uint32_t record_at_step(const struct page_list *l, uint32_t step) {
    return l->pages[l->page] * (uint32_t)RECORDS_PER_PAGE + (step * RECORD_STRIDE & (RECORDS_PER_PAGE - 1));
}

/* Records ahead of the cursor that are fetched: they were last written by a reader on another core, and a line from
 * there takes as long as several allocations. */
#define PREFETCH_AHEAD 8
static inline void record_fetch_ahead(const brine_pool *pool, const struct page_list *l) {
    const struct record *ahead = pool_record(pool, record_at_step(l, l->slot + PREFETCH_AHEAD));
    prefetch_write(ahead);
    prefetch_write(ahead->inline_arena);
}

/* The record at the cursor, if the lap goes on in the same page. 0: none is had so; the cursor may have moved on. */
static inline uint32_t record_at_cursor(struct heap *h, brine_pool *pool, uint32_t me, uint32_t *gen) {
    struct page_list *l = &h->records;
    if (unlikely(l->looked >= l->count * RECORDS_PER_PAGE || l->slot + 1 >= RECORDS_PER_PAGE)) return 0;
    record_fetch_ahead(pool, l);
    uint32_t index = record_at_step(l, l->slot++);
    l->looked++;
    uint64_t w = a64_load_acquire(&pool_record(pool, index)->word); /* as in record_alloc() */
    if (unlikely(word_state(w) != REC_FREE || index == 0)) return 0;
    l->found++;
    *gen = word_gen(w);
    a64_store_relaxed(&pool_record(pool, index)->word, WORD(*gen, REC_HELD, me));
    return index;
}

/* The usual cases alone, without a call in them: the record freed last is free still, or the next one is. 0: take
 * record_alloc(). h: the thread's heap, or NULL. */
static inline uint32_t record_alloc_fast(struct heap *h, brine_pool *pool, uint32_t me, uint32_t *gen) {
    if (unlikely(!h)) return 0;
    if (h->records.stacked == 0) return record_at_cursor(h, pool, me, gen);
    uint32_t index = h->records.stack[h->records.stacked - 1];
    uint64_t w = a64_load_acquire(&pool_record(pool, index)->word); /* as in record_alloc() */
    if (unlikely(word_state(w) != REC_FREE)) return 0;
    h->records.stacked--;
    *gen = word_gen(w);
    a64_store_relaxed(&pool_record(pool, index)->word, WORD(*gen, REC_HELD, me));
    return index;
}

/* The thread's heap if it is at hand. */
static inline struct heap *heap_at_hand(const brine_pool *pool) {
    const struct heap_cache *c = &brine__heap_cache[pool->id % HEAP_CACHE];
    return likely(c->epoch == pool->epoch) ? c->heap : NULL;
}

/* HELD (by whoever calls) becomes FREE with the next generation. The caller has freed its chunks. */
static inline void record_release(brine_pool *pool, uint32_t index, uint32_t gen) {
    /* release: our use is over; pairs with record_alloc() of the page's owner */
    a64_store_release(&pool_record(pool, index)->word, WORD(gen + 1, REC_FREE, 0));
    struct heap *h = heap_at_hand(pool); /* or it goes to the stack of nobody: found by a later scan */
    if (h && h->records.stacked < STACK_COUNT &&
        a64_load_relaxed(&pool_recmap(pool)[index / RECORDS_PER_PAGE]) ==
            h->page_word) /* ours: nobody else changes it */
        h->records.stack[h->records.stacked++] = index;
}

/* false: no memory (detail set). */
bool brine__list_add(struct page_list *list, uint32_t page);
void brine__list_remove(struct page_list *list, uint32_t index);

#endif
