/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=120 serial */
/*
 * A test that cannot fail proves nothing: the kill matrix must notice when the order of stores is wrong. Here it is
 * made wrong by hand: in images of the pool one store is held back until after another one that has to come
 * later, as if the operation had been written so. Each of those named below must be found. Then every two
 * neighbouring stores of some operations are exchanged; many of those do no harm, so they are only counted.
 */
#include "examine.h"
#include "matrix.h"

/* A store: in which table, at which offset of its entry; the state in the ownership word after it, or ANY. */
struct store {
    const char *table;
    uint64_t field;
    uint32_t state, skip; /* so many such stores before it */
};
#define ANY 64
#define WORD_OF(table, state)                                                                                          \
    { table, 0, state, 0 }

struct mutant {
    const char *scene, *what;
    struct store late;  /* is held back */
    struct store after; /* until after this one: the image is as a kill right then leaves it */
};

static const struct mutant mutants[] = {
    {"enqueue", "in the slot before it is SENDING", WORD_OF("record", REC_SENDING), {"page", ANY, ANY, 0}},
    {"enqueue",
     "in the slot before its position is noted",
     {"record", offsetof(struct record, pos), ANY, 1},
     {"page", ANY, ANY, 0}},
    {"dequeue",
     "head moves before it is ARRIVED",
     WORD_OF("record", REC_ARRIVED),
     {"pipe", offsetof(struct pipe_control, head), ANY, 0}},
    {"dequeue", "HELD before it is taken from its slot", {"page", ANY, ANY, 0}, WORD_OF("record", REC_HELD)},
    {"enqueue many",
     "in the slot before the last one is SENDING",
     {"record", 0, REC_SENDING, 2},
     {"page", ANY, ANY, 2}},
    {"enqueue many",
     "in the slot before the last one's position is noted",
     {"record", offsetof(struct record, pos), ANY, 2},
     {"page", ANY, ANY, 2}},
    {"dequeue many",
     "head moves before the last one is ARRIVED",
     {"record", 0, REC_ARRIVED, 2},
     {"pipe", offsetof(struct pipe_control, head), ANY, 0}},
    {"dequeue many",
     "HELD before the last one is taken from its slot",
     {"page", ANY, ANY, 2},
     {"record", 0, REC_HELD, 2}},
    {"dequeue leased",
     "LEASED before its origin is noted",
     {"record", offsetof(struct record, parent), ANY, 0},
     WORD_OF("record", REC_LEASED)},
    {"forward", "in the slot before it is FORWARDING", WORD_OF("record", REC_FORWARDING), {"page", ANY, ANY, 0}},
    {"share",
     "SHARED before there is a count",
     {"record", offsetof(struct record, rc_count), ANY, 0},
     WORD_OF("record", REC_SHARED)},
    {"share",
     "SHARED before its token names it",
     {"record", offsetof(struct record, target), ANY, 0},
     WORD_OF("record", REC_SHARED)},
    {"clone, common",
     "the token names the packet before it is pending",
     WORD_OF("record", REC_PINC),
     {"record", offsetof(struct record, target), ANY, 0}},
    {"release, common",
     "counted down before the token is pending",
     WORD_OF("record", REC_PDEC),
     {"record", offsetof(struct record, rc_count), ANY, 0}},
    {"own, the only one",
     "the packet's own again before its token is pending",
     WORD_OF("record", REC_PDEC),
     {"record", offsetof(struct record, rc_count), ANY, 0}},
    {"publish", "the name is LIVE before the token is PUBLISHING", WORD_OF("record", REC_PUBLISHING),
     WORD_OF("name", DIR_LIVE)},
    {"publish",
     "the name is LIVE before it names the token",
     {"name", offsetof(struct dir_entry, target), ANY, 0},
     WORD_OF("name", DIR_LIVE)},
    {"publish, replacing",
     "the name has the token before that is PUBLISHING",
     WORD_OF("record", REC_PUBLISHING),
     {"name", offsetof(struct dir_entry, target), ANY, 0}},
    {"serve", "the name is LIVE before its ring is ANCHORING", WORD_OF("record", REC_ANCHORING),
     WORD_OF("name", DIR_LIVE)},
    {"serve",
     "the name is LIVE before its ring has slots",
     {"record", offsetof(struct record, root) + 8, ANY, 0},
     WORD_OF("name", DIR_LIVE)},
    {"remove", "the name is free before its ring is", {"record", 0, REC_HELD, 2}, WORD_OF("name", DIR_FREE)},
    {"build and send",
     "sent before its first block is tagged",
     {"tags", ANY, ANY, 0},
     {"pipe", offsetof(struct pipe_control, tail), ANY, 0}},
    {"alloc, block", "a commit bit before there is memory", {"fallocate", 0, ANY, 0}, {"commit bits", ANY, ANY, 0}},
    {"trim", "no memory before the commit bit goes", {"commit bits", ANY, ANY, 0}, {"punch", 0, ANY, 0}},
    {"detach", "the participant is gone before its packets are", WORD_OF("record", REC_FREE),
     WORD_OF("participant", PROC_FREE)},
    {"detach", "the participant is gone before its endpoints are", WORD_OF("endpoint", ENDP_FREE),
     WORD_OF("participant", PROC_FREE)},
};
enum { MUTANTS = sizeof mutants / sizeof *mutants };

static struct film film;
static struct image truth, image; /* as it was; with a store held back */
static const struct scene *now;

/* ---- recording, as in the kill matrix ---- */

static void record(void *argument) {
    (void)argument;
    if (now->ready) now->ready();
    film_read(&film, pool_file(pool_text));
    film_take(&film, now->flags & FRESH ? NULL : pool->base, now->act, false);
    raise(SIGKILL);
}

static const struct scene *scene_of(const char *name) {
    for (size_t i = 0; i < SCENES; i++)
        if (strcmp(scenes[i].name, name) == 0) return &scenes[i];
    check_failed(__FILE__, __LINE__, "there is no scene \"%s\"", name);
}

static void record_scene(const struct scene *scene) {
    now = scene;
    make_world();
    if (now->before) now->before();
    CHECK_KILLED(check_fork(record, NULL), SIGKILL);
    drop_world(now);
}

/* ---- one word of one event ---- */

struct change {
    uint64_t event, offset; /* of the word; of a call: 0 */
};

static bool changes_word(const struct event *e, uint64_t w) {
    return e->kind == WROTE && memcmp(truth.content + e->offset + w * 8, e->line + w * 8, 8) != 0;
}

/* truth: before the event. */
static bool is_store(const struct store *s, const struct event *e, uint64_t w) {
    uint64_t index, field, value;
    if (e->kind == BACKED) return strcmp(s->table, "fallocate") == 0;
    if (e->kind == PUNCHED) return strcmp(s->table, "punch") == 0;
    if (!changes_word(e, w)) return false;
    const char *table = table_at(&truth.layout, e->offset + w * 8, &index, &field);
    memcpy(&value, e->line + w * 8, 8);
    return strcmp(table, s->table) == 0 && (s->field == ANY || s->field == field) &&
           (s->state == ANY || s->state == word_state(value));
}

/* The first such store from event `from` on; UINT64_MAX: none. */
static struct change find_store(const struct store *s, uint64_t from) {
    const struct recording *r = film.recording;
    uint32_t skip = s->skip;
    image_load(&truth, film.initial);
    for (uint64_t i = 0; i < r->count; i++) {
        for (uint64_t w = 0; i >= from && w < LINE / 8; w++)
            if (is_store(s, &r->events[i], w) && skip-- == 0)
                return (struct change){i, r->events[i].kind == WROTE ? r->events[i].offset + w * 8 : 0};
        image_apply(&truth, &r->events[i]);
    }
    return (struct change){UINT64_MAX, 0};
}

/* All up to and with event `last`, but for one change and those of the same word that follow. */
static void hold_back(struct change late, uint64_t last) {
    const struct recording *r = film.recording;
    image_load(&truth, film.initial);
    image_load(&image, film.initial);
    for (uint64_t i = 0; i <= last; i++) {
        const struct event *e = &r->events[i];
        if (i == late.event && e->kind != WROTE) continue; /* a call */
        if (e->kind != WROTE) image_apply(&image, e);
        for (uint64_t w = 0; e->kind == WROTE && w < LINE / 8; w++) {
            if (!changes_word(e, w) || (i >= late.event && e->offset + w * 8 == late.offset)) continue;
            memcpy(image.content + e->offset + w * 8, e->line + w * 8, 8);
            image.touched[e->offset / TRAP_PAGE] = 1;
        }
        image_apply(&truth, e);
    }
}

static void look(void *argument) {
    (void)argument;
    if (!freopen("/dev/null", "w", stderr)) _exit(2);
    alarm(5); /* a broken image may hang whoever looks at it */
    check_bits_backed(&image);
    examine(now, &image, &image, false);
}
static bool is_found(void) {
    int status = check_wait(check_fork(look, NULL));
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* ---- the mutants ---- */

static bool found(const struct mutant *m) {
    record_scene(scene_of(m->scene));
    struct change late = find_store(&m->late, 0);
    CHECK_MSG(late.event != UINT64_MAX, "%s: there is no such store to hold back: %s", m->scene, m->what);
    struct change after = find_store(&m->after, late.event + 1);
    CHECK_MSG(after.event != UINT64_MAX, "%s: there is no such store after it: %s", m->scene, m->what);
    hold_back((struct change){UINT64_MAX, 0}, after.event);
    CHECK_MSG(!is_found(), "%s: the right order is taken for a wrong one", m->scene);
    hold_back(late, after.event);
    bool yes = is_found();
    printf("%-20s %-60s %s\n", m->scene, m->what, yes ? "found" : "NOT FOUND");
    return yes;
}

/* Every word that is changed, held back until after the next change. */
static void exchange_all(const char *name, unsigned *tried, unsigned *caught) {
    const struct recording *r = film.recording;
    record_scene(scene_of(name));
    for (uint64_t i = 0; i + 1 < r->count; i++) {
        image_load(&truth, film.initial);
        for (uint64_t k = 0; k < i; k++) image_apply(&truth, &r->events[k]);
        for (uint64_t w = 0; w < LINE / 8; w++) {
            const struct event *e = &r->events[i];
            if (e->kind == NAMED || e->kind == CALLED) break;
            struct change late = {i, e->kind == WROTE ? e->offset + w * 8 : 0};
            if (e->kind == WROTE && !changes_word(e, w)) continue;
            hold_back(late, i + 1);
            *tried += 1;
            *caught += is_found();
            if (e->kind != WROTE) break;
            image_load(&truth, film.initial);
            for (uint64_t k = 0; k < i; k++) image_apply(&truth, &r->events[k]);
        }
    }
}

int main(int argc, char **argv) {
    static const char *const exchanged[] = {"enqueue", "dequeue", "share", "release", "publish",
                                            "serve",   "forward", "trim",  "detach"};
    unsigned missed = 0, tried = 0, caught = 0;
    (void)argc;
    if (!TRAP_HERE) SKIP("single-stepping is by the trap flag of x86-64");
    trap_start_again(argv);
    snprintf(copy_name, sizeof copy_name, "copy");
    film = film_new(POOL_BYTES);
    truth = image_new(&film.layout);
    image = image_new(&film.layout);
    board = shared_memory(sizeof *board);
    damage = shared_memory(sizeof *damage);
    for (size_t i = 0; i < MUTANTS; i++) missed += !found(&mutants[i]);
    for (size_t i = 0; i < sizeof exchanged / sizeof *exchanged; i++) exchange_all(exchanged[i], &tried, &caught);
    brine_pool_unlink(copy_name); /* of a look that failed */
    printf("kill mutants: %d of %d wrong orders found; of %u exchanges of neighbouring stores %u are noticed\n",
           MUTANTS - (int)missed, MUTANTS, tried, caught);
    CHECK_EQ_INT(missed, 0);
    CHECK(caught >= 15);
    return 0;
}
