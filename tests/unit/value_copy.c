/* SPDX-License-Identifier: Apache-2.0 */
/* Deep copies: within a packet, between packets and pools, a value into its own inside; owned packets and
 * shares; own and compact. */
#include "value_helpers.h"

static const char sample[] =
    "{'none': None, 'yes': True, 'int': -5, 'big': 123456789012345678901234567890, 'f': 2.5, 'c': (1+2j), "
    "'s': 'short', 'long': 'a text that does not stand in its cell at all', 'b': b'\\x00\\xff', "
    "(1, 'k'): ('t', [1, 2, {'x': o{'y': 1}}]), 'a': array([[1, 2], [3, 4]], 'i2'), 7: {}, 8: [], 9: ()}";

static brine_pool *pool;

static brine_packet parsed(brine_pool *in, const char *text) {
    brine_packet p = new_packet(in);
    CHECK_OK(brine_parse_literal(brine_root(p), text, strlen(text), NULL));
    return p;
}

static void check_prints(brine_ref value, const char *expected) {
    char *text;
    CHECK_OK(brine_print_text(value, BRINE_LITERAL, 0, &text, NULL));
    CHECK_STR(text, expected);
    free(text);
}

/* The copy is equal, spelled the same, and nothing that happens to one is seen in the other. */
static void deep(brine_pool *to) {
    brine_packet p = parsed(pool, sample), copy;
    char *text;
    CHECK_OK(brine_print_text(brine_root(p), BRINE_LITERAL, 0, &text, NULL));
    CHECK_OK(brine_packet_copy(brine_root(p), to, &copy));
    CHECK(brine_packet_pool(copy) == to);
    check_prints(brine_root(copy), text);
    CHECK(brine_equal(brine_root(p), brine_root(copy)));
    CHECK_OK(brine_packet_validate(copy));
    CHECK_OK(brine_packet_free(p));
    check_prints(brine_root(copy), text);
    CHECK_EQ_INT(brine_type_of(brine_path(brine_root(copy), "/big")), BRINE_BIGINT);
    CHECK_OK(brine_set_int(brine_root(copy), "new", 1));
    free(text);
    CHECK_OK(brine_packet_free(copy));
}

static void own_inside(void) {
    brine_packet p = parsed(pool, "{'a': {'b': {'c': 1}}}");
    brine_ref root = brine_root(p);
    CHECK_OK(brine_set_copy(root, "self", root)); /* the slot is made before the copy, so it is in it */
    check_prints(root, "{'a': {'b': {'c': 1}}, 'self': {'a': {'b': {'c': 1}}, 'self': None}}");
    CHECK_OK(brine_delete(root, "self"));
    CHECK_OK(brine_assign_copy(brine_path(root, "/a/b"), brine_find(root, "a"))); /* deeper */
    check_prints(root, "{'a': {'b': {'b': {'c': 1}}}}");
    CHECK_OK(brine_assign_copy(brine_find(root, "a"), brine_path(root, "/a/b/b"))); /* and up */
    check_prints(root, "{'a': {'c': 1}}");
    CHECK_OK(brine_assign_copy(root, root));
    check_prints(root, "{'a': {'c': 1}}");
    CHECK_OK(brine_assign_copy(brine_find(root, "a"), brine_path(root, "/a/c")));
    check_prints(root, "{'a': 1}");
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
}

static const double *elements(brine_ref value) {
    brine_array a;
    CHECK_OK(brine_as_array(value, &a));
    return a.data;
}

/* A value that is an owned packet: copied, and the copy can be taken out, too. */
static void owned(void) {
    brine_packet p = new_packet(pool), inner = parsed(pool, sample), copy, taken;
    size_t n = 10000;
    double *x = brine_set_array(brine_root(p), "big", BRINE_F64, 1, &n);
    CHECK(x != NULL);
    for (size_t i = 0; i < n; i++) x[i] = (double)i;
    CHECK_OK(brine_set_packet(brine_root(p), "inner", inner));
    CHECK_OK(brine_packet_copy(brine_root(p), pool, &copy));
    CHECK(brine_equal(brine_root(p), brine_root(copy)));
    CHECK(elements(brine_find(brine_root(copy), "big")) != x);
    CHECK_OK(brine_take_packet(brine_find(brine_root(copy), "big"), &taken));
    CHECK(elements(brine_root(taken))[9999] == 9999);
    CHECK_OK(brine_packet_free(taken));
    CHECK_OK(brine_take_packet(brine_find(brine_root(copy), "inner"), &taken));
    CHECK(brine_equal(brine_root(taken), brine_find(brine_root(p), "inner")));
    CHECK_OK(brine_packet_free(taken));
    CHECK_OK(brine_packet_validate(p));
    /* Replacing a value by a copy of a part of its own packet. */
    CHECK_OK(brine_assign_copy(brine_find(brine_root(p), "inner"), brine_path(brine_root(p), "/inner/s")));
    CHECK_TEXT(brine_find(brine_root(p), "inner"), "short");
    CHECK_OK(brine_assign_copy(brine_find(brine_root(p), "big"), brine_find(brine_root(p), "big")));
    CHECK(elements(brine_find(brine_root(p), "big"))[77] == 77);
    CHECK_OK(brine_packet_free(copy));
    CHECK_OK(brine_packet_free(p));
}

/* A share inside a value is shared again in the same pool, and copied into another. */
static void shares(brine_pool *other) {
    brine_packet share = parsed(pool, "{'x': [1, 2]}"), p = new_packet(pool), copy, far;
    CHECK_OK(brine_packet_share(&share));
    brine_packet second;
    CHECK_OK(brine_packet_clone(share, &second));
    CHECK_OK(brine_set_packet(brine_root(p), "share", second));
    CHECK_EQ_INT(brine_packet_holders(share), 2);
    CHECK_OK(brine_packet_copy(brine_root(p), pool, &copy));
    CHECK_EQ_INT(brine_packet_holders(share), 3);
    CHECK(brine_equal(brine_root(p), brine_root(copy)));
    CHECK_STATUS(brine_set_int(brine_find(brine_root(copy), "share"), "x", 1), BRINE_ESHARED);
    CHECK_OK(brine_packet_clear_error(copy));
    CHECK_OK(brine_packet_copy(brine_root(p), other, &far));
    CHECK(brine_equal(brine_root(p), brine_root(far)));
    CHECK_OK(brine_set_int(brine_find(brine_root(far), "share"), "x", 1));
    CHECK_EQ_INT(brine_packet_holders(share), 3);
    CHECK_OK(brine_packet_free(copy));
    CHECK_OK(brine_packet_free(far));
    CHECK_OK(brine_packet_free(p));
    CHECK_EQ_INT(brine_packet_holders(share), 1);
    CHECK_OK(brine_packet_free(share));
}

static void owning(void) {
    brine_packet p = parsed(pool, sample), was = p, second;
    CHECK_OK(brine_packet_own(&p));
    CHECK(p.record == was.record && p.generation == was.generation);
    CHECK_OK(brine_packet_share(&p));
    CHECK_OK(brine_packet_own(&p)); /* the only holder: the same packet */
    CHECK(p.record == was.record);
    CHECK_OK(brine_set_int(brine_root(p), "new", 1));
    CHECK_OK(brine_packet_share(&p));
    CHECK_OK(brine_packet_clone(p, &second));
    CHECK_OK(brine_packet_own(&second)); /* a copy */
    CHECK(second.record != was.record);
    CHECK_OK(brine_set_int(brine_root(second), "new", 2));
    CHECK_INT(brine_find(brine_root(p), "new"), 1);
    CHECK_EQ_INT(brine_packet_holders(p), 1);
    CHECK_OK(brine_packet_free(second));
    CHECK_OK(brine_packet_free(p));
}

static void compacting(void) {
    brine_packet p = parsed(pool, sample), copy, dead;
    uint64_t before, after;
    CHECK_OK(brine_packet_copy(brine_root(p), pool, &copy));
    for (int i = 0; i < 2000; i++)
        CHECK_OK(brine_set_str(brine_root(p), "garbage", "a text that is overwritten again and again"));
    CHECK_OK(brine_delete(brine_root(p), "garbage"));
    CHECK_OK(brine_packet_bytes(p, &before));
    dead = p;
    CHECK_OK(brine_packet_compact(&p));
    CHECK_OK(brine_packet_bytes(p, &after));
    CHECK_MSG(after < before / 10, "%" PRIu64 " bytes before, %" PRIu64 " after", before, after);
    CHECK(brine_equal(brine_root(p), brine_root(copy)));
    CHECK(!brine_packet_held(dead));
    CHECK_REF(brine_root(dead), BRINE_ENOTHELD);
    CHECK_OK(brine_packet_free(copy));
    CHECK_OK(brine_packet_share(&p));
    CHECK_STATUS(brine_packet_compact(&p), BRINE_ESHARED);
    CHECK_OK(brine_packet_free(p));
}

/* When there is no room, the place keeps its value and nothing is lost. */
static void no_room(void) {
    brine_pool *small = value_pool(1 << 20);
    brine_packet p = new_packet(pool), q = new_packet(small), copy = brine_packet_none();
    size_t n = 1 << 20;
    CHECK(brine_set_array(brine_root(p), "x", BRINE_F64, 1, &n) != NULL);
    CHECK_STATUS(brine_packet_copy(brine_root(p), small, &copy), BRINE_ENOMEM);
    CHECK_EQ_INT(copy.record, 0);
    CHECK_OK(brine_set_int(brine_root(q), "x", 1));
    CHECK_STATUS(brine_set_copy(brine_root(q), "x", brine_root(p)), BRINE_ENOMEM);
    CHECK_STUCK(q, BRINE_ENOMEM);
    CHECK_INT(brine_find(brine_root(q), "x"), 1);
    CHECK_OK(brine_packet_free(p));
    CHECK_OK(brine_packet_free(q));
    end_pool(small);
}

int main(void) {
    pool = value_pool(64 << 20);
    brine_pool *other = value_pool(64 << 20);
    deep(pool);
    deep(other);
    own_inside();
    owned();
    shares(other);
    owning();
    compacting();
    no_room();
    end_pool(other);
    end_pool(pool);
    return 0;
}
