/* SPDX-License-Identifier: Apache-2.0 */
/*
 * middleside NAME IN OUT CAPACITY
 *
 * Waits for the pool and for pipe IN, adds "my_sequence" to each packet and passes it on, by
 * reference, through pipe OUT, which it serves. Ends when the stream IN ends. If its server dies, it
 * waits for another one. session.h says how a run begins and ends.
 */
#include "session.h"

static void add_sequence(brine_packet *packet, int sequence) {
    /* A packet that came through a multicast is shared and cannot be changed: this gives a copy then,
     * and the same packet otherwise. */
    if (brine_packet_own(packet) < 0) session_fail("taking ownership");
    if (brine_set_int(brine_root(*packet), "my_sequence", sequence) < 0) session_fail("changing the packet");
}

/* Passes on one stream. Returns its number of packets; -1 if the server died. */
static int pass_on(brine_pipe *input, brine_pipe *output) {
    for (int sequence = 0;; sequence++) {
        brine_packet packet;
        int status = session_take(input, &packet);
        if (status == BRINE_ECLOSED) return sequence;
        if (status == BRINE_EGONE) return -1;
        if (status < 0) session_fail("dequeue");
        add_sequence(&packet, sequence);
        session_give(output, packet);
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "Usage: middleside NAME IN OUT CAPACITY\n");
        return 2;
    }
    uint32_t capacity = session_number(argv[4]);
    for (;;) {
        brine_pipe *input, *output;
        brine_pool *pool = session_join(argv[1], argv[2], &input);
        if (brine_pipe_serve(pool, argv[3], capacity, &output) < 0) session_fail("serving the pipe");
        int packets = pass_on(input, output);
        if (packets >= 0) session_end(output);
        if (packets >= 0) brine_pipe_close(input);
        brine_pool_detach(pool);
        if (packets < 0) continue;
        fprintf(stderr, "middleside: %d packets passed on\n", packets);
        return 0;
    }
}
