// SPDX-License-Identifier: Apache-2.0
//
// Values written down as they are nested:
//     tab["hdr"] = brine::dict{{"fs", 1e6}, {"name", "rf"}, {"gains", brine::list{1, 2.5, "auto"}}};
// Nothing is collected: dict, list and tup only remember where the parts stand, and build in the packet. So they are
// good for the expression that they are written in and no longer; a named one cannot be assigned (it does not compile).
#ifndef BRINE_CPP_BUILDER_HPP
#define BRINE_CPP_BUILDER_HPP

#include <initializer_list>

#include <brine/cpp/array.hpp>

BRINE_CPP_BEGIN

class Part;
namespace detail {
template <class T> inline constexpr bool is_part = std::is_base_of_v<Part, plain<T>>;
template <class B> struct BuilderCodec;
} // namespace detail

// Something to be stored, of any type.
class Part {
  public:
    template <class T, class = std::enable_if_t<!detail::is_part<T>>>
    Part(T &&content) noexcept : content_(std::addressof(content)), write_(&write_as<T>) {}
    int write(Value place) const { return write_(place, content_); }

  private:
    template <class T> static int write_as(Value place, const void *content) {
        using Referred = std::remove_reference_t<T>;
        return codec<detail::wanted_t<T>>::write(
            place, static_cast<T &&>(*static_cast<Referred *>(const_cast<void *>(content))));
    }
    const void *content_;
    int (*write_)(Value, const void *);
};

namespace detail {

// What dict, list and tup share: they stay where they are written.
class Builder {
  public:
    Builder(const Builder &) = delete;
    Builder &operator=(const Builder &) = delete;

  protected:
    Builder() = default;
};

class Key {
  public:
    template <class K> Key(K &&key) : key_(any_key(stored_key(static_cast<const plain<K> &>(key)))) {}
    template <std::size_t N> Key(const char (&key)[N]) : key_(brine_key_str(key)) {}
    const brine_key &get() const noexcept { return key_; }

  private:
    brine_key key_;
};

} // namespace detail

// A key and what is under it.
struct Entry {
    detail::Key key;
    Part part;
};

class dict : public detail::Builder {
  public:
    dict(std::initializer_list<Entry> entries) noexcept : entries_(entries) {}
    int write(Value place) const {
        brine_ref tab = brine_assign_tab(place.ref(), 0);
        for (const Entry &entry : entries_) {
            int status = entry.part.write(Value(brine_slot_key(tab, entry.key.get())));
            if (status != 0) return status;
        }
        return brine_ref_status(tab);
    }

  private:
    std::initializer_list<Entry> entries_;
};

class list : public detail::Builder {
  public:
    list(std::initializer_list<Part> parts) noexcept : parts_(parts) {}
    int write(Value place) const {
        brine_ref arr = brine_assign_arr(place.ref());
        for (const Part &part : parts_) {
            int status = part.write(Value(brine_push(arr)));
            if (status != 0) return status;
        }
        return brine_ref_status(arr);
    }

  private:
    std::initializer_list<Part> parts_;
};

class tup : public detail::Builder {
  public:
    tup(std::initializer_list<Part> parts) noexcept : parts_(parts) {}
    int write(Value place) const {
        brine_ref tuple = brine_assign_tup(place.ref(), parts_.size());
        std::ptrdiff_t i = 0;
        for (const Part &part : parts_) {
            int status = part.write(Value(brine_at(tuple, i++)));
            if (status != 0) return status;
        }
        return brine_ref_status(tuple);
    }

  private:
    std::initializer_list<Part> parts_;
};

// Only what is written in the same expression.
template <class B> struct detail::BuilderCodec {
    static int write(Value place, B &&built) { return built.write(place); }
};
template <> struct codec<dict> : detail::BuilderCodec<dict> {};
template <> struct codec<list> : detail::BuilderCodec<list> {};
template <> struct codec<tup> : detail::BuilderCodec<tup> {};

BRINE_CPP_END

#endif
