/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation does to a pool, instruction by instruction: recorded once, in the process that does it, and
 * played back as images of the pool as a kill would leave it after each of them.
 *
 * An image is what the file holds: its content, in lines of 64 bytes, and which units have memory. A kill between
 * two instructions of which the second neither changed the pool nor called the system leaves the same as a kill
 * before the first, so the images between changes are all that there are.
 */
#ifndef TESTS_CRASH_RECORD_H
#define TESTS_CRASH_RECORD_H

#include <linux/falloc.h>

#include "region/layout_of.h"
#include "trap.h"

#define LINE 64
#define EVENTS_MAX (1u << 18)

enum event_kind { WROTE, BACKED, PUNCHED, NAMED, CALLED };
struct event {
    uint64_t step;
    uint32_t kind, number; /* CALLED: of the system call */
    uint64_t offset, bytes;
    uint64_t code;      /* address of the instruction: 0 for a call */
    uint8_t line[LINE]; /* WROTE: what stands there since */
};

struct recording {
    uint64_t steps, count, calls;
    struct event events[EVENTS_MAX];
};

/* Shared memory: written by the process that records, read by the one that plays back. */
struct film {
    struct layout layout;
    struct recording *recording;
    char *initial; /* the file when the recording began */
    char *shadow;  /* the file as the recorder saw it last */
};

static struct film *filming;              /* by this process */
static void (*film_calling)(long number); /* before a call */
static void (*film_awake)(void);          /* after one: waits until no other process changes the pool */

static struct film film_new(uint64_t max_bytes) {
    struct film film = {.layout = brine__layout_of(max_bytes), .recording = shared_memory(sizeof *film.recording)};
    film.initial = shared_memory(film.layout.file_bytes);
    film.shadow = shared_memory(film.layout.file_bytes);
    return film;
}

static void film_add(struct event event) {
    struct recording *r = filming->recording;
    if (r->count == EVENTS_MAX) check_failed(__FILE__, __LINE__, "more than %u events", EVENTS_MAX);
    event.step = trap.steps;
    r->events[r->count++] = event;
}

static void film_range(uint64_t offset, uint64_t bytes) {
    if (memcmp(trap.base + offset, filming->shadow + offset, bytes) == 0) return;
    for (uint64_t at = offset; at < offset + bytes; at += LINE) {
        if (memcmp(trap.base + at, filming->shadow + at, LINE) == 0) continue;
        struct event event = {.kind = WROTE, .offset = at, .bytes = LINE};
        memcpy(event.line, trap.base + at, LINE);
        memcpy(filming->shadow + at, event.line, LINE);
        film_add(event);
    }
}

static void film_page(uint64_t offset) { film_range(offset, TRAP_PAGE); }

static bool film_bit(const char *content, const struct layout *l, uint64_t unit) {
    return ((const uint64_t *)(const void *)(content + l->commit))[unit / 64] >> (unit % 64) & 1;
}

/* What others did while this process slept, and what the kernel wrote. */
static void film_everything(void) {
    const struct layout *l = &filming->layout;
    film_range(0, UNIT_BYTES);
    film_range(l->commit, UNIT_BYTES);
    for (uint64_t u = 0; u < l->file_bytes >> UNIT_SHIFT; u++)
        if (film_bit(trap.base, l, u)) film_range(u << UNIT_SHIFT, UNIT_BYTES);
}

static void film_call(long number, const long *arguments, long result) {
    uint64_t offset = (uint64_t)arguments[2], bytes = (uint64_t)arguments[3];
    filming->recording->calls++;
    if (film_awake) film_awake();
    if (trap.base && (number == SYS_getrandom || number == SYS_futex || number == TRAP_FUTEX_WAITV)) film_everything();
    if (result < 0 && result > -4096) return;
    if (number == SYS_fallocate)
        film_add((struct event){
            .kind = arguments[1] & FALLOC_FL_PUNCH_HOLE ? PUNCHED : BACKED, .offset = offset, .bytes = bytes});
    else if (number == SYS_linkat)
        film_add((struct event){.kind = NAMED});
    else
        film_add((struct event){.kind = CALLED, .number = (uint32_t)number});
}

/* Reads what the file holds; it may not exist. */
static void film_read(struct film *film, const char *path) {
    const struct layout *l = &film->layout;
    CHECK_SYS(madvise(film->initial, l->file_bytes, MADV_REMOVE)); /* zero again */
    CHECK_SYS(madvise(film->shadow, l->file_bytes, MADV_REMOVE));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    for (off_t at = 0, end; (at = lseek(fd, at, SEEK_DATA)) >= 0; at = end) {
        end = lseek(fd, at, SEEK_HOLE);
        CHECK_EQ_INT(pread(fd, film->initial + at, (size_t)(end - at), at), end - at);
        memcpy(film->shadow + at, film->initial + at, (size_t)(end - at));
    }
    close(fd);
}

/* Records act() in this process. base: where the pool is mapped, or NULL. */
static void film_take(struct film *film, char *base, void (*act)(void), bool sparse) {
    filming = film;
    trap = (struct trap){.bytes = film->layout.file_bytes,
                         .protection = PROT_READ,
                         .sparse = sparse,
                         .page_written = film_page,
                         .calling = film_calling,
                         .called = film_call};
    film->recording->count = film->recording->calls = 0;
    trap_run(base, act);
    film->recording->steps = trap.steps;
}

/* ---- images ---- */

struct image {
    struct layout layout;
    char *content;    /* private */
    uint8_t *touched; /* one per page of 4 KiB: there may be something in it */
    uint8_t *backed;  /* one per unit: there is memory */
    bool named;
};

static struct image image_new(const struct layout *l) {
    struct image image = {.layout = *l,
                          .touched = calloc(l->file_bytes / TRAP_PAGE, 1),
                          .backed = calloc(l->file_bytes >> UNIT_SHIFT, 1)};
    image.content =
        mmap(NULL, l->file_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(image.content != MAP_FAILED && image.touched && image.backed);
    return image;
}

static void image_clear(struct image *image) {
    CHECK_SYS(madvise(image->content, image->layout.file_bytes, MADV_DONTNEED));
    memset(image->touched, 0, image->layout.file_bytes / TRAP_PAGE);
    memset(image->backed, 0, image->layout.file_bytes >> UNIT_SHIFT);
    image->named = false;
}

/* The content of a file. */
static void image_load(struct image *image, const char *content) {
    static const char zero[TRAP_PAGE];
    const struct layout *l = &image->layout;
    image_clear(image);
    if (memcmp(content, zero, TRAP_PAGE) == 0) return; /* there is none */
    image->named = true;
    for (uint64_t u = 0; u < l->file_bytes >> UNIT_SHIFT; u++) {
        if (!film_bit(content, l, u)) continue;
        image->backed[u] = 1;
        for (uint64_t at = u << UNIT_SHIFT; at < (u + 1) << UNIT_SHIFT; at += TRAP_PAGE) {
            if (memcmp(content + at, zero, TRAP_PAGE) == 0) continue;
            memcpy(image->content + at, content + at, TRAP_PAGE);
            image->touched[at / TRAP_PAGE] = 1;
        }
    }
}

__attribute__((unused)) static void image_copy(struct image *to, const struct image *from) {
    image_clear(to);
    for (uint64_t p = 0; p < from->layout.file_bytes / TRAP_PAGE; p++)
        if (from->touched[p]) memcpy(to->content + p * TRAP_PAGE, from->content + p * TRAP_PAGE, TRAP_PAGE);
    memcpy(to->touched, from->touched, from->layout.file_bytes / TRAP_PAGE);
    memcpy(to->backed, from->backed, from->layout.file_bytes >> UNIT_SHIFT);
    to->named = from->named;
}

/* True if it made another image. */
static bool image_apply(struct image *image, const struct event *e) {
    uint64_t first = e->offset >> UNIT_SHIFT, units = e->bytes >> UNIT_SHIFT;
    switch (e->kind) {
    case WROTE:
        memcpy(image->content + e->offset, e->line, LINE);
        image->touched[e->offset / TRAP_PAGE] = 1;
        return true;
    case BACKED: memset(image->backed + first, 1, units); return true;
    case PUNCHED:
        memset(image->backed + first, 0, units);
        memset(image->touched + e->offset / TRAP_PAGE, 0, e->bytes / TRAP_PAGE);
        memset(image->content + e->offset, 0, e->bytes);
        return true;
    case NAMED: image->named = true; return true;
    default: return false;
    }
}

/* Writes the image as a file. */
static void image_write(const struct image *image, const char *path) {
    uint64_t pages = image->layout.file_bytes / TRAP_PAGE;
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    CHECK_SYS(fd);
    CHECK_SYS(ftruncate(fd, (off_t)image->layout.file_bytes));
    for (uint64_t p = 0, end; p < pages; p = end + 1) {
        for (end = p; end < pages && image->touched[end]; end++) {
        }
        size_t bytes = (end - p) * TRAP_PAGE;
        if (bytes) CHECK_EQ_INT(pwrite(fd, image->content + p * TRAP_PAGE, bytes, (off_t)(p * TRAP_PAGE)), bytes);
    }
    close(fd);
}

/* ---- what an event is about, for people ---- */

static const char *table_at(const struct layout *l, uint64_t offset, uint64_t *index, uint64_t *field) {
    const struct {
        const char *name;
        uint64_t start, size;
    } tables[] = {{"page", l->pages, UNIT_BYTES},
                  {"record", l->records, RECORD_BYTES},
                  {"tags", l->tags, 8},
                  {"pagemap", l->pagemap, 8},
                  {"recmap", l->recmap, 8},
                  {"endpoint", l->endp, sizeof(struct endpoint)},
                  {"pipe", l->pipe, sizeof(struct pipe_control)},
                  {"name", l->dir, sizeof(struct dir_entry)},
                  {"participant", l->proc, sizeof(struct proc)},
                  {"commit bits", l->commit, 8},
                  {"header", 0, UNIT_BYTES}};
    size_t i = 0;
    while (offset < tables[i].start) i++;
    *index = (offset - tables[i].start) / tables[i].size;
    *field = (offset - tables[i].start) % tables[i].size;
    return tables[i].name;
}

__attribute__((unused)) static void describe(const struct image *before, const struct event *e, char *text,
                                             size_t size) {
    uint64_t index, field;
    if (e->kind == BACKED)
        snprintf(text, size, "fallocate at %#" PRIx64, e->offset);
    else if (e->kind == PUNCHED)
        snprintf(text, size, "punch at %#" PRIx64, e->offset);
    else if (e->kind == NAMED)
        snprintf(text, size, "linkat");
    else if (e->kind == CALLED)
        snprintf(text, size, "system call %u", e->number);
    if (e->kind != WROTE) return;
    int n = 0;
    for (uint64_t w = 0; w < LINE / 8; w++) {
        uint64_t was, is;
        memcpy(&was, before->content + e->offset + w * 8, 8);
        memcpy(&is, e->line + w * 8, 8);
        if (was == is) continue;
        const char *table = table_at(&before->layout, e->offset + w * 8, &index, &field);
        n += snprintf(text + n, size - (size_t)n, "%s%s %" PRIu64 " + %" PRIu64 ": %#" PRIx64 " -> %#" PRIx64,
                      n ? ", " : "", table, index, field, was, is);
        if ((size_t)n >= size) return;
    }
}

#endif
