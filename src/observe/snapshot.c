/* SPDX-License-Identifier: Apache-2.0 */
/* observe: copying the tables of a pool. Work and memory are in proportion to the data of the file, not to what the
 * tables claim: holes are passed over. */
#include "observe/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "value/untrusted.h"

/* The next stretch of data at or after *at: [*at, returned). `end` when there is none. */
static uint64_t next_data(const struct snapshot *s, uint64_t *at, uint64_t end) {
    off_t data = lseek(s->fd, (off_t)*at, SEEK_DATA);
    if (data < 0) { /* ENXIO: nothing more; else this file system does not tell */
        if (errno == ENXIO) *at = end;
        return end;
    }
    off_t hole = lseek(s->fd, data, SEEK_HOLE);
    *at = (uint64_t)data < end ? (uint64_t)data : end;
    return hole > data && (uint64_t)hole < end ? (uint64_t)hole : end;
}

/* Without a descriptor: what the commit bits say is there. */
static void copy_committed(struct snapshot *s, const brine_pool *pool) {
    const struct layout *l = &pool->layout;
    brine__copy_out(pool, -1, 0, s->pool.base, l->proc);
    for (uint64_t at = l->proc; at < l->pages; at += UNIT_BYTES)
        if (brine__committed(&s->pool, at, UNIT_BYTES)) brine__copy_out(pool, -1, at, s->pool.base + at, UNIT_BYTES);
}

int brine__snapshot_take(brine_pool *pool, struct snapshot *s) {
    uint64_t end = pool->layout.pages;
    void *base =
        mmap(NULL, pool->layout.file_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return brine__fail_errno("pool \"%s\": no room for a copy of its tables", pool->name);
    *s = (struct snapshot){
        .pool = {.me = pool->me, .layout = pool->layout, .hash_seed = pool->hash_seed, .readonly = true}};
    pool_set_base(&s->pool, base);
    snprintf(s->pool.name, sizeof s->pool.name, "%s", pool->name);
    s->fd = brine__pool_fd(pool);
    if (s->fd < 0) {
        copy_committed(s, pool);
        return 0;
    }
    for (uint64_t at = 0, stop; at < end; at = stop) {
        stop = next_data(s, &at, end);
        int rc = brine__copy_out(pool, s->fd, at, s->pool.base + at, stop - at);
        if (rc) {
            brine__snapshot_drop(s);
            return rc;
        }
    }
    return 0;
}

int brine__snapshot_add(struct snapshot *s, const brine_pool *pool, uint64_t offset, uint64_t bytes) {
    return brine__copy_out(pool, s->fd, offset, s->pool.base + offset, bytes);
}

void brine__snapshot_drop(struct snapshot *s) { brine__unmap(s->pool.base, s->pool.layout.file_bytes); }
