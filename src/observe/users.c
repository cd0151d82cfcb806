/* SPDX-License-Identifier: Apache-2.0 */
/* observe: who has a pipe open. An index read from the pool is checked before it is used. */
#include <brine/observe.h>

#include <stdlib.h>
#include <string.h>

#include "observe/observe.h"
#include "pipe/ring.h"

/* Leases of one pipe, by participant. */
static void count_leases(brine_pool *pool, uint64_t link, uint32_t *counts) {
    uint64_t high = pool_record_high(pool);
    for (uint32_t i = 0; (i = next_record(pool, i, high)) != 0;) {
        struct record *r = pool_record(pool, i);
        uint64_t w = a64_load_acquire(&r->word);
        if (a64_load_relaxed(&r->parent) == link && word_holder(w) < PROC_COUNT && brine__leased_now(pool, i, w))
            counts[word_holder(w)]++;
    }
}

/* One endpoint. false: it is free, of another pipe, or changed meanwhile. */
static bool fill_user(brine_pool *pool, uint32_t i, uint64_t link, const uint32_t *leases, brine_user_info *info) {
    struct endpoint *e = pool_endp(pool, i);
    uint64_t w = a64_load_acquire(&e->word);
    uint32_t holder = word_holder(w), roles = a32_load_relaxed(&e->roles);
    if (word_state(w) == ENDP_FREE || a64_load_acquire(&e->pipe) != link || holder >= PROC_COUNT ||
        !brine__proc_there(pool, holder))
        return false;
    struct proc *p = pool_proc(pool, holder);
    *info = (brine_user_info){
        .participant = holder,
        .pid = (int32_t)a32_load_relaxed(&p->pid),
        .server = word_state(w) == ENDP_SERVER,
        .reads = roles & ENDP_READS,
        .writes = roles & ENDP_WRITES,
        .packets_in = a64_load_relaxed(&e->packets_in) + a64_load_relaxed(&e->packets_in2), /* numbers for people */
        .packets_out = a64_load_relaxed(&e->packets_out) + a64_load_relaxed(&e->packets_out2),
        .blocked_writers = (uint32_t)a64_load_relaxed(&e->blocked_writers),
        .blocked_readers = (uint32_t)a64_load_relaxed(&e->blocked_readers),
        .leased = leases[holder],
    };
    memcpy(info->command, p->command, sizeof info->command - 1);
    return a64_load_acquire(&e->word) == w;
}

int brine_pipe_user_each(brine_pool *pool, const char *name, int (*visit)(const brine_user_info *, void *),
                         void *context) {
    uint64_t w;
    brine_user_info info;
    int rc = brine__check_name("pipe", name);
    if (!rc) rc = brine__observe_enter(pool);
    if (rc) return rc;
    uint32_t index = brine__find_name(pool, name, &w);
    if (index == NO_ENTRY || a32_load_relaxed(&pool_dir(pool, index)->kind) != DIR_PIPE)
        return brine__fail(BRINE_ENOENT, "pool \"%s\" has no pipe \"%s\"", pool->name, name);
    uint32_t *leases = calloc(PROC_COUNT, sizeof *leases);
    if (!leases) return brine__fail(BRINE_ENOMEM, "no memory for a list of participants");
    count_leases(pool, LINK(word_gen(w), index), leases);
    for (uint32_t i = 0; !rc && i < brine__endp_high(pool); i++)
        if (brine__endp_there(pool, i) && fill_user(pool, i, LINK(word_gen(w), index), leases, &info))
            rc = visit(&info, context);
    free(leases);
    return rc;
}
