// SPDX-License-Identifier: Apache-2.0
//
// What a way of passing packets between processes has to offer to be measured, and the measurements: round trips,
// one-way rates, system calls, idle waiting.
//
// An Endpoint is a class with
//   static std::string unavailable(const Plan &)   "" or why this cannot be measured here
//   Endpoint(const Plan &)                          in the parent: makes what the processes inherit
//   void enter(const Role &)                        in each process, once
//   void send(int way, uint64_t number)             makes packet `number` and passes it on
//   uint64_t receive(int way)                       waits for one, looks at all of it; its number, or kWrong
//   ~Endpoint()                                     in the parent: removes what it made
// A Transport is the same for bytes: instead of numbers it takes what fills and what reads them:
//   void send(int way, Fill fill)                   fill(void *at) writes at most plan.bytes and says how many
//   auto receive(int way, Take take)                what take(const void *at, size_t bytes) gives
// where `at` is in the memory that the packets are passed in if the transport has such. Of<Transport, Payload> is its
// Endpoint. In a plan that spins nothing sleeps in either. What fails throws.
//
// A round trip uses way 0 and back way 1; everything else only way 0, with plan.writers and plan.readers processes.
#ifndef BENCH_TRANSPORT_HPP
#define BENCH_TRANSPORT_HPP

#include "payload.hpp"
#include "processes.hpp"

#include <map>

namespace bench {

struct Plan {
    size_t bytes = 64;      // of one packet, at most
    uint32_t capacity = 64; // packets in one way
    int writers = 1, readers = 1;
    bool spin = false;     // try again and again; else wait as the peer's blocking calls do
    bool one_core = false; // all processes on one CPU
    int64_t work_ns = 0;   // round trips: what the other side does before it answers
    int pipes = 1;         // that exist in the same pool, or its like
    int participants = 0;  // processes that are attached besides, and idle
    double seconds = 0.2;  // to measure
    double warm_up = 0.05;
};

struct Role {
    bool writes[2], reads[2];
    int nth; // among the writers or readers
};

enum class Content { words, first, plain_struct, msgpack, structured };
enum class Method { round_trip, one_way, calls_round_trip, calls_one_way, idle };

[[noreturn]] inline void fail(const std::string &what) { throw std::runtime_error(what); }

template <class Transport, class Payload> class Of {
  public:
    static std::string unavailable(const Plan &plan) { return Transport::unavailable(plan); }
    explicit Of(const Plan &plan) : transport_(plan), bytes_(plan.bytes) {}
    void enter(const Role &role) { transport_.enter(role); }
    void send(int way, uint64_t number) {
        transport_.send(way, [&](void *at) { return Payload::fill(at, bytes_, number); });
    }
    uint64_t receive(int way) {
        return transport_.receive(way, [](const void *at, size_t bytes) { return Payload::take(at, bytes); });
    }

  private:
    Transport transport_;
    size_t bytes_;
};

// ---- round trips ----

inline void work(int64_t ns) {
    if (ns > 0)
        for (int64_t end = now_ns() + ns; now_ns() < end;) {
        }
}

template <class Endpoint> void answer(Endpoint &e, const Plan &plan, Report &report) {
    for (;;) {
        uint64_t number = e.receive(0);
        if (number == kWrong) report.wrong++;
        report.count.store(report.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        work(plan.work_ns);
        e.send(1, number);
    }
}

template <class Endpoint> class Asker {
  public:
    Asker(Endpoint &e, Report &report) : e_(e), report_(report) {}
    void trips(int n) {
        for (int i = 0; i < n; i++) {
            e_.send(0, ++number_);
            if (e_.receive(1) != number_) report_.wrong++;
        }
        report_.count.store(number_, std::memory_order_relaxed);
    }
    // Nanoseconds of a trip in each batch, for so many seconds.
    std::vector<double> batches(int trips_each, double seconds) {
        std::vector<double> figures;
        int64_t begin = now_ns(), end = begin + static_cast<int64_t>(seconds * 1e9), now;
        do {
            trips(trips_each);
            now = now_ns();
            figures.push_back(static_cast<double>(now - begin) / trips_each);
            begin = now;
        } while (now < end);
        return figures;
    }
    // Each trip by itself; a reading of the clock is part of it.
    void singles(double seconds) {
        int64_t begin = now_ns(), end = begin + static_cast<int64_t>(seconds * 1e9), now;
        do {
            trips(1);
            now = now_ns();
            report_.histogram.record(static_cast<uint64_t>(now - begin));
            begin = now;
        } while (now < end);
    }

  private:
    Endpoint &e_;
    Report &report_;
    uint64_t number_ = 0;
};

inline double median(std::vector<double> figures) {
    std::sort(figures.begin(), figures.end());
    return figures.empty() ? 0 : figures[figures.size() / 2];
}

inline Sample broken(Sample sample, const std::string &note) {
    sample.ok = false;
    sample.note = note;
    return sample;
}

template <class Endpoint> void start_pair(Processes &processes, Endpoint &e, const Plan &plan, bool measured) {
    constexpr double kBatchNs = 20000; // the clock is read that often at most
    processes.start(
        0,
        [&] {
            e.enter({{true, false}, {false, true}, 0});
        },
        [&](Report &report) {
            Asker<Endpoint> asker(e, report);
            asker.trips(1); // connected
            double ns = median(asker.batches(1, plan.warm_up));
            if (!measured)
                for (;;) asker.trips(1);
            report.figure =
                median(asker.batches(static_cast<int>(std::clamp(kBatchNs / ns, 1.0, 256.0)), plan.seconds));
            asker.singles(plan.seconds / 2);
        });
    processes.start(
        plan.one_core ? 0 : 1,
        [&] {
            e.enter({{false, true}, {true, false}, 0});
        },
        [&](Report &report) { answer(e, plan, report); });
}

template <class Endpoint> Sample round_trip(const Plan &plan) {
    Sample sample;
    Endpoint e(plan);
    Processes processes;
    start_pair(processes, e, plan, true);
    if (!processes.go() || !processes.wait_done(0, 1, 30 + plan.seconds * 3))
        return broken(sample, processes.trouble().empty() ? "no answer in time" : processes.trouble());
    sample.figure = processes.report(0).figure;
    sample.histogram.add(processes.report(0).histogram);
    std::string trouble = processes.trouble();
    return trouble.empty() ? sample : broken(sample, trouble);
}

// ---- one way ----

// Order and loss: the packets of one writer come in order, and all of them where there is but one reader.
class Sequence {
  public:
    explicit Sequence(bool complete) : complete_(complete) {}
    bool right(uint64_t number) {
        if (number == kWrong) return false;
        size_t writer = number >> 48;
        uint64_t n = number & ((uint64_t{1} << 48) - 1);
        if (writer >= last_.size() || n <= last_[writer] || (complete_ && n != last_[writer] + 1)) return false;
        last_[writer] = n;
        return true;
    }

  private:
    bool complete_;
    std::array<uint64_t, 64> last_{};
};

// The reader's time for each batch of packets: one that is long against what the pipe holds.
template <class Endpoint> void read_batches(Endpoint &e, const Plan &plan, Report &report) {
    Sequence sequence(plan.readers == 1);
    const uint64_t batch = std::max<uint64_t>(128, uint64_t{4} * plan.capacity);
    std::vector<double> figures;
    int64_t begin = now_ns(), measured = begin + static_cast<int64_t>(plan.warm_up * 1e9),
            end = measured + static_cast<int64_t>(plan.seconds * 1e9);
    bool done = false;
    for (uint64_t n = 1;; n++) {
        if (!sequence.right(e.receive(0))) report.wrong++;
        report.count.store(n, std::memory_order_relaxed);
        if (done || n % batch != 0) continue;
        int64_t now = now_ns();
        if (now > measured) figures.push_back(static_cast<double>(now - begin) / static_cast<double>(batch));
        begin = now;
        if (now < end) continue;
        report.figure = median(figures);
        report.state.store(2, std::memory_order_release);
        done = true;
    }
}

template <class Endpoint> void start_streams(Processes &processes, Endpoint &e, const Plan &plan) {
    for (int i = 0; i < plan.readers; i++)
        processes.start(
            plan.one_core ? 0 : i + 1,
            [&, i] {
                e.enter({{false, false}, {true, false}, i});
            },
            [&](Report &report) { read_batches(e, plan, report); });
    for (int i = 0; i < plan.writers; i++)
        processes.start(
            plan.one_core ? 0 : i,
            [&, i] {
                e.enter({{true, false}, {false, false}, i});
            },
            [&, i](Report &) {
                for (uint64_t n = (static_cast<uint64_t>(i) << 48) + 1;; n++) e.send(0, n);
            });
}

constexpr int64_t kPatience = int64_t{20} * 1000000000; // ns; a machine may be busy with something else

inline void sleep_for(double seconds) { usleep(static_cast<useconds_t>(seconds * 1e6)); }

// Packets a second. Of one writer and one reader, with a CPU each: the median over the batches, as other users of the
// machine stop either now and then. Of more, who are more than the CPUs, so that stopping is part of it: what arrives
// in the whole time.
template <class Endpoint> Sample one_way(const Plan &plan) {
    Sample sample;
    Endpoint e(plan);
    Processes processes;
    start_streams(processes, e, plan);
    size_t readers = static_cast<size_t>(plan.readers);
    bool pair = plan.writers == 1 && plan.readers == 1;
    if (!processes.go()) return broken(sample, "not ready in time: " + processes.trouble());
    if (pair) {
        if (!processes.wait_done(0, 1, 30 + plan.seconds * 3))
            return broken(sample, processes.trouble().empty() ? "too slow" : processes.trouble());
        sample.figure = 1e9 / processes.report(0).figure;
    } else {
        for (int i = 0; i < 20000 && processes.count(0, readers) == 0; i++) usleep(1000); // connected
        sleep_for(plan.warm_up);
        uint64_t before = processes.count(0, readers), arrived;
        int64_t begin = now_ns();
        do sleep_for(plan.seconds);
        while ((arrived = processes.count(0, readers) - before) == 0 && now_ns() - begin < kPatience);
        sample.figure = static_cast<double>(arrived) * 1e9 / static_cast<double>(now_ns() - begin);
        if (arrived == 0) return broken(sample, "nothing arrived");
    }
    std::string trouble = processes.trouble();
    return trouble.empty() ? sample : broken(sample, trouble);
}

// ---- system calls, idle waiting ----

// For each packet that is received, in both processes together.
template <class Endpoint> Sample system_calls(const Plan &plan, bool both_ways) {
    Sample sample;
    Endpoint e(plan);
    Processes processes;
    if (both_ways)
        start_pair(processes, e, plan, false);
    else
        start_streams(processes, e, plan);
    if (!processes.go()) return broken(sample, "not ready in time: " + processes.trouble());
    for (int i = 0; i < 20000 && processes.count(0, 1) == 0; i++) usleep(1000);
    sleep_for(plan.warm_up + (both_ways ? plan.warm_up : 0)); // the asker's warm-up looks at the clock
    uint64_t before = processes.count(0, 1), calls = 0, packets;
    int64_t begin = now_ns();
    do calls += processes.system_calls(plan.seconds);
    while ((packets = processes.count(0, 1) - before) == 0 && now_ns() - begin < kPatience);
    std::string trouble = processes.trouble();
    if (trouble.empty() && packets == 0) trouble = "nothing arrived";
    if (both_ways) packets *= 2;
    if (packets) sample.figure = static_cast<double>(calls) / static_cast<double>(packets);
    sample.note = std::to_string(calls) + " calls, " + std::to_string(packets) + " packets";
    return trouble.empty() ? sample : broken(sample, trouble);
}

inline int64_t cpu_ns() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * int64_t{1000000000} + t.tv_nsec;
}

// What a reader takes of a core, in percent, while nothing comes, after it was busy.
template <class Endpoint> Sample idle(const Plan &plan) {
    Sample sample;
    Endpoint e(plan);
    Processes processes;
    constexpr uint64_t kBusy = 1000;
    processes.start(
        1,
        [&] {
            e.enter({{false, false}, {true, false}, 0});
        },
        [&](Report &report) {
            for (uint64_t n = 1; n <= kBusy; n++)
                if (e.receive(0) != n) report.wrong++;
            int64_t begin = now_ns(), cpu = cpu_ns();
            if (e.receive(0) != kBusy + 1) report.wrong++;
            report.figure = 100.0 * static_cast<double>(cpu_ns() - cpu) / static_cast<double>(now_ns() - begin);
        });
    processes.start(
        0,
        [&] {
            e.enter({{true, false}, {false, false}, 0});
        },
        [&](Report &) {
            for (uint64_t n = 1; n <= kBusy; n++) e.send(0, n);
            sleep_for(plan.seconds);
            e.send(0, kBusy + 1);
        });
    bool done = processes.go() && processes.wait_done(0, 1, 20 + plan.seconds);
    std::string trouble = processes.trouble();
    if (!done || !trouble.empty()) return broken(sample, trouble.empty() ? "nothing arrived in time" : trouble);
    sample.figure = processes.report(0).figure;
    return sample;
}

// ---- a peer, as a program sees it ----

struct Peer {
    std::string name;
    std::string sleeps; // how its blocking calls wait; "": it has none
    bool spins;         // can be asked again and again without sleeping
    bool by_reference;  // the packet is made where the reader finds it
    std::function<bool(Content)> carries;
    std::function<std::string(const Plan &)> copied;      // bytes copied on the way
    std::function<std::string(const Plan &)> unavailable; // "" or why it cannot be measured here
    std::function<Sample(Method, Content, const Plan &)> measure;
};

template <class Endpoint> Sample measure_endpoint(Method method, const Plan &plan) {
    try {
        switch (method) {
        case Method::round_trip: return round_trip<Endpoint>(plan);
        case Method::one_way: return one_way<Endpoint>(plan);
        case Method::calls_round_trip: return system_calls<Endpoint>(plan, true);
        case Method::calls_one_way: return system_calls<Endpoint>(plan, false);
        case Method::idle: return idle<Endpoint>(plan);
        }
    } catch (const std::exception &e) {
        return broken(Sample(), e.what());
    }
    return Sample();
}

// A peer that carries bytes.
template <class Transport>
Peer byte_peer(std::string name, std::string sleeps, bool spins, std::function<std::string(const Plan &)> copied) {
    auto measure = [](Method method, Content content, const Plan &plan) {
        switch (content) {
        case Content::words: return measure_endpoint<Of<Transport, Words>>(method, plan);
        case Content::first: return measure_endpoint<Of<Transport, First>>(method, plan);
        case Content::plain_struct: return measure_endpoint<Of<Transport, PlainStruct>>(method, plan);
#ifdef BENCH_HAVE_MSGPACK
        case Content::msgpack: return measure_endpoint<Of<Transport, Msgpack>>(method, plan);
#endif
        default: return broken(Sample(), "no such content");
        }
    };
    return {
        std::move(name),   std::move(sleeps),      spins,  false, [](Content c) { return c != Content::structured; },
        std::move(copied), Transport::unavailable, measure};
}

// The same, with the bytes where the reader finds them.
template <class Transport> Peer reference_peer(std::string name, std::string sleeps, bool spins) {
    Peer peer = byte_peer<Transport>(std::move(name), std::move(sleeps), spins,
                                     [](const Plan &) { return std::string("nothing (by reference)"); });
    peer.by_reference = true;
    return peer;
}

// A peer that makes its packets itself, for one kind of content.
template <class Endpoint> Peer endpoint_peer(std::string name, std::string sleeps, bool spins, Content content) {
    auto measure = [](Method method, Content, const Plan &plan) { return measure_endpoint<Endpoint>(method, plan); };
    return {std::move(name),
            std::move(sleeps),
            spins,
            true,
            [=](Content c) { return c == content; },
            [](const Plan &) { return std::string("nothing (by reference)"); },
            Endpoint::unavailable,
            measure};
}

// A peer that is not here.
inline Peer missing_peer(std::string name, std::string why, Content content = Content::words) {
    auto carries = [=](Content c) { return content == Content::words ? c != Content::structured : c == content; };
    return {std::move(name),
            "",
            true,
            false,
            carries,
            [](const Plan &) { return std::string(); },
            [why](const Plan &) { return why; },
            nullptr};
}

inline std::string bytes_text(size_t bytes) {
    if (bytes >= 1u << 30) return std::to_string(bytes >> 30) + " GiB";
    if (bytes >= 1u << 20) return std::to_string(bytes >> 20) + " MiB";
    if (bytes >= 1u << 10 && bytes % 1024 == 0) return std::to_string(bytes >> 10) + " KiB";
    return std::to_string(bytes) + " B";
}

// What the row of a peer says and does.
inline Contestant contestant(const Peer &peer, Method method, Content content, const Plan &plan) {
    Contestant c;
    c.name = peer.name;
    c.copied = peer.copied(plan);
    switch (content) {
    case Content::words: c.touched = bytes_text(plan.bytes) + ": " + Words::touched; break;
    case Content::first: c.touched = bytes_text(plan.bytes) + ": " + First::touched; break;
    case Content::plain_struct: c.name += " + plain struct", c.touched = PlainStruct::touched; break;
    case Content::structured: c.touched = "built value by value; number, 3 header keys and the sum read"; break;
    case Content::msgpack: c.name += " + msgpack";
#ifdef BENCH_HAVE_MSGPACK
        c.touched = Msgpack::touched;
#endif
        break;
    }
    c.waits = plan.spin ? "spins" : peer.sleeps;
    c.skipped = peer.unavailable(plan);
    if (c.skipped.empty() && (plan.spin ? !peer.spins : peer.sleeps.empty()))
        c.skipped = plan.spin ? "cannot be polled" : "has no call that waits";
#ifndef BENCH_HAVE_MSGPACK
    if (content == Content::msgpack) c.skipped = "msgpack.hpp is not installed";
#endif
    auto measure = peer.measure;
    c.measure = [=] { return measure(method, content, plan); };
    return c;
}

// The peers; one function for each file in bench/peers.
void add_raw(std::vector<Peer> &peers);
void add_brine(std::vector<Peer> &peers);
void add_pipe2(std::vector<Peer> &peers);
void add_unix_socket(std::vector<Peer> &peers);
void add_posix_mq(std::vector<Peer> &peers);
void add_boost(std::vector<Peer> &peers);
void add_zeromq(std::vector<Peer> &peers);
void add_nng(std::vector<Peer> &peers);
void add_iceoryx2(std::vector<Peer> &peers);
void add_python(std::vector<Peer> &peers);

inline std::vector<Peer> all_peers() {
    std::vector<Peer> peers;
    for (auto add : {add_raw, add_brine, add_pipe2, add_unix_socket, add_posix_mq, add_boost, add_zeromq, add_nng,
                     add_iceoryx2, add_python})
        add(peers);
    return peers;
}

} // namespace bench

#endif
