/* SPDX-License-Identifier: Apache-2.0 */
/* Build errors: the first one sticks to the packet, later setters do nothing, a chain of refs carries the
 * status on, finding sticks nothing. */
#include "value_helpers.h"

static brine_pool *pool;

static void first_sticks(void) {
    brine_packet p = new_packet(pool);
    brine_ref root = brine_root(p);
    CHECK_OK(brine_set_int(root, "before", 1));
    CHECK_STATUS(brine_set_str(root, "bad", "\xff"), BRINE_EUTF8);
    CHECK_STATUS(brine_set_int(root, "after", 1), BRINE_EUTF8);
    CHECK_STATUS(brine_append_int(root, 1), BRINE_EUTF8);
    CHECK_STATUS(brine_clear(root), BRINE_EUTF8);
    CHECK_STATUS(brine_packet_error(p), BRINE_EUTF8);
    CHECK_INT(brine_find(root, "before"), 1); /* reading goes on */
    CHECK_REF(brine_find(root, "after"), BRINE_ENOENT);
    CHECK_OK(brine_packet_clear_error(p));
    CHECK_OK(brine_packet_error(p));
    CHECK_OK(brine_set_int(root, "after", 1));
    CHECK_OK(brine_packet_free(p));
}

static void chains(void) {
    brine_packet p = new_packet(pool);
    brine_ref root = brine_root(p);
    CHECK_REF(brine_find(brine_find(brine_find(root, "no"), "such"), "key"), BRINE_ENOENT);
    CHECK_STATUS(brine_assign_int(brine_find(root, "no"), 1), BRINE_ENOENT);
    CHECK_OK(brine_packet_error(p));
    CHECK_STATUS(brine_set_int(brine_set_tab(brine_push(root), "x"), "y", 1), BRINE_ETYPE);
    CHECK_STUCK(p, BRINE_ETYPE);
    CHECK_EQ_INT(brine_get_int(root, "no", -7), -7);
    CHECK_STR(brine_get_str(root, "no", "otherwise"), "otherwise");
    CHECK(brine_get_bool(root, "no", true));
    CHECK(brine_get_double(root, "no", 2.5) == 2.5);
    CHECK_OK(brine_packet_error(p));
    CHECK_OK(brine_packet_free(p));
}

/* Every setter, on a packet that is gone, and on a share. */
static void dead_and_shared(void) {
    brine_packet p = new_packet(pool), other = new_packet(pool), taken;
    brine_ref root = brine_root(p), arr = brine_set_arr(root, "arr"), place = brine_push(arr);
    uint64_t limb = 1;
    size_t one = 1;
    void *data;
    CHECK_OK(brine_packet_share(&p));
    for (int expected = BRINE_ESHARED;; expected = BRINE_ENOTHELD) {
        brine_ref top = expected == BRINE_ESHARED ? brine_root(p) : root, list = arr, at = place;
        if (expected == BRINE_ESHARED) {
            list = brine_find(top, "arr");
            at = brine_at(list, 0);
            CHECK_GOOD(at);
        }
        CHECK_STATUS(brine_assign_none(at), expected);
        CHECK_STATUS(brine_assign_int(at, 1), expected);
        CHECK_STATUS(brine_assign_complex(at, 1, 1), expected);
        CHECK_STATUS(brine_assign_number(at, BRINE_I8, &limb), expected);
        CHECK_STATUS(brine_assign_str(at, "x"), expected);
        CHECK_STATUS(brine_assign_bytes(at, "x", 1), expected);
        CHECK_STATUS(brine_assign_bytes_room(at, 1, &data), expected);
        CHECK_STATUS(brine_assign_bigint(at, 1, &limb, 1, 0), expected);
        CHECK_STATUS(brine_assign_int_text(at, "1", 1, 10), expected);
        CHECK_REF(brine_assign_tab(at, 0), expected);
        CHECK_REF(brine_assign_arr(at), expected);
        CHECK_REF(brine_assign_tup(at, 1), expected);
        CHECK_STATUS(brine_assign_array(at, BRINE_F64, 1, &one, 0, NULL), expected);
        CHECK_STATUS(brine_assign_array_raw(at, "x", 1, 1, &one, 0, NULL), expected);
        CHECK_STATUS(brine_assign_copy(at, brine_root(other)), expected);
        CHECK_STATUS(brine_assign_packet(at, other), expected);
        CHECK_STATUS(brine_take_packet(at, &taken), expected);
        CHECK_STATUS(brine_int_arith(at, '+', at, at), expected);
        CHECK_REF(brine_slot(top, "x"), expected);
        CHECK_REF(brine_slot_key(top, brine_key_int(1)), expected);
        CHECK_REF(brine_push(list), expected);
        CHECK_REF(brine_insert(list, 0), expected);
        CHECK_STATUS(brine_delete(top, "arr"), expected);
        CHECK_STATUS(brine_delete_at(list, 0), expected);
        CHECK_STATUS(brine_clear(list), expected);
        if (expected == BRINE_ENOTHELD) break;
        CHECK_EQ_INT(brine_length(brine_find(top, "arr")), 1);
        CHECK_OK(brine_packet_free(p));
    }
    CHECK_UNREADABLE(root, BRINE_ENOTHELD);
    CHECK_REF(brine_find(root, "x"), BRINE_ENOTHELD);
    CHECK_REF(brine_at(arr, 0), BRINE_ENOTHELD);
    CHECK(!brine_equal(root, root));
    CHECK_EQ_INT(brine_length(root), 0);
    CHECK(brine_packet_held(other));
    CHECK_OK(brine_packet_free(other));
}

/* When the pool is full, the setters say so and the packet is as it was before the failed call. */
static void full(void) {
    brine_pool *small = value_pool(1 << 20);
    brine_packet p = new_packet(small);
    brine_ref root = brine_root(p);
    char key[32], text[1000];
    int n = 0, rc;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    do snprintf(key, sizeof key, "key number %d", n);
    while ((rc = brine_set_str(root, key, text)) == 0 && ++n < 100000);
    CHECK_STATUS(rc, BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "in use");
    CHECK_STUCK(p, BRINE_ENOMEM);
    for (int i = 0; i < n; i++) {
        snprintf(key, sizeof key, "key number %d", i);
        CHECK_TEXT(brine_find(root, key), text);
    }
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
    end_pool(small);
}

int main(void) {
    pool = value_pool(16 << 20);
    first_sticks();
    chains();
    dead_and_shared();
    full();
    end_pool(pool);
    return 0;
}
