/* SPDX-License-Identifier: Apache-2.0 */
/* Names: every call that takes one refuses the same ones, says why, and never leaves the pool folder. */
#include "pool_helpers.h"

static void refused(const char *name, const char *why) {
    brine_pool *pool = NULL;
    brine_raw_region region = {0};
    CHECK_STATUS(brine_pool_create(name, NULL, &pool), BRINE_ENAME);
    CHECK_CONTAINS(brine_detail(), why);
    CHECK_STATUS(brine_pool_attach(name, NULL, brine_forever(), &pool), BRINE_ENAME); /* does not wait for it */
    CHECK_STATUS(brine_pool_unlink(name), BRINE_ENAME);
    CHECK_STATUS(brine_pool_unlink_stale(name), BRINE_ENAME);
    CHECK_STATUS(brine_raw_create(name, 100, 0, NULL, &region), BRINE_ENAME);
    CHECK_STATUS(brine_raw_attach(name, NULL, brine_forever(), &region), BRINE_ENAME);
    CHECK_STATUS(brine_raw_unlink(name), BRINE_ENAME);
    CHECK(pool == NULL && region.data == NULL);
}

static void accepted(const char *name) {
    brine_pool *pool = make_pool(name, MIB);
    CHECK_STR(brine_pool_name(pool), name);
    CHECK_SYS(access(pool_file(name), F_OK));
    drop_pool(pool);
}

int main(void) {
    char text[10001];
    refused(NULL, "NULL");
    refused("", "empty");
    refused(".", "start");
    refused("..", "start");
    refused("../x", "start");
    refused("x/../y", "0x2f");
    refused("/x", "0x2f");
    refused(".hidden", "start");
    refused("-rf", "start");
    refused("a b", "0x20");
    refused("a\tb", "0x09");
    refused("a\nb", "0x0a");
    refused("\x01", "0x01");
    refused("a\x7f", "0x7f");
    refused("a%s%n", "0x25");
    refused("caf\xc3\xa9", "0xc3");
    refused("a*", "0x2a");
    refused("a\\b", "0x5c");
    memset(text, 'n', sizeof text);
    text[64] = 0;
    refused(text, "longer than 63");
    memset(text, 'n', sizeof text);
    text[10000] = 0;
    refused(text, "longer than 63");
    CHECK(strlen(brine_detail()) < 200);

    text[63] = 0;
    accepted(text);
    accepted("a");
    accepted("A-Z_a.z:0@9+");
    accepted("_under");
    accepted("a..b");
    accepted("0");
    return 0;
}
