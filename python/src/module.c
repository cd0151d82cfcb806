/* SPDX-License-Identifier: Apache-2.0 */
/* The module brine._brine: its state and types. Multi-phase initialisation, nothing global but the count of forks. */
#include "module.h"

#include <pthread.h>

atomic_uint brine_fork_epoch;
#ifdef Py_GIL_DISABLED
PyObject brine_lock;
#endif

static void after_fork_in_child(void) { atomic_fetch_add(&brine_fork_epoch, 1); }
static void notice_forks(void) { pthread_atfork(NULL, NULL, after_fork_in_child); }

/* ---- pickled objects ---- */

/* (pickle, buffers...) as Arrays: brine._methods does the rest. */
LOCKED(PyObject *, pickled_parts, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct value *v = (struct value *)self;
    (void)ignored;
    if (value_live(v)) return NULL;
    Py_ssize_t n = (Py_ssize_t)brine_length(v->ref);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *part = to_value(v->owner, brine_at(v->ref, i));
        if (!part || PyList_SetItem(list, i, part)) Py_CLEAR(list);
    }
    return list;
}

static PyMethodDef pickled_methods[] = {METHOD("_parts", pickled_parts, METH_NOARGS, NULL), {0}};
static PyGetSetDef pickled_attributes[] = {{"packet", value_packet, NULL, "The packet that it is in.", NULL}, {0}};
static PyType_Slot pickled_slots[] = {
    {Py_tp_doc, "A pickled object that was not unpickled, because the pool was not opened with pickle=True. load() "
                "does it, which runs "
                "whatever code its writer wanted: only where writers are trusted."},
    {Py_tp_dealloc, SLOT(value_dealloc)},
    {Py_tp_methods, pickled_methods},
    {Py_tp_getset, pickled_attributes},
    {0, NULL},
};
static PyType_Spec pickled_spec = {"brine.Pickled", sizeof(struct value), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, pickled_slots};

/* ---- making it ---- */

static PyTypeObject *add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base) {
    PyObject *type = PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
    if (type && (spec == &iter_spec || PyModule_AddType(module, (PyTypeObject *)type) == 0))
        return (PyTypeObject *)type;
    Py_XDECREF(type);
    return NULL;
}

/* brine._methods completes them. */
static int add_types(PyObject *module, struct state *s) {
    if (!(s->tab = add_type(module, &tab_spec, NULL))) return -1;
    if (!(s->packet = add_type(module, &packet_spec, s->tab))) return -1;
    if (!(s->arr = add_type(module, &arr_spec, NULL))) return -1;
    if (!(s->tup = add_type(module, &tup_spec, NULL))) return -1;
    if (!(s->array = add_type(module, &array_spec, NULL))) return -1;
    if (!(s->pickled = add_type(module, &pickled_spec, NULL))) return -1;
    if (!(s->iter = add_type(module, &iter_spec, NULL))) return -1;
    if (!(s->pool = add_type(module, &pool_spec, NULL))) return -1;
    return (s->pipe = add_type(module, &pipe_spec, NULL)) ? 0 : -1;
}

/* brine._errors.BY_STATUS: {status: class} */
static int add_errors(struct state *s, PyObject *errors) {
    PyObject *by_status = PyObject_GetAttrString(errors, "BY_STATUS"), *status, *class;
    Py_ssize_t position = 0;
    if (!by_status) return -1;
    while (PyDict_Next(by_status, &position, &status, &class)) {
        long code = PyLong_AsLong(status);
        if (code < 0 && code > -STATUS_COUNT) s->errors[-code] = Py_NewRef(class);
    }
    Py_DECREF(by_status);
    s->error = PyObject_GetAttrString(errors, "Error");
    s->empty = PyObject_GetAttrString(errors, "Empty");
    s->full = PyObject_GetAttrString(errors, "Full");
    s->shut_down = PyObject_GetAttrString(errors, "ShutDown");
    s->deleted = PyObject_GetAttrString(errors, "DeletedError");
    return s->error && s->empty && s->full && s->shut_down && s->deleted ? 0 : -1;
}

static int execute(PyObject *module) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct state *s = PyModule_GetState(module);
    pthread_once(&once, notice_forks);
    PyObject *errors = PyImport_ImportModule("brine._errors");
    int rc = errors ? add_errors(s, errors) : -1;
    Py_XDECREF(errors);
    if (rc || !(s->convert = PyImport_ImportModule("brine._convert")) || add_types(module, s)) return -1;
    return PyModule_AddStringConstant(module, "__version__", brine_version());
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
    struct state *s = PyModule_GetState(module);
    PyTypeObject *types[] = {s->pool, s->pipe, s->packet, s->tab, s->arr, s->tup, s->array, s->iter, s->pickled};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) Py_VISIT(types[i]);
    for (size_t i = 0; i < STATUS_COUNT; i++) Py_VISIT(s->errors[i]);
    Py_VISIT(s->error);
    Py_VISIT(s->empty);
    Py_VISIT(s->full);
    Py_VISIT(s->shut_down);
    Py_VISIT(s->deleted);
    Py_VISIT(s->convert);
    return 0;
}

/* Objects outlive this only if they are never freed: their types hold the module. */
static int clear(PyObject *module) {
    struct state *s = PyModule_GetState(module);
    PyTypeObject **types[] = {&s->pool, &s->pipe,  &s->packet, &s->tab,    &s->arr,
                              &s->tup,  &s->array, &s->iter,   &s->pickled};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) Py_CLEAR(*types[i]);
    for (size_t i = 0; i < STATUS_COUNT; i++) Py_CLEAR(s->errors[i]);
    Py_CLEAR(s->error);
    Py_CLEAR(s->empty);
    Py_CLEAR(s->full);
    Py_CLEAR(s->shut_down);
    Py_CLEAR(s->deleted);
    Py_CLEAR(s->convert);
    return 0;
}

static void free_module(void *module) { clear(module); }

static PyMethodDef functions[] = {
    METHOD("wait", module_wait, FAST,
           "wait($module, readers, timeout=None, writers=())\n--\n\nThe pipes that are ready, of up to 128, of any "
           "pools: readers to be read from (or ended), writers to be written to.\n\nWaits until one is; [] when "
           "timeout seconds have passed (None: never). A hint: another reader may be faster, so get_nowait() next."),
    METHOD("fanout", module_fanout, FAST,
           "fanout($module, item, pipes, policy='block', timeout=None)\n--\n\nGives a packet to every pipe of one "
           "pool, by reference: it becomes shared, and is no longer the caller's, whatever happens.\n\npolicy: 'block' "
           "waits for every pipe, up to timeout seconds; 'drop_newest': a full one does not get it (timeout: what it "
           "has to become less full, none by default); 'drop_oldest': a full one loses its oldest packet.\n\nReturns a "
           "bool for each pipe: it got it. Full: with 'block' one had no room in time. ShutDown: the stream of one has "
           "ended. BufferError: writable arrays look into the packet."),
    METHOD("_after_fork", module_after_fork, METH_NOARGS, NULL),
    {0},
};

/* Slots that came after Python 3.11, by their numbers in the stable ABI: used where the running Python knows them. */
#define SLOT_INTERPRETERS 3 /* Py_mod_multiple_interpreters, from 3.12 */
#define PER_INTERPRETER_GIL ((void *)2)
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, SLOT(execute)},
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}, /* for that of interpreters */
    {0, NULL},
};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,          .m_name = "_brine",     .m_doc = "The core of the package brine.",
    .m_size = sizeof(struct state), .m_methods = functions, .m_slots = slots,
    .m_traverse = traverse,         .m_clear = clear,       .m_free = free_module,
};

PyMODINIT_FUNC PyInit__brine(void);
PyMODINIT_FUNC PyInit__brine(void) {
    if (Py_Version >= 0x030C0000)
        slots[sizeof slots / sizeof *slots - 2] = (PyModuleDef_Slot){SLOT_INTERPRETERS, PER_INTERPRETER_GIL};
    return PyModuleDef_Init(&definition);
}
