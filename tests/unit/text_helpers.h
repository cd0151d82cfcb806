/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of text share: a pool, and parsing and printing in one line. */
#ifndef TESTS_UNIT_TEXT_HELPERS_H
#define TESTS_UNIT_TEXT_HELPERS_H

#include "check.h"

/* A private pool and a packet in it, for the whole test. */
static brine_pool *pool;
static brine_packet packet;

__attribute__((unused)) static brine_ref open_pool(void) {
    CHECK_OK(brine_pool_create_private(&(brine_pool_options){.max_bytes = 256 << 20}, &pool));
    CHECK_OK(brine_packet_new(pool, &packet));
    return brine_root(packet);
}

__attribute__((unused)) static void close_pool(void) {
    CHECK_OK(brine_packet_error(packet));
    CHECK_OK(brine_packet_free(packet));
    brine_pool_detach(pool);
}

/* The text is good until the eighth call after it. */
__attribute__((unused)) static const char *shown(brine_ref value, brine_style style, unsigned flags) {
    static char *texts[8];
    static int next;
    char **text = &texts[next++ % 8];
    free(*text);
    *text = NULL;
    size_t length;
    CHECK_OK(brine_print_text(value, style, flags, text, &length));
    CHECK_EQ_INT(strlen(*text), length);
    return *text;
}

__attribute__((unused)) static const char *literal_of(brine_ref value) { return shown(value, BRINE_LITERAL, 0); }
__attribute__((unused)) static const char *json_of(brine_ref value) { return shown(value, BRINE_JSON, 0); }

/* The text without a NUL behind it, so that a sanitizer sees a step too far. */
__attribute__((unused)) static int parse_bytes(brine_ref place, bool json, const char *text, size_t length,
                                               brine_text_error *error) {
    char *copy = malloc(length != 0 ? length : 1);
    CHECK(copy != NULL);
    if (length != 0) memcpy(copy, text, length);
    int status =
        json ? brine_parse_json(place, copy, length, 0, error) : brine_parse_literal(place, copy, length, error);
    free(copy);
    return status;
}

__attribute__((unused)) static int parse_literal(brine_ref place, const char *text) {
    return parse_bytes(place, false, text, strlen(text), NULL);
}
__attribute__((unused)) static int parse_json(brine_ref place, const char *text) {
    return parse_bytes(place, true, text, strlen(text), NULL);
}

#endif
