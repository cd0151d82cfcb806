// SPDX-License-Identifier: Apache-2.0
// ptools: scalars as they stand inside a Val, their tags, and conversions as C makes them.
#ifndef BRINE_PTOOLS_NUMBER_HPP
#define BRINE_PTOOLS_NUMBER_HPP

#include <cmath>
#include <cstring>

#include <brine/ptools/base.hpp>

namespace ptools {
namespace detail {

template <class T> struct is_complex : std::false_type {};
template <class T> struct is_complex<std::complex<T>> : std::is_floating_point<T> {};

/// The numbers that a Val holds. char32_t and its like are integers, too.
template <class T> inline constexpr bool is_number = std::is_arithmetic<T>::value || is_complex<T>::value;

template <class T> constexpr brine_type number_type() {
    static_assert(is_number<T>, "a number of a fixed size");
    if (std::is_same<T, bool>::value) return BRINE_BOOL;
    if (is_complex<T>::value) return sizeof(T) == 8 ? BRINE_C64 : BRINE_C128;
    if (std::is_floating_point<T>::value) return sizeof(T) == 4 ? BRINE_F32 : BRINE_F64;
    const brine_type integers[] = {BRINE_I8,  BRINE_U8,  BRINE_I16, BRINE_U16,
                                   BRINE_I32, BRINE_U32, BRINE_I64, BRINE_U64};
    const int width = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return integers[2 * width + (std::is_signed<T>::value ? 0 : 1)];
}

/// Tags of the scalar types by brine_type, 0 to 13.
inline constexpr char scalar_tags[] = "ZbsSiIlLxXfdFD";

constexpr char scalar_tag(brine_type type) { return type <= BRINE_C128 ? scalar_tags[type] : '?'; }
template <class T> constexpr char tag_of() { return scalar_tag(number_type<T>()); }

inline brine_type scalar_type(char tag) {
    const char *at = std::strchr(scalar_tags, tag);
    return tag != '\0' && at != nullptr ? static_cast<brine_type>(at - scalar_tags) : BRINE_INVALID;
}

/// The bytes of a number of the type that the tag beside them tells. None is all zero.
struct Number {
    alignas(8) unsigned char bytes[16] = {};
    template <class T> T get() const {
        T out;
        std::memcpy(static_cast<void *>(&out), bytes, sizeof out);
        return out;
    }
    template <class T> void set(T v) { std::memcpy(bytes, static_cast<const void *>(&v), sizeof v); }
};

/// Calls f with the number in its own type; with int 0 for None.
template <class F> auto visit_number(char tag, const Number &n, F f) {
    switch (tag) {
    case 'b': return f(n.get<bool>());
    case 's': return f(n.get<int_1>());
    case 'S': return f(n.get<int_u1>());
    case 'i': return f(n.get<int_2>());
    case 'I': return f(n.get<int_u2>());
    case 'l': return f(n.get<int_4>());
    case 'L': return f(n.get<int_u4>());
    case 'x': return f(n.get<int_8>());
    case 'X': return f(n.get<int_u8>());
    case 'f': return f(n.get<real_4>());
    case 'd': return f(n.get<real_8>());
    case 'F': return f(n.get<complex_8>());
    case 'D': return f(n.get<complex_16>());
    default: return f(0);
    }
}

/// Toward zero; what does not fit gives the nearest that does, NaN gives 0 (in C both are undefined).
template <class T> T truncate(double d) {
    if (!(d == d)) return 0;
    if (d <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (d >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(d);
}

/// As C converts: a complex gives its real part, integers wrap.
template <class To, class From> To convert(From v) {
    if constexpr (is_complex<From>::value) {
        if constexpr (is_complex<To>::value) {
            using Part = typename To::value_type;
            return To(static_cast<Part>(v.real()), static_cast<Part>(v.imag()));
        } else if constexpr (std::is_same<To, bool>::value) {
            return v != From();
        } else {
            return convert<To>(v.real());
        }
    } else if constexpr (is_complex<To>::value) {
        return To(static_cast<typename To::value_type>(v));
    } else if constexpr (std::is_same<To, bool>::value) {
        return v != From();
    } else if constexpr (std::is_floating_point<From>::value && std::is_integral<To>::value) {
        return truncate<To>(static_cast<double>(v));
    } else {
        return static_cast<To>(v);
    }
}

/// A value in a packet as a number: text is parsed, a container gives its length.
template <class T> T read_number(brine_ref ref) {
    if constexpr (is_complex<T>::value) {
        double re = 0, im = 0;
        if (brine_as_complex(ref, &re, &im) < 0) check(brine_to_double(ref, &re, nullptr));
        return convert<T>(complex_16(re, im));
    } else if constexpr (std::is_floating_point<T>::value || std::is_same<T, bool>::value) {
        double d = 0;
        check(brine_to_double(ref, &d, nullptr));
        return convert<T>(d);
    } else {
        std::uint64_t whole = 0; // what only an unsigned 64-bit number holds
        if (brine_as_uint(ref, &whole) == 0) return static_cast<T>(whole);
        std::int64_t i = 0;
        check(brine_to_int(ref, &i, nullptr));
        return static_cast<T>(i);
    }
}

/// True, and *order, if both can be compared exactly without help: what is not 64-bit integers or doubles of the same
/// kind is left to the library.
template <class A, class B> bool quick_order(A a, B b, int *order) {
    if constexpr (std::is_integral<A>::value && std::is_integral<B>::value) {
        if constexpr (std::is_signed<A>::value == std::is_signed<B>::value) {
            *order = (a > b) - (a < b);
        } else if constexpr (std::is_signed<A>::value) {
            const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
            *order = a < 0 ? -1 : (ua > ub) - (ua < ub);
        } else {
            const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
            *order = b < 0 ? 1 : (ua > ub) - (ua < ub);
        }
        return true;
    } else if constexpr (std::is_floating_point<A>::value && std::is_floating_point<B>::value) {
        const auto da = static_cast<double>(a), db = static_cast<double>(b);
        *order = (da > db) - (da < db);
        return !(std::isnan(da) || std::isnan(db));
    } else {
        (void)a, (void)b, (void)order;
        return false;
    }
}

} // namespace detail
} // namespace ptools

#endif
