/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming a daemon: fork twice, setsid, chdir, umask, close every descriptor; then enqueue, wait, grow, reap, fork, by
 * a pool that was attached before, also by a relative BRINE_DIR. */
#include "environment.h"

static struct shared { a32 done, next; } * shared;

static void grandchild_work(void *argument) {
    CHECK(filled_packet(argument, 100 * KIB, 1).record != 0);
    kill(getpid(), SIGKILL);
}

/* A failure is seen by `done` not coming. */
static void work(brine_pool *pool, brine_pipe *pipe) {
    unsigned reaped;
    uint64_t number;
    CHECK_OK(put_number(pipe, 1, brine_seconds(20)));
    CHECK_OK(get_number(connect_to(pool, "to"), &number, brine_seconds(20)));
    CHECK_EQ_INT(number, 2);
    CHECK_STATUS(get_number(connect_to(pool, "to"), &number, brine_milliseconds(150)), BRINE_ETIMEDOUT);
    brine_packet packet = filled_packet(pool, 20 * MIB, 1);
    CHECK(packet.record != 0);
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_pool_trim(pool, NULL));
    CHECK_KILLED(check_fork(grandchild_work, pool), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    CHECK_OK(put_number(pipe, 3, brine_seconds(20)));
    brine_pool_detach(pool);
    a32_store_release(&shared->done, 1);
}

static void daemonise(brine_pool *pool, brine_pipe *pipe) {
    if (fork() != 0) _exit(0);
    CHECK_SYS(setsid());
    if (fork() != 0) _exit(0);
    CHECK_SYS(chdir("/"));
    umask(0);
    CHECK_SYS(close_range(0, ~0u, 0)); /* also 0, 1 and 2 */
    int reused[4];
    for (int i = 0; i < 4; i++)
        reused[i] = open("/dev/null", O_RDWR | O_CLOEXEC); /* the numbers belong to somebody else */
    work(pool, pipe);
    for (int i = 0; i < 4; i++) CHECK_SYS(fcntl(reused[i], F_GETFD));
    _exit(0);
}

static void attached_before(void *argument) {
    bool relative = argument != NULL;
    if (relative) {
        CHECK_SYS(chdir(getenv("BRINE_DIR")));
        CHECK_SYS(setenv("BRINE_DIR", ".", 1));
    }
    brine_pool *pool = attach_pool("daemon");
    brine_pipe *pipe = serve(pool, "from", 4);
    CHECK_OK(brine_packet_free(filled_packet(pool, 1000, 1)));
    daemonise(pool, pipe);
}

static void once(void *relative) {
    brine_pool *pool = make_pool("daemon", 64 * MIB);
    brine_pipe *to = serve(pool, "to", 4);
    uint64_t number;
    a32_store_release(&shared->done, 0);
    CHECK_EXIT(check_fork(attached_before, relative), 0);
    brine_pipe *from = connect_to(pool, "from");
    CHECK_OK(get_number(from, &number, brine_seconds(20)));
    CHECK_EQ_INT(number, 1);
    CHECK_OK(put_number(to, 2, brine_now()));
    CHECK_OK(get_number(from, &number, brine_seconds(20)));
    CHECK_EQ_INT(number, 3);
    await(&shared->done, 1);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    CHECK_EQ_INT(info_of(pool).participants, 1);
    drop_pool(pool);
}

int main(void) {
    shared = shared_memory(sizeof *shared);
    once(NULL);
    once(shared); /* any address: a relative folder */
    return 0;
}
