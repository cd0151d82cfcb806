/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: whole pool files. Two snapshots of one rich pool, made by the library itself (participants
 * that died in the middle of everything; the same pool some operations later), are changed as the input
 * says: bits, words, fields of the tables, offsets, torn writes (8 bytes or a page of the other snapshot), a
 * header sealed anew. Then everything that promises to survive any content is called: attaching
 * read-only, check, info, the visitors, peek; joining, which reaps, and what a process that trusts the pool does
 * with packets and pipes of its own; validating what it holds.
 *
 * A shared mapping is out of the sanitizers' sight, so the pool is mapped between wide areas that cannot be
 * touched. Input: a byte of modes, then 12 bytes for each change.
 */
#include <fcntl.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "hostile/guarded.h"
#include "hostile/rich_pool.h"
#include "pipe/ring.h"

static char folder[] = "/dev/shm/brine-fuzz.XXXXXX";
static struct image snapshots[2], copy; /* all with the same extents */
static struct guarded guarded;

static void remove_folder(void) {
    (void)!unlink(pool_file("copy"));
    rmdir(folder);
}

/* The second snapshot: reaped, then used by a process that stays attached while it is taken. */
static void make_later(void) {
    brine_pipe *pipe;
    brine_packet packet;
    write_image(pool_file("copy"), &snapshots[0]);
    brine_pool *pool = attach_pool("copy");
    CHECK_OK(brine_pipe_serve(pool, "first", 0, &pipe));
    for (int i = 0; i < 4; i++) {
        if (brine_dequeue(pipe, &packet, brine_now()) == 0 && i % 2) CHECK_OK(brine_packet_free(packet));
        CHECK_OK(brine_enqueue(pipe, rich_packet(pool, i), brine_now()));
    }
    CHECK_OK(brine_publish(pool, "value", rich_packet(pool, 5)));
    read_image(pool_file("copy"), &snapshots[1]);
    brine_pool_detach(pool);
}

/* The first snapshot with the extents of the second, which has all of its pages. */
static void align(void) {
    struct image first = snapshots[1];
    first.data = calloc(1, first.bytes);
    CHECK(first.data != NULL);
    uint64_t from = 0;
    for (int i = 0; i < snapshots[0].count; from += snapshots[0].extents[i++].bytes)
        for (uint64_t at = 0; at < snapshots[0].extents[i].bytes; at += 4096) {
            void *to = image_at(&first, snapshots[0].extents[i].offset + at);
            CHECK(to != NULL);
            memcpy(to, snapshots[0].data + from + at, 4096);
        }
    free(snapshots[0].data);
    snapshots[0] = first;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    if (!mkdtemp(folder) || setenv("BRINE_DIR", folder, 1)) abort();
    make_rich(&snapshots[0]);
    make_later();
    align();
    atexit(remove_folder);
    copy = snapshots[0];
    copy.data = malloc(copy.bytes);
    CHECK(copy.data != NULL);
    guarded = guarded_room(copy.file_bytes);
    return 0;
}

/* ---- changes ---- */

struct table {
    uint64_t offset, stride, count;
};

/* Entry and field of a table that the bytes name. Low numbers, which are in use, come often. */
static uint64_t place(const uint8_t *d) {
    const struct layout *l = &copy.layout;
    const struct table tables[] = {{384, 8, 11},
                                   {l->commit, 8, 40},
                                   {l->proc, sizeof(struct proc), 5},
                                   {l->dir, sizeof(struct dir_entry), 12},
                                   {l->pipe, 8, 12 * sizeof(struct pipe_control) / 8},
                                   {l->endp, sizeof(struct endpoint), 12},
                                   {l->recmap, 8, 6},
                                   {l->pagemap, 8, 64},
                                   {l->tags, 8, 64 * TAGS_PER_PAGE},
                                   {l->records, RECORD_BYTES, 3 * RECORDS_PER_PAGE},
                                   {l->records, RECORD_BYTES, 3 * RECORDS_PER_PAGE},
                                   {l->records, 8, 3 * UNIT_BYTES / 8},
                                   {l->pages, 8, (uint64_t)4 << 20 >> 3},
                                   {l->pages, 1024, 4096},
                                   {l->pages, 512, 8192},
                                   {0, 8, 64}};
    const struct table *t = &tables[d[0] & 15];
    uint64_t index = (d[1] | (uint64_t)d[2] << 8 | (uint64_t)(d[3] & 15) << 16) % t->count;
    return t->offset + index * t->stride + (t->stride > 8 ? (uint64_t)(d[3] >> 4) * 8 % t->stride : 0);
}

static uint64_t value(const uint8_t *d, uint64_t before) {
    static const uint64_t extremes[] = {0,          1,          UINT64_MAX, INT64_MAX, 1ull << 63,
                                        UINT32_MAX, 1ull << 26, 0x3ffffff,  512,       UNIT_BYTES};
    uint64_t raw;
    memcpy(&raw, d + 1, 7);
    raw = raw & (((uint64_t)1 << 56) - 1);
    switch (d[0] & 15) {
    case 0: return raw;
    case 1: return extremes[raw % (sizeof extremes / sizeof *extremes)];
    case 2: return before ^ (uint64_t)1 << (raw & 63);
    case 3: return before + (raw & 15) - 7;
    case 4: return raw % copy.file_bytes;
    case 5: return copy.layout.pages + raw % ((uint64_t)4 << 20);
    case 6: return copy.layout.records + raw % (3 * UNIT_BYTES);
    case 7: return WORD(raw & 7, raw >> 8 & 63, raw >> 16 & 7);
    case 8: return WORD(raw & 7, raw >> 8 & 31, (raw >> 16) % 400);
    case 9: return LINK(raw & 7, (raw >> 8) % 400);
    case 10: return (before & ~(uint64_t)0xfc000000) | (raw & 63) << 26; /* another state */
    case 11: return (before & ~(uint64_t)0x3ffffff) | (raw & 0x3ffffff); /* another holder */
    case 12: return before + (raw << 32);                                /* another generation */
    case 13: return (before & ~(uint64_t)0xff) | (raw & 0xff);           /* another type of a cell */
    case 14: return before & ~(uint64_t)7;
    default: return raw << 8 | raw;
    }
}

/* Puts `bytes` of the later snapshot over the copy: what a writer killed in between, or a file copied while it was
 * in use, looks like. */
static void tear(uint64_t offset, uint64_t bytes) {
    char *to = image_at(&copy, offset & ~(bytes - 1));
    if (to) memcpy(to, snapshots[1].data + (to - copy.data), bytes);
}

static void change(const uint8_t *d) {
    uint64_t at = place(d) & ~(uint64_t)7, *word = image_at(&copy, at);
    if (!word || at < offsetof(struct header, proc_high)) return; /* the sealed header: see below */
    if (d[4] >= 250)
        tear(at, 4096);
    else if (d[4] >= 235)
        tear(at, 8);
    else
        *word = value(d + 4, *word);
}

/* The part under the checksum, sealed anew. */
static void change_header(const uint8_t *d) {
    struct header *h = image_at(&copy, 0);
    uint64_t *word = (uint64_t *)(void *)h + d[0] % (offsetof(struct header, checksum) / 8);
    *word = value(d + 4, *word);
    if (d[3] & 1) h->checksum = XXH3_64bits(h, offsetof(struct header, checksum));
}

/* ---- what is done with it ---- */

static brine_pool *attach(unsigned flags) {
    brine_pool *pool = guarded_attach(&guarded, "copy", flags);
    if (!pool && !*brine_detail()) abort(); /* every refusal says why */
    return pool;
}

static void look(void) {
    brine_pool *pool = attach(BRINE_POOL_READONLY);
    if (!pool) return;
    look_at_all(pool);
    guarded_detach(&guarded, pool);
}

/* Own packets and an own pipe, in a pool whose tables are damaged. */
static void work(brine_pool *pool) {
    brine_packet packet, got;
    brine_pipe *pipe;
    if (brine_packet_new(pool, &packet)) return;
    (void)brine_set_str(brine_root(packet), "text", "some text that is longer than a cell");
    (void)brine_set_array(brine_root(packet), "data", BRINE_F64, 1, (size_t[]){600});
    (void)brine_set_array(brine_root(packet), "large", BRINE_F64, 1, (size_t[]){6000});
    (void)brine_packet_validate(packet);
    if (brine_pipe_serve(pool, "fuzz", 4, &pipe)) {
        (void)brine_packet_free(packet);
        return;
    }
    if (brine_enqueue(pipe, packet, brine_now()) == 0 && brine_dequeue(pipe, &got, brine_now()) == 0) {
        (void)brine_packet_validate(got);
        if (got.record == packet.record) (void)brine_packet_free(got); /* not one that the damage put there */
    }
    (void)brine_pipe_close(pipe);
}

static void join(bool works) {
    brine_pool *pool = attach(0);
    if (!pool) return;
    (void)brine_pool_reap(pool, NULL);
    (void)brine_pool_check(pool, NULL, NULL);
    if (works) work(pool);
    guarded_detach(&guarded, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 13) return 0;
    memcpy(copy.data, snapshots[data[0] & 1].data, copy.bytes);
    for (size_t at = 1; at + 12 <= size && at < 64 * 12; at += 12) {
        if ((data[at] & 0xf0) == 0xf0)
            change_header(data + at);
        else
            change(data + at);
    }
    write_image(pool_file("copy"), &copy);
    uint8_t mode = data[0] >> 1 & 3;
    if (mode != 1) look();
    if (mode != 0) join(mode == 3 || (data[0] & 8));
    return 0;
}
