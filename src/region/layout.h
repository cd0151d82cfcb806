/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: what stands where in a pool file. Every struct here is shared memory: fixed-width fields,
 * explicit padding, no pointers. Offsets are from the start of the file.
 *
 *   header   one 64 KiB unit: immutable part, checksum, hints
 *   commit   1 bit per 64 KiB unit of the whole file: memory is there, touching it is safe
 *   proc[]   participants            dir[]    names
 *   pipe[]   control of the pipe in dir[] of the same index
 *   endp[]   endpoints: one per pipe and process that has it open
 *   recmap[] ownership word per 64 KiB page of records
 *   pagemap[] ownership word per 64 KiB data page
 *   tags[]   64 words per data page: owner of each block of a slab page
 *   records[] 512 B each, type-stable for ever
 *   pages[]  64 KiB data pages
 *
 * Ownership word:  gen:32 | state:6 | holder:26        0 is FREE of generation 0, so that fresh
 *                                                       (zero) memory needs no initialising.
 * Tag:             gen:32 | state:6 | record:26        0 is free
 */
#ifndef BRINE_REGION_LAYOUT_H
#define BRINE_REGION_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <brine/pool.h>

#include "base/atomics.h"

#define UNIT_SHIFT 16
#define UNIT_BYTES ((uint64_t)1 << UNIT_SHIFT) /* unit of commit, of record pages and of data pages */
#define LINE_BYTES 128                         /* two 64-byte lines: the adjacent-line prefetcher pairs them */

#define FORMAT_MAJOR 2
#define FORMAT_MINOR 0
#define ENDIAN_TAG 0x01020304u

#define PROC_COUNT 8192u  /* 13 bits in a slot word; index 0 is never used: it means nobody */
#define DIR_COUNT 16384u  /* names in a pool */
#define ENDP_COUNT 65536u /* (pipe, process) pairs open at once */
#define RECORD_BYTES 512u
#define RECORDS_PER_PAGE (UNIT_BYTES / RECORD_BYTES) /* 128 */
#define RECORD_COUNT_MAX (1u << 26)
#define TAGS_PER_PAGE 64u /* blocks of the smallest class, 1 KiB */
#define POOL_BYTES_MAX ((uint64_t)16 << 40)
#define POOL_BYTES_MIN UNIT_BYTES
#define LOCK_BASE ((int64_t)1 << 40) /* participant i locks byte LOCK_BASE + i (far past any data) */

/* ---- ownership words ---- */

#define WORD(gen, state, holder) ((uint64_t)(uint32_t)(gen) << 32 | (uint64_t)(state) << 26 | (uint64_t)(holder))
static inline uint32_t word_gen(uint64_t w) { return (uint32_t)(w >> 32); }
static inline uint32_t word_state(uint64_t w) { return (uint32_t)(w >> 26) & 63; }
static inline uint32_t word_holder(uint64_t w) { return (uint32_t)w & 0x3ffffff; }

/* States of a record. holder is the participant, unless said otherwise. */
enum {
    REC_FREE = 0,        /* holder 0 */
    REC_HELD = 1,        /* only the holder may touch it */
    REC_SENDING = 2,     /* holder is enqueueing it at (pipe, pos); the slot is the evidence */
    REC_QUEUED = 3,      /* in a slot, its sender is dead and reaped; holder 0 */
    REC_ARRIVED = 4,     /* taken from a slot by holder, who has not returned from dequeue */
    REC_RETURNED = 5,    /* its taker died; goes to the next reader of `pipe`; holder 0 */
    REC_CHILD = 6,       /* part of another packet; holder is the parent's record index */
    REC_ANCHORING = 7,   /* ring of pipe `pipe`, being made by holder; the directory is the evidence */
    REC_ANCHORED = 8,    /* ring of pipe `pipe`; holder 0 */
    REC_SHARED = 9,      /* immutable, counted by rc; holder 0 */
    REC_FREEING = 10,    /* count went to 0; being freed by holder */
    REC_PINC = 11,       /* token: its increment is pending */
    REC_PDEC = 12,       /* token: its decrement is pending */
    REC_DECD = 13,       /* token: its decrement is done */
    REC_PUBLISHING = 14, /* token: being published under dir entry `pipe` by holder */
    REC_PUBLISHED = 15,  /* token: published under dir entry `pipe`; holder 0 */
    REC_LEASED = 16,     /* delivered to holder, not yet acknowledged */
    REC_FORWARDING = 17  /* as SENDING, of a leased packet: back to LEASED if it did not get in */
};

/* States of a page (recmap, pagemap). */
enum {
    PAGE_FREE = 0,
    PAGE_RECORDS = 1,     /* recmap: holder's; gen is the number of its thread's heap */
    PAGE_ORPHAN = 2,      /* recmap: of nobody, may be adopted; gen tells one orphaning from the next */
    PAGE_SPAN = 3,        /* pagemap: part of a span; gen and holder are those of the record */
    PAGE_TRIM = 4,        /* pagemap: being given back to the system by holder */
    PAGE_SLAB = 8,        /* + class: holder's; gen as for PAGE_RECORDS */
    PAGE_SLAB_ORPHAN = 24 /* + class: of nobody */
};

/* States of a participant, of a directory entry, of an endpoint. */
enum { PROC_FREE = 0, PROC_JOINING = 1, PROC_LIVE = 2 };
enum { DIR_FREE = 0, DIR_HELD = 1, DIR_PENDING = 2, DIR_LIVE = 3, DIR_ABORTED = 4, DIR_REMOVING = 5, DIR_REMOVED = 6 };
enum { ENDP_FREE = 0, ENDP_CLIENT = 1, ENDP_SERVER = 2, ENDP_CLOSING = 3 };
enum { ENDP_READS = 1, ENDP_WRITES = 2 }; /* roles */
enum { DIR_PIPE = 1, DIR_VALUE = 2 };

/* ---- the tables' structs ---- */

/* Where the tables stand; immutable. counts are capacities. */
struct layout {
    uint64_t file_bytes, max_bytes;
    uint64_t commit, proc, dir, pipe, endp, recmap, pagemap, tags, records, pages;
    uint32_t record_pages, data_pages; /* entries of recmap, pagemap */
};

struct header {
    char magic[8];
    uint32_t endian_tag, pointer_bytes;
    uint16_t major, minor;
    uint32_t reserved;
    uint64_t signature; /* of struct sizes and constants of the build that made the pool */
    uint8_t uuid[16];
    struct layout layout;
    uint64_t hash_seed;
    uint64_t created_ns; /* CLOCK_REALTIME */
    char name[BRINE_NAME_MAX + 1];
    uint64_t checksum; /* XXH3 of everything above */
    uint8_t pad[LINE_BYTES * 3 - 240];
    /* Hints. *_high: 1 + the highest index ever used; raised before use. Never lowered. */
    a64 proc_high, dir_high, endp_high, record_page_high, data_page_high;
    a64 page_low;     /* no free data page below this, probably */
    a64 reaps;        /* dead participants cleaned up after */
    a64 pressure;     /* bumped when an allocation found nothing: give back what you hoard */
    a64 high_units;   /* most units ever committed for records and pages */
    a64 dir_version;  /* bumped when a name appears or goes; futex of its low half for waiters */
    a64 orphan_epoch; /* bumped after pages became orphans */
    a64 growing;      /* 1 + the participant that commits data pages ahead of use; 0: nobody */
    uint8_t pad2[LINE_BYTES - 96];
};
_Static_assert(offsetof(struct header, checksum) == 232, "checksum offset");
_Static_assert(offsetof(struct header, proc_high) == 384, "hints start a line");
_Static_assert(sizeof(struct header) == 512, "header size");

struct proc {
    a64 word; /* gen | PROC_... | 0 */
    a32 pid;
    a32 uid;
    a64 pid_namespace, start_ns;
    char command[16];
    a32 only_cpu; /* 1 + the CPU, if it may run on no other; else 0. A hint for those who spin */
    uint8_t pad[LINE_BYTES - 52];
};
_Static_assert(sizeof(struct proc) == LINE_BYTES, "one line");

struct dir_entry {
    a64 word;   /* gen | DIR_... | holder (0 when LIVE) */
    a64 target; /* record and generation of the ring (pipe) or of the token (value): gen:32 | record:32 */
    a32 hash;   /* of the name */
    a32 kind;   /* DIR_PIPE, DIR_VALUE */
    a32 capacity;
    a32 ring_shift;                     /* log2 of the slots of the ring */
    a64 version;                        /* times published */
    a64 name[(BRINE_NAME_MAX + 1) / 8]; /* NUL-padded; words, so that it can be read while it changes */
    a32 flags;                          /* BRINE_PIPE_... */
    a32 max_deliveries;
    uint8_t pad[LINE_BYTES - 112];
};
_Static_assert(sizeof(struct dir_entry) == LINE_BYTES, "one line");

/* Pipe control; belongs to dir[] of the same index. See pipe/ring.h for the protocol. */
struct pipe_control {
    a64 tail;
    uint8_t pad0[LINE_BYTES - 8];
    a64 head;
    uint8_t pad1[LINE_BYTES - 8];
    a32 ec_readers;   /* futex: bumped when a packet came and somebody waits */
    a32 ec_writers;   /* futex: bumped when a place came free and somebody waits */
    a64 wait_readers; /* epoch:32 | count:32 */
    a64 wait_writers;
    a64 returned; /* bumped by the reaper after it made packets RETURNED */
    a64 stream;   /* epoch:32 | 0:31 | closed:1 */
    a32 roles;    /* ENDP_READS: it had a reader, ever */
    uint32_t reserved;
    a64 woken_ns; /* CLOCK_MONOTONIC of the last wake: for measuring what one costs */
    uint8_t pad2[LINE_BYTES - 56];
    a64 returned_packets;                      /* counters for observers: made RETURNED, ever */
    a64 dead_letters;                          /* those of them that went to the dead-letter pipe */
    a64 dead_letter[(BRINE_NAME_MAX + 1) / 8]; /* its name, as in dir_entry; 0: none */
    uint8_t pad3[LINE_BYTES - 80];
};
_Static_assert(sizeof(struct pipe_control) == 4 * LINE_BYTES, "four lines");

/* Counters are kept when an endpoint is freed and taken again for the same pipe, so that their sum
 * over the table is the pipe's total. First line: written by the handle's first thread only (plain
 * stores); second: by all others (atomic adds). */
struct endpoint {
    a64 word; /* gen | ENDP_... | holder */
    a64 pipe; /* gen:32 | directory index:32; kept while free */
    a64 packets_in, bytes_in, packets_out, bytes_out;
    a64 blocked_writers, blocked_readers; /* threads of the holder that wait now */
    a64 packets_in2, bytes_in2, packets_out2, bytes_out2;
    a64 timeouts_in, timeouts_out, drops;
    a32 servers; /* server handles open in the holder: so many closes end its serving */
    a32 roles;   /* ENDP_READS, ENDP_WRITES: what the holder has done with the pipe */
};
_Static_assert(sizeof(struct endpoint) == LINE_BYTES, "one line");

/* A value. All zero is None. See value/cell.h. */
struct cell {
    uint8_t type, n;
    uint16_t aux;
    uint32_t len;
    uint64_t payload;
};
_Static_assert(sizeof(struct cell) == 16, "cell size");

#define ARENA_INLINE (RECORD_BYTES - 128)

/*
 * A record: a packet, a token (a share of a packet) or a ring.
 *   Only the holder named by `word` writes the plain fields, except rc.
 *   Delivered by a pipe with leases, until it is enqueued, made a child or shared: `parent` is the link of that
 *   pipe and `rc_count` is position:48 | deliveries:16 there, the origin to which a death returns it.
 *   bump <= limit; [bump, limit) is free room of the newest chunk (or of `inline_arena`): above it is text.
 * The first line is all that a reader needs to take and free a packet of the usual kind; the first values stand in the
 * one that processors fetch together with it. The last line stays in the cache of the core that makes the packets.
 */
struct record {
    a64 word;
    a64 journey;     /* times it was enqueued or made a child, ever:48 | deliveries since:16. With word one 16-byte CAS
                        target */
    a64 target;      /* token: gen:32 | record:32 of the shared packet; else 0. FREE => 0 */
    uint64_t chunks; /* offset of the newest chunk; each begins with struct chunk */
    struct cell root;
    uint32_t first_child; /* records owned by this packet; 0 ends */
    int32_t error;        /* first build error, 0 if none */
    uint64_t bytes;       /* of this record and its chunks, without owned packets */

    uint8_t inline_arena[ARENA_INLINE];

    a64 pipe;   /* gen:32 | directory index:32 */
    a64 parent; /* CHILD: gen:32 | record:32 of the parent */
    a64 pos;    /* position of the last enqueue, or of the take */
    uint64_t bump, limit;
    uint32_t next_child, prev_child;
    a64 rc_count; /* SHARED: count:32 | gen:32. With rc_stamp one 16-byte CAS target */
    a64 rc_stamp; /* token gen:32 | 0:5 | op:1 | token record:26. Not SHARED: bytes when last enqueued, if it owns
                     packets or is a token */
};
_Static_assert(offsetof(struct record, word) == 0 && offsetof(struct record, journey) == 8, "one 16-byte CAS target");
_Static_assert(offsetof(struct record, inline_arena) == 64 && offsetof(struct record, pipe) == RECORD_BYTES - 64,
               "a reader's line, the arena, a writer's line");
_Static_assert(offsetof(struct record, rc_count) % 16 == 0, "one 16-byte CAS target");
_Static_assert(sizeof(struct record) == RECORD_BYTES, "record size");

#define DELIVERIES_MASK 0xffffu /* low bits of journey, and of a lease's origin */
static inline uint64_t next_journey(uint64_t j) { return (j | DELIVERIES_MASK) + 1; }

/* Head of a block or span that belongs to a packet. */
struct chunk {
    uint64_t next;  /* offset of the chunk got before it; 0 ends */
    uint64_t bytes; /* of the whole block or span */
};

/* record and generation in one word, for targets, parents and REF cells. */
#define LINK(gen, record) ((uint64_t)(uint32_t)(gen) << 32 | (uint64_t)(record))
static inline uint32_t link_gen(uint64_t l) { return (uint32_t)(l >> 32); }
static inline uint32_t link_record(uint64_t l) { return (uint32_t)l; }

#endif
