/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base: every atomic operation of the library. The name carries the width and the order; nothing
 * outside this header uses <stdatomic.h> operations directly.
 *
 * acquire: later reads and writes of this thread stay after it, and see what the thread that did the
 * matching release had written. release: earlier ones stay before it. acq_rel: both. relaxed: the
 * value alone, whole. Each use names its partner.
 *
 * Against kill -9 only the order of retired stores counts, which release stores and RMWs keep.
 */
#ifndef BRINE_BASE_ATOMICS_H
#define BRINE_BASE_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic(uint64_t) a64;
typedef _Atomic(uint32_t) a32;

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "shared memory needs lock-free atomics");
_Static_assert(sizeof(a64) == 8 && sizeof(a32) == 4, "atomics are plain words");
_Static_assert(sizeof(void *) == 8, "brine needs a 64-bit machine");

static inline uint64_t a64_load_relaxed(const a64 *p) {
    return atomic_load_explicit((a64 *)(uintptr_t)p, memory_order_relaxed);
}
static inline uint64_t a64_load_acquire(const a64 *p) {
    return atomic_load_explicit((a64 *)(uintptr_t)p, memory_order_acquire);
}
static inline void a64_store_relaxed(a64 *p, uint64_t v) { atomic_store_explicit(p, v, memory_order_relaxed); }
static inline void a64_store_release(a64 *p, uint64_t v) { atomic_store_explicit(p, v, memory_order_release); }
/* *expected is updated on failure. */
static inline bool a64_cas_acq_rel(a64 *p, uint64_t *expected, uint64_t v) {
    return atomic_compare_exchange_strong_explicit(p, expected, v, memory_order_acq_rel, memory_order_acquire);
}
static inline bool a64_cas_seq_cst(a64 *p, uint64_t *expected, uint64_t v) {
    return atomic_compare_exchange_strong_explicit(p, expected, v, memory_order_seq_cst, memory_order_acquire);
}
static inline bool a64_cas_relaxed(a64 *p, uint64_t *expected, uint64_t v) {
    return atomic_compare_exchange_strong_explicit(p, expected, v, memory_order_relaxed, memory_order_relaxed);
}
static inline uint64_t a64_add_relaxed(a64 *p, uint64_t v) {
    return atomic_fetch_add_explicit(p, v, memory_order_relaxed);
}
static inline uint64_t a64_add_seq_cst(a64 *p, uint64_t v) {
    return atomic_fetch_add_explicit(p, v, memory_order_seq_cst);
}
static inline uint64_t a64_or_acq_rel(a64 *p, uint64_t v) {
    return atomic_fetch_or_explicit(p, v, memory_order_acq_rel);
}
static inline uint64_t a64_and_acq_rel(a64 *p, uint64_t v) {
    return atomic_fetch_and_explicit(p, v, memory_order_acq_rel);
}

/* seq_cst: takes part in the one order of all seq_cst operations, so that of two threads that each store and
 * then look, one sees the other. */
static inline uint64_t a64_load_seq_cst(const a64 *p) {
    return atomic_load_explicit((a64 *)(uintptr_t)p, memory_order_seq_cst);
}

/* Two adjacent words, 16-byte aligned, compared and swapped as one; seq_cst. The builtin is used because the
 * standard's 16-byte atomics may take a lock in a library. */
static inline bool a128_cas_seq_cst(a64 *pair, uint64_t from_low, uint64_t from_high, uint64_t to_low,
                                    uint64_t to_high) {
    typedef unsigned __int128 u128;
    return __sync_bool_compare_and_swap((u128 *)(void *)pair, (u128)from_high << 64 | from_low,
                                        (u128)to_high << 64 | to_low);
}

static inline uint32_t a32_load_relaxed(const a32 *p) {
    return atomic_load_explicit((a32 *)(uintptr_t)p, memory_order_relaxed);
}
static inline uint32_t a32_load_acquire(const a32 *p) {
    return atomic_load_explicit((a32 *)(uintptr_t)p, memory_order_acquire);
}
static inline void a32_store_relaxed(a32 *p, uint32_t v) { atomic_store_explicit(p, v, memory_order_relaxed); }
static inline void a32_store_release(a32 *p, uint32_t v) { atomic_store_explicit(p, v, memory_order_release); }
static inline uint32_t a32_or_seq_cst(a32 *p, uint32_t v) {
    return atomic_fetch_or_explicit(p, v, memory_order_seq_cst);
}
static inline uint32_t a32_add_relaxed(a32 *p, uint32_t v) {
    return atomic_fetch_add_explicit(p, v, memory_order_relaxed);
}
static inline uint32_t a32_add_seq_cst(a32 *p, uint32_t v) {
    return atomic_fetch_add_explicit(p, v, memory_order_seq_cst);
}
static inline bool a32_cas_acq_rel(a32 *p, uint32_t *expected, uint32_t v) {
    return atomic_compare_exchange_strong_explicit(p, expected, v, memory_order_acq_rel, memory_order_acquire);
}

/* A counter with one writer: cheaper than an atomic add, never torn for its readers. */
static inline void a64_count(a64 *p, uint64_t v) { a64_store_relaxed(p, a64_load_relaxed(p) + v); }

/* Raises *p to at least v. */
static inline void a64_raise(a64 *p, uint64_t v) {
    uint64_t seen = a64_load_relaxed(p);
    while (seen < v &&
           !atomic_compare_exchange_weak_explicit(p, &seen, v, memory_order_seq_cst, memory_order_relaxed)) {
    }
}

/* Orders a preceding RMW before later loads (store-load). On x86 a locked instruction does that
 * already, so only the compiler is held back. */
static inline void fence_after_rmw(void) {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
    atomic_signal_fence(memory_order_seq_cst);
#elif defined(__SANITIZE_THREAD__)
    /* ThreadSanitizer knows no fences; the RMWs around it are seq_cst themselves. */
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

static inline void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Fetches a line for writing. Without it the line would come as shared and cost a second transfer when it is written.
 * Every 64-bit x86 takes this instruction, the first ones as no operation; compilers use it only when told that it is
 * there. */
/* Keeps a word in a register of its own. What is loaded soon after it was stored has to be stored in one piece: a load
 * that needs two stores waits until these, and all before them, have left the store buffer. While the lines they go to
 * are still on another core that is some 100 ns, each time. */
#define IN_REGISTER(word) __asm__("" : "+r"(word))

static inline void prefetch_write(const void *p) {
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
    __builtin_prefetch(p, 1);
#endif
}

/* A thread's variable that is reached without a call, also from libbrine.so: it takes a few bytes of the room that the
 * loader keeps for libraries which come late. For what every call needs, and no more. */
#define THREAD_LOCAL_FAST _Thread_local __attribute__((tls_model("initial-exec")))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#endif
