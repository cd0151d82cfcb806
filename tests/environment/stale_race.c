/* SPDX-License-Identifier: Apache-2.0 */
/* Removing unused pools (brine rm --stale) races with creating and attaching: who has got a pool has it by its name, as
 * long as he is attached; else he is told that it is not there, or that it is being removed. */
#include "environment.h"

static struct shared { a32 stop, created, attached, removed, busy; } * shared;

/* The name is that of the pool that we have. */
static void check_named(brine_pool *pool) {
    struct stat st;
    CHECK_MSG(stat(pool_file("race"), &st) == 0, "the name is gone while the pool is in use: %s", strerror(errno));
    CHECK(st.st_ino == pool->ino && st.st_dev == pool->dev);
}

static void creator(void *argument) {
    brine_pool_options options = {.max_bytes = MIB};
    brine_pool *pool;
    (void)argument;
    while (!a32_load_acquire(&shared->stop)) {
        int rc = brine_pool_create("race", &options, &pool);
        CHECK(rc == 0 || rc == BRINE_EEXIST);
        if (rc) continue;
        a32_add_relaxed(&shared->created, 1);
        check_named(pool);
        CHECK_OK(put_number(serve(pool, "pipe", 4), 1, brine_now()));
        check_named(pool);
        brine_pool_detach(pool);
    }
}

static void member(void *argument) {
    brine_pool *pool;
    check_rng rng = {(uint64_t)(uintptr_t)argument};
    while (!a32_load_acquire(&shared->stop)) {
        int rc = brine_pool_attach("race", NULL, check_below(&rng, 2) ? brine_now() : brine_milliseconds(5), &pool);
        CHECK_MSG(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_EBUSY, "%s: %s", brine_status_name(rc), brine_detail());
        if (rc) continue;
        a32_add_relaxed(&shared->attached, 1);
        check_named(pool);
        usleep((useconds_t)check_below(&rng, 300));
        check_named(pool);
        CHECK_OK(brine_packet_free(make_packet(pool)));
        brine_pool_detach(pool);
        usleep((useconds_t)check_below(&rng, 2000));
    }
}

static void remover(void *argument) {
    (void)argument;
    while (!a32_load_acquire(&shared->stop)) {
        int rc = brine_pool_unlink_stale("race");
        CHECK_MSG(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_EBUSY, "%s: %s", brine_status_name(rc), brine_detail());
        if (rc == 0) a32_add_relaxed(&shared->removed, 1);
        if (rc == BRINE_EBUSY) a32_add_relaxed(&shared->busy, 1);
    }
}

static void race(void *argument) {
    (void)argument;
    void (*const bodies[])(void *) = {creator, creator, member, member, remover, remover};
    pid_t pids[6];
    for (uintptr_t i = 0; i < 6; i++) pids[i] = check_fork(bodies[i], (void *)i);
    sleep_ms(1500);
    a32_store_release(&shared->stop, 1);
    for (int i = 0; i < 6; i++) CHECK_EXIT(pids[i], 0);
    int rc = brine_pool_unlink_stale("race");
    CHECK(rc == 0 || rc == BRINE_ENOENT);
    printf("created %u, attached %u, removed %u, busy %u\n", a32_load_relaxed(&shared->created),
           a32_load_relaxed(&shared->attached), a32_load_relaxed(&shared->removed), a32_load_relaxed(&shared->busy));
    CHECK(a32_load_relaxed(&shared->removed) > 5 && a32_load_relaxed(&shared->attached) > 5 &&
          a32_load_relaxed(&shared->busy) > 5);
}

/* ---- a remover that is stopped in the middle ---- */

static void attaches(void *argument) {
    brine_pool *pool;
    line_hear(argument);
    CHECK_OK(brine_pool_attach("race", NULL, brine_seconds(20), &pool));
    brine_pool_detach(pool);
}

static void stopped_remover(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("race", MIB), *none = NULL;
    struct signal_line line = line_open();
    pid_t pid = check_fork(attaches, &line);
    brine_pool_detach(pool);
    int fd = open(pool_file("race"), O_RDWR | O_CLOEXEC); /* as far as the remover had come */
    CHECK_SYS(brine__lock_membership(fd, F_WRLCK));
    CHECK_STATUS(brine_pool_attach("race", NULL, brine_milliseconds(100), &none), BRINE_EBUSY);
    CHECK_CONTAINS(brine_detail(), "is being removed by another process");
    brine_pool_detach(attach_readonly("race")); /* who only looks is no member */
    line_say(&line, 'a');
    sleep_ms(50);
    close(fd); /* it is killed */
    CHECK_EXIT(pid, 0);
    CHECK_OK(brine_pool_unlink_stale("race"));
    CHECK_STATUS(brine_pool_unlink_stale("race"), BRINE_ENOENT);
}

/* The maker's children that never touched the pool do not keep it. */
static void waits_for_line(void *argument) { line_hear(argument); }

static void idle_children(void *argument) {
    (void)argument;
    struct signal_line line = line_open();
    brine_pool *pool = make_pool("race", MIB);
    pid_t pid = check_fork(waits_for_line, &line);
    CHECK_STATUS(brine_pool_unlink_stale("race"), BRINE_EBUSY);
    brine_pool_detach(pool);
    CHECK_OK(brine_pool_unlink_stale("race"));
    line_say(&line, 'e');
    CHECK_EXIT(pid, 0);
}

int main(void) {
    static const struct environment_case cases[] = {
        {"race", race}, {"stopped remover", stopped_remover}, {"idle children", idle_children}};
    shared = shared_memory(sizeof *shared);
    return RUN_CASES(cases);
}
