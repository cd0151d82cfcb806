/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Pointers: the examples of RFC 6901, arrs, integer keys, what is no pointer. */
#include "value_helpers.h"

int main(void) {
    brine_pool *pool = value_pool(16 << 20);
    brine_packet packet = new_packet(pool);
    brine_ref root = brine_root(packet);
    static const char json[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,"
        "\" \":7,\"m~n\":8,\"~1\":9,\"deep\":{\"list\":[[10,11],{\"x\":12}]}}";
    static const struct {
        const char *pointer;
        int64_t value;
    } good[] = {{"/", 0},
                {"/a~1b", 1},
                {"/c%d", 2},
                {"/e^f", 3},
                {"/g|h", 4},
                {"/i\\j", 5},
                {"/k\"l", 6},
                {"/ ", 7},
                {"/m~0n", 8},
                {"/~01", 9},
                {"/deep/list/0/1", 11},
                {"/deep/list/1/x", 12},
                {"/int/5", 50},
                {"/int/-3", 30},
                {"/int/0", 1},
                {"/int/9223372036854775807", 2},
                {"/tup/1", 71}};
    static const struct {
        const char *pointer;
        int status;
    } bad[] = {{"foo", BRINE_ESYNTAX},
               {"/m~n", BRINE_ESYNTAX},
               {"/m~2n", BRINE_ESYNTAX},
               {"/foo~", BRINE_ESYNTAX},
               {"/none", BRINE_ENOENT},
               {"/foo/2", BRINE_ENOENT},
               {"/foo/-", BRINE_ENOENT},
               {"/foo/01", BRINE_ENOENT},
               {"/foo/-1", BRINE_ENOENT},
               {"/foo/x", BRINE_ENOENT},
               {"/foo/99999999999999999999999", BRINE_ENOENT},
               {"/foo/", BRINE_ENOENT},
               {"/int/05", BRINE_ENOENT},
               {"/foo/0/x", BRINE_ETYPE}};
    CHECK_OK(brine_parse_json(root, json, strlen(json), 0, NULL));
    brine_ref ints = brine_set_tab(root, "int"), tup = brine_assign_tup(brine_slot(root, "tup"), 2);
    CHECK_OK(brine_assign_int(brine_slot_key(ints, brine_key_int(5)), 50));
    CHECK_OK(brine_assign_int(brine_slot_key(ints, brine_key_int(-3)), 30));
    CHECK_OK(brine_assign_int(brine_slot_key(ints, brine_key_int(INT64_MAX)), 2));
    CHECK_OK(brine_assign_int(brine_slot_key(ints, brine_key_int(0)), 9));
    CHECK_OK(brine_set_int(ints, "0", 1)); /* the str is found first */
    CHECK_OK(brine_assign_int(brine_at(tup, 1), 71));
    CHECK(brine_equal(brine_path(root, ""), root));
    CHECK_EQ_INT(brine_length(brine_path(root, "/foo")), 2);
    CHECK_TEXT(brine_path(root, "/foo/0"), "bar");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (brine_ref_status(brine_path(root, bad[i].pointer)) != bad[i].status)
            check_failed(__FILE__, __LINE__, "\"%s\" gave %s", bad[i].pointer,
                         brine_status_name(brine_ref_status(brine_path(root, bad[i].pointer))));
    }
    CHECK_REF(brine_path(root, NULL), BRINE_ESYNTAX);
    CHECK_REF(brine_path(brine_ref_null(BRINE_EDEPTH), "/x"), BRINE_EDEPTH);
    CHECK_OK(brine_packet_error(packet));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t found = -1;
        int rc = brine_as_int(brine_path(root, good[i].pointer), &found);
        if (rc || found != good[i].value)
            check_failed(__FILE__, __LINE__, "\"%s\" gave %s, %" PRId64, good[i].pointer, brine_status_name(rc), found);
    }
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
