/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: claiming and freeing runs of data pages. First fit from the lowest address: what was freed last
 * tends to be used next, so its memory is mapped and warm. header.page_low only saves looking at the
 * full pages at the start; when it is wrong a second look from page 0 finds what there is.
 */
#include "heap/pages.h"

#include "base/clock.h"

#define PASSING_NS 200000

#define NO_TABLES (UINT32_MAX - 1) /* there are free pages, but no memory for their table entries (detail set) */

/* Commits the table entries of pages below `end` and raises the high-water mark: entries below it may
 * be touched. */
static int open_tables(brine_pool *pool, uint32_t first, uint32_t end) {
    const struct layout *l = &pool->layout;
    int rc = brine__commit(pool, l->pagemap + (uint64_t)first * 8, (uint64_t)(end - first) * 8, false);
    if (!rc)
        rc = brine__commit(pool, l->tags + (uint64_t)first * TAGS_PER_PAGE * 8,
                           (uint64_t)(end - first) * TAGS_PER_PAGE * 8, false);
    if (!rc) a64_raise(&pool_header(pool)->data_page_high, end);
    return rc;
}

static void release_words(brine_pool *pool, uint32_t first, uint32_t n) {
    for (uint32_t i = n; i-- > 0;)
        a64_store_release(&pool_pagemap(pool)[first + i], 0); /* pairs with the acquire in claim_words */
}

/* CASes [first, first + n) from FREE to word. Returns n, or how many were free before one that was not
 * (rolled back). */
static uint32_t claim_words(brine_pool *pool, uint32_t first, uint32_t n, uint64_t word) {
    for (uint32_t i = 0; i < n; i++) {
        uint64_t expect = 0;
        if (a64_cas_acq_rel(&pool_pagemap(pool)[first + i], &expect, word)) continue;
        release_words(pool, first, i);
        return i;
    }
    return n;
}

/* The first run of n free pages at or after `from`; *prefix: end of the full pages right at `from`. */
static uint32_t find_run(brine_pool *pool, uint32_t from, uint32_t n, uint32_t *prefix) {
    uint32_t high = data_page_high(pool), run = 0;
    *prefix = from;
    for (uint32_t p = from; p < pool->layout.data_pages; p++) {
        bool used = p < high && a64_load_relaxed(&pool_pagemap(pool)[p]) != 0; /* a guess: the CAS decides */
        if (used && *prefix == p) *prefix = p + 1;
        run = used ? 0 : run + 1;
        if (run == n) return p + 1 - n;
        if (p >= high && pool->layout.data_pages - p > n - run) return p + 1 - run; /* all free from here */
    }
    return NO_PAGE;
}

static void advance_low(brine_pool *pool, uint64_t seen, uint32_t prefix, uint32_t first, uint32_t n) {
    uint64_t low = prefix == first ? first + n : prefix;
    if (low > seen) a64_cas_relaxed(&pool_header(pool)->page_low, &seen, low); /* a hint; a concurrent free wins */
}

static uint32_t claim_from(brine_pool *pool, uint64_t low, uint32_t n, uint64_t word) {
    uint32_t from = (uint32_t)low, prefix, first;
    while ((first = find_run(pool, from, n, &prefix)) != NO_PAGE) {
        if (first + n > data_page_high(pool) && open_tables(pool, first, first + n)) return NO_TABLES;
        uint32_t got = claim_words(pool, first, n, word);
        if (got == n) {
            if (from == low) advance_low(pool, low, prefix, first, n);
            return first;
        }
        from = first + got + 1;
    }
    return NO_PAGE;
}

static uint32_t claim_anywhere(brine_pool *pool, uint32_t n, uint64_t word) {
    uint64_t low = a64_load_relaxed(&pool_header(pool)->page_low);
    if (low > pool->layout.data_pages) low = 0;
    uint32_t first = claim_from(pool, low, n, word);
    return first >= NO_TABLES && low > 0 ? claim_from(pool, 0, n, word) : first;
}

bool brine__pages_passing(brine_pool *pool) {
    for (uint32_t p = 0; p < data_page_high(pool); p++)
        if (word_state(a64_load_relaxed(&pool_pagemap(pool)[p])) == PAGE_TRIM) {
            brine__sleep_until(brine_forever(), PASSING_NS);
            return true;
        }
    return false;
}

void brine__growing_over(brine_pool *pool, uint32_t participant) {
    uint64_t expect = (uint64_t)participant + 1;
    a64_cas_relaxed(&pool_header(pool)->growing, &expect, 0);
}

uint32_t brine__pages_claim(brine_pool *pool, uint32_t n, uint64_t word) {
    if (n == 0 || n > pool->layout.data_pages) {
        brine__fail(BRINE_ENOMEM,
                    "pool \"%s\": %llu KiB in one piece asked, the whole pool has %llu KiB; create it larger",
                    pool->name, (unsigned long long)n * 64, (unsigned long long)pool->layout.max_bytes >> 10);
        return NO_PAGE;
    }
    uint32_t first = claim_anywhere(pool, n, word);
    if (first >= NO_TABLES) {
        a64_add_relaxed(&pool_header(pool)->pressure, 1); /* others give back what they hoard when they see it */
        brine__heap_pressure(pool);                       /* we do at once */
        if (brine__reap(pool, 0, NULL) == 0) first = claim_anywhere(pool, n, word);
        for (int tries = 0; first == NO_PAGE && tries < PASSING_TRIES && brine__pages_passing(pool); tries++)
            first = claim_anywhere(pool, n, word);
    }
    if (first == NO_TABLES) return NO_PAGE;
    if (first == NO_PAGE) {
        brine__fail(BRINE_ENOMEM,
                    "pool \"%s\": no %llu KiB in one piece are free of its %llu KiB; free packets or create it larger",
                    pool->name, (unsigned long long)n * 64, (unsigned long long)pool->layout.max_bytes >> 10);
        return NO_PAGE;
    }
    if (brine__heap_commit(pool, page_offset(pool, first), (uint64_t)n << UNIT_SHIFT)) {
        brine__pages_free(pool, first, n, word);
        return NO_PAGE;
    }
    return first;
}

bool brine__page_claim_at(brine_pool *pool, uint32_t page, uint64_t word) {
    uint64_t expect = 0;
    if (page >= data_page_high(pool) && open_tables(pool, page, page + 1)) return false;
    return a64_load_relaxed(&pool_pagemap(pool)[page]) == 0 &&
           a64_cas_acq_rel(&pool_pagemap(pool)[page], &expect, word);
}

void brine__pages_free(brine_pool *pool, uint32_t first, uint32_t n, uint64_t word) {
    for (uint32_t i = n; i-- > 0;)
        if (a64_load_relaxed(&pool_pagemap(pool)[first + i]) == word) /* ours: nobody else changes it */
            a64_store_release(&pool_pagemap(pool)[first + i], 0);     /* pairs with claim_words */
    uint64_t low = a64_load_relaxed(&pool_header(pool)->page_low);
    while (low > first && !a64_cas_relaxed(&pool_header(pool)->page_low, &low, first)) {
    }
}
