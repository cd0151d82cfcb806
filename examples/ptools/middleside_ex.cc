// SPDX-License-Identifier: Apache-2.0
// middleside_ex REGION INPUT_PIPE OUTPUT_PIPE CAPACITY
//
// Passes packets on from one pipe to the next, each with a number of its own. See serverside_ex.cc.
#include "shmboot.h"

int main(int argc, char **argv) {
    if (argc != 5) {
        cerr << "Usage: " << argv[0] << " region input_pipe output_pipe capacity" << endl;
        return 1;
    }
    ClientSide client(argv[1], argv[2], true);
    client.start();
    CQ &input = client.pipe();

    ServerSide server(argv[1], argv[3], atoi(argv[4]), true);
    server.start();
    CQ &output = server.pipe();

    bool last = false;
    int count = 0;
    while (!last) {
        Val in_packet;
        if (!input.dequeue(.1, in_packet)) continue; // retry to get input
        in_packet["my_sequence"] = count++;
        last = in_packet("last");

        bool enqueued = false;
        while (!enqueued) {
            enqueued = output.enqueue(in_packet, .1);
        }
    }
    return 0;
}
