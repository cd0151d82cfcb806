/* SPDX-License-Identifier: Apache-2.0 */
/* value: printing numbers and nd-arrays. */
#include "value/text_print.h"

#include <math.h>
#include <stdlib.h>

#include "value/text_dtype.h"
#include "value/text_number.h"

/* ---- numbers ---- */

static int json_special(struct printer *printer, double f) {
    if ((printer->flags & BRINE_JSON_NAN) == 0)
        return brine__fail(BRINE_ERANGE, "JSON has no %s; print with BRINE_JSON_NAN", isnan(f) ? "NaN" : "infinity");
    out_text(&printer->out, isnan(f) ? "NaN" : f < 0 ? "-Infinity" : "Infinity");
    return 0;
}

/* Of a double, float or half, as `type` says. */
static int print_real(struct printer *printer, brine_type type, const void *number, enum whole whole) {
    char text[NUMBER_TEXT];
    double f;
    float narrow;
    uint16_t half;
    size_t n;
    if (type == BRINE_F64) {
        memcpy(&f, number, sizeof f);
        n = brine__double_text(f, whole, text);
    } else if (type == BRINE_F32) {
        memcpy(&narrow, number, sizeof narrow);
        f = (double)narrow;
        n = brine__float_text(narrow, whole, text);
    } else {
        memcpy(&half, number, sizeof half);
        f = brine__half_double(half);
        n = brine__half_text(half, whole, text);
    }
    if (printer->json && !isfinite(f)) return json_special(printer, f);
    out_write(&printer->out, text, n);
    return 0;
}

static bool is_plain_zero(brine_type part, const void *number) {
    static const double zero;
    return memcmp(number, &zero, brine_type_size(part)) == 0; /* -0.0 is not */
}

static bool has_sign(brine_type part, const void *number) {
    const unsigned char *bytes = number;
    double f = 0;
    if (part == BRINE_F64) memcpy(&f, number, sizeof f);
    float narrow = 0;
    if (part == BRINE_F32) memcpy(&narrow, number, sizeof narrow);
    return !isnan(f) && !isnan(narrow) && bytes[brine_type_size(part) - 1] >> 7 != 0;
}

int brine__print_complex(struct printer *printer, brine_type part, const void *re, const void *im) {
    struct out *out = &printer->out;
    if (printer->json) {
        out_char(out, '[');
        int status = print_real(printer, part, re, WHOLE_DOT_ZERO);
        out_text(out, printer->pretty ? ", " : ",");
        if (status == 0) status = print_real(printer, part, im, WHOLE_DOT_ZERO);
        out_char(out, ']');
        return status;
    }
    bool imaginary = is_plain_zero(part, re);
    if (!imaginary) {
        out_char(out, '(');
        print_real(printer, part, re, WHOLE_BARE);
        if (!has_sign(part, im)) out_char(out, '+');
    }
    print_real(printer, part, im, WHOLE_BARE);
    out_text(out, imaginary ? "j" : "j)");
    return 0;
}

static int64_t read_signed(brine_type type, const void *number) {
    int64_t i = 0;
    size_t bytes = brine_type_size(type);
    unsigned unused = 64 - 8 * (unsigned)bytes;
    memcpy(&i, number, bytes); /* little-endian */
    return (int64_t)((uint64_t)i << unused) >> unused;
}

static uint64_t read_unsigned(brine_type type, const void *number) {
    uint64_t u = 0;
    memcpy(&u, number, brine_type_size(type));
    return u;
}

static void print_bool(struct printer *printer, bool b) {
    if (printer->json)
        out_text(&printer->out, b ? "true" : "false");
    else
        out_text(&printer->out, b ? "True" : "False");
}

int brine__print_number(struct printer *printer, brine_type type, const void *number) {
    char text[NUMBER_TEXT];
    switch (type) {
    case BRINE_BOOL: print_bool(printer, *(const unsigned char *)number != 0); return 0;
    case BRINE_I8:
    case BRINE_I16:
    case BRINE_I32:
    case BRINE_I64: out_write(&printer->out, text, brine__int64_text(read_signed(type, number), text)); return 0;
    case BRINE_U8:
    case BRINE_U16:
    case BRINE_U32:
    case BRINE_U64: out_write(&printer->out, text, brine__uint_text(read_unsigned(type, number), text)); return 0;
    case BRINE_C64: return brine__print_complex(printer, BRINE_F32, number, (const char *)number + 4);
    case BRINE_C128: return brine__print_complex(printer, BRINE_F64, number, (const char *)number + 8);
    default: return print_real(printer, type, number, WHOLE_DOT_ZERO);
    }
}

/* ---- nd-arrays ---- */

/* A position in an array, which goes through its elements in row-major order. */
struct walk {
    const brine_array *array;
    const char *item;
    size_t index[BRINE_MAX_DIMS];
};

/* Steps to the next element; the number of dimensions that ran over, all of them at the end. */
static int step(struct walk *walk) {
    const brine_array *a = walk->array;
    int over = 0;
    for (int d = a->ndim - 1; d >= 0; d--, over++) {
        walk->item += a->strides[d];
        if (++walk->index[d] < a->shape[d]) break;
        walk->item -= (ptrdiff_t)a->shape[d] * a->strides[d];
        walk->index[d] = 0;
    }
    return over;
}

static void repeat(struct out *out, char c, int times) {
    while (times-- > 0) out_char(out, c);
}

static int print_lists(struct printer *printer, const brine_array *a) {
    const bool close = printer->json ? !printer->pretty : (printer->flags & BRINE_TEXT_SEED) != 0;
    const char *separator = close ? "," : ", ";
    struct walk walk = {.array = a, .item = a->data};
    if (a->count == 0) { /* a literal has its shape written behind it */
        out_text(&printer->out, "[]");
        return 0;
    }
    repeat(&printer->out, '[', a->ndim);
    for (size_t i = 0; i < a->count; i++) {
        int status = brine__print_number(printer, (brine_type)a->dtype, walk.item);
        if (status == 0) status = printer->out.status;
        if (status != 0) return status;
        int over = step(&walk);
        repeat(&printer->out, ']', over);
        if (i + 1 == a->count) break;
        out_text(&printer->out, separator);
        repeat(&printer->out, '[', over);
    }
    return 0;
}

static void print_size(struct out *out, size_t size) {
    char text[NUMBER_TEXT];
    out_write(out, text, brine__uint_text(size, text));
}

static void print_shape(struct out *out, const brine_array *a) {
    out_char(out, '(');
    for (int d = 0; d < a->ndim; d++) {
        if (d != 0) out_text(out, ", ");
        print_size(out, a->shape[d]);
    }
    out_text(out, a->ndim == 1 ? ",)" : ")");
}

/* The items of an opaque array in one piece, allocated. */
static unsigned char *gather(const brine_array *a) {
    unsigned char *bytes = malloc(a->bytes != 0 ? a->bytes : 1);
    struct walk walk = {.array = a, .item = a->data};
    for (size_t i = 0; bytes != NULL && i < a->count; i++, step(&walk))
        memcpy(bytes + i * a->item_bytes, walk.item, a->item_bytes);
    return bytes;
}

static int print_raw(struct printer *printer, const brine_array *a) {
    unsigned char *bytes = gather(a);
    if (bytes == NULL) return brine__fail(BRINE_ENOMEM, "printing: no memory for an array of %zu bytes", a->bytes);
    if (printer->json) {
        brine__print_json_bytes(printer, bytes, a->bytes);
    } else {
        struct out *out = &printer->out;
        out_text(out, "array_raw(");
        brine__print_bytes(printer, bytes, a->bytes);
        out_text(out, ", ");
        brine__print_str(printer, a->format, strlen(a->format));
        out_text(out, ", ");
        print_size(out, a->item_bytes);
        out_text(out, ", ");
        print_shape(out, a);
        out_char(out, ')');
    }
    free(bytes);
    return 0;
}

int brine__print_array(struct printer *printer, brine_ref value) {
    brine_array a;
    int status = brine_as_array(value, &a);
    if (status != 0) return status;
    if (a.dtype == BRINE_RAW) return print_raw(printer, &a);
    if (printer->json) return print_lists(printer, &a);
    struct out *out = &printer->out;
    out_text(out, "array(");
    status = print_lists(printer, &a);
    if (status != 0) return status;
    out_text(out, ", '");
    out_text(out, brine__dtype_text((brine_type)a.dtype, (printer->flags & BRINE_TEXT_SEED) != 0));
    out_char(out, '\'');
    if (a.count == 0 && a.ndim > 1) {
        out_text(out, ", ");
        print_shape(out, &a);
    }
    out_char(out, ')');
    return 0;
}
