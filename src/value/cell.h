/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: how a value stands in 16 bytes.
 *
 *      byte 0    1    2..7                    8..15
 *         type   n    len48                   payload
 *
 *   bool, int, float, complex64   immediate in payload
 *   str, bytes    n = length + 1 <= 8: inline in payload, NUL-terminated; n = 0: len48 bytes at offset
 *                 payload, NUL-terminated
 *   complex128    two doubles at offset payload
 *   bigint        n: sign (0, 1 positive, 2 negative) | 4 if unsigned flag; len48 limbs at offset payload
 *   tab, arr, tup n: BRINE_ORDERED flag; header at offset payload, 0: empty
 *   nd-array      descriptor at offset payload
 *   CELL_REF      payload: LINK to a packet that is part of this one; reads as its root
 *   CELL_DELETED  the value was deleted
 *   type | CELL_MOVED: the cell (of a tab) now stands at offset len48. n and payload are as they were, so that a
 *                 pointer to inline text stays good.
 */
#ifndef BRINE_VALUE_CELL_H
#define BRINE_VALUE_CELL_H

#include <string.h>

#include <brine/value.h>

#include "packet/arena.h"

#define CELL_MOVED 0x80
#define CELL_REF 64
#define CELL_DELETED 65
#define CELL_KEY_C128 66 /* never in a pool: a key being looked up; payload points to its two doubles */
#define INLINE_MAX 7     /* bytes of text in a cell, without the NUL */

#define BIGINT_NEGATIVE 2
#define BIGINT_POSITIVE 1
#define BIGINT_SIGN 3
#define BIGINT_UNSIGNED 4

/* Insertion-ordered hash table, as CPython's dict: entries stand in order, with holes where keys were
 * deleted. Up to TAB_SCAN entries are found by scanning the hashes; larger tabs have an index, open
 * addressing with linear probing. A word of it has entry number + 1 where `mask` has ones, and above them the hash's
 * own bits, so that other keys are passed by without a look at their entries.
 *   live <= used <= capacity;  hashes[i] == 0 <=> entry i is a hole
 *   index slots = mask + 1, a power of two > used / 0.6
 *   capacity is a multiple of TAB_STEP: small tabs are scanned in steps */
struct tab {
    uint32_t used, live, capacity, mask; /* mask 0: no index */
    uint64_t version;                    /* counts insertions and deletions */
    uint64_t hashes, entries, index;
};
struct entry {
    struct cell key, value;
};
#define TAB_SCAN 16u
#define TAB_FIRST 8u
#define TAB_STEP 8u
#define TAB_MAX ((uint64_t)1 << 30) /* its index has 2^31 slots: one bit of the hash is left, which is always 1 */
#define TAB_LEAP 256u               /* up to here a tab that is full becomes four times as large, then twice */

/* A list: the elements' cells never move; the list is of their offsets, so that inserting and deleting shift
 * those, and a ref names its element whatever happens around it.
 *   count <= capacity;  items: offsets of capacity elements;  fresh: room for `spare` cells not used yet */
struct arr {
    uint64_t count, capacity, version, items;
    uint64_t fresh, spare;
};

struct ndarray {
    uint32_t dtype, ndim;
    uint64_t item_bytes, count, data, format; /* offsets; format 0: none */
    uint64_t dims[];                          /* ndim of shape, ndim of strides (bytes) */
};

static inline uint64_t cell_len48(const struct cell *c) { return (uint64_t)c->len << 16 | c->aux; }
static inline void cell_set_len48(struct cell *c, uint64_t n) {
    c->aux = (uint16_t)n;
    c->len = (uint32_t)(n >> 16);
}

/* A cell as the two words that it is loaded as. */
static inline void cell_put(struct cell *to, uint64_t head, uint64_t payload) {
    memcpy(to, &head, sizeof head);
    to->payload = payload;
}
/* *to = *from for a `from` that may just have been stored (see IN_REGISTER). */
static inline void cell_copy_words(struct cell *to, const struct cell *from) {
    uint64_t head, payload = from->payload;
    memcpy(&head, from, sizeof head);
    IN_REGISTER(head);
    IN_REGISTER(payload);
    cell_put(to, head, payload);
}

static inline bool cell_is_text(const struct cell *c) { return c->type == BRINE_STR || c->type == BRINE_BYTES; }
static inline const char *cell_text(const struct at *at, const struct cell *c, uint64_t *length) {
    if (c->n) {
        *length = c->n - 1u;
        return (const char *)&c->payload;
    }
    *length = cell_len48(c);
    return pool_at(at->pool, c->payload);
}
static inline bool cell_is_container(const struct cell *c) { return c->type >= BRINE_TAB && c->type <= BRINE_TUP; }

static inline struct tab *cell_tab(const struct at *at, const struct cell *c) {
    return c->payload ? pool_at(at->pool, c->payload) : NULL;
}
static inline struct arr *cell_arr(const struct at *at, const struct cell *c) {
    return c->payload ? pool_at(at->pool, c->payload) : NULL;
}
static inline uint32_t *tab_hashes(const struct at *at, const struct tab *t) { return pool_at(at->pool, t->hashes); }
static inline struct entry *tab_entries(const struct at *at, const struct tab *t) {
    return pool_at(at->pool, t->entries);
}
static inline uint64_t *arr_items(const struct at *at, const struct arr *a) { return pool_at(at->pool, a->items); }
static inline struct cell *arr_cell(const struct at *at, const struct arr *a, uint64_t i) {
    return pool_at(at->pool, arr_items(at, a)[i]);
}

/* ---- refs (value/access.c) ---- */

/* The value that a ref names, through MOVED and REF cells: at->cell is its cell, at->rec the packet that it
 * is in. */
int brine__value_read(brine_ref ref, struct at *at);
/* The same without entering a REF cell. */
int brine__value_cell(brine_ref ref, struct at *at);
/* The place itself, for assigning: a REF cell there is not entered. Sticks what fails. */
int brine__value_place(brine_ref ref, struct at *at);
/* The container of this type that a ref names, for changing it. */
int brine__value_container(brine_ref ref, brine_type type, struct at *at);
/* Enters REF cells at at->cell. */
int brine__value_enter(struct at *at);

/* Replaces the cell at a place; what it held is dropped. */
void brine__cell_assign(const struct at *at, struct cell value);
/* Frees the owned packets in and below a cell that goes away. */
void brine__cell_drop(const struct at *at, const struct cell *cell, int depth);

/* Text: 0, or BRINE_EUTF8, BRINE_ENOMEM (stuck). */
int brine__cell_make_text(const struct at *at, brine_type type, const void *data, uint64_t length, struct cell *out);
/* 0 or the offset + 1 of the first byte that is not UTF-8. */
uint64_t brine__utf8_error(const char *text, uint64_t length);

/* ---- tabs and arrs below the refs (value/tab.c, value/arr.c) ---- */

/* A key in the form that tables are searched with. Text is not checked for UTF-8: what is not, is not found,
 * and is refused when it is to be added. */
struct key {
    uint32_t hash;
    uint8_t type; /* BRINE_STR, BRINE_BYTES: text; else operand */
    const char *text;
    uint64_t length;
    uint64_t head, payload, last; /* text: see value/quick.h */
    const struct at *at;          /* operand: a cell, with the packet that it is in */
    const struct cell *cell;
};
void brine__key_of_text(const brine_pool *pool, brine_type type, const char *text, uint64_t length, struct key *key);
int brine__key_of_cell(const brine_pool *seed, const struct at *at, const struct cell *cell, struct key *key);
/* From the caller's form. key_at and scratch are memory for it, for as long as *out is used. */
int brine__key_resolve(brine_pool *pool, const brine_key *key, struct key *out, struct at *key_at,
                       struct cell scratch[2]);

struct entry *brine__tab_find(const struct at *at, const struct tab *t, const struct key *key);
/* The header of a tab cell; if it has none one is made, for n entries to come. NULL: out of memory (stuck). */
struct tab *brine__tab_header(const struct at *at, struct cell *cell, uint64_t n);
/* Room for n entries in all. */
int brine__tab_reserve(const struct at *at, struct tab *t, uint64_t n);
/* A new entry whose key cell is given (already in this packet); value None. The key is not there yet. */
struct entry *brine__tab_add(const struct at *at, struct tab *t, uint32_t hash, struct cell key);
struct arr *brine__arr_header(const struct at *at, struct cell *cell);
/* n elements (None) for an arr that has none. */
int brine__arr_fill(const struct at *at, struct arr *a, uint64_t n);

/* A deep copy of a cell in the arena of `to`: *out is not attached to anything yet. Owned packets become
 * children of to->rec. 0 or a status (not stuck, but for BRINE_ENOMEM). */
int brine__cell_copy(const struct at *to, const struct at *from, const struct cell *cell, struct cell *out, int depth);

/* ---- numbers, equality, hashes (value/number.c, value/compare.c) ---- */

/* A number in canonical form: an integer whatever its type if it has an integral value. */
struct number {
    enum { NUMBER_INT, NUMBER_FLOAT, NUMBER_COMPLEX } kind;
    int sign;              /* INT: -1, 0, 1 */
    uint64_t count;        /* INT: limbs, the last one not 0 */
    const uint64_t *limbs; /* may point to `small` */
    double re, im;         /* FLOAT: re, not integral; COMPLEX: im not 0 */
    uint64_t small[16];    /* the largest double has 1024 bits */
};
/* False: no number. */
bool brine__number_of(const struct at *at, const struct cell *cell, struct number *n);
bool brine__number_equal(const struct number *a, const struct number *b);
int brine__number_order(const struct number *a, const struct number *b);
uint64_t brine__number_hash(const struct number *n, uint64_t seed);
void brine__number_of_double(double d, struct number *n);

bool brine__cells_equal(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth);
/* 0, or BRINE_ETYPE for what cannot be hashed. seed: the pool whose tables it is for. */
int brine__cell_hash(const brine_pool *seed, const struct at *at, const struct cell *cell, uint64_t *hash, int depth);
static inline uint32_t hash_fold(uint64_t h) { return (uint32_t)(h ^ h >> 32) | 0x80000000u; /* 0 marks a hole */ }

static inline bool is_integer_type(uint8_t t) { return t >= BRINE_I8 && t <= BRINE_U64; }

#endif
