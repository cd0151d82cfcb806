/* SPDX-License-Identifier: Apache-2.0 */
/* Random operations of one process on a few pipes, through several handles, against simple queues. */
#include "pipe_helpers.h"

#define PIPES 4
#define HANDLES 8
#define OPERATIONS 500000
#define ROOM 200

struct queue {
    bool exists, closed;
    uint32_t capacity, count, opened; /* opened: generation, so that handles of a removed pipe are told apart */
    uint64_t numbers[ROOM];
    uint32_t servers, clients;
};
struct handle {
    brine_pipe *pipe;
    int of;
    uint32_t opened;
    bool serves;
};

static brine_pool *pool;
static struct queue queues[PIPES];
static struct handle handles[HANDLES];
static brine_packet held[16];
static uint64_t held_numbers[16], next_number_to_send = 1;
static const char *const names[PIPES] = {"a", "b", "c", "d"};

static bool gone(const struct handle *h) { return !queues[h->of].exists || queues[h->of].opened != h->opened; }

static void open_one(struct handle *h, check_rng *rng) {
    int i = (int)check_below(rng, PIPES);
    struct queue *q = &queues[i];
    bool serves = check_below(rng, 2) != 0;
    static const uint32_t sizes[] = {0, 1, 2, 7, 64, 100};
    uint32_t asked = sizes[check_below(rng, 6)];
    brine_pipe *pipe;
    if (!serves) {
        int rc = brine_pipe_connect(pool, names[i], brine_now(), &pipe);
        CHECK_EQ_INT(rc, q->exists ? 0 : BRINE_ENOENT);
        if (rc) return;
        q->clients++;
    } else {
        int rc = brine_pipe_serve(pool, names[i], asked, &pipe);
        CHECK_EQ_INT(rc, q->exists && asked && asked != q->capacity ? BRINE_EMISMATCH : 0);
        if (rc) return;
        if (!q->exists) *q = (struct queue){.exists = true, .capacity = asked ? asked : 64, .opened = q->opened + 1};
        q->servers++;
        q->closed = false;
    }
    *h = (struct handle){pipe, i, q->opened, serves};
    CHECK_EQ_INT(brine_pipe_capacity(pipe), q->capacity);
}

static void close_one(struct handle *h, bool orderly) {
    struct queue *q = &queues[h->of];
    if (orderly)
        CHECK_OK(brine_pipe_close(h->pipe));
    else
        brine_pipe_detach(h->pipe);
    if (!gone(h)) {
        if (h->serves && --q->servers == 0 && orderly) q->closed = true;
        if (!h->serves) q->clients--;
    }
    h->pipe = NULL;
}

static void send(struct handle *h, check_rng *rng) {
    struct queue *q = &queues[h->of];
    size_t k = check_below(rng, 16);
    bool kept = brine_packet_held(held[k]);
    uint64_t number = kept ? held_numbers[k] : next_number_to_send++;
    brine_packet packet = kept ? held[k] : number_packet(pool, number);
    int rc = brine_enqueue(h->pipe, packet, brine_now());
    CHECK_EQ_INT(rc, gone(h)                   ? BRINE_ENOENT
                     : q->closed               ? BRINE_ECLOSED
                     : q->count == q->capacity ? BRINE_ETIMEDOUT
                                               : 0);
    CHECK_EQ_INT(brine_packet_held(packet), rc != 0);
    if (rc == 0) {
        q->numbers[q->count++] = number;
        held[k] = brine_packet_none();
    } else if (!kept)
        CHECK_OK(brine_packet_free(packet));
}

static void receive(struct handle *h, check_rng *rng) {
    struct queue *q = &queues[h->of];
    brine_packet packet;
    int rc = brine_dequeue(h->pipe, &packet, brine_now());
    CHECK_EQ_INT(rc, gone(h) ? BRINE_ENOENT : q->count ? 0 : q->closed ? BRINE_ECLOSED : BRINE_ETIMEDOUT);
    if (rc) return;
    CHECK_EQ_INT(number_of(packet), q->numbers[0]);
    memmove(q->numbers, q->numbers + 1, --q->count * sizeof *q->numbers);
    size_t k = check_below(rng, 16);
    if (check_below(rng, 2) && !brine_packet_held(held[k])) { /* to be sent on */
        held_numbers[k] = number_of(packet);
        held[k] = packet;
    } else
        CHECK_OK(brine_packet_free(packet));
}

static void remove_one(check_rng *rng) {
    int i = (int)check_below(rng, PIPES);
    struct queue *q = &queues[i];
    CHECK_EQ_INT(brine_pipe_remove(pool, names[i]), q->exists ? 0 : BRINE_ENOENT);
    *q = (struct queue){.opened = q->opened};
}

static void ask(const struct handle *h) {
    const struct queue *q = &queues[h->of];
    CHECK_EQ_INT(brine_pipe_length(h->pipe), gone(h) ? 0 : q->count);
    CHECK_EQ_INT(brine_pipe_is_closed(h->pipe), gone(h) || q->closed);
    brine_wait wait = {h->pipe, BRINE_READABLE | BRINE_WRITABLE, 0};
    int rc = brine_wait_any(&wait, 1, brine_now());
    uint32_t ready =
        (q->count || q->closed ? BRINE_READABLE : 0) | (q->count < q->capacity || q->closed ? BRINE_WRITABLE : 0);
    CHECK_EQ_INT(rc, gone(h) ? BRINE_ENOENT : 0);
    if (rc == 0) CHECK_EQ_INT(wait.ready, ready);
}

int main(void) {
    check_rng rng = check_seed(1);
    pool = make_pool("p", 16 * MIB);
    for (int n = 0; n < OPERATIONS; n++) {
        struct handle *h = &handles[check_below(&rng, HANDLES)];
        uint64_t what = check_below(&rng, 100);
        if (!h->pipe)
            open_one(h, &rng);
        else if (what < 45)
            send(h, &rng);
        else if (what < 88)
            receive(h, &rng);
        else if (what < 96)
            ask(h);
        else if (what < 98)
            close_one(h, what == 96);
        else if (what == 98 && check_below(&rng, 4) == 0)
            remove_one(&rng);
        if (n % 4000 == 0) check_whole(pool);
    }
    printf("%" PRIu64 " numbers sent, %u times a pipe was made\n", next_number_to_send - 1,
           queues[0].opened + queues[1].opened + queues[2].opened + queues[3].opened);
    for (int i = 0; i < HANDLES; i++) CHECK_OK(brine_pipe_close(handles[i].pipe));
    for (int i = 0; i < 16; i++)
        if (brine_packet_held(held[i])) CHECK_OK(brine_packet_free(held[i]));
    for (int i = 0; i < PIPES; i++)
        if (queues[i].exists) CHECK_OK(brine_pipe_remove(pool, names[i]));
    check_empty(pool);
    drop_pool(pool);
    return 0;
}
