// SPDX-License-Identifier: Apache-2.0
//
// cpp_clientside NAME PIPE
//
// clientside in C++: waits for the pool and the pipe and prints each packet. Ends when the stream ends. If its server
// dies, it waits for another one.
#include "session.hpp"

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "Usage: cpp_clientside NAME PIPE\n");
        return 2;
    }
    return session::run("cpp_clientside", [&] {
        for (;;) {
            auto [pool, pipe] = session::join(argv[1], argv[2]);
            int packets = session::each(pipe, [](const brine::Packet &packet, int) {
                packet.root().print(stdout, brine::Style::pretty);
                std::putchar('\n');
            });
            if (std::fflush(stdout) != 0) std::perror("cpp_clientside: standard output");
            if (packets < 0) {
                pipe.detach();
                continue;
            }
            std::fprintf(stderr, "cpp_clientside: %d packets received\n", packets);
            return;
        }
    });
}
