// SPDX-License-Identifier: Apache-2.0
//
// Ranges over what is in a tab, arr or tup: values(), keys(), items(). They are views (C++20: std::ranges algorithms
// and adaptors take them) that borrow the value: good as long as its packet is held. Changing values on the way is
// fine; adding or deleting ends the iteration with argument_error. What is no container throws type_error at begin().
#ifndef BRINE_CPP_RANGE_HPP
#define BRINE_CPP_RANGE_HPP

#include <brine/cpp/error.hpp>

BRINE_CPP_BEGIN

class ConstValue;

// A key and its value; for an arr or tup the key is a value that is not there.
template <class V, class K = ConstValue> struct Item {
    K key;
    V value;
};

// Where a range ends.
struct RangeEnd {};

namespace detail {

// What the iterators share. Make::from(iterator) is what * gives; Make::keyed says whether the key is asked for.
template <class Make> class Iterator {
  public:
    using value_type = typename Make::value_type;
    using difference_type = std::ptrdiff_t;
    using reference = value_type;
    using pointer = void;
    using iterator_category = std::input_iterator_tag; // * gives no reference
    using iterator_concept = std::forward_iterator_tag;

    Iterator() = default;
    explicit Iterator(brine_ref container) : at_(brine_iterate(container)) { next(); }

    value_type operator*() const { return Make::from(key_, value_); }
    Iterator &operator++() { return next(), *this; }
    Iterator operator++(int) {
        Iterator before = *this;
        next();
        return before;
    }
    friend bool operator==(const Iterator &a, const Iterator &b) {
        return a.more_ == b.more_ && (!a.more_ || a.at_.index == b.at_.index);
    }
    friend bool operator!=(const Iterator &a, const Iterator &b) { return !(a == b); }
    friend bool operator==(const Iterator &a, RangeEnd) { return !a.more_; }
    friend bool operator!=(const Iterator &a, RangeEnd) { return a.more_; }
    friend bool operator==(RangeEnd, const Iterator &a) { return !a.more_; }
    friend bool operator!=(RangeEnd, const Iterator &a) { return a.more_; }

  private:
    void next() {
        more_ = brine_next(&at_, Make::keyed ? &key_ : nullptr, &value_);
        if (BRINE_CPP_UNLIKELY(!more_)) check(at_.status);
    }
    brine_iter at_{};
    brine_ref key_{}, value_{};
    bool more_ = false;
};

template <class V> struct MakeValue {
    using value_type = V;
    static constexpr bool keyed = false;
    static V from(brine_ref, brine_ref value) { return V(value); }
};
struct MakeKey {
    using value_type = ConstValue;
    static constexpr bool keyed = true;
    static ConstValue from(brine_ref key, brine_ref);
};
template <class V> struct MakeItem {
    using value_type = Item<V>;
    static constexpr bool keyed = true;
    static Item<V> from(brine_ref key, brine_ref value);
};

} // namespace detail

template <class Make> class Range {
  public:
    using iterator = detail::Iterator<Make>;
    explicit Range(brine_ref container) noexcept : container_(container) {}
    iterator begin() const { return iterator(container_); }
    RangeEnd end() const noexcept { return {}; }
    std::size_t size() const noexcept { return brine_length(container_); }
    bool empty() const noexcept { return size() == 0; }

  private:
    brine_ref container_;
};
template <class V> using ValueRange = Range<detail::MakeValue<V>>;
template <class V> using ItemRange = Range<detail::MakeItem<V>>;
using KeyRange = Range<detail::MakeKey>;

BRINE_CPP_END

#if BRINE_CPP_RANGES
template <class Make> inline constexpr bool std::ranges::enable_view<brine::Range<Make>> = true;
template <class Make> inline constexpr bool std::ranges::enable_borrowed_range<brine::Range<Make>> = true;
#endif

#endif
