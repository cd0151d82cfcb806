/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: descriptors of a pool's file, and forks.
 *
 * A program may close every descriptor (daemons do), and the number may then name another file. So a
 * kept descriptor is compared by device and inode before each use, and opened anew when it is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region/pool.h"

static pthread_mutex_t fork_mutex;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

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

/* The child has no mapping of the pool (MADV_DONTFORK): keep its address range from being taken
 * before the first use maps it again. */
static void reserve_in_child(brine_pool *pool) {
    init_mutex(&pool->mutex);
    pool->pin = NULL;
    if (!pool->readonly && !pool->reserved)
        pool->reserved = mmap(pool->base, pool->layout.file_bytes, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED;
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

static void install_fork_handlers(void) {
    init_mutex(&fork_mutex);
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void brine__fork_lock(void) {
    pthread_once(&fork_once, install_fork_handlers);
    pthread_mutex_lock(&fork_mutex);
}
void brine__fork_unlock(void) { pthread_mutex_unlock(&fork_mutex); }

int brine__fd_above(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), error = errno;
    close(fd);
    errno = error;
    return above;
}

static bool same_file(const brine_pool *pool, int fd) {
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == pool->dev && st.st_ino == pool->ino;
}

static int open_checked(const brine_pool *pool, const char *path) {
    int fd = brine__fd_above(open(path, (pool->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY));
    if (same_file(pool, fd)) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* A new description: by name; by our descriptor's link in /proc when the name is gone; by our mapping's
 * link (which needs privilege) when the descriptor is gone too. */
static int open_again(const brine_pool *pool) {
    char link[64];
    int fd = pool->path[0] ? open_checked(pool, pool->path) : -1;
    if (fd < 0 && same_file(pool, pool->fd)) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", pool->fd);
        fd = open_checked(pool, link);
    }
    if (fd < 0) {
        snprintf(link, sizeof link, "/proc/self/map_files/%lx-%lx", (unsigned long)(uintptr_t)pool->base,
                 (unsigned long)((uintptr_t)pool->base + pool->layout.file_bytes));
        fd = open_checked(pool, link);
    }
    return fd;
}

int brine__pool_fd(brine_pool *pool) {
    if (likely(same_file(pool, pool->fd))) return pool->fd;
    int fd = open_again(pool);
    if (fd < 0)
        return brine__fail(BRINE_ESYS, "pool \"%s\": its descriptor was closed by this program and its name is gone",
                           pool->name);
    pool->fd = fd; /* the old number belongs to somebody else now */
    return fd;
}

int brine__pool_reopen(brine_pool *pool) {
    int fd = open_again(pool);
    if (fd < 0)
        return brine__fail(BRINE_ESYS, "pool \"%s\": its file cannot be opened again (was it removed while /proc is not mounted?)",
                           pool->name);
    return fd;
}
