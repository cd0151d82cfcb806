// SPDX-License-Identifier: Apache-2.0
//
// Pools: named regions of shared memory that hold packets and pipes. See <brine/pool.h> for what they promise and what
// happens when processes die or fork.
//
// A Pool is this process's attachment. It lasts until the Pool and every Pipe and Block made with it are gone: in
// whatever order they are destroyed, none is left with a dead pool. Packets that are left then are freed with it. The
// pool itself stays until somebody unlinks it. All functions may be called from any thread.
#ifndef BRINE_CPP_POOL_HPP
#define BRINE_CPP_POOL_HPP

#include <brine/cpp/pipe.hpp>

BRINE_CPP_BEGIN

// As brine_pool_options, with its defaults: Pool::create("rf", {.max_bytes = 256 << 20}) in C++20.
struct PoolOptions {
    std::uint64_t max_bytes = 0;     // most memory for packets and pipes; 0: 1 GiB
    std::uint64_t initial_bytes = 0; // committed at creation
    void *address = nullptr;         // hint: map here if the range is free
    mode_t mode = 0;                 // of the file; 0: 0600
    unsigned flags = 0;              // BRINE_POOL_...
    brine_pool_options c_options() const noexcept { return {max_bytes, initial_bytes, address, mode, flags}; }
};

// Bytes of "64K", "1.5G", "2TiB". argument_error.
inline std::uint64_t parse_size(const std::string &text) {
    std::uint64_t bytes = 0;
    check(brine_parse_size(text.c_str(), &bytes));
    return bytes;
}

// What is seen from outside: snapshots, each number correct by itself.
using PoolInfo = brine_pool_info;
using PipeInfo = brine_pipe_info;
using UserInfo = brine_user_info;
using PublishedInfo = brine_published_info;
using ParticipantInfo = brine_participant_info;

namespace detail {

// Collects what a C function calls back with; what is thrown meanwhile goes around the C frames.
template <class To, class From> struct Collector {
    std::vector<To> all;
    std::exception_ptr thrown;
    static int visit(From from, void *context) noexcept {
        auto *self = static_cast<Collector *>(context);
        try {
            if constexpr (std::is_convertible_v<From, To>)
                self->all.emplace_back(from);
            else
                self->all.push_back(*from);
            return 0;
        } catch (...) {
            self->thrown = std::current_exception();
            return 1;
        }
    }
    static void report(From from, void *context) noexcept { (void)visit(from, context); }
    std::vector<To> take(int status) {
        if (thrown) std::rethrow_exception(thrown);
        check(status);
        return std::move(all);
    }
};

struct Deallocate {
    std::shared_ptr<brine_pool> pool;
    void operator()(void *memory) const noexcept { brine_pool_deallocate(pool.get(), memory); }
};

} // namespace detail

// Raw memory of a pool, given back when it goes out of scope; see Pool::allocate.
using Block = std::unique_ptr<void, detail::Deallocate>;

class Pool {
  public:
    Pool() noexcept = default; // no pool
    // Owns one that was got from the C functions, or (borrow) uses one that somebody else detaches.
    explicit Pool(brine_pool *attached) : pool_(attached, &brine_pool_detach) {}
    static Pool borrow(brine_pool *attached) {
        Pool out;
        out.pool_ = std::shared_ptr<brine_pool>(attached, [](brine_pool *) {});
        return out;
    }
    Pool(Pool &&) noexcept = default;
    Pool &operator=(Pool &&) noexcept = default;

    // Makes a pool. Never waits. exists_error; memory_error says how full /dev/shm is; more: brine_pool_create.
    static Pool create(std::string_view name, const PoolOptions &options = {}) {
        return made(create_as(name, options));
    }
    [[nodiscard]] static result<Pool> try_create(std::string_view name, const PoolOptions &options = {}) {
        return tried(create_as(name, options));
    }
    // Without a name: for this process and the children that it forks.
    static Pool create_private(const PoolOptions &options = {}) {
        brine_pool *pool = nullptr;
        brine_pool_options o = options.c_options();
        check(brine_pool_create_private(&o, &pool));
        return Pool(pool);
    }
    // Attaches to a pool, waiting for it to appear. not_found_error: not there by the deadline; more:
    // brine_pool_attach.
    static Pool attach(std::string_view name, Deadline deadline = forever, const PoolOptions &options = {}) {
        return made(attach_as(name, deadline, options));
    }
    [[nodiscard]] static result<Pool> try_attach(std::string_view name, Deadline deadline = no_wait,
                                                 const PoolOptions &options = {}) {
        return tried(attach_as(name, deadline, options));
    }
    // Removes the name, and so the memory once nobody is attached. not_found_error.
    static void unlink(std::string_view name) { check(brine_pool_unlink(detail::Name(name).c_str())); }
    [[nodiscard]] static result<void> try_unlink(std::string_view name) {
        return detail::done(brine_pool_unlink(detail::Name(name).c_str()));
    }
    // Only if nobody is attached: busy_error.
    static void unlink_stale(std::string_view name) { check(brine_pool_unlink_stale(detail::Name(name).c_str())); }
    [[nodiscard]] static result<void> try_unlink_stale(std::string_view name) {
        return detail::done(brine_pool_unlink_stale(detail::Name(name).c_str()));
    }
    // The names of all pools in the pool folder.
    static std::vector<std::string> list() {
        detail::Collector<std::string, const char *> names;
        int status = brine_pool_list(&names.visit, &names);
        return names.take(status);
    }

    explicit operator bool() const noexcept { return pool_ != nullptr; }
    brine_pool *get() const noexcept { return pool_.get(); }
    std::string name() const { return brine_pool_name(get()); } // "" for a private one
    // Lets go of it now; it is detached when the last Pipe of it is gone, too.
    void detach() noexcept { pool_.reset(); }

    // ---- packets ----
    // A packet whose root is an empty tab; bytes: a hint of how much it will hold. memory_error, read_only_error.
    [[nodiscard]] Packet packet() const {
        Packet p;
        check(brine_packet_new(get(), p.out()));
        return p;
    }
    [[nodiscard]] Packet packet(std::size_t bytes) const {
        Packet p;
        check(brine_packet_new_sized(get(), bytes, p.out()));
        return p;
    }
    [[nodiscard]] result<Packet> try_packet() const {
        Packet p;
        int status = brine_packet_new(get(), p.out());
        if (BRINE_CPP_UNLIKELY(status != 0)) return detail::failed(status);
        return p;
    }
    // A deep copy of a value, which may be of another pool, as a packet of its own.
    template <class D> [[nodiscard]] Packet copy(const Readable<D> &value) const {
        Packet p;
        check(brine_packet_copy(static_cast<const D &>(value).ref(), get(), p.out()));
        return p;
    }

    // ---- pipes ----
    // Makes the pipe if it does not exist, and opens it as a server. Never waits. mismatch_error: it has another
    // capacity.
    [[nodiscard]] Pipe serve(std::string_view name, std::uint32_t capacity = 0) const {
        brine_pipe *pipe = nullptr;
        check(brine_pipe_serve(get(), detail::Name(name).c_str(), capacity, &pipe));
        return Pipe(pipe, pool_);
    }
    [[nodiscard]] Pipe serve(std::string_view name, const PipeOptions &options) const {
        detail::Name dead_letter(options.dead_letter);
        brine_pipe_options o = {options.capacity, options.leases ? BRINE_PIPE_LEASES : 0u, options.max_deliveries,
                                options.dead_letter.empty() ? nullptr : dead_letter.c_str()};
        brine_pipe *pipe = nullptr;
        check(brine_pipe_serve_with(get(), detail::Name(name).c_str(), &o, &pipe));
        return Pipe(pipe, pool_);
    }
    // Opens a pipe that somebody serves, waiting for it to be made. not_found_error: not there by the deadline.
    [[nodiscard]] Pipe connect(std::string_view name, Deadline deadline = forever) const {
        brine_pipe *pipe = nullptr;
        check(brine_pipe_connect(get(), detail::Name(name).c_str(), deadline, &pipe));
        return Pipe(pipe, pool_);
    }
    [[nodiscard]] result<Pipe> try_connect(std::string_view name, Deadline deadline = no_wait) const {
        brine_pipe *pipe = nullptr;
        int status = brine_pipe_connect(get(), detail::Name(name).c_str(), deadline, &pipe);
        if (status != 0) return detail::failed(status);
        return Pipe(pipe, pool_);
    }
    // Removes a pipe's name and frees what is in it.
    void remove_pipe(std::string_view name) const { check(brine_pipe_remove(get(), detail::Name(name).c_str())); }

    // ---- published values ----
    // Puts a packet under a name for everyone to read, in place of what was there. When this throws it is still the
    // caller's.
    void publish(std::string_view name, Packet &&packet) const {
        check(brine_publish(get(), detail::Name(name).c_str(), packet.get()));
        packet.release();
    }
    // A share of what is published under a name; waits for the name to appear. not_found_error.
    [[nodiscard]] Packet lookup(std::string_view name, Deadline deadline = forever) const {
        Packet p;
        check(brine_lookup(get(), detail::Name(name).c_str(), deadline, p.out()));
        return p;
    }
    [[nodiscard]] result<Packet> try_lookup(std::string_view name, Deadline deadline = no_wait) const {
        Packet p;
        int status = brine_lookup(get(), detail::Name(name).c_str(), deadline, p.out());
        if (status != 0) return detail::failed(status);
        return p;
    }
    void unpublish(std::string_view name) const { check(brine_unpublish(get(), detail::Name(name).c_str())); }

    // ---- looking without touching: also in a pool that is attached with BRINE_POOL_READONLY ----
    [[nodiscard]] PoolInfo info() const {
        PoolInfo out;
        check(brine_pool_get_info(get(), &out));
        return out;
    }
    [[nodiscard]] PipeInfo pipe_info(std::string_view name) const {
        PipeInfo out;
        check(brine_pipe_get_info(get(), detail::Name(name).c_str(), &out));
        return out;
    }
    [[nodiscard]] std::vector<PipeInfo> pipes() const { return collect<PipeInfo>(&brine_pipe_each); }
    [[nodiscard]] std::vector<PublishedInfo> published() const { return collect<PublishedInfo>(&brine_published_each); }
    [[nodiscard]] std::vector<ParticipantInfo> participants() const {
        return collect<ParticipantInfo>(&brine_participant_each);
    }
    // Who has the pipe open.
    [[nodiscard]] std::vector<UserInfo> users(std::string_view pipe) const {
        detail::Collector<UserInfo, const UserInfo *> all;
        int status = brine_pipe_user_each(get(), detail::Name(pipe).c_str(), &all.visit, &all);
        return all.take(status);
    }
    // A copy of packet number nth of a pipe, or of a published value, that stays there. What is longer than max_bytes
    // is cut.
    [[nodiscard]] Packet peek(std::string_view name, std::size_t nth = 0, std::size_t max_bytes = 0) const {
        Packet p;
        check(brine_peek(get(), detail::Name(name).c_str(), nth, max_bytes, p.out()));
        return p;
    }
    // What is wrong in a pool that nobody changes meanwhile: a sentence each; nothing if all is well.
    [[nodiscard]] std::vector<std::string> problems() const {
        detail::Collector<std::string, const char *> found;
        int status = brine_pool_check(get(), &found.report, &found);
        return found.take(status);
    }

    // ---- memory ----
    std::uint64_t bytes() const noexcept { return brine_pool_bytes(get()); }
    bool is_pristine() const noexcept { return brine_pool_is_pristine(get()); } // nothing is alive in it
    bool is_full() const noexcept { return brine_pool_is_full(get()); }         // not even a small packet could be made
    std::uint64_t biggest_free() const noexcept { return brine_pool_biggest_free(get()); }
    // Cleans up after processes that died: how many. The library does so itself when it meets them.
    unsigned reap() const {
        unsigned out = 0;
        check(brine_pool_reap(get(), &out));
        return out;
    }
    // Gives memory that is not in use back to the system: how much.
    std::uint64_t trim() const {
        std::uint64_t out = 0;
        check(brine_pool_trim(get(), &out));
        return out;
    }
    // Ends every wait of this process on it that is under way with interrupted_error. Async-signal-safe.
    void interrupt() const noexcept { brine_pool_interrupt(get()); }
    // Memory without a structure, aligned to 64 bytes, not zeroed; freed too if this process dies. memory_error.
    [[nodiscard]] Block allocate(std::size_t bytes) const {
        void *memory = brine_pool_allocate(get(), bytes);
        if (memory == nullptr) throw_error(BRINE_ENOMEM);
        return Block(memory, {pool_});
    }
    // How one process tells another where something is. 0 and null: not in the pool.
    std::uint64_t offset(const void *address) const noexcept { return brine_pool_offset(get(), address); }
    void *address(std::uint64_t offset) const noexcept { return brine_pool_address(get(), offset); }
    bool contains(const void *address) const noexcept { return brine_pool_contains(get(), address); }

  private:
    struct Made {
        int status;
        brine_pool *pool;
    };
    static Made create_as(std::string_view name, const PoolOptions &options) {
        Made out{0, nullptr};
        brine_pool_options o = options.c_options();
        out.status = brine_pool_create(detail::Name(name).c_str(), &o, &out.pool);
        return out;
    }
    static Made attach_as(std::string_view name, Deadline deadline, const PoolOptions &options) {
        Made out{0, nullptr};
        brine_pool_options o = options.c_options();
        out.status = brine_pool_attach(detail::Name(name).c_str(), &o, deadline, &out.pool);
        return out;
    }
    static Pool made(Made m) { return check(m.status), Pool(m.pool); }
    static result<Pool> tried(Made m) {
        if (m.status != 0) return detail::failed(m.status);
        return Pool(m.pool);
    }
    template <class Info>
    std::vector<Info> collect(int (*each)(brine_pool *, int (*)(const Info *, void *), void *)) const {
        detail::Collector<Info, const Info *> all;
        int status = each(get(), &all.visit, &all);
        return all.take(status);
    }

    std::shared_ptr<brine_pool> pool_;
};

// The result of a call that throws brine::error, for those that have no try_ form: attempt([&] { return pool.trim();
// }).
template <class F> auto attempt(F &&call) -> result<decltype(call())> {
    try {
        if constexpr (std::is_void_v<decltype(call())>)
            return call(), result<void>();
        else
            return call();
    } catch (const error &e) {
        return unexpected(Failure(e.status(), e.what()));
    }
}

// A named region of plain shared memory, for those who bring their own structure; unmapped when it goes out of scope.
class RawRegion {
  public:
    // Makes it, zeroed and committed; attaches to it, waiting for it but not for initialized(). Errors as Pool::create,
    // attach.
    static RawRegion create(std::string_view name, std::size_t bytes, mode_t mode = 0600, void *address = nullptr) {
        RawRegion out;
        check(brine_raw_create(detail::Name(name).c_str(), bytes, mode, address, &out.region_));
        return out;
    }
    static RawRegion attach(std::string_view name, Deadline deadline = forever, void *address = nullptr) {
        RawRegion out;
        check(brine_raw_attach(detail::Name(name).c_str(), address, deadline, &out.region_));
        return out;
    }
    static void unlink(std::string_view name) { check(brine_raw_unlink(detail::Name(name).c_str())); }
    RawRegion(RawRegion &&other) noexcept : region_(std::exchange(other.region_, brine_raw_region{})) {}
    RawRegion &operator=(RawRegion &&other) noexcept {
        std::swap(region_, other.region_);
        return *this;
    }
    ~RawRegion() {
        if (region_.internal != nullptr) brine_raw_detach(&region_);
    }
    span<std::byte> bytes() const noexcept { return {static_cast<std::byte *>(region_.data), region_.bytes}; }
    void *data() const noexcept { return region_.data; }
    // Tells everyone that it is filled in; and whether anybody has.
    void initialize() noexcept { brine_raw_initialize(&region_); }
    bool initialized() const noexcept { return brine_raw_initialized(&region_); }

  private:
    RawRegion() noexcept : region_() {}
    brine_raw_region region_;
};

BRINE_CPP_END

#endif
