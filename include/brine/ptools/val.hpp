// SPDX-License-Identifier: Apache-2.0
// ptools: Val and the containers Tab, OTab, Arr, Tup: what they are and can do. How is in the files after it.
//
// A value is one of: a number, text or int_n inside the object; a container of this process's own, on its heap;
// a proxy (of such a value, or of a packet in a pool); a place inside a packet, which `[]` on a proxy hands out.
// What is of the process's own never touches shared memory, so it is there after a fork and at any time before and
// after main. Everything is reached through class Value, which has all the operations and no public constructor.
//
// Val derives from the containers (Value <- Tup <- Arr <- OTab <- Tab <- Val), so that `Tab &t = v` is an upcast to an
// object that exists. The type is looked at when t is used, not when it is bound.
//
// Threads: a Val is as a std::string, but operations on a proxy of a packet lock it. Proxies may be copied and used by
// any thread; a TransactionLock spans several operations. A `Val &` into a packet is good as long as a proxy of it is.
#ifndef BRINE_PTOOLS_VAL_HPP
#define BRINE_PTOOLS_VAL_HPP

#include <deque>
#include <iosfwd>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <brine/ptools/integer.hpp>

namespace ptools {

class Value;
class Val;
class Proxy;
class StreamingPool;
template <class T> class Array;

namespace detail {
struct Dict;
struct List;
class Packet;
class ArrayBase;
class Access;
class Sight;
class Key;
struct Boxed;
const Packet *packet_of(const Value &v);
bool has_proxy(const Value &v);
Val plain(const Val &v);
void store(brine_ref place, const Value &v, int depth);
Val load(brine_ref ref, int depth);

/// For overloads that take text, and not what converts to it, as a Val does.
template <class S>
using if_text = std::enable_if_t<std::is_same<S, std::string>::value || std::is_same<S, std::string_view>::value, int>;

/// A place inside a packet; the packet's own list of places keeps the object.
struct Node {
    Packet *packet;
    brine_ref ref;
};

/// Deletes what is not defined yet where it is declared.
struct Delete {
    void operator()(Dict *) const;
    void operator()(List *) const;
    void operator()(ArrayBase *) const;
};
template <class T> using Owned = std::unique_ptr<T, Delete>;

using Body = std::variant<Number, std::string, int_n, int_un, Owned<Dict>, Owned<List>, Owned<ArrayBase>,
                          std::shared_ptr<Boxed>, std::shared_ptr<Packet>, Node>;
} // namespace detail

/// All operations of values. Errors are thrown as Error, which is a std::runtime_error.
class Value {
  public:
    /// The type: Z None, b bool, s S i I l L x X integers of 8 to 64 bits (capital: unsigned), f d real, F D complex,
    /// q Q int_n and int_un, a text, t Tab, o OTab, u Tup, n Arr and Array. Of a place in a packet: as last seen
    /// through this object. subtype: of an 'n' its elements' tag, Z for an Arr. Read only.
    char tag = 'Z';
    char subtype = 'Z';
    bool isproxy = false;

    // ---- elements

    /// Element under a key of a table, or at an index (from the end if negative) of an Arr or Tup. [] puts None under a
    /// key that a table lacks; () and everything on a const value throws BRINE_ENOENT. BRINE_ETYPE: no such container.
    Val &operator[](const char *key) { return by_text(key, true); }
    template <class S, detail::if_text<S> = 0> Val &operator[](const S &key) { return by_text(key, true); }
    Val &operator[](const Val &key) { return by_value(key, true); }
    template <class I, std::enable_if_t<std::is_integral<I>::value, int> = 0> Val &operator[](I key);
    Val &operator()(const char *key) { return by_text(key, false); }
    template <class S, detail::if_text<S> = 0> Val &operator()(const S &key) { return by_text(key, false); }
    Val &operator()(const Val &key) { return by_value(key, false); }
    template <class I, std::enable_if_t<std::is_integral<I>::value, int> = 0> Val &operator()(I key);
    const Val &operator[](const char *key) const { return mutable_self().by_text(key, false); }
    template <class S, detail::if_text<S> = 0> const Val &operator[](const S &key) const {
        return mutable_self().by_text(key, false);
    }
    const Val &operator[](const Val &key) const { return mutable_self().by_value(key, false); }
    template <class I, std::enable_if_t<std::is_integral<I>::value, int> = 0> const Val &operator[](I key) const {
        return mutable_self()(key);
    }
    const Val &operator()(const char *key) const { return mutable_self().by_text(key, false); }
    template <class S, detail::if_text<S> = 0> const Val &operator()(const S &key) const {
        return mutable_self().by_text(key, false);
    }
    const Val &operator()(const Val &key) const { return mutable_self().by_value(key, false); }
    template <class I, std::enable_if_t<std::is_integral<I>::value, int> = 0> const Val &operator()(I key) const {
        return mutable_self()(key);
    }

    /// Whether a table has the key, or a list the value.
    bool contains(const Val &key) const;
    /// Elements of a container, bytes of text, 0 of anything else.
    int_8 length() const;
    int_8 entries() const { return length(); }
    /// A copy at the end of an Arr or array; in a table, under its number of entries.
    void append(const Val &v);
    /// Takes a key or an index out; BRINE_ENOENT if it is not there.
    void remove(const Val &key);
    void clear();
    void swap(Value &other);

    // ---- as something else, as C converts: text is parsed, a container gives its length, None is 0

    /// For where an implicit conversion would be ambiguous: v.as<complex_8>().
    template <class T> T as() const {
        if constexpr (detail::is_number<T>)
            return to_number<T>();
        else
            return static_cast<T>(*this);
    }
    template <class T, std::enable_if_t<detail::is_number<T> && !std::is_same<T, char>::value, int> = 0>
    operator T() const {
        return to_number<T>();
    }
    operator int_n() const { return to_integer<int_n>(); }
    operator int_un() const { return to_integer<int_un>(); }
    /// Text as it is, anything else as it prints.
    operator std::string() const;
    /// The array itself, in place; BRINE_ETYPE if it has other elements. In a shared packet, elements that are not
    /// const make the packet this process's own first; see Array.
    template <class T> operator Array<T> &() { return to_array<T>(); }
    template <class T> operator const Array<T> &() const { return mutable_self().to_array<T>(); }

    // ---- text

    /// One entry in a line, indented by additive_indent for each level; ends with a new line. As it is read back.
    void prettyPrint(std::ostream &out, int starting_indent = 0, int additive_indent = 4) const;
    void print(std::ostream &out) const;

    // ---- order

    /// -1, 0, 1: None < numbers < text < Tup < Arr < arrays < tables; numbers by value.
    int compare(const Value &other) const;
    bool equals(const Value &other) const;
    std::size_t hash() const;

    ~Value();

  protected:
    Value();
    /// local: the copy is of this process's own, whatever is copied; otherwise a copy of a proxy is a proxy.
    Value(const Value &other, bool local);
    Value(Value &&other, bool local);
    void assign(const Value &other, bool local);
    void assign(Value &&other, bool local);
    /// Makes it an empty container of this tag (t, o, u, n).
    void make(char container);
    /// Turns a copied value into this container (a Tab from an OTab, an Arr from a Tup, ...), or throws.
    void be(char container);
    /// Gives a container, where it is, what another one holds.
    void set(const Value &other, char container);
    void parse(const std::string &text);
    void give_type(char t, char sub, bool proxy) {
        tag = t;
        subtype = sub;
        isproxy = proxy;
    }

    Value(const Value &) = delete;
    Value &operator=(const Value &) = delete;

    detail::Body body_;

  private:
    friend class Val;
    friend class Proxy;
    friend class It;
    friend class CQ;
    friend class TransactionLock;
    friend class detail::Access;
    friend class detail::Sight;
    friend class detail::Packet;
    friend class detail::Key;
    friend bool IsSHM(const StreamingPool *, const Value &);
    template <class T> friend class Array;
    friend const detail::Packet *detail::packet_of(const Value &);
    friend bool detail::has_proxy(const Value &);
    friend Val detail::plain(const Val &);
    friend void detail::store(brine_ref, const Value &, int);
    friend Val detail::load(brine_ref, int);
    friend Proxy Shared(StreamingPool *, const Value &);

    Value &mutable_self() const { return const_cast<Value &>(*this); }
    const Value &self() const;
    Value &self() { return const_cast<Value &>(static_cast<const Value *>(this)->self()); }
    bool in_packet() const { return detail::packet_of(*this) != nullptr; }
    bool is_scalar() const { return body_.index() <= 3; }
    void copy_body(const Value &other, bool local);
    void move_body(Value &other, bool local);
    void put(const Value &other);
    bool quick_compare(const Value &other, int *order) const;
    Val &by_text(std::string_view key, bool make);
    Val &by_value(const Val &key, bool make);
    template <class T> T to_number() const;
    template <class I> I to_integer() const;
    template <class T> Array<T> &to_array();
};

/// A tuple: a list of a fixed length.
class Tup : public Value {
  public:
    Tup() { make('u'); }
    Tup(const Tup &other) : Value(other, true) { be('u'); }
    Tup(Tup &&other) : Value(std::move(other), true) { be('u'); }
    explicit Tup(const Value &other) : Value(other, true) { be('u'); }
    /// As it prints: Tup("(1, 2)"), Tup("('one',)"). Of two values and more: Tup(1, "two").
    explicit Tup(const char *literal) : Tup(std::string(literal)) {}
    explicit Tup(const std::string &literal) {
        parse(literal);
        be('u');
    }
    template <class A, class B, class... More,
              std::enable_if_t<std::is_convertible<const A &, Val>::value && std::is_convertible<const B &, Val>::value,
                               int> = 0>
    Tup(const A &a, const B &b, const More &...more);
    Tup &operator=(const Tup &other) {
        set(other, 'u');
        return *this;
    }

  protected:
    struct Blank {};
    explicit Tup(Blank) {}
    Tup(Blank, const Value &other, bool local) : Value(other, local) {}
    Tup(Blank, Value &&other, bool local) : Value(std::move(other), local) {}
};

/// A list of any values: Arr.
template <> class Array<Val> : public Tup {
  public:
    Array() : Tup(Blank()) { make('n'); }
    Array(const Array &other) : Tup(Blank(), other, true) { be('n'); }
    Array(Array &&other) : Tup(Blank(), std::move(other), true) { be('n'); }
    explicit Array(const Value &other) : Tup(Blank(), other, true) { be('n'); }
    /// As it prints: Arr("[1, 2]").
    Array(const char *literal) : Array(std::string(literal)) {}
    Array(const std::string &literal) : Tup(Blank()) {
        parse(literal);
        be('n');
    }
    Array &operator=(const Array &other) {
        set(other, 'n');
        return *this;
    }
    void expandTo(detail::Count count);

  protected:
    explicit Array(Blank) : Tup(Blank()) {}
    Array(Blank, const Value &other, bool local) : Tup(Blank(), other, local) {}
    Array(Blank, Value &&other, bool local) : Tup(Blank(), std::move(other), local) {}
};
using Arr = Array<Val>;

/// A table that keeps and prints its entries in the order in which they came.
class OTab : public Array<Val> {
  public:
    OTab() : Array<Val>(Blank()) { make('o'); }
    OTab(const OTab &other) : Array<Val>(Blank(), other, true) { be('o'); }
    OTab(OTab &&other) : Array<Val>(Blank(), std::move(other), true) { be('o'); }
    explicit OTab(const Value &other) : Array<Val>(Blank(), other, true) { be('o'); }
    OTab(const char *literal) : OTab(std::string(literal)) {}
    OTab(const std::string &literal) : Array<Val>(Blank()) {
        parse(literal);
        be('o');
    }
    OTab &operator=(const OTab &other) {
        set(other, 'o');
        return *this;
    }

  protected:
    explicit OTab(Blank) : Array<Val>(Blank()) {}
    OTab(Blank, const Value &other, bool local) : Array<Val>(Blank(), other, local) {}
    OTab(Blank, Value &&other, bool local) : Array<Val>(Blank(), std::move(other), local) {}
};

/// A table. It keeps the order in which its entries came, and prints them sorted.
class Tab : public OTab {
  public:
    Tab() : OTab(Blank()) { make('t'); }
    Tab(const Tab &other) : OTab(Blank(), other, true) { be('t'); }
    Tab(Tab &&other) : OTab(Blank(), std::move(other), true) { be('t'); }
    explicit Tab(const Value &other) : OTab(Blank(), other, true) { be('t'); }
    /// As it prints: Tab("{'a':1}").
    Tab(const char *literal) : Tab(std::string(literal)) {}
    Tab(const std::string &literal) : OTab(Blank()) {
        parse(literal);
        be('t');
    }
    Tab &operator=(const Tab &other) {
        set(other, 't');
        return *this;
    }

  protected:
    explicit Tab(Blank) : OTab(Blank()) {}
    Tab(Blank, const Value &other, bool local) : OTab(Blank(), other, local) {}
    Tab(Blank, Value &&other, bool local) : OTab(Blank(), std::move(other), local) {}
};

/// Any value. Copies are deep, but the copy of a proxy is a proxy of the same.
class Val : public Tab {
  public:
    Val() : Tab(Blank()) {}
    Val(NoneType) : Tab(Blank()) {}
    Val(const Val &other) : Tab(Blank(), other, false) {}
    Val(Val &&other) : Tab(Blank(), std::move(other), false) {}
    Val(const Value &other) : Tab(Blank(), other, true) {}
    Val(Value &&other) : Tab(Blank(), std::move(other), true) {}
    template <class T, std::enable_if_t<detail::is_number<T>, int> = 0> Val(T number) : Tab(Blank()) {
        set_number(number);
    }
    Val(const char *text) : Tab(Blank()) { set_text(text); }
    Val(std::string text) : Tab(Blank()) { set_text(std::move(text)); }
    Val(const int_n &n);
    Val(const int_un &n);
    template <class T, std::enable_if_t<detail::is_number<T>, int> = 0> Val(const Array<T> &array);
    template <class T, std::enable_if_t<detail::is_number<T>, int> = 0> Val(Array<T> &&array);
    /// Takes over what new made, as a proxy: copies of this Val are the same table.
    Val(Tab *table) : Val() { take(table); }
    Val(OTab *table) : Val() { take(table); }
    Val(Arr *list) : Val() { take(list); }
    Val(Tup *tuple) : Val() { take(tuple); }
    template <class T, std::enable_if_t<detail::is_number<T>, int> = 0> Val(Array<T> *array);

    /// Gives this Val, or the place in the packet that it is, a copy.
    Val &operator=(const Val &other) {
        assign(other, false);
        return *this;
    }
    Val &operator=(Val &&other) {
        assign(std::move(other), false);
        return *this;
    }

  private:
    friend class Value;
    friend class detail::Packet;
    template <class T> void set_number(T number);
    void set_text(std::string text) {
        body_ = std::move(text);
        give_type('a', 'a', false);
    }
    template <class C> void take(C *container);
    explicit Val(std::shared_ptr<detail::Packet> packet);
    friend class CQ;
    friend Proxy Shared(StreamingPool *, const Value &);
    friend Val detail::load(brine_ref, int);
};

/// A value that several names stand for: a packet in a pool (Shared), or a container that new made.
class Proxy : public Val {
  public:
    Proxy(const Val &proxy) : Val(proxy) { require(); }
    Proxy(Val &&proxy) : Val(std::move(proxy)) { require(); }
    Proxy(Tab *table) : Val(table) {}
    Proxy(OTab *table) : Val(table) {}
    Proxy(Arr *list) : Val(list) {}
    Proxy(Tup *tuple) : Val(tuple) {}
    Proxy(const Proxy &) = default;
    Proxy &operator=(const Proxy &) = default;

  private:
    void require() const {
        if (!isproxy) detail::fail(BRINE_ETYPE, "the value is no proxy: Shared(pool, value) makes one");
    }
};

/// Keeps other threads of this process from a proxied value, or the packet that it is in, as long as it lives. Who has
/// several, or uses other proxied values meanwhile, takes them in the same order everywhere.
class TransactionLock {
  public:
    explicit TransactionLock(const Value &proxy);

  private:
    std::unique_lock<std::recursive_mutex> lock_;
};

std::ostream &operator<<(std::ostream &out, const Value &v);

// Comparing with anything that a Val can be made of.
namespace detail {
template <class T>
inline constexpr bool comparable = !std::is_base_of<Value, T>::value && std::is_convertible<const T &, Val>::value;
}
#define PTOOLS_COMPARE(op, expression)                                                                                 \
    inline bool operator op(const Value &a, const Value &b) { return expression; }                                     \
    template <class T, std::enable_if_t<detail::comparable<T>, int> = 0>                                               \
    bool operator op(const Value &a, const T &other) {                                                                 \
        const Val b(other);                                                                                            \
        return expression;                                                                                             \
    }                                                                                                                  \
    template <class T, std::enable_if_t<detail::comparable<T>, int> = 0>                                               \
    bool operator op(const T &other, const Value &b) {                                                                 \
        const Val a(other);                                                                                            \
        return expression;                                                                                             \
    }
PTOOLS_COMPARE(==, a.equals(b))
PTOOLS_COMPARE(!=, !a.equals(b))
PTOOLS_COMPARE(<, a.compare(b) < 0)
PTOOLS_COMPARE(<=, a.compare(b) <= 0)
PTOOLS_COMPARE(>, a.compare(b) > 0)
PTOOLS_COMPARE(>=, a.compare(b) >= 0)
#undef PTOOLS_COMPARE

} // namespace ptools

#endif
