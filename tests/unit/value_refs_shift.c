/* SPDX-License-Identifier: Apache-2.0 */
/* The same promise where elements of an arr shift: a ref names its element, not an index. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;

static void insertion(void) {
    brine_ref arr = brine_assign_arr(new_place(packet)), refs[100];
    for (int i = 0; i < 100; i++) {
        refs[i] = brine_insert(arr, 0);
        CHECK_OK(brine_assign_int(refs[i], i));
    }
    for (int i = 0; i < 100; i++) CHECK_INT(refs[i], i);
}

static void deletion(void) {
    brine_ref arr = brine_assign_arr(new_place(packet)), refs[100];
    for (int i = 0; i < 100; i++) {
        refs[i] = brine_push(arr);
        CHECK_OK(brine_assign_int(refs[i], i));
    }
    for (int i = 0; i < 50; i++) CHECK_OK(brine_delete_at(arr, i)); /* the even ones */
    for (int i = 0; i < 100; i++) {
        if (i % 2)
            CHECK_INT(refs[i], i);
        else
            CHECK_UNREADABLE(refs[i], BRINE_ENOENT);
    }
}

/* A place that comes free is not given to another element: its old ref would name that. */
static void not_used_again(void) {
    brine_ref arr = brine_assign_arr(new_place(packet));
    brine_ref last = brine_push(arr);
    CHECK_OK(brine_delete_at(arr, -1));
    CHECK_OK(brine_append_int(arr, 1));
    CHECK_UNREADABLE(last, BRINE_ENOENT);
    brine_ref first = brine_at(arr, 0);
    CHECK_OK(brine_clear(arr));
    CHECK_OK(brine_append_int(arr, 2));
    CHECK_UNREADABLE(first, BRINE_ENOENT);
}

/* Text got before a shift stays where it is. */
static void text_stays(void) {
    brine_ref arr = brine_assign_arr(new_place(packet));
    const char *text;
    size_t length;
    CHECK_OK(brine_append_str(arr, "first"));
    CHECK_OK(brine_append_str(arr, "second"));
    CHECK_OK(brine_as_str(brine_at(arr, 1), &text, &length));
    CHECK_OK(brine_assign_str(brine_insert(arr, 0), "zeroth"));
    CHECK_STR(text, "second");
    CHECK_OK(brine_delete_at(arr, 0));
    CHECK_STR(text, "second");
}

int main(void) {
    pool = value_pool(16 << 20);
    packet = new_packet(pool);
    insertion();
    deletion();
    not_used_again();
    text_stays();
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
