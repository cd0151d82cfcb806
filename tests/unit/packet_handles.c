/* SPDX-License-Identifier: Apache-2.0 */
/* A handle that is not good, for whatever reason, is an error of every call, never a crash. */
#include "pool_helpers.h"

/* Every call refuses it and changes nothing. */
static void refused(brine_packet packet, const char *why) {
    uint64_t bytes = 4711;
    brine_packet clone = {1, 2, 3, 4}, same = packet;
    CHECK_STATUS(brine_packet_bytes(packet, &bytes), BRINE_ENOTHELD);
    CHECK_CONTAINS(brine_detail(), why);
    CHECK_EQ_INT(bytes, 4711);
    CHECK_STATUS(brine_packet_error(packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_packet_clear_error(packet), BRINE_ENOTHELD);
    CHECK_STATUS(brine_packet_share(&same), BRINE_ENOTHELD);
    CHECK(memcmp(&same, &packet, sizeof same) == 0);
    CHECK_STATUS(brine_packet_clone(packet, &clone), BRINE_ENOTHELD);
    CHECK(clone.record == 1 && clone.generation == 2);
    CHECK(!brine_packet_is_shared(packet));
    CHECK(!brine_packet_held(packet));
    CHECK_EQ_INT(brine_packet_holders(packet), 0);
    struct at at;
    CHECK(!brine_ref_ok(brine_root(packet)));
    CHECK_STATUS(brine__at_read(brine_root(packet), &at), BRINE_ENOTHELD); /* the null ref carries the reason */
    CHECK_STATUS(brine__at_write(brine_root(packet), &at), BRINE_ENOTHELD);
    CHECK_STATUS(brine_packet_free(packet), packet.record == 0 ? BRINE_OK : BRINE_ENOTHELD);
}

static void garbage(brine_pool *pool) {
    check_rng rng = check_seed(77);
    brine_packet real = make_packet(pool);
    static const uint32_t records[] = {1u << 26, (1u << 26) - 1, UINT32_MAX, 0x80000000, 5000000, 129, 127};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        brine_packet p = {records[i], 0, real.pool, 0};
        if (records[i] != real.record) refused(p, "packet");
    }
    for (int i = 0; i < 20000; i++) {
        brine_packet p = {(uint32_t)check_random(&rng), (uint32_t)check_random(&rng), (uint32_t)check_random(&rng),
                          (uint32_t)check_random(&rng)};
        if (i % 2) p.pool = real.pool;
        if (i % 4 == 1) p.record %= 300;
        if (p.record == real.record && p.generation == real.generation && p.pool % POOL_ID_COUNT == real.pool) continue;
        CHECK(!brine_packet_held(p));
        CHECK(p.record == 0 || brine_packet_free(p) == BRINE_ENOTHELD);
    }
    brine_packet none = brine_packet_none();
    refused(none, "no packet");
    CHECK(brine_packet_pool(none) == NULL);
    CHECK(brine_packet_pool(real) == pool);
    CHECK_OK(brine_packet_free(real));
}

static void refs(brine_pool *pool) {
    brine_packet packet = filled_packet(pool, 5000, 1);
    brine_ref root = brine_root(packet), bad = root;
    struct at at;
    uint64_t end = pool->layout.file_bytes;
    uint64_t const places[] = {1, 8, pool->layout.records - 1, end, end - 1, end - 15, ((uint64_t)1 << 48) - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        bad.place = PLACE(places[i], pool->id);
        CHECK_STATUS(brine__at_read(bad, &at), BRINE_EINVAL);
    }
    bad = root;
    bad.place |= PLACE_READONLY;
    CHECK_OK(brine__at_read(bad, &at));
    CHECK_STATUS(brine__at_write(bad, &at), BRINE_EINVAL);
    bad = root;
    bad.generation++;
    CHECK_STATUS(brine__at_read(bad, &at), BRINE_ENOTHELD);
    bad = (brine_ref){0, 0, 0};
    CHECK_STATUS(brine__at_read(bad, &at), BRINE_ENOENT);
    CHECK_OK(brine_packet_free(packet));
    CHECK_STATUS(brine__at_read(root, &at), BRINE_ENOTHELD);
    CHECK_STATUS(brine__at_write(root, &at), BRINE_ENOTHELD);
}

static void errors(brine_pool *pool) {
    brine_packet packet = make_packet(pool);
    struct at at = at_of(packet);
    CHECK_OK(brine_packet_error(packet));
    CHECK(grow_packet(packet, 32 * MIB) == NULL); /* more than the pool has */
    CHECK_CONTAINS(brine_detail(), "KiB");
    CHECK_STATUS(brine_packet_error(packet), BRINE_ENOMEM);
    CHECK_STATUS(brine__stick(&at, BRINE_ETYPE), BRINE_ETYPE);
    CHECK_STATUS(brine_packet_error(packet), BRINE_ENOMEM); /* the first one stays */
    CHECK_STATUS(brine__at_write(brine_root(packet), &at), BRINE_ENOMEM);
    CHECK_OK(brine__at_read(brine_root(packet), &at)); /* what is there can be read */
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_serve(pool, "e", 4, &pipe));
    CHECK_STATUS(brine_enqueue(pipe, packet, brine_now()), BRINE_ENOMEM);
    CHECK(brine_packet_held(packet));
    CHECK_OK(brine_packet_clear_error(packet));
    CHECK_OK(brine_packet_error(packet));
    CHECK(grow_packet(packet, 1000) != NULL);
    CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
    refused(packet, "enqueued");
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    brine_packet old = packet;
    CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "e"));
    refused(old, "freed");
}

int main(void) {
    brine_pool *pool = make_pool("h", 16 * MIB), *other = make_pool("i", MIB);
    brine_packet packet = filled_packet(pool, 3000, 1), sized;
    CHECK_STATUS(brine_packet_new(NULL, &packet), BRINE_EINVAL);
    check_filled(packet);
    brine_packet copy = packet; /* a handle is a value */
    check_filled(copy);
    CHECK_OK(brine_packet_free(copy));
    refused(packet, "freed");
    brine_packet next = make_packet(pool); /* the record lives again; the old handle does not */
    refused(packet, "freed");
    CHECK_OK(brine_packet_free(next));
    garbage(pool);
    refs(pool);
    errors(pool);

    brine_pool *reader = attach_readonly("h");
    CHECK_STATUS(brine_packet_new(reader, &sized), BRINE_EREADONLY);
    packet = make_packet(pool);
    brine_packet seen = packet;
    seen.pool = reader->id;
    refused(seen, "held by participant");
    brine_pool_detach(reader);
    refused(seen, "detached");

    brine_packet foreign = packet; /* the same numbers in another pool */
    foreign.pool = other->id;
    refused(foreign, "");
    brine_pool_detach(other);
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);
    packet = make_packet(pool);
    drop_pool(pool);
    refused(packet, "detached");
    CHECK(brine_packet_pool(packet) == NULL);
    pool = attach_pool("i");
    refused(packet, "detached");
    drop_pool(pool);
    return 0;
}
