// SPDX-License-Identifier: Apache-2.0
//
// What the C++ tests share, besides check.h: that something throws, and with what text.
#ifndef TESTS_CPP_EXPECT_HPP
#define TESTS_CPP_EXPECT_HPP

#include <brine/brine.hpp>

#include "check.h"

using namespace std::chrono_literals;

// The text of what `body` throws, which has to be just an E.
template <class E, class F> std::string thrown_by(F &&body, const char *file, int line) {
    try {
        body();
    } catch (const E &e) {
        return e.what();
    } catch (const std::exception &e) {
        check_failed(file, line, "something else was thrown: %s", e.what());
    }
    check_failed(file, line, "nothing was thrown");
}
#define THROWS(E, ...) thrown_by<E>([&] { (void)(__VA_ARGS__); }, __FILE__, __LINE__)
// ... and the text contains `part`.
#define THROWS_TEXT(E, part, ...) check_part(THROWS(E, __VA_ARGS__), part, __FILE__, __LINE__)
#define CHECK_TEXT(text, expected) check_text(text, expected, __FILE__, __LINE__)

inline void check_part(const std::string &text, const std::string &part, const char *file, int line) {
    if (text.find(part) == std::string::npos)
        check_failed(file, line, "the text is \"%s\", without \"%s\"", text.c_str(), part.c_str());
}
inline void check_text(std::string_view text, std::string_view expected, const char *file, int line) {
    if (text != expected)
        check_failed(file, line, "the text is \"%s\", not \"%s\"", std::string(text).c_str(),
                     std::string(expected).c_str());
}

#endif
