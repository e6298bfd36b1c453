/* corpora.c - the document parser against the conformance corpora: yaml-test-suite, JSONTestSuite, hostile files of our own.
   The folder comes from argv[1] or the environment variable CORPORA. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"
#include <dirent.h>
#include <time.h>

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

static const char *corpora_folder;

typedef struct corpora_bytes { char *data; size_t size; } corpora_bytes;

/* ---- Files ---- */

static int corpora_read(const char *path, corpora_bytes *out)
{
    FILE *file = fopen(path, "rb");
    long size;
    if (file == NULL) return 0;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    out->size = (size_t)size;
    out->data = (char *)malloc(out->size + 1);
    if (out->data == NULL || fread(out->data, 1, out->size, file) != out->size) { fclose(file); return 0; }
    fclose(file);
    out->data[out->size] = '\0';
    return 1;
}

static int corpora_ends_with(const char *name, const char *ending)
{
    return strlen(name) > strlen(ending) && strcmp(name + strlen(name) - strlen(ending), ending) == 0;
}

typedef struct corpora_list { char names[256][96]; int count; } corpora_list;

static int corpora_order(const void *a, const void *b) { return strcmp((const char *)a, (const char *)b); }

static void corpora_files(const char *set, const char *ending, corpora_list *out)
{
    char path[512];
    DIR *folder;
    struct dirent *entry;
    out->count = 0;
    snprintf(path, sizeof path, "%s/%s", corpora_folder, set);
    folder = opendir(path);
    if (folder == NULL) return;
    while ((entry = readdir(folder)) != NULL && out->count < 256)
        if (corpora_ends_with(entry->d_name, ending) && strlen(entry->d_name) < sizeof out->names[0]) strcpy(out->names[out->count++], entry->d_name);
    closedir(folder);
    qsort(out->names, (size_t)out->count, sizeof out->names[0], corpora_order);
}

/* set/name with another ending */
static int corpora_read_as(const char *set, const char *name, const char *ending, const char *instead, corpora_bytes *out)
{
    char path[768];
    snprintf(path, sizeof path, "%s/%s/%.*s%s", corpora_folder, set, (int)(strlen(name) - strlen(ending)), name, instead);
    return corpora_read(path, out);
}

/* ---- Trees ---- */

/* calls left until allocation fails; negative: never */
static long corpora_calls_left = -1, corpora_live;

static void *corpora_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        corpora_live -= memory != NULL;
        free(memory);
        return NULL;
    }
    if (corpora_calls_left == 0) return NULL;
    if (corpora_calls_left > 0) corpora_calls_left--;
    corpora_live += memory == NULL;
    return realloc(memory, new_size);
}

typedef struct corpora_tree { aflowi_arena arena; aflowi_syntax_error error; const aflowi_node *root; } corpora_tree;

/* Parses an exact-size copy, so that a sanitizer sees the first byte read behind the end. */
static void corpora_parse(corpora_tree *tree, const char *text, size_t size, int is_json)
{
    static const aflow_allocator allocator = { corpora_resize, NULL };
    char *copy = (char *)malloc(size ? size : 1);
    if (copy == NULL) abort();
    memcpy(copy, text, size);
    aflowi_arena_init(&tree->arena, &allocator, 256);
    tree->root = aflowi_document_parse(&tree->arena, copy, size, is_json, &tree->error);
    free(copy);
}

static void corpora_free(corpora_tree *tree) { aflowi_arena_free(&tree->arena); }

/* A failed parse says where and what. */
static int corpora_error_is_whole(const corpora_tree *tree)
{
    return tree->error.line >= 1 && tree->error.column >= 1 && tree->error.span >= 1 && tree->error.message[0] != '\0';
}

typedef struct corpora_text { char *data; size_t size, capacity; } corpora_text;

static void corpora_put(corpora_text *out, const char *text, size_t size)
{
    if (out->size + size + 1 > out->capacity) {
        out->capacity = 2 * (out->size + size) + 64;
        out->data = (char *)realloc(out->data, out->capacity);
        if (out->data == NULL) abort();
    }
    memcpy(out->data + out->size, text, size);
    out->size += size;
    out->data[out->size] = '\0';
}

static void corpora_put_string(corpora_text *out, const aflowi_node *node)
{
    char escape[8];
    uint32_t i;
    corpora_put(out, "\"", 1);
    for (i = 0; i < node->length; i++) {
        const unsigned char c = (unsigned char)node->text[i];
        if (c < 32 || c == '"' || c == '\\') corpora_put(out, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
        else corpora_put(out, node->text + i, 1);
    }
    corpora_put(out, "\"", 1);
}

/* One line of JSON. Integers by their digits, so that 64 bits stay exact. Recursion is fine: the depth is bounded. */
static void corpora_dump(corpora_text *out, const aflowi_node *node)
{
    const aflowi_node *child;
    char digits[40];
    switch (node->kind) {
    case AFLOWI_KIND_NULL: corpora_put(out, "null", 4); break;
    case AFLOWI_KIND_BOOLEAN: corpora_put(out, node->magnitude ? "true" : "false", node->magnitude ? 4 : 5); break;
    case AFLOWI_KIND_INTEGER:
        if (node->hint == AFLOWI_HINT_INTEGER_RANGE) corpora_put(out, digits, aflowi_format_double(digits, node->number));
        else corpora_put(out, digits, (size_t)snprintf(digits, sizeof digits, "%s%llu", node->negative ? "-" : "", (unsigned long long)node->magnitude));
        break;
    case AFLOWI_KIND_NUMBER: corpora_put(out, digits, aflowi_format_double(digits, node->number)); break;
    case AFLOWI_KIND_STRING: corpora_put_string(out, node); break;
    case AFLOWI_KIND_SEQUENCE:
    case AFLOWI_KIND_MAPPING:
        corpora_put(out, node->kind == AFLOWI_KIND_MAPPING ? "{" : "[", 1);
        for (child = node->first; child != NULL; child = child->next) {
            if (child != node->first) corpora_put(out, ", ", 2);
            if (child->key != NULL) { corpora_put_string(out, child->key); corpora_put(out, ": ", 2); }
            corpora_dump(out, child);
        }
        corpora_put(out, node->kind == AFLOWI_KIND_MAPPING ? "}" : "]", 1);
        break;
    }
}

static int corpora_is_number(const aflowi_node *node) { return node->kind == AFLOWI_KIND_INTEGER || node->kind == AFLOWI_KIND_NUMBER; }

/* Structurally equal: numbers by value, keys in order. */
static int corpora_same(const aflowi_node *a, const aflowi_node *b)
{
    const aflowi_node *x, *y;
    if (corpora_is_number(a) && corpora_is_number(b)) {
        if (a->kind == AFLOWI_KIND_INTEGER && b->kind == AFLOWI_KIND_INTEGER && a->hint != AFLOWI_HINT_INTEGER_RANGE && b->hint != AFLOWI_HINT_INTEGER_RANGE)
            return a->magnitude == b->magnitude && (a->negative == b->negative || a->magnitude == 0);
        return a->number == b->number;
    }
    if (a->kind != b->kind) return 0;
    if (a->kind == AFLOWI_KIND_BOOLEAN) return a->magnitude == b->magnitude;
    if (a->kind == AFLOWI_KIND_STRING) return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
    if (a->count != b->count) return 0;
    for (x = a->first, y = b->first; x != NULL && y != NULL; x = x->next, y = y->next) {
        if ((x->key == NULL) != (y->key == NULL)) return 0;
        if (x->key != NULL && (x->key->length != y->key->length || memcmp(x->key->text, y->key->text, x->key->length) != 0)) return 0;
        if (!corpora_same(x, y)) return 0;
    }
    return x == NULL && y == NULL;
}

/* What every tree promises its readers. */
static void corpora_check_tree(const char *name, const aflowi_node *node, unsigned depth)
{
    const aflowi_node *child;
    uint32_t count = 0, size = 1;
    int good = node->line >= 1 && node->column >= 1 && node->span >= 1 && node->text != NULL && node->text[node->length] == '\0' && node->complete;
    good = good && depth + node->height <= AFLOWI_MAX_DEPTH;
    for (child = node->first; child != NULL; child = child->next, count++) {
        size += child->size + (child->key ? 1u : 0u);
        good = good && (child->key != NULL) == (node->kind == AFLOWI_KIND_MAPPING) && child->height < node->height;
        if (child->key != NULL) good = good && child->key->first == NULL && child->key->line >= 1 && child->key->text[child->key->length] == '\0';
        corpora_check_tree(name, child, depth + 1);
    }
    if (!good || count != node->count || size != node->size) test_fail(__FILE__, __LINE__, "%s: node at %u:%u is not whole", name, node->line, node->column);
}

/* The document, dumped as JSON and read again, is what `expected` says. */
static int corpora_equals(const char *name, const corpora_tree *tree, const char *expected, size_t size)
{
    corpora_tree want, again;
    corpora_text text = { NULL, 0, 0 };
    int same;
    corpora_check_tree(name, tree->root, 0);
    corpora_dump(&text, tree->root);
    corpora_parse(&again, text.data, text.size, 1);
    corpora_parse(&want, expected, size, 1);
    if (again.root == NULL) test_fail(__FILE__, __LINE__, "%s: own dump %s is refused: %s", name, text.data, again.error.message);
    if (want.root == NULL) test_fail(__FILE__, __LINE__, "%s: expected JSON is refused: %s", name, want.error.message);
    same = again.root != NULL && want.root != NULL && corpora_same(again.root, want.root);
    if (want.root == NULL) printf("  %s: %s\n", name, expected);
    else if (!same) printf("  %s: got %s\n  expected %.*s\n", name, text.data, (int)size, expected);
    corpora_free(&again);
    corpora_free(&want);
    free(text.data);
    return same;
}

static void corpora_refused(const char *set, const char *name, const corpora_tree *tree)
{
    if (!corpora_error_is_whole(tree) || strlen(tree->error.message) > 250) test_fail(__FILE__, __LINE__, "%s/%s: refused without place or message", set, name);
}

/* ---- The sets ---- */

typedef struct corpora_counts { int files, equal, different, refused, accepted; } corpora_counts;

/* Parses all files of a set; compares those that have an expected JSON beside them. */
static corpora_counts corpora_run(const char *set, const char *ending, const char *expected_ending, int is_json, int show)
{
    static corpora_list files;
    corpora_counts counts = { 0, 0, 0, 0, 0 };
    int i;
    corpora_files(set, ending, &files);
    for (i = 0; i < files.count; i++) {
        const char *name = files.names[i];
        corpora_bytes text, expected = { NULL, 0 };
        corpora_tree tree;
        counts.files++;
        if (!corpora_read_as(set, name, "", "", &text)) { test_fail(__FILE__, __LINE__, "%s/%s: cannot read", set, name); continue; }
        corpora_parse(&tree, text.data, text.size, is_json);
        if (tree.root == NULL) {
            counts.refused++;
            corpora_refused(set, name, &tree);
            if (show) printf("  %s/%s:%u:%u: %s\n", set, name, tree.error.line, tree.error.column, tree.error.message);
        } else if (expected_ending != NULL && corpora_read_as(set, name, ending, expected_ending, &expected)) {
            if (corpora_equals(name, &tree, expected.data, expected.size)) counts.equal++;
            else counts.different++;
        } else {
            corpora_check_tree(name, tree.root, 0);
            counts.accepted++;
            if (show) printf("  %s/%s: accepted\n", set, name);
        }
        corpora_free(&tree);
        free(expected.data);
        free(text.data);
    }
    printf("%-16s %3d files: %d equal, %d different, %d refused, %d accepted without expectation\n", set, counts.files, counts.equal, counts.different, counts.refused, counts.accepted);
    return counts;
}

static int corpora_show(void) { return getenv("CORPORA_SHOW") != NULL; }

static void corpora_subset_core(void)
{
    const corpora_counts c = corpora_run("subset_core", ".yaml", ".json", 0, 1);
    CHECK_U64(c.files, 64);
    CHECK_U64(c.equal, 64);
}

static void corpora_subset_extended(void)
{
    const corpora_counts c = corpora_run("subset_extended", ".yaml", ".json", 0, 1);
    CHECK_U64(c.files, 123);
    CHECK_U64(c.equal, 123);
}

static void corpora_out_of_subset(void)
{
    const corpora_counts c = corpora_run("out_of_subset", ".yaml", ".json", 0, corpora_show());
    CHECK_U64(c.files, 121);
    CHECK_U64(c.different, 0);
    CHECK_U64(c.accepted, 0);
    CHECK(c.equal >= 30);
}

static void corpora_must_reject(void)
{
    const corpora_counts c = corpora_run("must_reject", ".yaml", NULL, 0, corpora_show());
    CHECK_U64(c.files, 94);
    CHECK_U64(c.refused, 94);
}

/* Two files have a key twice, which RFC 8259 leaves open and this parser refuses. */
static void corpora_json_y(void)
{
    const corpora_counts c = corpora_run("json_y", ".json", ".expected", 1, 1);
    CHECK_U64(c.files, 95);
    CHECK_U64(c.equal, 93);
    CHECK_U64(c.refused, 2);
}

static void corpora_json_n(void)
{
    const corpora_counts c = corpora_run("json_n", ".json", NULL, 1, corpora_show());
    CHECK_U64(c.files, 188);
    CHECK_U64(c.refused, 188);
}

static void corpora_json_i(void)
{
    const corpora_counts c = corpora_run("json_i", ".json", NULL, 1, corpora_show());
    CHECK_U64(c.files, 35);
}

static void corpora_asyncflow(void)
{
    const corpora_counts c = corpora_run("asyncflow", ".yml", ".json", 0, 1);
    const corpora_counts j = corpora_run("asyncflow", ".json", ".json", 1, 1);
    CHECK_U64(c.files, 8);
    CHECK_U64(c.equal, 8);
    CHECK_U64(j.equal, 8);
}

/* JSON is YAML: what the strict reader takes, the other one takes with the same meaning, but for what YAML's characters
   and this parser's exceptions forbid. */
static void corpora_json_as_yaml(void)
{
    const corpora_counts c = corpora_run("json_y", ".json", ".expected", 0, corpora_show());
    CHECK_U64(c.different, 0);
    CHECK(c.equal >= 85);
}

/* ---- Hostile files ---- */

/* a mapping's only value */
static const aflowi_node *corpora_only(const corpora_tree *tree)
{
    return tree->root != NULL && tree->root->kind == AFLOWI_KIND_MAPPING && tree->root->count == 1 ? tree->root->first : NULL;
}

/* Would a field that wants a finite number take it? Text and other bases are refused there, too. */
static int corpora_is_plain_number(const aflowi_node *node)
{
    return node != NULL && corpora_is_number(node) && node->number - node->number == 0.0 && node->hint != AFLOWI_HINT_BASE && node->hint != AFLOWI_HINT_INTEGER_RANGE;
}

/* A scenario is a mapping: anything else is refused when it is bound. */
static int corpora_is_scenario(const corpora_tree *tree) { return tree->root != NULL && tree->root->kind == AFLOWI_KIND_MAPPING; }

static int corpora_starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* Does the result agree with the words of expect.json? */
static int corpora_as_expected(const char *id, const char *expect, const corpora_tree *tree)
{
    const aflowi_node *value = corpora_only(tree);
    if (strcmp(id, "esc_nul") == 0 || corpora_starts(expect, "reject in unsigned")) return tree->root == NULL || (value != NULL && value->negative);
    if (corpora_starts(expect, "reject-in-number-field")) return value != NULL && !corpora_is_plain_number(value);
    if (strcmp(expect, "reject-with-specific-code") == 0) return tree->root != NULL && tree->root->hint == AFLOWI_HINT_EMPTY;
    if (corpora_starts(expect, "reject (root")) return !corpora_is_scenario(tree);
    if (corpora_starts(expect, "reject-or-777")) return value != NULL && value->magnitude == 777 && value->hint == AFLOWI_HINT_LEADING_ZERO;
    if (corpora_starts(expect, "reject or key")) return value == NULL || (strcmp(value->key->text, "a:1") == 0 && value->key->hint == AFLOWI_HINT_COLON);
    if (strcmp(expect, "reject") == 0 && corpora_starts(id, "num_")) return value != NULL && !corpora_is_plain_number(value);
    if (corpora_starts(expect, "reject")) return tree->root == NULL;
    if (corpora_starts(expect, "string")) return value != NULL && value->kind == AFLOWI_KIND_STRING;
    if (strcmp(expect, "bool") == 0) return value != NULL && value->kind == AFLOWI_KIND_BOOLEAN;
    if (strcmp(expect, "null") == 0) return value != NULL && value->kind == AFLOWI_KIND_NULL;
    if (strcmp(expect, "accept denormal") == 0) return value != NULL && value->number == 5e-324;
    if (corpora_starts(expect, "correct rounding")) return value != NULL && value->number == 2.2250738585072011e-308;
    if (corpora_starts(expect, "== 0x1.9")) return value != NULL && value->number == 0.1;
    if (strcmp(expect, "round trip") == 0) return value != NULL && value->number == 0.30000000000000004;
    if (corpora_starts(expect, "exact or reject")) return value != NULL && value->magnitude == 9007199254740993u;
    if (strcmp(expect, "accept key a: b") == 0) return value != NULL && strcmp(value->key->text, "a: b") == 0;
    if (strcmp(expect, "accept string") == 0) return value != NULL && strcmp(value->text, "http://h:80/p?q#f") == 0;
    if (corpora_starts(expect, "accept U+1F600")) return value != NULL && strcmp(value->text, "\xF0\x9F\x98\x80") == 0;
    if (corpora_starts(expect, "accept \"x\\ny")) return value != NULL && strcmp(value->text, "x\ny\n") == 0;
    if (corpora_starts(expect, "accept 0 ")) return value != NULL && value->number == 0.0;
    if (strcmp(expect, "accept-or-limit") == 0 || corpora_starts(expect, "limit or accept")) return tree->root != NULL;
    if (corpora_starts(expect, "accept ") && expect[7] != '{') return value != NULL && value->number == strtod(expect + 7, NULL);
    if (corpora_starts(expect, "accept {")) {
        const char *end = strrchr(expect, '}');
        return tree->root != NULL && corpora_equals(id, tree, expect + 7, (size_t)(end - (expect + 7)) + 1);
    }
    return strcmp(expect, "bounded time") == 0 || strcmp(expect, "parse-or-reject") == 0 || strcmp(expect, "generator") == 0;
}

/* What a hostile text may take, in CPU time: a hundred times as long as a plain list of a megabyte takes here and now. What is
   linear in its size takes a few times as long, whatever the machine; what is quadratic, thousands of times. */
static double corpora_patience(void)
{
    static double limit;
    if (limit == 0.0) {
        corpora_text text = { NULL, 0, 0 };
        corpora_tree tree;
        clock_t start;
        while (text.size < 1000000) corpora_put(&text, "- a\n", 4);
        start = clock();
        corpora_parse(&tree, text.data, text.size, 0);
        limit = 100.0 * ((double)(clock() - start) / CLOCKS_PER_SEC + 0.002);
        corpora_free(&tree);
        free(text.data);
    }
    return limit;
}

static void corpora_hostile(void)
{
    corpora_bytes list;
    corpora_tree expect;
    const aflowi_node *entry;
    int files = 0, good = 0;
    double slowest = 0.0;
    if (!corpora_read_as("hostile", "expect.json", "", "", &list)) { test_fail(__FILE__, __LINE__, "no hostile/expect.json"); return; }
    corpora_parse(&expect, list.data, list.size, 1);
    for (entry = expect.root != NULL ? expect.root->first : NULL; entry != NULL; entry = entry->next) {
        const aflowi_node *wanted = aflowi_node_get(entry, "expect");
        corpora_bytes text;
        corpora_tree tree;
        clock_t start;
        double seconds;
        if (!corpora_read_as("hostile", entry->key->text, "", ".yaml", &text)) { test_fail(__FILE__, __LINE__, "hostile/%s: cannot read", entry->key->text); continue; }
        start = clock();
        corpora_parse(&tree, text.data, text.size, 0);
        seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (seconds > slowest) slowest = seconds;
        if (seconds > corpora_patience()) test_fail(__FILE__, __LINE__, "hostile/%s takes %.2f s", entry->key->text, seconds);
        files++;
        if (tree.root == NULL) corpora_refused("hostile", entry->key->text, &tree);
        else corpora_check_tree(entry->key->text, tree.root, 0);
        if (corpora_as_expected(entry->key->text, wanted->text, &tree)) good++;
        else test_fail(__FILE__, __LINE__, "hostile/%s: expected %s, got %s", entry->key->text, wanted->text, tree.root ? "a tree" : tree.error.message);
        if (corpora_show() && tree.root == NULL) printf("  hostile/%s:%u:%u: %s\n", entry->key->text, tree.error.line, tree.error.column, tree.error.message);
        corpora_free(&tree);
        free(text.data);
    }
    printf("%-16s %3d files: %d as expected, slowest %.3f s\n", "hostile", files, good, slowest);
    CHECK_U64(files, 110);
    corpora_free(&expect);
    free(list.data);
}

/* ---- Generated: a megabyte of everything that could be quadratic ---- */

typedef struct corpora_bomb { const char *name, *start, *unit, *end; int is_json; } corpora_bomb;

static void corpora_bombs(void)
{
    static const corpora_bomb bombs[] = {
        { "items", "[", "a,", "]", 0 }, { "json items", "[1", ",1", "]", 1 }, { "anchors", "", "- &a%d x\n", "", 0 },
        { "one anchor", "", "- &a x\n", "", 0 }, { "aliases", "- &a x\n", "- *a\n", "", 0 }, { "keys", "", "k%d: 1\n", "", 0 },
        { "json keys", "{\"a\":0", ",\"k%d\":1", "}", 1 }, { "flow keys", "{", "k%d,", "}", 0 }, { "pairs", "[", "k%d: 1,", "]", 0 },
        { "flow lines", "[", "a,\n", "]", 0 }, { "folded", "a: >\n", "  x\n\n", "", 0 }, { "blank folded", "a: >\n", "\n", "", 0 },
        { "plain lines", "a:\n", "  x\n\n", "", 0 }, { "quoted lines", "\"", "x\n", "\"", 0 }, { "quoted blanks", "\"", " ", "\n\"", 0 },
        { "quoted blank lines", "\"", " \n", "\"", 0 }, { "escapes", "\"", "\\P", "\"", 0 }, { "comments", "", "# x\n", "a: 1\n", 0 },
        { "comments in a list", "- a\n", "#\n- b\n", "", 0 }, { "empty items", "", "-\n", "", 0 }, { "empty values", "", "k%d:\n", "", 0 },
        { "dashes", "", "- ", "", 0 }, { "question marks", "", "? ", "", 0 }, { "colons", "", ":", "", 0 }, { "stars", "", "*", "", 0 },
        { "merge", "a: &a {x: 1}\nb: {<<: [", "*a,", "]}", 0 }, { "duplicates", "{", "a: 1,", "}", 0 }, { "scalars with blanks", "a:\n", " x \n", "", 0 },
        { "blocks", "", "- |\n  x\n", "", 0 }, { "empty blocks", "", "- |\n", "", 0 }, { "tags", "", "- !!str x\n", "", 0 },
        { "deep", "", "[", "", 0 }, { "deep json", "", "[", "", 1 }, { "deep map", "", "{a: ", "", 0 }, { "digits", "a: ", "1", "", 0 }, { "json digits", "", "1", "", 1 },
        { "tabs", "a:", "\t", "", 0 }, { "flow comment", "[a,", " #", "]", 0 }, { "apostrophes", "'", "''", "'", 0 }, { "carriage returns", "a: 1", "\r", "", 0 },
        { "wide", "- \"", "\xE2\x82\xAC", "\"", 0 }, { "flow nulls", "{", "\xE2\x82\xAC%d: ,", "}", 0 }, { "alias keys", "a: &a b\nc: [", "*a : 1,", "]", 0 } };
    corpora_text text = { NULL, 0, 0 };
    corpora_tree tree;
    char unit[64];
    double slowest = 0.0;
    size_t i;
    for (i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        const corpora_bomb *bomb = &bombs[i];
        clock_t start;
        double seconds;
        int n;
        text.size = 0;
        corpora_put(&text, bomb->start, strlen(bomb->start));
        for (n = 0; text.size < 1000000; n++) {
            const char *number = strstr(bomb->unit, "%d");
            if (number == NULL) corpora_put(&text, bomb->unit, strlen(bomb->unit));
            else corpora_put(&text, unit, (size_t)snprintf(unit, sizeof unit, "%.*s%d%s", (int)(number - bomb->unit), bomb->unit, n, number + 2));
        }
        corpora_put(&text, bomb->end, strlen(bomb->end));
        start = clock();
        corpora_parse(&tree, text.data, text.size, bomb->is_json);
        seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (tree.root == NULL) corpora_refused("bomb", bomb->name, &tree);
        else corpora_check_tree(bomb->name, tree.root, 0);
        if (seconds > slowest) slowest = seconds;
        if (corpora_show()) printf("  bomb %s: %.3f s, %s\n", bomb->name, seconds, tree.root ? "accepted" : tree.error.message);
        if (seconds > corpora_patience()) test_fail(__FILE__, __LINE__, "bomb %s takes %.2f s", bomb->name, seconds);
        corpora_free(&tree);
    }
    printf("%-16s %3d texts of 1 MB: slowest %.3f s\n", "bombs", (int)i, slowest);
    free(text.data);
}

/* Every prefix of every core file and of the AsyncFlow examples ends cleanly. */
static void corpora_truncated(void)
{
    static const char *const sets[] = { "subset_core", "subset_extended", "out_of_subset", "asyncflow", "json_y" };
    static const char *const endings[] = { ".yaml", ".yaml", ".yaml", ".yml", ".json" };
    static corpora_list files;
    long prefixes = 0;
    size_t s, cut;
    int i;
    for (s = 0; s < sizeof sets / sizeof *sets; s++) {
        corpora_files(sets[s], endings[s], &files);
        for (i = 0; i < files.count; i++) {
            corpora_bytes text;
            if (!corpora_read_as(sets[s], files.names[i], "", "", &text)) continue;
            for (cut = 0; cut < text.size; cut++, prefixes++) {
                corpora_tree tree;
                corpora_parse(&tree, text.data, cut, s == 4);
                if (tree.root == NULL) corpora_refused(sets[s], files.names[i], &tree);
                else corpora_check_tree(files.names[i], tree.root, 0);
                corpora_free(&tree);
            }
            free(text.data);
        }
    }
    printf("%-16s %ld prefixes\n", "truncated", prefixes);
    CHECK(prefixes > 10000);
}

/* Memory that ends at call k: an error each time, everything given back. */
static void corpora_out_of_memory(void)
{
    static const char *const names[] = { "subset_core/9U5K.yaml", "subset_extended/P2AD.yaml", "out_of_subset/26DV.yaml", "asyncflow/af_event_inj_lb.yml", "asyncflow/af_event_inj_lb.json" };
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        corpora_bytes text;
        corpora_tree tree;
        long k;
        int done = 0;
        if (!corpora_read_as(".", names[i], "", "", &text)) { test_fail(__FILE__, __LINE__, "cannot read %s", names[i]); continue; }
        for (k = 0; k < 1000 && !done; k++) {
            corpora_calls_left = k;
            corpora_parse(&tree, text.data, text.size, corpora_ends_with(names[i], ".json"));
            corpora_calls_left = -1;
            done = tree.root != NULL;
            if (!done && (!corpora_error_is_whole(&tree) || strstr(tree.error.message, "memory") == NULL)) test_fail(__FILE__, __LINE__, "%s: call %ld: \"%s\"", names[i], k, tree.error.message);
            corpora_free(&tree);
        }
        CHECK(done && k > 1);
        CHECK_U64(corpora_live, 0);
        free(text.data);
    }
}

/* ---- Without files: places, hints, messages ---- */

static const char *corpora_message(const char *text, int is_json)
{
    static char message[320];
    corpora_tree tree;
    corpora_parse(&tree, text, strlen(text), is_json);
    if (tree.root != NULL) strcpy(message, "no error");
    else snprintf(message, sizeof message, "%u:%u:%u: %s", tree.error.line, tree.error.column, tree.error.span, tree.error.message);
    corpora_free(&tree);
    return message;
}

static void corpora_messages(void)
{
    CHECK_STR(corpora_message("x: 1\nmean: 1\n\nmean: 2\n", 0), "4:1:4: a mapping key stands twice: `mean` is also on line 2; remove one");
    CHECK_STR(corpora_message("{\"\xC3\xA4\": 1, \"b\": [1 2]}", 1), "1:18:1: a comma or a closing ] is missing in front of this");
    CHECK_STR(corpora_message("a:\n\tb: 1\n", 0), "2:2:1: a tab stands in the indentation; indent with blanks only");
    CHECK_STR(corpora_message("a: *nope\n", 0), "1:4:5: the alias `*nope` refers to an anchor that was not set before; set it with & in front of a value");
    CHECK_STR(corpora_message("a: &a [*a]\n", 0), "1:8:2: the alias `*a` stands inside the value that it refers to; a value cannot contain itself");
    CHECK_STR(corpora_message("a: \"x\n", 0), "1:4:1: the quote \" is never closed; add the closing one");
    CHECK_STR(corpora_message("a: [1,\n  2\n", 0), "1:4:1: a bracket is opened here and never closed; add ] or }");
    CHECK_STR(corpora_message("a: !foo 1\n", 0), "1:4:4: the tag `!foo` is not supported; use !!str, !!int, !!float, !!bool, !!null, !!map, !!seq or none");
    CHECK_STR(corpora_message("a: 1\nmean 2\n", 0), "2:1:6: `mean 2` stands where a mapping key is expected, but no colon with a blank follows it on its line; write `key: value`, or indent it to continue the value above");
    CHECK_STR(corpora_message("? a\n: b\n", 0), "1:1:1: keys written with `? ` are not supported; write `key: value`");
    CHECK_STR(corpora_message("\xFF\xFE" "a", 0), "1:1:1: the text is UTF-16; save the file as UTF-8");
    CHECK_STR(corpora_message("", 1), "1:1:1: the document is empty; a JSON document has one value");
    CHECK_STR(corpora_message("a: 1\n---\nb: 1\n", 0), "2:1:1: a second document starts here; keep one document in a file");
    CHECK_STR(corpora_message("<<: 1\n", 0), "1:1:2: a merge key `<<` needs a mapping or a list of mappings; refer to one, as in `<<: *name`");
    CHECK_STR(corpora_message("a:\n  b: 1\n c: 2\n", 0), "3:2:1: this line is indented like none of the levels above; the innermost one open here is in column 1: align it");
    CHECK_STR(corpora_message("  a: 1\n b: 2\n", 0), "2:2:1: this line is indented less than the first one of the document, which starts in column 3: align it");
    CHECK_STR(corpora_message("mean: 1\n  kind: 2\n", 0), "2:3:4: `kind` has a colon behind it, but its indentation makes the line a continuation of the value above; align it with the keys it belongs to");
    CHECK_STR(corpora_message("{a: 1\n b: 2}", 0), "2:3:1: a second colon stands in one entry; add the comma that is missing in front of its key, or quote the text");
    CHECK_STR(corpora_message("\"a\":1\n", 0), "1:4:1: a blank is missing behind this colon; write `key: value`");
    CHECK_STR(corpora_message("a: 0.5ms: 2\n", 0), "1:9:1: a mapping cannot start in the middle of a line: a second `: ` stands here; put it on the next line, or quote the text");
    CHECK_STR(corpora_message("k: [\n  a\n]\n", 0), "no error");
}

static void corpora_check_dump(const char *text, const char *json)
{
    corpora_tree tree;
    corpora_text dump = { NULL, 0, 0 };
    corpora_parse(&tree, text, strlen(text), 0);
    if (tree.root == NULL) test_fail(__FILE__, __LINE__, "%s: %s", text, tree.error.message);
    else {
        corpora_check_tree(text, tree.root, 0);
        corpora_dump(&dump, tree.root);
        CHECK_STR(dump.data, json);
    }
    free(dump.data);
    corpora_free(&tree);
}

static void corpora_merge_keys(void)
{
    corpora_check_dump("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n", "{\"a\": {\"x\": 1, \"y\": 2}, \"b\": {\"y\": 3, \"x\": 1}}");
    corpora_check_dump("- &a {x: 1}\n- &b {x: 2, z: 3}\n- {<<: [*a, *b], w: 0}\n", "[{\"x\": 1}, {\"x\": 2, \"z\": 3}, {\"w\": 0, \"x\": 1, \"z\": 3}]");
    corpora_check_dump("<<: {<<: {a: 1}, b: 2}\nc: 3\n", "{\"c\": 3, \"b\": 2, \"a\": 1}");
    corpora_check_dump("\"<<\": 1\n", "{\"<<\": 1}");
    corpora_check_dump("<<: {}\n", "{}");
    corpora_check_dump("<<: []\na: 1\n", "{\"a\": 1}");
}

static void corpora_check_hint(const char *scalar, aflowi_node_kind kind, aflowi_node_hint hint)
{
    corpora_tree tree;
    corpora_parse(&tree, scalar, strlen(scalar), 0);
    if (tree.root == NULL || tree.root->kind != kind || tree.root->hint != hint)
        test_fail(__FILE__, __LINE__, "%s: kind %d, hint %d; expected %d and %d", scalar, tree.root ? (int)tree.root->kind : -1, tree.root ? (int)tree.root->hint : -1, (int)kind, (int)hint);
    corpora_free(&tree);
}

static void corpora_hints(void)
{
    static const char *const booleans[] = { "y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF" };
    size_t i;
    for (i = 0; i < sizeof booleans / sizeof *booleans; i++) corpora_check_hint(booleans[i], AFLOWI_KIND_STRING, AFLOWI_HINT_YAML11_BOOL);
    corpora_check_hint("\"yes\"", AFLOWI_KIND_STRING, AFLOWI_HINT_NONE);
    corpora_check_hint("!!str yes", AFLOWI_KIND_STRING, AFLOWI_HINT_NONE);
    corpora_check_hint("1_000", AFLOWI_KIND_STRING, AFLOWI_HINT_UNDERSCORE);
    corpora_check_hint("1_000.5", AFLOWI_KIND_STRING, AFLOWI_HINT_UNDERSCORE);
    corpora_check_hint("srv_1", AFLOWI_KIND_STRING, AFLOWI_HINT_NONE);
    corpora_check_hint("0:10", AFLOWI_KIND_STRING, AFLOWI_HINT_SEXAGESIMAL);
    corpora_check_hint("12:30:59", AFLOWI_KIND_STRING, AFLOWI_HINT_SEXAGESIMAL);
    corpora_check_hint("12:60", AFLOWI_KIND_STRING, AFLOWI_HINT_NONE);
    corpora_check_hint("1,5", AFLOWI_KIND_STRING, AFLOWI_HINT_COMMA);
    corpora_check_hint("20ms", AFLOWI_KIND_STRING, AFLOWI_HINT_UNIT);
    corpora_check_hint("64 MB", AFLOWI_KIND_STRING, AFLOWI_HINT_UNIT);
    corpora_check_hint("5%", AFLOWI_KIND_STRING, AFLOWI_HINT_UNIT);
    corpora_check_hint("nan", AFLOWI_KIND_STRING, AFLOWI_HINT_NOT_FINITE);
    corpora_check_hint("0777", AFLOWI_KIND_INTEGER, AFLOWI_HINT_LEADING_ZERO);
    corpora_check_hint("0x1F", AFLOWI_KIND_INTEGER, AFLOWI_HINT_BASE);
    corpora_check_hint("0o17", AFLOWI_KIND_INTEGER, AFLOWI_HINT_BASE);
    corpora_check_hint("0o18", AFLOWI_KIND_STRING, AFLOWI_HINT_NONE);
    corpora_check_hint("18446744073709551615", AFLOWI_KIND_INTEGER, AFLOWI_HINT_NONE);
    corpora_check_hint("18446744073709551616", AFLOWI_KIND_INTEGER, AFLOWI_HINT_INTEGER_RANGE);
    corpora_check_hint("0x10000000000000000", AFLOWI_KIND_INTEGER, AFLOWI_HINT_INTEGER_RANGE);
    corpora_check_hint("1e999", AFLOWI_KIND_NUMBER, AFLOWI_HINT_OVERFLOW);
    corpora_check_hint("-.INF", AFLOWI_KIND_NUMBER, AFLOWI_HINT_NONE);
    corpora_check_hint(".NaN", AFLOWI_KIND_NUMBER, AFLOWI_HINT_NONE);
    corpora_check_hint("1e-3", AFLOWI_KIND_NUMBER, AFLOWI_HINT_NONE);
    corpora_check_hint("5.", AFLOWI_KIND_NUMBER, AFLOWI_HINT_NONE);
    corpora_check_hint("-0", AFLOWI_KIND_INTEGER, AFLOWI_HINT_NONE);
    corpora_check_hint("", AFLOWI_KIND_NULL, AFLOWI_HINT_EMPTY);
    corpora_check_hint("~", AFLOWI_KIND_NULL, AFLOWI_HINT_NONE);
    corpora_check_hint("!!int \"10\"", AFLOWI_KIND_INTEGER, AFLOWI_HINT_NONE);
    corpora_check_hint("!!float 10", AFLOWI_KIND_NUMBER, AFLOWI_HINT_NONE);
    corpora_check_hint("!!str 10", AFLOWI_KIND_STRING, AFLOWI_HINT_NONE);
}

static void corpora_places(void)
{
    static const char text[] = "\xEF\xBB\xBF\xC3\xA4: \xC3\xB6\xC3\xBC # x\r\nb:\r\n  - {c: \"\xE2\x82\xAC\xE2\x82\xAC\", d: [1]}\r\n  -\r\ne:\r\n";
    corpora_tree tree;
    const aflowi_node *node;
    corpora_parse(&tree, text, sizeof text - 1, 0);
    if (tree.root == NULL) { test_fail(__FILE__, __LINE__, "%s", tree.error.message); corpora_free(&tree); return; }
    node = tree.root->first;
    CHECK(node->line == 1 && node->column == 4 && node->span == 2 && node->key->line == 1 && node->key->column == 1 && node->key->span == 1);
    node = aflowi_node_get(tree.root, "b");
    CHECK(node != NULL && node->line == 3 && node->column == 3 && node->count == 2);
    node = node->first;
    CHECK(node->line == 3 && node->column == 5);
    CHECK(node->first->line == 3 && node->first->column == 9 && node->first->span == 4);
    CHECK(node->first->next->key->column == 15 && node->first->next->column == 18);
    CHECK(node->next->kind == AFLOWI_KIND_NULL && node->next->line == 4 && node->next->column == 3);
    node = aflowi_node_get(tree.root, "e");
    CHECK(node != NULL && node->line == 5 && node->column == 1 && node->hint == AFLOWI_HINT_EMPTY);
    CHECK(aflowi_node_get(tree.root, "nope") == NULL);
    corpora_free(&tree);
}

static void corpora_folder_is_there(void)
{
    DIR *folder = corpora_folder != NULL ? opendir(corpora_folder) : NULL;
    if (folder == NULL) { corpora_folder = NULL; SKIP("corpora folder absent"); }
    closedir(folder);
}

int main(int count, char **arguments)
{
    corpora_folder = count > 1 ? arguments[1] : getenv("CORPORA");
    RUN(corpora_messages);
    RUN(corpora_merge_keys);
    RUN(corpora_hints);
    RUN(corpora_places);
    RUN(corpora_bombs);
    RUN(corpora_folder_is_there);
    if (corpora_folder == NULL) return test_end();
    RUN(corpora_subset_core);
    RUN(corpora_subset_extended);
    RUN(corpora_out_of_subset);
    RUN(corpora_must_reject);
    RUN(corpora_json_y);
    RUN(corpora_json_n);
    RUN(corpora_json_i);
    RUN(corpora_json_as_yaml);
    RUN(corpora_asyncflow);
    RUN(corpora_hostile);
    RUN(corpora_truncated);
    RUN(corpora_out_of_memory);
    return test_end();
}
