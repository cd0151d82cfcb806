// SPDX-License-Identifier: Apache-2.0
//
// cpp_serverside NAME BYTES PIPE CAPACITY [--keep]
//
// serverside in C++: makes the pool NAME, serves PIPE in it and sends 100 packets. It works with middleside and
// clientside as with cpp_middleside and cpp_clientside, started in any order.
#include "session.hpp"

namespace {

constexpr int kPackets = 100;
constexpr const char *kTwoTo100 = "1267650600228229401496703205376";
constexpr const char *kMinusThreeTo200 =
    "-265613988875874769338781322035779626829233452653394495974574961739092490901302182994384699044001";

void fill(brine::Packet &packet, int sequence) {
    packet["sequence_number"] = sequence;
    // Integers of any size: 2**100 + sequence, and -(3**200).
    packet["big"] = brine::integer(kTwoTo100);
    packet["big"].set_arith(packet["big"], '+', packet["sequence_number"]);
    packet["minus"] = brine::integer(kMinusThreeTo200);
}

} // namespace

int main(int argc, char **argv) {
    const bool keep = argc == 6 && std::string(argv[5]) == "--keep";
    if (argc != 5 && !keep) {
        std::fprintf(stderr, "Usage: cpp_serverside NAME BYTES PIPE CAPACITY [--keep]\n");
        return 2;
    }
    return session::run("cpp_serverside", [&] {
        std::uint32_t capacity = session::number(argv[4]);
        brine::Pool pool = session::lead(argv[1], argv[2]);
        brine::Pipe pipe = pool.serve(argv[3], capacity);
        for (int sequence = 0; sequence < kPackets; sequence++) {
            brine::Packet packet = pool.packet();
            fill(packet, sequence);
            session::give(pipe, std::move(packet));
        }
        session::end(pipe);
        session::finish(pool, keep);
        std::fprintf(stderr, "cpp_serverside: %d packets sent\n", kPackets);
    });
}
