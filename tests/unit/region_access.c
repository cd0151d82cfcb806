/* SPDX-License-Identifier: Apache-2.0 */
/* Modes are what was asked for, whatever the umask; another user gets in when the mode says so. */
#include <grp.h>

#include "pool_helpers.h"

#define OTHER_UID 12345
#define OTHER_GID 23456

static void modes(void) {
    static const mode_t umasks[] = {0, 022, 077, 0777}, asked[] = {0600, 0640, 0660, 0666, 0604};
    for (int u = 0; u < 4; u++) {
        for (int m = 0; m < 5; m++) {
            mode_t before = umask(umasks[u]);
            brine_pool_options options = {.max_bytes = MIB, .mode = asked[m]};
            brine_pool *pool;
            brine_raw_region raw;
            struct stat st;
            CHECK_OK(brine_pool_create("m", &options, &pool));
            CHECK_SYS(stat(pool_file("m"), &st));
            CHECK_EQ_INT(st.st_mode & 07777, asked[m]);
            CHECK_EQ_INT(info_of(pool).mode, asked[m]);
            CHECK_EQ_INT(info_of(pool).owner_uid, geteuid());
            drop_pool(pool);
            CHECK_OK(brine_raw_create("m", 10, asked[m], NULL, &raw));
            char path[600];
            snprintf(path, sizeof path, "%s/brine-raw.m", getenv("BRINE_DIR"));
            CHECK_SYS(stat(path, &st));
            CHECK_EQ_INT(st.st_mode & 07777, asked[m]);
            brine_raw_detach(&raw);
            CHECK_OK(brine_raw_unlink("m"));
            umask(before);
        }
    }
}

static void become(uid_t uid, gid_t gid) {
    CHECK_SYS(setgroups(0, NULL));
    CHECK_SYS(setresgid(gid, gid, gid));
    CHECK_SYS(setresuid(uid, uid, uid));
}

static void stranger_outside(void *argument) {
    brine_pool *pool = NULL;
    brine_pool_options readonly = {.flags = BRINE_POOL_READONLY};
    become(OTHER_UID, OTHER_GID);
    double start = seconds_now();
    CHECK_STATUS(brine_pool_attach(argument, NULL, brine_seconds(30), &pool), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "uid 0");
    CHECK_CONTAINS(brine_detail(), "0660");
    CHECK_STATUS(brine_pool_attach(argument, &readonly, brine_seconds(30), &pool), BRINE_EACCES);
    CHECK(seconds_now() - start < 10);
    CHECK_STATUS(brine_pool_unlink(argument), BRINE_EACCES);
    CHECK_STATUS(brine_pool_unlink_stale(argument), BRINE_EACCES);
    CHECK_STATUS(brine_pool_create("new", NULL, &pool), BRINE_EACCES); /* the folder is not his */
}

static void stranger_reading(void *argument) {
    brine_pool *pool = NULL;
    become(OTHER_UID, OTHER_GID);
    CHECK_STATUS(brine_pool_attach(argument, NULL, brine_now(), &pool), BRINE_EACCES);
    pool = attach_readonly(argument);
    CHECK_EQ_INT(info_of(pool).participants, 1);
    CHECK_EQ_INT(info_of(pool).owner_uid, 0);
    brine_pool_detach(pool);
}

static int find_uid(const brine_participant_info *info, void *context) {
    (void)context;
    return info->uid == OTHER_UID ? 88 : 0;
}

static void stranger_inside(void *argument) {
    become(OTHER_UID, OTHER_GID);
    brine_pool *pool = attach_pool(argument);
    CHECK_EQ_INT(brine_participant_each(pool, find_uid, NULL), 88);
    brine_packet packet = filled_packet(pool, 500 * KIB, 9);
    check_filled(packet);
    raise(SIGKILL);
}

static brine_pool *make_mode(const char *name, mode_t mode) {
    brine_pool_options options = {.max_bytes = 4 * MIB, .mode = mode};
    brine_pool *pool;
    CHECK_OK(brine_pool_create(name, &options, &pool));
    return pool;
}

static void let_in(const char *name, mode_t mode, gid_t group) {
    brine_pool *pool = make_mode(name, mode);
    unsigned reaped;
    CHECK_SYS(chown(pool_file(name), (uid_t)-1, group));
    CHECK_KILLED(check_fork(stranger_inside, (void *)(uintptr_t)name), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped)); /* one user's process cleans up after another's */
    CHECK_EQ_INT(reaped, 1);
    check_empty(pool);
    drop_pool(pool);
}

int main(void) {
    modes();
    if (geteuid() != 0) SKIP("modes hold; trying another user needs root");
    CHECK_SYS(chmod(getenv("BRINE_DIR"), 0755));
    brine_pool *pool = make_mode("own", 0600);
    CHECK_IN_CHILD(stranger_outside, (void *)(uintptr_t) "own");
    drop_pool(pool);
    pool = make_mode("group", 0660); /* of another group */
    CHECK_IN_CHILD(stranger_outside, (void *)(uintptr_t) "group");
    drop_pool(pool);
    pool = make_mode("look", 0644);
    CHECK_IN_CHILD(stranger_reading, (void *)(uintptr_t) "look");
    drop_pool(pool);
    let_in("group", 0660, OTHER_GID);
    let_in("all", 0666, 0);
    return 0;
}
