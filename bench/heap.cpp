// SPDX-License-Identifier: Apache-2.0
//
// Workload D: allocators. Brine's packets and raw memory, beside malloc of glibc and mimalloc (each process has a heap
// of its own there: nothing of it can be passed on) and Boost's managed segment (shared, one mutex).
//
//   pair of one        allocate, write 8 bytes, check them, free: the same object again and again
//   pairs, 1000 alive  a random one of 1000 objects is checked, freed and replaced by one of a random size
//   fragmentation      memory taken from the system for each byte alive, after 3.6 million such replacements: what a
//                      process that makes a thousand a second does in an hour
//
// Every measurement runs in forked processes, pinned, that start together; rates are summed over them.
#include "processes.hpp"

#include <brine/brine.h>

#include <dlfcn.h>
#include <sys/stat.h>

#include <cmath>
#include <new>

#if __has_include(<boost/interprocess/managed_shared_memory.hpp>)
#include <boost/interprocess/managed_shared_memory.hpp>
#define HAVE_BOOST 1
#endif

namespace {

using bench::Sample;

constexpr size_t kLive = 1000;
constexpr size_t kPage = 4096;
constexpr uint64_t kPoolBytes = uint64_t{4} << 30;

uint64_t next_random(uint64_t &state) { // xorshift64
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

// Sizes drawn beforehand: what is measured is no logarithm.
struct Sizes {
    std::vector<uint32_t> drawn;
    static Sizes uniform(size_t low, size_t high) {
        return draw([=](double x) { return static_cast<double>(low) + x * static_cast<double>(high - low); });
    }
    static Sizes logarithmic(size_t low, size_t high) { // each doubling as often as any other
        return draw([=](double x) {
            return static_cast<double>(low) * std::pow(static_cast<double>(high) / static_cast<double>(low), x);
        });
    }
    size_t pick(uint64_t random) const { return drawn[(random >> 32) % drawn.size()]; }

  private:
    template <typename Shape> static Sizes draw(Shape shape) {
        Sizes sizes;
        uint64_t state = 88172645463325252u;
        for (int i = 0; i < 4096; i++)
            sizes.drawn.push_back(
                static_cast<uint32_t>(shape(static_cast<double>(next_random(state) >> 11) / 9007199254740992.0)));
        return sizes;
    }
};

// ---- the allocators: `place` makes one for a measurement; allocate and free are what the loops call ----

struct Object {
    void *data;
    brine_packet packet;
};

struct Malloc {
    bool open(int) { return true; }
    bool allocate(size_t bytes, Object &o) { return (o.data = std::malloc(bytes)) != nullptr; }
    void free(Object &o) { std::free(o.data); }
    bool close() { return true; }
    static double held_bytes(Malloc &) { return -1; } // by what the process has resident
};

// Loaded at run time: a program that is linked with it has no other malloc.
struct Mimalloc {
    static inline void *(*allocate_)(size_t) = nullptr;
    static inline void (*free_)(void *) = nullptr;
    static std::string missing() {
        void *library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);
        if (!library) library = dlopen("libmimalloc.so", RTLD_NOW | RTLD_LOCAL);
        if (!library) return "libmimalloc.so cannot be loaded: package libmimalloc-dev";
        allocate_ = reinterpret_cast<void *(*)(size_t)>(dlsym(library, "mi_malloc"));
        free_ = reinterpret_cast<void (*)(void *)>(dlsym(library, "mi_free"));
        return allocate_ && free_ ? "" : "libmimalloc.so has no mi_malloc";
    }
    bool open(int) { return true; }
    bool allocate(size_t bytes, Object &o) { return (o.data = allocate_(bytes)) != nullptr; }
    void free(Object &o) { free_(o.data); }
    bool close() { return true; }
    static double held_bytes(Mimalloc &) { return -1; }
};

struct Pool {
    brine_pool *pool = nullptr;
    bool open(int) {
        brine_pool_options options{};
        options.max_bytes = kPoolBytes;
        return brine_pool_create_private(&options, &pool) == 0;
    }
    bool close() { // in the parent, when the children are gone
        bool clean = brine_pool_reap(pool, nullptr) == 0 && brine_pool_is_pristine(pool);
        brine_pool_detach(pool);
        return clean;
    }
    static double held_bytes(Pool &self) {
        brine_pool_info info;
        return brine_pool_get_info(self.pool, &info) ? -1 : static_cast<double>(info.committed_bytes);
    }
};

// A packet that holds the bytes as its value.
struct BrinePacket : Pool {
    bool allocate(size_t bytes, Object &o) {
        return brine_packet_new(pool, &o.packet) == 0 &&
               brine_assign_bytes_room(brine_root(o.packet), bytes, &o.data) == 0;
    }
    void free(Object &o) { brine_packet_free(o.packet); }
};

// A packet with nothing in it but its root, an empty tab.
struct BrineEmpty : Pool {
    uint64_t scratch = 0;
    bool allocate(size_t, Object &o) {
        o.data = &scratch;
        return brine_packet_new(pool, &o.packet) == 0;
    }
    void free(Object &o) { brine_packet_free(o.packet); }
};

struct BrineRaw : Pool {
    bool allocate(size_t bytes, Object &o) { return (o.data = brine_pool_allocate(pool, bytes)) != nullptr; }
    void free(Object &o) { brine_pool_deallocate(pool, o.data); }
};

#ifdef HAVE_BOOST
struct Boost {
    std::string name;
    std::unique_ptr<boost::interprocess::managed_shared_memory> segment;
    bool open(int) {
        name = "brine-bench-" + std::to_string(getpid());
        boost::interprocess::shared_memory_object::remove(name.c_str());
        segment.reset(
            new boost::interprocess::managed_shared_memory(boost::interprocess::create_only, name.c_str(), kPoolBytes));
        return true;
    }
    bool allocate(size_t bytes, Object &o) { return (o.data = segment->allocate(bytes, std::nothrow)) != nullptr; }
    void free(Object &o) { segment->deallocate(o.data); }
    bool close() {
        bool clean = segment->all_memory_deallocated();
        segment.reset();
        boost::interprocess::shared_memory_object::remove(name.c_str());
        return clean;
    }
    static double held_bytes(Boost &self) { // pages of the sparse file that were ever touched
        struct stat s;
        return stat(("/dev/shm/" + self.name).c_str(), &s) ? -1 : static_cast<double>(s.st_blocks) * 512;
    }
};
#endif

// ---- the loops ----

void touch(Object &o, size_t bytes, uint64_t mark, bool every_page) {
    std::memcpy(o.data, &mark, sizeof mark);
    if (every_page)
        for (size_t at = kPage; at < bytes; at += kPage) static_cast<volatile char *>(o.data)[at] = 1;
}

bool right(const Object &o, uint64_t mark) {
    uint64_t found;
    std::memcpy(&found, o.data, sizeof found);
    return found == mark;
}

struct Churn {
    const Sizes &sizes;
    bool every_page; // touch one byte of each: for what counts resident memory
    std::vector<Object> objects = std::vector<Object>(kLive);
    std::vector<uint64_t> marks = std::vector<uint64_t>(kLive), bytes = std::vector<uint64_t>(kLive);
    uint64_t state = 1234567890123456789u, live_bytes = 0;

    template <typename A> bool put(A &a, size_t i, uint64_t random) {
        size_t size = sizes.pick(random);
        if (!a.allocate(size, objects[i])) return false;
        touch(objects[i], size, marks[i] = random, every_page);
        bytes[i] = size;
        live_bytes += size;
        return true;
    }
    template <typename A> bool take(A &a, size_t i) {
        bool ok = right(objects[i], marks[i]);
        live_bytes -= bytes[i];
        a.free(objects[i]);
        return ok;
    }
    template <typename A> bool fill(A &a) {
        for (size_t i = 0; i < kLive; i++)
            if (!put(a, i, next_random(state))) return false;
        return true;
    }
    template <typename A> bool replace(A &a, uint64_t count) {
        bool ok = true;
        while (count--) {
            uint64_t random = next_random(state);
            size_t i = (random & 0xffffffff) * kLive >> 32;
            ok &= take(a, i);
            if (!put(a, i, random)) return false;
        }
        return ok;
    }
    template <typename A> bool empty(A &a) {
        bool ok = true;
        for (size_t i = 0; i < kLive; i++) ok &= take(a, i);
        return ok;
    }
};

// Repeats batch() (false: wrong data) for a time after a warm-up of a fifth of it: calls each ns, or -1. Of the
// batches' times the median counts, which leaves out those that were interrupted, unless processes have to share a CPU:
// then that is part of it, and the mean counts.
template <typename Batch> double timed(int64_t ns, bool shared_cpu, Batch batch) {
    int64_t start = bench::now_ns(), now = start, before;
    std::vector<int64_t> times;
    while (now - start < ns / 5) {
        if (!batch()) return -1;
        now = bench::now_ns();
    }
    start = now;
    while (now - start < ns) {
        before = now;
        if (!batch()) return -1;
        times.push_back((now = bench::now_ns()) - before);
    }
    if (shared_cpu) return static_cast<double>(times.size()) / static_cast<double>(now - start);
    auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return 1.0 / static_cast<double>(*middle);
}

bool share_cpus(int processes) {
    cpu_set_t all;
    return sched_getaffinity(0, sizeof all, &all) != 0 || processes > CPU_COUNT(&all);
}

// The sum of what measure() gives in so many processes after fill(), both of an Under<A>; at most 0: wrong.
template <typename Under> Sample run(Under under, int processes) {
    Sample sample;
    bool ok = under.allocator.open(processes);
    {
        bench::Processes all;
        for (int i = 0; ok && i < processes; i++)
            all.start(
                i, [&] { ok = under.fill(); },
                [&](bench::Report &report) {
                    report.figure = ok ? under.measure() : -1;
                    if (report.figure <= 0) report.wrong++;
                });
        ok = ok && all.go(60) && all.wait_done(0, all.size(), 600);
        for (size_t i = 0; i < all.size(); i++) sample.figure += all.report(i).figure;
        sample.note = all.trouble();
    }
    sample.ok = under.allocator.close() && ok && sample.note.empty();
    if (!sample.ok && sample.note.empty()) sample.note = "a process failed, or not everything could be freed";
    return sample;
}

constexpr int kBatch = 1000;

template <typename A> struct One { // pairs a ns of a single object
    size_t bytes;
    int64_t ns;
    bool shared_cpu;
    A allocator{};
    uint64_t mark = 0;

    bool fill() { return true; }
    bool batch() {
        Object o;
        bool ok = true;
        for (int i = 0; i < kBatch; i++) {
            if (!allocator.allocate(bytes, o)) return false;
            touch(o, bytes, ++mark, false);
            __asm__ volatile("" ::"r"(o.data) : "memory");
            ok &= right(o, mark);
            allocator.free(o);
        }
        return ok;
    }
    double measure() {
        return kBatch * timed(ns, shared_cpu, [this] { return batch(); });
    }
};

template <typename A> struct Live { // pairs a second with 1000 alive in each process
    Churn churn;
    int64_t ns;
    bool shared_cpu;
    A allocator{};

    bool fill() { return churn.fill(allocator); }
    double measure() {
        double rate = timed(ns, shared_cpu, [this] { return churn.replace(allocator, kBatch); });
        return churn.empty(allocator) ? rate * kBatch * 1e9 : -1;
    }
};

double resident_bytes() {
    FILE *f = std::fopen("/proc/self/statm", "r");
    unsigned long all = 0, resident = 0;
    if (!f) return 0;
    if (std::fscanf(f, "%lu %lu", &all, &resident) != 2) resident = 0;
    std::fclose(f);
    return static_cast<double>(resident) * static_cast<double>(kPage);
}

template <typename A> struct Fragments { // bytes held for each alive
    Churn churn;
    uint64_t operations;
    A allocator{};
    double before = 0;

    bool fill() {
        before = resident_bytes();
        return churn.fill(allocator);
    }
    double measure() {
        if (!churn.replace(allocator, operations)) return -1;
        double held = A::held_bytes(allocator);
        if (held < 0) held = resident_bytes() - before;
        double ratio = held / static_cast<double>(churn.live_bytes);
        return churn.empty(allocator) ? ratio : -1;
    }
};

// ---- the table of contestants ----

struct Row {
    std::string name, copied, touched, waits, skipped;
};

template <typename A> struct Measures {
    static Sample one(size_t bytes, int processes, int64_t ns) {
        Sample sample = run(One<A>{bytes, ns, share_cpus(processes)}, processes);
        sample.figure = sample.figure > 0 ? processes / sample.figure : 0; // ns for each pair
        return sample;
    }
    static Sample live(const Sizes &sizes, int processes, int64_t ns) {
        return run(Live<A>{Churn{sizes, false}, ns, share_cpus(processes)}, processes);
    }
    static Sample fragments(const Sizes &sizes, uint64_t operations) {
        return run(Fragments<A>{Churn{sizes, true}, operations}, 1);
    }
};

// Calls add(row, measures) for each allocator.
template <typename Add> void each(bool with_empty, const std::string &touched, Add add) {
    const std::string own = "nothing; each process has a heap of its own, of which nothing can be passed on";
    const std::string shared = "nothing; one shared pool, any process can be given the object";
    if (with_empty)
        add(Row{"brine packet, empty", "nothing; a record with an empty tab and 384 bytes of room", "nothing of it",
                "does not wait", ""},
            Measures<BrineEmpty>());
    add(Row{"brine packet with bytes", shared, touched, "does not wait", ""}, Measures<BrinePacket>());
    add(Row{"brine raw memory", shared, touched, "does not wait", ""}, Measures<BrineRaw>());
    add(Row{"glibc malloc", own, touched, "does not wait", ""}, Measures<Malloc>());
    static const std::string missing = Mimalloc::missing();
    add(Row{"mimalloc", own, touched, "does not wait", missing}, Measures<Mimalloc>());
#ifdef HAVE_BOOST
    add(Row{"Boost managed segment", shared, touched, "waits for one mutex", ""}, Measures<Boost>());
#else
    struct None : Malloc {};
    add(Row{"Boost managed segment", shared, touched, "", "no <boost/interprocess>: package libboost-dev"},
        Measures<None>());
#endif
}

std::string in_words(int processes) { return processes == 1 ? "1 process" : std::to_string(processes) + " processes"; }

void add_cases(bench::Suite &suite) {
    static const Sizes small = Sizes::uniform(16, 1024), large = Sizes::logarithmic(1024, 1 << 20),
                       mixed = Sizes::logarithmic(16, 1 << 20);
    int64_t ns = suite.quick() ? 5000000 : 200000000;
    uint64_t operations = suite.scaled(3600000);
    for (int processes : {1, 2, 4}) {
        bench::Case c{"D", "allocate and free one object of 64 B, " + in_words(processes), "ns", false, {}};
        each(true, "8 B written, 8 B read", [&](const Row &row, auto measures) {
            c.contestants.push_back({row.name, row.copied, row.touched, row.waits,
                                     [=] { return measures.one(64, processes, ns); }, row.skipped});
        });
        suite.add(std::move(c));
    }
    struct {
        const Sizes &sizes;
        const char *name;
    } shapes[] = {{small, "16 to 1024 B"}, {large, "1 KiB to 1 MiB, each doubling as often"}};
    for (auto &shape : shapes) {
        for (int processes : {1, 2, 4}) {
            bench::Case c{"D",
                          std::string("pairs, 1000 alive of ") + shape.name + ", " + in_words(processes),
                          "pairs/s",
                          true,
                          {}};
            const Sizes *sizes = &shape.sizes;
            each(false, "8 B written, 8 B read", [&](const Row &row, auto measures) {
                c.contestants.push_back({row.name, row.copied, row.touched, row.waits,
                                         [=] { return measures.live(*sizes, processes, ns); }, row.skipped});
            });
            suite.add(std::move(c));
        }
    }
    bench::Case c{"D",
                  "memory held for each byte alive, after " + std::to_string(operations) +
                      " replacements of 16 B to 1 MiB",
                  "bytes/byte",
                  false,
                  {}};
    each(false, "8 B and a byte of each page written, 8 B read", [&](const Row &row, auto measures) {
        c.contestants.push_back({row.name, row.copied, row.touched, row.waits,
                                 [=] { return measures.fragments(mixed, operations); }, row.skipped});
    });
    suite.add(std::move(c));
}

} // namespace

int main(int argc, char **argv) {
    bench::Suite suite(argc, argv, "heap");
    add_cases(suite);
    return suite.run();
}
