/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many processes make, use and remove the same few names at once, as pipes and as published values, and some are
 * killed meanwhile: never two pipes of one name, never a name that nobody can make or remove, nothing left.
 */
#include "pipe_helpers.h"

#define PROCESSES 6
#define ROUNDS 60

static brine_pool *pool;
static struct shared {
    a32 round, done;
    a64 entry[PROCESSES]; /* where each found the pipe */
} * shared;

/* All make the same name at the same moment; all must get the same pipe. */
static void make_one(void *argument) {
    uint32_t who = *(const uint32_t *)argument;
    char name[32];
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        while (a32_load_acquire(&shared->round) < round) {
        }
        snprintf(name, sizeof name, "n-%u", round % 3);
        brine_pipe *pipe = serve(pool, name, 8);
        a64_store_release(&shared->entry[who], (uint64_t)pipe->gen << 32 | pipe->index);
        CHECK_OK(put_number(pipe, who, brine_now()));
        a32_add_seq_cst(&shared->done, 1);
        while (a32_load_acquire(&shared->round) == round) {
        }
        brine_pipe_detach(pipe);
    }
}

static void same_name_at_once(void) {
    pid_t pids[PROCESSES];
    char name[32];
    for (uint32_t i = 0; i < PROCESSES; i++) pids[i] = check_fork(make_one, &i);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        a32_store_release(&shared->done, 0);
        a32_store_release(&shared->round, round);
        await(&shared->done, PROCESSES);
        for (uint32_t i = 1; i < PROCESSES; i++)
            CHECK_EQ_INT(a64_load_acquire(&shared->entry[i]), a64_load_acquire(&shared->entry[0]));
        snprintf(name, sizeof name, "n-%u", round % 3);
        brine_pipe *pipe = connect_to(pool, name);
        CHECK_EQ_INT(pipe->index, (uint32_t)a64_load_acquire(&shared->entry[0]));
        bool seen[PROCESSES] = {false};
        for (int i = 0; i < PROCESSES; i++) seen[next_number(pipe)] = true;
        for (int i = 0; i < PROCESSES; i++) CHECK(seen[i]);
        CHECK_EQ_INT(info_of(pool).pipes, 1);
        CHECK_OK(brine_pipe_close(pipe));
        CHECK_OK(brine_pipe_remove(pool, name));
    }
    a32_store_release(&shared->round, ROUNDS + 1);
    for (uint32_t i = 0; i < PROCESSES; i++) CHECK_EXIT(pids[i], 0);
    check_baseline(pool, 0);
}

/* Whatever each call finds, it must be one of the answers that make sense. */
static void anything(void *argument) {
    check_rng rng = {*(const uint32_t *)argument};
    char name[8];
    for (;;) {
        brine_pipe *pipe;
        brine_packet packet;
        uint64_t number;
        snprintf(name, sizeof name, "x%u", (unsigned)check_below(&rng, 3));
        int rc;
        switch (check_below(&rng, 6)) {
        case 0:
        case 1:
            rc = brine_pipe_serve(pool, name, 4, &pipe);
            CHECK(rc == 0 || rc == BRINE_EMISMATCH);
            if (rc) break;
            rc = put_number(pipe, 7, brine_now());
            CHECK(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_ETIMEDOUT || rc == BRINE_ECLOSED);
            rc = get_number(pipe, &number, brine_now());
            CHECK(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_ETIMEDOUT || rc == BRINE_ECLOSED);
            if (rc == 0) CHECK_EQ_INT(number, 7);
            CHECK_OK(brine_pipe_close(pipe));
            break;
        case 2:
            rc = brine_pipe_connect(pool, name, brine_now(), &pipe);
            CHECK(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_EMISMATCH);
            if (rc == 0) CHECK_OK(brine_pipe_close(pipe));
            break;
        case 3:
            rc = brine_pipe_remove(pool, name);
            CHECK(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_EMISMATCH);
            break;
        case 4:
            packet = number_packet(pool, 8);
            rc = brine_publish(pool, name, packet);
            CHECK(rc == 0 || rc == BRINE_EMISMATCH);
            CHECK_EQ_INT(brine_packet_held(packet), rc != 0);
            if (rc) CHECK_OK(brine_packet_free(packet));
            rc = brine_lookup(pool, name, brine_now(), &packet);
            CHECK(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_EMISMATCH);
            if (rc == 0) CHECK_EQ_INT(take_number(packet), 8);
            break;
        default: rc = brine_unpublish(pool, name); CHECK(rc == 0 || rc == BRINE_ENOENT || rc == BRINE_EMISMATCH);
        }
    }
}

static void storm(check_rng *rng) {
    pid_t pids[PROCESSES];
    uint32_t seed, kills = 0;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        seed = (uint32_t)check_random(rng);
        pids[i] = check_fork(anything, &seed);
    }
    double end = seconds_now() + 5;
    while (seconds_now() < end) {
        struct timespec t = {0, (long)check_below(rng, 10000000)};
        nanosleep(&t, NULL);
        uint32_t i = (uint32_t)check_below(rng, PROCESSES);
        seed = (uint32_t)check_random(rng);
        CHECK_SYS(kill(pids[i], SIGKILL));
        CHECK_KILLED(pids[i], SIGKILL);
        pids[i] = check_fork(anything, &seed);
        kills++;
    }
    for (uint32_t i = 0; i < PROCESSES; i++) {
        CHECK_SYS(kill(pids[i], SIGKILL));
        CHECK_KILLED(pids[i], SIGKILL);
    }
    printf("%u kills\n", kills);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    for (int i = 0; i < 3; i++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", i);
        if (brine_pipe_remove(pool, name) == BRINE_EMISMATCH) CHECK_OK(brine_unpublish(pool, name));
    }
    CHECK_EQ_INT(info_of(pool).pipes, 0);
    CHECK_EQ_INT(info_of(pool).published, 0);
    check_baseline(pool, 0);
    for (uint32_t i = 0; i < dir_high(pool); i++)
        CHECK_EQ_INT(word_state(a64_load_acquire(&pool_dir(pool, i)->word)), DIR_FREE);
}

int main(void) {
    check_rng rng = check_seed(1);
    pool = make_pool("p", 64 * MIB);
    shared = shared_memory(sizeof *shared);
    same_name_at_once();
    storm(&rng);
    drop_pool(pool);
    return 0;
}
