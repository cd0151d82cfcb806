/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets: the unit of ownership. A packet is a small arena in the pool with one root value and the
 * tree below it. It has exactly one holder, a process; passing it on (brine_enqueue) moves nothing
 * but its name. A handle is a small value that may be copied freely; using one whose packet was freed
 * or handed over is BRINE_ENOTHELD, never a crash; after a packet was passed on and this process got it back from
 * a pipe, its old handles are good again, too.
 *
 * A packet held by a process may be changed by it, one thread at a time. A *shared* packet
 * (brine_packet_share) is immutable, may have many holders, and is freed when the last lets go.
 *
 * Killed inside any of these: the packets held are freed by the reaper, whole; nothing leaks.
 */
#ifndef BRINE_PACKET_H
#define BRINE_PACKET_H

#include <brine/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_packet {
    uint32_t record;     /* index of the packet's record in the pool; 0: no packet */
    uint32_t generation; /* of the record */
    uint32_t pool;       /* the pool, as this process knows it */
    uint32_t reserved;   /* 0 */
} brine_packet;

/* A place of a value inside a packet. Good as long as the packet is held, also when the tab or arr
 * around it grows; after the value is deleted, BRINE_ENOENT. A null ref (place 0) carries the status
 * of the call that made it: passing it on gives that status again, so a chain checks once. */
typedef struct brine_ref {
    uint32_t record;
    uint32_t generation; /* of the record; in a null ref: the negated status */
    uint64_t place;      /* bits 0..47 offset in the pool, 48 read-only (a key), 49..63 the pool */
} brine_ref;

/* No packet. */
static inline brine_packet brine_packet_none(void) {
    brine_packet p = {0, 0, 0, 0};
    return p;
}

/* Makes a packet whose root is an empty tab; the caller holds it. Does not wait.
 * Errors: BRINE_ENOMEM, BRINE_EREADONLY. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_packet_new(brine_pool *pool, brine_packet *packet);

/* As brine_packet_new, with room for bytes of values in one piece (a hint that saves growth). */
BRINE_API BRINE_MUST_CHECK int brine_packet_new_sized(brine_pool *pool, size_t bytes, brine_packet *packet);

/* Lets go of a packet: frees it, or for a shared one the caller's share of it. BRINE_ENOTHELD if it
 * was not held; brine_packet_none() is fine. Since 0.1. */
BRINE_API int brine_packet_free(brine_packet packet);

/* The root value. A null ref (BRINE_ENOTHELD) if the packet is not held. Since 0.1. */
BRINE_API brine_ref brine_root(brine_packet packet);

/* The pool that the packet lives in, or NULL if that pool is no longer attached. */
BRINE_API brine_pool *brine_packet_pool(brine_packet packet);

/* True if this process holds the packet (or a share of it) and may read it. */
BRINE_API bool brine_packet_held(brine_packet packet);

/* Bytes that the packet takes in the pool: record, chunks, spans and owned packets; for a shared one
 * the whole of it. Errors: BRINE_ENOTHELD. */
BRINE_API BRINE_MUST_CHECK int brine_packet_bytes(brine_packet packet, uint64_t *bytes);

/* The first error stuck to the packet (0 if none), and in brine_detail() which call it was. Setters
 * after the first failed one do nothing; brine_enqueue refuses such a packet. */
BRINE_API int brine_packet_error(brine_packet packet);
/* Forgets it, so that building can go on. */
BRINE_API int brine_packet_clear_error(brine_packet packet);

/* Makes the packet immutable and counted. *packet then names the caller's share; refs and pointers
 * got before stay good for reading. A packet that is shared already is left as it is.
 * Errors: BRINE_ENOTHELD, BRINE_ENOMEM. Since 0.1. */
BRINE_API int brine_packet_share(brine_packet *packet);

/* True if the packet is a share of an immutable one. */
BRINE_API bool brine_packet_is_shared(brine_packet packet);

/* One more share of a shared packet, as a handle of its own. Errors: BRINE_ENOTHELD, BRINE_EINVAL
 * (not shared: call brine_packet_share first), BRINE_ENOMEM. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_packet_clone(brine_packet packet, brine_packet *clone);

/* Holders of a shared packet at this moment; 1 for one that is not shared; 0 if not held. */
BRINE_API uint32_t brine_packet_holders(brine_packet packet);

/* Makes *packet changeable again: the same packet when the caller is its only holder, a private deep
 * copy otherwise (the share is then let go). Errors: BRINE_ENOTHELD, BRINE_ENOMEM. Since 0.1. */
BRINE_API int brine_packet_own(brine_packet *packet);

/* A deep copy of the value at ref as a packet of its own in pool (which may be another pool). Bytes
 * are copied. Errors: as for reading ref, and BRINE_ENOMEM. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_packet_copy(brine_ref value, brine_pool *pool, brine_packet *copy);

/* Drops garbage (overwritten strings, outgrown tables): the packet's values are copied into fresh
 * memory and *packet names the new packet; the old handle and refs are dead. Errors: BRINE_ENOTHELD,
 * BRINE_ESHARED, BRINE_ENOMEM (the packet is then unchanged). Since 0.1. */
BRINE_API int brine_packet_compact(brine_packet *packet);

#ifdef __cplusplus
}
#endif
#endif
