/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of fast calls, and what several functions take: deadlines, sizes, names. */
#include "module.h"

#include <math.h>

static int name_index(const struct names *names, PyObject *name) {
    for (int i = 0; i < names->count; i++)
        if (PyUnicode_CompareWithASCIIString(name, names->name[i]) == 0) return i;
    return -1;
}

/* out: names->count entries, borrowed, NULL where nothing was given. */
int parse_arguments(const struct names *names, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                    PyObject **out) {
    for (int i = 0; i < names->count; i++) out[i] = i < nargs ? args[i] : NULL;
    if (nargs > names->count) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d arguments (%zd given)", names->function, names->count,
                     nargs);
        return -1;
    }
    Py_ssize_t keywords = kwnames ? PyTuple_Size(kwnames) : 0;
    for (Py_ssize_t k = 0; k < keywords; k++) {
        PyObject *name = PyTuple_GetItem(kwnames, k);
        int i = name_index(names, name);
        if (i < 0 || out[i]) {
            PyErr_Format(PyExc_TypeError,
                         i < 0 ? "%s() got an unexpected keyword argument '%U'"
                               : "%s() got multiple values for argument '%U'",
                         names->function, name);
            return -1;
        }
        out[i] = args[nargs + k];
    }
    for (int i = 0; i < names->required; i++)
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'", names->function, names->name[i]);
            return -1;
        }
    return 0;
}

int to_deadline(PyObject *timeout, brine_deadline *deadline) {
    *deadline = brine_forever();
    if (!timeout || timeout == Py_None) return 0;
    double seconds = PyFloat_AsDouble(timeout);
    if (seconds == -1 && PyErr_Occurred()) return -1;
    if (isnan(seconds) || seconds < 0) {
        PyErr_SetString(PyExc_ValueError, "'timeout' must be a non-negative number of seconds, or None");
        return -1;
    }
    *deadline = brine_seconds(seconds);
    return 0;
}

int to_size(struct state *state, PyObject *size, uint64_t *bytes) {
    if (!PyUnicode_Check(size)) {
        *bytes = PyLong_AsUnsignedLongLong(size);
        return PyErr_Occurred() ? -1 : 0;
    }
    const char *text = to_text(size, "the size");
    if (!text) return -1;
    int rc = brine_parse_size(text, bytes);
    return rc ? raise_int(state, rc) : 0;
}

int to_flag(PyObject *value, bool otherwise) { return value ? PyObject_IsTrue(value) : otherwise; }

const char *to_text(PyObject *value, const char *what) {
    Py_ssize_t length;
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be a str, not %R", what, (PyObject *)Py_TYPE(value));
        return NULL;
    }
    const char *text = PyUnicode_AsUTF8AndSize(value, &length);
    if (text && strlen(text) != (size_t)length) {
        PyErr_Format(PyExc_ValueError, "%s has a NUL character", what);
        return NULL;
    }
    return text;
}
