/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: sleeping on a word in shared memory (futex(2)). */
#ifndef BRINE_PIPE_FUTEX_H
#define BRINE_PIPE_FUTEX_H

#include "base/atomics.h"

#include <stddef.h>

/* Longest sleep at a time: after it a waiter reaps the dead and looks again. */
#define WAIT_SLICE_NS 100000000

/* Sleeps while *word == seen, until the absolute CLOCK_MONOTONIC time, a wake or a signal. True unless the
 * time passed. */
bool brine__futex_wait(a32 *word, uint32_t seen, int64_t until_ns);
void brine__futex_wake(a32 *word, int count);

/* The same on several words at once (futex_waitv(2), Linux 5.16). False if this kernel does not have it. */
struct futex_word {
    a32 *word;
    uint32_t seen;
};
bool brine__futex_wait_any(const struct futex_word *words, size_t count, int64_t until_ns);

#endif
