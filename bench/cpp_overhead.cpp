// SPDX-License-Identifier: Apache-2.0
//
// Workload H, the C++ header: the same loops over the C functions and over brine.hpp, twice.
//
//   time          rounds of both, in turns of a fraction of a millisecond, in changing order; the median of the rounds,
//   so
//                 that what the machine does meanwhile hits both
//   instructions  of one round, counted by callgrind, library included: exact, and the same on a busy machine
//
// Both sides check what they read; building is checked once at the end by the C side, as its setters' errors stick, and
// at every assignment by the header, which throws.
#include "external.hpp"
#include "measure.hpp"

#include <brine/brine.hpp>

#include <memory>

namespace {

constexpr int kKeys = 1000; // of the containers that are iterated over

struct Scene {
    brine::Pool pool = brine::Pool::create_private();
    brine::Pipe pipe = pool.serve("pipe", 4);
    brine::Packet record = pool.packet(), containers = pool.packet();
    std::int64_t expected = 0; // sum of a container
    Scene() {
        fill(record);
        containers["list"] = brine::list{};
        brine::Value list = containers["list"], tab = containers.root().slot("tab").make_tab();
        for (int i = 0; i < kKeys; i++) {
            list.push_back(i);
            tab["key_" + std::to_string(i)] = i;
            expected += i;
        }
    }
    static void fill(brine::Packet &packet) {
        packet["seq"] = 1, packet["time"] = 2, packet["flags"] = 3, packet["gain"] = 4.5, packet["rate"] = 1e6;
        packet["name"] = "capture", packet["hdr"]["fs"] = 2.5, packet["hdr"]["channel"] = 7;
    }
};

[[noreturn]] void wrong(const char *what) {
    std::fprintf(stderr, "cpp_overhead: %s: %s\n", what, brine_detail());
    std::abort();
}

// ---- building ----

[[gnu::noinline]] std::int64_t build_c(Scene &scene, int rounds) {
    brine_pool *pool = scene.pool.get();
    for (int i = 0; i < rounds; i++) {
        brine_packet packet;
        if (brine_packet_new(pool, &packet) < 0) wrong("building");
        brine_ref root = brine_root(packet);
        brine_set_int(root, "seq", i);
        brine_set_int(root, "time", 2);
        brine_set_int(root, "flags", 3);
        brine_set_double(root, "gain", 4.5);
        brine_set_double(root, "rate", 1e6);
        brine_set_strn(root, "name", "capture", 7);
        brine_ref header = brine_set_tab(root, "hdr");
        brine_set_double(header, "fs", 2.5);
        brine_set_int(header, "channel", 7);
        if (brine_packet_error(packet) < 0) wrong("building");
        brine_packet_free(packet);
    }
    return 0;
}

[[gnu::noinline]] std::int64_t build_cpp(Scene &scene, int rounds) {
    for (int i = 0; i < rounds; i++) {
        brine::Packet packet = scene.pool.packet();
        brine::Value root = packet.root();
        root["seq"] = i;
        root["time"] = 2;
        root["flags"] = 3;
        root["gain"] = 4.5;
        root["rate"] = 1e6;
        root["name"] = "capture";
        brine::Value header = root["hdr"].make_tab();
        header["fs"] = 2.5;
        header["channel"] = 7;
    }
    return 0;
}

// ---- reading by key ----

[[gnu::noinline]] std::int64_t read_c(Scene &scene, int rounds) {
    std::int64_t sum = 0;
    brine_ref root = brine_root(scene.record.get());
    for (int i = 0; i < rounds; i++) {
        std::int64_t seq, time;
        double gain;
        const char *name;
        std::size_t length;
        if (brine_as_int(brine_find_n(root, "seq", 3), &seq) < 0 ||
            brine_as_int(brine_find_n(root, "time", 4), &time) < 0)
            wrong("reading");
        if (brine_as_double(brine_find_n(root, "gain", 4), &gain) < 0 ||
            brine_as_str(brine_find_n(root, "name", 4), &name, &length) < 0)
            wrong("reading");
        sum += seq + time + static_cast<std::int64_t>(gain) + static_cast<std::int64_t>(length) +
               brine_get_int(root, "flags", -1);
    }
    return sum - rounds * std::int64_t{1 + 2 + 4 + 7 + 3};
}

[[gnu::noinline]] std::int64_t read_cpp(Scene &scene, int rounds) {
    std::int64_t sum = 0;
    brine::Value root = scene.record.root();
    for (int i = 0; i < rounds; i++) {
        auto seq = root["seq"].get<std::int64_t>();
        auto time = root.get<std::int64_t>("time");
        auto gain = root["gain"].get<double>();
        auto name = root["name"].get<std::string_view>();
        sum += seq + time + static_cast<std::int64_t>(gain) + static_cast<std::int64_t>(name.size()) +
               root.get_or("flags", std::int64_t{-1});
    }
    return sum - rounds * std::int64_t{1 + 2 + 4 + 7 + 3};
}

// ---- iterating ----

[[gnu::noinline]] std::int64_t iterate_c(Scene &scene, int rounds) {
    std::int64_t sum = 0, number;
    brine_ref root = brine_root(scene.containers.get()), list = brine_find(root, "list"), tab = brine_find(root, "tab");
    for (int i = 0; i < rounds; i++) {
        brine_ref key, value;
        brine_iter it = brine_iterate(list);
        while (brine_next(&it, nullptr, &value)) {
            if (brine_as_int(value, &number) < 0) wrong("iterating");
            sum += number;
        }
        if (it.status < 0) wrong("iterating");
        it = brine_iterate(tab);
        while (brine_next(&it, &key, &value)) {
            const char *text;
            std::size_t length;
            if (brine_as_str(key, &text, &length) < 0 || brine_as_int(value, &number) < 0) wrong("iterating");
            sum += number + (length == 0);
        }
        if (it.status < 0) wrong("iterating");
    }
    return sum - 2 * scene.expected * rounds;
}

[[gnu::noinline]] std::int64_t iterate_cpp(Scene &scene, int rounds) {
    std::int64_t sum = 0;
    brine::Value list = scene.containers["list"], tab = scene.containers["tab"];
    for (int i = 0; i < rounds; i++) {
        for (auto value : list.values()) sum += value.get<std::int64_t>();
        for (auto [key, value] : tab.items()) sum += value.get<std::int64_t>() + key.get<std::string_view>().empty();
    }
    return sum - 2 * scene.expected * rounds;
}

// ---- passing ----

[[gnu::noinline]] std::int64_t pass_c(Scene &scene, int rounds) {
    brine_pipe *pipe = scene.pipe.get();
    brine_packet packet = scene.record.release();
    for (int i = 0; i < rounds; i++) {
        if (brine_enqueue(pipe, packet, brine_now()) < 0 || brine_dequeue(pipe, &packet, brine_now()) < 0)
            wrong("passing");
    }
    scene.record.reset(packet);
    return 0;
}

[[gnu::noinline]] std::int64_t pass_cpp(Scene &scene, int rounds) {
    brine::Packet packet = std::move(scene.record);
    for (int i = 0; i < rounds; i++) {
        scene.pipe.enqueue(std::move(packet), brine::no_wait);
        packet = scene.pipe.dequeue(brine::no_wait);
    }
    scene.record = std::move(packet);
    return 0;
}

// ---- an array: made, filled, read ----

[[gnu::noinline]] std::int64_t array_c(Scene &scene, int rounds) {
    double sum = 0;
    for (int i = 0; i < rounds; i++) {
        brine_packet packet;
        if (brine_packet_new(scene.pool.get(), &packet) < 0) wrong("array");
        std::size_t n = 256;
        void *data;
        if (brine_assign_array(brine_slot_n(brine_root(packet), "x", 1), BRINE_F32, 1, &n, BRINE_ARRAY_UNINIT, &data) <
            0)
            wrong("array");
        float *x = static_cast<float *>(data);
        for (std::size_t k = 0; k < n; k++) x[k] = 1;
        brine_array a;
        if (brine_as_array(brine_find_n(brine_root(packet), "x", 1), &a) < 0 || a.dtype != BRINE_F32) wrong("array");
        const float *y = static_cast<const float *>(a.data);
        double part = 0;
        for (std::size_t k = 0; k < a.count; k++) part += static_cast<double>(y[k]);
        sum += part;
        brine_packet_free(packet);
    }
    return static_cast<std::int64_t>(sum) - rounds * std::int64_t{256};
}

[[gnu::noinline]] std::int64_t array_cpp(Scene &scene, int rounds) {
    double sum = 0;
    for (int i = 0; i < rounds; i++) {
        brine::Packet packet = scene.pool.packet();
        for (float &x : packet["x"].make_array<float>(256, brine::uninitialized)) x = 1;
        double part = 0;
        for (float y : packet["x"].get<brine::span<const float>>()) part += static_cast<double>(y);
        sum += part;
    }
    return static_cast<std::int64_t>(sum) - rounds * std::int64_t{256};
}

// ---- measuring ----

using Loop = std::int64_t (*)(Scene &, int);
struct Pair {
    const char *name, *what;
    Loop c, cpp;
    int rounds; // of a turn: some 50 us
};
const Pair kPairs[] = {
    {"building a packet of 9 values", "build", build_c, build_cpp, 200},
    {"reading 5 keys", "read", read_c, read_cpp, 1000},
    {"iterating over 1000 elements and 1000 items", "iterate", iterate_c, iterate_cpp, 4},
    {"enqueue and dequeue", "pass", pass_c, pass_cpp, 1000},
    {"an array of 256 float: made, filled, read", "array", array_c, array_cpp, 150},
};

double median(std::vector<double> &all) {
    auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    return *middle;
}

// Both loops in turns. The first contestant that is asked measures for both, so that they stand side by side.
class Duel {
  public:
    Duel(const Pair &pair, std::int64_t budget_ns) : pair_(pair), budget_ns_(budget_ns) {}
    bench::Sample figure(bool cpp) {
        if (!fresh_[cpp]) run();
        fresh_[cpp] = false;
        bench::Sample sample;
        sample.figure = figure_[cpp];
        sample.ok = ok_;
        return sample;
    }

  private:
    void run() {
        Scene scene;
        std::vector<double> times[2];
        std::int64_t begin = bench::now_ns();
        ok_ = true;
        for (int turn = 0; turn < 20 || bench::now_ns() - begin < budget_ns_; turn++) {
            for (int k = 0; k < 2; k++) {
                bool cpp = (turn + k) % 2 != 0;
                std::int64_t start = bench::now_ns();
                ok_ &= (cpp ? pair_.cpp : pair_.c)(scene, pair_.rounds) == 0;
                double ns = static_cast<double>(bench::now_ns() - start) / pair_.rounds;
                if (turn >= 4) times[cpp].push_back(ns); // the first ones warm up
            }
        }
        for (bool cpp : {false, true}) figure_[cpp] = median(times[cpp]), fresh_[cpp] = true;
    }
    const Pair &pair_;
    std::int64_t budget_ns_;
    double figure_[2] = {0, 0};
    bool fresh_[2] = {false, false}, ok_ = true;
};

// Instructions of a round: those of 300 rounds less those of 100, counted in this program under callgrind.
const std::string &program_path() {
    static const std::string path = [] {
        char buffer[4096];
        ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer);
        return std::string(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
    }();
    return path;
}
double counted(const Pair &pair, bool cpp, int rounds) {
    std::string function = std::string(pair.what) + (cpp ? "_cpp" : "_c");
    std::string answer = bench::output_of(
        "valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*" + function + "(*' " +
        bench::in_quotes(program_path()) + " --once " + function + " " + std::to_string(rounds) + " 2>&1");
    std::size_t at = answer.find("Collected : ");
    return at == std::string::npos ? -1 : std::strtod(answer.c_str() + at + 12, nullptr);
}
bench::Sample instructions(const Pair &pair, bool cpp) {
    bench::Sample sample;
    double few = counted(pair, cpp, 100), many = counted(pair, cpp, 300);
    sample.ok = few > 0 && many > few;
    sample.figure = (many - few) / 200;
    if (!sample.ok) sample.note = "callgrind did not count";
    return sample;
}
int run_once(const std::string &function, int rounds) {
    Scene scene;
    for (const Pair &pair : kPairs) {
        if (function == std::string(pair.what) + "_c") return pair.c(scene, rounds) == 0 ? 0 : 1;
        if (function == std::string(pair.what) + "_cpp") return pair.cpp(scene, rounds) == 0 ? 0 : 1;
    }
    return 2;
}

void add_cases(bench::Suite &suite, const Pair &pair, const std::string &no_valgrind) {
    auto duel = std::make_shared<Duel>(pair, suite.quick() ? 2000000 : 300000000);
    bench::Case time{"H", pair.name, "ns", false, {}},
        count{"H", std::string(pair.name) + ", instructions", "instructions", false, {}};
    for (bool cpp : {false, true}) {
        std::string name = cpp ? "brine.hpp" : "C functions", touched = "the same values";
        time.contestants.push_back({name, "nothing", touched, "does not wait", [=] { return duel->figure(cpp); }, ""});
        auto counted_once = std::make_shared<std::unique_ptr<bench::Sample>>(); // it is the same every time
        count.contestants.push_back({name, "nothing", touched, "does not wait",
                                     [=, &pair] {
                                         if (!*counted_once)
                                             *counted_once = std::make_unique<bench::Sample>(instructions(pair, cpp));
                                         return **counted_once;
                                     },
                                     no_valgrind});
    }
    suite.add(std::move(time));
    suite.add(std::move(count));
}

} // namespace

int main(int argc, char **argv) {
    if (argc == 4 && std::string(argv[1]) == "--once") return run_once(argv[2], std::atoi(argv[3]));
    bench::Suite suite(argc, argv, "cpp_overhead");
    bench::pin(0);
    std::string missing = bench::output_of("valgrind --version 2>/dev/null").empty() ? "no valgrind"
                          : suite.quick()                                            ? "not in a smoke run"
                                                                                     : "";
    for (const Pair &pair : kPairs) add_cases(suite, pair, missing);
    return suite.run();
}
