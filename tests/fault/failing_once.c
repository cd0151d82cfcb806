/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=300 */
/*
 * Failing once: for each operation, each of its calls fails in turn. An argument runs only the operations whose
 * name contains it. Table: operation, calls in an undisturbed run, failures made, errors that the caller got (the
 * other runs succeeded fully), runs that left something behind.
 */
#include <gmp.h>

#include "fault/ops_pipes.h"

/* GMP ends the process when it has no memory; so the library must not make it take any. */
static void *gmp_allocates(size_t bytes) {
    (void)bytes;
    abort();
}
static void *gmp_reallocates(void *old, size_t had, size_t bytes) {
    (void)old;
    (void)had;
    return gmp_allocates(bytes);
}
static void gmp_frees(void *p, size_t bytes) {
    (void)p;
    gmp_allocates(bytes);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define UNDER_TSAN
#endif

int main(int argc, char **argv) {
#ifdef UNDER_TSAN
    SKIP("one thread at a time is used here, and ThreadSanitizer takes mutexes in forked children for locked");
#endif
    const struct {
        const struct operation *all;
        size_t count;
    } groups[] = {
        {region_operations, sizeof region_operations / sizeof *region_operations},
        {value_operations, sizeof value_operations / sizeof *value_operations},
        {pipe_operations, sizeof pipe_operations / sizeof *pipe_operations},
    };
    uint64_t operations = 0, failures = 0, leaks = 0, crashes = 0;
    row = shared_memory(sizeof *row);
    mp_set_memory_functions(gmp_allocates, gmp_reallocates, gmp_frees);
    printf("%-34s %5s %6s %6s %5s\n", "operation", "calls", "failed", "errors", "leaks");
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            if (argc > 1 && strstr(groups[g].all[i].name, argv[1]) == NULL) continue;
            prove(&groups[g].all[i]);
            operations++;
            failures += row->made;
            leaks += row->leaks;
            crashes += row->crashes;
        }
    }
    printf("failing once: %" PRIu64 " operations, %" PRIu64 " failures, %" PRIu64 " leaked, %" PRIu64 " crashed\n",
           operations, failures, leaks, crashes);
    return leaks != 0 || crashes != 0;
}
