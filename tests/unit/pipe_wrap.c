/* SPDX-License-Identifier: Apache-2.0 */
/* Laps have 24 bits: a ring at the end of its last lap goes on in lap 0. Counting there takes too long, so
 * the ring is set to stand shortly before. */
#include "pipe_helpers.h"

/* As if so many packets had gone through the empty pipe. */
static void set_position(brine_pipe *pipe, uint64_t position) {
    for (uint64_t t = position; t < position + pipe->mask + 1; t++)
        a64_store_release(&pipe->slots[t & pipe->mask], slot_word(t >> pipe->shift, false, 0, 0));
    a64_store_release(&pipe->control->head, position);
    a64_store_release(&pipe->control->tail, position);
    a64_store_release(&pipe->head_seen, position);
}

struct family {
    brine_pool *pool;
    uint64_t count;
};

static void writes(void *argument) {
    struct family *f = argument;
    brine_pipe *pipe = connect_to(f->pool, "p");
    for (uint64_t i = 0; i < f->count; i++) CHECK_OK(put_number(pipe, i, brine_seconds(10)));
}

static void dies_with_packets(void *argument) {
    struct family *f = argument;
    writes(f);
    raise(SIGKILL);
}

static void around(brine_pool *pool, uint32_t capacity, uint64_t from) {
    brine_pipe *pipe = serve(pool, "p", capacity);
    uint64_t number, used = info_of(pool).used_bytes, put = 0, got = 0;
    set_position(pipe, from);
    check_whole(pool);
    /* full, empty and in between, across the wrap */
    for (int round = 0; round < 40; round++) {
        uint64_t fill = round % 3 == 0 ? capacity : (uint64_t)round % capacity + 1;
        while (put - got < fill) CHECK_OK(put_number(pipe, put++, brine_now()));
        if (put - got == capacity) CHECK_STATUS(put_number(pipe, 0, brine_now()), BRINE_ETIMEDOUT);
        check_whole(pool);
        while (got < put) CHECK_EQ_INT(next_number(pipe), got++);
        CHECK_STATUS(get_number(pipe, &number, brine_now()), BRINE_ETIMEDOUT);
    }
    /* with another process, and a sender that dies right across it */
    set_position(pipe, from);
    struct family f = {pool, 200};
    pid_t pid = check_fork(writes, &f);
    for (uint64_t i = 0; i < f.count; i++) {
        CHECK_OK(get_number(pipe, &number, brine_seconds(10)));
        CHECK_EQ_INT(number, i);
    }
    CHECK_EXIT(pid, 0);
    set_position(pipe, ((from + capacity) & ~(uint64_t)63) - capacity / 2 - 1);
    f.count = capacity;
    pid = check_fork(dies_with_packets, &f);
    CHECK_KILLED(pid, SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    for (uint64_t i = 0; i < capacity; i++) CHECK_EQ_INT(next_number(pipe), i);
    check_baseline(pool, used);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB);
    const uint64_t laps = LAP_MASK + (uint64_t)1;
    around(pool, 1, laps * 64 - 3);
    around(pool, 4, laps * 64 - 10);
    around(pool, 64, laps * 64 - 100);
    around(pool, 64, laps * 64 * 5 - 1); /* not the first time round */
    around(pool, 100, laps * 128 - 77);
    around(pool, 8, ((uint64_t)1 << 62) - 5);
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
