// SPDX-License-Identifier: Apache-2.0
//
// Packets: the unit of ownership. A Packet is what <brine/packet.h> calls the holder's side of one: move-only, freed
// when it goes out of scope, no larger than the C handle.
#ifndef BRINE_CPP_PACKET_HPP
#define BRINE_CPP_PACKET_HPP

#include <brine/cpp/builder.hpp>

BRINE_CPP_BEGIN

class Packet {
  public:
    // No packet.
    Packet() noexcept = default;
    // Owns a packet that was got from the C functions.
    explicit Packet(brine_packet held) noexcept { put(held); }
    Packet(Packet &&other) noexcept { put(other.release()); }
    Packet &operator=(Packet &&other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    BRINE_CPP_INLINE ~Packet() { reset(); }

    // True if there is a packet in it: not moved from, passed on or freed.
    explicit operator bool() const noexcept { return first_word() != 0; }
    // This process holds it and may read it (a fork's child does not hold its parent's).
    bool held() const noexcept { return brine_packet_held(get()); }
    // The pool that it lives in; null if that is no longer attached.
    brine_pool *pool() const noexcept { return brine_packet_pool(get()); }
    brine_packet get() const noexcept {
        brine_packet out;
        copy(&out, &p_);
        return out;
    }
    // The handle, which the caller has to free from now on.
    brine_packet release() noexcept {
        brine_packet out = get();
        put(brine_packet_none());
        return out;
    }
    // Frees it: a leased one is acknowledged, of a shared one the caller's share is let go.
    BRINE_CPP_INLINE void reset() noexcept {
        if (*this) brine_packet_free(release());
    }
    void reset(brine_packet held) noexcept {
        reset();
        put(held);
    }
    // Where a C function is to put a packet: brine_dequeue(pipe, packet.out(), deadline). The one that is there is
    // freed.
    brine_packet *out() noexcept { return reset(), &p_; }

    // ---- what is in it ----
    Value root() noexcept { return Value(brine_root(get())); }
    ConstValue root() const noexcept { return ConstValue(brine_root(get())); }
    // root()[key] and so on.
    template <class K> auto operator[](K &&key) { return root()[std::forward<K>(key)]; }
    template <class K> ConstValue operator[](K &&key) const { return root()[std::forward<K>(key)]; }
    template <class K> Value at(K &&key) { return root().at(std::forward<K>(key)); }
    template <class K> ConstValue at(K &&key) const { return root().at(std::forward<K>(key)); }
    template <class K> bool contains(K &&key) const { return root().contains(std::forward<K>(key)); }
    template <class T> T get() const { return root().template get<T>(); }
    template <class T, class K> T get(K &&key) const { return root().template get<T>(std::forward<K>(key)); }
    template <class K, class T> auto get_or(K &&key, T &&otherwise) const {
        return root().get_or(std::forward<K>(key), std::forward<T>(otherwise));
    }
    template <class T> Packet &set(T &&content) { return root().set(std::forward<T>(content)), *this; }

    // Bytes that it takes in the pool.
    std::uint64_t bytes() const {
        std::uint64_t out = 0;
        check(brine_packet_bytes(get(), &out));
        return out;
    }
    // The first failure of building it, which is stuck to it until it is forgotten: 0 or BRINE_E....
    int stuck_error() const noexcept { return brine_packet_error(get()); }
    void clear_error() { check(brine_packet_clear_error(get())); }
    // Copies what is alive into fresh memory. Views and pointers got before are dead. memory_error: it is unchanged.
    void compact() { change(brine_packet_compact); }
    // Throws corrupt_error if it is damaged: for what came from a writer who is not trusted.
    void validate() const { check(brine_packet_validate(get())); }
    result<void> try_validate() const { return detail::done(brine_packet_validate(get())); }

    // ---- shared ones ----
    // Makes it immutable, to have many holders.
    void share() { change(brine_packet_share); }
    bool is_shared() const noexcept { return brine_packet_is_shared(get()); }
    // One more share of a shared one. argument_error: not shared.
    Packet clone() const {
        Packet share;
        check(brine_packet_clone(get(), share.out()));
        return share;
    }
    std::uint32_t holders() const noexcept { return brine_packet_holders(get()); }
    // To be changed again: the same packet when nobody else holds it, a copy otherwise.
    void own() { change(brine_packet_own); }

    // ---- leased ones: see Lease ----
    void ack() { check(brine_ack(get())); }
    // Back to its pipe; this is then no packet. argument_error: not leased.
    void nack() {
        check(brine_nack(get()));
        put(brine_packet_none());
    }
    std::uint32_t deliveries() const noexcept { return brine_deliveries(get()); }

  private:
    // In two steps: what the library has just written in two is not there in one piece for some nanoseconds.
    static void copy(void *to, const void *from) noexcept {
        std::memcpy(to, from, 8);
        std::memcpy(static_cast<char *>(to) + 8, static_cast<const char *>(from) + 8, 8);
    }
    void put(const brine_packet &p) noexcept { copy(&p_, &p); }
    // Record and generation: 0 of no packet. Read as it is copied, so that a handle can stay in registers.
    std::uint64_t first_word() const noexcept {
        std::uint64_t word;
        std::memcpy(&word, &p_, sizeof word);
        return word;
    }
    void change(int (*call)(brine_packet *)) {
        brine_packet p = get();
        check(call(&p));
        put(p);
    }
    brine_packet p_ = brine_packet_none();
};

// A packet as a part of another one: tab["sub"] = std::move(packet). It is of the same pool. On failure it is still
// held.
template <> struct codec<Packet> {
    static int write(Value place, Packet &&packet) {
        int status = brine_assign_packet(place.ref(), packet.get());
        if (status == 0) packet.release();
        return status;
    }
};

// A packet of a pipe with leases, to be worked on: it goes back to the pipe, for the next reader, unless it is
// acknowledged or passed on (Pipe::enqueue(std::move(lease))). So what is thrown on the way loses nothing. It may be
// read, not changed.
class Lease {
  public:
    Lease() = default;
    explicit Lease(brine_packet leased) noexcept : packet_(leased) {}
    Lease(Lease &&) = default;
    Lease &operator=(Lease &&other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~Lease() { reset(); }

    explicit operator bool() const noexcept { return static_cast<bool>(packet_); }
    ConstValue root() const noexcept { return std::as_const(packet_).root(); }
    template <class K> ConstValue operator[](K &&key) const { return root()[std::forward<K>(key)]; }
    template <class K> ConstValue at(K &&key) const { return root().at(std::forward<K>(key)); }
    template <class T, class K> T get(K &&key) const { return root().template get<T>(std::forward<K>(key)); }
    brine_packet get() const noexcept { return packet_.get(); }
    brine_packet release() noexcept { return packet_.release(); }
    brine_packet *out() noexcept { return reset(), packet_.out(); }
    // How often it was delivered, this time included.
    std::uint32_t deliveries() const noexcept { return packet_.deliveries(); }
    // Done with: it is an ordinary packet of the caller's, to be changed, kept or dropped.
    Packet ack() {
        packet_.ack();
        return std::move(packet_);
    }
    // Gives it back now, or takes another one in its place.
    void reset(brine_packet leased = brine_packet_none()) noexcept {
        if (packet_ && brine_nack(packet_.get()) == 0) packet_.release();
        packet_.reset(leased); // one that had no lease is freed
    }

  private:
    Packet packet_;
};

BRINE_CPP_END

#endif
