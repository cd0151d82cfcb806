/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in and out: Python literals and JSON.
 *
 * Literals: None True False, integers of any size (0x 0o 0b, underscores, the seed's L suffix),
 * floats (inf and nan as words), complex (1+2j), '...' "..." and triple-quoted str with Python's
 * escapes (but \N{name}), raw strings r'...', b'...' bytes, {...} dict, o{...} ordered tab, [...] list,
 * (...) tuple, # comments. Adjacent strings join. A key that comes twice: the last value wins, at the
 * place of the first. Widths are not spelled: an int8 prints as 5 and reads back as int64, a float32
 * prints with the digits that tell it from other float32.
 *
 * nd-arrays: array([[1, 2], [3, 4]], 'i4'), where the element type is b1, i1 to i8, u1 to u8, f2, f4,
 * f8, c8 or c16 as in numpy, numpy's long name (float32), or the seed's letter (array([1,2], 'i') is int32). What
 * numpy's repr prints is read too (dtype=float32, no type at all, shape=). The shape stands behind only
 * when the lists cannot show it: array([], 'f8', (0, 3)). Arrays of opaque items are
 * array_raw(b'...', 'format', item_bytes, (shape)).
 *
 * JSON (RFC 8259): integers keep all their digits; a number with a fraction or an exponent is a
 * double, printed with the fewest digits that give it back, as Python prints it (1.0, 1e+16); one that
 * would be infinite as a double is BRINE_ERANGE. NaN and infinity: NaN, Infinity and -Infinity are read
 * and written only with BRINE_JSON_NAN, otherwise printing them is BRINE_ERANGE and reading them
 * BRINE_ESYNTAX. Duplicate keys: the last one wins, at the place of the first (as Python's json).
 * Broken UTF-8 is BRINE_EUTF8. Lone surrogate escapes become U+FFFD. bytes are printed as
 * {"$bytes": base64}, complex as [re, im], nd-arrays as nested lists ([] when empty; opaque ones as
 * bytes), tups as lists; keys that are not str as their literal text.
 *
 * Nothing here depends on the locale. A byte order mark before a text is skipped.
 */
#ifndef BRINE_TEXT_H
#define BRINE_TEXT_H

#include <stdio.h>

#include <brine/value.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_text_error {
    size_t offset; /* of the first byte that is wrong, from the start of the text */
    size_t line;   /* from 1 */
    size_t column; /* from 1, in bytes */
} brine_text_error;

#define BRINE_JSON_NAN 1u   /* allow NaN, Infinity, -Infinity both ways */
#define BRINE_TEXT_SORT 2u  /* print the keys of a tab sorted (never of a BRINE_ORDERED one) */
#define BRINE_TEXT_ASCII 4u /* escape everything outside ASCII */
#define BRINE_TEXT_SEED 8u  /* literal, pretty: the seed's spelling (L after bigints; array([1,2,3], 'i')) */

/* Parse one value that is the whole text (white space and comments around it are fine) and put it at
 * place. error may be NULL; it is set on failure, and brine_detail() says what was expected and what was
 * found there. On failure the place keeps its old value; nothing sticks to the packet except
 * BRINE_ENOMEM. Quickest when the place holds None or an empty tab or arr: then the value is built
 * there, otherwise it is built aside and copied. flags: BRINE_JSON_NAN; the others have no effect.
 * Errors: BRINE_ESYNTAX, BRINE_EUTF8 (the text, or in a literal an escaped half of a surrogate pair),
 * BRINE_EDEPTH (deeper than BRINE_MAX_DEPTH), BRINE_ERANGE (a number too large for a double or for an
 * array's elements), BRINE_ENOMEM. */
BRINE_API int brine_parse_literal(brine_ref place, const char *text, size_t length, brine_text_error *error);
BRINE_API int brine_parse_json(brine_ref place, const char *text, size_t length, unsigned flags,
                               brine_text_error *error);

typedef enum brine_style {
    BRINE_LITERAL = 0, /* Python's repr, one line */
    BRINE_PRETTY = 1,  /* the seed's prettyPrint: indent 4, one item per line, 'key':value */
    BRINE_JSON = 2,    /* compact: no white space */
    BRINE_JSON_PRETTY = 3
} brine_style;

/* Prints a value, without a newline at the end. Into memory: *text is malloc'ed, NUL-terminated, the
 * caller frees it; *length may be NULL. To a stream: BRINE_ESYS when writing fails; it is not flushed,
 * and what was printed before an error stays written. BRINE_JSON_PRETTY: as Python's json.dumps with
 * indent=4. Errors: as for reading, BRINE_EDEPTH, BRINE_ERANGE (NaN in JSON), BRINE_ENOMEM, BRINE_EINVAL
 * (no such style or flag). */
BRINE_API int brine_print_text(brine_ref value, brine_style style, unsigned flags, char **text, size_t *length);
BRINE_API int brine_print(brine_ref value, brine_style style, unsigned flags, FILE *stream);

/* An integer of any size as text in base 2..36, without a prefix; malloc'ed, the caller frees it.
 * Errors: BRINE_ETYPE, BRINE_EINVAL (the base), BRINE_ERANGE (over 2^37 bits), BRINE_ENOMEM. */
BRINE_API int brine_int_text(brine_ref value, int base, char **text);

#ifdef __cplusplus
}
#endif
#endif
