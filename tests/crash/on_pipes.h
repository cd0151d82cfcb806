/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on names, pipes, leases and the dead, for scenes. */
#ifndef TESTS_CRASH_ON_PIPES_H
#define TESTS_CRASH_ON_PIPES_H

#include "on_packets.h"

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
    brine_pipe_options options = {
        .capacity = 4, .flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "letters"};
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

static int connect_in(brine_pool *copy, const char *name, brine_pipe **pipe) {
    return brine_pipe_connect(copy, name, brine_now(), pipe);
}
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

/* ---- several packets at once ---- */

static void send_many(void) {
    board->rc = brine_enqueue_many(pipe_a, board->packets, AT_ONCE, brine_now(), &board->done);
}
static void expect_many(bool returned, struct ledger *ledger) {
    if (returned)
        CHECK(board->rc == 0 ? board->done == AT_ONCE : board->rc == BRINE_ETIMEDOUT && board->done < AT_ONCE);
    for (size_t i = 0; i < AT_ONCE; i++) {
        ledger->least[MANY + i] = returned && i < board->done;
        ledger->most[MANY + i] = !returned || i < board->done;
    }
}
/* The first of several are in the pipe, in their order, behind what was there. */
static void look_many(brine_pool *copy, bool returned) {
    brine_pipe *pipe;
    CHECK_OK(connect_in(copy, "a", &pipe));
    uint64_t next = MANY;
    for (uint64_t t = a64_load_relaxed(&pipe->control->head); t < a64_load_relaxed(&pipe->control->tail); t++) {
        const struct record *of = pool_record(copy, slot_rec(a64_load_relaxed(&pipe->slots[t & pipe->mask])));
        uint64_t target = a64_load_relaxed(&of->target);
        if (target) of = pool_record(copy, link_record(target));
        CHECK_MSG(of->root.payload < MANY ? next == MANY : of->root.payload == next++,
                  "packet %" PRIu64 " stands at %" PRIu64, of->root.payload, t);
    }
    if (returned) CHECK_EQ_INT(next - MANY, board->done);
    CHECK_OK(brine_pipe_close(pipe));
}
static void receive_many(void) {
    board->rc = brine_dequeue_many(pipe_a, board->packets, AT_ONCE, brine_now(), &board->done);
    for (size_t i = 0; board->rc == 0 && i < board->done; i++) board->numbers[i] = number_of(board->packets[i]);
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
        CHECK_MSG(times == (n == 1 ? 2 : 1) || (n == 1 && times == 1 && perhaps),
                  "packet %" PRIu64 " was delivered %u times", n, times);
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

#endif
