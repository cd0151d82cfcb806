// SPDX-License-Identifier: Apache-2.0
//
// What is in a packet, for transports that carry bytes: how the writer makes it in the memory that the transport gives
// it, and how the reader looks at all of it and says which packet it was. The number of a packet is any 64-bit number
// except kWrong.
#ifndef BENCH_PAYLOAD_HPP
#define BENCH_PAYLOAD_HPP

#include <cstdint>
#include <cstring>

#if __has_include(<msgpack.hpp>)
#define BENCH_HAVE_MSGPACK 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <msgpack.hpp>
#pragma GCC diagnostic pop
#endif

namespace bench {

constexpr uint64_t kWrong = UINT64_MAX;

// Vectors of two words: what every x86-64 and every 64-bit ARM has, so that all contestants, whatever their flags, fill
// and read with the same instructions.
typedef uint64_t Words2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef double Doubles2 __attribute__((vector_size(16), aligned(8), may_alias));

// Every word written and read: word i is number + i.
inline void fill_words(void *at, size_t bytes, uint64_t number) {
    Words2 *to = static_cast<Words2 *>(at), value = {number, number + 1}, step = {2, 2};
    for (size_t i = 0; i < bytes / 16; i++, value += step) to[i] = value;
}

inline uint64_t take_words(const void *at, size_t bytes) {
    const Words2 *from = static_cast<const Words2 *>(at);
    uint64_t number = from[0][0];
    Words2 value = {number, number + 1}, step = {2, 2}, wrong = {0, 0};
    for (size_t i = 0; i < bytes / 16; i++, value += step) wrong |= from[i] ^ value;
    return (wrong[0] | wrong[1]) == 0 ? number : kWrong;
}

struct Words {
    static constexpr const char *touched = "all written, all read";
    static size_t fill(void *at, size_t bytes, uint64_t number) {
        fill_words(at, bytes, number);
        return bytes;
    }
    static uint64_t take(const void *at, size_t bytes) { return take_words(at, bytes); }
};

// Only the first word, which is one cache line whatever the size: for what is passed by reference.
struct First {
    static constexpr const char *touched = "first word written and read";
    static size_t fill(void *at, size_t bytes, uint64_t number) {
        *static_cast<uint64_t *>(at) = number;
        return bytes;
    }
    static uint64_t take(const void *at, size_t) { return *static_cast<const uint64_t *>(at); }
};

// ---- the structured packet ----

constexpr size_t kData = 1000; // float64
constexpr int kKeys = 10;
inline const char *const kKeyNames[kKeys] = {"channel", "subchannel", "rate",     "bandwidth", "gain",
                                             "mode",    "antenna",    "priority", "flags",     "version"};
constexpr int kRead[3] = {2, 5, 9}; // the header keys that the reader takes
inline const char kName[] = "spectrum of beam seventeen";
inline const char *const kTags[2] = {"calibrated", "polarization-h"};

inline void fill_data(double *at, uint64_t number) {
    double first = static_cast<double>(number & 0xffffffff);
    Doubles2 *to = reinterpret_cast<Doubles2 *>(at), value = {first, first + 1}, step = {2, 2};
    for (size_t i = 0; i < kData / 2; i++, value += step) to[i] = value;
}

inline double sum_data(const double *at) {
    const Doubles2 *from = reinterpret_cast<const Doubles2 *>(at);
    Doubles2 a = {0, 0}, b = a, c = a, d = a;
    for (size_t i = 0; i < kData / 2; i += 4) a += from[i], b += from[i + 1], c += from[i + 2], d += from[i + 3];
    a += b + c + d;
    return a[0] + a[1];
}

inline double sum_expected(uint64_t number) { // exact: all are integers below 2^53
    return static_cast<double>(kData) * static_cast<double>(number & 0xffffffff) +
           static_cast<double>(kData * (kData - 1) / 2);
}

inline int64_t header_value(uint64_t number, int key) { return static_cast<int64_t>(number & 0xffffffff) + key * 7; }

inline uint64_t checked(uint64_t number, const int64_t *taken, double sum) {
    bool right = sum == sum_expected(number);
    for (int i = 0; i < 3; i++) right &= taken[i] == header_value(number, kRead[i]);
    return right ? number : kWrong;
}

// As a plain struct: its keys are its fields.
struct PlainStruct {
    static constexpr const char *touched =
        "a plain struct of the same content written; number, 3 header fields and the sum read";
    struct Packet {
        int64_t sequence_number;
        double timestamp;
        char name[32];
        char tags[2][16];
        int64_t hdr[kKeys];
        double data[kData];
    };
    static constexpr size_t bytes = sizeof(Packet);
    static size_t fill(void *at, size_t, uint64_t number) {
        Packet *p = static_cast<Packet *>(at);
        p->sequence_number = static_cast<int64_t>(number);
        p->timestamp = static_cast<double>(number) * 1e-6;
        std::memcpy(p->name, kName, sizeof kName);
        for (int i = 0; i < 2; i++) std::strcpy(p->tags[i], kTags[i]);
        for (int i = 0; i < kKeys; i++) p->hdr[i] = header_value(number, i);
        fill_data(p->data, number);
        return sizeof *p;
    }
    static uint64_t take(const void *at, size_t length) {
        const Packet *p = static_cast<const Packet *>(at);
        if (length < sizeof *p) return kWrong;
        int64_t taken[3];
        for (int i = 0; i < 3; i++) taken[i] = p->hdr[kRead[i]];
        return checked(static_cast<uint64_t>(p->sequence_number), taken, sum_data(p->data));
    }
};

#ifdef BENCH_HAVE_MSGPACK
// As msgpack: the numbers as one binary object, which is the fastest that it has for them. Strings and binary objects
// are read where they arrived.
struct Msgpack {
    static constexpr const char *touched =
        "msgpack packed (data as one bin) and unpacked in place; number, 3 header keys and the sum read";
    static constexpr size_t bytes = 8448;

    class Buffer { // packs straight into the memory of the transport
      public:
        explicit Buffer(void *at) : at_(static_cast<char *>(at)) {}
        void write(const char *from, size_t n) { std::memcpy(at_ + used_, from, n), used_ += n; }
        size_t used() const { return used_; }

      private:
        char *at_;
        size_t used_ = 0;
    };

    static size_t fill(void *at, size_t, uint64_t number) {
        thread_local double data[kData];
        Buffer buffer(at);
        msgpack::packer<Buffer> packer(buffer);
        packer.pack_map(6);
        text(packer, "sequence_number"), packer.pack_uint64(number);
        text(packer, "timestamp"), packer.pack_double(static_cast<double>(number) * 1e-6);
        text(packer, "name"), text(packer, kName);
        text(packer, "tags"), packer.pack_array(2), text(packer, kTags[0]), text(packer, kTags[1]);
        text(packer, "hdr"), packer.pack_map(kKeys);
        for (int i = 0; i < kKeys; i++) text(packer, kKeyNames[i]), packer.pack_int64(header_value(number, i));
        fill_data(data, number);
        text(packer, "data"), packer.pack_bin(sizeof data),
            packer.pack_bin_body(reinterpret_cast<const char *>(data), sizeof data);
        return buffer.used();
    }

    static uint64_t take(const void *at, size_t length) {
        thread_local msgpack::zone zone;
        thread_local double data[kData];
        zone.clear();
        auto in_place = [](msgpack::type::object_type, size_t, void *) { return true; };
        msgpack::object all = msgpack::unpack(zone, static_cast<const char *>(at), length, in_place);
        uint64_t number = find(all, "sequence_number").as<uint64_t>();
        const msgpack::object &hdr = find(all, "hdr"), &bin = find(all, "data");
        int64_t taken[3];
        for (int i = 0; i < 3; i++) taken[i] = find(hdr, kKeyNames[kRead[i]]).as<int64_t>();
        if (bin.type != msgpack::type::BIN || bin.via.bin.size != sizeof data) return kWrong;
        std::memcpy(data, bin.via.bin.ptr, sizeof data); // it is not aligned there
        return checked(number, taken, sum_data(data));
    }

  private:
    static void text(msgpack::packer<Buffer> &packer, const char *s) {
        uint32_t n = static_cast<uint32_t>(std::strlen(s));
        packer.pack_str(n), packer.pack_str_body(s, n);
    }
    static const msgpack::object &find(const msgpack::object &map, const char *key) {
        size_t n = std::strlen(key);
        for (uint32_t i = 0; i < map.via.map.size; i++) {
            const msgpack::object_kv &kv = map.via.map.ptr[i];
            if (kv.key.via.str.size == n && std::memcmp(kv.key.via.str.ptr, key, n) == 0) return kv.val;
        }
        throw std::runtime_error(std::string("no key ") + key);
    }
};
#endif

inline size_t msgpack_bytes() {
#ifdef BENCH_HAVE_MSGPACK
    return Msgpack::bytes;
#else
    return 0;
#endif
}

} // namespace bench

#endif
