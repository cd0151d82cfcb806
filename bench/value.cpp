// SPDX-License-Identifier: Apache-2.0
//
// Workload E, tables: tabs of string keys and integers, beside std::unordered_map<std::string, long>, a JSON document
// (RapidJSON), Boost's unordered_map in a managed segment, and CPython's dict.
//
//   build            empty tables become tables of n keys, key by key, without saying beforehand how many
//   build and free   a table is built and its memory given back, again and again
//   look up          a value is found by key and read; the keys in random order
//   iterate          every value is read, in the table's order
//
// Keys stand ready as what each contestant takes: std::string, of which brine takes the pointer and the length, and str
// for CPython. "by char pointers" is without the length, as C programs have them: brine counts it, the standard map
// makes a std::string of each. The figure of a repetition is the median over rounds of at least some 2000 keys.
#include "external.hpp"
#include "measure.hpp"

#include <brine/brine.h>

#include <memory>
#include <numeric>
#include <random>
#include <unordered_map>

#if __has_include(<boost/interprocess/managed_shared_memory.hpp>) && __has_include(<boost/unordered_map.hpp>)
#include <boost/functional/hash.hpp>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/unordered_map.hpp>
#define HAVE_BOOST 1
#endif
#if __has_include(<rapidjson/document.h>)
#include <rapidjson/document.h>
#define HAVE_RAPIDJSON 1
#endif

namespace {

using bench::Sample;

constexpr size_t kRoundKeys = 2000; // a round takes long beside reading the clock

// ---- keys ----

struct Keys {
    std::vector<std::string> all, missing;
    std::vector<size_t> order; // in which they are looked up
    int64_t sum = 0;           // of all values: key i has value i
};

// "key_" and a number, filled up to `length` bytes.
Keys make_keys(size_t n, size_t length) {
    Keys keys;
    auto name = [&](const char *prefix, size_t i) {
        std::string text = prefix + std::to_string(i);
        if (text.size() < length) text.insert(4, length - text.size(), '_');
        return text;
    };
    for (size_t i = 0; i < n; i++) keys.all.push_back(name("key_", i)), keys.missing.push_back(name("kex_", i));
    keys.order.resize(n);
    std::iota(keys.order.begin(), keys.order.end(), size_t{0});
    std::shuffle(keys.order.begin(), keys.order.end(), std::mt19937_64(42));
    keys.sum = static_cast<int64_t>(n) * (static_cast<int64_t>(n) - 1) / 2;
    return keys;
}

// ---- the tables: make and drop any number, use one ----

struct Brine {
    using Table = brine_packet;
    brine_pool *pool = nullptr;
    brine_ref root{};
    Brine() {
        brine_pool_options options{};
        options.max_bytes = uint64_t{4} << 30;
        if (brine_pool_create_private(&options, &pool)) std::abort();
    }
    ~Brine() { brine_pool_detach(pool); }
    Table build(const Keys &keys) {
        brine_packet packet = brine_packet_none();
        if (brine_packet_new(pool, &packet)) return packet;
        brine_ref tab = brine_root(packet);
        int64_t value = 0;
        for (const std::string &key : keys.all) brine_set_int_n(tab, key.data(), key.size(), value++);
        return packet;
    }
    void use(Table &t) { root = brine_root(t); }
    int64_t find(const std::string &key) { return brine_get_int_n(root, key.data(), key.size(), -1); }
    int64_t iterate() {
        int64_t sum = 0, value;
        brine_iter it = brine_iterate(root);
        brine_ref v;
        while (brine_next(&it, nullptr, &v)) sum += brine_as_int(v, &value) == 0 ? value : 0;
        return sum;
    }
    void drop(Table &t) { brine_packet_free(t); }
};

struct BrineByChars : Brine {
    Table build(const Keys &keys) {
        brine_packet packet = brine_packet_none();
        if (brine_packet_new(pool, &packet)) return packet;
        brine_ref tab = brine_root(packet);
        int64_t value = 0;
        for (const std::string &key : keys.all) brine_set_int(tab, key.c_str(), value++);
        return packet;
    }
    int64_t find(const std::string &key) { return brine_get_int(root, key.c_str(), -1); }
};

struct Unordered {
    using Table = std::unordered_map<std::string, long> *;
    Table map = nullptr;
    Table build(const Keys &keys) {
        Table table = new std::unordered_map<std::string, long>;
        long value = 0;
        for (const std::string &key : keys.all) (*table)[key] = value++;
        return table;
    }
    void use(Table &t) { map = t; }
    int64_t find(const std::string &key) {
        auto it = map->find(key);
        return it == map->end() ? -1 : it->second;
    }
    int64_t iterate() {
        int64_t sum = 0;
        for (const auto &entry : *map) sum += entry.second;
        return sum;
    }
    void drop(Table &t) { delete t; }
};

struct UnorderedByChars : Unordered {
    Table build(const Keys &keys) {
        Table table = new std::unordered_map<std::string, long>;
        long value = 0;
        for (const std::string &key : keys.all) (*table)[key.c_str()] = value++;
        return table;
    }
    int64_t find(const std::string &key) {
        auto it = map->find(key.c_str());
        return it == map->end() ? -1 : it->second;
    }
};

#ifdef HAVE_RAPIDJSON
struct Rapidjson {
    using Table = rapidjson::Document *;
    Table document = nullptr;
    Table build(const Keys &keys) {
        Table d = new rapidjson::Document(rapidjson::kObjectType);
        auto &allocator = d->GetAllocator();
        int64_t value = 0;
        for (const std::string &key : keys.all)
            d->AddMember(rapidjson::Value(key.c_str(), static_cast<rapidjson::SizeType>(key.size()), allocator),
                         rapidjson::Value(value++), allocator);
        return d;
    }
    void use(Table &t) { document = t; }
    int64_t find(const std::string &key) {
        auto it = document->FindMember(rapidjson::Value(rapidjson::StringRef(key.c_str(), key.size())));
        return it == document->MemberEnd() ? -1 : it->value.GetInt64();
    }
    int64_t iterate() {
        int64_t sum = 0;
        for (const auto &member : document->GetObject()) sum += member.value.GetInt64();
        return sum;
    }
    void drop(Table &t) { delete t; }
};
#endif

#ifdef HAVE_BOOST
struct Boost {
    template <typename T>
    using Allocator = boost::interprocess::allocator<T, boost::interprocess::managed_shared_memory::segment_manager>;
    using String = boost::interprocess::basic_string<char, std::char_traits<char>, Allocator<char>>;
    using Map = boost::unordered_map<String, long, boost::hash<String>, std::equal_to<String>,
                                     Allocator<std::pair<const String, long>>>;
    using Table = Map *;
    std::string name = "brine-bench-" + std::to_string(getpid());
    std::unique_ptr<boost::interprocess::managed_shared_memory> segment;
    Table map = nullptr;
    Boost() {
        boost::interprocess::shared_memory_object::remove(name.c_str());
        segment.reset(new boost::interprocess::managed_shared_memory(boost::interprocess::create_only, name.c_str(),
                                                                     size_t{1} << 30));
    }
    ~Boost() {
        segment.reset();
        boost::interprocess::shared_memory_object::remove(name.c_str());
    }
    Table build(const Keys &keys) {
        auto *manager = segment->get_segment_manager();
        Table table = segment->construct<Map>(boost::interprocess::anonymous_instance)(
            3u, boost::hash<String>(), std::equal_to<String>(), Map::allocator_type(manager));
        long value = 0;
        for (const std::string &key : keys.all) table->emplace(String(key.c_str(), key.size(), manager), value++);
        return table;
    }
    void use(Table &t) { map = t; }
    int64_t find(const std::string &key) {
        auto it = map->find(String(key.c_str(), key.size(), segment->get_segment_manager()));
        return it == map->end() ? -1 : it->second;
    }
    int64_t iterate() {
        int64_t sum = 0;
        for (const auto &entry : *map) sum += entry.second;
        return sum;
    }
    void drop(Table &t) { segment->destroy_ptr(t); }
};
#endif

// ---- measuring ----

enum What { BUILD, BUILD_FREE, HIT, MISS, ITERATE };
const char *const kWhat[] = {"build", "build and free", "look up, hit", "look up, miss", "iterate"};

template <typename T> bool look_up(T &contestant, const Keys &keys, bool hit) {
    int64_t sum = 0, expected = hit ? keys.sum : -static_cast<int64_t>(keys.all.size());
    const std::vector<std::string> &names = hit ? keys.all : keys.missing;
    for (size_t i : keys.order) sum += contestant.find(names[i]);
    return sum == expected;
}

// Many times what is asked for: ns.
template <typename T> struct Rounds {
    T &contestant;
    const Keys &keys;
    std::vector<typename T::Table> tables;

    int64_t build(bool at_once) {
        int64_t start = bench::now_ns();
        for (auto &table : tables) {
            table = contestant.build(keys);
            if (at_once) contestant.drop(table);
        }
        int64_t ns = bench::now_ns() - start;
        if (!at_once)
            for (auto &table : tables) contestant.drop(table);
        return ns;
    }
    int64_t read(What what, bool &ok) {
        int64_t start = bench::now_ns();
        for (size_t i = 0; i < tables.size(); i++)
            ok &= what == ITERATE ? contestant.iterate() == keys.sum : look_up(contestant, keys, what == HIT);
        return bench::now_ns() - start;
    }
};

template <typename T> Sample measure(const Keys &keys, What what, int64_t budget_ns) {
    Sample sample;
    T contestant;
    size_t n = keys.all.size(), many = n < kRoundKeys ? kRoundKeys / n : 1;
    auto table = contestant.build(keys);
    contestant.use(table);
    sample.ok = contestant.iterate() == keys.sum && look_up(contestant, keys, true) && look_up(contestant, keys, false);
    Rounds<T> rounds{contestant, keys, std::vector<typename T::Table>(many)};
    std::vector<int64_t> times;
    int64_t begin = bench::now_ns(), ns;
    for (size_t round = 0; round < 3 || bench::now_ns() - begin < budget_ns; round++) {
        ns = what == BUILD || what == BUILD_FREE ? rounds.build(what == BUILD_FREE) : rounds.read(what, sample.ok);
        if (round > 0) times.push_back(ns); /* the first one warms up */
    }
    contestant.drop(table);
    auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    sample.figure = static_cast<double>(*middle) / static_cast<double>(n * many);
    if (!sample.ok) sample.note = "wrong values were found, or memory ran out";
    return sample;
}

// CPython in a process of its own.
Sample measure_dict(size_t n, size_t length, What what, int64_t budget_ns) {
    static const char *const names[] = {"build", "build_free", "hit", "miss", "iterate"};
    return bench::external({"dict", std::to_string(n), std::to_string(length), names[what], std::to_string(budget_ns)});
}

void add_case(bench::Suite &suite, const std::shared_ptr<Keys> &keys, size_t length, What what, int64_t budget) {
    size_t n = keys->all.size();
    std::string touched = what == ITERATE ? "every value read"
                          : what == HIT   ? "key hashed and compared, value read"
                          : what == MISS  ? "key hashed"
                                          : "key and value written";
    std::string size = std::to_string(n) + " keys" + (length ? " of " + std::to_string(length) + " B" : "");
    bench::Case c{"E", size + ", " + kWhat[what], "ns/key", false, {}};
    auto add = [&](const char *name, const char *copied, std::function<Sample()> run, const std::string &skipped = "") {
        c.contestants.push_back({name, copied, touched, "does not wait", std::move(run), skipped});
    };
    add("brine", "keys and values into shared memory", [=] { return measure<Brine>(*keys, what, budget); });
    add("std::unordered_map", "keys and values into the heap", [=] { return measure<Unordered>(*keys, what, budget); });
    if (what != ITERATE) {
        add("brine by char pointers", "keys and values into shared memory",
            [=] { return measure<BrineByChars>(*keys, what, budget); });
        add("std::unordered_map by char pointers", "keys and values into the heap",
            [=] { return measure<UnorderedByChars>(*keys, what, budget); });
    }
#ifdef HAVE_RAPIDJSON
    bool slow = n > 1000;
    add(
        "RapidJSON document", "keys and values into the heap", [=] { return measure<Rapidjson>(*keys, what, budget); },
        slow ? "it looks keys up one by one" : "");
#else
    add("RapidJSON document", "", nullptr, "no <rapidjson>: package rapidjson-dev");
#endif
#ifdef HAVE_BOOST
    add("Boost unordered_map, managed segment", "keys and values into shared memory",
        [=] { return measure<Boost>(*keys, what, budget); });
#else
    add("Boost unordered_map, managed segment", "", nullptr, "no <boost/interprocess>: package libboost-dev");
#endif
    add(
        "CPython dict", "references to objects; a key keeps its hash",
        [=] { return measure_dict(n, length, what, budget); }, bench::external_missing());
    suite.add(std::move(c));
}

} // namespace

int main(int argc, char **argv) {
    bench::Suite suite(argc, argv, "value");
    int64_t budget = suite.quick() ? 1000000 : 100000000;
    struct {
        size_t keys, length;
    } sizes[] = {{8, 0}, {10, 0}, {100, 0}, {1000, 0}, {1000, 12}, {1000, 24}, {suite.scaled(1000000), 0}};
    bench::pin(0);
    for (auto &size : sizes) {
        auto keys = std::make_shared<Keys>(make_keys(size.keys, size.length));
        for (What what : {BUILD, BUILD_FREE, HIT, MISS, ITERATE}) add_case(suite, keys, size.length, what, budget);
    }
    return suite.run();
}
