/* SPDX-License-Identifier: Apache-2.0 */
/* Published values. */
#include "module.h"

LOCKED_SHARED(PyObject *, pool_publish, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (self, args, nargs, kwnames)) {
    static const struct names names = {"publish", 2, 2, {"name", "value"}};
    struct pool *pool = (struct pool *)self;
    PyObject *given[2];
    brine_packet handle;
    struct packet *of;
    if (parse_arguments(&names, args, nargs, kwnames, given) || pool_live(pool)) return NULL;
    const char *name = to_text(given[0], "the name of a value");
    if (!name || packet_to_give(pool, given[1], &handle, &of)) return NULL;
    int rc = brine_publish(pool->core->raw, name, handle);
    if (rc == 0) {
        if (of) packet_given(of, handle);
        Py_RETURN_NONE;
    }
    raise_status(pool->state, rc);
    packet_drop(of, handle);
    return NULL;
}

LOCKED_SHARED(PyObject *, pool_lookup, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (self, args, nargs, kwnames)) {
    static const struct names names = {"lookup", 1, 2, {"name", "timeout"}};
    struct pool *pool = (struct pool *)self;
    PyObject *given[2];
    brine_packet handle;
    brine_deadline deadline = brine_now(), slice;
    if (parse_arguments(&names, args, nargs, kwnames, given) || (given[1] && to_deadline(given[1], &deadline)))
        return NULL;
    const char *name = to_text(given[0], "the name of a value");
    brine_deadline until = brine_until(deadline);
    while (name && !pool_live(pool) && core_use(pool->core)) {
        int rc, last = sliced(until, &slice);
        PyThreadState *gil = PyEval_SaveThread();
        rc = brine_lookup(pool->core->raw, name, slice, &handle);
        PyEval_RestoreThread(gil);
        core_unuse(pool->core);
        if (rc == 0) return packet_wrap(pool, handle, pool->pickle, false);
        if (last || rc != BRINE_ENOENT) return raise_status(pool->state, rc);
        if (PyErr_CheckSignals()) return NULL;
    }
    return NULL;
}

LOCKED_SHARED(PyObject *, pool_unpublish, (PyObject * self, PyObject *name), (self, name)) {
    struct pool *pool = (struct pool *)self;
    const char *text = to_text(name, "the name of a value");
    if (!text || pool_live(pool)) return NULL;
    int rc = brine_unpublish(pool->core->raw, text);
    if (rc) return raise_status(pool->state, rc);
    Py_RETURN_NONE;
}
