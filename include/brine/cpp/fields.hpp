// SPDX-License-Identifier: Apache-2.0
//
// Structs as tabs, both ways:
//     struct Header { double fs; std::string name; std::optional<int> gain; std::vector<Channel> channels; };
//     BRINE_FIELDS(Header, fs, name, gain, channels);
//     tab["hdr"] = header;
//     auto header = tab["hdr"].get<Header>();      // type_error: "hdr.channels[2].gain: expected int32, found str 'x'"
//
// The macro stands in the struct's own namespace, after it; or, for private members, inside it after `friend`. It takes
// up to 48 members. Where keys are to be other than the members' names, or a member is a base's, the function is
// written out:
//     constexpr auto brine_fields(const Header *) {
//         return std::make_tuple(brine::field("sampling rate", &Header::fs), brine::field("name", &Header::name));
//     }
// Reading: a key that is missing is not_found_error, unless its member is a std::optional; keys that are not members
// are left alone. The struct needs a default constructor for it.
#ifndef BRINE_CPP_FIELDS_HPP
#define BRINE_CPP_FIELDS_HPP

#include <brine/cpp/codec.hpp>
#include <brine/cpp/each.hpp>

BRINE_CPP_BEGIN

template <class S, class M> struct Field {
    using member_type = M;
    std::string_view key;
    M S::*member;
};
template <class S, class M> constexpr Field<S, M> field(std::string_view key, M S::*member) noexcept {
    return {key, member};
}

namespace detail {
template <class T, class = void> inline constexpr bool has_fields = false;
template <class T>
inline constexpr bool has_fields<T, std::void_t<decltype(brine_fields(static_cast<const T *>(nullptr)))>> = true;

template <class S> constexpr auto fields_of() { return brine_fields(static_cast<const S *>(nullptr)); }
} // namespace detail

template <class S> struct codec<S, std::enable_if_t<detail::has_fields<S>>> {
    static std::string name() { return "a tab"; }
    static int read(ConstValue v, S &out) {
        int status = 0;
        if (!v.is_tab()) return detail::not_that(v);
        std::apply([&](const auto &...f) { (void)((status = read_field(v, f, out), status == 0) && ...); },
                   detail::fields_of<S>());
        return status;
    }
    static int write(Value place, const S &content) {
        brine_ref tab = brine_assign_tab(place.ref(), 0);
        return brine_ref_ok(tab) ? update(Value(tab), content) : brine_ref_status(tab);
    }
    // Sets the fields and leaves the other keys.
    static int update(Value tab, const S &content) {
        int status = 0;
        std::apply([&](const auto &...f) { (void)((status = write_field(tab, f, content), status == 0) && ...); },
                   detail::fields_of<S>());
        return status;
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        if (!v.is_tab()) return detail::expected(name(), v, status, path);
        std::optional<Failure> first;
        std::apply([&](const auto &...f) { (void)((explain_field(v, f, path, first), !first) && ...); },
                   detail::fields_of<S>());
        return first ? *first : detail::expected(name(), v, status, path);
    }

  private:
    template <class F> using Member = typename F::member_type;
    template <class F> static ConstValue find(ConstValue v, const F &f) {
        return ConstValue(detail::find(v.ref(), f.key));
    }
    template <class F> static int read_field(ConstValue v, const F &f, S &out) {
        return codec<Member<F>>::read(find(v, f), out.*f.member);
    }
    template <class F> static int write_field(Value tab, const F &f, const S &content) {
        return codec<Member<F>>::write(Value(detail::slot(tab.ref(), f.key)), content.*f.member);
    }
    template <class F>
    static void explain_field(ConstValue v, const F &f, const std::string &path, std::optional<Failure> &first) {
        Member<F> out{};
        if (codec<Member<F>>::read(find(v, f), out) != 0)
            first = detail::mismatch_in<Member<F>>(find(v, f), path, f.key);
    }
};

BRINE_CPP_END

#define BRINE_CPP_FIELD(Struct, name) ::brine::field(#name, &Struct::name)
#define BRINE_FIELDS(Struct, ...)                                                                                      \
    constexpr auto brine_fields(const Struct *) noexcept {                                                             \
        return ::std::make_tuple(BRINE_CPP_EACH(BRINE_CPP_FIELD, Struct, __VA_ARGS__));                                \
    }                                                                                                                  \
    static_assert(true, "for the semicolon")

#endif
