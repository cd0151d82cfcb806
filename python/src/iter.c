/* SPDX-License-Identifier: Apache-2.0 */
/* Iterators over a tab (keys, values, items) or the elements of an arr or tup. */
#include "module.h"

struct iter {
    PyObject base;
    struct value *value; /* NULL: exhausted */
    enum iterate what;
    brine_iter it;
};

PyObject *iter_new(struct value *v, enum iterate what) {
    if (value_live(v)) return NULL;
    brine_iter it = brine_iterate(v->ref);
    if (check_value(v->owner, it.status)) return NULL;
    if (what != ITERATE_VALUES && brine_type_of(v->ref) != BRINE_TAB) {
        PyErr_SetString(state_of(v->owner)->errors[-BRINE_ETYPE], "the root of the packet is no tab; use packet.root");
        return NULL;
    }
    struct iter *i = PyObject_New(struct iter, state_of(v->owner)->iter);
    if (!i) return NULL;
    Py_INCREF((PyObject *)v);
    i->value = v;
    i->what = what;
    i->it = it;
    return (PyObject *)i;
}

static void iter_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF((PyObject *)((struct iter *)self)->value);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *ended(struct iter *i) {
    struct packet *owner = i->value->owner;
    if (i->it.status == BRINE_EINVAL)
        PyErr_SetString(PyExc_RuntimeError, "the container changed size during iteration");
    else
        check_value(owner, i->it.status);
    Py_CLEAR(i->value);
    return NULL;
}

LOCKED(PyObject *, iter_next, (PyObject * self), (self)) {
    struct iter *i = (struct iter *)self;
    brine_ref key, value;
    if (!i->value || value_live(i->value)) return NULL;
    struct packet *owner = i->value->owner;
    if (!brine_next(&i->it, &key, &value)) return ended(i);
    if (i->what == ITERATE_VALUES) return to_value(owner, value);
    /* A key is hashable outside, too: a tuple, not a view of one. */
    PyObject *k = to_python(owner, key, ARRAYS_COPY);
    if (!k || i->what == ITERATE_KEYS) return k;
    PyObject *v = to_value(owner, value);
    PyObject *pair = v ? PyTuple_Pack(2, k, v) : NULL;
    Py_DECREF(k);
    Py_XDECREF(v);
    return pair;
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, SLOT(iter_dealloc)},
    {Py_tp_iter, SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, SLOT(iter_next)},
    {0, NULL},
};
PyType_Spec iter_spec = {"brine._Iterator", sizeof(struct iter), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
