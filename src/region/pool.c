/* SPDX-License-Identifier: Apache-2.0 */
/* region: creating, attaching, detaching and removing pools. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "region/layout_of.h"
#include "region/pool.h"

#define DEFAULT_MAX_BYTES ((uint64_t)1 << 30)
#define FILE_PREFIX "brine."
#define HUGETLBFS_MAGIC_NUMBER 0x958458f6
#define WIPE_BYTES 4096

static int pool_path(const char *name, char *path, size_t size) {
    int rc = brine__check_name("pool", name);
    if (rc) return rc;
    if ((size_t)snprintf(path, size, "%s/" FILE_PREFIX "%s", brine__folder(), name) >= size)
        return brine__fail(BRINE_EINVAL, "the pool folder in BRINE_DIR is too long: %.80s...", brine__folder());
    return 0;
}

/* ---- the process's side of a pool ---- */

static int register_pool(brine_pool *pool) {
    static a32 next;
    for (uint32_t tries = 0; tries < POOL_ID_COUNT; tries++) {
        uint32_t id = a32_add_relaxed(&next, 1) % POOL_ID_COUNT;
        brine_pool *none = NULL;
        if (id == 0) continue;
        pool->id = id;
        /* release: publishes the struct to other threads; pairs with pool_by_id */
        if (atomic_compare_exchange_strong_explicit(&brine__pools[id], &none, pool, memory_order_release, memory_order_relaxed))
            return 0;
    }
    return brine__fail(BRINE_ELIMIT, "this process has %u pools attached", POOL_ID_COUNT - 1);
}

static void unregister_pool(brine_pool *pool) {
    brine__fork_lock(); /* a thread that ends walks the pools */
    if (pool->id && pool_by_id(pool->id) == pool) atomic_store_explicit(&brine__pools[pool->id], NULL, memory_order_release);
    brine__fork_unlock();
}

static bool allowed_one_cpu(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
}

static int new_pool(const brine_pool_options *options, const char *name, const char *path, brine_pool **out) {
    brine_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return brine__fail(BRINE_ENOMEM, "no memory for a pool handle");
    pool->fd = -1;
    pool->flags = options ? options->flags : 0;
    pool->readonly = (pool->flags & BRINE_POOL_READONLY) != 0;
    pool->named = path[0] != 0;
    pool->one_cpu = allowed_one_cpu();
    snprintf(pool->name, sizeof pool->name, "%s", name);
    snprintf(pool->path, sizeof pool->path, "%s", path);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&pool->mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    /* Zeroed in a forked child, which is how the child notices. */
    void *wiped = mmap(NULL, WIPE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (wiped == MAP_FAILED || madvise(wiped, WIPE_BYTES, MADV_WIPEONFORK) < 0) {
        int rc = brine__fail_errno("cannot map the page that notices forks");
        if (wiped != MAP_FAILED) munmap(wiped, WIPE_BYTES);
        pthread_mutex_destroy(&pool->mutex);
        free(pool);
        return rc;
    }
    pool->me = wiped;
    *out = pool;
    return 0;
}

static void delete_pool(brine_pool *pool) {
    unregister_pool(pool);
    brine__leave(pool);
    if (pool->base) munmap(pool->base, pool->layout.file_bytes);
    if (pool->fd >= 0) {
        struct stat st;
        if (fstat(pool->fd, &st) == 0 && st.st_dev == pool->dev && st.st_ino == pool->ino) close(pool->fd);
    }
    munmap(pool->me, WIPE_BYTES);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

static int map_failed(const brine_pool *pool, uint64_t bytes) {
    struct rlimit limit;
    if (errno == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return brine__fail(BRINE_ENOMEM,
                           "pool \"%s\": mapping %llu MiB of address space exceeds the limit of %llu MiB (ulimit -v, RLIMIT_AS); "
                           "raise it or create the pool with a smaller maximum",
                           pool->name, (unsigned long long)(bytes >> 20), (unsigned long long)(limit.rlim_cur >> 20));
    return brine__fail_errno("pool \"%s\": cannot map %llu MiB", pool->name, (unsigned long long)(bytes >> 20));
}

/* Maps the file at `address` (a hint, or exactly there for a forked child). */
static int map_pool(brine_pool *pool, int fd, void *address, int extra) {
    int protection = pool->readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    uint64_t bytes = pool->layout.file_bytes;
    void *base = mmap(address, bytes, protection, MAP_SHARED | MAP_NORESERVE | extra, fd, 0);
    if (base == MAP_FAILED) return map_failed(pool, bytes);
    if (!pool->readonly && madvise(base, bytes, MADV_DONTFORK) < 0) {
        int rc = brine__fail_errno("pool \"%s\": cannot keep the mapping from forked children", pool->name);
        munmap(base, bytes);
        return rc;
    }
    if (pool->flags & BRINE_POOL_HUGE) madvise(base, bytes, MADV_HUGEPAGE); /* a wish: refused where not configured */
    pool->base = base;
    return 0;
}

/* From an open file whose header was judged to a pool that is ready for use. */
static int open_pool(brine_pool *pool, int fd, const struct header *header, void *address) {
    struct stat st;
    if (fstat(fd, &st) < 0) return brine__fail_errno("pool \"%s\": fstat", pool->name);
    pool->fd = fd;
    pool->dev = st.st_dev;
    pool->ino = st.st_ino;
    pool->layout = header->layout;
    pool->hash_seed = header->hash_seed;
    int rc = map_pool(pool, fd, address, 0);
    if (rc) return rc;
    if (!pool->readonly) {
        uint32_t me;
        rc = brine__join(pool, &me);
        if (rc) return rc;
        a32_store_release(pool->me, me);
    } else {
        a32_store_release(pool->me, PROC_COUNT); /* nobody: holds nothing */
    }
    return register_pool(pool);
}

/* ---- after fork ---- */

uint32_t brine__pool_after_fork(brine_pool *pool) {
    brine__fork_lock();
    uint32_t me = a32_load_relaxed(pool->me);
    if (!me && !pool->broken) {
        int rc = 0;
        if (pool->readonly) {
            me = PROC_COUNT; /* a read-only mapping is inherited as it is */
        } else {
            int fd = brine__pool_fd(pool);
            rc = fd < 0 ? fd : 0;
            /* The range was reserved in the fork handler; without the handler (a raw clone) it must be free. */
            if (!rc) rc = map_pool(pool, fd, pool->base, pool->reserved ? MAP_FIXED : MAP_FIXED_NOREPLACE);
            pool->reserved = false;
            if (!rc) rc = brine__join(pool, &me);
            if (!rc) brine__reap_ops.forked(pool);
        }
        pool->broken = rc != 0;
        if (rc) me = 0;
        a32_store_release(pool->me, me);
    }
    if (pool->broken) brine__fail(BRINE_ESYS, "pool \"%s\" could not be attached again after fork; attach it by name", pool->name);
    brine__fork_unlock();
    return me;
}

/* ---- create ---- */

static int check_options(const brine_pool_options *o, uint64_t *max_bytes, uint64_t *initial) {
    const unsigned known = BRINE_POOL_HUGE | BRINE_POOL_REPLACE | BRINE_POOL_POPULATE;
    *max_bytes = o && o->max_bytes ? o->max_bytes : DEFAULT_MAX_BYTES;
    *initial = o ? o->initial_bytes : 0;
    if (o && (o->flags & ~known)) return brine__fail(BRINE_EINVAL, "unknown pool flags 0x%x for create", o->flags & ~known);
    if (*max_bytes < POOL_BYTES_MIN || *max_bytes > POOL_BYTES_MAX)
        return brine__fail(BRINE_EINVAL, "the pool size %llu is outside 64 KiB .. 16 TiB", (unsigned long long)*max_bytes);
    if (*initial > *max_bytes)
        return brine__fail(BRINE_EINVAL, "the initial size %llu is over the maximum %llu", (unsigned long long)*initial,
                           (unsigned long long)*max_bytes);
    struct layout l = brine__layout_of(*max_bytes);
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < l.file_bytes)
        return brine__fail(BRINE_ENOMEM,
                           "a pool of %llu MiB needs a file of %llu MiB (mostly holes), over the limit of %llu MiB (ulimit -f); "
                           "raise it or create a smaller pool",
                           (unsigned long long)(*max_bytes >> 20), (unsigned long long)(l.file_bytes >> 20),
                           (unsigned long long)(limit.rlim_cur >> 20));
    return 0;
}

static bool on_hugetlbfs(int fd) {
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC_NUMBER;
}

/* Writes through a mapping: hugetlbfs has no write(2). Only the first units are touched. */
static int initialise(brine_pool *pool, int fd, uint64_t max_bytes, uint64_t initial) {
    struct layout l = brine__layout_of(max_bytes);
    uint64_t tables[] = {l.proc, l.dir, l.pipe, l.endp, l.recmap, l.pagemap, l.tags};
    pool->fd = fd;
    pool->layout = l;
    struct stat st;
    if (fstat(fd, &st) < 0) return brine__fail_errno("pool \"%s\": fstat", pool->name);
    pool->dev = st.st_dev;
    pool->ino = st.st_ino;
    if (ftruncate(fd, (off_t)l.file_bytes) < 0)
        return brine__fail_errno("pool \"%s\": cannot size its file to %llu MiB", pool->name, (unsigned long long)(l.file_bytes >> 20));
    /* The header and the commit bits have to be there before the first bit can be set. */
    uint64_t head = l.proc;
    int rc;
    do rc = fallocate(fd, 0, 0, (off_t)head);
    while (rc < 0 && errno == EINTR);
    if (rc < 0) return brine__fail_errno("pool \"%s\": cannot commit %llu KiB for its tables", pool->name, (unsigned long long)(head >> 10));
    rc = map_pool(pool, fd, NULL, 0);
    if (!rc) rc = brine__header_write(pool_header(pool), pool->name, max_bytes);
    if (!rc) rc = brine__commit(pool, 0, head, false);
    for (size_t i = 0; !rc && i < sizeof tables / sizeof *tables; i++) rc = brine__commit(pool, tables[i], UNIT_BYTES, false);
    if (!rc && initial) {
        a64_raise(&pool_header(pool)->data_page_high, (initial + UNIT_BYTES - 1) >> UNIT_SHIFT);
        rc = brine__commit(pool, l.pages, initial, true);
    }
    if (!rc && initial && (pool->flags & BRINE_POOL_POPULATE)) madvise(pool->base + l.pages, initial, MADV_POPULATE_WRITE);
    if (pool->base) munmap(pool->base, l.file_bytes);
    pool->base = NULL;
    pool->fd = -1;
    return rc;
}

/* A file without a name yet; where the file system cannot do that, *temporary is its passing name. */
static int open_unnamed(mode_t mode, char *temporary, size_t size) {
    temporary[0] = 0;
    int fd = open(brine__folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        snprintf(temporary, size, "%s/.brine-new.%ld.%llx", brine__folder(), (long)getpid(), (unsigned long long)brine__now_ns());
        fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    }
    return fd;
}

static int give_name(brine_pool *pool, int fd, const char *temporary) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    for (int tries = 0; tries < 100; tries++) {
        if (linkat(AT_FDCWD, temporary[0] ? temporary : link, AT_FDCWD, pool->path, AT_SYMLINK_FOLLOW) == 0) return 0;
        if (errno == ENOENT && !temporary[0] && linkat(fd, "", AT_FDCWD, pool->path, AT_EMPTY_PATH) == 0) return 0;
        if (errno != EEXIST) return brine__fail_errno("cannot name the new pool %s", pool->path);
        if (!(pool->flags & BRINE_POOL_REPLACE))
            return brine__fail(BRINE_EEXIST, "pool \"%s\" exists already (%s); attach to it, remove it (brine rm) or ask to replace it",
                               pool->name, pool->path);
        unlink(pool->path);
    }
    return brine__fail(BRINE_EEXIST, "pool \"%s\" keeps being made by somebody else", pool->name);
}

static int finish_create(brine_pool *pool, int fd, uint64_t max_bytes, uint64_t initial, const brine_pool_options *options,
                         const char *temporary) {
    struct header header = {0};
    struct stat st;
    mode_t mode = options && options->mode ? options->mode : 0600;
    /* fchmod: the mode asked for, whatever the umask */
    if (pool->named && fchmod(fd, mode & 0777) < 0) return brine__fail_errno("pool \"%s\": cannot set mode %03o", pool->name, mode & 0777);
    int rc = initialise(pool, fd, max_bytes, initial);
    if (!rc && pool->named) rc = give_name(pool, fd, temporary);
    if (rc) return rc;
    if (fstat(fd, &st) < 0) return brine__fail_errno("pool \"%s\": fstat", pool->name);
    void *view = mmap(NULL, UNIT_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (view == MAP_FAILED && on_hugetlbfs(fd)) view = mmap(NULL, (size_t)2 << 20, PROT_READ, MAP_SHARED, fd, 0);
    if (view == MAP_FAILED) return map_failed(pool, UNIT_BYTES);
    memcpy(&header, view, sizeof header);
    munmap(view, on_hugetlbfs(fd) ? (size_t)2 << 20 : UNIT_BYTES);
    rc = open_pool(pool, fd, &header, options ? options->address : NULL);
    if (rc && pool->named) unlink(pool->path);
    return rc;
}

static int create(const char *name, const char *path, const brine_pool_options *options, brine_pool **out) {
    uint64_t max_bytes, initial;
    char temporary[600] = "";
    brine_pool *pool;
    int rc = check_options(options, &max_bytes, &initial);
    if (!rc) rc = new_pool(options, name, path, &pool);
    if (rc) return rc;
    /* Group and others get in by the mode at the end; nobody before. */
    int fd = pool->named ? open_unnamed(0600, temporary, sizeof temporary) : memfd_create("brine", MFD_CLOEXEC);
    fd = brine__fd_above(fd);
    if (fd < 0) rc = brine__fail_errno("cannot make a file in %s", pool->named ? brine__folder() : "memory");
    else rc = finish_create(pool, fd, max_bytes, initial, options, temporary);
    if (temporary[0]) unlink(temporary);
    if (rc) {
        if (fd >= 0 && pool->fd != fd) close(fd);
        delete_pool(pool);
        return rc;
    }
    *out = pool;
    return 0;
}

int brine_pool_create(const char *name, const brine_pool_options *options, brine_pool **pool) {
    char path[512];
    int rc = pool_path(name, path, sizeof path);
    if (rc) return rc;
    if (!(options && (options->flags & BRINE_POOL_REPLACE)) && access(path, F_OK) == 0)
        return brine__fail(BRINE_EEXIST, "pool \"%s\" exists already (%s); attach to it, remove it (brine rm) or ask to replace it",
                           name, path);
    return create(name, path, options, pool);
}

int brine_pool_create_private(const brine_pool_options *options, brine_pool **pool) { return create("", "", options, pool); }

/* ---- attach ---- */

static int open_failed(const char *name, const char *path) {
    if (errno == ENOENT) return brine__fail(BRINE_ENOENT, "pool \"%s\" does not exist (%s)", name, path);
    if (errno == ELOOP) return brine__fail(BRINE_EFOREIGN, "%s is a symbolic link, not a pool", path);
    if (errno == EISDIR || errno == ENXIO) return brine__fail(BRINE_EFOREIGN, "%s is not a regular file", path);
    if (errno == EACCES || errno == EPERM) {
        struct stat st;
        if (stat(path, &st) == 0)
            return brine__fail(BRINE_EACCES, "pool \"%s\" belongs to uid %u with mode %03o; its owner can create it with --mode 0660",
                               name, (unsigned)st.st_uid, (unsigned)st.st_mode & 0777);
    }
    return brine__fail_errno("cannot open %s", path);
}

/* A private copy of the header of a regular file that is long enough. */
static int copy_header(int fd, const char *path, struct header *header, uint64_t *file_bytes) {
    struct stat st;
    if (fstat(fd, &st) < 0) return brine__fail_errno("fstat %s", path);
    if (!S_ISREG(st.st_mode)) return brine__fail(BRINE_EFOREIGN, "%s is not a regular file", path);
    *file_bytes = (uint64_t)st.st_size;
    if (st.st_size < (off_t)UNIT_BYTES)
        return brine__fail(BRINE_EFOREIGN, "%s has %lld bytes, too few for a brine pool", path, (long long)st.st_size);
    ssize_t n = pread(fd, header, sizeof *header, 0);
    if (n != (ssize_t)sizeof *header) return brine__fail_errno("cannot read %s", path);
    return 0;
}

/* One attempt. *retry: the pool may still come. */
static int try_attach(brine_pool *pool, void *address, bool *retry) {
    struct header header;
    uint64_t file_bytes = 0;
    int fd = open(pool->path, (pool->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    *retry = fd < 0 && errno == ENOENT;
    fd = brine__fd_above(fd);
    if (fd < 0) return open_failed(pool->name, pool->path);
    int rc = copy_header(fd, pool->path, &header, &file_bytes);
    if (!rc) rc = brine__header_judge(&header, file_bytes, pool->path);
    if (!rc) rc = open_pool(pool, fd, &header, address);
    if (rc && pool->fd != fd) close(fd);
    return rc;
}

int brine_pool_attach(const char *name, const brine_pool_options *options, brine_deadline deadline, brine_pool **out) {
    char path[512];
    brine_pool *pool;
    bool retry;
    int64_t pause = 200000; /* 0.2 ms, doubling up to 20 ms: a pool that is about to come is met at once */
    int rc = pool_path(name, path, sizeof path);
    if (!rc && options && (options->flags & ~(BRINE_POOL_HUGE | BRINE_POOL_READONLY)))
        rc = brine__fail(BRINE_EINVAL, "unknown pool flags 0x%x for attach", options->flags);
    if (!rc) rc = new_pool(options, name, path, &pool);
    if (rc) return rc;
    brine_deadline until = brine_until(deadline);
    while ((rc = try_attach(pool, options ? options->address : NULL, &retry)) != 0 && retry && !brine__passed(until)) {
        brine__sleep_until(until, pause);
        if (pause < 20000000) pause *= 2;
    }
    if (rc) {
        delete_pool(pool);
        return rc;
    }
    *out = pool;
    return 0;
}

void brine_pool_detach(brine_pool *pool) {
    if (!pool) return;
    if (pool->broken) { /* a child that never got in again: there is nothing of ours in the pool */
        pool->base = NULL;
        delete_pool(pool);
        return;
    }
    uint32_t me = pool->readonly ? 0 : pool_me(pool);
    if (me) {
        /* The same as being reaped, by oneself: a death on the way is completed by the next reaper. */
        brine__reap_ops.detaching(pool);
        brine__reap_ops.undo(pool, me);
        a64_store_release(&pool_proc(pool, me)->word, WORD(pool->me_gen + 1, PROC_FREE, 0));
    }
    delete_pool(pool);
}

/* ---- names ---- */

int brine_pool_unlink(const char *name) {
    char path[512];
    int rc = pool_path(name, path, sizeof path);
    if (rc) return rc;
    if (unlink(path) == 0) return 0;
    if (errno == ENOENT) return brine__fail(BRINE_ENOENT, "pool \"%s\" does not exist (%s)", name, path);
    return brine__fail_errno("cannot remove pool \"%s\" (%s)", name, path);
}

static bool anybody_attached(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BASE, .l_len = PROC_COUNT};
    return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

int brine_pool_unlink_stale(const char *name) {
    char path[512];
    int rc = pool_path(name, path, sizeof path);
    if (rc) return rc;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return open_failed(name, path);
    if (anybody_attached(fd)) rc = brine__fail(BRINE_EBUSY, "pool \"%s\" is in use", name);
    else if (unlink(path) < 0) rc = brine__fail_errno("cannot remove pool \"%s\" (%s)", name, path);
    close(fd);
    return rc;
}

static int is_pool(const struct dirent *entry) {
    return strncmp(entry->d_name, FILE_PREFIX, sizeof FILE_PREFIX - 1) == 0 &&
           brine__check_name("pool", entry->d_name + sizeof FILE_PREFIX - 1) == 0;
}

int brine_pool_list(int (*visit)(const char *name, void *context), void *context) {
    struct dirent **entries;
    int n = scandir(brine__folder(), &entries, is_pool, alphasort), rc = 0;
    if (n < 0) return brine__fail_errno("cannot list %s", brine__folder());
    for (int i = 0; i < n; i++) {
        if (!rc) rc = visit(entries[i]->d_name + sizeof FILE_PREFIX - 1, context);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

const char *brine_pool_name(const brine_pool *pool) { return pool ? pool->name : ""; }

int brine_pool_reap(brine_pool *pool, unsigned *reaped) {
    if (!pool) return brine__fail(BRINE_EINVAL, "the pool is NULL");
    if (!pool_me(pool)) return BRINE_ESYS;
    return brine__reap(pool, 0, reaped);
}

void brine_pool_interrupt(brine_pool *pool) {
    if (!pool) return;
    a32_add_seq_cst(&pool->interrupts, 1);
    if (a32_load_relaxed(pool->me) != 0 && !pool->readonly) brine__reap_ops.woken(pool);
}

bool brine_pool_contains(const brine_pool *pool, const void *address) {
    return pool && (const char *)address >= pool->base && (const char *)address < pool->base + pool->layout.file_bytes;
}

uint64_t brine_pool_offset(const brine_pool *pool, const void *address) {
    return brine_pool_contains(pool, address) ? pool_offset(pool, address) : 0;
}

void *brine_pool_address(const brine_pool *pool, uint64_t offset) {
    if (!pool || !offset || offset >= pool->layout.file_bytes) return NULL;
    /* In a forked child nothing is mapped at the address before the pool is attached again. */
    return pool_me((brine_pool *)(uintptr_t)pool) ? pool_at(pool, offset) : NULL;
}

uint64_t brine_pool_bytes(const brine_pool *pool) { return pool ? pool->layout.max_bytes : 0; }
