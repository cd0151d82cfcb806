/* SPDX-License-Identifier: Apache-2.0 */
/* Another program cuts the file of a pool. Attaching notices; of those attached, what needs the file notices too, and
 * nothing else can be promised: memory that is gone is a SIGBUS. (Private pools are sealed: environment/private_pools.)
 */
#include "environment.h"

static void cut(off_t bytes) { CHECK_SYS(truncate(pool_file("cut"), bytes)); }

static void detached(void *argument) {
    (void)argument;
    brine_pool_options readonly = {.flags = BRINE_POOL_READONLY};
    brine_pool *pool = make_pool("cut", 16 * MIB);
    struct layout l = pool->layout;
    CHECK(filled_packet(pool, 2 * MIB, 1).record != 0);
    brine_pool_detach(pool);
    const off_t sizes[] = {
        (off_t)l.file_bytes - 1, (off_t)l.pages, (off_t)l.records + 5, (off_t)l.dir, 65536, 65535, 512, 100, 7, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int expect = sizes[i] < 65536 ? BRINE_EFOREIGN : BRINE_ECORRUPT;
        cut(sizes[i]);
        CHECK_STATUS(brine_pool_attach("cut", NULL, brine_seconds(20), &pool), expect);
        CHECK_CONTAINS(brine_detail(), sizes[i] < 65536 ? "too few for a brine pool" : "it was truncated or extended");
        CHECK_STATUS(brine_pool_attach("cut", &readonly, brine_seconds(20), &pool), expect);
    }
    cut((off_t)l.file_bytes); /* back to its length, of zeros */
    CHECK_STATUS(brine_pool_attach("cut", NULL, brine_seconds(20), &pool), BRINE_EFOREIGN);
    CHECK_STATUS(brine_pool_unlink_stale("cut"), BRINE_EFOREIGN);
    CHECK_OK(brine_pool_unlink("cut"));
}

static void forked(void *argument) {
    brine_packet packet;
    CHECK_STATUS(brine_packet_new(argument, &packet), BRINE_ESYS);
    CHECK_CONTAINS(brine_detail(), "another program has cut its file");
    brine_pool_detach(argument);
}

static void attached(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("cut", 64 * MIB), *reader = attach_readonly("cut");
    brine_packet packet = filled_packet(pool, 3 * MIB, 1);
    CHECK(packet.record != 0);
    CHECK_SYS(truncate(pool_file("cut"), (off_t)pool->layout.pages));
    CHECK_STATUS(brine_pool_reap(pool, NULL), BRINE_ECORRUPT);
    CHECK_CONTAINS(brine_detail(), "another program has cut its file to");
    CHECK(!filled_packet(pool, 20 * MIB, 1).record); /* growing */
    CHECK_CONTAINS(brine_detail(), "another program has cut its file to");
    CHECK_IN_CHILD(forked, pool);
    CHECK_SYS(truncate(pool_file("cut"), 0));
    CHECK_STATUS(brine_pool_reap(pool, NULL), BRINE_ECORRUPT);
    brine_pool_detach(reader);
    brine_pool_detach(pool); /* touches nothing */
    CHECK_OK(brine_pool_unlink("cut"));
}

/* Looking, by those who were attached before. */
static int ignore_pipe(const brine_pipe_info *info, void *context) {
    (void)info;
    (void)context;
    return 0;
}
static int ignore_participant(const brine_participant_info *info, void *context) {
    (void)info;
    (void)context;
    return 0;
}
static void ignore_problem(const char *problem, void *context) {
    (void)problem;
    (void)context;
}

static void observers(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("cut", 16 * MIB), *reader = attach_readonly("cut");
    brine_pool_info info;
    brine_pipe_info pipe;
    brine_packet copy;
    CHECK_OK(put_number(serve(pool, "pipe", 4), 1, brine_now()));
    for (off_t bytes = (off_t)pool->layout.pages; bytes > 4096; bytes /= 3) {
        cut(bytes);
        CHECK(brine_pool_get_info(reader, &info) < 0);
        CHECK_CONTAINS(brine_detail(), "another program has cut its file");
        CHECK(brine_pipe_get_info(reader, "pipe", &pipe) < 0);
        CHECK(brine_pipe_each(reader, ignore_pipe, NULL) < 0);
        CHECK(brine_participant_each(reader, ignore_participant, NULL) < 0);
        CHECK(brine_peek(reader, "pipe", 0, 0, &copy) < 0);
        CHECK(brine_pool_check(reader, ignore_problem, NULL) != 0);
    }
    brine_pool_detach(reader);
    brine_pool_detach(pool);
    CHECK_OK(brine_pool_unlink("cut"));
}

int main(void) {
    static const struct environment_case cases[] = {
        {"detached", detached}, {"attached", attached}, {"observers", observers}};
    return RUN_CASES(cases);
}
