// SPDX-License-Identifier: Apache-2.0
// Two files that include the header make one program, whatever standards they are compiled for.
#include "other.hpp"

int main() {
    auto pool = brine::Pool::create_private();
    brine::Packet p(other_makes(pool.get(), {3, 4}));
    auto failure = brine::Pool::try_attach("no such pool");
    bool same = !failure && other_fails() == failure.error().name() && other_fails() == "BRINE_ENAME";
    return p["point"].get<Point>().y == 4 && p["list"][1] == "two" && same ? 0 : 1;
}
