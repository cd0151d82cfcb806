/* SPDX-License-Identifier: Apache-2.0 */
/* Literals: each text is parsed and printed; what is printed is parsed and printed again, the same. */
#include "text_helpers.h"

static const struct {
    const char *text, *printed; /* NULL: as the text */
} cases[] = {
    /* words */
    {"None", NULL},
    {"True", NULL},
    {"False", NULL},
    {" \t\r\n\v\fNone # a comment", "None"},
    {"# first\n1", "1"},
    {"\xef\xbb\xbf"
     "1",
     "1"},
    /* integers */
    {"0", NULL},
    {"-0", "0"},
    {"+7", "7"},
    {"00", "0"},
    {"1_000_000", "1000000"},
    {"0xFf", "255"},
    {"-0x10", "-16"},
    {"0x_ff", "255"},
    {"0o17", "15"},
    {"0b1_01", "5"},
    {"5L", "5"},
    {"5l", "5"},
    {"9223372036854775807", NULL},
    {"-9223372036854775808", NULL},
    {"9223372036854775808", NULL},
    {"-9223372036854775809", NULL},
    {"18446744073709551616", NULL},
    {"123456789012345678901234567890123456789L", "123456789012345678901234567890123456789"},
    {"0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"},
    {"-0b1"
     "0000000000000000000000000000000000000000000000000000000000000000",
     "-18446744073709551616"},
    /* floats */
    {"1.", "1.0"},
    {".5", "0.5"},
    {"1e5", "100000.0"},
    {"1E+16", "1e+16"},
    {"1e15", "1000000000000000.0"},
    {"0.0001", NULL},
    {"1e-5", "1e-05"},
    {"-0.0", NULL},
    {"inf", NULL},
    {"-inf", NULL},
    {"nan", NULL},
    {"-nan", "nan"},
    {"1_0.0_1e1_0", "100100000000.0"},
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
    {"5e-324", NULL},
    {"1e-400", "0.0"},
    {"0.1", NULL},
    {"01.5", "1.5"},
    {"123456789012345678.", "1.2345678901234568e+17"},
    /* complex */
    {"2j", NULL},
    {"-2j", NULL},
    {"1+2j", "(1+2j)"},
    {"(1+2j)", NULL},
    {"1 - 2J", "(1-2j)"},
    {"-0-1j", "(-0-1j)"},
    {"-0.0-1j", "(-0-1j)"},
    {"(-0-1j)", NULL},
    {"0-1j", "-1j"},
    {"1.5e3+.5j", "(1500+0.5j)"},
    {"inf+nanj", "(inf+nanj)"},
    {"infj", NULL},
    {"1-infj", "(1-infj)"},
    {"0j", NULL},
    {"-0j", NULL},
    {"0x10+1j", "(16+1j)"},
    /* str */
    {"''", NULL},
    {"\"a\"", "'a'"},
    {"'it''s'", "'its'"},
    {"\"it's\"", NULL},
    {"'a\"b\\'c'", NULL},
    {"'\\n\\t\\r\\\\'", NULL},
    {"'\\a\\b\\f\\v'", "'\\x07\\x08\\x0c\\x0b'"},
    {"'\\0'", "'\\x00'"},
    {"'\\101\\7x'", "'A\\x07x'"},
    {"'\\x41\\u00e9\\U0001F600'", "'A\xc3\xa9\xf0\x9f\x98\x80'"},
    {"'\\ud83d\\ude00'", "'\xf0\x9f\x98\x80'"},
    {"'\\x80\\xa0\\u2028'", NULL},
    {"'\\777'", "'\xc7\xbf'"},
    {"'\\q\\xc3'", "'\\\\q\xc3\x83'"},
    {"'a\\\nb'", "'ab'"},
    {"r'\\n\\''", "\"\\\\n\\\\'\""},
    {"u'x'", "'x'"},
    {"'''a\n'b''c'''", "\"a\\n'b''c\""},
    {"\"\"\"\"a\"\"\"", "'\"a'"},
    {"'a' \"b\"\n '''c''' # d\n r'\\d'", "'abc\\\\d'"},
    {"'' 'a'", "'a'"},
    {"''''''", "''"},
    {"'\xe2\x82\xac'", NULL},
    {"'\\\xe2\x82\xac'", "'\\\\\xe2\x82\xac'"},
    /* bytes */
    {"b''", NULL},
    {"b'a\\x00\\xff\\''", "b\"a\\x00\\xff'\""},
    {"B\"x\"", "b'x'"},
    {"br'\\x'", "b'\\\\x'"},
    {"Rb'\\d'", "b'\\\\d'"},
    {"b'\\377\\n'", "b'\\xff\\n'"},
    {"b'\\u0041\\N'", "b'\\\\u0041\\\\N'"},
    {"b'a' b'b'", "b'ab'"},
    /* containers */
    {"{}", NULL},
    {"o{}", NULL},
    {"[]", NULL},
    {"()", NULL},
    {"( )", "()"},
    {"[1, 'a', None]", NULL},
    {"[1,2,]", "[1, 2]"},
    {"(1,)", NULL},
    {"(1)", "1"},
    {"((((1))))", "1"},
    {"(1, 2)", NULL},
    {"(1, (2, (3,)), ((),))", NULL},
    {"((1), [2, (3, 4)])", "(1, [2, (3, 4)])"},
    {"('(,', \"')\", '''\n(''', # (,\n (1, 2))", "('(,', \"')\", '\\n(', (1, 2))"},
    {"((1,), (2, 3))", NULL},
    {"(array([1], 'i1'), array_raw(b'', 'x', 1, (0, 2)), (1, (2,)), array([(1+2j)], 'c8'), (1, 2))", NULL},
    {"[(1,), (), (2, 3)]", NULL},
    {"{'a': 1, 'b': [1, {'c': ()}]}", NULL},
    {"{'a':1,'a':2,}", "{'a': 2}"},
    {"{'a': 1, 'b': 2, 'a': [3]}", "{'a': [3], 'b': 2}"},
    {"o{'z': 1, 'a': 2}", NULL},
    {"{1: 'int', -2: 'neg', 1.5: 'f', None: 'n', True: 0}", "{1: 0, -2: 'neg', 1.5: 'f', None: 'n'}"},
    {"{b'x': 1, 'x': 2}", NULL},
    {"{(1, ('a', None)): 2, (): 3, (1): 4}", "{(1, ('a', None)): 2, (): 3, 1: 4}"},
    {"{(1+2j): 5, 2j: 6, 123456789012345678901234567890: 7}", NULL},
    {"{((('a'))): 1}", "{'a': 1}"},
    {"{'a' 'b' : 1}", "{'ab': 1}"},
    /* nd-arrays */
    {"array([1,2,3], 'i4')", "array([1, 2, 3], 'i4')"},
    {"array([[1, 2], [3, 4], [5, 6]], 'u1')", NULL},
    {"array([True, False], 'b1')", NULL},
    {"array([1, 2.5, -inf, nan], 'f8')", "array([1.0, 2.5, -inf, nan], 'f8')"},
    {"array([0.1, 16777217, 3.4e38], 'f4')", "array([0.1, 16777216.0, 3.4e+38], 'f4')"},
    {"array([0.1, 65504, 6e-08], 'f2')", "array([0.1, 65500.0, 6e-08], 'f2')"},
    {"array([(1+2j), 3, 4j], 'c8')", "array([(1+2j), (3+0j), 4j], 'c8')"},
    {"array([1+2j], 'c16')", "array([(1+2j)], 'c16')"},
    {"array([-128, 127], 'i1')", NULL},
    {"array([18446744073709551615, 0x10], 'u8')", "array([18446744073709551615, 16], 'u8')"},
    {"array([-9223372036854775808], 'i8')", NULL},
    {"array([-32768], 'i2')", NULL},
    {"array([65535], 'u2')", NULL},
    {"array([4294967295], 'u4')", NULL},
    {"array(5, 'i4')", NULL},
    {"array([], 'f8')", NULL},
    {"array([], 'f4', (0, 3))", NULL},
    {"array([[], []], 'i4')", "array([], 'i4', (2, 0))"},
    {"array([[[1], [2]], [[3], [4]]], 'i8')", NULL},
    {"(array([1], '1'), array([1], 'b'), array([1], 's'), array([1], 'w'))",
     "(array([1], 'i1'), array([1], 'u1'), array([1], 'i2'), array([1], 'u2'))"},
    {"(array([1], 'i'), array([1], 'u'), array([1], 'l'), array([1], 'f'), array([1], 'd'))",
     "(array([1], 'i4'), array([1], 'u4'), array([1], 'i8'), array([1.0], 'f4'), array([1.0], 'f8'))"},
    {"(array([1], 'F'), array([1], 'D'))", "(array([(1+0j)], 'c8'), array([(1+0j)], 'c16'))"},
    {"array([1], '<f4')", "array([1.0], 'f4')"},
    {"array([1, 2])", "array([1, 2], 'i8')"},
    {"array([1., 2.], dtype=float32)", "array([1.0, 2.0], 'f4')"},
    {"array([], shape=(0, 3), dtype=float64)", "array([], 'f8', (0, 3))"},
    {"array([1, 2.5])", "array([1.0, 2.5], 'f8')"},
    {"array([True])", "array([True], 'b1')"},
    {"array([1, 1j])", "array([(1+0j), 1j], 'c16')"},
    {"array([])", "array([], 'f8')"},
    {"array( # c\n [ 1 , # d\n 2 , ] , 'i4' , )", "array([1, 2], 'i4')"},
    {"array([1,0], dtype='b1')", "array([True, False], 'b1')"},
    {"array_raw(b'abcdef', '<Hx', 3, (2,))", NULL},
    {"array_raw(b'', 'x', 1, (0, 2))", NULL},
    {"array_raw(b'\\xff' b'\\x00', 'T{i:a:}', 2, ())", "array_raw(b'\\xff\\x00', 'T{i:a:}', 2, ())"},
    {"[array([1], 'i1'), {'x': array([2.0], 'f8')}]", NULL},
};

static void equal_values(brine_ref root) {
    brine_packet other;
    CHECK_OK(brine_packet_new(pool, &other));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        CHECK_MSG(parse_literal(root, text) == 0, "%s: %s", text, brine_detail());
        const char *printed = literal_of(root);
        const char *expected = cases[i].printed != NULL ? cases[i].printed : text;
        CHECK_MSG(strcmp(printed, expected) == 0, "%s\nprinted  %s\nexpected %s", text, printed, expected);
        CHECK_MSG(parse_literal(brine_root(other), printed) == 0, "%s: %s", printed, brine_detail());
        CHECK_STR(literal_of(brine_root(other)), printed);
        if (strstr(printed, "nan") == NULL) CHECK_MSG(brine_equal(root, brine_root(other)), "%s", printed);
        CHECK_EQ_INT(brine_type_of(root), brine_type_of(brine_root(other)));
    }
    CHECK_OK(brine_packet_free(other));
}

static void types(brine_ref root) {
    static const struct {
        const char *text;
        brine_type type;
    } expected[] = {{"1", BRINE_I64},         {"9223372036854775808", BRINE_BIGINT},
                    {"1.0", BRINE_F64},       {"1j", BRINE_C128},
                    {"'x'", BRINE_STR},       {"b'x'", BRINE_BYTES},
                    {"o{}", BRINE_TAB},       {"()", BRINE_TUP},
                    {"array(1)", BRINE_ARRAY}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        CHECK_OK(parse_literal(root, expected[i].text));
        CHECK_EQ_INT(brine_type_of(root), expected[i].type);
    }
    CHECK_OK(parse_literal(root, "o{'a': {}}"));
    CHECK_EQ_INT(brine_flags_of(root) & BRINE_ORDERED, BRINE_ORDERED);
    CHECK_EQ_INT(brine_flags_of(brine_find(root, "a")) & BRINE_ORDERED, 0);
}

/* Python's repr of a complex has bare numbers; a minus zero in front shows only with a point. */
static void minus_zero(brine_ref root) {
    double re, im;
    CHECK_OK(brine_assign_complex(root, -0.0, -1));
    const char *printed = literal_of(root);
    CHECK_STR(printed, "(-0-1j)");
    CHECK_OK(parse_literal(root, printed));
    CHECK_OK(brine_as_complex(root, &re, &im));
    CHECK(re == 0 && __builtin_signbit(re) != 0);
}

int main(void) {
    brine_ref root = open_pool();
    minus_zero(root);
    equal_values(root);
    types(root);
    close_pool();
    return 0;
}
