/* SPDX-License-Identifier: Apache-2.0 */
/* value: equality as Python's, and a total order for sorting. */
#include <stdlib.h>

#include "value/cell.h"
#include "value/ndarray.h"

static struct at into(const struct at *at, struct cell *cell) {
    struct at in = *at;
    in.cell = cell;
    if (brine__value_enter(&in)) in.cell = NULL;
    return in;
}

static bool text_equal(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y) {
    uint64_t m, n;
    const char *s = cell_text(a, x, &m), *t = cell_text(b, y, &n);
    return m == n && memcmp(s, t, m) == 0;
}

static bool arr_equal(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth) {
    struct arr *s = cell_arr(a, x), *t = cell_arr(b, y);
    uint64_t n = s ? s->count : 0;
    if (n != (t ? t->count : 0)) return false;
    for (uint64_t i = 0; i < n; i++)
        if (!brine__cells_equal(a, arr_cell(a, s, i), b, arr_cell(b, t, i), depth + 1)) return false;
    return true;
}

static bool tab_equal(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth) {
    struct tab *s = cell_tab(a, x), *t = cell_tab(b, y);
    bool ordered = (x->n & BRINE_ORDERED) && (y->n & BRINE_ORDERED);
    uint32_t n = s ? s->live : 0, k = 0;
    struct key key;
    if (n != (t ? t->live : 0)) return false;
    for (uint32_t i = 0; n && i < s->used; i++) {
        if (!tab_hashes(a, s)[i]) continue;
        struct entry *e = &tab_entries(a, s)[i], *f;
        if (ordered) {
            while (!tab_hashes(b, t)[k]) k++;
            f = &tab_entries(b, t)[k++];
            if (!brine__cells_equal(a, &e->key, b, &f->key, depth + 1)) return false;
        } else {
            if (brine__key_of_cell(b->pool, a, &e->key, &key)) return false;
            if (!(f = brine__tab_find(b, t, &key))) return false;
        }
        if (!brine__cells_equal(a, &e->value, b, &f->value, depth + 1)) return false;
    }
    return true;
}

bool brine__cells_equal(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth) {
    struct number m, n;
    if (depth > BRINE_MAX_DEPTH) return false;
    struct at p = into(a, (struct cell *)(uintptr_t)x), q = into(b, (struct cell *)(uintptr_t)y);
    if (!p.cell || !q.cell) return false;
    x = p.cell;
    y = q.cell;
    if (brine__number_of(&p, x, &m)) return brine__number_of(&q, y, &n) && brine__number_equal(&m, &n);
    if (x->type != y->type) return false;
    switch (x->type) {
    case BRINE_NONE: return true;
    case BRINE_STR:
    case BRINE_BYTES: return text_equal(&p, x, &q, y);
    case BRINE_ARR:
    case BRINE_TUP: return arr_equal(&p, x, &q, y, depth);
    case BRINE_TAB: return tab_equal(&p, x, &q, y, depth);
    case BRINE_ARRAY: return brine__ndarray_order(&p, &q, true) == 0;
    default: return false;
    }
}

bool brine_equal(brine_ref a, brine_ref b) {
    struct at x, y;
    return brine__value_read(a, &x) == 0 && brine__value_read(b, &y) == 0 &&
           brine__cells_equal(&x, x.cell, &y, y.cell, 0);
}

/* ---- order ---- */

static int compare_cells(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth,
                         int *order);

static int rank(uint8_t type) {
    switch (type) {
    case BRINE_NONE: return 0;
    case BRINE_STR: return 2;
    case BRINE_BYTES: return 3;
    case BRINE_TUP: return 4;
    case BRINE_ARR: return 5;
    case BRINE_ARRAY: return 6;
    case BRINE_TAB: return 7;
    default: return 1; /* numbers */
    }
}

static int text_order(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y) {
    uint64_t m, n;
    const char *s = cell_text(a, x, &m), *t = cell_text(b, y, &n);
    int order = memcmp(s, t, m < n ? m : n); /* UTF-8 sorts as its code points do */
    return order ? (order < 0 ? -1 : 1) : (m > n) - (m < n);
}

static int arr_order(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth,
                     int *order) {
    struct arr *s = cell_arr(a, x), *t = cell_arr(b, y);
    uint64_t m = s ? s->count : 0, n = t ? t->count : 0;
    for (uint64_t i = 0; i < m && i < n; i++) {
        int rc = compare_cells(a, arr_cell(a, s, i), b, arr_cell(b, t, i), depth + 1, order);
        if (rc || *order) return rc;
    }
    *order = (m > n) - (m < n);
    return 0;
}

struct sorting {
    const struct at *at;
    int depth, status;
};

static int by_key(const void *x, const void *y, void *context) {
    struct sorting *s = context;
    const struct entry *const *e = x, *const *f = y;
    int order = 0, rc = compare_cells(s->at, &(*e)->key, s->at, &(*f)->key, s->depth + 1, &order);
    if (rc) s->status = rc;
    return order;
}

static int sorted_entries(const struct at *at, struct tab *t, int depth, struct entry ***out) {
    struct sorting s = {at, depth, 0};
    uint32_t n = 0;
    struct entry **all = malloc(((t ? t->live : 0) + 1) * sizeof *all);
    if (!all) return brine__fail(BRINE_ENOMEM, "no memory to sort a tab");
    for (uint32_t i = 0; t && i < t->used && n < t->live; i++)
        if (tab_hashes(at, t)[i]) all[n++] = &tab_entries(at, t)[i];
    qsort_r(all, n, sizeof *all, by_key, &s);
    if (s.status)
        free(all);
    else
        *out = all;
    return s.status;
}

static int tab_order(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth,
                     int *order) {
    struct tab *s = cell_tab(a, x), *t = cell_tab(b, y);
    uint32_t m = s ? s->live : 0, n = t ? t->live : 0;
    struct entry **e = NULL, **f = NULL;
    int rc = sorted_entries(a, s, depth, &e);
    if (!rc) rc = sorted_entries(b, t, depth, &f);
    *order = 0;
    for (uint32_t i = 0; !rc && !*order && i < m && i < n; i++) {
        rc = compare_cells(a, &e[i]->key, b, &f[i]->key, depth + 1, order);
        if (!rc && !*order) rc = compare_cells(a, &e[i]->value, b, &f[i]->value, depth + 1, order);
    }
    if (!*order) *order = (m > n) - (m < n);
    free(e);
    free(f);
    return rc;
}

static int compare_cells(const struct at *a, const struct cell *x, const struct at *b, const struct cell *y, int depth,
                         int *order) {
    struct number m, n;
    if (depth > BRINE_MAX_DEPTH)
        return brine__fail(BRINE_EDEPTH, "the values are nested deeper than %d", BRINE_MAX_DEPTH);
    struct at p = into(a, (struct cell *)(uintptr_t)x), q = into(b, (struct cell *)(uintptr_t)y);
    if (!p.cell || !q.cell) return BRINE_ECORRUPT;
    int r = rank(p.cell->type), s = rank(q.cell->type);
    *order = (r > s) - (r < s);
    if (*order || r == 0) return 0;
    if (r == 1) {
        if (!brine__number_of(&p, p.cell, &m) || !brine__number_of(&q, q.cell, &n))
            return brine__fail(BRINE_ECORRUPT, "a value has an unknown type");
        *order = brine__number_order(&m, &n);
        return 0;
    }
    if (r <= 3)
        *order = text_order(&p, p.cell, &q, q.cell);
    else if (r == 6)
        *order = brine__ndarray_order(&p, &q, false);
    else
        return r == 7 ? tab_order(&p, p.cell, &q, q.cell, depth, order)
                      : arr_order(&p, p.cell, &q, q.cell, depth, order);
    return 0;
}

int brine_compare(brine_ref a, brine_ref b, int *order) {
    struct at x, y;
    int out, rc = brine__value_read(a, &x);
    if (!rc) rc = brine__value_read(b, &y);
    if (!rc) rc = compare_cells(&x, x.cell, &y, y.cell, 0, &out);
    if (!rc) *order = out;
    return rc;
}
