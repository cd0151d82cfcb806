// SPDX-License-Identifier: Apache-2.0
//
// Python's multiprocessing.Queue and Pipe: bench/peers/messages.py, which measures by itself, in the same way.
#include "../external.hpp"
#include "../transport.hpp"

#include <sstream>

namespace bench {
namespace {

// One that has numpy, if there is one: Debian's packages belong to Debian's Python.
const std::string &python_with_numpy() {
    static const std::string found = [] {
        for (const std::string &candidate : {python(), std::string("/usr/bin/python3")})
            if (!output_of(in_quotes(candidate) + " -c 'import numpy; print(1)' 2>/dev/null").empty()) return candidate;
        return python();
    }();
    return found;
}

Sample measure(const char *peer, Method method, Content content, const Plan &plan) {
    std::ostringstream command;
    command << "timeout -k 1 " << 60 + static_cast<int>(plan.seconds) << ' ' << in_quotes(python_with_numpy()) << ' '
            << in_quotes(std::string(BENCH_FOLDER) + "/peers/messages.py") << ' ' << peer
            << (content == Content::words ? " words " : " structured ")
            << (method == Method::round_trip ? "round_trip " : "one_way ") << plan.bytes << ' ' << plan.capacity << ' '
            << plan.writers << ' ' << plan.readers << ' ' << plan.one_core << ' ' << plan.seconds << ' '
            << plan.warm_up;
    std::istringstream answer(output_of(command.str()));
    std::string word;
    Sample sample;
    if (!(answer >> word >> sample.figure) || word != "ok") return broken(Sample(), "messages.py: " + answer.str());
    answer >> sample.note;
    for (uint64_t ns; answer >> ns;) sample.histogram.record(ns);
    return sample;
}

Peer python_peer(const char *peer, const char *name, bool many) {
    auto carries = [](Content c) { return c == Content::words || c == Content::structured; };
    auto copied = [](const Plan &plan) {
        return "pickled, " + bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) + " out, unpickled";
    };
    auto unavailable = [=](const Plan &plan) {
        if (!many && (plan.writers > 1 || plan.readers > 1)) return std::string("for one writer and one reader");
        return external_missing();
    };
    auto its = [=](Method method, Content content, const Plan &plan) { return measure(peer, method, content, plan); };
    return {name, "sleeps", false, false, carries, copied, unavailable, its};
}

} // namespace

void add_python(std::vector<Peer> &peers) {
    peers.push_back(python_peer("queue", "Python multiprocessing.Queue", true));
    peers.push_back(python_peer("pipe", "Python multiprocessing.Pipe", false));
}

} // namespace bench
