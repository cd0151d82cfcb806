/* SPDX-License-Identifier: Apache-2.0 */
/* Equality as Python's, the total order, and hashes that agree with equality. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;

static brine_ref of_int(int64_t i) {
    brine_ref p = new_place(packet);
    CHECK_OK(brine_assign_int(p, i));
    return p;
}
static brine_ref of_uint(uint64_t u) {
    brine_ref p = new_place(packet);
    CHECK_OK(brine_assign_uint(p, u));
    return p;
}
static brine_ref of_double(double f) {
    brine_ref p = new_place(packet);
    CHECK_OK(brine_assign_double(p, f));
    return p;
}
static brine_ref of_complex(double re, double im) {
    brine_ref p = new_place(packet);
    CHECK_OK(brine_assign_complex(p, re, im));
    return p;
}
static brine_ref of_literal(const char *text) {
    brine_ref p = new_place(packet);
    CHECK_OK(brine_parse_literal(p, text, strlen(text), NULL));
    return p;
}

static int sign_of(brine_ref a, brine_ref b) {
    int order = 9;
    CHECK_OK(brine_compare(a, b, &order));
    CHECK(order >= -1 && order <= 1);
    return order;
}

/* All values, ascending; those of one group are equal in the order. */
static void ordered(void) {
    struct {
        int group;
        brine_ref value;
    } all[] = {
        {0, of_literal("None")},
        {1, of_double(-INFINITY)},
        {2, of_double(-1e300)},
        {3, of_literal("-18446744073709551617")},
        {4, of_double(-18446744073709551616.0)},
        {5, of_int(INT64_MIN)},
        {5, of_double(-9223372036854775808.0)},
        {6, of_double(-1.5)},
        {7, of_int(-1)},
        {8, of_int(0)},
        {8, of_double(-0.0)},
        {8, of_literal("False")},
        {9, of_double(5e-324)},
        {10, of_double(0.5)},
        {11, of_complex(0.5, 1)},
        {12, of_int(1)},
        {12, of_literal("True")},
        {12, of_double(1)},
        {12, of_complex(1, 0)},
        {13, of_complex(1, 2)},
        {14, of_double(9007199254740992.0)},
        {15, of_int(((int64_t)1 << 53) + 1)},
        {16, of_double(9007199254740994.0)},
        {17, of_int(INT64_MAX)},
        {18, of_uint((uint64_t)1 << 63)},
        {18, of_double(9223372036854775808.0)},
        {19, of_uint(UINT64_MAX)},
        {20, of_double(18446744073709551616.0)},
        {20, of_literal("18446744073709551616")},
        {21, of_literal("18446744073709551617")},
        {22, of_double(1e300)},
        {23, of_double(INFINITY)},
        {24, of_double(NAN)},
        {25, of_literal("''")},
        {26, of_literal("'a'")},
        {27, of_literal("'a\\0'")},
        {28, of_literal("'ab'")},
        {29, of_literal("'b'")},
        {30, of_literal("'\\xe9'")},
        {31, of_literal("'\\uffff'")},
        {32, of_literal("'\\U00010000'")},
        {33, of_literal("b''")},
        {34, of_literal("b'a'")},
        {35, of_literal("b'\\xff'")},
        {36, of_literal("()")},
        {37, of_literal("(1,)")},
        {37, of_literal("(1.0,)")},
        {38, of_literal("(1, 2)")},
        {39, of_literal("('a',)")},
        {40, of_literal("[]")},
        {41, of_literal("[1, 2]")},
        {42, of_literal("[1, [0]]")},
        {43, of_literal("[2]")},
        {44, of_literal("array([1, 2], 'i4')")},
        {44, of_literal("array([1.0, 2.0], 'f8')")},
        {45, of_literal("array([1, 3], 'u1')")},
        {46, of_literal("{}")},
        {47, of_literal("{'a': 1}")},
        {48, of_literal("{'a': 1, 'b': 1}")},
        {48, of_literal("{'b': 1, 'a': 1}")},
        {49, of_literal("{'a': 2}")},
        {50, of_literal("{'b': 0}")},
    };
    enum { COUNT = sizeof all / sizeof *all };
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            int expected = (all[i].group > all[j].group) - (all[i].group < all[j].group);
            int found = sign_of(all[i].value, all[j].value);
            if (found != expected)
                check_failed(__FILE__, __LINE__, "values %d and %d: %d, not %d", i, j, found, expected);
            bool equal = expected == 0 && all[i].group != 24;
            if (brine_equal(all[i].value, all[j].value) != equal)
                check_failed(__FILE__, __LINE__, "values %d and %d: equal %d", i, j, !equal);
            uint64_t h = 1, k = 1;
            if (equal && brine_hash(all[i].value, &h) == 0) {
                CHECK_OK(brine_hash(all[j].value, &k));
                if (h != k) check_failed(__FILE__, __LINE__, "values %d and %d are equal but hash differently", i, j);
            }
        }
    }
}

static bool equal(const char *a, const char *b) { return brine_equal(of_literal(a), of_literal(b)); }

static void equality(void) {
    CHECK(equal("{'a': 1, 'b': [2, (3,)]}", "{'b': [2.0, (3,)], 'a': True}"));
    CHECK(!equal("{'a': 1}", "{'a': 1, 'b': 1}"));
    CHECK(!equal("{'a': 1}", "{'b': 1}"));
    CHECK(!equal("{'a': 1}", "{'a': 2}"));
    CHECK(!equal("o{'a': 1, 'b': 2}", "o{'b': 2, 'a': 1}"));
    CHECK(equal("o{'a': 1, 'b': 2}", "o{'a': 1, 'b': 2}"));
    CHECK(equal("o{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"));
    CHECK(equal("{1: 'x'}", "{1.0: 'x'}"));
    CHECK(!equal("[1]", "(1,)"));
    CHECK(!equal("'1'", "b'1'"));
    CHECK(!equal("''", "None"));
    CHECK(!equal("0", "None"));
    CHECK(!equal("[0]", "[]"));
    CHECK(equal("array([1, 2], 'u1')", "array([1.0, 2.0], 'f4')"));
    CHECK(equal("array([1, 2], 'f2')", "array([1.0, 2.0], 'c16')"));
    CHECK(!equal("array([1, 2], 'i4')", "array([[1, 2]], 'i4')"));
    CHECK(!equal("array([1, 2], 'i4')", "array([1, 3], 'i4')"));
    CHECK(!equal("array([-1], 'i1')", "array([255], 'u1')"));
    CHECK(!equal("array([9007199254740993], 'i8')", "array([9007199254740992], 'f8')"));
    CHECK(!equal("array([1, 2], 'i4')", "[1, 2]"));
    brine_ref nan = of_double(NAN), list = of_literal("[0]"), array = of_literal("array([1.0], 'f8')");
    CHECK(!brine_equal(nan, nan));
    CHECK_OK(brine_assign_copy(brine_at(list, 0), nan));
    CHECK(!brine_equal(list, list));
    brine_array a;
    CHECK_OK(brine_as_array(array, &a));
    CHECK(brine_equal(array, array));
    *(double *)a.data = NAN;
    CHECK(!brine_equal(array, array));
    CHECK(!brine_equal(brine_ref_null(BRINE_ENOENT), brine_ref_null(BRINE_ENOENT)));
}

/* In another pool the hashes have another seed. */
static void other_pool(void) {
    brine_pool *other = value_pool(16 << 20);
    brine_packet copy;
    brine_ref value = of_literal("{'a': 1, (1, 'x'): [b'y'], 2.5: {3: None}, 1: 0, 'a long key with many bytes': 4}");
    CHECK_OK(brine_packet_copy(value, other, &copy));
    CHECK(brine_equal(value, brine_root(copy)));
    CHECK(brine_equal(brine_root(copy), value));
    CHECK_EQ_INT(sign_of(value, brine_root(copy)), 0);
    CHECK_INT(brine_find(brine_root(copy), "a long key with many bytes"), 4);
    CHECK_INT(brine_find_key(brine_root(copy), brine_key_double(1)), 0);
    CHECK(brine_value_in_pool(other, brine_root(copy)) && !brine_value_in_pool(pool, brine_root(copy)));
    CHECK_OK(brine_packet_free(copy));
    end_pool(other);
}

static void hashes(void) {
    uint64_t h = 7;
    CHECK_STATUS(brine_hash(of_literal("[]"), &h), BRINE_ETYPE);
    CHECK_STATUS(brine_hash(of_literal("{}"), &h), BRINE_ETYPE);
    CHECK_STATUS(brine_hash(of_literal("([],)"), &h), BRINE_ETYPE);
    CHECK_STATUS(brine_hash(of_literal("array([1], 'i4')"), &h), BRINE_ETYPE);
    CHECK(h == 7);
    CHECK_OK(brine_hash(of_literal("(1, ('x', None), b'y')"), &h));
    int order = 5;
    CHECK(brine_compare(brine_ref_null(BRINE_ENOENT), of_literal("1"), &order) == BRINE_ENOENT && order == 5);
}

int main(void) {
    pool = value_pool(64 << 20);
    packet = new_packet(pool);
    ordered();
    equality();
    other_pool();
    hashes();
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
