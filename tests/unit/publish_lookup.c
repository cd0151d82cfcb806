/* SPDX-License-Identifier: Apache-2.0 */
/* Published values: replacing, waiting for a name, outliving the publisher, what is refused. */
#include "pipe_helpers.h"

static brine_pool *pool;

static uint64_t published_number(const char *name) {
    brine_packet packet;
    CHECK_OK(brine_lookup(pool, name, brine_now(), &packet));
    return take_number(packet);
}

static int keep_info(const brine_published_info *info, void *context) {
    *(brine_published_info *)context = *info;
    return 0;
}

static void replace(void) {
    brine_packet packet = number_packet(pool, 1), old, again;
    brine_published_info info;
    CHECK_OK(brine_publish(pool, "v", packet));
    CHECK(!brine_packet_held(packet));
    CHECK_OK(brine_lookup(pool, "v", brine_now(), &old));
    CHECK(brine_packet_is_shared(old));
    CHECK_EQ_INT(brine_packet_holders(old), 2);
    CHECK_EQ_INT(brine_published_each(pool, keep_info, &info), 0);
    CHECK_STR(info.name, "v");
    CHECK_EQ_INT(info.version, 1);
    CHECK_EQ_INT(info.holders, 2);
    CHECK_OK(brine_publish(pool, "v", number_packet(pool, 2)));
    CHECK_EQ_INT(brine_published_each(pool, keep_info, &info), 0);
    CHECK_EQ_INT(info.version, 2);
    CHECK_EQ_INT(published_number("v"), 2);
    CHECK_EQ_INT(brine_packet_holders(old), 1); /* who has the old value keeps it */
    CHECK_EQ_INT(number_of(old), 1);
    /* the same value goes back under the name, and under another */
    CHECK_OK(brine_packet_clone(old, &again));
    CHECK_OK(brine_publish(pool, "v", old));
    CHECK_OK(brine_publish(pool, "w", again));
    CHECK_EQ_INT(published_number("v"), 1);
    CHECK_EQ_INT(published_number("w"), 1);
    CHECK_EQ_INT(info_of(pool).published, 2);
    CHECK_OK(brine_lookup(pool, "v", brine_now(), &old));
    CHECK_OK(brine_unpublish(pool, "v"));
    CHECK_OK(brine_unpublish(pool, "w"));
    CHECK_EQ_INT(brine_packet_holders(old), 1);
    CHECK_EQ_INT(take_number(old), 1);
    CHECK_STATUS(brine_lookup(pool, "v", brine_now(), &old), BRINE_ENOENT);
    CHECK_CONTAINS(brine_detail(), "\"v\"");
    CHECK_STATUS(brine_unpublish(pool, "v"), BRINE_ENOENT);
    check_empty(pool);
}

static void publish_later(void *argument) {
    (void)argument;
    sleep_ms(100);
    CHECK_OK(brine_publish(pool, "later", number_packet(pool, 5)));
    raise(SIGKILL); /* the value outlives its publisher */
}

static void waits_for_the_name(void) {
    brine_packet packet;
    double begin = seconds_now();
    CHECK_STATUS(brine_lookup(pool, "later", brine_milliseconds(40), &packet), BRINE_ENOENT);
    CHECK(seconds_now() - begin >= 0.04 && seconds_now() - begin < 1);
    pid_t pid = check_fork(publish_later, NULL);
    begin = seconds_now();
    CHECK_OK(brine_lookup(pool, "later", brine_forever(), &packet));
    CHECK(seconds_now() - begin < 2);
    CHECK_KILLED(pid, SIGKILL);
    CHECK_EQ_INT(take_number(packet), 5);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_EQ_INT(published_number("later"), 5);
    check_whole(pool);
    brine_pool *second = attach_pool("p"); /* also when everybody had left */
    CHECK_OK(brine_lookup(second, "later", brine_now(), &packet));
    CHECK_EQ_INT(take_number(packet), 5);
    brine_pool_detach(second);
    CHECK_EQ_INT(published_number("later"), 5);
    CHECK_OK(brine_unpublish(pool, "later"));
    check_baseline(pool, 0);
}

static void refused(void) {
    brine_pool *other = make_pool("other", MIB);
    brine_pipe *pipe = serve(pool, "pipe", 1);
    brine_packet packet = number_packet(pool, 1), foreign = number_packet(other, 1), got;
    CHECK_STATUS(brine_publish(pool, "pipe", packet), BRINE_EMISMATCH);
    CHECK_CONTAINS(brine_detail(), "is a pipe");
    CHECK_STATUS(brine_lookup(pool, "pipe", brine_now(), &got), BRINE_EMISMATCH);
    CHECK_STATUS(brine_unpublish(pool, "pipe"), BRINE_EMISMATCH);
    CHECK_STATUS(brine_publish(pool, "", packet), BRINE_ENAME);
    CHECK_STATUS(brine_publish(pool, ".hidden", packet), BRINE_ENAME);
    CHECK_STATUS(brine_lookup(pool, "a b", brine_now(), &got), BRINE_ENAME);
    CHECK_STATUS(brine_unpublish(pool, "a b"), BRINE_ENAME);
    CHECK_STATUS(brine_publish(pool, "v", foreign), BRINE_EXPOOL);
    CHECK_STATUS(brine_publish(NULL, "v", packet), BRINE_EINVAL);
    CHECK_STATUS(brine_lookup(NULL, "v", brine_now(), &got), BRINE_EINVAL);
    CHECK(brine_packet_held(packet) && !brine_packet_is_shared(packet) && brine_packet_held(foreign));
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_publish(pool, "v", packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_publish(pool, "v", brine_packet_none()), BRINE_EXPOOL);
    packet = number_packet(pool, 1);
    struct at at = at_of(packet);
    CHECK(brine__arena_alloc(&at, 64 * MIB, 8) == NULL);
    CHECK_STATUS(brine_publish(pool, "v", packet), BRINE_ENOMEM); /* built with an error */
    CHECK(brine_packet_held(packet));
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine_lookup(pool, "v", brine_now(), &got), BRINE_ENOENT);
    CHECK_OK(brine_packet_free(foreign));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "pipe"));
    check_empty(other);
    drop_pool(other);
    check_empty(pool);
}

int main(void) {
    pool = make_pool("p", 16 * MIB);
    replace();
    waits_for_the_name();
    refused();
    drop_pool(pool);
    return 0;
}
