// SPDX-License-Identifier: Apache-2.0
// One part of a pipeline, for PicklingTools: in_ptools source REGION OUT | relay REGION IN OUT NAME | sink REGION IN
// The same in C is in_c.c; see mixed.sh.
#include "shmboot.h"

static void end(ServerSide &server) {
    while (!server.pipe().isEmpty()) usleep(1000);
    server.close();
}

static void source(const char *region, const char *out) {
    SHMMain mem(region, 4 << 20);
    mem.start();
    ServerSide server(region, out, 4);
    server.start();
    int_n big = 1;
    for (int ii = 0; ii < 100; ii++) big *= 2;
    for (int seq = 0; seq < 100; seq++) {
        Val data = Shared(server.pool(), Tab());
        data["seq"] = seq;
        data["big"] = big + seq;
        data["hdr"] = Tab("{'units':'volts', 'rates':[2.5]}");
        data["hdr"]["rates"].append(seq);
        Array<real_4> samples;
        for (int ii = 0; ii < 1000; ii++) samples.append(static_cast<real_4>(seq + ii));
        data["data"] = samples;
        data["hops"] = Arr();
        server.pipe().enq(data);
    }
    end(server);
}

static void relay(const char *region, const char *in, const char *out, const char *name) {
    ClientSide client(region, in);
    client.start();
    ServerSide server(region, out, 4);
    server.start();
    while (!client.pipe().isClosed()) {
        Val packet;
        if (!client.pipe().dequeue(.05, packet)) continue;
        packet["hops"].append(name);
        server.pipe().enq(packet);
    }
    end(server);
}

// SEQ BIG RATE UNITS SAMPLE HOP...
static void sink(const char *region, const char *in) {
    ClientSide client(region, in);
    client.start();
    while (!client.pipe().isClosed()) {
        Val packet;
        if (!client.pipe().dequeue(.05, packet)) continue;
        const Val &look = packet;
        const Array<real_4> &data = look["data"];
        string units = look["hdr"]["units"];
        cout << look["seq"] << ' ' << int_n(look["big"]) << ' ' << look["hdr"]["rates"][-1] << ' ' << units << ' '
             << data[data.length() - 1];
        for (It ii(look["hops"]); ii();) cout << ' ' << string(ii.value());
        cout << endl;
    }
}

int main(int argc, char **argv) {
    const string role = argc >= 4 ? argv[1] : "";
    if (role == "source")
        source(argv[2], argv[3]);
    else if (role == "relay")
        relay(argv[2], argv[3], argv[4], argv[5]);
    else
        sink(argv[2], argv[3]);
    return 0;
}
