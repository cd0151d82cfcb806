/* SPDX-License-Identifier: Apache-2.0 */
/* region: raw regions, plain named shared memory for those who bring their own structure. The first
 * page holds a magic number, the size and the "initialised" mark; the user's bytes follow it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "region/pool.h"

#define RAW_HEAD 4096
#define RAW_PREFIX "brine-raw."

struct raw_head {
    char magic[8];
    uint64_t bytes;
    a32 initialised;
};
static const char raw_magic[8] = "brineraw";

static int raw_path(const char *name, char *path, size_t size) {
    int rc = brine__check_name("region", name);
    if (rc) return rc;
    if ((size_t)snprintf(path, size, "%s/" RAW_PREFIX "%s", brine__folder(), name) >= size)
        return brine__fail(BRINE_EINVAL, "the pool folder in BRINE_DIR is too long");
    return 0;
}

static int raw_map(int fd, size_t bytes, void *address, brine_raw_region *region) {
    /* The hint names the user's bytes, which start one page into the mapping. */
    void *hint = address ? (char *)address - RAW_HEAD : NULL;
    void *base = mmap(hint, RAW_HEAD + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) return brine__fail_errno("cannot map %zu bytes", bytes);
    region->internal = base;
    region->data = (char *)base + RAW_HEAD;
    region->bytes = bytes;
    return 0;
}

int brine_raw_create(const char *name, size_t bytes, mode_t mode, void *address, brine_raw_region *region) {
    char path[512], link[64];
    brine_raw_region made = {0};
    int rc = raw_path(name, path, sizeof path);
    if (rc) return rc;
    rc = brine__check_mode(mode);
    if (rc) return rc;
    if (bytes == 0 || bytes > POOL_BYTES_MAX)
        return brine__fail(BRINE_EINVAL, "the region size %zu is outside 1 byte .. 16 TiB", bytes);
    int fd = open(brine__folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return brine__folder_failed();
    if (brine__file_page(fd) != SMALL_PAGE)
        rc = brine__fail(BRINE_ENOTSUP, "region \"%s\": raw regions are of small pages, and %s is a hugetlbfs", name,
                         brine__folder());
    else if (fchmod(fd, mode ? mode : 0600) < 0 || brine__file_size(fd, RAW_HEAD + bytes) < 0 ||
             brine__file_back(fd, 0, RAW_HEAD + bytes) < 0)
        rc = brine__fail_errno("region \"%s\": cannot get %zu bytes in %s", name, bytes, brine__folder());
    if (!rc) rc = raw_map(fd, bytes, address, &made);
    if (!rc) {
        struct raw_head *head = made.internal;
        memcpy(head->magic, raw_magic, sizeof raw_magic);
        head->bytes = bytes;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
            rc = brine__fail_errno("cannot make region \"%s\" (%s)", name, path);
    }
    if (rc)
        brine_raw_detach(&made);
    else
        *region = made;
    close(fd);
    return rc;
}

static int try_raw_attach(const char *name, const char *path, void *address, brine_raw_region *region, bool *retry) {
    struct raw_head head;
    struct stat st;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), rc;
    *retry = fd < 0 && errno == ENOENT;
    if (fd < 0) return brine__fail_errno("cannot open region \"%s\" (%s)", name, path);
    if (fstat(fd, &st) < 0 || pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head.magic, raw_magic, sizeof raw_magic) != 0 || st.st_size <= RAW_HEAD ||
        head.bytes != (uint64_t)st.st_size - RAW_HEAD)
        rc = brine__fail(BRINE_EFOREIGN, "%s is not a raw region of brine", path);
    else
        rc = raw_map(fd, head.bytes, address, region);
    close(fd);
    return rc;
}

int brine_raw_attach(const char *name, void *address, brine_deadline deadline, brine_raw_region *region) {
    char path[512];
    bool retry;
    int rc = raw_path(name, path, sizeof path);
    if (rc) return rc;
    brine_deadline until = brine_until(deadline);
    while ((rc = try_raw_attach(name, path, address, region, &retry)) != 0 && retry && !brine__passed(until))
        brine__sleep_until(until, 1000000);
    return rc;
}

void brine_raw_initialize(brine_raw_region *region) {
    /* publishes the region's bytes; pairs with brine_raw_initialized */
    if (region->internal) a32_store_release(&((struct raw_head *)region->internal)->initialised, 1);
}

bool brine_raw_initialized(const brine_raw_region *region) {
    return region->internal && a32_load_acquire(&((struct raw_head *)region->internal)->initialised) == 1;
}

void brine_raw_detach(brine_raw_region *region) {
    if (region->internal) brine__unmap(region->internal, RAW_HEAD + region->bytes);
    memset(region, 0, sizeof *region);
}

int brine_raw_unlink(const char *name) {
    char path[512];
    int rc = raw_path(name, path, sizeof path);
    if (rc) return rc;
    return unlink(path) == 0 ? 0 : brine__fail_errno("cannot remove region \"%s\" (%s)", name, path);
}
