/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as a literal. What parses is printed, parsed again and must be equal. */
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const brine_style styles[] = {BRINE_LITERAL, BRINE_PRETTY};
    brine_packet first = new_packet();
    brine_text_error error = {0, 1, 1};
    int status = brine_parse_literal(brine_root(first), (const char *)data, size, &error);
    check_status(first, status, error, size);
    for (int i = 0; status == 0 && i < 2; i++) {
        again(first, styles[i], 0, false);
        again(first, styles[i], BRINE_TEXT_ASCII | BRINE_TEXT_SEED | BRINE_TEXT_SORT, false);
    }
    brine_packet_free(first);
    return 0;
}
