/* SPDX-License-Identifier: Apache-2.0 */
/* packet: raw memory in a pool. Each allocation is a record with one chunk; the 64 bytes before the
 * user's hold its name, so that it can be freed by address. */
#include "packet/packet.h"

#include "heap/pages.h"

#define RAW_HEAD 64
#define RAW_MAGIC 0x7761722e656e6972u

struct raw_head {
    struct chunk chunk;
    uint64_t magic, link;
    uint8_t pad[RAW_HEAD - 32];
};
_Static_assert(sizeof(struct raw_head) == RAW_HEAD, "keeps the user's bytes aligned to 64");

void *brine_pool_allocate(brine_pool *pool, size_t bytes) {
    brine_packet p;
    struct held h;
    if (bytes > POOL_BYTES_MAX) {
        brine__fail(BRINE_ENOMEM, "%zu bytes asked, a pool has at most 16 TiB", bytes);
        return NULL;
    }
    if (brine_packet_new(pool, &p) || brine__held(p, &h)) return NULL;
    uint64_t offset = brine__chunk_alloc(pool, h.index, h.gen, bytes + RAW_HEAD);
    if (!offset) {
        record_release(pool, h.index, h.gen);
        return NULL;
    }
    struct raw_head *head = pool_at(pool, offset);
    h.rec->chunks = offset;
    h.rec->bytes += head->chunk.bytes;
    head->magic = RAW_MAGIC;
    head->link = LINK(h.gen, h.index);
    return head + 1;
}

int brine_pool_deallocate(brine_pool *pool, void *memory) {
    if (!memory) return 0;
    uint32_t me = pool ? pool_me(pool) : 0;
    if (!me) return brine__fail(BRINE_EINVAL, "the pool is NULL or could not be attached again after fork");
    if (pool->readonly) return brine__fail(BRINE_EREADONLY, "pool \"%s\" is attached read-only", pool->name);
    uint64_t offset = brine_pool_contains(pool, memory) ? pool_offset(pool, memory) - RAW_HEAD : 0;
    if (page_of(pool, offset) >= data_page_high(pool) || (offset & 1023) || !brine__committed(pool, offset, RAW_HEAD))
        return brine__fail(BRINE_EINVAL, "%p is not from brine_pool_allocate of pool \"%s\"", memory, pool->name);
    struct raw_head head = *(struct raw_head *)pool_at(pool, offset);
    uint32_t index = link_record(head.link);
    if (head.magic != RAW_MAGIC || !pool_record_exists(pool, index))
        return brine__fail(BRINE_EINVAL, "%p is not from brine_pool_allocate of pool \"%s\"", memory, pool->name);
    struct record *r = pool_record(pool, index);
    uint64_t w = a64_load_acquire(&r->word);
    if (word_gen(w) != link_gen(head.link) || word_state(w) != REC_HELD || r->chunks != offset ||
        !a64_cas_acq_rel(&r->word, &w, WORD(link_gen(head.link), REC_FREEING, me))) /* one of two frees wins */
        return brine__fail(BRINE_EINVAL, "%p of pool \"%s\" was freed already", memory, pool->name);
    brine__packet_free_tree(pool, index, link_gen(head.link));
    return 0;
}

bool brine_pool_is_pristine(brine_pool *pool) {
    if (!pool || !pool_me(pool)) return false;
    for (uint32_t i = 1; i < pool_record_high(pool); i++) {
        if (!pool_record_exists(pool, i)) continue;
        uint32_t state = word_state(a64_load_acquire(&pool_record(pool, i)->word));
        if (state != REC_FREE && state != REC_ANCHORED && state != REC_ANCHORING) return false;
    }
    return true;
}

bool brine_pool_is_full(brine_pool *pool) {
    brine_packet p;
    if (brine_packet_new(pool, &p)) return true;
    brine_packet_free(p);
    return false;
}

uint64_t brine_pool_biggest_free(brine_pool *pool) {
    struct heap_usage usage;
    if (!pool || !pool_me(pool)) return 0;
    brine__heap_usage(pool, &usage);
    return usage.biggest_free > RAW_HEAD ? usage.biggest_free - RAW_HEAD : 0;
}

int brine_pool_trim(brine_pool *pool, uint64_t *bytes) {
    if (!pool || !pool_me(pool))
        return brine__fail(BRINE_EINVAL, "the pool is NULL or could not be attached again after fork");
    if (pool->readonly) return brine__fail(BRINE_EREADONLY, "pool \"%s\" is attached read-only", pool->name);
    uint64_t given = brine__heap_trim(pool, UINT64_MAX);
    if (bytes) *bytes = given;
    return 0;
}
