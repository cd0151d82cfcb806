/* SPDX-License-Identifier: Apache-2.0 */
/* value: checking, and copying out, a packet whose bytes are not trusted. */
#include "value/untrusted.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "heap/pages.h"
#include "value/ndarray.h"

static int damaged(const struct source *s, const char *what) {
    return brine__fail(BRINE_ECORRUPT, "packet %u.%u of pool \"%s\": %s", s->record, s->gen, s->pool->name, what);
}

/* A header is looked at in a copy that was made once. Without the barrier the compiler might read the original
 * again, which may have changed since it was judged. */
static void fetch(void *to, const void *from, size_t bytes) {
    memcpy(to, from, bytes);
    __asm__ volatile("" ::: "memory");
}

int brine__copy_out(const brine_pool *pool, int fd, uint64_t offset, void *to, uint64_t bytes) {
    if (fd < 0) {
        memcpy(to, pool_at(pool, offset), bytes);
        return 0;
    }
    for (uint64_t done = 0; done < bytes;) {
        ssize_t n = pread(fd, (char *)to + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return brine__fail_errno("pool \"%s\": cannot read its file", pool->name);
        if (n == 0) {
            memset((char *)to + done, 0, bytes - done);
            break;
        }
        done += (uint64_t)n;
    }
    return 0;
}

/* ---- extents ---- */

/* A private copy keeps the start of what is very large when the walk cuts long values anyway. */
#define COPY_WHOLE ((uint64_t)4 << 20)

/* Work is paid for by the 16 bytes; what a packet cannot hold is not worth walking. */
static int charge(struct source *s, uint64_t bytes) {
    uint64_t cost = bytes / 16 + 1;
    if (s->budget >= cost) {
        s->budget -= cost;
        return 0;
    }
    s->budget = 0;
    return damaged(s, "its values refer to each other again and again");
}

static int note_extent(struct source *s, uint64_t offset, uint64_t bytes) {
    if (s->again && s->walk->again < bytes) return damaged(s, "its packets are named again and again");
    if (s->again) s->walk->again -= bytes;
    s->budget += bytes / 2; /* a value takes 16 bytes; and a few times over for hashes, texts, indexes */
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 8;
        struct extent *grown = realloc(s->extents, room * sizeof *grown);
        if (!grown) return brine__fail(BRINE_ENOMEM, "no memory for a list of chunks");
        s->extents = grown;
        s->room = room;
    }
    s->extents[s->count++] = (struct extent){offset, bytes, NULL, 0};
    return 0;
}

/* Makes an extent readable. */
static int load_extent(const struct source *s, struct extent *e) {
    const struct walk *w = s->walk;
    if (!w->copy || (w->sparing && e->bytes > COPY_WHOLE)) {
        e->memory = pool_at(w->memory, e->offset);
        e->have = e->bytes;
        return 0;
    }
    uint64_t most = w->max_bytes ? w->max_bytes + COPY_WHOLE : UINT64_MAX;
    uint64_t have = e->bytes > COPY_WHOLE && e->bytes > most ? most : e->bytes;
    char *copy = malloc(have);
    if (!copy) return brine__fail(BRINE_ENOMEM, "no memory to copy %llu bytes out", (unsigned long long)have);
    int rc = brine__copy_out(w->memory, w->fd, e->offset, copy, have);
    e->memory = copy;
    e->have = have;
    return rc;
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
    if (state < PAGE_SLAB || class >= BLOCK_CLASSES || (offset & (((uint64_t)1 << (BLOCK_SHIFT_MIN + class)) - 1)))
        return 0;
    uint64_t tag = a64_load_acquire(&pool_tags(pool, page)[(offset & (UNIT_BYTES - 1)) >> (BLOCK_SHIFT_MIN + class)]);
    return tag == WORD(s->gen, 1, s->record) ? (uint64_t)1 << (BLOCK_SHIFT_MIN + class) : 0;
}

static int by_offset(const void *a, const void *b) {
    const struct extent *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Follows the list of chunks. A list that goes in a circle is noticed by comparing with a place that is moved up
 * after 1, 2, 4, ... steps. */
static int collect_chunks(struct source *s, uint64_t at) {
    uint64_t marked = 0, steps = 0, next_mark = 1;
    while (at) {
        uint64_t real = at == marked ? 0 : chunk_size(s, at);
        if (!real || !brine__committed(s->pool, at, real)) return damaged(s, "a chunk is not its own");
        if (++steps == next_mark) {
            marked = at;
            next_mark *= 2;
        }
        struct chunk chunk;
        int rc = 0;
        if (s->walk->copy)
            rc = brine__copy_out(s->walk->memory, s->walk->fd, at, &chunk, sizeof chunk);
        else
            fetch(&chunk, pool_at(s->walk->memory, at), sizeof chunk);
        /* adjacent spans of one record look like one: the chunk says where it ends */
        if (!rc) rc = note_extent(s, at, chunk.bytes && chunk.bytes < real ? chunk.bytes : real);
        if (rc) return rc;
        at = chunk.next;
    }
    return 0;
}

int brine__untrusted_open(struct source *s) {
    brine_pool *pool = s->pool;
    struct record record;
    if (!pool_record_exists(pool, s->record)) return damaged(s, "its record does not exist");
    s->budget = 1024;
    int rc = note_extent(s, pool_offset(pool, pool_record(pool, s->record)), RECORD_BYTES);
    if (rc) return rc;
    fetch(&record, pool_record(pool, s->record), sizeof record);
    rc = collect_chunks(s, record.chunks);
    for (size_t i = 0; !rc && i < s->count; i++) rc = load_extent(s, &s->extents[i]);
    if (!rc) qsort(s->extents, s->count, sizeof *s->extents, by_offset);
    return rc;
}

void brine__untrusted_close(struct source *s) {
    const struct walk *w = s->walk;
    for (size_t i = 0; w->copy && i < s->count; i++)
        if (!(w->sparing && s->extents[i].bytes > COPY_WHOLE)) free((void *)(uintptr_t)s->extents[i].memory);
    free(s->extents);
    s->extents = NULL;
    s->count = s->room = 0;
}

void brine__walk_end(struct walk *w) {
    free(w->seen);
    w->seen = NULL;
}

static size_t seen_slot(const struct walk *w, uint64_t link) {
    size_t i = (size_t)(link * 0x9e3779b97f4a7c15u) & (w->seen_room - 1);
    while (w->seen[i] && w->seen[i] != link) i = (i + 1) & (w->seen_room - 1);
    return i;
}

/* 1: the packet was seen before. 0: now it is. Or a status. */
static int seen_before(struct walk *w, uint64_t link) {
    if (w->seen_count * 2 >= w->seen_room) {
        struct walk grown = {.seen_room = w->seen_room ? w->seen_room * 2 : 64};
        grown.seen = calloc(grown.seen_room, sizeof *grown.seen);
        if (!grown.seen) return brine__fail(BRINE_ENOMEM, "no memory for a list of packets");
        for (size_t i = 0; i < w->seen_room; i++)
            if (w->seen[i]) grown.seen[seen_slot(&grown, w->seen[i])] = w->seen[i];
        free(w->seen);
        w->seen = grown.seen;
        w->seen_room = grown.seen_room;
    }
    size_t i = seen_slot(w, link);
    if (w->seen[i]) return 1;
    w->seen[i] = link; /* never 0: record 0 does not exist */
    w->seen_count++;
    return 0;
}

/* The extent that offset lies in, or NULL. */
static const struct extent *extent_of(const struct source *s, uint64_t offset) {
    size_t low = 0, high = s->count;
    while (high - low > 1) { /* the last extent that starts at or below offset */
        size_t middle = low + (high - low) / 2;
        if (s->extents[middle].offset <= offset)
            low = middle;
        else
            high = middle;
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

int brine__untrusted_root(struct source *s, brine_ref out, int depth) {
    struct cell root;
    const char *p = reach_all(s, pool_offset(s->pool, &pool_record(s->pool, s->record)->root), sizeof root);
    if (!p) return damaged(s, "its record is not there");
    fetch(&root, p, sizeof root);
    return brine__untrusted_walk(s, root, out, depth);
}

/* ---- scalars and text ---- */

static uint64_t cut(const struct source *s, uint64_t length) {
    return s->walk->max_bytes && length > s->walk->max_bytes ? s->walk->max_bytes : length;
}

static int walk_text(struct source *s, const struct cell *c, brine_ref out) {
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
        if (have <= length && !s->walk->max_bytes) return damaged(s, "a text is outside the packet");
    }
    uint64_t shown = cut(s, length);
    int rc = charge(s, shown);
    if (rc) return rc;
    if (c->type == BRINE_STR) {
        while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--; /* not inside a character */
        if (brine__utf8_error(text, shown)) return damaged(s, "a str is not UTF-8");
        return brine_ref_ok(out) ? brine_assign_strn(out, text, shown) : 0;
    }
    return brine_ref_ok(out) ? brine_assign_bytes(out, text, shown) : 0;
}

static int walk_bigint(struct source *s, const struct cell *c, brine_ref out) {
    uint64_t count = cell_len48(c);
    const uint64_t *limbs = NULL;
    if (count > s->pool->layout.file_bytes / 8) return damaged(s, "an integer is too long");
    if (count && (!(limbs = (const uint64_t *)(const void *)reach_all(s, c->payload, count * 8)) || (c->payload & 7)))
        return damaged(s, "an integer is outside the packet");
    if (count && limbs[count - 1] == 0) return damaged(s, "an integer has a leading zero limb");
    if (!brine_ref_ok(out)) return 0;
    int rc = charge(s, count * 8);
    return rc ? rc
              : brine_assign_bigint(out, (c->n & BIGINT_SIGN) == BIGINT_NEGATIVE ? -1 : 1, limbs, count,
                                    c->n & BIGINT_UNSIGNED ? BRINE_UNSIGNED : 0);
}

static int walk_number(struct source *s, const struct cell *c, brine_ref out) {
    double d[2];
    if (c->type == BRINE_C128) {
        const char *p = reach_all(s, c->payload, 16);
        if (!p) return damaged(s, "a complex number is outside the packet");
        fetch(d, p, sizeof d);
        return brine_ref_ok(out) ? brine_assign_complex(out, d[0], d[1]) : 0;
    }
    if (c->type == BRINE_NONE) return brine_ref_ok(out) ? brine_assign_none(out) : 0;
    return brine_ref_ok(out) ? brine_assign_number(out, (brine_type)c->type, &c->payload) : 0;
}

/* ---- containers ---- */

static struct cell cell_at(const char *memory, uint64_t i, size_t stride) {
    struct cell c;
    fetch(&c, memory + i * stride, sizeof c);
    return c;
}

static int check_index(const struct source *s, const struct tab *t) {
    if (t->mask == 0) return t->capacity <= TAB_SCAN ? 0 : damaged(s, "a large tab has no index");
    uint64_t slots = (uint64_t)t->mask + 1, used = 0;
    if ((slots & t->mask) || slots > 2 * TAB_MAX) return damaged(s, "a tab's index has a size that none is made with");
    const uint32_t *index = (const uint32_t *)(const void *)reach_all(s, t->index, slots * 4);
    if (!index || (t->index & 3)) return damaged(s, "a tab's index is outside the packet");
    for (uint64_t i = 0; i < slots; i++) {
        uint32_t word, n;
        fetch(&word, &index[i], sizeof word);
        n = word & t->mask; /* above: bits of the hash */
        if (n > t->used || (word && !n)) return damaged(s, "a tab's index leads nowhere");
        used += n != 0;
    }
    return used < slots ? 0 : damaged(s, "a tab's index is full");
}

/* A key is built in a packet of its own first: it may be a tup. */
static brine_ref place_for_key(struct source *s, struct cell key, brine_ref out, int depth, int *rc) {
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

static int walk_tab(struct source *s, const struct cell *c, brine_ref out, int depth) {
    struct tab t;
    uint32_t live = 0;
    if (brine_ref_ok(out) && !brine_ref_ok(out = brine_assign_tab(out, c->n & BRINE_ORDERED)))
        return brine_ref_status(out);
    if (!c->payload) return 0;
    const char *p = reach_all(s, c->payload, sizeof t);
    if (!p || (c->payload & 7)) return damaged(s, "a tab is outside the packet");
    fetch(&t, p, sizeof t);
    if (t.used > t.capacity || t.live > t.used) return damaged(s, "a tab has more keys than room");
    if (t.capacity % TAB_STEP) return damaged(s, "a tab has room for a number of keys that none is made with");
    if (t.capacity == 0) return 0;
    const char *entries = reach_all(s, t.entries, (uint64_t)t.capacity * sizeof(struct entry));
    const char *hashes = reach_all(s, t.hashes, (uint64_t)t.capacity * 4);
    if (!entries || !hashes || (t.entries & 7) || (t.hashes & 3))
        return damaged(s, "a tab's entries are outside the packet");
    int rc = charge(s, (uint64_t)t.used * sizeof(struct entry) + (t.mask ? ((uint64_t)t.mask + 1) * 4 : 0));
    if (!rc) rc = check_index(s, &t);
    for (uint32_t i = 0; !rc && i < t.used; i++) {
        uint32_t hash;
        fetch(&hash, hashes + (uint64_t)i * 4, 4);
        if (!hash) continue;
        live++;
        brine_ref place = place_for_key(s, cell_at(entries, i, sizeof(struct entry)), out, depth + 1, &rc);
        if (!rc)
            rc = brine__untrusted_walk(s, cell_at(entries + sizeof(struct cell), i, sizeof(struct entry)), place,
                                       depth + 1);
    }
    if (!rc && live != t.live) rc = damaged(s, "a tab miscounts its keys");
    return rc;
}

static int walk_arr(struct source *s, const struct cell *c, brine_ref out, int depth) {
    struct arr a = {0};
    const char *items = NULL;
    if (c->payload) {
        const char *p = reach_all(s, c->payload, sizeof a);
        if (!p || (c->payload & 7)) return damaged(s, "an arr is outside the packet");
        fetch(&a, p, sizeof a);
        if (a.count > a.capacity || a.capacity > s->pool->layout.file_bytes / 8)
            return damaged(s, "an arr has more elements than room");
        if (a.capacity && (!(items = reach_all(s, a.items, a.capacity * 8)) || (a.items & 7)))
            return damaged(s, "an arr's elements are outside the packet");
    }
    if (brine_ref_ok(out)) {
        out = c->type == BRINE_TUP ? brine_assign_tup(out, a.count) : brine_assign_arr(out);
        if (!brine_ref_ok(out)) return brine_ref_status(out);
    }
    for (uint64_t i = 0; i < a.count; i++) {
        brine_ref place = !brine_ref_ok(out)     ? out
                          : c->type == BRINE_TUP ? brine_at(out, (ptrdiff_t)i)
                                                 : brine_push(out);
        uint64_t item;
        fetch(&item, items + i * 8, 8);
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
        if (dims[i] && __builtin_mul_overflow(stride, dims[i], &stride) && count)
            return damaged(s, "an nd-array's shape is too large");
    }
    if (count != d->count || __builtin_mul_overflow(count, d->item_bytes, &bytes))
        return damaged(s, "an nd-array miscounts its elements");
    like->dtype = d->dtype;
    like->ndim = (int32_t)d->ndim;
    like->item_bytes = d->item_bytes;
    like->count = count;
    like->bytes = bytes;
    return 0;
}

/* Fewer rows, or fewer elements of one row. */
static void cut_ndarray(const struct source *s, brine_array *a) {
    if (!s->walk->max_bytes || a->bytes <= s->walk->max_bytes || a->ndim == 0) return;
    uint64_t row = a->bytes / a->shape[0];
    if (row <= s->walk->max_bytes) {
        a->shape[0] = s->walk->max_bytes / row;
    } else {
        a->ndim = 1;
        a->shape[0] = s->walk->max_bytes / a->item_bytes;
    }
    a->bytes = a->item_bytes;
    for (int i = 0; i < a->ndim; i++) a->bytes *= a->shape[i];
}

static int walk_ndarray(struct source *s, const struct cell *c, brine_ref out) {
    struct ndarray d;
    uint64_t dims[2 * BRINE_MAX_DIMS], have;
    brine_array like = {0};
    const char *p = reach_all(s, c->payload, sizeof d), *format = NULL;
    void *data;
    if (!p || (c->payload & 7)) return damaged(s, "an nd-array is outside the packet");
    fetch(&d, p, sizeof d);
    if (d.ndim > BRINE_MAX_DIMS) return damaged(s, "an nd-array has too many dimensions");
    if (!(p = reach_all(s, c->payload, sizeof d + (uint64_t)d.ndim * 16)))
        return damaged(s, "an nd-array is outside the packet");
    fetch(dims, p + sizeof d, (size_t)d.ndim * 16);
    int rc = judge_ndarray(s, &d, dims, &like);
    if (rc) return rc;
    p = reach(s, d.data, like.bytes, &have);
    if (!p || (d.data & 63)) return damaged(s, "an nd-array's elements are outside the packet");
    if (d.dtype == BRINE_RAW && !(format = reach_string(s, d.format)))
        return damaged(s, "an nd-array's format is not terminated");
    cut_ndarray(s, &like);
    if (have < like.bytes) return damaged(s, "an nd-array's elements are outside the packet");
    if (!brine_ref_ok(out)) return 0;
    if ((rc = charge(s, like.bytes)) != 0) return rc;
    rc = d.dtype == BRINE_RAW
             ? brine_assign_array_raw(out, format, like.item_bytes, like.ndim, like.shape, BRINE_ARRAY_UNINIT, &data)
             : brine_assign_array(out, (brine_type)d.dtype, like.ndim, like.shape, BRINE_ARRAY_UNINIT, &data);
    if (!rc && like.bytes) memcpy(data, p, like.bytes);
    return rc;
}

/* ---- packets inside ---- */

/* The record of generation gen that is part of record `parent`: 0, with the packet that has its value, or damage. */
static int child_source(const struct source *parent, uint32_t index, uint32_t gen, struct source *in) {
    brine_pool *pool = parent->pool;
    if (!pool_record_exists(pool, index)) return damaged(parent, "it refers to a packet that does not exist");
    struct record *r = pool_record(pool, index);
    uint64_t w = a64_load_acquire(&r->word), target = a64_load_acquire(&r->target);
    if (word_gen(w) != gen || word_state(w) != REC_CHILD ||
        a64_load_relaxed(&r->parent) != LINK(parent->gen, parent->record))
        return damaged(parent, "it refers to a packet that is not part of it");
    *in = (struct source){.pool = pool, .walk = parent->walk, .record = index, .gen = gen};
    if (!target) return 0;
    in->record = link_record(target);
    in->gen = link_gen(target);
    if (!pool_record_exists(pool, in->record))
        return damaged(parent, "it refers to a shared packet that does not exist");
    w = a64_load_acquire(&pool_record(pool, in->record)->word);
    return word_gen(w) == in->gen && word_state(w) == REC_SHARED
               ? 0
               : damaged(parent, "it refers to a shared packet that is gone");
}

static int walk_ref(struct source *s, const struct cell *c, brine_ref out, int depth) {
    struct source in;
    struct walk *w = s->walk;
    int rc = child_source(s, link_record(c->payload), link_gen(c->payload), &in);
    if (rc) return rc;
    if (w->refer) return w->refer(w->context, s->record, c->payload);
    int seen = seen_before(w, LINK(in.gen, in.record));
    if (seen < 0 || (seen && w->once)) return seen < 0 ? seen : 0;
    in.again = seen;
    rc = brine__untrusted_open(&in);
    if (!rc) rc = brine__untrusted_root(&in, out, depth + 1);
    brine__untrusted_close(&in);
    return rc;
}

int brine__untrusted_walk(struct source *s, struct cell cell, brine_ref out, int depth) {
    if (depth > BRINE_MAX_DEPTH)
        return brine__fail(BRINE_EDEPTH, "packet %u is nested deeper than %d", s->record, BRINE_MAX_DEPTH);
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

/* ---- what freeing follows ---- */

/* One packet's list of owned packets; those are added to `todo`. */
static int list_children(const struct source *s, struct walk *seen, struct source **todo, size_t *count, size_t *room) {
    brine_pool *pool = s->pool;
    struct record r;
    fetch(&r, pool_record(pool, s->record), sizeof r);
    uint32_t before = 0;
    for (uint32_t i = r.first_child; i; before = i, i = r.next_child) {
        if (!pool_record_exists(pool, i)) return damaged(s, "an owned packet does not exist");
        fetch(&r, pool_record(pool, i), sizeof r);
        uint64_t w = a64_load_relaxed(&r.word);
        struct source in;
        int rc = child_source(s, i, word_gen(w), &in);
        if (!rc && r.prev_child != before) rc = damaged(s, "its list of owned packets is broken");
        if (!rc && (rc = seen_before(seen, LINK(word_gen(w), i))) > 0) rc = damaged(s, "a packet is owned twice");
        if (rc) return rc;
        if (in.record != i) { /* a share: with the last one the shared packet is freed */
            if ((rc = seen_before(seen, LINK(in.gen, in.record))) < 0) return rc;
            if (rc) continue;
        }
        if (*count == *room) {
            struct source *grown = realloc(*todo, (*room * 2 + 8) * sizeof *grown);
            if (!grown) return brine__fail(BRINE_ENOMEM, "no memory for a list of packets");
            *todo = grown;
            *room = *room * 2 + 8;
        }
        (*todo)[(*count)++] = in;
    }
    return 0;
}

int brine__untrusted_children(const struct source *s) {
    struct walk seen = {.seen = NULL};
    struct source *todo = NULL;
    size_t count = 0, room = 0;
    int rc = list_children(s, &seen, &todo, &count, &room);
    while (!rc && count) {
        struct source in = todo[--count];
        rc = brine__untrusted_open(&in);
        brine__untrusted_close(&in);
        if (!rc) rc = list_children(&in, &seen, &todo, &count, &room);
    }
    free(todo);
    brine__walk_end(&seen);
    return rc;
}

int brine_packet_validate(brine_packet packet) {
    struct at at;
    int rc = brine__at_read(brine_root(packet), &at);
    if (rc) return rc;
    uint64_t target = a64_load_acquire(&at.rec->target);
    struct walk walk = {.memory = at.pool, .once = true, .fd = -1};
    struct source s = {.pool = at.pool, .walk = &walk, .record = packet.record, .gen = packet.generation};
    if (target) {
        s.record = link_record(target);
        s.gen = link_gen(target);
        if (pool_record_exists(s.pool, s.record) &&
            a64_load_acquire(&pool_record(s.pool, s.record)->word) != WORD(s.gen, REC_SHARED, 0))
            return damaged(&s, "it is a share of a packet that is gone");
    }
    rc = brine__untrusted_open(&s);
    if (!rc) rc = brine__untrusted_children(&s);
    if (!rc) rc = brine__untrusted_root(&s, brine_ref_null(BRINE_ENOENT), 0);
    brine__untrusted_close(&s);
    brine__walk_end(&walk);
    return rc;
}
