/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the lower layers: pools, packets that are grown without the value layer, and the proof
 * that a pool is whole. */
#ifndef TESTS_POOL_HELPERS_H
#define TESTS_POOL_HELPERS_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "check.h"
#include "packet/packet.h"

#define MIB ((uint64_t)1 << 20)
#define KIB ((uint64_t)1 << 10)

__attribute__((unused)) static brine_pool *make_pool(const char *name, uint64_t max_bytes) {
    brine_pool_options options = {.max_bytes = max_bytes};
    brine_pool *pool;
    CHECK_OK(brine_pool_create(name, &options, &pool));
    return pool;
}

__attribute__((unused)) static brine_pool *attach_pool(const char *name) {
    brine_pool *pool;
    CHECK_OK(brine_pool_attach(name, NULL, brine_seconds(10), &pool));
    return pool;
}

__attribute__((unused)) static brine_pool *attach_readonly(const char *name) {
    brine_pool_options options = {.flags = BRINE_POOL_READONLY};
    brine_pool *pool;
    CHECK_OK(brine_pool_attach(name, &options, brine_seconds(10), &pool));
    return pool;
}

/* Detaches and removes. */
__attribute__((unused)) static void drop_pool(brine_pool *pool) {
    char name[BRINE_NAME_MAX + 1];
    snprintf(name, sizeof name, "%s", brine_pool_name(pool));
    brine_pool_detach(pool);
    if (name[0]) CHECK_OK(brine_pool_unlink(name));
}

/* The file of a pool; the text is overwritten by the next call. */
__attribute__((unused)) static const char *pool_file(const char *name) {
    static char path[600];
    snprintf(path, sizeof path, "%s/brine.%s", getenv("BRINE_DIR"), name);
    return path;
}

/* Memory that the file takes. */
__attribute__((unused)) static uint64_t file_memory(const char *name) {
    struct stat st;
    CHECK_SYS(stat(pool_file(name), &st));
    return (uint64_t)st.st_blocks * 512;
}

__attribute__((unused)) static brine_pool_info info_of(brine_pool *pool) {
    brine_pool_info info;
    CHECK_OK(brine_pool_get_info(pool, &info));
    return info;
}

__attribute__((unused)) static void print_problem(const char *problem, void *context) {
    (void)context;
    fprintf(stderr, "check: %s\n", problem);
}

/* The pool breaks no invariant. Nobody may be changing it. */
__attribute__((unused)) static void check_whole(brine_pool *pool) {
    int problems = brine_pool_check(pool, print_problem, NULL);
    CHECK_EQ_INT(problems, 0);
}

/* Nothing is alive in the pool, no byte is used, no invariant broken. */
__attribute__((unused)) static void check_empty(brine_pool *pool) {
    check_whole(pool);
    CHECK(brine_pool_is_pristine(pool));
    CHECK_EQ_INT(info_of(pool).packets, 0);
    CHECK_EQ_INT(info_of(pool).used_bytes, 0);
}

/* ---- packets, without the value layer ---- */

__attribute__((unused)) static brine_packet make_packet(brine_pool *pool) {
    brine_packet packet;
    CHECK_OK(brine_packet_new(pool, &packet));
    return packet;
}

__attribute__((unused)) static struct at at_of(brine_packet packet) {
    struct at at;
    CHECK_OK(brine__at_read(brine_root(packet), &at));
    return at;
}

/* bytes from the packet's arena; NULL when out of memory. */
__attribute__((unused)) static void *grow_packet(brine_packet packet, uint64_t bytes) {
    struct at at = at_of(packet);
    CHECK(at.writable);
    return brine__arena_alloc(&at, bytes, 8);
}

/* A packet with one allocation of bytes, all of them `fill`, which root.payload names. Without a packet
 * when out of memory. */
__attribute__((unused)) static brine_packet filled_packet(brine_pool *pool, uint64_t bytes, uint8_t fill) {
    brine_packet packet;
    if (brine_packet_new(pool, &packet)) return brine_packet_none();
    struct at at = at_of(packet);
    uint8_t *data = brine__arena_alloc(&at, bytes, 8);
    if (!data) {
        CHECK_OK(brine_packet_free(packet));
        return brine_packet_none();
    }
    memset(data, fill, bytes);
    at.rec->root = (struct cell){.n = fill, .len = (uint32_t)bytes, .payload = pool_offset(pool, data)};
    return packet;
}

/* What filled_packet wrote is still there. */
__attribute__((unused)) static void check_filled(brine_packet packet) {
    struct at at = at_of(packet);
    const uint8_t *data = pool_at(at.pool, at.cell->payload);
    uint32_t bytes = at.cell->len;
    CHECK(bytes > 0);
    for (uint32_t i = 0; i < bytes; i++) {
        if (data[i] != at.cell->n)
            check_failed(__FILE__, __LINE__, "packet %u: byte %u of %u is %u, not %u", packet.record, i, bytes, data[i],
                         at.cell->n);
    }
}

/* ---- other processes ---- */

/* How many processes with threads work on a pool at once. ThreadSanitizer sees only its own process: memory that one
 * thread freed, that another process took and freed, and that a second thread took then looks like a race to it. */
#ifdef __SANITIZE_THREAD__
#define PROCESSES_AT_ONCE 1
#else
#define PROCESSES_AT_ONCE 4
#endif

/* A pipe between processes by which a child says that it got somewhere. */
struct signal_line {
    int ends[2];
};
__attribute__((unused)) static struct signal_line line_open(void) {
    struct signal_line line;
    CHECK_SYS(pipe(line.ends));
    return line;
}
__attribute__((unused)) static void line_say(const struct signal_line *line, char what) {
    CHECK_EQ_INT(write(line->ends[1], &what, 1), 1);
}
__attribute__((unused)) static char line_hear(const struct signal_line *line) {
    char what = 0;
    CHECK_EQ_INT(read(line->ends[0], &what, 1), 1);
    return what;
}

__attribute__((unused)) static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

__attribute__((unused)) static int open_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    int n = 0;
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

#endif
