// SPDX-License-Identifier: Apache-2.0
// Scalars: types and tags, conversions out, text, integers of any size, order, printing; of this process and in a
// packet.
#include <algorithm>
#include <climits>
#include <map>

#include "checking.hpp"

static StreamingPool *pool;

// The value itself, and the same as the root of a packet and as a place in one.
template <class F> static void in_all_places(const Val &v, F check) {
    check(v);
    check(Shared(pool, v));
    Val tab = Shared(pool, Tab());
    tab["x"] = v;
    check(tab["x"]);
    const Val copy = tab["x"];
    CHECK(!IsSHM(copy));
    check(copy);
}

static void expect(const Val &v, char tag, const char *printed) {
    in_all_places(v, [&](const Val &same) {
        CHECK_EQ_INT(same.tag, tag);
        CHECK_PRINTS(same, printed);
        CHECK(same == v || same.tag == 'd' || same.tag == 'f');
    });
}

template <class T> static void expect_array(char subtype, const char *printed) {
    const Array<T> array = {T(1), T(2), T(3)};
    expect(array, 'n', printed);
    in_all_places(array, [&](const Val &v) {
        CHECK_EQ_INT(v.subtype, subtype);
        CHECK(v.length() == 3 && static_cast<const Array<T> &>(v) == array);
        CHECK(Eval(Stringize(v)).subtype == subtype && Eval(Stringize(v)) == v);
    });
}

static void types() {
    expect(Val(), 'Z', "None");
    expect(None, 'Z', "None");
    expect(true, 'b', "True");
    expect(int_1(-5), 's', "-5");
    expect(int_u1(250), 'S', "250");
    expect(int_2(-300), 'i', "-300");
    expect(int_u2(60000), 'I', "60000");
    expect(int_4(-70000), 'l', "-70000");
    expect(int_u4(4000000000u), 'L', "4000000000");
    expect(int_8(LLONG_MIN), 'x', "-9223372036854775808");
    expect(int_u8(ULLONG_MAX), 'X', "18446744073709551615");
    expect(17LL, 'x', "17");
    expect('A', 's', "65");
    expect(real_4(0.1f), 'f', "0.1");
    expect(real_8(0.1), 'd', "0.1");
    expect(3.0, 'd', "3.0");
    expect(1e300, 'd', "1e+300");
    expect(complex_8(1, -2), 'F', "(1-2j)");
    expect(complex_16(0.5, 2), 'D', "(0.5+2j)");
    expect("hello", 'a', "'hello'");
    expect(string("a longer text than fits inside"), 'a', "'a longer text than fits inside'");
    expect("it's", 'a', "\"it's\"");
    expect(int_n("123456789012345678901234567890"), 'q', "123456789012345678901234567890L");
    expect(int_un("18446744073709551616L"), 'Q', "18446744073709551616L");
    expect(Tab("{'b': 1, 'a': 2}"), 't', "{'a': 2, 'b': 1}");
    expect(OTab("o{'b': 1, 'a': 2}"), 'o', "o{'b': 1, 'a': 2}");
    expect(Arr("[1, 'two', 3.0]"), 'n', "[1, 'two', 3.0]");
    expect(Tup(1, "two", 3.0), 'u', "(1, 'two', 3.0)");
    expect_array<int_4>('l', "array([1,2,3], 'i')");
    expect_array<int_1>('s', "array([1,2,3], '1')");
    expect_array<int_u1>('S', "array([1,2,3], 'b')");
    expect_array<int_2>('i', "array([1,2,3], 's')");
    expect_array<int_u2>('I', "array([1,2,3], 'w')");
    expect_array<int_u4>('L', "array([1,2,3], 'u')");
    expect_array<int_8>('x', "array([1,2,3], 'l')");
    expect_array<int_u8>('X', "array([1,2,3], 'u8')");
    expect_array<real_4>('f', "array([1.0,2.0,3.0], 'f')");
    expect_array<real_8>('d', "array([1.0,2.0,3.0], 'd')");
    expect_array<complex_8>('F', "array([(1+0j),(2+0j),(3+0j)], 'F')");
    expect_array<complex_16>('D', "array([(1+0j),(2+0j),(3+0j)], 'D')");
    expect_array<bool>('b', "array([True,True,True], 'b1')");
    // What is no UTF-8 is kept, too.
    in_all_places(string("\xff\x00\x80", 3), [](const Val &v) {
        CHECK(string(v) == string("\xff\x00\x80", 3));
        CHECK_EQ_INT(v.length(), 3);
    });
}

static void conversions() {
    in_all_places(Val(3.9), [](const Val &v) {
        int_4 i = v;
        int_u1 u = v;
        real_4 f = v;
        string s = v;
        bool b = v;
        complex_16 c = v;
        int_n n = v;
        CHECK(i == 3 && u == 3 && f == 3.9f && s == "3.9" && b && c == complex_16(3.9, 0) && n == int_n(3));
        i = v; // assigning, too
        s = v;
        CHECK(i == 3 && s == "3.9");
    });
    in_all_places(Val("17.5"), [](const Val &v) {
        int_4 i = v;
        real_8 d = v;
        string s = v;
        CHECK(i == 17 && d == 17.5 && s == "17.5");
    });
    in_all_places(Val("no number"), [](const Val &v) { CHECK_THROWS(int_4(v), BRINE_ETYPE); });
    in_all_places(Val(-1), [](const Val &v) {
        int_u2 u = v;
        int_u8 w = v;
        CHECK(u == 65535 && w == ULLONG_MAX);
        CHECK_THROWS(int_un(v), BRINE_ERANGE);
    });
    in_all_places(Val(int_u8(ULLONG_MAX)), [](const Val &v) {
        int_u8 u = v;
        int_8 i = v;
        CHECK(u == ULLONG_MAX && i == -1);
    });
    in_all_places(Val(complex_16(2, 7)),
                  [](const Val &v) { CHECK(int_4(v) == 2 && v.as<complex_8>() == complex_8(2, 7)); });
    in_all_places(Val(Tab("{'a': 1, 'b': 2}")), [](const Val &v) {
        int_4 length = v;
        string s = v;
        CHECK(length == 2 && s == "{'a': 1, 'b': 2}" && bool(v));
    });
    in_all_places(Val(Arr()), [](const Val &v) { CHECK(int_4(v) == 0 && !v); });
    in_all_places(Val(), [](const Val &v) { CHECK(int_8(v) == 0 && real_8(v) == 0 && string(v) == "None" && !v); });
    in_all_places(Val(1e30), [](const Val &v) { CHECK(int_8(v) == LLONG_MAX); });
    in_all_places(Val(int_n("100000000000000000000")),
                  [](const Val &v) { CHECK(real_8(v) == 1e20 && v.as<int_n>() == int_n("100000000000000000000")); });
}

static void integers() {
    int_n a = 2, b = 1;
    for (int i = 0; i < 100; i++) b *= a;
    CHECK_PRINTS(b, "1267650600228229401496703205376");
    CHECK_PRINTS(Val(b), "1267650600228229401496703205376L");
    CHECK_PRINTS(-b - 1, "-1267650600228229401496703205377");
    CHECK(b / 3 * 3 + b % 3 == b);
    CHECK(-int_n(7) / 2 == int_n(-4) && -int_n(7) % 2 == int_n(1)); // rounded down
    CHECK(b > 5 && -b < int_n(-5) && b - b == 0 && !(b - b));
    CHECK(int_8(int_n(-9)) == -9 && real_8(int_n(1) - 2) == -1.0);
    CHECK(int_n(int_u8(ULLONG_MAX)).str(16) == "ffffffffffffffff");
    CHECK_THROWS(int_un(1) - int_un(2), BRINE_ERANGE);
    CHECK_THROWS(int_n(1) / 0, BRINE_ERANGE);
    CHECK_THROWS(int_n("12x"), BRINE_ESYNTAX);
    CHECK(int_n(int_un(5)) == 5);
    Val v = int_n(5);
    CHECK(v == 5 && v.tag == 'q');
}

static void order() {
    const Val rising[] = {
        None,   -1.5,    false,     int_n(1),   1.5,  int_u8(1) << 63, int_n("99999999999999999999"), 1e300,
        "text", "texts", Tup(1, 2), Arr("[0]"), Tab()};
    for (const Val &a : rising)
        for (const Val &b : rising) {
            CHECK_EQ_INT(a < b, &a < &b);
            CHECK_EQ_INT(a > b, &a > &b);
            CHECK_EQ_INT(a == b, &a == &b);
            CHECK_EQ_INT(a != b, &a != &b);
            CHECK_EQ_INT(Shared(pool, a) <= b, &a <= &b);
            CHECK_EQ_INT(a >= Shared(pool, b), &a >= &b);
        }
    CHECK(Val(1) == 1.0 && 1 == Val(true) && Val("a") == "a" && "b" > Val("a") && Val("a") == string("a") &&
          2 != Val(3));
    CHECK(Val(int_8(-1)) != int_u8(ULLONG_MAX) && Val(int_8(-1)) < int_u8(0));
    CHECK(Val(LLONG_MAX) < 9223372036854775808.0); // not rounded
    CHECK(Tab("{'a': 1}") == Tab("{'a': 1.0}") && OTab("o{'a': 1, 'b': 2}") != OTab("o{'b': 2, 'a': 1}"));
}

static void keys() {
    for (Val tab : {Val(Tab()), Val(Shared(pool, Tab()))}) {
        tab[1] = "one";
        tab[2.5] = "more";
        tab["s"] = "text";
        tab[Tup(1, "x")] = "tuple";
        tab[int_n("99999999999999999999")] = "large";
        tab[None] = "none";
        tab[string("\xff")] = "bytes";
        CHECK_EQ_INT(tab.length(), 7);
        CHECK(tab[1.0] == "one" && tab[true] == "one" && tab[int_u8(1)] == "one" && tab[int_n(1)] == "one");
        CHECK(tab(2.5f) == "more" && tab(Tup(int_8(1), "x")) == "tuple" && tab[None] == "none");
        CHECK(tab(int_n("99999999999999999999")) == "large" && tab("\xff") == "bytes");
        CHECK_EQ_INT(tab.length(), 7);
        CHECK_THROWS(tab[Arr("[1]")], BRINE_ETYPE);
        CHECK_EQ_INT(tab.length(), 7);
    }
}

static void texts() {
    CHECK_PRINTS(Eval("{'a': [1, 2.5, None, True, (1,), 'x']}"), "{'a': [1, 2.5, None, True, (1,), 'x']}");
    CHECK_PRINTS(Val(Tab("{'a':1}"))["a"], "1");
    CHECK_THROWS(Tab("{'a':1"), BRINE_ESYNTAX);
    CHECK_THROWS(Tab("[1]"), BRINE_ETYPE);
    CHECK_THROWS(Arr("{}"), BRINE_ETYPE);
    CHECK_PRINTS(Tup("(1, 2)"), "(1, 2)");
    CHECK_PRINTS(Array<real_8>("array([1, 2.5], 'd')"), "array([1.0,2.5], 'd')");
    std::string deep;
    for (int i = 0; i < 100000; i++) deep += '[';
    CHECK_THROWS(Eval(deep), BRINE_EDEPTH);
    try {
        Eval("{'a': 1,\n 'b': }");
        CHECK(false);
    } catch (const Error &error) {
        CHECK_CONTAINS(error.what(), "line 2, column 7");
    }
    char name[] = "/tmp/brine-ptools.XXXXXX";
    close(mkstemp(name));
    const Tab out("{'k': {'x': [1, 2]}, 'big': 123456789012345678901L}");
    WriteTabToFile(out, name);
    Tab in;
    ReadTabFromFile(name, in);
    CHECK(in == out);
    WriteValToFile(Val(7), name);
    Val seven;
    ReadValFromFile(name, seven);
    CHECK(seven == 7);
    CHECK_THROWS(ReadTabFromFile(name, in), BRINE_ETYPE);
    unlink(name);
    CHECK_THROWS(ReadTabFromFile(name, in), BRINE_ESYS);
}

static void pretty() {
    const Tab t("{'b': {'z': 1, 'y': [1, 2.0]}, 'a': o{'z': 'new\\nline', 'y': ()}, 'c': {}}");
    ostringstream out;
    t.prettyPrint(out);
    CHECK_PRINTS(out.str(), "{\n"
                            "    'a':o{\n"
                            "        'z':'new\\nline',\n"
                            "        'y':( )\n"
                            "    },\n"
                            "    'b':{\n"
                            "        'y':[\n"
                            "            1,\n"
                            "            2.0\n"
                            "        ],\n"
                            "        'z':1\n"
                            "    },\n"
                            "    'c':{ }\n"
                            "}\n");
    CHECK(Eval(out.str()) == t);
    ostringstream other;
    Val(Arr("[{'a':1}]")).prettyPrint(other, 1, 2);
    CHECK_PRINTS(other.str(), " [\n   {\n     'a':1\n   }\n ]\n");
}

static string kind(const Tab &t) { return "Tab of " + Stringize(t.entries()); }
static int_4 sum_of(Val list) {
    int_4 sum = 0;
    for (It ii(list); ii();) {
        const Val &key = ii.key();
        Val &value = ii.value();
        if (key >= 0) sum += int_4(value);
    }
    return sum;
}
static void double_it(Val &v) { v = 2 * int_4(v); }

// Turns of phrase that programs for PicklingTools have.
static void usual_code() {
    for (Val v : {Val(Tab("{'a':1, 'list':[1,2,3]}")), Val(Shared(pool, Tab("{'a':1, 'list':[1,2,3]}")))}) {
        Tab t = v, other(t);
        Arr &list = v["list"];
        Array<Val> &same = v["list"];
        list.append(4.5);
        CHECK(&list == &same && sum_of(list) == 10 && sum_of(v["list"]) == 10 && kind(t) == "Tab of 2" &&
              kind(v) == "Tab of 2");
        Val *where = &v["a"];
        double_it(*where);
        double_it(v["a"]);
        CHECK(v["a"] == 4 && t["a"] == 1 && t == other && t != v);
        int_4 i;
        real_8 d;
        size_t n = v["a"];
        unsigned long u = v("a");
        bool flag = v["a"];
        i = v["a"];
        d = v["list"][3];
        string s;
        s = v["list"];
        s += string(v["a"]);
        CHECK(i == 4 && d == 4.5 && n == 4 && u == 4 && flag && s == "[1, 2, 3, 4.5]4");
        switch (v["a"].tag) {
        case 'l': break;
        default: CHECK(false);
        }
        t = v["sub"] = Tab("{'x':'y'}");
        const Val &fixed = v;
        string text = fixed("sub")("x");
        CHECK(t["x"] == text && fixed["sub"]["x"] == "y" && (v["sub"] ? 1 : 2) == 1 && !(v["none"] || v["a"] == None));
        swap(v["a"], v["none"]);
        CHECK(v["none"] == 4 && v["a"] == None);
        Proxy p = new Tab(t);
        Tab &inside = p;
        inside["x"] = v["list"][0];
        Val again = p;
        CHECK(again["x"] == 1 && again("x") < 2);
        vector<Val> many = {3, "b", 1.5, "a", None};
        sort(many.begin(), many.end());
        CHECK_PRINTS(many[0], "None");
        CHECK(many[4] == "b");
        map<string, Val> named;
        named["k"] = v["sub"];
        CHECK_PRINTS(named["k"], "{'x': 'y'}");
        ostringstream out;
        out << v["list"] << ' ' << t << ' ' << v["none"] << ' ' << Val("x") << ' ' << p;
        CHECK_PRINTS(out.str(), "[1, 2, 3, 4.5] {'x': 'y'} 4 'x' {'x': 1}");
    }
}

// Values of static lifetime, made before main and destroyed after it.
static Val early = Tab("{'a': [1, 2, 3]}");
static Val early_number = 7;
static Tab early_table("{'when': 'before main'}");

int main() {
    CHECK_PRINTS(early["a"], "[1, 2, 3]");
    CHECK(early_number == 7 && early_table("when") == "before main");
    pool = StreamingPool::CreateStreamingPool(nullptr, 64 << 20, 8);
    const int_8 before = packets_in(pool);
    types();
    conversions();
    integers();
    order();
    keys();
    texts();
    pretty();
    usual_code();
    CHECK_EQ_INT(packets_in(pool), before);                // all given back
    early["pool"] = Shared(pool, Tab("{'goes': 'last'}")); // a proxy in a table, destroyed after the pool's owner
    return 0;
}
