// SPDX-License-Identifier: Apache-2.0
// Structs as tabs, both ways, and what the errors say.
#include "expect.hpp"

namespace radio {

struct Channel {
    std::int8_t gain = 0;
    std::string label;
    bool operator==(const Channel &other) const { return gain == other.gain && label == other.label; }
};
BRINE_FIELDS(Channel, gain, label);

enum class Mode { off, on };

struct Header {
    double fs = 0;
    std::string name;
    Mode mode = Mode::off;
    std::optional<int> port;
    std::optional<Channel> monitor;
    std::vector<Channel> channels;
    std::map<std::string, std::vector<Channel>> groups;
    std::array<float, 2> limits{};
    std::vector<std::complex<float>> taps;
    std::pair<int, std::string> tag;
};
BRINE_FIELDS(Header, fs, name, mode, port, monitor, channels, groups, limits, taps, tag);

// Private members, and keys that are not the members' names.
class Counter {
  public:
    int value() const { return value_; }
    void count() { value_++; }

  private:
    int value_ = 0;
    friend constexpr auto brine_fields(const Counter *) {
        return std::make_tuple(brine::field("counted so far", &Counter::value_));
    }
};
class Hidden {
  public:
    Hidden() = default;
    explicit Hidden(int x) : x_(x) {}
    int x() const { return x_; }

  private:
    int x_ = 0;
    friend BRINE_FIELDS(Hidden, x_);
};

struct Kelvin {
    double degrees;
};

} // namespace radio

// A codec of one's own.
template <> struct brine::codec<radio::Kelvin> {
    static std::string name() { return "a temperature such as '300 K'"; }
    static int read(brine::ConstValue v, radio::Kelvin &out) {
        std::string_view text;
        int status = brine::codec<std::string_view>::read(v, text);
        if (status != 0) return status;
        if (text.size() < 3 || text.substr(text.size() - 2) != " K") return BRINE_ETYPE;
        out.degrees = std::stod(std::string(text));
        return 0;
    }
    static int write(brine::Value place, const radio::Kelvin &k) {
        return brine::codec<std::string>::write(place, std::to_string(k.degrees) + " K");
    }
};

struct Station {
    radio::Header header;
    radio::Kelvin noise;
};
BRINE_FIELDS(Station, header, noise);

// As many members as the macro takes.
struct Wide {
    int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7,
        c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7;
};
BRINE_FIELDS(Wide, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4,
             c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7);

int main() {
    brine::Pool pool = brine::Pool::create_private();
    brine::Packet p = pool.packet();

    radio::Header h;
    h.fs = 1e6, h.name = "rf", h.mode = radio::Mode::on;
    h.monitor = radio::Channel{3, "m"};
    h.channels = {{1, "a"}, {-2, "b"}};
    h.groups["x"] = {{5, "g"}};
    h.limits = {0.5f, 2};
    h.taps = {{1, 2}, {3, 4}};
    h.tag = {7, "t"};
    p["h"] = h;
    CHECK_TEXT(
        p["h"].text(),
        "{'fs': 1000000.0, 'name': 'rf', 'mode': 1, 'port': None, 'monitor': {'gain': 3, 'label': 'm'}, 'channels': "
        "[{'gain': 1, 'label': 'a'}, "
        "{'gain': -2, 'label': 'b'}], 'groups': {'x': [{'gain': 5, 'label': 'g'}]}, 'limits': array([0.5, 2.0], 'f4'), "
        "'taps': array([(1+2j), (3+4j)], 'c8'), 'tag': (7, 't')}");
    radio::Header back = p["h"].get<radio::Header>();
    CHECK(back.fs == h.fs && back.name == h.name && back.mode == h.mode && !back.port && back.monitor == h.monitor &&
          back.channels == h.channels && back.groups == h.groups);
    CHECK(back.limits == h.limits && back.taps == h.taps && back.tag == h.tag);
    CHECK(p.get<radio::Header>("h").name == "rf");

    // What is missing: fine for an optional one, else an error. Other keys are left alone.
    p["h"]["comment"] = "kept";
    CHECK(p["h"].erase("port") && !p["h"].get<radio::Header>().port);
    p["h"].update(back);
    CHECK(p["h"]["comment"] == "kept" && p["h"]["port"].is_none());
    CHECK(p["h"].erase("name"));
    THROWS_TEXT(brine::not_found_error, "h.name: expected str, found nothing", p["h"].get<radio::Header>());
    THROWS_TEXT(brine::not_found_error, "h.name: expected str, found nothing", p.get<radio::Header>("h"));
    p["h"]["name"] = "again";

    // Errors name the field, what was expected and what was found.
    auto wrong = [&](brine::Packet &packet) { return packet["h"].try_get<radio::Header>(); };
    p["h"]["channels"][1]["gain"] = 300;
    CHECK_TEXT(wrong(p).error().detail(), "h.channels[1].gain: expected int8, found int64 300");
    CHECK(wrong(p).error() == BRINE_ERANGE);
    p["h"]["channels"][1]["gain"] = "loud";
    CHECK_TEXT(wrong(p).error().detail(), "h.channels[1].gain: expected int8, found str 'loud'");
    p["h"]["channels"][1] = 5;
    CHECK_TEXT(wrong(p).error().detail(), "h.channels[1]: expected a tab, found int64 5");
    p["h"]["channels"] = h.channels;
    p["h"]["groups"]["x"][0]["label"] = std::vector<int>{1};
    CHECK_TEXT(wrong(p).error().detail(), "h.groups.'x'[0].label: expected str, found nd-array");
    p["h"]["groups"] = h.groups;
    p["h"]["monitor"]["gain"] = brine::none;
    CHECK_TEXT(wrong(p).error().detail(), "h.monitor.gain: expected int8, found None");
    p["h"]["monitor"] = 1;
    CHECK_TEXT(wrong(p).error().detail(), "h.monitor: expected a tab, found int64 1");
    p["h"]["monitor"] = brine::none;
    p["h"]["taps"] = std::vector<double>{1};
    CHECK_TEXT(wrong(p).error().detail(),
               "h.taps: expected an array or list of complex64, found one of float64 with shape (1)");
    p["h"]["taps"] = h.taps;
    p["h"]["tag"][0] = "x";
    CHECK_TEXT(wrong(p).error().detail(), "h.tag[0]: expected int32, found str 'x'");
    p["h"]["tag"] = h.tag;
    p["h"]["limits"] = std::vector<float>{1};
    CHECK_TEXT(wrong(p).error().detail(), "h.limits: expected an array or list of 2 float32, found nd-array of 1");
    p["h"]["limits"] = h.limits;
    CHECK(wrong(p).has_value());
    p["h"] = "no tab";
    CHECK_TEXT(wrong(p).error().detail(), "h: expected a tab, found str 'no tab'");
    CHECK(p.root().get<brine::ConstValue>()["h"].get_or("x") == "no tab");

    p["station"] = Station{h, {290}};
    CHECK(p["station"].get<Station>().noise.degrees == 290 && p["station"]["header"]["name"] == "rf");
    p["station"]["noise"] = "warm";
    THROWS_TEXT(brine::type_error, "station.noise: expected a temperature such as '300 K', found str 'warm'",
                p["station"].get<Station>());
    p["station"]["header"]["fs"] = "x";
    THROWS_TEXT(brine::type_error, "station.header.fs: expected float64, found str 'x'", p["station"].get<Station>());

    radio::Counter counter;
    counter.count();
    p["c"] = counter;
    CHECK_TEXT(p["c"].text(), "{'counted so far': 1}");
    CHECK(p["c"].get<radio::Counter>().value() == 1);
    p["c"] = radio::Hidden(4);
    CHECK(p["c"]["x_"] == 4 && p["c"].get<radio::Hidden>().x() == 4);

    Wide wide{};
    wide.a0 = 1, wide.e7 = 48;
    p["wide"] = wide;
    CHECK(p["wide"].size() == 48 && p["wide"].get<Wide>().e7 == 48);
    p["many"] = std::vector<radio::Channel>{{1, "x"}};
    p["built"] = brine::dict{{"channel", radio::Channel{2, "y"}}};
    CHECK(p["many"][0]["label"] == "x" && p["built"]["channel"].get<radio::Channel>().label == "y");

    // A struct is the whole packet; a value that is gone says so.
    p.set(radio::Channel{1, "root"});
    CHECK(p.get<radio::Channel>().label == "root");
    brine::ConstValue root = p.root();
    p.reset();
    THROWS(brine::not_held_error, root.get<radio::Channel>());
    return 0;
}
