/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brine_packet_validate: accepts whatever was built, and survives whatever the bytes are: changed before,
 * and changed while it runs by another thread. It either accepts or says BRINE_ECORRUPT (or BRINE_EDEPTH);
 * what it accepts can be walked by everyone else.
 */
/* test: timeout=300 */
#include <pthread.h>

#include "packet/packet.h"
#include "value_helpers.h"

static const char sample[] =
    "{'none': None, 'yes': True, 'int': -5, 'big': 123456789012345678901234567890, 'f': 2.5, 'c': (1+2j), 's': "
    "'short', "
    "'long': 'a text that does not stand in its cell at all', 'b': b'\\x00\\xff bytes that need room of their own', "
    "(1, 'k'): ('t', [1, 2, {'x': o{'y': 1}}]), 'a': array([[1, 2], [3, 4]], 'i2'), 7: {}, 8: [], 9: (), 10: 1, 11: 2, "
    "12: 3, "
    "13: [[[[]]]], 14: {1: {2: {3: 'x'}}}, 'raw': array_raw(b'abcdef', 'xx', 3, (2,))}";

static brine_pool *pool;

static brine_packet build(void) {
    brine_packet p = new_packet(pool), inner = new_packet(pool), share = new_packet(pool);
    size_t n = 5000;
    CHECK_OK(brine_parse_literal(brine_root(p), sample, strlen(sample), NULL));
    CHECK_OK(brine_parse_literal(brine_root(inner), sample, strlen(sample), NULL));
    CHECK_OK(brine_set_packet(brine_root(p), "inner", inner));
    CHECK_OK(brine_set_int(brine_root(share), "x", 1));
    CHECK_OK(brine_packet_share(&share));
    CHECK_OK(brine_set_packet(brine_root(p), "share", share));
    CHECK(brine_set_array(brine_root(p), "large", BRINE_F64, 1, &n) != NULL);
    return p;
}

static void accepted(void) {
    brine_packet p = build(), q;
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_share(&p));
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
    CHECK_STATUS(brine_packet_validate(p), BRINE_ENOTHELD);
    q = new_packet(pool);
    char format[5001];
    size_t one = 1;
    memset(format, 'x', sizeof format - 1);
    format[sizeof format - 1] = '\0';
    CHECK_OK(brine_assign_array_raw(brine_slot(brine_root(q), "raw"), format, 4, 1, &one, 0, NULL));
    CHECK_OK(brine_packet_validate(q));
    CHECK_OK(brine_packet_free(q));
}

/* The memory of the packet itself: its root cell and what is in its arena, and its newest chunk. Links and
 * chunk heads are not touched: freeing trusts them, as it is the holder's own bookkeeping. */
struct bytes {
    unsigned char *data;
    size_t count;
};
static void memory_of(brine_packet p, struct bytes out[3]) {
    struct at at;
    CHECK_OK(brine__at_read(brine_root(p), &at));
    struct chunk *chunk = pool_at(pool, at.rec->chunks);
    out[0] = (struct bytes){(unsigned char *)&at.rec->root, sizeof at.rec->root};
    out[1] = (struct bytes){at.rec->inline_arena, sizeof at.rec->inline_arena};
    out[2] = (struct bytes){(unsigned char *)(chunk + 1), chunk->bytes - sizeof *chunk};
}

static void walk(brine_packet p) {
    char *text = NULL;
    if (brine_print_text(brine_root(p), BRINE_LITERAL, 0, &text, NULL) == 0) free(text);
    brine_equal(brine_root(p), brine_root(p));
}

static void judged(brine_packet p) {
    int rc = brine_packet_validate(p);
    CHECK(rc == 0 || rc == BRINE_ECORRUPT || rc == BRINE_EDEPTH);
    if (rc == 0) walk(p);
}

static void damaged(check_rng *rng) {
    brine_packet p = build();
    struct bytes memory[3];
    memory_of(p, memory);
    for (int m = 0; m < 3; m++) {
        unsigned char *saved = malloc(memory[m].count);
        memcpy(saved, memory[m].data, memory[m].count);
        for (size_t i = 0; i < memory[m].count; i++) { /* each byte in turn */
            static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
            for (size_t v = 0; v < sizeof values; v++) {
                memory[m].data[i] = values[v];
                judged(p);
            }
            memory[m].data[i] = saved[i];
        }
        for (int round = 0; round < 2000; round++) { /* several at once */
            for (int n = 0; n < 4; n++)
                memory[m].data[check_below(rng, memory[m].count)] = (unsigned char)check_random(rng);
            judged(p);
            memcpy(memory[m].data, saved, memory[m].count);
        }
        free(saved);
    }
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
}

/* ---- while it changes ---- */

struct scribbler {
    struct bytes memory[3];
    check_rng rng;
    _Atomic bool stop;
};

static void *scribble(void *argument) {
    struct scribbler *s = argument;
    while (!s->stop) {
        struct bytes *m = &s->memory[check_below(&s->rng, 3)];
        size_t i = check_below(&s->rng, m->count);
        volatile unsigned char *byte = &m->data[i];
        unsigned char was = *byte;
        *byte = (unsigned char)check_random(&s->rng);
        for (int n = 0; n < 50; n++) atomic_signal_fence(memory_order_seq_cst);
        *byte = was;
    }
    return NULL;
}

static void changing(check_rng *rng) {
    brine_packet p = build();
    struct scribbler s = {.rng = {check_random(rng)}, .stop = false};
    pthread_t thread;
    memory_of(p, s.memory);
    CHECK_EQ_INT(pthread_create(&thread, NULL, scribble, &s), 0);
    for (int i = 0; i < 5000; i++) {
        int rc = brine_packet_validate(p);
        CHECK(rc == 0 || rc == BRINE_ECORRUPT || rc == BRINE_EDEPTH);
    }
    s.stop = true;
    pthread_join(thread, NULL);
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
}

/* What freeing and asking for the size follow. */
static void links(void) {
    brine_packet p = build();
    struct at at;
    CHECK_OK(brine__at_read(brine_root(p), &at));
    uint32_t first = at.rec->first_child;
    struct record *child = pool_record(at.pool, first);
    struct chunk *chunk = pool_at(at.pool, at.rec->chunks);
    uint32_t second = child->next_child;
    uint64_t chunks = at.rec->chunks, next = chunk->next;
    CHECK(first && second);
    const uint32_t wrong[] = {0x3fffffff, UINT32_MAX, p.record, first};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        at.rec->first_child = wrong[i] == first ? second : wrong[i];
        CHECK_STATUS(brine_packet_validate(p), BRINE_ECORRUPT);
        at.rec->first_child = first;
        child->next_child = wrong[i];
        CHECK_STATUS(brine_packet_validate(p), BRINE_ECORRUPT);
        child->next_child = second;
    }
    at.rec->chunks = chunks + 1024;
    CHECK_STATUS(brine_packet_validate(p), BRINE_ECORRUPT);
    at.rec->chunks = chunks;
    chunk->next = chunks; /* a circle */
    CHECK_STATUS(brine_packet_validate(p), BRINE_ECORRUPT);
    chunk->next = next;
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
}

int main(void) {
    check_rng rng = check_seed(20261122);
    pool = value_pool(64 << 20);
    damaged(&rng);
    changing(&rng);
    links();
    accepted();
    end_pool(pool);
    return 0;
}
