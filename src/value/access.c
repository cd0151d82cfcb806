/* SPDX-License-Identifier: Apache-2.0 */
/* value: from refs to cells, and giving a place a new cell. */
#include "value/quick.h"

/* A cell that moved says where it stands now. Bounded: a chain of more hops than a table can grow times
 * is damage. */
static int follow(struct at *at) {
    for (int hops = 0; unlikely(at->cell->type & CELL_MOVED); hops++) {
        uint64_t to = cell_len48(at->cell);
        if (hops > 1000000 || to < at->pool->layout.records || to > at->pool->layout.file_bytes - sizeof(struct cell))
            return brine__fail(BRINE_ECORRUPT, "a moved value leads nowhere");
        at->cell = pool_at(at->pool, to);
    }
    return likely(at->cell->type != CELL_DELETED) ? 0 : brine__fail(BRINE_ENOENT, "the value was deleted");
}

int brine__value_enter(struct at *at) {
    for (int depth = 0; unlikely(at->cell->type == CELL_REF); depth++) {
        struct at outer = *at;
        if (depth == BRINE_MAX_DEPTH)
            return brine__fail(BRINE_EDEPTH, "packets are nested deeper than %d", BRINE_MAX_DEPTH);
        int rc = brine__at_enter(&outer, outer.cell->payload, at);
        if (!rc) rc = follow(at);
        if (rc) return rc;
    }
    return 0;
}

int brine__value_read(brine_ref ref, struct at *at) {
    int rc = brine__at_read(ref, at);
    if (likely(rc == 0)) rc = follow(at);
    return likely(rc == 0) ? brine__value_enter(at) : rc;
}

int brine__value_cell(brine_ref ref, struct at *at) {
    int rc = brine__at_read(ref, at);
    return likely(rc == 0) ? follow(at) : rc;
}

int brine__value_place(brine_ref ref, struct at *at) {
    int rc = brine__at_write(ref, at);
    if (unlikely(rc)) return rc;
    rc = follow(at);
    return likely(rc == 0) ? 0 : brine__stick(at, rc);
}

int brine__value_container(brine_ref ref, brine_type type, struct at *at) {
    int rc = brine__value_place(ref, at);
    if (unlikely(rc)) return rc;
    rc = brine__value_enter(at);
    if (unlikely(rc)) return rc;
    if (unlikely(!at->writable))
        return brine__stick(at, brine__fail(BRINE_ESHARED, "the value is part of a shared packet and so immutable"));
    if (likely(at->cell->type == type)) return at->rec->error;
    return brine__stick(at, brine__fail(BRINE_ETYPE, "the value is a %s, not a %s",
                                        brine_type_name((brine_type)at->cell->type), brine_type_name(type)));
}

static void drop_tab(const struct at *at, const struct cell *cell, int depth) {
    struct tab *t = cell_tab(at, cell);
    for (uint32_t i = 0; t && i < t->used; i++)
        if (tab_hashes(at, t)[i]) brine__cell_drop(at, &tab_entries(at, t)[i].value, depth + 1);
}

void brine__cell_drop(const struct at *at, const struct cell *cell, int depth) {
    if (cell->type == CELL_REF)
        brine__child_drop(at, cell->payload);
    else if (!cell_is_container(cell) || !at->rec->first_child || depth > BRINE_MAX_DEPTH)
        return; /* deeper: freed with the packet */
    else if (cell->type == BRINE_TAB)
        drop_tab(at, cell, depth);
    else {
        struct arr *a = cell_arr(at, cell);
        for (uint64_t i = 0; a && i < a->count; i++) brine__cell_drop(at, arr_cell(at, a, i), depth + 1);
    }
}

void brine__cell_assign(const struct at *at, struct cell value) {
    if (unlikely(at->cell->type >= BRINE_TAB)) {
        struct cell old = *at->cell;
        *at->cell = value;
        brine__cell_drop(at, &old, 0);
    } else {
        *at->cell = value;
    }
}

/* ---- text ---- */

/* One multi-byte sequence as the Unicode standard's table 3-7 allows it: its length, or 0. */
static int sequence(const unsigned char *s, uint64_t left) {
    unsigned char a = s[0], low = 0x80, high = 0xbf;
    int n = a >= 0xc2 && a <= 0xdf ? 2 : (a & 0xf0) == 0xe0 ? 3 : a >= 0xf0 && a <= 0xf4 ? 4 : 0;
    if (n == 0 || (uint64_t)n > left) return 0;
    if (a == 0xe0) low = 0xa0;
    if (a == 0xed) high = 0x9f; /* no surrogates */
    if (a == 0xf0) low = 0x90;
    if (a == 0xf4) high = 0x8f;
    if (s[1] < low || s[1] > high) return 0;
    for (int i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    return n;
}

uint64_t brine__utf8_error(const char *text, uint64_t length) {
    const unsigned char *s = (const unsigned char *)text;
    uint64_t i = 0, word;
    while (i < length) {
        if (length - i >= 8 && (memcpy(&word, s + i, 8), (word & 0x8080808080808080u) == 0)) {
            i += 8;
        } else if (s[i] < 0x80) {
            i++;
        } else {
            int n = sequence(s + i, length - i);
            if (!n) return i + 1;
            i += (uint64_t)n;
        }
    }
    return 0;
}

int brine__cell_make_text(const struct at *at, brine_type type, const void *data, uint64_t length, struct cell *out) {
    uint64_t payload;
    if (length <= INLINE_MAX) {
        payload = short_payload(data, length);
    } else {
        if (length >> 48)
            return brine__stick(
                at, brine__fail(BRINE_ENOMEM, "a text of %llu bytes is too long", (unsigned long long)length));
        char *room = brine__arena_alloc(at, length + 1, 1);
        if (!room) return BRINE_ENOMEM;
        memcpy(room, data, length);
        room[length] = 0;
        payload = pool_offset(at->pool, room);
    }
    cell_put(out, text_head((uint8_t)type, length), payload);
    return 0;
}
