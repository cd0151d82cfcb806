/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on pools, memory, packets, values and shares, for scenes. */
#ifndef TESTS_CRASH_ON_PACKETS_H
#define TESTS_CRASH_ON_PACKETS_H

#include "scene.h"

/* ---- region ---- */

static void create_pool(void) {
    brine_pool_options options = {.max_bytes = brine_pool_bytes(pool)};
    brine_pool *made;
    char name[32];
    snprintf(name, sizeof name, "new%s", pool_text);
    board->rc = brine_pool_create(name, &options, &made);
}
static void attach_again(void) {
    brine_pool *again;
    board->rc = brine_pool_attach(pool_text, NULL, brine_now(), &again);
}
static void first_use(void) { board->rc = brine_pipe_length(pipe_a) > ROOM; }
static void detach(void) {
    brine_pool_detach(pool);
    board->rc = 0;
}
static void ready_to_detach(void) {
    brine_packet packet = filled_packet(pool, 70000, 2);
    brine_pipe *mine;
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &packet));
    CHECK_OK(brine_pipe_serve(pool, "a", 0, &mine));
    CHECK_OK(brine_dequeue(pipe_l, &packet, brine_now()));
    filled_packet(pool, 100, 2);
}
static void trim(void) { board->rc = brine_pool_trim(pool, NULL); }
static void ready_to_trim(void) {
    CHECK_OK(brine_packet_free(filled_packet(pool, 70000, 1)));
    CHECK_OK(brine_packet_free(filled_packet(pool, 3000, 1)));
}

/* ---- packets and memory ---- */

static void small_packet(void) { board->rc = brine_packet_new(pool, &board->packet); }
static void packet_with_block(void) { board->rc = brine_packet_new_sized(pool, 3000, &board->packet); }
static void packet_with_span(void) { board->rc = brine_packet_new_sized(pool, 100000, &board->packet); }
static void raw_memory(void) {
    void *memory = brine_pool_allocate(pool, 5000);
    board->rc = memory ? brine_pool_deallocate(pool, memory) : BRINE_ENOMEM;
}
static void with_chunks(void) {
    board->packet = filled_packet(pool, 3000, 1);
    CHECK(grow_packet(board->packet, 9000) && grow_packet(board->packet, 70000));
}
static void with_children(void) {
    size_t shape[] = {10000};
    brine_packet share = number_packet(pool, 5);
    with_packet();
    CHECK_OK(brine_packet_share(&share));
    CHECK(brine_set_array(root(), "big", BRINE_F32, 1, shape) != NULL);
    CHECK_OK(brine_set_packet(root(), "share", share));
    CHECK_OK(brine_set_packet(root(), "part", filled_packet(pool, 2000, 6)));
}
static void free_packet(void) { board->rc = brine_packet_free(board->packet); }

/* ---- values ---- */

static void built(void) { board->rc = brine_packet_error(board->packet); }

static void put_scalars(brine_ref tab) {
    int16_t small = -5;
    brine_set_none(tab, "none");
    brine_set_bool(tab, "bool", true);
    brine_set_int(tab, "int", -7);
    brine_set_uint(tab, "uint", 7);
    brine_set_float(tab, "float", 1.5f);
    brine_set_double(tab, "double", 2.5);
    brine_assign_complex64(brine_slot(tab, "c64"), 1, 2);
    brine_set_complex(tab, "c128", 3, 4);
    brine_assign_number(brine_slot(tab, "i16"), BRINE_I16, &small);
}
static void put_texts(brine_ref tab) {
    static const char long_text[] = "a text of more than seven bytes, which stands in the arena and not in its cell";
    char big[1600];
    memset(big, 'x', sizeof big);
    brine_set_str(tab, "short", "short");
    brine_set_str(tab, "long", long_text);
    brine_set_bytes(tab, "bytes", long_text, sizeof long_text);
    brine_set_strn(tab, "big", big, sizeof big);
}
static void put_bigints(brine_ref tab) {
    const uint64_t limbs[] = {1, 2, 3, 4, 5, 6, 7, 8};
    brine_assign_bigint(brine_slot(tab, "two"), -1, limbs, 2, 0);
    brine_assign_bigint(brine_slot(tab, "eight"), 1, limbs, 8, BRINE_UNSIGNED);
    brine_assign_int_text(brine_slot(tab, "text"), "123456789012345678901234567890", 30, 10);
}
static void put_tab(brine_ref tab) {
    char key[16];
    brine_ref in = brine_set_tab(tab, "tab");
    for (int i = 0; i < 24; i++) { /* over 16 entries it gets an index */
        snprintf(key, sizeof key, "key %d", i);
        brine_set_int(in, key, i);
    }
    brine_delete(in, "key 3");
    brine_assign_int(brine_slot_key(in, brine_key_int(5)), 5);
}
static void put_arr(brine_ref tab) {
    brine_ref arr = brine_set_arr(tab, "arr"), tup = brine_assign_tup(brine_slot(tab, "tup"), 3);
    for (int i = 0; i < 20; i++) brine_append_int(arr, i);
    brine_assign_str(brine_insert(arr, 3), "inserted here");
    brine_delete_at(arr, 5);
    for (int i = 0; i < 3; i++) brine_assign_int(brine_at(tup, i), i);
}
static void put_arrays(brine_ref tab) {
    size_t small[] = {4, 8}, big[] = {9000};
    double *data = brine_set_array(tab, "small", BRINE_F64, 2, small);
    if (data) data[31] = 31;
    float *more = brine_set_array(tab, "big", BRINE_F32, 1, big); /* a packet of its own */
    if (more) more[8999] = 8999;
}
static void put_packets(brine_ref tab) {
    brine_packet part, share;
    brine_pool *in = brine_packet_pool(brine_ref_packet(tab));
    if (brine_packet_new(in, &part) || brine_packet_new(in, &share) || brine_packet_share(&share)) return;
    brine_set_packet(tab, "part", part);
    brine_set_int(brine_find(tab, "part"), "inside", 1);
    brine_set_packet(tab, "share", share);
}
static void put_everything(brine_ref tab) {
    brine_set_int(tab, "n", RICH);
    put_scalars(tab);
    put_texts(tab);
    put_bigints(tab);
    put_tab(tab);
    put_arr(tab);
    put_arrays(tab);
    put_packets(tab);
}

#define BUILD(what)                                                                                                    \
    static void build_##what(void) {                                                                                   \
        put_##what(root());                                                                                            \
        built();                                                                                                       \
    }
BUILD(scalars)
BUILD(texts)
BUILD(bigints)
BUILD(tab)
BUILD(arr)
BUILD(arrays)
BUILD(packets)
static void build_from_text(void) {
    static const char text[] = "{'a': [1, 2.5, 'three', {'four': (4, None, True)}], 'b': 12345678901234567890123}";
    board->rc = brine_parse_literal(root(), text, sizeof text - 1, NULL);
}
static void build_and_send(void) {
    put_everything(root());
    board->rc = brine_enqueue(pipe_a, board->packet, brine_now());
}
static void with_text(void) {
    with_packet();
    put_texts(root());
}
static void grow(void) {
    static const char text[] = "another text, longer than what was there before, so that it needs a place of its own";
    static char big[20000];
    for (int i = 0; i < 3; i++) brine_set_str(root(), "long", text);
    for (int i = 0; i < 4; i++) brine_set_bytes(root(), "big", big, sizeof big >> (3 - i)); /* chunks, then a span's */
    for (int i = 0; i < 40; i++) brine_append_int(i ? brine_find(root(), "grown") : brine_set_arr(root(), "grown"), i);
    built();
}
static void with_everything(void) {
    with_packet();
    put_everything(root());
}
static void overwrite(void) {
    brine_set_int(root(), "big", 1); /* frees the packet of its own */
    brine_set_int(root(), "share", 1);
    brine_clear(brine_find(root(), "tab"));
    brine_delete(root(), "arr");
    built();
}
static void take_part(void) { board->rc = brine_take_packet(brine_find(root(), "part"), &board->packet); }
static void copy_packet(void) {
    brine_packet copy;
    board->rc = brine_packet_copy(root(), pool, &copy);
}
static void compact(void) { board->rc = brine_packet_compact(&board->packet); }

/* ---- shares ---- */

static void with_filled(void) { board->packet = filled_packet(pool, 3000, 3); }
static void with_share(void) {
    with_filled();
    CHECK_OK(brine_packet_share(&board->packet));
}
static void with_two_shares(void) {
    brine_packet other;
    with_share();
    CHECK_OK(brine_packet_clone(board->packet, &other));
}
static void share(void) { board->rc = brine_packet_share(&board->packet); }
static void clone_share(void) {
    brine_packet more;
    board->rc = brine_packet_clone(board->packet, &more);
}
static void own(void) { board->rc = brine_packet_own(&board->packet); }
/* A share of the same packet is in "b", where it stays. */
static void share_in_b(void) {
    brine_packet packet = number_packet(pool, 1), theirs;
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &theirs));
    CHECK_OK(brine_enqueue(pipe_b, theirs, brine_now()));
    CHECK_OK(brine_enqueue(pipe_a, packet, brine_now()));
    sent(1);
}
static void with_common_share(void) {
    warm();
    CHECK_OK(brine_dequeue(pipe_a, &board->packet, brine_now()));
}

#endif
