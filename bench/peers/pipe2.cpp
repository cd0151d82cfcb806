// SPDX-License-Identifier: Apache-2.0
//
// pipe(2). Its capacity is in bytes, at least a page: 64 packets of 64 bytes.
#include "../transport.hpp"

#include <fcntl.h>

namespace bench {
namespace {

class Pipe2 {
  public:
    static std::string unavailable(const Plan &plan) {
        bool many = plan.writers > 1 || plan.readers > 1;
        return many && plan.bytes > 512 ? "large packets of several writers would be mixed up" : "";
    }
    explicit Pipe2(const Plan &plan) : buffer_(plan.bytes) {
        for (auto &ends : ends_) {
            if (pipe2(ends, plan.spin ? O_NONBLOCK : 0) != 0) fail("pipe2 failed");
            fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(std::min<size_t>(plan.capacity * plan.bytes, 1 << 20)));
        }
    }
    ~Pipe2() {
        for (auto &ends : ends_) close(ends[0]), close(ends[1]);
    }
    void enter(const Role &) {}
    template <typename Fill> void send(int way, Fill fill) {
        fill(buffer_.data()); // every packet is as long as the longest: a pipe has no boundaries
        move(ends_[way][1], [](int fd, char *at, size_t n) { return ::write(fd, at, n); });
    }
    template <typename Take> auto receive(int way, Take take) {
        move(ends_[way][0], [](int fd, char *at, size_t n) { return ::read(fd, at, n); });
        return take(buffer_.data(), buffer_.size());
    }

  private:
    template <typename Call> void move(int fd, Call call) {
        for (size_t done = 0; done < buffer_.size();) {
            ssize_t n = call(fd, buffer_.data() + done, buffer_.size() - done);
            if (n > 0)
                done += static_cast<size_t>(n);
            else if (n == 0 || errno != EAGAIN)
                fail("the pipe failed");
        }
    }

    int ends_[2][2];
    std::vector<char> buffer_;
};

} // namespace

void add_pipe2(std::vector<Peer> &peers) {
    peers.push_back(byte_peer<Pipe2>("pipe(2)", "sleeps", true, [](const Plan &plan) {
        return bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) + " out" +
               (plan.capacity * plan.bytes < 4096 ? " (a pipe has 4096 bytes at least)" : "");
    }));
}

} // namespace bench
