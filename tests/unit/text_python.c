/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Against Python: public JSON files are parsed and printed; Python's json must print them the same, byte
 * for byte, and read our literals as the same values.
 */
/* test: timeout=120 */
#include "text_helpers.h"

static const char script[] =
    "import ast, json, sys\n"
    "original, ours = sys.argv[1:]\n"
    "with open(original, encoding='utf-8') as f:\n"
    "    texts = f.read().splitlines() if original.endswith('.ndjson') else [f.read()]\n"
    "texts = [t for t in texts if t.strip()]\n"
    "lines = open(ours, encoding='utf-8', newline='\\n').read().split('\\n')\n"
    "assert len(lines) == 4 * len(texts) + 1, (len(lines), len(texts))\n"
    "for i, text in enumerate(texts):\n"
    "    value = json.loads(text)\n"
    "    plain, ascii, literal, pretty = lines[4 * i:4 * i + 4]\n"
    "    assert plain == json.dumps(value, separators=(',', ':'), ensure_ascii=False), (original, i)\n"
    "    assert ascii == json.dumps(value, separators=(',', ':')), (original, i, 'ascii')\n"
    "    assert repr(ast.literal_eval(literal)) == repr(value), (original, i, 'literal')\n"
    "    assert json.loads(pretty) == json.dumps(value, indent=4, ensure_ascii=False), (original, i, 'pretty')\n";

/* Four lines for a value: JSON, JSON in ASCII, literal, and indented JSON as a JSON string. */
static void print_all(brine_ref value, FILE *out) {
    char *text;
    size_t length;
    CHECK_OK(brine_print(value, BRINE_JSON, 0, out));
    fputc('\n', out);
    CHECK_OK(brine_print(value, BRINE_JSON, BRINE_TEXT_ASCII, out));
    fputc('\n', out);
    CHECK_OK(brine_print(value, BRINE_LITERAL, 0, out));
    fputc('\n', out);
    CHECK_OK(brine_print_text(value, BRINE_JSON_PRETTY, 0, &text, &length));
    brine_packet line;
    CHECK_OK(brine_packet_new(pool, &line));
    CHECK_OK(brine_assign_strn(brine_root(line), text, length));
    CHECK_OK(brine_print(brine_root(line), BRINE_JSON, 0, out));
    fputc('\n', out);
    CHECK_OK(brine_packet_free(line));
    free(text);
}

static void convert(const char *text, size_t length, FILE *out) {
    brine_packet one, again;
    char *literal;
    size_t n;
    CHECK_OK(brine_packet_new(pool, &one));
    CHECK_OK(brine_parse_json(brine_root(one), text, length, 0, NULL));
    print_all(brine_root(one), out);
    CHECK_OK(brine_packet_new(pool, &again));
    CHECK_OK(brine_print_text(brine_root(one), BRINE_LITERAL, 0, &literal, &n));
    CHECK_OK(brine_parse_literal(brine_root(again), literal, n, NULL));
    CHECK(brine_equal(brine_root(one), brine_root(again)));
    free(literal);
    CHECK_OK(brine_packet_free(again));
    CHECK_OK(brine_packet_free(one));
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t room = 16 << 20;
    char *text = malloc(room);
    CHECK(text != NULL);
    *length = fread(text, 1, room, file);
    CHECK(*length < room);
    fclose(file);
    return text;
}

static void one_file(const char *name) {
    char *path = check_data_file(name), *command, printed[] = "/tmp/brine-python.XXXXXX";
    size_t length;
    char *text = read_file(path, &length);
    int fd = mkstemp(printed);
    CHECK_SYS(fd);
    FILE *out = fdopen(fd, "wb");
    CHECK(out != NULL);
    if (strstr(name, ".ndjson") == NULL) {
        convert(text, length, out);
    } else {
        for (char *line = text, *end = text + length, *next; line < end; line = next + 1) {
            next = memchr(line, '\n', (size_t)(end - line));
            if (next == NULL) next = end;
            if (next > line) convert(line, (size_t)(next - line), out);
        }
    }
    CHECK(fclose(out) == 0);
    CHECK(asprintf(&command, "python3 -c \"$SCRIPT\" '%s' '%s'", path, printed) > 0);
    int status = system(command);
    unlink(printed);
    CHECK_MSG(status == 0, "%s: Python prints something else", name);
    free(command);
    free(text);
    free(path);
}

int main(void) {
    if (system("python3 -c 'import json' >/dev/null 2>&1") != 0) SKIP("no python3");
    setenv("SCRIPT", script, 1);
    open_pool();
    one_file("twitter.json");
    one_file("canada.json");
    one_file("github_events.json");
    one_file("amazon_cellphones.ndjson");
    close_pool();
    return 0;
}
