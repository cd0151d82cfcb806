/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region: who is attached, and who died.
 *
 * Participant i is alive iff byte LOCK_BASE + i of the file is write-locked by an open file description
 * that a mapping of that process pins (F_OFD_SETLK on a fresh description, one page mapped through it
 * with MADV_DONTFORK, descriptor closed). Such a lock lives exactly as long as the process's memory:
 * it survives closing all descriptors and is not inherited by fork; exec, exit and kill -9 release it.
 * Pids, start times and the PROC_ word are not asked: they are for people.
 *
 * Taking a dead participant's lock is both the test of death and the right to clean up: if the cleaner
 * dies the lock is free again, and the next one starts over. All of it is idempotent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "region/pool.h"

static int set_lock(int fd, uint32_t i, short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_BASE + i, .l_len = 1};
    int rc;
    do rc = fcntl(fd, F_OFD_SETLK, &lock);
    while (rc < 0 && errno == EINTR);
    return rc;
}

int brine__lock_membership(int fd, short type) { return set_lock(fd, 0, type); }

bool brine__participant_alive(int fd, uint32_t i) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BASE + i, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) < 0 ||
           lock.l_type != F_UNLCK; /* where it cannot be asked nobody is called dead */
}

static void describe_self(const brine_pool *pool, struct proc *proc) {
    struct stat st;
    char command[sizeof proc->command] = "";
    FILE *f = fopen("/proc/self/comm", "re");
    if (f) {
        if (!fgets(command, sizeof command, f)) command[0] = 0;
        command[strcspn(command, "\n")] = 0;
        fclose(f);
    }
    memcpy(proc->command, command, sizeof command);
    a32_store_relaxed(&proc->pid, (uint32_t)getpid()); /* diagnostics: no order needed */
    a32_store_relaxed(&proc->uid, (uint32_t)getuid());
    a32_store_relaxed(&proc->only_cpu, a32_load_relaxed(&pool->only_cpu));
    a64_store_relaxed(&proc->pid_namespace, stat("/proc/self/ns/pid", &st) == 0 ? (uint64_t)st.st_ino : 0);
    a64_store_relaxed(&proc->start_ns, (uint64_t)brine__clock_ns(CLOCK_BOOTTIME));
}

/* Locks a free index through fd. */
static int take_index(brine_pool *pool, int fd, uint32_t *index) {
    for (uint32_t i = 1; i < PROC_COUNT; i++) {
        int rc = brine__commit(pool, pool->layout.proc + i * sizeof(struct proc), sizeof(struct proc), false);
        if (rc) return rc;
        struct proc *proc = pool_proc(pool, i);
        if (word_state(a64_load_acquire(&proc->word)) != PROC_FREE) continue;
        if (set_lock(fd, i, F_WRLCK) < 0) {
            if (errno == EAGAIN || errno == EACCES) continue; /* somebody has it */
            return brine__fail_errno("pool \"%s\": cannot lock the place of a participant", pool->name);
        }
        uint64_t w = a64_load_acquire(&proc->word); /* pairs with the release of the one who freed it */
        if (word_state(w) == PROC_FREE) {
            a64_raise(&pool_header(pool)->proc_high, i + 1);
            a64_store_release(&proc->word, WORD(word_gen(w), PROC_LIVE, 0));
            describe_self(pool, proc);
            pool->me_gen = word_gen(w);
            *index = i;
            return 0;
        }
        /* kept for as long as we live, the lock would keep others from cleaning up what is there */
        if (set_lock(fd, i, F_UNLCK) < 0)
            return brine__fail_errno("pool \"%s\": cannot unlock the place of a participant", pool->name);
    }
    return brine__fail(BRINE_ELIMIT, "pool \"%s\": %u processes are attached, there is no room for one more",
                       pool->name, PROC_COUNT - 1);
}

static int enter_membership(const brine_pool *pool, int fd) {
    if (brine__lock_membership(fd, F_RDLCK) == 0) return 0;
    if (errno == EAGAIN || errno == EACCES)
        return brine__fail(BRINE_EBUSY, "pool \"%s\" is being removed by another process (brine rm --stale)",
                           pool->name);
    return brine__fail_errno("pool \"%s\": cannot lock a byte of its file", pool->name);
}

/* A file system may drop the lock when the descriptor is closed, although the file is mapped: overlayfs maps
 * another file underneath. Nobody could tell then who is alive. */
static int check_pinned(brine_pool *pool, uint32_t index) {
    int fd = brine__pool_fd(pool);
    if (fd < 0 || brine__participant_alive(fd, index)) return 0;
    uint64_t w = WORD(pool->me_gen, PROC_LIVE, 0);
    a64_cas_acq_rel(&pool_proc(pool, index)->word, &w,
                    WORD(pool->me_gen, PROC_FREE, 0)); /* or somebody has reaped us */
    return brine__fail(
        BRINE_ENOTSUP,
        "pool \"%s\": its file system does not keep the lock of a mapped file (overlayfs does not); use a tmpfs such "
        "as /dev/shm, or a disk (BRINE_DIR)",
        pool->name);
}

static int join_through(brine_pool *pool, int fd, uint32_t *index) {
    int rc = enter_membership(pool, fd);
    if (rc) return rc;
    void *pin = mmap(NULL, pool->page_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (pin == MAP_FAILED)
        return brine__fail_errno("pool \"%s\": cannot map the page that marks this process as alive", pool->name);
    pool->pin = pin;
    if (madvise(pin, pool->page_bytes, MADV_DONTFORK) < 0)
        return brine__fail_errno("pool \"%s\": cannot keep the page that marks this process as alive from its children",
                                 pool->name);
    return take_index(pool, fd, index);
}

int brine__join(brine_pool *pool, uint32_t *index) {
    brine__fork_lock();
    brine__reap(pool, 0, NULL);
    int fd = brine__pool_reopen(pool), rc = fd;
    if (fd >= 0) {
        rc = join_through(pool, fd, index);
        close(fd);
    }
    if (!rc) rc = check_pinned(pool, *index);
    if (rc) brine__leave(pool);
    static uint64_t epochs; /* under the fork lock */
    pool->epoch = ++epochs;
    brine__fork_unlock();
    return rc;
}

void brine__leave(brine_pool *pool) {
    if (pool->pin) brine__unmap(pool->pin, pool->page_bytes);
    pool->pin = NULL;
}

/* Cleans up after participant i if it is dead. */
static bool reap_one(brine_pool *pool, int fd, uint32_t i) {
    struct proc *proc = pool_proc(pool, i);
    if (word_state(a64_load_acquire(&proc->word)) == PROC_FREE || set_lock(fd, i, F_WRLCK) < 0) return false;
    uint64_t w = a64_load_acquire(&proc->word); /* again: now nobody else reaps it */
    bool dead = word_state(w) != PROC_FREE;
    if (dead) {
        brine__reap_ops.undo(pool, i);
        a64_add_relaxed(&pool_header(pool)->reaps, 1);
        a64_store_release(&proc->word, WORD(word_gen(w) + 1, PROC_FREE, 0)); /* after it the index may be taken again */
    }
    set_lock(fd, i, F_UNLCK);
    return dead;
}

int brine__reap(brine_pool *pool, int64_t min_interval_ns, unsigned *reaped) {
    unsigned n = 0;
    if (reaped) *reaped = 0;
    if (pool->readonly) return brine__fail(BRINE_EREADONLY, "pool \"%s\" is attached read-only", pool->name);
    uint64_t now = (uint64_t)brine__now_ns();
    if (min_interval_ns && now - a64_load_relaxed(&pool->last_reap_ns) < (uint64_t)min_interval_ns) return 0;
    brine__fork_lock();
    a64_store_relaxed(&pool->last_reap_ns, now);
    int fd = brine__pool_reopen(pool);
    if (fd >= 0) {
        uint64_t high = a64_load_acquire(&pool_header(pool)->proc_high); /* pairs with the raise in take_index */
        uint32_t me = a32_load_relaxed(pool->me);
        for (uint32_t i = 1; i < high && i < PROC_COUNT; i++)
            if (i != me && reap_one(pool, fd, i)) n++;
        close(fd);
    }
    brine__fork_unlock();
    if (reaped) *reaped = n;
    return fd < 0 ? fd : 0;
}
