/* SPDX-License-Identifier: Apache-2.0 */
/* Printing: the seed's prettyPrint, flags, every type, streams, wrong arguments. */
#include <math.h>

#include "text_helpers.h"

static void pretty(brine_ref root) {
    CHECK_OK(parse_literal(root, "{'a': 1, 'list': [1, (2,), 'x'], 't': (3, 4), 'e': {}, 'f': [], 'g': (), 'o': o{'k': "
                                 "None}, 5: array([1, 2], 'i4'), (1, (2,)): o{}}"));
    CHECK_STR(shown(root, BRINE_PRETTY, 0), "{\n"
                                            "    'a':1,\n"
                                            "    'list':[\n"
                                            "        1,\n"
                                            "        (\n"
                                            "            2,\n"
                                            "        ),\n"
                                            "        'x'\n"
                                            "    ],\n"
                                            "    't':(\n"
                                            "        3,\n"
                                            "        4\n"
                                            "    ),\n"
                                            "    'e':{ },\n"
                                            "    'f':[ ],\n"
                                            "    'g':( ),\n"
                                            "    'o':o{\n"
                                            "        'k':None\n"
                                            "    },\n"
                                            "    5:array([1, 2], 'i4'),\n"
                                            "    (1, (2,)):o{ }\n"
                                            "}");
    brine_packet copy;
    CHECK_OK(brine_packet_copy(root, pool, &copy));
    CHECK_OK(parse_literal(root, shown(root, BRINE_PRETTY, 0)));
    CHECK(brine_equal(root, brine_root(copy)));
    CHECK_OK(brine_packet_free(copy));
}

static void flags(brine_ref root) {
    char *text = NULL;
    CHECK_OK(parse_literal(root, "{'b': 1, 'a': {2: 0, 1: 0, None: 0}, 'o': o{'z': 0, 'y': 0}}"));
    CHECK_STR(shown(root, BRINE_LITERAL, BRINE_TEXT_SORT),
              "{'a': {None: 0, 1: 0, 2: 0}, 'b': 1, 'o': o{'z': 0, 'y': 0}}");
    CHECK_OK(parse_literal(root, "['\\xe9\\u20ac\\U0001f600', 'a']"));
    CHECK_STR(shown(root, BRINE_LITERAL, BRINE_TEXT_ASCII), "['\\xe9\\u20ac\\U0001f600', 'a']");
    CHECK_OK(parse_literal(
        root, "[123456789012345678901234567890, 1, array([1, 2, 3], 'i4'), array([1], 'f8'), array([1], 'f2')]"));
    CHECK_STR(shown(root, BRINE_LITERAL, BRINE_TEXT_SEED),
              "[123456789012345678901234567890L, 1, array([1,2,3], 'i'), array([1.0], 'd'), array([1.0], 'f2')]");
    CHECK_OK(parse_literal(root, shown(root, BRINE_LITERAL, BRINE_TEXT_SEED)));
    CHECK_STR(literal_of(root),
              "[123456789012345678901234567890, 1, array([1, 2, 3], 'i4'), array([1.0], 'f8'), array([1.0], 'f2')]");
    CHECK_STATUS(brine_print_text(root, (brine_style)17, 0, &text, NULL), BRINE_EINVAL);
    CHECK_STATUS(brine_print_text(root, BRINE_LITERAL, 64, &text, NULL), BRINE_EINVAL);
    CHECK_STATUS(brine_print_text(brine_ref_null(BRINE_ENOENT), BRINE_LITERAL, 0, &text, NULL), BRINE_ENOENT);
    CHECK_STATUS(brine_print(root, BRINE_LITERAL, 0, NULL), BRINE_EINVAL);
    CHECK(text == NULL);
}

static void scalars(brine_ref root) {
    static const struct {
        brine_type type;
        union {
            int8_t i8;
            uint16_t u16;
            uint64_t u64;
            int64_t i64;
            float f[2];
            double d[2];
        } value;
        const char *printed;
    } numbers[] = {
        {BRINE_I8, {.i8 = -128}, "-128"},
        {BRINE_U8, {.i8 = -1}, "255"},
        {BRINE_U16, {.u16 = 65535}, "65535"},
        {BRINE_I64, {.i64 = INT64_MIN}, "-9223372036854775808"},
        {BRINE_U64, {.u64 = UINT64_MAX}, "18446744073709551615"},
        {BRINE_F32, {.f = {0.1f}}, "0.1"},
        {BRINE_F32, {.f = {16777216}}, "16777216.0"},
        {BRINE_F32, {.f = {1e20f}}, "1e+20"},
        {BRINE_F64, {.d = {(double)0.1f}}, "0.10000000149011612"},
        {BRINE_C64, {.f = {0.1f, -2}}, "(0.1-2j)"},
        {BRINE_C128, {.d = {0, 2}}, "2j"},
        {BRINE_C128, {.d = {0.5, -0.0}}, "(0.5-0j)"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        CHECK_OK(brine_assign_number(root, numbers[i].type, &numbers[i].value));
        CHECK_STR(literal_of(root), numbers[i].printed);
    }
    CHECK_OK(brine_assign_float(root, (float)INFINITY));
    CHECK_STR(literal_of(root), "inf");
    CHECK_OK(brine_assign_bool(root, true));
    CHECK_STR(literal_of(root), "True");
    uint64_t limbs[2] = {0, 1};
    CHECK_OK(brine_assign_bigint(root, -1, limbs, 2, 0));
    CHECK_STR(literal_of(root), "-18446744073709551616");
}

static void integers(brine_ref root) {
    char *text = NULL;
    CHECK_OK(brine_assign_int(root, -255));
    CHECK_OK(brine_int_text(root, 16, &text));
    CHECK_STR(text, "-ff");
    free(text);
    CHECK_OK(parse_literal(root, "0x123456789abcdef0123456789abcdef0"));
    CHECK_OK(brine_int_text(root, 16, &text));
    CHECK_STR(text, "123456789abcdef0123456789abcdef0");
    free(text);
    CHECK_OK(brine_int_text(root, 36, &text));
    CHECK_OK(brine_assign_int_text(root, text, strlen(text), 36));
    free(text);
    CHECK_OK(brine_int_text(root, 2, &text));
    CHECK_EQ_INT(strlen(text), 125);
    free(text);
    CHECK_OK(brine_assign_int(root, 0));
    CHECK_OK(brine_int_text(root, 10, &text));
    CHECK_STR(text, "0");
    free(text);
    text = NULL;
    CHECK_STATUS(brine_int_text(root, 1, &text), BRINE_EINVAL);
    CHECK_STATUS(brine_int_text(root, 37, &text), BRINE_EINVAL);
    CHECK_OK(brine_assign_str(root, "5"));
    CHECK_STATUS(brine_int_text(root, 10, &text), BRINE_ETYPE);
    CHECK(text == NULL);
}

static void streams(brine_ref root) {
    brine_ref arr = brine_assign_arr(root);
    for (int i = 0; i < 50000; i++) CHECK_OK(brine_append_int(arr, i));
    const char *expected = json_of(root);
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream != NULL);
    CHECK_OK(brine_print(root, BRINE_JSON, 0, stream));
    CHECK(fclose(stream) == 0);
    CHECK_STR(text, expected);
    free(text);
    stream = fopen("/dev/full", "w");
    CHECK(stream != NULL);
    CHECK_STATUS(brine_print(root, BRINE_JSON, 0, stream), BRINE_ESYS);
    CHECK_CONTAINS(brine_detail(), "stream");
    fclose(stream);
}

/* A big array is an owned packet; it prints as any other. */
static void big_array(brine_ref root) {
    void *data;
    CHECK_OK(brine_assign_array(root, BRINE_I32, 2, (size_t[]){100, 1000}, 0, &data));
    for (int i = 0; i < 100000; i++) ((int32_t *)data)[i] = i - 50000;
    brine_packet copy;
    CHECK_OK(brine_packet_copy(root, pool, &copy));
    CHECK_OK(parse_literal(root, literal_of(root)));
    CHECK(brine_equal(root, brine_root(copy)));
    CHECK_OK(brine_packet_free(copy));
}

int main(void) {
    brine_ref root = open_pool();
    pretty(root);
    flags(root);
    scalars(root);
    integers(root);
    streams(root);
    big_array(root);
    close_pool();
    return 0;
}
