// SPDX-License-Identifier: Apache-2.0
// One input, several outputs: every reader gets every packet, by reference; and with a reader that does not read,
// packets are dropped after 5 real seconds.
#include "shmboot.h"

#include <chrono>

#include "checking.hpp"

static const int number_of_outputs = 3, packets = 12;

static void multicast(bool may_drop) {
    // Start up the single input
    ClientSide single_input("shm_region", "pipe_input", true);
    single_input.start();
    CQ &input = single_input.pipe();

    // Array of outputs: each output queue will see the input exactly once
    Array<ServerSide *> outputs;
    for (int ii = 0; ii < number_of_outputs; ii++) {
        const int capacity =
            may_drop && ii != 1 ? 8 : 4; // those who read are never too slow, whatever the machine does
        ServerSide *ssp = new ServerSide("shm_region", "out" + Stringize(ii), capacity, true);
        ssp->start();
        outputs.append(ssp);
    }

    for (int seen = 0; seen < (may_drop ? 5 : packets); seen++) {
        // Pull input off the input queue
        Val in_packet;
        while (!input.dequeue(.1, in_packet)) {
            continue; // nothing available, try again
        }

        // Got input: implement multicast semantics so
        // all outputs see the same input
        for (int ii = 0; ii < outputs.length(); ii++) {
            ServerSide *ssp = outputs[ii];
            CQ &out = ssp->pipe();

            if (!may_drop) {
                // Try to enqueue; blocks until delivered
                out.enq(in_packet);
                continue;
            }
            const auto began = chrono::steady_clock::now();
            bool enqueued = out.enqueue(in_packet, 5.0);
            if (!enqueued) {
                cerr << "Reader " << ii << " is too slow, dropping packet" << endl;
                CHECK(ii == 1 && seen == 4 && chrono::steady_clock::now() - began >= chrono::seconds(5));
                continue;
            }
        }
    }
    for (int ii = 0; ii < outputs.length(); ii++) delete outputs[ii];
}

static void reader(int which, int count) {
    ClientSide client("shm_region", "out" + Stringize(which));
    client.start();
    for (int seq = 0; seq < count; seq++) {
        Val packet = client.pipe().deq();
        const Val &look = packet;
        const Array<real_4> &data = look["data"];
        CHECK(packet["sequence_number"] == seq && data.length() == 20000 && data[19999] == static_cast<real_4>(seq));
        packet["reader"] = which; // its own from here on
        CHECK(packet["reader"] == which && packet.length() == 3);
    }
}

static pid_t start(void (*what)(int, int), int a, int b) {
    const pid_t child = fork();
    CHECK_SYS(child);
    if (child == 0) {
        what(a, b);
        exit(0);
    }
    return child;
}

static void one_run(bool may_drop) {
    SHMMain mem("shm_region", 16 << 20, true);
    mem.start();
    const int sent = may_drop ? 5 : packets;
    Array<pid_t> children;
    children.append(start([](int drop, int) { multicast(drop != 0); }, may_drop, 0));
    for (int ii = 0; ii < number_of_outputs; ii++)
        if (!may_drop || ii != 1) children.append(start(reader, ii, sent));
    ServerSide server("shm_region", "pipe_input", 4);
    server.start();
    for (int seq = 0; seq < sent; seq++) {
        Val data = Shared(server.pool(), Tab());
        data["sequence_number"] = seq;
        data["data"] = Array<real_4>();
        Array<real_4> &samples = data["data"];
        samples.resize(20000);
        samples.fill(static_cast<real_4>(seq));
        server.pipe().enq(data);
    }
    for (const pid_t child : children) CHECK_EXIT(child, 0);
    if (!may_drop) return;
    ClientSide slow("shm_region", "out1"); // what fitted is there for the slow one, and no more
    slow.start();
    for (int seq = 0; seq < 4; seq++) CHECK(slow.pipe().deq()["sequence_number"] == seq);
    Val nothing;
    CHECK(!slow.pipe().dequeue(0, nothing));
}

int main() {
    one_run(false);
    one_run(true);
    return 0;
}
