/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe: published values. A directory entry of kind DIR_VALUE names a token; publishing swaps it by one
 * CAS. The token says under which entry it is (record.pipe), the entry which token it has: the entry is
 * the truth. A token in state PUBLISHING or PUBLISHED that its entry does not name is displaced; whoever
 * CASes it to HELD releases it.
 */
#include "pipe/publish.h"

#include "base/clock.h"
#include "pipe/ring.h"

void brine__displaced(brine_pool *pool, uint64_t target, uint32_t me) {
    if (!target || !pool_record_exists(pool, link_record(target))) return;
    struct record *t = pool_record(pool, link_record(target));
    uint64_t w = a64_load_acquire(&t->word);
    while (word_gen(w) == link_gen(target) && (word_state(w) == REC_PUBLISHED || word_state(w) == REC_PUBLISHING)) {
        if (!a64_cas_acq_rel(&t->word, &w, WORD(word_gen(w), REC_HELD, me))) continue;
        /* not brine__token_release: the reaper does not trust what the token names */
        brine__packet_undo(pool, link_record(target), WORD(link_gen(target), REC_HELD, me), me);
        return;
    }
}

static bool names(brine_pool *pool, uint64_t entry, uint64_t token) {
    if (link_record(entry) >= dir_high(pool)) return false;
    struct dir_entry *e = pool_dir(pool, link_record(entry));
    return word_gen(a64_load_acquire(&e->word)) == link_gen(entry) && a64_load_acquire(&e->target) == token;
}

bool brine__publish_undo(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead) {
    struct record *t = pool_record(pool, index);
    uint64_t link = LINK(word_gen(w), index);
    if (names(pool, a64_load_relaxed(&t->pipe), link)) { /* pipe: written before PUBLISHING was stored */
        if (word_state(w) == REC_PUBLISHED) return false;
        return a64_cas_acq_rel(&t->word, &w, WORD(word_gen(w), REC_PUBLISHED, 0));
    }
    brine__displaced(pool, link, dead);
    return true;
}

/* HELD token -> PUBLISHING under entry (gen, index). */
static void begin(const struct held *h, uint32_t index, uint32_t gen) {
    a64_store_relaxed(&h->rec->pipe, LINK(gen, index));
    a64_store_release(&h->rec->word, WORD(h->gen, REC_PUBLISHING, h->me)); /* publishes pipe; pairs with the reaper */
}
static void finish(const struct held *h) {
    uint64_t w = WORD(h->gen, REC_PUBLISHING, h->me);
    a64_cas_acq_rel(&h->rec->word, &w, WORD(h->gen, REC_PUBLISHED, 0)); /* fails if it was displaced already */
}
static void take_back(const struct held *h) { a64_store_release(&h->rec->word, WORD(h->gen, REC_HELD, h->me)); }

/* The entry that was found is a pipe. What is read of one that was removed meanwhile may be of another that has its
 * place now; then it is to be looked for again. */
static bool is_pipe(brine_pool *pool, uint32_t index, uint32_t gen) {
    return a32_load_relaxed(&pool_dir(pool, index)->kind) != DIR_VALUE && dir_is_live(pool, index, gen);
}

/* A new entry for the token. 1: done. 0: the name exists. Else a status. */
static int insert(const struct held *h, const struct name *name) {
    int rc = 0;
    uint32_t gen, index = brine__dir_begin(h->pool, name, &gen, &rc);
    if (index == NO_ENTRY) return rc;
    begin(h, index, gen);
    struct entry_init init = {.kind = DIR_VALUE, .target = LINK(h->gen, h->index)};
    if (brine__dir_commit(h->pool, index, gen, &init, name)) {
        finish(h);
        return 1;
    }
    take_back(h);
    return 0;
}

/* In place of what the entry names. 1: done. 0: the entry is being removed. */
static int replace(const struct held *h, uint32_t index, uint32_t gen) {
    struct dir_entry *e = pool_dir(h->pool, index);
    uint64_t mine = LINK(h->gen, h->index), old = a64_load_acquire(&e->target);
    begin(h, index, gen);
    do {
        if (old == 0 || !dir_is_live(h->pool, index, gen)) {
            take_back(h);
            return 0;
        }
    } while (!a64_cas_seq_cst(&e->target, &old, mine)); /* publishes the value; pairs with the load in lookup */
    a64_add_relaxed(&e->version, 1);
    finish(h);
    brine__displaced(h->pool, old, h->me);
    return 1; /* removed since: then its remover took our token with it */
}

int brine_publish(brine_pool *pool, const char *name, brine_packet packet) {
    struct name n;
    struct held h;
    uint32_t gen, index;
    int rc = brine__check_name("published value's", name), done = 0;
    if (!rc && !pool) rc = brine__fail(BRINE_EINVAL, "the pool is NULL");
    if (!rc && pool->id != packet.pool)
        rc = brine__fail(BRINE_EXPOOL, "the packet belongs to another pool; brine_packet_copy copies it");
    if (!rc) rc = brine_packet_error(packet);
    if (rc) return rc;
    brine__name_of(name, &n);
    index = brine__dir_find(pool, &n, &gen);
    if (index != NO_ENTRY && is_pipe(pool, index, gen))
        return brine__fail(BRINE_EMISMATCH, "\"%s\" in pool \"%s\" is a pipe, not a published value", name, pool->name);
    brine_packet share = packet;
    rc = brine_packet_share(&share);
    if (rc) return rc;
    rc = brine__held(share, &h);
    while (!rc && !done) {
        index = brine__dir_find(pool, &n, &gen);
        if (index != NO_ENTRY && is_pipe(pool, index, gen))
            rc = brine__fail(BRINE_EMISMATCH, "\"%s\" became a pipe", name);
        else
            done = index != NO_ENTRY ? replace(&h, index, gen) : insert(&h, &n);
        if (done < 0) rc = done;
    }
    if (!rc)
        brine__dir_changed(pool);
    else if (share.record != packet.record)
        brine__token_own(&h, &packet); /* nobody saw it: the caller's again, as it was */
    return rc;
}

/* A share of the entry's value; BRINE_ENOENT: it changed while we looked. */
static int clone_value(brine_pool *pool, uint32_t index, uint32_t gen, brine_packet *packet) {
    uint64_t token = a64_load_acquire(&pool_dir(pool, index)->target); /* pairs with the swap in replace() */
    if (!token || !pool_record_exists(pool, link_record(token))) return BRINE_ENOENT;
    struct record *t = pool_record(pool, link_record(token));
    uint64_t target = a64_load_acquire(&t->target);
    if (word_gen(a64_load_acquire(&t->word)) != link_gen(token) || !target ||
        !pool_record_exists(pool, link_record(target)))
        return BRINE_ENOENT;
    brine_packet share;
    int rc = brine__token_new(pool, target, &share); /* counts only if that packet is alive in that generation */
    if (rc) return rc;
    /* If the name's token was let go before we counted, the last holder may have made the packet its own, changed it
     * and shared it again: another value, the same generation. Published still, it has counted all the time. */
    uint64_t w = a64_load_acquire(&t->word);
    uint32_t state = word_state(w);
    /* and under this name: the entry's place may be another's since it was found */
    bool named = a64_load_relaxed(&t->pipe) == LINK(gen, index);
    if (named && word_gen(w) == link_gen(token) && (state == REC_PUBLISHING || state == REC_PUBLISHED)) {
        *packet = share;
        return 0;
    }
    brine_packet_free(share);
    return BRINE_ENOENT;
}

int brine_lookup(brine_pool *pool, const char *name, brine_deadline deadline, brine_packet *packet) {
    struct name n;
    uint32_t gen, index;
    int rc = brine__check_name("published value's", name);
    if (!rc && (!pool || !pool_me(pool)))
        rc = brine__fail(BRINE_EINVAL, "the pool is NULL or could not be attached again after fork");
    if (!rc && pool->readonly)
        rc = brine__fail(BRINE_EREADONLY, "pool \"%s\" is attached read-only; brine_peek copies a value out",
                         pool->name);
    if (rc) return rc;
    brine__name_of(name, &n);
    uint32_t interrupts = a32_load_relaxed(&pool->interrupts);
    brine_deadline until = brine_until(deadline);
    for (;;) {
        uint32_t seen = brine__dir_version(pool);
        while ((index = brine__dir_find(pool, &n, &gen)) != NO_ENTRY) {
            if (is_pipe(pool, index, gen))
                return brine__fail(BRINE_EMISMATCH, "\"%s\" in pool \"%s\" is a pipe, not a published value", name,
                                   pool->name);
            rc = clone_value(pool, index, gen, packet);
            if (rc != BRINE_ENOENT) return rc;
        }
        if (brine__passed(until))
            return brine__fail(BRINE_ENOENT, "nothing is published as \"%s\" in pool \"%s\"", name, pool->name);
        if (a32_load_relaxed(&pool->interrupts) != interrupts) return brine__fail(BRINE_EINTR, "interrupted");
        brine__dir_wait(pool, seen, until);
    }
}

int brine_unpublish(brine_pool *pool, const char *name) {
    struct name n;
    uint32_t gen, index;
    int rc = brine__check_name("published value's", name);
    if (!rc && (!pool || !pool_me(pool) || pool->readonly))
        rc = brine__fail(BRINE_EINVAL, "the pool is NULL or read-only");
    if (rc) return rc;
    brine__name_of(name, &n);
    if ((index = brine__dir_find(pool, &n, &gen)) == NO_ENTRY)
        return brine__fail(BRINE_ENOENT, "nothing is published as \"%s\" in pool \"%s\"", name, pool->name);
    if (is_pipe(pool, index, gen))
        return brine__fail(BRINE_EMISMATCH, "\"%s\" in pool \"%s\" is a pipe, not a published value", name, pool->name);
    uint64_t w = WORD(gen, DIR_LIVE, 0);
    if (!a64_cas_seq_cst(&pool_dir(pool, index)->word, &w, WORD(gen, DIR_REMOVED, 0)))
        return brine__fail(BRINE_ENOENT, "\"%s\" was removed by somebody else", name);
    brine__dir_changed(pool);
    brine__entry_cleanup(pool, index, a32_load_relaxed(pool->me), false);
    return 0;
}
