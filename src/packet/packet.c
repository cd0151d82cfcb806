/* SPDX-License-Identifier: Apache-2.0 */
/* packet: making, freeing and checking packets; their arenas. */
#include "packet/packet.h"

#include <brine/value.h>

#include <string.h>

#define CHUNK_MAX ((uint64_t)1 << BLOCK_SHIFT_MAX)
#define CHUNK_MIN ((uint64_t)1 << BLOCK_SHIFT_MIN)
#define LONE_BYTES 8192 /* from here on an allocation gets a chunk of its own, and the current one goes on */

/* ---- who holds what ---- */

int brine__not_held(const brine_pool *pool, uint32_t index, uint32_t gen, uint64_t w) {
    static const char *const states[] = {"freed",
                                         "held",
                                         "enqueued",
                                         "enqueued",
                                         "being received",
                                         "in its pipe",
                                         "part of another packet",
                                         "a pipe's ring",
                                         "a pipe's ring",
                                         "shared"};
    if (word_gen(w) != gen)
        return brine__fail(BRINE_ENOTHELD, "packet %u.%u of pool \"%s\" was freed", index, gen, pool->name);
    uint32_t s = word_state(w);
    if (s == REC_LEASED && word_holder(w) == a32_load_relaxed(pool->me))
        return brine__fail(BRINE_ELEASED, "packet %u.%u of pool \"%s\" is leased: call brine_ack first", index, gen,
                           pool->name);
    if (s == REC_HELD || s == REC_LEASED)
        return brine__fail(BRINE_ENOTHELD, "packet %u.%u of pool \"%s\" is held by participant %u, not by this process",
                           index, gen, pool->name, word_holder(w));
    return brine__fail(BRINE_ENOTHELD, "packet %u.%u of pool \"%s\" is %s", index, gen, pool->name,
                       s < sizeof states / sizeof *states ? states[s] : "being changed by another process");
}

bool brine__record_new(brine_pool *pool, uint32_t index) {
    if (!pool_record_exists(pool, index)) return false;
    /* every page below is claimed before this one is, but may not be committed: look at each */
    uint32_t limit = a32_load_relaxed(&pool->record_limit);
    while (limit <= index && brine__committed(pool, pool->layout.records + (uint64_t)limit * RECORD_BYTES, 1))
        limit += RECORDS_PER_PAGE;
    a32_store_relaxed(&pool->record_limit, limit);
    return true;
}

int brine__not_entered(const brine_pool *pool, uint32_t index) {
    if (!pool) return brine__fail(BRINE_ENOTHELD, "there is no packet here, or its pool was detached");
    if (!a32_load_relaxed(pool->me)) return BRINE_ESYS; /* with the detail of the failed attempt */
    return brine__fail(BRINE_ENOTHELD, "packet %u does not exist in pool \"%s\"", index, pool->name);
}

int brine__held(brine_packet p, struct held *h) {
    int rc = packet_enter(p.pool, p.record, &h->pool, &h->me);
    if (unlikely(rc)) return rc;
    h->rec = pool_record(h->pool, p.record);
    h->index = p.record;
    h->gen = p.generation;
    uint64_t w = a64_load_acquire(&h->rec->word); /* pairs with the store that made it ours */
    return likely(w == WORD(p.generation, REC_HELD, h->me)) ? 0 : brine__not_held(h->pool, p.record, p.generation, w);
}

/* A packet inside others: follows the parents up to one that this process holds or that is shared. */
static int reach(struct at *at, uint32_t me) {
    uint32_t index = at->record, gen = at->generation;
    bool share = is_token(at->rec);
    for (int depth = 0; depth < BRINE_MAX_DEPTH; depth++) {
        struct record *r = pool_record(at->pool, index);
        uint64_t w = a64_load_acquire(&r->word);
        if (word_gen(w) != gen) return brine__not_held(at->pool, at->record, at->generation, w);
        if (word_state(w) == REC_HELD && word_holder(w) == me) {
            at->writable = !share && !is_token(r);
            return 0;
        }
        if (word_state(w) == REC_LEASED && word_holder(w) == me) {
            at->leased = true;
            return 0;
        }
        if (word_state(w) == REC_SHARED) return 0;
        if (word_state(w) != REC_CHILD) return brine__not_held(at->pool, index, gen, w);
        uint64_t parent = a64_load_relaxed(&r->parent); /* written before CHILD was stored */
        index = link_record(parent);
        gen = link_gen(parent);
        if (!record_known(at->pool, index)) break;
    }
    return brine__fail(BRINE_ECORRUPT, "packet %u of pool \"%s\" is inside itself", at->record, at->pool->name);
}

int brine__at_read(brine_ref ref, struct at *at) {
    uint32_t me = 0;
    if (unlikely(!ref.place))
        return ref.generation ? -(int)ref.generation : brine__fail(BRINE_ENOENT, "the ref is null");
    int rc = packet_enter(PLACE_POOL(ref.place), ref.record, &at->pool, &me);
    if (unlikely(rc)) return rc;
    at->rec = pool_record(at->pool, ref.record);
    at->record = ref.record;
    at->generation = ref.generation;
    at->writable = at->leased = false;
    at->key = (ref.place & PLACE_READONLY) != 0;
    uint64_t offset = PLACE_OFFSET(ref.place);
    if (unlikely(offset < at->pool->layout.records || offset > at->pool->layout.file_bytes - sizeof(struct cell)))
        return brine__fail(BRINE_EINVAL, "the ref points outside the pool");
    at->cell = pool_at(at->pool, offset);
    uint64_t w = a64_load_acquire(&at->rec->word); /* pairs with the store that made it ours */
    if (likely(w == WORD(ref.generation, REC_HELD, me))) {
        at->writable = !is_token(at->rec);
        return 0;
    }
    return reach(at, me);
}

/* Sticks to the packet and to those that it is part of: the builder asks the outermost one. Shared ones
 * are left alone. */
int brine__stick(const struct at *at, int status) {
    uint32_t index = at->record, me = a32_load_relaxed(at->pool->me);
    for (int depth = 0; depth < BRINE_MAX_DEPTH; depth++) {
        struct record *r = pool_record(at->pool, index);
        uint64_t w = a64_load_acquire(&r->word);
        bool child = word_state(w) == REC_CHILD, held = word_state(w) == REC_HELD && word_holder(w) == me;
        if (!child && !held) break;
        if (!is_token(r) && (at->writable || held) && r->error == 0) r->error = status;
        if (!child) break;
        index = link_record(a64_load_relaxed(&r->parent));
    }
    return status;
}

int brine__at_write(brine_ref ref, struct at *at) {
    int rc = brine__at_read(ref, at);
    if (unlikely(rc)) return rc;
    if (unlikely(at->leased))
        return brine__fail(BRINE_ELEASED,
                           "the packet is leased and cannot be changed; brine_ack makes it the caller's own");
    if (unlikely(!at->writable))
        return brine__stick(
            at, brine__fail(BRINE_ESHARED,
                            "the packet is shared and so immutable; brine_packet_own gives a changeable one"));
    if (unlikely(ref.place & PLACE_READONLY))
        return brine__stick(at, brine__fail(BRINE_EINVAL, "a key cannot be assigned to; delete it and set another"));
    return at->rec->error;
}

/* ---- arenas ---- */

/* A chunk with room for `bytes` aligned to `align`; *start: where its room begins. */
static uint64_t add_chunk(brine_pool *pool, struct record *r, uint32_t index, uint32_t gen, uint64_t bytes) {
    uint64_t offset = brine__chunk_alloc(pool, index, gen, bytes);
    if (!offset) return 0;
    struct chunk *chunk = pool_at(pool, offset);
    chunk->next = r->chunks;
    r->bytes += chunk->bytes;
    r->chunks = offset;
    return offset;
}

static uint64_t align_up(uint64_t n, uint64_t align) { return (n + align - 1) & ~(align - 1); }

static void *arena_grow(const struct at *at, uint64_t bytes, uint32_t align) {
    struct record *r = at->rec;
    uint64_t need = align_up(sizeof(struct chunk), align) + bytes, size = r->bytes;
    bool lone = need >= LONE_BYTES;
    if (size > CHUNK_MAX) size = CHUNK_MAX;
    if (size < CHUNK_MIN) size = CHUNK_MIN;
    if (bytes > POOL_BYTES_MAX) need = POOL_BYTES_MAX * 2; /* refused below, with the numbers */
    uint64_t offset = add_chunk(at->pool, r, at->record, at->generation, lone || need > size ? need : size);
    if (!offset) {
        brine__stick(at, BRINE_ENOMEM);
        return NULL;
    }
    uint64_t data = align_up(offset + sizeof(struct chunk), align);
    if (lone) return pool_at(at->pool, data);
    r->bump = offset + sizeof(struct chunk);
    r->limit = offset + ((struct chunk *)pool_at(at->pool, offset))->bytes;
    return brine__arena_at_hand(at, bytes, align);
}

void *brine__arena_alloc(const struct at *at, uint64_t bytes, uint32_t align) {
    void *room = brine__arena_at_hand(at, bytes, align);
    return likely(room != NULL) ? room : arena_grow(at, bytes, align);
}

/* ---- making and freeing ---- */

static void init_record(brine_pool *pool, struct record *r, uint8_t root_type) {
    uint64_t arena = pool_offset(pool, r->inline_arena);
    r->chunks = 0;
    r->root = (struct cell){.type = root_type};
    r->bump = arena;
    r->limit = arena + ARENA_INLINE;
    r->first_child = r->next_child = r->prev_child = 0;
    r->error = 0;
    r->bytes = RECORD_BYTES;
}

__attribute__((always_inline)) static inline int new_record(brine_pool *pool, uint8_t root_type, struct held *h) {
    if (unlikely(!pool)) return brine__fail(BRINE_EINVAL, "the pool is NULL");
    h->me = pool_me(pool);
    if (unlikely(!h->me)) return BRINE_ESYS;
    if (unlikely(pool->readonly)) return brine__fail(BRINE_EREADONLY, "pool \"%s\" is attached read-only", pool->name);
    h->pool = pool;
    h->index = record_alloc(pool, h->me, &h->gen);
    if (unlikely(!h->index)) return BRINE_ENOMEM;
    h->rec = pool_record(pool, h->index);
    init_record(pool, h->rec, root_type);
    return 0;
}

/* Fast paths here and below: what is usual is done without a call, so that no register has to be saved; anything
 * else starts over in a function that does it all. */
__attribute__((noinline)) static int packet_new_slow(brine_pool *pool, brine_packet *packet) {
    struct held h;
    int rc = new_record(pool, BRINE_TAB, &h);
    if (likely(rc == 0)) put_packet(packet, pool, h.index, h.gen);
    return rc;
}

int brine_packet_new(brine_pool *pool, brine_packet *packet) {
    uint32_t me = likely(pool != NULL) ? a32_load_relaxed(pool->me) : 0, gen, index;
    if (unlikely(!me || (index = record_alloc_fast(heap_at_hand(pool), pool, me, &gen)) == 0))
        return packet_new_slow(pool, packet);
    init_record(pool, pool_record(pool, index), BRINE_TAB);
    put_packet(packet, pool, index, gen);
    return 0;
}

/* Room of `bytes` in one piece as the record's current chunk. */
static int reserve(brine_pool *pool, struct record *r, uint32_t index, uint32_t gen, uint64_t bytes) {
    if (bytes <= r->limit - r->bump) return 0;
    uint64_t offset =
        add_chunk(pool, r, index, gen, bytes > POOL_BYTES_MAX ? POOL_BYTES_MAX * 2 : bytes + sizeof(struct chunk) + 64);
    if (!offset) return BRINE_ENOMEM;
    r->bump = offset + sizeof(struct chunk);
    r->limit = offset + ((struct chunk *)pool_at(pool, offset))->bytes;
    return 0;
}

int brine_packet_new_sized(brine_pool *pool, size_t bytes, brine_packet *packet) {
    struct held h;
    int rc = new_record(pool, BRINE_TAB, &h);
    if (rc) return rc;
    rc = reserve(pool, h.rec, h.index, h.gen, bytes);
    if (rc)
        record_release(pool, h.index, h.gen);
    else
        *packet = packet_of(pool, h.index, h.gen);
    return rc;
}

static void free_chunks(brine_pool *pool, struct record *r, uint32_t index, uint32_t gen) {
    uint64_t at = r->chunks;
    while (at) {
        uint64_t next = ((struct chunk *)pool_at(pool, at))->next;
        brine__chunk_free(pool, index, gen, at);
        at = next;
    }
}

/* Children first, without recursion: a child's `parent` leads back up. Killed in between: what is left
 * has a dead holder or a parent that is gone. */
void brine__packet_free_tree(brine_pool *pool, uint32_t top, uint32_t top_gen) {
    uint32_t index = top, gen = top_gen;
    for (;;) {
        struct record *r = pool_record(pool, index);
        uint32_t child = r->first_child;
        if (unlikely(child != 0)) {
            struct record *c = pool_record(pool, child);
            uint32_t child_gen = word_gen(a64_load_relaxed(&c->word)); /* part of what we own */
            r->first_child = c->next_child;
            if (is_token(c)) {
                uint32_t me = a32_load_relaxed(pool->me);
                a64_store_release(&c->word, WORD(child_gen, REC_HELD, me));
                brine__token_release(pool, child, child_gen, me);
            } else {
                index = child;
                gen = child_gen;
            }
            continue;
        }
        uint64_t parent =
            index == top ? 0 : a64_load_relaxed(&r->parent); /* not the top's: it is in the maker's line */
        if (r->chunks) free_chunks(pool, r, index, gen);
        record_release(pool, index, gen);
        if (index == top) return;
        index = link_record(parent);
        gen = link_gen(parent);
    }
}

__attribute__((noinline)) static int packet_free_slow(brine_packet packet) {
    struct held h;
    bool leased;
    if (packet.record == 0) return 0;
    int rc = packet_holding(packet, &h, &leased);
    if (unlikely(rc)) return rc;
    /* Acknowledged before anything of it is freed: else a death in between would return what is left. */
    if (unlikely(leased)) a64_store_release(&h.rec->word, WORD(h.gen, REC_HELD, h.me));
    if (unlikely(is_token(h.rec)))
        brine__token_release(h.pool, h.index, h.gen, h.me);
    else
        brine__packet_free_tree(h.pool, h.index, h.gen);
    return 0;
}

int brine_packet_free(brine_packet packet) {
    brine_pool *pool = pool_by_id(packet.pool);
    uint32_t me = likely(pool != NULL) ? a32_load_relaxed(pool->me) : 0;
    if (unlikely(!me || packet.record == 0 || packet.record >= a32_load_relaxed(&pool->record_limit)))
        return packet_free_slow(packet);
    struct record *r = pool_record(pool, packet.record);
    if (unlikely(a64_load_acquire(&r->word) != WORD(packet.generation, REC_HELD, me))) return packet_free_slow(packet);
    if (unlikely((a64_load_relaxed(&r->target) | r->chunks | r->first_child) != 0)) return packet_free_slow(packet);
    record_release(pool, packet.record, packet.generation);
    return 0;
}

brine_ref brine_root(brine_packet packet) {
    struct held h;
    bool leased;
    int rc = packet_holding(packet, &h, &leased);
    if (unlikely(rc)) return brine_ref_null(rc);
    struct record *r = is_token(h.rec) ? pool_record(h.pool, link_record(a64_load_relaxed(&h.rec->target))) : h.rec;
    brine_ref ref = {h.index, h.gen, PLACE(pool_offset(h.pool, &r->root), h.pool->id)};
    return ref;
}

/* ---- asking ---- */

brine_pool *brine_packet_pool(brine_packet packet) { return packet.record ? pool_by_id(packet.pool) : NULL; }

bool brine_packet_held(brine_packet packet) {
    struct held h;
    bool leased;
    return packet.record != 0 && packet_holding(packet, &h, &leased) == 0;
}

brine_packet brine_ref_packet(brine_ref ref) {
    brine_packet p = {ref.record, ref.generation, PLACE_POOL(ref.place), 0};
    return ref.place ? p : brine_packet_none();
}

uint64_t brine__packet_bytes(brine_pool *pool, const struct record *top) {
    uint64_t bytes = 0;
    if (is_token(top)) {
        bytes += RECORD_BYTES;
        top = pool_record(pool, link_record(a64_load_relaxed(&top->target)));
    }
    const struct record *r = top;
    for (;;) {
        bytes += r->bytes;
        if (r->first_child) {
            r = pool_record(pool, r->first_child);
            continue;
        }
        while (r != top && !r->next_child) r = pool_record(pool, link_record(a64_load_relaxed(&r->parent)));
        if (r == top) return bytes;
        r = pool_record(pool, r->next_child);
    }
}

int brine_packet_bytes(brine_packet packet, uint64_t *bytes) {
    struct held h;
    bool leased;
    int rc = packet_holding(packet, &h, &leased);
    if (!rc) *bytes = brine__packet_bytes(h.pool, h.rec);
    return rc;
}

int brine_packet_error(brine_packet packet) {
    struct held h;
    bool leased;
    int rc = packet_holding(packet, &h, &leased);
    return rc ? rc : is_token(h.rec) ? 0 : h.rec->error;
}

int brine_packet_clear_error(brine_packet packet) {
    struct held h;
    int rc = brine__held(packet, &h);
    if (!rc) h.rec->error = 0;
    return rc;
}

/* ---- children: part of another packet ---- */

static void link_child(struct record *parent, struct record *child, uint32_t child_index, brine_pool *pool) {
    child->next_child = parent->first_child;
    child->prev_child = 0;
    if (parent->first_child) pool_record(pool, parent->first_child)->prev_child = child_index;
    parent->first_child = child_index;
}

static void unlink_child(struct record *parent, struct record *child, brine_pool *pool) {
    if (child->prev_child)
        pool_record(pool, child->prev_child)->next_child = child->next_child;
    else
        parent->first_child = child->next_child;
    if (child->next_child) pool_record(pool, child->next_child)->prev_child = child->prev_child;
    child->next_child = child->prev_child = 0;
}

/* HELD by this process -> CHILD of at->rec. Until the last store it dies with its holder, from then on
 * with its parent. */
static uint64_t make_child(const struct at *at, struct record *child, uint32_t index, uint32_t gen) {
    a64_store_relaxed(&child->parent, LINK(at->generation, at->record));
    /* After parent, before the word: a reaper that looks at an older life of the same child under the same parent
     * record sees that it is another one. */
    a64_store_release(&child->journey, next_journey(a64_load_relaxed(&child->journey)));
    link_child(at->rec, child, index, at->pool);
    a64_store_release(&child->word,
                      WORD(gen, REC_CHILD, at->record)); /* publishes parent; pairs with reach() and the reaper */
    return LINK(gen, index);
}

int brine__child_new(const struct at *at, uint64_t bytes, struct at *in, uint64_t *link) {
    struct held h;
    int rc = new_record(at->pool, BRINE_NONE, &h);
    if (!rc && (rc = reserve(at->pool, h.rec, h.index, h.gen, bytes)) != 0) record_release(at->pool, h.index, h.gen);
    if (rc) return brine__stick(at, rc);
    *link = make_child(at, h.rec, h.index, h.gen);
    *in = (struct at){at->pool, h.rec, &h.rec->root, h.index, h.gen, true, at->key, false};
    return 0;
}

/* The child record that a link names, if it is one of at->rec's. */
static struct record *child_of(const struct at *at, uint64_t link) {
    uint32_t index = link_record(link);
    if (!record_known(at->pool, index)) return NULL;
    struct record *c = pool_record(at->pool, index);
    uint64_t w = a64_load_acquire(&c->word);
    return word_gen(w) == link_gen(link) && word_state(w) == REC_CHILD ? c : NULL;
}

int brine__at_enter(const struct at *at, uint64_t link, struct at *in) {
    struct record *c = child_of(at, link);
    if (unlikely(!c))
        return brine__fail(BRINE_ECORRUPT, "a value refers to packet %u, which is not part of it", link_record(link));
    struct record *content = is_token(c) ? pool_record(at->pool, link_record(a64_load_relaxed(&c->target))) : c;
    *in = (struct at){
        at->pool, c,         &content->root, link_record(link), link_gen(link), at->writable && content == c,
        at->key,  at->leased};
    return 0;
}

int brine__child_adopt(const struct at *at, brine_packet packet, uint64_t *link) {
    struct held h;
    if (packet.pool != at->pool->id)
        return brine__fail(BRINE_EXPOOL, "the packet belongs to another pool; brine_assign_copy copies it");
    int rc = brine__held(packet, &h);
    if (rc) return rc;
    uint32_t index = at->record;
    for (int depth = 0; index != h.index; depth++) {
        struct record *r = pool_record(at->pool, index);
        if (word_state(a64_load_acquire(&r->word)) != REC_CHILD) break;
        if (depth == BRINE_MAX_DEPTH)
            return brine__fail(BRINE_EDEPTH, "packets are nested deeper than %d", BRINE_MAX_DEPTH);
        index = link_record(a64_load_relaxed(&r->parent));
    }
    if (index == h.index) return brine__fail(BRINE_EINVAL, "a packet cannot be put inside itself");
    *link = make_child(at, h.rec, h.index, h.gen);
    return 0;
}

int brine__child_take(const struct at *at, uint64_t link, brine_packet *packet) {
    struct record *c = child_of(at, link);
    if (!c)
        return brine__fail(BRINE_ECORRUPT, "a value refers to packet %u, which is not part of it", link_record(link));
    unlink_child(at->rec, c, at->pool);
    a64_store_release(&c->word, WORD(link_gen(link), REC_HELD, a32_load_relaxed(at->pool->me)));
    *packet = packet_of(at->pool, link_record(link), link_gen(link));
    return 0;
}

void brine__child_drop(const struct at *at, uint64_t link) {
    brine_packet p;
    if (brine__child_take(at, link, &p) == 0) brine_packet_free(p);
}

int brine__link_clone(const struct at *at, uint64_t link, brine_packet *clone) {
    struct record *c = child_of(at, link);
    if (!c || !is_token(c)) return brine__fail(BRINE_EINVAL, "the packet is not shared");
    return brine__token_new(at->pool, a64_load_relaxed(&c->target), clone);
}

brine_packet brine__link_packet(const struct at *at, uint64_t link) {
    return packet_of(at->pool, link_record(link), link_gen(link));
}

bool brine__child_undo(brine_pool *pool, uint32_t index, uint64_t w, uint32_t dead) {
    struct record *r = pool_record(pool, index);
    uint64_t journey = a64_load_acquire(&r->journey); /* pairs with make_child(): after w, before parent */
    uint64_t parent = a64_load_relaxed(&r->parent);   /* written before CHILD was stored */
    if (pool_record_exists(pool, link_record(parent)) &&
        word_gen(a64_load_acquire(&pool_record(pool, link_record(parent))->word)) == link_gen(parent))
        return false;
    /* Nobody but the reaper frees a child whose parent is gone; make it the dead's, then free it so. */
    uint64_t held = WORD(word_gen(w), REC_HELD, dead);
    if (!a128_cas_seq_cst(&r->word, w, journey, held, journey)) return false;
    brine__packet_undo(pool, index, held, dead);
    return true;
}
