/* SPDX-License-Identifier: Apache-2.0 */
/* brine_pool_check finds what is wrong: each kind of damage is put into a sound pool, found, named, and
 * gone again when it is undone. */
#include "heap/pages.h"
#include "observe/observe.h"
#include "pipe/ring.h"
#include "pool_helpers.h"

static brine_pool *pool;
static char found[4096];

static void note(const char *problem, void *context) {
    (void)context;
    strncat(found, problem, sizeof found - strlen(found) - 2);
    strcat(found, "\n");
}

/* Writes value over a word: check says `what`; restores it. */
static void damage(const char *where, void *word, uint64_t value, const char *what) {
    uint64_t before;
    memcpy(&before, word, 8);
    memcpy(word, &value, 8);
    found[0] = 0;
    int problems = brine_pool_check(pool, note, NULL);
    CHECK_MSG(problems > 0 && strstr(found, what), "%s: %d problems, of which none is \"%s\":\n%s", where, problems,
              what, found);
    CHECK_EQ_INT(brine_pool_check(pool, NULL, NULL), problems); /* without a reporter */
    memcpy(word, &before, 8);
    check_whole(pool);
}

static void damage32(const char *where, void *word, uint32_t value, const char *what) {
    uint32_t before;
    memcpy(&before, word, 4);
    memcpy(word, &value, 4);
    found[0] = 0;
    int problems = brine_pool_check(pool, note, NULL);
    CHECK_MSG(problems > 0 && strstr(found, what), "%s: %d problems, of which none is \"%s\":\n%s", where, problems,
              what, found);
    memcpy(word, &before, 4);
    check_whole(pool);
}

static void records(brine_packet packet, brine_packet share) {
    struct record *r = pool_record(pool, packet.record);
    uint32_t me = a32_load_relaxed(pool->me);
    damage("state", &r->word, WORD(packet.generation, 40, me), "state 40");
    damage("holder", &r->word, WORD(packet.generation, REC_HELD, 777), "777");
    damage("generation", &r->word, WORD(packet.generation + 1, REC_HELD, me), "gone");
    damage("freed", &r->word, WORD(packet.generation + 1, REC_FREE, 0), "gone");
    damage("queued nowhere", &r->word, WORD(packet.generation, REC_QUEUED, 0), "in no pipe");
    damage("child of nobody", &r->word, WORD(packet.generation, REC_CHILD, 5), "record");
    damage("chunks", &r->chunks, 12345678901, "outside");
    damage("chunks", &r->chunks, r->chunks + 8, "outside");
    damage("chunks", &r->chunks, pool_record(pool, share.record)->chunks ? 1024 : 1, "outside");
    damage("chunk list", pool_at(pool, r->chunks), r->chunks, "circle");
    damage("chunk list", pool_at(pool, r->chunks), UINT64_MAX, "outside");
    damage("bytes", &r->bytes, r->bytes + 1, "bytes");
    struct record *t = pool_record(pool, share.record);
    uint64_t target = a64_load_relaxed(&t->target);
    struct record *object = pool_record(pool, link_record(target));
    damage("target", &t->target, LINK(1, 5000000), "does not exist");
    damage("target", &t->target, LINK(packet.generation, packet.record), "shares but is in state");
    damage("count", &object->rc_count, (uint64_t)7 << 32 | link_gen(target), "its count says 7");
    damage("count generation", &object->rc_count, a64_load_relaxed(&object->rc_count) ^ 1, "count");
    uint32_t free_record = 0;
    for (uint32_t i = 1; i < 128 && !free_record; i++)
        if (word_state(a64_load_relaxed(&pool_record(pool, i)->word)) == REC_FREE) free_record = i;
    damage("free with target", &pool_record(pool, free_record)->target, target, "free but names");
    damage("free made held", &pool_record(pool, free_record)->word, WORD(99, REC_HELD, me), "");
}

static void pages(brine_packet packet) {
    struct record *r = pool_record(pool, packet.record);
    uint32_t page = page_of(pool, r->chunks), slot = 0;
    a64 *word = &pool_pagemap(pool)[page];
    while (word_holder(a64_load_relaxed(&pool_tags(pool, page)[slot])) != packet.record) slot++;
    damage("page freed", word, 0, "belongs to somebody else");
    damage("page state", word, WORD(0, 7, 0), "state 7");
    damage("page class", word, WORD(1, PAGE_SLAB + 7, a32_load_relaxed(pool->me)), "class 7");
    damage("page owner", word, WORD(1, word_state(a64_load_relaxed(word)), 99), "participant 99");
    damage("page as span", word, WORD(1, PAGE_SPAN, 50), "record 50");
    damage("tag cleared", &pool_tags(pool, page)[slot], 0, "belongs to somebody else");
    damage("tag of another", &pool_tags(pool, page)[slot], WORD(packet.generation + 5, 1, packet.record), "gone");
    damage("tag out of nothing", &pool_tags(pool, page)[slot + 1], WORD(1, 1, 4000000), "4000000");
    a64 *bits = (a64 *)(void *)(pool->base + pool->layout.commit);
    uint64_t unit = page_offset(pool, page) >> UNIT_SHIFT;
    damage("commit bit", &bits[unit / 64], a64_load_relaxed(&bits[unit / 64]) & ~((uint64_t)1 << unit % 64),
           "not committed");
    damage("recmap", &pool_recmap(pool)[0], WORD(1, PAGE_RECORDS, 99), "participant 99");
    damage("recmap", &pool_recmap(pool)[0], WORD(1, 33, 0), "state 33");
}

static void names(brine_packet packet) {
    uint64_t w;
    uint32_t i = brine__find_name(pool, "p", &w), k = brine__find_name(pool, "q", &w);
    struct ring r;
    CHECK(brine__ring_of(pool, i, word_gen(a64_load_relaxed(&pool_dir(pool, i)->word)), &r));
    uint64_t full = a64_load_relaxed(&r.slots[0]);
    damage("slot emptied", &r.slots[0], 0, "should be full");
    damage("slot of another record", &r.slots[0], (full & ~(uint64_t)0x3ffffff) | packet.record, "in state 1");
    damage("slot of no record", &r.slots[0], full | 0x3ffffff, "does not exist");
    damage("slot twice", &r.slots[1], full, "in two places");
    damage("slot too many", &r.slots[5], full, "should be empty");
    damage("head", &r.control->head, 3, "head 3");
    damage("tail", &r.control->tail, 60, "tail 60");
    damage("name", &pool_dir(pool, i)->word, WORD(word_gen(w), 9, 0), "state 9");
    damage("name held", &pool_dir(pool, i)->word, WORD(word_gen(w), DIR_HELD, 99), "participant 99");
    damage("ring", &pool_dir(pool, i)->target, LINK(1, 3000000), "no ring");
    damage("ring", &pool_dir(pool, i)->target, LINK(packet.generation, packet.record), "\"p\"");
    damage32("ring size", &pool_dir(pool, i)->ring_shift, 63, "no ring");
    damage("the same name twice", &pool_dir(pool, k)->name[0], a64_load_relaxed(&pool_dir(pool, i)->name[0]),
           "there twice");
    damage("endpoint", &pool_endp(pool, 0)->word, WORD(0, ENDP_SERVER, 99), "participant 99");
}

/* Bounds from the header are not believed. */
static void hints(void) {
    struct header *h = pool_header(pool);
    a64 *const all[] = {&h->proc_high,      &h->dir_high, &h->endp_high, &h->record_page_high,
                        &h->data_page_high, &h->page_low, &h->high_units};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t before = a64_load_relaxed(all[i]);
        static const uint64_t values[] = {UINT64_MAX, INT64_MAX, 1ull << 32, 1u << 31, 1u << 26, 0};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            a64_store_relaxed(all[i], values[k]);
            CHECK(brine_pool_check(pool, NULL, NULL) >= 0);
            info_of(pool);
        }
        a64_store_relaxed(all[i], before);
    }
    check_whole(pool);
}

int main(void) {
    brine_pipe *p, *q;
    pool = make_pool("k", 8 * MIB);
    brine_packet packet = filled_packet(pool, 3000, 1), share = filled_packet(pool, 3000, 2), clone;
    CHECK_OK(brine_packet_share(&share));
    CHECK_OK(brine_packet_clone(share, &clone));
    CHECK_OK(brine_pipe_serve(pool, "p", 8, &p));
    CHECK_OK(brine_pipe_serve(pool, "q", 8, &q));
    for (int i = 0; i < 2; i++) CHECK_OK(brine_enqueue(p, filled_packet(pool, 500, 1), brine_now()));
    check_whole(pool);
    records(packet, share);
    pages(packet);
    names(packet);
    hints();
    drop_pool(pool);
    return 0;
}
