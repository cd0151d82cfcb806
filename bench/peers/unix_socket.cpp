// SPDX-License-Identifier: Apache-2.0
//
// Unix sockets: seqpacket, which keeps boundaries, and stream. Their capacity is the kernel's, in bytes.
#include "../transport.hpp"

#include <sys/socket.h>

namespace bench {
namespace {

template <int kType> class UnixSocket {
  public:
    static std::string unavailable(const Plan &plan) {
        bool many = plan.writers > 1 || plan.readers > 1;
        if (kType == SOCK_STREAM && many) return "packets of several writers would be mixed up";
        if (kType == SOCK_SEQPACKET && plan.bytes > 128 << 10) return "the kernel takes no packet of that size";
        return "";
    }
    explicit UnixSocket(const Plan &plan) : spin_(plan.spin), buffer_(plan.bytes) {
        for (auto &ends : ends_)
            if (socketpair(AF_UNIX, kType | (plan.spin ? SOCK_NONBLOCK : 0), 0, ends) != 0) fail("socketpair failed");
    }
    ~UnixSocket() {
        for (auto &ends : ends_) close(ends[0]), close(ends[1]);
    }
    void enter(const Role &) {}
    template <typename Fill> void send(int way, Fill fill) {
        size_t length = fill(buffer_.data());
        if (kType == SOCK_STREAM) length = buffer_.size(); // every packet is as long as the longest: no boundaries
        for (size_t done = 0; done < length;)
            done += some(::send(ends_[way][1], buffer_.data() + done, length - done, MSG_NOSIGNAL));
    }
    template <typename Take> auto receive(int way, Take take) {
        size_t length = 0, wanted = kType == SOCK_STREAM ? buffer_.size() : 1;
        while (length < wanted)
            length += some(::recv(ends_[way][0], buffer_.data() + length, buffer_.size() - length, 0));
        return take(buffer_.data(), length);
    }

  private:
    size_t some(ssize_t n) {
        if (n > 0) return static_cast<size_t>(n);
        if (n < 0 && spin_ && (errno == EAGAIN || errno == ENOBUFS)) return 0;
        fail("the socket failed");
    }

    bool spin_;
    int ends_[2][2];
    std::vector<char> buffer_;
};

} // namespace

void add_unix_socket(std::vector<Peer> &peers) {
    auto copied = [](const Plan &plan) {
        return bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) + " out (capacity: the kernel's)";
    };
    peers.push_back(byte_peer<UnixSocket<SOCK_SEQPACKET>>("Unix socket, seqpacket", "sleeps", true, copied));
    peers.push_back(byte_peer<UnixSocket<SOCK_STREAM>>("Unix socket, stream", "sleeps", true, copied));
}

} // namespace bench
