/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of every type: what is assigned is read back, exact conversions refuse what they would lose, C
 * conversions do as C does, truth is Python's. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;
static brine_ref place;

static void names(void) {
    static const struct {
        brine_type type;
        const char *name;
        size_t size;
    } all[] = {{BRINE_NONE, "None", 0},        {BRINE_BOOL, "bool", 1}, {BRINE_I8, "int8", 1},
               {BRINE_U16, "uint16", 2},       {BRINE_I64, "int64", 8}, {BRINE_F32, "float32", 4},
               {BRINE_C128, "complex128", 16}, {BRINE_STR, "str", 0},   {BRINE_BIGINT, "bigint", 0},
               {BRINE_F16, "float16", 2}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CHECK_STR(brine_type_name(all[i].type), all[i].name);
        CHECK_EQ_INT(brine_type_size(all[i].type), all[i].size);
    }
    CHECK(brine_type_name(BRINE_INVALID) != NULL);
    CHECK(brine_type_name((brine_type)1000) != NULL);
    CHECK_EQ_INT(brine_type_size((brine_type)1000), 0);
}

/* A number of a type from memory keeps the type and the value. */
#define FIXED(tag, ctype, ...)                                                                                         \
    do {                                                                                                               \
        ctype all[] = {__VA_ARGS__};                                                                                   \
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {                                                        \
            CHECK_OK(brine_assign_number(place, tag, &all[i]));                                                        \
            CHECK_EQ_INT(brine_type_of(place), tag);                                                                   \
            CHECK_INT(place, (int64_t)all[i]);                                                                         \
            CHECK_EQ_INT(brine_truth(place), all[i] != 0);                                                             \
        }                                                                                                              \
    } while (0)

static void integers(void) {
    FIXED(BRINE_I8, int8_t, 0, 1, -1, INT8_MIN, INT8_MAX);
    FIXED(BRINE_U8, uint8_t, 0, 1, UINT8_MAX);
    FIXED(BRINE_I16, int16_t, 0, -1, INT16_MIN, INT16_MAX);
    FIXED(BRINE_U16, uint16_t, 0, 1, UINT16_MAX);
    FIXED(BRINE_I32, int32_t, 0, -1, INT32_MIN, INT32_MAX);
    FIXED(BRINE_U32, uint32_t, 0, 1, UINT32_MAX);
    FIXED(BRINE_I64, int64_t, 0, -1, INT64_MIN, INT64_MAX);
    FIXED(BRINE_U64, uint64_t, 0, 1, INT64_MAX);
    uint64_t u = 0;
    int64_t i = 7;
    CHECK_OK(brine_assign_uint(place, UINT64_MAX));
    CHECK_EQ_INT(brine_type_of(place), BRINE_U64);
    CHECK_OK(brine_as_uint(place, &u));
    CHECK(u == UINT64_MAX);
    CHECK_STATUS(brine_as_int(place, &i), BRINE_ERANGE);
    CHECK_EQ_INT(i, 7);
    CHECK_OK(brine_assign_int(place, -1));
    CHECK_STATUS(brine_as_uint(place, &u), BRINE_ERANGE);
}

static void exact(void) {
    double f = 0, im = 0;
    int64_t i;
    uint64_t u;
    bool b;
    CHECK_OK(brine_assign_bool(place, true));
    CHECK_OK(brine_as_bool(place, &b));
    CHECK(b);
    CHECK_INT(place, 1);
    CHECK_OK(brine_as_double(place, &f));
    CHECK(f == 1);
    CHECK_OK(brine_assign_double(place, 3));
    CHECK_INT(place, 3);
    CHECK_STATUS(brine_as_bool(place, &b), BRINE_ETYPE);
    CHECK_OK(brine_assign_double(place, 3.5));
    CHECK_STATUS(brine_as_int(place, &i), BRINE_ERANGE);
    CHECK_OK(brine_assign_double(place, 9223372036854775808.0));
    CHECK_STATUS(brine_as_int(place, &i), BRINE_ERANGE);
    CHECK_OK(brine_as_uint(place, &u));
    CHECK(u == (uint64_t)1 << 63);
    CHECK_OK(brine_assign_double(place, -9223372036854775808.0));
    CHECK_INT(place, INT64_MIN);
    CHECK_OK(brine_assign_int(place, ((int64_t)1 << 53) + 1));
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ERANGE);
    CHECK_OK(brine_assign_int(place, ((int64_t)1 << 53) + 2));
    CHECK_OK(brine_as_double(place, &f));
    CHECK(f == 9007199254740994.0);
    CHECK_OK(brine_assign_uint(place, UINT64_MAX));
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ERANGE);
    CHECK_OK(brine_assign_complex(place, 2, 0));
    CHECK_EQ_INT(brine_type_of(place), BRINE_C128);
    CHECK_INT(place, 2);
    CHECK_OK(brine_as_double(place, &f));
    CHECK(f == 2);
    CHECK_OK(brine_assign_complex64(place, 2.5f, -1));
    CHECK_EQ_INT(brine_type_of(place), BRINE_C64);
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ERANGE);
    CHECK_OK(brine_as_complex(place, &f, &im));
    CHECK(f == 2.5 && im == -1);
    CHECK_OK(brine_assign_double(place, NAN));
    CHECK_OK(brine_as_double(place, &f));
    CHECK(isnan(f));
    CHECK_STATUS(brine_as_int(place, &i), BRINE_ERANGE);
    CHECK_OK(brine_assign_float(place, 0.1f));
    CHECK_EQ_INT(brine_type_of(place), BRINE_F32);
    CHECK_OK(brine_as_double(place, &f));
    CHECK(f == (double)0.1f);
    CHECK_OK(brine_assign_none(place));
    CHECK_STATUS(brine_as_int(place, &i), BRINE_ETYPE);
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ETYPE);
    CHECK_STATUS(brine_as_uint(place, &u), BRINE_ETYPE);
}

static void zeros(void) {
    double re = 1, im = 1;
    CHECK_OK(brine_assign_double(place, -0.0));
    CHECK_OK(brine_as_double(place, &re));
    CHECK(re == 0 && signbit(re));
    CHECK_OK(brine_assign_float(place, -0.0f));
    CHECK_OK(brine_as_double(place, &re));
    CHECK(re == 0 && signbit(re));
    CHECK_OK(brine_assign_complex(place, -0.0, -0.0));
    CHECK_OK(brine_as_complex(place, &re, &im));
    CHECK(re == 0 && signbit(re) && im == 0 && signbit(im));
    CHECK_OK(brine_assign_complex64(place, -0.0f, 0.0f));
    CHECK_OK(brine_as_complex(place, &re, &im));
    CHECK(re == 0 && signbit(re) && im == 0 && !signbit(im));
}

static void to_int(int line, int64_t expected, bool lost) {
    int64_t i = 0;
    bool lossy = !lost;
    int rc = brine_to_int(place, &i, &lossy);
    if (rc || i != expected || lossy != lost)
        check_failed(__FILE__, line, "%s, %" PRId64 " (lossy %d), not %" PRId64 " (%d)", brine_status_name(rc), i,
                     lossy, expected, lost);
}
static void to_double(int line, double expected, bool lost) {
    double f = 0;
    bool lossy = !lost;
    int rc = brine_to_double(place, &f, &lossy);
    if (rc || f != expected || lossy != lost)
        check_failed(__FILE__, line, "%s, %g (lossy %d), not %g (%d)", brine_status_name(rc), f, lossy, expected, lost);
}

static void as_c(void) {
    int64_t i = 5;
    CHECK_OK(brine_assign_double(place, -3.9));
    to_int(__LINE__, -3, true);
    CHECK_OK(brine_assign_double(place, 1e300));
    to_int(__LINE__, INT64_MAX, true);
    CHECK_OK(brine_assign_double(place, -1e300));
    to_int(__LINE__, INT64_MIN, true);
    CHECK_OK(brine_assign_float(place, INFINITY));
    to_int(__LINE__, INT64_MAX, true);
    CHECK_OK(brine_assign_uint(place, UINT64_MAX));
    to_int(__LINE__, -1, true);
    CHECK_OK(brine_assign_complex(place, 4, 2));
    to_int(__LINE__, 4, true);
    to_double(__LINE__, 4, true);
    CHECK_OK(brine_assign_bool(place, true));
    to_int(__LINE__, 1, false);
    CHECK_OK(brine_assign_str(place, " 42 "));
    to_int(__LINE__, 42, false);
    to_double(__LINE__, 42, false);
    CHECK_OK(brine_assign_str(place, "-2.5e1"));
    to_int(__LINE__, -25, false);
    to_double(__LINE__, -25, false);
    CHECK_OK(brine_assign_bytes(place, "17", 2));
    to_int(__LINE__, 17, false);
    CHECK_OK(brine_assign_str(place, "seventeen"));
    CHECK_STATUS(brine_to_int(place, &i, NULL), BRINE_ETYPE);
    CHECK_EQ_INT(i, 5);
    CHECK_OK(brine_assign_str(place, ""));
    CHECK_STATUS(brine_to_int(place, &i, NULL), BRINE_ETYPE);
    CHECK_OK(brine_assign_strn(place, "12\0x", 4)); /* the whole text has to be a number */
    CHECK_STATUS(brine_to_int(place, &i, NULL), BRINE_ETYPE);
    CHECK_STATUS(brine_to_double(place, &(double){0}, NULL), BRINE_ETYPE);
    CHECK_OK(brine_assign_int(place, ((int64_t)1 << 53) + 1));
    to_double(__LINE__, 9007199254740992.0, true);
    CHECK_OK(brine_assign_none(place));
    CHECK_OK(brine_to_int(place, &i, NULL));
    CHECK_EQ_INT(i, 0);
    CHECK_GOOD(brine_assign_tup(place, 3));
    CHECK_OK(brine_to_int(place, &i, NULL));
    CHECK_EQ_INT(i, 3);
}

static void truth(void) {
    CHECK_OK(brine_assign_none(place));
    CHECK(!brine_truth(place));
    CHECK_OK(brine_assign_double(place, -0.0));
    CHECK(!brine_truth(place));
    CHECK_OK(brine_assign_double(place, NAN));
    CHECK(brine_truth(place));
    CHECK_OK(brine_assign_complex(place, 0, 1));
    CHECK(brine_truth(place));
    CHECK_OK(brine_assign_str(place, ""));
    CHECK(!brine_truth(place));
    CHECK_OK(brine_assign_str(place, "0"));
    CHECK(brine_truth(place));
    CHECK_GOOD(brine_assign_tab(place, 0));
    CHECK(!brine_truth(place));
    CHECK_OK(brine_set_none(place, "x"));
    CHECK(brine_truth(place));
    CHECK(!brine_truth(brine_ref_null(BRINE_ENOENT)));
}

static void refused(void) {
    double f = 1;
    CHECK_STATUS(brine_assign_number(place, BRINE_STR, &f), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_number(place, BRINE_F16, &f), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_number(place, BRINE_F64, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
}

int main(void) {
    pool = value_pool(16 << 20);
    packet = new_packet(pool);
    place = new_place(packet);
    names();
    integers();
    exact();
    zeros();
    as_c();
    truth();
    refused();
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
