/* SPDX-License-Identifier: Apache-2.0 */
/* What Tab, Arr, Tup and Array have in common: assigning, comparing, printing, copying out. */
#include "module.h"

#include <stdlib.h>

void value_dealloc(PyObject *self) {
    struct packet *owner = ((struct value *)self)->owner;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF((PyObject *)owner);
    Py_DECREF((PyObject *)type);
}

/* An exported buffer points into this value, or one below. */
static bool is_lent(const struct packet *p, brine_ref ref) {
    brine_type type = brine_type_of(ref);
    brine_array array;
    brine_ref inside;
    if (type == BRINE_ARRAY && brine_as_array(ref, &array) == 0 && array.bytes)
        for (const struct export *e = p->exports; e; e = e->next)
            if (e->data == array.data) return true;
    if (type < BRINE_TAB || type > BRINE_TUP) return false;
    brine_iter it = brine_iterate(ref);
    while (brine_next(&it, NULL, &inside))
        if (is_lent(p, inside)) return true;
    return false;
}

int value_drop(struct value *v, brine_ref old) {
    return likely(!v->owner->exports) || !is_lent(v->owner, old) ? 0 : packet_lent(v->owner, "robbed of these arrays");
}

/* ---- assigning ---- */

/* Building it fails, if at all, before the place is changed. */
static bool is_atomic(PyObject *o) {
    PyTypeObject *t = Py_TYPE(o);
    return t == &PyUnicode_Type || t == &PyLong_Type || t == &PyFloat_Type || t == &PyBool_Type || t == &PyBytes_Type ||
           o == Py_None || PyObject_CheckBuffer(o);
}

/* What is there stays until the new value is whole. */
static int assign_aside(struct value *v, brine_ref place, PyObject *value) {
    brine_packet aside;
    if (packet_fill(v->owner->pool, value, v->owner->pickle, 0, &aside)) return -1;
    int rc = brine_assign_copy(place, brine_root(aside));
    brine_packet_free(aside);
    return check_value(v->owner, rc);
}

bool is_value(struct state *s, PyObject *o) {
    return PyObject_TypeCheck(o, s->tab) || PyObject_TypeCheck(o, s->arr) || PyObject_TypeCheck(o, s->tup) ||
           PyObject_TypeCheck(o, s->array) || PyObject_TypeCheck(o, s->pickled);
}

/* It is in the same packet. */
bool value_beside(struct value *v, PyObject *value) {
    PyTypeObject *t = Py_TYPE(value);
    if (t == &PyUnicode_Type || t == &PyLong_Type || t == &PyFloat_Type || t == &PyDict_Type) return false;
    return is_value(state_of(v->owner), value) && ((struct value *)value)->owner == v->owner;
}

static bool is_itself(struct value *v, brine_ref place, PyObject *value) {
    if (!value_beside(v, value)) return false;
    brine_ref r = ((struct value *)value)->ref;
    return r.record == place.record && r.generation == place.generation && r.place == place.place;
}

/* made: the place is new, and the caller removes it on failure. */
int value_assign(struct value *v, brine_ref place, bool made, PyObject *value) {
    if (!brine_ref_ok(place)) return check_value(v->owner, brine_ref_status(place));
    if (!made && is_itself(v, place, value)) return 0; /* x["a"] += ... */
    if (!made && value_drop(v, place)) return -1;
    if (!made && !is_atomic(value)) return assign_aside(v, place, value);
    struct builder b = {.pool = v->owner->pool, .packet = v->owner->handle, .pickle = v->owner->pickle};
    if (likely(build(&b, place, value) == 0)) return 0;
    brine_packet_clear_error(v->owner->handle);
    return -1;
}

/* ---- comparing ---- */

static bool comparable(brine_type type, PyObject *other) {
    return (type == BRINE_TAB && PyDict_Check(other)) || (type == BRINE_ARR && PyList_Check(other)) ||
           (type == BRINE_TUP && PyTuple_Check(other));
}

/* The other is put into the pool, so that there is one equality. 2: it is nothing to compare with. */
static int equal_object(struct value *v, PyObject *other) {
    brine_packet aside;
    if (!comparable(brine_type_of(v->ref), other)) return 2;
    if ((Py_ssize_t)brine_length(v->ref) != PyObject_Size(other)) return 0;
    if (packet_fill(v->owner->pool, other, false, 0, &aside)) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError)) return -1;
        PyErr_Clear(); /* it has something that no packet has */
        return 0;
    }
    int rc = brine_equal(v->ref, brine_root(aside));
    brine_packet_free(aside);
    return rc;
}

static int equal(struct value *v, PyObject *other) {
    if (value_live(v)) return -1;
    if (!is_value(state_of(v->owner), other)) return equal_object(v, other);
    return value_live((struct value *)other) ? -1 : brine_equal(v->ref, ((struct value *)other)->ref);
}

LOCKED_SHARED(PyObject *, value_compare, (PyObject * self, PyObject *other, int op), (self, other, op)) {
    if (op != Py_EQ && op != Py_NE) Py_RETURN_NOTIMPLEMENTED;
    int rc = equal((struct value *)self, other);
    if (rc < 0) return NULL;
    if (rc == 2) Py_RETURN_NOTIMPLEMENTED;
    return PyBool_FromLong((op == Py_EQ) == (rc == 1));
}

/* ---- out ---- */

LOCKED_SHARED(PyObject *, value_to_python,
              (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (self, args, nargs, kwnames)) {
    static const struct names names = {"to_dict", 0, 1, {"arrays"}};
    struct value *v = (struct value *)self;
    PyObject *given;
    enum arrays arrays;
    if (parse_arguments(&names, args, nargs, kwnames, &given) || arrays_of(given, &arrays) || value_live(v))
        return NULL;
    return to_python(v->owner, v->ref, arrays);
}

PyObject *value_print(struct value *v, brine_style style, unsigned flags) {
    char *text;
    size_t length;
    if (value_live(v) || check_value(v->owner, brine_print_text(v->ref, style, flags, &text, &length))) return NULL;
    PyObject *o = PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
    free(text);
    return o;
}

LOCKED_SHARED(PyObject *, value_pretty, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return value_print((struct value *)self, BRINE_PRETTY, 0);
}

LOCKED_SHARED(PyObject *, value_json, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return value_print((struct value *)self, BRINE_JSON, 0);
}

PyObject *value_packet(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef((PyObject *)((struct value *)self)->owner);
}

/* A deep copy as a packet of its own, in the same pool. */
LOCKED_SHARED(PyObject *, value_pack, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return packet_of_value((struct value *)self, ((struct value *)self)->owner->pool);
}
