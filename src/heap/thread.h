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
    uint32_t page, slot;       /* cursor: index into pages, object in that page */
    uint32_t found, looked;    /* free ones seen, objects seen in this lap */
    uint32_t stacked;
    uint32_t stack[STACK_COUNT]; /* records: index; blocks: page * TAGS_PER_PAGE + slot */
};

struct heap {
    struct heap *next;
    brine_pool *pool;
    uint64_t epoch;    /* of the pool when made; another one: it is the forked parent's */
    uint32_t id;       /* unique in the process; never 0 */
    a32 owner;         /* token of the thread; 0: the thread ended, another may take it over */
    uint64_t pressure_seen, orphans_seen;
    struct page_list records;
    struct page_list blocks[BLOCK_CLASSES];
};

/* The calling thread's heap of the pool, made at first use; NULL when out of memory (detail set). */
struct heap *brine__heap_of(brine_pool *pool);
/* The same if it exists already. Never fails. */
struct heap *brine__heap_peek(brine_pool *pool);

bool brine__list_add(struct page_list *list, uint32_t page);
void brine__list_remove(struct page_list *list, uint32_t index);

#endif
