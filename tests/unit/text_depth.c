/* SPDX-License-Identifier: Apache-2.0 */
/* Nesting: 1000 levels are read and printed, more is an error and costs no stack. */
#include <pthread.h>

#include "text_helpers.h"

static brine_ref root;

/* Into a place without a value, which is built in directly: copying has its own limits. */
static int parse_fresh(bool json, const char *text, brine_text_error *error) {
    CHECK_OK(brine_assign_none(root));
    return parse_bytes(root, json, text, strlen(text), error);
}

/* COUNT times `open`, `inside`, COUNT times `close`. */
static char *nested(const char *open, const char *inside, const char *close, size_t count) {
    size_t o = strlen(open), c = strlen(close), i = strlen(inside);
    char *text = malloc(count * (o + c) + i + 1), *p = text;
    CHECK(text != NULL);
    for (size_t n = 0; n < count; n++, p += o) memcpy(p, open, o);
    memcpy(p, inside, i);
    p += i;
    for (size_t n = 0; n < count; n++, p += c) memcpy(p, close, c);
    *p = '\0';
    return text;
}

static void try(bool json, const char *open, const char *inside, const char *close, size_t count, int expected) {
    char *text = nested(open, inside, close, count);
    brine_text_error error = {0, 0, 0};
    int status = parse_fresh(json, text, &error);
    CHECK_MSG(status == expected, "%zu x %s: %s (%s)", count, open, brine_status_name(status), brine_detail());
    if (expected == BRINE_EDEPTH) CHECK_CONTAINS(brine_detail(), "deeper than 1000");
    if (expected == 0) {
        const char *printed = shown(root, json ? BRINE_JSON : BRINE_LITERAL, 0);
        if (json || *open != '(' || strcmp(close, ")") != 0) CHECK_STR(printed, text);
        CHECK_OK(parse_fresh(json, printed, NULL));
        shown(root, BRINE_PRETTY, 0);
    }
    free(text);
}

static void *all(void *unused) {
    (void)unused;
    static const size_t too_many[] = {1001, 2000, 3000, 100000};
    try(false, "[", "", "]", 1000, 0);
    try(false, "(", "1", ",)", 1000, 0);
    try(false, "{'a': ", "1", "}", 1000, 0);
    try(false, "o{'a': ", "(1+2j)", "}", 1000, 0);
    try(false, "(", "1", ")", 1000, 0); /* plain parentheses have a limit of their own */
    try(true, "[", "", "]", 1000, 0);
    try(true, "{\"a\":", "1", "}", 1000, 0);
    for (size_t i = 0; i < sizeof too_many / sizeof *too_many; i++) {
        try(false, "[", "", "]", too_many[i], BRINE_EDEPTH);
        try(false, "[", "", "", too_many[i], BRINE_EDEPTH);
        try(false, "(", "1", ",)", too_many[i], BRINE_EDEPTH);
        try(false, "(", "1", ")", too_many[i], BRINE_EDEPTH);
        try(false, "(", "", "", too_many[i], BRINE_EDEPTH);
        try(false, "{'a':", "1", "}", too_many[i], BRINE_EDEPTH);
        try(false, "{(", "", "", too_many[i], BRINE_ESYNTAX); /* a dict as a key */
        try(false, "o{1:(", "", "", too_many[i], BRINE_EDEPTH);
        try(false, "array(", "", "", too_many[i], BRINE_ESYNTAX);
        try(true, "[", "", "]", too_many[i], BRINE_EDEPTH);
        try(true, "[", "", "", too_many[i], BRINE_EDEPTH);
        try(true, "{\"a\":", "1", "}", too_many[i], BRINE_EDEPTH);
    }
    return NULL;
}

/* A tuple key at the limit and beyond. */
static void keys(void) {
    char *text = nested("[", "{(1, (2,)): 3}", "]", 997);
    CHECK_OK(parse_literal(root, text));
    CHECK_STR(literal_of(root), text);
    free(text);
    text = nested("[", "{(1, (2,)): 3}", "]", 998);
    CHECK_STATUS(parse_literal(root, text), BRINE_EDEPTH);
    free(text);
}

/* Deeper than what can be parsed, as a builder may make it. */
static void built(void) {
    char *text = NULL;
    brine_ref arr = brine_assign_arr(root);
    for (int i = 1; i < 1000; i++) arr = brine_append_arr(arr);
    CHECK_OK(brine_print_text(root, BRINE_LITERAL, 0, &text, NULL));
    free(text);
    text = NULL;
    for (int i = 0; i < 100000; i++) arr = brine_append_arr(arr);
    CHECK(brine_ref_ok(arr));
    for (int style = BRINE_LITERAL; style <= BRINE_JSON_PRETTY; style++)
        CHECK_STATUS(brine_print_text(root, (brine_style)style, 0, &text, NULL), BRINE_EDEPTH);
    CHECK(text == NULL);
    CHECK_OK(brine_packet_clear_error(packet));
}

int main(void) {
    root = open_pool();
    /* On a small stack, which recursion on the input would overrun. */
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
    CHECK(pthread_create(&thread, &attributes, all, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
    keys();
    built();
    close_pool();
    return 0;
}
