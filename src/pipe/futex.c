/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: futex system calls. Shared ones (no PRIVATE flag): the words are in shared memory. */
#include "pipe/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAITV_MAX 128

bool brine__futex_wait(a32 *word, uint32_t seen, int64_t until_ns) {
    struct timespec t = {until_ns / 1000000000, until_ns % 1000000000};
    /* WAIT_BITSET takes an absolute time on CLOCK_MONOTONIC */
    long rc = syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &t, NULL, FUTEX_BITSET_MATCH_ANY);
    return !(rc < 0 && errno == ETIMEDOUT);
}

void brine__futex_wake(a32 *word, int count) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
    errno = saved;
}

bool brine__futex_wait_any(const struct futex_word *words, size_t count, int64_t until_ns) {
    /* futex_waitv(2) as the kernel documents it; its header is newer than some systems' */
    struct waitv {
        uint64_t value, address;
        uint32_t flags, reserved;
    } v[WAITV_MAX];
    enum { SYS_WAITV = 449, SIZE_U32 = 2 };
    struct timespec t = {until_ns / 1000000000, until_ns % 1000000000};
    for (size_t i = 0; i < count && i < WAITV_MAX; i++)
        v[i] = (struct waitv){words[i].seen, (uint64_t)(uintptr_t)words[i].word, SIZE_U32, 0};
    long rc = syscall(SYS_WAITV, v, (unsigned)(count < WAITV_MAX ? count : WAITV_MAX), 0u, &t, CLOCK_MONOTONIC);
    return !(rc < 0 && errno == ENOSYS);
}
