/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: what may be done with a leased packet, how a lease ends, what is counted. */
#include <brine/value.h>

#include "pipe_helpers.h"

static brine_pool *pool;

static brine_pipe *serve_leased(const char *name, uint32_t max_deliveries, const char *dead_letter) {
    brine_pipe *pipe;
    brine_pipe_options options = {
        .capacity = 8, .flags = BRINE_PIPE_LEASES, .max_deliveries = max_deliveries, .dead_letter = dead_letter};
    CHECK_OK(brine_pipe_serve_with(pool, name, &options, &pipe));
    return pipe;
}

static brine_packet lease(brine_pipe *pipe, uint64_t number, uint32_t deliveries) {
    brine_packet packet;
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    CHECK_EQ_INT(number_of(packet), number);
    CHECK_EQ_INT(brine_deliveries(packet), deliveries);
    return packet;
}

static void check_drained(brine_pipe *pipe) {
    brine_packet packet;
    CHECK_STATUS(brine_dequeue(pipe, &packet, brine_now()), BRINE_ETIMEDOUT);
}

/* A leased packet can be read, not changed, shared or put into another. */
static void test_readable(void) {
    brine_pipe *pipe = serve_leased("a", 0, NULL);
    brine_packet packet, copy, outer;
    CHECK_OK(brine_packet_new(pool, &packet));
    CHECK_OK(brine_set_int(brine_root(packet), "n", 7));
    CHECK_OK(brine_set_str(brine_root(packet), "text", "some text that does not stand inline in its cell"));
    CHECK(brine_set_array(brine_root(packet), "data", BRINE_F64, 1, (size_t[]){10000}) !=
          NULL); /* a packet of its own */
    CHECK_EQ_INT(brine_deliveries(packet), 0);
    CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    CHECK_EQ_INT(brine_deliveries(packet), 0);
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    CHECK(brine_packet_held(packet));
    CHECK_EQ_INT(brine_deliveries(packet), 1);
    CHECK_EQ_INT(brine_get_int(brine_root(packet), "n", -1), 7);
    CHECK_STR(brine_get_str(brine_root(packet), "text", ""), "some text that does not stand inline in its cell");
    brine_array array;
    CHECK_OK(brine_get_array(brine_root(packet), "data", &array));
    CHECK_EQ_INT(array.count, 10000);

    CHECK_STATUS(brine_set_int(brine_root(packet), "n", 8), BRINE_ELEASED);
    CHECK_CONTAINS(brine_detail(), "brine_ack");
    CHECK_OK(brine_packet_error(packet)); /* nothing sticks */
    CHECK_STATUS(brine_packet_share(&packet), BRINE_ELEASED);
    CHECK_STATUS(brine_packet_own(&packet), BRINE_ELEASED);
    CHECK_STATUS(brine_packet_compact(&packet), BRINE_ELEASED);
    CHECK_OK(brine_packet_new(pool, &outer));
    CHECK_STATUS(brine_assign_packet(brine_root(outer), packet), BRINE_ELEASED);
    CHECK_OK(brine_packet_free(outer));
    CHECK_OK(brine_packet_copy(brine_root(packet), pool, &copy));
    CHECK_EQ_INT(brine_get_int(brine_root(copy), "n", -1), 7);
    CHECK_OK(brine_packet_free(copy));

    CHECK_OK(brine_ack(packet));
    CHECK_OK(brine_ack(packet)); /* held stays held */
    CHECK_EQ_INT(brine_deliveries(packet), 0);
    CHECK_STATUS(brine_nack(packet), BRINE_EINVAL);
    CHECK_OK(brine_set_int(brine_root(packet), "n", 8));
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_ack(packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_nack(packet), BRINE_ENOTHELD);
    CHECK_EQ_INT(brine_deliveries(packet), 0);
    check_drained(pipe);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    check_empty(pool);
}

/* Given back packets come first, in order, counted; each lease ends once. */
static void test_returned_in_order(void) {
    brine_pipe *pipe = serve_leased("a", 0, NULL);
    brine_packet held[4];
    for (uint64_t n = 0; n < 6; n++) CHECK_OK(put_number(pipe, n, brine_now()));
    for (uint64_t n = 0; n < 4; n++) held[n] = lease(pipe, n, 1);
    CHECK_OK(brine_nack(held[3]));
    CHECK_STATUS(brine_nack(held[3]), BRINE_ENOTHELD);
    CHECK(!brine_packet_held(held[3]));
    CHECK_OK(brine_nack(held[1]));
    CHECK_EQ_INT(pipe_info(pool, "a").depth, 4);
    held[1] = lease(pipe, 1, 2);
    held[3] = lease(pipe, 3, 2);
    CHECK_OK(brine_nack(held[1]));
    CHECK_OK(brine_packet_free(lease(pipe, 1, 3))); /* acknowledged by freeing */
    CHECK_OK(brine_packet_free(held[0]));
    CHECK_OK(brine_packet_free(held[2]));
    CHECK_OK(brine_packet_free(lease(pipe, 4, 1)));
    CHECK_OK(brine_packet_free(held[3]));
    CHECK_OK(brine_packet_free(lease(pipe, 5, 1)));
    check_drained(pipe);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    check_empty(pool);
}

/* Enqueueing acknowledges when it succeeds, and counts anew; on failure it is leased as before. */
static void test_forwarded(void) {
    brine_pipe *pipe = serve_leased("a", 0, NULL), *next = serve_leased("b", 0, NULL), *plain = serve(pool, "c", 1);
    for (uint64_t n = 0; n < 3; n++) CHECK_OK(put_number(pipe, n, brine_now()));
    brine_packet packet = lease(pipe, 0, 1);
    CHECK_OK(brine_nack(packet));
    packet = lease(pipe, 0, 2);
    CHECK_OK(put_number(plain, 100, brine_now()));
    CHECK_STATUS(brine_enqueue(plain, packet, brine_now()), BRINE_ETIMEDOUT);
    CHECK_STATUS(brine_enqueue(plain, packet, brine_milliseconds(30)), BRINE_ETIMEDOUT);
    CHECK_EQ_INT(brine_deliveries(packet), 2);
    CHECK_OK(brine_nack(packet));
    packet = lease(pipe, 0, 3);
    CHECK_OK(brine_enqueue(next, packet, brine_now()));
    CHECK(!brine_packet_held(packet));
    packet = lease(next, 0, 1);
    CHECK_OK(brine_nack(packet)); /* to the pipe that it came from last */
    packet = lease(next, 0, 2);
    CHECK_OK(brine_enqueue(next, packet, brine_now())); /* to the end of the same pipe */
    CHECK_OK(brine_packet_free(lease(next, 0, 1)));
    CHECK_EQ_INT(next_number(plain), 100);
    packet = lease(pipe, 1, 1);
    CHECK_EQ_INT(pipe_info(pool, "a").leased, 1);
    CHECK_OK(brine_enqueue(plain, packet, brine_now()));
    CHECK_EQ_INT(pipe_info(pool, "a").leased, 0); /* acknowledged when it is in the other pipe */
    CHECK_EQ_INT(pipe_info(pool, "c").depth, 1);
    CHECK_OK(brine_dequeue(plain, &packet, brine_now())); /* held: this pipe has no leases */
    CHECK_EQ_INT(brine_deliveries(packet), 0);
    CHECK_EQ_INT(take_number(packet), 1);
    CHECK_OK(brine_packet_free(lease(pipe, 2, 1)));
    check_drained(pipe);
    check_drained(next);
    brine_pipe *all[] = {pipe, next, plain};
    const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        CHECK_OK(brine_pipe_close(all[i]));
        CHECK_OK(brine_pipe_remove(pool, names[i]));
    }
    check_empty(pool);
}

/* A share is leased like any other packet. */
static void test_shares(void) {
    brine_pipe *a = serve_leased("a", 0, NULL), *b = serve_leased("b", 0, NULL);
    brine_pipe *outputs[] = {a, b};
    brine_packet packet;
    CHECK_OK(brine_fanout(filled_packet(pool, 5000, 3), outputs, 2, BRINE_BLOCK, brine_now(), NULL, NULL));
    CHECK_OK(brine_dequeue(a, &packet, brine_now()));
    CHECK(brine_packet_is_shared(packet));
    CHECK_EQ_INT(brine_packet_holders(packet), 2);
    check_filled(packet);
    CHECK_OK(brine_nack(packet));
    CHECK_OK(brine_dequeue(a, &packet, brine_now()));
    CHECK_EQ_INT(brine_deliveries(packet), 2);
    check_filled(packet);
    CHECK_OK(brine_packet_share(&packet)); /* it is */
    brine_packet clone;
    CHECK_OK(brine_packet_clone(packet, &clone)); /* an ordinary share */
    CHECK_EQ_INT(brine_deliveries(clone), 0);
    CHECK_OK(brine_packet_free(clone));
    CHECK_EQ_INT(brine_deliveries(packet), 2);
    CHECK_OK(brine_enqueue(b, packet, brine_now()));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(brine_dequeue(b, &packet, brine_now()));
        check_filled(packet);
        if (i) CHECK_OK(brine_ack(packet));
        CHECK_OK(brine_packet_free(packet));
    }
    /* Fan-out acknowledges: at its end, or at once what is not shared yet. */
    for (int shared = 0; shared < 2; shared++) {
        packet = filled_packet(pool, 50, 1);
        if (shared) CHECK_OK(brine_packet_share(&packet));
        CHECK_OK(brine_enqueue(a, packet, brine_now()));
        CHECK_OK(brine_dequeue(a, &packet, brine_now()));
        CHECK_OK(brine_fanout(packet, outputs, 2, BRINE_BLOCK, brine_now(), NULL, NULL));
        CHECK_EQ_INT(pipe_info(pool, "a").leased, 0);
        for (int i = 0; i < 2; i++) {
            CHECK_OK(brine_dequeue(outputs[i], &packet, brine_now()));
            CHECK_EQ_INT(brine_deliveries(packet), 1);
            check_filled(packet);
            CHECK_OK(brine_packet_free(packet));
        }
    }
    for (int i = 0; i < 2; i++) {
        CHECK_OK(brine_pipe_close(outputs[i]));
        CHECK_OK(brine_pipe_remove(pool, i ? "b" : "a"));
    }
    check_empty(pool);
}

/* After max_deliveries a returned packet goes to the dead-letter pipe, whatever that one's capacity. */
static void test_dead_letters(void) {
    brine_pipe *letters, *pipe = serve_leased("a", 2, "dead");
    letters = connect_to(pool, "dead"); /* it was made */
    CHECK_OK(brine_pipe_close(letters));
    for (uint64_t n = 0; n < 8; n++) CHECK_OK(put_number(pipe, n, brine_now()));
    for (uint64_t n = 0; n < 8; n++) {
        CHECK_OK(brine_nack(lease(pipe, n, 1)));
        CHECK_OK(brine_nack(lease(pipe, n, 2)));
        CHECK_EQ_INT(pipe_info(pool, "dead").depth, n + 1);
    }
    check_drained(pipe);
    letters = connect_to(pool, "dead");
    CHECK_OK(put_number(letters, 100, brine_now())); /* an ordinary pipe otherwise */
    for (uint64_t n = 0; n < 7; n++) CHECK_EQ_INT(next_number(letters), n);
    CHECK_EQ_INT(pipe_info(pool, "a").dead_letters, 8);

    /* Without the dead-letter pipe nothing is lost: it goes on being delivered. */
    CHECK_OK(brine_pipe_remove(pool, "dead"));
    CHECK_OK(brine_pipe_close(letters)); /* with two packets in it, which go with it */
    CHECK_OK(put_number(pipe, 50, brine_now()));
    for (uint32_t n = 1; n < 5; n++) CHECK_OK(brine_nack(lease(pipe, 50, n)));
    letters = serve(pool, "dead", 3);
    CHECK_OK(brine_nack(lease(pipe, 50, 5)));
    CHECK_EQ_INT(next_number(letters), 50);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_close(letters));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    CHECK_OK(brine_pipe_remove(pool, "dead"));
    check_empty(pool);
}

/* What cannot be meant is refused; serving again takes the same, or what there is. */
static void test_options(void) {
    brine_pipe *pipe, *again;
    const brine_pipe_options bad[] = {
        {.flags = 8},
        {.max_deliveries = 1, .dead_letter = "d"},
        {.dead_letter = "d"},
        {.flags = BRINE_PIPE_LEASES, .max_deliveries = 1},
        {.flags = BRINE_PIPE_LEASES, .dead_letter = "d"},
        {.flags = BRINE_PIPE_LEASES, .max_deliveries = 65535, .dead_letter = "d"},
        {.flags = BRINE_PIPE_LEASES, .max_deliveries = 1, .dead_letter = "a"},
        {.capacity = BRINE_CAPACITY_MAX + 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STATUS(brine_pipe_serve_with(pool, "a", &bad[i], &pipe), BRINE_EINVAL);
    CHECK_STATUS(brine_pipe_serve_with(pool, "a",
                                       &(brine_pipe_options){.flags = 1, .max_deliveries = 1, .dead_letter = "no/name"},
                                       &pipe),
                 BRINE_ENAME);
    check_empty(pool);
    CHECK_EQ_INT(info_of(pool).pipes, 0);

    brine_pipe_options options = {
        .capacity = 8, .flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "dead"};
    CHECK_OK(brine_pipe_serve_with(pool, "a", &options, &pipe));
    CHECK_OK(brine_pipe_serve_with(pool, "a", &options, &again));
    CHECK_OK(brine_pipe_close(again));
    again = serve(pool, "a", 8);
    CHECK_OK(brine_pipe_close(again));
    CHECK_OK(brine_pipe_serve_with(pool, "a", NULL, &again));
    CHECK_OK(brine_pipe_close(again));
    options.max_deliveries = 4;
    CHECK_STATUS(brine_pipe_serve_with(pool, "a", &options, &again), BRINE_EMISMATCH);
    CHECK_CONTAINS(brine_detail(), "limit 3 and dead-letter pipe \"dead\"");
    CHECK_STATUS(brine_pipe_serve_with(pool, "a", &(brine_pipe_options){0}, &again), BRINE_EMISMATCH);
    CHECK_STATUS(brine_pipe_serve_with(pool, "dead", &options, &again), BRINE_EINVAL);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_publish(pool, "value", number_packet(pool, 1)));
    options.dead_letter = "value";
    CHECK_STATUS(brine_pipe_serve_with(pool, "b", &options, &again), BRINE_EMISMATCH);
    CHECK_OK(brine_unpublish(pool, "value"));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    CHECK_OK(brine_pipe_remove(pool, "dead"));
    check_empty(pool);
}

/* Closing and removing the pipe of a leased packet leaves it with its holder; then there is no way back. */
static void test_pipe_removed(void) {
    brine_pipe *pipe = serve_leased("a", 0, NULL);
    for (uint64_t n = 0; n < 3; n++) CHECK_OK(put_number(pipe, n, brine_now()));
    brine_packet first = lease(pipe, 0, 1), second = lease(pipe, 1, 1), third = lease(pipe, 2, 1);
    CHECK_OK(brine_nack(third));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    CHECK_EQ_INT(number_of(first), 0);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_EQ_INT(number_of(second), 1);
    CHECK_OK(brine_nack(first)); /* nobody can take it: freed */
    CHECK_OK(brine_ack(second));
    CHECK_OK(brine_packet_free(second));
    check_empty(pool);
}

int main(void) {
    pool = make_pool("p", 8 * MIB);
    test_readable();
    test_returned_in_order();
    test_forwarded();
    test_shares();
    test_dead_letters();
    test_options();
    test_pipe_removed();
    drop_pool(pool);
    return 0;
}
