/* objectives.c - statistics by name against the figures of the API, objectives as texts, prices, load and replicas by path.
   SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

static aflow_scenario_file *read_path(const char *path)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    memset(&problems, 0, sizeof problems);
    file = aflow_read_file(path, &problems, NULL);
    if (!file) aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    return file;
}

static aflow_scenario_file *read_string(const char *text)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    memset(&problems, 0, sizeof problems);
    file = aflow_read_text(text, strlen(text), &problems, NULL);
    if (!file) aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    return file;
}

static aflow_result *run_of(const aflow_scenario *s, aflow_latency_store store, int endpoints_off)
{
    aflow_run_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.seed = 7;
    desc.latency_store = store;
    desc.endpoint_latency_off = endpoints_off;
    return aflow_run(s, &desc, NULL);
}

/* --- Values --- */

/* The statistic NAME, or NAME of an entity, is this figure, bit for bit; both may be NaN. */
static void is(const aflow_result *r, const char *entity, const char *name, double figure)
{
    char text[200];
    aflow_diagnostics problems;
    double value;
    memset(&problems, 0, sizeof problems);
    snprintf(text, sizeof text, "%s%s%s", entity, entity[0] ? "." : "", name);
    value = aflow_result_statistic(r, text, &problems);
    if (problems.count) test_fail(__FILE__, __LINE__, "%s", problems.items[0].message);
    if (value != figure && (value == value || figure == figure)) test_fail(__FILE__, __LINE__, "%s is %.17g, expected %.17g", text, value, figure);
    aflow_diagnostics_clear(&problems);
}

static void is_durations(const aflow_result *r, const char *entity, const char *before, const aflow_latency_stats *a)
{
    static const char *const names[] = { "mean", "std_dev", "min", "max", "p50", "median", "p90", "p95", "p99", "p99.9" };
    double figures[10];
    char name[64];
    size_t i;
    figures[0] = a->mean_s; figures[1] = a->std_dev_s; figures[2] = a->min_s; figures[3] = a->max_s; figures[4] = figures[5] = a->p50_s;
    figures[6] = a->p90_s; figures[7] = a->p95_s; figures[8] = a->p99_s; figures[9] = a->p999_s;
    for (i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "%s%s%s", before, before[0] ? "." : "", names[i]);
        is(r, entity, name, figures[i]);
    }
}

static void is_gauges(const aflow_result *r, aflow_id id)
{
    const char *name = aflow_result_name(r, id);
    uint32_t bit;
    for (bit = 1; bit & AFLOW_METRICS_ALL; bit <<= 1) {
        aflow_metric metric = (aflow_metric)bit;
        aflow_id all[16];
        char text[80];
        size_t n = aflow_result_entities(r, metric, all, 16), i, has = 0;
        aflow_metric_stats g = aflow_result_metric(r, metric, id);
        for (i = 0; i < n; i++) has += all[i] == id;
        if (!has) continue;
        is(r, name, aflow_metric_name(metric), g.mean);
        snprintf(text, sizeof text, "%s.mean", aflow_metric_name(metric));
        is(r, name, text, g.mean);
        snprintf(text, sizeof text, "%s.max", aflow_metric_name(metric));
        is(r, name, text, g.max);
    }
}

static double share(uint64_t part, uint64_t rest) { return part ? (double)part / (double)(part + rest) : 0; }

static void of_the_run(const aflow_result *r)
{
    aflow_run_info info = aflow_result_info(r);
    aflow_latency_stats a = aflow_result_latency(r);
    is_durations(r, "", "", &a);
    is(r, "", "p0.5", aflow_result_percentile(r, 0.5));
    is(r, "", "p100", aflow_result_percentile(r, 100));
    is(r, "", "throughput", aflow_result_throughput(r, 1, NULL, 0).mean_rps);
    is(r, "", "error_rate", share(info.requests.dropped, info.requests.completed));
    is(r, "", "generated", (double)info.requests.generated);
    is(r, "", "completed", (double)info.requests.completed);
    is(r, "", "dropped", (double)info.requests.dropped);
    is(r, "", "in_flight", (double)info.requests.in_flight);
    is(r, "", "cost", aflow_result_llm(r).cost);
    is(r, "", "cost_per_request", aflow_result_llm(r).cost_per_request);
    is(r, "", "cost_per_month", aflow_result_llm(r).cost_per_month);
}

static void of_servers(const aflow_result *r)
{
    aflow_id ids[16];
    size_t n = aflow_result_servers(r, ids, 16), i, k;
    double horizon = aflow_result_info(r).horizon_s;
    for (i = 0; i < n; i++) {
        aflow_server_stats s = aflow_result_server(r, ids[i]);
        is(r, s.id, "cpu_utilization", s.cpu_utilization);
        is(r, s.id, "arrived", (double)s.arrived);
        is(r, s.id, "completed", (double)s.completed);
        is(r, s.id, "refused", (double)s.refused);
        is(r, s.id, "rejected", (double)s.rejected);
        is(r, s.id, "timed_out", (double)s.timed_out);
        is(r, s.id, "cost", s.cost);
        is(r, s.id, "throughput", (double)s.completed / horizon);
        is(r, s.id, "error_rate", share(s.refused + s.rejected + s.timed_out, s.completed));
        is_durations(r, s.id, "loop_lag", &s.loop_lag);
        is_gauges(r, ids[i]);
        for (k = 0; k < s.endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(r, ids[i], k);
            char name[100];
            snprintf(name, sizeof name, "%s.%s", s.id, e.endpoint_name);
            is_durations(r, name, "", &e.latency);
            is(r, name, "arrived", (double)e.arrived);
            is(r, name, "completed", (double)e.completed);
            is(r, name, "rejected", (double)e.rejected);
            is(r, name, "timed_out", (double)e.timed_out);
            is(r, name, "cost", e.cost);
            is(r, name, "throughput", (double)e.completed / horizon);
            is(r, name, "error_rate", share(e.rejected + e.timed_out, e.completed));
        }
    }
}

static void of_resource(const aflow_result *r, aflow_id id)
{
    aflow_resource_stats s = aflow_result_resource(r, id);
    is_durations(r, s.id, "wait", &s.wait);
    is_gauges(r, id);
    is(r, s.id, "acquired", (double)s.acquired);
    is(r, s.id, "rejected", (double)s.rejected);
    is(r, s.id, "timed_out", (double)s.timed_out);
    if (s.kind != AFLOW_RESOURCE_CACHE) is(r, s.id, "utilization", s.utilization);
    if (s.kind == AFLOW_RESOURCE_CACHE) {
        is(r, s.id, "hit_ratio", s.hits + s.misses ? s.hit_ratio : aflowi_nan());
        is(r, s.id, "hits", (double)s.hits);
        is(r, s.id, "misses", (double)s.misses);
        is(r, s.id, "coalesced", (double)s.coalesced);
        is(r, s.id, "evicted", (double)s.evicted);
        is(r, s.id, "expired", (double)s.expired);
    }
    if (s.kind == AFLOW_RESOURCE_GPU) {
        is(r, s.id, "batches", (double)s.batches);
        is(r, s.id, "items", (double)s.items);
        is(r, s.id, "batch_size_mean", s.batches ? s.batch_size_mean : aflowi_nan());
        is(r, s.id, "batching_gain", s.batches ? s.batching_gain : aflowi_nan());
    }
    if (s.kind == AFLOW_RESOURCE_LLM) {
        is(r, s.id, "calls", (double)s.calls);
        is(r, s.id, "input_tokens", (double)s.input_tokens);
        is(r, s.id, "output_tokens", (double)s.output_tokens);
        is(r, s.id, "cost", s.cost);
    }
}

static void of_all(const aflow_result *r)
{
    aflow_id ids[32];
    size_t n, i;
    CHECK(r != NULL);
    if (!r) return;
    of_the_run(r);
    of_servers(r);
    n = aflow_result_resources(r, ids, 32);
    for (i = 0; i < n; i++) of_resource(r, ids[i]);
    n = aflow_result_edges(r, ids, 32);
    for (i = 0; i < n; i++) {
        aflow_edge_stats e = aflow_result_edge(r, ids[i]);
        is(r, e.id, "sent", (double)e.sent);
        is(r, e.id, "delivered", (double)e.delivered);
        is(r, e.id, "dropped", (double)e.dropped);
        is(r, e.id, "error_rate", share(e.dropped, e.delivered));
        is_gauges(r, ids[i]);
    }
}

static const char *const files[] = {
    "examples/scenarios/beyond_resources.yml", "examples/scenarios/beyond_asyncflow.yml", "examples/scenarios/event_injection_two_servers.yml",
    "examples/scenarios/single_server.yml", "examples/scenarios/questions/06_llm_limits_and_bill.yml", "examples/scenarios/questions/05_cache_flush.yml" };

static void every_statistic(void)
{
    size_t i;
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        aflow_scenario_file *file = read_path(files[i]);
        aflow_result *r = run_of(aflow_scenario_of(file), i % 2 ? AFLOW_LATENCY_HISTOGRAM : AFLOW_LATENCY_EXACT, 0);
        of_all(r);
        aflow_result_destroy(r);
        aflow_scenario_file_destroy(file);
    }
}

/* Nobody comes: counts are 0, an error rate is 0 of none, what would be a mean of nothing is NaN. */
static void of_nothing(void)
{
    aflow_scenario_file *file = read_path(files[0]);
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    aflow_result *r;
    CHECK_U64(aflow_set(copy, "avg_active_users", "0", NULL), AFLOW_OK);
    r = run_of(copy, AFLOW_LATENCY_AUTO, 0);
    is(r, "", "p95", aflowi_nan());
    is(r, "", "mean", aflowi_nan());
    is(r, "", "error_rate", 0);
    is(r, "", "completed", 0);
    is(r, "", "throughput", 0);
    is(r, "", "cost_per_request", aflowi_nan());
    is(r, "", "cost_per_month", 0);
    is(r, "app-1", "p99", aflowi_nan());
    is(r, "app-1", "error_rate", 0);
    is(r, "app-1", "cpu_utilization", 0);
    is(r, "app-1", "loop_lag.max", aflowi_nan());
    is(r, "product-cache", "hit_ratio", aflowi_nan());
    is(r, "ranker", "batch_size_mean", aflowi_nan());
    is(r, "ranker", "batching_gain", aflowi_nan());
    is(r, "orders-db", "wait.p95", aflowi_nan());
    is(r, "orders-db", "utilization", 0);
    CHECK(aflow_result_statistic(NULL, "p95", NULL) != aflow_result_statistic(NULL, "p95", NULL));
    CHECK(aflow_result_statistic(r, NULL, NULL) != aflow_result_statistic(r, NULL, NULL));
    CHECK(aflow_result_statistic(r, "nothing", NULL) != aflow_result_statistic(r, "nothing", NULL));
    aflow_result_destroy(r);
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

/* Gauges and histograms that a run does not have. */
static void of_what_is_not_there(void)
{
    aflow_scenario_file *file = read_path("examples/scenarios/single_server.yml");
    aflow_result *r = run_of(aflow_scenario_of(file), AFLOW_LATENCY_AUTO, 1);
    aflow_latency_stats a = aflow_result_endpoint(r, aflow_result_find(r, "srv-1"), 0).latency;
    is(r, "srv-1", "threads_in_use.max", aflowi_nan());
    is(r, "srv-1", "db_queue_len", aflowi_nan());
    is(r, "srv-1", "loop_lag.mean", aflowi_nan());
    is(r, "srv-1", "p95", aflowi_nan());        /* endpoint_latency_off keeps moments only */
    is(r, "srv-1", "mean", a.mean_s);
    is(r, "srv-1", "max", a.max_s);
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
}

/* An endpoint of two servers: one histogram with the sums of cells, one set of moments with the sums of sums. */
static void pooled(void)
{
    static const char *const endpoints[] = { "/product", "/search", "/order", "/chat" };
    aflow_scenario_file *file = read_path(files[0]);
    aflow_result *r = run_of(aflow_scenario_of(file), AFLOW_LATENCY_AUTO, 0);
    aflow_id one = aflow_result_find(r, "app-1"), two = aflow_result_find(r, "app-2");
    size_t i, k;
    for (i = 0; i < 4; i++) {
        aflow_endpoint_stats a = aflow_result_endpoint(r, one, i), b = aflow_result_endpoint(r, two, i);
        const aflowi_endpoint_state *p = &r->sim->endpoints[r->sim->plan.servers[0].endpoints + i], *q = &r->sim->endpoints[r->sim->plan.servers[1].endpoints + i];
        aflowi_histogram h = p->histogram;
        aflowi_moments m = p->latency;
        aflow_latency_stats both;
        double n = (double)(a.completed + b.completed), mean = (a.latency.mean_s * (double)a.completed + b.latency.mean_s * (double)b.completed) / n;
        double d = a.latency.mean_s - b.latency.mean_s;
        double variance = (a.latency.std_dev_s * a.latency.std_dev_s * (double)a.completed + b.latency.std_dev_s * b.latency.std_dev_s * (double)b.completed) / n +
                          d * d * (double)a.completed * (double)b.completed / (n * n);     /* Chan, Golub and LeVeque 1979 */
        h.cell = (uint64_t *)malloc(h.cells * sizeof *h.cell);
        CHECK(h.cell != NULL && h.cells == q->histogram.cells);
        if (!h.cell) break;
        for (k = 0; k < h.cells; k++) h.cell[k] = p->histogram.cell[k] + q->histogram.cell[k];
        aflowi_moments_merge(&m, &q->latency);
        both = aflowi_duration_stats(&m, &h);
        free(h.cell);
        CHECK(a.completed > 100 && b.completed > 100);
        is_durations(r, endpoints[i], "", &both);
        CHECK_NEAR(both.mean_s, mean, 1e-12 * mean);
        CHECK_NEAR(both.std_dev_s, sqrt(variance), 1e-9 * sqrt(variance));
        CHECK_NEAR(both.min_s, fmin(a.latency.min_s, b.latency.min_s), 0);
        CHECK_NEAR(both.max_s, fmax(a.latency.max_s, b.latency.max_s), 0);
        CHECK(both.p95_s >= fmin(a.latency.p95_s, b.latency.p95_s) && both.p95_s <= fmax(a.latency.p95_s, b.latency.p95_s));
        is(r, endpoints[i], "completed", n);
        is(r, endpoints[i], "rejected", (double)(a.rejected + b.rejected));
        is(r, endpoints[i], "error_rate", share(a.rejected + a.timed_out + b.rejected + b.timed_out, a.completed + b.completed));
    }
    is(r, "/PRODUCT", "p95", aflow_result_statistic(r, "/product.p95", NULL));      /* as endpoints are compared everywhere */
    is(r, "app-1./Product", "p95", aflow_result_statistic(r, "app-1./product.p95", NULL));
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
}

/* Squares that exceed 128 bits carry into the third word, whichever half they come from. */
static void moments_of_years(void)
{
    aflowi_moments all, parts[2];
    uint64_t x = (uint64_t)1 << 62;
    int i;
    memset(&all, 0, sizeof all);
    memset(parts, 0, sizeof parts);
    for (i = 0; i < 100; i++, x += 12345678901u) {
        aflowi_moments_add(&all, x);
        aflowi_moments_add(&parts[i % 3 == 0], x);
    }
    aflowi_moments_merge(&parts[0], &parts[1]);
    CHECK_U64(memcmp(&parts[0], &all, sizeof all), 0);
    CHECK(all.squares_top > 0);
    memset(&parts[1], 0, sizeof parts[1]);
    aflowi_moments_merge(&parts[0], &parts[1]);
    CHECK_U64(memcmp(&parts[0], &all, sizeof all), 0);
    aflowi_moments_merge(&parts[1], &parts[0]);
    CHECK_U64(memcmp(&parts[1], &all, sizeof all), 0);
}

/* --- Names --- */

static const char odd_text[] =
    "rqs_input: {id: gen, avg_active_users: {mean: 30}, avg_request_per_minute_per_user: {mean: 60}}\n"
    "topology_graph:\n"
    "  nodes:\n"
    "    client: {id: c}\n"
    "    load_balancer: {id: lb, server_covered: [srv, srv.2, p95]}\n"
    "    resources: [{id: both, kind: connection_pool, capacity: 2}, {id: both.wait, kind: connection_pool, capacity: 3}]\n"
    "    servers:\n"
    "    - {id: srv, server_resources: {}, endpoints: [{endpoint_name: /a, steps: &s [{kind: io_wait, resource: both, step_operation: {io_waiting_time: 0.01}}]}]}\n"
    "    - {id: srv.2, server_resources: {cpu_cores: 2}, endpoints: [{endpoint_name: /a.b, steps: *s}, {endpoint_name: /a, steps: [{kind: initial_parsing, step_operation: {cpu_time: 0.02}}]}]}\n"
    "    - {id: p95, server_resources: {}, endpoints: [{endpoint_name: both, steps: [{kind: io_wait, step_operation: {io_waiting_time: 0.5}}]}]}\n"
    "  edges:\n"
    "  - {id: a < b, source: gen, target: c, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: /a, source: c, target: lb, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e3, source: lb, target: srv, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e4, source: lb, target: srv.2, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e5, source: lb, target: p95, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e6, source: srv, target: c, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e7, source: srv.2, target: c, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e8, source: p95, target: c, latency: {mean: 0.003, distribution: exponential}}\n"
    "sim_settings: {total_simulation_time: 60}\n";

/* Dots in identifiers, one name for several things: the longest that fits is meant, and what has such a figure. */
static void odd_names(void)
{
    aflow_scenario_file *file = read_string(odd_text);
    aflow_result *r = run_of(aflow_scenario_of(file), AFLOW_LATENCY_AUTO, 0);
    aflow_id srv = aflow_result_find(r, "srv"), second = aflow_result_find(r, "srv.2"), odd = aflow_result_find(r, "p95");
    CHECK(r != NULL);
    is(r, "srv", "cpu_utilization", aflow_result_server(r, srv).cpu_utilization);
    is(r, "srv.2", "cpu_utilization", aflow_result_server(r, second).cpu_utilization);
    is(r, "/a", "sent", (double)aflow_result_edge(r, aflowi_edge_id(1)).sent);     /* of the edge of that name */
    is(r, "srv", "arrived", (double)aflow_result_server(r, srv).arrived);
    is(r, "srv.2./a.b", "p95", aflow_result_endpoint(r, second, 0).latency.p95_s);
    is(r, "/a.b", "p95", aflow_result_endpoint(r, second, 0).latency.p95_s);
    is(r, "srv.2./a", "mean", aflow_result_endpoint(r, second, 1).latency.mean_s);
    is(r, "/a", "completed", (double)(aflow_result_endpoint(r, srv, 0).completed + aflow_result_endpoint(r, second, 1).completed));
    is(r, "p95", "p95", aflow_result_endpoint(r, odd, 0).latency.p95_s);
    is(r, "", "p95.5", aflow_result_percentile(r, 95.5));
    is(r, "both", "p95", aflow_result_endpoint(r, odd, 0).latency.p95_s);           /* the endpoint has it, the pool has not */
    is(r, "both", "utilization", aflow_result_resource(r, aflowi_resource_id(0)).utilization);
    is(r, "both", "wait.mean", aflow_result_resource(r, aflowi_resource_id(0)).wait.mean_s);
    is(r, "both.wait", "wait.mean", aflow_result_resource(r, aflowi_resource_id(1)).wait.mean_s);
    is(r, "a < b", "sent", (double)aflow_result_edge(r, aflowi_edge_id(0)).sent);
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
}

static void refused(const aflow_result *r, const char *name, const char *message)
{
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    CHECK(!(aflow_result_statistic(r, name, &problems) >= 0));
    CHECK_U64(problems.errors, 1);
    CHECK_U64(problems.count ? problems.items[0].code : AFLOW_DIAGNOSTIC_COUNT, AFLOW_DIAGNOSTIC_UNKNOWN_STATISTIC);
    CHECK_STR(problems.count ? problems.items[0].message : "", message);
    aflow_diagnostics_clear(&problems);
}

#define OF_RUN "mean, median, std_dev, min, max, p50, p95, p99, p99.9, throughput, error_rate, generated, completed, dropped, in_flight, time.core_wait, slowest_time.core_wait, cost, cost_per_request, " \
    "cost_per_month, and those of servers, endpoints, resources and edges as in srv-1.cpu_utilization, /api.p95"

static void names_of_nothing(void)
{
    aflow_scenario_file *file = read_path(files[0]);
    aflow_result *r = run_of(aflow_scenario_of(file), AFLOW_LATENCY_AUTO, 0);
    char large[2000];
    refused(r, "", "\"\" names no statistic: there is no \"\"; there are " OF_RUN);
    refused(r, "latency", "\"latency\" names no statistic: there is no \"latency\"; there are " OF_RUN);
    refused(r, "thruput", "\"thruput\" names no statistic: there is no \"thruput\"; did you mean \"throughput\"?");
    refused(r, "P95", "\"P95\" names no statistic: there is no \"P95\"; did you mean \"p95\"?");
    refused(r, "p0", "\"p0\" names no statistic: p0 is no percentile; they are more than 0 and at most 100: p50, p95, p99.9");
    refused(r, "p100.1", "\"p100.1\" names no statistic: p100.1 is no percentile; they are more than 0 and at most 100: p50, p95, p99.9");
    refused(r, "app-1", "\"app-1\" names no statistic: it is a server; add what of it, as in app-1.cpu_utilization");
    refused(r, "/chat", "\"/chat\" names no statistic: it is an endpoint; add what of it, as in /chat.p95");
    refused(r, "app-1./chat", "\"app-1./chat\" names no statistic: it is an endpoint; add what of it, as in app-1./chat.p95");
    refused(r, "ranker", "\"ranker\" names no statistic: it is a resource; add what of it, as in ranker.wait.p95");
    refused(r, "app-2/mail-pool", "\"app-2/mail-pool\" names no statistic: it is a resource; add what of it, as in app-2/mail-pool.wait.p95");
    refused(r, "to-1", "\"to-1\" names no statistic: it is an edge; add what of it, as in to-1.error_rate");
    refused(r, "app1.p95", "\"app1.p95\" names no statistic: no server, endpoint, resource or edge is called \"app1\"; did you mean \"app-1\"?");
    refused(r, "/chatt.p99.9", "\"/chatt.p99.9\" names no statistic: no server, endpoint, resource or edge is called \"/chatt\"; did you mean \"/chat\"?");
    refused(r, "nobody.p95", "\"nobody.p95\" names no statistic: no server, endpoint, resource or edge is called \"nobody\"; statistics are p95, mean, throughput, error_rate, and of these as in srv-1.cpu_utilization, /api.p95");
    refused(r, "app-1.cpu", "\"app-1.cpu\" names no statistic: app-1 has no \"cpu\"; there are mean, median, std_dev, min, max, p50, p95, p99, p99.9, throughput, error_rate, completed, cost, cpu_utilization, "
        "loop_lag.mean (.max, .p95), arrived, refused, rejected, timed_out, ready_queue_len, event_loop_io_sleep, ram_in_use, core_busy, ram_queue_len, db_connections_in_use, db_queue_len, concurrent_requests, backlog_len, loops_blocked, threads_in_use, thread_queue_len");
    refused(r, "app-1.cpu_utilisation", "\"app-1.cpu_utilisation\" names no statistic: app-1 has no \"cpu_utilisation\"; did you mean \"cpu_utilization\"?");
    refused(r, "app-1.loop_lag", "\"app-1.loop_lag\" names no statistic: loop_lag is a distribution; ask for one figure of it: loop_lag.mean, .median, .std_dev, .min, .max or a percentile as in .p95");
    refused(r, "app-1.loop_lag.p0", "\"app-1.loop_lag.p0\" names no statistic: p0 is no percentile; they are more than 0 and at most 100: p50, p95, p99.9");
    refused(r, "orders-db.wait.total", "\"orders-db.wait.total\" names no statistic: wait is a distribution; ask for one figure of it: wait.mean, .median, .std_dev, .min, .max or a percentile as in .p95");
    refused(r, "app-1.ready_queue_len.p95", "\"app-1.ready_queue_len.p95\" names no statistic: ready_queue_len is a gauge, which has .mean and .max");
    refused(r, "app-1.throughput.mean", "\"app-1.throughput.mean\" names no statistic: app-1 has no \"throughput.mean\"; did you mean \"throughput\"?");
    refused(r, "orders-db.hit_ratio", "\"orders-db.hit_ratio\" names no statistic: hit_ratio is a cache's");
    refused(r, "orders-db.batches", "\"orders-db.batches\" names no statistic: batches is a gpu's");
    refused(r, "orders-db.calls", "\"orders-db.calls\" names no statistic: calls is an llm's");
    refused(r, "product-cache.utilization", "\"product-cache.utilization\" names no statistic: utilization is not a cache's");
    refused(r, "to-1.p95", "\"to-1.p95\" names no statistic: to-1 has no \"p95\"; there are error_rate, sent, delivered, dropped, edge_concurrent_connection");
    refused(r, "to-1.ready_queue_len", "\"to-1.ready_queue_len\" names no statistic: to-1 has no \"ready_queue_len\"; there are error_rate, sent, delivered, dropped, edge_concurrent_connection");
    refused(r, "to-1.", "\"to-1.\" names no statistic: to-1 has no \"\"; there are error_rate, sent, delivered, dropped, edge_concurrent_connection");
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    large[100] = large[300] = large[500] = large[700] = '.';
    CHECK(!(aflow_result_statistic(r, large, NULL) >= 0));
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
}

static void needs_units_directions(void)
{
    static const struct { const char *name, *unit; uint64_t needs; int larger; } rows[] = {
        { "mean", "s", 1, 0 }, { "median", "s", 1, 0 }, { "p50", "s", 1, 0 }, { "p90", "s", 100, 0 }, { "p95", "s", 200, 0 }, { "p99", "s", 1000, 0 },
        { "p99.9", "s", 10000, 0 }, { "p99.99", "s", 100000, 0 }, { "p1", "s", 1000, 0 }, { "p5", "s", 200, 0 }, { "p93", "s", 143, 0 }, { "p100", "s", 1, 0 }, { "max", "s", 1, 0 },
        { "throughput", "1/s", 1, 1 }, { "error_rate", "", 1, 0 }, { "completed", "requests", 1, 1 }, { "cost", "money", 1, 0 },
        { "app-1.cpu_utilization", "", 1, 0 }, { "app-1.loop_lag.p99", "s", 1000, 0 }, { "app-1.ram_in_use.max", "MB", 1, 0 }, { "app-1.core_busy", "cores", 1, 0 },
        { "/chat.p95", "s", 200, 0 }, { "/chat.throughput", "1/s", 1, 1 }, { "product-cache.hit_ratio", "", 1, 1 }, { "orders-db.wait.p95", "s", 200, 0 },
        { "assistant.output_tokens", "tokens", 1, 0 }, { "to-1.dropped", "messages", 1, 0 } };
    aflow_scenario_file *file = read_path(files[0]);
    aflow_result *r = run_of(aflow_scenario_of(file), AFLOW_LATENCY_AUTO, 0);
    aflowi_statistic s;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(aflowi_statistic_parse(aflow_scenario_of(file), rows[i].name, strlen(rows[i].name), &s, NULL));
        CHECK_STR(aflowi_statistic_unit(&s), rows[i].unit);
        CHECK_U64(aflowi_statistic_needs(&s), rows[i].needs);
        CHECK_U64(aflowi_statistic_larger_is_better(&s), rows[i].larger);
    }
    CHECK(aflowi_statistic_parse(aflow_scenario_of(file), "p95 < 1", 3, &s, NULL));     /* a part of a text */
    CHECK_U64(aflowi_statistic_observations(r, &s), aflow_result_latency(r).count);
    CHECK(aflowi_statistic_parse(aflow_scenario_of(file), "/chat.p95", 9, &s, NULL));
    CHECK_U64(aflowi_statistic_observations(r, &s), aflow_result_endpoint(r, aflowi_server_id(0), 3).completed + aflow_result_endpoint(r, aflowi_server_id(1), 3).completed);
    CHECK(aflowi_statistic_parse(aflow_scenario_of(file), "ranker.wait.p95", 15, &s, NULL));
    CHECK_U64(aflowi_statistic_observations(r, &s), aflow_result_resource(r, aflow_result_find(r, "ranker")).wait.count);
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
}

/* --- Objectives --- */

static void objectives(void)
{
    static const struct { const char *text; int op; double bound; } rows[] = {
        { "p95<100ms", AFLOWI_LESS, 0.1 }, { "p95 < 100 ms", AFLOWI_LESS, 0.1 }, { "  p95   <=   100ms  ", AFLOWI_AT_MOST, 0.1 }, { "p95 < 0.1", AFLOWI_LESS, 0.1 },
        { "p95 < 250us", AFLOWI_LESS, 0.00025 }, { "p95 < 5ns", AFLOWI_LESS, 5e-9 }, { "p95<1.5s", AFLOWI_LESS, 1.5 }, { "max < 2min", AFLOWI_LESS, 120 }, { "max<0.5h", AFLOWI_LESS, 1800 },
        { "p95<1e-1s", AFLOWI_LESS, 0.1 }, { "p95<1e2ms", AFLOWI_LESS, 0.1 }, { "error_rate < 0.1%", AFLOWI_LESS, 0.001 }, { "error_rate<0.001", AFLOWI_LESS, 0.001 },
        { "throughput > 40", AFLOWI_MORE, 40 }, { "throughput>=40rps", AFLOWI_AT_LEAST, 40 }, { "throughput >= 40 /s", AFLOWI_AT_LEAST, 40 }, { "throughput >= 40 1/s", AFLOWI_AT_LEAST, 40 },
        { "app-1.cpu_utilization < 80%", AFLOWI_LESS, 0.8 }, { "/chat.p99 <= 250ms", AFLOWI_AT_MOST, 0.25 }, { "app-1.ram_in_use.max < 512 MB", AFLOWI_LESS, 512 },
        { "dropped <= 0", AFLOWI_AT_MOST, 0 }, { "app-2/mail-pool.wait.p95 < .5", AFLOWI_LESS, 0.5 }, { "product-cache.hit_ratio > 90%", AFLOWI_MORE, 0.9 } };
    aflow_scenario_file *file = read_path(files[0]);
    aflowi_objective o;
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        aflow_diagnostics problems;
        memset(&problems, 0, sizeof problems);
        if (!aflowi_objective_parse(aflow_scenario_of(file), rows[i].text, &o, &problems, "--slo")) test_fail(__FILE__, __LINE__, "%s", problems.count ? problems.items[0].message : "?");
        CHECK_U64(o.op, rows[i].op);
        CHECK_NEAR(o.bound, rows[i].bound, 0);
        CHECK_STR(o.text, rows[i].text);
        CHECK(!aflowi_objective_holds(&o, aflowi_nan()));
        CHECK_U64(aflowi_objective_holds(&o, o.bound), o.op == AFLOWI_AT_MOST || o.op == AFLOWI_AT_LEAST);
        CHECK_U64(aflowi_objective_holds(&o, o.bound / 2 - 1), o.op == AFLOWI_AT_MOST || o.op == AFLOWI_LESS);
        CHECK_U64(aflowi_objective_holds(&o, o.bound * 2 + 1), o.op == AFLOWI_MORE || o.op == AFLOWI_AT_LEAST);
        aflow_diagnostics_clear(&problems);
    }
    aflow_scenario_file_destroy(file);
    file = read_string(odd_text);
    CHECK(aflowi_objective_parse(aflow_scenario_of(file), "a < b.sent > 5", &o, NULL, ""));    /* the last comparison is meant */
    CHECK(o.op == AFLOWI_MORE && o.bound == 5 && o.statistic.of == AFLOWI_OF_EDGE);
    aflow_scenario_file_destroy(file);
}

/* The texts are those of tests/bad/cases; here: an option's. */
static void objective_of_an_option(void)
{
    aflow_scenario_file *file = read_path(files[0]);
    aflow_diagnostics problems;
    aflowi_objective o;
    memset(&problems, 0, sizeof problems);
    CHECK(!aflowi_objective_parse(aflow_scenario_of(file), "p95 < 100 MB", &o, &problems, "--slo"));
    CHECK_U64(problems.count, 1);
    if (problems.count) {
        CHECK_STR(problems.items[0].path, "--slo");
        CHECK_STR(problems.items[0].message, "is \"p95 < 100 MB\": \"MB\" at character 11 is no unit of this statistic; use s, ms, us, ns, min, h or none");
        CHECK(problems.items[0].file == NULL && problems.items[0].line == 0);
    }
    aflow_diagnostics_clear(&problems);
    aflow_scenario_file_destroy(file);
}

static aflow_status check_first(const aflow_scenario *s, char message[600])
{
    aflow_diagnostics problems;
    aflow_status status;
    size_t i;
    memset(&problems, 0, sizeof problems);
    status = aflow_check(s, &problems);
    message[0] = 0;
    for (i = problems.count; i-- > 0;) if (problems.items[i].severity == AFLOW_SEVERITY_ERROR) snprintf(message, 600, "%s %s", problems.items[i].path, problems.items[i].message);
    aflow_diagnostics_clear(&problems);
    return status;
}

/* In a scenario in C, and by path. */
static void objectives_of_scenarios(void)
{
    static const char *const texts[] = { "p95 < 100ms", "app-1.cpu_utilization < 0.8" }, *const with_null[] = { "p95 < 100ms", NULL };
    aflow_scenario_file *file = read_path(files[0]);
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    uint64_t hash = aflow_scenario_hash(copy);
    char message[600], got[200];
    aflow_text t = { got, sizeof got, 0 };
    copy->sim_settings.slo = texts;
    copy->sim_settings.slo_count = 2;
    CHECK_U64(check_first(copy, message), AFLOW_OK);
    CHECK(aflow_scenario_hash(copy) == hash);
    copy->sim_settings.slo = NULL;
    CHECK_U64(check_first(copy, message), AFLOW_INVALID);
    CHECK_STR(message, "sim_settings.slo is NULL although its count is not 0");
    copy->sim_settings.slo = with_null;
    CHECK_U64(check_first(copy, message), AFLOW_INVALID);
    CHECK_STR(message, "sim_settings.slo[1] is NULL");
    CHECK_U64(aflow_set(copy, "sim_settings.slo", "p95 < 100ms, error_rate < 1%", NULL), AFLOW_OK);
    CHECK_U64(check_first(copy, message), AFLOW_OK);
    CHECK_U64(copy->sim_settings.slo_count, 2);
    CHECK_U64(aflow_get(copy, "slo", aflow_put_text, &t, NULL), AFLOW_OK);
    CHECK_STR(got, "p95 < 100ms, error_rate < 1%");
    CHECK_U64(aflow_set(copy, "slo", "p95 < 100ms, app-3.p95 < 1s", NULL), AFLOW_OK);
    CHECK_U64(check_first(copy, message), AFLOW_INVALID);
    CHECK_STR(message, "sim_settings.slo[1] is \"app-3.p95 < 1s\": \"app-3.p95\" names no statistic: no server, endpoint, resource or edge is called \"app-3\"; did you mean \"app-1\"?");
    CHECK_U64(aflow_set(copy, "slo", "", NULL), AFLOW_OK);
    CHECK_U64(aflow_scenario_hash(copy), hash);     /* none is none */
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

static void prices(void)
{
    aflow_scenario_file *file = read_path(files[0]);
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    uint64_t hash = aflow_scenario_hash(copy);
    aflow_result *r, *with;
    char message[600];
    CHECK_NEAR(aflow_scenario_cost_per_hour(NULL), 0, 0);
    CHECK_NEAR(aflow_scenario_cost_per_hour(copy), 0, 0);
    r = run_of(copy, AFLOW_LATENCY_AUTO, 0);
    CHECK_U64(aflow_set(copy, "prices.per_core_hour", "0.5", NULL), AFLOW_OK);
    CHECK_NEAR(aflow_scenario_cost_per_hour(copy), 2 * 4 * 0.5, 0);
    CHECK_U64(aflow_set(copy, "sim_settings.prices.per_replica_hour", "0.25", NULL), AFLOW_OK);
    CHECK_NEAR(aflow_scenario_cost_per_hour(copy), 2 * (4 * 0.5 + 0.25), 0);
    CHECK_U64(aflow_set(copy, "per_gb_hour", "0.125", NULL), AFLOW_OK);
    CHECK_NEAR(aflow_scenario_cost_per_hour(copy), 2 * (4 * 0.5 + 0.25 + 4 * 0.125), 0);
    copy->topology_graph.nodes.servers_count = 1;
    ((aflow_server *)(uintptr_t)copy->topology_graph.nodes.servers)->server_resources.cpu_cores = 0;   /* the defaults: one core, 1024 MB */
    ((aflow_server *)(uintptr_t)copy->topology_graph.nodes.servers)->server_resources.ram_mb = 0;
    CHECK_NEAR(aflow_scenario_cost_per_hour(copy), 0.5 + 0.25 + 0.125, 0);
    aflow_scenario_destroy(copy);
    copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    CHECK_U64(aflow_set(copy, "prices.per_core_hour", "0.5", NULL), AFLOW_OK);
    CHECK(aflow_scenario_hash(copy) == hash);
    with = run_of(copy, AFLOW_LATENCY_AUTO, 0);
    CHECK_U64(aflow_result_info(with).digest, aflow_result_info(r).digest);
    CHECK_U64(aflow_set(copy, "prices.per_core_hour", "0", NULL), AFLOW_OK);
    CHECK_U64(aflow_scenario_hash(copy), hash);
    CHECK_U64(aflow_set(copy, "prices.per_core_hour", "-1", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "prices.per_core_hour", "2e9", NULL), AFLOW_INVALID);
    copy->sim_settings.prices.per_replica_hour = -1;
    CHECK_U64(check_first(copy, message), AFLOW_INVALID);
    CHECK_STR(message, "sim_settings.prices.per_replica_hour is -1; needs at least 0");
    aflow_result_destroy(r);
    aflow_result_destroy(with);
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

/* --- Load and replicas --- */

static void set_refused(aflow_scenario *copy, const char *path, const char *value, aflow_diagnostic_code code, const char *message)
{
    aflow_diagnostics problems;
    char text[600];
    uint64_t hash = aflow_scenario_hash(copy);
    memset(&problems, 0, sizeof problems);
    CHECK_U64(aflow_set(copy, path, value, &problems), AFLOW_INVALID);
    CHECK_U64(problems.count, 1);
    snprintf(text, sizeof text, "%s %s", problems.count ? problems.items[0].path : "", problems.count ? problems.items[0].message : "");
    CHECK_STR(text, message);
    CHECK_U64(problems.count ? problems.items[0].code : AFLOW_DIAGNOSTIC_COUNT, code);
    CHECK_U64(aflow_scenario_hash(copy), hash);
    aflow_diagnostics_clear(&problems);
}

static void says(const aflow_scenario *s, const char *path, const char *value)
{
    char text[200] = "";
    aflow_text t = { text, sizeof text, 0 };
    CHECK_U64(aflow_get(s, path, aflow_put_text, &t, NULL), AFLOW_OK);
    CHECK_STR(text, value);
}

static double no_next(void *context, double previous_s, uint64_t random)
{
    (void)context;
    (void)random;
    return previous_s + 1;
}

static void load(void)
{
    static const double times[] = { 1, 2, 3 };
    static const aflow_source_hook source = { no_next, NULL };
    aflow_scenario_file *file = read_path("examples/scenarios/two_servers.yml");
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL), *by_field = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    aflow_random_variable *users = &copy->rqs_input.avg_active_users;
    says(copy, "load", "1x");
    CHECK_U64(aflow_set(copy, "load", "2x", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(by_field, "rqs_input.avg_active_users", "240", NULL), AFLOW_OK);
    CHECK_U64(aflow_scenario_hash(copy), aflow_scenario_hash(by_field));
    says(copy, "load", "1x");       /* of what it now is */
    CHECK_U64(aflow_set(copy, "load", "0.25", NULL), AFLOW_OK);
    CHECK_NEAR(users->mean, 60, 0);
    *users = aflow_normal(100, 50);
    CHECK_U64(aflow_set(copy, "load", "3x", NULL), AFLOW_OK);
    CHECK(users->mean == 300 && users->variance == 150);
    *users = aflow_random_scv(AFLOW_DISTRIBUTION_NORMAL, 100, 0.25);
    CHECK_U64(aflow_set(copy, "load", "2x", NULL), AFLOW_OK);
    CHECK(users->mean == 200 && users->scv == 0.125);       /* the variance doubles: 0.125 x 200^2 = 2 x 0.25 x 100^2 */
    *users = aflow_normal(100, 0);
    CHECK_U64(aflow_set(copy, "load", "2x", NULL), AFLOW_OK);
    CHECK(users->mean == 200 && users->variance == AFLOW_ZERO);
    set_refused(copy, "load", "0", AFLOW_DIAGNOSTIC_WRONG_TYPE, "load is \"0\"; needs a factor of more than 0, as in 2x or 0.5x");
    set_refused(copy, "load", "-2x", AFLOW_DIAGNOSTIC_WRONG_TYPE, "load is \"-2x\"; needs a factor of more than 0, as in 2x or 0.5x");
    set_refused(copy, "load", "x", AFLOW_DIAGNOSTIC_WRONG_TYPE, "load is \"x\"; needs a factor of more than 0, as in 2x or 0.5x");
    set_refused(copy, "load", "", AFLOW_DIAGNOSTIC_WRONG_TYPE, "load is \"\"; needs a factor of more than 0, as in 2x or 0.5x");
    set_refused(copy, "load", "twice", AFLOW_DIAGNOSTIC_WRONG_TYPE, "load is \"twice\"; needs a factor of more than 0, as in 2x or 0.5x");
    set_refused(copy, "load", "1e999", AFLOW_DIAGNOSTIC_WRONG_TYPE, "load is \"1e999\"; needs a factor of more than 0, as in 2x or 0.5x");
    set_refused(copy, "load", "1e9x", AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "rqs_input.avg_active_users is 200000000000; needs at most 1000000000 users");
    copy->rqs_input.source = &source;
    set_refused(copy, "load", "2x", AFLOW_DIAGNOSTIC_NOT_SCALABLE, "load cannot be multiplied where the traffic is a source of one's own; let the source make more");
    copy->rqs_input.source = NULL;
    copy->rqs_input.arrivals = times;
    copy->rqs_input.arrivals_count = 3;
    set_refused(copy, "load", "2x", AFLOW_DIAGNOSTIC_NOT_SCALABLE, "load cannot be multiplied where arrivals are replayed; give rqs_input.avg_active_users instead of arrivals");
    aflow_scenario_destroy(copy);
    aflow_scenario_destroy(by_field);
    aflow_scenario_file_destroy(file);
}

#define A_SERVER(id) \
    "    - id: " id "\n" \
    "      server_resources: {cpu_cores: 2, workers: 2}\n" \
    "      resources: [{id: pool, kind: connection_pool, capacity: 2}]\n" \
    "      endpoints:\n" \
    "      - endpoint_name: /api\n" \
    "        steps: [{kind: initial_parsing, step_operation: {cpu_time: {mean: 0.01, distribution: exponential}}}, {kind: branch, steps: [{kind: io_db, resource: pool, step_operation: {io_waiting_time: 0.02}}]}]\n"
#define AN_EDGE(id, from, to) "  - {id: " id ", source: " from ", target: " to ", dropout_rate: 0.01, latency: {mean: 0.003, distribution: exponential}}\n"
#define SERVICE(covered, servers, edges) \
    "rqs_input: {id: gen, avg_active_users: {mean: 60}, avg_request_per_minute_per_user: {mean: 60}}\n" \
    "topology_graph:\n" \
    "  nodes:\n" \
    "    client: {id: c}\n" \
    "    load_balancer: {id: lb" covered "}\n" \
    "    servers:\n" servers \
    "  edges:\n" AN_EDGE("in", "gen", "c") AN_EDGE("to", "c", "lb") edges \
    "sim_settings: {total_simulation_time: 60}\n" \
    "events: [{event_id: down, target_id: app, start: {kind: server_down, t_start: 10}, end: {kind: server_up, t_end: 20}}]\n"
#define APP A_SERVER("app")
#define OTHER A_SERVER("other")
#define APP_EDGES AN_EDGE("lb-app", "lb", "app") AN_EDGE("app-c", "app", "c")
#define OTHER_EDGES AN_EDGE("lb-other", "lb", "other") AN_EDGE("other-c", "other", "c")

static const char service[] = SERVICE(", server_covered: [app, other]", APP OTHER, APP_EDGES OTHER_EDGES);
static const char service_3[] = SERVICE(", server_covered: [app, other, app-2, app-3]", APP OTHER A_SERVER("app-2") A_SERVER("app-3"),
    APP_EDGES OTHER_EDGES AN_EDGE("lb-app-2", "lb", "app-2") AN_EDGE("app-c-2", "app-2", "c") AN_EDGE("lb-app-3", "lb", "app-3") AN_EDGE("app-c-3", "app-3", "c"));
static const char service_2_2[] = SERVICE(", server_covered: [app, other, app-2, other-2]", APP OTHER A_SERVER("app-2") A_SERVER("other-2"),
    APP_EDGES OTHER_EDGES AN_EDGE("lb-app-2", "lb", "app-2") AN_EDGE("app-c-2", "app-2", "c") AN_EDGE("lb-other-2", "lb", "other-2") AN_EDGE("other-c-2", "other-2", "c"));
static const char uncovered[] = SERVICE("", APP OTHER, APP_EDGES OTHER_EDGES);
static const char uncovered_2[] = SERVICE("", APP OTHER A_SERVER("app-2"), APP_EDGES OTHER_EDGES AN_EDGE("lb-app-2", "lb", "app-2") AN_EDGE("app-c-2", "app-2", "c"));

/* The copy is the scenario of a text: the same hash, and the same results. */
static void equals(const aflow_scenario *copy, const char *text)
{
    aflow_scenario_file *file = read_string(text);
    aflow_result *a = run_of(copy, AFLOW_LATENCY_AUTO, 0), *b = run_of(aflow_scenario_of(file), AFLOW_LATENCY_AUTO, 0);
    CHECK(file != NULL && a != NULL && b != NULL);
    CHECK_U64(aflow_scenario_hash(copy), aflow_scenario_hash(aflow_scenario_of(file)));
    CHECK_U64(aflow_result_info(a).digest, aflow_result_info(b).digest);
    CHECK(aflow_result_info(a).requests.completed > 1000);
    aflow_result_destroy(a);
    aflow_result_destroy(b);
    aflow_scenario_file_destroy(file);
}

static aflow_scenario *copy_of_text(const char *text)
{
    aflow_scenario_file *file = read_string(text);
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    CHECK(copy != NULL);
    if (copy) copy->origin = NULL;      /* the text is gone */
    aflow_scenario_file_destroy(file);
    return copy;
}

static void replicas(void)
{
    aflow_scenario *copy = copy_of_text(service), *second;
    says(copy, "replicas(app)", "1");
    CHECK_U64(aflow_set(copy, "replicas(app)", "1", NULL), AFLOW_OK);
    equals(copy, service);
    CHECK_U64(aflow_set(copy, "replicas(app)", "3", NULL), AFLOW_OK);
    says(copy, "replicas(app)", "3");
    says(copy, "replicas(other)", "1");
    equals(copy, service_3);
    CHECK_U64(aflow_set(copy, "replicas(app)", "3", NULL), AFLOW_OK);       /* once more is the same */
    equals(copy, service_3);
    second = aflow_scenario_copy(copy, NULL);                               /* copies know their copies */
    CHECK_U64(aflow_set(second, "replicas(app)", "2", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(second, "replicas(other)", "2", NULL), AFLOW_OK);
    equals(second, service_2_2);
    CHECK_U64(aflow_set(second, "replicas(app)", "1", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(second, "replicas(other)", "1", NULL), AFLOW_OK);
    equals(second, service);
    aflow_scenario_destroy(second);
    CHECK_U64(aflow_set(copy, "replicas(app)", "1000", NULL), AFLOW_OK);
    says(copy, "replicas(app)", "1000");
    CHECK_U64(copy->topology_graph.nodes.servers_count, 1001);
    CHECK_STR(copy->topology_graph.nodes.servers[1000].id, "app-1000");
    CHECK_STR(copy->topology_graph.edges[2 + 2 + 2 * 999 + 1].id, "app-c-1000");
    CHECK_U64(aflow_set(copy, "replicas(app)", "3", NULL), AFLOW_OK);
    equals(copy, service_3);
    aflow_scenario_destroy(copy);
    copy = copy_of_text(uncovered);
    CHECK_U64(aflow_set(copy, "replicas(app)", "2", NULL), AFLOW_OK);
    equals(copy, uncovered_2);
    aflow_scenario_destroy(copy);
}

/* What is written by hand in the same way is taken for copies; fields of the first come to them with the next set. */
static void replicas_by_hand(void)
{
    aflow_scenario *copy = copy_of_text(service_3);
    says(copy, "replicas(app)", "3");
    CHECK_U64(aflow_set(copy, "servers.app.server_resources.cpu_cores", "4", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "edges.lb-app.latency", "0.005", NULL), AFLOW_OK);
    says(copy, "servers.app-3.server_resources.cpu_cores", "2");
    CHECK_U64(aflow_set(copy, "replicas(app)", "3", NULL), AFLOW_OK);
    says(copy, "servers.app-3.server_resources.cpu_cores", "4");
    says(copy, "edges.lb-app-2.latency", "0.005");
    says(copy, "servers.other.server_resources.cpu_cores", "2");
    CHECK_U64(aflow_set(copy, "servers.app-2.endpoints./api.steps[0].cpu_time", "0.5", NULL), AFLOW_OK);
    says(copy, "servers.app.endpoints./api.steps[0].cpu_time", "0.01");     /* nothing is shared */
    CHECK_U64(aflow_set(copy, "replicas(app)", "1", NULL), AFLOW_OK);
    CHECK_U64(copy->topology_graph.nodes.servers_count, 2);
    CHECK_U64(copy->topology_graph.nodes.load_balancer.server_covered_count, 2);
    aflow_scenario_destroy(copy);
}

static void replicas_refused(void)
{
    static const char clash[] = SERVICE(", server_covered: [app, app-2]", APP A_SERVER("app-2"), APP_EDGES AN_EDGE("e1", "lb", "app-2") AN_EDGE("e2", "app-2", "c"));
    static const char edge_clash[] = SERVICE(", server_covered: [app, other]", APP OTHER, APP_EDGES AN_EDGE("lb-app-3", "lb", "other") AN_EDGE("other-c", "other", "c"));
    aflow_scenario *copy = copy_of_text(service);
    aflow_scenario_file *file;
    set_refused(copy, "replicas(app)", "0", AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "replicas(app) is \"0\"; needs a whole number from 1 to 1000");
    set_refused(copy, "replicas(app)", "1001", AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "replicas(app) is \"1001\"; needs a whole number from 1 to 1000");
    set_refused(copy, "replicas(app)", "1.5", AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "replicas(app) is \"1.5\"; needs a whole number from 1 to 1000");
    set_refused(copy, "replicas(app)", "many", AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "replicas(app) is \"many\"; needs a whole number from 1 to 1000");
    set_refused(copy, "replicas(app)", "1e99", AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "replicas(app) is \"1e99\"; needs a whole number from 1 to 1000");
    set_refused(copy, "replicas(appp)", "2", AFLOW_DIAGNOSTIC_NO_PATH, "replicas(appp) names no server; did you mean \"app\"?");
    set_refused(copy, "replicas(app", "2", AFLOW_DIAGNOSTIC_NO_PATH, "replicas(app names no server; did you mean \"app\"?");
    set_refused(copy, "replicas(", "2", AFLOW_DIAGNOSTIC_NO_PATH, "replicas( names no server; write its id as in replicas(srv-1)");
    set_refused(copy, "replicas()", "2", AFLOW_DIAGNOSTIC_NO_PATH, "replicas() names no server; write its id as in replicas(srv-1)");
    set_refused(copy, "replicas(lb)", "2", AFLOW_DIAGNOSTIC_NO_PATH, "replicas(lb) names no server; write its id as in replicas(srv-1)");
    CHECK_U64(aflow_set(copy, "load_balancer.server_covered", "other", NULL), AFLOW_OK);
    set_refused(copy, "replicas(app)", "2", AFLOW_DIAGNOSTIC_NOT_SCALABLE,
        "replicas(app) cannot be set: the server is not behind a balancer, which copies need; add a load_balancer with an edge to it, and the server to server_covered");
    CHECK_U64(aflow_get(copy, "replicas(nobody)", aflow_put_file, stdout, NULL), AFLOW_INVALID);
    copy->topology_graph.edges = NULL;      /* broken lists are the check's, not ours to follow */
    copy->topology_graph.nodes.servers = NULL;
    set_refused(copy, "replicas(app)", "2", AFLOW_DIAGNOSTIC_NO_PATH, "replicas(app) names no server; write its id as in replicas(srv-1)");
    aflow_scenario_destroy(copy);
    copy = copy_of_text(clash);
    says(copy, "replicas(app)", "1");
    set_refused(copy, "replicas(app)", "2", AFLOW_DIAGNOSTIC_NOT_SCALABLE, "replicas(app) needs the name app-2 for a copy, but there is another node of that name; rename it");
    CHECK_U64(aflow_set(copy, "replicas(app)", "1", NULL), AFLOW_OK);
    CHECK_U64(copy->topology_graph.nodes.servers_count, 2);     /* not ours to remove */
    aflow_scenario_destroy(copy);
    copy = copy_of_text(edge_clash);
    CHECK_U64(aflow_set(copy, "replicas(app)", "2", NULL), AFLOW_OK);
    set_refused(copy, "replicas(app)", "3", AFLOW_DIAGNOSTIC_NOT_SCALABLE, "replicas(app) needs the name lb-app-3 for the edge of a copy, but there is another edge of that name; rename it");
    aflow_scenario_destroy(copy);
    file = read_path("examples/scenarios/single_server.yml");
    copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    says(copy, "replicas(srv-1)", "1");
    set_refused(copy, "replicas(srv-1)", "2", AFLOW_DIAGNOSTIC_NOT_SCALABLE,
        "replicas(srv-1) cannot be set: the server is not behind a balancer, which copies need; add a load_balancer with an edge to it, and the server to server_covered");
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

int main(void)
{
    RUN(every_statistic);
    RUN(of_nothing);
    RUN(of_what_is_not_there);
    RUN(pooled);
    RUN(moments_of_years);
    RUN(odd_names);
    RUN(names_of_nothing);
    RUN(needs_units_directions);
    RUN(objectives);
    RUN(objective_of_an_option);
    RUN(objectives_of_scenarios);
    RUN(prices);
    RUN(load);
    RUN(replicas);
    RUN(replicas_by_hand);
    RUN(replicas_refused);
    return test_end();
}
