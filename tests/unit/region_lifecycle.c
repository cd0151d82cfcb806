/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, attaching, detaching, removing, listing; replacing a pool that somebody uses. */
#include "pool_helpers.h"

struct names {
    int count, stop_after;
    char all[8][BRINE_NAME_MAX + 1];
};

static int collect(const char *name, void *context) {
    struct names *names = context;
    CHECK(names->count < 8);
    snprintf(names->all[names->count++], sizeof names->all[0], "%s", name);
    return names->count == names->stop_after ? 77 : 0;
}

static void touch(const char *file) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", getenv("BRINE_DIR"), file);
    int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
    CHECK_SYS(fd);
    close(fd);
}

static void listing(void) {
    struct names names = {0};
    CHECK_OK(brine_pool_list(collect, &names));
    CHECK_EQ_INT(names.count, 0);
    brine_pool *pools[3] = {make_pool("c", MIB), make_pool("a", MIB), make_pool("b.x", MIB)};
    touch("something else");
    touch("brine.not allowed");
    brine_raw_region raw;
    CHECK_OK(brine_raw_create("r", 10, 0, NULL, &raw));
    CHECK_OK(brine_pool_list(collect, &names));
    CHECK_EQ_INT(names.count, 3);
    CHECK_STR(names.all[0], "a");
    CHECK_STR(names.all[1], "b.x");
    CHECK_STR(names.all[2], "c");
    names = (struct names){.stop_after = 2};
    CHECK_EQ_INT(brine_pool_list(collect, &names), 77);
    CHECK_EQ_INT(names.count, 2);
    for (int i = 0; i < 3; i++) drop_pool(pools[i]);
    brine_raw_detach(&raw);
    CHECK_OK(brine_raw_unlink("r"));
    char path[600];
    snprintf(path, sizeof path, "%s/something else", getenv("BRINE_DIR"));
    CHECK_SYS(unlink(path));
    CHECK_SYS(unlink(pool_file("not allowed")));
}

static void exists(void) {
    brine_pool *pool = make_pool("p", MIB), *second = NULL;
    brine_packet packet = filled_packet(pool, 3000, 7);
    CHECK_STATUS(brine_pool_create("p", NULL, &second), BRINE_EEXIST);
    CHECK_CONTAINS(brine_detail(), "\"p\" exists");
    CHECK(second == NULL);
    check_filled(packet);
    CHECK_STATUS(brine_pool_unlink_stale("p"), BRINE_EBUSY);
    brine_pool_detach(pool);
    pool = attach_pool("p"); /* it outlived its only user; what he held is gone */
    check_empty(pool);
    brine_pool_detach(pool);
    CHECK_OK(brine_pool_unlink_stale("p"));
    CHECK_STATUS(brine_pool_unlink("p"), BRINE_ENOENT);
    CHECK_STATUS(brine_pool_unlink_stale("p"), BRINE_ENOENT);
    brine_pool_detach(NULL);
}

/* The same pool twice in one process: two participants that do not mix their packets up. */
static void twice(void) {
    brine_pool *one = make_pool("p", MIB), *two = attach_pool("p");
    CHECK_EQ_INT(info_of(one).participants, 2);
    brine_packet packet = make_packet(one);
    brine_packet other = packet;
    other.pool = two->id;
    CHECK_STATUS(brine_packet_free(other), BRINE_ENOTHELD);
    brine_pool_detach(one);
    CHECK_STATUS(brine_packet_free(packet), BRINE_ENOTHELD); /* of a detached pool */
    CHECK(brine_packet_pool(packet) == NULL);
    CHECK(!brine_packet_held(packet));
    check_empty(two);
    drop_pool(two);
}

static void replaced(void) {
    brine_pool *old = make_pool("p", MIB), *new, *third;
    brine_packet packet = filled_packet(old, 3000, 1);
    brine_pool_options replace = {.max_bytes = 2 * MIB, .flags = BRINE_POOL_REPLACE};
    CHECK_OK(brine_pool_create("p", &replace, &new));
    brine_packet fresh = filled_packet(new, 3000, 2);
    check_filled(packet); /* the old one goes on, also growing, reaping and counting */
    brine_packet large = filled_packet(old, 400 * KIB, 3);
    CHECK(large.record != 0);
    check_filled(large);
    CHECK_OK(brine_pool_reap(old, NULL));
    CHECK(memcmp(info_of(old).uuid, info_of(new).uuid, 16) != 0);
    third = attach_pool("p");
    CHECK_EQ_INT(brine_pool_bytes(third), 2 * MIB);
    CHECK_EQ_INT(info_of(third).participants, 2);
    CHECK_EQ_INT(info_of(old).participants, 1);
    brine_pool_detach(third);
    check_filled(fresh);
    check_whole(old);
    check_whole(new);
    brine_pool_detach(old);
    CHECK_SYS(access(pool_file("p"), F_OK));
    drop_pool(new);
    CHECK_OK(brine_pool_create("p", &replace, &new)); /* nothing there to replace */
    drop_pool(new);
}

static void removed(void) {
    brine_pool *pool = make_pool("p", 8 * MIB);
    CHECK_OK(brine_pool_unlink("p"));
    brine_packet packet = filled_packet(pool, 6 * MIB, 1); /* grows without a name */
    CHECK(packet.record != 0);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);
    brine_pool_detach(pool);
}

static void addresses(void) {
    brine_pool *pool = make_pool("p", 4 * MIB), *second;
    uint64_t bytes = pool->layout.file_bytes;
    char *place = mmap(NULL, bytes + 4 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(place != MAP_FAILED);
    brine_pool_options at = {.address = place};
    CHECK_OK(brine_pool_attach("p", &at, brine_now(), &second));
    CHECK(second->base != place); /* taken: elsewhere */
    brine_pool_detach(second);
    munmap(place, bytes + 4 * MIB);
    CHECK_OK(brine_pool_attach("p", &at, brine_now(), &second));
    CHECK(second->base == place);
    CHECK(brine_pool_contains(second, place) && brine_pool_contains(second, place + bytes - 1));
    CHECK(!brine_pool_contains(second, place - 1) && !brine_pool_contains(second, place + bytes));
    CHECK(!brine_pool_contains(NULL, place));
    CHECK_EQ_INT(brine_pool_offset(second, place + 100), 100);
    CHECK_EQ_INT(brine_pool_offset(second, place + bytes), 0);
    CHECK_EQ_INT(brine_pool_offset(second, &bytes), 0);
    CHECK(brine_pool_address(second, 100) == place + 100);
    CHECK(brine_pool_address(second, bytes) == NULL && brine_pool_address(second, UINT64_MAX) == NULL);
    CHECK(brine_pool_address(second, 0) == NULL && brine_pool_address(NULL, 5) == NULL);
    brine_pool_detach(second);
    at.address = place + 1; /* no address for a mapping: only a hint */
    CHECK_OK(brine_pool_attach("p", &at, brine_now(), &second));
    brine_pool_detach(second);
    drop_pool(pool);
}

int main(void) {
    int descriptors = open_descriptors();
    listing();
    exists();
    twice();
    replaced();
    removed();
    addresses();
    CHECK_EQ_INT(open_descriptors(), descriptors);
    return 0;
}
