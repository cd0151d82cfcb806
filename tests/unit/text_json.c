/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is parsed, how values are printed, NaN, surrogates, keys. */
#include "text_helpers.h"

static const struct {
    const char *text, *printed; /* NULL: as the text */
} cases[] = {
    {"null", NULL},
    {"true", NULL},
    {" [ false ,\t1\r\n] ", "[false,1]"},
    {"\xef\xbb\xbf{}", "{}"},
    {"\"\"", NULL},
    {"[]", NULL},
    {"{}", NULL},
    {"0", NULL},
    {"-0", "0"},
    {"-1", NULL},
    {"123456789012345678", NULL},
    {"-999999999999999999", NULL},
    {"9223372036854775807", NULL},
    {"9223372036854775808", NULL},
    {"-123456789012345678901234567890123456789012345678901234567890", NULL},
    {"1.10", "1.1"},
    {"1e2", "100.0"},
    {"-0.0", NULL},
    {"1E+16", "1e+16"},
    {"1.5e-7", "1.5e-07"},
    {"0.30000000000000004", NULL},
    {"1e-999", "0.0"},
    {"[1.7976931348623157e308]", "[1.7976931348623157e+308]"},
    {"2.2250738585072011e-308", "2.225073858507201e-308"},
    {"{\"a\":1,\"b\":[{}],\"a\":2}", "{\"a\":2,\"b\":[{}]}"},
    {"{\"a\":{\"x\":1},\"a\":{\"y\":2}}", "{\"a\":{\"y\":2}}"},
    {"{\"\":0,\"\\u0000\":1}", NULL},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f\""},
    {"\"\\u00e9\\u20AC\\uD83D\\uDE00\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    /* lone surrogates */
    {"\"\\uD83D\"", "\"\xef\xbf\xbd\""},
    {"\"\\uD83Dx\"", "\"\xef\xbf\xbdx\""},
    {"\"\\uDE00\\uD83D\"", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\"\\uD83D\\u0041\"", "\"\xef\xbf\xbd"
                           "A\""},
    {"\"\\uD83D\\uD83D\\uDE00\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\""},
    {"\"\\\\uD83D\"", NULL},
    {"{\"\\ud800\":\"\\udfff\"}", "{\"\xef\xbf\xbd\":\"\xef\xbf\xbd\"}"},
    {"\"\\uD83D\\n\"", "\"\xef\xbf\xbd\\n\""},
};

static void parsing(brine_ref root) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text, *expected = cases[i].printed != NULL ? cases[i].printed : text;
        CHECK_MSG(parse_json(root, text) == 0, "%s: %s", text, brine_detail());
        const char *printed = json_of(root);
        CHECK_MSG(strcmp(printed, expected) == 0, "%s\nprinted  %s\nexpected %s", text, printed, expected);
        CHECK_OK(parse_json(root, printed));
        CHECK_STR(json_of(root), printed);
        CHECK_OK(parse_json(root, shown(root, BRINE_JSON_PRETTY, 0)));
        CHECK_STR(json_of(root), printed);
        CHECK_OK(parse_json(root, shown(root, BRINE_JSON, BRINE_TEXT_ASCII)));
        CHECK_STR(json_of(root), printed);
    }
    CHECK_OK(parse_json(root, "1"));
    CHECK_EQ_INT(brine_type_of(root), BRINE_I64);
    CHECK_OK(parse_json(root, "1.0"));
    CHECK_EQ_INT(brine_type_of(root), BRINE_F64);
    CHECK_OK(parse_json(root, "18446744073709551615"));
    CHECK_EQ_INT(brine_type_of(root), BRINE_BIGINT);
}

static int parse_nan(brine_ref root, const char *text, brine_text_error *error) {
    return brine_parse_json(root, text, strlen(text), BRINE_JSON_NAN, error);
}

static void not_numbers(brine_ref root) {
    brine_text_error error;
    char *text;
    CHECK_OK(parse_nan(root, "{\"NaN\":[NaN, Infinity,-Infinity\n,1e9,\"\\\"NaN\",100000e9,NaN],\"x\":NaN}", NULL));
    CHECK_STR(shown(root, BRINE_JSON, BRINE_JSON_NAN),
              "{\"NaN\":[NaN,Infinity,-Infinity,1000000000.0,\"\\\"NaN\",100000000000000.0,NaN],\"x\":NaN}");
    CHECK_STATUS(brine_print_text(root, BRINE_JSON, 0, &text, NULL), BRINE_ERANGE);
    CHECK_CONTAINS(brine_detail(), "NaN");
    CHECK_OK(parse_nan(root, "-Infinity", NULL));
    CHECK_STR(literal_of(root), "-inf");
    CHECK_STATUS(brine_print_text(root, BRINE_JSON, 0, &text, NULL), BRINE_ERANGE);
    static const char *const bad[] = {"[1NaN]",  "[NaN1]",       "[-NaN]",    "[NaNNaN]", "[NaN NaN]",
                                      "{NaN:1}", "[--Infinity]", "[Infinit]", "NaN\"",    "[\"\\"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(parse_nan(root, bad[i], &error) == BRINE_ESYNTAX, "%s", bad[i]);
    CHECK_STR(literal_of(root), "-inf");
}

static void other_types(brine_ref root) {
    CHECK_OK(parse_literal(root, "{'b': b'\\x00\\xff', 'b1': b'abcd', 'b0': b'', 't': (1, ()), 'c': 1.5+2j, 'a': "
                                 "array([[1, 2], [3, 4]], 'u1'), 'e': array([], 'f4', (3, 0)), "
                                 "'x': array([1.5], 'f4'), 'z': array([1j], 'c8'), 'r': array_raw(b'ab', 'x', 1, "
                                 "(2,)), 's': array(7, 'i4'), 'n': array([True], 'b1')}"));
    CHECK_STR(json_of(root), "{\"b\":{\"$bytes\":\"AP8=\"},\"b1\":{\"$bytes\":\"YWJjZA==\"},\"b0\":{\"$bytes\":\"\"},"
                             "\"t\":[1,[]],\"c\":[1.5,2.0],\"a\":[[1,2],[3,4]],\"e\":[],"
                             "\"x\":[1.5],\"z\":[[0.0,1.0]],\"r\":{\"$bytes\":\"YWI=\"},\"s\":7,\"n\":[true]}");
    CHECK_OK(parse_json(root, shown(root, BRINE_JSON_PRETTY, 0)));
    CHECK_OK(parse_literal(root, "{2: 1, 2.5: 2, None: 3, True: 4, (1, 'a'): 5, b'x': 6, 'y': 7}"));
    CHECK_STR(json_of(root), "{\"2\":1,\"2.5\":2,\"None\":3,\"True\":4,\"(1, 'a')\":5,\"b'x'\":6,\"y\":7}");
}

static void pretty(brine_ref root) {
    CHECK_OK(parse_json(root, "{\"a\":[1,{\"b\":null},[]],\"c\":{}}"));
    CHECK_STR(shown(root, BRINE_JSON_PRETTY, 0), "{\n    \"a\": [\n        1,\n        {\n            \"b\": null\n    "
                                                 "    },\n        []\n    ],\n    \"c\": {}\n}");
    CHECK_OK(parse_json(root, "\"\\u00e9\\u20ac\\ud83d\\ude00\""));
    CHECK_STR(shown(root, BRINE_JSON, BRINE_TEXT_ASCII), "\"\\u00e9\\u20ac\\ud83d\\ude00\"");
    CHECK_OK(parse_json(root, "{\"b\":1,\"a\":{\"z\":0,\"y\":0}}"));
    CHECK_STR(shown(root, BRINE_JSON, BRINE_TEXT_SORT), "{\"a\":{\"y\":0,\"z\":0},\"b\":1}");
}

int main(void) {
    brine_ref root = open_pool();
    parsing(root);
    not_numbers(root);
    other_types(root);
    pretty(root);
    close_pool();
    return 0;
}
