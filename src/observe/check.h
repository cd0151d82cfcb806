/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe: what the parts of brine_pool_check share. All of them look at a snapshot of the tables; the
 * content of packets is copied out of the file packet by packet. Each part is linear in what is there:
 * whatever a link leads to is marked, and not entered twice.
 *
 * What a participant that does not run was in the middle of is not judged: packets that it holds (a reap frees
 * them whole), and the last step of an enqueue or dequeue. In a copy of a pool nobody runs.
 */
#ifndef BRINE_OBSERVE_CHECK_H
#define BRINE_OBSERVE_CHECK_H

#include "observe/snapshot.h"
#include "pipe/ring.h"
#include "value/untrusted.h"

/* Marks of a record. */
enum {
    MARK_IN_SLOT = 1,  /* a slot of a pipe has it */
    MARK_LISTED = 2,   /* in its parent's list */
    MARK_REFERRED = 4, /* a value refers to it */
    MARK_CHUNKS = 8,   /* its chunks are sound */
    MARK_RING = 16,    /* its slots are in its chunk */
};

struct check {
    brine_pool *pool; /* the snapshot */
    brine_pool *real;
    struct snapshot *snapshot;
    struct walk walk;
    void (*report)(const char *, void *);
    void *context;
    int problems;
    int status;              /* of what could not be looked at: there is no answer then */
    uint32_t records, pages; /* entries of the arrays below */
    uint32_t *tokens;        /* per record: shares that count */
    uint8_t *marks;          /* per record */
    uint32_t *roots;         /* per record: the packet that it is part of; 0: none */
    uint64_t *blocks;        /* per data page: a bit for each block that is in a list of chunks; a span: all */
    bool running[PROC_COUNT];
    bool all_running; /* every participant runs */
};

/* Where something is wrong. */
struct place {
    const char *table;
    uint64_t index;
    const char *field;
    uint64_t offset; /* in the pool */
};
#define PLACE_OF(c, text, table, type, i, field)                                                                       \
    (struct place) { text, i, #field, (c)->pool->layout.table + (uint64_t)(i) * sizeof(type) + offsetof(type, field) }
#define PROC_PLACE(c, i, field) PLACE_OF(c, "participant", proc, struct proc, i, field)
#define NAME_PLACE(c, i, field) PLACE_OF(c, "name", dir, struct dir_entry, i, field)
#define PIPE_PLACE(c, i, field) PLACE_OF(c, "pipe", pipe, struct pipe_control, i, field)
#define ENDP_PLACE(c, i, field) PLACE_OF(c, "endpoint", endp, struct endpoint, i, field)
#define RECORD_PLACE(c, i, field) PLACE_OF(c, "record", records, struct record, i, field)
#define HEADER_PLACE(field)                                                                                            \
    (struct place) { "header", 0, #field, offsetof(struct header, field) }

/* Reports "TABLE INDEX, FIELD at OFFSET: ...". */
void brine__problem(struct check *c, struct place place, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The index of a participant that is attached, as its word says. */
bool brine__check_used(const struct check *c, uint32_t participant);
/* True if what record i is part of is held by a participant that does not run: half-done work may be in it. */
bool brine__check_unfinished(const struct check *c, uint32_t i);
static inline uint64_t check_word(const struct check *c, uint32_t i) {
    return a64_load_relaxed(&pool_record(c->pool, i)->word);
}
/* The record that a link names is there in that generation. */
static inline bool check_link(const struct check *c, uint64_t link) {
    return pool_record_exists(c->pool, link_record(link)) &&
           word_gen(check_word(c, link_record(link))) == link_gen(link);
}

void brine__check_tables(struct check *c);  /* header, hints, commit bits, participants, endpoints */
void brine__check_records(struct check *c); /* states, holders, chunks, owned packets */
void brine__check_names(struct check *c);   /* directory, rings */
void brine__check_shares(struct check *c);  /* counts, and who is where */
void brine__check_pages(struct check *c);   /* record pages, data pages, tags */
void brine__check_values(struct check *c);  /* what is in the packets */

#endif
