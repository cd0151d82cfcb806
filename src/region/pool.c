/* SPDX-License-Identifier: Apache-2.0 */
/* region: creating, attaching, detaching and removing pools. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "region/layout_of.h"
#include "region/pool.h"

#define DEFAULT_MAX_BYTES ((uint64_t)1 << 30)
#define WIPE_BYTES 4096
#define HUGE_PAGE ((uint64_t)2 << 20) /* to which the file is a multiple */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

/* ---- the process's side of a pool ---- */

static int register_pool(brine_pool *pool) {
    static a32 next;
    for (uint32_t tries = 0; tries < POOL_ID_COUNT; tries++) {
        uint32_t id = a32_add_relaxed(&next, 1) % POOL_ID_COUNT;
        brine_pool *none = NULL;
        if (id == 0) continue;
        pool->id = id;
        /* release: publishes the struct to other threads; pairs with pool_by_id */
        if (atomic_compare_exchange_strong_explicit(&brine__pools[id], &none, pool, memory_order_release,
                                                    memory_order_relaxed))
            return 0;
    }
    return brine__fail(BRINE_ELIMIT, "this process has %u pools attached", POOL_ID_COUNT - 1);
}

static void unregister_pool(brine_pool *pool) {
    brine__fork_lock(); /* a thread that ends walks the pools */
    if (pool->id && pool_by_id(pool->id) == pool)
        atomic_store_explicit(&brine__pools[pool->id], NULL, memory_order_release);
    brine__fork_unlock();
}

void brine__look_at_cpus(brine_pool *pool) {
    cpu_set_t set;
    uint32_t only = 0, me = a32_load_relaxed(pool->me);
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1)
        while (!CPU_ISSET(only++, &set)) {
        }                                     /* ends at 1 + the CPU */
    a32_store_relaxed(&pool->only_cpu, only); /* hints */
    if (me && !pool->readonly) a32_store_relaxed(&pool_proc(pool, me)->only_cpu, only);
}

static int new_pool(const brine_pool_options *options, const char *name, const char *path, brine_pool **out) {
    int rc = brine__fork_ready();
    if (rc) return rc;
    brine_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return brine__fail(BRINE_ENOMEM, "no memory for a pool handle");
    pool->fd = -1;
    pool->flags = options ? options->flags : 0;
    pool->readonly = (pool->flags & BRINE_POOL_READONLY) != 0;
    pool->named = path[0] != 0;
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
        rc = brine__fail_errno("cannot map the page that notices forks");
        if (wiped != MAP_FAILED) brine__unmap(wiped, WIPE_BYTES);
        pthread_mutex_destroy(&pool->mutex);
        free(pool);
        return rc;
    }
    pool->me = wiped;
    brine__look_at_cpus(pool);
    *out = pool;
    return 0;
}

/* Back to what new_pool() made. */
static void close_pool(brine_pool *pool) {
    unregister_pool(pool);
    brine__leave(pool);
    if (pool->base) brine__unmap(pool->base, pool->layout.file_bytes);
    if (brine__same_file(pool, pool->fd)) close(pool->fd);
    pool->id = 0;
    pool->base = NULL;
    pool->fd = -1;
    a32_store_release(pool->me, 0);
}

static void delete_pool(brine_pool *pool) {
    close_pool(pool);
    brine__unmap(pool->me, WIPE_BYTES);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

static int map_failed(const brine_pool *pool, uint64_t bytes) {
    struct rlimit limit;
    if (errno == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return brine__fail(
            BRINE_ENOMEM,
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
        if (!extra || !brine__pool_reserve(pool, MAP_FIXED)) brine__unmap(base, bytes);
        return rc;
    }
    if (pool->flags & BRINE_POOL_HUGE) madvise(base, bytes, MADV_HUGEPAGE); /* a wish: refused where not configured */
    pool_set_base(pool, base);
    return 0;
}

/* From an open file whose header was judged to a pool that is ready for use. */
static int open_pool(brine_pool *pool, int fd, const struct header *header, void *address) {
    struct stat st;
    if (fstat(fd, &st) < 0) return brine__fail_errno("pool \"%s\": fstat", pool->name);
    pool->fd = fd;
    pool->dev = st.st_dev;
    pool->ino = st.st_ino;
    pool->page_bytes = brine__file_page(fd);
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

/* On failure the address range is kept if possible, and the next call tries again. */
static int attach_again(brine_pool *pool, uint32_t *me) {
    int fd = brine__pool_fd(pool), rc = fd < 0 ? fd : 0;
    /* The range was reserved in the fork handler; without the handler (a raw clone) it must be free. */
    if (!rc) rc = map_pool(pool, fd, pool->base, pool->reserved ? MAP_FIXED : MAP_FIXED_NOREPLACE);
    if (!rc) {
        pool->reserved = false;
        rc = brine__join(pool, me);
        if (rc && !brine__pool_reserve(pool, MAP_FIXED)) brine__unmap(pool->base, pool->layout.file_bytes);
    }
    pool->lost = rc && !pool->reserved;
    if (!rc) brine__reap_ops.forked(pool);
    return rc;
}

uint32_t brine__pool_after_fork(brine_pool *pool) {
    brine__fork_lock();
    uint32_t me = a32_load_relaxed(pool->me);
    if (!me) {
        int rc = 0;
        if (pool->readonly)
            me = PROC_COUNT; /* a read-only mapping is inherited as it is */
        else
            rc = attach_again(pool, &me);
        if (rc) {
            char why[256];
            snprintf(why, sizeof why, "%s", brine_detail());
            brine__fail(BRINE_ESYS, "pool \"%s\" could not be attached again after fork: %s", pool->name, why);
            me = 0;
        }
        a32_store_release(pool->me, me);
    }
    brine__fork_unlock();
    return me;
}

/* ---- create ---- */

static int check_options(const brine_pool_options *o, uint64_t *max_bytes, uint64_t *initial) {
    const unsigned known = BRINE_POOL_HUGE | BRINE_POOL_REPLACE | BRINE_POOL_POPULATE;
    *max_bytes = o && o->max_bytes ? o->max_bytes : DEFAULT_MAX_BYTES;
    *initial = o ? o->initial_bytes : 0;
    if (o && (o->flags & ~known))
        return brine__fail(BRINE_EINVAL, "unknown pool flags 0x%x for create", o->flags & ~known);
    int rc = o ? brine__check_mode(o->mode) : 0;
    if (rc) return rc;
    if (*max_bytes < POOL_BYTES_MIN || *max_bytes > POOL_BYTES_MAX)
        return brine__fail(BRINE_EINVAL, "the pool size %llu is outside 64 KiB .. 16 TiB",
                           (unsigned long long)*max_bytes);
    if (*initial > *max_bytes)
        return brine__fail(BRINE_EINVAL, "the initial size %llu is over the maximum %llu", (unsigned long long)*initial,
                           (unsigned long long)*max_bytes);
    struct layout l = brine__layout_of(*max_bytes);
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < l.file_bytes)
        return brine__fail(
            BRINE_ENOMEM,
            "a pool of %llu MiB needs a file of %llu MiB (mostly holes), over the limit of %llu MiB (ulimit -f); "
            "raise it or create a smaller pool",
            (unsigned long long)(*max_bytes >> 20), (unsigned long long)(l.file_bytes >> 20),
            (unsigned long long)(limit.rlim_cur >> 20));
    return 0;
}

/* Writes through a mapping: hugetlbfs has no write(2). Only the first units are touched. */
static int fill_in(brine_pool *pool, int fd, uint64_t max_bytes, uint64_t initial) {
    struct layout l = pool->layout;
    uint64_t tables[] = {l.proc, l.dir, l.pipe, l.endp, l.recmap, l.pagemap, l.tags};
    struct stat st;
    if (fstat(fd, &st) < 0) return brine__fail_errno("pool \"%s\": fstat", pool->name);
    pool->dev = st.st_dev;
    pool->ino = st.st_ino;
    pool->page_bytes = brine__file_page(fd);
    if (pool->page_bytes > HUGE_PAGE)
        return brine__fail(BRINE_ENOTSUP, "pool \"%s\": %s has pages of %llu MiB; mount a hugetlbfs with pagesize=2M",
                           pool->name, brine__folder(), (unsigned long long)(pool->page_bytes >> 20));
    if (brine__file_size(fd, l.file_bytes) < 0)
        return brine__fail_errno("pool \"%s\": cannot size its file to %llu MiB", pool->name,
                                 (unsigned long long)(l.file_bytes >> 20));
    /* The header and the commit bits have to be there before the first bit can be set. */
    uint64_t head = l.proc;
    if (brine__file_back(fd, 0, head) < 0) return brine__no_memory(pool, head);
    int rc = map_pool(pool, fd, NULL, 0);
    if (!rc) rc = brine__header_write(pool_header(pool), pool->name, max_bytes);
    if (!rc) rc = brine__commit(pool, 0, head, false);
    for (size_t i = 0; !rc && i < sizeof tables / sizeof *tables; i++)
        rc = brine__commit(pool, tables[i], UNIT_BYTES, false);
    if (!rc && initial) {
        a64_raise(&pool_header(pool)->data_page_high, (initial + UNIT_BYTES - 1) >> UNIT_SHIFT);
        rc = brine__commit(pool, l.pages, initial, true);
    }
    if (!rc && initial && (pool->flags & BRINE_POOL_POPULATE))
        madvise(pool->base + l.pages, initial, MADV_POPULATE_WRITE);
    return rc;
}

static int initialise(brine_pool *pool, int fd, uint64_t max_bytes, uint64_t initial) {
    pool->layout = brine__layout_of(max_bytes);
    pool->fd = fd;
    int rc = fill_in(pool, fd, max_bytes, initial);
    if (pool->base) brine__unmap(pool->base, pool->layout.file_bytes);
    pool->base = NULL;
    pool->fd = -1; /* the caller's */
    return rc;
}

/* A file without a name yet; where the file system cannot do that, *temporary is its passing name. */
static int open_unnamed(mode_t mode, char *temporary, size_t size) {
    temporary[0] = 0;
    int fd = open(brine__folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        snprintf(temporary, size, "%s/.brine-new.%ld.%llx", brine__folder(), (long)getpid(),
                 (unsigned long long)brine__now_ns());
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
        if (errno == ENOENT && !temporary[0])
            return brine__fail(
                BRINE_ESYS, "cannot name the new pool %s: /proc is not mounted, or its folder was removed", pool->path);
        if (errno != EEXIST) return brine__fail_errno("cannot name the new pool %s", pool->path);
        if (!(pool->flags & BRINE_POOL_REPLACE))
            return brine__fail(
                BRINE_EEXIST,
                "pool \"%s\" exists already (%s); attach to it, remove it (brine rm) or ask to replace it", pool->name,
                pool->path);
        if (unlink(pool->path) < 0 && errno != ENOENT) return brine__remove_failed(pool->name, pool->path);
    }
    return brine__fail(BRINE_EEXIST, "pool \"%s\" keeps being made by somebody else", pool->name);
}

/* Attaches to the pool that was just made. */
static int open_made(brine_pool *pool, int fd, void *address) {
    struct header header;
    size_t bytes = pool->page_bytes;
    void *view = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (view == MAP_FAILED) return map_failed(pool, bytes);
    memcpy(&header, view, sizeof header);
    brine__unmap(view, bytes);
    return open_pool(pool, fd, &header, address);
}

/* Removes the name again, unless it is another pool's by now. */
static void take_name_back(const brine_pool *pool, int fd) {
    struct stat by_name, by_fd;
    if (fstat(fd, &by_fd) == 0 && lstat(pool->path, &by_name) == 0 && by_name.st_dev == by_fd.st_dev &&
        by_name.st_ino == by_fd.st_ino)
        unlink(pool->path);
}

/* Whoever removes unused pools sees this one in use from before it has its name. */
static int name_and_open(brine_pool *pool, int fd, const char *temporary, void *address) {
    brine__fork_lock(); /* a child would keep the lock */
    int rc = 0;
    if (brine__lock_membership(fd, F_RDLCK) < 0)
        rc = brine__fail_errno("pool \"%s\": cannot lock a byte of its file in %s", pool->name, brine__folder());
    if (!rc) rc = give_name(pool, fd, temporary);
    if (!rc) {
        rc = open_made(pool, fd, address);
        if (rc) take_name_back(pool, fd);
    }
    brine__lock_membership(fd, F_UNLCK); /* joining has locked it for good */
    brine__fork_unlock();
    return rc;
}

static int finish_create(brine_pool *pool, int fd, uint64_t max_bytes, uint64_t initial,
                         const brine_pool_options *options, const char *temporary) {
    mode_t mode = options && options->mode ? options->mode : 0600;
    void *address = options ? options->address : NULL;
    /* fchmod: the mode asked for, whatever the umask */
    if (pool->named && fchmod(fd, mode) < 0)
        return brine__fail_errno("pool \"%s\": cannot set mode %03o", pool->name, mode);
    int rc = initialise(pool, fd, max_bytes, initial);
    if (rc) return rc;
    if (pool->named) return name_and_open(pool, fd, temporary, address);
    /* Nobody can cut it short then; it cannot fail but for kernels without seals. */
    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return open_made(pool, fd, address);
}

static int open_memory(void) {
    int fd = memfd_create("brine", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    return fd < 0 && errno == EINVAL ? memfd_create("brine", MFD_CLOEXEC | MFD_ALLOW_SEALING)
                                     : fd; /* before Linux 6.3 */
}

static int create(const char *name, const char *path, const brine_pool_options *options, brine_pool **out) {
    uint64_t max_bytes, initial;
    char temporary[600] = "";
    brine_pool *pool;
    int rc = check_options(options, &max_bytes, &initial);
    if (!rc) rc = new_pool(options, name, path, &pool);
    if (rc) return rc;
    /* Group and others get in by the mode at the end; nobody before. */
    int fd = pool->named ? open_unnamed(0600, temporary, sizeof temporary) : open_memory();
    fd = brine__fd_above(fd);
    if (fd < 0)
        rc = pool->named ? brine__folder_failed() : brine__fail_errno("cannot make a file in memory");
    else
        rc = finish_create(pool, fd, max_bytes, initial, options, temporary);
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
    int rc = brine__pool_path(name, path, sizeof path);
    if (rc) return rc;
    if (!(options && (options->flags & BRINE_POOL_REPLACE)) && access(path, F_OK) == 0)
        return brine__fail(BRINE_EEXIST,
                           "pool \"%s\" exists already (%s); attach to it, remove it (brine rm) or ask to replace it",
                           name, path);
    return create(name, path, options, pool);
}

int brine_pool_create_private(const brine_pool_options *options, brine_pool **pool) {
    return create("", "", options, pool);
}

/* ---- attach ---- */

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

/* Having joined: 0 if the pool still has a name, as it then keeps for as long as unused pools only are removed. */
static int still_there(brine_pool *pool) {
    struct stat st;
    if (fstat(pool->fd, &st) < 0) return brine__fail_errno("fstat %s", pool->path);
    if (st.st_nlink > 0) return 0;
    a64_store_release(&pool_proc(pool, a32_load_relaxed(pool->me))->word, WORD(pool->me_gen + 1, PROC_FREE, 0));
    return brine__fail(BRINE_ENOENT, "pool \"%s\" was removed while this process attached to it (%s)", pool->name,
                       pool->path);
}

/* One attempt. *retry: the pool may still come. */
static int try_attach(brine_pool *pool, void *address, bool *retry) {
    struct header header;
    uint64_t file_bytes = 0;
    int fd = open(pool->path, (pool->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    *retry = fd < 0 && errno == ENOENT;
    fd = brine__fd_above(fd);
    if (fd < 0) return brine__open_failed(pool->name, pool->path);
    int rc = copy_header(fd, pool->path, &header, &file_bytes);
    if (!rc) rc = brine__header_judge(&header, file_bytes, pool->path);
    if (!rc) rc = open_pool(pool, fd, &header, address);
    if (!rc && !pool->readonly) rc = still_there(pool);
    if (rc && pool->fd != fd) close(fd);
    if (rc) close_pool(pool);
    *retry = rc == BRINE_ENOENT || rc == BRINE_EBUSY; /* EBUSY: it is being removed */
    return rc;
}

int brine_pool_attach(const char *name, const brine_pool_options *options, brine_deadline deadline, brine_pool **out) {
    char path[512];
    brine_pool *pool;
    bool retry;
    int64_t pause = 200000; /* 0.2 ms, doubling up to 20 ms: a pool that is about to come is met at once */
    int rc = brine__pool_path(name, path, sizeof path);
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
    bool cut = brine__pool_fd(pool) == BRINE_ECORRUPT; /* touching it would be a SIGBUS */
    if (!pool->readonly && !cut) brine__reap_ops.detaching(pool);
    uint32_t me = pool->readonly || cut ? 0 : pool_me(pool);
    if (me) {
        /* The same as being reaped, by oneself: a death on the way is completed by the next reaper. */
        brine__reap_ops.undo(pool, me);
        a64_store_release(&pool_proc(pool, me)->word, WORD(pool->me_gen + 1, PROC_FREE, 0));
    }
    if (pool->lost) pool->base = NULL; /* a child that never got in again */
    delete_pool(pool);
}

/* ---- the rest ---- */

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
