/* SPDX-License-Identifier: Apache-2.0 */
/* base: setting the thread's detail text. */
#ifndef BRINE_BASE_STATUS_H
#define BRINE_BASE_STATUS_H

#include <brine/status.h>

/* Sets the detail text (printf style) and returns status, so that `return brine__fail(...)` reads
 * well. errno is kept. */
int brine__fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* As brine__fail for a failed system call: adds the text of errno and picks the status that fits it
 * (EACCES/EPERM, ENOENT, EEXIST, ENOMEM/ENOSPC/EFBIG/EDQUOT, else ESYS). */
int brine__fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

#endif
