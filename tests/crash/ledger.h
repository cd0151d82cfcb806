/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of a scene: every packet is found as often as it must be. */
#ifndef TESTS_CRASH_LEDGER_H
#define TESTS_CRASH_LEDGER_H

#include "operations.h"

/* What a check that does not hold is about, for the table of the proofs. */
enum damage { OTHER, LOST, DOUBLED, LEAKED, BLOCKED, DAMAGES };
static enum damage *damage; /* of this job; shared, so that it is known when the job has failed */

/* What the process of the scene received. */
static void note_received(const struct scene *scene, bool returned, uint8_t got[256]) {
    if (!returned || !(scene->flags & RECEIVES) || board->rc != 0) return;
    if (board->done == 0) got[board->number]++;
    for (size_t i = 0; i < board->done; i++) got[board->numbers[i]]++;
}

/* got: what was found. held: what somebody held who was killed: that is gone, by promise. */
static void compare(const struct scene *scene, bool returned, const uint8_t got[256], const bool held[256]) {
    struct ledger ledger = {.missing = 0};
    unsigned lost = 0;
    for (int n = 0; n < LOOSE; n++) ledger.least[n] = ledger.most[n] = board->sent[n];
    if (scene->expect) scene->expect(returned, &ledger);
    *damage = DOUBLED;
    for (int n = 0; n < LOOSE; n++)
        CHECK_MSG(got[n] <= ledger.most[n], "packet %d is there %u times, at most %u expected: doubled", n, got[n],
                  ledger.most[n]);
    *damage = LOST;
    for (int n = 0; n < LOOSE; n++)
        if (got[n] < ledger.least[n] && !held[n]) lost += ledger.least[n] - (unsigned)got[n];
    CHECK_MSG(lost <= ledger.missing, "%u packets are lost, %u were in doubt", lost, ledger.missing);
    *damage = OTHER;
}

/* Notes the number of a record that was HELD. of: the packet itself, which for a share is another record. */
static void note_number(const struct record *of, bool held[256]) {
    if (of->root.type == BRINE_U64 && of->root.payload < 256) held[of->root.payload] = true;
}

#endif
