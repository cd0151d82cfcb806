/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: descriptors of a pool's file, and forks.
 *
 * A program may close every descriptor (daemons do), and the number may then name another file. So a
 * kept descriptor is compared by device and inode before each use, and opened anew when it is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "region/pool.h"

static pthread_mutex_t fork_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

brine_pool *_Atomic brine__pools[POOL_ID_COUNT];

static void each_pool(void (*visit)(brine_pool *)) {
    for (uint32_t i = 1; i < POOL_ID_COUNT; i++) {
        brine_pool *pool = pool_by_id(i);
        if (pool) visit(pool);
    }
}

static void init_mutex(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
}

static void lock_pool(brine_pool *pool) { pthread_mutex_lock(&pool->mutex); }
static void unlock_pool(brine_pool *pool) { pthread_mutex_unlock(&pool->mutex); }

bool brine__pool_reserve(brine_pool *pool, int fixed) {
    pool->reserved = mmap(pool->base, pool->layout.file_bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0) != MAP_FAILED;
    return pool->reserved;
}

/* The child has no mapping of the pool (MADV_DONTFORK): keep its address range from being taken
 * before the first use maps it again. */
static void reserve_in_child(brine_pool *pool) {
    init_mutex(&pool->mutex);
    pool->pin = NULL;
    if (!pool->readonly && !pool->reserved) brine__pool_reserve(pool, MAP_FIXED_NOREPLACE);
}

static void before_fork(void) {
    pthread_mutex_lock(&fork_mutex);
    each_pool(lock_pool);
}
static void after_fork_in_parent(void) {
    each_pool(unlock_pool);
    pthread_mutex_unlock(&fork_mutex);
}
static void after_fork_in_child(void) {
    init_mutex(&fork_mutex);
    each_pool(reserve_in_child);
}

int brine__fork_ready(void) {
    static a32 installed; /* relaxed: two threads may install them twice, and the locks are recursive */
    if (a32_load_relaxed(&installed)) return 0;
    errno = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    if (errno) return brine__fail_errno("cannot install the handlers that fork needs");
    a32_store_relaxed(&installed, 1);
    return 0;
}

void brine__fork_lock(void) { pthread_mutex_lock(&fork_mutex); }
void brine__fork_unlock(void) { pthread_mutex_unlock(&fork_mutex); }

int brine__fd_above(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), error = errno;
    close(fd);
    errno = error;
    return above;
}

/* What gives something back has no way to say that it could not; what fails for want of the kernel's own
 * memory is worth another try. */
#define TRIES 3

void brine__unmap(void *address, size_t bytes) {
    for (int i = 0; i < TRIES && munmap(address, bytes) < 0; i++) {
    }
}

static bool same_file(const brine_pool *pool, int fd, struct stat *st) {
    int rc = -1;
    if (fd < 0) return false;
    for (int i = 0; i < TRIES && (rc = fstat(fd, st)) < 0 && errno != EBADF; i++) {
    }
    return rc == 0 && st->st_dev == pool->dev && st->st_ino == pool->ino;
}

bool brine__same_file(const brine_pool *pool, int fd) {
    struct stat st;
    return same_file(pool, fd, &st);
}

static int open_checked(const brine_pool *pool, const char *path) {
    int fd = brine__fd_above(open(path, (pool->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (fd < 0 || brine__same_file(pool, fd)) return fd;
    close(fd);
    errno = ENOENT; /* the name is another file's */
    return -1;
}

/* A new description: by name; by our descriptor's link in /proc when the name is gone; by our mapping's
 * link (which needs privilege) when the descriptor is gone too. errno: that it is forbidden, or that there is no room
 * for a descriptor, says more than that the other ways are not there. */
static int open_again(const brine_pool *pool) {
    char descriptor[64] = "", mapping[64];
    int fd = -1, error = ENOENT;
    if (brine__same_file(pool, pool->fd)) snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", pool->fd);
    snprintf(mapping, sizeof mapping, "/proc/self/map_files/%lx-%lx", (unsigned long)(uintptr_t)pool->base,
             (unsigned long)((uintptr_t)pool->base + pool->layout.file_bytes));
    const char *const ways[] = {pool->path, descriptor, mapping};
    for (size_t i = 0; fd < 0 && i < sizeof ways / sizeof *ways; i++) {
        if (!ways[i][0]) continue;
        fd = open_checked(pool, ways[i]);
        if (fd < 0 && errno != ENOENT) error = errno;
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) break;
    }
    if (fd < 0) errno = error;
    return fd;
}

static int cannot_open(const brine_pool *pool) {
    switch (errno) {
    case EMFILE:
    case ENFILE:
        return brine__fail_errno(
            "pool \"%s\": no descriptor is free to open its file with; close some or raise the limit (ulimit -n)",
            pool->name);
    case EACCES:
    case EPERM:
        return brine__fail(
            BRINE_EACCES,
            "pool \"%s\": this process may not open its file again (has it changed its user, was the file "
            "given another mode, or was it removed after all descriptors were closed?)",
            pool->name);
    case ENOENT:
        return brine__fail(
            BRINE_ESYS,
            "pool \"%s\": its name is gone, and there is no other way to its file (all descriptors were closed, "
            "or /proc is not mounted)",
            pool->name);
    default: return brine__fail_errno("pool \"%s\": its file cannot be opened again", pool->name);
    }
}

static int whole(const brine_pool *pool, const struct stat *st) {
    if ((uint64_t)st->st_size >= pool->layout.file_bytes) return 0;
    return brine__fail(BRINE_ECORRUPT,
                       "pool \"%s\": another program has cut its file to %lld of %llu bytes; remove it and start anew",
                       pool->name, (long long)st->st_size, (unsigned long long)pool->layout.file_bytes);
}

int brine__pool_fd(brine_pool *pool) {
    struct stat st;
    if (unlikely(!same_file(pool, pool->fd, &st))) {
        int fd = open_again(pool);
        if (fd < 0) return cannot_open(pool);
        pool->fd = fd; /* the old number belongs to somebody else now */
        if (fstat(fd, &st) < 0) return brine__fail_errno("pool \"%s\": fstat", pool->name);
    }
    int rc = whole(pool, &st);
    return rc ? rc : pool->fd;
}

int brine__pool_reopen(brine_pool *pool) {
    struct stat st;
    int fd = open_again(pool), rc = 0;
    if (fd < 0) return cannot_open(pool);
    if (fstat(fd, &st) < 0) rc = brine__fail_errno("pool \"%s\": fstat", pool->name);
    if (!rc) rc = whole(pool, &st);
    if (rc) close(fd);
    return rc ? rc : fd;
}
