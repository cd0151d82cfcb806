/* SPDX-License-Identifier: Apache-2.0 */
/* Removing pipes: handles and waits get BRINE_ENOENT, packets are freed, entries are used again. */
#include "pipe_helpers.h"

#define MANY 1000

static void while_open(brine_pool *pool) {
    brine_pipe *pipe = serve(pool, "p", 8);
    brine_packet packet = number_packet(pool, 1);
    uint64_t number;
    for (uint64_t i = 0; i < 5; i++) CHECK_OK(put_number(pipe, i, brine_now()));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_STATUS(brine_pipe_remove(pool, "p"), BRINE_ENOENT);
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOENT);
    CHECK(brine_packet_held(packet));
    CHECK_CONTAINS(brine_detail(), "removed");
    CHECK_STATUS(get_number(pipe, &number, brine_now()), BRINE_ENOENT);
    CHECK_STATUS(get_number(pipe, &number, brine_forever()), BRINE_ENOENT);
    brine_wait wait = {pipe, BRINE_READABLE, 0};
    CHECK_STATUS(brine_wait_any(&wait, 1, brine_forever()), BRINE_ENOENT);
    CHECK_EQ_INT(brine_pipe_length(pipe), 0);
    /* the name is free at once: a new pipe, without the old packets */
    brine_pipe *fresh = serve(pool, "p", 3);
    CHECK_STATUS(get_number(fresh, &number, brine_now()), BRINE_ETIMEDOUT);
    CHECK_OK(brine_enqueue(fresh, packet, brine_now()));
    CHECK_STATUS(get_number(pipe, &number, brine_now()), BRINE_ENOENT);
    CHECK_EQ_INT(next_number(fresh), 1);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_close(fresh));
    check_empty(pool);
}

static void *wait_for_removal(void *argument) {
    uint64_t number;
    CHECK_STATUS(get_number(argument, &number, brine_forever()), BRINE_ENOENT);
    return NULL;
}

static void while_waited_for(brine_pool *pool) {
    brine_pipe *pipe = serve(pool, "w", 1);
    pthread_t thread;
    CHECK_EQ_INT(pthread_create(&thread, NULL, wait_for_removal, pipe), 0);
    sleep_ms(50);
    double begin = seconds_now();
    CHECK_OK(brine_pipe_remove(pool, "w"));
    CHECK_EQ_INT(pthread_join(thread, NULL), 0);
    CHECK(seconds_now() - begin < 1);
    CHECK_OK(brine_pipe_close(pipe));
    check_empty(pool);
}

struct family {
    brine_pool *pool;
    a32 *stage;
};

static void child_has_it_open(void *argument) {
    struct family *f = argument;
    uint64_t number;
    brine_pipe *pipe = connect_to(f->pool, "q");
    a32_store_release(&f->stage[0], 1);
    CHECK_STATUS(get_number(pipe, &number, brine_forever()), BRINE_ENOENT);
    a32_store_release(&f->stage[0], 2);
    raise(SIGKILL); /* dies with the handle open */
}

static void while_another_has_it(brine_pool *pool) {
    struct family f = {pool, shared_memory(4096)};
    brine_pipe *pipe = serve(pool, "q", 4);
    pid_t pid = check_fork(child_has_it_open, &f);
    await(&f.stage[0], 1);
    CHECK_OK(brine_pipe_remove(pool, "q"));
    await(&f.stage[0], 2);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_KILLED(pid, SIGKILL);
    check_baseline(pool, 0);
}

/* A child of fork whose parent's pipe is removed before the child uses its handle. */
static void inherited(void *argument) {
    struct family *f = argument;
    brine_packet packet;
    await(&f->stage[0], 1);
    CHECK_STATUS(brine_dequeue((brine_pipe *)(void *)f->pool, &packet, brine_now()), BRINE_ENOENT);
}

static void after_fork(brine_pool *pool) {
    brine_pipe *pipe = serve(pool, "f", 4);
    struct family f = {(brine_pool *)(void *)pipe, shared_memory(4096)};
    CHECK_OK(put_number(pipe, 1, brine_now()));
    pid_t pid = check_fork(inherited, &f);
    CHECK_OK(brine_pipe_remove(pool, "f"));
    a32_store_release(&f.stage[0], 1);
    CHECK_EXIT(pid, 0);
    CHECK_OK(brine_pipe_close(pipe));
    check_baseline(pool, 0);
}

static void many(brine_pool *pool) {
    static brine_pipe *pipes[MANY];
    char name[32];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "many-%u", i);
            pipes[i] = serve(pool, name, i % 7 + 1);
            CHECK_OK(put_number(pipes[i], i, brine_now()));
        }
        CHECK_EQ_INT(info_of(pool).pipes, MANY);
        for (uint32_t i = 0; i < MANY; i++) CHECK_EQ_INT(next_number(pipes[i]), i);
        check_whole(pool);
        for (uint32_t i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "many-%u", i);
            if (i % 2) CHECK_OK(brine_pipe_close(pipes[i]));
            CHECK_OK(brine_pipe_remove(pool, name));
            if (i % 2 == 0) CHECK_OK(brine_pipe_close(pipes[i]));
        }
        check_empty(pool);
        /* entries are used again: the directory does not grow */
        CHECK(dir_high(pool) <= MANY + 1);
    }
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB);
    while_open(pool);
    while_waited_for(pool);
    while_another_has_it(pool);
    after_fork(pool);
    many(pool);
    drop_pool(pool);
    return 0;
}
