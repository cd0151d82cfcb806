/* SPDX-License-Identifier: Apache-2.0 */
/* Raw regions: plain named memory, zeroed, committed, waited for, told to be initialised. */
#include "pool_helpers.h"

static const char *region_file(const char *name) {
    static char path[600];
    snprintf(path, sizeof path, "%s/brine-raw.%s", getenv("BRINE_DIR"), name);
    return path;
}

static void create_later(void *argument) {
    brine_raw_region region;
    usleep(200000);
    CHECK_OK(brine_raw_create(argument, 5000, 0, NULL, &region));
    memset(region.data, 7, 5000);
    usleep(100000);
    brine_raw_initialize(&region);
}

static void waiting(void) {
    brine_raw_region region = {0};
    double start = seconds_now();
    CHECK_STATUS(brine_raw_attach("w", NULL, brine_milliseconds(200), &region), BRINE_ENOENT);
    CHECK(seconds_now() - start >= 0.2 && seconds_now() - start < 5);
    CHECK(region.data == NULL);
    pid_t pid = check_fork(create_later, (void *)(uintptr_t) "w");
    CHECK_OK(brine_raw_attach("w", NULL, brine_seconds(20), &region));
    while (!brine_raw_initialized(&region)) usleep(1000);
    for (int i = 0; i < 5000; i++) CHECK_EQ_INT(((uint8_t *)region.data)[i], 7); /* all that came before the mark */
    CHECK_EXIT(pid, 0);
    brine_raw_detach(&region);
    CHECK_OK(brine_raw_unlink("w"));
}

static void refused(const char *what, int status) {
    brine_raw_region region = {0};
    int rc = brine_raw_attach("x", NULL, brine_seconds(20), &region);
    CHECK_MSG(rc == status, "%s: %s (%s)", what, brine_status_name(rc), brine_detail());
    CHECK(region.data == NULL && region.bytes == 0);
    CHECK_SYS(remove(region_file("x")));
}

static void write_file(const void *data, size_t bytes, uint64_t size) {
    int fd = open(region_file("x"), O_CREAT | O_EXCL | O_WRONLY, 0600);
    CHECK_SYS(fd);
    CHECK_EQ_INT(write(fd, data, bytes), bytes);
    CHECK_SYS(ftruncate(fd, (off_t)size));
    close(fd);
}

static void foreign(void) {
    char noise[5000];
    brine_raw_region good;
    memset(noise, 'x', sizeof noise);
    write_file(noise, 0, 0);
    refused("empty", BRINE_EFOREIGN);
    write_file(noise, sizeof noise, sizeof noise);
    refused("noise", BRINE_EFOREIGN);
    CHECK_SYS(mkfifo(region_file("x"), 0600));
    refused("a fifo", BRINE_EFOREIGN);
    CHECK_SYS(symlink("/dev/zero", region_file("x")));
    CHECK(brine_raw_attach("x", NULL, brine_seconds(20), &good) < 0);
    CHECK_SYS(unlink(region_file("x")));
    CHECK_OK(brine_raw_create("x", 10000, 0, NULL, &good));
    brine_raw_detach(&good);
    CHECK_SYS(truncate(region_file("x"), 9000)); /* what it says is not there: a SIGBUS for whoever believes it */
    refused("truncated", BRINE_EFOREIGN);
    CHECK_OK(brine_raw_create("x", 10000, 0, NULL, &good));
    brine_raw_detach(&good);
    CHECK_SYS(truncate(region_file("x"), 100));
    refused("truncated to less than its head", BRINE_EFOREIGN);
}

int main(void) {
    int descriptors = open_descriptors();
    brine_raw_region region = {0}, second = {0};
    CHECK_STATUS(brine_raw_create("r", 0, 0, NULL, &region), BRINE_EINVAL);
    CHECK_STATUS(brine_raw_create("r", SIZE_MAX, 0, NULL, &region), BRINE_EINVAL);
    CHECK(region.data == NULL);
    CHECK_OK(brine_raw_create("r", 100001, 0, NULL, &region));
    CHECK_EQ_INT(region.bytes, 100001);
    CHECK_EQ_INT((uintptr_t)region.data % 4096, 0);
    for (int i = 0; i < 100001; i++) CHECK_EQ_INT(((uint8_t *)region.data)[i], 0);
    struct stat st;
    CHECK_SYS(stat(region_file("r"), &st));
    CHECK_EQ_INT(st.st_mode & 07777, 0600);
    CHECK(st.st_blocks * 512 >= 100001); /* all of it is there */
    CHECK_STATUS(brine_raw_create("r", 10, 0, NULL, &second), BRINE_EEXIST);
    CHECK(!brine_raw_initialized(&region));
    CHECK_OK(brine_raw_attach("r", NULL, brine_now(), &second));
    CHECK_EQ_INT(second.bytes, 100001);
    CHECK(second.data != region.data);
    ((uint8_t *)region.data)[100000] = 42;
    CHECK_EQ_INT(((uint8_t *)second.data)[100000], 42);
    brine_raw_initialize(&second);
    CHECK(brine_raw_initialized(&region));
    brine_raw_detach(&second);
    CHECK(second.data == NULL);
    brine_raw_detach(&second);
    char *place = (char *)region.data + ((uint64_t)1 << 32);
    CHECK_OK(brine_raw_attach("r", place, brine_now(), &second));
    CHECK(second.data == place);
    CHECK_OK(brine_raw_unlink("r"));
    CHECK_STATUS(brine_raw_unlink("r"), BRINE_ENOENT);
    CHECK_EQ_INT(((uint8_t *)second.data)[100000], 42); /* those attached keep it */
    brine_raw_detach(&second);
    brine_raw_detach(&region);
    CHECK(!brine_raw_initialized(&region));
    brine_raw_initialize(&region);
    waiting();
    foreign();
    CHECK_EQ_INT(open_descriptors(), descriptors);
    return 0;
}
