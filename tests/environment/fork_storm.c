/* SPDX-License-Identifier: Apache-2.0 */
/* Hundreds of forks, each using the pool at once, some killed; forks while threads allocate, enqueue and wait; vfork
 * and posix_spawn.
 * test: timeout=120 */
#include <spawn.h>

#include "environment.h"

extern char **environ;

static struct shared { a32 sent, killed, stop; } * shared;

/* ---- forks of forks ---- */

struct leaf {
    brine_pool *pool;
    brine_pipe *pipe;
    uint64_t number;
};

/* Its first calls ever in the pool are growing, enqueueing, dequeueing or reaping, by number. */
static void leaf(void *argument) {
    struct leaf *l = argument;
    brine_packet packet;
    if (l->number % 3 == 0)
        packet = filled_packet(l->pool, 1 + l->number * 1237 % 100000, 3);
    else
        packet = make_packet(l->pool);
    CHECK_MSG(packet.record != 0, "%s", brine_detail());
    if (l->number % 7 == 3) {
        kill(getpid(), SIGKILL); /* with a packet */
    } else if (l->number % 7 == 5) {
        CHECK_OK(brine_pool_reap(l->pool, NULL));
        brine_pool_detach(l->pool);
        return;
    }
    a32_add_relaxed(&shared->sent, 1);
    CHECK_OK(put_number(l->pipe, l->number, brine_seconds(60)));
    if (l->number % 7 == 6) kill(getpid(), SIGKILL); /* what is enqueued stays */
}

static void branch(void *argument) {
    struct leaf *l = argument;
    enum { LEAVES = 40 };
    pid_t pids[LEAVES];
    for (int i = 0; i < LEAVES; i++) {
        pids[i] = check_fork(leaf, &(struct leaf){l->pool, l->pipe, l->number * LEAVES + (uint64_t)i});
        if (i % 5 == 0) CHECK_OK(brine_packet_free(filled_packet(l->pool, 30000, 1)));
    }
    for (int i = 0; i < LEAVES; i++) {
        int status = check_wait(pids[i]);
        CHECK_MSG(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0, "wait status %#x",
                  (unsigned)status);
    }
}

static void many(void *argument) {
    (void)argument;
    enum { BRANCHES = 10, ALL = 400 };
    static bool seen[ALL];
    brine_pool *pool = make_pool("storm", 256 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 64);
    uint64_t used = info_of(pool).used_bytes, number;
    pid_t pids[BRANCHES];
    uint32_t got = 0;
    for (uint64_t i = 0; i < BRANCHES; i++) pids[i] = check_fork(branch, &(struct leaf){pool, pipe, i});
    for (int i = 0; i < BRANCHES; i++) {
        int status;
        while (waitpid(pids[i], &status, WNOHANG) == 0)
            for (int k = 0; k < 100 && get_number(pipe, &number, brine_milliseconds(5)) == 0; k++) {
                CHECK(number < ALL && !seen[number]);
                seen[number] = true;
                got++;
            }
        CHECK_EQ_INT(status, 0);
    }
    for (; get_number(pipe, &number, brine_now()) == 0; got++) {
        CHECK(number < ALL && !seen[number]);
        seen[number] = true;
    }
    CHECK_EQ_INT(got, a32_load_acquire(&shared->sent));
    check_baseline(pool, used);
    CHECK_EQ_INT(info_of(pool).participants, 1);
    drop_pool(pool);
}

/* ---- forks while threads are in the middle of everything ---- */

static void *allocates(void *argument) {
    for (uint64_t i = 0; !a32_load_acquire(&shared->stop); i++) {
        brine_packet packet = filled_packet(argument, 1 + i * 7919 % 100000, (uint8_t)i);
        CHECK(packet.record != 0);
        CHECK_OK(brine_packet_free(packet));
    }
    return NULL;
}

/* As put_number, but does not ask whether the packet is held after it: another thread here may have it already. */
static void send_number(brine_pipe *pipe, uint64_t number) {
    brine_packet packet = number_packet(brine_pipe_pool(pipe), number);
    int rc = brine_enqueue(pipe, packet, brine_milliseconds(20));
    CHECK(rc == 0 || rc == BRINE_ETIMEDOUT);
    if (rc) CHECK_OK(brine_packet_free(packet));
}

static void *sends(void *argument) {
    for (uint64_t i = 0; !a32_load_acquire(&shared->stop); i++) send_number(argument, i);
    return NULL;
}

static void *receives(void *argument) {
    uint64_t number;
    while (!a32_load_acquire(&shared->stop)) {
        int rc = get_number(argument, &number, brine_milliseconds(20));
        CHECK(rc == 0 || rc == BRINE_ETIMEDOUT);
    }
    return NULL;
}

static void *opens(void *argument) {
    while (!a32_load_acquire(&shared->stop)) {
        brine_pool *second = attach_pool("threads");
        brine_pipe_detach(connect_to(second, "pipe"));
        CHECK_OK(brine_pool_reap(argument, NULL));
        brine_pool_detach(second);
    }
    return NULL;
}

/* Of the threads only the one that forked is here. */
static void busy_child(void *argument) {
    brine_pipe *pipe = argument;
    brine_pool *pool = brine_pipe_pool(pipe);
    for (int i = 0; i < 5; i++) {
        brine_packet packet = filled_packet(pool, 1 + (uint64_t)i * 30000, (uint8_t)i);
        check_filled(packet);
        int rc = put_number(pipe, 1000000, brine_milliseconds(20));
        CHECK(rc == 0 || rc == BRINE_ETIMEDOUT);
        if (i % 2) CHECK_OK(brine_packet_free(packet));
    }
    if (getpid() % 3 == 0) kill(getpid(), SIGKILL);
}

static void spawn(void) {
    char *const arguments[] = {"true", NULL};
    pid_t pid;
    CHECK_EQ_INT(posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ), 0);
    CHECK_EXIT(pid, 0);
    pid = vfork();
    if (pid == 0) {
        execv("/bin/true", arguments);
        _exit(9);
    }
    CHECK_EXIT(pid, 0);
}

static void threads(void *argument) {
    (void)argument;
    void *(*const bodies[])(void *) = {allocates, sends, receives, opens};
    pthread_t all[4];
    brine_pool *pool = make_pool("threads", 128 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 8);
    uint64_t number;
    for (int i = 0; i < 4; i++)
        CHECK_EQ_INT(pthread_create(&all[i], NULL, bodies[i], i == 1 || i == 2 ? (void *)pipe : (void *)pool), 0);
    for (int round = 0; round < 25; round++) {
        pid_t pids[4];
        for (int i = 0; i < 4; i++) pids[i] = check_fork(busy_child, pipe);
        spawn();
        for (int i = 0; i < 4; i++) {
            int status = check_wait(pids[i]);
            CHECK_MSG(status == 0 || status == SIGKILL, "wait status %#x", (unsigned)status);
        }
    }
    a32_store_release(&shared->stop, 1);
    for (int i = 0; i < 4; i++) pthread_join(all[i], NULL);
    while (get_number(pipe, &number, brine_now()) == 0) {
    }
    brine_pipe_detach(pipe);
    CHECK_OK(brine_pipe_remove(pool, "pipe"));
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    drop_pool(pool);
}

/* ---- a vforked child is the parent's image: it holds what the parent holds ---- */

static void vforked(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("v", 8 * MIB);
    brine_packet packet = filled_packet(pool, 5000, 7);
    CHECK_EQ_INT(info_of(pool).participants, 1);
    spawn();
    CHECK_EQ_INT(info_of(pool).participants, 1);
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);
    drop_pool(pool);
}

int main(void) {
    static const struct environment_case cases[] = {{"many", many}, {"threads", threads}, {"vforked", vforked}};
    shared = shared_memory(sizeof *shared);
    return RUN_CASES(cases);
}
