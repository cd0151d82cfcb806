// SPDX-License-Identifier: Apache-2.0
//
// Deadlines from std::chrono: a duration is counted from the call that takes it, a time_point of steady_clock (which is
// CLOCK_MONOTONIC) is a moment. Other clocks do not convert: they jump.
#ifndef BRINE_CPP_DEADLINE_HPP
#define BRINE_CPP_DEADLINE_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include <brine/cpp/config.hpp>

BRINE_CPP_BEGIN

// How long a call may wait. Every call that may wait takes one; without one it waits for as long as it takes, and a
// signal does not end it, but Pool::interrupt and Pipe::interrupt do.
class Deadline {
  public:
    constexpr Deadline(brine_deadline d) noexcept : d_(d) {}
    // At most this long: 2s, 100ms, duration<double>(3.2). 0, less and NaN: do not wait. Over 292 years: for ever.
    template <class R, class P> constexpr Deadline(std::chrono::duration<R, P> d) noexcept : d_{relative(d)} {}
    // Until then. A moment before the clock began has passed as any other.
    template <class D>
    constexpr Deadline(std::chrono::time_point<std::chrono::steady_clock, D> t) noexcept
        : d_{absolute(t.time_since_epoch())} {}

    // The same moment for every call that it is passed to, fixed now: to bound several calls together.
    Deadline fixed() const noexcept { return brine_until(d_); }
    constexpr operator brine_deadline() const noexcept { return d_; }

  private:
    static constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
    // Nanoseconds, at least 0 and at most kForever.
    template <class R, class P> static constexpr std::int64_t nanoseconds(std::chrono::duration<R, P> d) noexcept {
        using seconds = std::chrono::duration<long double>;
        if (!(d > std::chrono::duration<R, P>::zero())) return 0;
        if (std::chrono::duration_cast<seconds>(d) >= seconds(9.2e9L)) return kForever;
        return std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::nano>>(d).count();
    }
    template <class D> static constexpr std::int64_t relative(D d) noexcept {
        std::int64_t ns = nanoseconds(d);
        return ns == kForever ? ns : -ns;
    }
    template <class D> static constexpr std::int64_t absolute(D d) noexcept { return nanoseconds(d); }

    brine_deadline d_;
};

inline constexpr Deadline forever{brine_deadline{std::numeric_limits<std::int64_t>::max()}};
// Try once.
inline constexpr Deadline no_wait{brine_deadline{0}};

BRINE_CPP_END

#endif
