/* SPDX-License-Identifier: Apache-2.0 */
/* Several users: group mode, read-only group, who may remove in a sticky folder, giving up privileges, user
 * namespaces. (unit/region_access has modes, umasks and strangers.) */
#include "environment.h"

/* A folder such as /dev/shm: everyone may make files, each remove only his own. */
static void sticky_folder(void) {
    need_root("being several users");
    CHECK_SYS(chmod(getenv("BRINE_DIR"), 01777));
}

static brine_pool *make_mode(const char *name, mode_t mode, gid_t group) {
    brine_pool_options options = {.max_bytes = 32 * MIB, .mode = mode};
    brine_pool *pool;
    CHECK_OK(brine_pool_create(name, &options, &pool));
    CHECK_SYS(chown(pool_file(name), (uid_t)-1, group));
    return pool;
}

/* ---- group 0660: full members by a second group ---- */

struct member {
    pid_t victim;
    struct signal_line ready;
};

static void member(void *argument) {
    struct member *m = argument;
    gid_t groups[] = {OTHER_GID};
    become(OTHER_UID, 65534, 1, groups);
    brine_pool *pool = attach_pool("team");
    brine_pipe *pipe = connect_to(pool, "pipe");
    uint64_t number;
    unsigned reaped;
    CHECK_OK(get_number(pipe, &number, brine_seconds(20)));
    CHECK_OK(put_number(serve(pool, "answer", 4), number + 1, brine_now()));
    CHECK_OK(brine_packet_free(filled_packet(pool, 10 * MIB, 1))); /* growth */
    CHECK_EQ_INT(kill(m->victim, 0), -1);                          /* not his to ask */
    CHECK_EQ_INT(errno, EPERM);
    line_say(&m->ready, 'm');
    double start = seconds_now();
    do CHECK_OK(brine_pool_reap(pool, &reaped));
    while (reaped == 0 && seconds_now() - start < 20);
    CHECK_EQ_INT(reaped, 1); /* another user's */
    CHECK_STATUS(brine_pool_unlink("team"), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "belongs to uid 0, and this user may not remove it");
    CHECK_STATUS(brine_pool_unlink_stale("team"), BRINE_EBUSY);
    brine_pool_detach(pool);
}

static void group(void *argument) {
    (void)argument;
    sticky_folder();
    umask(077);
    brine_pool *pool = make_mode("team", 0660, OTHER_GID);
    CHECK_OK(put_number(serve(pool, "pipe", 4), 41, brine_now()));
    struct holder h = {"team", line_open()};
    pid_t victim = check_fork(hold_packets, &h);
    line_hear(&h.ready);
    struct member m = {victim, line_open()};
    pid_t pid = check_fork(member, &m);
    line_hear(&m.ready);
    kill_wait(victim);
    CHECK_EXIT(pid, 0);
    CHECK_EQ_INT(next_number(connect_to(pool, "answer")), 42);
    check_whole(pool);
    drop_pool(pool);
}

/* ---- group 0640: may look ---- */

static void looker(void *argument) {
    gid_t groups[] = {OTHER_GID};
    brine_pool *pool = NULL;
    brine_packet copy;
    (void)argument;
    become(OTHER_UID, 65534, 1, groups);
    CHECK_STATUS(brine_pool_attach("look", NULL, brine_seconds(20), &pool), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "belongs to uid 0 with mode 640");
    CHECK_STATUS(brine_pool_unlink_stale("look"), BRINE_EACCES);
    pool = attach_readonly("look");
    CHECK_OK(brine_peek(pool, "pipe", 0, 0, &copy));
    CHECK_EQ_INT(info_of(pool).participants, 1);
    check_whole(pool);
    CHECK_STATUS(brine_pool_reap(pool, NULL), BRINE_EREADONLY);
    CHECK_STATUS(brine_packet_new(pool, &copy), BRINE_EREADONLY);
    brine_pool_detach(pool);
}

static void readers_only(void *argument) {
    (void)argument;
    sticky_folder();
    brine_pool *pool = make_mode("look", 0640, OTHER_GID);
    CHECK_OK(put_number(serve(pool, "pipe", 4), 41, brine_now()));
    CHECK_IN_CHILD(looker, NULL);
    drop_pool(pool);
}

/* ---- sticky folder ---- */

static void owner_elsewhere(void *argument) {
    brine_pool *pool = NULL;
    brine_pool_options replace = {.flags = BRINE_POOL_REPLACE}, mode = {.mode = 0440};
    (void)argument;
    become(OTHER_UID, OTHER_GID, 0, NULL);
    CHECK_STATUS(brine_pool_create("mine", NULL, &pool), BRINE_EEXIST);
    CHECK_STATUS(brine_pool_create("mine", &replace, &pool), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "belongs to uid 0, and this user may not remove it");
    CHECK_STATUS(brine_pool_unlink("mine"), BRINE_EACCES);
    CHECK_STATUS(brine_pool_create("own", &mode, &pool), BRINE_EINVAL);
    CHECK_CONTAINS(brine_detail(), "mode 0440: the owner needs read and write");
    whole_life(make_pool("life", 32 * MIB));
    brine_pool_detach(make_pool("left", MIB));
}

static void sticky(void *argument) {
    (void)argument;
    sticky_folder();
    brine_pool *pool = make_pool("mine", MIB);
    CHECK_IN_CHILD(owner_elsewhere, NULL);
    drop_pool(pool);
    CHECK_OK(brine_pool_unlink_stale("left")); /* root may */
}

/* ---- giving up privileges after attaching ---- */

static void unprivileged_child(void *argument) {
    brine_packet packet;
    CHECK_STATUS(brine_packet_new(argument, &packet), BRINE_ESYS);
    CHECK_CONTAINS(brine_detail(), "after fork");
    CHECK_CONTAINS(brine_detail(), "has it changed its user");
    brine_pool_detach(argument);
}

static void dropped(void *argument) {
    (void)argument;
    sticky_folder();
    brine_pool *pool = make_pool("secret", 64 * MIB); /* 0600, root's */
    brine_pipe *pipe = serve(pool, "pipe", 4);
    become(OTHER_UID, OTHER_GID, 0, NULL);
    CHECK_OK(put_number(pipe, 1, brine_now()));
    CHECK_EQ_INT(next_number(pipe), 1);
    CHECK_OK(brine_packet_free(filled_packet(pool, 20 * MIB, 1))); /* growth */
    CHECK_OK(brine_pool_trim(pool, NULL));
    CHECK_STATUS(brine_pool_reap(pool, NULL), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), "has it changed its user");
    CHECK_IN_CHILD(unprivileged_child, pool);
    brine_pool_detach(pool);
    CHECK_STATUS(brine_pool_unlink("secret"), BRINE_EACCES);
}

static void giving_up(void *argument) {
    (void)argument;
    sticky_folder();
    CHECK_IN_CHILD(dropped, NULL);
    CHECK_OK(brine_pool_unlink("secret"));
}

/* ---- a user namespace: the same user, called otherwise ---- */

static int find_self(const brine_participant_info *info, void *context) {
    if (info->self) *(uint32_t *)context = info->uid;
    return 0;
}

static void renamed_user(void *argument) {
    uint32_t uid = 1;
    (void)argument;
    become_root_of_own(0);
    brine_pool *pool = attach_pool("ns");
    CHECK_OK(brine_packet_free(filled_packet(pool, 5 * MIB, 1)));
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_OK(brine_participant_each(pool, find_self, &uid));
    CHECK_EQ_INT(uid, 0);
    CHECK_EQ_INT(info_of(pool).owner_uid, 0);
    brine_pool_detach(pool);
}

static void user_namespace(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("ns", 32 * MIB);
    int status = check_wait(check_fork(renamed_user, NULL));
    CHECK_MSG(WIFEXITED(status), "wait status %#x", (unsigned)status);
    drop_pool(pool);
    if (WEXITSTATUS(status)) _exit(WEXITSTATUS(status));
}

int main(void) {
    static const struct environment_case cases[] = {{"group", group},
                                                    {"readers only", readers_only},
                                                    {"sticky folder", sticky},
                                                    {"giving up privileges", giving_up},
                                                    {"user namespace", user_namespace}};
    return RUN_CASES(cases);
}
