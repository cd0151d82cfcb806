// SPDX-License-Identifier: Apache-2.0
// Tab, OTab, Arr, Tup, Array<T>, It, and what copies are: each of this process and in a packet.
#include "checking.hpp"

static StreamingPool *pool;

static void tables(Val v) {
    v["a"] = 1;
    v["b"]["c"]; // None has no elements
}

static void one_table(Val v) {
    Tab &t = v; // the same table
    t["b"] = "two";
    v["a"] = 1;
    t["c"] = Tab("{'d': {'e': [10, 20]}}");
    CHECK(v["missing"] == None && v.contains("missing") && v.length() == 4); // [] inserts None
    v.remove("missing");
    CHECK_THROWS(v("missing"), BRINE_ENOENT); // () throws
    CHECK_THROWS(t.remove("missing"), BRINE_ENOENT);
    CHECK(!t.contains("missing") && t.entries() == 3);
    v["c"]["d"]["e"][1] = "changed"; // cascading
    CHECK_PRINTS(t["c"], "{'d': {'e': [10, 'changed']}}");
    v["c"]["d"]["new"] = 2.5;
    CHECK_PRINTS(v["c"]["d"], "{'e': [10, 'changed'], 'new': 2.5}");
    CHECK_THROWS(v["a"]["x"], BRINE_ETYPE);
    CHECK_THROWS(v["b"]["x"], BRINE_ETYPE);
    CHECK_THROWS(v["c"]["d"]["e"]["x"], BRINE_ETYPE);
    CHECK_THROWS(v["c"]["d"]["e"][2], BRINE_ENOENT);
    CHECK(v["c"]["d"]["e"][-1] == "changed");
    const Val &fixed = v;
    CHECK(fixed["a"] == 1 && fixed("a") == 1);
    CHECK_THROWS(fixed["missing"], BRINE_ENOENT);
    v("a") = 5;
    Val &a = v["a"];
    for (int i = 0; i < 1000; i++) t[i] = i; // a place stays a place when the table around it grows
    a = 6;
    CHECK(v["a"] == 6 && t[999] == 999);
    for (int i = 0; i < 1000; i++) t.remove(i);
    t.append("appended");
    CHECK(t[3] == "appended");
    t.remove(3);
    CHECK_PRINTS(t, "{'a': 6, 'b': 'two', 'c': {'d': {'e': [10, 'changed'], 'new': 2.5}}}");
    v["self"] = v["c"]["d"]; // copies of its own parts, also into themselves
    v["c"]["d"] = v["c"];
    v["c"] = v["c"]["d"]["d"];
    CHECK(v["c"] == v["self"]);
    v["a"].swap(v["b"]);
    CHECK(v["a"] == "two" && v["b"] == 6);
    CHECK(v["a"].tag == 'a' && v["b"].tag == 'l' && v["c"].tag == 't');
    t.clear();
    CHECK(v.length() == 0);
}

static void going_through(Val v) {
    const Val &itself = v;
    v = itself;
    v["z"] = 1;
    v["a"] = 2;
    v[7] = 3;
    string seen;
    for (It ii(v); ii();) {
        seen += Stringize(ii.key()) + "=" + Stringize(ii.value()) + " ";
        ii.value() = 0;
    }
    CHECK_STR(seen.c_str(), "'z'=1 'a'=2 7=3 ");
    CHECK(v["z"] == 0 && v[7] == 0);
    int met = 0;
    for (It ii(v); ii(); met++) { // taking out and putting in meanwhile
        v.remove(ii.key());
        v[100 + met] = 1;
        if (v.contains("a")) v.remove("a");
    }
    CHECK_EQ_INT(met, 2);
    It none(v);
    CHECK_THROWS(none.key(), BRINE_EINVAL);
    CHECK_THROWS(It(Val(1)), BRINE_ETYPE);
}

static void lists(Val v) {
    Arr &a = v;
    for (int i = 0; i < 100; i++) a.append(i);
    CHECK(a.length() == 100 && v[99] == 99 && a[-100] == 0 && v.contains(50) && !v.contains(100));
    v.append(v[0]);
    a.remove(0);
    CHECK(v[0] == 1 && v[-1] == 0 && v.length() == 100);
    a[0] = Tab("{'x': 1}");
    a[0]["x"] = "y";
    CHECK_PRINTS(a[0], "{'x': 'y'}");
    CHECK_THROWS(a[100], BRINE_ENOENT);
    CHECK_THROWS(a.remove(100), BRINE_ENOENT);
    a.expandTo(103);
    CHECK(a[102] == None);
    int_8 sum = 0;
    for (It ii(a); ii();)
        if (ii.key() != 0) sum += int_8(ii.value());
    CHECK_EQ_INT(sum, 4949);
    v.clear();
    CHECK_PRINTS(a, "[]");
    v = Tup(1, "two");
    CHECK_PRINTS(v, "(1, 'two')");
    CHECK_THROWS(v.append(3), BRINE_ETYPE);
    CHECK_THROWS(Val(5).append(3), BRINE_ETYPE);
    CHECK_THROWS(Val(5).clear(), BRINE_ETYPE);
    v[0] = 10;
    CHECK_PRINTS(v, "(10, 'two')");
}

static void arrays(Val v) {
    Array<real_8> samples;
    for (int i = 0; i < 3; i++) samples.append(i);
    v["data"] = samples;
    samples[0] = 9; // a copy was put in
    Array<real_8> &in = v["data"];
    CHECK(in.length() == 3 && in[0] == 0 && v["data"].tag == 'n' && v["data"].subtype == 'd' &&
          v["data"].length() == 3);
    in[1] = 1.5;
    for (int i = 3; i < 20; i++) in.append(i / 2.0);
    CHECK(in.length() == 20 && in[19] == 9.5 && in[1] == 1.5);
    in.remove(0);
    in.resize(2);
    CHECK_PRINTS(v["data"], "array([1.5,2.0], 'd')");
    v["data"].append(7);
    CHECK_PRINTS(in, "array([1.5,2.0,7.0], 'd')");
    CHECK_THROWS(in[3], BRINE_ENOENT);
    CHECK_THROWS(in[-1], BRINE_ENOENT);
    CHECK_THROWS(static_cast<Array<int_4> &>(v["data"]), BRINE_ETYPE);
    CHECK_THROWS(v["data"]["x"], BRINE_ETYPE);
    CHECK_THROWS(v["data"][0], BRINE_ETYPE);
    Array<real_8> copy = v["data"];
    copy.fill(0);
    CHECK(in[0] == 1.5 && copy != in);
    in = copy;
    CHECK_PRINTS(v["data"], "array([0.0,0.0,0.0], 'd')");
    const Val &fixed = v;
    const Array<real_8> &look = fixed["data"];
    CHECK(look.data()[2] == 0 && look.length() == 3);
    v["data"].clear();
    CHECK_EQ_INT(look.length(), 0);
    v["big"] = Array<complex_8>();
    Array<complex_8> &big = v["big"];
    big.resize(100000);
    big[99999] = complex_8(1, 2);
    CHECK(v["big"].length() == 100000 && int_4(v["big"]) == 100000);
    const Val other = v;
    const Array<complex_8> &read = other["big"];
    CHECK(read[99999] == complex_8(1, 2));
    v["big"] = "replaced"; // the array object is still there, and says so
    if (IsSHM(v)) CHECK_THROWS(big.length(), BRINE_ETYPE);
}

static void shapes() {
    const Val v = Eval("array([[1, 2], [3, 4], [5, 6]], 'i2')");
    const Array<int_2> &flat = v;
    CHECK(flat.length() == 6 && flat[5] == 6);
    CHECK_PRINTS(v, "array([[1,2],[3,4],[5,6]], 's')");
    Val in = Shared(pool, v);
    CHECK_PRINTS(in, "array([[1,2],[3,4],[5,6]], 's')");
    CHECK_PRINTS(Val(static_cast<const Value &>(in)), "array([[1,2],[3,4],[5,6]], 's')");
    // float16 has no name here: it is passed on and printed, not copied out.
    CHECK_THROWS(Eval("array([1.5], 'f2')"), BRINE_ETYPE);
}

// Arrays of anything else.
static void other_arrays() {
    Array<string> texts = {"a", "b"};
    texts.append(texts[0]);
    CHECK(texts.length() == 3 && texts[2] == "a" && texts.contains("b"));
    Array<int *> pointers(10);
    int x = 0;
    pointers.append(&x);
    CHECK(pointers[0] == &x && pointers.length() == 1);
    Array<bool> bits = {true, false};
    CHECK_PRINTS(Val(bits), "array([True,False], 'b1')");
    CHECK_THROWS(Array<int_4>(-1), BRINE_EINVAL);
}

static void copies() {
    const Tab inner("{'x': 1}");
    Val a = inner, b = a; // deep
    b["x"] = 2;
    CHECK(a["x"] == 1 && inner("x") == 1);
    Val p = new Tab("{'x': 1}"), q = p; // proxies of one table
    q["x"] = 2;
    CHECK(p["x"] == 2 && p.isproxy && p == q);
    Val shared = Shared(pool, inner), again = shared;
    again["x"] = 3;
    CHECK(shared["x"] == 3 && inner("x") == 1 && shared.isproxy);
    Tab table(static_cast<const Value &>(shared)); // no proxy: a copy
    Tab t = shared;
    t["x"] = 4;
    table["x"] = 5;
    CHECK(shared["x"] == 3 && !t.isproxy);
    Val holder = Tab();
    holder["p"] = p; // a proxy in a table of this process is the same table
    holder["p"]["x"] = 6;
    CHECK(p["x"] == 6);
    shared["local"] = holder; // in a packet it is a copy
    holder["p"]["x"] = 7;
    CHECK(shared["local"]["p"]["x"] == 6);
    holder["shared"] = shared;
    shared["round"] = holder["shared"]["local"];
    CHECK(shared["round"]["p"]["x"] == 6);
    Val one = 5, two = "text";
    one.swap(two);
    CHECK(one == "text" && two == 5);
    Val moved = std::move(one);
    CHECK(moved == "text" && one == None);
    shared = 7; // another value, not another content
    CHECK(again["x"] == 3 && shared == 7);
    Tab &content = again; // another content
    content = Tab("{'y': 1}");
    CHECK_PRINTS(again, "{'y': 1}");
    CHECK_THROWS(Proxy(Val(1)), BRINE_ETYPE);
    {
        TransactionLock lock(again);
        again["y"] = int_8(again["y"]) + 1;
    }
    CHECK(again["y"] == 2);
    CHECK_THROWS(TransactionLock(Val(1)), BRINE_ETYPE);
    OTab ordered(static_cast<const Value &>(again));
    CHECK_PRINTS(ordered, "o{'y': 2}");
    CHECK_PRINTS(Arr(static_cast<const Value &>(Tup(1, 2))), "[1, 2]");
    CHECK_THROWS(Tab(static_cast<const Value &>(Arr())), BRINE_ETYPE);
    CHECK_THROWS(t = Val(1), BRINE_ETYPE);
    CHECK(t["x"] == 4);
}

int main() {
    pool = StreamingPool::CreateStreamingPool(nullptr, 64 << 20, 8);
    const int_8 before = packets_in(pool);
    for (Val v : {Val(Tab()), Val(Shared(pool, Tab())), Val(new Tab), Val(OTab()), Val(Shared(pool, OTab()))}) {
        CHECK_THROWS(tables(v), BRINE_ETYPE);
        v.clear();
        if (v.tag == 't') one_table(v);
        going_through(v);
        v.clear();
        arrays(v);
        v.clear();
        v["place"] = Arr();
        lists(v["place"]);
    }
    lists(Arr());
    lists(Shared(pool, Arr()));
    shapes();
    other_arrays();
    copies();
    CHECK_EQ_INT(packets_in(pool), before);
    return 0;
}
