/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clientside NAME PIPE
 *
 * Waits for the pool and the pipe and prints each packet. Ends when the stream ends. If its server
 * dies, it waits for another one. session.h says how a run begins and ends.
 */
#include "session.h"

/* Prints one stream. Returns its number of packets; -1 if the server died. */
static int print_all(brine_pipe *pipe) {
    for (int packets = 0;; packets++) {
        brine_packet packet;
        int status = session_take(pipe, &packet);
        if (status == BRINE_ECLOSED) return packets;
        if (status == BRINE_EGONE) return -1;
        if (status < 0) session_fail("dequeue");
        if (brine_print(brine_root(packet), BRINE_PRETTY, 0, stdout) < 0) session_fail("printing");
        putchar('\n');
        brine_packet_free(packet);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "Usage: clientside NAME PIPE\n");
        return 2;
    }
    for (;;) {
        brine_pipe *pipe;
        brine_pool *pool = session_join(argv[1], argv[2], &pipe);
        int packets = print_all(pipe);
        if (fflush(stdout) != 0) perror("clientside: standard output");
        if (packets >= 0) brine_pipe_close(pipe);
        brine_pool_detach(pool);
        if (packets < 0) continue;
        fprintf(stderr, "clientside: %d packets received\n", packets);
        return 0;
    }
}
