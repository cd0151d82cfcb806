/* SPDX-License-Identifier: Apache-2.0 */
/* Thousands of leases come back in any order, by a death or by nack: they are taken again in the pipe's order, before
 * newer packets, also by two handles in turns, and without a search of the whole pool for each. */
#include "pipe_helpers.h"

#define COUNT 5000u

static brine_pool *pool;
static brine_pipe *pipe_a;
static brine_packet held[COUNT];

static void lease_all(void *argument) {
    (void)argument;
    for (uint32_t i = 0; i < COUNT; i++) {
        CHECK_OK(brine_dequeue(pipe_a, &held[i], brine_now()));
        CHECK_EQ_INT(number_of(held[i]), i);
    }
}

static void lease_all_and_die(void *argument) {
    lease_all(argument);
    raise(SIGKILL);
}

static void give_back_in_any_order(check_rng *rng) {
    for (uint32_t left = COUNT; left > 0; left--) {
        uint32_t i = (uint32_t)check_below(rng, left);
        CHECK_OK(brine_nack(held[i]));
        held[i] = held[left - 1];
    }
}

/* The n-th time that they are delivered. */
static void take_all(uint32_t times, bool give_back_some) {
    brine_pipe *other = connect_to(pool, "a");
    brine_packet packet;
    for (uint32_t i = 0; i < COUNT; i++) {
        CHECK_OK(brine_dequeue(i % 3 ? pipe_a : other, &packet, brine_now()));
        CHECK_EQ_INT(number_of(packet), i);
        CHECK_EQ_INT(brine_deliveries(packet), times);
        if (give_back_some && i % 1000 == 500) { /* comes again at once */
            CHECK_OK(brine_nack(packet));
            CHECK_OK(brine_dequeue(pipe_a, &packet, brine_now()));
            CHECK_EQ_INT(number_of(packet), i);
            CHECK_EQ_INT(brine_deliveries(packet), times + 1);
        }
        CHECK_OK(brine_packet_free(packet));
    }
    CHECK_EQ_INT(next_number(other), COUNT);
    CHECK_OK(brine_pipe_close(other));
}

static void fill(void) {
    for (uint32_t i = 0; i <= COUNT; i++) CHECK_OK(put_number(pipe_a, i, brine_now()));
}

int main(void) {
    check_rng rng = check_seed(1);
    pool = make_pool("p", 32 * MIB);
    CHECK_OK(brine_pipe_serve_with(pool, "a", &(brine_pipe_options){.capacity = 2 * COUNT, .flags = BRINE_PIPE_LEASES},
                                   &pipe_a));
    fill();
    lease_all(NULL);
    give_back_in_any_order(&rng);
    CHECK_EQ_INT(pipe_info(pool, "a").depth, COUNT + 1);
    take_all(2, true);
    fill();
    CHECK_KILLED(check_fork(lease_all_and_die, NULL), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    take_all(2, false);
    CHECK_OK(brine_pipe_close(pipe_a));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
