// SPDX-License-Identifier: Apache-2.0
//
// Errors, in two forms. A call throws what is derived from brine::error, a std::system_error whose code() is the
// BRINE_E... status and whose what() is the sentence that says what was asked, what was found and what to do. Its
// try_ form gives a brine::result instead: std::expected<T, brine::Failure> where that is there (C++23), the same
// in small otherwise. Nothing fails without a sign.
#ifndef BRINE_CPP_ERROR_HPP
#define BRINE_CPP_ERROR_HPP

#include <cassert>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <variant>

#include <brine/cpp/config.hpp>

BRINE_CPP_BEGIN

namespace detail {

class Category final : public std::error_category {
  public:
    const char *name() const noexcept override { return "brine"; }
    std::string message(int status) const override { return brine_status_text(status); }
    std::error_condition default_error_condition(int status) const noexcept override {
        switch (status) {
        case BRINE_EINVAL:
        case BRINE_ENAME: return std::errc::invalid_argument;
        case BRINE_ENOENT: return std::errc::no_such_file_or_directory;
        case BRINE_EEXIST: return std::errc::file_exists;
        case BRINE_EACCES: return std::errc::permission_denied;
        case BRINE_ENOMEM: return std::errc::not_enough_memory;
        case BRINE_ETIMEDOUT: return std::errc::timed_out;
        case BRINE_EINTR: return std::errc::interrupted;
        case BRINE_ERANGE: return std::errc::result_out_of_range;
        case BRINE_EUTF8: return std::errc::illegal_byte_sequence;
        case BRINE_EBUSY: return std::errc::device_or_resource_busy;
        case BRINE_EGONE: return std::errc::owner_dead;
        case BRINE_ECLOSED: return std::errc::broken_pipe;
        case BRINE_EREADONLY: return std::errc::read_only_file_system;
        case BRINE_ENOTSUP: return std::errc::not_supported;
        default: return {status, *this};
        }
    }
};

} // namespace detail

// The category of brine's statuses; BRINE_ETIMEDOUT equals std::errc::timed_out, and so on.
inline const std::error_category &category() noexcept {
    static const detail::Category the_one;
    return the_one;
}

// The base of all that is thrown because a brine call failed.
class error : public std::system_error {
  public:
    error(int status, const std::string &detail)
        : std::system_error(status, category()), detail_(detail.empty() ? brine_status_text(status) : detail) {}
    const char *what() const noexcept override { return detail_.what(); }
    int status() const noexcept { return code().value(); }                          // BRINE_E...
    const char *name() const noexcept { return brine_status_name(code().value()); } // "BRINE_E..."

  private:
    std::runtime_error detail_; // a text that is copied without an exception
};

// A wait ended without what was waited for; a value is not what was expected; a packet is not the caller's to use so.
struct wait_error : error {
    using error::error;
};
struct value_error : error {
    using error::error;
};
struct ownership_error : error {
    using error::error;
};

// X(class, base, status): the class that is thrown for each status.
#define BRINE_CPP_ERRORS(X)                                                                                            \
    X(timeout_error, wait_error, BRINE_ETIMEDOUT)                                                                      \
    X(interrupted_error, wait_error, BRINE_EINTR)                                                                      \
    X(closed_error, wait_error, BRINE_ECLOSED)                                                                         \
    X(gone_error, wait_error, BRINE_EGONE)                                                                             \
    X(type_error, value_error, BRINE_ETYPE)                                                                            \
    X(range_error, value_error, BRINE_ERANGE)                                                                          \
    X(syntax_error, value_error, BRINE_ESYNTAX)                                                                        \
    X(depth_error, value_error, BRINE_EDEPTH)                                                                          \
    X(utf8_error, value_error, BRINE_EUTF8)                                                                            \
    X(not_held_error, ownership_error, BRINE_ENOTHELD)                                                                 \
    X(other_pool_error, ownership_error, BRINE_EXPOOL)                                                                 \
    X(shared_error, ownership_error, BRINE_ESHARED)                                                                    \
    X(leased_error, ownership_error, BRINE_ELEASED)                                                                    \
    X(argument_error, error, BRINE_EINVAL)                                                                             \
    X(name_error, error, BRINE_ENAME)                                                                                  \
    X(not_found_error, error, BRINE_ENOENT)                                                                            \
    X(exists_error, error, BRINE_EEXIST)                                                                               \
    X(access_error, error, BRINE_EACCES)                                                                               \
    X(memory_error, error, BRINE_ENOMEM)                                                                               \
    X(limit_error, error, BRINE_ELIMIT)                                                                                \
    X(version_error, error, BRINE_EVERSION)                                                                            \
    X(foreign_error, error, BRINE_EFOREIGN)                                                                            \
    X(corrupt_error, error, BRINE_ECORRUPT)                                                                            \
    X(mismatch_error, error, BRINE_EMISMATCH)                                                                          \
    X(busy_error, error, BRINE_EBUSY)                                                                                  \
    X(read_only_error, error, BRINE_EREADONLY)                                                                         \
    X(os_error, error, BRINE_ESYS)                                                                                     \
    X(not_supported_error, error, BRINE_ENOTSUP)

#define BRINE_CPP_X(class_name, base, code)                                                                            \
    struct class_name : base {                                                                                         \
        explicit class_name(const std::string &detail) : base(code, detail) {}                                         \
    };
BRINE_CPP_ERRORS(BRINE_CPP_X)
#undef BRINE_CPP_X

// Throws the class of a status. For those who call the C functions themselves: throw_error(rc), or check(rc) below.
[[noreturn]] BRINE_CPP_COLD inline void throw_error(int status, const std::string &detail) {
    switch (status) {
#define BRINE_CPP_X(class_name, base, code)                                                                            \
    case code: throw class_name(detail);
        BRINE_CPP_ERRORS(BRINE_CPP_X)
#undef BRINE_CPP_X
    default: throw error(status, detail);
    }
}
[[noreturn]] BRINE_CPP_COLD inline void throw_error(int status) { throw_error(status, brine_detail()); }

// Throws unless the status is 0 (or a number that is no error).
inline void check(int status) {
    if (BRINE_CPP_UNLIKELY(status < 0)) throw_error(status);
}

// Why a try_ call has no result. What is thrown has the same status and text.
class Failure {
  public:
    // Of the call that this thread has made last. What only says how a wait ended takes no memory.
    explicit Failure(int status) : status_(status) {
        if (status != BRINE_ETIMEDOUT && status != BRINE_ECLOSED && status != BRINE_EINTR) detail_ = brine_detail();
    }
    Failure(int status, std::string detail) : status_(status), detail_(std::move(detail)) {}

    int status() const noexcept { return status_; }                          // BRINE_E...
    const char *name() const noexcept { return brine_status_name(status_); } // "BRINE_E..."
    std::error_code code() const noexcept { return {status_, category()}; }
    std::string_view detail() const noexcept {
        return detail_.empty() ? std::string_view(brine_status_text(status_)) : detail_;
    }
    [[noreturn]] void raise() const { BRINE_CPP_ABI::throw_error(status_, std::string(detail())); }

    friend bool operator==(const Failure &a, int status) noexcept { return a.status_ == status; }
    friend bool operator!=(const Failure &a, int status) noexcept { return a.status_ != status; }

  private:
    int status_;
    std::string detail_;
};

#if BRINE_CPP_EXPECTED
template <class T> using result = std::expected<T, Failure>;
using unexpected = std::unexpected<Failure>;
#else
// A Failure as what a function returns that gives a result.
class unexpected {
  public:
    explicit unexpected(Failure error) : error_(std::move(error)) {}
    Failure &error() noexcept { return error_; }

  private:
    Failure error_;
};

// A T, or the Failure that says why there is none. value() throws the brine::error of it (std::expected's throws
// std::bad_expected_access<Failure>).
template <class T> class [[nodiscard]] result {
  public:
    using value_type = T;
    using error_type = Failure;
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(unexpected failure) : state_(std::in_place_index<1>, std::move(failure.error())) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    // As std::expected's: only if has_value().
    T &operator*() &noexcept { return assert(has_value()), *std::get_if<0>(&state_); }
    const T &operator*() const &noexcept { return assert(has_value()), *std::get_if<0>(&state_); }
    T &&operator*() &&noexcept { return std::move(**this); }
    T *operator->() noexcept { return &**this; }
    const T *operator->() const noexcept { return &**this; }
    const Failure &error() const noexcept { return assert(!has_value()), *std::get_if<1>(&state_); }

    T &value() & { return checked(), **this; }
    const T &value() const & { return checked(), **this; }
    T &&value() && { return checked(), std::move(**this); }
    template <class U> T value_or(U &&otherwise) const & {
        return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
    }
    template <class U> T value_or(U &&otherwise) && {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(otherwise));
    }

  private:
    void checked() const {
        if (!has_value()) error().raise();
    }
    std::variant<T, Failure> state_;
};

template <> class [[nodiscard]] result<void> {
  public:
    using value_type = void;
    using error_type = Failure;
    result() = default;
    result(unexpected failure) : failure_(std::move(failure.error())) {}
    bool has_value() const noexcept { return !failure_; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (failure_) failure_->raise();
    }
    const Failure &error() const noexcept { return assert(failure_), *failure_; }

  private:
    std::optional<Failure> failure_;
};
#endif

namespace detail {
BRINE_CPP_COLD inline unexpected failed(int status) { return unexpected(Failure(status)); }
inline result<void> done(int status) {
    if (BRINE_CPP_UNLIKELY(status < 0)) return failed(status);
    return {};
}
} // namespace detail

BRINE_CPP_END

// A status as std::error_code: exception.code() == BRINE_ETIMEDOUT. Found beside the C enum, so outside the namespace.
template <> struct std::is_error_code_enum<brine_status> : std::true_type {};
inline std::error_code make_error_code(brine_status status) noexcept {
    return {static_cast<int>(status), brine::category()};
}

#endif
