/* SPDX-License-Identifier: Apache-2.0 */
/* value: growing a tab's or arr's room. */
#include "value/pieces.h"

#include <string.h>

#define MORE_FIRST 4u /* pieces that the first directory holds: room for 16 times as much */

/* Room for one more offset in the directory. */
static int grow_directory(const struct at *at, struct pieces *p, uint32_t used) {
    if (used < p->more_room) return 0;
    uint32_t room = p->more_room ? p->more_room * 2u : MORE_FIRST;
    uint64_t *more = brine__arena_alloc(at, room * sizeof *more, 8);
    if (!more) return BRINE_ENOMEM;
    if (used) memcpy(more, pool_at(at->pool, p->more), used * sizeof *more);
    p->more = pool_offset(at->pool, more);
    p->more_room = (uint8_t)room;
    return 0;
}

int brine__pieces_grow(const struct at *at, struct pieces *p, uint32_t item_bytes) {
    if (p->room >= PIECES_ROOM_MAX)
        return brine__stick(at, brine__fail(BRINE_ELIMIT, "a tab or arr holds at most %u elements, deleted ones included until "
                                                          "brine_packet_compact", PIECES_ROOM_MAX));
    uint32_t used = pieces_log2(p->room) - p->shift;
    int rc = grow_directory(at, p, used);
    if (rc) return rc;
    void *piece = brine__arena_alloc(at, (uint64_t)p->room * item_bytes, 8);
    if (!piece) return BRINE_ENOMEM;
    ((uint64_t *)pool_at(at->pool, p->more))[used] = pool_offset(at->pool, piece);
    p->room *= 2;
    return 0;
}
