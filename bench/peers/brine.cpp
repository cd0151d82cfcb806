// SPDX-License-Identifier: Apache-2.0
//
// Brine, by its public C API, in a private pool that the processes inherit.
//
//   Brine            a packet is made, filled, enqueued; dequeued, read, freed
//   Many             the same in batches: as many as the pipe holds, up to 64
//   BrineAgain       the packet that came is filled again and sent back: nothing is allocated
//   BrineArray       the same with an array, for what is passed by reference
//   BrineStructured  the structured packet, built in place
#include "../transport.hpp"

#include "../structured.hpp"

namespace bench {
namespace {

void must(int rc, const char *what) {
    if (rc) fail(std::string(what) + ": " + brine_status_name(rc) + ": " + brine_detail());
}

// The pool, its pipes, those who are only attached, and waiting.
class Place {
  public:
    explicit Place(const Plan &plan) : spin_(plan.spin), capacity_(plan.capacity) {
        brine_pool_options options = {};
        options.max_bytes = (uint64_t{64} << 20) + (plan.capacity + 16) * (plan.bytes + 16384) * 4;
        must(brine_pool_create_private(&options, &pool_), "create");
        for (int i = 1; i < plan.pipes; i++) {
            brine_pipe *other;
            brine_packet p;
            must(brine_pipe_serve(pool_, ("other-" + std::to_string(i)).c_str(), plan.capacity, &other),
                 "serve another");
            must(brine_packet_new(pool_, &p), "a packet for another pipe");
            must(brine_enqueue(other, p, brine_now()), "enqueue into another pipe");
        }
        for (int i = 0; i < plan.participants; i++)
            others_.start(
                i, [this] { open(); }, [](Report &) {});
        if (!others_.go()) fail("idle participants: " + others_.trouble());
    }
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;
    ~Place() {
        others_.stop();
        brine_pool_detach(pool_);
    }

    // In each process: those who only look on have no part in the pipes.
    void open() {
        must(brine_pipe_serve(pool_, "way-0", capacity_, &pipes_[0]), "serve");
        must(brine_pipe_serve(pool_, "way-1", capacity_, &pipes_[1]), "serve");
    }
    brine_pool *pool() const { return pool_; }
    void enqueue(int way, brine_packet p) {
        if (spin_) {
            int rc;
            while ((rc = brine_enqueue(pipes_[way], p, brine_now())) == BRINE_ETIMEDOUT) {
            }
            must(rc, "enqueue");
        } else {
            must(brine_enqueue(pipes_[way], p, brine_seconds(30)), "enqueue");
        }
    }
    // All of them, in turns as there is room.
    void enqueue_many(int way, const brine_packet *packets, size_t count) {
        size_t at = 0, done;
        int rc;
        do {
            rc = brine_enqueue_many(pipes_[way], packets + at, count - at, spin_ ? brine_now() : brine_seconds(30),
                                    &done);
            at += done;
        } while (spin_ && rc == BRINE_ETIMEDOUT);
        must(rc, "enqueue many");
    }
    size_t dequeue_many(int way, brine_packet *packets, size_t count) {
        size_t done;
        int rc;
        do rc = brine_dequeue_many(pipes_[way], packets, count, spin_ ? brine_now() : brine_seconds(30), &done);
        while (spin_ && rc == BRINE_ETIMEDOUT);
        must(rc, "dequeue many");
        return done;
    }
    brine_packet dequeue(int way) {
        brine_packet p;
        if (spin_) {
            int rc;
            while ((rc = brine_dequeue(pipes_[way], &p, brine_now())) == BRINE_ETIMEDOUT) {
            }
            must(rc, "dequeue");
        } else {
            must(brine_dequeue(pipes_[way], &p, brine_seconds(30)), "dequeue");
        }
        return p;
    }

  private:
    bool spin_;
    uint32_t capacity_;
    brine_pool *pool_ = nullptr;
    brine_pipe *pipes_[2] = {};
    Processes others_;
};

template <typename Fill> brine_packet filled(brine_pool *pool, size_t bytes, Fill fill) {
    brine_packet p;
    void *data;
    must(brine_packet_new(pool, &p), "new packet");
    must(brine_assign_bytes_room(brine_root(p), bytes, &data), "room");
    fill(data);
    return p;
}

template <typename Take> auto read_and_free(brine_packet p, Take take) {
    const void *data;
    size_t length;
    must(brine_as_bytes(brine_root(p), &data, &length), "read");
    auto result = take(data, length);
    must(brine_packet_free(p), "free");
    return result;
}

class Brine {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit Brine(const Plan &plan) : place_(plan), bytes_(plan.bytes) {}
    void enter(const Role &) { place_.open(); }
    template <typename Fill> void send(int way, Fill fill) { place_.enqueue(way, filled(place_.pool(), bytes_, fill)); }
    template <typename Take> auto receive(int way, Take take) { return read_and_free(place_.dequeue(way), take); }

  private:
    Place place_;
    size_t bytes_;
};

// What a program does that has several packets to pass on: one call for a batch of them. Only for one-way streams: a
// packet waits until the batch is complete.
class Many {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit Many(const Plan &plan)
        : place_(plan), bytes_(plan.bytes), batch_(std::min<size_t>(kBatch, plan.capacity)) {}
    void enter(const Role &) { place_.open(); }
    template <typename Fill> void send(int way, Fill fill) {
        packets_[have_++] = filled(place_.pool(), bytes_, fill);
        if (have_ < batch_) return;
        place_.enqueue_many(way, packets_, have_);
        have_ = 0;
    }
    template <typename Take> auto receive(int way, Take take) {
        if (next_ == have_) have_ = place_.dequeue_many(way, packets_, batch_), next_ = 0;
        return read_and_free(packets_[next_++], take);
    }

  private:
    static constexpr size_t kBatch = 64;
    Place place_;
    size_t bytes_, batch_, have_ = 0, next_ = 0;
    brine_packet packets_[kBatch];
};

template <bool kArray> class Again {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit Again(const Plan &plan) : place_(plan), bytes_(plan.bytes) {}
    void enter(const Role &) { place_.open(); }
    template <typename Fill> void send(int way, Fill fill) {
        if (!have_) make();
        have_ = false;
        fill(data_);
        place_.enqueue(way, packet_);
    }
    template <typename Take> auto receive(int way, Take take) {
        packet_ = place_.dequeue(way);
        size_t length = look();
        have_ = true;
        return take(data_, length);
    }

  private:
    void make() {
        must(brine_packet_new(place_.pool(), &packet_), "new packet");
        size_t words = bytes_ / 8;
        if constexpr (kArray)
            must(brine_assign_array(brine_root(packet_), BRINE_U64, 1, &words, BRINE_ARRAY_UNINIT, &data_), "array");
        else
            must(brine_assign_bytes_room(brine_root(packet_), bytes_, &data_), "room");
    }
    size_t look() {
        if constexpr (kArray) {
            brine_array a;
            must(brine_as_array(brine_root(packet_), &a), "read");
            data_ = a.data;
            return a.bytes;
        } else {
            const void *data;
            size_t length;
            must(brine_as_bytes(brine_root(packet_), &data, &length), "read");
            data_ = const_cast<void *>(data); // the packet is ours
            return length;
        }
    }

    Place place_;
    size_t bytes_;
    bool have_ = false;
    brine_packet packet_ = {};
    void *data_ = nullptr;
};

class BrineStructured {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit BrineStructured(const Plan &plan) : place_(plan) {}
    void enter(const Role &) { place_.open(); }
    void send(int way, uint64_t number) {
        brine_packet p;
        must(brine_packet_new(place_.pool(), &p), "new packet");
        build_structured(brine_root(p), number);
        place_.enqueue(way, p);
    }
    uint64_t receive(int way) {
        brine_packet p = place_.dequeue(way);
        brine_ref t = brine_root(p), hdr = brine_find(t, "hdr");
        uint64_t number = static_cast<uint64_t>(brine_get_int(t, "sequence_number", -1));
        int64_t taken[3];
        for (int i = 0; i < 3; i++) taken[i] = brine_get_int(hdr, kKeyNames[kRead[i]], -1);
        brine_array data;
        must(brine_get_array(t, "data", &data), "data");
        double sum = data.count == kData ? sum_data(static_cast<const double *>(data.data)) : -1;
        must(brine_packet_free(p), "free");
        return checked(number, taken, sum);
    }

  private:
    Place place_;
};

} // namespace

void add_brine(std::vector<Peer> &peers) {
    const char *waits = "spins for about as long as a wake costs, then sleeps";
    peers.push_back(reference_peer<Brine>("brine", waits, true));
    peers.push_back(reference_peer<Many>("brine, batches", waits, true));
    peers.push_back(reference_peer<Again<false>>("brine, packet filled again", waits, true));
    peers.push_back(reference_peer<Again<true>>("brine, same array to and fro", waits, true));
    peers.push_back(endpoint_peer<BrineStructured>("brine, built in place", waits, true, Content::structured));
}

} // namespace bench
