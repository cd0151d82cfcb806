/* SPDX-License-Identifier: Apache-2.0 */
/* A memory cgroup that is too small (docker run --memory): the kernel kills the process that goes over it, or refuses
 * it memory; both are survived like any other death or lack. */
#include "environment.h"

static char group[200];

static bool set(const char *file, const char *text) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", group, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) close(fd);
    return done;
}

/* Version 1 or 2, whichever lets us. */
static bool make_group(void) {
    static const char *const roots[][2] = {{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
                                           {"/sys/fs/cgroup", "memory.max"}};
    for (size_t i = 0; i < 2; i++) {
        snprintf(group, sizeof group, "%s/brine-test.%d", roots[i][0], (int)getpid());
        if (mkdir(group, 0755)) continue;
        set("memory.swap.max", "0");
        if (set(roots[i][1], "25165824")) return true;
        rmdir(group);
    }
    return false;
}

static void grows(void *argument) {
    (void)argument;
    if (!set("cgroup.procs", "0")) _exit(77);
    brine_pool *pool = attach_pool("group");
    brine_pipe *pipe = serve(pool, "pipe", 4);
    CHECK_OK(put_number(pipe, 5, brine_now()));
    for (int i = 0; i < 200; i++) {
        if (filled_packet(pool, MIB, 1).record) continue;
        CHECK_CONTAINS(brine_detail(), "KiB more asked");
        CHECK(i > 5);
        _exit(0);
    }
    _exit(77); /* the limit does not count here */
}

int main(void) {
    if (!make_group()) SKIP("no memory cgroup can be made here: %s", strerror(errno));
    brine_pool *pool = make_pool("group", 512 * MIB);
    int status = check_wait(check_fork(grows, NULL));
    for (int i = 0; i < 100 && rmdir(group); i++) sleep_ms(20);
    CHECK_MSG(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77,
              "wait status %#x", (unsigned)status);
    CHECK_OK(brine_pool_reap(pool, NULL));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 77) {
        brine_pipe *pipe = connect_to(pool, "pipe");
        CHECK_EQ_INT(next_number(pipe), 5); /* what it had enqueued is there */
        brine_pipe_detach(pipe);
        CHECK_OK(brine_pipe_remove(pool, "pipe"));
        check_empty(pool);
        CHECK_OK(brine_packet_free(filled_packet(pool, 40 * MIB, 1))); /* outside of the group there is room */
    }
    drop_pool(pool);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) SKIP("the memory cgroup does not take effect here");
    return 0;
}
