/* SPDX-License-Identifier: Apache-2.0 */
/* exec: the new program is a new participant; the old one counts as dead at that moment, its packets are reaped, and
 * neither its lock nor its descriptors are inherited. Started by itself with the descriptor to answer on. */
#include "environment.h"

/* ---- the program after exec ---- */

static int after_exec(int answer) {
    struct signal_line line = {{-1, answer}};
    char link[64], target[600];
    for (int fd = 3; fd < 100; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        CHECK(length < 0 || !memmem(target, (size_t)length, "brine.", 6));
    }
    brine_pool *pool = attach_pool("exec"); /* reaps its former self */
    brine_pipe *pipe = connect_to(pool, "pipe");
    CHECK_EQ_INT(info_of(pool).participants, 2);
    CHECK_OK(put_number(pipe, next_number(pipe) + 1, brine_now()));
    CHECK(filled_packet(pool, 2 * MIB, 1).record != 0);
    line_say(&line, 'a');
    for (;;) pause();
}

/* ---- the program before ---- */

struct former {
    struct signal_line ready, go, after;
    const char *program;
};

static void *second_thread(void *argument) {
    CHECK(filled_packet(argument, 300 * KIB, 1).record != 0);
    for (;;) pause();
}

static void *waiting_thread(void *argument) {
    uint64_t number;
    get_number(argument, &number, brine_forever());
    return NULL;
}

/* Holds packets in two threads and waits in a third. */
static void former(void *argument) {
    struct former *f = argument;
    brine_pool *pool = attach_pool("exec");
    pthread_t threads[2];
    char answer[16];
    CHECK(filled_packet(pool, 3 * MIB, 1).record != 0);
    CHECK_EQ_INT(pthread_create(&threads[0], NULL, second_thread, pool), 0);
    CHECK_EQ_INT(pthread_create(&threads[1], NULL, waiting_thread, serve(pool, "empty", 4)), 0);
    while (info_of(pool).used_bytes < 3 * MIB + 300 * KIB || pipe_info(pool, "empty").blocked_readers == 0) sleep_ms(1);
    line_say(&f->ready, 'r');
    line_hear(&f->go);
    snprintf(answer, sizeof answer, "%d", f->after.ends[1]);
    execl(f->program, f->program, answer, (char *)NULL);
    _exit(9);
}

static pid_t start(struct former *f, const char *program) {
    *f = (struct former){line_open(), line_open(), line_open(), program};
    pid_t pid = check_fork(former, f);
    line_hear(&f->ready);
    return pid;
}

/* Becomes a program that knows nothing of brine: reaped while it runs. */
static void another_program(brine_pool *pool, uint64_t used) {
    struct former f;
    pid_t pid = start(&f, "/bin/sleep");
    unsigned reaped = 0;
    CHECK_OK(brine_pool_reap(pool, &reaped));
    CHECK_EQ_INT(reaped, 0);
    double begin = seconds_now();
    f.after.ends[1] = 30; /* not used */
    line_say(&f.go, 'g');
    while (reaped == 0 && seconds_now() - begin < 20) {
        CHECK_OK(brine_pool_reap(pool, &reaped));
        sleep_ms(1);
    }
    CHECK_EQ_INT(reaped, 1);
    kill(pid, SIGKILL);
    check_wait(pid);
    CHECK_OK(brine_pipe_remove(pool, "empty"));
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
}

static void itself_again(brine_pool *pool, brine_pipe *pipe, uint64_t used) {
    struct former f;
    CHECK_OK(put_number(pipe, 7, brine_now()));
    pid_t pid = start(&f, "/proc/self/exe");
    line_say(&f.go, 'g');
    CHECK_EQ_INT(line_hear(&f.after), 'a');
    CHECK_EQ_INT(next_number(pipe), 8);
    CHECK_EQ_INT(info_of(pool).participants, 2);
    CHECK(info_of(pool).used_bytes < used + 3 * MIB); /* the former one's are freed, the latter's are there */
    kill_wait(pid);
    CHECK_OK(brine_pool_reap(pool, NULL));
    CHECK_OK(brine_pipe_remove(pool, "empty"));
    CHECK_EQ_INT(info_of(pool).used_bytes, used);
}

int main(int argc, char **argv) {
    if (argc == 2) return after_exec(atoi(argv[1]));
    brine_pool *pool = make_pool("exec", 64 * MIB);
    brine_pipe *pipe = serve(pool, "pipe", 4);
    uint64_t used = info_of(pool).used_bytes;
    another_program(pool, used);
    itself_again(pool, pipe, used);
    check_whole(pool);
    drop_pool(pool);
    return 0;
}
