/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: giving a file its size and its memory, on whatever file system and under whatever limits.
 *
 * Passing RLIMIT_FSIZE sends SIGXFSZ to the thread, which by default ends the process: it is held back and
 * swallowed here, so that only the error (EFBIG) is left of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "region/pool.h"

uint64_t brine__file_page(int fd) {
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC ? (uint64_t)fs.f_bsize : SMALL_PAGE;
}

struct held_signal {
    sigset_t before;
    bool pending; /* one that is not ours */
};

static void set_of_one(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGXFSZ);
}

static struct held_signal hold_signal(void) {
    struct held_signal held;
    sigset_t one, pending;
    set_of_one(&one);
    sigemptyset(&pending);
    sigpending(&pending);
    held.pending = sigismember(&pending, SIGXFSZ) == 1;
    pthread_sigmask(SIG_BLOCK, &one, &held.before);
    return held;
}

static void release_signal(const struct held_signal *held, bool raised) {
    static const struct timespec at_once = {0, 0};
    int saved = errno;
    sigset_t one;
    set_of_one(&one);
    if (raised && !held->pending)
        while (sigtimedwait(&one, NULL, &at_once) < 0 && errno == EINTR) {
        }
    pthread_sigmask(SIG_SETMASK, &held->before, NULL);
    errno = saved;
}

int brine__file_size(int fd, uint64_t bytes) {
    struct held_signal held = hold_signal();
    int rc;
    do rc = ftruncate(fd, (off_t)bytes);
    while (rc < 0 && errno == EINTR);
    release_signal(&held, rc < 0 && errno == EFBIG);
    return rc;
}

int brine__file_back(int fd, uint64_t offset, uint64_t bytes) {
    struct held_signal held = hold_signal();
    int rc;
    do rc = fallocate(fd, 0, (off_t)offset, (off_t)bytes);
    while (rc < 0 && errno == EINTR);
    release_signal(&held, rc < 0 && errno == EFBIG);
    return rc;
}
