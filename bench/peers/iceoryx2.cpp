// SPDX-License-Identifier: Apache-2.0
//
// iceoryx2: publish-subscribe between processes, of bytes in shared memory that the writer loans and fills. By asking
// again and again, as its own benchmark does, or with its events. It is written in Rust: bench/peers/iceoryx2 puts a C
// interface around it, in a library that is loaded if it could be built.
#include "../transport.hpp"

#include <dlfcn.h>

#include <filesystem>

namespace bench {
namespace {

struct End;

struct Library {
    End *(*open)(const char *, const char *, const char *, size_t, size_t, bool, bool) = nullptr;
    void *(*loan)(End *, size_t) = nullptr;
    int (*send)(End *) = nullptr;
    const void *(*receive)(End *, size_t *) = nullptr;
    void (*release)(End *) = nullptr;
    std::string missing;

    Library() {
        void *handle = dlopen(BENCH_ICEORYX2, RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            missing = "its library was not built: cargo is missing, or could not fetch or build the crate";
            return;
        }
        find(handle, open, "open"), find(handle, loan, "loan"), find(handle, send, "send");
        find(handle, receive, "receive"), find(handle, release, "release");
    }

  private:
    template <typename F> void find(void *handle, F &function, const char *name) {
        function = reinterpret_cast<F>(dlsym(handle, (std::string("iceoryx2_peer_") + name).c_str()));
        if (!function) missing = std::string("its library has no ") + name;
    }
};

const Library &library() {
    static const Library it;
    return it;
}

class Iceoryx2 {
  public:
    static std::string unavailable(const Plan &plan) {
        if (!library().missing.empty()) return library().missing;
        return plan.readers > 1 ? "publish-subscribe gives every packet to every reader" : "";
    }
    explicit Iceoryx2(const Plan &plan) : plan_(plan), prefix_("brine-bench-" + std::to_string(getpid()) + "-") {}
    ~Iceoryx2() { // the processes were killed: nobody else cleans up
        std::error_code ignored;
        std::filesystem::remove_all(folder(), ignored);
        for (const auto &file : std::filesystem::directory_iterator("/dev/shm", ignored))
            if (file.path().filename().string().rfind(prefix_, 0) == 0) std::filesystem::remove(file.path(), ignored);
    }
    void enter(const Role &role) {
        for (int way = 0; way < 2; way++) {
            if (!role.writes[way] && !role.reads[way]) continue;
            std::string name = "way-" + std::to_string(way);
            ends_[way] = library().open(folder().c_str(), prefix_.c_str(), name.c_str(), plan_.bytes, plan_.capacity,
                                        role.writes[way], !plan_.spin);
            if (!ends_[way]) fail("iceoryx2 could not open a service");
        }
    }
    template <typename Fill> void send(int way, Fill fill) {
        int sent;
        do {
            void *at = library().loan(ends_[way], plan_.bytes);
            if (!at) fail("iceoryx2 loans nothing");
            fill(at);
            sent = library().send(ends_[way]);
            if (sent < 0) fail("iceoryx2 did not deliver");
        } while (sent == 0);
    }
    template <typename Take> auto receive(int way, Take take) {
        size_t length;
        const void *at;
        while (!(at = library().receive(ends_[way], &length)))
            if (!plan_.spin) fail("iceoryx2 does not wait");
        auto result = take(at, length);
        library().release(ends_[way]);
        return result;
    }

  private:
    std::string folder() const { return "/tmp/" + prefix_ + "iceoryx2/"; }

    Plan plan_;
    std::string prefix_;
    End *ends_[2] = {};
};

} // namespace

void add_iceoryx2(std::vector<Peer> &peers) {
    peers.push_back(reference_peer<Iceoryx2>("iceoryx2", "sleeps in its events; tries again while full", true));
}

} // namespace bench
