/* SPDX-License-Identifier: Apache-2.0 */
/* heap: runs of 64 KiB data pages. */
#ifndef BRINE_HEAP_PAGES_H
#define BRINE_HEAP_PAGES_H

#include "heap/heap.h"

#define NO_PAGE UINT32_MAX
#define PASSING_TRIES 500 /* of 0.2 ms each: bounded, as who holds the pages may be stopped */

/* Claims n adjacent free pages with `word` and commits their memory: the first page, or NO_PAGE (detail
 * set). */
uint32_t brine__pages_claim(brine_pool *pool, uint32_t n, uint64_t word);

/* The same for one given page, without committing it. False: it is not free. */
bool brine__page_claim_at(brine_pool *pool, uint32_t page, uint64_t word);

/* Gives back n pages from `first` on whose word is `word`. */
void brine__pages_free(brine_pool *pool, uint32_t first, uint32_t n, uint64_t word);

/* True: others hold free pages to commit or to punch them; a moment has passed, try again. */
bool brine__pages_passing(brine_pool *pool);

/* The participant commits no pages ahead of use any more (header.growing). */
void brine__growing_over(brine_pool *pool, uint32_t participant);

static inline uint64_t page_offset(const brine_pool *pool, uint32_t page) {
    return pool->layout.pages + ((uint64_t)page << UNIT_SHIFT);
}
/* The page of an offset, or NO_PAGE. */
static inline uint32_t page_of(const brine_pool *pool, uint64_t offset) {
    uint64_t p = (offset - pool->layout.pages) >> UNIT_SHIFT;
    return offset >= pool->layout.pages && p < pool->layout.data_pages ? (uint32_t)p : NO_PAGE;
}
static inline uint32_t data_page_high(const brine_pool *pool) {
    uint64_t high = a64_load_acquire(&pool_header(pool)->data_page_high); /* pairs with the raise before first use */
    return high < pool->layout.data_pages ? (uint32_t)high : pool->layout.data_pages;
}

#endif
