/* SPDX-License-Identifier: Apache-2.0 */
/* Looking without touching: counters as dicts. */
#include "module.h"

#define N(field) #field, (unsigned long long)info->field
#define B(field) #field, info->field ? Py_True : Py_False

LOCKED_SHARED(PyObject *, pool_info, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    brine_pool_info given, *info = &given;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    int rc = brine_pool_get_info(pool->core->raw, &given);
    if (rc) return raise_status(pool->state, rc);
    return Py_BuildValue("{s:s,s:y#,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "name", info->name, "uuid",
                         (const char *)info->uuid, (Py_ssize_t)sizeof info->uuid, N(max_bytes), N(committed_bytes),
                         N(table_bytes), N(used_bytes), N(high_bytes), N(packets), N(reaps), N(created_ns),
                         N(participants), N(pipes), N(published), N(mode), N(owner_uid));
}

/* ---- lists of what is visited ---- */

static int append(PyObject *list, PyObject *item) {
    int rc = item ? PyList_Append(list, item) : -1;
    Py_XDECREF(item);
    return rc ? 1 : 0; /* 1 ends the visits, with the exception set */
}

static PyObject *finished(struct pool *pool, PyObject *list, int rc) {
    if (list && rc == 0) return list;
    Py_XDECREF(list);
    return rc < 0 ? raise_status(pool->state, rc) : NULL;
}

static PyObject *pipe_dict(const brine_pipe_info *info) {
    return Py_BuildValue("{s:s,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:O,s:O,s:K,s:K,s:s}",
                         "name", info->name, N(capacity), N(depth), N(packets_in), N(packets_out), N(bytes_in),
                         N(bytes_out), N(timeouts_in), N(timeouts_out), N(drops), N(returned), N(dead_letters),
                         N(servers), N(clients), N(blocked_writers), N(blocked_readers), B(closed), B(leases),
                         N(leased), N(max_deliveries), "dead_letter", info->dead_letter);
}

static int visit_pipe(const brine_pipe_info *info, void *list) { return append(list, pipe_dict(info)); }

LOCKED_SHARED(PyObject *, pool_pipes, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    PyObject *list = PyList_New(0);
    return finished(pool, list, list ? brine_pipe_each(pool->core->raw, visit_pipe, list) : 1);
}

LOCKED_SHARED(PyObject *, pipe_info, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pipe *pipe = (struct pipe *)self;
    brine_pipe_info info;
    (void)ignored;
    if (pipe_live(pipe)) return NULL;
    int rc = brine_pipe_get_info(pipe->pool->core->raw, brine_pipe_name(pipe->core->raw), &info);
    return rc ? raise_status(pipe->state, rc) : pipe_dict(&info);
}

static int visit_published(const brine_published_info *info, void *list) {
    return append(list, Py_BuildValue("{s:s,s:K,s:K,s:K}", "name", info->name, N(bytes), N(holders), N(version)));
}

LOCKED_SHARED(PyObject *, pool_published, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    PyObject *list = PyList_New(0);
    return finished(pool, list, list ? brine_published_each(pool->core->raw, visit_published, list) : 1);
}

static int visit_participant(const brine_participant_info *info, void *list) {
    return append(list, Py_BuildValue("{s:K,s:i,s:K,s:K,s:K,s:O,s:O,s:s,s:K,s:K}", N(index), "pid", (int)info->pid,
                                      N(pid_namespace), N(start_ns), N(uid), B(alive), "is_self",
                                      info->self ? Py_True : Py_False, "command", info->command, N(packets_held),
                                      N(bytes_held)));
}

LOCKED_SHARED(PyObject *, pool_participants, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    PyObject *list = PyList_New(0);
    return finished(pool, list, list ? brine_participant_each(pool->core->raw, visit_participant, list) : 1);
}

static void report(const char *problem, void *list) {
    if (!PyErr_Occurred()) append(list, PyUnicode_FromString(problem));
}

LOCKED_SHARED(PyObject *, pool_check, (PyObject * self, PyObject *ignored), (self, ignored)) {
    struct pool *pool = (struct pool *)self;
    (void)ignored;
    if (pool_live(pool)) return NULL;
    PyObject *list = PyList_New(0);
    int rc = list ? brine_pool_check(pool->core->raw, report, list) : 1;
    return finished(pool, list, PyErr_Occurred() ? 1 : rc < 0 ? rc : 0);
}

/* The copy lives in a pool that the core keeps; what is given is copied out of that. */
LOCKED_SHARED(PyObject *, pool_peek, (PyObject * self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames),
              (self, args, nargs, kwnames)) {
    static const struct names names = {"peek", 1, 3, {"name", "nth", "max_bytes"}};
    struct pool *pool = (struct pool *)self;
    PyObject *given[3];
    brine_packet copy;
    if (parse_arguments(&names, args, nargs, kwnames, given) || pool_live(pool)) return NULL;
    const char *name = to_text(given[0], "a name");
    size_t nth = given[1] ? PyLong_AsSize_t(given[1]) : 0, most = given[2] ? PyLong_AsSize_t(given[2]) : 0;
    if (!name || PyErr_Occurred()) return NULL;
    int rc = brine_peek(pool->core->raw, name, nth, most, &copy);
    if (rc) return raise_status(pool->state, rc);
    PyObject *packet = packet_wrap(pool, copy, false, false);
    PyObject *out = packet ? to_python((struct packet *)packet, ((struct packet *)packet)->ref, ARRAYS_COPY) : NULL;
    Py_XDECREF(packet);
    return out;
}
