/* SPDX-License-Identifier: Apache-2.0 */
/* value: the names of nd-array element types in text: numpy's ("f8", "float64") and the seed's letters ('d'). */
#ifndef BRINE_VALUE_TEXT_DTYPE_H
#define BRINE_VALUE_TEXT_DTYPE_H

#include <stdbool.h>

#include <brine/value.h>

/* Static text. A type that the seed has no letter for is given by numpy's name either way. */
const char *brine__dtype_text(brine_type dtype, bool seed);
/* BRINE_INVALID if the text names none. A leading '<', '=' or '|' (this machine's byte order) is fine. */
brine_type brine__text_dtype(const char *text, size_t length);

#endif
