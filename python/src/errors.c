/* SPDX-License-Identifier: Apache-2.0 */
/* From a status of the core to a Python exception, with the core's sentence on what failed. */
#include "module.h"

static PyObject *class_of(struct state *state, int status) {
    PyObject *class = status < 0 && -status < STATUS_COUNT ? state->errors[-status] : NULL;
    return class ? class : state->error;
}

static const char *why(int status) {
    const char *detail = brine_detail();
    return detail[0] ? detail : brine_status_text(status);
}

/* The library's sentences tell what to call: by its name here. Names of pools and pipes are in quotes there. */
static const struct {
    const char *there, *here;
} calls[] = {{" brine_ack ", " ack() "},          {" brine_packet_own ", " own() "},
             {" brine_packet_copy ", " copy() "}, {" brine_assign_copy ", " assigning "},
             {" brine_peek ", " peek() "},        {"; print with BRINE_JSON_NAN", ""}};

static void raise_as(PyObject *class, int status) {
    PyObject *text = PyUnicode_FromString(why(status));
    for (size_t i = 0; text && i < sizeof calls / sizeof *calls; i++) {
        PyObject *there = PyUnicode_FromString(calls[i].there), *here = PyUnicode_FromString(calls[i].here);
        PyObject *told = there && here ? PyUnicode_Replace(text, there, here, -1) : NULL;
        Py_XDECREF(there);
        Py_XDECREF(here);
        Py_DECREF(text);
        text = told;
    }
    if (text) PyErr_SetObject(class, text);
    Py_XDECREF(text);
}

PyObject *raise_status(struct state *state, int status) {
    raise_as(class_of(state, status), status);
    return NULL;
}

int raise_int(struct state *state, int status) {
    raise_status(state, status);
    return -1;
}

/* What failed must not stick: Python's caller has been told. */
int check_value(struct packet *owner, int status) {
    if (likely(status == 0)) return 0;
    struct state *state = state_of(owner);
    raise_as(status == BRINE_ENOENT ? state->deleted : class_of(state, status), status);
    brine_packet_clear_error(owner->handle);
    return -1;
}
