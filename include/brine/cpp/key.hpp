// SPDX-License-Identifier: Apache-2.0
//
// Keys and indices. A key is text, an index, or any other value that may be a key: bool, float, complex, none, bytes, a
// value of a packet. A whole number is the index of an arr or tup (from the end if negative) and a key of a tab.
#ifndef BRINE_CPP_KEY_HPP
#define BRINE_CPP_KEY_HPP

#include <complex>
#include <cstdint>

#include <brine/cpp/config.hpp>

BRINE_CPP_BEGIN

namespace detail {

template <class T, class = void> inline constexpr bool has_ref = false;
template <class T>
inline constexpr bool
    has_ref<T, std::enable_if_t<std::is_same_v<decltype(std::declval<const T &>().ref()), brine_ref>>> = true;

template <class K>
inline constexpr bool is_text =
    std::is_convertible_v<const K &, std::string_view> && !std::is_same_v<K, std::nullptr_t>;

// What is kept of a key until it is used: text is borrowed, unless it is a string that would be gone by then.
template <class K> auto stored_key(K &&key) {
    using P = plain<K>;
    if constexpr (std::is_same_v<P, std::string> && !std::is_lvalue_reference_v<K>) {
        return std::string(std::forward<K>(key));
    } else if constexpr (std::is_convertible_v<const P &, const char *> && !std::is_same_v<P, std::nullptr_t>) {
        const char *text = key;
        return text ? std::string_view(text) : std::string_view(); // the C functions refuse NULL
    } else if constexpr (is_text<P>) {
        return std::string_view(key);
    } else if constexpr (is_integer<P>) {
        if constexpr (std::is_signed_v<P>)
            return static_cast<std::int64_t>(key);
        else
            return static_cast<std::uint64_t>(key);
    } else if constexpr (std::is_same_v<P, bool>) {
        return brine_key_bool(key);
    } else if constexpr (is_float<P>) {
        return brine_key_double(key);
    } else if constexpr (std::is_same_v<P, std::complex<double>> || std::is_same_v<P, std::complex<float>>) {
        return brine_key_complex(key.real(), key.imag());
    } else if constexpr (std::is_same_v<P, none_t>) {
        return brine_key_none();
    } else if constexpr (std::is_same_v<P, brine_key>) {
        return key;
    } else if constexpr (has_ref<P>) {
        return brine_key_value(key.ref());
    } else if constexpr (std::is_convertible_v<const P &, bytes_view>) {
        bytes_view b = key;
        return brine_key_bytes(b.data(), b.size());
    } else {
        static_assert(always_false<K>,
                      "this type cannot be a key: text, a whole number, bool, a float, bytes, none or a value can");
    }
}

inline brine_key any_key(std::string_view key) { return brine_key_strn(key.data(), key.size()); }
inline brine_key any_key(std::int64_t key) { return brine_key_int(key); }
inline brine_key any_key(std::uint64_t key) { return brine_key_uint(key); }
inline const brine_key &any_key(const brine_key &key) { return key; }

inline brine_ref find(brine_ref container, std::string_view key) {
    return brine_find_n(container, key.data(), key.size());
}
inline brine_ref find(brine_ref container, const brine_key &key) { return brine_find_key(container, key); }
inline brine_ref find(brine_ref container, std::int64_t index) {
    brine_ref element = brine_at(container, static_cast<std::ptrdiff_t>(index));
    if (BRINE_CPP_UNLIKELY(brine_ref_status(element) == BRINE_ETYPE))
        return brine_find_key(container, brine_key_int(index));
    return element;
}
inline brine_ref find(brine_ref container, std::uint64_t index) {
    return index > INT64_MAX ? brine_find_key(container, brine_key_uint(index))
                             : find(container, static_cast<std::int64_t>(index));
}

inline brine_ref slot(brine_ref container, std::string_view key) {
    return brine_slot_n(container, key.data(), key.size());
}
inline brine_ref slot(brine_ref container, const brine_key &key) { return brine_slot_key(container, key); }
// The element has to be there: an arr does not grow by this.
inline brine_ref slot(brine_ref container, std::int64_t index) {
    brine_ref element = brine_at(container, static_cast<std::ptrdiff_t>(index));
    if (BRINE_CPP_UNLIKELY(brine_ref_status(element) == BRINE_ETYPE))
        return brine_slot_key(container, brine_key_int(index));
    return element;
}
inline brine_ref slot(brine_ref container, std::uint64_t index) {
    return index > INT64_MAX ? brine_slot_key(container, brine_key_uint(index))
                             : slot(container, static_cast<std::int64_t>(index));
}

inline int erase(brine_ref container, std::string_view key) { return brine_delete_key(container, any_key(key)); }
inline int erase(brine_ref container, const brine_key &key) { return brine_delete_key(container, key); }
template <class I, class = std::enable_if_t<std::is_integral_v<I>>> int erase(brine_ref container, I index) {
    if (brine_type_of(container) == BRINE_TAB) return brine_delete_key(container, any_key(index));
    return brine_delete_at(container, static_cast<std::ptrdiff_t>(index));
}

// How a key is shown in the path of an error.
inline void add_to_path(std::string &path, std::string_view key) {
    if (!path.empty()) path += '.';
    path += key;
}
template <class I, class = std::enable_if_t<std::is_integral_v<I>>> void add_to_path(std::string &path, I index) {
    path += '[' + std::to_string(index) + ']';
}
inline void add_to_path(std::string &path, const brine_key &) { path += "[...]"; }

template <class K> inline constexpr bool is_text_key = std::is_convertible_v<const K &, std::string_view>;

} // namespace detail

BRINE_CPP_END

#endif
