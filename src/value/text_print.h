/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: printing. text_print.c walks containers with a stack of its own, text_string.c prints str and
 * bytes, text_array.c numbers and nd-arrays. A failure to write is kept in `out` and looked at once per
 * value; everything else that can fail returns a status.
 */
#ifndef BRINE_VALUE_TEXT_PRINT_H
#define BRINE_VALUE_TEXT_PRINT_H

#include <brine/text.h>

#include "base/status.h"
#include "value/text_out.h"

/* A container that is being printed. */
struct level {
    brine_iter it;
    brine_ref *sorted;  /* key, value, key, value ...; NULL: in the order of `it` */
    size_t next, count; /* of sorted */
    size_t items;       /* printed */
    brine_type type;
    bool ordered; /* an OTab */
};

struct printer {
    struct out out;
    unsigned flags;
    bool json;
    bool pretty;
    struct level *levels; /* grows; innermost last */
    size_t depth, room;
};

/* text_string.c: in quotes. */
void brine__print_str(struct printer *printer, const char *text, size_t length);
void brine__print_bytes(struct printer *printer, const unsigned char *data, size_t length);
void brine__print_json_str(struct printer *printer, const char *text, size_t length);
/* {"$bytes":"..."} */
void brine__print_json_bytes(struct printer *printer, const unsigned char *data, size_t length);

/* text_array.c */
int brine__print_array(struct printer *printer, brine_ref value);
int brine__print_complex(struct printer *printer, brine_type part, const void *re, const void *im);
/* One number of any fixed type, as it stands in memory. */
int brine__print_number(struct printer *printer, brine_type type, const void *number);

#endif
