/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is wrong: the status, the position and the message. */
#include "text_helpers.h"

struct bad {
    const char *text;
    int status;
    size_t offset;
    const char *message; /* part of the detail; may be NULL */
};

static const struct bad literals[] = {
    {"", BRINE_ESYNTAX, 0, "expected a value, found the end of the text"},
    {"  # x", BRINE_ESYNTAX, 5, NULL},
    {"1 2", BRINE_ESYNTAX, 2, "expected the end of the text after the value, found '2'"},
    {"[1] x", BRINE_ESYNTAX, 4, "end of the text"},
    {"[1, x]", BRINE_ESYNTAX, 4, "the word 'x' is no value"},
    {"[1 2]", BRINE_ESYNTAX, 3, "expected ',' or ']', found '2'"},
    {"[1,,2]", BRINE_ESYNTAX, 3, "expected a value, found ','"},
    {"[,]", BRINE_ESYNTAX, 1, NULL},
    {"(,)", BRINE_ESYNTAX, 1, NULL},
    {"(1,,)", BRINE_ESYNTAX, 3, "expected a value"},
    {"[1", BRINE_ESYNTAX, 2, "found the end of the text"},
    {"(1, 2", BRINE_ESYNTAX, 5, "',' or ')'"},
    {"(1 2, 3)", BRINE_ESYNTAX, 3, NULL},
    {"[1)", BRINE_ESYNTAX, 2, NULL},
    {"(1]", BRINE_ESYNTAX, 2, NULL},
    {"]", BRINE_ESYNTAX, 0, NULL},
    {"{1, 2}", BRINE_ESYNTAX, 2, "sets cannot be stored"},
    {"{1}", BRINE_ESYNTAX, 2, "sets"},
    {"{'a'}", BRINE_ESYNTAX, 4, "sets"},
    {"set()", BRINE_ESYNTAX, 0, "sets"},
    {"{'a' 1}", BRINE_ESYNTAX, 5, "expected ':' after a key, found '1'"},
    {"{'a':}", BRINE_ESYNTAX, 5, NULL},
    {"{'a':1 'b'}", BRINE_ESYNTAX, 7, "',' or '}'"},
    {"{,}", BRINE_ESYNTAX, 1, NULL},
    {"{'a':1,,}", BRINE_ESYNTAX, 7, NULL},
    {"{[1]: 2}", BRINE_ESYNTAX, 1, "a list cannot be a key"},
    {"{(1, [2]): 2}", BRINE_ESYNTAX, 5, "a list cannot be a key"},
    {"{{}: 2}", BRINE_ESYNTAX, 1, "a dict"},
    {"{array([1]): 2}", BRINE_ESYNTAX, 1, "an array"},
    {"{nan: 2}", BRINE_ESYNTAX, 4, "cannot be a key"},
    {"null", BRINE_ESYNTAX, 0, "JSON"},
    {"[true]", BRINE_ESYNTAX, 1, "spells it True"},
    {"True1", BRINE_ESYNTAX, 0, NULL},
    {"o[1]", BRINE_ESYNTAX, 0, NULL},
    {"o {}", BRINE_ESYNTAX, 0, NULL},
    {"'abc", BRINE_ESYNTAX, 4, "not closed"},
    {"'abc\n'", BRINE_ESYNTAX, 4, "end of its line"},
    {"'''abc'", BRINE_ESYNTAX, 7, "begins at byte 0"},
    {"'\\", BRINE_ESYNTAX, 2, NULL},
    {"'\\'", BRINE_ESYNTAX, 3, NULL},
    {"r'\\'", BRINE_ESYNTAX, 4, NULL},
    {"'\\x4'", BRINE_ESYNTAX, 4, "hexadecimal digit"},
    {"'\\u12g4'", BRINE_ESYNTAX, 5, NULL},
    {"'\\U00110000'", BRINE_ESYNTAX, 1, "beyond"},
    {"'\\N{BULLET}'", BRINE_ESYNTAX, 1, "\\N"},
    {"'\\ud800'", BRINE_EUTF8, 1, "half a character"},
    {"'\\ud800\\u0041'", BRINE_EUTF8, 1, NULL},
    {"'\\udc00\\udc00'", BRINE_EUTF8, 1, NULL},
    {"b'\\777'", BRINE_ESYNTAX, 2, "more than a byte"},
    {"b'\xc3\xa9'", BRINE_ESYNTAX, 2, "ASCII"},
    {"'a' b'b'", BRINE_ESYNTAX, 4, "cannot be joined"},
    {"f'{x}'", BRINE_ESYNTAX, 0, "f-string"},
    {"ub'x'", BRINE_ESYNTAX, 0, "prefix"},
    {"rr'x'", BRINE_ESYNTAX, 0, "prefix"},
    {"-", BRINE_ESYNTAX, 1, "a digit"},
    {".", BRINE_ESYNTAX, 1, "a digit"},
    {"--1", BRINE_ESYNTAX, 1, NULL},
    {"+x", BRINE_ESYNTAX, 1, NULL},
    {"0x", BRINE_ESYNTAX, 2, "hexadecimal"},
    {"0b2", BRINE_ESYNTAX, 2, "binary"},
    {"0o8", BRINE_ESYNTAX, 2, "octal"},
    {"007", BRINE_ESYNTAX, 0, "leading zeros"},
    {"1e", BRINE_ESYNTAX, 2, "exponent"},
    {"1e+", BRINE_ESYNTAX, 3, NULL},
    {"1_", BRINE_ESYNTAX, 1, "runs into"},
    {"1__0", BRINE_ESYNTAX, 1, NULL},
    {"1x", BRINE_ESYNTAX, 1, NULL},
    {"1.0L", BRINE_ESYNTAX, 3, NULL},
    {"1+2", BRINE_ESYNTAX, 1, "imaginary"},
    {"1+2j+3j", BRINE_ESYNTAX, 4, NULL},
    {"1j2", BRINE_ESYNTAX, 2, NULL},
    {"1e999", BRINE_ERANGE, 0, "too large for a double"},
    {"[-1e999]", BRINE_ERANGE, 2, NULL},
    {"infinity", BRINE_ESYNTAX, 0, NULL},
    {"array", BRINE_ESYNTAX, 5, "'('"},
    {"array(", BRINE_ESYNTAX, 6, NULL},
    {"array('x')", BRINE_ESYNTAX, 6, "a number"},
    {"array([1,[2]])", BRINE_ESYNTAX, 9, "nested equally"},
    {"array([[1],2])", BRINE_ESYNTAX, 11, NULL},
    {"array([[1],[2,3]])", BRINE_ESYNTAX, 15, "2 items"},
    {"array([[],[1]])", BRINE_ESYNTAX, 12, NULL},
    {"array([1 2])", BRINE_ESYNTAX, 9, NULL},
    {"array([,])", BRINE_ESYNTAX, 7, NULL},
    {"array([1],)x", BRINE_ESYNTAX, 11, NULL},
    {"array([1], 'q9')", BRINE_ESYNTAX, 11, "no element type"},
    {"array([1], '>i4')", BRINE_ESYNTAX, 11, NULL},
    {"array([1], 'i4', 'i4')", BRINE_ESYNTAX, 17, NULL},
    {"array([300], 'u1')", BRINE_ERANGE, 7, "uint8"},
    {"array([-1], 'u8')", BRINE_ERANGE, 7, NULL},
    {"array([128], 'i1')", BRINE_ERANGE, 7, NULL},
    {"array([-129], 'i1')", BRINE_ERANGE, 7, NULL},
    {"array([18446744073709551616], 'u8')", BRINE_ERANGE, 7, NULL},
    {"array([9223372036854775808])", BRINE_ERANGE, 7, NULL},
    {"array([2], 'b1')", BRINE_ERANGE, 7, NULL},
    {"array([1.0], 'i4')", BRINE_ESYNTAX, 7, "integers only"},
    {"array([1j], 'f8')", BRINE_ESYNTAX, 7, "no complex"},
    {"array([1e39], 'f4')", BRINE_ERANGE, 7, "float32"},
    {"array([65520], 'f2')", BRINE_ERANGE, 7, "float16"},
    {"array([1,2], 'i4', (3,))", BRINE_ESYNTAX, 19, "shape"},
    {"array([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1", BRINE_EDEPTH, 38, "32 dimensions"},
    {"array_raw(b'abc', 'x', 2, (1,))", BRINE_ESYNTAX, 10, "3 bytes"},
    {"array_raw(b'', 'x', 0, (0,))", BRINE_ESYNTAX, 20, "at least 1 byte"},
    {"array_raw('abc', 'x', 3, ())", BRINE_ESYNTAX, 10, "the data"},
    {"array_raw(b'', 'x', 9223372036854775808, (4, 0))x", BRINE_ESYNTAX, 48, NULL},
    {"array_raw(b'a', 'x\\0', 1, ())", BRINE_ESYNTAX, 16, "NUL"},
    {"'a\xff'", BRINE_EUTF8, 2, "0xff"},
    {"\xc0\x80", BRINE_EUTF8, 0, NULL},
    {"'\xed\xa0\x80'", BRINE_EUTF8, 1, NULL},
    {"'\xf4\x90\x80\x80'", BRINE_EUTF8, 1, NULL},
    {"'12345678\xe2\x82'", BRINE_EUTF8, 9, NULL},
    {"'\xf0\x9f\x98", BRINE_EUTF8, 1, NULL},
    {"\xe2\x82\xac", BRINE_ESYNTAX, 0, "\xe2\x82\xac"},
    {"[\x01]", BRINE_ESYNTAX, 1, "the byte 0x01"},
    {"$", BRINE_ESYNTAX, 0, "found '$'"},
    {"\\", BRINE_ESYNTAX, 0, NULL},
    {"lambda: 0", BRINE_ESYNTAX, 0, "'lambda'"},
    {"__import__('os')", BRINE_ESYNTAX, 0, NULL},
};

static const struct bad jsons[] = {
    {"", BRINE_ESYNTAX, 0, "found the end of the text"},
    {"  ", BRINE_ESYNTAX, 2, NULL},
    {"{", BRINE_ESYNTAX, 1, NULL},
    {"[1", BRINE_ESYNTAX, 2, NULL},
    {"[\"ab", BRINE_ESYNTAX, 4, NULL},
    {"-", BRINE_ESYNTAX, 1, "digit"},
    {"nul", BRINE_ESYNTAX, 3, NULL},
    {"01", BRINE_ESYNTAX, 1, "end of the text"},
    {"[01]", BRINE_ESYNTAX, 2, NULL},
    {"[1.]", BRINE_ESYNTAX, 3, "decimal point"},
    {"[.5]", BRINE_ESYNTAX, 1, NULL},
    {"[1e]", BRINE_ESYNTAX, 3, "exponent"},
    {"[+1]", BRINE_ESYNTAX, 1, NULL},
    {"[0x10]", BRINE_ESYNTAX, 2, NULL},
    {"[1,,2]", BRINE_ESYNTAX, 3, "expected a value, found ','"},
    {"[1,]", BRINE_ESYNTAX, 3, NULL},
    {"[,]", BRINE_ESYNTAX, 1, NULL},
    {"[1 2]", BRINE_ESYNTAX, 3, "',' or ']'"},
    {"[1}", BRINE_ESYNTAX, 2, NULL},
    {"]", BRINE_ESYNTAX, 0, NULL},
    {"{\"a\":1]", BRINE_ESYNTAX, 6, "',' or '}'"},
    {"{\"a\" 1}", BRINE_ESYNTAX, 5, "expected ':' after a key, found '1'"},
    {"{\"a\":}", BRINE_ESYNTAX, 5, NULL},
    {"{\"a\":1,}", BRINE_ESYNTAX, 7, "a key in double quotes"},
    {"{1:2}", BRINE_ESYNTAX, 1, "key"},
    {"{,}", BRINE_ESYNTAX, 1, NULL},
    {"{'a':1}", BRINE_ESYNTAX, 1, NULL},
    {"[1] x", BRINE_ESYNTAX, 4, "end of the text"},
    {"[1] 2", BRINE_ESYNTAX, 4, NULL},
    {"1 2", BRINE_ESYNTAX, 2, NULL},
    {"[1][2]", BRINE_ESYNTAX, 3, NULL},
    {"[true false]", BRINE_ESYNTAX, 6, NULL},
    {"[\"a\" \"bcd\"]", BRINE_ESYNTAX, 5, NULL},
    {"[\"a\\q\"]", BRINE_ESYNTAX, 4, "'\\'"},
    {"[\"a\\u12x4\"]", BRINE_ESYNTAX, 7, "non-hex"},
    {"[\"\\ud83d\\u\"]", BRINE_ESYNTAX, 10, NULL},
    {"[\"a\nb\"]", BRINE_ESYNTAX, 3, NULL},
    {"[\"a\x01\"]", BRINE_ESYNTAX, 3, NULL},
    {"[\x01]", BRINE_ESYNTAX, 1, "0x01"},
    {"\v[1]", BRINE_ESYNTAX, 0, "0x0b"},
    {"[1\f]", BRINE_ESYNTAX, 2, "0x0c"},
    {"[1]/*c*/", BRINE_ESYNTAX, 3, NULL},
    {"//\n1", BRINE_ESYNTAX, 0, NULL},
    {"[nan]", BRINE_ESYNTAX, 2, NULL},
    {"[NaN]", BRINE_ESYNTAX, 1, "BRINE_JSON_NAN"},
    {"[-Infinity]", BRINE_ESYNTAX, 2, "BRINE_JSON_NAN"},
    {"Infinity", BRINE_ESYNTAX, 0, NULL},
    {"None", BRINE_ESYNTAX, 0, NULL},
    {"[1e999]", BRINE_ERANGE, 1, "too large"},
    {"[1, -1e400]", BRINE_ERANGE, 4, NULL},
    {"1e999", BRINE_ERANGE, 0, NULL},
    {"[\"\xff\"]", BRINE_EUTF8, 2, "0xff"},
    {"[\"\xed\xa0\x80\"]", BRINE_EUTF8, 2, NULL},
    {"[\"\xc0\xaf\"]", BRINE_EUTF8, 2, NULL},
    {"\xff", BRINE_EUTF8, 0, NULL},
    {"[\"ab\xe2\x82\"]", BRINE_EUTF8, 4, NULL},
    {"[1]\xe2\x82\xac", BRINE_ESYNTAX, 3, NULL},
};

static void check_all(brine_ref root, bool json, const struct bad *bad, size_t count) {
    for (size_t i = 0; i < count; i++) {
        brine_text_error error = {99, 99, 99};
        int status = parse_bytes(root, json, bad[i].text, strlen(bad[i].text), &error);
        CHECK_MSG(status == bad[i].status, "%s: %s (%s)", bad[i].text, brine_status_name(status), brine_detail());
        CHECK_MSG(error.offset == bad[i].offset, "%s: offset %zu, not %zu (%s)", bad[i].text, error.offset,
                  bad[i].offset, brine_detail());
        if (bad[i].message != NULL)
            CHECK_MSG(strstr(brine_detail(), bad[i].message) != NULL, "%s: %s", bad[i].text, brine_detail());
        CHECK_CONTAINS(brine_detail(), json ? "JSON, line " : "literal, line ");
        CHECK_OK(brine_packet_error(packet));
    }
}

static void positions(brine_ref root) {
    brine_text_error error;
    CHECK_STATUS(brine_parse_literal(root, "[1,\n 2,\n  x]", 12, &error), BRINE_ESYNTAX);
    CHECK_EQ_INT(error.offset, 10);
    CHECK_EQ_INT(error.line, 3);
    CHECK_EQ_INT(error.column, 3);
    CHECK_CONTAINS(brine_detail(), "line 3, column 3");
    CHECK_STATUS(brine_parse_json(root, "{\n\"a\":\n \"b\" \"c\"}", 17, 0, &error), BRINE_ESYNTAX);
    CHECK_EQ_INT(error.line, 3);
    CHECK_EQ_INT(error.column, 6);
    /* a NUL is a byte like any other */
    CHECK_STATUS(brine_parse_literal(root, "1\0", 2, &error), BRINE_ESYNTAX);
    CHECK_EQ_INT(error.offset, 1);
    CHECK_STATUS(brine_parse_json(root, "[1,\0]", 5, 0, &error), BRINE_ESYNTAX);
    CHECK_EQ_INT(error.offset, 3);
    CHECK_STATUS(brine_parse_json(root, "1\0", 2, 0, &error), BRINE_ESYNTAX);
    CHECK_EQ_INT(error.offset, 1);
    /* no text */
    CHECK_STATUS(brine_parse_literal(root, NULL, 0, &error), BRINE_ESYNTAX);
    CHECK_STATUS(brine_parse_json(root, NULL, 0, 0, &error), BRINE_ESYNTAX);
    CHECK_STATUS(brine_parse_literal(root, NULL, 3, NULL), BRINE_EINVAL);
    CHECK_STATUS(brine_parse_json(root, NULL, 3, 0, NULL), BRINE_EINVAL);
    /* success leaves the position alone */
    error = (brine_text_error){5, 6, 7};
    CHECK_OK(brine_parse_json(root, "{}", 2, 0, &error));
    CHECK_EQ_INT(error.column, 7);
}

/* An error beyond what libyajl is given at once. */
static void far_away(brine_ref root) {
    size_t length = 3 << 20;
    char *text = malloc(length);
    CHECK(text != NULL);
    memset(text, ' ', length);
    text[0] = '[';
    text[(1 << 20) - 1] = '1'; /* a number and a string across the joints */
    memset(text + (1 << 20), '2', 5);
    text[(1 << 20) + 5] = ',';
    text[(2 << 20) - 2] = '"';
    memset(text + (2 << 20) - 1, 'x', 5);
    text[(2 << 20) + 4] = '"';
    text[length - 1] = ']';
    brine_text_error error;
    CHECK_OK(brine_parse_json(root, text, length, 0, &error));
    CHECK_STR(literal_of(root), "[122222, 'xxxxx']");
    text[length - 7] = '}';
    CHECK_STATUS(brine_parse_json(root, text, length, 0, &error), BRINE_ESYNTAX);
    CHECK_EQ_INT(error.offset, length - 7);
    free(text);
}

int main(void) {
    brine_ref root = open_pool();
    check_all(root, false, literals, sizeof literals / sizeof *literals);
    check_all(root, true, jsons, sizeof jsons / sizeof *jsons);
    positions(root);
    far_away(root);
    close_pool();
    return 0;
}
