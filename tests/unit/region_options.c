/* SPDX-License-Identifier: Apache-2.0 */
/* Options of create and attach: defaults, limits, unknown flags; what a failure leaves behind. */
#include "pool_helpers.h"

static void refused(brine_pool_options options, int status, const char *why) {
    brine_pool *pool = NULL;
    CHECK_STATUS(brine_pool_create("o", &options, &pool), status);
    CHECK_CONTAINS(brine_detail(), why);
    CHECK_STATUS(brine_pool_create_private(&options, &pool), status);
    CHECK(pool == NULL);
    CHECK(access(pool_file("o"), F_OK) == -1 && errno == ENOENT);
}

static void attach_refused(unsigned flags) {
    brine_pool_options options = {.flags = flags};
    brine_pool *pool = NULL;
    CHECK_STATUS(brine_pool_attach("o", &options, brine_now(), &pool), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "flag");
}

int main(void) {
    int descriptors = open_descriptors();
    refused((brine_pool_options){.max_bytes = 1}, BRINE_EINVAL, "64 KiB");
    refused((brine_pool_options){.max_bytes = 65535}, BRINE_EINVAL, "64 KiB");
    refused((brine_pool_options){.max_bytes = (16ull << 40) + 1}, BRINE_EINVAL, "16 TiB");
    refused((brine_pool_options){.max_bytes = UINT64_MAX}, BRINE_EINVAL, "16 TiB");
    refused((brine_pool_options){.max_bytes = MIB, .initial_bytes = MIB + 1}, BRINE_EINVAL, "1048577");
    refused((brine_pool_options){.max_bytes = MIB, .initial_bytes = UINT64_MAX}, BRINE_EINVAL, "initial");
    static const mode_t modes[] = {0400, 0200, 0066, 0444, 04600, 01700, 0100600, 0477};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        brine_raw_region raw;
        refused((brine_pool_options){.max_bytes = MIB, .mode = modes[i]}, BRINE_EINVAL, "owner needs read and write");
        CHECK_STATUS(brine_raw_create("o", 100, modes[i], NULL, &raw), BRINE_EINVAL);
    }
    refused((brine_pool_options){.flags = 0x80}, BRINE_EINVAL, "0x80");
    refused((brine_pool_options){.flags = BRINE_POOL_READONLY}, BRINE_EINVAL, "flag");
    attach_refused(BRINE_POOL_REPLACE);
    attach_refused(BRINE_POOL_POPULATE);
    attach_refused(1u << 31);

    brine_pool *pool;
    CHECK_OK(brine_pool_create("o", NULL, &pool));
    CHECK_EQ_INT(brine_pool_bytes(pool), 1ull << 30);
    struct stat st;
    CHECK_SYS(stat(pool_file("o"), &st));
    CHECK_EQ_INT(st.st_mode & 07777, 0600);
    drop_pool(pool);

    pool = make_pool("o", 64 * KIB); /* the smallest: holds its record page and no more */
    brine_packet packet = make_packet(pool);
    CHECK(grow_packet(packet, 2000) == NULL);
    CHECK_STATUS(brine_packet_error(packet), BRINE_ENOMEM);
    drop_pool(pool);

    pool = make_pool("o", 64 * KIB + 1); /* rounded up, never down */
    CHECK(brine_pool_bytes(pool) >= 64 * KIB + 1);
    drop_pool(pool);

    brine_pool_options all = {.max_bytes = 8 * MIB,
                              .initial_bytes = 8 * MIB,
                              .flags = BRINE_POOL_HUGE | BRINE_POOL_POPULATE | BRINE_POOL_REPLACE};
    CHECK_OK(brine_pool_create("o", &all, &pool));
    CHECK(file_memory("o") >= 8 * MIB);
    CHECK(info_of(pool).committed_bytes >= 8 * MIB);
    CHECK(info_of(pool).committed_bytes <= 8 * MIB);
    drop_pool(pool);
    CHECK_EQ_INT(open_descriptors(), descriptors);
    return 0;
}
