/* SPDX-License-Identifier: Apache-2.0 */
/* Pools without a name (memfd): a tree of forks shares one, nobody else can have it or cut it short, and it is gone
 * with the last of them. */
#include "environment.h"

static brine_pool *private_pool(void) {
    brine_pool_options options = {.max_bytes = 64 * MIB};
    brine_pool *pool;
    CHECK_OK(brine_pool_create_private(&options, &pool));
    return pool;
}

/* ---- a tree ---- */

struct branch {
    brine_pipe *pipe;
    int depth;
    uint64_t number;
};

/* Each enqueues its number in the tree; 0 is the root's. */
static void grow_branch(void *argument) {
    struct branch *b = argument;
    pid_t pids[2];
    CHECK_OK(put_number(b->pipe, b->number, brine_seconds(20)));
    for (uint64_t i = 0; b->depth > 0 && i < 2; i++)
        pids[i] = check_fork(grow_branch, &(struct branch){b->pipe, b->depth - 1, b->number * 2 + 1 + i});
    for (int i = 0; b->depth > 0 && i < 2; i++) CHECK_EXIT(pids[i], 0);
}

static void tree(void *argument) {
    (void)argument;
    enum { NODES = 15 };
    bool seen[NODES] = {false};
    brine_pool *pool = private_pool();
    brine_pipe *pipe = serve(pool, "numbers", 4); /* less than there are: they wait for each other */
    pid_t pid = check_fork(grow_branch, &(struct branch){pipe, 3, 0});
    for (int i = 0; i < NODES; i++) {
        uint64_t number;
        CHECK_OK(get_number(pipe, &number, brine_seconds(20)));
        CHECK(number < NODES && !seen[number]);
        seen[number] = true;
    }
    CHECK_EXIT(pid, 0);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    CHECK_EQ_INT(info_of(pool).participants, 1);
    brine_pool_detach(pool);
}

static void life(void *argument) {
    (void)argument;
    whole_life(private_pool());
}

/* ---- orphans ---- */

/* The maker exits; its children go on with the pool. */
static void maker(void *argument) {
    brine_pool *pool = private_pool();
    brine_pipe *pipe = serve(pool, "pipe", 4);
    for (int i = 0; i < 2; i++) {
        if (fork() != 0) continue;
        while (getppid() != 1 && i == 0 && info_of(pool).participants > 2) sleep_ms(1); /* until the maker is gone */
        CHECK_OK(put_number(pipe, 40 + (uint64_t)i, brine_seconds(20)));
        uint64_t number;
        CHECK_OK(get_number(pipe, &number, brine_seconds(20)));
        CHECK_OK(brine_packet_free(filled_packet(pool, 5 * MIB, 1)));
        CHECK_OK(brine_pool_reap(pool, NULL));
        line_say(argument, number == 40 || number == 41 ? 'k' : '!');
        _exit(0);
    }
}

static void orphans(void *argument) {
    (void)argument;
    struct signal_line line = line_open();
    CHECK_IN_CHILD(maker, &line);
    CHECK_EQ_INT(line_hear(&line), 'k');
    CHECK_EQ_INT(line_hear(&line), 'k');
}

/* ---- nobody else ---- */

static int count_memory_files(void) { /* of this process: mapped or open */
    char line[1024], path[64];
    int n = 0;
    FILE *f = fopen("/proc/self/maps", "re");
    CHECK(f != NULL);
    while (fgets(line, sizeof line, f)) n += strstr(line, "memfd:brine") != NULL;
    fclose(f);
    for (int fd = 0; fd < 100; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, line, sizeof line - 1);
        if (length > 0) line[length] = 0;
        n += length > 0 && strstr(line, "memfd:brine") != NULL;
    }
    return n;
}

static void gone(void *argument) {
    (void)argument;
    brine_pool *pool = private_pool();
    CHECK(filled_packet(pool, 10 * MIB, 1).record != 0);
    CHECK(count_memory_files() >= 2);
    CHECK_EQ_INT(system("ls -l /proc/self/fd | grep -q memfd:brine"), 256); /* not in programs that are started */
    CHECK_EQ_INT(ftruncate(pool->fd, 4096), -1);                            /* sealed: nobody can make a SIGBUS of it */
    CHECK_EQ_INT(errno, EPERM);
    CHECK_EQ_INT(ftruncate(pool->fd, (off_t)1 << 40), -1);
    brine_pool_detach(pool);
    CHECK_EQ_INT(count_memory_files(), 0);
}

static int none_to_visit(const char *name, void *context) {
    (void)context;
    CHECK_STR(name, "not there");
    return 0;
}

static void unnamed(void *argument) {
    (void)argument;
    brine_pool *pool = private_pool();
    CHECK_STR(brine_pool_name(pool), "");
    CHECK_OK(brine_pool_list(none_to_visit, NULL));
    brine_pool_detach(pool);
}

int main(void) {
    static const struct environment_case cases[] = {
        {"tree", tree}, {"life", life}, {"orphans", orphans}, {"gone", gone}, {"unnamed", unnamed}};
    return RUN_CASES(cases);
}
