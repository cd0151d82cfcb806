// SPDX-License-Identifier: Apache-2.0
//
// Values as text: value.text(), value.json(), std::cout << value, and std::format("{:j}", value) where that is there,
// with nothing or r (Python's repr), p (prettyPrint), j (JSON) or J (JSON, indented).
#ifndef BRINE_CPP_TEXT_HPP
#define BRINE_CPP_TEXT_HPP

#include <cstdlib>
#include <memory>
#include <ostream>

#ifdef __cpp_lib_format
#include <format>
#endif

#include <brine/cpp/value.hpp>

BRINE_CPP_BEGIN

namespace detail {
struct Freed {
    void operator()(char *text) const noexcept { std::free(text); }
};
struct Printed {
    std::unique_ptr<char, Freed> text;
    std::size_t length = 0;
    operator std::string_view() const noexcept { return {text.get(), length}; }
};
inline Printed printed(brine_ref value, Style style, unsigned flags) {
    Printed out;
    char *text = nullptr;
    check(brine_print_text(value, static_cast<brine_style>(style), flags, &text, &out.length));
    out.text.reset(text);
    return out;
}
} // namespace detail

template <class D> std::string Readable<D>::text(Style style, unsigned flags) const {
    return std::string(std::string_view(detail::printed(ref(), style, flags)));
}

// As Python's repr. What cannot be read throws.
template <class D> std::ostream &operator<<(std::ostream &out, const Readable<D> &value) {
    return out << std::string_view(detail::printed(static_cast<const D &>(value).ref(), Style::literal, 0));
}

#ifdef __cpp_lib_format
namespace detail {
struct Formatter {
    Style style = Style::literal;
    template <class Context> constexpr auto parse(Context &context) {
        auto at = context.begin();
        if (at == context.end() || *at == '}') return at;
        switch (*at) {
        case 'r': style = Style::literal; break;
        case 'p': style = Style::pretty; break;
        case 'j': style = Style::json; break;
        case 'J': style = Style::json_pretty; break;
        default: throw std::format_error("brine: the format of a value is r, p, j or J");
        }
        if (++at != context.end() && *at != '}') throw std::format_error("brine: the format of a value is one letter");
        return at;
    }
    template <class V, class Context> auto format(const V &value, Context &context) const {
        std::string_view text;
        Printed keep = printed(value.ref(), style, 0);
        text = keep;
        return std::copy(text.begin(), text.end(), context.out());
    }
};
} // namespace detail
#endif

BRINE_CPP_END

#ifdef __cpp_lib_format
template <> struct std::formatter<brine::ConstValue, char> : brine::detail::Formatter {};
template <> struct std::formatter<brine::Value, char> : brine::detail::Formatter {};
template <class P, class K> struct std::formatter<brine::Place<P, K>, char> : brine::detail::Formatter {};
#endif

#endif
