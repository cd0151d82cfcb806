// SPDX-License-Identifier: Apache-2.0
// The reader of the README in C++: takes the packets of cpp_writer, or of writer, and removes the pool at the end.
#include <complex>
#include <cstdio>

#include <brine/brine.hpp>

using namespace std::chrono_literals;

int main() try {
    auto pool = brine::Pool::attach("rf", 5s);  // waits for the pool
    auto pipe = pool.connect("iq", 5s);         // and for the pipe
    for (auto &packet : pipe.packets(5500ms)) { // until the stream ends
        auto seq = packet["seq"].get<int>();
        auto data = packet["data"].get<brine::span<const std::complex<float>>>(); // in place, until the packet is freed
        std::printf("%d: %zu numbers, the first is %g%+gi\n", seq, data.size(), data[0].real(), data[0].imag());
    }
    brine::Pool::unlink("rf");
    return 0;
} catch (const brine::error &e) {
    std::fprintf(stderr, "cpp_reader: %s\n", e.what());
    return 1;
}
