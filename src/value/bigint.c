/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: integers of any size. Values are read in place; results are computed in ordinary memory, whose size is known
 * before, and copied in.
 */
#include <ctype.h>
#include <stdlib.h>

#include <gmp.h>

#include "value/cell.h"
#include "value/limbs.h"

#define LIMBS_MAX ((size_t)1 << 20) /* 64 Mibit */

static int store(const struct at *at, int sign, const uint64_t *limbs, size_t count, unsigned flags) {
    while (count && limbs[count - 1] == 0) count--;
    struct cell cell = {.type = BRINE_BIGINT};
    uint64_t *room = NULL;
    if (count && !(room = brine__arena_alloc(at, (uint64_t)count * 8, 8))) return BRINE_ENOMEM;
    if (count) {
        memcpy(room, limbs, count * 8);
        cell.payload = pool_offset(at->pool, room);
        cell_set_len48(&cell, count);
        cell.n = sign < 0 ? BIGINT_NEGATIVE : BIGINT_POSITIVE;
    }
    if (flags & BRINE_UNSIGNED) cell.n |= BIGINT_UNSIGNED;
    brine__cell_assign(at, cell);
    return 0;
}

int brine_assign_bigint(brine_ref place, int sign, const uint64_t *limbs, size_t count, unsigned flags) {
    struct at at;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    if ((count && !limbs) || (flags & ~BRINE_UNSIGNED) || ((flags & BRINE_UNSIGNED) && sign < 0))
        return brine__stick(&at,
                            brine__fail(BRINE_EINVAL, "no limbs, unknown flags, or a negative number as unsigned"));
    if (count > LIMBS_MAX)
        return brine__stick(&at,
                            brine__fail(BRINE_ERANGE, "an integer of %zu limbs; %zu are possible", count, LIMBS_MAX));
    return store(&at, sign, limbs, count, flags);
}

/* As int64 if it fits, else as bigint. */
static int store_smallest(const struct at *at, bool negative, const uint64_t *limbs, size_t count) {
    count = limbs_normal(limbs, count);
    uint64_t limit = negative ? (uint64_t)1 << 63 : INT64_MAX, magnitude = count ? limbs[0] : 0;
    if (count > LIMBS_MAX)
        return brine__fail(BRINE_ERANGE, "the integer has %zu limbs; %zu are possible", count, LIMBS_MAX);
    if (count > 1 || magnitude > limit) return store(at, negative ? -1 : 1, limbs, count, 0);
    brine__cell_assign(at, (struct cell){.type = BRINE_I64, .payload = negative ? -magnitude : magnitude});
    return 0;
}

/* ---- text ---- */

static int prefix_base(const char **digits, size_t *length) {
    if (*length < 2 || (*digits)[0] != '0') return 10;
    int c = tolower((unsigned char)(*digits)[1]), base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 10;
    if (base == 10) return 10;
    *digits += 2;
    *length -= 2;
    return base;
}

static bool all_digits(const char *s, size_t length, int base) {
    for (size_t i = 0; i < length; i++) {
        int c = tolower((unsigned char)s[i]), v = isdigit(c) ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
        if (v >= base) return false;
    }
    return length > 0;
}

static int parse_int(const struct at *at, const char *text, size_t length, int base) {
    const char *s = text;
    uint64_t *limbs;
    size_t count, all = length;
    bool negative = length && *s == '-';
    if (length && (*s == '-' || *s == '+')) {
        s++;
        length--;
    }
    if (base == 0) base = prefix_base(&s, &length);
    if (!all_digits(s, length, base))
        return brine__fail(BRINE_ESYNTAX, "\"%.*s\" is no integer in base %d", (int)(all < 40 ? all : 40), text, base);
    if (length > LIMBS_MAX * 12) return brine__fail(BRINE_ERANGE, "an integer of %zu digits is too long", length);
    int rc = brine__limbs_parse(s, length, base, &limbs, &count);
    if (rc) return rc;
    rc = store_smallest(at, negative, limbs, count);
    free(limbs);
    return rc;
}

int brine_assign_int_text(brine_ref place, const char *text, size_t length, int base) {
    struct at at;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    if (!text || (base && (base < 2 || base > 36)))
        return brine__stick(&at, brine__fail(BRINE_EINVAL, "the text is NULL, or base %d is not 0 or 2 to 36", base));
    rc = parse_int(&at, text, length, base);
    return rc ? brine__stick(&at, rc) : 0;
}

/* ---- arithmetic ---- */

struct integer {
    const uint64_t *limbs;
    size_t count; /* normal */
    bool negative;
};

/* What is computed, of `room` limbs; `more` is scratch behind it. */
struct result {
    uint64_t *limbs, *more;
    size_t count;
    bool negative;
};

static int order(const struct integer *a, const struct integer *b) {
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    return a->count ? mpn_cmp(a->limbs, b->limbs, (mp_size_t)a->count) : 0;
}

static void add(struct result *r, const struct integer *a, const struct integer *b) {
    if (order(a, b) < 0) { /* |a| is the larger one from here on */
        add(r, b, a);
        return;
    }
    r->negative = a->negative;
    r->count = a->count;
    memcpy(r->limbs, a->limbs, a->count * 8);
    r->limbs[a->count] = 0;
    if (b->count == 0) return;
    if (a->negative == b->negative)
        r->limbs[r->count++] = mpn_add(r->limbs, r->limbs, (mp_size_t)a->count, b->limbs, (mp_size_t)b->count);
    else
        mpn_sub(r->limbs, r->limbs, (mp_size_t)a->count, b->limbs, (mp_size_t)b->count);
}

static void multiply(struct result *r, const struct integer *a, const struct integer *b) {
    if (a->count == 0 || b->count == 0) return;
    r->negative = a->negative != b->negative;
    r->count = a->count + b->count;
    brine__limbs_multiply(r->limbs, a->limbs, a->count, b->limbs, b->count, r->more);
}

/* The quotient rounded down, or the remainder with the sign of b. */
static void divide(struct result *r, const struct integer *a, const struct integer *b, bool quotient) {
    bool differ = a->negative != b->negative;
    uint64_t *q = r->more, *rest = q + a->count + 1;
    size_t qn = 0, rn = a->count;
    if (a->count < b->count) {
        memcpy(rest, a->limbs, a->count * 8);
    } else {
        qn = a->count - b->count + 1;
        rn = b->count;
        brine__limbs_divide(q, rest, a->limbs, a->count, b->limbs, b->count, rest + b->count);
    }
    rn = limbs_normal(rest, rn);
    r->negative = quotient ? differ : b->negative;
    r->count = quotient ? qn : rn;
    memcpy(r->limbs, quotient ? q : rest, r->count * 8);
    if (!differ || rn == 0) return;
    if (quotient) {
        r->limbs[qn] = qn ? mpn_add_1(r->limbs, r->limbs, (mp_size_t)qn, 1) : 1;
        r->count = qn + 1;
    } else {
        mpn_sub(r->limbs, b->limbs, (mp_size_t)b->count, rest, (mp_size_t)rn);
        r->count = b->count;
    }
}

/* One limb of two's complement after the other, the sign without end behind them. */
struct complement {
    const struct integer *of;
    size_t at;
    uint64_t carry;
};

static uint64_t next_limb(struct complement *c) {
    uint64_t limb = c->at < c->of->count ? c->of->limbs[c->at] : 0;
    c->at++;
    if (!c->of->negative) return limb;
    limb = ~limb + c->carry;
    c->carry &= limb == 0;
    return limb;
}

static uint64_t bits(char op, uint64_t x, uint64_t y) { return op == '&' ? x & y : op == '|' ? x | y : x ^ y; }

static void bitwise(struct result *r, char op, const struct integer *a, const struct integer *b) {
    struct complement x = {a, 0, 1}, y = {b, 0, 1};
    r->negative = bits(op, a->negative, b->negative);
    r->count = (a->count > b->count ? a->count : b->count) + 1;
    uint64_t carry = 1;
    for (size_t i = 0; i < r->count; i++) {
        uint64_t limb = bits(op, next_limb(&x), next_limb(&y));
        if (r->negative) { /* back to a magnitude */
            limb = ~limb + carry;
            carry &= limb == 0;
        }
        r->limbs[i] = limb;
    }
}

static int check_operation(char op, const struct integer *a, const struct integer *b) {
    if (!op || !strchr("+-*/%&|^", op))
        return brine__fail(BRINE_EINVAL, "the operator '%c' is none of + - * / %% & | ^", op);
    if ((op == '/' || op == '%') && b->count == 0) return brine__fail(BRINE_ERANGE, "division by zero");
    size_t limbs = a->count + b->count;
    if (op == '*' && limbs > LIMBS_MAX)
        return brine__fail(BRINE_ERANGE, "the product would have %zu limbs; %zu are possible", limbs, LIMBS_MAX);
    return 0;
}

/* Limbs of memory: for the result, then as scratch. */
static size_t result_room(size_t an, size_t bn) { return an + bn + 2; }
static size_t scratch_room(char op, size_t an, size_t bn) {
    if (op == '*') return brine__limbs_multiply_scratch(an < bn ? an : bn);
    if (op == '/' || op == '%')
        return an + 1 + (an > bn ? an : bn) + (an < bn ? 0 : brine__limbs_divide_scratch(an, bn));
    return 0;
}

static void operate(struct result *r, char op, const struct integer *a, const struct integer *b) {
    struct integer minus = {b->limbs, b->count, !b->negative};
    switch (op) {
    case '+': add(r, a, b); break;
    case '-': add(r, a, &minus); break;
    case '*': multiply(r, a, b); break;
    case '/':
    case '%': divide(r, a, b, op == '/'); break;
    default: bitwise(r, op, a, b);
    }
}

int brine_int_arith(brine_ref place, char op, brine_ref a, brine_ref b) {
    struct at at;
    brine_bigint x, y;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    rc = brine_as_bigint(a, &x);
    if (!rc) rc = brine_as_bigint(b, &y);
    if (rc) return brine__stick(&at, rc);
    struct integer m = {x.limbs, limbs_normal(x.limbs, x.count), x.sign < 0},
                   n = {y.limbs, limbs_normal(y.limbs, y.count), y.sign < 0};
    rc = check_operation(op, &m, &n);
    if (rc) return brine__stick(&at, rc);
    size_t room = result_room(m.count, n.count) + scratch_room(op, m.count, n.count);
    struct result r = {.limbs = malloc(room * 8)};
    if (!r.limbs)
        return brine__stick(
            &at, brine__fail(BRINE_ENOMEM, "no memory for arithmetic on %zu and %zu limbs", m.count, n.count));
    r.more = r.limbs + result_room(m.count, n.count);
    operate(&r, op, &m, &n);
    rc = store_smallest(&at, r.negative, r.limbs, r.count);
    free(r.limbs);
    return rc ? brine__stick(&at, rc) : 0;
}
