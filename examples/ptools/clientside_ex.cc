// SPDX-License-Identifier: Apache-2.0
// clientside_ex REGION PIPE
//
// Prints the packets of a pipe, up to the one that says it is the last. See serverside_ex.cc.
#include "shmboot.h"

int main(int argc, char **argv) {
    if (argc != 3) {
        cerr << "Usage: " << argv[0] << " region pipe" << endl;
        return 1;
    }
    ClientSide client(argv[1], argv[2], true);
    client.start();
    CQ &pipe = client.pipe();

    real_8 timeout_in_seconds = 5.5;
    bool last = false;
    while (!last) {
        Val packet;
        if (!pipe.dequeue(timeout_in_seconds, packet)) {
            cerr << "Couldn't dequeue after " << timeout_in_seconds << " seconds ... trying again ..." << endl;
            continue;
        }
        Array<real_4> &data = packet["data"];
        real_8 sum = 0;
        for (int ii = 0; ii < data.length(); ii++) sum += data[ii];
        packet["sum"] = sum;
        packet.remove("data");
        packet.prettyPrint(cout);
        last = packet["last"];
    }
    return 0;
}
