/* SPDX-License-Identifier: Apache-2.0 */
/* heap: finding and keeping the calling thread's heap. */
#include "heap/thread.h"

#include <stdlib.h>

static _Thread_local struct {
    struct heap *heap;
    uint64_t epoch;
    uint32_t pool;
    uint32_t token;
} mine;

static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;

/* A thread ends: its heaps wait for another thread of this process. */
static void thread_ends(void *token) {
    brine__fork_lock();
    for (uint32_t i = 1; i < POOL_ID_COUNT; i++) {
        brine_pool *pool = pool_by_id(i);
        if (!pool) continue;
        pthread_mutex_lock(&pool->mutex);
        for (struct heap *h = pool->heaps; h; h = h->next)
            if (a32_load_relaxed(&h->owner) == (uint32_t)(uintptr_t)token) a32_store_release(&h->owner, 0); /* the mutex orders it */
        pthread_mutex_unlock(&pool->mutex);
    }
    brine__fork_unlock();
}

static void make_key(void) { pthread_key_create(&end_key, thread_ends); }

static uint32_t thread_token(void) {
    static a32 tokens;
    if (!mine.token) {
        pthread_once(&end_once, make_key);
        mine.token = a32_add_relaxed(&tokens, 1) + 1;
        pthread_setspecific(end_key, (void *)(uintptr_t)mine.token);
    }
    return mine.token;
}

/* Under the pool's mutex: this thread's heap, else one whose thread ended, else a new one. */
static struct heap *find_heap(brine_pool *pool, uint32_t token, bool make) {
    static a32 ids;
    struct heap *free_one = NULL;
    for (struct heap *h = pool->heaps; h; h = h->next) {
        uint32_t owner = a32_load_acquire(&h->owner);
        if (owner == token) return h;
        if (owner == 0) free_one = h;
    }
    if (!make) return NULL;
    if (!free_one) {
        free_one = calloc(1, sizeof *free_one);
        if (!free_one) return NULL;
        free_one->pool = pool;
        free_one->epoch = pool->epoch;
        free_one->id = a32_add_relaxed(&ids, 1) + 1;
        free_one->pressure_seen = a64_load_relaxed(&pool_header(pool)->pressure); /* older pressure is not about us */
        free_one->next = pool->heaps;
        pool->heaps = free_one;
    }
    a32_store_release(&free_one->owner, token);
    return free_one;
}

static struct heap *lookup(brine_pool *pool, bool make) {
    uint32_t token = thread_token();
    pthread_mutex_lock(&pool->mutex);
    struct heap *h = find_heap(pool, token, make);
    pthread_mutex_unlock(&pool->mutex);
    if (h) {
        mine.heap = h;
        mine.epoch = pool->epoch;
        mine.pool = pool->id;
    } else if (make) brine__fail(BRINE_ENOMEM, "no memory for the thread's heap");
    return h;
}

struct heap *brine__heap_of(brine_pool *pool) {
    if (likely(mine.epoch == pool->epoch && mine.pool == pool->id)) return mine.heap;
    return lookup(pool, true);
}

struct heap *brine__heap_peek(brine_pool *pool) {
    if (likely(mine.epoch == pool->epoch && mine.pool == pool->id)) return mine.heap;
    return lookup(pool, false);
}

bool brine__list_add(struct page_list *list, uint32_t page) {
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 8;
        uint32_t *grown = realloc(list->pages, room * sizeof *grown);
        if (!grown) return false;
        list->pages = grown;
        list->room = room;
    }
    list->pages[list->count++] = page;
    return true;
}

void brine__list_remove(struct page_list *list, uint32_t index) {
    list->pages[index] = list->pages[--list->count];
    list->page = list->slot = 0;
    list->found = list->looked = 0;
}

void brine__heap_forget(brine_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    while (pool->heaps) {
        struct heap *h = pool->heaps;
        pool->heaps = h->next;
        free(h->records.pages);
        for (int c = 0; c < BLOCK_CLASSES; c++) free(h->blocks[c].pages);
        free(h);
    }
    pthread_mutex_unlock(&pool->mutex);
    mine.epoch = 0;
}
