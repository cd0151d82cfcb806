// SPDX-License-Identifier: Apache-2.0
//
// The limits: what the machine gives when nothing is kept safe, named, bounded in time or shared by more than asked
// for.
//
//   RawLine     64-byte packets, each one cache line that is its own flag: ping-pong of lines, SPSC ring of lines
//   RawBlocks   packets of any size in a ring of buffers, each behind a flag
//   RawMany     64-byte packets in a ring for many writers and readers: a turn counter in front of each place
//   RawFutex    64-byte packets in one line and a futex: what sleeping and waking costs
#include "../transport.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>

namespace bench {
namespace {

using Word = std::atomic<uint64_t>;

// Memory shared with the processes that are forked.
class Mapping {
  public:
    explicit Mapping(size_t bytes) : bytes_(bytes) {
        at_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at_ == MAP_FAILED) fail("no memory for " + bytes_text(bytes));
    }
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping() { munmap(at_, bytes_); }
    char *at() const { return static_cast<char *>(at_); }

  private:
    size_t bytes_;
    void *at_;
};

struct alignas(kLine) Line {
    Word number; // the flag, and the first word of the data
    uint64_t data[7];

    void write(uint64_t n) {
        data[0] = n + 1;
        fill_words(data + 1, 48, n + 2);
        number.store(n, std::memory_order_release);
    }
    uint64_t read(uint64_t n) const { return data[0] == n + 1 && take_words(data + 1, 48) == n + 2 ? n : kWrong; }
};
static_assert(sizeof(Line) == kLine, "one line");

struct alignas(kPair) Head {
    Word taken;
};

class RawLine {
  public:
    static std::string unavailable(const Plan &plan) {
        return plan.writers == 1 && plan.readers == 1 ? "" : "for one writer and one reader";
    }
    explicit RawLine(const Plan &plan)
        : capacity_(plan.capacity), lines_(2 * capacity_ * sizeof(Line)), heads_(2 * sizeof(Head)) {}
    void enter(const Role &role) {
        if (role.writes[1] || role.reads[1]) capacity_ = 1, paced_ = true;
    }
    void send(int way, uint64_t number) {
        if (!paced_) {
            Word &head = reinterpret_cast<Head *>(heads_.at())[way].taken;
            while (number - seen_ > capacity_) seen_ = head.load(std::memory_order_acquire);
        }
        line(way, number).write(number);
    }
    uint64_t receive(int way) {
        uint64_t number = ++received_;
        const Line &l = line(way, number);
        while (l.number.load(std::memory_order_acquire) != number) {
        }
        uint64_t result = l.read(number);
        if (!paced_) reinterpret_cast<Head *>(heads_.at())[way].taken.store(number, std::memory_order_release);
        return result;
    }

  private:
    // Two ways, a pair of lines apart from each other.
    Line &line(int way, uint64_t number) {
        if (paced_) return reinterpret_cast<Line *>(lines_.at())[way * 2];
        return reinterpret_cast<Line *>(lines_.at())[number & (capacity_ - 1)]; // capacities are powers of two
    }

    uint64_t capacity_, seen_ = 0, received_ = 0;
    bool paced_ = false; // the answer says that the packet was taken
    Mapping lines_, heads_;
};

class RawBlocks {
  public:
    static std::string unavailable(const Plan &plan) { return RawLine::unavailable(plan); }
    explicit RawBlocks(const Plan &plan)
        : capacity_(plan.capacity), stride_((plan.bytes + 2 * kPair - 1) / kPair * kPair),
          blocks_(2 * capacity_ * stride_), heads_(2 * sizeof(Head)) {}
    void enter(const Role &role) {
        if (role.writes[1] || role.reads[1]) capacity_ = 1, paced_ = true;
    }
    template <typename Fill> void send(int way, Fill fill) {
        uint64_t number = ++sent_;
        if (!paced_) {
            Word &head = reinterpret_cast<Head *>(heads_.at())[way].taken;
            while (number - seen_ > capacity_) seen_ = head.load(std::memory_order_acquire);
        }
        char *at = block(way, number);
        length_of(at) = fill(at + kLine);
        flag_of(at).store(number, std::memory_order_release);
    }
    template <typename Take> auto receive(int way, Take take) {
        uint64_t number = ++received_;
        char *at = block(way, number);
        while (flag_of(at).load(std::memory_order_acquire) != number) {
        }
        auto result = take(at + kLine, length_of(at));
        if (!paced_) reinterpret_cast<Head *>(heads_.at())[way].taken.store(number, std::memory_order_release);
        return result;
    }

  private:
    char *block(int way, uint64_t number) {
        return blocks_.at() + (static_cast<size_t>(way) * capacity_ + (number & (capacity_ - 1))) * stride_;
    }
    static Word &flag_of(char *at) { return *reinterpret_cast<Word *>(at); }
    static size_t &length_of(char *at) { return *reinterpret_cast<size_t *>(at + sizeof(Word)); }

    uint64_t capacity_, seen_ = 0, sent_ = 0, received_ = 0;
    bool paced_ = false;
    size_t stride_;
    Mapping blocks_, heads_;
};

class RawMany {
  public:
    static std::string unavailable(const Plan &plan) { return plan.bytes == 64 ? "" : "for 64 bytes"; }
    explicit RawMany(const Plan &plan)
        : mask_(plan.capacity - 1), places_(plan.capacity * sizeof(Place)), ends_(2 * sizeof(Head)) {
        for (uint64_t i = 0; i <= mask_; i++) place(i).turn.store(i, std::memory_order_relaxed);
    }
    void enter(const Role &) {}
    void send(int, uint64_t number) {
        uint64_t t = turn_of(ends()[0], 0);
        fill_words(place(t).data, 64, number);
        place(t).turn.store(t + 1, std::memory_order_release);
    }
    uint64_t receive(int) {
        uint64_t t = turn_of(ends()[1], 1), number = take_words(place(t).data, 64);
        place(t).turn.store(t + mask_ + 1, std::memory_order_release);
        return number;
    }

  private:
    struct alignas(kPair) Place {
        Word turn;
        alignas(kLine) uint64_t data[8];
    };
    // The place whose turn is ours, taken.
    uint64_t turn_of(Head &end, uint64_t ahead) {
        for (int tries = 0;;) {
            uint64_t t = end.taken.load(std::memory_order_relaxed),
                     turn = place(t).turn.load(std::memory_order_acquire);
            if (turn == t + ahead) {
                if (end.taken.compare_exchange_weak(t, t + 1, std::memory_order_relaxed)) return t;
            } else if (++tries % 100 == 0) {
                sched_yield(); // there are more processes than CPUs
            }
        }
    }
    Place &place(uint64_t t) { return reinterpret_cast<Place *>(places_.at())[t & mask_]; }
    Head *ends() { return reinterpret_cast<Head *>(ends_.at()); }

    uint64_t mask_;
    Mapping places_, ends_;
};

class RawFutex {
  public:
    static std::string unavailable(const Plan &plan) {
        return plan.bytes == 64 && plan.writers == 1 && plan.readers == 1 ? ""
                                                                          : "for 64 bytes, one writer and one reader";
    }
    explicit RawFutex(const Plan &) : lines_(2 * kPair) {}
    void enter(const Role &) {}
    void send(int way, uint64_t number) {
        line(way).write(number);
        syscall(SYS_futex, word(way), FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    uint64_t receive(int way) {
        uint64_t number = ++received_;
        for (uint64_t seen; (seen = line(way).number.load(std::memory_order_acquire)) != number;)
            syscall(SYS_futex, word(way), FUTEX_WAIT, static_cast<uint32_t>(seen), nullptr, nullptr, 0);
        return line(way).read(number);
    }

  private:
    Line &line(int way) { return *reinterpret_cast<Line *>(lines_.at() + static_cast<size_t>(way) * kPair); }
    void *word(int way) { return &line(way); } // the low half of the number, on a little-endian machine

    uint64_t received_ = 0;
    Mapping lines_;
};

} // namespace

void add_raw(std::vector<Peer> &peers) {
    peers.push_back(endpoint_peer<RawLine>("limit: raw cache line", "", true, Content::words));
    peers.push_back(reference_peer<RawBlocks>("limit: raw buffer behind a flag", "", true));
    peers.push_back(endpoint_peer<RawMany>("limit: bare ring for many", "", true, Content::words));
    peers.push_back(endpoint_peer<RawFutex>("limit: bare futex", "sleeps", false, Content::words));
}

} // namespace bench
