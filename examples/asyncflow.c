/* asyncflow.c - the command line tool: simulates scenario files and writes reports.
 * SPDX-License-Identifier: MIT OR Unlicense
 *
 * Build:  cc -std=c99 -O2 -I.. asyncflow.c -o asyncflow -lpthread     (Windows: without -lpthread)
 * Then:   ./asyncflow help
 *
 * From top to bottom: the table of commands and options, messages, help, command line, files, arrivals, outputs,
 * inputs, progress, the commands, main. Results go to standard output, everything else to standard error.
 * Exit status: 0 done; 1 the run failed (out of memory, cannot write); 2 usage or an invalid scenario; 99 an objective was missed. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L  /* fileno, isatty, lstat, mkdir, clock_gettime */
#endif

#define ASYNCFLOW_THREADS
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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_MISSED = 99 };

/* --- Commands and options: these tables drive both parsing and help ------ */

enum {
    FOR_RUN = 1, FOR_CHECK = 2, FOR_SCHEMA = 4, FOR_HELP = 8, FOR_VERSION = 16, FOR_COMPARE = 32, FOR_SWEEP = 64, FOR_SIZE = 128, FOR_MERGE = 256,
    FOR_ALL = 511,
    FOR_MODELS = FOR_RUN | FOR_COMPARE | FOR_SWEEP | FOR_SIZE,      /* what simulates, */
    FOR_REPORTS = FOR_MODELS | FOR_MERGE                            /* and what reports */
};

typedef enum option_group { GROUP_MODEL, GROUP_EXPERIMENT, GROUP_OUTPUT, GROUP_MANNERS } option_group;
static const char *const group_titles[] = { "Model", "Experiment", "Output", "General" };

/* X(id, name, argument or NULL for a switch, commands, group, help): "\n" starts another line of help */
#define OPTION_TABLE(X) \
    X(SEED, "seed", "N", FOR_MODELS, GROUP_MODEL, "random seed, 0 to 2^64 - 1; default 1") \
    X(REPLICATION, "replication", "N", FOR_MODELS, GROUP_MODEL, "which of the seed's independent runs; default 0; of\nseveral runs the first") \
    X(WARM_UP, "warm-up", "SECONDS", FOR_MODELS, GROUP_MODEL, "leave that much of the start out of the figures; `auto`,\nof many runs: where MSER-5 cuts the first ones") \
    X(SET, "set", "PATH=VALUE", FOR_MODELS, GROUP_MODEL, \
      "change a field; can be repeated:\nservers.srv-1.server_resources.cpu_cores=4, load=2x,\nreplicas(srv-1)=3") \
    X(SET_B, "set-b", "PATH=VALUE", FOR_COMPARE, GROUP_MODEL, "the same of the second scenario alone") \
    X(VARY, "vary", "PATH=VALUES", FOR_SWEEP | FOR_SIZE, GROUP_MODEL, \
      "a field that varies; can be repeated. Values are ranges\n1..16, 10..50:5 or lists 1,2,4,8; of load 1x..4x, which\nis ten steps, or 1x..4x:0.5x") \
    X(TOGETHER, "together", NULL, FOR_SWEEP, GROUP_MODEL, "the first values of all --vary, then the second, ...;\ndefault: every combination") \
    X(ARRIVALS, "arrivals", "FILE.csv", FOR_MODELS, GROUP_MODEL, \
      "replay arrivals instead of drawing them: the column\n`start`, in seconds, ascending") \
    X(COMPAT, "compat", "RULES", FOR_MODELS | FOR_CHECK, GROUP_MODEL, "asyncflow-0.1.1: follow that version to the letter") \
    X(LATENCY_STORE, "latency-store", "KIND", FOR_MODELS, GROUP_MODEL, \
      "exact: keep every latency, 16 bytes each; histogram:\nconstant memory, percentiles within 0.1 %; auto\n(default): a histogram from 4.2 million requests on") \
    X(SLO, "slo", "OBJECTIVE", FOR_MODELS, GROUP_EXPERIMENT, \
      "'p95<100ms', 'error_rate<0.1%', 'srv-1.cpu_utilization\n<0.8', '/api.p99<=250ms'; can be repeated; beside those\nof sim_settings.slo. Exit status 99 where one is missed\n(of compare by B; not of sweep); undecided is 0") \
    X(REPS, "reps", "N", FOR_MODELS, GROUP_EXPERIMENT, "independent runs, 1 to 1000000; default: run 1,\ncompare 50, sweep and size 10") \
    X(PRECISION, "precision", "SHARE", FOR_RUN, GROUP_EXPERIMENT, "more runs, until the interval is within this share of\nthe mean: 2% or 0.02") \
    X(OF, "of", "STATISTIC", FOR_RUN, GROUP_EXPERIMENT, "of which statistic; default mean") \
    X(MOST, "most", "N", FOR_RUN | FOR_SIZE, GROUP_EXPERIMENT, "at most so many runs; default 1000") \
    X(CONFIDENCE, "confidence", "SHARE", FOR_MODELS, GROUP_EXPERIMENT, "of intervals and objectives; default 95%") \
    X(STAT, "stat", "STATISTIC", FOR_MODELS, GROUP_EXPERIMENT, "another statistic to report; can be repeated:\nsrv-1.ready_queue_len.max, /api.p99") \
    X(JOBS, "jobs", "N", FOR_MODELS, GROUP_EXPERIMENT, "threads; default: one a processor. Results are the same") \
    X(SHARD, "shard", "I/N", FOR_RUN, GROUP_EXPERIMENT, "only part I of N, from 1, of --reps runs, into --out;\n`asyncflow merge` joins them") \
    X(ALLOW_GAPS, "allow-gaps", NULL, FOR_MERGE, GROUP_EXPERIMENT, "runs that no part has are a warning, not an error") \
    X(WHY, "why", NULL, FOR_MODELS, GROUP_OUTPUT, "where the time goes, of all and of the slowest 1 %") \
    X(TEXT, "text", "FILE", FOR_REPORTS, GROUP_OUTPUT, "the report; what is written if nothing is asked for") \
    X(JSON, "json", "FILE", FOR_REPORTS, GROUP_OUTPUT, "the result as JSON") \
    X(SERIES, "series", NULL, FOR_RUN, GROUP_OUTPUT, "adds the sampled series to --json") \
    X(CSV, "csv", "DIR", FOR_RUN | FOR_SWEEP | FOR_SIZE | FOR_MERGE, GROUP_OUTPUT, \
      "one run: summary.csv, throughput.csv, samples.csv; else\nruns.csv, sweep.csv or size.csv; `-`: one table") \
    X(REQUESTS, "requests", "FILE.csv", FOR_RUN, GROUP_OUTPUT, "one row a finished request") \
    X(TRACE, "trace", "FILE.json", FOR_RUN, GROUP_OUTPUT, "some requests and all cores over time, for\nui.perfetto.dev, chrome://tracing or speedscope") \
    X(TRACE_EVERY, "trace-every", "N", FOR_RUN, GROUP_OUTPUT, "every Nth request is traced; default: about 1,000") \
    X(HTML, "html", "FILE", FOR_REPORTS, GROUP_OUTPUT, "one self-contained page with charts") \
    X(HGRM, "hgrm", "FILE", FOR_RUN, GROUP_OUTPUT, "latency percentiles for HdrHistogram's plotters, in ms") \
    X(OPENMETRICS, "openmetrics", "FILE", FOR_RUN, GROUP_OUTPUT, "histograms, counters and gauges as OpenMetrics") \
    X(PROMETHEUS, "prometheus", "FILE", FOR_RUN, GROUP_OUTPUT, "the same in Prometheus's text format") \
    X(SVG, "svg", "DIR", FOR_RUN, GROUP_OUTPUT, \
      "latency.svg, throughput.svg, dashboard.svg, one chart a\nsampled metric of a server or resource, one of a GPU's\nbatches; `-`: the dashboard") \
    X(YAML, "yaml", "FILE", FOR_RUN, GROUP_OUTPUT, "the scenario as it was run, changes included") \
    X(TITLE, "title", "TEXT", FOR_REPORTS, GROUP_OUTPUT, "title of the page and of the dashboard") \
    X(MARKDOWN, "markdown", "FILE", FOR_RUN | FOR_COMPARE | FOR_MERGE, GROUP_OUTPUT, "tables for a pull request or a step summary") \
    X(JUNIT, "junit", "FILE.xml", FOR_RUN | FOR_COMPARE | FOR_MERGE, GROUP_OUTPUT, "the objectives as test cases; of compare the statistics\nthat got worse") \
    X(CHART, "chart", "FILE.svg", FOR_SWEEP, GROUP_OUTPUT, "p50, p95, p99 and utilization against the setting") \
    X(OUT, "out", "PART", FOR_RUN, GROUP_OUTPUT, "the runs in a form that `asyncflow merge` joins") \
    X(RESULTS, "results", NULL, FOR_SCHEMA, GROUP_OUTPUT, "the JSON Schema of `run --json` instead") \
    X(FIELDS, "fields", NULL, FOR_SCHEMA, GROUP_OUTPUT, "a Markdown table of the scenario's fields instead") \
    X(QUIET, "quiet", NULL, FOR_REPORTS | FOR_CHECK, GROUP_MANNERS, "no warnings, no progress, no `ok` lines") \
    X(COLOR, "color", "WHEN", FOR_REPORTS | FOR_CHECK, GROUP_MANNERS, "auto (default), always or never") \
    X(PROGRESS, "progress", "WHEN", FOR_MODELS, GROUP_MANNERS, "the same for the progress bar") \
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
    OPTION_CSV, OPTION_SVG, OPTION_TEXT, OPTION_JSON, OPTION_REQUESTS, OPTION_TRACE, OPTION_HTML, OPTION_HGRM, OPTION_OPENMETRICS, OPTION_PROMETHEUS,
    OPTION_MARKDOWN, OPTION_JUNIT, OPTION_CHART, OPTION_OUT, OPTION_YAML
};

/* can be given more than once */
static const option_id repeatable[] = { OPTION_SET, OPTION_SET_B, OPTION_VARY, OPTION_SLO, OPTION_STAT };

/* what makes `run` an experiment; what belongs to one run alone; what belongs to an experiment alone */
static const option_id makes_experiment[] = { OPTION_REPS, OPTION_PRECISION, OPTION_SHARD, OPTION_OUT };
static const option_id of_one_run[] = { OPTION_SERIES, OPTION_REQUESTS, OPTION_TRACE, OPTION_TRACE_EVERY, OPTION_HGRM, OPTION_OPENMETRICS, OPTION_PROMETHEUS, OPTION_SVG };
static const option_id of_experiments[] = { OPTION_OF, OPTION_MOST, OPTION_CONFIDENCE, OPTION_STAT, OPTION_JOBS, OPTION_MARKDOWN, OPTION_JUNIT };


/* A parsed command line. */
typedef struct given { option_id option; char *value; } given;
typedef struct arguments {
    const char *value[OPTION_COUNT];  /* NULL: not given; "" for a switch; of a repeatable one the last */
    given *repeated;                  /* every repeatable option, in their order */
    size_t repeated_count;
    char **operands;                  /* what is no option */
    size_t operands_count;
} arguments;

static int command_run(const arguments *a);
static int command_compare(const arguments *a);
static int command_sweep(const arguments *a);
static int command_size(const arguments *a);
static int command_merge(const arguments *a);
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
      "  asyncflow run service.yml --json - --quiet | jq .latency_s.p95\n"
      "  asyncflow run service.yml --reps 100 --slo 'p95<100ms' --slo 'error_rate<0.1%'\n"
      "  asyncflow run service.yml --reps 1000 --shard 3/8 --out 3.part\n" },
    { "compare", "A [B]", "two scenarios under the same random numbers", FOR_COMPARE, 1, 2, command_compare,
      "Run k of B has the arrivals of run k of A, so that little but the change makes a\n"
      "difference. Without B, A is compared with itself as --set-b changes it.\n",
      "  asyncflow compare before.yml after.yml\n"
      "  asyncflow compare service.yml --set-b servers.srv-1.cpu_cores=2 --markdown -\n" },
    { "sweep", "SCENARIO", "one row a setting", FOR_SWEEP, 1, 1, command_sweep,
      "Every combination of the values of all --vary, at most 10000, each with --reps\n"
      "runs under the same random numbers. A setting that is no valid scenario is a row\n"
      "that says so.\n",
      "  asyncflow sweep service.yml --vary load=1x..4x\n"
      "  asyncflow sweep service.yml --vary load=1x,2x --vary servers.app.cpu_cores=1,2\n" },
    { "size", "SCENARIO", "the smallest or cheapest setting that meets the objectives", FOR_SIZE, 1, 1, command_size,
      "Needs an objective (--slo or sim_settings.slo) and a --vary. The cheapest by\n"
      "sim_settings.prices, or else the smallest. --vary load=1x..8x alone: the highest\n"
      "load that still meets them. Exit status 99 when no setting does.\n",
      "  asyncflow size service.yml --slo 'p95<100ms' --vary servers.app.cpu_cores=1..8\n"
      "  asyncflow size service.yml --slo 'p95<100ms' --vary 'replicas(app)=1..8' \\\n"
      "      --vary servers.app.cpu_cores=1..8\n"
      "  asyncflow size service.yml --slo 'p95<100ms' --vary load=1x..8x\n" },
    { "merge", "PART...", "join the parts of a sharded experiment", FOR_MERGE, 1, (size_t)-1, command_merge,
      "Parts are written by `run --shard I/N --out PART`, on any machine, and joined in\n"
      "any order to what one process would have reported, byte for byte (but for the\n"
      "series of one run, which its page has in addition).\n",
      "  asyncflow merge *.part --json -\n" },
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
           "  asyncflow run service.yml --reps 50 --slo 'p95<100ms'\n"
           "  asyncflow size service.yml --slo 'p95<100ms' --vary servers.app.cpu_cores=1..8\n"
           "  asyncflow check service.yml\n"
           "\nExit status: 0 done; 1 the run failed (out of memory, cannot write);\n"
           "2 usage or an invalid scenario; 99 an objective was missed.\n"
           "'asyncflow help COMMAND' lists the options.\n");
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
           c->bit & (FOR_REPORTS | FOR_CHECK | FOR_SCHEMA) ? " [options]" : "");
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

static int is_one_of(option_id id, const option_id *list, size_t count)
{
    while (count && list[count - 1] != id) count--;
    return count != 0;
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
    if (is_one_of((option_id)i, repeatable, COUNT(repeatable))) {
        a->repeated[a->repeated_count].option = (option_id)i;
        a->repeated[a->repeated_count++].value = value;
        a->value[i] = value;
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
        return usage(c, "%s takes %s; '%s' is too much", c->name, c->most > 1 ? "two arguments" : c->most ? "one argument" : "no argument", a->operands[c->most]);
    }
    return EXIT_DONE;
}

typedef struct piece { const char *text; size_t size; } piece;

/* 12, 0.25, 1.5e-3: the same in every locale. Returns 0 for anything else. */
static int parse_decimal(const piece *field, double *value)
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

/* A whole number without sign; `value` keeps what it had when the option is not given. */
static int parse_whole(const struct command_spec *c, const char *name, const char *text, uint64_t *value)
{
    uint64_t number = 0;
    const char *at;
    if (!text) return EXIT_DONE;
    for (at = text; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (UINT64_MAX - digit) / 10) break;
        number = number * 10 + digit;
    }
    if (*at) return usage(c, "--%s is '%s'; it must be a whole number from 0 to 18446744073709551615", name, text);
    *value = number;
    return EXIT_DONE;
}

typedef enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER } when;

static int parse_when(const struct command_spec *c, const char *name, const char *text, when *value)
{
    *value = WHEN_AUTO;
    if (!text || strcmp(text, "auto") == 0) return EXIT_DONE;
    *value = WHEN_ALWAYS;
    if (strcmp(text, "always") == 0) return EXIT_DONE;
    *value = WHEN_NEVER;
    if (strcmp(text, "never") == 0) return EXIT_DONE;
    return usage(c, "--%s is '%s'; it must be auto, always or never", name, text);
}

static int parse_latency_store(const struct command_spec *c, const char *text, aflow_latency_store *value)
{
    *value = AFLOW_LATENCY_AUTO;
    if (!text || strcmp(text, "auto") == 0) return EXIT_DONE;
    *value = AFLOW_LATENCY_EXACT;
    if (strcmp(text, "exact") == 0) return EXIT_DONE;
    *value = AFLOW_LATENCY_HISTOGRAM;
    if (strcmp(text, "histogram") == 0) return EXIT_DONE;
    return usage(c, "--latency-store is '%s'; it must be auto, exact or histogram", text);
}

/* 5%, 0.05 */
static int parse_share(const struct command_spec *c, const char *name, const char *text, double *value)
{
    piece field;
    int percent;
    if (!text) return EXIT_DONE;
    field.text = text;
    field.size = strlen(text);
    percent = field.size && text[field.size - 1] == '%';
    field.size -= (size_t)percent;
    if (!parse_decimal(&field, value) || *value < 0) return usage(c, "--%s is '%s'; it must be a share as 5%% or 0.05", name, text);
    if (percent) *value /= 100;
    return EXIT_DONE;
}

/* Seconds, or `auto` where there are many runs. */
static int parse_warm_up(const struct command_spec *c, const char *text, int many, double *value)
{
    piece field;
    if (!text) return EXIT_DONE;
    if (strcmp(text, "auto") == 0) {
        *value = AFLOW_WARM_UP_AUTO;
        return many ? EXIT_DONE : usage(c, "--warm-up auto is of many runs; say how many with --reps");
    }
    field.text = text;
    field.size = strlen(text);
    if (parse_decimal(&field, value) && *value >= 0) return EXIT_DONE;
    return usage(c, "--warm-up is '%s'; it must be a number of seconds, at least 0%s", text, many ? ", or auto" : "");
}

/* A whole number from 1 to most; 0 when the option is not given. */
static int parse_count(const struct command_spec *c, const char *name, const char *text, uint32_t most, uint32_t *value)
{
    const char *at;
    uint64_t number = 0;
    *value = 0;
    if (!text) return EXIT_DONE;
    for (at = text; *at >= '0' && *at <= '9' && number <= most; at++) number = number * 10 + (uint64_t)(*at - '0');
    if (*at || number < 1 || number > most) return usage(c, "--%s is '%s'; it must be a whole number from 1 to %lu", name, text, (unsigned long)most);
    *value = (uint32_t)number;
    return EXIT_DONE;
}

/* I/N */
static int parse_shard(const struct command_spec *c, const char *text, uint32_t *shard, uint32_t *shards)
{
    unsigned long i, n;
    char end;
    if (!text) return EXIT_DONE;
    if (sscanf(text, "%9lu/%9lu%c", &i, &n, &end) != 2 || i < 1 || i > n) {
        return usage(c, "--shard is '%s'; it must be I/N, part I of N, I from 1 to N", text);
    }
    *shard = (uint32_t)i;
    *shards = (uint32_t)n;
    return EXIT_DONE;
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

/* Takes one field, quoted or not, without the white space around it. Returns 1 when the record has more fields. */
static int csv_next(csv_reader *r, piece *field)
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

/* Finds the column in the header line; leaves the reader at the first record. Returns EXIT_DONE or an exit status. */
static int find_start_column(csv_reader *r, const char *path, size_t *column)
{
    piece field;
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
    piece field, found = { NULL, 0 };
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

/* All that a writer may need: of result, experiment, comparison, sweep and size what there is. */
typedef struct report {
    const aflow_result *result;        /* of an experiment, its first run once more, with samples */
    const aflow_experiment *experiment;
    const aflow_comparison *comparison;
    const aflow_sweep_result *sweep;
    const aflow_size_result *size;
    const aflow_scenario *scenario;
    const char *scenario_text;
    const char *name;                  /* of the suite of test cases */
    const char *title;                 /* NULL: the default */
    int series, color;
    aflow_chart_desc chart;
} report;

/* Writes one kind of output. */
typedef aflow_status (*write_fn)(const report *r, aflow_put_fn put, void *context);

static aflow_status write_report(const report *r, aflow_put_fn put, void *context)
{
    aflow_text_options ink;
    ink.color = r->color;
    if (r->size) return aflow_write_size_text(r->size, &ink, put, context);
    if (r->sweep) return aflow_write_sweep_text(r->sweep, &ink, put, context);
    if (r->comparison) return aflow_write_comparison_text(r->comparison, &ink, put, context);
    if (r->experiment) return aflow_write_experiment_text(r->experiment, &ink, put, context);
    return aflow_write_text_with(r->result, &ink, put, context);
}
static aflow_status write_json(const report *r, aflow_put_fn put, void *context)
{
    if (r->size) return aflow_write_size_json(r->size, put, context);
    if (r->sweep) return aflow_write_sweep_json(r->sweep, put, context);
    if (r->comparison) return aflow_write_comparison_json(r->comparison, put, context);
    if (r->experiment) return aflow_write_experiment_json(r->experiment, put, context);
    return aflow_write_json(r->result, r->series, put, context);
}
static aflow_status write_html(const report *r, aflow_put_fn put, void *context)
{
    aflow_page_desc page;
    memset(&page, 0, sizeof page);
    page.title = r->title;
    page.result = r->result;
    page.experiment = r->experiment;
    page.comparison = r->comparison;
    page.sweep = r->sweep;
    page.size = r->size;
    page.scenario_text = r->scenario_text;
    return aflow_write_page(&page, put, context);
}
static aflow_status write_markdown(const report *r, aflow_put_fn put, void *context)
{
    return r->comparison ? aflow_write_comparison_markdown(r->comparison, put, context) : aflow_write_experiment_markdown(r->experiment, put, context);
}
static aflow_status write_junit(const report *r, aflow_put_fn put, void *context)
{
    return r->comparison ? aflow_write_comparison_junit(r->comparison, r->name, put, context) : aflow_write_experiment_junit(r->experiment, r->name, put, context);
}
static aflow_status write_part(const report *r, aflow_put_fn put, void *context) { return aflow_write_part(r->experiment, put, context); }
static aflow_status write_sweep_chart(const report *r, aflow_put_fn put, void *context) { return aflow_write_sweep_svg(r->sweep, &r->chart, put, context); }
static aflow_status write_runs(const report *r, aflow_put_fn put, void *context)
{
    if (r->size) return aflow_write_size_csv(r->size, put, context);
    return r->sweep ? aflow_write_sweep_csv(r->sweep, put, context) : aflow_write_experiment_csv(r->experiment, put, context);
}
static aflow_status write_trace(const report *r, aflow_put_fn put, void *context) { return aflow_write_trace(r->result, put, context); }
static aflow_status write_requests(const report *r, aflow_put_fn put, void *context) { return aflow_write_requests_csv(r->result, put, context); }
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

/* "result.json" makes "result.json.writing-4711", a name that nobody else has; NULL when memory is out. */
static char *scratch_name(const char *path)
{
    char number[32];
#ifdef _WIN32
    snprintf(number, sizeof number, ".writing-%lu", (unsigned long)GetCurrentProcessId());
#else
    snprintf(number, sizeof number, ".writing-%ld", (long)getpid());
#endif
    return concatenate(path, number, "");
}

/* Writes an output: to standard output, into a device as it is, else beside the file and then over it, so that there
   never is half a file. Returns an exit status, after a message when it is not EXIT_DONE. */
static int write_output(const char *path, const report *r, write_fn write)
{
    int in_place = is_special(path), status;
    char *beside;
    FILE *stream;
    if (is_standard(path)) return fill_stream(stdout, path, r, write);
    beside = in_place ? concatenate(path, "", "") : scratch_name(path);
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
    int status, one_run = !r->experiment && !r->sweep && !r->size;
    if (is_standard(directory)) return write_output(directory, r, one_run ? write_csv_table : write_runs);
    if (make_directory(directory) != 0) return write_failure(directory, AFLOW_CANNOT_WRITE, errno);
    if (!one_run) return write_into(directory, r->size ? "size.csv" : r->sweep ? "sweep.csv" : "runs.csv", r, write_runs);
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
    for (i = 0; i < COUNT(file_outputs); i++) {
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
            case OPTION_MARKDOWN: status = write_output(path, r, write_markdown); break;
            case OPTION_JUNIT: status = write_output(path, r, write_junit); break;
            case OPTION_CHART: status = write_output(path, r, write_sweep_chart); break;
            case OPTION_OUT: status = write_output(path, r, write_part); break;
            case OPTION_CSV: status = write_csv(path, r); break;
            case OPTION_SVG: status = write_svg(path, r); break;
            default: break;
        }
        if (status > worst) worst = status;
    }
    return asked ? worst : write_output("-", r, write_report);
}

/* --- Inputs -------------------------------------------------------------- */

/* A scenario with its changes, and what it owns. */
typedef struct input {
    aflow_scenario_file *file;
    aflow_scenario *copy;          /* where --set writes; NULL without one */
    double *arrivals;              /* of --arrivals */
    const char **slo;              /* the file's objectives and those of --slo */
    aflow_scenario scenario;       /* what is run: the file's or the copy's, with arrivals and objectives */
} input;

/* What a command owns while it lasts. */
typedef struct study {
    aflow_diagnostics problems;
    input a, b;                    /* b: of compare */
    aflow_result *result;
    aflow_experiment *experiment;
    aflow_comparison *comparison;
    aflow_sweep_result *sweep;
    aflow_size_result *size;
    char *scenario_text;           /* of a, as YAML */
    when color, progress;
} study;

static void release_input(input *in)
{
    aflow_scenario_destroy(in->copy);
    aflow_scenario_file_destroy(in->file);
    free(in->arrivals);
    free((void *)in->slo);
}

static void release(study *s)
{
    aflow_result_destroy(s->result);
    aflow_experiment_destroy(s->experiment);
    aflow_comparison_destroy(s->comparison);
    aflow_sweep_destroy(s->sweep);
    aflow_size_destroy(s->size);
    release_input(&s->a);
    release_input(&s->b);
    free(s->scenario_text);
    aflow_diagnostics_clear(&s->problems);
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

/* "PATH=VALUE": where the value begins; NULL when it is none. */
static char *value_of(char *text)
{
    char *value = strchr(text, '=');
    return value && value != text ? value + 1 : NULL;
}

/* Carries out every --set, or --set-b, on a copy of the scenario. Returns an exit status; mistakes are in the problems. */
static int apply_sets(const struct command_spec *c, const arguments *a, option_id option, study *s, input *in)
{
    size_t i;
    for (i = 0; i < a->repeated_count; i++) {
        char *value = value_of(a->repeated[i].value);
        aflow_status set;
        if (a->repeated[i].option != option) continue;
        if (!value) return usage(c, "--%s is '%s'; it must be PATH=VALUE", options[option].name, a->repeated[i].value);
        if (!in->copy) in->copy = aflow_scenario_copy(&in->scenario, NULL);
        if (!in->copy) return out_of_memory();
        value[-1] = '\0';
        set = aflow_set(in->copy, a->repeated[i].value, value, &s->problems);
        value[-1] = '=';
        if (set == AFLOW_OUT_OF_MEMORY) return out_of_memory();
        in->scenario = *in->copy;
    }
    return s->problems.errors ? say_problems(&s->problems, 0, s->color) : EXIT_DONE;
}

/* The values of a repeatable option; NULL without any, or (*status) when memory is out. The caller frees the list. */
static const char **all_of(const arguments *a, option_id option, const char *const *first, size_t first_count, size_t *count, int *status)
{
    const char **list;
    size_t i;
    *count = first_count;
    for (i = 0; i < a->repeated_count; i++) *count += a->repeated[i].option == option;
    if (*count == 0) return NULL;
    list = (const char **)malloc(*count * sizeof *list);
    if (!list) {
        *status = out_of_memory();
        return NULL;
    }
    for (i = 0; i < first_count; i++) list[i] = first[i];
    *count = first_count;
    for (i = 0; i < a->repeated_count; i++) if (a->repeated[i].option == option) list[(*count)++] = a->repeated[i].value;
    return list;
}

static int add_objectives(const arguments *a, input *in)
{
    aflow_sim_settings *settings = &in->scenario.sim_settings;
    int status = EXIT_DONE;
    in->slo = all_of(a, OPTION_SLO, settings->slo, settings->slo_count, &settings->slo_count, &status);
    settings->slo = in->slo;
    return status;
}

/* Reads a scenario and makes the changes that the options ask for. */
static int prepare(const struct command_spec *c, const arguments *a, const char *path, int is_b, study *s, input *in)
{
    aflow_compat compat;
    size_t count = 0;
    int status = parse_compat(c, a->value[OPTION_COMPAT], &compat);
    if (status != EXIT_DONE) return status;
    in->file = read_scenario(path, compat, &s->problems);
    if (!in->file) return say_problems(&s->problems, 0, s->color);
    in->scenario = *aflow_scenario_of(in->file);
    if (a->value[OPTION_ARRIVALS]) {        /* first: a load cannot multiply them */
        status = read_arrivals(a->value[OPTION_ARRIVALS], &in->arrivals, &count);
        in->scenario.rqs_input.arrivals = in->arrivals;
        in->scenario.rqs_input.arrivals_count = count;
    }
    if (status == EXIT_DONE) status = apply_sets(c, a, OPTION_SET, s, in);
    if (status == EXIT_DONE && is_b) status = apply_sets(c, a, OPTION_SET_B, s, in);
    return status == EXIT_DONE ? add_objectives(a, in) : status;
}

/* --- Progress ------------------------------------------------------------ */

/* Seconds by a clock that nobody sets. */
static double seconds_now(void)
{
#ifdef _WIN32
    return (double)GetTickCount64() / 1000;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
#endif
}

/* Progress belongs on a terminal; what is done within a second needs none. */
typedef struct progress { int watched, shown; double start, last, patience; } progress;

static progress begin_progress(when wanted)
{
    progress p;
    p.watched = wanted == WHEN_ALWAYS || (wanted == WHEN_AUTO && is_terminal(stderr) && !is_dumb_terminal());
    p.shown = 0;
    p.patience = wanted == WHEN_ALWAYS ? 0 : 1;
    p.start = p.last = seconds_now();
    return p;
}

/* Draws the bar: how much is done, 0 to 1, and how long the rest will take; a negative share: only the text. */
static void show_progress(progress *p, double done, const char *text)
{
    static const char bar[] = "##############################";
    double now = seconds_now(), elapsed = now - p->start;
    if (!p->watched || elapsed < p->patience || (p->shown && now < p->last + 0.1 && done < 1)) return;
    p->last = now;
    p->shown = 1;
    if (done < 0) {
        fprintf(stderr, "\r  %s, %.0f s   ", text, elapsed);
    } else {
        int full = (int)(done * 30);
        fprintf(stderr, "\r  %3d %% [%.*s%*s] %.0f s left%s%s   ", (int)(done * 100), full, bar, 30 - full, "", done > 0 ? elapsed / done - elapsed : 0.0,
                text[0] ? ", " : "", text);
    }
    fflush(stderr);
}

static void end_progress(const progress *p)
{
    if (p->shown) fprintf(stderr, "\r%70s\r", "");
}

/* --- Threads ------------------------------------------------------------- */

/* A parallel_for on threads, in which finished runs are counted and shown. */
typedef struct crew {
    uint32_t jobs;                 /* 0: one a processor */
    progress bar;
    uint64_t done, total;          /* runs; total 0: not known */
    aflow_task_fn task;
    void *task_context;
#ifdef _WIN32
    CRITICAL_SECTION lock;
#else
    pthread_mutex_t lock;
#endif
} crew;

static void count_run(crew *c)
{
    char text[64];
    c->done++;
    snprintf(text, sizeof text, "%llu run%s", (unsigned long long)c->done, c->done == 1 ? "" : "s");
    show_progress(&c->bar, c->total ? (double)c->done / (double)(c->done > c->total ? c->done : c->total) : -1, text);
}

static void counted_task(void *context, size_t index)
{
    crew *c = (crew *)context;
    c->task(c->task_context, index);
#ifdef _WIN32
    EnterCriticalSection(&c->lock);
    count_run(c);
    LeaveCriticalSection(&c->lock);
#else
    pthread_mutex_lock(&c->lock);
    count_run(c);
    pthread_mutex_unlock(&c->lock);
#endif
}

static void work_together(void *context, size_t count, aflow_task_fn task, void *task_context)
{
    crew *c = (crew *)context;
    c->task = task;
    c->task_context = task_context;
    aflow_threads(c->jobs ? &c->jobs : NULL, count, counted_task, c);
}

static int begin_crew(crew *c, uint32_t jobs, uint64_t total, when wanted)
{
    memset(c, 0, sizeof *c);
    c->jobs = jobs;
    c->total = total;
    c->bar = begin_progress(wanted);
#ifdef _WIN32
    InitializeCriticalSection(&c->lock);
    return 1;
#else
    return pthread_mutex_init(&c->lock, NULL) == 0;
#endif
}

static void end_crew(crew *c)
{
    end_progress(&c->bar);
#ifdef _WIN32
    DeleteCriticalSection(&c->lock);
#else
    pthread_mutex_destroy(&c->lock);
#endif
}

/* --- Options of simulations ---------------------------------------------- */

/* What only the options together can get wrong. */
static int check_outputs(const struct command_spec *c, const arguments *a)
{
    const struct option_spec *first = NULL;
    size_t i;
    for (i = 0; i < COUNT(file_outputs); i++) {
        const char *path = a->value[file_outputs[i]];
        if (!path || !is_standard(path)) continue;
        if (first) return usage(c, "--%s and --%s both go to standard output", first->name, options[file_outputs[i]].name);
        first = &options[file_outputs[i]];
    }
    for (i = 0; i < COUNT(file_outputs); i++) {
        const char *path = a->value[file_outputs[i]];
        size_t k;
        if (!path || is_standard(path)) continue;
        for (k = 0; k < i; k++) {
            const char *other = a->value[file_outputs[k]];
            if (file_outputs[i] == OPTION_SVG && file_outputs[k] == OPTION_CSV) continue;      /* two sets of files in one directory */
            if (other && strcmp(other, path) == 0) return usage(c, "--%s and --%s both go to %s", options[file_outputs[k]].name, options[file_outputs[i]].name, path);
        }
        for (k = 0; k < a->operands_count; k++) {
            if (strcmp(a->operands[k], path) == 0) return usage(c, "--%s would overwrite %s, which is read", options[file_outputs[i]].name, path);
        }
    }
    if (a->value[OPTION_SERIES] && !a->value[OPTION_JSON]) return usage(c, "--series adds to --json, which is not given");
    if (a->value[OPTION_TRACE_EVERY] && !a->value[OPTION_TRACE]) return usage(c, "--trace-every is about --trace, which is not given");
    if (a->value[OPTION_ARRIVALS] && is_standard(a->value[OPTION_ARRIVALS]) && is_standard(a->operands[0])) {
        return usage(c, "the scenario and --arrivals both come from standard input");
    }
    return EXIT_DONE;
}

static const char *first_given(const arguments *a, const option_id *list, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) if (a->value[list[i]]) return options[list[i]].name;
    return NULL;
}

/* One run and an experiment have outputs of their own. */
static int check_run(const struct command_spec *c, const arguments *a, int is_experiment)
{
    const char *makes = first_given(a, makes_experiment, COUNT(makes_experiment)), *other;
    other = is_experiment ? first_given(a, of_one_run, COUNT(of_one_run)) : first_given(a, of_experiments, COUNT(of_experiments));
    if (other && is_experiment) return usage(c, "--%s is of one run, and --%s asks for many", other, makes);
    if (other) return usage(c, "--%s is of many runs; say how many with --reps", other);
    if (a->value[OPTION_OF] && !a->value[OPTION_PRECISION]) return usage(c, "--of goes with --precision");
    if (a->value[OPTION_MOST] && !a->value[OPTION_PRECISION]) return usage(c, "--most goes with --precision");
    if (a->value[OPTION_SHARD] && !a->value[OPTION_OUT]) return usage(c, "--shard needs --out PART, which `asyncflow merge` reads");
    if (a->value[OPTION_SHARD] && !a->value[OPTION_REPS]) return usage(c, "--shard needs --reps, the number of runs of all shards together");
    return EXIT_DONE;
}

static int parse_manners(const struct command_spec *c, const arguments *a, study *s)
{
    int status = parse_when(c, "color", a->value[OPTION_COLOR], &s->color);
    if (status == EXIT_DONE) status = parse_when(c, "progress", a->value[OPTION_PROGRESS], &s->progress);
    if (a->value[OPTION_QUIET]) s->progress = WHEN_NEVER;
    return status;
}

/* An objective or a statistic about where the time goes needs it split. */
static int asks_for_time(const arguments *a)
{
    size_t i;
    for (i = 0; i < a->repeated_count; i++) {
        const char *text = a->repeated[i].value + strspn(a->repeated[i].value, " ");
        if (a->repeated[i].option != OPTION_SLO && a->repeated[i].option != OPTION_STAT) continue;
        if (strncmp(text, "time.", 5) == 0 || strncmp(text, "slowest_time.", 13) == 0) return 1;
    }
    return 0;
}

/* What of a run and of an experiment is the same. */
static int parse_run(const struct command_spec *c, const arguments *a, int many, aflow_run_desc *d)
{
    int status;
    memset(d, 0, sizeof *d);
    d->seed = 1;
    d->latency_split = a->value[OPTION_WHY] != NULL || asks_for_time(a);
    status = parse_whole(c, "seed", a->value[OPTION_SEED], &d->seed);
    if (status == EXIT_DONE) status = parse_whole(c, "replication", a->value[OPTION_REPLICATION], &d->replication);
    if (status == EXIT_DONE) status = parse_warm_up(c, a->value[OPTION_WARM_UP], many, &d->warm_up_s);
    if (status == EXIT_DONE) status = parse_latency_store(c, a->value[OPTION_LATENCY_STORE], &d->latency_store);
    return status;
}

static int parse_experiment(const struct command_spec *c, const arguments *a, uint32_t reps, aflow_experiment_desc *d, uint32_t *jobs)
{
    aflow_run_desc run;
    int status = parse_run(c, a, 1, &run);
    memset(d, 0, sizeof *d);
    d->seed = run.seed;
    d->first_replication = run.replication;
    d->latency_store = run.latency_store;
    d->latency_split = run.latency_split;
    d->warm_up_s = run.warm_up_s;
    if (status == EXIT_DONE) status = parse_count(c, "reps", a->value[OPTION_REPS], 1000000, &d->replications);
    if (!d->replications) d->replications = reps;
    if (status == EXIT_DONE) status = parse_share(c, "precision", a->value[OPTION_PRECISION], &d->precision);
    d->precision_of = a->value[OPTION_OF];
    if (status == EXIT_DONE && a->value[OPTION_PRECISION] && !(d->precision > 0)) status = usage(c, "--precision is '%s'; it must be above 0", a->value[OPTION_PRECISION]);
    if (status == EXIT_DONE) status = parse_count(c, "most", a->value[OPTION_MOST], 1000000, &d->most_replications);
    if (!a->value[OPTION_REPS] && d->most_replications && d->most_replications < d->replications) d->replications = d->most_replications;
    if (status == EXIT_DONE) status = parse_share(c, "confidence", a->value[OPTION_CONFIDENCE], &d->confidence);
    if (status == EXIT_DONE) status = parse_shard(c, a->value[OPTION_SHARD], &d->shard, &d->shards);
    if (status == EXIT_DONE) status = parse_count(c, "jobs", a->value[OPTION_JOBS], 256, jobs);
    if (status == EXIT_DONE) d->statistics = all_of(a, OPTION_STAT, NULL, 0, &d->statistics_count, &status);
    return status;
}

/* --- run ----------------------------------------------------------------- */

/* Runs to the horizon, in slices while somebody is watching. */
static int simulate(study *s, const aflow_run_desc *desc)
{
    enum { SLICES = 1000 };
    aflow_sim *sim = aflow_sim_create(&s->a.scenario, desc, &s->problems);
    progress bar = begin_progress(s->progress);
    int slices = bar.watched ? SLICES : 1, slice;
    aflow_status status = AFLOW_OK;
    if (!sim) return say_problems(&s->problems, 0, s->color);
    for (slice = 1; slice <= slices && status == AFLOW_OK; slice++) {
        status = aflow_sim_run_until(sim, slice == slices ? aflow_sim_horizon(sim) : aflow_sim_horizon(sim) * slice / slices);
        show_progress(&bar, (double)slice / slices, "");
    }
    end_progress(&bar);
    if (status == AFLOW_OK) s->result = aflow_sim_finish(sim);
    if (!s->result) {
        failed("the run ended early: %s", aflow_status_text(status != AFLOW_OK ? status : AFLOW_OUT_OF_MEMORY));
    }
    aflow_sim_destroy(sim);
    return s->result ? EXIT_DONE : EXIT_FAILED;
}

/* The scenario as text, for the page. */
static int keep_scenario_text(study *s)
{
    aflow_text text;
    memset(&text, 0, sizeof text);
    if (aflow_write_scenario_yaml(&s->a.scenario, aflow_put_text, &text) != AFLOW_OK) return EXIT_DONE;     /* a hook has no text */
    text.capacity = text.size + 1;
    text.size = 0;
    text.data = s->scenario_text = (char *)malloc(text.capacity);
    if (!s->scenario_text) return out_of_memory();
    aflow_write_scenario_yaml(&s->a.scenario, aflow_put_text, &text);
    return EXIT_DONE;
}

static int report_study(const struct command_spec *c, const arguments *a, study *s)
{
    report r;
    int status = EXIT_DONE;
    (void)c;
    memset(&r, 0, sizeof r);
    if (a->value[OPTION_HTML] && s->a.file) status = keep_scenario_text(s);
    r.result = s->result;
    r.experiment = s->experiment;
    r.comparison = s->comparison;
    r.sweep = s->sweep;
    r.size = s->size;
    r.scenario = &s->a.scenario;
    r.scenario_text = s->scenario_text;
    r.name = a->value[OPTION_TITLE] ? a->value[OPTION_TITLE] : "asyncflow";
    r.title = a->value[OPTION_TITLE];
    r.series = a->value[OPTION_SERIES] != NULL;
    r.color = a->value[OPTION_TEXT] && !is_standard(a->value[OPTION_TEXT]) ? s->color == WHEN_ALWAYS : wants_color(s->color, stdout);
    say_problems(&s->problems, a->value[OPTION_QUIET] != NULL, s->color);
    return status == EXIT_DONE ? write_outputs(a, &r) : status;
}

/* Objectives that are missed are the exit status; one that is undecided is said, as it passes. */
static int judge_objective(const arguments *a, const aflow_objective_info *o)
{
    if (o->outcome == AFLOW_OBJECTIVE_UNDECIDED && !a->value[OPTION_QUIET]) {
        fflush(stdout);
        fprintf(stderr, "asyncflow: objective '%s' is undecided after %lu runs: more --reps decide it\n", o->text, (unsigned long)o->estimate.runs);
    }
    return o->outcome == AFLOW_OBJECTIVE_MISSED || o->outcome == AFLOW_OBJECTIVE_NO_DATA ? EXIT_MISSED : EXIT_DONE;
}

static int judge_experiment(const arguments *a, const aflow_experiment *e)
{
    size_t count = aflow_experiment_objectives(e), i;
    int worst = EXIT_DONE;
    for (i = 0; i < count; i++) {
        aflow_objective_info o = aflow_experiment_objective(e, i);
        int status = judge_objective(a, &o);
        if (status > worst) worst = status;
    }
    return worst;
}

static int judge_run(const arguments *a, const study *s)
{
    size_t count = aflow_result_objectives(s->result), i;
    int worst = EXIT_DONE;
    if (a->value[OPTION_SHARD]) return EXIT_DONE;       /* a part decides nothing */
    if (s->experiment) return judge_experiment(a, s->experiment);
    for (i = 0; i < count; i++) {
        aflow_objective_info o = aflow_result_objective(s->result, i);
        int status = judge_objective(a, &o);
        if (status > worst) worst = status;
    }
    return worst;
}

/* Every how manieth request is traced: as asked for, or such that there are about a thousand. */
static int choose_trace(const struct command_spec *c, const arguments *a, const aflow_scenario *s, uint32_t *every)
{
    const aflow_generator *g = &s->rqs_input;
    double seconds = s->sim_settings.total_simulation_time ? s->sim_settings.total_simulation_time : 3600;
    double expected = g->arrivals_count ? (double)g->arrivals_count : g->avg_active_users.mean * g->avg_request_per_minute_per_user.mean / 60 * seconds;
    uint64_t number = expected < 2000 ? 1 : expected < 4e12 ? (uint64_t)(expected / 1000) : UINT32_MAX;
    int status;
    if (!a->value[OPTION_TRACE]) return EXIT_DONE;
    status = parse_whole(c, "trace-every", a->value[OPTION_TRACE_EVERY], &number);
    if (status != EXIT_DONE) return status;
    if (number < 1 || number > UINT32_MAX) return usage(c, "--trace-every is '%s'; it must be from 1 to 4294967295", a->value[OPTION_TRACE_EVERY]);
    *every = (uint32_t)number;
    return EXIT_DONE;
}

static int run_once(const struct command_spec *c, const arguments *a, study *s)
{
    aflow_run_desc desc;
    int status = parse_run(c, a, 0, &desc);
    desc.record_requests = a->value[OPTION_REQUESTS] != NULL;
    if (status == EXIT_DONE) status = prepare(c, a, a->operands[0], 0, s, &s->a);
    if (status == EXIT_DONE) status = choose_trace(c, a, &s->a.scenario, &desc.trace_every);
    return status == EXIT_DONE ? simulate(s, &desc) : status;
}

/* Threads and progress around one of the library's experiments; what it gives is in the study. */
typedef struct experimenter {
    aflow_experiment_desc desc;
    aflow_vary *vary;
    size_t vary_count;
    uint32_t jobs;
    crew crew;
} experimenter;

static void release_experimenter(experimenter *e)
{
    free((void *)e->desc.statistics);
    free(e->vary);
}

static int begin_experiment(experimenter *e, const study *s, uint64_t total)
{
    if (!begin_crew(&e->crew, e->jobs, total, s->progress)) return out_of_memory();
    e->desc.parallel_for = work_together;
    e->desc.parallel_context = &e->crew;
    return EXIT_DONE;
}

static int end_experiment(experimenter *e, const study *s, int done)
{
    int status;
    end_crew(&e->crew);
    if (done) return EXIT_DONE;
    status = say_problems(&s->problems, 0, s->color);
    return status == EXIT_DONE ? EXIT_FAILED : status;
}

/* The first run once more, with its samples: for the page's time series. */
static int run_for_page(const arguments *a, study *s, const aflow_experiment_desc *d)
{
    aflow_run_desc run;
    aflow_diagnostics again;
    if (!a->value[OPTION_HTML]) return EXIT_DONE;
    memset(&run, 0, sizeof run);
    memset(&again, 0, sizeof again);
    run.seed = d->seed;
    run.replication = d->first_replication;
    run.latency_store = d->latency_store;
    run.warm_up_s = aflow_experiment_info(s->experiment).warm_up_s;
    run.latency_split = d->latency_split;
    s->result = aflow_run(&s->a.scenario, &run, &again);
    aflow_diagnostics_clear(&again);
    return s->result ? EXIT_DONE : out_of_memory();
}

static int run_many(const struct command_spec *c, const arguments *a, study *s)
{
    experimenter e;
    int status;
    memset(&e, 0, sizeof e);
    status = parse_experiment(c, a, 10, &e.desc, &e.jobs);
    if (status == EXIT_DONE) status = prepare(c, a, a->operands[0], 0, s, &s->a);
    if (status == EXIT_DONE) status = begin_experiment(&e, s, e.desc.precision > 0 ? 0 : e.desc.shards ? e.desc.replications / e.desc.shards : e.desc.replications);
    if (status == EXIT_DONE) {
        s->experiment = aflow_replicate(&s->a.scenario, &e.desc, &s->problems);
        status = end_experiment(&e, s, s->experiment != NULL);
    }
    if (status == EXIT_DONE) status = run_for_page(a, s, &e.desc);
    release_experimenter(&e);
    return status;
}

static int command_run(const arguments *a)
{
    const struct command_spec *c = find_command("run");
    int is_experiment = first_given(a, makes_experiment, COUNT(makes_experiment)) != NULL, status;
    study s;
    memset(&s, 0, sizeof s);
    status = check_outputs(c, a);
    if (status == EXIT_DONE) status = check_run(c, a, is_experiment);
    if (status == EXIT_DONE) status = parse_manners(c, a, &s);
    if (status == EXIT_DONE) status = is_experiment ? run_many(c, a, &s) : run_once(c, a, &s);
    if (status == EXIT_DONE) status = report_study(c, a, &s);
    if (status == EXIT_DONE) status = judge_run(a, &s);
    release(&s);
    return status;
}

/* --- compare, sweep, size, merge ----------------------------------------- */

static int compare(const struct command_spec *c, const arguments *a, study *s, experimenter *e)
{
    const char *other = a->operands_count > 1 ? a->operands[1] : a->operands[0];
    int status = prepare(c, a, a->operands[0], 0, s, &s->a);
    if (status == EXIT_DONE) status = prepare(c, a, other, 1, s, &s->b);
    if (status == EXIT_DONE) status = begin_experiment(e, s, (uint64_t)e->desc.replications * 2);
    if (status != EXIT_DONE) return status;
    s->comparison = aflow_compare(&s->a.scenario, &s->b.scenario, &e->desc, &s->problems);
    return end_experiment(e, s, s->comparison != NULL);
}

static int command_compare(const arguments *a)
{
    const struct command_spec *c = find_command("compare");
    experimenter e;
    study s;
    int status;
    memset(&s, 0, sizeof s);
    memset(&e, 0, sizeof e);
    status = check_outputs(c, a);
    if (status == EXIT_DONE && a->operands_count == 1 && !a->value[OPTION_SET_B]) status = usage(c, "compare needs a second scenario, or --set-b");
    if (status == EXIT_DONE && a->operands_count == 1 && is_standard(a->operands[0])) status = usage(c, "standard input is read once; name two files");
    if (status == EXIT_DONE && a->operands_count > 1 && is_standard(a->operands[0]) && is_standard(a->operands[1])) status = usage(c, "both scenarios come from standard input");
    if (status == EXIT_DONE) status = parse_manners(c, a, &s);
    if (status == EXIT_DONE) status = parse_experiment(c, a, 50, &e.desc, &e.jobs);
    if (status == EXIT_DONE) status = compare(c, a, &s, &e);
    if (status == EXIT_DONE) status = report_study(c, a, &s);
    if (status == EXIT_DONE) status = judge_experiment(a, aflow_comparison_experiment(s.comparison, 1));
    release_experimenter(&e);
    release(&s);
    return status;
}

/* The --vary options; each value stays in its argument. */
static int parse_varies(const struct command_spec *c, const arguments *a, experimenter *e)
{
    size_t i;
    if (!a->value[OPTION_VARY]) return usage(c, "%s needs a --vary PATH=VALUES", c->name);
    e->vary = (aflow_vary *)malloc(a->repeated_count * sizeof *e->vary);
    if (!e->vary) return out_of_memory();
    for (i = 0; i < a->repeated_count; i++) {
        char *value = value_of(a->repeated[i].value);
        if (a->repeated[i].option != OPTION_VARY) continue;
        if (!value) return usage(c, "--vary is '%s'; it must be PATH=VALUES", a->repeated[i].value);
        value[-1] = '\0';
        e->vary[e->vary_count].path = a->repeated[i].value;
        e->vary[e->vary_count++].values = value;
    }
    return EXIT_DONE;
}

/* What sweep and size have in common. */
static int begin_search(const struct command_spec *c, const arguments *a, study *s, experimenter *e)
{
    int status = check_outputs(c, a);
    if (status == EXIT_DONE) status = parse_manners(c, a, s);
    if (status == EXIT_DONE) status = parse_experiment(c, a, 10, &e->desc, &e->jobs);
    if (status == EXIT_DONE) status = prepare(c, a, a->operands[0], 0, s, &s->a);
    if (status == EXIT_DONE) status = parse_varies(c, a, e);
    return status == EXIT_DONE ? begin_experiment(e, s, 0) : status;
}

static int command_sweep(const arguments *a)
{
    const struct command_spec *c = find_command("sweep");
    aflow_sweep_desc desc;
    experimenter e;
    study s;
    int status;
    memset(&s, 0, sizeof s);
    memset(&e, 0, sizeof e);
    memset(&desc, 0, sizeof desc);
    status = begin_search(c, a, &s, &e);
    if (status == EXIT_DONE) {
        desc.vary = e.vary;
        desc.vary_count = e.vary_count;
        desc.together = a->value[OPTION_TOGETHER] != NULL;
        desc.experiment = e.desc;
        s.sweep = aflow_sweep(&s.a.scenario, &desc, &s.problems);
        status = end_experiment(&e, &s, s.sweep != NULL);
    }
    if (status == EXIT_DONE) status = report_study(c, a, &s);
    release_experimenter(&e);
    release(&s);
    return status;
}

static int command_size(const arguments *a)
{
    const struct command_spec *c = find_command("size");
    aflow_size_desc desc;
    experimenter e;
    study s;
    int status;
    memset(&s, 0, sizeof s);
    memset(&e, 0, sizeof e);
    memset(&desc, 0, sizeof desc);
    status = begin_search(c, a, &s, &e);
    if (status == EXIT_DONE) {
        desc.vary = e.vary;
        desc.vary_count = e.vary_count;
        desc.experiment = e.desc;
        s.size = aflow_size(&s.a.scenario, &desc, &s.problems);
        status = end_experiment(&e, &s, s.size != NULL);
    }
    if (status == EXIT_DONE) status = report_study(c, a, &s);
    if (status == EXIT_DONE && !aflow_size_info(s.size).found) status = EXIT_MISSED;
    release_experimenter(&e);
    release(&s);
    return status;
}

/* All parts are read before any is joined, so that every one that is bad is named. */
static int read_parts(const arguments *a, aflow_experiment **parts, aflow_diagnostics *problems)
{
    int worst = EXIT_DONE, status;
    size_t i;
    for (i = 0; i < a->operands_count; i++) {
        size_t size;
        char *data = read_all(a->operands[i], &size, &status);
        if (status == EXIT_DONE) parts[i] = aflow_read_part(data, size, a->operands[i], NULL, problems);
        free(data);
        if (status > worst) worst = status;
    }
    return worst;
}

static int command_merge(const arguments *a)
{
    const struct command_spec *c = find_command("merge");
    aflow_experiment **parts = (aflow_experiment **)calloc(a->operands_count, sizeof *parts);
    study s;
    int status;
    size_t i;
    memset(&s, 0, sizeof s);
    if (!parts) return out_of_memory();
    status = check_outputs(c, a);
    if (status == EXIT_DONE) status = parse_manners(c, a, &s);
    if (status == EXIT_DONE) status = read_parts(a, parts, &s.problems);
    if (status == EXIT_DONE && !s.problems.errors) {
        s.experiment = aflow_merge((const aflow_experiment *const *)parts, a->operands_count, (const char *const *)a->operands, a->value[OPTION_ALLOW_GAPS] != NULL, NULL, &s.problems);
    }
    if (status == EXIT_DONE && !s.experiment) status = say_problems(&s.problems, 0, s.color);
    if (status == EXIT_DONE) status = report_study(c, a, &s);
    if (status == EXIT_DONE) status = judge_run(a, &s);
    for (i = 0; i < a->operands_count; i++) aflow_experiment_destroy(parts[i]);
    free(parts);
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
    if (worst == EXIT_DONE) worst = parse_when(find_command("check"), "color", a->value[OPTION_COLOR], &color);
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
    a.repeated = (given *)calloc((size_t)argc, sizeof *a.repeated);
    a.operands = (char **)calloc((size_t)argc, sizeof *a.operands);
    if (!a.repeated || !a.operands) {
        free(a.repeated);
        free(a.operands);
        return out_of_memory();
    }
    status = parse_arguments(c, &a, argc - 2, argv + 2);
    if (status == EXIT_DONE && (c->bit & (FOR_REPORTS | FOR_CHECK)) && !a.value[OPTION_HELP]) status = self_test();
    if (status == EXIT_DONE) status = a.value[OPTION_HELP] ? help_of(c) : c->function(&a);
    free(a.repeated);
    free(a.operands);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_DONE) status = write_failure("-", AFLOW_CANNOT_WRITE, errno);
    return status;
}
