// SPDX-License-Identifier: Apache-2.0
// What went wrong in PicklingTools and does not here: values outside of shared memory, holding on and letting go, left
// over regions and those in use, dequeue(None, v), waits that are interrupted.
#include "shmboot.h"

#include <chrono>
#include <signal.h>
#include <sys/time.h>

#include "checkshm.h"
#include "checking.hpp"

static void not_in_shared_memory(StreamingPool *shm, CQ &pipe) {
    // Okay
    Val data = Shared(shm, Tab()); // created in shared memory
    pipe.enqueue(data);            // Okay, because data in shared memory

    // !!!! NOT OKAY!!! there; here it is copied in
    Val data2 = Tab();
    pipe.enqueue(data2);
    CHECK(IsSHM(data) && !IsSHM(data2));
    CHECK(IsSHM(pipe.deq()) && IsSHM(pipe.deq()));
}

static void holding_on_and_letting_go(StreamingPool *shm, CQ &pipe) {
    const int_8 before = packets_in(shm);
    // Serverside
    {
        Val v = Shared(shm, Tab()); // ref count at 1
        pipe.enq(v);                // ref count at 2
    }                               // Val destructed, ref count at 1
    CHECK(packets_in(shm) > before);

    // Clientside
    {
        Val off = pipe.deq(); // Ref count at 1
    }                         // Val destructed, ref count at 0, memory reclaimed
    CHECK_EQ_INT(packets_in(shm), before);
}

static void dequeue_for_ever(StreamingPool *shm, CQ &pipe) {
    Val v;
    pipe.enq(Shared(shm, Tab("{'a':1}")));
    CHECK(pipe.dequeue(None, v) && v["a"] == 1);
}

// A timer that wakes the wait every 20 ms does not make it longer.
static void interrupted_waits(CQ &pipe) {
    struct sigaction interrupt = {};
    interrupt.sa_handler = [](int) {}; // without SA_RESTART
    sigaction(SIGALRM, &interrupt, nullptr);
    itimerval every = {{0, 20000}, {0, 20000}}, off = {};
    setitimer(ITIMER_REAL, &every, nullptr);
    const auto began = chrono::steady_clock::now();
    Val v;
    CHECK(!pipe.dequeue(0.3, v));
    CHECK(chrono::steady_clock::now() - began >= chrono::milliseconds(300));
    setitimer(ITIMER_REAL, &off, nullptr);
}

// A process that makes a region, puts one packet into it, and is killed.
static void leave_one_behind(const char *region) {
    const pid_t child = fork();
    if (child == 0) {
        SHMMain mem(region, 1 << 20);
        mem.start();
        ServerSide server(region, "p", 4);
        server.start();
        server.pipe().enq("left over");
        kill(getpid(), SIGKILL);
    }
    CHECK_KILLED(child, SIGKILL);
}

static void left_over() {
    leave_one_behind("old");
    { // it persists: who comes finds it
        ClientSide client("old", "p");
        client.start();
        CHECK(client.pipe().deq() == "left over");
        client.pipe().enq("again");
        // In use: it is kept, said, and joined.
        SHMMain mem("old", 1 << 20);
        mem.start();
        Val v;
        CHECK(client.pipe().dequeue(0, v) && v == "again");
    }
    CHECK(there("old"));
    // Not removed by one that has not made it; in use by nobody now: made anew.
    SHMMain mem("old", 1 << 20);
    mem.start();
    ServerSide server("old", "p", 8); // no pipe of another capacity is in the way
    server.start();
    Val v;
    CHECK(!server.pipe().dequeue(0, v));
}

// A region is removed by the process that made it, not by its children.
static void removed_once() {
    SHMMain *mem = new SHMMain("forked", 1 << 20);
    mem->start();
    const pid_t child = fork();
    if (child == 0) {
        delete mem;
        _exit(0);
    }
    CHECK_EXIT(child, 0);
    CHECK(there("forked"));
    delete mem;
    CHECK(!there("forked"));
}

// A client that waits in a pool that goes away goes over to the next one of that name.
static void replaced_meanwhile() {
    SHMMain *first = new SHMMain("moving", 1 << 20);
    first->start();
    const pid_t child = fork();
    if (child == 0) {
        first->pool(); // inherited; its name is not this process's to remove
        ClientSide client("moving", "late");
        client.start();
        CHECK(client.pipe().deq() == "arrived");
        exit(0);
    }
    usleep(50000);
    delete first;
    SHMMain second("moving", 1 << 20);
    second.start();
    ServerSide server("moving", "late", 4);
    server.start();
    server.pipe().enq("arrived");
    CHECK_EXIT(child, 0);
}

// More than 31 and 32 bits of bytes.
static void large_sizes() {
    const size_t bytes = size_t(5) << 30;
    SHMMain mem("/large", bytes);
    mem.start();
    CHECK(there("large") && mem.pool()->bytes() >= bytes && mem.pool()->biggestFreeBlock() > (size_t(1) << 32));
    ServerSide server("large", "p", 4);
    server.start();
    server.pipe().enq(int_8(1) << 40);
    CHECK(server.pipe().deq() == int_8(1) << 40);
    CHECK_THROWS(SHMMain("negative", -1), BRINE_EINVAL);
}

int main() {
    SHMMain mem("shm_region", 1 << 20);
    mem.start();
    ServerSide server("shm_region", "pipe", 4);
    server.start();
    not_in_shared_memory(server.pool(), server.pipe());
    holding_on_and_letting_go(server.pool(), server.pipe());
    dequeue_for_ever(server.pool(), server.pipe());
    interrupted_waits(server.pipe());
    left_over();
    removed_once();
    replaced_meanwhile();
    large_sizes();
    return 0;
}
