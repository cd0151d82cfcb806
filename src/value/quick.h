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

/* LINK(ref.generation, ref.record), as it stands in the ref: gcc would take it to pieces, store one in 4 bytes and load
 * 8 (see IN_REGISTER). */
QUICK uint64_t ref_link(brine_ref ref) {
    uint64_t link;
    _Static_assert(offsetof(brine_ref, record) == 0 && offsetof(brine_ref, generation) == 4 &&
                       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "a LINK");
    memcpy(&link, &ref, sizeof link);
    return link;
}

/* The cell where a ref says, of a packet held by this process: it may be one that moved and so on. Of *at, writable
 * is not told. */
QUICK bool cell_at_hand(brine_ref ref, struct at *at) {
    brine_pool *pool = pool_by_id(PLACE_POOL(ref.place));
    uint32_t me = likely(pool != NULL) ? a32_load_relaxed(pool->me) : 0;
    uint64_t offset = PLACE_OFFSET(ref.place);
    if (unlikely(me == 0 || ref.record >= a32_load_relaxed(&pool->record_limit))) return false;
    if (unlikely(offset > pool->layout.file_bytes - sizeof(struct cell))) return false;
    struct record *rec = pool_record(pool, ref.record);
    struct cell *cell = pool_at(pool, offset);
    /* acquire: pairs with the store that made it ours. Record 0 is never held. */
    if (unlikely(a64_load_acquire(&rec->word) != (ref_link(ref) >> 32 << 32 | WORD(0, REC_HELD, me)))) return false;
    *at = (struct at){.pool = pool,
                      .rec = rec,
                      .cell = cell,
                      .record = ref.record,
                      .generation = ref.generation,
                      .key = (ref.place & PLACE_READONLY) != 0};
    return true;
}

/* As brine__value_read, for a cell that stands where the ref says. */
QUICK bool at_hand(brine_ref ref, struct at *at) {
    if (unlikely(!cell_at_hand(ref, at) || at->cell->type >= CELL_REF)) return false;
    at->writable = a64_load_relaxed(&at->rec->target) == 0; /* no token; the holder's own store */
    return true;
}

/* As brine__value_container, for the same: the tab itself is not changed, or may be. */
QUICK struct tab *tab_at_hand(brine_ref ref, bool to_change, struct at *at) {
    if (unlikely(!cell_at_hand(ref, at) || at->cell->type != BRINE_TAB || !at->cell->payload)) return NULL;
    at->writable = to_change;
    if (to_change && unlikely(a64_load_relaxed(&at->rec->target) != 0 || at->key || at->rec->error != 0)) return NULL;
    return pool_at(at->pool, at->cell->payload);
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

/* A ref to another cell of the packet that a ref is into. Not made of the `struct at`, for whose halves gcc takes a
 * detour through a vector register. */
QUICK brine_ref ref_beside(brine_ref ref, const struct at *at, const struct cell *cell) {
    ref.place = PLACE(pool_offset(at->pool, cell), at->pool->id) | (ref.place & PLACE_READONLY);
    return ref;
}

/* A number, a text or a container without anything may just be overwritten; what else there is has to be dropped. */
QUICK bool just_overwritten(const struct cell *cell) {
    return cell->type < BRINE_TAB || (cell->type == BRINE_TAB && !cell->payload);
}

/* brine__cell_assign */
QUICK void cell_assign(const struct at *at, struct cell value) {
    if (likely(just_overwritten(at->cell)))
        *at->cell = value;
    else
        brine__cell_assign(at, value);
}

/* ---- text as a key ---- */

/* Texts by their length: in the cell itself; two words that may overlap; more. Known when a function is compiled, so
 * that each has only what it needs. */
enum text_class { TEXT_INLINE, TEXT_SHORT, TEXT_LONG };
#define SHORT_MAX 16
QUICK enum text_class text_class(uint64_t length) {
    return length <= INLINE_MAX ? TEXT_INLINE : length <= SHORT_MAX ? TEXT_SHORT : TEXT_LONG;
}

QUICK uint64_t word_at(const char *text) {
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

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
    if (length)
        payload =
            s[0] | (uint64_t)s[length >> 1] << (8 * (length >> 1)) | (uint64_t)s[length - 1] << (8 * (length - 1));
#else
    if (length) memcpy(&payload, data, length);
#endif
    return payload;
}

/* The first 8 bytes of the cell of a text. */
QUICK uint64_t text_head(uint8_t type, uint64_t length) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return length <= INLINE_MAX ? type | (length + 1) << 8 : type | length << 16;
#else
    struct cell c = {.type = type};
    uint64_t head;
    if (length <= INLINE_MAX)
        c.n = (uint8_t)(length + 1);
    else
        cell_set_len48(&c, length);
    memcpy(&head, &c, sizeof head);
    return head;
#endif
}

/* One wide multiplication, folded. For each word of a text one: in counts of collisions on keys of words, numbers and
 * single bits that cannot be told from XXH3. (The product of two words can: sparse ones collide.) */
QUICK uint64_t hash_word(uint64_t word) {
    unsigned __int128 wide = (unsigned __int128)word * 0x9e3779b97f4a7c15u;
    return (uint64_t)wide ^ (uint64_t)(wide >> 64);
}

/* Of a text of more than SHORT_MAX bytes: XXH3. */
uint64_t brine__hash_long(const char *text, uint64_t length, uint64_t seed);

/* A text as its words, not hashed. */
QUICK struct key text_words(uint8_t type, const char *text, uint64_t length, enum text_class class) {
    struct key key = {.type = type, .text = text, .length = length, .head = text_head(type, length)};
    if (class == TEXT_INLINE) key.payload = short_payload(text, length);
    if (class == TEXT_SHORT) key.payload = word_at(text), key.last = word_at(text + length - 8);
    return key;
}

QUICK uint64_t text_hash(const struct key *key, uint64_t seed, enum text_class class) {
    if (class == TEXT_INLINE) return hash_word((key->payload | key->length << 56) ^ seed); /* its last byte is 0 */
    if (class == TEXT_SHORT) return hash_word(hash_word(key->payload ^ seed) ^ (key->last + key->length));
    return brine__hash_long(key->text, key->length, seed);
}

QUICK struct key key_of_class(const brine_pool *pool, uint8_t type, const char *text, uint64_t length,
                              enum text_class class) {
    struct key key = text_words(type, text, length, class);
    key.hash = hash_fold(text_hash(&key, pool->hash_seed + (type == BRINE_BYTES), class)); /* a str is no bytes */
    return key;
}

QUICK struct key key_of_text(const brine_pool *pool, uint8_t type, const char *text, uint64_t length) {
    if (likely(length <= INLINE_MAX)) return key_of_class(pool, type, text, length, TEXT_INLINE);
    if (length <= SHORT_MAX) return key_of_class(pool, type, text, length, TEXT_SHORT);
    return key_of_class(pool, type, text, length, TEXT_LONG);
}

/* The cell of a key is that of the text. */
QUICK bool text_matches(const brine_pool *pool, const struct cell *cell, const struct key *key, enum text_class class) {
    uint64_t head;
    memcpy(&head, cell, sizeof head);
    if (head != key->head) return false;
    if (class == TEXT_INLINE) return cell->payload == key->payload;
    const char *text = pool_at(pool, cell->payload);
    if (class == TEXT_SHORT) return word_at(text) == key->payload && word_at(text + key->length - 8) == key->last;
    return memcmp(text, key->text, key->length) == 0;
}

/* Only ASCII, and so UTF-8; other texts are left to brine__utf8_error. */
QUICK bool text_is_ascii(const struct key *key, enum text_class class) {
    uint64_t seen = key->payload;
    if (class == TEXT_SHORT) seen |= key->last;
    if (class == TEXT_LONG) {
        seen = word_at(key->text + key->length - 8);
        for (uint64_t i = 0; i + 8 < key->length; i += 8) seen |= word_at(key->text + i);
    }
    return (seen & 0x8080808080808080u) == 0;
}

/* ---- memory ---- */

/* brine__arena_alloc, with its usual case inline. */
QUICK void *arena_alloc(const struct at *at, uint64_t bytes, uint32_t align) {
    void *room = brine__arena_at_hand(at, bytes, align);
    return likely(room != NULL) ? room : brine__arena_alloc(at, bytes, align);
}

/* The payload of a text of ASCII; its head is key->head. False: it is not that, or there is no room at hand for it;
 * nothing has happened. */
QUICK bool text_at_hand(const struct at *at, const struct key *key, enum text_class class, uint64_t *payload) {
    *payload = key->payload;
    if (unlikely(!text_is_ascii(key, class))) return false;
    if (class == TEXT_INLINE) return true;
    char *room = unlikely(key->length >> 32) ? NULL : brine__arena_at_hand(at, key->length + 1, 1);
    if (unlikely(!room)) return false;
    if (class == TEXT_SHORT) {
        memcpy(room, &key->payload, 8);
        memcpy(room + key->length - 8, &key->last, 8);
    } else {
        memcpy(room, key->text, key->length);
    }
    room[key->length] = 0;
    *payload = pool_offset(at->pool, room);
    return true;
}

/* ---- tabs ---- */

#if defined(__SSE2__)
/* Of 8 hashes those that are equal, as bits. */
QUICK uint32_t equal_of_8(const uint32_t *hashes, uint32_t hash) {
    __m128i wanted = _mm_set1_epi32((int)hash);
    __m128i low = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(const void *)hashes), wanted);
    __m128i high = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(const void *)(hashes + 4)), wanted);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
}
#endif

/* The entries of a small tab that have the hash, as bits. filling: the last hashes may just have been stored, one by
 * one, and a wide load of them would wait until they have left the store buffer. */
QUICK uint32_t small_matches(const uint32_t *hashes, uint32_t used, uint32_t hash, bool filling) {
    uint32_t bits = 0;
    for (uint32_t i = 0; filling && i < used; i++)
        if (unlikely(hashes[i] == hash)) bits |= 1u << i;
    if (filling) return bits;
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
QUICK struct entry *tab_find_text(const struct at *at, const struct tab *t, const struct key *key,
                                  enum text_class class, bool filling, uint32_t *slot) {
    struct entry *entries = tab_entries(at, t);
    if (likely(t->mask != 0)) {
        const uint32_t *index = pool_at(at->pool, t->index);
        uint32_t mask = t->mask, i = key->hash & mask, word;
        for (;; i = (i + 1) & mask) {
            word = index[i];
            if (likely((word ^ key->hash) <=
                       mask)) { /* the same bits above; never of a free slot: a hash's highest is 1 */
                struct entry *e = &entries[(word & mask) - 1];
                if (likely(text_matches(at->pool, &e->key, key, class))) return e;
            } else if (word == 0) {
                *slot = i;
                return NULL;
            }
        }
    }
    uint32_t bits = small_matches(tab_hashes(at, t), t->used, key->hash, filling);
    for (; bits; bits &= bits - 1) {
        struct entry *e = &entries[__builtin_ctz(bits)];
        if (likely(text_matches(at->pool, &e->key, key, class))) return e;
    }
    *slot = 0;
    return NULL;
}

/* The value under a text in a tab at hand; NULL: there is none. */
QUICK const struct cell *value_under(const struct at *at, const struct tab *t, const char *text, uint64_t length,
                                     enum text_class class) {
    uint32_t slot;
    struct key key = key_of_class(at->pool, BRINE_STR, text, length, class);
    const struct entry *e = tab_find_text(at, t, &key, class, false, &slot);
    return e ? &e->value : NULL;
}

/* The place of the value under a text, made if missing (its content is then to be assigned). NULL: not the usual case.
 */
QUICK struct cell *slot_at_hand(brine_ref tab, const char *text, uint64_t length, enum text_class class,
                                struct at *at) {
    uint32_t slot, n;
    uint64_t name;
    struct tab *t = tab_at_hand(tab, true, at);
    if (unlikely(!text || !t)) return NULL;
    struct key key = key_of_class(at->pool, BRINE_STR, text, length, class);
    struct entry *e = tab_find_text(at, t, &key, class, true, &slot);
    if (e) return &e->value;
    if (unlikely(t->used == t->capacity || !text_at_hand(at, &key, class, &name))) return NULL;
    n = t->used++;
    e = &tab_entries(at, t)[n];
    cell_put(&e->key, key.head, name);
    cell_put(&e->value, 0, 0);
    tab_hashes(at, t)[n] = key.hash;
    if (t->mask) ((uint32_t *)pool_at(at->pool, t->index))[slot] = (key.hash & ~t->mask) | (n + 1);
    t->live++;
    t->version++;
    return &e->value;
}

/* Makes room for a key of a tab that is at hand but has no memory for it: then slot_at_hand may be tried again. */
bool brine__slot_room(brine_ref tab, size_t length);

#endif
