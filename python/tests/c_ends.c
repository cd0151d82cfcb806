/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C side of test_languages.py: writes, reads or passes on N packets as message() there makes them.
 *
 *   c_ends write POOL PIPE N       c_ends read POOL PIPE N       c_ends pass POOL FROM TO N
 */
#include <complex.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <brine/brine.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "c_ends.c:%d: %s: %s\n", __LINE__, #condition, brine_detail());                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const brine_deadline patience = {-20000000000}; /* 20 s */

static brine_pipe *pipe_of(brine_pool *pool, const char *name) {
    brine_pipe *pipe;
    CHECK(brine_pipe_connect(pool, name, patience, &pipe) == 0);
    return pipe;
}

static brine_packet message(brine_pool *pool, int64_t i) {
    char name[40];
    brine_packet packet;
    CHECK(brine_packet_new(pool, &packet) == 0);
    brine_ref root = brine_root(packet);
    snprintf(name, sizeof name, "packet %" PRId64, i);
    brine_set_int(root, "seq", i);
    brine_set_str(root, "name", name);
    brine_ref header = brine_set_tab(root, "hdr"), tags;
    brine_set_double(header, "fs", 1e6);
    tags = brine_set_arr(header, "tags");
    brine_append_str(tags, "a");
    brine_append_int(tags, i);
    brine_assign_bigint(brine_slot(root, "big"), 1, (uint64_t[]){(uint64_t)i, (uint64_t)1 << 36}, 2, 0);
    brine_set_bytes(root, "raw", "\x00\xff", 2);
    brine_set_none(root, "none");
    brine_set_bool(root, "yes", true);
    size_t shape[] = {2, 2 + (size_t)i % 5};
    float complex *data = brine_set_array(root, "data", BRINE_C64, 2, shape);
    for (size_t k = 0; data && k < shape[0] * shape[1]; k++) data[k] = (float)i;
    CHECK(brine_packet_error(packet) == 0);
    return packet;
}

static void check(brine_packet packet, int64_t i) {
    brine_ref root = brine_root(packet);
    const char *text;
    size_t length;
    brine_array data;
    brine_packet expected = message(brine_packet_pool(packet), i);
    CHECK(brine_get_int(root, "seq", -1) == i);
    CHECK(brine_as_str(brine_find(root, "name"), &text, &length) == 0 && length > 7);
    CHECK(brine_get_int(root, "stage 0", -1) == i * 10);
    CHECK(brine_get_array(root, "data", &data) == 0 && data.dtype == BRINE_C64 && data.ndim == 2 &&
          data.shape[1] == 2 + (size_t)i % 5);
    brine_set_int(brine_root(expected), "stage 0", i * 10);
    CHECK(brine_equal(root, brine_root(expected)));
    brine_packet_free(expected);
    brine_packet_free(packet);
}

static brine_packet next(brine_pipe *pipe) {
    brine_packet packet;
    CHECK(brine_dequeue(pipe, &packet, patience) == 0);
    return packet;
}

int main(int argc, char **argv) {
    brine_pool *pool;
    CHECK(argc >= 5 && brine_pool_attach(argv[2], NULL, patience, &pool) == 0);
    brine_pipe *pipe = pipe_of(pool, argv[3]);
    brine_pipe *onward = argc == 6 ? pipe_of(pool, argv[4]) : NULL;
    int64_t count = strtoll(argv[argc - 1], NULL, 10);
    for (int64_t i = 0; i < count; i++) {
        if (strcmp(argv[1], "write") == 0) {
            CHECK(brine_enqueue(pipe, message(pool, i), patience) == 0);
        } else if (strcmp(argv[1], "read") == 0) {
            check(next(pipe), i);
        } else {
            brine_packet packet = next(pipe);
            brine_set_int(brine_root(packet), "stage 0", i * 10);
            CHECK(brine_enqueue(onward, packet, patience) == 0);
        }
    }
    brine_pool_detach(pool);
    return 0;
}
