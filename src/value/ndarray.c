/* SPDX-License-Identifier: Apache-2.0 */
/* value: nd-arrays. */
#include "value/ndarray.h"
#include "value/quick.h"

#include <math.h>

#define OWN_PACKET_BYTES 32768 /* larger ones get a packet of their own, so that taking one out is O(1) */
#define ELEMENTS_ALIGN 64
#define BYTES_MAX ((uint64_t)1 << 47)

void brine__ndarray_view(const struct at *at, brine_array *out) {
    const struct ndarray *d = cell_ndarray(at, at->cell);
    out->dtype = d->dtype;
    out->ndim = (int32_t)d->ndim;
    out->item_bytes = d->item_bytes;
    out->count = d->count;
    out->bytes = d->count * d->item_bytes;
    out->data = out->bytes ? pool_at(at->pool, d->data) : NULL;
    out->format = d->format ? pool_at(at->pool, d->format) : NULL;
    out->writable = at->writable;
    for (uint32_t i = 0; i < d->ndim && i < BRINE_MAX_DIMS; i++) {
        out->shape[i] = d->dims[i];
        out->strides[i] = (ptrdiff_t)d->dims[d->ndim + i];
    }
}

/* A large array that is the whole of its packet: the usual case of brine__value_enter. */
static bool own_packet_at_hand(brine_ref value, struct at *at) {
    if (!cell_at_hand(value, at) || at->cell->type != CELL_REF) return false;
    uint64_t link = at->cell->payload;
    bool writable = a64_load_relaxed(&at->rec->target) == 0;
    if (link_record(link) >= a32_load_relaxed(&at->pool->record_limit)) return false;
    struct record *child = pool_record(at->pool, link_record(link));
    uint64_t w = a64_load_acquire(&child->word);
    if (word_gen(w) != link_gen(link) || word_state(w) != REC_CHILD || a64_load_relaxed(&child->target) != 0)
        return false;
    at->rec = child, at->cell = &child->root, at->record = link_record(link), at->generation = link_gen(link),
    at->writable = writable;
    return true;
}

int brine_as_array(brine_ref value, brine_array *out) {
    struct at at;
    if (unlikely(own_packet_at_hand(value, &at)) && at.cell->type == BRINE_ARRAY) {
        brine__ndarray_view(&at, out);
        return 0;
    }
    int rc = value_read(value, &at);
    if (unlikely(rc)) return rc;
    if (at.cell->type != BRINE_ARRAY)
        return brine__fail(BRINE_ETYPE, "the value is a %s, not an nd-array",
                           brine_type_name((brine_type)at.cell->type));
    brine__ndarray_view(&at, out);
    return 0;
}

/* ---- making ---- */

static uint64_t descriptor_bytes(uint32_t ndim) { return sizeof(struct ndarray) + (uint64_t)ndim * 16; }

/* Counts the elements and fills in row-major strides; false: too many. */
static bool measure(brine_array *a) {
    uint64_t count = 1, bytes, stride = a->item_bytes;
    for (int i = 0; i < a->ndim; i++)
        if (__builtin_mul_overflow(count, a->shape[i], &count)) return false;
    if (__builtin_mul_overflow(count, a->item_bytes, &bytes) || bytes > BYTES_MAX) return false;
    a->count = count;
    a->bytes = bytes;
    for (int i = a->ndim; i-- > 0;) {
        a->strides[i] = (ptrdiff_t)stride;
        if (a->shape[i] && __builtin_mul_overflow(stride, a->shape[i], &stride)) return count == 0;
    }
    return true;
}

static int fill_in(const struct at *in, const brine_array *like, void **data) {
    struct ndarray *d = brine__arena_alloc(in, descriptor_bytes((uint32_t)like->ndim), 8);
    char *elements = d ? brine__arena_alloc(in, like->bytes ? like->bytes : 1, ELEMENTS_ALIGN) : NULL;
    char *format = NULL;
    if (!elements) return BRINE_ENOMEM;
    if (like->format) {
        size_t n = strlen(like->format) + 1;
        if (!(format = brine__arena_alloc(in, n, 1))) return BRINE_ENOMEM;
        memcpy(format, like->format, n);
    }
    *d = (struct ndarray){
        .dtype = like->dtype, .ndim = (uint32_t)like->ndim, .item_bytes = like->item_bytes, .count = like->count};
    d->data = pool_offset(in->pool, elements);
    d->format = format ? pool_offset(in->pool, format) : 0;
    for (int i = 0; i < like->ndim; i++) {
        d->dims[i] = like->shape[i];
        d->dims[like->ndim + i] = (uint64_t)like->strides[i];
    }
    cell_put(in->cell, BRINE_ARRAY, pool_offset(in->pool, d));
    *data = elements;
    return 0;
}

int brine__ndarray_make(const struct at *at, const brine_array *like, struct cell *cell, void **data) {
    struct at in = *at;
    uint64_t link;
    if (like->bytes <= OWN_PACKET_BYTES) {
        in.cell = cell;
        return fill_in(&in, like, data);
    }
    uint64_t room = descriptor_bytes((uint32_t)like->ndim) + like->bytes + 2 * ELEMENTS_ALIGN +
                    (like->format ? strlen(like->format) + 1 : 0);
    int rc = brine__child_new(at, room, &in, &link);
    if (rc) return rc;
    rc = fill_in(&in, like, data);
    if (rc)
        brine__child_drop(at, link);
    else
        cell_put(cell, CELL_REF, link);
    return rc ? brine__stick(at, rc) : 0;
}

static int assign(brine_ref place, brine_array *like, unsigned flags, void **data) {
    struct at at;
    struct cell cell;
    void *elements;
    int rc = value_place(place, &at);
    if (rc) return rc;
    if (flags & ~BRINE_ARRAY_UNINIT)
        rc = brine__fail(BRINE_EINVAL, "unknown nd-array flags 0x%x", flags);
    else if (!measure(like))
        rc = brine__fail(BRINE_ENOMEM, "an nd-array of this shape has more than 2^47 bytes");
    else
        rc = brine__ndarray_make(&at, like, &cell, &elements);
    if (rc) return brine__stick(&at, rc);
    cell_assign(&at, cell);
    if (!(flags & BRINE_ARRAY_UNINIT)) memset(elements, 0, like->bytes);
    if (data) *data = elements;
    return 0;
}

static int shape_of(brine_ref place, brine_array *like, int ndim, const size_t *shape) {
    struct at at;
    int rc = 0;
    if (ndim < 0 || ndim > BRINE_MAX_DIMS)
        rc = brine__fail(BRINE_EINVAL, "%d dimensions; 0 to %d are possible", ndim, BRINE_MAX_DIMS);
    else if (ndim && !shape)
        rc = brine__fail(BRINE_EINVAL, "the shape is NULL");
    if (rc) return brine__value_place(place, &at) ? rc : brine__stick(&at, rc);
    like->ndim = ndim;
    for (int i = 0; i < ndim; i++) like->shape[i] = shape[i];
    return 0;
}

int brine_assign_array(brine_ref place, brine_type dtype, int ndim, const size_t *shape, unsigned flags, void **data) {
    brine_array like = {.dtype = (uint32_t)dtype, .item_bytes = dtype == BRINE_RAW ? 0 : brine_type_size(dtype)};
    struct at at;
    if (like.item_bytes == 0) {
        int rc = brine__fail(BRINE_EINVAL, "nd-arrays of %s are not possible", brine_type_name(dtype));
        return brine__value_place(place, &at) ? rc : brine__stick(&at, rc);
    }
    int rc = shape_of(place, &like, ndim, shape);
    return rc ? rc : assign(place, &like, flags, data);
}

int brine_assign_array_raw(brine_ref place, const char *format, size_t item_bytes, int ndim, const size_t *shape,
                           unsigned flags, void **data) {
    brine_array like = {.dtype = BRINE_RAW, .item_bytes = item_bytes, .format = format ? format : ""};
    struct at at;
    if (item_bytes == 0) {
        int rc = brine__fail(BRINE_EINVAL, "items of 0 bytes");
        return brine__value_place(place, &at) ? rc : brine__stick(&at, rc);
    }
    int rc = shape_of(place, &like, ndim, shape);
    return rc ? rc : assign(place, &like, flags, data);
}

/* ---- comparing ---- */

static double half_to_double(uint16_t h) {
    int exponent = h >> 10 & 31;
    double m = h & 1023, v = exponent == 0    ? ldexp(m, -24)
                             : exponent == 31 ? (m != 0 ? NAN : INFINITY)
                                              : ldexp(m + 1024, exponent - 25);
    return h & 0x8000 ? -v : v;
}

/* Element i (in row-major order) as a number; false for RAW. The strides are row-major. */
static bool element(const brine_array *a, uint64_t i, struct number *n) {
    const char *p = (const char *)a->data + i * a->item_bytes;
    struct cell c = {.type = (uint8_t)a->dtype};
    uint16_t half;
    int64_t wide = 0;
    switch (a->dtype) {
    case BRINE_RAW: return false;
    case BRINE_F16:
        memcpy(&half, p, 2);
        brine__number_of_double(half_to_double(half), n);
        return true;
    case BRINE_C128:
        c.type = CELL_KEY_C128;
        c.payload = (uint64_t)(uintptr_t)p;
        break;
    default:
        memcpy(&wide, p, a->item_bytes);
        if (a->dtype == BRINE_I8) wide = (int8_t)wide;
        if (a->dtype == BRINE_I16) wide = (int16_t)wide;
        if (a->dtype == BRINE_I32) wide = (int32_t)wide;
        c.payload = (uint64_t)wide;
    }
    return brine__number_of(NULL, &c, n);
}

static bool bytes_decide(const brine_array *x, const brine_array *y) {
    bool exact = x->dtype == BRINE_RAW || x->dtype == BRINE_BOOL || is_integer_type((uint8_t)x->dtype);
    return x->dtype == y->dtype && x->item_bytes == y->item_bytes && exact;
}

static int elements_order(const brine_array *x, const brine_array *y, bool equality) {
    struct number m, n;
    uint64_t count = x->count < y->count ? x->count : y->count;
    if (count && bytes_decide(x, y) && (equality || x->dtype == BRINE_RAW || x->dtype == BRINE_U8)) {
        int order = memcmp(x->data, y->data, count * x->item_bytes);
        return (order > 0) - (order < 0);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!element(x, i, &m) || !element(y, i, &n))
            return x->dtype == BRINE_RAW ? (y->dtype == BRINE_RAW ? 0 : 1) : -1;
        if (equality ? brine__number_equal(&m, &n) : brine__number_order(&m, &n) == 0) continue;
        return equality ? 1 : brine__number_order(&m, &n);
    }
    return 0;
}

int brine__ndarray_order(const struct at *a, const struct at *b, bool equality) {
    brine_array x, y;
    brine__ndarray_view(a, &x);
    brine__ndarray_view(b, &y);
    if (equality && (x.ndim != y.ndim || (x.ndim && memcmp(x.shape, y.shape, (size_t)x.ndim * sizeof *x.shape) != 0)))
        return 1;
    if (equality && (x.dtype == BRINE_RAW || y.dtype == BRINE_RAW) &&
        (x.dtype != y.dtype || x.item_bytes != y.item_bytes || strcmp(x.format, y.format) != 0))
        return 1;
    int order = elements_order(&x, &y, equality);
    if (order) return order;
    if (x.count != y.count) return x.count < y.count ? -1 : 1;
    if (x.ndim != y.ndim) return x.ndim < y.ndim ? -1 : 1;
    for (int i = 0; i < x.ndim; i++)
        if (x.shape[i] != y.shape[i]) return x.shape[i] < y.shape[i] ? -1 : 1;
    return 0;
}
