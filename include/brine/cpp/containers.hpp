// SPDX-License-Identifier: Apache-2.0
//
// Containers of the standard library as arr, tab and tup. Those of numbers are in array.hpp.
#ifndef BRINE_CPP_CONTAINERS_HPP
#define BRINE_CPP_CONTAINERS_HPP

#include <brine/cpp/codec.hpp>

BRINE_CPP_BEGIN

namespace detail {

template <class T, class = void> inline constexpr bool is_map = false;
template <class T> inline constexpr bool is_map<T, std::void_t<typename T::key_type, typename T::mapped_type>> = true;
template <class T, class = void> inline constexpr bool is_range = false;
template <class T>
inline constexpr bool
    is_range<T, std::void_t<typename T::value_type, typename T::const_iterator, decltype(std::declval<T &>().clear()),
                            decltype(std::declval<const T &>().begin())>> = !is_map<T> && !is_text<T>;
template <class T> inline constexpr bool is_vector = false;
template <class T, class A> inline constexpr bool is_vector<std::vector<T, A>> = true;

// Vectors whose elements stand one after the other are nd-arrays.
template <class T> inline constexpr bool is_number_vector = false;
template <class T, class A>
inline constexpr bool is_number_vector<std::vector<T, A>> = is_element<T> && !std::is_same_v<T, bool>;

// 0 if v is an arr or tup.
inline int is_sequence(ConstValue v) {
    Type t = v.type();
    return t == Type::arr || t == Type::tup ? 0 : not_that(v);
}

// Reads every element with each(element) until one is not as expected. The iterator does not throw what is corrupt: its
// status is given.
template <class F> int for_each_element(ConstValue v, F each) {
    brine_iter it = brine_iterate(v.ref());
    brine_ref key, value;
    while (brine_next(&it, &key, &value)) {
        int status = each(ConstValue(key), ConstValue(value));
        if (status != 0) return status;
    }
    return it.status;
}

template <class T> Failure explain_sequence(ConstValue v, int status, std::string path, const std::string &name) {
    std::size_t i = 0;
    if (is_sequence(v) == 0) {
        for (ConstValue element : v.values()) {
            Blank<T> out;
            if (codec<T>::read(element, out.value) != 0) return mismatch_in<T>(element, std::move(path), i);
            i++;
        }
    }
    return expected(name, v, status, path);
}

template <class C> int write_sequence(Value place, const C &content) {
    brine_ref arr = brine_assign_arr(place.ref());
    for (const auto &element : content) {
        int status = codec<plain<typename C::value_type>>::write(Value(brine_push(arr)), element);
        if (status != 0) return status;
    }
    return brine_ref_status(arr);
}

} // namespace detail

template <class C>
struct codec<C, std::enable_if_t<detail::is_range<C> && !detail::is_number_vector<C> && !detail::has_ref<C>>> {
    using T = typename C::value_type;
    static std::string name() { return "a list of " + codec<T>::name(); }
    static int read(ConstValue v, C &out) {
        int status = detail::is_sequence(v);
        if (status != 0) return status;
        out.clear();
        if constexpr (detail::is_vector<C>) out.reserve(v.size());
        return detail::for_each_element(v, [&out](ConstValue, ConstValue element) {
            T content{};
            int rc = codec<T>::read(element, content);
            if (rc == 0) out.insert(out.end(), std::move(content));
            return rc;
        });
    }
    static int write(Value place, const C &content) { return detail::write_sequence(place, content); }
    static Failure explain(ConstValue v, int status, std::string path) {
        return detail::explain_sequence<T>(v, status, std::move(path), name());
    }
};

template <class T, std::size_t N>
struct codec<std::array<T, N>, std::enable_if_t<!detail::is_element<T> || std::is_same_v<T, bool>>> {
    static std::string name() { return "a list of " + std::to_string(N) + " " + codec<T>::name(); }
    static int read(ConstValue v, std::array<T, N> &out) {
        int status = detail::is_sequence(v);
        if (status != 0) return status;
        if (v.size() != N) return BRINE_ETYPE;
        std::size_t i = 0;
        return detail::for_each_element(
            v, [&](ConstValue, ConstValue element) { return codec<T>::read(element, out[i++]); });
    }
    static int write(Value place, const std::array<T, N> &content) { return detail::write_sequence(place, content); }
    static Failure explain(ConstValue v, int status, std::string path) {
        if (v.size() == N) return detail::explain_sequence<T>(v, status, std::move(path), name());
        return {status, path + (path.empty() ? "" : ": ") + "expected " + name() + ", found " + detail::found_text(v) +
                            " of " + std::to_string(v.size())};
    }
};

// Keys: text or numbers.
template <class M> struct codec<M, std::enable_if_t<detail::is_map<M>>> {
    using K = typename M::key_type;
    using T = typename M::mapped_type;
    static std::string name() { return "a tab of " + codec<T>::name(); }
    static int read(ConstValue v, M &out) {
        if (!v.is_tab()) return detail::not_that(v);
        out.clear();
        return detail::for_each_element(v, [&out](ConstValue key, ConstValue value) {
            K k{};
            int status = codec<K>::read(key, k);
            if (status != 0) return status;
            return codec<T>::read(value, out[std::move(k)]);
        });
    }
    static int write(Value place, const M &content) {
        brine_ref tab = brine_assign_tab(place.ref(), 0);
        for (const auto &[key, value] : content) {
            int status = codec<T>::write(Value(brine_slot_key(tab, detail::any_key(detail::stored_key(key)))), value);
            if (status != 0) return status;
        }
        return brine_ref_status(tab);
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        if (!v.is_tab()) return detail::expected(name(), v, status, path);
        for (auto [key, value] : v.items()) {
            K k{};
            T content{};
            int rc = codec<K>::read(key, k);
            if (rc != 0) return detail::mismatch<K>(key, rc, path + (path.empty() ? "a key" : ", a key"));
            if (codec<T>::read(value, content) != 0)
                return detail::mismatch_in<T>(value, std::move(path), std::string_view(key.text()));
        }
        return detail::expected(name(), v, status, path);
    }
};

namespace detail {

// Tuples and pairs, element by element.
template <class Tuple, std::size_t... I> std::string tuple_name(std::index_sequence<I...>) {
    std::string text;
    ((text += (I ? ", " : "a tuple of (") + codec<std::tuple_element_t<I, Tuple>>::name()), ...);
    return text + ")";
}
template <class Tuple, std::size_t... I> int read_tuple(ConstValue v, Tuple &out, std::index_sequence<I...>) {
    int status = 0;
    (void)((status = codec<std::tuple_element_t<I, Tuple>>::read(
                ConstValue(brine_at(v.ref(), static_cast<std::ptrdiff_t>(I))), std::get<I>(out)),
            status == 0) &&
           ...);
    return status;
}
template <class Tuple, std::size_t... I> int write_tuple(Value place, const Tuple &content, std::index_sequence<I...>) {
    brine_ref tup = brine_assign_tup(place.ref(), sizeof...(I));
    int status = brine_ref_status(tup);
    (void)((status == 0 && (status = codec<plain<std::tuple_element_t<I, Tuple>>>::write(
                                Value(brine_at(tup, static_cast<std::ptrdiff_t>(I))), std::get<I>(content)),
                            true)) &&
           ...);
    return status;
}
template <class Tuple, std::size_t I> Failure explain_tuple(ConstValue v, int status, std::string path) {
    if constexpr (I == std::tuple_size_v<Tuple>) {
        return expected("a value", v, status, path);
    } else {
        using T = std::tuple_element_t<I, Tuple>;
        Blank<T> out;
        if (codec<T>::read(v[I], out.value) != 0) return mismatch_in<T>(v[I], std::move(path), I);
        return explain_tuple<Tuple, I + 1>(v, status, std::move(path));
    }
}

template <class Tuple> struct TupleCodec {
    static constexpr std::size_t kSize = std::tuple_size_v<Tuple>;
    using Indices = std::make_index_sequence<kSize>;
    static std::string name() { return tuple_name<Tuple>(Indices()); }
    static int read(ConstValue v, Tuple &out) {
        int status = is_sequence(v);
        if (status == 0 && v.size() != kSize) status = BRINE_ETYPE;
        return status == 0 ? read_tuple(v, out, Indices()) : status;
    }
    static int write(Value place, const Tuple &content) { return write_tuple(place, content, Indices()); }
    static Failure explain(ConstValue v, int status, std::string path) {
        if (is_sequence(v) == 0 && v.size() == kSize) return explain_tuple<Tuple, 0>(v, status, std::move(path));
        return expected(name(), v, status, path);
    }
};

} // namespace detail

template <class... T>
struct codec<std::tuple<T...>, std::enable_if_t<(sizeof...(T) > 0)>> : detail::TupleCodec<std::tuple<T...>> {};
template <class A, class B> struct codec<std::pair<A, B>> : detail::TupleCodec<std::pair<A, B>> {};

BRINE_CPP_END

#endif
