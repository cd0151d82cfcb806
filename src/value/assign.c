/* SPDX-License-Identifier: Apache-2.0 */
/* value: giving a place a value. */
#include "value/quick.h"

QUICK int assign(brine_ref place, uint8_t type, uint64_t payload) {
    struct at at;
    int rc = value_place(place, &at);
    if (unlikely(rc)) return rc;
    cell_assign(&at, (struct cell){.type = type, .payload = payload});
    return 0;
}

static uint64_t double_bits(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

int brine_assign_none(brine_ref place) { return assign(place, BRINE_NONE, 0); }
int brine_assign_bool(brine_ref place, bool b) { return assign(place, BRINE_BOOL, b); }
int brine_assign_int(brine_ref place, int64_t i) { return assign(place, BRINE_I64, (uint64_t)i); }
int brine_assign_uint(brine_ref place, uint64_t u) { return assign(place, BRINE_U64, u); }
int brine_assign_double(brine_ref place, double f) { return assign(place, BRINE_F64, double_bits(f)); }

int brine_assign_float(brine_ref place, float f) {
    uint64_t bits = 0;
    memcpy(&bits, &f, sizeof f);
    return assign(place, BRINE_F32, bits);
}

int brine_assign_complex64(brine_ref place, float re, float im) {
    float f[2] = {re, im};
    uint64_t bits;
    memcpy(&bits, f, sizeof bits);
    return assign(place, BRINE_C64, bits);
}

int brine_assign_complex(brine_ref place, double re, double im) {
    struct at at;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    double *d = brine__arena_alloc(&at, 16, 8);
    if (!d) return BRINE_ENOMEM;
    d[0] = re;
    d[1] = im;
    brine__cell_assign(&at, (struct cell){.type = BRINE_C128, .payload = pool_offset(at.pool, d)});
    return 0;
}

static int refuse(brine_ref place, int status) {
    struct at at;
    return brine__value_place(place, &at) ? status : brine__stick(&at, status);
}

int brine_assign_number(brine_ref place, brine_type type, const void *number) {
    int64_t wide = 0;
    double d[2];
    size_t size = brine_type_size(type);
    if (!number || size == 0 || type > BRINE_C128)
        return refuse(place, brine__fail(BRINE_EINVAL, "a number of type %s cannot be assigned from memory",
                                         brine_type_name(type)));
    if (type == BRINE_C128) {
        memcpy(d, number, sizeof d);
        return brine_assign_complex(place, d[0], d[1]);
    }
    memcpy(&wide, number, size);
    if (type == BRINE_BOOL) wide = wide != 0;
    if (type == BRINE_I8) wide = (int8_t)wide; /* integers stand sign-extended in their cells */
    if (type == BRINE_I16) wide = (int16_t)wide;
    if (type == BRINE_I32) wide = (int32_t)wide;
    return assign(place, (uint8_t)type, (uint64_t)wide);
}

/* ---- text ---- */

static int assign_text(brine_ref place, brine_type type, const void *data, size_t length) {
    struct at at;
    struct cell cell;
    uint64_t payload;
    if (likely(type == BRINE_STR && place_at_hand(place, &at) && at.cell->type < BRINE_TAB)) {
        struct key text = text_words(BRINE_STR, data, length, text_class(length));
        if (likely(text_at_hand(&at, &text, text_class(length), &payload))) {
            cell_put(at.cell, text.head, payload);
            return 0;
        }
    }
    int rc = brine__value_place(place, &at);
    if (unlikely(rc)) return rc;
    uint64_t bad = type == BRINE_STR ? brine__utf8_error(data, length) : 0;
    if (unlikely(bad))
        return brine__stick(&at, brine__fail(BRINE_EUTF8, "the str is not UTF-8 (byte %llu); assign it as bytes",
                                             (unsigned long long)bad - 1));
    rc = brine__cell_make_text(&at, type, data, length, &cell);
    if (likely(rc == 0)) brine__cell_assign(&at, cell);
    return rc;
}

int brine_assign_strn(brine_ref place, const char *text, size_t length) {
    if (unlikely(!text && length)) return refuse(place, brine__fail(BRINE_EINVAL, "the str is NULL"));
    return assign_text(place, BRINE_STR, length ? text : "", length);
}

int brine_assign_str(brine_ref place, const char *text) {
    if (unlikely(!text)) return refuse(place, brine__fail(BRINE_EINVAL, "the str is NULL"));
    return assign_text(place, BRINE_STR, text, strlen(text));
}

int brine_assign_bytes(brine_ref place, const void *data, size_t length) {
    if (unlikely(!data && length)) return refuse(place, brine__fail(BRINE_EINVAL, "the bytes are NULL"));
    return assign_text(place, BRINE_BYTES, length ? data : "", length);
}

__attribute__((noinline)) static int bytes_room_slow(brine_ref place, size_t length, void **data) {
    struct at at;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    if ((uint64_t)length >> 47) return brine__stick(&at, brine__fail(BRINE_ENOMEM, "%zu bytes are too many", length));
    char *room = brine__arena_alloc(&at, (uint64_t)length + 1, 8);
    if (!room) return BRINE_ENOMEM;
    room[length] = 0;
    struct cell cell = {.type = BRINE_BYTES, .payload = pool_offset(at.pool, room)};
    cell_set_len48(&cell, length);
    brine__cell_assign(&at, cell);
    *data = room;
    return 0;
}

int brine_assign_bytes_room(brine_ref place, size_t length, void **data) {
    struct at at;
    char *room;
    if (unlikely((uint64_t)length >> 47 || !place_at_hand(place, &at) || !just_overwritten(at.cell)))
        return bytes_room_slow(place, length, data);
    if (unlikely(!(room = brine__arena_at_hand(&at, (uint64_t)length + 1, 8))))
        return bytes_room_slow(place, length, data);
    room[length] = 0;
    struct cell cell = {.type = BRINE_BYTES, .payload = pool_offset(at.pool, room)};
    cell_set_len48(&cell, length);
    *at.cell = cell;
    *data = room;
    return 0;
}

/* ---- containers and packets ---- */

brine_ref brine_assign_tab(brine_ref place, unsigned flags) {
    struct at at;
    int rc = value_place(place, &at);
    if (!rc && (flags & ~BRINE_ORDERED))
        rc = brine__stick(&at, brine__fail(BRINE_EINVAL, "unknown tab flags 0x%x", flags));
    if (rc) return brine_ref_null(rc);
    cell_assign(&at, (struct cell){.type = BRINE_TAB, .n = (uint8_t)flags});
    return at_ref(&at, at.cell);
}

brine_ref brine_assign_arr(brine_ref place) {
    struct at at;
    int rc = value_place(place, &at);
    if (rc) return brine_ref_null(rc);
    cell_assign(&at, (struct cell){.type = BRINE_ARR});
    return at_ref(&at, at.cell);
}

brine_ref brine_assign_tup(brine_ref place, size_t count) {
    struct at at;
    struct cell cell = {.type = BRINE_TUP};
    int rc = value_place(place, &at);
    if (rc) return brine_ref_null(rc);
    if (count) {
        struct arr *a = brine__arr_header(&at, &cell);
        if (!a || brine__arr_fill(&at, a, count)) return brine_ref_null(BRINE_ENOMEM);
    }
    cell_assign(&at, cell);
    return at_ref(&at, at.cell);
}

int brine_assign_packet(brine_ref place, brine_packet packet) {
    struct at at;
    uint64_t link;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    rc = brine_packet_error(packet);
    if (!rc) rc = brine__child_adopt(&at, packet, &link);
    if (rc) return brine__stick(&at, rc);
    brine__cell_assign(&at, (struct cell){.type = CELL_REF, .payload = link});
    return 0;
}

int brine_take_packet(brine_ref place, brine_packet *packet) {
    struct at at;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    if (at.cell->type != CELL_REF)
        return brine__fail(BRINE_ETYPE, "the place holds no packet of its own but a %s",
                           brine_type_name((brine_type)at.cell->type));
    rc = brine__child_take(&at, at.cell->payload, packet);
    if (!rc) *at.cell = (struct cell){0};
    return rc;
}
