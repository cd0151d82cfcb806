/* SPDX-License-Identifier: Apache-2.0 */
/* value: printing str and bytes, as Python's repr and as JSON. */
#include "value/text_print.h"

static const char hex[] = "0123456789abcdef";

static void escape(struct out *out, char kind, uint32_t code, int digits) {
    char text[10] = {'\\', kind};
    for (int i = 0; i < digits; i++) text[2 + i] = hex[code >> 4 * (digits - 1 - i) & 15];
    out_write(out, text, (size_t)digits + 2);
}

/* ---- repr ---- */

/* Python's choice: single quotes, unless there are such in the text and no double ones. */
static char quote_for(const char *text, size_t length) {
    if (length == 0 || memchr(text, '\'', length) == NULL) return '\'';
    return memchr(text, '"', length) == NULL ? '"' : '\'';
}

/* ASCII that cannot stand for itself. */
static bool repr_special(unsigned char c, char quote) {
    return c < ' ' || c == 0x7f || c == '\\' || c == (unsigned char)quote;
}

static void repr_escape(struct out *out, unsigned char c) {
    char pair[2] = {'\\', (char)c};
    if (c == '\n') pair[1] = 'n';
    if (c == '\r') pair[1] = 'r';
    if (c == '\t') pair[1] = 't';
    if (c == (unsigned char)pair[1] && (c < ' ' || c >= 0x7f))
        escape(out, 'x', c, 2);
    else
        out_write(out, pair, 2);
}

/* Decodes the character at p, which is not ASCII; its length. A str is valid UTF-8, but another process
 * may have damaged it: what cannot be decoded is one U+FFFD per byte. */
static size_t decode(const char *p, size_t left, uint32_t *code) {
    const unsigned char *u = (const unsigned char *)p;
    size_t n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
    *code = u[0] & (0x7fu >> n);
    for (size_t i = 1; i < n && i < left; i++) *code = *code << 6 | (u[i] & 0x3fu);
    if (n <= left && u[0] >= 0xc2 && *code >= 0x80 && *code <= 0x10ffff) return n;
    *code = 0xfffd;
    return 1;
}

/* Characters that one cannot see, or that move others about. */
static bool invisible(uint32_t c) {
    static const struct {
        uint32_t from, to;
    } ranges[] = {{0x80, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},     {0x1680, 0x1680}, {0x180e, 0x180e},
                  {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},   {0x3000, 0x3000}, {0xe000, 0xf8ff},
                  {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].from && c <= ranges[i].to) return true;
    return false;
}

static size_t repr_wide(struct printer *printer, const char *p, size_t left) {
    uint32_t code;
    size_t n = decode(p, left, &code);
    if ((printer->flags & BRINE_TEXT_ASCII) == 0 && !invisible(code))
        out_write(&printer->out, p, n);
    else if (code < 0x100)
        escape(&printer->out, 'x', code, 2);
    else if (code < 0x10000)
        escape(&printer->out, 'u', code, 4);
    else
        escape(&printer->out, 'U', code, 8);
    return n;
}

void brine__print_str(struct printer *printer, const char *text, size_t length) {
    char quote = quote_for(text, length);
    out_char(&printer->out, quote);
    for (size_t i = 0, start; i < length;) {
        for (start = i; i < length && (text[i] & 0x80) == 0 && !repr_special((unsigned char)text[i], quote);) i++;
        out_write(&printer->out, text + start, i - start);
        if (i == length) break;
        if ((text[i] & 0x80) == 0) {
            repr_escape(&printer->out, (unsigned char)text[i++]);
        } else {
            i += repr_wide(printer, text + i, length - i);
        }
    }
    out_char(&printer->out, quote);
}

void brine__print_bytes(struct printer *printer, const unsigned char *data, size_t length) {
    char quote = quote_for((const char *)data, length);
    out_char(&printer->out, 'b');
    out_char(&printer->out, quote);
    for (size_t i = 0; i < length; i++) {
        if (data[i] >= 0x80)
            escape(&printer->out, 'x', data[i], 2);
        else if (repr_special(data[i], quote))
            repr_escape(&printer->out, data[i]);
        else
            out_char(&printer->out, (char)data[i]);
    }
    out_char(&printer->out, quote);
}

/* ---- JSON ---- */

static void json_escape(struct out *out, unsigned char c) {
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *named = c != '\0' ? strchr(from, c) : NULL;
    if (named == NULL) {
        escape(out, 'u', c, 4);
        return;
    }
    char pair[2] = {'\\', to[named - from]};
    out_write(out, pair, 2);
}

static void json_wide(struct out *out, uint32_t code) {
    if (code < 0x10000) {
        escape(out, 'u', code, 4);
        return;
    }
    escape(out, 'u', 0xd800 + ((code - 0x10000) >> 10), 4);
    escape(out, 'u', 0xdc00 + (code & 0x3ff), 4);
}

void brine__print_json_str(struct printer *printer, const char *text, size_t length) {
    struct out *out = &printer->out;
    unsigned ascii = (printer->flags & BRINE_TEXT_ASCII) != 0 ? 0x80 : 0;
    out_char(out, '"');
    for (size_t i = 0, start; i < length;) {
        for (start = i; i < length; i++) {
            unsigned char c = (unsigned char)text[i];
            if (c < ' ' || c == '"' || c == '\\' || (c & ascii) != 0) break;
        }
        out_write(out, text + start, i - start);
        if (i == length) break;
        if ((text[i] & 0x80) == 0) {
            json_escape(out, (unsigned char)text[i++]);
            continue;
        }
        uint32_t code;
        i += decode(text + i, length - i, &code);
        json_wide(out, code);
    }
    out_char(out, '"');
}

void brine__print_json_bytes(struct printer *printer, const unsigned char *data, size_t length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out_text(&printer->out, printer->pretty ? "{\"$bytes\": \"" : "{\"$bytes\":\"");
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t bits = (uint32_t)data[i] << 16;
        if (left > 1) bits |= (uint32_t)data[i + 1] << 8;
        if (left > 2) bits |= data[i + 2];
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], left > 1 ? digits[bits >> 6 & 63] : '=',
                        left > 2 ? digits[bits & 63] : '='};
        out_write(&printer->out, four, 4);
    }
    out_text(&printer->out, "\"}");
}
