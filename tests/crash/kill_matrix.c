/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=240 serial */
/*
 * Killed at every instruction: each operation is done once, step by step, and its effect on the pool recorded.
 * Then the pool is looked at as a kill after each of its instructions would have left it (see record.h for
 * why the images between changes are all that there are). The one who looks reaps; that reaping is recorded in its
 * turn, and looked at as a kill after each of its instructions would have left it: two deaths.
 *
 * BRINE_STEP_DEEP=1    every second death, too; else so many as there is time for
 * BRINE_STEP_ONLY=NAME one scene                BRINE_STEP_TRACE=1 prints what each image changed
 */
#include "examine.h"
#include "matrix.h"

#define SECOND_DEATHS 4 /* of each scene, about, when not deep */

/* Counted by all jobs. */
struct sums {
    a64 next, scenes, instructions, images, second_images, reaps;
};
static struct sums *sums;

/* Where a job is, so that a failure can say it. */
struct where {
    const char *scene;
    uint64_t step, second;
    bool returned;
    char change[400];
};
static struct where *where;

static bool deep, trace;
static struct film first, second;
static struct image image, image_twice;
static check_rng rng;
static uint64_t last_reaping; /* hash of what it did */

/* ---- recording ---- */

static const struct scene *now;

static void act_first(void) {
    now->act();
    a32_store_release(&board->returned, 1);
}
static void record_first(void *argument) {
    (void)argument;
    die_with_parent();
    if (now->ready) now->ready();
    bool fresh = now->flags & FRESH;
    char created[40];
    snprintf(created, sizeof created, "new%s", pool_text);
    film_read(&first, pool_file(now->flags & CREATES ? created : pool_text));
    film_calling = fall_asleep;
    film_awake = wake_up;
    film_take(&first, fresh ? NULL : pool->base, act_first, false);
    raise(SIGKILL);
}

static brine_pool *survivor;
static void attach_copy(void) {
    if (brine_pool_attach(copy_name, NULL, brine_now(), &survivor)) _exit(3);
}
static void record_second(void *argument) {
    (void)argument;
    film_read(&second, pool_file(copy_name));
    film_take(&second, NULL, attach_copy, true);
    raise(SIGKILL);
}

/* ---- looking ---- */

/* What the second recording changes, but for times, process numbers and the marks of orphaned pages. */
static uint64_t reaping_hash(void) {
    const struct recording *r = second.recording;
    uint64_t hash = r->count, index, field;
    image_copy(&image_twice, &image);
    for (uint64_t i = 0; i < r->count; i++) {
        const struct event *e = &r->events[i];
        for (uint64_t w = 0; e->kind == WROTE && w < LINE / 8; w++) {
            uint64_t was, is;
            memcpy(&was, image_twice.content + e->offset + w * 8, 8);
            memcpy(&is, e->line + w * 8, 8);
            if (was == is) continue;
            const char *table = table_at(&image.layout, e->offset + w * 8, &index, &field);
            if (strcmp(table, "participant") == 0 && field != 0) continue;
            if (strcmp(table, "recmap") == 0 || strcmp(table, "pagemap") == 0) is = (uint32_t)is;
            hash = (hash ^ (e->offset + w * 8)) * 0x9e3779b97f4a7c15u;
            hash = (hash ^ (hash >> 29) ^ is) * 0xbf58476d1ce4e5b9u;
        }
        image_apply(&image_twice, e);
    }
    return hash;
}

/* What is in it is reaped by one who is killed at each of its changes; then by one who is not. A reaping that does the
 * same as that of the image before (only the inside of a packet that nobody else has is another one) is looked at
 * when it is over. */
static void look_twice(bool returned) {
    image_write(&image, pool_file(copy_name));
    CHECK_KILLED(check_fork(record_second, NULL), SIGKILL);
    uint64_t hash = reaping_hash();
    bool same = hash == last_reaping;
    last_reaping = hash;
    image_copy(&image_twice, &image);
    a64_add_relaxed(&sums->reaps, 1);
    const struct recording *r = second.recording;
    for (uint64_t i = 0; i < r->count; i++) {
        image_apply(&image_twice, &r->events[i]);
        if (i + 1 < r->count && (same || r->events[i + 1].step == r->events[i].step)) continue;
        where->second = i + 1;
        examine(now, &image_twice, &image, returned);
        a64_add_relaxed(&sums->second_images, 1);
    }
    where->second = 0;
}

/* What a process that died was in the middle of is not wrong, before anybody reaped. */
static void check_unreaped(void) {
    if (!image.named || (now->flags & REAP_FIRST)) return;
    image_write(&image, pool_file(copy_name));
    brine_pool *copy = attach_readonly(copy_name);
    check_whole(copy);
    drop_pool(copy);
}

static void look(const struct event *e, bool returned, bool twice) {
    where->step = e ? e->step : 0;
    where->returned = returned;
    check_bits_backed(&image);
    check_unreaped();
    examine(now, &image, &image, returned);
    a64_add_relaxed(&sums->images, 1);
    if (twice && image.named) look_twice(returned);
}

/* Every image that a kill in the operation can leave. chance: of a second death, in 1/1024. */
static void play(uint64_t chance) {
    const struct recording *r = first.recording;
    bool pending = true;
    look(NULL, false, check_below(&rng, 1024) < chance);
    for (uint64_t i = 0; i < r->count; i++) {
        const struct event *e = &r->events[i];
        describe(&image, e, where->change, sizeof where->change);
        if (trace) printf("  %6" PRIu64 " %s\n", e->step, where->change);
        pending |= image_apply(&image, e);
        if (!pending || (i + 1 < r->count && r->events[i + 1].step == e->step)) continue;
        look(e, false, check_below(&rng, 1024) < chance);
        pending = false;
    }
    look(r->count ? &r->events[r->count - 1] : NULL, true, true); /* after it returned */
    where->second = 0;
}

/* ---- scenes ---- */

static uint64_t images_of(const struct recording *r) {
    uint64_t n = 2;
    for (uint64_t i = 0; i < r->count; i++)
        n += r->events[i].kind != CALLED && (i + 1 == r->count || r->events[i + 1].step != r->events[i].step);
    return n;
}

static void run_scene(const struct scene *scene) {
    double begin = seconds_now();
    last_reaping = 0;
    now = scene;
    where->scene = scene->name;
    make_world();
    if (scene->before) scene->before();
    CHECK_KILLED(check_fork(record_first, NULL), SIGKILL);
    CHECK(a32_load_acquire(&board->returned) == 1);
    CHECK_MSG(board->rc == 0 || board->rc == BRINE_ETIMEDOUT, "it gave %s", brine_status_name(board->rc));
    image_load(&image, first.initial);
    uint64_t n = images_of(first.recording), reaps = a64_load_relaxed(&sums->reaps);
    play(deep ? 1024 : SECOND_DEATHS * 1024 / n + 1);
    drop_world(now);
    a64_add_relaxed(&sums->scenes, 1);
    a64_add_relaxed(&sums->instructions, first.recording->steps);
    printf("%-24s %6" PRIu64 " instructions, %4" PRIu64 " system calls, %5" PRIu64 " images, %4" PRIu64
           " second deaths, %.1f s\n",
           scene->name, first.recording->steps, first.recording->calls, n, a64_load_relaxed(&sums->reaps) - reaps,
           seconds_now() - begin);
    fflush(stdout);
}

/* Takes one scene after the other, until there are none left. */
static void job(void *number) {
    uint32_t n = *(uint32_t *)number;
    uint64_t i;
    die_with_parent();
    where += n;
    snprintf(copy_name, sizeof copy_name, "copy%u", n);
    rng = (check_rng){n + 1};
    first = film_new(POOL_BYTES);
    second = film_new(POOL_BYTES);
    image = image_new(&first.layout);
    image_twice = image_new(&first.layout);
    board = shared_memory(sizeof *board);
    while ((i = a64_add_relaxed(&sums->next, 1)) < SCENES)
        if (wanted(&scenes[i])) run_scene(&scenes[i]);
}

static void report(uint32_t job_number) {
    const struct where *w = &where[job_number];
    if (!w->scene) return;
    fprintf(stderr, "in the scene \"%s\", killed after instruction %" PRIu64 " (%s)%s", w->scene, w->step, w->change,
            w->returned ? ", when it had returned" : "");
    if (w->second) fprintf(stderr, ", the next who reaped after change %" PRIu64, w->second);
    fputc('\n', stderr);
}

int main(int argc, char **argv) {
    double begin = seconds_now();
    (void)argc;
    if (!TRAP_HERE) SKIP("single-stepping is by the trap flag of x86-64");
    trap_start_again(argv);
    deep = asked("BRINE_STEP_DEEP");
    trace = asked("BRINE_STEP_TRACE");
    sums = shared_memory(sizeof *sums);
    where = shared_memory(sizeof *where * JOBS_MAX);
    uint32_t failures = run_jobs(job, report);
    printf("kill matrix: %" PRIu64 " operations, %" PRIu64 " instructions, %" PRIu64 " images, %" PRIu64
           " second deaths, %" PRIu64 " images in all",
           a64_load_relaxed(&sums->scenes), a64_load_relaxed(&sums->instructions), a64_load_relaxed(&sums->images),
           a64_load_relaxed(&sums->reaps), a64_load_relaxed(&sums->images) + a64_load_relaxed(&sums->second_images));
    print_damages(failures, seconds_now() - begin);
    return failures != 0;
}
