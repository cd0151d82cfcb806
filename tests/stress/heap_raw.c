/* SPDX-License-Identifier: Apache-2.0 */
/* test: timeout=60 */
/* Raw memory freed by others while its owner dies and is reaped: each piece goes once, however the three meet. */
#include "pool_helpers.h"

#define PIECES 2000
#define ROUNDS 40

struct board {
    a64 offsets[PIECES]; /* told by the owner */
    a32 count, stop;
};

static struct board *board;

static void owner(void *argument) {
    brine_pool *pool = attach_pool("w");
    check_rng rng = {(uint64_t)(uintptr_t)argument};
    for (uint32_t i = 0; i < PIECES; i++) {
        void *memory = brine_pool_allocate(pool, 1 + check_below(&rng, 3000));
        CHECK(memory != NULL);
        a64_store_relaxed(&board->offsets[i], brine_pool_offset(pool, memory));
        a32_store_release(&board->count, i + 1);
    }
    for (;;) pause();
}

/* Frees what it is told of, from either end, while allocating for itself. */
static void freer(void *argument) {
    bool backwards = argument != NULL;
    brine_pool *pool = attach_pool("w");
    brine_packet held[16] = {{0, 0, 0, 0}};
    for (uint32_t i = 0; !a32_load_acquire(&board->stop); i++) {
        uint32_t count = a32_load_acquire(&board->count), at = i % 2 ? i : i * 7919;
        if (!count) continue;
        at = backwards ? count - 1 - at % count : at % count;
        uint64_t offset = a64_load_relaxed(&board->offsets[at]);
        int rc = brine_pool_deallocate(pool, brine_pool_address(pool, offset));
        CHECK_MSG(rc == 0 || rc == BRINE_EINVAL, "%s", brine_detail());
        brine_packet *mine = &held[i % 16];
        if (mine->record) check_filled(*mine);
        CHECK_OK(brine_packet_free(*mine));
        *mine = filled_packet(pool, 1 + i % 2000, (uint8_t)i);
    }
    brine_pool_detach(pool);
}

int main(void) {
    check_rng rng = check_seed(6);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(board != MAP_FAILED);
    brine_pool *pool = make_pool("w", 64 * MIB);
    pid_t freers[2] = {check_fork(freer, NULL), check_fork(freer, (void *)1)};
    for (int i = 0; i < ROUNDS; i++) {
        a32_store_release(&board->count, 0);
        pid_t pid = check_fork(owner, (void *)(uintptr_t)(check_random(&rng) >> 1));
        usleep((useconds_t)check_below(&rng, 30000));
        CHECK_SYS(kill(pid, SIGKILL));
        CHECK_KILLED(pid, SIGKILL);
        CHECK_OK(brine_pool_reap(pool, NULL));
    }
    a32_store_release(&board->stop, 1);
    for (int i = 0; i < 2; i++) CHECK_EXIT(freers[i], 0);
    CHECK_OK(brine_pool_reap(pool, NULL));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
