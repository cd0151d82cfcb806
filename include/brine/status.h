/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes and the text that explains the last failure.
 *
 * Every call that can fail returns 0 or one of the negative BRINE_E... codes below, and leaves its
 * out-parameters untouched on failure. The calling thread can then ask brine_detail() for one
 * sentence that says what was asked, what was found and what to do.
 */
#ifndef BRINE_STATUS_H
#define BRINE_STATUS_H

#include <stddef.h>

#include <brine/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, code, short text). The one table behind the enum, brine_status_name and brine_status_text. */
#define BRINE_STATUS_TABLE(X)                                                                                          \
    X(OK, 0, "success")                                                                                                \
    X(EINVAL, -1, "an argument is not valid")                                                                          \
    X(ENAME, -2, "the name is not allowed")                                                                            \
    X(ENOENT, -3, "no such pool, pipe, published name, key or element")                                                \
    X(EEXIST, -4, "the name exists already")                                                                           \
    X(EACCES, -5, "permission denied")                                                                                 \
    X(ENOMEM, -6, "out of memory: the pool, /dev/shm or a limit is full")                                              \
    X(ELIMIT, -7, "a fixed limit is reached")                                                                          \
    X(ETIMEDOUT, -8, "the deadline passed")                                                                            \
    X(EINTR, -9, "the wait was interrupted")                                                                           \
    X(ECLOSED, -10, "the stream has ended")                                                                            \
    X(ENOTHELD, -11, "the packet is not held by the caller")                                                           \
    X(EXPOOL, -12, "the packet belongs to another pool")                                                               \
    X(ESHARED, -13, "the packet is shared and cannot be changed")                                                      \
    X(ETYPE, -14, "the value has another type")                                                                        \
    X(ERANGE, -15, "the number does not fit without loss")                                                             \
    X(ESYNTAX, -16, "the text cannot be parsed")                                                                       \
    X(EDEPTH, -17, "the value is nested too deeply")                                                                   \
    X(EUTF8, -18, "the text is not valid UTF-8")                                                                       \
    X(EVERSION, -19, "the pool has another format version or layout")                                                  \
    X(EFOREIGN, -20, "the file is not a brine pool of this kind of machine")                                           \
    X(ECORRUPT, -21, "the pool or packet is damaged")                                                                  \
    X(EMISMATCH, -22, "the pipe exists with other properties")                                                         \
    X(EBUSY, -23, "the object is in use")                                                                              \
    X(EGONE, -24, "the peer is gone")                                                                                  \
    X(EREADONLY, -25, "the pool is attached read-only")                                                                \
    X(ESYS, -26, "the operating system refused")                                                                       \
    X(ENOTSUP, -27, "not supported here")                                                                              \
    X(ELEASED, -28, "the packet is leased and has to be acknowledged first")

enum brine_status {
#define BRINE_X(name, code, text) BRINE_##name = code,
    BRINE_STATUS_TABLE(BRINE_X)
#undef BRINE_X
};

/* The symbolic name of a status, for example "BRINE_ETIMEDOUT"; "BRINE_E?" for an unknown one.
 * The text is static. Async-signal-safe, never blocks. Since 0.1. */
BRINE_API const char *brine_status_name(int status);

/* A short text for a status, as in the table above. The text is static. Async-signal-safe, never
 * blocks. Since 0.1. */
BRINE_API const char *brine_status_text(int status);

/* One sentence on the calling thread's last failed brine call; "" before the first one. The text is
 * the thread's own and is valid until its next failed call. Successful calls leave it as it is.
 * Since 0.1. */
BRINE_API const char *brine_detail(void);

/* The library's version, "major.minor.patch". Static text. Since 0.1. */
BRINE_API const char *brine_version(void);

#ifdef __cplusplus
}
#endif
#endif
