/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the parts of a run find each other, in whatever order they start, and also when an earlier run
 * was killed and left its pool behind. Three rules are enough:
 *
 * 1. A server keeps its handle of a pipe until the pipe is empty, and only then ends the stream
 *    (session_end). So a pipe with packets in it that nobody serves is left over from a run that died.
 * 2. A reader takes nothing from a pipe that nobody serves. It does not stay in such a pool either: it
 *    detaches and looks again (session_join), and it leaves when the server dies (session_take).
 * 3. The process that makes the pool (session_lead) replaces one that nobody is attached to. Because
 *    of rule 2 the readers of an earlier run are soon gone. When every pipe is empty and closed it
 *    removes the pool (session_finish), so that an orderly run leaves nothing.
 *
 * All functions here end the program with a message when something cannot be done.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <brine/brine.h>

static inline _Noreturn void session_fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, brine_detail());
    exit(1);
}

static inline void session_pause(void) {
    struct timespec ms = {0, 5000000};
    nanosleep(&ms, NULL);
}

static inline uint32_t session_number(const char *text) {
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 || number > BRINE_CAPACITY_MAX) {
        fprintf(stderr, "\"%s\" is not a whole number from 1 to %u\n", text, BRINE_CAPACITY_MAX);
        exit(2);
    }
    return (uint32_t)number;
}

/* True about every five seconds, if called after each pause. */
static inline bool session_is_time_to_say_so(unsigned *pauses) { return ++*pauses % 1000 == 0; }

/* Makes the pool; replaces one that is left over; waits as long as one of this name is in use. */
static inline brine_pool *session_lead(const char *name, const char *size) {
    brine_pool *pool;
    brine_pool_options options = {0};
    if (brine_parse_size(size, &options.max_bytes) < 0) session_fail("size of the pool");
    for (unsigned pauses = 0;; session_pause()) {
        int status = brine_pool_create(name, &options, &pool);
        if (status == 0) return pool;
        if (status != BRINE_EEXIST) session_fail("making the pool");
        status = brine_pool_unlink_stale(name);
        if (status < 0 && status != BRINE_EBUSY && status != BRINE_ENOENT) session_fail("replacing the pool");
        if (session_is_time_to_say_so(&pauses)) fprintf(stderr, "pool %s is in use: waiting for it\n", name);
    }
}

/* True if a living process serves the pipe. */
static inline bool session_is_served(brine_pool *pool, const char *pipe_name) {
    brine_pipe_info info;
    brine_pool_reap(pool, NULL); /* forgets servers that died */
    return brine_pipe_get_info(pool, pipe_name, &info) == 0 && info.servers > 0;
}

/* Attaches to a pool in which somebody serves the pipe, waiting for both, and connects to it. */
static inline brine_pool *session_join(const char *name, const char *pipe_name, brine_pipe **pipe) {
    for (unsigned pauses = 0;; session_pause()) {
        brine_pool *pool;
        if (brine_pool_attach(name, NULL, brine_forever(), &pool) < 0) session_fail("attaching to the pool");
        if (session_is_served(pool, pipe_name) && brine_pipe_connect(pool, pipe_name, brine_now(), pipe) == 0) {
            brine_pipe_expect(*pipe, BRINE_EXPECT_SERVER); /* session_take() is to notice its death */
            return pool;
        }
        brine_pool_detach(pool);
        if (session_is_time_to_say_so(&pauses)) fprintf(stderr, "nobody serves pipe %s: waiting\n", pipe_name);
    }
}

/* Takes a packet. 0; BRINE_ECLOSED at the end of the stream; BRINE_EGONE when its server has died: the
 * caller then leaves the pool and joins again. */
static inline int session_take(brine_pipe *pipe, brine_packet *packet) {
    int status = brine_dequeue(pipe, packet, brine_forever());
    return status == BRINE_ENOENT ? BRINE_EGONE : status;
}

/* Puts a packet into a pipe, however long it is full. */
static inline void session_give(brine_pipe *pipe, brine_packet packet) {
    for (;;) {
        int status = brine_enqueue(pipe, packet, brine_seconds(5));
        if (status == 0) return;
        if (status != BRINE_ETIMEDOUT) session_fail("enqueue");
        fprintf(stderr, "pipe %s is full for 5 seconds ... trying again ...\n", brine_pipe_name(pipe));
    }
}

/* Ends the stream once all of it was taken. */
static inline void session_end(brine_pipe *pipe) {
    for (unsigned pauses = 0; brine_pipe_length(pipe) > 0; session_pause()) {
        if (session_is_time_to_say_so(&pauses)) {
            fprintf(stderr, "waiting for readers of pipe %s: %zu packets left\n", brine_pipe_name(pipe),
                    brine_pipe_length(pipe));
        }
    }
    if (brine_pipe_close(pipe) < 0) session_fail("ending the stream");
}

static inline int session_count_if_used(const brine_pipe_info *info, void *context) {
    if (info->depth > 0 || info->servers > 0 || info->clients > 0) ++*(unsigned *)context;
    return 0;
}

/* Waits until no pipe is in use any more, and removes the pool unless it is to be kept. */
static inline void session_finish(brine_pool *pool, bool keep) {
    unsigned used = 1;
    for (unsigned pauses = 0; used > 0; session_pause()) {
        used = 0;
        brine_pool_reap(pool, NULL);
        if (brine_pipe_each(pool, session_count_if_used, &used) < 0) session_fail("looking at the pipes");
        if (session_is_time_to_say_so(&pauses)) fprintf(stderr, "%u pipes are still in use: waiting\n", used);
    }
    if (!keep && brine_pool_unlink(brine_pool_name(pool)) < 0) session_fail("removing the pool");
    brine_pool_detach(pool);
}

#endif
