// SPDX-License-Identifier: Apache-2.0
//
// brine and Eigen 3 (package libeigen3-dev):
//     tab["m"] = matrix;                                        // an nd-array: a copy, row by row
//     auto m = tab["m"].get<Eigen::MatrixXd>();                 // a copy; dtype and fixed sizes have to agree:
//     type_error auto v = brine::eigen_view<const Eigen::MatrixXd>(tab["m"]);   // in place, whatever its strides are
// A vector is an nd-array of one dimension, a matrix one of two. An eigen_view borrows the packet, as ArrayView does.
#ifndef BRINE_EIGEN_HPP
#define BRINE_EIGEN_HPP

#include <Eigen/Core>

#include <brine/brine.hpp>

BRINE_CPP_BEGIN

// A matrix in the memory of an nd-array. M: an Eigen::Matrix or Array, const to read only.
template <class M> using EigenView = Eigen::Map<M, Eigen::Unaligned, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

namespace detail {

template <class T> inline constexpr bool is_eigen = std::is_base_of_v<Eigen::PlainObjectBase<T>, T>;

// Rows, columns and the strides, in elements, of an array as an M.
template <class M> struct EigenShape {
    Eigen::Index rows = 0, columns = 0, row_stride = 0, column_stride = 0;

    static constexpr bool agrees(Eigen::Index fixed, Eigen::Index found) {
        return fixed == Eigen::Dynamic || fixed == found;
    }
    // 0, or BRINE_ETYPE.
    int from(const brine_array &a) {
        constexpr auto size = static_cast<std::ptrdiff_t>(sizeof(typename M::Scalar));
        if (a.dtype != static_cast<std::uint32_t>(type_of<typename M::Scalar>)) return BRINE_ETYPE;
        if (a.ndim < 1 || a.ndim > 2) return BRINE_ETYPE;
        if (a.ndim == 1 && M::RowsAtCompileTime == 1 && M::ColsAtCompileTime != 1) {
            rows = 1, columns = static_cast<Eigen::Index>(a.shape[0]), column_stride = a.strides[0] / size;
            row_stride = columns * column_stride;
        } else {
            rows = static_cast<Eigen::Index>(a.shape[0]), row_stride = a.strides[0] / size;
            columns = a.ndim == 2 ? static_cast<Eigen::Index>(a.shape[1]) : 1;
            column_stride = a.ndim == 2 ? a.strides[1] / size : 1;
        }
        bool whole = a.strides[0] % size == 0 && a.strides[a.ndim - 1] % size == 0;
        return whole && agrees(M::RowsAtCompileTime, rows) && agrees(M::ColsAtCompileTime, columns) ? 0 : BRINE_ETYPE;
    }
    Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic> stride() const {
        return M::IsRowMajor ? Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(row_stride, column_stride)
                             : Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(column_stride, row_stride);
    }
};

template <class M> std::string eigen_name() {
    auto size = [](int n) { return n == Eigen::Dynamic ? std::string("n") : std::to_string(n); };
    return "an array of " + number_name<typename M::Scalar>() + " with " + size(M::RowsAtCompileTime) + " x " +
           size(M::ColsAtCompileTime) + " elements";
}

template <class M> int map_eigen(ConstValue v, brine_array &a, EigenShape<std::remove_const_t<M>> &shape) {
    int status = brine_as_array(v.ref(), &a);
    if (status == 0) status = shape.from(a);
    if (status == 0 && !std::is_const_v<M> && !a.writable) status = BRINE_ESHARED;
    return status;
}

} // namespace detail

template <class M> struct codec<M, std::enable_if_t<detail::is_eigen<M>>> {
    using T = typename M::Scalar;
    static_assert(detail::is_element<T>, "the elements of an nd-array are numbers");
    static std::string name() { return detail::eigen_name<M>(); }
    static int read(ConstValue v, M &out) {
        brine_array a;
        detail::EigenShape<M> shape;
        int status = detail::map_eigen<const M>(v, a, shape);
        if (status == 0)
            out = EigenView<const M>(static_cast<const T *>(a.data), shape.rows, shape.columns, shape.stride());
        return status;
    }
    static int write(Value place, const M &content) {
        constexpr bool vector = M::IsVectorAtCompileTime;
        const std::size_t shape[] = {static_cast<std::size_t>(vector ? content.size() : content.rows()),
                                     static_cast<std::size_t>(content.cols())};
        void *data = nullptr;
        int status = brine_assign_array(place.ref(), static_cast<brine_type>(type_of<T>), vector ? 1 : 2, shape,
                                        BRINE_ARRAY_UNINIT, &data);
        if (status != 0 || content.size() == 0) return status;
        T *out = static_cast<T *>(data);
        for (Eigen::Index i = 0; i < content.rows(); i++)
            for (Eigen::Index j = 0; j < content.cols(); j++) *out++ = content(i, j);
        return 0;
    }
    static Failure explain(ConstValue v, int status, std::string path) {
        return detail::explain_array<const T>(v, status, path, name());
    }
};

// The matrix in place. type_error, shared_error.
template <class M, class D> EigenView<M> eigen_view(const Readable<D> &value) {
    using P = std::remove_const_t<M>;
    ConstValue v(static_cast<const D &>(value).ref());
    brine_array a;
    detail::EigenShape<P> shape;
    int status = detail::map_eigen<M>(v, a, shape);
    if (BRINE_CPP_UNLIKELY(status != 0))
        detail::explain_array<M>(v, status, static_cast<const D &>(value).path_text(), detail::eigen_name<P>()).raise();
    using Pointer = std::conditional_t<std::is_const_v<M>, const typename P::Scalar *, typename P::Scalar *>;
    return EigenView<M>(static_cast<Pointer>(a.data), shape.rows, shape.columns, shape.stride());
}

BRINE_CPP_END

#endif
