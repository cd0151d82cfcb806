/* SPDX-License-Identifier: Apache-2.0 */
/* Several packets in one call: order, part of them, what is refused and what stays the caller's, waiting, counters; the
 * same as so many single calls. */
#include "pipe_helpers.h"

#define MANY 300 /* more than are in hand at any instant */

static brine_pool *pool;
static brine_pipe *the_pipe;

/* count packets with numbers from `first` on. */
static void make_numbers(brine_packet *packets, size_t count, uint64_t first) {
    for (size_t i = 0; i < count; i++) packets[i] = number_packet(pool, first + i);
}
static void free_numbers(brine_packet *packets, size_t count, uint64_t first) {
    for (size_t i = 0; i < count; i++) CHECK_EQ_INT(take_number(packets[i]), first + i);
}
static void put_numbers(brine_pipe *pipe, size_t count, uint64_t first) {
    brine_packet packets[MANY];
    size_t done = MANY + 1;
    make_numbers(packets, count, first);
    CHECK_OK(brine_enqueue_many(pipe, packets, count, brine_now(), &done));
    CHECK_EQ_INT(done, count);
}
/* The next `count`, in as many calls as it takes, of at most `most` each; then the pipe is looked at no further. */
static void get_numbers(brine_pipe *pipe, size_t count, size_t most, uint64_t first) {
    brine_packet packets[MANY];
    size_t done;
    for (size_t n = 0; n < count; n += done) {
        size_t asked = count - n < most ? count - n : most;
        CHECK_OK(brine_dequeue_many(pipe, packets, asked, brine_now(), &done));
        CHECK(done >= 1 && done <= asked);
        free_numbers(packets, done, first + n);
    }
}
static void check_drained(brine_pipe *pipe) {
    brine_packet packet;
    size_t done = 7;
    CHECK_STATUS(brine_dequeue_many(pipe, &packet, 1, brine_now(), &done), BRINE_ETIMEDOUT);
    CHECK_EQ_INT(done, 0);
}
static void end_pipe(brine_pipe *pipe) {
    char name[BRINE_NAME_MAX + 1];
    snprintf(name, sizeof name, "%s", brine_pipe_name(pipe));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, name));
    check_empty(pool);
}

/* ---- order and counts ---- */

static void order(void) {
    check_rng rng = check_seed(1);
    brine_pipe *out = serve(pool, "p", 70), *in = connect_to(pool, "p");
    uint64_t put = 0, got = 0;
    for (int round = 0; round < 2000; round++) {
        size_t n = check_below(&rng, 71 - (put - got)), done;
        brine_packet packets[100];
        if (n && check_below(&rng, 4))
            put_numbers(out, n, put);
        else
            for (size_t i = 0; i < n; i++) CHECK_OK(put_number(out, put + i, brine_now()));
        put += n;
        CHECK_EQ_INT(brine_pipe_length(in), put - got);
        size_t asked = 1 + check_below(&rng, 100);
        if (check_below(&rng, 4) == 0) {
            if (put > got) CHECK_EQ_INT(next_number(in), got++);
            continue;
        }
        int rc = brine_dequeue_many(in, packets, asked, brine_now(), &done);
        CHECK_EQ_INT(rc, put > got ? 0 : BRINE_ETIMEDOUT);
        CHECK(done <= asked && done <= put - got && (rc != 0) == (done == 0));
        free_numbers(packets, done, got);
        got += done;
    }
    brine_pipe_info info = pipe_info(pool, "p");
    CHECK_EQ_INT(info.packets_in, put);
    CHECK_EQ_INT(info.packets_out, got);
    CHECK_EQ_INT(info.bytes_in, put * RECORD_BYTES);
    CHECK_EQ_INT(info.bytes_out, got * RECORD_BYTES);
    CHECK_EQ_INT(info.depth, put - got);
    CHECK_OK(brine_pipe_close(in));
    end_pipe(out);
}

/* A full pipe takes a part; the rest is still the caller's. */
static void part(uint32_t capacity) {
    brine_pipe *pipe = serve(pool, "p", capacity);
    brine_packet packets[MANY];
    size_t done = 999, in = capacity < 100 ? capacity : 100;
    CHECK(capacity + 5 < MANY);
    for (int round = 0; round < 3; round++) {
        make_numbers(packets, capacity + 5, 0);
        CHECK_STATUS(brine_enqueue_many(pipe, packets, capacity + 5, brine_now(), &done), BRINE_ETIMEDOUT);
        CHECK_CONTAINS(brine_detail(), "full");
        CHECK_EQ_INT(done, capacity);
        CHECK_EQ_INT(brine_pipe_length(pipe), capacity);
        for (size_t i = 0; i < capacity + 5; i++) CHECK_EQ_INT(brine_packet_held(packets[i]), i >= capacity);
        CHECK_STATUS(brine_enqueue_many(pipe, packets + capacity, 5, brine_milliseconds(5), &done), BRINE_ETIMEDOUT);
        CHECK_EQ_INT(done, 0);
        get_numbers(pipe, in, MANY, 0);
        int rc = brine_enqueue_many(pipe, packets + capacity, 5, brine_now(), NULL); /* what has room now */
        CHECK_EQ_INT(rc, in >= 5 ? 0 : BRINE_ETIMEDOUT);
        size_t more = in < 5 ? in : 5;
        get_numbers(pipe, capacity - in + more, 3, in);
        check_drained(pipe);
        free_numbers(packets + capacity + more, 5 - more, capacity + more);
    }
    brine_pipe_info info = pipe_info(pool, "p");
    CHECK_EQ_INT(info.packets_in, info.packets_out);
    CHECK(info.timeouts_in >= 6 && info.timeouts_out == 3);
    end_pipe(pipe);
}

/* ---- what is refused ---- */

static void arguments(void) {
    brine_pipe *pipe = serve(pool, "p", 8);
    brine_packet packets[2];
    size_t done = 5;
    make_numbers(packets, 2, 0);
    CHECK_OK(brine_enqueue_many(pipe, packets, 0, brine_now(), &done));
    CHECK_EQ_INT(done, 0);
    CHECK_OK(brine_enqueue_many(pipe, NULL, 0, brine_forever(), NULL));
    done = 5;
    CHECK_STATUS(brine_enqueue_many(pipe, NULL, 2, brine_now(), &done), BRINE_EINVAL);
    CHECK_EQ_INT(done, 0);
    done = 5;
    CHECK_STATUS(brine_enqueue_many(NULL, packets, 2, brine_now(), &done), BRINE_EINVAL);
    CHECK_EQ_INT(done, 0);
    CHECK(brine_packet_held(packets[0]) && brine_packet_held(packets[1]));
    CHECK_OK(brine_enqueue_many(pipe, packets, 2, brine_now(), NULL));
    CHECK_STATUS(brine_dequeue_many(NULL, packets, 2, brine_now(), &done), BRINE_EINVAL);
    CHECK_STATUS(brine_dequeue_many(pipe, NULL, 2, brine_now(), &done), BRINE_EINVAL);
    done = 5;
    CHECK_STATUS(brine_dequeue_many(pipe, packets, 0, brine_now(), &done), BRINE_EINVAL);
    CHECK_EQ_INT(done, 0);
    CHECK_STATUS(brine_dequeue_many(pipe, packets, 2, brine_now(), NULL), BRINE_EINVAL);
    CHECK_EQ_INT(brine_pipe_length(pipe), 2);
    get_numbers(pipe, 2, 2, 0);
    brine_pipe *client = connect_to(pool, "p");
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    make_numbers(packets, 2, 0);
    CHECK_STATUS(brine_enqueue_many(client, packets, 2, brine_now(), &done), BRINE_ENOENT);
    CHECK_STATUS(brine_dequeue_many(client, packets, 2, brine_now(), &done), BRINE_ENOENT);
    free_numbers(packets, 2, 0);
    CHECK_OK(brine_pipe_close(client));
    check_empty(pool);
}

/* The third of five cannot be sent: two are in, in order, and the others are whose they were. */
static void refused(brine_packet bad, int status) {
    brine_pipe *pipe = serve(pool, "p", 8);
    brine_packet packets[5];
    size_t done;
    for (int used = 0; used < 2; used++) {
        make_numbers(packets, 5, 0);
        CHECK_OK(brine_packet_free(packets[2]));
        packets[2] = bad;
        CHECK_STATUS(brine_enqueue_many(pipe, packets, 5, brine_forever(), &done), status);
        CHECK_EQ_INT(done, 2);
        CHECK_EQ_INT(brine_pipe_length(pipe), 2);
        CHECK(brine_packet_held(packets[3]) && brine_packet_held(packets[4]));
        get_numbers(pipe, 2, 5, 0);
        free_numbers(packets + 3, 2, 3);
    }
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "p"));
}

static void all_refused(void) {
    brine_pool *other = make_pool("other", MIB);
    brine_packet packet = number_packet(other, 1);
    refused(packet, BRINE_EXPOOL);
    CHECK_EQ_INT(take_number(packet), 1);
    drop_pool(other);
    refused(brine_packet_none(), BRINE_ENOTHELD);
    packet = number_packet(pool, 1);
    CHECK_OK(brine_packet_free(packet));
    refused(packet, BRINE_ENOTHELD);
    refused((brine_packet){.record = 0xfffffff0u, .generation = 3, .pool = packet.pool}, BRINE_ENOTHELD);
    packet = number_packet(pool, 1);
    struct at at = at_of(packet);
    CHECK(brine__arena_alloc(&at, 64 * MIB, 8) == NULL);
    refused(packet, BRINE_ENOMEM);
    CHECK(brine_packet_held(packet));
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);
}

static void same_twice(void) {
    brine_pipe *pipe = serve(pool, "p", 8);
    for (int used = 0; used < 2; used++) {
        brine_packet a = number_packet(pool, 0), b = number_packet(pool, 1), packets[] = {a, b, a};
        size_t done;
        CHECK_STATUS(brine_enqueue_many(pipe, packets, 3, brine_now(), &done), BRINE_ENOTHELD);
        CHECK_CONTAINS(brine_detail(), "enqueued");
        CHECK_EQ_INT(done, 2);
        CHECK_EQ_INT(brine_pipe_length(pipe), 2);
        get_numbers(pipe, 2, 3, 0);
        check_drained(pipe);
    }
    end_pipe(pipe);
}

/* ---- packets of every kind ---- */

/* Shares, packets with children, big ones: what goes out is what went in, and as many bytes. */
static void kinds(void) {
    brine_pipe *pipe = serve(pool, "p", 8);
    brine_packet packets[4], got[4], clone;
    size_t done;
    put_numbers(pipe, 1, 0); /* from here on the handle takes the usual way */
    get_numbers(pipe, 1, 1, 0);
    packets[0] = number_packet(pool, 1);
    CHECK_OK(brine_packet_share(&packets[0]));
    CHECK_OK(brine_packet_clone(packets[0], &clone));
    CHECK_OK(brine_packet_new(pool, &packets[1]));
    CHECK_OK(brine_set_packet(brine_root(packets[1]), "child", filled_packet(pool, 5000, 3)));
    packets[2] = filled_packet(pool, 100000, 0x5a);
    packets[3] = clone;
    brine_pipe_info before = pipe_info(pool, "p");
    CHECK_OK(brine_enqueue_many(pipe, packets, 4, brine_now(), NULL));
    CHECK_OK(brine_dequeue_many(pipe, got, 4, brine_now(), &done));
    CHECK_EQ_INT(done, 4);
    brine_pipe_info after = pipe_info(pool, "p");
    CHECK_EQ_INT(after.packets_in - before.packets_in, 4);
    CHECK_EQ_INT(after.packets_out - before.packets_out, 4);
    CHECK_EQ_INT(after.bytes_in - before.bytes_in, after.bytes_out - before.bytes_out);
    CHECK(after.bytes_in - before.bytes_in >= 105000 + 5 * RECORD_BYTES);
    CHECK(brine_packet_is_shared(got[0]) && brine_packet_is_shared(got[3]));
    CHECK_EQ_INT(brine_packet_holders(got[0]), 2);
    CHECK_EQ_INT(take_number(got[0]), 1);
    CHECK_EQ_INT(take_number(got[3]), 1);
    CHECK_OK(brine_packet_validate(got[1]));
    CHECK_EQ_INT(brine_length(brine_root(got[1])), 1);
    CHECK_OK(brine_packet_free(got[1]));
    check_filled(got[2]);
    CHECK_OK(brine_packet_free(got[2]));
    end_pipe(pipe);
}

/* From a pipe with leases they are leased, each; what is given back comes again first, in order; and several can be
 * passed on at once, which acknowledges them. */
static void leases(void) {
    brine_pipe *from, *to = serve(pool, "to", 8);
    brine_packet packets[6];
    size_t done;
    CHECK_OK(
        brine_pipe_serve_with(pool, "from", &(brine_pipe_options){.capacity = 8, .flags = BRINE_PIPE_LEASES}, &from));
    put_numbers(from, 6, 0);
    CHECK_OK(brine_dequeue_many(from, packets, 4, brine_now(), &done));
    CHECK_EQ_INT(done, 4);
    for (uint64_t i = 0; i < 4; i++) {
        CHECK_EQ_INT(number_of(packets[i]), i);
        CHECK_EQ_INT(brine_deliveries(packets[i]), 1);
    }
    CHECK_OK(brine_nack(packets[2]));
    CHECK_OK(brine_nack(packets[1]));
    CHECK_OK(brine_packet_free(packets[0]));
    CHECK_OK(brine_ack(packets[3]));
    CHECK_EQ_INT(take_number(packets[3]), 3);
    static const uint64_t next[] = {1, 2, 4, 5};
    CHECK_OK(brine_dequeue_many(from, packets, 6, brine_now(), &done));
    CHECK_EQ_INT(done, 4);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ_INT(number_of(packets[i]), next[i]);
        CHECK_EQ_INT(brine_deliveries(packets[i]), i < 2 ? 2 : 1);
    }
    CHECK_OK(brine_enqueue_many(to, packets, 4, brine_now(), &done));
    CHECK_EQ_INT(done, 4);
    for (size_t i = 0; i < 4; i++) CHECK_EQ_INT(next_number(to), next[i]);
    CHECK_EQ_INT(pipe_info(pool, "from").leased, 0);
    check_drained(from);
    CHECK_OK(brine_pipe_close(to));
    CHECK_OK(brine_pipe_remove(pool, "to"));
    end_pipe(from);
}

/* ---- the dead ---- */

/* Dies having taken two, neither of them delivered. */
static void take_two(void *argument) {
    brine_packet packets[2];
    size_t done;
    (void)argument;
    uint32_t me = 0;
    CHECK_OK(pipe_enter(the_pipe, &me));
    brine__endpoint_role(the_pipe, ENDP_READS);
    CHECK_OK(brine_dequeue_many(the_pipe, packets, 2, brine_now(), &done));
    CHECK_EQ_INT(done, 2);
    for (size_t i = 2; i-- > 0;)
        a64_store_release(&pool_record(pool, packets[i].record)->word,
                          WORD(packets[i].generation, REC_ARRIVED, a32_load_relaxed(pool->me)));
}
static void returned_first(void) {
    the_pipe = serve(pool, "p", 8);
    put_numbers(the_pipe, 6, 0);
    CHECK_IN_CHILD(take_two, NULL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    CHECK_EQ_INT(pipe_info(pool, "p").returned, 2);
    get_numbers(the_pipe, 6, 6, 0);
    end_pipe(the_pipe);
}

static void send_two(void *argument) {
    (void)argument;
    put_numbers(the_pipe, 2, 0);
    raise(SIGKILL);
}
/* The second packet of a dead writer was taken, with the first, by one who has written down neither and not moved head,
 * after the reaper looked at head: it is the taker's, not the reaper's to free. */
static void taken_behind_head(void) {
    uint32_t index[2], gen[2], me;
    the_pipe = serve(pool, "p", 8);
    CHECK_OK(brine_packet_free(number_packet(pool, 1)));
    me = a32_load_relaxed(pool->me);
    CHECK_KILLED(check_fork(send_two, NULL), SIGKILL);
    uint64_t h = a64_load_acquire(&the_pipe->control->head);
    CHECK_EQ_INT(a64_load_acquire(&the_pipe->control->tail), h + 2);
    for (uint64_t i = 0; i < 2; i++) {
        a64 *slot = &the_pipe->slots[(h + i) & the_pipe->mask];
        index[i] = slot_rec(a64_load_acquire(slot));
        gen[i] = word_gen(a64_load_acquire(&pool_record(pool, index[i])->word));
        a64_store_release(slot, slot_word(((h + i) >> the_pipe->shift) + 1, false, me, index[i]));
    }
    brine__ring_undo(pool, index[1], a64_load_acquire(&pool_record(pool, index[1])->word));
    CHECK_EQ_INT(a64_load_acquire(&the_pipe->control->head), h + 2);
    for (uint64_t i = 0; i < 2; i++) {
        struct record *d = pool_record(pool, index[i]);
        CHECK_EQ_INT(a64_load_acquire(&d->word), WORD(gen[i], REC_ARRIVED, me));
        a64_store_release(&d->word, WORD(gen[i], REC_HELD, me));
        CHECK_EQ_INT(take_number(packet_of(pool, index[i], gen[i])), i);
    }
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    end_pipe(the_pipe);
}

/* ---- ends ---- */

static void closed(void) {
    brine_pipe *server = serve(pool, "p", 8), *client = connect_to(pool, "p");
    brine_packet packets[3];
    size_t done;
    put_numbers(client, 5, 0);
    CHECK_OK(brine_pipe_close(server));
    make_numbers(packets, 3, 0);
    CHECK_STATUS(brine_enqueue_many(client, packets, 3, brine_forever(), &done), BRINE_ECLOSED);
    CHECK_EQ_INT(done, 0);
    free_numbers(packets, 3, 0);
    get_numbers(client, 5, 3, 0);
    for (int poll = 0; poll < 40; poll++)
        CHECK_STATUS(brine_dequeue_many(client, packets, 3, brine_now(), &done), BRINE_ECLOSED);
    CHECK_STATUS(brine_dequeue_many(client, packets, 3, brine_forever(), &done), BRINE_ECLOSED);
    CHECK_EQ_INT(done, 0);
    CHECK_OK(brine_pipe_close(client));
    CHECK_OK(brine_pipe_remove(pool, "p"));
    check_empty(pool);
}

/* A writer that was stopped before it moved tail: polls find its packets, after a few. */
static void tail_behind(void) {
    brine_pipe *pipe = serve(pool, "p", 8);
    brine_packet packets[4];
    size_t done = 0, got = 0;
    put_numbers(pipe, 1, 0);
    get_numbers(pipe, 1, 1, 0);
    uint64_t t = a64_load_relaxed(&pipe->control->tail);
    put_numbers(pipe, 3, 0);
    a64_store_release(&pipe->control->tail, t);
    for (int poll = 0; poll < 200; poll++) {
        if (brine_dequeue_many(pipe, packets, 4, brine_now(), &done)) continue;
        free_numbers(packets, done, got);
        got += done;
    }
    CHECK_EQ_INT(got, 3);
    put_numbers(pipe, 4, 10);
    CHECK_EQ_INT(brine_pipe_length(pipe), 4);
    get_numbers(pipe, 4, 4, 10);
    check_drained(pipe);
    end_pipe(pipe);
}

/* A reader of a full pipe that was stopped in the middle of taking two: there is room, and who waits for it is told so.
 */
static void head_behind(void) {
    brine_pipe *pipe = serve(pool, "p", 4);
    uint32_t index[2], me;
    put_numbers(pipe, 4, 0);
    me = a32_load_relaxed(pool->me);
    uint64_t h = a64_load_acquire(&pipe->control->head);
    for (uint64_t i = 0; i < 2; i++) {
        a64 *slot = &pipe->slots[(h + i) & pipe->mask];
        index[i] = slot_rec(a64_load_acquire(slot));
        a64_store_release(slot, slot_word(((h + i) >> pipe->shift) + 1, false, me, index[i]));
    }
    brine_wait wait = {pipe, BRINE_WRITABLE, 0};
    CHECK_OK(brine_wait_any(&wait, 1, brine_milliseconds(300)));
    CHECK_EQ_INT(wait.ready, BRINE_WRITABLE);
    put_numbers(pipe, 2, 4);
    get_numbers(pipe, 4, 4, 2);
    for (uint64_t i = 0; i < 2; i++) { /* it goes on */
        struct record *d = pool_record(pool, index[i]);
        uint32_t gen = word_gen(a64_load_acquire(&d->word));
        CHECK_EQ_INT(a64_load_acquire(&d->word), WORD(gen, REC_ARRIVED, me));
        a64_store_release(&d->word, WORD(gen, REC_HELD, me));
        CHECK_EQ_INT(take_number(packet_of(pool, index[i], gen)), i);
    }
    end_pipe(pipe);
}

/* ---- waiting ---- */

struct waiter {
    pthread_t thread;
    bool reader;
    brine_packet packets[4];
    size_t count, done;
    int rc;
};
static void *wait_many(void *argument) {
    struct waiter *w = argument;
    if (w->reader)
        w->rc = brine_dequeue_many(the_pipe, w->packets, w->count, brine_forever(), &w->done);
    else
        w->rc = brine_enqueue_many(the_pipe, w->packets, w->count, brine_forever(), &w->done);
    return NULL;
}
static void start(struct waiter *w, bool reader, size_t count) {
    *w = (struct waiter){.reader = reader, .count = count, .rc = 1};
    if (!reader) make_numbers(w->packets, count, 0);
    CHECK_EQ_INT(pthread_create(&w->thread, NULL, wait_many, w), 0);
}
static uint32_t blocked(bool readers) {
    brine_pipe_info info = pipe_info(pool, "p");
    return readers ? info.blocked_readers : info.blocked_writers;
}
static void await_blocked(bool readers, uint32_t count) {
    for (double begin = seconds_now(); blocked(readers) < count; sleep_ms(1)) CHECK(seconds_now() - begin < 20);
}
static void join(struct waiter *w) { CHECK_EQ_INT(pthread_join(w->thread, NULL), 0); }

/* One batch wakes as many readers as it has packets for, and as many writers as it makes room for. */
static void wakes_several(void) {
    enum { N = 4 };
    struct waiter w[N];
    the_pipe = serve(pool, "p", N);
    double begin = seconds_now();
    for (int round = 0; round < 10; round++) {
        bool seen[N] = {false};
        for (int i = 0; i < N; i++) start(&w[i], true, 1);
        await_blocked(true, N);
        put_numbers(the_pipe, N, 0);
        for (int i = 0; i < N; i++) {
            join(&w[i]);
            CHECK_OK(w[i].rc);
            CHECK_EQ_INT(w[i].done, 1);
            uint64_t n = take_number(w[i].packets[0]);
            CHECK(n < N && !seen[n]);
            seen[n] = true;
        }
        put_numbers(the_pipe, N, 0);
        for (int i = 0; i < N; i++) start(&w[i], false, 1);
        await_blocked(false, N);
        get_numbers(the_pipe, N, N, 0);
        for (int i = 0; i < N; i++) {
            join(&w[i]);
            CHECK_OK(w[i].rc);
            CHECK_EQ_INT(w[i].done, 1);
            CHECK_EQ_INT(next_number(the_pipe), 0);
        }
    }
    printf("ten times %d readers, then %d writers, woken by one call: %.3f s\n", N, N, seconds_now() - begin);
    end_pipe(the_pipe);
}

/* One who waits for room more than once, in a pipe of one. */
static void through_a_narrow_pipe(uint32_t capacity) {
    struct waiter w;
    the_pipe = serve(pool, "p", capacity);
    for (int round = 0; round < 50; round++) {
        start(&w, false, 4);
        for (uint64_t i = 0; i < 4; i++) {
            brine_packet packet;
            size_t done;
            CHECK_OK(brine_dequeue_many(the_pipe, &packet, 1, brine_seconds(20), &done));
            CHECK_EQ_INT(done, 1);
            CHECK_EQ_INT(take_number(packet), i);
        }
        join(&w);
        CHECK_OK(w.rc);
        CHECK_EQ_INT(w.done, 4);
    }
    end_pipe(the_pipe);
}

static void interrupted(void) {
    struct waiter reader, writer;
    the_pipe = serve(pool, "p", 2);
    start(&reader, true, 4);
    await_blocked(true, 1);
    double begin = seconds_now();
    while (pthread_tryjoin_np(reader.thread, NULL) != 0) { /* again: it may not have begun to wait */
        brine_pipe_interrupt(the_pipe);
        sleep_ms(5);
        CHECK(seconds_now() - begin < 20);
    }
    CHECK_STATUS(reader.rc, BRINE_EINTR);
    CHECK_EQ_INT(reader.done, 0);
    start(&writer, false, 4);
    await_blocked(false, 1);
    while (pthread_tryjoin_np(writer.thread, NULL) != 0) {
        brine_pipe_interrupt(the_pipe);
        sleep_ms(5);
        CHECK(seconds_now() - begin < 20);
    }
    CHECK_STATUS(writer.rc, BRINE_EINTR);
    CHECK_EQ_INT(writer.done, 2);
    get_numbers(the_pipe, 2, 4, 0);
    free_numbers(writer.packets + 2, 2, 2);
    end_pipe(the_pipe);
}

/* One deadline for all of them together: it does not begin again when some had got in. */
static void deadlines(void) {
    brine_pipe *pipe = serve(pool, "p", 2);
    brine_packet packets[4];
    size_t done;
    make_numbers(packets, 4, 0);
    double begin = seconds_now();
    CHECK_STATUS(brine_enqueue_many(pipe, packets, 4, brine_milliseconds(30), &done), BRINE_ETIMEDOUT);
    CHECK(seconds_now() - begin >= 0.029);
    CHECK_EQ_INT(done, 2);
    CHECK_EQ_INT(next_number(pipe), 0);
    CHECK_STATUS(brine_enqueue_many(pipe, packets + 2, 2, brine_until(brine_milliseconds(10)), &done), BRINE_ETIMEDOUT);
    CHECK_EQ_INT(done, 1);
    CHECK_OK(brine_packet_free(packets[3]));
    get_numbers(pipe, 2, 2, 1);
    begin = seconds_now();
    CHECK_STATUS(brine_dequeue_many(pipe, packets, 2, brine_milliseconds(30), &done), BRINE_ETIMEDOUT);
    CHECK(seconds_now() - begin >= 0.029);
    CHECK_EQ_INT(done, 0);
    /* it does not wait for more to come */
    put_numbers(pipe, 1, 7);
    CHECK_OK(brine_dequeue_many(pipe, packets, 2, brine_forever(), &done));
    CHECK_EQ_INT(done, 1);
    CHECK_EQ_INT(take_number(packets[0]), 7);
    end_pipe(pipe);
}

int main(void) {
    pool = make_pool("p", 16 * MIB);
    order();
    static const uint32_t capacities[] = {1, 2, 8, 64, 100, 256};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) part(capacities[i]);
    arguments();
    all_refused();
    same_twice();
    kinds();
    leases();
    returned_first();
    taken_behind_head();
    closed();
    tail_behind();
    head_behind();
    wakes_several();
    through_a_narrow_pipe(1);
    through_a_narrow_pipe(3);
    interrupted();
    deadlines();
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
