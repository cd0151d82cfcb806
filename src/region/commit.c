/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: backing the sparse file with memory, before anybody touches it.
 *
 * One bit per 64 KiB unit of the file: set after fallocate succeeded, so bit set => touching is safe.
 * fallocate of memory that is there already changes nothing, so two processes may do the same unit at
 * once and a killed one leaves at worst memory without its bit, which the next commit of that unit
 * takes over. How much is committed is counted from the bits: there is no counter to go wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

#include "region/pool.h"

#define CALL_UNITS_MAX 1024u /* 64 MiB in one fallocate call, so that a kill or a signal is served soon */

static a64 *commit_words(const brine_pool *pool) { return (a64 *)(pool->base + pool->layout.commit); }

static uint64_t bits_between(uint64_t first, uint64_t end) { /* within one word: bits [first, end) of 0..64 */
    uint64_t high = end == 64 ? ~(uint64_t)0 : ((uint64_t)1 << end) - 1;
    return high & ~(((uint64_t)1 << first) - 1);
}

/* Calls visit for the mask of each word that [first, end) touches, until it returns non-zero. */
static int each_word(const brine_pool *pool, uint64_t first, uint64_t end, int (*visit)(a64 *, uint64_t, void *),
                     void *context) {
    a64 *words = commit_words(pool);
    for (uint64_t w = first / 64; w * 64 < end; w++) {
        uint64_t from = first > w * 64 ? first - w * 64 : 0, to = end < w * 64 + 64 ? end - w * 64 : 64;
        int rc = visit(&words[w], bits_between(from, to), context);
        if (rc) return rc;
    }
    return 0;
}

static int count_visit(a64 *word, uint64_t mask, void *context) {
    *(uint64_t *)context +=
        (uint64_t)__builtin_popcountll(a64_load_relaxed(word) & mask); /* a count: no order needed */
    return 0;
}

static int missing_visit(a64 *word, uint64_t mask, void *context) {
    (void)context;
    return (a64_load_acquire(word) & mask) != mask; /* pairs with set_visit: the memory is there */
}

static int set_visit(a64 *word, uint64_t mask, void *context) {
    (void)context;
    a64_or_acq_rel(word, mask); /* publishes that the memory is there; pairs with missing_visit */
    return 0;
}

static int clear_visit(a64 *word, uint64_t mask, void *context) {
    (void)context;
    a64_and_acq_rel(word, ~mask);
    return 0;
}

bool brine__committed(const brine_pool *pool, uint64_t offset, uint64_t bytes) {
    if (bytes == 0) return true;
    if (offset >= pool->layout.file_bytes || bytes > pool->layout.file_bytes - offset) return false;
    return each_word(pool, offset >> UNIT_SHIFT, ((offset + bytes - 1) >> UNIT_SHIFT) + 1, missing_visit, NULL) == 0;
}

static uint64_t count_units(const brine_pool *pool, uint64_t offset, uint64_t pages, uint64_t limit) {
    uint64_t n = 0;
    if (pages > limit) pages = limit;
    each_word(pool, offset >> UNIT_SHIFT, (offset >> UNIT_SHIFT) + pages, count_visit, &n);
    return n;
}

uint64_t brine__committed_units(const brine_pool *pool) {
    const struct layout *l = &pool->layout;
    /* Growth rounds up to GROWTH_UNITS_MAX past the highest page used. */
    uint64_t records = a64_load_acquire(&pool_header(pool)->record_page_high) + GROWTH_UNITS_MAX;
    uint64_t pages = a64_load_acquire(&pool_header(pool)->data_page_high) + GROWTH_UNITS_MAX;
    return count_units(pool, l->records, records, l->record_pages) + count_units(pool, l->pages, pages, l->data_pages);
}

int brine__no_memory(brine_pool *pool, uint64_t bytes) {
    struct statvfs fs = {0};
    int error = errno;
    const char *folder = pool->named ? brine__folder() : "memory";
    if (error == EOPNOTSUPP)
        return brine__fail(
            BRINE_ENOTSUP,
            "pool \"%s\": the file system of %s cannot set memory aside (fallocate); use a tmpfs such as "
            "/dev/shm, a hugetlbfs, or a disk that can (BRINE_DIR)",
            pool->name, folder);
    if (pool->page_bytes > SMALL_PAGE && (error == ENOSPC || error == ENOMEM))
        return brine__fail(BRINE_ENOMEM,
                           "pool \"%s\": %llu KiB more asked, %s has no huge page of %llu KiB free; free something or "
                           "raise /proc/sys/vm/nr_hugepages or the mount's size",
                           pool->name, (unsigned long long)(bytes >> 10), folder,
                           (unsigned long long)(pool->page_bytes >> 10));
    if (error != ENOSPC && error != ENOMEM && error != EFAULT) {
        errno = error;
        return brine__fail_errno("pool \"%s\": cannot commit %llu KiB more", pool->name,
                                 (unsigned long long)(bytes >> 10));
    }
    int fd = brine__pool_fd(pool);
    if (fd >= 0 && fstatvfs(fd, &fs) == 0 && fs.f_blocks)
        return brine__fail(
            BRINE_ENOMEM,
            "pool \"%s\": %llu KiB more asked, %s has %llu KiB of %llu KiB free; free something (brine ls), "
            "enlarge it (mount -o remount,size=..., docker run --shm-size) or use a smaller pool",
            pool->name, (unsigned long long)(bytes >> 10), folder,
            (unsigned long long)(fs.f_bavail * fs.f_frsize >> 10),
            (unsigned long long)(fs.f_blocks * fs.f_frsize >> 10));
    return brine__fail(BRINE_ENOMEM, "pool \"%s\": the system has no memory for %llu KiB more", pool->name,
                       (unsigned long long)(bytes >> 10));
}

/* Backs units [first, end) with memory. */
static int back(brine_pool *pool, uint64_t first, uint64_t end) {
    for (uint64_t at = first; at < end;) {
        uint64_t n = end - at < CALL_UNITS_MAX ? end - at : CALL_UNITS_MAX;
        uint64_t offset = at << UNIT_SHIFT, bytes = n << UNIT_SHIFT;
        int fd = brine__pool_fd(pool), rc;
        if (fd == BRINE_ECORRUPT) return fd;
        do {
            if (fd >= 0)
                rc = brine__file_back(fd, offset, bytes);
            else
                rc = madvise(pool->base + offset, bytes, MADV_POPULATE_WRITE); /* all descriptors were closed */
        } while (rc < 0 && errno == EINTR);
        if (rc < 0) return brine__no_memory(pool, bytes);
        each_word(pool, at, at + n, set_visit, NULL);
        at += n;
    }
    return 0;
}

uint64_t brine__growth_units(const brine_pool *pool, uint64_t asked) {
    uint64_t max = pool->layout.max_bytes >> UNIT_SHIFT, used = brine__committed_units(pool) + asked, step = max / 64;
    if (used >= max) return 0;
    if (step > GROWTH_UNITS_MAX) step = GROWTH_UNITS_MAX;
    uint64_t share = (max - used) / 4; /* the last units are left to those who need them now */
    return step < share ? step : share;
}

/* Past `end` so that growth is not one call per unit: record pages are never given back, so who owns them does not
 * matter. For data pages the heap claims what it grows ahead. */
static uint64_t growth_end(const brine_pool *pool, uint64_t first, uint64_t end) {
    uint64_t records_end = (pool->layout.records >> UNIT_SHIFT) + pool->layout.record_pages;
    if (first >= records_end) return end;
    uint64_t wide = end + brine__growth_units(pool, end - first);
    return wide < records_end ? wide : records_end;
}

static int commit_budgeted(brine_pool *pool, uint64_t first, uint64_t end) {
    const struct layout *l = &pool->layout;
    uint64_t have = 0, used = brine__committed_units(pool), max = l->max_bytes >> UNIT_SHIFT;
    each_word(pool, first, end, count_visit, &have);
    uint64_t need = end - first - have;
    if (used + need > max)
        return brine__fail(
            BRINE_ENOMEM,
            "pool \"%s\": %llu KiB more asked, %llu of its %llu KiB are in use; free packets or create it larger "
            "(brine create --size)",
            pool->name, (unsigned long long)(need << UNIT_SHIFT >> 10), (unsigned long long)(used << UNIT_SHIFT >> 10),
            (unsigned long long)(l->max_bytes >> 10));
    uint64_t wide = growth_end(pool, first, end);
    if (wide == end || back(pool, first, wide) != 0) {
        int rc = back(pool, first, end); /* the wider step may be what did not fit */
        if (rc) return rc;
    }
    a64_raise(&pool_header(pool)->high_units, brine__committed_units(pool));
    return 0;
}

int brine__commit(brine_pool *pool, uint64_t offset, uint64_t bytes, bool budgeted) {
    if (likely(brine__committed(pool, offset, bytes))) return 0;
    uint64_t first = offset >> UNIT_SHIFT, end = ((offset + bytes - 1) >> UNIT_SHIFT) + 1;
    if (end << UNIT_SHIFT > pool->layout.file_bytes)
        return brine__fail(BRINE_ECORRUPT, "pool \"%s\": offset outside the pool", pool->name);
    return budgeted ? commit_budgeted(pool, first, end) : back(pool, first, end);
}

int brine__decommit(brine_pool *pool, uint64_t offset, uint64_t bytes) {
    uint64_t first = offset >> UNIT_SHIFT, end = (offset + bytes) >> UNIT_SHIFT;
    int fd = brine__pool_fd(pool);
    if (fd < 0) return fd;
    each_word(pool, first, end, clear_visit, NULL);
    int rc;
    do rc = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes);
    while (rc < 0 && errno == EINTR);
    if (rc < 0) {
        rc = brine__fail_errno("pool \"%s\": cannot give %llu KiB back", pool->name, (unsigned long long)(bytes >> 10));
        /* it is there still: counted, and given back by the next who tries */
        if (back(pool, first, end) != 0) a32_store_relaxed(&pool->uncounted, 1);
    }
    return rc;
}
