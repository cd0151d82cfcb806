// SPDX-License-Identifier: Apache-2.0
// Reading and writing values: places, exact numbers, text, containers, arrays, loops, whole values, errors.
#include <deque>
#include <iostream>
#include <list>
#include <numeric>
#include <set>
#include <sstream>

#include "expect.hpp"

namespace {

enum class Color : std::uint8_t { red = 1, blue = 200 };

void test_places(brine::Packet p) {
    p["a"]["b"]["c"] = 1; // the tabs on the way are made
    CHECK_TEXT(p.root().text(), "{'a': {'b': {'c': 1}}}");
    CHECK(p["a"]["b"]["c"].get<int>() == 1 && p["a"]["b"].is_tab());
    // Reading makes nothing.
    CHECK(!p["x"]["y"].exists() && !p["x"] && p["x"].status() == BRINE_ENOENT && !p.contains("x") &&
          p["x"]["y"].get_or(7) == 7);
    brine::Value nothing = p["x"];
    CHECK(!nothing.exists() && p.root().size() == 1);
    THROWS(brine::not_found_error, nothing.set(1));
    p.clear_error();

    std::string key = "key";
    p[key] = "text";
    p[std::string("long key that is not kept inline ") + key] = 2u;
    auto kept = p[std::string("temporary, kept by the place")]; // a place may be kept
    kept = 3;
    CHECK(kept == 3 && p["temporary, kept by the place"] == 3);
    brine::Value slot = p.root().slot("new");
    CHECK(slot.is_none());
    slot.set(2.5);
    brine::Value at = p.at("new");
    at = p.at("key"); // views are rebound
    CHECK(at == "text" && p["new"] == 2.5);
    p["copy"] = p["a"]; // places are copied through
    p["a"]["b"]["c"] = 9;
    CHECK(p["copy"]["b"]["c"] == 1);
    p["self"] = p["self2"] = 4;
    CHECK(p["self"] == 4 && p["self2"] == 4);
    p["self"] = p["self"];
    THROWS(brine::not_found_error, p["other"] = p["missing"]);
    CHECK(!p.contains("other")); // nothing was made
    THROWS_TEXT(brine::not_found_error, "a.nope", p["a"].at("nope"));
    CHECK(p.root().erase("self") && !p.root().erase("self"));

    // Keys of other types; whole numbers are keys of a tab and indices of an arr.
    p["k"].make_tab();
    p["k"][1] = "one";
    p["k"][std::uint64_t{18446744073709551615u}] = "big";
    p["k"][true] = "true is 1";
    p["k"][2.5] = "float";
    p["k"][brine::none] = "none";
    p["k"][brine::bytes("raw")] = "bytes";
    p["k"][std::complex<double>(1, 2)] = "complex";
    CHECK(p["k"].size() == 6 && p["k"][1] == "true is 1" && p["k"][18446744073709551615u] == "big" &&
          p["k"][brine::none] == "none");
    CHECK(p["k"][p["copy"]["b"]["c"]] == "true is 1"); // a value as a key
    CHECK(p["k"].contains(2.5) && p["k"].erase(2.5) && p["k"].erase(1) && !p["k"].contains(2.5));
    p["l"] = brine::list{1, 2, 3};
    p["l"][-1] = 30;
    CHECK(p["l"][2] == 30 && !p["l"][3].exists());
    THROWS(brine::not_found_error, p["l"][3] = 1);
    THROWS(brine::type_error, p["l"]["x"] = 1);
    CHECK(p.stuck_error() == BRINE_ETYPE); // until it is forgotten
    THROWS(brine::type_error, p["fine"] = 1);
    p.clear_error();
    const char *no_text = nullptr;
    THROWS(brine::argument_error, p[no_text] = 1);
    p.clear_error();

    // Without exceptions.
    CHECK(p["q"].try_set(5).has_value() && p["q"].try_get<int>().value() == 5);
    auto failure = p["key"].try_get<int>();
    CHECK(!failure && failure.error() == BRINE_ETYPE);
    CHECK_TEXT(failure.error().detail(), "key: expected int32, found str 'text'");
    CHECK(failure.value_or(8) == 8 && std::error_code(failure.error().code()) == BRINE_ETYPE);
}

void test_numbers(brine::Packet p) {
    auto type_after = [&](auto x) { return p["n"] = x, p["n"].type(); };
    CHECK(type_after(true) == brine::Type::boolean && type_after(std::int8_t{-5}) == brine::Type::i64 &&
          type_after(5u) == brine::Type::u64);
    CHECK(type_after(1.5f) == brine::Type::f32 && type_after(1.5) == brine::Type::f64 &&
          type_after(5LL) == brine::Type::i64);
    CHECK(type_after(std::complex<float>(1, 2)) == brine::Type::c64 &&
          type_after(std::complex<double>(1, 2)) == brine::Type::c128);
    CHECK(type_after(Color::blue) == brine::Type::u64 && p["n"].get<Color>() == Color::blue);
    CHECK(type_after(brine::exact(std::int8_t{-5})) == brine::Type::i8 &&
          p["n"].get<brine::Exact<std::int8_t>>().number == -5);
    THROWS_TEXT(brine::type_error, "n: expected int16, found int8 -5", p["n"].get<brine::Exact<std::int16_t>>());
    CHECK(type_after(nullptr) == brine::Type::none && type_after(brine::none) == brine::Type::none &&
          type_after(std::optional<int>()) == brine::Type::none);

    // Exactly, or an error that says what is there.
    p["n"] = 300;
    CHECK(p["n"].get<std::int16_t>() == 300 && p["n"].get<double>() == 300 && p["n"].get<float>() == 300 &&
          p["n"].get<std::complex<double>>() == 300.0);
    THROWS_TEXT(brine::range_error, "n: expected int8, found int64 300", p["n"].get<std::int8_t>());
    p["n"] = -1;
    THROWS_TEXT(brine::range_error, "n: expected uint64, found int64 -1", p["n"].get<std::uint64_t>());
    p["n"] = 3.0;
    CHECK(p["n"].get<int>() == 3);
    p["n"] = 0.1;
    THROWS(brine::range_error, p["n"].get<float>());
    THROWS(brine::range_error, p["n"].get<int>());
    THROWS(brine::type_error, p["n"].get<bool>());
    CHECK(p["n"].get_or(5) == 5 && p.get_or("n", 5.0) == 0.1 && p.get_or("n", std::int64_t{6}) == 6 &&
          p.get_or("none", "dflt") == "dflt");
    p["n"] = std::numeric_limits<float>::quiet_NaN();
    CHECK(p["n"].get<float>() != p["n"].get<float>());
    p["n"] = INT64_MIN;
    CHECK(p["n"].get<std::int64_t>() == INT64_MIN && p["n"] == INT64_MIN && INT64_MIN == p["n"] && p["n"] != 1);

    // As C would.
    bool lossy = false;
    p["n"] = 2.9;
    CHECK(p["n"].to_int(&lossy) == 2 && lossy && p["n"].to_double() == 2.9);
    p["n"] = "12";
    CHECK(p["n"].to_int() == 12 && p.root().to_int() == 1);
    p["n"] = "x";
    THROWS(brine::type_error, p["n"].to_int());
}

void test_text_and_bytes(brine::Packet p) {
    using namespace std::string_literals;
    using namespace std::string_view_literals;
    p["s"] = "gr\u00fc\u00df\0e"s;
    CHECK(p["s"].get<std::string_view>().size() == 8 && p["s"].get<std::string>() == "gr\u00fc\u00df\0e"s &&
          p["s"].get_or("") == "gr\u00fc\u00df\0e"sv);
    p["s"] = "c string";
    CHECK_STR(p["s"].get<const char *>(), "c string");
    p["s"] = std::string_view();
    CHECK(p["s"].is_str() && p["s"].empty());
    THROWS(brine::utf8_error, p["s"] = "\xff");
    p.clear_error();
    p["b"] = brine::bytes("\xff\0x", 3);
    CHECK(p["b"].is_bytes() && p["b"].get<brine::bytes_view>().size() == 3 &&
          p["b"].get<std::vector<std::byte>>()[0] == std::byte{0xff});
    THROWS(brine::type_error, p["b"].get<std::string>());
    auto room = p["b"].make_bytes(4);
    for (auto &b : room) b = std::byte{1};
    CHECK(p["b"].size() == 4 && p["b"].get<brine::bytes_view>()[3] == std::byte{1});
    p["b"] = std::vector<std::byte>();
    CHECK(p["b"].is_bytes() && p["b"].empty());
}

void test_containers(brine::Packet p) {
    p["v"] = std::vector<std::string>{"a", "b"};
    CHECK(p["v"].is_arr() && p["v"].get<std::vector<std::string>>()[1] == "b" &&
          (p["v"].get<std::list<std::string_view>>().size() == 2));
    p["v"] = std::deque<bool>{true, false};
    CHECK(p["v"].get<std::vector<bool>>()[0] && p["v"].get<std::set<bool>>().size() == 2);
    p["v"] = std::map<std::string, std::vector<int>>{{"x", {1, 2}}, {"y", {}}};
    CHECK_TEXT(p["v"].text(), "{'x': array([1, 2], 'i4'), 'y': array([], 'i4')}");
    CHECK((p["v"].get<std::map<std::string, std::vector<long>>>()["x"][1] == 2));
    p["v"] = std::unordered_map<int, double>{{3, 0.5}};
    CHECK((p["v"].get<std::map<int, double>>()[3] == 0.5));
    p["v"] = std::tuple<int, std::string, std::pair<double, bool>>{1, "t", {2.5, true}};
    CHECK_TEXT(p["v"].text(), "(1, 't', (2.5, True))");
    CHECK((std::get<1>(p["v"].get<std::tuple<int, std::string, std::pair<double, bool>>>()) == "t"));
    THROWS_TEXT(brine::type_error, "v[2][0]: expected bool, found float64 2.5",
                p["v"].get<std::tuple<int, std::string, std::pair<bool, bool>>>());
    THROWS_TEXT(brine::type_error, "v: expected a tuple of (int32, str), found tup",
                p["v"].get<std::pair<int, std::string>>());
    p["v"] = std::optional<std::string>("o");
    CHECK(p["v"].get<std::optional<std::string>>() == "o" && !p["none"].get<std::optional<int>>());
    THROWS_TEXT(brine::type_error, "v: expected int32 or None, found str 'o'", p["v"].get<std::optional<int>>());
    p["v"] = std::array<std::string, 2>{"l", "r"};
    CHECK((p["v"].get<std::array<std::string, 2>>()[1] == "r"));
    THROWS_TEXT(brine::type_error, "v: expected a list of 3 str, found arr of 2",
                p["v"].get<std::array<std::string, 3>>());
    THROWS_TEXT(brine::type_error, "v[0]: expected int32, found str 'l'", p["v"].get<std::vector<int>>());
    THROWS_TEXT(brine::type_error, "v: expected a tab of int32, found arr", p["v"].get<std::map<std::string, int>>());
    p["v"] = std::map<std::string, std::string>{{"a", "x"}};
    THROWS_TEXT(brine::type_error, "v.'a': expected int32, found str 'x'", p["v"].get<std::map<std::string, int>>());
    THROWS_TEXT(brine::type_error, "v, a key: expected int32, found str 'a'", p["v"].get<std::map<int, std::string>>());
    p["v"] = std::vector<std::optional<std::vector<std::int16_t>>>{{}, {{1, 2}}};
    CHECK_TEXT(p["v"].text(), "[None, array([1, 2], 'i2')]");
    p["w"] = p["v"].get<brine::ConstValue>();
    CHECK(p["w"] == p["v"]);
}

void test_builders(brine::Packet p) {
    std::string name = "rf";
    p["h"] = brine::dict{{"fs", 1e6},
                         {name, name + "!"},
                         {3, brine::list{1, 2.5, "auto", brine::none, brine::dict{}}},
                         {"t", brine::tup{1, std::vector<int>{7}}},
                         {"copy", p["nowhere"].get_or(4)}};
    CHECK_TEXT(p["h"].text(),
               "{'fs': 1000000.0, 'rf': 'rf!', 3: [1, 2.5, 'auto', None, {}], 't': (1, array([7], 'i4')), 'copy': 4}");
    p["h"]["l"] = brine::list{};
    p["h"]["l"].push_back(1);
    p["h"]["l"].push_back(brine::dict{{"x", 1}});
    p["h"]["l"].insert(0, "first");
    p["h"]["l"].push().make_tab(true)["in order"] = 1;
    p["h"]["l"].insert(-1).set(2);
    CHECK_TEXT(p["h"]["l"].text(), "['first', 1, {'x': 1}, 2, o{'in order': 1}]");
    CHECK(p["h"]["l"].erase(0) && p["h"]["l"].size() == 4 && !p["h"]["l"].erase(99));
    p["h"]["l"].clear();
    CHECK(p["h"]["l"].empty() && p["h"]["l"].is_arr());
    p["tup"].make_tup(2)[1] = 5;
    CHECK_TEXT(p["tup"].text(), "(None, 5)");
    p.set(brine::list{1, 2}); // the root itself
    CHECK(p.root().is_arr() && p[1] == 2 && p.root().get<std::vector<int>>().size() == 2);
}

void test_arrays(brine::Packet p) {
    auto x = p["x"].make_array<std::complex<float>>(4);
    for (std::size_t i = 0; i < x.size(); i++) x[i] = {static_cast<float>(i), 0.5f};
    CHECK_TEXT(p["x"].text(), "array([0.5j, (1+0.5j), (2+0.5j), (3+0.5j)], 'c8')");
    brine::span<const std::complex<float>> s = p["x"].get<brine::span<const std::complex<float>>>();
    CHECK(s.size() == 4 && s[3] == std::complex<float>(3, 0.5f) &&
          reinterpret_cast<std::uintptr_t>(s.data()) % 64 == 0);
    auto m = p["m"].make_array<double>({2, 3});
    std::iota(m.begin(), m.end(), 0.0);
    CHECK(m(1, 2) == 5 && m.at(1, 0) == 3 && m.ndim() == 2 && m.shape()[1] == 3 && m.strides()[0] == 24 &&
          m.contiguous());
    THROWS_TEXT(std::out_of_range, "index 3", m.at(0, 3));
    THROWS_TEXT(std::out_of_range, "1 indices for 2", m.at(0));
    p["m2"] = m;
    CHECK(p["m2"] == p["m"] && p["m2"].get<brine::span<double>>()[5] == 5);
    p["m2"].get<brine::ArrayView<double>>()(0, 0) = 100;
    CHECK(p["m2"] != p["m"]);
    brine::Array any = p["m"].array();
    CHECK(any.dtype() == brine::Type::f64 && any.size_bytes() == 48 && any.ndim() == 2 && any.writable());
    CHECK(any.as<const double>()(0, 1) == 1);
    THROWS_TEXT(brine::type_error, "expected an array of float32, found one of float64", any.as<float>());
    THROWS_TEXT(brine::type_error, "m: expected an array of int32, found one of float64 with shape (2, 3)",
                p["m"].get<brine::ArrayView<int>>());
    THROWS_TEXT(brine::type_error, "m: expected an array or list of float64, found one of float64 with shape (2, 3)",
                p["m"].get<std::vector<double>>());
    THROWS_TEXT(brine::type_error, "none: expected an array of int32, found int64 3",
                p["none"].set(3).get<brine::ArrayView<int>>());
    auto big = p["big"].make_array<std::uint8_t>(100000, brine::uninitialized); // a packet of its own
    big[99999] = 7;
    CHECK(p["big"].get<brine::span<std::uint8_t>>()[99999] == 7);
    brine::Packet taken = p["big"].take();
    CHECK(taken.root().is_array() && p["big"].is_none());
    p["back"] = std::move(taken);
    CHECK(!taken && p["back"].size() == 100000);
    const std::size_t shape[] = {2};
    CHECK(p["half"].make_array(brine::Type::f16, shape).item_bytes() == 2);
    CHECK_STR(p["raw"].make_raw_array("ii", 8, shape).format(), "ii");
    p["zero"].make_array<float>({0, 3});
    CHECK(p["zero"].get<brine::ArrayView<const float>>().empty());

    // Vectors take other widths where nothing can be lost, and lists.
    p["v"] = std::vector<std::int16_t>{1, -2};
    CHECK(p["v"].get<std::vector<double>>()[1] == -2 && p["v"].get<std::vector<std::int64_t>>()[0] == 1 &&
          p["v"].get<std::vector<std::complex<float>>>()[1].real() == -2);
    THROWS(brine::type_error, p["v"].get<std::vector<std::uint32_t>>());
    THROWS(brine::type_error, p["v"].get<std::vector<std::int8_t>>());
    THROWS(brine::type_error, p["half"].get<std::vector<float>>());
    p["v"] = brine::list{1, 2.0, true};
    CHECK((p["v"].get<std::vector<int>>() == std::vector<int>{1, 2, 1} && p["v"].get<std::array<double, 3>>()[1] == 2));
    p["v"].push_back("x");
    THROWS_TEXT(brine::type_error, "v[3]: expected int32, found str 'x'", p["v"].get<std::vector<int>>());
    THROWS_TEXT(brine::type_error, "found arr of 4", p["v"].get<std::array<double, 3>>());

    // Shared: arrays of const only.
    p.share();
    CHECK(p["x"].get<brine::span<const std::complex<float>>>().size() == 4);
    THROWS_TEXT(brine::shared_error, "x: the packet is shared or leased",
                p["x"].get<brine::span<std::complex<float>>>());
    THROWS(brine::shared_error, p["m"].array().as<double>());
}

void test_loops(brine::Packet p) {
    p["t"] = brine::dict{{"a", 1}, {"b", 2}, {"c", 3}};
    int sum = 0;
    std::string keys;
    for (auto [key, value] : p["t"].items()) {
        keys += key.get<std::string_view>();
        value.set(value.get<int>() * 10);
    }
    for (brine::ConstValue v : std::as_const(p).root()["t"].values()) sum += v.get<int>();
    CHECK(keys == "abc" && sum == 60);
    for (brine::ConstValue key : p["t"].keys()) CHECK(p["t"].contains(key));
    auto values = p["t"].values();
    CHECK_EQ_INT(values.size(), 3);
    auto first = values.begin(), second = first++;
    CHECK(*second == 10 && *first == 20 && first != second && first == ++second);
    for (auto item : p["missing"].get_or("").empty() ? p["t"].items() : p["t"].items()) CHECK(item.value.is_number());
    THROWS(brine::argument_error, [&] {
        for (brine::Value v : p["t"].values()) p["t"][v.text()] = 1; // adds on the way
    }());
    THROWS(brine::type_error, p["t"]["a"].values().begin());
    THROWS(brine::not_found_error, p["nothing"].values().begin());
    p["l"] = brine::list{};
    for (brine::Value v : p["l"].values()) CHECK(!v.exists());
#if BRINE_CPP_RANGES
    p["l"] = brine::list{3, 1, 2};
    auto numbers = p["l"].values();
    CHECK(std::ranges::count_if(numbers, [](brine::Value v) { return v.get<int>() > 1; }) == 2);
    CHECK(std::ranges::distance(numbers) == 3 &&
          (*std::ranges::max_element(numbers, {}, [](brine::Value v) { return v.get<int>(); })) == 3);
#if !defined(__clang__) || __clang_major__ >= 16 // older ones do not get along with the adaptors of gcc's library
    int doubled = 0;
    for (int i : numbers | std::views::transform([](brine::Value v) { return v.get<int>() * 2; }) | std::views::take(2))
        doubled += i;
    CHECK_EQ_INT(doubled, 8);
#endif
#endif
}

void test_integers(brine::Packet p) {
    p["i"] = brine::integer("1267650600228229401496703205376");
    CHECK(p["i"].is(brine::Type::bigint) && p["i"].is_number());
    CHECK_TEXT(p["i"].integer_text(), "1267650600228229401496703205376");
    CHECK_TEXT(p["i"].integer_text(16), "10000000000000000000000000");
    p["j"] = brine::integer("-ff", 16);
    CHECK(p["j"] == -255);
    p["k"].set_arith(p["i"], '+', p["j"]);
    CHECK_TEXT(p["k"].text(), "1267650600228229401496703205121");
    THROWS(brine::syntax_error, p["k"] = brine::integer("12x"));
    p.clear_error();
    THROWS_TEXT(brine::range_error, "i: expected int64, found bigint 1267650600228229401496703205376",
                p["i"].get<std::int64_t>());
    brine::BigInt big(p["i"]);
    CHECK(big.sign() == 1 && big.limbs().size() == 2 && big.limbs()[1] == std::uint64_t{1} << 36 &&
          big.limbs()[0] == 0);
    p["copy"] = brine::integer(-1, big.limbs());
    CHECK_TEXT(p["copy"].integer_text(), "-1267650600228229401496703205376");
    p["copy"] = brine::integer(1, big.limbs(), true);
    CHECK(p["copy"] == p["i"] && p["copy"].flags() == BRINE_UNSIGNED);
    THROWS(brine::type_error, brine::BigInt(p.root()));
}

void test_whole_values(brine::Packet p) {
    p["t"].parse_json("{\"a\": [1, 2.5], \"b\": null}");
    p["u"].parse_literal("{'b': None, 'a': [1, 2.5]}");
    CHECK(p["t"] == p["u"] && p["t"].compare(p["u"]) == 0 && !(p["t"] != p["u"]));
    CHECK_TEXT(p["t"].json(), "{\"a\":[1,2.5],\"b\":null}");
    CHECK_TEXT(p["t"].text(brine::Style::json_pretty),
               "{\n    \"a\": [\n        1,\n        2.5\n    ],\n    \"b\": null\n}");
    std::ostringstream out;
    out << p["t"] << ' ' << p["t"]["a"][0] << ' ' << p.root()["t"].get<brine::ConstValue>();
    CHECK_TEXT(out.str(), "{'a': [1, 2.5], 'b': None} 1 {'a': [1, 2.5], 'b': None}");
    THROWS(brine::not_found_error, out << p["zz"]);
    brine_text_error where;
    auto bad = p["t"].try_parse_json("[1, }", 0, &where);
    CHECK(!bad && bad.error() == BRINE_ESYNTAX && where.column == 5 && p["t"].is_tab());
    THROWS(brine::syntax_error, p["t"].parse_literal("{'a'"));
    CHECK(p.root().path("/t/a/1") == 2.5 && !p.root().path("/t/zz").exists());
    p.root().path("/t/a/0").set(5);
    THROWS(brine::syntax_error, p.root().path("no slash"));
    p["s"] = "one", p["n"] = 1, p["f"] = 1.0;
    CHECK(p["n"] == p["f"] && p["n"].hash() == p["f"].hash() && p["n"].compare(p["s"]) < 0);
    THROWS(brine::type_error, p["t"].hash());
    std::unordered_map<brine::ConstValue, int> counted;
    counted[p["n"]]++, counted[p["f"]]++;
    CHECK(counted.size() == 1);
    CHECK(p["t"].truth() && !p["zz"].truth() && p.root().in_pool(brine_packet_pool(p.get())));
#ifdef __cpp_lib_format
    CHECK_TEXT(std::format("{} {:j} {:r}", p["t"], p["t"], p["s"]),
               "{'a': [5, 2.5], 'b': None} {\"a\":[5,2.5],\"b\":null} 'one'");
#endif
}

void test_packets(const brine::Pool &pool) {
    brine::Packet p = pool.packet(), sub = pool.packet(1000);
    sub["x"] = 1;
    p["sub"] = std::move(sub);
    CHECK(!sub && p["sub"]["x"] == 1 && p.bytes() > 0 && p.held() && p.pool() == pool.get());
    brine::Packet copy = pool.copy(p.root());
    p.compact();
    CHECK(p["sub"]["x"] == 1);
    p.share();
    brine::Packet other = p.clone();
    CHECK(p.is_shared() && p.holders() == 2 && copy.root() == p.root());
    THROWS(brine::shared_error, p["x"] = 1);
    other.own(); // a copy
    other["x"] = 2;
    CHECK(!p.contains("x") && p.holders() == 1);
    p.own(); // itself
    p["x"] = 3;
    p.validate();
    CHECK(p.try_validate().has_value());
    brine::Packet moved = std::move(p);
    CHECK(!p && moved);
    brine::ConstValue dead = moved.root();
    moved.reset();
    CHECK(!dead.is_tab() && dead.type() == brine::Type::invalid);
    THROWS(brine::not_held_error, dead.at("x"));
    THROWS(brine::not_held_error, dead.get<int>("x"));
    THROWS(brine::not_held_error, moved["x"] = 1);
    THROWS(brine::argument_error, copy.clone());
    CHECK(brine::attempt([&] { copy.nack(); }).error() == BRINE_EINVAL &&
          brine::attempt([&] { return copy.bytes(); }).value() > 0);
    CHECK(copy.deliveries() == 0);
    copy.ack();
    brine_packet raw = copy.release();
    CHECK_OK(brine_packet_free(raw));
}

} // namespace

int main() {
    brine::Pool pool = brine::Pool::create_private();
    test_places(pool.packet());
    test_numbers(pool.packet());
    test_text_and_bytes(pool.packet());
    test_containers(pool.packet());
    test_builders(pool.packet());
    test_arrays(pool.packet());
    test_loops(pool.packet());
    test_integers(pool.packet());
    test_whole_values(pool.packet());
    test_packets(pool);
    CHECK(pool.is_pristine()); // nothing is left of all that
    return 0;
}
