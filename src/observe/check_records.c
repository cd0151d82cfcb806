/* SPDX-License-Identifier: Apache-2.0 */
/* observe: checking records: states and holders, chunks, bump pointers, owned packets, shares. */
#include "observe/check.h"

#include "heap/pages.h"
#include "observe/observe.h"

static const char *const states[] = {"free",
                                     "held",
                                     "being sent",
                                     "queued",
                                     "arrived",
                                     "returned",
                                     "part of another",
                                     "a ring being made",
                                     "a ring",
                                     "shared",
                                     "being freed",
                                     "a share being counted",
                                     "a share being let go",
                                     "a share let go",
                                     "being published",
                                     "published",
                                     "leased",
                                     "forwarded"};
static const char *state_name(uint32_t s) { return s < sizeof states / sizeof *states ? states[s] : "unknown"; }

#define STATE(s) ((uint64_t)1 << (s))
/* States whose holder is a participant; nobody; states that only a share, that no share can have. */
#define OF_PARTICIPANT                                                                                                 \
    (STATE(REC_HELD) | STATE(REC_SENDING) | STATE(REC_ARRIVED) | STATE(REC_ANCHORING) | STATE(REC_FREEING) |           \
     STATE(REC_PINC) | STATE(REC_PDEC) | STATE(REC_DECD) | STATE(REC_PUBLISHING) | STATE(REC_LEASED) |                 \
     STATE(REC_FORWARDING))
#define OF_SHARES (STATE(REC_PINC) | STATE(REC_PDEC) | STATE(REC_DECD) | STATE(REC_PUBLISHING) | STATE(REC_PUBLISHED))
#define NOT_OF_SHARES                                                                                                  \
    (STATE(REC_FREE) | STATE(REC_ANCHORING) | STATE(REC_ANCHORED) | STATE(REC_SHARED) | STATE(REC_FREEING))
#define PENDING_SHARES (STATE(REC_PINC) | STATE(REC_PDEC) | STATE(REC_DECD))

/* ---- state, holder ---- */

static void check_state(struct check *c, uint32_t i, const struct record *r) {
    uint64_t w = a64_load_relaxed(&r->word), target = a64_load_relaxed(&r->target);
    uint32_t state = word_state(w), holder = word_holder(w);
    if (state > REC_FORWARDING) {
        brine__problem(c, RECORD_PLACE(c, i, word), "found state %u, expected 0 to %u", state, REC_FORWARDING);
        return;
    }
    if (STATE(state) & OF_PARTICIPANT) {
        if (!brine__check_used(c, holder))
            brine__problem(c, RECORD_PLACE(c, i, word),
                           "found holder %u of a packet that is %s, who is gone; expected a participant: reap", holder,
                           state_name(state));
    } else if (state != REC_CHILD && holder) {
        brine__problem(c, RECORD_PLACE(c, i, word), "found holder %u of a packet that is %s, expected none", holder,
                       state_name(state));
    }
    if (target && STATE(state) & NOT_OF_SHARES)
        brine__problem(c, RECORD_PLACE(c, i, target), "found %u.%u, expected 0: it is %s", link_record(target),
                       link_gen(target), state_name(state));
    /* the target is the first thing that goes, and the last that comes */
    if (!target && STATE(state) & OF_SHARES & ~PENDING_SHARES)
        brine__problem(c, RECORD_PLACE(c, i, target), "found 0, expected a shared packet: it is %s", state_name(state));
}

/* ---- chunks ---- */

/* Marks the blocks [first, first + n) of a page; false if one of them is marked already. */
static bool mark_blocks(struct check *c, uint32_t page, uint64_t mask) {
    bool fresh = !(c->blocks[page] & mask);
    c->blocks[page] |= mask;
    return fresh;
}

/* The size of the chunk at `at` if it is this record's, else 0 (reported). */
static uint64_t check_chunk(struct check *c, uint32_t i, uint64_t at, uint64_t bytes, struct place from) {
    uint32_t page = page_of(c->pool, at), gen = word_gen(check_word(c, i)), n = 1;
    if (page == NO_PAGE || page >= c->pages || (at & 1023)) {
        brine__problem(c, from, "found a chunk at %llu, which is outside the pages in use", (unsigned long long)at);
        return 0;
    }
    uint64_t pw = a64_load_relaxed(&pool_pagemap(c->pool)[page]), real, mask = ~(uint64_t)0;
    uint32_t state = word_state(pw), class = state & 7;
    bool ours, slab = state >= PAGE_SLAB && state < PAGE_SLAB_ORPHAN + BLOCK_CLASSES && class < BLOCK_CLASSES;
    if (slab) {
        uint32_t slot = (uint32_t)((at & (UNIT_BYTES - 1)) >> (BLOCK_SHIFT_MIN + class));
        real = (uint64_t)1 << (BLOCK_SHIFT_MIN + class);
        mask = (uint64_t)1 << slot;
        ours = !(at & (real - 1)) && a64_load_relaxed(&pool_tags(c->pool, page)[slot]) == WORD(gen, 1, i);
    } else {
        real = bytes && !(bytes & (UNIT_BYTES - 1)) && bytes >> UNIT_SHIFT <= c->pages - page ? bytes : UNIT_BYTES;
        ours = state == PAGE_SPAN && !(at & (UNIT_BYTES - 1));
        for (n = 0; ours && n < real >> UNIT_SHIFT; n++)
            ours = a64_load_relaxed(&pool_pagemap(c->pool)[page + n]) == WORD(gen, PAGE_SPAN, i);
    }
    if (!ours) {
        brine__problem(c, from, "found a chunk at %llu, page %u of word %llx, which is not this record's",
                       (unsigned long long)at, page, (unsigned long long)pw);
        return 0;
    }
    bool fresh = true;
    for (uint32_t k = 0; k < n; k++) fresh &= mark_blocks(c, page + k, mask);
    if (!fresh) {
        brine__problem(c, from, "found the chunk at %llu, which is in a list already: a circle, or two packets",
                       (unsigned long long)at);
        return 0;
    }
    if (bytes != real)
        brine__problem(c, (struct place){"chunk of record", i, "bytes", at + 8}, "found %llu, expected %llu",
                       (unsigned long long)bytes, (unsigned long long)real);
    return real;
}

/* Where free room may be. */
struct room {
    uint64_t start, end;
};

static void check_bump(struct check *c, uint32_t i, const struct record *r, const struct room *room) {
    if (!room->end)
        brine__problem(c, RECORD_PLACE(c, i, limit),
                       "found %llu, expected a place in one of its chunks or in its record",
                       (unsigned long long)r->limit);
    else if (r->bump < room->start || r->bump > r->limit)
        brine__problem(c, RECORD_PLACE(c, i, bump), "found %llu, expected %llu to %llu", (unsigned long long)r->bump,
                       (unsigned long long)room->start, (unsigned long long)r->limit);
}

static bool is_ring(uint32_t state) { return state == REC_ANCHORED || state == REC_ANCHORING; }

/* Walks the list; true if it is sound. The slots of a ring have to be in one of the chunks. */
static void check_chunks(struct check *c, uint32_t i, const struct record *r) {
    uint64_t arena = c->pool->layout.records + (uint64_t)i * RECORD_BYTES + offsetof(struct record, inline_arena),
             bytes = RECORD_BYTES;
    struct room room = {0, 0};
    struct place from = RECORD_PLACE(c, i, chunks);
    if (r->limit >= arena && r->limit <= arena + ARENA_INLINE) room = (struct room){arena, arena + ARENA_INLINE};
    for (uint64_t at = r->chunks; at;) {
        struct chunk chunk = {0, 0};
        bool there = page_of(c->pool, at) != NO_PAGE && brine__committed(c->pool, at, sizeof chunk);
        int rc = there ? brine__copy_out(c->real, c->snapshot->fd, at, &chunk, sizeof chunk) : 0;
        if (rc) {
            c->status = rc;
            return;
        }
        uint64_t real = check_chunk(c, i, at, chunk.bytes, from);
        if (!real) return;
        bytes += real;
        if (r->limit >= at + sizeof chunk && r->limit <= at + real) room = (struct room){at + sizeof chunk, at + real};
        if (is_ring(word_state(a64_load_relaxed(&r->word))) && r->root.payload >= at + sizeof chunk &&
            r->root.payload < at + real)
            c->marks[i] |= MARK_RING;
        from = (struct place){"chunk of record", i, "next", at};
        at = chunk.next;
    }
    c->marks[i] |= MARK_CHUNKS;
    if (bytes != r->bytes)
        brine__problem(c, RECORD_PLACE(c, i, bytes), "found %llu, expected %llu: it and its chunks",
                       (unsigned long long)r->bytes, (unsigned long long)bytes);
    check_bump(c, i, r, &room);
}

/* A share is nothing but its record. */
static void check_share(struct check *c, uint32_t i, const struct record *r) {
    if (r->chunks)
        brine__problem(c, RECORD_PLACE(c, i, chunks), "found %llu, expected 0: it is a share",
                       (unsigned long long)r->chunks);
    if (r->bytes != RECORD_BYTES)
        brine__problem(c, RECORD_PLACE(c, i, bytes), "found %llu, expected %u: it is a share",
                       (unsigned long long)r->bytes, RECORD_BYTES);
    if (r->first_child)
        brine__problem(c, RECORD_PLACE(c, i, first_child), "found %u, expected 0: it is a share", r->first_child);
}

/* ---- owned packets ---- */

/* A list is entered once only: each child is marked, and what is marked ends the walk. */
static void check_list(struct check *c, uint32_t i, const struct record *r) {
    uint64_t link = LINK(word_gen(a64_load_relaxed(&r->word)), i);
    uint32_t before = 0;
    struct place from = RECORD_PLACE(c, i, first_child);
    for (uint32_t k = r->first_child; k;) {
        if (!pool_record_exists(c->pool, k)) {
            brine__problem(c, from, "found record %u, which does not exist", k);
            return;
        }
        const struct record *child = pool_record(c->pool, k);
        uint64_t w = a64_load_relaxed(&child->word);
        if (word_state(w) != REC_CHILD || a64_load_relaxed(&child->parent) != link) {
            brine__problem(c, from, "found record %u, which is %s, expected a part of record %u", k,
                           state_name(word_state(w)), i);
            return;
        }
        if (c->marks[k] & MARK_LISTED) {
            brine__problem(c, from, "found record %u, which is in a list already", k);
            return;
        }
        c->marks[k] |= MARK_LISTED;
        if (child->prev_child != before)
            brine__problem(c, RECORD_PLACE(c, k, prev_child), "found %u, expected %u", child->prev_child, before);
        from = RECORD_PLACE(c, k, next_child);
        before = k;
        k = child->next_child;
    }
}

static void check_child(struct check *c, uint32_t i, const struct record *r) {
    uint64_t w = a64_load_relaxed(&r->word), parent = a64_load_relaxed(&r->parent);
    if (!check_link(c, parent) || word_state(check_word(c, link_record(parent))) == REC_FREE)
        brine__problem(c, RECORD_PLACE(c, i, parent), "found record %u.%u, which is gone: reap", link_record(parent),
                       link_gen(parent));
    else if (word_holder(w) != link_record(parent))
        brine__problem(c, RECORD_PLACE(c, i, word), "found record %u as its parent, expected %u", word_holder(w),
                       link_record(parent));
    else if (!c->roots[i])
        brine__problem(c, RECORD_PLACE(c, i, parent), "found record %u, which is part of this one: a circle",
                       link_record(parent));
    else if (!(c->marks[i] & MARK_LISTED) && !brine__check_unfinished(c, i))
        brine__problem(c, RECORD_PLACE(c, i, parent), "found record %u, whose list does not have it",
                       link_record(parent));
}

void brine__check_records(struct check *c) {
    brine__observe_roots(c->pool, c->records, c->roots);
    for (uint32_t i = 0; (i = next_record(c->pool, i, c->records)) != 0;) {
        const struct record *r = pool_record(c->pool, i);
        uint32_t state = word_state(a64_load_relaxed(&r->word));
        check_state(c, i, r);
        if (state == REC_FREE || state > REC_FORWARDING || brine__check_unfinished(c, i)) continue;
        if (a64_load_relaxed(&r->target) || STATE(state) & PENDING_SHARES) {
            check_share(c, i, r);
            continue;
        }
        check_chunks(c, i, r);
        check_list(c, i, r);
    }
    for (uint32_t i = 0; (i = next_record(c->pool, i, c->records)) != 0;)
        if (word_state(check_word(c, i)) == REC_CHILD) check_child(c, i, pool_record(c->pool, i));
}

/* ---- shares, and who is where ---- */

/* A share that is being counted up or down counts according to the stamp of the packet. */
static int weight(struct check *c, uint32_t i, uint64_t stamp) {
    uint64_t w = check_word(c, i), mine = (uint64_t)word_gen(w) << 32 | i;
    switch (word_state(w)) {
    case REC_PINC: return stamp == mine;
    case REC_PDEC: return stamp != (mine | (uint64_t)1 << 26);
    case REC_DECD: return 0;
    default: return 1;
    }
}

static void check_target(struct check *c, uint32_t i, const struct record *r) {
    uint64_t target = a64_load_relaxed(&r->target);
    bool pending = STATE(word_state(a64_load_relaxed(&r->word))) & PENDING_SHARES;
    if (!pool_record_exists(c->pool, link_record(target))) {
        brine__problem(c, RECORD_PLACE(c, i, target), "found record %u, which does not exist", link_record(target));
        return;
    }
    uint64_t w = check_word(c, link_record(target));
    if (word_gen(w) == link_gen(target) && word_state(w) == REC_SHARED)
        c->tokens[link_record(target)] +=
            (uint32_t)weight(c, i, a64_load_relaxed(&pool_record(c->pool, link_record(target))->rc_stamp));
    else if (!pending)
        brine__problem(c, RECORD_PLACE(c, i, target),
                       "found record %u.%u, which is %s of generation %u; expected a shared one", link_record(target),
                       link_gen(target), state_name(word_state(w)), word_gen(w));
}

static void check_count(struct check *c, uint32_t i, const struct record *r) {
    uint64_t count = a64_load_relaxed(&r->rc_count);
    if ((uint32_t)count != word_gen(a64_load_relaxed(&r->word)))
        brine__problem(c, RECORD_PLACE(c, i, rc_count), "found generation %u, expected %u", (uint32_t)count,
                       word_gen(a64_load_relaxed(&r->word)));
    if (count >> 32 != c->tokens[i])
        brine__problem(c, RECORD_PLACE(c, i, rc_count), "found %u, expected %u: so many shares name it",
                       (uint32_t)(count >> 32), c->tokens[i]);
    else if (count >> 32 == 0 && c->all_running)
        brine__problem(c, RECORD_PLACE(c, i, rc_count), "found 0, expected more: nobody has it");
}

/* The entry of a pipe that a record names, in whatever state; or NULL. */
static const struct dir_entry *entry_of(struct check *c, uint64_t link) {
    if (link_record(link) >= dir_high(c->pool)) return NULL;
    const struct dir_entry *e = pool_dir(c->pool, link_record(link));
    return word_gen(a64_load_relaxed(&e->word)) == link_gen(link) && word_state(a64_load_relaxed(&e->word)) >= DIR_LIVE
               ? e
               : NULL;
}

static void check_lease(struct check *c, uint32_t i, const struct record *r) {
    uint64_t origin = a64_load_relaxed(&r->parent), count = a64_load_relaxed(&r->rc_count) & DELIVERIES_MASK,
             journey = a64_load_relaxed(&r->journey);
    const struct dir_entry *e = entry_of(c, origin);
    if (link_record(origin) >= dir_high(c->pool) ||
        (e && (a32_load_relaxed(&e->kind) != DIR_PIPE || !(a32_load_relaxed(&e->flags) & BRINE_PIPE_LEASES))))
        brine__problem(c, RECORD_PLACE(c, i, parent),
                       "found name %u.%u as the origin of a lease, expected a pipe with leases", link_record(origin),
                       link_gen(origin));
    if (count == 0)
        brine__problem(c, RECORD_PLACE(c, i, rc_count), "found 0 deliveries of a lease, expected 1 or more");
    else if (word_state(a64_load_relaxed(&r->word)) == REC_LEASED && (journey & DELIVERIES_MASK) != count)
        brine__problem(c, RECORD_PLACE(c, i, journey), "found %llu deliveries, expected %llu: so its origin says",
                       (unsigned long long)(journey & DELIVERIES_MASK), (unsigned long long)count);
}

static void check_where(struct check *c, uint32_t i, const struct record *r) {
    uint64_t pipe = a64_load_relaxed(&r->pipe);
    const struct dir_entry *e = entry_of(c, pipe);
    switch (word_state(a64_load_relaxed(&r->word))) {
    case REC_QUEUED:
        if (!(c->marks[i] & MARK_IN_SLOT))
            brine__problem(c, RECORD_PLACE(c, i, pos), "found position %llu of name %u, expected a slot that has it",
                           (unsigned long long)a64_load_relaxed(&r->pos), link_record(pipe));
        break;
    case REC_RETURNED:
        if (c->all_running && (!e || a32_load_relaxed(&e->kind) != DIR_PIPE))
            brine__problem(c, RECORD_PLACE(c, i, pipe), "found name %u.%u, expected a pipe that it is returned to",
                           link_record(pipe), link_gen(pipe));
        break;
    case REC_LEASED:
    case REC_FORWARDING: check_lease(c, i, r); break;
    case REC_ANCHORED:
    case REC_PUBLISHED:
        if (c->all_running && (!e || a64_load_relaxed(&e->target) != LINK(word_gen(a64_load_relaxed(&r->word)), i)))
            brine__problem(c, RECORD_PLACE(c, i, pipe), "found name %u.%u, expected one that names this record",
                           link_record(pipe), link_gen(pipe));
        break;
    default: break;
    }
}

void brine__check_shares(struct check *c) {
    for (uint32_t i = 0; (i = next_record(c->pool, i, c->records)) != 0;)
        if (a64_load_relaxed(&pool_record(c->pool, i)->target) && word_state(check_word(c, i)) != REC_FREE)
            check_target(c, i, pool_record(c->pool, i));
    for (uint32_t i = 0; (i = next_record(c->pool, i, c->records)) != 0;) {
        const struct record *r = pool_record(c->pool, i);
        if (word_state(a64_load_relaxed(&r->word)) == REC_SHARED) check_count(c, i, r);
        check_where(c, i, r);
    }
}

/* ---- values ---- */

/* A reference is not followed: what it names is walked by itself. */
static int note_reference(void *context, uint32_t record, uint64_t link) {
    struct check *c = context;
    uint8_t *marks = &c->marks[link_record(link)]; /* it exists: the walk looked */
    if (*marks & MARK_REFERRED)
        brine__problem(c, RECORD_PLACE(c, record, root), "found a second reference to record %u", link_record(link));
    *marks |= MARK_REFERRED;
    return 0;
}

void brine__check_values(struct check *c) {
    c->walk.refer = note_reference;
    c->walk.context = c;
    for (uint32_t i = 0; (i = next_record(c->pool, i, c->records)) != 0;) {
        const struct record *r = pool_record(c->pool, i);
        uint64_t w = a64_load_relaxed(&r->word);
        if (!(c->marks[i] & MARK_CHUNKS) || is_ring(word_state(w)) || word_state(w) == REC_FREEING) continue;
        struct source s = {.pool = c->pool, .walk = &c->walk, .record = i, .gen = word_gen(w)};
        int rc = brine__untrusted_open(&s);
        if (!rc) rc = brine__untrusted_root(&s, brine_ref_null(BRINE_ENOENT), 0);
        if (rc == BRINE_ENOMEM || rc == BRINE_ESYS)
            c->status = rc;
        else if (rc)
            brine__problem(c, RECORD_PLACE(c, i, root), "%s", brine_detail());
        brine__untrusted_close(&s);
    }
}
