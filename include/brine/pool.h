/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools: named regions of shared memory that hold packets and pipes.
 *
 * A pool is one sparse file, "brine.NAME", in the pool folder (/dev/shm, or the folder in the
 * environment variable BRINE_DIR). Any number of processes attach to it, each at any address. It
 * outlives the processes that use it: only brine_pool_unlink removes it.
 *
 * What can go wrong, and what happens then:
 * - A process dies (kill -9, at any instruction): the packets that it held are freed by whoever
 *   notices next; what it had enqueued stays; nobody waits for it.
 * - fork(): the child shares no packet with its parent. Its first brine call re-attaches the pool at
 *   the same address as a participant of its own; packets held by the parent are refused with
 *   BRINE_ENOTHELD. Pointers into the pool are dead in the child until that first call.
 * - exec() or exit without detach: as death, but orderly for everyone else.
 * - /dev/shm or the pool is full: BRINE_ENOMEM, with the numbers and the remedy. Memory is committed
 *   before it is handed out, so there is no SIGBUS later.
 *
 * Thread-safety: all functions may be called from any thread, but a pool must not be detached while
 * another thread still uses it.
 */
#ifndef BRINE_POOL_H
#define BRINE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <brine/deadline.h>
#include <brine/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_pool brine_pool;

/* Longest name of a pool, pipe, published value or raw region, in bytes without the final NUL.
 * Allowed: ASCII letters, digits and "_-.:@+", not starting with "." or "-". */
#define BRINE_NAME_MAX 63

#define BRINE_POOL_HUGE 1u /* ask for transparent huge pages (MADV_HUGEPAGE) */
#define BRINE_POOL_REPLACE                                                                                             \
    2u /* create: remove an existing pool of this name first; those attached                                           \
          to the old one keep it */
#define BRINE_POOL_READONLY                                                                                            \
    4u                         /* attach: map read-only; takes no participant slot and no lock; for                    \
                                  observers (info, peek, lookup of names), not for packets */
#define BRINE_POOL_POPULATE 8u /* create: touch the initial memory now, so that first use is fast */

/* All fields may be 0: the default. Zero the whole struct first, so that fields of later versions
 * are 0 too. */
typedef struct brine_pool_options {
    uint64_t max_bytes;     /* most memory for packets and pipes; default 1 GiB. The file is sparse:
                               only what is used takes memory. Tables come on top (about 1 %). */
    uint64_t initial_bytes; /* committed at creation, so that it is there for certain; default 0 */
    void *address;          /* hint: map here if the range is free, elsewhere if not */
    mode_t mode;            /* permission bits of the file, whatever the umask; default 0600, which it has to include */
    unsigned flags;         /* BRINE_POOL_... */
} brine_pool_options;

/* Reads a size such as "1000000", "64K", "64M", "1.5G", "2TiB" (powers of 1024; "KB", "MB", ... too)
 * into *bytes. BRINE_EINVAL: not a size, negative or over 2^63. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_parse_size(const char *text, uint64_t *bytes);

/* Makes a pool and attaches to it. Atomic: other processes see the whole pool or none; a creator
 * killed inside leaves nothing behind. options may be NULL. On success *pool is the caller's until
 * brine_pool_detach. Never waits.
 * Errors: BRINE_ENAME; BRINE_EINVAL (size too small (under 64 KiB) or over 16 TiB, unknown flag, mode without
 * 0600); BRINE_EEXIST; BRINE_ENOMEM (/dev/shm, RLIMIT_AS or RLIMIT_FSIZE; the detail has the numbers);
 * BRINE_EACCES; BRINE_ENOENT (no pool folder); BRINE_ENOTSUP (its file system cannot hold pools);
 * BRINE_EFOREIGN (REPLACE, but a folder has the name); BRINE_ESYS. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_pool_create(const char *name, const brine_pool_options *options,
                                                 brine_pool **pool);

/* Makes a pool without a name (a memfd), for this process and the children that it forks: they
 * inherit it. Gone when the last of them is. Errors as brine_pool_create. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_pool_create_private(const brine_pool_options *options, brine_pool **pool);

/* Attaches to a pool, waiting until the deadline for it to appear. Of the options, address and flags
 * (HUGE, READONLY) count; NULL is fine. Attaching has no side effect on the pool's content.
 * Errors: BRINE_ENAME; BRINE_ENOENT (not there by the deadline); BRINE_EBUSY (being removed by
 * brine_pool_unlink_stale until then); BRINE_EACCES; BRINE_EVERSION; BRINE_EFOREIGN; BRINE_ECORRUPT; BRINE_ELIMIT (8191
 * participants); BRINE_ENOMEM; BRINE_ENOTSUP (its file system does not keep locks); BRINE_ESYS.
 * Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_pool_attach(const char *name, const brine_pool_options *options,
                                                 brine_deadline deadline, brine_pool **pool);

/* Leaves the pool: frees every packet that this process holds in it, closes its pipe handles without
 * ending their streams, and unmaps it. The pool itself stays. NULL is fine. After it every handle of
 * the pool is dead; using one is an error, not a crash, but pointers into it are not checked.
 * Since 0.1. */
BRINE_API void brine_pool_detach(brine_pool *pool);

/* Removes the pool's name and so, once nobody is attached, its memory. Processes that are attached
 * carry on. Errors: BRINE_ENAME, BRINE_ENOENT, BRINE_EACCES, BRINE_ESYS. Since 0.1. */
BRINE_API int brine_pool_unlink(const char *name);

/* Removes the pool only if no process is attached to it (observers do not count): BRINE_EBUSY otherwise. Who attaches
 * meanwhile has a pool that keeps its name, or is told that it is not there. Errors: as brine_pool_unlink;
 * BRINE_EFOREIGN (no pool). Since 0.1. */
BRINE_API int brine_pool_unlink_stale(const char *name);

/* Calls visit for every pool in the pool folder, in name order, until it returns non-zero, which is
 * then returned. Since 0.1. */
BRINE_API int brine_pool_list(int (*visit)(const char *name, void *context), void *context);

/* The pool's name ("" for a private one), valid while it is attached. */
BRINE_API const char *brine_pool_name(const brine_pool *pool);

/* Undoes what dead participants left half done: frees their packets, returns what they had taken but
 * not received, releases their share of shared packets. *reaped (may be NULL) is their number. Never
 * waits. Called by brine itself when a process joins, waits or runs out of memory. Since 0.1. */
BRINE_API int brine_pool_reap(brine_pool *pool, unsigned *reaped);

/* Gives memory that is not in use back to the system. *bytes (may be NULL): how much. Since 0.1. */
BRINE_API int brine_pool_trim(brine_pool *pool, uint64_t *bytes);

/* Makes every wait of this process on this pool, in any thread, that is under way return BRINE_EINTR.
 * A wait that begins later is not affected. Async-signal-safe. Since 0.1. */
BRINE_API void brine_pool_interrupt(brine_pool *pool);

/* True if address lies in the memory of the pool as mapped here (the seed's InSHM). Never fails. */
BRINE_API bool brine_pool_contains(const brine_pool *pool, const void *address);

/* ---- raw memory in a pool (the seed's StreamingPool) ---------------------------------------- */

/* Allocates bytes of raw memory, aligned to 64, owned by this process: it is freed by
 * brine_pool_deallocate from any process that it was told to, and by reaping if this process dies or
 * detaches. Not zeroed. NULL on failure (brine_detail says why). Since 0.1. */
BRINE_API void *brine_pool_allocate(brine_pool *pool, size_t bytes);

/* Frees what brine_pool_allocate gave. NULL is fine. BRINE_EINVAL: not such an address, or already
 * freed. Since 0.1. */
BRINE_API int brine_pool_deallocate(brine_pool *pool, void *memory);

/* The offset of an address in the pool and back: how one process tells another where something is.
 * brine_pool_offset gives 0 for an address outside the pool, brine_pool_address NULL for an offset
 * outside. */
BRINE_API uint64_t brine_pool_offset(const brine_pool *pool, const void *address);
BRINE_API void *brine_pool_address(const brine_pool *pool, uint64_t offset);

/* True if no packet and no allocation is alive in the pool. */
BRINE_API bool brine_pool_is_pristine(brine_pool *pool);
/* True if not even a small packet could be made now. */
BRINE_API bool brine_pool_is_full(brine_pool *pool);
/* The largest single allocation that could succeed now, in bytes (a snapshot). */
BRINE_API uint64_t brine_pool_biggest_free(brine_pool *pool);
/* The most memory for packets and pipes, in bytes, as given at creation. */
BRINE_API uint64_t brine_pool_bytes(const brine_pool *pool);

/* ---- raw regions (the seed's SHMCreate, SHMAttach, ...) -------------------------------------- */

/* A named region of plain shared memory, "brine-raw.NAME" in the pool folder, without any structure:
 * for those who bring their own. */
typedef struct brine_raw_region {
    void *data;     /* aligned to a page; zeroed at creation */
    size_t bytes;   /* as asked */
    void *internal; /* the mapping */
} brine_raw_region;

/* Makes a region (SHMCreate), all of it committed. address: a hint or NULL. Errors as
 * brine_pool_create. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_raw_create(const char *name, size_t bytes, mode_t mode, void *address,
                                                brine_raw_region *region);
/* Attaches to a region (SHMAttach), waiting for it until the deadline; not for its initialisation. */
BRINE_API BRINE_MUST_CHECK int brine_raw_attach(const char *name, void *address, brine_deadline deadline,
                                                brine_raw_region *region);
/* Tells everyone that the creator has filled the region in (SHMInitialize). Release order. */
BRINE_API void brine_raw_initialize(brine_raw_region *region);
/* True once brine_raw_initialize was called by anybody (SHMInitialized). Acquire order. */
BRINE_API bool brine_raw_initialized(const brine_raw_region *region);
/* Unmaps (SHMDetach). The region stays. */
BRINE_API void brine_raw_detach(brine_raw_region *region);
/* Removes the name (SHMUnlink). */
BRINE_API int brine_raw_unlink(const char *name);

#ifdef __cplusplus
}
#endif
#endif
