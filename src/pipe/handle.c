/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: making, opening, closing and removing pipes. */
#include "pipe/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

THREAD_LOCAL_FAST uint32_t brine__my_number;
uint32_t brine__thread_number_new(void) {
    static a32 numbers;
    return brine__my_number = a32_add_relaxed(&numbers, 1) + 1;
}

#define CAPACITY_DEFAULT 64

static uint32_t ring_shift(uint32_t capacity) {
    uint32_t shift = 6; /* RING_SLOTS_MIN: readers and writers of a small pipe seldom meet on a line */
    while ((1u << shift) < capacity + RING_SLOTS_APART) shift++;
    return shift;
}
_Static_assert(RING_SLOTS_MIN == 1u << 6, "smallest ring");

/* ---- a new pipe ---- */

#define POSITIONS_APART ((uint64_t)1 << 22) /* over the slots of any ring */

/* Where the positions of a new ring begin: a whole number of laps beyond those of the one that had this place before. A
 * reaper that was stopped while it looked at that one finds its CAS of head or tail fail. */
static uint64_t first_position(const struct pipe_control *c) {
    uint64_t tail = a64_load_relaxed(&c->tail);
    return tail == 0 ? 0
                     : (tail / POSITIONS_APART + 1) *
                           POSITIONS_APART; /* 0: no ring had this place, or none of its slots was used */
}

/* A ring with all slots EMPTY for the lap of position `first`, as a packet in state ANCHORING for entry `link`. */
static int make_ring(brine_pool *pool, uint32_t shift, uint64_t first, uint64_t link, brine_packet *ring) {
    struct held h;
    struct at at;
    int rc = brine_packet_new(pool, ring);
    if (!rc) rc = brine__held(*ring, &h);
    if (rc) return rc;
    at = (struct at){
        .pool = pool, .rec = h.rec, .cell = &h.rec->root, .record = h.index, .generation = h.gen, .writable = true};
    uint64_t bytes = (uint64_t)8 << shift;
    a64 *slots = brine__arena_alloc(&at, bytes, 64);
    if (!slots) {
        brine_packet_free(*ring);
        return BRINE_ENOMEM;
    }
    for (uint64_t i = 0; i < bytes / 8; i++)
        a64_store_relaxed(&slots[i], slot_word((first >> shift) & LAP_MASK, false, 0, 0)); /* taken by nobody */
    h.rec->root = (struct cell){.payload = pool_offset(pool, slots)};
    a64_store_relaxed(&h.rec->pipe, link);
    a64_store_release(&h.rec->word, WORD(h.gen, REC_ANCHORING, h.me)); /* pairs with the reaper */
    return 0;
}

static void init_control(struct pipe_control *c, uint64_t first, const char *dead_letter) {
    struct name letters = {{0}, 0};
    a64_store_relaxed(&c->tail, first); /* all published by the entry's PENDING */
    a64_store_relaxed(&c->head, first);
    a64_store_relaxed(&c->returned, 0);
    a64_store_relaxed(&c->returned_packets, 0);
    a64_store_relaxed(&c->stream, 0);
    a64_store_relaxed(&c->wait_readers, 0);
    a64_store_relaxed(&c->wait_writers, 0);
    a32_store_relaxed(&c->roles, 0);
    a64_store_relaxed(&c->dead_letters, 0);
    if (dead_letter) brine__name_of(dead_letter, &letters);
    for (size_t i = 0; i < sizeof letters.words / 8; i++) a64_store_relaxed(&c->dead_letter[i], letters.words[i]);
}

/* Makes the pipe unless somebody else does first. 0 either way. */
static int make_pipe(brine_pool *pool, const struct name *name, const brine_pipe_options *o) {
    int rc = 0;
    uint32_t gen, index = brine__dir_begin(pool, name, &gen, &rc), me = a32_load_relaxed(pool->me);
    uint32_t capacity = o->capacity ? o->capacity : CAPACITY_DEFAULT, shift = ring_shift(capacity);
    brine_packet ring;
    if (index == NO_ENTRY) return rc;
    uint64_t first = first_position(pool_pipe(pool, index));
    rc = make_ring(pool, shift, first, LINK(gen, index), &ring);
    if (rc) {
        brine__dir_abandon(pool, index, gen);
        return rc;
    }
    init_control(pool_pipe(pool, index), first, o->dead_letter);
    struct entry_init init = {DIR_PIPE, capacity,         shift, LINK(ring.generation, ring.record),
                              o->flags, o->max_deliveries};
    struct record *r = pool_record(pool, ring.record);
    uint64_t w = WORD(ring.generation, REC_ANCHORING, me);
    if (brine__dir_commit(pool, index, gen, &init, name)) {
        a64_cas_acq_rel(&r->word, &w,
                        WORD(ring.generation, REC_ANCHORED, 0)); /* fails if the pipe was removed meanwhile */
    } else {
        a64_store_release(&r->word, WORD(ring.generation, REC_HELD, me));
        brine_packet_free(ring);
    }
    return 0;
}

/* ---- handles ---- */

/* options NULL: whatever it has. */
static int check_entry(brine_pool *pool, uint32_t index, const char *name, const brine_pipe_options *options) {
    struct dir_entry *e = pool_dir(pool, index);
    uint32_t have = a32_load_relaxed(&e->capacity); /* published by LIVE */
    if (a32_load_relaxed(&e->kind) != DIR_PIPE)
        return brine__fail(BRINE_EMISMATCH, "\"%s\" in pool \"%s\" is a published value, not a pipe", name, pool->name);
    if (options && options->capacity && have != options->capacity)
        return brine__fail(BRINE_EMISMATCH,
                           "pipe \"%s\" in pool \"%s\" has capacity %u, %u was asked; ask for the same, for 0 "
                           "(whatever it has), or remove the pipe",
                           name, pool->name, have, options->capacity);
    return 0;
}

/* The same for what brine_pipe_serve leaves as it is. */
static int check_leases(brine_pool *pool, uint32_t index, const char *name, const brine_pipe_options *options) {
    struct dir_entry *e = pool_dir(pool, index);
    struct name have, letters = {{0}, 0};
    uint32_t flags = a32_load_relaxed(&e->flags), max = a32_load_relaxed(&e->max_deliveries); /* published by LIVE */
    for (size_t i = 0; i < sizeof have.words / 8; i++)
        have.words[i] = a64_load_relaxed(&pool_pipe(pool, index)->dead_letter[i]);
    if (options->dead_letter) brine__name_of(options->dead_letter, &letters);
    if (flags == options->flags && max == options->max_deliveries &&
        memcmp(have.words, letters.words, sizeof have.words) == 0)
        return 0;
    return brine__fail(BRINE_EMISMATCH,
                       "pipe \"%s\" in pool \"%s\" has %s leases, delivery limit %u and dead-letter pipe \"%.*s\", "
                       "which is not what was asked; ask for the same, or remove the pipe",
                       name, pool->name, flags & BRINE_PIPE_LEASES ? "" : "no", max, BRINE_NAME_MAX,
                       (const char *)have.words);
}

/* leases: those of the options are asked for, too. BRINE_ENOENT: it was removed; what was read may be of another one
 * that has its place now. */
static int check_pipe(brine_pool *pool, uint32_t index, uint32_t gen, const char *name,
                      const brine_pipe_options *options, bool leases) {
    int rc = check_entry(pool, index, name, options);
    if (!rc && leases) rc = check_leases(pool, index, name, options);
    if (rc && !dir_is_live(pool, index, gen))
        rc = brine__fail(BRINE_ENOENT, "pipe \"%s\" in pool \"%s\" was removed", name, pool->name);
    return rc;
}

/* Opens entry (index, gen). BRINE_ENOENT: it was removed meanwhile. */
static int open_handle(brine_pool *pool, const char *name, uint32_t index, uint32_t gen, bool server,
                       brine_pipe **out) {
    int rc = 0;
    struct ring ring;
    brine_pipe *p = calloc(1, sizeof *p);
    if (!p) return brine__fail(BRINE_ENOMEM, "no memory for a pipe handle");
    pthread_mutex_lock(&pool->mutex);
    p->endpoint = brine__endpoint_open(pool, LINK(gen, index), server, &rc);
    bool live = !rc && dir_is_live(pool, index, gen) && brine__ring_of(pool, index, gen, &ring);
    if (live) {
        p->pool = pool;
        p->epoch = pool->epoch;
        p->index = index;
        p->gen = gen;
        p->entry = &pool_dir(pool, index)->word;
        p->live = WORD(gen, DIR_LIVE, 0);
        p->capacity = ring.capacity;
        p->shift = ring.shift;
        p->mask = ring.mask;
        p->slots = ring.slots;
        p->control = ring.control;
        p->counters = pool_endp(pool, p->endpoint);
        p->first_thread = thread_number();
        p->server = server;
        p->leases = a32_load_relaxed(&pool_dir(pool, index)->flags) & BRINE_PIPE_LEASES;
        a64_store_relaxed(&p->head_seen, a64_load_acquire(&ring.control->head));
        a64_store_relaxed(&p->spin_ns, 20000);
        strncpy(p->name, name, sizeof p->name - 1);
        p->next = pool->pipes;
        pool->pipes = p;
    } else if (!rc) {
        bool others = false;
        for (brine_pipe *q = pool->pipes; q; q = q->next)
            others |= q->epoch == pool->epoch && q->endpoint == p->endpoint;
        if (!others) brine__endpoint_close(pool, p->endpoint);
        /* still LIVE in that generation, so nobody removed it: the callers, who try again, would do so for ever */
        if (dir_is_live(pool, index, gen))
            rc = brine__fail(BRINE_ECORRUPT, "pipe \"%s\" in pool \"%s\" has no ring; remove the pool", name,
                             pool->name);
        else
            rc = brine__fail(BRINE_ENOENT, "pipe \"%s\" in pool \"%s\" was removed", name, pool->name);
    }
    pthread_mutex_unlock(&pool->mutex);
    if (rc)
        free(p);
    else
        *out = p;
    return rc;
}

static int check_pool(brine_pool *pool) {
    if (!pool) return brine__fail(BRINE_EINVAL, "the pool is NULL");
    if (!pool_me(pool)) return BRINE_ESYS;
    if (pool->readonly) return brine__fail(BRINE_EREADONLY, "pool \"%s\" is attached read-only", pool->name);
    return 0;
}

/* A server opens a new stream; readers and writers that saw the old one closed see it open again. */
static void open_stream(struct pipe_control *c) {
    uint64_t seen = a64_load_acquire(&c->stream);
    while (!a64_cas_seq_cst(&c->stream, &seen, ((seen >> 32) + 1) << 32)) {
    } /* makes a concurrent close fail */
}

static int check_options(const char *name, const brine_pipe_options *o) {
    bool leases = o->flags & BRINE_PIPE_LEASES;
    if (o->capacity > BRINE_CAPACITY_MAX)
        return brine__fail(BRINE_EINVAL, "the capacity %u is over %u packets", o->capacity, BRINE_CAPACITY_MAX);
    if (o->flags & ~BRINE_PIPE_LEASES)
        return brine__fail(BRINE_EINVAL, "unknown pipe flags 0x%x", o->flags & ~BRINE_PIPE_LEASES);
    if (!leases && (o->max_deliveries || o->dead_letter))
        return brine__fail(BRINE_EINVAL, "a delivery limit or dead-letter pipe needs BRINE_PIPE_LEASES");
    if (o->max_deliveries >= DELIVERIES_MASK)
        return brine__fail(BRINE_EINVAL, "max_deliveries is %u; 1 to %u are possible", o->max_deliveries,
                           DELIVERIES_MASK - 1);
    if (!o->max_deliveries != !o->dead_letter)
        return brine__fail(BRINE_EINVAL,
                           "max_deliveries and dead_letter go together: what is delivered so often goes there");
    if (!o->dead_letter) return 0;
    if (strcmp(o->dead_letter, name) == 0)
        return brine__fail(BRINE_EINVAL, "pipe \"%s\" cannot be its own dead-letter pipe", name);
    return brine__check_name("dead-letter pipe", o->dead_letter);
}

/* The dead-letter pipe is there before the first packet can need it. */
static int make_dead_letter(brine_pool *pool, const char *name) {
    static const brine_pipe_options plain = {0};
    struct name n;
    uint32_t gen, index;
    int rc = 0;
    brine__name_of(name, &n);
    do {
        while (!rc && (index = brine__dir_find(pool, &n, &gen)) == NO_ENTRY) rc = make_pipe(pool, &n, &plain);
        if (rc) return rc;
        rc = check_pipe(pool, index, gen, name, NULL, false);
    } while (rc == BRINE_ENOENT && (rc = 0, true));
    return rc;
}

/* leases: those of the options are asked for, too. */
static int serve(brine_pool *pool, const char *name, const brine_pipe_options *options, bool leases,
                 brine_pipe **pipe) {
    struct name n;
    uint32_t gen, index;
    int rc = brine__check_name("pipe", name);
    if (!rc) rc = check_pool(pool);
    if (!rc) rc = check_options(name, options);
    if (!rc && options->dead_letter) rc = make_dead_letter(pool, options->dead_letter);
    if (rc) return rc;
    brine__name_of(name, &n);
    for (;;) {
        if ((index = brine__dir_find(pool, &n, &gen)) == NO_ENTRY) {
            if ((rc = make_pipe(pool, &n, options)) != 0) return rc;
            continue;
        }
        rc = check_pipe(pool, index, gen, name, options, leases);
        if (!rc) rc = open_handle(pool, name, index, gen, true, pipe);
        if (rc == BRINE_ENOENT) continue; /* removed under our feet: make it anew */
        if (!rc) open_stream((*pipe)->control);
        return rc;
    }
}

int brine_pipe_serve(brine_pool *pool, const char *name, uint32_t capacity, brine_pipe **pipe) {
    return serve(pool, name, &(brine_pipe_options){.capacity = capacity}, false, pipe);
}

int brine_pipe_serve_with(brine_pool *pool, const char *name, const brine_pipe_options *options, brine_pipe **pipe) {
    return serve(pool, name, options ? options : &(brine_pipe_options){0}, options != NULL, pipe);
}

int brine_pipe_connect(brine_pool *pool, const char *name, brine_deadline deadline, brine_pipe **pipe) {
    struct name n;
    uint32_t gen, index, interrupts;
    int rc = brine__check_name("pipe", name);
    if (!rc) rc = check_pool(pool);
    if (rc) return rc;
    brine__name_of(name, &n);
    interrupts = a32_load_relaxed(&pool->interrupts);
    brine_deadline until = brine_until(deadline);
    for (;;) {
        uint32_t seen = brine__dir_version(pool);
        if ((index = brine__dir_find(pool, &n, &gen)) != NO_ENTRY) {
            rc = check_pipe(pool, index, gen, name, NULL, false);
            if (!rc) rc = open_handle(pool, name, index, gen, false, pipe);
            if (rc != BRINE_ENOENT) return rc;
            continue;
        }
        if (brine__passed(until)) return brine__fail(BRINE_ENOENT, "pool \"%s\" has no pipe \"%s\"", pool->name, name);
        if (a32_load_relaxed(&pool->interrupts) != interrupts) return brine__fail(BRINE_EINTR, "interrupted");
        brine__dir_wait(pool, seen, until);
    }
}

int brine__pipe_enter_slow(brine_pipe *p) {
    brine_pool *pool = p->pool;
    int rc = 0;
    if (!pool_me(pool)) return BRINE_ESYS;
    pthread_mutex_lock(&pool->mutex);
    if (p->epoch != pool->epoch) { /* forked since: this process needs an endpoint of its own */
        uint32_t endpoint = brine__endpoint_open(pool, LINK(p->gen, p->index), p->server, &rc);
        if (!rc) {
            p->endpoint = endpoint;
            p->counters = pool_endp(pool, endpoint);
            p->epoch = pool->epoch;
            p->first_thread = thread_number();
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    if (!rc && !dir_is_live(pool, p->index, p->gen))
        rc = brine__fail(BRINE_ENOENT, "pipe \"%s\" in pool \"%s\" was removed", p->name, pool->name);
    return rc;
}

/* ---- closing ---- */

/* The last server ends the stream. Each closer first stops being a server (stop_serving), then looks for
 * others: of two that close at once, at least one sees no other. stream: as it was before. */
static void end_stream(brine_pipe *p, uint64_t stream) {
    brine__reap(p->pool, 0, NULL); /* dead servers do not keep it open */
    if (brine__endpoint_any(p->pool, LINK(p->gen, p->index), SERVERS)) return;
    if (a64_cas_seq_cst(&p->control->stream, &stream, stream | 1))
        brine__wake_all(p->control); /* pairs with stream_closed() */
}

/* Under the pool's mutex: a thread that serves the pipe meanwhile makes the endpoint a server's again after it. */
static uint64_t stop_serving(brine_pipe *p) {
    struct endpoint *e = p->counters;
    uint64_t w = a64_load_relaxed(&e->word), stream = a64_load_acquire(&p->control->stream);
    a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), ENDP_CLOSING, word_holder(w)));
    return stream;
}

/* Takes the handle out of the list: true if it was this process's last one of the pipe. */
static bool unlist(brine_pipe *p) {
    bool last = true;
    for (brine_pipe **at = &p->pool->pipes; *at;) {
        if (*at == p) {
            *at = p->next;
            continue;
        }
        last &= !((*at)->epoch == p->epoch && (*at)->endpoint == p->endpoint);
        at = &(*at)->next;
    }
    return last;
}

static void close_handle(brine_pipe *p, bool orderly) {
    brine_pool *pool = p->pool;
    bool ours = pool_me(pool) && p->epoch == pool->epoch, ends = false;
    uint64_t stream = 0;
    pthread_mutex_lock(&pool->mutex);
    if (ours && p->server) {
        ends = a32_add_relaxed(&p->counters->servers, (uint32_t)-1) == 1;
        if (ends && orderly) stream = stop_serving(p);
    }
    pthread_mutex_unlock(&pool->mutex);
    if (ends && orderly) end_stream(p, stream); /* reaps: not under the mutex */
    pthread_mutex_lock(&pool->mutex);
    bool last = unlist(p);
    if (ours && last)
        brine__endpoint_close(pool, p->endpoint);
    else if (ours && ends && a32_load_relaxed(&p->counters->servers) == 0) {
        uint64_t w = a64_load_relaxed(&p->counters->word);
        a64_store_release(&p->counters->word, WORD(word_gen(w), ENDP_CLIENT, word_holder(w)));
    }
    pthread_mutex_unlock(&pool->mutex);
    if (ours && (last || ends)) brine__wake_all(p->control); /* who expects us is told */
    if (ours) brine__entry_cleanup(pool, p->index, a32_load_relaxed(pool->me), false);
    brine__returned_forget(p);
    free(p);
}

int brine_pipe_close(brine_pipe *pipe) {
    if (pipe) close_handle(pipe, true);
    return 0;
}

void brine_pipe_detach(brine_pipe *pipe) {
    if (pipe) close_handle(pipe, false);
}

int brine_pipe_remove(brine_pool *pool, const char *name) {
    struct name n;
    uint32_t gen, index;
    int rc = brine__check_name("pipe", name);
    if (!rc) rc = check_pool(pool);
    if (rc) return rc;
    brine__name_of(name, &n);
    if ((index = brine__dir_find(pool, &n, &gen)) == NO_ENTRY)
        return brine__fail(BRINE_ENOENT, "pool \"%s\" has no pipe \"%s\"", pool->name, name);
    rc = check_pipe(pool, index, gen, name, NULL, false);
    if (rc) return rc;
    uint64_t w = WORD(gen, DIR_LIVE, 0);
    if (!a64_cas_seq_cst(&pool_dir(pool, index)->word, &w, WORD(gen, DIR_REMOVED, 0)))
        return brine__fail(BRINE_ENOENT, "pipe \"%s\" was removed by somebody else", name);
    brine__wake_all(pool_pipe(pool, index));
    brine__dir_changed(pool);
    brine__reap(pool, 0, NULL); /* endpoints of the dead do not keep it */
    brine__entry_cleanup(pool, index, a32_load_relaxed(pool->me), false);
    return 0;
}

/* ---- asking ---- */

size_t brine_pipe_length(const brine_pipe *pipe) {
    uint32_t me;
    if (!pipe || pipe_enter((brine_pipe *)(uintptr_t)pipe, &me)) return 0;
    return (size_t)ring_length(pipe->control);
}

size_t brine_pipe_capacity(const brine_pipe *pipe) { return pipe ? pipe->capacity : 0; }
const char *brine_pipe_name(const brine_pipe *pipe) { return pipe ? pipe->name : ""; }
brine_pool *brine_pipe_pool(const brine_pipe *pipe) { return pipe ? pipe->pool : NULL; }

int brine_pipe_expect(brine_pipe *pipe, unsigned expected) {
    if (!pipe || (expected & ~(BRINE_EXPECT_SERVER | BRINE_EXPECT_READER)))
        return brine__fail(BRINE_EINVAL, "the pipe is NULL, or unknown expectations 0x%x", expected);
    a32_store_relaxed(&pipe->expected, expected);
    return 0;
}

bool brine_pipe_is_closed(const brine_pipe *pipe) {
    uint32_t me;
    if (!pipe || pipe_enter((brine_pipe *)(uintptr_t)pipe, &me)) return true;
    return a64_load_acquire(&pipe->control->stream) & 1;
}
