/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text: the shortest digits, Python's layout, reading back bit for bit. */
#include <float.h>
#include <math.h>

#include "check.h"
#include "value/text_number.h"

static const char *text_of(double f) {
    static char text[NUMBER_TEXT + 1];
    text[brine__double_text(f, WHOLE_DOT_ZERO, text)] = '\0';
    return text;
}

static void layout(void) {
    static const struct {
        double f;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {-1.5, "-1.5"},
        {100, "100.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {9999999999999998, "9999999999999998.0"},
        {123456789012345680, "1.2345678901234568e+17"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00001, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {1e-100, "1e-100"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {-65.613617, "-65.613617"},
        {5e-324, "5e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-1074, "5e-324"},
        {9007199254740992, "9007199254740992.0"},
        {9007199254740994, "9007199254740994.0"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {-NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) CHECK_STR(text_of(cases[i].f), cases[i].text);
    char text[NUMBER_TEXT + 1];
    text[brine__double_text(3, WHOLE_BARE, text)] = '\0';
    CHECK_STR(text, "3");
    text[brine__float_text(0.1f, WHOLE_DOT_ZERO, text)] = '\0';
    CHECK_STR(text, "0.1");
    text[brine__float_text(FLT_MIN, WHOLE_DOT_ZERO, text)] = '\0';
    CHECK_STR(text, "1.1754944e-38");
    text[brine__half_text(0x3555, WHOLE_DOT_ZERO, text)] = '\0';
    CHECK_STR(text, "0.3333");
    text[brine__int64_text(INT64_MIN, text)] = '\0';
    CHECK_STR(text, "-9223372036854775808");
    text[brine__uint_text(UINT64_MAX, text)] = '\0';
    CHECK_STR(text, "18446744073709551615");
}

static void back(double f) {
    double g;
    char text[NUMBER_TEXT];
    size_t n = brine__double_text(fabs(f), WHOLE_DOT_ZERO, text);
    CHECK(brine__text_double(text, n, &g));
    CHECK_MSG(g == fabs(f), "%.*s is read as %a, not %a", (int)n, text, g, fabs(f));
}

static void random_doubles(check_rng *rng) {
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = check_random(rng);
        double f;
        float narrow, g;
        memcpy(&f, &bits, sizeof f);
        if (isfinite(f)) back(f);
        back((double)(int64_t)(bits >> check_below(rng, 60)) / pow(10, (double)check_below(rng, 20)));
        memcpy(&narrow, &bits, sizeof narrow);
        if (!isfinite(narrow)) continue;
        char text[NUMBER_TEXT];
        size_t n = brine__float_text(fabsf(narrow), WHOLE_DOT_ZERO, text);
        CHECK(brine__text_float(text, n, &g) && g == fabsf(narrow));
    }
}

static void all_halves(void) {
    char text[NUMBER_TEXT];
    uint16_t back;
    for (unsigned h = 0; h < 0x7c00; h++) {
        size_t n = brine__half_text((uint16_t)h, WHOLE_DOT_ZERO, text);
        CHECK(brine__text_half(text, n, &back) && back == h);
        CHECK(brine__double_half(brine__half_double((uint16_t)h)) == h);
        CHECK(brine__double_half(brine__half_double((uint16_t)(h | 0x8000))) == (h | 0x8000));
        if (h == 0) continue;
        double middle = (brine__half_double((uint16_t)h) + brine__half_double((uint16_t)(h - 1))) / 2;
        CHECK(brine__double_half(middle) == (h & 1 ? h - 1 : h)); /* ties to even */
        CHECK(brine__double_half(nextafter(middle, 1e9)) == h);
    }
    CHECK(brine__double_half(65519.99) == 0x7bff && brine__double_half(65520) == 0x7c00 &&
          brine__double_half(-1e9) == 0xfc00);
    CHECK(isnan(brine__half_double(0x7e01)) && isinf(brine__half_double(0xfc00)) &&
          (brine__double_half(NAN) & 0x7fff) == 0x7e00);
}

/* Spellings that need all their digits, or whose exponents are absurd. */
static void reading(void) {
    double f;
    char long_one[2000];
    memset(long_one, '0', sizeof long_one);
    /* exactly halfway between 1 and the next double: to even; one digit in the far distance decides */
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    memcpy(long_one, half, strlen(half));
    CHECK(brine__text_double(long_one, sizeof long_one, &f) && f == 1);
    long_one[sizeof long_one - 1] = '1';
    CHECK(brine__text_double(long_one, sizeof long_one, &f) && f == nextafter(1, 2));
    static const struct {
        const char *text;
        double f;
    } cases[] = {{"0e99999999999999999999", 0},
                 {"1e-99999999999999999999", 0},
                 {"0.0000000000000000000000000000001e31", 1},
                 {"10000000000000000000000000000000e-31", 1},
                 {"1_0.5_0", 10.5},
                 {".5", 0.5},
                 {"5.", 5},
                 {"1e0000000000000000000000000000001", 10},
                 {"9007199254740993", 9007199254740992},
                 {"2.4703282292062328e-324", 5e-324},
                 {"2.4703282292062327e-324", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_MSG(brine__text_double(cases[i].text, strlen(cases[i].text), &f) && f == cases[i].f, "%s: %g",
                  cases[i].text, f);
    CHECK(!brine__text_double("1e309", 5, &f));
    CHECK(!brine__text_double("1e99999999999999999999", 22, &f));
    CHECK(!brine__text_double("17976931348623159e292", 21, &f));
}

int main(void) {
    check_rng rng = check_seed(0x5eed);
    layout();
    random_doubles(&rng);
    all_halves();
    reading();
    return 0;
}
