/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what is done to a JSON text before libyajl sees it, because libyajl does it otherwise:
 * lone surrogate escapes (it emits '?' or broken UTF-8) become \ufffd; NaN and the infinities, if
 * allowed, become numbers whose offsets are remembered; vertical tab and form feed (it takes them for
 * white space) end the text. Replacements are as long as what they replace, so offsets stay.
 */
#ifndef BRINE_VALUE_JSON_SCAN_H
#define BRINE_VALUE_JSON_SCAN_H

#include "value/text_parse.h"

struct json_scan {
    const char *text; /* the caller's, or copy */
    char *copy;
    size_t length;   /* up to a control character that JSON has not, or all */
    size_t *special; /* offsets of NaN, Infinity and -Infinity, ascending */
    size_t specials, room;
};

/* BRINE_ENOMEM. Followed by brine__json_scan_close in any case. */
int brine__json_scan(struct json_scan *scan, const struct source *source, unsigned flags);
void brine__json_scan_close(struct json_scan *scan);

#endif
