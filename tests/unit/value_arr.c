/* SPDX-License-Identifier: Apache-2.0 */
/* Arrs and tups: indexes from both ends, insertion and deletion anywhere, iteration, what is refused. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;

static brine_ref new_arr(int64_t n) {
    brine_ref arr = brine_assign_arr(new_place(packet));
    CHECK_GOOD(arr);
    for (int64_t i = 0; i < n; i++) CHECK_OK(brine_append_int(arr, i));
    return arr;
}

static void indexes(void) {
    for (int64_t n = 0; n <= 1000; n = n * 3 + 1) {
        brine_ref arr = new_arr(n);
        CHECK_EQ_INT(brine_length(arr), n);
        for (int64_t i = 0; i < n; i++) {
            CHECK_INT(brine_at(arr, i), i);
            CHECK_INT(brine_at(arr, i - n), i);
        }
        CHECK_REF(brine_at(arr, n), BRINE_ENOENT);
        CHECK_REF(brine_at(arr, -n - 1), BRINE_ENOENT);
        CHECK_REF(brine_at(arr, PTRDIFF_MAX), BRINE_ENOENT);
        CHECK_REF(brine_at(arr, PTRDIFF_MIN), BRINE_ENOENT);
    }
    CHECK_OK(brine_packet_error(packet));
}

static void insertion(void) {
    brine_ref arr = new_arr(0);
    for (int64_t i = 0; i < 50; i++) CHECK_OK(brine_assign_int(brine_insert(arr, 0), 49 - i));
    for (int64_t i = 0; i < 50; i++) CHECK_INT(brine_at(arr, i), i);
    CHECK_OK(brine_assign_int(brine_insert(arr, 50), 50)); /* its length: at the end */
    CHECK_INT(brine_at(arr, -1), 50);
    CHECK_OK(brine_assign_str(brine_insert(arr, -1), "before the last"));
    CHECK_TEXT(brine_at(arr, 50), "before the last");
    CHECK_INT(brine_at(arr, 51), 50);
    CHECK_EQ_INT(brine_type_of(brine_insert(arr, 3)), BRINE_NONE);
    CHECK_REF(brine_insert(arr, 54), BRINE_ENOENT);
    CHECK_STUCK(packet, BRINE_ENOENT);
}

static void deletion(void) {
    brine_ref arr = new_arr(100), value;
    for (int64_t i = 0; i < 50; i++) CHECK_OK(brine_delete_at(arr, i)); /* the even ones */
    CHECK_EQ_INT(brine_length(arr), 50);
    for (int64_t i = 0; i < 50; i++) CHECK_INT(brine_at(arr, i), 2 * i + 1);
    CHECK_OK(brine_delete_at(arr, -1));
    CHECK_INT(brine_at(arr, -1), 97);
    CHECK_OK(brine_append_int(arr, 7));
    CHECK_INT(brine_at(arr, -1), 7);
    CHECK_STATUS(brine_delete_at(arr, 50), BRINE_ENOENT);
    CHECK_OK(brine_packet_error(packet));
    brine_iter it = brine_iterate(arr);
    brine_ref key;
    for (int64_t i = 0; i < 49; i++) {
        CHECK(brine_next(&it, &key, &value));
        CHECK(!brine_ref_ok(key));
        CHECK_INT(value, 2 * i + 1);
    }
    CHECK_OK(brine_delete_at(arr, 0));
    CHECK(!brine_next(&it, NULL, &value));
    CHECK_STATUS(it.status, BRINE_EINVAL);
    CHECK_OK(brine_clear(arr));
    CHECK_EQ_INT(brine_length(arr), 0);
    CHECK_OK(brine_append_int(arr, 1));
    CHECK_INT(brine_at(arr, 0), 1);
}

static void tups(void) {
    brine_ref tup = brine_assign_tup(new_place(packet), 5), value;
    CHECK_GOOD(tup);
    CHECK_EQ_INT(brine_type_of(tup), BRINE_TUP);
    CHECK_EQ_INT(brine_length(tup), 5);
    for (int i = 0; i < 5; i++) CHECK_EQ_INT(brine_type_of(brine_at(tup, i)), BRINE_NONE);
    CHECK_OK(brine_assign_int(brine_at(tup, -1), 4));
    CHECK_INT(brine_at(tup, 4), 4);
    brine_iter it = brine_iterate(tup);
    int n = 0;
    while (brine_next(&it, NULL, &value)) n++;
    CHECK_EQ_INT(n, 5);
    CHECK_REF(brine_push(tup), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    CHECK_STATUS(brine_delete_at(tup, 0), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    CHECK_STATUS(brine_clear(tup), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    brine_ref empty = brine_assign_tup(new_place(packet), 0);
    CHECK_GOOD(empty);
    CHECK_EQ_INT(brine_length(empty), 0);
    CHECK_REF(brine_at(empty, 0), BRINE_ENOENT);
    CHECK_REF(brine_assign_tup(new_place(packet), SIZE_MAX / 16), BRINE_ENOMEM);
    CHECK_STUCK(packet, BRINE_ENOMEM);
}

static void refused(void) {
    brine_ref text = new_place(packet);
    CHECK_OK(brine_assign_str(text, "text"));
    CHECK_REF(brine_at(text, 0), BRINE_ETYPE);
    CHECK_REF(brine_push(text), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    CHECK_REF(brine_push(brine_root(packet)), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
}

int main(void) {
    pool = value_pool(64 << 20);
    packet = new_packet(pool);
    indexes();
    insertion();
    deletion();
    tups();
    refused();
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
