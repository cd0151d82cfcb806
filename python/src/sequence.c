/* SPDX-License-Identifier: Apache-2.0 */
/* Arr and Tup: a list and a tuple in shared memory. What is not often called is in brine._methods. */
#include "module.h"

/* Elements now, or -1: it is no sequence any more, or cannot be read. */
LOCKED(Py_ssize_t, length, (PyObject * self), (self)) {
    struct value *v = (struct value *)self;
    if (value_live(v)) return -1;
    brine_type type = brine_type_of(v->ref);
    if (likely(type == BRINE_ARR || type == BRINE_TUP)) return (Py_ssize_t)brine_length(v->ref);
    brine_iter it = brine_iterate(v->ref);
    return check_value(v->owner, it.status ? it.status : BRINE_ETYPE);
}

static brine_ref element(struct value *v, Py_ssize_t index) {
    brine_ref ref = brine_at(v->ref, index);
    if (likely(brine_ref_ok(ref))) return ref;
    if (brine_ref_status(ref) == BRINE_ENOENT && INSIDE(length)((PyObject *)v) >= 0)
        PyErr_SetString(PyExc_IndexError, "index out of range");
    else if (!PyErr_Occurred())
        check_value(v->owner, brine_ref_status(ref));
    return ref;
}

LOCKED(PyObject *, item, (PyObject * self, Py_ssize_t index), (self, index)) {
    struct value *v = (struct value *)self;
    if (value_live(v)) return NULL;
    brine_ref ref = element(v, index);
    return brine_ref_ok(ref) ? to_value(v->owner, ref) : NULL;
}

/* A list (or tuple) of what stands there, containers as views. */
static PyObject *slice_of(PyObject *self, PyObject *slice) {
    Py_ssize_t start, stop, step, n = INSIDE(length)(self);
    if (n < 0 || PySlice_Unpack(slice, &start, &stop, &step)) return NULL;
    n = PySlice_AdjustIndices(n, &start, &stop, step);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *o = INSIDE(item)(self, start + i * step);
        if (!o || PyList_SetItem(list, i, o)) Py_CLEAR(list);
    }
    return list;
}

static bool to_index(PyObject *key, Py_ssize_t *index) {
    if (!PyIndex_Check(key)) {
        PyErr_Format(PyExc_TypeError, "indices must be integers or slices, not %R", (PyObject *)Py_TYPE(key));
        return false;
    }
    *index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    return !(*index == -1 && PyErr_Occurred());
}

LOCKED(PyObject *, arr_subscript, (PyObject * self, PyObject *key), (self, key)) {
    Py_ssize_t index;
    if (PySlice_Check(key)) return slice_of(self, key);
    return to_index(key, &index) ? INSIDE(item)(self, index) : NULL;
}

LOCKED(PyObject *, tup_subscript, (PyObject * self, PyObject *key), (self, key)) {
    PyObject *o = INSIDE(arr_subscript)(self, key);
    if (!o || !PySlice_Check(key)) return o;
    PyObject *tuple = PyList_AsTuple(o);
    Py_DECREF(o);
    return tuple;
}

LOCKED(PyObject *, iterate, (PyObject * self), (self)) { return iter_new((struct value *)self, ITERATE_VALUES); }

/* ---- changing ---- */

static int set_item(struct value *v, Py_ssize_t index, PyObject *value) {
    brine_ref place = element(v, index);
    if (!brine_ref_ok(place)) return -1;
    if (value) return value_assign(v, place, false, value);
    return value_drop(v, place) ? -1 : check_value(v->owner, brine_delete_at(v->ref, index));
}

/* a[i:j] = ... and del a[i:j]: by _methods, in terms of single elements. */
static int set_slice(PyObject *self, PyObject *slice, PyObject *value) {
    PyObject *done = value ? PyObject_CallMethod(self, "_set_slice", "OO", slice, value)
                           : PyObject_CallMethod(self, "_delete_slice", "O", slice);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

LOCKED(int, arr_ass_subscript, (PyObject * self, PyObject *key, PyObject *value), (self, key, value)) {
    Py_ssize_t index;
    if (PySlice_Check(key)) return set_slice(self, key, value);
    return value_live((struct value *)self) || !to_index(key, &index) ? -1
                                                                      : set_item((struct value *)self, index, value);
}

static PyObject *insert_at(struct value *v, Py_ssize_t index, brine_ref place, PyObject *value) {
    if (value_assign(v, place, true, value) == 0) Py_RETURN_NONE;
    PyObject *type, *what, *trace;
    PyErr_Fetch(&type, &what, &trace);
    if (brine_ref_ok(place)) check_value(v->owner, brine_delete_at(v->ref, index));
    PyErr_Restore(type, what, trace);
    return NULL;
}

/* A copy of what is in the same packet, which may be around the arr, as it was before. */
static PyObject *detached(struct value *v, PyObject *value) {
    return value_beside(v, value) ? packet_of_value((struct value *)value, v->owner->pool) : Py_NewRef(value);
}

LOCKED(PyObject *, arr_append, (PyObject * self, PyObject *value), (self, value)) {
    struct value *v = (struct value *)self;
    if (value_live(v) || !(value = detached(v, value))) return NULL;
    PyObject *done = insert_at(v, -1, brine_push(v->ref), value);
    Py_DECREF(value);
    return done;
}

LOCKED(PyObject *, arr_insert, (PyObject * self, PyObject *const *args, Py_ssize_t nargs), (self, args, nargs)) {
    Py_ssize_t index, n = INSIDE(length)(self);
    struct value *v = (struct value *)self;
    if (nargs != 2) PyErr_Format(PyExc_TypeError, "insert() takes 2 arguments (%zd given)", nargs);
    if (n < 0 || nargs != 2 || !to_index(args[0], &index)) return NULL;
    if (index < 0) index = index + n < 0 ? 0 : index + n;
    if (index > n) index = n;
    PyObject *value = detached(v, args[1]), *done = NULL;
    if (value) done = insert_at(v, index, brine_insert(v->ref, index), value);
    Py_XDECREF(value);
    return done;
}

LOCKED(PyObject *, arr_clear, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct value *v = (struct value *)self;
    (void)ignored;
    if (length(self) < 0 || value_drop(v, v->ref) || check_value(v->owner, brine_clear(v->ref))) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef arr_methods[] = {
    METHOD("append", arr_append, METH_O, "append($self, value, /)\n--\n\nA copy of the value at the end."),
    METHOD("insert", arr_insert, METH_FASTCALL,
           "insert($self, index, value, /)\n--\n\nA copy of the value before an index."),
    METHOD("clear", arr_clear, METH_NOARGS, "clear($self, /)\n--\n\nRemoves everything."),
    METHOD("to_list", value_to_python, FAST,
           "to_list($self, arrays='copy')\n--\n\nA deep copy as a list. arrays: as in Tab.to_dict()."),
    METHOD("pretty", value_pretty, METH_NOARGS, "pretty($self, /)\n--\n\nAs a Python literal, one item per line."),
    METHOD("to_json", value_json, METH_NOARGS, "to_json($self, /)\n--\n\nAs JSON: see Tab.to_json()."),
    METHOD("to_packet", value_pack, METH_NOARGS,
           "to_packet($self, /)\n--\n\nA deep copy as a packet of its own, in the same pool."),
    {0},
};
static PyMethodDef tup_methods[] = {
    METHOD("to_tuple", value_to_python, FAST,
           "to_tuple($self, arrays='copy')\n--\n\nA deep copy as a tuple. arrays: as in Tab.to_dict()."),
    METHOD("pretty", value_pretty, METH_NOARGS, "pretty($self, /)\n--\n\nAs a Python literal, one item per line."),
    METHOD("to_json", value_json, METH_NOARGS, "to_json($self, /)\n--\n\nAs JSON: see Tab.to_json()."),
    METHOD("to_packet", value_pack, METH_NOARGS,
           "to_packet($self, /)\n--\n\nA deep copy as a packet of its own, in the same pool."),
    {0},
};
static PyGetSetDef attributes[] = {{"packet", value_packet, NULL, "The packet that it is in.", NULL}, {0}};

static PyType_Slot arr_slots[] = {
    {Py_tp_doc, "A list in shared memory: a MutableSequence. What lists do it does, too: arr[i], slices, del, in, "
                "len(), iteration, ==, <, +, *.\n\nElements are read as those of a Tab; a slice is a list of them. "
                "What is put in is copied."},
    {Py_tp_dealloc, SLOT(value_dealloc)},
    {Py_tp_methods, arr_methods},
    {Py_tp_getset, attributes},
    {Py_tp_iter, SLOT(iterate)},
    {Py_tp_richcompare, SLOT(value_compare)},
    {Py_tp_hash, SLOT(PyObject_HashNotImplemented)},
    {Py_mp_subscript, SLOT(arr_subscript)},
    {Py_mp_ass_subscript, SLOT(arr_ass_subscript)},
    {Py_mp_length, SLOT(length)},
    {Py_sq_length, SLOT(length)},
    {Py_sq_item, SLOT(item)},
    {0, NULL},
};
PyType_Spec arr_spec = {"brine.Arr", sizeof(struct value), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                        arr_slots};

static PyType_Slot tup_slots[] = {
    {Py_tp_doc, "A tuple in shared memory: a Sequence that does not change, equal to the tuple of the same content, "
                "with the same hash."},
    {Py_tp_dealloc, SLOT(value_dealloc)},
    {Py_tp_methods, tup_methods},
    {Py_tp_getset, attributes},
    {Py_tp_iter, SLOT(iterate)},
    {Py_tp_richcompare, SLOT(value_compare)},
    {Py_mp_subscript, SLOT(tup_subscript)},
    {Py_mp_length, SLOT(length)},
    {Py_sq_length, SLOT(length)},
    {Py_sq_item, SLOT(item)},
    {0, NULL},
};
PyType_Spec tup_spec = {"brine.Tup", sizeof(struct value), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                        tup_slots};
