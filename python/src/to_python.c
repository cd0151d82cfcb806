/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a packet as Python objects: one at a time (containers as views), or whole trees copied out. */
#include "module.h"

PyObject *value_new(PyTypeObject *type, struct packet *owner, brine_ref ref) {
    struct value *v = PyObject_New(struct value, type);
    if (unlikely(!v)) return NULL;
    Py_INCREF((PyObject *)owner);
    v->owner = owner;
    v->ref = ref;
    v->pin = NULL;
    return (PyObject *)v;
}

/* ---- scalars ---- */

static PyObject *big_to_python(struct packet *owner, brine_ref ref) {
    brine_bigint big;
    if (check_value(owner, brine_as_bigint(ref, &big))) return NULL;
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)big.limbs, (Py_ssize_t)(big.count * 8));
    PyObject *magnitude =
        bytes ? PyObject_CallMethod((PyObject *)&PyLong_Type, "from_bytes", "Os", bytes, "little") : NULL;
    Py_XDECREF(bytes);
    if (!magnitude || big.sign >= 0) return magnitude;
    PyObject *negative = PyNumber_Negative(magnitude);
    Py_DECREF(magnitude);
    return negative;
}

static PyObject *uint_to_python(struct packet *owner, brine_ref ref) {
    uint64_t u;
    return check_value(owner, brine_as_uint(ref, &u)) ? NULL : PyLong_FromUnsignedLongLong(u);
}

static PyObject *complex_to_python(struct packet *owner, brine_ref ref) {
    double re, im;
    return check_value(owner, brine_as_complex(ref, &re, &im)) ? NULL : PyComplex_FromDoubles(re, im);
}

static PyObject *float_to_python(struct packet *owner, brine_ref ref) {
    double d;
    return check_value(owner, brine_as_double(ref, &d)) ? NULL : PyFloat_FromDouble(d);
}

static PyObject *int_to_python(struct packet *owner, brine_ref ref) {
    int64_t i;
    return check_value(owner, brine_as_int(ref, &i)) ? NULL : PyLong_FromLongLong(i);
}

static PyObject *str_to_python(struct packet *owner, brine_ref ref) {
    const char *text;
    size_t length;
    return check_value(owner, brine_as_str(ref, &text, &length))
               ? NULL
               : PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
}

static PyObject *bytes_to_python(struct packet *owner, brine_ref ref) {
    const void *data;
    size_t length;
    return check_value(owner, brine_as_bytes(ref, &data, &length))
               ? NULL
               : PyBytes_FromStringAndSize(data, (Py_ssize_t)length);
}

/* NULL without an exception: it is a container, or nothing that can be read. */
static PyObject *scalar(struct packet *owner, brine_ref ref, brine_type type) {
    bool b;
    switch (type) {
    case BRINE_NONE: return Py_NewRef(Py_None);
    case BRINE_BOOL: return check_value(owner, brine_as_bool(ref, &b)) ? NULL : PyBool_FromLong(b);
    case BRINE_I64:
    case BRINE_I8:
    case BRINE_U8:
    case BRINE_I16:
    case BRINE_U16:
    case BRINE_I32:
    case BRINE_U32: return int_to_python(owner, ref);
    case BRINE_U64: return uint_to_python(owner, ref);
    case BRINE_F64:
    case BRINE_F32: return float_to_python(owner, ref);
    case BRINE_C64:
    case BRINE_C128: return complex_to_python(owner, ref);
    case BRINE_STR: return str_to_python(owner, ref);
    case BRINE_BYTES: return bytes_to_python(owner, ref);
    case BRINE_BIGINT: return big_to_python(owner, ref);
    default: return NULL;
    }
}

/* ---- arrays and tups that stand for something else ---- */

static bool has_format(brine_ref ref, const char *prefix, brine_array *a) {
    return brine_type_of(ref) == BRINE_ARRAY && brine_as_array(ref, a) == 0 && a->dtype == BRINE_RAW && a->format &&
           strncmp(a->format, prefix, strlen(prefix)) == 0;
}

static bool is_pickled(brine_ref tup) {
    brine_array a;
    return brine_length(tup) > 0 && has_format(brine_at(tup, 0), PICKLE_FORMAT, &a);
}

static PyObject *pickled(struct packet *owner, brine_ref ref) {
    PyObject *object = value_new(state_of(owner)->pickled, owner, ref);
    if (!object || !owner->pickle) return object;
    PyObject *loaded = PyObject_CallMethod(object, "load", NULL);
    Py_DECREF(object);
    return loaded;
}

/* A date is a 0-dimensional array of one opaque item of 8 bytes. NULL without an exception: it is none. */
static PyObject *moment(struct packet *owner, brine_ref ref) {
    brine_array a;
    int64_t ticks;
    if (!(has_format(ref, "M8[", &a) || has_format(ref, "m8[", &a)) || a.ndim != 0 || a.bytes != sizeof ticks)
        return NULL;
    memcpy(&ticks, a.data, sizeof ticks);
    return PyObject_CallMethod(state_of(owner)->convert, "moment", "sL", a.format, (long long)ticks);
}

static PyObject *unreadable(struct packet *owner, brine_ref ref) {
    brine_array a;
    if (PyErr_Occurred()) return NULL;
    int rc = brine_ref_ok(ref) ? brine_as_array(ref, &a) : brine_ref_status(ref); /* says why */
    check_value(owner, rc ? rc : BRINE_ETYPE);
    return NULL;
}

PyObject *to_value(struct packet *owner, brine_ref ref) {
    brine_type type = brine_type_of(ref);
    PyObject *o = scalar(owner, ref, type);
    struct state *s = state_of(owner);
    if (likely(o)) return o;
    switch (type) {
    case BRINE_TAB: return value_new(s->tab, owner, ref);
    case BRINE_ARR: return value_new(s->arr, owner, ref);
    case BRINE_TUP: return is_pickled(ref) ? pickled(owner, ref) : value_new(s->tup, owner, ref);
    case BRINE_ARRAY: o = moment(owner, ref); return o || PyErr_Occurred() ? o : value_new(s->array, owner, ref);
    default: return unreadable(owner, ref);
    }
}

/* ---- whole trees ---- */

static PyObject *dict_of(struct packet *owner, brine_ref ref, enum arrays arrays) {
    brine_ref key, value;
    PyObject *k = NULL, *v = NULL;
    PyObject *dict = (brine_flags_of(ref) & BRINE_ORDERED)
                         ? PyObject_CallMethod(state_of(owner)->convert, "OrderedDict", NULL)
                         : PyDict_New();
    bool ordered = dict && !Py_IS_TYPE(dict, &PyDict_Type);
    brine_iter it = brine_iterate(ref);
    while (dict && brine_next(&it, &key, &value)) {
        k = to_python(owner, key, arrays);
        v = k ? to_python(owner, value, arrays) : NULL;
        if (!v || (ordered ? PyObject_SetItem(dict, k, v) : PyDict_SetItem(dict, k, v))) Py_CLEAR(dict);
        Py_XDECREF(k);
        Py_XDECREF(v);
    }
    if (dict && check_value(owner, it.status)) Py_CLEAR(dict);
    return dict;
}

static PyObject *list_of(struct packet *owner, brine_ref ref, enum arrays arrays) {
    Py_ssize_t n = (Py_ssize_t)brine_length(ref);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *item = to_python(owner, brine_at(ref, i), arrays);
        if (!item || PyList_SetItem(list, i, item)) Py_CLEAR(list);
    }
    return list;
}

static PyObject *tuple_of(struct packet *owner, brine_ref ref, enum arrays arrays) {
    PyObject *list = list_of(owner, ref, arrays), *tuple = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    return tuple;
}

static PyObject *container(struct packet *owner, brine_ref ref, brine_type type, enum arrays arrays) {
    PyObject *o;
    switch (type) {
    case BRINE_TAB: return dict_of(owner, ref, arrays);
    case BRINE_ARR: return list_of(owner, ref, arrays);
    case BRINE_TUP: return is_pickled(ref) ? pickled(owner, ref) : tuple_of(owner, ref, arrays);
    case BRINE_ARRAY: o = moment(owner, ref); return o || PyErr_Occurred() ? o : array_to_python(owner, ref, arrays);
    default: return unreadable(owner, ref);
    }
}

PyObject *to_python(struct packet *owner, brine_ref ref, enum arrays arrays) {
    brine_type type = brine_type_of(ref);
    PyObject *o = scalar(owner, ref, type);
    if (o || PyErr_Occurred() || Py_EnterRecursiveCall(" while a value is copied out of a packet")) return o;
    o = container(owner, ref, type, arrays);
    Py_LeaveRecursiveCall();
    return o;
}

int arrays_of(PyObject *text, enum arrays *arrays) {
    *arrays = ARRAYS_COPY;
    if (!text) return 0;
    if (PyUnicode_Check(text) && PyUnicode_CompareWithASCIIString(text, "view") == 0)
        *arrays = ARRAYS_VIEW;
    else if (!PyUnicode_Check(text) || PyUnicode_CompareWithASCIIString(text, "copy") != 0) {
        PyErr_SetString(PyExc_ValueError, "arrays is 'copy' or 'view'");
        return -1;
    }
    return 0;
}
