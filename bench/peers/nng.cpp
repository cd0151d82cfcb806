// SPDX-License-Identifier: Apache-2.0
//
// nng, ipc: a pull socket for each reader and way, to which every writer's push socket dials.
#include "../transport.hpp"

#ifdef BENCH_HAVE_NNG
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

namespace bench {
namespace {

class Nng {
  public:
    static std::string unavailable(const Plan &) { return ""; }
    explicit Nng(const Plan &plan) : plan_(plan), id_(std::to_string(getpid())) {}
    void enter(const Role &role) { // in the process itself: it has threads
        for (int way = 0; way < 2; way++) {
            if (role.reads[way]) {
                must(nng_pull0_open(&sockets_[way]), "open");
                limit(way);
                must(nng_listen(sockets_[way], address(way, role.nth).c_str(), nullptr, 0), "listen");
            } else if (role.writes[way]) {
                must(nng_push0_open(&sockets_[way]), "open");
                limit(way);
                for (int i = 0; i < plan_.readers; i++)
                    must(nng_dial(sockets_[way], address(way, i).c_str(), nullptr, NNG_FLAG_NONBLOCK), "dial");
            }
        }
    }
    template <typename Fill> void send(int way, Fill fill) {
        nng_msg *message;
        must(nng_msg_alloc(&message, plan_.bytes), "message");
        size_t length = fill(nng_msg_body(message));
        must(nng_msg_chop(message, plan_.bytes - length), "chop");
        until_done([&] { return nng_sendmsg(sockets_[way], message, flags()); }, "send");
    }
    template <typename Take> auto receive(int way, Take take) {
        nng_msg *message;
        until_done([&] { return nng_recvmsg(sockets_[way], &message, flags()); }, "receive");
        auto result = take(nng_msg_body(message), nng_msg_len(message));
        nng_msg_free(message);
        return result;
    }

  private:
    int flags() const { return plan_.spin ? NNG_FLAG_NONBLOCK : 0; }
    static void must(int rc, const char *what) {
        if (rc) fail(std::string(what) + ": " + nng_strerror(rc));
    }
    template <typename Call> void until_done(Call call, const char *what) {
        int rc;
        while ((rc = call()) != 0)
            if (!plan_.spin || rc != NNG_EAGAIN) must(rc, what);
    }
    void limit(int way) { // a socket that has no buffer of its own says so; that is fine
        nng_socket_set_int(sockets_[way], NNG_OPT_SENDBUF, static_cast<int>(plan_.capacity));
        nng_socket_set_int(sockets_[way], NNG_OPT_RECVBUF, static_cast<int>(plan_.capacity));
        nng_socket_set_size(sockets_[way], NNG_OPT_RECVMAXSZ, 0);
        nng_socket_set_ms(sockets_[way], NNG_OPT_RECONNMINT, 1);
    }
    std::string address(int way, int reader) const { // abstract: no file
        return "abstract://brine-bench-nng-" + id_ + "-" + std::to_string(way) + "-" + std::to_string(reader);
    }

    Plan plan_;
    std::string id_;
    nng_socket sockets_[2] = {};
};

} // namespace

void add_nng(std::vector<Peer> &peers) {
    peers.push_back(byte_peer<Nng>("nng ipc", "sleeps", true, [](const Plan &plan) {
        return bytes_text(plan.bytes) + " in, " + bytes_text(plan.bytes) +
               " out (through its threads; capacity: its buffers and the kernel's)";
    }));
}

} // namespace bench
#else
namespace bench {
void add_nng(std::vector<Peer> &peers) { peers.push_back(missing_peer("nng ipc", "libnng-dev is not installed")); }
} // namespace bench
#endif
