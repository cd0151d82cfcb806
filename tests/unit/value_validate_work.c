/* SPDX-License-Identifier: Apache-2.0 */
/* The work of validating is bounded by the size of the packet: large ones in linear time, and bytes that are
 * named many times over are not read as often. */
#include <time.h>

#include "packet/packet.h"
#include "value_helpers.h"

static brine_pool *pool;

static double seconds_to_validate(brine_packet p, int *rc) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    *rc = brine_packet_validate(p);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) * 1e-9;
}

static brine_packet of_texts(int count) {
    brine_packet p = new_packet(pool);
    brine_ref arr = brine_set_arr(brine_root(p), "texts");
    for (int i = 0; i < count; i++)
        CHECK_OK(brine_append_str(
            arr, "a text of eighty bytes or so, so that it needs room outside of its cell, in a chunk"));
    return p;
}

static void linear(void) {
    int rc;
    brine_packet small = of_texts(20000), large = of_texts(640000);
    double s = seconds_to_validate(small, &rc);
    CHECK_OK(rc);
    double l = seconds_to_validate(large, &rc);
    CHECK_OK(rc);
    printf("20000 texts: %.2f ms, 32 times as many: %.2f ms\n", s * 1e3, l * 1e3);
    CHECK_MSG(l < s * 32 * 8 + 0.05, "not linear");
    CHECK_OK(brine_packet_free(small));
    CHECK_OK(brine_packet_free(large));
}

/* An arr of many cells that all name one long text. */
static void shared_bytes(void) {
    brine_packet p = new_packet(pool);
    brine_ref arr = brine_set_arr(brine_root(p), "all");
    size_t length = 16 << 20;
    char *text = malloc(length);
    struct at first;
    int rc;
    memset(text, 'x', length);
    CHECK_OK(brine_assign_strn(brine_push(arr), text, length));
    free(text);
    for (int i = 1; i < 100000; i++) CHECK_GOOD(brine_push(arr));
    CHECK_OK(brine__at_read(brine_at(arr, 0), &first));
    for (int i = 1; i < 100000; i++) {
        struct at other;
        CHECK_OK(brine__at_read(brine_at(arr, i), &other));
        *other.cell = *first.cell;
    }
    double s = seconds_to_validate(p, &rc);
    printf("%.2f s\n", s);
    CHECK(rc == 0 || rc == BRINE_ECORRUPT);
    CHECK_MSG(s < 5, "%.2f s for a packet of 18 MiB", s);
    CHECK_OK(brine_packet_free(p));
}

int main(void) {
    pool = value_pool(512 << 20);
    linear();
    shared_bytes();
    end_pool(pool);
    return 0;
}
