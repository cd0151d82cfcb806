/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs operations with failing calls. An operation is set up, run, checked and cleaned up; the first time undisturbed,
 * which counts its calls, then once for each call and errno with that call failing, then once for each call with
 * all from there on failing. It has to give an error with a text, or to succeed fully; tried again with nothing failing
 * it has to succeed; and cleaned up it has to leave what the undisturbed run left: memory of the process, mappings,
 * descriptors, locks, files, and in the pool not a byte and no broken invariant.
 *
 * Each operation has a process of its own, so that a crash is one line of the table; `place` says where the runs are.
 */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include "fault/faults.h"
#include "pipe_helpers.h"

enum place {
    HERE,      /* all runs in the operation's process, which has used the library before */
    FIRST_USE, /* each run in a process that has never used it */
    FORKED_USE /* each run in a process forked after the setup */
};

struct context {
    brine_pool *pool, *second; /* "f", made by the setup unless the operation makes it; another handle or pool */
    brine_packet packet, other, third, fill[256];
    int fills;
    brine_pipe *pipe, *other_pipe, *third_pipe;
    brine_raw_region region;
    char *text;
    size_t length;
    void *raw;
    FILE *stream;
    pthread_t thread;
    pid_t pid;
    int number;
};

struct operation {
    const char *name;
    enum place place;
    int expect;                         /* what an undisturbed run gives; 0: success */
    void (*setup)(struct context *c);   /* may be NULL; all of these with nothing failing but run */
    int (*run)(struct context *c);      /* what is made to fail. On failure it leaves nothing in c */
    void (*verify)(struct context *c);  /* the result is right */
    void (*cleanup)(struct context *c); /* gives back what is not in c */
};

/* ---- what is there ---- */

struct presence {
    int64_t allocations, mappings, file_mappings, descriptors, locks, files;
};

static int64_t count_file_mappings(void) {
    char line[1024];
    int64_t n = 0;
    FILE *f = fopen("/proc/self/maps", "re");
    CHECK(f != NULL);
    while (fgets(line, sizeof line, f) != NULL)
        n += strstr(line, "/brine.") != NULL || strstr(line, "/brine-raw.") != NULL ||
             strstr(line, "memfd:brine") != NULL;
    fclose(f);
    return n;
}

static int64_t count_files(void) {
    int64_t n = -2;
    DIR *dir = opendir(getenv("BRINE_DIR"));
    CHECK(dir != NULL);
    while (readdir(dir) != NULL) n++;
    closedir(dir);
    return n;
}

/* Participants' locks on a file. */
static int64_t count_locks(const char *path) {
    int64_t n = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return 0;
    for (off_t at = LOCK_BASE + 1; at < (off_t)(LOCK_BASE + PROC_COUNT);) {
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = (off_t)(LOCK_BASE + PROC_COUNT) - at};
        CHECK_SYS(fcntl(fd, F_OFD_GETLK, &lock));
        if (lock.l_type == F_UNLCK) break;
        n++;
        at = lock.l_start + lock.l_len;
    }
    close(fd);
    return n;
}

static struct presence look(void) {
    return (struct presence){(int64_t)live_count, (int64_t)mapping_count,      count_file_mappings(),
                             open_descriptors(),  count_locks(pool_file("f")), count_files()};
}

static bool same_presence(const char *what, const struct presence *was, const struct presence *is,
                          const struct presence *usual) {
    const int64_t *a = &was->allocations, *b = &is->allocations, *u = &usual->allocations;
    static const char *const names[] = {"allocations", "mappings", "mappings of files",
                                        "descriptors", "locks",    "files"};
    bool same = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (b[i] - a[i] == u[i]) continue;
        fprintf(stderr, "%s: %+" PRId64 " %s, %+" PRId64 " without a failure\n", what, b[i] - a[i], names[i], u[i]);
        same = false;
    }
    return same;
}

/* ---- one run ---- */

struct row {
    uint64_t calls, made, errors, leaks, crashes;
    /* What an undisturbed run leaves: things that are kept for good, as the first use makes them. */
    struct presence usual;
    uint64_t file_bytes, parent_file_bytes; /* memory of the pool's file after it */
    uint64_t base_bytes, base_packets;      /* FORKED_USE: what the parent has in the pool meanwhile */
    uint64_t at;                            /* where it is now, for the message when it crashes */
    int error;
    bool lasting, counted;
    uint32_t trace_count;
    uint16_t trace[TRACE_MAX];
};

static struct row *row; /* shared with the processes of an operation */

static const char MARK[] = "\"?\" is not a size";

static void mark_detail(void) {
    uint64_t bytes;
    CHECK_STATUS(brine_parse_size("?", &bytes), BRINE_EINVAL);
    CHECK(strncmp(brine_detail(), MARK, sizeof MARK - 1) == 0);
}

static void describe(char *text, size_t size, const struct operation *op) {
    snprintf(text, size, "%s, call %" PRIu64 " (%s, %s)%s", op->name, row->at,
             row->at < row->trace_count ? calls[row->trace[row->at]].name : "none", strerrorname_np(row->error),
             row->lasting ? " and all after it" : "");
}

static void check_error(const struct operation *op, const char *what, int rc) {
    (void)op;
    if (rc >= 0 || strcmp(brine_status_name(rc), "BRINE_E?") == 0)
        check_failed(__FILE__, __LINE__, "%s: gave %d, which is no error", what, rc);
    if (brine_detail()[0] == 0 || strncmp(brine_detail(), MARK, sizeof MARK - 1) == 0)
        check_failed(__FILE__, __LINE__, "%s: gave %s without a text", what, brine_status_name(rc));
}

static void drop_context(struct context *c) {
    CHECK_OK(brine_packet_free(c->packet));
    CHECK_OK(brine_packet_free(c->other));
    CHECK_OK(brine_packet_free(c->third));
    for (int i = 0; i < c->fills; i++) CHECK_OK(brine_packet_free(c->fill[i]));
    c->fills = 0;
    brine_pipe_detach(c->pipe);
    brine_pipe_detach(c->other_pipe);
    brine_pipe_detach(c->third_pipe);
    free(c->text);
    if (c->stream) fclose(c->stream);
}

/* The pool holds nothing any more, breaks no invariant, and its file no more than usual. */
static bool pool_clean(struct context *c, const char *what, uint64_t *file_bytes) {
    if (!c->pool) return true;
    unsigned reaped;
    uint64_t given;
    CHECK_OK(brine_pool_reap(c->pool, &reaped));
    CHECK_OK(brine_pool_trim(c->pool, &given));
    int problems = brine_pool_check(c->pool, print_problem, NULL);
    brine_pool_info info = info_of(c->pool);
    if (problems == 0 && info.used_bytes == row->base_bytes && info.packets == row->base_packets) {
        uint64_t file = brine_pool_name(c->pool)[0] ? file_memory("f") : 0;
        if (*file_bytes == 0) *file_bytes = file; /* of the first, undisturbed run */
        if (file <= *file_bytes) return true;
        fprintf(stderr, "%s: the file has %" PRIu64 " bytes, %" PRIu64 " without a failure\n", what, file, *file_bytes);
        return false;
    }
    fprintf(stderr, "%s: %d problems, %" PRIu64 " bytes and %" PRIu64 " packets left in the pool\n", what, problems,
            info.used_bytes, info.packets);
    return false;
}

static void end_pool(struct context *c) {
    if (c->second) brine_pool_detach(c->second);
    if (c->pool) brine_pool_detach(c->pool);
    if (access(pool_file("f"), F_OK) == 0) CHECK_OK(brine_pool_unlink("f"));
}

/* Setup was done. Runs it with what `row` says failing, tries again, cleans up. */
static bool disturb(const struct operation *op, struct context *c, const char *what) {
    mark_detail();
    fault_arm(row->counted ? row->at : UINT64_MAX, row->error, row->lasting);
    int rc = op->run(c);
    fault_disarm();
    if (!row->counted) {
        row->calls = fault.count;
        row->trace_count = (uint32_t)(fault.count < TRACE_MAX ? fault.count : TRACE_MAX);
        memcpy(row->trace, fault.trace, sizeof row->trace);
    }
    row->made += fault.made != 0;
    if (rc != op->expect) {
        if (!row->counted) check_failed(__FILE__, __LINE__, "%s: gave %d: %s", op->name, rc, brine_detail());
        row->errors++;
        check_error(op, what, rc);
        if (c->pool && op->place != FORKED_USE && brine_pool_check(c->pool, print_problem, NULL) != 0)
            check_failed(__FILE__, __LINE__, "%s: the pool is broken after the failure", what);
        rc = op->run(c);
        if (rc != op->expect)
            check_failed(__FILE__, __LINE__, "%s: tried again it gave %d: %s", what, rc, brine_detail());
    }
    if (op->verify) op->verify(c);
    if (op->cleanup && op->place != FORKED_USE) op->cleanup(c);
    drop_context(c);
    return pool_clean(c, what, &row->file_bytes);
}

static void finish_run(const struct operation *op, const struct presence *before, const char *what, bool clean) {
    (void)op;
    struct presence after = look();
    if (!row->counted) {
        for (size_t i = 0; i < sizeof after / sizeof(int64_t); i++)
            (&row->usual.allocations)[i] = (&after.allocations)[i] - (&before->allocations)[i];
    }
    if (!same_presence(what, before, &after, &row->usual) || !clean) row->leaks++;
    row->counted = true;
}

static void run_whole(const struct operation *op) {
    char what[160];
    struct context c = {0};
    describe(what, sizeof what, op);
    struct presence before = look();
    if (op->setup) op->setup(&c);
    bool clean = disturb(op, &c, what);
    end_pool(&c);
    finish_run(op, &before, what, clean);
}

static void whole_in_child(void *op) { run_whole(op); }

struct inherited {
    const struct operation *op;
    struct context *context;
};

static void part_in_child(void *argument) {
    struct inherited *in = argument;
    char what[160];
    describe(what, sizeof what, in->op);
    struct presence before = look();
    bool clean = disturb(in->op, in->context, what);
    brine_pool_detach(in->context->second);
    brine_pool_detach(in->context->pool);
    finish_run(in->op, &before, what, clean);
}

static void run_forked(const struct operation *op) {
    struct context c = {0}, child;
    op->setup(&c);
    brine_pool_info info = info_of(c.pool);
    row->base_bytes = info.used_bytes;
    row->base_packets = info.packets;
    child = c;
    struct inherited in = {op, &child};
    CHECK_IN_CHILD(part_in_child, &in);
    if (op->cleanup) op->cleanup(&c);
    drop_context(&c);
    row->base_bytes = row->base_packets = 0;
    if (!pool_clean(&c, op->name, &row->parent_file_bytes)) row->leaks++;
    end_pool(&c);
}

static void run_once(const struct operation *op) {
    alarm(20); /* a hang is a crash */
    if (op->place == FORKED_USE)
        run_forked(op);
    else if (op->place == FIRST_USE)
        CHECK_EXIT(check_fork(whole_in_child, (void *)(uintptr_t)op), 0);
    else
        run_whole(op);
}

/* ---- all runs of one operation ---- */

static void run_all(void *argument) {
    const struct operation *op = argument;
    if (op->place == HERE) { /* what is made once and kept is made by this; see FIRST_USE for that */
        row->counted = false;
        run_once(op);
        row->counted = false;
    }
    row->made = row->errors = row->leaks = 0;
    run_once(op);
    for (uint64_t k = 0; k < row->trace_count; k++) {
        row->at = k;
        row->lasting = false;
        for (const int *error = calls[row->trace[k]].errors; *error; error++) {
            row->error = *error;
            run_once(op);
        }
        row->lasting = true;
        row->error = calls[row->trace[k]].errors[0];
        run_once(op);
    }
}

/* What an operation that crashed left. */
static void remove_files(void) {
    char path[600];
    DIR *dir = opendir(getenv("BRINE_DIR"));
    CHECK(dir != NULL);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(path, sizeof path, "%s/%s", getenv("BRINE_DIR"), entry->d_name);
        CHECK_SYS(unlink(path));
    }
    closedir(dir);
}

/* True if nothing crashed or leaked. */
static bool prove(const struct operation *op) {
    memset(row, 0, sizeof *row);
    remove_files();
    int status = check_wait(check_fork(run_all, (void *)(uintptr_t)op));
    if (status != 0) {
        char what[160];
        describe(what, sizeof what, op);
        row->crashes++;
        fprintf(stderr, "%s: ended with wait status %#x\n", what, (unsigned)status);
    }
    printf("%-34s %5" PRIu64 " %6" PRIu64 " %6" PRIu64 " %5" PRIu64 "\n", op->name, row->calls, row->made, row->errors,
           row->leaks);
    fflush(stdout);
    return row->leaks == 0 && row->crashes == 0;
}

#endif
