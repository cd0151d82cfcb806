/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the shorthands that are used most, in one step: setting and getting under a string key. Each is made three
 * times: for a short key without any call, for a longer one, and from the functions for everything else.
 */
#include "value/quick.h"

#define ANY_CASE __attribute__((noinline)) static

/* ---- setting ---- */

ANY_CASE int set_int_any(brine_ref tab, const char *key, size_t length, int64_t i) {
    return brine_assign_int(brine_slot_n(tab, key, length), i);
}
ANY_CASE int set_double_any(brine_ref tab, const char *key, size_t length, double f) {
    return brine_assign_double(brine_slot_n(tab, key, length), f);
}

/* A number or text there may just be overwritten; a container or an owned packet has to be dropped. */
QUICK bool set_number(brine_ref tab, const char *key, size_t length, bool is_inline, uint8_t type, uint64_t payload) {
    struct at at;
    struct cell *cell = slot_at_hand(tab, key, length, is_inline, &at);
    if (unlikely(!cell || cell->type >= BRINE_TAB)) return false;
    *cell = (struct cell){.type = type, .payload = payload};
    return true;
}

ANY_CASE int set_int_long(brine_ref tab, const char *key, size_t length, int64_t i) {
    return likely(set_number(tab, key, length, false, BRINE_I64, (uint64_t)i)) ? 0 : set_int_any(tab, key, length, i);
}

int brine_set_int_n(brine_ref tab, const char *key, size_t length, int64_t i) {
    if (length > INLINE_MAX) return set_int_long(tab, key, length, i);
    return likely(set_number(tab, key, length, true, BRINE_I64, (uint64_t)i)) ? 0 : set_int_any(tab, key, length, i);
}

QUICK uint64_t bits_of(double f) {
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

ANY_CASE int set_double_long(brine_ref tab, const char *key, size_t length, double f) {
    return likely(set_number(tab, key, length, false, BRINE_F64, bits_of(f))) ? 0 : set_double_any(tab, key, length, f);
}

int brine_set_double_n(brine_ref tab, const char *key, size_t length, double f) {
    if (length > INLINE_MAX) return set_double_long(tab, key, length, f);
    return likely(set_number(tab, key, length, true, BRINE_F64, bits_of(f))) ? 0 : set_double_any(tab, key, length, f);
}

/* ---- getting ---- */

ANY_CASE int64_t get_int_any(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    int64_t v;
    return brine_as_int(brine_find_n(tab, key, length), &v) == 0 ? v : otherwise;
}
ANY_CASE double get_double_any(brine_ref tab, const char *key, size_t length, double otherwise) {
    double v;
    return brine_as_double(brine_find_n(tab, key, length), &v) == 0 ? v : otherwise;
}

QUICK int64_t get_int(brine_ref tab, const char *key, size_t length, bool is_inline, int64_t otherwise) {
    struct at at;
    const struct cell *cell = value_at_hand(tab, key, length, is_inline, &at);
    if (likely(cell && cell->type >= BRINE_BOOL && cell->type <= BRINE_I64)) return (int64_t)cell->payload; /* stored widened */
    return cell == &brine__no_value ? otherwise : get_int_any(tab, key, length, otherwise);
}

ANY_CASE int64_t get_int_long(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    return get_int(tab, key, length, false, otherwise);
}

int64_t brine_get_int_n(brine_ref tab, const char *key, size_t length, int64_t otherwise) {
    return length > INLINE_MAX ? get_int_long(tab, key, length, otherwise) : get_int(tab, key, length, true, otherwise);
}

QUICK double get_double(brine_ref tab, const char *key, size_t length, bool is_inline, double otherwise) {
    struct at at;
    double v;
    const struct cell *cell = value_at_hand(tab, key, length, is_inline, &at);
    if (cell == &brine__no_value) return otherwise;
    if (unlikely(!cell || cell->type != BRINE_F64)) return get_double_any(tab, key, length, otherwise);
    memcpy(&v, &cell->payload, sizeof v);
    return v;
}

ANY_CASE double get_double_long(brine_ref tab, const char *key, size_t length, double otherwise) {
    return get_double(tab, key, length, false, otherwise);
}

double brine_get_double_n(brine_ref tab, const char *key, size_t length, double otherwise) {
    return length > INLINE_MAX ? get_double_long(tab, key, length, otherwise) : get_double(tab, key, length, true, otherwise);
}
