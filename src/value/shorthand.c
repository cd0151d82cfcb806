/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the shorthands that are used most, in one step: setting and getting under a string key. Each is made once for
 * every class of key lengths, so that those for short keys have no call in them and save no register.
 */
#include "value/quick.h"

#define APART __attribute__((noinline)) static

/* ---- setting ---- */

/* A number or text there may just be overwritten; a container or an owned packet has to be dropped. */
QUICK bool set_number(brine_ref tab, const char *key, size_t length, enum text_class class, uint8_t type,
                      uint64_t payload) {
    struct at at;
    struct cell *cell = slot_at_hand(tab, key, length, class, &at);
    if (unlikely(!cell || cell->type >= BRINE_TAB)) return false;
    cell_put(cell, type, payload);
    return true;
}

APART int set_any(brine_ref tab, const char *key, size_t length, uint8_t type, uint64_t payload) {
    brine_ref place = brine_slot_n(tab, key, length);
    if (type == BRINE_I64) return brine_assign_int(place, (int64_t)payload);
    double f;
    memcpy(&f, &payload, sizeof f);
    return brine_assign_double(place, f);
}

APART int set_short(brine_ref tab, const char *key, size_t length, uint8_t type, uint64_t payload) {
    return likely(set_number(tab, key, length, TEXT_SHORT, type, payload)) ? 0
                                                                           : set_any(tab, key, length, type, payload);
}

APART int set_long(brine_ref tab, const char *key, size_t length, uint8_t type, uint64_t payload) {
    return likely(set_number(tab, key, length, TEXT_LONG, type, payload)) ? 0
                                                                          : set_any(tab, key, length, type, payload);
}

QUICK int set(brine_ref tab, const char *key, size_t length, uint8_t type, uint64_t payload) {
    if (length > SHORT_MAX) return set_long(tab, key, length, type, payload);
    if (length > INLINE_MAX) return set_short(tab, key, length, type, payload);
    return likely(set_number(tab, key, length, TEXT_INLINE, type, payload)) ? 0
                                                                            : set_any(tab, key, length, type, payload);
}

int brine_set_int_n(brine_ref tab, const char *key, size_t length, int64_t i) {
    return set(tab, key, length, BRINE_I64, (uint64_t)i);
}

int brine_set_double_n(brine_ref tab, const char *key, size_t length, double f) {
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    return set(tab, key, length, BRINE_F64, bits);
}

/* ---- getting ---- */

APART int64_t int_of(brine_ref value, int64_t otherwise) {
    int64_t v;
    return brine_as_int(value, &v) == 0 ? v : otherwise;
}
APART double double_of(brine_ref value, double otherwise) {
    double v;
    return brine_as_double(value, &v) == 0 ? v : otherwise;
}
APART int64_t get_int_any(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    return int_of(brine_find_n(tab, key, length), otherwise);
}
APART double get_double_any(brine_ref tab, const char *key, size_t length, double otherwise) {
    return double_of(brine_find_n(tab, key, length), otherwise);
}

QUICK int64_t get_int(brine_ref tab, const char *key, size_t length, enum text_class class, int64_t otherwise) {
    struct at at;
    struct tab *t = tab_at_hand(tab, false, &at);
    if (unlikely(!t || !key)) return get_int_any(tab, key, length, otherwise);
    const struct cell *cell = value_under(&at, t, key, length, class);
    if (!cell) return otherwise;
    if (likely(cell->type >= BRINE_BOOL && cell->type <= BRINE_I64)) return (int64_t)cell->payload; /* stored widened */
    return int_of(ref_beside(tab, &at, cell), otherwise);
}

APART int64_t get_int_short(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    return get_int(tab, key, length, TEXT_SHORT, otherwise);
}
APART int64_t get_int_long(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    return get_int(tab, key, length, TEXT_LONG, otherwise);
}

int64_t brine_get_int_n(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    if (length > SHORT_MAX) return get_int_long(tab, key, length, otherwise);
    return length > INLINE_MAX ? get_int_short(tab, key, length, otherwise)
                               : get_int(tab, key, length, TEXT_INLINE, otherwise);
}

QUICK double get_double(brine_ref tab, const char *key, size_t length, enum text_class class, double otherwise) {
    struct at at;
    double v;
    struct tab *t = tab_at_hand(tab, false, &at);
    if (unlikely(!t || !key)) return get_double_any(tab, key, length, otherwise);
    const struct cell *cell = value_under(&at, t, key, length, class);
    if (!cell) return otherwise;
    if (unlikely(cell->type != BRINE_F64)) return double_of(ref_beside(tab, &at, cell), otherwise);
    memcpy(&v, &cell->payload, sizeof v);
    return v;
}

APART double get_double_short(brine_ref tab, const char *key, size_t length, double otherwise) {
    return get_double(tab, key, length, TEXT_SHORT, otherwise);
}
APART double get_double_long(brine_ref tab, const char *key, size_t length, double otherwise) {
    return get_double(tab, key, length, TEXT_LONG, otherwise);
}

double brine_get_double_n(brine_ref tab, const char *key, size_t length, double otherwise) {
    if (length > SHORT_MAX) return get_double_long(tab, key, length, otherwise);
    return length > INLINE_MAX ? get_double_short(tab, key, length, otherwise)
                               : get_double(tab, key, length, TEXT_INLINE, otherwise);
}
