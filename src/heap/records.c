/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: allocating and freeing records.
 *
 * recmap[p] says whose record page p is. Only that process's thread turns a FREE record of it into HELD
 * (a plain store: nobody else writes the word of a FREE record); whoever holds a record frees it with
 * one store. A page that is all records once stays so for ever: ownership words never turn into data.
 */
#include "heap/thread.h"

static uint32_t take(brine_pool *pool, uint32_t index, uint64_t word, uint32_t *gen) {
    struct record *r = pool_record(pool, index);
    *gen = word_gen(word);
    /* relaxed: nobody else looks for this record until it is handed over (a release then); a kill
     * after this store finds it HELD */
    a64_store_relaxed(&r->word, WORD(*gen, REC_HELD, a32_load_relaxed(pool->me)));
    return index;
}

static bool is_free(brine_pool *pool, uint32_t index, uint64_t *word) {
    /* acquire: pairs with the release in brine__record_release; the freer's use of the record is over */
    *word = a64_load_acquire(&pool_record(pool, index)->word);
    return word_state(*word) == REC_FREE;
}

/* ---- pages ---- */

enum claim { CLAIMED, LOST, NO_MEMORY };

static enum claim claim_page(struct heap *h, uint32_t page, uint64_t seen) {
    brine_pool *pool = h->pool;
    if (!a64_cas_acq_rel(&pool_recmap(pool)[page], &seen, h->page_word)) return LOST;
    if (brine__heap_commit(pool, pool->layout.records + ((uint64_t)page << UNIT_SHIFT), UNIT_BYTES) == 0 &&
        brine__list_add(&h->records, page))
        return CLAIMED;
    a64_store_release(&pool_recmap(pool)[page], WORD(0, PAGE_ORPHAN, 0));
    return NO_MEMORY;
}

/* A page that nobody owns. */
static enum claim adopt_page(struct heap *h) {
    brine_pool *pool = h->pool;
    uint64_t high = a64_load_acquire(&pool_header(pool)->record_page_high);
    for (uint32_t p = 0; p < high && p < pool->layout.record_pages; p++) {
        uint64_t w = a64_load_acquire(&pool_recmap(pool)[p]);
        if (word_state(w) != PAGE_ORPHAN && w != 0) continue;
        enum claim got = claim_page(h, p, w);
        if (got != LOST) return got;
    }
    return LOST;
}

static bool get_page(struct heap *h) {
    brine_pool *pool = h->pool;
    struct header *header = pool_header(pool);
    uint64_t epoch = a64_load_acquire(&header->orphan_epoch), high;
    if (h->orphans_seen != epoch) {
        enum claim got = adopt_page(h);
        if (got != LOST) return got == CLAIMED;
        h->orphans_seen = epoch;
    }
    while ((high = a64_load_acquire(&header->record_page_high)) < pool->layout.record_pages) {
        if (brine__commit(pool, pool->layout.recmap + high * 8, 8, false)) return false;
        a64_raise(&header->record_page_high, high + 1);
        enum claim got = claim_page(h, (uint32_t)high, 0);
        if (got != LOST) return got == CLAIMED;
    }
    brine__fail(
        BRINE_ENOMEM,
        "pool \"%s\": all of the %llu KiB that it may have for packets are in use; free packets or create it larger",
        pool->name, (unsigned long long)pool->layout.record_pages * UNIT_BYTES >> 10);
    return false;
}

/* After a lap that found little: more pages, so that the next laps cost a bounded time per record. */
static bool grow(struct heap *h) {
    uint32_t wanted = h->records.count / 8 + 1, first = h->records.count;
    while (wanted--)
        if (!get_page(h)) break;
    if (h->records.count == first) return false;
    h->records.page = first;
    h->records.slot = 0;
    return true;
}

/* ---- allocation ---- */

static void next_slot(struct page_list *l) {
    l->looked++;
    if (++l->slot == RECORDS_PER_PAGE) {
        l->slot = 0;
        if (++l->page >= l->count) l->page = 0;
    }
}

/* Looks at up to `limit` records from the cursor on. */
static uint32_t scan(struct heap *h, uint32_t limit, uint32_t *gen) {
    struct page_list *l = &h->records;
    brine_pool *pool = h->pool;
    uint64_t word;
    for (uint32_t i = 0; i < limit; i++) {
        uint32_t index = record_at_step(l, l->slot);
        record_fetch_ahead(pool, l);
        next_slot(l);
        if (index != 0 && is_free(pool, index, &word)) {
            l->found++;
            return take(pool, index, word, gen);
        }
    }
    return 0;
}

static uint32_t alloc_slow(struct heap *h, uint32_t *gen) {
    struct page_list *l = &h->records;
    uint32_t total = l->count * (uint32_t)RECORDS_PER_PAGE, index;
    while (l->looked < total) {
        if ((index = scan(h, total - l->looked, gen)) != 0) return index;
    }
    bool few = l->found < total / 8 + 1;
    l->found = l->looked = 0;
    if (few && grow(h)) total = l->count * (uint32_t)RECORDS_PER_PAGE;
    index = total ? scan(h, total, gen) : 0;
    while (!index && grow(h)) { /* what the lap before found is in use now; or adopted pages that are full */
        l->found = l->looked = 0;
        index = scan(h, l->count * (uint32_t)RECORDS_PER_PAGE, gen);
    }
    return index;
}

uint32_t brine__record_alloc_slow(struct heap *h, uint32_t *gen) {
    brine_pool *pool = h->pool;
    struct page_list *l = &h->records;
    if (likely(l->looked < l->count * RECORDS_PER_PAGE)) {
        uint32_t index = scan(h, 1, gen);
        if (likely(index != 0)) return index;
    }
    uint32_t index = alloc_slow(h, gen);
    if (likely(index != 0)) return index;
    a64_add_relaxed(&pool_header(pool)->pressure, 1);
    h->orphans_seen = ~(uint64_t)0;
    if (brine__reap(pool, 0, NULL) == 0) index = alloc_slow(h, gen);
    return index;
}
