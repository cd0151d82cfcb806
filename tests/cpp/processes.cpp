// SPDX-License-Identifier: Apache-2.0
// Pools, pipes, leases, published values, waiting for several, fan-out: between processes.
#include <atomic>
#include <thread>

#include "expect.hpp"

namespace {

// Runs `body` in a child process; what it throws ends the child with 1.
template <class F> pid_t forked(F body) {
    std::fflush(nullptr);
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid != 0) return pid;
    try {
        body();
    } catch (const std::exception &e) {
        std::fprintf(stderr, "child: %s\n", e.what());
        _exit(1);
    }
    std::fflush(nullptr);
    _exit(0);
}

brine::Packet numbered(const brine::Pool &pool, int i) {
    brine::Packet p = pool.packet();
    p["i"] = i;
    return p;
}

void test_pools() {
    brine::PoolOptions options;
    options.max_bytes = brine::parse_size("8M");
    auto pool = brine::Pool::create("one", options);
    CHECK(pool.name() == "one" && pool.bytes() == 8 << 20 && pool.is_pristine() && !pool.is_full() &&
          pool.biggest_free() > 0);
    THROWS_TEXT(brine::exists_error, "one", brine::Pool::create("one"));
    auto again = brine::Pool::try_create("one");
    CHECK(!again && again.error() == BRINE_EEXIST && again.error().detail().find("one") != std::string_view::npos);
    auto missing = brine::Pool::try_attach("two");
    CHECK(!missing && missing.error() == BRINE_ENOENT);
    THROWS(brine::not_found_error, brine::Pool::attach("two", 10ms));
    THROWS(brine::argument_error, brine::parse_size("much"));
    CHECK(brine::Pool::list() == std::vector<std::string>{"one"});
    CHECK(brine::Pool::try_unlink_stale("one").error() == BRINE_EBUSY);
    {
        auto same = brine::Pool::attach("one", 1s);
        auto block = same.allocate(1000);
        CHECK(same.contains(block.get()) && same.address(same.offset(block.get())) == block.get());
        same.detach(); // the block keeps it
        CHECK(!same && !pool.is_pristine());
    }
    CHECK(pool.is_pristine() && pool.info().participants >= 1 && pool.participants().size() >= 1);
    brine::PoolOptions look;
    look.flags = BRINE_POOL_READONLY;
    auto observer = brine::Pool::attach("one", brine::no_wait, look);
    THROWS(brine::read_only_error, observer.packet());
    auto borrowed = brine::Pool::borrow(pool.get());
    borrowed.detach();
    CHECK(pool.packet().held() && pool.reap() == 0);
    pool.trim();
    pool.interrupt();
    brine::Pool::unlink("one");
    THROWS(brine::not_found_error, brine::Pool::unlink("one"));
}

// Whatever is destroyed first, nothing is used after it is gone.
void test_orders() {
    auto pool = std::make_unique<brine::Pool>(brine::Pool::create("order"));
    auto pipe = std::make_unique<brine::Pipe>(pool->serve("a", 4));
    brine::Packet p = numbered(*pool, 1);
    pool.reset(); // the pipe keeps it attached
    pipe->enqueue(std::move(p));
    p = pipe->dequeue(1s);
    CHECK(p["i"] == 1);
    pipe.reset(); // now it is detached, and frees the packet
    CHECK(!p.held());
    THROWS(brine::not_held_error, p.get<int>("i"));
    p.reset();
    brine::Pool::unlink("order");
}

void test_many() {
    auto pool = brine::Pool::create_private();
    auto pipe = pool.serve("m", 3);
    std::vector<brine::Packet> packets;
    for (int i = 0; i < 5; i++) packets.push_back(numbered(pool, i));
    THROWS(brine::timeout_error, pipe.enqueue_many(packets, 5ms)); // three are in
    CHECK(!packets[0] && !packets[2] && packets[3].held() && packets[4].held());
    auto taken = pipe.dequeue_many(10);
    CHECK(taken.size() == 3 && taken[0]["i"] == 0 && taken[2]["i"] == 2);
    packets.erase(packets.begin(), packets.begin() + 3);
    pipe.enqueue_many(packets);
    CHECK(pipe.dequeue_many(1).at(0)["i"] == 3 && pipe.dequeue_many(2).at(0)["i"] == 4);
    THROWS(brine::timeout_error, (void)pipe.dequeue_many(2, brine::no_wait));
    THROWS(brine::argument_error, (void)pipe.dequeue_many(0));
}

void test_waits() {
    auto pool = brine::Pool::create_private();
    auto pipe = pool.serve("w", 2);
    CHECK(pipe.capacity() == 2 && pipe.name() == "w" && pipe.size() == 0 && !pipe.closed() &&
          pipe.pool() == pool.get());
    THROWS(brine::timeout_error, pipe.dequeue(5ms));
    auto nothing = pipe.try_dequeue();
    CHECK(!nothing && nothing.error() == BRINE_ETIMEDOUT);
    pipe.enqueue(numbered(pool, 0));
    CHECK(pipe.try_enqueue(numbered(pool, 1)).has_value());
    brine::Packet third = numbered(pool, 2);
    THROWS(brine::timeout_error, pipe.enqueue(std::move(third), std::chrono::steady_clock::now() + 5ms));
    CHECK(third["i"] == 2 && third.held()); // still the caller's
    CHECK(pipe.try_enqueue(std::move(third)).error() == BRINE_ETIMEDOUT && third.held());
    brine::Packet bad = numbered(pool, 3);
    CHECK(brine::attempt([&] { bad["i"]["no tab"] = 1; }).error() == BRINE_ETYPE);
    (void)pipe.dequeue();
    THROWS(brine::type_error, pipe.enqueue(std::move(bad))); // what is stuck to it
    CHECK(bad.held());
    auto elsewhere = brine::Pool::create_private();
    THROWS(brine::other_pool_error, elsewhere.serve("x").enqueue(std::move(third)));

    // An interruption reaches a wait that is under way.
    std::atomic<bool> ended{false};
    (void)pipe.dequeue();
    std::thread waiter([&] {
        THROWS(brine::interrupted_error, pipe.dequeue());
        ended = true;
    });
    while (!ended) {
        pipe.interrupt();
        std::this_thread::sleep_for(1ms);
    }
    waiter.join();

    pipe.enqueue(numbered(pool, 4));
    pipe.close();
    CHECK(!pipe);
    auto rest = pool.connect("w", 0s);
    CHECK(rest.closed() && rest.dequeue().get<int>("i") == 4);
    THROWS(brine::closed_error, rest.dequeue());
    CHECK(rest.try_dequeue(1s).error() == BRINE_ECLOSED);
    THROWS(brine::mismatch_error, pool.serve("w", 3));
    pool.remove_pipe("w");
    THROWS(brine::not_found_error, rest.dequeue());
    THROWS(brine::not_found_error, pool.connect("w", 5ms));
    CHECK(pool.try_connect("w").error() == BRINE_ENOENT);
}

// A stream ends when its server goes out of scope, and not when an exception takes it away.
void test_streams() {
    auto pool = brine::Pool::create("stream");
    auto input = pool.serve("back", 2);
    pid_t child = forked([] {
        auto mine = brine::Pool::attach("stream", 5s);
        auto back = mine.connect("back", 5s);
        auto out = mine.serve("out", 2);
        for (int i = 0; i < 100; i++) out.enqueue(numbered(mine, i), 5s);
        CHECK(back.dequeue(5s).get<std::string_view>("what") == "all of them");
    });
    auto out = pool.connect("out", 5s);
    int next = 0;
    for (auto &packet : out) {
        CHECK_EQ_INT(packet["i"].get<int>(), next++);
        if (next < 100) continue;
        packet["what"] = "all of them"; // the last one goes back
        input.enqueue(std::move(packet), 5s);
    }
    CHECK_EQ_INT(next, 100);
    CHECK_EXIT(child, 0);

    child = forked([] {
        auto mine = brine::Pool::attach("stream", 5s);
        try {
            auto failing = mine.serve("failing", 2);
            failing.enqueue(numbered(mine, 1));
            throw std::runtime_error("on the way");
        } catch (const std::runtime_error &) {
        }
    });
    auto failing = pool.connect("failing", 5s);
    CHECK_EXIT(child, 0);
    CHECK(!failing.closed());
    auto packets = failing.packets(20ms);
    auto it = packets.begin();
    CHECK((*it)["i"] == 1);
    THROWS(brine::timeout_error, ++it); // nobody carries on, but the stream is open
    failing.expect_server();
    THROWS(brine::gone_error, failing.dequeue(5s));
    failing.expect(0);
    brine::Pool::unlink("stream");
}

void test_leases() {
    auto pool = brine::Pool::create("leases");
    brine::PipeOptions options;
    options.capacity = 8, options.leases = true, options.max_deliveries = 3, options.dead_letter = "dead";
    auto work = pool.serve("work", options);
    auto done = pool.serve("done", 8);
    work.enqueue(numbered(pool, 0));
    pid_t child = forked([] { // dies with it in its hands
        auto mine = brine::Pool::attach("leases", 5s);
        auto input = mine.connect("work", 5s);
        auto lease = input.lease(5s);
        CHECK(lease.get<int>("i") == 0 && lease.deliveries() == 1);
        kill(getpid(), SIGKILL);
    });
    CHECK_KILLED(child, SIGKILL);
    try { // and a handler that throws
        auto lease = work.lease(5s);
        CHECK_EQ_INT(lease.deliveries(), 2);
        throw std::runtime_error("no luck");
    } catch (const std::runtime_error &) {
    }
    {
        auto lease = work.lease(5s);
        CHECK(lease["i"] == 0 && lease.at("i") == 0 && lease.deliveries() == 3);
    } // not acknowledged: after three deliveries it is a dead letter
    CHECK(!work.try_lease());
    CHECK(pool.connect("dead", 1s).dequeue(1s).get<int>("i") == 0);

    for (int i = 1; i <= 3; i++) work.enqueue(numbered(pool, i));
    auto lease = work.lease();
    brine::Packet mine = lease.ack();
    CHECK(!lease);
    mine["i"] = 10; // an ordinary packet now
    done.enqueue(std::move(mine));
    done.enqueue(work.lease());
    auto third = work.try_lease(1s);
    CHECK(third && done.try_enqueue(std::move(*third)).has_value() && !*third);
    CHECK_EQ_INT(done.size(), 3);
    CHECK_EQ_INT(work.size(), 0);
    for (int i : {10, 2, 3}) CHECK_EQ_INT(done.dequeue().get<int>("i"), i);
    CHECK_EQ_INT(pool.pipe_info("work").leased, 0);
    work.enqueue(numbered(pool, 4));
    work.close();
    auto reader = pool.connect("work");
    int seen = 0;
    for (auto &leased : reader.leases(5s)) seen += leased.ack().get<int>("i");
    CHECK_EQ_INT(seen, 4);
    brine::Pool::unlink("leases");
}

void test_published() {
    auto pool = brine::Pool::create("published");
    THROWS(brine::not_found_error, pool.lookup("config", 5ms));
    CHECK(pool.try_lookup("config").error() == BRINE_ENOENT);
    pid_t child = forked([] {
        auto mine = brine::Pool::attach("published", 5s);
        brine::Packet config = mine.packet();
        config["rate"] = 48000;
        mine.publish("config", std::move(config));
        CHECK(!config);
    });
    auto config = pool.lookup("config", 5s);
    CHECK_EXIT(child, 0);
    CHECK(config["rate"] == 48000 && config.is_shared() && pool.published().size() == 1 &&
          pool.published()[0].version == 1);
    auto copy = pool.peek("config");
    CHECK(copy.root() == config.root());
    pool.unpublish("config");
    CHECK(pool.published().empty() && config["rate"] == 48000);
    auto pipe = pool.serve("p", 4);
    pipe.enqueue(numbered(pool, 1)), pipe.enqueue(numbered(pool, 2));
    CHECK(pool.peek("p", 1)["i"] == 2 && pipe.size() == 2);
    CHECK(pool.pipes().size() == 1 && pool.users("p").size() == 1 && pool.users("p")[0].server &&
          pool.pipe_info("p").depth == 2);
    THROWS(brine::not_found_error, pool.pipe_info("q"));
    CHECK(pool.problems().empty());
    brine::Pool::unlink("published");
}

void test_several() {
    auto pool = brine::Pool::create_private();
    auto a = pool.serve("a", 1), b = pool.serve("b", 1);
    brine::WaitSet set;
    std::size_t number_a = set.add(a), number_b = set.add(b, brine::readable | brine::writable);
    set.wait(1s);
    CHECK(set.ready(number_a) == 0 && set.ready(number_b) == brine::writable && set.size() == 2);
    b.enqueue(numbered(pool, 1));
    set.clear();
    number_a = set.add(a);
    CHECK(set.try_wait().error() == BRINE_ETIMEDOUT);
    THROWS(brine::timeout_error, set.wait(5ms));
    (void)b.dequeue();

    brine::Fanout all;
    all.add(a), all.add(b);
    brine::Packet p = numbered(pool, 7);
    all.send(std::move(p));
    CHECK(!p && a.size() == 1 && b.size() == 1 && all.status(0) == 0 && all.size() == 2);
    auto share = a.dequeue();
    CHECK(share["i"] == 7 && share.is_shared());
    brine::Packet next = numbered(pool, 8);
    THROWS(brine::timeout_error, all.send(std::move(next), 5ms)); // b is full, and says so
    CHECK(all.status(0) == 0 && all.status(1) == BRINE_ETIMEDOUT && next.held() && next["i"] == 8);
    next.reset();
    brine::Fanout latest(brine::Policy::drop_oldest);
    latest.add(b);
    latest.send(numbered(pool, 9));
    CHECK(b.dequeue(brine::no_wait)["i"] == 9);
    brine::Packet stuck = numbered(pool, 10);
    CHECK(!stuck["i"]["x"].try_set(1));
    CHECK(all.try_send(std::move(stuck)).error() == BRINE_ETYPE && stuck.held()); // refused: nothing was done with it
}

void test_raw() {
    auto region = brine::RawRegion::create("plain", 5000);
    CHECK(region.bytes().size() == 5000 && !region.initialized());
    pid_t child = forked([] {
        auto mine = brine::RawRegion::attach("plain", 5s);
        mine.bytes()[4999] = std::byte{7};
        mine.initialize();
    });
    CHECK_EXIT(child, 0);
    CHECK(region.initialized() && region.bytes()[4999] == std::byte{7} && region.data() == region.bytes().data());
    brine::RawRegion::unlink("plain");
    THROWS(brine::not_found_error, brine::RawRegion::attach("plain", 5ms));
}

// A child of fork is a participant of its own: its parent's packets are not its own, pools and pipes work.
void test_fork() {
    auto pool = brine::Pool::create_private();
    auto pipe = pool.serve("f", 4);
    brine::Packet p = numbered(pool, 5);
    pid_t child = forked([&] {
        CHECK(!p.held());
        THROWS(brine::not_held_error, p.get<int>("i"));
        p.reset(); // frees nothing
        pipe.enqueue(numbered(pool, 6));
    });
    CHECK(pipe.dequeue(5s)["i"] == 6 && p["i"] == 5);
    CHECK_EXIT(child, 0);
}

} // namespace

int main() {
    test_pools();
    test_orders();
    test_many();
    test_waits();
    test_streams();
    test_leases();
    test_published();
    test_several();
    test_raw();
    test_fork();
    return 0;
}
