/* SPDX-License-Identifier: Apache-2.0 */
/* Every status has a name and a text; the detail is the thread's own and only failures change it. */
#include <pthread.h>

#include "check.h"

static void *other_thread(void *arg) {
    uint64_t bytes;
    CHECK_STR(brine_detail(), "");
    CHECK_STATUS(brine_parse_size("other", &bytes), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "other");
    return arg;
}

int main(void) {
    CHECK_STR(brine_detail(), "");
    CHECK_STR(brine_status_name(0), "BRINE_OK");
    CHECK_STR(brine_status_name(BRINE_ETIMEDOUT), "BRINE_ETIMEDOUT");
    CHECK_STR(brine_status_name(BRINE_ENOTSUP), "BRINE_ENOTSUP");
    CHECK_STR(brine_status_name(1), "BRINE_E?");
    CHECK_STR(brine_status_name(-1000), "BRINE_E?");
    CHECK_STR(brine_status_text(-1000), "unknown status");
    int count = 0;
#define CHECK_ENTRY(name, code, text)                                                                                  \
    CHECK_STR(brine_status_name(BRINE_##name), "BRINE_" #name);                                                        \
    CHECK_STR(brine_status_text(BRINE_##name), text);                                                                  \
    CHECK_EQ_INT(code, -count);                                                                                        \
    count++;
    BRINE_STATUS_TABLE(CHECK_ENTRY)

    uint64_t bytes = 4711;
    CHECK_STATUS(brine_parse_size("first", &bytes), BRINE_EINVAL);
    CHECK_EQ_INT(bytes, 4711); /* out-parameters stay untouched on failure */
    CHECK_CONTAINS(brine_detail(), "first");
    CHECK_OK(brine_parse_size("1", &bytes));
    CHECK_CONTAINS(brine_detail(), "first"); /* a success leaves the text */
    pthread_t thread;
    CHECK_EQ_INT(pthread_create(&thread, NULL, other_thread, NULL), 0);
    pthread_join(thread, NULL);
    CHECK_CONTAINS(brine_detail(), "first");

    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", BRINE_VERSION_MAJOR, BRINE_VERSION_MINOR, BRINE_VERSION_PATCH);
    CHECK_STR(brine_version(), version);
    return 0;
}
