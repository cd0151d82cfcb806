/* SPDX-License-Identifier: Apache-2.0 */
/* /dev/shm full: building, growing, serving and creating fail with the numbers; joining, enqueueing, dequeueing and
 * reaping go on; when something is freed all is as before. (unit/region_full_disk fills it in every way.) */
#include "environment.h"

enum { ROOM = 4000 };

static brine_packet held[ROOM];

/* Takes everything that is there, down to the smallest packet. */
static int take_all(brine_pool *pool) {
    int n = 0;
    for (uint64_t bytes = MIB; bytes >= 64; bytes /= 4)
        while (n < ROOM && (held[n] = filled_packet(pool, bytes, 1)).record) n++;
    CHECK(n < ROOM);
    return n;
}

static void free_all(int n) {
    while (n-- > 0) CHECK_OK(brine_packet_free(held[n]));
}

static void no_room(int status) {
    CHECK_EQ_INT(status, BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "KiB more asked");
    CHECK_CONTAINS(brine_detail(), "of 16384 KiB free");
    CHECK_CONTAINS(brine_detail(), "--shm-size");
}

static void building(brine_pool *pool, brine_pipe *pipe, brine_packet packet) {
    brine_packet none = brine_packet_none(), other;
    CHECK_STATUS(brine_packet_new(pool, &other), BRINE_ENOMEM);
    no_room(brine_packet_new(pool, &none));
    brine_ref root = brine_root(packet);
    size_t shape[] = {1000000};
    CHECK(brine_set_array(root, "data", BRINE_F64, 1, shape) == NULL);
    no_room(brine_packet_error(packet));
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOMEM); /* what was not built is not sent */
    CHECK(brine_packet_held(packet));
}

static void serving(brine_pool *pool) {
    brine_pipe *pipe = NULL;
    no_room(brine_pipe_serve(pool, "large", 100000, &pipe));
    CHECK_STATUS(brine_pipe_serve(pool, "small", 4, &pipe), BRINE_ENOMEM);
    CHECK(pipe == NULL);
    CHECK_EQ_INT(info_of(pool).pipes, 2);
}

static void creating(void) {
    brine_pool *pool = NULL;
    brine_raw_region raw;
    CHECK_STATUS(brine_pool_create("other", NULL, &pool), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "16384 KiB free");
    CHECK_STATUS(brine_raw_create("other", MIB, 0, NULL, &raw), BRINE_ENOMEM);
    CHECK_EQ_INT(access(pool_file("other"), F_OK), -1);
}

/* Sends back what it gets: attaches while there is nothing left. */
static void echo(void *argument) {
    (void)argument;
    brine_pool *pool = attach_pool("full");
    brine_pipe *to = connect_to(pool, "to"), *back = connect_to(pool, "back");
    brine_packet packet;
    int rc;
    while ((rc = brine_dequeue(to, &packet, brine_seconds(20))) == 0)
        CHECK_OK(brine_enqueue(back, packet, brine_seconds(20)));
    CHECK_EQ_INT(rc, BRINE_ECLOSED);
}

static void passing(brine_pipe *to, brine_pipe *back, brine_packet packet) {
    pid_t pid = check_fork(echo, NULL);
    for (int i = 0; i < 3000; i++) {
        CHECK_OK(brine_enqueue(to, packet, brine_seconds(20)));
        CHECK_OK(brine_dequeue(back, &packet, brine_seconds(20)));
    }
    CHECK_EQ_INT(number_of(packet), 77);
    CHECK_OK(brine_pipe_close(to)); /* ends the child's loop */
    CHECK_EXIT(pid, 0);
}

static void wait_to_die(void *argument) {
    line_say(argument, 'x');
    for (;;) pause();
}

/* The only large packet is another process's; it dies, and the memory is there again without a call for it. */
static void freed_by_death(brine_pool *pool) {
    struct holder h = {"full", line_open()};
    pid_t pid = check_fork(hold_packets, &h);
    line_hear(&h.ready);
    ballast("ballast", 64 * MIB);
    int n = take_all(pool);
    CHECK(!filled_packet(pool, 2 * MIB, 1).record);
    kill_wait(pid);
    brine_packet packet = filled_packet(pool, 2 * MIB, 1); /* reaps */
    CHECK_MSG(packet.record != 0, "%s", brine_detail());
    CHECK_OK(brine_packet_free(packet));
    free_all(n);
    no_ballast("ballast");
}

static void full(void *argument) {
    (void)argument;
    pools_on("tmpfs", 0, "size=16M");
    brine_pool *pool = make_pool("full", 64 * MIB);
    brine_pipe *to = serve(pool, "to", 4), *back = serve(pool, "back", 4), *pipe;
    uint64_t used = info_of(pool).used_bytes;
    freed_by_death(pool);
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
    brine_packet parcel = number_packet(pool, 77), growing = make_packet(pool);
    ballast("ballast", 64 * MIB);
    int n = take_all(pool);
    building(pool, to, growing);
    serving(pool);
    creating();
    struct signal_line line = line_open();
    pid_t pid = check_fork(wait_to_die, &line);
    line_hear(&line);
    passing(to, back, parcel);
    kill_wait(pid);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);

    no_ballast("ballast");
    CHECK(filled_packet(pool, 2 * MIB, 5).record != 0); /* at once, without trimming or reaping */
    CHECK_OK(brine_pipe_serve(pool, "large", 100000, &pipe));
    CHECK_OK(brine_pipe_close(pipe));
    free_all(n);
    drop_pool(pool);
}

int main(void) {
    static const struct environment_case cases[] = {{"full", full}};
    return RUN_CASES(cases);
}
