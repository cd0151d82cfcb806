// SPDX-License-Identifier: Apache-2.0
// The writer of the README in C++: sends 1000 packets with an array each. Run it with cpp_reader, or with reader.
#include <complex>
#include <cstdio>

#include <brine/brine.hpp>

using namespace std::chrono_literals;

int main() try {
    auto pool = brine::Pool::create("rf", {256 << 20});
    auto pipe = pool.serve("iq", 4); // holds 4 packets
    for (int i = 0; i < 1000; i++) {
        auto packet = pool.packet(); // its root is an empty tab
        packet["seq"] = i;
        packet["hdr"] = brine::dict{{"fs", 1e6}, {"name", "antenna"}, {"gains", brine::list{1, 2.5, "auto"}}};
        auto x = packet["data"].make_array<std::complex<float>>(4096); // in shared memory, filled in place
        for (std::size_t k = 0; k < x.size(); k++) x[k] = {static_cast<float>(k), 0.5f};
        pipe.enqueue(std::move(packet), 5s); // by reference; a reader that is too slow is a brine::timeout_error
    }
    return 0; // the pipe goes out of scope, which ends the stream: readers drain it
} catch (const brine::error &e) {
    std::fprintf(stderr, "cpp_writer: %s\n", e.what());
    return 1;
}
