/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a pool is deleted under those who use it, as logind's RemoveIPC does when a user logs out: they go on
 * with all there is; whoever comes later makes or finds a new pool of that name, apart from the old one. */
#include "environment.h"

static void talks(void *argument) {
    brine_pool *pool = argument; /* inherited */
    uint64_t number;
    CHECK_OK(get_number(connect_to(pool, "pipe"), &number, brine_seconds(20)));
    CHECK_OK(put_number(serve(pool, "answer", 4), number + 1, brine_now()));
    CHECK(filled_packet(pool, 300 * KIB, 1).record != 0);
    kill(getpid(), SIGKILL);
}

/* Everything that an attached process does. */
static void goes_on(brine_pool *pool, brine_pipe *pipe) {
    uint64_t number, used = info_of(pool).used_bytes;
    unsigned reaped;
    brine_packet packet = filled_packet(pool, 12 * MIB, 3);
    CHECK_MSG(packet.record != 0, "%s", brine_detail());
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_pool_trim(pool, NULL));
    CHECK_OK(put_number(pipe, 20, brine_now()));
    CHECK_KILLED(check_fork(talks, pool), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    brine_pipe *answer = connect_to(pool, "answer");
    CHECK_OK(get_number(answer, &number, brine_now()));
    CHECK_EQ_INT(number, 21);
    brine_pipe_detach(answer);
    CHECK_OK(brine_pipe_remove(pool, "answer"));
    CHECK_STATUS(get_number(pipe, &number, brine_milliseconds(120)), BRINE_ETIMEDOUT); /* its slices reap */
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
    check_whole(pool);
}

/* An old member of the pool in another process: lives through it all. */
static void member(void *argument) {
    struct signal_line *lines = argument;
    brine_pool *pool = attach_pool("ipc");
    brine_pipe *pipe = connect_to(pool, "pipe");
    line_say(&lines[0], 'a');
    line_hear(&lines[1]);
    CHECK_OK(put_number(pipe, 30, brine_seconds(20)));
    CHECK(filled_packet(pool, 5 * MIB, 1).record != 0);
    line_say(&lines[0], 'b');
    line_hear(&lines[1]);
    brine_pool_detach(pool);
}

static int count_pools(const char *name, void *context) {
    CHECK_STR(name, "ipc");
    ++*(int *)context;
    return 0;
}

static void deleted(void *argument) {
    (void)argument;
    struct signal_line lines[2] = {line_open(), line_open()};
    brine_pool *old = make_pool("ipc", 64 * MIB), *new = NULL;
    brine_pipe *pipe = serve(old, "pipe", 4);
    uint64_t used = info_of(old).used_bytes;
    int pools = 0;
    pid_t pid = check_fork(member, lines);
    line_hear(&lines[0]);
    CHECK_SYS(unlink(pool_file("ipc")));
    CHECK_OK(brine_pool_list(count_pools, &pools));
    CHECK_EQ_INT(pools, 0);
    CHECK_STATUS(brine_pool_attach("ipc", NULL, brine_milliseconds(50), &new), BRINE_ENOENT);
    CHECK_CONTAINS(brine_detail(), "pool \"ipc\" does not exist");
    goes_on(old, pipe);
    line_say(&lines[1], 'g');
    line_hear(&lines[0]);
    CHECK_EQ_INT(next_number(pipe), 30);
    CHECK_EQ_INT(info_of(old).participants, 2);

    new = make_pool("ipc", 8 * MIB); /* not an obstacle */
    CHECK(memcmp(info_of(new).uuid, info_of(old).uuid, 16) != 0);
    CHECK_EQ_INT(info_of(new).pipes, 0);
    brine_pool *third = attach_pool("ipc");
    CHECK_EQ_INT(info_of(new).participants, 2);
    brine_pool_detach(third);
    goes_on(old, pipe); /* and the new one of the same name is not taken for it */
    CHECK_EQ_INT(info_of(new).participants, 1);
    CHECK_EQ_INT(info_of(new).reaps, 0);
    check_empty(new);
    brine_packet packet = number_packet(new, 1);
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_EXPOOL);
    line_say(&lines[1], 'e');
    CHECK_EXIT(pid, 0);
    CHECK_OK(brine_pool_reap(old, NULL));
    CHECK_EQ_INT(info_of(old).used_bytes, used);
    brine_pool_detach(old);
    drop_pool(new);
}

/* The folder itself is removed, as when a container's volume is taken away. */
static void folder_removed(void *argument) {
    (void)argument;
    char *folder = make_folder("volume");
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    brine_pool *pool = make_pool("ipc", 64 * MIB), *other = NULL;
    brine_pipe *pipe = serve(pool, "pipe", 4);
    CHECK_OK(brine_pool_unlink("ipc"));
    CHECK_SYS(rmdir(folder));
    goes_on(pool, pipe);
    CHECK_STATUS(brine_pool_create("ipc", NULL, &other), BRINE_ENOENT);
    CHECK_CONTAINS(brine_detail(), "pool folder");
    CHECK_CONTAINS(brine_detail(), "does not exist; make it, or set BRINE_DIR");
    brine_pool_detach(pool);
    free(folder);
}

int main(void) {
    static const struct environment_case cases[] = {{"deleted", deleted}, {"folder removed", folder_removed}};
    return RUN_CASES(cases);
}
