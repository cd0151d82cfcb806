/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damages the values of a packet and validates it. Whatever the bytes, validating does not crash or read outside
 * the packet; and what it accepts can be printed, compared with itself and copied. Input: one byte that picks
 * the packet, then triples of offset (two bytes) and value.
 */
#include "fuzz_text.h"

#include "packet/packet.h"

static const char *const bases[] = {
    "{'a': 1, 'text': 'a longer text, out of line', 'list': [1, 2.5, None, [True, (1, 2)]], 'big': "
    "123456789012345678901234567890}",
    "{1: {2: {3: [array([[1, 2], [3, 4]], 'f8'), b'bytes of some length', 1+2j]}}, (1, 'x'): 'tuple key'}",
    ("[{'k0': 0, 'k1': 1, 'k2': 2, 'k3': 3, 'k4': 4, 'k5': 5, 'k6': 6, 'k7': 7, 'k8': 8, 'k9': 9, 'ka': 10, 'kb': 11, "
     "'kc': 12,"
     " 'kd': 13, 'ke': 14, 'kf': 15, 'kg': 16, 'kh': 17, 'ki': 18}, array([1, 2, 3], 'i1'), '']"),
};

/* The packet's own memory that holds values: the root, and what is behind the bookkeeping of record and chunks. */
static unsigned char *byte_at(brine_pool *pool, struct record *r, size_t offset) {
    if (offset < sizeof(struct cell)) return (unsigned char *)&r->root + offset;
    offset -= sizeof(struct cell);
    if (offset < ARENA_INLINE) return r->inline_arena + offset;
    offset -= ARENA_INLINE;
    for (uint64_t at = r->chunks; at;) {
        struct chunk *chunk = pool_at(pool, at);
        if (offset < chunk->bytes - sizeof *chunk) return (unsigned char *)(chunk + 1) + offset;
        offset -= chunk->bytes - sizeof *chunk;
        at = chunk->next;
    }
    return NULL;
}

static void use(brine_packet packet) {
    char *text;
    brine_packet copy;
    int rc = brine_print_text(brine_root(packet), BRINE_LITERAL, 0, &text, NULL);
    if (rc == 0) free(text);
    brine_equal(brine_root(packet), brine_root(packet));
    if (brine_packet_copy(brine_root(packet), brine_packet_pool(packet), &copy) == 0)
        PROMISE(brine_packet_free(copy) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct held held;
    if (size == 0) return 0;
    const char *base = bases[data[0] % (sizeof bases / sizeof *bases)];
    brine_packet packet = new_packet();
    PROMISE(brine_parse_literal(brine_root(packet), base, strlen(base), NULL) == 0);
    PROMISE(brine_packet_validate(packet) == 0);
    PROMISE(brine__held(packet, &held) == 0);
    for (size_t i = 1; i + 2 < size; i += 3) {
        unsigned char *byte = byte_at(held.pool, held.rec, data[i] | (size_t)data[i + 1] << 8);
        if (byte) *byte ^= data[i + 2];
    }
    int rc = brine_packet_validate(packet);
    PROMISE(rc == 0 || rc == BRINE_ECORRUPT || rc == BRINE_EDEPTH);
    if (rc == 0) use(packet);
    PROMISE(brine_packet_free(packet) == 0);
    return 0;
}
