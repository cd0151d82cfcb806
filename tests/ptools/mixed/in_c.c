/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One part of a pipeline, in C: in_c source REGION OUT | relay REGION IN OUT NAME | sink REGION IN
 * The same in C++ (in_cpp.cpp), for PicklingTools (in_ptools.cpp) and in Python (in_python.py); see mixed.sh.
 */
#include "check.h"

enum { PACKETS = 100, SAMPLES = 1000 };
#define TWO_TO_100 "1267650600228229401496703205376"

static brine_deadline soon(void) { return brine_seconds(30); }

static brine_pipe *connect_to(const char *region, const char *name) {
    brine_pool *pool;
    brine_pipe *pipe;
    CHECK_OK(brine_pool_attach(region, NULL, soon(), &pool));
    CHECK_OK(brine_pipe_connect(pool, name, soon(), &pipe));
    return pipe;
}

static void end(brine_pipe *pipe) {
    while (brine_pipe_length(pipe) > 0) usleep(1000);
    CHECK_OK(brine_pipe_close(pipe));
}

static void source(const char *region, const char *out) {
    brine_pool_options options = {.max_bytes = 4 << 20};
    brine_pool *pool;
    brine_pipe *pipe;
    CHECK_OK(brine_pool_create(region, &options, &pool));
    CHECK_OK(brine_pipe_serve(pool, out, 4, &pipe));
    for (int seq = 0; seq < PACKETS; seq++) {
        brine_packet packet;
        CHECK_OK(brine_packet_new(pool, &packet));
        brine_ref root = brine_root(packet), big = brine_slot(root, "big");
        brine_set_int(root, "seq", seq);
        CHECK_OK(brine_assign_int_text(big, TWO_TO_100, strlen(TWO_TO_100), 10));
        CHECK_OK(brine_int_arith(big, '+', big, brine_find(root, "seq")));
        brine_ref header = brine_set_tab(root, "hdr");
        brine_set_str(header, "units", "volts");
        brine_ref rates = brine_set_arr(header, "rates");
        brine_append_double(rates, 2.5);
        brine_append_int(rates, seq);
        float *data = brine_set_array(root, "data", BRINE_F32, 1, (size_t[]){SAMPLES});
        for (int k = 0; k < SAMPLES; k++) data[k] = (float)(seq + k);
        brine_set_arr(root, "hops");
        CHECK_OK(brine_enqueue(pipe, packet, soon()));
    }
    end(pipe);
    CHECK_OK(brine_pool_unlink(region));
}

static void relay(const char *region, const char *in, const char *out, const char *name) {
    brine_pipe *input = connect_to(region, in), *output;
    brine_packet packet;
    int status;
    CHECK_OK(brine_pipe_serve(brine_pipe_pool(input), out, 4, &output));
    while ((status = brine_dequeue(input, &packet, soon())) == 0) {
        CHECK_OK(brine_packet_own(&packet)); /* one from a program for PicklingTools may be shared */
        CHECK_OK(brine_append_str(brine_find(brine_root(packet), "hops"), name));
        CHECK_OK(brine_enqueue(output, packet, soon()));
    }
    CHECK_STATUS(status, BRINE_ECLOSED);
    end(output);
}

/* SEQ BIG RATE UNITS SAMPLE HOP... */
static void print(brine_ref root) {
    brine_array data;
    int64_t rate;
    const char *hop;
    size_t length;
    char *big;
    brine_ref header = brine_find(root, "hdr"), each;
    CHECK_OK(brine_get_array(root, "data", &data));
    CHECK_OK(brine_int_text(brine_find(root, "big"), 10, &big));
    CHECK_OK(brine_as_int(brine_at(brine_find(header, "rates"), -1), &rate));
    printf("%" PRId64 " %s %" PRId64 " %s %g", brine_get_int(root, "seq", -1), big, rate,
           brine_get_str(header, "units", "?"), (double)((const float *)data.data)[data.count - 1]);
    free(big);
    brine_iter it = brine_iterate(brine_find(root, "hops"));
    while (brine_next(&it, NULL, &each)) {
        CHECK_OK(brine_as_str(each, &hop, &length));
        printf(" %s", hop);
    }
    putchar('\n');
}

static void sink(const char *region, const char *in) {
    brine_pipe *pipe = connect_to(region, in);
    brine_packet packet;
    int status;
    while ((status = brine_dequeue(pipe, &packet, soon())) == 0) {
        print(brine_root(packet));
        CHECK_OK(brine_packet_free(packet));
    }
    CHECK_STATUS(status, BRINE_ECLOSED);
}

int main(int argc, char **argv) {
    CHECK(argc >= 4);
    if (strcmp(argv[1], "source") == 0)
        source(argv[2], argv[3]);
    else if (strcmp(argv[1], "relay") == 0)
        relay(argv[2], argv[3], argv[4], argv[5]);
    else
        sink(argv[2], argv[3]);
    return 0;
}
