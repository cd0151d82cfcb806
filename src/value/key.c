/* SPDX-License-Identifier: Apache-2.0 */
/* value: keys, from the caller's form to the one that tables are searched with. */
#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "value/quick.h"

static brine_key text_key(brine_type type, const void *data, size_t length) {
    brine_key k = {.type = (uint32_t)type};
    k.u.s.data = data;
    k.u.s.length = length;
    return k;
}

brine_key brine_key_str(const char *text) { return text_key(BRINE_STR, text, text ? strlen(text) : 0); }
brine_key brine_key_strn(const char *text, size_t length) { return text_key(BRINE_STR, text, length); }
brine_key brine_key_bytes(const void *data, size_t length) { return text_key(BRINE_BYTES, data, length); }
brine_key brine_key_int(int64_t i) { return (brine_key){.type = BRINE_I64, .u.i = i}; }
brine_key brine_key_uint(uint64_t u) { return (brine_key){.type = BRINE_U64, .u.u = u}; }
brine_key brine_key_double(double f) { return (brine_key){.type = BRINE_F64, .u.f = {f, 0}}; }
brine_key brine_key_complex(double re, double im) { return (brine_key){.type = BRINE_C128, .u.f = {re, im}}; }
brine_key brine_key_bool(bool b) { return (brine_key){.type = BRINE_BOOL, .u.u = b}; }
brine_key brine_key_none(void) { return (brine_key){.type = BRINE_NONE}; }
brine_key brine_key_value(brine_ref value) { return (brine_key){.type = BRINE_INVALID, .u.value = value}; }

uint64_t brine__hash_long(const char *text, uint64_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(text, length, seed);
}

void brine__key_of_text(const brine_pool *pool, brine_type type, const char *text, uint64_t length, struct key *key) {
    *key = key_of_text(pool, (uint8_t)type, text, length);
}

/* Depth is bounded: the cell was hashed before. */
static bool has_nan(const struct at *at, const struct cell *cell) {
    struct number n;
    if (brine__number_of(at, cell, &n))
        return n.kind != NUMBER_INT && (isnan(n.re) || (n.kind == NUMBER_COMPLEX && isnan(n.im)));
    struct arr *a = cell->type == BRINE_TUP ? cell_arr(at, cell) : NULL;
    for (uint64_t i = 0; a && i < a->count; i++) {
        struct at in = *at;
        in.cell = arr_cell(at, a, i);
        if (brine__value_enter(&in) == 0 && has_nan(&in, in.cell)) return true;
    }
    return false;
}

int brine__key_of_cell(const brine_pool *seed, const struct at *at, const struct cell *cell, struct key *key) {
    uint64_t hash, length;
    if (cell_is_text(cell)) {
        const char *text = cell_text(at, cell, &length);
        brine__key_of_text(seed, cell->type, text, length, key);
        return 0;
    }
    int rc = brine__cell_hash(seed, at, cell, &hash, 0);
    if (rc) return rc;
    if (has_nan(at, cell)) return brine__fail(BRINE_EINVAL, "NaN cannot be a key: it is unequal to itself");
    *key = (struct key){.type = cell->type, .hash = hash_fold(hash), .at = at, .cell = cell};
    return 0;
}

int brine__cell_hash(const brine_pool *seed, const struct at *at, const struct cell *cell, uint64_t *hash, int depth) {
    struct number n;
    uint64_t length;
    if (cell_is_text(cell)) {
        const char *text = cell_text(at, cell, &length);
        struct key key;
        brine__key_of_text(seed, cell->type, text, length, &key);
        *hash = text_hash(&key, seed->hash_seed + (cell->type == BRINE_BYTES), text_class(length));
        return 0;
    }
    if (brine__number_of(at, cell, &n)) {
        *hash = brine__number_hash(&n, seed->hash_seed);
        return 0;
    }
    if (cell->type == BRINE_NONE) {
        *hash = 0x6e6f6e65;
        return 0;
    }
    if (cell->type != BRINE_TUP)
        return brine__fail(BRINE_ETYPE, "a %s cannot be hashed, so it cannot be a key",
                           brine_type_name((brine_type)cell->type));
    if (depth >= BRINE_MAX_DEPTH) return brine__fail(BRINE_EDEPTH, "the key is nested deeper than %d", BRINE_MAX_DEPTH);
    struct arr *a = cell_arr(at, cell);
    uint64_t sum = 0x747570, one;
    for (uint64_t i = 0; a && i < a->count; i++) {
        struct at in = *at;
        in.cell = arr_cell(at, a, i);
        int rc = brine__value_enter(&in);
        if (!rc) rc = brine__cell_hash(seed, &in, in.cell, &one, depth + 1);
        if (rc) return rc;
        sum = (sum ^ one) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 32;
    }
    *hash = sum;
    return 0;
}

int brine_hash(brine_ref value, uint64_t *hash) {
    struct at at;
    int rc = brine__value_read(value, &at);
    return rc ? rc : brine__cell_hash(at.pool, &at, at.cell, hash, 0);
}

/* Builds the key's cell in scratch[0] (the two doubles of a complex one in scratch[1]), or finds it. */
int brine__key_resolve(brine_pool *pool, const brine_key *key, struct key *out, struct at *key_at,
                       struct cell scratch[2]) {
    if (key->type == BRINE_STR || key->type == BRINE_BYTES) {
        if (!key->u.s.data && (key->u.s.length || key->type == BRINE_STR))
            return brine__fail(BRINE_EINVAL, "the key is NULL");
        brine__key_of_text(pool, (brine_type)key->type, key->u.s.data ? key->u.s.data : "", key->u.s.length, out);
        return 0;
    }
    if (key->type == BRINE_INVALID) {
        int rc = brine__value_read(key->u.value, key_at);
        return rc ? rc : brine__key_of_cell(pool, key_at, key_at->cell, out);
    }
    *scratch = (struct cell){.type = (uint8_t)key->type, .payload = key->u.u};
    if (key->type == BRINE_C128) {
        scratch[0] = (struct cell){.type = CELL_KEY_C128, .payload = (uint64_t)(uintptr_t)&scratch[1]};
        memcpy(&scratch[1], key->u.f, 16);
    } else if (key->type == BRINE_NONE) {
        scratch->payload = 0;
    } else if (key->type > BRINE_C128) {
        return brine__fail(BRINE_EINVAL, "key type %u is unknown", key->type);
    }
    *key_at = (struct at){.pool = pool, .cell = scratch};
    return brine__key_of_cell(pool, key_at, scratch, out);
}
