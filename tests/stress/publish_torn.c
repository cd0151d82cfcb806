/* SPDX-License-Identifier: Apache-2.0 */
/* Values published over and over by several processes while others look them up: a reader never sees half of a
 * value, an unpublished or freed one, nor goes back in one publisher's values. */
#include "pipe_helpers.h"

#define WORDS 300
#define PUBLISHERS 2
#define READERS 3

static brine_pool *pool;
static struct shared {
    a32 stop;
    a64 published[PUBLISHERS], looked_up;
} * shared;

/* A value is WORDS words, each publisher << 48 | version. */
static brine_packet make_value(uint64_t word) {
    brine_packet packet;
    struct at at;
    CHECK_OK(brine_packet_new(pool, &packet));
    CHECK_OK(brine__at_write(brine_root(packet), &at));
    uint64_t *words = brine__arena_alloc(&at, WORDS * 8, 8);
    CHECK(words != NULL);
    for (int i = 0; i < WORDS; i++) words[i] = word;
    *at.cell = (struct cell){.type = BRINE_U64, .payload = pool_offset(pool, words)};
    return packet;
}

static uint64_t check_value(brine_packet packet) {
    struct at at = at_of(packet);
    const uint64_t *words = pool_at(pool, at.cell->payload);
    uint64_t word = words[0];
    for (int i = 1; i < WORDS; i++)
        CHECK_MSG(words[i] == word, "a torn value: %" PRIx64 " and %" PRIx64, word, words[i]);
    CHECK(word >> 48 < PUBLISHERS);
    return word;
}

static void publisher(void *argument) {
    uint64_t who = *(const uint64_t *)argument;
    for (uint64_t version = 1; !a32_load_acquire(&shared->stop); version++) {
        /* before: a version that readers see is announced */
        a64_store_release(&shared->published[who], version);
        CHECK_OK(brine_publish(pool, "v", make_value(who << 48 | version)));
        if (who == 1 && version % 100 == 0) {
            int rc = brine_unpublish(pool, "v"); /* the other one makes the name again */
            CHECK(rc == 0 || rc == BRINE_ENOENT);
        }
    }
}

static void reader(void *argument) {
    uint64_t newest[PUBLISHERS] = {0}, n = 0;
    brine_packet packet, kept[4] = {{0}};
    (void)argument;
    while (!a32_load_acquire(&shared->stop)) {
        CHECK_OK(brine_lookup(pool, "v", brine_seconds(10), &packet));
        uint64_t word = check_value(packet), who = word >> 48, version = word & 0xffffffffffff;
        CHECK(version <= a64_load_acquire(&shared->published[who]));
        CHECK_MSG(version >= newest[who], "version %" PRIu64 " came after %" PRIu64, version, newest[who]);
        newest[who] = version;
        /* some are kept for a while: they must not change */
        if (brine_packet_held(kept[n % 4])) check_value(kept[n % 4]);
        CHECK_OK(brine_packet_free(kept[n % 4]));
        kept[n++ % 4] = packet;
    }
    a64_add_relaxed(&shared->looked_up, n);
}

int main(void) {
    pid_t pids[PUBLISHERS + READERS];
    pool = make_pool("p", 64 * MIB);
    shared = shared_memory(sizeof *shared);
    for (uint64_t i = 0; i < PUBLISHERS; i++) pids[i] = check_fork(publisher, &i);
    for (int i = 0; i < READERS; i++) pids[PUBLISHERS + i] = check_fork(reader, NULL);
    for (int i = 0; i < 20; i++) { /* a reader dies at times, in the middle of whatever it does, and comes back */
        sleep_ms(150);
        CHECK_SYS(kill(pids[PUBLISHERS], SIGKILL));
        CHECK_KILLED(pids[PUBLISHERS], SIGKILL);
        pids[PUBLISHERS] = check_fork(reader, NULL);
    }
    CHECK_SYS(kill(pids[0], SIGKILL)); /* and a publisher, for good */
    CHECK_KILLED(pids[0], SIGKILL);
    sleep_ms(500);
    a32_store_release(&shared->stop, 1);
    for (int i = 1; i < PUBLISHERS + READERS; i++) CHECK_EXIT(pids[i], 0);
    printf("%" PRIu64 " and %" PRIu64 " published, %" PRIu64 " looked up\n", a64_load_relaxed(&shared->published[0]),
           a64_load_relaxed(&shared->published[1]), a64_load_relaxed(&shared->looked_up));
    CHECK(a64_load_relaxed(&shared->looked_up) > 100);
    brine_unpublish(pool, "v");
    check_baseline(pool, 0);
    CHECK(brine_pool_is_pristine(pool));
    drop_pool(pool);
    return 0;
}
