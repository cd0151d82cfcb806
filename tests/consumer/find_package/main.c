/* A program of somebody else's: makes a packet, passes it through a pipe and prints it. */
#include <brine/brine.h>

#include <stdio.h>
#include <stdlib.h>

static void must(int rc) {
    if (rc == 0) return;
    fprintf(stderr, "%s: %s\n", brine_status_name(rc), brine_detail());
    exit(1);
}

int main(void) {
    brine_pool *pool;
    brine_pipe *pipe;
    brine_packet p;
    must(brine_pool_create_private(NULL, &pool));
    must(brine_pipe_serve(pool, "a", 4, &pipe));
    must(brine_packet_new(pool, &p));
    must(brine_set_int(brine_root(p), "seq", 7));
    must(brine_enqueue(pipe, p, brine_now()));
    must(brine_dequeue(pipe, &p, brine_now()));
    must(brine_print(brine_root(p), BRINE_JSON, 0, stdout));
    putchar('\n');
    int rc = brine_get_int(brine_root(p), "seq", 0) == 7 ? 0 : 1;
    brine_pool_detach(pool);
    return rc;
}
