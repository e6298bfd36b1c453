/* unit/experiment_writers.c - section [24b]: experiments, comparisons, sweeps and sizes as text, JSON, CSV, Markdown and JUnit XML, of
   ordinary, empty, partial and hostile ones. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- What there is to write about --- */

#define CORES_OF(id) "servers." id ".server_resources.cpu_cores"
#define HOSTILE "srv|\"<b>&amp;`*_$[x](y)\"\n,\t\x01\xC3\xA9"

typedef struct study {
    const char *server_id, *endpoint_name;
    double rate, cpu_s, dropout;      /* requests a second; of the first edge */
    const char *slo[4];
    int price;                        /* of a core, an hour */
} study;

static const study study_plain = { "srv-1", "/api", 20, 0.03, 0, { "p95 < 300ms", "mean<0.2", "p99.9 < 1s", "error_rate < 0.1%" }, 0 };

/* Poisson arrivals at one server of one core and exponential service: M/M/1 with 20 ms of I/O behind. */
static aflow_scenario *scenario_of(const study *s)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server server;
    aflow_edge first;
    aflow_step steps[2];
    aflow_id from, client, app;
    aflow_scenario *copy;
    const char *slo[4];
    size_t n = 0;
    memset(&users, 0, sizeof users);
    memset(&server, 0, sizeof server);
    memset(&first, 0, sizeof first);
    users.avg_active_users = aflow_constant(s->rate);
    users.avg_request_per_minute_per_user = aflow_constant(60);
    server.id = s->server_id;
    server.server_resources.cpu_cores = 1;
    first.latency = aflow_constant(0.001);
    first.dropout_rate = s->dropout;
    steps[0] = aflow_cpu(aflow_exponential(s->cpu_s));
    steps[1] = aflow_io_s(0.020);
    from = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    app = aflow_add_server(b, &server);
    aflow_add_endpoint(b, app, s->endpoint_name, steps, 2);
    aflow_connect_edge(b, from, client, &first);
    aflow_connect(b, client, app, aflow_constant(0.001));
    aflow_connect(b, app, client, aflow_constant(0.001));
    while (n < 4 && s->slo[n]) slo[n] = s->slo[n], n++;
    aflow_builder_settings(b)->slo = slo;
    aflow_builder_settings(b)->slo_count = n;
    aflow_builder_settings(b)->total_simulation_time = 30;
    copy = aflow_scenario_copy(aflow_builder_scenario(b, NULL), NULL);
    aflow_builder_destroy(b);
    if (!copy) test_fail(__FILE__, __LINE__, "no scenario");
    return copy;
}

typedef struct subject {
    aflow_experiment *experiment;
    aflow_comparison *comparison;
    aflow_sweep_result *sweep;
    aflow_size_result *size;
} subject;

static aflow_experiment_desc desc_of(uint32_t replications)
{
    aflow_experiment_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.seed = 7;
    desc.replications = replications;
    desc.most_replications = 8;
    return desc;
}

/* Fails the test and leaves NULL where something cannot be made. The field that varies is the first server's cores. */
static subject subject_of(const study *s, uint32_t replications, int split)
{
    aflow_scenario *a = scenario_of(s), *b = aflow_scenario_copy(a, NULL);
    aflow_experiment_desc desc = desc_of(replications);
    aflow_sweep_desc sweep;
    aflow_size_desc size;
    aflow_diagnostics problems;
    aflow_vary vary;
    subject x;
    memset(&problems, 0, sizeof problems);
    memset(&sweep, 0, sizeof sweep);
    memset(&size, 0, sizeof size);
    desc.latency_split = split;
    vary.path = "servers[0].server_resources.cpu_cores";
    vary.values = "1..3";
    sweep.vary = size.vary = &vary;
    sweep.vary_count = size.vary_count = 1;
    sweep.experiment = size.experiment = desc;
    x.experiment = aflow_replicate(a, &desc, &problems);
    aflow_set(b, vary.path, "2", &problems);
    x.comparison = aflow_compare(a, b, &desc, &problems);
    x.sweep = aflow_sweep(a, &sweep, &problems);
    x.size = aflow_size(a, &size, &problems);
    if (problems.errors) test_fail(__FILE__, __LINE__, "no subject: %s", problems.items[0].message);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(a);
    aflow_scenario_destroy(b);
    return x;
}

static void subject_clear(subject *x)
{
    aflow_experiment_destroy(x->experiment);
    aflow_comparison_destroy(x->comparison);
    aflow_sweep_destroy(x->sweep);
    aflow_size_destroy(x->size);
}

/* --- The writers, alike --- */

enum { TEXT, COLOR, JSON, CSV, MARKDOWN, JUNIT, PAIR_TEXT, PAIR_COLOR, PAIR_JSON, PAIR_MARKDOWN, PAIR_JUNIT, SWEEP_TEXT, SWEEP_COLOR, SWEEP_JSON, SWEEP_CSV,
       SIZE_TEXT, SIZE_COLOR, SIZE_JSON, SIZE_CSV, WRITERS };

static aflow_status write_one(int writer, const subject *x, aflow_put_fn put, void *context)
{
    aflow_text_options color;
    color.color = 1;
    switch (writer) {
    case TEXT: return aflow_write_experiment_text(x->experiment, NULL, put, context);
    case COLOR: return aflow_write_experiment_text(x->experiment, &color, put, context);
    case JSON: return aflow_write_experiment_json(x->experiment, put, context);
    case CSV: return aflow_write_experiment_csv(x->experiment, put, context);
    case MARKDOWN: return aflow_write_experiment_markdown(x->experiment, put, context);
    case JUNIT: return aflow_write_experiment_junit(x->experiment, "checks", put, context);
    case PAIR_TEXT: return aflow_write_comparison_text(x->comparison, NULL, put, context);
    case PAIR_COLOR: return aflow_write_comparison_text(x->comparison, &color, put, context);
    case PAIR_JSON: return aflow_write_comparison_json(x->comparison, put, context);
    case PAIR_MARKDOWN: return aflow_write_comparison_markdown(x->comparison, put, context);
    case PAIR_JUNIT: return aflow_write_comparison_junit(x->comparison, NULL, put, context);
    case SWEEP_TEXT: return aflow_write_sweep_text(x->sweep, NULL, put, context);
    case SWEEP_COLOR: return aflow_write_sweep_text(x->sweep, &color, put, context);
    case SWEEP_JSON: return aflow_write_sweep_json(x->sweep, put, context);
    case SWEEP_CSV: return aflow_write_sweep_csv(x->sweep, put, context);
    case SIZE_TEXT: return aflow_write_size_text(x->size, NULL, put, context);
    case SIZE_COLOR: return aflow_write_size_text(x->size, &color, put, context);
    case SIZE_JSON: return aflow_write_size_json(x->size, put, context);
    default: return aflow_write_size_csv(x->size, put, context);
    }
}

static char *written(int writer, const subject *x)
{
    aflow_text measure, text;
    memset(&measure, 0, sizeof measure);
    CHECK_U64(write_one(writer, x, aflow_put_text, &measure), AFLOW_OK);
    text.capacity = measure.size + 1;
    text.data = (char *)calloc(1, text.capacity);
    text.size = 0;
    if (!text.data) exit(2);
    CHECK_U64(write_one(writer, x, aflow_put_text, &text), AFLOW_OK);
    CHECK_U64(strlen(text.data), measure.size);
    return text.data;
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what)) n++;
    return n;
}

#define HOLDS(text, what) do { if (!strstr((text), (what))) test_fail(__FILE__, __LINE__, "not there: %s", (what)); } while (0)

/* A # stands for any digit of a scenario's hash, which every new field changes. UPDATE=1 prints what would be expected, for reading
   before it is pasted. */
static void check_text(int line, const char *text, const char *want)
{
    const char *t = text, *w = want;
    if (getenv("UPDATE")) printf("--- line %d\n%s", line, text);
    while (*t && (*t == *w || (*w == '#' && strchr("0123456789abcdef", *t)))) t++, w++;
    if (*t || *w) test_fail(__FILE__, line, "differs from byte %ld on: \"%.60s\", expected \"%.60s\"", (long)(t - text), t, w);
}
#define IS(text, want) check_text(__LINE__, (text), (want))

/* --- Exact texts --- */

#include "experiment_writers.inc"

static void text_of_an_experiment(void)
{
    subject x = subject_of(&study_plain, 4, 1);
    char *text = written(TEXT, &x);
    IS(text, want_text);
    free(text);
    subject_clear(&x);
}

static void text_of_others(void)
{
    subject x = subject_of(&study_plain, 4, 0);
    char *text = written(PAIR_TEXT, &x);
    IS(text, want_pair_text);
    free(text);
    text = written(SWEEP_TEXT, &x);
    IS(text, want_sweep_text);
    free(text);
    text = written(SIZE_TEXT, &x);
    HOLDS(text, "NO ANSWER   ");       /* p99.9 has no data with any number of cores */
    CHECK_U64(count_of(text, "\n> "), 0);
    free(text);
    subject_clear(&x);
}

static void text_of_a_size(void)
{
    study s = study_plain;
    subject x;
    char *text;
    s.slo[0] = "p95 < 180ms";
    s.slo[1] = NULL;
    x = subject_of(&s, 4, 0);
    text = written(SIZE_TEXT, &x);
    HOLDS(text, "ANSWER      servers[0].server_resources.cpu_cores = 2 ");
    HOLDS(text, "\none less    with 1, ");
    HOLDS(text, "\nvaries      servers[0].server_resources.cpu_cores\nit took     ");
    HOLDS(text, " of 3 settings simulated: ");
    HOLDS(text, "\nLOOKED AT          finding        runs  why\n");
    HOLDS(text, "\n> 2                meets  ");
    CHECK_U64(count_of(text, "\n> "), 1);
    free(text);
    text = written(SIZE_CSV, &x);
    HOLDS(text, "cpu_cores,finding,cost_per_hour,runs,requests,why,p95 < 180ms,p95 < 180ms low,p95 < 180ms high\n");
    HOLDS(text, "\n2,meets,0,");
    free(text);
    subject_clear(&x);
}

static void markdown_and_junit(void)
{
    subject x = subject_of(&study_plain, 4, 0);
    char *text = written(MARKDOWN, &x);
    IS(text, want_markdown);
    free(text);
    text = written(JUNIT, &x);
    IS(text, want_junit);
    free(text);
    subject_clear(&x);
}

static void csv_rows(void)
{
    subject x = subject_of(&study_plain, 2, 0);
    char *text = written(CSV, &x), row[80];
    size_t statistics = aflow_experiment_statistics(x.experiment), run;
    CHECK(strncmp(text, "run,replication,time_s,entity_type,entity,metric,stat,value\n", 60) == 0);
    CHECK_U64(count_of(text, "\n"), 1 + 2 * (5 + statistics));
    for (run = 0; run < 2; run++) {
        snprintf(row, sizeof row, "\n7,%u,,run,,requests,generated,%u\n", (unsigned)run, (unsigned)aflow_experiment_run(x.experiment, run).requests.generated);
        HOLDS(text, row);
        snprintf(row, sizeof row, "\n7,%u,,run,,latency_s,p999,\n", (unsigned)run);      /* too few: empty */
        HOLDS(text, row);
        snprintf(row, sizeof row, "\n7,%u,,server,srv-1,cpu_utilization,mean,0.", (unsigned)run);
        HOLDS(text, row);
    }
    free(text);
    text = written(SWEEP_CSV, &x);
    CHECK_U64(count_of(text, "\n"), 1 + aflow_sweep_settings(x.sweep));
    CHECK(strncmp(text, "servers[0].server_resources.cpu_cores,problem,runs,requests,verdict,objectives,objectives_met,objectives_missed,cost_per_hour,busiest,"
                        "busiest_utilization,mean,mean low,mean high,", 170) == 0);
    HOLDS(text, "\n3,,2,");
    free(text);
    text = written(SIZE_CSV, &x);
    CHECK_U64(count_of(text, "\n"), 1 + aflow_size_rows(x.size));
    HOLDS(text, "cpu_cores,finding,cost_per_hour,runs,requests,why");
    free(text);
    subject_clear(&x);
}

static void colours(void)
{
    static const int pairs[4][2] = { { TEXT, COLOR }, { PAIR_TEXT, PAIR_COLOR }, { SWEEP_TEXT, SWEEP_COLOR }, { SIZE_TEXT, SIZE_COLOR } };
    subject x = subject_of(&study_plain, 4, 0);
    size_t i;
    for (i = 0; i < 4; i++) {
        char *plain = written(pairs[i][0], &x), *color = written(pairs[i][1], &x), *from, *to;
        CHECK(strchr(plain, '\033') == NULL && strchr(color, '\033') != NULL);
        for (from = to = color; *from; from++) {       /* without its codes it is the plain text */
            if (*from == '\033') from = strchr(from, 'm');
            else *to++ = *from;
        }
        *to = 0;
        CHECK_STR(color, plain);
        free(plain);
        free(color);
    }
    subject_clear(&x);
}

/* --- JSON: the shape is for tests/consumers, which have the schema; here that parts joined give the same bytes --- */

static void json_of_parts(void)
{
    aflow_scenario *scenario = scenario_of(&study_plain);
    aflow_experiment_desc desc = desc_of(5);
    aflow_experiment *parts[3], *one = aflow_replicate(scenario, &desc, NULL);
    const aflow_experiment *shuffled[3];
    subject x;
    char *whole, *joined;
    uint32_t i;
    memset(&x, 0, sizeof x);
    x.experiment = one;
    whole = written(JSON, &x);
    desc.shards = 3;
    for (i = 0; i < 3; i++) {
        desc.shard = i + 1;
        parts[i] = aflow_replicate(scenario, &desc, NULL);
    }
    x.experiment = parts[1];
    joined = written(JSON, &x);
    HOLDS(joined, "\"replications\": 5, \"runs\": 2, \"shard\": 2, \"shards\": 3, ");
    free(joined);
    joined = written(TEXT, &x);
    HOLDS(joined, "runs        2 of 5 runs (shard 2 of 3) of 30 s, replications 0 to 4 of seed 7\n");
    free(joined);
    shuffled[0] = parts[2], shuffled[1] = parts[0], shuffled[2] = parts[1];
    x.experiment = aflow_merge(shuffled, 3, NULL, 0, NULL, NULL);
    CHECK(x.experiment != NULL);
    joined = written(JSON, &x);
    CHECK_STR(joined, whole);
    CHECK(strstr(whole, "shard") == NULL);
    free(joined);
    aflow_experiment_destroy(x.experiment);
    x.experiment = aflow_merge(shuffled, 2, NULL, 1, NULL, NULL);
    joined = written(TEXT, &x);
    HOLDS(joined, "runs        3 of 5 runs (the others are missing) of 30 s, ");
    free(joined);
    free(whole);
    aflow_experiment_destroy(x.experiment);
    aflow_experiment_destroy(one);
    for (i = 0; i < 3; i++) aflow_experiment_destroy(parts[i]);
    aflow_scenario_destroy(scenario);
}

/* --- Empty: nothing completes, nobody comes, one run, no run --- */

static void check_no_nan(const char *text)
{
    CHECK(strstr(text, "nan") == NULL && strstr(text, "NaN") == NULL && strstr(text, "inf") == NULL);
}

static void nothing_completes(void)
{
    study s = study_plain;
    subject x;
    int writer;
    char *text;
    s.dropout = 1;
    x = subject_of(&s, 3, 1);
    for (writer = 0; writer < WRITERS; writer++) {
        text = written(writer, &x);
        check_no_nan(text);
        free(text);
    }
    text = written(TEXT, &x);
    HOLDS(text, "EMPTY       3 of 3 runs: nothing completed\nNO DATA     p95 < 300ms: n/a (needs 200): no run has as many observations\n"
                "NO DATA     mean<0.2 s: nothing was observed\n");
    HOLDS(text, "\n  mean                       n/a         n/a         n/a         n/a         n/a\n");
    free(text);
    text = written(JUNIT, &x);
    HOLDS(text, "<testsuites tests=\"4\" failures=\"1\" errors=\"3\">");
    HOLDS(text, "<error type=\"no data\" message=\"nothing was observed\"/>");
    HOLDS(text, "<failure type=\"missed\" message=\"100.00 % (100.00 % to 100.00 %, 95 % confidence)\"/>");
    free(text);
    text = written(JSON, &x);
    HOLDS(text, "\"outcome\": \"no data\", \"statistic\": \"mean\", \"unit\": \"s\", \"bound\": 0.2, \"runs\": 0, \"mean\": null, \"low\": null, \"high\": null}");
    free(text);
    subject_clear(&x);
}

static void one_run_or_none(void)
{
    subject x = subject_of(&study_plain, 1, 0);
    aflow_scenario *scenario;
    aflow_experiment_desc desc = desc_of(1);
    char *text = written(TEXT, &x);
    HOLDS(text, " (one run, no interval)");
    HOLDS(text, "runs        1 run of 30 s, replication 0 of seed 7\n");
    free(text);
    text = written(PAIR_TEXT, &x);
    HOLDS(text, "mean: one run shows no sure difference\n");
    free(text);
    aflow_experiment_destroy(x.experiment);
    scenario = scenario_of(&study_plain);
    desc.shard = desc.shards = 2;
    x.experiment = aflow_replicate(scenario, &desc, NULL);
    text = written(TEXT, &x);
    HOLDS(text, "NO RUNS     none of the runs is here\n");
    free(text);
    text = written(JSON, &x);
    HOLDS(text, "\"verdict\": null, ");
    HOLDS(text, "\"runs\": []\n}\n");
    check_no_nan(text);
    free(text);
    text = written(MARKDOWN, &x);
    HOLDS(text, "**no runs**: ");
    free(text);
    aflow_scenario_destroy(scenario);
    subject_clear(&x);
}

/* --- Hostile names --- */

static size_t characters(const char *from, const char *to)
{
    size_t n = 0;
    for (; from < to; from++) n += ((unsigned char)*from & 0xC0) != 0x80;
    return n;
}

/* No line is wider than the page, and nothing in it moves a cursor. */
static void check_page(const char *text)
{
    const char *line = text, *end;
    for (; *line; line = end + 1) {
        end = strchr(line, '\n');
        if (!end) {
            test_fail(__FILE__, __LINE__, "the last line has no end");
            return;
        }
        if (characters(line, end) > 80) test_fail(__FILE__, __LINE__, "a line is wider than 80 columns: %.*s", (int)(end - line), line);
    }
    for (; *text; text++) if ((unsigned char)*text < 0x20 && *text != '\n') test_fail(__FILE__, __LINE__, "a control character %d is in the text", *text);
}

/* Every row of a table has as many cells as its head; pipes of names are escaped. */
static void check_markdown(const char *text)
{
    size_t cells = 0;
    const char *line = text, *end, *c;
    CHECK(strstr(text, "<b>") == NULL);
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t n = 0;
        for (c = line; c < end; c++) {
            if (*c == '\\' && c + 1 < end) c++;
            else n += *c == '|';
        }
        if (*line != '|') { cells = 0; continue; }
        if (!cells) cells = n;
        if (n != cells) test_fail(__FILE__, __LINE__, "%u cells, expected %u: %.*s", (unsigned)n, (unsigned)cells, (int)(end - line), line);
    }
}

/* Quoted fields by RFC 4180; every row has as many as the first. */
static void check_csv(const char *text)
{
    size_t fields = 1, first = 0;
    int quoted = 0;
    for (; *text; text++) {
        if (*text == '"') quoted = !quoted;
        else if (!quoted && *text == ',') fields++;
        else if (!quoted && *text == '\n') {
            if (!first) first = fields;
            CHECK_U64(fields, first);
            fields = 1;
        }
    }
    CHECK(!quoted);
}

static void hostile_names(void)
{
    char long_id[600];
    study s = study_plain;
    int round, writer;
    memset(long_id, 'x', sizeof long_id);
    long_id[200] = ',';
    long_id[sizeof long_id - 1] = 0;
    for (round = 0; round < 2; round++) {
        subject x;
        s.server_id = round ? long_id : HOSTILE;
        s.endpoint_name = round ? long_id : "/" HOSTILE;
        s.slo[1] = round ? NULL : HOSTILE ".cpu_utilization < 0.5";
        x = subject_of(&s, 2, 0);
        if (!x.size) return;
        for (writer = 0; writer < WRITERS; writer++) {
            char *text = written(writer, &x);
            if (writer == TEXT || writer == PAIR_TEXT || writer == SWEEP_TEXT || writer == SIZE_TEXT) check_page(text);
            if (writer == MARKDOWN || writer == PAIR_MARKDOWN) check_markdown(text);
            if (writer == CSV || writer == SWEEP_CSV || writer == SIZE_CSV) check_csv(text);
            if (writer == JUNIT || writer == PAIR_JUNIT) CHECK(strstr(text, "<b>") == NULL && strchr(text, '\x01') == NULL);
            if (writer == JSON || writer == PAIR_JSON || writer == SWEEP_JSON || writer == SIZE_JSON) CHECK(strchr(text, '\x01') == NULL && strchr(text, '\t') == NULL);
            free(text);
        }
        if (!round) {
            char *text = written(JUNIT, &x);
            HOLDS(text, "name=\"srv|&quot;&lt;b&gt;&amp;amp;`*_$[x](y)&quot; , &#65533;\xC3\xA9.cpu_utilization &lt; 0.5\"");
            free(text);
            text = written(MARKDOWN, &x);
            HOLDS(text, "| srv\\|\"&lt;b\\>&amp;amp;\\`\\*_\\$\\[x\\](y)\"\\\\u000a,\\\\u0009\\\\u0001\xC3\xA9.cpu_utilization |");
            free(text);
        }
        subject_clear(&x);
    }
}

/* --- A put that fails, at whichever call --- */

typedef struct sink { int calls, fail_at; } sink;

static int sink_put(void *context, const char *text, size_t size)
{
    sink *s = (sink *)context;
    (void)text;
    (void)size;
    return ++s->calls == s->fail_at;
}

static void a_refused_put_is_said(void)
{
    subject x = subject_of(&study_plain, 3, 1);
    int writer, calls, k;
    for (writer = 0; writer < WRITERS; writer++) {
        for (calls = 1, k = 0; k <= calls; k++) {
            sink s;
            aflow_status status;
            s.calls = 0;
            s.fail_at = k;
            status = write_one(writer, &x, sink_put, &s);
            CHECK_U64(status, k ? AFLOW_CANNOT_WRITE : AFLOW_OK);
            if (k) CHECK_U64(s.calls, k);
            else calls = s.calls;
        }
        CHECK(calls >= 1);
    }
    subject_clear(&x);
}

static void misuse_is_said(void)
{
    subject none, x = subject_of(&study_plain, 1, 0);
    int writer;
    memset(&none, 0, sizeof none);
    for (writer = 0; writer < WRITERS; writer++) {
        sink s;
        s.calls = s.fail_at = 0;
        CHECK_U64(write_one(writer, &none, sink_put, &s), AFLOW_MISUSE);
        CHECK_U64(write_one(writer, &x, NULL, NULL), AFLOW_MISUSE);
        CHECK_U64(s.calls, 0);
    }
    subject_clear(&x);
}

int main(void)
{
    RUN(text_of_an_experiment);
    RUN(text_of_others);
    RUN(text_of_a_size);
    RUN(markdown_and_junit);
    RUN(csv_rows);
    RUN(colours);
    RUN(json_of_parts);
    RUN(nothing_completes);
    RUN(one_run_or_none);
    RUN(hostile_names);
    RUN(a_refused_put_is_said);
    RUN(misuse_is_said);
    return test_end();
}
