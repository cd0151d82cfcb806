// SPDX-License-Identifier: Apache-2.0
// ptools: int_n and int_un, integers of any size. The arithmetic is the library's.
#ifndef BRINE_PTOOLS_INTEGER_HPP
#define BRINE_PTOOLS_INTEGER_HPP

#include <ostream>
#include <vector>

#include <brine/ptools/number.hpp>

namespace ptools {

/// An integer of any size; int_un holds none below 0. Division and remainder round down, as Python's. Not for several
/// threads at once if one of them changes it. Throws Error: BRINE_ERANGE (below 0, division by 0), BRINE_ESYNTAX.
template <bool Unsigned> class BigInt {
  public:
    BigInt() = default;
    template <class I, std::enable_if_t<std::is_integral<I>::value, int> = 0> BigInt(I v) {
        detail::Scratch scratch;
        if constexpr (std::is_signed<I>::value)
            detail::check(brine_assign_int(scratch.root(), static_cast<std::int64_t>(v)));
        else
            detail::check(brine_assign_uint(scratch.root(), static_cast<std::uint64_t>(v)));
        read(scratch.root());
    }
    explicit BigInt(const std::string &text) { parse(text); }
    explicit BigInt(const char *text) { parse(text); }
    explicit BigInt(const BigInt<!Unsigned> &other) {
        detail::Scratch scratch;
        other.write(scratch.root());
        read(scratch.root());
    }

    /// From and to a place in a packet.
    void read(brine_ref ref) {
        brine_bigint view;
        detail::check(brine_as_bigint(ref, &view));
        if (Unsigned && view.sign < 0) detail::fail(BRINE_ERANGE, "an int_un cannot be below 0");
        limbs_.assign(view.limbs, view.limbs + view.count);
        while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
        negative_ = view.sign < 0;
    }
    void write(brine_ref place) const {
        detail::check(brine_assign_bigint(place,
                                          negative_        ? -1
                                          : limbs_.empty() ? 0
                                                           : 1,
                                          limbs_.data(), limbs_.size(), Unsigned ? BRINE_UNSIGNED : 0));
    }

    std::string str(int base = 10) const {
        detail::Scratch scratch;
        write(scratch.root());
        char *text = nullptr;
        detail::check(brine_int_text(scratch.root(), base, &text));
        std::string out(text);
        std::free(text);
        return out;
    }
    /// As C converts: wraps to the width; to a real number, rounded.
    template <class T, std::enable_if_t<std::is_arithmetic<T>::value, int> = 0> explicit operator T() const {
        if constexpr (std::is_same<T, bool>::value) return !limbs_.empty();
        if constexpr (std::is_integral<T>::value) {
            const std::uint64_t low = limbs_.empty() ? 0 : limbs_[0];
            return static_cast<T>(negative_ ? 0 - low : low);
        }
        detail::Scratch scratch;
        write(scratch.root());
        return detail::read_number<T>(scratch.root());
    }

    BigInt &operator+=(const BigInt &b) { return apply('+', b); }
    BigInt &operator-=(const BigInt &b) { return apply('-', b); }
    BigInt &operator*=(const BigInt &b) { return apply('*', b); }
    BigInt &operator/=(const BigInt &b) { return apply('/', b); }
    BigInt &operator%=(const BigInt &b) { return apply('%', b); }
    BigInt &operator++() { return *this += BigInt(1); }
    BigInt &operator--() { return *this -= BigInt(1); }
    BigInt operator-() const { return BigInt() - *this; }
    friend BigInt operator+(BigInt a, const BigInt &b) { return a += b; }
    friend BigInt operator-(BigInt a, const BigInt &b) { return a -= b; }
    friend BigInt operator*(BigInt a, const BigInt &b) { return a *= b; }
    friend BigInt operator/(BigInt a, const BigInt &b) { return a /= b; }
    friend BigInt operator%(BigInt a, const BigInt &b) { return a %= b; }

    friend bool operator==(const BigInt &a, const BigInt &b) {
        return a.negative_ == b.negative_ && a.limbs_ == b.limbs_;
    }
    friend bool operator!=(const BigInt &a, const BigInt &b) { return !(a == b); }
    friend bool operator<(const BigInt &a, const BigInt &b) { return a.order(b) < 0; }
    friend bool operator>(const BigInt &a, const BigInt &b) { return b < a; }
    friend bool operator<=(const BigInt &a, const BigInt &b) { return !(b < a); }
    friend bool operator>=(const BigInt &a, const BigInt &b) { return !(a < b); }
    friend std::ostream &operator<<(std::ostream &out, const BigInt &v) { return out << v.str(); }

  private:
    void parse(const std::string &text) {
        const bool suffix = !text.empty() && (text.back() == 'L' || text.back() == 'l');
        detail::Scratch scratch;
        detail::check(brine_assign_int_text(scratch.root(), text.data(), text.size() - (suffix ? 1 : 0), 0));
        read(scratch.root());
    }
    BigInt &apply(char op, const BigInt &b) {
        detail::Scratch left, right;
        write(left.root());
        b.write(right.root());
        detail::check(brine_int_arith(left.root(), op, left.root(), right.root()));
        read(left.root());
        return *this;
    }
    int order(const BigInt &b) const {
        if (negative_ != b.negative_) return negative_ ? -1 : 1;
        int magnitude = (limbs_.size() > b.limbs_.size()) - (limbs_.size() < b.limbs_.size());
        for (std::size_t i = limbs_.size(); magnitude == 0 && i-- > 0;)
            magnitude = (limbs_[i] > b.limbs_[i]) - (limbs_[i] < b.limbs_[i]);
        return negative_ ? -magnitude : magnitude;
    }

    std::vector<std::uint64_t> limbs_; // little-endian, the last one not 0
    bool negative_ = false;
};

using int_n = BigInt<false>;
using int_un = BigInt<true>;

} // namespace ptools

#endif
