/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: files that are no pools, or nearly. The first byte says what the rest is: the start of
 * a file; changes to a good header, sealed with a good checksum or not; changes to the words behind it that
 * every attached process may have damaged. Whatever it is, judging and attaching give an answer, and what
 * can be attached can be looked at.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <brine/brine.h>

#include "region/layout_of.h"

#define FILE_BYTES_MAX ((uint64_t)64 << 20)

static char folder[] = "/dev/shm/brine-fuzz.XXXXXX", path[64];

static void remove_folder(void) {
    unlink(path);
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    if (!mkdtemp(folder) || setenv("BRINE_DIR", folder, 1)) abort();
    snprintf(path, sizeof path, "%s/brine.f", folder);
    atexit(remove_folder);
    return 0;
}

/* Exclusive-or of the input over `bytes` at `to`, from a place that the input names. */
static void change(uint8_t *to, size_t bytes, const uint8_t *data, size_t size) {
    if (size < 2) return;
    size_t from = ((size_t)data[0] << 8 | data[1]) % bytes;
    for (size_t i = 2; i < size; i++) to[(from + i - 2) % bytes] ^= data[i];
}

static int look_pipe(const brine_pipe_info *info, void *context) { return (void)info, (void)context, 0; }
static int look_value(const brine_published_info *info, void *context) { return (void)info, (void)context, 0; }
static int look_participant(const brine_participant_info *info, void *context) { return (void)info, (void)context, 0; }

static void attach(unsigned flags) {
    brine_pool *pool;
    brine_pool_info info;
    brine_pool_options options = {.flags = flags};
    if (brine_pool_attach("f", &options, brine_now(), &pool)) {
        if (!*brine_detail()) abort(); /* every refusal says why */
        return;
    }
    if (brine_pool_get_info(pool, &info) || info.max_bytes > FILE_BYTES_MAX) abort();
    brine_pipe_each(pool, look_pipe, NULL);
    brine_published_each(pool, look_value, NULL);
    brine_participant_each(pool, look_participant, NULL);
    brine_pool_check(pool, NULL, NULL);
    brine_pool_detach(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct header header = {0};
    if (size < 2) return 0;
    uint8_t kind = data[0] & 3;
    uint64_t file_bytes = brine__layout_of(1 << 20).file_bytes;
    if (brine__header_write(&header, "f", 1 << 20)) abort();
    memset(header.uuid, 1, sizeof header.uuid); /* the same in every run */
    header.hash_seed = header.created_ns = 1;
    header.checksum = XXH3_64bits(&header, offsetof(struct header, checksum));
    uint8_t *bytes = (uint8_t *)&header;
    if (kind == 0)
        memcpy(bytes, data + 1, size - 1 < sizeof header ? size - 1 : sizeof header);
    else if (kind == 3)
        change(bytes + 384, 128, data + 1, size - 1);
    else
        change(bytes, offsetof(struct header, checksum), data + 1, size - 1);
    if (kind == 1) header.checksum = XXH3_64bits(&header, offsetof(struct header, checksum));
    if (data[0] & 4) file_bytes = (uint64_t)data[0] * size * 997;
    if (data[0] & 8 && header.layout.file_bytes < FILE_BYTES_MAX) file_bytes = header.layout.file_bytes;

    int judged = brine__header_judge(&header, file_bytes, path);
    if (judged == 0 && header.layout.file_bytes != file_bytes) abort();
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)file_bytes) || write(fd, &header, sizeof header) != (ssize_t)sizeof header)
        abort();
    close(fd);
    attach(BRINE_POOL_READONLY);
    attach(0);
    return 0;
}
