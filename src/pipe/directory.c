/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: the directory of names. See directory.h for the protocol. */
#include "pipe/directory.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "pipe/futex.h"

static uint32_t hash_of(const struct name *name) {
    return (uint32_t)XXH3_64bits(name->words, sizeof name->words) | 1; /* never 0: that is no name */
}

void brine__name_of(const char *text, struct name *name) {
    char padded[BRINE_NAME_MAX + 1] = "";
    strncpy(padded, text, BRINE_NAME_MAX);
    memcpy(name->words, padded, sizeof name->words);
    name->hash = hash_of(name);
}

void brine__name_of_words(const a64 words[(BRINE_NAME_MAX + 1) / 8], struct name *name) {
    for (size_t i = 0; i < sizeof name->words / 8; i++) name->words[i] = a64_load_relaxed(&words[i]);
    name->hash = hash_of(name);
}

static void copy_name(const struct dir_entry *e, uint64_t words[8]) {
    for (int i = 0; i < 8; i++) words[i] = a64_load_relaxed(&e->name[i]); /* the word is looked at again after it */
}

/* The entry's word if it has this name and is in use, else 0. */
static uint64_t match(brine_pool *pool, uint32_t i, const struct name *name) {
    struct dir_entry *e = pool_dir(pool, i);
    /* The name is complete once it is PENDING. seq_cst: of two inserters that each go PENDING and then look,
     * one sees the other. */
    uint64_t words[8], w = a64_load_seq_cst(&e->word);
    uint32_t state = word_state(w);
    if (state != DIR_PENDING && state != DIR_LIVE) return 0;
    if (a32_load_relaxed(&e->hash) != name->hash) return 0;
    copy_name(e, words);
    if (memcmp(words, name->words, sizeof words) != 0) return 0;
    uint64_t again = a64_load_acquire(&e->word);
    return word_gen(again) == word_gen(w) && (word_state(again) == DIR_PENDING || word_state(again) == DIR_LIVE) ? again
                                                                                                                 : 0;
}

bool brine__entry_name(brine_pool *pool, uint32_t index, uint64_t word, char out[BRINE_NAME_MAX + 1]) {
    uint64_t words[8];
    copy_name(pool_dir(pool, index), words);
    memcpy(out, words, BRINE_NAME_MAX + 1);
    out[BRINE_NAME_MAX] = 0;
    return a64_load_acquire(&pool_dir(pool, index)->word) == word;
}

uint32_t brine__dir_find(brine_pool *pool, const struct name *name, uint32_t *gen) {
    for (uint32_t i = 0; i < dir_high(pool); i++) {
        uint64_t w = match(pool, i, name);
        if (!w || w != WORD(word_gen(w), DIR_LIVE, 0)) continue; /* as dir_is_live() */
        *gen = word_gen(w);
        return i;
    }
    return NO_ENTRY;
}

/* ---- insertion ---- */

static bool open_entry(brine_pool *pool, uint32_t i, int *status) {
    const struct layout *l = &pool->layout;
    *status = brine__commit(pool, l->dir + i * sizeof(struct dir_entry), sizeof(struct dir_entry), false);
    if (!*status)
        *status = brine__commit(pool, l->pipe + i * sizeof(struct pipe_control), sizeof(struct pipe_control), false);
    if (!*status) a64_raise(&pool_header(pool)->dir_high, i + 1);
    return *status == 0;
}

uint32_t brine__dir_begin(brine_pool *pool, const struct name *name, uint32_t *gen, int *status) {
    uint32_t me = a32_load_relaxed(pool->me);
    for (uint32_t i = 0; i < DIR_COUNT; i++) {
        if (i >= dir_high(pool) && !open_entry(pool, i, status)) return NO_ENTRY;
        struct dir_entry *e = pool_dir(pool, i);
        uint64_t w = a64_load_acquire(&e->word);
        if (word_state(w) != DIR_FREE || !a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), DIR_HELD, me))) continue;
        *gen = word_gen(w);
        for (int k = 0; k < 8; k++) a64_store_relaxed(&e->name[k], name->words[k]); /* published by PENDING */
        a32_store_relaxed(&e->hash, name->hash);
        return i;
    }
    *status = brine__fail(BRINE_ELIMIT, "pool \"%s\" has %u names; remove some (brine rm POOL --pipe)", pool->name,
                          DIR_COUNT);
    return NO_ENTRY;
}

static void free_entry(brine_pool *pool, uint32_t i, uint32_t gen) {
    a32_store_relaxed(&pool_dir(pool, i)->hash, 0);
    a64_store_release(&pool_dir(pool, i)->word, WORD(gen + 1, DIR_FREE, 0));
}

void brine__dir_abandon(brine_pool *pool, uint32_t index, uint32_t gen) { free_entry(pool, index, gen); }

/* One round of promotion: aborts what is in the way and makes the lowest PENDING entry LIVE. May have to be
 * repeated by the caller. */
static void promote(brine_pool *pool, const struct name *name) {
    uint32_t lowest = NO_ENTRY, high = dir_high(pool);
    uint64_t lowest_word = 0;
    for (uint32_t i = 0; i < high; i++) {
        uint64_t w = match(pool, i, name);
        if (!w) continue;
        if (word_state(w) == DIR_LIVE) return;
        if (lowest == NO_ENTRY) {
            lowest = i;
            lowest_word = w;
        } else {
            /* lost to the lower one; seq_cst: of two promoters that abort each other, one fails */
            a64_cas_seq_cst(&pool_dir(pool, i)->word, &w, WORD(word_gen(w), DIR_ABORTED, word_holder(w)));
            if (word_state(w) == DIR_LIVE) return;
        }
    }
    /* The entries below it were looked at before we knew that it is PENDING; one of them may have become
     * PENDING since, by one who did not see ours. Then start over. */
    for (uint32_t i = 0; lowest != NO_ENTRY && i < lowest; i++)
        if (match(pool, i, name)) return;
    if (lowest != NO_ENTRY)
        a64_cas_seq_cst(&pool_dir(pool, lowest)->word, &lowest_word, WORD(word_gen(lowest_word), DIR_LIVE, 0));
}

bool brine__dir_commit(brine_pool *pool, uint32_t index, uint32_t gen, const struct entry_init *init,
                       const struct name *name) {
    struct dir_entry *e = pool_dir(pool, index);
    a32_store_relaxed(&e->kind, init->kind);
    a32_store_relaxed(&e->capacity, init->capacity);
    a32_store_relaxed(&e->ring_shift, init->ring_shift);
    a32_store_relaxed(&e->flags, init->flags);
    a32_store_relaxed(&e->max_deliveries, init->max_deliveries);
    a64_store_relaxed(&e->version, init->kind == DIR_VALUE);
    a64_store_relaxed(&e->target, init->target);
    uint64_t w = WORD(gen, DIR_HELD, a32_load_relaxed(pool->me));
    a64_cas_seq_cst(&e->word, &w, WORD(gen, DIR_PENDING, word_holder(w))); /* publishes the entry; pairs with match() */
    for (;;) {
        promote(pool, name);
        w = a64_load_acquire(&e->word);
        if (word_gen(w) != gen || word_state(w) == DIR_LIVE || word_state(w) == DIR_REMOVED ||
            word_state(w) == DIR_REMOVING) {
            brine__dir_changed(pool);
            return true; /* it was LIVE, even if it has been removed since */
        }
        uint32_t other;
        if (word_state(w) == DIR_PENDING) {
            if (brine__dir_find(pool, name, &other) == NO_ENTRY) continue;
            if (!a64_cas_seq_cst(&e->word, &w, WORD(gen, DIR_ABORTED, word_holder(w)))) continue;
        }
        free_entry(pool, index, gen);
        return false;
    }
}

/* ---- waiting for names ---- */

uint32_t brine__dir_version(brine_pool *pool) { return (uint32_t)a64_load_acquire(&pool_header(pool)->dir_version); }

/* The low half of dir_version is the futex. */
static a32 *version_futex(brine_pool *pool) { return (a32 *)(void *)&pool_header(pool)->dir_version; }
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of a 64-bit word comes first");

void brine__dir_changed(brine_pool *pool) {
    a64_add_seq_cst(&pool_header(pool)->dir_version, 1);
    brine__futex_wake(version_futex(pool), INT32_MAX);
}

void brine__dir_wait(brine_pool *pool, uint32_t seen, brine_deadline until) {
    int64_t slice = brine__now_ns() + WAIT_SLICE_NS;
    brine__futex_wait(version_futex(pool), seen, until.ns < slice ? until.ns : slice);
}

/* ---- reaping ---- */

void brine__dir_undo(brine_pool *pool, uint32_t dead) {
    for (uint32_t i = 0; i < dir_high(pool); i++) {
        struct dir_entry *e = pool_dir(pool, i);
        uint64_t w = a64_load_acquire(&e->word);
        if (word_holder(w) != dead || word_state(w) == DIR_FREE) continue;
        if (word_state(w) == DIR_PENDING && a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), DIR_ABORTED, dead)))
            w = WORD(word_gen(w), DIR_ABORTED, dead);
        if (word_holder(w) != dead) continue; /* somebody made it LIVE first */
        if (word_state(w) == DIR_HELD || word_state(w) == DIR_ABORTED) free_entry(pool, i, word_gen(w));
        if (word_state(w) == DIR_REMOVING) a64_cas_seq_cst(&e->word, &w, WORD(word_gen(w), DIR_REMOVED, 0));
    }
}
