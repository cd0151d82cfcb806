/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into a pool without touching it: counters, names, holders, packets in a pipe. Works on any
 * attached pool, also BRINE_POOL_READONLY, takes no lock, slot or packet, and survives any content:
 * everything is copied out and checked before it is used. Numbers are snapshots, each correct by
 * itself, not all of one instant.
 */
#ifndef BRINE_OBSERVE_H
#define BRINE_OBSERVE_H

#include <stdio.h>

#include <brine/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_pool_info {
    char name[BRINE_NAME_MAX + 1];
    uint8_t uuid[16];
    uint64_t max_bytes;       /* limit for packets and pipes */
    uint64_t committed_bytes; /* memory taken from the system for packets and pipes */
    uint64_t table_bytes;     /* memory taken for the pool's own tables */
    uint64_t used_bytes;      /* records, blocks and spans in use */
    uint64_t high_bytes;      /* most that committed_bytes has been */
    uint64_t packets;         /* records in use */
    uint64_t reaps;           /* dead participants cleaned up after, ever */
    uint64_t created_ns;      /* CLOCK_REALTIME */
    uint32_t participants;    /* attached now */
    uint32_t pipes;
    uint32_t published;
    uint32_t format_major, format_minor;
    uint32_t mode; /* permission bits of the file */
    uint32_t owner_uid;
} brine_pool_info;
BRINE_API BRINE_MUST_CHECK int brine_pool_get_info(brine_pool *pool, brine_pool_info *info);

typedef struct brine_pipe_info {
    char name[BRINE_NAME_MAX + 1];
    uint32_t capacity;
    uint32_t depth; /* packets in it now, those returned by a dead reader included */
    uint64_t packets_in, packets_out;
    uint64_t bytes_in, bytes_out; /* sizes of those packets in the pool; never copied bytes */
    uint64_t timeouts_in, timeouts_out;
    uint64_t drops; /* by fan-out policy */
    /* Given back: their reader died before it had (with leases: acknowledged) them, or by brine_nack. */
    uint64_t returned;
    uint64_t dead_letters;     /* of them, gone to the dead-letter pipe */
    uint32_t servers, clients; /* handles open now */
    uint32_t blocked_writers, blocked_readers;
    bool closed;
    bool leases;             /* see brine_pipe_options */
    uint32_t leased;         /* packets with readers, not yet acknowledged */
    uint32_t max_deliveries; /* 0: no limit */
    char dead_letter[BRINE_NAME_MAX + 1];
} brine_pipe_info;
/* Calls visit for every pipe, by name, until it returns non-zero, which is then returned. */
BRINE_API int brine_pipe_each(brine_pool *pool, int (*visit)(const brine_pipe_info *info, void *context),
                              void *context);
BRINE_API BRINE_MUST_CHECK int brine_pipe_get_info(brine_pool *pool, const char *name, brine_pipe_info *info);

typedef struct brine_user_info { /* a process that has a pipe open */
    uint32_t participant;        /* see brine_participant_info */
    int32_t pid;                 /* in its own pid namespace */
    char command[16];
    bool server;        /* has it open as a server */
    bool reads, writes; /* has dequeued from it, enqueued into it, or tried */
    uint64_t packets_in, packets_out;
    uint32_t blocked_writers, blocked_readers; /* threads that wait now */
    uint32_t leased;                           /* packets that it holds by a lease of this pipe */
} brine_user_info;
/* Calls visit for every process that has the pipe open, until it returns non-zero, which is then returned.
 * Errors: BRINE_ENAME, BRINE_ENOENT, BRINE_ENOMEM. Since 0.1. */
BRINE_API int brine_pipe_user_each(brine_pool *pool, const char *name,
                                   int (*visit)(const brine_user_info *info, void *context), void *context);

typedef struct brine_published_info {
    char name[BRINE_NAME_MAX + 1];
    uint64_t bytes;
    uint32_t holders;
    uint64_t version; /* times it was published */
} brine_published_info;
BRINE_API int brine_published_each(brine_pool *pool, int (*visit)(const brine_published_info *info, void *context),
                                   void *context);

typedef struct brine_participant_info {
    uint32_t index;
    int32_t pid; /* in its own pid namespace; diagnostic only */
    uint64_t pid_namespace;
    uint64_t start_ns; /* CLOCK_BOOTTIME when it joined */
    uint32_t uid;
    bool alive; /* holds its lock; false: died, not yet reaped. Unknown (true) when read-only */
    bool self;
    char command[16];
    uint64_t packets_held, bytes_held; /* counted now, by a scan */
} brine_participant_info;
BRINE_API int brine_participant_each(brine_pool *pool, int (*visit)(const brine_participant_info *info, void *context),
                                     void *context);

/* A deep copy of the packet at position nth (0: the next to be dequeued) of a pipe, or of a published
 * value, taken without dequeuing it. The copy is an ordinary packet of a private pool that the library
 * keeps until the packet is freed. Arrays, strings and bytes longer than max_bytes each (0: no limit)
 * are cut. A packet that is taken away while it is read is tried again, then BRINE_ENOENT.
 * Errors: BRINE_ENAME, BRINE_ENOENT, BRINE_ECORRUPT, BRINE_ENOMEM. */
BRINE_API BRINE_MUST_CHECK int brine_peek(brine_pool *pool, const char *name, size_t nth, size_t max_bytes,
                                          brine_packet *copy);

/* Proves the invariants of a pool that is quiet (nobody changing it), or of a copy of its file. Calls report (may be
 * NULL) with one sentence for each thing that is wrong: table, index, field, offset, found, expected. What a process
 * that died was in the middle of, and a reap puts right, is not wrong. Returns the number of problems, or a
 * negative status. Takes memory for a copy of the pool's tables and records. Errors: BRINE_EINVAL, BRINE_ENOMEM. */
BRINE_API int brine_pool_check(brine_pool *pool, void (*report)(const char *problem, void *context), void *context);

#ifdef __cplusplus
}
#endif
#endif
