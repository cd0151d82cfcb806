/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=180 serial */
/*
 * A storm: writers, middles, fan-outs, readers, those with leases, publishers, growers, forkers, joiners and reapers
 * are killed with -9 at random, or stopped for a while, and started again, for BRINE_STORM_SECONDS (60). A ledger
 * outside the pool (storm_ledger.h) says at the end that every packet had exactly one fate; the pool is as empty as
 * before, and its memory was flat.
 *
 * The killer is its workers' tracer, so that each stands still in its exit, after SIGKILL has ended it at whatever
 * instruction and before the system lets go of its memory and with it of its locks: nobody can know yet that it is
 * dead, and what the pool says is its own can be written down. Where ptrace is not allowed it is stopped before.
 */
#include <sys/ptrace.h>

#include "storm_roles.h"

#define SAMPLES 1000

static pid_t pids[WORKERS_MAX];
static const struct role *role_of[WORKERS_MAX];
static double stopped_until[WORKERS_MAX];
static uint32_t workers, elder;
static uint64_t kills, stops, running, untraced;

static void start(uint32_t place, check_rng *rng) {
    static uint32_t lives;
    struct job job = {role_of[place], place, check_random(rng)};
    struct worker *cell = &ledger->cells[place];
    cell->life = ++lives;
    a64_store_release(&cell->doing, 0);
    a32_store_release(&cell->count, 0);
    pids[place] = check_fork(work, &job);
}

/* ---- killing ---- */

static void ended_by_itself(uint32_t place, int status) {
    check_failed(__FILE__, __LINE__, "worker %u (%s) ended by itself: wait status %#x", place,
                 role_of[place] ? role_of[place]->name : "elder", (unsigned)status);
}

/* Kills it and holds it in its exit. False: not allowed to trace. */
static bool kill_and_hold(uint32_t place) {
    int status;
    if (ptrace(PTRACE_SEIZE, pids[place], NULL, (void *)PTRACE_O_TRACEEXIT) == -1) {
        CHECK_MSG(errno == EPERM || errno == ESRCH, "ptrace: %s", strerror(errno));
        if (waitpid(pids[place], &status, WNOHANG) == 0) return false;
        ended_by_itself(place, status);
    }
    CHECK_SYS(kill(pids[place], SIGKILL));
    do {
        while (waitpid(pids[place], &status, __WALL) != pids[place])
            CHECK_MSG(errno == EINTR, "waitpid: %s", strerror(errno));
        if (!WIFSTOPPED(status)) ended_by_itself(place, status);
    } while (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8));
    unsigned long how;
    CHECK_SYS(ptrace(PTRACE_GETEVENTMSG, pids[place], NULL, &how));
    if ((int)how != SIGKILL) ended_by_itself(place, (int)how);
    return true;
}

static void stop_and_hold(uint32_t place) {
    int status;
    CHECK_SYS(kill(pids[place], SIGSTOP));
    CHECK_EQ_INT(waitpid(pids[place], &status, WUNTRACED), pids[place]);
    if (!WIFSTOPPED(status)) ended_by_itself(place, status);
}

static void strike(uint32_t place) {
    bool traced = kill_and_hold(place);
    if (!traced) {
        stop_and_hold(place);
        untraced++;
    }
    settle(&ledger->cells[place], pids[place]);
    uint64_t now = clock_now_ns();
    for (enum pipe_id p = 0; p < PIPES; p++)
        if (role_of[place] && role_of[place]->pipes >> p & 1) died_at(p, now);
    if (traced)
        CHECK_SYS(ptrace(PTRACE_CONT, pids[place], NULL, NULL));
    else
        CHECK_SYS(kill(pids[place], SIGKILL));
    CHECK_KILLED(pids[place], SIGKILL);
    stopped_until[place] = 0;
    kills++;
}

/* Stands still for a while, as under a debugger. One at a time, so that others of its role are left. */
static void stop_for_a_while(uint32_t place, check_rng *rng) {
    static uint32_t last;
    if (stopped_until[last] != 0 || place == elder) return;
    CHECK_SYS(kill(pids[place], SIGSTOP));
    stopped_until[place] = seconds_now() + 1e-3 * (double)check_below(rng, 300);
    last = place;
    stops++;
}

static void resume_stopped(void) {
    for (uint32_t i = 0; i < workers; i++) {
        if (stopped_until[i] == 0 || seconds_now() < stopped_until[i]) continue;
        CHECK_SYS(kill(pids[i], SIGCONT));
        stopped_until[i] = 0;
    }
}

/* On a CPU, or waiting for one: in the middle of something. */
static bool is_running(uint32_t place) {
    char path[32], text[300] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pids[place]);
    FILE *f = fopen(path, "re");
    if (!f) return false;
    const char *state = fgets(text, sizeof text, f) ? strrchr(text, ')') : NULL;
    fclose(f);
    return state && strncmp(state, ") R", 3) == 0;
}

/* Rather one that is in the middle of something than one that sleeps. */
static uint32_t choose_victim(check_rng *rng) {
    uint32_t place = 0;
    for (int i = 0; i < 4; i++) {
        place = (uint32_t)check_below(rng, workers);
        if (!is_running(place)) continue;
        running += place != elder;
        break;
    }
    return place;
}

static void rage(check_rng *rng) {
    uint32_t reaper = workers - 1;
    if (check_below(rng, 8) == 0) {
        stop_for_a_while((uint32_t)check_below(rng, workers), rng);
        return;
    }
    uint32_t place = choose_victim(rng);
    if (place == elder) return;
    strike(place);
    /* who cleans up after it now is killed as well, in the middle of that */
    if (place != reaper && check_below(rng, 4) == 0) {
        struct timespec t = {0, (long)check_below(rng, 300000)};
        nanosleep(&t, NULL);
        strike(reaper);
        start(reaper, rng);
    }
    start(place, rng);
}

/* ---- memory over the time ---- */

struct sample {
    uint64_t file_kib, resident_kib, elder_kib, elder_descriptors;
};
static struct sample samples[SAMPLES];
static unsigned sampled;

static uint64_t own_resident_kib(void) {
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    CHECK(f != NULL && fscanf(f, "%*u %lu", &pages) == 1);
    fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void sample(void) {
    if (sampled == SAMPLES) return;
    samples[sampled++] =
        (struct sample){file_memory("p") / 1024, own_resident_kib(), a64_load_relaxed(&ledger->elder_anonymous_kib),
                        a64_load_relaxed(&ledger->elder_descriptors)};
}

/* First, last and most of one column; most of its second half is to be no more than of the first, and `room`. */
static void check_flat(const char *what, size_t column, uint64_t room) {
    uint64_t first = 0, last = 0, most[2] = {0, 0};
    for (unsigned i = 0; i < sampled; i++) {
        uint64_t v = *(const uint64_t *)(const void *)((const char *)&samples[i] + column);
        if (first == 0) first = v;
        last = v;
        if (v > most[i >= sampled / 2]) most[i >= sampled / 2] = v;
    }
    printf("%s: first %" PRIu64 ", most in the first half %" PRIu64 ", in the second %" PRIu64 ", last %" PRIu64 "\n",
           what, first, most[0], most[1], last);
    CHECK_MSG(most[1] <= most[0] + room, "%s grew", what);
}

/* ---- the end ---- */

static void drain(enum pipe_id pipe) {
    brine_packet packet;
    while (brine_dequeue(pipes[pipe], &packet, brine_now()) == 0) {
        uint64_t number = whole_number(packet);
        set_fate(number, pipe, RECEIVED, 0);
        CHECK_OK(brine_packet_free(packet));
    }
}

static uint64_t count_lost(uint64_t *packets) {
    uint64_t lost = 0;
    *packets = 0;
    for (uint32_t i = 0; i < workers; i++) *packets += a64_load_relaxed(&ledger->cells[i].received);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        struct entry *e = &ledger->entries[i];
        uint64_t number = a64_load_relaxed(&e->number);
        for (int k = 0; k < 2; k++) /* it did not turn up: it was not given */
            if (fate_kind(a64_load_relaxed(&e->copies[k])) == MAYBE)
                a64_store_relaxed(&e->copies[k], fate_word(NOT_GIVEN, 0));
        if (number == 0 || settled(e)) continue;
        fprintf(stderr, "storm: packet %#" PRIx64 " is lost: fate %#" PRIx64 ", copies %#" PRIx64 " %#" PRIx64 "\n",
                number, a64_load_relaxed(&e->fate), a64_load_relaxed(&e->copies[0]), a64_load_relaxed(&e->copies[1]));
        lost++;
    }
    return lost;
}

static double median_stall_us(void) {
    uint64_t all = 0, below = 0;
    for (unsigned b = 0; b < STALL_BUCKETS; b++) all += a64_load_relaxed(&ledger->stalls[b]);
    for (unsigned b = 0; b < STALL_BUCKETS; b++)
        if ((below += a64_load_relaxed(&ledger->stalls[b])) * 2 >= all) return (double)stall_of_bucket(b) / 1000;
    return 0;
}

static void forget_unnumbered(void) {
    char name[8];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "v%d", i);
        brine_unpublish(pool, name);
        snprintf(name, sizeof name, "t%d", i);
        brine_pipe_remove(pool, name);
    }
}

static void print_what_happened(void) {
    static const struct {
        uint32_t state;
        const char *name;
    } states[] = {{REC_HELD, "held"},       {REC_SENDING, "sending"},       {REC_ARRIVED, "arrived"},
                  {REC_LEASED, "leased"},   {REC_FORWARDING, "forwarding"}, {REC_FREEING, "freeing"},
                  {REC_PINC, "counted up"}, {REC_PDEC, "counted down"},     {REC_PUBLISHING, "publishing"}};
    printf("%" PRIu64 " of %" PRIu64 " kills in the middle of something; %" PRIu64
           " stopped before (no ptrace); %" PRIu64 " stops; records found with the dead:",
           running, kills, untraced, stops);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        printf("%s %" PRIu64 " %s", i ? "," : "", found[states[i].state], states[i].name);
    printf("\n%" PRIu64 " sent and %" PRIu64 " received by calls for several; %" PRIu64 " delivered again, %" PRIu64
           " dead letters, %" PRIu64 " looked up, %" PRIu64 " grown, %" PRIu64 " forks, %" PRIu64 " joins, %" PRIu64
           " reaped by reapers; %" PRIu64 " copies of fan-outs that may or may not have been made\n",
           a64_load_relaxed(&ledger->sent_at_once), a64_load_relaxed(&ledger->received_at_once),
           a64_load_relaxed(&ledger->redelivered), a64_load_relaxed(&ledger->dead_letters),
           a64_load_relaxed(&ledger->looked_up), a64_load_relaxed(&ledger->grown), a64_load_relaxed(&ledger->forked),
           a64_load_relaxed(&ledger->joined), a64_load_relaxed(&ledger->reaped), a64_load_relaxed(&ledger->maybe));
}

static void make_pipes(void) {
    static const uint32_t capacities[PIPES] = {16, 3, 4, 1, 8, 64, 0};
    brine_pipe_options l = {
        .capacity = 8, .flags = BRINE_PIPE_LEASES, .max_deliveries = MAX_DELIVERIES, .dead_letter = "d"};
    brine_pipe_options m = {.capacity = 64, .flags = BRINE_PIPE_LEASES};
    for (enum pipe_id p = 0; p < PIPES; p++) {
        if (p != PIPE_L && p != PIPE_M)
            CHECK_OK(brine_pipe_serve(pool, pipe_names[p], capacities[p], &pipes[p]));
        else
            CHECK_OK(brine_pipe_serve_with(pool, pipe_names[p], p == PIPE_L ? &l : &m, &pipes[p]));
    }
}

int main(void) {
    check_rng rng = check_seed(1);
    const char *text = getenv("BRINE_STORM_SECONDS");
    double seconds = text && *text ? strtod(text, NULL) : 60;
    CHECK_MSG(seconds > 0, "BRINE_STORM_SECONDS=%s is not a time", text);
    ledger = shared_memory(sizeof *ledger);
    pool = make_pool("p", 64 * MIB);
    make_pipes();
    CHECK_OK(brine_pool_trim(pool, NULL));
    brine_pool_info before = info_of(pool);
    int descriptors = open_descriptors();

    elder = workers++;
    for (size_t r = 0; r < ROLES; r++)
        for (uint32_t i = 0; i < roles[r].count; i++) role_of[workers++] = &roles[r];
    CHECK(workers <= WORKERS_MAX && roles[ROLES - 1].step == reap_on);
    for (uint32_t i = 0; i < workers; i++) start(i, &rng);
    double begin = seconds_now();
    while (seconds_now() < begin + seconds) {
        struct timespec t = {0, (long)check_below(&rng, 6000000)};
        nanosleep(&t, NULL);
        resume_stopped();
        rage(&rng);
        if (seconds_now() > begin + seconds * (sampled + 1) / (SAMPLES + 1)) sample();
    }
    for (uint32_t i = 0; i < workers; i++) strike(i);

    CHECK_OK(brine_pool_reap(pool, NULL));
    check_whole(pool);
    for (enum pipe_id p = 0; p < PIPES; p++) drain(p);
    forget_unnumbered();
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_OK(brine_pool_trim(pool, NULL));
    check_whole(pool);
    uint64_t packets, lost = count_lost(&packets), doubled = a64_load_relaxed(&ledger->doubled);
    brine_pool_info after = info_of(pool);
    print_what_happened();
    check_flat("pool file, KiB", offsetof(struct sample, file_kib), 16384);
    check_flat("the killer's resident memory, KiB", offsetof(struct sample, resident_kib), 16384);
    /* every attached pool has another id: their table, 256 KiB, is touched little by little */
    check_flat("the elder's own memory, KiB", offsetof(struct sample, elder_kib), 512);
    check_flat("the elder's descriptors", offsetof(struct sample, elder_descriptors), 4);
    printf("at the end: %" PRIu64 " KiB committed (before %" PRIu64 "), %u participant, %" PRIu64 " records (%" PRIu64
           "), %" PRIu64 " KiB in the file\n",
           after.committed_bytes / 1024, before.committed_bytes / 1024, after.participants, after.packets,
           before.packets, file_memory("p") / 1024);
    printf("storm: %g s, %" PRIu64 " kills, %" PRIu64 " packets, %" PRIu64 " lost, %" PRIu64 " doubled, %" PRId64
           " bytes leaked, stalls p50 %.1f us, max %.1f ms\n",
           seconds, kills, packets, lost, doubled, (int64_t)(after.used_bytes - before.used_bytes), median_stall_us(),
           (double)a64_load_relaxed(&ledger->longest_ns) / 1e6);
    fflush(stdout);
    CHECK_EQ_INT(lost, 0);
    CHECK_EQ_INT(doubled, 0);
    CHECK_EQ_INT(after.used_bytes, before.used_bytes);
    CHECK_EQ_INT(after.packets, before.packets);
    CHECK_EQ_INT(after.participants, 1);
    CHECK_EQ_INT(after.committed_bytes, before.committed_bytes);
    CHECK_EQ_INT(open_descriptors(), descriptors);
    CHECK(packets > 100);
    CHECK(a64_load_relaxed(&ledger->sent_at_once) > 100 && a64_load_relaxed(&ledger->received_at_once) > 100);
    for (enum pipe_id p = 0; p < PIPES; p++) {
        CHECK_OK(brine_pipe_close(pipes[p]));
        CHECK_OK(brine_pipe_remove(pool, pipe_names[p]));
    }
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
