/* SPDX-License-Identifier: Apache-2.0 */
/* Fan-out: every output sees the same packet, each policy does what it says, nothing is left. */
#include "pipe_helpers.h"

enum { N = 3 };
static brine_pool *pool;
static brine_pipe *out[N];

static void open_outputs(void) {
    char name[16];
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "o%d", i);
        out[i] = serve(pool, name, 2);
    }
}

static void close_outputs(void) {
    char name[16];
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "o%d", i);
        CHECK_OK(brine_pipe_remove(pool, name));
        CHECK_OK(brine_pipe_close(out[i]));
    }
    check_empty(pool);
}

static uint64_t drops(int i) { return pipe_info(pool, brine_pipe_name(out[i])).drops; }

static void same_packet_for_all(void) {
    brine_packet packet = filled_packet(pool, 100000, 7), got[N], rest;
    uint64_t place = brine_root(packet).place;
    int status[N] = {1, 1, 1};
    open_outputs();
    uint64_t with_one = info_of(pool).used_bytes;
    CHECK_OK(brine_fanout(packet, out, N, BRINE_BLOCK, brine_now(), status, &rest));
    CHECK_EQ_INT(rest.record, 0);
    CHECK(!brine_packet_held(packet));                                   /* consumed */
    CHECK_EQ_INT(info_of(pool).used_bytes, with_one + N * RECORD_BYTES); /* by reference: only shares come on top */
    for (int i = 0; i < N; i++) {
        CHECK_EQ_INT(status[i], 0);
        CHECK_OK(brine_dequeue(out[i], &got[i], brine_now()));
        CHECK(brine_packet_is_shared(got[i]));
        CHECK_EQ_INT(brine_packet_holders(got[i]), N);
        CHECK_EQ_INT(brine_root(got[i]).place, place);
        check_filled(got[i]);
    }
    for (int i = 0; i < N; i++) {
        CHECK_EQ_INT(brine_packet_holders(got[i]), N - i);
        CHECK_OK(brine_packet_free(got[i]));
    }
    /* a packet that is shared already; status and rest not asked for; one output twice */
    packet = number_packet(pool, 4);
    CHECK_OK(brine_packet_share(&packet));
    brine_pipe *twice[2] = {out[0], out[0]};
    CHECK_OK(brine_fanout(packet, twice, 2, BRINE_BLOCK, brine_now(), NULL, NULL));
    CHECK_EQ_INT(next_number(out[0]), 4);
    CHECK_EQ_INT(next_number(out[0]), 4);
    /* to nobody: the packet is consumed all the same */
    CHECK_OK(brine_fanout(number_packet(pool, 1), NULL, 0, BRINE_BLOCK, brine_now(), NULL, NULL));
    close_outputs();
}

static void block(void) {
    int status[N];
    brine_packet rest;
    open_outputs();
    CHECK_OK(put_number(out[1], 100, brine_now()));
    CHECK_OK(put_number(out[1], 101, brine_now()));
    double begin = seconds_now();
    CHECK_STATUS(brine_fanout(number_packet(pool, 1), out, N, BRINE_BLOCK, brine_milliseconds(30), status, &rest),
                 BRINE_ETIMEDOUT);
    CHECK(seconds_now() - begin >= 0.03 && seconds_now() - begin < 1);
    CHECK_EQ_INT(status[0], 0);
    CHECK_EQ_INT(status[1], BRINE_ETIMEDOUT);
    CHECK_EQ_INT(status[2], 0);
    CHECK(brine_packet_held(rest));
    CHECK_EQ_INT(brine_packet_holders(rest), 3);
    CHECK_EQ_INT(number_of(rest), 1);
    CHECK_EQ_INT(next_number(out[1]), 100);
    /* again with the one that has not got it */
    CHECK_OK(brine_fanout(rest, &out[1], 1, BRINE_BLOCK, brine_now(), status, &rest));
    CHECK_EQ_INT(next_number(out[1]), 101);
    for (int i = 0; i < N; i++) CHECK_EQ_INT(next_number(out[i]), 1);
    /* nobody wants the rest: it is freed */
    CHECK_OK(put_number(out[0], 1, brine_now()));
    CHECK_OK(put_number(out[0], 1, brine_now()));
    CHECK_STATUS(brine_fanout(number_packet(pool, 2), out, 1, BRINE_BLOCK, brine_now(), NULL, NULL), BRINE_ETIMEDOUT);
    for (int i = 0; i < N; i++) CHECK_EQ_INT(drops(i), 0);
    close_outputs();
}

static void drop_newest(void) {
    int status[N];
    brine_packet rest;
    open_outputs();
    for (uint64_t n = 0; n < 5; n++) {
        CHECK_OK(brine_fanout(number_packet(pool, n), out, N, BRINE_DROP_NEWEST, brine_now(), status, &rest));
        CHECK_EQ_INT(rest.record, 0);
        for (int i = 0; i < N; i++) CHECK_EQ_INT(status[i], i > 0 && n >= 2 ? BRINE_ETIMEDOUT : 0); /* dropped */
        CHECK_EQ_INT(next_number(out[0]), n); /* this one keeps up */
    }
    CHECK_EQ_INT(drops(0), 0);
    for (int i = 1; i < N; i++) {
        CHECK_EQ_INT(drops(i), 3);
        for (uint64_t n = 0; n < 2; n++) CHECK_EQ_INT(next_number(out[i]), n);
        CHECK_EQ_INT(brine_pipe_length(out[i]), 0);
    }
    close_outputs();
}

static void drop_oldest(void) {
    int status[N];
    brine_packet rest;
    open_outputs();
    for (uint64_t n = 0; n < 7; n++) {
        CHECK_OK(brine_fanout(number_packet(pool, n), out, N, BRINE_DROP_OLDEST, brine_forever(), status, &rest));
        CHECK_EQ_INT(rest.record, 0);
        for (int i = 0; i < N; i++) CHECK_EQ_INT(status[i], 0);
    }
    for (int i = 0; i < N; i++) {
        CHECK_EQ_INT(drops(i), 5);
        CHECK_EQ_INT(brine_pipe_length(out[i]), 2);
        for (uint64_t n = 5; n < 7; n++) CHECK_EQ_INT(next_number(out[i]), n);
    }
    close_outputs();
}

static void refused(void) {
    brine_pool *other = make_pool("other", MIB);
    brine_packet packet = number_packet(pool, 1), foreign = number_packet(other, 1), rest;
    int status[N];
    open_outputs();
    CHECK_STATUS(brine_fanout(packet, NULL, 1, BRINE_BLOCK, brine_now(), status, &rest), BRINE_EINVAL);
    CHECK_STATUS(brine_fanout(packet, out, N, (brine_policy)3, brine_now(), status, &rest), BRINE_EINVAL);
    CHECK_STATUS(brine_fanout(foreign, out, N, BRINE_BLOCK, brine_now(), status, &rest), BRINE_EXPOOL);
    brine_pipe *hole[2] = {out[0], NULL};
    CHECK_STATUS(brine_fanout(packet, hole, 2, BRINE_BLOCK, brine_now(), status, &rest), BRINE_EINVAL);
    CHECK(brine_packet_held(packet) && brine_packet_held(foreign)); /* nothing was consumed */
    CHECK_EQ_INT(rest.record, packet.record);
    CHECK(status[0] == BRINE_EINVAL && status[1] == BRINE_EINVAL);
    CHECK(!brine_packet_is_shared(packet));
    for (int i = 0; i < N; i++) CHECK_EQ_INT(brine_pipe_length(out[i]), 0);
    CHECK_OK(brine_packet_free(foreign));
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_fanout(packet, out, N, BRINE_BLOCK, brine_now(), status, &rest), BRINE_ENOTHELD);
    /* a stuck error */
    packet = number_packet(pool, 2);
    struct at at = at_of(packet);
    CHECK(brine__arena_alloc(&at, 64 * MIB, 8) == NULL);
    CHECK_STATUS(brine_fanout(packet, out, N, BRINE_BLOCK, brine_now(), status, &rest), BRINE_ENOMEM);
    CHECK(brine_packet_held(packet));
    CHECK_OK(brine_packet_clear_error(packet));
    /* an output whose stream has ended: said so, the others get it */
    brine_pipe *client = connect_to(pool, "o1"), *outputs[N] = {out[0], client, out[2]};
    CHECK_OK(brine_pipe_close(out[1]));
    CHECK_STATUS(brine_fanout(packet, outputs, N, BRINE_DROP_OLDEST, brine_now(), status, &rest), BRINE_ECLOSED);
    CHECK_EQ_INT(status[0], 0);
    CHECK_EQ_INT(status[1], BRINE_ECLOSED);
    CHECK_EQ_INT(status[2], 0);
    CHECK_EQ_INT(next_number(out[0]), 2);
    CHECK_EQ_INT(next_number(out[2]), 2);
    out[1] = client;
    close_outputs();
    check_empty(other);
    drop_pool(other);
}

/* Readers in other processes; one dies with its share. */
static void reader(void *argument) {
    int i = *(int *)argument;
    brine_packet packet;
    for (uint64_t n = 0; n < 500; n++) {
        CHECK_OK(brine_dequeue(out[i], &packet, brine_seconds(10)));
        if (i == 2 && n == 250) raise(SIGKILL);
        CHECK_EQ_INT(number_of(packet), n);
        CHECK_OK(brine_packet_free(packet));
    }
}

static void to_other_processes(void) {
    pid_t pids[N];
    open_outputs();
    uint64_t used = info_of(pool).used_bytes;
    for (int i = 0; i < N; i++) pids[i] = check_fork(reader, &i);
    for (uint64_t n = 0; n < 500; n++) {
        brine_packet rest;
        int status[N];
        if (n > 251) { /* the third reader is dead or dying: what it does not take is dropped */
            CHECK_OK(brine_fanout(number_packet(pool, n), out, 2, BRINE_BLOCK, brine_seconds(10), status, &rest));
            CHECK_OK(brine_fanout(number_packet(pool, n), out + 2, 1, BRINE_DROP_OLDEST, brine_now(), status, &rest));
        } else {
            CHECK_OK(brine_fanout(number_packet(pool, n), out, N, BRINE_BLOCK, brine_seconds(10), status, &rest));
        }
    }
    CHECK_EXIT(pids[0], 0);
    CHECK_EXIT(pids[1], 0);
    CHECK_KILLED(pids[2], SIGKILL);
    brine_packet packet;
    while (brine_dequeue(out[2], &packet, brine_now()) == 0) CHECK_OK(brine_packet_free(packet));
    check_baseline(pool, used);
    close_outputs();
}

int main(void) {
    pool = make_pool("p", 16 * MIB);
    same_packet_for_all();
    block();
    drop_newest();
    drop_oldest();
    refused();
    to_other_processes();
    drop_pool(pool);
    return 0;
}
