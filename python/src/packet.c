/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets: who holds one, and until when.
 *
 * A Packet is let go by close(), leaving a with block, or its last reference. While buffers of it are exported it is
 * only marked, and the last of them lets it go. A leased one that nobody was done with goes back to its pipe.
 */
#include "module.h"

#include <structmember.h>

/* ---- making ---- */

PyObject *packet_wrap(struct pool *pool, brine_packet handle, bool pickle, bool leased) {
    struct packet *p = PyObject_New(struct packet, pool->state->packet);
    if (unlikely(!p)) {
        brine_packet_free(handle);
        return NULL;
    }
    Py_INCREF((PyObject *)pool);
    p->owner = p;
    p->ref = brine_root(handle);
    p->pin = NULL;
    p->handle = handle;
    p->pool = pool;
    p->weakrefs = NULL;
    p->exports = NULL;
    p->export_count = p->writable_exports = 0;
    p->epoch = atomic_load_explicit(&brine_fork_epoch, memory_order_relaxed);
    p->barred = 0;
    p->done = false;
    p->pickle = pickle;
    p->leased = leased;
    return (PyObject *)p;
}

/* A packet with this value as its root; NULL: an empty tab. */
int packet_fill(struct pool *pool, PyObject *value, bool pickle, size_t bytes, brine_packet *handle) {
    int rc = bytes ? brine_packet_new_sized(pool->core->raw, bytes, handle) : brine_packet_new(pool->core->raw, handle);
    if (unlikely(rc)) return raise_int(pool->state, rc);
    struct builder b = {.pool = pool, .packet = *handle, .pickle = pickle};
    if (likely(!value || build(&b, brine_root(*handle), value) == 0)) return 0;
    brine_packet_free(*handle);
    return -1;
}

PyObject *packet_of_value(struct value *value, struct pool *pool) {
    brine_packet copy;
    if (value_live(value) || pool_live(pool)) return NULL;
    int rc = brine_packet_copy(value->ref, pool->core->raw, &copy);
    return rc ? raise_status(pool->state, rc) : packet_wrap(pool, copy, value->owner->pickle, false);
}

/* ---- letting go ---- */

static bool same_process(const struct packet *p) {
    return p->epoch == atomic_load_explicit(&brine_fork_epoch, memory_order_relaxed);
}

int packet_dead(struct packet *p) {
    struct state *s = p->pool->state;
    PyObject *class = s->errors[-BRINE_ENOTHELD];
    if (p->pool->closed)
        PyErr_SetString(class, "the pool of the packet was closed");
    else if (!same_process(p))
        PyErr_SetString(class,
                        "the packet belongs to the process that this one was forked from; send it through a pipe");
    else if (p->barred & BARRED_PUTTING)
        PyErr_SetString(class, "another thread is putting the packet into a pipe");
    else if (p->barred)
        PyErr_SetString(class, "the packet was closed");
    else
        PyErr_SetString(class, "the packet was closed or given away");
    return -1;
}

int packet_lent(struct packet *p, const char *action) {
    if (likely(!p->exports)) return 0;
    PyErr_Format(PyExc_BufferError,
                 "the packet cannot be %s while %u arrays or buffers look into it; delete them first (del x)", action,
                 p->export_count);
    return -1;
}

/* Nothing looks into it any more. */
static void let_go(struct packet *p) {
    brine_packet handle = p->handle;
    p->handle = brine_packet_none();
    p->barred = 0;
    if (!handle.record || !same_process(p)) return;
    if (p->pool->closed && !core_use(p->pool->core)) return; /* detached: it was freed then */
    if (!p->leased || p->done || brine_nack(handle)) brine_packet_free(handle);
    if (p->pool->closed) core_unuse(p->pool->core);
}

static void close_packet(struct packet *p) {
    if (!p->handle.record || (p->barred & BARRED_PUTTING)) return;
    if (p->exports)
        p->barred |= BARRED_CLOSING;
    else
        let_go(p);
}

bool packet_export(struct packet *p, struct export *e, const brine_array *array) {
    if (!core_use(p->pool->core)) return !pool_live(p->pool);
    *e = (struct export){.owner = p, .next = p->exports, .data = array->data, .writable = array->writable};
    if (p->exports) p->exports->previous = e;
    p->exports = e;
    p->export_count++;
    p->writable_exports += e->writable;
    return true;
}

/* The caller holds a reference on something of the packet. */
void packet_unexport(struct export *e) {
    struct packet *p = e->owner;
    if (e->next) e->next->previous = e->previous;
    if (e->previous)
        e->previous->next = e->next;
    else
        p->exports = e->next;
    p->export_count--;
    p->writable_exports -= e->writable;
    if ((p->barred & BARRED_CLOSING) && !p->exports) let_go(p);
    core_unuse(p->pool->core);
}

void packet_gone(struct packet *p) { p->handle = brine_packet_none(); }

/* Buffers for reading may go on looking at a shared packet: what is given away is another share. */
int packet_hand_over(struct packet *p, brine_packet *handle) {
    *handle = p->handle;
    if (!p->exports) return 0;
    if (p->writable_exports || !brine_packet_is_shared(p->handle)) return packet_lent(p, "given away");
    return check_value(p, brine_packet_clone(p->handle, handle));
}

/* A packet to give away, of a Packet or of a value. *of: the Packet, whose handle is to be forgotten then. */
int packet_to_give(struct pool *pool, PyObject *value, brine_packet *handle, struct packet **of) {
    *of = NULL;
    if (!PyObject_TypeCheck(value, pool->state->packet)) return packet_fill(pool, value, pool->pickle, 0, handle);
    struct packet *p = (struct packet *)value;
    if (packet_live(p) || packet_hand_over(p, handle)) return -1;
    *of = p;
    return 0;
}

void packet_given(struct packet *p, brine_packet handle) {
    p->leased = false;
    if (handle.record == p->handle.record)
        packet_gone(p);
    else
        close_packet(p); /* its own share goes with the last buffer */
}

void packet_drop(struct packet *p, brine_packet handle) {
    if (!p || handle.record != p->handle.record) brine_packet_free(handle);
}

LOCKED_VOID(packet_dealloc, (PyObject * self), (self)) {
    struct packet *p = (struct packet *)self;
    PyTypeObject *type = Py_TYPE(self);
    struct pool *pool = p->pool;
    if (p->weakrefs) PyObject_ClearWeakRefs(self);
    let_go(p);
    Py_DECREF((PyObject *)pool);
    PyObject_Free(self);
    Py_DECREF((PyObject *)type);
}

/* ---- methods ---- */

LOCKED(PyObject *, packet_close, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    p->done = true;
    close_packet(p);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, packet_enter, (PyObject * self, PyObject *ignored), (self, ignored)) {
    (void)ignored;
    return value_live((struct value *)self) ? NULL : Py_NewRef(self);
}

LOCKED(PyObject *, packet_exit, (PyObject * self, PyObject *const *args, Py_ssize_t nargs), (self, args, nargs)) {
    struct packet *p = (struct packet *)self;
    p->done = nargs == 0 || args[0] == Py_None;
    close_packet(p);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, packet_share, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    if (packet_live(p)) return NULL;
    if (p->writable_exports && packet_lent(p, "shared")) return NULL;
    if (check_value(p, brine_packet_share(&p->handle))) return NULL;
    p->ref = brine_root(p->handle);
    return Py_NewRef(self);
}

LOCKED(PyObject *, packet_clone, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    brine_packet clone;
    PyObject *shared = INSIDE(packet_share)(self, ignored);
    if (!shared) return NULL;
    Py_DECREF(shared);
    return check_value(p, brine_packet_clone(p->handle, &clone)) ? NULL : packet_wrap(p->pool, clone, p->pickle, false);
}

LOCKED(PyObject *, packet_own, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    if (packet_live(p)) return NULL;
    if (brine_packet_is_shared(p->handle) || p->leased) {
        if (packet_lent(p, "made changeable") || check_value(p, brine_packet_own(&p->handle))) return NULL;
        p->ref = brine_root(p->handle);
    }
    return Py_NewRef(self);
}

LOCKED(PyObject *, packet_compact, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    if (packet_live(p) || packet_lent(p, "compacted") || check_value(p, brine_packet_compact(&p->handle))) return NULL;
    p->ref = brine_root(p->handle);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, packet_ack, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    if (packet_live(p) || check_value(p, brine_ack(p->handle))) return NULL;
    p->leased = false;
    Py_RETURN_NONE;
}

LOCKED(PyObject *, packet_nack, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    if (packet_live(p) || packet_lent(p, "given back") || check_value(p, brine_nack(p->handle))) return NULL;
    packet_gone(p);
    Py_RETURN_NONE;
}

LOCKED(PyObject *, packet_validate, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct packet *p = (struct packet *)self;
    (void)ignored;
    if (packet_live(p) || check_value(p, brine_packet_validate(p->handle))) return NULL;
    Py_RETURN_NONE;
}

LOCKED(PyObject *, packet_copy, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"copy", 0, 1, {"pool"}};
    PyObject *pool;
    struct packet *p = (struct packet *)self;
    if (parse_arguments(&names, args, nargs, kwnames, &pool)) return NULL;
    if (!pool || pool == Py_None) pool = (PyObject *)p->pool;
    if (PyObject_TypeCheck(pool, p->pool->state->pool))
        return packet_of_value((struct value *)self, (struct pool *)pool);
    PyErr_SetString(PyExc_TypeError, "pool must be a brine.Pool");
    return NULL;
}

/* ---- attributes ---- */

LOCKED(PyObject *, get_root, (PyObject * self, void *closure), (self, closure)) {
    struct packet *p = (struct packet *)self;
    (void)closure;
    return packet_live(p) ? NULL : to_value(p, p->ref);
}

LOCKED(int, set_root, (PyObject * self, PyObject *value, void *closure), (self, value, closure)) {
    (void)closure;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "the root cannot be deleted");
        return -1;
    }
    return value_live((struct value *)self)
               ? -1
               : value_assign((struct value *)self, ((struct value *)self)->ref, false, value);
}

static PyObject *get_pool(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef((PyObject *)((struct packet *)self)->pool);
}

LOCKED(PyObject *, get_closed, (PyObject * self, void *closure), (self, closure)) {
    struct packet *p = (struct packet *)self;
    (void)closure;
    return PyBool_FromLong(!p->handle.record || p->barred || p->pool->closed || !same_process(p));
}

LOCKED(PyObject *, get_shared, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return packet_live((struct packet *)self)
               ? NULL
               : PyBool_FromLong(brine_packet_is_shared(((struct packet *)self)->handle));
}

LOCKED(PyObject *, get_holders, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return packet_live((struct packet *)self)
               ? NULL
               : PyLong_FromUnsignedLong(brine_packet_holders(((struct packet *)self)->handle));
}

LOCKED(PyObject *, get_deliveries, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return packet_live((struct packet *)self)
               ? NULL
               : PyLong_FromUnsignedLong(brine_deliveries(((struct packet *)self)->handle));
}

LOCKED(PyObject *, get_nbytes, (PyObject * self, void *closure), (self, closure)) {
    struct packet *p = (struct packet *)self;
    uint64_t bytes;
    (void)closure;
    return packet_live(p) || check_value(p, brine_packet_bytes(p->handle, &bytes)) ? NULL
                                                                                   : PyLong_FromUnsignedLongLong(bytes);
}

LOCKED(PyObject *, get_pickle, (PyObject * self, void *closure), (self, closure)) {
    (void)closure;
    return PyBool_FromLong(((struct packet *)self)->pickle);
}

LOCKED(int, set_pickle, (PyObject * self, PyObject *value, void *closure), (self, value, closure)) {
    int yes = to_flag(value, false);
    (void)closure;
    if (yes >= 0) ((struct packet *)self)->pickle = yes;
    return yes < 0 ? -1 : 0;
}

static PyMethodDef methods[] = {
    METHOD(
        "close", packet_close, METH_NOARGS,
        "close($self, /)\n--\n\nLets go of the packet: it is freed, or a share of it is; a lease is acknowledged.\n\n"
        "While arrays look into it the memory stays until the last of them is gone. More than once is fine."),
    METHOD("__enter__", packet_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe packet itself."),
    METHOD("__exit__", packet_exit, METH_FASTCALL,
           "__exit__($self, /, *exception)\n--\n\nCloses it. After an exception a leased packet goes back to its pipe "
           "instead."),
    METHOD(
        "share", packet_share, METH_NOARGS,
        "share($self, /)\n--\n\nMakes the packet immutable for everyone, so that it can have several holders; returns "
        "it. Its arrays are read-only from then on.\n\nBufferError: writable arrays look into it. LeasedError."),
    METHOD("clone", packet_clone, METH_NOARGS,
           "clone($self, /)\n--\n\nOne more share of the packet (which becomes shared), as a Packet of its own. "
           "Nothing is copied. BufferError as share()."),
    METHOD("own", packet_own, METH_NOARGS,
           "own($self, /)\n--\n\nMakes a shared packet changeable again and returns it: the same one if this is its "
           "only holder, else a copy.\n\nBufferError: arrays look into it. LeasedError: ack() it first. "
           "OutOfMemoryError."),
    METHOD("compact", packet_compact, METH_NOARGS,
           "compact($self, /)\n--\n\nDrops the garbage that replaced values left, by copying the rest. Values got from "
           "the packet before are dead (DeletedError).\n\nBufferError: arrays look into it. SharedError, "
           "OutOfMemoryError."),
    METHOD("ack", packet_ack, METH_NOARGS,
           "ack($self, /)\n--\n\nAcknowledges a leased packet: it is then an ordinary one, and gone if this process "
           "dies. InvalidArgumentError: it is not leased."),
    METHOD("nack", packet_nack, METH_NOARGS,
           "nack($self, /)\n--\n\nGives a leased packet back to its pipe, for the next reader; it is no longer this "
           "process's.\n\nBufferError: arrays look into it. InvalidArgumentError: it is not leased."),
    METHOD("validate", packet_validate, METH_NOARGS,
           "validate($self, /)\n--\n\nChecks everything in a packet from a writer that is not trusted: CorruptError "
           "says what is wrong. Any number of bytes may be read for it."),
    METHOD("copy", packet_copy, FAST,
           "copy($self, pool=None)\n--\n\nA deep copy as a packet of its own, in the same or another pool. "
           "OutOfMemoryError."),
    {0},
};
static PyGetSetDef attributes[] = {
    {"root", get_root, set_root, "The root value: a Tab unless something else was put there.", NULL},
    {"pool", get_pool, NULL, "The pool that it is in.", NULL},
    {"closed", get_closed, NULL, "True once it was closed or given away, and in forked children.", NULL},
    {"shared", get_shared, NULL, "True if it is a share of an immutable packet.", NULL},
    {"holders", get_holders, NULL, "Number of holders of a shared packet; 1 for another.", NULL},
    {"deliveries", get_deliveries, NULL,
     "How often a leased packet was delivered, this time included; 0 without a lease.", NULL},
    {"pickle", get_pickle, set_pickle,
     "True if objects of other types are pickled when they are put in and unpickled when they are read.", NULL},
    {"nbytes", get_nbytes, NULL, "Bytes that it takes in the pool, garbage and large arrays included.", NULL},
    {0},
};
static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct packet, weakrefs), READONLY, NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_doc,
     "A packet that this process holds: the unit that is passed on. It is a Tab (its root), and a context "
     "manager.\n\nMade by Pool.packet(), Pipe.get(), Pool.lookup() and others. It is freed when it is closed or its "
     "last reference goes, but not before the last array that looks into it. Given away (put(), publish(), fanout(), "
     "adopt()) it is no longer this process's: NotHeldError.\n\nAny number of threads may read it; one that changes it "
     "must be alone. A child of fork() holds none of its parent's packets. An argument of multiprocessing travels by "
     "reference, and is shared then; plain pickle makes it a dict."},
    {Py_tp_dealloc, SLOT(packet_dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {0, NULL},
};
PyType_Spec packet_spec = {"brine.Packet", sizeof(struct packet), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
