// SPDX-License-Identifier: Apache-2.0
// What enqueueing shares and changing copies, places in a packet meanwhile, leases, other pools, forks, threads.
#include <thread>
#include <vector>

#include "checking.hpp"

struct Setting {
    SHMMain main{"packets", 32 << 20};
    ServerSide server{"packets", "pipe", 16};
    Setting() {
        main.start();
        server.start();
    }
    CQ &pipe() { return server.pipe(); }
    StreamingPool *pool() { return server.pool(); }
};

static void sharing(Setting &s) {
    Val sent = Shared(s.pool(), Tab("{'n': 1, 'sub': {'x': [1, 2]}}"));
    Tab &table = sent;
    Val &x = sent["sub"]["x"][0];
    s.pipe().enq(sent);
    s.pipe().enq(sent); // by reference, as often as wanted
    Val one = s.pipe().deq(), two = s.pipe().deq();
    CHECK(one == sent && two == sent && one.isproxy);
    x = "mine"; // each that is changed becomes its changer's own; places stay good
    table["n"] = 2;
    two["sub"]["x"][1] = "theirs";
    CHECK_PRINTS(sent, "{'n': 2, 'sub': {'x': ['mine', 2]}}");
    CHECK_PRINTS(one, "{'n': 1, 'sub': {'x': [1, 2]}}");
    CHECK_PRINTS(two, "{'n': 1, 'sub': {'x': [1, 'theirs']}}");
    CHECK(x == "mine" && &x == &sent["sub"]["x"][0]);
    // Places found when it was shared, and when nobody else has it any more: no copy then.
    s.pipe().enq(sent);
    Val &n = sent["n"];
    s.pipe().deq();
    const int_8 before = packets_in(s.pool());
    n = 3;
    CHECK(table["n"] == 3 && packets_in(s.pool()) <= before);
    n = "text";
    CHECK(n.tag == 'a' && table["n"] == "text");
    // A place that has moved before it was shared has no counterpart in the copy: an error, not another value.
    Val &early = sent["n"];
    for (int i = 0; i < 100; i++) sent[i] = i;
    s.pipe().enq(sent);
    sent["n"] = 4;
    CHECK_THROWS(early = 5, BRINE_ENOENT);
    CHECK_THROWS(int_4(early), BRINE_ENOENT);
    CHECK(sent["n"] == 4);
    CHECK(s.pipe().deq()["n"] == "text");
}

static void moving(Setting &s) {
    const int_8 before = packets_in(s.pool());
    Val v = Shared(s.pool(), Tab("{'a': 1}"));
    Array<int_4> &gone = (v["data"] = Array<int_4>{1, 2, 3}, v["data"]);
    s.pipe().enq(std::move(v)); // the packet itself
    CHECK_EQ_INT(packets_in(s.pool()), before + 1);
    CHECK_THROWS(v["a"], BRINE_ENOTHELD);
    CHECK_THROWS(gone[0], BRINE_ENOTHELD);
    Val back = s.pipe().deq();
    back["a"] = 2;
    CHECK(back["a"] == 2 && packets_in(s.pool()) == before + 1);
    for (int i = 0; i < 16; i++) s.pipe().enq(i);                      // full
    CHECK(!s.pipe().enqueue(std::move(back), 0.01) && back["a"] == 2); // still ours
    CHECK(!s.pipe().enqueue(back, 0) && !s.pipe().enqueue(Tab(), 0.01));
    back["a"] = 3;
    for (int i = 0; i < 16; i++) CHECK(s.pipe().deq() == i);
    Val nothing = "as it was";
    CHECK(!s.pipe().dequeue(0.01, nothing) && nothing == "as it was");
}

static void arrays(Setting &s) {
    Val v = Shared(s.pool(), Tab());
    v["data"] = Array<real_4>();
    Array<real_4> &data = v["data"];
    data.resize(50000);                       // a packet of its own inside
    for (int round = 0; round < 3; round++) { // filled and sent again and again: nobody sees the next round
        data.fill(static_cast<real_4>(round));
        s.pipe().enq(v);
    }
    for (int round = 0; round < 3; round++) {
        const Val got = s.pipe().deq();
        const Array<real_4> &read = got["data"];
        CHECK(read[0] == static_cast<real_4>(round) && read[49999] == static_cast<real_4>(round));
        CHECK(InSHM(s.pool(), read.data())); // in place
    }
    s.pipe().enq(v);
    Val got = s.pipe().deq();
    const Val &look = got;
    const Array<real_4> &shared = look["data"];
    const void *where = shared.data();
    CHECK(look["data"].length() == 50000 && shared.data() == where); // reading copies nothing
    Array<real_4> &own = got["data"];
    own[7] = 77;
    CHECK(data.data()[7] == 2 && own[7] == 77);
}

static void copying_in(Setting &s) {
    Val local = Tab("{'a': [1, 2]}"), boxed = new Tab("{'b': 1}");
    s.pipe().enq(local);
    s.pipe().enq(boxed);
    s.pipe().enq("text");
    s.pipe().enq(Val());
    Val sub = Shared(s.pool(), Tab("{'sub': {'c': 1}}"));
    s.pipe().enq(sub["sub"]);
    StreamingPool *elsewhere = StreamingPool::CreateStreamingPool(&local, 1 << 20);
    Val other = Shared(elsewhere, Tab("{'d': 1}"));
    CHECK(IsSHM(other) && IsSHM(elsewhere, other) && !IsSHM(s.pool(), other) && !IsSHM(local));
    s.pipe().enq(other);
    s.pipe().enq(std::move(other));
    for (const char *expected : {"{'a': [1, 2]}", "{'b': 1}", "'text'", "None", "{'c': 1}", "{'d': 1}", "{'d': 1}"}) {
        const Val got = s.pipe().deq();
        CHECK_PRINTS(got, expected);
        CHECK(IsSHM(s.pool(), got));
    }
    Val nested = Eval(std::string(901, '[') + std::string(901, ']'));
    Val small = Shared(s.pool(), Tab());
    small["x"] = nested;
    for (int i = 0; i < 110; i++) { // deeper by one each time, in place
        Val outer = Arr();
        outer.append(None);
        outer[0].swap(nested);
        nested.swap(outer);
    }
    CHECK_THROWS(Val(nested), BRINE_EDEPTH);
    CHECK_THROWS(s.pipe().enqueue(nested, 0), BRINE_EDEPTH);
    CHECK_THROWS(small["x"] = std::move(nested), BRINE_EDEPTH);
    small["x"] = 1; // usable all the same
    CHECK(s.pipe().enqueue(small, 0) && s.pipe().deq() == small);
}

static void full_pool(Setting &s) {
    Val v = Shared(s.pool(), Tab("{'a': 1}"));
    Array<real_8> huge;
    huge.resize(8 << 20); // 64 MiB do not fit
    CHECK_THROWS(v["huge"] = huge, BRINE_ENOMEM);
    v["data"] = Array<real_8>{1.5};
    Array<real_8> &in = v["data"];
    CHECK_THROWS(in.resize(8 << 20), BRINE_ENOMEM);
    CHECK(in.length() == 1 && in[0] == 1.5);
    CHECK_THROWS(s.pipe().enqueue(huge, 0), BRINE_ENOMEM);
    CHECK_THROWS(Shared(s.pool(), huge), BRINE_ENOMEM);
    v["a"] = 2;
    CHECK(s.pipe().enqueue(v, 0) && s.pipe().deq()["a"] == 2);
}

static void leases(Setting &s) {
    brine_pipe_options options = {};
    options.flags = BRINE_PIPE_LEASES;
    brine_pipe *leased;
    CHECK_OK(brine_pipe_serve_with(s.pool()->get(), "leased", &options, &leased));
    ClientSide client("packets", "leased");
    client.start();
    Val read;
    for (int i = 0; i < 3; i++) client.pipe().enq(Tab("{'n': 1}"));
    CHECK(client.pipe().deq()["n"] == 1);
    read = client.pipe().deq();
    read["n"] = 2; // acknowledged by being changed
    CHECK(read["n"] == 2);
    s.pipe().enq(client.pipe().deq()); // and by being passed on
    CHECK(s.pipe().deq()["n"] == 1);
    brine_pipe_detach(leased);
}

static void ends(Setting &s) {
    ServerSide ending("packets", "ending", 4);
    ending.start();
    ClientSide client("packets", "ending");
    client.start();
    ServerSide other("packets", "ending", 5);
    CHECK_THROWS(other.start(), BRINE_EMISMATCH);
    CHECK_THROWS(other.pipe(), BRINE_EINVAL);
    ending.pipe().enq(1);
    ending.close();
    Val v;
    CHECK(!client.pipe().isClosed() && client.pipe().dequeue(1, v) && v == 1);
    CHECK(client.pipe().isClosed() && !client.pipe().dequeue(0.02, v)); // waits as on an empty one
    std::thread later([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        ServerSide again("packets", "ending", 4);
        again.start();
        again.pipe().enq(2);
    });
    CHECK(client.pipe().dequeue(None, v) && v == 2);
    later.join();
    CHECK_THROWS(ending.pipe(), BRINE_EINVAL);
    CHECK_THROWS(SHMMain("x", 1).pool(), BRINE_EINVAL);
    CHECK_THROWS(SHMMain("no/name", 1 << 20).start(), BRINE_ENAME);
    CHECK_OK(brine_pipe_remove(s.pool()->get(), "ending"));
    CHECK_THROWS(client.pipe().enqueue(1, 0), BRINE_ENOENT);
}

// What the parent had from a pool stays its own; what was its own memory the child has, too.
static void forks(Setting &s) {
    Val packet = Shared(s.pool(), Tab("{'a': 1}")), local = Tab("{'b': [1, 2]}"), boxed = new Tab("{'c': 1}");
    Val &place = packet["a"];
    const pid_t child = fork();
    CHECK_SYS(child);
    if (child == 0) {
        CHECK_THROWS(packet["a"], BRINE_ENOTHELD);
        CHECK_THROWS(place = 2, BRINE_ENOTHELD);
        CHECK_THROWS(s.pipe().enqueue(packet, 0), BRINE_ENOTHELD);
        local["b"].append(int_n("99999999999999999999"));
        boxed["c"] = 2;
        CHECK_PRINTS(local, "{'b': [1, 2, 99999999999999999999L]}");
        s.pipe().enq(local);
        Val mine = Shared(s.pool(), Tab());
        mine["x"] = 1;
        s.pipe().enq(mine);
        exit(0); // destroys what is static; the pool's name is the parent's to remove
    }
    CHECK_EXIT(child, 0);
    CHECK(s.pipe().deq()["b"].length() == 3 && s.pipe().deq()["x"] == 1);
    place = 3;
    CHECK(packet["a"] == 3 && boxed["c"] == 1 && local["b"].length() == 2);
}

static void threads(Setting &s) {
    Val shared = Shared(s.pool(), Tab("{'count': 0}"));
    std::vector<std::thread> all;
    for (int t = 0; t < 4; t++)
        all.emplace_back([&, t, mine = shared]() mutable { // proxies of one packet
            for (int i = 0; i < 500; i++) {
                {
                    TransactionLock lock(mine);
                    mine["count"] = int_4(mine["count"]) + 1;
                }
                mine[Tup(t, i)] = i;
            }
        });
    for (auto &thread : all) thread.join();
    TransactionLock lock(shared["count"]);
    CHECK(shared["count"] == 2000 && shared.length() == 2001);
}

// Two packets that take from each other, in opposite directions, do not wait for each other.
static void across(Setting &s) {
    Val one = Shared(s.pool(), Tab("{'part': {'x': [1, 2]}}")), two = Shared(s.pool(), one);
    const auto take = [](Val to, Val from) {
        for (int i = 0; i < 300; i++) {
            to["copy"] = from["part"];
            CHECK(to["copy"].contains("x") && to == to && to["part"] != from); // whatever the other is doing
            CHECK(!to["part"]["x"].contains(from["part"]));
            to["part"]["x"].append(from["part"]["x"][0]);
            to["part"]["x"].remove(-1);
        }
    };
    std::thread other(take, one, two);
    take(two, one);
    other.join();
    CHECK_PRINTS(one["part"], "{'x': [1, 2]}");
}

int main() {
    Setting s;
    const int_8 before = packets_in(s.pool());
    sharing(s);
    moving(s);
    arrays(s);
    copying_in(s);
    full_pool(s);
    CHECK_EQ_INT(packets_in(s.pool()), before);
    leases(s);
    ends(s);
    forks(s);
    threads(s);
    across(s);
    return 0;
}
