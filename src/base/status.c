/* SPDX-License-Identifier: Apache-2.0 */
/* base: status names and texts from the one table, and the thread's detail text. */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char detail[512];
static _Thread_local struct {
    const char *format; /* NULL: detail is up to date */
    char names[2][64];
    unsigned number;
} later;

const char *brine_status_name(int status) {
    switch (status) {
#define BRINE_X(name, code, text)                                                                                      \
    case code: return "BRINE_" #name;
        BRINE_STATUS_TABLE(BRINE_X)
#undef BRINE_X
    default: return "BRINE_E?";
    }
}

const char *brine_status_text(int status) {
    switch (status) {
#define BRINE_X(name, code, text)                                                                                      \
    case code: return text;
        BRINE_STATUS_TABLE(BRINE_X)
#undef BRINE_X
    default: return "unknown status";
    }
}

const char *brine_detail(void) {
    if (later.format) {
        const char *format = later.format;
        later.format = NULL;
        brine__fail(0, format, later.names[0], later.names[1], later.number);
    }
    return detail;
}

int brine__fail_later(int status, const char *format, const char *a, const char *b, unsigned n) {
    memcpy(later.names[0], a, strnlen(a, 63) + 1);
    memcpy(later.names[1], b, strnlen(b, 63) + 1);
    later.names[0][63] = later.names[1][63] = 0;
    later.number = n;
    later.format = format;
    return status;
}

#define TEXT2(a) #a
#define TEXT(a) TEXT2(a)
const char *brine_version(void) {
    return TEXT(BRINE_VERSION_MAJOR) "." TEXT(BRINE_VERSION_MINOR) "." TEXT(BRINE_VERSION_PATCH);
}

int brine__fail(int status, const char *format, ...) {
    int saved = errno;
    va_list args;
    later.format = NULL;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    errno = saved;
    return status;
}

static int status_of_errno(int error) {
    switch (error) {
    case EACCES:
    case EPERM: return BRINE_EACCES;
    case ENOENT: return BRINE_ENOENT;
    case EEXIST: return BRINE_EEXIST;
    case ENOMEM:
    case ENOSPC:
    case EFBIG:
    case EDQUOT: return BRINE_ENOMEM;
    default: return BRINE_ESYS;
    }
}

int brine__fail_errno(const char *format, ...) {
    int saved = errno;
    va_list args;
    later.format = NULL;
    va_start(args, format);
    int n = vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof detail) {
        char text[128];
        snprintf(detail + n, sizeof detail - (size_t)n, ": %s", strerror_r(saved, text, sizeof text));
    }
    errno = saved;
    return status_of_errno(saved);
}
