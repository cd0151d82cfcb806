/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: integers of any size, through GMP. Values are read in place (mpz_roinit_n); results are computed
 * in ordinary memory and copied in. GMP ends the process when it cannot allocate, so the size of a result
 * is bounded before it is computed.
 */
#include <ctype.h>
#include <stdlib.h>

#include <gmp.h>

#include "value/cell.h"

_Static_assert(sizeof(mp_limb_t) == 8 && GMP_NAIL_BITS == 0, "limbs are plain 64-bit words");

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
        return brine__stick(&at, brine__fail(BRINE_EINVAL, "no limbs, unknown flags, or a negative number as unsigned"));
    if (count > LIMBS_MAX) return brine__stick(&at, brine__fail(BRINE_ERANGE, "an integer of %zu limbs; %zu are possible", count, LIMBS_MAX));
    return store(&at, sign, limbs, count, flags);
}

/* As int64 if it fits, else as bigint. */
static int store_smallest(const struct at *at, mpz_srcptr z) {
    size_t count = mpz_size(z);
    const uint64_t *limbs = (const uint64_t *)mpz_limbs_read(z);
    uint64_t limit = mpz_sgn(z) < 0 ? (uint64_t)1 << 63 : INT64_MAX;
    if (count > LIMBS_MAX) return brine__fail(BRINE_ERANGE, "the integer has %zu limbs; %zu are possible", count, LIMBS_MAX);
    if (count > 1 || (count == 1 && limbs[0] > limit)) return store(at, mpz_sgn(z), limbs, count, 0);
    uint64_t magnitude = count ? limbs[0] : 0;
    brine__cell_assign(at, (struct cell){.type = BRINE_I64, .payload = mpz_sgn(z) < 0 ? -magnitude : magnitude});
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

static int parse_int(const char *text, size_t length, int base, mpz_t z) {
    const char *s = text;
    bool negative = length && *s == '-';
    if (length && (*s == '-' || *s == '+')) {
        s++;
        length--;
    }
    if (base == 0) base = prefix_base(&s, &length);
    if (!all_digits(s, length, base)) return brine__fail(BRINE_ESYNTAX, "\"%.*s\" is no integer in base %d", (int)(length < 40 ? length : 40), text, base);
    if (length > LIMBS_MAX * 12) return brine__fail(BRINE_ERANGE, "an integer of %zu digits is too long", length);
    char *copy = malloc(length + 1);
    if (!copy) return brine__fail(BRINE_ENOMEM, "no memory for %zu digits", length);
    memcpy(copy, s, length);
    copy[length] = 0;
    mpz_set_str(z, copy, base); /* cannot fail: all are digits */
    if (negative) mpz_neg(z, z);
    free(copy);
    return 0;
}

int brine_assign_int_text(brine_ref place, const char *text, size_t length, int base) {
    struct at at;
    mpz_t z;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    if (!text || (base && (base < 2 || base > 36))) return brine__stick(&at, brine__fail(BRINE_EINVAL, "the text is NULL, or base %d is not 0 or 2 to 36", base));
    mpz_init(z);
    rc = parse_int(text, length, base, z);
    if (!rc) rc = store_smallest(&at, z);
    mpz_clear(z);
    return rc ? brine__stick(&at, rc) : 0;
}

/* ---- arithmetic ---- */

static int operate(mpz_t result, char op, mpz_srcptr a, mpz_srcptr b) {
    size_t limbs = mpz_size(a) + mpz_size(b);
    if ((op == '/' || op == '%') && mpz_sgn(b) == 0) return brine__fail(BRINE_ERANGE, "division by zero");
    if (op == '*' && limbs > LIMBS_MAX) return brine__fail(BRINE_ERANGE, "the product would have %zu limbs; %zu are possible", limbs, LIMBS_MAX);
    switch (op) {
    case '+': mpz_add(result, a, b); return 0;
    case '-': mpz_sub(result, a, b); return 0;
    case '*': mpz_mul(result, a, b); return 0;
    case '/': mpz_fdiv_q(result, a, b); return 0;
    case '%': mpz_fdiv_r(result, a, b); return 0;
    case '&': mpz_and(result, a, b); return 0;
    case '|': mpz_ior(result, a, b); return 0;
    case '^': mpz_xor(result, a, b); return 0;
    default: return brine__fail(BRINE_EINVAL, "the operator '%c' is none of + - * / %% & | ^", op);
    }
}

int brine_int_arith(brine_ref place, char op, brine_ref a, brine_ref b) {
    struct at at;
    brine_bigint x, y;
    mpz_t result, p, q;
    int rc = brine__value_place(place, &at);
    if (rc) return rc;
    rc = brine_as_bigint(a, &x);
    if (!rc) rc = brine_as_bigint(b, &y);
    if (rc) return brine__stick(&at, rc);
    mpz_init(result);
    rc = operate(result, op, mpz_roinit_n(p, (const mp_limb_t *)x.limbs, x.sign < 0 ? -(mp_size_t)x.count : (mp_size_t)x.count),
                 mpz_roinit_n(q, (const mp_limb_t *)y.limbs, y.sign < 0 ? -(mp_size_t)y.count : (mp_size_t)y.count));
    if (!rc) rc = store_smallest(&at, result);
    mpz_clear(result);
    return rc ? brine__stick(&at, rc) : 0;
}
