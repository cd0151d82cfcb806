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
    char *base;            /* where the file is mapped; the same in children */
    a32 *me;               /* participant index, on the wiped page; 0 after fork */
    struct layout layout;  /* copied out of the header once, checked */
    uint64_t hash_seed;
    uint32_t id;           /* index in brine__pools */
    bool readonly, named;
    bool one_cpu;          /* this process may run on one CPU only: never spin */
    bool reserved;         /* a forked child that has not used the pool yet: its address range is kept free */
    bool broken;           /* re-attaching after fork failed: every call is refused */
    unsigned flags;
    uint32_t me_gen;       /* generation of our proc[] word */
    uint64_t epoch;        /* unique to each joining: what is of an older one belongs to the forked parent */
    a32 interrupts;        /* bumped by brine_pool_interrupt */
    int fd;                /* of the file; may be closed or reused behind our back: brine__pool_fd checks */
    dev_t dev;
    ino_t ino;
    void *pin;             /* page that pins the locked description */
    char name[BRINE_NAME_MAX + 1];
    char path[512];        /* "" for a private pool */
    pthread_mutex_t mutex; /* guards the lists below, and joining */
    struct heap *heaps;    /* of this process's threads */
    struct brine_pipe *pipes; /* open handles */
    a64 waits[POOL_WAITS]; /* offsets of the futexes that threads of this process sleep on: for interrupting */
    a64 last_reap_ns;      /* only spares needless reaping: any thread, relaxed */
    a32 record_limit;      /* indexes below are known to exist: saves asking for each packet */
};

/* Attached pools by id. */
extern brine_pool *_Atomic brine__pools[POOL_ID_COUNT];

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

static inline struct header *pool_header(const brine_pool *pool) { return (struct header *)pool->base; }
static inline struct proc *pool_proc(const brine_pool *pool, uint32_t i) { return (struct proc *)(pool->base + pool->layout.proc) + i; }
static inline struct dir_entry *pool_dir(const brine_pool *pool, uint32_t i) { return (struct dir_entry *)(pool->base + pool->layout.dir) + i; }
static inline struct pipe_control *pool_pipe(const brine_pool *pool, uint32_t i) { return (struct pipe_control *)(pool->base + pool->layout.pipe) + i; }
static inline struct endpoint *pool_endp(const brine_pool *pool, uint32_t i) { return (struct endpoint *)(pool->base + pool->layout.endp) + i; }
static inline a64 *pool_recmap(const brine_pool *pool) { return (a64 *)(pool->base + pool->layout.recmap); }
static inline a64 *pool_pagemap(const brine_pool *pool) { return (a64 *)(pool->base + pool->layout.pagemap); }
static inline a64 *pool_tags(const brine_pool *pool, uint32_t page) { return (a64 *)(pool->base + pool->layout.tags) + (uint64_t)page * TAGS_PER_PAGE; }
static inline struct record *pool_record(const brine_pool *pool, uint32_t i) {
    return (struct record *)(pool->base + pool->layout.records + (uint64_t)i * RECORD_BYTES);
}
static inline void *pool_at(const brine_pool *pool, uint64_t offset) { return pool->base + offset; }
static inline uint64_t pool_offset(const brine_pool *pool, const void *p) { return (uint64_t)((const char *)p - pool->base); }

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
/* Units committed for records and pages. */
uint64_t brine__committed_units(const brine_pool *pool);
/* Gives units back; the caller owns all that is in them (PAGE_TRIM). */
int brine__decommit(brine_pool *pool, uint64_t offset, uint64_t bytes);

/* ---- files (region/file.c) ---- */

/* Checks a name: 0 or BRINE_ENAME. what: "pool", "pipe", ... */
int brine__check_name(const char *what, const char *name);
/* The pool folder, from BRINE_DIR or /dev/shm. */
const char *brine__folder(void);
/* Moves a new descriptor above the standard streams: a program may have been started with those closed.
 * -1 stays -1; errno is set on failure. */
int brine__fd_above(int fd);
/* A descriptor of the pool's file that is certainly the right one, or a negative status. */
int brine__pool_fd(brine_pool *pool);
/* A new open file description of it (for locks), or a negative status; the caller closes it, and
 * holds brine__fork_lock meanwhile. */
int brine__pool_reopen(brine_pool *pool);

/* No fork of this process happens between lock and unlock (but for raw clone), and no pool comes or goes.
 * Recursive. Never taken while holding a pool's mutex. */
void brine__fork_lock(void);
void brine__fork_unlock(void);

/* ---- participants (region/participant.c) ---- */

/* Takes a participant index: sets *me_out (and pool->me_gen, pool->pin). */
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
