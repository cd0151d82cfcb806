/* SPDX-License-Identifier: Apache-2.0 */
/* A wait that expects a peer ends with BRINE_EGONE when that peer is gone, soon, and only then. */
#include "pipe_helpers.h"

static brine_pool *pool;
static a32 *stage;

static double waited;
static int timed_dequeue(brine_pipe *pipe, brine_deadline deadline) {
    brine_packet packet;
    double begin = seconds_now();
    int rc = brine_dequeue(pipe, &packet, deadline);
    waited = seconds_now() - begin;
    if (rc == 0) CHECK_OK(brine_packet_free(packet));
    return rc;
}

static void serve_and(void *argument) {
    brine_pipe *pipe = serve(pool, "p", 2);
    const char *how = argument;
    CHECK_OK(put_number(pipe, 1, brine_now()));
    a32_store_release(stage, 1);
    sleep_ms(200);
    if (strcmp(how, "die") == 0) raise(SIGKILL);
    if (strcmp(how, "detach") == 0) brine_pipe_detach(pipe);
    if (strcmp(how, "close") == 0) CHECK_OK(brine_pipe_close(pipe));
}

/* The last server goes; the reader drains, then is told. */
static void test_server(const char *how, int expected) {
    a32_store_release(stage, 0);
    pid_t pid = check_fork(serve_and, (void *)(uintptr_t)how);
    await(stage, 1);
    brine_pipe *pipe = connect_to(pool, "p");
    CHECK_OK(brine_pipe_expect(pipe, BRINE_EXPECT_SERVER));
    CHECK_OK(timed_dequeue(pipe, brine_seconds(10)));
    CHECK_STATUS(timed_dequeue(pipe, brine_milliseconds(20)), BRINE_ETIMEDOUT);
    CHECK_STATUS(timed_dequeue(pipe, brine_seconds(20)), expected);
    CHECK_MSG(waited < 5, "told after %.3f s", waited);
    if (expected == BRINE_EGONE) CHECK_CONTAINS(brine_detail(), "serves");
    check_wait(pid);

    /* It stays so until somebody serves again; without the expectation nothing changes. */
    CHECK_STATUS(timed_dequeue(pipe, brine_seconds(20)), expected);
    CHECK_OK(brine_pipe_expect(pipe, 0));
    CHECK_STATUS(timed_dequeue(pipe, brine_milliseconds(50)), expected == BRINE_EGONE ? BRINE_ETIMEDOUT : expected);
    CHECK_OK(brine_pipe_expect(pipe, BRINE_EXPECT_SERVER));
    brine_pipe *server = serve(pool, "p", 0);
    CHECK_STATUS(timed_dequeue(pipe, brine_milliseconds(50)), BRINE_ETIMEDOUT);
    brine_pipe_detach(server);
    CHECK_STATUS(timed_dequeue(pipe, brine_now()), BRINE_ETIMEDOUT); /* a poll is no wait */
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
}

/* A pipe that is there but was never served yet: its first server is about to come, and not gone. */
static void test_before_the_first_server(void) {
    brine_pipe *first, *pipe;
    brine_pipe_options options = {.capacity = 2, .flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "p"};
    CHECK_OK(brine_pipe_serve_with(pool, "first", &options, &first)); /* makes "p", which nobody serves */
    pipe = connect_to(pool, "p");
    CHECK_OK(brine_pipe_expect(pipe, BRINE_EXPECT_SERVER));
    CHECK_STATUS(timed_dequeue(pipe, brine_milliseconds(50)), BRINE_ETIMEDOUT);
    brine_pipe_detach(serve(pool, "p", 0));
    CHECK_STATUS(timed_dequeue(pipe, brine_seconds(20)), BRINE_EGONE);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_close(first));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_remove(pool, "first"));
}

static void read_one_and_die(void *argument) {
    (void)argument;
    brine_pipe *pipe = connect_to(pool, "p");
    CHECK_EQ_INT(next_number(pipe), 1);
    a32_store_release(stage, 1);
    sleep_ms(200);
    raise(SIGKILL);
}

/* The last reader goes; before the first one came, the writer waits. */
static void test_reader(void) {
    brine_pipe *pipe = serve(pool, "p", 2);
    CHECK_OK(brine_pipe_expect(pipe, BRINE_EXPECT_READER));
    CHECK_OK(put_number(pipe, 1, brine_now()));
    CHECK_OK(put_number(pipe, 2, brine_now()));
    CHECK_STATUS(put_number(pipe, 3, brine_milliseconds(50)), BRINE_ETIMEDOUT);
    a32_store_release(stage, 0);
    pid_t pid = check_fork(read_one_and_die, NULL);
    await(stage, 1);
    CHECK_OK(put_number(pipe, 3, brine_seconds(10)));
    double begin = seconds_now();
    CHECK_STATUS(put_number(pipe, 4, brine_seconds(20)), BRINE_EGONE);
    CHECK_CONTAINS(brine_detail(), "reads");
    CHECK(seconds_now() - begin < 5);
    CHECK_KILLED(pid, SIGKILL);
    /* Dropping the oldest does not make the writer a reader. */
    CHECK_OK(brine_fanout(number_packet(pool, 5), &pipe, 1, BRINE_DROP_OLDEST, brine_now(), NULL, NULL));
    CHECK_STATUS(put_number(pipe, 6, brine_seconds(20)), BRINE_EGONE);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
}

static int count_user(const brine_user_info *info, void *context) {
    int *counts = context;
    counts[0]++;
    counts[1] += info->server;
    counts[2] += info->reads;
    counts[3] += info->writes;
    return 0;
}

static void test_wait_any(void) {
    brine_pipe *quiet = serve(pool, "quiet", 2);
    a32_store_release(stage, 0);
    pid_t pid = check_fork(serve_and, (void *)(uintptr_t) "die");
    await(stage, 1);
    brine_pipe *pipe = connect_to(pool, "p");
    CHECK_OK(timed_dequeue(pipe, brine_now()));
    int counts[4] = {0};
    CHECK_OK(brine_pipe_user_each(pool, "p", count_user, counts));
    CHECK(counts[0] == 2 && counts[1] == 1 && counts[2] == 1 && counts[3] == 1);
    CHECK_OK(brine_pipe_expect(pipe, BRINE_EXPECT_SERVER));
    brine_wait waits[] = {{quiet, BRINE_READABLE, 0}, {pipe, BRINE_READABLE, 0}};
    double begin = seconds_now();
    CHECK_OK(brine_wait_any(waits, 2, brine_seconds(20)));
    CHECK(seconds_now() - begin < 5);
    CHECK_EQ_INT(waits[0].ready, 0);
    CHECK_EQ_INT(waits[1].ready, BRINE_GONE);
    CHECK_KILLED(pid, SIGKILL);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_close(quiet));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    CHECK_OK(brine_pipe_remove(pool, "quiet"));
}

int main(void) {
    stage = shared_memory(4096);
    pool = make_pool("p", 8 * MIB);
    CHECK_STATUS(brine_pipe_expect(NULL, 0), BRINE_EINVAL);
    test_server("die", BRINE_EGONE);
    test_server("detach", BRINE_EGONE);
    test_server("close", BRINE_ECLOSED);
    test_before_the_first_server();
    test_reader();
    test_wait_any();
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
