/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 serial */
/* Enqueue and dequeue, of one packet and of several, killed or frozen at every instruction: a packet whose enqueue
 * returned is received exactly once, nothing leaks, and nobody waits for the frozen. */
#include "stepper.h"

#define CHILD 200 /* the number that the child sends */
#define CAPACITY 4

static brine_pipe *pipe_a;
static uint8_t sent[256], got[256]; /* by the parent */
static uint64_t next_sent;

static void put(void) {
    uint64_t n = next_sent++;
    CHECK_OK(put_number(pipe_a, n, brine_now()));
    sent[n]++;
}

static uint64_t in_order[256]; /* what was received, in that order */
static int received;
static void note(uint64_t n) {
    got[n]++;
    in_order[received++] = n;
}

static void get(void) {
    uint64_t n;
    CHECK_OK(get_number(pipe_a, &n, brine_now()));
    note(n);
}

static void drain(void) {
    uint64_t n;
    while (get_number(pipe_a, &n, brine_now()) == 0) note(n);
}

static void fill(int count) {
    received = 0;
    memset(sent, 0, sizeof sent);
    memset(got, 0, sizeof got);
    next_sent = 1;
    for (int i = 0; i < count; i++) put();
}

/* Every number that was sent was received once, but for `missing` of them. */
static void check_ledger(unsigned missing) {
    unsigned lost = 0;
    for (uint64_t n = 0; n < CHILD; n++) {
        CHECK_MSG(got[n] <= sent[n], "packet %" PRIu64 " was received %u times, sent %u times", n, got[n], sent[n]);
        lost += sent[n] - got[n];
    }
    CHECK_MSG(lost <= missing, "%u packets were lost", lost - missing);
}

/* ---- the child sends ---- */

static void ready_to_send(void) {
    brine_pipe_length(pipe_a); /* attaches */
    said->packet = number_packet(pool, CHILD);
}
static void send(void) { said->rc = brine_enqueue(pipe_a, said->packet, brine_now()); }

/* What was sent and returned is there; what did not return is there once or not at all. */
static void after_send(bool returned) {
    drain();
    check_ledger(0);
    if (returned)
        CHECK_EQ_INT(got[CHILD], said->rc == 0);
    else
        CHECK(got[CHILD] <= 1);
    if (returned) CHECK(said->rc == 0 || said->rc == BRINE_ETIMEDOUT);
}

static void before_send(void) { fill(1); }
static void during_send(void) {
    CHECK_PROMPT(put());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(get());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(CHECK_OK(brine_packet_free(number_packet(pool, 1))));
}
static void after_send_with_room(bool returned) {
    after_send(returned);
    if (returned) CHECK_EQ_INT(said->rc, 0); /* there was room at every moment */
}

static void before_full(void) { fill(CAPACITY); }
static void during_full(void) {
    for (int i = 0; i < CAPACITY; i++) CHECK_PROMPT(get());
}

/* As if this process had been stopped in the middle of a take: the slot says taken, nothing else does. */
static uint32_t half_taken;
static void take_half(void) {
    uint64_t h = a64_load_acquire(&pipe_a->control->head), s = a64_load_acquire(&pipe_a->slots[h & pipe_a->mask]);
    half_taken = slot_rec(s);
    a64_store_release(&pipe_a->slots[h & pipe_a->mask],
                      slot_word((h >> pipe_a->shift) + 1, false, a32_load_relaxed(pool->me), half_taken));
}
/* And goes on. */
static void take_other_half(void) {
    struct record *d = pool_record(pool, half_taken);
    uint32_t gen = word_gen(a64_load_acquire(&d->word)), me = a32_load_relaxed(pool->me);
    while (brine__ring_help(&(struct ring){pool, pipe_a->control, pipe_a->slots, pipe_a->mask, pipe_a->shift,
                                           pipe_a->capacity, pipe_a->index, pipe_a->gen})) {
    }
    CHECK_EQ_INT(a64_load_acquire(&d->word), WORD(gen, REC_ARRIVED, me));
    a64_store_release(&d->word, WORD(gen, REC_HELD, me));
    got[take_number(packet_of(pool, half_taken, gen))]++;
}

static void before_send_helping(void) {
    fill(CAPACITY);
    take_half();
}
static void after_send_helping(bool returned) {
    take_other_half();
    after_send_with_room(returned);
}

/* ---- the child receives ---- */

static void ready_to_receive(void) { brine_pipe_length(pipe_a); } /* attaches */
static void receive(void) {
    said->rc = brine_dequeue(pipe_a, &said->packet, brine_now());
    if (said->rc == 0) said->number = number_of(said->packet);
}

static void check_received(bool returned) {
    drain();
    if (returned && said->rc == 0) {
        CHECK(said->number > 0 && said->number < CHILD && got[said->number] == 0);
        got[said->number]++;
    }
    check_ledger(returned ? 0 : 1); /* not returned: the packet may have become the dead one's just before */
}

static void before_receive(void) { fill(3); }
static void during_receive(void) {
    CHECK_PROMPT(get());
    CHECK_PROMPT(get());
    CHECK_PROMPT(put());
    CHECK_PROMPT(put());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(CHECK_OK(brine_packet_free(number_packet(pool, 1))));
}
static void after_receive(bool returned) {
    check_received(returned);
    if (returned) CHECK_EQ_INT(said->rc, 0);
}

static void before_empty(void) { fill(0); }
static void during_empty(void) {
    CHECK_PROMPT(put());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
}

static void before_receive_helping(void) {
    fill(3);
    take_half();
}
static void after_receive_helping(bool returned) {
    take_other_half();
    after_receive(returned);
}

/* A packet that a dead reader left behind. */
static void taker(void *argument) {
    uint32_t me = 0;
    brine_packet packet;
    (void)argument;
    CHECK_EQ_INT(pipe_enter(pipe_a, &me), 0);
    CHECK_EQ_INT(brine__ring_dequeue(pipe_a, me, &packet), 0);
    a64_store_release(&pool_record(pool, packet.record)->word, WORD(packet.generation, REC_ARRIVED, me));
}
static void before_receive_returned(void) {
    fill(3);
    CHECK_IN_CHILD(taker, NULL);
    CHECK_OK(brine_pool_reap(pool, NULL));
}

/* ---- a helper that comes late ---- */

/*
 * An actor takes the packet at the head and stops in the middle; the child helps and is frozen at every
 * instruction of that; the actor goes on, gets the packet, sends the same packet again, and dies later. The
 * child must not take the second journey for the first.
 */
static a32 *stage;
static pid_t actor_pid;
static void actor(void *argument) {
    (void)argument;
    brine_packet packet = number_packet(pool, CHILD);
    CHECK_OK(brine_enqueue(pipe_a, packet, brine_now()));
    a32_store_release(stage, 1);
    await(stage, 2);
    take_half();
    a32_store_release(stage, 3);
    await(stage, 4);
    struct record *d = pool_record(pool, packet.record);
    /* the rest of a dequeue, then the packet goes back into the pipe */
    a64_store_release(&d->word, WORD(packet.generation, REC_ARRIVED, a32_load_relaxed(pool->me)));
    uint64_t h = a64_load_acquire(&d->pos);
    a64_cas_acq_rel(&pipe_a->control->head, &h, h + 1);
    a64_store_release(&d->word, WORD(packet.generation, REC_HELD, a32_load_relaxed(pool->me)));
    CHECK_OK(brine_enqueue(pipe_a, packet, brine_now()));
    a32_store_release(stage, 5);
    for (;;) sleep_ms(1000);
}
static void actor_takes(void) {
    a32_store_release(stage, 0);
    actor_pid = check_fork(actor, NULL);
    await(stage, 1);
}
static void actor_stops(void) {
    a32_store_release(stage, 2);
    await(stage, 3);
}
static void actor_goes_on(void) {
    a32_store_release(stage, 4);
    await(stage, 5);
}
static void actor_dies(void) {
    if (a32_load_acquire(stage) == 3) {
        if (brine_pipe_length(pipe_a) == CAPACITY) get();
        actor_goes_on();
    }
    CHECK_SYS(kill(actor_pid, SIGKILL));
    CHECK_KILLED(actor_pid, SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
}

static void before_late_receive(void) {
    fill(0);
    actor_takes();
    put();
    actor_stops();
}
static void before_late_send(void) {
    fill(0);
    actor_takes();
    for (int i = 1; i < CAPACITY; i++) put();
    actor_stops();
}
/* Then there must be room for the child, and for the actor. */
static void during_late_send(void) {
    CHECK_PROMPT(get());
    CHECK_PROMPT(get());
    actor_goes_on();
}
/* The second journey ends once, with whoever it was. */
static void after_late_receive(bool returned) {
    actor_dies();
    drain();
    if (returned && said->rc == 0) got[said->number]++;
    check_ledger(returned ? 0 : 1);
    CHECK(got[CHILD] == 1 || (!returned && got[CHILD] == 0));
}
static void ready_to_send_late(void) {
    brine_pipe_length(pipe_a);
    said->packet = number_packet(pool, CHILD - 1);
}
static void after_late_send(bool returned) {
    actor_dies();
    drain();
    CHECK_EQ_INT(got[CHILD], 1);
    if (returned) CHECK_EQ_INT(got[CHILD - 1], said->rc == 0);
    CHECK(got[CHILD - 1] <= 1);
    got[CHILD - 1] = 0;
    check_ledger(0);
}

/* ---- several packets at once ---- */

#define AT_ONCE 3

/* In a pipe that was used before, so that not only its first call takes another way. */
static void use_pipe(void) {
    brine_pipe_length(pipe_a); /* attaches */
    brine__endpoint_role(pipe_a, ENDP_READS);
    brine__endpoint_role(pipe_a, ENDP_WRITES);
}
static void ready_to_send_many(void) {
    for (uint64_t i = 0; i < AT_ONCE; i++) said->packets[i] = number_packet(pool, CHILD + i);
    use_pipe();
}
static void send_many(void) { said->rc = brine_enqueue_many(pipe_a, said->packets, AT_ONCE, brine_now(), &said->done); }

/* The first of the child's are in, each once and in order; all that it was told of, and no more. */
static void after_send_many(bool returned) {
    drain();
    check_ledger(0);
    uint64_t next = CHILD;
    for (int i = 0; i < received; i++)
        if (in_order[i] >= CHILD) CHECK_EQ_INT(in_order[i], next++);
    if (!returned) return;
    CHECK(said->done == AT_ONCE ? said->rc == 0 : said->rc == BRINE_ETIMEDOUT);
    CHECK_EQ_INT(next - CHILD, said->done);
}
static void after_send_all(bool returned) {
    after_send_many(returned);
    if (returned) CHECK_EQ_INT(said->done, AT_ONCE);
}

static void before_send_many(void) { fill(0); }
/* There is room for one more, whatever the child has put in. */
static void during_send_many(void) {
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(put());
    CHECK_PROMPT(CHECK_OK(brine_packet_free(number_packet(pool, 1))));
}
/* With what the child sends the ring begins again. */
static void before_send_turning(void) {
    fill(0);
    while (((a64_load_acquire(&pipe_a->control->tail) + 2) & pipe_a->mask) != 0) {
        put();
        get();
    }
    received = 0;
    memset(sent, 0, sizeof sent);
    memset(got, 0, sizeof got);
}
static void before_send_part(void) { fill(CAPACITY - 1); }
static void after_send_part(bool returned) {
    after_send_many(returned);
    if (returned && stop_mode == KILL) CHECK_EQ_INT(said->done, 1);
}
static void during_send_part(void) {
    for (int i = 0; i < CAPACITY - 1; i++) CHECK_PROMPT(get());
}
static void after_send_many_helping(bool returned) {
    take_other_half();
    after_send_many(returned);
    if (returned) CHECK_EQ_INT(said->done, 1);
}

static void receive_many(void) {
    said->rc = brine_dequeue_many(pipe_a, said->packets, AT_ONCE, brine_now(), &said->done);
    for (size_t i = 0; said->rc == 0 && i < said->done; i++) said->numbers[i] = number_of(said->packets[i]);
}
/* What the child did not get the others got, in order: killed in between, it had the first ones or none. */
static void after_receive_many(bool returned) {
    drain();
    check_ledger(AT_ONCE);
    if (stop_mode == KILL)
        for (int i = 1; i < received; i++) CHECK_EQ_INT(in_order[i], in_order[i - 1] + 1);
    if (!returned) return;
    CHECK_OK(said->rc);
    for (size_t i = 0; i < said->done; i++) {
        CHECK(i == 0 || said->numbers[i] > said->numbers[i - 1]);
        CHECK(said->numbers[i] > 0 && said->numbers[i] < CHILD);
        got[said->numbers[i]]++;
    }
    check_ledger(0);
}
static void after_receive_three(bool returned) {
    after_receive_many(returned);
    if (returned && stop_mode == KILL) CHECK_EQ_INT(said->done, AT_ONCE);
}
static void before_receive_many(void) { fill(CAPACITY); }
static void before_receive_turning(void) {
    before_send_turning();
    for (int i = 0; i < CAPACITY; i++) put();
}
/* There is one at least that the child has not taken, and then room. */
static void during_receive_many(void) {
    CHECK_PROMPT(get());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(put());
    CHECK_PROMPT(get());
    CHECK_PROMPT(CHECK_OK(brine_packet_free(number_packet(pool, 1))));
}
static void during_receive_all(void) {
    for (int i = 0; i < 3; i++) {
        CHECK_PROMPT(put());
        CHECK_PROMPT(get());
    }
}
static void after_receive_many_helping(bool returned) {
    take_other_half();
    after_receive_many(returned);
}

static void test(void *argument) {
    static const struct scene scenes[] = {
        {"enqueue", before_send, ready_to_send, send, during_send, after_send_with_room, NULL},
        {"enqueue, full", before_full, ready_to_send, send, during_full, after_send, NULL},
        {"enqueue, helping", before_send_helping, ready_to_send, send, NULL, after_send_helping, NULL},
        {"dequeue", before_receive, ready_to_receive, receive, during_receive, after_receive, NULL},
        {"dequeue, empty", before_empty, ready_to_receive, receive, during_empty, check_received, NULL},
        {"dequeue, helping", before_receive_helping, ready_to_receive, receive, NULL, after_receive_helping, NULL},
        {"dequeue, helping late", before_late_receive, ready_to_receive, receive, actor_goes_on, after_late_receive,
         NULL},
        {"enqueue, helping late", before_late_send, ready_to_send_late, send, during_late_send, after_late_send, NULL},
        {"dequeue, returned", before_receive_returned, ready_to_receive, receive, during_receive, after_receive, NULL},
        {"enqueue many", before_send_many, ready_to_send_many, send_many, during_send_many, after_send_all, NULL},
        {"enqueue many, turning", before_send_turning, ready_to_send_many, send_many, during_send_many, after_send_all,
         NULL},
        {"enqueue many, part", before_send_part, ready_to_send_many, send_many, during_send_part, after_send_part,
         NULL},
        {"enqueue many, helping", before_send_helping, ready_to_send_many, send_many, NULL, after_send_many_helping,
         NULL},
        {"dequeue many", before_receive_many, use_pipe, receive_many, during_receive_many, after_receive_three, NULL},
        {"dequeue many, turning", before_receive_turning, use_pipe, receive_many, during_receive_many,
         after_receive_three, NULL},
        {"dequeue many, helping", before_receive_helping, use_pipe, receive_many, NULL, after_receive_many_helping,
         NULL},
        {"dequeue many, returned", before_receive_returned, use_pipe, receive_many, during_receive_all,
         after_receive_many, NULL},
    };
    (void)argument;
    stage = shared_memory(4096);
    pool = make_pool("p", 4 * MIB);
    pipe_a = serve(pool, "a", CAPACITY);
    used_at_rest = info_of(pool).used_bytes;
    run_scenes(scenes, sizeof scenes / sizeof *scenes, 20);
    CHECK_OK(brine_pipe_close(pipe_a));
    CHECK_OK(brine_pipe_remove(pool, "a"));
    check_empty(pool);
    drop_pool(pool);
}

int main(void) { return step_main(test); }
