/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 serial */
/* Serving, closing and removing pipes, fan-out, joining, leaving and reaping, killed or frozen at every
 * instruction. */
#include "stepper.h"

#define CHILD 200

static brine_pipe *line, *other; /* always there; "line" is served, "other" too */
static brine_pipe *mine;         /* the parent's handle of the pipe "n" */
static uint8_t got[256];

static void attach(void) { brine_pipe_length(line); }
static void well(bool returned) {
    if (returned) CHECK_EQ_INT(said->rc, 0);
}

static void drain(brine_pipe *pipe) {
    uint64_t n;
    memset(got, 0, sizeof got);
    while (get_number(pipe, &n, brine_now()) == 0) got[n]++;
}

/* ---- serve ---- */

static brine_pipe *theirs;
static void serve_n(void) { said->rc = brine_pipe_serve(pool, "n", 4, &theirs); }
/* Two who make the same name must end up in the same pipe. */
static void serve_n_and_send(void) {
    brine_packet packet = number_packet(pool, CHILD);
    serve_n();
    if (said->rc == 0) said->rc = brine_enqueue(theirs, packet, brine_now());
}
static void connect_n(void) { said->rc = brine_pipe_connect(pool, "n", brine_now(), &theirs); }

static void no_handle(void) { mine = NULL; }
static void during_serve(void) {
    CHECK_PROMPT(mine = serve(pool, "n", 4));
    CHECK_PROMPT(CHECK_OK(put_number(mine, 1, brine_now())));
}
static void after_serve(bool returned) {
    brine_pipe *pipe;
    well(returned);
    int rc = brine_pipe_connect(pool, "n", brine_now(), &pipe);
    if (returned || mine) CHECK_EQ_INT(rc, 0);
    if (rc == 0) CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_close(mine));
    CHECK_EQ_INT(brine_pipe_remove(pool, "n"), rc);
}
static void after_serve_and_send(bool returned) {
    brine_pipe *pipe;
    if (brine_pipe_connect(pool, "n", brine_now(), &pipe) == 0) {
        drain(pipe);
        if (mine) CHECK_EQ_INT(got[1], 1);
        if (returned) CHECK_EQ_INT(got[CHILD], 1);
        CHECK(got[CHILD] <= 1);
        CHECK_OK(brine_pipe_close(pipe));
    }
    after_serve(returned);
}

/* ---- there already ---- */

static void before_there(void) {
    mine = serve(pool, "n", 4);
    CHECK_OK(put_number(mine, 1, brine_now()));
    CHECK_OK(put_number(mine, 2, brine_now()));
}
static void during_there(void) {
    CHECK_PROMPT(CHECK_OK(put_number(mine, 3, brine_now())));
    CHECK_PROMPT(CHECK_EQ_INT(next_number(mine), 1));
}
static void after_there(bool returned) {
    drain(mine);
    CHECK_EQ_INT(got[2], 1);
    after_serve(returned);
}

/* ---- close ---- */

static void before_close(void) {
    before_there();
    CHECK_OK(brine_pipe_close(mine)); /* ends the stream; the child opens it again */
    mine = connect_to(pool, "n");
}
static void ready_to_close(void) { CHECK_OK(brine_pipe_serve(pool, "n", 0, &theirs)); }
static void close_n(void) { said->rc = brine_pipe_close(theirs); }
static void during_close(void) {
    uint64_t number;
    CHECK_PROMPT(brine_pipe_is_closed(mine));
    CHECK_PROMPT(CHECK_OK(get_number(mine, &number, brine_now())));
    CHECK_EQ_INT(number, 1);
}
static void after_close(bool returned) {
    if (returned) CHECK(brine_pipe_is_closed(mine));
    drain(mine);
    CHECK_EQ_INT(got[2], 1);
    after_serve(returned);
}

/* Who is ending the stream is not gone: a reader that expects it waits on, or is told of the end. */
static void before_close_expected(void) {
    mine = serve(pool, "n", 4);
    CHECK_OK(brine_pipe_close(mine));
    mine = connect_to(pool, "n");
    CHECK_OK(brine_pipe_expect(mine, BRINE_EXPECT_SERVER));
}
static void during_close_expected(void) {
    uint64_t number;
    int rc = 0;
    CHECK_PROMPT(rc = get_number(mine, &number, brine_seconds(2e-5)));
    if (rc != BRINE_ECLOSED) CHECK_STATUS(rc, BRINE_ETIMEDOUT);
}
static void after_close_expected(bool returned) {
    uint64_t number;
    CHECK_STATUS(get_number(mine, &number, brine_seconds(2e-5)),
                 brine_pipe_is_closed(mine) ? BRINE_ECLOSED : BRINE_EGONE);
    if (returned) CHECK(brine_pipe_is_closed(mine));
    after_serve(returned);
}

/* ---- remove ---- */

static void remove_n(void) { said->rc = brine_pipe_remove(pool, "n"); }
static void after_remove(bool returned) {
    uint64_t number;
    well(returned);
    int rc = get_number(mine, &number, brine_now());
    CHECK(rc == BRINE_ENOENT || (rc == 0 && !returned));
    CHECK_OK(brine_pipe_close(mine));
    CHECK_EQ_INT(brine_pipe_remove(pool, "n"), rc);
}
/* The parent has no handle: whoever removes it frees its memory. */
static void before_remove_alone(void) {
    before_there();
    CHECK_OK(brine_pipe_close(mine));
    mine = NULL;
}
static void during_remove_alone(void) {
    brine_pipe *fresh;
    CHECK_PROMPT(fresh = serve(pool, "n", 4)); /* the old one, or a new one of that name */
    CHECK_PROMPT(CHECK_OK(brine_pipe_close(fresh)));
}
static void after_remove_alone(bool returned) {
    well(returned);
    brine_pipe_remove(pool, "n");
}

/* ---- fan-out ---- */

static void ready_to_fan_out(void) { said->packet = filled_packet(pool, 3000, 8); }
static void fan_out(void) {
    brine_pipe *outputs[2] = {line, other};
    said->rc = brine_fanout(said->packet, outputs, 2, BRINE_BLOCK, brine_now(), NULL, NULL);
}
static void during_fan_out(void) {
    brine_packet packet;
    brine_pipe *outputs[2] = {other, line};
    CHECK_PROMPT(
        CHECK_OK(brine_fanout(filled_packet(pool, 2000, 9), outputs, 2, BRINE_BLOCK, brine_now(), NULL, NULL)));
    CHECK_PROMPT(CHECK_OK(brine_dequeue(line, &packet, brine_now())));
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
}
static void after_fan_out(bool returned) {
    well(returned);
    for (int i = 0; i < 2; i++) {
        brine_packet packet;
        int n = 0;
        while (brine_dequeue(i ? other : line, &packet, brine_now()) == 0) {
            check_filled(packet);
            n += at_of(packet).cell->n == 8;
            CHECK_OK(brine_packet_free(packet));
        }
        CHECK(n <= 1);
    }
}
static void after_fan_out_alone(bool returned) {
    if (returned) CHECK(brine_pipe_length(line) == 1 && brine_pipe_length(other) == 1);
    after_fan_out(returned);
}

/* ---- reaping ---- */

/* Dies with packets of every kind and in the middle of a take. */
static void make_a_mess(void *argument) {
    uint32_t me = 0;
    brine_packet packet, clone;
    brine_pipe *pipe;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        packet = filled_packet(pool, 500u << (i * 4), 1);
        if (i) CHECK_OK(brine_packet_share(&packet));
        if (i) CHECK_OK(brine_packet_clone(packet, &clone));
    }
    CHECK_OK(brine_publish(pool, "v", number_packet(pool, 1)));
    CHECK_OK(brine_lookup(pool, "v", brine_now(), &packet));
    CHECK_OK(brine_pipe_serve(pool, "line", 0, &pipe));
    CHECK_OK(put_number(pipe, 12, brine_now()));
    CHECK_EQ_INT(pipe_enter(line, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(line, me, &packet), 0); /* 10 */
    CHECK_EQ_INT(number_of(packet), 10);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
    raise(SIGKILL);
}
static void before_reap(void) {
    CHECK_OK(put_number(line, 10, brine_now()));
    CHECK_OK(put_number(line, 11, brine_now()));
}
/* Who joins reaps: so it joins first. */
static void ready_to_reap(void) {
    attach();
    CHECK_KILLED(check_fork(make_a_mess, NULL), SIGKILL);
}
static void reap(void) { said->rc = brine_pool_reap(pool, NULL); }
static void during_reap(void) {
    brine_packet packet;
    CHECK_PROMPT(CHECK_OK(brine_lookup(pool, "v", brine_now(), &packet)));
    CHECK_EQ_INT(take_number(packet), 1);
    CHECK_PROMPT(CHECK_OK(put_number(line, 13, brine_now())));
    CHECK_PROMPT(CHECK_OK(brine_packet_free(filled_packet(pool, 100000, 1))));
}
static void after_reap(bool returned) {
    well(returned);
    drain(line);
    for (int i = 10; i <= 12; i++) CHECK_MSG(got[i] == 1, "packet %d was received %d times", i, got[i]);
    CHECK_OK(brine_unpublish(pool, "v"));
}

/* A dead reader's packet in a pipe that is removed and closed by others while the dead is reaped. */
static a32 *stage;
static void take_and_wait(void *argument) {
    uint32_t me = 0;
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(pipe_enter(mine, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(mine, me, &packet), 0);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
    a32_store_release(stage, 1);
    for (;;) sleep_ms(1000);
}
static void before_reap_removed(void) {
    before_there();
    a32_store_release(stage, 0);
}
static void ready_to_reap_removed(void) {
    attach();
    pid_t pid = check_fork(take_and_wait, NULL);
    await(stage, 1);
    CHECK_OK(brine_pipe_remove(pool, "n"));
    CHECK_SYS(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
}
static void during_reap_removed(void) {
    CHECK_PROMPT(CHECK_OK(brine_pipe_close(mine)));
    mine = NULL;
}
static void nothing_used(void) { CHECK_EQ_INT(info_of(pool).used_bytes, used_at_rest); }
static void after_reap_removed(bool returned) {
    well(returned);
    CHECK_OK(brine_pipe_close(mine));
}

/* ---- joining and leaving ---- */

static void join(void) { said->rc = brine_pipe_length(line) > 4; }
static void ready_to_leave(void) {
    brine_packet packet = filled_packet(pool, 100000, 2);
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &packet));
    CHECK_OK(brine_pipe_serve(pool, "line", 0, &theirs));
    filled_packet(pool, 100, 2);
}
static void leave(void) {
    brine_pool_detach(pool);
    said->rc = 0;
}
static void during_leave(void) {
    brine_pool *again;
    CHECK_PROMPT(again = attach_pool("p"));
    CHECK_PROMPT(brine_pool_detach(again));
    CHECK_PROMPT(CHECK_OK(put_number(line, 1, brine_now())));
    CHECK_PROMPT(CHECK_EQ_INT(next_number(line), 1));
}

static void test(void *argument) {
    static const struct scene scenes[] = {
        {"serve", no_handle, attach, serve_n, during_serve, after_serve, NULL},
        {"serve and send", no_handle, attach, serve_n_and_send, during_serve, after_serve_and_send, NULL},
        {"serve, there already", before_there, attach, serve_n, during_there, after_there, NULL},
        {"connect", before_there, attach, connect_n, during_there, after_there, NULL},
        {"close", before_close, ready_to_close, close_n, during_close, after_close, NULL},
        {"close, expected", before_close_expected, ready_to_close, close_n, during_close_expected, after_close_expected,
         NULL},
        {"remove", before_there, attach, remove_n, NULL, after_remove, NULL},
        {"remove, not open", before_remove_alone, attach, remove_n, during_remove_alone, after_remove_alone, NULL},
        {"fan-out", NULL, ready_to_fan_out, fan_out, NULL, after_fan_out_alone, NULL},
        {"fan-out, two at once", NULL, ready_to_fan_out, fan_out, during_fan_out, after_fan_out, NULL},
        {"reap", before_reap, ready_to_reap, reap, during_reap, after_reap, NULL},
        {"reap, pipe removed", before_reap_removed, ready_to_reap_removed, reap, during_reap_removed,
         after_reap_removed, nothing_used},
        {"join", NULL, NULL, join, during_leave, well, NULL},
        {"leave", NULL, ready_to_leave, leave, during_leave, well, NULL},
    };
    (void)argument;
    stage = shared_memory(4096);
    pool = make_pool("p", 8 * MIB);
    line = serve(pool, "line", 4);
    other = serve(pool, "other", 4);
    used_at_rest = info_of(pool).used_bytes;
    run_scenes(scenes, sizeof scenes / sizeof *scenes, 12);
    CHECK_OK(brine_pipe_close(line));
    CHECK_OK(brine_pipe_remove(pool, "line"));
    CHECK_OK(brine_pipe_close(other));
    CHECK_OK(brine_pipe_remove(pool, "other"));
    check_empty(pool);
    drop_pool(pool);
}

int main(void) { return step_main(test); }
