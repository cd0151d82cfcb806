/* SPDX-License-Identifier: Apache-2.0 */
/* Python objects as keys of a tab. */
#include "module.h"

static int not_a_key(PyObject *o) {
    PyErr_Format(PyExc_TypeError, "a key of a tab is None, a bool, number, str, bytes or a tuple of such, not %R",
                 (PyObject *)Py_TYPE(o));
    return -1;
}

/* Big integers and tuples: the core wants to see the value. */
static int scratch_key(struct pool *pool, PyObject *o, struct key *key) {
    int rc = brine_packet_new(pool->core->raw, &key->scratch);
    if (rc) return raise_int(pool->state, rc);
    struct builder b = {.pool = pool, .packet = key->scratch};
    brine_ref root = brine_root(key->scratch);
    if (build(&b, root, o)) {
        key_free(key);
        return -1;
    }
    key->key = brine_key_value(root);
    return 0;
}

static int integer_key(struct pool *pool, PyObject *o, struct key *key) {
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow) return scratch_key(pool, o, key);
    key->key = brine_key_int(i);
    return i == -1 && PyErr_Occurred() ? -1 : 0;
}

int key_of(struct pool *pool, PyObject *o, struct key *key) {
    Py_ssize_t length;
    key->scratch = brine_packet_none();
    if (PyUnicode_Check(o)) {
        const char *text = PyUnicode_AsUTF8AndSize(o, &length);
        if (!text) return -1;
        key->key = brine_key_strn(text, (size_t)length);
    } else if (PyBool_Check(o)) {
        key->key = brine_key_bool(o == Py_True);
    } else if (PyLong_Check(o)) {
        return integer_key(pool, o, key);
    } else if (PyFloat_Check(o)) {
        key->key = brine_key_double(PyFloat_AsDouble(o));
    } else if (PyComplex_Check(o)) {
        key->key = brine_key_complex(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o));
    } else if (o == Py_None) {
        key->key = brine_key_none();
    } else if (PyBytes_Check(o)) {
        char *data;
        if (PyBytes_AsStringAndSize(o, &data, &length)) return -1;
        key->key = brine_key_bytes(data, (size_t)length);
    } else if (PyTuple_Check(o) || PyObject_TypeCheck(o, pool->state->tup) || is_numpy_scalar(o)) {
        return scratch_key(pool, o, key);
    } else {
        return not_a_key(o);
    }
    return 0;
}

void key_free(struct key *key) {
    if (key->scratch.record) brine_packet_free(key->scratch);
    key->scratch = brine_packet_none();
}
