// SPDX-License-Identifier: Apache-2.0
//
// brine and nlohmann::json (package nlohmann-json3-dev), both ways and without text in between:
//     nlohmann::json document = packet.root().get<nlohmann::json>();       // or ordered_json, which keeps the order
//     packet["config"] = document;
//     nlohmann::json part = brine::to_json(packet["hdr"]);
//
// str, numbers, bool and None are what they are there; bytes are binary values; tabs are objects (a key that is no str
// becomes its text); arr, tup and nd-arrays become arrays; complex numbers [re, im]. What json cannot hold is
// range_error: integers of more than 64 bits; type_error: arrays of float16 and of opaque items.
#ifndef BRINE_JSON_HPP
#define BRINE_JSON_HPP

#include <nlohmann/json.hpp>

#include <brine/brine.hpp>

BRINE_CPP_BEGIN

namespace detail {

template <class J> struct JsonCodec {
    static std::string name() { return "what JSON can hold"; }
    static int read(ConstValue v, J &out) { return read_at(v, out, 0); }
    static int write(Value place, const J &json) { return write_at(place, json, 0); }

  private:
    template <class T> static int read_as(ConstValue v, J &out) {
        T content{};
        int status = codec<T>::read(v, content);
        if (status == 0) out = content;
        return status;
    }
    static int read_at(ConstValue v, J &out, int depth) {
        if (depth > BRINE_MAX_DEPTH) return BRINE_EDEPTH;
        switch (v.type()) {
        case Type::none: return out = nullptr, 0;
        case Type::boolean: return read_as<bool>(v, out);
        case Type::i8:
        case Type::i16:
        case Type::i32:
        case Type::i64: return read_as<std::int64_t>(v, out);
        case Type::u8:
        case Type::u16:
        case Type::u32:
        case Type::u64: return read_as<std::uint64_t>(v, out);
        case Type::f32:
        case Type::f64: return read_as<double>(v, out);
        case Type::c64:
        case Type::c128: return read_complex(v, out);
        case Type::bigint: return read_as<std::int64_t>(v, out) == 0 ? 0 : read_as<std::uint64_t>(v, out);
        case Type::str: return read_as<std::string>(v, out);
        case Type::bytes: return read_bytes(v, out);
        case Type::tab: return read_tab(v, out, depth);
        case Type::arr:
        case Type::tup: return read_list(v, out, depth);
        case Type::array: return read_array(v, out);
        default: return not_that(v);
        }
    }
    static int read_complex(ConstValue v, J &out) {
        std::complex<double> z;
        int status = codec<std::complex<double>>::read(v, z);
        if (status == 0) out = J::array({z.real(), z.imag()});
        return status;
    }
    static int read_bytes(ConstValue v, J &out) {
        bytes_view view;
        int status = codec<bytes_view>::read(v, view);
        if (status != 0) return status;
        const auto *data = reinterpret_cast<const std::uint8_t *>(view.data());
        out = J::binary(typename J::binary_t::container_type(data, data + view.size()));
        return 0;
    }
    static int read_tab(ConstValue v, J &out, int depth) {
        out = J::object();
        return for_each_element(v, [&](ConstValue key, ConstValue value) {
            return read_at(value, out[key.is_str() ? key.get<std::string>() : key.text()], depth + 1);
        });
    }
    static int read_list(ConstValue v, J &out, int depth) {
        out = J::array();
        return for_each_element(v, [&](ConstValue, ConstValue value) {
            out.push_back(nullptr);
            return read_at(value, out.back(), depth + 1);
        });
    }
    static int read_array(ConstValue v, J &out) {
        brine_array a;
        int status = brine_as_array(v.ref(), &a);
        if (status != 0) return status;
        bool known = with_element_type(a.dtype, [&](auto *element) {
            out = rows<std::remove_pointer_t<decltype(element)>>(a, 0, static_cast<const char *>(a.data));
        });
        return known ? 0 : BRINE_ETYPE;
    }
    template <class T> static J rows(const brine_array &a, int dimension, const char *at) {
        if (dimension == a.ndim) {
            T x;
            std::memcpy(&x, at, sizeof x);
            if constexpr (std::is_arithmetic_v<T>)
                return x;
            else
                return J::array({x.real(), x.imag()});
        }
        J all = J::array();
        for (std::size_t i = 0; i < a.shape[dimension]; i++, at += a.strides[dimension])
            all.push_back(rows<T>(a, dimension + 1, at));
        return all;
    }

    static int write_at(Value place, const J &json, int depth) {
        if (depth > BRINE_MAX_DEPTH) return BRINE_EDEPTH;
        brine_ref r = place.ref();
        switch (json.type()) {
        case J::value_t::null: return brine_assign_none(r);
        case J::value_t::boolean: return brine_assign_bool(r, json.template get<bool>());
        case J::value_t::number_integer: return brine_assign_int(r, json.template get<std::int64_t>());
        case J::value_t::number_unsigned: return write_unsigned(r, json.template get<std::uint64_t>());
        case J::value_t::number_float: return brine_assign_double(r, json.template get<double>());
        case J::value_t::string:
            return codec<std::string_view>::write(place, json.template get_ref<const std::string &>());
        case J::value_t::binary:
            return codec<bytes_view>::write(place, bytes(json.get_binary().data(), json.get_binary().size()));
        case J::value_t::object: return write_object(r, json, depth);
        case J::value_t::array: return write_array(r, json, depth);
        default: return BRINE_ETYPE; // what nlohmann calls discarded
        }
    }
    // As a JSON text is read: int64 where that will do.
    static int write_unsigned(brine_ref place, std::uint64_t x) {
        return x <= INT64_MAX ? brine_assign_int(place, static_cast<std::int64_t>(x)) : brine_assign_uint(place, x);
    }
    static int write_object(brine_ref place, const J &json, int depth) {
        brine_ref tab = brine_assign_tab(place, 0);
        for (auto it = json.begin(); it != json.end(); ++it) {
            int status = write_at(Value(detail::slot(tab, std::string_view(it.key()))), it.value(), depth + 1);
            if (status != 0) return status;
        }
        return brine_ref_status(tab);
    }
    static int write_array(brine_ref place, const J &json, int depth) {
        brine_ref arr = brine_assign_arr(place);
        for (const J &element : json) {
            int status = write_at(Value(brine_push(arr)), element, depth + 1);
            if (status != 0) return status;
        }
        return brine_ref_status(arr);
    }
};

} // namespace detail

template <> struct codec<nlohmann::json> : detail::JsonCodec<nlohmann::json> {};
template <> struct codec<nlohmann::ordered_json> : detail::JsonCodec<nlohmann::ordered_json> {};

// A value as JSON: brine::to_json(value), or <nlohmann::ordered_json>.
template <class J = nlohmann::json, class D> J to_json(const Readable<D> &value) { return value.template get<J>(); }

BRINE_CPP_END

#endif
