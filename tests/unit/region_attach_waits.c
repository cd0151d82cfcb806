/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching to a pool that comes later, or not at all: the deadline is kept. */
#include "pool_helpers.h"

static void never(brine_deadline deadline, double least, double most) {
    brine_pool *pool = NULL;
    double start = seconds_now();
    CHECK_STATUS(brine_pool_attach("nobody", NULL, deadline, &pool), BRINE_ENOENT);
    double took = seconds_now() - start;
    CHECK_MSG(took >= least && took <= most, "it took %.3f s, not %.3f to %.3f", took, least, most);
    CHECK_CONTAINS(brine_detail(), "\"nobody\" does not exist");
    CHECK(pool == NULL);
}

static void create_later(void *argument) {
    usleep(300000);
    brine_pool_detach(make_pool(argument, MIB));
}

static void on_signal(int number) { (void)number; }

int main(void) {
    never(brine_now(), 0, 0.5);
    never(brine_seconds(-3), 0, 0.5);
    never((brine_deadline){1}, 0, 0.5); /* passed long ago */
    never(brine_milliseconds(200), 0.2, 1.5);
    brine_deadline both = brine_until(brine_milliseconds(300)); /* one deadline for two calls */
    double start = seconds_now();
    never(both, 0.2, 1.5);
    never(both, 0, 0.5);
    CHECK(seconds_now() - start < 1.5);

    pid_t child = check_fork(create_later, (void *)(uintptr_t) "later");
    start = seconds_now();
    brine_pool *pool;
    CHECK_OK(brine_pool_attach("later", NULL, brine_seconds(20), &pool));
    double took = seconds_now() - start;
    CHECK_MSG(took > 0.2 && took < 5, "it took %.3f s", took);
    CHECK_EXIT(child, 0);
    drop_pool(pool);

    child = check_fork(create_later, (void *)(uintptr_t) "later");
    CHECK_OK(brine_pool_attach("later", NULL, brine_forever(), &pool));
    CHECK_EXIT(child, 0);
    drop_pool(pool);

    /* Signals neither end the wait early nor restart its deadline. */
    struct sigaction action = {.sa_handler = on_signal};
    CHECK_SYS(sigaction(SIGUSR1, &action, NULL));
    pid_t me = getpid();
    child = fork();
    CHECK_SYS(child);
    if (child == 0) {
        for (int i = 0; i < 40; i++) {
            usleep(20000);
            kill(me, SIGUSR1);
        }
        _exit(0);
    }
    never(brine_milliseconds(500), 0.5, 2);
    CHECK_EXIT(child, 0);
    return 0;
}
