/* SPDX-License-Identifier: Apache-2.0 */
/* nd-arrays: shapes, strides, alignment, zeroing of used memory, large ones as packets of their own, shapes
 * that cannot be. */
#include "value_helpers.h"

static brine_pool *pool;
static brine_packet packet;

static void kinds(void) {
    static const brine_type types[] = {BRINE_BOOL, BRINE_I8,  BRINE_U8,  BRINE_I16, BRINE_U16, BRINE_I32, BRINE_U32,
                                       BRINE_I64,  BRINE_U64, BRINE_F16, BRINE_F32, BRINE_F64, BRINE_C64, BRINE_C128};
    size_t shape[3] = {3, 4, 5};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        brine_ref place = new_place(packet);
        brine_array a;
        void *data;
        size_t item = brine_type_size(types[i]);
        CHECK_OK(brine_assign_array(place, types[i], 3, shape, 0, &data));
        CHECK_OK(brine_as_array(place, &a));
        CHECK(a.data == data && (uintptr_t)data % 64 == 0 && brine_pool_contains(pool, data));
        CHECK(a.dtype == (uint32_t)types[i] && a.ndim == 3 && a.writable && a.format == NULL);
        CHECK(a.item_bytes == item && a.count == 60 && a.bytes == 60 * item);
        for (int d = 0; d < 3; d++) CHECK_EQ_INT(a.shape[d], shape[d]);
        CHECK(a.strides[2] == (ptrdiff_t)item && a.strides[1] == (ptrdiff_t)(5 * item) &&
              a.strides[0] == (ptrdiff_t)(20 * item));
        CHECK_EQ_INT(brine_type_of(place), BRINE_ARRAY);
        CHECK_EQ_INT(brine_length(place), 60);
    }
}

static void shapes(void) {
    brine_array a;
    brine_ref place = new_place(packet);
    size_t many[BRINE_MAX_DIMS + 1], zero[3] = {4, 0, 5};
    for (int i = 0; i <= BRINE_MAX_DIMS; i++) many[i] = 1;
    CHECK_OK(brine_assign_array(place, BRINE_F64, 0, NULL, 0, NULL));
    CHECK_OK(brine_as_array(place, &a));
    CHECK(a.ndim == 0 && a.count == 1 && a.bytes == 8 && a.data != NULL);
    CHECK_OK(brine_assign_array(place, BRINE_F64, 3, zero, 0, NULL));
    CHECK_OK(brine_as_array(place, &a));
    CHECK(a.count == 0 && a.bytes == 0 && a.data == NULL && a.shape[0] == 4 && a.shape[1] == 0);
    CHECK_EQ_INT(brine_length(place), 0);
    CHECK_OK(brine_assign_array(place, BRINE_F64, BRINE_MAX_DIMS, many, 0, NULL));
    CHECK_OK(brine_as_array(place, &a));
    CHECK_EQ_INT(a.ndim, BRINE_MAX_DIMS);
    CHECK_STATUS(brine_assign_array(place, BRINE_F64, BRINE_MAX_DIMS + 1, many, 0, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_array(place, BRINE_F64, -1, many, 0, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_array(place, BRINE_F64, 1, NULL, 0, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_array(place, BRINE_STR, 1, many, 0, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_array(place, BRINE_RAW, 1, many, 0, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_STATUS(brine_assign_array(place, BRINE_F64, 1, many, 0x100, NULL), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_OK(brine_as_array(place, &a));
    CHECK_EQ_INT(a.ndim, BRINE_MAX_DIMS); /* as it was */
}

/* Products that wrap around 64 bits, and sizes that no pool has. */
static void overflow(void) {
    static const size_t shapes[][3] = {{(size_t)1 << 32, (size_t)1 << 32, 1},
                                       {(size_t)1 << 62, 4, 1},
                                       {SIZE_MAX, 1, 1},
                                       {SIZE_MAX, SIZE_MAX, SIZE_MAX},
                                       {(size_t)1 << 21, (size_t)1 << 21, (size_t)1 << 22},
                                       {(size_t)1 << 40, 1, 1},
                                       {(size_t)1 << 44, 1, 1},
                                       {(size_t)1 << 61, 1, 1}};
    void *data;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        brine_ref place = new_place(packet);
        CHECK_STATUS(brine_assign_array(place, BRINE_F64, 3, shapes[i], BRINE_ARRAY_UNINIT, &data), BRINE_ENOMEM);
        CHECK_STUCK(packet, BRINE_ENOMEM);
        CHECK_EQ_INT(brine_type_of(place), BRINE_NONE);
    }
    CHECK_STATUS(brine_assign_array_raw(new_place(packet), "x", SIZE_MAX, 1, (size_t[]){3}, 0, &data), BRINE_ENOMEM);
    CHECK_STUCK(packet, BRINE_ENOMEM);
}

static bool all_zero(const brine_array *a) {
    const unsigned char *p = a->data;
    for (size_t i = 0; i < a->bytes; i++)
        if (p[i]) return false;
    return true;
}

/* Memory that was used before is zeroed, unless asked not to. */
static void zeroed(void) {
    static const size_t counts[] = {1, 100, 4096, 4097, 5000, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int round = 0; round < 3; round++) {
            brine_packet p = new_packet(pool);
            brine_array a;
            CHECK_OK(brine_assign_array(brine_slot(brine_root(p), "a"), BRINE_F64, 1, &counts[i], 0, NULL));
            CHECK_OK(brine_get_array(brine_root(p), "a", &a));
            CHECK((uintptr_t)a.data % 64 == 0);
            CHECK(all_zero(&a));
            memset(a.data, 0xff, a.bytes);
            CHECK_OK(brine_packet_validate(p));
            CHECK_OK(brine_packet_free(p));
        }
    }
}

/* Over 32 KiB it is a packet, which can be taken out and put elsewhere; the elements stay where they are. */
static void large(void) {
    brine_packet p = new_packet(pool), q = new_packet(pool), array;
    brine_array a, b;
    size_t small = 4096, big = 4097;
    CHECK(brine_set_array(brine_root(p), "small", BRINE_F64, 1, &small) != NULL);
    double *x = brine_set_array(brine_root(p), "big", BRINE_F64, 1, &big);
    CHECK(x != NULL);
    for (size_t i = 0; i < big; i++) x[i] = (double)i;
    CHECK_STATUS(brine_take_packet(brine_find(brine_root(p), "small"), &array), BRINE_ETYPE);
    CHECK_OK(brine_packet_error(p));
    CHECK_OK(brine_take_packet(brine_find(brine_root(p), "big"), &array));
    CHECK_EQ_INT(brine_type_of(brine_find(brine_root(p), "big")), BRINE_NONE);
    CHECK_OK(brine_as_array(brine_root(array), &a));
    CHECK(a.data == x && a.count == big && x[4096] == 4096);
    CHECK_OK(brine_packet_free(p));
    CHECK_OK(brine_set_packet(brine_root(q), "moved", array));
    CHECK_OK(brine_get_array(brine_root(q), "moved", &b));
    CHECK(b.data == x && x[4096] == 4096 && b.writable);
    CHECK_EQ_INT(brine_length(brine_find(brine_root(q), "moved")), big);
    CHECK_OK(brine_packet_share(&q));
    CHECK_OK(brine_get_array(brine_root(q), "moved", &b));
    CHECK(b.data == x && !b.writable);
    CHECK_OK(brine_packet_free(q));
}

/* Overwriting, deleting and clearing give a large array's memory back at once. */
static void given_back(void) {
    brine_packet p = new_packet(pool);
    brine_ref root = brine_root(p);
    size_t big = 1 << 20;
    uint64_t bytes;
    for (int i = 0; i < 200; i++) { /* 1.6 GB in all */
        brine_ref list = brine_set_arr(root, "list");
        CHECK_OK(brine_assign_array(brine_slot(root, "x"), BRINE_F64, 1, &big, BRINE_ARRAY_UNINIT, NULL));
        CHECK_OK(brine_assign_array(brine_slot(brine_append_tab(list), "deep"), BRINE_F64, 1, &big, BRINE_ARRAY_UNINIT,
                                    NULL));
        if (i % 4 == 0) CHECK_OK(brine_delete(root, "x"));
        if (i % 4 == 1) CHECK_OK(brine_set_int(root, "x", 1));
        if (i % 4 == 2) CHECK_OK(brine_clear(root));
        if (i % 8 == 0) CHECK_OK(brine_delete_at(list, 0));
    }
    CHECK_OK(brine_clear(root));
    CHECK_OK(brine_packet_bytes(p, &bytes));
    CHECK_MSG(bytes < 1 << 20, "%" PRIu64 " bytes are still there", bytes);
    CHECK_OK(brine_packet_validate(p));
    CHECK_OK(brine_packet_free(p));
}

static void raw(void) {
    brine_ref place = new_place(packet);
    brine_array a;
    void *data;
    size_t shape[2] = {7, 3};
    for (size_t length = 0; length < 6000; length = length * 3 + 1) {
        char *format = malloc(length + 1);
        memset(format, 'f', length);
        format[length] = '\0';
        CHECK_OK(brine_assign_array_raw(place, format, 12, 2, shape, 0, &data));
        CHECK_OK(brine_as_array(place, &a));
        CHECK(a.dtype == BRINE_RAW && a.item_bytes == 12 && a.count == 21 && a.bytes == 252 && a.strides[0] == 36);
        CHECK(a.format != format);
        CHECK_STR(a.format, format);
        CHECK(all_zero(&a));
        free(format);
    }
    CHECK_STATUS(brine_assign_array_raw(place, "x", 0, 2, shape, 0, &data), BRINE_EINVAL);
    CHECK_STUCK(packet, BRINE_EINVAL);
    CHECK_OK(brine_assign_array_raw(place, NULL, 1, 2, shape, 0, &data));
    CHECK_OK(brine_as_array(place, &a));
    CHECK(a.format != NULL);
    CHECK_OK(brine_assign_int(place, 1));
    CHECK_STATUS(brine_as_array(place, &a), BRINE_ETYPE);
}

int main(void) {
    pool = value_pool(64 << 20);
    packet = new_packet(pool);
    kinds();
    shapes();
    overflow();
    zeroed();
    large();
    given_back();
    raw();
    CHECK_OK(brine_packet_validate(packet));
    CHECK_OK(brine_packet_free(packet));
    end_pool(pool);
    return 0;
}
