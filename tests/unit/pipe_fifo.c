/* SPDX-License-Identifier: Apache-2.0 */
/* Order, counts and what enqueue and dequeue refuse. */
#include "pipe_helpers.h"

static void order(brine_pool *pool) {
    brine_pipe *out = serve(pool, "p", 5), *in = connect_to(pool, "p");
    uint64_t put = 0, got = 0, number = 0;
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < round % 6; i++) {
            int rc = put_number(out, put, brine_now());
            CHECK_EQ_INT(rc, put - got < 5 ? 0 : BRINE_ETIMEDOUT);
            if (rc == 0) put++;
        }
        CHECK_EQ_INT(brine_pipe_length(in), put - got);
        for (int i = 0; i < (round * 7) % 5; i++) {
            int rc = get_number(in, &number, brine_now());
            CHECK_EQ_INT(rc, put > got ? 0 : BRINE_ETIMEDOUT);
            if (rc == 0) CHECK_EQ_INT(number, got++);
        }
    }
    brine_pipe_info info = pipe_info(pool, "p");
    CHECK_EQ_INT(info.packets_in, put);
    CHECK_EQ_INT(info.packets_out, got);
    CHECK_EQ_INT(info.bytes_in, put * RECORD_BYTES);
    CHECK_EQ_INT(info.bytes_out, got * RECORD_BYTES);
    CHECK_EQ_INT(info.depth, put - got);
    CHECK(info.timeouts_in > 0 && info.timeouts_out > 0);
    CHECK_EQ_INT(info.returned, 0);
    CHECK_OK(brine_pipe_close(in));
    CHECK_OK(brine_pipe_close(out));
    CHECK_OK(brine_pipe_remove(pool, "p")); /* with packets in it */
    check_empty(pool);
}

/* A packet goes round through many pipes, and is the same memory all the way. */
static void by_reference(brine_pool *pool) {
    brine_pipe *pipes[3] = {serve(pool, "a", 1), serve(pool, "b", 2), serve(pool, "c", 3)};
    brine_packet packet = filled_packet(pool, 200000, 0x5a), got;
    brine_ref root = brine_root(packet);
    for (int i = 0; i < 300; i++) {
        CHECK_OK(brine_enqueue(pipes[i % 3], packet, brine_now()));
        CHECK(!brine_packet_held(packet));
        CHECK_STATUS(brine_packet_free(packet), BRINE_ENOTHELD);
        CHECK_OK(brine_dequeue(pipes[i % 3], &got, brine_now()));
        CHECK(memcmp(&got, &packet, sizeof got) == 0);
    }
    CHECK_EQ_INT(brine_root(got).place, root.place);
    check_filled(got);
    CHECK_OK(brine_packet_free(got));
    const char *names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        CHECK_OK(brine_pipe_remove(pool, names[i]));
        CHECK_OK(brine_pipe_close(pipes[i]));
    }
    check_empty(pool);
}

static void child_holds_nothing(void *argument) {
    brine_pipe *pipe = argument;
    brine_packet packet = {.record = 1, .generation = 0, .pool = brine_pipe_pool(pipe)->id};
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOTHELD);
}

static void refused(brine_pool *pool) {
    brine_pool *other = make_pool("other", MIB);
    brine_pipe *pipe = serve(pool, "p", 2);
    uint64_t used = info_of(pool).used_bytes;
    brine_packet packet = number_packet(other, 1), clone;
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_EXPOOL);
    CHECK_CONTAINS(brine_detail(), "brine_packet_copy");
    CHECK(brine_packet_held(packet));
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_EXPOOL);

    packet = number_packet(pool, 1);
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOTHELD);
    CHECK_CONTAINS(brine_detail(), "freed");
    CHECK_STATUS(brine_enqueue(pipe, brine_packet_none(), brine_now()), BRINE_ENOTHELD);
    packet = number_packet(pool, 1);
    brine_packet wild = {.record = 0xfffffff0u, .generation = 3, .pool = packet.pool};
    CHECK_STATUS(brine_enqueue(pipe, wild, brine_now()), BRINE_ENOTHELD);
    CHECK_STATUS(brine_enqueue(NULL, packet, brine_now()), BRINE_EINVAL);
    CHECK(brine_packet_held(packet));

    /* enqueued already: not held any more, wherever it is */
    CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOTHELD);
    CHECK_CONTAINS(brine_detail(), "enqueued");
    CHECK_EQ_INT(brine_pipe_length(pipe), 1);
    CHECK_EQ_INT(next_number(pipe), 1);

    /* with a stuck error, until that is forgotten */
    packet = number_packet(pool, 2);
    struct at at = at_of(packet);
    CHECK(brine__arena_alloc(&at, 64 * MIB, 8) == NULL);
    CHECK_EQ_INT(brine_packet_error(packet), BRINE_ENOMEM);
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOMEM);
    CHECK_EQ_INT(brine_pipe_length(pipe), 0);
    CHECK(brine_packet_held(packet));
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    CHECK_EQ_INT(next_number(pipe), 2);

    /* on a full pipe the caller keeps it */
    packet = number_packet(pool, 3);
    CHECK_OK(put_number(pipe, 1, brine_now()));
    CHECK_OK(put_number(pipe, 2, brine_now()));
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_milliseconds(20)), BRINE_ETIMEDOUT);
    CHECK_CONTAINS(brine_detail(), "full");
    CHECK_CONTAINS(brine_detail(), "capacity 2");
    CHECK_EQ_INT(number_of(packet), 3);
    CHECK_EQ_INT(next_number(pipe), 1);
    CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    CHECK_EQ_INT(next_number(pipe), 2);
    CHECK_EQ_INT(next_number(pipe), 3);

    /* shares go through pipes like other packets */
    packet = number_packet(pool, 4);
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &clone));
    CHECK_OK(brine_enqueue(pipe, clone, brine_now()));
    CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    CHECK(brine_packet_is_shared(packet));
    CHECK_EQ_INT(brine_packet_holders(packet), 2);
    CHECK_EQ_INT(take_number(packet), 4);
    CHECK_EQ_INT(next_number(pipe), 4);

    CHECK_IN_CHILD(child_holds_nothing, pipe);
    check_baseline(pool, used);
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_close(pipe));
    check_empty(other);
    drop_pool(other);
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB);
    order(pool);
    by_reference(pool);
    refused(pool);
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
