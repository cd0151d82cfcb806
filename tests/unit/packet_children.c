/* SPDX-License-Identifier: Apache-2.0 */
/* Packets inside packets: one owner, freed with it at any depth, taken out and put elsewhere. */
#include "pool_helpers.h"

static uint64_t bytes_of(brine_packet packet) {
    uint64_t bytes = 0;
    CHECK_OK(brine_packet_bytes(packet, &bytes));
    return bytes;
}

static void one(brine_pool *pool) {
    brine_packet parent = make_packet(pool), child = filled_packet(pool, 50000, 4), taken;
    struct at at = at_of(parent), in;
    uint64_t link, whole = bytes_of(parent) + bytes_of(child);
    CHECK_OK(brine__child_adopt(&at, child, &link));
    CHECK(!brine_packet_held(child)); /* its handle is dead while it is inside */
    CHECK_STATUS(brine_packet_free(child), BRINE_ENOTHELD);
    CHECK_CONTAINS(brine_detail(), "part of another packet");
    CHECK_EQ_INT(bytes_of(parent), whole);
    CHECK_OK(brine__at_enter(&at, link, &in));
    CHECK(in.writable);
    CHECK_EQ_INT(in.cell->n, 4);
    brine_ref inside = at_ref(&in, in.cell);
    struct at again;
    CHECK_OK(brine__at_write(inside, &again));
    CHECK(brine__arena_alloc(&again, 100000, 8) != NULL);
    check_whole(pool);
    CHECK_OK(brine__child_take(&at, link, &taken));
    check_filled(taken);
    CHECK(brine_packet_held(child)); /* the same packet under the same name */
    CHECK(brine__child_take(&at, link, &taken) == BRINE_ECORRUPT);
    CHECK(brine__at_enter(&at, link, &in) == BRINE_ECORRUPT);
    CHECK_OK(brine__child_adopt(&at, taken, &link));
    CHECK_OK(brine_packet_free(parent));
    CHECK_STATUS(brine__at_read(inside, &again), BRINE_ENOTHELD);
    check_empty(pool);
}

static void refusals(brine_pool *pool, brine_pool *other) {
    brine_packet parent = make_packet(pool), foreign = make_packet(other), child = make_packet(pool);
    struct at at = at_of(parent), inner = at_of(child);
    uint64_t link;
    CHECK_STATUS(brine__child_adopt(&at, parent, &link), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "inside itself");
    CHECK_STATUS(brine__child_adopt(&at, foreign, &link), BRINE_EXPOOL);
    CHECK(brine_packet_held(foreign));
    CHECK_OK(brine__child_adopt(&at, child, &link));
    CHECK_STATUS(brine__child_adopt(&inner, parent, &link), BRINE_EINVAL); /* through the child */
    CHECK_STATUS(brine__child_adopt(&at, child, &link), BRINE_ENOTHELD);
    CHECK_OK(brine_packet_free(parent));
    CHECK_OK(brine_packet_free(foreign));
    check_empty(pool);
}

/* Any number of levels is freed without recursion; the same for one packet with many. */
static void deep_and_wide(brine_pool *pool) {
    brine_packet top = make_packet(pool);
    struct at at = at_of(top), in;
    uint64_t link;
    int depth = 0;
    while (depth < 3000 && brine__child_new(&at, 64, &in, &link) == 0) at = in, depth++;
    CHECK_EQ_INT(depth, 3000);
    CHECK_EQ_INT(bytes_of(top), info_of(pool).used_bytes);
    CHECK_OK(brine_packet_free(top));
    check_empty(pool);

    top = make_packet(pool);
    at = at_of(top);
    uint64_t links[2000];
    for (int i = 0; i < 2000; i++) CHECK_OK(brine__child_new(&at, (uint64_t)(i % 5) * 700, &in, &links[i]));
    CHECK_EQ_INT(bytes_of(top), info_of(pool).used_bytes);
    for (int i = 0; i < 2000; i += 3) brine__child_drop(&at, links[(i * 7) % 2000]);
    check_whole(pool);
    CHECK_EQ_INT(bytes_of(top), info_of(pool).used_bytes);
    CHECK_OK(brine_packet_free(top));
    check_empty(pool);
}

/* A shared packet inside another one counts as a holder. */
static void shares(brine_pool *pool) {
    brine_packet top = make_packet(pool), share = filled_packet(pool, 5000, 8), clone, out;
    struct at at = at_of(top), in, written;
    uint64_t link;
    CHECK_OK(brine_packet_share(&share));
    CHECK_OK(brine_packet_clone(share, &clone));
    CHECK_OK(brine__child_adopt(&at, clone, &link));
    CHECK_EQ_INT(brine_packet_holders(share), 2);
    CHECK_OK(brine__at_enter(&at, link, &in));
    CHECK(!in.writable);
    CHECK_EQ_INT(in.cell->n, 8);
    CHECK_STATUS(brine__at_write(at_ref(&in, in.cell), &written), BRINE_ESHARED);
    CHECK_OK(brine__link_clone(&at, link, &out));
    CHECK_EQ_INT(brine_packet_holders(share), 3);
    CHECK_OK(brine_packet_free(share));
    CHECK_OK(brine_packet_free(top)); /* and the share in it */
    CHECK_EQ_INT(brine_packet_holders(out), 1);
    check_filled(out);
    CHECK_OK(brine_packet_free(out));
    check_empty(pool);

    /* a tree is shared as one: what is below is read-only through any share */
    top = make_packet(pool);
    at = at_of(top);
    CHECK_OK(brine__child_new(&at, 100, &in, &link));
    brine_ref below = at_ref(&in, in.cell);
    CHECK_OK(brine__at_write(below, &written));
    CHECK_OK(brine_packet_share(&top));
    CHECK_OK(brine__at_read(below, &written));
    CHECK_STATUS(brine__at_write(below, &written), BRINE_ESHARED);
    CHECK_OK(brine_packet_free(top));
    check_empty(pool);
}

static void die_with_tree(void *argument) {
    brine_packet top = make_packet(argument), share = filled_packet(argument, 100, 1);
    struct at at = at_of(top), in;
    uint64_t link;
    CHECK_OK(brine_packet_share(&share));
    CHECK_OK(brine__child_adopt(&at, share, &link));
    for (int i = 0; i < 200; i++) {
        CHECK_OK(brine__child_new(&at, 2000, &in, &link));
        if (i % 2) at = in;
    }
    raise(SIGKILL);
}

int main(void) {
    brine_pool *pool = make_pool("c", 32 * MIB), *other = make_pool("o", MIB);
    one(pool);
    refusals(pool, other);
    deep_and_wide(pool);
    shares(pool);
    CHECK_KILLED(check_fork(die_with_tree, pool), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    drop_pool(pool);
    drop_pool(other);
    return 0;
}
