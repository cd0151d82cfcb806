/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: the files of pools as others see them: where they are, why they cannot be opened, removing and
 * listing them.
 *
 * "Only if nobody is attached" is decided by byte LOCK_BASE of the file, which everyone attached has
 * read-locked from before the name exists (creators) or before the join is complete (others). Who removes an
 * unused pool write-locks it first. An attach that comes meanwhile waits for the outcome: the name is gone then,
 * or the remover is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "region/layout_of.h"
#include "region/pool.h"

#define FILE_PREFIX "brine."

/* Absolute, so that it stays right when the process changes its working folder. */
int brine__pool_path(const char *name, char *path, size_t size) {
    int rc = brine__check_name("pool", name);
    const char *folder = brine__folder();
    char here[512] = "";
    if (rc) return rc;
    if (folder[0] != '/' && !getcwd(here, sizeof here))
        return brine__fail_errno(
            "the pool folder \"%.80s\" (BRINE_DIR) is relative, and the working folder is not known", folder);
    if ((size_t)snprintf(path, size, "%s%s%s/" FILE_PREFIX "%s", here, here[0] ? "/" : "", folder, name) >= size)
        return brine__fail(BRINE_EINVAL, "the pool folder in BRINE_DIR is too long: %.80s...", folder);
    return 0;
}

int brine__check_mode(mode_t mode) {
    if (mode == 0 || ((mode & 0600) == 0600 && (mode & ~(mode_t)0777) == 0)) return 0;
    return brine__fail(BRINE_EINVAL,
                       "the mode %04o: the owner needs read and write permission (0600), and there is nothing beyond "
                       "permissions (0777)",
                       (unsigned)mode);
}

/* ---- why not ---- */

int brine__folder_failed(void) {
    const char *folder = brine__folder();
    switch (errno) {
    case ENOENT:
        return brine__fail(BRINE_ENOENT, "the pool folder %s does not exist; make it, or set BRINE_DIR to another one",
                           folder);
    case ENOTDIR:
        return brine__fail(BRINE_EINVAL, "the pool folder %s is not a folder; set BRINE_DIR to another one", folder);
    case EROFS:
        return brine__fail(BRINE_EACCES,
                           "the pool folder %s is on a read-only file system; set BRINE_DIR to another one", folder);
    default: return brine__fail_errno("cannot make a file in %s", folder);
    }
}

static int not_permitted(const char *name, const char *path) {
    struct stat st;
    if (stat(path, &st) < 0)
        return brine__fail(BRINE_EACCES, "pool \"%s\": no permission to look into its folder (%s)", name, path);
    return brine__fail(BRINE_EACCES,
                       "pool \"%s\" belongs to uid %u with mode %03o; its owner can create it with --mode 0660", name,
                       (unsigned)st.st_uid, (unsigned)st.st_mode & 0777);
}

int brine__open_failed(const char *name, const char *path) {
    switch (errno) {
    case ENOENT: return brine__fail(BRINE_ENOENT, "pool \"%s\" does not exist (%s)", name, path);
    case ELOOP: return brine__fail(BRINE_EFOREIGN, "%s is a symbolic link, not a pool", path);
    case EISDIR:
    case ENXIO: return brine__fail(BRINE_EFOREIGN, "%s is not a regular file", path);
    case EROFS:
        return brine__fail(BRINE_EACCES, "pool \"%s\" (%s) is on a read-only file system: it can be attached read-only",
                           name, path);
    case EACCES:
    case EPERM: return not_permitted(name, path);
    default: return brine__fail_errno("cannot open %s", path);
    }
}

int brine__remove_failed(const char *name, const char *path) {
    struct stat st;
    int error = errno;
    bool there = lstat(path, &st) == 0;
    errno = error;
    if (error == ENOENT) return brine__fail(BRINE_ENOENT, "pool \"%s\" does not exist (%s)", name, path);
    if (there && S_ISDIR(st.st_mode)) return brine__fail(BRINE_EFOREIGN, "%s is a folder, not a pool", path);
    if (there && (error == EPERM || error == EACCES))
        return brine__fail(BRINE_EACCES,
                           "pool \"%s\" (%s) belongs to uid %u, and this user may not remove it from its folder", name,
                           path, (unsigned)st.st_uid);
    return brine__fail_errno("cannot remove pool \"%s\" (%s)", name, path);
}

/* ---- removing ---- */

int brine_pool_unlink(const char *name) {
    char path[512];
    int rc = brine__pool_path(name, path, sizeof path);
    if (rc) return rc;
    return unlink(path) == 0 ? 0 : brine__remove_failed(name, path);
}

/* The name is (still) that of the open file. */
static bool still_named(const char *path, int fd) {
    struct stat by_name, by_fd;
    return fstat(fd, &by_fd) == 0 && stat(path, &by_name) == 0 && by_name.st_dev == by_fd.st_dev &&
           by_name.st_ino == by_fd.st_ino;
}

static int remove_unused(const char *name, const char *path, int fd) {
    if (!brine__is_pool(fd)) return brine__fail(BRINE_EFOREIGN, "%s is not a brine pool (no magic number)", path);
    if (brine__lock_membership(fd, F_WRLCK) < 0) {
        if (errno == EAGAIN || errno == EACCES) return brine__fail(BRINE_EBUSY, "pool \"%s\" is in use", name);
        return brine__fail_errno("cannot tell whether pool \"%s\" is in use (%s)", name, path);
    }
    if (!still_named(path, fd)) return brine__fail(BRINE_EBUSY, "pool \"%s\" was made anew just now", name);
    return unlink(path) == 0 ? 0 : brine__remove_failed(name, path);
}

int brine_pool_unlink_stale(const char *name) {
    char path[512];
    int rc = brine__pool_path(name, path, sizeof path);
    if (rc) return rc;
    int fd = brine__fd_above(open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (fd < 0) return brine__open_failed(name, path);
    brine__fork_lock(); /* a child would keep the lock */
    rc = remove_unused(name, path, fd);
    close(fd);
    brine__fork_unlock();
    return rc;
}

/* ---- listing ---- */

static int is_pool(const struct dirent *entry) {
    return strncmp(entry->d_name, FILE_PREFIX, sizeof FILE_PREFIX - 1) == 0 &&
           brine__check_name("pool", entry->d_name + sizeof FILE_PREFIX - 1) == 0;
}

/* By bytes: alphasort() follows the locale. */
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

int brine_pool_list(int (*visit)(const char *name, void *context), void *context) {
    struct dirent **entries;
    int n = scandir(brine__folder(), &entries, is_pool, by_name), rc = 0;
    if (n < 0) return brine__fail_errno("cannot list %s", brine__folder());
    for (int i = 0; i < n; i++) {
        if (!rc) rc = visit(entries[i]->d_name + sizeof FILE_PREFIX - 1, context);
        free(entries[i]);
    }
    free(entries);
    return rc;
}
