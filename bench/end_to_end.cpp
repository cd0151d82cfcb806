// SPDX-License-Identifier: Apache-2.0
//
// What an application sees.
//
//   C  the structured packet, {"sequence_number", "timestamp", "name", "tags": [2], "hdr": {10 keys},
//      "data": 1000 float64}, made by the writer; the reader takes the number, three header keys and the sum of the
//      data: rates and round trips. Beside brine, which builds it in place: containers in shared memory, msgpack and a
//      plain struct through every peer, and the limit, a bare loop that writes and reads the struct behind a flag
//   F  attaching, serving and connecting, memory taken for a packet, and what a death costs the survivors
#include "structured.hpp"
#include "transport.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#if __has_include(<boost/interprocess/managed_shared_memory.hpp>)
#include <boost/interprocess/managed_shared_memory.hpp>
#define BENCH_HAVE_BOOST 1
#endif

using namespace bench;

namespace {

void must(int rc, const char *what) {
    if (rc) fail(std::string(what) + ": " + brine_status_name(rc) + ": " + brine_detail());
}

// A measurement that may throw.
template <typename Body> std::function<Sample()> guarded(Body body) {
    return [body] {
        try {
            return body();
        } catch (const std::exception &e) {
            return broken(Sample(), e.what());
        }
    };
}

// ---- C ----

void structured(Suite &suite) {
    const std::vector<Peer> peers = all_peers();
    Plan base;
    base.seconds = suite.quick() ? 0.01 : 0.2;
    base.warm_up = suite.quick() ? 0.002 : 0.05;
    auto add = [&](const std::string &name, const char *unit, bool higher, Method method, const Plan &plan) {
        Case c{"C", name, unit, higher, {}};
        for (const Peer &peer : peers) {
            for (Content content : {Content::structured, Content::plain_struct, Content::msgpack}) {
                if (!peer.carries(content) || peer.name == "brine, same array to and fro") continue;
                if (content == Content::msgpack && peer.by_reference)
                    continue; // would be packed and unpacked for nothing
                if (peer.name == "brine, packet filled again" && method == Method::one_way) continue;
                if (peer.name == "brine, batches" && method != Method::one_way) continue;
                Plan its = plan;
                its.bytes = content == Content::msgpack ? msgpack_bytes() : PlainStruct::bytes;
                c.contestants.push_back(contestant(peer, method, content, its));
            }
        }
        suite.add(std::move(c));
    };
    for (bool spin : {true, false}) {
        Plan plan = base;
        plan.spin = spin;
        std::string mode = spin ? ", polling" : ", blocking";
        for (uint32_t capacity : {4u, 64u, 1024u}) {
            if (suite.quick() && capacity != 64) continue;
            plan.capacity = capacity;
            add("structured packet, one way, capacity " + std::to_string(capacity) + mode, "packets/s", true,
                Method::one_way, plan);
        }
        plan.capacity = 4;
        add("structured packet, round trip" + mode, "ns", false, Method::round_trip, plan);
    }
}

// ---- F: attaching, serving, connecting ----

// The median time of `action`, done so many times.
template <typename Action> Sample median_of(uint64_t times, Action action) {
    Sample sample;
    std::vector<double> figures;
    for (uint64_t i = 0; i < times; i++) {
        int64_t begin = now_ns();
        action();
        int64_t took = now_ns() - begin;
        figures.push_back(static_cast<double>(took));
        sample.histogram.record(static_cast<uint64_t>(took));
    }
    sample.figure = median(figures);
    return sample;
}

std::string own_name(const char *what) { return "brine-bench-" + std::string(what) + "-" + std::to_string(getpid()); }

// A named pool for one measurement.
class NamedPool {
  public:
    NamedPool() : name_(own_name("attach")) { must(brine_pool_create(name_.c_str(), nullptr, &pool_), "create"); }
    NamedPool(const NamedPool &) = delete;
    NamedPool &operator=(const NamedPool &) = delete;
    ~NamedPool() {
        brine_pool_unlink(name_.c_str());
        brine_pool_detach(pool_);
    }
    const char *name() const { return name_.c_str(); }
    brine_pool *pool() const { return pool_; }

  private:
    std::string name_;
    brine_pool *pool_ = nullptr;
};

Sample attach_brine(uint64_t times) {
    NamedPool pool;
    return median_of(times, [&] {
        brine_pool *again;
        must(brine_pool_attach(pool.name(), nullptr, brine_now(), &again), "attach");
        brine_pool_detach(again);
    });
}

// The limit: open, map, touch, unmap, close.
Sample attach_mapping(uint64_t times) {
    constexpr size_t kBytes = size_t{1} << 30; // as a pool's default
    std::string name = "/" + own_name("map");
    int made = shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
    if (made < 0 || ftruncate(made, kBytes) != 0) fail("shm_open failed");
    Sample sample = median_of(times, [&] {
        int fd = shm_open(name.c_str(), O_RDWR, 0);
        void *at = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
        close(fd);
        if (at == MAP_FAILED) fail("mmap failed");
        *static_cast<volatile char *>(at) = 1;
        munmap(at, kBytes);
    });
    shm_unlink(name.c_str());
    close(made);
    return sample;
}

#ifdef BENCH_HAVE_BOOST
Sample attach_boost(uint64_t times) {
    namespace ipc = boost::interprocess;
    std::string name = own_name("boost");
    ipc::managed_shared_memory made(ipc::create_only, name.c_str(), 1 << 20);
    Sample sample = median_of(times, [&] { ipc::managed_shared_memory(ipc::open_only, name.c_str()); });
    ipc::shared_memory_object::remove(name.c_str());
    return sample;
}
#endif

enum class Step { serve, connect };
Sample serve_or_connect(uint64_t times, Step step) {
    NamedPool pool;
    brine_pipe *kept;
    must(brine_pipe_serve(pool.pool(), "kept", 64, &kept), "serve");
    return median_of(times, [&] {
        brine_pipe *pipe;
        if (step == Step::serve) {
            must(brine_pipe_serve(pool.pool(), "made", 64, &pipe), "serve");
            brine_pipe_detach(pipe);
            must(brine_pipe_remove(pool.pool(), "made"), "remove");
        } else {
            must(brine_pipe_connect(pool.pool(), "kept", brine_now(), &pipe), "connect");
            brine_pipe_detach(pipe);
        }
    });
}

Sample make_pipe2(uint64_t times) {
    return median_of(times, [] {
        int ends[2];
        if (pipe(ends) != 0) fail("pipe failed");
        close(ends[0]), close(ends[1]);
    });
}

void opening(Suite &suite) {
    uint64_t times = suite.scaled(1000);
    Case attach{"F", "attach and detach", "ns", false, {}};
    attach.contestants.push_back({"limit: open, map, touch, unmap 1 GiB", "nothing", "1 byte", "does not wait",
                                  guarded([=] { return attach_mapping(times); }), ""});
    attach.contestants.push_back({"brine, pool of 1 GiB", "nothing", "the header", "does not wait",
                                  guarded([=] { return attach_brine(times); }), ""});
#ifdef BENCH_HAVE_BOOST
    attach.contestants.push_back({"Boost managed_shared_memory, 1 MiB", "nothing", "the header", "does not wait",
                                  guarded([=] { return attach_boost(times); }), ""});
#else
    attach.contestants.push_back(
        {"Boost managed_shared_memory, 1 MiB", "", "", "", nullptr, "libboost-dev is not installed"});
#endif
    suite.add(std::move(attach));
    Case open{"F", "make and give back a channel", "ns", false, {}};
    open.contestants.push_back({"pipe(2): pipe, close both ends", "nothing", "nothing", "does not wait",
                                guarded([=] { return make_pipe2(times); }), ""});
    open.contestants.push_back({"brine: serve a new pipe, detach, remove", "nothing", "nothing", "does not wait",
                                guarded([=] { return serve_or_connect(times, Step::serve); }), ""});
    open.contestants.push_back({"brine: connect to a pipe, detach", "nothing", "nothing", "does not wait",
                                guarded([=] { return serve_or_connect(times, Step::connect); }), ""});
    suite.add(std::move(open));
}

// ---- F: memory ----

brine_packet small_packet(brine_pool *pool) {
    brine_packet p;
    void *data;
    must(brine_packet_new(pool, &p), "new packet");
    must(brine_assign_bytes_room(brine_root(p), 64, &data), "room");
    fill_words(data, 64, 1);
    return p;
}

brine_packet structured_packet(brine_pool *pool) {
    brine_packet p;
    must(brine_packet_new(pool, &p), "new packet");
    build_structured(brine_root(p), 1);
    must(brine_packet_error(p), "structured packet");
    return p;
}

enum class Memory { used, committed };
Sample memory_of(uint64_t packets, brine_packet (*make)(brine_pool *), Memory which) {
    Sample sample;
    brine_pool *pool;
    brine_pool_options options = {};
    options.max_bytes = (uint64_t{256} << 20) + packets * 32768;
    must(brine_pool_create_private(&options, &pool), "create");
    brine_pool_info before, after;
    must(brine_pool_get_info(pool, &before), "info");
    for (uint64_t i = 0; i < packets; i++) make(pool);
    must(brine_pool_get_info(pool, &after), "info");
    uint64_t bytes =
        which == Memory::used ? after.used_bytes - before.used_bytes : after.committed_bytes - before.committed_bytes;
    brine_pool_detach(pool);
    sample.figure = static_cast<double>(bytes) / static_cast<double>(packets);
    return sample;
}

#ifdef BENCH_HAVE_BOOST
Sample memory_of_boost(uint64_t packets) { // one allocation for each: the least that it needs
    namespace ipc = boost::interprocess;
    Sample sample;
    std::string name = own_name("memory");
    {
        ipc::managed_shared_memory segment(ipc::create_only, name.c_str(), (size_t{1} << 20) + packets * 256);
        ipc::shared_memory_object::remove(name.c_str());
        size_t before = segment.get_free_memory();
        for (uint64_t i = 0; i < packets; i++) fill_words(segment.allocate(64), 64, i);
        sample.figure = static_cast<double>(before - segment.get_free_memory()) / static_cast<double>(packets);
    }
    return sample;
}
#endif

void memory(Suite &suite) {
    uint64_t packets = suite.scaled(10000);
    Case small{"F", "memory for a packet of 64 B", "bytes", false, {}};
    small.contestants.push_back({"brine, in use", "nothing", "64 B written", "does not wait",
                                 guarded([=] { return memory_of(packets, small_packet, Memory::used); }), ""});
    small.contestants.push_back({"brine, taken from the system", "nothing", "64 B written", "does not wait",
                                 guarded([=] { return memory_of(packets, small_packet, Memory::committed); }), ""});
#ifdef BENCH_HAVE_BOOST
    small.contestants.push_back({"Boost managed segment, plain bytes", "nothing", "64 B written", "does not wait",
                                 guarded([=] { return memory_of_boost(packets); }), ""});
#endif
    suite.add(std::move(small));
    Case large{"F", "memory for a structured packet", "bytes", false, {}};
    large.contestants.push_back({"limit: a plain struct", "", "", "does not wait",
                                 [] {
                                     Sample s;
                                     s.figure = PlainStruct::bytes;
                                     return s;
                                 },
                                 ""});
    large.contestants.push_back({"brine, in use", "nothing", "built", "does not wait",
                                 guarded([=] { return memory_of(packets / 10, structured_packet, Memory::used); }),
                                 ""});
    large.contestants.push_back({"brine, taken from the system", "nothing", "built", "does not wait",
                                 guarded([=] { return memory_of(packets / 10, structured_packet, Memory::committed); }),
                                 ""});
    suite.add(std::move(large));
}

// ---- F: death ----

struct Death {
    uint64_t packets = 0;     // alive in the pool
    bool held_by_dead = true; // else by somebody else; the dead then holds one
    bool happens = true;      // else nobody dies: what the machine itself does to a survivor
};
struct Aftermath {
    Sample reap, stall;
};

// A process makes packets and is killed; another goes on passing packets to itself, and notes its longest stop.
Aftermath die(const Death &death) {
    brine_pool *pool;
    brine_pool_options options = {};
    options.max_bytes = (uint64_t{128} << 20) + death.packets * 1024;
    must(brine_pool_create_private(&options, &pool), "create");
    Aftermath result;
    Processes processes;
    auto hold = [&](uint64_t count) {
        for (uint64_t i = 0; i < count; i++) small_packet(pool);
    };
    std::atomic<uint64_t> *stop = nullptr;
    stop =
        new (mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<uint64_t>(0);
    processes.start(
        0, [&] { hold(death.held_by_dead ? death.packets : 1); }, [](Report &) {});
    processes.start(
        1, [&] { hold(death.held_by_dead ? 1 : death.packets); },
        [&](Report &report) {
            brine_pipe *pipe;
            brine_packet p;
            must(brine_pipe_serve(pool, "survivor", 4, &pipe), "serve");
            for (int64_t before = now_ns(), now; !stop->load(std::memory_order_relaxed); before = now) {
                must(brine_enqueue(pipe, small_packet(pool), brine_now()), "enqueue");
                must(brine_dequeue(pipe, &p, brine_now()), "dequeue");
                must(brine_packet_free(p), "free");
                now = now_ns();
                report.histogram.record(static_cast<uint64_t>(now - before));
                report.figure = std::max(report.figure, static_cast<double>(now - before));
                report.count++;
            }
        });
    bool ready = processes.go(60);
    usleep(2000);
    unsigned reaped = 0;
    if (death.happens) {
        kill(processes.pid(0), SIGKILL);
        waitpid(processes.pid(0), nullptr, 0);
    }
    int64_t begin = now_ns();
    if (death.happens)
        must(brine_pool_reap(pool, &reaped), "reap");
    else
        usleep(20000);
    result.reap.figure = static_cast<double>(now_ns() - begin) * 1e-6;
    stop->store(1);
    ready &= processes.wait_done(1, 2, 10);
    result.stall.figure = processes.report(1).figure * 1e-6;
    result.stall.histogram.add(processes.report(1).histogram);
    brine_pool_info info;
    must(brine_pool_get_info(pool, &info), "info");
    std::string trouble = processes.trouble();
    uint64_t left = death.held_by_dead ? 1 : death.packets; // what the survivor holds
    if (!death.happens) left += death.held_by_dead ? death.packets : 1;
    if (!ready && trouble.empty()) trouble = "not ready in time";
    if (trouble.empty() && (info.packets < left || info.packets > left + 2))
        trouble = std::to_string(info.packets) + " packets in use after it, expected " + std::to_string(left);
    if (trouble.empty() && death.happens && reaped != 1) trouble = "the survivor reaped first";
    if (!trouble.empty()) result.reap = broken(result.reap, trouble), result.stall = broken(result.stall, trouble);
    processes.stop();
    munmap(stop, 4096);
    brine_pool_detach(pool);
    return result;
}

Contestant dying(const char *name, const Death &death, bool stall) {
    auto measure = guarded([=] { return stall ? die(death).stall : die(death).reap; });
    return {name, "nothing", "64 B written for each packet", "does not wait", measure, ""};
}

void deaths(Suite &suite) {
    for (uint64_t packets : {1000u, 10000u, 100000u, 1000000u}) {
        if (suite.quick() && packets > 10000) continue;
        Death its{packets, true, true}, others{packets, false, true}, none{packets, true, false};
        std::string name = std::to_string(packets) + " packets alive";
        suite.add({"F",
                   "reap one dead process, " + name,
                   "ms",
                   false,
                   {dying("brine, the dead held them", its, false), dying("brine, others hold them", others, false)}});
        suite.add({"F",
                   "longest stop of a survivor, " + name,
                   "ms",
                   false,
                   {dying("nobody dies, for 20 ms", none, true), dying("brine, the dead held them", its, true),
                    dying("brine, others hold them", others, true)}});
    }
}

} // namespace

int main(int argc, char **argv) {
    Suite suite(argc, argv, "end_to_end");
    structured(suite);
    opening(suite);
    memory(suite);
    deaths(suite);
    return suite.run();
}
