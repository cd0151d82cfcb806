/* SPDX-License-Identifier: Apache-2.0 */
/* brine_parse_size: a table of good and bad texts, the same in every locale. */
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "check.h"

struct good {
    const char *text;
    uint64_t bytes;
};
static const struct good goods[] = {
    {"0", 0},
    {"1", 1},
    {"1000000", 1000000},
    {"  12", 12},
    {"12 ", 12},
    {"12 K", 12 << 10},
    {"007", 7},
    {"1b", 1},
    {"64K", 64 << 10},
    {"64k", 64 << 10},
    {"64KB", 64 << 10},
    {"64kb", 64 << 10},
    {"64KiB", 64 << 10},
    {"64KIB", 64 << 10},
    {"64M", 64 << 20},
    {"64MIB", 64 << 20},
    {"64Mi", 64 << 20},
    {"1.5G", 3ull << 29},
    {"1.G", 1ull << 30},
    {"0.5K", 512},
    {"2TiB", 2ull << 40},
    {"3P", 3ull << 50},
    {"7E", 7ull << 60},
    {"4503599627370496", 1ull << 52},
    {"0.0000001", 0},
    {"1.9K", 1945},
    {"9223372036854775807", INT64_MAX}, /* all exact, also where a double is not */
    {"9007199254740993", (1ull << 53) + 1},
    {"9223372036854775806b", INT64_MAX - 1},
    {"7.9999999999999999999999E", INT64_MAX},
    {"8796093022207.9990234375M", INT64_MAX - 1023},
    {"8796093022207.99M", 9223372036854765322ull},
    {"0.00000000000000000086736173798840354720596224069595336914062499999999999999E", 0},
    {"0.000000000000000000867361737988403547205962240695953369140625E", 1},
    {"1.000000000000000000867361737988403547205962240695953369140625E", (1ull << 60) + 1},
    {"1125899906842623.999K", 1152921504606846974ull},
};

static const char *const bads[] = {
    NULL,
    "",
    " ",
    "x",
    "-1",
    "+1",
    "-0",
    ".5G",
    "1,5G",
    "1 000",
    "1e3",
    "0x10",
    "1KK",
    "1KBB",
    "1KiBB",
    "1BiB",
    "1Z",
    "1.5.2",
    "1..5",
    "64 M x",
    "64Mx",
    "inf",
    "nan",
    "8E",
    "9E",
    "9223372036854775808",
    "9223372036854775808.0",
    "9223372036854775807.5K",
    "8.0E",
    "8796093022208M",
    "18446744073709551616",
    "18446744073709551617",
    "92233720368547758070",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "8388608T",
    "1\n2",
    "\xd9\xa1",
    "1\xc2\xa0K",
    "K",
    "iB",
    "1ib",
    "--1",
    "1-",
};

static void check_table(const char *where) {
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        uint64_t bytes = 99;
        int rc = brine_parse_size(goods[i].text, &bytes);
        CHECK_MSG(rc == 0 && bytes == goods[i].bytes, "in %s, \"%s\": status %d, %" PRIu64, where, goods[i].text, rc,
                  bytes);
    }
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        uint64_t bytes = 99;
        int rc = brine_parse_size(bads[i], &bytes);
        CHECK_MSG(rc == BRINE_EINVAL && bytes == 99, "in %s, \"%s\": status %d, %" PRIu64, where,
                  bads[i] ? bads[i] : "NULL", rc, bytes);
    }
}

/* Makes a locale under folder; false if this system cannot. */
static bool make_locale(const char *folder, const char *source, const char *charset, const char *name) {
    char command[600];
    snprintf(command, sizeof command, "localedef -c -i %s -f %s '%s/%s' >/dev/null 2>&1", source, charset, folder,
             name);
    return system(command) != -1 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, name) != NULL;
}

int main(void) {
    check_table("C");
    char huge[20001], folder[] = "/tmp/brine-locale.XXXXXX", command[100];
    uint64_t bytes = 99;
    memset(huge, '9', 20000);
    huge[20000] = 0;
    CHECK_STATUS(brine_parse_size(huge, &bytes), BRINE_EINVAL);
    CHECK(strlen(brine_detail()) < 200);
    memset(huge + 1, '0', 19999);
    huge[1] = '.';
    CHECK_OK(brine_parse_size(huge, &bytes));
    CHECK_EQ_INT(bytes, 9);

    /* A decimal comma; a language in which the small letter of I has no dot. */
    CHECK(mkdtemp(folder) != NULL);
    static const char *const locales[][3] = {{"de_DE", "ISO-8859-1", "de_DE.ISO-8859-1"},
                                             {"tr_TR", "UTF-8", "tr_TR.UTF-8"}};
    int tried = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!make_locale(folder, locales[i][0], locales[i][1], locales[i][2])) continue;
        tried++;
        check_table(locales[i][2]);
    }
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CHECK_EQ_INT(system(command), 0);
    if (!tried) SKIP("the table holds, but this system can make no other locale (localedef) to try it in");
    return 0;
}
