/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a stream: the last server's close, draining, opening again, servers that die or detach. */
#include "pipe_helpers.h"

static void drain_then_closed(brine_pool *pool) {
    uint64_t number;
    brine_pipe *server = serve(pool, "p", 4), *client = connect_to(pool, "p");
    for (uint64_t i = 0; i < 3; i++) CHECK_OK(put_number(client, i, brine_now()));
    CHECK(!brine_pipe_is_closed(client));
    CHECK_OK(brine_pipe_close(server));
    CHECK(brine_pipe_is_closed(client));
    CHECK_STATUS(put_number(client, 9, brine_now()), BRINE_ECLOSED);
    CHECK_STATUS(put_number(client, 9, brine_forever()), BRINE_ECLOSED);
    CHECK_CONTAINS(brine_detail(), "\"p\"");
    for (uint64_t i = 0; i < 3; i++) CHECK_EQ_INT(next_number(client), i);
    CHECK_STATUS(get_number(client, &number, brine_now()), BRINE_ECLOSED);
    CHECK_STATUS(get_number(client, &number, brine_forever()), BRINE_ECLOSED);
    CHECK(pipe_info(pool, "p").closed);
    /* a client does not open it again, a server does, for the handles that are open too */
    brine_pipe *other = connect_to(pool, "p");
    CHECK_STATUS(get_number(other, &number, brine_now()), BRINE_ECLOSED);
    server = serve(pool, "p", 0);
    CHECK(!brine_pipe_is_closed(client));
    CHECK_STATUS(get_number(client, &number, brine_now()), BRINE_ETIMEDOUT);
    CHECK_OK(put_number(client, 5, brine_now()));
    CHECK_EQ_INT(next_number(other), 5);
    /* a client's close ends nothing, nor does a detach */
    CHECK_OK(brine_pipe_close(other));
    CHECK(!brine_pipe_is_closed(client));
    brine_pipe_detach(server);
    CHECK(!brine_pipe_is_closed(client));
    server = serve(pool, "p", 0);
    CHECK_OK(brine_pipe_close(server));
    CHECK(brine_pipe_is_closed(client));
    CHECK_OK(brine_pipe_close(client));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    check_empty(pool);
}

static void two_handles_of_one_process(brine_pool *pool) {
    brine_pipe *a = serve(pool, "two", 2), *b = serve(pool, "two", 0);
    CHECK_OK(brine_pipe_close(a));
    CHECK(!brine_pipe_is_closed(b));
    a = serve(pool, "two", 0);
    CHECK_OK(brine_pipe_close(b));
    CHECK(!brine_pipe_is_closed(a));
    b = connect_to(pool, "two");
    CHECK_OK(brine_pipe_close(a));
    CHECK(brine_pipe_is_closed(b));
    a = serve(pool, "two", 0); /* the process, a client meanwhile, serves again */
    CHECK(!brine_pipe_is_closed(b));
    CHECK_OK(brine_pipe_close(b));
    CHECK(!brine_pipe_is_closed(a));
    CHECK_OK(brine_pipe_close(a));
    CHECK_OK(brine_pipe_remove(pool, "two"));
}

struct family {
    brine_pool *pool;
    a32 *stage;
    bool dies;
};

static void second_server(void *argument) {
    struct family *f = argument;
    brine_pipe *pipe = serve(f->pool, "s", 0);
    a32_store_release(&f->stage[0], 1);
    await(&f->stage[0], 2);
    if (f->dies) raise(SIGKILL);
    CHECK_OK(brine_pipe_close(pipe));
}

static void others_serve(brine_pool *pool) {
    struct family f = {pool, shared_memory(4096), false};
    for (int i = 0; i < 2; i++) {
        f.dies = i == 1;
        a32_store_release(&f.stage[0], 0);
        brine_pipe *mine = serve(pool, "s", 4), *client = connect_to(pool, "s");
        pid_t pid = check_fork(second_server, &f);
        await(&f.stage[0], 1);
        CHECK_EQ_INT(pipe_info(pool, "s").servers, 2);
        if (f.dies) { /* the dead do not end the stream, nor do they keep it open */
            a32_store_release(&f.stage[0], 2);
            CHECK_KILLED(pid, SIGKILL);
            CHECK(!brine_pipe_is_closed(client));
            CHECK_OK(brine_pipe_close(mine));
        } else {
            CHECK_OK(brine_pipe_close(mine));
            CHECK(!brine_pipe_is_closed(client));
            CHECK_OK(put_number(client, 1, brine_now()));
            CHECK_EQ_INT(next_number(client), 1);
            a32_store_release(&f.stage[0], 2);
            CHECK_EXIT(pid, 0);
        }
        CHECK(brine_pipe_is_closed(client));
        CHECK_OK(brine_pipe_close(client));
    }
    CHECK_OK(brine_pipe_remove(pool, "s"));
    check_baseline(pool, 0);
}

struct waiter {
    brine_pipe *pipe;
    bool reads;
    int rc;
};
static void *wait_for_end(void *argument) {
    struct waiter *w = argument;
    uint64_t number;
    w->rc = w->reads ? get_number(w->pipe, &number, brine_forever()) : put_number(w->pipe, 1, brine_forever());
    return NULL;
}

static void waits_end(brine_pool *pool) {
    for (int reads = 0; reads < 2; reads++) {
        brine_pipe *server = serve(pool, "w", 1), *client = connect_to(pool, "w");
        struct waiter waiters[4];
        pthread_t threads[4];
        if (!reads) CHECK_OK(put_number(client, 0, brine_now())); /* full */
        for (int i = 0; i < 4; i++) {
            waiters[i] = (struct waiter){client, reads, 1};
            CHECK_EQ_INT(pthread_create(&threads[i], NULL, wait_for_end, &waiters[i]), 0);
        }
        sleep_ms(30);
        double begin = seconds_now();
        CHECK_OK(brine_pipe_close(server));
        for (int i = 0; i < 4; i++) {
            CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
            CHECK_EQ_INT(waiters[i].rc, BRINE_ECLOSED);
        }
        CHECK(seconds_now() - begin < 1);
        CHECK_OK(brine_pipe_close(client));
        CHECK_OK(brine_pipe_remove(pool, "w"));
    }
    check_empty(pool);
}

/* Detaching from the pool closes the handles without ending the stream. */
static void pool_detach_keeps_the_stream(brine_pool *pool) {
    brine_pool *second = attach_pool("p");
    brine_pipe *pipe = serve(second, "d", 4);
    CHECK_OK(put_number(pipe, 3, brine_now()));
    brine_pool_detach(second);
    pipe = connect_to(pool, "d");
    CHECK(!brine_pipe_is_closed(pipe));
    CHECK_EQ_INT(next_number(pipe), 3);
    CHECK_EQ_INT(pipe_info(pool, "d").servers, 0);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "d"));
}

/* Two threads serve and close over and over: while one of them has a server's handle, the stream is open. */
static a32 stop;
static void *serve_and_close(void *argument) {
    brine_pool *pool = argument;
    while (!a32_load_acquire(&stop)) {
        brine_pipe *pipe = serve(pool, "race", 4);
        for (int i = 0; i < 20; i++) CHECK_MSG(!brine_pipe_is_closed(pipe), "closed while it is being served");
        CHECK_OK(brine_pipe_close(pipe));
    }
    return NULL;
}

static void close_races_with_serve(brine_pool *pool) {
    pthread_t threads[3];
    brine_pipe *client = serve(pool, "race", 4);
    for (int i = 0; i < 3; i++) CHECK_EQ_INT(pthread_create(&threads[i], NULL, serve_and_close, pool), 0);
    CHECK_OK(brine_pipe_close(client));
    sleep_ms(1000);
    a32_store_release(&stop, 1);
    for (int i = 0; i < 3; i++) CHECK_EQ_INT(pthread_join(threads[i], NULL), 0);
    client = connect_to(pool, "race");
    CHECK(brine_pipe_is_closed(client));
    CHECK_OK(brine_pipe_close(client));
    CHECK_OK(brine_pipe_remove(pool, "race"));
    check_empty(pool);
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB);
    drain_then_closed(pool);
    two_handles_of_one_process(pool);
    others_serve(pool);
    waits_end(pool);
    pool_detach_keeps_the_stream(pool);
    close_races_with_serve(pool);
    drop_pool(pool);
    return 0;
}
