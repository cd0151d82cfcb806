// SPDX-License-Identifier: Apache-2.0
// serverside_ex REGION BYTES PIPE CAPACITY
//
// Makes the region and a pipe in it, and sends 50 packets; the last one says so. As written for PicklingTools, with
// include/ptools on the include path. Run it with middleside_ex and clientside_ex, in any order:
//
//     serverside_ex mempool 1000000 pipe1 4
//     middleside_ex mempool pipe1 pipe2 4
//     clientside_ex mempool pipe2
#include "shmboot.h"

int main(int argc, char **argv) {
    if (argc != 5) {
        cerr << "Usage: " << argv[0] << " region bytes pipe capacity" << endl;
        return 1;
    }
    SHMMain mem(argv[1], atoi(argv[2]), true);
    mem.start();
    ServerSide server(argv[1], argv[3], atoi(argv[4]), true);
    server.start();
    CQ &pipe = server.pipe();

    const int packets = 50;
    int_n big = 1;
    for (int ii = 0; ii < 100; ii++) big *= 2;
    for (int seq = 0; seq < packets; seq++) {
        Val data = Shared(server.pool(), Tab());
        data["sequence_number"] = seq;
        data["header"] = Tab("{'units':'volts', 'rates':[1.0, 2.5]}");
        data["header"]["rates"].append(seq);
        data["big"] = big + seq;
        data["last"] = seq + 1 == packets;

        Array<real_4> samples;
        for (int ii = 0; ii < 100; ii++) samples.append(static_cast<real_4>(seq));
        data["data"] = samples;

        real_8 timeout_in_seconds = 3.2;
        while (!pipe.enqueue(data, timeout_in_seconds)) {
            cerr << "Failed to enqueue after " << timeout_in_seconds << " seconds ... trying again ..." << endl;
        }
    }
    return 0;
}
