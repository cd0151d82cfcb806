/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: packets that came back: their reader died, gave them back or lost its lease. They stand in no slot; their
 * records say RETURNED and which pipe. They are taken before newer packets, lowest position first.
 *
 * To find them all records are looked at. A handle keeps the lowest ones that a search found and takes those first,
 * until the pipe's count `returned` says that more came back: so many packets cost few searches. What it keeps are
 * hints; each packet is taken by the CAS of its word and journey, which fails if anybody else was faster.
 */
#include "pipe/ring.h"

#include <stdlib.h>
#include <string.h>

#define LIST_COUNT 1024u

struct found {
    uint64_t pos, word, journey;
    uint32_t record;
};

struct returned_list {
    uint64_t hint;        /* control->returned before the search */
    uint32_t next, count; /* next to be tried */
    bool complete;        /* the search found no others */
    struct found found[LIST_COUNT];
};

static bool is_returned(const struct ring *r, uint32_t i, struct found *f) {
    struct record *d = pool_record(r->pool, i);
    *f = (struct found){.word = a64_load_acquire(&d->word),
                        .journey = a64_load_acquire(&d->journey),
                        .record = i}; /* pairs with the CAS to RETURNED */
    if (word_state(f->word) != REC_RETURNED || a64_load_relaxed(&d->pipe) != pipe_link(r)) return false;
    f->pos = a64_load_relaxed(&d->pos);
    return true;
}

static bool take(brine_pipe *p, const struct ring *r, const struct found *f, uint32_t me, brine_packet *packet) {
    struct record *d = pool_record(r->pool, f->record);
    if (!brine__journey_cas(d, f->word, f->journey, WORD(word_gen(f->word), REC_ARRIVED, me))) return false;
    brine__deliver(p, r, d, word_gen(f->word), me);
    put_packet(packet, r->pool, f->record, word_gen(f->word));
    return true;
}

/* The one with the lowest position. */
static bool find_lowest(const struct ring *r, struct found *lowest) {
    struct found f;
    uint64_t high = pool_record_high(r->pool);
    bool any = false;
    for (uint32_t i = 0; (i = next_record(r->pool, i, high)) != 0;) {
        if (!is_returned(r, i, &f) || (any && f.pos >= lowest->pos)) continue;
        *lowest = f;
        any = true;
    }
    return any;
}

/* ---- the list of a handle ---- */

/* found[0..count) as a heap whose top is the highest position: sinks found[at]. */
static void sink(struct returned_list *l, uint32_t at) {
    for (uint32_t child; (child = 2 * at + 1) < l->count; at = child) {
        if (child + 1 < l->count && l->found[child + 1].pos > l->found[child].pos) child++;
        if (l->found[at].pos >= l->found[child].pos) return;
        struct found f = l->found[at];
        l->found[at] = l->found[child];
        l->found[child] = f;
    }
}

static int by_position(const void *a, const void *b) {
    uint64_t x = ((const struct found *)a)->pos, y = ((const struct found *)b)->pos;
    return x < y ? -1 : x > y;
}

/* The LIST_COUNT lowest ones, in order. */
static void search(const struct ring *r, uint64_t hint, struct returned_list *l) {
    struct found f;
    uint64_t high = pool_record_high(r->pool);
    l->hint = hint;
    l->next = l->count = 0;
    l->complete = true;
    for (uint32_t i = 0; (i = next_record(r->pool, i, high)) != 0;) {
        if (!is_returned(r, i, &f)) continue;
        if (l->count < LIST_COUNT) {
            l->found[l->count++] = f;
            if (l->count == LIST_COUNT)
                for (uint32_t k = LIST_COUNT / 2; k-- > 0;) sink(l, k);
            continue;
        }
        l->complete = false;
        if (f.pos >= l->found[0].pos) continue;
        l->found[0] = f;
        sink(l, 0);
    }
    qsort(l->found, l->count, sizeof f, by_position);
}

/* By the thread that has the list. 1: taken. 0: none. */
static bool take_listed(brine_pipe *p, const struct ring *r, uint64_t hint, uint32_t me, brine_packet *packet) {
    struct returned_list *l = p->returned;
    for (;;) {
        if (l->hint != hint || (l->next == l->count && !l->complete)) search(r, hint, l);
        while (l->next < l->count)
            if (take(p, r, &l->found[l->next++], me, packet)) return true;
        if (!l->complete) continue;
        a64_store_relaxed(&p->returned_seen, hint);
        return false;
    }
}

/* The list is one thread's at a time; others, and those who get no memory for it, search for themselves. */
bool brine__take_returned(brine_pipe *p, const struct ring *r, uint32_t me, brine_packet *packet) {
    uint64_t hint = a64_load_acquire(&p->control->returned); /* pairs with the bump: what it counts is RETURNED */
    uint32_t free = 0;
    bool taken = false;
    if (a32_cas_acq_rel(&p->returned_busy, &free, 1)) {
        if (!p->returned) p->returned = calloc(1, sizeof *p->returned);
        bool listed = p->returned != NULL;
        if (listed) taken = take_listed(p, r, hint, me, packet);
        a32_store_release(&p->returned_busy, 0); /* pairs with the CAS above */
        if (listed) return taken;
    }
    struct found f;
    while (find_lowest(r, &f))
        if (take(p, r, &f, me, packet)) return true;
    a64_store_relaxed(&p->returned_seen, hint);
    return false;
}

void brine__returned_forget(brine_pipe *p) { free(p->returned); }

void brine__drain_returned(const struct ring *r, uint32_t me, bool reaping) {
    struct found f;
    uint64_t high = pool_record_high(r->pool);
    for (uint32_t i = 0; (i = next_record(r->pool, i, high)) != 0;) {
        if (!is_returned(r, i, &f)) continue;
        if (brine__journey_cas(pool_record(r->pool, i), f.word, f.journey, WORD(word_gen(f.word), REC_HELD, me)))
            brine__let_go(r->pool, i, word_gen(f.word), me, reaping);
    }
}
