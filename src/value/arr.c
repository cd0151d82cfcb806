/* SPDX-License-Identifier: Apache-2.0 */
/* value: arrs and tups. See struct arr in cell.h. */
#include "value/quick.h"

struct arr *brine__arr_header(const struct at *at, struct cell *cell) {
    if (likely(cell->payload)) return pool_at(at->pool, cell->payload);
    struct arr *a = arena_alloc(at, sizeof *a, 8);
    if (!a) return NULL;
    *a = (struct arr){0};
    cell->payload = pool_offset(at->pool, a);
    return a;
}

/* Room for n elements in the list. */
static int reserve(const struct at *at, struct arr *a, uint64_t n) {
    if (n <= a->capacity) return 0;
    if (n >> 40)
        return brine__stick(at,
                            brine__fail(BRINE_ENOMEM, "an arr of %llu elements is too long", (unsigned long long)n));
    uint64_t *to = arena_alloc(at, n * sizeof *to, 8);
    if (!to) return BRINE_ENOMEM;
    if (a->count) memcpy(to, arr_items(at, a), a->count * sizeof *to);
    a->items = pool_offset(at->pool, to);
    a->capacity = n;
    return 0;
}

/* Cells that no element has had yet: at least one. */
static int refresh(const struct at *at, struct arr *a, uint64_t n) {
    if (a->spare) return 0;
    struct cell *cells = arena_alloc(at, n * sizeof *cells, 8);
    if (!cells) return BRINE_ENOMEM;
    a->fresh = pool_offset(at->pool, cells);
    a->spare = n;
    return 0;
}

static struct cell *next_cell(const struct at *at, struct arr *a, uint64_t *offset) {
    struct cell *cell = pool_at(at->pool, a->fresh);
    *offset = a->fresh;
    a->fresh += sizeof *cell;
    a->spare--;
    *cell = (struct cell){0};
    return cell;
}

int brine__arr_fill(const struct at *at, struct arr *a, uint64_t n) {
    if (reserve(at, a, n) || refresh(at, a, n)) return BRINE_ENOMEM;
    for (uint64_t i = 0; i < n; i++) next_cell(at, a, &arr_items(at, a)[i]);
    a->count = n;
    return 0;
}

/* Index from the end if negative; false: outside 0..limit-1. */
static bool normalize(ptrdiff_t index, uint64_t count, uint64_t limit, uint64_t *out) {
    if (index < 0) index += (ptrdiff_t)count;
    *out = (uint64_t)index;
    return index >= 0 && (uint64_t)index < limit;
}

static int outside(ptrdiff_t index, uint64_t count) {
    return brine__fail(BRINE_ENOENT, "index %td is outside an arr of %llu elements", index, (unsigned long long)count);
}

brine_ref brine_at(brine_ref arr, ptrdiff_t index) {
    struct at at;
    uint64_t i;
    int rc = value_read(arr, &at);
    if (rc) return brine_ref_null(rc);
    if (at.cell->type != BRINE_ARR && at.cell->type != BRINE_TUP)
        return brine_ref_null(brine__fail(BRINE_ETYPE, "the value is a %s, not an arr or tup",
                                          brine_type_name((brine_type)at.cell->type)));
    struct arr *a = cell_arr(&at, at.cell);
    uint64_t count = a ? a->count : 0;
    if (!normalize(index, count, count, &i)) return brine_ref_null(outside(index, count));
    return at_ref(&at, arr_cell(&at, a, i));
}

static brine_ref insert_at(const struct at *at, ptrdiff_t index, bool end) {
    struct arr *a = brine__arr_header(at, at->cell);
    uint64_t i;
    if (!a) return brine_ref_null(BRINE_ENOMEM);
    if (end)
        i = a->count;
    else if (!normalize(index, a->count, a->count + 1, &i))
        return brine_ref_null(brine__stick(at, outside(index, a->count)));
    uint64_t room = a->capacity ? a->capacity * 2 : 4;
    if (unlikely(a->count == a->capacity) && reserve(at, a, room)) return brine_ref_null(BRINE_ENOMEM);
    if (unlikely(!a->spare) && refresh(at, a, a->count < 4 ? 4 : a->count)) return brine_ref_null(BRINE_ENOMEM);
    uint64_t *items = arr_items(at, a), offset;
    struct cell *cell = next_cell(at, a, &offset);
    if (i < a->count) memmove(&items[i + 1], &items[i], (a->count - i) * sizeof *items);
    items[i] = offset;
    a->count++;
    a->version++;
    return at_ref(at, cell);
}

brine_ref brine_push(brine_ref arr) {
    struct at at;
    int rc = value_container(arr, BRINE_ARR, &at);
    return likely(rc == 0) ? insert_at(&at, 0, true) : brine_ref_null(rc);
}

brine_ref brine_insert(brine_ref arr, ptrdiff_t index) {
    struct at at;
    int rc = brine__value_container(arr, BRINE_ARR, &at);
    return rc ? brine_ref_null(rc) : insert_at(&at, index, false);
}

int brine_delete_at(brine_ref arr, ptrdiff_t index) {
    struct at at;
    uint64_t i;
    int rc = brine__value_container(arr, BRINE_ARR, &at);
    if (rc) return rc;
    struct arr *a = cell_arr(&at, at.cell);
    uint64_t count = a ? a->count : 0;
    if (!normalize(index, count, count, &i)) return outside(index, count);
    struct cell *cell = arr_cell(&at, a, i), old = *cell;
    uint64_t *items = arr_items(&at, a);
    cell->type = CELL_DELETED; /* for refs to it; inline text stays where it is */
    memmove(&items[i], &items[i + 1], (count - 1 - i) * sizeof *items);
    a->count--;
    a->version++;
    brine__cell_drop(&at, &old, 0);
    return 0;
}

int brine_clear(brine_ref container) {
    struct at at;
    int rc = brine__value_place(container, &at);
    if (!rc) rc = brine__value_enter(&at);
    if (rc) return rc;
    if (!at.writable) return brine__fail(BRINE_ESHARED, "the value is part of a shared packet and so immutable");
    if (at.cell->type != BRINE_TAB && at.cell->type != BRINE_ARR)
        return brine__stick(
            &at, brine__fail(BRINE_ETYPE, "a %s cannot be cleared", brine_type_name((brine_type)at.cell->type)));
    brine__cell_drop(&at, at.cell, 0);
    if (at.cell->type == BRINE_TAB && at.cell->payload) {
        struct tab *t = cell_tab(&at, at.cell);
        for (uint32_t i = 0; i < t->used; i++)
            tab_entries(&at, t)[i].value.type = tab_entries(&at, t)[i].key.type = CELL_DELETED;
        *t = (struct tab){.version = t->version + 1};
    } else if (at.cell->payload) {
        struct arr *a = cell_arr(&at, at.cell);
        for (uint64_t i = 0; i < a->count; i++) arr_cell(&at, a, i)->type = CELL_DELETED;
        a->count = 0;
        a->version++;
    }
    return 0;
}
