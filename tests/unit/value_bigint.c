/* SPDX-License-Identifier: Apache-2.0 */
/* Integers of any size: limbs in and out, text, arithmetic at the edges, sizes that are refused, and the
 * convenience header for GMP. (Random arithmetic: model/value_int.) */
#include "value_helpers.h"

#include <brine/gmp.h>

static brine_pool *pool;
static brine_packet packet;
static brine_ref place;

static void limbs(void) {
    uint64_t all[] = {1, 2, 3, 0, 0}, zero = 0;
    brine_bigint big;
    uint64_t u;
    CHECK_OK(brine_assign_bigint(place, -1, all, 5, 0));
    CHECK_EQ_INT(brine_type_of(place), BRINE_BIGINT);
    CHECK_OK(brine_as_bigint(place, &big));
    CHECK(big.sign == -1 && big.count == 3 && memcmp(big.limbs, all, 24) == 0);
    CHECK(brine_pool_contains(pool, big.limbs)); /* in place */
    CHECK_EQ_INT(brine_flags_of(place), 0);
    CHECK_OK(brine_assign_bigint(place, 1, all, 2, BRINE_UNSIGNED));
    CHECK_EQ_INT(brine_flags_of(place), BRINE_UNSIGNED);
    CHECK_OK(brine_assign_bigint(place, 1, &zero, 1, 0));
    CHECK_EQ_INT(brine_type_of(place), BRINE_BIGINT);
    CHECK_OK(brine_as_bigint(place, &big));
    CHECK(big.sign == 0 && big.count == 0);
    CHECK(!brine_truth(place));
    CHECK_INT(place, 0);
    CHECK_OK(brine_assign_bigint(place, 0, NULL, 0, 0));
    CHECK_INT(place, 0);
    all[0] = (uint64_t)1 << 63;
    CHECK_OK(brine_assign_bigint(place, -1, all, 1, 0));
    CHECK_INT(place, INT64_MIN);
    CHECK_STATUS(brine_as_uint(place, &u), BRINE_ERANGE);
    CHECK_OK(brine_assign_bigint(place, 1, all, 1, 0));
    CHECK_OK(brine_as_uint(place, &u));
    CHECK(u == (uint64_t)1 << 63);
    CHECK_OK(brine_assign_int(place, -5)); /* a fixed-width integer is given too */
    CHECK_OK(brine_as_bigint(place, &big));
    CHECK(big.sign == -1 && big.count == 1 && big.limbs[0] == 5);
    CHECK_OK(brine_assign_bool(place, false));
    CHECK_OK(brine_as_bigint(place, &big));
    CHECK(big.sign == 0 && big.count == 0);
    CHECK_OK(brine_assign_double(place, 1));
    CHECK_STATUS(brine_as_bigint(place, &big), BRINE_ETYPE);
}

static void doubles(void) {
    double f = 0;
    bool lossy = true;
    uint64_t two_64[2] = {0, 1}, odd[2] = {1, 1}, huge[17] = {0};
    huge[16] = 1; /* 2^1024 */
    CHECK_OK(brine_assign_bigint(place, -1, two_64, 2, 0));
    CHECK_OK(brine_as_double(place, &f));
    CHECK(f == -18446744073709551616.0);
    CHECK_OK(brine_assign_bigint(place, 1, odd, 2, 0));
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ERANGE);
    CHECK_OK(brine_to_double(place, &f, &lossy));
    CHECK(f == 18446744073709551616.0 && lossy);
    CHECK_OK(brine_assign_bigint(place, 1, huge, 17, 0));
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ERANGE);
    huge[16] = 0;
    for (int i = 0; i < 16; i++) huge[i] = UINT64_MAX;
    CHECK_OK(brine_assign_bigint(place, 1, huge, 16, 0)); /* 2^1024 - 1 */
    CHECK_STATUS(brine_as_double(place, &f), BRINE_ERANGE);
    CHECK_OK(brine_to_double(place, &f, &lossy));
    CHECK(lossy && (isinf(f) || f == 1.7976931348623157e308));
    huge[15] = 0xfffffffffffff800u;
    for (int i = 0; i < 15; i++) huge[i] = 0;
    CHECK_OK(brine_assign_bigint(place, 1, huge, 16, 0)); /* the largest double */
    CHECK_OK(brine_as_double(place, &f));
    CHECK(f == 1.7976931348623157e308);
}

static void parse(const char *text, int base, int status, brine_type type, int64_t expected) {
    CHECK_OK(brine_assign_none(place));
    CHECK_STATUS(brine_assign_int_text(place, text, strlen(text), base), status);
    if (status) {
        CHECK_STUCK(packet, status);
        CHECK_EQ_INT(brine_type_of(place), BRINE_NONE);
        return;
    }
    CHECK_EQ_INT(brine_type_of(place), type);
    if (type == BRINE_I64) CHECK_INT(place, expected);
}

static void texts(void) {
    parse("0", 10, 0, BRINE_I64, 0);
    parse("-0", 0, 0, BRINE_I64, 0);
    parse("+12", 0, 0, BRINE_I64, 12);
    parse("0x1F", 0, 0, BRINE_I64, 31);
    parse("-0b101", 0, 0, BRINE_I64, -5);
    parse("0o17", 0, 0, BRINE_I64, 15);
    parse("zz", 36, 0, BRINE_I64, 35 * 36 + 35);
    parse("9223372036854775807", 10, 0, BRINE_I64, INT64_MAX);
    parse("9223372036854775808", 10, 0, BRINE_BIGINT, 0);
    parse("-9223372036854775808", 10, 0, BRINE_I64, INT64_MIN);
    parse("-9223372036854775809", 10, 0, BRINE_BIGINT, 0);
    parse("", 10, BRINE_ESYNTAX, 0, 0);
    parse("-", 10, BRINE_ESYNTAX, 0, 0);
    parse("--1", 10, BRINE_ESYNTAX, 0, 0);
    parse("0x", 0, BRINE_ESYNTAX, 0, 0);
    parse(" 1", 10, BRINE_ESYNTAX, 0, 0);
    parse("12a", 10, BRINE_ESYNTAX, 0, 0);
    parse("2", 2, BRINE_ESYNTAX, 0, 0);
    parse("1", 1, BRINE_EINVAL, 0, 0);
    parse("1", 37, BRINE_EINVAL, 0, 0);
    CHECK_STATUS(brine_assign_int_text(place, "1\0002", 3, 10), BRINE_ESYNTAX);
    CHECK_STUCK(packet, BRINE_ESYNTAX);
    CHECK_STATUS(brine_assign_int_text(place, NULL, 0, 10), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    char *digits = malloc(200001), *back;
    for (int i = 0; i < 200000; i++) digits[i] = (char)('1' + i % 9);
    digits[200000] = '\0';
    CHECK_OK(brine_assign_int_text(place, digits, 200000, 10));
    CHECK_OK(brine_int_text(place, 10, &back));
    CHECK_STR(back, digits);
    free(back);
    free(digits);
}

static void arith(int64_t a, char op, int64_t b, int64_t expected) {
    brine_ref x = new_place(packet), y = new_place(packet);
    CHECK_OK(brine_assign_int(x, a));
    CHECK_OK(brine_assign_int(y, b));
    CHECK_OK(brine_int_arith(place, op, x, y));
    CHECK_EQ_INT(brine_type_of(place), BRINE_I64);
    CHECK_INT(place, expected);
}

static void arithmetic(void) {
    brine_ref x = new_place(packet), y = new_place(packet);
    brine_bigint big;
    arith(7, '/', 2, 3);
    arith(-7, '/', 2, -4);
    arith(7, '/', -2, -4);
    arith(-7, '%', 3, 2);
    arith(7, '%', -3, -2);
    arith(-1, '&', 255, 255);
    arith(-256, '|', 255, -1);
    arith(-1, '^', 1, -2);
    CHECK_OK(brine_assign_int(x, INT64_MAX));
    CHECK_OK(brine_int_arith(y, '+', x, x)); /* operands that are one value */
    CHECK_EQ_INT(brine_type_of(y), BRINE_BIGINT);
    CHECK_OK(brine_int_arith(y, '-', y, x)); /* the place is an operand */
    CHECK_INT(y, INT64_MAX);
    CHECK_EQ_INT(brine_type_of(y), BRINE_I64);
    CHECK_OK(brine_assign_int(x, INT64_MIN));
    CHECK_OK(brine_assign_int(y, -1));
    CHECK_OK(brine_int_arith(y, '/', x, y));
    CHECK_OK(brine_as_bigint(y, &big));
    CHECK(big.sign == 1 && big.count == 1 && big.limbs[0] == (uint64_t)1 << 63);
    CHECK_OK(brine_assign_int(y, 0));
    CHECK_STATUS(brine_int_arith(place, '/', x, y), BRINE_ERANGE);
    CHECK_STUCK(packet, BRINE_ERANGE);
    CHECK_STATUS(brine_int_arith(place, '%', x, y), BRINE_ERANGE);
    CHECK_STUCK(packet, BRINE_ERANGE);
    CHECK_STATUS(brine_int_arith(place, '?', x, y), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_OK(brine_assign_double(y, 2));
    CHECK_STATUS(brine_int_arith(place, '+', x, y), BRINE_ETYPE);
    CHECK_STUCK(packet, BRINE_ETYPE);
    CHECK_OK(brine_assign_bool(y, true));
    CHECK_OK(brine_int_arith(place, '+', y, y));
    CHECK_INT(place, 2);
}

/* What would be too large for GMP is refused before it is computed. */
static void sizes(void) {
    size_t count = (size_t)1 << 20;
    uint64_t *all = malloc((count + 1) * sizeof *all);
    CHECK(all != NULL);
    for (size_t i = 0; i <= count; i++) all[i] = UINT64_MAX;
    CHECK_OK(brine_assign_bigint(place, 1, all, count, 0));
    CHECK_STATUS(brine_int_arith(place, '*', place, place), BRINE_ERANGE);
    CHECK_STUCK(packet, BRINE_ERANGE);
    brine_bigint big;
    CHECK_OK(brine_as_bigint(place, &big));
    CHECK_EQ_INT(big.count, count); /* as it was */
    free(all);
}

static void gmp(void) {
    mpz_t z, view;
    brine_bigint keep;
    mpz_init_set_str(z, "-123456789012345678901234567890", 10);
    CHECK_OK(brine_assign_mpz(place, z, 0));
    CHECK_EQ_INT(brine_type_of(place), BRINE_BIGINT);
    CHECK_OK(brine_as_mpz(place, &keep, view));
    CHECK(mpz_cmp(z, view) == 0);
    mpz_set_si(z, 0);
    CHECK_OK(brine_assign_mpz(place, z, 0));
    CHECK_OK(brine_as_mpz(place, &keep, view));
    CHECK(mpz_sgn(view) == 0);
    CHECK_OK(brine_assign_int(place, -77));
    CHECK_OK(brine_as_mpz(place, &keep, view));
    CHECK(mpz_cmp_si(view, -77) == 0);
    CHECK_OK(brine_assign_str(place, "77"));
    CHECK_STATUS(brine_as_mpz(place, &keep, view), BRINE_ETYPE);
    mpz_clear(z);
}

int main(void) {
    pool = value_pool(128 << 20);
    packet = new_packet(pool);
    place = new_place(packet);
    limbs();
    doubles();
    texts();
    arithmetic();
    sizes();
    gmp();
    CHECK_OK(brine_packet_error(packet));
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
