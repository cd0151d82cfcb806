/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=90 */
/* Who is attached, who died, and that nothing of the dead stays: killed, exited, gone by exec; many at once. */
#include "pool_helpers.h"

struct stay {
    const char *name;
    struct signal_line ready, go;
    int packets;
};

/* Holds records, blocks, spans, children and shares, then says so and waits. */
static void hold(void *argument) {
    struct stay *stay = argument;
    brine_pool *pool = attach_pool(stay->name);
    for (int i = 0; i < stay->packets; i++) {
        brine_packet packet = filled_packet(pool, 100 + (uint64_t)(i % 7) * 20000, (uint8_t)i), clone;
        CHECK_MSG(packet.record != 0, "packet %d: %s", i, brine_detail());
        if (i % 3 == 1) {
            struct at at = at_of(packet), in;
            uint64_t link;
            CHECK_OK(brine__child_new(&at, 3000, &in, &link));
        }
        if (i % 3 == 2) {
            CHECK_OK(brine_packet_share(&packet));
            CHECK_OK(brine_packet_clone(packet, &clone));
        }
    }
    CHECK_MSG(brine_pool_allocate(pool, 50000) != NULL, "%s", brine_detail());
    line_say(&stay->ready, 'r');
    line_hear(&stay->go);
    raise(SIGKILL);
}

static void one_dies(brine_pool *pool) {
    struct stay stay = {"p", line_open(), line_open(), 40};
    unsigned reaped;
    brine_packet mine = filled_packet(pool, 30000, 1);
    uint64_t used = info_of(pool).used_bytes, reaps = info_of(pool).reaps;
    pid_t pid = check_fork(hold, &stay);
    CHECK_EQ_INT(line_hear(&stay.ready), 'r');
    CHECK(info_of(pool).used_bytes > used + 1000000);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 0); /* alive */
    check_whole(pool);
    CHECK_SYS(kill(pid, SIGSTOP)); /* stopped is alive, too */
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 0);
    CHECK_SYS(kill(pid, SIGKILL));
    CHECK_KILLED(pid, SIGKILL);
    check_whole(pool); /* what waits to be reaped breaks no invariant */
    CHECK(info_of(pool).used_bytes > used + 1000000);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    CHECK_EQ_INT(info_of(pool).reaps, reaps + 1);
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
    check_whole(pool);
    check_filled(mine);
    CHECK_OK(brine_packet_free(mine));
    check_empty(pool);
}

/* A death is noticed without reaping by hand: by who joins, and by who finds nothing to allocate. */
static void noticed(void) {
    struct stay stay = {"p2", line_open(), line_open(), 60};
    brine_pool *pool = make_pool("p2", 8 * MIB);
    pid_t pid = check_fork(hold, &stay);
    line_hear(&stay.ready);
    kill(pid, SIGKILL);
    CHECK_KILLED(pid, SIGKILL);
    uint64_t largest = 7 * MIB;
    CHECK(info_of(pool).used_bytes > 2 * MIB);
    brine_packet packet = filled_packet(pool, largest, 1);
    CHECK_MSG(packet.record != 0, "%s", brine_detail());
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);

    stay.packets = 10;
    pid = check_fork(hold, &stay);
    line_hear(&stay.ready);
    kill(pid, SIGKILL);
    CHECK_KILLED(pid, SIGKILL);
    brine_pool *joiner = attach_pool("p2");
    CHECK_EQ_INT(info_of(joiner).packets, 0);
    CHECK_EQ_INT(info_of(joiner).participants, 2);
    brine_pool_detach(joiner);
    drop_pool(pool);
}

/* ---- many ---- */

static int count_live(const brine_participant_info *info, void *context) {
    int *counts = context;
    counts[0]++;
    counts[1] += info->alive;
    counts[2] += info->self;
    counts[3] += info->packets_held > 0;
    CHECK(info->index > 0 && info->index < PROC_COUNT);
    CHECK(info->pid > 0 && info->uid == getuid());
    if (info->self) CHECK_EQ_INT(info->pid, getpid());
    return 0;
}

static void many(brine_pool *pool) {
    enum { COUNT = 200 };
    struct stay stay = {"p", line_open(), line_open(), 3};
    pid_t pids[COUNT];
    unsigned reaped;
    for (int i = 0; i < COUNT; i++) pids[i] = check_fork(hold, &stay);
    for (int i = 0; i < COUNT; i++) line_hear(&stay.ready);
    int counts[4] = {0};
    CHECK_OK(brine_participant_each(pool, count_live, counts));
    CHECK_EQ_INT(counts[0], COUNT + 1);
    CHECK_EQ_INT(counts[1], COUNT + 1);
    CHECK_EQ_INT(counts[2], 1);
    CHECK_EQ_INT(counts[3], COUNT);
    CHECK_EQ_INT(info_of(pool).participants, COUNT + 1);
    check_whole(pool);
    for (int i = 0; i < COUNT; i += 2) kill(pids[i], SIGKILL);
    for (int i = 0; i < COUNT; i += 2) CHECK_KILLED(pids[i], SIGKILL);
    memset(counts, 0, sizeof counts);
    CHECK_OK(brine_participant_each(pool, count_live, counts));
    CHECK_EQ_INT(counts[0], COUNT + 1);
    CHECK_EQ_INT(counts[1], COUNT / 2 + 1);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, COUNT / 2);
    CHECK_EQ_INT(info_of(pool).participants, COUNT / 2 + 1);
    check_whole(pool);
    brine_pool *late = attach_pool("p"); /* indexes are used again */
    CHECK(a32_load_relaxed(late->me) <= COUNT + 1);
    brine_pool_detach(late);
    for (int i = 1; i < COUNT; i += 2) line_say(&stay.go, 'g');
    for (int i = 1; i < COUNT; i += 2) CHECK_KILLED(pids[i], SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, COUNT / 2);
    check_empty(pool);
    CHECK_EQ_INT(info_of(pool).participants, 1);
}

/* Handles of one life of an index mean nothing in the next. */
static void index_reuse(brine_pool *pool) {
    uint32_t first = 0;
    brine_packet old = brine_packet_none();
    for (int i = 0; i < 300; i++) {
        brine_pool *again = attach_pool("p");
        if (!first) first = a32_load_relaxed(again->me);
        CHECK_EQ_INT(a32_load_relaxed(again->me), first);
        if (old.record) {
            old.pool = again->id;
            CHECK_STATUS(brine_packet_free(old), BRINE_ENOTHELD);
        }
        old = filled_packet(again, 2000, 1);
        brine_pool_detach(again);
    }
    check_empty(pool);
}

/* ---- exec and exit ---- */

static void executes(void *argument) {
    brine_pool *pool = attach_pool(argument);
    CHECK(filled_packet(pool, 70000, 1).record != 0);
    execl("/bin/sleep", "sleep", "30", (char *)NULL);
    _exit(9);
}

static void exits(void *argument) {
    brine_pool *pool = attach_pool(argument);
    CHECK(filled_packet(pool, 70000, 1).record != 0);
}

static void exec_and_exit(brine_pool *pool) {
    unsigned reaped = 0;
    pid_t pid = check_fork(executes, (void *)(uintptr_t) "p");
    double start = seconds_now();
    while (reaped == 0 && seconds_now() - start < 10) { /* until the exec happened */
        usleep(2000);
        CHECK_OK(brine_pool_reap(pool, &reaped));
    }
    CHECK_EQ_INT(reaped, 1); /* while the process goes on as another program */
    CHECK_SYS(kill(pid, 0));
    check_empty(pool);
    kill(pid, SIGKILL);
    CHECK_KILLED(pid, SIGKILL);
    CHECK_IN_CHILD(exits, (void *)(uintptr_t) "p");
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    check_empty(pool);
}

/* Two reap at once: each death is counted once. */
static void reap_often(void *argument) {
    struct stay *stay = argument;
    brine_pool *pool = attach_pool("p");
    unsigned reaped, sum = 0;
    for (int i = 0; i < 300; i++) {
        CHECK_OK(brine_pool_reap(pool, &reaped));
        sum += reaped;
        usleep(500);
    }
    line_say(&stay->ready, (char)sum);
}

static void reapers(brine_pool *pool) {
    struct stay reaper = {"p", line_open(), line_open(), 0}, victim = {"p", line_open(), line_open(), 10};
    pid_t first = check_fork(reap_often, &reaper), second = check_fork(reap_often, &reaper);
    uint64_t before = info_of(pool).reaps;
    for (int i = 0; i < 20; i++) {
        pid_t pid = check_fork(hold, &victim);
        line_hear(&victim.ready);
        kill(pid, SIGKILL);
        CHECK_KILLED(pid, SIGKILL);
    }
    int sum = line_hear(&reaper.ready) + line_hear(&reaper.ready);
    CHECK_EXIT(first, 0);
    CHECK_EXIT(second, 0);
    unsigned reaped;
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK(info_of(pool).reaps - before >= 20); /* joining victims reap too */
    CHECK(sum <= 21); /* each of the dead once; the slower reaper meets the other one, which has exited */
    check_empty(pool);
}

int main(void) {
    brine_pool *pool = make_pool("p", 64 * MIB);
    one_dies(pool);
    noticed();
    many(pool);
    index_reuse(pool);
    exec_and_exit(pool);
    reapers(pool);
    drop_pool(pool);
    return 0;
}
