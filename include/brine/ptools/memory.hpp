// SPDX-License-Identifier: Apache-2.0
// ptools: which pools this process is attached to, values put into them, and raw shared memory.
//
// A process attaches to a pool once; SHMMain, ServerSide and ClientSide of one name share it. So a packet goes from one
// pipe of the pool to another without being copied.
#ifndef BRINE_PTOOLS_MEMORY_HPP
#define BRINE_PTOOLS_MEMORY_HPP

#include <chrono>
#include <iostream>
#include <thread>

#include <brine/ptools/operations.hpp>

namespace ptools {
namespace detail {

using PoolPointer = std::shared_ptr<StreamingPool>;

/// Never destroyed, as values of static lifetime may outlive what is.
struct Pools {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<StreamingPool>> attached;
    struct Raw {
        brine_raw_region region;
        std::string name;
        bool created;
    };
    std::map<const void *, Raw> raw;               // by address
    std::map<const void *, PoolPointer> streaming; // what CreateStreamingPool made for an address
};
inline Pools &pools() {
    static Pools *const all = [] { // a child of fork finds it whole, whatever other threads were doing
        pthread_atfork([] { pools().mutex.lock(); }, [] { pools().mutex.unlock(); }, [] { pools().mutex.unlock(); });
        return new Pools;
    }();
    return *all;
}

inline PoolPointer adopt(brine_pool *attached) {
    auto pool = std::make_shared<StreamingPool>(attached);
    const std::lock_guard<std::mutex> lock(pools().mutex);
    pools().attached[pool->name()] = pool;
    return pool;
}

/// True unless another pool has the name by now.
inline bool is_current(const StreamingPool &pool) {
    brine_pool_options options = {};
    options.flags = BRINE_POOL_READONLY;
    brine_pool *named = nullptr;
    brine_pool_info mine, theirs;
    if (brine_pool_attach(pool.name().c_str(), &options, brine_now(), &named) < 0) return true;
    const bool same = brine_pool_get_info(pool.get(), &mine) == 0 && brine_pool_get_info(named, &theirs) == 0 &&
                      std::memcmp(mine.uuid, theirs.uuid, sizeof mine.uuid) == 0;
    brine_pool_detach(named);
    return same;
}

/// The pool of a name as it is now, or none.
inline PoolPointer find_pool(const std::string &name, void *address) {
    const std::lock_guard<std::mutex> lock(pools().mutex);
    std::weak_ptr<StreamingPool> &known = pools().attached[name];
    if (PoolPointer pool = known.lock(); pool != nullptr && is_current(*pool)) return pool;
    brine_pool_options options = {};
    options.address = address;
    brine_pool *attached = nullptr;
    const int status = brine_pool_attach(name.c_str(), &options, brine_now(), &attached);
    if (status == BRINE_ENOENT || status == BRINE_EBUSY) return nullptr; // EBUSY: it is being removed
    check(status);
    auto pool = std::make_shared<StreamingPool>(attached);
    known = pool;
    return pool;
}

inline void pause_a_moment() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

/// What happens to a name that is taken: a pool that nobody is attached to is left over and replaced, one in use is
/// joined. *joined says which.
inline PoolPointer make_pool(const std::string &name, const brine_pool_options &options, bool *joined) {
    for (int tries = 0; tries < 1000; tries++, pause_a_moment()) {
        brine_pool *made = nullptr;
        *joined = false;
        int status = brine_pool_create(name.c_str(), &options, &made);
        if (status == 0) return adopt(made);
        if (status != BRINE_EEXIST) check(status);
        status = brine_pool_unlink_stale(name.c_str());
        if (status == 0)
            std::cerr << "pool " << name << " was left over: it is made anew\n";
        else if (status != BRINE_EBUSY && status != BRINE_ENOENT)
            check(status);
        *joined = true;
        if (status == BRINE_EBUSY)
            if (PoolPointer pool = find_pool(name, options.address)) return pool;
    }
    fail(BRINE_EBUSY, "pool " + name + " is made and removed by others all the time");
}

/// Names may begin with a slash, as those of shm_open.
inline std::string plain_name(const std::string &name) { return name.substr(name[0] == '/' ? 1 : 0); }

inline std::uint64_t pool_bytes(Count bytes) { return std::max<std::uint64_t>(bytes.get(), 64 << 10); } // the smallest

} // namespace detail

namespace detail {
/// A packet that this process was given, as an object; it is freed if there is no memory for that.
inline std::shared_ptr<Packet> own(PoolPointer pool, brine_packet packet) {
    try {
        return std::make_shared<Packet>(std::move(pool), packet);
    } catch (...) {
        brine_packet_free(packet);
        throw;
    }
}
} // namespace detail

/// A copy of a value in a pool, as a packet that can be enqueued by reference. Throws BRINE_ENOMEM. What is assigned
/// below it is in the pool, too.
inline Proxy Shared(StreamingPool *pool, const Value &v) {
    if (pool == nullptr) detail::fail(BRINE_EINVAL, "no pool: start() the SHMMain, ServerSide or ClientSide first");
    brine_packet packet;
    detail::check(brine_packet_new(pool->get(), &packet));
    auto made = detail::own(pool->shared_from_this(), packet);
    detail::store(made->root(), v, 0);
    return Proxy(Val(std::move(made)));
}
template <class T, std::enable_if_t<detail::comparable<T>, int> = 0> Proxy Shared(StreamingPool *pool, const T &v) {
    return Shared(pool, static_cast<const Value &>(Val(v)));
}

/// True if the address is in the memory of the pool.
inline bool InSHM(const StreamingPool *pool, const void *address) { return brine_pool_contains(pool->get(), address); }
/// True if all of the value is in the pool: in a packet nothing is elsewhere.
inline bool IsSHM(const StreamingPool *pool, const Value &v) {
    const detail::Access in_pool{v};
    return in_pool && brine_value_in_pool(pool->get(), in_pool.ref());
}
/// The same for whichever pool.
inline bool IsSHM(const Value &v) { return static_cast<bool>(detail::Access{v}); }

// ---- raw memory: for those who bring their own structures

/// Plain shared memory under a name, zeroed. One of this name is replaced, and said to be; who has that one keeps it.
/// debug has no effect; address is a hint.
inline char *SHMCreate(const std::string &path, detail::Count bytes, bool debug = false, void *address = nullptr) {
    (void)debug;
    const std::string name = detail::plain_name(path);
    brine_raw_region region;
    int status = brine_raw_create(name.c_str(), bytes.get(), 0, address, &region);
    if (status == BRINE_EEXIST) {
        std::cerr << "shared memory " << name << " was there: it is made anew\n";
        brine_raw_unlink(name.c_str());
        status = brine_raw_create(name.c_str(), bytes.get(), 0, address, &region);
    }
    detail::check(status);
    const std::lock_guard<std::mutex> lock(detail::pools().mutex);
    detail::pools().raw[region.data] = {region, name, true};
    return static_cast<char *>(region.data);
}

/// Attaches to it, waiting, without an end, until it is there. bytes: set to its size.
inline char *SHMAttach(const std::string &path, void *address, std::size_t &bytes, bool debug = false) {
    (void)debug;
    const std::string name = detail::plain_name(path);
    brine_raw_region region;
    detail::check(brine_raw_attach(name.c_str(), address, brine_forever(), &region));
    bytes = region.bytes;
    const std::lock_guard<std::mutex> lock(detail::pools().mutex);
    detail::pools().raw[region.data] = {region, name, false};
    return static_cast<char *>(region.data);
}

inline char *SHMAttach(const std::string &path) {
    std::size_t bytes;
    return SHMAttach(path, nullptr, bytes);
}

namespace detail {
inline Pools::Raw &raw_at(const void *memory) { // with the mutex held
    const auto found = pools().raw.find(memory);
    if (found == pools().raw.end()) fail(BRINE_EINVAL, "the address is not one that SHMCreate or SHMAttach gave");
    return found->second;
}
} // namespace detail

/// Tells everyone that the memory is filled in. The length is not needed here, nor below.
inline void SHMInitialize(const void *memory, std::size_t = 0) {
    const std::lock_guard<std::mutex> lock(detail::pools().mutex);
    brine_raw_initialize(&detail::raw_at(memory).region);
}
/// Whether somebody has.
inline bool SHMInitialized(const void *memory, std::size_t = 0) {
    const std::lock_guard<std::mutex> lock(detail::pools().mutex);
    return brine_raw_initialized(&detail::raw_at(memory).region);
}
/// Unmaps it; values in a StreamingPool made for it stay as long as they are used.
inline void SHMDetach(const void *memory, std::size_t = 0) {
    detail::PoolPointer last; // detached after the lock is given back
    const std::lock_guard<std::mutex> lock(detail::pools().mutex);
    brine_raw_detach(&detail::raw_at(memory).region);
    detail::pools().raw.erase(memory);
    const auto pool = detail::pools().streaming.find(memory);
    if (pool == detail::pools().streaming.end()) return;
    last = std::move(pool->second);
    detail::pools().streaming.erase(pool);
}
/// Removes the name, that of a pool made for it, and that of a pool of SHMMain, as far as they are there.
inline void SHMUnlink(const std::string &path, bool = false) {
    const std::string name = detail::plain_name(path);
    brine_raw_unlink(name.c_str());
    brine_pool_unlink((name + ".pool").c_str());
    brine_pool_unlink(name.c_str());
}

/// A pool of its own beside the memory: of the name NAME.pool for what SHMCreate and SHMAttach gave, so that all who
/// have that memory have one pool; without a name, for this process and its children, for any other address. Nothing is
/// written to the memory. The pool is this process's until SHMDetach.
inline StreamingPool *StreamingPool::CreateStreamingPool(void *memory, detail::Count bytes, int) {
    brine_pool_options options = {};
    options.max_bytes = detail::pool_bytes(bytes);
    std::string name;
    bool created = false, joined = false;
    {
        const std::lock_guard<std::mutex> lock(detail::pools().mutex);
        const auto raw = detail::pools().raw.find(memory);
        if (raw != detail::pools().raw.end()) {
            name = raw->second.name + ".pool";
            created = raw->second.created;
        }
    }
    detail::PoolPointer pool;
    if (name.empty()) {
        brine_pool *made = nullptr;
        detail::check(brine_pool_create_private(&options, &made));
        pool = std::make_shared<StreamingPool>(made);
    } else {
        if (!created) pool = detail::find_pool(name, nullptr);
        if (pool == nullptr) pool = detail::make_pool(name, options, &joined);
    }
    const std::lock_guard<std::mutex> lock(detail::pools().mutex);
    return (detail::pools().streaming[memory] = std::move(pool)).get();
}

} // namespace ptools

#endif
