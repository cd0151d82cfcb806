/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine_pool_check finds what is wrong and says where: one mutant for each invariant. Exactly that is put into a
 * sound pool that has everything in it, found, named by table, index and field, and gone again when it is
 * undone. The same for a copy of the file, where nobody is attached.
 */
#include "heap/pages.h"
#include "observe/observe.h"
#include "pipe/ring.h"
#include "pool_helpers.h"
#include "value/cell.h"

static brine_pool *pool; /* where the damage is done */
static char found[1 << 16];
static int mutants;

static void note(const char *problem, void *context) {
    (void)context;
    if (strlen(found) + strlen(problem) + 2 >= sizeof found) return;
    strcat(found, problem);
    strcat(found, "\n");
}

static void judge(brine_pool *checked, const char *expected) {
    found[0] = 0;
    int problems = brine_pool_check(checked, note, NULL);
    CHECK_MSG(problems > 0 && strstr(found, expected), "%d problems, none is \"%s\":\n%s", problems, expected, found);
    CHECK_EQ_INT(brine_pool_check(checked, NULL, NULL), problems); /* without a reporter */
}

/* Writes `value` over `bytes` at `where`: check says "expected...", and nothing once it is undone. */
__attribute__((format(printf, 4, 5))) static void damage(void *where, size_t bytes, uint64_t value, const char *format,
                                                         ...) {
    char expected[200], before[8];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof expected, format, args);
    va_end(args);
    memcpy(before, where, bytes);
    memcpy(where, &value, bytes);
    judge(pool, expected);
    memcpy(where, before, bytes);
    check_whole(pool);
    mutants++;
}

static uint64_t word(const a64 *at) { return a64_load_relaxed(at); }
static struct record *rec(uint32_t i) { return pool_record(pool, i); }
static uint32_t state_of(uint32_t i) { return word_state(word(&rec(i)->word)); }
static uint64_t in_state(uint32_t i, uint32_t state, uint32_t holder) {
    return WORD(word_gen(word(&rec(i)->word)), state, holder);
}
static uint32_t me(void) { return a32_load_relaxed(pool->me); }

/* A record of the pool in this state, with or without a target. */
static uint32_t some(uint32_t state, bool share) {
    for (uint32_t i = 0; (i = next_record(pool, i, pool_record_high(pool))) != 0;)
        if (state_of(i) == state && (word(&rec(i)->target) != 0) == share) return i;
    check_failed(__FILE__, __LINE__, "no record in state %u", state);
}

/* ---- what is in the pool ---- */

static brine_packet held, held_share;

static brine_packet value_packet(int n) {
    brine_packet p = make_packet(pool), inner = make_packet(pool);
    brine_ref root = brine_root(p), list = brine_set_arr(root, "list");
    for (int i = 0; i < 40; i++) CHECK_OK(brine_append_str(list, "a text that does not fit into a cell"));
    for (int i = 0; i < 40; i++) {
        char key[20];
        snprintf(key, sizeof key, "key %d", i);
        CHECK_OK(brine_set_int(root, key, i + n));
    }
    CHECK(brine_set_array(root, "small", BRINE_F64, 2, (size_t[]){4, 5}) != NULL);
    CHECK(brine_set_array(root, "large", BRINE_F64, 1, (size_t[]){20000}) != NULL);
    CHECK_OK(brine_set_str(brine_root(inner), "text", "more text that needs room of its own"));
    CHECK_OK(brine_set_packet(root, "inner", inner));
    return p;
}

static void make_rich_pool(void) {
    brine_pipe *p, *q, *l;
    brine_packet got, clone;
    const brine_pipe_options leases = {
        .capacity = 8, .flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "letters"};
    pool = make_pool("k", 32 * MIB);
    CHECK_OK(brine_pipe_serve(pool, "p", 8, &p));
    CHECK_OK(brine_pipe_serve(pool, "q", 8, &q));
    CHECK_OK(brine_pipe_serve_with(pool, "leases", &leases, &l));
    for (int i = 0; i < 3; i++) CHECK_OK(brine_enqueue(p, value_packet(i), brine_now()));
    CHECK_OK(brine_dequeue(p, &got, brine_now()));
    CHECK_OK(brine_packet_free(got));
    for (int i = 0; i < 3; i++) CHECK_OK(brine_enqueue(l, value_packet(i), brine_now()));
    for (int i = 0; i < 2; i++) CHECK_OK(brine_dequeue(l, &got, brine_now()));
    CHECK_OK(brine_nack(got)); /* one leased, one returned */
    CHECK_OK(brine_publish(pool, "value", value_packet(5)));
    held = value_packet(6);
    held_share = value_packet(7);
    CHECK_OK(brine_packet_share(&held_share));
    CHECK_OK(brine_packet_clone(held_share, &clone));
    CHECK_OK(brine_enqueue(q, clone, brine_now()));
    CHECK(brine_pool_allocate(pool, 3000) != NULL);
    check_whole(pool);
}

/* ---- header, hints, commit bits ---- */

static void tables(void) {
    struct header *h = pool_header(pool);
    const struct layout *l = &pool->layout;
    damage(&h->magic, 1, 'x', "header 0, checksum at");
    damage(&h->hash_seed, 8, h->hash_seed + 1, "header 0, checksum at");
    damage(&h->checksum, 8, h->checksum + 1, "header 0, checksum at");
    damage(&h->layout.records, 8, 0, "header 0, checksum at");
    damage(&h->proc_high, 8, PROC_COUNT + 1, "header 0, proc_high at 384: found 8193, expected at most 8192");
    damage(&h->dir_high, 8, UINT64_MAX, "header 0, dir_high");
    damage(&h->endp_high, 8, 1u << 31, "header 0, endp_high");
    damage(&h->record_page_high, 8, l->record_pages + 1, "header 0, record_page_high");
    damage(&h->data_page_high, 8, l->data_pages + 1, "header 0, data_page_high");
    damage(&h->page_low, 8, l->data_pages + 1, "header 0, page_low");
    damage(&h->proc_high, 8, 0, "participant 1, word at %llu: found",
           (unsigned long long)(l->proc + sizeof(struct proc)));
    damage(&h->dir_high, 8, 1, "name 1, word");
    damage(&h->endp_high, 8, 1, "endpoint 1, word");
    damage(&h->record_page_high, 8, 0, "record page 0, word");
    damage(&h->data_page_high, 8, 1, "page 1, word");
    a64 *bits = pool_at(pool, l->commit);
    uint64_t units = l->file_bytes >> UNIT_SHIFT, records = l->records >> UNIT_SHIFT, gap = records - 1;
    damage(&bits[units / 64], 8, word(&bits[units / 64]) | (uint64_t)1 << units % 64, "unit %llu, commit bit at",
           (unsigned long long)units);
    damage(&bits[gap / 64], 8, word(&bits[gap / 64]) | (uint64_t)1 << gap % 64, "unit %llu, commit bit at",
           (unsigned long long)gap);
    uint64_t far = (l->pages >> UNIT_SHIFT) + data_page_high(pool) + GROWTH_UNITS_MAX;
    damage(&bits[far / 64], 8, word(&bits[far / 64]) | (uint64_t)1 << far % 64, "unit %llu, commit bit at",
           (unsigned long long)far);
    damage(&bits[0], 8, word(&bits[0]) & ~(uint64_t)1, "unit 0, commit bit");
    const struct {
        uint64_t offset;
        const char *what;
    } used[] = {{l->proc, "participant 1, word"},   {l->dir, "name 0, word"},     {l->endp, "endpoint 0, word"},
                {l->recmap, "record page 0, word"}, {l->pagemap, "page 0, word"}, {l->records, "record page 0, word"}};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        uint64_t unit = used[i].offset >> UNIT_SHIFT;
        damage(&bits[unit / 64], 8, word(&bits[unit / 64]) & ~((uint64_t)1 << unit % 64), "%s", used[i].what);
    }
}

static void participants(void) {
    uint32_t i = me();
    uint64_t w = word(&pool_proc(pool, i)->word);
    damage(&pool_proc(pool, i)->word, 8, WORD(word_gen(w), 5, 0), "participant %u, word at", i);
    damage(&pool_proc(pool, i)->word, 8, w | 77, "participant %u, word at", i);
    damage(&pool_proc(pool, i)->word, 8, 0, "holder %u", i); /* its packets and endpoints are nobody's then */
    damage(&pool_proc(pool, 0)->word, 8, WORD(0, PROC_LIVE, 0), "participant 0, word at");
    struct endpoint *e = pool_endp(pool, 0);
    w = word(&e->word);
    damage(&e->word, 8, WORD(word_gen(w), 9, i), "endpoint 0, word at %llu: found state 9",
           (unsigned long long)pool_offset(pool, e));
    damage(&e->word, 8, WORD(word_gen(w), ENDP_SERVER, 99), "endpoint 0, word at %llu: found holder 99",
           (unsigned long long)pool_offset(pool, e));
    damage(&e->word, 8, WORD(word_gen(w), ENDP_FREE, i), "endpoint 0, word");
    damage(&e->pipe, 8, LINK(9, 0), "endpoint 0, pipe");
    damage(&e->pipe, 8, LINK(0, DIR_COUNT + 5), "endpoint 0, pipe");
    damage(&pool_endp(pool, 1)->pipe, 8, word(&e->pipe), "found the same as in endpoint");
    damage(&e->servers, 4, 0, "endpoint 0, servers");
    damage(&e->roles, 4, 64, "endpoint 0, roles");
}

/* ---- directory and rings ---- */

static uint32_t entry(const char *name) {
    uint64_t w;
    uint32_t i = brine__find_name(pool, name, &w);
    CHECK(i != NO_ENTRY);
    return i;
}

static void names(void) {
    uint32_t i = entry("p"), k = entry("q"), v = entry("value"), n = entry("leases");
    struct dir_entry *e = pool_dir(pool, i);
    uint64_t w = word(&e->word);
    damage(&e->word, 8, WORD(word_gen(w), 9, 0), "name %u, word at %llu: found state 9", i,
           (unsigned long long)pool_offset(pool, e));
    damage(&e->word, 8, WORD(word_gen(w), DIR_HELD, 99), "name %u, word at %llu: found holder 99", i,
           (unsigned long long)pool_offset(pool, e));
    damage(&e->word, 8, WORD(word_gen(w), DIR_LIVE, 3), "name %u, word", i);
    damage(&e->word, 8, WORD(word_gen(w) + 1, DIR_REMOVED, 0), "name %u, word at %llu: found a removed name", i,
           (unsigned long long)pool_offset(pool, e));
    damage(&pool_dir(pool, k)->name[0], 8, word(&e->name[0]), "name %u, ", k > i ? k : i);
    damage(&e->hash, 4, 12345, "name %u, hash", i);
    damage(&e->name[0], 8, 0x2f2f2f, "name %u, name at", i);
    damage(&e->name[5], 8, 'x', "name %u, name at", i);
    damage(&e->kind, 4, 7, "name %u, kind", i);
    damage(&e->capacity, 4, 0, "name %u, capacity", i);
    damage(&e->capacity, 4, 65, "name %u, capacity", i);
    damage(&e->ring_shift, 4, 63, "name %u, capacity", i);
    damage(&e->flags, 4, 0x80, "name %u, flags", i);
    damage(&e->max_deliveries, 4, 5, "name %u, max_deliveries", i);
    damage(&pool_dir(pool, n)->max_deliveries, 4, 0, "pipe %u, dead_letter", n);
    damage(&pool_pipe(pool, n)->dead_letter[0], 8, 0, "pipe %u, dead_letter", n);
    damage(&pool_pipe(pool, n)->dead_letter[0], 8, '/', "pipe %u, dead_letter", n);
    damage(&pool_pipe(pool, i)->stream, 8, 6, "pipe %u, stream", i);
    damage(&pool_pipe(pool, i)->roles, 4, 99, "pipe %u, roles", i);
    damage(&e->target, 8, LINK(1, 3000000), "name %u, target", i);
    damage(&e->target, 8, LINK(held.generation, held.record), "name %u, target", i);
    damage(&e->target, 8, word(&pool_dir(pool, k)->target), "record %u, pipe",
           link_record(word(&pool_dir(pool, k)->target)));
    uint32_t ring = link_record(word(&e->target));
    damage(&rec(ring)->root.payload, 8, rec(ring)->root.payload + UNIT_BYTES * 3, "record %u, root", ring);
    damage(&rec(ring)->word, 8, in_state(ring, REC_HELD, me()), "name %u, target", i);
    damage(&pool_dir(pool, v)->target, 8, 0, "name %u, target", v);
    damage(&pool_dir(pool, v)->target, 8, LINK(held_share.generation, held_share.record), "name %u, target", v);
}

static void rings(void) {
    uint32_t i = entry("p");
    struct ring r;
    CHECK(brine__ring_of(pool, i, word_gen(word(&pool_dir(pool, i)->word)), &r));
    uint64_t full = word(&r.slots[1]), taken = word(&r.slots[0]);
    CHECK(slot_full(full) && !slot_full(taken));
    unsigned long long at = pool_offset(pool, &r.slots[1]);
    uint32_t d = slot_rec(full);
    damage(&r.slots[1], 8, 0, "slot of pipe 1, p at %llu: found empty", at);
    damage(&r.slots[1], 8, slot_word(5, true, slot_proc(full), d), "slot of pipe 1, p at %llu: found full of lap 5",
           at);
    damage(&r.slots[1], 8, slot_word(0, true, slot_proc(full), held.record),
           "slot of pipe 1, p at %llu: found record %u in state 1", at, held.record);
    damage(&r.slots[1], 8, full | 0x3ffffff, "slot of pipe 1, p at %llu: found record 67108863", at);
    damage(&r.slots[1], 8, slot_word(0, true, slot_proc(full) + 1, d), "slot of pipe 1, p at %llu: found sender", at);
    damage(&r.slots[2], 8, full, "slot of pipe 2, p at %llu: found record %u, which is in a slot already", at + 8, d);
    damage(&r.slots[5], 8, full, "slot of pipe 5, p");
    damage(&r.slots[6], 8, slot_word(3, false, 0, 0), "slot of pipe 6, p");
    damage(&r.slots[6], 8, slot_word(0, false, 0, 0x3fffff0), "slot of pipe 6, p");
    damage(&r.control->head, 8, word(&r.control->tail) + 1, "pipe %u, head", i);
    damage(&r.control->head, 8, 0, "slot of pipe 0, p");
    damage(&r.control->tail, 8, 60, "pipe %u, head", i);
    damage(&r.control->tail, 8, 4, "slot of pipe 3, p");
    damage(&r.control->tail, 8, 2, "slot of pipe 2, p");
    damage(&rec(d)->pos, 8, 7, "record %u, pos at %llu: found position 7", d,
           (unsigned long long)pool_offset(pool, &rec(d)->pos));
    damage(&rec(d)->pipe, 8, LINK(3, 3), "record %u, pos", d);
    damage(&rec(d)->word, 8, in_state(d, REC_HELD, me()), "slot of pipe 1, p");
    uint32_t ret = some(REC_RETURNED, false);
    damage(&rec(ret)->pipe, 8, LINK(9, 9), "record %u, pipe", ret);
    damage(&rec(ret)->word, 8, in_state(ret, REC_QUEUED, 0), "record %u, pos", ret);
}

/* ---- records ---- */

static void record_words(void) {
    uint32_t i = held.record, child = rec(i)->first_child, leased = some(REC_LEASED, false),
             published = some(REC_PUBLISHED, true), ring = some(REC_ANCHORED, false);
    unsigned long long at = pool_offset(pool, &rec(i)->word);
    damage(&rec(i)->word, 8, in_state(i, 40, me()), "record %u, word at %llu: found state 40", i, at);
    damage(&rec(i)->word, 8, in_state(i, REC_HELD, 777), "record %u, word at %llu: found holder 777", i, at);
    for (uint32_t s = REC_SENDING; s <= REC_FORWARDING; s++) /* in whatever state, nobody has participant 777 */
        if (s != REC_CHILD)
            damage(&rec(i)->word, 8, in_state(i, s, 777), "record %u, word at %llu: found holder 777", i, at);
    damage(&rec(i)->word, 8, WORD(held.generation + 1, REC_FREE, 0), "record %u, parent", child);
    damage(&rec(i)->word, 8, in_state(i, REC_CHILD, 5), "record %u, parent", i);
    damage(&rec(i)->word, 8, in_state(i, REC_PUBLISHED, 0), "record %u, target", i);
    damage(&rec(leased)->parent, 8, LINK(0, DIR_COUNT), "record %u, parent", leased);
    damage(&rec(leased)->parent, 8, LINK(word_gen(word(&pool_dir(pool, entry("p"))->word)), entry("p")),
           "record %u, parent", leased);
    damage(&rec(leased)->rc_count, 8, word(&rec(leased)->rc_count) & ~(uint64_t)DELIVERIES_MASK, "record %u, rc_count",
           leased);
    damage(&rec(leased)->rc_count, 8, word(&rec(leased)->rc_count) + 1, "record %u, journey", leased);
    damage(&rec(leased)->journey, 8, word(&rec(leased)->journey) + 1, "record %u, journey", leased);
    damage(&rec(leased)->word, 8, in_state(leased, REC_LEASED, 99), "record %u, word", leased);
    damage(&rec(leased)->word, 8, in_state(leased, REC_FORWARDING, 99), "record %u, word", leased);
    uint64_t forwarding = in_state(leased, REC_FORWARDING, me()), before = word(&rec(leased)->word);
    a64_store_relaxed(&rec(leased)->word, forwarding); /* in the middle of an enqueue: sound, but for its origin */
    check_whole(pool);
    damage(&rec(leased)->rc_count, 8, 0, "record %u, rc_count", leased);
    a64_store_relaxed(&rec(leased)->word, before);
    damage(&rec(published)->pipe, 8, LINK(0, entry("p")), "record %u, pipe", published);
    damage(&rec(ring)->pipe, 8, LINK(7, 3), "record %u, pipe", ring);
    damage(&rec(0)->word, 8, WORD(1, REC_HELD, me()), "record 0, word");
    uint32_t unused = some(REC_FREE, false);
    damage(&rec(unused)->target, 8, word(&rec(held_share.record)->target), "record %u, target", unused);
    damage(&rec(unused)->word, 8, WORD(99, REC_HELD, 99), "record %u, word", unused);
}

static void chunks(void) {
    uint32_t i = held.record;
    struct record *r = rec(i);
    struct chunk *chunk = pool_at(pool, r->chunks);
    uint64_t other = rec(some(REC_RETURNED, false))->chunks;
    damage(&r->chunks, 8, 12345678901, "record %u, chunks", i);
    damage(&r->chunks, 8, r->chunks + 8, "record %u, chunks", i);
    damage(&r->chunks, 8, other, "record %u, chunks", i);
    damage(&r->chunks, 8, 0, "tag at");
    damage(&chunk->next, 8, r->chunks, "chunk of record %u, next at %llu: found the chunk", i,
           (unsigned long long)r->chunks);
    damage(&chunk->next, 8, UINT64_MAX, "chunk of record %u, next", i);
    damage(&chunk->bytes, 8, 77, "chunk of record %u, bytes at %llu: found 77", i, (unsigned long long)r->chunks + 8);
    damage(&r->bytes, 8, r->bytes + 1, "record %u, bytes", i);
    damage(&r->limit, 8, r->limit + 8, "record %u, limit", i);
    damage(&r->bump, 8, r->limit + 8, "record %u, bump", i);
    damage(&r->bump, 8, 0, "record %u, bump", i);
    uint32_t t = held_share.record;
    damage(&rec(t)->chunks, 8, other, "record %u, chunks", t);
    damage(&rec(t)->bytes, 8, 1, "record %u, bytes", t);
    damage(&rec(t)->first_child, 4, rec(i)->first_child, "record %u, first_child", t);
}

static void children(void) {
    uint32_t i = held.record, child = rec(i)->first_child, second = rec(child)->next_child;
    CHECK(child && second);
    uint32_t other = rec(some(REC_LEASED, false))->first_child;
    damage(&rec(i)->first_child, 4, 0, "record %u, parent", child);
    damage(&rec(i)->first_child, 4, 5000000, "record %u, first_child", i);
    damage(&rec(i)->first_child, 4, i, "record %u, first_child", i);
    damage(&rec(i)->first_child, 4, other, "record %u, first_child", i);
    damage(&rec(child)->next_child, 4, child, "record %u, next_child", child);
    damage(&rec(child)->next_child, 4, 0, "record %u, parent", second);
    damage(&rec(second)->prev_child, 4, 0, "record %u, prev_child", second);
    damage(&rec(child)->parent, 8, LINK(77, i), "record %u, parent", child);
    damage(&rec(child)->parent, 8, LINK(word_gen(word(&rec(child)->word)), child), "record %u, ", child);
    damage(&rec(child)->word, 8, in_state(child, REC_CHILD, i + 1), "record %u, word", child);
    damage(&rec(child)->word, 8, in_state(child, REC_HELD, me()), "record %u, first_child", i);
    /* a parent in its child */
    uint64_t w = word(&rec(i)->word), parent = word(&rec(i)->parent);
    a64_store_relaxed(&rec(i)->parent, LINK(word_gen(word(&rec(child)->word)), child));
    damage(&rec(i)->word, 8, WORD(word_gen(w), REC_CHILD, child), "a circle");
    a64_store_relaxed(&rec(i)->parent, parent);
}

static void shares(void) {
    uint32_t t = held_share.record, object = link_record(word(&rec(t)->target));
    uint64_t target = word(&rec(t)->target);
    damage(&rec(t)->target, 8, LINK(1, 5000000), "record %u, target", t);
    damage(&rec(t)->target, 8, LINK(held.generation, held.record), "record %u, target", t);
    damage(&rec(t)->target, 8, LINK(link_gen(target) + 1, object), "record %u, target", t);
    damage(&rec(t)->word, 8, in_state(t, REC_DECD, me()), "record %u, rc_count", object);
    damage(&rec(t)->word, 8, in_state(t, REC_SHARED, 0), "record %u, target", t);
    damage(&rec(object)->rc_count, 8, (uint64_t)7 << 32 | link_gen(target),
           "record %u, rc_count at %llu: found 7, expected 2", object,
           (unsigned long long)pool_offset(pool, &rec(object)->rc_count));
    damage(&rec(object)->rc_count, 8, word(&rec(object)->rc_count) ^ 1, "record %u, rc_count", object);
    damage(&rec(object)->word, 8, in_state(object, REC_HELD, me()), "record %u, target", t);
}

/* ---- pages ---- */

static void pages(void) {
    uint32_t i = held.record, page = page_of(pool, rec(i)->chunks), slot = 0, span = 0, high = data_page_high(pool),
             none = high - 1;
    while (word_holder(word(&pool_tags(pool, page)[slot])) != i) slot++;
    while (span < high && word_state(word(&pool_pagemap(pool)[span])) != PAGE_SPAN) span++;
    while (none > 0 && word(&pool_pagemap(pool)[none])) none--;
    CHECK(span < high);
    a64 *w = &pool_pagemap(pool)[page], *bits = pool_at(pool, pool->layout.commit);
    damage(w, 8, 0, "record %u, chunks", i);
    damage(w, 8, WORD(0, 7, 0), "page %u, word at %llu: found state 7", page, (unsigned long long)pool_offset(pool, w));
    damage(w, 8, WORD(1, PAGE_SLAB + 7, me()), "page %u, word", page);
    damage(w, 8, WORD(1, word_state(word(w)), 99), "page %u, word at %llu: found holder 99", page,
           (unsigned long long)pool_offset(pool, w));
    damage(w, 8, WORD(1, word_state(word(w)) - PAGE_SLAB + PAGE_SLAB_ORPHAN, 5), "page %u, word", page);
    damage(w, 8, WORD(1, PAGE_SPAN, 50), "page %u, ", page);
    damage(w, 8, WORD(0, PAGE_TRIM, 99), "page %u, word", page);
    a64 *tag = &pool_tags(pool, page)[slot];
    damage(tag, 8, 0, "record %u, chunks", i);
    damage(tag, 8, WORD(held.generation + 5, 1, i), "page %u, tag at %llu: found record %u.%u, which is gone", page,
           (unsigned long long)pool_offset(pool, tag), i, held.generation + 5);
    damage(tag, 8, WORD(held.generation, 2, i), "page %u, tag", page);
    uint32_t empty = 0, blocks = TAGS_PER_PAGE >> (word_state(word(w)) & 7);
    while (empty < blocks && word(&pool_tags(pool, page)[empty])) empty++;
    if (empty < blocks) damage(&pool_tags(pool, page)[empty], 8, WORD(held.generation, 1, i), "lost memory");
    if (blocks < TAGS_PER_PAGE)
        damage(&pool_tags(pool, page)[63], 8, WORD(held.generation, 1, i), "page %u, tag", page);
    damage(&pool_tags(pool, span)[3], 8, WORD(held.generation, 1, i), "page %u, tag", span);
    a64 *s = &pool_pagemap(pool)[span];
    damage(s, 8, 0, "record %u, chunks", word_holder(word(s)));
    damage(s, 8, WORD(word_gen(word(s)) + 1, PAGE_SPAN, word_holder(word(s))), "page %u, word", span);
    damage(&pool_pagemap(pool)[none], 8, word(s), "page %u, word at %llu: found record %u, whose chunks do not have it",
           none, (unsigned long long)pool_offset(pool, &pool_pagemap(pool)[none]), word_holder(word(s)));
    for (int k = 0; k < 2; k++) {
        uint32_t p = k ? span : page;
        uint64_t unit = page_offset(pool, p) >> UNIT_SHIFT;
        damage(&bits[unit / 64], 8, word(&bits[unit / 64]) & ~((uint64_t)1 << unit % 64), "page %u, word", p);
    }
    a64 *rp = &pool_recmap(pool)[0];
    damage(rp, 8, WORD(1, PAGE_RECORDS, 99), "record page 0, word at %llu: found holder 99",
           (unsigned long long)pool_offset(pool, rp));
    damage(rp, 8, WORD(1, 33, 0), "record page 0, word");
    damage(rp, 8, WORD(1, PAGE_ORPHAN, 4), "record page 0, word");
    damage(rp, 8, 0, "record page 0, word");
}

/* ---- values: of a packet that is held, sent, leased, returned, published ---- */

static void values_of(uint32_t i) {
    struct record *r = rec(i);
    struct tab *t = pool_at(pool, r->root.payload);
    struct entry *entries = pool_at(pool, t->entries);
    struct at at = {.pool = pool, .rec = r, .cell = &r->root};
    damage(&r->root.type, 1, 70, "record %u, root", i);
    damage(&r->root.payload, 8, r->root.payload + UNIT_BYTES * 64, "record %u, root", i);
    damage(&t->used, 4, t->capacity + 1, "record %u, root", i);
    damage(&t->live, 4, t->live - 1, "record %u, root", i);
    damage(&t->entries, 8, 0, "record %u, root", i);
    damage(&t->mask, 4, 60, "record %u, root", i);
    damage(&t->capacity, 4, t->capacity + 1, "record %u, root", i);
    damage(&entries[0].value.type, 1, 99, "record %u, root", i);
    struct arr *a = cell_arr(&at, &entries[0].value);
    damage(&a->count, 8, a->capacity + 1, "record %u, root", i);
    damage(&arr_items(&at, a)[3], 8, 8, "record %u, root", i);
    damage(&arr_cell(&at, a, 5)->payload, 8, 1, "record %u, root", i);
    damage((char *)pool_at(pool, arr_cell(&at, a, 5)->payload) + 3, 1, 0xff, "record %u, root", i);
    for (uint32_t k = 0; k < t->used; k++) {
        struct cell *c = &entries[k].value;
        if (c->type == BRINE_ARRAY) {
            struct ndarray *d = pool_at(pool, c->payload);
            damage(&d->count, 8, d->count + 1, "record %u, root", i);
            damage(&d->dims[0], 8, UINT64_MAX, "record %u, root", i);
            damage(&d->data, 8, 64, "record %u, root", i);
        } else if (c->type == CELL_REF) {
            damage(&c->payload, 8, LINK(9, 9), "record %u, root", i);
            uint64_t mine = c->payload;
            for (uint32_t m = k + 1; m < t->used; m++) /* the other packet inside: named twice */
                if (entries[m].value.type == CELL_REF)
                    damage(&entries[m].value.payload, 8, mine, "found a second reference to record %u",
                           link_record(mine));
        }
    }
}

static void values(void) {
    values_of(held.record);
    values_of(some(REC_SENDING, false));
    values_of(some(REC_LEASED, false));
    values_of(some(REC_RETURNED, false));
    values_of(link_record(word(&rec(some(REC_PUBLISHED, true))->target)));
    uint32_t child = rec(held.record)->first_child; /* and one inside: it is judged by itself */
    damage(&rec(child)->root.type, 1, 70, "record %u, root", child);
}

/* ---- bounds from the header are not believed ---- */

static void hints(void) {
    struct header *h = pool_header(pool);
    a64 *const all[] = {&h->proc_high,      &h->dir_high, &h->endp_high, &h->record_page_high,
                        &h->data_page_high, &h->page_low, &h->high_units};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t before = word(all[i]);
        static const uint64_t extremes[] = {UINT64_MAX, INT64_MAX, 1ull << 32, 1u << 31, 1u << 26, 0};
        for (size_t k = 0; k < sizeof extremes / sizeof *extremes; k++) {
            a64_store_relaxed(all[i], extremes[k]);
            CHECK(brine_pool_check(pool, NULL, NULL) >= 0);
            info_of(pool);
        }
        a64_store_relaxed(all[i], before);
    }
    check_whole(pool);
}

/* ---- copies ---- */

static void copy_file(const char *from, const char *to) {
    char command[1400];
    snprintf(command, sizeof command, "cp %s %s", from, to);
    CHECK_EQ_INT(system(command), 0);
}

/* A copied file is checked read-only, with nobody attached to it; damage is found there as well. */
static void copies(void) {
    char from[600];
    snprintf(from, sizeof from, "%s", pool_file("k"));
    copy_file(from, pool_file("copy"));
    brine_pool *copy = attach_readonly("copy");
    check_whole(copy);
    brine_pool_detach(copy);
    static const uint32_t states[] = {REC_SENDING, REC_LEASED, REC_RETURNED};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        uint32_t record = some(states[i], false);
        uint8_t before = rec(record)->root.type;
        char expected[60];
        rec(record)->root.type = 70;
        copy_file(from, pool_file("copy"));
        rec(record)->root.type = before;
        snprintf(expected, sizeof expected, "record %u, root", record);
        copy = attach_readonly("copy");
        judge(copy, expected);
        brine_pool_detach(copy);
    }
    CHECK_OK(brine_pool_unlink("copy"));
}

int main(void) {
    make_rich_pool();
    tables();
    participants();
    names();
    rings();
    record_words();
    chunks();
    children();
    shares();
    pages();
    values();
    hints();
    copies();
    printf("%d mutants, all found\n", mutants);
    drop_pool(pool);
    return 0;
}
