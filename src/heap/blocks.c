/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: chunks for packets: blocks of 1 to 32 KiB in slab pages, spans of whole pages above.
 *
 * A slab page of class c has 64 >> c blocks of 1 KiB << c; tags[page][i] says whose block i is. Only the
 * thread that owns the page turns a 0 tag into an owner (a plain store); anybody who owns the block
 * stores the 0. A tag is live iff its generation is its record's.
 */
#include "heap/pages.h"
#include "heap/thread.h"

#define TAG(gen, record) WORD(gen, 1, record)

static uint64_t slab_word(const struct heap *h, int class) {
    return WORD(h->id, PAGE_SLAB + class, a32_load_relaxed(h->pool->me)); /* relaxed: set before the heap was made */
}
static uint32_t blocks_per_page(int class) { return TAGS_PER_PAGE >> class; }

static uint32_t block_at_step(int class, uint32_t step) { return step * BLOCK_STRIDE & (blocks_per_page(class) - 1); }

static uint64_t block_offset(const brine_pool *pool, uint32_t page, uint32_t slot, int class) {
    return page_offset(pool, page) + ((uint64_t)slot << (BLOCK_SHIFT_MIN + class));
}

static int class_of(uint64_t bytes) {
    int class = 0;
    while (((uint64_t)1 << (BLOCK_SHIFT_MIN + class)) < bytes) class ++;
    return class;
}

/* ---- pages of a class ---- */

static bool page_empty(brine_pool *pool, uint32_t page, int class) {
    for (uint32_t i = 0; i < blocks_per_page(class); i++)
        if (a64_load_acquire(&pool_tags(pool, page)[i]) != 0) return false;
    return true;
}

static bool keep_page(struct heap *h, int class, uint32_t page) { return brine__list_add(&h->blocks[class], page); }

/* An orphan slab page of this class, if there is one. */
static bool adopt_page(struct heap *h, int class) {
    brine_pool *pool = h->pool;
    uint32_t high = data_page_high(pool);
    for (uint32_t p = 0; p < high; p++) {
        uint64_t w = a64_load_relaxed(&pool_pagemap(pool)[p]); /* a guess: the CAS decides */
        if (word_state(w) != (uint32_t)(PAGE_SLAB_ORPHAN + class)) continue;
        if (!a64_cas_acq_rel(&pool_pagemap(pool)[p], &w, slab_word(h, class))) continue;
        /* its last owner may have died before it committed the memory */
        if (brine__heap_commit(pool, page_offset(pool, p), UNIT_BYTES) == 0 && keep_page(h, class, p)) return true;
        a64_store_release(&pool_pagemap(pool)[p], w);
        return false;
    }
    return false;
}

static bool get_page(struct heap *h, int class) {
    uint64_t epoch = a64_load_acquire(&pool_header(h->pool)->orphan_epoch);
    if (h->orphans_seen != epoch && adopt_page(h, class)) return true;
    uint32_t page = brine__pages_claim(h->pool, 1, slab_word(h, class));
    if (page == NO_PAGE) return false;
    if (keep_page(h, class, page)) return true;
    brine__pages_free(h->pool, page, 1, slab_word(h, class));
    return false;
}

/* Gives all empty pages of a class back but `keep`. */
static void drop_empty(struct heap *h, int class, uint32_t keep) {
    struct page_list *l = &h->blocks[class];
    for (uint32_t i = l->count; i-- > 0;) {
        if (l->count <= keep) return;
        if (!page_empty(h->pool, l->pages[i], class)) continue;
        brine__pages_free(h->pool, l->pages[i], 1, slab_word(h, class));
        brine__list_remove(l, i);
    }
}

/* ---- blocks ---- */

static uint64_t take_block(struct heap *h, uint32_t page, uint32_t slot, int class, uint64_t tag) {
    uint64_t offset = block_offset(h->pool, page, slot, class);
    struct chunk *chunk = pool_at(h->pool, offset);
    /* relaxed: nobody else reads it before the packet is handed over; a kill after it finds the owner */
    a64_store_relaxed(&pool_tags(h->pool, page)[slot], tag);
    chunk->next = 0;
    chunk->bytes = (uint64_t)1 << (BLOCK_SHIFT_MIN + class);
    return offset;
}

/* acquire: pairs with the release of the 0 in brine__chunk_free; the freer's use of the block is over */
static bool slot_free(brine_pool *pool, uint32_t page, uint32_t slot) {
    return a64_load_acquire(&pool_tags(pool, page)[slot]) == 0;
}

/* Lines of the block at the cursor that are fetched while the one before it is filled; what is written in ascending
 * order behind them the processor fetches by itself. */
#define FETCH_LINES 4

/* The next block and its tag were last written by a reader on another core. Only a hint. */
static void fetch_next(const struct heap *h, const struct page_list *l, int class) {
    uint32_t slot = block_at_step(class, l->slot);
    const char *block = pool_at(h->pool, block_offset(h->pool, l->pages[l->page], slot, class));
    prefetch_write(&pool_tags(h->pool, l->pages[l->page])[slot]);
    for (int i = 0; i < FETCH_LINES; i++) prefetch_write(block + 64 * i);
}

static uint64_t scan(struct heap *h, int class, uint32_t limit, uint64_t tag) {
    struct page_list *l = &h->blocks[class];
    for (uint32_t i = 0; i < limit; i++) {
        uint32_t page = l->pages[l->page], slot = block_at_step(class, l->slot);
        l->looked++;
        if (++l->slot == blocks_per_page(class)) {
            l->slot = 0;
            if (++l->page >= l->count) l->page = 0;
        }
        if (!slot_free(h->pool, page, slot)) continue;
        l->found++;
        fetch_next(h, l, class);
        return take_block(h, page, slot, class, tag);
    }
    return 0;
}

static uint64_t pop(struct heap *h, int class, uint64_t tag) {
    struct page_list *l = &h->blocks[class];
    while (l->stacked) {
        uint32_t at = l->stack[--l->stacked], page = at / TAGS_PER_PAGE, slot = at % TAGS_PER_PAGE;
        /* relaxed: if it is ours nobody else changes it */
        if (a64_load_relaxed(&pool_pagemap(h->pool)[page]) == slab_word(h, class) && slot_free(h->pool, page, slot))
            return take_block(h, page, slot, class, tag);
    }
    return 0;
}

/* More pages, in proportion, so that the next laps cost a bounded time per block. */
static bool grow(struct heap *h, int class) {
    struct page_list *l = &h->blocks[class];
    uint32_t wanted = l->count / 8 + 1, got = 0;
    while (got < wanted && get_page(h, class)) got++;
    if (got == 0) return false;
    /* at the new ones; where memory is short, getting them may have cost us empty pages of the list */
    l->page = l->count > got ? l->count - got : 0;
    l->slot = 0;
    return true;
}

/* A lap ends: more pages if it found little, fewer if it found nearly everything free. */
static void end_lap(struct heap *h, int class) {
    struct page_list *l = &h->blocks[class];
    uint32_t total = l->count * blocks_per_page(class);
    if (l->found < total / 8 + 1)
        grow(h, class);
    else if (l->count > 4 && l->found > total - total / 4)
        drop_empty(h, class, l->count / 2);
    l->found = l->looked = 0;
}

static uint64_t lap(struct heap *h, int class, uint64_t tag) {
    return scan(h, class, h->blocks[class].count * blocks_per_page(class), tag);
}

static uint64_t block_alloc(struct heap *h, int class, uint64_t tag) {
    struct page_list *l = &h->blocks[class];
    uint64_t offset = pop(h, class, tag);
    if (likely(offset != 0)) return offset;
    uint32_t total = l->count * blocks_per_page(class);
    while (l->looked < total)
        if ((offset = scan(h, class, total - l->looked, tag)) != 0) return offset;
    end_lap(h, class);
    offset = lap(h, class, tag);
    /* the lap before found enough, but all of that is in use now; or adopted pages that are full */
    while (!offset && grow(h, class)) offset = lap(h, class, tag);
    return offset;
}

static uint64_t span_alloc(brine_pool *pool, uint32_t record, uint32_t gen, uint64_t bytes) {
    uint64_t n = (bytes + UNIT_BYTES - 1) >> UNIT_SHIFT;
    uint32_t page = brine__pages_claim(pool, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, WORD(gen, PAGE_SPAN, record));
    if (page == NO_PAGE) return 0;
    struct chunk *chunk = pool_at(pool, page_offset(pool, page));
    chunk->next = 0;
    chunk->bytes = n << UNIT_SHIFT;
    return page_offset(pool, page);
}

uint64_t brine__chunk_alloc(brine_pool *pool, uint32_t record, uint32_t gen, uint64_t bytes) {
    struct heap *h = heap_of(pool);
    if (unlikely(!h)) return 0;
    if (bytes > (uint64_t)1 << BLOCK_SHIFT_MAX) return span_alloc(pool, record, gen, bytes);
    int class = class_of(bytes);
    uint64_t offset = block_alloc(h, class, TAG(gen, record));
    /* no page to be had: room that this thread has in larger classes */
    for (int c = class + 1; !offset && c < BLOCK_CLASSES; c++)
        if (h->blocks[c].count) offset = block_alloc(h, c, TAG(gen, record));
    return offset;
}

void brine__chunk_free(brine_pool *pool, uint32_t record, uint32_t gen, uint64_t offset) {
    uint32_t page = page_of(pool, offset);
    if (page == NO_PAGE || page >= data_page_high(pool)) return;
    uint64_t w = a64_load_acquire(&pool_pagemap(pool)[page]);
    uint32_t state = word_state(w);
    if (state == PAGE_SPAN) {
        uint64_t n = ((struct chunk *)pool_at(pool, offset))->bytes >> UNIT_SHIFT;
        if (w == WORD(gen, PAGE_SPAN, record) && n <= pool->layout.data_pages - page)
            brine__pages_free(pool, page, (uint32_t)n, w);
        return;
    }
    if (state < PAGE_SLAB || (state & 7) >= BLOCK_CLASSES) return;
    int class = (int)(state & 7); /* PAGE_SLAB and PAGE_SLAB_ORPHAN are multiples of 8 */
    uint32_t slot = (uint32_t)((offset & (UNIT_BYTES - 1)) >> (BLOCK_SHIFT_MIN + class));
    a64 *tag = &pool_tags(pool, page)[slot];
    if (a64_load_relaxed(tag) != TAG(gen, record)) return; /* relaxed: ours, or not what the caller thinks */
    a64_store_release(tag, 0);                             /* our use is over; pairs with slot_free() */
    struct heap *h = heap_peek(pool);
    if (h && w == slab_word(h, class)) {
        struct page_list *l = &h->blocks[class];
        if (l->stacked < STACK_COUNT) l->stack[l->stacked++] = page * TAGS_PER_PAGE + slot;
    } else if (state >= PAGE_SLAB_ORPHAN && page_empty(pool, page, class)) {
        a64_cas_acq_rel(&pool_pagemap(pool)[page], &w, 0); /* the last block of a page that nobody owns */
    }
}

/* ---- giving back ---- */

static void trim_thread(struct heap *h) {
    for (int c = 0; c < BLOCK_CLASSES; c++) drop_empty(h, c, 0);
}

void brine__heap_pressure(brine_pool *pool) {
    uint64_t now = a64_load_relaxed(&pool_header(pool)->pressure); /* a hint: no order needed */
    struct heap *h = heap_peek(pool);
    if (!h || h->pressure_seen == now) return;
    h->pressure_seen = now;
    trim_thread(h);
}

static bool any_there(const brine_pool *pool, uint32_t first, uint32_t end, bool uncounted) {
    for (uint32_t p = first; p < end; p++)
        if (brine__committed(pool, page_offset(pool, p), UNIT_BYTES) || (uncounted && p < data_page_high(pool)))
            return true;
    return false;
}

/* Gives pages [first, end) back, if all are free. They are claimed first, so that nobody touches them while their
 * commit bits go. step: pages of ours in one of the file. */
static uint64_t trim_pages(brine_pool *pool, uint32_t first, uint32_t end, uint32_t step, uint64_t word) {
    uint32_t claimed = first;
    uint64_t bytes = 0;
    while (claimed < end && brine__page_claim_at(pool, claimed, word)) claimed++;
    if (claimed == end && brine__decommit(pool, page_offset(pool, first), step * UNIT_BYTES) == 0)
        bytes = (end - first) * UNIT_BYTES;
    brine__pages_free(pool, first, claimed - first, word);
    return bytes;
}

uint64_t brine__heap_trim(brine_pool *pool, uint64_t enough) {
    struct heap *h = heap_peek(pool);
    uint64_t bytes = 0, word = WORD(0, PAGE_TRIM, a32_load_relaxed(pool->me));
    bool uncounted = a32_load_relaxed(&pool->uncounted); /* a hint: no order needed */
    if (uncounted) a32_store_relaxed(&pool->uncounted, 0);
    if (h) trim_thread(h);
    uint64_t end = (uint64_t)data_page_high(pool) + GROWTH_UNITS_MAX; /* growth commits ahead of use */
    /* hugetlbfs gives back only whole pages of its own: many of ours. Pages start at a multiple of one. */
    uint32_t step = pool->page_bytes > UNIT_BYTES ? (uint32_t)(pool->page_bytes >> UNIT_SHIFT) : 1;
    end = (end + step - 1) / step * step;
    if (end > pool->layout.data_pages) end = pool->layout.data_pages;
    for (uint32_t p = (uint32_t)end, first; p > 0 && bytes < enough;
         p = first) { /* from the end: the first are used first */
        first = (p - 1) / step * step;
        if (any_there(pool, first, p, uncounted)) bytes += trim_pages(pool, first, p, step, word);
    }
    return bytes;
}

/* Claims up to `units` pages from `next` on, to be committed ahead of use. One participant at a time: many at once
 * would for a moment hold all that is free. */
static uint32_t claim_ahead(brine_pool *pool, uint32_t next, uint64_t units, uint64_t word) {
    uint64_t nobody = 0;
    uint32_t n = 0;
    if (!a64_cas_relaxed(&pool_header(pool)->growing, &nobody, word_holder(word) + 1))
        return 0; /* a hint: no order needed */
    while (n < units && next + n < pool->layout.data_pages && brine__page_claim_at(pool, next + n, word)) n++;
    if (n == 0) brine__growing_over(pool, word_holder(word));
    return n;
}

/* Commits data pages and some after them. Those are claimed for that time: else somebody could take and trim one
 * between fallocate and its commit bit, which would then stand for no memory. Model: tests/model/spin/trim.pml. */
static int commit_ahead(brine_pool *pool, uint64_t offset, uint64_t bytes) {
    uint32_t next = page_of(pool, offset) + (uint32_t)(bytes >> UNIT_SHIFT);
    uint64_t word = WORD(0, PAGE_TRIM, a32_load_relaxed(pool->me));
    uint32_t n = claim_ahead(pool, next, brine__growth_units(pool, bytes >> UNIT_SHIFT), word);
    if (n == 0) return brine__commit(pool, offset, bytes, true);
    int rc = brine__commit(pool, offset, bytes + ((uint64_t)n << UNIT_SHIFT), true);
    brine__pages_free(pool, next, n, word);
    brine__growing_over(pool, word_holder(word));
    return rc ? brine__commit(pool, offset, bytes, true) : 0; /* the wider step may be what did not fit */
}

static int commit(brine_pool *pool, uint64_t offset, uint64_t bytes) {
    if (brine__committed(pool, offset, bytes)) return 0;
    return page_of(pool, offset) == NO_PAGE ? brine__commit(pool, offset, bytes, true)
                                            : commit_ahead(pool, offset, bytes);
}

int brine__heap_commit(brine_pool *pool, uint64_t offset, uint64_t bytes) {
    int rc = commit(pool, offset, bytes);
    for (int tries = 0; rc && tries < PASSING_TRIES; tries++) {
        if (brine__heap_trim(pool, bytes) == 0 && !brine__pages_passing(pool)) break;
        rc = commit(pool, offset, bytes);
    }
    return rc;
}
