/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe: proving the invariants of a quiet pool. Reads only; every index and offset is checked before it
 * is followed, and every walk is bounded, so any content gives an answer.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/pages.h"
#include "observe/observe.h"
#include "pipe/ring.h"

struct check {
    brine_pool *pool;
    void (*report)(const char *, void *);
    void *context;
    int problems;
    uint32_t *tokens; /* per record: tokens that name it */
    uint8_t *queued;  /* per record: slots that name it as FULL */
    uint64_t records; /* entries of both: the pool may grow meanwhile */
};

static void problem(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void problem(struct check *c, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->problems++;
    if (c->report) c->report(text, c->context);
}

static uint64_t record_word(struct check *c, uint32_t i) { return a64_load_acquire(&pool_record(c->pool, i)->word); }

static bool participant_live(struct check *c, uint32_t i) {
    return i > 0 && i < PROC_COUNT && brine__committed(c->pool, c->pool->layout.proc + i * sizeof(struct proc), sizeof(struct proc)) &&
           word_state(a64_load_acquire(&pool_proc(c->pool, i)->word)) == PROC_LIVE;
}

/* ---- rings ---- */

static void check_slot(struct check *c, const struct ring *r, const char *name, uint64_t t, bool full) {
    uint64_t s = a64_load_acquire(&r->slots[t & r->mask]);
    if (!full) {
        if (slot_full(s) || slot_lap(s) != ring_lap(r, t)) problem(c, "pipe \"%s\": position %llu should be empty", name, (unsigned long long)t);
        return;
    }
    if (!slot_full(s) || slot_lap(s) != ring_lap(r, t)) {
        problem(c, "pipe \"%s\": position %llu should be full", name, (unsigned long long)t);
        return;
    }
    uint32_t d = slot_rec(s);
    if (!pool_record_exists(c->pool, d)) {
        problem(c, "pipe \"%s\": position %llu names record %u, which does not exist", name, (unsigned long long)t, d);
        return;
    }
    uint32_t state = word_state(record_word(c, d));
    if (state != REC_SENDING && state != REC_QUEUED)
        problem(c, "pipe \"%s\": position %llu has record %u in state %u", name, (unsigned long long)t, d, state);
    if (a64_load_relaxed(&pool_record(c->pool, d)->pos) != t || a64_load_relaxed(&pool_record(c->pool, d)->pipe) != pipe_link(r))
        problem(c, "pipe \"%s\": record %u at position %llu says it is elsewhere", name, d, (unsigned long long)t);
    if (d < c->records && c->queued[d]++) problem(c, "pipe \"%s\": record %u is in two places", name, d);
}

static void check_pipe(struct check *c, uint32_t i, uint64_t w, const char *name) {
    struct ring r;
    if (!brine__ring_of(c->pool, i, word_gen(w), &r)) {
        problem(c, "pipe \"%s\" has no ring", name);
        return;
    }
    uint64_t target = a64_load_acquire(&pool_dir(c->pool, i)->target), rw = record_word(c, link_record(target));
    if (word_gen(rw) != link_gen(target) || (word_state(rw) != REC_ANCHORED && word_state(rw) != REC_ANCHORING))
        problem(c, "pipe \"%s\": its ring's record is in state %u", name, word_state(rw));
    uint64_t head = a64_load_acquire(&r.control->head), tail = a64_load_acquire(&r.control->tail), slots = r.mask + 1;
    if (head > tail || tail - head > r.capacity || r.capacity > slots) {
        problem(c, "pipe \"%s\": head %llu, tail %llu, capacity %u", name, (unsigned long long)head, (unsigned long long)tail, r.capacity);
        return;
    }
    for (uint64_t t = head; t < head + slots; t++) check_slot(c, &r, name, t, t < tail);
}

static void check_names(struct check *c) {
    char name[BRINE_NAME_MAX + 1], other[BRINE_NAME_MAX + 1];
    for (uint32_t i = 0; i < dir_high(c->pool); i++) {
        if (!brine__dir_there(c->pool, i)) continue;
        uint64_t w = a64_load_acquire(&pool_dir(c->pool, i)->word);
        uint32_t state = word_state(w);
        if (state > DIR_REMOVED) problem(c, "name %u is in state %u", i, state);
        if ((state == DIR_HELD || state == DIR_PENDING || state == DIR_ABORTED || state == DIR_REMOVING) && !participant_live(c, word_holder(w)))
            problem(c, "name %u is held by participant %u, who is gone", i, word_holder(w));
        if (state != DIR_LIVE || !brine__entry_name(c->pool, i, w, name)) continue;
        for (uint32_t k = 0; k < i; k++)
            if (word_state(a64_load_acquire(&pool_dir(c->pool, k)->word)) == DIR_LIVE &&
                brine__entry_name(c->pool, k, a64_load_acquire(&pool_dir(c->pool, k)->word), other) && strcmp(name, other) == 0)
                problem(c, "the name \"%s\" is there twice", name);
        if (a32_load_relaxed(&pool_dir(c->pool, i)->kind) == DIR_PIPE) check_pipe(c, i, w, name);
    }
}

/* ---- records ---- */

static void check_chunks(struct check *c, uint32_t i, struct record *r, uint64_t w) {
    uint64_t bytes = RECORD_BYTES, at = r->chunks, left = (uint64_t)c->pool->layout.data_pages * TAGS_PER_PAGE;
    while (at && left--) {
        uint32_t page = page_of(c->pool, at);
        if (page == NO_PAGE || page >= data_page_high(c->pool) || (at & 1023) || !brine__committed(c->pool, at, sizeof(struct chunk))) {
            problem(c, "record %u: chunk offset %llu is outside the pool", i, (unsigned long long)at);
            return;
        }
        uint64_t pw = a64_load_acquire(&pool_pagemap(c->pool)[page]), tag = WORD(word_gen(w), 1, i);
        uint32_t state = word_state(pw), class = state & 7;
        bool ours = state == PAGE_SPAN ? pw == WORD(word_gen(w), PAGE_SPAN, i)
                                       : state >= PAGE_SLAB && class < BLOCK_CLASSES &&
                                             a64_load_acquire(&pool_tags(c->pool, page)[(at & (UNIT_BYTES - 1)) >> (BLOCK_SHIFT_MIN + class)]) == tag;
        if (!ours) problem(c, "record %u: the chunk at %llu belongs to somebody else", i, (unsigned long long)at);
        const struct chunk *chunk = pool_at(c->pool, at);
        bytes += chunk->bytes;
        at = chunk->next;
    }
    if (at) problem(c, "record %u: its chunks go in a circle", i);
    else if (bytes != r->bytes) problem(c, "record %u: %llu bytes in chunks, it says %llu", i, (unsigned long long)bytes, (unsigned long long)r->bytes);
}

static void check_child(struct check *c, uint32_t i, struct record *r, uint64_t w) {
    uint64_t parent = a64_load_relaxed(&r->parent);
    if (!pool_record_exists(c->pool, link_record(parent)) || word_gen(record_word(c, link_record(parent))) != link_gen(parent))
        problem(c, "record %u is part of record %u, which is gone: reap", i, link_record(parent));
    else if (word_holder(w) != link_record(parent)) problem(c, "record %u: its word and its parent disagree", i);
}

static void check_record(struct check *c, uint32_t i) {
    struct record *r = pool_record(c->pool, i);
    uint64_t w = a64_load_acquire(&r->word), target = a64_load_acquire(&r->target);
    uint32_t state = word_state(w), holder = word_holder(w);
    if (state > REC_LEASED) problem(c, "record %u is in state %u", i, state);
    if (state == REC_FREE) {
        if (target) problem(c, "record %u is free but names record %u", i, link_record(target));
        return;
    }
    if (state == REC_CHILD) check_child(c, i, r, w);
    else if (holder ? !participant_live(c, holder) && state != REC_SENDING : state == REC_HELD || state == REC_ARRIVED)
        problem(c, "record %u in state %u is held by participant %u, who is gone: reap", i, state, holder);
    if (state == REC_QUEUED && !c->queued[i]) problem(c, "record %u is queued but in no pipe", i);
    if (state == REC_SENDING && !c->queued[i] && !participant_live(c, holder)) problem(c, "record %u is being sent by nobody: reap", i);
    if (target) {
        if (!pool_record_exists(c->pool, link_record(target))) problem(c, "share %u names record %u, which does not exist", i, link_record(target));
        else if (link_record(target) < c->records) c->tokens[link_record(target)]++;
    } else {
        check_chunks(c, i, r, w);
    }
}

static void check_counts(struct check *c, uint32_t i) {
    struct record *r = pool_record(c->pool, i);
    uint64_t w = a64_load_acquire(&r->word), count = a64_load_acquire(&r->rc_count);
    if (word_state(w) == REC_SHARED) {
        if ((uint32_t)(count >> 32) != c->tokens[i] || (uint32_t)count != word_gen(w))
            problem(c, "record %u is shared %u times, its count says %u", i, c->tokens[i], (unsigned)(count >> 32));
    } else if (c->tokens[i]) problem(c, "record %u has %u shares but is in state %u", i, c->tokens[i], word_state(w));
}

/* ---- pages ---- */

static bool owner_lives(struct check *c, uint64_t w) {
    uint32_t i = word_holder(w);
    return pool_record_exists(c->pool, i) && word_gen(record_word(c, i)) == word_gen(w) && word_state(record_word(c, i)) != REC_FREE;
}

static void check_page(struct check *c, uint32_t p) {
    uint64_t w = a64_load_acquire(&pool_pagemap(c->pool)[p]);
    uint32_t state = word_state(w), class = state & 7;
    if (w == 0) return;
    if (!brine__committed(c->pool, page_offset(c->pool, p), UNIT_BYTES)) problem(c, "page %u is in use but not committed", p);
    if (state == PAGE_SPAN) {
        if (!owner_lives(c, w)) problem(c, "page %u belongs to record %u, which is gone: reap", p, word_holder(w));
    } else if ((state & ~7u) == PAGE_SLAB || (state & ~7u) == PAGE_SLAB_ORPHAN) {
        if (class >= BLOCK_CLASSES) problem(c, "page %u has class %u", p, class);
        if ((state & ~7u) == PAGE_SLAB && !participant_live(c, word_holder(w))) problem(c, "page %u belongs to participant %u, who is gone: reap", p, word_holder(w));
        for (uint32_t i = 0; class < BLOCK_CLASSES && i < TAGS_PER_PAGE >> class; i++) {
            uint64_t tag = a64_load_acquire(&pool_tags(c->pool, p)[i]);
            if (tag && !owner_lives(c, tag)) problem(c, "block %u of page %u belongs to record %u, which is gone: reap", i, p, word_holder(tag));
        }
    } else if (state != PAGE_TRIM || !participant_live(c, word_holder(w))) problem(c, "page %u is in state %u", p, state);
}

static void check_recmap(struct check *c) {
    for (uint32_t p = 0; p < c->records / RECORDS_PER_PAGE; p++) {
        uint64_t w = a64_load_acquire(&pool_recmap(c->pool)[p]);
        if (word_state(w) == PAGE_RECORDS ? !participant_live(c, word_holder(w)) : w != 0 && word_state(w) != PAGE_ORPHAN)
            problem(c, "record page %u is in state %u of participant %u", p, word_state(w), word_holder(w));
    }
}

static void check_endpoints(struct check *c) {
    for (uint32_t i = 0; i < brine__endp_high(c->pool); i++) {
        if (!brine__endp_there(c->pool, i)) continue;
        uint64_t w = a64_load_acquire(&pool_endp(c->pool, i)->word);
        if (word_state(w) != ENDP_FREE && !participant_live(c, word_holder(w))) problem(c, "endpoint %u is of participant %u, who is gone: reap", i, word_holder(w));
    }
}

int brine_pool_check(brine_pool *pool, void (*report)(const char *, void *), void *context) {
    int rc = brine__observe_enter(pool);
    if (rc) return rc;
    struct check c = {.pool = pool, .report = report, .context = context, .records = pool_record_high(pool)};
    c.tokens = calloc(c.records + 1, sizeof *c.tokens);
    c.queued = calloc(c.records + 1, sizeof *c.queued);
    bool room = c.tokens && c.queued;
    if (room) {
        check_names(&c);
        for (uint32_t i = 1; i < c.records; i++)
            if (pool_record_exists(pool, i)) check_record(&c, i);
        for (uint32_t i = 1; i < c.records; i++)
            if (pool_record_exists(pool, i)) check_counts(&c, i);
        check_recmap(&c);
        for (uint32_t p = 0; p < data_page_high(pool); p++) check_page(&c, p);
        check_endpoints(&c);
    }
    free(c.tokens);
    free(c.queued);
    if (!room) return brine__fail(BRINE_ENOMEM, "no memory to check %llu records", (unsigned long long)c.records);
    return c.problems;
}
