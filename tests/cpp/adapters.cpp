// SPDX-License-Identifier: Apache-2.0
// nlohmann::json, Eigen and GMP's mpz_class, where their headers are.
#if __has_include(<gmpxx.h>) && __has_include(<nlohmann/json.hpp>) && __has_include(<Eigen/Core>)
#define HAVE_ALL 1
#include <gmpxx.h>

#include <brine/eigen.hpp>
#include <brine/json.hpp>
#endif

#include "expect.hpp"

#ifdef HAVE_ALL
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

void test_json(brine::Packet p) {
    json document = json::parse(
        R"({"n": null, "t": true, "i": -5, "u": 18446744073709551615, "f": 2.5, "s": "gr\u00fc\u00df", "l": [1, [2], {"x": {}}], "e": []})");
    document["binary"] = json::binary({1, 255});
    p["j"] = document;
    CHECK(p["j"]["u"].is(brine::Type::u64) && p["j"]["i"].is(brine::Type::i64) && p["j"]["binary"].is_bytes() &&
          p["j"]["l"][2]["x"].is_tab());
    CHECK(p["j"].get<json>() == document && brine::to_json(p["j"]) == document);
    ordered_json ordered = ordered_json::parse(R"({"z": 1, "a": {"y": 2, "b": 3}})");
    p["o"] = ordered;
    CHECK_TEXT(brine::to_json<ordered_json>(p["o"]).dump(), R"({"z":1,"a":{"y":2,"b":3}})");
    CHECK_TEXT(p["o"].json(), R"({"z":1,"a":{"y":2,"b":3}})");
    p["v"] = brine::dict{{1, std::complex<double>(1, -2)}, {"m", brine::none}, {"tup", brine::tup{1, 2.5f}}};
    auto m = p["v"]["m"].make_array<std::int16_t>({2, 2});
    m(1, 0) = -3;
    CHECK_TEXT(brine::to_json(p["v"]).dump(), R"({"1":[1.0,-2.0],"m":[[0,0],[-3,0]],"tup":[1,2.5]})");
    p["z"].make_array<std::complex<float>>(1)[0] = {1, 2};
    CHECK_TEXT(brine::to_json(p["z"]).dump(), "[[1.0,2.0]]");
    // What json cannot hold.
    p["big"] = brine::integer("18446744073709551616");
    THROWS_TEXT(brine::range_error, "big: expected what JSON can hold, found bigint 18446744073709551616",
                p["big"].get<json>());
    p["small"] = brine::integer("-7");
    CHECK(p["small"].get<json>() == -7);
    const std::size_t shape[] = {1};
    p["half"].make_array(brine::Type::f16, shape);
    THROWS(brine::type_error, p["half"].get<json>());
    THROWS(brine::not_found_error, p["nothing"].get<json>());
    THROWS(brine::utf8_error, p["bad"] = json("\xff"));
    p.clear_error();
    json deep = 1;
    for (int i = 0; i < BRINE_MAX_DEPTH + 10; i++) deep = json::array({std::move(deep)});
    THROWS(brine::depth_error, p["deep"] = deep);
    // As a part of something else.
    p["list"] = std::vector<json>{1, "x", nullptr};
    CHECK(p["list"].get<std::vector<json>>()[1] == "x");
}

void test_eigen(brine::Packet p) {
    Eigen::MatrixXd m(2, 3);
    m << 1, 2, 3, 4, 5, 6;
    p["m"] = m;
    CHECK_TEXT(p["m"].text(), "array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 'f8')");
    CHECK(p["m"].get<Eigen::MatrixXd>() == m && (p["m"].get<Eigen::Matrix<double, 2, 3, Eigen::RowMajor>>() == m));
    p["rows"] = Eigen::Matrix<double, 2, 3, Eigen::RowMajor>(m);
    CHECK(p["rows"] == p["m"]);
    p["v"] = Eigen::Vector3f(1, 2, 3);
    p["r"] = Eigen::RowVectorXi(Eigen::RowVectorXi::Constant(4, 7));
    CHECK(p["v"].get<Eigen::Vector3f>()(2) == 3 && p["v"].get<std::vector<float>>()[1] == 2 &&
          p["r"].get<Eigen::RowVectorXi>()(3) == 7 && p["r"].array().ndim() == 1);
    CHECK(p["v"].get<Eigen::VectorXf>().size() == 3 && p["v"].get<Eigen::MatrixXf>().cols() == 1);
    p["c"] = Eigen::MatrixXcf(Eigen::MatrixXcf::Identity(2, 2));
    CHECK(p["c"].get<brine::ArrayView<const std::complex<float>>>()(1, 1) == 1.0f);

    // In place, both ways.
    auto view = brine::eigen_view<Eigen::MatrixXd>(p["m"]);
    view(1, 2) = 60;
    view.row(0) *= 10;
    CHECK_TEXT(p["m"].text(), "array([[10.0, 20.0, 30.0], [4.0, 5.0, 60.0]], 'f8')");
    CHECK((brine::eigen_view<const Eigen::Matrix<double, 2, 3>>(p["m"]).sum() == 129));
    CHECK((brine::eigen_view<const Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor>>(p["m"]).col(2).sum() ==
           90));
    CHECK(brine::eigen_view<const Eigen::Vector3f>(p["v"]).norm() > 3.7f);
    CHECK(brine::eigen_view<const Eigen::RowVectorXi>(p["r"]).sum() == 28);

    THROWS_TEXT(brine::type_error,
                "m: expected an array of float64 with 3 x 3 elements, found one of float64 with shape (2, 3)",
                p["m"].get<Eigen::Matrix3d>());
    THROWS_TEXT(brine::type_error, "m: expected an array of float32 with n x n elements",
                p["m"].get<Eigen::MatrixXf>());
    THROWS_TEXT(brine::type_error, "found one of float64 with shape (2, 3)",
                brine::eigen_view<Eigen::Vector3d>(p["m"]));
    THROWS(brine::type_error, p["none"].set(1).get<Eigen::VectorXd>());
    p["empty"] = Eigen::MatrixXd(0, 3);
    CHECK(p["empty"].get<Eigen::MatrixXd>().size() == 0);
    p.share();
    THROWS(brine::shared_error, brine::eigen_view<Eigen::MatrixXd>(p["m"]));
    CHECK(brine::eigen_view<const Eigen::MatrixXd>(p["m"])(0, 0) == 10);
}

void test_gmp(brine::Packet p) {
    mpz_class big("-1267650600228229401496703205376");
    p["big"] = big;
    CHECK(p["big"].get<mpz_class>() == big && p["big"].is(brine::Type::bigint));
    p["five"] = 5;
    mpz_class sum = p["big"].get<mpz_class>() + p["five"].get<mpz_class>();
    p["sum"] = sum;
    CHECK_TEXT(p["sum"].integer_text(), "-1267650600228229401496703205371");
    p["zero"] = mpz_class(0);
    CHECK(p["zero"].get<mpz_class>() == 0 && p["zero"] == 0);
    p["list"] = std::vector<mpz_class>{big, 1};
    CHECK(p["list"].get<std::vector<mpz_class>>()[0] == big);
    THROWS_TEXT(brine::type_error, "s: expected an integer, found str 'x'", p["s"].set("x").get<mpz_class>());
}

} // namespace

int main() {
    auto pool = brine::Pool::create_private();
    test_json(pool.packet());
    test_eigen(pool.packet());
    test_gmp(pool.packet());
    return 0;
}
#else
int main() { SKIP("one of gmpxx.h, nlohmann/json.hpp and Eigen/Core is not installed"); }
#endif
