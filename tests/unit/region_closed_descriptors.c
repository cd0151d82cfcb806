/* SPDX-License-Identifier: Apache-2.0 */
/* A program that closes every descriptor (daemons do) keeps its pools, and files that get the numbers
 * afterwards are not touched. */
#include "pool_helpers.h"

#define BAIT "nothing of brine's business"

static void close_all(void) { CHECK_SYS(close_range(3, ~0u, 0)); }

/* Puts other files where the pools' descriptors were. */
static void lay_bait(int *fds, int count) {
    for (int i = 0; i < count; i++) {
        fds[i] = memfd_create("bait", 0);
        CHECK_SYS(fds[i]);
        CHECK_EQ_INT(write(fds[i], BAIT, sizeof BAIT), sizeof BAIT);
    }
}

static void check_bait(const int *fds, int count) {
    for (int i = 0; i < count; i++) {
        char text[sizeof BAIT];
        struct stat st;
        CHECK_SYS(fstat(fds[i], &st)); /* still open */
        CHECK_EQ_INT(st.st_size, sizeof BAIT);
        CHECK_EQ_INT(pread(fds[i], text, sizeof text, 0), sizeof text);
        CHECK_STR(text, BAIT);
    }
}

static void child(void *argument) {
    brine_packet packet = filled_packet(argument, 100 * KIB, 5);
    CHECK(packet.record != 0);
    raise(SIGKILL);
}

static void everything_works(brine_pool *pool, bool reaps) {
    brine_packet packet = filled_packet(pool, 6 * MIB, 1); /* growth */
    CHECK(packet.record != 0);
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    CHECK(info_of(pool).participants == 1);
    if (reaps) {
        unsigned reaped;
        uint64_t bytes;
        CHECK_OK(brine_pool_reap(pool, NULL));
        CHECK_KILLED(check_fork(child, pool), SIGKILL);
        CHECK_OK(brine_pool_reap(pool, &reaped));
        CHECK_EQ_INT(reaped, 1);
        CHECK_OK(brine_pool_trim(pool, &bytes));
        CHECK(bytes >= 6 * MIB);
        check_empty(pool);
    }
}

static void named(void *argument) {
    (void)argument;
    int bait[8];
    brine_pool *pool = make_pool("d", 16 * MIB), *reader = attach_readonly("d");
    brine_packet packet = filled_packet(pool, 50 * KIB, 1);
    close_all();
    lay_bait(bait, 8);
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    everything_works(pool, true);
    CHECK_EQ_INT(info_of(reader).participants, 1);
    check_whole(reader);
    brine_pool_detach(reader);
    brine_pool_detach(pool);
    check_bait(bait, 8);
    CHECK_OK(brine_pool_unlink("d"));
}

/* Closed and removed: only the mapping is left, and the way through /proc to it. */
static void nameless(void *argument) {
    (void)argument;
    int bait[8];
    bool private = argument != NULL;
    brine_pool_options options = {.max_bytes = 16 * MIB};
    brine_pool *pool;
    if (private)
        CHECK_OK(brine_pool_create_private(&options, &pool));
    else
        pool = make_pool("d", 16 * MIB);
    if (!private) CHECK_OK(brine_pool_unlink("d"));
    close_all();
    lay_bait(bait, 8);
    everything_works(pool, geteuid() == 0);
    brine_pool_detach(pool);
    check_bait(bait, 8);
}

/* Another pool of the name is not taken for the old one. */
static void renamed(void *argument) {
    (void)argument;
    brine_pool *old = make_pool("d", 16 * MIB);
    CHECK_OK(brine_pool_unlink("d"));
    close_all();
    brine_pool *new = make_pool("d", 16 * MIB);
    uint64_t before = file_memory("d");
    everything_works(old, geteuid() == 0);
    CHECK(file_memory("d") <= before + 64 * KIB);
    CHECK_EQ_INT(info_of(new).participants, 1);
    check_empty(new);
    brine_pool_detach(old);
    drop_pool(new);
}

/* The participant's lock does not hang on a descriptor: others see us alive. */
static void alive(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("d", 16 * MIB);
    brine_packet packet = filled_packet(pool, 50 * KIB, 1);
    close_all();
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid == 0) {
        unsigned reaped;
        brine_pool *mine = attach_pool("d");
        CHECK_OK(brine_pool_reap(mine, &reaped));
        CHECK_EQ_INT(reaped, 0);
        CHECK_EQ_INT(info_of(mine).participants, 2);
        _exit(0);
    }
    CHECK_EXIT(pid, 0);
    check_filled(packet);
    drop_pool(pool);
}

int main(void) {
    CHECK_IN_CHILD(named, NULL);
    CHECK_IN_CHILD(nameless, NULL);
    CHECK_IN_CHILD(nameless, (void *)1);
    CHECK_IN_CHILD(renamed, NULL);
    CHECK_IN_CHILD(alive, NULL);
    return 0;
}
