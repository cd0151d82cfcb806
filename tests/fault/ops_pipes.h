/* SPDX-License-Identifier: Apache-2.0 */
/* The operations on pipes, published values and of observers; see failing.h. */
#ifndef TESTS_OPS_PIPES_H
#define TESTS_OPS_PIPES_H

#include "fault/ops_values.h"

/* Drains and removes pipe "p", and "q" and "r" if they are there. */
static void remove_pipes(struct context *c) {
    static const char *const names[] = {"p", "q", "r"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int rc = brine_pipe_remove(c->pool, names[i]);
        CHECK(rc == 0 || rc == BRINE_ENOENT);
    }
}

static void with_pipe(struct context *c) {
    with_pool(c);
    c->pipe = serve(c->pool, "p", 4);
}
static void with_packet(struct context *c) {
    with_pipe(c);
    c->packet = number_packet(c->pool, 77);
    run_short(c);
}
static void with_queued(struct context *c) {
    with_packet(c);
    CHECK_OK(brine_enqueue(c->pipe, c->packet, brine_now()));
    c->packet = brine_packet_none();
}
static void with_full(struct context *c) {
    with_pipe(c);
    for (uint64_t i = 0; i < 4; i++) CHECK_OK(put_number(c->pipe, i, brine_now()));
    c->packet = number_packet(c->pool, 77);
    run_short(c);
}

/* ---- handles ---- */

static int run_serve(struct context *c) { return brine_pipe_serve(c->pool, "p", 4, &c->pipe); }
static int run_serve_large(struct context *c) { return brine_pipe_serve(c->pool, "p", 100000, &c->pipe); }
static int run_serve_leases(struct context *c) {
    brine_pipe_options o = {.capacity = 4, .flags = BRINE_PIPE_LEASES, .max_deliveries = 2, .dead_letter = "q"};
    return brine_pipe_serve_with(c->pool, "p", &o, &c->pipe);
}
static void verify_pipe(struct context *c) {
    CHECK_OK(put_number(c->pipe, 5, brine_now()));
    CHECK_EQ_INT(next_number(c->pipe), 5);
}
static int run_connect(struct context *c) { return brine_pipe_connect(c->pool, "p", brine_seconds(5), &c->other_pipe); }
static int run_connect_missing(struct context *c) {
    return brine_pipe_connect(c->pool, "q", brine_milliseconds(2), &c->other_pipe);
}
static void verify_connected(struct context *c) {
    CHECK_OK(put_number(c->pipe, 5, brine_now()));
    CHECK_EQ_INT(next_number(c->other_pipe), 5);
}
static int run_close(struct context *c) {
    brine_pipe *pipe = c->pipe;
    c->pipe = NULL;
    return brine_pipe_close(pipe);
}
static void verify_closed(struct context *c) { CHECK(pipe_info(c->pool, "p").closed); }
static int run_detach_pipe(struct context *c) {
    brine_pipe_detach(c->pipe);
    c->pipe = NULL;
    return 0;
}
static int run_remove(struct context *c) { return brine_pipe_remove(c->pool, "p"); }
static void verify_removed(struct context *c) {
    CHECK_STATUS(brine_pipe_get_info(c->pool, "p", &(brine_pipe_info){0}), BRINE_ENOENT);
    CHECK_STATUS(brine_enqueue(c->pipe, c->packet, brine_now()), BRINE_ENOENT);
}

/* ---- packets through pipes ---- */

static int run_enqueue(struct context *c) {
    int rc = brine_enqueue(c->pipe, c->packet, brine_milliseconds(2));
    CHECK_EQ_INT(brine_packet_held(c->packet), rc != 0);
    if (rc == 0) c->packet = brine_packet_none();
    return rc;
}
static int run_dequeue(struct context *c) { return brine_dequeue(c->pipe, &c->packet, brine_milliseconds(2)); }
static void verify_number(struct context *c) {
    if (c->packet.record == 0) CHECK_OK(run_dequeue(c));
    CHECK_EQ_INT(number_of(c->packet), 77);
}

/* A thread that sleeps until the packet comes. */
static void *wait_for_packet(void *argument) {
    struct context *c = argument;
    CHECK_OK(brine_dequeue(c->pipe, &c->other, brine_seconds(10)));
    return NULL;
}
static void with_sleeper(struct context *c) {
    with_packet(c);
    CHECK_EQ_INT(pthread_create(&c->thread, NULL, wait_for_packet, c), 0);
    while ((uint32_t)a64_load_relaxed(&c->pipe->control->wait_readers) == 0) sleep_ms(1);
}
static int run_wake(struct context *c) {
    int rc = brine_enqueue(c->pipe, c->packet, brine_now());
    if (rc == 0) c->packet = brine_packet_none(); /* it may be the sleeper's already */
    return rc;
}
static void verify_woken(struct context *c) {
    CHECK_EQ_INT(pthread_join(c->thread, NULL), 0);
    CHECK_EQ_INT(number_of(c->other), 77);
}

static void with_lease(struct context *c) {
    with_pool(c);
    CHECK_OK(run_serve_leases(c));
    CHECK_OK(put_number(c->pipe, 77, brine_now()));
    CHECK_OK(run_dequeue(c));
    c->other_pipe = serve(c->pool, "r", 4);
}
static int run_dequeue_lease(struct context *c) { return brine_dequeue(c->pipe, &c->packet, brine_now()); }
static void with_leasable(struct context *c) {
    with_pool(c);
    CHECK_OK(run_serve_leases(c));
    CHECK_OK(put_number(c->pipe, 77, brine_now()));
}
static void verify_leased(struct context *c) {
    CHECK_EQ_INT(brine_deliveries(c->packet), 1);
    CHECK_EQ_INT(number_of(c->packet), 77);
}
static int run_ack(struct context *c) { return brine_ack(c->packet); }
static int run_nack(struct context *c) {
    int rc = brine_nack(c->packet);
    if (rc == 0) c->packet = brine_packet_none();
    return rc;
}
static void verify_nacked(struct context *c) {
    CHECK_OK(run_dequeue_lease(c));
    CHECK_EQ_INT(brine_deliveries(c->packet), 2);
}
static int run_forward(struct context *c) {
    int rc = brine_enqueue(c->other_pipe, c->packet, brine_now());
    if (rc == 0) c->packet = brine_packet_none();
    return rc;
}
static void verify_forwarded(struct context *c) { CHECK_EQ_INT(next_number(c->other_pipe), 77); }

/* ---- several ---- */

static void with_outputs(struct context *c) {
    with_packet(c);
    c->other_pipe = serve(c->pool, "q", 4);
    c->third_pipe = serve(c->pool, "r", 4);
    run_short(c);
}
/* One output may have been given its share before another failed: the rest is given to those that have none. */
static int run_fanout(struct context *c) {
    brine_pipe *outputs[] = {c->pipe, c->other_pipe, c->third_pipe}, *missing[3];
    int status[3];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++)
        if (brine_pipe_length(outputs[i]) == 0) missing[n++] = outputs[i];
    brine_packet rest;
    int rc = brine_fanout(c->packet, missing, n, BRINE_BLOCK, brine_now(), status, &rest);
    c->packet = rest; /* what another try may cure leaves it to the caller */
    return rc;
}
static void verify_fanout(struct context *c) {
    CHECK_EQ_INT(next_number(c->pipe), 77);
    CHECK_EQ_INT(next_number(c->other_pipe), 77);
    CHECK_EQ_INT(next_number(c->third_pipe), 77);
}
static int run_fanout_drop(struct context *c) {
    brine_pipe *outputs[] = {c->pipe};
    return brine_fanout(c->packet, outputs, 1, BRINE_DROP_OLDEST, brine_now(), NULL, &c->packet);
}
static int run_wait_any(struct context *c) {
    brine_wait waits[] = {
        {c->pipe, BRINE_READABLE, 0}, {c->other_pipe, BRINE_READABLE, 0}, {c->third_pipe, BRINE_READABLE, 0}};
    return brine_wait_any(waits, 3, brine_milliseconds(2));
}
static void with_one_ready(struct context *c) {
    with_outputs(c);
    CHECK_OK(run_enqueue(c));
}
static void with_expectation(struct context *c) {
    with_pipe(c);
    CHECK_OK(brine_pipe_connect(c->pool, "p", brine_now(), &c->other_pipe));
    brine_pipe_detach(c->pipe);
    c->pipe = c->other_pipe;
    c->other_pipe = NULL;
    CHECK_OK(brine_pipe_expect(c->pipe, BRINE_EXPECT_SERVER));
}
static int run_interrupt(struct context *c) {
    brine_pool_interrupt(c->pool);
    brine_pipe_interrupt(c->pipe);
    return 0;
}

/* ---- published values ---- */

static int run_publish(struct context *c) {
    int rc = brine_publish(c->pool, "v", c->packet);
    CHECK_EQ_INT(brine_packet_held(c->packet), rc != 0);
    if (rc == 0)
        c->packet = brine_packet_none();
    else
        CHECK(!brine_packet_is_shared(c->packet)); /* as it was */
    return rc;
}
static int run_lookup(struct context *c) { return brine_lookup(c->pool, "v", brine_milliseconds(2), &c->packet); }
static int run_unpublish(struct context *c) { return brine_unpublish(c->pool, "v"); }
static void with_published(struct context *c) {
    with_pool(c);
    CHECK_OK(run_rich(c));
    CHECK_OK(run_publish(c));
    run_short(c);
}
static void with_newer(struct context *c) {
    with_pool(c);
    CHECK_OK(run_rich(c));
    CHECK_OK(run_publish(c));
    CHECK_OK(run_rich(c));
    run_short(c);
}
static void verify_published(struct context *c) {
    if (c->packet.record == 0) CHECK_OK(run_lookup(c));
    check_rich(root_of(c));
}
static void unpublish(struct context *c) { CHECK_OK(run_unpublish(c)); }
static void no_verify(struct context *c) { CHECK_STATUS(run_lookup(c), BRINE_ENOENT); }

/* ---- observers ---- */

static int run_info(struct context *c) {
    brine_pool_info info;
    return brine_pool_get_info(c->pool, &info);
}
static int run_pipe_info(struct context *c) {
    brine_pipe_info info;
    return brine_pipe_get_info(c->pool, "p", &info);
}
static int visit_pipe(const brine_pipe_info *info, void *context) {
    (void)info;
    ++*(int *)context;
    return 0;
}
static int visit_user(const brine_user_info *info, void *context) {
    (void)info;
    ++*(int *)context;
    return 0;
}
static int visit_published(const brine_published_info *info, void *context) {
    (void)info;
    ++*(int *)context;
    return 0;
}
static int visit_participant(const brine_participant_info *info, void *context) {
    CHECK(info->alive);
    ++*(int *)context;
    return 0;
}
static int run_pipe_each(struct context *c) {
    c->number = 0;
    return brine_pipe_each(c->pool, visit_pipe, &c->number);
}
static int run_user_each(struct context *c) {
    c->number = 0;
    return brine_pipe_user_each(c->pool, "p", visit_user, &c->number);
}
static int run_published_each(struct context *c) {
    c->number = 0;
    return brine_published_each(c->pool, visit_published, &c->number);
}
static void with_participants(struct context *c) {
    with_pool(c);
    c->second = attach_pool("f");
}
static int run_participant_each(struct context *c) {
    c->number = 0;
    return brine_participant_each(c->pool, visit_participant, &c->number);
}
static void verify_two(struct context *c) { CHECK_EQ_INT(c->number, 2); }
static int run_check(struct context *c) { return brine_pool_check(c->pool, NULL, NULL); }

static int run_peek(struct context *c) { return brine_peek(c->pool, "p", 0, 0, &c->packet); }
static int run_peek_published(struct context *c) { return brine_peek(c->pool, "v", 0, 0, &c->packet); }
/* The packet that a reader had to leave comes before the one that is in the pipe. */
static void with_returned(struct context *c) {
    with_leasable(c);
    CHECK_OK(put_number(c->pipe, 78, brine_now()));
    CHECK_OK(run_dequeue_lease(c));
    CHECK_OK(run_nack(c));
}
static void verify_peeked(struct context *c) {
    CHECK_EQ_INT(number_of(c->packet), 77);
    remove_pipes(c);
}

static int run_enqueue_forked(struct context *c) {
    brine_packet packet;
    int rc = brine_packet_new(c->pool, &packet);
    if (rc) return rc;
    rc = brine_enqueue(c->pipe, packet, brine_now());
    if (rc) brine_packet_free(packet);
    return rc;
}
static void verify_enqueued_forked(struct context *c) { CHECK_OK(brine_dequeue(c->pipe, &c->packet, brine_now())); }

static const struct operation pipe_operations[] = {
    {"serve, new pipe", HERE, 0, with_pool, run_serve, verify_pipe, remove_pipes},
    {"serve, large ring", HERE, 0, with_pool, run_serve_large, verify_pipe, remove_pipes},
    {"serve with leases and dead letters", HERE, 0, with_pool, run_serve_leases, NULL, remove_pipes},
    {"connect", HERE, 0, with_pipe, run_connect, verify_connected, remove_pipes},
    {"connect, not there", HERE, BRINE_ENOENT, with_pipe, run_connect_missing, NULL, remove_pipes},
    {"close", HERE, 0, with_queued, run_close, verify_closed, remove_pipes},
    {"detach pipe", HERE, 0, with_queued, run_detach_pipe, NULL, remove_pipes},
    {"remove pipe", HERE, 0, with_queued, run_remove, NULL, NULL},
    {"remove pipe, handle open", HERE, 0, with_full, run_remove, verify_removed, NULL},
    {"enqueue", HERE, 0, with_packet, run_enqueue, verify_number, remove_pipes},
    {"enqueue, full", HERE, BRINE_ETIMEDOUT, with_full, run_enqueue, verify_number, remove_pipes},
    {"enqueue, wakes a reader", HERE, 0, with_sleeper, run_wake, verify_woken, remove_pipes},
    {"dequeue", HERE, 0, with_queued, run_dequeue, verify_number, remove_pipes},
    {"dequeue, empty", HERE, BRINE_ETIMEDOUT, with_pipe, run_dequeue, NULL, remove_pipes},
    {"dequeue, server gone", HERE, BRINE_EGONE, with_expectation, run_dequeue, NULL, remove_pipes},
    {"dequeue a lease", HERE, 0, with_leasable, run_dequeue_lease, verify_leased, remove_pipes},
    {"acknowledge", HERE, 0, with_lease, run_ack, verify_number, remove_pipes},
    {"give a lease back", HERE, 0, with_lease, run_nack, verify_nacked, remove_pipes},
    {"forward a lease", HERE, 0, with_lease, run_forward, verify_forwarded, remove_pipes},
    {"fan-out", HERE, 0, with_outputs, run_fanout, verify_fanout, remove_pipes},
    {"fan-out, dropping the oldest", HERE, 0, with_full, run_fanout_drop, NULL, remove_pipes},
    {"wait for several pipes", HERE, 0, with_one_ready, run_wait_any, NULL, remove_pipes},
    {"wait for several pipes, none", HERE, BRINE_ETIMEDOUT, with_outputs, run_wait_any, NULL, remove_pipes},
    {"interrupt", HERE, 0, with_pipe, run_interrupt, NULL, remove_pipes},
    {"publish", HERE, 0, with_rich, run_publish, verify_published, unpublish},
    {"publish in place of another", HERE, 0, with_newer, run_publish, verify_published, unpublish},
    {"lookup", HERE, 0, with_published, run_lookup, verify_published, unpublish},
    {"lookup, not there", HERE, BRINE_ENOENT, with_pool, run_lookup, NULL, NULL},
    {"unpublish", HERE, 0, with_published, run_unpublish, no_verify, NULL},
    {"pool info", HERE, 0, with_queued, run_info, NULL, remove_pipes},
    {"pipe info", HERE, 0, with_queued, run_pipe_info, NULL, remove_pipes},
    {"each pipe", HERE, 0, with_queued, run_pipe_each, verify_one, remove_pipes},
    {"each user of a pipe", HERE, 0, with_queued, run_user_each, verify_one, remove_pipes},
    {"each published value", HERE, 0, with_published, run_published_each, verify_one, unpublish},
    {"each participant", HERE, 0, with_participants, run_participant_each, verify_two, NULL},
    {"check", HERE, 0, with_queued, run_check, NULL, remove_pipes},
    {"peek", HERE, 0, with_queued, run_peek, verify_number, remove_pipes},
    {"peek, first of a process", FIRST_USE, 0, with_queued, run_peek, verify_number, remove_pipes},
    {"peek, returned packet", HERE, 0, with_returned, run_peek, verify_peeked, NULL},
    {"peek, published value", HERE, 0, with_published, run_peek_published, verify_published, unpublish},
    {"after fork: enqueue", FORKED_USE, 0, with_pipe, run_enqueue_forked, verify_enqueued_forked, remove_pipes},
};

#endif
