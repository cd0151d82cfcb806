// SPDX-License-Identifier: Apache-2.0
//
// The structured packet, built in a brine packet. Errors stick to the packet: enqueueing it says so.
#ifndef BENCH_STRUCTURED_HPP
#define BENCH_STRUCTURED_HPP

#include "payload.hpp"

#include <brine/brine.h>

namespace bench {

inline void build_structured(brine_ref root, uint64_t number) {
    brine_set_int(root, "sequence_number", static_cast<int64_t>(number));
    brine_set_double(root, "timestamp", static_cast<double>(number) * 1e-6);
    brine_set_str(root, "name", kName);
    brine_ref tags = brine_set_arr(root, "tags");
    for (const char *tag : kTags) brine_append_str(tags, tag);
    brine_ref hdr = brine_set_tab(root, "hdr");
    for (int i = 0; i < kKeys; i++) brine_set_int(hdr, kKeyNames[i], header_value(number, i));
    size_t shape = kData;
    void *data;
    if (brine_assign_array(brine_slot(root, "data"), BRINE_F64, 1, &shape, BRINE_ARRAY_UNINIT, &data) == 0)
        fill_data(static_cast<double *>(data), number);
}

} // namespace bench

#endif
