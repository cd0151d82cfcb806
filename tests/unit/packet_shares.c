/* SPDX-License-Identifier: Apache-2.0 */
/* Shared packets: immutable, counted right, freed with the last holder, whoever that is. */
#include "pool_helpers.h"

static void counting(brine_pool *pool) {
    brine_packet packet = filled_packet(pool, 20000, 6), original = packet, clones[50], last;
    CHECK_EQ_INT(brine_packet_holders(packet), 1);
    CHECK(!brine_packet_is_shared(packet));
    CHECK_STATUS(brine_packet_clone(packet, &last), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "brine_packet_share");
    brine_ref root = brine_root(packet);
    struct at at;
    CHECK_OK(brine_packet_share(&packet));
    CHECK(brine_packet_is_shared(packet));
    CHECK_EQ_INT(brine_packet_holders(packet), 1);
    CHECK_OK(brine__at_read(root, &at)); /* refs got before stay good for reading, and only for that */
    CHECK_EQ_INT(at.cell->n, 6);
    CHECK_STATUS(brine__at_write(root, &at), BRINE_ESHARED);
    CHECK_STATUS(brine__at_write(brine_root(packet), &at), BRINE_ESHARED);
    CHECK(!brine_packet_held(original)); /* the old handle is not a share */
    CHECK_STATUS(brine_packet_free(original), BRINE_ENOTHELD);
    brine_packet same = packet;
    CHECK_OK(brine_packet_share(&same)); /* is left as it is */
    CHECK(memcmp(&same, &packet, sizeof same) == 0);
    for (int i = 0; i < 50; i++) {
        CHECK_OK(brine_packet_clone(i ? clones[i - 1] : packet, &clones[i]));
        CHECK_EQ_INT(brine_packet_holders(packet), i + 2);
    }
    uint64_t bytes;
    CHECK_OK(brine_packet_bytes(clones[3], &bytes));
    CHECK(bytes > 20000);
    check_whole(pool);
    CHECK_OK(brine_packet_free(packet));
    for (int i = 0; i < 49; i++) {
        check_filled(clones[i]);
        CHECK_OK(brine_packet_free(clones[i]));
        CHECK_EQ_INT(brine_packet_holders(clones[49]), 49 - i);
    }
    check_filled(clones[49]);
    CHECK_OK(brine_packet_free(clones[49]));
    check_empty(pool);
}

/* The packet itself again when nobody else has it. */
static void owning(brine_pool *pool) {
    brine_packet packet = filled_packet(pool, 3000, 2), original = packet, clone, own = brine_packet_none();
    struct held held;
    struct at at;
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &clone));
    CHECK_OK(brine__held(packet, &held));
    CHECK(!brine__token_own(&held, &own));
    CHECK_EQ_INT(brine_packet_holders(packet), 2);
    CHECK_OK(brine_packet_free(clone));
    CHECK(brine__token_own(&held, &own));
    CHECK(own.record == original.record && own.generation == original.generation);
    CHECK(!brine_packet_held(packet));
    CHECK_OK(brine__at_write(brine_root(own), &at));
    check_filled(own);
    CHECK_OK(brine_packet_share(&own)); /* and once more */
    CHECK_OK(brine_packet_free(own));
    check_empty(pool);
}

/* brine_packet_own: the same when nobody else has it, else a private copy; the others keep theirs. */
static void changing_again(brine_pool *pool) {
    brine_packet packet = make_packet(pool), original = packet, clone;
    CHECK_OK(brine_set_int(brine_root(packet), "n", 1));
    CHECK_OK(brine_set_packet(brine_root(packet), "inner", make_packet(pool)));
    CHECK_OK(brine_packet_own(&packet)); /* not shared: nothing to do */
    CHECK(memcmp(&packet, &original, sizeof packet) == 0);
    CHECK_OK(brine_packet_share(&packet));
    CHECK_STATUS(brine_set_int(brine_root(packet), "n", 2), BRINE_ESHARED);
    CHECK_OK(brine_packet_own(&packet));
    CHECK(memcmp(&packet, &original, sizeof packet) == 0);
    CHECK_OK(brine_set_int(brine_root(packet), "n", 3));
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &clone));
    CHECK_OK(brine_packet_own(&packet));
    CHECK(packet.record != original.record && !brine_packet_is_shared(packet));
    CHECK_OK(brine_set_int(brine_root(packet), "n", 4));
    CHECK_EQ_INT(brine_get_int(brine_root(clone), "n", 0), 3);
    CHECK_EQ_INT(brine_get_int(brine_root(packet), "n", 0), 4);
    CHECK_EQ_INT(brine_packet_holders(clone), 1);
    CHECK_OK(brine_packet_free(clone));
    CHECK_STATUS(brine_packet_own(&clone), BRINE_ENOTHELD);
    CHECK_OK(brine_packet_free(packet));
    check_empty(pool);
}

static void full(brine_pool *small) {
    brine_packet packet = make_packet(small), share, clone, all[400];
    int n = 0;
    CHECK_OK(brine_packet_share(&packet));
    while (n < 400 && brine_packet_clone(packet, &all[n]) == 0) n++;
    CHECK(n < 400);
    CHECK_STATUS(brine_packet_clone(packet, &clone), BRINE_ENOMEM);
    CHECK_EQ_INT(brine_packet_holders(packet), n + 1);
    CHECK_OK(brine_packet_free(all[--n]));
    share = make_packet(small);
    CHECK_STATUS(brine_packet_share(&share), BRINE_ENOMEM);
    CHECK(brine_packet_held(share) && !brine_packet_is_shared(share));
    while (n-- > 0) CHECK_OK(brine_packet_free(all[n]));
    CHECK_OK(brine_packet_free(share));
    CHECK_OK(brine_packet_free(packet));
    check_empty(small);
}

static void die_with_shares(void *argument) {
    brine_pipe *pipe;
    brine_packet packet, clone;
    CHECK_OK(brine_pipe_connect(argument, "s", brine_seconds(5), &pipe));
    CHECK_OK(brine_dequeue(pipe, &packet, brine_seconds(5)));
    for (int i = 0; i < 30; i++) CHECK_OK(brine_packet_clone(packet, &clone));
    raise(SIGKILL);
}

static void deaths(brine_pool *pool) {
    brine_pipe *pipe;
    CHECK_OK(brine_pipe_serve(pool, "s", 4, &pipe));
    for (int last = 0; last < 2; last++) { /* the dead had some of the shares; all of them */
        brine_packet packet = filled_packet(pool, 3000, 2), clone = brine_packet_none();
        CHECK_OK(brine_packet_share(&packet));
        if (!last) CHECK_OK(brine_packet_clone(packet, &clone));
        CHECK_OK(brine_enqueue(pipe, packet, brine_now()));
        CHECK_KILLED(check_fork(die_with_shares, pool), SIGKILL);
        CHECK_OK(brine_pool_reap(pool, NULL));
        if (!last) {
            CHECK_EQ_INT(brine_packet_holders(clone), 1);
            check_filled(clone);
            CHECK_OK(brine_packet_free(clone));
        }
        check_whole(pool);
        CHECK(brine_pool_is_pristine(pool));
    }
    CHECK_OK(brine_pipe_close(pipe));
    CHECK_OK(brine_pipe_remove(pool, "s"));
    check_empty(pool);
}

int main(void) {
    brine_pool *pool = make_pool("s", 8 * MIB), *small = make_pool("t", 64 * KIB);
    counting(pool);
    owning(pool);
    changing_again(pool);
    full(small);
    deaths(pool);
    drop_pool(pool);
    drop_pool(small);
    return 0;
}
