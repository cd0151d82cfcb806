/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percentiles of times in fixed memory: buckets that grow by powers of two, each cut into 32 parts, so
 * a percentile is exact to about 3 %.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_PARTS 32

struct histogram {
    uint64_t count;
    uint64_t buckets[64 * HISTOGRAM_PARTS];
};

static inline unsigned histogram_bucket(uint64_t value) {
    if (value < HISTOGRAM_PARTS) return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - 5; /* leaves 32..63 */
    return (shift + 1) * HISTOGRAM_PARTS + (unsigned)(value >> shift) - HISTOGRAM_PARTS;
}

/* The middle of a bucket. */
static inline double histogram_value(unsigned bucket) {
    if (bucket < HISTOGRAM_PARTS) return bucket;
    unsigned shift = bucket / HISTOGRAM_PARTS - 1;
    return ((double)(bucket % HISTOGRAM_PARTS + HISTOGRAM_PARTS) + 0.5) * (double)(1ull << shift);
}

static inline void histogram_add(struct histogram *histogram, int64_t value) {
    histogram->count++;
    histogram->buckets[histogram_bucket(value > 0 ? (uint64_t)value : 0)]++;
}

/* share: 0.5 for the median. 0 if nothing was added. */
static inline double histogram_percentile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)((double)histogram->count * share), seen = 0;
    for (unsigned i = 0; i < 64 * HISTOGRAM_PARTS; i++) {
        seen += histogram->buckets[i];
        if (seen > wanted) return histogram_value(i);
    }
    return 0;
}

#endif
