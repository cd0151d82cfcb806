// SPDX-License-Identifier: Apache-2.0
// relay REGION INPUT_PIPE OUTPUT_PIPE MARK: passes packets on with MARK set, to the end of the stream, and ends its
// own. Not a test by itself: a part of mixed.sh.
#include "shmboot.h"

int main(int, char **argv) {
    ClientSide client(argv[1], argv[2]);
    client.start();
    ServerSide server(argv[1], argv[3], 4);
    server.start();
    Val packet;
    int count = 0;
    while (!client.pipe().isClosed()) {
        if (!client.pipe().dequeue(.05, packet)) continue;
        packet[argv[4]] = count++;
        server.pipe().enq(std::move(packet));
    }
    while (!server.pipe().isEmpty()) usleep(1000);
    server.close();
    return count > 0 ? 0 : 1;
}
