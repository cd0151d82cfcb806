/* SPDX-License-Identifier: Apache-2.0 */
/* value: strings of Python literals: prefixes, quotes, escapes, adjacent strings. */
#include "value/literal.h"

/* One piece between quotes. */
struct piece {
    const char *start; /* the prefix, for messages */
    bool raw, bytes, triple;
    char quote;
};

/* Length of the prefix if a string starts at p, else -1. */
static int prefix_length(const char *p, const char *end) {
    for (int n = 0; n <= 2 && p + n < end; n++) {
        if (p[n] == '\'' || p[n] == '"') return n;
        if (strchr("rRbBuUfF", p[n]) == NULL || p[n] == '\0') return -1;
    }
    return -1;
}

bool brine__literal_at_string(const struct literal *l) { return prefix_length(l->p, l->end) >= 0; }

/* Steps over prefix and opening quotes. */
static int open_piece(struct literal *l, struct piece *piece) {
    int n = prefix_length(l->p, l->end);
    *piece = (struct piece){.start = l->p};
    for (int i = 0; i < n; i++) {
        char c = (char)(l->p[i] | 0x20);
        if (c == 'f') return literal_fail(l, BRINE_ESYNTAX, l->p, "f-strings are not constants; write the text itself");
        if ((c == 'r' && piece->raw) || (c == 'b' && piece->bytes) || (c == 'u' && n != 1))
            return literal_fail(l, BRINE_ESYNTAX, l->p, "'%.*s' is no string prefix; they are r, b, br and u", n, l->p);
        piece->raw |= c == 'r';
        piece->bytes |= c == 'b';
    }
    l->p += n;
    piece->quote = *l->p++;
    if (l->end - l->p >= 2 && l->p[0] == piece->quote && l->p[1] == piece->quote) {
        piece->triple = true;
        l->p += 2;
    }
    return 0;
}

static int append_codepoint(struct literal *l, uint32_t c) {
    char utf8[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6) utf8[i] = (char)(0x80 | (c & 0x3f));
    utf8[0] = (char)(lead[n] | c);
    return brine__literal_append(l, utf8, n);
}

static int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_digits(struct literal *l, int count, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < count; i++) {
        int digit = l->p < l->end ? hex_value(*l->p) : -1;
        if (digit < 0) return literal_expected(l, l->p, "a hexadecimal digit of an escape");
        *value = *value << 4 | (uint32_t)digit;
        l->p++;
    }
    return 0;
}

/* After a first half of a surrogate pair: the second, so that both make one character. */
static int low_surrogate(struct literal *l, const char *start, uint32_t *c) {
    uint32_t low;
    if (*c < 0xdc00 && l->end - l->p >= 6 && l->p[0] == '\\' && l->p[1] == 'u') {
        l->p += 2;
        int status = hex_digits(l, 4, &low);
        if (status != 0) return status;
        if (low >= 0xdc00 && low <= 0xdfff) {
            *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
            return 0;
        }
    }
    return literal_fail(l, BRINE_EUTF8, start, "\\u%04x alone is half a character and cannot be stored", (unsigned)*c);
}

static int unicode_escape(struct literal *l, const char *start, int digits) {
    uint32_t c;
    int status = hex_digits(l, digits, &c);
    if (status == 0 && c > 0x10ffff)
        status = literal_fail(l, BRINE_ESYNTAX, start, "\\U%08x is beyond \\U0010ffff", (unsigned)c);
    if (status == 0 && c >= 0xd800 && c <= 0xdfff) status = low_surrogate(l, start, &c);
    return status != 0 ? status : append_codepoint(l, c);
}

static int append_small(struct literal *l, const struct piece *piece, uint32_t c) {
    char byte = (char)c;
    return piece->bytes ? brine__literal_append(l, &byte, 1) : append_codepoint(l, c);
}

static int octal_escape(struct literal *l, const struct piece *piece, const char *start) {
    uint32_t c = 0;
    for (int i = 0; i < 3 && l->p < l->end && *l->p >= '0' && *l->p <= '7'; i++) c = c * 8 + (uint32_t)(*l->p++ - '0');
    if (piece->bytes && c > 255) return literal_fail(l, BRINE_ESYNTAX, start, "\\%o is more than a byte holds", c);
    return append_small(l, piece, c);
}

/* p is behind the backslash. An escape that Python does not know stands for itself. */
static int escape(struct literal *l, const struct piece *piece) {
    static const char names[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
    const char *start = l->p - 1, *named;
    char c = *l->p;
    if (c == '\n') {
        l->p++;
        return 0;
    }
    if (c >= '0' && c <= '7') return octal_escape(l, piece, start);
    l->p++;
    if (c != '\0' && (named = strchr(names, c)) != NULL) return brine__literal_append(l, values + (named - names), 1);
    if (c == 'x') {
        uint32_t value;
        int status = hex_digits(l, 2, &value);
        return status != 0 ? status : append_small(l, piece, value);
    }
    if (!piece->bytes && c == 'u') return unicode_escape(l, start, 4);
    if (!piece->bytes && c == 'U') return unicode_escape(l, start, 8);
    if (!piece->bytes && c == 'N')
        return literal_fail(l, BRINE_ESYNTAX, start, "\\N{name} is not supported; write \\u or \\U with the number");
    l->p = start + 1; /* c is read as text: it may be the first byte of a longer character */
    return brine__literal_append(l, "\\", 1);
}

static bool at_close(const struct literal *l, const struct piece *piece) {
    if (*l->p != piece->quote) return false;
    return !piece->triple || (l->end - l->p >= 3 && l->p[1] == piece->quote && l->p[2] == piece->quote);
}

/* Steps over plain characters; a backslash, a quote or a newline stops it. */
static const char *plain_end(const struct literal *l, const struct piece *piece) {
    const char *p = l->p;
    while (p < l->end && *p != piece->quote && *p != '\\' && *p != '\n' && !(piece->bytes && (*p & 0x80))) p++;
    return p;
}

/* What stopped plain_end, other than the closing quotes. */
static int special(struct literal *l, const struct piece *piece) {
    char c = *l->p;
    if (c == '\n' && !piece->triple)
        return literal_fail(l, BRINE_ESYNTAX, l->p, "the string is not closed at the end of its line");
    if (c & 0x80)
        return literal_fail(l, BRINE_ESYNTAX, l->p, "bytes are spelled in ASCII; write this character as \\x escapes");
    if (c == '\\' && !piece->raw && l->end - l->p >= 2) {
        l->p++;
        return escape(l, piece);
    }
    /* Raw: a backslash keeps the quote after it from closing, and both stay. */
    size_t n = c == '\\' && l->end - l->p >= 2 && strchr("\\'\"\n", l->p[1]) != NULL && l->p[1] != '\0' ? 2 : 1;
    l->p += n;
    return brine__literal_append(l, l->p - n, n);
}

static int decode_piece(struct literal *l, const struct piece *piece) {
    for (;;) {
        const char *plain = l->p;
        l->p = plain_end(l, piece);
        int status = brine__literal_append(l, plain, (size_t)(l->p - plain));
        if (status != 0) return status;
        if (l->p == l->end)
            return literal_fail(l, BRINE_ESYNTAX, l->p, "the string that begins at byte %zu is not closed",
                                (size_t)(piece->start - l->source.text));
        if (at_close(l, piece)) {
            l->p += piece->triple ? 3 : 1;
            return 0;
        }
        status = special(l, piece);
        if (status != 0) return status;
    }
}

int brine__literal_string(struct literal *l, struct literal_text *text) {
    struct piece first, piece;
    int status = open_piece(l, &first);
    if (status != 0) return status;
    const char *start = l->p, *end = plain_end(l, &first);
    l->length = 0;
    if (end < l->end && *end == first.quote && !first.triple) { /* as most are: used where it stands */
        l->p = end + 1;
        brine__literal_skip(l);
        *text = (struct literal_text){start, (size_t)(end - start), first.bytes};
        if (!brine__literal_at_string(l)) return 0;
        status = brine__literal_append(l, text->data, text->length);
    } else {
        status = decode_piece(l, &first);
    }
    while (status == 0 && (brine__literal_skip(l), brine__literal_at_string(l))) {
        status = open_piece(l, &piece);
        if (status == 0 && piece.bytes != first.bytes)
            status = literal_fail(l, BRINE_ESYNTAX, piece.start, "str and bytes cannot be joined");
        if (status == 0) status = decode_piece(l, &piece);
    }
    *text = (struct literal_text){l->buffer != NULL ? l->buffer : "", l->length, first.bytes};
    return status;
}
