/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random values of every type: what is printed as a literal, in each style, reads back as an equal value.
 * Then the texts with bytes changed, dropped and doubled: parsing them fails or not, but never worse.
 */
/* test: timeout=120 */
#include "text_helpers.h"

static check_rng rng;

static void random_text(char *text, size_t *length) {
    static const char *const pieces[] = {
        "a",    "'",     "\"",           "\\",           "\n",           "\t",
        "\x01", "\x7f",  "\xc3\xa9",     "\xe2\x82\xac", "\xe2\x80\xa8", "\xf0\x9f\x98\x80",
        "zz",   "\\u00", "{[(,:)]}o#b'", "\xc2\xa0",     "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"};
    *length = 0;
    for (uint64_t n = check_below(&rng, 12); n-- > 0;) {
        if (check_below(&rng, 20) == 0) {
            text[(*length)++] = '\0';
            continue;
        }
        const char *piece = pieces[check_below(&rng, sizeof pieces / sizeof *pieces)];
        memcpy(text + *length, piece, strlen(piece));
        *length += strlen(piece);
    }
}

static double random_double(void) {
    uint64_t bits = check_random(&rng);
    double f;
    memcpy(&f, &bits, sizeof f);
    if (check_below(&rng, 3) == 0) return (double)(int64_t)(bits >> 50) / 8;
    return f == f ? f : -0.0;
}

static void random_array(brine_ref place) {
    static const brine_type types[] = {BRINE_BOOL, BRINE_I8,  BRINE_U8,  BRINE_I16, BRINE_U16, BRINE_I32, BRINE_U32,
                                       BRINE_I64,  BRINE_U64, BRINE_F16, BRINE_F32, BRINE_F64, BRINE_C64, BRINE_C128};
    brine_type type = types[check_below(&rng, sizeof types / sizeof *types)];
    size_t shape[4] = {1, 1, 1, 1}, bytes = brine_type_size(type);
    int ndim = (int)check_below(&rng, 5);
    for (int d = 0; d < ndim; d++) bytes *= shape[d] = check_below(&rng, 4);
    unsigned char *data;
    CHECK_OK(brine_assign_array(place, type, ndim, shape, 0, (void **)&data));
    for (size_t i = 0; i < bytes; i++) data[i] = (unsigned char)check_random(&rng);
    for (size_t i = 0; type == BRINE_BOOL && i < bytes; i++) data[i] &= 1;
    for (size_t i = 1; type == BRINE_F16 && i < bytes; i += 2) data[i] &= 0xbb; /* no NaN and infinity */
    for (size_t i = 3; (type == BRINE_F32 || type == BRINE_C64) && i < bytes; i += 4) data[i] &= 0xbf;
    for (size_t i = 7; (type == BRINE_F64 || type == BRINE_C128) && i < bytes; i += 8) data[i] &= 0xbf;
}

static void random_raw(brine_ref place) {
    size_t shape[2] = {check_below(&rng, 3), check_below(&rng, 3)}, item = 1 + check_below(&rng, 5);
    int ndim = (int)check_below(&rng, 3);
    unsigned char *data;
    CHECK_OK(brine_assign_array_raw(place, "T{<i:'x':}", item, ndim, shape, 0, (void **)&data));
    for (int d = 0; d < ndim; d++) item *= shape[d];
    for (size_t i = 0; i < item; i++) data[i] = (unsigned char)check_random(&rng);
}

/* Hashable, if `key`. */
static void random_scalar(brine_ref place) {
    char text[200];
    size_t length;
    uint64_t u = check_random(&rng), limbs[3] = {u, ~u, u | 1};
    switch (check_below(&rng, 10)) {
    case 0: CHECK_OK(brine_assign_none(place)); break;
    case 1: CHECK_OK(brine_assign_bool(place, u & 1)); break;
    case 2: CHECK_OK(brine_assign_int(place, (int64_t)u >> check_below(&rng, 64))); break;
    case 3: CHECK_OK(brine_assign_uint(place, u >> check_below(&rng, 64))); break;
    case 4: CHECK_OK(brine_assign_bigint(place, u & 1 ? 1 : -1, limbs, 1 + check_below(&rng, 3), 0)); break;
    case 5: CHECK_OK(brine_assign_double(place, random_double())); break;
    case 6: CHECK_OK(brine_assign_complex(place, random_double(), random_double())); break;
    case 7: CHECK_OK(brine_assign_float(place, (float)(int8_t)u / 8)); break;
    default:
        random_text(text, &length);
        if (u & 1)
            CHECK_OK(brine_assign_strn(place, text, length));
        else
            CHECK_OK(brine_assign_bytes(place, text, length));
    }
}

static void random_key(brine_ref place) {
    if (check_below(&rng, 4) != 0) {
        random_scalar(place);
        return;
    }
    size_t count = check_below(&rng, 3);
    brine_ref tup = brine_assign_tup(place, count);
    for (size_t i = 0; i < count; i++) random_key(brine_at(tup, (ptrdiff_t)i));
}

static void random_value(brine_ref place, int depth) {
    uint64_t kind = check_below(&rng, depth > 4 ? 8 : 12), count = check_below(&rng, 5);
    if (kind < 6) {
        random_scalar(place);
    } else if (kind < 8) {
        (kind == 6 ? random_array : random_raw)(place);
    } else if (kind == 8) {
        brine_ref arr = brine_assign_arr(place);
        while (count-- > 0) random_value(brine_push(arr), depth + 1);
    } else if (kind == 9) {
        brine_ref tup = brine_assign_tup(place, count);
        for (uint64_t i = 0; i < count; i++) random_value(brine_at(tup, (ptrdiff_t)i), depth + 1);
    } else {
        brine_ref tab = brine_assign_tab(place, kind == 10 ? BRINE_ORDERED : 0);
        brine_packet key;
        CHECK_OK(brine_packet_new(pool, &key));
        while (count-- > 0) {
            random_key(brine_root(key));
            random_value(brine_slot_key(tab, brine_key_value(brine_root(key))), depth + 1);
        }
        CHECK_OK(brine_packet_free(key));
    }
}

static void mutate(char *text, size_t *length) {
    size_t at = check_below(&rng, *length), left = *length - at;
    switch (check_below(&rng, 3)) {
    case 0: text[at] = (char)check_random(&rng); break;
    case 1:
        memmove(text + at, text + at + 1, left - 1);
        --*length;
        break;
    default: memmove(text + at, text + check_below(&rng, at + 1), left < 3 ? left : 3);
    }
}

static void changed(brine_ref place, const char *text, size_t length) {
    char *copy = strdup(text);
    CHECK(copy != NULL);
    CHECK_OK(brine_assign_none(place));
    for (int i = 0; i < 4 && length > 0; i++) {
        brine_text_error error;
        mutate(copy, &length);
        int status = parse_bytes(place, check_below(&rng, 4) == 0, copy, length, &error);
        if (status == 0) continue;
        CHECK(error.offset <= length && error.line >= 1 && error.column >= 1);
        CHECK_MSG(status == BRINE_ESYNTAX || status == BRINE_EUTF8 || status == BRINE_ERANGE, "%s: %s", copy,
                  brine_detail());
        CHECK_OK(brine_packet_error(brine_ref_packet(place)));
    }
    free(copy);
}

int main(void) {
    static const unsigned flags[] = {0, BRINE_TEXT_ASCII, BRINE_TEXT_SEED, BRINE_TEXT_SORT};
    rng = check_seed(0xb41e);
    brine_ref root = open_pool();
    for (int i = 0; i < 5000; i++) {
        brine_packet other;
        CHECK_OK(brine_packet_new(pool, &other));
        CHECK_OK(brine_packet_free(packet)); /* with all its garbage */
        CHECK_OK(brine_packet_new(pool, &packet));
        root = brine_root(packet);
        random_value(root, 0);
        const char *text = shown(root, i % 2 != 0 ? BRINE_PRETTY : BRINE_LITERAL, flags[i / 2 % 4]);
        CHECK_MSG(parse_literal(brine_root(other), text) == 0, "%s: %s", text, brine_detail());
        CHECK_MSG(brine_equal(root, brine_root(other)), "%s\n%s", text, literal_of(brine_root(other)));
        changed(brine_root(other), text, strlen(text));
        shown(root, BRINE_JSON, BRINE_JSON_NAN);
        CHECK_OK(brine_packet_free(other));
    }
    close_pool();
    return 0;
}
