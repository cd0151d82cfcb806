/* SPDX-License-Identifier: Apache-2.0 */
/* value: a JSON text made ready for libyajl; see json_scan.h. Most texts need no change and no copy. */
#include "value/json_scan.h"

#include <stdlib.h>

/* Puts `with` over what is at `offset`. */
static int replace(struct json_scan *scan, size_t offset, const char *with) {
    if (scan->copy == NULL) {
        scan->copy = malloc(scan->length);
        if (scan->copy == NULL)
            return brine__fail(BRINE_ENOMEM, "JSON: no memory for a copy of %zu bytes", scan->length);
        memcpy(scan->copy, scan->text, scan->length);
        scan->text = scan->copy;
    }
    memcpy(scan->copy + offset, with, strlen(with));
    return 0;
}

/* ---- surrogates ---- */

/* The code of a \uXXXX at p, or 0. */
static unsigned escaped_code(const char *p, const char *end) {
    unsigned code = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return 0;
    for (int i = 2; i < 6; i++) {
        char c = p[i], lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            code = code << 4 | (unsigned)(c - '0');
        else if (lower >= 'a' && lower <= 'f')
            code = code << 4 | (unsigned)(lower - 'a' + 10);
        else
            return 0;
    }
    return code;
}

/* Backslashes stand in strings only; elsewhere they are mistakes that the parser will find. */
static int mend_surrogates(struct json_scan *scan) {
    size_t i = 0;
    for (;;) {
        const char *end = scan->text + scan->length;
        const char *p = memchr(scan->text + i, '\\', scan->length - i);
        if (p == NULL) return 0;
        i = (size_t)(p - scan->text);
        unsigned code = escaped_code(p, end);
        if (code < 0xd800 || code > 0xdfff) {
            i += end - p >= 2 ? 2 : 1;
        } else if (code < 0xdc00 && (escaped_code(p + 6, end) & ~0x3ffu) == 0xdc00) {
            i += 12;
        } else {
            int status = replace(scan, i, "\\ufffd");
            if (status != 0) return status;
            i += 6;
        }
    }
}

/* ---- NaN and infinity ---- */

static int remember(struct json_scan *scan, size_t offset) {
    if (scan->specials == scan->room) {
        size_t room = scan->room != 0 ? 2 * scan->room : 16;
        size_t *special = realloc(scan->special, room * sizeof *special);
        if (special == NULL) return brine__fail(BRINE_ENOMEM, "JSON: no memory for %zu NaNs", room);
        scan->special = special;
        scan->room = room;
    }
    scan->special[scan->specials++] = offset;
    return 0;
}

/* Length of the word if one of the three stands at p, as a whole token. */
static size_t special_length(const char *p, const char *start, const char *end) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) < n || memcmp(p, words[i], n) != 0) continue;
        bool before = p == start || strchr(" \t\r\n[,:", p[-1]) != NULL;
        bool after = p + n == end || strchr(" \t\r\n],}", p[n]) != NULL;
        return before && after ? n : 0;
    }
    return 0;
}

static const char *string_end(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p < end ? p + 1 : end;
}

static int replace_specials(struct json_scan *scan) {
    static const char *const numbers[] = {[3] = "1e9", [8] = "100000e9", [9] = "-100000e9"};
    for (size_t i = 0; i < scan->length;) {
        const char *p = scan->text + i, *end = scan->text + scan->length;
        size_t n = *p == 'N' || *p == 'I' || *p == '-' ? special_length(p, scan->text, end) : 0;
        if (n != 0) {
            int status = remember(scan, i);
            if (status == 0) status = replace(scan, i, numbers[n]);
            if (status != 0) return status;
            i += n;
        } else {
            i = *p == '"' ? (size_t)(string_end(p, end) - scan->text) : i + 1;
        }
    }
    return 0;
}

/* ---- all ---- */

int brine__json_scan(struct json_scan *scan, const struct source *source, unsigned flags) {
    *scan = (struct json_scan){.text = source->text, .length = source->length};
    const char *stop;
    if ((stop = memchr(scan->text, '\v', scan->length)) != NULL) scan->length = (size_t)(stop - scan->text);
    if ((stop = memchr(scan->text, '\f', scan->length)) != NULL) scan->length = (size_t)(stop - scan->text);
    int status = mend_surrogates(scan);
    if (status == 0 && (flags & BRINE_JSON_NAN) != 0) status = replace_specials(scan);
    return status;
}

void brine__json_scan_close(struct json_scan *scan) {
    free(scan->copy);
    free(scan->special);
}
