// SPDX-License-Identifier: Apache-2.0
//
// ZeroMQ, ipc: a PULL socket for each reader and way, to which every writer's PUSH socket connects.
#include "../transport.hpp"

#ifdef BENCH_HAVE_ZEROMQ
#include <zmq.h>

namespace bench {
namespace {

class ZeroMq {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit ZeroMq(const Plan &plan) : plan_(plan), id_(std::to_string(getpid())) {}
    void enter(const Role &role) {
        void *context = zmq_ctx_new(); // in the process itself: it has threads
        for (int way = 0; way < 2; way++) {
            if (role.reads[way]) {
                sockets_[way] = socket(context, ZMQ_PULL);
                must(zmq_bind(sockets_[way], address(way, role.nth).c_str()), "bind");
            } else if (role.writes[way]) {
                sockets_[way] = socket(context, ZMQ_PUSH);
                for (int i = 0; i < plan_.readers; i++)
                    must(zmq_connect(sockets_[way], address(way, i).c_str()), "connect");
            }
        }
    }
    template <typename Fill> void send(int way, Fill fill) {
        zmq_msg_t message;
        must(zmq_msg_init_size(&message, plan_.bytes), "message");
        size_t length = fill(zmq_msg_data(&message));
        if (length < plan_.bytes) shorten(&message, length);
        until_done([&] { return zmq_msg_send(&message, sockets_[way], plan_.spin ? ZMQ_DONTWAIT : 0); }, "send");
    }
    template <typename Take> auto receive(int way, Take take) {
        zmq_msg_t message;
        must(zmq_msg_init(&message), "message");
        until_done([&] { return zmq_msg_recv(&message, sockets_[way], plan_.spin ? ZMQ_DONTWAIT : 0); }, "receive");
        auto result = take(zmq_msg_data(&message), zmq_msg_size(&message));
        zmq_msg_close(&message);
        return result;
    }

  private:
    static void must(int rc, const char *what) {
        if (rc < 0) fail(std::string(what) + ": " + zmq_strerror(zmq_errno()));
    }
    template <typename Call> void until_done(Call call, const char *what) {
        while (call() < 0)
            if (!plan_.spin || zmq_errno() != EAGAIN) must(-1, what);
    }
    static void shorten(zmq_msg_t *message, size_t length) {
        zmq_msg_t shorter;
        must(zmq_msg_init_size(&shorter, length), "message");
        std::memcpy(zmq_msg_data(&shorter), zmq_msg_data(message), length);
        zmq_msg_move(message, &shorter);
    }
    void *socket(void *context, int type) {
        void *s = zmq_socket(context, type);
        int high = static_cast<int>(plan_.capacity);
        if (!s) fail("zmq_socket failed");
        zmq_setsockopt(s, ZMQ_SNDHWM, &high, sizeof high);
        zmq_setsockopt(s, ZMQ_RCVHWM, &high, sizeof high);
        return s;
    }
    std::string address(int way, int reader) const { // abstract: no file
        return "ipc://@brine-bench-zmq-" + id_ + "-" + std::to_string(way) + "-" + std::to_string(reader);
    }

    Plan plan_;
    std::string id_;
    void *sockets_[2] = {};
};

} // namespace

void add_zeromq(std::vector<Peer> &peers) {
    peers.push_back(byte_peer<ZeroMq>("ZeroMQ ipc", "sleeps", true, [](const Plan &plan) {
        return bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) +
               " out (through its I/O threads; capacity: high-water marks and the kernel's)";
    }));
}

} // namespace bench
#else
namespace bench {
void add_zeromq(std::vector<Peer> &peers) {
    peers.push_back(missing_peer("ZeroMQ ipc", "libzmq3-dev is not installed"));
}
} // namespace bench
#endif
