// The C API from C++.
#include <brine/brine.h>

#include <cstdio>

int main() {
    brine_pool *pool = nullptr;
    if (brine_pool_create_private(nullptr, &pool) != 0) return 1;
    brine_packet p = brine_packet_none();
    if (brine_packet_new(pool, &p) != 0) return 1;
    brine_ref root = brine_root(p);
    if (brine_set_str(root, "name", "gr\u00fc\u00df") != 0 || brine_set_double(root, "x", 0.5) != 0) return 1;
    if (brine_print(root, BRINE_LITERAL, 0, stdout) != 0) return 1;
    std::puts("");
    int rc = brine_get_double(root, "x", 0) == 0.5 ? 0 : 1;
    brine_pool_detach(pool);
    return rc;
}
