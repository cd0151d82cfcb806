/* SPDX-License-Identifier: Apache-2.0 */
/* The promise about refs and pointers: good as long as the packet is held, also when the tab or arr around
 * them grows, shrinks or shifts; BRINE_ENOENT once their value is deleted. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;

enum { COUNT = 3000 };

static void text_of(int i, char text[48]) {
    /* lengths around the inline limit */
    snprintf(text, 48, "%0*d", 1 + i % 40, i);
}

static void tab_grows(void) {
    static brine_ref values[COUNT], keys[COUNT];
    static const char *texts[COUNT];
    brine_ref tab = brine_assign_tab(new_place(packet), 0), key, value;
    char text[48];
    size_t length;
    for (int i = 0; i < COUNT; i++) {
        text_of(i, text);
        values[i] = brine_slot_key(tab, brine_key_int(i));
        CHECK_OK(brine_assign_str(values[i], text));
        CHECK_OK(brine_as_str(values[i], &texts[i], &length));
    }
    brine_iter it = brine_iterate(tab);
    for (int i = 0; brine_next(&it, &key, &value); i++) keys[i] = key;
    for (int i = 0; i < COUNT; i++) { /* grows again, now with refs of keys around */
        CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_int(COUNT + i)), i));
    }
    for (int i = 0; i < COUNT; i += 2) CHECK_OK(brine_delete_key(tab, brine_key_int(i)));
    for (int i = 0; i < 4 * COUNT; i++) CHECK_OK(brine_assign_int(brine_slot_key(tab, brine_key_int(-1 - i)), i));
    for (int i = 0; i < COUNT; i++) {
        text_of(i, text);
        if (i % 2 == 0) {
            CHECK_UNREADABLE(values[i], BRINE_ENOENT);
            CHECK_UNREADABLE(keys[i], BRINE_ENOENT);
            continue;
        }
        CHECK_STR(texts[i], text);
        CHECK_TEXT(values[i], text);
        CHECK_INT(keys[i], i);
        CHECK_OK(brine_assign_int(values[i], i)); /* and through the old ref */
        CHECK_INT(brine_find_key(tab, brine_key_int(i)), i);
    }
    CHECK_STATUS(brine_assign_int(values[0], 1), BRINE_ENOENT);
    CHECK_STUCK(packet, BRINE_ENOENT);
}

static void arr_grows(void) {
    static brine_ref values[COUNT];
    static const char *texts[COUNT];
    brine_ref arr = brine_assign_arr(new_place(packet));
    char text[48];
    size_t length;
    for (int i = 0; i < COUNT; i++) {
        text_of(i, text);
        values[i] = brine_push(arr);
        CHECK_OK(brine_assign_str(values[i], text));
        CHECK_OK(brine_as_str(values[i], &texts[i], &length));
    }
    for (int i = 0; i < COUNT; i++) {
        text_of(i, text);
        CHECK_STR(texts[i], text);
        CHECK_TEXT(values[i], text);
        CHECK_OK(brine_assign_int(values[i], i));
        CHECK_INT(brine_at(arr, i), i);
    }
}

/* Nested containers keep working through refs that were got before everything around them moved. */
static void nested(void) {
    brine_ref outer = brine_assign_tab(new_place(packet), 0), inner[20];
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        inner[i] = i % 2 ? brine_set_arr(outer, key) : brine_set_tab(outer, key);
    }
    for (int i = 0; i < 200; i++) CHECK_GOOD(brine_slot_key(outer, brine_key_int(i)));
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        for (int j = 0; j < 30; j++)
            CHECK_OK(i % 2 ? brine_append_int(inner[i], j)
                           : brine_assign_int(brine_slot_key(inner[i], brine_key_int(j)), j));
        CHECK_EQ_INT(brine_length(brine_find(outer, key)), 30);
    }
}

int main(void) {
    pool = value_pool(256 << 20);
    packet = new_packet(pool);
    tab_grows();
    arr_grows();
    nested();
    CHECK_OK(brine_packet_error(packet));
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
