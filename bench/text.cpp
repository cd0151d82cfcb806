// SPDX-License-Identifier: Apache-2.0
//
// Workload E, text: JSON documents and Python literals read into a packet and printed from one, beside RapidJSON's
// document (numbers to the last bit and UTF-8 checked, as brine does) and Python.
//
// Documents are the public ones in BRINE_TEST_DATA (else ../shared/data beside the project) as far as they are there,
// and made ones, which always are: records of short strings and numbers, and a table of floats. The figure is the
// median over the readings of a document, in MB (10^6 bytes) of text a second.
#include "external.hpp"
#include "measure.hpp"

#include <brine/brine.h>

#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#if __has_include(<rapidjson/document.h>)
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#define HAVE_RAPIDJSON 1
#endif

namespace {

using bench::Sample;

struct Document {
    std::string name, json, literal; // the same value twice
    std::string json_file, literal_file;
    brine_packet packet{}; // and as a value
};

struct Environment {
    brine_pool *pool = nullptr;
    std::string folder; // for what Python is to read
    std::vector<std::shared_ptr<Document>> documents;
    ~Environment() {
        for (auto &d : documents) std::remove(d->json_file.c_str()), std::remove(d->literal_file.c_str());
        if (!folder.empty()) rmdir(folder.c_str());
        if (pool) brine_pool_detach(pool);
    }
};

// ---- documents ----

std::string records(size_t count) {
    std::mt19937_64 random(7);
    std::ostringstream out;
    out << "[";
    for (size_t i = 0; i < count; i++)
        out << (i ? "," : "") << "{\"id\":" << i << ",\"name\":\"record " << random() % 1000
            << "\",\"tags\":[\"alpha\",\"beta\"],\"active\":" << (random() % 2 ? "true" : "false")
            << ",\"score\":" << static_cast<double>(random() % 100000) / 100
            << ",\"note\":\"a text of some length with an \\u00e9 and a \\\"quote\\\"\",\"next\":null}";
    out << "]";
    return out.str();
}

std::string floats(size_t count) {
    std::mt19937_64 random(8);
    std::ostringstream out;
    out.precision(17);
    out << "[";
    for (size_t i = 0; i < count; i++)
        out << (i ? "," : "") << static_cast<double>(random() >> 11) / 9007199254740992.0 * 360 - 180;
    out << "]";
    return out.str();
}

std::string content_of(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// One JSON value a line, as one list.
std::string lines_as_list(const std::string &text) {
    std::istringstream in(text);
    std::string line, list = "[";
    while (std::getline(in, line))
        if (line.find_first_not_of(" \t\r") != std::string::npos) list += (list.size() > 1 ? ",\n" : "") + line;
    return list + "]";
}

std::string printed(brine_packet packet, brine_style style) {
    char *text = nullptr;
    size_t length = 0;
    if (brine_print_text(brine_root(packet), style, 0, &text, &length)) return "";
    std::string out(text, length);
    std::free(text);
    return out;
}

void write_file(const std::string &file, const std::string &text) { std::ofstream(file, std::ios::binary) << text; }

void add_document(Environment &e, const std::string &name, const std::string &json) {
    auto d = std::make_shared<Document>();
    if (json.empty()) return;
    brine_text_error error;
    if (brine_packet_new(e.pool, &d->packet)) return;
    if (brine_parse_json(brine_root(d->packet), json.data(), json.size(), 0, &error)) {
        std::fprintf(stderr, "text: %s is left out: line %zu: %s\n", name.c_str(), error.line, brine_detail());
        brine_packet_free(d->packet);
        return;
    }
    d->name = name;
    d->json = json;
    d->literal = printed(d->packet, BRINE_LITERAL);
    d->json_file = e.folder + "/" + name + ".json";
    d->literal_file = e.folder + "/" + name + ".literal";
    write_file(d->json_file, d->json);
    write_file(d->literal_file, d->literal);
    e.documents.push_back(d);
}

bool prepare(Environment &e, bool quick) {
    brine_pool_options options{};
    options.max_bytes = uint64_t{2} << 30;
    char folder[] = "/tmp/brine-bench.XXXXXX";
    if (brine_pool_create_private(&options, &e.pool) || !mkdtemp(folder)) return false;
    e.folder = folder;
    const char *set = std::getenv("BRINE_TEST_DATA");
    std::string data = set && *set ? set : std::string(BENCH_FOLDER) + "/../../shared/data";
    add_document(e, "github_events.json", content_of(data + "/github_events.json"));
    if (!quick) { // megabytes, which take Python seconds
        for (const char *name : {"twitter.json", "canada.json"}) add_document(e, name, content_of(data + "/" + name));
        std::string cellphones = content_of(data + "/amazon_cellphones.ndjson");
        if (!cellphones.empty()) add_document(e, "amazon_cellphones.ndjson", lines_as_list(cellphones));
    }
    add_document(e, "made records", records(quick ? 100 : 5000));
    add_document(e, "made floats", floats(quick ? 500 : 50000));
    return true;
}

// ---- contestants: one reading or printing, and whether it came out right ----

struct BrineReads {
    brine_pool *pool;
    const std::string &text;
    bool literal;
    bool once() {
        brine_packet p;
        if (brine_packet_new(pool, &p)) return false;
        int rc = literal ? brine_parse_literal(brine_root(p), text.data(), text.size(), nullptr)
                         : brine_parse_json(brine_root(p), text.data(), text.size(), 0, nullptr);
        brine_packet_free(p);
        return rc == 0;
    }
    bool check(const Document &d) {
        brine_packet p;
        if (brine_packet_new(pool, &p)) return false;
        int rc = literal ? brine_parse_literal(brine_root(p), text.data(), text.size(), nullptr)
                         : brine_parse_json(brine_root(p), text.data(), text.size(), 0, nullptr);
        bool same = rc == 0 && brine_equal(brine_root(p), brine_root(d.packet));
        brine_packet_free(p);
        return same;
    }
};

struct BrinePrints {
    brine_packet packet;
    bool literal;
    size_t bytes = 0;
    bool once() {
        char *text = nullptr;
        if (brine_print_text(brine_root(packet), literal ? BRINE_LITERAL : BRINE_JSON, 0, &text, &bytes)) return false;
        std::free(text);
        return true;
    }
};

#ifdef HAVE_RAPIDJSON
constexpr unsigned kStrict = rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag;

// Values in a document, and bytes of its strings: the same as in brine's.
struct Count {
    size_t values = 0, bytes = 0;
    bool operator==(const Count &other) const { return values == other.values && bytes == other.bytes; }
};
void count(const rapidjson::Value &v, Count &c) {
    c.values++;
    if (v.IsString()) c.bytes += v.GetStringLength();
    if (v.IsArray())
        for (const auto &item : v.GetArray()) count(item, c);
    if (v.IsObject())
        for (const auto &member : v.GetObject()) count(member.value, c);
}
void count(brine_ref v, Count &c) {
    c.values++;
    brine_type type = brine_type_of(v);
    if (type == BRINE_STR) c.bytes += brine_length(v);
    if (type != BRINE_ARR && type != BRINE_TAB) return;
    brine_iter it = brine_iterate(v);
    for (brine_ref inner; brine_next(&it, nullptr, &inner);) count(inner, c);
}

struct RapidjsonReads {
    const std::string &text;
    unsigned strict;
    bool once() {
        rapidjson::Document d;
        if (strict)
            d.Parse<kStrict>(text.data(), text.size());
        else
            d.Parse(text.data(), text.size());
        return !d.HasParseError();
    }
    bool check(const Document &doc) {
        rapidjson::Document d;
        Count ours, theirs;
        d.Parse<kStrict>(text.data(), text.size());
        if (d.HasParseError()) return false;
        count(d, theirs);
        count(brine_root(doc.packet), ours);
        return ours == theirs;
    }
};

struct RapidjsonPrints {
    rapidjson::Document document;
    size_t bytes = 0;
    bool once() {
        rapidjson::StringBuffer buffer;
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        bool ok = document.Accept(writer);
        bytes = buffer.GetSize();
        return ok;
    }
};
#endif

// Median MB/s of once(), of so many bytes (0: known after the first).
template <typename C> Sample timed(C &contestant, const std::function<size_t()> &bytes, int64_t budget_ns) {
    Sample sample;
    std::vector<int64_t> times;
    int64_t begin = bench::now_ns(), start;
    while (times.size() < 3 || bench::now_ns() - begin < budget_ns) {
        start = bench::now_ns();
        sample.ok &= contestant.once();
        times.push_back(bench::now_ns() - start);
    }
    auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    sample.figure = static_cast<double>(bytes()) * 1e3 / static_cast<double>(*middle);
    if (!sample.ok) sample.note = "what was read or printed is not what it should be";
    return sample;
}

// ---- the cases ----

void add_reads(bench::Suite &suite, brine_pool *pool, const std::shared_ptr<Document> &d, bool literal,
               int64_t budget) {
    bench::Case c{"E", std::string(literal ? "read a literal: " : "read JSON: ") + d->name, "MB/s", true, {}};
    auto add = [&](const char *name, const char *copied, std::function<Sample()> run, const std::string &skipped = "") {
        c.contestants.push_back(
            {name, copied, "text read, value built and freed", "does not wait", std::move(run), skipped});
    };
    add("brine", "text into values in shared memory", [=] {
        BrineReads reads{pool, literal ? d->literal : d->json, literal};
        bool ok = reads.check(*d);
        Sample sample = timed(
            reads, [&] { return reads.text.size(); }, budget);
        sample.ok &= ok;
        return sample;
    });
#ifdef HAVE_RAPIDJSON
    for (unsigned strict : {1u, 0u}) {
        if (literal) break;
        add(strict ? "RapidJSON, exact and checked" : "RapidJSON, as it is", "text into a document on the heap", [=] {
            RapidjsonReads reads{d->json, strict};
            bool ok = reads.check(*d);
            Sample sample = timed(
                reads, [&] { return reads.text.size(); }, budget);
            sample.ok &= ok;
            return sample;
        });
    }
#else
    if (!literal) add("RapidJSON", "", nullptr, "no <rapidjson>: package rapidjson-dev");
#endif
    add(
        literal ? "CPython ast.literal_eval" : "CPython json", "text into objects",
        [=] {
            return bench::external({literal ? "literal" : "json", "parse", literal ? d->literal_file : d->json_file,
                                    std::to_string(budget)});
        },
        bench::external_missing());
    suite.add(std::move(c));
}

void add_prints(bench::Suite &suite, const std::shared_ptr<Document> &d, bool literal, int64_t budget) {
    bench::Case c{"E", std::string(literal ? "print a literal: " : "print JSON: ") + d->name, "MB/s", true, {}};
    auto add = [&](const char *name, const char *copied, std::function<Sample()> run, const std::string &skipped = "") {
        c.contestants.push_back({name, copied, "value read, text written", "does not wait", std::move(run), skipped});
    };
    add("brine", "values in shared memory into text", [=] {
        BrinePrints prints{d->packet, literal};
        return timed(
            prints, [&] { return prints.bytes; }, budget);
    });
#ifdef HAVE_RAPIDJSON
    if (!literal)
        add("RapidJSON", "a document on the heap into text", [=] {
            RapidjsonPrints prints;
            prints.document.Parse<kStrict>(d->json.data(), d->json.size());
            return timed(
                prints, [&] { return prints.bytes; }, budget);
        });
#else
    if (!literal) add("RapidJSON", "", nullptr, "no <rapidjson>: package rapidjson-dev");
#endif
    add(
        literal ? "CPython repr" : "CPython json", "objects into text",
        [=] {
            return bench::external({literal ? "literal" : "json", "print", literal ? d->literal_file : d->json_file,
                                    std::to_string(budget)});
        },
        bench::external_missing());
    suite.add(std::move(c));
}

} // namespace

int main(int argc, char **argv) {
    bench::Suite suite(argc, argv, "text");
    Environment e;
    if (!prepare(e, suite.quick())) {
        std::fprintf(stderr, "text: cannot make a pool or a folder: %s\n", brine_detail());
        return 1;
    }
    int64_t budget = suite.quick() ? 1000000 : 200000000;
    bench::pin(0);
    for (const auto &d : e.documents) {
        add_reads(suite, e.pool, d, false, budget);
        add_prints(suite, d, false, budget);
        add_reads(suite, e.pool, d, true, budget);
        add_prints(suite, d, true, budget);
    }
    return suite.run();
}
