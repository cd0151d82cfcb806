// SPDX-License-Identifier: Apache-2.0
//
// Does a queue survive the death of one of its users? Again and again one process sends and another receives as fast as
// they can; one of the two is killed with -9 after a random 0 to 20 ms. Then, within two seconds each,
//   1. the survivor has to go on with a replacement of the dead, a process that opens the queue only then, and
//   2. a fresh process in the survivor's place has to go on with the replacement,
// for so many messages more. A run in which one of that does not happen is counted as wedged. The survivor's longest
// stall is its longest wait from the kill to the end of 1. Compared are brine and Boost.Interprocess's message_queue,
// with 64-byte messages: for brine a tab {"seq": int, "data": 40 bytes}.
//
//     wedged [--runs N] [--messages N] [--cutoff-ms N] [--seed N] [--only brine|boost] [--json]
//
// Every run is a process group of its own, with a time limit. A janitor, a process in a session of its own, ends the
// group and removes the names when this program ends, in whatever way.
#include <brine/brine.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef BRINE_BENCH_BOOST
#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>
#endif

namespace {

constexpr uint32_t kSequenceMax = 1u << 22; // of one producer in one run
constexpr int kSliceMs = 20;                // a wait at a time: to see that it is to stop
constexpr size_t kMessageBytes = 64;

int64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * int64_t{1000000000} + t.tv_nsec;
}

void sleep_us(long us) {
    timespec t{us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, nullptr);
}

[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char *format, ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    throw std::runtime_error(text);
}

struct Message {
    uint64_t producer, sequence, check; // check: so that a damaged one is seen
};

// ---- the queues ----

// A queue as a process has it open. False: not within a slice.
class Queue {
  public:
    virtual ~Queue() = default;
    virtual bool send(const Message &message) = 0;
    virtual bool receive(Message &message) = 0;
};

struct Kind {
    std::string name;
    std::string skipped; // why it cannot be measured
    void (*make)(const char *name, uint32_t capacity);
    std::unique_ptr<Queue> (*open)(const char *name);
    void (*remove)(const char *name); // also if it is not there; may be called in any state of the queue
};

void must(int rc, const char *what) {
    if (rc) fail("%s: %s: %s", what, brine_status_name(rc), brine_detail());
}

class BrineQueue : public Queue {
  public:
    explicit BrineQueue(const char *name) {
        must(brine_pool_attach(name, nullptr, brine_seconds(1), &pool_), "attach");
        must(brine_pipe_connect(pool_, "queue", brine_seconds(1), &pipe_), "connect");
    }
    ~BrineQueue() override { brine_pool_detach(pool_); }
    BrineQueue(const BrineQueue &) = delete;
    BrineQueue &operator=(const BrineQueue &) = delete;

    bool send(const Message &message) override {
        char data[40] = "";
        memcpy(data, &message, sizeof message);
        brine_packet packet;
        must(brine_packet_new(pool_, &packet), "new packet");
        brine_set_int(brine_root(packet), "seq", static_cast<int64_t>(message.sequence));
        brine_set_bytes(brine_root(packet), "data", data, sizeof data);
        int rc = brine_enqueue(pipe_, packet, brine_milliseconds(kSliceMs));
        if (rc == 0) return true;
        brine_packet_free(packet);
        if (rc != BRINE_ETIMEDOUT) must(rc, "enqueue");
        return false;
    }
    bool receive(Message &message) override {
        brine_packet packet;
        int rc = brine_dequeue(pipe_, &packet, brine_milliseconds(kSliceMs));
        if (rc == BRINE_ETIMEDOUT) return false;
        must(rc, "dequeue");
        const void *data = nullptr;
        size_t bytes = 0;
        must(brine_as_bytes(brine_find(brine_root(packet), "data"), &data, &bytes), "read");
        if (bytes < sizeof message) fail("a packet with %zu bytes came", bytes);
        memcpy(&message, data, sizeof message);
        if (brine_get_int(brine_root(packet), "seq", -1) != static_cast<int64_t>(message.sequence)) message.check = 0;
        brine_packet_free(packet);
        return true;
    }

  private:
    brine_pool *pool_ = nullptr;
    brine_pipe *pipe_ = nullptr;
};

void make_brine(const char *name, uint32_t capacity) {
    brine_pool_options options{};
    brine_pool *pool;
    brine_pipe *pipe;
    options.max_bytes = 16 << 20;
    must(brine_pool_create(name, &options, &pool), "create");
    must(brine_pipe_serve(pool, "queue", capacity, &pipe), "serve");
    brine_pool_detach(pool);
}

const Kind kBrine{"brine", "", make_brine,
                  [](const char *name) -> std::unique_ptr<Queue> { return std::make_unique<BrineQueue>(name); },
                  [](const char *name) { (void)brine_pool_unlink(name); }};

#ifdef BRINE_BENCH_BOOST
namespace ipc = boost::interprocess;

class BoostQueue : public Queue {
  public:
    explicit BoostQueue(const char *name) : queue_(ipc::open_only, name) {}
    bool send(const Message &message) override {
        char bytes[kMessageBytes] = "";
        memcpy(bytes, &message, sizeof message);
        return queue_.timed_send(bytes, sizeof bytes, 0, until());
    }
    bool receive(Message &message) override {
        char bytes[kMessageBytes];
        ipc::message_queue::size_type got = 0;
        unsigned priority = 0;
        if (!queue_.timed_receive(bytes, sizeof bytes, got, priority, until())) return false;
        if (got != sizeof bytes) fail("a message of %zu bytes came", static_cast<size_t>(got));
        memcpy(&message, bytes, sizeof message);
        return true;
    }

  private:
    static boost::posix_time::ptime until() {
        return boost::posix_time::microsec_clock::universal_time() + boost::posix_time::milliseconds(kSliceMs);
    }
    ipc::message_queue queue_;
};

const Kind kBoost{
    "Boost message_queue " + std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000),
    "",
    [](const char *name, uint32_t capacity) { ipc::message_queue(ipc::create_only, name, capacity, kMessageBytes); },
    [](const char *name) -> std::unique_ptr<Queue> { return std::make_unique<BoostQueue>(name); },
    [](const char *name) { ipc::message_queue::remove(name); }};
#else
const Kind kBoost{"Boost message_queue", "Boost's headers were not found when this was built (Debian: libboost-dev)",
                  nullptr, nullptr, [](const char *) {}};
#endif

// ---- the processes of a run ----

enum { kVictim, kSurvivor, kReplacement, kFresh, kProcesses };

struct Shared {
    struct Process {
        std::atomic<int> go, stop;
        std::atomic<uint64_t> moved;
        std::atomic<uint64_t> got_from[kProcesses]; // a receiver: by sender
        std::atomic<int64_t> longest_ns;            // wait since the kill
    } process[kProcesses];
    std::atomic<int64_t> killed_ns;
    std::atomic<uint64_t> damaged;
    std::atomic<int> failed;
    char failure[300];
    std::atomic<uint8_t> got[kProcesses][kSequenceMax];
};

Shared *shared;

// Counts one message, and the wait before it.
class Progress {
  public:
    explicit Progress(Shared::Process &process) : process_(process) {}
    void moved() {
        int64_t now = now_ns(), killed = shared->killed_ns.load();
        if (killed) {
            int64_t gap = now - std::max(last_, killed);
            if (gap > process_.longest_ns.load(std::memory_order_relaxed))
                process_.longest_ns.store(gap, std::memory_order_relaxed);
        }
        last_ = now;
        process_.moved.fetch_add(1);
    }

  private:
    Shared::Process &process_;
    int64_t last_ = now_ns();
};

void produce(Queue &queue, int self) {
    Shared::Process &me = shared->process[self];
    Progress progress(me);
    for (uint64_t sequence = 0; !me.stop.load(std::memory_order_relaxed) && sequence < kSequenceMax;) {
        uint64_t id = static_cast<uint64_t>(self);
        if (!queue.send({id, sequence, ~(sequence ^ id << 40)})) continue;
        sequence++;
        progress.moved();
    }
}

// Goes on until it is to stop and the queue is empty.
void consume(Queue &queue, int self) {
    Shared::Process &me = shared->process[self];
    Progress progress(me);
    Message m;
    for (;;) {
        int stop = me.stop.load();
        if (stop == 2) return; /* at once */
        if (!queue.receive(m)) {
            if (stop) return;
            continue;
        }
        if (m.producer >= kProcesses || m.sequence >= kSequenceMax || m.check != ~(m.sequence ^ m.producer << 40)) {
            shared->damaged++;
            continue;
        }
        shared->got[m.producer][m.sequence].fetch_add(1);
        me.got_from[m.producer]++;
        progress.moved();
    }
}

// ---- the janitor ----

struct Charge {
    std::atomic<pid_t> group;
    char name[64];
};
Charge *charge;

void clean_up() {
    pid_t group = charge->group.exchange(0);
    if (group > 0) kill(-group, SIGKILL);
    kBrine.remove(charge->name);
    kBoost.remove(charge->name);
}

int janitor_line = -1; // open here only: closed when this process ends

void start_janitor() {
    int ends[2];
    if (pipe(ends) < 0) fail("pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) fail("fork: %s", strerror(errno));
    if (pid > 0) {
        close(ends[0]);
        janitor_line = ends[1];
        return;
    }
    setsid();
    close(ends[1]);
    char c;
    while (read(ends[0], &c, 1) < 0 && errno == EINTR) {
    }
    clean_up();
    _exit(0);
}

// ---- one run ----

struct Options {
    int runs = 100, cutoff_ms = 2000;
    uint64_t messages = 1000, seed = 1;
    bool json = false;
    std::string only;
};

struct Outcome {
    bool wedged = false;
    double stall_us = 0;
    uint64_t lost = 0, taken_along = 0, doubled = 0, damaged = 0;
    std::string note;
};

class Run {
  public:
    Run(const Kind &kind, uint32_t capacity, bool kill_producer, const Options &options)
        : kind_(kind), capacity_(capacity), kill_producer_(kill_producer), options_(options) {}

    Outcome go(long kill_after_us) {
        memory();
        start([] {
            for (;;) pause(); // the group is there until it is ended
        });
        start([this] { kind_.make(charge->name, capacity_); });
        Outcome outcome;
        if (!wait_for(pids_.back())) fail("%s: the queue could not be made: %s", kind_.name.c_str(), shared->failure);
        for (int i = 0; i < kProcesses; i++) start([this, i] { user(i); });
        shared->process[kVictim].go = 1;
        shared->process[kSurvivor].go = 1;
        if (!until([] { return shared->process[kVictim].moved > 0 && shared->process[kSurvivor].moved > 0; }))
            fail("%s: the processes did not start: %s", kind_.name.c_str(), shared->failure);
        sleep_us(kill_after_us);
        shared->killed_ns = now_ns();
        kill(pid_of(kVictim), SIGKILL);
        shared->process[kReplacement].go = 1;
        outcome.wedged = !goes_on(kSurvivor, kReplacement);
        outcome.stall_us = static_cast<double>(shared->process[kSurvivor].longest_ns) / 1000;
        if (!outcome.wedged) {
            shared->process[kSurvivor].stop = kill_producer_ ? 2 : 1;
            shared->process[kFresh].go = 1;
            outcome.wedged = !goes_on(kFresh, kReplacement);
        }
        if (!outcome.wedged) outcome.wedged = !end_in_order();
        if (!outcome.wedged) count(outcome);
        outcome.damaged = shared->damaged;
        outcome.note = shared->failure;
        end();
        return outcome;
    }

  private:
    // The two sides of the queue: those in the victim's place, and those in the survivor's.
    bool is_producer(int i) const { return (i == kVictim || i == kReplacement) == kill_producer_; }

    void memory() {
        if (shared) munmap(shared, sizeof *shared);
        void *p =
            mmap(nullptr, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) fail("no memory: %s", strerror(errno));
        shared = static_cast<Shared *>(p); // all zero
    }

    template <class Body> void start(Body body) {
        pid_t group = charge->group, pid = fork();
        if (pid < 0) fail("fork: %s", strerror(errno));
        if (pid == 0) {
            setpgid(0, group);
            close(janitor_line);
            try {
                body();
                _exit(0);
            } catch (const std::exception &e) {
                if (!shared->failed.exchange(1)) snprintf(shared->failure, sizeof shared->failure, "%s", e.what());
                _exit(1);
            }
        }
        setpgid(pid, group ? group : pid);
        if (!group) charge->group = pid;
        pids_.push_back(pid);
    }
    pid_t pid_of(int process) const { return pids_[static_cast<size_t>(process) + 2]; }

    void user(int self) {
        while (!shared->process[self].go.load()) sleep_us(50);
        std::unique_ptr<Queue> queue = kind_.open(charge->name);
        if (is_producer(self))
            produce(*queue, self);
        else
            consume(*queue, self);
    }

    template <class Condition> bool until(Condition condition) const {
        int64_t end = now_ns() + options_.cutoff_ms * int64_t{1000000};
        while (!condition()) {
            if (now_ns() > end) return false;
            sleep_us(100);
        }
        return true;
    }

    // So many messages more between the two, in time.
    bool goes_on(int a, int b) const {
        int to = is_producer(a) ? b : a, from = is_producer(a) ? a : b;
        std::atomic<uint64_t> &got = shared->process[to].got_from[from];
        uint64_t before = got;
        return until([&] { return got >= before + options_.messages; });
    }

    bool wait_for(pid_t pid) const {
        int status = 0;
        bool ended = until([&] { return waitpid(pid, &status, WNOHANG) == pid; });
        return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    // First who sends, then who receives: so that nothing is left in the queue.
    bool end_in_order() {
        for (bool producers : {true, false})
            for (int i = kSurvivor; i < kProcesses; i++) {
                if (is_producer(i) != producers) continue;
                shared->process[i].stop = 1;
                if (!wait_for(pid_of(i))) return false;
            }
        return true;
    }

    void count(Outcome &outcome) const {
        for (int i = 0; i < kProcesses; i++) {
            if (!is_producer(i)) continue;
            for (uint64_t s = 0; s < kSequenceMax; s++) {
                unsigned got = shared->got[i][s];
                bool sent = s < shared->process[i].moved;
                outcome.lost += sent && got == 0;
                outcome.doubled += got > 1;
                if (!sent && got == 0) break;
            }
        }
        if (!kill_producer_ && outcome.lost > 0) { // it may have had one in its hands
            outcome.lost--;
            outcome.taken_along++;
        }
    }

    void end() {
        clean_up();
        for (pid_t pid : pids_) waitpid(pid, nullptr, 0);
    }

    const Kind &kind_;
    uint32_t capacity_;
    bool kill_producer_;
    const Options &options_;
    std::vector<pid_t> pids_; // the group's first, who makes the queue, then the users
};

// ---- the tables ----

struct Row {
    std::string killed, queue, skipped, note;
    uint32_t capacity = 0;
    int runs = 0, wedged = 0;
    double stall_p50_us = 0, stall_max_us = 0; // of the runs that were not wedged
    uint64_t lost = 0, taken_along = 0, doubled = 0, damaged = 0;
};

Row measure(const Kind &kind, uint32_t capacity, bool kill_producer, const Options &options) {
    Row row;
    row.killed = kill_producer ? "producer" : "consumer";
    row.queue = kind.name;
    row.capacity = capacity;
    row.skipped = kind.skipped;
    if (!row.skipped.empty()) return row;
    std::mt19937_64 random(options.seed);
    std::vector<double> stalls;
    for (; row.runs < options.runs; row.runs++) {
        Outcome outcome = Run(kind, capacity, kill_producer, options).go(static_cast<long>(random() % 20000));
        row.wedged += outcome.wedged;
        if (!outcome.wedged) stalls.push_back(outcome.stall_us);
        row.lost += outcome.lost;
        row.taken_along += outcome.taken_along;
        row.doubled += outcome.doubled;
        row.damaged += outcome.damaged;
        if (!outcome.note.empty()) row.note = outcome.note;
        if (isatty(2))
            fprintf(stderr, "\r%s killed, capacity %u, %s: %d of %d, %d wedged ", row.killed.c_str(), capacity,
                    kind.name.c_str(), row.runs + 1, options.runs, row.wedged);
    }
    if (isatty(2)) fprintf(stderr, "\r\033[K");
    std::sort(stalls.begin(), stalls.end());
    if (!stalls.empty()) {
        row.stall_p50_us = stalls[stalls.size() / 2];
        row.stall_max_us = stalls.back();
    }
    return row;
}

std::string text_of(const char *format, double value) {
    char text[64];
    snprintf(text, sizeof text, format, value);
    return text;
}

void print_row(const Row &row, const Options &options) {
    if (!row.skipped.empty()) {
        printf("%-9s %8u  %-24s skipped: %s\n", row.killed.c_str(), row.capacity, row.queue.c_str(),
               row.skipped.c_str());
        return;
    }
    bool any = row.wedged < row.runs;
    std::string p50 = any ? text_of("%.0f us", row.stall_p50_us) : "-";
    std::string max = row.wedged ? text_of("never (cut off after %g s)", options.cutoff_ms / 1000.0)
                                 : text_of("%.2f ms", row.stall_max_us / 1000);
    printf("%-9s %8u  %-24s %3d of %-4d %11s  %-26s %4" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n", row.killed.c_str(),
           row.capacity, row.queue.c_str(), row.wedged, row.runs, p50.c_str(), max.c_str(), row.lost, row.doubled,
           row.damaged);
    if (!row.note.empty()) printf("%21sone process ended with: %s\n", "", row.note.c_str());
    fflush(stdout);
}

std::string quoted(const std::string &text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
}

// One line for each row.
void print_json(const Row &row, const Options &options) {
    printf("{\"killed\":%s,\"capacity\":%u,\"queue\":%s,", quoted(row.killed).c_str(), row.capacity,
           quoted(row.queue).c_str());
    if (!row.skipped.empty()) {
        printf("\"skipped\":%s}\n", quoted(row.skipped).c_str());
        return;
    }
    printf("\"runs\":%d,\"wedged\":%d,\"cutoff_ms\":%d,\"messages\":%" PRIu64 ",\"seed\":%" PRIu64 ",", row.runs,
           row.wedged, options.cutoff_ms, options.messages, options.seed);
    if (row.wedged < row.runs)
        printf("\"stall_p50_us\":%.1f,\"stall_max_us\":%.1f,", row.stall_p50_us, row.stall_max_us);
    printf("\"lost\":%" PRIu64 ",\"taken_along\":%" PRIu64 ",\"doubled\":%" PRIu64 ",\"damaged\":%" PRIu64
           ",\"note\":%s}\n",
           row.lost, row.taken_along, row.doubled, row.damaged, quoted(row.note).c_str());
    fflush(stdout);
}

void print_head(const Options &options) {
    utsname machine;
    uname(&machine);
    printf("%d runs each; killed with -9 after 0 to 20 ms, then %" PRIu64
           " messages of %zu bytes more, twice, in %g s each (seed %" PRIu64 ")\n",
           options.runs, options.messages, kMessageBytes, options.cutoff_ms / 1000.0, options.seed);
    printf("%ld CPUs, %s %s, compiler %s\n\n", sysconf(_SC_NPROCESSORS_ONLN), machine.sysname, machine.release,
           __VERSION__);
    printf("%-9s %8s  %-24s %11s %11s  %-26s %4s %8s %8s\n", "killed", "capacity", "queue", "wedged", "stall p50",
           "longest stall", "lost", "doubled", "damaged");
}

Options parse(int argc, char **argv) {
    Options options;
    for (int i = 1; i < argc; i++) {
        std::string option = argv[i];
        bool more = i + 1 < argc;
        if (option == "--json")
            options.json = true;
        else if (option == "--runs" && more)
            options.runs = atoi(argv[++i]);
        else if (option == "--messages" && more)
            options.messages = strtoull(argv[++i], nullptr, 0);
        else if (option == "--cutoff-ms" && more)
            options.cutoff_ms = atoi(argv[++i]);
        else if (option == "--seed" && more)
            options.seed = strtoull(argv[++i], nullptr, 0);
        else if (option == "--only" && more && (!strcmp(argv[i + 1], "brine") || !strcmp(argv[i + 1], "boost")))
            options.only = argv[++i];
        else
            options.runs = 0;
    }
    if (options.runs > 0 && options.messages > 0 && options.messages < kSequenceMax / 4 && options.cutoff_ms > 0)
        return options;
    fprintf(stderr, "usage: %s [--runs N] [--messages N] [--cutoff-ms N] [--seed N] [--only brine|boost] [--json]\n",
            argv[0]);
    exit(2);
}

void all(const Options &options) {
    void *p = mmap(nullptr, sizeof *charge, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) fail("no memory: %s", strerror(errno));
    charge = static_cast<Charge *>(p);
    snprintf(charge->name, sizeof charge->name, "brine-wedged-%d", static_cast<int>(getpid()));
    start_janitor();
    if (!options.json) print_head(options);
    for (bool kill_producer : {true, false})
        for (uint32_t capacity : {4u, 64u})
            for (const Kind *kind : {&kBrine, &kBoost}) {
                if (!options.only.empty() && (options.only == "brine") != (kind == &kBrine)) continue;
                Row row = measure(*kind, capacity, kill_producer, options);
                if (options.json)
                    print_json(row, options);
                else
                    print_row(row, options);
            }
}

} // namespace

int main(int argc, char **argv) {
    Options options = parse(argc, argv);
    try {
        all(options);
    } catch (const std::exception &e) {
        fprintf(stderr, "wedged: %s\n", e.what());
        return 1;
    }
    return 0;
}
