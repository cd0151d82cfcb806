// SPDX-License-Identifier: Apache-2.0
// ptools: names of the scalar types, errors, sizes, and the packets that the library works in for a moment.
//
// Nothing here knows of Val. Scratch is how all text, comparing and arithmetic is left to the library: the value is
// written into a packet of a private pool, worked on there, and read back or printed.
#ifndef BRINE_PTOOLS_BASE_HPP
#define BRINE_PTOOLS_BASE_HPP

#include <atomic>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include <pthread.h>

#include <brine/brine.h>

namespace ptools {

using int_1 = std::int8_t;
using int_u1 = std::uint8_t;
using int_2 = std::int16_t;
using int_u2 = std::uint16_t;
using int_4 = std::int32_t;
using int_u4 = std::uint32_t;
using int_8 = std::int64_t;
using int_u8 = std::uint64_t;
using real_4 = float;
using real_8 = double;
using complex_8 = std::complex<float>;
using complex_16 = std::complex<double>;

/// What is thrown when something cannot be done: a brine_status and a text that says what to do.
class Error : public std::runtime_error {
  public:
    Error(int status, const std::string &text) : std::runtime_error(text), status_(status) {}
    int status() const noexcept { return status_; }

  private:
    int status_;
};

/// None, to be given where a Val is wanted: no value, or no end of waiting.
struct NoneType {};
inline constexpr NoneType None{};

namespace detail {

[[noreturn]] inline void fail(int status, const std::string &text) {
    throw Error(status, std::string(brine_status_name(status)) + ": " + text);
}

/// Throws what a call of the library has refused.
inline void check(int status) {
    if (status < 0) fail(status, *brine_detail() != '\0' ? brine_detail() : brine_status_text(status));
}
inline brine_ref check(brine_ref ref) {
    if (!brine_ref_ok(ref)) check(brine_ref_status(ref));
    return ref;
}

/// How often this process is a child of a fork: what was taken from a pipe before is its parent's.
inline std::atomic<unsigned> forks{0};
inline unsigned fork_count() {
    static const int once = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    (void)once;
    return forks.load(std::memory_order_relaxed);
}

/// A size or count given as any integer; a negative one is an error, not a huge number.
class Count {
  public:
    template <class I, std::enable_if_t<std::is_integral<I>::value, int> = 0>
    Count(I n) : n_(static_cast<std::size_t>(n)) {
        if constexpr (std::is_signed<I>::value) {
            if (n < 0) fail(BRINE_EINVAL, "a size of " + std::to_string(n) + " is negative");
        }
    }
    std::size_t get() const { return n_; }

  private:
    std::size_t n_;
};

/// The private pool, made at first use and never given back, so that values of static lifetime may use it whenever they
/// are destroyed. What is in it lives as long as one call; a forked child finds it working.
inline brine_pool *scratch_pool() {
    static brine_pool *const pool = [] {
        brine_pool *made = nullptr;
        brine_pool_options options = {};
        options.max_bytes = std::uint64_t(64) << 30; // sparse; what is there takes no memory
        if (brine_pool_create_private(&options, &made) < 0) check(brine_pool_create_private(nullptr, &made));
        return made;
    }();
    return pool;
}

/// A packet for the moment.
class Scratch {
  public:
    Scratch() { check(brine_packet_new(scratch_pool(), &packet_)); }
    ~Scratch() { brine_packet_free(packet_); }
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    brine_ref root() const { return brine_root(packet_); }

  private:
    brine_packet packet_ = brine_packet_none();
};

/// What the library printed, as a string.
inline std::string print(brine_ref value, brine_style style) {
    char *text = nullptr;
    std::size_t length = 0;
    check(brine_print_text(value, style, BRINE_TEXT_SEED | BRINE_TEXT_SORT, &text, &length));
    const std::string_view printed(text, length);
    try {
        std::string out(printed);
        std::free(text);
        return out;
    } catch (...) {
        std::free(text);
        throw;
    }
}

/// True if the text is UTF-8, so that it can be a str; otherwise it is kept as bytes.
inline bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) i++;
    if (i == text.size()) return true;
    Scratch scratch; // rare: the library knows what UTF-8 is
    return brine_assign_strn(scratch.root(), text.data(), text.size()) == 0;
}

} // namespace detail
} // namespace ptools

#endif
