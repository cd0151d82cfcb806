/* SPDX-License-Identifier: Apache-2.0 */
/* observe: helpers of this layer. */
#ifndef BRINE_OBSERVE_OBSERVE_H
#define BRINE_OBSERVE_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include <brine/observe.h>

int brine__observe_enter(brine_pool *pool);
bool brine__proc_there(brine_pool *pool, uint32_t index);
bool brine__dir_there(brine_pool *pool, uint32_t index);
bool brine__endp_there(brine_pool *pool, uint32_t index);
uint32_t brine__endp_high(brine_pool *pool);
uint32_t brine__proc_high(brine_pool *pool);
/* The LIVE entry of a name, without trusting the directory; *word its ownership word. */
uint32_t brine__find_name(brine_pool *pool, const char *name, uint64_t *word);
/* roots[i] (zeroed, `records` entries): the record of the packet that record i is part of in the end, i if it is
 * none's; 0 where the links lead nowhere or in a circle. */
void brine__observe_roots(brine_pool *pool, uint32_t records, uint32_t *roots);
/* The record, whose word is w, is leased. Passed on from a pipe with leases, it is so until it is in the other pipe,
 * where its word stays as it was until it is taken. */
bool brine__leased_now(brine_pool *pool, uint32_t index, uint64_t w);
/* The size of each packet with all that is part of it, by record; *records: how many entries. NULL: no memory (detail
 * set). The caller frees it. */
uint64_t *brine__observe_sizes(brine_pool *pool, uint32_t *records);

#endif
