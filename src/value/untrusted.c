/* SPDX-License-Identifier: Apache-2.0 */
/* value: checking, and copying out, a packet whose bytes are not trusted. */
#include "value/untrusted.h"

#include <stdlib.h>

#include "heap/pages.h"
#include "value/ndarray.h"

static int damaged(const struct source *s, const char *what) {
    return brine__fail(BRINE_ECORRUPT, "packet %u.%u of pool \"%s\": %s", s->record, s->gen, s->pool->name, what);
}

/* ---- extents ---- */

/* A private copy keeps the start of what is very large when the walk cuts long values anyway. */
#define COPY_WHOLE ((uint64_t)4 << 20)

/* Work is paid for by the 16 bytes; what a pool cannot hold is not worth walking. */
static int charge(const struct source *s, uint64_t bytes) {
    uint64_t cost = bytes / 16 + 1;
    if (*s->budget >= cost) {
        *s->budget -= cost;
        return 0;
    }
    *s->budget = 0;
    return damaged(s, "its values refer to each other again and again");
}

static int add_extent(struct source *s, uint64_t offset, uint64_t bytes) {
    int rc = charge(s, s->copy ? bytes : 16);
    if (rc) return rc;
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 8;
        struct extent *grown = realloc(s->extents, room * sizeof *grown);
        if (!grown) return brine__fail(BRINE_ENOMEM, "no memory for a list of chunks");
        s->extents = grown;
        s->room = room;
    }
    struct extent e = {offset, bytes, pool_at(s->pool, offset), bytes};
    if (s->copy) {
        if (s->max_bytes && bytes > COPY_WHOLE && e.have > s->max_bytes + COPY_WHOLE) e.have = s->max_bytes + COPY_WHOLE;
        char *copy = malloc(e.have);
        if (!copy) return brine__fail(BRINE_ENOMEM, "no memory to copy %llu bytes out", (unsigned long long)e.have);
        memcpy(copy, e.memory, e.have);
        e.memory = copy;
    }
    s->extents[s->count++] = e;
    return 0;
}

/* The size of the chunk at `offset` if it is one of this record's, else 0. */
static uint64_t chunk_size(const struct source *s, uint64_t offset) {
    brine_pool *pool = s->pool;
    uint32_t page = page_of(pool, offset), n = 0;
    if (page == NO_PAGE || page >= data_page_high(pool) || (offset & 1023)) return 0;
    uint64_t w = a64_load_acquire(&pool_pagemap(pool)[page]);
    uint32_t state = word_state(w), class = state & 7;
    if (state == PAGE_SPAN && w == WORD(s->gen, PAGE_SPAN, s->record) && !(offset & (UNIT_BYTES - 1))) {
        while (page + n < data_page_high(pool) && a64_load_acquire(&pool_pagemap(pool)[page + n]) == w) n++;
        return (uint64_t)n << UNIT_SHIFT;
    }
    if (state < PAGE_SLAB || class >= BLOCK_CLASSES || (offset & (((uint64_t)1 << (BLOCK_SHIFT_MIN + class)) - 1))) return 0;
    uint64_t tag = a64_load_acquire(&pool_tags(pool, page)[(offset & (UNIT_BYTES - 1)) >> (BLOCK_SHIFT_MIN + class)]);
    return tag == WORD(s->gen, 1, s->record) ? (uint64_t)1 << (BLOCK_SHIFT_MIN + class) : 0;
}

static int by_offset(const void *a, const void *b) {
    const struct extent *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

int brine__untrusted_open(struct source *s) {
    brine_pool *pool = s->pool;
    if (!pool_record_exists(pool, s->record)) return damaged(s, "its record does not exist");
    uint64_t at = pool_record(pool, s->record)->chunks, left = (uint64_t)data_page_high(pool) * TAGS_PER_PAGE;
    int rc = add_extent(s, pool_offset(pool, pool_record(pool, s->record)), RECORD_BYTES);
    while (!rc && at) {
        uint64_t real = left-- ? chunk_size(s, at) : 0;
        if (!real || !brine__committed(pool, at, real)) return damaged(s, "a chunk is not its own");
        struct chunk chunk;
        memcpy(&chunk, pool_at(pool, at), sizeof chunk);
        /* adjacent spans of one record look like one: the chunk says where it ends */
        rc = add_extent(s, at, chunk.bytes && chunk.bytes < real ? chunk.bytes : real);
        at = chunk.next;
    }
    qsort(s->extents, s->count, sizeof *s->extents, by_offset);
    return rc;
}

void brine__untrusted_close(struct source *s) {
    for (size_t i = 0; s->copy && i < s->count; i++) free((void *)(uintptr_t)s->extents[i].memory);
    free(s->extents);
    s->extents = NULL;
    s->count = s->room = 0;
}

/* The extent that offset lies in, or NULL. */
static const struct extent *extent_of(const struct source *s, uint64_t offset) {
    size_t low = 0, high = s->count;
    while (high - low > 1) { /* the last extent that starts at or below offset */
        size_t middle = low + (high - low) / 2;
        if (s->extents[middle].offset <= offset) low = middle;
        else high = middle;
    }
    const struct extent *e = &s->extents[low];
    return low < high && offset >= e->offset && offset - e->offset <= e->bytes ? e : NULL;
}

/* Memory for [offset, offset + bytes), which has to lie in one extent; *have: how much of it can be read. */
static const char *reach(const struct source *s, uint64_t offset, uint64_t bytes, uint64_t *have) {
    const struct extent *e = extent_of(s, offset);
    if (!e || bytes > e->bytes - (offset - e->offset)) return NULL;
    uint64_t skip = offset - e->offset;
    *have = skip >= e->have ? 0 : bytes < e->have - skip ? bytes : e->have - skip;
    return e->memory + skip;
}

/* The same for something that is needed whole. */
static const char *reach_all(const struct source *s, uint64_t offset, uint64_t bytes) {
    uint64_t have;
    const char *p = reach(s, offset, bytes, &have);
    return p && have == bytes ? p : NULL;
}

/* Text that ends within its extent. */
static const char *reach_string(const struct source *s, uint64_t offset) {
    const struct extent *e = extent_of(s, offset);
    if (!e || offset - e->offset >= e->have) return NULL;
    const char *p = e->memory + (offset - e->offset);
    return memchr(p, 0, e->have - (offset - e->offset)) ? p : NULL;
}

int brine__untrusted_root(const struct source *s, struct cell *root) {
    uint64_t offset = pool_offset(s->pool, &pool_record(s->pool, s->record)->root);
    const char *p = reach_all(s, offset, sizeof *root);
    if (!p) return damaged(s, "its record is not there");
    memcpy(root, p, sizeof *root);
    return 0;
}

/* ---- scalars and text ---- */

static uint64_t cut(const struct source *s, uint64_t length) { return s->max_bytes && length > s->max_bytes ? s->max_bytes : length; }

static int walk_text(const struct source *s, const struct cell *c, brine_ref out) {
    uint64_t length, have;
    const char *text;
    if (c->n) {
        if (c->n > INLINE_MAX + 1) return damaged(s, "an inline text is too long");
        length = c->n - 1u;
        text = (const char *)&c->payload;
        if (text[length] != 0) return damaged(s, "a text is not terminated");
    } else {
        length = cell_len48(c);
        text = reach(s, c->payload, length + 1, &have);
        if (!text || have < cut(s, length)) return damaged(s, "a text is outside the packet");
        if (have == length + 1 && text[length] != 0) return damaged(s, "a text is not terminated");
        if (have <= length && !s->max_bytes) return damaged(s, "a text is outside the packet");
    }
    uint64_t shown = cut(s, length);
    int rc = charge(s, shown);
    if (rc) return rc;
    if (c->type == BRINE_STR) {
        while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80) shown--; /* not inside a character */
        if (brine__utf8_error(text, shown)) return damaged(s, "a str is not UTF-8");
        return brine_ref_ok(out) ? brine_assign_strn(out, text, shown) : 0;
    }
    return brine_ref_ok(out) ? brine_assign_bytes(out, text, shown) : 0;
}

static int walk_bigint(const struct source *s, const struct cell *c, brine_ref out) {
    uint64_t count = cell_len48(c);
    const uint64_t *limbs = NULL;
    if (count > s->pool->layout.file_bytes / 8) return damaged(s, "an integer is too long");
    if (count && (!(limbs = (const uint64_t *)(const void *)reach_all(s, c->payload, count * 8)) || (c->payload & 7)))
        return damaged(s, "an integer is outside the packet");
    if (count && limbs[count - 1] == 0) return damaged(s, "an integer has a leading zero limb");
    if (!brine_ref_ok(out)) return 0;
    int rc = charge(s, count * 8);
    return rc ? rc : brine_assign_bigint(out, (c->n & BIGINT_SIGN) == BIGINT_NEGATIVE ? -1 : 1, limbs, count, c->n & BIGINT_UNSIGNED ? BRINE_UNSIGNED : 0);
}

static int walk_number(const struct source *s, const struct cell *c, brine_ref out) {
    double d[2];
    if (c->type == BRINE_C128) {
        const char *p = reach_all(s, c->payload, 16);
        if (!p) return damaged(s, "a complex number is outside the packet");
        memcpy(d, p, sizeof d);
        return brine_ref_ok(out) ? brine_assign_complex(out, d[0], d[1]) : 0;
    }
    if (c->type == BRINE_NONE) return brine_ref_ok(out) ? brine_assign_none(out) : 0;
    return brine_ref_ok(out) ? brine_assign_number(out, (brine_type)c->type, &c->payload) : 0;
}

/* ---- containers ---- */

static struct cell cell_at(const char *memory, uint64_t i, size_t stride) {
    struct cell c;
    memcpy(&c, memory + i * stride, sizeof c);
    return c;
}

static int check_index(const struct source *s, const struct tab *t) {
    if (t->shift == 0) return t->capacity <= TAB_SCAN ? 0 : damaged(s, "a large tab has no index");
    if (t->shift > 32) return damaged(s, "a tab's index is too large");
    uint64_t slots = (uint64_t)1 << t->shift, used = 0;
    const uint32_t *index = (const uint32_t *)(const void *)reach_all(s, t->index, slots * 4);
    if (!index || (t->index & 3)) return damaged(s, "a tab's index is outside the packet");
    for (uint64_t i = 0; i < slots; i++) {
        uint32_t n = index[i];
        if (n > t->used) return damaged(s, "a tab's index leads nowhere");
        used += n != 0;
    }
    return used < slots ? 0 : damaged(s, "a tab's index is full");
}

/* A key is built in a packet of its own first: it may be a tup. */
static brine_ref place_for_key(const struct source *s, struct cell key, brine_ref out, int depth, int *rc) {
    brine_packet scratch;
    if (!brine_ref_ok(out)) {
        *rc = brine__untrusted_walk(s, key, out, depth);
        return out;
    }
    *rc = brine_packet_new(brine_packet_pool(brine_ref_packet(out)), &scratch);
    if (*rc) return out;
    *rc = brine__untrusted_walk(s, key, brine_root(scratch), depth);
    brine_ref place = *rc ? out : brine_slot_key(out, brine_key_value(brine_root(scratch)));
    if (!*rc) *rc = brine_ref_status(place);
    brine_packet_free(scratch);
    return place;
}

static int walk_tab(const struct source *s, const struct cell *c, brine_ref out, int depth) {
    struct tab t;
    uint32_t live = 0;
    if (brine_ref_ok(out) && !brine_ref_ok(out = brine_assign_tab(out, c->n & BRINE_ORDERED))) return brine_ref_status(out);
    if (!c->payload) return 0;
    const char *p = reach_all(s, c->payload, sizeof t);
    if (!p || (c->payload & 7)) return damaged(s, "a tab is outside the packet");
    memcpy(&t, p, sizeof t);
    if (t.used > t.capacity || t.live > t.used) return damaged(s, "a tab has more keys than room");
    if (t.capacity == 0) return 0;
    const char *entries = reach_all(s, t.entries, (uint64_t)t.capacity * sizeof(struct entry));
    const char *hashes = reach_all(s, t.hashes, (uint64_t)t.capacity * 4);
    if (!entries || !hashes || (t.entries & 7) || (t.hashes & 3)) return damaged(s, "a tab's entries are outside the packet");
    int rc = charge(s, (uint64_t)t.used * sizeof(struct entry) + (t.shift ? (uint64_t)4 << (t.shift & 63) : 0));
    if (!rc) rc = check_index(s, &t);
    for (uint32_t i = 0; !rc && i < t.used; i++) {
        uint32_t hash;
        memcpy(&hash, hashes + (uint64_t)i * 4, 4);
        if (!hash) continue;
        live++;
        brine_ref place = place_for_key(s, cell_at(entries, i, sizeof(struct entry)), out, depth + 1, &rc);
        if (!rc) rc = brine__untrusted_walk(s, cell_at(entries + sizeof(struct cell), i, sizeof(struct entry)), place, depth + 1);
    }
    if (!rc && live != t.live) rc = damaged(s, "a tab miscounts its keys");
    return rc;
}

static int walk_arr(const struct source *s, const struct cell *c, brine_ref out, int depth) {
    struct arr a = {0};
    const char *items = NULL;
    if (c->payload) {
        const char *p = reach_all(s, c->payload, sizeof a);
        if (!p || (c->payload & 7)) return damaged(s, "an arr is outside the packet");
        memcpy(&a, p, sizeof a);
        if (a.count > a.capacity || a.capacity > s->pool->layout.file_bytes / 8) return damaged(s, "an arr has more elements than room");
        if (a.capacity && (!(items = reach_all(s, a.items, a.capacity * 8)) || (a.items & 7)))
            return damaged(s, "an arr's elements are outside the packet");
    }
    if (brine_ref_ok(out)) {
        out = c->type == BRINE_TUP ? brine_assign_tup(out, a.count) : brine_assign_arr(out);
        if (!brine_ref_ok(out)) return brine_ref_status(out);
    }
    for (uint64_t i = 0; i < a.count; i++) {
        brine_ref place = !brine_ref_ok(out) ? out : c->type == BRINE_TUP ? brine_at(out, (ptrdiff_t)i) : brine_push(out);
        uint64_t item;
        memcpy(&item, items + i * 8, 8);
        const char *cell = reach_all(s, item, sizeof(struct cell));
        if (!cell || (item & 7)) return damaged(s, "an element is outside the packet");
        int rc = brine__untrusted_walk(s, cell_at(cell, 0, 0), place, depth + 1);
        if (rc) return rc;
    }
    return 0;
}

/* ---- nd-arrays ---- */

/* Checks a copied-out descriptor and fills in what is needed to make the like. */
static int judge_ndarray(const struct source *s, const struct ndarray *d, const uint64_t *dims, brine_array *like) {
    uint64_t count = 1, bytes, stride = d->item_bytes;
    size_t size = brine_type_size((brine_type)d->dtype);
    if (d->dtype > BRINE_RAW || (d->dtype != BRINE_RAW && (size == 0 || size != d->item_bytes)) || d->item_bytes == 0 ||
        (d->dtype == BRINE_RAW) != (d->format != 0))
        return damaged(s, "an nd-array has an unknown type");
    for (uint32_t i = 0; i < d->ndim; i++) {
        like->shape[i] = dims[i];
        if (__builtin_mul_overflow(count, dims[i], &count)) return damaged(s, "an nd-array's shape is too large");
    }
    for (uint32_t i = d->ndim; i-- > 0;) {
        if (dims[d->ndim + i] != stride) return damaged(s, "an nd-array's strides are wrong");
        if (dims[i] && __builtin_mul_overflow(stride, dims[i], &stride) && count) return damaged(s, "an nd-array's shape is too large");
    }
    if (count != d->count || __builtin_mul_overflow(count, d->item_bytes, &bytes)) return damaged(s, "an nd-array miscounts its elements");
    like->dtype = d->dtype;
    like->ndim = (int32_t)d->ndim;
    like->item_bytes = d->item_bytes;
    like->count = count;
    like->bytes = bytes;
    return 0;
}

/* Fewer rows, or fewer elements of one row. */
static void cut_ndarray(const struct source *s, brine_array *a) {
    if (!s->max_bytes || a->bytes <= s->max_bytes || a->ndim == 0) return;
    uint64_t row = a->bytes / a->shape[0];
    if (row <= s->max_bytes) {
        a->shape[0] = s->max_bytes / row;
    } else {
        a->ndim = 1;
        a->shape[0] = s->max_bytes / a->item_bytes;
    }
    a->bytes = a->item_bytes;
    for (int i = 0; i < a->ndim; i++) a->bytes *= a->shape[i];
}

static int walk_ndarray(const struct source *s, const struct cell *c, brine_ref out) {
    struct ndarray d;
    uint64_t dims[2 * BRINE_MAX_DIMS], have;
    brine_array like = {0};
    const char *p = reach_all(s, c->payload, sizeof d), *format = NULL;
    void *data;
    if (!p || (c->payload & 7)) return damaged(s, "an nd-array is outside the packet");
    memcpy(&d, p, sizeof d);
    if (d.ndim > BRINE_MAX_DIMS) return damaged(s, "an nd-array has too many dimensions");
    if (!(p = reach_all(s, c->payload, sizeof d + (uint64_t)d.ndim * 16))) return damaged(s, "an nd-array is outside the packet");
    memcpy(dims, p + sizeof d, (size_t)d.ndim * 16);
    int rc = judge_ndarray(s, &d, dims, &like);
    if (rc) return rc;
    p = reach(s, d.data, like.bytes, &have);
    if (!p || (d.data & 63)) return damaged(s, "an nd-array's elements are outside the packet");
    if (d.dtype == BRINE_RAW && !(format = reach_string(s, d.format))) return damaged(s, "an nd-array's format is not terminated");
    cut_ndarray(s, &like);
    if (have < like.bytes) return damaged(s, "an nd-array's elements are outside the packet");
    if (!brine_ref_ok(out)) return 0;
    if ((rc = charge(s, like.bytes)) != 0) return rc;
    rc = d.dtype == BRINE_RAW ? brine_assign_array_raw(out, format, like.item_bytes, like.ndim, like.shape, BRINE_ARRAY_UNINIT, &data)
                              : brine_assign_array(out, (brine_type)d.dtype, like.ndim, like.shape, BRINE_ARRAY_UNINIT, &data);
    if (!rc && like.bytes) memcpy(data, p, like.bytes);
    return rc;
}

/* ---- packets inside ---- */

static int walk_ref(const struct source *s, const struct cell *c, brine_ref out, int depth) {
    uint32_t index = link_record(c->payload), gen = link_gen(c->payload);
    struct cell root;
    if (!pool_record_exists(s->pool, index)) return damaged(s, "it refers to a packet that does not exist");
    struct record *r = pool_record(s->pool, index);
    uint64_t w = a64_load_acquire(&r->word), target = a64_load_acquire(&r->target);
    if (word_gen(w) != gen || word_state(w) != REC_CHILD || a64_load_relaxed(&r->parent) != LINK(s->gen, s->record))
        return damaged(s, "it refers to a packet that is not part of it");
    if (target) {
        index = link_record(target);
        gen = link_gen(target);
        if (!pool_record_exists(s->pool, index)) return damaged(s, "it refers to a shared packet that does not exist");
        w = a64_load_acquire(&pool_record(s->pool, index)->word);
        if (word_gen(w) != gen || word_state(w) != REC_SHARED) return damaged(s, "it refers to a shared packet that is gone");
    }
    struct source in = {.pool = s->pool, .record = index, .gen = gen, .copy = s->copy, .max_bytes = s->max_bytes, .budget = s->budget};
    int rc = brine__untrusted_open(&in);
    if (!rc) rc = brine__untrusted_root(&in, &root);
    if (!rc) rc = brine__untrusted_walk(&in, root, out, depth + 1);
    brine__untrusted_close(&in);
    return rc;
}

int brine__untrusted_walk(const struct source *s, struct cell cell, brine_ref out, int depth) {
    if (depth > BRINE_MAX_DEPTH) return brine__fail(BRINE_EDEPTH, "packet %u is nested deeper than %d", s->record, BRINE_MAX_DEPTH);
    int rc = charge(s, 0);
    if (rc) return rc;
    switch (cell.type) {
    case BRINE_STR:
    case BRINE_BYTES: return walk_text(s, &cell, out);
    case BRINE_BIGINT: return walk_bigint(s, &cell, out);
    case BRINE_TAB: return walk_tab(s, &cell, out, depth);
    case BRINE_ARR:
    case BRINE_TUP: return walk_arr(s, &cell, out, depth);
    case BRINE_ARRAY: return walk_ndarray(s, &cell, out);
    case CELL_REF: return walk_ref(s, &cell, out, depth);
    default: return cell.type <= BRINE_C128 ? walk_number(s, &cell, out) : damaged(s, "a value has an unknown type");
    }
}

int brine_packet_validate(brine_packet packet) {
    struct at at;
    struct cell root;
    int rc = brine__at_read(brine_root(packet), &at);
    if (rc) return rc;
    uint64_t target = a64_load_acquire(&at.rec->target);
    uint64_t budget = at.pool->layout.max_bytes / sizeof(struct cell) + 1024; /* no pool holds more cells */
    struct source s = {.pool = at.pool, .record = target ? link_record(target) : packet.record,
                       .gen = target ? link_gen(target) : packet.generation, .budget = &budget};
    rc = brine__untrusted_open(&s);
    if (!rc) rc = brine__untrusted_root(&s, &root);
    if (!rc) rc = brine__untrusted_walk(&s, root, brine_ref_null(BRINE_ENOENT), 0);
    brine__untrusted_close(&s);
    return rc;
}
