/* SPDX-License-Identifier: Apache-2.0 */
/* From a status of the core to a Python exception, with the core's sentence on what failed. */
#include "module.h"

static PyObject *class_of(struct state *state, int status) {
    PyObject *class = status < 0 && -status < STATUS_COUNT ? state->errors[-status] : NULL;
    return class ? class : state->error;
}

static const char *why(int status) {
    const char *detail = brine_detail();
    return detail[0] ? detail : brine_status_text(status);
}

PyObject *raise_status(struct state *state, int status) {
    PyErr_SetString(class_of(state, status), why(status));
    return NULL;
}

int raise_int(struct state *state, int status) {
    raise_status(state, status);
    return -1;
}

/* What failed must not stick: Python's caller has been told. */
int check_value(struct packet *owner, int status) {
    if (likely(status == 0)) return 0;
    struct state *state = state_of(owner);
    PyErr_SetString(status == BRINE_ENOENT ? state->deleted : class_of(state, status), why(status));
    brine_packet_clear_error(owner->handle);
    return -1;
}
