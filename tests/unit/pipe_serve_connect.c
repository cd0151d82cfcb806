/* SPDX-License-Identifier: Apache-2.0 */
/* Serving and connecting: capacities, names, waiting for a pipe to be made, what is refused and how. */
#include "pipe_helpers.h"

static void capacities(brine_pool *pool) {
    brine_pipe *pipe, *again;
    pipe = serve(pool, "default", 0);
    CHECK_EQ_INT(brine_pipe_capacity(pipe), 64);
    CHECK_STR(brine_pipe_name(pipe), "default");
    CHECK(brine_pipe_pool(pipe) == pool);
    again = serve(pool, "default", 64);
    CHECK_OK(brine_pipe_close(again));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "default"));

    const uint32_t sizes[] = {1, 2, 63, 64, 65, 100, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pipe = serve(pool, "sized", sizes[i]);
        CHECK_EQ_INT(brine_pipe_capacity(pipe), sizes[i]);
        for (uint32_t n = 0; n < sizes[i]; n++) {
            CHECK_EQ_INT(brine_pipe_length(pipe), n);
            CHECK_OK(put_number(pipe, n, brine_now()));
        }
        CHECK_STATUS(put_number(pipe, 0, brine_now()), BRINE_ETIMEDOUT);
        CHECK_EQ_INT(brine_pipe_length(pipe), sizes[i]);
        for (uint32_t n = 0; n < sizes[i]; n++) CHECK_EQ_INT(next_number(pipe), n);
        CHECK_OK(brine_pipe_close(pipe));
        CHECK_OK(brine_pipe_remove(pool, "sized"));
    }
}

static void largest(void) {
    brine_pool *pool = make_pool("large", (uint64_t)1 << 30);
    uint64_t number;
    brine_pipe *pipe;
    CHECK_STATUS(brine_pipe_serve(pool, "p", BRINE_CAPACITY_MAX + 1, &pipe), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "1048577");
    pipe = serve(pool, "p", BRINE_CAPACITY_MAX);
    uint64_t used = info_of(pool).used_bytes;
    for (uint32_t n = 0; n < BRINE_CAPACITY_MAX; n++) CHECK_OK(put_number(pipe, n, brine_now()));
    CHECK_STATUS(put_number(pipe, 0, brine_now()), BRINE_ETIMEDOUT);
    for (uint32_t n = 0; n < BRINE_CAPACITY_MAX; n++) CHECK_EQ_INT(next_number(pipe), n);
    CHECK_STATUS(get_number(pipe, &number, brine_now()), BRINE_ETIMEDOUT);
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    check_empty(pool);
    drop_pool(pool);
}

static void mismatch(brine_pool *pool) {
    brine_pipe *pipe = serve(pool, "eight", 8), *other = (brine_pipe *)&pipe;
    CHECK_STATUS(brine_pipe_serve(pool, "eight", 9, &other), BRINE_EMISMATCH);
    CHECK(other == (brine_pipe *)&pipe); /* untouched on failure */
    CHECK_CONTAINS(brine_detail(), "eight");
    CHECK_CONTAINS(brine_detail(), "capacity 8");
    CHECK_CONTAINS(brine_detail(), "9 was asked");
    other = serve(pool, "eight", 0);
    CHECK_EQ_INT(brine_pipe_capacity(other), 8);
    CHECK_EQ_INT(pipe_info(pool, "eight").servers, 1); /* one endpoint for each process */
    CHECK_OK(brine_pipe_close(other));
    CHECK_OK(brine_pipe_close(pipe));
    /* the pipe stays when nobody has it open, and so does its capacity */
    CHECK_STATUS(brine_pipe_serve(pool, "eight", 64, &other), BRINE_EMISMATCH);
    CHECK_OK(brine_pipe_remove(pool, "eight"));
    pipe = serve(pool, "eight", 64);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "eight"));
}

static void names(brine_pool *pool) {
    char longest[BRINE_NAME_MAX + 1], too_long[BRINE_NAME_MAX + 2];
    memset(longest, 'n', BRINE_NAME_MAX);
    memset(too_long, 'n', BRINE_NAME_MAX + 1);
    longest[BRINE_NAME_MAX] = too_long[BRINE_NAME_MAX + 1] = 0;
    brine_pipe *pipe = serve(pool, longest, 1), *other;
    CHECK_STR(brine_pipe_name(pipe), longest);
    longest[BRINE_NAME_MAX - 1] = 'm'; /* differs in the last byte only */
    other = serve(pool, longest, 2);
    CHECK_EQ_INT(brine_pipe_capacity(other), 2);
    CHECK_OK(brine_pipe_close(other));
    CHECK_OK(brine_pipe_remove(pool, longest));
    CHECK_OK(brine_pipe_remove(pool, brine_pipe_name(pipe)));
    CHECK_OK(brine_pipe_close(pipe));
    const char *bad[] = {"", ".x", "-x", "a b", "a/b", "\xc3\xa9", too_long};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(brine_pipe_serve(pool, bad[i], 1, &pipe), BRINE_ENAME);
        CHECK_STATUS(brine_pipe_connect(pool, bad[i], brine_now(), &pipe), BRINE_ENAME);
        CHECK_STATUS(brine_pipe_remove(pool, bad[i]), BRINE_ENAME);
    }
}

static void serve_later(void *argument) {
    brine_pool *pool = argument;
    sleep_ms(150);
    brine_pipe *pipe = serve(pool, "later", 3);
    CHECK_OK(put_number(pipe, 7, brine_now()));
    /* ends without closing: the pipe stays, with what is in it */
}

static void connect_waits(brine_pool *pool) {
    brine_pipe *pipe;
    CHECK_STATUS(brine_pipe_connect(pool, "later", brine_now(), &pipe), BRINE_ENOENT);
    CHECK_CONTAINS(brine_detail(), "later");
    double begin = seconds_now();
    CHECK_STATUS(brine_pipe_connect(pool, "later", brine_milliseconds(60), &pipe), BRINE_ENOENT);
    CHECK(seconds_now() - begin >= 0.06 && seconds_now() - begin < 2);
    pid_t pid = check_fork(serve_later, pool);
    begin = seconds_now();
    CHECK_OK(brine_pipe_connect(pool, "later", brine_seconds(10), &pipe));
    CHECK(seconds_now() - begin < 5);
    CHECK_EQ_INT(brine_pipe_capacity(pipe), 3);
    uint64_t number;
    CHECK_OK(get_number(pipe, &number, brine_seconds(10)));
    CHECK_EQ_INT(number, 7);
    CHECK_EXIT(pid, 0);
    CHECK(!brine_pipe_is_closed(pipe)); /* its server ended, it did not close */
    CHECK_STATUS(get_number(pipe, &number, brine_now()), BRINE_ETIMEDOUT);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "later"));
}

static void clashes(brine_pool *pool) {
    brine_pipe *pipe;
    brine_packet packet = number_packet(pool, 1);
    CHECK_OK(brine_publish(pool, "value", packet));
    CHECK_STATUS(brine_pipe_serve(pool, "value", 0, &pipe), BRINE_EMISMATCH);
    CHECK_CONTAINS(brine_detail(), "published value");
    CHECK_STATUS(brine_pipe_connect(pool, "value", brine_now(), &pipe), BRINE_EMISMATCH);
    CHECK_STATUS(brine_pipe_remove(pool, "value"), BRINE_EMISMATCH);
    CHECK_OK(brine_unpublish(pool, "value"));
    pipe = serve(pool, "value", 0);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "value"));
}

static void refusals(brine_pool *pool) {
    brine_pipe *pipe;
    CHECK_STATUS(brine_pipe_serve(NULL, "p", 1, &pipe), BRINE_EINVAL);
    CHECK_STATUS(brine_pipe_connect(NULL, "p", brine_now(), &pipe), BRINE_EINVAL);
    CHECK_STATUS(brine_pipe_remove(NULL, "p"), BRINE_EINVAL);
    CHECK_OK(brine_pipe_close(NULL));
    brine_pipe_detach(NULL);
    CHECK_EQ_INT(brine_pipe_length(NULL), 0);
    brine_pool *watcher = attach_readonly("p");
    CHECK_STATUS(brine_pipe_serve(watcher, "p", 1, &pipe), BRINE_EREADONLY);
    CHECK_STATUS(brine_pipe_connect(watcher, "p", brine_now(), &pipe), BRINE_EREADONLY);
    brine_pool_detach(watcher);
    (void)pool;
}

int main(void) {
    brine_pool *pool = make_pool("p", 16 * MIB);
    capacities(pool);
    mismatch(pool);
    names(pool);
    connect_waits(pool);
    clashes(pool);
    refusals(pool);
    check_baseline(pool, 0);
    CHECK(brine_pool_is_pristine(pool));
    drop_pool(pool);
    largest();
    return 0;
}
