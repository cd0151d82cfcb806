/* SPDX-License-Identifier: Apache-2.0 */
/* region: the layout that belongs to a size, and headers. */
#ifndef BRINE_REGION_LAYOUT_OF_H
#define BRINE_REGION_LAYOUT_OF_H

#include <stdbool.h>

#include "region/layout.h"

/* Where everything stands in a pool of max_bytes: a pure function, so that a header can be checked
 * against it. */
struct layout brine__layout_of(uint64_t max_bytes);

/* Fills in the immutable part of a zeroed header. */
int brine__header_write(struct header *h, const char *name, uint64_t max_bytes);

/* True if the file begins as a pool does, of whatever version. */
bool brine__is_pool(int fd);

/* Judges a private copy of a header: 0, BRINE_EFOREIGN, BRINE_EVERSION or BRINE_ECORRUPT. */
int brine__header_judge(const struct header *h, uint64_t file_bytes, const char *path);

#endif
