/* SPDX-License-Identifier: Apache-2.0 */
/* Pool folders on other kinds of mounts: each works, or says what is missing, and leaves nothing behind. */
#include <sys/vfs.h>

#include "environment.h"

static void life_here(void) { whole_life(make_pool("life", 32 * MIB)); }

static void without_rights(void *argument) {
    (void)argument;
    pools_on("tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL);
    life_here();
}

/* ---- read-only ---- */

static void look_only(void) {
    brine_pool *reader = attach_readonly("look");
    brine_pipe_info info;
    brine_packet copy;
    CHECK_EQ_INT(info_of(reader).pipes, 1);
    CHECK_OK(brine_pipe_get_info(reader, "pipe", &info));
    CHECK_EQ_INT(info.depth, 1);
    CHECK_OK(brine_peek(reader, "pipe", 0, 0, &copy));
    CHECK_OK(brine_packet_free(copy));
    check_whole(reader);
    CHECK_STATUS(brine_pool_reap(reader, NULL), BRINE_EREADONLY);
    CHECK_IN_CHILD((void (*)(void *))brine_pool_detach, reader);
    brine_pool_detach(reader);
}

static void read_only(void *argument) {
    (void)argument;
    brine_pool *pool, *second = NULL;
    pools_on("tmpfs", 0, NULL);
    char *view = make_folder("view"), *folder = strdup(getenv("BRINE_DIR"));
    pool = make_pool("look", 4 * MIB);
    CHECK_OK(put_number(serve(pool, "pipe", 4), 5, brine_now()));
    CHECK_SYS(mount(folder, view, NULL, MS_BIND, NULL));
    CHECK_SYS(mount(NULL, view, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
    CHECK_SYS(setenv("BRINE_DIR", view, 1));
    CHECK_STATUS(brine_pool_attach("look", NULL, brine_seconds(20), &second), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "read-only file system: it can be attached read-only");
    CHECK_STATUS(brine_pool_create("new", NULL, &second), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "read-only file system; set BRINE_DIR");
    CHECK(brine_pool_unlink("look") < 0);
    CHECK_CONTAINS(brine_detail(), "Read-only file system");
    CHECK_STATUS(brine_pool_unlink_stale("look"), BRINE_EACCES);
    look_only();
    CHECK_OK(brine_packet_free(filled_packet(pool, 2 * MIB, 1))); /* who attached by the other mount goes on */
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    drop_pool(pool);
    free(view);
    free(folder);
}

/* ---- file systems that lack something ---- */

static void refuses(const char *why) {
    brine_pool_options options = {.max_bytes = MIB};
    brine_pool *pool = NULL;
    int descriptors = open_descriptors();
    CHECK_STATUS(brine_pool_create("new", &options, &pool), BRINE_ENOTSUP);
    CHECK_CONTAINS(brine_detail(), why);
    CHECK_CONTAINS(brine_detail(), "/dev/shm");
    CHECK_CONTAINS(brine_detail(), "BRINE_DIR");
    CHECK_EQ_INT(open_descriptors(), descriptors);
    CHECK_EQ_INT(access(pool_file("new"), F_OK), -1);
    CHECK_OK(brine_pool_list(NULL, NULL)); /* nothing to visit */
}

/* Cannot set memory aside. */
static void ram_file_system(void *argument) {
    (void)argument;
    pools_on("ramfs", 0, NULL);
    refuses("cannot set memory aside (fallocate)");
}

/* Maps another file than the one that was opened, so that the lock goes with the descriptor. */
static void overlay(void *argument) {
    char options[2000];
    (void)argument;
    own_mounts();
    mount_on(getenv("BRINE_DIR"), "tmpfs", 0, NULL);
    char *lower = make_folder("lower"), *upper = make_folder("upper"), *work = make_folder("work"),
         *merged = make_folder("merged");
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
    mount_on(merged, "overlay", 0, options);
    CHECK_SYS(setenv("BRINE_DIR", merged, 1));
    refuses("does not keep the lock of a mapped file (overlayfs does not)");

    /* a pool that is reached through an overlay as its lower layer: looking works */
    CHECK_SYS(setenv("BRINE_DIR", lower, 1));
    brine_pool *pool = make_pool("look", MIB), *reader;
    CHECK_OK(put_number(serve(pool, "pipe", 4), 5, brine_now()));
    CHECK_SYS(setenv("BRINE_DIR", merged, 1));
    reader = attach_readonly("look");
    CHECK_EQ_INT(info_of(reader).pipes, 1);
    check_whole(reader);
    brine_pool_detach(reader);
    CHECK_SYS(setenv("BRINE_DIR", lower, 1));
    drop_pool(pool);
}

/* ---- a disk ---- */

static void disk(void *argument) {
    char folder[] = "/var/tmp/brine-disk.XXXXXX";
    struct statfs fs;
    (void)argument;
    CHECK(mkdtemp(folder) != NULL);
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    CHECK_SYS(statfs(folder, &fs));
    if (fs.f_type == 0x794c7630)
        refuses("overlayfs");
    else
        life_here();
    CHECK_SYS(rmdir(folder));
}

/* ---- /proc not mounted ---- */

static void no_proc(void *argument) {
    (void)argument;
    need_root("taking /proc away");
    own_mounts();
    brine_pool *early = make_pool("early", 16 * MIB), *pool = NULL;
    CHECK_SYS(umount2("/proc", MNT_DETACH));
    int rc = brine_pool_create("life", &(brine_pool_options){.max_bytes = 32 * MIB}, &pool); /* allowed for root */
    if (rc == 0)
        whole_life(pool);
    else
        CHECK_CONTAINS(brine_detail(), "/proc is not mounted");
    one_dies(early);
    CHECK_OK(brine_pool_unlink("early"));
    CHECK(filled_packet(early, 5 * MIB, 1).record != 0);
    CHECK_STATUS(brine_pool_reap(early, NULL), BRINE_ESYS); /* neither name nor /proc */
    CHECK_CONTAINS(brine_detail(), "/proc is not mounted");
    brine_pool_detach(early);
}

int main(void) {
    static const struct environment_case cases[] = {{"noexec, nosuid, nodev", without_rights},
                                                    {"read-only", read_only},
                                                    {"ramfs", ram_file_system},
                                                    {"overlayfs", overlay},
                                                    {"disk", disk},
                                                    {"no /proc", no_proc}};
    return RUN_CASES(cases);
}
