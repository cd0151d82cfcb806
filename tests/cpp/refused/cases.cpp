// SPDX-License-Identifier: Apache-2.0
// What must not compile, a case for each number, and part of what the compiler has to say about it. Case 0 has to
// compile.
#include <brine/brine.hpp>

struct Unknown {
    int x;
};

int main() {
    auto pool = brine::Pool::create_private();
    auto packet = pool.packet();
    const brine::Packet &fixed = packet;
    packet["x"] = brine::dict{{"a", 1}};
    (void)fixed["x"].get<brine::ConstValue>();
#if CASE == 1 // says: deleted
    auto copy = packet;
#elif CASE == 2  // says: no (match for|viable overloaded)
    fixed["x"] = 1;
#elif CASE == 3  // says: no member named .set.|has no member named .set.
    fixed.root().set(1);
#elif CASE == 4  // says: describe its fields with BRINE_FIELDS
    packet["x"] = Unknown{1};
#elif CASE == 5  // says: plain char
    packet["x"] = 'c';
#elif CASE == 6  // says: rvalue reference|expects an rvalue|cannot bind
    brine::dict named{{"a", 1}};
    packet["x"] = named;
#elif CASE == 7  // says: rvalue reference|expects an rvalue|cannot bind
    packet["x"] = packet;
#elif CASE == 8  // says: this type cannot be a key
    packet[Unknown{1}] = 1;
#elif CASE == 9  // says: a ConstValue
    (void)fixed["x"].get<brine::Value>();
#elif CASE == 10 // says: cannot bind|no matching
    auto pipe = pool.serve("p");
    pipe.enqueue(packet);
#endif
    return 0;
}
