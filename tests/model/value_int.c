/* SPDX-License-Identifier: Apache-2.0 */
/* Integer arithmetic, text, comparison and hashing of random integers of many sizes, against GMP and, where
 * it fits, against the compiler's 128-bit integers. */
#include "../unit/value_helpers.h"

#include <brine/gmp.h>

/* Sizes around the words' ends are frequent. */
static void random_int(check_rng *rng, mpz_t z) {
    static const unsigned bits[] = {0, 1, 8, 31, 32, 53, 54, 63, 64, 65, 127, 128, 129, 200, 1000, 1024, 1025, 5000};
    unsigned n = bits[check_below(rng, sizeof bits / sizeof *bits)];
    mpz_set_ui(z, 0);
    for (unsigned done = 0; done < n; done += 32) {
        mpz_mul_2exp(z, z, 32);
        mpz_add_ui(z, z, (unsigned long)(check_random(rng) & 0xffffffff));
    }
    mpz_fdiv_r_2exp(z, z, n);
    switch (check_below(rng, 4)) {
    case 0:
        mpz_set_ui(z, 0), mpz_setbit(z, n), mpz_sub_ui(z, z, (unsigned long)check_below(rng, 3));
        break; /* 2^n - 0..2 */
    case 1: mpz_set_ui(z, 0), mpz_setbit(z, n), mpz_add_ui(z, z, (unsigned long)check_below(rng, 3)); break;
    default: break;
    }
    if (check_below(rng, 2)) mpz_neg(z, z);
}

/* As the smallest type, or always as a bigint, or as text. */
static void assign(check_rng *rng, brine_ref place, const mpz_t z) {
    int base = 2 + (int)check_below(rng, 35);
    switch (check_below(rng, 3)) {
    case 0:
        if (mpz_fits_slong_p(z)) {
            CHECK_OK(brine_assign_int(place, mpz_get_si(z)));
            break;
        }
        /* fall through */
    case 1: CHECK_OK(brine_assign_mpz(place, z, 0)); break;
    default: {
        char *text = mpz_get_str(NULL, base, z);
        CHECK_OK(brine_assign_int_text(place, text, strlen(text), base));
        CHECK_EQ_INT(brine_type_of(place), mpz_fits_slong_p(z) ? BRINE_I64 : BRINE_BIGINT);
        free(text);
    }
    }
}

static void check_is(brine_ref value, const mpz_t z) {
    brine_bigint keep;
    mpz_t view;
    CHECK_OK(brine_as_mpz(value, &keep, view));
    if (mpz_cmp(view, z) != 0) {
        gmp_fprintf(stderr, "found %Zd, not %Zd\n", view, z);
        CHECK(false);
    }
}

static void expect(mpz_t r, char op, const mpz_t a, const mpz_t b) {
    switch (op) {
    case '+': mpz_add(r, a, b); break;
    case '-': mpz_sub(r, a, b); break;
    case '*': mpz_mul(r, a, b); break;
    case '/': mpz_fdiv_q(r, a, b); break;
    case '%': mpz_fdiv_r(r, a, b); break;
    case '&': mpz_and(r, a, b); break;
    case '|': mpz_ior(r, a, b); break;
    default: mpz_xor(r, a, b); break;
    }
}

static void check_double(brine_ref x, const mpz_t a) {
    double f = mpz_get_d(a), found = 0; /* cut off toward zero, so exact iff it is equal */
    bool exact = !isinf(f) && mpz_cmp_d(a, f) == 0;
    int rc = brine_as_double(x, &found);
    CHECK(exact ? rc == 0 && found == f : rc == BRINE_ERANGE);
}

/* A double near the integer: compared exactly, hashed equally if equal. */
static void check_near(check_rng *rng, brine_ref x, brine_ref y, const mpz_t a) {
    double f = mpz_get_d(a);
    int order;
    if (isinf(f)) return;
    if (check_below(rng, 2)) f = nextafter(f, check_below(rng, 2) ? INFINITY : -INFINITY);
    if (fabs(f) < 1e15 && check_below(rng, 2)) f += 0.25;
    if (isinf(f)) return;
    CHECK_OK(brine_assign_double(y, f));
    CHECK_OK(brine_compare(x, y, &order));
    int expected = mpz_cmp_d(a, f);
    CHECK_EQ_INT(order, (expected > 0) - (expected < 0));
    CHECK_EQ_INT(brine_equal(x, y), expected == 0);
    CHECK_OK(brine_compare(y, x, &order));
    CHECK_EQ_INT(order, (expected < 0) - (expected > 0));
    if (expected == 0) {
        uint64_t h, k;
        CHECK_OK(brine_hash(x, &h));
        CHECK_OK(brine_hash(y, &k));
        CHECK(h == k);
    }
}

int main(void) {
    check_rng rng = check_seed(3);
    brine_pool *pool = value_pool(64 << 20);
    brine_packet packet = new_packet(pool);
    mpz_t a, b, r;
    mpz_inits(a, b, r, NULL);
    for (int round = 0; round < 60000; round++) {
        if (round % 1000 == 0) {
            CHECK_OK(brine_packet_free(packet));
            packet = new_packet(pool);
        }
        brine_ref root = brine_root(packet), x = brine_slot(root, "x"), y = brine_slot(root, "y"),
                  z = brine_slot(root, "z");
        int order;
        random_int(&rng, a);
        if (check_below(&rng, 5) == 0)
            mpz_set(b, a);
        else
            random_int(&rng, b);
        assign(&rng, x, a);
        assign(&rng, y, b);
        check_is(x, a);
        check_is(y, b);
        CHECK_OK(brine_compare(x, y, &order));
        int expected = mpz_cmp(a, b);
        CHECK_EQ_INT(order, (expected > 0) - (expected < 0));
        CHECK_EQ_INT(brine_equal(x, y), expected == 0);
        CHECK_EQ_INT(brine_truth(x), mpz_sgn(a) != 0);
        check_double(x, a);
        char op = "+-*/%&|^"[check_below(&rng, 8)];
        if (mpz_sgn(b) == 0 && (op == '/' || op == '%')) {
            CHECK_STATUS(brine_int_arith(z, op, x, y), BRINE_ERANGE);
            CHECK_STUCK(packet, BRINE_ERANGE);
        } else {
            expect(r, op, a, b);
            brine_ref to = check_below(&rng, 3) == 0 ? x : check_below(&rng, 2) ? y : z;
            CHECK_OK(brine_int_arith(to, op, x, y));
            check_is(to, r);
            CHECK_EQ_INT(brine_type_of(to), mpz_fits_slong_p(r) ? BRINE_I64 : BRINE_BIGINT);
            if (mpz_fits_slong_p(a) && mpz_fits_slong_p(b) && (op == '+' || op == '-' || op == '*')) {
                __int128 p = mpz_get_si(a), q = mpz_get_si(b), s = op == '+' ? p + q : op == '-' ? p - q : p * q;
                if (s >= INT64_MIN && s <= INT64_MAX) CHECK_INT(to, (int64_t)s);
            }
        }
        assign(&rng, x, a);
        check_near(&rng, x, y, a);
    }
    CHECK_OK(brine_packet_free(packet));
    mpz_clears(a, b, r, NULL);
    end_pool(pool);
    return 0;
}
