/* SPDX-License-Identifier: Apache-2.0 */
/* Tab: a dict in shared memory. What is not often called is in brine._methods. */
#include "module.h"

/* ---- finding ---- */

/* A null ref without an exception: there is none. *failed: an exception. */
static brine_ref find(struct value *v, PyObject *key, bool *failed) {
    struct key k;
    Py_ssize_t length;
    *failed = true;
    if (likely(PyUnicode_Check(key))) {
        const char *text = PyUnicode_AsUTF8AndSize(key, &length);
        if (unlikely(!text)) return brine_ref_null(BRINE_EINVAL);
        *failed = false;
        return brine_find_n(v->ref, text, (size_t)length);
    }
    if (key_of(v->owner->pool, key, &k)) return brine_ref_null(BRINE_EINVAL);
    *failed = false;
    brine_ref ref = brine_find_key(v->ref, k.key);
    key_free(&k);
    return ref;
}

/* ENOENT of a tab that is there is a missing key; of one that was deleted, it is that. */
static bool is_missing(struct value *v, brine_ref found) {
    return brine_ref_status(found) == BRINE_ENOENT && brine_type_of(v->ref) == BRINE_TAB;
}

static PyObject *missing(struct value *v, brine_ref found, PyObject *key) {
    if (!is_missing(v, found))
        check_value(v->owner, brine_ref_status(found));
    else
        PyErr_SetObject(PyExc_KeyError, key);
    return NULL;
}

LOCKED(PyObject *, tab_subscript, (PyObject * self, PyObject *key), (self, key)) {
    struct value *v = (struct value *)self;
    bool failed;
    if (unlikely(value_live(v))) return NULL;
    brine_ref found = find(v, key, &failed);
    if (likely(brine_ref_ok(found))) return to_value(v->owner, found);
    return failed ? NULL : missing(v, found, key);
}

LOCKED(int, tab_contains, (PyObject * self, PyObject *key), (self, key)) {
    struct value *v = (struct value *)self;
    bool failed;
    if (value_live(v)) return -1;
    brine_ref found = find(v, key, &failed);
    if (brine_ref_ok(found)) return 1;
    if (failed) return -1;
    return is_missing(v, found) ? 0 : check_value(v->owner, brine_ref_status(found));
}

LOCKED(PyObject *, tab_get, (PyObject * self, PyObject *const *args, Py_ssize_t nargs), (self, args, nargs)) {
    struct value *v = (struct value *)self;
    bool failed;
    if (nargs < 1 || nargs > 2) {
        PyErr_Format(PyExc_TypeError, "get() takes 1 or 2 arguments (%zd given)", nargs);
        return NULL;
    }
    if (value_live(v)) return NULL;
    brine_ref found = find(v, args[0], &failed);
    if (brine_ref_ok(found)) return to_value(v->owner, found);
    if (failed) return NULL;
    if (is_missing(v, found)) return Py_NewRef(nargs == 2 ? args[1] : Py_None);
    return missing(v, found, args[0]);
}

/* Elements of what the value is now; -1: it is no longer a tab, or cannot be read. */
LOCKED(Py_ssize_t, tab_length, (PyObject * self), (self)) {
    struct value *v = (struct value *)self;
    if (value_live(v)) return -1;
    if (unlikely(brine_type_of(v->ref) != BRINE_TAB)) {
        brine_iter it = brine_iterate(v->ref);
        return check_value(v->owner, it.status ? it.status : BRINE_ETYPE);
    }
    return (Py_ssize_t)brine_length(v->ref);
}

/* ---- changing ---- */

static int remove_key(struct value *v, PyObject *key) {
    struct key k;
    if (key_of(v->owner->pool, key, &k)) return -1;
    int rc = brine_delete_key(v->ref, k.key);
    key_free(&k);
    return check_value(v->owner, rc);
}

static int tab_delete(struct value *v, PyObject *key) {
    bool failed;
    brine_ref found = find(v, key, &failed);
    if (failed) return -1;
    if (!brine_ref_ok(found)) {
        missing(v, found, key);
        return -1;
    }
    return value_drop(v, found) ? -1 : remove_key(v, key);
}

static brine_ref slot(struct value *v, PyObject *key, bool *failed) {
    struct key k;
    *failed = key_of(v->owner->pool, key, &k) != 0;
    if (*failed) return brine_ref_null(BRINE_EINVAL);
    brine_ref place = brine_slot_key(v->ref, k.key);
    key_free(&k);
    return place;
}

/* The place for a key; *made: it is new. A null ref: an exception is set. */
static brine_ref place_for(struct value *v, PyObject *key, bool *made) {
    bool failed;
    size_t before = brine_length(v->ref);
    brine_ref place = slot(v, key, &failed);
    if (!brine_ref_ok(place) && !failed) check_value(v->owner, brine_ref_status(place));
    *made = brine_ref_ok(place) && brine_length(v->ref) != before;
    return place;
}

static int set_value(struct value *v, PyObject *key, PyObject *value) {
    bool made;
    brine_ref place = place_for(v, key, &made);
    if (!brine_ref_ok(place)) return -1;
    if (likely(value_assign(v, place, made, value) == 0)) return 0;
    if (made) {
        PyObject *type, *what, *trace;
        PyErr_Fetch(&type, &what, &trace);
        remove_key(v, key);
        PyErr_Restore(type, what, trace);
    }
    return -1;
}

/* What is put under a new key may be around it: it is copied as it was before. */
static int tab_set(struct value *v, PyObject *key, PyObject *value) {
    bool failed;
    if (likely(!value_beside(v, value))) return set_value(v, key, value);
    brine_ref found = find(v, key, &failed);
    if (failed) return -1;
    if (brine_ref_ok(found)) return value_assign(v, found, false, value);
    PyObject *copy = packet_of_value((struct value *)value, v->owner->pool);
    int rc = copy ? set_value(v, key, copy) : -1;
    Py_XDECREF(copy);
    return rc;
}

LOCKED(int, tab_ass_subscript, (PyObject * self, PyObject *key, PyObject *value), (self, key, value)) {
    struct value *v = (struct value *)self;
    if (value_live(v)) return -1;
    return value ? tab_set(v, key, value) : tab_delete(v, key);
}

LOCKED(PyObject *, tab_clear, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct value *v = (struct value *)self;
    (void)ignored;
    if (tab_length(self) < 0 || value_drop(v, v->ref) || check_value(v->owner, brine_clear(v->ref))) return NULL;
    Py_RETURN_NONE;
}

/* ---- arrays and packets under a key ---- */

/* After a failure of what was to go to a new place. */
static PyObject *taken_back(struct value *v, PyObject *key, bool made) {
    PyObject *type, *what, *trace;
    PyErr_Fetch(&type, &what, &trace);
    if (made) remove_key(v, key);
    PyErr_Restore(type, what, trace);
    return NULL;
}

LOCKED(PyObject *, tab_array, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"array", 2, 3, {"key", "shape", "dtype"}};
    struct value *v = (struct value *)self;
    PyObject *given[3];
    bool made;
    if (parse_arguments(&names, args, nargs, kwnames, given) || value_live(v)) return NULL;
    brine_ref place = place_for(v, given[0], &made);
    if (!brine_ref_ok(place) || (!made && value_drop(v, place))) return NULL;
    PyObject *array = array_make(v, place, given[1], given[2]);
    return array ? array : taken_back(v, given[0], made);
}

LOCKED(PyObject *, tab_adopt, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"adopt", 2, 2, {"key", "packet"}};
    struct value *v = (struct value *)self;
    PyObject *given[2];
    bool made;
    if (parse_arguments(&names, args, nargs, kwnames, given) || value_live(v)) return NULL;
    if (!PyObject_TypeCheck(given[1], state_of(v->owner)->packet)) {
        PyErr_SetString(PyExc_TypeError, "what is adopted is a Packet");
        return NULL;
    }
    struct packet *p = (struct packet *)given[1];
    if (packet_live(p) || packet_lent(p, "moved")) return NULL;
    brine_ref place = place_for(v, given[0], &made);
    if (!brine_ref_ok(place) || (!made && value_drop(v, place))) return NULL;
    if (check_value(v->owner, brine_assign_packet(place, p->handle))) return taken_back(v, given[0], made);
    packet_gone(p);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, tab_take, (PyObject * self, PyObject *key), (self, key)) {
    struct value *v = (struct value *)self;
    brine_packet taken;
    bool failed;
    if (value_live(v)) return NULL;
    brine_ref found = find(v, key, &failed);
    if (failed) return NULL;
    if (!brine_ref_ok(found)) return missing(v, found, key);
    if (value_drop(v, found) || check_value(v->owner, brine_take_packet(found, &taken))) return NULL;
    return packet_wrap(v->owner->pool, taken, v->owner->pickle, false);
}

LOCKED(PyObject *, tab_path, (PyObject * self, PyObject *pointer), (self, pointer)) {
    struct value *v = (struct value *)self;
    const char *text = to_text(pointer, "a JSON pointer");
    if (!text || value_live(v)) return NULL;
    brine_ref found = brine_path(v->ref, text);
    return brine_ref_ok(found) ? to_value(v->owner, found) : missing(v, found, pointer);
}

/* ---- iterating ---- */

LOCKED(PyObject *, tab_iter, (PyObject * self), (self)) { return iter_new((struct value *)self, ITERATE_KEYS); }
LOCKED(PyObject *, tab_values, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return iter_new((struct value *)self, ITERATE_VALUES);
}
LOCKED(PyObject *, tab_items, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return iter_new((struct value *)self, ITERATE_ITEMS);
}

static PyMethodDef methods[] = {
    METHOD("get", tab_get, METH_FASTCALL,
           "get($self, key, default=None, /)\n--\n\nThe value under a key, or the default."),
    METHOD("clear", tab_clear, METH_NOARGS, "clear($self, /)\n--\n\nRemoves everything."),
    METHOD("array", tab_array, FAST,
           "array($self, key, shape, dtype='f8')\n--\n\nMakes a zeroed nd-array under a key, in place of what was "
           "there, and returns it to be filled.\n\nshape: an int or up to 32 ints. dtype: 'f4', 'complex64', or what "
           "numpy.dtype() takes; structured ones, too. In C order: rows are contiguous. The elements begin at a "
           "multiple of 64 bytes. Over 32 KiB it is a packet of its own inside this one.\n\nTypeError, ValueError: the "
           "dtype or shape is none. OutOfMemoryError."),
    METHOD("adopt", tab_adopt, FAST,
           "adopt($self, key, packet)\n--\n\nMoves a packet of the same pool under a key, without a copy. It is then "
           "part of this one, and no longer the caller's. OtherPoolError; BufferError: arrays look into it."),
    METHOD("take", tab_take, METH_O,
           "take($self, key, /)\n--\n\nTakes an adopted packet or an array over 32 KiB out, as a Packet of its own, "
           "without a copy; the value becomes None. ValueTypeError: it is no packet of its own."),
    METHOD("path", tab_path, METH_O,
           "path($self, pointer, /)\n--\n\nThe value that a JSON pointer names: '/hdr/fs', '/list/0'. KeyError if "
           "there is none."),
    METHOD("to_dict", value_to_python, FAST,
           "to_dict($self, arrays='copy')\n--\n\nA deep copy as dict, list, tuple and so on.\n\n"
           "arrays: 'copy', or 'view' for arrays that look into the packet and keep it alive. They are numpy's if it "
           "is installed, else memoryviews."),
    METHOD("pretty", value_pretty, METH_NOARGS, "pretty($self, /)\n--\n\nAs a Python literal, one item per line."),
    METHOD("to_json", value_json, METH_NOARGS,
           "to_json($self, /)\n--\n\nAs JSON, without white space: arrays and tups as lists, complex numbers as [re, "
           "im], bytes and dates as {\"$bytes\": base64}, keys that are no str as their literal. RangeError: there is "
           "a NaN or an infinity in it."),
    METHOD("to_packet", value_pack, METH_NOARGS,
           "to_packet($self, /)\n--\n\nA deep copy as a packet of its own, in the same pool."),
    METHOD("_values", tab_values, METH_NOARGS, NULL),
    METHOD("_items", tab_items, METH_NOARGS, NULL),
    {0},
};
static PyGetSetDef attributes[] = {{"packet", value_packet, NULL, "The packet that it is in.", NULL}, {0}};
static PyType_Slot slots[] = {
    {Py_tp_doc,
     "A dict in shared memory: a MutableMapping in order of insertion, whose keys are None, bools, numbers, str, bytes "
     "and tuples of such. What dicts do it does, too: tab[key], del, in, len(), iteration, ==, |, update().\n\nValues "
     "are read in place: scalars are copied, containers and arrays are views of their place in the packet, good as "
     "long as the packet is held and the value is not deleted or replaced. What is assigned is copied. SharedError, "
     "LeasedError: it cannot be changed. BufferError: what would go away is an array that somebody looks into."},
    {Py_tp_dealloc, SLOT(value_dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_iter, SLOT(tab_iter)},
    {Py_tp_richcompare, SLOT(value_compare)},
    {Py_tp_hash, SLOT(PyObject_HashNotImplemented)},
    {Py_mp_subscript, SLOT(tab_subscript)},
    {Py_mp_ass_subscript, SLOT(tab_ass_subscript)},
    {Py_mp_length, SLOT(tab_length)},
    {Py_sq_contains, SLOT(tab_contains)},
    {0, NULL},
};
PyType_Spec tab_spec = {"brine.Tab", sizeof(struct value), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
