/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of text share. A promise that is broken aborts. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <brine/brine.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "broken: %s (%s)\n", #condition, brine_detail());                                          \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static brine_packet new_packet(void) {
    static brine_pool *pool;
    brine_packet packet;
    if (pool == NULL) PROMISE(brine_pool_create_private(&(brine_pool_options){.max_bytes = 256 << 20}, &pool) == 0);
    PROMISE(brine_packet_new(pool, &packet) == 0);
    return packet;
}

/* On failure the packet's root is the empty tab that it was, and only running out of memory sticks. */
__attribute__((unused)) static void check_status(brine_packet packet, int status, brine_text_error error, size_t size) {
    if (status == 0) return;
    PROMISE(status == BRINE_ESYNTAX || status == BRINE_EUTF8 || status == BRINE_EDEPTH || status == BRINE_ERANGE ||
            status == BRINE_ENOMEM || status == BRINE_ELIMIT);
    PROMISE(error.offset <= size && error.line >= 1 && error.column >= 1);
    PROMISE(brine_type_of(brine_root(packet)) == BRINE_TAB && brine_length(brine_root(packet)) == 0);
    PROMISE(brine_packet_error(packet) == (status == BRINE_ENOMEM ? BRINE_ENOMEM : 0));
}

/* The texts are equal, or the values, since NaN is not equal to itself. */
__attribute__((unused)) static void again(brine_packet first, brine_style style, unsigned flags, bool json) {
    char *text, *second_text;
    size_t length, second_length;
    brine_packet second = new_packet();
    brine_ref a = brine_root(first), b = brine_root(second);
    PROMISE(brine_print_text(a, style, flags, &text, &length) == 0);
    int status = json ? brine_parse_json(b, text, length, flags & BRINE_JSON_NAN, NULL)
                      : brine_parse_literal(b, text, length, NULL);
    PROMISE(status == 0);
    PROMISE(brine_print_text(b, style, flags, &second_text, &second_length) == 0);
    PROMISE(length == second_length && memcmp(text, second_text, length) == 0);
    PROMISE(brine_equal(a, b) || memmem(text, length, "nan", 3) != NULL || memmem(text, length, "NaN", 3) != NULL);
    free(text);
    free(second_text);
    brine_packet_free(second);
}

#endif
