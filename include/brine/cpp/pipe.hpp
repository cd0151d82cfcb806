// SPDX-License-Identifier: Apache-2.0
//
// Pipes: named bounded FIFOs of packets. See <brine/pipe.h> for what they promise. A Pipe is a handle of the process's,
// which any number of threads may use at once; it keeps its pool attached. Made by Pool::serve and Pool::connect.
#ifndef BRINE_CPP_PIPE_HPP
#define BRINE_CPP_PIPE_HPP

#include <exception>
#include <memory>
#include <vector>

#include <brine/cpp/deadline.hpp>
#include <brine/cpp/packet.hpp>

BRINE_CPP_BEGIN

struct PipeOptions {
    std::uint32_t capacity = 0;        // packets that it holds; 0: what the existing pipe has, 64 for a new one
    bool leases = false;               // packets are leased to their readers: see Lease
    std::uint32_t max_deliveries = 0;  // with leases: a packet returned after so many goes to dead_letter; 0: no limit
    std::string_view dead_letter = {}; // name of that pipe
};

namespace detail {

// Takes packets until the stream ends. Holder: Packet or Lease.
template <class Holder> class PacketIterator {
  public:
    using value_type = Holder;
    using difference_type = std::ptrdiff_t;
    using reference = Holder &;
    using pointer = Holder *;
    using iterator_category = std::input_iterator_tag;

    PacketIterator() = default;
    PacketIterator(brine_pipe *pipe, Deadline deadline) : pipe_(pipe), deadline_(deadline) { next(); }
    PacketIterator(PacketIterator &&) = default;
    PacketIterator &operator=(PacketIterator &&) = default;

    Holder &operator*() const noexcept { return packet_; }
    Holder *operator->() const noexcept { return &packet_; }
    PacketIterator &operator++() { return next(), *this; }
    void operator++(int) { ++*this; }
    friend bool operator==(const PacketIterator &a, RangeEnd) noexcept { return a.pipe_ == nullptr; }
    friend bool operator!=(const PacketIterator &a, RangeEnd) noexcept { return a.pipe_ != nullptr; }
    friend bool operator==(RangeEnd, const PacketIterator &a) noexcept { return a.pipe_ == nullptr; }
    friend bool operator!=(RangeEnd, const PacketIterator &a) noexcept { return a.pipe_ != nullptr; }

  private:
    void next() {
        int status = brine_dequeue(pipe_, packet_.out(), deadline_);
        if (BRINE_CPP_UNLIKELY(status != 0)) ended(status);
    }
    BRINE_CPP_COLD void ended(int status) {
        if (status != BRINE_ECLOSED) throw_error(status);
        pipe_ = nullptr;
    }
    brine_pipe *pipe_ = nullptr;
    Deadline deadline_ = forever;
    mutable Holder packet_; // the loop's body may change it or move it away, through a const iterator too
};

} // namespace detail

// The packets of a pipe as they come, until the stream ends; for a loop over them once.
template <class Holder> class PacketRange {
  public:
    using iterator = detail::PacketIterator<Holder>;
    PacketRange(brine_pipe *pipe, Deadline each) noexcept : pipe_(pipe), each_(each) {}
    iterator begin() const { return iterator(pipe_, each_); }
    RangeEnd end() const noexcept { return {}; }

  private:
    brine_pipe *pipe_;
    Deadline each_;
};

class Pipe {
  public:
    using iterator = detail::PacketIterator<Packet>;
    Pipe() noexcept = default; // no pipe
    // Owns a handle that was got from the C functions. pool is kept attached as long (may be null).
    explicit Pipe(brine_pipe *handle, std::shared_ptr<brine_pool> pool = nullptr) noexcept
        : pool_(std::move(pool)), pipe_(handle) {}
    Pipe(Pipe &&other) noexcept : pool_(std::move(other.pool_)), pipe_(std::exchange(other.pipe_, nullptr)) {}
    Pipe &operator=(Pipe &&other) noexcept {
        if (this == &other) return *this;
        leave();
        pool_ = std::move(other.pool_);
        pipe_ = std::exchange(other.pipe_, nullptr);
        return *this;
    }
    // As close(); but while an exception unwinds the stack as detach(), so that a replacement may carry on the stream.
    ~Pipe() { leave(); }

    explicit operator bool() const noexcept { return pipe_ != nullptr; }
    brine_pipe *get() const noexcept { return pipe_; }
    // Gives the handle back. The last server of the pipe ends the stream by it: readers drain it, then it is closed.
    void close() {
        check(brine_pipe_close(std::exchange(pipe_, nullptr)));
        pool_.reset();
    }
    // Gives the handle back without ending the stream.
    void detach() noexcept {
        brine_pipe_detach(std::exchange(pipe_, nullptr));
        pool_.reset();
    }

    // ---- passing packets ----
    // Puts a packet at the end, by reference; waits while the pipe is full. On success `packet` is empty; when this
    // throws the caller still holds it. timeout_error, closed_error, interrupted_error, gone_error, not_held_error,
    // other_pool_error, not_found_error (the pipe was removed), or the packet's stuck error.
    void enqueue(Packet &&packet, Deadline deadline = forever) { put(packet, deadline); }
    // The same for a leased packet: acknowledged in the instant that it is in this pipe.
    void enqueue(Lease &&lease, Deadline deadline = forever) { put(lease, deadline); }
    [[nodiscard]] result<void> try_enqueue(Packet &&packet, Deadline deadline = no_wait) {
        return try_put(packet, deadline);
    }
    [[nodiscard]] result<void> try_enqueue(Lease &&lease, Deadline deadline = no_wait) {
        return try_put(lease, deadline);
    }

    // Takes the oldest packet; waits while the pipe is empty. timeout_error, closed_error (empty, and the stream has
    // ended), interrupted_error, gone_error, not_found_error (the pipe was removed).
    [[nodiscard]] Packet dequeue(Deadline deadline = forever) { return take<Packet>(deadline); }
    [[nodiscard]] result<Packet> try_dequeue(Deadline deadline = no_wait) { return try_take<Packet>(deadline); }
    // Several at once, in order, at a part of the cost per packet. Those that are in are empty afterwards, also when it
    // throws for the next one: as enqueue. packets: a range of Packet.
    template <class Packets> void enqueue_many(Packets &&packets, Deadline deadline = forever) {
        std::vector<brine_packet> handles;
        for (auto &packet : packets) handles.push_back(packet.get());
        std::size_t done = 0;
        int status = brine_enqueue_many(pipe_, handles.data(), handles.size(), deadline, &done);
        for (auto &packet : packets) {
            if (done-- == 0) break;
            packet.release();
        }
        check(status);
    }
    // Waits for one packet, and takes what else is there, up to `most`. Throws as dequeue.
    [[nodiscard]] std::vector<Packet> dequeue_many(std::size_t most, Deadline deadline = forever) {
        std::vector<brine_packet> handles(most);
        std::vector<Packet> taken;
        taken.reserve(most);
        std::size_t done = 0;
        check(brine_dequeue_many(pipe_, handles.data(), most, deadline, &done));
        for (std::size_t i = 0; i < done; i++) taken.emplace_back(handles[i]);
        return taken;
    }

    // The same from a pipe with leases: what is not acknowledged goes to the next reader.
    [[nodiscard]] Lease lease(Deadline deadline = forever) { return take<Lease>(deadline); }
    [[nodiscard]] result<Lease> try_lease(Deadline deadline = no_wait) { return try_take<Lease>(deadline); }

    // for (auto &packet : pipe): until the stream ends; other ends of a wait throw. The packet may be changed or moved
    // away; what is left of it is freed.
    iterator begin() { return iterator(pipe_, forever); }
    RangeEnd end() const noexcept { return {}; }
    // The same, with a deadline for each packet (one that is absolute is for all).
    PacketRange<Packet> packets(Deadline each) noexcept { return {pipe_, each}; }
    PacketRange<Lease> leases(Deadline each = forever) noexcept { return {pipe_, each}; }

    // ---- about it ----
    std::size_t size() const noexcept { return brine_pipe_length(pipe_); } // packets in it now
    std::size_t capacity() const noexcept { return brine_pipe_capacity(pipe_); }
    std::string name() const { return brine_pipe_name(pipe_); }
    bool closed() const noexcept { return brine_pipe_is_closed(pipe_); } // the stream has ended; packets may be left
    brine_pool *pool() const noexcept { return brine_pipe_pool(pipe_); }

    // Waits on this handle end with gone_error while there is no server, or no reader any more, instead of going on.
    void expect_server() { expect(BRINE_EXPECT_SERVER); }
    void expect_reader() { expect(BRINE_EXPECT_READER); }
    // BRINE_EXPECT_...; 0: nothing, as at first.
    void expect(unsigned what) { check(brine_pipe_expect(pipe_, what)); }
    // Ends every wait of this process on it that is under way with interrupted_error. Async-signal-safe.
    void interrupt() noexcept { brine_pipe_interrupt(pipe_); }

  private:
    void leave() noexcept {
        if (pipe_ == nullptr) return;
        if (std::uncaught_exceptions() > exceptions_)
            brine_pipe_detach(pipe_);
        else
            brine_pipe_close(pipe_);
        pipe_ = nullptr;
    }
    template <class Holder> void put(Holder &packet, Deadline deadline) {
        check(brine_enqueue(pipe_, packet.get(), deadline));
        packet.release();
    }
    template <class Holder> result<void> try_put(Holder &packet, Deadline deadline) {
        int status = brine_enqueue(pipe_, packet.get(), deadline);
        if (BRINE_CPP_UNLIKELY(status != 0)) return detail::failed(status);
        packet.release();
        return {};
    }
    template <class Holder> Holder take(Deadline deadline) {
        Holder taken;
        check(brine_dequeue(pipe_, taken.out(), deadline));
        return taken;
    }
    template <class Holder> result<Holder> try_take(Deadline deadline) {
        Holder taken;
        int status = brine_dequeue(pipe_, taken.out(), deadline);
        if (BRINE_CPP_UNLIKELY(status != 0)) return detail::failed(status);
        return taken;
    }

    std::shared_ptr<brine_pool> pool_;
    brine_pipe *pipe_ = nullptr;
    int exceptions_ = std::uncaught_exceptions();
};

// ---- several pipes ----

inline constexpr unsigned readable = BRINE_READABLE; // a dequeue would not wait
inline constexpr unsigned writable = BRINE_WRITABLE; // an enqueue would not wait
inline constexpr unsigned gone = BRINE_GONE;         // only in what is ready: what Pipe::expect was told is not so

// Up to 128 pipes, of one or several pools, that are waited for together. They have to outlive it. One thread at a
// time.
class WaitSet {
  public:
    // Its number, for ready().
    std::size_t add(const Pipe &pipe, unsigned events = readable) {
        waits_.push_back({pipe.get(), events, 0});
        return waits_.size() - 1;
    }
    void clear() noexcept { waits_.clear(); }
    std::size_t size() const noexcept { return waits_.size(); }
    // Waits until one of them is ready; what is ready is a hint, as another reader may be faster. timeout_error,
    // interrupted_error, argument_error.
    void wait(Deadline deadline = forever) { check(brine_wait_any(waits_.data(), waits_.size(), deadline)); }
    [[nodiscard]] result<void> try_wait(Deadline deadline = no_wait) {
        return detail::done(brine_wait_any(waits_.data(), waits_.size(), deadline));
    }
    // readable, writable, gone: what the last wait found of pipe number i.
    unsigned ready(std::size_t i) const { return waits_.at(i).ready; }

  private:
    std::vector<brine_wait> waits_;
};

// ---- fan-out ----

// What happens to an output that is full: waited for, or it misses this packet, or it loses its oldest one.
enum class Policy : int { block = BRINE_BLOCK, drop_newest = BRINE_DROP_NEWEST, drop_oldest = BRINE_DROP_OLDEST };

// Gives packets to several pipes by reference: see brine_fanout. The pipes have to outlive it. One thread at a time.
class Fanout {
  public:
    explicit Fanout(Policy policy = Policy::block) noexcept : policy_(policy) {}
    void add(const Pipe &output) {
        outputs_.push_back(output.get());
        status_.push_back(0);
    }
    // Every output gets a share, or drops it by policy. When this throws and another try may cure it, `packet` is the
    // share to be given again, to those outputs whose status() is not 0; else it is empty.
    void send(Packet &&packet, Deadline deadline = forever) { check(give(packet, deadline)); }
    [[nodiscard]] result<void> try_send(Packet &&packet, Deadline deadline = no_wait) {
        return detail::done(give(packet, deadline));
    }
    // Of output number i, for the last packet: 0, or why it was not given to it (BRINE_ETIMEDOUT with a policy that
    // drops).
    int status(std::size_t i) const { return status_.at(i); }
    std::size_t size() const noexcept { return outputs_.size(); }

  private:
    int give(Packet &packet, Deadline deadline) {
        brine_packet rest = packet.get();
        int status = brine_fanout(packet.get(), outputs_.data(), outputs_.size(), static_cast<brine_policy>(policy_),
                                  deadline, status_.data(), &rest);
        if (status < 0 && rest.record == 0 && packet.held()) return status; // refused before anything was done
        packet.release();                                                   // it was consumed, or is what `rest` names
        packet.reset(rest);
        return status;
    }
    Policy policy_;
    std::vector<brine_pipe *> outputs_;
    std::vector<int> status_;
};

BRINE_CPP_END

#if BRINE_CPP_RANGES
template <class Holder> inline constexpr bool std::ranges::enable_view<brine::PacketRange<Holder>> = true;
#endif

#endif
