// SPDX-License-Identifier: Apache-2.0
//
// Passing packets between processes, brine beside its peers and beside the limit of the machine.
//
//   A  round trips: 64 B to 1 MiB filled and read, and up to 1 GiB by reference; spinning, blocking, on one core
//   B  one-way rates of 64-byte packets: capacities 4, 64, 1024; 1:1, 4:1, 1:4, 4:4 processes
//   G  A and B again while the pool has up to 1000 pipes, and up to 64 processes are attached
// and what a packet costs in system calls, and an idle reader in processor time.
#include "transport.hpp"

using namespace bench;

namespace {

struct Program {
    Suite suite;
    std::vector<Peer> peers = all_peers();
    Plan base;

    Program(int argc, char **argv) : suite(argc, argv, "pipe") {
        base.seconds = suite.quick() ? 0.01 : 0.15;
        base.warm_up = suite.quick() ? 0.002 : 0.03;
    }

    // One case: every peer that `who` takes.
    template <typename Who>
    void add(std::string workload, std::string name, std::string unit, bool higher, Method method, Content content,
             const Plan &plan, Who who) {
        Case c{std::move(workload), std::move(name), std::move(unit), higher, {}};
        for (const Peer &peer : peers)
            if (peer.carries(content) && who(peer)) c.contestants.push_back(contestant(peer, method, content, plan));
        suite.add(std::move(c));
    }
};

bool is(const Peer &p, const char *name) { return p.name == name; }

// Of a case that all peers take part in; those whose name says that they are for something else do not.
bool in_round_trips(const Peer &p, const Plan &plan) {
    if (is(p, "brine, same array to and fro") || is(p, "brine, batches") || is(p, "limit: bare ring for many"))
        return false;
    if (is(p, "limit: raw cache line")) return plan.spin && plan.bytes == 64;
    if (is(p, "limit: raw buffer behind a flag")) return plan.spin && plan.bytes != 64;
    if (is(p, "limit: bare futex")) return !plan.spin && plan.bytes == 64;
    return true;
}

bool in_streams(const Peer &p, const Plan &plan) {
    if (is(p, "brine, same array to and fro") || is(p, "brine, packet filled again")) return false;
    if (is(p, "limit: raw buffer behind a flag") || is(p, "limit: bare futex")) return false;
    if (is(p, "limit: raw cache line")) return plan.spin && plan.writers == 1 && plan.readers == 1;
    if (is(p, "limit: bare ring for many")) return plan.spin;
    return true;
}

void round_trips(Program &program) {
    struct Mode {
        const char *name;
        bool spin, one_core;
        int64_t work_ns;
    };
    const Mode modes[] = {{"polling", true, false, 0},
                          {"blocking", false, false, 0},
                          {"polling, answer after 5 us of work", true, false, 5000},
                          {"blocking, answer after 5 us of work", false, false, 5000},
                          {"blocking, one core", false, true, 0}};
    for (size_t bytes : {size_t{64}, size_t{4} << 10, size_t{64} << 10, size_t{1} << 20}) {
        for (const Mode &mode : modes) {
            if (program.suite.quick() && (bytes == 4096 || bytes == 65536 || mode.work_ns)) continue;
            if (bytes != 64 && (mode.one_core || mode.work_ns)) continue;
            Plan plan = program.base;
            plan.bytes = bytes, plan.capacity = 4, plan.spin = mode.spin, plan.one_core = mode.one_core,
            plan.work_ns = mode.work_ns;
            program.add("A", "round trip, " + bytes_text(bytes) + ", " + mode.name, "ns", false, Method::round_trip,
                        Content::words, plan, [&](const Peer &p) { return in_round_trips(p, plan); });
        }
    }
    for (size_t bytes : {size_t{64}, size_t{1} << 20, program.suite.quick() ? size_t{16} << 20 : size_t{1} << 30}) {
        Plan plan = program.base;
        plan.bytes = bytes, plan.capacity = 4, plan.spin = true;
        program.add("A", "round trip by reference, " + bytes_text(bytes) + ", polling", "ns", false, Method::round_trip,
                    Content::first, plan, [](const Peer &p) {
                        return is(p, "limit: raw buffer behind a flag") || is(p, "brine, same array to and fro");
                    });
    }
}

void streams(Program &program) {
    const int shapes[][2] = {{1, 1}, {4, 1}, {1, 4}, {4, 4}};
    for (auto &shape : shapes) {
        for (uint32_t capacity : {4u, 64u, 1024u}) {
            if (program.suite.quick() && capacity != 64) continue;
            for (bool spin : {true, false}) {
                Plan plan = program.base;
                plan.capacity = capacity, plan.writers = shape[0], plan.readers = shape[1], plan.spin = spin;
                bool crowd = shape[0] + shape[1] > 2; // more than two CPUs: who spins then measures the scheduler
                program.add("B",
                            "one way, 64 B, capacity " + std::to_string(capacity) + ", " + std::to_string(shape[0]) +
                                ":" + std::to_string(shape[1]) + (spin ? ", polling" : ", blocking"),
                            "packets/s", true, Method::one_way, Content::words, plan, [&](const Peer &p) {
                                return in_streams(p, plan) && (!crowd || !spin || is(p, "limit: bare ring for many"));
                            });
            }
        }
    }
}

void growth(Program &program) {
    struct Step {
        int pipes, processes;
    };
    const Step steps[] = {{1, 2}, {10, 2}, {1000, 2}, {1, 8}, {1, 64}, {1000, 64}};
    for (const Step &step : steps) {
        if (program.suite.quick() && (step.pipes == 1) != (step.processes == 2)) continue;
        std::string name = std::to_string(step.pipes) + " pipes, " + std::to_string(step.processes) + " processes: ";
        Plan plan = program.base;
        plan.pipes = step.pipes, plan.participants = step.processes - 2;
        auto only_brine = [](const Peer &p) { return is(p, "brine"); };
        for (bool spin : {true, false}) {
            plan.spin = spin;
            plan.capacity = 4;
            program.add("G", name + "round trip, 64 B, " + (spin ? "polling" : "blocking"), "ns", false,
                        Method::round_trip, Content::words, plan, only_brine);
            plan.capacity = 64;
            program.add("G", name + "one way, 64 B, capacity 64, 1:1, " + (spin ? "polling" : "blocking"), "packets/s",
                        true, Method::one_way, Content::words, plan, only_brine);
        }
        plan.writers = plan.readers = 4;
        plan.participants = std::max(0, step.processes - 8);
        program.add("G", name + "one way, 64 B, capacity 64, 4:4, blocking", "packets/s", true, Method::one_way,
                    Content::words, plan, only_brine);
    }
}

void system_cost(Program &program) {
    auto some = [](const Peer &p) { return is(p, "brine") || is(p, "pipe(2)"); };
    for (bool spin : {true, false}) {
        Plan plan = program.base;
        plan.spin = spin;
        std::string mode = spin ? "polling" : "blocking";
        program.add("B", "system calls a packet, one way, capacity 64, " + mode, "calls/packet", false,
                    Method::calls_one_way, Content::words, plan, some);
        program.add("A", "system calls a packet, round trips, " + mode, "calls/packet", false, Method::calls_round_trip,
                    Content::words, plan, some);
    }
    Plan plan = program.base;
    plan.seconds = program.suite.quick() ? 0.1 : 1;
    program.add("A", "processor time of a reader while nothing comes", "% of a core", false, Method::idle,
                Content::words, plan, some);
}

} // namespace

int main(int argc, char **argv) {
    Program program(argc, argv);
    round_trips(program);
    streams(program);
    system_cost(program);
    growth(program);
    return program.suite.run();
}
