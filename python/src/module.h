/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the extension share: the objects, the module's state, and who keeps what alive.
 *
 *   Array, Tab, Arr, Tup  ->  Packet  ->  Pool  ->  pool_core        (-> holds a reference)
 *   Pipe                  ->  Pool
 *
 * - A value object is a brine_ref and its packet. Nothing is cached: each access asks the core, which checks the ref.
 * - `pool_core` counts who uses the mapping: the open Pool, each exported buffer, each wait without the GIL, each
 * poller thread. The last one detaches. So closing a pool never unmaps what somebody still looks at.
 * - A packet knows its exported buffers. As long as there are any it is neither freed, given away nor compacted, and
 *   no array is deleted from it that one of them points into.
 * - A forked child has the parent's objects, but holds none of its packets: `epoch` tells them apart.
 *
 * Objects belong to one interpreter and are protected by its GIL; in a Python without one by the module's lock
 * (LOCKED). Limited API of Python 3.11: one binary for all later versions, but for those without a GIL.
 */
#ifndef BRINE_PYTHON_MODULE_H
#define BRINE_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdatomic.h>

#include <brine/brine.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define PICKLE_FORMAT "pickle:5" /* of an array of opaque items: no dtype is called so */
#define STATUS_COUNT 32          /* over the largest negated status */

/*
 * LOCKED(type, name, (parameters), (arguments)) { ... } is a function that Python calls. Where there is no GIL it holds
 * the module's critical section, which does what the GIL does elsewhere: one of these functions runs at a time, and
 * another may run in between wherever this one waits or calls what may be Python code. What needs no lock reads only
 * what never changes. Among themselves they call each other by INSIDE(name).
 */
#ifdef Py_GIL_DISABLED
extern PyObject brine_lock; /* only its mutex is used */
#define LOCKED_AS(scope, type, name, parameters, arguments)                                                            \
    static type name##_inside parameters;                                                                              \
    scope type name parameters {                                                                                       \
        type result;                                                                                                   \
        LOCK(&brine_lock);                                                                                             \
        result = name##_inside arguments;                                                                              \
        UNLOCK();                                                                                                      \
        return result;                                                                                                 \
    }                                                                                                                  \
    static type name##_inside parameters
#define LOCKED_VOID(name, parameters, arguments)                                                                       \
    static void name##_inside parameters;                                                                              \
    static void name parameters {                                                                                      \
        LOCK(&brine_lock);                                                                                             \
        name##_inside arguments;                                                                                       \
        UNLOCK();                                                                                                      \
    }                                                                                                                  \
    static void name##_inside parameters
#define INSIDE(name) name##_inside
#define LOCK(object) Py_BEGIN_CRITICAL_SECTION(object)
#define UNLOCK() Py_END_CRITICAL_SECTION()
#define LIST_ITEM(list, i) PyList_GetItemRef(list, i)
#else
#define LOCKED_AS(scope, type, name, parameters, arguments) scope type name parameters
#define LOCKED_VOID(name, parameters, arguments) static void name parameters
#define INSIDE(name) name
#define LOCK(object)
#define UNLOCK()
#define LIST_ITEM(list, i) Py_XNewRef(PyList_GetItem(list, i))
#endif
#define LOCKED(type, name, parameters, arguments) LOCKED_AS(static, type, name, parameters, arguments)
#define LOCKED_SHARED(type, name, parameters, arguments) LOCKED_AS(, type, name, parameters, arguments)

struct pool;
struct state {
    PyTypeObject *pool, *pipe, *packet, *tab, *arr, *tup, *array, *iter, *pickled;
    PyObject *errors[STATUS_COUNT]; /* by negated status; NULL: brine.Error */
    PyObject *error, *empty, *full, *shut_down, *deleted;
    struct pool *pools; /* open ones, and those that still have objects */
    PyObject *convert;  /* the module brine._convert: what is rare and easier in Python */
};

struct pool_core {
    atomic_int refs; /* of this struct */
    atomic_int uses; /* of the mapping; at 0 it is detached */
    brine_pool *raw;
};

struct pool {
    PyObject base;
    struct state *state;
    struct pool_core *core;
    struct pool *next, *previous; /* of all pools of the interpreter */
    PyObject *weakrefs;
    bool closed;
    bool pickle; /* objects of other types may be pickled and unpickled */
};

struct packet;

/* Tab, Arr, Tup and Array; the beginning of a Packet, whose owner is itself. */
struct value {
    PyObject base;
    struct packet *owner;
    brine_ref ref;
    struct export *pin; /* of an Array: by __array_interface__ */
};

/* A buffer that somebody has of an array. */
struct export {
    struct packet *owner;
    struct export *next, *previous; /* of all of the packet */
    const void *data;
    bool writable;
};

enum {
    BARRED_CLOSING = 1, /* to be let go when the last export is gone */
    BARRED_PUTTING = 2, /* a thread without the GIL is about to give it away */
};
struct packet {
    PyObject base;
    struct packet *owner; /* itself, not counted */
    brine_ref ref;        /* the root */
    struct export *pin;   /* none */
    brine_packet handle;  /* record 0: closed or given away */
    struct pool *pool;
    PyObject *weakrefs;
    struct export *exports;
    uint32_t export_count, writable_exports;
    unsigned epoch;
    uint8_t barred; /* why it may not be used: BARRED_... */
    bool pickle;    /* objects of other types may be pickled and unpickled */
    bool leased;    /* it came with a lease, which may have been acknowledged since */
    bool done;      /* letting go acknowledges the lease, instead of giving the packet back */
};

/* ---- module.c ---- */
extern atomic_uint brine_fork_epoch; /* steps in each forked child */

/* ---- errors.c ---- */
PyObject *raise_status(struct state *state, int status); /* with brine_detail(); NULL */
int raise_int(struct state *state, int status);          /* the same; -1 */
int check_value(struct packet *owner, int status);       /* 0, or for a status of an operation on a value: -1 */

/* ---- arguments.c ---- */
struct names {
    const char *function;
    int required, count;
    const char *name[9];
};
int parse_arguments(const struct names *names, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                    PyObject **out);
int to_deadline(PyObject *timeout, brine_deadline *deadline);      /* seconds; None or NULL: for ever */
int to_size(struct state *state, PyObject *size, uint64_t *bytes); /* int, or text such as "64M" */
int to_flag(PyObject *value, bool otherwise);                      /* -1: error */
const char *to_text(PyObject *value, const char *what);            /* UTF-8 without NUL inside */

/* ---- pool.c ---- */
extern PyType_Spec pool_spec;
int pool_live(struct pool *pool); /* 0 or -1: it is closed */
void core_ref(struct pool_core *core);
void core_unref(struct pool_core *core);
bool core_use(struct pool_core *core); /* false: detached already */
void core_unuse(struct pool_core *core);
PyObject *module_after_fork(PyObject *module, PyObject *ignored);

/* ---- packet.c ---- */
extern PyType_Spec packet_spec;
PyObject *packet_wrap(struct pool *pool, brine_packet handle, bool pickle,
                      bool leased); /* takes the handle over, also on failure */
int packet_fill(struct pool *pool, PyObject *value, bool pickle, size_t bytes, brine_packet *handle);
PyObject *packet_of_value(struct value *value, struct pool *pool); /* a deep copy */
int packet_dead(struct packet *packet);                            /* raises why */
int packet_lent(struct packet *packet, const char *action);        /* raises BufferError if buffers are exported */
void packet_gone(struct packet *packet);                           /* it is no longer this process's */
void packet_given(struct packet *packet, brine_packet handle);     /* what packet_hand_over() gave was given away */
void packet_drop(struct packet *packet, brine_packet handle);      /* it was not */
bool packet_export(struct packet *packet, struct export *export, const brine_array *array); /* false: raised */
void packet_unexport(struct export *export);
int packet_to_give(struct pool *pool, PyObject *value, brine_packet *handle, struct packet **of);
int packet_hand_over(struct packet *packet,
                     brine_packet *handle); /* what may be given away; the packet itself still has it */

static inline int packet_live(struct packet *p) {
    if (likely(p->handle.record && !p->barred && !p->pool->closed &&
               p->epoch == atomic_load_explicit(&brine_fork_epoch, memory_order_relaxed)))
        return 0;
    return packet_dead(p);
}
static inline int value_live(struct value *v) { return packet_live(v->owner); }
static inline struct state *state_of(struct packet *owner) { return owner->pool->state; }

/* ---- to_python.c ---- */
enum arrays { ARRAYS_COPY, ARRAYS_VIEW };
PyObject *value_new(PyTypeObject *type, struct packet *owner, brine_ref ref);
PyObject *to_value(struct packet *owner, brine_ref ref);                      /* scalars copied, containers as views */
PyObject *to_python(struct packet *owner, brine_ref ref, enum arrays arrays); /* a deep copy */
int arrays_of(PyObject *text, enum arrays *arrays);

/* ---- from_python.c ---- */
struct builder {
    struct pool *pool;
    brine_packet packet; /* that is built */
    bool pickle;
};
int build(const struct builder *b, brine_ref place, PyObject *value);
int build_text(const struct builder *b, brine_ref place, PyObject *text);

/* ---- key.c ---- */
struct key {
    brine_key key;
    brine_packet scratch; /* for keys that the core takes as a value only */
};
int key_of(struct pool *pool, PyObject *object, struct key *key); /* -1: raised; 1: nothing equal can be a key */
void key_free(struct key *key);

/* ---- tab.c, sequence.c, array.c, iter.c ---- */
extern PyType_Spec tab_spec, arr_spec, tup_spec, array_spec, iter_spec;
bool is_value(struct state *state, PyObject *object); /* a Tab, Arr, Tup, Array, Pickled or Packet */
bool value_beside(struct value *v, PyObject *value);
int value_drop(struct value *v, brine_ref old); /* raises BufferError if buffers may point into what goes away */
int value_assign(struct value *v, brine_ref place, bool made, PyObject *value);
PyObject *value_compare(PyObject *self, PyObject *other, int op);
PyObject *value_to_python(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *value_print(struct value *v, brine_style style, unsigned flags);
PyObject *value_pretty(PyObject *self, PyObject *ignored);
PyObject *value_json(PyObject *self, PyObject *ignored);
PyObject *value_packet(PyObject *self, void *closure);
PyObject *value_pack(PyObject *self, PyObject *ignored);
void value_dealloc(PyObject *self);
enum iterate { ITERATE_KEYS, ITERATE_VALUES, ITERATE_ITEMS };
PyObject *iter_new(struct value *v, enum iterate what);
PyObject *array_make(struct value *v, brine_ref place, PyObject *shape, PyObject *dtype);

/* ---- array.c ---- */
int array_assign_buffer(const struct builder *b, brine_ref place, Py_buffer *view, const char *format);
int array_assign_scalar(const struct builder *b, brine_ref place, Py_buffer *view, PyObject *o);
bool has_pointers(const char *format);
bool is_numpy_scalar(PyObject *o);
PyObject *array_to_python(struct packet *owner, brine_ref ref, enum arrays arrays);

/* ---- pipe.c, many.c, wait.c, poller.c ---- */
extern PyType_Spec pipe_spec;
struct pipe_core {
    atomic_int refs;
    bool end; /* the last one ends the stream */
    brine_pipe *raw;
    struct pool_core *pool;
};
struct poller;
struct pipe {
    PyObject base;
    struct state *state;
    struct pool *pool;
    struct pipe_core *core;
    struct poller *readable, *writable; /* made by the first fileno() */
    PyObject *waiters;                  /* of asyncio, see brine._aio */
    PyObject *weakrefs;
    unsigned epoch;
    bool closed, server, leases;
};
PyObject *pipe_open(struct pool *pool, brine_pipe *raw, bool server);
int pipe_live(struct pipe *pipe);
void pipe_rearm(struct pipe *pipe, bool writing); /* after each operation: the descriptor may have to wait again */
PyObject *pipe_failed(struct pipe *pipe, int rc, PyObject *timed_out); /* rc > 0: raised already; NULL */
PyObject *pipe_put_many(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *pipe_get_many(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
void pipe_core_unref(struct pipe_core *core);
/* The core's status, or 1: raised. *done: how many came, or went; not all when it is not 0. */
int wait_to_get(struct pipe *pipe, brine_packet *packets, size_t count, brine_deadline deadline, size_t *done);
int wait_to_put(struct pipe *pipe, brine_packet *packets, size_t count, brine_deadline deadline, size_t *done);
PyObject *module_wait(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *module_fanout(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int sliced(brine_deadline until, brine_deadline *slice); /* the next piece of a wait; 1: it was the last */

struct poller *poller_new(struct pipe *pipe, uint32_t events); /* NULL: raised */
int poller_fd(const struct poller *poller);
void poller_arm(struct poller *poller);               /* the descriptor is readable when the pipe next is */
void poller_stop(struct poller *poller, bool forked); /* forked: its thread is the parent's */

/* ---- publish.c, observe.c ---- */
PyObject *pool_publish(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *pool_lookup(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *pool_unpublish(PyObject *self, PyObject *name);
PyObject *pool_info(PyObject *self, PyObject *ignored);
PyObject *pool_pipes(PyObject *self, PyObject *ignored);
PyObject *pool_published(PyObject *self, PyObject *ignored);
PyObject *pool_participants(PyObject *self, PyObject *ignored);
PyObject *pool_check(PyObject *self, PyObject *ignored);
PyObject *pool_peek(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *pipe_info(PyObject *self, PyObject *ignored);

#define METHOD(name, function, how, doc)                                                                               \
    { name, (PyCFunction)(void (*)(void))(function), how, doc }
#define FAST (METH_FASTCALL | METH_KEYWORDS)
#define SLOT(function) ((void *)(function))

#endif
