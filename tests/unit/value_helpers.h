/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of values: a private pool, packets in it, short ways to say what a value should be. */
#ifndef TESTS_VALUE_HELPERS_H
#define TESTS_VALUE_HELPERS_H

#include <math.h>

#include "check.h"

__attribute__((unused)) static brine_pool *value_pool(uint64_t max_bytes) {
    brine_pool_options options = {.max_bytes = max_bytes};
    brine_pool *pool;
    CHECK_OK(brine_pool_create_private(&options, &pool));
    return pool;
}

__attribute__((unused)) static brine_packet new_packet(brine_pool *pool) {
    brine_packet packet;
    CHECK_OK(brine_packet_new(pool, &packet));
    return packet;
}

/* A place of its own: an element of an arr that is not otherwise used. */
__attribute__((unused)) static brine_ref new_place(brine_packet packet) {
    brine_ref list = brine_find(brine_root(packet), "places");
    if (!brine_ref_ok(list)) list = brine_set_arr(brine_root(packet), "places");
    brine_ref place = brine_push(list);
    CHECK(brine_ref_ok(place));
    return place;
}

__attribute__((unused)) static void check_int(const char *file, int line, brine_ref value, int64_t expected) {
    int64_t found = 0;
    int rc = brine_as_int(value, &found);
    if (rc != 0 || found != expected)
        check_failed(file, line, "%s, %" PRId64 " found, not %" PRId64, brine_status_name(rc), found, expected);
}
#define CHECK_INT(value, expected) check_int(__FILE__, __LINE__, value, expected)

__attribute__((unused)) static void check_text(const char *file, int line, brine_ref value, const char *expected) {
    const char *found = "";
    size_t length = 0;
    int rc = brine_as_str(value, &found, &length);
    if (rc != 0 || strcmp(found, expected) != 0 || length != strlen(expected))
        check_failed(file, line, "%s, \"%s\" found, not \"%s\"", brine_status_name(rc), found, expected);
}
#define CHECK_TEXT(value, expected) check_text(__FILE__, __LINE__, value, expected)

/* The ref is null and carries this status. */
#define CHECK_REF(ref, expected) CHECK_STATUS(brine_ref_status(ref), expected)
#define CHECK_GOOD(ref) CHECK_STATUS(brine_ref_status(ref), BRINE_OK)

/* Reading a value gives this status. */
#define CHECK_UNREADABLE(ref, expected)                                                                                \
    do {                                                                                                               \
        brine_iter check_it = brine_iterate(ref);                                                                      \
        CHECK_STATUS(check_it.status, expected);                                                                       \
        CHECK_EQ_INT(brine_type_of(ref), BRINE_INVALID);                                                               \
    } while (0)

/* The packet's stuck error, which is then forgotten. */
#define CHECK_STUCK(packet, expected)                                                                                  \
    do {                                                                                                               \
        CHECK_STATUS(brine_packet_error(packet), expected);                                                            \
        CHECK_OK(brine_packet_clear_error(packet));                                                                    \
    } while (0)

/* Everything is given back and nothing is broken; the pool is then detached. */
__attribute__((unused)) static void report_problem(const char *problem, void *context) {
    (void)context;
    fprintf(stderr, "check: %s\n", problem);
}
__attribute__((unused)) static void end_pool(brine_pool *pool) {
    CHECK_EQ_INT(brine_pool_check(pool, report_problem, NULL), 0);
    CHECK(brine_pool_is_pristine(pool));
    brine_pool_detach(pool);
}

#endif
