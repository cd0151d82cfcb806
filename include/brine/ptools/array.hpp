// SPDX-License-Identifier: Apache-2.0
// ptools: Array<T>, contiguous elements: of this process, or in place in a packet.
//
// An array in a packet is looked up again when something in the packet changed, so it never points at what is gone.
// Its elements are this process's to change only while nobody else has the packet: whoever asks for one that is not
// const makes the packet its own first, which copies it if others hold it too. Read through a const Array to avoid
// that.
#ifndef BRINE_PTOOLS_ARRAY_HPP
#define BRINE_PTOOLS_ARRAY_HPP

#include <algorithm>
#include <initializer_list>

#include <brine/ptools/packet.hpp>

namespace ptools {
namespace detail {

Val parse_literal(const std::string &text);

/// What a Val knows of an array whose element type it does not.
class ArrayBase {
  public:
    virtual ~ArrayBase() = default;
    virtual char element_tag() const = 0;
    virtual std::size_t count() const = 0;
    virtual const void *elements() const = 0;
    virtual Owned<ArrayBase> clone() const = 0;
    virtual void add(const Value &v) = 0;
    virtual void empty() = 0;
    const std::vector<std::size_t> &shape() const { return shape_; }
    void reshape(std::vector<std::size_t> shape) { shape_ = std::move(shape); }

  protected:
    std::vector<std::size_t> shape_; // of an array with other than one dimension; none otherwise
};

} // namespace detail

/// Elements of one type, side by side: numbers, which a Val can hold, or anything else (pointers, strings), which it
/// cannot. Copies are deep and of this process. An index outside throws BRINE_ENOENT. Not for several threads at once
/// if one of them changes it.
template <class T> class Array : public detail::ArrayBase {
  public:
    using value_type = T;
    Array() = default;
    /// Empty, with room.
    explicit Array(detail::Count capacity) { reserve(capacity.get()); }
    Array(std::initializer_list<T> elements) {
        reserve(elements.size());
        for (const T &v : elements) append(v);
    }
    /// As it prints: Array<int_4>("array([1,2], 'i')").
    explicit Array(const char *literal) { *this = static_cast<const Array &>(detail::parse_literal(literal)); }
    explicit Array(const std::string &literal) : Array(literal.c_str()) {}
    Array(const Array &other) { *this = other; }
    Array(Array &&other) { *this = std::move(other); }
    Array &operator=(const Array &other) {
        if (this == &other) return *this;
        const std::size_t n = other.size();
        const T *from = other.look();
        resize(n);
        std::copy(from, from + n, look_to_write());
        shape_ = other.shape_;
        return *this;
    }
    Array &operator=(Array &&other) {
        if (packet_ != nullptr || other.packet_ != nullptr) return *this = static_cast<const Array &>(other);
        if (this == &other) return *this;
        own_ = std::move(other.own_);
        data_ = std::exchange(other.data_, nullptr);
        length_ = std::exchange(other.length_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        shape_ = std::move(other.shape_);
        return *this;
    }

    int_8 length() const { return static_cast<int_8>(size()); }
    int_8 entries() const { return length(); }
    std::size_t size() const {
        look();
        return length_;
    }
    template <class I> T &operator[](I i) { return look_to_write()[index(i)]; }
    template <class I> const T &operator[](I i) const { return look()[index(i)]; }
    template <class I> T &operator()(I i) { return (*this)[i]; }
    template <class I> const T &operator()(I i) const { return (*this)[i]; }
    T *data() { return look_to_write(); }
    const T *data() const { return look(); }
    T *begin() { return data(); }
    T *end() { return data() + size(); }
    const T *begin() const { return data(); }
    const T *end() const { return data() + size(); }

    /// At the end. In a packet the array is made anew each time, so better make it in its length at once.
    void append(const T &v) {
        const T copy = v; // it may be one of these
        const std::size_t n = size();
        if (packet_ == nullptr && n == capacity_) reserve(n < 8 ? 16 : 2 * n);
        grow(n + 1);
        look_to_write()[n] = copy;
    }
    /// Takes an element out; those behind it move up.
    template <class I> void remove(I i) {
        T *elements = look_to_write();
        const std::size_t at = index(i);
        std::copy(elements + at + 1, elements + length_, elements + at);
        resize(length_ - 1);
    }
    /// New elements are 0.
    void resize(detail::Count n) {
        if (n.get() == size()) return;
        if (packet_ == nullptr && n.get() > capacity_) reserve(n.get());
        grow(n.get());
    }
    void expandTo(detail::Count n) {
        if (n.get() > size()) resize(n);
    }
    void fill(const T &v) { std::fill(begin(), end(), v); }
    void clear() { resize(0); }
    bool contains(const T &v) const { return std::find(begin(), end(), v) != end(); }
    friend bool operator==(const Array &a, const Array &b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }
    friend bool operator!=(const Array &a, const Array &b) { return !(a == b); }

    char element_tag() const override {
        if constexpr (detail::is_number<T>)
            return detail::tag_of<T>();
        else
            return '?';
    }
    std::size_t count() const override { return size(); }
    const void *elements() const override { return look(); }
    detail::Owned<detail::ArrayBase> clone() const override {
        return detail::Owned<detail::ArrayBase>(new Array(*this));
    }
    void add(const Value &v) override {
        if constexpr (detail::is_number<T>)
            append(v.template as<T>());
        else
            (void)v;
    }
    void empty() override { clear(); }

  private:
    friend class detail::Packet;
    Array(detail::Packet *packet, const Val *place) : packet_(packet), place_(place) {}

    template <class I> std::size_t index(I i) const {
        const auto at = static_cast<std::size_t>(i); // a negative one is too large
        if (at >= length_)
            detail::fail(BRINE_ENOENT,
                         "no element " + std::to_string(i) + ": the array has " + std::to_string(length_));
        return at;
    }
    const T *look() const {
        if (packet_ != nullptr && epoch_ != packet_->epoch()) find(false);
        return data_;
    }
    T *look_to_write() {
        if (packet_ != nullptr && (packet_->frozen() || epoch_ != packet_->epoch())) find(true);
        return data_;
    }
    void find(bool to_write) const;
    void grow(std::size_t n);
    void reserve(std::size_t n) {
        std::unique_ptr<T[]> room(new T[n]());
        std::move(data_, data_ + length_, room.get());
        own_ = std::move(room);
        data_ = own_.get();
        capacity_ = n;
    }

    std::unique_ptr<T[]> own_; // of this process: capacity_ elements
    mutable T *data_ = nullptr;
    mutable std::size_t length_ = 0;
    std::size_t capacity_ = 0;
    detail::Packet *packet_ = nullptr; // in place there; what follows is of use then
    const Val *place_ = nullptr;       // nullptr: the root
    mutable std::uint64_t epoch_ = ~std::uint64_t(0);
};

template <class T> void Array<T>::find(bool to_write) const {
    if constexpr (detail::is_number<T>) {
        const auto lock = packet_->lock();
        if (to_write) packet_->to_write();
        const std::uint64_t epoch = packet_->epoch();
        brine_array view;
        detail::check(brine_as_array(packet_->where(place_), &view));
        if (view.dtype != detail::number_type<T>()) detail::fail(BRINE_ETYPE, "the array has elements of another type");
        data_ = static_cast<T *>(view.data);
        length_ = view.count;
        epoch_ = epoch;
    } else {
        (void)to_write; // only numbers are in packets
    }
}

/// The elements that are there are kept; capacity_ is enough.
template <class T> void Array<T>::grow(std::size_t n) {
    shape_.clear();
    if (packet_ == nullptr) {
        for (std::size_t i = n; i < length_; i++) data_[i] = T();
        length_ = n;
        return;
    }
    if constexpr (detail::is_number<T>) {
        const auto lock = packet_->lock();
        packet_->to_write();
        const auto *old = reinterpret_cast<const char *>(look());
        const std::vector<char> kept(old, old + std::min(n, length_) * sizeof(T));
        void *data = nullptr;
        const brine_ref place = packet_->where(place_);
        const int status = brine_assign_array(place, detail::number_type<T>(), 1, &n, 0, &data);
        if (status < 0) packet_->forgive(place);
        detail::check(status);
        packet_->changed();
        if (!kept.empty()) std::memcpy(data, kept.data(), kept.size());
        find(true);
    }
}

namespace detail {

inline brine_ref Packet::where(const Val *place) const {
    return place == nullptr ? root() : good(std::get<Node>(place->body_).ref);
}

template <class T> Array<T> &Packet::view(const Val *place) {
    Owned<ArrayBase> &known = views_[{place, std::type_index(typeid(T))}];
    if (known == nullptr) known.reset(new Array<T>(this, place));
    auto &array = static_cast<Array<T> &>(*known);
    array.look();
    return array;
}

} // namespace detail
} // namespace ptools

#endif
