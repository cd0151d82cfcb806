// SPDX-License-Identifier: Apache-2.0
//
// What the parts of brine.hpp share: which standard is there, spans, and the namespace.
//
// All of it is in an inline namespace that is named after the standard's types in its interface (std::span and
// std::expected, or the header's own), so that files compiled for different standards may be linked together.
#ifndef BRINE_CPP_CONFIG_HPP
#define BRINE_CPP_CONFIG_HPP

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "brine.hpp needs C++17 or later (-std=c++17)"
#endif

#if __has_include(<version>)
#include <version>
#endif
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <brine/brine.h>

#ifdef __cpp_lib_span
#include <span>
#define BRINE_CPP_SPAN 1
#else
#define BRINE_CPP_SPAN 0
#endif
#if defined(__cpp_lib_ranges) && defined(__cpp_lib_concepts)
#include <ranges>
#define BRINE_CPP_RANGES 1
#else
#define BRINE_CPP_RANGES 0
#endif
#ifdef __cpp_lib_expected
#include <expected>
#define BRINE_CPP_EXPECTED 1
#else
#define BRINE_CPP_EXPECTED 0
#endif

#if BRINE_CPP_SPAN && BRINE_CPP_EXPECTED
#define BRINE_CPP_ABI abi_span_expected
#elif BRINE_CPP_SPAN
#define BRINE_CPP_ABI abi_span
#else
#define BRINE_CPP_ABI abi_own
#endif
#define BRINE_CPP_BEGIN                                                                                                \
    namespace brine {                                                                                                  \
    inline namespace BRINE_CPP_ABI {
#define BRINE_CPP_END                                                                                                  \
    }                                                                                                                  \
    }

#define BRINE_CPP_UNLIKELY(condition) __builtin_expect(static_cast<bool>(condition), false)
#define BRINE_CPP_COLD [[gnu::cold, gnu::noinline]]
// For what takes the address of a small object on the way that fails: called, the object would have to be in memory.
#define BRINE_CPP_INLINE [[gnu::always_inline]]
#if defined(__clang__)
#define BRINE_CPP_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define BRINE_CPP_LIFETIMEBOUND
#endif

BRINE_CPP_BEGIN

// What a value or the elements of an array are.
enum class Type : int {
    none = BRINE_NONE,
    boolean = BRINE_BOOL,
    i8 = BRINE_I8,
    u8 = BRINE_U8,
    i16 = BRINE_I16,
    u16 = BRINE_U16,
    i32 = BRINE_I32,
    u32 = BRINE_U32,
    i64 = BRINE_I64,
    u64 = BRINE_U64,
    f32 = BRINE_F32,
    f64 = BRINE_F64,
    c64 = BRINE_C64,
    c128 = BRINE_C128,
    str = BRINE_STR,
    bytes = BRINE_BYTES,
    bigint = BRINE_BIGINT,
    tab = BRINE_TAB,
    arr = BRINE_ARR,
    tup = BRINE_TUP,
    array = BRINE_ARRAY,
    f16 = BRINE_F16, // of an array only
    raw = BRINE_RAW, // of an array only
    invalid = BRINE_INVALID
};

#if BRINE_CPP_SPAN
template <class T> using span = std::span<T>;
#else
// Elements that stand one after the other, borrowed: what of std::span (C++20) is needed here.
template <class T> class span {
  public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using size_type = std::size_t;
    using iterator = T *;
    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N> constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    // From whatever has data() and size(): std::vector, std::array, another span.
    template <
        class C,
        class = std::enable_if_t<
            !std::is_same_v<std::decay_t<C>, span> &&
            std::is_convertible_v<std::remove_pointer_t<decltype(std::data(std::declval<C &>()))> (*)[], T (*)[]>>>
    constexpr span(C &&container) : data_(std::data(container)), size_(std::size(container)) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T &operator[](std::size_t i) const { return data_[i]; }
    constexpr T &front() const { return data_[0]; }
    constexpr T &back() const { return data_[size_ - 1]; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr span first(std::size_t n) const { return {data_, n}; }
    constexpr span last(std::size_t n) const { return {data_ + size_ - n, n}; }
    constexpr span subspan(std::size_t offset) const { return {data_ + offset, size_ - offset}; }
    constexpr span subspan(std::size_t offset, std::size_t n) const { return {data_ + offset, n}; }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};
#endif

// The content of a bytes value, in place.
using bytes_view = span<const std::byte>;

// Bytes of memory as what a bytes value holds: brine::bytes("abc", 3), brine::bytes(header).
inline bytes_view bytes(const void *data, std::size_t size) noexcept {
    return {static_cast<const std::byte *>(data), size};
}
inline bytes_view bytes(std::string_view text) noexcept { return bytes(text.data(), text.size()); }

// None, Python's and brine's: to be stored (tab["x"] = brine::none), or as a key.
struct none_t {
    friend constexpr bool operator==(none_t, none_t) noexcept { return true; }
    friend constexpr bool operator!=(none_t, none_t) noexcept { return false; }
};
inline constexpr none_t none{};

namespace detail {

template <class T> using plain = std::remove_cv_t<std::remove_reference_t<T>>;
template <class> inline constexpr bool always_false = false;

template <class T>
inline constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>
#ifdef __cpp_char8_t
    || std::is_same_v<T, char8_t>
#endif
    ;
// Integers, which bool and letters are not.
template <class T>
inline constexpr bool is_integer =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && !is_character<T> && sizeof(T) <= 8;
template <class T> inline constexpr bool is_float = std::is_same_v<T, float> || std::is_same_v<T, double>;

// A name for the C functions, which want it with a NUL at its end. What is too long or has a NUL inside stays a name
// that they refuse.
class Name {
  public:
    Name(std::string_view name) noexcept {
        std::size_t n = name.size() < sizeof text_ ? name.size() : sizeof text_ - 1;
        if (name.find('\0') != std::string_view::npos) n = 0;
        if (n > 0) std::memcpy(text_, name.data(), n);
        text_[n] = 0;
    }
    const char *c_str() const noexcept { return text_; }

  private:
    char text_[BRINE_NAME_MAX + 2];
};

} // namespace detail

// "None", "int8", "str", "tab", ...: static text.
inline const char *name_of(Type t) noexcept { return brine_type_name(static_cast<brine_type>(t)); }
// Bytes of one element of a type of fixed size, else 0.
inline std::size_t size_of(Type t) noexcept { return brine_type_size(static_cast<brine_type>(t)); }
// The library's version, "major.minor.patch".
inline const char *version() noexcept { return brine_version(); }

BRINE_CPP_END

#endif
