/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: the directory, names of pipes and published values. No locks: a stopped process blocks nobody.
 *
 *   FREE --CAS--> HELD (being filled in) --> PENDING (complete) --CAS--> LIVE (the name's entry)
 *                                               \--CAS--> ABORTED (another entry got the name)
 *   LIVE --CAS--> REMOVED (name gone, handles still open) --CAS--> REMOVING (being cleaned up) --> FREE
 *
 * At most one entry of a name is LIVE. Whoever inserts first makes its entry PENDING, then looks at all
 * entries of the name: if none is LIVE it aborts all PENDING ones but the lowest, and makes that one
 * LIVE, be it its own or not. Two promoters of different entries must each abort the other's first, and
 * only one of the two CASes on each word succeeds. Model: tests/model/spin/directory.pml.
 */
#ifndef BRINE_PIPE_DIRECTORY_H
#define BRINE_PIPE_DIRECTORY_H

#include "packet/packet.h"

#define NO_ENTRY UINT32_MAX

struct name {
    uint64_t words[(BRINE_NAME_MAX + 1) / 8];
    uint32_t hash;
};

/* What a new entry is to hold. target: the ring or the token, in state ANCHORING or PUBLISHING. */
struct entry_init {
    uint32_t kind, capacity, ring_shift;
    uint64_t target;
    uint32_t flags, max_deliveries;
};

void brine__name_of(const char *text, struct name *name);
/* Of words as they stand in a pool: any bytes. */
void brine__name_of_words(const a64 words[(BRINE_NAME_MAX + 1) / 8], struct name *name);
/* A copy of an entry's name, if it is in state `state` of generation gen throughout. */
bool brine__entry_name(brine_pool *pool, uint32_t index, uint64_t word, char out[BRINE_NAME_MAX + 1]);

/* The LIVE entry of a name; *gen its generation. NO_ENTRY if there is none. */
uint32_t brine__dir_find(brine_pool *pool, const struct name *name, uint32_t *gen);

/* A HELD entry with the name filled in, so that what it will name can refer to it. NO_ENTRY: the
 * directory is full or memory is (detail set, *status). */
uint32_t brine__dir_begin(brine_pool *pool, const struct name *name, uint32_t *gen, int *status);
/* Fills in the rest and makes it LIVE: true. false: another entry has the name; ours is freed. */
bool brine__dir_commit(brine_pool *pool, uint32_t index, uint32_t gen, const struct entry_init *init,
                       const struct name *name);
/* Gives a HELD entry up. */
void brine__dir_abandon(brine_pool *pool, uint32_t index, uint32_t gen);

static inline bool dir_is_live(brine_pool *pool, uint32_t index, uint32_t gen) {
    return a64_load_acquire(&pool_dir(pool, index)->word) ==
           WORD(gen, DIR_LIVE, 0); /* pairs with the CAS to LIVE and away from it */
}
static inline uint32_t dir_high(const brine_pool *pool) {
    uint64_t high = a64_load_acquire(&pool_header(pool)->dir_high); /* pairs with the raise before first use */
    return high < DIR_COUNT ? (uint32_t)high : DIR_COUNT;
}

/* Tells those who wait for names that something changed. */
void brine__dir_changed(brine_pool *pool);
/* Waits for a change since *seen, or a slice. */
void brine__dir_wait(brine_pool *pool, uint32_t seen, brine_deadline until);
uint32_t brine__dir_version(brine_pool *pool);

/* Reaping: entries held by the dead. REMOVING becomes REMOVED again. */
void brine__dir_undo(brine_pool *pool, uint32_t dead);

#endif
