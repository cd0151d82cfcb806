/* SPDX-License-Identifier: Apache-2.0 */
/* What the matrices have in common: the pool that every scene begins with, and several jobs at once. */
#ifndef TESTS_CRASH_MATRIX_H
#define TESTS_CRASH_MATRIX_H

#include "ledger.h"

#define POOL_BYTES (2 * MIB)
#define JOBS_MAX 16

/* The pool and its pipes, without anything in them. */
static void make_world(void) {
    brine_pool_options options = {.max_bytes = POOL_BYTES};
    brine_pipe_options leases = {
        .capacity = ROOM, .flags = BRINE_PIPE_LEASES, .max_deliveries = 2, .dead_letter = "dead"};
    memset(board, 0, sizeof *board);
    board->rc = 1;
    CHECK_OK(brine_pool_create(pool_text, &options, &pool));
    pipe_a = serve(pool, "a", ROOM);
    pipe_b = serve(pool, "b", ROOM);
    CHECK_OK(brine_pipe_serve_with(pool, "l", &leases, &pipe_l));
}

static void drop_world(const struct scene *scene) {
    char created[40];
    if (partner_pid) {
        CHECK_SYS(kill(partner_pid, SIGKILL));
        CHECK_KILLED(partner_pid, SIGKILL);
        partner_pid = 0;
    }
    snprintf(created, sizeof created, "new%s", pool_text);
    if (scene->flags & CREATES) CHECK_OK(brine_pool_unlink(created));
    drop_pool(pool);
    pool = NULL;
}

__attribute__((unused)) static bool asked(const char *name) {
    const char *text = getenv(name);
    return text && *text && strcmp(text, "0") != 0;
}

/* True if BRINE_STEP_ONLY names this scene, or none. */
__attribute__((unused)) static bool wanted(const struct scene *scene) {
    const char *only = getenv("BRINE_STEP_ONLY");
    return !only || !*only || strcmp(only, scene->name) == 0;
}

static a64 *damages; /* shared: how many scenes had it */

static pid_t start_job(void (*body)(void *number), uint32_t i, enum damage *about) {
    snprintf(pool_text, sizeof pool_text, "p%u", i);
    damage = about;
    *damage = OTHER;
    return check_fork(body, &i);
}

/* What a job that failed left in the pool folder. */
static void sweep_up(uint32_t i) {
    static const char *const names[] = {"p%u", "newp%u", "copy%u"};
    char name[16];
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        snprintf(name, sizeof name, names[k], i);
        brine_pool_unlink(name);
    }
}

/* Runs body(&number) in as many processes as there are processors, each with a pool name of its own. One that fails
 * is reported and begun again, with what is left to do. Returns how many failed. */
__attribute__((unused)) static uint32_t run_jobs(void (*body)(void *number), void (*report)(uint32_t number)) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (uint32_t)processors, failures = 0;
    enum damage *about = shared_memory(sizeof *about * JOBS_MAX);
    pid_t pids[JOBS_MAX];
    damages = shared_memory(sizeof *damages * DAMAGES);
    for (uint32_t i = 0; i < jobs; i++) pids[i] = start_job(body, i, &about[i]);
    for (uint32_t running = jobs; running;) {
        int status;
        uint32_t i = 0;
        pid_t pid = waitpid(-1, &status, 0);
        CHECK_SYS(pid);
        while (i < jobs && pids[i] != pid) i++;
        if (i == jobs) continue;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            running--;
            continue;
        }
        failures++;
        a64_add_relaxed(&damages[about[i]], 1);
        report(i);
        sweep_up(i);
        pids[i] = start_job(body, i, &about[i]);
    }
    return failures;
}

/* The end of a matrix's last line. */
__attribute__((unused)) static void print_damages(uint32_t failures, double seconds) {
    printf(", %" PRIu64 " lost, %" PRIu64 " doubled, %" PRIu64 " leaked, %" PRIu64 " blocked, %u failed, %.0f s\n",
           a64_load_relaxed(&damages[LOST]), a64_load_relaxed(&damages[DOUBLED]), a64_load_relaxed(&damages[LEAKED]),
           a64_load_relaxed(&damages[BLOCKED]), failures, seconds);
}

#endif
