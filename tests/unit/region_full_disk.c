/* SPDX-License-Identifier: Apache-2.0 */
/* A pool folder that runs full: errors with the numbers, never SIGBUS, and all is well after freeing. */
#include <sched.h>
#include <sys/mount.h>

#include "pool_helpers.h"

/* A tmpfs of its own in a mount namespace of its own. */
static void small_folder(const char *size) {
    char path[600];
    snprintf(path, sizeof path, "%s/small", getenv("BRINE_DIR"));
    CHECK_SYS(mkdir(path, 0700));
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", path, "tmpfs", 0, size)) {
        rmdir(path);
        SKIP("mounting a small tmpfs needs privilege: %s", strerror(errno));
    }
    CHECK_SYS(setenv("BRINE_DIR", path, 1));
}

static void leave_folder(void) {
    char path[600];
    snprintf(path, sizeof path, "%s", getenv("BRINE_DIR"));
    CHECK_SYS(umount2(path, MNT_DETACH));
    CHECK_SYS(rmdir(path));
}

static void check_numbers(const char *free_of) {
    CHECK_CONTAINS(brine_detail(), "KiB more asked");
    CHECK_CONTAINS(brine_detail(), free_of);
    CHECK_CONTAINS(brine_detail(), "free");
    CHECK_CONTAINS(brine_detail(), "--shm-size");
}

/* Packets of `bytes` until there is no more; their number. All are touched to the last byte. */
static int fill(brine_pool *pool, brine_packet *packets, int room, uint64_t bytes) {
    int n = 0;
    while (n < room && (packets[n] = filled_packet(pool, bytes, (uint8_t)n)).record) n++;
    CHECK(n < room);
    return n;
}

static void fill_and_free(brine_pool *pool, uint64_t bytes, const char *free_of, int least) {
    enum { ROOM = 100000 };
    brine_packet *packets = malloc(ROOM * sizeof *packets);
    int n = fill(pool, packets, ROOM, bytes);
    CHECK_MSG(n >= least, "%d packets of %" PRIu64 ": %s", n, bytes, brine_detail());
    check_numbers(free_of);
    for (int i = 0; i < n; i++) check_filled(packets[i]);
    check_whole(pool);
    for (int i = 0; i < n; i += 2) CHECK_OK(brine_packet_free(packets[i]));
    for (int i = 0; i < n; i += 2) packets[i] = filled_packet(pool, bytes, (uint8_t)i);
    for (int i = 0; i < n; i++) {
        CHECK_MSG(packets[i].record != 0, "what fitted before fits again: %d of %d, %s", i, n, brine_detail());
        check_filled(packets[i]);
        CHECK_OK(brine_packet_free(packets[i]));
    }
    check_empty(pool);
    CHECK_OK(brine_pool_trim(pool, NULL));
    free(packets);
}

static void other_file(uint64_t bytes) {
    char path[700];
    snprintf(path, sizeof path, "%s/ballast", getenv("BRINE_DIR"));
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    CHECK_SYS(fd);
    CHECK_SYS(fallocate(fd, 0, 0, (off_t)bytes));
    close(fd);
}

static void remove_other_file(void) {
    char path[700];
    snprintf(path, sizeof path, "%s/ballast", getenv("BRINE_DIR"));
    CHECK_SYS(unlink(path));
}

static void in_4_mib(void *argument) {
    (void)argument;
    brine_pool *pool = NULL;
    small_folder("size=4M");
    brine_pool_options large = {.max_bytes = 16ull << 40}; /* its commit bits alone take more */
    int descriptors = open_descriptors();
    CHECK_STATUS(brine_pool_create("s", &large, &pool), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "KiB");
    brine_pool_options initial = {.max_bytes = 64 * MIB, .initial_bytes = 8 * MIB};
    CHECK_STATUS(brine_pool_create("s", &initial, &pool), BRINE_ENOMEM);
    check_numbers("of 4096 KiB free");
    CHECK_EQ_INT(open_descriptors(), descriptors);
    brine_raw_region raw;
    CHECK_STATUS(brine_raw_create("s", 8 * MIB, 0, NULL, &raw), BRINE_ENOMEM);

    pool = make_pool("s", 64 * MIB);
    fill_and_free(pool, 500 * KIB, "of 4096 KiB free", 3);
    fill_and_free(pool, 20 * KIB, "of 4096 KiB free", 40);
    fill_and_free(pool, 1 * KIB, "of 4096 KiB free", 300);
    fill_and_free(pool, 64, "of 4096 KiB free", 2000);
    drop_pool(pool);
    pool = make_pool("s", 64 * MIB); /* a new one: memory that was records stays records */
    brine_pool *second = NULL, *third = NULL;
    brine_packet one = filled_packet(pool, 2 * MIB, 1);
    CHECK(one.record != 0);
    CHECK_OK(brine_pool_attach("s", NULL, brine_now(), &second)); /* attaching takes no memory */
    CHECK_STATUS(brine_pool_create("t", NULL, &third), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "KiB");
    CHECK_EQ_INT(access(pool_file("t"), F_OK), -1);
    brine_pool_detach(second);
    check_filled(one);
    drop_pool(pool);
    leave_folder();
}

/* The pool's tables grow, too (a page of tags for each 8 MiB): the reason must be as clear. */
static void in_20_mib(void *argument) {
    (void)argument;
    small_folder("size=20M");
    brine_pool *pool = make_pool("s", 256 * MIB);
    fill_and_free(pool, 30 * KIB, "of 20480 KiB free", 400);
    drop_pool(pool);
    /* full exactly where the tables end: every amount of free memory from none to some */
    for (uint64_t left = 0; left <= 512; left += 32) {
        pool = make_pool("s", 256 * MIB);
        brine_packet packets[512], base = filled_packet(pool, 7 * MIB + 900 * KIB, 1);
        CHECK(base.record != 0);
        other_file(20 * MIB - file_memory("s") - left * KIB);
        int n = fill(pool, packets, 512, 60 * KIB);
        check_numbers("of 20480 KiB free");
        while (n-- > 0) CHECK_OK(brine_packet_free(packets[n]));
        CHECK_OK(brine_packet_free(base));
        check_empty(pool);
        remove_other_file();
        drop_pool(pool);
    }
    leave_folder();
}

/* Others took all memory before this process wants its first page of anything. */
static void starved_child(void *argument) {
    brine_packet packet = brine_packet_none();
    CHECK_STATUS(brine_packet_new(argument, &packet), BRINE_ENOMEM);
    check_numbers("free");
    CHECK(brine_pool_is_full(argument));
    CHECK(brine_pool_allocate(argument, 100000) == NULL);
    CHECK(info_of(argument).participants == 2);
    CHECK_OK(brine_pool_reap(argument, NULL));
    check_whole(argument);
}

static void starved(void *argument) {
    (void)argument;
    small_folder("size=8M");
    brine_pool *pool = make_pool("s", 64 * MIB);
    brine_packet mine = make_packet(pool);
    struct stat st;
    CHECK_SYS(stat(pool_file("s"), &st));
    other_file(8 * MIB - (uint64_t)st.st_blocks * 512);
    /* use up what was committed ahead for records */
    brine_packet packets[10000];
    int n = fill(pool, packets, 10000, 64);
    CHECK_IN_CHILD(starved_child, pool);
    CHECK_OK(brine_pool_reap(pool, NULL));
    while (n-- > 0) CHECK_OK(brine_packet_free(packets[n]));
    CHECK_OK(brine_packet_free(mine));
    remove_other_file();
    check_empty(pool);
    CHECK(filled_packet(pool, 3 * MIB, 1).record != 0);
    drop_pool(pool);
    leave_folder();
}

int main(void) {
    void (*const cases[])(void *) = {in_4_mib, in_20_mib, starved};
    for (int i = 0; i < 3; i++) {
        pid_t pid = check_fork(cases[i], NULL);
        int status = check_wait(pid);
        CHECK_MSG(!WIFSIGNALED(status), "killed by signal %d", WTERMSIG(status));
        if (WEXITSTATUS(status)) _exit(WEXITSTATUS(status));
    }
    return 0;
}
