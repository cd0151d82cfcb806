/* SPDX-License-Identifier: Apache-2.0 */
/* base: time and deadlines. */
#include "base/clock.h"

int64_t brine__clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

brine_deadline brine__until(brine_deadline d, int64_t now) {
    if (d.ns < 0) d.ns = d.ns < now - INT64_MAX ? INT64_MAX : now - d.ns;
    return d;
}

brine_deadline brine_until(brine_deadline d) { return d.ns >= 0 ? d : brine__until(d, brine__now_ns()); }

void brine__sleep_until(brine_deadline absolute, int64_t slice_ns) {
    int64_t end = brine__now_ns() + slice_ns;
    if (absolute.ns < end) end = absolute.ns;
    struct timespec t = {end / 1000000000, end % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}
