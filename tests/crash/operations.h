/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every public operation that changes a pool, as a scene: what there is before it, the operation, and what
 * must be there after its process was killed somewhere in it. Used by the kill matrix (which looks at copies of
 * the pool) and the freeze matrix (which stops the process and lets others work).
 *
 * The pool has three pipes, "a" and "b", and "l" with leases, a limit of two deliveries and the dead-letter pipe
 * "dead". Packets carry numbers. The ledger says how often each number must be found in the end: 1 to 99 were sent by
 * the scene, CHILD is what the operation sends, from LOOSE on are those that need not be accounted for.
 */
#ifndef TESTS_CRASH_OPERATIONS_H
#define TESTS_CRASH_OPERATIONS_H

#include <sys/prctl.h>

#include "trap.h"

#define CHILD 200
#define RICH 201 /* the number of a packet with values of every kind */
#define LOOSE 230
#define ROOM 8   /* capacity of the pipes */

struct ledger {
    uint8_t least[256], most[256];
    unsigned missing; /* so many of the least may be missing, besides those that the dead one held */
};

/* Shared by all processes of a scene. */
struct board {
    a32 returned; /* the operation returned */
    a32 stage;
    a32 asleep, busy; /* the process is in a futex call; its partner works */
    int rc;
    uint64_t number;     /* what it received */
    brine_packet packet; /* what it works on */
    uint8_t sent[256], got[256];
};
static struct board *board;
static brine_pool *pool;
static brine_pipe *pipe_a, *pipe_b, *pipe_l;
static char pool_text[16] = "p"; /* the name of the pool */

enum { FRESH = 1, RECEIVES = 2, NO_FREEZE = 4, CREATES = 8, SLEEPS = 16 };
struct scene {
    const char *name;
    void (*before)(void); /* parent: brings the pool into the state that the scene begins with */
    void (*ready)(void);  /* the process: what comes before the operation */
    void (*act)(void);    /* the process: the operation, which sets board->rc */
    void (*expect)(bool returned, struct ledger *ledger); /* NULL: as it was sent */
    void (*look)(brine_pool *copy, bool returned);        /* further checks of a copy; may be NULL */
    unsigned flags; /* FRESH: the process maps the pool in the operation. RECEIVES: board->number, if rc is 0 */
};

/* Called by helpers: they end with the test, however it ends. */
static void die_with_parent(void) { CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGKILL)); }

/* ---- before ---- */

static void sent(uint64_t n) { board->sent[n]++; }
static void put(brine_pipe *pipe, uint64_t n) {
    CHECK_OK(put_number(pipe, n, brine_now()));
    sent(n);
}
static void three_in_a(void) {
    for (uint64_t n = 1; n <= 3; n++) put(pipe_a, n);
}
static void full_a(void) {
    for (uint64_t n = 1; n <= ROOM; n++) put(pipe_a, n);
}
static void three_in_l(void) {
    for (uint64_t n = 1; n <= 3; n++) put(pipe_l, n);
}

/* As one who dies having taken a packet, in the middle of dequeue. */
static void taker(void *argument) {
    brine_pipe *pipe = *(brine_pipe **)argument;
    uint32_t me = 0;
    brine_packet packet;
    CHECK_EQ_INT(pipe_enter(pipe, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(pipe, me, &packet), 0);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
}
static void one_returned_to_a(void) {
    three_in_a();
    CHECK_IN_CHILD(taker, &pipe_a);
    CHECK_OK(brine_pool_reap(pool, NULL));
}

static uint64_t number_in(brine_packet packet) {
    brine_ref at = brine_root(packet);
    return brine_type_of(at) == BRINE_TAB ? (uint64_t)brine_get_int(at, "n", 0) : number_of(packet);
}

/* ---- ready ---- */

static void attach(void) { brine_pipe_length(pipe_a); }
/* Has pages to allocate from. */
static void warm(void) { CHECK_OK(brine_packet_free(number_packet(pool, 0))); }
static void with_number(void) { board->packet = number_packet(pool, CHILD); }
static void with_packet(void) {
    warm();
    CHECK_OK(brine_packet_new(pool, &board->packet));
}

static brine_ref root(void) { return brine_root(board->packet); }

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

/* ---- published values ---- */

static void publish(void) { board->rc = brine_publish(pool, "v", board->packet); }
static void published_1(void) { CHECK_OK(brine_publish(pool, "v", number_packet(pool, 1))); }
static void lookup(void) {
    brine_packet packet;
    board->rc = brine_lookup(pool, "v", brine_now(), &packet);
}
static void unpublish(void) { board->rc = brine_unpublish(pool, "v"); }

static uint64_t published_now(brine_pool *in) {
    brine_packet packet;
    int rc = brine_lookup(in, "v", brine_now(), &packet);
    if (rc == 0) return take_number(packet);
    CHECK_STATUS(rc, BRINE_ENOENT);
    return 0;
}
static void look_publish(brine_pool *copy, bool returned) {
    uint64_t n = published_now(copy);
    CHECK(n == CHILD || (!returned && n == 0));
}
static void look_replace(brine_pool *copy, bool returned) {
    uint64_t n = published_now(copy);
    CHECK(n == CHILD || (!returned && n == 1));
}
static void look_lookup(brine_pool *copy, bool returned) {
    (void)returned;
    CHECK_EQ_INT(published_now(copy), 1);
}
static void look_unpublish(brine_pool *copy, bool returned) {
    uint64_t n = published_now(copy);
    CHECK(n == 0 || (!returned && n == 1));
}

/* ---- pipes: names and handles ---- */

static brine_pipe *theirs;
static void serve_n(void) { board->rc = brine_pipe_serve(pool, "n", 4, &theirs); }
static void serve_leases(void) {
    brine_pipe_options options = {.capacity = 4, .flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "letters"};
    board->rc = brine_pipe_serve_with(pool, "n", &options, &theirs);
}
static void connect_n(void) { board->rc = brine_pipe_connect(pool, "n", brine_now(), &theirs); }
static void n_with_two(void) {
    brine_pipe *pipe = serve(pool, "n", 4);
    CHECK_OK(put_number(pipe, LOOSE + 1, brine_now()));
    CHECK_OK(put_number(pipe, LOOSE + 2, brine_now()));
    brine_pipe_detach(pipe);
}
static void with_server(void) { CHECK_OK(brine_pipe_serve(pool, "n", 0, &theirs)); }
static void with_client(void) { CHECK_OK(brine_pipe_connect(pool, "n", brine_now(), &theirs)); }
static void close_n(void) { board->rc = brine_pipe_close(theirs); }
static void detach_n(void) {
    brine_pipe_detach(theirs);
    board->rc = 0;
}
static void remove_n(void) { board->rc = brine_pipe_remove(pool, "n"); }
static void remove_and_close_n(void) {
    board->rc = brine_pipe_remove(pool, "n");
    brine_pipe_close(theirs);
}

static int connect_in(brine_pool *copy, const char *name, brine_pipe **pipe) { return brine_pipe_connect(copy, name, brine_now(), pipe); }
static void look_serve(brine_pool *copy, bool returned) {
    brine_pipe *pipe;
    int rc = connect_in(copy, "n", &pipe);
    CHECK(rc == 0 || (rc == BRINE_ENOENT && !returned));
    if (rc == 0) CHECK_OK(brine_pipe_close(pipe));
}
static void look_there(brine_pool *copy, bool returned) {
    brine_pipe *pipe;
    (void)returned;
    CHECK_OK(connect_in(copy, "n", &pipe));
    CHECK_EQ_INT(brine_pipe_length(pipe), 2);
    CHECK_OK(brine_pipe_close(pipe));
}
static void look_closed(brine_pool *copy, bool returned) {
    brine_pipe *pipe;
    CHECK_OK(connect_in(copy, "n", &pipe));
    if (returned) CHECK(brine_pipe_is_closed(pipe));
    CHECK_EQ_INT(brine_pipe_length(pipe), 2);
    CHECK_OK(brine_pipe_close(pipe));
}
static void look_removed(brine_pool *copy, bool returned) {
    brine_pipe *pipe;
    int rc = connect_in(copy, "n", &pipe);
    CHECK(rc == BRINE_ENOENT || (rc == 0 && !returned));
    if (rc == 0) CHECK_OK(brine_pipe_close(pipe));
}

/* ---- pipes: packets ---- */

static void send(void) { board->rc = brine_enqueue(pipe_a, board->packet, brine_now()); }
static void with_child_share(void) {
    with_number();
    CHECK_OK(brine_packet_share(&board->packet));
}
static void expect_send(bool returned, struct ledger *ledger) {
    bool in = returned && board->rc == 0, out = returned && board->rc != 0;
    if (returned) CHECK(board->rc == 0 || board->rc == BRINE_ETIMEDOUT);
    ledger->least[CHILD] = in;
    ledger->most[CHILD] = !out;
}
static void expect_rich(bool returned, struct ledger *ledger) {
    ledger->least[RICH] = returned && board->rc == 0;
    ledger->most[RICH] = 1;
}
static void receive(void) {
    board->rc = brine_dequeue(pipe_a, &board->packet, brine_now());
    if (board->rc == 0) board->number = number_of(board->packet);
}

static void fan_out(void) {
    brine_pipe *outputs[2] = {pipe_a, pipe_b};
    board->rc = brine_fanout(board->packet, outputs, 2, BRINE_BLOCK, brine_now(), NULL, NULL);
}
static void expect_fan_out(bool returned, struct ledger *ledger) {
    ledger->least[CHILD] = returned && board->rc == 0 ? 2 : 0;
    ledger->most[CHILD] = 2;
}
static void push_out(void) {
    brine_pipe *outputs[2] = {pipe_a, pipe_b};
    board->rc = brine_fanout(board->packet, outputs, 2, BRINE_DROP_OLDEST, brine_now(), NULL, NULL);
}
static void expect_push_out(bool returned, struct ledger *ledger) {
    expect_fan_out(returned, ledger);
    ledger->missing = 1; /* dropped */
}

/* ---- leases ---- */

static void take_lease(void) {
    board->rc = brine_dequeue(pipe_l, &board->packet, brine_now());
    if (board->rc == 0) board->number = number_of(board->packet);
}
static void with_lease(void) {
    warm();
    take_lease();
    CHECK_OK(board->rc);
}
/* It was delivered once before. */
static void with_last_lease(void) {
    with_lease();
    CHECK_OK(brine_nack(board->packet));
    take_lease();
    CHECK_EQ_INT(brine_deliveries(board->packet), 2);
}
static void ack(void) { board->rc = brine_ack(board->packet); }
static void nack(void) { board->rc = brine_nack(board->packet); }
static void forward(void) { board->rc = brine_enqueue(pipe_a, board->packet, brine_now()); }
static void l_and_full_a(void) {
    put(pipe_l, 20);
    full_a();
}
static void a_lease_of_a_share(void) {
    brine_packet packet = number_packet(pool, 1);
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_enqueue(pipe_l, packet, brine_now()));
    sent(1);
}
/* Packets of "l" in order of their positions, and how often each is delivered: packet 1 for the second time. perhaps:
 * it may not have been delivered before. */
static void look_order(brine_pool *copy, bool all_three, bool perhaps) {
    brine_pipe *pipe;
    brine_packet packet;
    uint64_t last = 0, n;
    bool first = true;
    CHECK_OK(connect_in(copy, "l", &pipe));
    while (brine_dequeue(pipe, &packet, brine_now()) == 0) {
        n = number_of(packet);
        CHECK_MSG(n > last, "packet %" PRIu64 " came after packet %" PRIu64, n, last);
        uint32_t times = brine_deliveries(packet);
        CHECK_MSG(times == (n == 1 ? 2 : 1) || (n == 1 && times == 1 && perhaps), "packet %" PRIu64 " was delivered %u times", n, times);
        if (first && all_three) CHECK_EQ_INT(n, 1);
        first = false;
        last = n;
        CHECK_OK(brine_ack(packet));
        brine_pipe *store;
        CHECK_OK(connect_in(copy, "b", &store)); /* for the ledger */
        CHECK_OK(brine_enqueue(store, packet, brine_now()));
        CHECK_OK(brine_pipe_close(store));
    }
    CHECK_EQ_INT(last, 3);
    CHECK_OK(brine_pipe_close(pipe));
}
static void look_two(brine_pool *copy, bool returned) {
    (void)returned;
    look_order(copy, false, false);
}
/* None of them is anywhere else. */
static void look_three(brine_pool *copy, bool returned) {
    (void)returned;
    look_order(copy, true, false);
}
static void look_delivery(brine_pool *copy, bool returned) { look_order(copy, true, !returned); }
/* Delivered twice, then killed or given back: it is a dead letter. */
static void look_dead_letter(brine_pool *copy, bool returned) {
    brine_pipe *pipe;
    (void)returned;
    CHECK_OK(connect_in(copy, "dead", &pipe));
    brine_pipe_info info = pipe_info(copy, "dead");
    CHECK_EQ_INT(info.depth, 1);
    CHECK_OK(brine_pipe_close(pipe));
}
/* Freed, perhaps. */
static void expect_freed(bool returned, struct ledger *ledger) { ledger->missing = !returned; }

/* ---- reaping ---- */

/* Dies with packets of every kind, in the middle of a take, with two leases. */
static void make_a_mess(void *argument) {
    uint32_t me = 0;
    brine_packet packet, other;
    brine_pipe *pipe;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        packet = filled_packet(pool, 500u << (i * 3), 1);
        if (i) CHECK_OK(brine_packet_share(&packet));
        if (i) CHECK_OK(brine_packet_clone(packet, &other));
    }
    CHECK_OK(brine_packet_new(pool, &packet));
    CHECK_OK(brine_set_packet(brine_root(packet), "part", filled_packet(pool, 40000, 6)));
    CHECK_OK(brine_pipe_serve(pool, "a", 0, &pipe));
    CHECK_OK(put_number(pipe, 12, brine_now()));
    CHECK_OK(brine_dequeue(pipe_l, &packet, brine_now())); /* 20: goes back */
    CHECK_OK(brine_dequeue(pipe_l, &packet, brine_now())); /* 21: delivered twice: a dead letter */
    CHECK_OK(brine_nack(packet));
    CHECK_OK(brine_dequeue(pipe_l, &packet, brine_now()));
    CHECK_EQ_INT(pipe_enter(pipe_a, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(pipe_a, me, &packet), 0); /* 10 */
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
    packet = number_packet(pool, 13); /* stopped in an enqueue */
    a64_store_relaxed(&pool_record(pool, packet.record)->pos, UINT64_MAX);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_SENDING, me));
    raise(SIGKILL);
}
static void before_reap(void) {
    put(pipe_a, 10);
    put(pipe_a, 11);
    sent(12);
    put(pipe_l, 20);
    put(pipe_l, 21);
    published_1();
}
/* Who joins reaps: so it joins first. */
static void ready_to_reap(void) {
    warm();
    CHECK_KILLED(check_fork(make_a_mess, NULL), SIGKILL);
}
static void reap(void) { board->rc = brine_pool_reap(pool, NULL); }

/* A dead reader's packet in a pipe that was removed since. */
static void take_of_n(void *argument) {
    die_with_parent();
    uint32_t me = 0;
    brine_packet packet;
    (void)argument;
    CHECK_OK(brine_pipe_connect(pool, "n", brine_now(), &theirs));
    CHECK_EQ_INT(pipe_enter(theirs, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(theirs, me, &packet), 0);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
    a32_store_release(&board->stage, 1);
    for (;;) sleep_ms(1000);
}
static void ready_to_reap_removed(void) {
    attach();
    pid_t pid = check_fork(take_of_n, NULL);
    await(&board->stage, 1);
    CHECK_OK(brine_pipe_remove(pool, "n"));
    CHECK_SYS(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
}

/* ---- waiting ---- */

static void wait_in_vain(void) {
    board->rc = brine_dequeue(pipe_b, &board->packet, brine_milliseconds(40));
    if (board->rc == 0) board->number = number_of(board->packet);
}
static void wait_for_room(void) { board->rc = brine_enqueue(pipe_a, board->packet, brine_milliseconds(40)); }
/* Another process sends while the first one sleeps, and only then: what it changes is seen as one change. */
static void partner(void *argument) {
    (void)argument;
    die_with_parent();
    brine_packet packet = number_packet(pool, 30);
    brine_pipe_length(pipe_b);
    a32_store_release(&board->stage, 1);
    for (;; sleep_ms(1)) {
        if (!a32_load_acquire(&board->asleep)) continue;
        sleep_ms(2);
        a32_or_seq_cst(&board->busy, 1);
        bool now = a32_add_seq_cst(&board->asleep, 0) != 0;
        if (now) CHECK_OK(brine_enqueue(pipe_b, packet, brine_now()));
        a32_store_release(&board->busy, 0);
        if (now) break;
    }
    for (;;) sleep_ms(1000);
}
__attribute__((unused)) static void fall_asleep(long call) {
    if (call == SYS_futex || call == TRAP_FUTEX_WAITV) a32_or_seq_cst(&board->asleep, 1);
}
__attribute__((unused)) static void wake_up(void) {
    a32_add_seq_cst(&board->asleep, (uint32_t)-a32_load_relaxed(&board->asleep));
    while (a32_load_acquire(&board->busy)) cpu_relax();
}
static pid_t partner_pid;
static void before_wait(void) {
    sent(30);
    partner_pid = check_fork(partner, NULL);
    await(&board->stage, 1);
}
static void wait_and_receive(void) {
    board->rc = brine_dequeue(pipe_b, &board->packet, brine_seconds(5));
    if (board->rc == 0) board->number = number_of(board->packet);
}
/* It was sent when the operation returns; before that, nobody knows. */
static void expect_woken(bool returned, struct ledger *ledger) { ledger->least[30] = returned; }
static void wait_any(void) {
    brine_wait waits[2] = {{.pipe = pipe_a, .events = BRINE_READABLE}, {.pipe = pipe_b, .events = BRINE_READABLE}};
    board->rc = brine_wait_any(waits, 2, brine_seconds(5));
}
static void ready_to_expect(void) {
    attach();
    CHECK_OK(brine_pipe_connect(pool, "n", brine_now(), &theirs));
    CHECK_OK(brine_pipe_expect(theirs, BRINE_EXPECT_SERVER));
}
static void empty_n(void) { brine_pipe_detach(serve(pool, "n", 4)); }
static void wait_for_the_gone(void) {
    brine_packet packet;
    board->rc = brine_dequeue(theirs, &packet, brine_seconds(5)) == BRINE_EGONE ? 0 : 1;
}

static const struct scene scenes[] = {
    {"create", NULL, NULL, create_pool, NULL, NULL, FRESH | NO_FREEZE | CREATES},
    {"attach", NULL, NULL, attach_again, NULL, NULL, FRESH},
    {"first use after fork", NULL, NULL, first_use, NULL, NULL, FRESH},
    {"detach", three_in_l, ready_to_detach, detach, NULL, look_three, 0},
    {"trim", NULL, ready_to_trim, trim, NULL, NULL, 0},
    {"alloc, cold", NULL, attach, small_packet, NULL, NULL, 0},
    {"alloc", NULL, warm, small_packet, NULL, NULL, 0},
    {"alloc, block", NULL, attach, packet_with_block, NULL, NULL, 0},
    {"alloc, span", NULL, warm, packet_with_span, NULL, NULL, 0},
    {"raw memory", NULL, warm, raw_memory, NULL, NULL, 0},
    {"free", NULL, with_number, free_packet, NULL, NULL, 0},
    {"free, chunks", NULL, with_chunks, free_packet, NULL, NULL, 0},
    {"free, owned packets", NULL, with_children, free_packet, NULL, NULL, 0},
    {"build scalars", NULL, with_packet, build_scalars, NULL, NULL, 0},
    {"build texts", NULL, with_packet, build_texts, NULL, NULL, 0},
    {"build bigints", NULL, with_packet, build_bigints, NULL, NULL, 0},
    {"build tab", NULL, with_packet, build_tab, NULL, NULL, 0},
    {"build arr and tup", NULL, with_packet, build_arr, NULL, NULL, 0},
    {"build arrays", NULL, with_packet, build_arrays, NULL, NULL, 0},
    {"build of packets", NULL, with_packet, build_packets, NULL, NULL, 0},
    {"build from text", NULL, with_packet, build_from_text, NULL, NULL, 0},
    {"build and send", NULL, with_packet, build_and_send, expect_rich, NULL, 0},
    {"grow", NULL, with_text, grow, NULL, NULL, 0},
    {"overwrite", NULL, with_everything, overwrite, NULL, NULL, 0},
    {"take a part", NULL, with_children, take_part, NULL, NULL, 0},
    {"copy", NULL, with_everything, copy_packet, NULL, NULL, 0},
    {"compact", NULL, with_text, compact, NULL, NULL, 0},
    {"share", NULL, with_filled, share, NULL, NULL, 0},
    {"clone", NULL, with_share, clone_share, NULL, NULL, 0},
    {"clone, common", share_in_b, with_common_share, clone_share, NULL, NULL, 0},
    {"own, the only one", NULL, with_share, own, NULL, NULL, 0},
    {"own, a copy", NULL, with_two_shares, own, NULL, NULL, 0},
    {"own, common", share_in_b, with_common_share, own, NULL, NULL, 0},
    {"release", NULL, with_two_shares, free_packet, NULL, NULL, 0},
    {"release, the last", NULL, with_share, free_packet, NULL, NULL, 0},
    {"release, common", share_in_b, with_common_share, free_packet, NULL, NULL, 0},
    {"publish", NULL, with_number, publish, NULL, look_publish, 0},
    {"publish, replacing", published_1, with_number, publish, NULL, look_replace, 0},
    {"lookup", published_1, warm, lookup, NULL, look_lookup, 0},
    {"unpublish", published_1, attach, unpublish, NULL, look_unpublish, 0},
    {"serve", NULL, attach, serve_n, NULL, look_serve, 0},
    {"serve with leases", NULL, attach, serve_leases, NULL, look_serve, 0},
    {"serve, there already", n_with_two, attach, serve_n, NULL, look_there, 0},
    {"connect", n_with_two, attach, connect_n, NULL, look_there, 0},
    {"close, last server", n_with_two, with_server, close_n, NULL, look_closed, 0},
    {"close, client", n_with_two, with_client, close_n, NULL, look_there, 0},
    {"detach a handle", n_with_two, with_server, detach_n, NULL, look_there, 0},
    {"remove", n_with_two, attach, remove_n, NULL, look_removed, 0},
    {"remove, open", n_with_two, with_server, remove_and_close_n, NULL, look_removed, 0},
    {"enqueue", three_in_a, with_number, send, expect_send, NULL, 0},
    {"enqueue, full", full_a, with_number, send, expect_send, NULL, 0},
    {"enqueue a share", three_in_a, with_child_share, send, expect_send, NULL, 0},
    {"dequeue", three_in_a, attach, receive, NULL, NULL, RECEIVES},
    {"dequeue, empty", NULL, attach, receive, NULL, NULL, RECEIVES},
    {"dequeue, returned", one_returned_to_a, attach, receive, NULL, NULL, RECEIVES},
    {"fan-out", three_in_a, with_number, fan_out, expect_fan_out, NULL, 0},
    {"fan-out, dropping", full_a, with_number, push_out, expect_push_out, NULL, 0},
    {"wait in vain", NULL, attach, wait_in_vain, NULL, NULL, RECEIVES | SLEEPS},
    {"wait for room in vain", full_a, with_number, wait_for_room, expect_send, NULL, SLEEPS},
    {"wait, woken", before_wait, attach, wait_and_receive, expect_woken, NULL, RECEIVES | NO_FREEZE},
    {"wait_any, woken", before_wait, attach, wait_any, expect_woken, NULL, NO_FREEZE},
    {"wait, server gone", empty_n, ready_to_expect, wait_for_the_gone, NULL, NULL, NO_FREEZE},
    {"dequeue leased", three_in_l, attach, take_lease, NULL, look_delivery, 0},
    {"ack", three_in_l, with_lease, ack, NULL, look_two, RECEIVES},
    {"nack", three_in_l, with_lease, nack, NULL, look_three, 0},
    {"nack, dead letter", three_in_l, with_last_lease, nack, NULL, look_dead_letter, 0},
    {"free leased", three_in_l, with_lease, free_packet, expect_freed, look_two, RECEIVES},
    {"forward", three_in_l, with_lease, forward, NULL, look_two, 0},
    {"forward a share", a_lease_of_a_share, with_lease, forward, NULL, NULL, 0},
    {"forward, full", l_and_full_a, with_lease, forward, NULL, NULL, 0},
    {"reap", before_reap, ready_to_reap, reap, NULL, NULL, 0},
    {"reap, pipe removed", n_with_two, ready_to_reap_removed, reap, NULL, NULL, 0},
};
enum { SCENES = sizeof scenes / sizeof *scenes };

#endif
