/* SPDX-License-Identifier: Apache-2.0 */
/* Damage that chance would not find: words that together lead a careless reaper or observer into a loop or
 * out of the pool. Each case is done to the pool of a dead participant; joining it must end. */
#include "pipe/ring.h"
#include "rich_pool.h"

static brine_pool *pool; /* writable mapping of the victim's pool, for the damage only */

struct plan {
    void (*damage)(struct record *record, uint32_t index, struct ring *ring);
    struct signal_line line;
};

/* Holds five packets, has three in a pipe, damages, dies. */
static void victim(void *argument) {
    struct plan *plan = argument;
    brine_pipe *pipe;
    struct held held;
    struct ring ring;
    pool = attach_pool("c");
    CHECK_OK(brine_pipe_serve(pool, "q", 8, &pipe));
    for (int i = 0; i < 3; i++) CHECK_OK(brine_enqueue(pipe, rich_packet(pool, 1), brine_now()));
    CHECK_OK(brine_publish(pool, "v", rich_packet(pool, 1)));
    brine_packet packet = rich_packet(pool, 2);
    CHECK_OK(brine__held(packet, &held));
    CHECK(brine__ring_of(pool, 0, word_gen(a64_load_relaxed(&pool_dir(pool, 0)->word)), &ring));
    plan->damage(held.rec, held.index, &ring);
    raise(SIGKILL);
}

static uint32_t gen_of(const struct record *r) { return word_gen(a64_load_relaxed(&r->word)); }
static uint32_t me(void) { return a32_load_relaxed(pool->me); }

/* The slot of a packet that is being sent says "taken", at a position that head has not reached. */
static void sent_ahead_of_head(struct record *r, uint32_t index, struct ring *ring) {
    uint64_t t = 5;
    a64_store_relaxed(&r->pos, t);
    a64_store_relaxed(&r->pipe, pipe_link(ring));
    a64_store_relaxed(&ring->slots[t], slot_word(1, false, me(), index));
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_SENDING, me()));
}

static void returned_to_itself(struct record *r, uint32_t index, struct ring *ring) {
    (void)index;
    a64_store_relaxed(&r->pipe, pipe_link(ring));
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_ARRIVED, me()));
    a64_store_relaxed(&ring->control->head, UINT64_MAX - 3);
    a64_store_relaxed(&ring->control->tail, 5);
}

static void head_all_taken(struct record *r, uint32_t index, struct ring *ring) {
    (void)r;
    for (uint64_t t = 0; t <= ring->mask; t++) a64_store_relaxed(&ring->slots[t], slot_word(1, false, me(), index));
}

static void child_of_itself(struct record *r, uint32_t index, struct ring *ring) {
    (void)ring;
    a64_store_relaxed(&r->parent, LINK(gen_of(r), index));
    r->first_child = index;
    r->next_child = index;
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_CHILD, index));
}

static void chunks_in_a_circle(struct record *r, uint32_t index, struct ring *ring) {
    (void)index, (void)ring;
    ((struct chunk *)pool_at(pool, r->chunks))->next = r->chunks;
}

static void share_of_itself(struct record *r, uint32_t index, struct ring *ring) {
    (void)ring;
    a64_store_relaxed(&r->target, LINK(gen_of(r), index));
    a64_store_relaxed(&r->rc_count, (uint64_t)3 << 32 | gen_of(r));
    a64_store_relaxed(&r->rc_stamp, (uint64_t)gen_of(r) << 32 | index);
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_PDEC, me()));
}

static void shared_share_of_itself(struct record *r, uint32_t index, struct ring *ring) {
    share_of_itself(r, index, ring);
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_SHARED, me()));
}

static void publishing_nothing(struct record *r, uint32_t index, struct ring *ring) {
    (void)index, (void)ring;
    a64_store_relaxed(&r->pipe, LINK(0, 0xffffffff));
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_PUBLISHING, me()));
}

/* A share that was displaced: what it names is nowhere. */
static void publishing_elsewhere(struct record *r, uint32_t index, struct ring *ring) {
    (void)index, (void)ring;
    a64_store_relaxed(&r->pipe, LINK(0, 0xffffffff));
    a64_store_relaxed(&r->target, LINK(1, 0xfffffff0));
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_PUBLISHING, me()));
}

/* Many names of one ring, all of whose slots look as if tail had not been moved. */
static void one_ring_of_all(struct record *r, uint32_t index, struct ring *ring) {
    (void)r;
    CHECK_OK(brine__commit(pool, pool->layout.dir, DIR_COUNT * sizeof(struct dir_entry), false));
    CHECK_OK(brine__commit(pool, pool->layout.pipe, DIR_COUNT * sizeof(struct pipe_control), false));
    for (uint64_t t = 0; t <= ring->mask; t++) a64_store_relaxed(&ring->slots[t], slot_word(0, true, me(), index));
    for (uint32_t i = 1; i < DIR_COUNT; i++) {
        memcpy((void *)pool_dir(pool, i), (void *)pool_dir(pool, 0), sizeof(struct dir_entry));
        a64_store_relaxed(&pool_dir(pool, i)->word, WORD(i % 3, DIR_LIVE, 0));
    }
    a64_store_relaxed(&pool_header(pool)->dir_high, DIR_COUNT);
}

/* All records are one long list of owned packets, and held: a list for each of them would be endless work. */
static void one_list_for_all(struct record *r, uint32_t index, struct ring *ring) {
    (void)r, (void)index, (void)ring;
    uint32_t n = (uint32_t)pool_record_high(pool);
    for (uint32_t i = 1; i < n; i++) {
        struct record *other = pool_record(pool, i);
        other->first_child = i + 1 < n ? i + 1 : 1;
        other->next_child = i % 2 ? i : i + 1;
        a64_store_relaxed(&other->parent, LINK(0, i - 1));
        a64_store_relaxed(&other->word, WORD(0, i % 2 ? REC_HELD : REC_CHILD, i % 2 ? me() : i - 1));
    }
}

static void anchoring_nothing(struct record *r, uint32_t index, struct ring *ring) {
    (void)index, (void)ring;
    a64_store_relaxed(&r->pipe, LINK(7, 0xfffffff0));
    a64_store_relaxed(&r->word, WORD(gen_of(r), REC_ANCHORING, me()));
}

static void every_state(struct record *r, uint32_t index, struct ring *ring) {
    (void)r, (void)index;
    for (uint32_t i = 1; i < 128; i++) {
        struct record *other = pool_record(pool, i);
        if (other->root.payload != 0 && other->root.payload == (uint64_t)((char *)ring->slots - pool->base)) continue;
        a64_store_relaxed(&other->word, WORD(gen_of(other), i % 64, me()));
        a64_store_relaxed(&other->pos, i % 8);
        a64_store_relaxed(&other->pipe, pipe_link(ring));
    }
}

static void every_name(struct record *r, uint32_t index, struct ring *ring) {
    (void)r, (void)index, (void)ring;
    for (uint32_t i = 0; i < 400; i++) {
        struct dir_entry *e = pool_dir(pool, i);
        memcpy((void *)e->name, (void *)pool_dir(pool, 0)->name, sizeof e->name);
        a32_store_relaxed(&e->hash, a32_load_relaxed(&pool_dir(pool, 0)->hash));
        a64_store_relaxed(&e->target, LINK(0, i));
        a32_store_relaxed(&e->kind, i % 4);
        a64_store_relaxed(&e->word, WORD(i % 3, i % 9, me()));
    }
    a64_store_relaxed(&pool_header(pool)->dir_high, DIR_COUNT * 2);
}

static void waiters(struct record *r, uint32_t index, struct ring *ring) {
    (void)r, (void)index;
    a64_store_relaxed(&ring->control->wait_readers, UINT64_MAX);
    a64_store_relaxed(&ring->control->wait_writers, UINT64_MAX);
    a64_store_relaxed(&ring->control->stream, UINT64_MAX);
}

static void join(void *argument) {
    (void)argument;
    brine_packet packet;
    brine_pipe *pipe;
    alarm(20);
    brine_pool *mine = attach_pool("c");
    look_at_all(mine);
    /* use after the damage need not work, but must end */
    if (brine_packet_new(mine, &packet) == 0) (void)brine_packet_free(packet);
    if (brine_pipe_connect(mine, "q", brine_now(), &pipe) == 0) (void)brine_pipe_close(pipe);
    brine_pool_detach(mine);
}

static void watch(void *argument) {
    (void)argument;
    alarm(20);
    brine_pool *reader = attach_readonly("c");
    look_at_all(reader);
    brine_pool_detach(reader);
}

int main(void) {
    static const struct {
        const char *name;
        void (*damage)(struct record *, uint32_t, struct ring *);
    } cases[] = {{"sent ahead of head", sent_ahead_of_head},
                 {"returned", returned_to_itself},
                 {"all taken", head_all_taken},
                 {"child of itself", child_of_itself},
                 {"chunks in a circle", chunks_in_a_circle},
                 {"share of itself", share_of_itself},
                 {"shared share of itself", shared_share_of_itself},
                 {"publishing nothing", publishing_nothing},
                 {"publishing elsewhere", publishing_elsewhere},
                 {"one ring of all", one_ring_of_all},
                 {"one list for all", one_list_for_all},
                 {"anchoring nothing", anchoring_nothing},
                 {"every state", every_state},
                 {"every name", every_name},
                 {"waiters", waiters}};
    int failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan plan = {.damage = cases[i].damage};
        brine_pool_detach(make_pool("c", 16 * MIB));
        CHECK_KILLED(check_fork(victim, &plan), SIGKILL);
        for (int k = 0; k < 3; k++) { /* before the reaping, reaping, and after it */
            int status = check_wait(check_fork(k == 1 ? join : watch, NULL));
            if (status == 0) continue;
            fprintf(stderr, "%s: %s: signal %d, exit status %d\n", cases[i].name, k == 1 ? "joining" : "watching",
                    WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status));
            failed++;
        }
        CHECK_OK(brine_pool_unlink("c"));
    }
    CHECK_EQ_INT(failed, 0);
    return 0;
}
