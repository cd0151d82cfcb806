/* SPDX-License-Identifier: Apache-2.0 */
/* base: setting the thread's detail text. */
#ifndef BRINE_BASE_STATUS_H
#define BRINE_BASE_STATUS_H

#include <brine/status.h>

/* Sets the detail text (printf style) and returns status, so that `return brine__fail(...)` reads
 * well. errno is kept. */
int brine__fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* As brine__fail for what fails often, as polling does: the text is put together when it is asked for. format is
 * static text for two names (copied, up to BRINE_NAME_MAX) and a number, in that order. */
int brine__fail_later(int status, const char *format, const char *a, const char *b, unsigned n);

/* As brine__fail for a failed system call: adds the text of errno and picks the status that fits it
 * (EACCES/EPERM, ENOENT, EEXIST, ENOMEM/ENOSPC/EFBIG/EDQUOT, else ESYS). */
int brine__fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

#endif
