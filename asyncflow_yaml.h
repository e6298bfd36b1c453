/* asyncflow_yaml.h - reads and writes asyncflow.h scenarios as YAML and JSON.
   SPDX-License-Identifier: MIT OR Unlicense (texts at the end of asyncflow.h)

   Use, in one source file of the program:

       #define ASYNCFLOW_IMPLEMENTATION
       #include "asyncflow.h"
       #define ASYNCFLOW_YAML_IMPLEMENTATION
       #include "asyncflow_yaml.h"

   and in the others just the two includes. The implementation uses asyncflow.h's own parts, so both are compiled in
   the same file.

   What is read. Files are UTF-8 (with or without a byte order mark; any line ends), at most 64 levels deep. YAML: block
   and flow mappings and sequences, all scalar styles, comments, one document with or without its markers, %YAML 1.1 and
   1.2, the core schema's tags, anchors, aliases and merge keys (what they expand to is bounded). JSON: strict, RFC 8259.
   Anything else is an error with its line and column, never another meaning. Numbers are YAML 1.2's (1e-3 is a number,
   1_000 is not); plain yes, no, on, off as a value are refused, since YAML 1.1 and 1.2 read them differently: quote them. */
#ifndef ASYNCFLOW_YAML_H
#define ASYNCFLOW_YAML_H

#ifndef ASYNCFLOW_H
#error "include asyncflow.h before asyncflow_yaml.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum aflow_format { AFLOW_FORMAT_YAML = 0, AFLOW_FORMAT_JSON } aflow_format;

/* How to read. All zero is a valid description. */
typedef struct aflow_read_desc {
    const char *name;              /* shown before line and column; default: the file's path, nothing for a text */
    aflow_format format;           /* default YAML; aflow_read_file takes JSON for a path that ends in .json */
    aflow_compat compat;           /* as if the file said sim_settings.compat; default: what the file says */
    aflow_allocator allocator;     /* default malloc */
} aflow_read_desc;

/* A scenario with the text behind it, so that problems found later still name line and column. */
typedef struct aflow_scenario_file aflow_scenario_file;

/* Reads and checks. Every problem is reported; NULL when one of them is an error. The text is copied. desc may be NULL. */
AFLOW_API aflow_scenario_file *aflow_read_text(const char *text, size_t size, aflow_diagnostics *problems, const aflow_read_desc *desc);
#ifndef ASYNCFLOW_NO_STDIO
/* The same from a file; "-" is standard input. */
AFLOW_API aflow_scenario_file *aflow_read_file(const char *path, aflow_diagnostics *problems, const aflow_read_desc *desc);
#endif
/* The scenario, valid until the file is destroyed; NULL for NULL, which aflow_run and the others take as invalid. */
AFLOW_API const aflow_scenario *aflow_scenario_of(const aflow_scenario_file *file);
AFLOW_API void aflow_scenario_file_destroy(aflow_scenario_file *file);     /* NULL is fine */

/* Writes a scenario so that reading it back gives an equal one; fields that have their default are left out. */
AFLOW_API aflow_status aflow_write_scenario_yaml(const aflow_scenario *scenario, aflow_put_fn put, void *context);
AFLOW_API aflow_status aflow_write_scenario_json(const aflow_scenario *scenario, aflow_put_fn put, void *context);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* ASYNCFLOW_YAML_H */

#ifdef ASYNCFLOW_YAML_IMPLEMENTATION
#ifndef ASYNCFLOW_YAML_IMPLEMENTED
#define ASYNCFLOW_YAML_IMPLEMENTED
#ifndef ASYNCFLOW_IMPLEMENTED
#error "asyncflow_yaml.h: compile its implementation in the file that has asyncflow.h's, behind it"
#endif
#if defined(ASYNCFLOW_STATIC) && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* ==========================================================================
   [Y1] DOCUMENT
   In:    bytes          Out: a tree of nodes with line and column
   Keeps: a node is linked into its parent only when it is complete, so that an alias can never reach itself; no more than
          AFLOWI_MAX_DEPTH collections are open; every byte is looked at a bounded number of times
   Uses:  asyncflow.h [11] [12]                Public: none
   ========================================================================== */

/* Strict JSON (RFC 8259) and the YAML 1.2 that people write: block and flow collections, all scalar styles, comments, one
   document, %YAML, core tags, anchors, aliases, merge keys. What is not supported (`? ` keys, collections and nothing as a
   key, other tags, %TAG, several documents) is an error with its place, never another meaning. Three deliberate exceptions:
   a key that stands twice is an error in JSON, too; a bracket that closes a flow collection may stand in the column of the
   key that opened it, as PyYAML has it; implicit keys may be longer than 1,024 characters. */

#define AFLOWI_MAX_DEPTH 64u           /* collections inside each other, aliases expanded */
#define AFLOWI_MAX_EXPANSION 100000u   /* nodes that all aliases and merge keys together may stand for */
#define AFLOWI_MAX_ANCHORS 1000u       /* different anchor names: they are searched one by one */
#define AFLOWI_MAX_DOCUMENT 0x10000000u /* bytes of a document: 256 MB, so that 32 bits count everything */

typedef enum aflowi_node_kind {
    AFLOWI_KIND_NULL,
    AFLOWI_KIND_BOOLEAN,  /* `magnitude` is 0 or 1 */
    AFLOWI_KIND_INTEGER,  /* `negative`, `magnitude`; `number` is the nearest double */
    AFLOWI_KIND_NUMBER,   /* `number`, may be infinite or NaN */
    AFLOWI_KIND_STRING,
    AFLOWI_KIND_SEQUENCE,
    AFLOWI_KIND_MAPPING
} aflowi_node_kind;

typedef enum aflowi_node_style {
    AFLOWI_STYLE_PLAIN,
    AFLOWI_STYLE_QUOTED, /* '...' or "..." */
    AFLOWI_STYLE_BLOCK,  /* | or > text; a collection by indentation */
    AFLOWI_STYLE_FLOW    /* a collection in brackets */
} aflowi_node_style;

/* What a reader that wanted something else can advise. The kind is always YAML 1.2's. */
typedef enum aflowi_node_hint {
    AFLOWI_HINT_NONE,
    AFLOWI_HINT_EMPTY,         /* null because nothing was written */
    AFLOWI_HINT_YAML11_BOOL,   /* yes, no, on, off, y, n: text here, a boolean in YAML 1.1 */
    AFLOWI_HINT_UNDERSCORE,    /* 1_000: text here, a number in YAML 1.1 */
    AFLOWI_HINT_SEXAGESIMAL,   /* 12:30: text here, 750 in YAML 1.1 */
    AFLOWI_HINT_COMMA,         /* 1,5: text; a point was meant */
    AFLOWI_HINT_UNIT,          /* 20ms, 64 MB, 5%: text; the bare number was meant */
    AFLOWI_HINT_NOT_FINITE,    /* nan, inf, infinity without the point of .nan and .inf: text */
    AFLOWI_HINT_LEADING_ZERO,  /* 0777: the integer 777 here, octal in YAML 1.1 */
    AFLOWI_HINT_BASE,          /* 0x1F, 0o17: an integer in another base */
    AFLOWI_HINT_INTEGER_RANGE, /* an integer beyond 64 bits: `magnitude` is saturated */
    AFLOWI_HINT_OVERFLOW,      /* 1e999: too large for a double, `number` is infinite */
    AFLOWI_HINT_COLON,         /* a key without value, like a:1 in {a:1}: a blank behind the colon was meant */
    AFLOWI_HINT_NUL            /* a JSON string with \u0000 inside: `length` counts it */
} aflowi_node_hint;

/* A collection has its children linked by `next`; in a mapping each is a value and has its key beside it. */
typedef struct aflowi_node {
    struct aflowi_node *next;  /* next sibling, in the order of the file */
    struct aflowi_node *first; /* first child */
    struct aflowi_node *key;   /* of a mapping's value: its key, a scalar */
    const char *text;          /* of a scalar: what it says, zero-terminated, never NULL; for numbers the spelling */
    double number;             /* of an integer or number */
    uint64_t magnitude;        /* of an integer: its absolute value */
    uint32_t length;           /* of text, in bytes */
    uint32_t line, column;     /* where it starts, from 1; columns count characters */
    uint32_t span;             /* characters it takes on that line, at least 1 */
    uint32_t count;            /* children */
    uint32_t size;             /* nodes of the whole subtree, aliases expanded */
    aflowi_node_kind kind;
    aflowi_node_style style;
    aflowi_node_hint hint;
    unsigned char negative;    /* an integer below zero */
    unsigned char tagged;      /* its kind was forced by a tag like !!str */
    unsigned char merged;      /* came through a merge key: line and column are those of the original */
    unsigned char complete;    /* closed: aliases may refer to it */
    unsigned char height;      /* levels of collections in it */
} aflowi_node;

typedef struct aflowi_syntax_error {
    uint32_t line, column, span;
    char message[256];
} aflowi_syntax_error;

typedef enum aflowi_doc_level {
    AFLOWI_DOC_BLOCK_SEQUENCE,
    AFLOWI_DOC_BLOCK_MAPPING,
    AFLOWI_DOC_FLOW_SEQUENCE, /* from here on: in brackets */
    AFLOWI_DOC_FLOW_MAPPING,
    AFLOWI_DOC_FLOW_PAIR      /* key: value inside [ ] */
} aflowi_doc_level;

/* what comes next: in a document, and inside a flow collection */
typedef enum aflowi_doc_state {
    AFLOWI_DOC_VALUE, /* a value */
    AFLOWI_DOC_NEXT,  /* block: an item, an entry, or the end of some collections */
    AFLOWI_DOC_DONE,
    AFLOWI_DOC_FIRST, /* in brackets: an item, a key, or the closing bracket */
    AFLOWI_DOC_ENTRY, /* the same behind a comma */
    AFLOWI_DOC_COLON, /* what is behind a key */
    AFLOWI_DOC_COMMA  /* what is behind a value */
} aflowi_doc_state;

/* a collection that is still open */
typedef struct aflowi_doc_frame {
    aflowi_node *node, *last, *key;
    aflowi_node *merge;    /* value of its `<<` */
    uint32_t line, column; /* of its last `-`: where an omitted item is */
    int32_t indent;        /* block: column of its entries from 0; flow: blanks every line of it needs */
    aflowi_doc_level level;
    aflowi_doc_state state;    /* flow only */
    int adjacent;          /* its key is quoted: `:` needs no blank behind it */
} aflowi_doc_frame;

typedef struct aflowi_doc_anchor {
    const char *name;
    uint32_t length;
    aflowi_node *node;
} aflowi_doc_anchor;

typedef enum aflowi_doc_tag {
    AFLOWI_DOC_TAG_NONE,
    AFLOWI_DOC_TAG_STR,
    AFLOWI_DOC_TAG_INT,
    AFLOWI_DOC_TAG_FLOAT,
    AFLOWI_DOC_TAG_BOOL,
    AFLOWI_DOC_TAG_NULL,
    AFLOWI_DOC_TAG_MAP,
    AFLOWI_DOC_TAG_SEQ
} aflowi_doc_tag;

typedef struct aflowi_doc_properties {
    const char *anchor;
    uint32_t anchor_length;
    aflowi_doc_tag tag;
} aflowi_doc_properties;

/* a position that can be gone back to */
typedef struct aflowi_doc_place {
    size_t at, line_start;
    uint32_t line;
} aflowi_doc_place;

typedef struct aflowi_doc_parser {
    aflowi_arena *arena;
    aflowi_syntax_error *error;
    const char *text;       /* a copy with \n as the only line end and zeros behind: looking three bytes ahead is safe */
    aflowi_doc_place now;
    char *scratch;          /* the scalar being decoded */
    size_t scratch_size, scratch_length;
    size_t column_at, column_line; /* the last column asked for: a long line is not counted from its start each time */
    uint32_t column;
    aflowi_node *root;
    aflowi_doc_anchor *anchors;
    uint32_t anchor_count, anchor_capacity;
    uint32_t expanded;      /* nodes that aliases and merge keys added */
    uint32_t depth;
    aflowi_doc_state state;
    int32_t spaces;         /* blanks in front of the line's content */
    int tabbed;             /* a tab is between them and the content: no block collection may start here */
    int fresh;              /* a block collection may start here */
    int ready;              /* the line's content is found, nothing of it is taken */
    int ended;              /* ready at the end of the text or of the document */
    int is_json;
    aflowi_doc_frame stack[AFLOWI_MAX_DEPTH];
} aflowi_doc_parser;

/* ---- Characters ---- */

static int aflowi_doc_is_end(char c) { return c == '\n' || c == '\0'; }
static int aflowi_doc_is_white(char c) { return c == ' ' || c == '\t'; }
static int aflowi_doc_is_gap(char c) { return aflowi_doc_is_white(c) || aflowi_doc_is_end(c); }
static int aflowi_doc_is_digit(char c) { return c >= '0' && c <= '9'; }
static int aflowi_doc_is_flow_mark(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }
static int aflowi_doc_is_first_byte(char c) { return ((unsigned char)c & 0xC0u) != 0x80u; }

static int aflowi_doc_text_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* Value of a hexadecimal digit; -1 = none. */
static int aflowi_doc_hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* ---- Errors: the first one stays ---- */

/* Appends at most 48 bytes of text, on one line and ending on a whole character. */
static size_t aflowi_doc_message_text(char *message, size_t at, size_t room, const char *text, size_t length)
{
    size_t i, shown = length > 48 ? 45 : length;
    while (shown < length && shown > 0 && !aflowi_doc_is_first_byte(text[shown])) shown--;
    for (i = 0; i < shown && at < room; i++) message[at++] = (unsigned char)text[i] < 32 ? ' ' : text[i];
    for (i = 0; shown < length && i < 3 && at < room; i++) message[at++] = '.';
    return at;
}

/* Fails with `format`, where %t is the text and %u the number; returns 0 for callers to return. */
static int aflowi_doc_fail_with(aflowi_doc_parser *p, uint32_t line, uint32_t column, uint32_t span, const char *format, const char *text,
                                size_t length, uint32_t number)
{
    aflowi_syntax_error *error = p->error;
    const size_t room = sizeof error->message - 1;
    size_t at = 0;
    char digits[20];
    if (error->line != 0) return 0;
    error->line = line;
    error->column = column;
    error->span = span;
    for (; *format != '\0' && at < room; format++) {
        if (format[0] == '%' && format[1] == 't') {
            at = aflowi_doc_message_text(error->message, at, room, text, length);
            format++;
        } else if (format[0] == '%' && format[1] == 'u') {
            at = aflowi_doc_message_text(error->message, at, room, digits, aflowi_format_u64(digits, number));
            format++;
        } else {
            error->message[at++] = *format;
        }
    }
    error->message[at] = '\0';
    return 0;
}

/* Column of a place, from 1, in characters. Asked in the order of the text, the cost is linear. */
static uint32_t aflowi_doc_column(aflowi_doc_parser *p, aflowi_doc_place place)
{
    if (p->column == 0 || p->column_line != place.line_start || p->column_at > place.at) {
        p->column_line = p->column_at = place.line_start;
        p->column = 1;
    }
    for (; p->column_at < place.at; p->column_at++) p->column += aflowi_doc_is_first_byte(p->text[p->column_at]) ? 1u : 0u;
    return p->column;
}

/* Characters of [from, to) as far as they are on one line; at least 1. */
static uint32_t aflowi_doc_span(const aflowi_doc_parser *p, size_t from, size_t to)
{
    uint32_t span = 0;
    for (; from < to && !aflowi_doc_is_end(p->text[from]); from++) span += aflowi_doc_is_first_byte(p->text[from]) ? 1u : 0u;
    return span == 0 ? 1u : span;
}

static int aflowi_doc_fail_here(aflowi_doc_parser *p, const char *message)
{
    return aflowi_doc_fail_with(p, p->now.line, aflowi_doc_column(p, p->now), 1, message, "", 0, 0);
}

static int aflowi_doc_fail_at(aflowi_doc_parser *p, aflowi_doc_place place, size_t end, const char *format)
{
    const uint32_t span = aflowi_doc_span(p, place.at, end);
    return aflowi_doc_fail_with(p, place.line, aflowi_doc_column(p, place), span, format, p->text + place.at, end - place.at, 0);
}

static int aflowi_doc_fail_node(aflowi_doc_parser *p, const aflowi_node *node, const char *format)
{
    return aflowi_doc_fail_with(p, node->line, node->column, node->span, format, node->text, node->length, node->line);
}

static void *aflowi_doc_take(aflowi_doc_parser *p, size_t size)
{
    void *memory = aflowi_arena_alloc(p->arena, size);
    if (memory == NULL) (void)aflowi_doc_fail_here(p, "out of memory while reading the document; give the reader more memory");
    return memory;
}

/* ---- The text: checked once, copied with one kind of line end ---- */

/* Length of the UTF-8 character at text (NULL = not one), its code point in *point. */
static size_t aflowi_doc_utf8_decode(const char *text, size_t size, uint32_t *point)
{
    const unsigned char lead = (unsigned char)text[0];
    const size_t length = lead < 0x80u ? 1u : lead < 0xC2u ? 0u : lead < 0xE0u ? 2u : lead < 0xF0u ? 3u : lead < 0xF5u ? 4u : 0u;
    size_t i;
    if (length == 0 || length > size) return 0;
    *point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (i = 1; i < length; i++) {
        if (aflowi_doc_is_first_byte(text[i])) return 0;
        *point = *point << 6 | ((unsigned char)text[i] & 0x3Fu);
    }
    if (length == 3 && (*point < 0x800u || (*point >= 0xD800u && *point <= 0xDFFFu))) return 0;
    if (length == 4 && (*point < 0x10000u || *point > 0x10FFFFu)) return 0;
    return length;
}

/* What is wrong with a character in a document; NULL = nothing. JSON allows inside strings what YAML calls not printable. */
static const char *aflowi_doc_bad_character(uint32_t point, int is_json)
{
    if (point == 0) return "a NUL byte is in the text; save the file as plain UTF-8 text";
    if (point < 32 && point != '\t' && point != '\n' && point != '\r')
        return "a control character is in the text; remove it, or write it as an escape in double quotes";
    if (is_json) return NULL;
    if (point == 0xFEFFu) return "a byte order mark is inside the text; remove it, it may only be the very first character";
    if (point == 0x7Fu || (point >= 0x80u && point < 0xA0u && point != 0x85u) || point == 0xFFFEu || point == 0xFFFFu)
        return "a character that cannot be printed is in the text; remove it, or write it as an escape in double quotes";
    return NULL;
}

/* Copies the text; fails at the first byte that cannot be in a document. */
static int aflowi_doc_text_load(aflowi_doc_parser *p, const char *text, size_t size)
{
    size_t at = 0, out = 0;
    char *copy = (char *)aflowi_doc_take(p, size + 4);
    if (copy == NULL) return 0;
    p->text = copy;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) at = 3;
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return aflowi_doc_fail_here(p, "the text is UTF-16; save the file as UTF-8");
    while (at < size) {
        uint32_t point = 0;
        const size_t length = aflowi_doc_utf8_decode(text + at, size - at, &point);
        const char *wrong = length == 0 ? "bytes that are not UTF-8 are in the text; save the file as UTF-8" : NULL;
        if (wrong == NULL) wrong = aflowi_doc_bad_character(point, p->is_json);
        p->now.at = out;
        if (wrong != NULL) return aflowi_doc_fail_here(p, wrong);
        if (point == '\r') {
            copy[out++] = '\n';
            at += at + 1 < size && text[at + 1] == '\n' ? 2u : 1u;
        } else {
            memcpy(copy + out, text + at, length);
            out += length;
            at += length;
        }
        if (copy[out - 1] == '\n') { p->now.line++; p->now.line_start = out; }
    }
    p->now.at = p->now.line_start = 0;
    p->now.line = 1;
    p->column = 0;
    return 1;
}

/* ---- The scalar being decoded ---- */

/* The scratch holds the longest scalar a text can have: no escape makes more than three bytes of two. */
static int aflowi_doc_scratch_load(aflowi_doc_parser *p, size_t size)
{
    p->scratch_size = size + size / 2 + 16;
    p->scratch = (char *)aflowi_doc_take(p, p->scratch_size);
    return p->scratch != NULL;
}

static void aflowi_doc_put(aflowi_doc_parser *p, char c)
{
    if (p->scratch_length < p->scratch_size) p->scratch[p->scratch_length++] = c;
}

static void aflowi_doc_put_repeated(aflowi_doc_parser *p, char c, uint32_t times)
{
    for (; times > 0; times--) aflowi_doc_put(p, c);
}

static void aflowi_doc_put_range(aflowi_doc_parser *p, size_t from, size_t to)
{
    const size_t length = to - from;
    if (length > p->scratch_size - p->scratch_length) return;
    memcpy(p->scratch + p->scratch_length, p->text + from, length);
    p->scratch_length += length;
}

static void aflowi_doc_put_point(aflowi_doc_parser *p, uint32_t point)
{
    if (point < 0x80u) {
        aflowi_doc_put(p, (char)point);
        return;
    }
    if (point < 0x800u) {
        aflowi_doc_put(p, (char)(0xC0u | point >> 6));
    } else {
        if (point < 0x10000u) {
            aflowi_doc_put(p, (char)(0xE0u | point >> 12));
        } else {
            aflowi_doc_put(p, (char)(0xF0u | point >> 18));
            aflowi_doc_put(p, (char)(0x80u | (point >> 12 & 0x3Fu)));
        }
        aflowi_doc_put(p, (char)(0x80u | (point >> 6 & 0x3Fu)));
    }
    aflowi_doc_put(p, (char)(0x80u | (point & 0x3Fu)));
}

/* Gives the decoded text to the node. */
static int aflowi_doc_scratch_take(aflowi_doc_parser *p, aflowi_node *node)
{
    char *text = (char *)aflowi_doc_take(p, p->scratch_length + 1);
    if (text == NULL) return 0;
    memcpy(text, p->scratch, p->scratch_length);
    node->text = text;
    node->length = (uint32_t)p->scratch_length;
    return 1;
}

/* ---- Nodes ---- */

static aflowi_node *aflowi_doc_node_new(aflowi_doc_parser *p, aflowi_node_kind kind, uint32_t line, uint32_t column, uint32_t span)
{
    aflowi_node *node = (aflowi_node *)aflowi_doc_take(p, sizeof *node);
    if (node == NULL) return NULL;
    node->kind = kind;
    node->text = "";
    node->line = line;
    node->column = column;
    node->span = span;
    node->size = 1;
    return node;
}

static aflowi_node *aflowi_doc_node_here(aflowi_doc_parser *p, aflowi_node_kind kind)
{
    return aflowi_doc_node_new(p, kind, p->now.line, aflowi_doc_column(p, p->now), 1);
}

static aflowi_doc_frame *aflowi_doc_top(aflowi_doc_parser *p) { return p->depth == 0 ? NULL : &p->stack[p->depth - 1]; }

static void aflowi_doc_append(aflowi_doc_frame *frame, aflowi_node *child)
{
    aflowi_node *parent = frame->node;
    if (frame->last == NULL) parent->first = child;
    else frame->last->next = child;
    frame->last = child;
    parent->count++;
    parent->size += child->size + (child->key == NULL ? 0u : child->key->size);
    if (child->height >= parent->height) parent->height = (unsigned char)(child->height + 1u);
}

static int aflowi_doc_is_merge_key(const aflowi_doc_parser *p, const aflowi_node *key)
{
    return !p->is_json && key->style == AFLOWI_STYLE_PLAIN && !key->tagged && aflowi_doc_text_is(key->text, key->length, "<<");
}

/* Keeps the value of `<<` aside until its mapping closes. */
static int aflowi_doc_hold_merge(aflowi_doc_parser *p, aflowi_doc_frame *frame, aflowi_node *value)
{
    const aflowi_node *item = value;
    int good = value->kind == AFLOWI_KIND_MAPPING;
    if (value->kind == AFLOWI_KIND_SEQUENCE) {
        good = 1;
        for (item = value->first; item != NULL && good; item = item->next) good = item->kind == AFLOWI_KIND_MAPPING;
    }
    if (!good)
        return aflowi_doc_fail_node(p, frame->key,
            "a merge key `<<` needs a mapping or a list of mappings; refer to one, as in `<<: *name`");
    if (frame->merge != NULL)
        return aflowi_doc_fail_node(p, frame->key,
            "the merge key `<<` stands twice in one mapping; write one with a list, as in `<<: [*a, *b]`");
    frame->merge = value;
    return 1;
}

/* Puts a complete node where the parser stands: item, value, or the whole document. */
static int aflowi_doc_attach(aflowi_doc_parser *p, aflowi_node *node)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    node->complete = 1;
    if (frame == NULL) {
        p->root = node;
        p->state = AFLOWI_DOC_NEXT;
        return 1;
    }
    if (frame->level >= AFLOWI_DOC_FLOW_SEQUENCE) frame->state = AFLOWI_DOC_COMMA;
    else p->state = AFLOWI_DOC_NEXT;
    if (frame->key != NULL && aflowi_doc_is_merge_key(p, frame->key)) {
        if (!aflowi_doc_hold_merge(p, frame, node)) return 0;
    } else {
        node->key = frame->key;
        aflowi_doc_append(frame, node);
    }
    frame->key = NULL;
    return 1;
}

/* Attaches a null for what was left out, at its key or dash. */
static int aflowi_doc_attach_empty(aflowi_doc_parser *p)
{
    const aflowi_doc_frame *frame = aflowi_doc_top(p);
    aflowi_node *node = aflowi_doc_node_here(p, AFLOWI_KIND_NULL);
    if (node == NULL) return 0;
    node->hint = AFLOWI_HINT_EMPTY;
    if (frame != NULL && frame->key != NULL) {
        node->line = frame->key->line;
        node->column = frame->key->column;
        node->span = frame->key->span;
    } else if (frame != NULL) {
        node->line = frame->line;
        node->column = frame->column;
    }
    return aflowi_doc_attach(p, node);
}

static aflowi_doc_frame *aflowi_doc_push(aflowi_doc_parser *p, aflowi_doc_level level, aflowi_node *node, int32_t indent)
{
    aflowi_doc_frame *frame;
    if (p->depth == AFLOWI_MAX_DEPTH) {
        (void)aflowi_doc_fail_with(p, node->line, node->column, 1,
            "lists and mappings are nested deeper than %u levels; flatten the document", "", 0, AFLOWI_MAX_DEPTH);
        return NULL;
    }
    frame = &p->stack[p->depth++];
    memset(frame, 0, sizeof *frame);
    frame->node = node;
    frame->level = level;
    frame->indent = indent;
    frame->line = node->line;
    frame->column = node->column;
    frame->state = AFLOWI_DOC_FIRST;
    node->style = level >= AFLOWI_DOC_FLOW_SEQUENCE ? AFLOWI_STYLE_FLOW : AFLOWI_STYLE_BLOCK;
    return frame;
}

/* ---- Keys that stand twice, merge keys ---- */

/* Any total order of keys does; by length first is the quickest. */
static int aflowi_doc_key_compare(const aflowi_node *a, const aflowi_node *b)
{
    if (a->key->length != b->key->length) return a->key->length < b->key->length ? -1 : 1;
    return memcmp(a->key->text, b->key->text, a->key->length);
}

/* Stable merge sort by key, bottom up: `spare` is as long as `items`. Sorted, not hashed: no file can make it quadratic. */
static void aflowi_doc_sort_by_key(aflowi_node **items, aflowi_node **spare, size_t count)
{
    size_t width, start;
    for (width = 1; width < count; width *= 2) {
        for (start = 0; start < count; start += 2 * width) {
            const size_t middle = start + width < count ? start + width : count;
            const size_t end = start + 2 * width < count ? start + 2 * width : count;
            size_t left = start, right = middle, out;
            for (out = start; out < end; out++) {
                if (left < middle && (right >= end || aflowi_doc_key_compare(items[left], items[right]) <= 0)) spare[out] = items[left++];
                else spare[out] = items[right++];
            }
        }
        memcpy(items, spare, count * sizeof *items);
    }
}

static int aflowi_doc_fail_duplicate(aflowi_doc_parser *p, const aflowi_node *again, const aflowi_node *before)
{
    const aflowi_node *key = again->key;
    return aflowi_doc_fail_with(p, key->line, key->column, key->span,
        "a mapping key stands twice: `%t` is also on line %u; remove one", key->text, key->length, before->key->line);
}

/* Adds the entries of one mapping to the end of the frame's; doubles are sorted out later. */
static int aflowi_doc_merge_one(aflowi_doc_parser *p, aflowi_doc_frame *frame, const aflowi_node *source)
{
    const aflowi_node *entry;
    for (entry = source->first; entry != NULL; entry = entry->next) {
        aflowi_node *copy = (aflowi_node *)aflowi_doc_take(p, sizeof *copy);
        if (copy == NULL) return 0;
        *copy = *entry;
        copy->next = NULL;
        copy->merged = 1;
        p->expanded += copy->size + 1u;
        if (p->expanded > AFLOWI_MAX_EXPANSION)
            return aflowi_doc_fail_node(p, source, "aliases and merge keys expand to too many nodes; write less repetition");
        aflowi_doc_append(frame, copy);
    }
    return 1;
}

static int aflowi_doc_is_before(const aflowi_node *a, const aflowi_node *b)
{
    return a->line < b->line || (a->line == b->line && a->column < b->column);
}

/* Sorted equal keys: two of the mapping's own are an error, of the others the first counts. The earliest error is told. */
static int aflowi_doc_settle_sorted(aflowi_doc_parser *p, aflowi_node **items, size_t count)
{
    const aflowi_node *again = NULL, *before = NULL;
    size_t i, first = 0;
    for (i = 1; i < count; i++) {
        if (aflowi_doc_key_compare(items[first], items[i]) != 0) { first = i; continue; }
        if (items[i]->merged) { items[i]->complete = 0; continue; } /* the mark of what aflowi_doc_settle_merged drops */
        if (again == NULL || aflowi_doc_is_before(items[i]->key, again->key)) {
            again = items[i];
            before = items[first];
        }
    }
    return again == NULL ? 1 : aflowi_doc_fail_duplicate(p, again, before);
}

/* Takes the entries out that a merge key brought although their key was there. */
static void aflowi_doc_settle_merged(aflowi_doc_frame *frame)
{
    aflowi_node *entry = frame->node->first, *next;
    frame->node->first = frame->last = NULL;
    frame->node->count = 0;
    frame->node->size = 1;
    frame->node->height = 1;
    for (; entry != NULL; entry = next) {
        next = entry->next;
        entry->next = NULL;
        if (entry->complete) aflowi_doc_append(frame, entry);
    }
}

/* Checks the keys of a mapping that closes, and expands its merge key behind its own entries. */
static int aflowi_doc_settle(aflowi_doc_parser *p, aflowi_doc_frame *frame)
{
    aflowi_node *entry, *other, **items;
    size_t count = 0;
    if (frame->merge != NULL && frame->merge->kind == AFLOWI_KIND_MAPPING && !aflowi_doc_merge_one(p, frame, frame->merge)) return 0;
    if (frame->merge != NULL && frame->merge->kind == AFLOWI_KIND_SEQUENCE)
        for (other = frame->merge->first; other != NULL; other = other->next)
            if (!aflowi_doc_merge_one(p, frame, other)) return 0;
    if (frame->merge == NULL && frame->node->count <= 8) {
        for (entry = frame->node->first; entry != NULL; entry = entry->next)
            for (other = frame->node->first; other != entry; other = other->next)
                if (aflowi_doc_key_compare(entry, other) == 0) return aflowi_doc_fail_duplicate(p, entry, other);
        return 1;
    }
    items = (aflowi_node **)aflowi_doc_take(p, 2 * (size_t)frame->node->count * sizeof *items + 1);
    if (items == NULL) return 0;
    for (entry = frame->node->first; entry != NULL; entry = entry->next) items[count++] = entry;
    aflowi_doc_sort_by_key(items, items + count, count);
    if (!aflowi_doc_settle_sorted(p, items, count)) return 0;
    if (frame->merge != NULL) aflowi_doc_settle_merged(frame);
    return 1;
}

/* Closes the innermost collection and puts it into the one around it. */
static int aflowi_doc_close(aflowi_doc_parser *p)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    if (frame->node->height == 0) frame->node->height = 1;
    if (frame->node->kind == AFLOWI_KIND_MAPPING && !aflowi_doc_settle(p, frame)) return 0;
    p->depth--;
    return aflowi_doc_attach(p, frame->node);
}

/* ---- What a plain scalar means: YAML 1.2's core schema ---- */

static int aflowi_doc_is_one_of(const char *text, size_t length, const char *const *words, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        if (aflowi_doc_text_is(text, length, words[i])) return 1;
    return 0;
}

/* Reads digits of a base into magnitude and, for what lies beyond 64 bits, number. 0 = not only digits. */
static int aflowi_doc_resolve_based(aflowi_node *node, const char *text, size_t length, uint32_t base)
{
    uint64_t value = 0;
    int beyond = 0;
    size_t i;
    if (length == 0) return 0;
    for (i = 0; i < length; i++) {
        const int digit = aflowi_doc_hex_digit(text[i]);
        if (digit < 0 || (uint32_t)digit >= base) return 0;
        if (value > (UINT64_MAX - (uint32_t)digit) / base) beyond = 1;
        if (!beyond) value = value * base + (uint32_t)digit;
    }
    node->kind = AFLOWI_KIND_INTEGER;
    node->magnitude = beyond ? UINT64_MAX : value;
    node->number = (double)node->magnitude;
    if (beyond) node->hint = AFLOWI_HINT_INTEGER_RANGE;
    return 1;
}

static int aflowi_doc_resolve_number(aflowi_node *node)
{
    const char *text = node->text;
    size_t length = node->length, i;
    uint64_t value = 0;
    int beyond = 0;
    node->hint = AFLOWI_HINT_NONE;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
        if (!aflowi_doc_resolve_based(node, text + 2, length - 2, text[1] == 'x' ? 16u : 8u)) return 0;
        if (node->hint == AFLOWI_HINT_NONE) node->hint = AFLOWI_HINT_BASE;
        return 1;
    }
    if (!aflowi_parse_double(text, length, &node->number)) return 0;
    node->kind = AFLOWI_KIND_NUMBER;
    if (node->number - node->number != 0.0) node->hint = AFLOWI_HINT_OVERFLOW;
    if (text[0] == '-' || text[0] == '+') { text++; length--; }
    for (i = 0; i < length; i++) {
        if (!aflowi_doc_is_digit(text[i])) return 1;
        if (value > (UINT64_MAX - (uint32_t)(text[i] - '0')) / 10u) beyond = 1;
        if (!beyond) value = value * 10u + (uint32_t)(text[i] - '0');
    }
    node->kind = AFLOWI_KIND_INTEGER;
    node->negative = node->text[0] == '-';
    node->magnitude = beyond ? UINT64_MAX : value;
    if (beyond) node->hint = AFLOWI_HINT_INTEGER_RANGE;
    else if (length > 1 && text[0] == '0') node->hint = AFLOWI_HINT_LEADING_ZERO;
    return 1;
}

/* .inf and .nan, in the three spellings of the core schema */
static int aflowi_doc_resolve_special(aflowi_node *node)
{
    static const char *const infinities[] = { ".inf", ".Inf", ".INF" }, *const nans[] = { ".nan", ".NaN", ".NAN" };
    const int sign = node->text[0] == '-' || node->text[0] == '+';
    uint64_t bits;
    if (aflowi_doc_is_one_of(node->text + sign, node->length - (uint32_t)sign, infinities, 3)) bits = (uint64_t)0x7FF << 52;
    else if (aflowi_doc_is_one_of(node->text, node->length, nans, 3)) bits = (uint64_t)0xFFF << 51;
    else return 0;
    if (node->text[0] == '-') bits |= (uint64_t)1 << 63;
    memcpy(&node->number, &bits, sizeof bits);
    node->kind = AFLOWI_KIND_NUMBER;
    return 1;
}

/* Is it a number once its underscores are gone, or its comma is a point? Numbers are short: 40 characters will do. */
static int aflowi_doc_is_number_but_for(const aflowi_node *node, char found, char instead)
{
    char text[40];
    size_t i, length = 0;
    int seen = 0;
    double value;
    if (node->length >= sizeof text) return 0;
    for (i = 0; i < node->length; i++) {
        if (node->text[i] != found) text[length++] = node->text[i];
        else if (instead != '\0') text[length++] = instead;
        seen |= node->text[i] == found;
    }
    return seen && aflowi_parse_double(text, length, &value);
}

/* digits, then :digits below sixty: what YAML 1.1 counts in base 60 */
static int aflowi_doc_is_sexagesimal(const aflowi_node *node)
{
    const char *at = node->text;
    int groups = 0;
    if (*at == '-' || *at == '+') at++;
    if (!aflowi_doc_is_digit(*at)) return 0;
    while (aflowi_doc_is_digit(*at)) at++;
    for (; *at == ':' && aflowi_doc_is_digit(at[1]); groups++) {
        at++;
        if (aflowi_doc_is_digit(at[1])) { if (at[0] > '5') return 0; at++; }
        at++;
    }
    if (groups > 0 && *at == '.') for (at++; aflowi_doc_is_digit(*at); at++) {}
    return groups > 0 && *at == '\0';
}

/* a number, perhaps a blank, and then only letters or a percent sign */
static int aflowi_doc_is_number_with_unit(const aflowi_node *node)
{
    size_t digits, i;
    double value;
    for (i = node->length; i > 0; i--) {
        const char c = node->text[i - 1];
        if (aflowi_doc_is_digit(c) || c == '.') break;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '%' || c == ' ')) return 0;
    }
    digits = i;
    return digits > 0 && digits < node->length && aflowi_parse_double(node->text, digits, &value);
}

static aflowi_node_hint aflowi_doc_string_hint(const aflowi_node *node)
{
    static const char *const booleans[] = {
        "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF" };
    static const char *const infinite[] = {
        "nan", "NaN", "NAN", "inf", "Inf", "INF", "-inf", "-Inf", "+inf", "infinity", "Infinity", "-Infinity" };
    const char c = node->text[0];
    if (aflowi_doc_is_one_of(node->text, node->length, booleans, sizeof booleans / sizeof *booleans)) return AFLOWI_HINT_YAML11_BOOL;
    if (aflowi_doc_is_one_of(node->text, node->length, infinite, sizeof infinite / sizeof *infinite)) return AFLOWI_HINT_NOT_FINITE;
    if (!aflowi_doc_is_digit(c) && c != '-' && c != '+' && c != '.') return AFLOWI_HINT_NONE;
    if (aflowi_doc_is_number_but_for(node, '_', '\0')) return AFLOWI_HINT_UNDERSCORE;
    if (aflowi_doc_is_number_but_for(node, ',', '.')) return AFLOWI_HINT_COMMA;
    if (aflowi_doc_is_sexagesimal(node)) return AFLOWI_HINT_SEXAGESIMAL;
    return aflowi_doc_is_number_with_unit(node) ? AFLOWI_HINT_UNIT : AFLOWI_HINT_NONE;
}

static void aflowi_doc_resolve_plain(aflowi_node *node)
{
    static const char *const nulls[] = { "~", "null", "Null", "NULL" };
    static const char *const truths[] = { "true", "True", "TRUE" }, *const falsehoods[] = { "false", "False", "FALSE" };
    if (node->length == 0 || aflowi_doc_is_one_of(node->text, node->length, nulls, 4)) {
        node->kind = AFLOWI_KIND_NULL;
        if (node->length == 0) node->hint = AFLOWI_HINT_EMPTY;
    } else if (aflowi_doc_is_one_of(node->text, node->length, truths, 3)) {
        node->kind = AFLOWI_KIND_BOOLEAN;
        node->magnitude = 1;
    } else if (aflowi_doc_is_one_of(node->text, node->length, falsehoods, 3)) {
        node->kind = AFLOWI_KIND_BOOLEAN;
    } else if (!aflowi_doc_resolve_number(node) && !aflowi_doc_resolve_special(node)) {
        node->kind = AFLOWI_KIND_STRING;
        node->hint = aflowi_doc_string_hint(node);
    }
}

/* ---- Anchors and tags ---- */

static aflowi_doc_anchor *aflowi_doc_anchor_find(aflowi_doc_parser *p, const char *name, uint32_t length)
{
    uint32_t i;
    for (i = 0; i < p->anchor_count; i++)
        if (p->anchors[i].length == length && memcmp(p->anchors[i].name, name, length) == 0) return &p->anchors[i];
    return NULL;
}

/* Lets the name refer to the node from here on; a later anchor of the same name takes over. */
static int aflowi_doc_anchor_set(aflowi_doc_parser *p, const aflowi_doc_properties *properties, aflowi_node *node)
{
    aflowi_doc_anchor *anchor = aflowi_doc_anchor_find(p, properties->anchor, properties->anchor_length);
    if (anchor == NULL) {
        if (p->anchor_count == AFLOWI_MAX_ANCHORS)
            return aflowi_doc_fail_with(p, node->line, node->column, node->span,
                "more than %u anchors are in the document; remove those that nothing refers to", "", 0, AFLOWI_MAX_ANCHORS);
        if (p->anchor_count == p->anchor_capacity) {
            const uint32_t capacity = p->anchor_capacity == 0 ? 16u : 2u * p->anchor_capacity;
            aflowi_doc_anchor *larger = (aflowi_doc_anchor *)aflowi_doc_take(p, capacity * sizeof *larger);
            if (larger == NULL) return 0;
            if (p->anchor_count > 0) memcpy(larger, p->anchors, p->anchor_count * sizeof *larger);
            p->anchors = larger;
            p->anchor_capacity = capacity;
        }
        anchor = &p->anchors[p->anchor_count++];
        anchor->name = properties->anchor;
        anchor->length = properties->anchor_length;
    }
    anchor->node = node;
    return 1;
}

/* A node for the alias that starts here: its own place, the anchored node's meaning and children. */
static aflowi_node *aflowi_doc_alias(aflowi_doc_parser *p)
{
    const aflowi_doc_place start = p->now;
    const aflowi_doc_anchor *anchor;
    aflowi_node *node, place;
    size_t end = start.at + 1;
    while (!aflowi_doc_is_gap(p->text[end]) && !aflowi_doc_is_flow_mark(p->text[end])) end++;
    p->now.at = end;
    anchor = aflowi_doc_anchor_find(p, p->text + start.at + 1, (uint32_t)(end - start.at - 1));
    if (anchor == NULL) {
        (void)aflowi_doc_fail_at(p, start, end,
            "the alias `%t` refers to an anchor that was not set before; set it with & in front of a value");
        return NULL;
    }
    if (!anchor->node->complete) {
        (void)aflowi_doc_fail_at(p, start, end, "the alias `%t` stands inside the value that it refers to; a value cannot contain itself");
        return NULL;
    }
    p->expanded += anchor->node->size;
    if (p->expanded > AFLOWI_MAX_EXPANSION || p->depth + anchor->node->height > AFLOWI_MAX_DEPTH) {
        (void)aflowi_doc_fail_at(p, start, end, "the alias `%t` expands to too many or too deeply nested nodes; write less repetition");
        return NULL;
    }
    node = aflowi_doc_node_new(p, AFLOWI_KIND_NULL, start.line, aflowi_doc_column(p, start), aflowi_doc_span(p, start.at, end));
    if (node == NULL) return NULL;
    place = *node;
    *node = *anchor->node;
    node->next = node->key = NULL;
    node->merged = 0;
    node->line = place.line;
    node->column = place.column;
    node->span = place.span;
    return node;
}

static int aflowi_doc_read_tag(aflowi_doc_parser *p, aflowi_doc_place start, aflowi_doc_properties *properties)
{
    static const char *const names[] = { "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq" };
    static const aflowi_doc_tag tags[] = {
        AFLOWI_DOC_TAG_STR, AFLOWI_DOC_TAG_INT, AFLOWI_DOC_TAG_FLOAT, AFLOWI_DOC_TAG_BOOL, AFLOWI_DOC_TAG_NULL, AFLOWI_DOC_TAG_MAP, AFLOWI_DOC_TAG_SEQ };
    const size_t length = p->now.at - start.at;
    size_t i;
    if (properties->tag != AFLOWI_DOC_TAG_NONE)
        return aflowi_doc_fail_at(p, start, p->now.at, "the tag `%t` is the second one of this value; remove one");
    for (i = 0; i < sizeof tags / sizeof *tags; i++)
        if (aflowi_doc_text_is(p->text + start.at, length, names[i])) properties->tag = tags[i];
    if (properties->tag == AFLOWI_DOC_TAG_NONE)
        return aflowi_doc_fail_at(p, start, p->now.at,
            "the tag `%t` is not supported; use !!str, !!int, !!float, !!bool, !!null, !!map, !!seq or none");
    return 1;
}

/* Reads one &anchor or !tag and what must separate it from the value. */
static int aflowi_doc_property(aflowi_doc_parser *p, aflowi_doc_properties *properties, int in_flow)
{
    const aflowi_doc_place start = p->now;
    const char kind = p->text[start.at];
    size_t end = start.at + 1;
    while (!aflowi_doc_is_gap(p->text[end]) && !aflowi_doc_is_flow_mark(p->text[end])) end++;
    p->now.at = end;
    if (kind == '!' && !aflowi_doc_read_tag(p, start, properties)) return 0;
    if (!aflowi_doc_is_gap(p->text[end]) && !(in_flow && p->text[end] != '[' && p->text[end] != '{'))
        return aflowi_doc_fail_at(p, start, end, "a blank must stand behind `%t`");
    if (kind == '!') return 1;
    if (end == start.at + 1) return aflowi_doc_fail_at(p, start, end, "an anchor needs a name directly behind the `%t`");
    if (properties->anchor != NULL) return aflowi_doc_fail_at(p, start, end, "the anchor `%t` is the second one of this value; remove one");
    properties->anchor = p->text + start.at + 1;
    properties->anchor_length = (uint32_t)(end - start.at - 1);
    return 1;
}

static int aflowi_doc_has_properties(const aflowi_doc_properties *properties)
{
    return properties->anchor != NULL || properties->tag != AFLOWI_DOC_TAG_NONE;
}

/* Adds the properties of a later line to those of the earlier ones. */
static int aflowi_doc_join_properties(aflowi_doc_parser *p, aflowi_doc_properties *outer, aflowi_doc_properties *inner)
{
    if (outer->anchor != NULL && inner->anchor != NULL) return aflowi_doc_fail_here(p, "this value has two anchors; remove one");
    if (outer->tag != AFLOWI_DOC_TAG_NONE && inner->tag != AFLOWI_DOC_TAG_NONE)
        return aflowi_doc_fail_here(p, "this value has two tags; remove one");
    if (inner->anchor != NULL) { outer->anchor = inner->anchor; outer->anchor_length = inner->anchor_length; }
    if (inner->tag != AFLOWI_DOC_TAG_NONE) outer->tag = inner->tag;
    memset(inner, 0, sizeof *inner);
    return 1;
}

/* Gives a scalar its kind, by its tag, its style or its text. */
static int aflowi_doc_apply_tag(aflowi_doc_parser *p, aflowi_node *node, aflowi_doc_tag tag)
{
    const aflowi_node_kind wanted = tag == AFLOWI_DOC_TAG_INT    ? AFLOWI_KIND_INTEGER
                               : tag == AFLOWI_DOC_TAG_BOOL ? AFLOWI_KIND_BOOLEAN
                               : tag == AFLOWI_DOC_TAG_NULL ? AFLOWI_KIND_NULL
                                                            : AFLOWI_KIND_NUMBER;
    node->kind = AFLOWI_KIND_STRING;
    if (tag == AFLOWI_DOC_TAG_NONE && node->style == AFLOWI_STYLE_PLAIN) aflowi_doc_resolve_plain(node);
    if (tag == AFLOWI_DOC_TAG_NONE) return 1;
    node->tagged = 1;
    if (tag == AFLOWI_DOC_TAG_STR) return 1;
    if (tag == AFLOWI_DOC_TAG_MAP || tag == AFLOWI_DOC_TAG_SEQ)
        return aflowi_doc_fail_node(p, node, "a tag says that `%t` is a list or a mapping, but it is a single value; remove the tag");
    aflowi_doc_resolve_plain(node);
    if (wanted == AFLOWI_KIND_NUMBER && node->kind == AFLOWI_KIND_INTEGER) node->kind = AFLOWI_KIND_NUMBER;
    if (node->kind != wanted) return aflowi_doc_fail_node(p, node, "`%t` is not what its tag says; change the value or remove the tag");
    return 1;
}

static int aflowi_doc_finish_scalar(aflowi_doc_parser *p, aflowi_node *node, const aflowi_doc_properties *properties)
{
    node->complete = 1;
    return aflowi_doc_apply_tag(p, node, properties->tag) && (properties->anchor == NULL || aflowi_doc_anchor_set(p, properties, node));
}

/* The same for a collection that has just been opened. */
static int aflowi_doc_finish_collection(aflowi_doc_parser *p, aflowi_node *node, const aflowi_doc_properties *properties)
{
    const aflowi_doc_tag tag = node->kind == AFLOWI_KIND_MAPPING ? AFLOWI_DOC_TAG_MAP : AFLOWI_DOC_TAG_SEQ;
    if (properties->tag != AFLOWI_DOC_TAG_NONE && properties->tag != tag)
        return aflowi_doc_fail_node(p, node, "the tag of this list or mapping says something else; change or remove the tag");
    node->tagged = properties->tag != AFLOWI_DOC_TAG_NONE;
    return properties->anchor == NULL || aflowi_doc_anchor_set(p, properties, node);
}

/* A scalar that consists of its properties only. */
static int aflowi_doc_attach_properties(aflowi_doc_parser *p, const aflowi_doc_properties *properties)
{
    aflowi_node *node;
    if (!aflowi_doc_has_properties(properties)) return aflowi_doc_attach_empty(p);
    node = aflowi_doc_node_here(p, AFLOWI_KIND_NULL);
    return node != NULL && aflowi_doc_finish_scalar(p, node, properties) && aflowi_doc_attach(p, node);
}

/* ---- Lines ---- */

static void aflowi_doc_newline(aflowi_doc_parser *p)
{
    p->now.at++;
    p->now.line++;
    p->now.line_start = p->now.at;
}

/* --- or ... at the start of a line */
static int aflowi_doc_at_marker(const aflowi_doc_parser *p)
{
    const char *at = p->text + p->now.at;
    return p->now.at == p->now.line_start && (at[0] == '-' || at[0] == '.') && at[1] == at[0] && at[2] == at[0] && aflowi_doc_is_gap(at[3]);
}

static void aflowi_doc_skip_white(aflowi_doc_parser *p)
{
    while (aflowi_doc_is_white(p->text[p->now.at])) p->now.at++;
}

/* A comment starts here: # at the start of a line or behind a blank. */
static int aflowi_doc_at_comment(const aflowi_doc_parser *p)
{
    const size_t at = p->now.at;
    return p->text[at] == '#' && (at == p->now.line_start || aflowi_doc_is_white(p->text[at - 1]));
}

static void aflowi_doc_skip_comment(aflowi_doc_parser *p)
{
    if (aflowi_doc_at_comment(p)) while (!aflowi_doc_is_end(p->text[p->now.at])) p->now.at++;
}

/* From the start of a line to the first content: of this line or of a later one, or the end of the document. */
static void aflowi_doc_seek(aflowi_doc_parser *p)
{
    for (;;) {
        if (aflowi_doc_at_marker(p)) break;
        while (p->text[p->now.at] == ' ') p->now.at++;
        p->spaces = (int32_t)(p->now.at - p->now.line_start);
        aflowi_doc_skip_white(p);
        p->tabbed = (int32_t)(p->now.at - p->now.line_start) > p->spaces;
        aflowi_doc_skip_comment(p);
        if (!aflowi_doc_is_end(p->text[p->now.at]) || p->text[p->now.at] == '\0') break;
        aflowi_doc_newline(p);
    }
    p->ready = 1;
    p->ended = p->text[p->now.at] == '\0' || aflowi_doc_at_marker(p);
}

/* What is left of the line must be blank or a comment; then on to the next content. */
static int aflowi_doc_next_line(aflowi_doc_parser *p)
{
    const aflowi_doc_place behind = p->now;
    aflowi_doc_skip_white(p);
    aflowi_doc_skip_comment(p);
    if (!aflowi_doc_is_end(p->text[p->now.at])) {
        size_t end = p->now.at;
        while (!aflowi_doc_is_end(p->text[end])) end++;
        if (p->text[p->now.at] == ':' && !aflowi_doc_is_gap(p->text[p->now.at + 1]))
            return aflowi_doc_fail_here(p, "a blank is missing behind this colon; write `key: value`");
        if (p->text[p->now.at] == ':')
            return aflowi_doc_fail_here(p,
                "a mapping key must be one text on one line, not a list, a mapping or several lines; use a shorter key");
        if (p->text[p->now.at] == '#' && p->now.at == behind.at)
            return aflowi_doc_fail_here(p, "a comment needs a blank in front of its #; add one");
        return aflowi_doc_fail_at(p, p->now, end, "unexpected text behind a complete value: `%t`; remove it, or quote the whole value");
    }
    if (p->text[p->now.at] == '\n') aflowi_doc_newline(p);
    aflowi_doc_seek(p);
    return 1;
}

/* ---- Scalars ---- */

/* End of the plain text that starts at `at`, on this line, without trailing blanks. */
static size_t aflowi_doc_plain_end(const aflowi_doc_parser *p, size_t at, int in_flow)
{
    size_t end = at;
    for (; !aflowi_doc_is_end(p->text[at]); at++) {
        const char c = p->text[at];
        if (aflowi_doc_is_white(c)) continue;
        if (c == '#' && at > end) break;
        if (c == ':' && (aflowi_doc_is_gap(p->text[at + 1]) || (in_flow && aflowi_doc_is_flow_mark(p->text[at + 1])))) break;
        if (in_flow && aflowi_doc_is_flow_mark(c)) break;
        end = at + 1;
    }
    return end;
}

/* May a plain scalar start here? If not, says what is wrong. */
static int aflowi_doc_plain_starts(aflowi_doc_parser *p, int in_flow)
{
    const char c = p->text[p->now.at], behind = c == '\0' ? '\0' : p->text[p->now.at + 1];
    const int alone = aflowi_doc_is_gap(behind) || (in_flow && aflowi_doc_is_flow_mark(behind));
    switch (c) {
    case '-': return alone ? aflowi_doc_fail_here(p, "a list item `- ` cannot start here; put it on a line of its own, or quote the -") : 1;
    case '?': return alone ? aflowi_doc_fail_here(p, "keys written with `? ` are not supported; write `key: value`") : 1;
    case ':': return alone ? aflowi_doc_fail_here(p,
        "a mapping key is missing in front of the colon; add one, or \"\" for an empty text") : 1;
    case ',': return aflowi_doc_fail_here(p, "a value is missing in front of the comma; remove the comma, or quote it");
    case '[': case '{': return aflowi_doc_fail_here(p, "a list or a mapping cannot be a mapping key; use a text");
    case ']': case '}': return aflowi_doc_fail_here(p, "a closing bracket has no opening one; remove it, or quote the text");
    case '@': case '`': return aflowi_doc_fail_here(p, "no value can start with @ or `: they are reserved; quote the text");
    case '%': return aflowi_doc_fail_here(p, "no value can start with %; quote the text");
    case '#': return aflowi_doc_fail_here(p, "a comment needs a blank in front of its #; add one, or quote the text");
    case '|': case '>': return aflowi_doc_fail_here(p, "a text block (| or >) cannot start here; quote the text");
    default: return 1;
    }
}

/* Goes over line breaks inside a scalar to the next line's text and puts what they fold to: a blank, or the empty lines'
   line feeds. 0 = the scalar cannot go on there (the parser may then stand anywhere). */
static int aflowi_doc_fold(aflowi_doc_parser *p, int32_t indent)
{
    uint32_t breaks = 0;
    int32_t spaces;
    for (;;) {
        aflowi_doc_newline(p);
        breaks++;
        if (aflowi_doc_at_marker(p)) return 0;
        while (p->text[p->now.at] == ' ') p->now.at++;
        spaces = (int32_t)(p->now.at - p->now.line_start);
        aflowi_doc_skip_white(p);
        if (p->text[p->now.at] != '\n') break;
    }
    if (p->text[p->now.at] == '\0' || spaces < indent) return 0;
    if (breaks == 1) aflowi_doc_put(p, ' ');
    else aflowi_doc_put_repeated(p, '\n', breaks - 1);
    return 1;
}

/* The lines of a plain scalar behind its first, each with at least `indent` blanks in front. */
static void aflowi_doc_plain_lines(aflowi_doc_parser *p, int32_t indent, int in_flow)
{
    for (;;) {
        const aflowi_doc_place behind = p->now;
        const size_t length = p->scratch_length;
        size_t end;
        aflowi_doc_skip_white(p);
        if (p->text[p->now.at] == '\n' && aflowi_doc_fold(p, indent) && p->text[p->now.at] != '#') {
            end = aflowi_doc_plain_end(p, p->now.at, in_flow);
            if (end > p->now.at) {
                aflowi_doc_put_range(p, p->now.at, end);
                p->now.at = end;
                continue;
            }
        }
        p->now = behind;
        p->scratch_length = length;
        return;
    }
}

/* Code point of count hexadecimal digits; fails at the escape. */
static int aflowi_doc_hex_escape(aflowi_doc_parser *p, aflowi_doc_place start, uint32_t count, uint32_t *point)
{
    uint32_t i;
    for (*point = 0, i = 0; i < count; i++) {
        const int digit = aflowi_doc_hex_digit(p->text[p->now.at]);
        if (digit < 0)
            return aflowi_doc_fail_at(p, start, p->now.at,
                "the escape `%t` needs more hexadecimal digits: two behind \\x, four behind \\u, eight behind \\U");
        *point = *point << 4 | (uint32_t)digit;
        p->now.at++;
    }
    return 1;
}

static int aflowi_doc_unicode_escape(aflowi_doc_parser *p, aflowi_doc_place start, uint32_t count)
{
    uint32_t point, low;
    if (!aflowi_doc_hex_escape(p, start, count, &point)) return 0;
    if (point >= 0xD800u && point < 0xDC00u && count == 4 && p->text[p->now.at] == '\\' && p->text[p->now.at + 1] == 'u') {
        p->now.at += 2; /* JSON writes what lies above U+FFFF as a pair */
        if (!aflowi_doc_hex_escape(p, start, 4, &low)) return 0;
        if (low < 0xDC00u || low > 0xDFFFu)
            return aflowi_doc_fail_at(p, start, p->now.at, "`%t` is half of a surrogate pair; write the character itself, or both halves");
        point = 0x10000u + ((point - 0xD800u) << 10) + (low - 0xDC00u);
    }
    if (point >= 0xD800u && point <= 0xDFFFu)
        return aflowi_doc_fail_at(p, start, p->now.at, "`%t` is half of a surrogate pair; write the character itself, or both halves");
    if (point > 0x10FFFFu) return aflowi_doc_fail_at(p, start, p->now.at, "`%t` is beyond Unicode's last character, \\U0010FFFF");
    if (point == 0 && !p->is_json)
        return aflowi_doc_fail_at(p, start, p->now.at, "`%t` stands for a NUL character, which no text can hold; remove it");
    aflowi_doc_put_point(p, point);
    return 1;
}

/* The escape behind a backslash; line breaks are the caller's. */
static int aflowi_doc_escape(aflowi_doc_parser *p)
{
    static const char names[] = "abtnvfre\"\\/ \t_NLP";
    static const uint32_t points[] = { 7, 8, 9, 10, 11, 12, 13, 27, '"', '\\', '/', ' ', '\t', 0xA0, 0x85, 0x2028, 0x2029 };
    static const char json[] = "btnfr\"\\/";
    aflowi_doc_place start = p->now;
    const char c = p->text[p->now.at];
    const char *name;
    start.at--;
    if (c == '\0') return aflowi_doc_fail_here(p, "the text ends inside an escape; finish the escape and close the quote");
    p->now.at++;
    if (c == 'u') return aflowi_doc_unicode_escape(p, start, 4);
    if (c == 'x' && !p->is_json) return aflowi_doc_unicode_escape(p, start, 2);
    if (c == 'U' && !p->is_json) return aflowi_doc_unicode_escape(p, start, 8);
    if (c == '0' && !p->is_json)
        return aflowi_doc_fail_at(p, start, p->now.at, "`%t` stands for a NUL character, which no text can hold; remove it");
    name = strchr(names, c);
    if (name == NULL || (p->is_json && strchr(json, c) == NULL)) {
        while (!aflowi_doc_is_first_byte(p->text[p->now.at])) p->now.at++;
        return aflowi_doc_fail_at(p, start, p->now.at, "`%t` is no escape; write two backslashes for a backslash");
    }
    aflowi_doc_put_point(p, points[name - names]);
    return 1;
}

static int aflowi_doc_fail_unclosed(aflowi_doc_parser *p, aflowi_doc_place start)
{
    if (p->text[p->now.at] == '\0') return aflowi_doc_fail_at(p, start, start.at + 1, "the quote %t is never closed; add the closing one");
    if (aflowi_doc_at_marker(p))
        return aflowi_doc_fail_at(p, start, start.at + 1, "the quote %t is not closed before the document ends; add the closing one");
    return aflowi_doc_fail_here(p,
        "a line inside a quoted text is not indented far enough (with blanks, not tabs); indent it deeper than its key, or close the quote");
}

/* A quoted scalar, from its quote to behind the closing one. */
static int aflowi_doc_quoted(aflowi_doc_parser *p, int32_t indent)
{
    const aflowi_doc_place start = p->now;
    const char quote = p->text[start.at];
    size_t kept = 0; /* what is before this came from escapes or other text: no blanks to strip */
    for (p->now.at++;;) {
        const char c = p->text[p->now.at];
        if (c == quote && quote == '\'' && p->text[p->now.at + 1] == quote) p->now.at++;
        else if (c == quote) break;
        if (c == '\0') return aflowi_doc_fail_unclosed(p, start);
        if (c == '\n') {
            while (p->scratch_length > kept && aflowi_doc_is_white(p->scratch[p->scratch_length - 1])) p->scratch_length--;
            if (!aflowi_doc_fold(p, indent)) return aflowi_doc_fail_unclosed(p, start);
            kept = p->scratch_length;
        } else if (c == '\\' && quote == '"') {
            p->now.at++;
            if (p->text[p->now.at] == '\n') { /* an escaped line break: the lines join, empty ones stay */
                const size_t length = p->scratch_length;
                if (!aflowi_doc_fold(p, indent)) return aflowi_doc_fail_unclosed(p, start);
                if (p->scratch_length == length + 1 && p->scratch[length] == ' ') p->scratch_length = length;
            } else if (!aflowi_doc_escape(p)) {
                return 0;
            }
            kept = p->scratch_length;
        } else {
            aflowi_doc_put(p, c);
            p->now.at++;
        }
    }
    p->now.at++;
    return 1;
}

/* Reads a quoted scalar, or the first line of a plain one. Decoded text is in the scratch. */
static aflowi_node *aflowi_doc_scalar_start(aflowi_doc_parser *p, int32_t indent, int in_flow)
{
    const aflowi_doc_place start = p->now;
    const char c = p->text[start.at];
    aflowi_node *node;
    p->scratch_length = 0;
    if (c != '"' && c != '\'' && !aflowi_doc_plain_starts(p, in_flow)) return NULL;
    node = aflowi_doc_node_here(p, AFLOWI_KIND_STRING);
    if (node == NULL) return NULL;
    if (c == '"' || c == '\'') {
        node->style = AFLOWI_STYLE_QUOTED;
        if (!aflowi_doc_quoted(p, indent)) return NULL;
    } else {
        p->now.at = aflowi_doc_plain_end(p, start.at, in_flow);
        aflowi_doc_put_range(p, start.at, p->now.at);
    }
    node->span = aflowi_doc_span(p, start.at, p->now.at);
    return node;
}

/* ---- Text blocks: | and > ---- */

typedef struct aflowi_doc_block {
    int32_t indent;      /* blanks in front of each line's text */
    int folded;
    char chomp;          /* '-', '+' or 0 */
    uint32_t breaks;     /* line breaks not yet put */
    int started;
    int more;            /* the last line started with a blank or tab: not folded */
} aflowi_doc_block;

/* |, >, and what may follow on their line; sets indent to the digit or 0. */
static int aflowi_doc_block_header(aflowi_doc_parser *p, aflowi_doc_block *block)
{
    memset(block, 0, sizeof *block);
    block->folded = p->text[p->now.at++] == '>';
    for (;;) {
        const char c = p->text[p->now.at];
        if ((c == '+' || c == '-') && block->chomp == 0) block->chomp = c;
        else if (c >= '1' && c <= '9' && block->indent == 0) block->indent = c - '0';
        else break;
        p->now.at++;
    }
    if (!aflowi_doc_is_gap(p->text[p->now.at]))
        return aflowi_doc_fail_here(p,
            "behind | or > only one of + and - and one digit from 1 to 9 may stand; put the text on the next line");
    aflowi_doc_skip_white(p);
    aflowi_doc_skip_comment(p);
    if (!aflowi_doc_is_end(p->text[p->now.at]))
        return aflowi_doc_fail_here(p, "the text of a | or > block starts on the next line; move it there");
    if (p->text[p->now.at] == '\n') aflowi_doc_newline(p);
    return 1;
}

/* Finds the indentation of the first line that has text: at least `least`. */
static int aflowi_doc_block_indent(aflowi_doc_parser *p, aflowi_doc_block *block, int32_t least)
{
    aflowi_doc_place at = p->now, widest = p->now;
    int32_t spaces, blank = 0;
    for (;;) {
        while (p->text[at.at] == ' ') at.at++;
        spaces = (int32_t)(at.at - at.line_start);
        if (p->text[at.at] != '\n') break;
        if (spaces > blank) { blank = spaces; widest = at; }
        at.line_start = ++at.at;
        at.line++;
    }
    if (p->text[at.at] == '\0' || spaces < least) {
        if (p->text[at.at] == '\0' && spaces > blank) blank = spaces;
        block->indent = blank > least ? blank : least;
        return 1;
    }
    if (blank > spaces)
        return aflowi_doc_fail_at(p, widest, widest.at,
            "an empty line at the start of a text block has more blanks than the first line with text; remove them");
    block->indent = spaces;
    return 1;
}

/* One line of text, its breaks before it folded. */
static void aflowi_doc_block_line(aflowi_doc_parser *p, aflowi_doc_block *block)
{
    const size_t from = p->now.at;
    const int more = aflowi_doc_is_white(p->text[from]);
    if (block->folded && block->started && !block->more && !more) {
        if (block->breaks == 1) aflowi_doc_put(p, ' ');
        else aflowi_doc_put_repeated(p, '\n', block->breaks - 1);
    } else {
        aflowi_doc_put_repeated(p, '\n', block->breaks);
    }
    while (!aflowi_doc_is_end(p->text[p->now.at])) p->now.at++;
    aflowi_doc_put_range(p, from, p->now.at);
    block->started = 1;
    block->more = more;
    block->breaks = 1;
}

/* The whole block below a parent of indentation `parent`; ends at the start of the first line that is not in it. */
static int aflowi_doc_block_scalar(aflowi_doc_parser *p, int32_t parent)
{
    aflowi_doc_block block;
    const int32_t base = parent < 0 ? 0 : parent;
    if (!aflowi_doc_block_header(p, &block)) return 0;
    p->scratch_length = 0;
    if (block.indent > 0) block.indent += base;
    else if (!aflowi_doc_block_indent(p, &block, parent + 1)) return 0;
    while (p->text[p->now.at] != '\0' && !(block.indent == 0 && aflowi_doc_at_marker(p))) {
        int32_t spaces = 0;
        while (spaces < block.indent && p->text[p->now.at + (size_t)spaces] == ' ') spaces++;
        if (aflowi_doc_is_end(p->text[p->now.at + (size_t)spaces])) {
            p->now.at += (size_t)spaces;
            block.breaks++;
        } else if (spaces < block.indent) {
            if (p->text[p->now.at + (size_t)spaces] != '\t') break;
            p->now.at += (size_t)spaces;
            return aflowi_doc_fail_here(p, "a tab cannot indent a text block; use blanks");
        } else {
            p->now.at += (size_t)spaces;
            aflowi_doc_block_line(p, &block);
        }
        if (p->text[p->now.at] == '\n') aflowi_doc_newline(p);
    }
    if (block.chomp == '+') aflowi_doc_put_repeated(p, '\n', block.breaks);
    else if (block.chomp == 0 && block.started) aflowi_doc_put(p, '\n');
    return 1;
}

/* ---- Flow collections: [ ... ] and { ... } ---- */

/* Over blanks, comments and line breaks to the next thing; every line of it is indented far enough. */
static int aflowi_doc_flow_blank(aflowi_doc_parser *p)
{
    const aflowi_doc_frame *frame = aflowi_doc_top(p);
    for (;;) {
        char c;
        int32_t spaces;
        aflowi_doc_skip_white(p);
        aflowi_doc_skip_comment(p);
        c = p->text[p->now.at];
        if (c == '\0')
            return aflowi_doc_fail_with(p, frame->node->line, frame->node->column, 1,
                "a bracket is opened here and never closed; add ] or }", "", 0, 0);
        if (c != '\n') return 1;
        aflowi_doc_newline(p);
        if (aflowi_doc_at_marker(p))
            return aflowi_doc_fail_here(p, "the document ends inside brackets; close them first, or indent this line");
        while (p->text[p->now.at] == ' ') p->now.at++;
        spaces = (int32_t)(p->now.at - p->now.line_start);
        aflowi_doc_skip_white(p);
        c = p->text[p->now.at];
        if (c == ']' || c == '}') spaces++; /* may stand in its key's own column */
        if (spaces < frame->indent && !aflowi_doc_is_end(c) && c != '#')
            return aflowi_doc_fail_with(p, p->now.line, aflowi_doc_column(p, p->now), 1,
                "the bracket opened in line %u is still open here; close it, or indent this line (with blanks) deeper than the key in front of it", "", 0, frame->node->line);
    }
}

static int aflowi_doc_flow_open(aflowi_doc_parser *p, const aflowi_doc_properties *properties, int32_t indent)
{
    const int is_mapping = p->text[p->now.at] == '{';
    aflowi_node *node = aflowi_doc_node_here(p, is_mapping ? AFLOWI_KIND_MAPPING : AFLOWI_KIND_SEQUENCE);
    if (node == NULL || aflowi_doc_push(p, is_mapping ? AFLOWI_DOC_FLOW_MAPPING : AFLOWI_DOC_FLOW_SEQUENCE, node, indent) == NULL) return 0;
    p->now.at++;
    return aflowi_doc_finish_collection(p, node, properties);
}

/* `key: value` in [ ]: a mapping of its own, with one entry */
static int aflowi_doc_flow_pair(aflowi_doc_parser *p, aflowi_node *key)
{
    aflowi_node *node = aflowi_doc_node_new(p, AFLOWI_KIND_MAPPING, key->line, key->column, key->span);
    const int32_t indent = aflowi_doc_top(p)->indent;
    aflowi_doc_frame *frame;
    if (node == NULL) return 0;
    frame = aflowi_doc_push(p, AFLOWI_DOC_FLOW_PAIR, node, indent);
    if (frame == NULL) return 0;
    frame->key = key;
    frame->state = AFLOWI_DOC_VALUE;
    return 1;
}

/* Is the colon of an entry here? Behind a quoted key it needs no blank behind it. */
static int aflowi_doc_flow_colon(const aflowi_doc_parser *p, int adjacent)
{
    const char behind = p->text[p->now.at] == ':' ? p->text[p->now.at + 1] : 'x';
    return p->text[p->now.at] == ':' && (adjacent || aflowi_doc_is_gap(behind) || aflowi_doc_is_flow_mark(behind));
}

/* A scalar or an alias in brackets: a key, a value, an item, or the key of a pair. */
static int aflowi_doc_flow_scalar(aflowi_doc_parser *p, const aflowi_doc_properties *properties)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    const aflowi_doc_place start = p->now;
    const char c = p->text[start.at];
    aflowi_doc_place behind;
    aflowi_node *node;
    const int quoted = c == '"' || c == '\'';
    if (c == '*') {
        if (aflowi_doc_has_properties(properties)) return aflowi_doc_fail_here(p, "an alias cannot have an anchor or a tag; remove it");
        node = aflowi_doc_alias(p);
        if (node == NULL) return 0;
    } else {
        node = aflowi_doc_scalar_start(p, frame->indent, 1);
        if (node == NULL) return 0;
        if (!quoted) aflowi_doc_plain_lines(p, frame->indent, 1);
        if (!aflowi_doc_scratch_take(p, node) || !aflowi_doc_finish_scalar(p, node, properties)) return 0;
    }
    if (frame->state == AFLOWI_DOC_VALUE) return aflowi_doc_attach(p, node);
    if (frame->level == AFLOWI_DOC_FLOW_SEQUENCE) {
        behind = p->now;
        aflowi_doc_skip_white(p);
        if (behind.line != start.line || !aflowi_doc_flow_colon(p, quoted)) {
            p->now = behind;
            return aflowi_doc_attach(p, node);
        }
        if (node->first != NULL || node->kind >= AFLOWI_KIND_SEQUENCE)
            return aflowi_doc_fail_node(p, node, "a list or a mapping cannot be a mapping key; use a text");
        p->now.at++;
        return aflowi_doc_flow_pair(p, node);
    }
    if (node->kind >= AFLOWI_KIND_SEQUENCE) return aflowi_doc_fail_node(p, node, "a list or a mapping cannot be a mapping key; use a text");
    frame->key = node;
    frame->adjacent = quoted;
    frame->state = AFLOWI_DOC_COLON;
    return 1;
}

static int aflowi_doc_flow_node(aflowi_doc_parser *p)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    aflowi_doc_properties properties;
    char c;
    memset(&properties, 0, sizeof properties);
    while (p->text[p->now.at] == '&' || p->text[p->now.at] == '!')
        if (!aflowi_doc_property(p, &properties, 1) || !aflowi_doc_flow_blank(p)) return 0;
    c = p->text[p->now.at];
    if (frame->state == AFLOWI_DOC_VALUE || frame->level == AFLOWI_DOC_FLOW_SEQUENCE) { /* not at a key */
        if (c == '[' || c == '{') return aflowi_doc_flow_open(p, &properties, frame->indent);
        if (aflowi_doc_has_properties(&properties) && (c == ',' || c == ']' || c == '}')) return aflowi_doc_attach_properties(p, &properties);
    }
    return aflowi_doc_flow_scalar(p, &properties);
}

/* A key of { } without colon: its value is null. Text like a:1 probably lacks a blank. */
static int aflowi_doc_flow_no_value(aflowi_doc_parser *p)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    const aflowi_node *key = frame->state == AFLOWI_DOC_COLON ? frame->key : NULL;
    if (key != NULL && key->style == AFLOWI_STYLE_PLAIN && memchr(key->text, ':', key->length) != NULL)
        frame->key->hint = AFLOWI_HINT_COLON;
    return aflowi_doc_attach_empty(p);
}

/* One step inside brackets: what it may be depends on the innermost one and what stood before. */
static int aflowi_doc_flow_step(aflowi_doc_parser *p)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    const char close = frame->level == AFLOWI_DOC_FLOW_MAPPING ? '}' : ']';
    char c;
    if (frame->level == AFLOWI_DOC_FLOW_PAIR && frame->state == AFLOWI_DOC_COMMA) return aflowi_doc_close(p);
    if (!aflowi_doc_flow_blank(p)) return 0;
    c = p->text[p->now.at];
    switch (frame->state) {
    case AFLOWI_DOC_VALUE:
        return c == ',' || c == close ? aflowi_doc_flow_no_value(p) : aflowi_doc_flow_node(p);
    case AFLOWI_DOC_COLON:
        if (c == ',' || c == close) return aflowi_doc_flow_no_value(p);
        if (!aflowi_doc_flow_colon(p, frame->adjacent))
            return aflowi_doc_fail_node(p, frame->key,
                "behind the mapping key `%t` a colon and a blank are missing, or a comma or }; add them");
        p->now.at++;
        frame->state = AFLOWI_DOC_VALUE;
        return 1;
    case AFLOWI_DOC_COMMA:
        if (c == ',') {
            p->now.at++;
            frame->state = AFLOWI_DOC_ENTRY;
            return 1;
        }
        if (c == ':')
            return aflowi_doc_fail_here(p, close == '}' ? "a second colon stands in one entry; add the comma that is missing in front of its key, or quote the text"
                                                        : "a colon can only follow a key, and in [ ] a key is one text on the colon's own line; change it or quote it");
        if (c != close)
            return aflowi_doc_fail_here(p, close == '}' ?
                "a comma or a closing } is missing in front of this" : "a comma or a closing ] is missing in front of this");
        break;
    default:
        if (c != close) return aflowi_doc_flow_node(p);
        break;
    }
    p->now.at++;
    return aflowi_doc_close(p);
}

/* ---- Block collections, by indentation ---- */

static int32_t aflowi_doc_parent_indent(aflowi_doc_parser *p) { return p->depth == 0 ? -1 : aflowi_doc_top(p)->indent; }

/* `- ` here */
static int aflowi_doc_at_dash(const aflowi_doc_parser *p)
{
    return p->text[p->now.at] == '-' && aflowi_doc_is_gap(p->text[p->now.at + 1]);
}

/* Over a dash, to the item's value; another collection may start on the same line. */
static void aflowi_doc_take_dash(aflowi_doc_parser *p)
{
    aflowi_doc_frame *frame = aflowi_doc_top(p);
    frame->line = p->now.line;
    frame->column = aflowi_doc_column(p, p->now);
    p->now.at++;
    p->fresh = 1;
    p->tabbed = 0;
    p->ready = 0;
    p->state = AFLOWI_DOC_VALUE;
}

static int aflowi_doc_fail_tabbed(aflowi_doc_parser *p)
{
    return aflowi_doc_fail_here(p, "a tab stands in the indentation; indent with blanks only");
}

static int aflowi_doc_block_sequence(aflowi_doc_parser *p, const aflowi_doc_properties *outer, const aflowi_doc_properties *inner)
{
    aflowi_node *node;
    if (aflowi_doc_has_properties(inner))
        return aflowi_doc_fail_here(p, "the first `- ` cannot stand behind an anchor or a tag; put it on the next line");
    if (!p->fresh)
        return aflowi_doc_fail_here(p, "a list cannot start on the line of its key or of ---; put the first `- ` on the next line");
    if (p->tabbed) return aflowi_doc_fail_tabbed(p);
    node = aflowi_doc_node_here(p, AFLOWI_KIND_SEQUENCE);
    if (node == NULL || aflowi_doc_push(p, AFLOWI_DOC_BLOCK_SEQUENCE, node, (int32_t)(p->now.at - p->now.line_start)) == NULL) return 0;
    aflowi_doc_take_dash(p);
    return aflowi_doc_finish_collection(p, node, outer);
}

/* Is the colon of a block mapping's entry behind a key that started on `line`? Goes there. */
static int aflowi_doc_block_colon(aflowi_doc_parser *p, uint32_t line)
{
    const aflowi_doc_place behind = p->now;
    aflowi_doc_skip_white(p);
    if (p->now.line == line && p->text[p->now.at] == ':' && aflowi_doc_is_gap(p->text[p->now.at + 1])) return 1;
    p->now = behind;
    return 0;
}

/* Takes the colon: the value may follow on this line (no block collection then) or on the next ones. */
static void aflowi_doc_take_colon(aflowi_doc_parser *p, aflowi_node *key)
{
    aflowi_doc_top(p)->key = key;
    p->now.at++;
    p->fresh = 0;
    p->ready = 0;
    p->state = AFLOWI_DOC_VALUE;
}

/* A scalar with a colon behind it opens a mapping whose entries stand in the column `entry`. */
static int aflowi_doc_block_mapping(aflowi_doc_parser *p, aflowi_node *key, const aflowi_doc_properties *outer, int32_t entry)
{
    aflowi_node *node;
    if (!p->fresh)
        return aflowi_doc_fail_at(p, p->now, p->now.at + 1,
            "a mapping cannot start in the middle of a line: a second `: ` stands here; put it on the next line, or quote the text");
    if (p->tabbed) return aflowi_doc_fail_tabbed(p);
    if (key->kind >= AFLOWI_KIND_SEQUENCE) return aflowi_doc_fail_node(p, key, "a list or a mapping cannot be a mapping key; use a text");
    node = aflowi_doc_node_new(p, AFLOWI_KIND_MAPPING, key->line, key->column, key->span);
    if (node == NULL || aflowi_doc_push(p, AFLOWI_DOC_BLOCK_MAPPING, node, entry) == NULL) return 0;
    aflowi_doc_take_colon(p, key);
    return aflowi_doc_finish_collection(p, node, outer);
}

/* A key on a line that is indented into the text above it: the commonest mistake of all. */
static int aflowi_doc_fail_continued(aflowi_doc_parser *p)
{
    aflowi_doc_place start = p->now;
    for (start.at = start.line_start; aflowi_doc_is_white(p->text[start.at]);) start.at++;
    return aflowi_doc_fail_at(p, start, p->now.at,
        "`%t` has a colon behind it, but its indentation makes the line a continuation of the value above; align it with the keys it belongs to");
}

/* A scalar as it stands in a block: a value, or the first key of a mapping. */
static int aflowi_doc_block_scalar_or_key(aflowi_doc_parser *p, aflowi_doc_properties *outer, aflowi_doc_properties *inner, int32_t entry)
{
    const int32_t indent = aflowi_doc_parent_indent(p) + 1;
    const aflowi_doc_place start = p->now;
    aflowi_node *node;
    if (p->text[start.at] == '*') {
        if (aflowi_doc_has_properties(inner)) return aflowi_doc_fail_here(p, "an alias cannot have an anchor or a tag; remove it");
        node = aflowi_doc_alias(p);
        if (node == NULL) return 0;
        if (aflowi_doc_block_colon(p, start.line)) return aflowi_doc_block_mapping(p, node, outer, entry);
        if (aflowi_doc_has_properties(outer)) return aflowi_doc_fail_node(p, node, "an alias cannot have an anchor or a tag; remove it");
        return aflowi_doc_attach(p, node);
    }
    node = aflowi_doc_scalar_start(p, indent, 0);
    if (node == NULL) return 0;
    if (aflowi_doc_block_colon(p, start.line))
        return aflowi_doc_scratch_take(p, node) && aflowi_doc_finish_scalar(p, node, inner) &&
               aflowi_doc_block_mapping(p, node, outer, entry);
    if (node->style == AFLOWI_STYLE_PLAIN) {
        aflowi_doc_plain_lines(p, indent, 0);
        if (p->now.line != start.line && aflowi_doc_block_colon(p, p->now.line)) return aflowi_doc_fail_continued(p);
    }
    return aflowi_doc_scratch_take(p, node) && aflowi_doc_join_properties(p, outer, inner) &&
           aflowi_doc_finish_scalar(p, node, outer) && aflowi_doc_attach(p, node);
}

static int aflowi_doc_block_text(aflowi_doc_parser *p, const aflowi_doc_properties *properties)
{
    aflowi_node *node = aflowi_doc_node_here(p, AFLOWI_KIND_STRING);
    if (node == NULL || !aflowi_doc_block_scalar(p, aflowi_doc_parent_indent(p))) return 0;
    node->style = AFLOWI_STYLE_BLOCK;
    if (!aflowi_doc_scratch_take(p, node) || !aflowi_doc_finish_scalar(p, node, properties) || !aflowi_doc_attach(p, node)) return 0;
    aflowi_doc_seek(p);
    return 1;
}

/* Does the line found belong to the value that is looked for, below a parent of this indentation? */
static int aflowi_doc_line_belongs(aflowi_doc_parser *p, int32_t parent)
{
    const aflowi_doc_frame *frame = aflowi_doc_top(p);
    if (p->ended) return 0;
    if (p->spaces > parent) return 1;
    return frame != NULL && frame->level == AFLOWI_DOC_BLOCK_MAPPING && p->spaces == parent && !p->tabbed && aflowi_doc_at_dash(p);
}

/* The value of an item, an entry or the document: on this line or on the next ones. */
static int aflowi_doc_block_value(aflowi_doc_parser *p)
{
    const int32_t parent = aflowi_doc_parent_indent(p);
    aflowi_doc_properties outer, inner; /* of earlier lines: of the whole value; of this line: perhaps of its first key only */
    int32_t entry = -1;
    memset(&outer, 0, sizeof outer);
    memset(&inner, 0, sizeof inner);
    for (;;) {
        const size_t at = p->now.at;
        char c;
        aflowi_doc_skip_white(p);
        if (memchr(p->text + at, '\t', p->now.at - at) != NULL) p->tabbed = 1;
        c = p->text[p->now.at];
        if (aflowi_doc_is_end(c) || aflowi_doc_at_comment(p)) {
            if (!aflowi_doc_join_properties(p, &outer, &inner) || !aflowi_doc_next_line(p)) return 0;
            if (!aflowi_doc_line_belongs(p, parent)) return aflowi_doc_attach_properties(p, &outer);
            p->fresh = 1;
            entry = -1;
            continue;
        }
        p->ready = 0;
        if (entry < 0) entry = (int32_t)(p->now.at - p->now.line_start);
        if (c == '&' || c == '!') {
            if (!aflowi_doc_property(p, &inner, 0)) return 0;
            continue;
        }
        if (aflowi_doc_at_dash(p)) return aflowi_doc_block_sequence(p, &outer, &inner);
        if (c != '|' && c != '>' && c != '[' && c != '{') return aflowi_doc_block_scalar_or_key(p, &outer, &inner, entry);
        if (!aflowi_doc_join_properties(p, &outer, &inner)) return 0;
        return c == '[' || c == '{' ? aflowi_doc_flow_open(p, &outer, parent + 1) : aflowi_doc_block_text(p, &outer);
    }
}

/* The key of a mapping's next entry, up to its colon. */
static int aflowi_doc_block_key(aflowi_doc_parser *p)
{
    const int32_t indent = aflowi_doc_parent_indent(p) + 1;
    aflowi_doc_properties properties;
    aflowi_node *node;
    uint32_t line;
    memset(&properties, 0, sizeof properties);
    while (p->text[p->now.at] == '&' || p->text[p->now.at] == '!') {
        if (!aflowi_doc_property(p, &properties, 0)) return 0;
        aflowi_doc_skip_white(p);
    }
    if (aflowi_doc_is_end(p->text[p->now.at]))
        return aflowi_doc_fail_here(p, "a mapping key is missing behind its anchor or tag; add one on this line");
    if (aflowi_doc_at_dash(p))
        return aflowi_doc_fail_here(p,
            "a list item `- ` stands where the next key of a mapping is expected; indent it, or write `key: value`");
    line = p->now.line;
    if (p->text[p->now.at] == '*') {
        if (aflowi_doc_has_properties(&properties)) return aflowi_doc_fail_here(p, "an alias cannot have an anchor or a tag; remove it");
        node = aflowi_doc_alias(p);
        if (node == NULL) return 0;
        if (node->kind >= AFLOWI_KIND_SEQUENCE)
            return aflowi_doc_fail_node(p, node, "a list or a mapping cannot be a mapping key; use a text");
    } else {
        node = aflowi_doc_scalar_start(p, indent, 0);
        if (node == NULL || !aflowi_doc_scratch_take(p, node) || !aflowi_doc_finish_scalar(p, node, &properties)) return 0;
    }
    if (!aflowi_doc_block_colon(p, line))
        return aflowi_doc_fail_node(p, node,
            "`%t` stands where a mapping key is expected, but no colon with a blank follows it on its line; write `key: value`, or indent it to continue the value above");
    aflowi_doc_take_colon(p, node);
    return 1;
}

static int aflowi_doc_fail_indent(aflowi_doc_parser *p)
{
    const aflowi_doc_frame *frame = aflowi_doc_top(p);
    if (frame == NULL && p->root->style == AFLOWI_STYLE_BLOCK && p->root->kind >= AFLOWI_KIND_SEQUENCE)
        return aflowi_doc_fail_with(p, p->now.line, aflowi_doc_column(p, p->now), 1,
            "this line is indented less than the first one of the document, which starts in column %u: align it", "", 0, p->root->column);
    if (frame == NULL)
        return aflowi_doc_fail_here(p,
            "text stands behind the end of the document's only value; remove it, or make the value a mapping or a list");
    return aflowi_doc_fail_with(p, p->now.line, aflowi_doc_column(p, p->now), 1,
        "this line is indented like none of the levels above; the innermost one open here is in column %u: align it", "", 0, (uint32_t)frame->indent + 1u);
}

/* After a complete value: closes what the next line's indentation closes, and starts the next item or entry. */
static int aflowi_doc_block_next(aflowi_doc_parser *p)
{
    const aflowi_doc_frame *frame;
    if (!p->ready && !aflowi_doc_next_line(p)) return 0;
    while (p->depth > 0 && (p->ended || aflowi_doc_top(p)->indent > p->spaces))
        if (!aflowi_doc_close(p)) return 0;
    if (p->ended) {
        p->state = AFLOWI_DOC_DONE;
        return 1;
    }
    frame = aflowi_doc_top(p);
    if (frame != NULL && frame->level == AFLOWI_DOC_BLOCK_SEQUENCE && frame->indent == p->spaces && !aflowi_doc_at_dash(p) &&
        p->depth > 1 && p->stack[p->depth - 2].indent == p->spaces) {
        if (!aflowi_doc_close(p)) return 0; /* a list in the column of its key ends where the next key stands */
        frame = aflowi_doc_top(p);
    }
    if (p->tabbed) return aflowi_doc_fail_tabbed(p);
    if (frame == NULL || frame->indent < p->spaces) return aflowi_doc_fail_indent(p);
    p->ready = 0;
    if (frame->level == AFLOWI_DOC_BLOCK_MAPPING) return aflowi_doc_block_key(p);
    if (!aflowi_doc_at_dash(p))
        return aflowi_doc_fail_here(p, "the next list item `- ` is expected here; add the dash, or indent the line differently");
    aflowi_doc_take_dash(p);
    return 1;
}

/* ---- The YAML document ---- */

/* %YAML 1.1 or 1.2; nothing else can be followed here. */
static int aflowi_doc_directive(aflowi_doc_parser *p, int *seen)
{
    const aflowi_doc_place start = p->now;
    const char *at = p->text + start.at;
    size_t end = start.at;
    while (!aflowi_doc_is_end(p->text[end])) end++;
    if (strncmp(at, "%YAML", 5) != 0 || !aflowi_doc_is_white(at[5]))
        return aflowi_doc_fail_at(p, start, end, "the directive `%t` is not supported; remove it");
    if (*seen) return aflowi_doc_fail_at(p, start, end, "a second %YAML directive stands here; remove it");
    p->now.at += 5;
    aflowi_doc_skip_white(p);
    at = p->text + p->now.at;
    if (strncmp(at, "1.", 2) != 0 || (at[2] != '1' && at[2] != '2') || !aflowi_doc_is_gap(at[3]))
        return aflowi_doc_fail_at(p, start, end, "`%t` is not supported; write %YAML 1.2, or nothing");
    p->now.at += 3;
    *seen = 1;
    return aflowi_doc_next_line(p);
}

/* Directives and the --- in front of the document. */
static int aflowi_doc_prolog(aflowi_doc_parser *p)
{
    int directive = 0;
    aflowi_doc_seek(p);
    while (p->text[p->now.at] == '%' && p->now.at == p->now.line_start)
        if (!aflowi_doc_directive(p, &directive)) return 0;
    p->state = AFLOWI_DOC_VALUE;
    p->fresh = 1;
    if (p->ended && p->text[p->now.at] == '-') {
        p->now.at += 3;
        p->fresh = p->tabbed = p->ready = p->ended = 0;
    } else if (directive) {
        return aflowi_doc_fail_here(p, "behind %YAML a line with --- is missing; add it in front of the document");
    } else if (p->ended) {
        return aflowi_doc_attach_empty(p);
    }
    return 1;
}

/* Nothing but ... and comments may follow the document. */
static int aflowi_doc_epilog(aflowi_doc_parser *p)
{
    while (p->text[p->now.at] != '\0') {
        if (p->text[p->now.at] != '.' || !aflowi_doc_at_marker(p))
            return aflowi_doc_fail_here(p, "a second document starts here; keep one document in a file");
        p->now.at += 3;
        if (!aflowi_doc_next_line(p)) return 0;
    }
    return 1;
}

static int aflowi_doc_yaml(aflowi_doc_parser *p)
{
    if (!aflowi_doc_prolog(p)) return 0;
    while (p->state != AFLOWI_DOC_DONE) {
        const aflowi_doc_frame *frame = aflowi_doc_top(p);
        int good;
        if (frame != NULL && frame->level >= AFLOWI_DOC_FLOW_SEQUENCE) good = aflowi_doc_flow_step(p);
        else if (p->state == AFLOWI_DOC_VALUE) good = aflowi_doc_block_value(p);
        else good = aflowi_doc_block_next(p);
        if (!good) return 0;
    }
    return aflowi_doc_epilog(p);
}

/* ---- The JSON document ---- */

static void aflowi_doc_json_blank(aflowi_doc_parser *p)
{
    for (;; p->now.at++) {
        const char c = p->text[p->now.at];
        if (c == '\n') { p->now.line++; p->now.line_start = p->now.at + 1; }
        else if (!aflowi_doc_is_white(c)) break;
    }
}

static aflowi_node *aflowi_doc_json_string(aflowi_doc_parser *p)
{
    const aflowi_doc_place start = p->now;
    aflowi_node *node = aflowi_doc_node_here(p, AFLOWI_KIND_STRING);
    if (node == NULL) return NULL;
    node->style = AFLOWI_STYLE_QUOTED;
    p->scratch_length = 0;
    for (p->now.at++; p->text[p->now.at] != '"';) {
        const char c = p->text[p->now.at];
        if (c == '\\') {
            p->now.at++;
            if (!aflowi_doc_escape(p)) return NULL;
        } else if (c == '\0') {
            (void)aflowi_doc_fail_at(p, start, start.at + 1, "the quote %t is never closed; add the closing one");
            return NULL;
        } else if ((unsigned char)c < 32) {
            (void)aflowi_doc_fail_here(p, "a line break or a tab is inside a JSON string; write \\n or \\t, or close the quote");
            return NULL;
        } else {
            aflowi_doc_put(p, c);
            p->now.at++;
        }
    }
    p->now.at++;
    node->span = aflowi_doc_span(p, start.at, p->now.at);
    if (memchr(p->scratch, '\0', p->scratch_length) != NULL) node->hint = AFLOWI_HINT_NUL;
    node->complete = 1;
    return aflowi_doc_scratch_take(p, node) ? node : NULL;
}

/* Length of the number at text by JSON's grammar; 0 = none. */
static size_t aflowi_doc_json_number(const char *text)
{
    const char *at = text, *digits;
    if (*at == '-') at++;
    if (!aflowi_doc_is_digit(*at)) return 0;
    if (*at == '0') at++;
    else while (aflowi_doc_is_digit(*at)) at++;
    if (*at == '.') {
        for (digits = ++at; aflowi_doc_is_digit(*at);) at++;
        if (at == digits) return 0;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-') at++;
        for (digits = at; aflowi_doc_is_digit(*at);) at++;
        if (at == digits) return 0;
    }
    return (size_t)(at - text);
}

/* A number, true, false or null: the whole word, so that what follows directly is an error here. */
static int aflowi_doc_json_word(aflowi_doc_parser *p)
{
    static const char *const words[] = { "null", "true", "false" };
    const aflowi_doc_place start = p->now;
    const char *text = p->text + start.at;
    aflowi_node *node;
    size_t length = 0;
    while (aflowi_doc_is_digit(text[length]) || (text[length] >= 'A' && text[length] <= 'Z') || (text[length] >= 'a' && text[length] <= 'z') ||
           text[length] == '.' || text[length] == '+' || text[length] == '-' || text[length] == '_') length++;
    if (length == 0)
        return aflowi_doc_fail_here(p,
            "a JSON value is expected here: an object, a list, a string in double quotes, a number, true, false or null");
    if (aflowi_doc_json_number(text) != length && !aflowi_doc_is_one_of(text, length, words, 3))
        return aflowi_doc_fail_at(p, start, start.at + length, "`%t` is no JSON value; quote a text, and write numbers like -1.5e-3");
    node = aflowi_doc_node_here(p, AFLOWI_KIND_NULL);
    if (node == NULL) return 0;
    p->scratch_length = 0;
    aflowi_doc_put_range(p, start.at, start.at + length);
    p->now.at += length;
    node->span = aflowi_doc_span(p, start.at, p->now.at);
    if (!aflowi_doc_scratch_take(p, node)) return 0;
    aflowi_doc_resolve_plain(node);
    return aflowi_doc_attach(p, node);
}

static int aflowi_doc_json_value(aflowi_doc_parser *p)
{
    const char c = p->text[p->now.at];
    aflowi_doc_properties none;
    aflowi_node *node;
    memset(&none, 0, sizeof none);
    if (c == '{' || c == '[') return aflowi_doc_flow_open(p, &none, 0);
    if (c != '"') return aflowi_doc_json_word(p);
    node = aflowi_doc_json_string(p);
    return node != NULL && aflowi_doc_attach(p, node);
}

static int aflowi_doc_json_step(aflowi_doc_parser *p, aflowi_doc_frame *frame)
{
    const int is_mapping = frame->level == AFLOWI_DOC_FLOW_MAPPING;
    const char close = is_mapping ? '}' : ']', c = p->text[p->now.at];
    if (c == '\0')
        return aflowi_doc_fail_with(p, frame->node->line, frame->node->column, 1,
            "a bracket is opened here and never closed; add ] or }", "", 0, 0);
    if (c == close && (frame->state == AFLOWI_DOC_FIRST || frame->state == AFLOWI_DOC_COMMA)) {
        p->now.at++;
        return aflowi_doc_close(p);
    }
    if (frame->state == AFLOWI_DOC_COMMA) {
        if (c != ',')
            return aflowi_doc_fail_here(p, is_mapping ?
                "a comma or a closing } is missing in front of this" : "a comma or a closing ] is missing in front of this");
        p->now.at++;
        frame->state = AFLOWI_DOC_ENTRY;
        return 1;
    }
    if (!is_mapping || frame->state == AFLOWI_DOC_VALUE) return aflowi_doc_json_value(p);
    if (frame->state == AFLOWI_DOC_COLON) {
        if (c != ':') return aflowi_doc_fail_here(p, "a colon is missing behind the key in front of this");
        p->now.at++;
        frame->state = AFLOWI_DOC_VALUE;
        return 1;
    }
    if (c != '"')
        return aflowi_doc_fail_here(p, "a key in double quotes is expected here; JSON has no other keys, and no comma behind the last entry");
    frame->key = aflowi_doc_json_string(p);
    frame->state = AFLOWI_DOC_COLON;
    return frame->key != NULL;
}

static int aflowi_doc_json(aflowi_doc_parser *p)
{
    for (;;) {
        aflowi_doc_frame *frame = aflowi_doc_top(p);
        aflowi_doc_json_blank(p);
        if (frame == NULL && p->root != NULL) break;
        if (frame == NULL && p->text[p->now.at] == '\0')
            return aflowi_doc_fail_here(p, "the document is empty; a JSON document has one value");
        if (!(frame == NULL ? aflowi_doc_json_value(p) : aflowi_doc_json_step(p, frame))) return 0;
    }
    return p->text[p->now.at] == '\0' ? 1 : aflowi_doc_fail_here(p, "text stands behind the end of the JSON value; remove it");
}

/* ---- For the sections below ---- */

/* Parses a whole document; the nodes live as long as the arena, the text may go. NULL = an error, told in *error. An empty
   YAML document is a null with AFLOWI_HINT_EMPTY. */
static aflowi_node *aflowi_document_parse(aflowi_arena *arena, const char *text, size_t size, int is_json, aflowi_syntax_error *error)
{
    aflowi_doc_parser first, *p = &first;
    memset(error, 0, sizeof *error);
    memset(&first, 0, offsetof(aflowi_doc_parser, stack));
    first.arena = arena;
    first.error = error;
    first.text = "";
    first.now.line = 1;
    first.is_json = is_json;
    if (size > AFLOWI_MAX_DOCUMENT) {
        (void)aflowi_doc_fail_here(p, "the document is larger than 256 MB; split it");
        return NULL;
    }
    if (!aflowi_doc_text_load(p, text, size) || !aflowi_doc_scratch_load(p, size)) return NULL;
    return (is_json ? aflowi_doc_json(p) : aflowi_doc_yaml(p)) ? p->root : NULL;
}

/* The value of a key, NULL where there is none. A key with a NUL inside is never meant. */
static const aflowi_node *aflowi_node_get(const aflowi_node *mapping, const char *key)
{
    const size_t length = strlen(key);
    const aflowi_node *value;
    if (mapping == NULL || mapping->kind != AFLOWI_KIND_MAPPING) return NULL;
    for (value = mapping->first; value != NULL; value = value->next)
        if (value->key->length == length && memcmp(value->key->text, key, length) == 0) return value;
    return NULL;
}
/* ==========================================================================
   [Y2] SCENARIO FROM A DOCUMENT
   In:    a tree of nodes       Out: a scenario, and every problem of the text
   Keeps: what is in the text is either stored, or reported with its place; the
          schema's table says what may stand where
   Uses:  [Y1], asyncflow.h [11] [12] [14] [15]     Public: aflow_read_*
   ========================================================================== */

struct aflow_scenario_file {
    aflow_scenario scenario;
    aflow_origin origin;
    aflowi_arena arena;
    const char *name;               /* for problems; NULL: none */
    const char *text;
    size_t size;
    const size_t *lines;            /* where each line begins */
    size_t lines_count;
    const aflowi_node *root;
};

/* A mapping that is still to be read, and where its fields go. */
typedef struct aflowi_binding {
    struct aflowi_binding *next;
    const aflowi_node *node;
    aflowi_kind kind;
    void *base;
    const char *path;
    const aflowi_field *random;     /* kind RANDOM: the row that bounds its mean */
} aflowi_binding;

typedef struct aflowi_binder {
    aflow_scenario_file *file;
    aflow_diagnostics *problems;
    aflowi_binding *first, *last;   /* in the order of finding */
    int compat;
    const char *meant[8];           /* fields of the present mapping that misspelt keys were guessed to mean */
    size_t meant_count;
    int structural;                 /* ids, lists or structs are wrong: rules about the graph would only echo that */
} aflowi_binder;

/* Whether two words differ in case at most. */
static int aflowi_same_name(const char *a, const char *b)
{
    for (; *a && aflowi_lower(*a) == aflowi_lower(*b); a++, b++) {}
    return aflowi_lower(*a) == aflowi_lower(*b);
}

/* --- Places ------------------------------------------------------------------- */

static int aflowi_index_lines(aflow_scenario_file *file)
{
    size_t count = 1, i, *lines;
    for (i = 0; i < file->size; i++) {
        count += file->text[i] == '\n' || (file->text[i] == '\r' && (i + 1 == file->size || file->text[i + 1] != '\n'));
    }
    lines = (size_t *)aflowi_arena_array(&file->arena, count, sizeof *lines);
    if (!lines) return 0;
    file->lines = lines;
    *lines++ = file->size >= 3 && memcmp(file->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (i = 0; i < file->size; i++) {
        if (file->text[i] == '\n' || (file->text[i] == '\r' && (i + 1 == file->size || file->text[i + 1] != '\n'))) *lines++ = i + 1;
    }
    file->lines_count = count;
    return 1;
}

static aflow_place aflowi_place_at(const aflow_scenario_file *file, uint32_t line, uint32_t column, uint32_t span)
{
    aflow_place place;
    size_t from, to;
    memset(&place, 0, sizeof place);
    place.file = file->name;
    place.line = line;
    place.column = column;
    place.span = span;
    if (!line || line > file->lines_count) return place;
    from = file->lines[line - 1];
    to = line < file->lines_count ? file->lines[line] : file->size;
    while (to > from && (file->text[to - 1] == '\n' || file->text[to - 1] == '\r')) to--;
    place.line_text = file->text + from;
    place.line_size = to - from;
    return place;
}

static const aflowi_node *aflowi_node_item(const aflowi_node *sequence, size_t index)
{
    const aflowi_node *child = sequence->first;
    while (child && index--) child = child->next;
    return child;
}

/* One step of a path: `name` or `[7]`; moves *path behind it and its dot. */
static const aflowi_node *aflowi_node_step(const aflowi_node *node, const char **path)
{
    const char *p = *path;
    const aflowi_node *child;
    size_t index = 0, size;
    if (*p == '[') {
        for (p++; *p >= '0' && *p <= '9'; p++) index = index * 10 + (size_t)(*p - '0');
        if (*p == ']') p++;
        if (*p == '.') p++;
        *path = p;
        return node->kind == AFLOWI_KIND_SEQUENCE ? aflowi_node_item(node, index) : NULL;
    }
    size = strcspn(p, ".[");
    *path = p + size + (p[size] == '.');
    if (node->kind != AFLOWI_KIND_MAPPING) return NULL;
    for (child = node->first; child; child = child->next) {
        if (child->key->length == size && memcmp(child->key->text, p, size) == 0) return child;
    }
    return NULL;
}

/* The place of a field; of the nearest thing around it where the text does not have it. */
static int aflowi_locate(const void *context, const char *path, aflow_place *place)
{
    const aflow_scenario_file *file = (const aflow_scenario_file *)context;
    const aflowi_node *node = file->root, *child = node;
    while (*path && (child = aflowi_node_step(node, &path)) != NULL) node = child;
    if (node->key && !node->merged && (node->kind == AFLOWI_KIND_MAPPING || node->kind == AFLOWI_KIND_SEQUENCE)) {
        if (!child || node->style == AFLOWI_STYLE_BLOCK) node = node->key;      /* a block begins at its first entry, which is not what is meant */
    }
    *place = aflowi_place_at(file, node->line, node->column, node->span);
    return 1;
}

/* --- Reports -------------------------------------------------------------------- */

static void aflowi_bind_found(aflowi_binder *b, int code, const char *path, const aflowi_node *at, const char *message)
{
    aflow_place place = aflowi_place_at(b->file, at->line, at->column, at->span);
    aflowi_report_at(b->problems, (aflow_diagnostic_code)code, path, message, &place);
}

static const char *aflowi_join_path(aflowi_binder *b, const char *path, const char *name)
{
    size_t n = strlen(path), m = strlen(name);
    char *joined = (char *)aflowi_arena_alloc(&b->file->arena, n + m + 2);
    if (!joined) return "";
    memcpy(joined, path, n);
    if (n) joined[n++] = '.';
    memcpy(joined + n, name, m);
    return joined;
}

static const char *aflowi_item_path(aflowi_binder *b, const char *path, size_t index)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, path);
    aflowi_line_put(&l, "[");
    aflowi_line_u64(&l, index);
    aflowi_line_put(&l, "]");
    path = aflowi_arena_text(&b->file->arena, l.text, l.used);
    return path ? path : "";
}

/* `is "5", a text`: what stands there. */
static void aflowi_line_node(aflowi_line *l, const aflowi_node *node)
{
    aflowi_line_put(l, "is ");
    switch (node->kind) {
    case AFLOWI_KIND_NULL: aflowi_line_put(l, node->hint == AFLOWI_HINT_EMPTY ? "empty" : "null"); break;
    case AFLOWI_KIND_SEQUENCE: aflowi_line_put(l, "a list"); break;
    case AFLOWI_KIND_MAPPING: aflowi_line_put(l, "a mapping"); break;
    case AFLOWI_KIND_STRING:
        aflowi_line_quote(l, node->text);
        if (node->style == AFLOWI_STYLE_QUOTED || node->tagged) aflowi_line_put(l, ", a text");
        break;
    default: aflowi_line_bytes(l, node->text, aflowi_cut(node->text, node->length, 40)); break;
    }
}

static void aflowi_line_hint(aflowi_line *l, const aflowi_field *f, const aflowi_node *node)
{
    switch (node->hint) {
    case AFLOWI_HINT_YAML11_BOOL: aflowi_line_put(l, "; YAML 1.1 and 1.2 read this word differently: quote it where text is meant, write true or false where a truth value is"); break;
    case AFLOWI_HINT_UNDERSCORE: aflowi_line_put(l, "; YAML 1.2 numbers have no underscores: leave them out"); break;
    case AFLOWI_HINT_SEXAGESIMAL: aflowi_line_put(l, "; YAML 1.2 has no base 60: write the plain number"); break;
    case AFLOWI_HINT_COMMA: aflowi_line_put(l, "; the decimal sign is a point"); break;
    case AFLOWI_HINT_UNIT: aflowi_line_put(l, "; write the number without its unit"); break;
    case AFLOWI_HINT_COLON: aflowi_line_put(l, "; put a blank behind the colon"); break;
    default:
        if (node->kind == AFLOWI_KIND_STRING && node->style == AFLOWI_STYLE_QUOTED) {
            aflowi_line_put(l, f->type == AFLOWI_TYPE_BOOL ? "; take the quotes away" : "; take the quotes away where a number is meant");
        }
        break;
    }
}

static void aflowi_bind_wrong_type(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, const char *wanted)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_node(&l, node);
    aflowi_line_put(&l, "; needs ");
    aflowi_line_put(&l, wanted);
    aflowi_line_hint(&l, f, node);
    b->structural |= f->type != AFLOWI_TYPE_UINT && f->type != AFLOWI_TYPE_DOUBLE && f->type != AFLOWI_TYPE_BOOL && f->type != AFLOWI_TYPE_FLAGS && f->type != AFLOWI_TYPE_RANDOM;
    aflowi_bind_found(b, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, node, l.text);
}

/* --- Values ------------------------------------------------------------------------ */

static int aflowi_is_number(const aflowi_node *node) { return (node->kind == AFLOWI_KIND_INTEGER || node->kind == AFLOWI_KIND_NUMBER); }

/* The number of a node within its row's bounds; 0 when it is none (and reported). */
static int aflowi_bind_number(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, double *value)
{
    aflowi_line l = aflowi_new_line();
    int code;
    if (!aflowi_is_number(node)) {
        aflowi_bind_wrong_type(b, f, path, node, f->type == AFLOWI_TYPE_UINT ? "a whole number" : "a number");
        return 0;
    }
    *value = node->number;
    if (f->type == AFLOWI_TYPE_UINT && *value >= 0 && *value <= AFLOWI_UINT_MOST && *value != (double)(uint32_t)*value) {
        aflowi_bind_wrong_type(b, f, path, node, "a whole number");
        return 0;
    }
    code = aflowi_check_number(f, *value, &l);
    if (code != AFLOWI_FINE) aflowi_bind_found(b, code, path, node, l.text);
    return code == AFLOWI_FINE;
}

static void aflowi_bind_double(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    double value;
    if (node->kind == AFLOWI_KIND_NULL && (f->flags & AFLOWI_NULLABLE)) return;
    if (!aflowi_bind_number(b, f, path, node, &value)) return;
    if (value == 0 && (f->flags & AFLOWI_ZERO_SPEAKS)) value = AFLOW_ZERO;
    aflowi_set_double(base, f->offset, value);
}

static void aflowi_bind_uint(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    double value;
    if (node->kind == AFLOWI_KIND_NULL && (f->flags & AFLOWI_NULLABLE)) return;
    if (aflowi_bind_number(b, f, path, node, &value)) aflowi_set_u32(base, f->offset, (uint32_t)value);
    else if (f->flags & AFLOWI_NULLABLE) aflowi_set_u32(base, f->offset, (uint32_t)f->least);     /* given, if wrongly: rules about what must be have nothing to add */
}

static void aflowi_bind_bool(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    if (node->kind == AFLOWI_KIND_BOOLEAN) aflowi_set_u32(base, f->offset, aflowi_lower(node->text[0]) == 't');
    else aflowi_bind_wrong_type(b, f, path, node, "true or false");
}

/* The text of a node where an identifier or name is wanted; NULL when it is none (and reported). */
static const char *aflowi_bind_text(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node)
{
    aflowi_line l = aflowi_new_line();
    int code;
    if (node->kind == AFLOWI_KIND_STRING && node->hint == AFLOWI_HINT_YAML11_BOOL && node->style == AFLOWI_STYLE_PLAIN && !node->tagged) {
        aflowi_line_node(&l, node);
        aflowi_line_put(&l, ", which YAML 1.1 and 1.2 read differently; put it in quotes");
        aflowi_bind_found(b, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, node, l.text);
        b->structural = 1;
        return NULL;
    }
    if (node->kind != AFLOWI_KIND_STRING) {
        aflowi_bind_wrong_type(b, f, path, node, "text: put it in quotes");
        return NULL;
    }
    if (node->hint == AFLOWI_HINT_NUL) {
        aflowi_bind_wrong_type(b, f, path, node, "text without a NUL character");
        return NULL;
    }
    code = aflowi_check_text(f, node->text, &l);
    if (code == AFLOWI_FINE) return node->text;
    aflowi_bind_found(b, code, path, node, l.text);
    b->structural = 1;
    return NULL;
}

static const aflowi_word *aflowi_bind_word(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node)
{
    const aflowi_word *word = node->kind == AFLOWI_KIND_STRING ? aflowi_enum_word(f->names, node->text, node->length) : NULL;
    aflowi_line l = aflowi_new_line();
    if (word) return word;
    if (node->kind == AFLOWI_KIND_STRING && node->hint == AFLOWI_HINT_NONE) {
        aflowi_line_unknown_word(&l, f->names, node->text, node->length);
        aflowi_bind_found(b, AFLOW_DIAGNOSTIC_UNKNOWN_NAME, path, node, l.text);
        return NULL;
    }
    aflowi_line_put(&l, "one of ");
    for (word = f->names; word->name; word++) {
        if (word != f->names) aflowi_line_put(&l, ", ");
        aflowi_line_put(&l, word->name);
    }
    aflowi_bind_wrong_type(b, f, path, node, l.text);
    return NULL;
}

static void aflowi_bind_flags(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    const aflowi_node *item;
    uint32_t bits = 0;
    size_t i = 0;
    if (node->kind != AFLOWI_KIND_SEQUENCE) {
        aflowi_bind_wrong_type(b, f, path, node, "a list of names");
        return;
    }
    for (item = node->first; item; item = item->next, i++) {
        const char *at = aflowi_item_path(b, path, i);
        const aflowi_word *word = aflowi_bind_word(b, f, at, item);
        if (word && (bits & word->value)) aflowi_bind_found(b, AFLOW_DIAGNOSTIC_DUPLICATE_ENTRY, at, item, "stands in this list already");
        if (word) bits |= word->value;
    }
    aflowi_set_u32(base, f->offset, bits ? bits : AFLOW_METRICS_NONE);
}

static int aflowi_bind_is_list(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node)
{
    if (node->kind != AFLOWI_KIND_SEQUENCE) {
        aflowi_bind_wrong_type(b, f, path, node, "a list");
        return 0;
    }
    if (node->count == 0 && (f->flags & AFLOWI_FILLED)) {
        aflowi_bind_found(b, AFLOW_DIAGNOSTIC_NO_ENTRIES, path, node, "is empty; it needs at least one entry");
        b->structural = 1;
        return 0;
    }
    return 1;
}

static void aflowi_bind_references(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    const char **items;
    const aflowi_node *item;
    size_t i = 0;
    if (!aflowi_bind_is_list(b, f, path, node)) return;
    items = (const char **)aflowi_arena_array(&b->file->arena, node->count, sizeof *items);
    if (!items) return;
    for (item = node->first; item; item = item->next, i++) {
        const char *text = aflowi_bind_text(b, f, aflowi_item_path(b, path, i), item);
        items[i] = text ? text : "";
    }
    aflowi_set_pointer(base, f->offset, items);
    aflowi_set_count(base, f->count_offset, node->count);
}

static void aflowi_bind_times(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    double *items;
    const aflowi_node *item;
    size_t i = 0;
    if (!aflowi_bind_is_list(b, f, path, node)) return;
    items = (double *)aflowi_arena_array(&b->file->arena, node->count, sizeof *items);
    if (!items) return;
    for (item = node->first; item; item = item->next, i++) {
        if (!aflowi_bind_number(b, f, aflowi_item_path(b, path, i), item, &items[i])) items[i] = i ? items[i - 1] : 0;
    }
    aflowi_set_pointer(base, f->offset, items);
    aflowi_set_count(base, f->count_offset, node->count);
}

/* --- Mappings, one after the other ------------------------------------------------------ */

static void aflowi_bind_later(aflowi_binder *b, const aflowi_node *node, aflowi_kind kind, void *base, const char *path, const aflowi_field *random)
{
    aflowi_binding *binding = (aflowi_binding *)aflowi_arena_alloc(&b->file->arena, sizeof *binding);
    if (!binding) return;
    binding->node = node;
    binding->kind = kind;
    binding->base = base;
    binding->path = path;
    binding->random = random;
    if (b->last) b->last->next = binding;
    else b->first = binding;
    b->last = binding;
}

static void aflowi_bind_random(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    double mean;
    if (node->kind == AFLOWI_KIND_MAPPING) {
        aflowi_bind_later(b, node, AFLOWI_RANDOM, aflowi_member_to_set(base, f->offset), path, f);
    } else if (!(f->flags & AFLOWI_PLAIN)) {
        aflowi_bind_wrong_type(b, f, path, node, "a mapping with a mean and perhaps distribution and variance");
    } else if (!aflowi_is_number(node)) {
        aflowi_bind_wrong_type(b, f, path, node, "a number, or a mapping with a mean and a distribution");
    } else if (aflowi_bind_number(b, f, path, node, &mean)) {
        aflowi_set_double(base, f->offset, mean);
    } else {
        aflowi_set_double(base, f->offset, 1);      /* given, if wrongly: the step's own rule has nothing to add */
    }
}

static void aflowi_bind_list(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    unsigned char *items;
    const aflowi_node *item;
    size_t size = aflowi_struct_sizes[f->sub], i = 0;
    if (node->kind == AFLOWI_KIND_NULL && (f->flags & AFLOWI_NULLABLE)) return;
    if (!aflowi_bind_is_list(b, f, path, node)) return;
    items = (unsigned char *)aflowi_arena_array(&b->file->arena, node->count, size);
    if (!items) return;
    aflowi_set_pointer(base, f->offset, items);
    aflowi_set_count(base, f->count_offset, node->count);
    for (item = node->first; item; item = item->next, i++) {
        const char *at = aflowi_item_path(b, path, i);
        if (item->kind == AFLOWI_KIND_MAPPING) aflowi_bind_later(b, item, f->sub, items + i * size, at, NULL);
        else aflowi_bind_wrong_type(b, f, at, item, "a mapping");
    }
}

static void aflowi_bind_field(aflowi_binder *b, const aflowi_field *f, const char *path, const aflowi_node *node, void *base)
{
    const aflowi_word *word;
    switch (f->type) {
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE:
        if (node->kind == AFLOWI_KIND_NULL && (f->flags & AFLOWI_NULLABLE)) break;
        aflowi_set_pointer(base, f->offset, aflowi_bind_text(b, f, path, node));
        break;
    case AFLOWI_TYPE_UINT: aflowi_bind_uint(b, f, path, node, base); break;
    case AFLOWI_TYPE_DOUBLE: aflowi_bind_double(b, f, path, node, base); break;
    case AFLOWI_TYPE_BOOL: aflowi_bind_bool(b, f, path, node, base); break;
    case AFLOWI_TYPE_RANDOM: aflowi_bind_random(b, f, path, node, base); break;
    case AFLOWI_TYPE_ENUM:
        word = aflowi_bind_word(b, f, path, node);
        if (word) aflowi_set_u32(base, f->offset, word->value);
        break;
    case AFLOWI_TYPE_FLAGS: aflowi_bind_flags(b, f, path, node, base); break;
    case AFLOWI_TYPE_FIXED: aflowi_bind_word(b, f, path, node); break;
    case AFLOWI_TYPE_STRUCT:
        if (node->kind == AFLOWI_KIND_NULL && (f->flags & AFLOWI_NULLABLE)) break;
        if (node->kind == AFLOWI_KIND_MAPPING) aflowi_bind_later(b, node, f->sub, aflowi_member_to_set(base, f->offset), path, NULL);
        else aflowi_bind_wrong_type(b, f, path, node, "a mapping");
        break;
    case AFLOWI_TYPE_LIST: aflowi_bind_list(b, f, path, node, base); break;
    case AFLOWI_TYPE_REFERENCES: aflowi_bind_references(b, f, path, node, base); break;
    case AFLOWI_TYPE_TIMES: aflowi_bind_times(b, f, path, node, base); break;
    }
}

static void aflowi_bind_unknown(aflowi_binder *b, const aflowi_binding *at, const aflowi_node *key)
{
    aflowi_guess g = aflowi_guess_for(key->text, key->length);
    const aflowi_field *f;
    aflowi_line l = aflowi_new_line(), name = aflowi_new_line();
    /* guesses are for people, who read a few: hostile texts have a hundred thousand keys */
    for (f = aflowi_fields_of(at->kind); f && b->problems->count < AFLOWI_MOST_GUESSES; f = aflowi_next_field(f)) {
        if (!aflowi_node_get(at->node, f->name)) aflowi_guess_try(&g, f->name);
    }
    if (g.best && !b->compat && b->meant_count < AFLOWI_COUNT(b->meant)) b->meant[b->meant_count++] = g.best;
    aflowi_line_put(&l, "is an unknown key");
    aflowi_line_guess(&l, &g);
    if (!g.best) {
        aflowi_line_put(&l, "; keys here are ");
        for (f = aflowi_fields_of(at->kind); f; f = aflowi_next_field(f)) {
            aflowi_line_put(&l, f->name);
            if (aflowi_next_field(f)) aflowi_line_put(&l, ", ");
        }
    }
    if (b->compat) aflowi_line_put(&l, " (ignored, as AsyncFlow does)");
    aflowi_line_bytes(&name, key->text, aflowi_cut(key->text, key->length, 60));
    aflowi_bind_found(b, b->compat ? AFLOW_DIAGNOSTIC_IGNORED_KEY : AFLOW_DIAGNOSTIC_UNKNOWN_KEY, aflowi_join_path(b, at->path, name.text), key, l.text);
}

/* Whether a step has amounts; unless its kind is known to have none, which the kind's own error would say. */
static int aflowi_lacks_amount(const aflowi_binding *at, const aflowi_field *f)
{
    const aflowi_node *kind = f->sub == AFLOWI_OPERATION ? aflowi_node_get(at->node, "kind") : NULL;
    const aflowi_word *word = kind && kind->kind == AFLOWI_KIND_STRING ? aflowi_enum_word(aflowi_step_names, kind->text, kind->length) : NULL;
    return word && aflowi_takes_amount((aflow_step_kind)word->value);
}

/* What a mapping leaves out: defaults of files, and what is missing. */
static void aflowi_bind_absent(aflowi_binder *b, const aflowi_binding *at, const aflowi_field *f)
{
    aflow_place place;
    const char *path;
    size_t i;
    if (f->file_fallback != 0) aflowi_set_double(at->base, f->offset, f->file_fallback);
    if (!(f->flags & AFLOWI_REQUIRED) && !aflowi_lacks_amount(at, f)) return;
    for (i = 0; i < b->meant_count; i++) {
        if (b->meant[i] == f->name) {       /* it is there, under a misspelt key */
            b->structural = 1;
            return;
        }
    }
    if (at->kind == AFLOWI_GENERATOR && f->type == AFLOWI_TYPE_RANDOM && aflowi_node_get(at->node, "arrivals")) return;
    path = aflowi_join_path(b, at->path, f->name);
    aflowi_locate(b->file, at->path, &place);
    b->structural |= f->type != AFLOWI_TYPE_UINT && f->type != AFLOWI_TYPE_DOUBLE && f->type != AFLOWI_TYPE_RANDOM;     /* none is a BOOL */
    aflowi_report_at(b->problems, AFLOW_DIAGNOSTIC_MISSING, path, "is missing; it is required", &place);
}

/* A random variable is given in one of three ways, or in none. */
static void aflowi_bind_ungiven(aflowi_binder *b, const aflowi_binding *at)
{
    static const char *const ways[] = { "mean", "values", "p50", "p95", "p99" };
    aflow_place place;
    size_t i, k;
    for (i = 0; i < AFLOWI_COUNT(ways); i++) {
        if (aflowi_node_get(at->node, ways[i])) return;
        for (k = 0; k < b->meant_count; k++) if (strcmp(b->meant[k], ways[i]) == 0) return;     /* it is there, under a misspelt key */
    }
    aflowi_locate(b->file, at->path, &place);
    aflowi_report_at(b->problems, AFLOW_DIAGNOSTIC_MISSING, aflowi_join_path(b, at->path, "mean"), "is missing; give a mean, or percentiles (p50, p95, p99), or values", &place);
}

static void aflowi_bind_mapping(aflowi_binder *b, const aflowi_binding *at)
{
    const aflowi_field *f;
    const aflowi_node *value;
    b->meant_count = 0;
    for (value = at->node->first; value; value = value->next) {
        f = value->key->kind == AFLOWI_KIND_STRING || value->key->kind == AFLOWI_KIND_BOOLEAN ? aflowi_field_named(at->kind, value->key->text, value->key->length) : NULL;
        if (f && at->random && f->offset == offsetof(aflow_random_variable, mean) && f->type == AFLOWI_TYPE_DOUBLE) {
            aflowi_field mean = *f;         /* within the bounds of the variable's own row */
            mean.least = at->random->least;
            mean.most = at->random->most;
            mean.unit = at->random->unit;
            mean.flags |= at->random->flags & AFLOWI_ABOVE;
            aflowi_bind_double(b, &mean, aflowi_join_path(b, at->path, f->name), value, at->base);
        } else if (f) {
            aflowi_bind_field(b, f, aflowi_join_path(b, at->path, f->name), value, at->base);
        } else {
            aflowi_bind_unknown(b, at, value->key);
        }
    }
    for (f = aflowi_fields_of(at->kind); f; f = aflowi_next_field(f)) {
        if (!aflowi_node_get(at->node, f->name)) aflowi_bind_absent(b, at, f);
    }
    if (at->random) aflowi_bind_ungiven(b, at);
}

/* --- From text to file ------------------------------------------------------------------------ */

/* Rules about how things refer to each other. */
static int aflowi_is_about_graph(aflow_diagnostic_code code)
{
    return (code >= AFLOW_DIAGNOSTIC_UNKNOWN_NODE && code <= AFLOW_DIAGNOSTIC_COVERS_ALL) || code == AFLOW_DIAGNOSTIC_EVENT_TARGET || code == AFLOW_DIAGNOSTIC_UNKNOWN_RESOURCE ||
           (code >= AFLOW_DIAGNOSTIC_ALL_DOWN && code <= AFLOW_DIAGNOSTIC_UNBALANCED_OUTAGE);
}

/* Whether one path is the other, or leads into it. */
static int aflowi_paths_touch(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), shorter = n < m ? n : m;
    return strncmp(a, b, shorter) == 0 && (n == m || (n > m ? a[m] : b[n]) == '.' || (n > m ? a[m] : b[n]) == '[');
}

/* Adds the check's findings to the reader's, but for echoes of what the reader already said. */
static void aflowi_add_findings(aflowi_binder *b, const aflow_diagnostics *found)
{
    size_t read = b->problems->count, i, k;
    for (i = 0; i < found->count; i++) {
        const aflow_diagnostic *d = &found->items[i];
        int echo = b->structural && aflowi_is_about_graph(d->code) && b->problems->errors;
        aflow_place place;
        for (k = 0; k < read && !echo; k++) {
            echo = b->problems->items[k].severity == AFLOW_SEVERITY_ERROR && aflowi_paths_touch(d->path, b->problems->items[k].path);
        }
        if (echo) continue;
        place = aflowi_place_at(b->file, d->line, d->column, d->span);
        aflowi_report_at(b->problems, d->code, d->path, d->message, &place);
    }
    b->problems->lost += found->lost;
}

static int aflowi_earlier_in_file(const void *context, const void *left, const void *right)
{
    const aflow_diagnostic *a = (const aflow_diagnostic *)left, *b = (const aflow_diagnostic *)right;
    (void)context;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static void aflowi_sort_problems(aflow_scenario_file *file, aflow_diagnostics *problems)
{
    aflow_diagnostic *spare = (aflow_diagnostic *)aflowi_arena_array(&file->arena, problems->count, sizeof *spare);
    if (spare && problems->count > 1) aflowi_sort(problems->items, spare, problems->count, sizeof *spare, aflowi_earlier_in_file, NULL);
}

static void aflowi_bind(aflowi_binder *b, aflow_compat compat)
{
    aflow_diagnostics found;
    const aflowi_node *settings, *said;
    aflowi_field whole;
    memset(&whole, 0, sizeof whole);
    whole.type = AFLOWI_TYPE_STRUCT;
    memset(&found, 0, sizeof found);
    found.allocator = b->file->arena.allocator;
    if (b->file->root->kind != AFLOWI_KIND_MAPPING) {
        aflowi_bind_wrong_type(b, &whole, "", b->file->root, "a mapping with rqs_input, topology_graph and sim_settings");
        return;
    }
    settings = aflowi_node_get(b->file->root, "sim_settings");
    said = settings && settings->kind == AFLOWI_KIND_MAPPING ? aflowi_node_get(settings, "compat") : NULL;
    b->compat = compat == AFLOW_COMPAT_ASYNCFLOW_0_1 || (said && said->kind == AFLOWI_KIND_STRING && strcmp(said->text, "asyncflow-0.1.1") == 0);
    aflowi_bind_later(b, b->file->root, AFLOWI_SCENARIO, &b->file->scenario, "", NULL);
    for (; b->first; b->first = b->first->next) aflowi_bind_mapping(b, b->first);
    if (compat != AFLOW_COMPAT_NONE) b->file->scenario.sim_settings.compat = compat;
    b->file->origin.locate = aflowi_locate;
    b->file->origin.context = b->file;
    b->file->scenario.origin = &b->file->origin;
    /* findings that found no memory are errors that nobody would hear of */
    if (!b->file->arena.failed) b->file->arena.failed = aflowi_check_into(&b->file->scenario, &found) == AFLOW_OUT_OF_MEMORY || (found.lost && found.count < AFLOWI_MOST_PROBLEMS);
    aflowi_add_findings(b, &found);
    aflow_diagnostics_clear(&found);
    aflowi_sort_problems(b->file, b->problems);
}

AFLOW_API void aflow_scenario_file_destroy(aflow_scenario_file *file)
{
    aflow_allocator a;
    if (!file) return;
    a = file->arena.allocator;
    aflowi_arena_free(&file->arena);
    aflowi_free(&a, file, sizeof *file);
}

AFLOW_API const aflow_scenario *aflow_scenario_of(const aflow_scenario_file *file) { return file ? &file->scenario : NULL; }

static aflow_scenario_file *aflowi_file_create(const char *text, size_t size, const aflow_read_desc *desc)
{
    aflow_allocator a = aflowi_allocator_or_default(&desc->allocator);
    aflow_scenario_file *file = (aflow_scenario_file *)aflowi_resize(&a, NULL, 0, sizeof *file);
    if (!file) return NULL;
    memset(file, 0, sizeof *file);
    aflowi_arena_init(&file->arena, &a, 4096);
    file->size = size;
    file->text = aflowi_arena_text(&file->arena, text, size);
    file->name = desc->name ? aflowi_arena_text(&file->arena, desc->name, strlen(desc->name)) : NULL;
    if (file->arena.failed || !aflowi_index_lines(file)) {
        aflow_scenario_file_destroy(file);
        return NULL;
    }
    return file;
}

AFLOW_API aflow_scenario_file *aflow_read_text(const char *text, size_t size, aflow_diagnostics *problems, const aflow_read_desc *desc)
{
    aflow_read_desc defaults;
    aflow_diagnostics found;
    aflow_scenario_file *file;
    aflowi_syntax_error error;
    aflowi_binder b;
    memset(&defaults, 0, sizeof defaults);
    memset(&found, 0, sizeof found);
    memset(&b, 0, sizeof b);
    memset(&error, 0, sizeof error);
    if (!desc) desc = &defaults;
    found.allocator = desc->allocator;
    b.problems = &found;
    file = text ? aflowi_file_create(text, size, desc) : NULL;
    if (file) {
        b.file = file;
        file->root = aflowi_document_parse(&file->arena, file->text, size, desc->format == AFLOW_FORMAT_JSON, &error);
        if (file->root) {
            aflowi_bind(&b, desc->compat);
        } else if (!file->arena.failed) {
            aflow_place place = aflowi_place_at(file, error.line, error.column, error.span);
            aflowi_report_at(&found, AFLOW_DIAGNOSTIC_SYNTAX, "", error.message, &place);
        }
    }
    if (!file || file->arena.failed) aflowi_report_memory(&found, text ? "out of memory while reading" : "there is no text (NULL)");
    aflowi_forward(problems, &found);
    if (found.errors) {
        aflow_scenario_file_destroy(file);
        file = NULL;
    }
    aflow_diagnostics_clear(&found);
    return file;
}

#ifndef ASYNCFLOW_NO_STDIO

/* All of a stream in one growing block; NULL when it cannot be read or memory is out (*status says which). */
static char *aflowi_slurp(FILE *stream, const aflow_allocator *a, size_t *size, size_t *capacity, aflow_status *status)
{
    void *text = NULL;
    *size = *capacity = 0;
    *status = AFLOW_OK;
    for (;;) {
        size_t got;
        if (!aflowi_grow(a, &text, capacity, *size + 16384, 1)) *status = AFLOW_OUT_OF_MEMORY;
        if (*status != AFLOW_OK) break;
        got = fread((char *)text + *size, 1, *capacity - *size, stream);
        *size += got;
        if (got == 0) break;
    }
    if (*status == AFLOW_OK && ferror(stream)) *status = AFLOW_CANNOT_READ;
    return (char *)text;
}

static int aflowi_ends_in_json(const char *path)
{
    size_t n = strlen(path);
    return n >= 5 && aflowi_same_name(path + n - 5, ".json");
}

AFLOW_API aflow_scenario_file *aflow_read_file(const char *path, aflow_diagnostics *problems, const aflow_read_desc *desc)
{
    aflow_read_desc own;
    aflow_allocator a;
    aflow_scenario_file *file = NULL;
    aflow_status status;
    FILE *stream;
    char *text;
    size_t size, capacity;
    int is_stdin = path && strcmp(path, "-") == 0;
    memset(&own, 0, sizeof own);
    if (desc) own = *desc;
    if (!own.name) own.name = is_stdin ? "<stdin>" : path;
    if (path && aflowi_ends_in_json(path)) own.format = AFLOW_FORMAT_JSON;
    a = aflowi_allocator_or_default(&own.allocator);
    stream = is_stdin ? stdin : path ? fopen(path, "rb") : NULL;
    if (!stream) {
        aflow_place place;
        memset(&place, 0, sizeof place);
        place.file = own.name;
        aflowi_report_at(problems, AFLOW_DIAGNOSTIC_UNREADABLE, "", "cannot open this file; is the path right, and may it be read?", &place);
        return NULL;
    }
    text = aflowi_slurp(stream, &a, &size, &capacity, &status);
    if (!is_stdin) fclose(stream);
    if (status == AFLOW_OK) {
        file = aflow_read_text(text, size, problems, &own);
    } else if (status == AFLOW_OUT_OF_MEMORY) {
        aflowi_report_memory(problems, "out of memory while reading");
    } else {
        aflow_place place;
        memset(&place, 0, sizeof place);
        place.file = own.name;
        aflowi_report_at(problems, AFLOW_DIAGNOSTIC_UNREADABLE, "", "cannot read this file; is it a directory?", &place);
    }
    aflowi_free(&a, text, capacity);
    return file;
}
#endif

/* ==========================================================================
   [Y3] SCENARIO TO TEXT
   In:    a scenario         Out: YAML or JSON that reads back as the same one
   Keeps: fields that have their default are left out, but for those whose
          default differs between structs and files
   Uses:  asyncflow.h [12] [14]                  Public: aflow_write_scenario_*
   ========================================================================== */

typedef struct aflowi_printer {
    aflowi_out out;
    int json;
    int depth;
    int first;              /* nothing was written into the present mapping or list yet */
    int in_item;            /* YAML: the next key stands behind `- ` */
} aflowi_printer;

/* YAML: a text that is plainly a text goes bare; everything else in double quotes, as JSON writes it. */
static int aflowi_is_plain_text(const char *text)
{
    const char *p = text;
    double number;
    if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '/' || *p == '_')) return 0;
    for (; *p; p++) {
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' || *p == '/' || *p == '.')) return 0;
    }
    if (p - text <= 5 || aflowi_parse_double(text, strlen(text), &number)) {    /* yes, no, true, null, ... in any case */
        static const char *const words[] = { "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf" };
        size_t i;
        for (i = 0; i < AFLOWI_COUNT(words); i++) if (aflowi_same_name(text, words[i])) return 0;
    }
    return 1;
}

static void aflowi_print_text(aflowi_printer *p, const char *text)
{
    if (!text) text = "";
    if (!p->json && aflowi_is_plain_text(text)) aflowi_put(&p->out, text);
    else aflowi_put_json_string(&p->out, text);
}

/* Begins an entry: comma, line and indentation as the format wants them. */
static void aflowi_print_entry(aflowi_printer *p)
{
    if (p->json && !p->first) aflowi_put_char(&p->out, ',');
    if (p->in_item) {
        p->in_item = 0;
    } else {
        if (p->json || p->out.used || p->depth || !p->first) aflowi_put_char(&p->out, '\n');
        aflowi_put_repeat(&p->out, ' ', 2 * (size_t)p->depth);
    }
    p->first = 0;
}

static void aflowi_print_key(aflowi_printer *p, const char *key)
{
    aflowi_print_entry(p);
    if (p->json) aflowi_put_json_string(&p->out, key);
    else aflowi_put(&p->out, key);
    aflowi_put(&p->out, ":");
}

/* Numbers in a form that YAML 1.1 readers take for numbers, too: 4e-6 is text to them, 4.0e-6 is not. */
static void aflowi_print_double(aflowi_printer *p, double value)
{
    char text[40];
    size_t size = aflowi_format_double(text, value), mantissa = 0;
    while (mantissa < size && text[mantissa] != 'e') mantissa++;
    aflowi_put_bytes(&p->out, text, mantissa);
    if (mantissa == size) return;
    if (!p->json && !memchr(text, '.', mantissa)) aflowi_put(&p->out, ".0");
    aflowi_put_bytes(&p->out, text + mantissa, size - mantissa);
}

static void aflowi_print_entries(aflowi_printer *p, const aflowi_field *f, const void *base)
{
    size_t n = aflowi_entries(f, base), i;
    const void *items = aflowi_get_pointer(base, f->offset);
    aflowi_put_char(&p->out, '[');
    for (i = 0; i < n; i++) {
        if (i) aflowi_put(&p->out, ", ");
        if (f->type == AFLOWI_TYPE_TIMES) aflowi_print_double(p, ((const double *)items)[i]);
        else aflowi_print_text(p, ((const char *const *)items)[i]);
    }
    aflowi_put_char(&p->out, ']');
}

/* The next entry of a flow mapping. */
static void aflowi_print_part(aflowi_printer *p, const char *key, int *any)
{
    aflowi_put(&p->out, (*any)++ ? ", " : "{");
    if (p->json) aflowi_put_json_string(&p->out, key);
    else aflowi_put(&p->out, key);
    aflowi_put(&p->out, ": ");
}

/* As it was given: what percentiles or values come to is not written. The family always is. */
static void aflowi_print_random(aflowi_printer *p, const aflowi_field *f, const void *base)
{
    const aflowi_field *own;
    aflow_random_variable given, v = aflowi_effective_random(f, base);
    int any = 0;
    memcpy(&given, aflowi_member(base, f->offset), sizeof given);
    if ((f->flags & AFLOWI_PLAIN) && v.distribution == AFLOW_DISTRIBUTION_CONSTANT && given.variance == 0 && given.scv == 0 && given.maximum == 0) {
        aflowi_print_double(p, v.mean);
        return;
    }
    for (own = aflowi_fields_of(AFLOWI_RANDOM); own; own = aflowi_next_field(own)) {
        double value = own->type == AFLOWI_TYPE_DOUBLE ? aflowi_get_double(&given, own->offset) : 0;
        int needed = own->type == AFLOWI_TYPE_ENUM || (own->offset == offsetof(aflow_random_variable, mean) && !aflowi_has_percentiles(&v) && !aflowi_has_values(&v));
        if (own->type == AFLOWI_TYPE_TIMES) needed = aflowi_entries(own, &given) != 0;
        if (!needed && value == 0) continue;
        aflowi_print_part(p, own->name, &any);
        if (own->type == AFLOWI_TYPE_ENUM) aflowi_print_text(p, aflowi_enum_name(own->names, (uint32_t)v.distribution));
        else if (own->type == AFLOWI_TYPE_TIMES) aflowi_print_entries(p, own, &given);
        else aflowi_print_double(p, value == AFLOW_ZERO ? 0 : value);
    }
    aflowi_put_char(&p->out, '}');
}

static void aflowi_print_flags(aflowi_printer *p, const aflowi_field *f, const void *base)
{
    uint32_t bits = aflowi_effective_u32(f, base);
    const aflowi_word *w;
    int any = 0;
    aflowi_put_char(&p->out, '[');
    for (w = f->names; w->name; w++) {
        if (!(bits & w->value)) continue;
        if (any++) aflowi_put(&p->out, ", ");
        aflowi_print_text(p, w->name);
    }
    aflowi_put_char(&p->out, ']');
}

/* Whether a field can be left out of the file. */
static int aflowi_is_default(const aflowi_field *f, const void *base)
{
    switch (f->type) {
    case AFLOWI_TYPE_FIXED: return 1;
    case AFLOWI_TYPE_UINT: case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FLAGS: return !(f->flags & AFLOWI_REQUIRED) && aflowi_get_u32(base, f->offset) == 0;
    case AFLOWI_TYPE_BOOL: return aflowi_get_u32(base, f->offset) == 0;
    case AFLOWI_TYPE_REFERENCE: return aflowi_is_null(f, base);
    case AFLOWI_TYPE_DOUBLE: return !(f->flags & AFLOWI_REQUIRED) && f->file_fallback == 0 && aflowi_get_double(base, f->offset) == 0;
    case AFLOWI_TYPE_RANDOM: {
        aflow_random_variable v;
        memcpy(&v, aflowi_member(base, f->offset), sizeof v);
        return !aflowi_is_given(&v) && (!(f->flags & AFLOWI_REQUIRED) || (f->owner == AFLOWI_GENERATOR && ((const aflow_generator *)base)->arrivals_count));
    }
    case AFLOWI_TYPE_REFERENCES: case AFLOWI_TYPE_TIMES: case AFLOWI_TYPE_LIST: return aflowi_entries(f, base) == 0;
    default: return 0;
    }
}

static void aflowi_print_field(aflowi_printer *p, const aflowi_field *f, const void *base)
{
    if (aflowi_is_default(f, base)) return;
    aflowi_print_key(p, f->name);
    aflowi_put_char(&p->out, ' ');
    switch (f->type) {
    case AFLOWI_TYPE_UINT: aflowi_put_u64(&p->out, aflowi_get_u32(base, f->offset)); break;
    case AFLOWI_TYPE_BOOL: aflowi_put(&p->out, "true"); break;
    case AFLOWI_TYPE_DOUBLE: aflowi_print_double(p, aflowi_get_double(base, f->offset) == AFLOW_ZERO ? 0 : aflowi_get_double(base, f->offset)); break;
    case AFLOWI_TYPE_RANDOM: aflowi_print_random(p, f, base); break;
    case AFLOWI_TYPE_ENUM: aflowi_print_text(p, aflowi_enum_name(f->names, aflowi_effective_u32(f, base))); break;
    case AFLOWI_TYPE_FLAGS: aflowi_print_flags(p, f, base); break;
    case AFLOWI_TYPE_REFERENCES: case AFLOWI_TYPE_TIMES: aflowi_print_entries(p, f, base); break;
    default: aflowi_print_text(p, (const char *)aflowi_get_pointer(base, f->offset)); break;
    }
}

static void aflowi_print_open(aflowi_printer *p, char bracket)
{
    if (p->json) {
        if (bracket) aflowi_put_char(&p->out, ' ');
        aflowi_put_char(&p->out, bracket);
    }
    p->depth++;
    p->first = 1;
}

static void aflowi_print_close(aflowi_printer *p, char bracket)
{
    p->depth--;
    if (p->json) {
        if (!p->first) {
            aflowi_put_char(&p->out, '\n');
            aflowi_put_repeat(&p->out, ' ', 2 * (size_t)p->depth);
        }
        aflowi_put_char(&p->out, bracket);
    }
    p->first = 0;
}

static void aflowi_print_item(aflowi_printer *p)
{
    aflowi_print_entry(p);
    aflowi_put(&p->out, p->json ? "{" : "- ");
    p->in_item = !p->json;
    p->depth++;
    p->first = 1;
}

static int aflowi_is_empty_struct(const aflowi_visit *v)
{
    aflowi_walk w;
    aflowi_visit inner;
    aflowi_walk_init_at(&w, v->field->sub, v->base);
    while (aflowi_walk_next(&w, &inner)) {
        if (inner.kind == AFLOWI_VISIT_FIELD && !aflowi_is_default(inner.field, inner.base)) return 0;
        if (inner.kind == AFLOWI_VISIT_LIST && aflowi_entries(inner.field, inner.base)) return 0;
    }
    return 1;
}

/* A struct, or list, of which nothing would be written stays away, so that YAML never shows a key without a value. */
static int aflowi_is_left_out(const aflowi_visit *v)
{
    if (aflowi_is_absent(v)) return 1;
    if (v->kind == AFLOWI_VISIT_LIST) return aflowi_entries(v->field, v->base) == 0;
    return !(v->field->flags & AFLOWI_REQUIRED) && aflowi_is_empty_struct(v);
}

static void aflowi_print_visit(aflowi_printer *p, aflowi_walk *w, const aflowi_visit *v)
{
    switch (v->kind) {
    case AFLOWI_VISIT_FIELD: aflowi_print_field(p, v->field, v->base); break;
    case AFLOWI_VISIT_ENTER: case AFLOWI_VISIT_LIST:
        if (aflowi_is_left_out(v)) {
            aflowi_walk_skip(w);
        } else if (v->kind == AFLOWI_VISIT_ENTER && aflowi_is_empty_struct(v)) {
            aflowi_print_key(p, v->field->name);
            aflowi_put(&p->out, " {}");
            aflowi_walk_skip(w);
        } else {
            aflowi_print_key(p, v->field->name);
            aflowi_print_open(p, v->kind == AFLOWI_VISIT_LIST ? '[' : '{');
        }
        break;
    case AFLOWI_VISIT_ITEM: aflowi_print_item(p); break;
    case AFLOWI_VISIT_LEAVE: case AFLOWI_VISIT_ITEM_END: aflowi_print_close(p, '}'); break;
    case AFLOWI_VISIT_LIST_END: aflowi_print_close(p, ']'); break;
    case AFLOWI_VISIT_TOO_DEEP: break;      /* no reader would take it */
    }
}

static aflow_status aflowi_print_scenario(const aflow_scenario *scenario, int json, aflow_put_fn put, void *context)
{
    aflowi_printer p;
    aflowi_walk w;
    aflowi_visit v;
    if (!scenario || !put) return AFLOW_MISUSE;
    memset(&p, 0, sizeof p);
    aflowi_out_init(&p.out, put, context);
    p.json = json;
    p.first = 1;
    if (json) aflowi_print_open(&p, '{');
    aflowi_walk_init(&w, scenario);
    while (aflowi_walk_next(&w, &v)) aflowi_print_visit(&p, &w, &v);
    if (json) aflowi_print_close(&p, '}');
    aflowi_put_char(&p.out, '\n');
    return aflowi_out_end(&p.out);
}

AFLOW_API aflow_status aflow_write_scenario_yaml(const aflow_scenario *scenario, aflow_put_fn put, void *context)
{
    return aflowi_print_scenario(scenario, 0, put, context);
}

AFLOW_API aflow_status aflow_write_scenario_json(const aflow_scenario *scenario, aflow_put_fn put, void *context)
{
    return aflowi_print_scenario(scenario, 1, put, context);
}

#ifdef __cplusplus
} /* extern "C" */
#endif
#if defined(ASYNCFLOW_STATIC) && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic pop
#endif
#endif /* ASYNCFLOW_YAML_IMPLEMENTED */
#endif /* ASYNCFLOW_YAML_IMPLEMENTATION */
