/* SPDX-License-Identifier: Apache-2.0 */
/* Random trees of every type: a copy (same packet, same pool, other pool, compacted, through text) is equal,
 * valid, and ordered as equal; a tree with one thing changed is not equal; nothing is leaked. */
#include "../unit/value_helpers.h"

static brine_pool *pool, *other;

static void random_text(check_rng *rng, char *text) {
    static const char *const parts[] = {"a", "B", "7", " ", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\n", "'"};
    *text = '\0';
    for (uint64_t n = check_below(rng, check_below(rng, 4) ? 6 : 20); n > 0; n--)
        strcat(text, parts[check_below(rng, sizeof parts / sizeof *parts)]);
}

static brine_key random_key(check_rng *rng, char *text) {
    switch (check_below(rng, 6)) {
    case 0: return brine_key_int((int64_t)check_random(rng) >> check_below(rng, 64));
    case 1: return brine_key_double((double)check_below(rng, 100) / 4);
    case 2: random_text(rng, text); return brine_key_bytes(text, strlen(text));
    default: random_text(rng, text); return brine_key_str(text);
    }
}

static void fill(check_rng *rng, brine_ref place, int depth);

static void fill_container(check_rng *rng, brine_ref place, int depth) {
    char text[200];
    size_t n = check_below(rng, check_below(rng, 8) ? 5 : 40);
    brine_packet inner;
    switch (check_below(rng, 4)) {
    case 0:
        brine_assign_tab(place, check_below(rng, 2) ? BRINE_ORDERED : 0);
        for (size_t i = 0; i < n; i++) fill(rng, brine_slot_key(place, random_key(rng, text)), depth + 1);
        break;
    case 1:
        brine_assign_arr(place);
        for (size_t i = 0; i < n; i++) fill(rng, brine_push(place), depth + 1);
        break;
    case 2:
        brine_assign_tup(place, n);
        for (size_t i = 0; i < n; i++) fill(rng, brine_at(place, (ptrdiff_t)i), depth + 1);
        break;
    default: /* a packet of its own, sometimes shared */
        inner = new_packet(pool);
        fill(rng, brine_root(inner), depth + 1);
        if (check_below(rng, 2)) CHECK_OK(brine_packet_share(&inner));
        CHECK_OK(brine_assign_packet(place, inner));
    }
}

static void fill_array(check_rng *rng, brine_ref place) {
    static const brine_type types[] = {BRINE_BOOL, BRINE_I8,  BRINE_U16, BRINE_I32, BRINE_U64,
                                       BRINE_F32,  BRINE_F64, BRINE_C64, BRINE_C128};
    brine_type type = types[check_below(rng, sizeof types / sizeof *types)];
    size_t shape[2] = {check_below(rng, 5), check_below(rng, 30) ? check_below(rng, 6) : 5000};
    brine_array a;
    CHECK_OK(brine_assign_array(place, type, 1 + (int)check_below(rng, 2), shape, 0, NULL));
    CHECK_OK(brine_as_array(place, &a));
    for (size_t i = 0; i < a.bytes; i++)
        if (type < BRINE_F32)
            ((unsigned char *)a.data)[i] =
                (unsigned char)(type == BRINE_BOOL ? check_below(rng, 2) : check_random(rng));
}

static void fill(check_rng *rng, brine_ref place, int depth) {
    char text[200];
    uint64_t limbs[4] = {check_random(rng), check_random(rng), check_random(rng), check_random(rng)};
    CHECK_GOOD(place);
    if (depth < 5 && check_below(rng, 3) == 0) {
        fill_container(rng, place, depth);
        return;
    }
    switch (check_below(rng, 11)) {
    case 0: CHECK_OK(brine_assign_none(place)); break;
    case 1: CHECK_OK(brine_assign_bool(place, check_below(rng, 2))); break;
    case 2: CHECK_OK(brine_assign_int(place, (int64_t)limbs[0] >> check_below(rng, 64))); break;
    case 3: CHECK_OK(brine_assign_number(place, (brine_type)(BRINE_I8 + check_below(rng, 8)), limbs)); break;
    case 4: CHECK_OK(brine_assign_double(place, (double)(int64_t)limbs[0] * 1e-9)); break;
    case 5: CHECK_OK(brine_assign_complex(place, (double)(int32_t)limbs[0], (double)(int32_t)limbs[1])); break;
    case 6: CHECK_OK(brine_assign_bigint(place, limbs[0] & 1 ? 1 : -1, limbs, check_below(rng, 5), 0)); break;
    case 7:
        random_text(rng, text);
        CHECK_OK(brine_assign_bytes(place, text, strlen(text)));
        break;
    case 8: fill_array(rng, place); break;
    case 9: CHECK_OK(brine_assign_float(place, (float)(int16_t)limbs[0] / 8)); break;
    default:
        random_text(rng, text);
        CHECK_OK(brine_assign_str(place, text));
        break;
    }
}

static void check_same(brine_ref a, brine_ref b) {
    int order = 5;
    CHECK(brine_equal(a, b));
    CHECK(brine_equal(b, a));
    CHECK_OK(brine_compare(a, b, &order));
    CHECK_EQ_INT(order, 0);
    char *s, *t;
    CHECK_OK(brine_print_text(a, BRINE_LITERAL, 0, &s, NULL));
    CHECK_OK(brine_print_text(b, BRINE_LITERAL, 0, &t, NULL));
    CHECK_STR(s, t);
    free(s);
    free(t);
}

int main(void) {
    check_rng rng = check_seed(4);
    pool = value_pool(256 << 20);
    other = value_pool(256 << 20);
    for (int round = 0; round < 3000; round++) {
        brine_packet p = new_packet(pool), q, r, s = new_packet(pool);
        brine_ref arr = brine_assign_arr(brine_root(p)), tree = brine_push(arr);
        int order;
        fill(&rng, tree, 0);
        CHECK_OK(brine_packet_error(p));
        CHECK_OK(brine_packet_validate(p));
        CHECK_OK(brine_assign_copy(brine_push(arr), tree));
        check_same(brine_at(arr, 0), brine_at(arr, 1));
        CHECK_OK(brine_packet_copy(tree, pool, &q));
        CHECK_OK(brine_packet_copy(tree, other, &r));
        fill(&rng, brine_root(s), 0);
        CHECK_OK(brine_compare(tree, brine_root(s), &order));
        CHECK_EQ_INT(order == 0, brine_equal(tree, brine_root(s)));
        CHECK_OK(brine_assign_copy(brine_root(s), tree)); /* over something else */
        check_same(brine_root(q), brine_root(r));
        check_same(brine_root(s), tree);
        CHECK_OK(brine_packet_compact(&p));
        check_same(brine_at(brine_root(p), 0), brine_root(q));
        CHECK_OK(brine_packet_validate(p));
        CHECK_OK(brine_packet_validate(q));
        CHECK_OK(brine_packet_validate(r));
        CHECK_OK(brine_append_int(brine_root(p), 1));
        CHECK(!brine_equal(brine_root(p), brine_at(brine_root(p), 0)));
        CHECK_OK(brine_packet_free(p));
        CHECK_OK(brine_packet_free(q));
        CHECK_OK(brine_packet_free(r));
        CHECK_OK(brine_packet_free(s));
    }
    end_pool(pool);
    end_pool(other);
    return 0;
}
