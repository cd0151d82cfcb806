/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines: every call that may wait takes one.
 *
 * A relative deadline (brine_seconds, brine_milliseconds) becomes absolute on CLOCK_MONOTONIC when
 * the call that takes it begins; it does not restart when the wait is woken and sleeps again. To
 * bound several calls together, make one absolute deadline with brine_until and pass it to each.
 * The functions here are pure, never block, and are async-signal-safe.
 */
#ifndef BRINE_DEADLINE_H
#define BRINE_DEADLINE_H

#include <stdint.h>

#include <brine/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ns >= 0: absolute CLOCK_MONOTONIC time in nanoseconds (0 has always passed; INT64_MAX never
 * does). ns < 0: -ns nanoseconds after the call begins. */
typedef struct brine_deadline {
    int64_t ns;
} brine_deadline;

#define BRINE_NOW_INIT                                                                                                 \
    { 0 }
#define BRINE_FOREVER_INIT                                                                                             \
    { INT64_MAX }

/* Do not wait: try once. */
static inline brine_deadline brine_now(void) {
    brine_deadline d = BRINE_NOW_INIT;
    return d;
}

/* Wait without an end (still interruptible). */
static inline brine_deadline brine_forever(void) {
    brine_deadline d = BRINE_FOREVER_INIT;
    return d;
}

/* Wait at most ns nanoseconds; 0 or less means do not wait. */
static inline brine_deadline brine_nanoseconds(int64_t ns) {
    brine_deadline d = {ns <= 0 ? 0 : -ns};
    return d;
}

/* Wait at most ms milliseconds; 0 or less means do not wait. */
static inline brine_deadline brine_milliseconds(int64_t ms) {
    if (ms <= 0) return brine_now();
    return ms > INT64_MAX / 1000000 ? brine_forever() : brine_nanoseconds(ms * 1000000);
}

/* Wait at most s seconds (a fraction is fine). NaN or 0 or less means do not wait; more than 292
 * years means for ever. */
static inline brine_deadline brine_seconds(double s) {
    if (!(s > 0)) return brine_now();
    if (s >= 9.2e9) return brine_forever();
    return brine_nanoseconds((int64_t)(s * 1e9));
}

/* The absolute form of a deadline: fixed now, it bounds every call that it is passed to. Since 0.1. */
BRINE_API brine_deadline brine_until(brine_deadline d);

#ifdef __cplusplus
}
#endif
#endif
