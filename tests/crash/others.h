/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The others: a process that does every operation while another one is stopped in the middle of one. It may not wait: a
 * system call that sleeps ends it (seccomp), and the processor time that it takes is measured.
 */
#ifndef TESTS_CRASH_OTHERS_H
#define TESTS_CRASH_OTHERS_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#include "operations.h"

/* ---- may not wait ---- */

#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n)) /* its low half */
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define NEVER(number) UNLESS((number), 1), DENY

/* From here on a call that sleeps ends this process. */
static void forbid_sleep(void) {
    /* clang-format off */
    struct sock_filter code[] = {
        LOAD(offsetof(struct seccomp_data, nr)),
        NEVER(SYS_nanosleep), NEVER(SYS_clock_nanosleep), NEVER(SYS_poll), NEVER(SYS_ppoll), NEVER(SYS_select), NEVER(SYS_pselect6),
        NEVER(SYS_epoll_wait), NEVER(SYS_epoll_pwait), NEVER(SYS_flock), NEVER(SYS_pause), NEVER(SYS_rt_sigtimedwait), NEVER(TRAP_FUTEX_WAITV),
        UNLESS(SYS_futex, 6), LOAD(ARGUMENT(1)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 127), NEVER(FUTEX_WAIT), NEVER(FUTEX_WAIT_BITSET),
        LOAD(offsetof(struct seccomp_data, nr)),
        UNLESS(SYS_fcntl, 5), LOAD(ARGUMENT(1)), NEVER(F_SETLKW), NEVER(F_OFD_SETLKW),
        ALLOW,
    };
    /* clang-format on */
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    CHECK_SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK_SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

/* ---- what they do ---- */

static uint64_t others_next = 100; /* of what they send */

static void others_allocate(void) {
    static const size_t sizes[] = {0, 3000, 70000};
    brine_packet packet;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_OK(brine_packet_new_sized(pool, sizes[i], &packet));
        CHECK_OK(brine_packet_free(packet));
    }
    void *memory = brine_pool_allocate(pool, 2000);
    CHECK(memory != NULL);
    CHECK_OK(brine_pool_deallocate(pool, memory));
}

static void others_build(void) {
    brine_packet packet, more;
    CHECK_OK(brine_packet_new(pool, &packet));
    put_scalars(brine_root(packet));
    put_packets(brine_root(packet));
    CHECK_OK(brine_packet_error(packet));
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &more));
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_packet_own(&more));
    CHECK_OK(brine_packet_free(more));
}

static void others_publish(void) {
    brine_packet packet;
    CHECK_OK(brine_publish(pool, "v", number_packet(pool, LOOSE + 5)));
    CHECK_OK(brine_lookup(pool, "v", brine_now(), &packet));
    CHECK_EQ_INT(take_number(packet), LOOSE + 5);
    CHECK_OK(brine_unpublish(pool, "v"));
    CHECK_STATUS(brine_lookup(pool, "v", brine_now(), &packet), BRINE_ENOENT);
    CHECK_OK(brine_publish(pool, "v", number_packet(pool, LOOSE + 6)));
}

static void use_pipe(brine_pipe *pipe) {
    uint64_t n;
    if (put_number(pipe, LOOSE + 7, brine_now()) == 0) CHECK_OK(get_number(pipe, &n, brine_now()));
}

/* A name of their own, and the one that the stopped one may be at. */
static void others_names(void) {
    brine_pipe *pipe, *again;
    CHECK_OK(brine_pipe_serve(pool, "s", 2, &pipe));
    use_pipe(pipe);
    CHECK_OK(brine_pipe_connect(pool, "s", brine_now(), &again));
    CHECK_OK(brine_pipe_close(again));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "s"));
    CHECK_OK(brine_pipe_serve(pool, "n", 0, &pipe));
    use_pipe(pipe);
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "n"));
    CHECK_OK(brine_pipe_serve(pool, "n", 4, &pipe)); /* another one of that name */
    use_pipe(pipe);
    CHECK_OK(brine_pipe_close(pipe));
}

static int try_put(brine_pipe *pipe) {
    uint64_t n = others_next++;
    int rc = put_number(pipe, n, brine_now());
    if (rc == 0)
        board->sent[n]++;
    else
        CHECK_STATUS(rc, BRINE_ETIMEDOUT);
    return rc;
}
static void must_get(brine_pipe *pipe) {
    brine_packet packet;
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    uint64_t n = number_in(packet);
    CHECK(n < 256);
    CHECK_OK(brine_packet_free(packet));
    board->got[n]++;
}

/* Two packets in, two packets out: the stopped one may have taken one, not two. A full pipe gives some first. */
static void others_send(brine_pipe *pipe) {
    if (brine_pipe_length(pipe) == ROOM) must_get(pipe);
    int first = try_put(pipe), second = try_put(pipe);
    if (first == 0) must_get(pipe);
    if (second == 0) must_get(pipe);
}

/* The same, two at once. */
static void others_send_many(brine_pipe *pipe) {
    brine_packet packets[2];
    size_t put, got;
    if (brine_pipe_length(pipe) == ROOM) must_get(pipe);
    uint64_t first = others_next;
    for (int i = 0; i < 2; i++) packets[i] = number_packet(pool, others_next++);
    int rc = brine_enqueue_many(pipe, packets, 2, brine_now(), &put);
    CHECK(put == 2 ? rc == 0 : rc == BRINE_ETIMEDOUT);
    for (size_t i = 0; i < 2; i++) {
        if (i < put)
            board->sent[first + i]++;
        else
            CHECK_OK(brine_packet_free(packets[i]));
    }
    for (; put; put -= got) {
        CHECK_OK(brine_dequeue_many(pipe, packets, put, brine_now(), &got));
        CHECK(got >= 1 && got <= put);
        for (size_t i = 0; i < got; i++) {
            board->got[number_in(packets[i])]++;
            CHECK_OK(brine_packet_free(packets[i]));
        }
    }
}

static void others_lease(void) {
    brine_packet packet;
    CHECK_EQ_INT(try_put(pipe_l), 0);
    CHECK_OK(brine_dequeue(pipe_l, &packet, brine_now()));
    if (brine_deliveries(packet) == 1) {
        CHECK_OK(brine_nack(packet));
        CHECK_OK(brine_dequeue(pipe_l, &packet, brine_now()));
    }
    uint64_t n = number_of(packet);
    CHECK_OK(brine_packet_free(packet));
    board->got[n]++;
}

static void others_fan_out(void) {
    brine_pipe *outputs[2] = {pipe_b, pipe_a};
    brine_packet rest;
    int rc = brine_fanout(number_packet(pool, LOOSE + 8), outputs, 2, BRINE_BLOCK, brine_now(), NULL, &rest);
    CHECK(rc == 0 || rc == BRINE_ETIMEDOUT);
    CHECK_OK(brine_packet_free(rest));
    must_get(pipe_b);
    if (rc == 0) must_get(pipe_a);
}

static int ignore_pipe(const brine_pipe_info *info, void *context) {
    (void)info;
    (void)context;
    return 0;
}
static int ignore_participant(const brine_participant_info *info, void *context) {
    (void)info;
    (void)context;
    return 0;
}
static void others_look(void) {
    brine_pool_info info;
    CHECK_OK(brine_pool_get_info(pool, &info));
    CHECK_OK(brine_pipe_each(pool, ignore_pipe, NULL));
    CHECK_OK(brine_participant_each(pool, ignore_participant, NULL));
    CHECK(brine_pool_check(pool, NULL, NULL) >= 0); /* not quiet: what it finds is no matter */
}

static void others_come_and_go(void) {
    brine_pool *again;
    CHECK_OK(brine_pool_attach(pool_text, NULL, brine_now(), &again));
    CHECK_OK(brine_packet_free(number_packet(again, 1)));
    brine_pool_detach(again);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_OK(brine_pool_trim(pool, NULL));
}

static void others_work(void) {
    others_next = 100;
    others_allocate();
    others_build();
    others_send(pipe_a);
    others_send(pipe_b);
    others_send_many(pipe_a);
    others_send_many(pipe_b);
    others_lease();
    others_fan_out();
    others_publish();
    others_names();
    others_look();
    others_come_and_go();
}

#endif
