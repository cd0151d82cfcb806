/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: what is left of the dead. Pages of a dead process become orphans, to be adopted; tags and spans
 * whose record has another generation are stale and are cleared. Only dense tables are read, never the
 * inside of a packet. Every step may be done twice, by two at once, or be cut short.
 */
#include "heap/pages.h"

#include "base/clock.h"

/* Tells one orphaning of a page from the next, so that a slow adopter's or sweeper's CAS fails. */
static uint32_t orphan_gen(void) { return (uint32_t)brine__now_ns() | 1; }

void brine__heap_undo(brine_pool *pool, uint32_t dead) {
    uint64_t high = a64_load_acquire(&pool_header(pool)->record_page_high);
    bool any = false;
    for (uint32_t p = 0; p < high && p < pool->layout.record_pages; p++) {
        uint64_t w = a64_load_acquire(&pool_recmap(pool)[p]);
        if (word_state(w) == PAGE_RECORDS && word_holder(w) == dead)
            any |= a64_cas_acq_rel(&pool_recmap(pool)[p], &w, WORD(orphan_gen(), PAGE_ORPHAN, 0));
    }
    for (uint32_t p = 0; p < data_page_high(pool); p++) {
        uint64_t w = a64_load_acquire(&pool_pagemap(pool)[p]);
        uint32_t state = word_state(w);
        if (word_holder(w) != dead) continue;
        if (state == PAGE_TRIM) {
            if (brine__decommit(pool, page_offset(pool, p), UNIT_BYTES) == 0) brine__pages_free(pool, p, 1, w);
        } else if (state >= PAGE_SLAB && state < PAGE_SLAB_ORPHAN) {
            any |= a64_cas_acq_rel(&pool_pagemap(pool)[p], &w,
                                   WORD(orphan_gen(), state - PAGE_SLAB + PAGE_SLAB_ORPHAN, 0));
        }
    }
    brine__growing_over(pool, dead);
    if (any) a64_add_seq_cst(&pool_header(pool)->orphan_epoch, 1);
}

/* True if the record that a tag or span names has that generation and is in use. */
static bool owner_lives(brine_pool *pool, uint64_t w) {
    uint32_t index = word_holder(w);
    if (!pool_record_exists(pool, index)) return false;
    uint64_t word = a64_load_acquire(&pool_record(pool, index)->word); /* pairs with the release that freed it */
    return word_gen(word) == word_gen(w) && word_state(word) != REC_FREE;
}

static void sweep_slab(brine_pool *pool, uint32_t page, uint64_t w) {
    uint32_t state = word_state(w), used = 0;
    for (uint32_t i = 0; i < TAGS_PER_PAGE >> (state & 7); i++) {
        a64 *tag = &pool_tags(pool, page)[i];
        uint64_t t = a64_load_acquire(tag);
        if (t == 0) continue;
        if (owner_lives(pool, t) || !a64_cas_acq_rel(tag, &t, 0)) used++;
    }
    if (!used && state >= PAGE_SLAB_ORPHAN) a64_cas_acq_rel(&pool_pagemap(pool)[page], &w, 0);
}

void brine__heap_sweep(brine_pool *pool) {
    uint64_t lowest = NO_PAGE;
    for (uint32_t p = 0; p < data_page_high(pool); p++) {
        uint64_t w = a64_load_acquire(&pool_pagemap(pool)[p]);
        uint32_t state = word_state(w);
        if (state == PAGE_SPAN && !owner_lives(pool, w))
            a64_cas_acq_rel(&pool_pagemap(pool)[p], &w, 0);
        else if (state >= PAGE_SLAB && (state & 7) < BLOCK_CLASSES)
            sweep_slab(pool, p, w);
        if (lowest == NO_PAGE && a64_load_relaxed(&pool_pagemap(pool)[p]) == 0) lowest = p;
    }
    if (lowest != NO_PAGE) {
        uint64_t low = a64_load_relaxed(&pool_header(pool)->page_low);
        while (low > lowest && !a64_cas_relaxed(&pool_header(pool)->page_low, &low, lowest)) {
        }
    }
}

/* ---- counting, for observers ---- */

static void count_slab(brine_pool *pool, uint32_t p, uint32_t class, struct heap_usage *usage) {
    for (uint32_t i = 0; class < BLOCK_CLASSES && i < TAGS_PER_PAGE >> class; i++)
        if (a64_load_relaxed(&pool_tags(pool, p)[i]) != 0)
            usage->block_bytes += (uint64_t)1 << (BLOCK_SHIFT_MIN + class);
}

/* A snapshot: no order needed. A run of free pages can be used as far as it is committed or the budget
 * lasts. */
static void count_pages(brine_pool *pool, struct heap_usage *usage) {
    uint64_t committed = brine__committed_units(pool), max = pool->layout.max_bytes >> UNIT_SHIFT;
    uint64_t budget = committed < max ? max - committed : 0, run = 0, owed = 0, best = 0;
    for (uint32_t p = 0; p < pool->layout.data_pages; p++) {
        bool known = p < data_page_high(pool);
        if (!known && p >= (uint64_t)data_page_high(pool) + GROWTH_UNITS_MAX) { /* nothing is committed from here on */
            uint64_t rest = pool->layout.data_pages - p, room = budget - (owed < budget ? owed : budget);
            run += rest < room ? rest : room;
            break;
        }
        uint64_t w = known ? a64_load_relaxed(&pool_pagemap(pool)[p]) : 0;
        uint32_t state = word_state(w);
        if (state == PAGE_SPAN) usage->span_bytes += UNIT_BYTES;
        if (state >= PAGE_SLAB) count_slab(pool, p, state & 7, usage);
        if (w == 0) owed += !brine__committed(pool, page_offset(pool, p), UNIT_BYTES);
        run = w == 0 && owed <= budget ? run + 1 : 0;
        if (w != 0) owed = 0;
        if (run > best) best = run;
    }
    usage->biggest_free = (run > best ? run : best) << UNIT_SHIFT;
}

void brine__heap_usage(brine_pool *pool, struct heap_usage *usage) {
    *usage = (struct heap_usage){0};
    for (uint32_t i = 1; i < pool_record_high(pool); i++) {
        if (pool_record_exists(pool, i) && word_state(a64_load_relaxed(&pool_record(pool, i)->word)) != REC_FREE)
            usage->records++;
    }
    usage->record_bytes = usage->records * RECORD_BYTES;
    count_pages(pool, usage);
}
