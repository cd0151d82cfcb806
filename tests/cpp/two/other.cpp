// SPDX-License-Identifier: Apache-2.0
// The other file of the program of one.cpp.
#include "other.hpp"

brine_packet other_makes(brine_pool *pool, const Point &point) {
    brine::Packet p = brine::Pool::borrow(pool).packet();
    p["point"] = point;
    p["list"] = brine::list{1, "two"};
    return p.release();
}

std::string other_fails() {
    auto failure = brine::Pool::try_attach("no such pool");
    return failure ? "" : std::string(failure.error().name());
}
