/* SPDX-License-Identifier: Apache-2.0 */
/* BRINE_DIR: relative, missing, no folder, not writable, too long, empty; what stands in the way of a pool; names in
 * byte order. (environment/mounts has file systems.) */
#include <locale.h>

#include "environment.h"

static void refuses(const char *folder, int status, const char *why) {
    brine_pool *pool = NULL;
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    CHECK_STATUS(brine_pool_create("p", NULL, &pool), status);
    CHECK_CONTAINS(brine_detail(), why);
    CHECK(brine_pool_attach("p", NULL, brine_now(), &pool) < 0);
    CHECK(brine_pool_list(NULL, NULL) < 0);
    CHECK(pool == NULL);
}

static void wrong_folders(void *argument) {
    char text[600];
    (void)argument;
    refuses("/nonexistent/brine", BRINE_ENOENT,
            "the pool folder /nonexistent/brine does not exist; make it, or set BRINE_DIR");
    refuses("/dev/null", BRINE_EINVAL, "/dev/null is not a folder");
    refuses("nowhere", BRINE_ENOENT, "the pool folder nowhere does not exist");
    memset(text, 'x', sizeof text);
    text[0] = '/';
    text[sizeof text - 1] = 0;
    refuses(text, BRINE_EINVAL, "BRINE_DIR is too long");
    text[300] = 0; /* fits, but no part of a path may be so long */
    refuses(text, BRINE_ESYS, "File name too long");
}

static void not_writable(void *argument) {
    brine_pool *pool = NULL;
    (void)argument;
    char *folder = make_folder("locked");
    CHECK_SYS(chmod(folder, 0555));
    if (geteuid() == 0) {
        CHECK_SYS(chmod(getenv("BRINE_DIR"), 0755));
        become(OTHER_UID, OTHER_GID, 0, NULL);
    }
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    CHECK_STATUS(brine_pool_create("p", NULL, &pool), BRINE_EACCES);
    CHECK_CONTAINS(brine_detail(), folder);
    CHECK_CONTAINS(brine_detail(), "Permission denied");
    CHECK_OK(brine_pool_list(NULL, NULL)); /* nothing in it */
    free(folder);
}

static void unset(void *argument) {
    (void)argument;
    brine_pool *pool = NULL;
    char name[64], path[100];
    struct stat st;
    snprintf(name, sizeof name, "brine-test.%d", (int)getpid());
    snprintf(path, sizeof path, "/dev/shm/brine.%s", name);
    for (int i = 0; i < 2; i++) {
        if (i)
            CHECK_SYS(unsetenv("BRINE_DIR"));
        else
            CHECK_SYS(setenv("BRINE_DIR", "", 1));
        CHECK_OK(brine_pool_create(name, &(brine_pool_options){.max_bytes = MIB}, &pool));
        CHECK_SYS(stat(path, &st));
        drop_pool(pool);
    }
}

/* ---- relative ---- */

static void child(void *argument) {
    CHECK(filled_packet(argument, 1000, 1).record != 0);
    kill(getpid(), SIGKILL);
}

static void relative(void *argument) {
    (void)argument;
    unsigned reaped;
    brine_pool *pool = NULL;
    char *folder = make_folder("relative");
    CHECK_SYS(chdir(getenv("BRINE_DIR")));
    CHECK_SYS(setenv("BRINE_DIR", "./relative", 1));
    pool = make_pool("p", 16 * MIB);
    brine_pool_detach(attach_pool("p"));
    CHECK_SYS(chdir("/"));
    CHECK_KILLED(check_fork(child, pool), SIGKILL);
    CHECK_OK(brine_pool_reap(pool, &reaped)); /* attached pools stay where they are */
    CHECK_EQ_INT(reaped, 1);
    CHECK_STATUS(brine_pool_unlink("p"), BRINE_ENOENT); /* by name it is another folder now */
    CHECK_SYS(setenv("BRINE_DIR", folder, 1));
    drop_pool(pool);
    free(folder);
}

/* ---- what is in the way ---- */

static void in_the_way(void *argument) {
    (void)argument;
    brine_pool_options replace = {.max_bytes = MIB, .flags = BRINE_POOL_REPLACE};
    brine_pool *pool = NULL;
    int descriptors = open_descriptors();
    CHECK_SYS(mkdir(pool_file("p"), 0700));
    CHECK_STATUS(brine_pool_create("p", NULL, &pool), BRINE_EEXIST);
    CHECK_STATUS(brine_pool_create("p", &replace, &pool), BRINE_EFOREIGN);
    CHECK_CONTAINS(brine_detail(), "is a folder, not a pool");
    CHECK_STATUS(brine_pool_attach("p", NULL, brine_seconds(20), &pool), BRINE_EFOREIGN);
    CHECK_STATUS(brine_pool_unlink("p"), BRINE_EFOREIGN);
    CHECK_CONTAINS(brine_detail(), "is a folder, not a pool");
    CHECK_STATUS(brine_pool_unlink_stale("p"), BRINE_EFOREIGN);
    CHECK_SYS(rmdir(pool_file("p")));
    CHECK_EQ_INT(open_descriptors(), descriptors);

    CHECK_SYS(symlink("/nonexistent", pool_file("p")));
    CHECK_STATUS(brine_pool_create("p", NULL, &pool), BRINE_EEXIST);
    CHECK_STATUS(brine_pool_unlink_stale("p"), BRINE_EFOREIGN);
    CHECK_OK(brine_pool_create("p", &replace, &pool)); /* the link goes, not what it points to */
    drop_pool(pool);
}

/* A file that is no pool is not cleared away as one that is left over. */
static void foreign(void *argument) {
    (void)argument;
    ballast("brine.notes", 4096);
    CHECK_STATUS(brine_pool_unlink_stale("notes"), BRINE_EFOREIGN);
    CHECK_CONTAINS(brine_detail(), "is not a brine pool");
    CHECK_OK(brine_pool_unlink("notes")); /* asked for by name */
}

/* ---- order ---- */

static int next_name(const char *name, void *context) {
    const char *const **at = context;
    CHECK_STR(name, **at);
    ++*at;
    return 0;
}

static void byte_order(void *argument) {
    (void)argument;
    static const char *const names[] = {"+x", "0", "10", "9", "A", "B", "Z", "_", "a", "a-b", "a.b", "aB", "ab", "b"};
    const char *const *at = names;
    char folder[] = "/tmp/brine-locale.XXXXXX", command[200];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(command, sizeof command, "localedef -c -i en_US -f UTF-8 '%s/en_US.UTF-8' >/dev/null 2>&1", folder);
    bool made = system(command) != -1 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "en_US.UTF-8") != NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CHECK_EQ_INT(system(command), 0);
    if (made) CHECK(strcoll("B", "a") > 0); /* this locale would have another order */
    for (size_t i = sizeof names / sizeof *names; i-- > 0;) brine_pool_detach(make_pool(names[i], MIB));
    CHECK_OK(brine_pool_list(next_name, &at));
    CHECK(at == names + sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) CHECK_OK(brine_pool_unlink_stale(names[i]));
    if (!made) SKIP("the order holds, but this system can make no other locale (localedef) to try it in");
}

static void rmdir_in(const char *name) {
    char path[700];
    snprintf(path, sizeof path, "%s/%s", getenv("BRINE_DIR"), name);
    CHECK_MSG(rmdir(path) == 0 || errno == ENOENT, "%s: %s", path, strerror(errno));
}

int main(void) {
    static const struct environment_case cases[] = {
        {"wrong folders", wrong_folders}, {"not writable", not_writable}, {"unset", unset},
        {"relative", relative},           {"in the way", in_the_way},     {"foreign", foreign},
        {"byte order", byte_order}};
    int status = RUN_CASES(cases);
    rmdir_in("locked");
    rmdir_in("relative");
    return status;
}
