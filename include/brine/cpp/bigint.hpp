// SPDX-License-Identifier: Apache-2.0
//
// Integers of any size: from text and to text, as limbs in place, and as GMP's mpz_class where <gmpxx.h> was included
// before (the program then links with gmp and gmpxx).
//     tab["big"] = brine::integer("1267650600228229401496703205376");
//     tab["big"].integer_text();
//     tab["big"].get<mpz_class>();
#ifndef BRINE_CPP_BIGINT_HPP
#define BRINE_CPP_BIGINT_HPP

#include <brine/cpp/codec.hpp>

#ifdef __GMP_PLUSPLUS__
#include <brine/gmp.h>
#endif

BRINE_CPP_BEGIN

// Digits in a base of 2 to 36 (0: by the prefix 0x, 0o, 0b), to be stored. syntax_error.
struct IntegerText {
    std::string_view digits;
    int base;
};
inline IntegerText integer(std::string_view digits BRINE_CPP_LIFETIMEBOUND, int base = 10) noexcept {
    return {digits, base};
}

// Little-endian limbs of 64 bits and a sign (-1, 0, 1), to be stored. is_unsigned: kept as the seed's int_un.
struct IntegerLimbs {
    int sign;
    span<const std::uint64_t> limbs;
    bool is_unsigned;
};
inline IntegerLimbs integer(int sign, span<const std::uint64_t> limbs, bool is_unsigned = false) noexcept {
    return {sign, limbs, is_unsigned};
}

// An integer of any type in place. Borrows the packet; not to be copied, as its limbs may stand in itself.
class BigInt {
  public:
    // type_error if it is no integer.
    explicit BigInt(ConstValue value) { check(brine_as_bigint(value.ref(), &b_)); }
    BigInt(const BigInt &) = delete;
    BigInt &operator=(const BigInt &) = delete;
    int sign() const noexcept { return b_.sign; } // -1, 0, 1
    span<const std::uint64_t> limbs() const noexcept {
        return {b_.limbs, b_.count};
    } // of the magnitude, the least first

  private:
    brine_bigint b_;
};

template <> struct codec<IntegerText> {
    static int write(Value place, IntegerText x) {
        return brine_assign_int_text(place.ref(), x.digits.data(), x.digits.size(), x.base);
    }
};
template <> struct codec<IntegerLimbs> {
    static int write(Value place, const IntegerLimbs &x) {
        return brine_assign_bigint(place.ref(), x.sign, x.limbs.data(), x.limbs.size(),
                                   x.is_unsigned ? BRINE_UNSIGNED : 0u);
    }
};

#ifdef __GMP_PLUSPLUS__
template <> struct codec<mpz_class> {
    static std::string name() { return "an integer"; }
    static int read(ConstValue v, mpz_class &out) {
        brine_bigint keep;
        mpz_t view;
        int status = brine_as_mpz(v.ref(), &keep, view);
        if (status == 0) out = mpz_class(view);
        return status;
    }
    static int write(Value place, const mpz_class &x) { return brine_assign_mpz(place.ref(), x.get_mpz_t(), 0); }
};
#endif

template <class D> std::string Readable<D>::integer_text(int base) const {
    char *text = nullptr;
    check(brine_int_text(ref(), base, &text));
    std::unique_ptr<char, decltype(&std::free)> keep(text, std::free);
    return text;
}

BRINE_CPP_END

#endif
