/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of environments share: cases in processes of their own, mounts of their own, other users, and
 * the whole life of a pool in one function. */
#ifndef TESTS_ENVIRONMENT_H
#define TESTS_ENVIRONMENT_H

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "pipe_helpers.h"

/* ---- cases ---- */

/* Runs each case in a child. Skipped (77) only if every case was. */
struct environment_case {
    const char *name;
    void (*body)(void *argument);
};

__attribute__((unused)) static int run_cases(const struct environment_case *cases, size_t count) {
    size_t skipped = 0;
    for (size_t i = 0; i < count; i++) {
        int status = check_wait(check_fork(cases[i].body, NULL));
        CHECK_MSG(!WIFSIGNALED(status), "%s: killed by signal %d", cases[i].name, WTERMSIG(status));
        CHECK_MSG(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77, "%s failed", cases[i].name);
        if (WEXITSTATUS(status) == 77) {
            printf("(%s)\n", cases[i].name);
            skipped++;
        }
    }
    return skipped == count ? 77 : 0;
}
#define RUN_CASES(cases) run_cases(cases, sizeof(cases) / sizeof *(cases))

/* ---- mounts, seen by this process and its children only ---- */

__attribute__((unused)) static void write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK_MSG(fd >= 0, "%s: %s", path, strerror(errno));
    CHECK_MSG(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s: %s", path, strerror(errno));
    close(fd);
}

/* Root of a user namespace, in which a user may mount: skips where that is not allowed. */
__attribute__((unused)) static void become_root_of_own(int more) {
    char map[64];
    unsigned uid = geteuid(), gid = getegid();
    if (unshare(CLONE_NEWUSER | more)) SKIP("user namespaces are not allowed here: %s", strerror(errno));
    write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", uid);
    write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %u 1", gid);
    write_text("/proc/self/gid_map", map);
}

__attribute__((unused)) static void own_mounts(void) {
    if (geteuid() != 0)
        become_root_of_own(CLONE_NEWNS);
    else if (unshare(CLONE_NEWNS))
        SKIP("a mount namespace of its own needs privilege: %s", strerror(errno));
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        SKIP("no mounts of its own can be made here (in a chroot that is no mount point?): %s", strerror(errno));
}

/* A folder in the pool folder; the text is the caller's to free. */
__attribute__((unused)) static char *make_folder(const char *name) {
    char *path;
    CHECK(asprintf(&path, "%s/%s", getenv("BRINE_DIR"), name) > 0);
    CHECK_MSG(mkdir(path, 0755) == 0 || errno == EEXIST, "%s: %s", path, strerror(errno));
    return path;
}

/* Mounts over `path`. Skips if this kernel does not do it. */
__attribute__((unused)) static void mount_on(const char *path, const char *type, unsigned long flags,
                                             const char *options) {
    if (mount("none", path, type, flags, options))
        SKIP("no %s can be mounted (%s): %s", type, options ? options : "", strerror(errno));
}

/* Mounts a file system and makes it the pool folder. A tmpfs of the test's own is below, so that the mount points go
 * with the process. */
__attribute__((unused)) static void pools_on(const char *type, unsigned long flags, const char *options) {
    own_mounts();
    mount_on(getenv("BRINE_DIR"), "tmpfs", 0, NULL);
    char *path = make_folder("mounted");
    mount_on(path, type, flags, options);
    CHECK_SYS(setenv("BRINE_DIR", path, 1));
    free(path);
}

/* A file of so many bytes in the pool folder; fewer if there is no more room. */
__attribute__((unused)) static void ballast(const char *name, uint64_t bytes) {
    char path[700];
    snprintf(path, sizeof path, "%s/%s", getenv("BRINE_DIR"), name);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK_SYS(fd);
    for (uint64_t at = 0; at < bytes && fallocate(fd, 0, (off_t)at, 4096) == 0; at += 4096) {
    }
    close(fd);
}
__attribute__((unused)) static void no_ballast(const char *name) {
    char path[700];
    snprintf(path, sizeof path, "%s/%s", getenv("BRINE_DIR"), name);
    CHECK_SYS(unlink(path));
}

/* ---- users ---- */

#define OTHER_UID 12345u
#define OTHER_GID 23456u

__attribute__((unused)) static void become(uid_t uid, gid_t gid, size_t groups, const gid_t *more) {
    CHECK_SYS(setgroups(groups, more));
    CHECK_SYS(setresgid(gid, gid, gid));
    CHECK_SYS(setresuid(uid, uid, uid));
}
__attribute__((unused)) static void need_root(const char *what) {
    if (geteuid() != 0) SKIP("%s needs root", what);
}

/* ---- dying children ---- */

/* Holds packets, with growth, says so and waits to be killed. */
struct holder {
    const char *pool;
    struct signal_line ready;
};
__attribute__((unused)) static void hold_packets(void *argument) {
    struct holder *h = argument;
    brine_pool *pool = attach_pool(h->pool);
    CHECK(filled_packet(pool, 3 * MIB, 1).record != 0);
    CHECK(filled_packet(pool, 100, 1).record != 0);
    line_say(&h->ready, 'h');
    for (;;) pause();
}

__attribute__((unused)) static void kill_wait(pid_t pid) {
    CHECK_SYS(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
}

/* A process that holds packets is killed; they are freed. */
__attribute__((unused)) static void one_dies(brine_pool *pool) {
    struct holder h = {brine_pool_name(pool), line_open()};
    uint64_t used = info_of(pool).used_bytes;
    pid_t pid = check_fork(hold_packets, &h);
    line_hear(&h.ready);
    CHECK(info_of(pool).used_bytes >= used + 3 * MIB);
    kill_wait(pid);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
    close(h.ready.ends[0]);
    close(h.ready.ends[1]);
}

/* ---- the whole life of a pool ---- */

__attribute__((unused)) static void life_child(void *argument) {
    brine_packet packet = filled_packet(argument, 200 * KIB, 7);
    CHECK(packet.record != 0);
    check_filled(packet);
}

__attribute__((unused)) static void life_echo(void *argument) {
    brine_pool *pool = argument ? argument : attach_pool("life");
    brine_pipe *to = connect_to(pool, "to"), *back = serve(pool, "back", 4);
    uint64_t number;
    int rc;
    while ((rc = get_number(to, &number, brine_seconds(20))) == 0)
        CHECK_OK(put_number(back, number + 1, brine_seconds(20)));
    CHECK_EQ_INT(rc, BRINE_ECLOSED);
    CHECK_OK(brine_pipe_close(back));
    brine_pool_detach(pool);
}

__attribute__((unused)) static void life_talk(brine_pool *pool, void *inherited) {
    brine_pipe *to = serve(pool, "to", 4), *back;
    uint64_t number;
    pid_t pid = check_fork(life_echo, inherited);
    back = connect_to(pool, "back");
    for (uint64_t i = 0; i < 50; i++) {
        CHECK_OK(put_number(to, i, brine_seconds(20)));
        CHECK_OK(get_number(back, &number, brine_seconds(20)));
        CHECK_EQ_INT(number, i + 1);
    }
    CHECK_OK(brine_pipe_close(to));
    CHECK_STATUS(get_number(back, &number, brine_seconds(20)), BRINE_ECLOSED);
    CHECK_EXIT(pid, 0);
    brine_pipe_detach(back);
    CHECK_OK(brine_pipe_remove(pool, "to"));
    CHECK_OK(brine_pipe_remove(pool, "back"));
}

/* Growing, talking, dying, forking, trimming, looking. Detaches; a named one (called "life") is removed. */
__attribute__((unused)) static void whole_life(brine_pool *pool) {
    bool named = brine_pool_name(pool)[0] != 0;
    uint64_t bytes;
    brine_packet small = filled_packet(pool, 100, 1), large = filled_packet(pool, 5 * MIB, 2);
    CHECK_MSG(small.record && large.record, "%s", brine_detail());
    check_filled(small);
    check_filled(large);
    life_talk(pool, named ? NULL : pool);
    life_talk(pool, pool);
    if (named) one_dies(pool);
    CHECK_IN_CHILD(life_child, pool);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    CHECK_OK(brine_packet_free(large));
    CHECK_OK(brine_pool_trim(pool, &bytes));
    CHECK_MSG(bytes >= 4 * MIB, "%" PRIu64 " KiB given back", bytes / KIB);
    if (named) {
        brine_pool *reader = attach_readonly("life"), *second = attach_pool("life");
        CHECK_EQ_INT(info_of(reader).participants, 2);
        check_whole(reader);
        CHECK(filled_packet(second, 6 * MIB, 3).record != 0);
        brine_pool_detach(second);
        brine_pool_detach(reader);
        CHECK_STATUS(brine_pool_unlink_stale("life"), BRINE_EBUSY);
    }
    check_filled(small);
    CHECK_OK(brine_packet_free(small));
    check_empty(pool);
    brine_pool_detach(pool);
    if (named) CHECK_OK(brine_pool_unlink_stale("life"));
}

#endif
