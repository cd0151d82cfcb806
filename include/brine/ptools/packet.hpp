// SPDX-License-Identifier: Apache-2.0
// ptools: pools and packets as this process has them, and the ways into a value.
//
// A Packet is what a proxy of shared memory stands for. It keeps the handle and hands out places: objects with lasting
// addresses, one for each cell that was asked for. When the packet was shared (enqueued, or it came so) and is then
// changed, it first becomes this process's own again, copied if others have it too; the places are moved along.
// Access is the way to a value in a packet, and holds its lock. Sight is the way to any value in the form that the
// library works on. Nobody waits for the lock of a packet while holding another's, but by a TransactionLock of his own:
// what comes from elsewhere is first copied aside.
#ifndef BRINE_PTOOLS_PACKET_HPP
#define BRINE_PTOOLS_PACKET_HPP

#include <exception>
#include <map>
#include <typeindex>
#include <utility>

#include <brine/ptools/val.hpp>

namespace ptools {

/// A pool that this process is attached to: what Shared() puts values into, and raw memory. Made by SHMMain,
/// ServerSide, ClientSide and CreateStreamingPool; lives as long as one of them or a value in it does. Thread-safe. A
/// forked child may use it, but has none of its parent's packets.
class StreamingPool : public std::enable_shared_from_this<StreamingPool> {
  public:
    explicit StreamingPool(brine_pool *attached) : pool_(attached) {}
    ~StreamingPool() { brine_pool_detach(pool_); }
    StreamingPool(const StreamingPool &) = delete;
    StreamingPool &operator=(const StreamingPool &) = delete;

    /// A pool for memory that the caller has, see memory.hpp.
    static StreamingPool *CreateStreamingPool(void *memory, detail::Count bytes, int alignment = 8);

    brine_pool *get() const { return pool_; }
    std::string name() const { return brine_pool_name(pool_); }
    /// Raw memory, aligned to 64 and freed when this process ends, if not before. Throws BRINE_ENOMEM.
    char *allocate(detail::Count bytes) {
        void *memory = brine_pool_allocate(pool_, bytes.get());
        if (memory == nullptr) detail::fail(BRINE_ENOMEM, brine_detail());
        return static_cast<char *>(memory);
    }
    void deallocate(void *memory) { detail::check(brine_pool_deallocate(pool_, memory)); }
    bool isPristine() const { return brine_pool_is_pristine(pool_); }
    bool isFull() const { return brine_pool_is_full(pool_); }
    int_u8 biggestFreeBlock() const { return brine_pool_biggest_free(pool_); }
    int_u8 bytes() const { return brine_pool_bytes(pool_); }

  private:
    brine_pool *pool_;
};

namespace detail {

/// A container that new made, with the lock that a TransactionLock takes.
struct Boxed {
    Val value;
    std::recursive_mutex mutex;
};

/// A packet that this process has, and the places in it that were asked for.
class Packet {
  public:
    Packet(std::shared_ptr<StreamingPool> where, brine_packet p)
        : pool_(std::move(where)), handle_(p), forks_(fork_count()), frozen_(is_frozen()) {}
    ~Packet() { brine_packet_free(handle_); } // refused, and so without effect, if it is a parent's
    Packet(const Packet &) = delete;
    Packet &operator=(const Packet &) = delete;

    StreamingPool &pool() const { return *pool_; }
    brine_ref root() const { return check(brine_root(handle_)); }
    /// Changes whenever something in the packet does: what was looked up in it is looked up anew.
    std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
    /// True if it has to become this process's own before it is changed.
    bool frozen() const { return frozen_.load(std::memory_order_acquire); }

    std::unique_lock<std::recursive_mutex> lock() const {
        if (forks_ != fork_count())
            fail(BRINE_ENOTHELD, "the packet belongs to the parent process; a child of fork has its own");
        return std::unique_lock<std::recursive_mutex>(mutex_);
    }

    // The rest is for those who hold the lock.
    Val &node(brine_ref ref);
    /// Forgets the error of a call that failed at this ref.
    void forgive(brine_ref ref) {
        if (brine_ref_ok(ref)) brine_packet_clear_error(brine_ref_packet(ref));
        brine_packet_clear_error(handle_);
    }
    void changed() { epoch_.fetch_add(1, std::memory_order_release); }
    /// Makes it this process's own, as far as it is not.
    void to_write();
    /// One more share of it, to be enqueued. The packet itself is shared from then on.
    brine_packet share();
    /// For a packet with one proxy: the handle, to be enqueued. sent() says that it was.
    brine_packet handle() const { return handle_; }
    void sent() {
        for (auto &entry : nodes_) std::get<Node>(entry.second.body_).ref = brine_ref_null(BRINE_ENOTHELD);
        handle_ = brine_packet_none();
        changed();
    }
    /// An array of the packet as an object; place: where it is, nullptr for the root.
    template <class T> Array<T> &view(const Val *place);
    /// The same, whatever its elements are.
    ArrayBase &array(const Val *place);
    /// The ref of a place; nullptr: the root.
    brine_ref where(const Val *place) const;

  private:
    using Nodes = std::unordered_map<std::uint64_t, Val>;
    bool is_frozen() const { return brine_packet_is_shared(handle_) || brine_deliveries(handle_) > 0; }
    void rename(brine_packet old);
    void move_along(Nodes &before, brine_ref from, brine_ref to, int depth);
    void own_copy();

    std::shared_ptr<StreamingPool> pool_;
    brine_packet handle_;
    unsigned forks_;
    std::atomic<bool> frozen_;
    std::atomic<std::uint64_t> epoch_{0};
    mutable std::recursive_mutex mutex_;
    Nodes nodes_;                        // by place
    std::vector<Nodes::node_type> lost_; // places that have no counterpart in a copy; using one throws
    std::map<std::pair<const Val *, std::type_index>, Owned<ArrayBase>> views_;
};

/// The ref of a place, if it still has one.
inline brine_ref good(brine_ref ref) {
    if (brine_ref_ok(ref)) return ref;
    if (brine_ref_status(ref) == BRINE_ENOTHELD) fail(BRINE_ENOTHELD, "the packet was passed on");
    fail(BRINE_ENOENT, "the value was found in a packet that was enqueued and then changed: look it up again");
}

/// A value in a packet, locked. False for any other.
class Access {
  public:
    explicit Access(const Value &v) : value_(v.self()) {
        if (const auto *node = std::get_if<Node>(&value_.body_))
            packet_ = node->packet;
        else if (const auto *proxy = std::get_if<std::shared_ptr<Packet>>(&value_.body_))
            packet_ = proxy->get();
        if (packet_ != nullptr) lock_ = packet_->lock();
    }
    /// A change that failed leaves the packet usable: its error does not stick.
    ~Access() {
        if (exceptions_ < 0 || std::uncaught_exceptions() <= exceptions_) return;
        packet_->forgive(changed_);
    }
    Access(const Access &) = delete;
    Access &operator=(const Access &) = delete;
    explicit operator bool() const { return packet_ != nullptr; }
    Packet &packet() const { return *packet_; }
    /// Its place, nullptr for the root.
    const Val *place() const {
        return std::holds_alternative<Node>(value_.body_) ? static_cast<const Val *>(&value_) : nullptr;
    }
    brine_ref ref() const {
        const auto *node = std::get_if<Node>(&value_.body_);
        if (node == nullptr) return packet_->root();
        return good(node->ref);
    }
    /// The same, to be changed.
    brine_ref to_write() {
        exceptions_ = std::uncaught_exceptions();
        packet_->to_write();
        packet_->changed();
        return changed_ = ref();
    }

  private:
    const Value &value_;
    Packet *packet_ = nullptr;
    int exceptions_ = -1; // under way when it began to be changed; -1: it is not changed
    brine_ref changed_ = brine_ref_null(BRINE_EINVAL);
    std::unique_lock<std::recursive_mutex> lock_;
};

/// Any value as a ref: where it is, or written into a packet for the moment.
class Sight {
  public:
    explicit Sight(const Value &v) : access_(v) {
        if (access_) return;
        scratch_.emplace();
        store(scratch_->root(), v, 0);
    }
    brine_ref ref() const { return scratch_ ? scratch_->root() : access_.ref(); }

  private:
    Access access_;
    std::optional<Scratch> scratch_;
};

/// A copy of a value for the moment, for which no lock is held any more.
class Aside {
  public:
    explicit Aside(const Value &v) { store(scratch_.root(), v, 0); }
    brine_ref ref() const { return scratch_.root(); }

  private:
    Scratch scratch_;
};

/// The packet that a value is in, or nullptr.
inline const Packet *packet_of(const Value &v) {
    const Value &s = v.self();
    if (const auto *node = std::get_if<Node>(&s.body_)) return node->packet;
    const auto *proxy = std::get_if<std::shared_ptr<Packet>>(&s.body_);
    return proxy != nullptr ? proxy->get() : nullptr;
}

/// Calls f with the refs of two values.
template <class F> auto with_both(const Value &a, const Value &b, F f) {
    const Packet *left = packet_of(a), *right = packet_of(b);
    if (left != nullptr && left == right) {
        const Sight here(a), there(b);
        return f(here.ref(), there.ref());
    }
    if (left != nullptr) {
        const Aside there(b);
        const Sight here(a);
        return f(here.ref(), there.ref());
    }
    const Aside here(a);
    const Sight there(b);
    return f(here.ref(), there.ref());
}

/// A key in the form that the library takes; good as long as the value and this object are.
class Key {
  public:
    explicit Key(const Val &v);
    const brine_key &get() const { return key_; }

  private:
    template <class T> static brine_key of(T n);
    std::optional<Sight> sight_;
    brine_key key_;
};

inline void Packet::to_write() {
    if (!frozen()) return;
    if (brine_deliveries(handle_) > 0) check(brine_ack(handle_));
    if (brine_packet_is_shared(handle_)) {
        if (brine_packet_holders(handle_) == 1) {
            const brine_packet old = handle_;
            check(brine_packet_own(&handle_)); // no copy: nobody else can share it out
            rename(old);
        } else {
            own_copy();
        }
    }
    frozen_.store(false, std::memory_order_release);
    changed();
}

inline brine_packet Packet::share() {
    if (!brine_packet_is_shared(handle_)) {
        if (brine_deliveries(handle_) > 0) check(brine_ack(handle_)); // what is passed on twice cannot go by its lease
        const brine_packet old = handle_;
        check(brine_packet_share(&handle_));
        rename(old);
        frozen_.store(true, std::memory_order_release);
        changed();
    }
    brine_packet token;
    check(brine_packet_clone(handle_, &token));
    return token;
}

/// The places of the packet under its new handle.
inline void Packet::rename(brine_packet old) {
    for (auto &entry : nodes_) {
        brine_ref &ref = std::get<Node>(entry.second.body_).ref;
        if (ref.record != old.record || ref.generation != old.generation) continue;
        ref.record = handle_.record;
        ref.generation = handle_.generation;
    }
}

inline void Packet::own_copy() {
    brine_packet copy;
    check(brine_packet_copy(root(), pool_->get(), &copy));
    const brine_packet old = handle_;
    handle_ = copy;
    Nodes before;
    before.swap(nodes_);
    if (!before.empty()) move_along(before, brine_root(old), brine_root(copy), 0);
    while (!before.empty()) {
        lost_.push_back(before.extract(before.begin()));
        std::get<Node>(lost_.back().mapped().body_).ref = brine_ref_null(BRINE_ENOENT);
    }
    brine_packet_free(old);
}

/// A copy has the same values in the same order.
inline void Packet::move_along(Nodes &before, brine_ref from, brine_ref to, int depth) {
    if (auto node = before.extract(from.place)) {
        std::get<Node>(node.mapped().body_).ref = to;
        node.key() = to.place;
        nodes_.insert(std::move(node));
    }
    if (depth == BRINE_MAX_DEPTH) return;
    brine_iter a = brine_iterate(from), b = brine_iterate(to);
    brine_ref x, y;
    while (brine_next(&a, nullptr, &x) && brine_next(&b, nullptr, &y)) move_along(before, x, y, depth + 1);
}

} // namespace detail
} // namespace ptools

#endif
