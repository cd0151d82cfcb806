/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=300 */
/* Copies of a pool with words changed at random: whoever looks at them (read-only), attaches and reaps,
 * checks or peeks gets an answer, never a crash and never a hang. BRINE_COPIES sets how many copies. */
#include "rich_pool.h"

#define SECONDS 20 /* for all that one copy is put through */

static struct image image;

static uint64_t random_word(check_rng *rng, uint64_t before) {
    static const uint64_t words[] = {0,          1,        UINT64_MAX, INT64_MAX, 1ull << 63,
                                     0xffffffff, 1u << 26, 0x3ffffff,  512,       65536};
    switch (check_below(rng, 8)) {
    case 0: return check_random(rng);
    case 1: return words[check_below(rng, sizeof words / sizeof *words)];
    case 2: return before ^ (uint64_t)1 << check_below(rng, 64);
    case 3: return before + check_below(rng, 5) - 2;
    case 4: return check_below(rng, image.file_bytes);                                     /* an offset */
    case 5: return WORD(check_below(rng, 4), check_below(rng, 26), check_below(rng, 600)); /* an ownership word */
    case 6: return LINK(check_below(rng, 4), check_below(rng, 600));
    default: return (before & ~(uint64_t)0xfc000000) | check_below(rng, 26) << 26; /* the same in another state */
    }
}

/* Start and end of a part of the file that has data. */
static uint64_t random_place(check_rng *rng) {
    const struct layout *l = &image.layout;
    const uint64_t parts[][2] = {{384, 512},         {l->commit, 256},    {l->proc, 1024},      {l->dir, 2048},
                                 {l->pipe, 4096},    {l->endp, 1024},     {l->recmap, 128},     {l->pagemap, 512},
                                 {l->tags, 32768},   {l->records, 65536}, {l->records, 131072}, {l->pages, 2000000},
                                 {l->records, 65536}};
    size_t i = check_below(rng, sizeof parts / sizeof *parts);
    return (parts[i][0] + check_below(rng, i ? parts[i][1] : 128)) & ~(uint64_t)7;
}

static void damage(struct image *copy, check_rng *rng) {
    uint64_t changes = check_below(rng, 3) ? 1 + check_below(rng, 8) : 1 + check_below(rng, 200);
    for (uint64_t i = 0; i < changes; i++) {
        uint64_t *word = image_at(copy, random_place(rng));
        if (word) *word = random_word(rng, *word);
    }
    if (check_below(rng, 30) == 0) { /* now and then the part that the checksum covers */
        uint8_t *byte = (uint8_t *)copy->data + check_below(rng, 240);
        *byte ^= (uint8_t)(1 + check_below(rng, 255));
    }
}

static void look(void *argument) {
    const char *name = argument;
    brine_pool *pool;
    brine_pool_options readonly = {.flags = BRINE_POOL_READONLY};
    alarm(SECONDS);
    if (brine_pool_attach(name, &readonly, brine_now(), &pool)) return;
    look_at_all(pool);
    brine_pool_detach(pool);
}

/* Joins, which reaps the dead of the pool, makes something, and leaves. */
static void join(void *argument) {
    brine_pool *pool;
    alarm(SECONDS);
    if (brine_pool_attach(argument, NULL, brine_now(), &pool)) return;
    (void)brine_pool_reap(pool, NULL);
    look_at_all(pool);
    brine_pool_detach(pool);
}

static void survives(const char *what, void (*body)(void *), uint64_t seed) {
    int status = check_wait(check_fork(body, (void *)(uintptr_t) "copy"));
    if (WIFSIGNALED(status) || WEXITSTATUS(status)) {
        fprintf(stderr,
                "%s a damaged pool: signal %d, exit status %d; repeat with BRINE_SEED=%" PRIu64 " BRINE_COPIES=1\n",
                what, WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status), seed);
        if (getenv("BRINE_KEEP")) fprintf(stderr, "kept: %s\n", pool_file("copy"));
        exit(1);
    }
}

int main(void) {
    check_rng rng = check_seed(31);
    const char *text = getenv("BRINE_COPIES");
    int copies = text ? atoi(text) : 120;
    make_rich(&image);
    struct image copy = image;
    copy.data = malloc(image.bytes);
    CHECK(copy.data != NULL);
    /* sound: all of this works, so the rest is a test of what it should be */
    write_image(pool_file("copy"), &image);
    survives("looking at", look, 0);
    survives("joining", join, 0);
    brine_pool *pool = attach_pool("copy");
    check_whole(pool);
    brine_pool_detach(pool);
    for (int i = 0; i < copies; i++) {
        uint64_t seed = rng.state;
        memcpy(copy.data, image.data, image.bytes);
        damage(&copy, &rng);
        write_image(pool_file("copy"), &copy);
        survives("looking at", look, seed);
        survives("joining", join, seed);
    }
    CHECK_OK(brine_pool_unlink("copy"));
    free(copy.data);
    free(image.data);
    return 0;
}
