/* SPDX-License-Identifier: Apache-2.0 */
/* The operations on pools and raw regions; see failing.h. */
#ifndef TESTS_OPS_REGION_H
#define TESTS_OPS_REGION_H

#include "fault/failing.h"

#define POOL_BYTES (8 * MIB)

static const brine_pool_options pool_options = {.max_bytes = POOL_BYTES};

static void with_pool(struct context *c) { c->pool = make_pool("f", POOL_BYTES); }

/* Gives back what memory the pool has ahead, and takes all records of its pages, so that both have to be had anew. */
static void run_short(struct context *c) {
    CHECK_OK(brine_pool_trim(c->pool, NULL));
    while ((info_of(c->pool).packets + 1) % RECORDS_PER_PAGE != 0) {
        CHECK(c->fills < (int)(sizeof c->fill / sizeof *c->fill));
        CHECK_OK(brine_packet_new(c->pool, &c->fill[c->fills++]));
    }
    /* memory of record pages that nobody has claimed, committed ahead */
    const struct layout *l = &c->pool->layout;
    for (uint64_t page = a64_load_relaxed(&pool_header(c->pool)->record_page_high); page < l->record_pages; page++)
        if (brine__committed(c->pool, l->records + page * UNIT_BYTES, 1))
            CHECK_OK(brine__decommit(c->pool, l->records + page * UNIT_BYTES, UNIT_BYTES));
}

static void pool_works(struct context *c) {
    brine_packet packet;
    CHECK_OK(brine_packet_new(c->pool, &packet));
    CHECK_OK(brine_set_int(brine_root(packet), "answer", 42));
    CHECK_EQ_INT(brine_get_int(brine_root(packet), "answer", 0), 42);
    CHECK_OK(brine_packet_free(packet));
}

/* ---- pools ---- */

static int run_create(struct context *c) { return brine_pool_create("f", &pool_options, &c->pool); }
static int run_create_private(struct context *c) { return brine_pool_create_private(&pool_options, &c->pool); }

static int run_create_rich(struct context *c) {
    brine_pool_options o = {
        .max_bytes = POOL_BYTES, .initial_bytes = MIB, .mode = 0660, .flags = BRINE_POOL_HUGE | BRINE_POOL_POPULATE};
    return brine_pool_create("f", &o, &c->pool);
}
static void verify_rich(struct context *c) {
    struct stat st;
    CHECK_SYS(stat(pool_file("f"), &st));
    CHECK_EQ_INT(st.st_mode & 0777, 0660);
    CHECK(info_of(c->pool).committed_bytes >= MIB);
    pool_works(c);
}

static void setup_replace(struct context *c) { c->second = make_pool("f", MIB); }
static int run_replace(struct context *c) {
    brine_pool_options o = {.max_bytes = POOL_BYTES, .flags = BRINE_POOL_REPLACE};
    return brine_pool_create("f", &o, &c->pool);
}
static void verify_replace(struct context *c) {
    CHECK_EQ_INT(brine_pool_bytes(c->pool), POOL_BYTES);
    CHECK_EQ_INT(brine_pool_bytes(c->second), MIB);
    pool_works(c);
}

static int run_create_exists(struct context *c) { return brine_pool_create("f", &pool_options, &c->second); }

static int run_attach(struct context *c) { return brine_pool_attach("f", NULL, brine_seconds(5), &c->second); }
static int run_attach_readonly(struct context *c) {
    brine_pool_options o = {.flags = BRINE_POOL_READONLY};
    return brine_pool_attach("f", &o, brine_seconds(5), &c->second);
}
static int run_attach_missing(struct context *c) {
    return brine_pool_attach("f", NULL, brine_milliseconds(2), &c->pool);
}
static void verify_attached(struct context *c) {
    struct context there = {.pool = c->second};
    CHECK_EQ_INT(info_of(c->pool).participants, 2);
    CHECK_EQ_INT(count_locks(pool_file("f")), 2);
    pool_works(&there);
}
static void verify_attached_readonly(struct context *c) {
    CHECK_EQ_INT(info_of(c->second).participants, 1);
    CHECK_STATUS(brine_packet_new(c->second, &c->packet), BRINE_EREADONLY);
}

/* A second handle of this process, with a packet and a pipe of its own. */
static void setup_detach(struct context *c) {
    brine_pipe *pipe;
    with_pool(c);
    c->second = attach_pool("f");
    CHECK(filled_packet(c->second, 100000, 1).record != 0);
    CHECK_OK(brine_pipe_serve(c->second, "p", 4, &pipe));
    CHECK_OK(brine_enqueue(pipe, filled_packet(c->second, 5000, 2), brine_now()));
}
static int run_detach(struct context *c) {
    brine_pool_detach(c->second);
    c->second = NULL;
    return 0;
}
static void verify_detached(struct context *c) {
    CHECK_EQ_INT(count_locks(pool_file("f")), 1);
    CHECK_EQ_INT(info_of(c->pool).participants, 1);
    CHECK_OK(brine_pipe_remove(c->pool, "p"));
}

static int count_name(const char *name, void *context) {
    CHECK_STR(name, "f");
    ++*(int *)context;
    return 0;
}
static int run_list(struct context *c) {
    c->number = 0;
    return brine_pool_list(count_name, &c->number);
}
static void verify_one(struct context *c) { CHECK_EQ_INT(c->number, 1); }

static void setup_unlink(struct context *c) {
    brine_pool_detach(make_pool("f", POOL_BYTES));
    (void)c;
}
static int run_unlink(struct context *c) {
    (void)c;
    return brine_pool_unlink("f");
}
static int run_unlink_stale(struct context *c) {
    (void)c;
    return brine_pool_unlink_stale("f");
}
static void verify_gone(struct context *c) {
    (void)c;
    CHECK(access(pool_file("f"), F_OK) != 0);
}
static void verify_there(struct context *c) {
    (void)c;
    CHECK(access(pool_file("f"), F_OK) == 0);
}

static int run_trim(struct context *c) { return brine_pool_trim(c->pool, NULL); }
static void setup_trim(struct context *c) {
    with_pool(c);
    CHECK_OK(brine_packet_free(filled_packet(c->pool, 300000, 1)));
}

/* What a participant leaves that died in the middle of things. */
static void dies(void *argument) {
    brine_pool *pool = attach_pool("f");
    brine_pipe *pipe = connect_to(pool, "p");
    brine_packet packet = filled_packet(pool, 100000, 1), clone;
    (void)argument;
    CHECK_OK(brine_packet_share(&packet));
    CHECK_OK(brine_packet_clone(packet, &clone));
    CHECK_OK(brine_enqueue(pipe, clone, brine_now()));
    CHECK(brine_pool_allocate(pool, 5000) != NULL);
    raise(SIGKILL);
}
static void setup_reap(struct context *c) {
    with_pool(c);
    c->pipe = serve(c->pool, "p", 4);
    CHECK_KILLED(check_fork(dies, NULL), SIGKILL);
}
static int run_reap(struct context *c) {
    unsigned reaped = 0;
    int rc = brine_pool_reap(c->pool, &reaped);
    c->number += (int)reaped;
    return rc;
}
static void verify_reap(struct context *c) {
    if (c->number == 0) CHECK_OK(run_reap(c)); /* a lock that could not be asked for: nobody was found dead this time */
    CHECK_EQ_INT(c->number, 1);
    CHECK_EQ_INT(info_of(c->pool).participants, 1);
    CHECK_OK(brine_dequeue(c->pipe, &c->packet, brine_now()));
    CHECK_EQ_INT(brine_packet_holders(c->packet), 1);
}
static void verify_attach_reaped(struct context *c) {
    CHECK_OK(brine_pool_reap(c->pool, NULL)); /* joining may not have been able to */
    CHECK_EQ_INT(info_of(c->pool).participants, 2);
    CHECK_OK(brine_dequeue(c->pipe, &c->packet, brine_now()));
    CHECK_EQ_INT(brine_packet_holders(c->packet), 1);
}
static void remove_pipe(struct context *c) {
    brine_packet packet;
    while (c->pipe && brine_dequeue(c->pipe, &packet, brine_now()) == 0) CHECK_OK(brine_packet_free(packet));
    CHECK_OK(brine_pipe_remove(c->pool, "p"));
}

static int run_allocate(struct context *c) {
    return (c->raw = brine_pool_allocate(c->pool, 100000)) != NULL ? 0 : BRINE_ENOMEM;
}
static void give_raw_back(struct context *c) { CHECK_OK(brine_pool_deallocate(c->pool, c->raw)); }
static void setup_deallocate(struct context *c) {
    with_pool(c);
    CHECK_OK(run_allocate(c));
}
static int run_deallocate(struct context *c) { return brine_pool_deallocate(c->pool, c->raw); }

/* ---- raw regions ---- */

static int run_raw_create(struct context *c) { return brine_raw_create("r", 100000, 0, NULL, &c->region); }
static int run_raw_attach(struct context *c) { return brine_raw_attach("r", NULL, brine_seconds(5), &c->region); }
static int run_raw_missing(struct context *c) { return brine_raw_attach("r", NULL, brine_milliseconds(2), &c->region); }
static int run_raw_unlink(struct context *c) {
    (void)c;
    return brine_raw_unlink("r");
}
static int run_raw_detach(struct context *c) {
    brine_raw_detach(&c->region);
    return 0;
}
static void setup_raw(struct context *c) {
    CHECK_OK(run_raw_create(c));
    run_raw_detach(c);
}
static void setup_raw_attached(struct context *c) { CHECK_OK(run_raw_create(c)); }
static void verify_raw(struct context *c) {
    CHECK_EQ_INT(c->region.bytes, 100000);
    memset(c->region.data, 7, c->region.bytes);
}
static void cleanup_raw(struct context *c) {
    brine_raw_detach(&c->region);
    CHECK_OK(brine_raw_unlink("r"));
}

/* ---- forked children ---- */

static void setup_fork_private(struct context *c) { CHECK_OK(run_create_private(c)); }
static void setup_fork_readonly(struct context *c) {
    with_pool(c);
    c->second = attach_readonly("f");
}
static int run_new(struct context *c) { return brine_packet_new(c->pool, &c->packet); }
static int run_readonly_info(struct context *c) {
    brine_pool_info info;
    return brine_pool_get_info(c->second, &info);
}
static int run_detach_forked(struct context *c) {
    brine_pool_detach(c->pool);
    c->pool = NULL;
    return 0;
}

static const struct operation region_operations[] = {
    {"create, first call", FIRST_USE, 0, NULL, run_create, pool_works, NULL},
    {"create", HERE, 0, NULL, run_create, pool_works, NULL},
    {"create, mode, initial memory", HERE, 0, NULL, run_create_rich, verify_rich, NULL},
    {"create, replacing", HERE, 0, setup_replace, run_replace, verify_replace, NULL},
    {"create, exists", HERE, BRINE_EEXIST, with_pool, run_create_exists, NULL, NULL},
    {"create private", HERE, 0, NULL, run_create_private, pool_works, NULL},
    {"attach", HERE, 0, with_pool, run_attach, verify_attached, NULL},
    {"attach read-only", HERE, 0, with_pool, run_attach_readonly, verify_attached_readonly, NULL},
    {"attach, not there", HERE, BRINE_ENOENT, NULL, run_attach_missing, NULL, NULL},
    {"detach", HERE, 0, setup_detach, run_detach, verify_detached, NULL},
    {"list", HERE, 0, with_pool, run_list, verify_one, NULL},
    {"unlink", HERE, 0, setup_unlink, run_unlink, verify_gone, NULL},
    {"unlink stale", HERE, 0, setup_unlink, run_unlink_stale, verify_gone, NULL},
    {"unlink stale, in use", HERE, BRINE_EBUSY, with_pool, run_unlink_stale, verify_there, NULL},
    {"reap", HERE, 0, setup_reap, run_reap, verify_reap, remove_pipe},
    {"attach, cleaning up after the dead", HERE, 0, setup_reap, run_attach, verify_attach_reaped, remove_pipe},
    {"trim", HERE, 0, setup_trim, run_trim, NULL, NULL},
    {"raw memory: allocate", HERE, 0, with_pool, run_allocate, NULL, give_raw_back},
    {"raw memory: deallocate", HERE, 0, setup_deallocate, run_deallocate, NULL, NULL},
    {"raw region: create", HERE, 0, NULL, run_raw_create, verify_raw, cleanup_raw},
    {"raw region: attach", HERE, 0, setup_raw, run_raw_attach, verify_raw, cleanup_raw},
    {"raw region: attach, not there", HERE, BRINE_ENOENT, NULL, run_raw_missing, NULL, NULL},
    {"raw region: detach", HERE, 0, setup_raw_attached, run_raw_detach, NULL, cleanup_raw},
    {"raw region: unlink", HERE, 0, setup_raw, run_raw_unlink, NULL, NULL},
    {"after fork: new packet", FORKED_USE, 0, with_pool, run_new, pool_works, NULL},
    {"after fork: private pool", FORKED_USE, 0, setup_fork_private, run_new, pool_works, NULL},
    {"after fork: read-only pool", FORKED_USE, 0, setup_fork_readonly, run_readonly_info, NULL, NULL},
    {"after fork: detach", FORKED_USE, 0, with_pool, run_detach_forked, NULL, NULL},
};

#endif
