/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: records, blocks and spans. A record page and a slab page belong to one process and, privately,
 * to one of its threads; only that thread allocates from it. Anybody who owns an object frees it with
 * one release store. Nothing here is a lock or a shared list: the ownership words are the only truth.
 */
#ifndef BRINE_HEAP_HEAP_H
#define BRINE_HEAP_HEAP_H

#include "region/pool.h"

#define BLOCK_SHIFT_MIN 10 /* 1 KiB */
#define BLOCK_SHIFT_MAX 15 /* 32 KiB */
#define BLOCK_CLASSES (BLOCK_SHIFT_MAX - BLOCK_SHIFT_MIN + 1)

/* Memory of at least `bytes` (struct chunk included) for a record: a block of the smallest class that
 * fits, a span of pages over 32 KiB. The chunk head is filled in (next = 0). Aligned to 1 KiB.
 * Returns its offset, 0 when out of memory (detail set). */
uint64_t brine__chunk_alloc(brine_pool *pool, uint32_t record, uint32_t gen, uint64_t bytes);

/* Gives a chunk of a record back. Takes nothing on trust: an offset that is no chunk of the record is
 * left alone. */
void brine__chunk_free(brine_pool *pool, uint32_t record, uint32_t gen, uint64_t offset);

/* Gives back what this thread hoards, and the memory of free pages to the system: of all, or of so many
 * that it makes `enough` bytes. Returns bytes. */
uint64_t brine__heap_trim(brine_pool *pool, uint64_t enough);
/* brine__commit within the budget. Where there is no room, the memory of free data pages is given back
 * for it: it counts against the budget wherever it lies. */
int brine__heap_commit(brine_pool *pool, uint64_t offset, uint64_t bytes);
/* Looks whether somebody ran out of memory since, and if so gives back what this thread hoards. Cheap. */
void brine__heap_pressure(brine_pool *pool);

/* Reaping: pages of `dead` become orphans; tags and spans of records that are gone are cleared. */
void brine__heap_undo(brine_pool *pool, uint32_t dead);
/* Frees every tag and span whose record has another generation. */
void brine__heap_sweep(brine_pool *pool);

/* In a forked child / at detach: forget this process's thread heaps. */
void brine__heap_forget(brine_pool *pool);

/* Counts for observers: bytes of records, blocks and spans in use. */
struct heap_usage {
    uint64_t records, record_bytes, block_bytes, span_bytes;
    uint64_t biggest_free; /* longest run that could be made into one span, bytes */
};
void brine__heap_usage(brine_pool *pool, struct heap_usage *usage);

#endif
