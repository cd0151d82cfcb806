/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching to what is no pool, or a damaged one: a status and a reason each, at once, and nothing changed. */
#include <sys/socket.h>
#include <sys/un.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pool_helpers.h"

static struct header good;
static uint64_t good_bytes;

static void expect(const char *what, int status, const char *why) {
    brine_pool *pool = NULL;
    brine_pool_options readonly = {.flags = BRINE_POOL_READONLY};
    int descriptors = open_descriptors();
    double start = seconds_now();
    for (int i = 0; i < 2; i++) {
        int rc = brine_pool_attach("x", i ? &readonly : NULL, brine_seconds(30),
                                   &pool); /* it does not wait for a better file */
        CHECK_MSG(rc == status, "%s: %s (%s)", what, brine_status_name(rc), brine_detail());
        CHECK_CONTAINS(brine_detail(), why);
        CHECK_CONTAINS(brine_detail(), "brine.x");
    }
    CHECK(pool == NULL);
    CHECK(seconds_now() - start < 10);
    CHECK_EQ_INT(open_descriptors(), descriptors);
    CHECK_SYS(remove(pool_file("x")));
}

/* A file with this header and this size. */
static void write_file(const struct header *header, size_t bytes, uint64_t size) {
    int fd = open(pool_file("x"), O_CREAT | O_EXCL | O_WRONLY, 0600);
    CHECK_SYS(fd);
    CHECK_EQ_INT(write(fd, header, bytes), bytes);
    CHECK_SYS(ftruncate(fd, (off_t)size));
    close(fd);
}

static void expect_header(const char *what, const struct header *header, int status, const char *why) {
    write_file(header, sizeof *header, good_bytes);
    expect(what, status, why);
}

static void seal(struct header *header) { header->checksum = XXH3_64bits(header, offsetof(struct header, checksum)); }

static void identity(void) {
    struct header h = good;
    h.magic[0] ^= 1;
    expect_header("magic", &h, BRINE_EFOREIGN, "magic");
    h = good;
    h.endian_tag = 0x04030201;
    seal(&h);
    expect_header("byte order", &h, BRINE_EFOREIGN, "byte order");
    h = good;
    h.pointer_bytes = 4;
    seal(&h);
    expect_header("pointer size", &h, BRINE_EFOREIGN, "pointer size");
    h = good;
    h.major = FORMAT_MAJOR + 1;
    seal(&h);
    expect_header("version", &h, BRINE_EVERSION, "format");
    h = good;
    h.signature ^= 0x100;
    seal(&h);
    expect_header("signature", &h, BRINE_EVERSION, "layout");
    h = good;
    h.checksum ^= 1;
    expect_header("checksum", &h, BRINE_ECORRUPT, "checksum");
    for (size_t i = 48; i < offsetof(struct header, checksum);
         i++) { /* every byte after the signature and uuid counts */
        h = good;
        ((uint8_t *)&h)[i] ^= 0x40;
        expect_header("a flipped bit", &h, BRINE_ECORRUPT, "checksum");
    }
}

/* A checksum proves nothing about who wrote it: the layout is compared with what belongs to the size. */
static void tampered_layout(void) {
    for (size_t i = offsetof(struct header, layout); i < offsetof(struct header, layout) + sizeof(struct layout);
         i += 4) {
        static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            struct header h = good;
            if (memcmp((char *)&h + i, &values[k], 4) == 0) continue;
            memcpy((char *)&h + i, &values[k], 4);
            seal(&h);
            expect_header("layout", &h, BRINE_ECORRUPT, "layout");
        }
    }
    struct header h = good;
    memset(&h.layout, 0xff, sizeof h.layout);
    seal(&h);
    expect_header("layout all ones", &h, BRINE_ECORRUPT, "layout");
    memset(&h.layout, 0, sizeof h.layout);
    seal(&h);
    expect_header("layout all zeros", &h, BRINE_ECORRUPT, "layout");
}

static void sizes(void) {
    write_file(&good, sizeof good, good_bytes - 1);
    expect("one byte short", BRINE_ECORRUPT, "truncated or extended");
    write_file(&good, sizeof good, good_bytes + 1);
    expect("one byte more", BRINE_ECORRUPT, "truncated or extended");
    write_file(&good, sizeof good, 65536);
    expect("64 KiB of it", BRINE_ECORRUPT, "truncated");
    write_file(&good, sizeof good, 65535);
    expect("less than 64 KiB", BRINE_EFOREIGN, "too few");
    write_file(&good, sizeof good, sizeof good);
    expect("only a header", BRINE_EFOREIGN, "too few");
    write_file(&good, 0, 0);
    expect("empty", BRINE_EFOREIGN, "0 bytes");
}

static void other_things(void) {
    check_rng rng = check_seed(11);
    uint64_t noise[8192];
    for (int i = 0; i < 8192; i++) noise[i] = check_random(&rng);
    write_file((const struct header *)(const void *)noise, sizeof noise, sizeof noise * 2);
    expect("noise", BRINE_EFOREIGN, "magic");

    CHECK_SYS(mkdir(pool_file("x"), 0700));
    expect("a directory", BRINE_EFOREIGN, "regular file");
    CHECK_SYS(mkfifo(pool_file("x"), 0600));
    expect("a fifo", BRINE_EFOREIGN, "regular file");
    CHECK_SYS(symlink("brine.good", pool_file("x")));
    expect("a link to a pool", BRINE_EFOREIGN, "symbolic link");
    CHECK_SYS(symlink("nowhere", pool_file("x")));
    expect("a link to nothing", BRINE_EFOREIGN, "symbolic link");
    CHECK_SYS(symlink("/dev/zero", pool_file("x")));
    expect("a link to a device", BRINE_EFOREIGN, "symbolic link");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", pool_file("x"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_SYS(bind(fd, (struct sockaddr *)&address, sizeof address));
    close(fd);
    expect("a socket", BRINE_EFOREIGN, "regular file");
}

/* What is in the way of a new pool is left alone. */
static void in_the_way(void) {
    brine_pool *pool = NULL;
    brine_pool_options replace = {.flags = BRINE_POOL_REPLACE, .max_bytes = MIB};
    CHECK_SYS(mkdir(pool_file("x"), 0700));
    CHECK_STATUS(brine_pool_create("x", NULL, &pool), BRINE_EEXIST);
    CHECK(brine_pool_create("x", &replace, &pool) < 0);
    CHECK(brine_pool_unlink("x") < 0);
    CHECK(brine_pool_unlink_stale("x") < 0);
    CHECK_SYS(rmdir(pool_file("x")));
    CHECK_SYS(symlink("brine.good", pool_file("x")));
    CHECK_STATUS(brine_pool_create("x", NULL, &pool), BRINE_EEXIST);
    CHECK_OK(brine_pool_create("x", &replace, &pool)); /* replaces the link, not what it points to */
    drop_pool(pool);
    brine_pool_detach(attach_pool("good"));
    CHECK_SYS(symlink("nowhere", pool_file("x")));
    CHECK_STATUS(brine_pool_create("x", NULL, &pool), BRINE_EEXIST);
    CHECK_OK(brine_pool_unlink("x"));
}

int main(void) {
    brine_pool *pool = make_pool("good", MIB);
    memcpy(&good, pool_header(pool), sizeof good);
    good_bytes = pool->layout.file_bytes;
    brine_pool_detach(pool);
    identity();
    tampered_layout();
    sizes();
    other_things();
    in_the_way();
    write_file(&good, sizeof good, good_bytes); /* and the header itself is fine */
    brine_pool_detach(attach_readonly("x"));
    CHECK_OK(brine_pool_unlink("x"));
    CHECK_OK(brine_pool_unlink("good"));
    return 0;
}
