/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A removed pipe that a dead process had open is cleaned up by whoever notices the death, also by one who is only
 * just joining and holds nothing yet.
 */
#include "pipe_helpers.h"

static brine_pool *pool;
static a32 *stage;

static void has_it_open(void *argument) {
    (void)argument;
    brine_pipe *pipe = connect_to(pool, "p");
    CHECK_EQ_INT(next_number(pipe), 0);
    brine_packet packet;
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    a32_store_release(stage, 1);
    for (;;) sleep_ms(1000);
}

/* Packets of all kinds in a pipe that is removed; the last who has it open is dead, not reaped. */
static void leave_it_to_others(void) {
    brine_pipe *pipe = serve(pool, "p", 16);
    for (uint64_t i = 0; i < 6; i++) {
        brine_packet packet = number_packet(pool, i), twin;
        CHECK(grow_packet(packet, 700u << (2 * i)) != NULL);
        if (i % 3 == 2) {
            CHECK_OK(brine_packet_share(&packet));
            CHECK_OK(brine_packet_clone(packet, &twin));
            CHECK_OK(brine_enqueue(pipe, twin, brine_now()));
        }
        CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    }
    brine_packet outer = number_packet(pool, 9), inner = filled_packet(pool, 50000, 1); /* with a packet inside */
    struct at at = at_of(outer);
    uint64_t link;
    CHECK_OK(brine__child_adopt(&at, inner, &link));
    CHECK_OK(brine_enqueue(pipe, outer, brine_now()));
    a32_store_release(stage, 0);
    pid_t pid = check_fork(has_it_open, NULL);
    await(stage, 1);
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK(info_of(pool).used_bytes > 0);
    CHECK_SYS(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
}

static void nothing_left(void) {
    check_whole(pool);
    CHECK_EQ_INT(info_of(pool).used_bytes, 0);
    for (uint32_t i = 0; i < dir_high(pool); i++)
        CHECK_EQ_INT(word_state(a64_load_acquire(&pool_dir(pool, i)->word)), DIR_FREE);
}

static void joins_after_fork(void *argument) {
    (void)argument;
    nothing_left(); /* its first call joins */
    brine_pool_detach(pool);
}

int main(void) {
    pool = make_pool("p", 16 * MIB);
    stage = shared_memory(4096);
    leave_it_to_others();
    CHECK_OK(brine_pool_reap(pool, NULL));
    nothing_left();
    leave_it_to_others();
    brine_pool *second = attach_pool("p");
    nothing_left();
    brine_pool_detach(second);
    leave_it_to_others();
    CHECK_IN_CHILD(joins_after_fork, NULL);
    nothing_left();
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
