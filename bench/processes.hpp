// SPDX-License-Identifier: Apache-2.0
//
// The processes of one repetition: forked, pinned, started together, killed at the end whatever they are doing. What
// they say goes through memory that they share with their parent; an exception in one of them ends the repetition and
// becomes its note. They die with their parent.
//
// Also: how many system calls they make, counted with ptrace, which needs no privilege for one's own children. A
// process that makes none runs at full speed meanwhile.
#ifndef BENCH_PROCESSES_HPP
#define BENCH_PROCESSES_HPP

#include "measure.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace bench {

constexpr size_t kLine = 64;  // bytes of a cache line
constexpr size_t kPair = 128; // lines are fetched in pairs

// What one process says. Its own lines, so that saying it disturbs nobody.
struct alignas(kPair) Report {
    std::atomic<uint64_t> count; // packets received, or round trips
    std::atomic<uint64_t> wrong; // of them with wrong data, or out of order
    std::atomic<int> state;      // 0 starting, 1 ready, 2 done, 3 failed
    double figure;
    char note[256]; // why it failed
    Histogram histogram;
};

class Processes {
  public:
    static constexpr size_t kMost = 80;

    Processes() {
        void *at = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) throw std::runtime_error("no memory for the reports");
        shared_ = new (at) Shared();
    }
    Processes(const Processes &) = delete;
    Processes &operator=(const Processes &) = delete;
    ~Processes() {
        stop();
        munmap(static_cast<void *>(shared_), sizeof(Shared));
    }

    // body(report) runs in a process of its own on that CPU; prepare() before all of them are let go together.
    template <typename Prepare, typename Body> void start(int cpu, Prepare prepare, Body body) {
        size_t nth = pids_.size();
        if (nth == kMost) throw std::runtime_error("too many processes");
        pid_t parent = getpid(), pid = fork();
        if (pid < 0) throw std::runtime_error("fork failed");
        if (pid > 0) {
            pids_.push_back(pid);
            return;
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        pin(cpu);
        Report &report = shared_->reports[nth];
        try {
            prepare();
            report.state.store(1, std::memory_order_release);
            while (!shared_->go.load(std::memory_order_acquire)) usleep(50);
            body(report);
            report.state.store(2, std::memory_order_release);
        } catch (const std::exception &e) {
            std::snprintf(report.note, sizeof report.note, "%s", e.what());
            report.state.store(3, std::memory_order_release);
        }
        for (;;) pause(); // what it holds open stays open until all are done
    }

    // Waits until every process is prepared, then lets them go.
    bool go(double seconds = 20) {
        bool ready = wait_for(1, 0, pids_.size(), seconds);
        shared_->go.store(1, std::memory_order_release);
        return ready;
    }
    // Waits until the processes first..last-1 are done.
    bool wait_done(size_t first, size_t last, double seconds) { return wait_for(2, first, last, seconds); }

    Report &report(size_t nth) { return shared_->reports[nth]; }
    pid_t pid(size_t nth) const { return pids_[nth]; }
    size_t size() const { return pids_.size(); }

    uint64_t count(size_t first, size_t last) const {
        uint64_t sum = 0;
        for (size_t i = first; i < last; i++) sum += shared_->reports[i].count.load(std::memory_order_relaxed);
        return sum;
    }
    // "" or what went wrong in any of them.
    std::string trouble() const {
        for (size_t i = 0; i < pids_.size(); i++) {
            const Report &r = shared_->reports[i];
            if (r.state.load(std::memory_order_acquire) == 3) return "process " + std::to_string(i) + ": " + r.note;
            if (r.wrong.load(std::memory_order_relaxed)) return "process " + std::to_string(i) + " received wrong data";
        }
        return "";
    }

    void stop() {
        for (pid_t pid : pids_) kill(pid, SIGKILL);
        for (pid_t pid : pids_) waitpid(pid, nullptr, 0);
        pids_.clear();
    }

    // System calls that all of them make in so many seconds. From the first call on they are traced.
    uint64_t system_calls(double seconds);

  private:
    struct Shared {
        alignas(kPair) std::atomic<int> go;
        std::array<Report, kMost> reports;
    };

    bool wait_for(int state, size_t first, size_t last, double seconds) {
        int64_t end = now_ns() + static_cast<int64_t>(seconds * 1e9);
        for (size_t i = first; i < last;) {
            int found = shared_->reports[i].state.load(std::memory_order_acquire);
            if (found == 3 || now_ns() > end) return false;
            if (found >= state)
                i++;
            else
                usleep(100);
        }
        return true;
    }

    Shared *shared_;
    std::vector<pid_t> pids_;
    bool traced_ = false;
};

inline uint64_t Processes::system_calls(double seconds) {
    // An interval timer ends a waitpid that nothing else ends.
    struct sigaction action = {}, before = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, &before);
    itimerval every = {{0, 10000}, {0, 10000}}, none = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < pids_.size() && !traced_; i++) {
        int status;
        pid_t pid = pids_[i];
        if (ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACESYSGOOD) != 0)
            throw std::runtime_error("ptrace is not permitted here");
        ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
        waitpid(pid, &status, __WALL);
        ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
    }
    traced_ = true;
    setitimer(ITIMER_REAL, &every, nullptr);
    uint64_t stops = 0;
    for (int64_t end = now_ns() + static_cast<int64_t>(seconds * 1e9); now_ns() < end;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid <= 0 || !WIFSTOPPED(status)) continue;
        int signal = WSTOPSIG(status);
        bool call = signal == (SIGTRAP | 0x80);
        stops += call;
        ptrace(PTRACE_SYSCALL, pid, nullptr, static_cast<intptr_t>(call || signal == SIGTRAP ? 0 : signal));
    }
    setitimer(ITIMER_REAL, &none, nullptr);
    sigaction(SIGALRM, &before, nullptr);
    return stops / 2; // one at the entry, one at the exit
}

} // namespace bench

#endif
