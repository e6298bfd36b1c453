/* fuzz_run.c - libFuzzer harness of the whole line: a file is read, checked, run at a bounded cost and written in every way.
   The first byte chooses: bit 0 YAML or JSON, bit 1 compat, bit 2 rows of requests, bit 3 no endpoint histograms, bit 4 a
   buffer instead of a heap, bit 5 the run in slices. What stands behind a zero byte is a path and a value for aflow_set.
   clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all tests/fuzz/fuzz_run.c -o fuzz_run
   ./fuzz_run -max_total_time=300 -max_len=8192 -dict=CORPORA/fuzz/asyncflow_yaml.dict folder-of-seeds
   -DFUZZ_STRICT also demands that no name's control character reaches a diagnostic, text, JSON, SVG or HTML.
   SPDX-License-Identifier: MIT OR Unlicense */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

#define FUZZ_MEMORY ((size_t)64 << 20)  /* bytes that one input may have at once */
#define FUZZ_EVENTS 200000u             /* after so many a sliced run is ended where it is */
#define FUZZ_REQUESTS 2000.0            /* the load is cut to so many */
#define FUZZ_CELLS 200000.0             /* samples: the run is shortened until they are fewer */

static void fuzz_require(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

/* --- Memory: counted, limited, sizes checked -------------------------------- */

static size_t fuzz_live;

static void *fuzz_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    void *p;
    (void)context;
    fuzz_require(memory != NULL || old_size == 0, "a new block has no old size");
    fuzz_require(old_size <= fuzz_live, "old sizes are the blocks'");
    if (new_size == 0) {
        fuzz_live -= old_size;
        free(memory);
        return NULL;
    }
    if (new_size > FUZZ_MEMORY || fuzz_live - old_size + new_size > FUZZ_MEMORY) return NULL;
    p = realloc(memory, new_size);
    if (p != NULL) fuzz_live += new_size - old_size;
    return p;
}

static aflow_allocator fuzz_allocator(void)
{
    aflow_allocator a;
    a.resize = fuzz_resize;
    a.context = NULL;
    return a;
}

/* --- Output: counted, hashed, and looked at ----------------------------------- */

typedef struct fuzz_out { uint64_t bytes, hash, stop; int controls; char *keep; size_t capacity; } fuzz_out;

static int fuzz_put(void *context, const char *text, size_t size)
{
    fuzz_out *out = (fuzz_out *)context;
    size_t i;
    if (out->stop && out->bytes + size > out->stop) return 1;
    for (i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        out->hash = (out->hash ^ c) * 1099511628211u;
        out->controls |= (c < ' ' && c != '\n' && c != '\t') || c == 127;
        if (out->keep != NULL && out->bytes + i < out->capacity) out->keep[out->bytes + i] = (char)c;
    }
    out->bytes += size;
    return 0;
}

static fuzz_out fuzz_sink(void)
{
    fuzz_out out;
    memset(&out, 0, sizeof out);
    return out;
}

static aflow_status fuzz_write(const aflow_result *r, int which, fuzz_out *out)
{
    aflow_text_options color = { 1 };
    aflow_chart_desc chart;
    memset(&chart, 0, sizeof chart);
    switch (which) {
    case 0: return aflow_write_text(r, fuzz_put, out);
    case 1: return aflow_write_text_with(r, &color, fuzz_put, out);
    case 2: return aflow_write_json(r, 0, fuzz_put, out);
    case 3: return aflow_write_json(r, 1, fuzz_put, out);
    case 4: return aflow_write_summary_csv(r, fuzz_put, out);
    case 5: return aflow_write_throughput_csv(r, fuzz_put, out);
    case 6: return aflow_write_samples_csv(r, fuzz_put, out);
    case 7: return aflow_write_requests_csv(r, fuzz_put, out);
    case 8: return aflow_write_openmetrics(r, fuzz_put, out);
    case 9: return aflow_write_prometheus(r, fuzz_put, out);
    case 10: return aflow_write_hgrm(r, fuzz_put, out);
    case 11: return aflow_write_html(r, NULL, fuzz_put, out);
    default:
        chart.chart = (aflow_chart)(which - 12);
        chart.metric = AFLOW_CORE_BUSY;
        aflow_result_servers(r, &chart.entity, 1);
        return aflow_write_svg(r, &chart, fuzz_put, out);
    }
}
#define FUZZ_WRITERS 16

/* Twice the same bytes; the second time stopped in the middle. No writer lets a control character of a name through. */
static void fuzz_write_all(const aflow_result *r)
{
    int i;
    for (i = 0; i < FUZZ_WRITERS; i++) {
        fuzz_out out = fuzz_sink(), cut = fuzz_sink();
        aflow_status status = fuzz_write(r, i, &out);
        if (i == 7 && aflow_result_requests(r) == 0) continue;      /* nothing was recorded */
        fuzz_require(status == AFLOW_OK, "a writer writes");
        #ifdef FUZZ_STRICT
        fuzz_require(i == 1 || (i >= 4 && i <= 9) || !out.controls, "control characters in output");
#endif
        cut.stop = out.bytes / 2 + 1;
        if (cut.stop < out.bytes) fuzz_require(fuzz_write(r, i, &cut) == AFLOW_CANNOT_WRITE, "a writer stops");
    }
}

/* --- Queries: every metric of every id, right and wrong ------------------------- */

static volatile double fuzz_sum;

/* Figures by name: of every kind of entity, those that it has and those that it has not; never negative. */
static void fuzz_statistics(const aflow_result *r)
{
    static const char *const figures[] = { "p95", "p0.001", "max", "mean", "throughput", "error_rate", "cpu_utilization", "loop_lag.p99", "wait.p50", "utilization", "hit_ratio",
        "ready_queue_len.max", "resource_in_use", "sent", "dropped", "cost", "batching_gain", "" };
    static const aflow_id ids[] = { 0, 0x40000001u, 0x40000002u, 0x50000001u, 0x60000001u, 0x60000002u };
    size_t i, k;
    for (i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const char *name = ids[i] ? aflow_result_name(r, ids[i]) : aflow_result_endpoint(r, 0x40000001u, 0).endpoint_name;
        for (k = 0; k < sizeof figures / sizeof figures[0]; k++) {
            char text[600];
            if (strlen(name) > 500) continue;
            snprintf(text, sizeof text, "%s.%s", name, figures[k]);
            fuzz_require(!(aflow_result_statistic(r, text, NULL) < 0), "a statistic");
            fuzz_require(!(aflow_result_statistic(r, figures[k], NULL) < 0), "a statistic of the run");
        }
    }
    fuzz_sum += aflow_scenario_cost_per_hour(r->sim->scenario);
}

static void fuzz_query(const aflow_result *r)
{
    static const aflow_id wrong[] = { 0, 1, 0x10000000u, 0x10000001u, 0x20000001u, 0x30000001u, 0x40000001u, 0x40000002u, 0x40000000u, 0x50000001u, 0x5FFFFFFFu, 0x60000001u, 0xFFFFFFFFu };
    aflow_latency_stats latency = aflow_result_latency(r);
    aflow_throughput_stats t = aflow_result_throughput(r, 1, NULL, 0);
    aflow_run_info info = aflow_result_info(r);
    uint64_t cells[7], i;
    size_t k, m;
    fuzz_require(info.requests.generated == info.requests.completed + info.requests.dropped + info.requests.in_flight, "requests add up");
    fuzz_require(latency.count == info.requests.completed, "latencies");
    if (latency.count) {
        fuzz_require(latency.min_s <= latency.p50_s && latency.p50_s <= latency.p95_s && latency.p95_s <= latency.max_s, "order of percentiles");
        fuzz_require(latency.std_dev_s >= 0, "deviation");
        fuzz_require(aflow_result_latency_histogram(r, latency.min_s, latency.max_s, cells, 7) <= latency.count, "histogram");
    }
    fuzz_require(t.windows == 0 || t.mean_rps <= t.max_rps * 1.0000001, "throughput");
    for (k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        for (m = 1; m < 512; m <<= 1) {
            double v[3];
            fuzz_sum += aflow_result_metric(r, (aflow_metric)m, wrong[k]).mean;
            fuzz_sum += (double)aflow_result_series(r, (aflow_metric)m, wrong[k], v, 3);
            fuzz_sum += (double)aflow_result_entities(r, (aflow_metric)m, NULL, 0);
        }
        fuzz_sum += (double)strlen(aflow_result_name(r, wrong[k]));
        fuzz_sum += aflow_result_server(r, wrong[k]).cpu_utilization + aflow_result_endpoint(r, wrong[k], 0).latency.mean_s;
        fuzz_sum += aflow_result_endpoint(r, wrong[k], 1000000).latency.mean_s + (double)aflow_result_edge(r, wrong[k]).sent;
    }
    fuzz_statistics(r);
    for (i = 0; i <= aflow_result_requests(r); i++) fuzz_sum += (double)aflow_result_request(r, i).finish_ns;
    for (k = 0; k <= aflow_result_events(r); k++) fuzz_sum += aflow_result_event(r, k).t_end;
    for (k = 0; k <= aflow_result_warnings(r); k++) fuzz_sum += aflow_result_warning(r, k) ? 1 : 0;
    fuzz_sum += aflow_result_verdict(r).utilization;
}

/* --- A run of bounded cost ----------------------------------------------------------- */

/* Shrinks what only costs time: the horizon, for samples and windows; the load; poisson means, whose draws take their time. */
static void fuzz_cap(aflow_random_variable *v, double mean, double variance)
{
    if (v->mean > mean) v->mean = mean;
    if (v->variance > variance) v->variance = variance;
}

/* What the steps draw, those within steps, too; keys of caches, whose popularities are a table. */
static void fuzz_tame_nodes(aflow_scenario *s)
{
    aflowi_walk w;
    aflowi_visit v;
    aflowi_walk_init(&w, s);
    while (aflowi_walk_next(&w, &v)) {
        if (v.kind == AFLOWI_VISIT_ITEM && v.field->sub == AFLOWI_SHARED && ((aflow_resource *)v.base)->keys > 20000) ((aflow_resource *)v.base)->keys = 20000;
        if (v.kind == AFLOWI_VISIT_FIELD && aflowi_is_optional_random(v.field)) {
            aflow_random_variable *drawn = (aflow_random_variable *)aflowi_member_to_set(v.base, v.field->offset);
            if (drawn->distribution == AFLOW_DISTRIBUTION_POISSON) fuzz_cap(drawn, 1e4, 1e300);
        }
    }
}

static int fuzz_tame(aflow_scenario *s)
{
    aflow_sim_settings *set = &s->sim_settings;
    aflow_generator *g = &s->rqs_input;
    double period = set->sample_period_s > 0 ? set->sample_period_s : 0.01, most;
    double columns = (double)AFLOWI_METRICS_COUNT * (double)s->topology_graph.nodes.servers_count + (double)s->topology_graph.edges_count + 2.0 * (double)s->topology_graph.nodes.resources_count;
    uint32_t seconds = set->total_simulation_time ? set->total_simulation_time : 3600, small;
    size_t i;
    for (i = 0; i < s->topology_graph.nodes.servers_count; i++) columns += 2.0 * (double)s->topology_graph.nodes.servers[i].resources_count;
    if (columns > 4000) return 0;
    small = (uint32_t)(FUZZ_CELLS * period / columns);
    if (small < 5) small = 5;
    if (seconds > small && (seconds & 1)) set->enabled_sample_metrics = AFLOW_METRICS_NONE;
    else if (seconds > small) set->total_simulation_time = seconds = small;
    if (seconds > 1000000) set->total_simulation_time = seconds = 1000000;
    for (i = 0; i < s->events_count; i++) {
        aflow_event *e = (aflow_event *)(uintptr_t)&s->events[i];
        if (e->end.t_end > seconds) e->end.t_end = seconds;
    }
    for (i = 0; i < s->topology_graph.edges_count; i++) fuzz_cap(&((aflow_edge *)(uintptr_t)s->topology_graph.edges)[i].latency, 1e4, 1e300);
    fuzz_tame_nodes(s);
    fuzz_cap(&g->avg_active_users, 1000, 1e6);
    most = FUZZ_REQUESTS * 60 / ((double)seconds * (g->avg_active_users.mean + 1000));
    fuzz_cap(&g->avg_request_per_minute_per_user, most, 1e300);
    return aflow_check(s, NULL) == AFLOW_OK;
}

static aflow_result *fuzz_simulate(const aflow_scenario *s, const aflow_run_desc *desc, int slices)
{
    aflow_sim *sim = aflow_sim_create(s, desc, NULL);
    aflow_result *r;
    double horizon;
    int i, most = slices ? 97 : 1;
    if (sim == NULL) return NULL;
    horizon = aflow_sim_horizon(sim);
    fuzz_require(aflow_sim_run_until(sim, -1) == AFLOW_OK && aflow_sim_run_until(sim, 0) == AFLOW_OK && aflow_sim_now(sim) == 0, "nothing before 0");
    for (i = 1; i <= most && aflow_sim_status(sim) == AFLOW_OK && aflow_sim_counters(sim).events < FUZZ_EVENTS; i++) aflow_sim_run_until(sim, horizon * i / most);
    fuzz_require(aflow_sim_now(sim) <= horizon, "nothing past the horizon");
    r = aflow_sim_finish(sim);
    fuzz_require((r == NULL) == (aflow_sim_status(sim) != AFLOW_OK), "a result unless it failed");
    fuzz_require(aflow_sim_finish(sim) == NULL, "one result");
    fuzz_require(aflow_result_referee(r).failed == 0, "the books agree");
    aflow_sim_run_until(sim, horizon);
    aflow_sim_destroy(sim);
    return r;
}

static void fuzz_run(const aflow_scenario *s, int bits)
{
    static union { double d[1 << 17]; void *p; } buffer;
    aflow_run_desc desc;
    aflow_result *r;
    uint64_t digest = 0, hash = 0;
    int round;
    for (round = 0; round < 2; round++) {
        memset(&desc, 0, sizeof desc);
        desc.allocator = fuzz_allocator();
        desc.seed = (uint64_t)bits;
        desc.record_requests = bits >> 2 & 1;
        desc.endpoint_latency_off = bits >> 3 & 1;
        desc.reserve_in_flight = 1;
        if (bits & 16 && round) { desc.buffer = (char *)buffer.d + (bits & 7); desc.buffer_size = sizeof buffer - 8; }
        r = fuzz_simulate(s, &desc, bits & 32);
        if (r != NULL && round == 0) {
            fuzz_write_all(r);
            fuzz_query(r);
        }
        if (r != NULL) {
            fuzz_out out = fuzz_sink();
            aflow_write_json(r, 1, fuzz_put, &out);
            fuzz_require(round == 0 || !digest || (digest == aflow_result_info(r).digest && hash == out.hash), "the same run twice");
            digest = aflow_result_info(r).digest;
            hash = out.hash;
        } else if (round == 0) return;
        aflow_result_destroy(r);
    }
}

/* --- Paths ------------------------------------------------------------------------------ */

static void fuzz_paths(aflow_scenario *copy, const char *path, const char *value)
{
    char text[512], again[512];
    aflow_text out = { text, sizeof text, 0 }, out2 = { again, sizeof again, 0 };
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    problems.allocator = fuzz_allocator();
    if (aflow_set(copy, path, value, &problems) == AFLOW_OK && aflow_get(copy, path, aflow_put_text, &out, NULL) == AFLOW_OK && out.size < sizeof text) {
        uint64_t hash = aflow_scenario_hash(copy);
        if (aflow_set(copy, path, text, &problems) == AFLOW_OK) {
            fuzz_require(aflow_scenario_hash(copy) == hash, "what get says, set takes");
            fuzz_require(aflow_get(copy, path, aflow_put_text, &out2, NULL) == AFLOW_OK && out.size == out2.size && memcmp(text, again, out.size) == 0, "get, set, get");
        }
    }
    aflow_check(copy, &problems);
    aflow_diagnostics_clear(&problems);
}

/* --- Whole ---------------------------------------------------------------------------------- */

static void fuzz_diagnostics(const aflow_diagnostics *problems)
{
    fuzz_out out = fuzz_sink();
    aflow_text_options color = { 1 };
    size_t i;
    fuzz_require(problems->count + problems->lost == problems->errors + problems->warnings, "every problem counted");
    for (i = 0; i < problems->count; i++) {
        const aflow_diagnostic *d = &problems->items[i];
        fuzz_require(d->message[0] != '\0' && aflowi_is_utf8(d->message) && aflowi_is_utf8(d->path), "message");
#ifdef FUZZ_STRICT
        fuzz_require(strchr(d->message, '\n') == NULL, "one line");
#endif
    }
    fuzz_require(aflow_write_diagnostics(problems, fuzz_put, &out) == AFLOW_OK, "problems are written");
#ifdef FUZZ_STRICT
    fuzz_require(!out.controls, "no control characters");
#endif
    out = fuzz_sink();
    aflow_write_diagnostics_with(problems, &color, fuzz_put, &out);
}

/* Written and read back, it is equal. */
static void fuzz_round_trip(const aflow_scenario *s, int json)
{
    static char text[1 << 20];
    fuzz_out out = fuzz_sink();
    aflow_read_desc desc;
    aflow_scenario_file *file;
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    desc.allocator = problems.allocator = fuzz_allocator();
    desc.format = json ? AFLOW_FORMAT_JSON : AFLOW_FORMAT_YAML;
    out.keep = text;
    out.capacity = sizeof text;
    fuzz_require((json ? aflow_write_scenario_json(s, fuzz_put, &out) : aflow_write_scenario_yaml(s, fuzz_put, &out)) == AFLOW_OK, "a scenario is written");
    if (out.bytes > sizeof text) return;
    file = aflow_read_text(text, (size_t)out.bytes, &problems, &desc);
#ifndef FUZZ_STRICT
    if (file == NULL && problems.errors && s->rqs_input.avg_active_users.mean == 0) { aflow_diagnostics_clear(&problems); return; }
    if (file == NULL && problems.errors && s->rqs_input.avg_request_per_minute_per_user.mean == 0) { aflow_diagnostics_clear(&problems); return; }
#endif
    if (file == NULL && (problems.lost || fuzz_live > FUZZ_MEMORY / 2)) return;
    if (file == NULL) {
        aflow_write_diagnostics(&problems, aflow_put_file, stderr);
        fwrite(text, 1, (size_t)out.bytes, stderr);
    }
    fuzz_require(file != NULL, "what is written can be read");
    if (aflow_scenario_hash(aflow_scenario_of(file)) != aflow_scenario_hash(s)) fwrite(text, 1, (size_t)out.bytes, stderr);
    fuzz_require(aflow_scenario_hash(aflow_scenario_of(file)) == aflow_scenario_hash(s), "what is written reads back equal");
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aflow_allocator allocator = fuzz_allocator();
    aflow_diagnostics problems;
    aflow_read_desc desc;
    aflow_scenario_file *file;
    const uint8_t *zero;
    size_t length, live = fuzz_live;
    char *copy, *path = NULL, *value = NULL;
    if (size < 2) return 0;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    problems.allocator = desc.allocator = allocator;
    desc.format = data[0] & 1 ? AFLOW_FORMAT_JSON : AFLOW_FORMAT_YAML;
    desc.compat = data[0] & 2 ? AFLOW_COMPAT_ASYNCFLOW_0_1 : AFLOW_COMPAT_NONE;
    desc.name = data[0] & 64 ? "a.yml" : NULL;
    zero = (const uint8_t *)memchr(data + 1, 0, size - 1);
    length = (zero ? (size_t)(zero - data) : size) - 1;
    copy = (char *)malloc(length ? length : 1);     /* exact: the first byte read behind the end is seen */
    if (copy == NULL) return 0;
    memcpy(copy, data + 1, length);
    file = aflow_read_text(copy, length, &problems, &desc);
    free(copy);
    fuzz_require(file == NULL || problems.errors == 0, "a file without errors");
    fuzz_require(file != NULL || problems.errors != 0, "an error when there is no file");
    fuzz_diagnostics(&problems);
    aflow_diagnostics_clear(&problems);
    if (file != NULL) {
        aflow_scenario *scenario = aflow_scenario_copy(aflow_scenario_of(file), &allocator);
        if (scenario != NULL) {
            fuzz_require(aflow_scenario_hash(scenario) == aflow_scenario_hash(aflow_scenario_of(file)), "a copy is equal");
            fuzz_round_trip(scenario, 0);
            fuzz_round_trip(scenario, 1);
            if (zero != NULL && (size_t)(zero - data) + 1 < size) {
                size_t rest = size - (size_t)(zero - data) - 1;
                path = (char *)calloc(rest + 1, 1);
                if (path != NULL) {
                    memcpy(path, zero + 1, rest);
                    value = strchr(path, '=');
                    if (value != NULL) *value++ = '\0';
                    fuzz_paths(scenario, path, value != NULL ? value : "1");
                    if (aflow_check(scenario, NULL) == AFLOW_OK) fuzz_round_trip(scenario, 0);
                    free(path);
                }
            }
            if (fuzz_tame(scenario)) fuzz_run(scenario, data[0]);
        }
        aflow_scenario_destroy(scenario);
    }
    aflow_scenario_file_destroy(file);
    fuzz_require(fuzz_live == live, "nothing leaks");
    return 0;
}
