/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes as JSON, with and without NaN. What parses is printed, as JSON and as a
 * literal, parsed again and must be equal. */
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (unsigned flags = 0; flags <= BRINE_JSON_NAN; flags++) {
        brine_packet first = new_packet();
        brine_text_error error = {0, 1, 1};
        int status = brine_parse_json(brine_root(first), (const char *)data, size, flags, &error);
        check_status(first, status, error, size);
        if (status == 0) {
            again(first, BRINE_JSON, flags, true);
            again(first, BRINE_JSON_PRETTY, flags | BRINE_TEXT_ASCII | BRINE_TEXT_SORT, true);
            again(first, BRINE_LITERAL, 0, false);
        }
        brine_packet_free(first);
    }
    return 0;
}
