// SPDX-License-Identifier: Apache-2.0
// ptools: the operations on values: finding, changing, converting, comparing, printing, iterating, files.
#ifndef BRINE_PTOOLS_OPERATIONS_HPP
#define BRINE_PTOOLS_OPERATIONS_HPP

#include <cerrno>
#include <cstdio>
#include <functional>
#include <ostream>
#include <sstream>

#include <brine/ptools/value.hpp>

namespace ptools {
namespace detail {

[[noreturn]] inline void fail_no_container(char tag) {
    fail(BRINE_ETYPE, std::string("a value of type '") + tag +
                          "' has no elements of its own: [] and () want a Tab, OTab, Arr or Tup");
}

/// A value as it prints, short enough for a message.
inline std::string shown(const Val &v) {
    const std::string text = print(Sight(v).ref(), BRINE_LITERAL);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

} // namespace detail

// ---- finding

template <class I, std::enable_if_t<std::is_integral<I>::value, int>> Val &Value::operator[](I key) {
    return by_value(Val(key), true);
}
template <class I, std::enable_if_t<std::is_integral<I>::value, int>> Val &Value::operator()(I key) {
    return by_value(Val(key), false);
}

inline Val &Value::by_text(std::string_view key, bool make) {
    if (detail::Access in_pool{*this}) {
        const brine_ref ref = in_pool.ref();
        // At once, if nothing has to be copied first. A new key moves no array: nothing is to be looked up again.
        const bool at_once = make && !in_pool.packet().frozen() && detail::is_utf8(key);
        const brine_ref found =
            at_once ? brine_slot_n(ref, key.data(), key.size()) : brine_find_n(ref, key.data(), key.size());
        if (brine_ref_ok(found)) return in_pool.packet().node(found);
        if (at_once)
            in_pool.packet().forgive(ref); // no table; or no memory: by_value() says so
        else if (make && detail::is_utf8(key) && brine_ref_status(found) == BRINE_ENOENT)
            return in_pool.packet().node(detail::check(brine_slot_n(in_pool.to_write(), key.data(), key.size())));
    }
    return by_value(Val(std::string(key)), make);
}

inline Val &Value::by_value(const Val &key, bool make) {
    using namespace detail;
    if (!key.is_scalar() && has_proxy(key)) return by_value(plain(key), make);
    Value &s = self();
    if (Access in_pool{s}) {
        const brine_type type = brine_type_of(in_pool.ref());
        if (type == BRINE_ARR || type == BRINE_TUP) {
            const auto i = static_cast<std::ptrdiff_t>(list_index(key, brine_length(in_pool.ref())));
            return in_pool.packet().node(check(brine_at(in_pool.ref(), i)));
        }
        if (type != BRINE_TAB) fail_no_container(tags_of(in_pool.ref()).first);
        const Key k(key);
        const brine_ref found = brine_find_key(in_pool.ref(), k.get());
        if (brine_ref_ok(found)) return in_pool.packet().node(found);
        if (brine_ref_status(found) != BRINE_ENOENT) check(found);
        if (make) return in_pool.packet().node(check(brine_slot_key(in_pool.to_write(), k.get())));
    } else if (auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        if (make) return (*dict)->slot(key);
        if (Val *value = (*dict)->find(key)) return *value;
    } else if (auto *list = std::get_if<Owned<List>>(&s.body_)) {
        return (*list)->items[list_index(key, (*list)->items.size())];
    } else {
        fail_no_container(s.tag);
    }
    fail(BRINE_ENOENT, "no key " + shown(key) + " in the table");
}

inline bool Value::contains(const Val &key) const {
    using namespace detail;
    if (!key.is_scalar() && has_proxy(key)) return contains(plain(key));
    const Value &s = self();
    if (const Access in_pool{s}) {
        const brine_ref ref = in_pool.ref();
        if (brine_type_of(ref) == BRINE_TAB) return brine_ref_ok(brine_find_key(ref, Key(key).get()));
        const Sight wanted(key);
        brine_iter it = brine_iterate(ref);
        brine_ref value;
        while (brine_next(&it, nullptr, &value))
            if (brine_equal(value, wanted.ref())) return true;
        return false;
    }
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) return (*dict)->find(key) != nullptr;
    if (const auto *list = std::get_if<Owned<List>>(&s.body_)) {
        for (const Val &item : (*list)->items)
            if (item.equals(key)) return true;
    }
    return false;
}

inline int_8 Value::length() const {
    using namespace detail;
    const Value &s = self();
    if (const Access in_pool{s}) return static_cast<int_8>(brine_length(in_pool.ref()));
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) return static_cast<int_8>((*dict)->entries.size());
    if (const auto *list = std::get_if<Owned<List>>(&s.body_)) return static_cast<int_8>((*list)->items.size());
    if (const auto *array = std::get_if<Owned<ArrayBase>>(&s.body_)) return static_cast<int_8>((*array)->count());
    if (const auto *text = std::get_if<std::string>(&s.body_)) return static_cast<int_8>(text->size());
    return 0;
}

// ---- changing

inline void Value::append(const Val &v) {
    using namespace detail;
    Value &s = self();
    Val copy = in_packet() ? plain(v) : v; // it may be part of this
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        (*dict)->slot(Val(length())) = std::move(copy);
    } else if (const auto *list = std::get_if<Owned<List>>(&s.body_); list && !(*list)->fixed) {
        (*list)->items.push_back(std::move(copy));
    } else if (const auto *array = std::get_if<Owned<ArrayBase>>(&s.body_)) {
        (*array)->add(copy);
    } else if (Access in_pool{s}) {
        const brine_ref ref = in_pool.ref();
        const brine_type type = brine_type_of(ref);
        if (type == BRINE_TAB)
            by_value(Val(length()), true) = copy;
        else if (type == BRINE_ARR)
            in_pool.packet().node(check(brine_push(in_pool.to_write()))) = copy;
        else if (type == BRINE_ARRAY)
            in_pool.packet().array(in_pool.place()).add(copy);
        else
            fail(BRINE_ETYPE, std::string("a ") + brine_type_name(type) + " cannot be appended to");
    } else {
        fail(BRINE_ETYPE, std::string("a value of type '") + tag + "' cannot be appended to");
    }
}

inline void Value::remove(const Val &key) {
    using namespace detail;
    if (!key.is_scalar() && has_proxy(key)) return remove(plain(key));
    Value &s = self();
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        const Val copy(key); // it may be the table's own
        if (!(*dict)->erase(copy)) fail(BRINE_ENOENT, "no key " + shown(copy) + " in the table");
    } else if (const auto *list = std::get_if<Owned<List>>(&s.body_); list && !(*list)->fixed) {
        const std::size_t i = list_index(key, (*list)->items.size());
        (*list)->items.erase((*list)->items.begin() + static_cast<std::ptrdiff_t>(i));
    } else if (Access in_pool{s}) {
        const brine_type type = brine_type_of(in_pool.ref());
        if (type == BRINE_TAB && !contains(key)) fail(BRINE_ENOENT, "no key " + shown(key) + " in the table");
        if (type == BRINE_TAB)
            check(brine_delete_key(in_pool.to_write(), Key(key).get()));
        else if (type == BRINE_ARR) {
            const std::size_t i = list_index(key, brine_length(in_pool.ref()));
            check(brine_delete_at(in_pool.to_write(), static_cast<std::ptrdiff_t>(i)));
        } else
            fail(BRINE_ETYPE, std::string("nothing can be taken out of a ") + brine_type_name(type));
    } else {
        fail(BRINE_ETYPE, std::string("nothing can be taken out of a value of type '") + tag + "'");
    }
}

inline void Value::clear() {
    using namespace detail;
    Value &s = self();
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_))
        (*dict)->clear();
    else if (const auto *list = std::get_if<Owned<List>>(&s.body_))
        (*list)->items.clear();
    else if (const auto *array = std::get_if<Owned<ArrayBase>>(&s.body_))
        (*array)->empty();
    else if (Access in_pool{s}) {
        if (brine_type_of(in_pool.ref()) == BRINE_ARRAY)
            in_pool.packet().array(in_pool.place()).empty();
        else
            check(brine_clear(in_pool.to_write()));
    } else
        fail(BRINE_ETYPE, std::string("a value of type '") + tag + "' cannot be emptied");
}

// ---- as something else

template <class T> T Value::to_number() const {
    using namespace detail;
    const Value &s = self();
    if (const auto *number = std::get_if<Number>(&s.body_))
        return visit_number(s.tag, *number, [](auto n) { return convert<T>(n); });
    if (const Access in_pool{s}) return read_number<T>(in_pool.ref());
    if (s.is_scalar()) return read_number<T>(Sight(s).ref());
    return convert<T>(length());
}

template <class I> I Value::to_integer() const {
    using namespace detail;
    const Sight sight(*this);
    const brine_type type = brine_type_of(sight.ref());
    I out;
    if ((type >= BRINE_BOOL && type <= BRINE_U64) || type == BRINE_BIGINT)
        out.read(sight.ref());
    else if (type == BRINE_STR)
        out = I(static_cast<std::string>(*this));
    else
        out = I(to_number<int_8>());
    return out;
}

inline Value::operator std::string() const {
    const Value &s = self();
    if (const auto *text = std::get_if<std::string>(&s.body_)) return *text;
    const detail::Sight sight(s);
    const char *text = nullptr;
    const void *bytes = nullptr;
    std::size_t length = 0;
    const brine_type type = brine_type_of(sight.ref());
    if (type == BRINE_STR && brine_as_str(sight.ref(), &text, &length) == 0) return std::string(text, length);
    if (type == BRINE_BYTES && brine_as_bytes(sight.ref(), &bytes, &length) == 0)
        return std::string(static_cast<const char *>(bytes), length);
    return detail::print(sight.ref(), BRINE_LITERAL);
}

template <class T> Array<T> &Value::to_array() {
    using namespace detail;
    Value &s = self();
    if (auto *base = std::get_if<Owned<ArrayBase>>(&s.body_)) {
        if (auto *array = dynamic_cast<Array<T> *>(base->get())) return *array;
    } else if (const Access in_pool{s}) {
        return in_pool.packet().view<T>(in_pool.place());
    }
    fail(BRINE_ETYPE, std::string("a value of type '") + s.tag + "' with elements '" + s.subtype +
                          "' is no array of '" + tag_of<T>() + "'");
}

inline detail::ArrayBase &detail::Packet::array(const Val *place) {
    brine_array view_of;
    check(brine_as_array(where(place), &view_of));
    return with_array_of(view_of.dtype, [&](auto example) -> ArrayBase & {
        return view<typename decltype(example)::value_type>(place);
    });
}

// ---- order

/// True, and *order, for two numbers that can be compared here.
inline bool Value::quick_compare(const Value &other, int *order) const {
    using namespace detail;
    const Value &a = self(), &b = other.self();
    const auto *x = std::get_if<Number>(&a.body_), *y = std::get_if<Number>(&b.body_);
    if (x == nullptr || y == nullptr || a.tag == 'Z' || b.tag == 'Z') return false;
    return visit_number(
        a.tag, *x, [&](auto m) { return visit_number(b.tag, *y, [&](auto n) { return quick_order(m, n, order); }); });
}

inline int Value::compare(const Value &other) const {
    using namespace detail;
    const Value &a = self(), &b = other.self();
    int order = 0;
    if (quick_compare(b, &order)) return order;
    const auto *s = std::get_if<std::string>(&a.body_), *t = std::get_if<std::string>(&b.body_);
    if (s != nullptr && t != nullptr) return (*s > *t) - (*s < *t);
    check(with_both(a, b, [&](brine_ref x, brine_ref y) { return brine_compare(x, y, &order); }));
    return order;
}

inline bool Value::equals(const Value &other) const {
    using namespace detail;
    const Value &a = self(), &b = other.self();
    if (a.is_scalar() && b.is_scalar() && (a.tag == 'a') != (b.tag == 'a')) return false;
    const auto *s = std::get_if<std::string>(&a.body_), *t = std::get_if<std::string>(&b.body_);
    if (s != nullptr && t != nullptr) return *s == *t;
    if (a.is_scalar() && b.is_scalar() && (a.tag == 'Z' || b.tag == 'Z')) return a.tag == b.tag;
    int order = 0;
    if (quick_compare(b, &order)) return order == 0;
    return with_both(a, b, [](brine_ref x, brine_ref y) { return brine_equal(x, y); });
}

/// Equal values hash equally: numbers by their value as a double, if they are not small integers.
inline std::size_t Value::hash() const {
    using namespace detail;
    const Value &s = self();
    if (const auto *text = std::get_if<std::string>(&s.body_)) return std::hash<std::string>()(*text);
    if (in_packet()) return Val(s).hash();
    if (s.is_scalar()) return s.tag == 'Z' ? 0 : std::hash<double>()(to_number<double>());
    const auto *list = std::get_if<Owned<List>>(&s.body_);
    if (list == nullptr || !(*list)->fixed)
        fail(BRINE_ETYPE, std::string("a value of type '") + s.tag + "' cannot be a key");
    std::size_t mixed = (*list)->items.size();
    for (const Val &item : (*list)->items) mixed = mixed * 1000003 ^ item.hash();
    return mixed;
}

// ---- text

inline void Value::print(std::ostream &out) const { out << detail::print(detail::Sight(*this).ref(), BRINE_LITERAL); }
inline std::ostream &operator<<(std::ostream &out, const Value &v) {
    v.print(out);
    return out;
}
template <class T, class = std::enable_if_t<detail::is_number<T>>>
std::ostream &operator<<(std::ostream &out, const Array<T> &array) {
    return out << Val(array);
}

inline void Value::prettyPrint(std::ostream &out, int starting_indent, int additive_indent) const {
    std::istringstream lines(detail::print(detail::Sight(*this).ref(), BRINE_PRETTY));
    std::string line;
    while (std::getline(lines, line)) { // no line break inside a text: it prints as \n
        const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
        const auto indent = static_cast<std::size_t>(starting_indent < 0 ? 0 : starting_indent) +
                            spaces / 4 * static_cast<std::size_t>(additive_indent < 0 ? 0 : additive_indent);
        out << std::string(indent, ' ') << line.substr(spaces) << '\n';
    }
}

/// Anything that can be put into a stream, as a string.
template <class T> std::string Stringize(const T &v) {
    std::ostringstream out;
    out << v;
    return out.str();
}

/// The value of a text as it prints.
inline Val Eval(const std::string &literal) { return detail::parse_literal(literal); }

namespace detail {
struct CloseFile {
    void operator()(std::FILE *file) const { std::fclose(file); }
};
inline std::unique_ptr<std::FILE, CloseFile> open_file(const std::string &name, const char *mode) {
    std::unique_ptr<std::FILE, CloseFile> file(std::fopen(name.c_str(), mode));
    if (file == nullptr) fail(BRINE_ESYS, "the file " + name + " cannot be opened: " + std::strerror(errno));
    return file;
}
} // namespace detail

/// Reads a file that holds one value as it prints. Throws Error: BRINE_ESYS (no such file), BRINE_ESYNTAX with the
/// line.
inline void ReadValFromFile(const std::string &name, Val &v) {
    const auto file = detail::open_file(name, "r");
    std::string text;
    char part[4096];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, file.get())) > 0;) text.append(part, n);
    if (std::ferror(file.get())) detail::fail(BRINE_ESYS, "the file " + name + " cannot be read");
    v = detail::parse_literal(text);
}
inline void ReadTabFromFile(const std::string &name, Tab &table) {
    Val v;
    ReadValFromFile(name, v);
    table = Tab(static_cast<const Value &>(v));
}
/// Writes it so that it can be read back.
inline void WriteValToFile(const Value &v, const std::string &name) {
    std::ostringstream text;
    v.prettyPrint(text);
    auto file = detail::open_file(name, "w");
    const std::string printed = text.str();
    const bool written = std::fwrite(printed.data(), 1, printed.size(), file.get()) == printed.size();
    if (std::fclose(file.release()) != 0 || !written)
        detail::fail(BRINE_ESYS, "the file " + name + " cannot be written");
}
inline void WriteTabToFile(const Tab &table, const std::string &name) { WriteValToFile(table, name); }

// ---- going through

/// Goes through a container: for (It ii(table); ii();) use(ii.key(), ii.value()). Tables by insertion, lists by index.
/// It keeps a copy of the keys: entries that are taken out meanwhile are left out, new ones are not met. The container
/// has to live as long as it.
class It {
  public:
    explicit It(Value &container) : container_(container) { take_keys(); }
    explicit It(const Value &container) : container_(const_cast<Value &>(container)) { take_keys(); }
    bool operator()() {
        for (;;) {
            if (next_ == keys_.size()) return false;
            const Val &key = keys_[next_++];
            if (list_ ? key.as<int_8>() < container_.length() : container_.contains(key)) return true;
        }
    }
    const Val &key() const { return current(); }
    Val &value() { return container_(current()); }

  private:
    const Val &current() const {
        if (next_ == 0)
            detail::fail(BRINE_EINVAL, "an It stands before the first entry until it was called: while (ii()) ...");
        return keys_[next_ - 1];
    }
    void take_keys();

    Value &container_;
    std::vector<Val> keys_;
    std::size_t next_ = 0;
    bool list_ = false;
};

inline void It::take_keys() {
    using namespace detail;
    const Value &s = container_.self();
    if (const auto *dict = std::get_if<Owned<Dict>>(&s.body_)) {
        for (const Dict::Entry &entry : (*dict)->entries) keys_.push_back(entry.key);
        return;
    }
    const Access in_pool{s};
    if (in_pool && brine_type_of(in_pool.ref()) == BRINE_TAB) {
        brine_iter it = brine_iterate(in_pool.ref());
        brine_ref key, value;
        while (brine_next(&it, &key, &value)) keys_.push_back(load(key, 0));
        return;
    }
    list_ = true;
    if (s.tag != 'u' && !(s.tag == 'n' && s.subtype == 'Z')) fail_no_container(s.tag);
    for (int_8 i = 0; i < container_.length(); i++) keys_.push_back(Val(i));
}

} // namespace ptools

#endif
