/* asyncflow.c - the command line tool: simulates scenario files and writes reports.
 * SPDX-License-Identifier: MIT OR Unlicense
 *
 * Build:  cc -std=c99 -O2 -I.. asyncflow.c -o asyncflow
 * Then:   ./asyncflow help
 *
 * From top to bottom: the table of commands and options, messages, help, command line, files, arrivals, outputs,
 * the commands, main. Results go to standard output, everything else to standard error.
 * Exit status: 0 done; 1 the run failed (out of memory, cannot write); 2 usage or an invalid scenario. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L  /* fileno, isatty, lstat, mkdir */
#endif

#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#ifdef _WIN32
#include <direct.h>
#include <fcntl.h>
#include <io.h>
#else
#include <sys/types.h>
#include <unistd.h>
#endif

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* --- Commands and options: these tables drive both parsing and help ------ */

enum { FOR_RUN = 1, FOR_CHECK = 2, FOR_SCHEMA = 4, FOR_HELP = 8, FOR_VERSION = 16, FOR_ALL = 31 };

typedef enum option_group { GROUP_MODEL, GROUP_OUTPUT, GROUP_MANNERS } option_group;
static const char *const group_titles[] = { "Model", "Output", "General" };

/* X(id, name, argument or NULL for a switch, commands, group, help): "\n" starts another line of help */
#define OPTION_TABLE(X) \
    X(SEED, "seed", "N", FOR_RUN, GROUP_MODEL, "random seed, 0 to 2^64 - 1; default 1") \
    X(REPLICATION, "replication", "N", FOR_RUN, GROUP_MODEL, "which of the seed's independent runs; default 0") \
    X(WARM_UP, "warm-up", "SECONDS", FOR_RUN, GROUP_MODEL, "leave that much of the start out of the figures") \
    X(SET, "set", "PATH=VALUE", FOR_RUN, GROUP_MODEL, \
      "change a field; can be repeated:\nservers.srv-1.server_resources.cpu_cores=4") \
    X(ARRIVALS, "arrivals", "FILE.csv", FOR_RUN, GROUP_MODEL, \
      "replay arrivals instead of drawing them: the column\n`start`, in seconds, ascending") \
    X(COMPAT, "compat", "RULES", FOR_RUN | FOR_CHECK, GROUP_MODEL, "asyncflow-0.1.1: follow that version to the letter") \
    X(LATENCY_STORE, "latency-store", "KIND", FOR_RUN, GROUP_MODEL, \
      "exact: keep every latency, 16 bytes each; histogram:\nconstant memory, percentiles within 0.1 %; auto\n(default): a histogram from 4.2 million requests on") \
    X(WHY, "why", NULL, FOR_RUN, GROUP_OUTPUT, "where the time goes, of all and of the slowest 1 %") \
    X(TEXT, "text", "FILE", FOR_RUN, GROUP_OUTPUT, "the report; what is written if nothing is asked for") \
    X(JSON, "json", "FILE", FOR_RUN, GROUP_OUTPUT, "the result as JSON") \
    X(SERIES, "series", NULL, FOR_RUN, GROUP_OUTPUT, "adds the sampled series to --json") \
    X(CSV, "csv", "DIR", FOR_RUN, GROUP_OUTPUT, \
      "summary.csv, throughput.csv, samples.csv;\n`-`: all three as one table") \
    X(REQUESTS, "requests", "FILE.csv", FOR_RUN, GROUP_OUTPUT, "one row a finished request") \
    X(TRACE, "trace", "FILE.json", FOR_RUN, GROUP_OUTPUT, "some requests and all cores over time, for\nui.perfetto.dev, chrome://tracing or speedscope") \
    X(TRACE_EVERY, "trace-every", "N", FOR_RUN, GROUP_OUTPUT, "every Nth request is traced; default: about 1,000") \
    X(HTML, "html", "FILE", FOR_RUN, GROUP_OUTPUT, "one self-contained page with charts") \
    X(HGRM, "hgrm", "FILE", FOR_RUN, GROUP_OUTPUT, "latency percentiles for HdrHistogram's plotters, in ms") \
    X(OPENMETRICS, "openmetrics", "FILE", FOR_RUN, GROUP_OUTPUT, "histograms, counters and gauges as OpenMetrics") \
    X(PROMETHEUS, "prometheus", "FILE", FOR_RUN, GROUP_OUTPUT, "the same in Prometheus's text format") \
    X(SVG, "svg", "DIR", FOR_RUN, GROUP_OUTPUT, \
      "latency.svg, throughput.svg, dashboard.svg, one chart a\nsampled metric of a server or resource, one of a GPU's\nbatches; `-`: the dashboard") \
    X(YAML, "yaml", "FILE", FOR_RUN, GROUP_OUTPUT, "the scenario as it was run, changes included") \
    X(TITLE, "title", "TEXT", FOR_RUN, GROUP_OUTPUT, "title of the page and of the dashboard") \
    X(RESULTS, "results", NULL, FOR_SCHEMA, GROUP_OUTPUT, "the JSON Schema of `run --json` instead") \
    X(FIELDS, "fields", NULL, FOR_SCHEMA, GROUP_OUTPUT, "a Markdown table of the scenario's fields instead") \
    X(QUIET, "quiet", NULL, FOR_RUN | FOR_CHECK, GROUP_MANNERS, "no warnings, no progress, no `ok` lines") \
    X(COLOR, "color", "WHEN", FOR_RUN | FOR_CHECK, GROUP_MANNERS, "auto (default), always or never") \
    X(PROGRESS, "progress", "WHEN", FOR_RUN, GROUP_MANNERS, "the same for the progress bar") \
    X(HELP, "help", NULL, FOR_ALL, GROUP_MANNERS, "this text")

typedef enum option_id {
#define X_(id, name, argument, commands, group, help) OPTION_##id,
    OPTION_TABLE(X_)
#undef X_
    OPTION_COUNT
} option_id;

static const struct option_spec {
    const char *name, *argument;
    unsigned commands;
    option_group group;
    const char *help;
} options[OPTION_COUNT] = {
#define X_(id, name, argument, commands, group, help) { name, argument, commands, group, help },
    OPTION_TABLE(X_)
#undef X_
};

/* in the order of writing: directories first, since a file may go into one of them */
static const option_id file_outputs[] = {
    OPTION_CSV, OPTION_SVG, OPTION_TEXT, OPTION_JSON, OPTION_REQUESTS, OPTION_TRACE, OPTION_HTML, OPTION_HGRM, OPTION_OPENMETRICS, OPTION_PROMETHEUS, OPTION_YAML
};

/* A parsed command line. */
typedef struct arguments {
    const char *value[OPTION_COUNT];  /* NULL: not given; "" for a switch */
    char **sets;                      /* each --set */
    size_t sets_count;
    char **operands;                  /* what is no option */
    size_t operands_count;
} arguments;

static int command_run(const arguments *a);
static int command_check(const arguments *a);
static int command_schema(const arguments *a);
static int command_help(const arguments *a);
static int command_version(const arguments *a);

static const struct command_spec {
    const char *name, *operands, *summary;
    unsigned bit;
    size_t least, most;               /* number of operands */
    int (*function)(const arguments *a);
    const char *more, *examples;
} commands[] = {
    { "run", "SCENARIO", "simulate a scenario and report", FOR_RUN, 1, 1, command_run,
      "SCENARIO is a .yml, .yaml or .json file, `-` is standard input.\n"
      "Without an output option the report goes to standard output. As FILE or DIR,\n"
      "`-` is standard output, for one output only. A missing DIR is created.\n",
      "  asyncflow run service.yml\n"
      "  asyncflow run service.yml --seed 7 --text - --html report.html\n"
      "  asyncflow run service.yml --set rqs_input.avg_active_users.mean=800\n"
      "  asyncflow run service.yml --json - --quiet | jq .latency_s.p95\n" },
    { "check", "SCENARIO...", "find every problem of scenario files, simulate nothing", FOR_CHECK, 1, (size_t)-1, command_check,
      "Each problem is named with file, line and column, on standard error; a file\n"
      "without errors gets a line `FILE: ok`. Exit status 2 when any file has errors.\n",
      "  asyncflow check service.yml\n"
      "  asyncflow check --quiet scenarios/*.yml && git commit\n" },
    { "schema", "", "JSON Schema of scenario files, for editors and checkers", FOR_SCHEMA, 0, 0, command_schema,
      "Editors that know the YAML language server complete and check a scenario whose\n"
      "first line is:  # yaml-language-server: $schema=asyncflow.schema.json\n",
      "  asyncflow schema > asyncflow.schema.json\n"
      "  asyncflow schema --fields > FIELDS.md\n" },
    { "help", "[COMMAND]", "this overview, or all about one command", FOR_HELP, 0, 1, command_help,
      NULL, "  asyncflow help run\n" },
    { "version", "", "the version of the tool", FOR_VERSION, 0, 0, command_version,
      NULL, "  asyncflow version\n" }
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* --- Messages ------------------------------------------------------------ */

static int message(int status, const char *format, va_list list)
{
    fflush(stdout);
    fputs("asyncflow: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    return status;
}

/* Says why the run failed; returns the exit status. */
static int failed(const char *format, ...)
{
    va_list list;
    int status;
    va_start(list, format);
    status = message(EXIT_FAILED, format, list);
    va_end(list);
    return status;
}

/* Says what is wrong with the input of the run; returns the exit status. */
static int invalid(const char *format, ...)
{
    va_list list;
    int status;
    va_start(list, format);
    status = message(EXIT_USAGE, format, list);
    va_end(list);
    return status;
}

/* The same for the command line, with a hint where to read on. */
static int usage(const struct command_spec *command, const char *format, ...)
{
    va_list list;
    int status;
    va_start(list, format);
    status = message(EXIT_USAGE, format, list);
    va_end(list);
    fprintf(stderr, "Try 'asyncflow help%s%s'.\n", command ? " " : "", command ? command->name : "");
    return status;
}

static int out_of_memory(void) { return failed("out of memory"); }

/* Number of letters to insert, delete, replace or swap to make one word of the other; words of up to 31 letters. */
static size_t letters_apart(const char *a, const char *b)
{
    enum { LIMIT = 32 };
    size_t d[LIMIT][LIMIT], i, j, rows = strlen(a), columns = strlen(b);
    if (rows >= LIMIT || columns >= LIMIT) return LIMIT;
    for (i = 0; i <= rows; i++) d[i][0] = i;
    for (j = 0; j <= columns; j++) d[0][j] = j;
    for (i = 1; i <= rows; i++) {
        for (j = 1; j <= columns; j++) {
            size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best) {
                best = d[i - 2][j - 2] + 1;
            }
            d[i][j] = best;
        }
    }
    return d[rows][columns];
}

/* How unlike a known word is: 0 for one that was only begun, large where a suggestion would be a guess. */
static size_t unlikeness(const char *typed, const char *known)
{
    size_t apart = letters_apart(typed, known), length = strlen(typed);
    if (length >= 2 && strncmp(typed, known, length) == 0) return 0;
    return apart * 3 <= strlen(known) + 1 ? apart : (size_t)-1;
}

/* --- Help ---------------------------------------------------------------- */

static int help_overview(void)
{
    size_t i;
    printf("asyncflow %s: a digital twin of async web backends\n\n"
           "Usage: asyncflow COMMAND [options]\n\nCommands\n", ASYNCFLOW_VERSION_STRING);
    for (i = 0; i < COMMAND_COUNT; i++) {
        int width = printf("  %s %s", commands[i].name, commands[i].operands);
        printf("%*s%s\n", 22 - width, "", commands[i].summary);
    }
    printf("\nExamples\n"
           "  asyncflow run service.yml --seed 7\n"
           "  asyncflow run service.yml --text - --html report.html\n"
           "  asyncflow check service.yml\n"
           "\nExit status: 0 done; 1 the run failed (out of memory, cannot write);\n"
           "2 usage or an invalid scenario. 'asyncflow help COMMAND' lists the options.\n");
    return EXIT_DONE;
}

static void help_option(const struct option_spec *o)
{
    const char *line = o->help;
    int width = printf("  --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    for (;;) {
        const char *end = strchr(line, '\n');
        int size = (int)(end ? (size_t)(end - line) : strlen(line));
        printf("%*s%.*s\n", 24 - width, "", size, line);
        if (!end) return;
        line = end + 1;
        width = 0;
    }
}

static int help_of(const struct command_spec *c)
{
    int group = -1;
    size_t i;
    printf("asyncflow %s: %s\n\nUsage: asyncflow %s%s%s%s\n", c->name, c->summary, c->name, c->operands[0] ? " " : "", c->operands,
           c->bit & (FOR_RUN | FOR_CHECK | FOR_SCHEMA) ? " [options]" : "");
    if (c->more) printf("\n%s", c->more);
    for (i = 0; i < OPTION_COUNT; i++) {
        if (!(options[i].commands & c->bit)) continue;
        if ((int)options[i].group != group) {
            group = (int)options[i].group;
            printf("\n%s\n", group_titles[group]);
        }
        help_option(&options[i]);
    }
    printf("\nExamples\n%s", c->examples);
    return EXIT_DONE;
}

static const struct command_spec *find_command(const char *name)
{
    size_t i;
    for (i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *nearest = NULL;
    size_t i, best = (size_t)-1;
    for (i = 0; i < COMMAND_COUNT; i++) {
        size_t apart = unlikeness(name, commands[i].name);
        if (apart < best) { best = apart; nearest = commands[i].name; }
    }
    if (nearest) return usage(NULL, "unknown command '%s'; did you mean '%s'?", name, nearest);
    return usage(NULL, "unknown command '%s'", name);
}

static int command_help(const arguments *a)
{
    const struct command_spec *c;
    if (a->operands_count == 0) return help_overview();
    c = find_command(a->operands[0]);
    return c ? help_of(c) : unknown_command(a->operands[0]);
}

static int command_version(const arguments *a)
{
    (void)a;
    printf("asyncflow %s\n", ASYNCFLOW_VERSION_STRING);
    return EXIT_DONE;
}

/* --- Command line -------------------------------------------------------- */

static int unknown_option(const struct command_spec *c, const char *typed, const char *name)
{
    const struct option_spec *nearest = NULL;
    size_t i, best = (size_t)-1;
    for (i = 0; i < OPTION_COUNT; i++) {
        size_t apart = unlikeness(name, options[i].name);
        if (!(options[i].commands & c->bit)) {
            if (strcmp(name, options[i].name) == 0) return usage(c, "'%s' has no option '%s'", c->name, typed);
        } else if (apart < best) {
            best = apart;
            nearest = &options[i];
        }
    }
    if (nearest) return usage(c, "unknown option '%s'; did you mean '--%s'?", typed, nearest->name);
    return usage(c, "unknown option '%s'", typed);
}

/* Takes the option at argv[*at], moves *at past it. Returns EXIT_DONE or the exit status of a mistake. */
static int parse_option(const struct command_spec *c, arguments *a, int argc, char **argv, int *at)
{
    char *typed = argv[(*at)++], *value = NULL;
    char name[32];
    size_t length = strcspn(typed, "="), i;
    if (strcmp(typed, "-h") == 0) { a->value[OPTION_HELP] = ""; return EXIT_DONE; }
    if (typed[1] != '-') return usage(c, "unknown option '%s'; options start with two dashes", typed);
    if (typed[length] == '=') value = typed + length + 1;
    if (length - 2 >= sizeof name) return usage(c, "unknown option '%s'", typed);
    memcpy(name, typed + 2, length - 2);
    name[length - 2] = '\0';
    for (i = 0; i < OPTION_COUNT && strcmp(name, options[i].name) != 0; i++) { }
    if (i == OPTION_COUNT || !(options[i].commands & c->bit)) {
        if (value) value[-1] = '\0';
        return unknown_option(c, typed, name);
    }
    if (!options[i].argument) {
        if (value) return usage(c, "--%s takes no value", name);
        value = typed + length;
    } else if (!value) {
        if (*at >= argc || strncmp(argv[*at], "--", 2) == 0) return usage(c, "--%s needs a value: --%s %s", name, name, options[i].argument);
        value = argv[(*at)++];
    }
    if (options[i].argument && !value[0]) return usage(c, "--%s needs a value: --%s %s", name, name, options[i].argument);
    if (i == OPTION_SET) {
        a->sets[a->sets_count++] = value;
    } else if (a->value[i] && options[i].argument) {
        return usage(c, "--%s is given twice", name);
    } else {
        a->value[i] = value;
    }
    return EXIT_DONE;
}

/* Options and operands in any order; everything after "--" is an operand. */
static int parse_arguments(const struct command_spec *c, arguments *a, int argc, char **argv)
{
    int at = 0, only_operands = 0, status;
    while (at < argc) {
        if (!only_operands && strcmp(argv[at], "--") == 0) {
            only_operands = 1;
            at++;
        } else if (!only_operands && argv[at][0] == '-' && argv[at][1]) {
            status = parse_option(c, a, argc, argv, &at);
            if (status != EXIT_DONE) return status;
        } else {
            a->operands[a->operands_count++] = argv[at++];
        }
    }
    if (a->value[OPTION_HELP]) return EXIT_DONE;
    if (a->operands_count < c->least) return usage(c, "%s needs a %s", c->name, c->operands);
    if (a->operands_count > c->most) {
        return usage(c, "%s takes %s; '%s' is too much", c->name, c->most ? "one argument" : "no argument", a->operands[c->most]);
    }
    return EXIT_DONE;
}

/* A whole number without sign; `value` keeps what it had when the option is not given. */
static int parse_whole(const char *name, const char *text, uint64_t *value)
{
    uint64_t number = 0;
    const char *at;
    if (!text) return EXIT_DONE;
    for (at = text; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (UINT64_MAX - digit) / 10) break;
        number = number * 10 + digit;
    }
    if (*at) return usage(find_command("run"), "--%s is '%s'; it must be a whole number from 0 to 18446744073709551615", name, text);
    *value = number;
    return EXIT_DONE;
}

typedef enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER } when;

static int parse_when(const char *name, const char *text, when *value)
{
    *value = WHEN_AUTO;
    if (!text || strcmp(text, "auto") == 0) return EXIT_DONE;
    *value = WHEN_ALWAYS;
    if (strcmp(text, "always") == 0) return EXIT_DONE;
    *value = WHEN_NEVER;
    if (strcmp(text, "never") == 0) return EXIT_DONE;
    return usage(find_command("run"), "--%s is '%s'; it must be auto, always or never", name, text);
}

static int parse_latency_store(const char *text, aflow_latency_store *value)
{
    *value = AFLOW_LATENCY_AUTO;
    if (!text || strcmp(text, "auto") == 0) return EXIT_DONE;
    *value = AFLOW_LATENCY_EXACT;
    if (strcmp(text, "exact") == 0) return EXIT_DONE;
    *value = AFLOW_LATENCY_HISTOGRAM;
    if (strcmp(text, "histogram") == 0) return EXIT_DONE;
    return usage(find_command("run"), "--latency-store is '%s'; it must be auto, exact or histogram", text);
}

static int parse_compat(const struct command_spec *c, const char *text, aflow_compat *value)
{
    *value = AFLOW_COMPAT_NONE;
    if (!text) return EXIT_DONE;
    *value = AFLOW_COMPAT_ASYNCFLOW_0_1;
    if (strcmp(text, "asyncflow-0.1.1") == 0) return EXIT_DONE;
    return usage(c, "--compat is '%s'; it must be asyncflow-0.1.1", text);
}

/* --- Files --------------------------------------------------------------- */

static int is_terminal(FILE *stream)
{
#ifdef _WIN32
    return _isatty(_fileno(stream));
#else
    return isatty(fileno(stream));
#endif
}

static int is_dumb_terminal(void)
{
    const char *term = getenv("TERM");
    return term && strcmp(term, "dumb") == 0;
}

/* Colour belongs on a terminal that can show it, unless the user says otherwise. */
static int wants_color(when color, FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    if (color != WHEN_AUTO) return color == WHEN_ALWAYS;
    return is_terminal(stream) && !is_dumb_terminal() && !(no_color && no_color[0]);
}

static int is_standard(const char *path) { return strcmp(path, "-") == 0; }

/* Something that exists and is no plain file (a device, a pipe, a link): it is written to, never replaced. */
static int is_special(const char *path)
{
#ifdef _WIN32
    struct _stat info;
    return _stat(path, &info) == 0 && !(info.st_mode & _S_IFREG);
#else
    struct stat info;
    return lstat(path, &info) == 0 && !S_ISREG(info.st_mode);
#endif
}

/* Creates a directory and those above it. Returns 0, or -1 with errno set. */
static int make_directory(const char *path)
{
    size_t length = strlen(path), i;
    char *part = (char *)malloc(length + 1);
    int result = 0;
    if (!part) return -1;
    for (i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
#ifdef _WIN32
        result = _mkdir(part);
#else
        result = mkdir(part, 0777);
#endif
        if (result != 0 && errno == EEXIST) result = 0;
    }
    free(part);
    return result;
}

/* "a" + "b" + "c" on the heap; NULL when memory is out. */
static char *concatenate(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = (char *)malloc(size);
    if (text) snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

/* Reads a whole file, adds a terminating zero. Returns NULL after a message, with the exit status in *status. */
static char *read_all(const char *path, size_t *size, int *status)
{
    FILE *file = is_standard(path) ? stdin : fopen(path, "rb");
    char *text = NULL;
    size_t capacity = 0, got;
    *size = 0;
    *status = EXIT_DONE;
    if (!file) {
        *status = invalid("cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    do {
        if (capacity - *size < 2) {
            char *larger = (char *)realloc(text, capacity = capacity ? capacity * 2 : 65536);
            if (!larger) {
                *status = out_of_memory();
                break;
            }
            text = larger;
        }
        got = fread(text + *size, 1, capacity - *size - 1, file);
        *size += got;
    } while (got > 0);
    if (*status == EXIT_DONE && ferror(file)) *status = invalid("cannot read %s: %s", path, strerror(errno));
    if (file != stdin) fclose(file);
    if (*status != EXIT_DONE) {
        free(text);
        return NULL;
    }
    if (text) text[*size] = '\0';
    return text;
}

/* --- Arrivals: the column `start` of a CSV file -------------------------- */

typedef struct csv_reader { const char *at, *end; size_t line; } csv_reader;
typedef struct csv_field { const char *text; size_t size; } csv_field;

/* Takes one field, quoted or not, without the white space around it. Returns 1 when the record has more fields. */
static int csv_next(csv_reader *r, csv_field *field)
{
    const char *start = r->at, *end;
    int quoted = 0;
    while (r->at < r->end && (quoted || (*r->at != ',' && *r->at != '\n'))) {
        if (*r->at == '"') quoted = !quoted;
        if (*r->at == '\n') r->line++;
        r->at++;
    }
    end = r->at;
    while (start < end && (*start == ' ' || *start == '\t')) start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    if (end - start >= 2 && *start == '"' && end[-1] == '"') { start++; end--; }
    field->text = start;
    field->size = (size_t)(end - start);
    return r->at < r->end && *r->at++ == ',';
}

/* 12, 0.25, 1.5e-3: the same in every locale. Returns 0 for anything else. */
static int parse_decimal(const csv_field *field, double *value)
{
    const char *at = field->text, *end = at + field->size;
    uint64_t digits = 0;
    int seen = 0, point = 0, negative, exponent = 0, written = 0, sign = 1;
    double number, power = 1;
    negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    for (; at < end && ((*at >= '0' && *at <= '9') || (*at == '.' && !point)); at++) {
        if (*at == '.') { point = 1; continue; }
        seen = 1;
        if (digits < UINT64_MAX / 10 - 1) {
            digits = digits * 10 + (uint64_t)(*at - '0');
            exponent -= point;
        } else {
            exponent += !point;
        }
    }
    if (seen && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '-' || *at == '+')) sign = *at++ == '-' ? -1 : 1;
        if (at == end) return 0;
        for (; at < end && *at >= '0' && *at <= '9'; at++) written = written < 1000 ? written * 10 + (*at - '0') : written;
        exponent += sign * written;
    }
    if (!seen || at != end || exponent > 300) return 0;
    number = (double)digits;
    for (; exponent < -300; exponent++) number /= 10;
    for (written = exponent < 0 ? -exponent : exponent; written > 0; written--) power *= 10;
    number = exponent < 0 ? number / power : number * power;
    *value = negative ? -number : number;
    return 1;
}

static int parse_warm_up(const char *text, double *value)
{
    csv_field field;
    if (!text) return EXIT_DONE;
    field.text = text;
    field.size = strlen(text);
    if (parse_decimal(&field, value) && *value >= 0) return EXIT_DONE;
    return usage(find_command("run"), "--warm-up is '%s'; it must be a number of seconds, at least 0", text);
}

/* Finds the column in the header line; leaves the reader at the first record. Returns EXIT_DONE or an exit status. */
static int find_start_column(csv_reader *r, const char *path, size_t *column)
{
    csv_field field;
    size_t i = 0;
    int more, found = 0;
    if (r->end - r->at >= 3 && memcmp(r->at, "\xEF\xBB\xBF", 3) == 0) r->at += 3;
    do {
        more = csv_next(r, &field);
        if (!found && field.size == 5 && memcmp(field.text, "start", 5) == 0) {
            *column = i;
            found = 1;
        }
        i++;
    } while (more);
    r->line++;
    return found ? EXIT_DONE : invalid("%s:1: the first line names no column `start`", path);
}

/* Takes one record. *got is 0 for a line without anything in it. */
static int read_arrival(csv_reader *r, const char *path, size_t column, double *start, int *got)
{
    csv_field field, found = { NULL, 0 };
    size_t line = r->line, fields = 0;
    int more, empty = 1;
    do {
        more = csv_next(r, &field);
        if (field.size) empty = 0;
        if (fields++ == column) found = field;
    } while (more);
    r->line++;
    *got = !empty;
    if (empty) return EXIT_DONE;
    if (!found.text) return invalid("%s:%lu: the line has no field for column `start`", path, (unsigned long)line);
    if (!parse_decimal(&found, start) || *start < 0) {
        int shown = found.size > 40 ? 40 : (int)found.size;
        return invalid("%s:%lu: start is \"%.*s\"; it must be a number of seconds, at least 0", path, (unsigned long)line, shown, found.text);
    }
    return EXIT_DONE;
}

/* Reads arrivals into a list that the caller frees. Returns EXIT_DONE, or the exit status after a message. */
static int read_arrivals(const char *path, double **list, size_t *count)
{
    size_t size, capacity = 0, column = 0;
    int status, got;
    char *text = read_all(path, &size, &status);
    csv_reader r;
    if (!text) return status;
    r.at = text;
    r.end = text + size;
    r.line = 1;
    status = find_start_column(&r, path, &column);
    while (status == EXIT_DONE && r.at < r.end) {
        unsigned long line = (unsigned long)r.line;
        double start = 0;
        status = read_arrival(&r, path, column, &start, &got);
        if (status != EXIT_DONE || !got) continue;
        if (*count && start < (*list)[*count - 1]) {
            status = invalid("%s:%lu: start goes back, from %.9g to %.9g; arrivals must ascend", path, line, (*list)[*count - 1], start);
            continue;
        }
        if (*count == capacity) {
            double *larger = (double *)realloc(*list, (capacity = capacity ? capacity * 2 : 1024) * sizeof **list);
            if (!larger) {
                status = out_of_memory();
                continue;
            }
            *list = larger;
        }
        (*list)[(*count)++] = start;
    }
    free(text);
    if (status == EXIT_DONE && *count == 0) return invalid("%s: there are no arrivals below the first line", path);
    return status;
}

/* --- Outputs ------------------------------------------------------------- */

/* All that a writer may need. */
typedef struct report {
    const aflow_result *result;
    const aflow_scenario *scenario;
    const char *title;             /* NULL: the default */
    int series, color;
    aflow_chart_desc chart;
} report;

/* Writes one kind of output. */
typedef aflow_status (*write_fn)(const report *r, aflow_put_fn put, void *context);

static aflow_status write_report(const report *r, aflow_put_fn put, void *context)
{
    aflow_text_options options_of_text;
    options_of_text.color = r->color;
    return aflow_write_text_with(r->result, &options_of_text, put, context);
}
static aflow_status write_json(const report *r, aflow_put_fn put, void *context) { return aflow_write_json(r->result, r->series, put, context); }
static aflow_status write_trace(const report *r, aflow_put_fn put, void *context) { return aflow_write_trace(r->result, put, context); }
static aflow_status write_requests(const report *r, aflow_put_fn put, void *context) { return aflow_write_requests_csv(r->result, put, context); }
static aflow_status write_html(const report *r, aflow_put_fn put, void *context) { return aflow_write_html(r->result, r->title, put, context); }
static aflow_status write_hgrm(const report *r, aflow_put_fn put, void *context) { return aflow_write_hgrm(r->result, put, context); }
static aflow_status write_openmetrics(const report *r, aflow_put_fn put, void *context) { return aflow_write_openmetrics(r->result, put, context); }
static aflow_status write_prometheus(const report *r, aflow_put_fn put, void *context) { return aflow_write_prometheus(r->result, put, context); }
static aflow_status write_yaml(const report *r, aflow_put_fn put, void *context) { return aflow_write_scenario_yaml(r->scenario, put, context); }
static aflow_status write_summary(const report *r, aflow_put_fn put, void *context) { return aflow_write_summary_csv(r->result, put, context); }
static aflow_status write_throughput(const report *r, aflow_put_fn put, void *context) { return aflow_write_throughput_csv(r->result, put, context); }
static aflow_status write_samples(const report *r, aflow_put_fn put, void *context) { return aflow_write_samples_csv(r->result, put, context); }
static aflow_status write_chart(const report *r, aflow_put_fn put, void *context) { return aflow_write_svg(r->result, &r->chart, put, context); }
static aflow_status write_schema(const report *r, aflow_put_fn put, void *context) { (void)r; return aflow_write_schema(put, context); }
static aflow_status write_result_schema(const report *r, aflow_put_fn put, void *context) { (void)r; return aflow_write_result_schema(put, context); }
static aflow_status write_fields(const report *r, aflow_put_fn put, void *context) { (void)r; return aflow_write_field_reference(put, context); }

/* A put callback that leaves out the first line. */
typedef struct headless { aflow_put_fn put; void *context; int in_body; } headless;
static int put_headless(void *context, const char *text, size_t size)
{
    headless *h = (headless *)context;
    if (!h->in_body) {
        const char *newline = (const char *)memchr(text, '\n', size);
        if (!newline) return 0;
        h->in_body = 1;
        size -= (size_t)(newline + 1 - text);
        text = newline + 1;
    }
    return h->put(h->context, text, size);
}

/* The three CSV files share their columns: as one table with one header line. */
static aflow_status write_csv_table(const report *r, aflow_put_fn put, void *context)
{
    headless rest = { NULL, NULL, 0 };
    aflow_status status = write_summary(r, put, context);
    rest.put = put;
    rest.context = context;
    if (status == AFLOW_OK) status = write_throughput(r, put_headless, &rest);
    rest.in_body = 0;
    if (status == AFLOW_OK) status = write_samples(r, put_headless, &rest);
    return status;
}

/* What a writer's failure comes to; `reason` is errno. */
static int write_failure(const char *path, aflow_status status, int reason)
{
    const char *name = is_standard(path) ? "standard output" : path;
    if (status != AFLOW_OK && status != AFLOW_CANNOT_WRITE) return failed("cannot write %s: %s", name, aflow_status_text(status));
    return failed("cannot write %s: %s", name, reason ? strerror(reason) : "the output was refused");
}

/* Fills a stream and closes it, except standard output. Returns an exit status. */
static int fill_stream(FILE *stream, const char *path, const report *r, write_fn write)
{
    aflow_status status;
    int reason, refused;
    errno = 0;
    status = write(r, aflow_put_file, stream);
    refused = fflush(stream) != 0 || ferror(stream);
    reason = errno;
    if (stream != stdout && fclose(stream) != 0 && !refused) {
        refused = 1;
        reason = errno;
    }
    return status == AFLOW_OK && !refused ? EXIT_DONE : write_failure(path, status, reason);
}

/* Writes an output: to standard output, into a device as it is, else beside the file and then over it, so that there
   never is half a file. Returns an exit status, after a message when it is not EXIT_DONE. */
static int write_output(const char *path, const report *r, write_fn write)
{
    int in_place = is_special(path), status;
    char *beside;
    FILE *stream;
    if (is_standard(path)) return fill_stream(stdout, path, r, write);
    beside = concatenate(path, in_place ? "" : ".part", "");
    if (!beside) return out_of_memory();
    stream = fopen(beside, "wb");
    if (!stream) {
        status = write_failure(path, AFLOW_CANNOT_WRITE, errno);
        free(beside);
        return status;
    }
    status = fill_stream(stream, path, r, write);
    if (!in_place) {
#ifdef _WIN32
        if (status == EXIT_DONE) remove(path);
#endif
        if (status == EXIT_DONE && rename(beside, path) != 0) status = write_failure(path, AFLOW_CANNOT_WRITE, errno);
        if (status != EXIT_DONE) remove(beside);
    }
    free(beside);
    return status;
}

static int write_into(const char *directory, const char *name, const report *r, write_fn write)
{
    char *path = concatenate(directory, "/", name);
    int status;
    if (!path) return out_of_memory();
    status = write_output(path, r, write);
    free(path);
    return status;
}

static int write_csv(const char *directory, const report *r)
{
    int status;
    if (is_standard(directory)) return write_output(directory, r, write_csv_table);
    if (make_directory(directory) != 0) return write_failure(directory, AFLOW_CANNOT_WRITE, errno);
    status = write_into(directory, "summary.csv", r, write_summary);
    if (status == EXIT_DONE) status = write_into(directory, "throughput.csv", r, write_throughput);
    if (status == EXIT_DONE) status = write_into(directory, "samples.csv", r, write_samples);
    return status;
}

/* "srv/1" and "core_busy" make "srv%2F1-core_busy.svg": a file name whatever the id is, a different one for each. */
static char *chart_name(const char *id, const char *metric)
{
    char *name = (char *)malloc(strlen(id) * 3 + strlen(metric) + sizeof "-.svg"), *to = name;
    if (!name) return NULL;
    for (; *id; id++) {
        unsigned char c = (unsigned char)*id;
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (plain) *to++ = (char)c;
        else to += sprintf(to, "%%%02X", (unsigned)c);
    }
    sprintf(to, "-%s.svg", metric);
    return name;
}

/* One chart of an entity, of the metric or of its batches, in a file that says so. */
static int write_entity_chart(const char *directory, report *r, aflow_id entity, const char *what)
{
    char *name = chart_name(aflow_result_name(r->result, entity), what);
    int status;
    r->chart.entity = entity;
    status = name ? write_into(directory, name, r, write_chart) : out_of_memory();
    free(name);
    return status;
}

/* One chart a sampled metric of each, and one of a GPU's batches. */
static int write_entity_charts(const char *directory, report *r, const aflow_id *entities, size_t count)
{
    int status = EXIT_DONE;
    unsigned bit;
    size_t i;
    for (i = 0; i < count && status == EXIT_DONE; i++) {
        r->chart.chart = AFLOW_CHART_METRIC;
        for (bit = 1; bit & AFLOW_METRICS_ALL && status == EXIT_DONE; bit <<= 1) {
            aflow_metric metric = (aflow_metric)bit;
            if (!aflow_metric_is_sampled(r->result, metric)) continue;
            if (aflow_result_series(r->result, metric, entities[i], NULL, 0) == 0) continue;
            r->chart.metric = metric;
            status = write_entity_chart(directory, r, entities[i], aflow_metric_name(metric));
        }
        if (status != EXIT_DONE || aflow_result_batch_sizes(r->result, entities[i], NULL, 0) == 0) continue;
        r->chart.chart = AFLOW_CHART_BATCH_SIZES;
        status = write_entity_chart(directory, r, entities[i], "batch_sizes");
    }
    return status;
}

static int write_metric_charts(const char *directory, report *r)
{
    size_t servers = aflow_result_servers(r->result, NULL, 0), resources = aflow_result_resources(r->result, NULL, 0);
    aflow_id *entities = (aflow_id *)malloc((servers + resources + 1) * sizeof *entities);
    int status;
    if (!entities) return out_of_memory();
    aflow_result_servers(r->result, entities, servers);
    aflow_result_resources(r->result, entities + servers, resources);
    r->chart.title = NULL;
    status = write_entity_charts(directory, r, entities, servers + resources);
    free(entities);
    return status;
}

static int write_svg(const char *directory, const report *all)
{
    report r = *all;
    int status;
    r.chart.title = r.title;
    r.chart.chart = AFLOW_CHART_DASHBOARD;
    if (is_standard(directory)) return write_output(directory, &r, write_chart);
    if (make_directory(directory) != 0) return write_failure(directory, AFLOW_CANNOT_WRITE, errno);
    status = write_into(directory, "dashboard.svg", &r, write_chart);
    r.chart.title = NULL;
    r.chart.chart = AFLOW_CHART_LATENCY;
    if (status == EXIT_DONE) status = write_into(directory, "latency.svg", &r, write_chart);
    r.chart.chart = AFLOW_CHART_THROUGHPUT;
    if (status == EXIT_DONE) status = write_into(directory, "throughput.svg", &r, write_chart);
    return status == EXIT_DONE ? write_metric_charts(directory, &r) : status;
}

/* Everything that was asked for; one output that fails does not keep the others from being written. */
static int write_outputs(const arguments *a, const report *r)
{
    int worst = EXIT_DONE, asked = 0;
    size_t i;
    for (i = 0; i < sizeof file_outputs / sizeof file_outputs[0]; i++) {
        const char *path = a->value[file_outputs[i]];
        int status = EXIT_DONE;
        if (!path) continue;
        asked = 1;
        switch (file_outputs[i]) {
            case OPTION_TEXT: status = write_output(path, r, write_report); break;
            case OPTION_JSON: status = write_output(path, r, write_json); break;
            case OPTION_REQUESTS: status = write_output(path, r, write_requests); break;
            case OPTION_TRACE: status = write_output(path, r, write_trace); break;
            case OPTION_HTML: status = write_output(path, r, write_html); break;
            case OPTION_HGRM: status = write_output(path, r, write_hgrm); break;
            case OPTION_OPENMETRICS: status = write_output(path, r, write_openmetrics); break;
            case OPTION_PROMETHEUS: status = write_output(path, r, write_prometheus); break;
            case OPTION_YAML: status = write_output(path, r, write_yaml); break;
            case OPTION_CSV: status = write_csv(path, r); break;
            case OPTION_SVG: status = write_svg(path, r); break;
            default: break;
        }
        if (status > worst) worst = status;
    }
    return asked ? worst : write_output("-", r, write_report);
}

/* --- run ----------------------------------------------------------------- */

/* What a run owns while it lasts. */
typedef struct study {
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    aflow_scenario *copy;          /* where --set writes; NULL without one */
    double *arrivals;              /* of --arrivals */
    aflow_scenario scenario;       /* what is run: the file's or the copy's, with the arrivals */
    aflow_result *result;
    when color;                    /* of problems */
} study;

static void release(study *s)
{
    aflow_result_destroy(s->result);
    aflow_scenario_destroy(s->copy);
    aflow_scenario_file_destroy(s->file);
    aflow_diagnostics_clear(&s->problems);
    free(s->arrivals);
}

/* Prints problems, if there is something to say. Returns what they make of the exit status. */
static int say_problems(const aflow_diagnostics *problems, int quiet, when color)
{
    aflow_text_options ink;
    size_t i;
    ink.color = wants_color(color, stderr);
    fflush(stdout);
    if (problems->errors || (problems->warnings && !quiet)) aflow_write_diagnostics_with(problems, &ink, aflow_put_file, stderr);
    for (i = 0; i < problems->count; i++) {
        if (problems->items[i].code == AFLOW_DIAGNOSTIC_OUT_OF_MEMORY) return EXIT_FAILED;
    }
    return problems->errors ? EXIT_USAGE : EXIT_DONE;
}

/* A scenario from a file or standard input; NULL with problems. */
static aflow_scenario_file *read_scenario(const char *path, aflow_compat compat, aflow_diagnostics *problems)
{
    aflow_read_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.compat = compat;
    desc.name = is_standard(path) ? "<stdin>" : NULL;
    return aflow_read_file(path, problems, &desc);
}

/* Carries out every --set on a copy of the scenario. Returns an exit status; mistakes are in the problems. */
static int apply_sets(const arguments *a, study *s)
{
    size_t i;
    if (a->sets_count == 0) return EXIT_DONE;
    s->copy = aflow_scenario_copy(&s->scenario, NULL);
    if (!s->copy) return out_of_memory();
    for (i = 0; i < a->sets_count; i++) {
        char *value = strchr(a->sets[i], '=');
        if (!value || value == a->sets[i]) return usage(find_command("run"), "--set is '%s'; it must be PATH=VALUE", a->sets[i]);
        *value = '\0';
        if (aflow_set(s->copy, a->sets[i], value + 1, &s->problems) == AFLOW_OUT_OF_MEMORY) return out_of_memory();
        *value = '=';
    }
    s->scenario = *s->copy;
    return s->problems.errors ? say_problems(&s->problems, 0, s->color) : EXIT_DONE;
}

/* Draws the bar: how much of the simulated time is done, and how long the rest will take. */
static void show_progress(double done, double elapsed_s)
{
    static const char bar[] = "##############################";
    int full = (int)(done * 30);
    fprintf(stderr, "\r  %3d %% [%.*s%*s] %.0f s left   ", (int)(done * 100), full, bar, 30 - full, "", elapsed_s / done - elapsed_s);
    fflush(stderr);
}

/* Runs to the horizon, in slices while somebody is watching. */
static int simulate(study *s, const aflow_run_desc *desc, when progress)
{
    enum { SLICES = 1000 };
    aflow_sim *sim = aflow_sim_create(&s->scenario, desc, &s->problems);
    int watched = progress == WHEN_ALWAYS || (progress == WHEN_AUTO && is_terminal(stderr) && !is_dumb_terminal());
    int slices = watched ? SLICES : 1, slice, shown = 0;
    aflow_status status = AFLOW_OK;
    double horizon, last = 0, patience = progress == WHEN_ALWAYS ? 0 : 1;
    clock_t start = clock();
    if (!sim) return say_problems(&s->problems, 0, s->color);
    horizon = aflow_sim_horizon(sim);
    for (slice = 1; slice <= slices && status == AFLOW_OK; slice++) {
        double elapsed;
        status = aflow_sim_run_until(sim, slice == slices ? horizon : horizon * slice / slices);
        elapsed = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (!watched || elapsed < patience || (shown && elapsed < last + 0.1)) continue;
        show_progress((double)slice / slices, elapsed);
        last = elapsed;
        shown = 1;
    }
    if (shown) fprintf(stderr, "\r%60s\r", "");
    if (status == AFLOW_OK) s->result = aflow_sim_finish(sim);
    if (!s->result) {
        failed("the run ended early: %s", aflow_status_text(status != AFLOW_OK ? status : AFLOW_OUT_OF_MEMORY));
    }
    aflow_sim_destroy(sim);
    return s->result ? EXIT_DONE : EXIT_FAILED;
}

/* What only the options together can get wrong. */
static int check_options(const struct command_spec *c, const arguments *a)
{
    const struct option_spec *first = NULL;
    size_t i;
    for (i = 0; i < sizeof file_outputs / sizeof file_outputs[0]; i++) {
        const char *path = a->value[file_outputs[i]];
        if (!path || !is_standard(path)) continue;
        if (first) return usage(c, "--%s and --%s both go to standard output", first->name, options[file_outputs[i]].name);
        first = &options[file_outputs[i]];
    }
    if (a->value[OPTION_SERIES] && !a->value[OPTION_JSON]) return usage(c, "--series adds to --json, which is not given");
    if (a->value[OPTION_TRACE_EVERY] && !a->value[OPTION_TRACE]) return usage(c, "--trace-every is about --trace, which is not given");
    if (a->value[OPTION_ARRIVALS] && is_standard(a->value[OPTION_ARRIVALS]) && is_standard(a->operands[0])) {
        return usage(c, "the scenario and --arrivals both come from standard input");
    }
    return EXIT_DONE;
}

/* Reads the scenario and makes the changes that the options ask for. */
static int prepare(const arguments *a, aflow_compat compat, study *s)
{
    size_t count = 0;
    int status;
    s->file = read_scenario(a->operands[0], compat, &s->problems);
    if (!s->file) return say_problems(&s->problems, 0, s->color);
    s->scenario = *aflow_scenario_of(s->file);
    status = apply_sets(a, s);
    if (status == EXIT_DONE && a->value[OPTION_ARRIVALS]) {
        status = read_arrivals(a->value[OPTION_ARRIVALS], &s->arrivals, &count);
        s->scenario.rqs_input.arrivals = s->arrivals;
        s->scenario.rqs_input.arrivals_count = count;
    }
    return status;
}

/* Every how manieth request is traced: as asked for, or such that there are about a thousand. */
static int choose_trace(const arguments *a, const aflow_scenario *s, uint32_t *every)
{
    const aflow_generator *g = &s->rqs_input;
    double seconds = s->sim_settings.total_simulation_time ? s->sim_settings.total_simulation_time : 3600;
    double expected = g->arrivals_count ? (double)g->arrivals_count : g->avg_active_users.mean * g->avg_request_per_minute_per_user.mean / 60 * seconds;
    uint64_t number = expected < 2000 ? 1 : expected < 4e12 ? (uint64_t)(expected / 1000) : UINT32_MAX;
    int status;
    if (!a->value[OPTION_TRACE]) return EXIT_DONE;
    status = parse_whole("trace-every", a->value[OPTION_TRACE_EVERY], &number);
    if (status != EXIT_DONE) return status;
    if (number < 1 || number > UINT32_MAX) return usage(find_command("run"), "--trace-every is '%s'; it must be from 1 to 4294967295", a->value[OPTION_TRACE_EVERY]);
    *every = (uint32_t)number;
    return EXIT_DONE;
}

static int command_run(const arguments *a)
{
    const struct command_spec *c = find_command("run");
    aflow_compat compat = AFLOW_COMPAT_NONE;
    when color = WHEN_AUTO, progress = WHEN_AUTO;
    aflow_run_desc desc;
    study s;
    int status;
    memset(&desc, 0, sizeof desc);
    memset(&s, 0, sizeof s);
    desc.seed = 1;
    desc.record_requests = a->value[OPTION_REQUESTS] != NULL;
    desc.latency_split = a->value[OPTION_WHY] != NULL;
    status = check_options(c, a);
    if (status == EXIT_DONE) status = parse_whole("seed", a->value[OPTION_SEED], &desc.seed);
    if (status == EXIT_DONE) status = parse_whole("replication", a->value[OPTION_REPLICATION], &desc.replication);
    if (status == EXIT_DONE) status = parse_when("color", a->value[OPTION_COLOR], &color);
    if (status == EXIT_DONE) status = parse_warm_up(a->value[OPTION_WARM_UP], &desc.warm_up_s);
    s.color = color;
    if (status == EXIT_DONE) status = parse_when("progress", a->value[OPTION_PROGRESS], &progress);
    if (status == EXIT_DONE) status = parse_compat(c, a->value[OPTION_COMPAT], &compat);
    if (status == EXIT_DONE) status = parse_latency_store(a->value[OPTION_LATENCY_STORE], &desc.latency_store);
    if (a->value[OPTION_QUIET]) progress = WHEN_NEVER;
    if (status == EXIT_DONE) status = prepare(a, compat, &s);
    if (status == EXIT_DONE) status = choose_trace(a, &s.scenario, &desc.trace_every);
    if (status == EXIT_DONE) status = simulate(&s, &desc, progress);
    if (status == EXIT_DONE) {
        report r;
        memset(&r, 0, sizeof r);
        r.result = s.result;
        r.scenario = &s.scenario;
        r.title = a->value[OPTION_TITLE];
        r.series = a->value[OPTION_SERIES] != NULL;
        r.color = a->value[OPTION_TEXT] && !is_standard(a->value[OPTION_TEXT]) ? color == WHEN_ALWAYS : wants_color(color, stdout);
        say_problems(&s.problems, a->value[OPTION_QUIET] != NULL, color);
        status = write_outputs(a, &r);
    }
    release(&s);
    return status;
}

/* --- check, schema, main ------------------------------------------------- */

static int command_check(const arguments *a)
{
    aflow_compat compat;
    when color = WHEN_AUTO;
    int worst = parse_compat(find_command("check"), a->value[OPTION_COMPAT], &compat);
    size_t i;
    if (worst == EXIT_DONE) worst = parse_when("color", a->value[OPTION_COLOR], &color);
    if (worst != EXIT_DONE) return worst;
    for (i = 0; i < a->operands_count; i++) {
        int quiet = a->value[OPTION_QUIET] != NULL, status;
        aflow_diagnostics problems;
        memset(&problems, 0, sizeof problems);
        aflow_scenario_file_destroy(read_scenario(a->operands[i], compat, &problems));
        status = say_problems(&problems, quiet, color);
        if (status == EXIT_DONE && !quiet) printf("%s: ok\n", is_standard(a->operands[i]) ? "<stdin>" : a->operands[i]);
        if (status > worst) worst = status;
        aflow_diagnostics_clear(&problems);
    }
    return worst;
}

static int command_schema(const arguments *a)
{
    if (a->value[OPTION_RESULTS] && a->value[OPTION_FIELDS]) return usage(find_command("schema"), "--results and --fields exclude each other");
    return write_output("-", NULL, a->value[OPTION_RESULTS] ? write_result_schema : a->value[OPTION_FIELDS] ? write_fields : write_schema);
}

/* A build whose figures would differ from those of others gives none. */
static int self_test(void)
{
    const char *wrong = aflow_selftest(NULL);
    return wrong ? failed("self-test: %s", wrong) : EXIT_DONE;
}

int main(int argc, char **argv)
{
    const struct command_spec *c;
    const char *name = argc > 1 ? argv[1] : NULL;
    arguments a;
    int status;
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    if (!name) return usage(NULL, "no command is given");
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    c = find_command(name);
    if (!c) return unknown_command(name);
    memset(&a, 0, sizeof a);
    a.sets = (char **)calloc((size_t)argc * 2, sizeof *a.sets);
    if (!a.sets) return out_of_memory();
    a.operands = a.sets + argc;
    status = parse_arguments(c, &a, argc - 2, argv + 2);
    if (status == EXIT_DONE && (c->bit & (FOR_RUN | FOR_CHECK)) && !a.value[OPTION_HELP]) status = self_test();
    if (status == EXIT_DONE) status = a.value[OPTION_HELP] ? help_of(c) : c->function(&a);
    free(a.sets);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_DONE) status = write_failure("-", AFLOW_CANNOT_WRITE, errno);
    return status;
}
