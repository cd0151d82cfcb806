/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting. What can be done at once is done with the GIL held. Otherwise the GIL is released, and the wait goes in
 * slices: between two of them signals are looked at (Ctrl-C) and whether another thread has closed the pipe meanwhile.
 *
 * The first slice is the core's own wait, which spins as long as that pays. The later ones only wait for the pipe to be
 * ready: the core counts each wait that timed out, and slices are none of the caller's.
 */
#include "module.h"

#include <time.h>

#define SLICE_NS 100000000

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int sliced(brine_deadline until, brine_deadline *slice) {
    slice->ns = until.ns == 0 ? 0 : now_ns() + SLICE_NS;
    if (until.ns > slice->ns) return 0;
    *slice = until;
    return 1;
}

/* ---- one pipe ---- */

struct operation {
    brine_pipe *pipe;
    bool reader;
    brine_packet *packets;
    size_t count, done; /* done: of `count`, when it ends */
};

static int one(struct operation *op, brine_deadline deadline) {
    int rc =
        op->reader ? brine_dequeue(op->pipe, op->packets, deadline) : brine_enqueue(op->pipe, *op->packets, deadline);
    op->done = rc == 0;
    return rc;
}

static int once(struct operation *op, brine_deadline deadline) {
    size_t left = op->count - op->done, done = 0;
    if (likely(op->count == 1)) return one(op, deadline);
    int rc = op->reader ? brine_dequeue_many(op->pipe, op->packets, left, deadline, &done)
                        : brine_enqueue_many(op->pipe, op->packets + op->done, left, deadline, &done);
    op->done += done;
    return rc;
}

/* Until the pipe is ready; what the core says of peers that are gone comes from the operation itself. */
static int later(struct operation *op, brine_deadline slice) {
    brine_wait w = {.pipe = op->pipe, .events = op->reader ? BRINE_READABLE : BRINE_WRITABLE};
    int rc = brine_wait_any(&w, 1, slice);
    if (rc) return rc;
    return once(op, (w.ready & BRINE_GONE) ? brine_milliseconds(1) : brine_now());
}

/* The core's status, or 1: an exception is set. */
static int in_slices(struct pipe *pipe, struct operation *op, brine_deadline until) {
    brine_deadline slice;
    for (bool first = true;; first = false) {
        int rc, last = sliced(until, &slice);
        PyThreadState *gil = PyEval_SaveThread();
        rc = first ? once(op, slice) : later(op, slice);
        PyEval_RestoreThread(gil);
        if (rc != BRINE_ETIMEDOUT) return rc;
        if (last && now_ns() >= until.ns)
            return first ? rc : once(op, brine_now()); /* says which pipe, in Empty or Full */
        if (PyErr_CheckSignals() || pipe_live(pipe)) return 1;
    }
}

static int operate(struct pipe *pipe, struct operation *op, brine_deadline deadline) {
    int rc = once(op, brine_now());
    if (rc != BRINE_ETIMEDOUT || deadline.ns == 0) return rc;
    struct pipe_core *core = pipe->core;
    struct pool_core *pool = core->pool;
    if (!core_use(pool)) return BRINE_ENOENT;
    atomic_fetch_add(&core->refs, 1);
    rc = in_slices(pipe, op, brine_until(deadline));
    pipe_core_unref(core);
    core_unuse(pool);
    return rc;
}

int wait_to_get(struct pipe *pipe, brine_packet *packets, size_t count, brine_deadline deadline, size_t *done) {
    struct operation op = {.pipe = pipe->core->raw, .reader = true, .packets = packets, .count = count};
    int rc = operate(pipe, &op, deadline);
    *done = op.done;
    return rc;
}

int wait_to_put(struct pipe *pipe, brine_packet *packets, size_t count, brine_deadline deadline, size_t *done) {
    struct operation op = {.pipe = pipe->core->raw, .packets = packets, .count = count};
    int rc = operate(pipe, &op, deadline);
    *done = op.done;
    return rc;
}

/* ---- several pipes ---- */

#define WAIT_MAX 128

struct waiting {
    size_t count;
    brine_wait waits[WAIT_MAX];
    PyObject *pipes[WAIT_MAX]; /* counted */
    struct pipe_core *cores[WAIT_MAX];
};

static int add(struct waiting *w, struct state *s, PyObject *object, uint32_t events) {
    if (!PyObject_TypeCheck(object, s->pipe)) {
        PyErr_Format(PyExc_TypeError, "only pipes can be waited for, not %R", (PyObject *)Py_TYPE(object));
        return -1;
    }
    struct pipe *pipe = (struct pipe *)object;
    if (pipe_live(pipe)) return -1;
    for (size_t i = 0; i < w->count; i++)
        if (w->pipes[i] == object) {
            w->waits[i].events |= events;
            return 0;
        }
    if (w->count == WAIT_MAX) {
        PyErr_Format(PyExc_ValueError, "at most %d pipes can be waited for", WAIT_MAX);
        return -1;
    }
    if (!core_use(pipe->pool->core)) return -1;
    atomic_fetch_add(&pipe->core->refs, 1);
    w->cores[w->count] = pipe->core;
    w->pipes[w->count] = Py_NewRef(object);
    w->waits[w->count++] = (brine_wait){.pipe = pipe->core->raw, .events = events};
    return 0;
}

static int add_all(struct waiting *w, struct state *s, PyObject *pipes, uint32_t events) {
    PyObject *iterator = pipes ? PyObject_GetIter(pipes) : NULL, *item;
    if (!pipes) return 0;
    while (iterator && (item = PyIter_Next(iterator)) != NULL) {
        int rc = add(w, s, item, events);
        Py_DECREF(item);
        if (rc) break;
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
}

static void remove_all(struct waiting *w) {
    for (size_t i = 0; i < w->count; i++) {
        struct pool_core *pool = w->cores[i]->pool;
        pipe_core_unref(w->cores[i]);
        core_unuse(pool);
        Py_DECREF(w->pipes[i]);
    }
}

static PyObject *ready_ones(const struct waiting *w) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < w->count; i++)
        if (w->waits[i].ready && PyList_Append(list, w->pipes[i])) Py_CLEAR(list);
    return list;
}

static PyObject *wait_for(struct waiting *w, struct state *s, brine_deadline deadline) {
    brine_deadline until = brine_until(deadline), slice;
    for (;;) {
        int rc, last = sliced(until, &slice);
        PyThreadState *gil = PyEval_SaveThread();
        rc = brine_wait_any(w->waits, w->count, slice);
        PyEval_RestoreThread(gil);
        if (rc == 0) return ready_ones(w);
        if (rc != BRINE_ETIMEDOUT) return raise_status(s, rc);
        if (last) return PyList_New(0);
        if (PyErr_CheckSignals()) return NULL;
        for (size_t i = 0; i < w->count; i++)
            if (pipe_live((struct pipe *)w->pipes[i])) return NULL;
    }
}

LOCKED_SHARED(PyObject *, module_wait, (PyObject * module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (module, args, nargs, kwnames)) {
    static const struct names names = {"wait", 1, 3, {"readers", "timeout", "writers"}};
    struct state *s = PyModule_GetState(module);
    PyObject *given[3], *ready = NULL;
    brine_deadline deadline;
    if (parse_arguments(&names, args, nargs, kwnames, given) || to_deadline(given[1], &deadline)) return NULL;
    struct waiting *w = PyMem_Calloc(1, sizeof *w);
    if (!w) return PyErr_NoMemory();
    if (add_all(w, s, given[0], BRINE_READABLE) == 0 && add_all(w, s, given[2], BRINE_WRITABLE) == 0)
        ready = w->count ? wait_for(w, s, deadline) : PyList_New(0);
    remove_all(w);
    PyMem_Free(w);
    return ready;
}

/* ---- fan-out ---- */

static int policy_of(PyObject *text, brine_policy *policy) {
    static const char *const names[] = {"block", "drop_newest", "drop_oldest"};
    *policy = BRINE_BLOCK;
    if (!text) return 0;
    for (int i = 0; i < 3; i++)
        if (PyUnicode_Check(text) && PyUnicode_CompareWithASCIIString(text, names[i]) == 0) {
            *policy = (brine_policy)i;
            return 0;
        }
    PyErr_SetString(PyExc_ValueError, "policy is 'block', 'drop_newest' or 'drop_oldest'");
    return -1;
}

/* Which outputs did not get it, as a list of bools. */
static PyObject *outcome(const int *status, size_t count) {
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++)
        if (PyList_SetItem(list, (Py_ssize_t)i, PyBool_FromLong(status[i] == 0))) Py_CLEAR(list);
    return list;
}

/* How the next slice of a fan-out goes: until the last one every policy but the one that never waits is to wait. */
static bool fan_slice(brine_policy policy, brine_deadline until, brine_policy *now, brine_deadline *slice) {
    bool last = sliced(until, slice);
    *now = policy == BRINE_DROP_NEWEST && !last ? BRINE_BLOCK : policy;
    return last || policy == BRINE_DROP_OLDEST;
}

/* Notes what became of the packet at those outputs; gives how many are to be tried again, which come first then. */
static size_t fan_noted(const int *part, size_t *which, size_t n, int *status) {
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        status[which[i]] = part[i];
        if (part[i] == BRINE_ETIMEDOUT) which[left++] = which[i];
    }
    return left;
}

/* Gives the packet to all outputs, again in slices to those that are full. The packet is consumed. */
static int fan_out(struct waiting *w, struct state *s, brine_packet packet, brine_policy policy, brine_deadline until,
                   int *status) {
    brine_deadline slice;
    brine_policy now;
    brine_pipe *outputs[WAIT_MAX];
    int part[WAIT_MAX];
    size_t which[WAIT_MAX], n = w->count;
    int failed = 0;
    for (size_t i = 0; i < n; i++) which[i] = i;
    for (;;) {
        bool last = fan_slice(policy, until, &now, &slice);
        brine_packet rest = brine_packet_none();
        for (size_t i = 0; i < n; i++) outputs[i] = w->waits[which[i]].pipe;
        PyThreadState *gil = PyEval_SaveThread();
        int rc = brine_fanout(packet, outputs, n, now, slice, part, &rest);
        PyEval_RestoreThread(gil);
        n = fan_noted(part, which, n, status);
        if (rc != BRINE_ETIMEDOUT && !failed) failed = rc;
        int interrupted = PyErr_CheckSignals();
        packet = rest;
        if (n && rest.record && !last && !interrupted) continue;
        brine_packet_free(rest);
        if (interrupted) return -1;
        if (failed || rc == 0) return failed ? raise_int(s, failed) : 0;
        PyErr_SetString(s->full, brine_detail());
        return -1;
    }
}

static int prepare(struct waiting *w, struct state *s, PyObject *pipes, struct pool **pool) {
    if (add_all(w, s, pipes, BRINE_WRITABLE)) return -1;
    if (w->count == 0) {
        PyErr_SetString(PyExc_ValueError, "no pipes to give the packet to");
        return -1;
    }
    *pool = ((struct pipe *)w->pipes[0])->pool;
    return 0;
}

LOCKED_SHARED(PyObject *, module_fanout,
              (PyObject * module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (module, args, nargs, kwnames)) {
    static const struct names names = {"fanout", 2, 4, {"item", "pipes", "policy", "timeout"}};
    struct state *s = PyModule_GetState(module);
    PyObject *given[4], *done = NULL;
    brine_deadline deadline;
    brine_policy policy;
    brine_packet handle;
    struct pool *pool;
    struct packet *of;
    int status[WAIT_MAX] = {0};
    if (parse_arguments(&names, args, nargs, kwnames, given) || policy_of(given[2], &policy) ||
        to_deadline(given[3], &deadline))
        return NULL;
    if (policy == BRINE_DROP_NEWEST && (!given[3] || given[3] == Py_None)) deadline = brine_now();
    struct waiting *w = PyMem_Calloc(1, sizeof *w);
    if (!w) return PyErr_NoMemory();
    if (prepare(w, s, given[1], &pool) == 0 && packet_to_give(pool, given[0], &handle, &of) == 0) {
        if (of) packet_given(of, handle); /* whatever happens: it is consumed */
        if (fan_out(w, s, handle, policy, brine_until(deadline), status) == 0) done = outcome(status, w->count);
    }
    remove_all(w);
    PyMem_Free(w);
    return done;
}
