/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: deep copies. A copy is built apart and attached by its last step, so copying a value into its own
 * inside gives it as it was.
 */
#include "packet/packet.h"
#include "value/ndarray.h"

static int copy_tab(const struct at *to, const struct at *from, const struct cell *cell, struct cell *out, int depth) {
    struct tab *s = cell_tab(from, cell);
    struct cell made = {.type = BRINE_TAB, .n = cell->n}, key;
    if (s && s->live) {
        struct tab *t = brine__tab_header(to, &made, s->live);
        if (!t || brine__tab_reserve(to, t, s->live)) return BRINE_ENOMEM;
        for (uint32_t i = 0, used = s->used; i < used; i++) {
            struct entry *e = &tab_entries(from, s)[i];
            uint32_t hash = tab_hashes(from, s)[i];
            struct key k;
            if (!hash) continue;
            int rc = brine__cell_copy(to, from, &e->key, &key, depth + 1);
            if (!rc && to->pool != from->pool && (rc = brine__key_of_cell(to->pool, to, &key, &k)) == 0)
                hash = k.hash; /* another seed */
            if (rc) return rc;
            struct entry *added = brine__tab_add(to, t, hash, key);
            if (!added) return BRINE_ENOMEM;
            rc = brine__cell_copy(to, from, &e->value, &added->value, depth + 1);
            if (rc) return rc;
        }
    }
    *out = made;
    return 0;
}

static int copy_arr(const struct at *to, const struct at *from, const struct cell *cell, struct cell *out, int depth) {
    struct arr *s = cell_arr(from, cell);
    struct cell made = {.type = cell->type};
    uint64_t count = s ? s->count : 0;
    if (count) {
        struct arr *a = brine__arr_header(to, &made);
        if (!a || brine__arr_fill(to, a, count)) return BRINE_ENOMEM;
        for (uint64_t i = 0; i < count; i++) {
            int rc = brine__cell_copy(to, from, arr_cell(from, s, i), arr_cell(to, a, i), depth + 1);
            if (rc) return rc;
        }
    }
    *out = made;
    return 0;
}

static int copy_bytes(const struct at *to, const struct at *from, const struct cell *cell, uint64_t bytes,
                      struct cell *out) {
    void *room = brine__arena_alloc(to, bytes, 8);
    if (!room) return BRINE_ENOMEM;
    const void *source =
        cell->type == CELL_KEY_C128 ? (const void *)(uintptr_t)cell->payload : pool_at(from->pool, cell->payload);
    memcpy(room, source, bytes);
    struct cell made = *cell;
    made.payload = pool_offset(to->pool, room);
    if (made.type == CELL_KEY_C128) made.type = BRINE_C128;
    *out = made;
    return 0;
}

static int copy_ndarray(const struct at *to, const struct at *from, const struct cell *cell, struct cell *out) {
    struct at source = *from;
    brine_array like;
    void *data;
    source.cell = (struct cell *)(uintptr_t)cell;
    brine__ndarray_view(&source, &like);
    int rc = brine__ndarray_make(to, &like, out, &data);
    if (!rc && like.bytes) memcpy(data, like.data, like.bytes);
    return rc;
}

/* A value that is a packet of its own: a share is shared again, an owned packet is copied into an owned
 * packet. */
static int copy_ref(const struct at *to, const struct at *from, const struct cell *cell, struct cell *out, int depth) {
    struct at outer = *from, in, child;
    uint64_t link;
    brine_packet clone;
    outer.cell = (struct cell *)(uintptr_t)cell;
    if (to->pool == from->pool && brine__link_clone(from, cell->payload, &clone) == 0) {
        int rc = brine__child_adopt(to, clone, &link);
        if (rc)
            brine_packet_free(clone);
        else
            *out = (struct cell){.type = CELL_REF, .payload = link};
        return rc;
    }
    in = outer;
    int rc = brine__value_enter(&in);
    if (rc) return rc;
    if (in.cell->type == BRINE_ARRAY) return copy_ndarray(to, &in, in.cell, out);
    rc = brine__child_new(to, 0, &child, &link);
    if (rc) return rc;
    rc = brine__cell_copy(&child, &in, in.cell, child.cell, depth + 1);
    if (rc)
        brine__child_drop(to, link);
    else
        *out = (struct cell){.type = CELL_REF, .payload = link};
    return rc;
}

int brine__cell_copy(const struct at *to, const struct at *from, const struct cell *cell, struct cell *out, int depth) {
    uint64_t length;
    const char *text;
    if (depth > BRINE_MAX_DEPTH)
        return brine__fail(BRINE_EDEPTH, "the value is nested deeper than %d", BRINE_MAX_DEPTH);
    switch (cell->type) {
    case BRINE_STR:
    case BRINE_BYTES:
        text = cell_text(from, cell, &length);
        return brine__cell_make_text(to, (brine_type)cell->type, text, length, out);
    case BRINE_C128:
    case CELL_KEY_C128: return copy_bytes(to, from, cell, 16, out);
    case BRINE_BIGINT:
        if (cell_len48(cell)) return copy_bytes(to, from, cell, cell_len48(cell) * 8, out);
        break;
    case BRINE_TAB: return copy_tab(to, from, cell, out, depth);
    case BRINE_ARR:
    case BRINE_TUP: return copy_arr(to, from, cell, out, depth);
    case BRINE_ARRAY: return copy_ndarray(to, from, cell, out);
    case CELL_REF: return copy_ref(to, from, cell, out, depth);
    default: break;
    }
    *out = *cell;
    return 0;
}

/* rc: how looking up `from` went; a failure sticks. */
static int copy_to(brine_ref place, const struct at *from, int rc) {
    struct at to;
    struct cell made = {0};
    int failed = brine__value_place(place, &to);
    if (failed) return failed;
    if (!rc) rc = brine__cell_copy(&to, from, from->cell, &made, 0);
    if (rc) return brine__stick(&to, rc);
    brine__cell_assign(&to, made);
    return 0;
}

int brine_assign_copy(brine_ref place, brine_ref value) {
    struct at from;
    int rc = brine__value_cell(value, &from); /* a place that is a share is shared again */
    return copy_to(place, &from, rc);
}

/* ---- packets ---- */

int brine_packet_copy(brine_ref value, brine_pool *pool, brine_packet *copy) {
    struct at from;
    brine_packet p;
    int rc = brine__value_read(value, &from);
    if (!rc) rc = brine_packet_new(pool, &p);
    if (rc) return rc;
    rc = copy_to(brine_root(p), &from, 0);
    if (rc)
        brine_packet_free(p);
    else
        *copy = p;
    return rc;
}

int brine_packet_own(brine_packet *packet) {
    struct held h;
    brine_packet copy;
    int rc = brine__held(*packet, &h);
    if (rc || !is_token(h.rec) || brine__token_own(&h, packet)) return rc;
    rc = brine_packet_copy(brine_root(*packet), h.pool, &copy);
    if (rc) return rc;
    brine_packet_free(*packet);
    *packet = copy;
    return 0;
}

int brine_packet_compact(brine_packet *packet) {
    struct held h;
    brine_packet copy;
    int rc = brine__held(*packet, &h);
    if (!rc && is_token(h.rec))
        rc = brine__fail(BRINE_ESHARED, "a shared packet cannot be compacted; brine_packet_own gives a changeable one");
    if (!rc) rc = h.rec->error;
    if (!rc) rc = brine_packet_copy(brine_root(*packet), h.pool, &copy);
    if (rc) return rc;
    brine_packet_free(*packet);
    *packet = copy;
    return 0;
}
