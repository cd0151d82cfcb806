/* SPDX-License-Identifier: Apache-2.0 */
/* observe: proving the invariants of a quiet or copied pool. See check.h for how, docs/design/observe.md for what. */
#include "observe/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/pages.h"
#include "observe/observe.h"
#include "region/layout_of.h"

#define REPORTS_MAX 100000

void brine__problem(struct check *c, struct place at, const char *format, ...) {
    char text[400];
    va_list args;
    if (c->problems < INT32_MAX) c->problems++;
    if (!c->report || c->problems > REPORTS_MAX) return; /* only counted: nobody reads more */
    int n = snprintf(text, sizeof text, "%s %llu, %s at %llu: ", at.table, (unsigned long long)at.index, at.field,
                     (unsigned long long)at.offset);
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    c->report(text, c->context);
}

bool brine__check_used(const struct check *c, uint32_t i) {
    return i > 0 && i < PROC_COUNT && brine__proc_there(c->pool, i) &&
           word_state(a64_load_relaxed(&pool_proc(c->pool, i)->word)) == PROC_LIVE;
}

bool brine__check_unfinished(const struct check *c, uint32_t i) {
    uint64_t w = check_word(c, i);
    if (word_state(w) == REC_CHILD) {
        if (!c->roots[i]) return false;
        w = check_word(c, c->roots[i]);
    }
    bool held = word_state(w) == REC_HELD || word_state(w) == REC_FREEING;
    return held && word_holder(w) < PROC_COUNT && !c->running[word_holder(w)];
}

/* ---- header and hints ---- */

static void check_header(struct check *c) {
    struct header h;
    struct stat st;
    memcpy(&h, c->pool->base, sizeof h);
    uint64_t bytes = c->pool->layout.file_bytes;
    if (c->snapshot->fd >= 0 && fstat(c->snapshot->fd, &st) == 0) bytes = (uint64_t)st.st_size;
    if (brine__header_judge(&h, bytes, "the file"))
        brine__problem(c, HEADER_PLACE(checksum), "%s", brine_detail());
    else if (memcmp(&h.layout, &c->pool->layout, sizeof h.layout) != 0 || h.hash_seed != c->pool->hash_seed)
        brine__problem(c, HEADER_PLACE(layout), "found another pool's than when it was attached");
}

static void check_high(struct check *c, struct place at, const a64 *high, uint64_t most) {
    uint64_t found = a64_load_relaxed(high);
    if (found > most)
        brine__problem(c, at, "found %llu, expected at most %llu", (unsigned long long)found, (unsigned long long)most);
}

/* Nothing is used from `high` on. */
static void check_above(struct check *c, const char *table, uint64_t base, uint64_t stride, uint64_t count,
                        uint64_t high) {
    for (uint64_t i = high; i < count; i++) {
        uint64_t at = base + i * stride;
        if (!brine__committed(c->pool, at, 8)) {
            i = ((at | (UNIT_BYTES - 1)) + 1 - base + stride - 1) / stride -
                1; /* the first entry that starts in the next unit */
            continue;
        }
        uint64_t w = a64_load_relaxed((a64 *)pool_at(c->pool, at));
        if (w)
            brine__problem(c, (struct place){table, i, "word", at},
                           "found %llx, expected 0 above the highest ever used (%llu)", (unsigned long long)w,
                           (unsigned long long)high);
    }
}

static void check_hints(struct check *c) {
    const struct header *h = pool_header(c->pool);
    const struct layout *l = &c->pool->layout;
    check_high(c, HEADER_PLACE(proc_high), &h->proc_high, PROC_COUNT);
    check_high(c, HEADER_PLACE(dir_high), &h->dir_high, DIR_COUNT);
    check_high(c, HEADER_PLACE(endp_high), &h->endp_high, ENDP_COUNT);
    check_high(c, HEADER_PLACE(record_page_high), &h->record_page_high, l->record_pages);
    check_high(c, HEADER_PLACE(data_page_high), &h->data_page_high, l->data_pages);
    check_high(c, HEADER_PLACE(page_low), &h->page_low, l->data_pages);
    check_above(c, "participant", l->proc, sizeof(struct proc), PROC_COUNT, a64_load_relaxed(&h->proc_high));
    check_above(c, "name", l->dir, sizeof(struct dir_entry), DIR_COUNT, a64_load_relaxed(&h->dir_high));
    check_above(c, "endpoint", l->endp, sizeof(struct endpoint), ENDP_COUNT, a64_load_relaxed(&h->endp_high));
    check_above(c, "record page", l->recmap, 8, l->record_pages, a64_load_relaxed(&h->record_page_high));
    check_above(c, "page", l->pagemap, 8, l->data_pages, a64_load_relaxed(&h->data_page_high));
}

/* ---- commit bits ---- */

/* Units that may be committed: [from, to) of each table. */
static bool unit_allowed(const struct check *c, uint64_t unit) {
    const struct layout *l = &c->pool->layout;
    const struct header *h = pool_header(c->pool);
    uint64_t records = a64_load_relaxed(&h->record_page_high), pages = a64_load_relaxed(&h->data_page_high);
    records = (records < l->record_pages ? records : l->record_pages) + GROWTH_UNITS_MAX; /* growth commits ahead */
    pages = (pages < l->data_pages ? pages : l->data_pages) + GROWTH_UNITS_MAX;
    if (records > l->record_pages) records = l->record_pages;
    if (pages > l->data_pages) pages = l->data_pages;
    const uint64_t tables[][2] = {{0, l->proc},
                                  {l->proc, PROC_COUNT * sizeof(struct proc)},
                                  {l->dir, DIR_COUNT * sizeof(struct dir_entry)},
                                  {l->pipe, DIR_COUNT * sizeof(struct pipe_control)},
                                  {l->endp, ENDP_COUNT * sizeof(struct endpoint)},
                                  {l->recmap, (uint64_t)l->record_pages * 8},
                                  {l->pagemap, (uint64_t)l->data_pages * 8},
                                  {l->tags, (uint64_t)l->data_pages * TAGS_PER_PAGE * 8},
                                  {l->records, records << UNIT_SHIFT},
                                  {l->pages, pages << UNIT_SHIFT}};
    uint64_t at = unit << UNIT_SHIFT;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (at >= tables[i][0] && at - tables[i][0] < tables[i][1]) return true;
    return false;
}

static void check_commit(struct check *c) {
    const struct layout *l = &c->pool->layout;
    const a64 *bits = pool_at(c->pool, l->commit);
    for (uint64_t i = 0; i < (l->proc - l->commit) / 8; i++) {
        uint64_t w = a64_load_relaxed(&bits[i]);
        for (uint64_t unit = i * 64; w; w >>= 1, unit++) {
            if (!(w & 1)) continue;
            if (unit >= l->file_bytes >> UNIT_SHIFT)
                brine__problem(c, (struct place){"unit", unit, "commit bit", l->commit + i * 8},
                               "found 1, expected 0: the file has %llu units",
                               (unsigned long long)(l->file_bytes >> UNIT_SHIFT));
            else if (!unit_allowed(c, unit))
                brine__problem(c, (struct place){"unit", unit, "commit bit", l->commit + i * 8},
                               "found 1, expected 0: no table that is in use has this unit");
        }
    }
    if (!brine__committed(c->pool, 0, l->proc))
        brine__problem(c, (struct place){"unit", 0, "commit bit", l->commit},
                       "found 0, expected 1: header and commit bits are always there");
}

/* ---- participants and endpoints ---- */

static void check_participants(struct check *c) {
    c->all_running = true;
    uint32_t high = brine__proc_high(c->pool);
    for (uint32_t i = 0; i < high; i++) {
        uint64_t w = a64_load_relaxed(&pool_proc(c->pool, i)->word);
        if (w && !brine__proc_there(c->pool, i))
            brine__problem(c, PROC_PLACE(c, i, word), "found %llx in memory that is not committed",
                           (unsigned long long)w);
        if (i ? (word_state(w) != PROC_FREE && word_state(w) != PROC_LIVE) || word_holder(w) : w != 0)
            brine__problem(c, PROC_PLACE(c, i, word), "found state %u, holder %u; expected %s", word_state(w),
                           word_holder(w), i ? "free or live, of nobody" : "0: this one is nobody");
        if (!brine__check_used(c, i)) continue;
        c->running[i] = (i == a32_load_relaxed(c->real->me)) ||
                        (c->snapshot->fd >= 0 && brine__participant_alive(c->snapshot->fd, i));
        c->all_running &= c->running[i];
    }
}

/* A pipe that is there, or was removed while it is open. */
static bool pipe_there(const struct check *c, uint64_t link) {
    if (link_record(link) >= dir_high(c->pool)) return false;
    uint64_t w = a64_load_relaxed(&pool_dir(c->pool, link_record(link))->word);
    return word_gen(w) == link_gen(link) &&
           (word_state(w) == DIR_LIVE || word_state(w) == DIR_REMOVED || word_state(w) == DIR_REMOVING);
}

struct user {
    uint64_t pipe;
    uint32_t holder, endpoint;
};
static int by_user(const void *a, const void *b) {
    const struct user *x = a, *y = b;
    if (x->pipe != y->pipe) return x->pipe < y->pipe ? -1 : 1;
    return (x->holder > y->holder) - (x->holder < y->holder);
}

static void check_endpoint(struct check *c, uint32_t i, struct user *users, uint32_t *n) {
    struct endpoint *e = pool_endp(c->pool, i);
    uint64_t w = a64_load_relaxed(&e->word), pipe = a64_load_relaxed(&e->pipe);
    uint32_t state = word_state(w), holder = word_holder(w);
    if (w && !brine__endp_there(c->pool, i))
        brine__problem(c, ENDP_PLACE(c, i, word), "found %llx in memory that is not committed", (unsigned long long)w);
    if (state > ENDP_CLOSING)
        brine__problem(c, ENDP_PLACE(c, i, word), "found state %u, expected 0 to %u", state, ENDP_CLOSING);
    if (state == ENDP_FREE) {
        if (holder) brine__problem(c, ENDP_PLACE(c, i, word), "found holder %u, expected none: it is free", holder);
        return;
    }
    if (!brine__check_used(c, holder)) {
        brine__problem(c, ENDP_PLACE(c, i, word), "found holder %u, who is gone; expected a participant: reap", holder);
        return;
    }
    if (!c->running[holder]) return;
    if (!pipe_there(c, pipe))
        brine__problem(c, ENDP_PLACE(c, i, pipe), "found name %u.%u, expected a pipe that is there", link_record(pipe),
                       link_gen(pipe));
    if (a32_load_relaxed(&e->roles) & ~(uint32_t)(ENDP_READS | ENDP_WRITES))
        brine__problem(c, ENDP_PLACE(c, i, roles), "found %x, expected at most %x", a32_load_relaxed(&e->roles),
                       ENDP_READS | ENDP_WRITES);
    if (state == ENDP_SERVER && !a32_load_relaxed(&e->servers))
        brine__problem(c, ENDP_PLACE(c, i, servers), "found 0, expected more: it is a server's");
    users[(*n)++] = (struct user){pipe, holder, i};
}

static void check_endpoints(struct check *c) {
    uint32_t high = brine__endp_high(c->pool), n = 0;
    struct user *users = malloc((high + 1) * sizeof *users);
    if (!users) c->status = brine__fail(BRINE_ENOMEM, "no memory to check %u endpoints", high);
    for (uint32_t i = 0; users && i < high; i++) check_endpoint(c, i, users, &n);
    if (users) qsort(users, n, sizeof *users, by_user);
    for (uint32_t i = 1; i < n; i++)
        if (by_user(&users[i - 1], &users[i]) == 0)
            brine__problem(c, ENDP_PLACE(c, users[i].endpoint, pipe),
                           "found the same as in endpoint %u, expected one of each pipe and participant",
                           users[i - 1].endpoint);
    free(users);
}

void brine__check_tables(struct check *c) {
    check_header(c);
    check_hints(c);
    check_commit(c);
    check_participants(c);
    check_endpoints(c);
}

/* ---- all of it ---- */

static bool make_room(struct check *c) {
    c->records = (uint32_t)pool_record_high(c->pool);
    c->pages = data_page_high(c->pool);
    c->tokens = calloc(c->records + 1, sizeof *c->tokens);
    c->marks = calloc(c->records + 1, sizeof *c->marks);
    c->roots = calloc(c->records + 1, sizeof *c->roots);
    c->blocks = calloc(c->pages + 1, sizeof *c->blocks);
    return c->tokens && c->marks && c->roots && c->blocks;
}

static int check_all(struct check *c) {
    if (!make_room(c))
        return brine__fail(BRINE_ENOMEM, "no memory to check %u records and %u pages", c->records, c->pages);
    brine__check_tables(c);
    brine__check_records(c);
    brine__check_names(c);
    brine__check_shares(c);
    brine__check_pages(c);
    brine__check_values(c);
    return c->status ? c->status : c->problems;
}

int brine_pool_check(brine_pool *pool, void (*report)(const char *, void *), void *context) {
    struct snapshot snapshot;
    int rc = brine__observe_enter(pool);
    if (!rc) rc = brine__snapshot_take(pool, &snapshot);
    if (rc) return rc;
    struct check *c = calloc(1, sizeof *c);
    if (c) {
        *c = (struct check){
            .pool = &snapshot.pool, .real = pool, .snapshot = &snapshot, .report = report, .context = context};
        c->walk = (struct walk){.memory = pool, .copy = true, .sparing = true, .fd = snapshot.fd};
        rc = check_all(c);
        free(c->tokens);
        free(c->marks);
        free(c->roots);
        free(c->blocks);
        free(c);
    } else
        rc = brine__fail(BRINE_ENOMEM, "no memory to check the pool");
    brine__snapshot_drop(&snapshot);
    return rc;
}
