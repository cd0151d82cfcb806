/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one operation of a child instruction by instruction (ptrace) and stops it at the k-th one, for many
 * k. What is done to it there is the mode:
 *     KILL          SIGKILL
 *     FREEZE        others work meanwhile, each call in bounded time; then it goes on to its end
 *     FREEZE_KILL   others work meanwhile; then SIGKILL
 * After each the parent, attached to the same pool, reaps; then the scene's `after` checks that nothing
 * was lost or doubled, and the pool must be whole and as empty as before.
 */
#ifndef TESTS_CRASH_STEPPER_H
#define TESTS_CRASH_STEPPER_H

#include <limits.h>
#include <sys/ptrace.h>

#include "pipe_helpers.h"

enum mode { KILL, FREEZE, FREEZE_KILL, MODES };

/* What the child says, in memory shared with it. */
struct said {
    a32 returned; /* the operation has returned; before it is 1, it is in doubt */
    int rc;
    uint64_t number;
    brine_packet packet;
};
static struct said *said;
static brine_pool *pool;
static uint64_t used_at_rest; /* bytes in use when no scene is on */

struct scene {
    const char *name;
    void (*before)(void);    /* parent: brings the pool into the state that the scene begins with */
    void (*ready)(void);     /* child: what comes before the operation */
    void (*act)(void);       /* child: the operation, which sets said->rc */
    void (*meanwhile)(void); /* parent: while the child is frozen; NULL: the scene is for KILL only */
    void (*after)(bool returned); /* parent, after reaping: checks and tidies up */
    void (*finished)(void);       /* parent, FREEZE: the operation has returned, the child is still there; may be NULL */
};

/* A call of the survivor that must not wait for the frozen one. */
#define CHECK_PROMPT(call)                                                                                             \
    do {                                                                                                               \
        double prompt_begin = seconds_now();                                                                           \
        call;                                                                                                          \
        CHECK_MSG(seconds_now() - prompt_begin < 1, "%s took %.3f s while another process was frozen", #call,          \
                  seconds_now() - prompt_begin);                                                                       \
    } while (0)

static void trap(void) {
#if defined(__x86_64__)
    __asm__ volatile("int3" ::: "memory");
#else
    raise(SIGTRAP);
#endif
}

static void run_child(const struct scene *scene) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) _exit(77);
    if (scene->ready) scene->ready();
    trap();
    scene->act();
    a32_store_release(&said->returned, 1);
    trap();
    _exit(0);
}

static pid_t start(const struct scene *scene) {
    int status;
    *said = (struct said){.rc = 1};
    fflush(stdout);
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid == 0) run_child(scene);
    CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) SKIP("ptrace is not permitted here");
    CHECK_MSG(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "%s: wait status %#x before the operation", scene->name, (unsigned)status);
    CHECK_SYS(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(uintptr_t)PTRACE_O_EXITKILL));
    return pid;
}

/* Lets the child do up to k instructions. Returns how many it did: fewer if the operation returned. */
static long step(pid_t pid, long k) {
    int status;
    long n = 0;
    while (n < k && !a32_load_acquire(&said->returned)) {
        CHECK_SYS(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL));
        CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
        CHECK_MSG(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "wait status %#x at instruction %ld", (unsigned)status, n);
        n++;
    }
    return n;
}

/* Runs the child on to its end. */
static void finish(pid_t pid, const struct scene *scene) {
    int status;
    bool finished = false;
    do {
        if (scene->finished && !finished && a32_load_acquire(&said->returned)) {
            finished = true;
            scene->finished();
        }
        CHECK_SYS(ptrace(PTRACE_CONT, pid, NULL, NULL));
        CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
        CHECK_MSG(!WIFSTOPPED(status) || WSTOPSIG(status) == SIGTRAP, "wait status %#x", (unsigned)status);
    } while (WIFSTOPPED(status));
    CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x", (unsigned)status);
}

/* One run, stopped at instruction k. Returns how many instructions were done. */
static long trial(const struct scene *scene, enum mode mode, long k) {
    if (scene->before) scene->before();
    pid_t pid = start(scene);
    long n = step(pid, k);
    if (mode != KILL) scene->meanwhile();
    if (mode == FREEZE) {
        finish(pid, scene);
    } else {
        CHECK_SYS(kill(pid, SIGKILL));
        CHECK_KILLED(pid, SIGKILL);
    }
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    scene->after(a32_load_acquire(&said->returned) != 0);
    check_whole(pool);
    uint64_t used = info_of(pool).used_bytes;
    CHECK_MSG(used == used_at_rest, "%" PRIu64 " bytes are in use, %" PRIu64 " were", used, used_at_rest);
    return n;
}

static const char *mode_name(enum mode mode) {
    static const char *const names[] = {"killed", "frozen", "frozen, then killed"};
    return names[mode];
}

/* Where the run is, so that a failure can say it. */
struct where {
    const char *scene; /* a literal: the same in every forked process */
    enum mode mode;
    long at;
};
static struct where *where;

/* All (or every stride-th) instructions of a scene, in about `seconds`. */
static void run_scene(const struct scene *scene, enum mode mode, double seconds, check_rng *rng) {
    const char *asked = getenv("BRINE_STEP_STRIDE");
    *where = (struct where){scene->name, mode, LONG_MAX};
    double begin = seconds_now();
    long length = trial(scene, mode, LONG_MAX), done = 0;
    double whole = seconds_now() - begin;
    begin = seconds_now();
    where->at = 0;
    trial(scene, mode, 0);
    double one = seconds_now() - begin, mean = one + (whole - one) / 2;
    long stride = asked && *asked ? strtol(asked, NULL, 0) : (long)((double)length * mean / seconds) + 1;
    if (stride < 1) stride = 1;
    for (long k = 1 + (long)check_below(rng, (uint64_t)stride); k < length; k += stride, done++) {
        where->at = k;
        trial(scene, mode, k);
    }
    printf("%-24s %6ld instructions, %s at %ld of them\n", scene->name, length, mode_name(mode), done);
    fflush(stdout);
}

/* BRINE_STEP_ONLY=NAME runs one scene, BRINE_STEP_STRIDE=1 stops at every instruction. */
static void run_scenes(const struct scene *scenes, size_t count, double seconds) {
    const char *only = getenv("BRINE_STEP_ONLY");
    check_rng rng = check_seed(1);
    size_t runs = 0;
    for (size_t i = 0; i < count; i++) runs += scenes[i].meanwhile ? MODES : 1;
    for (size_t i = 0; i < count; i++) {
        if (only && *only && strcmp(only, scenes[i].name) != 0) continue;
        for (enum mode mode = KILL; mode < MODES; mode++) {
            if (mode != KILL && !scenes[i].meanwhile) continue;
            run_scene(&scenes[i], mode, seconds / (double)runs, &rng);
        }
    }
}

/* Runs the test in a child of its own, and says where it failed. */
static int step_main(void (*body)(void *)) {
    where = shared_memory(4096);
    said = shared_memory(4096);
    int status = check_wait(check_fork(body, NULL));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return 77;
    if (where->scene) fprintf(stderr, "in the scene \"%s\", %s at instruction %ld\n", where->scene, mode_name(where->mode), where->at);
    return 1;
}

#endif
