// SPDX-License-Identifier: Apache-2.0
// ptools: SHMMain, ServerSide, ClientSide and their pipe, the CQ.
//
// All may be used by several threads once started. After a fork the child may use those that its parent had started.
// Any address will do, so address randomization is no concern, and nothing warns of it.
#ifndef BRINE_PTOOLS_PIPE_HPP
#define BRINE_PTOOLS_PIPE_HPP

#include <unistd.h>

#include <brine/ptools/memory.hpp>

namespace ptools {

/// A bounded queue of values in a pool; each goes to one reader. Timeouts are seconds, or None: no end. A wait keeps
/// its deadline however often it is woken. Throws Error for what waiting does not cure: no memory, a removed pipe.
class CQ {
  public:
    CQ(detail::PoolPointer pool, brine_pipe *pipe) : pool_(std::move(pool)), pipe_(pipe) {}
    ~CQ() { brine_pipe_detach(pipe_); }
    CQ(const CQ &) = delete;
    CQ &operator=(const CQ &) = delete;

    /// Puts a value in; false: the time is over and it is not in. A packet of the pool goes by reference and stays
    /// readable here; changed later, here or there, it is first copied if somebody else has it still. Anything else is
    /// copied into the pool. With std::move (or a temporary) the packet itself goes, and nothing is shared.
    bool enqueue(const Value &v, const Val &timeout = None) {
        const brine_deadline deadline = until(timeout);
        return put(outgoing(v), deadline);
    }
    bool enqueue(Val &&v, const Val &timeout = None);
    void enq(const Value &v) { enqueue(v, None); }
    void enq(Val &&v) { enqueue(std::move(v), None); }

    /// Takes the next value, as a proxy of its packet, out; false: the time is over and v is as it was.
    bool dequeue(const Val &timeout, Val &v);
    Val deq() {
        Val v;
        dequeue(None, v);
        return v;
    }
    void deq(Val &v) { dequeue(None, v); }

    int_8 length() const { return static_cast<int_8>(brine_pipe_length(pipe_)); }
    int_8 capacity() const { return static_cast<int_8>(brine_pipe_capacity(pipe_)); }
    bool isEmpty() const { return length() == 0; }
    bool isFull() const { return length() >= capacity(); }
    /// True if the servers have ended the stream (ServerSide::close) and all of it was taken.
    bool isClosed() const { return brine_pipe_is_closed(pipe_) && isEmpty(); }
    brine_pipe *get() const { return pipe_; }

  private:
    friend class ServerSide;
    static brine_deadline until(const Val &timeout) {
        return brine_until(timeout.tag == 'Z' ? brine_forever() : brine_seconds(timeout.as<real_8>()));
    }
    static bool is_over(brine_deadline deadline) {
        const auto now = std::chrono::steady_clock::now().time_since_epoch(); // CLOCK_MONOTONIC
        return deadline.ns <= std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    }
    brine_packet outgoing(const Value &v);
    bool put(brine_packet packet, brine_deadline deadline);

    detail::PoolPointer pool_;
    brine_pipe *pipe_;
};

/// A packet with the value, for the pipe to have: one more share of it, or a copy.
inline brine_packet CQ::outgoing(const Value &v) {
    brine_packet packet;
    {
        const detail::Access in_pool{v};
        if (in_pool && in_pool.place() == nullptr && in_pool.packet().pool().get() == pool_->get())
            return in_pool.packet().share();
        if (in_pool) {
            detail::check(brine_packet_copy(in_pool.ref(), pool_->get(), &packet));
            return packet;
        }
    }
    detail::check(brine_packet_new(pool_->get(), &packet));
    try {
        detail::store(brine_root(packet), v, 0);
    } catch (...) {
        brine_packet_free(packet);
        throw;
    }
    return packet;
}

inline bool CQ::put(brine_packet packet, brine_deadline deadline) {
    const int status = brine_enqueue(pipe_, packet, deadline);
    if (status == 0) return true;
    const std::string why = brine_detail();
    brine_packet_free(packet);
    if (status != BRINE_ETIMEDOUT) detail::fail(status, why);
    return false;
}

inline bool CQ::enqueue(Val &&v, const Val &timeout) {
    const auto *only = std::get_if<std::shared_ptr<detail::Packet>>(&v.body_);
    const brine_deadline deadline = until(timeout);
    if (only == nullptr || only->use_count() != 1 || (*only)->pool().get() != pool_->get())
        return put(outgoing(v), deadline);
    const auto lock = (*only)->lock();
    const int status = brine_enqueue(pipe_, (*only)->handle(), deadline);
    if (status == BRINE_ETIMEDOUT) return false;
    detail::check(status);
    (*only)->sent();
    return true;
}

/// A pipe whose servers have ended the stream may get new ones, so it is waited on as an empty one.
inline bool CQ::dequeue(const Val &timeout, Val &v) {
    const brine_deadline deadline = until(timeout);
    brine_packet packet;
    int status;
    while ((status = brine_dequeue(pipe_, &packet, deadline)) == BRINE_ECLOSED) {
        if (is_over(deadline)) return false;
        detail::pause_a_moment();
    }
    if (status == BRINE_ETIMEDOUT) return false;
    detail::check(status);
    v = Val(detail::own(pool_, packet));
    return true;
}

/// What start() and state() give. Nothing is ever STARTING: start() comes back when it is done.
enum State_e { STOPPED, STARTING, STARTED };

namespace detail {

/// What the three have in common.
class Side {
  public:
    /// Accepted, without effect: there is nothing to warn of. Gives what was set before.
    bool warning(bool on) { return std::exchange(warning_, on); }
    State_e state() const { return pool_ == nullptr ? STOPPED : STARTED; }
    /// The pool, for Shared(); there is none before start().
    StreamingPool *pool() const {
        if (pool_ == nullptr) fail(BRINE_EINVAL, "start() comes before pool() and pipe()");
        return pool_.get();
    }

  protected:
    Side(const std::string &region, bool debug, void *address)
        : region_(plain_name(region)), debug_(debug), address_(address) {}
    Side(const Side &) = delete;
    Side &operator=(const Side &) = delete;
    ~Side() = default;
    void say(const std::string &what) const {
        if (debug_) std::cerr << what << '\n';
    }
    PoolPointer wait_for_pool() const {
        PoolPointer pool;
        for (int n = 0; (pool = find_pool(region_, address_)) == nullptr; n++) {
            if (n == 0) say("waiting for pool " + region_);
            pause_a_moment();
        }
        return pool;
    }

    std::string region_;
    bool debug_, warning_ = true;
    void *address_;
    PoolPointer pool_;
};

} // namespace detail

/// Makes the pool that the others wait for. To be started once, in whichever process; bytes: its size, at least 64 KiB.
/// A pool of this name that nobody uses any more is replaced; one in use is kept and joined; either is said on cerr.
/// The destructor removes the name of a pool that this object made, in the process that did; those attached carry on
/// with it. address is a hint: no pool needs a certain one.
class SHMMain : public detail::Side {
  public:
    SHMMain(const std::string &region, detail::Count bytes, bool debug = false, void *address = nullptr)
        : Side(region, debug, address), bytes_(detail::pool_bytes(bytes)) {}
    ~SHMMain() {
        if (maker_ == ::getpid() && detail::is_current(*pool_)) brine_pool_unlink(region_.c_str());
    }
    State_e start() {
        if (pool_ != nullptr) return STARTED;
        brine_pool_options options = {};
        options.max_bytes = bytes_;
        options.address = address_;
        bool joined = false;
        pool_ = detail::make_pool(region_, options, &joined);
        if (!joined)
            maker_ = ::getpid();
        else
            std::cerr << "pool " << region_ << " is in use: it is kept as it is and used, too\n";
        say("pool " + region_ + " is there: " + std::to_string(pool_->bytes()) + " bytes");
        return STARTED;
    }

  private:
    std::uint64_t bytes_;
    pid_t maker_ = 0;
};

/// Makes a pipe of so many packets in the pool, or joins it if it is there (0: of as many as it has, or 64). The pipe
/// and what is in it stay when this object or its process ends; close() tells the readers that nothing more will come.
class ServerSide : public detail::Side {
  public:
    ServerSide(const std::string &region, const std::string &pipe, detail::Count capacity, bool debug = false,
               void *address = nullptr)
        : Side(region, debug, address), name_(pipe), capacity_(capacity.get()) {}
    /// Waits for the pool, without an end. Throws BRINE_EMISMATCH if the pipe is there with another capacity.
    State_e start() {
        if (pipe_ != nullptr) return STARTED;
        if (capacity_ > BRINE_CAPACITY_MAX)
            detail::fail(BRINE_EINVAL, "a pipe holds at most " + std::to_string(BRINE_CAPACITY_MAX) + " packets");
        brine_pipe *served = nullptr;
        detail::PoolPointer pool = wait_for_pool();
        detail::check(brine_pipe_serve(pool->get(), name_.c_str(), static_cast<std::uint32_t>(capacity_), &served));
        pipe_ = std::make_unique<CQ>(pool, served);
        pool_ = std::move(pool);
        say("pipe " + name_ + " is there");
        return STARTED;
    }
    CQ &pipe() const {
        pool();
        return *pipe_;
    }
    /// Ends the stream, if no other server is left, and lets go of the pipe: readers of other languages are told,
    /// CQ::isClosed() says so.
    void close() {
        const int status = brine_pipe_close(std::exchange(pipe().pipe_, nullptr));
        pipe_.reset();
        pool_.reset();
        detail::check(status);
    }

  private:
    std::string name_;
    std::size_t capacity_;
    std::unique_ptr<CQ> pipe_;
};

/// Opens a pipe, waiting, without an end, for somebody to make it.
class ClientSide : public detail::Side {
  public:
    ClientSide(const std::string &region, const std::string &pipe, bool debug = false, void *address = nullptr)
        : Side(region, debug, address), name_(pipe) {}
    State_e start() {
        if (pipe_ != nullptr) return STARTED;
        for (int n = 0;; n++) {
            detail::PoolPointer pool = wait_for_pool(); // each time anew: it may have been replaced meanwhile
            brine_pipe *connected = nullptr;
            const int status = brine_pipe_connect(pool->get(), name_.c_str(), brine_milliseconds(200), &connected);
            if (status == 0) {
                pipe_ = std::make_unique<CQ>(pool, connected);
                pool_ = std::move(pool);
                say("pipe " + name_ + " is there");
                return STARTED;
            }
            if (status != BRINE_ENOENT && status != BRINE_EINTR) detail::check(status);
            if (n == 0) say("waiting for pipe " + name_);
        }
    }
    CQ &pipe() const {
        pool();
        return *pipe_;
    }

  private:
    std::string name_;
    std::unique_ptr<CQ> pipe_;
};

} // namespace ptools

#endif
