/* SPDX-License-Identifier: Apache-2.0 */
/* Values nested as deeply as is allowed, and deeper: an error, not the end of the stack. */
#include "value_helpers.h"

#include <pthread.h>

static brine_pool *pool;

/* Lists, tabs or tups in each other; `levels` containers in all. */
static brine_packet nested(int levels, int kind) {
    brine_packet p = new_packet(pool);
    brine_ref place = brine_root(p);
    for (int i = 0; i < levels; i++) {
        int k = kind == 3 ? i % 3 : kind;
        if (k == 0)
            place = brine_push(brine_assign_arr(place));
        else if (k == 1)
            place = brine_slot(brine_assign_tab(place, 0), "in");
        else
            place = brine_at(brine_assign_tup(place, 1), 0);
        CHECK_GOOD(place);
    }
    CHECK_OK(brine_assign_int(place, 1));
    return p;
}

static void allowed(void) {
    for (int kind = 0; kind < 4; kind++) {
        brine_packet p = nested(BRINE_MAX_DEPTH - 1, kind), copy;
        int order;
        uint64_t hash;
        CHECK_OK(brine_packet_copy(brine_root(p), pool, &copy));
        CHECK(brine_equal(brine_root(p), brine_root(copy)));
        CHECK_OK(brine_compare(brine_root(p), brine_root(copy), &order));
        CHECK_EQ_INT(order, 0);
        CHECK_OK(brine_packet_validate(p));
        CHECK_STATUS(brine_hash(brine_root(p), &hash), kind == 2 ? BRINE_OK : BRINE_ETYPE);
        CHECK_OK(brine_packet_free(p));
        CHECK_OK(brine_packet_free(copy));
    }
}

static void too_deep(void) {
    for (int kind = 0; kind < 4; kind++) {
        brine_packet p = nested(50000, kind), q = nested(50000, kind), copy = brine_packet_none(),
                     share = new_packet(pool);
        brine_ref tab = brine_assign_tab(new_place(share), 0);
        int order;
        uint64_t hash;
        CHECK_STATUS(brine_packet_copy(brine_root(p), pool, &copy), BRINE_EDEPTH);
        CHECK(!brine_equal(brine_root(p), brine_root(q)));
        CHECK_STATUS(brine_compare(brine_root(p), brine_root(q), &order), BRINE_EDEPTH);
        CHECK_STATUS(brine_packet_validate(p), BRINE_EDEPTH);
        CHECK_STATUS(brine_hash(brine_root(p), &hash), kind == 2 ? BRINE_EDEPTH : BRINE_ETYPE);
        CHECK_REF(brine_slot_key(tab, brine_key_value(brine_root(p))), kind == 2 ? BRINE_EDEPTH : BRINE_ETYPE);
        CHECK_OK(brine_packet_clear_error(share));
        CHECK_OK(brine_set_packet(tab, "child", q)); /* so that dropping has to walk */
        CHECK_OK(brine_clear(tab));
        CHECK_OK(brine_packet_free(share));
        CHECK_OK(brine_assign_none(brine_root(p)));
        CHECK_OK(brine_packet_free(p));
    }
}

/* Packets in packets. */
static void packets(void) {
    brine_packet p = new_packet(pool);
    int rc = 0, levels = 0;
    for (; levels < 3000 && rc == 0; levels++) {
        brine_packet outer = new_packet(pool);
        rc = brine_set_packet(brine_root(outer), "in", p);
        CHECK_OK(rc);
        p = outer;
    }
    brine_ref at = brine_root(p);
    for (int i = 0; i < 900; i++) at = brine_find(at, "in");
    CHECK_EQ_INT(brine_type_of(at), BRINE_TAB);
    CHECK_STATUS(brine_packet_validate(p), BRINE_EDEPTH);
    CHECK_OK(brine_packet_free(p));
}

static void *run(void *argument) {
    (void)argument;
    allowed();
    too_deep();
    packets();
    return NULL;
}

int main(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pool = value_pool(1 << 30);
    /* A quarter of the usual stack has to do. */
    CHECK_EQ_INT(pthread_attr_init(&attributes), 0);
    CHECK_EQ_INT(pthread_attr_setstacksize(&attributes, 2 << 20), 0);
    CHECK_EQ_INT(pthread_create(&thread, &attributes, run, NULL), 0);
    CHECK_EQ_INT(pthread_join(thread, NULL), 0);
    end_pool(pool);
    return 0;
}
