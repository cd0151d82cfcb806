// SPDX-License-Identifier: Apache-2.0
// One part of a pipeline, in C++: in_cpp source REGION OUT | relay REGION IN OUT NAME | sink REGION IN
// The same in C is in_c.c; see mixed.sh.
#include <cstdio>
#include <iostream>
#include <numeric>
#include <string>
#include <thread>

#include <brine/brine.hpp>

using namespace std::chrono_literals;

namespace {

void end(brine::Pipe &pipe) {
    while (pipe.size() > 0) std::this_thread::sleep_for(1ms);
    pipe.close();
}

void source(const std::string &region, const std::string &out) {
    brine::Pool pool = brine::Pool::create(region, {4 << 20});
    brine::Pipe pipe = pool.serve(out, 4);
    for (int seq = 0; seq < 100; seq++) {
        brine::Packet packet = pool.packet();
        packet["seq"] = seq;
        packet["big"] = brine::integer("1267650600228229401496703205376");
        packet["big"].set_arith(packet["big"], '+', packet["seq"]);
        packet["hdr"] = brine::dict{{"units", "volts"}, {"rates", brine::list{2.5, seq}}};
        auto data = packet["data"].make_array<float>(1000);
        std::iota(data.begin(), data.end(), static_cast<float>(seq));
        packet["hops"] = brine::list{};
        pipe.enqueue(std::move(packet), 30s);
    }
    end(pipe);
    brine::Pool::unlink(region);
}

void relay(const std::string &region, const std::string &in, const std::string &out, const std::string &name) {
    brine::Pool pool = brine::Pool::attach(region, 30s);
    brine::Pipe input = pool.connect(in, 30s), output = pool.serve(out, 4);
    for (brine::Packet &packet : input.packets(30s)) {
        packet.own(); // one from a program for PicklingTools may be shared
        packet["hops"].push_back(name);
        output.enqueue(std::move(packet), 30s);
    }
    end(output);
}

// SEQ BIG RATE UNITS SAMPLE HOP...
void sink(const std::string &region, const std::string &in) {
    brine::Pool pool = brine::Pool::attach(region, 30s);
    brine::Pipe input = pool.connect(in, 30s);
    for (const brine::Packet &packet : input.packets(30s)) {
        std::cout << packet["seq"] << ' ' << packet["big"] << ' ' << packet["hdr"]["rates"][-1] << ' '
                  << packet["hdr"]["units"].get<std::string_view>() << ' '
                  << packet["data"].get<brine::span<const float>>().back();
        for (brine::ConstValue hop : packet["hops"].values()) std::cout << ' ' << hop.get<std::string_view>();
        std::cout << '\n';
    }
}

} // namespace

int main(int argc, char **argv) {
    const std::string role = argc >= 4 ? argv[1] : "";
    try {
        if (role == "source")
            source(argv[2], argv[3]);
        else if (role == "relay")
            relay(argv[2], argv[3], argv[4], argv[5]);
        else
            sink(argv[2], argv[3]);
        return 0;
    } catch (const std::exception &e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
