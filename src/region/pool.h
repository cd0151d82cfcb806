/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: an attached pool, as this process knows it, and its participants.
 *
 * Every public call that takes a pool, pipe, packet or ref goes through pool_me() first: it is this
 * process's participant index, read from a page that the kernel zeroes in a forked child
 * (MADV_WIPEONFORK). 0 therefore means "forked since": brine__pool_after_fork re-attaches.
 */
#ifndef BRINE_REGION_POOL_H
#define BRINE_REGION_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <brine/packet.h>

#include "base/atomics.h"
#include "base/status.h"
#include "region/layout.h"

#define POOL_ID_COUNT 32768u /* 15 bits in a ref's place */

#define POOL_WAITS 64u /* threads whose wait is interrupted at once; others notice at their next slice */

struct heap;
struct brine_pipe;

struct brine_pool {
    char *base;    /* where the file is mapped; the same in children */
    a32 *me;       /* participant index, on the wiped page; 0 after fork */
    char *records; /* base + layout.records, and so on: on every path */
    a64 *recmap;
    struct layout layout; /* copied out of the header once, checked */
    uint64_t hash_seed;
    uint32_t id; /* index in brine__pools */
    bool readonly, named;
    a32 only_cpu;  /* 1 + the CPU, if this process may run on no other; else 0 */
    bool reserved; /* a forked child that has not used the pool yet: its address range is kept free */
    bool lost;     /* a forked child that could not attach again, nor keep its address range: nothing at base is ours */
    unsigned flags;
    uint32_t me_gen; /* generation of our proc[] word */
    uint64_t epoch;  /* unique to each joining: what is of an older one belongs to the forked parent */
    a32 interrupts;  /* bumped by brine_pool_interrupt */
    int fd;          /* of the file; may be closed or reused behind our back: brine__pool_fd checks */
    dev_t dev;
    ino_t ino;
    void *pin;           /* page that pins the locked description */
    uint64_t page_bytes; /* of mappings and holes: SMALL_PAGE, more on hugetlbfs */
    char name[BRINE_NAME_MAX + 1];
    char path[512];           /* "" for a private pool */
    pthread_mutex_t mutex;    /* guards the lists below, and joining */
    struct heap *heaps;       /* of this process's threads */
    struct brine_pipe *pipes; /* open handles */
    a64 waits[POOL_WAITS];    /* offsets of the futexes that threads of this process sleep on: for interrupting */
    a64 last_reap_ns;         /* only spares needless reaping: any thread, relaxed */
    a32 uncounted;            /* giving memory back failed half-way: there may be some without its commit bit */
    a32 record_limit;         /* indexes below are known to exist: saves asking for each packet */
};

/* Attached pools by id. */
extern brine_pool *_Atomic brine__pools[POOL_ID_COUNT];

/* Finds out again which CPUs the process may use: only_cpu of the pool and of our proc[], for others to see. */
void brine__look_at_cpus(brine_pool *pool);

/* This process's participant index; re-attaches after a fork. 0: it cannot be used (detail is set). */
uint32_t brine__pool_after_fork(brine_pool *pool);
static inline uint32_t pool_me(brine_pool *pool) {
    uint32_t me = a32_load_relaxed(pool->me); /* relaxed: written before the pool was handed out */
    return likely(me != 0) ? me : brine__pool_after_fork(pool);
}

/* The pool of an id, or NULL. Acquire: pairs with the release in registering it. */
static inline brine_pool *pool_by_id(uint32_t id) {
    return atomic_load_explicit(&brine__pools[id % POOL_ID_COUNT], memory_order_acquire);
}

/* Where the file, whose layout is known, is mapped. */
static inline void pool_set_base(brine_pool *pool, char *base) {
    pool->base = base;
    pool->records = base + pool->layout.records;
    pool->recmap = (a64 *)(void *)(base + pool->layout.recmap);
}

static inline struct header *pool_header(const brine_pool *pool) { return (struct header *)pool->base; }
static inline struct proc *pool_proc(const brine_pool *pool, uint32_t i) {
    return (struct proc *)(pool->base + pool->layout.proc) + i;
}
static inline struct dir_entry *pool_dir(const brine_pool *pool, uint32_t i) {
    return (struct dir_entry *)(pool->base + pool->layout.dir) + i;
}
static inline struct pipe_control *pool_pipe(const brine_pool *pool, uint32_t i) {
    return (struct pipe_control *)(pool->base + pool->layout.pipe) + i;
}
static inline struct endpoint *pool_endp(const brine_pool *pool, uint32_t i) {
    return (struct endpoint *)(pool->base + pool->layout.endp) + i;
}
static inline a64 *pool_recmap(const brine_pool *pool) { return pool->recmap; }
static inline a64 *pool_pagemap(const brine_pool *pool) { return (a64 *)(pool->base + pool->layout.pagemap); }
static inline a64 *pool_tags(const brine_pool *pool, uint32_t page) {
    return (a64 *)(pool->base + pool->layout.tags) + (uint64_t)page * TAGS_PER_PAGE;
}
static inline struct record *pool_record(const brine_pool *pool, uint32_t i) {
    return (struct record *)(void *)(pool->records + (uint64_t)i * RECORD_BYTES);
}
static inline void *pool_at(const brine_pool *pool, uint64_t offset) { return pool->base + offset; }
static inline uint64_t pool_offset(const brine_pool *pool, const void *p) {
    return (uint64_t)((const char *)p - pool->base);
}

/* Records that may exist: indexes 1..this-1 whose page is committed. */
static inline uint64_t pool_record_high(const brine_pool *pool) {
    uint64_t pages = a64_load_acquire(&pool_header(pool)->record_page_high); /* pairs with a64_raise before first use */
    if (pages > pool->layout.record_pages) pages = pool->layout.record_pages;
    return pages * RECORDS_PER_PAGE;
}

/* ---- memory (region/commit.c) ---- */

#define GROWTH_UNITS_MAX 64u /* 4 MiB: most that growth commits beyond what is asked */

bool brine__committed(const brine_pool *pool, uint64_t offset, uint64_t bytes);

/* True if records of this index exist: below the high-water mark, and the memory is there (a page may
 * have been claimed by one who died or failed before committing it). */
static inline bool pool_record_exists(const brine_pool *pool, uint32_t i) {
    return i != 0 && i < pool_record_high(pool) &&
           brine__committed(pool, pool->layout.records + (uint64_t)i * RECORD_BYTES, 1);
}

/* Makes sure that [offset, offset+bytes) is backed by memory. `budgeted`: counts against max_bytes.
 * 0, or BRINE_ENOMEM with the numbers and the remedy. */
int brine__commit(brine_pool *pool, uint64_t offset, uint64_t bytes, bool budgeted);
/* How many units to commit ahead when `asked` are needed, within the budget. */
uint64_t brine__growth_units(const brine_pool *pool, uint64_t asked);
/* Units committed for records and pages. */
uint64_t brine__committed_units(const brine_pool *pool);
/* Gives units back; the caller owns all that is in them (PAGE_TRIM). */
int brine__decommit(brine_pool *pool, uint64_t offset, uint64_t bytes);

/* Says why memory could not be committed (errno). */
int brine__no_memory(brine_pool *pool, uint64_t bytes);

/* ---- files (region/file.c, region/names.c, region/remove.c) ---- */

#define SMALL_PAGE ((uint64_t)4096)

/* Unit of the mappings of a file: of mmap's offsets and lengths, and of holes. */
uint64_t brine__file_page(int fd);
/* ftruncate and fallocate, but that passing RLIMIT_FSIZE is an error (EFBIG) and no SIGXFSZ. */
int brine__file_size(int fd, uint64_t bytes);
int brine__file_back(int fd, uint64_t offset, uint64_t bytes);
/* The absolute path of a pool's file. */
int brine__pool_path(const char *name, char *path, size_t size);
/* Says why a file cannot be made in the pool folder (errno). */
int brine__folder_failed(void);
/* Says why the file of a pool cannot be opened, or removed (errno). */
int brine__open_failed(const char *name, const char *path);
int brine__remove_failed(const char *name, const char *path);
/* Checks a mode that was asked for: 0 or BRINE_EINVAL. */
int brine__check_mode(mode_t mode);

/* Checks a name: 0 or BRINE_ENAME. what: "pool", "pipe", ... */
int brine__check_name(const char *what, const char *name);
/* The pool folder, from BRINE_DIR or /dev/shm. */
const char *brine__folder(void);
/* Moves a new descriptor above the standard streams: a program may have been started with those closed.
 * -1 stays -1; errno is set on failure. */
int brine__fd_above(int fd);
/* The descriptor is (still) one of the pool's file. */
bool brine__same_file(const brine_pool *pool, int fd);
/* munmap that does not give up at once. */
void brine__unmap(void *address, size_t bytes);
/* A descriptor of the pool's file that is certainly the right one, or a negative status. */
int brine__pool_fd(brine_pool *pool);
/* A new open file description of it (for locks), or a negative status; the caller closes it, and
 * holds brine__fork_lock meanwhile. */
int brine__pool_reopen(brine_pool *pool);

/* No fork of this process happens between lock and unlock (but for raw clone), and no pool comes or goes.
 * Recursive. Never taken while holding a pool's mutex. */
void brine__fork_lock(void);
void brine__fork_unlock(void);
/* Before the first pool: makes forks of this process harmless. 0 or a status; may be tried again. */
int brine__fork_ready(void);
/* Keeps the pool's address range free in a forked child. fixed: MAP_FIXED (it is ours) or MAP_FIXED_NOREPLACE. */
bool brine__pool_reserve(brine_pool *pool, int fixed);

/* ---- participants (region/participant.c) ---- */

/* Byte LOCK_BASE of the file: read-locked by everyone who is attached, write-locked by who removes the pool
 * if nobody is. type: F_RDLCK, F_WRLCK, F_UNLCK. -1 and errno as fcntl. */
int brine__lock_membership(int fd, short type);
/* Takes a participant index: sets *me_out (and pool->me_gen, pool->pin). BRINE_EBUSY: it is being removed. */
int brine__join(brine_pool *pool, uint32_t *me_out);
/* Drops the lock; after it others may reap what is left. */
void brine__leave(brine_pool *pool);
/* True if participant i holds its lock. fd: any description of the file that is not the pinned one. */
bool brine__participant_alive(int fd, uint32_t i);

/* Reaps every dead participant; *reaped may be NULL. Not more often than every min_interval_ns
 * (0: always). Calls reap_ops for each with its lock held. */
int brine__reap(brine_pool *pool, int64_t min_interval_ns, unsigned *reaped);

/* What the layers above do about a dead participant and at the ends of a process's stay. Defined in
 * pipe/reap.c: the one call upward, so that an allocation that finds nothing can reap. */
struct reap_ops {
    void (*undo)(brine_pool *pool, uint32_t dead); /* idempotent; may be killed anywhere */
    void (*forked)(brine_pool *pool);              /* in a child: forget what the parent had */
    void (*detaching)(brine_pool *pool);           /* process-local: free the handles and heaps */
    void (*woken)(brine_pool *pool);               /* wake this process's waiters (interrupt) */
};
extern const struct reap_ops brine__reap_ops;

#endif
