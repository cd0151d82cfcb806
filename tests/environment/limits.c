/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the process (setrlimit): an error that names the limit, never a signal. What was attached before goes on.
 * (unit/region_limits has creating and attaching under RLIMIT_AS, RLIMIT_FSIZE and RLIMIT_NOFILE.) */
#include "environment.h"

static void limit(__rlimit_resource_t what, rlim_t value) {
    struct rlimit limits;
    CHECK_SYS(getrlimit(what, &limits));
    limits.rlim_cur = value;
    CHECK_SYS(setrlimit(what, &limits));
}

/* ---- RLIMIT_FSIZE: passing it sends SIGXFSZ ---- */

static volatile sig_atomic_t signals;
static void on_signal(int number) {
    (void)number;
    signals++;
}

static void too_large(void) {
    brine_raw_region raw;
    brine_pool *pool = NULL;
    CHECK_STATUS(brine_raw_create("r", 2 * MIB, 0, NULL, &raw), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "File too large");
    CHECK_STATUS(brine_pool_create("p", NULL, &pool), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "ulimit -f");
    CHECK_STATUS(brine_pool_create_private(NULL, &pool), BRINE_ENOMEM);
    int fd = memfd_create("x", MFD_CLOEXEC);
    CHECK_EQ_INT(brine__file_size(fd, 2 * MIB), -1); /* also if the limit came down just before */
    CHECK_EQ_INT(errno, EFBIG);
    CHECK_EQ_INT(brine__file_back(fd, 0, 2 * MIB), -1);
    CHECK_EQ_INT(errno, EFBIG);
    close(fd);
}

static void file_size(void *argument) {
    (void)argument;
    sigset_t one, pending;
    limit(RLIMIT_FSIZE, MIB);
    too_large(); /* with the default action: would end the process */
    struct sigaction action = {.sa_handler = on_signal};
    CHECK_SYS(sigaction(SIGXFSZ, &action, NULL));
    too_large();
    CHECK_EQ_INT(signals, 0);
    sigemptyset(&one);
    sigaddset(&one, SIGXFSZ);
    CHECK_SYS(sigprocmask(SIG_BLOCK, &one, NULL));
    raise(SIGXFSZ); /* one of the program's own stays */
    too_large();
    CHECK_SYS(sigpending(&pending));
    CHECK_EQ_INT(sigismember(&pending, SIGXFSZ), 1);
    CHECK_SYS(sigprocmask(SIG_UNBLOCK, &one, NULL));
    CHECK_EQ_INT(signals, 1);
    too_large();
    CHECK_EQ_INT(signals, 1);
}

/* Lowered after creation: the file has its size already, so growing is not affected. */
static void file_size_later(void *argument) {
    (void)argument;
    brine_pool *pool = make_pool("life", 32 * MIB), *private;
    brine_pool_options options = {.max_bytes = 32 * MIB};
    CHECK_OK(brine_pool_create_private(&options, &private));
    limit(RLIMIT_FSIZE, 4096);
    whole_life(private);
    whole_life(pool);
}

/* ---- RLIMIT_AS: lowered below what is mapped ---- */

static uint64_t address_space_now(void) {
    uint64_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    CHECK(f != NULL && fscanf(f, "%" SCNu64, &pages) == 1);
    fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void address_space(void *argument) {
    (void)argument;
#ifdef __SANITIZE_ADDRESS__
    SKIP("AddressSanitizer itself takes terabytes of address space");
#endif
    brine_pool *pool = make_pool("life", 64 * MIB), *second = NULL;
    brine_raw_region raw;
    brine_packet packet = filled_packet(pool, 100, 1);
    limit(RLIMIT_AS, address_space_now() + 16 * MIB);
    CHECK_STATUS(brine_pool_attach("life", NULL, brine_seconds(20), &second), BRINE_ENOMEM);
    CHECK_CONTAINS(brine_detail(), "ulimit -v");
    CHECK_STATUS(brine_raw_create("r", 20 * MIB, 0, NULL, &raw), BRINE_ENOMEM);
    brine_packet large = filled_packet(pool, 20 * MIB, 2); /* mapped from the start */
    CHECK_MSG(large.record != 0, "%s", brine_detail());
    check_filled(large);
    CHECK_OK(brine_packet_free(large));
    limit(RLIMIT_AS, RLIM_INFINITY);
    check_filled(packet);
    CHECK_OK(brine_packet_free(packet));
    whole_life(pool);
}

/* ---- RLIMIT_NOFILE: all taken ---- */

static int last;

static void take_descriptors(void) {
    for (int fd; (fd = dup(0)) >= 0;) last = fd;
    CHECK_EQ_INT(errno, EMFILE);
}

static void none_free(int status) {
    CHECK_EQ_INT(status, BRINE_ESYS);
    CHECK_CONTAINS(brine_detail(), "Too many open files");
}

static void late_child(void *argument) {
    brine_packet packet;
    none_free(brine_packet_new(argument, &packet)); /* being attached anew needs one */
    CHECK_CONTAINS(brine_detail(), "ulimit -n");
    none_free(brine_packet_new(argument, &packet));
    close(last);
    CHECK_OK(brine_packet_new(argument, &packet));
    brine_pool_detach(argument);
}

static void descriptors(void *argument) {
    (void)argument;
    struct holder h = {"life", line_open()};
    brine_pool *pool = make_pool("life", 64 * MIB), *other = NULL;
    brine_pipe *pipe = serve(pool, "pipe", 4);
    brine_packet packet;
    uint64_t number;
    pid_t pid = check_fork(hold_packets, &h);
    line_hear(&h.ready);
    limit(RLIMIT_NOFILE, 60);
    take_descriptors();
    CHECK_OK(put_number(pipe, 5, brine_now()));
    CHECK_OK(get_number(pipe, &number, brine_now()));
    CHECK_STATUS(get_number(pipe, &number, brine_milliseconds(250)), BRINE_ETIMEDOUT); /* its slices cannot reap */
    brine_packet large = filled_packet(pool, 20 * MIB, 1);
    CHECK(large.record != 0);
    CHECK_OK(brine_packet_free(large));
    CHECK_OK(brine_pool_trim(pool, NULL));
    info_of(pool);
    kill_wait(pid);
    none_free(brine_pool_reap(pool, NULL));
    CHECK_CONTAINS(brine_detail(), "ulimit -n");
    none_free(brine_pool_attach("life", NULL, brine_seconds(20), &other));
    none_free(brine_pool_create("new", NULL, &other));
    none_free(brine_pool_create_private(NULL, &other));
    none_free(brine_pool_unlink_stale("life"));
    none_free(brine_pool_list(NULL, NULL));
    none_free(brine_peek(pool, "pipe", 0, 0, &packet) == BRINE_ENOENT ? brine_pool_reap(pool, NULL) : BRINE_ESYS);
    CHECK_IN_CHILD(late_child, pool);
    close(last); /* one is enough for everything */
    CHECK_OK(brine_pool_reap(pool, NULL));
    brine_pool_detach(attach_readonly("life"));
    limit(RLIMIT_NOFILE, 200);
    brine_pipe_detach(pipe);
    CHECK_OK(brine_pipe_remove(pool, "pipe"));
    whole_life(pool);
}

/* ---- limits that do not matter ---- */

static void locked_memory(void *argument) {
    (void)argument;
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MSGQUEUE, 0);
    whole_life(make_pool("life", 32 * MIB));
}

int main(void) {
    static const struct environment_case cases[] = {{"file size", file_size},
                                                    {"file size lowered later", file_size_later},
                                                    {"address space", address_space},
                                                    {"descriptors", descriptors},
                                                    {"locked memory", locked_memory}};
    return RUN_CASES(cases);
}
