/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools: making, attaching, leaving. Closing refuses further use at once; the mapping goes when nobody uses it any
 * more, see module.h. What is published, and what is only looked at, is in publish.c and observe.c.
 */
#include "module.h"

#include <stdlib.h>
#include <structmember.h>

/* ---- the core's side ---- */

void core_ref(struct pool_core *core) { atomic_fetch_add(&core->refs, 1); }

void core_unref(struct pool_core *core) {
    if (atomic_fetch_sub(&core->refs, 1) == 1) free(core);
}

bool core_use(struct pool_core *core) {
    int uses = atomic_load(&core->uses);
    while (uses > 0)
        if (atomic_compare_exchange_weak(&core->uses, &uses, uses + 1)) {
            core_ref(core);
            return true;
        }
    return false;
}

void core_unuse(struct pool_core *core) {
    if (atomic_fetch_sub(&core->uses, 1) == 1) {
        brine_pool_detach(core->raw);
        core->raw = NULL;
    }
    core_unref(core);
}

int pool_live(struct pool *pool) {
    if (likely(!pool->closed)) return 0;
    PyErr_SetString(PyExc_ValueError, "the pool is closed");
    return -1;
}

/* ---- all pools of an interpreter ---- */

/* In a forked child nothing is mapped until the pool is attached again. The core does that at its first call; here it
 * is made to where arrays look into the pool, which make no calls. */
LOCKED_SHARED(PyObject *, module_after_fork, (PyObject * module, PyObject *ignored), (module, ignored)) {
    (void)ignored;
    for (struct pool *p = ((struct state *)PyModule_GetState(module))->pools; p; p = p->next)
        if (atomic_load(&p->core->uses) > !p->closed && p->core->raw) brine_pool_address(p->core->raw, 1);
    Py_RETURN_NONE;
}

static void enlist(struct pool *pool) {
    struct state *s = pool->state;
    pool->previous = NULL;
    pool->next = s->pools;
    if (s->pools) s->pools->previous = pool;
    s->pools = pool;
}

static void delist(struct pool *pool) {
    if (pool->next) pool->next->previous = pool->previous;
    if (pool->previous)
        pool->previous->next = pool->next;
    else
        pool->state->pools = pool->next;
}

/* ---- making ---- */

/* Takes raw over, also on failure. */
static PyObject *wrap(struct state *state, brine_pool *raw, bool pickle) {
    struct pool_core *core = malloc(sizeof *core);
    struct pool *pool = core ? PyObject_New(struct pool, state->pool) : (void *)PyErr_NoMemory();
    if (!pool) {
        free(core);
        brine_pool_detach(raw);
        return NULL;
    }
    atomic_init(&core->refs, 2); /* the object's, and that of its use */
    atomic_init(&core->uses, 1);
    core->raw = raw;
    pool->state = state;
    pool->core = core;
    pool->weakrefs = NULL;
    pool->closed = false;
    pool->pickle = pickle;
    enlist(pool);
    return (PyObject *)pool;
}

static struct state *state_of_type(PyObject *type) { return PyType_GetModuleState((PyTypeObject *)type); }

/* Sets a bit if the argument is true. */
static int flag(PyObject *value, unsigned bit, unsigned *flags) {
    int yes = to_flag(value, false);
    if (yes > 0) *flags |= bit;
    return yes < 0 ? -1 : 0;
}

static int creation_options(struct state *s, PyObject **given, brine_pool_options *o) {
    if (given[1] && to_size(s, given[1], &o->max_bytes)) return -1;
    if (given[2] && to_size(s, given[2], &o->initial_bytes)) return -1;
    if (given[3]) o->mode = (mode_t)PyLong_AsUnsignedLong(given[3]);
    if (PyErr_Occurred()) return -1;
    return flag(given[4], BRINE_POOL_HUGE, &o->flags) || flag(given[5], BRINE_POOL_REPLACE, &o->flags) ||
                   flag(given[6], BRINE_POOL_POPULATE, &o->flags)
               ? -1
               : 0;
}

LOCKED(PyObject *, pool_create, (PyObject * type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (type, args, nargs, kwnames)) {
    static const struct names names = {
        "create", 1, 8, {"name", "size", "initial", "mode", "huge", "replace", "populate", "pickle"}};
    struct state *s = state_of_type(type);
    brine_pool_options options = {0};
    PyObject *given[8];
    brine_pool *raw;
    if (parse_arguments(&names, args, nargs, kwnames, given) || creation_options(s, given, &options)) return NULL;
    const char *name = to_text(given[0], "a pool's name");
    int pickle = to_flag(given[7], false);
    if (!name || pickle < 0) return NULL;
    int rc = brine_pool_create(name, &options, &raw);
    return rc ? raise_status(s, rc) : wrap(s, raw, pickle);
}

LOCKED(PyObject *, pool_create_private, (PyObject * type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (type, args, nargs, kwnames)) {
    static const struct names names = {"create_private", 0, 5, {"size", "initial", "huge", "populate", "pickle"}};
    struct state *s = state_of_type(type);
    brine_pool_options options = {0};
    PyObject *given[5];
    brine_pool *raw;
    if (parse_arguments(&names, args, nargs, kwnames, given)) return NULL;
    PyObject *all[7] = {NULL, given[0], given[1], NULL, given[2], NULL, given[3]};
    int pickle = to_flag(given[4], false);
    if (pickle < 0 || creation_options(s, all, &options)) return NULL;
    int rc = brine_pool_create_private(&options, &raw);
    return rc ? raise_status(s, rc) : wrap(s, raw, pickle);
}

/* Waits without the GIL, in slices between which signals are looked at. */
static int attach(struct state *s, const char *name, const brine_pool_options *options, brine_deadline deadline,
                  brine_pool **raw) {
    brine_deadline until = brine_until(deadline), slice;
    for (;;) {
        int rc, last = sliced(until, &slice);
        PyThreadState *gil = PyEval_SaveThread();
        rc = brine_pool_attach(name, options, slice, raw);
        PyEval_RestoreThread(gil);
        if (rc == 0) return 0;
        if (last || (rc != BRINE_ENOENT && rc != BRINE_EBUSY)) return raise_int(s, rc);
        if (PyErr_CheckSignals()) return -1;
    }
}

LOCKED(PyObject *, pool_attach, (PyObject * type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (type, args, nargs, kwnames)) {
    static const struct names names = {"attach", 1, 5, {"name", "timeout", "readonly", "huge", "pickle"}};
    struct state *s = state_of_type(type);
    brine_pool_options options = {0};
    PyObject *given[5];
    brine_deadline deadline = brine_now();
    brine_pool *raw;
    if (parse_arguments(&names, args, nargs, kwnames, given) || (given[1] && to_deadline(given[1], &deadline)))
        return NULL;
    const char *name = to_text(given[0], "a pool's name");
    int pickle = to_flag(given[4], false);
    if (!name || pickle < 0 || flag(given[2], BRINE_POOL_READONLY, &options.flags) ||
        flag(given[3], BRINE_POOL_HUGE, &options.flags))
        return NULL;
    return attach(s, name, &options, deadline, &raw) ? NULL : wrap(s, raw, pickle);
}

/* ---- names ---- */

LOCKED(PyObject *, pool_unlink, (PyObject * type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (type, args, nargs, kwnames)) {
    static const struct names names = {"unlink", 1, 2, {"name", "stale"}};
    PyObject *given[2];
    if (parse_arguments(&names, args, nargs, kwnames, given)) return NULL;
    const char *name = to_text(given[0], "a pool's name");
    int stale = to_flag(given[1], false);
    if (!name || stale < 0) return NULL;
    int rc = stale ? brine_pool_unlink_stale(name) : brine_pool_unlink(name);
    if (rc) return raise_status(state_of_type(type), rc);
    Py_RETURN_NONE;
}

static int append_name(const char *name, void *list) {
    PyObject *text = PyUnicode_FromString(name);
    int rc = text ? PyList_Append(list, text) : -1;
    Py_XDECREF(text);
    return rc ? 1 : 0;
}

LOCKED(PyObject *, pool_list, (PyObject * type, PyObject *ignored), (type, ignored)) {
    PyObject *list = PyList_New(0);
    (void)ignored;
    int rc = list ? brine_pool_list(append_name, list) : 1;
    if (rc == 0) return list;
    Py_XDECREF(list);
    return rc < 0 ? raise_status(state_of_type(type), rc) : NULL;
}

LOCKED(PyObject *, pool_exists, (PyObject * type, PyObject *name), (type, name)) {
    PyObject *list = INSIDE(pool_list)(type, NULL);
    int found = list ? PySequence_Contains(list, name) : -1;
    Py_XDECREF(list);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

/* ---- leaving ---- */

static void close_pool(struct pool *pool) {
    if (pool->closed) return;
    pool->closed = true;
    core_unuse(pool->core);
}

LOCKED(PyObject *, pool_close, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    close_pool((struct pool *)self);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, pool_enter, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return pool_live((struct pool *)self) ? NULL : Py_NewRef(self);
}

LOCKED(PyObject *, pool_exit, (PyObject * self, PyObject *const *args, Py_ssize_t nargs), (self, args, nargs)) {
    (void)args, (void)nargs;
    return INSIDE(pool_close)(self, NULL);
}

LOCKED_VOID(pool_dealloc, (PyObject * self), (self)) {
    struct pool *pool = (struct pool *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (pool->weakrefs) PyObject_ClearWeakRefs(self);
    close_pool(pool);
    delist(pool);
    core_unref(pool->core);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

/* ---- packets and pipes ---- */

LOCKED(PyObject *, pool_packet, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"packet", 0, 3, {"value", "pickle", "bytes"}};
    struct pool *pool = (struct pool *)self;
    PyObject *given[3];
    brine_packet handle;
    if (parse_arguments(&names, args, nargs, kwnames, given) || pool_live(pool)) return NULL;
    int pickle = to_flag(given[1], pool->pickle);
    size_t bytes = given[2] ? PyLong_AsSize_t(given[2]) : 0;
    if (pickle < 0 || PyErr_Occurred() || packet_fill(pool, given[0], pickle, bytes, &handle)) return NULL;
    return packet_wrap(pool, handle, pickle, false);
}

LOCKED(PyObject *, pool_serve, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"serve", 1, 5, {"name", "capacity", "leases", "max_deliveries", "dead_letter"}};
    struct pool *pool = (struct pool *)self;
    PyObject *given[5];
    brine_pipe_options options = {0};
    brine_pipe *raw;
    if (parse_arguments(&names, args, nargs, kwnames, given) || pool_live(pool)) return NULL;
    const char *name = to_text(given[0], "a pipe's name");
    if (!name || flag(given[2], BRINE_PIPE_LEASES, &options.flags)) return NULL;
    unsigned long capacity = given[1] ? PyLong_AsUnsignedLong(given[1]) : 0,
                  deliveries = given[3] ? PyLong_AsUnsignedLong(given[3]) : 0;
    if (given[4] && given[4] != Py_None) options.dead_letter = to_text(given[4], "a pipe's name");
    if (PyErr_Occurred()) return NULL;
    options.capacity = capacity > BRINE_CAPACITY_MAX ? BRINE_CAPACITY_MAX + 1 : (uint32_t)capacity;
    options.max_deliveries = deliveries > UINT32_MAX ? UINT32_MAX : (uint32_t)deliveries;
    bool with = options.flags || options.max_deliveries || options.dead_letter;
    int rc = with ? brine_pipe_serve_with(pool->core->raw, name, &options, &raw)
                  : brine_pipe_serve(pool->core->raw, name, options.capacity, &raw);
    return rc ? raise_status(pool->state, rc) : pipe_open(pool, raw, true);
}

static int connect_pipe(struct pool *pool, const char *name, brine_deadline deadline, brine_pipe **raw) {
    brine_deadline until = brine_until(deadline), slice;
    for (;;) {
        int rc, last = sliced(until, &slice);
        if (pool_live(pool) || !core_use(pool->core)) return -1;
        PyThreadState *gil = PyEval_SaveThread();
        rc = brine_pipe_connect(pool->core->raw, name, slice, raw);
        PyEval_RestoreThread(gil);
        if (rc == 0 && pool->closed) brine_pipe_detach(*raw);
        core_unuse(pool->core);
        if (rc == 0) return pool_live(pool);
        if (last || rc != BRINE_ENOENT) return raise_int(pool->state, rc);
        if (PyErr_CheckSignals()) return -1;
    }
}

LOCKED(PyObject *, pool_connect, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"connect", 1, 2, {"name", "timeout"}};
    struct pool *pool = (struct pool *)self;
    PyObject *given[2];
    brine_deadline deadline = brine_now();
    brine_pipe *raw;
    if (parse_arguments(&names, args, nargs, kwnames, given) || (given[1] && to_deadline(given[1], &deadline)) ||
        pool_live(pool))
        return NULL;
    const char *name = to_text(given[0], "a pipe's name");
    return !name || connect_pipe(pool, name, deadline, &raw) ? NULL : pipe_open(pool, raw, false);
}

LOCKED(PyObject *, pool_remove, (PyObject * self, PyObject *name), (self, name)) {
    struct pool *pool = (struct pool *)self;
    const char *text = to_text(name, "a pipe's name");
    if (!text || pool_live(pool)) return NULL;
    int rc = brine_pipe_remove(pool->core->raw, text);
    if (rc) return raise_status(pool->state, rc);
    Py_RETURN_NONE;
}

/* ---- upkeep ---- */

LOCKED(PyObject *, pool_reap, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    unsigned reaped = 0;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    int rc = brine_pool_reap(pool->core->raw, &reaped);
    return rc ? raise_status(pool->state, rc) : PyLong_FromUnsignedLong(reaped);
}

LOCKED(PyObject *, pool_trim, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    uint64_t bytes = 0;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    int rc = brine_pool_trim(pool->core->raw, &bytes);
    return rc ? raise_status(pool->state, rc) : PyLong_FromUnsignedLongLong(bytes);
}

LOCKED(PyObject *, pool_interrupt, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    brine_pool_interrupt(pool->core->raw);
    Py_RETURN_NONE;
}

/* ---- attributes ---- */

LOCKED(PyObject *, get_name, (PyObject * self, void *closure), (self, closure)) {
    struct pool *pool = (struct pool *)self;
    (void)closure;
    return pool_live(pool) ? NULL : PyUnicode_FromString(brine_pool_name(pool->core->raw));
}

LOCKED(PyObject *, get_size, (PyObject * self, void *closure), (self, closure)) {
    struct pool *pool = (struct pool *)self;
    (void)closure;
    return pool_live(pool) ? NULL : PyLong_FromUnsignedLongLong(brine_pool_bytes(pool->core->raw));
}

LOCKED(PyObject *, get_closed, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return PyBool_FromLong(((struct pool *)self)->closed);
}

LOCKED(PyObject *, get_mapped, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return PyBool_FromLong(atomic_load(&((struct pool *)self)->core->uses) > 0);
}

LOCKED(PyObject *, get_pickle, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return PyBool_FromLong(((struct pool *)self)->pickle);
}

LOCKED(PyObject *, get_pristine, (PyObject * self, void *closure), (self, closure)) {
    struct pool *pool = (struct pool *)self;
    (void)closure;
    return pool_live(pool) ? NULL : PyBool_FromLong(brine_pool_is_pristine(pool->core->raw));
}

LOCKED(PyObject *, get_free, (PyObject * self, void *closure), (self, closure)) {
    struct pool *pool = (struct pool *)self;
    (void)closure;
    return pool_live(pool) ? NULL : PyLong_FromUnsignedLongLong(brine_pool_biggest_free(pool->core->raw));
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
    METHOD("create", pool_create, FAST | METH_CLASS,
           "create($type, name, size='1G', initial=0, mode=0o600, huge=False, replace=False, populate=False, "
           "pickle=False)\n--\n\nMakes a pool and attaches to it. Never waits. Others see the whole pool or "
           "none.\n\nsize: the most memory for packets and pipes, in bytes or as '256M'; only what is used is taken. "
           "initial: as much is taken at once, so that it is there for certain. populate: and touched, so that its "
           "first use is fast. mode: permission bits of the file. huge: asks for transparent huge pages. replace: "
           "removes a pool of this name first; who is attached to that one keeps it. pickle: values of other types are "
           "pickled, and *unpickled when read*; only for pools whose writers are trusted.\n\nExistsError, "
           "NameNotAllowedError, InvalidArgumentError (the size is under 64 KiB or over 16 TiB), OutOfMemoryError "
           "(/dev/shm or a limit is full), AccessError, NotSupportedError."),
    METHOD("create_private", pool_create_private, FAST | METH_CLASS,
           "create_private($type, size='1G', initial=0, huge=False, populate=False, pickle=False)\n--\n\nMakes a pool "
           "without a name, for this process and those that it forks. It is gone when the last of them is. Arguments "
           "and errors as create()."),
    METHOD("attach", pool_attach, FAST | METH_CLASS,
           "attach($type, name, timeout=0, readonly=False, huge=False, pickle=False)\n--\n\nAttaches to a pool, "
           "waiting up to timeout seconds for it to appear (None: for ever).\n\nreadonly: for info(), pipes(), peek() "
           "and the like, not for packets. huge, pickle: as in create().\n\nNotFoundError: it is not there by then. "
           "AccessError, OutOfMemoryError, LimitError (8191 processes), VersionError, ForeignError, CorruptError."),
    METHOD(
        "unlink", pool_unlink, FAST | METH_CLASS,
        "unlink($type, name, stale=False)\n--\n\nRemoves a pool's name, and its memory once nobody is attached. Who is "
        "attached carries on.\n\nstale: only if nobody is attached; BusyError otherwise. NotFoundError, AccessError."),
    METHOD("list", pool_list, METH_NOARGS | METH_CLASS, "list($type, /)\n--\n\nThe names of all pools, in order."),
    METHOD("exists", pool_exists, METH_O | METH_CLASS,
           "exists($type, name, /)\n--\n\nTrue if there is a pool of this name."),
    METHOD("close", pool_close, METH_NOARGS,
           "close($self, /)\n--\n\nLeaves the pool: packets that this process holds in it are freed, pipes are left "
           "without ending their streams. The pool stays.\n\nUse of the pool, its pipes and packets is an error from "
           "then on. Arrays that look into it go on doing so: while there are any, or a thread waits in the pool, its "
           "memory stays mapped. More than once is fine."),
    METHOD("__enter__", pool_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe pool itself."),
    METHOD("__exit__", pool_exit, METH_FASTCALL,
           "__exit__($self, /, *exception)\n--\n\nCloses it. It is not removed: that is unlink()."),
    METHOD("packet", pool_packet, FAST,
           "packet($self, value={}, pickle=False, bytes=0)\n--\n\nMakes a packet that this process holds, with a copy "
           "of the value as its root: a dict, or anything else that a packet has.\n\npickle: see create(). bytes: room "
           "to set aside in one piece, a hint. Freed when it is closed or its last reference goes, unless it was given "
           "away.\n\nTypeError: something in the value is of no type that a packet has. OverflowError, "
           "OutOfMemoryError, RecursionError (nested too deeply, or in itself). After an error nothing is left."),
    METHOD("serve", pool_serve, FAST,
           "serve($self, name, capacity=0, leases=False, max_deliveries=0, dead_letter=None)\n--\n\nMakes a pipe if it "
           "is not there, and opens it as a server, for putting and getting. Never waits.\n\ncapacity: packets that it "
           "holds, up to 1048576; 0: as it is, 64 for a new one. leases: what a reader has not acknowledged when it "
           "dies goes to the next. max_deliveries, dead_letter: after so many deliveries it goes to the pipe of that "
           "name, which is made.\n\nMismatchError: it exists with other properties. NameNotAllowedError, LimitError, "
           "OutOfMemoryError."),
    METHOD("connect", pool_connect, FAST,
           "connect($self, name, timeout=0)\n--\n\nOpens a pipe, for putting and getting, waiting up to timeout "
           "seconds for somebody to make it (None: for ever).\n\nNotFoundError: it is not there by then. "
           "MismatchError: the name is a published value's."),
    METHOD("remove", pool_remove, METH_O,
           "remove($self, name, /)\n--\n\nRemoves a pipe and frees the packets in it. Waits on it end with "
           "NotFoundError, as does this if it is not there."),
    METHOD(
        "publish", pool_publish, FAST,
        "publish($self, name, value)\n--\n\nPuts a packet under a name for everyone to look up, in place of what was "
        "there. It becomes shared, and is no longer the caller's (publish(name, p.clone()) keeps a share). Anything "
        "else is made a packet first.\n\nReaders see the old or the new value, never half of one. It survives its "
        "publisher. MismatchError: the name is a pipe's. BufferError: arrays that could write look into the packet."),
    METHOD("lookup", pool_lookup, FAST,
           "lookup($self, name, timeout=0)\n--\n\nA share of what is published under a name now, waiting up to timeout "
           "seconds for the name to appear (None: for ever). A later publish() does not change it.\n\nNotFoundError: "
           "there is nothing by then."),
    METHOD("unpublish", pool_unpublish, METH_O,
           "unpublish($self, name, /)\n--\n\nRemoves a published value. Shares that somebody has looked up stay. "
           "NotFoundError."),
    METHOD("reap", pool_reap, METH_NOARGS,
           "reap($self, /)\n--\n\nCleans up after processes that died; returns how many. Waits and allocations do it "
           "by themselves."),
    METHOD("trim", pool_trim, METH_NOARGS,
           "trim($self, /)\n--\n\nGives unused memory back to the system; returns how many bytes."),
    METHOD("interrupt", pool_interrupt, METH_NOARGS,
           "interrupt($self, /)\n--\n\nEnds every wait of this process in this pool, in any thread, with "
           "WaitInterruptedError."),
    METHOD("info", pool_info, METH_NOARGS,
           "info($self, /)\n--\n\nThe pool in numbers: name, uuid, max_bytes (its size), committed_bytes (taken from "
           "the system), used_bytes, high_bytes, table_bytes, packets, participants, pipes, published, reaps (dead "
           "processes cleaned up after), created_ns (since 1970), mode, owner_uid."),
    METHOD("pipes", pool_pipes, METH_NOARGS,
           "pipes($self, /)\n--\n\nWhat Pipe.info() gives, for every pipe, in order of their names."),
    METHOD("published", pool_published, METH_NOARGS,
           "published($self, /)\n--\n\nThe published values as dicts: name, bytes, holders, version (how often it was "
           "published)."),
    METHOD(
        "participants", pool_participants, METH_NOARGS,
        "participants($self, /)\n--\n\nThe processes that are attached, as dicts: index, pid (in its pid_namespace), "
        "command, uid, start_ns (since the machine started), alive, is_self, packets_held, bytes_held."),
    METHOD("check", pool_check, METH_NOARGS,
           "check($self, /)\n--\n\nWhat is wrong in a pool that nobody is changing, as a list of sentences: [] if "
           "nothing is."),
    METHOD("peek", pool_peek, FAST,
           "peek($self, name, nth=0, max_bytes=0)\n--\n\nA copy of the nth packet in a pipe (0: the next to be taken), "
           "or of a published value, as Python objects, without taking it.\n\nmax_bytes: where each text and array is "
           "cut; 0: nowhere. NotFoundError: there is none."),
    {0},
};
static PyGetSetDef attributes[] = {
    {"name", get_name, NULL, "The pool's name; '' for a private one.", NULL},
    {"size", get_size, NULL, "The most memory for packets and pipes, in bytes.", NULL},
    {"closed", get_closed, NULL, "True once close() was called.", NULL},
    {"mapped", get_mapped, NULL,
     "True until the mapping is gone, which is later than close() while arrays look into the pool.", NULL},
    {"pickle", get_pickle, NULL, "True if values of other types are pickled and unpickled.", NULL},
    {"is_pristine", get_pristine, NULL, "True if no packet is alive in the pool.", NULL},
    {"biggest_free", get_free, NULL, "The largest single allocation that could succeed now, in bytes.", NULL},
    {0},
};
static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct pool, weakrefs), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_doc, "A named region of shared memory that holds packets and pipes. Made by create() or attach(); a context "
                "manager that leaves the pool, and does not remove it: that is unlink().\n\nAny thread may use it. A "
                "child of fork() uses it as a participant of its own. Sent to another process (pickle, "
                "multiprocessing) it travels by its name: the other one attaches."},
    {Py_tp_dealloc, SLOT(pool_dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {0, NULL},
};
PyType_Spec pool_spec = {"brine.Pool", sizeof(struct pool), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                         slots};
