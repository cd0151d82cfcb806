/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors for select, poll, epoll and asyncio: an eventfd, and a thread of C that waits for the pipe and writes to
 * it.
 *
 *   armed     the thread waits; the descriptor is not readable
 *   not armed the descriptor is readable, and stays so until poller_arm()
 *
 * The thread never touches Python. It keeps the pipe's handle and the pool's mapping; whoever stops it does not wait
 * for it, it ends within a slice.
 */
#include "module.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SLICE_MS 100
#define STACK_BYTES (256 * 1024)

struct poller {
    atomic_int refs; /* the pipe's, the thread's */
    int fd;
    uint32_t events;
    struct pipe_core *core;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool armed, stop;
};

static void unref(struct poller *p) {
    if (atomic_fetch_sub(&p->refs, 1) != 1) return;
    close(p->fd);
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->changed);
    free(p);
}

static void fire(struct poller *p) {
    p->armed = false;
    if (eventfd_write(p->fd, 1)) p->stop = true; /* cannot be: the count is far from full */
}

/* With the mutex held, which it gives up while it waits. */
static void watch(struct poller *p) {
    brine_wait w = {.pipe = p->core->raw, .events = p->events};
    pthread_mutex_unlock(&p->mutex);
    int rc = brine_wait_any(&w, 1, brine_milliseconds(SLICE_MS));
    pthread_mutex_lock(&p->mutex);
    if (rc != BRINE_ETIMEDOUT && rc != BRINE_EINTR && p->armed)
        fire(p); /* also after an error, which get() will raise */
}

static void *run(void *context) {
    struct poller *p = context;
    struct pool_core *pool = p->core->pool;
    pthread_mutex_lock(&p->mutex);
    while (!p->stop) {
        if (p->armed)
            watch(p);
        else
            pthread_cond_wait(&p->changed, &p->mutex);
    }
    pthread_mutex_unlock(&p->mutex);
    pipe_core_unref(p->core);
    core_unuse(pool);
    unref(p);
    return NULL;
}

/* Signals are the other threads' business. */
static int start(struct poller *p) {
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int rc = pthread_attr_init(&attr);
    if (rc) return rc;
    sigfillset(&all);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, &attr, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return rc;
}

struct poller *poller_new(struct pipe *pipe, uint32_t events) {
    struct poller *p = calloc(1, sizeof *p);
    if (!p) return (void *)PyErr_NoMemory();
    atomic_init(&p->refs, 2);
    p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->events = events;
    p->core = pipe->core;
    p->armed = true;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    bool used = p->fd >= 0 && core_use(pipe->pool->core);
    if (used) atomic_fetch_add(&pipe->core->refs, 1);
    int rc = used ? start(p) : errno;
    if (rc == 0) return p;
    if (used) {
        atomic_fetch_sub(&pipe->core->refs, 1);
        core_unuse(pipe->pool->core);
    }
    errno = rc;
    PyErr_SetFromErrno(PyExc_OSError);
    if (p->fd >= 0) close(p->fd);
    free(p);
    return NULL;
}

int poller_fd(const struct poller *p) { return p->fd; }

void poller_arm(struct poller *p) {
    eventfd_t count;
    pthread_mutex_lock(&p->mutex);
    if (!p->armed && eventfd_read(p->fd, &count) == 0) {
        p->armed = true;
        pthread_cond_signal(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
}

/* In a forked child the mutex may be held by a thread that is not there, and what the thread kept is this one's to
 * drop. */
void poller_stop(struct poller *p, bool forked) {
    struct pool_core *pool = p->core->pool;
    if (forked) {
        pipe_core_unref(p->core);
        core_unuse(pool);
        close(p->fd);
        free(p);
        return;
    }
    pthread_mutex_lock(&p->mutex);
    p->stop = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    unref(p);
}
