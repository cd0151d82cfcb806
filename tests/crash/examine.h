/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a pool as a kill left it: writes the image as a file, attaches to it (nobody holds a lock there, so all
 * who were in it are dead), which reaps, and checks the invariants, the ledger, that not one byte, page, tag or
 * memory is left when all is taken out, and that the pool can be used again.
 */
#ifndef TESTS_CRASH_EXAMINE_H
#define TESTS_CRASH_EXAMINE_H

#include "ledger.h"
#include "record.h"

static char copy_name[32];

/* A bit says that there is memory: it is set after there is, and cleared before there is none. */
static void check_bits_backed(const struct image *image) {
    for (uint64_t u = 0; u < image->layout.file_bytes >> UNIT_SHIFT; u++)
        CHECK_MSG(image->backed[u] || !film_bit(image->content, &image->layout, u),
                  "unit %" PRIu64 " has a commit bit and no memory", u);
}

/* Nobody touched what is not committed. */
static void check_touched(const struct image *image, brine_pool *copy) {
    int fd = open(pool_file(copy_name), O_RDONLY | O_CLOEXEC);
    CHECK_SYS(fd);
    for (off_t at = 0, end; (at = lseek(fd, at, SEEK_DATA)) >= 0; at = end) {
        end = lseek(fd, at, SEEK_HOLE);
        for (uint64_t p = (uint64_t)at / TRAP_PAGE; p < (uint64_t)end / TRAP_PAGE; p++)
            CHECK_MSG(image->touched[p] || brine__committed(copy, p * TRAP_PAGE, TRAP_PAGE),
                      "memory at %#" PRIx64 " was touched and is not committed", p * TRAP_PAGE);
    }
    close(fd);
}

/* ---- the ledger ---- */

/* If it holds values of every kind, they are whole. */
static void check_content(brine_packet packet) {
    brine_ref at = brine_root(packet);
    brine_packet again;
    if (brine_type_of(at) != BRINE_TAB) return;
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_new(brine_packet_pool(packet), &again));
    put_everything(brine_root(again));
    CHECK_OK(brine_packet_error(again));
    CHECK_MSG(brine_equal(at, brine_root(again)), "the packet with everything is another one");
    CHECK_OK(brine_packet_free(again));
}

struct names {
    char name[8][BRINE_NAME_MAX + 1];
    int count;
};
static int note_pipe(const brine_pipe_info *info, void *context) {
    struct names *names = context;
    CHECK(names->count < 8);
    strcpy(names->name[names->count++], info->name);
    CHECK_MSG(info->blocked_readers == 0 && info->blocked_writers == 0, "pipe \"%s\": a dead waiter is still counted",
              info->name);
    return 0;
}
static int note_value(const brine_published_info *info, void *context) {
    struct names *names = context;
    CHECK(names->count < 8);
    strcpy(names->name[names->count++], info->name);
    return 0;
}

/* Takes everything out of the pool, by name. */
static void take_all(brine_pool *copy, uint8_t got[256]) {
    struct names pipes = {.count = 0}, values = {.count = 0};
    CHECK_OK(brine_pipe_each(copy, note_pipe, &pipes));
    CHECK_OK(brine_published_each(copy, note_value, &values));
    for (int i = 0; i < pipes.count; i++) {
        brine_pipe *pipe;
        brine_packet packet;
        uint64_t last = 0;
        CHECK_OK(brine_pipe_connect(copy, pipes.name[i], brine_now(), &pipe));
        CHECK_EQ_INT((uint32_t)a64_load_relaxed(&pipe->control->wait_readers) +
                         (uint32_t)a64_load_relaxed(&pipe->control->wait_writers),
                     0);
        while (brine_dequeue(pipe, &packet, brine_now()) == 0) {
            uint64_t n = number_in(packet);
            CHECK(n < 256);
            check_content(packet);
            CHECK_MSG(strcmp(pipes.name[i], "a") != 0 || n > last, "packet %" PRIu64 " came after packet %" PRIu64, n,
                      last);
            got[n]++;
            last = n;
            CHECK_OK(brine_packet_free(packet));
        }
        CHECK_OK(brine_pipe_close(pipe));
        CHECK_OK(brine_pipe_remove(copy, pipes.name[i]));
    }
    for (int i = 0; i < values.count; i++) CHECK_OK(brine_unpublish(copy, values.name[i]));
}

/* Packets with a number that somebody held when all died: those are gone, by promise. A share counts as its packet. */
static void note_held(const struct image *image, bool held[256]) {
    const struct layout *l = &image->layout;
    for (uint64_t i = 1; i < l->record_pages * RECORDS_PER_PAGE; i++) {
        if (!film_bit(image->content, l, (l->records + i * RECORD_BYTES) >> UNIT_SHIFT)) continue;
        const struct record *r = (const void *)(image->content + l->records + i * RECORD_BYTES), *of = r;
        if (word_state(a64_load_relaxed(&r->word)) != REC_HELD) continue;
        uint64_t target = a64_load_relaxed(&r->target);
        if (target) of = (const void *)(image->content + l->records + (uint64_t)link_record(target) * RECORD_BYTES);
        note_number(of, held);
    }
}

/* ---- nothing is left ---- */

static void check_records_free(brine_pool *copy) {
    for (uint32_t i = 1; i < pool_record_high(copy); i++) {
        if (!pool_record_exists(copy, i)) continue;
        struct record *r = pool_record(copy, i);
        CHECK_MSG(word_state(a64_load_acquire(&r->word)) == REC_FREE && a64_load_relaxed(&r->target) == 0,
                  "record %u is left", i);
    }
}

static void check_tables_free(brine_pool *copy) {
    uint32_t me = a32_load_relaxed(copy->me);
    const struct header *h = pool_header(copy);
    for (uint32_t i = 1; i < a64_load_relaxed(&h->proc_high); i++)
        CHECK_MSG(i == me || word_state(a64_load_relaxed(&pool_proc(copy, i)->word)) == PROC_FREE,
                  "participant %u is left", i);
    for (uint32_t i = 0; i < dir_high(copy); i++)
        CHECK_MSG(word_state(a64_load_relaxed(&pool_dir(copy, i)->word)) == DIR_FREE, "name %u is left", i);
    for (uint32_t i = 0; i < a64_load_relaxed(&h->endp_high); i++)
        CHECK_MSG(word_state(a64_load_relaxed(&pool_endp(copy, i)->word)) == ENDP_FREE, "endpoint %u is left", i);
}

/* No page, no tag, no memory; record pages stay what they are. */
static void check_pages_free(brine_pool *copy) {
    const struct layout *l = &copy->layout;
    CHECK_OK(brine_pool_trim(copy, NULL));
    for (uint32_t p = 0; p < a64_load_relaxed(&pool_header(copy)->data_page_high); p++) {
        CHECK_MSG(a64_load_relaxed(&pool_pagemap(copy)[p]) == 0, "page %u is left: %#" PRIx64, p,
                  a64_load_relaxed(&pool_pagemap(copy)[p]));
        for (uint32_t i = 0; i < TAGS_PER_PAGE; i++)
            CHECK_MSG(a64_load_relaxed(&pool_tags(copy, p)[i]) == 0, "tag %u of page %u is left", i, p);
    }
    for (uint32_t p = 0; p < l->data_pages; p++)
        CHECK_MSG(!brine__committed(copy, l->pages + ((uint64_t)p << UNIT_SHIFT), UNIT_BYTES),
                  "page %u keeps its memory", p);
    for (uint32_t p = 0; p < l->record_pages; p++)
        CHECK_MSG(!brine__committed(copy, l->records + ((uint64_t)p << UNIT_SHIFT), UNIT_BYTES) ||
                      a64_load_relaxed(&pool_recmap(copy)[p]) != 0,
                  "record page %u has memory and is nobody's", p);
}

static void check_nothing_left(brine_pool *copy) {
    *damage = LEAKED;
    CHECK_EQ_INT(info_of(copy).used_bytes, 0);
    check_records_free(copy);
    check_tables_free(copy);
    check_pages_free(copy);
    *damage = OTHER;
}

/* Fresh processes may carry on. */
static void use_again(brine_pool *copy) {
    static const uint64_t sizes[] = {10, 3000, 100000};
    brine_pipe *pipe = serve(copy, "again", 4);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        brine_packet packet = filled_packet(copy, sizes[i], (uint8_t)i);
        CHECK(packet.record != 0);
        if (i == 1) CHECK_OK(brine_packet_share(&packet));
        CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
        CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
        check_filled(packet);
        CHECK_OK(brine_packet_free(packet));
    }
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(copy, "again"));
}

/* ---- one image ---- */

/* image: the file as it is. death: as the process of the scene left it. */
static void examine_pool(const struct scene *scene, const struct image *image, const struct image *death,
                         brine_pool *copy, bool returned) {
    uint8_t got[256] = {0};
    bool held[256] = {false};
    check_whole(copy);
    check_touched(image, copy);
    if (scene->look) scene->look(copy, returned);
    note_received(scene, returned, got);
    take_all(copy, got);
    note_held(death, held);
    compare(scene, returned, got, held);
    check_nothing_left(copy);
    if (image != death) return;
    use_again(copy);
    check_nothing_left(copy);
    check_empty(copy);
}

static void examine(const struct scene *scene, const struct image *image, const struct image *death, bool returned) {
    brine_pool *copy;
    if (!image->named) return; /* a file without a name goes with its process */
    image_write(image, pool_file(copy_name));
    CHECK_OK(brine_pool_attach(copy_name, NULL, brine_now(), &copy));
    examine_pool(scene, image, death, copy, returned);
    drop_pool(copy);
}

#endif
