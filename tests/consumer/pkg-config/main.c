/* SPDX-License-Identifier: Apache-2.0 */
/* What a user's first program does: a packet goes through a pipe and its value comes out. */
#include <stdio.h>
#include <string.h>

#include <brine/brine.h>

static int failed(const char *what) {
    fprintf(stderr, "%s: %s\n", what, brine_detail());
    return 1;
}

int main(void) {
    brine_pool *pool;
    brine_pipe *pipe;
    brine_packet packet;
    if (strcmp(brine_version(), "") == 0) return failed("brine_version");
    if (brine_pool_create_private(NULL, &pool) < 0) return failed("brine_pool_create_private");
    if (brine_pipe_serve(pool, "line", 4, &pipe) < 0) return failed("brine_pipe_serve");
    if (brine_packet_new(pool, &packet) < 0) return failed("brine_packet_new");
    brine_set_int(brine_root(packet), "seq", 42);
    if (brine_enqueue(pipe, packet, brine_now()) < 0) return failed("brine_enqueue");
    if (brine_dequeue(pipe, &packet, brine_now()) < 0) return failed("brine_dequeue");
    if (brine_get_int(brine_root(packet), "seq", -1) != 42) return failed("brine_get_int");
    brine_packet_free(packet);
    brine_pipe_close(pipe);
    brine_pool_detach(pool);
    puts("brine: fine");
    return 0;
}
