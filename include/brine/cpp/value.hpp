// SPDX-License-Identifier: Apache-2.0
//
// Values of a packet, as views of 16 bytes. ConstValue reads; Value reads and writes; Place is what tab["key"] gives:
// it is looked up when it is read and made when it is assigned to.
//
// A view borrows its packet: it is good as long as the packet is held, also when the tab around it grows; afterwards
// using it is not_held_error, never a crash. Text, bytes and arrays that are got without a copy (std::string_view,
// span, ArrayView) are plain pointers into the pool: they are not checked. A view may be of nothing (a key that is not
// there): exists() says so, reading and writing it throw. Threads: any number may read a packet; one that changes it is
// alone. Nothing here waits.
//
// Views are rebound by =, as std::string_view; values are changed by set(), or through a Place by =.
#ifndef BRINE_CPP_VALUE_HPP
#define BRINE_CPP_VALUE_HPP

#include <brine/cpp/key.hpp>
#include <brine/cpp/range.hpp>

BRINE_CPP_BEGIN

class Value;
class Packet;
class Array;
template <class T> class ArrayView;
template <class Parent, class Key> class Place;

// How a T is stored and read: see codec.hpp, and docs/cpp.md for how to add one.
template <class T, class = void> struct codec;

// How a value is printed: see <brine/text.h>.
enum class Style : int {
    literal = BRINE_LITERAL,
    pretty = BRINE_PRETTY,
    json = BRINE_JSON,
    json_pretty = BRINE_JSON_PRETTY
};

struct uninitialized_t {};
// For arrays that will be filled in anyway.
inline constexpr uninitialized_t uninitialized{};

namespace detail {

// T, looked at when D is known.
template <class D, class T> struct Later { using type = T; };
template <class D, class T> using later_t = typename Later<D, T>::type;

// The error of a value that is no T: "hdr.fs: expected float64, found str".
template <class T> BRINE_CPP_COLD Failure mismatch(ConstValue value, int status, std::string path);
// The same, thrown, of where it was looked for. All by value, and in words where that is possible, so that what is
// looked for needs no memory on the way that succeeds.
template <class T>
[[noreturn]] BRINE_CPP_COLD void raise_mismatch_of(std::uint64_t first, std::uint64_t second, int status);
template <class T>
[[noreturn]] BRINE_CPP_COLD void raise_mismatch_in(std::uint64_t first, std::uint64_t second, const char *key,
                                                   std::size_t length, int status);
template <class T, class D> [[noreturn]] BRINE_CPP_COLD void raise_mismatch_at(D place, int status);
template <class T, class D, class K> [[noreturn]] BRINE_CPP_COLD void raise_mismatch_under(D place, K key, int status);
template <class D, class K> [[noreturn]] BRINE_CPP_COLD void raise_missing(D place, K key, int status);

// What get_or gives for what is said otherwise: text is viewed.
template <class T> using otherwise_t = std::conditional_t<is_text<plain<T>>, std::string_view, plain<T>>;
template <class T>
using wanted_t =
    std::conditional_t<std::is_array_v<plain<T>> || std::is_pointer_v<plain<T>>, std::decay_t<T>, plain<T>>;

// A ref as two words.
struct RefWords {
    explicit RefWords(const brine_ref &r) noexcept {
        std::memcpy(&first, &r, 8);
        std::memcpy(&second, reinterpret_cast<const char *>(&r) + 8, 8);
    }
    RefWords(std::uint64_t a, std::uint64_t b) noexcept : first(a), second(b) {}
    brine_ref ref() const noexcept {
        brine_ref r;
        std::memcpy(&r, &first, 8);
        std::memcpy(reinterpret_cast<char *>(&r) + 8, &second, 8);
        return r;
    }
    std::uint64_t first, second;
};

template <class T> struct Blank { // without a store that reading does again
    T value{};
};
template <> struct Blank<std::int64_t> { std::int64_t value; };
template <> struct Blank<double> { double value; };

// value as a T; failed(status) does not come back. T has a constructor without arguments.
template <class T, class V, class F> T read_or(V value, F failed) {
    if constexpr (std::is_arithmetic_v<T>) {
        T out; // set by read, or never used
        int status = codec<T>::read(value, out);
        if (BRINE_CPP_UNLIKELY(status != 0)) failed(status);
        return out;
    } else {
        T out{};
        int status = codec<T>::read(value, out);
        if (BRINE_CPP_UNLIKELY(status != 0)) failed(status);
        return out;
    }
}

} // namespace detail

// Reading. D::ref() is the value.
template <class D> class Readable {
    using View = detail::later_t<D, ConstValue>;

  public:
    // ---- what it is ----
    bool exists() const noexcept { return brine_ref_ok(ref()); }
    explicit operator bool() const noexcept { return exists(); }
    int status() const noexcept { return brine_ref_status(ref()); } // 0, or why it is of nothing
    // Type::invalid if it cannot be read.
    Type type() const noexcept { return static_cast<Type>(brine_type_of(ref())); }
    const char *type_name() const noexcept { return brine_type_name(brine_type_of(ref())); }
    unsigned flags() const noexcept { return brine_flags_of(ref()); } // BRINE_ORDERED, BRINE_UNSIGNED
    // Of a tab, arr or tup: what is in it; of an array: elements in all; of str and bytes: bytes; else 0.
    std::size_t size() const noexcept { return brine_length(ref()); }
    bool empty() const noexcept { return size() == 0; }
    bool is(Type t) const noexcept { return type() == t; }
    bool is_none() const noexcept { return is(Type::none); }
    bool is_number() const noexcept { return is(Type::bigint) || (type() >= Type::boolean && type() <= Type::c128); }
    bool is_str() const noexcept { return is(Type::str); }
    bool is_bytes() const noexcept { return is(Type::bytes); }
    bool is_tab() const noexcept { return is(Type::tab); }
    bool is_arr() const noexcept { return is(Type::arr); }
    bool is_tup() const noexcept { return is(Type::tup); }
    bool is_array() const noexcept { return is(Type::array); }
    // As Python's bool(): None, false, zero and what is empty are false; so is what cannot be read.
    bool truth() const noexcept { return brine_truth(ref()); }
    // The packet that it is in: a handle that owns nothing.
    brine_packet packet_handle() const noexcept { return brine_ref_packet(ref()); }

    // ---- finding ----
    // The value under a key, or at an index; a view of nothing if there is none.
    template <class K> View operator[](K &&key) const {
        return View(detail::find(ref(), detail::stored_key(std::forward<K>(key))));
    }
    // The same; not_found_error if there is none.
    template <class K> View at(K &&key) const { return View(must_find(detail::stored_key(std::forward<K>(key)))); }
    template <class K> bool contains(K &&key) const {
        return brine_ref_ok(detail::find(ref(), detail::stored_key(std::forward<K>(key))));
    }
    // By JSON Pointer (RFC 6901): "/hdr/fs", "/list/0"; a view of nothing if there is nothing. syntax_error.
    View path(const std::string &pointer) const { return View(at_path(pointer)); }

    // ---- what it holds ----
    // As a T, exactly: numbers without loss (range_error), nothing else than what was asked for (type_error,
    // not_found_error). The text of the error names the way there, the type that was expected and the one found.
    template <class T> T get() const {
        return detail::read_or<T>(View(ref()), [this](int status) { self().template fail<T>(status); });
    }
    // The value under a key, the same way.
    template <class T, class K> T get(K &&key) const {
        const auto stored = detail::stored_key(std::forward<K>(key));
        return detail::read_or<T>(View(detail::find(ref(), stored)), [&](int status) {
            if constexpr (std::is_same_v<decltype(stored), const std::string_view> && std::is_trivially_copyable_v<D> &&
                          sizeof(D) == sizeof(brine_ref)) {
                detail::RefWords words(ref());
                detail::raise_mismatch_in<T>(words.first, words.second, stored.data(), stored.size(), status);
            } else {
                detail::raise_mismatch_under<T>(self(), stored, status);
            }
        });
    }
    template <class T> result<T> try_get() const {
        detail::Blank<T> out;
        int status = codec<T>::read(View(ref()), out.value);
        if (BRINE_CPP_UNLIKELY(status != 0))
            return unexpected(detail::mismatch<T>(View(ref()), status, self().path_text()));
        return std::move(out.value);
    }
    // The same, or otherwise if it is not there or no such T. Text gives a std::string_view.
    template <class T> detail::otherwise_t<T> get_or(T &&otherwise) const {
        detail::Blank<detail::otherwise_t<T>> out;
        if (codec<detail::otherwise_t<T>>::read(View(ref()), out.value) == 0) return std::move(out.value);
        return detail::otherwise_t<T>(std::forward<T>(otherwise));
    }
    template <class K, class T> detail::otherwise_t<T> get_or(K &&key, T &&otherwise) const {
        const auto stored = detail::stored_key(std::forward<K>(key));
        using W = detail::otherwise_t<T>;
        if constexpr (detail::is_text_key<decltype(stored)> &&
                      (std::is_same_v<W, std::int64_t> || std::is_same_v<W, double>)) {
            std::string_view text = stored;
            if constexpr (std::is_same_v<W, double>)
                return brine_get_double_n(ref(), text.data(), text.size(), otherwise);
            else
                return brine_get_int_n(ref(), text.data(), text.size(), otherwise);
        } else {
            return View(detail::find(ref(), stored)).get_or(std::forward<T>(otherwise));
        }
    }
    // As C would convert: floats are cut and saturate, integers wrap, text is parsed, a container gives its length.
    // *lossy (may be null): something was lost. type_error: text that is no number.
    std::int64_t to_int(bool *lossy = nullptr) const {
        std::int64_t out = 0;
        check(brine_to_int(ref(), &out, lossy));
        return out;
    }
    double to_double(bool *lossy = nullptr) const {
        double out = 0;
        check(brine_to_double(ref(), &out, lossy));
        return out;
    }
    // An nd-array of any elements, in place. type_error.
    template <class A = Array> A array() const { return get<A>(); }
    // An integer of any size in a base of 2 to 36.
    std::string integer_text(int base = 10) const;

    // ---- all that is in it ----
    ValueRange<View> values() const { return ValueRange<View>(ref()); }
    ItemRange<View> items() const { return ItemRange<View>(ref()); }
    KeyRange keys() const { return KeyRange(ref()); }

    // ---- as a whole ----
    // As Python's repr in one line, or in another style. flags: BRINE_JSON_NAN, BRINE_TEXT_....
    std::string text(Style style = Style::literal, unsigned flags = 0) const;
    std::string json(unsigned flags = 0) const { return text(Style::json, flags); }
    // To a C stream, without a copy.
    void print(std::FILE *stream, Style style = Style::literal, unsigned flags = 0) const {
        check(brine_print(ref(), static_cast<brine_style>(style), flags, stream));
    }
    // -1, 0, 1: a total order of all values.
    template <class O> int compare(const O &other) const {
        int order = 0;
        check(brine_compare(ref(), other.ref(), &order));
        return order;
    }
    // Equal values hash equally, in one pool. type_error for a tab, arr and array.
    std::uint64_t hash() const {
        std::uint64_t out = 0;
        check(brine_hash(ref(), &out));
        return out;
    }
    // It lies in this pool.
    bool in_pool(const brine_pool *pool) const noexcept { return brine_value_in_pool(pool, ref()); }

  protected:
    const D &self() const noexcept { return static_cast<const D &>(*this); }
    brine_ref ref() const { return self().ref(); }
    template <class K> brine_ref must_find(const K &key) const {
        brine_ref found = detail::find(ref(), key);
        if (BRINE_CPP_UNLIKELY(!brine_ref_ok(found))) detail::raise_missing(self(), key, brine_ref_status(found));
        return found;
    }
    brine_ref at_path(const std::string &pointer) const {
        brine_ref found = brine_path(ref(), pointer.c_str());
        if (brine_ref_status(found) == BRINE_ESYNTAX) throw_error(BRINE_ESYNTAX);
        return found;
    }
};

// Equality as Python's ==: 1 == 1.0 == True, tabs regardless of order. A view of nothing equals nothing.
template <class A, class B> bool operator==(const Readable<A> &a, const Readable<B> &b) {
    return brine_equal(static_cast<const A &>(a).ref(), static_cast<const B &>(b).ref());
}
// With a plain one: v == 5, v == "text". What is not there, or no such thing, is unequal.
template <class A, class T, class = std::enable_if_t<!detail::has_ref<T>>>
bool operator==(const Readable<A> &a, const T &b) {
    using W = detail::otherwise_t<T>;
    detail::Blank<W> out;
    return codec<W>::read(ConstValue(static_cast<const A &>(a).ref()), out.value) == 0 && out.value == b;
}
#if __cplusplus < 202002L // since then the others are made of those, unless there is a !=
template <class A, class B> bool operator!=(const Readable<A> &a, const Readable<B> &b) { return !(a == b); }
template <class A, class T, class = std::enable_if_t<!detail::has_ref<T>>>
bool operator!=(const Readable<A> &a, const T &b) {
    return !(a == b);
}
template <class A, class T, class = std::enable_if_t<!detail::has_ref<T>>>
bool operator==(const T &b, const Readable<A> &a) {
    return a == b;
}
template <class A, class T, class = std::enable_if_t<!detail::has_ref<T>>>
bool operator!=(const T &b, const Readable<A> &a) {
    return !(a == b);
}
#endif

// Writing, besides. D::place() is the value to be changed, made if it is not there yet. What fails throws, and sticks
// to the packet (see Packet::error): it is not enqueued half built. shared_error, leased_error, memory_error: of every
// one of them.
template <class D> class Writable : public Readable<D> {
    using Base = Readable<D>;
    using Made = detail::later_t<D, Value>;

  public:
    // ---- finding ----
    // A Place: read, it is what is there; assigned to, it is made. tab["a"]["b"] = 1 makes the tab under "a", too, if
    // there is nothing or None. The key's text is borrowed, unless it is a temporary std::string.
    template <class K> auto operator[](K &&key) {
        using Stored = decltype(detail::stored_key(std::forward<K>(key)));
        return Place<typename D::parent_type, Stored>(self().as_parent(), detail::stored_key(std::forward<K>(key)));
    }
    using Base::operator[];
    template <class K> Made at(K &&key) { return Made(this->must_find(detail::stored_key(std::forward<K>(key)))); }
    using Base::at;
    Made path(const std::string &pointer) { return Made(this->at_path(pointer)); }
    using Base::path;
    ValueRange<Made> values() { return ValueRange<Made>(this->ref()); }
    using Base::values;
    ItemRange<Made> items() { return ItemRange<Made>(this->ref()); }
    using Base::items;

    // ---- changing the value ----
    // Gives it another content, copied in; see codec.hpp for what can be stored. A Packet&& is moved in: it is then
    // part of this one. dict and list are given as they are written.
    template <class T> D &set(T &&content) { return check(store(std::forward<T>(content))), self(); }
    template <class T> result<void> try_set(T &&content) { return detail::done(store(std::forward<T>(content))); }
    // Sets the fields of a struct in the tab that is there, and leaves the other keys.
    template <class T> D &update(const T &fields) { return check(codec<T>::update(value(), fields)), self(); }
    // An empty container. ordered: printed as o{...}.
    Made make_tab(bool ordered = false) { return made(brine_assign_tab(self().place(), ordered ? BRINE_ORDERED : 0u)); }
    Made make_arr() { return made(brine_assign_arr(self().place())); }
    // Of count None, to be assigned.
    Made make_tup(std::size_t count) { return made(brine_assign_tup(self().place(), count)); }
    // An nd-array of T, row by row, zeroed; what is given may be filled in place, until the packet is passed on.
    template <class T> ArrayView<T> make_array(span<const std::size_t> shape) { return array_of<T>(shape, 0); }
    template <class T> ArrayView<T> make_array(std::size_t count) {
        return array_of<T>(span<const std::size_t>(&count, 1), 0);
    }
    template <class T> ArrayView<T> make_array(std::initializer_list<std::size_t> shape) {
        return array_of<T>(span<const std::size_t>(shape.begin(), shape.size()), 0);
    }
    template <class T> ArrayView<T> make_array(span<const std::size_t> shape, uninitialized_t) {
        return array_of<T>(shape, BRINE_ARRAY_UNINIT);
    }
    template <class T> ArrayView<T> make_array(std::size_t count, uninitialized_t) {
        return array_of<T>(span<const std::size_t>(&count, 1), BRINE_ARRAY_UNINIT);
    }
    // The same of elements that are known only when it runs, and of opaque items described by a format text.
    template <class A = Array> A make_array(Type dtype, span<const std::size_t> shape) {
        check(brine_assign_array(self().place(), static_cast<brine_type>(dtype), static_cast<int>(shape.size()),
                                 shape.data(), 0, nullptr));
        return this->template get<A>();
    }
    template <class A = Array>
    A make_raw_array(const std::string &format, std::size_t item_bytes, span<const std::size_t> shape) {
        check(brine_assign_array_raw(self().place(), format.c_str(), item_bytes, static_cast<int>(shape.size()),
                                     shape.data(), 0, nullptr));
        return this->template get<A>();
    }
    // Room for bytes, to be filled in place.
    span<std::byte> make_bytes(std::size_t count) {
        void *data = nullptr;
        check(brine_assign_bytes_room(self().place(), count, &data));
        return {static_cast<std::byte *>(data), count};
    }
    // Parses one value that is the whole text. syntax_error says where and what was expected; the value is then as
    // before. flags: BRINE_JSON_NAN.
    D &parse_json(std::string_view json, unsigned flags = 0) {
        return check(brine_parse_json(self().place(), json.data(), json.size(), flags, nullptr)), self();
    }
    D &parse_literal(std::string_view text) {
        return check(brine_parse_literal(self().place(), text.data(), text.size(), nullptr)), self();
    }
    // The same, with where it went wrong in *where.
    result<void> try_parse_json(std::string_view json, unsigned flags = 0, brine_text_error *where = nullptr) {
        return detail::done(brine_parse_json(self().place(), json.data(), json.size(), flags, where));
    }
    result<void> try_parse_literal(std::string_view text, brine_text_error *where = nullptr) {
        return detail::done(brine_parse_literal(self().place(), text.data(), text.size(), where));
    }
    // a op b on integers of any size: + - * / % & | ^, division and remainder as Python's // and %. May be a or b
    // itself.
    template <class A, class B> D &set_arith(const A &a, char op, const B &b) {
        brine_ref left = a.ref(), right = b.ref();
        return check(brine_int_arith(self().place(), op, left, right)), self();
    }
    // The packet (or the big array, which is one) out of its place, which becomes None.
    template <class P = Packet> P take() {
        brine_packet out = brine_packet_none();
        check(brine_take_packet(self().place(), &out));
        return P(out);
    }

    // ---- changing what is in it ----
    // A new element at the end of an arr, and before an index (from the end if negative); without content it is None.
    Made push() { return made(brine_push(self().container())); }
    template <class T> Made push_back(T &&content) {
        return Made(brine_push(self().container())).set(std::forward<T>(content));
    }
    Made insert(std::ptrdiff_t index) { return made(brine_insert(self().container(), index)); }
    template <class T> Made insert(std::ptrdiff_t index, T &&content) {
        return insert(index).set(std::forward<T>(content));
    }
    // The value under a key, made (None) if it is not there. at() throws instead, [] waits for what is done with it.
    template <class K> Made slot(K &&key) {
        return made(detail::slot(self().container(), detail::stored_key(std::forward<K>(key))));
    }
    // Takes a key or an element out; false if there was none.
    template <class K> bool erase(K &&key) {
        int status = detail::erase(self().ref(), detail::stored_key(std::forward<K>(key)));
        return status == BRINE_ENOENT ? false : (check(status), true);
    }
    D &clear() { return check(brine_clear(self().ref())), self(); }

    // The same value as a view that may be kept.
    Made value() { return made(self().place()); }

  protected:
    using Base::self;
    D &self() noexcept { return static_cast<D &>(*this); }
    static Made made(brine_ref r) {
        if (BRINE_CPP_UNLIKELY(!brine_ref_ok(r))) throw_error(brine_ref_status(r));
        return Made(r);
    }
    template <class T> int store(T &&content) {
        using W = detail::wanted_t<T>;
        return codec<W>::write(Made(self().place()), std::forward<T>(content));
    }
    template <class T> ArrayView<T> array_of(span<const std::size_t> shape, unsigned flags);
};

// A value to read.
class ConstValue : public Readable<ConstValue> {
  public:
    ConstValue() noexcept : ref_(brine_ref_null(BRINE_ENOENT)) {}
    explicit ConstValue(brine_ref ref) noexcept : ref_(ref) {}
    brine_ref ref() const noexcept { return ref_; }
    std::string path_text() const { return {}; }
    template <class T> [[noreturn]] BRINE_CPP_INLINE void fail(int status) const {
        detail::RefWords words(ref_);
        detail::raise_mismatch_of<T>(words.first, words.second, status);
    }

  private:
    brine_ref ref_;
};

// A value to read and to write. A const one is only read.
class Value : public Writable<Value> {
  public:
    using parent_type = Value;
    Value() noexcept : ref_(brine_ref_null(BRINE_ENOENT)) {}
    explicit Value(brine_ref ref) noexcept : ref_(ref) {}
    operator ConstValue() const noexcept { return ConstValue(ref_); }
    brine_ref ref() const noexcept { return ref_; }
    brine_ref place() const noexcept { return ref_; }
    brine_ref container() const noexcept { return ref_; }
    Value as_parent() const noexcept { return *this; }
    std::string path_text() const { return {}; }
    template <class T> [[noreturn]] BRINE_CPP_INLINE void fail(int status) const {
        ConstValue(ref_).template fail<T>(status);
    }

  private:
    brine_ref ref_;
};

namespace detail {
inline ConstValue MakeKey::from(brine_ref key, brine_ref) { return ConstValue(key); }
template <class V> Item<V> MakeItem<V>::from(brine_ref key, brine_ref value) { return {ConstValue(key), V(value)}; }
} // namespace detail

// What is under a key, whether or not it is there yet. To be used at once; Value v = tab["key"] looks it up and keeps
// it.
template <class Parent, class Key> class Place : public Writable<Place<Parent, Key>> {
  public:
    using parent_type = Place;
    Place(Parent parent, Key key) : parent_(std::move(parent)), key_(std::move(key)) {}
    Place(const Place &) = default;

    template <class T> Place &operator=(T &&content) { return check(assign(std::forward<T>(content))), *this; }
    // What is under the other one is copied.
    Place &operator=(const Place &other) { return check(assign(ConstValue(other.ref()))), *this; }
    operator ConstValue() const { return ConstValue(ref()); }
    // What is there; of nothing if there is nothing. slot() and value() make it.
    operator Value() { return Value(ref()); }

    brine_ref ref() const { return detail::find(parent_.ref(), key_); }
    brine_ref place() { return detail::slot(parent(), key_); }
    // As what a key is set in: None, which a place is that was just made, becomes a tab.
    brine_ref container() {
        brine_ref r = ref();
        if (!brine_ref_ok(r)) r = place();
        return brine_type_of(r) == BRINE_NONE ? brine_assign_tab(r, 0) : r;
    }
    const Place &as_parent() const noexcept { return *this; }
    std::string path_text() const {
        std::string path = parent_.path_text();
        detail::add_to_path(path, key_);
        return path;
    }
    template <class T> Place &set(T &&content) { return *this = std::forward<T>(content); }
    template <class T> [[noreturn]] void fail(int status) const {
        if constexpr (std::is_same_v<Parent, Value> && std::is_same_v<Key, std::string_view>) {
            detail::RefWords words(parent_.ref());
            detail::raise_mismatch_in<T>(words.first, words.second, key_.data(), key_.size(), status);
        } else {
            detail::raise_mismatch_at<T>(*this, status);
        }
    }

  private:
    brine_ref parent() {
        if constexpr (detail::is_text_key<Key>)
            return parent_.container();
        else
            return parent_.ref();
    }
    // Whole numbers and floats under a text in one step.
    template <class T> int assign(T &&content) {
        using P = detail::plain<T>;
        if constexpr (detail::is_text_key<Key> && std::is_same_v<P, double>) {
            std::string_view key = key_;
            return brine_set_double_n(parent(), key.data(), key.size(), content);
        } else if constexpr (detail::is_text_key<Key> && detail::is_integer<P> && std::is_signed_v<P>) {
            std::string_view key = key_;
            return brine_set_int_n(parent(), key.data(), key.size(), content);
        } else {
            if constexpr (detail::has_ref<P>) check(brine_ref_status(content.ref())); // before the place is made
            return this->store(std::forward<T>(content));
        }
    }

    Parent parent_;
    Key key_;
};

BRINE_CPP_END

// Values as keys of std::unordered_map, by hash() and ==.
template <> struct std::hash<brine::ConstValue> {
    std::size_t operator()(const brine::ConstValue &v) const { return static_cast<std::size_t>(v.hash()); }
};

#endif
