// SPDX-License-Identifier: Apache-2.0
// ptools: how values are kept, copied, and go into packets and out.
//
// Containers of this process are those of the standard library. Nothing here parses, prints, or computes; see Sight.
#ifndef BRINE_PTOOLS_VALUE_HPP
#define BRINE_PTOOLS_VALUE_HPP

#include <brine/ptools/array.hpp>

namespace ptools {
namespace detail {

struct HashOfKey {
    std::size_t operator()(const Val *v) const { return v->hash(); }
};
struct EqualKeys {
    bool operator()(const Val *a, const Val *b) const { return a->equals(*b); }
};

/// A table: entries in the order in which they came, and where to find them.
struct Dict {
    struct Entry {
        Val key, value;
    };
    using Entries = std::list<Entry>;
    bool ordered = false;
    Entries entries;
    std::unordered_map<const Val *, Entries::iterator, HashOfKey, EqualKeys> index;

    explicit Dict(bool otab) : ordered(otab) {}
    Val *find(const Val &key) {
        const auto at = index.find(&key);
        return at == index.end() ? nullptr : &at->second->value;
    }
    Val &slot(const Val &key) {
        if (Val *value = find(key)) return *value;
        entries.push_back({Val(static_cast<const Value &>(key)), Val()}); // a key is a copy, whatever it was
        try {
            index.emplace(&entries.back().key, std::prev(entries.end()));
        } catch (...) {
            entries.pop_back();
            throw;
        }
        return entries.back().value;
    }
    bool erase(const Val &key) {
        const auto at = index.find(&key);
        if (at == index.end()) return false;
        const auto entry = at->second;
        index.erase(at);
        entries.erase(entry);
        return true;
    }
    void clear() {
        index.clear();
        entries.clear();
    }
};

/// An Arr or, fixed, a Tup. Elements keep their addresses when others are appended.
struct List {
    bool fixed = false;
    std::deque<Val> items;
    explicit List(bool tup) : fixed(tup) {}
};

inline void Delete::operator()(Dict *dict) const { delete dict; }
inline void Delete::operator()(List *list) const { delete list; }
inline void Delete::operator()(ArrayBase *array) const { delete array; }

/// An index from the end if negative; throws if there is no such element.
inline std::size_t list_index(const Val &key, std::size_t count) {
    const auto i = key.as<int_8>();
    const auto n = static_cast<int_8>(count);
    if (i < -n || i >= n) fail(BRINE_ENOENT, "no element " + std::to_string(i) + " of " + std::to_string(count));
    return static_cast<std::size_t>(i < 0 ? i + n : i);
}

inline Key::Key(const Val &v) : key_() {
    if (const auto *text = std::get_if<std::string>(&v.body_)) {
        key_ =
            is_utf8(*text) ? brine_key_strn(text->data(), text->size()) : brine_key_bytes(text->data(), text->size());
    } else if (const auto *number = std::get_if<Number>(&v.body_); number && v.tag != 'F' && v.tag != 'D') {
        key_ = v.tag == 'Z' ? brine_key_none() : visit_number(v.tag, *number, [](auto n) { return of(n); });
    } else {
        sight_.emplace(v);
        key_ = brine_key_value(sight_->ref());
    }
}

template <class T> brine_key Key::of(T n) {
    if constexpr (std::is_floating_point<T>::value)
        return brine_key_double(static_cast<double>(n));
    else if constexpr (std::is_same<T, int_u8>::value)
        return brine_key_uint(n);
    else if constexpr (std::is_integral<T>::value)
        return brine_key_int(static_cast<std::int64_t>(n));
    else
        return brine_key_none(); // complex: not called
}

/// Calls f with an empty Array of the type that a brine_type names.
template <class F> decltype(auto) with_array_of(std::uint32_t dtype, F f) {
    switch (dtype) {
    case BRINE_BOOL: return f(Array<bool>());
    case BRINE_I8: return f(Array<int_1>());
    case BRINE_U8: return f(Array<int_u1>());
    case BRINE_I16: return f(Array<int_2>());
    case BRINE_U16: return f(Array<int_u2>());
    case BRINE_I32: return f(Array<int_4>());
    case BRINE_U32: return f(Array<int_u4>());
    case BRINE_I64: return f(Array<int_8>());
    case BRINE_U64: return f(Array<int_u8>());
    case BRINE_F32: return f(Array<real_4>());
    case BRINE_F64: return f(Array<real_8>());
    case BRINE_C64: return f(Array<complex_8>());
    case BRINE_C128: return f(Array<complex_16>());
    default:
        fail(BRINE_ETYPE,
             "an array of such elements can be passed on and printed where it is, not copied out of its packet");
    }
}

/// Tags of a value in a packet.
inline std::pair<char, char> tags_of(brine_ref ref) {
    const brine_type type = brine_type_of(ref);
    if (type <= BRINE_C128) return {scalar_tag(type), scalar_tag(type)};
    switch (type) {
    case BRINE_STR:
    case BRINE_BYTES: return {'a', 'a'};
    case BRINE_BIGINT: return (brine_flags_of(ref) & BRINE_UNSIGNED) != 0 ? std::pair('Q', 'Q') : std::pair('q', 'q');
    case BRINE_TAB: return (brine_flags_of(ref) & BRINE_ORDERED) != 0 ? std::pair('o', 'Z') : std::pair('t', 'Z');
    case BRINE_TUP: return {'u', 'Z'};
    case BRINE_ARR: return {'n', 'Z'};
    case BRINE_ARRAY: {
        brine_array view;
        check(brine_as_array(ref, &view));
        return {'n', scalar_tag(static_cast<brine_type>(view.dtype))};
    }
    default: check(brine_length(ref) == 0 ? BRINE_ENOENT : BRINE_ETYPE); return {'Z', 'Z'};
    }
}

[[noreturn]] inline void fail_depth() {
    fail(BRINE_EDEPTH, "a value is nested deeper than " + std::to_string(BRINE_MAX_DEPTH));
}

/// Counts how deep copying is, so that the stack holds.
class Depth {
  public:
    Depth() {
        if (here() == BRINE_MAX_DEPTH) fail_depth();
        here()++;
    }
    ~Depth() { here()--; }

  private:
    static int &here() {
        static thread_local int depth = 0;
        return depth;
    }
};

// ---- into a packet

inline void store_array(brine_ref place, const ArrayBase &array) {
    const std::size_t count = array.count();
    const auto shape = array.shape();
    const bool plain = shape.empty();
    void *data = nullptr;
    const auto type = scalar_type(array.element_tag());
    check(brine_assign_array(place, type, plain ? 1 : static_cast<int>(shape.size()), plain ? &count : shape.data(),
                             BRINE_ARRAY_UNINIT, &data));
    if (count > 0) std::memcpy(data, array.elements(), count * brine_type_size(type));
}

inline void store_dict(brine_ref place, const Dict &dict, int depth) {
    const brine_ref tab = check(brine_assign_tab(place, dict.ordered ? BRINE_ORDERED : 0));
    for (const Dict::Entry &entry : dict.entries) {
        const Key key(entry.key);
        store(check(brine_slot_key(tab, key.get())), entry.value, depth + 1);
    }
}

inline void store_list(brine_ref place, const List &list, int depth) {
    const brine_ref made = check(list.fixed ? brine_assign_tup(place, list.items.size()) : brine_assign_arr(place));
    std::ptrdiff_t i = 0;
    for (const Val &item : list.items)
        store(check(list.fixed ? brine_at(made, i++) : brine_push(made)), item, depth + 1);
}

/// Gives a place in a packet a deep copy of any value.
inline void store(brine_ref place, const Value &v, int depth) {
    if (depth > BRINE_MAX_DEPTH) fail_depth();
    if (const Access from{v}) return check(brine_assign_copy(place, from.ref()));
    const Value &s = v.self();
    if (const auto *number = std::get_if<Number>(&s.body_)) {
        check(s.tag == 'Z' ? brine_assign_none(place) : brine_assign_number(place, scalar_type(s.tag), number->bytes));
    } else if (const auto *text = std::get_if<std::string>(&s.body_)) {
        check(is_utf8(*text) ? brine_assign_strn(place, text->data(), text->size())
                             : brine_assign_bytes(place, text->data(), text->size()));
    } else if (const auto *n = std::get_if<int_n>(&s.body_)) {
        n->write(place);
    } else if (const auto *un = std::get_if<int_un>(&s.body_)) {
        un->write(place);
    } else if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        store_dict(place, **dict, depth);
    } else if (const auto *list = std::get_if<Owned<List>>(&s.body_)) {
        store_list(place, **list, depth);
    } else {
        store_array(place, *std::get<Owned<ArrayBase>>(s.body_));
    }
}

// ---- out of a packet

inline Val load_text(brine_ref ref) {
    const char *text = nullptr;
    const void *bytes = nullptr;
    std::size_t length = 0;
    if (brine_type_of(ref) == BRINE_STR)
        return check(brine_as_str(ref, &text, &length)), Val(std::string(text, length));
    check(brine_as_bytes(ref, &bytes, &length));
    return Val(std::string(static_cast<const char *>(bytes), length));
}

inline Val load_array(brine_ref ref) {
    brine_array view;
    check(brine_as_array(ref, &view));
    return with_array_of(view.dtype, [&](auto array) {
        array.resize(view.count);
        if (view.count > 0) std::memcpy(static_cast<void *>(array.data()), view.data, view.bytes);
        if (view.ndim != 1) array.reshape(std::vector<std::size_t>(view.shape, view.shape + view.ndim));
        return Val(std::move(array));
    });
}

template <class T> Val load_as(brine_ref ref) { return Val(read_number<T>(ref)); }

inline Val load_scalar(brine_ref ref, brine_type type) {
    switch (type) {
    case BRINE_NONE: return Val();
    case BRINE_BOOL: return load_as<bool>(ref);
    case BRINE_I8: return load_as<int_1>(ref);
    case BRINE_U8: return load_as<int_u1>(ref);
    case BRINE_I16: return load_as<int_2>(ref);
    case BRINE_U16: return load_as<int_u2>(ref);
    case BRINE_I32: return load_as<int_4>(ref);
    case BRINE_U32: return load_as<int_u4>(ref);
    case BRINE_I64: return load_as<int_8>(ref);
    case BRINE_U64: return load_as<int_u8>(ref);
    case BRINE_F32: return load_as<real_4>(ref);
    case BRINE_F64: return load_as<real_8>(ref);
    case BRINE_C64: return load_as<complex_8>(ref);
    default: return load_as<complex_16>(ref);
    }
}

template <class I> Val load_integer(brine_ref ref) {
    I n;
    n.read(ref);
    return Val(n);
}

/// A deep copy of a value in a packet, of this process.
inline Val load(brine_ref ref, int depth) {
    if (depth > BRINE_MAX_DEPTH) fail_depth();
    const char tag = tags_of(ref).first;
    const brine_type type = brine_type_of(ref);
    if (type <= BRINE_C128) return load_scalar(ref, type);
    if (tag == 'a') return load_text(ref);
    if (tag == 'q') return load_integer<int_n>(ref);
    if (tag == 'Q') return load_integer<int_un>(ref);
    if (type == BRINE_ARRAY) return load_array(ref);
    Val out;
    out.make(tag);
    brine_iter it = brine_iterate(ref);
    brine_ref key, value;
    while (brine_next(&it, &key, &value)) {
        if (type == BRINE_TAB)
            std::get<Owned<Dict>>(out.body_)->slot(load(key, depth + 1)) = load(value, depth + 1);
        else
            std::get<Owned<List>>(out.body_)->items.push_back(load(value, depth + 1));
    }
    check(it.status);
    return out;
}

/// True if somewhere in a value there is a packet's.
inline bool has_proxy(const Value &v) {
    const Value &s = v.self();
    if (packet_of(s) != nullptr) return true;
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        for (const Dict::Entry &entry : (*dict)->entries)
            if (has_proxy(entry.value) || has_proxy(entry.key)) return true;
    } else if (const auto *list = std::get_if<Owned<List>>(&s.body_)) {
        for (const Val &item : (*list)->items)
            if (has_proxy(item)) return true;
    }
    return false;
}

/// The same value with nothing of a packet in it.
inline Val plain(const Val &v) { return has_proxy(v) ? load(Aside(v).ref(), 0) : v; }

inline Val parse_literal(const std::string &text) {
    Scratch scratch;
    brine_text_error error;
    const int status = brine_parse_literal(scratch.root(), text.data(), text.size(), &error);
    if (status < 0)
        fail(status,
             "line " + std::to_string(error.line) + ", column " + std::to_string(error.column) + ": " + brine_detail());
    return load(scratch.root(), 0);
}

} // namespace detail

// ---- keeping and copying

inline Value::Value() = default;
inline Value::~Value() = default;
inline Value::Value(const Value &other, bool local) { copy_body(other, local); }
inline Value::Value(Value &&other, bool local) { move_body(other, local); }

inline const Value &Value::self() const {
    const auto *boxed = std::get_if<std::shared_ptr<detail::Boxed>>(&body_);
    return boxed == nullptr ? *this : (*boxed)->value.self();
}

inline void Value::copy_body(const Value &other, bool local) {
    using namespace detail;
    const bool proxied = std::holds_alternative<std::shared_ptr<Boxed>>(other.body_) ||
                         std::holds_alternative<std::shared_ptr<Packet>>(other.body_);
    const Value &s = local ? other.self() : other;
    if (proxied && !local) {
        if (const auto *boxed = std::get_if<std::shared_ptr<Boxed>>(&s.body_))
            body_ = *boxed;
        else
            body_ = std::get<std::shared_ptr<Packet>>(s.body_);
    } else if (const Access in_pool{s}) {
        Val copy = load(in_pool.ref(), 0);
        body_ = std::move(copy.body_);
        return give_type(copy.tag, copy.subtype, false);
    } else if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        const Depth depth;
        auto copy = Owned<Dict>(new Dict((*dict)->ordered));
        for (const Dict::Entry &entry : (*dict)->entries) copy->slot(entry.key) = entry.value;
        body_ = std::move(copy);
    } else if (const auto *list = std::get_if<Owned<List>>(&s.body_)) {
        const Depth depth;
        auto copy = Owned<List>(new List((*list)->fixed));
        copy->items = (*list)->items;
        body_ = std::move(copy);
    } else if (const auto *array = std::get_if<Owned<ArrayBase>>(&s.body_)) {
        body_ = (*array)->clone();
    } else if (const auto *number = std::get_if<Number>(&s.body_)) {
        body_ = *number;
    } else if (const auto *text = std::get_if<std::string>(&s.body_)) {
        body_ = *text;
    } else if (const auto *n = std::get_if<int_n>(&s.body_)) {
        body_ = *n;
    } else {
        body_ = std::get<int_un>(s.body_);
    }
    give_type(s.tag, s.subtype, proxied && !local);
}

/// A place in a packet is copied: it stays what it is.
inline void Value::move_body(Value &other, bool local) {
    if (std::holds_alternative<detail::Node>(other.body_) || (local && other.isproxy)) return copy_body(other, local);
    body_ = std::move(other.body_);
    give_type(other.tag, other.subtype, other.isproxy);
    other.body_ = detail::Number();
    other.give_type('Z', 'Z', false);
}

/// Gives the place in a packet that this is, or the packet's root, a copy.
inline void Value::put(const Value &other) {
    std::optional<detail::Aside> aside; // what needs another packet's lock
    if (detail::packet_of(other) != detail::packet_of(*this) && detail::has_proxy(other)) aside.emplace(other);
    detail::Access to(*this);
    const brine_ref place = to.to_write();
    if (aside)
        detail::check(brine_assign_copy(place, aside->ref()));
    else
        detail::store(place, other, 0);
    const auto tags = detail::tags_of(place);
    give_type(tags.first, tags.second, isproxy);
}

inline void Value::assign(const Value &other, bool local) {
    if (std::holds_alternative<detail::Node>(body_)) return put(other);
    Val copy; // first: the other one may be part of this
    copy.copy_body(other, local);
    std::swap(body_, copy.body_);
    give_type(copy.tag, copy.subtype, copy.isproxy);
}

inline void Value::assign(Value &&other, bool local) {
    if (std::holds_alternative<detail::Node>(body_)) return put(other);
    Val moved;
    moved.move_body(other, local);
    std::swap(body_, moved.body_);
    give_type(moved.tag, moved.subtype, moved.isproxy);
}

inline void Value::make(char container) {
    if (container == 't' || container == 'o')
        body_ = detail::Owned<detail::Dict>(new detail::Dict(container == 'o'));
    else
        body_ = detail::Owned<detail::List>(new detail::List(container == 'u'));
    give_type(container, 'Z', false);
}

inline void Value::be(char container) {
    if (tag == container && subtype == 'Z') return;
    if (auto *dict = std::get_if<detail::Owned<detail::Dict>>(&body_); dict && (container == 't' || container == 'o')) {
        (*dict)->ordered = container == 'o';
    } else if (auto *list = std::get_if<detail::Owned<detail::List>>(&body_);
               list && (container == 'u' || container == 'n')) {
        (*list)->fixed = container == 'u';
    } else {
        detail::fail(BRINE_ETYPE, std::string("a value of type '") + tag + "' is no " +
                                      (container == 't'   ? "Tab"
                                       : container == 'o' ? "OTab"
                                       : container == 'u' ? "Tup"
                                                          : "Arr"));
    }
    tag = container;
}

inline void Value::parse(const std::string &text) { assign(detail::parse_literal(text), true); }

inline void Value::swap(Value &other) {
    Val mine, theirs;
    mine.move_body(*this, false); // places in packets are copied
    theirs.move_body(other, false);
    assign(std::move(theirs), false);
    other.assign(std::move(mine), false);
}

// ---- the containers and Val

inline void Value::set(const Value &other, char container) {
    if (this == &other) return;
    Val copy(other);
    copy.be(container);
    if (in_packet())
        self().put(copy);
    else
        self().assign(std::move(copy), true);
}

template <
    class A, class B, class... More,
    std::enable_if_t<std::is_convertible<const A &, Val>::value && std::is_convertible<const B &, Val>::value, int>>
Tup::Tup(const A &a, const B &b, const More &...more) {
    make('u');
    auto &items = std::get<detail::Owned<detail::List>>(body_)->items;
    items.emplace_back(a);
    items.emplace_back(b);
    (items.emplace_back(more), ...);
}

inline void Array<Val>::expandTo(detail::Count count) {
    while (static_cast<std::size_t>(length()) < count.get()) append(Val());
}

template <class T> void Val::set_number(T number) {
    if constexpr (sizeof(T) > 8 && std::is_floating_point<T>::value)
        return set_number(static_cast<double>(number));
    else {
        detail::Number n;
        n.set(number);
        body_ = n;
        give_type(detail::tag_of<T>(), detail::tag_of<T>(), false);
    }
}

inline Val::Val(const int_n &n) : Val() {
    body_ = n;
    give_type('q', 'q', false);
}
inline Val::Val(const int_un &n) : Val() {
    body_ = n;
    give_type('Q', 'Q', false);
}
template <class T, std::enable_if_t<detail::is_number<T>, int>>
Val::Val(const Array<T> &array) : Val(Array<T>(array)) {}
template <class T, std::enable_if_t<detail::is_number<T>, int>> Val::Val(Array<T> &&array) : Val() {
    detail::Owned<detail::ArrayBase> moved(new Array<T>(std::move(array)));
    body_ = std::move(moved);
    give_type('n', detail::tag_of<T>(), false);
}
template <class T, std::enable_if_t<detail::is_number<T>, int>> Val::Val(Array<T> *array) : Val() { take(array); }

template <class C> void Val::take(C *container) {
    const std::unique_ptr<C> owned(container);
    if (container == nullptr) return;
    auto boxed = std::make_shared<detail::Boxed>();
    boxed->value = Val(std::move(*container));
    give_type(boxed->value.tag, boxed->value.subtype, true);
    body_ = std::move(boxed);
}

inline Val::Val(std::shared_ptr<detail::Packet> packet) : Val() {
    const auto tags = detail::tags_of(packet->root());
    body_ = std::move(packet);
    give_type(tags.first, tags.second, true);
}

inline Val &detail::Packet::node(brine_ref ref) {
    Val &node = nodes_[ref.place];
    const auto tags = tags_of(ref);
    if (auto *known = std::get_if<Node>(&node.body_))
        known->ref = ref;
    else
        node.body_ = Node{this, ref};
    if (node.tag != tags.first || node.subtype != tags.second) node.give_type(tags.first, tags.second, false);
    return node; // written only if it is another: other threads may be reading it
}

inline TransactionLock::TransactionLock(const Value &proxy) {
    if (const detail::Packet *packet = detail::packet_of(proxy))
        lock_ = packet->lock();
    else if (const auto *boxed = std::get_if<std::shared_ptr<detail::Boxed>>(&proxy.body_))
        lock_ = std::unique_lock<std::recursive_mutex>((*boxed)->mutex);
    else
        detail::fail(BRINE_ETYPE, "only a proxy can be locked: a value made by Shared() or taken from a pipe");
}

} // namespace ptools

#endif
