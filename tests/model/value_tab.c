/* SPDX-License-Identifier: Apache-2.0 */
/* Random operations on a tab against a plain list of (key, value) in order of insertion. */
#include "../unit/value_helpers.h"

enum { KEYS = 400, STEPS = 60000 };

struct reference {
    int keys[KEYS];       /* in order */
    int64_t values[KEYS]; /* by key */
    brine_ref refs[KEYS]; /* by key: got when the key was made */
    bool there[KEYS];
    int count;
};

/* Key i: str of many lengths, int, float, bytes, tup in turn; all different. */
static brine_key key_of(int i, brine_ref *tups, char text[64]) {
    switch (i % 5) {
    case 0: snprintf(text, 64, "%0*d", i % 40 + 1, i); return brine_key_str(text);
    case 1: return brine_key_int((int64_t)i << (i % 50));
    case 2: return brine_key_double(i + 0.5);
    case 3: snprintf(text, 64, "%d", i); return brine_key_bytes(text, strlen(text));
    default: return brine_key_value(tups[i]);
    }
}

static void compare(brine_ref tab, const struct reference *r, brine_ref *tups) {
    brine_iter it = brine_iterate(tab);
    brine_ref key, value;
    char text[64];
    CHECK_EQ_INT(brine_length(tab), r->count);
    for (int i = 0; i < r->count; i++) {
        CHECK(brine_next(&it, &key, &value));
        CHECK_INT(value, r->values[r->keys[i]]);
        CHECK_INT(brine_find_key(tab, key_of(r->keys[i], tups, text)), r->values[r->keys[i]]);
        CHECK_INT(brine_find_key(tab, brine_key_value(key)), r->values[r->keys[i]]);
        CHECK_INT(r->refs[r->keys[i]], r->values[r->keys[i]]);
    }
    CHECK(!brine_next(&it, &key, &value));
    CHECK_OK(it.status);
    for (int i = 0; i < KEYS; i++)
        if (!r->there[i]) CHECK_REF(brine_find_key(tab, key_of(i, tups, text)), BRINE_ENOENT);
}

static void set(brine_ref tab, struct reference *r, int i, brine_ref *tups, int64_t value) {
    char text[64];
    brine_ref slot = brine_slot_key(tab, key_of(i, tups, text));
    CHECK_GOOD(slot);
    CHECK_EQ_INT(brine_type_of(slot) == BRINE_NONE, !r->there[i]);
    CHECK_OK(brine_assign_int(slot, value));
    r->values[i] = value;
    if (r->there[i]) return;
    r->there[i] = true;
    r->refs[i] = slot;
    r->keys[r->count++] = i;
}

static void delete (brine_ref tab, struct reference *r, int i, brine_ref *tups) {
    char text[64];
    CHECK_STATUS(brine_delete_key(tab, key_of(i, tups, text)), r->there[i] ? BRINE_OK : BRINE_ENOENT);
    if (!r->there[i]) return;
    r->there[i] = false;
    CHECK_UNREADABLE(r->refs[i], BRINE_ENOENT);
    for (int n = 0;; n++) {
        if (r->keys[n] != i) continue;
        memmove(&r->keys[n], &r->keys[n + 1], (size_t)(r->count - n - 1) * sizeof r->keys[0]);
        r->count--;
        return;
    }
}

int main(void) {
    check_rng rng = check_seed(1);
    brine_pool *pool = value_pool(256 << 20), *other = value_pool(256 << 20);
    brine_packet packet = new_packet(pool), keys = new_packet(pool), copy;
    static brine_ref tups[KEYS];
    static struct reference r;
    for (int i = 4; i < KEYS; i += 5) {
        tups[i] = brine_assign_tup(new_place(keys), 2);
        CHECK_OK(brine_assign_int(brine_at(tups[i], 0), i));
        CHECK_OK(brine_assign_str(brine_at(tups[i], 1), "in a tup"));
    }
    for (int64_t step = 0; step < STEPS; step++) {
        /* How many keys are in use changes slowly, so that small, large and shrinking tabs are seen. */
        int range = 1 + (int)(step / 500 * 37 % KEYS), i = (int)check_below(&rng, (uint64_t)range);
        uint64_t what = check_below(&rng, 1000);
        brine_ref tab = brine_root(packet);
        if (what < 550)
            set(tab, &r, i, tups, step);
        else if (what < 990)
            delete (tab, &r, i, tups);
        else if (what < 993) {
            CHECK_OK(brine_clear(tab));
            memset(&r, 0, sizeof r);
        } else if (what < 997) {
            compare(tab, &r, tups);
        } else { /* moved into fresh memory, one way or another */
            CHECK_OK(brine_packet_validate(packet));
            CHECK_OK(brine_packet_copy(tab, what == 997 ? other : pool, &copy));
            CHECK(brine_equal(tab, brine_root(copy)));
            if (what == 998) {
                CHECK_OK(brine_packet_free(packet));
                packet = copy;
            } else {
                CHECK_OK(brine_packet_free(copy));
                if (what == 999) CHECK_OK(brine_packet_compact(&packet));
            }
            char text[64];
            for (int k = 0; k < r.count; k++)
                r.refs[r.keys[k]] = brine_find_key(brine_root(packet), key_of(r.keys[k], tups, text));
        }
    }
    compare(brine_root(packet), &r, tups);
    CHECK_OK(brine_packet_error(packet));
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_packet_free(keys));
    end_pool(pool);
    end_pool(other);
    return 0;
}
