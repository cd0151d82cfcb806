/* SPDX-License-Identifier: Apache-2.0 */
/* value: tabs below the refs. See struct tab in cell.h for the invariants. */
#include "value/quick.h"

/* The first entries stand behind the header. In the record itself without a byte to spare; in a chunk such that they
 * can become TAB_SCAN in place. */
struct first {
    struct tab tab;
    uint32_t hashes[TAB_FIRST];
    struct entry entries[TAB_FIRST];
};
struct first_growing {
    struct tab tab;
    uint32_t hashes[TAB_SCAN];
    struct entry entries[TAB_FIRST];
};
_Static_assert(TAB_FIRST % TAB_STEP == 0 && sizeof(struct first) <= ARENA_INLINE,
               "a packet of a few numbers is its record and nothing else");

static void set_first(const struct at *at, struct tab *t, const void *entries, const void *hashes) {
    t->capacity = TAB_FIRST;
    t->entries = pool_offset(at->pool, entries);
    t->hashes = pool_offset(at->pool, hashes);
}

struct tab *brine__tab_header(const struct at *at, struct cell *cell, uint64_t n) {
    if (likely(cell->payload)) return pool_at(at->pool, cell->payload);
    bool few = n <= TAB_FIRST, inside = at->rec->bump == pool_offset(at->pool, at->rec->inline_arena);
    size_t bytes = !few ? sizeof(struct tab) : inside ? sizeof(struct first) : sizeof(struct first_growing);
    struct tab *t = arena_alloc(at, bytes, 8);
    if (!t) return NULL;
    *t = (struct tab){0};
    struct first *first = (struct first *)(void *)t;
    struct first_growing *growing = (struct first_growing *)(void *)t;
    if (few && inside)
        set_first(at, t, first->entries, first->hashes);
    else if (few)
        set_first(at, t, growing->entries, growing->hashes);
    cell->payload = pool_offset(at->pool, t);
    return t;
}

/* Nothing was allocated since that stands behind the first entries: they get more room where they are. */
static bool grow_in_place(const struct at *at, struct tab *t) {
    struct first_growing *first = (struct first_growing *)(void *)t;
    struct record *r = at->rec;
    uint64_t more = (TAB_SCAN - TAB_FIRST) * sizeof(struct entry);
    if (t->capacity != TAB_FIRST || t->entries != pool_offset(at->pool, first->entries)) return false;
    if (r->bump != pool_offset(at->pool, first->entries + TAB_FIRST) || r->limit - r->bump < more) return false;
    r->bump += more;
    t->capacity = TAB_SCAN;
    return true;
}

/* ---- finding ---- */

/* A key that is no text: entry n, if it has the hash and is no hole, may be it. */
static bool operand_matches(const struct at *at, const struct tab *t, uint32_t n, const struct key *key) {
    return tab_hashes(at, t)[n] == key->hash &&
           brine__cells_equal(at, &tab_entries(at, t)[n].key, key->at, key->cell, 0);
}

static struct entry *find_operand(const struct at *at, const struct tab *t, const struct key *key) {
    if (!t->mask) {
        for (uint32_t i = 0; i < t->used; i++)
            if (operand_matches(at, t, i, key)) return &tab_entries(at, t)[i];
        return NULL;
    }
    const uint32_t *index = pool_at(at->pool, t->index);
    uint32_t mask = t->mask;
    for (uint32_t i = key->hash & mask; index[i]; i = (i + 1) & mask) {
        uint32_t n = (index[i] & mask) - 1;
        if (operand_matches(at, t, n, key)) return &tab_entries(at, t)[n];
    }
    return NULL;
}

struct entry *brine__tab_find(const struct at *at, const struct tab *t, const struct key *key) {
    uint32_t slot;
    if (!t || !t->live) return NULL;
    if (key->cell) return find_operand(at, t, key);
    switch (text_class(key->length)) {
    case TEXT_INLINE: return tab_find_text(at, t, key, TEXT_INLINE, false, &slot);
    case TEXT_SHORT: return tab_find_text(at, t, key, TEXT_SHORT, false, &slot);
    default: return tab_find_text(at, t, key, TEXT_LONG, false, &slot);
    }
}

/* ---- growing ---- */

static void index_add(uint32_t *index, uint32_t mask, uint32_t hash, uint32_t number) {
    uint32_t i = hash & mask;
    while (index[i]) i = (i + 1) & mask;
    index[i] = (hash & ~mask) | (number + 1);
}

static void move_cell(const struct at *at, struct cell *from, struct cell *to) {
    cell_copy_words(to, from);
    from->type |= CELL_MOVED;
    cell_set_len48(from, pool_offset(at->pool, to));
}

/* Mask of an index for so many entries at a load of at most 0.6; 0: small enough to scan. */
static uint32_t mask_for(uint64_t capacity) {
    uint64_t slots = 32;
    if (capacity <= TAB_SCAN) return 0;
    while (capacity * 5 > slots * 3) slots *= 2;
    return (uint32_t)(slots - 1);
}

/* Moves the live entries to a place with room for `capacity`; holes are left behind. */
static int rebuild(const struct at *at, struct tab *t, uint64_t capacity) {
    capacity = (capacity + TAB_STEP - 1) & ~(uint64_t)(TAB_STEP - 1);
    if (capacity > TAB_MAX) return brine__stick(at, brine__fail(BRINE_ENOMEM, "a tab has at most 2^30 keys"));
    uint32_t mask = mask_for(capacity), n = 0;
    uint64_t index_bytes = mask ? ((uint64_t)mask + 1) * 4 : 0;
    struct entry *entries = arena_alloc(at, capacity * (sizeof *entries + 4) + index_bytes, 8);
    if (!entries) return BRINE_ENOMEM;
    uint32_t *hashes = (uint32_t *)(entries + capacity), *index = hashes + capacity;
    if (mask) memset(index, 0, index_bytes);
    for (uint32_t i = 0; i < t->used; i++) {
        uint32_t hash = tab_hashes(at, t)[i];
        if (!hash) continue;
        struct entry *old = &tab_entries(at, t)[i];
        move_cell(at, &old->key, &entries[n].key);
        move_cell(at, &old->value, &entries[n].value);
        hashes[n] = hash;
        if (mask) index_add(index, mask, hash, n);
        n++;
    }
    t->entries = pool_offset(at->pool, entries);
    t->hashes = pool_offset(at->pool, hashes);
    t->index = mask ? pool_offset(at->pool, index) : 0;
    t->mask = mask;
    t->capacity = (uint32_t)capacity;
    t->used = n;
    return 0;
}

int brine__tab_reserve(const struct at *at, struct tab *t, uint64_t n) {
    if (n <= t->capacity && t->used == t->live) return 0;
    return rebuild(at, t, n < TAB_FIRST ? TAB_FIRST : n);
}

/* Four times as many while that is little memory: each growth moves all there are. */
static uint64_t grown(const struct tab *t) {
    if (t->live < TAB_FIRST) return TAB_FIRST;
    return (uint64_t)t->live * (t->live >= TAB_SCAN && t->live <= TAB_LEAP ? 4 : 2);
}

static int make_room(const struct at *at, struct tab *t) { return grow_in_place(at, t) ? 0 : rebuild(at, t, grown(t)); }

struct entry *brine__tab_add(const struct at *at, struct tab *t, uint32_t hash, struct cell key) {
    if (unlikely(t->used == t->capacity) && make_room(at, t)) return NULL;
    uint32_t n = t->used++;
    struct entry *e = &tab_entries(at, t)[n];
    e->key = key;
    e->value = (struct cell){0};
    tab_hashes(at, t)[n] = hash;
    if (t->mask) index_add(pool_at(at->pool, t->index), t->mask, hash, n);
    t->live++;
    t->version++;
    return e;
}

/* ---- by ref ---- */

#define TEXT_ROOM_MAX 4096 /* a longer key may get a chunk of its own */

brine_ref brine_find_key(brine_ref tab, brine_key key) {
    struct at at, key_at;
    struct cell scratch[2];
    struct key k;
    int rc = brine__value_read(tab, &at);
    if (!rc && at.cell->type != BRINE_TAB)
        rc = brine__fail(BRINE_ETYPE, "the value is a %s, not a tab", brine_type_name((brine_type)at.cell->type));
    if (!rc) rc = brine__key_resolve(at.pool, &key, &k, &key_at, scratch);
    if (rc) return brine_ref_null(rc);
    struct entry *e = brine__tab_find(&at, cell_tab(&at, at.cell), &k);
    if (e) return at_ref(&at, &e->value);
    return brine_ref_null(brine__fail_later(BRINE_ENOENT, "the tab has no such key%s%s", "", "", 0));
}

static brine_ref find_any(brine_ref tab, const char *key, size_t length) {
    struct at at;
    struct key k;
    int rc = brine__value_read(tab, &at);
    if (unlikely(rc)) return brine_ref_null(rc);
    if (unlikely(at.cell->type != BRINE_TAB))
        return brine_ref_null(
            brine__fail(BRINE_ETYPE, "the value is a %s, not a tab", brine_type_name((brine_type)at.cell->type)));
    if (unlikely(!key)) return brine_ref_null(brine__fail(BRINE_EINVAL, "the key is NULL"));
    brine__key_of_text(at.pool, BRINE_STR, key, length, &k);
    struct entry *e = brine__tab_find(&at, cell_tab(&at, at.cell), &k);
    if (e) return at_ref(&at, &e->value);
    char name[64];
    size_t shown = length < sizeof name ? length : sizeof name - 1;
    memcpy(name, key, shown);
    name[shown] = 0;
    return brine_ref_null(brine__fail_later(BRINE_ENOENT, "the tab has no key \"%s%s\"", name, "", 0));
}

QUICK brine_ref find(brine_ref tab, const char *key, size_t length, enum text_class class) {
    struct at at;
    struct tab *t = tab_at_hand(tab, false, &at);
    const struct cell *there = likely(t && key) ? value_under(&at, t, key, length, class) : NULL;
    return likely(there != NULL) ? ref_beside(tab, &at, there) : find_any(tab, key, length);
}

__attribute__((noinline)) static brine_ref find_short(brine_ref tab, const char *key, size_t length) {
    return find(tab, key, length, TEXT_SHORT);
}
__attribute__((noinline)) static brine_ref find_long(brine_ref tab, const char *key, size_t length) {
    return find(tab, key, length, TEXT_LONG);
}

brine_ref brine_find_n(brine_ref tab, const char *key, size_t length) {
    if (likely(length <= INLINE_MAX)) return find(tab, key, length, TEXT_INLINE);
    return length <= SHORT_MAX ? find_short(tab, key, length) : find_long(tab, key, length);
}

brine_ref brine_find(brine_ref tab, const char *key) { return brine_find_n(tab, key, key ? strlen(key) : 0); }

/* The key's cell, in this packet. */
static int make_key(const struct at *at, const struct key *k, struct cell *cell) {
    if (k->cell) return brine__cell_copy(at, k->at, k->cell, cell, 0);
    uint64_t bad = k->type == BRINE_STR ? brine__utf8_error(k->text, k->length) : 0;
    if (unlikely(bad))
        return brine__fail(BRINE_EUTF8, "the key is not UTF-8 (byte %llu); use a bytes key",
                           (unsigned long long)bad - 1);
    return brine__cell_make_text(at, (brine_type)k->type, k->text, k->length, cell);
}

/* The place of a key, made if missing. */
static brine_ref slot(const struct at *at, const struct key *k) {
    struct tab *t = brine__tab_header(at, at->cell, 1);
    struct cell cell;
    if (!t) return brine_ref_null(BRINE_ENOMEM);
    struct entry *e = brine__tab_find(at, t, k);
    if (e) return at_ref(at, &e->value);
    int rc = make_key(at, k, &cell);
    if (unlikely(rc)) return brine_ref_null(brine__stick(at, rc));
    e = brine__tab_add(at, t, k->hash, cell);
    return e ? at_ref(at, &e->value) : brine_ref_null(BRINE_ENOMEM);
}

brine_ref brine_slot_key(brine_ref tab, brine_key key) {
    struct at at, key_at;
    struct cell scratch[2];
    struct key k;
    int rc = brine__value_container(tab, BRINE_TAB, &at);
    if (rc) return brine_ref_null(rc);
    rc = brine__key_resolve(at.pool, &key, &k, &key_at, scratch);
    if (rc) return brine_ref_null(brine__stick(&at, rc));
    return slot(&at, &k);
}

/* Memory that the next key takes is got here, so that the usual way has only to look for it. */
bool brine__slot_room(brine_ref tab, size_t length) {
    struct at at;
    if (!place_at_hand(tab, &at) || at.cell->type != BRINE_TAB) return false;
    struct tab *t = brine__tab_header(&at, at.cell, 1);
    if (!t || (t->used == t->capacity && make_room(&at, t))) return false;
    if (length <= INLINE_MAX || length >= TEXT_ROOM_MAX || at.rec->limit - at.rec->bump > length) return true;
    char *room = brine__arena_alloc(&at, length + 1, 1);
    if (room) at.rec->limit += length + 1; /* to be taken by the text */
    return room != NULL;
}

static brine_ref slot_any(brine_ref tab, const char *key, size_t length) {
    struct at at;
    struct key k;
    int rc = brine__value_container(tab, BRINE_TAB, &at);
    if (unlikely(rc)) return brine_ref_null(rc);
    if (unlikely(!key)) return brine_ref_null(brine__stick(&at, brine__fail(BRINE_EINVAL, "the key is NULL")));
    brine__key_of_text(at.pool, BRINE_STR, key, length, &k);
    return slot(&at, &k);
}

QUICK brine_ref slot_now(brine_ref tab, const char *key, size_t length, enum text_class class) {
    struct at at;
    const struct cell *there = slot_at_hand(tab, key, length, class, &at);
    if (unlikely(!there && brine__slot_room(tab, length))) there = slot_at_hand(tab, key, length, class, &at);
    return likely(there != NULL) ? ref_beside(tab, &at, there) : slot_any(tab, key, length);
}

__attribute__((noinline)) static brine_ref slot_short(brine_ref tab, const char *key, size_t length) {
    return slot_now(tab, key, length, TEXT_SHORT);
}
__attribute__((noinline)) static brine_ref slot_long(brine_ref tab, const char *key, size_t length) {
    return slot_now(tab, key, length, TEXT_LONG);
}

brine_ref brine_slot_n(brine_ref tab, const char *key, size_t length) {
    if (likely(length <= INLINE_MAX)) return slot_now(tab, key, length, TEXT_INLINE);
    return length <= SHORT_MAX ? slot_short(tab, key, length) : slot_long(tab, key, length);
}

brine_ref brine_slot(brine_ref tab, const char *key) { return brine_slot_n(tab, key, key ? strlen(key) : 0); }

int brine_delete_key(brine_ref tab, brine_key key) {
    struct at at, key_at;
    struct cell scratch[2];
    struct key k;
    int rc = brine__value_container(tab, BRINE_TAB, &at);
    if (!rc) rc = brine__key_resolve(at.pool, &key, &k, &key_at, scratch);
    if (rc) return rc;
    struct tab *t = cell_tab(&at, at.cell);
    struct entry *e = brine__tab_find(&at, t, &k);
    if (!e) return brine__fail(BRINE_ENOENT, "the tab has no such key");
    struct cell old = e->value;
    e->value.type = e->key.type = CELL_DELETED;
    tab_hashes(&at, t)[e - tab_entries(&at, t)] = 0; /* the index keeps leading here, past a hole */
    t->live--;
    t->version++;
    brine__cell_drop(&at, &old, 0);
    return 0;
}

int brine_delete(brine_ref tab, const char *key) { return brine_delete_key(tab, brine_key_str(key)); }

/* ---- iteration ---- */

static const uint64_t *version_of(const struct at *at) {
    static const uint64_t none = 0;
    if (!at->cell->payload) return &none;
    if (at->cell->type == BRINE_TAB) return &cell_tab(at, at->cell)->version;
    return &cell_arr(at, at->cell)->version;
}

brine_iter brine_iterate(brine_ref container) {
    struct at at;
    brine_iter it = {.container = container};
    it.status = brine__value_read(container, &at);
    if (!it.status && !cell_is_container(at.cell))
        it.status = brine__fail(BRINE_ETYPE, "a %s cannot be iterated", brine_type_name((brine_type)at.cell->type));
    if (!it.status) it.version = *version_of(&at);
    return it;
}

/* The next of the entries in use; NULL: there is none. */
QUICK struct entry *next_entry(const struct at *at, const struct tab *t, uint64_t *index) {
    uint64_t i = *index, used = t->used;
    const uint32_t *hashes = tab_hashes(at, t);
    while (i < used && unlikely(!hashes[i])) i++;
    *index = i + 1;
    return i < used ? &tab_entries(at, t)[i] : NULL;
}

QUICK void give_entry(const struct at *at, const struct entry *e, brine_ref *key, brine_ref *value) {
    if (key) {
        *key = at_ref(at, &e->key);
        key->place |= PLACE_READONLY;
    }
    *value = at_ref(at, &e->value);
}

static bool next_any(brine_iter *it, brine_ref *key, brine_ref *value) {
    struct at at;
    if (it->status || (it->status = brine__value_read(it->container, &at)) != 0) return false;
    if (!cell_is_container(at.cell) || *version_of(&at) != it->version) {
        it->status = brine__fail(BRINE_EINVAL, "the container was changed during iteration");
        return false;
    }
    if (!at.cell->payload) return false;
    if (at.cell->type != BRINE_TAB) {
        struct arr *a = cell_arr(&at, at.cell);
        if (it->index >= a->count) return false;
        if (key) *key = brine_ref_null(BRINE_ENOENT);
        *value = at_ref(&at, arr_cell(&at, a, it->index++));
        return true;
    }
    struct entry *e = next_entry(&at, cell_tab(&at, at.cell), &it->index);
    if (!e) return false;
    give_entry(&at, e, key, value);
    return true;
}

bool brine_next(brine_iter *it, brine_ref *key, brine_ref *value) {
    struct at at;
    struct tab *t = tab_at_hand(it->container, false, &at);
    if (unlikely(!t || it->status || t->version != it->version)) return next_any(it, key, value);
    struct entry *e = next_entry(&at, t, &it->index);
    if (unlikely(!e)) return false;
    give_entry(&at, e, key, value);
    return true;
}
