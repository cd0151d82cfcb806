// SPDX-License-Identifier: Apache-2.0
//
// Boost.Interprocess: message_queue, which copies; and a managed segment, in which packets are made where they stay and
// passed by reference through a queue under a mutex with conditions: of plain bytes, or of containers.
#include "../transport.hpp"

#if __has_include(<boost/interprocess/ipc/message_queue.hpp>)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/map.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/containers/vector.hpp>
#include <boost/interprocess/indexes/iset_index.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/interprocess/sync/interprocess_condition.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#pragma GCC diagnostic pop

namespace bench {
namespace {

namespace ipc = boost::interprocess;

class BoostQueue {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit BoostQueue(const Plan &plan) : spin_(plan.spin), buffer_(plan.bytes) {
        for (auto &q : queues_) {
            std::string name = "brine-bench-boost-" + std::to_string(getpid());
            ipc::message_queue::remove(name.c_str());
            q = std::make_unique<ipc::message_queue>(ipc::create_only, name.c_str(), plan.capacity, plan.bytes);
            ipc::message_queue::remove(name.c_str()); // the processes inherit the mapping
        }
    }
    void enter(const Role &) {}
    template <typename Fill> void send(int way, Fill fill) {
        size_t length = fill(buffer_.data());
        if (!spin_)
            queues_[way]->send(buffer_.data(), length, 0);
        else
            while (!queues_[way]->try_send(buffer_.data(), length, 0)) {
            }
    }
    template <typename Take> auto receive(int way, Take take) {
        ipc::message_queue::size_type length;
        unsigned priority;
        if (!spin_)
            queues_[way]->receive(buffer_.data(), buffer_.size(), length, priority);
        else
            while (!queues_[way]->try_receive(buffer_.data(), buffer_.size(), length, priority)) {
            }
        return take(buffer_.data(), length);
    }

  private:
    bool spin_;
    std::vector<char> buffer_;
    std::unique_ptr<ipc::message_queue> queues_[2];
};

// A segment that the processes inherit, and a queue of offsets in it.
class Segment {
  public:
    using Managed =
        ipc::basic_managed_external_buffer<char, ipc::rbtree_best_fit<ipc::mutex_family, ipc::offset_ptr<void>>,
                                           ipc::iset_index>;

    explicit Segment(const Plan &plan)
        : spin_(plan.spin), bytes_((uint64_t{16} << 20) + (2 * plan.capacity + 16) * (plan.bytes + 4096)) {
        at_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at_ == MAP_FAILED) fail("no memory for a segment");
        managed_ = std::make_unique<Managed>(ipc::create_only, at_, bytes_);
        for (auto &q : queues_) {
            q = managed_->construct<Queue>(ipc::anonymous_instance)();
            q->capacity = plan.capacity;
            q->entries = static_cast<Entry *>(managed_->allocate(plan.capacity * sizeof(Entry)));
        }
    }
    Segment(const Segment &) = delete;
    Segment &operator=(const Segment &) = delete;
    ~Segment() {
        managed_.reset();
        munmap(at_, bytes_);
    }

    Managed &managed() { return *managed_; }
    void push(int way, void *what, size_t length) {
        Queue &q = *queues_[way];
        Lock lock = when(q, q.not_full, [&] { return q.in - q.out < q.capacity; });
        q.entries.get()[q.in++ % q.capacity] = {managed_->get_handle_from_address(what), length};
        lock.unlock();
        q.not_empty.notify_one();
    }
    void *pop(int way, size_t *length) {
        Queue &q = *queues_[way];
        Lock lock = when(q, q.not_empty, [&] { return q.in != q.out; });
        Entry e = q.entries.get()[q.out++ % q.capacity];
        lock.unlock();
        q.not_full.notify_one();
        *length = e.length;
        return managed_->get_address_from_handle(e.handle);
    }

  private:
    using Lock = ipc::scoped_lock<ipc::interprocess_mutex>;
    struct Entry {
        Managed::handle_t handle;
        size_t length;
    };
    struct Queue {
        ipc::interprocess_mutex mutex;
        ipc::interprocess_condition not_empty, not_full;
        uint64_t in = 0, out = 0, capacity = 0;
        ipc::offset_ptr<Entry> entries;
    };
    template <typename Ready> Lock when(Queue &q, ipc::interprocess_condition &changed, Ready ready) {
        Lock lock(q.mutex);
        while (!ready()) {
            if (!spin_)
                changed.wait(lock);
            else
                lock.unlock(), lock.lock();
        }
        return lock;
    }

    bool spin_;
    size_t bytes_;
    void *at_;
    std::unique_ptr<Managed> managed_;
    Queue *queues_[2];
};

class BoostBytes {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit BoostBytes(const Plan &plan) : segment_(plan), bytes_(plan.bytes) {}
    void enter(const Role &) {}
    template <typename Fill> void send(int way, Fill fill) {
        void *at = segment_.managed().allocate(bytes_);
        segment_.push(way, at, fill(at));
    }
    template <typename Take> auto receive(int way, Take take) {
        size_t length;
        void *at = segment_.pop(way, &length);
        auto result = take(at, length);
        segment_.managed().deallocate(at);
        return result;
    }

  private:
    Segment segment_;
    size_t bytes_;
};

class BoostContainers {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit BoostContainers(const Plan &plan) : segment_(plan) {}
    void enter(const Role &) {}
    void send(int way, uint64_t number) {
        Any any(segment_.managed().get_segment_manager());
        Packet *p = segment_.managed().construct<Packet>(ipc::anonymous_instance)(any);
        p->sequence_number = static_cast<int64_t>(number);
        p->timestamp = static_cast<double>(number) * 1e-6;
        p->name = kName;
        for (const char *tag : kTags) p->tags.push_back(String(tag, any));
        for (int i = 0; i < kKeys; i++)
            p->hdr.insert(std::make_pair(String(kKeyNames[i], any), header_value(number, i)));
        p->data.resize(kData);
        fill_data(p->data.data(), number);
        segment_.push(way, p, sizeof *p);
    }
    uint64_t receive(int way) {
        size_t length;
        Packet *p = static_cast<Packet *>(segment_.pop(way, &length));
        int64_t taken[3];
        for (int i = 0; i < 3; i++) {
            String key(kKeyNames[kRead[i]], Any(segment_.managed().get_segment_manager()));
            taken[i] = p->hdr.at(key);
        }
        uint64_t number = checked(static_cast<uint64_t>(p->sequence_number), taken, sum_data(p->data.data()));
        segment_.managed().destroy_ptr(p);
        return number;
    }

  private:
    template <typename T> using Of = ipc::allocator<T, Segment::Managed::segment_manager>;
    using Any = Of<char>;
    using String = ipc::basic_string<char, std::char_traits<char>, Of<char>>;
    using Header = ipc::map<String, int64_t, std::less<String>, Of<std::pair<const String, int64_t>>>;
    struct Packet {
        explicit Packet(const Any &any) : name(any), tags(any), hdr(any), data(any) {}
        int64_t sequence_number;
        double timestamp;
        String name;
        ipc::vector<String, Of<String>> tags;
        Header hdr;
        ipc::vector<double, Of<double>> data;
    };
    Segment segment_;
};

} // namespace

void add_boost(std::vector<Peer> &peers) {
    auto copied = [](const Plan &plan) { return bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) + " out"; };
    peers.push_back(byte_peer<BoostQueue>("Boost message_queue", "sleeps", true, copied));
    peers.push_back(reference_peer<BoostBytes>("Boost managed segment", "sleeps", true));
    peers.push_back(
        endpoint_peer<BoostContainers>("Boost containers in a managed segment", "sleeps", true, Content::structured));
}

} // namespace bench
#else
namespace bench {
void add_boost(std::vector<Peer> &peers) {
    const char *why = "libboost-dev is not installed";
    for (const char *name : {"Boost message_queue", "Boost managed segment"}) peers.push_back(missing_peer(name, why));
    peers.push_back(missing_peer("Boost containers in a managed segment", why, Content::structured));
}
} // namespace bench
#endif
