/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scene: what there is before an operation, the operation, and what must be there after its process was killed
 * somewhere in it. Used by the kill matrix (which looks at copies of the pool) and the freeze matrix (which stops the
 * process and lets others work).
 *
 * The pool has three pipes, "a" and "b", and "l" with leases, a limit of two deliveries and the dead-letter pipe
 * "dead". Packets carry numbers. The ledger says how often each number must be found in the end: 1 to 99 were sent by
 * the scene, CHILD is what the operation sends, from LOOSE on are those that need not be accounted for.
 */
#ifndef TESTS_CRASH_SCENE_H
#define TESTS_CRASH_SCENE_H

#include <sys/prctl.h>

#include "trap.h"

#define CHILD 200
#define RICH 201 /* the number of a packet with values of every kind */
#define MANY 210 /* and the next ones: what the operation sends at once */
#define LOOSE 230
#define ROOM 8 /* capacity of the pipes */
#define AT_ONCE 3

struct ledger {
    uint8_t least[256], most[256];
    unsigned missing; /* so many of the least may be missing, besides those that the dead one held */
};

/* Shared by all processes of a scene. */
struct board {
    a32 returned; /* the operation returned */
    a32 stage;
    a32 asleep, busy; /* the process is in a futex call; its partner works */
    int rc;
    uint64_t number;     /* what it received */
    brine_packet packet; /* what it works on */
    size_t done;         /* of several at once: so many were sent or received */
    uint64_t numbers[AT_ONCE];
    brine_packet packets[AT_ONCE];
    uint8_t sent[256], got[256];
};
static struct board *board;
static brine_pool *pool;
static brine_pipe *pipe_a, *pipe_b, *pipe_l;
static char pool_text[16] = "p"; /* the name of the pool */

enum {
    FRESH = 1,      /* the process maps the pool in the operation */
    RECEIVES = 2,   /* the process has board->number, or numbers, when the operation has returned 0 */
    NO_FREEZE = 4,  /* not for the freeze matrix: it makes a pool, waits for others, or is made of other scenes */
    CREATES = 8,    /* the pool that is looked at is the one that it makes */
    SLEEPS = 16,    /* it calls futex(2) with an address in the pool to sleep */
    REAP_FIRST = 32 /* what it leaves is reported by brine_pool_check until somebody has reaped */
};
struct scene {
    const char *name;
    void (*before)(void); /* parent: brings the pool into the state that the scene begins with */
    void (*ready)(void);  /* the process: what comes before the operation */
    void (*act)(void);    /* the process: the operation, which sets board->rc */
    void (*expect)(bool returned, struct ledger *ledger); /* NULL: as it was sent */
    void (*look)(brine_pool *copy, bool returned);        /* further checks of a copy; may be NULL */
    unsigned flags;
};

/* Called by helpers: they end with the test, however it ends. */
static void die_with_parent(void) { CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGKILL)); }

/* ---- before ---- */

static void sent(uint64_t n) { board->sent[n]++; }
static void put(brine_pipe *pipe, uint64_t n) {
    CHECK_OK(put_number(pipe, n, brine_now()));
    sent(n);
}
static void three_in_a(void) {
    for (uint64_t n = 1; n <= 3; n++) put(pipe_a, n);
}
static void full_a(void) {
    for (uint64_t n = 1; n <= ROOM; n++) put(pipe_a, n);
}
static void three_in_l(void) {
    for (uint64_t n = 1; n <= 3; n++) put(pipe_l, n);
}

/* The next position of "a" is `before` slots before the ring begins again. */
static void turn_a(uint64_t before) {
    uint64_t n;
    while (((a64_load_relaxed(&pipe_a->control->tail) + before) & pipe_a->mask) != 0) {
        CHECK_OK(put_number(pipe_a, LOOSE, brine_now()));
        CHECK_OK(get_number(pipe_a, &n, brine_now()));
    }
}
static void six_in_a(void) {
    for (uint64_t n = 1; n <= ROOM - 2; n++) put(pipe_a, n);
}
static void four_in_a(void) {
    for (uint64_t n = 1; n <= AT_ONCE + 1; n++) put(pipe_a, n);
}
static void three_in_a_turning(void) {
    turn_a(AT_ONCE + 2); /* what is sent next, too, stands on both sides */
    three_in_a();
}
static void four_in_a_turning(void) {
    turn_a(2);
    four_in_a();
}

/* As one who dies having taken a packet, in the middle of dequeue. */
static void taker(void *argument) {
    brine_pipe *pipe = *(brine_pipe **)argument;
    uint32_t me = 0;
    brine_packet packet;
    CHECK_EQ_INT(pipe_enter(pipe, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(pipe, me, &packet), 0);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
}
static void one_returned_to_a(void) {
    three_in_a();
    CHECK_IN_CHILD(taker, &pipe_a);
    CHECK_OK(brine_pool_reap(pool, NULL));
}

static uint64_t number_in(brine_packet packet) {
    brine_ref at = brine_root(packet);
    return brine_type_of(at) == BRINE_TAB ? (uint64_t)brine_get_int(at, "n", 0) : number_of(packet);
}

/* ---- ready ---- */

static void attach(void) { brine_pipe_length(pipe_a); }
/* Has pages to allocate from. */
static void warm(void) { CHECK_OK(brine_packet_free(number_packet(pool, 0))); }
static void with_number(void) { board->packet = number_packet(pool, CHILD); }
static void with_packet(void) {
    warm();
    CHECK_OK(brine_packet_new(pool, &board->packet));
}

/* Has sent to "a" and received from it, or says so: only the first call of a process takes another way. */
static void used_a(void) {
    attach();
    brine__endpoint_role(pipe_a, ENDP_READS);
    brine__endpoint_role(pipe_a, ENDP_WRITES);
}
static void with_several(void) {
    for (int i = 0; i < AT_ONCE; i++) board->packets[i] = number_packet(pool, MANY + (uint64_t)i);
    used_a();
}
static void with_several_shared(void) {
    with_several();
    CHECK_OK(brine_packet_share(&board->packets[1]));
}

static brine_ref root(void) { return brine_root(board->packet); }

#endif
