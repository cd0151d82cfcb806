/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every C test uses. A test is a program: it returns 0 if all held; the first CHECK that does not
 * hold prints where and what, and ends the process with 1; SKIP ends it with 77. BRINE_DIR is set by
 * tests/run-one to a folder that is the test's own.
 *
 * Marks that tests/CMakeLists.txt reads, in a comment line of their own, all optional:
 *     test: timeout=120 serial keeps-pools
 * timeout in seconds (60 if not given); serial: nothing else runs meanwhile; keeps-pools: pools may be
 * left behind (it is an error otherwise).
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <brine/brine.h>

/* Ends this process (also a forked child, whose parent then sees the exit status). */
__attribute__((format(printf, 3, 4), noreturn, unused, cold)) static void check_failed(const char *file, int line,
                                                                                       const char *format, ...) {
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    _exit(1);
}

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) check_failed(__FILE__, __LINE__, "does not hold: %s", #condition);                           \
    } while (0)

/* As CHECK, with a printf text that says what was found. */
#define CHECK_MSG(condition, ...)                                                                                      \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            check_failed(__FILE__, __LINE__, "does not hold: %s", #condition);                                         \
        }                                                                                                              \
    } while (0)

/* Integers of any signed or unsigned type up to 64 bits. */
#define CHECK_EQ_INT(actual, expected)                                                                                 \
    do {                                                                                                               \
        int64_t check_a = (int64_t)(actual), check_e = (int64_t)(expected);                                            \
        if (check_a != check_e)                                                                                        \
            check_failed(__FILE__, __LINE__, "%s is %" PRId64 ", not %s (%" PRId64 ")", #actual, check_a, #expected,   \
                         check_e);                                                                                     \
    } while (0)

#define CHECK_STR(actual, expected)                                                                                    \
    do {                                                                                                               \
        const char *check_a = (actual), *check_e = (expected);                                                         \
        if (check_a == NULL || check_e == NULL || strcmp(check_a, check_e) != 0)                                       \
            check_failed(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #actual, check_a ? check_a : "(null)",        \
                         check_e ? check_e : "(null)");                                                                \
    } while (0)

/* The text contains another one. */
#define CHECK_CONTAINS(text, part)                                                                                     \
    do {                                                                                                               \
        const char *check_t = (text), *check_p = (part);                                                               \
        if (strstr(check_t, check_p) == NULL)                                                                          \
            check_failed(__FILE__, __LINE__, "%s is \"%s\", without \"%s\"", #text, check_t, check_p);                 \
    } while (0)

/* A brine call returns this status. */
#define CHECK_STATUS(call, expected)                                                                                   \
    do {                                                                                                               \
        int check_s = (call), check_e = (expected);                                                                    \
        if (check_s != check_e)                                                                                        \
            check_failed(__FILE__, __LINE__, "%s gave %s (%s), not %s", #call, brine_status_name(check_s),             \
                         brine_detail(), brine_status_name(check_e));                                                  \
    } while (0)

/* A brine call succeeds. */
#define CHECK_OK(call) CHECK_STATUS(call, BRINE_OK)

/* A system call succeeds. */
#define CHECK_SYS(call)                                                                                                \
    do {                                                                                                               \
        if ((call) == -1) check_failed(__FILE__, __LINE__, "%s: %s", #call, strerror(errno));                          \
    } while (0)

/* SKIP("the file %s is not there", path): the reason is shown at the end of the whole run. */
#define SKIP(...)                                                                                                      \
    do {                                                                                                               \
        printf("SKIP: ");                                                                                              \
        printf(__VA_ARGS__);                                                                                           \
        putchar('\n');                                                                                                 \
        fflush(stdout);                                                                                                \
        _exit(77);                                                                                                     \
    } while (0)

/* ---- random numbers (splitmix64) --------------------------------------------------------------- */

typedef struct check_rng {
    uint64_t state;
} check_rng;

__attribute__((unused)) static uint64_t check_random(check_rng *rng) {
    uint64_t z = (rng->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. limit - 1 (limit > 0). */
__attribute__((unused)) static uint64_t check_below(check_rng *rng, uint64_t limit) {
    return check_random(rng) % limit;
}

/* The seed, from BRINE_SEED or `otherwise`; printed, so that a failure can be repeated. */
__attribute__((unused)) static check_rng check_seed(uint64_t otherwise) {
    const char *text = getenv("BRINE_SEED");
    check_rng rng = {text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise};
    printf("BRINE_SEED=%" PRIu64 "\n", rng.state);
    fflush(stdout);
    return rng;
}

/* ---- child processes ------------------------------------------------------------------------------ */

/* Runs body(argument) in a forked child, which exits with 0 after it. */
__attribute__((unused)) static pid_t check_fork(void (*body)(void *argument), void *argument) {
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid != 0) return pid;
    body(argument);
    fflush(stdout);
    _exit(0);
}

__attribute__((unused)) static int check_wait(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) != pid) {
        if (errno != EINTR) check_failed(__FILE__, __LINE__, "waitpid(%d): %s", (int)pid, strerror(errno));
    }
    return status;
}

/* Waits for a child and checks that it exited with `expected`. */
#define CHECK_EXIT(pid, expected)                                                                                      \
    do {                                                                                                               \
        int check_w = check_wait(pid);                                                                                 \
        if (WIFSIGNALED(check_w))                                                                                      \
            check_failed(__FILE__, __LINE__, "the child was killed by signal %d", WTERMSIG(check_w));                  \
        if (WEXITSTATUS(check_w) != (expected))                                                                        \
            check_failed(__FILE__, __LINE__, "the child exited with %d, not %d", WEXITSTATUS(check_w), (expected));    \
    } while (0)

/* Waits for a child and checks that a signal ended it. */
#define CHECK_KILLED(pid, expected)                                                                                    \
    do {                                                                                                               \
        int check_w = check_wait(pid);                                                                                 \
        if (!WIFSIGNALED(check_w) || WTERMSIG(check_w) != (expected))                                                  \
            check_failed(__FILE__, __LINE__, "the child was not ended by signal %d (wait status %#x)", (expected),     \
                         (unsigned)check_w);                                                                           \
    } while (0)

/* Runs it in a child and checks that it ends well. */
#define CHECK_IN_CHILD(body, argument) CHECK_EXIT(check_fork(body, argument), 0)

/* ---- files ------------------------------------------------------------------------------------------ */

/* The path of a public input file that is not part of the project; skips if it is not there. The text is
 * the caller's to free. */
__attribute__((unused)) static char *check_data_file(const char *name) {
    const char *folder = getenv("BRINE_TEST_DATA");
    char *path;
    if (folder == NULL || *folder == '\0') SKIP("BRINE_TEST_DATA is not set, so there is no %s", name);
    if (asprintf(&path, "%s/%s", folder, name) < 0) abort();
    if (access(path, R_OK) != 0) SKIP("no file %s", path);
    return path;
}

#endif
