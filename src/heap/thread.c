/* SPDX-License-Identifier: Apache-2.0 */
/* heap: finding and keeping the calling thread's heap. */
#include "heap/thread.h"

#include <stdlib.h>

THREAD_LOCAL_FAST struct heap_cache brine__heap_cache[HEAP_CACHE];
static _Thread_local uint32_t my_token; /* of this thread; 0: it has none yet */

/* A thread ends: its heaps wait for another thread of this process. */
static void thread_ends(void *token) {
    brine__fork_lock();
    for (uint32_t i = 1; i < POOL_ID_COUNT; i++) {
        brine_pool *pool = pool_by_id(i);
        if (!pool) continue;
        pthread_mutex_lock(&pool->mutex);
        for (struct heap *h = pool->heaps; h; h = h->next)
            if (a32_load_relaxed(&h->owner) == (uint32_t)(uintptr_t)token)
                a32_store_release(&h->owner, 0); /* the mutex orders it */
        pthread_mutex_unlock(&pool->mutex);
    }
    brine__fork_unlock();
}

/* The key whose destructor is thread_ends, made by the first thread that can; 0 or an errno. */
static int get_key(pthread_key_t *key) {
    static a32 known; /* the key + 1 */
    uint32_t seen = a32_load_acquire(&known);
    if (!seen) {
        int error = pthread_key_create(key, thread_ends);
        if (error) return error;
        if (a32_cas_acq_rel(&known, &seen, (uint32_t)*key + 1)) return 0;
        pthread_key_delete(*key); /* another thread was first */
    }
    *key = seen - 1;
    return 0;
}

/* 0: there is no way to be told when the thread ends (detail set). */
static uint32_t thread_token(void) {
    static a32 tokens;
    pthread_key_t key;
    if (my_token) return my_token;
    uint32_t token = a32_add_relaxed(&tokens, 1) + 1;
    int error = get_key(&key);
    if (!error) error = pthread_setspecific(key, (void *)(uintptr_t)token);
    if (error)
        brine__fail(BRINE_ENOMEM, "no thread-specific storage is left in this process");
    else
        my_token = token;
    return my_token;
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
        free_one->page_word = WORD(free_one->id, PAGE_RECORDS, a32_load_relaxed(pool->me));
        free_one->pressure_seen = a64_load_relaxed(&pool_header(pool)->pressure); /* older pressure is not about us */
        free_one->next = pool->heaps;
        pool->heaps = free_one;
    }
    a32_store_release(&free_one->owner, token);
    return free_one;
}

struct heap *brine__heap_find(brine_pool *pool, bool make) {
    uint32_t me = thread_token();
    if (!me) return NULL;
    pthread_mutex_lock(&pool->mutex);
    struct heap *h = find_heap(pool, me, make);
    pthread_mutex_unlock(&pool->mutex);
    if (h)
        brine__heap_cache[pool->id % HEAP_CACHE] = (struct heap_cache){h, pool->epoch};
    else if (make)
        brine__fail(BRINE_ENOMEM, "no memory for the thread's heap");
    return h;
}

bool brine__list_add(struct page_list *list, uint32_t page) {
    if (list->count == list->room) {
        uint32_t room = list->room ? list->room * 2 : 8;
        uint32_t *grown = realloc(list->pages, room * sizeof *grown);
        if (!grown) {
            brine__fail(BRINE_ENOMEM, "no memory for a list of %u pages", room);
            return false;
        }
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
    /* no heap: a pool that is being joined has no epoch yet, and this one would be taken for its own */
    brine__heap_cache[pool->id % HEAP_CACHE] = (struct heap_cache){NULL, 0};
}
