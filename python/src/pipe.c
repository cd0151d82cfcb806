/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes. Any number of threads may use one; a wait releases the GIL and holds the handle (pipe_core) meanwhile, so that
 * close() from another thread takes effect when the wait ends, within 0.1 s.
 */
#include "module.h"

#include <stdlib.h>
#include <structmember.h>

/* ---- the handle ---- */

/* The caller uses the pool, or holds the GIL while it is open. */
void pipe_core_unref(struct pipe_core *core) {
    if (atomic_fetch_sub(&core->refs, 1) != 1) return;
    if (atomic_load(&core->pool->uses) > 0) {
        if (core->end)
            brine_pipe_close(core->raw);
        else
            brine_pipe_detach(core->raw);
    }
    core_unref(core->pool);
    free(core);
}

static bool has_leases(brine_pipe *raw) {
    brine_pipe_info info;
    return brine_pipe_get_info(brine_pipe_pool(raw), brine_pipe_name(raw), &info) == 0 && info.leases;
}

/* Takes raw over, also on failure. */
PyObject *pipe_open(struct pool *pool, brine_pipe *raw, bool server) {
    struct pipe_core *core = malloc(sizeof *core);
    struct pipe *pipe = core ? PyObject_GC_New(struct pipe, pool->state->pipe) : (void *)PyErr_NoMemory();
    if (!pipe) {
        free(core);
        brine_pipe_detach(raw);
        return NULL;
    }
    atomic_init(&core->refs, 1);
    core->end = false;
    core->raw = raw;
    core->pool = pool->core;
    core_ref(core->pool);
    Py_INCREF((PyObject *)pool);
    pipe->state = pool->state;
    pipe->pool = pool;
    pipe->core = core;
    pipe->readable = pipe->writable = NULL;
    pipe->waiters = NULL;
    pipe->weakrefs = NULL;
    pipe->epoch = atomic_load(&brine_fork_epoch);
    pipe->closed = false;
    pipe->server = server;
    pipe->leases = has_leases(raw);
    PyObject_GC_Track((PyObject *)pipe);
    return (PyObject *)pipe;
}

/* A forked child has neither the parent's threads nor a descriptor of its own. */
static void forked(struct pipe *pipe, unsigned epoch) {
    if (pipe->readable) poller_stop(pipe->readable, true);
    if (pipe->writable) poller_stop(pipe->writable, true);
    pipe->readable = pipe->writable = NULL;
    Py_CLEAR(pipe->waiters);
    pipe->epoch = epoch;
}

int pipe_live(struct pipe *pipe) {
    unsigned epoch = atomic_load_explicit(&brine_fork_epoch, memory_order_relaxed);
    if (unlikely(pipe->epoch != epoch)) forked(pipe, epoch);
    if (likely(!pipe->closed && !pipe->pool->closed)) return 0;
    PyErr_SetString(PyExc_ValueError, pipe->closed ? "the pipe is closed" : "the pool of the pipe is closed");
    return -1;
}

/* Tasks of asyncio that wait find out that it is closed. */
static void wake_tasks(struct pipe *pipe) {
    PyObject *type, *what, *trace, *done = NULL;
    if (!pipe->waiters) return;
    PyErr_Fetch(&type, &what, &trace);
    PyObject *aio = PyImport_ImportModule("brine._aio");
    if (aio) done = PyObject_CallMethod(aio, "closed", "O", pipe->waiters);
    if (!done) PyErr_WriteUnraisable((PyObject *)pipe->pool);
    Py_XDECREF(done);
    Py_XDECREF(aio);
    PyErr_Restore(type, what, trace);
}

/* end: as a server, and the last one, it ends the stream. */
static void leave(struct pipe *pipe, bool end) {
    unsigned epoch = atomic_load(&brine_fork_epoch);
    if (pipe->epoch != epoch) forked(pipe, epoch);
    if (pipe->closed) return;
    pipe->closed = true;
    pipe->core->end = end;
    if (pipe->readable) poller_stop(pipe->readable, false);
    if (pipe->writable) poller_stop(pipe->writable, false);
    pipe->readable = pipe->writable = NULL;
    bool used = core_use(pipe->pool->core);
    pipe_core_unref(pipe->core);
    if (used) core_unuse(pipe->pool->core);
    pipe->core = NULL;
    wake_tasks(pipe);
}

LOCKED(PyObject *, pipe_close, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    leave((struct pipe *)self, true);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, pipe_detach, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    leave((struct pipe *)self, false);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, pipe_enter, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return pipe_live((struct pipe *)self) ? NULL : Py_NewRef(self);
}

/* After an exception what was to follow is missing: readers are not to take that for the end. */
LOCKED(PyObject *, pipe_exit, (PyObject * self, PyObject *const *args, Py_ssize_t nargs), (self, args, nargs)) {
    leave((struct pipe *)self, nargs == 0 || args[0] == Py_None);
    Py_RETURN_NONE;
}

static int pipe_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((struct pipe *)self)->waiters);
    return 0;
}

static int pipe_clear(PyObject *self) {
    Py_CLEAR(((struct pipe *)self)->waiters);
    return 0;
}

LOCKED_VOID(pipe_dealloc, (PyObject * self), (self)) {
    struct pipe *pipe = (struct pipe *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (pipe->weakrefs) PyObject_ClearWeakRefs(self);
    leave(pipe, false);
    Py_CLEAR(pipe->waiters);
    Py_DECREF((PyObject *)pipe->pool);
    PyObject_GC_Del(self);
    Py_DECREF((PyObject *)type);
}

/* ---- put and get ---- */

/* block=True, timeout=None, as in queue.Queue. */
static int when(PyObject *block, PyObject *timeout, brine_deadline *deadline) {
    int yes = to_flag(block, true);
    *deadline = brine_now();
    return yes < 0 ? -1 : yes ? to_deadline(timeout, deadline) : 0;
}

/* The descriptor is readable as long as the pipe is; when it may no longer be, the poller looks again. */
void pipe_rearm(struct pipe *pipe, bool writing) {
    struct poller *poller = writing ? pipe->writable : pipe->readable;
    if (likely(!poller) || pipe->closed || pipe->pool->closed) return;
    size_t length = brine_pipe_length(pipe->core->raw);
    if (writing ? length >= brine_pipe_capacity(pipe->core->raw) : length == 0) poller_arm(poller);
}

PyObject *pipe_failed(struct pipe *pipe, int rc, PyObject *timed_out) {
    if (rc == BRINE_ETIMEDOUT)
        PyErr_SetString(timed_out, brine_detail());
    else if (rc < 0)
        raise_status(pipe->state, rc);
    return NULL;
}

static PyObject *get(struct pipe *pipe, brine_deadline deadline) {
    brine_packet packet;
    size_t done;
    if (pipe_live(pipe)) return NULL;
    int rc = wait_to_get(pipe, &packet, 1, deadline, &done);
    pipe_rearm(pipe, false);
    return rc ? pipe_failed(pipe, rc, pipe->state->empty)
              : packet_wrap(pipe->pool, packet, pipe->pool->pickle, pipe->leases);
}

static PyObject *put(struct pipe *pipe, PyObject *value, brine_deadline deadline) {
    brine_packet handle;
    struct packet *of;
    size_t done;
    if (pipe_live(pipe) || packet_to_give(pipe->pool, value, &handle, &of)) return NULL;
    if (of) of->barred |= BARRED_PUTTING; /* another thread keeps its hands off while this one waits without the GIL */
    int rc = pipe_live(pipe) ? 1 : wait_to_put(pipe, &handle, 1, deadline, &done); /* making it may have run anything */
    if (of) of->barred &= (uint8_t)~BARRED_PUTTING;
    pipe_rearm(pipe, true);
    if (rc == 0) {
        if (of) packet_given(of, handle);
        Py_RETURN_NONE;
    }
    pipe_failed(pipe, rc, pipe->state->full);
    packet_drop(of, handle);
    return NULL;
}

LOCKED(PyObject *, pipe_get, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"get", 0, 2, {"block", "timeout"}};
    PyObject *given[2];
    brine_deadline deadline;
    if (parse_arguments(&names, args, nargs, kwnames, given) || when(given[0], given[1], &deadline)) return NULL;
    return get((struct pipe *)self, deadline);
}

LOCKED(PyObject *, pipe_put, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"put", 1, 3, {"item", "block", "timeout"}};
    PyObject *given[3];
    brine_deadline deadline;
    if (parse_arguments(&names, args, nargs, kwnames, given) || when(given[1], given[2], &deadline)) return NULL;
    return put((struct pipe *)self, given[0], deadline);
}

LOCKED(PyObject *, pipe_get_nowait, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return get((struct pipe *)self, brine_now());
}

LOCKED(PyObject *, pipe_put_nowait, (PyObject * self, PyObject *item), (self, item)) {
    return put((struct pipe *)self, item, brine_now());
}

/* ---- iterating until the stream ends ---- */

LOCKED(PyObject *, pipe_next, (PyObject * self), (self)) {
    struct pipe *pipe = (struct pipe *)self;
    PyObject *packet = get(pipe, brine_forever());
    if (!packet && PyErr_ExceptionMatches(pipe->state->shut_down)) PyErr_Clear();
    return packet;
}

/* ---- looking ---- */

LOCKED(Py_ssize_t, length, (PyObject * self), (self)) {
    struct pipe *pipe = (struct pipe *)self;
    return pipe_live(pipe) ? -1 : (Py_ssize_t)brine_pipe_length(pipe->core->raw);
}

LOCKED(PyObject *, pipe_qsize, (PyObject * self, PyObject *ignored), (self, ignored)) {
    Py_ssize_t n = INSIDE(length)(self);
    (void)ignored;
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

LOCKED(PyObject *, pipe_empty, (PyObject * self, PyObject *ignored), (self, ignored)) {
    Py_ssize_t n = INSIDE(length)(self);
    (void)ignored;
    return n < 0 ? NULL : PyBool_FromLong(n == 0);
}

LOCKED(PyObject *, pipe_full, (PyObject * self, PyObject *ignored), (self, ignored)) {
    Py_ssize_t n = INSIDE(length)(self);
    (void)ignored;
    return n < 0 ? NULL : PyBool_FromLong((size_t)n >= brine_pipe_capacity(((struct pipe *)self)->core->raw));
}

LOCKED(PyObject *, pipe_expect, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"expect", 0, 2, {"server", "reader"}};
    struct pipe *pipe = (struct pipe *)self;
    PyObject *given[2];
    if (parse_arguments(&names, args, nargs, kwnames, given) || pipe_live(pipe)) return NULL;
    int server = to_flag(given[0], false), reader = to_flag(given[1], false);
    if (server < 0 || reader < 0) return NULL;
    int rc =
        brine_pipe_expect(pipe->core->raw, (server ? BRINE_EXPECT_SERVER : 0) | (reader ? BRINE_EXPECT_READER : 0));
    if (rc) return raise_status(pipe->state, rc);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, pipe_interrupt, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pipe *pipe = (struct pipe *)self;
    (void)ignored;
    if (pipe_live(pipe)) return NULL;
    brine_pipe_interrupt(pipe->core->raw);
    Py_RETURN_NONE;
}

/* ---- descriptors ---- */

static PyObject *descriptor(PyObject *self, bool writing) {
    struct pipe *pipe = (struct pipe *)self;
    if (pipe_live(pipe)) return NULL;
    struct poller **poller = writing ? &pipe->writable : &pipe->readable;
    if (!*poller) *poller = poller_new(pipe, writing ? BRINE_WRITABLE : BRINE_READABLE);
    return *poller ? PyLong_FromLong(poller_fd(*poller)) : NULL;
}

LOCKED(PyObject *, pipe_fileno, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return descriptor(self, false);
}

LOCKED(PyObject *, pipe_writable_fileno, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return descriptor(self, true);
}

/* ---- attributes ---- */

LOCKED(PyObject *, get_name, (PyObject * self, void *closure), (self, closure)) {
    struct pipe *pipe = (struct pipe *)self;
    (void)closure;
    return pipe_live(pipe) ? NULL : PyUnicode_FromString(brine_pipe_name(pipe->core->raw));
}

LOCKED(PyObject *, get_capacity, (PyObject * self, void *closure), (self, closure)) {
    struct pipe *pipe = (struct pipe *)self;
    (void)closure;
    return pipe_live(pipe) ? NULL : PyLong_FromSize_t(brine_pipe_capacity(pipe->core->raw));
}

LOCKED(PyObject *, get_ended, (PyObject * self, void *closure), (self, closure)) {
    struct pipe *pipe = (struct pipe *)self;
    (void)closure;
    return pipe_live(pipe) ? NULL : PyBool_FromLong(brine_pipe_is_closed(pipe->core->raw));
}

LOCKED(PyObject *, get_closed, (PyObject * self, void *closure), (self, closure)) {
    struct pipe *pipe = (struct pipe *)self;
    (void)closure;
    return PyBool_FromLong(pipe->closed || pipe->pool->closed);
}

static PyObject *get_pool(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef((PyObject *)((struct pipe *)self)->pool);
}

static PyObject *get_server(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(((struct pipe *)self)->server);
}

static PyObject *get_leases(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(((struct pipe *)self)->leases);
}

LOCKED(PyObject *, get_waiters, (PyObject * self, void *closure), (self, closure)) {
    PyObject *waiters = ((struct pipe *)self)->waiters;
    (void)closure;
    return Py_NewRef(waiters ? waiters : Py_None);
}

LOCKED(int, set_waiters, (PyObject * self, PyObject *value, void *closure), (self, value, closure)) {
    struct pipe *pipe = (struct pipe *)self;
    PyObject *old = pipe->waiters;
    (void)closure;
    pipe->waiters = value ? Py_NewRef(value) : NULL;
    Py_XDECREF(old);
    return 0;
}

static PyMethodDef methods[] = {
    METHOD("put", pipe_put, FAST,
           "put($self, item, block=True, timeout=None)\n--\n\nPuts a packet at the end, by reference; it is then no "
           "longer the caller's. Anything else is made a packet first.\n\nWaits while the pipe is full: for ever, for "
           "timeout seconds, or with block=False not at all. After an error the packet is still the caller's.\n\nFull: "
           "until then there was no room. ShutDown: the stream has ended. BufferError: arrays look into the packet; "
           "delete them, or put(p.share()) to go on reading it. NotHeldError, OtherPoolError, PeerGoneError (see "
           "expect()), WaitInterruptedError, NotFoundError (the pipe was removed); for other objects also what "
           "Pool.packet() raises."),
    METHOD("get", pipe_get, FAST,
           "get($self, block=True, timeout=None)\n--\n\nTakes the oldest packet, which is then the caller's: freed "
           "when it is closed or its last reference goes.\n\nWaits as put(). Empty: nothing came. ShutDown: the stream "
           "has ended and everything was taken. PeerGoneError (see expect()), WaitInterruptedError, NotFoundError (the "
           "pipe was removed)."),
    METHOD("put_nowait", pipe_put_nowait, METH_O, "put_nowait($self, item, /)\n--\n\nput(item, block=False)."),
    METHOD("get_nowait", pipe_get_nowait, METH_NOARGS, "get_nowait($self, /)\n--\n\nget(block=False)."),
    METHOD(
        "put_many", pipe_put_many, FAST,
        "put_many($self, items, timeout=None)\n--\n\nPuts the items of an iterable in order, as so many put() "
        "would, at a part of the cost; returns how many.\n\n"
        "The iterable is read to its end first. Others may put in between. timeout: seconds for all of them. When it "
        "raises, what went before stays in the pipe, and the exception's attribute `rest` is a list of the items that "
        "did not go, which are still the caller's: Full and Ctrl-C may be followed by put_many(error.rest)."),
    METHOD("get_many", pipe_get_many, FAST,
           "get_many($self, max, timeout=None)\n--\n\nTakes the oldest packets, at least one and up to max, as a "
           "list; they are then the caller's.\n\n"
           "Waits as get(), and only while the pipe is empty: it does not wait for more to come. Empty; ShutDown."),
    METHOD("qsize", pipe_qsize, METH_NOARGS, "qsize($self, /)\n--\n\nPackets in the pipe now."),
    METHOD("empty", pipe_empty, METH_NOARGS, "empty($self, /)\n--\n\nTrue if there are none now."),
    METHOD("full", pipe_full, METH_NOARGS, "full($self, /)\n--\n\nTrue if there is no room now."),
    METHOD("close", pipe_close, METH_NOARGS,
           "close($self, /)\n--\n\nGives the handle back. For the last server this ends the stream: readers take what "
           "is left, then get ShutDown, and writers at once. Waits of other threads on this handle end with ValueError "
           "within 0.1 s. More than once is fine."),
    METHOD("detach", pipe_detach, METH_NOARGS,
           "detach($self, /)\n--\n\nGives the handle back without ending the stream, as the end of the process would."),
    METHOD("__enter__", pipe_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe pipe itself."),
    METHOD("__exit__", pipe_exit, METH_FASTCALL,
           "__exit__($self, /, *exception)\n--\n\nCloses it; after an exception detaches it, so that readers do not "
           "take a stream that broke off for one that ended."),
    METHOD("expect", pipe_expect, FAST,
           "expect($self, server=False, reader=False)\n--\n\nMakes waits on this handle end with PeerGoneError, within "
           "0.2 s, while no process serves the pipe any more (server), or none reads it any more (reader); neither: as "
           "at first. Before the first one came, they wait for it. What can be done without waiting is done."),
    METHOD("interrupt", pipe_interrupt, METH_NOARGS,
           "interrupt($self, /)\n--\n\nEnds every wait of this process on this pipe with WaitInterruptedError."),
    METHOD("fileno", pipe_fileno, METH_NOARGS,
           "fileno($self, /)\n--\n\nA descriptor for select, poll and epoll that is readable when get_nowait() is "
           "worth trying. It is the pipe's, which closes it; a thread, which is not Python's, serves it until then."),
    METHOD("writable_fileno", pipe_writable_fileno, METH_NOARGS,
           "writable_fileno($self, /)\n--\n\nThe same for put_nowait(): it is *readable* when there is room."),
    METHOD("info", pipe_info, METH_NOARGS,
           "info($self, /)\n--\n\nThe pipe in numbers: name, capacity, depth (packets in it now), packets_in, "
           "packets_out, bytes_in, bytes_out, timeouts_in, timeouts_out, drops (by fanout()), servers, clients "
           "(handles open now), blocked_writers, blocked_readers (threads that wait now), closed (the stream has "
           "ended), leases, leased (not yet acknowledged), max_deliveries, dead_letter, returned, dead_letters."),
    {0},
};
static PyGetSetDef attributes[] = {
    {"name", get_name, NULL, "The pipe's name.", NULL},
    {"pool", get_pool, NULL, "The pool that it is in.", NULL},
    {"capacity", get_capacity, NULL, "Packets that it holds.", NULL},
    {"ended", get_ended, NULL, "True if the stream has ended (there may still be packets to take).", NULL},
    {"closed", get_closed, NULL, "True once this handle was given back.", NULL},
    {"server", get_server, NULL, "True if it was opened by serve().", NULL},
    {"leases", get_leases, NULL, "True if readers have leases on packets.", NULL},
    {"_waiters", get_waiters, set_waiters, NULL, NULL},
    {0},
};
static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct pipe, weakrefs), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_doc,
     "A bounded FIFO of packets: any number of writers and readers in any processes, each packet goes to one "
     "reader.\n\nMade by Pool.serve() or Pool.connect(). A context manager that closes it, or after an exception "
     "detaches it: what was to follow is missing then. Iterating takes packets until the stream ends, also with async "
     "for. A handle that is only dropped does not end the stream. Waits release the GIL and can be interrupted by "
     "Ctrl-C. Any thread may use it, and a child of fork(). Sent to another process it travels by its name."},
    {Py_tp_dealloc, SLOT(pipe_dealloc)},
    {Py_tp_traverse, SLOT(pipe_traverse)},
    {Py_tp_clear, SLOT(pipe_clear)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {Py_tp_iter, SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, SLOT(pipe_next)},
    {0, NULL},
};
PyType_Spec pipe_spec = {"brine.Pipe", sizeof(struct pipe), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
