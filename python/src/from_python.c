/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python objects into a packet. The usual types are told apart by their exact type and go straight into their cells,
 * without a temporary object; subclasses and everything else take the slow way in build_other().
 *
 * The first failure raises; what was built until then stays, for the caller to drop.
 */
#include "module.h"

static int failed(const struct builder *b, int rc) { return rc == 0 ? 0 : raise_int(b->pool->state, rc); }

int build_text(const struct builder *b, brine_ref place, PyObject *text) {
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    return unlikely(!utf8) ? -1 : failed(b, brine_assign_strn(place, utf8, (size_t)length));
}

/* ---- integers ---- */

/* The magnitude as bytes, by Python's own methods: integers over 64 bits are rare. */
static int build_big(const struct builder *b, brine_ref place, PyObject *o, bool negative) {
    PyObject *magnitude = PyNumber_Absolute(o), *bits = NULL, *bytes = NULL;
    int rc = -1;
    char *data;
    Py_ssize_t size;
    if (magnitude) bits = PyObject_CallMethod(magnitude, "bit_length", NULL);
    size_t limbs = bits ? (PyLong_AsSize_t(bits) + 63) / 64 : 0;
    if (limbs && !PyErr_Occurred())
        bytes = PyObject_CallMethod(magnitude, "to_bytes", "ns", (Py_ssize_t)limbs * 8, "little");
    if (bytes && PyBytes_AsStringAndSize(bytes, &data, &size) == 0) {
        uint64_t *copy = PyMem_Malloc((size_t)size); /* aligned */
        if (copy) memcpy(copy, data, (size_t)size);
        if (!copy)
            PyErr_NoMemory();
        else
            rc = failed(b, brine_assign_bigint(place, negative ? -1 : 1, copy, limbs, 0));
        PyMem_Free(copy);
    }
    Py_XDECREF(magnitude);
    Py_XDECREF(bits);
    Py_XDECREF(bytes);
    return rc;
}

static int build_over_int64(const struct builder *b, brine_ref place, PyObject *o, int overflow) {
    unsigned long long u = overflow > 0 ? PyLong_AsUnsignedLongLong(o) : 0;
    if (overflow > 0 && !(u == (unsigned long long)-1 && PyErr_Occurred()))
        return failed(b, brine_assign_uint(place, u));
    PyErr_Clear();
    return build_big(b, place, o, overflow < 0);
}

static int build_int(const struct builder *b, brine_ref place, PyObject *o) {
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (unlikely(overflow)) return build_over_int64(b, place, o, overflow);
    if (unlikely(i == -1) && PyErr_Occurred()) return -1;
    return failed(b, brine_assign_int(place, i));
}

/* ---- containers ---- */

static int add_general(const struct builder *b, brine_ref tab, PyObject *key, PyObject *value) {
    struct key k;
    if (key_of(b->pool, key, &k)) return -1;
    brine_ref place = brine_slot_key(tab, k.key);
    key_free(&k);
    return brine_ref_ok(place) ? build(b, place, value) : failed(b, brine_ref_status(place));
}

/* The two commonest kinds of values have calls of their own that find the place and fill it. */
static int add(const struct builder *b, brine_ref tab, PyObject *key, PyObject *value) {
    Py_ssize_t length;
    int overflow;
    if (unlikely(!PyUnicode_Check(key))) return add_general(b, tab, key, value);
    const char *text = PyUnicode_AsUTF8AndSize(key, &length);
    if (unlikely(!text)) return -1;
    if (Py_IS_TYPE(value, &PyLong_Type)) {
        long long i = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (likely(!overflow)) return failed(b, brine_set_int_n(tab, text, (size_t)length, i));
    } else if (Py_IS_TYPE(value, &PyFloat_Type)) {
        return failed(b, brine_set_double_n(tab, text, (size_t)length, PyFloat_AsDouble(value)));
    }
    brine_ref place = brine_slot_n(tab, text, (size_t)length);
    return likely(brine_ref_ok(place)) ? build(b, place, value) : failed(b, brine_ref_status(place));
}

/* What a value converts itself with may be Python code that changes the dict: items are held, and the size is compared.
 */
static int add_items(const struct builder *b, brine_ref tab, PyObject *dict) {
    Py_ssize_t position = 0, size = PyDict_Size(dict);
    PyObject *key, *value;
    while (PyDict_Next(dict, &position, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        int rc = add(b, tab, key, value);
        Py_DECREF(key);
        Py_DECREF(value);
        if (unlikely(rc)) return -1;
        if (unlikely(PyDict_Size(dict) != size)) {
            PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
            return -1;
        }
    }
    return 0;
}

static int build_dict(const struct builder *b, brine_ref place, PyObject *dict) {
    brine_ref tab = brine_assign_tab(place, 0);
    int rc;
    if (!brine_ref_ok(tab)) return failed(b, brine_ref_status(tab));
    LOCK(dict);
    rc = add_items(b, tab, dict);
    UNLOCK();
    return rc;
}

/* A subclass of dict, which may have an order of its own: an OrderedDict becomes an ordered tab. */
static int build_mapping(const struct builder *b, brine_ref place, PyObject *mapping) {
    unsigned flags = PyObject_HasAttrString(mapping, "move_to_end") ? BRINE_ORDERED : 0;
    PyObject *items = PyMapping_Items(mapping);
    int rc = items ? 0 : -1;
    brine_ref tab = items ? brine_assign_tab(place, flags) : brine_ref_null(0);
    if (!rc && !brine_ref_ok(tab)) rc = failed(b, brine_ref_status(tab));
    for (Py_ssize_t i = 0, n = rc ? 0 : PyList_Size(items); !rc && i < n; i++) {
        PyObject *key, *value;
        rc = PyArg_ParseTuple(PyList_GetItem(items, i), "OO", &key, &value) ? add(b, tab, key, value) : -1;
    }
    Py_XDECREF(items);
    return rc;
}

static int build_list(const struct builder *b, brine_ref place, PyObject *list) {
    brine_ref arr = brine_assign_arr(place);
    if (!brine_ref_ok(arr)) return failed(b, brine_ref_status(arr));
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        brine_ref element = brine_push(arr);
        if (!brine_ref_ok(element)) return failed(b, brine_ref_status(element));
        PyObject *item = LIST_ITEM(list, i);
        int rc = item ? build(b, element, item) : -1;
        Py_XDECREF(item);
        if (rc) return -1;
    }
    return 0;
}

static int build_tuple(const struct builder *b, brine_ref place, PyObject *tuple) {
    Py_ssize_t n = PyTuple_Size(tuple);
    brine_ref tup = brine_assign_tup(place, (size_t)n);
    if (!brine_ref_ok(tup)) return failed(b, brine_ref_status(tup));
    for (Py_ssize_t i = 0; i < n; i++)
        if (build(b, brine_at(tup, i), PyTuple_GetItem(tuple, i))) return -1;
    return 0;
}

/* ---- the rest ---- */

static int build_bytes(const struct builder *b, brine_ref place, PyObject *o) {
    char *data;
    Py_ssize_t length;
    return PyBytes_AsStringAndSize(o, &data, &length) ? -1 : failed(b, brine_assign_bytes(place, data, (size_t)length));
}

/* By its buffer, which keeps its size. */
static int build_bytearray(const struct builder *b, brine_ref place, PyObject *o) {
    Py_buffer view;
    if (PyObject_GetBuffer(o, &view, PyBUF_SIMPLE)) return -1;
    int rc = failed(b, brine_assign_bytes(place, view.buf, (size_t)view.len));
    PyBuffer_Release(&view);
    return rc;
}

static int build_buffer(const struct builder *b, brine_ref place, PyObject *o, const char *format) {
    Py_buffer view;
    if (PyObject_GetBuffer(o, &view, PyBUF_FULL_RO)) return -1;
    int rc = array_assign_buffer(b, place, &view, format);
    PyBuffer_Release(&view);
    return rc;
}

/* 1: it has none that could be copied. numpy's dates offer one and then refuse it; one of Python objects is all
 * pointers. */
static int build_own_buffer(const struct builder *b, brine_ref place, PyObject *o) {
    Py_buffer view;
    if (!PyObject_CheckBuffer(o)) return 1;
    if (PyObject_GetBuffer(o, &view, PyBUF_FULL_RO)) {
        PyErr_Clear();
        return 1;
    }
    bool scalar = is_numpy_scalar(o);
    int rc = 1;
    if (scalar && view.ndim == 0)
        rc = array_assign_scalar(b, place, &view, o);
    else if (!scalar && !has_pointers(view.format))
        rc = array_assign_buffer(b, place, &view, NULL); /* a scalar date offers its bytes */
    PyBuffer_Release(&view);
    return rc;
}

/* Pickled: a tup of the pickle, marked as such by its format, and its buffers as arrays. */
static int build_pickled(const struct builder *b, brine_ref place, PyObject *parts) {
    Py_ssize_t n = PyTuple_Size(parts);
    brine_ref tup = brine_assign_tup(place, (size_t)n);
    if (!brine_ref_ok(tup)) return failed(b, brine_ref_status(tup));
    for (Py_ssize_t i = 0; i < n; i++)
        if (build_buffer(b, brine_at(tup, i), PyTuple_GetItem(parts, i), i == 0 ? PICKLE_FORMAT : NULL)) return -1;
    return 0;
}

/* What brine._convert.adapt() made of it: ("value", another object), ("raw", buffer, format of its items), ("pickle",
 * parts). */
static int build_adapted(const struct builder *b, brine_ref place, PyObject *o) {
    PyObject *adapted = PyObject_CallMethod(b->pool->state->convert, "adapt", "Oi", o, b->pickle), *value;
    const char *kind, *format = NULL;
    int rc = -1;
    if (!adapted) return -1;
    if (PyArg_ParseTuple(adapted, "sO|s", &kind, &value, &format)) {
        if (kind[0] == 'v')
            rc = build(b, place, value);
        else if (kind[0] == 'r')
            rc = build_buffer(b, place, value, format);
        else
            rc = build_pickled(b, place, value);
    }
    Py_DECREF(adapted);
    return rc;
}

static int build_other(const struct builder *b, brine_ref place, PyObject *o) {
    if (is_value(b->pool->state, o)) {
        struct value *v = (struct value *)o;
        return value_live(v) ? -1 : failed(b, brine_assign_copy(place, v->ref));
    }
    if (PyUnicode_Check(o)) return build_text(b, place, o);
    if (PyLong_Check(o)) return build_int(b, place, o);
    if (PyFloat_Check(o)) return failed(b, brine_assign_double(place, PyFloat_AsDouble(o)));
    if (PyComplex_Check(o))
        return failed(b, brine_assign_complex(place, PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
    if (PyBytes_Check(o)) return build_bytes(b, place, o);
    if (PyByteArray_Check(o)) return build_bytearray(b, place, o);
    if (PyDict_Check(o)) return build_mapping(b, place, o);
    if (PyList_Check(o)) return build_list(b, place, o);
    if (PyTuple_Check(o)) return build_tuple(b, place, o);
    int rc = build_own_buffer(b, place, o);
    return rc == 1 ? build_adapted(b, place, o) : rc;
}

static int build_nested(const struct builder *b, brine_ref place, PyObject *o,
                        int (*how)(const struct builder *, brine_ref, PyObject *)) {
    if (Py_EnterRecursiveCall(" while a value is put into a packet")) return -1;
    int rc = how(b, place, o);
    Py_LeaveRecursiveCall();
    return rc;
}

int build(const struct builder *b, brine_ref place, PyObject *o) {
    PyTypeObject *type = Py_TYPE(o);
    if (type == &PyUnicode_Type) return build_text(b, place, o);
    if (type == &PyLong_Type) return build_int(b, place, o);
    if (type == &PyFloat_Type) return failed(b, brine_assign_double(place, PyFloat_AsDouble(o)));
    if (type == &PyBool_Type) return failed(b, brine_assign_bool(place, o == Py_True));
    if (o == Py_None) return failed(b, brine_assign_none(place));
    if (type == &PyDict_Type) return build_nested(b, place, o, build_dict);
    if (type == &PyList_Type) return build_nested(b, place, o, build_list);
    if (type == &PyTuple_Type) return build_nested(b, place, o, build_tuple);
    if (type == &PyBytes_Type) return build_bytes(b, place, o);
    return build_nested(b, place, o, build_other);
}
