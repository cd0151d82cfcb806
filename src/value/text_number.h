/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: numbers as text, both ways, without regard to the process's locale.
 *
 * Printing gives the fewest digits that read back as the same number, nearest to it among those, laid
 * out as Python's repr does: 1.0, 0.0001, 1e-05, 1e+16, inf, nan.
 */
#ifndef BRINE_VALUE_TEXT_NUMBER_H
#define BRINE_VALUE_TEXT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT = 40 }; /* room for any of the texts below; not NUL-terminated */

/* Each gives the length. `whole`: what to do with a number without a fraction or an exponent. */
enum whole { WHOLE_DOT_ZERO, WHOLE_BARE };
size_t brine__double_text(double f, enum whole whole, char *text);
size_t brine__float_text(float f, enum whole whole, char *text);
size_t brine__half_text(uint16_t half, enum whole whole, char *text);
size_t brine__uint_text(uint64_t u, char *text);
size_t brine__int64_text(int64_t i, char *text);

/* Reads digits[.digits][e[+-]digits], one of the digit groups possibly empty, underscores ignored; the
 * caller has checked the spelling. Rounded to nearest; false if that is infinite. */
bool brine__text_double(const char *text, size_t length, double *f);
bool brine__text_float(const char *text, size_t length, float *f);
bool brine__text_half(const char *text, size_t length, uint16_t *half);

double brine__half_double(uint16_t half);
/* Rounded to nearest, ties to even; too large gives infinity. */
uint16_t brine__double_half(double f);

#endif
