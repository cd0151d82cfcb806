/* SPDX-License-Identifier: Apache-2.0 */
/* value: reading one value, exactly or as C would convert. */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include <gmp.h>

#include "value/quick.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {{"None", 0},      {"bool", 1},        {"int8", 1},     {"uint8", 1},   {"int16", 2},   {"uint16", 2},
             {"int32", 4},     {"uint32", 4},      {"int64", 8},    {"uint64", 8},  {"float32", 4}, {"float64", 8},
             {"complex64", 8}, {"complex128", 16}, {"str", 0},      {"bytes", 0},   {"bigint", 0},  {"tab", 0},
             {"arr", 0},       {"tup", 0},         {"nd-array", 0}, {"float16", 2}, {"raw", 0}};

const char *brine_type_name(brine_type type) {
    return (unsigned)type < sizeof types / sizeof *types ? types[type].name : "invalid";
}
size_t brine_type_size(brine_type type) { return (unsigned)type < sizeof types / sizeof *types ? types[type].size : 0; }

brine_type brine_type_of(brine_ref value) {
    struct at at;
    if (value_read(value, &at)) return BRINE_INVALID;
    return at.cell->type <= BRINE_ARRAY ? (brine_type)at.cell->type : BRINE_INVALID;
}

unsigned brine_flags_of(brine_ref value) {
    struct at at;
    if (brine__value_read(value, &at)) return 0;
    if (at.cell->type == BRINE_TAB) return at.cell->n & BRINE_ORDERED;
    return at.cell->type == BRINE_BIGINT && (at.cell->n & BIGINT_UNSIGNED) ? BRINE_UNSIGNED : 0;
}

static uint64_t length_of(const struct at *at) {
    uint64_t length = 0;
    struct tab *t;
    struct arr *a;
    switch (at->cell->type) {
    case BRINE_STR:
    case BRINE_BYTES: cell_text(at, at->cell, &length); return length;
    case BRINE_TAB: t = cell_tab(at, at->cell); return t ? t->live : 0;
    case BRINE_ARR:
    case BRINE_TUP: a = cell_arr(at, at->cell); return a ? a->count : 0;
    case BRINE_ARRAY: return ((struct ndarray *)pool_at(at->pool, at->cell->payload))->count;
    default: return 0;
    }
}

size_t brine_length(brine_ref value) {
    struct at at;
    return value_read(value, &at) ? 0 : (size_t)length_of(&at);
}

/* ---- exact ---- */

static int wrong_type(const struct at *at, const char *wanted) {
    return brine__fail(BRINE_ETYPE, "the value is a %s, not %s", brine_type_name((brine_type)at->cell->type), wanted);
}

static int read_number(brine_ref value, struct at *at, struct number *n) {
    int rc = brine__value_read(value, at);
    if (rc) return rc;
    return brine__number_of(at, at->cell, n) ? 0 : wrong_type(at, "a number");
}

int brine_as_bool(brine_ref value, bool *out) {
    struct at at;
    int rc = brine__value_read(value, &at);
    if (rc) return rc;
    if (at.cell->type != BRINE_BOOL) return wrong_type(&at, "a bool");
    *out = at.cell->payload != 0;
    return 0;
}

__attribute__((noinline)) static int as_int_any(brine_ref value, int64_t *out) {
    struct at at;
    struct number n;
    int rc = read_number(value, &at, &n);
    if (rc) return rc;
    uint64_t limit = n.sign < 0 ? (uint64_t)1 << 63 : INT64_MAX;
    if (n.kind != NUMBER_INT || n.count > 1 || (n.count && n.limbs[0] > limit))
        return brine__fail(BRINE_ERANGE, "the number is no int64");
    uint64_t magnitude = n.count ? n.limbs[0] : 0;
    *out = (int64_t)(n.sign < 0 ? -magnitude : magnitude);
    return 0;
}

int brine_as_int(brine_ref value, int64_t *out) {
    struct at at;
    /* all narrower than int64: stored widened */
    if (unlikely(!cell_at_hand(value, &at) || at.cell->type < BRINE_BOOL || at.cell->type > BRINE_I64))
        return as_int_any(value, out);
    *out = (int64_t)at.cell->payload;
    return 0;
}

int brine_as_uint(brine_ref value, uint64_t *out) {
    struct at at;
    struct number n;
    int rc = read_number(value, &at, &n);
    if (rc) return rc;
    if (n.kind != NUMBER_INT || n.count > 1 || n.sign < 0) return brine__fail(BRINE_ERANGE, "the number is no uint64");
    *out = n.count ? n.limbs[0] : 0;
    return 0;
}

/* The nearest double of an integer, toward zero; *exact: nothing was lost. */
static double int_to_double(const struct number *n, bool *exact) {
    struct number back;
    mpz_t z;
    double d = n->count ? mpz_get_d(mpz_roinit_n(z, (const mp_limb_t *)n->limbs,
                                                 n->sign < 0 ? -(mp_size_t)n->count : (mp_size_t)n->count))
                        : 0;
    brine__number_of_double(d, &back);
    *exact = brine__number_equal(n, &back);
    return d;
}

/* The parts of a floating-point cell as they are, with the signs of their zeros. */
static bool raw_parts(const struct at *at, double part[2]) {
    float f[2] = {0, 0};
    part[1] = 0;
    switch (at->cell->type) {
    case BRINE_F64: memcpy(part, &at->cell->payload, 8); return true;
    case BRINE_C128: memcpy(part, pool_at(at->pool, at->cell->payload), 16); return true;
    case BRINE_F32: memcpy(f, &at->cell->payload, 4); break;
    case BRINE_C64: memcpy(f, &at->cell->payload, 8); break;
    default: return false;
    }
    part[0] = (double)f[0];
    part[1] = (double)f[1];
    return true;
}

int brine_as_complex(brine_ref value, double *re, double *im) {
    struct at at;
    struct number n;
    double part[2] = {0, 0};
    bool exact = true;
    int rc = read_number(value, &at, &n);
    if (rc) return rc;
    if (!raw_parts(&at, part)) part[0] = int_to_double(&n, &exact);
    if (!exact) return brine__fail(BRINE_ERANGE, "the integer has more digits than a double");
    *re = part[0];
    *im = part[1];
    return 0;
}

__attribute__((noinline)) static int as_double_any(brine_ref value, double *out) {
    double re, im;
    int rc = brine_as_complex(value, &re, &im);
    if (rc) return rc;
    if (im != 0) return brine__fail(BRINE_ERANGE, "the number has an imaginary part");
    *out = re;
    return 0;
}

int brine_as_double(brine_ref value, double *out) {
    struct at at;
    if (unlikely(!cell_at_hand(value, &at) || at.cell->type != BRINE_F64)) return as_double_any(value, out);
    memcpy(out, &at.cell->payload, sizeof *out);
    return 0;
}

int brine_as_str(brine_ref value, const char **text, size_t *length) {
    struct at at;
    uint64_t n;
    int rc = value_read(value, &at);
    if (unlikely(rc)) return rc;
    if (at.cell->type != BRINE_STR) return wrong_type(&at, "a str");
    *text = cell_text(&at, at.cell, &n);
    *length = (size_t)n;
    return 0;
}

int brine_as_bytes(brine_ref value, const void **data, size_t *length) {
    struct at at;
    uint64_t n;
    int rc = value_read(value, &at);
    if (unlikely(rc)) return rc;
    if (at.cell->type != BRINE_BYTES) return wrong_type(&at, "bytes");
    *data = cell_text(&at, at.cell, &n);
    *length = (size_t)n;
    return 0;
}

int brine_as_bigint(brine_ref value, brine_bigint *out) {
    struct at at;
    struct number n;
    int rc = brine__value_read(value, &at);
    if (rc) return rc;
    uint8_t type = at.cell->type;
    if (type != BRINE_BIGINT && type != BRINE_BOOL && !is_integer_type(type)) return wrong_type(&at, "an integer");
    brine__number_of(&at, at.cell, &n);
    out->count = (size_t)n.count;
    out->sign = n.sign;
    out->small[0] = n.count ? n.limbs[0] : 0;
    out->limbs = type == BRINE_BIGINT ? n.limbs : out->small;
    if (!n.count) out->limbs = out->small;
    return 0;
}

bool brine_truth(brine_ref value) {
    struct at at;
    struct number n;
    if (brine__value_read(value, &at)) return false;
    if (at.cell->type == BRINE_NONE) return false;
    if (brine__number_of(&at, at.cell, &n)) return n.kind != NUMBER_INT || n.sign != 0;
    return length_of(&at) != 0;
}

/* ---- as C would convert ---- */

/* Made by the first thread that can, and kept. */
static locale_t get_c_locale(void) {
    static _Atomic(locale_t) known;
    locale_t seen =
        atomic_load_explicit(&known, memory_order_acquire); /* pairs with the CAS: what it points to is seen */
    if (seen) return seen;
    locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!made ||
        atomic_compare_exchange_strong_explicit(&known, &seen, made, memory_order_acq_rel, memory_order_acquire))
        return made;
    freelocale(made); /* another thread was first */
    return seen;
}

/* Text as a number: the whole of it, white space around it allowed. */
static int text_to_double(const char *text, uint64_t length, double *out) {
    char *end;
    locale_t c_locale = get_c_locale();
    if (!c_locale) return brine__fail(BRINE_ENOMEM, "no memory for the C locale");
    double d = strtod_l(text, &end, c_locale);
    while (isspace((unsigned char)*end)) end++;
    if (end == text || end != text + length) return brine__fail(BRINE_ETYPE, "the text \"%.40s\" is no number", text);
    *out = d;
    return 0;
}

static int64_t saturate(double d, bool *lossy) {
    if (isnan(d)) {
        *lossy = true;
        return 0;
    }
    double whole = trunc(d);
    if (whole != d) *lossy = true;
    if (whole >= 9223372036854775808.0 || whole < -9223372036854775808.0) {
        *lossy = true;
        return whole > 0 ? INT64_MAX : INT64_MIN;
    }
    return (int64_t)whole;
}

static int64_t number_to_int(const struct number *n, bool *lossy) {
    if (n->kind != NUMBER_INT) {
        if (n->kind == NUMBER_COMPLEX) *lossy = true;
        return saturate(n->re, lossy);
    }
    uint64_t low = n->count ? n->limbs[0] : 0;
    uint64_t limit = n->sign < 0 ? (uint64_t)1 << 63 : INT64_MAX;
    if (n->count > 1 || low > limit) *lossy = true;
    return (int64_t)(n->sign < 0 ? -low : low);
}

int brine_to_int(brine_ref value, int64_t *out, bool *lossy) {
    struct at at;
    struct number n;
    bool lost = false;
    double d;
    uint64_t length;
    int rc = brine__value_read(value, &at);
    if (rc) return rc;
    if (brine__number_of(&at, at.cell, &n)) {
        /* a float is truncated and saturates; its canonical integer would wrap */
        bool is_float = at.cell->type >= BRINE_F32 && at.cell->type <= BRINE_C128;
        bool exact;
        *out = is_float && n.kind == NUMBER_INT ? saturate(int_to_double(&n, &exact), &lost) : number_to_int(&n, &lost);
    } else if (cell_is_text(at.cell)) {
        const char *text = cell_text(&at, at.cell, &length);
        char *end;
        long long parsed;
        errno = 0;
        parsed = strtoll(text, &end, 10);
        while (isspace((unsigned char)*end)) end++;
        if (end != text && end == text + length && errno == 0)
            *out = parsed;
        else {
            if ((rc = text_to_double(text, length, &d)) != 0) return rc;
            *out = saturate(d, &lost);
        }
    } else {
        *out = (int64_t)length_of(&at);
    }
    if (lossy) *lossy = lost;
    return 0;
}

int brine_to_double(brine_ref value, double *out, bool *lossy) {
    struct at at;
    struct number n;
    bool exact = true;
    uint64_t length;
    int rc = brine__value_read(value, &at);
    if (rc) return rc;
    if (brine__number_of(&at, at.cell, &n)) {
        double part[2];
        *out = raw_parts(&at, part) ? part[0] : int_to_double(&n, &exact);
        if (n.kind == NUMBER_COMPLEX) exact = false;
    } else if (cell_is_text(at.cell)) {
        const char *text = cell_text(&at, at.cell, &length);
        if ((rc = text_to_double(text, length, out)) != 0) return rc;
    } else {
        *out = (double)length_of(&at);
    }
    if (lossy) *lossy = !exact;
    return 0;
}

bool brine_value_in_pool(const brine_pool *pool, brine_ref value) {
    struct at at;
    return pool && brine__value_read(value, &at) == 0 && at.pool == pool;
}
