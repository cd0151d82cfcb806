// SPDX-License-Identifier: Apache-2.0
// The C API from C++, and the C++ header, of the installed library.
#include <brine/brine.h>
#include <brine/brine.hpp>

#include <cstdio>
#include <iostream>

struct Header {
    double fs = 0;
    std::string name;
};
BRINE_FIELDS(Header, fs, name);

static int by_c() {
    brine_pool *pool = nullptr;
    if (brine_pool_create_private(nullptr, &pool) != 0) return 1;
    brine_packet p = brine_packet_none();
    if (brine_packet_new(pool, &p) != 0) return 1;
    brine_ref root = brine_root(p);
    if (brine_set_str(root, "name", "gr\u00fc\u00df") != 0 || brine_set_double(root, "x", 0.5) != 0) return 1;
    if (brine_print(root, BRINE_LITERAL, 0, stdout) != 0) return 1;
    std::puts("");
    int rc = brine_get_double(root, "x", 0) == 0.5 ? 0 : 1;
    brine_pool_detach(pool);
    return rc;
}

static int by_cpp() {
    auto pool = brine::Pool::create_private();
    auto pipe = pool.serve("pipe", 2);
    auto packet = pool.packet();
    packet["hdr"] = Header{1e6, "installed"};
    pipe.enqueue(std::move(packet), std::chrono::seconds(1));
    packet = pipe.dequeue(brine::no_wait);
    std::cout << packet["hdr"] << std::endl;
    return packet["hdr"].get<Header>().fs == 1e6 ? 0 : 1;
}

int main() { return by_c() + by_cpp(); }
