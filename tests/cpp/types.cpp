// SPDX-License-Identifier: Apache-2.0
// What the compiler has to accept and to refuse, and that the types are what the standard library takes them for.
#include <algorithm>
#include <functional>

#include "expect.hpp"

// ---- handles are moved, views are copied, and both are as small as the C ones ----
template <class T>
constexpr bool moves_only = std::is_nothrow_move_constructible_v<T> &&std::is_nothrow_move_assignable_v<T> &&
                            !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(moves_only<brine::Packet> && moves_only<brine::Pipe> && moves_only<brine::Pool> &&
              moves_only<brine::Lease> && moves_only<brine::RawRegion>);
static_assert(std::is_trivially_copyable_v<brine::Value> && std::is_trivially_copyable_v<brine::ConstValue>);
static_assert(sizeof(brine::Packet) == sizeof(brine_packet) && sizeof(brine::Value) == sizeof(brine_ref) &&
              sizeof(brine::Deadline) == sizeof(brine_deadline));
static_assert(std::is_convertible_v<brine::Value, brine::ConstValue> &&
              !std::is_convertible_v<brine::ConstValue, brine::Value>);
static_assert(std::is_convertible_v<brine::ArrayView<float>, brine::ArrayView<const float>> &&
              !std::is_convertible_v<brine::ArrayView<const float>, brine::ArrayView<float>>);
static_assert(!std::is_constructible_v<brine::Value, brine::ConstValue>);

// ---- what is const is only read ----
template <class V, class = void> constexpr bool has_set = false;
template <class V> constexpr bool has_set<V, std::void_t<decltype(std::declval<V>().set(1))>> = true;
template <class V> constexpr bool place_takes_int = std::is_assignable_v<decltype(std::declval<V>()["key"]), int>;
static_assert(has_set<brine::Value &> && !has_set<const brine::Value &> && !has_set<brine::ConstValue &>);
static_assert(place_takes_int<brine::Value &> && place_takes_int<brine::Packet &>);
static_assert(!place_takes_int<const brine::Value &> && !place_takes_int<brine::ConstValue &> &&
              !place_takes_int<const brine::Packet &> && !place_takes_int<brine::Lease &>);
// A packet is moved in, never copied; what dict and list remember is not kept.
template <class V, class T, class = void> constexpr bool can_set = false;
template <class V, class T>
constexpr bool can_set<
    V, T,
    std::void_t<decltype(brine::codec<brine::detail::wanted_t<T>>::write(std::declval<V>(), std::declval<T>()))>> =
    true;
static_assert(can_set<brine::Value, brine::Packet &&> && !can_set<brine::Value, brine::Packet &>);
static_assert(can_set<brine::Value, brine::dict &&> && !can_set<brine::Value, brine::dict &>);
static_assert(!std::is_copy_constructible_v<brine::list> && !std::is_move_constructible_v<brine::list>);
static_assert(!std::is_copy_constructible_v<brine::BigInt>);
// Other clocks jump.
static_assert(!std::is_constructible_v<brine::Deadline, std::chrono::system_clock::time_point>);

// ---- errors are a tree ----
static_assert(std::is_base_of_v<std::system_error, brine::error> &&
              std::is_base_of_v<brine::wait_error, brine::timeout_error> &&
              std::is_base_of_v<brine::value_error, brine::type_error> &&
              std::is_base_of_v<brine::ownership_error, brine::not_held_error>);
static_assert(std::is_nothrow_copy_constructible_v<brine::type_error>);

// ---- ranges ----
#if BRINE_CPP_RANGES
static_assert(std::ranges::forward_range<brine::ValueRange<brine::ConstValue>> &&
              std::ranges::view<brine::ValueRange<brine::Value>>);
static_assert(std::ranges::borrowed_range<brine::ItemRange<brine::Value>> && std::ranges::sized_range<brine::KeyRange>);
static_assert(std::ranges::input_range<brine::Pipe &> && std::ranges::view<brine::PacketRange<brine::Packet>> &&
              std::ranges::input_range<brine::PacketRange<brine::Lease>>);
static_assert(std::ranges::contiguous_range<brine::ArrayView<float>> &&
              std::ranges::contiguous_range<brine::span<const int>>);
#endif

int main() {
    // Each status has a class of its own, and the codes compare as std::error_code does.
    const int statuses[] = {
        BRINE_EINVAL,    BRINE_ENAME,   BRINE_ENOENT,  BRINE_EEXIST,    BRINE_EACCES,   BRINE_ENOMEM,   BRINE_ELIMIT,
        BRINE_ETIMEDOUT, BRINE_EINTR,   BRINE_ECLOSED, BRINE_ENOTHELD,  BRINE_EXPOOL,   BRINE_ESHARED,  BRINE_ETYPE,
        BRINE_ERANGE,    BRINE_ESYNTAX, BRINE_EDEPTH,  BRINE_EUTF8,     BRINE_EVERSION, BRINE_EFOREIGN, BRINE_ECORRUPT,
        BRINE_EMISMATCH, BRINE_EBUSY,   BRINE_EGONE,   BRINE_EREADONLY, BRINE_ESYS,     BRINE_ENOTSUP,  BRINE_ELEASED};
    int seen = 0;
    for (int status : statuses) {
        try {
            brine::throw_error(status, "what happened");
        } catch (const brine::error &e) {
            CHECK_EQ_INT(e.status(), status);
            CHECK_STR(e.what(), "what happened");
            CHECK_STR(e.name(), brine_status_name(status));
            CHECK(typeid(e) != typeid(brine::error));
            CHECK_STR(e.code().category().name(), "brine");
            seen++;
        }
    }
    int in_table = -1; // BRINE_OK
#define BRINE_X(name, code, text) in_table++;
    BRINE_STATUS_TABLE(BRINE_X)
#undef BRINE_X
    CHECK_EQ_INT(seen, in_table);
    CHECK_TEXT(THROWS(brine::timeout_error, brine::throw_error(BRINE_ETIMEDOUT, "")),
               brine_status_text(BRINE_ETIMEDOUT));

    std::error_code code = BRINE_ETIMEDOUT;
    CHECK(code == BRINE_ETIMEDOUT && code == std::errc::timed_out && code != BRINE_EINTR);
    CHECK(std::error_code(BRINE_ECORRUPT) != std::errc::timed_out);

    // Deadlines: relative ones are negative, absolute ones positive; the extremes hold.
    auto ns = [](brine::Deadline d) { return static_cast<brine_deadline>(d).ns; };
    CHECK(ns(2s) == -2000000000 && ns(3ms) == -3000000 && ns(std::chrono::duration<double>(0.5)) == -500000000);
    CHECK(ns(0s) == 0 && ns(-1s) == 0 && ns(brine::no_wait) == 0 &&
          ns(std::chrono::duration<double>(0.0 / 1.0 * -1)) == 0);
    CHECK(ns(std::chrono::hours::max()) == INT64_MAX && ns(brine::forever) == INT64_MAX);
    CHECK(ns(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == 0);
    CHECK(ns(std::chrono::duration<float>(std::numeric_limits<float>::infinity())) == INT64_MAX);
    CHECK(ns(std::chrono::nanoseconds::max()) == INT64_MAX && ns(std::chrono::nanoseconds(7)) == -7);
    auto moment = std::chrono::steady_clock::now() + 5s;
    CHECK(ns(moment) == std::chrono::nanoseconds(moment.time_since_epoch()).count());
    std::int64_t fixed = ns(brine::Deadline(5s).fixed());
    CHECK(fixed > 0 && fixed >= ns(moment));

    // Names that are too long, or have a NUL inside, are refused as any other bad name, not cut.
    THROWS(brine::name_error, brine::Pool::create(std::string(200, 'x')));
    THROWS(brine::name_error, brine::Pool::create(std::string(BRINE_NAME_MAX + 1, 'x')));
    THROWS(brine::name_error, brine::Pool::create(std::string_view("a\0b", 3)));
    THROWS(brine::name_error, brine::Pool::create(""));
    return 0;
}
