/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the process and of the pool folder: errors that name the numbers, and nothing left behind. */
#include <sys/resource.h>

#include "pool_helpers.h"

static void limit(__rlimit_resource_t what, rlim_t value) {
    struct rlimit limits;
    CHECK_SYS(getrlimit(what, &limits));
    limits.rlim_cur = value;
    CHECK_SYS(setrlimit(what, &limits));
}

__attribute__((unused)) static void address_space(void *argument) {
    (void)argument;
    brine_pool_options options = {.max_bytes = 8ull << 30};
    brine_pool *pool = NULL;
    int descriptors = open_descriptors();
    limit(RLIMIT_AS, 1 << 30);
    CHECK_STATUS(brine_pool_create("l", &options, &pool), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "limit of 1024 MiB");
    CHECK_CONTAINS(brine_detail(), "ulimit -v");
    CHECK_STATUS(brine_pool_attach("big", NULL, brine_seconds(30), &pool), BRINE_ENOMEM); /* at once */
    CHECK_CONTAINS(brine_detail(), "ulimit -v");
    CHECK(access(pool_file("l"), F_OK) == -1);
    CHECK_EQ_INT(open_descriptors(), descriptors);
    drop_pool(make_pool("l", 16 * MIB));
}

static void file_size(void *argument) {
    (void)argument;
    brine_pool *pool = NULL;
    limit(RLIMIT_FSIZE, 512 << 20);
    CHECK_STATUS(brine_pool_create("l", NULL, &pool), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "limit of 512 MiB");
    CHECK_CONTAINS(brine_detail(), "ulimit -f");
    drop_pool(make_pool("l", 16 * MIB));
    /* a pool that exists is not made larger by being used */
    pool = attach_pool("big");
    brine_packet packet = filled_packet(pool, 3 * MIB, 1);
    CHECK(packet.record != 0);
    CHECK_OK(brine_packet_free(packet));
    brine_pool_detach(pool);
}

static void descriptors(void *argument) {
    (void)argument;
    brine_pool *pool = NULL;
    limit(RLIMIT_NOFILE, 100);
    while (dup(0) >= 0) {
    }
    CHECK_STATUS(brine_pool_create("l", NULL, &pool), BRINE_ESYS);
    CHECK_CONTAINS(brine_detail(), "Too many open files");
    CHECK_STATUS(brine_pool_attach("big", NULL, brine_seconds(30), &pool), BRINE_ESYS);
}

/* A file system that cannot hold so large a file: the failed attempts keep no descriptor. */
static void too_large_for_disk(void *argument) {
    (void)argument;
    char folder[] = "/tmp/brine-limits.XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    brine_pool_options options = {.max_bytes = 16ull << 40};
    brine_pool *pool = NULL;
    int before = open_descriptors();
    int rc = brine_pool_create("l", &options, &pool);
    if (rc == 0) {
        drop_pool(pool); /* this file system can */
    } else {
        CHECK_STATUS(rc, BRINE_ENOMEM);
        CHECK_CONTAINS(brine_detail(), "MiB");
        CHECK(access(pool_file("l"), F_OK) == -1);
        CHECK_EQ_INT(open_descriptors(), before);
    }
    CHECK_SYS(rmdir(folder));
}

static void folder(void *argument) {
    brine_pool *pool = NULL;
    brine_raw_region raw;
    char *longest = malloc(5001);
    (void)argument;
    CHECK_SYS(setenv("BRINE_DIR", "/nonexistent/brine", 1));
    CHECK(brine_pool_create("l", NULL, &pool) < 0);
    CHECK_CONTAINS(brine_detail(), "/nonexistent/brine");
    CHECK_STATUS(brine_pool_attach("l", NULL, brine_now(), &pool), BRINE_ENOENT);
    CHECK_CONTAINS(brine_detail(), "/nonexistent/brine");
    CHECK_STATUS(brine_pool_unlink("l"), BRINE_ENOENT);
    CHECK(brine_pool_list(NULL, NULL) < 0);
    CHECK(brine_raw_create("l", 10, 0, NULL, &raw) < 0);
    CHECK_SYS(setenv("BRINE_DIR", "/dev/null", 1));
    CHECK(brine_pool_create("l", NULL, &pool) < 0);
    CHECK(brine_pool_attach("l", NULL, brine_now(), &pool) < 0);
    memset(longest, '/', 5000);
    longest[5000] = 0;
    CHECK_SYS(setenv("BRINE_DIR", longest, 1));
    CHECK_STATUS(brine_pool_create("l", NULL, &pool), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_attach("l", NULL, brine_forever(), &pool), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_unlink("l"), BRINE_EINVAL);
    free(longest);
    CHECK(pool == NULL);
}

/* Every index is taken: by locks, as 8191 processes would. */
static void participants(void) {
    brine_pool *pool = make_pool("full", MIB), *late = NULL;
    int fd = open(pool_file("full"), O_RDWR | O_CLOEXEC);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BASE + 2, .l_len = PROC_COUNT - 2};
    CHECK_SYS(fcntl(fd, F_OFD_SETLK, &all));
    int descriptors_before = open_descriptors();
    CHECK_STATUS(brine_pool_attach("full", NULL, brine_seconds(30), &late), BRINE_ELIMIT);
    CHECK_CONTAINS(brine_detail(), "8191 processes");
    CHECK_EQ_INT(open_descriptors(), descriptors_before);
    late = attach_readonly("full"); /* needs no place */
    brine_pool_detach(late);
    close(fd);
    brine_pool_detach(attach_pool("full"));
    drop_pool(pool);
}

int main(void) {
    brine_pool *big = make_pool("big", 8ull << 30);
    brine_pool_detach(big);
#ifndef __SANITIZE_ADDRESS__ /* which itself takes terabytes of address space */
    CHECK_IN_CHILD(address_space, NULL);
#endif
    CHECK_IN_CHILD(file_size, NULL);
    CHECK_IN_CHILD(descriptors, NULL);
    CHECK_IN_CHILD(too_large_for_disk, NULL);
    CHECK_IN_CHILD(folder, NULL);
    participants();
    CHECK_OK(brine_pool_unlink("big"));
    return 0;
}
