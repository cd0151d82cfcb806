// SPDX-License-Identifier: Apache-2.0
//
// What every benchmark program shares: contestants that are measured in turns within one run, histograms, and
// one JSON line for each result. bench/report makes the tables and plots of them.
//
// A program adds its contestants to a Suite and calls run(). A contestant's measure() does one repetition and returns
// a Sample: the figure of that repetition (its median, rate or total) and, where single operations are timed, their
// histogram. The repetitions of all contestants of a case are interleaved, in changing order, so that whatever else the
// machine does hits all of them; the reported figure is the median over the repetitions.
#ifndef BENCH_MEASURE_HPP
#define BENCH_MEASURE_HPP

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <regex>
#include <string>
#include <vector>

namespace bench {

inline int64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * int64_t{1000000000} + t.tv_nsec;
}

// Runs the calling thread on one CPU only (modulo the number of CPUs that it may use).
inline void pin(int nth) {
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return;
    int count = CPU_COUNT(&all), skip = nth % count;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all) || skip-- > 0) continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

// Nanoseconds in buckets of 1/32 of their size. Plain memory: may stand in memory shared between processes.
class Histogram {
  public:
    void record(uint64_t ns) { buckets_[index(ns)]++, count_++; }
    void add(const Histogram &other) {
        for (size_t i = 0; i < buckets_.size(); i++) buckets_[i] += other.buckets_[i];
        count_ += other.count_;
    }
    uint64_t count() const { return count_; }
    // The value below which the fraction lies (lower edge of its bucket).
    double percentile(double fraction) const {
        uint64_t wanted = static_cast<uint64_t>(fraction * static_cast<double>(count_)), seen = 0;
        for (size_t i = 0; i < buckets_.size(); i++)
            if ((seen += buckets_[i]) > wanted) return static_cast<double>(lower(i));
        return 0;
    }
    // [lower edge, count] of the buckets in use, for plots.
    std::string json() const {
        std::string text = "[";
        for (size_t i = 0; i < buckets_.size(); i++)
            if (buckets_[i])
                text +=
                    (text.size() > 1 ? ",[" : "[") + std::to_string(lower(i)) + "," + std::to_string(buckets_[i]) + "]";
        return text + "]";
    }

  private:
    static constexpr unsigned kBits = 5; // 2^5 buckets for each doubling
    static size_t index(uint64_t ns) {
        if (ns < (1u << kBits)) return static_cast<size_t>(ns);
        unsigned high = 63 - static_cast<unsigned>(__builtin_clzll(ns));
        return (static_cast<size_t>(high - kBits + 1) << kBits) +
               static_cast<size_t>((ns >> (high - kBits)) & ((1u << kBits) - 1));
    }
    static uint64_t lower(size_t i) {
        if (i < (1u << kBits)) return i;
        unsigned high = static_cast<unsigned>(i >> kBits) + kBits - 1;
        return (uint64_t{1} << high) + ((i & ((1u << kBits) - 1)) << (high - kBits));
    }
    std::array<uint64_t, (64 - kBits + 1) << kBits> buckets_{};
    uint64_t count_ = 0;
};

struct Sample {
    double figure = 0;   // of this repetition, in the unit of the case
    Histogram histogram; // of single operations in ns; may be empty
    bool ok = true;      // the data that arrived was checked and right
    std::string note;    // why not ok, or what the reader should know
};

struct Contestant {
    std::string name;    // "brine", "limit: raw cache line", "pipe(2)"
    std::string copied;  // bytes copied on the way: "nothing (by reference)", "64 B in, 64 B out"
    std::string touched; // what writer and reader do with the data: "64 B written, 64 B read"
    std::string waits;   // "spins", "spins, then sleeps", "sleeps", "does not wait"
    std::function<Sample()> measure;
    std::string skipped; // not empty: cannot be measured here, and why; measure is not called
};

struct Case {
    std::string workload; // "A" .. "G"
    std::string name;     // "round trip, 64 B"
    std::string unit;     // "ns", "packets/s", "pairs/s", "ns/key", "bytes"
    bool higher_is_better = false;
    std::vector<Contestant> contestants;
};

inline std::string quoted(const std::string &text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';
        else
            out += c;
    }
    return out + "\"";
}

// Options of every program: --quick (a smoke run: one short repetition), --repetitions N, --only REGEX (of
// "WORKLOAD CASE: CONTESTANT"), --list. JSON lines go to standard output, progress to standard error.
class Suite {
  public:
    Suite(int argc, char **argv, std::string program) : program_(std::move(program)) {
        for (int i = 1; i < argc; i++) {
            std::string option = argv[i];
            if (option == "--quick")
                quick_ = true, repetitions_ = 1;
            else if (option == "--list")
                list_ = true;
            else if (option == "--repetitions" && i + 1 < argc)
                repetitions_ = std::max(1, std::atoi(argv[++i]));
            else if (option == "--only" && i + 1 < argc)
                only_ = std::regex(argv[++i], std::regex::icase);
            else {
                std::fprintf(stderr, "usage: %s [--quick] [--list] [--repetitions N] [--only REGEX]\n", argv[0]);
                std::exit(2);
            }
        }
    }
    bool quick() const { return quick_; }
    // A number of operations or bytes: the full one, or a hundredth of it for a smoke run.
    uint64_t scaled(uint64_t full) const { return quick_ ? std::max<uint64_t>(1, full / 100) : full; }
    void add(Case c) { cases_.push_back(std::move(c)); }

    // Exit status: 1 if any data was wrong.
    int run() {
        bool ok = true;
        for (Case &c : cases_) ok &= run_case(c);
        return ok ? 0 : 1;
    }

  private:
    bool wanted(const Case &c, const Contestant &who) const {
        return std::regex_search(c.workload + " " + c.name + ": " + who.name, only_);
    }

    bool run_case(Case &c) {
        std::vector<Contestant *> all;
        for (Contestant &who : c.contestants)
            if (wanted(c, who)) all.push_back(&who);
        if (list_) {
            for (Contestant *who : all)
                std::printf("%s %s: %s%s%s\n", c.workload.c_str(), c.name.c_str(), who->name.c_str(),
                            who->skipped.empty() ? "" : "  skipped: ", who->skipped.c_str());
            return true;
        }
        std::vector<std::vector<double>> figures(all.size());
        std::vector<Histogram> histograms(all.size());
        std::vector<std::string> notes(all.size());
        std::vector<char> good(all.size(), 1);
        for (int repetition = 0; repetition < repetitions_; repetition++) {
            for (size_t k = 0; k < all.size(); k++) {
                size_t i = (k + static_cast<size_t>(repetition)) % all.size();
                if (!all[i]->skipped.empty()) continue;
                std::fprintf(stderr, "%s: %s %s: %s (%d of %d)\n", program_.c_str(), c.workload.c_str(), c.name.c_str(),
                             all[i]->name.c_str(), repetition + 1, repetitions_);
                Sample sample = all[i]->measure();
                if (sample.ok) figures[i].push_back(sample.figure);
                good[i] = static_cast<char>(good[i] && sample.ok);
                histograms[i].add(sample.histogram);
                if (!sample.note.empty()) notes[i] = sample.note;
            }
        }
        bool ok = true;
        for (size_t i = 0; i < all.size(); i++) {
            print(c, *all[i], figures[i], histograms[i], good[i] != 0, notes[i]);
            ok &= good[i] != 0;
        }
        return ok;
    }

    void print(const Case &c, const Contestant &who, std::vector<double> figures, const Histogram &h, bool good,
               const std::string &note) const {
        std::printf(
            "{\"program\":%s,\"workload\":%s,\"case\":%s,\"contestant\":%s,\"unit\":%s,\"higher_is_better\":%s,",
            quoted(program_).c_str(), quoted(c.workload).c_str(), quoted(c.name).c_str(), quoted(who.name).c_str(),
            quoted(c.unit).c_str(), c.higher_is_better ? "true" : "false");
        std::printf("\"copied\":%s,\"touched\":%s,\"waits\":%s,\"quick\":%s,", quoted(who.copied).c_str(),
                    quoted(who.touched).c_str(), quoted(who.waits).c_str(), quick_ ? "true" : "false");
        if (!who.skipped.empty()) {
            std::printf("\"skipped\":%s}\n", quoted(who.skipped).c_str());
            std::fflush(stdout);
            return;
        }
        std::printf("\"checked\":%s,\"note\":%s,\"figures\":[", good ? "true" : "false", quoted(note).c_str());
        for (size_t i = 0; i < figures.size(); i++) std::printf("%s%.6g", i ? "," : "", figures[i]);
        std::sort(figures.begin(), figures.end());
        std::printf("],\"median\":%.6g", figures.empty() ? 0 : figures[figures.size() / 2]);
        if (h.count())
            std::printf(",\"p50\":%.6g,\"p99\":%.6g,\"p999\":%.6g,\"histogram\":%s", h.percentile(0.5),
                        h.percentile(0.99), h.percentile(0.999), h.json().c_str());
        std::printf("}\n");
        std::fflush(stdout);
    }

    std::string program_;
    std::vector<Case> cases_;
    int repetitions_ = 7;
    bool quick_ = false, list_ = false;
    std::regex only_{""};
};

} // namespace bench

#endif
