/* SPDX-License-Identifier: Apache-2.0 */
/* region: computing the layout of a pool, writing its header and judging the header of a file. */
#include "region/layout_of.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "base/status.h"

static const char magic[8] = {'b', 'r', 'i', 'n', 'e', '\r', '\n', 1};

static uint64_t round_up(uint64_t n, uint64_t unit) { return (n + unit - 1) / unit * unit; }

static uint64_t place(uint64_t *end, uint64_t bytes, uint64_t align) {
    uint64_t at = round_up(*end, align);
    *end = at + bytes;
    return at;
}

struct layout brine__layout_of(uint64_t max_bytes) {
    struct layout l = {.max_bytes = round_up(max_bytes, UNIT_BYTES)};
    uint64_t units = l.max_bytes / UNIT_BYTES, end = UNIT_BYTES;
    uint64_t huge = (uint64_t)2 << 20;
    l.data_pages = (uint32_t)units;
    l.record_pages =
        (uint32_t)(units < RECORD_COUNT_MAX / RECORDS_PER_PAGE ? units : RECORD_COUNT_MAX / RECORDS_PER_PAGE);
    /* The commit bits cover the whole file, themselves included: generously, 2 bits per data unit and
     * what the fixed tables take. */
    l.commit = place(&end, round_up((units * 2 + units / 64 + 4096) / 8, 8), UNIT_BYTES);
    l.proc = place(&end, PROC_COUNT * sizeof(struct proc), UNIT_BYTES);
    l.dir = place(&end, DIR_COUNT * sizeof(struct dir_entry), UNIT_BYTES);
    l.pipe = place(&end, DIR_COUNT * sizeof(struct pipe_control), UNIT_BYTES);
    l.endp = place(&end, ENDP_COUNT * sizeof(struct endpoint), UNIT_BYTES);
    l.recmap = place(&end, (uint64_t)l.record_pages * 8, UNIT_BYTES);
    l.pagemap = place(&end, (uint64_t)l.data_pages * 8, UNIT_BYTES);
    l.tags = place(&end, (uint64_t)l.data_pages * TAGS_PER_PAGE * 8, UNIT_BYTES);
    l.records = place(&end, (uint64_t)l.record_pages * UNIT_BYTES, huge);
    l.pages = place(&end, (uint64_t)l.data_pages * UNIT_BYTES, huge);
    l.file_bytes = round_up(end, huge);
    return l;
}

static uint64_t signature(void) {
    const uint64_t parts[] = {sizeof(struct header),
                              sizeof(struct proc),
                              sizeof(struct dir_entry),
                              sizeof(struct endpoint),
                              sizeof(struct record),
                              sizeof(struct pipe_control),
                              sizeof(struct cell),
                              sizeof(struct chunk),
                              PROC_COUNT,
                              DIR_COUNT,
                              ENDP_COUNT,
                              TAGS_PER_PAGE,
                              UNIT_BYTES,
                              LOCK_BASE,
                              LINE_BYTES,
                              offsetof(struct record, pipe),
                              offsetof(struct record, bytes)};
    return XXH3_64bits(parts, sizeof parts);
}

static uint64_t checksum(const struct header *h) { return XXH3_64bits(h, offsetof(struct header, checksum)); }

int brine__header_write(struct header *h, const char *name, uint64_t max_bytes) {
    memcpy(h->magic, magic, sizeof magic);
    h->endian_tag = ENDIAN_TAG;
    h->pointer_bytes = sizeof(void *);
    h->major = FORMAT_MAJOR;
    h->minor = FORMAT_MINOR;
    h->signature = signature();
    h->layout = brine__layout_of(max_bytes);
    if (getrandom(h->uuid, sizeof h->uuid, 0) != sizeof h->uuid || getrandom(&h->hash_seed, 8, 0) != 8)
        return brine__fail_errno("cannot get random numbers for a new pool");
    h->created_ns = (uint64_t)brine__clock_ns(CLOCK_REALTIME);
    strncpy(h->name, name, sizeof h->name - 1);
    h->checksum = checksum(h);
    return 0;
}

bool brine__is_pool(int fd) {
    char start[sizeof magic];
    return pread(fd, start, sizeof start, 0) == (ssize_t)sizeof start && memcmp(start, magic, sizeof magic) == 0;
}

int brine__header_judge(const struct header *h, uint64_t file_bytes, const char *path) {
    if (memcmp(h->magic, magic, sizeof magic) != 0)
        return brine__fail(BRINE_EFOREIGN, "%s is not a brine pool (no magic number)", path);
    if (h->endian_tag != ENDIAN_TAG || h->pointer_bytes != sizeof(void *))
        return brine__fail(BRINE_EFOREIGN, "%s is a pool of another kind of machine (byte order or pointer size)",
                           path);
    if (h->major != FORMAT_MAJOR)
        return brine__fail(BRINE_EVERSION,
                           "%s has pool format %u.%u, this library has %u.%u; use the same version of brine", path,
                           h->major, h->minor, FORMAT_MAJOR, FORMAT_MINOR);
    if (h->signature != signature())
        return brine__fail(BRINE_EVERSION, "%s was made by a build of brine with another memory layout", path);
    if (h->checksum != checksum(h)) return brine__fail(BRINE_ECORRUPT, "%s has a damaged header (checksum)", path);
    bool sized = h->layout.max_bytes >= POOL_BYTES_MIN && h->layout.max_bytes <= POOL_BYTES_MAX;
    struct layout expect = brine__layout_of(sized ? h->layout.max_bytes : POOL_BYTES_MIN);
    if (!sized || memcmp(&expect, &h->layout, sizeof expect) != 0)
        return brine__fail(BRINE_ECORRUPT, "%s has a damaged header (layout)", path);
    if (file_bytes != expect.file_bytes)
        return brine__fail(BRINE_ECORRUPT, "%s is %llu bytes long, its header says %llu: it was truncated or extended",
                           path, (unsigned long long)file_bytes, (unsigned long long)expect.file_bytes);
    return 0;
}
