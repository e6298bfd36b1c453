/* charts.c - SVG and HTML: well-formed, inside their frames, escaped, repeatable. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- Runs to draw --- */

#define CHARTS_SERVERS 30
#define CHARTS_HOSTILE "srv <b>&\"' \xE6\x9C\x8D\xE5\x8A\xA1 ]]> </script>"

typedef struct study {
    const char *first_id;        /* of the first server and endpoint; NULL: srv-0 */
    size_t servers;
    double users, cpu_s, latency_s;
    int constant, events;
    uint32_t metrics, seconds;
    const double *arrivals;
    size_t arrivals_count;
    double until;                /* 0: to the end */
} study;

static const double one_arrival[] = { 0.25 };
static const double no_arrival[] = { 9.999 };

static const study studies[] = {
    { NULL, 2, 60, 0.004, 0.003, 0, 1, 0, 60, NULL, 0, 0 },
    { NULL, 1, 20, 0.002, 0.005, 1, 0, AFLOW_METRICS_ALL, 10, NULL, 0, 0 },
    { NULL, 1, 0, 0.002, 0.005, 1, 0, 0, 5, one_arrival, 1, 0 },
    { NULL, 2, 0, 0.002, 5, 1, 1, AFLOW_READY_QUEUE_LEN, 10, no_arrival, 1, 0 },
    { CHARTS_HOSTILE, 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0 },
    { "bad \xEF\xBF\xBF\x01\x7F\t end", 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0 },
    { "long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-name",
      2, 60, 0.004, 0.0000003, 0, 1, 0, 10, NULL, 0, 0 },
    { NULL, 1, 120, 0.05, 0.003, 0, 0, 0, 60, NULL, 0, 0 },
    { NULL, CHARTS_SERVERS, 200, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0 },
    { NULL, 2, 60, 0.004, 0.003, 0, 1, AFLOW_METRICS_NONE, 10, NULL, 0, 0 },
    { NULL, 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 1.5 },
    { NULL, 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0.004 },
    { NULL, 2, 700, 0.0005, 0.003, 0, 1, 0, 20, NULL, 0, 0 },
    { NULL, 1, 90, 0.0105, 0.003, 1, 0, 0, 20, NULL, 0, 0 }
};
#define STUDIES (sizeof studies / sizeof studies[0])

static aflow_random_variable study_time(const study *s, double mean)
{
    return s->constant ? aflow_constant(mean) : aflow_exponential(mean);
}

static aflow_edge study_edge(const study *s, const char *id, const char *source, const char *target)
{
    aflow_edge e;
    memset(&e, 0, sizeof e);
    e.id = id;
    e.source = source;
    e.target = target;
    e.latency = study_time(s, s->latency_s);
    return e;
}

static void study_server(const study *s, aflow_server *server, const aflow_endpoint *endpoint, const char *id, aflow_edge *in, aflow_edge *out, char *texts)
{
    (void)snprintf(texts, 200, "in-%.190s", id);
    (void)snprintf(texts + 200, 200, "out-%.190s", id);
    memset(server, 0, sizeof *server);
    server->id = id;
    server->server_resources.ram_mb = 2048;
    server->endpoints = endpoint;
    server->endpoints_count = 1;
    *in = study_edge(s, texts, "lb", id);
    *out = study_edge(s, texts + 200, id, "client");
}

static aflow_result *study_run(const study *s)
{
    static char ids[CHARTS_SERVERS][16], texts[CHARTS_SERVERS][400];
    aflow_step steps[3];
    aflow_endpoint endpoint;
    aflow_server servers[CHARTS_SERVERS];
    aflow_edge edges[2 + 2 * CHARTS_SERVERS];
    aflow_event events[2];
    aflow_scenario scenario;
    aflow_run_desc desc;
    aflow_diagnostics problems;
    aflow_result *result;
    size_t i;
    memset(&scenario, 0, sizeof scenario);
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    memset(&endpoint, 0, sizeof endpoint);
    memset(events, 0, sizeof events);
    steps[0] = aflow_cpu(study_time(s, s->cpu_s));
    steps[1] = aflow_ram_mb(64);
    steps[2] = aflow_io(study_time(s, 0.01));
    endpoint.endpoint_name = s->first_id ? s->first_id : "/api";
    endpoint.steps = steps;
    endpoint.steps_count = 3;
    edges[0] = study_edge(s, "gen-client", "gen", "client");
    edges[1] = study_edge(s, "client-lb", "client", "lb");
    for (i = 0; i < s->servers; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "srv-%u", (unsigned)i);
        study_server(s, &servers[i], &endpoint, i == 0 && s->first_id ? s->first_id : ids[i], &edges[2 + 2 * i], &edges[3 + 2 * i], texts[i]);
    }
    scenario.rqs_input.id = "gen";
    scenario.rqs_input.avg_active_users.mean = s->users > 0 ? s->users : 1;
    scenario.rqs_input.avg_request_per_minute_per_user.mean = 60;
    scenario.rqs_input.arrivals = s->arrivals;
    scenario.rqs_input.arrivals_count = s->arrivals_count;
    scenario.topology_graph.nodes.client.id = "client";
    scenario.topology_graph.nodes.load_balancer.id = "lb";
    scenario.topology_graph.nodes.servers = servers;
    scenario.topology_graph.nodes.servers_count = s->servers;
    scenario.topology_graph.edges = edges;
    scenario.topology_graph.edges_count = 2 + 2 * s->servers;
    scenario.sim_settings.total_simulation_time = s->seconds;
    scenario.sim_settings.enabled_sample_metrics = s->metrics;
    events[0].event_id = "outage";
    events[0].target_id = servers[0].id;
    events[0].start.kind = AFLOW_EVENT_SERVER_DOWN;
    events[0].start.t_start = 1;
    events[0].end.kind = AFLOW_EVENT_SERVER_UP;
    events[0].end.t_end = 3;
    events[1].event_id = "spike <&>";
    events[1].target_id = "client-lb";
    events[1].start.kind = AFLOW_EVENT_NETWORK_SPIKE_START;
    events[1].start.t_start = 2;
    events[1].start.spike_s = 0.02;
    events[1].end.kind = AFLOW_EVENT_NETWORK_SPIKE_END;
    events[1].end.t_end = 4;
    scenario.events = events;
    scenario.events_count = s->events ? 2 : 0;
    desc.seed = 11;
    if (s->until > 0) {
        aflow_sim *sim = aflow_sim_create(&scenario, &desc, &problems);
        (void)aflow_sim_run_until(sim, s->until);
        result = aflow_sim_finish(sim);
        aflow_sim_destroy(sim);
    } else {
        result = aflow_run(&scenario, &desc, &problems);
    }
    if (!result) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    aflow_diagnostics_clear(&problems);
    return result;
}

/* --- A run with resources: `count` of them, of all kinds in turn, each with a hostile id --- */

static aflow_id mixed_resource(aflow_builder *b, unsigned index)
{
    static const aflow_resource_kind kinds[] = { AFLOW_RESOURCE_CONNECTION_POOL, AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_GPU, AFLOW_RESOURCE_LLM, AFLOW_RESOURCE_RATE_LIMITER };
    aflow_resource r;
    char id[24];
    memset(&r, 0, sizeof r);
    (void)snprintf(id, sizeof id, "r<%u>", index);
    r.id = id;
    r.kind = kinds[index % 5];
    if (r.kind == AFLOW_RESOURCE_CONNECTION_POOL) r.capacity = 2;
    if (r.kind == AFLOW_RESOURCE_CACHE) { r.keys = 50; r.capacity = 20; }
    if (r.kind == AFLOW_RESOURCE_GPU) { r.max_batch_size = 300; r.max_batch_wait = 0.02; r.batch_time = aflow_exponential(0.01); }
    if (r.kind == AFLOW_RESOURCE_LLM) { r.price_per_call = 0.01; r.time_to_first_token = aflow_exponential(0.05); }
    if (r.kind == AFLOW_RESOURCE_RATE_LIMITER) { r.rate = 40; r.overflow = AFLOW_OVERFLOW_REJECT; }
    return aflow_add_resource(b, &r);
}

static aflow_result *mixed_run(unsigned count, uint32_t metrics)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server desc;
    aflow_step steps[7];
    aflow_diagnostics problems;
    aflow_result *result;
    aflow_id source, client, server;
    unsigned i;
    memset(&users, 0, sizeof users);
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    users.avg_active_users.mean = 60;
    users.avg_request_per_minute_per_user.mean = 60;
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    for (i = 0; i < count; i++) {
        aflow_id id = mixed_resource(b, i);
        if (i == 1) aflow_add_cache_loss(b, id, 3, 5);
    }
    desc.server_resources.workers = 2;
    desc.server_resources.max_concurrency = 50;
    server = aflow_add_server(b, &desc);
    steps[0] = aflow_cpu_s(0.001);
    steps[1] = aflow_using(aflow_db(aflow_exponential(0.02)), "r<0>");
    steps[2] = aflow_cache("r<1>", 0.001, NULL, 0);
    steps[3] = aflow_gpu_inference("r<2>");
    steps[4] = aflow_llm_tokens("r<3>", aflow_constant(100), aflow_constant(100));
    steps[5] = aflow_thread_io_s(0.01);
    steps[6] = aflow_rate_limit("r<4>");
    aflow_add_endpoint(b, server, "/api", steps, 7);
    aflow_connect(b, source, client, aflow_exponential(0.003));
    aflow_connect(b, client, server, aflow_exponential(0.003));
    aflow_connect(b, server, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 10;
    aflow_builder_settings(b)->enabled_sample_metrics = metrics;
    result = aflow_run(aflow_builder_scenario(b, &problems), (const aflow_run_desc *)NULL, &problems);
    if (!result) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return result;
}

#include "markup.inc"

static void check_markup(const sink *s, int is_html, size_t study_index, int chart)
{
    const char *place = "", *fault = markup_check(s->data ? s->data : "", is_html, &place);
    if (fault) test_fail(__FILE__, __LINE__, "study %u, chart %d: %s near \"%.60s\"", (unsigned)study_index, chart, fault, place);
}

/* --- Tests --- */

static aflow_chart_desc chart_of(int chart, const aflow_result *result)
{
    aflow_chart_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.chart = chart < 3 ? (aflow_chart)chart : AFLOW_CHART_DASHBOARD;
    if (chart == 2) {
        desc.metric = AFLOW_READY_QUEUE_LEN;
        (void)aflow_result_servers(result, &desc.entity, 1);
    }
    return desc;
}

static void every_chart_is_well_formed(void)
{
    static const uint32_t sizes[][2] = { { 0, 0 }, { 420, 260 }, { 1, 1 }, { 1600, 300 }, { 100000, 100000 } };
    size_t i, k;
    int chart;
    for (i = 0; i < STUDIES; i++) {
        aflow_result *result = study_run(&studies[i]);
        CHECK(result != NULL);
        for (chart = 0; result && chart < 4; chart++) {
            for (k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
                aflow_chart_desc desc = chart_of(chart, result);
                sink s;
                memset(&s, 0, sizeof s);
                desc.width = sizes[k][0];
                desc.height = sizes[k][1];
                desc.dark = (int)(k & 1);
                CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
                check_markup(&s, 0, i, chart);
                CHECK(s.data && strstr(s.data, "role=\"img\"") && strstr(s.data, "<title>") && strstr(s.data, "<desc>"));
                sink_clear(&s);
            }
        }
        aflow_result_destroy(result);
    }
}

static void every_metric_has_a_chart(void)
{
    aflow_result *result = study_run(&studies[1]);
    unsigned bit;
    CHECK(result != NULL);
    for (bit = 1; result && bit <= AFLOW_DB_QUEUE_LEN; bit *= 2) {
        aflow_chart_desc desc = chart_of(2, result);
        sink s;
        memset(&s, 0, sizeof s);
        desc.metric = (aflow_metric)bit;
        if (desc.metric == AFLOW_EDGE_CONCURRENT_CONNECTION) (void)aflow_result_edges(result, &desc.entity, 1);
        CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
        check_markup(&s, 0, 1, (int)bit);
        sink_clear(&s);
    }
    aflow_result_destroy(result);
}

/* The metrics of servers and resources that limits, threads and resources bring. */
static void every_metric_of_resources_has_a_chart(void)
{
    static const struct { aflow_metric metric; const char *entity, *title, *unit; } cases[] = {
        { AFLOW_CONCURRENT_REQUESTS, "srv-1", "Requests let in", ">requests</text>" }, { AFLOW_BACKLOG_LEN, "srv-1", "Backlog", ">requests</text>" },
        { AFLOW_THREADS_IN_USE, "srv-1", "Threads in use", ">threads</text>" }, { AFLOW_THREAD_QUEUE_LEN, "srv-1", "Thread queue", ">requests</text>" },
        { AFLOW_RESOURCE_IN_USE, "r<0>", "In use", ">connections</text>" }, { AFLOW_RESOURCE_IN_USE, "r<1>", "In use", ">entries</text>" },
        { AFLOW_RESOURCE_IN_USE, "r<2>", "In use", ">batches</text>" }, { AFLOW_RESOURCE_IN_USE, "r<3>", "In use", ">calls</text>" },
        { AFLOW_RESOURCE_QUEUE_LEN, "r<4>", "Waiting", ">requests</text>" }
    };
    aflow_result *result = mixed_run(5, AFLOW_METRICS_ALL);
    char title[80];
    size_t i;
    CHECK(result != NULL);
    for (i = 0; result && i < sizeof cases / sizeof cases[0]; i++) {
        aflow_chart_desc desc = chart_of(2, result);
        sink s;
        memset(&s, 0, sizeof s);
        desc.metric = cases[i].metric;
        desc.entity = aflow_result_find(result, cases[i].entity);
        CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
        check_markup(&s, 0, i, 2);
        (void)snprintf(title, sizeof title, "<title>%s \xC2\xB7 ", cases[i].title);
        if (!s.data || !strstr(s.data, title) || !strstr(s.data, cases[i].unit)) test_fail(__FILE__, __LINE__, "chart %u has not %s and %s", (unsigned)i, title, cases[i].unit);
        CHECK(strstr(s.data, ">r&lt;1&gt; lost</text>") && strstr(s.data, "class=\"af-outage\""));
        sink_clear(&s);
    }
    aflow_result_destroy(result);
}

static void batches_have_a_chart(void)
{
    static const uint32_t sizes[][2] = { { 0, 0 }, { 420, 260 }, { 1, 1 }, { 100000, 100000 } };
    aflow_result *result = mixed_run(5, 0);
    aflow_chart_desc desc;
    size_t k;
    sink s;
    memset(&s, 0, sizeof s);
    memset(&desc, 0, sizeof desc);
    CHECK(result != NULL);
    if (!result) return;
    desc.chart = AFLOW_CHART_BATCH_SIZES;
    desc.entity = aflow_result_find(result, "r<2>");
    for (k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        desc.width = sizes[k][0];
        desc.height = sizes[k][1];
        CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
        check_markup(&s, 0, k, AFLOW_CHART_BATCH_SIZES);
        CHECK(strstr(s.data, "<title>Batch sizes \xC2\xB7 r&lt;2&gt;</title>") && strstr(s.data, "<title>batches of 1: "));
        sink_clear(&s);
    }
    desc.entity = aflow_result_find(result, "r<0>");
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    desc.entity = aflow_result_find(result, "srv-1");
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    desc.chart = (aflow_chart)(AFLOW_CHART_BATCH_SIZES + 1);
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(s.calls, 0);
    aflow_result_destroy(result);
}

/* Bars of the batches together are all of them, whether a bar is one size or many. */
static void batches_are_all_drawn(void)
{
    aflow_result *result = mixed_run(5, 0);
    aflow_id gpu = result ? aflow_result_find(result, "r<2>") : 0;
    aflow_resource_stats a = aflow_result_resource(result, gpu);
    uint64_t cells[AFLOWI_CHART_BINS], sum;
    size_t step, k;
    CHECK(a.batches > 10 && a.batch_size_max > 1);
    for (step = 1; result && step < 4; step++) {
        aflowi_batch_cells(result, gpu, a.batch_size_max, step, cells);
        for (sum = 0, k = 0; k < AFLOWI_CHART_BINS; k++) sum += cells[k];
        CHECK_U64(sum, a.batches);
    }
    aflow_result_destroy(result);
}

static void page_has(const sink *s, const char *what, int times)
{
    const char *at = s->data;
    int n = 0;
    for (; (at = strstr(at, what)) != NULL; at++) n++;
    if (n != times) test_fail(__FILE__, __LINE__, "%d times, not %d: %s", n, times, what);
}

static void the_page_shows_resources(void)
{
    static const char *const once[] = { "<h2>Resources</h2>", "<caption>Event loops; lag: ", "<caption>Threads and requests at once</caption>", "<caption>Every resource, how much of it is in use</caption>",
        "<caption>From asking to getting, of all that got it, also at once</caption>", "<caption>Caches</caption>", "<caption>Models</caption>", "<caption>GPUs; gain: ",
        "<title>Batch sizes \xC2\xB7 r&lt;2&gt;</title>", "<h3>Resources over time</h3>", "<caption>What was turned away, and what requests cost</caption>",
        "<dt>Rejected at limits</dt>", "<dt>Loop lag, p95</dt>", "<dt>Cost per request</dt>", "<dt>Cost per month</dt>", "<td>cache lost</td>" };
    aflow_result *result = mixed_run(5, AFLOW_METRICS_ALL);
    sink s;
    size_t i;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    check_markup(&s, 1, 0, 98);
    for (i = 0; i < sizeof once / sizeof once[0]; i++) page_has(&s, once[i], 1);
    page_has(&s, "<details>", 0);
    sink_clear(&s);
    aflow_result_destroy(result);
}

/* Many are folded away behind the busiest; a sheet leaves the others out. */
static void many_resources_stay_readable(void)
{
    aflow_result *result = mixed_run(60, AFLOW_RESOURCE_IN_USE | AFLOW_RESOURCE_QUEUE_LEN);
    aflow_chart_desc desc = chart_of(3, result);
    sink s;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    check_markup(&s, 1, 60, 98);
    page_has(&s, "<summary>All 60 resources</summary>", 1);
    page_has(&s, "<th scope=\"row\">r&lt;55&gt;</th><td style", 2);     /* a pool: how much is in use, how long requests waited */
    sink_clear(&s);
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
    check_markup(&s, 0, 60, 3);
    page_has(&s, "52 less busy resources are left out.", 1);
    sink_clear(&s);
    aflow_result_destroy(result);
}

/* Two requests at once, and one resource, "r<&>", that takes one and turns the other away. */
static aflow_result *limited_run(aflow_resource_kind kind, const char *id)
{
    static const double two_arrivals[] = { 1, 1 };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_resource r;
    aflow_server desc;
    aflow_step step;
    aflow_diagnostics problems;
    aflow_result *result;
    aflow_id source, client, server;
    memset(&users, 0, sizeof users);
    memset(&r, 0, sizeof r);
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    users.arrivals = two_arrivals;
    users.arrivals_count = 2;
    source = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    r.id = id;
    r.kind = kind;
    r.overflow = AFLOW_OVERFLOW_REJECT;
    if (kind == AFLOW_RESOURCE_GPU) r.batch_time = aflow_constant(0.5);
    else r.rate = 1;
    aflow_add_resource(b, &r);
    step = kind == AFLOW_RESOURCE_GPU ? aflow_gpu_inference(id) : aflow_rate_limit(id);
    server = aflow_add_server(b, &desc);
    aflow_add_endpoint(b, server, "/api", &step, 1);
    aflow_connect(b, source, client, aflow_constant(0.003));
    aflow_connect(b, client, server, aflow_constant(0.003));
    aflow_connect(b, server, client, aflow_constant(0.003));
    aflow_builder_settings(b)->total_simulation_time = 10;
    result = aflow_run(aflow_builder_scenario(b, &problems), (const aflow_run_desc *)NULL, &problems);
    if (!result) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return result;
}

static void check_limited(aflow_resource_kind kind, const char *const *has, size_t count)
{
    aflow_result *result = limited_run(kind, "r<&>");
    aflow_chart_desc desc = chart_of(3, result);
    sink s;
    size_t i;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    check_markup(&s, 1, 0, 98);
    for (i = 0; i < count; i++) page_has(&s, has[i], 1);
    sink_clear(&s);
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
    check_markup(&s, 0, 0, 3);
    page_has(&s, ">limited</text>\n<rect class=\"af-warn\" ", 1);
    sink_clear(&s);
    aflow_result_destroy(result);
}

/* A limit that turns away is said on top of the page and on the dashboard, as a warning. */
static void limits_are_said(void)
{
    static const char *const limiter[] = {
        "<section class=\"verdict warn\">\n<p><strong>Limited</strong>: the rate limiter r&lt;&amp;&gt; turned away 50.0 % of those who asked (1 rejected, 0 gave up).</p>\n"
        "<p>Bottleneck: the rate limiter r&lt;&amp;&gt;, in use 10.0 % on average; nobody waits. What relieves it: its rate is enough for the mean (offered 20.0 %); "
        "bursts are not: a larger burst.</p>\n</section>\n", "<small>rate limiter r&lt;&amp;&gt;</small>" };
    static const char *const gpu[] = {
        "<section class=\"verdict warn\">\n<p><strong>Limited</strong>: the GPU r&lt;&amp;&gt; turned away 50.0 % of those who asked (1 rejected, 0 gave up).</p>\n"
        "<p>Bottleneck: the GPU r&lt;&amp;&gt;, which does 5.0 % of what it can in full batches; nobody waits. "
        "What relieves it: another slot, room to wait, or less work a request.</p>\n</section>\n", "<small>GPU r&lt;&amp;&gt;, in full batches</small>" };
    check_limited(AFLOW_RESOURCE_RATE_LIMITER, limiter, 2);
    check_limited(AFLOW_RESOURCE_GPU, gpu, 2);
}

/* Without resources, processes, limits and money a page has nothing of them. */
static void a_plain_page_stays_plain(void)
{
    static const char *const never[] = { "<h2>Resources", "Loop lag", "Rejected", "Cost per", "Threads", "\"resources\"", "llm_stats", "timed_out" };
    aflow_result *result = study_run(&studies[1]);
    sink s;
    size_t i;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    for (i = 0; i < sizeof never / sizeof never[0]; i++) page_has(&s, never[i], 0);
    sink_clear(&s);
    aflow_result_destroy(result);
}

static void without_data_there_is_a_sentence(void)
{
    static const struct { size_t study; int chart; const char *sentence; } cases[] = {
        { 3, 0, "No request completed" }, { 3, 1, "No request completed" }, { 9, 2, "This metric was not sampled." }, { 9, 3, "No metric of servers was sampled." }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflow_result *result = study_run(&studies[cases[i].study]);
        aflow_chart_desc desc;
        sink s;
        CHECK(result != NULL);
        if (!result) return;
        memset(&s, 0, sizeof s);
        desc = chart_of(cases[i].chart, result);
        CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
        CHECK(s.data && strstr(s.data, cases[i].sentence));
        sink_clear(&s);
        aflow_result_destroy(result);
    }
}

static void the_page_is_well_formed_and_escaped(void)
{
    size_t i;
    for (i = 0; i < STUDIES; i++) {
        aflow_result *result = study_run(&studies[i]);
        sink s, again;
        memset(&s, 0, sizeof s);
        memset(&again, 0, sizeof again);
        CHECK(result != NULL);
        if (!result) return;
        CHECK_U64(aflow_write_html(result, i == 4 ? "<title> & \"quotes\"" : NULL, sink_put, &s), AFLOW_OK);
        CHECK_U64(aflow_write_html(result, i == 4 ? "<title> & \"quotes\"" : NULL, sink_put, &again), AFLOW_OK);
        check_markup(&s, 1, i, 99);
        CHECK(s.size == again.size && !memcmp(s.data, again.data, s.size));
        CHECK(strstr(s.data, "Content-Security-Policy") && !strstr(s.data, "http:") && !strstr(s.data, "https:") && !strstr(s.data, "url(") && !strstr(s.data, "@import"));
        if (i == 4) CHECK(strstr(s.data, "<h1>&lt;title&gt; &amp; &quot;quotes&quot;</h1>") != NULL);
        if (i == 4) CHECK(strstr(s.data, "srv &lt;b&gt;&amp;&quot;&#39; \xE6\x9C\x8D\xE5\x8A\xA1 ]]&gt; &lt;/script&gt;") != NULL);
        if (i == 5) CHECK(strstr(s.data, "bad &#65533;&#65533;&#65533;") != NULL);
        if (i == 8) CHECK(strstr(s.data, "<summary>All 30 servers</summary>") && strstr(s.data, "<th scope=\"row\">srv-29</th>"));
        sink_clear(&s);
        sink_clear(&again);
        aflow_result_destroy(result);
    }
}

static void the_page_holds_the_json(void)
{
    aflow_result *result = study_run(&studies[4]);
    sink s;
    const char *json, *end;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    json = strstr(s.data, "<script type=\"application/json\" id=\"asyncflow-result\">");
    CHECK(json != NULL);
    end = json ? strstr(json + 10, "</") : NULL;
    CHECK(end && !strncmp(end, "</script>\n</body>\n</html>\n", 26));
    CHECK(json && strstr(json, "\\u003cb>") && strstr(json, "\\u003c/script>"));
    sink_clear(&s);
    aflow_result_destroy(result);
}

static void a_refused_put_is_said(void)
{
    aflow_result *result = mixed_run(5, AFLOW_READY_QUEUE_LEN | AFLOW_RESOURCE_IN_USE);
    int chart, k, calls;
    CHECK(result != NULL);
    if (!result) return;
    for (chart = 0; chart < 5; chart++) {
        aflow_chart_desc desc = chart_of(chart, result);
        for (calls = 1, k = 0; k <= calls; k++) {
            sink s;
            aflow_status status;
            memset(&s, 0, sizeof s);
            s.fail_at = k;
            status = chart < 4 ? aflow_write_svg(result, &desc, sink_put, &s) : aflow_write_html(result, NULL, sink_put, &s);
            CHECK_U64(status, k ? AFLOW_CANNOT_WRITE : AFLOW_OK);
            if (k) CHECK_U64(s.calls, k);
            else calls = s.calls;
            sink_clear(&s);
        }
    }
    aflow_result_destroy(result);
}

static void misuse_is_said(void)
{
    aflow_result *result = study_run(&studies[2]);
    aflow_chart_desc desc;
    sink s;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    desc = chart_of(0, result);
    CHECK_U64(aflow_write_svg(NULL, &desc, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_svg(result, NULL, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_svg(result, &desc, NULL, NULL), AFLOW_MISUSE);
    desc = chart_of(2, result);
    desc.entity = 0;
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    desc = chart_of(2, result);
    desc.metric = (aflow_metric)3;
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_html(NULL, NULL, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_html(result, NULL, NULL, NULL), AFLOW_MISUSE);
    CHECK_U64(s.calls, 0);
    aflow_result_destroy(result);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* An event after the end of the run is in the page's list, but not in a chart. */
static void events_past_the_end_are_not_drawn(void)
{
    aflow_result *result = study_run(&studies[10]);
    aflow_chart_desc desc;
    sink s;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    desc = chart_of(1, result);
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
    CHECK(strstr(s.data, "srv-0 down") && !strstr(s.data, "client-lb"));
    sink_clear(&s);
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    CHECK(strstr(s.data, "spike &lt;&amp;&gt;") != NULL);
    sink_clear(&s);
    aflow_result_destroy(result);
}

/* The percentile that is found by counting is that of the sorted rates. */
static void p95_of_throughput_is_that_of_sorted_rates(void)
{
    double rates[64], rank;
    size_t i, n;
    for (i = 0; i < STUDIES; i++) {
        aflow_result *result = study_run(&studies[i]);
        aflow_throughput_stats stats;
        CHECK(result != NULL);
        if (!result) return;
        stats = aflow_result_throughput(result, 1.0, rates, 64);
        n = (size_t)stats.windows;
        if (n) {
            qsort(rates, n, sizeof rates[0], by_value);
            rank = 0.95 * (double)(n - 1);
            CHECK_NEAR(aflowi_rate_p95(result, &stats), rates[(size_t)rank] + (rank - (double)(size_t)rank) * ((size_t)rank + 1 < n ? rates[(size_t)rank + 1] - rates[(size_t)rank] : 0), 1e-9);
        }
        aflow_result_destroy(result);
    }
}

static void figures_read_well(void)
{
    static const struct { double value; const char *text; } cases[] = {
        { 0, "0" }, { 1, "1" }, { 1.5, "1.50" }, { 12.34, "12.3" }, { 123.4, "123" }, { 999.4, "999" }, { 999.6, "1,000" }, { 1234567, "1,234,567" },
        { 0.5, "0.500" }, { 0.0123, "0.0123" }, { 0.00001, "0.000010" }, { 99.96, "100" }, { 9.996, "10.0" }
    };
    static const struct { double seconds; const char *text; } times[] = {
        { 0.0123, "12.3 ms" }, { 1.5, "1.50 s" }, { 0.0000005, "0.500 \xC2\xB5s" }, { 0.00025, "250 \xC2\xB5s" }, { 0.9999, "1.00 s" }, { 0, "0 s" }
    };
    char text[80];
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)aflowi_format_figure(text, cases[i].value);
        CHECK_STR(text, cases[i].text);
    }
    for (i = 0; i < sizeof times / sizeof times[0]; i++) {
        (void)aflowi_format_in_unit(text, times[i].seconds, aflowi_duration_unit(times[i].seconds));
        CHECK_STR(text, times[i].text);
    }
}

/* Ticks are round, few, and cover the data. */
static void axes_are_round(void)
{
    double greatest;
    for (greatest = 1e-6; greatest < 1e12; greatest *= 1.37) {
        aflowi_axis axis;
        aflowi_axis_up(&axis, greatest, 50, 350, -9);
        CHECK(axis.high >= greatest && axis.high <= greatest * 2.0001 && axis.last >= 2 && axis.last <= 10);
        CHECK(aflowi_axis_place(&axis, 0) == 350 && fabs(aflowi_axis_place(&axis, axis.high) - 50) < 1e-6);
        (void)aflowi_axis_time(&axis, greatest, 60, 760);
        CHECK(axis.last - axis.first <= 14 && (greatest > 4e6 || axis.last - axis.first >= 2));
    }
}

int main(void)
{
    RUN(every_chart_is_well_formed);
    RUN(every_metric_has_a_chart);
    RUN(every_metric_of_resources_has_a_chart);
    RUN(batches_have_a_chart);
    RUN(batches_are_all_drawn);
    RUN(the_page_shows_resources);
    RUN(many_resources_stay_readable);
    RUN(limits_are_said);
    RUN(a_plain_page_stays_plain);
    RUN(without_data_there_is_a_sentence);
    RUN(the_page_is_well_formed_and_escaped);
    RUN(the_page_holds_the_json);
    RUN(a_refused_put_is_said);
    RUN(misuse_is_said);
    RUN(events_past_the_end_are_not_drawn);
    RUN(p95_of_throughput_is_that_of_sorted_rates);
    RUN(figures_read_well);
    RUN(axes_are_round);
    return test_end();
}
