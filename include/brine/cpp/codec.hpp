// SPDX-License-Identifier: Apache-2.0
//
// How types of C++ are stored and read: codec<T>.
//
//   bool                                bool
//   whole numbers, enums                int64 if signed, uint64 if not; read exactly, range_error if it does not fit
//   float, double, std::complex         float32, float64, complex64, complex128
//   std::string, _view, const char *    str: UTF-8
//   vector and span of std::byte        bytes
//   vector, array, span of numbers      an nd-array of one dimension; read from arr and tup, too
//   other vectors, list, deque, set     arr
//   map, unordered_map                  tab
//   pair, tuple                         tup; read from an arr, too
//   optional, none, nullptr             None if empty
//   a view of another value             a deep copy; read: the view
//   structs with BRINE_FIELDS           tab (fields.hpp)
//   exact(x)                            a number with just its width: exact(std::int8_t{5}) is an int8
//
// A codec of one's own is a specialization with
//     static std::string name();                               for errors: "what was expected"
//     static int read(brine::ConstValue value, T &out);        0, or BRINE_E...; out is then of no use
//     static int write(brine::Value place, const T &content);  0, or BRINE_E...
// and, for what has parts, explain(value, status, path): the Failure of the part that is wrong.
#ifndef BRINE_CPP_CODEC_HPP
#define BRINE_CPP_CODEC_HPP

#include <array>
#include <complex>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <brine/cpp/value.hpp>

BRINE_CPP_BEGIN

template <class T, class> struct codec {
    static_assert(detail::always_false<T>,
                  "brine does not know how to store this type: describe its fields with BRINE_FIELDS, or "
                  "specialize brine::codec for it (plain char, wchar_t and pointers are refused on purpose)");
};

namespace detail {

// ---- errors ----

// Why a value is not of the type that was looked for: BRINE_ETYPE, or why it cannot be read at all.
inline int not_that(ConstValue v) {
    bool unused;
    int status = brine_as_bool(v.ref(), &unused);
    return status == 0 ? BRINE_ETYPE : status;
}

template <class T, class = void> inline constexpr bool explains = false;
template <class T>
inline constexpr bool
    explains<T, std::void_t<decltype(codec<T>::explain(std::declval<ConstValue>(), 0, std::string()))>> = true;

// Short values are shown.
inline std::string found_text(ConstValue value) {
    if (!value.exists()) return "nothing";
    std::string text = value.type_name();
    if (value.is_number() || value.is_str()) {
        char *printed = nullptr;
        if (brine_print_text(value.ref(), BRINE_LITERAL, 0, &printed, nullptr) == 0) {
            std::unique_ptr<char, decltype(&std::free)> keep(printed, std::free);
            std::string_view shown = printed;
            if (shown.size() <= 40) (text += ' ') += shown;
        }
    }
    return text;
}

inline Failure expected(const std::string &what, ConstValue value, int status, const std::string &path) {
    std::string text = path.empty() ? "" : path + ": ";
    if (status == BRINE_ETYPE || status == BRINE_ERANGE || status == BRINE_ENOENT)
        text += "expected " + what + ", found " + found_text(value);
    else
        text += brine_detail();
    return {status, text};
}

template <class T> Failure mismatch(ConstValue value, int status, std::string path) {
    if constexpr (explains<T>)
        return codec<T>::explain(value, status, std::move(path));
    else
        return expected(codec<T>::name(), value, status, path);
}
template <class T> void raise_mismatch_of(std::uint64_t first, std::uint64_t second, int status) {
    mismatch<T>(ConstValue(RefWords(first, second).ref()), status, {}).raise();
}
template <class T>
void raise_mismatch_in(std::uint64_t first, std::uint64_t second, const char *key, std::size_t length, int status) {
    mismatch<T>(ConstValue(brine_find_n(RefWords(first, second).ref(), key, length)), status, std::string(key, length))
        .raise();
}
template <class T, class D> void raise_mismatch_at(D place, int status) {
    mismatch<T>(ConstValue(place.ref()), status, place.path_text()).raise();
}
template <class T, class D, class K> void raise_mismatch_under(D place, K key, int status) {
    std::string path = place.path_text();
    add_to_path(path, key);
    mismatch<T>(ConstValue(find(place.ref(), key)), status, std::move(path)).raise();
}
template <class D, class K> void raise_missing(D place, K key, int status) {
    std::string path = place.path_text(), detail = brine_detail();
    add_to_path(path, key);
    throw_error(status, path + ": " + detail);
}

// The failure of element i, under a name or at an index.
template <class T, class K> Failure mismatch_in(ConstValue element, std::string path, const K &key) {
    Blank<T> out;
    int status = element.exists() ? codec<T>::read(element, out.value) : element.status();
    add_to_path(path, key);
    return mismatch<T>(element, status, std::move(path));
}

// ---- numbers ----

template <class T> constexpr Type element_type() {
    if constexpr (std::is_same_v<T, bool>)
        return Type::boolean;
    else if constexpr (is_integer<T> && sizeof(T) == 1)
        return std::is_signed_v<T> ? Type::i8 : Type::u8;
    else if constexpr (is_integer<T> && sizeof(T) == 2)
        return std::is_signed_v<T> ? Type::i16 : Type::u16;
    else if constexpr (is_integer<T> && sizeof(T) == 4)
        return std::is_signed_v<T> ? Type::i32 : Type::u32;
    else if constexpr (is_integer<T>)
        return std::is_signed_v<T> ? Type::i64 : Type::u64;
    else if constexpr (std::is_same_v<T, float>)
        return Type::f32;
    else if constexpr (std::is_same_v<T, double>)
        return Type::f64;
    else if constexpr (std::is_same_v<T, std::complex<float>>)
        return Type::c64;
    else if constexpr (std::is_same_v<T, std::complex<double>>)
        return Type::c128;
    else
        return Type::invalid;
}
// What an nd-array may hold.
template <class T> inline constexpr bool is_element = element_type<T>() != Type::invalid;

template <class T> std::string number_name() { return name_of(element_type<T>()); }

template <class To, class From> bool fits(From x) {
    if constexpr (std::is_signed_v<From> && !std::is_signed_v<To>) {
        return x >= 0 && static_cast<std::make_unsigned_t<From>>(x) <= std::numeric_limits<To>::max();
    } else if constexpr (!std::is_signed_v<From> && std::is_signed_v<To>) {
        return x <= static_cast<std::make_unsigned_t<To>>(std::numeric_limits<To>::max());
    } else {
        return x >= std::numeric_limits<To>::min() && x <= std::numeric_limits<To>::max();
    }
}
// A double in a float without loss; NaN is NaN.
inline bool fits_float(double x) { return x != x || static_cast<double>(static_cast<float>(x)) == x; }

} // namespace detail

// The dtype of an nd-array of T.
template <class T> inline constexpr Type type_of = detail::element_type<T>();

template <> struct codec<bool> {
    static std::string name() { return "bool"; }
    static int read(ConstValue v, bool &out) { return brine_as_bool(v.ref(), &out); }
    static int write(Value place, bool x) { return brine_assign_bool(place.ref(), x); }
};

template <class T> struct codec<T, std::enable_if_t<detail::is_integer<T>>> {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    static std::string name() { return detail::number_name<T>(); }
    static int read(ConstValue v, T &out) {
        Wide wide; // set if the status is 0
        int status = read_wide(v.ref(), &wide);
        if (BRINE_CPP_UNLIKELY(status != 0)) return status;
        if (BRINE_CPP_UNLIKELY(!detail::fits<T>(wide))) return BRINE_ERANGE;
        out = static_cast<T>(wide);
        return 0;
    }
    static int write(Value place, T x) {
        if constexpr (std::is_signed_v<T>)
            return brine_assign_int(place.ref(), x);
        else
            return brine_assign_uint(place.ref(), x);
    }

  private:
    static int read_wide(brine_ref r, std::int64_t *out) { return brine_as_int(r, out); }
    static int read_wide(brine_ref r, std::uint64_t *out) { return brine_as_uint(r, out); }
};
template <> struct codec<std::int64_t> {
    static std::string name() { return "int64"; }
    static int read(ConstValue v, std::int64_t &out) { return brine_as_int(v.ref(), &out); }
    static int write(Value place, std::int64_t x) { return brine_assign_int(place.ref(), x); }
};
template <class T> struct codec<T, std::enable_if_t<std::is_enum_v<T> && !std::is_same_v<T, std::byte>>> {
    using Number = std::underlying_type_t<T>;
    static std::string name() { return codec<Number>::name(); }
    static int read(ConstValue v, T &out) {
        Number number{};
        int status = codec<Number>::read(v, number);
        if (status == 0) out = static_cast<T>(number);
        return status;
    }
    static int write(Value place, T x) { return codec<Number>::write(place, static_cast<Number>(x)); }
};

template <> struct codec<double> {
    static std::string name() { return "float64"; }
    static int read(ConstValue v, double &out) { return brine_as_double(v.ref(), &out); }
    static int write(Value place, double x) { return brine_assign_double(place.ref(), x); }
};
template <> struct codec<float> {
    static std::string name() { return "float32"; }
    static int read(ConstValue v, float &out) {
        double wide; // set if the status is 0
        int status = brine_as_double(v.ref(), &wide);
        if (status != 0) return status;
        if (!detail::fits_float(wide)) return BRINE_ERANGE;
        out = static_cast<float>(wide);
        return 0;
    }
    static int write(Value place, float x) { return brine_assign_float(place.ref(), x); }
};
template <class T> struct codec<std::complex<T>, std::enable_if_t<detail::is_float<T>>> {
    static std::string name() { return detail::number_name<std::complex<T>>(); }
    static int read(ConstValue v, std::complex<T> &out) {
        double re = 0, im = 0;
        int status = brine_as_complex(v.ref(), &re, &im);
        if (status != 0) return status;
        if (std::is_same_v<T, float> && !(detail::fits_float(re) && detail::fits_float(im))) return BRINE_ERANGE;
        out = {static_cast<T>(re), static_cast<T>(im)};
        return 0;
    }
    static int write(Value place, std::complex<T> x) {
        if constexpr (std::is_same_v<T, float>)
            return brine_assign_complex64(place.ref(), x.real(), x.imag());
        else
            return brine_assign_complex(place.ref(), x.real(), x.imag());
    }
};

// A number that keeps its width in the packet.
template <class T> struct Exact {
    static_assert(detail::is_element<T>, "exact() takes a number");
    T number;
};
template <class T> constexpr Exact<T> exact(T number) noexcept { return {number}; }
template <class T> struct codec<Exact<T>> {
    static std::string name() { return detail::number_name<T>(); }
    static int read(ConstValue v, Exact<T> &out) {
        return v.type() == type_of<T> ? codec<T>::read(v, out.number) : detail::not_that(v);
    }
    static int write(Value place, Exact<T> x) {
        return brine_assign_number(place.ref(), static_cast<brine_type>(type_of<T>), &x.number);
    }
};

// ---- text and bytes ----

template <> struct codec<std::string_view> {
    static std::string name() { return "str"; }
    static int read(ConstValue v, std::string_view &out) {
        const char *text; // set if the status is 0
        std::size_t length;
        int status = brine_as_str(v.ref(), &text, &length);
        if (status == 0) out = {text, length};
        return status;
    }
    static int write(Value place, std::string_view x) {
        return brine_assign_strn(place.ref(), x.data() ? x.data() : "", x.size());
    }
};
template <> struct codec<std::string> {
    static std::string name() { return "str"; }
    static int read(ConstValue v, std::string &out) {
        std::string_view text;
        int status = codec<std::string_view>::read(v, text);
        if (status == 0) out = text;
        return status;
    }
    static int write(Value place, const std::string &x) { return codec<std::string_view>::write(place, x); }
};
template <> struct codec<const char *> { // NUL-terminated, in place
    static std::string name() { return "str"; }
    static int read(ConstValue v, const char *&out) {
        std::size_t length = 0;
        return brine_as_str(v.ref(), &out, &length);
    }
    static int write(Value place, const char *x) { return brine_assign_str(place.ref(), x); }
};
template <> struct codec<char *> : codec<const char *> {};
template <> struct codec<bytes_view> {
    static std::string name() { return "bytes"; }
    static int read(ConstValue v, bytes_view &out) {
        const void *data = nullptr;
        std::size_t length = 0;
        int status = brine_as_bytes(v.ref(), &data, &length);
        if (status == 0) out = bytes(data, length);
        return status;
    }
    static int write(Value place, bytes_view x) {
        return brine_assign_bytes(place.ref(), x.data() ? static_cast<const void *>(x.data()) : "", x.size());
    }
};
template <> struct codec<span<std::byte>> {
    static int write(Value place, span<std::byte> x) {
        return codec<bytes_view>::write(place, bytes(x.data(), x.size()));
    }
};
template <> struct codec<std::vector<std::byte>> {
    static std::string name() { return "bytes"; }
    static int read(ConstValue v, std::vector<std::byte> &out) {
        bytes_view view;
        int status = codec<bytes_view>::read(v, view);
        if (status == 0) out.assign(view.begin(), view.end());
        return status;
    }
    static int write(Value place, const std::vector<std::byte> &x) {
        return codec<bytes_view>::write(place, bytes(x.data(), x.size()));
    }
};

// ---- None, perhaps ----

template <> struct codec<none_t> {
    static std::string name() { return "None"; }
    static int read(ConstValue v, none_t &) { return v.is_none() ? 0 : detail::not_that(v); }
    static int write(Value place, none_t) { return brine_assign_none(place.ref()); }
};
template <> struct codec<std::nullptr_t> {
    static int write(Value place, std::nullptr_t) { return brine_assign_none(place.ref()); }
};
// Read: empty for None and for what is not there, else it has to be a T.
template <class T> struct codec<std::optional<T>> {
    static std::string name() { return codec<T>::name() + " or None"; }
    static int read(ConstValue v, std::optional<T> &out) {
        if (v.status() == BRINE_ENOENT || v.is_none()) return out.reset(), 0;
        return codec<T>::read(v, out.emplace());
    }
    static int write(Value place, const std::optional<T> &x) {
        return x ? codec<T>::write(place, *x) : brine_assign_none(place.ref());
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        if constexpr (detail::explains<T>)
            return codec<T>::explain(v, status, std::move(path));
        else
            return detail::expected(name(), v, status, path);
    }
};

// ---- other values ----

template <class T> struct codec<T, std::enable_if_t<detail::has_ref<T>>> {
    static std::string name() { return "a value"; }
    static int read(ConstValue v, T &out) {
        static_assert(std::is_same_v<T, ConstValue>, "what is got from a value that may be read only is a ConstValue");
        return out = v, v.status();
    }
    static int write(Value place, const T &x) {
        brine_ref from = x.ref();
        return brine_ref_ok(from) ? brine_assign_copy(place.ref(), from) : brine_ref_status(from);
    }
};

BRINE_CPP_END

#endif
