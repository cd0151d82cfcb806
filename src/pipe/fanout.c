/* SPDX-License-Identifier: Apache-2.0 */
/* pipe: one packet to several outputs, by reference. */
#include "pipe/ring.h"

/* Enqueues, dropping the oldest packets of a full pipe. Bounded: it gives up its own packet when the
 * writers around it are faster for that many rounds. */
static int push_out(brine_pipe *pipe, brine_packet packet) {
    int rc = BRINE_ETIMEDOUT;
    for (uint32_t i = 0; i <= pipe->capacity + 8 && rc == BRINE_ETIMEDOUT; i++) {
        rc = brine_enqueue(pipe, packet, brine_now());
        brine_packet oldest;
        if (rc != BRINE_ETIMEDOUT || brine__dequeue_now(pipe, &oldest) != 0) continue;
        brine_packet_free(oldest);
        a64_add_relaxed(&pipe->counters->drops, 1);
    }
    return rc;
}

/* Gives one share to one output. BRINE_ETIMEDOUT with a dropping policy: dropped, and counted. */
static int give(brine_pipe *out, brine_packet share, brine_policy policy, brine_deadline until) {
    int rc = policy == BRINE_DROP_OLDEST ? push_out(out, share) : brine_enqueue(out, share, until);
    if (rc) brine_packet_free(share);
    if (rc == BRINE_ETIMEDOUT && policy != BRINE_BLOCK) a64_add_relaxed(&out->counters->drops, 1);
    return rc;
}

static int check(brine_packet packet, brine_pipe *const *outputs, size_t count, brine_policy policy) {
    uint32_t me;
    if ((!outputs && count) || policy < BRINE_BLOCK || policy > BRINE_DROP_OLDEST)
        return brine__fail(BRINE_EINVAL, "no outputs, or policy %d is unknown", (int)policy);
    int rc = brine_packet_error(packet);
    for (size_t i = 0; !rc && i < count; i++) {
        rc = pipe_enter(outputs[i], &me);
        if (!rc && outputs[i]->pool->id != packet.pool)
            rc = brine__fail(BRINE_EXPOOL, "output \"%s\" is in another pool than the packet", outputs[i]->name);
    }
    return rc;
}

int brine_fanout(brine_packet packet, brine_pipe *const *outputs, size_t count, brine_policy policy,
                 brine_deadline deadline, int *status, brine_packet *rest) {
    brine_packet share;
    bool again = false;
    if (rest) *rest = brine_packet_none();
    int rc = check(packet, outputs, count, policy), result = 0;
    /* A leased share stays leased until all have it; a packet that is to become shared has to be ours. */
    if (!rc && !brine_packet_is_shared(packet)) rc = brine_ack(packet);
    if (!rc) rc = brine_packet_share(&packet);
    if (rc) { /* nothing has happened to it */
        if (rest && brine_packet_held(packet)) *rest = packet;
        for (size_t i = 0; status && i < count; i++) status[i] = rc;
        return rc;
    }
    brine_deadline until = brine_until(deadline);
    for (size_t i = 0; i < count; i++) {
        rc = brine_packet_clone(packet, &share);
        if (!rc) rc = give(outputs[i], share, policy, until);
        if (status) status[i] = rc;
        bool dropped = rc == BRINE_ETIMEDOUT && policy != BRINE_BLOCK;
        if (rc && !dropped && !result) result = rc;
        again |= !dropped && (rc == BRINE_ETIMEDOUT || rc == BRINE_EINTR || rc == BRINE_ENOMEM);
    }
    if (again && rest)
        *rest = packet;
    else
        brine_packet_free(packet);
    return result;
}
