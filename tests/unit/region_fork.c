/* SPDX-License-Identifier: Apache-2.0 */
/* fork: the child is a participant of its own, at the same address, and shares no packet with its parent. */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "pool_helpers.h"

struct family {
    brine_pool *pool;
    brine_packet packet;
    void *raw, *base;
};

static void child_uses(void *argument) {
    struct family *f = argument;
    uint64_t bytes;
    CHECK(!brine_packet_held(f->packet));
    CHECK_STATUS(brine_packet_free(f->packet), BRINE_ENOTHELD);
    CHECK_CONTAINS(brine_detail(), "held by participant");
    CHECK_STATUS(brine_packet_share(&f->packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_packet_bytes(f->packet, &bytes), BRINE_ENOTHELD);
    CHECK(!brine_ref_ok(brine_root(f->packet)));
    CHECK(f->pool->base == f->base);
    CHECK_EQ_INT(info_of(f->pool).participants, 2);
    for (int i = 0; i < 50; i++) {
        brine_packet mine = filled_packet(f->pool, 1 + (uint64_t)i * 2000, (uint8_t)i);
        CHECK(mine.record != 0 && mine.record != f->packet.record);
        check_filled(mine);
        if (i % 2) CHECK_OK(brine_packet_free(mine));
    }
}

static void child_detaches(void *argument) {
    struct family *f = argument;
    brine_pool_detach(f->pool);
}

static void child_exits(void *argument) { (void)argument; }

static void child_forks(void *argument) {
    struct family *f = argument;
    brine_packet mine = filled_packet(f->pool, 5000, 3);
    struct family inner = {f->pool, mine, NULL, f->base};
    CHECK_EQ_INT(info_of(f->pool).participants, 2);
    pid_t pid = check_fork(child_exits, NULL);
    CHECK_EXIT(pid, 0);
    CHECK(!brine_packet_held(f->packet));
    check_filled(mine);
    pid = fork();
    CHECK_SYS(pid);
    if (pid == 0) {
        CHECK_STATUS(brine_packet_free(inner.packet), BRINE_ENOTHELD);
        CHECK_EQ_INT(info_of(f->pool).participants, 3);
        _exit(0);
    }
    CHECK_EXIT(pid, 0);
    check_filled(mine);
}

/* Forked by a child that has not used the pool itself. */
static void child_forks_unused(void *argument) { CHECK_IN_CHILD(child_uses, argument); }

static void child_killed(void *argument) {
    struct family *f = argument;
    for (int i = 0; i < 20; i++) CHECK(filled_packet(f->pool, 30000, 1).record != 0);
    raise(SIGKILL);
}

static void first_is_pristine(void *argument) { CHECK(!brine_pool_is_pristine(((struct family *)argument)->pool)); }
static void first_is_full(void *argument) { CHECK(!brine_pool_is_full(((struct family *)argument)->pool)); }
static void first_biggest(void *argument) { CHECK(brine_pool_biggest_free(((struct family *)argument)->pool) > 0); }
static void first_check(void *argument) { CHECK(brine_pool_check(((struct family *)argument)->pool, NULL, NULL) == 0); }
static void first_trim(void *argument) { CHECK_OK(brine_pool_trim(((struct family *)argument)->pool, NULL)); }
static void first_reap(void *argument) { CHECK_OK(brine_pool_reap(((struct family *)argument)->pool, NULL)); }
static void first_interrupt(void *argument) { brine_pool_interrupt(((struct family *)argument)->pool); }
static void first_bytes(void *argument) { CHECK_EQ_INT(brine_pool_bytes(((struct family *)argument)->pool), 16 * MIB); }
static void first_raw(void *argument) {
    CHECK_OK(brine_pool_deallocate(((struct family *)argument)->pool, ((struct family *)argument)->raw));
}
static void first_address(void *argument) {
    struct family *f = argument;
    uint64_t offset = (uint64_t)((char *)f->raw - (char *)f->base);
    CHECK(brine_pool_contains(f->pool, f->raw));
    CHECK_EQ_INT(brine_pool_offset(f->pool, f->raw), offset);
    CHECK_EQ_INT(*(uint8_t *)brine_pool_address(f->pool, offset), 0x5a);
}

static void family_of(brine_pool *pool) {
    struct family f = {pool, filled_packet(pool, 70000, 9), brine_pool_allocate(pool, 100), pool->base};
    unsigned reaped;
    *(uint8_t *)f.raw = 0x5a;
    CHECK_OK(brine_pool_trim(pool, NULL));
    uint64_t used = info_of(pool).used_bytes;
    void (*const children[])(void *) = {
        child_uses,    child_detaches, child_exits, child_forks, child_forks_unused, first_is_pristine, first_is_full,
        first_biggest, first_check,    first_trim,  first_reap,  first_interrupt,    first_bytes,       first_address};
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        CHECK_IN_CHILD(children[i], &f);
        CHECK_OK(brine_pool_reap(pool, NULL));
        check_filled(f.packet);
        CHECK_EQ_INT(info_of(pool).used_bytes, used);
        CHECK_EQ_INT(info_of(pool).participants, 1);
        check_whole(pool);
    }
    CHECK_KILLED(check_fork(child_killed, &f), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 1);
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
    CHECK_IN_CHILD(first_raw, &f);
    CHECK_OK(brine_packet_free(f.packet));
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
}

static void readonly_child(void *argument) {
    CHECK_EQ_INT(info_of(argument).participants, 1);
    brine_pool_detach(argument);
}

/* ---- fork while other threads allocate ---- */

static a32 stop;

static void *allocate(void *argument) {
    brine_pool *pool = argument;
    for (uint64_t i = 0; !a32_load_acquire(&stop); i++) {
        brine_packet packet = filled_packet(pool, 1 + (i * 7919) % 50000, (uint8_t)i);
        CHECK(packet.record != 0);
        check_filled(packet);
        CHECK_OK(brine_packet_free(packet));
    }
    return NULL;
}

static void busy_child(void *argument) {
    for (int i = 0; i < 20; i++) {
        brine_packet packet = filled_packet(argument, 1 + (uint64_t)i * 3000, (uint8_t)i);
        check_filled(packet);
        if (i % 3) CHECK_OK(brine_packet_free(packet));
    }
}

static void threads(void) {
    pthread_t all[3];
    brine_pool *pool = make_pool("f", 64 * MIB);
    for (int i = 0; i < 3; i++) CHECK_EQ_INT(pthread_create(&all[i], NULL, allocate, pool), 0);
    for (int i = 0; i < 30; i++) CHECK_IN_CHILD(busy_child, pool);
    a32_store_release(&stop, 1);
    for (int i = 0; i < 3; i++) pthread_join(all[i], NULL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    drop_pool(pool);
}

/* A raw clone runs no fork handlers: the wiped page tells the child. */
static void raw_clone(void) {
    brine_pool *pool = make_pool("f", 4 * MIB);
    brine_packet packet = filled_packet(pool, 3000, 1);
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    CHECK_SYS(pid);
    if (pid == 0) {
        struct family f = {pool, packet, NULL, pool->base};
        child_uses(&f);
        _exit(0);
    }
    CHECK_EXIT(pid, 0);
    check_filled(packet);
    drop_pool(pool);
}

int main(void) {
    brine_pool *pool = make_pool("f", 16 * MIB);
    family_of(pool);
    brine_pool *reader = attach_readonly("f");
    CHECK_IN_CHILD(readonly_child, reader);
    CHECK_EQ_INT(info_of(reader).participants, 1);
    brine_pool_detach(reader);
    CHECK_OK(brine_pool_unlink("f"));
    family_of(pool); /* also without a name */
    brine_pool_detach(pool);

    brine_pool_options options = {.max_bytes = 16 * MIB};
    CHECK_OK(brine_pool_create_private(&options, &pool));
    CHECK_STR(brine_pool_name(pool), "");
    family_of(pool);
    brine_pool_detach(pool);
    raw_clone();
    threads();
    return 0;
}
