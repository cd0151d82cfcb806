/* SPDX-License-Identifier: Apache-2.0 */
/* Two pid namespaces share a pool: who is alive is told right although pids are equal or mean nothing on the other
 * side, and info says which is whose. */
#include "environment.h"

struct side {
    const char *pool;
    struct signal_line ready;
    uint64_t number;
};

/* Process 1 of its namespace: enqueues, holds packets, waits for the end. */
static void first_of_all(void *argument) {
    struct side *s = argument;
    brine_pool *pool = attach_pool(s->pool);
    CHECK_EQ_INT(getpid(), 1);
    CHECK_OK(put_number(connect_to(pool, "pipe"), s->number, brine_seconds(20)));
    CHECK(filled_packet(pool, 2 * MIB, 1).record != 0);
    CHECK_OK(brine_pool_reap(pool, NULL));
    line_say(&s->ready, '1');
    for (;;) pause();
}

/* Runs body as process 1 of a new namespace; returns the pid of its keeper here, who dies with it. */
static pid_t in_new_namespace(void (*body)(void *), struct side *side) {
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid != 0) return pid;
    if (unshare(CLONE_NEWPID)) _exit(77);
    pid_t inner = check_fork(body, side);
    int status = check_wait(inner);
    if (WIFSIGNALED(status)) raise(WTERMSIG(status));
    _exit(WEXITSTATUS(status));
}

struct seen {
    int ones, alive, own;
    uint64_t namespaces[8];
    int32_t pids[8];
};

static int look(const brine_participant_info *info, void *context) {
    struct seen *seen = context;
    struct stat st;
    CHECK_SYS(stat("/proc/self/ns/pid", &st));
    seen->alive += info->alive;
    seen->own += info->pid_namespace == (uint64_t)st.st_ino;
    if (info->pid != 1 || info->pid_namespace == (uint64_t)st.st_ino) return 0;
    for (int i = 0; i < seen->ones; i++) CHECK(seen->namespaces[i] != info->pid_namespace);
    CHECK(info->pid_namespace != 0 && info->packets_held == 1 && info->bytes_held >= 2 * MIB);
    seen->namespaces[seen->ones++] = info->pid_namespace;
    return 0;
}

static struct seen see(brine_pool *pool) {
    struct seen seen = {0};
    CHECK_OK(brine_participant_each(pool, look, &seen));
    return seen;
}

static pid_t child_of(pid_t keeper) {
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)keeper, (int)keeper);
    FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%d", &pid) != 1) SKIP("no %s", path);
    fclose(f);
    return pid;
}

static void equal_pids(void *argument) {
    (void)argument;
    if (geteuid() != 0) become_root_of_own(0);
    brine_pool *pool = make_pool("ns", 64 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 4);
    struct side sides[2] = {{"ns", line_open(), 0}, {"ns", line_open(), 1}};
    pid_t keepers[2];
    unsigned reaped;
    for (int i = 0; i < 2; i++) {
        keepers[i] = in_new_namespace(first_of_all, &sides[i]);
        close(sides[i].ready.ends[1]);
        char said = 0;
        if (read(sides[i].ready.ends[0], &said, 1) != 1) SKIP("no pid namespace can be made");
    }
    uint64_t a = next_number(pipe), b = next_number(pipe);
    CHECK_EQ_INT(a + b, 1);
    struct seen seen = see(pool);
    CHECK_EQ_INT(seen.ones, 2);
    CHECK_EQ_INT(seen.alive, 3);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 0);

    CHECK_SYS(kill(child_of(keepers[0]), SIGKILL)); /* one of the two called 1 */
    CHECK_KILLED(keepers[0], SIGKILL);
    CHECK_EQ_INT(see(pool).alive, 2);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    seen = see(pool);
    CHECK_EQ_INT(seen.ones, 1);
    CHECK_EQ_INT(seen.alive, 2);
    CHECK_EQ_INT(info_of(pool).participants, 2);
    CHECK_SYS(kill(child_of(keepers[1]), SIGKILL));
    CHECK_KILLED(keepers[1], SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    brine_pipe_detach(pipe);
    CHECK_OK(brine_pipe_remove(pool, "pipe"));
    check_empty(pool);
    drop_pool(pool);
}

/* From the inside: the dead one is outside, and its pid is not even visible. */
static void reaps_outsider(void *argument) {
    struct side *s = argument;
    brine_pool *pool = attach_pool(s->pool);
    unsigned reaped = 0;
    line_say(&s->ready, 'r');
    double start = seconds_now();
    while (reaped == 0 && seconds_now() - start < 20) {
        CHECK_OK(brine_pool_reap(pool, &reaped));
        sleep_ms(1);
    }
    CHECK_EQ_INT(reaped, 1);
    CHECK_EQ_INT(info_of(pool).participants, 2); /* the maker, alive outside, and this one */
    CHECK_EQ_INT(see(pool).own, 1);
    CHECK_EQ_INT(see(pool).alive, 2);
    CHECK(brine_pool_is_pristine(pool));
    brine_pool_detach(pool);
}

static void from_inside(void *argument) {
    (void)argument;
    if (geteuid() != 0) become_root_of_own(0);
    brine_pool *pool = make_pool("ns", 64 * MIB);
    struct holder h = {"ns", line_open()};
    struct side side = {"ns", line_open(), 0};
    pid_t victim = check_fork(hold_packets, &h);
    line_hear(&h.ready);
    pid_t keeper = in_new_namespace(reaps_outsider, &side);
    close(side.ready.ends[1]);
    char said;
    if (read(side.ready.ends[0], &said, 1) != 1) SKIP("no pid namespace can be made");
    kill_wait(victim);
    CHECK_EXIT(keeper, 0);
    check_empty(pool);
    drop_pool(pool);
}

/* A time namespace shifts CLOCK_MONOTONIC: deadlines are the caller's own. */
static void other_time(void *argument) {
    brine_pool *pool = attach_pool(argument);
    uint64_t number;
    double start = seconds_now();
    CHECK_MSG(start > 900000, "the clock is not shifted: %f", start);
    CHECK_STATUS(get_number(connect_to(pool, "pipe"), &number, brine_milliseconds(200)), BRINE_ETIMEDOUT);
    CHECK(seconds_now() - start >= 0.2 && seconds_now() - start < 10);
    CHECK_OK(put_number(connect_to(pool, "pipe"), 5, brine_seconds(1)));
    brine_pool_detach(pool);
}

static void shifted_clock(void *argument) {
    (void)argument;
    if (geteuid() != 0) become_root_of_own(0);
    brine_pool *pool = make_pool("ns", 8 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 4);
    if (unshare(0x80)) SKIP("no time namespace can be made: %s", strerror(errno)); /* CLONE_NEWTIME */
    write_text("/proc/self/timens_offsets", "monotonic 1000000 0\nboottime 1000000 0\n");
    CHECK_IN_CHILD(other_time, (void *)(uintptr_t) "ns");
    CHECK_EQ_INT(next_number(pipe), 5);
    drop_pool(pool);
}

int main(void) {
    static const struct environment_case cases[] = {
        {"equal pids", equal_pids}, {"from inside", from_inside}, {"shifted clock", shifted_clock}};
    return RUN_CASES(cases);
}
