/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of the README: sends 1000 packets with an array each. Run it with reader. */
#include <complex.h>
#include <stdio.h>

#include <brine/brine.h>

static void fill(float complex *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = (float)i + 0.5f * I;
}

static int failed(void) {
    fprintf(stderr, "writer: %s\n", brine_detail());
    return 1;
}

int main(void) {
    brine_pool *pool;
    brine_pipe *pipe;
    if (brine_pool_create("rf", &(brine_pool_options){.max_bytes = 256 << 20}, &pool) < 0) return failed();
    if (brine_pipe_serve(pool, "iq", 4, &pipe) < 0) return failed(); /* holds 4 packets */
    for (int i = 0; i < 1000; i++) {
        brine_packet p;
        if (brine_packet_new(pool, &p) < 0) return failed(); /* its root is an empty tab */
        brine_ref t = brine_root(p);
        brine_set_int(t, "seq", i);
        float complex *x = brine_set_array(t, "data", BRINE_C64, 1, (size_t[]){4096});
        if (x != NULL) fill(x, 4096); /* in place, in shared memory */
        int rc;
        while ((rc = brine_enqueue(pipe, p, brine_seconds(3.2))) == BRINE_ETIMEDOUT)
            fprintf(stderr, "the reader is slow\n");
        if (rc < 0) return failed(); /* 0: p is no longer ours; else it still is */
    }
    brine_pipe_close(pipe); /* ends the stream: readers drain it, then get BRINE_ECLOSED */
    brine_pool_detach(pool);
    return 0;
}
