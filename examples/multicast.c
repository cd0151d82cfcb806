/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multicast NAME IN N [--drop SECONDS]
 *
 * Gives every packet of pipe IN, by reference, to each of the pipes out0 .. out(N-1), which it serves.
 * It waits for a reader that is slow; with --drop for so long, and then that reader does not get the
 * packet. Ends when the stream IN ends. session.h says how a run begins and ends.
 */
#include <string.h>

#include "session.h"

#define MOST_OUTPUTS 64
#define CAPACITY 4

static brine_pipe *outputs[MOST_OUTPUTS];

static void serve_outputs(brine_pool *pool, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "out%u", i);
        if (brine_pipe_serve(pool, name, CAPACITY, &outputs[i]) < 0) session_fail("serving an output");
    }
}

static void give_to_all(brine_packet packet, uint32_t count) {
    if (brine_fanout(packet, outputs, count, BRINE_BLOCK, brine_forever(), NULL, NULL) < 0) session_fail("fan-out");
}

/* A policy of one's own: a share for each output, and a time to wait for each. */
static void give_or_drop(brine_packet packet, uint32_t count, double seconds) {
    if (brine_packet_share(&packet) < 0) session_fail("sharing");
    for (uint32_t i = 0; i < count; i++) {
        brine_packet share;
        if (brine_packet_clone(packet, &share) < 0) session_fail("sharing");
        int status = brine_enqueue(outputs[i], share, brine_seconds(seconds));
        if (status == 0) continue;
        if (status != BRINE_ETIMEDOUT) session_fail("enqueue");
        fprintf(stderr, "reader %u is too slow, dropping packet\n", i);
        brine_packet_free(share);
    }
    brine_packet_free(packet);
}

/* Passes on one stream. Returns its number of packets; -1 if the server died. */
static int pass_on(brine_pipe *input, uint32_t count, const char *drop) {
    for (int packets = 0;; packets++) {
        brine_packet packet;
        int status = session_take(input, &packet);
        if (status == BRINE_ECLOSED) return packets;
        if (status == BRINE_EGONE) return -1;
        if (status < 0) session_fail("dequeue");
        if (drop == NULL)
            give_to_all(packet, count);
        else
            give_or_drop(packet, count, strtod(drop, NULL));
    }
}

int main(int argc, char **argv) {
    const char *drop = argc == 6 && strcmp(argv[4], "--drop") == 0 ? argv[5] : NULL;
    if (argc != 4 && drop == NULL) {
        fprintf(stderr, "Usage: multicast NAME IN N [--drop SECONDS]\n");
        return 2;
    }
    uint32_t count = session_number(argv[3]);
    if (count > MOST_OUTPUTS) {
        fprintf(stderr, "multicast: at most %d outputs\n", MOST_OUTPUTS);
        return 2;
    }
    for (;;) {
        brine_pipe *input;
        brine_pool *pool = session_join(argv[1], argv[2], &input);
        serve_outputs(pool, count);
        int packets = pass_on(input, count, drop);
        for (uint32_t i = 0; i < count && packets >= 0; i++) session_end(outputs[i]);
        if (packets >= 0) brine_pipe_close(input);
        brine_pool_detach(pool);
        if (packets < 0) continue;
        fprintf(stderr, "multicast: %d packets passed on to %u pipes\n", packets, count);
        return 0;
    }
}
