/* SPDX-License-Identifier: Apache-2.0 */
/* Tabs: insertion order, keys of every hashable type, numeric equality of keys, deletion, iteration. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;

static brine_ref new_tab(void) {
    brine_ref tab = brine_assign_tab(new_place(packet), 0);
    CHECK_GOOD(tab);
    return tab;
}

static void order(void) {
    char key[32];
    for (int n = 0; n <= 300; n = n < 40 ? n + 1 : n * 2) {
        brine_ref tab = new_tab(), k, v;
        for (int i = 0; i < n; i++) {
            snprintf(key, sizeof key, "key %d", i * 7919 % 1000);
            CHECK_OK(brine_set_int(tab, key, i));
        }
        CHECK_EQ_INT(brine_length(tab), n);
        brine_iter it = brine_iterate(tab);
        for (int i = 0; i < n; i++) {
            snprintf(key, sizeof key, "key %d", i * 7919 % 1000);
            CHECK(brine_next(&it, &k, &v));
            CHECK_TEXT(k, key);
            CHECK_INT(v, i);
            CHECK_INT(brine_find(tab, key), i);
        }
        CHECK(!brine_next(&it, &k, &v));
        CHECK_OK(it.status);
        CHECK(!brine_next(&it, NULL, &v));
        CHECK_REF(brine_find(tab, "none"), BRINE_ENOENT);
    }
    CHECK_OK(brine_packet_error(packet));
}

/* Keys of all lengths, also such that differ in the last byte only. */
static void lengths(void) {
    brine_ref tab = new_tab();
    char key[300];
    memset(key, 'k', sizeof key);
    for (size_t n = 0; n < sizeof key; n++)
        CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_strn(key, n)), (int64_t)n));
    for (size_t n = 1; n < sizeof key; n++) {
        key[n - 1] = 'l';
        CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_strn(key, n)), -(int64_t)n));
        key[n - 1] = 'k';
    }
    for (size_t n = 0; n < sizeof key; n++) CHECK_INT(brine_find_key(tab, brine_key_strn(key, n)), (int64_t)n);
    CHECK_EQ_INT(brine_length(tab), 2 * sizeof key - 1);
    CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_strn("a\0b", 3)), 1));
    CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_strn("a\0c", 3)), 2));
    CHECK_INT(brine_find_key(tab, brine_key_strn("a\0b", 3)), 1);
    CHECK_REF(brine_find(tab, "a"), BRINE_ENOENT);
}

static brine_ref tup_of(int64_t a, const char *b) {
    brine_ref tup = brine_assign_tup(new_place(packet), 2);
    CHECK_OK(brine_assign_int(brine_at(tup, 0), a));
    CHECK_OK(brine_assign_str(brine_at(tup, 1), b));
    return tup;
}

/* Keys that are the same key are listed one after the other, groups are told apart. */
static void kinds(int fill) {
    brine_ref place = new_place(packet), big = new_place(packet), small_big = new_place(packet),
              float32 = new_place(packet);
    uint64_t limbs[2] = {0, 1}, one = 1;
    CHECK_OK(brine_assign_bigint(big, 1, limbs, 2, 0));      /* 2^64 */
    CHECK_OK(brine_assign_bigint(small_big, 1, &one, 1, 0)); /* 1 as a bigint */
    CHECK_OK(brine_assign_float(float32, 0.5f));
    CHECK_OK(brine_assign_bytes(place, "text", 4));
    struct {
        int group;
        brine_key key;
    } keys[] = {
        {0, brine_key_none()},
        {1, brine_key_int(1)},
        {1, brine_key_bool(true)},
        {1, brine_key_double(1)},
        {1, brine_key_uint(1)},
        {1, brine_key_complex(1, 0)},
        {1, brine_key_value(small_big)},
        {2, brine_key_int(0)},
        {2, brine_key_bool(false)},
        {2, brine_key_double(-0.0)},
        {2, brine_key_double(0.0)},
        {3, brine_key_str("text")},
        {4, brine_key_bytes("text", 4)},
        {4, brine_key_value(place)},
        {5, brine_key_str("")},
        {6, brine_key_bytes("", 0)},
        {7, brine_key_value(big)},
        {7, brine_key_double(18446744073709551616.0)},
        {8, brine_key_int(-1)},
        {8, brine_key_double(-1)},
        {9, brine_key_uint(UINT64_MAX)},
        {10, brine_key_int(INT64_MIN)},
        {10, brine_key_double(-9223372036854775808.0)},
        {11, brine_key_double(0.5)},
        {11, brine_key_value(float32)},
        {11, brine_key_complex(0.5, -0.0)},
        {12, brine_key_complex(0.5, 1)},
        {13, brine_key_complex(1, 0.5)},
        {14, brine_key_double(INFINITY)},
        {15, brine_key_double(-INFINITY)},
        {16, brine_key_value(tup_of(1, "x"))},
        {16, brine_key_value(tup_of(1, "x"))},
        {17, brine_key_value(tup_of(2, "x"))},
        {18, brine_key_int(((int64_t)1 << 53) + 1)},
        {19, brine_key_double(9007199254740992.0)},
        {20, brine_key_value(brine_assign_tup(new_place(packet), 0))},
        {21, brine_key_str("a text of more than sixteen bytes")},
    };
    enum { COUNT = sizeof keys / sizeof *keys };
    brine_ref tab = new_tab();
    for (int i = 0; i < fill; i++) CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_int(1000 + i)), i));
    for (int i = 0; i < COUNT; i++) {
        brine_ref slot = brine_slot_key(tab, keys[i].key);
        CHECK_GOOD(slot);
        bool first = i == 0 || keys[i - 1].group != keys[i].group;
        if ((brine_type_of(slot) == BRINE_NONE) != first)
            check_failed(__FILE__, __LINE__, "key %d of group %d", i, keys[i].group);
        CHECK_OK(brine_assign_int(slot, keys[i].group));
    }
    CHECK_EQ_INT(brine_length(tab), fill + 22);
    for (int i = 0; i < COUNT; i++) CHECK_INT(brine_find_key(tab, keys[i].key), keys[i].group);
    for (int i = COUNT; i-- > 0;) {
        bool last = i == COUNT - 1 || keys[i + 1].group != keys[i].group;
        CHECK_STATUS(brine_delete_key(tab, keys[i].key), last ? BRINE_OK : BRINE_ENOENT);
    }
    CHECK_EQ_INT(brine_length(tab), fill);
    CHECK_OK(brine_packet_error(packet)); /* a key that is not there is no failed build */
}

/* The first spelling of a key stays. */
static void first_key_stays(void) {
    brine_ref tab = new_tab(), key, value;
    CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_bool(true)), 1));
    CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_double(1)), 2));
    brine_iter it = brine_iterate(tab);
    CHECK(brine_next(&it, &key, &value));
    CHECK_EQ_INT(brine_type_of(key), BRINE_BOOL);
    CHECK_INT(value, 2);
    CHECK(!brine_next(&it, &key, &value));
}

static void deletion(void) {
    char key[32];
    for (int n = 1; n <= 200; n = n < 40 ? n + 1 : n * 2) {
        brine_ref tab = new_tab(), k, v;
        for (int i = 0; i < n; i++) {
            snprintf(key, sizeof key, "%d", i);
            CHECK_OK(brine_set_int(tab, key, i));
        }
        for (int i = 0; i < n; i += 2) {
            snprintf(key, sizeof key, "%d", i);
            CHECK_OK(brine_delete(tab, key));
            CHECK_STATUS(brine_delete(tab, key), BRINE_ENOENT);
        }
        CHECK_EQ_INT(brine_length(tab), n / 2);
        for (int i = 0; i < n; i += 2) { /* again, now at the end */
            snprintf(key, sizeof key, "%d", i);
            CHECK_OK(brine_set_int(tab, key, i));
        }
        brine_iter it = brine_iterate(tab);
        for (int i = 1; i < n; i += 2) {
            CHECK(brine_next(&it, &k, &v));
            CHECK_INT(v, i);
        }
        for (int i = 0; i < n; i += 2) {
            CHECK(brine_next(&it, &k, &v));
            CHECK_INT(v, i);
        }
        CHECK(!brine_next(&it, &k, &v));
    }
    CHECK_OK(brine_packet_validate(packet));
}

static void clearing(void) {
    brine_ref tab = new_tab(), v;
    CHECK_OK(brine_clear(tab));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_int(i)), i));
        brine_ref old = brine_find_key(tab, brine_key_int(30));
        CHECK_OK(brine_clear(tab));
        CHECK_EQ_INT(brine_length(tab), 0);
        CHECK_UNREADABLE(old, BRINE_ENOENT);
        CHECK_REF(brine_find_key(tab, brine_key_int(30)), BRINE_ENOENT);
        brine_iter it = brine_iterate(tab);
        CHECK(!brine_next(&it, NULL, &v));
        CHECK_OK(it.status);
    }
}

static void iteration_notices(void) {
    brine_ref tab = new_tab(), k, v;
    for (int i = 0; i < 5; i++) CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_int(i)), i));
    brine_iter it = brine_iterate(tab);
    while (brine_next(&it, &k, &v)) CHECK_OK(brine_assign_str(v, "a value that is changed in place"));
    CHECK_OK(it.status);
    it = brine_iterate(tab);
    CHECK(brine_next(&it, &k, &v));
    CHECK_GOOD(brine_slot_key(tab, brine_key_int(2))); /* is there already */
    CHECK(brine_next(&it, &k, &v));
    CHECK_GOOD(brine_slot_key(tab, brine_key_int(5)));
    CHECK(!brine_next(&it, &k, &v));
    CHECK_STATUS(it.status, BRINE_EINVAL);
    it = brine_iterate(tab);
    CHECK(brine_next(&it, &k, &v));
    CHECK_OK(brine_delete_key(tab, brine_key_int(3)));
    CHECK(!brine_next(&it, &k, &v));
    CHECK_STATUS(it.status, BRINE_EINVAL);
    it = brine_iterate(new_tab());
    brine_ref empty = it.container;
    CHECK_GOOD(brine_slot(empty, "first"));
    CHECK(!brine_next(&it, &k, &v));
    CHECK_STATUS(it.status, BRINE_EINVAL);
    it = brine_iterate(brine_find_key(tab, brine_key_int(0)));
    CHECK(!brine_next(&it, &k, &v));
    CHECK_STATUS(it.status, BRINE_ETYPE);
}

static void refused(void) {
    brine_ref tab = new_tab(), list = brine_assign_arr(new_place(packet));
    CHECK_REF(brine_slot(tab, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_REF(brine_slot_key(tab, brine_key_str(NULL)), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_REF(brine_find(tab, NULL), BRINE_EINVAL);
    CHECK_REF(brine_slot(tab, "\xff"), BRINE_EUTF8);
    CHECK_STUCK(packet, BRINE_EUTF8);
    CHECK_REF(brine_slot_key(tab, brine_key_double(NAN)), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_REF(brine_slot_key(tab, brine_key_complex(0, NAN)), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_REF(brine_slot_key(tab, brine_key_value(list)), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    CHECK_REF(brine_find_key(tab, brine_key_value(tab)), BRINE_ETYPE);
    CHECK_REF(brine_slot(list, "x"), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    CHECK_REF(brine_find(list, "x"), BRINE_ETYPE);
    CHECK_OK(brine_packet_error(packet)); /* finding sticks nothing */
    CHECK_EQ_INT(brine_length(tab), 0);
    CHECK_REF(brine_assign_tab(new_place(packet), 0x80), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_EQ_INT(brine_flags_of(brine_assign_tab(new_place(packet), BRINE_ORDERED)), BRINE_ORDERED);
}

static void readonly_keys(void) {
    brine_ref tab = new_tab(), k, v;
    CHECK_OK(brine_set_int(tab, "key", 1));
    brine_iter it = brine_iterate(tab);
    CHECK(brine_next(&it, &k, &v));
    CHECK_STATUS(brine_assign_int(k, 2), BRINE_EINVAL);
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_TEXT(k, "key");
    CHECK_INT(brine_find(tab, "key"), 1);
}

/* The first entries of a tab in a chunk get room for more where they are, unless something stands behind them: after
 * `until` keys, if it is not 0. Refs are good in both cases. */
static void growing_where_it_is(int until) {
    brine_packet own = new_packet(pool);
    brine_ref tab = brine_set_tab(brine_root(own), "tab"), first = tab, values[40];
    char key[32];
    for (int i = 0; i < 40; i++) {
        if (until && i == until) CHECK_GOOD(brine_set_arr(brine_root(own), "behind"));
        if (until && i == until) CHECK_OK(brine_append_int(brine_find(brine_root(own), "behind"), -1));
        snprintf(key, sizeof key, "a longer key %d", i);
        CHECK_OK(brine_set_int(tab, key, i));
        values[i] = brine_find(tab, key);
        if (i == 0) first = values[0];
        if (i == 15) /* 16 keys: the first is still at its place, or not */
            CHECK_EQ_INT(brine_find(tab, "a longer key 0").place == first.place, until == 0 || until > 8);
        for (int k = 0; k <= i; k++) CHECK_INT(values[k], k);
    }
    CHECK_EQ_INT(brine_length(tab), 40);
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "a longer key %d", i);
        CHECK_INT(brine_find(tab, key), i);
    }
    CHECK_OK(brine_packet_error(own));
    CHECK_OK(brine_packet_validate(own));
    CHECK_OK(brine_packet_free(own));
}

int main(void) {
    pool = value_pool(64 << 20);
    packet = new_packet(pool);
    order();
    lengths();
    kinds(0);
    kinds(100);
    first_key_stays();
    deletion();
    clearing();
    iteration_notices();
    refused();
    readonly_keys();
    for (int until = 0; until <= 16; until += 4) growing_where_it_is(until);
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
