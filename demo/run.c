/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run [--seconds S] [--rate HZ] [--pool NAME] [--size SIZE]
 *
 * Makes the pool, starts sampler, rates and top beside itself, lets them work for S seconds (default
 * 5) and removes the pool. Exit status 0 only if all three ended well, which top does only if packets
 * came. A pool that an earlier run left over is replaced.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include "demo.h"

#define CHILDREN 3

static struct child {
    const char *name;
    pid_t pid; /* 0: ended */
    bool well;
} children[CHILDREN] = {{"top", 0, false}, {"rates", 0, false}, {"sampler", 0, false}};

static brine_pool *make_pool(const char *name, const char *size) {
    brine_pool *pool;
    brine_pool_options options = {0};
    if (brine_parse_size(size, &options.max_bytes) < 0) demo_fail("--size");
    int status = brine_pool_create(name, &options, &pool);
    if (status == BRINE_EEXIST && brine_pool_unlink_stale(name) == 0) status = brine_pool_create(name, &options, &pool);
    if (status < 0) demo_fail("making the pool");
    return pool;
}

/* The three stand beside this program. */
static void program_path(const char *name, char *path, size_t room) {
    ssize_t length = readlink("/proc/self/exe", path, room - 1);
    if (length < 0) length = 0;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    size_t folder = slash != NULL ? (size_t)(slash + 1 - path) : 0;
    snprintf(path + folder, room - folder, "%s", name);
}

static void start(struct child *child, char *const arguments[]) {
    char path[4096];
    program_path(child->name, path, sizeof path);
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid < 0) {
        perror("run: fork");
        exit(1);
    }
    if (child->pid > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* nothing stays behind if this program is killed */
    if (getppid() != parent) _exit(1);
    execv(path, arguments);
    perror(path);
    _exit(127);
}

static void signal_all(int signal_number) {
    for (int i = 0; i < CHILDREN; i++) {
        if (children[i].pid > 0) kill(children[i].pid, signal_number);
    }
}

static void ended(struct child *child, int status) {
    child->pid = 0;
    child->well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (child->well) return;
    if (WIFSIGNALED(status))
        fprintf(stderr, "run: %s was killed by signal %d\n", child->name, WTERMSIG(status));
    else
        fprintf(stderr, "run: %s ended with status %d\n", child->name, WEXITSTATUS(status));
    signal_all(SIGTERM);
}

static int running(void) {
    int count = 0;
    for (int i = 0; i < CHILDREN; i++) count += children[i].pid > 0;
    return count;
}

/* Waits for all three. The sampler ends by itself, and the others with its stream; those that have not
 * ended at the deadline are killed. A signal stops the sampler. */
static void wait_for_children(double seconds) {
    int64_t end_ns = demo_clock_ns(CLOCK_MONOTONIC) + (int64_t)(seconds * 1e9);
    bool stopping = false;
    while (running() > 0) {
        for (int i = 0, status; i < CHILDREN; i++) {
            if (children[i].pid > 0 && waitpid(children[i].pid, &status, WNOHANG) > 0) ended(&children[i], status);
        }
        if (demo_stop && !stopping && children[2].pid > 0) kill(children[2].pid, SIGTERM);
        if (demo_stop && !stopping) end_ns = demo_clock_ns(CLOCK_MONOTONIC) + 5000000000;
        stopping = demo_stop;
        if (demo_clock_ns(CLOCK_MONOTONIC) > end_ns) signal_all(SIGKILL);
        struct timespec pause = {0, 10000000};
        if (running() > 0) nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                            {"rate", required_argument, NULL, 'r'},
                                            {"pool", required_argument, NULL, 'p'},
                                            {"size", required_argument, NULL, 'z'},
                                            {NULL, 0, NULL, 0}};
    char *seconds = "5", *rate = "20", *name = "demo";
    const char *size = "256M";
    for (int option; (option = getopt_long(argc, argv, "s:r:p:z:", options, NULL)) != -1;) {
        switch (option) {
        case 's': seconds = optarg; break;
        case 'r': rate = optarg; break;
        case 'p': name = optarg; break;
        case 'z': size = optarg; break;
        default: return 2;
        }
    }
    double length_s = demo_number("--seconds", seconds, 0, 1e8);
    demo_number("--rate", rate, 0.001, 10000);
    demo_catch_signals();
    brine_pool *pool = make_pool(name, size);
    brine_pool_detach(pool); /* it is the children's now */
    start(&children[0], (char *[]){"top", name, NULL});
    start(&children[1], (char *[]){"rates", name, NULL});
    start(&children[2], (char *[]){"sampler", "--rate", rate, "--seconds", seconds, name, NULL});
    wait_for_children(length_s + 15);
    if (brine_pool_unlink(name) < 0) demo_fail("removing the pool");
    return children[0].well && children[1].well && children[2].well ? 0 : 1;
}
