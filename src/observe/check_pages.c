/* SPDX-License-Identifier: Apache-2.0 */
/* observe: checking record pages, data pages and tags: no memory without an owner, none with two. */
#include "observe/check.h"

#include "heap/pages.h"

static struct place page_place(const struct check *c, uint32_t p) {
    return (struct place){"page", p, "word", c->pool->layout.pagemap + (uint64_t)p * 8};
}
static struct place tag_place(const struct check *c, uint32_t p, uint32_t slot) {
    return (struct place){"page", p, "tag", c->pool->layout.tags + ((uint64_t)p * TAGS_PER_PAGE + slot) * 8};
}

/* ---- record pages ---- */

static void check_record_page(struct check *c, uint32_t p) {
    const struct place place = {"record page", p, "word", c->pool->layout.recmap + (uint64_t)p * 8};
    uint64_t w = a64_load_relaxed(&pool_recmap(c->pool)[p]);
    uint32_t state = word_state(w), first = p * (uint32_t)RECORDS_PER_PAGE, used = 0;
    bool there = brine__committed(c->pool, c->pool->layout.records + ((uint64_t)p << UNIT_SHIFT), UNIT_BYTES);
    for (uint32_t i = first; i < first + RECORDS_PER_PAGE && !used; i++)
        if (a64_load_relaxed(&pool_record(c->pool, i)->word)) used = i + 1; /* the snapshot has it, committed or not */
    if (w && !brine__committed(c->pool, place.offset, 8))
        brine__problem(c, place, "found %llx in memory that is not committed", (unsigned long long)w);
    if (used && !there) brine__problem(c, place, "found record %u in memory that is not committed", used - 1);
    if (used && w == 0)
        brine__problem(c, place, "found nobody's, expected an owner or an orphan: record %u is in it", used - 1);
    if (p == 0 && a64_load_relaxed(&pool_record(c->pool, 0)->word))
        brine__problem(c, RECORD_PLACE(c, 0, word), "found %llx, expected 0: record 0 is never used",
                       (unsigned long long)a64_load_relaxed(&pool_record(c->pool, 0)->word));
    if (state == PAGE_RECORDS) {
        if (!brine__check_used(c, word_holder(w)))
            brine__problem(c, place, "found holder %u, who is gone; expected a participant: reap", word_holder(w));
        else if (!there && c->running[word_holder(w)])
            brine__problem(c, place, "found records in use, expected them to be committed");
    } else if (w && (state != PAGE_ORPHAN || word_holder(w))) {
        brine__problem(c, place, "found state %u, holder %u; expected records or an orphan", state, word_holder(w));
    }
}

/* ---- data pages ---- */

/* The record that a tag or span names lives in that generation. */
static bool owner_lives(const struct check *c, uint64_t w) {
    return check_link(c, LINK(word_gen(w), word_holder(w))) && word_state(check_word(c, word_holder(w))) != REC_FREE;
}

/* A block or page that no list of chunks has. */
static void check_unlisted(struct check *c, struct place place, uint64_t w) {
    uint32_t owner = word_holder(w);
    if (!owner_lives(c, w))
        brine__problem(c, place, "found record %u.%u, which is gone: reap", owner, word_gen(w));
    else if (!brine__check_unfinished(c, owner) && (c->marks[owner] & MARK_CHUNKS))
        brine__problem(c, place, "found record %u, whose chunks do not have it: lost memory", owner);
}

static void check_slab(struct check *c, uint32_t p, uint64_t w, bool there) {
    uint32_t state = word_state(w), blocks = TAGS_PER_PAGE >> (state & 7), used = 0;
    bool orphan = state >= PAGE_SLAB_ORPHAN;
    if (orphan ? word_holder(w) != 0 : !brine__check_used(c, word_holder(w)))
        brine__problem(c, page_place(c, p), "found holder %u, %s", word_holder(w),
                       orphan ? "expected none: it is an orphan" : "who is gone; expected a participant: reap");
    for (uint32_t i = 0; i < blocks; i++) {
        uint64_t tag = a64_load_relaxed(&pool_tags(c->pool, p)[i]);
        used += tag != 0;
        if (tag && word_state(tag) != 1)
            brine__problem(c, tag_place(c, p, i), "found state %u of a block, expected 1", word_state(tag));
        else if (tag && !(c->blocks[p] >> i & 1))
            check_unlisted(c, tag_place(c, p, i), tag);
    }
    bool committed =
        there ||
        (!used &&
         (orphan || !c->running[word_holder(w) % PROC_COUNT])); /* claimed by one who died before it was there */
    if (!committed) brine__problem(c, page_place(c, p), "found blocks, expected their memory to be committed");
}

static void check_page(struct check *c, uint32_t p) {
    uint64_t w = a64_load_relaxed(&pool_pagemap(c->pool)[p]);
    uint32_t state = word_state(w);
    bool there = brine__committed(c->pool, page_offset(c->pool, p), UNIT_BYTES);
    bool slab = ((state & ~7u) == PAGE_SLAB || (state & ~7u) == PAGE_SLAB_ORPHAN) && (state & 7) < BLOCK_CLASSES;
    if (w && !brine__committed(c->pool, page_place(c, p).offset, 8))
        brine__problem(c, page_place(c, p), "found %llx in memory that is not committed", (unsigned long long)w);
    for (uint32_t i = slab ? TAGS_PER_PAGE >> (state & 7) : 0; i < TAGS_PER_PAGE; i++) {
        uint64_t tag = a64_load_relaxed(&pool_tags(c->pool, p)[i]);
        if (tag)
            brine__problem(c, tag_place(c, p, i), "found record %u, expected 0: no such block in a page of state %u",
                           word_holder(tag), state);
    }
    if (slab) {
        check_slab(c, p, w, there);
    } else if (state == PAGE_SPAN) {
        if (!c->blocks[p]) check_unlisted(c, page_place(c, p), w);
        if (!there && (!owner_lives(c, w) || !brine__check_unfinished(c, word_holder(w))))
            brine__problem(c, page_place(c, p), "found a span, expected its memory to be committed");
    } else if (state == PAGE_TRIM) {
        if (!brine__check_used(c, word_holder(w)))
            brine__problem(c, page_place(c, p), "found holder %u, who is gone; expected a participant: reap",
                           word_holder(w));
    } else if (w) {
        brine__problem(c, page_place(c, p), "found state %u, expected a span or blocks of a class", state);
    }
}

void brine__check_pages(struct check *c) {
    for (uint32_t p = 0; p < c->records / RECORDS_PER_PAGE; p++) check_record_page(c, p);
    for (uint32_t p = 0; p < c->pages; p++)
        if (a64_load_relaxed(&pool_pagemap(c->pool)[p]) || brine__committed(c->pool, tag_place(c, p, 0).offset, 8))
            check_page(c, p);
}
