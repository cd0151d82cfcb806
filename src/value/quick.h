/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the usual cases, made inline, without a call in them: the packet is held by this process, what the ref
 * names has not moved, the key is text. Each says whether it is the usual case and has no effect if not; whoever asks
 * then starts over with the function that knows all cases.
 */
#ifndef BRINE_VALUE_QUICK_H
#define BRINE_VALUE_QUICK_H

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "packet/packet.h"
#include "value/cell.h"

#define QUICK __attribute__((always_inline)) static inline

/* ---- refs ---- */

/* As brine__value_read, for a packet held by this process and a cell that stands where the ref says. */
QUICK bool at_hand(brine_ref ref, struct at *at) {
    brine_pool *pool = pool_by_id(PLACE_POOL(ref.place));
    uint32_t me = likely(pool != NULL) ? a32_load_relaxed(pool->me) : 0;
    uint64_t offset = PLACE_OFFSET(ref.place);
    if (unlikely(me == 0 || ref.record >= a32_load_relaxed(&pool->record_limit))) return false;
    if (unlikely(offset > pool->layout.file_bytes - sizeof(struct cell))) return false;
    struct record *rec = pool_record(pool, ref.record);
    struct cell *cell = pool_at(pool, offset);
    /* acquire: pairs with the store that made it ours. Record 0 is never held. */
    if (unlikely(a64_load_acquire(&rec->word) != WORD(ref.generation, REC_HELD, me) || cell->type >= CELL_REF)) return false;
    *at = (struct at){.pool = pool, .rec = rec, .cell = cell, .record = ref.record, .generation = ref.generation,
                      .key = (ref.place & PLACE_READONLY) != 0};
    at->writable = a64_load_relaxed(&rec->target) == 0; /* no token; the holder's own store */
    return true;
}

/* As brine__value_place: no share, no key, no error stuck. */
QUICK bool place_at_hand(brine_ref ref, struct at *at) {
    return likely(at_hand(ref, at)) && likely(at->writable && !at->key && at->rec->error == 0);
}

/* The same as the functions that they are named after. The slow way has a struct of its own, so that the other
 * one stays in registers. */
QUICK int value_read(brine_ref ref, struct at *at) {
    if (likely(at_hand(ref, at))) return 0;
    struct at slow;
    int rc = brine__value_read(ref, &slow);
    *at = slow;
    return rc;
}

QUICK int value_place(brine_ref ref, struct at *at) {
    if (likely(place_at_hand(ref, at))) return 0;
    struct at slow;
    int rc = brine__value_place(ref, &slow);
    *at = slow;
    return rc;
}

QUICK int value_container(brine_ref ref, brine_type type, struct at *at) {
    if (likely(place_at_hand(ref, at) && at->cell->type == type)) return 0;
    struct at slow;
    int rc = brine__value_container(ref, type, &slow);
    *at = slow;
    return rc;
}

/* ---- text as a key ---- */

/* Up to 7 bytes as the payload that they are, in registers: bytes stored one by one would have to reach
 * memory before the cell can be loaded as a whole. */
QUICK uint64_t short_payload(const void *data, uint64_t length) {
    uint64_t payload = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const unsigned char *s = data;
    uint32_t first, last;
    if (length >= 4) {
        memcpy(&first, s, 4);
        memcpy(&last, s + length - 4, 4);
        return first | (uint64_t)last << (8 * (length - 4));
    }
    if (length) payload = s[0] | (uint64_t)s[length >> 1] << (8 * (length >> 1)) | (uint64_t)s[length - 1] << (8 * (length - 1));
#else
    if (length) memcpy(&payload, data, length);
#endif
    return payload;
}

/* The first 8 bytes of the cell of a text. */
QUICK uint64_t text_head(uint8_t type, uint64_t length) {
    struct cell c = {.type = type};
    uint64_t head;
    if (length <= INLINE_MAX) c.n = (uint8_t)(length + 1);
    else cell_set_len48(&c, length);
    memcpy(&head, &c, sizeof head);
    return head;
}

/* Of a text that is inline: one wide multiplication, folded. In counts of collisions on keys of words, numbers and
 * single bits it cannot be told from XXH3. */
QUICK uint64_t hash_inline(uint64_t payload, uint64_t length, uint64_t seed) {
    unsigned __int128 wide = (unsigned __int128)((payload | length << 56) ^ seed) * 0x9e3779b97f4a7c15u;
    return (uint64_t)wide ^ (uint64_t)(wide >> 64);
}

QUICK uint64_t hash_seed(const brine_pool *pool, uint8_t type) { return pool->hash_seed + (type == BRINE_BYTES); /* a str is no bytes */ }

/* Of a text of 8 bytes and more: XXH3. */
uint64_t brine__hash_long(const char *text, uint64_t length, uint64_t seed);

QUICK struct key key_of_text(const brine_pool *pool, uint8_t type, const char *text, uint64_t length, bool is_inline) {
    uint64_t seed = hash_seed(pool, type), payload = is_inline ? short_payload(text, length) : 0;
    uint64_t hash = is_inline ? hash_inline(payload, length, seed) : brine__hash_long(text, length, seed);
    return (struct key){.type = type, .text = text, .length = length, .hash = hash_fold(hash), .head = text_head(type, length), .payload = payload};
}

/* At least 8 bytes each. */
QUICK bool same_text(const char *a, const char *b, uint64_t length) {
    uint64_t x, y;
    for (uint64_t i = 0; i + 8 < length; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y) return false;
    }
    memcpy(&x, a + length - 8, 8);
    memcpy(&y, b + length - 8, 8);
    return x == y;
}

/* The cell of a key is that of the text. */
QUICK bool text_matches(const brine_pool *pool, const struct cell *cell, const struct key *key, bool is_inline) {
    uint64_t head;
    memcpy(&head, cell, sizeof head);
    if (head != key->head) return false;
    return is_inline ? cell->payload == key->payload : same_text(pool_at(pool, cell->payload), key->text, key->length);
}

/* Only ASCII, and so UTF-8; other texts are left to brine__utf8_error. */
QUICK bool text_is_ascii(const struct key *key, bool is_inline) {
    uint64_t word, seen = key->payload;
    for (uint64_t i = 0; !is_inline && i + 8 < key->length; i += 8) {
        memcpy(&word, key->text + i, 8);
        seen |= word;
    }
    if (!is_inline) {
        memcpy(&word, key->text + key->length - 8, 8);
        seen |= word;
    }
    return (seen & 0x8080808080808080u) == 0;
}

/* ---- tabs ---- */

QUICK uint32_t tab_mask(const struct tab *t) { return (uint32_t)(((uint64_t)1 << t->shift) - 1); }

#if defined(__SSE2__)
/* Of 8 hashes those that are equal, as bits. */
QUICK uint32_t equal_of_8(const uint32_t *hashes, uint32_t hash) {
    __m128i wanted = _mm_set1_epi32((int)hash);
    __m128i low = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(const void *)hashes), wanted);
    __m128i high = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(const void *)(hashes + 4)), wanted);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
}
#endif

/* The entries of a small tab that have the hash, as bits. */
QUICK uint32_t small_matches(const uint32_t *hashes, uint32_t used, uint32_t hash) {
    uint32_t bits = 0;
#if defined(__SSE2__)
    _Static_assert(TAB_STEP == 8 && TAB_SCAN == 16, "there are hashes up to the next multiple of 8");
    if (unlikely(used == 0)) return 0;
    bits = equal_of_8(hashes, hash);
    if (used > 8) bits |= equal_of_8(hashes + 8, hash) << 8;
    bits &= (1u << used) - 1; /* what follows the ones in use is garbage */
#else
    for (uint32_t i = 0; i < used; i++) bits |= (uint32_t)(hashes[i] == hash) << i;
#endif
    return bits;
}

/* The entry of a text. NULL: there is none; *slot is where its number belongs in the index, if there is one. */
QUICK struct entry *tab_find_text(const struct at *at, const struct tab *t, const struct key *key, bool is_inline, uint32_t *slot) {
    struct entry *entries = tab_entries(at, t);
    if (likely(t->shift != 0)) {
        const uint32_t *index = pool_at(at->pool, t->index);
        uint32_t mask = tab_mask(t), i = key->hash & mask, word;
        for (; (word = index[i]) != 0; i = (i + 1) & mask) {
            if (((word ^ key->hash) & ~mask) != 0) continue;
            struct entry *e = &entries[(word & mask) - 1];
            if (likely(text_matches(at->pool, &e->key, key, is_inline))) return e;
        }
        *slot = i;
        return NULL;
    }
    uint32_t bits = small_matches(tab_hashes(at, t), t->used, key->hash);
    for (; bits; bits &= bits - 1) {
        struct entry *e = &entries[__builtin_ctz(bits)];
        if (likely(text_matches(at->pool, &e->key, key, is_inline))) return e;
    }
    *slot = 0;
    return NULL;
}

/* A cell of type CELL_DELETED: there is certainly nothing under the key. */
extern const struct cell brine__no_value;

/* The value under a text. NULL: it is not the usual case. */
QUICK const struct cell *value_at_hand(brine_ref tab, const char *text, uint64_t length, bool is_inline, struct at *at) {
    uint32_t slot;
    if (unlikely(!text || !at_hand(tab, at) || at->cell->type != BRINE_TAB)) return NULL;
    if (unlikely(!at->cell->payload)) return &brine__no_value;
    struct key key = key_of_text(at->pool, BRINE_STR, text, length, is_inline);
    const struct entry *e = tab_find_text(at, pool_at(at->pool, at->cell->payload), &key, is_inline, &slot);
    return likely(e != NULL) ? &e->value : &brine__no_value;
}

/* Takes room in the arena for the text of a key, with a NUL. 0: there is none at hand. */
QUICK uint64_t text_room(struct at *at, const char *text, uint64_t length) {
    struct record *r = at->rec;
    uint64_t offset = r->bump;
    if (unlikely(length >= r->limit - offset)) return 0;
    char *room = pool_at(at->pool, offset);
    r->bump += length + 1;
    memcpy(room, text, length);
    room[length] = 0;
    return offset;
}

/* The place of the value under a text, made if missing (its content is then to be assigned). NULL: not the usual case. */
QUICK struct cell *slot_at_hand(brine_ref tab, const char *text, uint64_t length, bool is_inline, struct at *at) {
    uint32_t slot, n;
    if (unlikely(!text || !place_at_hand(tab, at) || at->cell->type != BRINE_TAB || !at->cell->payload)) return NULL;
    struct tab *t = pool_at(at->pool, at->cell->payload);
    struct key key = key_of_text(at->pool, BRINE_STR, text, length, is_inline);
    struct entry *e = tab_find_text(at, t, &key, is_inline, &slot);
    if (e) return &e->value;
    if (unlikely(t->used == t->capacity || !text_is_ascii(&key, is_inline))) return NULL;
    uint64_t payload = is_inline ? key.payload : text_room(at, text, length);
    if (!is_inline && unlikely(!payload)) return NULL;
    n = t->used++;
    e = &tab_entries(at, t)[n];
    memcpy(&e->key, &key.head, sizeof key.head);
    e->key.payload = payload;
    e->value = (struct cell){0};
    tab_hashes(at, t)[n] = key.hash;
    if (t->shift) ((uint32_t *)pool_at(at->pool, t->index))[slot] = (key.hash & ~tab_mask(t)) | (n + 1);
    t->live++;
    t->version++;
    return &e->value;
}

#endif
