// SPDX-License-Identifier: Apache-2.0
//
// nd-arrays in place: Array, whose elements are known when it runs, and ArrayView<T>, whose dtype was checked. Both
// borrow the packet, as std::span borrows: pointers into it are good until it is passed on or freed, and are not
// checked. A view of const T reads; one of T needs a packet that may be changed (else shared_error).
#ifndef BRINE_CPP_ARRAY_HPP
#define BRINE_CPP_ARRAY_HPP

#include <algorithm>
#include <stdexcept>

#include <brine/cpp/containers.hpp>

BRINE_CPP_BEGIN

namespace detail {

// Row by row, one element after the other.
inline bool is_contiguous(const brine_array &a) noexcept {
    std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(a.item_bytes);
    for (int i = a.ndim - 1; i >= 0; i--) {
        if (a.shape[i] != 1 && a.strides[i] != stride) return a.count == 0;
        stride *= static_cast<std::ptrdiff_t>(a.shape[i]);
    }
    return true;
}

// No elements; what is behind the dimensions is left alone.
inline void make_empty(brine_array &a) noexcept {
    a.data = nullptr, a.format = nullptr;
    a.item_bytes = a.count = a.bytes = 0;
    a.dtype = BRINE_INVALID, a.ndim = 0, a.writable = false;
}

// What brine_assign_array has made.
inline void describe(brine_array &a, void *data, std::size_t item_bytes, Type dtype,
                     span<const std::size_t> shape) noexcept {
    a.data = data, a.format = nullptr;
    a.item_bytes = item_bytes, a.count = 1;
    a.dtype = static_cast<std::uint32_t>(dtype), a.ndim = static_cast<std::int32_t>(shape.size()), a.writable = true;
    for (std::size_t i = shape.size(); i-- > 0; a.count *= shape[i]) {
        a.shape[i] = shape[i];
        a.strides[i] = static_cast<std::ptrdiff_t>(a.count * a.item_bytes);
    }
    a.bytes = a.count * a.item_bytes;
}

} // namespace detail

// What is in shared memory, whatever its elements are.
class Array {
  public:
    Array() noexcept { detail::make_empty(a_); }
    explicit Array(const brine_array &a) noexcept : a_(a) {}

    Type dtype() const noexcept { return static_cast<Type>(a_.dtype); }
    std::size_t ndim() const noexcept { return static_cast<std::size_t>(a_.ndim); }
    span<const std::size_t> shape() const noexcept { return {a_.shape, ndim()}; }
    span<const std::ptrdiff_t> strides() const noexcept { return {a_.strides, ndim()}; } // in bytes
    std::size_t size() const noexcept { return a_.count; }                               // elements in all
    std::size_t item_bytes() const noexcept { return a_.item_bytes; }
    std::size_t size_bytes() const noexcept { return a_.bytes; }
    const char *format() const noexcept { return a_.format; } // of opaque items, else null
    bool writable() const noexcept { return a_.writable; }
    bool contiguous() const noexcept { return detail::is_contiguous(a_); }
    const void *data() const noexcept { return a_.data; }
    const brine_array &c_array() const noexcept { return a_; }

    // With its elements as T: type_error if they are something else, shared_error if T is not const and it may not be
    // changed.
    template <class T> ArrayView<T> as() const;

  private:
    friend struct codec<Array>;
    brine_array a_;
};

template <class T> class ArrayView {
    static_assert(detail::is_element<std::remove_const_t<T>>, "the elements of an nd-array are numbers");

  public:
    using element_type = T;
    using value_type = std::remove_const_t<T>;
    using iterator = T *;
    ArrayView() noexcept { detail::make_empty(a_); }
    // a is of this dtype and writable unless T is const: see Array::as.
    explicit ArrayView(const brine_array &a) noexcept : a_(a) {}
    operator ArrayView<const T>() const noexcept { return ArrayView<const T>(a_); }

    std::size_t ndim() const noexcept { return static_cast<std::size_t>(a_.ndim); }
    span<const std::size_t> shape() const noexcept { return {a_.shape, ndim()}; }
    span<const std::ptrdiff_t> strides() const noexcept { return {a_.strides, ndim()}; } // in bytes
    std::size_t size() const noexcept { return a_.count; }                               // elements in all
    bool empty() const noexcept { return a_.count == 0; }
    bool contiguous() const noexcept { return detail::is_contiguous(a_); }
    const brine_array &c_array() const noexcept { return a_; }
    T *data() const noexcept { return static_cast<T *>(a_.data); }

    // Element (i, j, ...), as many as there are dimensions; indices are not checked, at() throws std::out_of_range.
    template <class... I> T &operator()(I... indices) const noexcept {
        return *element(0, a_.data, static_cast<std::size_t>(indices)...);
    }
    template <class... I> T &at(I... indices) const {
        const std::size_t all[] = {static_cast<std::size_t>(indices)...};
        if (sizeof...(I) != ndim())
            throw std::out_of_range("brine: " + std::to_string(sizeof...(I)) + " indices for " +
                                    std::to_string(ndim()) + " dimensions");
        for (std::size_t i = 0; i < sizeof...(I); i++)
            if (all[i] >= a_.shape[i])
                throw std::out_of_range("brine: index " + std::to_string(all[i]) + " in a dimension of " +
                                        std::to_string(a_.shape[i]));
        return (*this)(indices...);
    }
    // All elements one after the other, whatever the shape: what brine has made is. Only if contiguous().
    span<T> elements() const noexcept { return assert(contiguous()), span<T>(data(), size()); }
    operator span<T>() const noexcept { return elements(); }
    T &operator[](std::size_t i) const noexcept { return data()[i]; }
    T *begin() const noexcept { return elements().data(); }
    T *end() const noexcept { return begin() + size(); }

  private:
    friend struct codec<ArrayView>;
    template <class D> friend class Writable;
    template <class... I> T *element(std::size_t dimension, void *at, std::size_t i, I... rest) const noexcept {
        at = static_cast<char *>(at) + static_cast<std::ptrdiff_t>(i) * a_.strides[dimension];
        return element(dimension + 1, at, rest...);
    }
    T *element(std::size_t, void *at) const noexcept { return static_cast<T *>(at); }

    brine_array a_;
};

namespace detail {

template <class T> int array_status(const brine_array &a) {
    if (a.dtype != static_cast<std::uint32_t>(type_of<std::remove_const_t<T>>)) return BRINE_ETYPE;
    return std::is_const_v<T> || a.writable ? 0 : BRINE_ESHARED;
}
template <class T> Failure explain_array(ConstValue v, int status, const std::string &path, const std::string &name) {
    brine_array a;
    std::string start = path.empty() ? "" : path + ": ";
    if (brine_as_array(v.ref(), &a) != 0) return expected(name, v, status, path);
    if (status == BRINE_ESHARED)
        return {status, start + "the packet is shared or leased: an array of const " +
                            number_name<std::remove_const_t<T>>() + " can be had"};
    std::string shape;
    for (int i = 0; i < a.ndim; i++) shape += (i ? ", " : "") + std::to_string(a.shape[i]);
    return {status, start + "expected " + name + ", found one of " + name_of(static_cast<Type>(a.dtype)) +
                        " with shape (" + shape + ")"};
}

// Calls use with a null pointer of the type that an element has; false if there is no such type (float16, raw).
template <class F> bool with_element_type(std::uint32_t dtype, F use) {
    switch (dtype) {
    case BRINE_BOOL: return use(static_cast<bool *>(nullptr)), true;
    case BRINE_I8: return use(static_cast<std::int8_t *>(nullptr)), true;
    case BRINE_U8: return use(static_cast<std::uint8_t *>(nullptr)), true;
    case BRINE_I16: return use(static_cast<std::int16_t *>(nullptr)), true;
    case BRINE_U16: return use(static_cast<std::uint16_t *>(nullptr)), true;
    case BRINE_I32: return use(static_cast<std::int32_t *>(nullptr)), true;
    case BRINE_U32: return use(static_cast<std::uint32_t *>(nullptr)), true;
    case BRINE_I64: return use(static_cast<std::int64_t *>(nullptr)), true;
    case BRINE_U64: return use(static_cast<std::uint64_t *>(nullptr)), true;
    case BRINE_F32: return use(static_cast<float *>(nullptr)), true;
    case BRINE_F64: return use(static_cast<double *>(nullptr)), true;
    case BRINE_C64: return use(static_cast<std::complex<float> *>(nullptr)), true;
    case BRINE_C128: return use(static_cast<std::complex<double> *>(nullptr)), true;
    default: return false;
    }
}

// Numbers of one type as another where every value of the one is a value of the other.
template <class From, class To> constexpr bool widens() {
    if constexpr (std::is_same_v<From, bool> || std::is_same_v<To, bool>)
        return std::is_same_v<From, To>;
    else if constexpr (!std::is_arithmetic_v<From>)
        return std::is_same_v<From, To> || std::is_same_v<To, std::complex<double>>;
    else if constexpr (!std::is_arithmetic_v<To>)
        return widens<From, typename To::value_type>();
    else if constexpr (std::is_integral_v<To>)
        return std::is_integral_v<From> && std::numeric_limits<From>::digits <= std::numeric_limits<To>::digits &&
               std::is_signed_v<From> <= std::is_signed_v<To>;
    else
        return std::numeric_limits<From>::digits <= std::numeric_limits<To>::digits;
}

template <class From, class To> int copy_elements(const brine_array &a, To *out) {
    if constexpr (!widens<From, To>()) {
        return BRINE_ETYPE;
    } else if constexpr (std::is_same_v<From, To>) {
        if (a.strides[0] == static_cast<std::ptrdiff_t>(sizeof(To)))
            return a.count > 0 ? (std::memcpy(static_cast<void *>(out), a.data, a.bytes), 0) : 0;
    }
    const char *at = static_cast<const char *>(a.data);
    for (std::size_t i = 0; i < a.count; i++, at += a.strides[0]) {
        From x;
        std::memcpy(&x, at, sizeof x);
        if constexpr (widens<From, To>()) out[i] = To(x);
    }
    return 0;
}

// An array of one dimension, or an arr or tup, into what resize(n) gives room for.
template <class T, class F> int read_numbers(ConstValue v, F resize) {
    if (is_sequence(v) == 0) {
        T *out = resize(v.size());
        if (out == nullptr && v.size() > 0) return BRINE_ETYPE;
        return for_each_element(v, [&out](ConstValue, ConstValue element) { return codec<T>::read(element, *out++); });
    }
    brine_array a;
    int status = brine_as_array(v.ref(), &a);
    if (status != 0) return status;
    if (a.ndim != 1) return BRINE_ETYPE;
    T *out = resize(a.count);
    if (out == nullptr && a.count > 0) return BRINE_ETYPE;
    status = BRINE_ETYPE;
    with_element_type(a.dtype,
                      [&](auto *from) { status = copy_elements<std::remove_pointer_t<decltype(from)>>(a, out); });
    return status;
}
template <class T> Failure explain_numbers(ConstValue v, int status, std::string path, const std::string &name) {
    if (v.is_array()) return explain_array<const T>(v, status, path, name);
    return explain_sequence<T>(v, status, std::move(path), name);
}
template <class T> int write_numbers(Value place, const T *data, std::size_t n) {
    void *room = nullptr;
    int status = brine_assign_array(place.ref(), static_cast<brine_type>(type_of<T>), 1, &n, BRINE_ARRAY_UNINIT, &room);
    if (status == 0 && n > 0) std::memcpy(room, data, n * sizeof(T));
    return status;
}

} // namespace detail

template <class T> ArrayView<T> Array::as() const {
    int status = detail::array_status<T>(a_);
    if (status == BRINE_ESHARED)
        throw_error(status, "the packet is shared or leased: its arrays can be read, as const");
    if (status != 0)
        throw_error(status, "expected an array of " + detail::number_name<std::remove_const_t<T>>() +
                                ", found one of " + name_of(dtype()));
    return ArrayView<T>(a_);
}

template <> struct codec<Array> {
    static std::string name() { return "an array"; }
    static int read(ConstValue v, Array &out) { return brine_as_array(v.ref(), &out.a_); }
};

template <class T> struct codec<ArrayView<T>> {
    static std::string name() { return "an array of " + detail::number_name<std::remove_const_t<T>>(); }
    static int read(ConstValue v, ArrayView<T> &out) {
        int status = brine_as_array(v.ref(), &out.a_);
        return status == 0 ? detail::array_status<T>(out.a_) : status;
    }
    // A copy, row by row.
    static int write(Value place, const ArrayView<T> &content) {
        using E = std::remove_const_t<T>;
        void *data = nullptr;
        const brine_array &from = content.c_array();
        int status = brine_assign_array(place.ref(), static_cast<brine_type>(type_of<E>), from.ndim, from.shape,
                                        BRINE_ARRAY_UNINIT, &data);
        if (status != 0 || from.count == 0) return status;
        copy_rows(from, 0, static_cast<const char *>(from.data), static_cast<char **>(static_cast<void *>(&data)));
        return 0;
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        return detail::explain_array<T>(v, status, path, name());
    }

  private:
    static void copy_rows(const brine_array &from, int dimension, const char *at, char **to) {
        if (dimension == from.ndim) {
            std::memcpy(*to, at, from.item_bytes);
            *to += from.item_bytes;
            return;
        }
        for (std::size_t i = 0; i < from.shape[dimension]; i++, at += from.strides[dimension])
            copy_rows(from, dimension + 1, at, to);
    }
};

// In place, of any shape, as long as the elements stand one after the other.
template <class T> struct codec<span<T>, std::enable_if_t<detail::is_element<std::remove_const_t<T>>>> {
    using E = std::remove_const_t<T>;
    static std::string name() { return "an array of " + detail::number_name<E>(); }
    static int read(ConstValue v, span<T> &out) {
        brine_array a;
        int status = brine_as_array(v.ref(), &a);
        if (status == 0) status = detail::array_status<T>(a);
        if (status == 0 && !detail::is_contiguous(a)) status = BRINE_ETYPE;
        if (status == 0) out = span<T>(static_cast<T *>(a.data), a.count);
        return status;
    }
    static int write(Value place, span<T> content) {
        return detail::write_numbers<E>(place, content.data(), content.size());
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        return detail::explain_array<T>(v, status, path, name());
    }
};

template <class V> struct codec<V, std::enable_if_t<detail::is_number_vector<V>>> {
    using T = typename V::value_type;
    static std::string name() { return "an array or list of " + detail::number_name<T>(); }
    static int read(ConstValue v, V &out) {
        return detail::read_numbers<T>(v, [&out](std::size_t n) { return out.resize(n), out.data(); });
    }
    static int write(Value place, const V &content) {
        return detail::write_numbers(place, content.data(), content.size());
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        return detail::explain_numbers<T>(v, status, std::move(path), name());
    }
};

template <class T, std::size_t N>
struct codec<std::array<T, N>, std::enable_if_t<detail::is_element<T> && !std::is_same_v<T, bool>>> {
    static std::string name() { return "an array or list of " + std::to_string(N) + " " + detail::number_name<T>(); }
    static int read(ConstValue v, std::array<T, N> &out) {
        return detail::read_numbers<T>(v, [&out](std::size_t n) { return n == N ? out.data() : nullptr; });
    }
    static int write(Value place, const std::array<T, N> &content) {
        return detail::write_numbers(place, content.data(), N);
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        if (v.size() == N || !(v.is_array() || detail::is_sequence(v) == 0))
            return detail::explain_numbers<T>(v, status, std::move(path), name());
        return {status, path + (path.empty() ? "" : ": ") + "expected " + name() + ", found " + v.type_name() + " of " +
                            std::to_string(v.size())};
    }
};

template <class D>
template <class T>
ArrayView<T> Writable<D>::array_of(span<const std::size_t> shape, unsigned flags) {
    ArrayView<T> out;
    void *data = nullptr;
    check(brine_assign_array(self().place(), static_cast<brine_type>(type_of<T>), static_cast<int>(shape.size()),
                             shape.data(), flags, &data));
    detail::describe(out.a_, data, sizeof(T), type_of<T>, shape);
    return out;
}

BRINE_CPP_END

#endif
