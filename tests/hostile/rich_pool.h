/* SPDX-License-Identifier: Apache-2.0 */
/* A pool with something of everything in it, left behind by the dead: packets held, sent, taken, shared,
 * nested, published, and participants that nobody has reaped. And copies of its file to be damaged. */
#ifndef TESTS_HOSTILE_RICH_POOL_H
#define TESTS_HOSTILE_RICH_POOL_H

#include "pool_helpers.h"

static void rich_value(brine_packet packet, int i) {
    brine_ref root = brine_root(packet), list;
    char text[100];
    CHECK_OK(brine_set_int(root, "seq", i));
    CHECK_OK(brine_set_str(root, "text", "some text that is longer than a cell"));
    CHECK_OK(brine_set_double(root, "number", 1.5));
    float *data = brine_set_array(root, "array", BRINE_F32, 2, (size_t[]){10, (size_t)(10 + i * 300)});
    CHECK(data != NULL);
    list = brine_set_arr(root, "list");
    for (int k = 0; k < 30; k++) {
        snprintf(text, sizeof text, "key that takes room %d", k);
        CHECK_OK(brine_set_int(brine_append_tab(list), text, k));
        CHECK_OK(brine_set_none(root, text));
    }
}

static brine_packet rich_packet(brine_pool *pool, int i) {
    brine_packet packet = make_packet(pool);
    rich_value(packet, i);
    return packet;
}

struct victim {
    int number;
    struct signal_line ready, go;
};

static void rich_victim(void *argument) {
    struct victim *victim = argument;
    const int number = victim->number;
    brine_pool *pool = attach_pool("rich");
    line_say(&victim->ready, 'r');
    line_hear(&victim->go);
    brine_pipe *pipe, *leases;
    brine_packet packet, clone;
    const brine_pipe_options leased = {
        .capacity = 8, .flags = BRINE_PIPE_LEASES, .max_deliveries = 3, .dead_letter = "letters"};
    CHECK_OK(brine_pipe_serve_with(pool, "leased", &leased, &leases));
    for (int i = 0; i < 3; i++) CHECK_OK(brine_enqueue(leases, rich_packet(pool, i), brine_now()));
    for (int i = 0; i < 2; i++) CHECK_OK(brine_dequeue(leases, &packet, brine_now()));
    CHECK_OK(brine_pipe_serve(pool, number ? "second" : "first", number ? 70 : 8, &pipe));
    for (int i = 0; i < 6; i++) CHECK_OK(brine_enqueue(pipe, rich_packet(pool, i), brine_now()));
    CHECK_OK(brine_dequeue(pipe, &packet, brine_now()));
    packet = rich_packet(pool, 20);
    CHECK_OK(brine_set_packet(brine_root(packet), "inner", rich_packet(pool, 12)));
    CHECK_OK(brine_packet_share(&packet));
    for (int i = 0; i < 3; i++) CHECK_OK(brine_packet_clone(packet, &clone));
    CHECK_OK(brine_publish(pool, number ? "value" : "other", packet));
    CHECK_OK(brine_publish(pool, "twice", rich_packet(pool, 1)));
    CHECK(brine_pool_allocate(pool, 5000) != NULL);
    CHECK(filled_packet(pool, 200000, 1).record != 0);
    /* states that last an instant only: as if it had been killed there */
    struct held held;
    packet = rich_packet(pool, 2);
    CHECK_OK(brine__held(packet, &held));
    static const uint32_t states[] = {REC_SENDING,   REC_ARRIVED,  REC_FREEING,   REC_PUBLISHING,
                                      REC_ANCHORING, REC_RETURNED, REC_FORWARDING};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        packet = rich_packet(pool, 3);
        CHECK_OK(brine__held(packet, &held));
        a64_store_relaxed(&held.rec->pos, i);
        a64_store_relaxed(&held.rec->pipe, 0);
        a64_store_relaxed(&held.rec->word, WORD(held.gen, states[i], states[i] == REC_RETURNED ? 0 : held.me));
    }
    CHECK_OK(brine_packet_clone(clone, &packet));
    CHECK_OK(brine__held(packet, &held));
    a64_store_relaxed(&held.rec->word, WORD(held.gen, number ? REC_PINC : REC_PDEC, held.me));
    raise(SIGKILL);
}

struct image {
    struct extent_of {
        uint64_t offset, bytes;
    } extents[256];
    int count;
    uint64_t file_bytes, bytes; /* of the file; of its data */
    char *data;
    struct layout layout;
};

/* The file's data, as far as it has any. */
static void read_image(const char *path, struct image *image) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK_SYS(fd);
    CHECK_SYS(fstat(fd, &st));
    *image = (struct image){.file_bytes = (uint64_t)st.st_size};
    for (off_t at = 0, end; (at = lseek(fd, at, SEEK_DATA)) >= 0; at = end) {
        end = lseek(fd, at, SEEK_HOLE);
        CHECK(end > at && image->count < 256);
        image->extents[image->count++] = (struct extent_of){(uint64_t)at, (uint64_t)(end - at)};
        image->data = realloc(image->data, image->bytes + (uint64_t)(end - at));
        CHECK(image->data != NULL);
        CHECK_EQ_INT(pread(fd, image->data + image->bytes, (size_t)(end - at), at), end - at);
        image->bytes += (uint64_t)(end - at);
    }
    close(fd);
    CHECK(image->bytes > 0);
    memcpy(&image->layout, &((struct header *)(void *)image->data)->layout, sizeof image->layout);
}

__attribute__((unused)) static void write_image(const char *path, const struct image *image) {
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    CHECK_SYS(fd);
    CHECK_SYS(ftruncate(fd, (off_t)image->file_bytes));
    uint64_t from = 0;
    for (int i = 0; i < image->count; i++) {
        CHECK_EQ_INT(pwrite(fd, image->data + from, image->extents[i].bytes, (off_t)image->extents[i].offset),
                     image->extents[i].bytes);
        from += image->extents[i].bytes;
    }
    close(fd);
}

/* Where an offset of the file stands in image->data, or NULL. */
__attribute__((unused)) static void *image_at(const struct image *image, uint64_t offset) {
    uint64_t from = 0;
    for (int i = 0; i < image->count; from += image->extents[i++].bytes)
        if (offset >= image->extents[i].offset && offset - image->extents[i].offset < image->extents[i].bytes)
            return image->data + from + (offset - image->extents[i].offset);
    return NULL;
}

/* Makes the pool "rich", with dead participants in it, and reads it into `image`. */
__attribute__((unused)) static void make_rich(struct image *image) {
    brine_pool *pool = make_pool("rich", 16 * MIB);
    CHECK_OK(brine_packet_free(rich_packet(pool, 2)));
    /* Both join before either dies: who joins would reap. */
    struct victim victims[2] = {{0, line_open(), line_open()}, {1, line_open(), line_open()}};
    pid_t pids[2];
    for (int i = 0; i < 2; i++) {
        pids[i] = check_fork(rich_victim, &victims[i]);
        line_hear(&victims[i].ready);
    }
    for (int i = 0; i < 2; i++) line_say(&victims[i].go, 'g');
    for (int i = 0; i < 2; i++) CHECK_KILLED(pids[i], SIGKILL);
    brine_pool_detach(pool);
    read_image(pool_file("rich"), image);
    CHECK_OK(brine_pool_unlink("rich"));
}

/* Looks at all that an observer can see of a pool. */
static int look_pipe(const brine_pipe_info *info, void *context) {
    brine_packet copy;
    for (size_t nth = 0; nth < 9; nth++)
        if (brine_peek(context, info->name, nth, nth % 2 ? 0 : 100, &copy) == 0) CHECK_OK(brine_packet_free(copy));
    return 0;
}
static int look_value(const brine_published_info *info, void *context) {
    brine_packet copy;
    if (brine_peek(context, info->name, 0, 0, &copy) == 0) CHECK_OK(brine_packet_free(copy));
    return 0;
}
static int look_user(const brine_user_info *info, void *context) { return (void)context, info->command[15] ? 1 : 0; }
static int look_participant(const brine_participant_info *info, void *context) {
    (void)context;
    return info->command[15] ? 1 : 0;
}

__attribute__((unused)) static void look_at_all(brine_pool *pool) {
    brine_pool_info info;
    brine_pipe_info pipe;
    brine_packet copy;
    if (brine_pool_get_info(pool, &info) == 0) CHECK(info.participants <= PROC_COUNT);
    (void)brine_pipe_each(pool, look_pipe, pool);
    (void)brine_published_each(pool, look_value, pool);
    (void)brine_participant_each(pool, look_participant, NULL);
    (void)brine_pipe_user_each(pool, "first", look_user, NULL);
    if (brine_pipe_get_info(pool, "first", &pipe) == 0) CHECK_STR(pipe.name, "first");
    static const char *const names[] = {"first", "second", "value", "other", "twice", "leased", "letters"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (brine_peek(pool, names[i], 0, 0, &copy) == 0) CHECK_OK(brine_packet_free(copy));
    (void)brine_pool_check(pool, NULL, NULL);
    (void)brine_pool_is_pristine(pool);
    (void)brine_pool_biggest_free(pool);
}

#endif
