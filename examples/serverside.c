/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serverside NAME BYTES PIPE CAPACITY [--keep]
 *
 * Makes the pool NAME of BYTES (such as 1000000 or 1M), serves PIPE in it and sends 100 packets. Start
 * it with middleside and clientside, in any order:
 *
 *     serverside mempool 1000000 pipe1 4
 *     middleside mempool pipe1 pipe2 4
 *     clientside mempool pipe2
 *
 * At the end it removes the pool, unless --keep is given. session.h says how a run begins and ends.
 */
#include <string.h>

#include "session.h"

#define PACKETS 100
#define TWO_TO_100 "1267650600228229401496703205376"
#define MINUS_THREE_TO_200                                                                                             \
    "-265613988875874769338781322035779626829233452653394495974574961739092490901302182994384699044001"

static void fill(brine_ref root, int sequence) {
    brine_set_int(root, "sequence_number", sequence);
    /* Integers of any size: 2**100 + sequence, and -(3**200). */
    brine_ref big = brine_slot(root, "big");
    brine_assign_int_text(big, TWO_TO_100, strlen(TWO_TO_100), 10);
    brine_int_arith(big, '+', big, brine_find(root, "sequence_number"));
    brine_assign_int_text(brine_slot(root, "minus"), MINUS_THREE_TO_200, strlen(MINUS_THREE_TO_200), 10);
}

int main(int argc, char **argv) {
    bool keep = argc == 6 && strcmp(argv[5], "--keep") == 0;
    if (argc != 5 && !keep) {
        fprintf(stderr, "Usage: serverside NAME BYTES PIPE CAPACITY [--keep]\n");
        return 2;
    }
    uint32_t capacity = session_number(argv[4]);
    brine_pool *pool = session_lead(argv[1], argv[2]);
    brine_pipe *pipe;
    if (brine_pipe_serve(pool, argv[3], capacity, &pipe) < 0) session_fail("serving the pipe");
    for (int sequence = 0; sequence < PACKETS; sequence++) {
        brine_packet packet;
        if (brine_packet_new(pool, &packet) < 0) session_fail("making a packet");
        fill(brine_root(packet), sequence);
        session_give(pipe, packet);
    }
    session_end(pipe);
    session_finish(pool, keep);
    fprintf(stderr, "serverside: %d packets sent\n", PACKETS);
    return 0;
}
