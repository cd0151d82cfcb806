/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes: named bounded FIFOs of packets in a pool. Any number of writers and readers, in any
 * processes; each packet goes to exactly one reader. A pipe keeps its packets when nobody is attached.
 *
 * Ends of a stream: when the last server closes its handle (brine_pipe_close), readers drain what is
 * there and then get BRINE_ECLOSED. A server that dies, exits or detaches does not end the stream: a
 * replacement may serve the pipe and carry on. Serving a closed pipe opens a new stream.
 *
 * When a process is killed: a packet whose enqueue had returned is delivered to somebody. A packet
 * whose dequeue had returned died with its reader. In between it is delivered exactly once, to the
 * dead or to the next reader. Nobody waits for a dead or stopped process.
 *
 * A pipe with leases gives at-least-once delivery instead: a packet dequeued from it is leased until it is
 * acknowledged (brine_ack, brine_packet_free, or enqueueing it into a pipe), and that of a reader that dies or
 * detaches before goes to the next reader, before newer packets.
 *
 * Handles are the process's; any number of threads may use one at once. After fork the child's
 * handles work as its own.
 */
#ifndef BRINE_PIPE_H
#define BRINE_PIPE_H

#include <brine/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_pipe brine_pipe;

#define BRINE_CAPACITY_MAX (1u << 20)

/* Makes the pipe if it does not exist, and opens it as a server. capacity: packets that it holds,
 * 1..BRINE_CAPACITY_MAX; 0: what the existing pipe has, 64 for a new one. Never waits.
 * Errors: BRINE_ENAME; BRINE_EINVAL; BRINE_EMISMATCH (it exists with another capacity, or the name is
 * a published value); BRINE_ELIMIT (names in the pool); BRINE_ENOMEM; BRINE_EREADONLY. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_pipe_serve(brine_pool *pool, const char *name, uint32_t capacity,
                                                brine_pipe **pipe);

#define BRINE_PIPE_LEASES 1u /* packets are leased to their readers; see brine_ack */

/* All fields may be 0: the default. Zero the whole struct first, so that fields of later versions are 0 too. */
typedef struct brine_pipe_options {
    uint32_t capacity; /* as for brine_pipe_serve */
    unsigned flags;    /* BRINE_PIPE_LEASES */
    /* With leases, 1..65534: a packet returned after so many goes to dead_letter. 0: no limit. */
    uint32_t max_deliveries;
    const char *dead_letter; /* name of that pipe, in the same pool; needed with max_deliveries */
} brine_pipe_options;

/* As brine_pipe_serve, for a pipe with these properties (NULL: whatever it has). The dead-letter pipe is made,
 * with the default capacity, if it does not exist; what goes there does not count against its capacity. It
 * may be read, served and removed like any other; while it does not exist packets go on being delivered by their
 * own pipe. Errors: as brine_pipe_serve; BRINE_EMISMATCH also for an existing pipe with other leases, limit
 * or dead-letter pipe. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_pipe_serve_with(brine_pool *pool, const char *name,
                                                     const brine_pipe_options *options, brine_pipe **pipe);

/* Opens a pipe that somebody serves, waiting until the deadline for it to be made. May both enqueue
 * and dequeue. Errors: BRINE_ENAME; BRINE_ENOENT (not there by the deadline); BRINE_EMISMATCH;
 * BRINE_EINTR; BRINE_EREADONLY. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_pipe_connect(brine_pool *pool, const char *name, brine_deadline deadline,
                                                  brine_pipe **pipe);

/* Gives the handle back. For the last server of the pipe this ends the stream. NULL is fine.
 * Since 0.1. */
BRINE_API int brine_pipe_close(brine_pipe *pipe);

/* Gives the handle back without ending the stream, as if the process had exited. NULL is fine. */
BRINE_API void brine_pipe_detach(brine_pipe *pipe);

/* Removes a pipe's name from the pool and frees the packets in it. Handles of it get BRINE_ENOENT from
 * then on. Errors: BRINE_ENAME, BRINE_ENOENT. Since 0.1. */
BRINE_API int brine_pipe_remove(brine_pool *pool, const char *name);

/* Puts a packet at the end. 0: the packet is no longer the caller's, and the pipe has it, whatever
 * happens to anybody. Any other status: the caller still holds it. Waits while the pipe is full.
 * No copy, no system call unless somebody sleeps.
 * Errors: BRINE_ETIMEDOUT (also for brine_now() on a full pipe); BRINE_ECLOSED; BRINE_ENOTHELD;
 * BRINE_EXPOOL; the packet's stuck error; BRINE_EINTR; BRINE_EGONE (see brine_pipe_expect); BRINE_ENOENT
 * (the pipe was removed). Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_enqueue(brine_pipe *pipe, brine_packet packet, brine_deadline deadline);

/* Takes the oldest packet; the caller holds it. Waits while the pipe is empty.
 * Errors: BRINE_ETIMEDOUT (also for brine_now() on an empty pipe); BRINE_ECLOSED (empty and the
 * stream has ended); BRINE_EINTR; BRINE_EGONE (see brine_pipe_expect); BRINE_ENOENT (the pipe was removed).
 * Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_dequeue(brine_pipe *pipe, brine_packet *packet, brine_deadline deadline);

/*
 * Several at once: the same as so many single calls, in order and in what a death leaves, at a part of the cost per
 * packet. At most 64 are in hand at any instant, so others get their turn in between.
 *
 * brine_enqueue_many: 0: all `count` are in. Else the first *done are, and the others are still the caller's; the
 * status is that of packets[*done]. Waits for room as often as needed, until the deadline.
 *
 * brine_dequeue_many: 0: *done packets, at least 1 and at most `count`, which are the caller's to read and free. Waits
 * only while the pipe is empty: it does not wait for more to come. Else *done is 0.
 *
 * done may be NULL for brine_enqueue_many. Errors: as the single calls; BRINE_EINVAL (no array, room for 0 packets).
 * Since 0.1.
 */
BRINE_API BRINE_MUST_CHECK int brine_enqueue_many(brine_pipe *pipe, const brine_packet *packets, size_t count,
                                                  brine_deadline deadline, size_t *done);
BRINE_API BRINE_MUST_CHECK int brine_dequeue_many(brine_pipe *pipe, brine_packet *packets, size_t count,
                                                  brine_deadline deadline, size_t *done);

/* ---- leases ---------------------------------------------------------------------------------------- */

/*
 * A leased packet is the caller's to read, not to change (BRINE_ELEASED). It ends by
 *   brine_ack          it becomes the caller's as any other packet: to be changed, shared, enqueued, freed
 *   brine_packet_free  acknowledged and freed
 *   brine_enqueue      acknowledged when it is in the other pipe, by the same instruction: a process killed at any
 *                      point leaves it in the one pipe or in the other, once. On failure it is still leased
 *   brine_nack         back to its pipe
 *   the death, exec or detaching of the holder: as brine_nack
 * What is returned goes before newer packets, in the order of the pipe. Returned after max_deliveries
 * deliveries it goes to the dead-letter pipe instead, without a lease of its own unless that pipe has leases.
 * Threads: a packet is one thread's at a time.
 */

/* Acknowledges: a leased packet becomes an ordinary held one; one that is held already stays so. Never waits.
 * Killed inside: acknowledged (and freed with its holder) or returned. Errors: BRINE_ENOTHELD. Since 0.1. */
BRINE_API int brine_ack(brine_packet packet);

/* Gives a leased packet back: it goes to the next reader. Its refs are dead. Never waits.
 * Errors: BRINE_ENOTHELD; BRINE_EINVAL (not leased). Since 0.1. */
BRINE_API int brine_nack(brine_packet packet);

/* How often a leased packet was delivered by its pipe, this time included: 1 the first time (65535: so many or
 * more). 0 if it is not leased, or not the caller's. Never fails. Since 0.1. */
BRINE_API uint32_t brine_deliveries(brine_packet packet);

/* ---- peers that are gone --------------------------------------------------------------------------- */

#define BRINE_EXPECT_SERVER 1u /* if the pipe was ever served, some process has it open as a server */
#define BRINE_EXPECT_READER 2u /* if the pipe ever had a reader, some process that reads it has it open */

/* Makes waits on this handle (brine_enqueue on a full pipe, brine_dequeue on an empty one, brine_wait_any) end
 * with BRINE_EGONE while what is expected is not so, instead of going on to the deadline. A death is noticed
 * within 0.2 s. 0: no expectation, as at first. What can be done without waiting is done: a reader still drains
 * the pipe. A reader is a process that has dequeued from the pipe or waited for it to be readable.
 * Errors: BRINE_EINVAL. Since 0.1. */
BRINE_API int brine_pipe_expect(brine_pipe *pipe, unsigned expected);

/* Packets in the pipe now. Never blocks. */
BRINE_API size_t brine_pipe_length(const brine_pipe *pipe);
BRINE_API size_t brine_pipe_capacity(const brine_pipe *pipe);
BRINE_API const char *brine_pipe_name(const brine_pipe *pipe); /* valid as long as the handle */
BRINE_API brine_pool *brine_pipe_pool(const brine_pipe *pipe);
/* True if the stream has ended (there may still be packets to drain). */
BRINE_API bool brine_pipe_is_closed(const brine_pipe *pipe);

/* Wakes every wait of this process on this pipe, in any thread, with BRINE_EINTR. A wait that begins
 * later is not affected. Async-signal-safe. Since 0.1. */
BRINE_API void brine_pipe_interrupt(brine_pipe *pipe);

/* ---- several pipes ------------------------------------------------------------------------------ */

#define BRINE_READABLE 1u /* a dequeue would not wait: a packet is there, or the stream has ended */
#define BRINE_WRITABLE 2u /* an enqueue would not wait */
#define BRINE_GONE 4u     /* only in `ready`: what brine_pipe_expect was told is not so */

typedef struct brine_wait {
    brine_pipe *pipe;
    uint32_t events; /* asked for */
    uint32_t ready;  /* set by brine_wait_any */
} brine_wait;

/* Waits until at least one of count pipes (1..128; of the same or different pools) is ready as asked.
 * 0, with `ready` filled in for all. A hint, as select's: another reader may be faster, so dequeue
 * with brine_now() next. Errors: BRINE_ETIMEDOUT, BRINE_EINTR, BRINE_EINVAL. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_wait_any(brine_wait *waits, size_t count, brine_deadline deadline);

/* ---- fan-out -------------------------------------------------------------------------------------- */

typedef enum brine_policy {
    BRINE_BLOCK = 0,       /* wait for every output, each until the deadline */
    BRINE_DROP_NEWEST = 1, /* an output still full at the deadline does not get this packet */
    BRINE_DROP_OLDEST = 2  /* a full output loses its oldest packet instead; never waits */
} brine_policy;

/* Gives a packet to every output by reference: it becomes shared (immutable), each output gets a
 * share. The packet is consumed; refused before any output was tried (a bad argument, an output of another pool, a
 * packet with an error, no memory) it is the caller's as before, and *rest, and status is that for all. A leased packet
 * is acknowledged: a share when all outputs were tried, so that none misses it if the caller is killed inside (some may
 * get it twice then), any other at once. status (count entries, may be NULL) says per output 0, or why it was not given
 * to it; BRINE_ETIMEDOUT with a dropping policy: it was dropped there. Returns 0 if every output got it or dropped it
 * by policy, else the first other status. What another try may cure (with BRINE_BLOCK a full output; BRINE_EINTR,
 * BRINE_ENOMEM with any policy) leaves *rest (may be NULL) as the caller's share, to be given again to those outputs;
 * otherwise it is brine_packet_none(). The deadline bounds the whole call. Errors: as brine_enqueue. Since 0.1. */
BRINE_API int brine_fanout(brine_packet packet, brine_pipe *const *outputs, size_t count, brine_policy policy,
                           brine_deadline deadline, int *status, brine_packet *rest);

/* ---- published values ------------------------------------------------------------------------------ */

/* Puts a packet under a name for everyone to read, in place of what was there; it becomes shared. On
 * success the packet is no longer the caller's. Readers see the old or the new value, never half of
 * one, and never block the writer. Survives its publisher. Errors: BRINE_ENAME, BRINE_EMISMATCH (the
 * name is a pipe), BRINE_ENOTHELD, BRINE_EXPOOL, BRINE_ELIMIT, BRINE_ENOMEM. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_publish(brine_pool *pool, const char *name, brine_packet packet);

/* A share of what is published under a name now; waits until the deadline for the name to appear.
 * Errors: BRINE_ENAME, BRINE_ENOENT, BRINE_EMISMATCH, BRINE_ENOMEM, BRINE_EINTR. Since 0.1. */
BRINE_API BRINE_MUST_CHECK int brine_lookup(brine_pool *pool, const char *name, brine_deadline deadline,
                                            brine_packet *packet);

/* Removes a published value. Errors: BRINE_ENAME, BRINE_ENOENT, BRINE_EMISMATCH. Since 0.1. */
BRINE_API int brine_unpublish(brine_pool *pool, const char *name);

#ifdef __cplusplus
}
#endif
#endif
