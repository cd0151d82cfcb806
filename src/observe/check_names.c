/* SPDX-License-Identifier: Apache-2.0 */
/* observe: checking the directory, rings and published values. */
#include "observe/check.h"

#include <stdlib.h>
#include <string.h>

#include "observe/observe.h"

/* ---- rings ---- */

struct ring_check {
    const struct ring *ring;
    uint32_t index;
    const char *name;
    uint64_t slots; /* offset */
};

static struct place slot_place(const struct ring_check *k, uint64_t t) {
    return (struct place){"slot of pipe", t & k->ring->mask, k->name, k->slots + (t & k->ring->mask) * 8};
}

/* Position t has a packet: the record says so, too. `word`: as it stands in the slot. */
static void check_full(struct check *c, const struct ring_check *k, uint64_t t, uint64_t s) {
    uint32_t d = slot_rec(s);
    if (!pool_record_exists(c->pool, d)) {
        brine__problem(c, slot_place(k, t), "found record %u, which does not exist", d);
        return;
    }
    const struct record *r = pool_record(c->pool, d);
    uint64_t w = a64_load_relaxed(&r->word), pos = a64_load_relaxed(&r->pos), pipe = a64_load_relaxed(&r->pipe);
    if (!is_sent(word_state(w)))
        brine__problem(c, slot_place(k, t), "found record %u in state %u, expected one that was sent", d,
                       word_state(w));
    else if (word_state(w) != REC_QUEUED && word_holder(w) != slot_proc(s))
        brine__problem(c, slot_place(k, t), "found sender %u, expected %u: so record %u says", slot_proc(s),
                       word_holder(w), d);
    if (pos != t || pipe != pipe_link(k->ring))
        brine__problem(c, RECORD_PLACE(c, d, pos),
                       "found position %llu of name %u.%u, expected %llu of %u.%u (pipe \"%s\"), whose slot has it",
                       (unsigned long long)pos, link_record(pipe), link_gen(pipe), (unsigned long long)t,
                       k->ring->index, k->ring->gen, k->name);
    if (c->marks[d] & MARK_IN_SLOT)
        brine__problem(c, slot_place(k, t), "found record %u, which is in a slot already", d);
    c->marks[d] |= MARK_IN_SLOT;
}

/* Position t is free, for a packet of its lap. */
static void check_empty(struct check *c, const struct ring_check *k, uint64_t t, uint64_t s) {
    if (slot_full(s) || slot_lap(s) != ring_lap(k->ring, t))
        brine__problem(c, slot_place(k, t), "found %s of lap %u, expected empty for lap %u (position %llu)",
                       slot_full(s) ? "full" : "empty", slot_lap(s), ring_lap(k->ring, t), (unsigned long long)t);
    else if (slot_rec(s) && !pool_record_exists(c->pool, slot_rec(s)))
        brine__problem(c, slot_place(k, t), "found record %u as the last one taken, which does not exist", slot_rec(s));
}

/* True if the last step of an enqueue (from tail on) or of a dequeue (from head on) may be missing: who was about to do
 * it, for one packet or for several, does not run. */
static bool unfinished(const struct check *c, uint64_t s) { return slot_proc(s) != 0 && !c->running[slot_proc(s)]; }

static void check_slots(struct check *c, const struct ring_check *k) {
    const struct ring *r = k->ring;
    uint64_t head = a64_load_relaxed(&r->control->head), tail = a64_load_relaxed(&r->control->tail),
             slots = r->mask + 1;
    uint64_t taken_end = head, full_end = tail > head ? tail : head; /* ends of what is unfinished */
    for (uint64_t t = head; t < head + slots; t++) {
        uint64_t s = a64_load_relaxed(&r->slots[t & r->mask]);
        bool last_taken = t == taken_end && unfinished(c, s), last_full = t == full_end && unfinished(c, s);
        bool full = slot_full(s) && slot_lap(s) == ring_lap(r, t);
        bool taken = !slot_full(s) && slot_lap(s) == ((ring_lap(r, t) + 1) & LAP_MASK);
        if ((full && last_full) || (taken && t == full_end)) full_end++;
        if (full && (t < tail || last_full))
            check_full(c, k, t, s);
        else if (taken && last_taken)
            taken_end++;
        else if (t < tail)
            brine__problem(c, slot_place(k, t), "found %s of lap %u, expected full of lap %u (position %llu)",
                           slot_full(s) ? "full" : "empty", slot_lap(s), ring_lap(r, t), (unsigned long long)t);
        else
            check_empty(c, k, t, s);
    }
}

/* True if head is not beyond tail, or only by packets that were taken before their enqueue moved tail. */
static bool ends_in_order(const struct ring *r, uint64_t head, uint64_t tail) {
    for (uint64_t t = tail; t < head; t++) {
        uint64_t s = a64_load_relaxed(&r->slots[t & r->mask]);
        if (t - tail > r->mask || slot_full(s) || slot_lap(s) != ((ring_lap(r, t) + 1) & LAP_MASK)) return false;
    }
    return true;
}

static void check_control(struct check *c, uint32_t i) {
    const struct pipe_control *p = pool_pipe(c->pool, i);
    const struct dir_entry *e = pool_dir(c->pool, i);
    uint64_t stream = a64_load_relaxed(&p->stream);
    struct name letters;
    char text[BRINE_NAME_MAX + 1];
    if ((uint32_t)stream & ~1u)
        brine__problem(c, PIPE_PLACE(c, i, stream), "found %llx, expected closed (1) or open (0) in the low half",
                       (unsigned long long)stream);
    if (a32_load_relaxed(&p->roles) & ~(uint32_t)(ENDP_READS | ENDP_WRITES))
        brine__problem(c, PIPE_PLACE(c, i, roles), "found %x, expected at most %x", a32_load_relaxed(&p->roles),
                       ENDP_READS | ENDP_WRITES);
    brine__name_of_words(p->dead_letter, &letters);
    memcpy(text, letters.words, sizeof text);
    bool named = text[0] != 0;
    text[BRINE_NAME_MAX] = 0;
    if (named != (a32_load_relaxed(&e->max_deliveries) != 0) || (named && brine__check_name("dead-letter pipe", text)))
        brine__problem(c, PIPE_PLACE(c, i, dead_letter), "found %s name, with a limit of %u deliveries",
                       named ? "a" : "no", a32_load_relaxed(&e->max_deliveries));
}

/* brine__ring_of on the snapshot, whose data pages have to be filled in first: only for a ring that is in its own
 * record's chunk, which belongs to one record only. */
static bool get_ring(struct check *c, uint32_t i, uint64_t w, struct ring *ring) {
    const struct dir_entry *e = pool_dir(c->pool, i);
    uint64_t target = a64_load_relaxed(&e->target);
    uint32_t shift = a32_load_relaxed(&e->ring_shift);
    if (!check_link(c, target)) {
        brine__problem(c, NAME_PLACE(c, i, target), "found record %u.%u, which is gone; expected a ring",
                       link_record(target), link_gen(target));
        return false;
    }
    const struct record *r = pool_record(c->pool, link_record(target));
    uint32_t state = word_state(a64_load_relaxed(&r->word));
    if (state != REC_ANCHORED && state != REC_ANCHORING) {
        brine__problem(c, NAME_PLACE(c, i, target), "found record %u in state %u, expected a ring", link_record(target),
                       state);
        return false;
    }
    if (a64_load_relaxed(&r->pipe) != LINK(word_gen(w), i)) {
        brine__problem(c, RECORD_PLACE(c, link_record(target), pipe), "found name %u, expected %u, whose ring it is",
                       link_record(a64_load_relaxed(&r->pipe)), i);
        return false;
    }
    uint64_t bytes = (uint64_t)8 << (shift & 31), slots = r->root.payload;
    bool inside = (c->marks[link_record(target)] & MARK_RING) && shift <= 21 && bytes <= r->bytes &&
                  brine__committed(c->pool, slots, bytes);
    int rc = inside ? brine__snapshot_add(c->snapshot, c->real, slots, bytes) : 0;
    if (rc) {
        c->status = rc;
        return false;
    }
    if (inside && brine__ring_of(c->pool, i, word_gen(w), ring)) return true;
    brine__problem(c, RECORD_PLACE(c, link_record(target), root),
                   "found slots at %llu (%llu bytes), expected them in a chunk of the record",
                   (unsigned long long)slots, (unsigned long long)bytes);
    return false;
}

static void check_pipe(struct check *c, uint32_t i, uint64_t w, const char *name) {
    const struct dir_entry *e = pool_dir(c->pool, i);
    struct ring r;
    uint32_t capacity = a32_load_relaxed(&e->capacity), shift = a32_load_relaxed(&e->ring_shift),
             flags = a32_load_relaxed(&e->flags), max = a32_load_relaxed(&e->max_deliveries);
    if (capacity == 0 || capacity > BRINE_CAPACITY_MAX || shift < 6 || shift > 21 || capacity > 1u << shift)
        brine__problem(c, NAME_PLACE(c, i, capacity), "found %u, with 2^%u slots", capacity, shift);
    if (flags & ~BRINE_PIPE_LEASES)
        brine__problem(c, NAME_PLACE(c, i, flags), "found %x, expected at most %x", flags, BRINE_PIPE_LEASES);
    if (max > DELIVERIES_MASK || (max && !(flags & BRINE_PIPE_LEASES)))
        brine__problem(c, NAME_PLACE(c, i, max_deliveries), "found %u, expected at most %u, and 0 without leases", max,
                       DELIVERIES_MASK - 1);
    check_control(c, i);
    if (!get_ring(c, i, w, &r)) return;
    uint64_t head = a64_load_relaxed(&r.control->head), tail = a64_load_relaxed(&r.control->tail);
    if (!ends_in_order(&r, head, tail) || (tail > head && (tail - head > r.capacity || tail - head > r.mask + 1))) {
        brine__problem(
            c, PIPE_PLACE(c, i, head),
            "found %llu, with tail %llu; expected at most tail, and not more than the capacity (%u) below it",
            (unsigned long long)head, (unsigned long long)tail, r.capacity);
        return;
    }
    struct ring_check k = {&r, i, name, pool_offset(c->pool, r.slots)};
    check_slots(c, &k);
}

/* ---- values ---- */

static void check_published(struct check *c, uint32_t i, uint64_t w) {
    uint64_t token = a64_load_relaxed(&pool_dir(c->pool, i)->target);
    if (!check_link(c, token)) {
        brine__problem(c, NAME_PLACE(c, i, target), "found record %u.%u, which is gone; expected a published share",
                       link_record(token), link_gen(token));
        return;
    }
    const struct record *t = pool_record(c->pool, link_record(token));
    uint32_t state = word_state(a64_load_relaxed(&t->word));
    if ((state != REC_PUBLISHED && state != REC_PUBLISHING) || a64_load_relaxed(&t->pipe) != LINK(word_gen(w), i))
        brine__problem(c, NAME_PLACE(c, i, target),
                       "found record %u in state %u of name %u, expected a share published here", link_record(token),
                       state, link_record(a64_load_relaxed(&t->pipe)));
}

/* ---- names ---- */

struct entry_name {
    char text[BRINE_NAME_MAX + 1];
    uint32_t index;
};
static int by_text(const void *a, const void *b) {
    return strcmp(((const struct entry_name *)a)->text, ((const struct entry_name *)b)->text);
}

/* The name of an entry that is filled in: zero-padded, allowed, with its hash. */
static bool check_name(struct check *c, uint32_t i, char text[BRINE_NAME_MAX + 1]) {
    const struct dir_entry *e = pool_dir(c->pool, i);
    struct name name, again;
    brine__name_of_words(e->name, &name);
    memcpy(text, name.words, BRINE_NAME_MAX + 1);
    text[BRINE_NAME_MAX] = 0;
    brine__name_of(text, &again);
    if (brine__check_name("pipe", text))
        brine__problem(c, NAME_PLACE(c, i, name), "%s", brine_detail());
    else if (memcmp(name.words, again.words, sizeof name.words) != 0)
        brine__problem(c, NAME_PLACE(c, i, name), "found something behind the end of \"%s\", expected zeros", text);
    else if (a32_load_relaxed(&e->hash) != name.hash)
        brine__problem(c, NAME_PLACE(c, i, hash), "found %x, expected %x for \"%s\"", a32_load_relaxed(&e->hash),
                       name.hash, text);
    else
        return true;
    text[strcspn(text, "\"")] = 0;
    return false;
}

static bool in_use(uint32_t state) { return state == DIR_LIVE || state == DIR_REMOVED || state == DIR_REMOVING; }

static void check_entry(struct check *c, uint32_t i, struct entry_name *live, uint32_t *n) {
    const struct dir_entry *e = pool_dir(c->pool, i);
    uint64_t w = a64_load_relaxed(&e->word);
    uint32_t state = word_state(w), holder = word_holder(w), kind = a32_load_relaxed(&e->kind);
    char text[BRINE_NAME_MAX + 1];
    if (w && !brine__dir_there(c->pool, i))
        brine__problem(c, NAME_PLACE(c, i, word), "found %llx in memory that is not committed", (unsigned long long)w);
    if (state > DIR_REMOVED)
        brine__problem(c, NAME_PLACE(c, i, word), "found state %u, expected 0 to %u", state, DIR_REMOVED);
    bool held = state == DIR_HELD || state == DIR_PENDING || state == DIR_ABORTED || state == DIR_REMOVING;
    if (held && !brine__check_used(c, holder))
        brine__problem(c, NAME_PLACE(c, i, word), "found holder %u, who is gone; expected a participant: reap", holder);
    if (!held && holder)
        brine__problem(c, NAME_PLACE(c, i, word), "found holder %u in state %u, expected none", holder, state);
    if (!in_use(state)) return;
    bool named = check_name(c, i, text);
    if (kind != DIR_PIPE && kind != DIR_VALUE)
        brine__problem(c, NAME_PLACE(c, i, kind), "found %u, expected %u or %u", kind, DIR_PIPE, DIR_VALUE);
    if (kind == DIR_PIPE && state != DIR_REMOVING) check_pipe(c, i, w, text);
    if (kind == DIR_VALUE && state == DIR_LIVE) check_published(c, i, w);
    if (state == DIR_LIVE && named) {
        memcpy(live[*n].text, text, sizeof text);
        live[(*n)++].index = i;
    }
    if (state == DIR_REMOVED && c->all_running && !brine__endpoint_any(c->pool, LINK(word_gen(w), i), ANYBODY))
        brine__problem(c, NAME_PLACE(c, i, word), "found a removed name that nobody has open, expected it to be free");
}

void brine__check_names(struct check *c) {
    uint32_t high = dir_high(c->pool), n = 0;
    struct entry_name *live = malloc((high + 1) * sizeof *live);
    if (!live) c->status = brine__fail(BRINE_ENOMEM, "no memory to check %u names", high);
    for (uint32_t i = 0; live && i < high; i++) check_entry(c, i, live, &n);
    if (live) qsort(live, n, sizeof *live, by_text);
    for (uint32_t i = 1; i < n; i++)
        if (strcmp(live[i - 1].text, live[i].text) == 0)
            brine__problem(c, NAME_PLACE(c, live[i].index, name), "found \"%s\", which is name %u already",
                           live[i].text, live[i - 1].index);
    free(live);
}
