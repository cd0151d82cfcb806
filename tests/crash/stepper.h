/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one operation of a child instruction by instruction and stops it at the k-th one, for many k. What is
 * done to it there is the mode:
 *     KILL          SIGKILL
 *     FREEZE        SIGSTOP; others work meanwhile, each call in bounded time; then it goes on to its end
 *     FREEZE_KILL   SIGSTOP; others work meanwhile; then SIGKILL
 * After each the parent, attached to the same pool, reaps; then the scene's `after` checks that nothing
 * was lost or doubled, and the pool must be whole and as empty as before.
 *
 * The child steps itself: with the processor's trap flag set, every instruction raises SIGTRAP, whose
 * handler counts. That is some twenty times faster than ptrace, and needs no permission.
 */
#ifndef TESTS_CRASH_STEPPER_H
#define TESTS_CRASH_STEPPER_H

#include <limits.h>
#include <ucontext.h>

#include "pipe_helpers.h"

enum mode { KILL, FREEZE, FREEZE_KILL, MODES };

/* What the child says, in memory shared with it. */
struct said {
    a32 returned; /* the operation has returned; before it is 1, it is in doubt */
    a32 stopped;  /* was told to stop */
    a64 steps;    /* instructions done */
    int rc;
    uint64_t number;
    brine_packet packet;
    size_t done; /* of several at once */
    uint64_t numbers[8];
    brine_packet packets[8];
};
static struct said *said;
static brine_pool *pool;
static uint64_t used_at_rest; /* bytes in use when no scene is on */

struct scene {
    const char *name;
    void (*before)(void);         /* parent: brings the pool into the state that the scene begins with */
    void (*ready)(void);          /* child: what comes before the operation */
    void (*act)(void);            /* child: the operation, which sets said->rc */
    void (*meanwhile)(void);      /* parent: while the child is frozen; NULL: the scene is for KILL only */
    void (*after)(bool returned); /* parent, after reaping: checks and tidies up */
    void (*finished)(void); /* parent, FREEZE: the operation has returned, the child is still there; may be NULL */
};

/* A call of the survivor that must not wait for the frozen one. */
#define CHECK_PROMPT(call)                                                                                             \
    do {                                                                                                               \
        double prompt_begin = seconds_now();                                                                           \
        call;                                                                                                          \
        CHECK_MSG(seconds_now() - prompt_begin < 1, "%s took %.3f s while another process was frozen", #call,          \
                  seconds_now() - prompt_begin);                                                                       \
    } while (0)

/* ---- the child ---- */

#define TRAP_FLAG 0x100
static enum mode stop_mode;
static long stop_at;

static void stop_here(void) {
    a32_store_relaxed(&said->stopped, 1);
    kill(getpid(), stop_mode == KILL ? SIGKILL : SIGSTOP);
}

static void on_instruction(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    (void)context;
#if defined(__x86_64__)
    a64_count(&said->steps, 1);
    if ((long)a64_load_relaxed(&said->steps) != stop_at) return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG; /* the rest at full speed */
    stop_here();
#endif
}

/* The red zone below the stack pointer is the compiler's. */
static inline void set_trap_flag(bool on) {
#if defined(__x86_64__)
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
    else
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
#else
    (void)on;
#endif
}

static void run_child(const struct scene *scene) {
    struct sigaction action = {.sa_sigaction = on_instruction, .sa_flags = SA_SIGINFO};
    CHECK_SYS(sigaction(SIGTRAP, &action, NULL));
    if (scene->ready) scene->ready();
    set_trap_flag(true);
    scene->act();
    a32_store_release(&said->returned, 1);
    set_trap_flag(false);
    if (!a32_load_relaxed(&said->stopped)) stop_here();
    if (scene->finished) raise(SIGSTOP);
    _exit(0);
}

/* ---- the parent ---- */

static void await_stop(pid_t pid) {
    int status;
    CHECK_EQ_INT(waitpid(pid, &status, WUNTRACED), pid);
    CHECK_MSG(WIFSTOPPED(status), "the child was to stop; its wait status is %#x", (unsigned)status);
}

static void let_go_on(pid_t pid, const struct scene *scene) {
    CHECK_SYS(kill(pid, SIGCONT));
    if (scene->finished) {
        await_stop(pid);
        scene->finished();
        CHECK_SYS(kill(pid, SIGCONT));
    }
    CHECK_EXIT(pid, 0);
}

/* One run, stopped after k instructions. Returns how many were done. */
static long trial(const struct scene *scene, enum mode mode, long k) {
    if (scene->before) scene->before();
    *said = (struct said){.rc = 1};
    stop_mode = mode;
    stop_at = k;
    fflush(stdout);
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid == 0) run_child(scene);
    if (mode != KILL) {
        await_stop(pid);
        scene->meanwhile();
    }
    if (mode == FREEZE_KILL) CHECK_SYS(kill(pid, SIGKILL));
    if (mode == FREEZE)
        let_go_on(pid, scene);
    else
        CHECK_KILLED(pid, SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    scene->after(a32_load_acquire(&said->returned) != 0);
    check_whole(pool);
    uint64_t used = info_of(pool).used_bytes;
    CHECK_MSG(used == used_at_rest, "%" PRIu64 " bytes are in use, %" PRIu64 " were", used, used_at_rest);
    return (long)a64_load_relaxed(&said->steps);
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

static long trials; /* of all scenes */

static long common_divisor(long a, long b) { return b ? common_divisor(b, a % b) : a; }

/* Instructions of a scene spread evenly, as many as there is time for; all of them if there is enough. */
static void run_scene(const struct scene *scene, enum mode mode, double seconds, check_rng *rng) {
    const char *asked = getenv("BRINE_STEP_STRIDE");
    long stride = asked && *asked ? strtol(asked, NULL, 0) : 0, done = 0;
    double begin = seconds_now();
    *where = (struct where){scene->name, mode, LONG_MAX};
    long length = trial(scene, mode, LONG_MAX);
    long jump = stride > 0 ? stride : (long)((double)length * 0.618) + 1, at = (long)check_below(rng, (uint64_t)length);
    while (stride <= 0 && common_divisor(length, jump) != 1) jump++; /* so that all are met */
    for (; stride > 0 ? done * stride < length : done < length && seconds_now() - begin < seconds; done++) {
        where->at = at + 1;
        trial(scene, mode, at + 1);
        at = (at + jump) % length;
    }
    printf("%-24s %6ld instructions, %s at %ld of them\n", scene->name, length, mode_name(mode), done);
    fflush(stdout);
    trials += done;
}

/* BRINE_STEP_ONLY=NAME runs one scene, BRINE_STEP_STRIDE=1 stops at every instruction, BRINE_STEP_SECONDS=N sets the
 * time for all scenes. The last line is for the table of the proofs; who gets there has lost nothing. */
static void run_scenes(const struct scene *scenes, size_t count, double seconds) {
    const char *only = getenv("BRINE_STEP_ONLY"), *longer = getenv("BRINE_STEP_SECONDS");
    if (longer && *longer) seconds = strtod(longer, NULL);
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
    printf("live steps: %zu scenes, %ld stops, 0 lost, 0 doubled, 0 leaked, 0 blocked\n", count, trials);
    fflush(stdout);
}

/* Runs the test in a child of its own, and says where it failed. */
static int step_main(void (*body)(void *)) {
#if !defined(__x86_64__)
    SKIP("single-stepping is by the trap flag of x86-64");
#endif
    where = shared_memory(4096);
    said = shared_memory(4096);
    int status = check_wait(check_fork(body, NULL));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return 77;
    if (where->scene)
        fprintf(stderr, "in the scene \"%s\", %s at instruction %ld\n", where->scene, mode_name(where->mode),
                where->at);
    return 1;
}

#endif
