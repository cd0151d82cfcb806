/* SPDX-License-Identifier: Apache-2.0 */
/* Leases of readers that die or leave: their packets go to the next reader, in order, counted, or to the dead-letter
 * pipe; what was forwarded before is where it was forwarded to. */
#include "pipe_helpers.h"

static brine_pool *pool;
static brine_pipe *work, *next;

static uint64_t get_leased(brine_pipe *pipe, brine_packet *packet) {
    CHECK_OK(brine_dequeue(pipe, packet, brine_now()));
    return number_of(*packet);
}

static void take_three_and_die(void *argument) {
    brine_packet packet;
    (void)argument;
    for (uint64_t n = 0; n < 3; n++) CHECK_EQ_INT(get_leased(work, &packet), n);
    raise(SIGKILL);
}

static void test_next_reader(void) {
    brine_packet packet;
    for (uint64_t n = 0; n < 5; n++) CHECK_OK(put_number(work, n, brine_now()));
    CHECK_KILLED(check_fork(take_three_and_die, NULL), SIGKILL);
    CHECK_EQ_INT(get_leased(work, &packet), 3); /* nobody has noticed the death yet */
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_pool_reap(pool, NULL));
    for (uint64_t n = 0; n < 3; n++) {
        CHECK_EQ_INT(get_leased(work, &packet), n);
        CHECK_EQ_INT(brine_deliveries(packet), 2);
        CHECK_OK(brine_packet_free(packet));
    }
    CHECK_EQ_INT(next_number(work), 4);
}

/* A reader that waits gets what a dead one held. */
static void take_one_and_die(void *argument) {
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(get_leased(work, &packet), 7);
    sleep_ms(100);
    raise(SIGKILL);
}
static void test_waiting_reader(void) {
    brine_packet packet;
    CHECK_OK(put_number(work, 7, brine_now()));
    pid_t pid = check_fork(take_one_and_die, NULL);
    while (pipe_info(pool, "work").leased == 0) sleep_ms(1);
    double begin = seconds_now();
    CHECK_OK(brine_dequeue(work, &packet, brine_seconds(10)));
    CHECK(seconds_now() - begin < 5);
    CHECK_EQ_INT(brine_deliveries(packet), 2);
    CHECK_EQ_INT(take_number(packet), 7);
    CHECK_KILLED(pid, SIGKILL);
}

/* Leaving in order is no different. */
static void take_and_detach(void *argument) {
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(get_leased(work, &packet), 8);
    brine_pool_detach(pool);
}
static void take_and_exec(void *argument) {
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(get_leased(work, &packet), 8);
    execlp("true", "true", NULL);
}
static void test_leaving(void) {
    void (*const ways[])(void *) = {take_and_detach, take_and_exec};
    CHECK_OK(put_number(work, 8, brine_now()));
    for (uint32_t i = 0; i < 2; i++) {
        brine_packet packet;
        CHECK_IN_CHILD(ways[i], NULL);
        CHECK_OK(brine_pool_reap(pool, NULL));
        CHECK_EQ_INT(get_leased(work, &packet), 8);
        CHECK_EQ_INT(brine_deliveries(packet), 2 + i * 2);
        if (i == 0)
            CHECK_OK(brine_nack(packet));
        else
            CHECK_OK(brine_packet_free(packet));
    }
}

/* A forked child has no leases; its parent's are not its own. */
static void try_parents(void *argument) {
    brine_packet *packet = argument;
    CHECK_EQ_INT(brine_deliveries(*packet), 0);
    CHECK_STATUS(brine_ack(*packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_nack(*packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_enqueue(next, *packet, brine_now()), BRINE_ENOTHELD);
}
static void test_fork(void) {
    brine_packet packet;
    CHECK_OK(put_number(work, 9, brine_now()));
    CHECK_EQ_INT(get_leased(work, &packet), 9);
    CHECK_IN_CHILD(try_parents, &packet);
    CHECK_OK(brine_packet_free(packet));
}

static void forward_and_die(void *argument) {
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(get_leased(work, &packet), 10);
    CHECK_OK(brine_enqueue(next, packet, brine_now()));
    CHECK_EQ_INT(get_leased(work, &packet), 11);
    CHECK_STATUS(brine_enqueue(next, packet, brine_milliseconds(20)), BRINE_ETIMEDOUT); /* it is full */
    raise(SIGKILL);
}
static void test_forward(void) {
    brine_packet packet;
    CHECK_OK(put_number(work, 10, brine_now()));
    CHECK_OK(put_number(work, 11, brine_now()));
    CHECK_KILLED(check_fork(forward_and_die, NULL), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_EQ_INT(next_number(next), 10);
    CHECK_EQ_INT(get_leased(work, &packet), 11);
    CHECK_EQ_INT(brine_deliveries(packet), 2);
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_dequeue(work, &packet, brine_now()), BRINE_ETIMEDOUT);
}

/* A packet that kills its readers goes where it does no more harm. */
static void die_of_it(void *argument) {
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(get_leased(work, &packet), 12);
    raise(SIGKILL);
}
static void test_poison(void) {
    brine_pipe *letters = connect_to(pool, "letters");
    CHECK_OK(brine_pipe_close(work));
    CHECK_OK(brine_pipe_remove(pool, "work"));
    CHECK_OK(brine_pipe_serve_with(
        pool, "work", &(brine_pipe_options){.flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "letters"},
        &work));
    CHECK_OK(put_number(work, 12, brine_now()));
    CHECK_OK(put_number(work, 13, brine_now()));
    for (int i = 0; i < 3; i++) {
        CHECK_KILLED(check_fork(die_of_it, NULL), SIGKILL);
        CHECK_OK(brine_pool_reap(pool, NULL));
    }
    CHECK_EQ_INT(next_number(work), 13);
    CHECK_EQ_INT(pipe_info(pool, "work").dead_letters, 1);
    CHECK_EQ_INT(next_number(letters), 12);
    CHECK_OK(brine_pipe_close(letters));
    CHECK_OK(brine_pipe_remove(pool, "letters"));
}

int main(void) {
    pool = make_pool("p", 8 * MIB);
    CHECK_OK(brine_pipe_serve_with(pool, "work", &(brine_pipe_options){.flags = BRINE_PIPE_LEASES}, &work));
    next = serve(pool, "next", 1);
    CHECK_OK(brine_pipe_close(serve(pool, "letters", 1)));
    test_next_reader();
    test_waiting_reader();
    test_leaving();
    test_fork();
    test_forward();
    test_poison();
    CHECK_OK(brine_pipe_close(work));
    CHECK_OK(brine_pipe_close(next));
    CHECK_OK(brine_pipe_remove(pool, "work"));
    CHECK_OK(brine_pipe_remove(pool, "next"));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
