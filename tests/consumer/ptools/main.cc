// SPDX-License-Identifier: Apache-2.0
// A program for PicklingTools, of somebody else's.
#include "shmboot.h"

int main() {
    SHMMain mem("consumer", 1000000, true);
    mem.start();
    ServerSide server("consumer", "pipe", 4, true);
    server.start();
    Val data = Shared(server.pool(), Tab("{'a':[1, 2.5]}"));
    data["sequence_number"] = 1;
    server.pipe().enq(data);
    ClientSide client("consumer", "pipe", true);
    client.start();
    Val packet = client.pipe().deq();
    packet.prettyPrint(cout);
    return packet["a"][1] == 2.5 && packet["sequence_number"] == 1 ? 0 : 1;
}
