/* SPDX-License-Identifier: Apache-2.0 */
/* A pool folder on hugetlbfs: the whole life of a pool, running out, giving back. Reserves pages for its time.
 * test: serial */
#include "environment.h"

#define NR_HUGE "/proc/sys/vm/nr_hugepages"
#define PAGES 72 /* of 2 MiB */

static long number_in(const char *path) {
    long number = -1;
    FILE *f = fopen(path, "re");
    if (!f) return -1;
    if (fscanf(f, "%ld", &number) != 1) number = -1;
    fclose(f);
    return number;
}

static void set_number(const char *path, long number) {
    char text[32];
    snprintf(text, sizeof text, "%ld", number);
    write_text(path, text);
}

static long free_pages(void) { return number_in("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"); }

static void life(void *argument) {
    (void)argument;
    pools_on("hugetlbfs", 0, "pagesize=2M");
    long before = free_pages();
    whole_life(make_pool("life", 64 * MIB));
    CHECK_EQ_INT(free_pages(), before);
    brine_pool_options options = {
        .max_bytes = 32 * MIB, .initial_bytes = 10 * MIB, .flags = BRINE_POOL_HUGE | BRINE_POOL_POPULATE};
    brine_pool *pool;
    CHECK_OK(brine_pool_create("life", &options, &pool));
    whole_life(pool);
    CHECK_OK(brine_pool_create_private(&options, &pool)); /* a memfd, of ordinary pages */
    whole_life(pool);
    CHECK_EQ_INT(free_pages(), before);
}

/* Only whole huge pages can be given back: those around something that is in use stay. */
static void trimming(void *argument) {
    (void)argument;
    pools_on("hugetlbfs", 0, "pagesize=2M");
    brine_pool *pool = make_pool("trim", 64 * MIB);
    brine_packet first = filled_packet(pool, 9 * MIB, 1), second = filled_packet(pool, 100 * KIB, 2),
                 third = filled_packet(pool, 9 * MIB, 3);
    CHECK(first.record && second.record && third.record);
    long before = free_pages();
    uint64_t bytes;
    CHECK_OK(brine_packet_free(first));
    CHECK_OK(brine_packet_free(third));
    CHECK_OK(brine_pool_trim(pool, &bytes));
    CHECK_MSG(free_pages() - before >= 7, "%ld pages came back", free_pages() - before);
    CHECK_MSG(bytes <= (uint64_t)(free_pages() - before) * 2 * MIB, "%" PRIu64 " KiB said", bytes / KIB);
    check_filled(second);
    check_whole(pool);
    first = filled_packet(pool, 20 * MIB, 4);
    CHECK(first.record != 0);
    check_filled(first);
    check_filled(second);
    drop_pool(pool);
}

/* The mount has a size: its numbers are those that count. */
static void small_mount(void *argument) {
    enum { ROOM = 100 };
    brine_packet packets[ROOM];
    int n = 0;
    (void)argument;
    pools_on("hugetlbfs", 0, "pagesize=2M,size=40M");
    brine_pool *pool = make_pool("small", 128 * MIB), *other = NULL;
    while (n < ROOM && (packets[n] = filled_packet(pool, MIB, (uint8_t)n)).record) n++;
    CHECK_MSG(n >= 8 && n < ROOM, "%d packets", n);
    CHECK_CONTAINS(brine_detail(), "no huge page of 2048 KiB free");
    CHECK_CONTAINS(brine_detail(), "nr_hugepages");
    CHECK_STATUS(brine_pool_create("other", NULL, &other), BRINE_ENOMEM);
    for (int i = 0; i < n; i++) check_filled(packets[i]);
    for (int i = 0; i < n; i++) CHECK_OK(brine_packet_free(packets[i]));
    check_empty(pool);
    drop_pool(pool);
}

/* More than there are pages in the machine. */
static void no_more_pages(void *argument) {
    (void)argument;
    pools_on("hugetlbfs", 0, "pagesize=2M");
    brine_pool *pool = make_pool("many", 512 * MIB);
    brine_packet packet = brine_packet_none();
    while (filled_packet(pool, 10 * MIB, 1).record) packet.record++;
    CHECK(packet.record < 100);
    CHECK_CONTAINS(brine_detail(), "no huge page of 2048 KiB free");
    check_whole(pool);
    drop_pool(pool);
}

static void raw_regions(void *argument) {
    brine_raw_region raw;
    (void)argument;
    pools_on("hugetlbfs", 0, "pagesize=2M");
    CHECK_STATUS(brine_raw_create("r", MIB, 0, NULL, &raw), BRINE_ENOTSUP);
    CHECK_CONTAINS(brine_detail(), "hugetlbfs");
}

static void gigantic(void *argument) {
    brine_pool *pool = NULL;
    (void)argument;
    pools_on("hugetlbfs", 0, "pagesize=1G");
    CHECK_STATUS(brine_pool_create("g", NULL, &pool), BRINE_ENOTSUP);
    CHECK_CONTAINS(brine_detail(), "pagesize=2M");
}

int main(void) {
    static const struct environment_case cases[] = {{"life", life},
                                                    {"trimming", trimming},
                                                    {"small mount", small_mount},
                                                    {"no more pages", no_more_pages},
                                                    {"raw regions", raw_regions},
                                                    {"pages of 1 GiB", gigantic}};
    need_root("reserving huge pages");
    if (free_pages() < 0) SKIP("this kernel has no huge pages of 2 MiB");
    long before = number_in(NR_HUGE);
    if (before < 0 || access(NR_HUGE, W_OK)) SKIP("huge pages cannot be reserved here");
    set_number(NR_HUGE, before + PAGES);
    bool enough = number_in(NR_HUGE) == before + PAGES;
    pid_t pid = fork(); /* so that the pages are given back in any case */
    CHECK_SYS(pid);
    if (pid == 0) _exit(enough ? RUN_CASES(cases) : 77);
    int status = check_wait(pid);
    set_number(NR_HUGE, before);
    if (!enough) SKIP("the machine has no %d huge pages to spare", PAGES);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
