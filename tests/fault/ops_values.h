/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on packets and values; see failing.h. Each builds in a packet of its own, in a fresh pool, so that
 * records, blocks, spans and their tables all have to be had from the system.
 */
#ifndef TESTS_OPS_VALUES_H
#define TESTS_OPS_VALUES_H

#include "fault/ops_region.h"

/* Makes c->packet and lets `build` fill it: on failure it is freed. What sticks to the packet and what the setter
 * returned must agree. */
static int built(struct context *c, int (*build)(struct context *c, brine_ref root)) {
    int rc = brine_packet_new(c->pool, &c->packet);
    if (rc) return rc;
    rc = build(c, brine_root(c->packet));
    if (rc == 0) return brine_packet_error(c->packet);
    brine_packet_free(c->packet);
    c->packet = brine_packet_none();
    return rc;
}

static brine_ref root_of(struct context *c) { return brine_root(c->packet); }

/* ---- packets ---- */

static int run_new_sized(struct context *c) { return brine_packet_new_sized(c->pool, MIB, &c->packet); }
static int run_new_in_thread(struct context *c);

static void *thread_new(void *argument) {
    struct context *c = argument;
    fault_armed = c->number != 0;
    c->number = brine_packet_new(c->pool, &c->packet);
    fault_armed = false;
    CHECK(c->number == 0 || brine_detail()[0] != 0); /* the text is the thread's own */
    return NULL;
}
static int run_new_in_thread(struct context *c) {
    c->number = fault_armed;
    fault_armed = false;
    CHECK_EQ_INT(pthread_create(&c->thread, NULL, thread_new, c), 0);
    CHECK_EQ_INT(pthread_join(c->thread, NULL), 0);
    if (c->number != 0) brine_pool_unlink("/"); /* some text for this thread */
    return c->number;
}

/* A tab with something of everything, garbage, and a large array, which is a packet of its own. */
static int build_rich(struct context *c, brine_ref root) {
    (void)c;
    for (int i = 0; i < 3; i++) {
        brine_set_str(root, "text", "a text that is too long to stand inside a cell");
        brine_set_int(root, "number", 12345);
        brine_ref list = brine_set_arr(root, "list");
        for (int k = 0; k < 200; k++) brine_append_int(list, k);
    }
    double *x = brine_set_array(root, "x", BRINE_F64, 1, (size_t[]){10000});
    if (x) x[9999] = 2.5;
    return brine_packet_error(brine_ref_packet(root));
}
static void check_rich(brine_ref root) {
    brine_array x;
    CHECK_STR(brine_get_str(root, "text", ""), "a text that is too long to stand inside a cell");
    CHECK_EQ_INT(brine_get_int(root, "number", 0), 12345);
    CHECK_EQ_INT(brine_length(brine_find(root, "list")), 200);
    CHECK_EQ_INT(brine_get_int(root, "list", 0), 0); /* not an int */
    CHECK_OK(brine_get_array(root, "x", &x));
    CHECK(((const double *)x.data)[9999] == 2.5);
    CHECK_OK(brine_packet_validate(brine_ref_packet(root)));
}

static void with_rich(struct context *c) {
    with_pool(c);
    CHECK_OK(built(c, build_rich));
    run_short(c);
}
static void verify_rich_packet(struct context *c) { check_rich(root_of(c)); }
static void verify_both(struct context *c) {
    check_rich(root_of(c));
    check_rich(brine_root(c->other));
}
static int run_rich(struct context *c) { return built(c, build_rich); }

static int run_copy(struct context *c) { return brine_packet_copy(brine_root(c->packet), c->pool, &c->other); }
static int run_compact(struct context *c) { return brine_packet_compact(&c->packet); }
static int run_share(struct context *c) { return brine_packet_share(&c->packet); }
static void with_shared(struct context *c) {
    with_pool(c);
    CHECK_OK(built(c, build_rich));
    CHECK_OK(brine_packet_share(&c->packet));
    run_short(c);
}
static int run_clone(struct context *c) { return brine_packet_clone(c->packet, &c->other); }
static void with_clone(struct context *c) {
    with_pool(c);
    CHECK_OK(built(c, build_rich));
    CHECK_OK(brine_packet_share(&c->packet));
    CHECK_OK(run_clone(c));
    run_short(c);
}
static int run_own(struct context *c) { return brine_packet_own(&c->packet); }
static void verify_owned(struct context *c) {
    check_rich(root_of(c));
    CHECK(!brine_packet_is_shared(c->packet));
    CHECK_OK(brine_set_int(root_of(c), "number", 1));
    if (c->other.record) check_rich(brine_root(c->other));
}
static int run_free(struct context *c) {
    int rc = brine_packet_free(c->packet);
    if (rc == 0) c->packet = brine_packet_none();
    return rc;
}

/* Two pools: the copy goes into the other one. */
static void with_two_pools(struct context *c) {
    with_rich(c);
    CHECK_OK(brine_pool_create_private(&pool_options, &c->second));
}
static int run_copy_across(struct context *c) { return brine_packet_copy(root_of(c), c->second, &c->other); }

/* ---- kinds of values ---- */

static int build_scalars(struct context *c, brine_ref root) {
    (void)c;
    brine_set_none(root, "none");
    brine_set_bool(root, "bool", true);
    brine_set_int(root, "int", -5);
    brine_set_uint(root, "uint", UINT64_MAX);
    brine_set_float(root, "float", 0.5f);
    brine_set_double(root, "double", 1.25);
    return brine_set_complex(root, "complex", 1, -1);
}
static void verify_scalars(struct context *c) {
    double re = 0, im = 0;
    CHECK(brine_get_bool(root_of(c), "bool", false));
    CHECK_EQ_INT(brine_get_int(root_of(c), "int", 0), -5);
    CHECK(brine_get_double(root_of(c), "float", 0) == 0.5);
    CHECK_OK(brine_as_complex(brine_find(root_of(c), "complex"), &re, &im));
    CHECK(re == 1 && im == -1);
}

#define TEXT_BYTES 100000

static int build_text(struct context *c, brine_ref root) {
    static char text[TEXT_BYTES];
    void *room = NULL;
    (void)c;
    memset(text, 'a', sizeof text);
    int rc = brine_set_strn(root, "str", text, sizeof text);
    if (!rc) rc = brine_set_bytes(root, "bytes", text, 3000);
    if (!rc) rc = brine_assign_bytes_room(brine_slot(root, "room"), 50000, &room);
    if (!rc) memset(room, 7, 50000);
    return rc;
}
static void verify_text(struct context *c) {
    CHECK_EQ_INT(strlen(brine_get_str(root_of(c), "str", "")), TEXT_BYTES);
    CHECK_EQ_INT(brine_length(brine_find(root_of(c), "room")), 50000);
}

static int build_tab(struct context *c, brine_ref root) {
    char key[32];
    int rc = 0;
    (void)c;
    brine_ref tab = brine_assign_tab(brine_slot(root, "tab"), BRINE_ORDERED);
    for (int i = 0; i < 2000 && !rc; i++) {
        snprintf(key, sizeof key, "a rather long key %d", i);
        rc = i % 2 ? brine_set_int(tab, key, i) : brine_assign_int(brine_slot_key(tab, brine_key_complex(i, 1)), i);
    }
    return rc ? rc : brine_delete(tab, "a rather long key 7");
}
static void verify_tab(struct context *c) {
    brine_ref tab = brine_find(root_of(c), "tab");
    CHECK_EQ_INT(brine_length(tab), 1999);
    CHECK_EQ_INT(brine_get_int(tab, "a rather long key 1999", 0), 1999);
    CHECK(brine_ref_ok(brine_find_key(tab, brine_key_complex(1998, 1))));
}

static int build_arr(struct context *c, brine_ref root) {
    int rc = 0;
    (void)c;
    brine_ref list = brine_set_arr(root, "arr");
    for (int i = 0; i < 5000 && !rc; i++) rc = brine_append_int(list, i);
    if (!rc) rc = brine_assign_int(brine_insert(list, 3), -1);
    if (!rc) rc = brine_delete_at(list, 0);
    brine_ref tup = brine_assign_tup(brine_slot(root, "tup"), 3000);
    return rc ? rc : brine_assign_int(brine_at(tup, 2999), 9);
}
static void verify_arr(struct context *c) {
    int64_t n = 0;
    CHECK_EQ_INT(brine_length(brine_find(root_of(c), "arr")), 5000);
    CHECK_OK(brine_as_int(brine_at(brine_find(root_of(c), "arr"), 2), &n));
    CHECK_EQ_INT(n, -1);
    CHECK_EQ_INT(brine_length(brine_find(root_of(c), "tup")), 3000);
}

static int build_arrays(struct context *c, brine_ref root) {
    void *small = NULL, *large = NULL, *raw = NULL;
    (void)c;
    int rc = brine_assign_array(brine_slot(root, "small"), BRINE_I16, 2, (size_t[]){30, 50}, 0, &small);
    if (!rc) rc = brine_assign_array(brine_slot(root, "large"), BRINE_C128, 1, (size_t[]){20000}, 0, &large);
    if (!rc) rc = brine_assign_array_raw(brine_slot(root, "raw"), "<i4:x:<f8:y:", 12, 1, (size_t[]){9000}, 0, &raw);
    if (!rc) memset(raw, 5, 12 * 9000);
    return rc;
}
static void verify_arrays(struct context *c) {
    brine_array a;
    CHECK_OK(brine_get_array(root_of(c), "large", &a));
    CHECK_EQ_INT(a.bytes, 320000);
    CHECK_OK(brine_get_array(root_of(c), "raw", &a));
    CHECK_STR(a.format, "<i4:x:<f8:y:");
}

/* 7 ** 40000 has 33804 digits. */
static int build_bigint(struct context *c, brine_ref root) {
    int rc = brine_set_int(root, "power", 7);
    (void)c;
    for (int i = 0; i < 12 && !rc; i++)
        rc = brine_int_arith(brine_slot(root, "power"), '*', brine_find(root, "power"), brine_find(root, "power"));
    if (!rc) rc = brine_int_arith(brine_slot(root, "less"), '-', brine_find(root, "power"), brine_find(root, "power"));
    return rc;
}
static int build_arith(struct context *c, brine_ref root) {
    static const char ops[] = "+-*/%&|^";
    char name[2] = "?";
    int rc = brine_assign_copy(brine_slot(root, "a"), brine_find(brine_root(c->other), "a"));
    if (!rc) rc = brine_assign_copy(brine_slot(root, "b"), brine_find(brine_root(c->other), "b"));
    for (const char *op = ops; *op && !rc; op++) {
        name[0] = *op;
        rc = brine_int_arith(brine_slot(root, name), *op, brine_find(root, "a"), brine_find(root, "b"));
    }
    return rc;
}
static void digits_text(char *text, size_t n, unsigned seed) {
    for (size_t i = 0; i < n; i++) text[i] = (char)('0' + ((seed = seed * 1664525u + 1013904223u) >> 24) % 10);
    text[0] = '3';
}
static void with_integers(struct context *c) {
    static char a[20000], b[7000];
    with_pool(c);
    digits_text(a, sizeof a, 1);
    digits_text(b, sizeof b, 2);
    a[0] = '-';
    CHECK_OK(brine_packet_new(c->pool, &c->other));
    CHECK_OK(brine_assign_int_text(brine_slot(brine_root(c->other), "a"), a, sizeof a, 10));
    CHECK_OK(brine_assign_int_text(brine_slot(brine_root(c->other), "b"), b, sizeof b, 10));
}
static int run_arith(struct context *c) { return built(c, build_arith); }
/* a == a / b * b + a % b; (a & b) + (a | b) == a + b */
static void verify_arith(struct context *c) {
    brine_ref root = root_of(c), t = brine_slot(root, "t"), u = brine_slot(root, "u");
    CHECK_OK(brine_int_arith(t, '*', brine_find(root, "/"), brine_find(root, "b")));
    CHECK_OK(brine_int_arith(t, '+', t, brine_find(root, "%")));
    CHECK(brine_equal(t, brine_find(root, "a")));
    CHECK_OK(brine_int_arith(u, '+', brine_find(root, "&"), brine_find(root, "|")));
    CHECK(brine_equal(u, brine_find(root, "+")));
}
static int build_int_text(struct context *c, brine_ref root) {
    static char text[30000];
    (void)c;
    digits_text(text, sizeof text, 3);
    return brine_assign_int_text(brine_slot(root, "n"), text, sizeof text, 10);
}
static int run_int_text(struct context *c) { return built(c, build_int_text); }
static int run_print_int(struct context *c) { return brine_int_text(brine_find(root_of(c), "n"), 10, &c->text); }
static void with_int(struct context *c) {
    with_pool(c);
    CHECK_OK(run_int_text(c));
}
static void verify_int_text(struct context *c) {
    static char text[30000];
    digits_text(text, sizeof text, 3);
    if (!c->text) CHECK_OK(run_print_int(c));
    CHECK_EQ_INT(strlen(c->text), sizeof text);
    CHECK(memcmp(c->text, text, sizeof text) == 0);
}

static int run_scalars(struct context *c) { return built(c, build_scalars); }
static int run_text(struct context *c) { return built(c, build_text); }
static int run_tab(struct context *c) { return built(c, build_tab); }
static int run_arr(struct context *c) { return built(c, build_arr); }
static int run_arrays(struct context *c) { return built(c, build_arrays); }
static int run_bigint(struct context *c) { return built(c, build_bigint); }

/* ---- parts of other packets ---- */

static void with_other(struct context *c) {
    with_rich(c);
    c->other = c->packet;
    c->packet = brine_packet_none();
}
static int build_copy(struct context *c, brine_ref root) {
    return brine_assign_copy(brine_slot(root, "inner"), brine_root(c->other));
}
static int run_assign_copy(struct context *c) { return built(c, build_copy); }
static void verify_inner(struct context *c) { check_rich(brine_find(root_of(c), "inner")); }
static int run_assign_packet(struct context *c) {
    int rc = brine_packet_new(c->pool, &c->packet);
    if (rc) return rc;
    rc = brine_assign_packet(brine_slot(root_of(c), "inner"), c->other);
    if (rc == 0) {
        c->other = brine_packet_none();
        return 0;
    }
    CHECK(brine_packet_held(c->other));
    brine_packet_free(c->packet);
    c->packet = brine_packet_none();
    return rc;
}
static void with_inner(struct context *c) {
    with_other(c);
    CHECK_OK(run_assign_packet(c));
}
static int run_take_packet(struct context *c) { return brine_take_packet(brine_find(root_of(c), "inner"), &c->other); }
static void verify_taken(struct context *c) { check_rich(brine_root(c->other)); }

/* ---- text ---- */

static const char literal[] =
    "{'a': (1, 2.5, (3,), ((4))), ('key', 1): [array([[1, 2], [3, 4]], 'i4'), array([0.5] * 0, 'f8') if 0 else None], "
    "'s': 'x\\n\\u20ac' 'joined', 12345678901234567890123456789012345678901234567890: b'bytes\\x00'}";
static const char plain_literal[] = "{'a': (1, 2.5, (3,), ((4))), ('key', 1): [array([[1, 2], [3, 4]], 'i4'), "
                                    "array_raw(b'12345678', 'i4', 4, (2,)), 1+2j], "
                                    "'s': 'x\\n\\u20ac' 'joined and long enough to need the buffer of the parser, "
                                    "which grows in steps ........................................', "
                                    "12345678901234567890123456789012345678901234567890: b'bytes\\x00', "
                                    "'t': "
                                    "((),(1,),(1,2),((1,),2),(3,),(4,),(5,),(6,),(7,),(8,),(9,),(10,),(11,),(12,),(13,)"
                                    ",(14,),(15,),(16,),(17,),(18,)), "
                                    "'x': array([1.5, 2.5, 3.5])}";

static int parse_literal_into(struct context *c, brine_ref root) {
    brine_text_error error;
    (void)c;
    return brine_parse_literal(brine_slot(root, "v"), plain_literal, strlen(plain_literal), &error);
}
static int parse_literal_wrong(struct context *c, brine_ref root) {
    brine_text_error error;
    (void)c;
    return brine_parse_literal(brine_slot(root, "v"), literal, strlen(literal), &error);
}
static int run_parse_literal(struct context *c) { return built(c, parse_literal_into); }
static int run_parse_literal_wrong(struct context *c) { return built(c, parse_literal_wrong); }
static void verify_literal(struct context *c) {
    brine_ref v = brine_find(root_of(c), "v");
    CHECK_EQ_INT(brine_length(v), 6);
    CHECK_EQ_INT(brine_length(brine_find(v, "t")), 20);
    CHECK_OK(brine_print_text(v, BRINE_LITERAL, 0, &c->text, NULL));
    CHECK_CONTAINS(c->text, "12345678901234567890123456789012345678901234567890: b'bytes\\x00'");
}

/* Deep, with long strings, escapes, a lone surrogate, large integers and NaNs: all that makes the parser take memory.
 */
static char json[60000];
static size_t json_length;
static void make_json(void) {
    char *p = json;
    p += sprintf(p, "{\"deep\": ");
    for (int i = 0; i < 300; i++) *p++ = '[';
    for (int i = 0; i < 300; i++) *p++ = ']';
    p += sprintf(p, ", \"long\": \"");
    for (int i = 0; i < 9000; i++) *p++ = "ab\xc3\xa9"[i % 4];
    p += sprintf(p, "\\n\\ud800\\u20ac");
    for (int i = 0; i < 5000; i++) *p++ = 'z';
    p += sprintf(p, "\", \"big\": ");
    for (int i = 0; i < 3000; i++) *p++ = (char)('1' + i % 9);
    p += sprintf(p, ", \"nan\": [NaN");
    for (int i = 0; i < 40; i++) p += sprintf(p, ", -Infinity");
    p += sprintf(p, ", 1.5e3], \"last\": true}");
    json_length = (size_t)(p - json);
}
static int parse_json_into(struct context *c, brine_ref root) {
    brine_text_error error;
    (void)c;
    return brine_parse_json(brine_slot(root, "v"), json, json_length, BRINE_JSON_NAN, &error);
}
static int parse_json_wrong(struct context *c, brine_ref root) {
    brine_text_error error;
    (void)c;
    return brine_parse_json(brine_slot(root, "v"), json, json_length - 7, BRINE_JSON_NAN, &error);
}
static void with_json(struct context *c) {
    make_json();
    with_pool(c);
}
static int run_parse_json(struct context *c) { return built(c, parse_json_into); }
static int run_parse_json_wrong(struct context *c) { return built(c, parse_json_wrong); }
static void verify_json(struct context *c) {
    brine_ref v = brine_find(root_of(c), "v");
    CHECK_EQ_INT(brine_length(v), 5);
    CHECK(brine_get_bool(v, "last", false));
    CHECK_EQ_INT(brine_length(brine_find(v, "nan")), 42);
    CHECK_OK(brine_print_text(v, BRINE_JSON, BRINE_JSON_NAN, &c->text, &c->length));
    CHECK_CONTAINS(c->text, "123456789123");
}
/* Over a value: built aside, then copied. */
static int run_parse_over(struct context *c) {
    return brine_parse_json(brine_find(root_of(c), "list"), json, json_length, BRINE_JSON_NAN, NULL);
}
static void with_json_over(struct context *c) {
    make_json();
    with_rich(c);
}
static int run_parse_over_kept(struct context *c) {
    int rc = run_parse_over(c);
    if (rc == 0) return 0;
    CHECK_EQ_INT(brine_length(brine_find(root_of(c), "list")), 200); /* the old value */
    brine_packet_clear_error(c->packet);                             /* what sticks is taken away for the next try */
    return rc;
}
static void verify_over(struct context *c) { CHECK(brine_get_bool(brine_find(root_of(c), "list"), "last", false)); }

static void with_printable(struct context *c) {
    with_json(c);
    CHECK_OK(run_parse_json(c));
    CHECK_OK(parse_literal_into(c, brine_set_tab(root_of(c), "w")));
}
static int run_print_literal(struct context *c) {
    return brine_print_text(root_of(c), BRINE_LITERAL, BRINE_TEXT_SORT | BRINE_TEXT_SEED, &c->text, &c->length);
}
static int run_print_json(struct context *c) {
    return brine_print_text(root_of(c), BRINE_JSON_PRETTY, BRINE_JSON_NAN | BRINE_TEXT_ASCII, &c->text, &c->length);
}
static void verify_printed(struct context *c) {
    CHECK_EQ_INT(strlen(c->text), c->length);
    CHECK_CONTAINS(c->text, "joined");
    CHECK(c->length > 15000);
}
static void with_stream(struct context *c) {
    with_printable(c);
    c->stream = tmpfile();
    CHECK(c->stream != NULL);
}
static int run_print_stream(struct context *c) {
    rewind(c->stream);
    return brine_print(root_of(c), BRINE_LITERAL, 0, c->stream);
}
static void verify_stream(struct context *c) {
    CHECK(ftell(c->stream) > 15000);
    CHECK_EQ_INT(ferror(c->stream), 0);
}

/* ---- reading ---- */

static void with_pair(struct context *c) {
    with_printable(c);
    CHECK_OK(brine_packet_copy(root_of(c), c->pool, &c->other));
    run_short(c);
    CHECK_OK(brine_set_str(root_of(c), "number", " 12.5 "));
}
static int run_path(struct context *c) {
    brine_ref found = brine_path(root_of(c), "/w/v/t/3/0/0");
    return brine_ref_status(found);
}
static int run_compare(struct context *c) {
    c->number = 9;
    int rc = brine_compare(brine_find(root_of(c), "w"), brine_find(brine_root(c->other), "w"), &c->number);
    if (rc) CHECK_EQ_INT(c->number, 9);
    return rc;
}
static void verify_compare(struct context *c) { CHECK_EQ_INT(c->number, 0); }
static int run_to_double(struct context *c) {
    double d = 0;
    bool lossy;
    int rc = brine_to_double(brine_find(root_of(c), "number"), &d, &lossy);
    CHECK(rc != 0 || d == 12.5);
    return rc;
}
static int run_validate(struct context *c) { return brine_packet_validate(c->packet); }

static const struct operation value_operations[] = {
    {"new packet", HERE, 0, with_pool, run_new, pool_works, NULL},
    {"new packet, with room", HERE, 0, with_pool, run_new_sized, NULL, NULL},
    {"new packet, first of a process", FIRST_USE, 0, with_pool, run_new, pool_works, NULL},
    {"new packet, first of a thread", HERE, 0, with_pool, run_new_in_thread, pool_works, NULL},
    {"build: scalars", HERE, 0, with_pool, run_scalars, verify_scalars, NULL},
    {"build: str and bytes", HERE, 0, with_pool, run_text, verify_text, NULL},
    {"build: tab", HERE, 0, with_pool, run_tab, verify_tab, NULL},
    {"build: arr and tup", HERE, 0, with_pool, run_arr, verify_arr, NULL},
    {"build: nd-arrays", HERE, 0, with_pool, run_arrays, verify_arrays, NULL},
    {"build: growing bigint", HERE, 0, with_pool, run_bigint, NULL, NULL},
    {"build: arithmetic", HERE, 0, with_integers, run_arith, verify_arith, NULL},
    {"build: integer from text", HERE, 0, with_pool, run_int_text, verify_int_text, NULL},
    {"build: copy of a value", HERE, 0, with_other, run_assign_copy, verify_inner, NULL},
    {"build: another packet", HERE, 0, with_other, run_assign_packet, verify_inner, NULL},
    {"take packet", HERE, 0, with_inner, run_take_packet, verify_taken, NULL},
    {"build and grow", HERE, 0, with_pool, run_rich, verify_rich_packet, NULL},
    {"copy packet", HERE, 0, with_rich, run_copy, verify_both, NULL},
    {"copy packet to another pool", HERE, 0, with_two_pools, run_copy_across, verify_both, NULL},
    {"compact", HERE, 0, with_rich, run_compact, verify_rich_packet, NULL},
    {"share", HERE, 0, with_rich, run_share, verify_rich_packet, NULL},
    {"clone", HERE, 0, with_shared, run_clone, verify_both, NULL},
    {"own, the only share", HERE, 0, with_shared, run_own, verify_owned, NULL},
    {"own, one of two shares", HERE, 0, with_clone, run_own, verify_owned, NULL},
    {"free", HERE, 0, with_rich, run_free, NULL, NULL},
    {"free the last share", HERE, 0, with_shared, run_free, NULL, NULL},
    {"parse literal", HERE, 0, with_pool, run_parse_literal, verify_literal, NULL},
    {"parse literal, wrong", HERE, BRINE_ESYNTAX, with_pool, run_parse_literal_wrong, NULL, NULL},
    {"parse JSON", HERE, 0, with_json, run_parse_json, verify_json, NULL},
    {"parse JSON, wrong", HERE, BRINE_ESYNTAX, with_json, run_parse_json_wrong, NULL, NULL},
    {"parse JSON over a value", HERE, 0, with_json_over, run_parse_over_kept, verify_over, NULL},
    {"print literal, sorted", HERE, 0, with_printable, run_print_literal, verify_printed, NULL},
    {"print JSON", HERE, 0, with_printable, run_print_json, verify_printed, NULL},
    {"print to a stream", HERE, 0, with_stream, run_print_stream, verify_stream, NULL},
    {"print integer", HERE, 0, with_int, run_print_int, verify_int_text, NULL},
    {"path", HERE, 0, with_pair, run_path, NULL, NULL},
    {"compare", HERE, 0, with_pair, run_compare, verify_compare, NULL},
    {"text to number", HERE, 0, with_pair, run_to_double, NULL, NULL},
    {"text to number, first of a process", FIRST_USE, 0, with_pair, run_to_double, NULL, NULL},
    {"validate", HERE, 0, with_pair, run_validate, NULL, NULL},
};

#endif
