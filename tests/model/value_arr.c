/* SPDX-License-Identifier: Apache-2.0 */
/* Random operations on an arr against a plain array; a ref got when an element was made names it as long as it lives.
 */
#include "../unit/value_helpers.h"

enum { MOST = 600, STEPS = 100000 };

static int64_t items[MOST];
static brine_ref refs[MOST];
static ptrdiff_t count;

static void compare(brine_ref arr) {
    brine_iter it = brine_iterate(arr);
    brine_ref value;
    CHECK_EQ_INT(brine_length(arr), count);
    for (ptrdiff_t i = 0; i < count; i++) {
        CHECK(brine_next(&it, NULL, &value));
        CHECK_INT(value, items[i]);
        CHECK_INT(refs[i], items[i]);
        CHECK_INT(brine_at(arr, i), items[i]);
        CHECK_INT(brine_at(arr, i - count), items[i]);
    }
    CHECK(!brine_next(&it, NULL, &value));
    CHECK_OK(it.status);
}

static void insert(brine_ref arr, ptrdiff_t at, int64_t item, bool from_end) {
    brine_ref ref = at == count ? brine_push(arr) : brine_insert(arr, from_end ? at - count : at);
    CHECK_OK(brine_assign_int(ref, item));
    memmove(&items[at + 1], &items[at], (size_t)(count - at) * sizeof *items);
    memmove(&refs[at + 1], &refs[at], (size_t)(count - at) * sizeof *refs);
    items[at] = item;
    refs[at] = ref;
    count++;
}

static void delete (brine_ref arr, ptrdiff_t at, bool from_end) {
    CHECK_OK(brine_delete_at(arr, from_end ? at - count : at));
    CHECK_UNREADABLE(refs[at], BRINE_ENOENT);
    count--;
    memmove(&items[at], &items[at + 1], (size_t)(count - at) * sizeof *items);
    memmove(&refs[at], &refs[at + 1], (size_t)(count - at) * sizeof *refs);
}

int main(void) {
    check_rng rng = check_seed(2);
    brine_pool *pool = value_pool(512 << 20);
    brine_packet packet = new_packet(pool);
    brine_ref arr = brine_assign_arr(brine_root(packet));
    for (int64_t step = 0; step < STEPS; step++) {
        uint64_t what = check_below(&rng, 1000);
        bool growing = step / 3000 % 2 == 0, from_end = check_below(&rng, 2);
        ptrdiff_t at = (ptrdiff_t)check_below(&rng, (uint64_t)count + 1);
        if (what < 3)
            compare(arr);
        else if (what == 3) {
            CHECK_OK(brine_clear(arr));
            for (ptrdiff_t i = 0; i < count; i++) CHECK_UNREADABLE(refs[i], BRINE_ENOENT);
            count = 0;
        } else if (what == 4) {
            CHECK_OK(brine_packet_validate(packet));
            CHECK_OK(brine_packet_compact(&packet));
            arr = brine_root(packet);
            for (ptrdiff_t i = 0; i < count; i++) refs[i] = brine_at(arr, i);
        } else if (what < 100 && count > 0) {
            at = at % count;
            CHECK_OK(brine_assign_int(brine_at(arr, at), step));
            items[at] = step;
        } else if ((what < 650) == growing && count < MOST)
            insert(arr, what % 2 ? at : count, step, from_end);
        else if (count > 0)
            delete (arr, what % 3 ? at % count : count - 1, from_end);
    }
    compare(arr);
    CHECK_OK(brine_packet_error(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
