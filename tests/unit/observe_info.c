/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for observers: right, the same for a read-only observer, who leaves no trace. */
#include "pool_helpers.h"

static void numbers(brine_pool *pool) {
    brine_pool_info before = info_of(pool), after;
    CHECK_STR(before.name, "n");
    CHECK_EQ_INT(before.max_bytes, 32 * MIB);
    CHECK_EQ_INT(before.format_major, FORMAT_MAJOR);
    CHECK_EQ_INT(before.format_minor, FORMAT_MINOR);
    CHECK_EQ_INT(before.mode, 0640);
    CHECK(before.table_bytes > 0);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    CHECK((int64_t)before.created_ns <= (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    CHECK((int64_t)before.created_ns > ((int64_t)now.tv_sec - 60) * 1000000000);
    brine_packet packets[10];
    uint64_t sum = 0, bytes;
    for (int i = 0; i < 10; i++) {
        packets[i] = filled_packet(pool, 1 + (uint64_t)i * 9000, 1);
        CHECK_OK(brine_packet_bytes(packets[i], &bytes));
        sum += bytes;
    }
    after = info_of(pool);
    CHECK_EQ_INT(after.used_bytes - before.used_bytes, sum);
    CHECK_EQ_INT(after.packets - before.packets, 10);
    CHECK(after.committed_bytes >= sum && after.high_bytes >= after.committed_bytes);
    for (int i = 0; i < 10; i++) CHECK_OK(brine_packet_free(packets[i]));
    CHECK_EQ_INT(info_of(pool).used_bytes, before.used_bytes);
    CHECK_EQ_INT(info_of(pool).packets, before.packets);
    CHECK_EQ_INT(info_of(pool).high_bytes, after.high_bytes);
    CHECK_STATUS(brine_pool_get_info(NULL, &after), BRINE_EINVAL);
    CHECK_STATUS(brine_pool_check(NULL, NULL, NULL), BRINE_EINVAL);
}

struct seen {
    int count;
    brine_pipe_info pipes[4];
    brine_published_info values[4];
    brine_participant_info people[4];
};
static int see_pipe(const brine_pipe_info *info, void *context) {
    struct seen *seen = context;
    seen->pipes[seen->count++] = *info;
    return 0;
}
static int see_value(const brine_published_info *info, void *context) {
    struct seen *seen = context;
    seen->values[seen->count++] = *info;
    return 0;
}
static int see_participant(const brine_participant_info *info, void *context) {
    struct seen *seen = context;
    seen->people[seen->count++] = *info;
    return 0;
}
static int stop_pipe(const brine_pipe_info *info, void *context) { return ++*(int *)context, (void)info, 55; }
static int stop_value(const brine_published_info *info, void *context) { return ++*(int *)context, (void)info, 56; }
static int stop_participant(const brine_participant_info *info, void *context) {
    return ++*(int *)context, (void)info, 57;
}

static void everything(brine_pool *pool, brine_pool *observer) {
    struct seen seen = {0};
    brine_pipe *a, *b;
    brine_pipe_info one;
    int calls = 0;
    CHECK_OK(brine_pipe_serve(pool, "b", 8, &b));
    CHECK_OK(brine_pipe_serve(pool, "a", 3, &a));
    uint64_t sum = 0, bytes;
    for (int i = 0; i < 3; i++) {
        brine_packet packet = filled_packet(pool, 10000, 1);
        CHECK_OK(brine_packet_bytes(packet, &bytes));
        sum += bytes;
        CHECK_OK(brine_enqueue(a, packet, brine_now()));
    }
    brine_packet late = filled_packet(pool, 10, 1), got;
    CHECK_STATUS(brine_enqueue(a, late, brine_now()), BRINE_ETIMEDOUT);
    CHECK_OK(brine_publish(pool, "value", late));
    CHECK_OK(brine_dequeue(a, &got, brine_now()));
    CHECK_OK(brine_pipe_each(observer, see_pipe, &seen));
    CHECK_EQ_INT(seen.count, 2);
    CHECK_STR(seen.pipes[0].name, "a");
    CHECK_STR(seen.pipes[1].name, "b");
    CHECK_EQ_INT(seen.pipes[0].capacity, 3);
    CHECK_EQ_INT(seen.pipes[0].depth, 2);
    CHECK_EQ_INT(seen.pipes[0].packets_in, 3);
    CHECK_EQ_INT(seen.pipes[0].packets_out, 1);
    CHECK_EQ_INT(seen.pipes[0].bytes_in, sum);
    CHECK_EQ_INT(seen.pipes[0].servers, 1);
    CHECK_EQ_INT(seen.pipes[1].depth, 0);
    CHECK(!seen.pipes[0].closed);
    CHECK_OK(brine_pipe_get_info(observer, "a", &one));
    CHECK_EQ_INT(one.depth, 2);
    CHECK_STATUS(brine_pipe_get_info(observer, "c", &one), BRINE_ENOENT);
    CHECK_STATUS(brine_pipe_get_info(observer, "../a", &one), BRINE_ENAME);
    CHECK_STATUS(brine_pipe_get_info(NULL, "a", &one), BRINE_EINVAL);
    seen.count = 0;
    CHECK_OK(brine_published_each(observer, see_value, &seen));
    CHECK_EQ_INT(seen.count, 1);
    CHECK_STR(seen.values[0].name, "value");
    CHECK_EQ_INT(seen.values[0].holders, 1);
    CHECK_EQ_INT(seen.values[0].version, 1);
    CHECK(seen.values[0].bytes >= 512);
    seen.count = 0;
    CHECK_OK(brine_participant_each(observer, see_participant, &seen));
    CHECK_EQ_INT(seen.count, 1);
    CHECK_EQ_INT(seen.people[0].pid, getpid());
    CHECK_EQ_INT(seen.people[0].packets_held, 1);
    CHECK(seen.people[0].bytes_held > 10000);
    CHECK(seen.people[0].self == (pool == observer));
    CHECK(strlen(seen.people[0].command) > 0);
    CHECK_EQ_INT(brine_pipe_each(observer, stop_pipe, &calls), 55);
    CHECK_EQ_INT(brine_published_each(observer, stop_value, &calls), 56);
    CHECK_EQ_INT(brine_participant_each(observer, stop_participant, &calls), 57);
    CHECK_EQ_INT(calls, 3);
    brine_pool_info info = info_of(observer);
    CHECK_EQ_INT(info.pipes, 2);
    CHECK_EQ_INT(info.published, 1);
    CHECK_EQ_INT(info.participants, 1);
    check_whole(observer);
    CHECK_OK(brine_unpublish(pool, "value"));
    CHECK_OK(brine_packet_free(got));
    CHECK_OK(brine_pipe_close(a));
    CHECK_OK(brine_pipe_close(b));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    CHECK_OK(brine_pipe_remove(pool, "b"));
}

/* The bytes of the file are the same after an observer was there. */
static void no_trace(brine_pool *pool) {
    uint64_t bytes = pool->layout.records + UNIT_BYTES, sum[2] = {0};
    for (int i = 0; i < 2; i++) {
        const uint64_t *words = (const uint64_t *)(void *)pool->base;
        for (uint64_t k = 0; k < bytes / 8; k++) sum[i] = sum[i] * 31 + words[k];
        if (i) break;
        brine_pool *reader = attach_readonly("n");
        info_of(reader);
        CHECK_EQ_INT(brine_pool_check(reader, NULL, NULL), 0);
        brine_pool_detach(reader);
    }
    CHECK(sum[0] == sum[1]);
}

int main(void) {
    brine_pool_options options = {.max_bytes = 32 * MIB, .mode = 0640};
    brine_pool *pool;
    CHECK_OK(brine_pool_create("n", &options, &pool));
    numbers(pool);
    everything(pool, pool);
    brine_pool *reader = attach_readonly("n");
    everything(pool, reader);
    brine_pool_detach(reader);
    check_empty(pool);
    no_trace(pool);
    drop_pool(pool);
    return 0;
}
