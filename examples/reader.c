/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of the README: takes the packets of writer, and removes the pool at the end. */
#include <inttypes.h>
#include <stdio.h>

#include <brine/brine.h>

static int failed(void) {
    fprintf(stderr, "reader: %s\n", brine_detail());
    return 1;
}

int main(void) {
    brine_pool *pool;
    brine_pipe *pipe;
    if (brine_pool_attach("rf", NULL, brine_seconds(5), &pool) < 0) return failed();  /* waits for the pool */
    if (brine_pipe_connect(pool, "iq", brine_seconds(5), &pipe) < 0) return failed(); /* and for the pipe */
    int status;
    brine_packet p;
    while ((status = brine_dequeue(pipe, &p, brine_seconds(5.5))) == 0) {
        brine_ref t = brine_root(p);
        int64_t seq = brine_get_int(t, "seq", -1);
        brine_array a;
        if (brine_get_array(t, "data", &a) < 0) return failed();
        float *first = a.data; /* in place, until p is freed */
        printf("%" PRId64 ": %zu numbers, the first is %g%+gi\n", seq, a.count, first[0], first[1]);
        brine_packet_free(p);
    }
    if (status != BRINE_ECLOSED) return failed();
    brine_pool_detach(pool);
    return brine_pool_unlink("rf") < 0 ? failed() : 0;
}
