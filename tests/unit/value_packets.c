/* SPDX-License-Identifier: Apache-2.0 */
/* Packets inside packets: they read as their root value, can be changed through it, taken out, and are freed
 * with what they are in. */
#include "value_helpers.h"

static brine_pool *pool;

static void nested(void) {
    brine_packet outer = new_packet(pool), inner = new_packet(pool), taken;
    brine_ref root = brine_root(outer), value;
    CHECK_OK(brine_set_int(brine_root(inner), "x", 1));
    CHECK_OK(brine_set_packet(root, "in", inner));
    CHECK(!brine_packet_held(inner));
    CHECK_STATUS(brine_packet_free(inner), BRINE_ENOTHELD);
    brine_ref in = brine_find(root, "in");
    CHECK_EQ_INT(brine_type_of(in), BRINE_TAB);
    CHECK_INT(brine_path(root, "/in/x"), 1);
    CHECK_OK(brine_set_int(in, "y", 2));
    CHECK_OK(brine_set_str(brine_set_tab(in, "deep"), "z", "a text that needs room of its own"));
    CHECK_EQ_INT(brine_length(in), 3);
    brine_iter it = brine_iterate(in);
    int n = 0;
    while (brine_next(&it, NULL, &value)) n++;
    CHECK_EQ_INT(n, 3);
    CHECK_EQ_INT(brine_ref_packet(brine_find(in, "x")).record, inner.record);
    CHECK_OK(brine_packet_validate(outer));
    CHECK_OK(brine_take_packet(in, &taken));
    CHECK_EQ_INT(taken.record, inner.record);
    CHECK_EQ_INT(brine_type_of(in), BRINE_NONE);
    CHECK_INT(brine_find(brine_root(taken), "y"), 2);
    CHECK_STATUS(brine_take_packet(in, &taken), BRINE_ETYPE);
    CHECK_OK(brine_packet_error(outer));
    CHECK_OK(brine_packet_free(outer));
    CHECK_OK(brine_packet_free(taken));
}

static void roots(void) {
    brine_packet a = new_packet(pool), b = new_packet(pool), c = new_packet(pool);
    CHECK_OK(brine_set_int(brine_root(c), "x", 5));
    CHECK_OK(brine_assign_packet(brine_root(b), c)); /* a packet that is nothing but another one */
    CHECK_OK(brine_assign_packet(brine_root(a), b));
    CHECK_INT(brine_find(brine_root(a), "x"), 5);
    CHECK_OK(brine_set_int(brine_root(a), "x", 6));
    CHECK_INT(brine_path(brine_root(a), "/x"), 6);
    CHECK_OK(brine_packet_validate(a));
    CHECK_OK(brine_assign_int(brine_root(a), 1)); /* drops both */
    CHECK_OK(brine_packet_free(a));
}

static void refused(void) {
    brine_pool *other = value_pool(1 << 20);
    brine_packet a = new_packet(pool), b = new_packet(pool), far = new_packet(other), none = brine_packet_none();
    brine_ref place = brine_slot(brine_root(a), "place");
    CHECK_STATUS(brine_assign_packet(place, a), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(a));
    CHECK_STATUS(brine_assign_packet(place, far), BRINE_EXPOOL);
    CHECK_OK(brine_packet_clear_error(a));
    CHECK(brine_packet_held(far)); /* still the caller's */
    CHECK(brine_assign_packet(place, none) != 0);
    CHECK_OK(brine_packet_clear_error(a));
    CHECK_OK(brine_assign_packet(place, b));
    CHECK_STATUS(brine_set_packet(place, "circle", a), BRINE_EINVAL); /* a contains the place */
    CHECK_OK(brine_packet_clear_error(a));
    CHECK(brine_packet_held(a));
    CHECK_STATUS(brine_assign_packet(brine_slot(brine_root(a), "again"), b), BRINE_ENOTHELD);
    CHECK_OK(brine_packet_clear_error(a));
    CHECK_OK(brine_packet_free(a));
    CHECK_OK(brine_packet_free(far));
    end_pool(other);
}

static void shares(void) {
    brine_packet share = new_packet(pool), p = new_packet(pool), taken, second;
    CHECK_OK(brine_set_int(brine_root(share), "x", 1));
    CHECK_OK(brine_packet_share(&share));
    CHECK_OK(brine_packet_clone(share, &second));
    CHECK_OK(brine_set_packet(brine_root(p), "share", second));
    brine_ref inside = brine_find(brine_root(p), "share");
    CHECK_INT(brine_find(inside, "x"), 1);
    CHECK_STATUS(brine_set_int(inside, "x", 2), BRINE_ESHARED);
    CHECK_OK(brine_packet_clear_error(p));
    CHECK_STATUS(brine_assign_int(brine_find(inside, "x"), 2), BRINE_ESHARED);
    CHECK_OK(brine_packet_clear_error(p));
    CHECK_STATUS(brine_clear(inside), BRINE_ESHARED);
    CHECK_OK(brine_packet_clear_error(p));
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_take_packet(inside, &taken));
    CHECK(brine_packet_is_shared(taken));
    CHECK_EQ_INT(brine_packet_holders(share), 2);
    CHECK_OK(brine_set_packet(brine_root(p), "share", taken));
    CHECK_OK(brine_delete(brine_root(p), "share"));
    CHECK_EQ_INT(brine_packet_holders(share), 1);
    CHECK_OK(brine_packet_free(p));
    CHECK_OK(brine_packet_free(share));
}

/* Each way in which a value can go away frees the packets below it. */
static void dropped(void) {
    for (int way = 0; way < 8; way++) {
        brine_packet p = new_packet(pool), watched = new_packet(pool), one;
        brine_ref root = brine_root(p), tab = brine_set_tab(root, "tab"), arr = brine_set_arr(tab, "arr");
        brine_ref tup = brine_assign_tup(brine_push(arr), 1);
        CHECK_OK(brine_packet_share(&watched));
        CHECK_OK(brine_packet_clone(watched, &one));
        CHECK_OK(brine_assign_packet(brine_at(tup, 0), one));
        CHECK_EQ_INT(brine_packet_holders(watched), 2);
        switch (way) {
        case 0: CHECK_OK(brine_set_none(root, "tab")); break;
        case 1: CHECK_OK(brine_delete(root, "tab")); break;
        case 2: CHECK_OK(brine_clear(root)); break;
        case 3: CHECK_OK(brine_delete_at(arr, 0)); break;
        case 4: CHECK_OK(brine_assign_str(brine_at(tup, 0), "x")); break;
        case 5: CHECK_OK(brine_assign_copy(brine_find(root, "tab"), root)); break;
        case 6: CHECK_GOOD(brine_assign_tab(root, 0)); break;
        default: CHECK_OK(brine_packet_free(p));
        }
        CHECK_EQ_INT(brine_packet_holders(watched), way == 5 ? 2 : 1);
        if (way != 7) CHECK_OK(brine_packet_free(p));
        CHECK_EQ_INT(brine_packet_holders(watched), 1);
        CHECK_OK(brine_packet_free(watched));
    }
}

int main(void) {
    pool = value_pool(64 << 20);
    nested();
    roots();
    refused();
    shares();
    dropped();
    end_pool(pool);
    return 0;
}
