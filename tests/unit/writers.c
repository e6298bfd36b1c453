/* writers.c - report, JSON, CSV: well-formed for ordinary, empty and hostile runs. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- Runs to write about --- */

#define HOSTILE "srv, \"one\"\nline two \xC3\xA9"

typedef struct study {
    const char *server_id;       /* NULL: srv-1, srv-2, ... */
    const char *endpoint_name;
    int servers;                 /* behind a balancer; 0: one, without */
    double users, cpu_s, io_s, latency_s;
    double dropout;              /* of the generator's edge */
    uint32_t pool, metrics;
    int events;                  /* an outage and a spike */
    double until;                /* 0: to the horizon, 30 s; < 0: nothing is played */
} study;

static const study study_plain = { NULL, "/api", 2, 40, 0.002, 0.010, 0.003, 0.01, 0, 0, 1, 0 };

static aflow_id study_server(aflow_builder *b, const study *s, int index)
{
    aflow_server desc;
    aflow_step steps[3];
    char id[300];
    aflow_id server;
    memset(&desc, 0, sizeof desc);
    desc.server_resources.cpu_cores = 1;
    desc.server_resources.db_connection_pool = s->pool;
    if (s->server_id) {
        snprintf(id, sizeof id, "%s%d", s->server_id, index);
        desc.id = id;
    }
    steps[0] = aflow_ram_mb(16);
    steps[1] = aflow_cpu(aflow_exponential(s->cpu_s));
    steps[2] = s->pool ? aflow_db_s(s->io_s) : aflow_io_s(s->io_s);
    server = aflow_add_server(b, &desc);
    aflow_add_endpoint(b, server, s->endpoint_name, steps, 3);
    return server;
}

static void study_topology(aflow_builder *b, const study *s)
{
    aflow_generator users;
    aflow_edge lossy;
    aflow_id source, client, hub, first = 0, entry;
    int i;
    memset(&users, 0, sizeof users);
    memset(&lossy, 0, sizeof lossy);
    users.avg_active_users = aflow_poisson(s->users);
    users.avg_request_per_minute_per_user = aflow_poisson(60);
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    hub = client;
    if (s->servers) {
        aflow_load_balancer balancer;
        memset(&balancer, 0, sizeof balancer);
        hub = aflow_add_load_balancer(b, &balancer);
    }
    lossy.latency = aflow_exponential(s->latency_s);
    lossy.dropout_rate = s->dropout;
    entry = aflow_connect_edge(b, source, client, &lossy);
    if (s->servers) aflow_connect(b, client, hub, aflow_exponential(s->latency_s));
    for (i = 0; i < (s->servers ? s->servers : 1); i++) {
        aflow_id server = study_server(b, s, i);
        if (i == 0) first = server;
        aflow_connect(b, hub, server, aflow_exponential(s->latency_s));
        aflow_connect(b, server, client, aflow_exponential(s->latency_s));
    }
    if (s->events) {
        aflow_add_outage(b, first, 10, 12);
        aflow_add_spike(b, entry, 5, 8.5, 0.02);
    }
}

/* Fails the test and returns NULL when the run cannot be made. */
static aflow_result *study_run(const study *s)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_diagnostics problems;
    aflow_run_desc desc;
    aflow_sim *sim;
    aflow_result *result = NULL;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    desc.seed = 7;
    desc.record_requests = 1;
    study_topology(b, s);
    aflow_builder_settings(b)->total_simulation_time = 30;
    aflow_builder_settings(b)->sample_period_s = 0.1;
    aflow_builder_settings(b)->enabled_sample_metrics = s->metrics;
    sim = aflow_sim_create(aflow_builder_scenario(b, &problems), &desc, &problems);
    if (sim) {
        if (s->until >= 0) aflow_sim_run_until(sim, s->until > 0 ? s->until : 30);
        result = aflow_sim_finish(sim);
    }
    if (!result) {
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        test_fail(__FILE__, __LINE__, "no result");
    }
    aflow_sim_destroy(sim);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return result;
}

/* --- The writers, alike --- */

enum { TEXT, TEXT_COLOR, JSON, JSON_SERIES, SCHEMA, SUMMARY, THROUGHPUT, SAMPLES, REQUESTS, HGRM, OPENMETRICS, PROMETHEUS, WRITERS };

static aflow_status write_one(int writer, const aflow_result *result, aflow_put_fn put, void *context)
{
    aflow_text_options color;
    color.color = 1;
    switch (writer) {
    case TEXT: return aflow_write_text(result, put, context);
    case TEXT_COLOR: return aflow_write_text_with(result, &color, put, context);
    case JSON: return aflow_write_json(result, 0, put, context);
    case JSON_SERIES: return aflow_write_json(result, 1, put, context);
    case SCHEMA: return aflow_write_result_schema(put, context);
    case SUMMARY: return aflow_write_summary_csv(result, put, context);
    case THROUGHPUT: return aflow_write_throughput_csv(result, put, context);
    case SAMPLES: return aflow_write_samples_csv(result, put, context);
    case HGRM: return aflow_write_hgrm(result, put, context);
    case OPENMETRICS: return aflow_write_openmetrics(result, put, context);
    case PROMETHEUS: return aflow_write_prometheus(result, put, context);
    default: return aflow_write_requests_csv(result, put, context);
    }
}

static char *written(int writer, const aflow_result *result)
{
    aflow_text measure, text;
    memset(&measure, 0, sizeof measure);
    CHECK_U64(write_one(writer, result, aflow_put_text, &measure), AFLOW_OK);
    text.capacity = measure.size + 1;
    text.data = (char *)malloc(text.capacity);
    text.size = 0;
    CHECK_U64(write_one(writer, result, aflow_put_text, &text), AFLOW_OK);
    CHECK_U64(strlen(text.data), measure.size);
    return text.data;
}

/* --- JSON: a strict reader that notes the shape: keys in order, of a list the first element only --- */

typedef struct shape {
    const char *at;
    char keys[4096];
    size_t used;
    int quiet, bad;
} shape;

static void shape_put(shape *s, const char *text, size_t size)
{
    if (s->quiet || s->used + size >= sizeof s->keys) return;
    memcpy(s->keys + s->used, text, size);
    s->keys[s->used += size] = 0;
}

static void shape_space(shape *s)
{
    while (*s->at == ' ' || *s->at == '\n') s->at++;
}

static int shape_take(shape *s, char c)
{
    shape_space(s);
    if (*s->at != c) return 0;
    s->at++;
    return 1;
}

static void shape_string(shape *s, int is_key)
{
    const char *start;
    if (!shape_take(s, '"')) { s->bad = 1; return; }
    for (start = s->at; *s->at && *s->at != '"'; s->at++) {
        if ((unsigned char)*s->at < 0x20) s->bad = 1;
        if (*s->at == '\\') s->at++;
    }
    if (is_key) shape_put(s, start, (size_t)(s->at - start));
    if (*s->at++ != '"') { s->bad = 1; s->at--; }
}

static void shape_digits(shape *s)
{
    if (*s->at < '0' || *s->at > '9') s->bad = 1;
    while (*s->at >= '0' && *s->at <= '9') s->at++;
}

static void shape_number(shape *s)
{
    if (*s->at == '-') s->at++;
    if (*s->at == '0' && s->at[1] >= '0' && s->at[1] <= '9') s->bad = 1;
    shape_digits(s);
    if (*s->at == '.') { s->at++; shape_digits(s); }
    if (*s->at == 'e' || *s->at == 'E') {
        s->at++;
        if (*s->at == '+' || *s->at == '-') s->at++;
        shape_digits(s);
    }
}

static void shape_value(shape *s)
{
    static const char *const words[] = { "null", "true", "false" };
    size_t i;
    shape_space(s);
    if (s->bad) return;
    if (*s->at == '{') {
        int first = 1;
        shape_put(s, "{", 1);
        s->at++;
        while (!s->bad && !shape_take(s, '}')) {
            if (!first && !shape_take(s, ',')) { s->bad = 1; return; }
            if (!first) shape_put(s, " ", 1);
            shape_string(s, 1);
            if (!shape_take(s, ':')) { s->bad = 1; return; }
            shape_value(s);
            first = 0;
        }
        shape_put(s, "}", 1);
    } else if (*s->at == '[') {
        int first = 1;
        shape_put(s, "[", 1);
        s->at++;
        while (!s->bad && !shape_take(s, ']')) {
            if (!first && !shape_take(s, ',')) { s->bad = 1; return; }
            s->quiet += !first;
            shape_value(s);
            s->quiet -= !first;
            first = 0;
        }
        shape_put(s, "]", 1);
    } else if (*s->at == '"') {
        shape_string(s, 0);
    } else {
        for (i = 0; i < 3; i++) {
            if (strncmp(s->at, words[i], strlen(words[i])) == 0) {
                s->at += strlen(words[i]);
                return;
            }
        }
        shape_number(s);
    }
}

static const char *json_shape(const char *text, shape *s)
{
    memset(s, 0, sizeof *s);
    s->at = text;
    shape_value(s);
    shape_space(s);
    if (s->bad || *s->at) test_fail(__FILE__, __LINE__, "no JSON at byte %ld: %.40s", (long)(s->at - text), s->at);
    return s->keys;
}

#define M "{mean max sampled_mean sampled_max}"
#define L "{count mean median std_dev min max p50 p90 p95 p99 p999 method}"
#define LH "{count mean median std_dev min max p50 p90 p95 p99 p999 method relative_error}"
#define HEAD "{asyncflow schema scenario{hash} run{seed compat horizon_s replications events digest replication sample_period_s} " \
    "requests{generated completed dropped in_flight} latency_s" L " throughput_rps{mean std_dev max window_s windows} "
#define SERVER "servers[{id arrived completed cpu_utilization ready_queue_len" M " event_loop_io_sleep" M " ram_in_use" M " core_busy" M \
    " ram_queue_len" M " endpoints[{endpoint_name arrived completed latency_s"
#define SERVER_END "}] refused server_resources{cpu_cores ram_mb db_connection_pool} offered_load{cpu ram db}"
#define EDGE " edges[{id delivered dropped edge_concurrent_connection" M " source target sent}] warnings[] " \
    "verdict{verdict bottleneck resource utilization offered queue}"

static void json_keys(void)
{
    aflow_result *result = study_run(&study_plain);
    char *text = written(JSON, result);
    shape s;
    CHECK_STR(json_shape(text, &s), HEAD SERVER LH SERVER_END "}]" EDGE " injected_events[{event_id target_id kind t_start t_end}] referee{checks failed}}");
    CHECK(strncmp(text, "{\n  \"asyncflow\": \"" ASYNCFLOW_VERSION_STRING "\",\n  \"schema\": 1,\n  \"scenario\": {\"hash\": \"", 60) == 0);
    CHECK(strstr(text, "\"seed\": \"7\"") != NULL);
    CHECK(strstr(text, "\"compat\": null") != NULL);
    CHECK(strstr(text, "\"method\": \"exact\"}") != NULL);
    CHECK(strstr(text, "\"windows\": 30}") != NULL);
    free(text);
    aflow_result_destroy(result);
}

static void json_series_keys(void)
{
    study with_pool = study_plain;
    aflow_result *result;
    char *text;
    shape s;
    with_pool.pool = 3;
    with_pool.servers = 0;
    with_pool.events = 0;
    with_pool.metrics = AFLOW_READY_QUEUE_LEN | AFLOW_DB_QUEUE_LEN;
    result = study_run(&with_pool);
    text = written(JSON_SERIES, result);
    CHECK_STR(json_shape(text, &s), HEAD SERVER LH SERVER_END " db_connections_in_use" M " db_queue_len" M "}]" EDGE
        " injected_events[] referee{checks failed} series{ready_queue_len{srv-1[]} db_queue_len{srv-1[]}} throughput_series[]}");
    free(text);
    aflow_result_destroy(result);
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what)) != NULL) {
        n++;
        text += strlen(what);
    }
    return n;
}

/* Nothing played, nothing generated, nothing completed: every figure that does not exist is null. */
static void json_empty(void)
{
    study cases[2];
    size_t i;
    cases[0] = study_plain;
    cases[0].until = -1;
    cases[1] = study_plain;
    cases[1].dropout = 1;
    cases[1].events = 0;
    for (i = 0; i < 2; i++) {
        aflow_result *result = study_run(&cases[i]);
        char *text = written(JSON_SERIES, result);
        shape s;
        json_shape(text, &s);
        CHECK(strstr(text, "nan") == NULL && strstr(text, "NaN") == NULL && strstr(text, "inf") == NULL);
        CHECK(strstr(text, "\"latency_s\": {\"count\": 0, \"mean\": null, \"median\": null, \"std_dev\": null, \"min\": null, \"max\": null, "
            "\"p50\": null, \"p90\": null, \"p95\": null, \"p99\": null, \"p999\": null, \"method\": \"exact\"}") != NULL);
        free(text);
        text = written(TEXT, result);
        CHECK(strncmp(text, "EMPTY       no request completed", 32) == 0);
        CHECK(strstr(text, "LATENCY     n/a") != NULL);
        CHECK(strstr(text, "nan") == NULL && strstr(text, "null") == NULL);
        free(text);
        aflow_result_destroy(result);
    }
}

static void json_hostile_names(void)
{
    study hostile = study_plain;
    aflow_result *result;
    char *text;
    shape s;
    hostile.server_id = HOSTILE;
    hostile.endpoint_name = "/a\t\\b";
    result = study_run(&hostile);
    text = written(JSON_SERIES, result);
    json_shape(text, &s);
    CHECK(strstr(text, "\"id\": \"srv, \\\"one\\\"\\u000aline two \xC3\xA9" "0\"") != NULL);
    CHECK(strstr(text, "\"endpoint_name\": \"/a\\u0009\\\\b\"") != NULL);
    free(text);
    text = written(SCHEMA, result);
    json_shape(text, &s);
    free(text);
    aflow_result_destroy(result);
}

/* --- Report --- */

static void report_lines(const char *name, const char *text)
{
    size_t width = 0, line = 1;
    char last = 0;
    for (; *text; text++) {
        if (*text == '\n') {
            if (width > 80) test_fail(__FILE__, __LINE__, "%s: line %d has %d characters", name, (int)line, (int)width);
            if (last == ' ') test_fail(__FILE__, __LINE__, "%s: line %d ends in a space", name, (int)line);
            width = 0;
            line++;
        } else {
            if ((unsigned char)*text < 0x20) test_fail(__FILE__, __LINE__, "%s: control character in line %d", name, (int)line);
            width += ((unsigned char)*text & 0xC0) != 0x80;
        }
        last = *text;
    }
    CHECK(last == '\n');
}

/* The same text with and without colour, but for the codes. */
static void report_color(const char *plain, const char *color)
{
    CHECK(strchr(plain, 27) == NULL);
    CHECK(strchr(color, 27) != NULL);
    for (; *plain && *color; plain++, color++) {
        while (*color == 27) {
            while (*color && *color != 'm') color++;
            if (*color) color++;
        }
        if (*plain != *color) break;
    }
    CHECK(*plain == 0 && (*color == 0 || *color == 27));
}

static char long_id[201];

static void report_fits(void)
{
    static const struct { const char *name; study study; const char *contains; } cases[] = {
        { "plain", { NULL, "/api", 2, 40, 0.002, 0.010, 0.003, 0.01, 0, 0, 1, 0 }, "INJECTED EVENTS" },
        { "one server", { NULL, "/api", 0, 40, 0.002, 0.010, 0.003, 0, 5, 0, 0, 0 }, "\nDATABASE" },
        { "fast", { NULL, "/api", 0, 40, 0.000001, 0.000001, 0.000001, 0, 0, 0, 0, 0 }, " \xC2\xB5s" },
        { "slow", { NULL, "/api", 0, 40, 0.000001, 12, 0.003, 0, 0, 0, 0, 0 }, " s  " },
        { "overloaded", { NULL, "/api", 0, 40, 0.100, 0.010, 0.003, 0, 0, 0, 0, 0 }, "OVERLOADED  " },
        { "nothing played", { NULL, "/api", 2, 40, 0.002, 0.010, 0.003, 0, 0, 0, 0, -1 }, "none arrived" },
        { "a moment", { NULL, "/api", 2, 40, 0.002, 0.010, 0.003, 0, 0, 0, 0, 0.3 }, "shorter than a window" },
        { "hostile names", { HOSTILE, "/\x1b[31m", 2, 40, 0.002, 0.010, 0.003, 0.01, 4, 0, 1, 0 }, "srv, \"one" },
        { "long names", { long_id, long_id, 3, 40, 0.002, 0.010, 0.003, 0.01, 4, 0, 1, 0 }, "\xE2\x80\xA6" },
        { "many servers", { NULL, "/api", 60, 40, 0.002, 0.010, 0.003, 0.01, 4, AFLOW_METRICS_NONE, 1, 0 }, "the busiest 12 of 60 servers" }
    };
    size_t i;
    memset(long_id, 'x', 200);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflow_result *result = study_run(&cases[i].study);
        char *text, *color;
        if (!result) continue;
        text = written(TEXT, result);
        color = written(TEXT_COLOR, result);
        report_lines(cases[i].name, text);
        report_color(text, color);
        if (!strstr(text, cases[i].contains)) test_fail(__FILE__, __LINE__, "%s: \"%s\" is missing", cases[i].name, cases[i].contains);
        free(text);
        free(color);
        aflow_result_destroy(result);
    }
}

static void report_sections(void)
{
    static const char *const order[] = { "\nrun ", "\nidentity ", "\nREQUESTS ", "\nLATENCY ", "\nTHROUGHPUT ", "\nSERVERS ", "\nI/O AND RAM ",
        "\nENDPOINTS ", "\nEDGES ", "\nINJECTED EVENTS\n", "\nBOTTLENECK " };
    aflow_result *result = study_run(&study_plain);
    char *text = written(TEXT, result);
    const char *at = text;
    size_t i;
    for (i = 0; i < sizeof order / sizeof order[0] && at; i++) {
        at = strstr(at, order[i]);
        if (!at) test_fail(__FILE__, __LINE__, "no %s, or not in its place", order[i] + 1);
    }
    free(text);
    aflow_result_destroy(result);
}

/* What the figures of the report look like: the lines' own helpers. */
static void report_figures(void)
{
    static const struct { double value; const char *seconds, *figure, *mean; } cases[] = {
        { 0, "0 s", "0", "0" },
        { 1e-9, "0.001 \xC2\xB5s", "<0.01", "<0.01" },
        { 0.00099995, "1.000 ms", "<0.01", "<0.01" },
        { 0.0123456, "12.35 ms", "0.01", "0.01" },
        { 0.99996, "1.000 s", "1.00", "1.00" },
        { 9, "9.000 s", "9", "9.00" },
        { 1234.5, "1,235 s", "1,235", "1,235" },
        { 99999.7, "27.78 h", "100k", "100k" },
        { 1234567, "342.9 h", "1.23M", "1.23M" },
        { 999499, "277.6 h", "999k", "999k" },
        { 999500, "277.6 h", "1.00M", "1.00M" },
        { 1e18, "277777777777777.78 h", "huge", "huge" }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_figure_seconds(&l, cases[i].value);
        if (cases[i].value < 1e18) CHECK_STR(l.text, cases[i].seconds);
        aflowi_figure_start(&l);
        aflowi_figure_short(&l, cases[i].value);
        CHECK_STR(l.text, cases[i].figure);
        aflowi_figure_start(&l);
        aflowi_figure_mean(&l, cases[i].value);
        CHECK_STR(l.text, cases[i].mean);
    }
}

static void report_percent(double share, int digits, const char *want)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_percent(&l, share, digits);
    CHECK_STR(l.text, want);
}

static void report_percents(void)
{
    report_percent(0, 2, "0.00 %");
    report_percent(0.00001, 2, "<0.01 %");
    report_percent(0.5, 1, "50.0 %");
    report_percent(0.99999, 2, ">99.99 %");
    report_percent(0.9999, 1, ">99.9 %");
    report_percent(1, 2, "100.00 %");
    report_percent(1.344, 1, "134.4 %");
    report_percent(123, 1, "12,300 %");
}

static void report_names(void)
{
    static const struct { const char *name, *want; size_t width; } cases[] = {
        { "srv-1", "srv-1", 10 },
        { "0123456789", "0123456789", 10 },
        { "0123456789a", "012345\xE2\x80\xA6" "89a", 10 },
        { "\xC3\xA4\xC3\xA4\xC3\xA4", "\xC3\xA4\xC3\xA4\xC3\xA4", 3 },
        { "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F", "\xC3\xA4\xC3\xB6\xE2\x80\xA6", 3 },
        { "a\x1b[1m\n\x7F", "a?[1m??", 10 },
        { "\xFF\x80" "a\xC3", "??a?", 10 },
        { "\xC2\x9B", "??", 10 },
        { "", "", 10 }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_line_name(&l, cases[i].name, cases[i].width);
        CHECK_STR(l.text, cases[i].want);
    }
}

/* Whatever the spread, the histogram's edges ascend, hold the middle of it and are few. */
static void report_bins(void)
{
    static const uint64_t values[] = { 0, 1, 7, 999, 1000, 14000000, 999999999, 1000000000, 123456789012u, 4000000000000000u };
    size_t low, high, i;
    for (low = 0; low < sizeof values / sizeof values[0]; low++) {
        for (high = low; high < sizeof values / sizeof values[0]; high++) {
            aflowi_bins b;
            aflowi_bins_equal(&b, values[low], values[high], values[high]);
            CHECK(b.rows >= 1 && b.rows <= AFLOWI_BINS_MAX && b.edge[0] <= values[low] && b.edge[b.rows] > values[high]);
            for (i = 0; i < b.rows; i++) CHECK(b.edge[i + 1] == b.edge[i] + b.step);
            aflowi_bins_growing(&b, values[low], values[high]);
            CHECK(b.rows >= 1 && b.rows <= AFLOWI_BINS_MAX && b.edge[0] == 0);
            CHECK(b.edge[b.rows] > values[high] || b.rows == AFLOWI_BINS_MAX);
            for (i = 0; i < b.rows; i++) CHECK(b.edge[i + 1] > b.edge[i]);
        }
    }
}

/* --- CSV --- */

/* Reads RFC 4180: every row must have `fields`. Returns the rows and how many fields were exactly `wanted`. */
static size_t csv_rows(const char *text, size_t fields, const char *wanted, size_t *found)
{
    char field[512];
    size_t rows = 0, n = 0, used = 0;
    int quoted = 0;
    *found = 0;
    for (; *text; text++) {
        if (quoted) {
            if (*text == '"' && text[1] == '"') text++;
            else if (*text == '"') { quoted = 0; continue; }
        } else if (*text == '"') {
            CHECK(used == 0);
            quoted = 1;
            continue;
        } else if (*text == ',' || *text == '\n') {
            field[used] = 0;
            *found += wanted && strcmp(field, wanted) == 0;
            used = 0;
            n++;
            if (*text == '\n') {
                if (n != fields) test_fail(__FILE__, __LINE__, "row %d has %d fields", (int)rows, (int)n);
                n = 0;
                rows++;
            }
            continue;
        }
        if (used < sizeof field - 1) field[used++] = *text;
    }
    CHECK(!quoted && n == 0 && used == 0);
    return rows;
}

static void csv_files(void)
{
    static const char tidy[] = "run,replication,time_s,entity_type,entity,metric,stat,value\n";
    study hostile = study_plain;
    aflow_result *result;
    aflow_run_info info;
    char *text;
    size_t found;
    hostile.server_id = HOSTILE;
    hostile.endpoint_name = "/a,\"b\"";
    hostile.metrics = AFLOW_READY_QUEUE_LEN;
    result = study_run(&hostile);
    info = aflow_result_info(result);
    text = written(SUMMARY, result);
    CHECK(strncmp(text, tidy, strlen(tidy)) == 0);
    CHECK(csv_rows(text, 8, HOSTILE "0", &found) > 50);
    CHECK(found > 10);
    csv_rows(text, 8, HOSTILE "1:/a,\"b\"", &found);
    CHECK(found > 10);
    free(text);
    text = written(THROUGHPUT, result);
    CHECK_U64(csv_rows(text, 8, "window", &found), 31);
    CHECK(strstr(text, "\n7,0,30,run,,throughput_rps,window,") != NULL);
    free(text);
    text = written(SAMPLES, result);
    CHECK_U64(csv_rows(text, 8, HOSTILE "1", &found), 1 + 2 * aflow_result_series(result, AFLOW_READY_QUEUE_LEN, aflow_result_find(result, HOSTILE "1"), NULL, 0));
    CHECK(found > 0);
    CHECK(strstr(text, "\n7,0,0.3,server,") != NULL);
    free(text);
    text = written(REQUESTS, result);
    CHECK(strncmp(text, "id,start_s,finish_s,server,endpoint,outcome\n", 44) == 0);
    CHECK_U64(csv_rows(text, 6, "completed", &found), 1 + aflow_result_requests(result));
    CHECK_U64(found, info.requests.completed);
    CHECK_U64(count_of(text, ",\"/a,\"\"b\"\"\",completed\n"), info.requests.completed);
    free(text);
    aflow_result_destroy(result);
}

/* Requests that were not recorded are not an empty file. */
static void csv_requests_not_recorded(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_diagnostics problems;
    aflow_result *result;
    aflow_text text;
    memset(&problems, 0, sizeof problems);
    memset(&text, 0, sizeof text);
    study_topology(b, &study_plain);
    aflow_builder_settings(b)->total_simulation_time = 30;
    result = aflow_run(aflow_builder_scenario(b, &problems), (const aflow_run_desc *)NULL, &problems);
    CHECK(result != NULL);
    CHECK_U64(aflow_write_requests_csv(result, aflow_put_text, &text), AFLOW_MISUSE);
    CHECK_U64(text.size, 0);
    aflow_result_destroy(result);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
}

/* --- Resources, processes, limits, money: a run without chance, whose figures can be worked out by hand --- */

static const double limited_arrivals[] = { 1, 1.001, 1.002, 1.003, 5, 7 };

static aflow_resource resource_of(const char *id, aflow_resource_kind kind, uint32_t capacity)
{
    aflow_resource r;
    memset(&r, 0, sizeof r);
    r.id = id;
    r.kind = kind;
    r.capacity = capacity;
    return r;
}

static void limited_resources(aflow_builder *b)
{
    aflow_resource limit = resource_of("limit", AFLOW_RESOURCE_RATE_LIMITER, 0), db = resource_of("db", AFLOW_RESOURCE_DATABASE, 1);
    aflow_resource cache = resource_of("cache", AFLOW_RESOURCE_CACHE, 0), model = resource_of("model", AFLOW_RESOURCE_LLM, 0);
    aflow_resource gpu = resource_of("gpu", AFLOW_RESOURCE_GPU, 0);
    limit.rate = 1;
    limit.burst = 3;
    limit.overflow = AFLOW_OVERFLOW_REJECT;
    db.contention = 0.5;
    cache.keys = 1;
    cache.single_flight = 1;
    model.time_to_first_token = aflow_constant(0.1);
    model.time_per_output_token = aflow_constant(0.001);
    model.price_per_million_input_tokens = 3;
    model.price_per_million_output_tokens = 15;
    gpu.max_batch_size = 4;
    gpu.max_batch_wait = 0.005;
    gpu.batch_time = aflow_constant(0.01);
    gpu.item_time = aflow_constant(0.001);
    aflow_add_resource(b, &limit);
    aflow_add_resource(b, &db);
    aflow_add_cache_loss(b, aflow_add_resource(b, &cache), 3, 4);
    aflow_add_resource(b, &model);
    aflow_add_resource(b, &gpu);
}

/* Of four requests a millisecond apart the limiter lets three through. Each computes 1 ms, takes 5 ms to find its key, fetches it
   through one connection, talks to the model for 200 ms, shares a batch, and blocks one of two loops for 1 ms. */
static aflow_result *limited_run(uint32_t event_metrics)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server desc;
    aflow_step miss = aflow_using(aflow_db_s(0.02), "db"), steps[7];
    aflow_diagnostics problems;
    aflow_run_desc run;
    aflow_result *result;
    aflow_id source, client, server;
    memset(&users, 0, sizeof users);
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    memset(&run, 0, sizeof run);
    users.arrivals = limited_arrivals;
    users.arrivals_count = 6;
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    limited_resources(b);
    desc.server_resources.cpu_cores = 2;
    desc.server_resources.workers = 2;
    desc.server_resources.threads = 3;
    desc.server_resources.max_concurrency = 5;
    server = aflow_add_server(b, &desc);
    steps[0] = aflow_cpu_s(0.001);
    steps[1] = aflow_rate_limit("limit");
    steps[2] = aflow_cache("cache", 0.005, &miss, 1);
    steps[3] = aflow_llm_tokens("model", aflow_constant(1000), aflow_constant(100));
    steps[4] = aflow_gpu_inference("gpu");
    steps[5] = aflow_blocking_s(0.001);
    steps[6] = aflow_thread_io_s(0.002);
    aflow_add_endpoint(b, server, "/chat", steps, 7);
    aflow_connect(b, source, client, aflow_constant(0.001));
    aflow_connect(b, client, server, aflow_constant(0.001));
    aflow_connect(b, server, client, aflow_constant(0.001));
    aflow_builder_settings(b)->total_simulation_time = 10;
    aflow_builder_settings(b)->sample_period_s = 0.1;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_RESOURCE_IN_USE | AFLOW_THREADS_IN_USE;
    aflow_builder_settings(b)->enabled_event_metrics = event_metrics;
    run.record_requests = 1;
    result = aflow_run(aflow_builder_scenario(b, &problems), &run, &problems);
    if (!result) {
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        test_fail(__FILE__, __LINE__, "no result");
    }
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return result;
}

static void check_holds(const char *text, const char *what)
{
    if (!strstr(text, what)) test_fail(__FILE__, __LINE__, "not in the text:\n%s", what);
}

static void report_of_resources(void)
{
    aflow_result *result = limited_run(0);
    char *text = written(TEXT, result), *color = written(TEXT_COLOR, result);
    report_lines("resources", text);
    report_color(text, color);
    check_holds(text, "LIMITED     the rate limiter limit turned away 16.7 % of those who asked\n            (1 rejected, 0 gave up)\n");
    check_holds(text,
        "REQUESTS                            count        share         rate\n"
        "  generated                             6     100.00 %         0.60 /s\n"
        "  completed                             5      83.33 %         0.50 /s\n"
        "  dropped                               1      16.67 %         0.10 /s\n"
        "    rejected (429, 503)                 1      16.67 %         0.10 /s\n"
        "  in flight at the end                  0       0.00 %            0 /s\n"
        "\n");
    check_holds(text,
        "                                   loop lag, from ready to running       blocked\n"
        "EVENT LOOPS              loops        mean         p95         max    mean   max\n"
        "  srv-1                      2    90.91 \xC2\xB5s         n/a    1.000 ms   <0.01     2\n"
        "\n"
        "                           requests let in            waiting to be let in\n"
        "CONCURRENCY               mean     max      of              mean     max\n"
        "  srv-1                   0.12       4       5                 0       0\n"
        "\n"
        "                            threads in use            waiting for a thread\n"
        "THREADS                   mean     max      of              mean     max\n"
        "  srv-1                  <0.01       3       6                 0       0\n"
        "\n"
        "                                                 in use                  waiting\n"
        "RESOURCES         kind               mean    max     of      used    mean    max\n"
        "  limit            rate limiter         -      -      -    50.0 %       0      0\n"
        "  db               database         <0.01      1      1     0.4 %       0      0\n"
        "  model            model             0.10      3      -         -       0      0\n"
        "  gpu              GPU              <0.01      1      1     0.4 %   <0.01      3\n"
        "\n"
        "                                  wait, from asking to getting       turned away\n"
        "WAITS                   acquired      mean       p95       max rejected timeouts\n"
        "  limit                        5       0 s       n/a       0 s        1        0\n"
        "  db                           2       0 s       n/a       0 s        0        0\n"
        "  model                        5       0 s       n/a       0 s        0        0\n"
        "  gpu                          5  5.000 ms       n/a  5.000 ms        0        0\n"
        "\n"
        "                                              look-ups                   entries\n"
        "CACHES           hit ratio     hits   misses coalesced  at most  evicted expired\n"
        "  cache             20.0 %        1        4         2        1        0       0\n"
        "\n"
        "                                  requests a batch             against  wait for\n"
        "GPUS               batches  requests   mean    max     used one by one   a batch\n"
        "  gpu                    3         5   1.67      3    0.4 %     1.57 x  5.000 ms\n"
        "\n"
        "  batches of gpu\n"
        "              1  \xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88           2    66.67 %\n"
        "              2                                                   0     0.00 %\n"
        "              3  \xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88\xE2\x96\x88                              1    33.33 %\n"
        "\n"
        "                                               tokens             cost, in money\n"
        "MODELS                calls           in          out        total      per call\n"
        "  model                   5        5,000          500       0.0225       0.00450\n"
        "\n");
    check_holds(text,
        "TURNED AWAY                          arrived rejected    share timeouts    share\n"
        "  srv-1         /chat                      6        1  16.67 %        0   0.00 %\n"
        "\n"
        "COST        money, in the unit of the prices\n"
        "  total          0.0225    per request         0.00450   at most       0.00450\n"
        "  per month    5,832.00    per model call      0.00450\n"
        "  a month has 30 days of this traffic; requests are the completed ones\n"
        "\n"
        "COST BY ENDPOINT                     arrived        total    share   per arrival\n"
        "  srv-1         /chat                      6       0.0225  100.0 %       0.00375\n"
        "\n");
    check_holds(text, "  event-1            loss of cache                        3 s \xE2\x80\x93 4 s\n");
    check_holds(text, "BOTTLENECK  the rate limiter limit, in use 50.0 % on average; nobody waits. What\n"
        "            relieves it: its rate is enough for the mean (offered 60.0 %);\n"
        "            bursts are not: a larger burst.\n");
    check_holds(color, "\033[1;33mLIMITED\033[0m     the rate limiter ");
    free(text);
    free(color);
    aflow_result_destroy(result);
}

/* Of many resources with long names the busiest are listed; of all that were rejected or gave up waiting the parts add up. */
static void report_of_many_resources(void)
{
    static const char *const labels[] = { "\n    lost on edges ", "\n    rejected (429, 503) ", "\n    timed out waiting " };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_resource pool = resource_of(NULL, AFLOW_RESOURCE_CONNECTION_POOL, 1);
    aflow_generator users;
    aflow_server desc;
    aflow_edge lossy;
    aflow_step step;
    aflow_diagnostics problems;
    aflow_result *result;
    aflow_id source, client, server;
    char id[120], *text;
    uint64_t parts = 0;
    size_t i;
    memset(&users, 0, sizeof users);
    memset(&desc, 0, sizeof desc);
    memset(&lossy, 0, sizeof lossy);
    memset(&problems, 0, sizeof problems);
    users.avg_active_users.mean = 60;
    users.avg_request_per_minute_per_user.mean = 60;
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    pool.max_waiting = 3;
    pool.acquire_timeout = 0.04;
    for (i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "a-pool-\x1b-with-a-name-that-is-longer-than-any-column-of-the-report-%d", (int)i);
        pool.id = id;
        aflow_add_resource(b, &pool);
    }
    server = aflow_add_server(b, &desc);
    step = aflow_using(aflow_io(aflow_exponential(0.03)), id);
    aflow_add_endpoint(b, server, "/api", &step, 1);
    lossy.latency = aflow_exponential(0.003);
    lossy.dropout_rate = 0.01;
    aflow_connect_edge(b, source, client, &lossy);
    aflow_connect(b, client, server, aflow_constant(0.001));
    aflow_connect(b, server, client, aflow_constant(0.001));
    aflow_builder_settings(b)->total_simulation_time = 30;
    result = aflow_run(aflow_builder_scenario(b, &problems), (const aflow_run_desc *)NULL, &problems);
    CHECK(result != NULL);
    text = result ? written(TEXT, result) : NULL;
    if (text) {
        report_lines("many resources", text);
        check_holds(text, "  the busiest 12 of 60 resources; JSON and CSV have all\n");
        for (i = 0; i < 3; i++) {
            const char *at = strstr(text, labels[i]);
            check_holds(text, labels[i]);
            if (at) parts += strtoul(at + strlen(labels[i]), NULL, 10);
        }
        CHECK_U64(parts, aflow_result_info(result).requests.dropped);
    }
    free(text);
    aflow_result_destroy(result);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
}

/* The keys of the object that begins with this id. */
static void check_keys(const char *json, const char *id, const char *want)
{
    char start[80];
    shape s;
    snprintf(start, sizeof start, "{\n      \"id\": \"%s\"", id);
    memset(&s, 0, sizeof s);
    s.at = strstr(json, start);
    if (!s.at) {
        test_fail(__FILE__, __LINE__, "no object of %s", id);
        return;
    }
    shape_value(&s);
    CHECK_STR(s.keys, want);
}

#define LIMITED_HEAD "{asyncflow schema scenario{hash} run{seed compat horizon_s replications events digest replication sample_period_s} " \
    "requests{generated completed dropped in_flight rejected timed_out} latency_s" L " throughput_rps{mean std_dev max window_s windows} "
#define RESOURCE(L) "{id kind capacity acquired released rejected timed_out utilization offered wait_s" L " resource_in_use" M " resource_queue_len" M

static void json_of_resources(void)
{
    aflow_result *result = limited_run(0);
    char *text = written(JSON_SERIES, result);
    shape s;
    json_shape(text, &s);
    CHECK(strncmp(s.keys, LIMITED_HEAD, strlen(LIMITED_HEAD)) == 0);
    check_keys(text, "srv-1", "{id arrived completed cpu_utilization ready_queue_len" M " event_loop_io_sleep" M " ram_in_use" M " core_busy" M
        " ram_queue_len" M " endpoints[{endpoint_name arrived completed latency_s" LH " rejected timed_out cost}] refused "
        "server_resources{cpu_cores ram_mb db_connection_pool workers threads max_concurrency} offered_load{cpu ram db threads} "
        "concurrent_requests" M " backlog_len" M " loops_blocked" M " threads_in_use" M " thread_queue_len" M " rejected timed_out loop_lag_s" LH " cost}");
    check_keys(text, "limit", RESOURCE(LH) "}");
    check_keys(text, "db", RESOURCE(LH) "}");
    check_keys(text, "cache", RESOURCE(LH) " hits misses coalesced evicted expired hit_ratio}");
    check_keys(text, "model", RESOURCE(LH) " calls input_tokens output_tokens cost}");
    check_keys(text, "gpu", RESOURCE(LH) " batches items batch_size_mean batch_size_max batching_gain batch_sizes[[]]}");
    check_holds(s.keys, " llm_stats{calls input_tokens output_tokens cost cost_per_call cost_per_request cost_per_request_max cost_per_month} referee{checks failed} "
        "series{threads_in_use{srv-1[]} resource_in_use{db[] cache[] model[] gpu[]}} throughput_series[]}");
    check_holds(text, "\"dropped\": 1, \"in_flight\": 0, \"rejected\": 1, \"timed_out\": 0}");
    check_holds(text, "\"batch_sizes\": [[1, 2], [3, 1]]\n");
    check_holds(text, "\"llm_stats\": {\"calls\": 5, \"input_tokens\": 5000, \"output_tokens\": 500, \"cost\": 0.0225, \"cost_per_call\": 0.0045, "
        "\"cost_per_request\": 0.0045, \"cost_per_request_max\": 0.0045, \"cost_per_month\": 5832}");
    check_holds(text, "\"kind\": \"rate_limiter\",\n      \"capacity\": null,\n");
    check_holds(text, "\"verdict\": {\"verdict\": \"limited\", \"bottleneck\": \"limit\", \"resource\": \"resource_in_use\", \"utilization\": 0.5, \"offered\": 0.6, \"queue\": \"resource_queue_len\"}");
    check_holds(text, "{\"event_id\": \"event-1\", \"target_id\": \"cache\", \"kind\": \"cache_loss\", \"t_start\": 3, \"t_end\": 4}");
    free(text);
    aflow_result_destroy(result);
}

static void csv_of_resources(void)
{
    static const char *const rows[] = { "run,,requests,rejected,1", "run,,requests,timed_out,0", "run,,llm_tokens,input,5000", "run,,cost,per_month,5832",
        "server,srv-1,requests,rejected,1", "server,srv-1,offered_load,threads,", "server,srv-1,concurrent_requests,max,4", "server,srv-1,loop_lag_s,max,0.001",
        "server,srv-1,cost,total,0.0225", "endpoint,srv-1:/chat,requests,rejected,1", "endpoint,srv-1:/chat,cost,total,0.0225",
        "resource,limit,requests,rejected,1", "resource,limit,utilization,mean,0.5", "resource,db,wait_s,count,2", "resource,cache,look_ups,coalesced,2",
        "resource,cache,hit_ratio,mean,0.2", "resource,cache,resource_in_use,max,1", "resource,model,llm_calls,count,5", "resource,gpu,batches,items,5",
        "resource,gpu,batches_of_size,1,2", "resource,gpu,batches_of_size,3,1" };
    aflow_result *result = limited_run(AFLOW_LLM_COST);
    char *text = written(SUMMARY, result), row[120];
    size_t found, i;
    csv_rows(text, 8, "resource", &found);
    CHECK(found > 100);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(row, sizeof row, "\n0,0,,%s%s", rows[i], rows[i][strlen(rows[i]) - 1] == ',' ? "" : "\n");
        check_holds(text, row);
    }
    free(text);
    text = written(SAMPLES, result);
    CHECK_U64(csv_rows(text, 8, "resource_in_use", &found), 1 + 5 * 99);    /* four resources and the threads, each 0.1 s before 10 s */
    CHECK_U64(found, 4 * 99);
    check_holds(text, "\n0,0,1.1,resource,model,resource_in_use,sample,3\n");
    free(text);
    text = written(REQUESTS, result);
    CHECK(strncmp(text, "id,start_s,finish_s,server,endpoint,outcome,llm_cost\n4,1.003000000,1.006000000,srv-1,/chat,rejected,0\n", 100) == 0);
    CHECK_U64(csv_rows(text, 7, "0.0045", &found), 7);
    CHECK_U64(found, 5);
    free(text);
    aflow_result_destroy(result);
    result = limited_run(AFLOW_RQS_CLOCK);
    text = written(REQUESTS, result);
    CHECK_U64(csv_rows(text, 6, "rejected", &found), 7);
    CHECK_U64(found, 1);
    free(text);
    aflow_result_destroy(result);
}

/* A verdict of each thing that can be tight, in words. */
static void report_bottlenecks(void)
{
    static const struct { const char *resource; aflow_metric metric, queue; double offered; const char *says, *helps; } cases[] = {
        { "limit", AFLOW_RESOURCE_IN_USE, AFLOW_RESOURCE_QUEUE_LEN, 1.5, "limit is offered 150.0 % of what this rate limiter can do: requests are rejected",
          "the rate limiter limit, in use 80.0 % on average; 0 requests wait for a token on average, 0 at most. What relieves it: a higher rate limit, or fewer calls." },
        { "db", AFLOW_RESOURCE_IN_USE, AFLOW_RESOURCE_QUEUE_LEN, 1.5, "db is offered 150.0 % of what this database can do: requests pile up",
          "the database db, in use 80.0 % on average; 0 requests wait for a connection on average, 0 at most. What relieves it: less work a query, or a cache in front; "
          "more connections only while contention and coherency leave a gain." },
        { "model", AFLOW_RESOURCE_IN_USE, AFLOW_RESOURCE_QUEUE_LEN, 1.5, "model is offered 150.0 % of what this model can do: requests pile up",
          "the model model, its most used limit at 80.0 % on average; 0 requests wait for a call on average, 0 at most. What relieves it: higher limits of the provider, "
          "fewer or shorter calls, or a cache in front of it." },
        { "gpu", AFLOW_RESOURCE_IN_USE, AFLOW_RESOURCE_QUEUE_LEN, 2.5, "gpu is offered 250.0 % of what this GPU can do: requests pile up",
          "the GPU gpu, which does 80.0 % of what it can in full batches; <0.01 requests wait for a batch on average, 3 at most. It needs at least 3 slots and has 1. "
          "What relieves it: larger batches, another slot, or less work a request." },
        { "srv-1", AFLOW_CONCURRENT_REQUESTS, AFLOW_BACKLOG_LEN, 1.5, "srv-1 is offered 150.0 % of what its max_concurrency lets in: requests pile up",
          " It needs at least 8 requests at once and has 5. What relieves it: a higher max_concurrency, less time in the server, or more replicas." },
        { "srv-1", AFLOW_THREADS_IN_USE, AFLOW_THREAD_QUEUE_LEN, 1.5, "srv-1 is offered 150.0 % of what its thread pool can do: requests pile up",
          "the thread pool of srv-1, in use 80.0 % on average; 0 requests wait for a thread on average, 0 at most. It needs at least 10 threads and has 6." }
    };
    aflow_result *result = limited_run(0);
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflow_verdict_info v;
        aflowi_line l;
        memset(&v, 0, sizeof v);
        v.verdict = AFLOW_VERDICT_OVERLOADED;
        v.bottleneck = aflow_result_find(result, cases[i].resource);
        v.resource = cases[i].metric;
        v.queue = cases[i].queue;
        v.utilization = 0.8;
        v.offered = cases[i].offered;
        CHECK(v.bottleneck != 0);
        aflowi_figure_start(&l);
        aflowi_say_overloaded(&l, result, &v);
        CHECK_STR(l.text, cases[i].says);
        aflowi_figure_start(&l);
        CHECK(aflowi_say_tightest(&l, result, &v));
        check_holds(l.text, cases[i].helps);
        aflowi_figure_start(&l);
        aflowi_say_backlogged(&l, result, &v);
        check_holds(l.text, v.resource == AFLOW_RESOURCE_IN_USE ? " of " : " at srv-1");
    }
    aflow_result_destroy(result);
}

/* --- How tight: runs without chance of one server, "s", with one endpoint of two steps and one resource, "r", for 10 s --- */

typedef struct tight {
    const double *arrivals;
    size_t arrivals_count;
    aflow_server_resources server;
    aflow_resource resource;
    aflow_step steps[2];
    double cache_loss;                       /* > 0: there is a cache "c" as well, lost for so long */
    const char *server_id;                   /* default "s" */
    const char *says, *tells;                /* verdict and bottleneck; NULL: not asked */
} tight;

static const double at_once[] = { 1, 1, 1, 1 }, paired[] = { 1, 1, 3, 3, 5, 5, 7, 7 }, by_the_second[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static aflow_result *tight_run(const tight *t)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server desc;
    aflow_diagnostics problems;
    aflow_result *result;
    aflow_id source, client, server;
    memset(&users, 0, sizeof users);
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    users.arrivals = t->arrivals;
    users.arrivals_count = t->arrivals_count;
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    if (t->resource.kind) aflow_add_resource(b, &t->resource);
    if (t->cache_loss > 0) {
        aflow_resource cache = resource_of("c", AFLOW_RESOURCE_CACHE, 0);
        cache.hit_probability = 0.5;
        aflow_add_cache_loss(b, aflow_add_resource(b, &cache), 9, 9 + t->cache_loss);
    }
    desc.id = t->server_id ? t->server_id : "s";
    desc.server_resources = t->server;
    server = aflow_add_server(b, &desc);
    aflow_add_endpoint(b, server, "/", t->steps, t->steps[1].kind ? 2 : 1);
    aflow_connect(b, source, client, aflow_constant(0.001));
    aflow_connect(b, client, server, aflow_constant(0.001));
    aflow_connect(b, server, client, aflow_constant(0.001));
    aflow_builder_settings(b)->total_simulation_time = 10;
    result = aflow_run(aflow_builder_scenario(b, &problems), (const aflow_run_desc *)NULL, &problems);
    if (!result) {
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        test_fail(__FILE__, __LINE__, "no result");
    }
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return result;
}

static void check_tight(const tight *t)
{
    aflow_result *result = tight_run(t);
    aflow_verdict_info v = aflow_result_verdict(result);
    aflow_counters counters = aflow_result_info(result).requests;
    aflowi_extent x;
    aflowi_line l;
    if (!result) return;
    x = aflowi_extent_of(result);
    aflowi_figure_start(&l);
    aflowi_say_verdict(&l, result, &v, &counters, &x);
    if (t->says) CHECK_STR(l.text, t->says);
    aflowi_figure_start(&l);
    CHECK(aflowi_say_tightest(&l, result, &v));
    CHECK_STR(l.text, t->tells);
    aflow_result_destroy(result);
}

#define ARRIVALS(a) .arrivals = (a), .arrivals_count = sizeof (a) / sizeof (a)[0]
#define WAITS(seconds) { .kind = AFLOW_STEP_IO_DB, .resource = "r", .io_waiting_time = { .mean = (seconds), .distribution = AFLOW_DISTRIBUTION_CONSTANT } }
#define CALLS(seconds) { .kind = AFLOW_STEP_IO_LLM, .resource = "r", .io_waiting_time = { .mean = (seconds), .distribution = AFLOW_DISTRIBUTION_CONSTANT } }
#define BLOCKS(seconds) { .kind = AFLOW_STEP_BLOCKING_IO, .io_waiting_time = { .mean = (seconds), .distribution = AFLOW_DISTRIBUTION_CONSTANT } }
#define COMPUTES(seconds) { .kind = AFLOW_STEP_CPU_BOUND_OPERATION, .cpu_time = { .mean = (seconds), .distribution = AFLOW_DISTRIBUTION_CONSTANT } }

/* Of four that come at once one is let in, for less time than there is: what is turned away is the burst. */
static void report_limits(void)
{
    static const tight cases[] = {
        { ARRIVALS(at_once), .resource = { .id = "r", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 1, .acquire_timeout = 0.1 }, .steps = { WAITS(0.5) },
          .says = "the connection pool r turned away 75.0 % of those who asked (0 rejected, 3 gave up)",
          .tells = "the connection pool r, in use 5.0 % on average; 0.03 requests wait for a connection on average, 3 at most. "
                   "What relieves it: a larger pool, a longer acquire_timeout, or shorter use of its connections." },
        { ARRIVALS(at_once), .resource = { .id = "r", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 1, .max_waiting = 1, .acquire_timeout = 0.1 }, .steps = { WAITS(0.5) },
          .says = "the connection pool r turned away 75.0 % of those who asked (2 rejected, 1 gave up)",
          .tells = "the connection pool r, in use 5.0 % on average; 0.01 requests wait for a connection on average, 1 at most. "
                   "What relieves it: a larger pool, room to wait, a longer acquire_timeout, or shorter use of its connections." },
        { ARRIVALS(at_once), .resource = { .id = "r", .kind = AFLOW_RESOURCE_DATABASE, .capacity = 1, .overflow = AFLOW_OVERFLOW_REJECT }, .steps = { WAITS(0.5) },
          .says = "the database r turned away 75.0 % of those who asked (3 rejected, 0 gave up)",
          .tells = "the database r, in use 5.0 % on average; nobody waits. "
                   "What relieves it: more connections as far as it gains by them, room to wait, or less work a query." },
        { ARRIVALS(at_once), .resource = { .id = "r", .kind = AFLOW_RESOURCE_LLM, .capacity = 1, .overflow = AFLOW_OVERFLOW_REJECT }, .steps = { CALLS(0.5) },
          .says = "the model r turned away 75.0 % of those who asked (3 rejected, 0 gave up)",
          .tells = "the model r, its most used limit at 5.0 % on average; nobody waits. "
                   "What relieves it: higher limits of the provider, room to wait, or fewer or shorter calls." },
        { ARRIVALS(at_once), .resource = { .id = "r", .kind = AFLOW_RESOURCE_GPU, .overflow = AFLOW_OVERFLOW_REJECT, .batch_time = { .mean = 0.5, .distribution = AFLOW_DISTRIBUTION_CONSTANT } },
          .steps = { { .kind = AFLOW_STEP_GPU_INFERENCE, .resource = "r" } },
          .says = "the GPU r turned away 75.0 % of those who asked (3 rejected, 0 gave up)",
          .tells = "the GPU r, which does 5.0 % of what it can in full batches; nobody waits. "
                   "What relieves it: another slot, room to wait, or less work a request." },
        { ARRIVALS(at_once), .server = { .max_concurrency = 1, .overflow = AFLOW_OVERFLOW_REJECT }, .steps = { COMPUTES(0.5) },
          .says = "the max_concurrency of s turned away 75.0 % of those who asked (3 rejected, 0 gave up)",
          .tells = "the max_concurrency of s, in use 5.0 % on average; nobody waits. "
                   "What relieves it: a higher max_concurrency, room to wait, or less time in the server." },
        { ARRIVALS(at_once), .resource = { .id = "r", .kind = AFLOW_RESOURCE_RATE_LIMITER, .rate = 1, .acquire_timeout = 0.1 },
          .steps = { { .kind = AFLOW_STEP_RATE_LIMIT, .resource = "r" }, COMPUTES(0.001) },
          .says = "the rate limiter r turned away 75.0 % of those who asked (0 rejected, 3 gave up)",
          .tells = "the rate limiter r, in use 10.0 % on average; 0.03 requests wait for a token on average, 3 at most. "
                   "What relieves it: its rate is enough for the mean (offered 40.0 %); bursts are not: a larger burst, or a longer acquire_timeout." }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) check_tight(&cases[i]);
}

/* A limiter of whose load the scenario says nothing, or less than what came, is not said to have rate enough. */
static void report_limits_of_rate(void)
{
    static const struct { double offered, utilization; const char *relief; } cases[] = {
        { 0.6, 0.5, " What relieves it: its rate is enough for the mean (offered 60.0 %); bursts are not: a larger burst." },
        { 0, 0.5, " What relieves it: a larger burst, a higher rate, or fewer calls." },
        { 0.95, 0.9, " What relieves it: a larger burst, a higher rate, or fewer calls." }
    };
    aflow_result *result = limited_run(0);
    aflow_verdict_info v = aflow_result_verdict(result);
    size_t i;
    CHECK_U64(v.verdict, AFLOW_VERDICT_LIMITED);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflowi_line l;
        v.offered = cases[i].offered;
        v.utilization = cases[i].utilization;
        aflowi_figure_start(&l);
        aflowi_say_relief(&l, result, &v);
        CHECK_STR(l.text, cases[i].relief);
    }
    aflow_result_destroy(result);
}

/* Event loops, or cores? And are they held, or do they compute? */
static void report_event_loops(void)
{
    static const tight cases[] = {
        { ARRIVALS(paired), .server = { .cpu_cores = 4, .workers = 2 }, .steps = { COMPUTES(0.1), BLOCKS(0.4) },
          .tells = "none yet; the first will be the event loops of s, held by blocking calls 16.0 % of the time and in use 20.0 % in all; "
                   "0 requests wait for an event loop on average, 0 at most. Traffic can grow to about 5.0 times of this before it is full; "
                   "what helps then: a call that does not block, a thread for it (thread_io), or more workers." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 4, .workers = 1 }, .steps = { COMPUTES(0.1), BLOCKS(0.8) },
          .tells = "the event loops of s, held by blocking calls 64.0 % of the time and in use 72.0 % in all; 0 requests wait for an event loop on average, 0 at most. "
                   "What relieves it: a call that does not block, a thread for it (thread_io), or more workers." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 4, .workers = 1 }, .steps = { COMPUTES(0.1), BLOCKS(1.2) }, .says = "s is offered 104.0 % of what its event loops can do: requests pile up",
          .tells = "the event loops of s, held by blocking calls 83.0 % of the time and in use 90.0 % in all; 0.83 requests wait for an event loop on average, 2 at most. "
                   "It needs at least 2 event loops and has 1. What relieves it: a call that does not block, a thread for it (thread_io), or more workers." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 4, .workers = 1 }, .steps = { COMPUTES(0.9) },
          .tells = "the event loops of s, busy 72.0 % on average; 0 requests wait for an event loop on average, 0 at most. "
                   "What relieves it: more workers, less CPU time a request, or another replica." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 4, .workers = 1 }, .steps = { COMPUTES(1.3) }, .says = "s is offered 104.0 % of what its event loops can do: requests pile up",
          .tells = "the event loops of s, busy 90.0 % on average; 0.83 requests wait for an event loop on average, 2 at most. It needs at least 2 event loops and has 1. "
                   "What relieves it: more workers, less CPU time a request, or another replica." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 1, .workers = 1 }, .steps = { COMPUTES(0.9) },
          .tells = "the CPU of s, busy 72.0 % on average; 0 requests wait for a core on average, 0 at most. "
                   "What relieves it: more cores and as many workers, less CPU time a request, or another replica." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 1, .workers = 2 }, .steps = { COMPUTES(0.9) },
          .tells = "the CPU of s, busy 72.0 % on average; 0 requests wait for a core on average, 0 at most. "
                   "What relieves it: more cores, less CPU time a request, or another replica." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 1, .workers = 4 }, .steps = { COMPUTES(0.3), BLOCKS(0.4) },
          .tells = "none yet; the first will be the CPU of s, busy 24.0 % on average; 0 requests wait for a core on average, 0 at most. "
                   "Traffic can grow to about 4.2 times of this before it is full; what helps then: more cores, less CPU time a request, or another replica." },
        { ARRIVALS(by_the_second), .server = { .cpu_cores = 1 }, .steps = { COMPUTES(0.6), BLOCKS(0.3) },
          .tells = "the event loops of s, busy 72.0 % on average; 0 requests wait for an event loop on average, 0 at most. "
                   "What relieves it: more workers, less CPU time a request, or another replica." }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) check_tight(&cases[i]);
}

/* A GPU is measured by what it could do in full batches. */
static void report_batches(void)
{
    static const tight cases[] = {
        { ARRIVALS(paired), .resource = { .id = "r", .kind = AFLOW_RESOURCE_GPU, .max_batch_size = 4, .batch_time = { .mean = 0.6, .distribution = AFLOW_DISTRIBUTION_CONSTANT } },
          .steps = { { .kind = AFLOW_STEP_GPU_INFERENCE, .resource = "r" } },
          .tells = "none yet; the first will be the GPU r, which does 12.0 % of what it can in full batches; 0.24 requests wait for a batch on average, 1 at most. "
                   "Traffic can grow to about 8.3 times of this before it is full; what helps then: larger batches, another slot, or less work a request." },
        { ARRIVALS(by_the_second), .resource = { .id = "r", .kind = AFLOW_RESOURCE_GPU, .max_batch_size = 1, .batch_time = { .mean = 0.9, .distribution = AFLOW_DISTRIBUTION_CONSTANT } },
          .steps = { { .kind = AFLOW_STEP_GPU_INFERENCE, .resource = "r" } },
          .tells = "the GPU r, which does 72.0 % of what it can in full batches; 0 requests wait for a batch on average, 0 at most. "
                   "What relieves it: larger batches, another slot, or less work a request." },
        { ARRIVALS(by_the_second), .resource = { .id = "r", .kind = AFLOW_RESOURCE_GPU, .max_batch_size = 2, .item_time = { .mean = 0.9, .distribution = AFLOW_DISTRIBUTION_CONSTANT } },
          .steps = { { .kind = AFLOW_STEP_GPU_INFERENCE, .resource = "r" } },
          .tells = "the GPU r, which does 72.0 % of what it can in full batches; 0 requests wait for a batch on average, 0 at most. "
                   "What relieves it: larger batches, another slot, or less work a request." }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) check_tight(&cases[i]);
}

/* Means over injected events are said to be that, without a claim of how far traffic can grow. */
static void report_headroom(void)
{
    static const tight cases[] = {
        { ARRIVALS(by_the_second), .cache_loss = 1, .steps = { COMPUTES(0.5), { .kind = AFLOW_STEP_IO_CACHE, .resource = "c", .io_waiting_time = { .mean = 0.001, .distribution = AFLOW_DISTRIBUTION_CONSTANT } } },
          .tells = "none on average over the whole run, injected events included; the first will be the CPU of s, busy 40.0 % on average; "
                   "0 requests wait for a core on average, 0 at most. What helps then: more cores, less CPU time a request, or another replica." },
        { ARRIVALS(by_the_second), .resource = { .id = "r", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 2 }, .steps = { WAITS(0.5) },
          .tells = "none yet; the first will be the connection pool r, in use 20.0 % on average; 0 requests wait for a connection on average, 0 at most. "
                   "Traffic can grow to about 5.0 times of this before it is full; what helps then: a larger pool, shorter use of its connections, or fewer calls." }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) check_tight(&cases[i]);
}

/* The longest sentences about the longest names are whole. */
static void report_long_names(void)
{
    static const tight cases[] = {
        { ARRIVALS(by_the_second), .resource = { .kind = AFLOW_RESOURCE_DATABASE, .capacity = 2 }, .steps = { WAITS(0.5) } },
        { ARRIVALS(paired), .resource = { .kind = AFLOW_RESOURCE_DATABASE, .capacity = 2 }, .server = { .cpu_cores = 4, .workers = 2 }, .steps = { COMPUTES(0.1), BLOCKS(0.4) } },
        { ARRIVALS(at_once), .resource = { .kind = AFLOW_RESOURCE_DATABASE, .capacity = 1, .max_waiting = 1, .acquire_timeout = 0.1 }, .steps = { WAITS(0.5) } }
    };
    char name[4 * 60 + 1];
    size_t i;
    for (i = 0; i + 4 < sizeof name; i += 4) memcpy(name + i, "\xF0\x9F\x90\x8C", 5);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tight t = cases[i];
        aflow_result *result;
        aflow_verdict_info v;
        aflowi_line l;
        t.server_id = t.resource.id = name;
        if (t.steps[0].resource) t.steps[0].resource = name;
        result = tight_run(&t);
        v = aflow_result_verdict(result);
        aflowi_figure_start(&l);
        aflowi_line_put(&l, "Bottleneck: ");
        CHECK(aflowi_say_tightest(&l, result, &v));
        CHECK(l.used > 300 && strcmp(l.text + l.used - 1, ".") == 0);
        aflow_result_destroy(result);
    }
}

static void report_money(void)
{
    static const struct { double value; const char *text; } cases[] = {
        { 0, "0" }, { 1e-12, "<0.000000001" }, { 0.00000123, "0.00000123" }, { 0.0123456, "0.0123" }, { 0.09994, "0.0999" }, { 0.5, "0.500" }, { 0.9999, "1.00" },
        { 12.345678, "12.35" }, { 999.99, "999.99" }, { 999.999, "1,000.00" }, { 1234.05, "1,234.05" }, { 99999.4, "99,999.40" }, { 99999.9, "100,000" }, { 1234567.8, "1,234,568" }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_figure_money(&l, cases[i].value);
        CHECK_STR(l.text, cases[i].text);
    }
}

/* --- Percentile distribution --- */

typedef struct hgrm_row { double ms, percentile, reciprocal; unsigned long long count; } hgrm_row;

/* Rows of a distribution, checked for order; the last has no fourth column. */
static size_t hgrm_rows(const char *text, hgrm_row *rows, size_t room)
{
    static const char head[] = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
    size_t n = 0;
    CHECK(strncmp(text, head, strlen(head)) == 0);
    for (text += strlen(head); *text && *text != '#' && n < room; text = strchr(text, '\n') + 1, n++) {
        int fields = sscanf(text, "%lf %lf %llu%*1[ ]%lf\n", &rows[n].ms, &rows[n].percentile, &rows[n].count, &rows[n].reciprocal);
        int width = (int)strcspn(text, "\n");
        if (rows[n].percentile < 1) CHECK(fields == 4 && width >= 53);
        else CHECK(width == 38 && text[width + 1] == '#');
        if (n) CHECK(rows[n].ms >= rows[n - 1].ms && rows[n].percentile > rows[n - 1].percentile && rows[n].count >= rows[n - 1].count);
    }
    CHECK(n < room);
    return n;
}

/* Every row against the sorted latencies of the same run. */
static void hgrm_is_exact(void)
{
    aflow_result *result = study_run(&study_plain);
    uint64_t rows = aflow_result_requests(result), i, n = 0, upto, *sorted = (uint64_t *)malloc((size_t)rows * sizeof *sorted);
    static hgrm_row row[400];
    char *text = written(HGRM, result), footer[200];
    aflow_latency_stats latency = aflow_result_latency(result);
    size_t count, k;
    for (i = 0; i < rows; i++) {
        aflow_request_info r = aflow_result_request(result, i);
        uint64_t x = r.finish_ns - r.start_ns, at = n;
        if (r.outcome != AFLOW_OUTCOME_COMPLETED) continue;
        for (; at > 0 && sorted[at - 1] > x; at--) sorted[at] = sorted[at - 1];
        sorted[at] = x;
        n++;
    }
    count = hgrm_rows(text, row, 400);
    CHECK(count > 40 && n == latency.count);
    for (k = 0; k < count; k++) {
        /* levels are printed with twelve decimals: less than half a request off */
        uint64_t rank = (uint64_t)(row[k].percentile * (double)n - 1e-6);
        char ms[32];
        if (row[k].percentile >= 1) rank = n - 1;
        for (upto = rank; upto < n && sorted[upto] == sorted[rank]; upto++) {}
        CHECK_U64(row[k].count, upto);
        snprintf(ms, sizeof ms, "%.3f", (double)sorted[rank] / 1e6);
        if (fabs(strtod(ms, NULL) - row[k].ms) > 1e-9) test_fail(__FILE__, __LINE__, "row %d: %.3f, expected %s", (int)k, row[k].ms, ms);
        if (row[k].percentile < 1) CHECK(fabs(row[k].reciprocal * (1 - row[k].percentile) - 1) < 0.01);
    }
    CHECK(row[count - 1].percentile >= 1 && row[count - 1].count == n && row[count - 2].count == n);
    snprintf(footer, sizeof footer, "\n#[Mean    = %12.3f, StdDeviation   = %12.3f]\n#[Max     = %12.3f, Total count    = %12llu]\n#[Buckets = %12d, SubBuckets     = ",
             latency.mean_s * 1e3, latency.std_dev_s * 1e3, latency.max_s * 1e3, (unsigned long long)n, 1);
    CHECK(strstr(text, footer) != NULL);
    free(sorted);
    free(text);
    aflow_result_destroy(result);
}

/* Five latencies as HdrHistogram's own writer shows them, but for its rounding up to the end of a cell; and none. */
static void hgrm_of_few(void)
{
    static const uint64_t values[] = { 1000000, 2000000, 3000000, 3000000, 100000000 };
    static aflowi_completion list[5];
    aflowi_log log;
    aflowi_moments m;
    aflowi_distribution d;
    aflowi_out o;
    char text[2000];
    aflow_text to;
    size_t i, n;
    for (n = 0; n <= 5; n += 5) {
        memset(&log, 0, sizeof log);
        memset(&m, 0, sizeof m);
        to.data = text;
        to.capacity = sizeof text;
        to.size = 0;
        for (i = 0; i < n; i++) {
            list[i].start = 7;
            list[i].finish = 7 + values[4 - i];
            aflowi_moments_add(&m, values[i]);
        }
        log.completions = list;
        log.count = n;
        d = aflowi_distribution_of(&log.latency, &m);
        d.list = &log;
        aflowi_out_init(&o, aflow_put_text, &to);
        aflowi_hgrm(&o, &d);
        CHECK_U64(aflowi_out_end(&o), AFLOW_OK);
        CHECK_STR(text, n == 0 ?
            "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
            "#[Mean    =        0.000, StdDeviation   =        0.000]\n"
            "#[Max     =        0.000, Total count    =            0]\n"
            "#[Buckets =            1, SubBuckets     =            1]\n" :
            "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
            "       1.000 0.000000000000          1           1.00\n"
            "       1.000 0.100000000000          1           1.11\n"
            "       1.000 0.200000000000          1           1.25\n"
            "       2.000 0.300000000000          2           1.43\n"
            "       2.000 0.400000000000          2           1.67\n"
            "       3.000 0.500000000000          4           2.00\n"
            "       3.000 0.550000000000          4           2.22\n"
            "       3.000 0.600000000000          4           2.50\n"
            "       3.000 0.650000000000          4           2.86\n"
            "       3.000 0.700000000000          4           3.33\n"
            "       3.000 0.750000000000          4           4.00\n"
            "       3.000 0.775000000000          4           4.44\n"
            "       3.000 0.800000000000          4           5.00\n"
            "     100.000 0.825000000000          5           5.71\n"
            "     100.000 1.000000000000          5\n"
            "#[Mean    =       21.800, StdDeviation   =       39.107]\n"
            "#[Max     =      100.000, Total count    =            5]\n"
            "#[Buckets =            1, SubBuckets     =    134217728]\n");
    }
}

/* --- Metrics --- */

/* The value of a sample, by all that stands before it. */
static double sample_of(const char *text, const char *sample)
{
    size_t size = strlen(sample);
    const char *at = text;
    for (; at; at = strchr(at, '\n')) {
        if (*at == '\n') at++;
        if (strncmp(at, sample, size) == 0 && at[size] == ' ') return strtod(at + size + 1, NULL);
    }
    test_fail(__FILE__, __LINE__, "no sample %s", sample);
    return -1;
}

/* A histogram's buckets ascend and end in all; how many they are. labels: "" or `a="b",`. */
static size_t check_buckets(const char *text, const char *name, const char *labels, double *least_below)
{
    char start[300], *end;
    double last = -1, bound = 0;
    size_t n = 0, size;
    snprintf(start, sizeof start, "\n%s_bucket{%sle=\"", name, labels);
    size = strlen(start);
    for (text = strstr(text, start); text && strncmp(text, start, size) == 0; text = strchr(text + 1, '\n'), n++) {
        int is_last = text[size] == '+';
        double next = is_last ? HUGE_VAL : strtod(text + size, NULL), count;
        CHECK(next > bound);
        bound = next;
        count = strtod(strstr(text + size, "\"} ") + 3, &end);
        CHECK(*end == '\n' && count >= last);
        if (least_below && bound <= *least_below) CHECK(count == 0);
        last = count;
    }
    CHECK(bound == HUGE_VAL);
    return n;
}

/* What stands between the names of samples and families: heads before samples, every family once, the last line. */
static void check_exposition(const char *text, int is_open)
{
    char families[200][80];
    size_t count = 0, i;
    const char *at;
    for (at = text; *at; at = strchr(at, '\n') + 1) {
        char family[80];
        size_t size;
        if (strcmp(at, "# EOF\n") == 0) break;
        if (sscanf(at, "# HELP %79s", family) == 1) {
            for (i = 0; i < count; i++) CHECK(strcmp(families[i], family) != 0);
            CHECK(count < 200);
            strcpy(families[count++], family);
        }
        size = strlen(families[count - 1]);
        if (*at == '#') {
            CHECK(strncmp(at, "# UNIT", 6) != 0 || is_open);
            CHECK(strncmp(at + 7, families[count - 1], size) == 0 && at[7 + size] == ' ');
        } else {
            CHECK(strncmp(at, "asyncflow_", 10) == 0 && strncmp(at, families[count - 1], size) == 0);
        }
    }
    CHECK(strcmp(at, is_open ? "# EOF\n" : "") == 0);
    CHECK(count > 20);
}

static void metrics_agree(void)
{
    aflow_result *result = study_run(&study_plain);
    aflow_latency_stats latency = aflow_result_latency(result);
    aflow_counters r = aflow_result_info(result).requests;
    aflow_id server = aflow_result_find(result, "srv-2");
    char *open = written(OPENMETRICS, result), *classic = written(PROMETHEUS, result);
    uint64_t i, below = 0, rows = aflow_result_requests(result);
    double edges = 0;
    check_exposition(open, 1);
    check_exposition(classic, 0);
    for (i = 0; i < rows; i++) {
        aflow_request_info q = aflow_result_request(result, i);
        below += q.outcome == AFLOW_OUTCOME_COMPLETED && q.finish_ns - q.start_ns <= 25000000;
    }
    CHECK(below > 10 && below < r.completed);
    CHECK(sample_of(open, "asyncflow_request_duration_seconds_bucket{le=\"0.025\"}") == (double)below);
    CHECK_U64(check_buckets(open, "asyncflow_request_duration_seconds", "", &latency.min_s), 19);
    CHECK_U64(check_buckets(classic, "asyncflow_endpoint_duration_seconds", "server=\"srv-1\",endpoint=\"/api\",", NULL), 19);
    CHECK(sample_of(open, "asyncflow_request_duration_seconds_bucket{le=\"+Inf\"}") == (double)latency.count);
    CHECK(sample_of(open, "asyncflow_request_duration_seconds_count") == (double)latency.count);
    CHECK(fabs(sample_of(open, "asyncflow_request_duration_seconds_sum") / (double)latency.count / latency.mean_s - 1) < 1e-12);
    CHECK(sample_of(classic, "asyncflow_request_latency_seconds{quantile=\"0.95\"}") == latency.p95_s);
    CHECK(sample_of(open, "asyncflow_requests_total{outcome=\"completed\"}") == (double)r.completed);
    CHECK(sample_of(open, "asyncflow_requests_generated_total") == (double)r.generated);
    CHECK(r.dropped > 0);
    CHECK(sample_of(open, "asyncflow_requests_total{outcome=\"dropped\"}") + sample_of(open, "asyncflow_requests_total{outcome=\"refused\"}") == (double)r.dropped);
    edges = sample_of(open, "asyncflow_edge_messages_dropped_total{edge=\"gen-1-client-1\",source=\"gen-1\",target=\"client-1\"}");
    CHECK(edges == sample_of(open, "asyncflow_requests_total{outcome=\"dropped\"}"));
    CHECK(sample_of(classic, "asyncflow_server_completions_total{server=\"srv-2\"}") == (double)aflow_result_server(result, server).completed);
    CHECK(sample_of(classic, "asyncflow_server_cpu_utilization_ratio{server=\"srv-2\"}") == aflow_result_server(result, server).cpu_utilization);
    CHECK(sample_of(open, "asyncflow_ram_in_use_max_bytes{server=\"srv-2\"}") == aflow_result_metric(result, AFLOW_RAM_IN_USE, server).max * 1048576);
    CHECK(sample_of(open, "asyncflow_ready_queue_len_mean{server=\"srv-2\"}") == aflow_result_metric(result, AFLOW_READY_QUEUE_LEN, server).mean);
    check_holds(open, "# TYPE asyncflow_requests counter\nasyncflow_requests_total{outcome=");
    check_holds(classic, "# TYPE asyncflow_requests_total counter\nasyncflow_requests_total{outcome=");
    check_holds(open, "# TYPE asyncflow_run info\nasyncflow_run_info{version=\"" ASYNCFLOW_VERSION_STRING "\",scenario=\"");
    check_holds(classic, "# TYPE asyncflow_run_info gauge\nasyncflow_run_info{version=\"");
    check_holds(open, "\",seed=\"7\",replication=\"0\",compat=\"\",digest=\"");
    check_holds(open, "# UNIT asyncflow_request_duration_seconds seconds\n");
    CHECK(strstr(open, "rejected") == NULL || strstr(open, "reason=\"rejected\"") == NULL);
    CHECK(strstr(open, "cost") == NULL && strstr(open, "loop_lag") == NULL && strstr(open, "cache") == NULL);
    free(open);
    free(classic);
    aflow_result_destroy(result);
}

/* A run without chance has samples that can be worked out by hand. */
static void metrics_of_resources(void)
{
    static const struct { const char *sample; double value; } cases[] = {
        { "requests_total{outcome=\"rejected\"}", 1 }, { "requests_total{outcome=\"timed_out\"}", 0 }, { "cost_total", 0.0225 }, { "cost_per_month", 5832 },
        { "server_turned_away_total{server=\"srv-1\",reason=\"rejected\"}", 1 }, { "endpoint_turned_away_total{server=\"srv-1\",endpoint=\"/chat\",reason=\"rejected\"}", 1 },
        { "resource_utilization_ratio{resource=\"limit\",kind=\"rate_limiter\"}", 0.5 }, { "resource_turned_away_total{resource=\"limit\",kind=\"rate_limiter\",reason=\"rejected\"}", 1 },
        { "cache_lookups_total{resource=\"cache\",kind=\"cache\",result=\"hit\"}", 1 }, { "cache_lookups_total{resource=\"cache\",kind=\"cache\",result=\"miss\"}", 4 },
        { "cache_coalesced_total{resource=\"cache\",kind=\"cache\"}", 2 }, { "cache_hit_ratio{resource=\"cache\",kind=\"cache\"}", 0.2 },
        { "gpu_batches_total{resource=\"gpu\",kind=\"gpu\"}", 3 }, { "gpu_batched_requests_total{resource=\"gpu\",kind=\"gpu\"}", 5 }, { "gpu_batch_size_max{resource=\"gpu\",kind=\"gpu\"}", 3 },
        { "llm_tokens_total{resource=\"model\",kind=\"llm\",direction=\"output\"}", 500 }, { "llm_cost_total{resource=\"model\",kind=\"llm\"}", 0.0225 },
        { "loop_lag_seconds_bucket{server=\"srv-1\",le=\"0.0005\"}", 10 }, { "loop_lag_seconds_bucket{server=\"srv-1\",le=\"0.001\"}", 11 }, { "loop_lag_seconds_sum{server=\"srv-1\"}", 0.001 },
        { "resource_wait_seconds_bucket{resource=\"gpu\",kind=\"gpu\",le=\"0.0025\"}", 0 }, { "resource_wait_seconds_bucket{resource=\"gpu\",kind=\"gpu\",le=\"0.005\"}", 5 },
        { "resource_wait_seconds_sum{resource=\"gpu\",kind=\"gpu\"}", 0.025 }, { "concurrent_requests_max{server=\"srv-1\"}", 4 }, { "threads_in_use_max{server=\"srv-1\"}", 3 }
    };
    aflow_result *result = limited_run(AFLOW_LLM_COST);
    char *open = written(OPENMETRICS, result), sample[200];
    size_t i;
    check_exposition(open, 1);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value;
        snprintf(sample, sizeof sample, "asyncflow_%s", cases[i].sample);
        value = sample_of(open, sample);
        if (fabs(value - cases[i].value) > 1e-15) test_fail(__FILE__, __LINE__, "%s is %.17g, expected %.17g", sample, value, cases[i].value);
    }
    free(open);
    aflow_result_destroy(result);
}

/* Nothing completed: zeros, no NaN. Names of all kinds: one line a sample. Without histograms: the last bucket alone. */
static void metrics_at_the_edge(void)
{
    study none = study_plain, hostile = study_plain;
    aflow_result *result;
    char *text;
    none.until = -1;
    result = study_run(&none);
    text = written(OPENMETRICS, result);
    check_exposition(text, 1);
    CHECK(strstr(text, "null") == NULL && strstr(text, "nan") == NULL && strstr(text, "quantile") == NULL);
    CHECK(sample_of(text, "asyncflow_request_duration_seconds_count") == 0 && sample_of(text, "asyncflow_request_latency_seconds_sum") == 0);
    free(text);
    text = written(HGRM, result);
    check_holds(text, "1/(1-Percentile)\n\n#[Mean    =        0.000, StdDeviation   =        0.000]\n#[Max     =        0.000, Total count    =            0]\n");
    free(text);
    aflow_result_destroy(result);
    hostile.server_id = HOSTILE "\\";
    hostile.endpoint_name = "/a\t\\b\"";
    result = study_run(&hostile);
    text = written(PROMETHEUS, result);
    check_exposition(text, 0);
    check_holds(text, "\nasyncflow_endpoint_arrivals_total{server=\"srv, \\\"one\\\"\\nline two \xC3\xA9\\\\0\",endpoint=\"/a\t\\\\b\\\"\"} ");
    free(text);
    aflow_result_destroy(result);
}

/* Two endpoints of one name have labels that differ; without endpoint histograms the count and the sum are left. */
static void metrics_of_twins(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_step step = aflow_cpu_s(0.001);
    aflow_server desc;
    aflow_run_desc run;
    aflow_result *result;
    aflow_id source, client, server;
    char *text;
    memset(&users, 0, sizeof users);
    memset(&desc, 0, sizeof desc);
    memset(&run, 0, sizeof run);
    users.arrivals = by_the_second;
    users.arrivals_count = 8;
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    server = aflow_add_server(b, &desc);
    aflow_add_endpoint(b, server, "/a", &step, 1);
    aflow_add_endpoint(b, server, "/b", &step, 1);
    aflow_add_endpoint(b, server, "/a", &step, 1);
    aflow_connect(b, source, client, aflow_constant(0.001));
    aflow_connect(b, client, server, aflow_constant(0.001));
    aflow_connect(b, server, client, aflow_constant(0.001));
    aflow_builder_settings(b)->total_simulation_time = 10;
    run.endpoint_latency_off = 1;
    result = aflow_run(aflow_builder_scenario(b, NULL), &run, NULL);
    CHECK(result != NULL);
    text = written(OPENMETRICS, result);
    check_exposition(text, 1);
    CHECK(sample_of(text, "asyncflow_endpoint_arrivals_total{server=\"srv-1\",endpoint=\"/a\",index=\"0\"}") + sample_of(text, "asyncflow_endpoint_arrivals_total{server=\"srv-1\",endpoint=\"/b\"}")
          + sample_of(text, "asyncflow_endpoint_arrivals_total{server=\"srv-1\",endpoint=\"/a\",index=\"2\"}") == 8);
    CHECK_U64(check_buckets(text, "asyncflow_endpoint_duration_seconds", "server=\"srv-1\",endpoint=\"/b\",", NULL), 1);
    CHECK_U64(check_buckets(text, "asyncflow_request_duration_seconds", "", NULL), 19);
    CHECK(sample_of(text, "asyncflow_request_duration_seconds_bucket{le=\"0.005\"}") == 8 && sample_of(text, "asyncflow_request_duration_seconds_bucket{le=\"0.0025\"}") == 0);
    free(text);
    aflow_result_destroy(result);
    aflow_builder_destroy(b);
}

/* --- Failing writers, wrong arguments --- */

typedef struct refusal { size_t calls, fail_at, bytes; } refusal;

static int refuse(void *context, const char *text, size_t size)
{
    refusal *r = (refusal *)context;
    (void)text;
    r->bytes += size;
    return ++r->calls == r->fail_at;
}

static void put_fails_of(aflow_result *result)
{
    int writer;
    for (writer = 0; writer < WRITERS; writer++) {
        refusal r;
        size_t calls, k;
        memset(&r, 0, sizeof r);
        CHECK_U64(write_one(writer, result, refuse, &r), AFLOW_OK);
        calls = r.calls;
        CHECK(calls >= 1);
        for (k = 1; k <= calls; k += k < 40 ? 1 : calls / 40 + 1) {
            memset(&r, 0, sizeof r);
            r.fail_at = k;
            if (write_one(writer, result, refuse, &r) != AFLOW_CANNOT_WRITE || r.calls != k)
                test_fail(__FILE__, __LINE__, "writer %d, refused at call %d of %d: %d calls", writer, (int)k, (int)calls, (int)r.calls);
        }
    }
    aflow_result_destroy(result);
}

static void put_fails(void)
{
    put_fails_of(study_run(&study_plain));
    put_fails_of(limited_run(AFLOW_LLM_COST));
}

static void misuse(void)
{
    aflow_result *result = study_run(&study_plain);
    aflow_text text;
    int writer;
    memset(&text, 0, sizeof text);
    for (writer = 0; writer < WRITERS; writer++) {
        CHECK_U64(write_one(writer, result, NULL, NULL), AFLOW_MISUSE);
        if (writer != SCHEMA) CHECK_U64(write_one(writer, NULL, aflow_put_text, &text), AFLOW_MISUSE);
    }
    CHECK_U64(text.size, 0);
    aflow_result_destroy(result);
}

/* The same run is the same bytes, however it was sliced. */
static void repeatable(void)
{
    int writer;
    for (writer = 0; writer < WRITERS; writer++) {
        aflow_result *one = study_run(&study_plain), *two = study_run(&study_plain);
        char *first = written(writer, one), *second = written(writer, two);
        CHECK(strcmp(first, second) == 0);
        free(first);
        free(second);
        aflow_result_destroy(one);
        aflow_result_destroy(two);
    }
}

int main(void)
{
    RUN(json_keys);
    RUN(json_series_keys);
    RUN(json_empty);
    RUN(json_hostile_names);
    RUN(report_fits);
    RUN(report_sections);
    RUN(report_figures);
    RUN(report_percents);
    RUN(report_names);
    RUN(report_bins);
    RUN(csv_files);
    RUN(csv_requests_not_recorded);
    RUN(report_of_resources);
    RUN(report_of_many_resources);
    RUN(report_bottlenecks);
    RUN(report_limits);
    RUN(report_limits_of_rate);
    RUN(report_event_loops);
    RUN(report_batches);
    RUN(report_headroom);
    RUN(report_long_names);
    RUN(report_money);
    RUN(json_of_resources);
    RUN(csv_of_resources);
    RUN(hgrm_is_exact);
    RUN(hgrm_of_few);
    RUN(metrics_agree);
    RUN(metrics_of_resources);
    RUN(metrics_at_the_edge);
    RUN(metrics_of_twins);
    RUN(put_fails);
    RUN(misuse);
    RUN(repeatable);
    return test_end();
}
