/* SPDX-License-Identifier: Apache-2.0 */
/* value: nd-arrays below the refs. */
#ifndef BRINE_VALUE_NDARRAY_H
#define BRINE_VALUE_NDARRAY_H

#include "value/cell.h"

/* The descriptor of an nd-array cell. */
static inline struct ndarray *cell_ndarray(const struct at *at, const struct cell *c) {
    return pool_at(at->pool, c->payload);
}
/* -1, 0, 1 by elements, then shape. With `equality`: 0 iff equal (NaN is not), anything else if not. */
int brine__ndarray_order(const struct at *a, const struct at *b, bool equality);
/* A new nd-array in the arena of at->rec (or as an owned packet if it is large): *cell is for the place,
 * *data its elements, uninitialised. */
int brine__ndarray_make(const struct at *at, const brine_array *like, struct cell *cell, void **data);
void brine__ndarray_view(const struct at *at, brine_array *out);

#endif
