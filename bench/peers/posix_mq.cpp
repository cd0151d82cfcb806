// SPDX-License-Identifier: Apache-2.0
//
// POSIX message queues. Their names are removed as soon as they are open.
#include "../transport.hpp"

#include <fcntl.h>
#include <mqueue.h>

namespace bench {
namespace {

class PosixMq {
  public:
    static std::string unavailable(const Plan &plan) {
        mqd_t q = open(plan, 0);
        if (q == static_cast<mqd_t>(-1))
            return "mq_open of " + std::to_string(plan.capacity) + " packets of " + bytes_text(plan.bytes) + ": " +
                   std::strerror(errno) + " (limits in /proc/sys/fs/mqueue and ulimit -q)";
        mq_close(q);
        return "";
    }
    explicit PosixMq(const Plan &plan) : buffer_(plan.bytes), spin_(plan.spin) {
        for (auto &q : queues_)
            if ((q = open(plan, plan.spin ? O_NONBLOCK : 0)) == static_cast<mqd_t>(-1))
                fail(std::string("mq_open: ") + std::strerror(errno));
    }
    ~PosixMq() {
        for (mqd_t q : queues_) mq_close(q);
    }
    void enter(const Role &) {}
    template <typename Fill> void send(int way, Fill fill) {
        size_t length = fill(buffer_.data());
        while (mq_send(queues_[way], buffer_.data(), length, 0) != 0) again();
    }
    template <typename Take> auto receive(int way, Take take) {
        ssize_t length;
        while ((length = mq_receive(queues_[way], buffer_.data(), buffer_.size(), nullptr)) < 0) again();
        return take(buffer_.data(), static_cast<size_t>(length));
    }

  private:
    static mqd_t open(const Plan &plan, int flags) {
        mq_attr attributes = {};
        attributes.mq_maxmsg = plan.capacity;
        attributes.mq_msgsize = static_cast<long>(plan.bytes);
        std::string name = "/brine-bench-" + std::to_string(getpid());
        mqd_t q = mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | flags, 0600, &attributes);
        int error = errno;
        if (q != static_cast<mqd_t>(-1)) mq_unlink(name.c_str());
        errno = error;
        return q;
    }
    void again() {
        if (!spin_ || errno != EAGAIN) fail(std::string("the queue failed: ") + std::strerror(errno));
    }

    mqd_t queues_[2];
    std::vector<char> buffer_;
    bool spin_;
};

} // namespace

void add_posix_mq(std::vector<Peer> &peers) {
    peers.push_back(byte_peer<PosixMq>("POSIX mq", "sleeps", true, [](const Plan &plan) {
        return bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) + " out";
    }));
}

} // namespace bench
