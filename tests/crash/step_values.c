/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 serial */
/* Making, freeing, sharing and publishing packets, killed or frozen at every instruction. */
#include "stepper.h"

#define CHILD 200

static brine_pipe *line; /* by which the child gets its share */
static brine_packet mine;

static void attach(void) { brine_pipe_length(line); }
static void warm(void) {
    CHECK_OK(brine_packet_free(number_packet(pool, 0)));
} /* attaches; has pages to allocate from */
static void nothing_left(bool returned) {
    if (returned) CHECK_EQ_INT(said->rc, 0);
}

/* ---- one's own packets ---- */

static void small_packets(void) {
    brine_packet packet;
    said->rc = brine_packet_new(pool, &packet);
    if (said->rc == 0) said->rc = brine_packet_free(packet);
    if (said->rc == 0) said->rc = brine_packet_new_sized(pool, 3000, &packet);
    if (said->rc == 0) said->rc = brine_packet_free(packet);
}
static void large_packet(void) {
    brine_packet packet;
    said->rc = brine_packet_new_sized(pool, 200000, &packet);
    if (said->rc == 0) said->rc = brine_packet_free(packet);
}
static void allocate(void) {
    brine_packet packet;
    CHECK_PROMPT(CHECK_OK(brine_packet_new_sized(pool, 3000, &packet)));
    CHECK_PROMPT(CHECK_OK(brine_packet_free(packet)));
    CHECK_PROMPT(CHECK_OK(brine_packet_new_sized(pool, 200000, &packet)));
    CHECK_PROMPT(CHECK_OK(brine_packet_free(packet)));
}

/* ---- shares ---- */

static void ready_to_share(void) { said->packet = filled_packet(pool, 5000, 3); }
static void share(void) { said->rc = brine_packet_share(&said->packet); }

static void ready_with_share(void) {
    ready_to_share();
    CHECK_OK(brine_packet_share(&said->packet));
}
static void one_more(void) {
    brine_packet more;
    said->rc = brine_packet_clone(said->packet, &more);
}
static void release(void) { said->rc = brine_packet_free(said->packet); }
static void own(void) { said->rc = brine_packet_own(&said->packet); }

/* Parent and child have a share each. */
static void before_common(void) {
    brine_packet theirs;
    mine = filled_packet(pool, 5000, 9);
    CHECK_OK(brine_packet_share(&mine));
    CHECK_OK(brine_packet_clone(mine, &theirs));
    CHECK_OK(brine_enqueue(line, theirs, brine_now()));
}
static void ready_with_common(void) {
    warm();
    CHECK_OK(brine_dequeue(line, &said->packet, brine_now()));
}
static void during_common(void) {
    brine_packet more;
    CHECK_PROMPT(CHECK_OK(brine_packet_clone(mine, &more)));
    check_filled(more);
    CHECK_PROMPT(CHECK_OK(brine_packet_free(more)));
    CHECK_PROMPT(CHECK_OK(brine_packet_clone(mine, &more)));
    CHECK_PROMPT(CHECK_OK(brine_packet_free(mine)));
    mine = more;
}
static void after_common(bool returned) {
    nothing_left(returned);
    CHECK_EQ_INT(brine_packet_holders(mine), 1);
    check_filled(mine);
    CHECK_OK(brine_packet_own(&mine));
    CHECK(!brine_packet_is_shared(mine));
    CHECK_OK(brine_packet_free(mine));
}
/* The parent lets go; the child has the last share then. */
static void after_last(bool returned) {
    nothing_left(returned);
    if (brine_packet_held(mine)) CHECK_OK(brine_packet_free(mine));
}
static void during_last(void) { CHECK_PROMPT(CHECK_OK(brine_packet_free(mine))); }

/* ---- published values ---- */

static int value_now(uint64_t *number) {
    brine_packet packet;
    int rc = brine_lookup(pool, "v", brine_now(), &packet);
    if (rc == 0) *number = take_number(packet);
    return rc;
}
static void publish_number(uint64_t number) { CHECK_OK(brine_publish(pool, "v", number_packet(pool, number))); }
static bool parent_published;

static void ready_to_publish(void) { said->packet = number_packet(pool, CHILD); }
static void publish(void) { said->rc = brine_publish(pool, "v", said->packet); }

static void before_new(void) { parent_published = false; }
static void before_replacing(void) {
    publish_number(1);
    parent_published = true;
}
static void during_publish(void) {
    uint64_t number;
    int rc;
    CHECK_PROMPT(rc = value_now(&number));
    if (rc == 0)
        CHECK(number == CHILD || number == 1);
    else
        CHECK(rc == BRINE_ENOENT && !parent_published);
    CHECK_PROMPT(publish_number(2));
    CHECK_PROMPT(CHECK_OK(value_now(&number)));
    CHECK_EQ_INT(number, 2);
    parent_published = true;
}
static void after_publish(bool returned) {
    uint64_t number = 0;
    nothing_left(returned);
    int rc = value_now(&number);
    if (returned || parent_published) CHECK_EQ_INT(rc, 0);
    if (rc == 0) CHECK(number == CHILD || (parent_published && (number == 1 || number == 2)));
    if (returned && number == 1) check_failed(__FILE__, __LINE__, "the value from before publish returned");
    CHECK_EQ_INT(brine_unpublish(pool, "v"), rc);
    CHECK_EQ_INT(value_now(&number), BRINE_ENOENT);
}

static void look_up(void) {
    brine_packet packet;
    said->rc = brine_lookup(pool, "v", brine_now(), &packet);
    if (said->rc == 0) said->number = number_of(packet);
}
static void during_lookup(void) {
    uint64_t number;
    CHECK_PROMPT(publish_number(2));
    CHECK_PROMPT(CHECK_OK(value_now(&number)));
    CHECK_EQ_INT(number, 2);
    CHECK_PROMPT(publish_number(3));
}
static void after_lookup(bool returned) {
    nothing_left(returned);
    if (returned) CHECK(said->number >= 1 && said->number <= 3);
    CHECK_OK(brine_unpublish(pool, "v"));
}

/* What was published is taken back, changed and shared again, but not under the name any more. */
static void before_taken_back(void) {
    publish_number(1);
    CHECK_OK(brine_lookup(pool, "v", brine_now(), &mine));
}
static void during_taken_back(void) {
    struct at at;
    CHECK_PROMPT(publish_number(2));
    CHECK_PROMPT(CHECK_OK(brine_packet_own(&mine)));
    CHECK_OK(brine__at_write(brine_root(mine), &at));
    *at.cell = (struct cell){.type = BRINE_U64, .payload = 99};
    CHECK_PROMPT(CHECK_OK(brine_packet_share(&mine)));
}
static void after_taken_back(bool returned) {
    after_lookup(returned);
    CHECK_EQ_INT(brine_packet_holders(mine), 1);
    CHECK_OK(brine_packet_free(mine));
}

static void unpublish(void) { said->rc = brine_unpublish(pool, "v"); }
static void before_unpublish(void) {
    publish_number(1);
    parent_published = false;
}
static void during_unpublish(void) {
    uint64_t number;
    int rc;
    CHECK_PROMPT(rc = value_now(&number));
    CHECK(rc == BRINE_ENOENT || number == 1);
    CHECK_PROMPT(publish_number(2));
    CHECK_PROMPT(CHECK_OK(value_now(&number)));
    CHECK_EQ_INT(number, 2);
    parent_published = true;
}
static void after_unpublish(bool returned) {
    uint64_t number = 0;
    nothing_left(returned);
    int rc = value_now(&number);
    if (rc == 0) CHECK(number == 2 || (number == 1 && !returned));
    CHECK_EQ_INT(brine_unpublish(pool, "v"), rc);
}

static void test(void *argument) {
    static const struct scene scenes[] = {
        {"small packets", NULL, attach, small_packets, allocate, nothing_left, NULL},
        {"large packet", NULL, attach, large_packet, allocate, nothing_left, NULL},
        {"share", NULL, ready_to_share, share, NULL, nothing_left, NULL},
        {"clone", NULL, ready_with_share, one_more, NULL, nothing_left, NULL},
        {"own", NULL, ready_with_share, own, NULL, nothing_left, NULL},
        {"free the only share", NULL, ready_with_share, release, NULL, nothing_left, NULL},
        {"clone of a common one", before_common, ready_with_common, one_more, during_common, after_common, NULL},
        {"free a common one", before_common, ready_with_common, release, during_common, after_common, NULL},
        {"free, the last", before_common, ready_with_common, release, during_last, after_last, NULL},
        {"own, or a copy", before_common, ready_with_common, own, during_common, after_common, NULL},
        {"publish", before_new, ready_to_publish, publish, during_publish, after_publish, NULL},
        {"publish, replacing", before_replacing, ready_to_publish, publish, during_publish, after_publish, NULL},
        {"lookup", before_replacing, warm, look_up, during_lookup, after_lookup, NULL},
        {"lookup, taken back", before_taken_back, warm, look_up, during_taken_back, after_taken_back, NULL},
        {"unpublish", before_unpublish, attach, unpublish, during_unpublish, after_unpublish, NULL},
    };
    (void)argument;
    pool = make_pool("p", 8 * MIB);
    line = serve(pool, "line", 4);
    used_at_rest = info_of(pool).used_bytes;
    run_scenes(scenes, sizeof scenes / sizeof *scenes, 12);
    CHECK_OK(brine_pipe_close(line));
    CHECK_OK(brine_pipe_remove(pool, "line"));
    check_empty(pool);
    drop_pool(pool);
}

int main(void) { return step_main(test); }
