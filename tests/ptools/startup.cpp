// SPDX-License-Identifier: Apache-2.0
// startup BYTES: one process that makes the region and forks a server and a client, which find it by its name or
// inherit it; on a 32-bit machine's and a 64-bit machine's address; with and without warning(false).
#include "shmboot.h"

#include "checking.hpp"

static const int last = 20;

static void server_process() {
    // Create a pipe in the shared memory region (string name used in SHMMain)
    // The pipe has the given capacity (capacity is in packets).
    bool debug = true;
    int packet_capacity = 4;
    ServerSide server("shm_region", "pipename", packet_capacity, debug);
    server.warning(false);
    server.start(); // pipe only created when started
    CQ &pipe = server.pipe();

    for (int seq = 0; seq <= last; seq++) {
        // Create the value to enqueue in shared memory
        Val data = Shared(server.pool(), Tab()); // Create a Tab in shared memory
        data["sequence_number"] = seq;

        // Now enqueue
        bool enqueued = false;
        real_8 timeout_in_seconds = 3.2;
        while (!enqueued) {
            enqueued = pipe.enqueue(data, timeout_in_seconds);
            if (!enqueued) {
                cerr << "Failed to enqueue after " << timeout_in_seconds << " in seconds ... trying again ..." << endl;
            } else {
                cout << "Enqueued! Going to next packet" << endl;
                break;
            }
        }
    }
}

static void client_process() {
    ClientSide client("shm_region", "pipename", true);
    client.start(); // blocks waiting for pipe to be created

    CQ &pipe = client.pipe();

    // Once pipe is available, we can read from it
    real_8 timeout_in_seconds = 5.5;
    int expected = 0;
    while (1) {
        // Try to dequeue a single packet
        Val packet;
        bool valid = false;
        while (!valid) {
            valid = pipe.dequeue(timeout_in_seconds, packet);
            if (!valid) {
                cerr << "Couldn't dequeue after " << timeout_in_seconds << " ... trying to dequeue again ... " << endl;
                continue;
            } else {
                cout << "Got packet!" << endl;
                break;
            }
        }
        CHECK(packet["sequence_number"] == expected);
        if (expected++ == last) break;
    }
}

static void both(bool client_first) {
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        fflush(stdout);
        children[i] = fork();
        CHECK_SYS(children[i]);
        if (children[i] == 0) {
            if ((i == 0) == client_first)
                client_process();
            else
                server_process();
            exit(0);
        }
        usleep(20000);
    }
    CHECK_EXIT(children[0], 0);
    CHECK_EXIT(children[1], 0);
}

static void forced_addresses(int bytes, bool debug) {
    // On a 32-bit i386 Linux machine, force into a pretty unused area
    SHMMain mem("shm_region_32bit", bytes, debug, (void *)0xB0000000);
    CHECK(mem.state() == STOPPED && mem.warning(false));  // Turn off warning message above
    CHECK(mem.start() == STARTED && !mem.warning(false)); // Warning message above suppressed
    {
        // On a 64-bit x86_64 Linux machine, force into pretty unused area
        SHMMain mem64("shm_region_64bit", bytes, debug, (void *)0x700000000000ULL);
        mem64.start();
        ServerSide server("shm_region_64bit", "p", 4, true, (void *)0x700000000000ULL);
        server.start();
        ClientSide client("shm_region_64bit", "p", true, (void *)0x600000000000ULL);
        client.warning(false);
        CHECK(client.start() == STARTED && server.start() == STARTED && client.state() == STARTED);
        server.pipe().enq(1);
        CHECK(client.pipe().deq() == 1);
        CHECK(there("shm_region_64bit"));
        mem64.start(); // once more is no matter
    }
    CHECK(there("shm_region_32bit") && !there("shm_region_64bit")); // the destructor removes
}

int main(int argc, char **argv) {
    CHECK_EQ_INT(argc, 2);
    int bytes = atoi(argv[1]);

    // Initial set-up code
    bool debug = true;
    SHMMain mem("shm_region", bytes, debug);
    mem.start(); // Actually calls and creates region

    both(false);
    CHECK(there("shm_region")); // the children have not removed it
    SHMUnlink("shm_region");
    both(true); // without a name any more: they inherit it
    forced_addresses(bytes, debug);
    return 0;
}
