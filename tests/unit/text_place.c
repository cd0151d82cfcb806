/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing into a place: it keeps its old value on failure, whatever that is; what sticks; what is refused. */
#include "text_helpers.h"

static const char *const old_values[] = {"None", "{}",     "o{}",        "[]",     "()",
                                         "1",    "'text'", "{'a': [1]}", "[1, 2]", "array([1, 2], 'i4')"};
static const char *const bad_literals[] = {"{'a': [1, (2, x",
                                           "[1, 2",
                                           "(1, 2",
                                           "{1: 2, (3, 4): 5, 6}",
                                           "'x' 1",
                                           "array([1, 2], 'u1') x",
                                           "array([300], 'u1')",
                                           "7 7",
                                           "\xff",
                                           "{nan: 1}"};
static const char *const bad_jsons[] = {"{\"a\":[1,{\"b\":2}", "[1,2", "7 7", "[1e999]", "\xff", "{\"a\":1,\"a\":}"};

static void kept(brine_ref place) {
    for (size_t i = 0; i < sizeof old_values / sizeof *old_values; i++) {
        CHECK_OK(parse_literal(place, old_values[i]));
        CHECK_STR(literal_of(place), old_values[i]);
        for (size_t k = 0; k < sizeof bad_literals / sizeof *bad_literals; k++) {
            CHECK_MSG(parse_literal(place, bad_literals[k]) < 0, "%s", bad_literals[k]);
            CHECK_STR(literal_of(place), old_values[i]);
            CHECK_OK(brine_packet_error(packet));
        }
        for (size_t k = 0; k < sizeof bad_jsons / sizeof *bad_jsons; k++) {
            CHECK_MSG(parse_json(place, bad_jsons[k]) < 0, "%s", bad_jsons[k]);
            CHECK_STR(literal_of(place), old_values[i]);
            CHECK_OK(brine_packet_error(packet));
        }
        CHECK_OK(parse_json(place, "[1]"));
        CHECK_STR(literal_of(place), "[1]");
    }
}

/* The text may be that of the place itself. */
static void own_text(brine_ref place) {
    static const char *const texts[] = {"{'a': 1}", "{'a': 'a text that does not fit into a cell'}"};
    for (int i = 0; i < 2; i++) {
        const char *text;
        size_t length;
        CHECK_OK(brine_assign_str(place, texts[i]));
        CHECK_OK(brine_as_str(place, &text, &length));
        CHECK_OK(brine_parse_literal(place, text, length, NULL));
        CHECK_STR(literal_of(place), texts[i]);
    }
}

static void refused(brine_ref place) {
    brine_packet share;
    CHECK_OK(brine_packet_new(pool, &share));
    CHECK_OK(brine_packet_share(&share));
    CHECK_STATUS(parse_literal(brine_root(share), "1"), BRINE_ESHARED);
    CHECK_STATUS(parse_json(brine_root(share), "1"), BRINE_ESHARED);
    brine_ref dead = brine_root(share);
    CHECK_OK(brine_packet_free(share));
    CHECK_STATUS(parse_json(dead, "1"), BRINE_ENOTHELD);
    CHECK_STATUS(parse_literal(brine_ref_null(BRINE_ENOENT), "1"), BRINE_ENOENT);
    /* an error that is stuck already */
    CHECK_OK(parse_literal(place, "{'a': 1}"));
    CHECK_STATUS(brine_set_str(brine_find(place, "a"), "x", "y"), BRINE_ETYPE);
    CHECK_STATUS(parse_json(place, "5"), BRINE_ETYPE);
    CHECK_STATUS(brine_packet_error(packet), BRINE_ETYPE);
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_STR(literal_of(place), "{'a': 1}");
}

/* A pool that fills up half-way: the old value is back and BRINE_ENOMEM sticks. */
static void full(void) {
    brine_pool *small;
    brine_packet p;
    CHECK_OK(brine_pool_create_private(&(brine_pool_options){.max_bytes = 4 << 20}, &small));
    size_t length = 2000001;
    char *text = malloc(length);
    CHECK(text != NULL);
    for (size_t i = 0; i < length; i++) text[i] = i % 2 != 0 ? '1' : ','; /* [1,1,1 ... 1] */
    text[0] = '[';
    text[length - 1] = ']';
    static const char *const olds[] = {"None", "{}", "[]", "o{}", "'a longer text than fits into a cell'", "[1, 2]"};
    for (size_t i = 0; i < 2 * (sizeof olds / sizeof *olds); i++) {
        CHECK_OK(brine_packet_new(small, &p));
        brine_ref place = brine_slot(brine_root(p), "place");
        CHECK_OK(parse_literal(place, olds[i / 2]));
        int status = parse_bytes(place, i % 2 != 0, text, length, NULL);
        CHECK_MSG(status == BRINE_ENOMEM, "%s: %s (%s)", olds[i / 2], brine_status_name(status), brine_detail());
        CHECK_STR(literal_of(place), olds[i / 2]);
        CHECK_STATUS(brine_packet_error(p), BRINE_ENOMEM);
        CHECK_OK(brine_packet_clear_error(p));
        CHECK_OK(brine_packet_free(p));
    }
    free(text);
    brine_pool_detach(small);
}

int main(void) {
    brine_ref root = open_pool();
    kept(root);
    kept(brine_push(brine_assign_arr(root)));
    own_text(root);
    refused(root);
    CHECK_OK(brine_assign_none(root));
    full();
    close_pool();
    return 0;
}
