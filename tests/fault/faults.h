/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that can fail, made to fail. Every test of this folder is linked with --wrap for each `fail` line of
 * calls.txt, so all calls of the library, and only of code that is linked statically, come through the wrappers
 * here. While a thread is armed its calls are counted and noted; the one numbered `at` fails, or all from there
 * on (`lasting`). A failing call does nothing and sets errno; close and fclose close and then report a failure,
 * as the kernel does. What the calls gave is counted: memory and mappings here, descriptors and locks by asking
 * the system.
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#include "check.h"

/* ---- which, and how ---- */

/* X(name, lasting, errors): an error for each plausible errno, the usual one first. lasting: may go on failing. What
 * gives things back fails once only: a system on which nothing can be given back has no remedy. */
#define FAULT_CALLS(X)                                                                                                 \
    X(access, true, EACCES, ENOENT)                                                                                    \
    X(calloc, true, ENOMEM)                                                                                            \
    X(clock_nanosleep, true, EINTR)                                                                                    \
    X(close, false, EINTR, EIO)                                                                                        \
    X(fallocate, true, ENOSPC, EINTR, EDQUOT, EFBIG, EOPNOTSUPP)                                                       \
    X(fchmod, true, EPERM)                                                                                             \
    X(fclose, false, EIO)                                                                                              \
    X(fcntl, true, ENOLCK, EINTR, EAGAIN)                                                                              \
    X(fgets, true, EIO)                                                                                                \
    X(fopen, true, EMFILE, ENOENT, ENOMEM)                                                                             \
    X(fstat, false, ENOMEM, EIO)                                                                                       \
    X(fstatfs, true, EIO)                                                                                              \
    X(fstatvfs, true, EIO)                                                                                             \
    X(ftruncate, true, EFBIG, EINTR, EPERM)                                                                            \
    X(fwrite, true, ENOSPC)                                                                                            \
    X(getrandom, true, ENOSYS, EINTR)                                                                                  \
    X(getrlimit, true, EPERM)                                                                                          \
    X(getcwd, true, ENOENT, ENOMEM)                                                                                    \
    X(linkat, true, ENOSPC, EEXIST, ENOENT, EPERM)                                                                     \
    X(lseek, true, EIO)                                                                                                \
    X(lstat, false, EACCES, ENOMEM)                                                                                    \
    X(madvise, true, EINVAL, ENOMEM, EFAULT)                                                                           \
    X(malloc, true, ENOMEM)                                                                                            \
    X(memfd_create, true, EMFILE, ENOMEM)                                                                              \
    X(mmap, true, ENOMEM, EACCES, EAGAIN, ENODEV)                                                                      \
    X(munmap, false, ENOMEM)                                                                                           \
    X(newlocale, true, ENOMEM)                                                                                         \
    X(open, true, EMFILE, EACCES, ENOENT, EOPNOTSUPP, EINTR)                                                           \
    X(pread, true, EIO, EINTR)                                                                                         \
    X(pthread_atfork, true, ENOMEM)                                                                                    \
    X(pthread_key_create, true, EAGAIN, ENOMEM)                                                                        \
    X(pthread_setspecific, true, ENOMEM)                                                                               \
    X(realloc, true, ENOMEM)                                                                                           \
    X(scandir, true, ENOMEM, EMFILE, EACCES)                                                                           \
    X(sched_getaffinity, true, EINVAL)                                                                                 \
    X(sigtimedwait, true, EAGAIN, EINTR)                                                                               \
    X(stat, true, EACCES, ENOENT)                                                                                      \
    X(strndup, true, ENOMEM)                                                                                           \
    X(syscall, true, EINTR, EAGAIN, ENOSYS)                                                                            \
    X(unlink, false, EACCES, ENOENT, EBUSY)

enum call {
#define FAULT_X(name, lasting, ...) CALL_##name,
    FAULT_CALLS(FAULT_X)
#undef FAULT_X
        CALL_COUNT
};

static const struct {
    const char *name;
    bool lasting;
    int errors[6]; /* 0 ends */
} calls[] = {
#define FAULT_X(name, lasting, ...) {#name, lasting, {__VA_ARGS__, 0}},
    FAULT_CALLS(FAULT_X)
#undef FAULT_X
};

#define TRACE_MAX 4096

static struct {
    uint64_t count; /* calls since armed */
    uint64_t at;    /* the one that fails */
    int error;      /* with this errno */
    bool lasting;   /* and those after it, each with its usual one */
    uint64_t made;  /* failures */
    uint16_t trace[TRACE_MAX];
} fault;

static _Thread_local bool fault_armed;

static void fault_arm(uint64_t at, int error, bool lasting) {
    fault.count = fault.made = 0;
    fault.at = at;
    fault.error = error;
    fault.lasting = lasting;
    fault_armed = true;
}
static void fault_disarm(void) { fault_armed = false; }

static bool fails(enum call call) {
    if (!fault_armed) return false;
    uint64_t n = fault.count++;
    if (n < TRACE_MAX) fault.trace[n] = (uint16_t)call;
    bool later = fault.lasting && n > fault.at && calls[call].lasting;
    if (n != fault.at && !later) return false;
    fault.made++;
    errno = n == fault.at ? fault.error : calls[call].errors[0];
    return true;
}

/* ---- what is alive ---- */

#define LIVE_MAX (1u << 18)

static pthread_mutex_t live_mutex = PTHREAD_MUTEX_INITIALIZER;
static const void *live_set[LIVE_MAX]; /* open addressing; what was freed leaves a mark */
static const char live_gone;
static size_t live_count;

static size_t live_slot(const void *p) { return ((uintptr_t)p >> 4) * 0x9e3779b97f4a7c15u >> (64 - 18); }

static void live_add(const void *p) {
    if (p == NULL) return;
    pthread_mutex_lock(&live_mutex);
    size_t i = live_slot(p);
    while (live_set[i] != NULL && live_set[i] != &live_gone) i = (i + 1) % LIVE_MAX;
    live_set[i] = p;
    live_count++;
    pthread_mutex_unlock(&live_mutex);
}

static void live_remove(const void *p) {
    if (p == NULL) return;
    pthread_mutex_lock(&live_mutex);
    size_t i = live_slot(p);
    while (live_set[i] != NULL && live_set[i] != p) i = (i + 1) % LIVE_MAX;
    if (live_set[i] == p) {
        live_set[i] = live_set[(i + 1) % LIVE_MAX] == NULL ? NULL : &live_gone;
        live_count--;
    }
    pthread_mutex_unlock(&live_mutex);
}

#define MAPPINGS_MAX 256
static struct {
    void *address;
    size_t bytes;
} mappings[MAPPINGS_MAX];
static size_t mapping_count;

static void mapping_remove(void *address, size_t bytes) {
    for (size_t i = 0; i < mapping_count; i++) {
        if (mappings[i].address != address) continue;
        CHECK_EQ_INT(mappings[i].bytes, bytes);
        mappings[i] = mappings[--mapping_count];
        return;
    }
}

static void mapping_add(void *address, size_t bytes, int flags) {
    if (flags & MAP_FIXED) mapping_remove(address, bytes);
    CHECK(mapping_count < MAPPINGS_MAX);
    mappings[mapping_count].address = address;
    mappings[mapping_count++].bytes = bytes;
}

/* ---- the wrappers ---- */

#define REAL(type, name, ...)                                                                                          \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)

REAL(int, access, const char *path, int mode);
int __wrap_access(const char *path, int mode) { return fails(CALL_access) ? -1 : __real_access(path, mode); }

REAL(int, clock_nanosleep, clockid_t clock, int flags, const struct timespec *until, struct timespec *left);
int __wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    return fails(CALL_clock_nanosleep) ? errno : __real_clock_nanosleep(clock, flags, until, left);
}

REAL(int, close, int fd);
int __wrap_close(int fd) {
    bool failing = fails(CALL_close);
    int error = errno, rc = __real_close(fd);
    if (!failing) return rc;
    errno = error;
    return -1;
}

REAL(int, fallocate, int fd, int mode, off_t offset, off_t bytes);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t bytes) {
    return fails(CALL_fallocate) ? -1 : __real_fallocate(fd, mode, offset, bytes);
}

REAL(int, fchmod, int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode) { return fails(CALL_fchmod) ? -1 : __real_fchmod(fd, mode); }

REAL(int, fclose, FILE *stream);
int __wrap_fclose(FILE *stream) {
    bool failing = fails(CALL_fclose);
    int error = errno, rc = __real_fclose(stream);
    if (!failing) return rc;
    errno = error;
    return EOF;
}

REAL(int, fcntl, int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    return fails(CALL_fcntl) ? -1 : __real_fcntl(fd, command, argument);
}

REAL(char *, fgets, char *text, int size, FILE *stream);
char *__wrap_fgets(char *text, int size, FILE *stream) {
    return fails(CALL_fgets) ? NULL : __real_fgets(text, size, stream);
}

REAL(FILE *, fopen, const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode) { return fails(CALL_fopen) ? NULL : __real_fopen(path, mode); }

REAL(int, fstat, int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st) { return fails(CALL_fstat) ? -1 : __real_fstat(fd, st); }

REAL(int, fstatfs, int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs) { return fails(CALL_fstatfs) ? -1 : __real_fstatfs(fd, fs); }

REAL(int, fstatvfs, int fd, struct statvfs *fs);
int __wrap_fstatvfs(int fd, struct statvfs *fs) { return fails(CALL_fstatvfs) ? -1 : __real_fstatvfs(fd, fs); }

REAL(int, ftruncate, int fd, off_t bytes);
int __wrap_ftruncate(int fd, off_t bytes) { return fails(CALL_ftruncate) ? -1 : __real_ftruncate(fd, bytes); }

REAL(size_t, fwrite, const void *data, size_t size, size_t count, FILE *stream);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    return fails(CALL_fwrite) ? 0 : __real_fwrite(data, size, count, stream);
}

REAL(ssize_t, getrandom, void *data, size_t bytes, unsigned flags);
ssize_t __wrap_getrandom(void *data, size_t bytes, unsigned flags) {
    return fails(CALL_getrandom) ? -1 : __real_getrandom(data, bytes, flags);
}

REAL(int, getrlimit, __rlimit_resource_t which, struct rlimit *limit);
int __wrap_getrlimit(__rlimit_resource_t which, struct rlimit *limit) {
    return fails(CALL_getrlimit) ? -1 : __real_getrlimit(which, limit);
}

REAL(char *, getcwd, char *path, size_t size);
char *__wrap_getcwd(char *path, size_t size) { return fails(CALL_getcwd) ? NULL : __real_getcwd(path, size); }

REAL(int, linkat, int from, const char *path, int to, const char *name, int flags);
int __wrap_linkat(int from, const char *path, int to, const char *name, int flags) {
    return fails(CALL_linkat) ? -1 : __real_linkat(from, path, to, name, flags);
}

REAL(off_t, lseek, int fd, off_t offset, int whence);
off_t __wrap_lseek(int fd, off_t offset, int whence) {
    return fails(CALL_lseek) ? -1 : __real_lseek(fd, offset, whence);
}

REAL(int, lstat, const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st) { return fails(CALL_lstat) ? -1 : __real_lstat(path, st); }

REAL(int, madvise, void *address, size_t bytes, int advice);
int __wrap_madvise(void *address, size_t bytes, int advice) {
    return fails(CALL_madvise) ? -1 : __real_madvise(address, bytes, advice);
}

REAL(int, memfd_create, const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags) {
    return fails(CALL_memfd_create) ? -1 : __real_memfd_create(name, flags);
}

REAL(void *, mmap, void *address, size_t bytes, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
    if (fails(CALL_mmap)) return MAP_FAILED;
    void *p = __real_mmap(address, bytes, protection, flags, fd, offset);
    if (p != MAP_FAILED) mapping_add(p, bytes, flags);
    return p;
}

REAL(int, munmap, void *address, size_t bytes);
int __wrap_munmap(void *address, size_t bytes) {
    if (fails(CALL_munmap)) return -1;
    mapping_remove(address, bytes);
    return __real_munmap(address, bytes);
}

REAL(locale_t, newlocale, int mask, const char *name, locale_t base);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base) {
    return fails(CALL_newlocale) ? (locale_t)0 : __real_newlocale(mask, name, base);
}

REAL(int, open, const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(CALL_open) ? -1 : __real_open(path, flags, mode);
}

REAL(ssize_t, pread, int fd, void *data, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t bytes, off_t offset) {
    return fails(CALL_pread) ? -1 : __real_pread(fd, data, bytes, offset);
}

REAL(int, pthread_atfork, void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    return fails(CALL_pthread_atfork) ? errno : __real_pthread_atfork(prepare, parent, child);
}

REAL(int, pthread_key_create, pthread_key_t *key, void (*end)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*end)(void *)) {
    return fails(CALL_pthread_key_create) ? errno : __real_pthread_key_create(key, end);
}

REAL(int, pthread_setspecific, pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value) {
    return fails(CALL_pthread_setspecific) ? errno : __real_pthread_setspecific(key, value);
}

REAL(int, scandir, const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
     int (*order)(const struct dirent **, const struct dirent **));
int __wrap_scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
                   int (*order)(const struct dirent **, const struct dirent **)) {
    if (fails(CALL_scandir)) return -1;
    int n = __real_scandir(path, list, filter, order);
    for (int i = 0; i < n; i++) live_add((*list)[i]);
    if (n >= 0) live_add(*list);
    return n;
}

REAL(int, sched_getaffinity, pid_t pid, size_t bytes, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t bytes, cpu_set_t *set) {
    return fails(CALL_sched_getaffinity) ? -1 : __real_sched_getaffinity(pid, bytes, set);
}

REAL(int, sigtimedwait, const sigset_t *set, siginfo_t *info, const struct timespec *time);
int __wrap_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time) {
    return fails(CALL_sigtimedwait) ? -1 : __real_sigtimedwait(set, info, time);
}

REAL(int, stat, const char *path, struct stat *st);
int __wrap_stat(const char *path, struct stat *st) { return fails(CALL_stat) ? -1 : __real_stat(path, st); }

REAL(long, syscall, long number, ...);
long __wrap_syscall(long number, ...) {
    long a[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(args, long);
    va_end(args);
    return fails(CALL_syscall) ? -1 : __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

REAL(int, unlink, const char *path);
int __wrap_unlink(const char *path) { return fails(CALL_unlink) ? -1 : __real_unlink(path); }

/* ---- memory ---- */

REAL(void *, malloc, size_t bytes);
void *__wrap_malloc(size_t bytes) {
    void *p = fails(CALL_malloc) ? NULL : __real_malloc(bytes);
    live_add(p);
    return p;
}

REAL(void *, calloc, size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes) {
    void *p = fails(CALL_calloc) ? NULL : __real_calloc(count, bytes);
    live_add(p);
    return p;
}

REAL(void *, realloc, void *old, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes) {
    if (fails(CALL_realloc)) return NULL;
    live_remove(old);
    void *p = __real_realloc(old, bytes);
    live_add(p != NULL ? p : old);
    return p;
}

REAL(char *, strndup, const char *text, size_t length);
char *__wrap_strndup(const char *text, size_t length) {
    char *p = fails(CALL_strndup) ? NULL : __real_strndup(text, length);
    live_add(p);
    return p;
}

REAL(void, free, void *p);
void __wrap_free(void *p) {
    live_remove(p);
    __real_free(p);
}

#endif
