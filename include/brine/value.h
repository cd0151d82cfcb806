/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values: what a packet holds. None, bool, integers of 8 to 64 bits, float and complex numbers of two
 * widths, str (valid UTF-8), bytes, integers of any size, tab (an insertion-ordered dict), arr (a
 * list), tup (a tuple), nd-arrays of numbers, and other packets.
 *
 * Reading is in place: a pointer that a getter gives points into the pool and is good as long as the
 * packet is held and the value is not overwritten or deleted.
 *
 * Building: setters return a status and also stick the first failure to the packet
 * (brine_packet_error), so that a builder may check once; enqueue checks too. Keys and strings are
 * copied into the packet. Overwritten strings and outgrown tables stay in the packet as garbage until
 * it is freed or compacted; integers and floats are overwritten in place.
 *
 * Common errors, of every call that takes a ref, besides its own: BRINE_ENOTHELD (the packet was
 * freed, enqueued or belongs to a forked parent), BRINE_ENOENT (the value was deleted), the status
 * inside a null ref; of every call that changes something: BRINE_ESHARED, BRINE_EREADONLY,
 * BRINE_ENOMEM.
 *
 * Threads: any number may read a packet at once; one that changes it must be alone. Nothing here
 * waits. Killed inside: the packet is freed by the reaper.
 */
#ifndef BRINE_VALUE_H
#define BRINE_VALUE_H

#include <string.h>

#include <brine/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum brine_type {
    BRINE_NONE = 0,
    BRINE_BOOL = 1,
    BRINE_I8 = 2,
    BRINE_U8 = 3,
    BRINE_I16 = 4,
    BRINE_U16 = 5,
    BRINE_I32 = 6,
    BRINE_U32 = 7,
    BRINE_I64 = 8,
    BRINE_U64 = 9,
    BRINE_F32 = 10,
    BRINE_F64 = 11,
    BRINE_C64 = 12,  /* two float */
    BRINE_C128 = 13, /* two double */
    BRINE_STR = 14,
    BRINE_BYTES = 15,
    BRINE_BIGINT = 16,
    BRINE_TAB = 17,
    BRINE_ARR = 18,
    BRINE_TUP = 19,
    BRINE_ARRAY = 20, /* nd-array */
    BRINE_F16 = 21,   /* element type of nd-arrays only: IEEE half */
    BRINE_RAW = 22,   /* element type of nd-arrays only: opaque items, described by a format text */
    BRINE_INVALID = 255
} brine_type;

/* "None", "bool", "int8", ..., "float64", "complex64", "str", "bytes", "bigint", "tab", ... Static. */
BRINE_API const char *brine_type_name(brine_type type);
/* Bytes of one element of a numeric type (1 for bool); 0 for a type that has no fixed size. */
BRINE_API size_t brine_type_size(brine_type type);

/* Subtype flags of a value, kept for printing and for the seed's tags. */
#define BRINE_ORDERED 1u  /* tab: print in insertion order as an OTab, o{...} */
#define BRINE_UNSIGNED 2u /* bigint: the seed's int_un */

/* A null ref that carries a status. */
static inline brine_ref brine_ref_null(int status) {
    brine_ref r = {0, (uint32_t)-status, 0};
    return r;
}
/* True unless the ref is null. */
static inline bool brine_ref_ok(brine_ref r) { return r.place != 0; }
/* 0 for a good ref, else the status that it carries. */
static inline int brine_ref_status(brine_ref r) { return r.place != 0 ? 0 : -(int)r.generation; }

/* The packet that a ref is in, as a handle (for a value inside an owned packet: that packet). */
BRINE_API brine_packet brine_ref_packet(brine_ref ref);

/* ---- reading one value ------------------------------------------------------------------------ */

/* The type of the value; BRINE_INVALID if the ref cannot be read. */
BRINE_API brine_type brine_type_of(brine_ref value);
/* Its BRINE_ORDERED / BRINE_UNSIGNED flags. */
BRINE_API unsigned brine_flags_of(brine_ref value);
/* Elements of a tab, arr or tup, elements of an nd-array (all dimensions), bytes of a str or bytes,
 * 0 for anything else. */
BRINE_API size_t brine_length(brine_ref value);

/* Exact conversions: the number if it can be had without loss, else BRINE_ERANGE; BRINE_ETYPE if the
 * value is no number at all. A bool counts as 0 or 1, 3.0 counts as the integer 3, a complex with no
 * imaginary part as a float. as_double of an int over 2^53 that is not representable: BRINE_ERANGE. */
BRINE_API BRINE_MUST_CHECK int brine_as_bool(brine_ref value, bool *out); /* only a bool */
BRINE_API BRINE_MUST_CHECK int brine_as_int(brine_ref value, int64_t *out);
BRINE_API BRINE_MUST_CHECK int brine_as_uint(brine_ref value, uint64_t *out);
BRINE_API BRINE_MUST_CHECK int brine_as_double(brine_ref value, double *out);
BRINE_API BRINE_MUST_CHECK int brine_as_complex(brine_ref value, double *re, double *im);

/* Conversions as C would convert (the seed's): floats truncate toward zero and saturate, integers
 * wrap to 64 bits, a complex gives its real part, text is parsed, a container gives its length, None
 * is 0. *lossy (may be NULL) says whether something was lost. BRINE_ETYPE: text that is no number. */
BRINE_API int brine_to_int(brine_ref value, int64_t *out, bool *lossy);
BRINE_API int brine_to_double(brine_ref value, double *out, bool *lossy);

/* True as Python's bool(): None, false, zero and empty are false. A ref that cannot be read: false. */
BRINE_API bool brine_truth(brine_ref value);

/* Text and its length in bytes, in place, NUL-terminated after the length. BRINE_ETYPE otherwise. */
BRINE_API BRINE_MUST_CHECK int brine_as_str(brine_ref value, const char **text, size_t *length);
BRINE_API BRINE_MUST_CHECK int brine_as_bytes(brine_ref value, const void **data, size_t *length);

/* An integer of any size in place: magnitude as little-endian 64-bit limbs, sign -1, 0 or 1. A value
 * of a fixed-width integer type is given too, through small[0]. limbs may point into the struct: do
 * not copy the struct, and keep it as long as limbs is used. */
typedef struct brine_bigint {
    const uint64_t *limbs;
    size_t count;
    int sign;
    uint64_t small[1];
} brine_bigint;
BRINE_API BRINE_MUST_CHECK int brine_as_bigint(brine_ref value, brine_bigint *out);

#define BRINE_MAX_DIMS 32

/* An nd-array in place. Strides are in bytes, row-major (C order) when made by brine. */
typedef struct brine_array {
    void *data;         /* 64-byte aligned when made by brine; NULL when empty */
    const char *format; /* BRINE_RAW: the format text; else NULL */
    size_t item_bytes;  /* of one element */
    size_t count;       /* elements in all */
    size_t bytes;       /* count * item_bytes */
    uint32_t dtype;     /* brine_type of the elements */
    int32_t ndim;       /* 0..BRINE_MAX_DIMS */
    bool writable;      /* false when the packet is shared */
    size_t shape[BRINE_MAX_DIMS];
    ptrdiff_t strides[BRINE_MAX_DIMS];
} brine_array;
BRINE_API BRINE_MUST_CHECK int brine_as_array(brine_ref value, brine_array *out);

/* ---- keys ------------------------------------------------------------------------------------- */

/* A key to look up or set: any hashable value (None, bool, number, str, bytes, bigint, tup of such).
 * Numbers that are equal are the same key, as in Python: 1, 1.0 and True. NaN is a key that only the
 * identical place finds, so it is refused (BRINE_EINVAL). Pointers are borrowed for the call. */
typedef struct brine_key {
    uint32_t type; /* brine_type; BRINE_INVALID: `value` is the key */
    uint32_t reserved;
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double f[2];
        struct {
            const void *data;
            size_t length;
        } s;
        brine_ref value;
    } u;
} brine_key;

BRINE_API brine_key brine_key_str(const char *text); /* NUL-terminated UTF-8 */
BRINE_API brine_key brine_key_strn(const char *text, size_t length);
BRINE_API brine_key brine_key_bytes(const void *data, size_t length);
BRINE_API brine_key brine_key_int(int64_t i);
BRINE_API brine_key brine_key_uint(uint64_t u);
BRINE_API brine_key brine_key_double(double f);
BRINE_API brine_key brine_key_complex(double re, double im);
BRINE_API brine_key brine_key_bool(bool b);
BRINE_API brine_key brine_key_none(void);
BRINE_API brine_key brine_key_value(brine_ref value);

/* ---- finding ----------------------------------------------------------------------------------- */

/* The value under a key; a null ref with BRINE_ENOENT if there is none, BRINE_ETYPE if `tab` is no
 * tab. Nothing sticks to the packet. */
BRINE_API brine_ref brine_find(brine_ref tab, const char *key);
BRINE_API brine_ref brine_find_n(brine_ref tab, const char *key, size_t length); /* no NUL is needed */
BRINE_API brine_ref brine_find_key(brine_ref tab, brine_key key);
/* Element of an arr or tup; a negative index counts from the end. BRINE_ENOENT outside. */
BRINE_API brine_ref brine_at(brine_ref arr, ptrdiff_t index);
/* JSON Pointer (RFC 6901): "" is the value itself, "/hdr/fs", "/list/0", "~0" is "~", "~1" is "/".
 * A token that reads as an integer also finds an integer key. BRINE_ESYNTAX: not a pointer. */
BRINE_API brine_ref brine_path(brine_ref value, const char *pointer);

/* Iteration in order: tab by insertion, arr and tup by index.
 *     brine_iter it = brine_iterate(tab);
 *     brine_ref key, value;
 *     while (brine_next(&it, &key, &value)) ...
 * For an arr or tup, key is a null ref. key may be NULL. Keys are read-only. Changing a value in place is
 * fine; adding or deleting during iteration ends it with BRINE_EINVAL in it.status. */
typedef struct brine_iter {
    brine_ref container;
    uint64_t index;   /* next slot */
    uint64_t version; /* of the container when iteration began */
    int status;
} brine_iter;
BRINE_API brine_iter brine_iterate(brine_ref container);
BRINE_API bool brine_next(brine_iter *it, brine_ref *key, brine_ref *value);

/* ---- changing ---------------------------------------------------------------------------------- */

/* The place for a key of a tab, made (as None) if missing. The key is copied. BRINE_ETYPE: no tab, or
 * a key that is not hashable. */
BRINE_API brine_ref brine_slot(brine_ref tab, const char *key);
BRINE_API brine_ref brine_slot_n(brine_ref tab, const char *key, size_t length); /* no NUL is needed */
BRINE_API brine_ref brine_slot_key(brine_ref tab, brine_key key);
/* A new place (None) at the end of an arr. */
BRINE_API brine_ref brine_push(brine_ref arr);
/* A new place (None) before index of an arr (index may be its length; negative from the end). */
BRINE_API brine_ref brine_insert(brine_ref arr, ptrdiff_t index);

/* Give the place a value; what was there becomes garbage (an owned packet there is freed). */
BRINE_API int brine_assign_none(brine_ref place);
BRINE_API int brine_assign_bool(brine_ref place, bool b);
BRINE_API int brine_assign_int(brine_ref place, int64_t i);   /* stored as int64 */
BRINE_API int brine_assign_uint(brine_ref place, uint64_t u); /* stored as uint64 */
BRINE_API int brine_assign_double(brine_ref place, double f);
BRINE_API int brine_assign_float(brine_ref place, float f);
BRINE_API int brine_assign_complex(brine_ref place, double re, double im);
BRINE_API int brine_assign_complex64(brine_ref place, float re, float im);
/* A number of any scalar type (BRINE_BOOL..BRINE_C128) from memory, with exactly that type. */
BRINE_API int brine_assign_number(brine_ref place, brine_type type, const void *number);
BRINE_API int brine_assign_str(brine_ref place, const char *text); /* NUL-terminated; BRINE_EUTF8 */
BRINE_API int brine_assign_strn(brine_ref place, const char *text, size_t length);
BRINE_API int brine_assign_bytes(brine_ref place, const void *data, size_t length);
/* Room for length bytes, to be filled in by the caller before the packet is passed on (a str is not
 * checked). *data is aligned to 8. */
BRINE_API int brine_assign_bytes_room(brine_ref place, size_t length, void **data);
/* Integer of any size from sign and little-endian 64-bit limbs; flags: 0 or BRINE_UNSIGNED. Always
 * stored as bigint, leading zero limbs dropped. */
BRINE_API int brine_assign_bigint(brine_ref place, int sign, const uint64_t *limbs, size_t count, unsigned flags);
/* From text in base 2..36 (0: by prefix 0x, 0o, 0b). Stored as the smallest of int64, bigint that
 * holds it. BRINE_ESYNTAX. */
BRINE_API int brine_assign_int_text(brine_ref place, const char *text, size_t length, int base);
BRINE_API brine_ref brine_assign_tab(brine_ref place, unsigned flags); /* empty; flags: BRINE_ORDERED */
BRINE_API brine_ref brine_assign_arr(brine_ref place);                 /* empty */
BRINE_API brine_ref brine_assign_tup(brine_ref place, size_t count);   /* of None, to be assigned */
/* An nd-array, row-major, zeroed unless BRINE_ARRAY_UNINIT; *data (may be NULL) points at its
 * elements, 64-byte aligned, to be filled in place. dtype: BRINE_BOOL..BRINE_C128 or BRINE_F16. Over
 * 32 KiB it becomes an owned packet, so that taking and forwarding it costs the same for any size. */
#define BRINE_ARRAY_UNINIT 1u
BRINE_API int brine_assign_array(brine_ref place, brine_type dtype, int ndim, const size_t *shape, unsigned flags,
                                 void **data);
/* The same with opaque items of item_bytes, described by a format text (PEP 3118 or the caller's). */
BRINE_API int brine_assign_array_raw(brine_ref place, const char *format, size_t item_bytes, int ndim,
                                     const size_t *shape, unsigned flags, void **data);
/* A deep copy of another value (of the same or another packet or pool); owned packets in it are
 * copied, shared ones are cloned when the pool is the same. Copying a value into its own inside gives
 * the value as it was before. */
BRINE_API int brine_assign_copy(brine_ref place, brine_ref value);
/* Moves a packet, held by the caller and of the same pool, under the place: it is then part of this
 * packet and reads as its root value. A shared one stays shared and immutable. On failure the caller
 * still holds it. BRINE_EXPOOL, BRINE_EINVAL (the packet itself or one that contains it). */
BRINE_API int brine_assign_packet(brine_ref place, brine_packet packet);
/* The reverse: takes an owned packet (also a big nd-array's) out; the place becomes None.
 * BRINE_ETYPE: the place holds no packet. */
BRINE_API int brine_take_packet(brine_ref place, brine_packet *packet);

/* Removes a key (BRINE_ENOENT if missing), an element (index as brine_at), everything. */
BRINE_API int brine_delete(brine_ref tab, const char *key);
BRINE_API int brine_delete_key(brine_ref tab, brine_key key);
BRINE_API int brine_delete_at(brine_ref arr, ptrdiff_t index);
BRINE_API int brine_clear(brine_ref container);

/* ---- whole values ------------------------------------------------------------------------------ */

/* Equality as Python's == (1 == 1.0 == True; tabs regardless of order, unless both are BRINE_ORDERED; arr is not
 * tup; nd-arrays by dtype-independent elements and shape; NaN is unequal to itself). A ref that cannot be read
 * equals nothing. Values nested deeper than BRINE_MAX_DEPTH are unequal. */
BRINE_API bool brine_equal(brine_ref a, brine_ref b);
/* A total order for sorting: *order is -1, 0 or 1. None < numbers (by value; complex by real, then
 * imaginary part; NaN last) < str < bytes < tup < arr < nd-array < tab; containers lexicographically,
 * tabs by sorted keys. Errors: as for reading; BRINE_EDEPTH. */
BRINE_API BRINE_MUST_CHECK int brine_compare(brine_ref a, brine_ref b, int *order);
/* A hash with equal values hashing equally; BRINE_ETYPE for tab, arr and nd-array. Per-pool seed. */
BRINE_API BRINE_MUST_CHECK int brine_hash(brine_ref value, uint64_t *hash);

/* Integer arithmetic on integers of any size: place = a op b. op is one of + - * / % & | ^ (division
 * and remainder floor, as Python's // and %). The place may be a or b. Stored as the smallest of
 * int64 and bigint. BRINE_ETYPE: not integers; BRINE_ERANGE: division by zero. */
BRINE_API int brine_int_arith(brine_ref place, char op, brine_ref a, brine_ref b);

/* Deepest nesting that is parsed, printed, copied or compared. */
#define BRINE_MAX_DEPTH 1000

/* Checks every offset, length, type and count of a packet, and the lists that freeing follows: 0 or BRINE_ECORRUPT
 * with where. For a packet that the caller holds (or has leased, or a share of) and that came from a writer who
 * is not trusted; nobody may change it meanwhile or afterwards. Never reads outside the packet's own memory,
 * whatever is in it. When it gives 0 the packet may be read, printed, copied and freed; when it does not, leave it:
 * brine_pool_detach frees what the process holds without looking into it. Errors: BRINE_ENOTHELD, BRINE_ECORRUPT,
 * BRINE_EDEPTH, BRINE_ENOMEM. */
BRINE_API BRINE_MUST_CHECK int brine_packet_validate(brine_packet packet);

/* True if the whole value lies in this pool (the seed's IsSHM). By construction always true for a
 * ref of this pool that can be read. */
BRINE_API bool brine_value_in_pool(const brine_pool *pool, brine_ref value);

/* ---- shorthands --------------------------------------------------------------------------------- */
/* set_*: under a string key of a tab. append_*: at the end of an arr. get_*: value under a string key
 * or the default. */

/* As brine_set_int and so on, in one step, with a key of length bytes that need not end with a NUL. */
BRINE_API int brine_set_int_n(brine_ref tab, const char *key, size_t length, int64_t i);
BRINE_API int brine_set_double_n(brine_ref tab, const char *key, size_t length, double f);
BRINE_API int64_t brine_get_int_n(brine_ref tab, const char *key, size_t length, int64_t otherwise);
BRINE_API double brine_get_double_n(brine_ref tab, const char *key, size_t length, double otherwise);

/* Here, so that the length of a literal is known when it is compiled. */
static inline int brine_set_int(brine_ref tab, const char *key, int64_t i) {
    return brine_set_int_n(tab, key, key ? strlen(key) : 0, i);
}
static inline int brine_set_double(brine_ref tab, const char *key, double f) {
    return brine_set_double_n(tab, key, key ? strlen(key) : 0, f);
}
static inline int64_t brine_get_int(brine_ref tab, const char *key, int64_t otherwise) {
    return brine_get_int_n(tab, key, key ? strlen(key) : 0, otherwise);
}
static inline double brine_get_double(brine_ref tab, const char *key, double otherwise) {
    return brine_get_double_n(tab, key, key ? strlen(key) : 0, otherwise);
}

#define BRINE_X(name, type)                                                                                            \
    static inline int brine_set_##name(brine_ref tab, const char *key, type v) {                                       \
        return brine_assign_##name(brine_slot(tab, key), v);                                                           \
    }
BRINE_X(bool, bool)
BRINE_X(uint, uint64_t)
BRINE_X(float, float)
BRINE_X(str, const char *)
BRINE_X(copy, brine_ref)
BRINE_X(packet, brine_packet)
#undef BRINE_X
#define BRINE_X(name, type)                                                                                            \
    static inline int brine_append_##name(brine_ref arr, type v) { return brine_assign_##name(brine_push(arr), v); }
BRINE_X(bool, bool)
BRINE_X(int, int64_t)
BRINE_X(uint, uint64_t)
BRINE_X(double, double)
BRINE_X(float, float)
BRINE_X(str, const char *)
BRINE_X(copy, brine_ref)
BRINE_X(packet, brine_packet)
#undef BRINE_X

static inline int brine_set_none(brine_ref tab, const char *key) { return brine_assign_none(brine_slot(tab, key)); }
static inline int brine_append_none(brine_ref arr) { return brine_assign_none(brine_push(arr)); }
static inline int brine_set_complex(brine_ref tab, const char *key, double re, double im) {
    return brine_assign_complex(brine_slot(tab, key), re, im);
}
static inline int brine_set_bytes(brine_ref tab, const char *key, const void *data, size_t length) {
    return brine_assign_bytes(brine_slot(tab, key), data, length);
}
static inline int brine_set_strn(brine_ref tab, const char *key, const char *text, size_t length) {
    return brine_assign_strn(brine_slot(tab, key), text, length);
}
static inline brine_ref brine_set_tab(brine_ref tab, const char *key) {
    return brine_assign_tab(brine_slot(tab, key), 0);
}
static inline brine_ref brine_set_arr(brine_ref tab, const char *key) { return brine_assign_arr(brine_slot(tab, key)); }
static inline brine_ref brine_append_tab(brine_ref arr) { return brine_assign_tab(brine_push(arr), 0); }
static inline brine_ref brine_append_arr(brine_ref arr) { return brine_assign_arr(brine_push(arr)); }
/* Zeroed and row-major; NULL on failure (which sticks to the packet). */
static inline void *brine_set_array(brine_ref tab, const char *key, brine_type dtype, int ndim, const size_t *shape) {
    void *data = NULL;
    return brine_assign_array(brine_slot(tab, key), dtype, ndim, shape, 0, &data) == 0 ? data : NULL;
}

static inline bool brine_get_bool(brine_ref tab, const char *key, bool otherwise) {
    bool v;
    return brine_as_bool(brine_find(tab, key), &v) == 0 ? v : otherwise;
}
static inline const char *brine_get_str(brine_ref tab, const char *key, const char *otherwise) {
    const char *v;
    size_t n;
    return brine_as_str(brine_find(tab, key), &v, &n) == 0 ? v : otherwise;
}
static inline int brine_get_array(brine_ref tab, const char *key, brine_array *out) {
    return brine_as_array(brine_find(tab, key), out);
}

#ifdef __cplusplus
}
#endif
#endif
