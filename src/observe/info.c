/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe: numbers and names. Everything is read where it stands, one word at a time, without a lock;
 * an index or offset read from the pool is checked before it is used.
 */
#include <brine/observe.h>

#include <stdlib.h>
#include <string.h>

#include "observe/observe.h"
#include "pipe/ring.h"

int brine__observe_enter(brine_pool *pool) {
    if (!pool) return brine__fail(BRINE_EINVAL, "the pool is NULL");
    if (!pool_me(pool)) return BRINE_ESYS;
    return brine__pool_fd(pool) == BRINE_ECORRUPT ? BRINE_ECORRUPT : 0; /* cut short: reading on would be a SIGBUS */
}

uint32_t brine__proc_high(brine_pool *pool) {
    uint64_t high = a64_load_acquire(&pool_header(pool)->proc_high);
    return high < PROC_COUNT ? (uint32_t)high : PROC_COUNT;
}

bool brine__proc_there(brine_pool *pool, uint32_t i) {
    return brine__committed(pool, pool->layout.proc + i * sizeof(struct proc), sizeof(struct proc));
}
bool brine__dir_there(brine_pool *pool, uint32_t i) {
    return brine__committed(pool, pool->layout.dir + i * sizeof(struct dir_entry), sizeof(struct dir_entry)) &&
           brine__committed(pool, pool->layout.pipe + i * sizeof(struct pipe_control), sizeof(struct pipe_control));
}
bool brine__endp_there(brine_pool *pool, uint32_t i) {
    return brine__committed(pool, pool->layout.endp + i * sizeof(struct endpoint), sizeof(struct endpoint));
}
uint32_t brine__endp_high(brine_pool *pool) {
    uint64_t high = a64_load_acquire(&pool_header(pool)->endp_high);
    return high < ENDP_COUNT ? (uint32_t)high : ENDP_COUNT;
}

/* ---- the pool ---- */

static uint64_t count_tables(const brine_pool *pool) {
    uint64_t n = 0;
    for (uint64_t at = 0; at < pool->layout.records; at += UNIT_BYTES) n += brine__committed(pool, at, 1);
    return n << UNIT_SHIFT;
}

static void count_names(brine_pool *pool, brine_pool_info *info) {
    for (uint32_t i = 0; i < dir_high(pool); i++) {
        if (!brine__dir_there(pool, i)) continue;
        struct dir_entry *e = pool_dir(pool, i);
        if (word_state(a64_load_acquire(&e->word)) != DIR_LIVE) continue;
        if (a32_load_relaxed(&e->kind) == DIR_PIPE)
            info->pipes++;
        else
            info->published++;
    }
}

int brine_pool_get_info(brine_pool *pool, brine_pool_info *info) {
    struct stat st;
    struct heap_usage usage;
    int rc = brine__observe_enter(pool), fd;
    if (rc) return rc;
    struct header *h = pool_header(pool);
    brine_pool_info out = {.max_bytes = pool->layout.max_bytes, .format_major = h->major, .format_minor = h->minor};
    memcpy(out.name, pool->name, sizeof out.name);
    memcpy(out.uuid, h->uuid, sizeof out.uuid);
    brine__heap_usage(pool, &usage);
    out.committed_bytes = brine__committed_units(pool) << UNIT_SHIFT;
    out.table_bytes = count_tables(pool);
    out.used_bytes = usage.record_bytes + usage.block_bytes + usage.span_bytes;
    out.high_bytes = a64_load_relaxed(&h->high_units) << UNIT_SHIFT;
    if (out.high_bytes < out.committed_bytes) out.high_bytes = out.committed_bytes;
    out.packets = usage.records;
    out.reaps = a64_load_relaxed(&h->reaps);
    out.created_ns = h->created_ns;
    for (uint32_t i = 1; i < brine__proc_high(pool); i++)
        if (brine__proc_there(pool, i) && word_state(a64_load_acquire(&pool_proc(pool, i)->word)) == PROC_LIVE)
            out.participants++;
    count_names(pool, &out);
    fd = brine__pool_fd(pool);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        out.mode = (uint32_t)st.st_mode & 0777;
        out.owner_uid = (uint32_t)st.st_uid;
    }
    *info = out;
    return 0;
}

/* ---- pipes ---- */

static void add_endpoint(const struct endpoint *e, brine_pipe_info *info) {
    /* numbers for people: no order needed */
    info->packets_in += a64_load_relaxed(&e->packets_in) + a64_load_relaxed(&e->packets_in2);
    info->packets_out += a64_load_relaxed(&e->packets_out) + a64_load_relaxed(&e->packets_out2);
    info->bytes_in += a64_load_relaxed(&e->bytes_in) + a64_load_relaxed(&e->bytes_in2);
    info->bytes_out += a64_load_relaxed(&e->bytes_out) + a64_load_relaxed(&e->bytes_out2);
    info->timeouts_in += a64_load_relaxed(&e->timeouts_in);
    info->timeouts_out += a64_load_relaxed(&e->timeouts_out);
    info->drops += a64_load_relaxed(&e->drops);
    uint32_t state = word_state(a64_load_acquire(&e->word));
    if (state == ENDP_FREE) return;
    info->blocked_readers += (uint32_t)a64_load_relaxed(&e->blocked_readers);
    info->blocked_writers += (uint32_t)a64_load_relaxed(&e->blocked_writers);
    if (state == ENDP_SERVER)
        info->servers++;
    else
        info->clients++;
}

/* Pipes that are being filled in, found by the link of their entry: so that endpoints and records are gone through
 * once for all pipes. */
struct pipes {
    brine_pipe_info *infos;
    uint64_t *links;
    uint32_t *at; /* per directory entry: 1 + index of its info; 0: none */
    uint32_t count;
    bool outside; /* some may have packets that stand in no slot */
};

static bool pipes_begin(struct pipes *p, uint32_t room) {
    *p = (struct pipes){.infos = malloc(room * sizeof *p->infos),
                        .links = malloc(room * sizeof *p->links),
                        .at = calloc(DIR_COUNT, sizeof *p->at)};
    if (p->infos && p->links && p->at) return true;
    brine__fail(BRINE_ENOMEM, "no memory for a list of %u pipes", room);
    return false;
}

static void pipes_end(struct pipes *p) {
    free(p->infos);
    free(p->links);
    free(p->at);
}

static brine_pipe_info *pipe_of(const struct pipes *p, uint64_t link) {
    uint32_t at = link_record(link) < DIR_COUNT ? p->at[link_record(link)] : 0;
    return at && p->links[at - 1] == link ? &p->infos[at - 1] : NULL;
}

bool brine__leased_now(brine_pool *pool, uint32_t index, uint64_t w) {
    const struct record *r = pool_record(pool, index);
    struct ring ring;
    if (word_state(w) != REC_FORWARDING) return word_state(w) == REC_LEASED;
    uint64_t link = a64_load_relaxed(&r->pipe),
             t = a64_load_relaxed(&r->pos); /* published by FORWARDING, by the CAS of the slot */
    if (t == UINT64_MAX || !brine__ring_of(pool, link_record(link), link_gen(link), &ring)) return true;
    uint64_t s = a64_load_acquire(&ring.slots[t & ring.mask]);
    return !slot_full(s) || slot_rec(s) != index || slot_lap(s) != ring_lap(&ring, t);
}

/* Packets that stand in no slot: RETURNED ones, and leases. */
static void count_outside(brine_pool *pool, const struct pipes *p) {
    uint64_t high = pool_record_high(pool);
    for (uint32_t i = 0; (i = next_record(pool, i, high)) != 0;) {
        struct record *r = pool_record(pool, i);
        uint64_t w = a64_load_acquire(&r->word);
        bool leased = brine__leased_now(pool, i, w);
        if (!leased && word_state(w) != REC_RETURNED) continue;
        brine_pipe_info *info = pipe_of(p, a64_load_relaxed(leased ? &r->parent : &r->pipe));
        if (info) leased ? info->leased++ : info->depth++;
    }
}

static void count_endpoints(brine_pool *pool, const struct pipes *p) {
    for (uint32_t i = 0; i < brine__endp_high(pool); i++) {
        brine_pipe_info *info =
            brine__endp_there(pool, i) ? pipe_of(p, a64_load_acquire(&pool_endp(pool, i)->pipe)) : NULL;
        if (info) add_endpoint(pool_endp(pool, i), info);
    }
}

static void pipes_fill(brine_pool *pool, const struct pipes *p) {
    count_endpoints(pool, p);
    if (p->outside) count_outside(pool, p);
}

/* Adds one entry; not if it is no pipe, or changed meanwhile. */
static void add_pipe(brine_pool *pool, uint32_t i, struct pipes *p) {
    struct dir_entry *e = pool_dir(pool, i);
    struct pipe_control *c = pool_pipe(pool, i);
    brine_pipe_info *info = &p->infos[p->count];
    uint64_t w = a64_load_acquire(&e->word);
    if (word_state(w) != DIR_LIVE || a32_load_relaxed(&e->kind) != DIR_PIPE) return;
    *info = (brine_pipe_info){.capacity = a32_load_relaxed(&e->capacity)};
    info->returned = a64_load_relaxed(&c->returned_packets);
    info->depth = (uint32_t)ring_length(c);
    info->closed = a64_load_relaxed(&c->stream) & 1;
    info->leases = a32_load_relaxed(&e->flags) & BRINE_PIPE_LEASES;
    info->max_deliveries = a32_load_relaxed(&e->max_deliveries);
    info->dead_letters = a64_load_relaxed(&c->dead_letters);
    for (size_t k = 0; k < sizeof c->dead_letter / 8; k++) {
        uint64_t word = a64_load_relaxed(&c->dead_letter[k]);
        memcpy(info->dead_letter + k * 8, &word, 8);
    }
    info->dead_letter[BRINE_NAME_MAX] = 0;
    if (!brine__entry_name(pool, i, w, info->name)) return;
    /* `returned`, which every reaper bumps: the count may have died with one who was killed before he counted */
    p->outside |= a64_load_acquire(&c->returned) || info->leases;
    p->links[p->count++] = LINK(word_gen(w), i);
    p->at[i] = p->count;
}

static int by_pipe_name(const void *a, const void *b) {
    return strcmp(((const brine_pipe_info *)a)->name, ((const brine_pipe_info *)b)->name);
}

int brine_pipe_each(brine_pool *pool, int (*visit)(const brine_pipe_info *, void *), void *context) {
    struct pipes p;
    int rc = brine__observe_enter(pool);
    if (rc) return rc;
    uint32_t high = dir_high(pool);
    if (pipes_begin(&p, high + 1)) {
        for (uint32_t i = 0; i < high; i++)
            if (brine__dir_there(pool, i)) add_pipe(pool, i, &p);
        pipes_fill(pool, &p);
        qsort(p.infos, p.count, sizeof *p.infos, by_pipe_name);
    } else
        rc = BRINE_ENOMEM;
    for (uint32_t i = 0; !rc && i < p.count; i++) rc = visit(&p.infos[i], context);
    pipes_end(&p);
    return rc;
}

uint32_t brine__find_name(brine_pool *pool, const char *name, uint64_t *word) {
    char have[BRINE_NAME_MAX + 1];
    for (uint32_t i = 0; i < dir_high(pool); i++) {
        if (!brine__dir_there(pool, i)) continue;
        *word = a64_load_acquire(&pool_dir(pool, i)->word);
        if (word_state(*word) == DIR_LIVE && brine__entry_name(pool, i, *word, have) && strcmp(have, name) == 0)
            return i;
    }
    return NO_ENTRY;
}

int brine_pipe_get_info(brine_pool *pool, const char *name, brine_pipe_info *info) {
    uint64_t w;
    struct pipes p;
    int rc = brine__check_name("pipe", name);
    if (!rc) rc = brine__observe_enter(pool);
    if (rc) return rc;
    if (!pipes_begin(&p, 1)) rc = BRINE_ENOMEM;
    uint32_t i = rc ? NO_ENTRY : brine__find_name(pool, name, &w);
    if (i != NO_ENTRY) add_pipe(pool, i, &p);
    if (!rc && p.count && strcmp(p.infos[0].name, name) == 0) { /* the entry may have got another name since */
        pipes_fill(pool, &p);
        *info = p.infos[0];
    } else if (!rc) {
        rc = brine__fail(BRINE_ENOENT, "pool \"%s\" has no pipe \"%s\"", pool->name, name);
    }
    pipes_end(&p);
    return rc;
}

/* ---- published values ---- */

static bool fill_published(brine_pool *pool, uint32_t i, const uint64_t *sizes, uint32_t records,
                           brine_published_info *info) {
    struct dir_entry *e = pool_dir(pool, i);
    uint64_t w = a64_load_acquire(&e->word);
    if (word_state(w) != DIR_LIVE || a32_load_relaxed(&e->kind) != DIR_VALUE) return false;
    *info = (brine_published_info){.version = a64_load_relaxed(&e->version)};
    uint64_t token = a64_load_acquire(&e->target);
    if (pool_record_exists(pool, link_record(token))) {
        uint64_t target = a64_load_acquire(&pool_record(pool, link_record(token))->target);
        if (pool_record_exists(pool, link_record(target))) {
            struct record *r = pool_record(pool, link_record(target));
            info->holders = (uint32_t)(a64_load_acquire(&r->rc_count) >> 32);
            info->bytes = link_record(target) < records ? sizes[link_record(target)] : 0;
        }
    }
    return brine__entry_name(pool, i, w, info->name);
}

static int by_published_name(const void *a, const void *b) {
    return strcmp(((const brine_published_info *)a)->name, ((const brine_published_info *)b)->name);
}

int brine_published_each(brine_pool *pool, int (*visit)(const brine_published_info *, void *), void *context) {
    int rc = brine__observe_enter(pool);
    if (rc) return rc;
    uint32_t high = dir_high(pool), n = 0, records;
    uint64_t *sizes = brine__observe_sizes(pool, &records);
    if (!sizes) return BRINE_ENOMEM;
    brine_published_info *all = malloc((high + 1) * sizeof *all);
    if (!all) {
        free(sizes);
        return brine__fail(BRINE_ENOMEM, "no memory for a list of %u names", high);
    }
    for (uint32_t i = 0; i < high; i++)
        if (brine__dir_there(pool, i) && fill_published(pool, i, sizes, records, &all[n])) n++;
    free(sizes);
    qsort(all, n, sizeof *all, by_published_name);
    for (uint32_t i = 0; !rc && i < n; i++) rc = visit(&all[i], context);
    free(all);
    return rc;
}

/* ---- participants ---- */

struct held_count {
    uint64_t packets, bytes;
};

static void count_held(brine_pool *pool, const uint64_t *sizes, uint32_t records, struct held_count *counts) {
    for (uint32_t i = 0; (i = next_record(pool, i, records)) != 0;) {
        uint64_t w = a64_load_acquire(&pool_record(pool, i)->word);
        uint32_t state = word_state(w), holder = word_holder(w);
        bool holds = state == REC_HELD || state == REC_ARRIVED || state == REC_LEASED;
        if (!holds || holder >= PROC_COUNT) continue;
        counts[holder].packets++;
        counts[holder].bytes += sizes[i];
    }
}

int brine_participant_each(brine_pool *pool, int (*visit)(const brine_participant_info *, void *), void *context) {
    int rc = brine__observe_enter(pool);
    if (rc) return rc;
    uint32_t records;
    uint64_t *sizes = brine__observe_sizes(pool, &records);
    if (!sizes) return BRINE_ENOMEM;
    struct held_count *counts = calloc(PROC_COUNT, sizeof *counts);
    if (counts) count_held(pool, sizes, records, counts);
    free(sizes);
    if (!counts) return brine__fail(BRINE_ENOMEM, "no memory for a list of participants");
    int fd = brine__pool_fd(pool);
    uint32_t me = a32_load_relaxed(pool->me);
    for (uint32_t i = 1; !rc && i < brine__proc_high(pool); i++) {
        if (!brine__proc_there(pool, i)) continue;
        struct proc *p = pool_proc(pool, i);
        if (word_state(a64_load_acquire(&p->word)) != PROC_LIVE) continue;
        brine_participant_info info = {.index = i,
                                       .pid = (int32_t)a32_load_relaxed(&p->pid),
                                       .pid_namespace = a64_load_relaxed(&p->pid_namespace),
                                       .start_ns = a64_load_relaxed(&p->start_ns),
                                       .uid = a32_load_relaxed(&p->uid),
                                       .self = i == me,
                                       .packets_held = counts[i].packets,
                                       .bytes_held = counts[i].bytes};
        info.alive = info.self || fd < 0 || brine__participant_alive(fd, i);
        memcpy(info.command, p->command, sizeof info.command - 1);
        rc = visit(&info, context);
    }
    free(counts);
    return rc;
}
