/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=180 serial */
/*
 * Stopped at every instruction: a process is stopped in the middle of each operation while another one does every
 * operation there is, which must not wait (see others.h) and must succeed. Then the stopped one is killed, or goes on
 * to its end. Nothing is lost, doubled or leaked either way.
 *
 * An instruction that neither touches the pool nor calls the system commutes with whatever others do. So it is stopped
 * before each of those that do (to be killed: of those that come after a change); all with BRINE_STEP_DEEP=1, else so
 * many as there is time for, spread evenly.
 * BRINE_STEP_ONLY=NAME runs one scene.
 */
#include "matrix.h"
#include "others.h"

#define SECONDS 35         /* of each job, when not deep */
#define PROMPT_SECONDS 1.0 /* processor time for all that the others do: it takes a few ms */

enum mode { KILLED, RESUMED, MODES };
static const char *const mode_names[] = {"killed", "resumed"};

struct sums {
    a64 next, scenes, points, stops, missed, longest_ns;
};
static struct sums *sums;

struct where {
    const char *scene;
    enum mode mode;
    uint64_t point, points;
    bool others; /* at work */
};
static struct where *where;
static const struct scene *now;
static uint64_t missed; /* of the run that is on */
static uint64_t used_at_rest;
static bool deep;

/* ---- the one who is stopped ---- */

/* A point of the operation, as met in a first run step by step: the so-and-so-many-th touch of the pool, and how many
 * system calls later (0: the touch itself). Later runs need single steps only from the touch on. */
struct point {
    uint64_t touches, calls;
    bool changed; /* something may have changed since the point before: else a kill here is a kill there */
};
#define POINTS_MAX 65536
struct points {
    uint64_t count;
    struct point at[POINTS_MAX];
};
static struct points *points; /* shared */
static struct point stop_at;
static bool counting;

static void count_point(void) {
    CHECK(points->count < POINTS_MAX);
    static bool wrote = true; /* before the first */
    points->at[points->count++] = (struct point){trap.touches, trap.calls, wrote};
    wrote = trap.writing;
}
static void stop_here(void) {
    if (trap.touches < stop_at.touches) return;
    trap.sparse = false;
    if (trap.calls != stop_at.calls) return;
    trap.over = true;
    kill(getpid(), SIGSTOP);
}

static void victim(void *argument) {
    (void)argument;
    die_with_parent();
    if (now->ready) now->ready();
    /* the kernel may not read a futex that is protected: those who sleep are stepped all the way */
    bool sparse = !counting && stop_at.touches > 0 && !(now->flags & SLEEPS);
    trap = (struct trap){.bytes = pool->layout.file_bytes,
                         .protection = PROT_NONE,
                         .sparse = sparse,
                         .before_point = counting ? count_point : stop_here};
    trap_run(now->flags & FRESH ? NULL : pool->base, now->act);
    a32_store_release(&board->returned, 1);
    if (!trap.over) raise(SIGSTOP);
}

/* ---- the others ---- */

static struct signal_line order, answer;
static pid_t others_pid;

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void others(void *argument) {
    (void)argument;
    die_with_parent();
    brine_pipe_length(pipe_a);
    forbid_sleep();
    line_say(&answer, 'r');
    for (;;) {
        line_hear(&order);
        double begin = cpu_seconds();
        others_work();
        double took = cpu_seconds() - begin;
        CHECK_MSG(took < PROMPT_SECONDS, "the others took %.3f s of processor time", took);
        a64_raise(&sums->longest_ns, (uint64_t)(took * 1e9));
        line_say(&answer, 'd');
    }
}

/* That they cannot wait unnoticed: here is one who does. */
static void sleeper(void *argument) {
    brine_packet packet;
    (void)argument;
    brine_pipe_length(pipe_a);
    forbid_sleep();
    _exit(brine_dequeue(pipe_a, &packet, brine_milliseconds(200)) == 0);
}
static void check_watch(void) {
    make_world();
    CHECK_KILLED(check_fork(sleeper, NULL), SIGSYS);
    drop_world(&scenes[1]);
}

static void let_others_work(void) {
    struct timeval patience = {30, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(answer.ends[0], &set);
    where->others = true;
    *damage = BLOCKED;
    line_say(&order, 'g');
    int n = select(answer.ends[0] + 1, &set, NULL, NULL, &patience);
    int status, ended = waitpid(others_pid, &status, WNOHANG);
    if (ended == others_pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        check_failed(__FILE__, __LINE__, "the others went to sleep");
    CHECK_MSG(ended == 0, "the others ended with wait status %#x", (unsigned)status);
    CHECK_MSG(n == 1, "the others did not come back");
    line_hear(&answer);
    where->others = false;
    *damage = OTHER;
}

/* ---- afterwards ---- */

/* What the stopped one holds: gone with it, by promise. */
static void note_held(bool held[256]) {
    uint64_t high = pool_record_high(pool);
    for (uint32_t i = 0; (i = next_record(pool, i, high)) != 0;) {
        struct record *r = pool_record(pool, i), *of = r;
        if (word_state(a64_load_acquire(&r->word)) != REC_HELD) continue;
        uint64_t target = a64_load_relaxed(&r->target);
        if (target) of = pool_record(pool, link_record(target));
        note_number(of, held);
    }
}

static void drain(brine_pipe *pipe) {
    brine_packet packet;
    while (brine_dequeue(pipe, &packet, brine_now()) == 0) {
        uint64_t n = number_in(packet);
        CHECK(n < 256);
        CHECK_OK(brine_packet_validate(packet));
        board->got[n]++;
        CHECK_OK(brine_packet_free(packet));
    }
}

static void tidy_up(void) {
    static const char *const names[] = {"n", "letters"};
    brine_pipe *dead;
    drain(pipe_a);
    drain(pipe_b);
    drain(pipe_l);
    CHECK_OK(brine_pipe_connect(pool, "dead", brine_now(), &dead));
    drain(dead);
    CHECK_OK(brine_pipe_close(dead));
    for (int i = 0; i < 2; i++) {
        int rc = brine_pipe_remove(pool, names[i]);
        CHECK(rc == 0 || rc == BRINE_ENOENT);
    }
    int rc = brine_unpublish(pool, "v");
    CHECK(rc == 0 || rc == BRINE_ENOENT);
}

static void await_stop(pid_t pid) {
    int status;
    CHECK_EQ_INT(waitpid(pid, &status, WUNTRACED), pid);
    CHECK_MSG(WIFSTOPPED(status), "it was to stop; its wait status is %#x", (unsigned)status);
}

/* The same each time, so that the operation takes the same way. */
static void begin_world(void) {
    make_world();
    others_pid = check_fork(others, NULL);
    line_hear(&answer);
    used_at_rest = info_of(pool).used_bytes;
}
static void end_world(void) {
    CHECK_SYS(kill(others_pid, SIGKILL));
    CHECK_KILLED(others_pid, SIGKILL);
    drop_world(now);
}

/* Stopped before a point, or at its end; the first time its points are counted. */
static void trial(enum mode mode, const struct point *point) {
    bool held[256] = {false};
    begin_world();
    counting = !point;
    if (point) stop_at = *point;
    if (now->before) now->before();
    pid_t pid = check_fork(victim, NULL);
    await_stop(pid);
    let_others_work();
    bool returned = a32_load_acquire(&board->returned) != 0;
    if (point && returned) { /* it took another way this time */
        a64_add_relaxed(&sums->missed, 1);
        missed++;
    }
    if (mode == KILLED) {
        note_held(held);
        CHECK_SYS(kill(pid, SIGKILL));
        CHECK_KILLED(pid, SIGKILL);
    } else {
        CHECK_SYS(kill(pid, SIGCONT));
        CHECK_EXIT(pid, 0);
        returned = true;
    }
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    note_received(now, returned, board->got);
    tidy_up();
    compare(now, returned, board->got, held);
    check_whole(pool);
    *damage = LEAKED;
    CHECK_EQ_INT(info_of(pool).used_bytes, used_at_rest);
    *damage = OTHER;
    a64_add_relaxed(&sums->stops, 1);
    end_world();
}

/* ---- scenes ---- */

static uint64_t common_divisor(uint64_t a, uint64_t b) { return b ? common_divisor(b, a % b) : a; }

static void run_mode(enum mode mode, double seconds) {
    double begin = seconds_now();
    uint64_t count = 0, at = 0, done = 0;
    static struct point all[POINTS_MAX];
    for (uint64_t i = 0; i < points->count; i++)
        if (mode != KILLED || points->at[i].changed) all[count++] = points->at[i];
    uint64_t jump = deep ? 1 : (uint64_t)((double)count * 0.618) + 1;
    missed = 0;
    while (common_divisor(count, jump) != 1) jump++; /* so that all are met */
    for (; done < count && (deep || seconds_now() - begin < seconds); done++) {
        where->mode = mode;
        where->point = at + 1;
        trial(mode, &all[at]);
        at = (at + jump) % count;
    }
    printf("%-24s %5" PRIu64 " points, stopped before %5" PRIu64 " of them (%" PRIu64 " missed) and %s, %.1f s\n",
           now->name, count, done, missed, mode_names[mode], seconds_now() - begin);
    fflush(stdout);
}

static void run_scene(const struct scene *scene, double seconds) {
    now = scene;
    where->scene = scene->name;
    order = line_open();
    answer = line_open();
    where->point = 0;
    points->count = 0;
    trial(RESUMED, NULL);
    where->points = points->count;
    for (enum mode mode = KILLED; mode < MODES; mode++) run_mode(mode, seconds / MODES);
    a64_add_relaxed(&sums->points, points->count);
    a64_add_relaxed(&sums->scenes, 1);
    for (int i = 0; i < 2; i++) close(order.ends[i]), close(answer.ends[i]);
}

static void job(void *number) {
    die_with_parent();
    uint64_t i;
    long jobs = sysconf(_SC_NPROCESSORS_ONLN);
    where += *(uint32_t *)number;
    board = shared_memory(sizeof *board);
    points = shared_memory(sizeof *points);
    check_watch();
    while ((i = a64_add_relaxed(&sums->next, 1)) < SCENES)
        if (wanted(&scenes[i]) && !(scenes[i].flags & NO_FREEZE))
            run_scene(&scenes[i], (double)SECONDS * (double)jobs / SCENES);
}

static void report(uint32_t job_number) {
    const struct where *w = &where[job_number];
    if (!w->scene) return;
    fprintf(stderr, "in the scene \"%s\", stopped before point %" PRIu64 " of %" PRIu64 ", %s%s\n", w->scene, w->point,
            w->points, mode_names[w->mode], w->others ? ", while the others worked" : "");
}

int main(int argc, char **argv) {
    double begin = seconds_now();
    (void)argc;
    if (!TRAP_HERE) SKIP("single-stepping is by the trap flag of x86-64");
    trap_start_again(argv);
    deep = asked("BRINE_STEP_DEEP");
    sums = shared_memory(sizeof *sums);
    where = shared_memory(sizeof *where * JOBS_MAX);
    uint32_t failures = run_jobs(job, report);
    printf("freeze matrix: %" PRIu64 " operations, %" PRIu64 " points, %" PRIu64 " stops, %" PRIu64
           " missed, others at most %.1f ms",
           a64_load_relaxed(&sums->scenes), a64_load_relaxed(&sums->points), a64_load_relaxed(&sums->stops),
           a64_load_relaxed(&sums->missed), (double)a64_load_relaxed(&sums->longest_ns) * 1e-6);
    print_damages(failures, seconds_now() - begin);
    CHECK(a64_load_relaxed(&sums->missed) <= a64_load_relaxed(&sums->stops) / 50);
    return failures != 0;
}
