// SPDX-License-Identifier: Apache-2.0
// What two files of one program share that both include the header: see one.cpp.
#ifndef TESTS_CPP_OTHER_HPP
#define TESTS_CPP_OTHER_HPP

#include <brine/brine.hpp>

#include <string>

struct Point {
    int x = 0, y = 0;
};
BRINE_FIELDS(Point, x, y);

// In the other file, which may be compiled for another standard: so only what is the C interface's, and Point, goes
// over.
brine_packet other_makes(brine_pool *pool, const Point &point);
std::string other_fails();

#endif
