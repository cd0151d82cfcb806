/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nd-arrays: the object Array, and buffers in and out.
 *
 * Each exported buffer counts in its packet and uses the pool, so that neither goes away under it. The interfaces
 * without a word for "no longer needed" (__array_interface__) count until the Array itself goes.
 */
#include "module.h"

#include <stdlib.h>

#include "dlpack.h"

/* ---- types of elements ---- */

/* By brine_type: PEP 3118's format, numpy's letter and size, DLPack's code. */
static const struct dtype {
    const char *format, *name;
    uint8_t dlpack;
} dtypes[] = {
    [BRINE_BOOL] = {"?", "b1", kDLBool},    [BRINE_I8] = {"b", "i1", kDLInt},
    [BRINE_U8] = {"B", "u1", kDLUInt},      [BRINE_I16] = {"h", "i2", kDLInt},
    [BRINE_U16] = {"H", "u2", kDLUInt},     [BRINE_I32] = {"i", "i4", kDLInt},
    [BRINE_U32] = {"I", "u4", kDLUInt},     [BRINE_I64] = {"l", "i8", kDLInt},
    [BRINE_U64] = {"L", "u8", kDLUInt},     [BRINE_F16] = {"e", "f2", kDLFloat},
    [BRINE_F32] = {"f", "f4", kDLFloat},    [BRINE_F64] = {"d", "f8", kDLFloat},
    [BRINE_C64] = {"Zf", "c8", kDLComplex}, [BRINE_C128] = {"Zd", "c16", kDLComplex},
};
#define DTYPES (int)(sizeof dtypes / sizeof *dtypes)

static const struct dtype *dtype_of(const brine_array *a) {
    return a->dtype < DTYPES && dtypes[a->dtype].format ? &dtypes[a->dtype] : NULL;
}

static int dtype_named(const char *name) {
    for (int t = 0; t < DTYPES; t++)
        if (dtypes[t].name && (strcmp(name, dtypes[t].name) == 0 || strcmp(name, brine_type_name((brine_type)t)) == 0))
            return t;
    return -1;
}

static brine_type integer_type(bool is_signed, Py_ssize_t size) {
    switch (size) {
    case 1: return is_signed ? BRINE_I8 : BRINE_U8;
    case 2: return is_signed ? BRINE_I16 : BRINE_U16;
    case 4: return is_signed ? BRINE_I32 : BRINE_U32;
    case 8: return is_signed ? BRINE_I64 : BRINE_U64;
    default: return BRINE_RAW;
    }
}

/* The type of what a format of PEP 3118 says, if its items are numbers in this machine's order; else BRINE_RAW. */
static brine_type type_of_format(const char *format, Py_ssize_t size) {
    const char *f = format ? format : "B";
    if (*f == '@' || *f == '=' || *f == '<')
        f++;
    else if (*f == '^')
        f++;
    bool is_complex = *f == 'Z';
    if (is_complex) f++;
    if (!*f || f[1]) return BRINE_RAW;
    if (is_complex) return *f == 'f' && size == 8 ? BRINE_C64 : *f == 'd' && size == 16 ? BRINE_C128 : BRINE_RAW;
    if (strchr("bhilqn", *f)) return integer_type(true, size);
    if (strchr("BHILQN", *f)) return integer_type(false, size);
    if (*f == '?' && size == 1) return BRINE_BOOL;
    if (*f == 'e' && size == 2) return BRINE_F16;
    if (*f == 'f' && size == 4) return BRINE_F32;
    if (*f == 'd' && size == 8) return BRINE_F64;
    return BRINE_RAW;
}

/* Names of fields stand between colons. */
bool has_pointers(const char *format) {
    bool name = false;
    for (const char *f = format ? format : ""; *f; f++) {
        if (*f == ':')
            name = !name;
        else if (!name && strchr("OP&X", *f))
            return true;
    }
    return false;
}

/* ---- in ---- */

/* A numpy.generic, without importing numpy: it has a priority as arrays have, but no __array_finalize__. */
bool is_numpy_scalar(PyObject *o) {
    PyObject *type = (PyObject *)Py_TYPE(o);
    return PyObject_HasAttrString(type, "__array_priority__") && !PyObject_HasAttrString(type, "__array_finalize__");
}

int array_assign_scalar(const struct builder *b, brine_ref place, Py_buffer *view, PyObject *o) {
    brine_type type = type_of_format(view->format, view->itemsize);
    if (type == BRINE_F16) {
        double d = PyFloat_AsDouble(o);
        if (d == -1 && PyErr_Occurred()) return -1;
        int rc = brine_assign_float(place, (float)d);
        return rc ? raise_int(b->pool->state, rc) : 0;
    }
    if (type == BRINE_RAW || view->ndim != 0) return array_assign_buffer(b, place, view, NULL);
    int rc = brine_assign_number(place, type, view->buf);
    return rc ? raise_int(b->pool->state, rc) : 0;
}

int array_assign_buffer(const struct builder *b, brine_ref place, Py_buffer *view, const char *format) {
    size_t shape[BRINE_MAX_DIMS];
    void *data = NULL;
    if (view->ndim > BRINE_MAX_DIMS) {
        PyErr_Format(PyExc_ValueError, "the array has %d dimensions; at most %d are possible", view->ndim,
                     BRINE_MAX_DIMS);
        return -1;
    }
    for (int i = 0; i < view->ndim; i++) shape[i] = (size_t)(view->shape ? view->shape[i] : view->len / view->itemsize);
    brine_type type = format ? BRINE_RAW : type_of_format(view->format, view->itemsize);
    int rc = type == BRINE_RAW ? brine_assign_array_raw(place, format ? format : view->format, (size_t)view->itemsize,
                                                        view->ndim, shape, BRINE_ARRAY_UNINIT, &data)
                               : brine_assign_array(place, type, view->ndim, shape, BRINE_ARRAY_UNINIT, &data);
    if (rc) return raise_int(b->pool->state, rc);
    if (view->len == 0) return 0;
    if (!PyBuffer_IsContiguous(view, 'C')) return PyBuffer_ToContiguous(data, view, view->len, 'C');
    memcpy(data, view->buf, (size_t)view->len);
    return 0;
}

/* ---- making one in place ---- */

static int shape_of(PyObject *o, size_t *shape) {
    PyObject *items = PyLong_Check(o) || PyIndex_Check(o) ? PyTuple_Pack(1, o) : PySequence_Tuple(o);
    Py_ssize_t n = items ? PyTuple_Size(items) : -1;
    if (n > BRINE_MAX_DIMS) {
        PyErr_Format(PyExc_ValueError, "%zd dimensions; at most %d are possible", n, BRINE_MAX_DIMS);
        n = -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t extent = PyNumber_AsSsize_t(PyTuple_GetItem(items, i), PyExc_OverflowError);
        if (extent < 0 && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "negative dimensions are not allowed");
        if (PyErr_Occurred())
            n = -1;
        else
            shape[i] = (size_t)extent;
    }
    Py_XDECREF(items);
    return (int)n;
}

/* dtype: a name, or whatever numpy.dtype() takes. Zeroed. */
PyObject *array_make(struct value *v, brine_ref place, PyObject *shape_given, PyObject *dtype) {
    size_t shape[BRINE_MAX_DIMS];
    int ndim = shape_of(shape_given, shape), rc;
    const char *name = dtype ? (PyUnicode_Check(dtype) ? to_text(dtype, "dtype") : "") : "f8";
    int type = name ? dtype_named(name) : -1;
    if (ndim < 0 || !name) return NULL;
    if (type >= 0) {
        rc = brine_assign_array(place, (brine_type)type, ndim, shape, 0, NULL);
    } else {
        const char *format;
        Py_ssize_t item_bytes;
        PyObject *described = PyObject_CallMethod(state_of(v->owner)->convert, "dtype", "O", dtype);
        if (!described || !PyArg_ParseTuple(described, "sn", &format, &item_bytes)) {
            Py_XDECREF(described);
            return NULL;
        }
        type = (int)type_of_format(format, item_bytes);
        rc = type == BRINE_RAW ? brine_assign_array_raw(place, format, (size_t)item_bytes, ndim, shape, 0, NULL)
                               : brine_assign_array(place, (brine_type)type, ndim, shape, 0, NULL);
        Py_DECREF(described);
    }
    return check_value(v->owner, rc) ? NULL : to_value(v->owner, place);
}

/* ---- looking at one ---- */

static int look(PyObject *self, brine_array *a) {
    struct value *v = (struct value *)self;
    return value_live(v) || check_value(v->owner, brine_as_array(v->ref, a)) ? -1 : 0;
}

static PyObject *sizes(const void *numbers, int n, bool is_signed) {
    PyObject *tuple = PyTuple_New(n);
    for (int i = 0; tuple && i < n; i++) {
        PyObject *size = is_signed ? PyLong_FromSsize_t(((const ptrdiff_t *)numbers)[i])
                                   : PyLong_FromSize_t(((const size_t *)numbers)[i]);
        if (!size || PyTuple_SetItem(tuple, i, size)) Py_CLEAR(tuple);
    }
    return tuple;
}

LOCKED(PyObject *, get_shape, (PyObject * self, void *closure), (self, closure)) {
    brine_array a;
    (void)closure;
    return look(self, &a) ? NULL : sizes(a.shape, a.ndim, false);
}

LOCKED(PyObject *, get_strides, (PyObject * self, void *closure), (self, closure)) {
    brine_array a;
    (void)closure;
    return look(self, &a) ? NULL : sizes(a.strides, a.ndim, true);
}

LOCKED(PyObject *, get_dtype, (PyObject * self, void *closure), (self, closure)) {
    brine_array a;
    (void)closure;
    if (look(self, &a)) return NULL;
    const struct dtype *d = dtype_of(&a);
    return PyUnicode_FromString(d ? d->name : a.format);
}

LOCKED(PyObject *, get_format, (PyObject * self, void *closure), (self, closure)) {
    brine_array a;
    (void)closure;
    if (look(self, &a)) return NULL;
    const struct dtype *d = dtype_of(&a);
    return PyUnicode_FromString(d ? d->format : a.format);
}

enum number { NUMBER_NDIM, NUMBER_SIZE, NUMBER_ITEMSIZE, NUMBER_NBYTES };
LOCKED(PyObject *, get_number, (PyObject * self, void *closure), (self, closure)) {
    brine_array a;
    if (look(self, &a)) return NULL;
    switch ((enum number)(uintptr_t)closure) {
    case NUMBER_NDIM: return PyLong_FromLong(a.ndim);
    case NUMBER_SIZE: return PyLong_FromSize_t(a.count);
    case NUMBER_ITEMSIZE: return PyLong_FromSize_t(a.item_bytes);
    default: return PyLong_FromSize_t(a.bytes);
    }
}

LOCKED(PyObject *, get_readonly, (PyObject * self, void *closure), (self, closure)) {
    brine_array a;
    (void)closure;
    return look(self, &a) ? NULL : PyBool_FromLong(!a.writable);
}

LOCKED(Py_ssize_t, array_length, (PyObject * self), (self)) {
    brine_array a;
    if (look(self, &a)) return -1;
    if (a.ndim > 0) return (Py_ssize_t)a.shape[0];
    PyErr_SetString(PyExc_TypeError, "len() of an array without dimensions");
    return -1;
}

/* ---- out ---- */

static const char nothing[64] __attribute__((aligned(64))) = "";

static void *address(const brine_array *a) { return a->data ? a->data : (void *)(uintptr_t)nothing; }

struct exported {
    struct export export;
    Py_ssize_t sizes[]; /* shape, then strides */
};

/* numpy knows dates by __array_interface__ only. */
static bool is_date(const brine_array *a) {
    return a->dtype == BRINE_RAW && (a->format[0] | 32) == 'm' && a->format[1] == '8';
}

static int refuse_buffer(const char *why) {
    PyErr_SetString(PyExc_BufferError, why);
    return -1;
}

LOCKED(int, array_getbuffer, (PyObject * self, Py_buffer *view, int flags), (self, view, flags)) {
    brine_array a;
    view->obj = NULL;
    if (look(self, &a)) return -1;
    if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE && !a.writable)
        return refuse_buffer("the packet is shared or leased: its arrays are read-only");
    if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && a.ndim > 1)
        return refuse_buffer("the array is in C order");
    if ((flags & PyBUF_FORMAT) == PyBUF_FORMAT && is_date(&a))
        return refuse_buffer("dates have no buffer format; use numpy.asarray()");
    const struct dtype *d = dtype_of(&a);
    struct exported *e = PyMem_Malloc(sizeof *e + sizeof(Py_ssize_t) * 2 * (size_t)a.ndim);
    if (!e || !packet_export(((struct value *)self)->owner, &e->export, &a)) {
        PyMem_Free(e);
        if (!PyErr_Occurred()) PyErr_NoMemory();
        return -1;
    }
    for (int i = 0; i < a.ndim; i++) {
        e->sizes[i] = (Py_ssize_t)a.shape[i];
        e->sizes[a.ndim + i] = a.strides[i];
    }
    *view = (Py_buffer){.buf = address(&a),
                        .obj = Py_NewRef(self),
                        .len = (Py_ssize_t)a.bytes,
                        .itemsize = (Py_ssize_t)a.item_bytes,
                        .readonly = !a.writable,
                        .ndim = a.ndim,
                        .internal = e};
    if ((flags & PyBUF_FORMAT) == PyBUF_FORMAT) view->format = (char *)(uintptr_t)(d ? d->format : a.format);
    if ((flags & PyBUF_ND) == PyBUF_ND)
        view->shape = e->sizes;
    else
        view->ndim = 1; /* as bytes */
    if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES) view->strides = e->sizes + a.ndim;
    return 0;
}

LOCKED_VOID(array_releasebuffer, (PyObject * self, Py_buffer *view), (self, view)) {
    struct exported *e = view->internal;
    (void)self;
    packet_unexport(&e->export);
    PyMem_Free(e);
}

static PyObject *typestr(const brine_array *a) {
    const struct dtype *d = dtype_of(a);
    if (d) return PyUnicode_FromFormat("%c%s", a->item_bytes == 1 ? '|' : '<', d->name);
    if (is_date(a)) return PyUnicode_FromFormat("<%s", a->format);
    return PyUnicode_FromFormat("|V%zd", (Py_ssize_t)a->item_bytes);
}

static int pin(struct value *array, const brine_array *a) {
    if (array->pin) return 0;
    struct export *e = PyMem_Malloc(sizeof *e);
    if (!e) PyErr_NoMemory();
    if (!e || !packet_export(array->owner, e, a)) {
        PyMem_Free(e);
        return -1;
    }
    array->pin = e;
    return 0;
}

LOCKED(PyObject *, get_interface, (PyObject * self, void *closure), (self, closure)) {
    struct value *array = (struct value *)self;
    brine_array a;
    (void)closure;
    if (look(self, &a)) return NULL;
    if (pin(array, &a)) return NULL;
    PyObject *shape = sizes(a.shape, a.ndim, false), *strides = sizes(a.strides, a.ndim, true), *type = typestr(&a);
    if (!shape || !strides || !type) {
        Py_XDECREF(shape);
        Py_XDECREF(strides);
        Py_XDECREF(type);
        return NULL;
    }
    return Py_BuildValue("{s:i,s:N,s:N,s:N,s:(KO)}", "version", 3, "shape", shape, "strides", strides, "typestr", type,
                         "data", (unsigned long long)(uintptr_t)address(&a), a.writable ? Py_False : Py_True);
}

/* ---- DLPack ---- */

struct lent {
    struct export export;
    PyObject *array;
    int64_t sizes[2 * BRINE_MAX_DIMS];
    union {
        DLManagedTensor old;
        DLManagedTensorVersioned now;
    } tensor;
};

LOCKED_VOID(unexport, (struct export * export), (export)) { packet_unexport(export); }

static void give_back(struct lent *lent) {
    if (!Py_IsInitialized()) return; /* the interpreter is gone: so is what would be given back to */
    PyGILState_STATE gil = PyGILState_Ensure();
    unexport(&lent->export);
    Py_DECREF(lent->array);
    free(lent);
    PyGILState_Release(gil);
}
static void delete_old(DLManagedTensor *tensor) { give_back(tensor->manager_ctx); }
static void delete_now(DLManagedTensorVersioned *tensor) { give_back(tensor->manager_ctx); }

/* Of a capsule that nobody took. */
static void capsule_gone(PyObject *capsule) {
    const char *name = PyCapsule_GetName(capsule);
    if (name && strcmp(name, "dltensor") == 0) delete_old(PyCapsule_GetPointer(capsule, name));
    if (name && strcmp(name, "dltensor_versioned") == 0) delete_now(PyCapsule_GetPointer(capsule, name));
}

static int fill_tensor(DLTensor *t, const brine_array *a, struct lent *lent) {
    const struct dtype *d = dtype_of(a);
    if (!d) return refuse_buffer("the items are opaque: DLPack has no type for them");
    *t = (DLTensor){.data = address(a),
                    .device = {kDLCPU, 0},
                    .ndim = a->ndim,
                    .shape = lent->sizes,
                    .strides = lent->sizes + a->ndim,
                    .dtype = {d->dlpack, (uint8_t)(a->item_bytes * 8), 1}};
    for (int i = 0; i < a->ndim; i++) {
        lent->sizes[i] = (int64_t)a->shape[i];
        lent->sizes[a->ndim + i] = a->strides[i] / (ptrdiff_t)a->item_bytes;
    }
    return 0;
}

static PyObject *lend(struct value *v, const brine_array *a, bool versioned) {
    struct lent *lent = calloc(1, sizeof *lent);
    if (!lent) return PyErr_NoMemory();
    lent->array = (PyObject *)v;
    DLTensor *tensor = versioned ? &lent->tensor.now.dl_tensor : &lent->tensor.old.dl_tensor;
    PyObject *capsule = NULL;
    if (fill_tensor(tensor, a, lent) == 0) {
        if (versioned) {
            lent->tensor.now.version = (DLPackVersion){DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
            lent->tensor.now.manager_ctx = lent;
            lent->tensor.now.deleter = delete_now;
            lent->tensor.now.flags = a->writable ? 0 : DLPACK_FLAG_BITMASK_READ_ONLY;
        } else {
            lent->tensor.old.manager_ctx = lent;
            lent->tensor.old.deleter = delete_old;
        }
        capsule = PyCapsule_New(&lent->tensor, versioned ? "dltensor_versioned" : "dltensor", capsule_gone);
    }
    if (!capsule || !packet_export(v->owner, &lent->export, a)) {
        if (capsule) PyCapsule_SetName(capsule, "unused");
        Py_XDECREF(capsule);
        free(lent);
        return NULL;
    }
    Py_INCREF((PyObject *)v);
    return capsule;
}

/* 1: yes. max_version=(major, minor) */
static int wants_versions(PyObject *max_version) {
    int major, minor;
    if (!max_version || max_version == Py_None) return 0;
    return PyArg_ParseTuple(max_version, "ii", &major, &minor) ? major >= 1 : -1;
}

LOCKED(PyObject *, array_dlpack, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
       (self, args, nargs, kwnames)) {
    static const struct names names = {"__dlpack__", 0, 4, {"stream", "max_version", "dl_device", "copy"}};
    PyObject *given[4];
    brine_array a;
    if (parse_arguments(&names, args, nargs, kwnames, given) || look(self, &a)) return NULL;
    int versioned = wants_versions(given[1]), copy = to_flag(given[3] == Py_None ? NULL : given[3], false);
    if (versioned < 0 || copy < 0) return NULL;
    if (copy)
        refuse_buffer("DLPack of a copy is not offered: copy after importing");
    else if (!versioned && !a.writable)
        refuse_buffer(
            "the array is read-only, which this version of DLPack cannot say; use max_version=(1, 0) or copy it");
    else
        return lend((struct value *)self, &a, versioned);
    return NULL;
}

static PyObject *array_dlpack_device(PyObject *self, PyObject *ignored) {
    (void)self, (void)ignored;
    return Py_BuildValue("(ii)", kDLCPU, 0);
}

PyObject *array_to_python(struct packet *owner, brine_ref ref, enum arrays arrays) {
    PyObject *array = value_new(state_of(owner)->array, owner, ref);
    if (!array) return NULL;
    PyObject *out = PyObject_CallMethod(state_of(owner)->convert, "array_out", "Oi", array, arrays == ARRAYS_VIEW);
    Py_DECREF(array);
    return out;
}

LOCKED_VOID(array_dealloc, (PyObject * self), (self)) {
    struct value *array = (struct value *)self;
    if (array->pin) packet_unexport(array->pin);
    PyMem_Free(array->pin);
    value_dealloc(self);
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
    METHOD("__dlpack__", array_dlpack, FAST,
           "__dlpack__($self, stream=None, max_version=None, dl_device=None, copy=None)\n--\n\nThe DLPack protocol, "
           "without a copy; a read-only array needs max_version=(1, 0) or later. BufferError: the items are opaque."),
    METHOD("__dlpack_device__", array_dlpack_device, METH_NOARGS,
           "__dlpack_device__($self, /)\n--\n\n(1, 0): the CPU."),
    {0},
};
static PyGetSetDef attributes[] = {
    {"shape", get_shape, NULL, "Extents of the dimensions, in elements.", NULL},
    {"strides", get_strides, NULL, "Bytes from one element to the next, for each dimension.", NULL},
    {"dtype", get_dtype, NULL,
     "numpy's short name of the element type: 'f4', 'c8', 'b1'; the format of PEP 3118 for opaque items, 'M8[us]' for "
     "dates.",
     NULL},
    {"format", get_format, NULL, "The format of one element as in PEP 3118.", NULL},
    {"ndim", get_number, NULL, "Number of dimensions.", (void *)NUMBER_NDIM},
    {"size", get_number, NULL, "Number of elements.", (void *)NUMBER_SIZE},
    {"itemsize", get_number, NULL, "Bytes of one element.", (void *)NUMBER_ITEMSIZE},
    {"nbytes", get_number, NULL, "Bytes of all elements.", (void *)NUMBER_NBYTES},
    {"readonly", get_readonly, NULL, "True when the packet is shared or leased: then its views are, too.", NULL},
    {"packet", value_packet, NULL, "The packet that it is in.", NULL},
    {"__array_interface__", get_interface, NULL,
     "numpy's array interface, version 3, without a copy. It has no word for the end: the packet counts as looked into "
     "until this object is gone.",
     NULL},
    {0},
};
static PyType_Slot slots[] = {
    {Py_tp_doc, "An nd-array in shared memory: array.numpy(), numpy.asarray(array), memoryview(array) and "
                "torch.from_dlpack(array) look at it without a copy. Indexing, iterating and == go to the "
                "elements.\n\nA view keeps the memory of the packet, also when the packet or the pool is closed, and "
                "keeps the packet from being given away, unless that is shared: then its arrays are read-only."},
    {Py_tp_dealloc, SLOT(array_dealloc)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_richcompare, SLOT(value_compare)},
    {Py_tp_hash, SLOT(PyObject_HashNotImplemented)},
    {Py_mp_length, SLOT(array_length)},
    {Py_bf_getbuffer, SLOT(array_getbuffer)},
    {Py_bf_releasebuffer, SLOT(array_releasebuffer)},
    {0, NULL},
};
PyType_Spec array_spec = {"brine.Array", sizeof(struct value), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
