// SPDX-License-Identifier: Apache-2.0
//
// cpp_middleside NAME IN OUT CAPACITY
//
// middleside in C++: adds "my_sequence" to each packet of pipe IN and passes it on, by reference, through pipe OUT,
// which it serves. Ends when the stream IN ends. If its server dies, it waits for another one.
#include "session.hpp"

int main(int argc, char **argv) {
    if (argc != 5) {
        std::fprintf(stderr, "Usage: cpp_middleside NAME IN OUT CAPACITY\n");
        return 2;
    }
    return session::run("cpp_middleside", [&] {
        std::uint32_t capacity = session::number(argv[4]);
        for (;;) {
            auto [pool, input] = session::join(argv[1], argv[2]);
            brine::Pipe output = pool.serve(argv[3], capacity);
            int packets = session::each(input, [&output = output](brine::Packet &packet, int sequence) {
                packet
                    .own(); // one that came through a multicast is shared: this gives a copy then, and itself otherwise
                packet["my_sequence"] = sequence;
                session::give(output, std::move(packet));
            });
            if (packets < 0) {
                output.detach(); // the stream goes on with the next server
                input.detach();
                continue;
            }
            session::end(output);
            std::fprintf(stderr, "cpp_middleside: %d packets passed on\n", packets);
            return;
        }
    });
}
