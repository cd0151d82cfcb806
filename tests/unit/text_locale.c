/* SPDX-License-Identifier: Apache-2.0 */
/* A locale with a decimal comma and grouped digits changes nothing. */
#include <locale.h>

#include "text_helpers.h"

/* Makes a German locale, in the test's own folder, if there is none. */
static void use_comma(char *folder) {
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        char *command;
        CHECK(mkdtemp(folder) != NULL);
        if (asprintf(&command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder) < 0) abort();
        int status = system(command);
        free(command);
        setenv("LOCPATH", folder, 1);
        if (status != 0 || setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
            CHECK(asprintf(&command, "rm -r %s", folder) > 0 && system(command) == 0);
            SKIP("no locale de_DE.UTF-8, and localedef cannot make one");
        }
    }
    CHECK_STR(localeconv()->decimal_point, ",");
}

int main(void) {
    char folder[] = "/tmp/brine-locale.XXXXXX", printed[8];
    use_comma(folder);
    snprintf(printed, sizeof printed, "%.1f", 0.5);
    CHECK_STR(printed, "0,5");
    brine_ref root = open_pool();
    static const char *const texts[] = {
        "[0.5, 1234567.125, 1e+22, 0.30000000000000004, 1.2345678901234568e+17, (1.5-0.25j)]",
        "array([0.1, 1234567.0], 'f4')", "array([0.1], 'f2')"};
    for (int i = 0; i < 3; i++) {
        CHECK_OK(parse_literal(root, texts[i]));
        CHECK_STR(literal_of(root), texts[i]);
    }
    CHECK_OK(parse_json(root, "[0.5,3.141592653589793,1e+22,123456789012345678901234567890]"));
    CHECK_STR(json_of(root), "[0.5,3.141592653589793,1e+22,123456789012345678901234567890]");
    CHECK_STATUS(parse_json(root, "[0,5.]"), BRINE_ESYNTAX);
    close_pool();
    char *command;
    CHECK(asprintf(&command, "rm -rf %s", folder) > 0 && system(command) == 0);
    free(command);
    return 0;
}
