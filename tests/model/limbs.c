/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic and text of large integers against GMP, which the library leaves alone (it ends the process when it
 * has no memory): random operands of all sizes, with runs of zeros and ones in which carries travel far.
 */
#include <gmp.h>

#include "check.h"
#include "value/limbs.h"

static check_rng rng;

/* A normal magnitude of up to `most` limbs, not 0, in runs of random, empty and full limbs. */
static size_t random_limbs(uint64_t *a, size_t most) {
    size_t n = 1 + check_below(&rng, most);
    for (size_t i = 0; i < n;) {
        uint64_t kind = check_below(&rng, 4), run = 1 + check_below(&rng, n / 3 + 1);
        for (; run-- && i < n; i++)
            a[i] = kind == 0   ? 0
                   : kind == 1 ? UINT64_MAX
                               : check_random(&rng) >> (kind == 2 ? check_below(&rng, 64) : 0);
    }
    if (a[n - 1] == 0) a[n - 1] = 1 + check_below(&rng, 3);
    return n;
}

static void set(mpz_t z, const uint64_t *a, size_t n) { mpz_import(z, n, -1, 8, 0, 0, a); }

static void same(const mpz_t expected, const uint64_t *a, size_t n, const char *what, size_t an, size_t bn) {
    mpz_t got;
    mpz_init(got);
    set(got, a, n);
    CHECK_MSG(mpz_cmp(got, expected) == 0, "%s of %zu and %zu limbs", what, an, bn);
    mpz_clear(got);
}

static void arithmetic(size_t most_a, size_t most_b) {
    uint64_t *a = malloc(most_a * 8), *b = malloc(most_b * 8);
    size_t an = random_limbs(a, most_a), bn = random_limbs(b, most_b), shorter = an < bn ? an : bn;
    if (check_below(&rng, 8) == 0) { /* the same beginning: quotients next to a power */
        memcpy(b + bn - shorter, a + an - shorter, shorter * 8);
    }
    uint64_t *product = malloc((an + bn) * 8), *scratch = malloc(brine__limbs_multiply_scratch(shorter) * 8);
    mpz_t x, y, z, r;
    mpz_inits(x, y, z, r, NULL);
    set(x, a, an);
    set(y, b, bn);
    brine__limbs_multiply(product, a, an, b, bn, scratch);
    mpz_mul(z, x, y);
    same(z, product, an + bn, "product", an, bn);
    /* The product and a little more or less, by a factor: the hardest quotients. */
    size_t pn = limbs_normal(product, an + bn);
    if (check_below(&rng, 2))
        mpn_sub_1(product, product, (mp_size_t)pn, 1);
    else if (check_below(&rng, 2))
        memcpy(product, a, (pn < an ? pn : an) * 8);
    pn = limbs_normal(product, pn);
    const uint64_t *dividend = check_below(&rng, 3) ? product : a;
    size_t dn = dividend == a ? an : pn;
    if (dn >= bn) {
        uint64_t *q = malloc((dn - bn + 1) * 8), *rest = malloc(bn * 8),
                 *more = malloc(brine__limbs_divide_scratch(dn, bn) * 8);
        brine__limbs_divide(q, rest, dividend, dn, b, bn, more);
        set(x, dividend, dn);
        mpz_tdiv_qr(z, r, x, y);
        same(z, q, dn - bn + 1, "quotient", dn, bn);
        same(r, rest, bn, "remainder", dn, bn);
        free(q);
        free(rest);
        free(more);
    }
    mpz_clears(x, y, z, r, NULL);
    free(a);
    free(b);
    free(product);
    free(scratch);
}

static void text(size_t most) {
    uint64_t *a = malloc(most * 8), *back;
    size_t n = check_below(&rng, 20) ? random_limbs(a, most) : 0, count;
    int base = check_below(&rng, 2) ? 10 : 2 + (int)check_below(&rng, 35);
    char *printed;
    mpz_t x;
    mpz_init(x);
    set(x, a, n);
    CHECK_OK(brine__limbs_print(a, n, base, "-", &printed));
    char *expected = mpz_get_str(NULL, base, x);
    CHECK_MSG(printed[0] == '-' && strcmp(printed + 1, expected) == 0, "%zu limbs as text in base %d", n, base);
    CHECK_OK(brine__limbs_parse(expected, strlen(expected), base, &back, &count));
    CHECK_EQ_INT(count, n);
    same(x, back, count, "reading back", n, (size_t)base);
    /* with zeros in front, so that halves are 0 */
    size_t zeros = check_below(&rng, 2000), length = strlen(expected);
    char *padded = malloc(zeros + length);
    memset(padded, '0', zeros);
    memcpy(padded + zeros, expected, length);
    free(back);
    CHECK_OK(brine__limbs_parse(padded, zeros + length, base, &back, &count));
    same(x, back, count, "reading zeros", n, (size_t)base);
    mpz_clear(x);
    free(a);
    free(back);
    free(padded);
    free(printed);
    free(expected);
}

int main(void) {
    rng = check_seed(20250703);
    for (int i = 0; i < 20000; i++) arithmetic(1 + check_below(&rng, 12), 1 + check_below(&rng, 12));
    for (int i = 0; i < 3000; i++) arithmetic(1 + check_below(&rng, 400), 1 + check_below(&rng, 300));
    for (int i = 0; i < 60; i++) arithmetic(1 + check_below(&rng, 6000), 1 + check_below(&rng, 5000));
    for (int i = 0; i < 5000; i++) text(1 + check_below(&rng, 40));
    for (int i = 0; i < 300; i++) text(1 + check_below(&rng, 600));
    for (int i = 0; i < 10; i++) text(5000);
    return 0;
}
