/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: a handle, and the ring behind it.
 *
 * Slot word:  lap:24 | full:1 | proc:13 | rec:26
 *   FULL(L, p, D)   D was enqueued here in lap L by p
 *   EMPTY(L, c, D)  ready for lap L, and D was last taken here by c: evidence, until the next enqueue
 *
 * Position t stands in slot t & mask, in lap t >> shift. Invariants:
 *   head <= tail <= head + slots            tail - head <= capacity (but for packets being taken)
 *   every position < head is recorded: its packet's word says who has it
 *   FULL(lap t) at position t  <=>  the packet is in the pipe
 * Model: tests/model/spin/pipe.pml. The full argument: docs/design/pipe.md.
 */
#ifndef BRINE_PIPE_RING_H
#define BRINE_PIPE_RING_H

#include <brine/pipe.h>

#include "pipe/directory.h"
#include "pipe/publish.h"

#define RING_SLOTS_MIN 64u
#define RING_SLOTS_APART 16u /* two lines: in a full pipe readers and writers are not at the same line */

struct brine_pipe {
    struct brine_pipe *next; /* in pool->pipes, under pool->mutex */
    brine_pool *pool;
    uint64_t epoch;      /* of the pool when the endpoint was got */
    uint32_t index, gen; /* directory entry */
    const a64 *entry;    /* its word, which is `live` until the pipe is removed */
    uint64_t live;
    uint32_t endpoint; /* shared by this process's handles of the pipe */
    uint32_t capacity, shift;
    uint64_t mask;
    a64 *slots;
    struct pipe_control *control;
    struct endpoint *counters;
    uint32_t first_thread; /* the thread whose counts are plain stores */
    bool server, leases;
    a32 expected;                   /* BRINE_EXPECT_... */
    a64 head_seen;                  /* last head that an enqueue saw: saves reading the readers' line */
    struct returned_list *returned; /* found, not yet taken; made at first use */
    a32 returned_busy;              /* a thread works on that list */
    a64 returned_seen;              /* last value of control->returned with nothing left to take */
    a32 interrupts;
    a64 spin_ns;      /* how long the next wait spins before it sleeps */
    a32 spin_useless; /* whom we wait for runs only where we do */
    a32 spins_failed;
    a32 polls; /* that found nothing, for several packets */
    char name[BRINE_NAME_MAX + 1];
};

#define LAP_MASK 0xffffffu
static inline uint64_t slot_word(uint64_t lap, bool full, uint32_t proc, uint32_t rec) {
    return (lap & LAP_MASK) << 40 | (uint64_t)full << 39 | (uint64_t)proc << 26 | rec;
}
static inline uint32_t slot_lap(uint64_t s) { return (uint32_t)(s >> 40); }
static inline bool slot_full(uint64_t s) { return (s >> 39) & 1; }
static inline uint32_t slot_proc(uint64_t s) { return (uint32_t)(s >> 26) & 0x1fff; }
static inline uint32_t slot_rec(uint64_t s) { return (uint32_t)s & 0x3ffffff; }

/* What every reader looks at: the first line and the first values. */
static inline void prefetch_packet(const struct record *d) {
    prefetch_write(d);
    __builtin_prefetch(d->inline_arena);
}
/* And what one who answers at once needs too: more values, and the line that is written when the packet is passed on.
 */
static inline void prefetch_more(const struct record *d) {
    __builtin_prefetch(d->inline_arena + 64);
    prefetch_write(&d->pipe);
}

/* A ring as seen from the reaper and observers, who have no handle. */
struct ring {
    brine_pool *pool;
    struct pipe_control *control;
    a64 *slots;
    uint64_t mask;
    uint32_t shift, capacity, index, gen;
};
/* The ring of entry `index` in the generation gen, if it is a pipe whose ring is there. */
bool brine__ring_of(brine_pool *pool, uint32_t index, uint32_t gen, struct ring *ring);
static inline struct ring ring_of_pipe(const brine_pipe *p) {
    return (struct ring){p->pool, p->control, p->slots, p->mask, p->shift, p->capacity, p->index, p->gen};
}
static inline uint32_t ring_lap(const struct ring *r, uint64_t t) { return (uint32_t)(t >> r->shift) & LAP_MASK; }
static inline uint64_t pipe_link(const struct ring *r) { return LINK(r->gen, r->index); }

/* One attempt each. 0 or BRINE_ETIMEDOUT (full, empty; no detail). The packet is held by the caller and
 * is HELD again on failure. */
int brine__ring_enqueue(brine_pipe *pipe, struct record *packet, uint32_t index, uint32_t gen, uint32_t me,
                        bool leased);
int brine__ring_dequeue(brine_pipe *pipe, uint32_t me, brine_packet *packet);

#define ORIGIN_POS_MASK (((uint64_t)1 << 48) - 1)
/* True if it is being enqueued, or is in its slot. */
static inline bool is_sent(uint32_t state) {
    return state == REC_SENDING || state == REC_QUEUED || state == REC_FORWARDING;
}

/* ---- several at once (pipe/batch.c) ---- */

/* One attempt of the usual kind for the first of several packets: how many were put or taken; 0: the pipe is full or
 * empty, or it is a case for the single calls. */
size_t brine__put_batch(brine_pipe *pipe, const brine_packet *packets, size_t count);
size_t brine__take_batch(brine_pipe *pipe, brine_packet *packets, size_t count);

/* The last step of a dequeue: ARRIVED(me) becomes the caller's. */
void brine__deliver(const brine_pipe *pipe, const struct ring *ring, struct record *d, uint32_t gen, uint32_t me);

/* ---- packets that came back (pipe/returned.c) ---- */

/* Some may have come back since this handle last found none. */
static inline bool brine__returned_any(const brine_pipe *p) {
    return a64_load_acquire(&p->control->returned) !=
           a64_load_relaxed(&p->returned_seen); /* pairs with the bump: they are RETURNED */
}
/* Takes the one with the lowest position, as a dequeue does. False: there is none. */
bool brine__take_returned(brine_pipe *pipe, const struct ring *ring, uint32_t me, brine_packet *packet);
/* Frees those of a pipe. As brine__ring_drain. */
void brine__drain_returned(const struct ring *ring, uint32_t me, bool reaping);
void brine__returned_forget(brine_pipe *pipe);

/* ---- leases (pipe/lease.c) ---- */

/* ARRIVED(me) -> LEASED(me), with its origin written down and the delivery counted. */
void brine__lease(const struct ring *ring, struct record *d, uint32_t gen, uint32_t me);
/* A failed enqueue of a leased packet: FORWARDING(me) -> LEASED(me). */
void brine__lease_resume(struct record *d, uint32_t gen, uint32_t me);
/* FORWARDING(dead), which did not get into its slot -> LEASED(dead). journey: read after w. */
void brine__lease_undo_forward(struct record *d, uint64_t w, uint64_t journey);
/* LEASED(me), w -> RETURNED, to its own pipe or to the dead-letter pipe. brine__offer has to follow. */
void brine__lease_return(brine_pool *pool, struct record *d, uint64_t w);
/* A RETURNED packet in state w: tells the readers of its pipe; frees it if the pipe is gone. The link of the pipe whose
 * readers were told (which may be another one than the packet was in a moment ago), or NOBODY_TOLD. */
#define NOBODY_TOLD UINT64_MAX
uint64_t brine__offer(brine_pool *pool, uint32_t index, uint64_t w, uint32_t me, bool reaping);

/* If head lags behind a take, records the take and moves it; if tail lags behind an enqueue, moves it. True
 * if there was something to do. */
bool brine__ring_help(const struct ring *ring);
/* CASes d->word from w, if the packet was not sent again since `journey` was read (after w). */
bool brine__journey_cas(struct record *d, uint64_t w, uint64_t journey, uint64_t to);
/* Reaping of a record in state w = SENDING or ARRIVED of the dead. */
void brine__ring_undo(brine_pool *pool, uint32_t index, uint64_t w);
/* Frees all packets in the ring. Nobody may have the pipe open. me: this process or, reaping, the dead. */
void brine__ring_drain(const struct ring *ring, uint32_t me, bool reaping);
/* Frees a record that was made HELD by me. Reaping, what it owns is left to the sweeps that follow: the reaper
 * may hold nothing itself, as it may still be joining. */
void brine__let_go(brine_pool *pool, uint32_t index, uint32_t gen, uint32_t me, bool reaping);

/* Records are too far apart for the processor to fetch by itself what is walked; of so many the lines are on their way.
 */
#define SCAN_AHEAD 24

/* The next record after i that exists, below high; 0: there is none. Memory comes in whole pages of records. */
static inline uint32_t next_record(const brine_pool *pool, uint32_t i, uint64_t high) {
    __builtin_prefetch(pool_record(pool, i + SCAN_AHEAD)); /* past the end: a harmless hint */
    for (i++; i < high; i = (i | (RECORDS_PER_PAGE - 1)) + 1)
        if ((i != 1 && i % RECORDS_PER_PAGE != 0) || pool_record_exists(pool, i)) return i;
    return 0;
}

/* Packets in the ring; never fails. */
static inline uint64_t ring_length(const struct pipe_control *c) {
    uint64_t head = a64_load_acquire(&c->head),
             tail = a64_load_acquire(&c->tail); /* head first: never negative for long */
    return tail > head ? tail - head : 0;
}

/* ---- endpoints (pipe/endpoint.c) ---- */

/* Makes sure that the handle's endpoint is this process's (it is not after a fork) and that the pipe still
 * exists. 0, BRINE_ENOENT, BRINE_ELIMIT, BRINE_ENOMEM, BRINE_ESYS. *me: the participant. */
int brine__pipe_enter_slow(brine_pipe *pipe);
static inline int pipe_enter(brine_pipe *pipe, uint32_t *me) {
    if (unlikely(!pipe)) return brine__fail(BRINE_EINVAL, "the pipe is NULL");
    *me = pool_me(pipe->pool);
    if (likely(*me && pipe->epoch == pipe->pool->epoch && a64_load_acquire(pipe->entry) == pipe->live))
        return 0; /* as dir_is_live() */
    return brine__pipe_enter_slow(pipe);
}

/* Endpoint of this process for a pipe, in the given state; NO_ENTRY: none to be had (*status). */
uint32_t brine__endpoint_open(brine_pool *pool, uint64_t pipe, bool server, int *status);
void brine__endpoint_close(brine_pool *pool, uint32_t endpoint);
/* Any process has this pipe open: at all, as a server, or as a reader. */
/* SERVERS: those that keep the stream open. PRESENT: those and who is just ending it: it has ended, or they are dead,
 * before they go. */
enum who { ANYBODY, SERVERS, PRESENT, READERS };
bool brine__endpoint_any(brine_pool *pool, uint64_t pipe, enum who who);
/* Another process that has it open may run on a CPU other than `cpu` (1 + its number). */
bool brine__endpoint_elsewhere(brine_pool *pool, uint64_t pipe, uint32_t cpu);
/* Notes that the holder of the endpoint reads or writes. */
void brine__endpoint_role(brine_pipe *pipe, uint32_t role);
/* Reaping: the dead serve no more; then, when their packets are settled, their endpoints are freed. In between
 * those keep the rings of removed pipes in place. */
void brine__endpoints_retire(brine_pool *pool, uint32_t dead);
void brine__endpoints_undo(brine_pool *pool, uint32_t dead);
/* Cleans up a REMOVED entry that nobody has open any more: true if it did. me: as for brine__ring_drain. */
bool brine__entry_cleanup(brine_pool *pool, uint32_t index, uint32_t me, bool reaping);

/* ---- waiting (pipe/wait.c) ---- */

/* brine_dequeue without waiting, by one who drops the packet: the process does not become a reader by it. No
 * detail on BRINE_ETIMEDOUT. */
int brine__dequeue_now(brine_pipe *pipe, brine_packet *packet);
/* Wakes one reader or writer, or so many, if any sleep. Call after the RMW that made the change. */
void brine__wake_slow(a32 *ec, int count);
void brine__wake_some(brine_pipe *pipe, a32 *ec, int count);
static inline void wake_readers(brine_pipe *p, int count) {
    fence_after_rmw(); /* pairs with the seq_cst add in waiting_add(): either we see it or it sees our change */
    if (unlikely((uint32_t)a64_load_relaxed(&p->control->wait_readers) != 0))
        brine__wake_some(p, &p->control->ec_readers, count);
}
static inline void wake_writers(brine_pipe *p, int count) {
    fence_after_rmw(); /* as above */
    if (unlikely((uint32_t)a64_load_relaxed(&p->control->wait_writers) != 0))
        brine__wake_some(p, &p->control->ec_writers, count);
}
static inline void wake_reader(brine_pipe *p) { wake_readers(p, 1); }
static inline void wake_writer(brine_pipe *p) { wake_writers(p, 1); }
/* Wakes everybody who waits on a pipe. */
void brine__wake_all(struct pipe_control *control);
/* Forgets the waiters counted in a pipe (some are dead); the live ones count themselves in again. */
void brine__waiting_reset(struct pipe_control *control);
/* Wakes this process's waiters on the pool. Async-signal-safe. */
void brine__wake_process(brine_pool *pool);

/* Numbers the threads of this process, from 1 on. */
extern THREAD_LOCAL_FAST uint32_t brine__my_number;
uint32_t brine__thread_number_new(void);
static inline uint32_t thread_number(void) {
    return likely(brine__my_number != 0) ? brine__my_number : brine__thread_number_new();
}

/* CASes head or tail onwards; who fails was helped. */
static inline void ring_advance(a64 *position, uint64_t from) { a64_cas_acq_rel(position, &from, from + 1); }

#endif
