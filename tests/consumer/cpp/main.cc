// SPDX-License-Identifier: Apache-2.0
// The public headers in C++17: the same round as in C.
#include <cstdio>

#include <brine/brine.h>

static int failed(const char *what) {
    std::fprintf(stderr, "%s: %s\n", what, brine_detail());
    return 1;
}

int main() {
    brine_pool *pool = nullptr;
    brine_pipe *pipe = nullptr;
    brine_packet packet = brine_packet_none();
    brine_pool_options options{};
    options.max_bytes = 16u << 20;
    if (brine_pool_create_private(&options, &pool) < 0) return failed("brine_pool_create_private");
    if (brine_pipe_serve(pool, "line", 4, &pipe) < 0) return failed("brine_pipe_serve");
    if (brine_packet_new(pool, &packet) < 0) return failed("brine_packet_new");
    const size_t shape[] = {3};
    auto *x = static_cast<double *>(brine_set_array(brine_root(packet), "x", BRINE_F64, 1, shape));
    if (x == nullptr) return failed("brine_set_array");
    x[2] = 2.5;
    if (brine_enqueue(pipe, packet, brine_seconds(1)) < 0) return failed("brine_enqueue");
    if (brine_dequeue(pipe, &packet, brine_milliseconds(1000)) < 0) return failed("brine_dequeue");
    brine_array array;
    if (brine_get_array(brine_root(packet), "x", &array) < 0) return failed("brine_get_array");
    if (array.count != 3 || static_cast<double *>(array.data)[2] != 2.5) return failed("array");
    brine_packet_free(packet);
    brine_pipe_close(pipe);
    brine_pool_detach(pool);
    std::puts("brine: fine");
    return 0;
}
