/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several packets in one call. What is to be put is made into packets and handed to the core a batch at a time, so that
 * a long list of values does not have to fit into the pool. An item that cannot be put ends its batch before it: those
 * before it go first, and it raises when it is the first of a batch. So the order is that of single calls.
 */
#include "module.h"

#define BATCH 64 /* what the core has in hand at once */

struct batch {
    size_t count;
    brine_packet handles[BATCH];
    struct packet *of[BATCH]; /* NULL: made from a value */
};

/* How many of the items from `first` on are ready to be put; 0: the first of them raised. What is no Exception, as
 * Ctrl-C, stays raised in any case. */
static size_t collect(struct pipe *pipe, PyObject *items, Py_ssize_t first, struct batch *b) {
    Py_ssize_t n = PyList_Size(items);
    for (b->count = 0; b->count < BATCH && first + (Py_ssize_t)b->count < n; b->count++) {
        PyObject *item = PyList_GetItem(items, first + (Py_ssize_t)b->count);
        if (packet_to_give(pipe->pool, item, &b->handles[b->count], &b->of[b->count])) {
            if (b->count && PyErr_ExceptionMatches(PyExc_Exception)) PyErr_Clear();
            break;
        }
        if (b->of[b->count]) b->of[b->count]->barred |= BARRED_PUTTING;
    }
    return b->count;
}

/* The first `done` of them went. */
static void settle(struct batch *b, size_t done) {
    for (size_t i = 0; i < b->count; i++) {
        struct packet *of = b->of[i];
        if (of) of->barred &= (uint8_t)~BARRED_PUTTING;
        if (i >= done)
            packet_drop(of, b->handles[i]);
        else if (of)
            packet_given(of, b->handles[i]);
    }
}

/* How many went; all, unless an exception is set. */
static Py_ssize_t put_items(struct pipe *pipe, PyObject *items, brine_deadline until) {
    struct batch b;
    Py_ssize_t n = PyList_Size(items), total = 0;
    while (total < n) {
        size_t done = 0;
        if (pipe_live(pipe) || collect(pipe, items, total, &b) == 0) break;
        /* Once more: making packets may have run anything. */
        int rc = PyErr_Occurred() || pipe_live(pipe) ? 1 : wait_to_put(pipe, b.handles, b.count, until, &done);
        if (rc) pipe_failed(pipe, rc, pipe->state->full);
        settle(&b, done);
        total += (Py_ssize_t)done;
        if (rc) break;
    }
    if (!PyErr_Occurred()) pipe_rearm(pipe, true);
    return total;
}

/* Beside the exception that is set. */
static void tell_rest(PyObject *items, Py_ssize_t done) {
    PyObject *type, *what, *trace;
    PyErr_Fetch(&type, &what, &trace);
    PyErr_NormalizeException(&type, &what, &trace);
    PyObject *rest = PyList_GetSlice(items, done, PyList_Size(items));
    if (!rest || PyObject_SetAttrString(what, "rest", rest)) PyErr_Clear();
    Py_XDECREF(rest);
    PyErr_Restore(type, what, trace);
}

LOCKED_SHARED(PyObject *, pipe_put_many, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (self, args, nargs, kwnames)) {
    static const struct names names = {"put_many", 1, 2, {"items", "timeout"}};
    PyObject *given[2];
    brine_deadline deadline;
    if (parse_arguments(&names, args, nargs, kwnames, given) || to_deadline(given[1], &deadline)) return NULL;
    PyObject *items = PySequence_List(given[0]);
    if (!items) return NULL;
    Py_ssize_t done = put_items((struct pipe *)self, items, brine_until(deadline));
    bool failed = PyErr_Occurred() != NULL;
    if (failed) tell_rest(items, done);
    Py_DECREF(items);
    return failed ? NULL : PyLong_FromSsize_t(done);
}

/* ---- taking ---- */

/* Those that cannot be wrapped for want of memory are freed. */
static PyObject *wrap_all(struct pipe *pipe, const brine_packet *packets, size_t count) {
    PyObject *list = PyList_New((Py_ssize_t)count);
    size_t i = 0;
    for (; list && i < count; i++) {
        PyObject *packet = packet_wrap(pipe->pool, packets[i], pipe->pool->pickle, pipe->leases);
        if (!packet || PyList_SetItem(list, (Py_ssize_t)i, packet)) Py_CLEAR(list);
    }
    for (; !list && i < count; i++) brine_packet_free(packets[i]);
    return list;
}

/* The core gives up to a batch: where there was a whole one there may be more. */
static int take(struct pipe *pipe, brine_packet *packets, size_t max, brine_deadline deadline, size_t *total) {
    size_t done;
    int rc = wait_to_get(pipe, packets, max, deadline, total);
    for (done = *total; rc == 0 && done >= BATCH && *total < max; *total += done)
        if (pipe->closed || pipe->pool->closed || wait_to_get(pipe, packets + *total, max - *total, brine_now(), &done))
            break;
    return rc;
}

static PyObject *get_up_to(struct pipe *pipe, size_t max, brine_deadline deadline) {
    size_t done, capacity = brine_pipe_capacity(pipe->core->raw);
    if (max > capacity) max = capacity;
    brine_packet *packets = PyMem_Malloc(max * sizeof *packets);
    if (!packets) return PyErr_NoMemory();
    int rc = take(pipe, packets, max, deadline, &done);
    pipe_rearm(pipe, false);
    PyObject *list = rc ? pipe_failed(pipe, rc, pipe->state->empty) : wrap_all(pipe, packets, done);
    PyMem_Free(packets);
    return list;
}

LOCKED_SHARED(PyObject *, pipe_get_many, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (self, args, nargs, kwnames)) {
    static const struct names names = {"get_many", 1, 2, {"max", "timeout"}};
    PyObject *given[2];
    brine_deadline deadline;
    if (parse_arguments(&names, args, nargs, kwnames, given) || to_deadline(given[1], &deadline)) return NULL;
    Py_ssize_t max = PyNumber_AsSsize_t(given[0], NULL); /* any number; a huge one is cut */
    if (max == -1 && PyErr_Occurred()) return NULL;
    if (max < 1) {
        PyErr_SetString(PyExc_ValueError, "'max' must be at least 1");
        return NULL;
    }
    return pipe_live((struct pipe *)self) ? NULL : get_up_to((struct pipe *)self, (size_t)max, deadline);
}
