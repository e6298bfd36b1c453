/* golden.c - a seed gives these very bytes: reports, tables, scenarios, charts, and a digest for every scenario in both modes.
   `UPDATE=1 build/tests/golden/golden` writes the files beside this one anew. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

/* --- One service, four ways --- */

static const aflow_step api_steps[] = {
    { .kind = AFLOW_STEP_INITIAL_PARSING, .cpu_time = { .mean = 0.02, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .kind = AFLOW_STEP_RAM, .necessary_ram = { .mean = 64 } },
    { .kind = AFLOW_STEP_IO_DB, .io_waiting_time = { .mean = 0.05, .distribution = AFLOW_DISTRIBUTION_LOG_NORMAL, .variance = 0.001 } },
};
static const aflow_step page_steps[] = {
    { .kind = AFLOW_STEP_IO_CACHE, .io_waiting_time = { .mean = 0.01, .distribution = AFLOW_DISTRIBUTION_UNIFORM } },
    { .kind = AFLOW_STEP_CPU_BOUND_OPERATION, .cpu_time = { .mean = 0.005 } },
};
static const aflow_endpoint endpoints[] = {
    { .endpoint_name = "/api", AFLOW_ARRAY(steps, api_steps), .probability = 0.75 },
    { .endpoint_name = "/page", AFLOW_ARRAY(steps, page_steps), .probability = 0.25 },
};
static const aflow_server servers[] = {
    { .id = "app-1", .server_resources = { .cpu_cores = 1, .ram_mb = 512, .db_connection_pool = 2 }, AFLOW_ARRAY(endpoints, endpoints) },
    { .id = "app-2", .server_resources = { .cpu_cores = 2, .ram_mb = 1024, .db_connection_pool = 0 }, AFLOW_ARRAY(endpoints, endpoints) },
};
static const char *const covered[] = { "app-1", "app-2" };
static const aflow_edge edges[] = {
    { .id = "gen-client", .source = "gen", .target = "client", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL }, .dropout_rate = 0.05 },
    { .id = "client-lb", .source = "client", .target = "lb", .latency = { .mean = 0.002, .distribution = AFLOW_DISTRIBUTION_CONSTANT } },
    { .id = "lb-app-1", .source = "lb", .target = "app-1", .latency = { .mean = 0.002, .distribution = AFLOW_DISTRIBUTION_NORMAL, .variance = 1e-6 } },
    { .id = "lb-app-2", .source = "lb", .target = "app-2", .latency = { .mean = 0.002, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "app-1-client", .source = "app-1", .target = "client", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "app-2-client", .source = "app-2", .target = "client", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
};
static const aflow_event events[] = {
    { .event_id = "event-1", .target_id = "app-1", .start = { AFLOW_EVENT_SERVER_DOWN, 3, 0 }, .end = { AFLOW_EVENT_SERVER_UP, 5 } },
    { .event_id = "event-2", .target_id = "client-lb", .start = { AFLOW_EVENT_NETWORK_SPIKE_START, 6, 0.25 }, .end = { AFLOW_EVENT_NETWORK_SPIKE_END, 7.5 } },
};
static const aflow_scenario service = {
    .rqs_input = { .id = "gen", .avg_active_users = { .mean = 20, .distribution = AFLOW_DISTRIBUTION_NORMAL, .variance = 9 },
                   .avg_request_per_minute_per_user = { .mean = 30 }, .user_sampling_window = 2 },
    .topology_graph = { .nodes = { .client = { "client" },
                                   .load_balancer = { .id = "lb", .algorithms = AFLOW_LB_LEAST_CONNECTION, AFLOW_ARRAY(server_covered, covered) },
                                   AFLOW_ARRAY(servers, servers) },
                        AFLOW_ARRAY(edges, edges) },
    .sim_settings = { .total_simulation_time = 10, .sample_period_s = 0.1, .enabled_sample_metrics = 255 },
    AFLOW_ARRAY(events, events),
};

static aflow_result *run(const aflow_scenario *s, uint64_t seed, int record)
{
    aflow_diagnostics problems;
    aflow_run_desc desc;
    aflow_result *r;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    desc.record_requests = record;
    r = aflow_run(s, &desc, &problems);
    if (!r) {
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        test_fail(__FILE__, __LINE__, "no result");
    }
    aflow_diagnostics_clear(&problems);
    return r;
}

static uint64_t digest_of(const aflow_scenario *s)
{
    aflow_result *r = run(s, 1, 0);
    uint64_t digest = r ? aflow_result_info(r).digest : 0;
    aflow_result_destroy(r);
    return digest;
}

/* --- Texts and the files that hold them --- */

static char text[1 << 20], held[1 << 20];
static aflow_text out;

static void *fresh(void)
{
    out.data = text;
    out.capacity = sizeof text;
    out.size = 0;
    text[0] = 0;
    return &out;
}

static uint64_t hash_of(const char *data, size_t size)
{
    uint64_t hash = 14695981039346656037u;
    size_t i;
    for (i = 0; i < size; i++) hash = (hash ^ (unsigned char)data[i]) * 1099511628211u;
    return hash;
}

/* What `out` collected is what the file has. */
static void golden(const char *name)
{
    char path[200];
    FILE *f;
    size_t n, i;
    unsigned line = 1;
    snprintf(path, sizeof path, "tests/golden/%s", name);
    CHECK(out.size < sizeof text);
    f = fopen(path, getenv("UPDATE") ? "wb" : "rb");
    if (!f) {
        test_fail(__FILE__, __LINE__, "%s cannot be opened", path);
        return;
    }
    if (getenv("UPDATE")) {
        CHECK_U64(fwrite(text, 1, out.size, f), out.size);
        fclose(f);
        return;
    }
    n = fread(held, 1, sizeof held - 1, f);
    fclose(f);
    held[n] = 0;
    if (n == out.size && memcmp(held, text, n) == 0) return;
    for (i = 0; i < n && i < out.size && held[i] == text[i]; i++) line += held[i] == '\n';
    while (i > 0 && held[i - 1] != '\n') i--;
    test_fail(__FILE__, __LINE__, "%s differs in line %u:\n  %.*s\nexpected\n  %.*s", path, line, (int)strcspn(text + i, "\n"), text + i, (int)strcspn(held + i, "\n"), held + i);
}

/* --- The tests --- */

static void reports(void)
{
    aflow_result *r = run(&service, 1, 1);
    aflow_chart_desc chart;
    memset(&chart, 0, sizeof chart);
    if (!r) return;
    CHECK_U64(aflow_write_text(r, aflow_put_text, fresh()), AFLOW_OK);
    golden("report.txt");
    CHECK_U64(aflow_write_json(r, 1, aflow_put_text, fresh()), AFLOW_OK);
    golden("result.json");
    CHECK_U64(aflow_write_summary_csv(r, aflow_put_text, fresh()), AFLOW_OK);
    golden("summary.csv");
    CHECK_U64(aflow_write_throughput_csv(r, aflow_put_text, fresh()), AFLOW_OK);
    golden("throughput.csv");
    CHECK_U64(aflow_write_requests_csv(r, aflow_put_text, fresh()), AFLOW_OK);
    golden("requests.csv");
    CHECK_U64(aflow_write_hgrm(r, aflow_put_text, fresh()), AFLOW_OK);
    golden("latency.hgrm");
    CHECK_U64(aflow_write_openmetrics(r, aflow_put_text, fresh()), AFLOW_OK);
    golden("metrics.txt");
    chart.chart = AFLOW_CHART_LATENCY;
    CHECK_U64(aflow_write_svg(r, &chart, aflow_put_text, fresh()), AFLOW_OK);
    golden("latency.svg");
    aflow_result_destroy(r);
}

/* Of what is large, the size and a hash. */
enum { THROUGHPUT_SVG, METRIC_SVG, DASHBOARD_SVG, REPORT_HTML, SAMPLES_CSV, RESULT_SCHEMA, SCHEMA, FIELD_REFERENCE, PROMETHEUS, LARGE };

static aflow_status write_large(int which, const aflow_result *r, void *to)
{
    static const aflow_chart charts[] = { AFLOW_CHART_THROUGHPUT, AFLOW_CHART_METRIC, AFLOW_CHART_DASHBOARD };
    aflow_chart_desc chart;
    memset(&chart, 0, sizeof chart);
    chart.metric = AFLOW_READY_QUEUE_LEN;
    chart.entity = aflow_result_find(r, "app-1");
    switch (which) {
    case REPORT_HTML: return aflow_write_html(r, "golden", aflow_put_text, to);
    case SAMPLES_CSV: return aflow_write_samples_csv(r, aflow_put_text, to);
    case RESULT_SCHEMA: return aflow_write_result_schema(aflow_put_text, to);
    case SCHEMA: return aflow_write_schema(aflow_put_text, to);
    case PROMETHEUS: return aflow_write_prometheus(r, aflow_put_text, to);
    case FIELD_REFERENCE: return aflow_write_field_reference(aflow_put_text, to);
    default: chart.chart = charts[which]; return aflow_write_svg(r, &chart, aflow_put_text, to);
    }
}

static void large(void)
{
    static const char *const names[LARGE] = { "throughput.svg", "metric.svg", "dashboard.svg", "report.html", "samples.csv", "result schema", "schema", "field reference", "metrics" };
    aflow_result *r = run(&service, 1, 0);
    char lines[2000];
    size_t used = 0;
    int i;
    for (i = 0; r && i < LARGE; i++) {
        CHECK_U64(write_large(i, r, fresh()), AFLOW_OK);
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%-16s %8u bytes %016llx\n", names[i], (unsigned)out.size, (unsigned long long)hash_of(text, out.size));
    }
    aflow_put_text(fresh(), lines, used);
    golden("hashes.txt");
    aflow_result_destroy(r);
}

static void scenarios_as_text(void)
{
    static const char *const files[] = { "examples/scenarios/replay.yml", "examples/scenarios/event_injection_two_servers.yml" };
    static const char *const names[] = { "replay.yml", "event_injection_two_servers.yml" };
    size_t i;
    CHECK_U64(aflow_write_scenario_yaml(&service, aflow_put_text, fresh()), AFLOW_OK);
    golden("service.yml");
    CHECK_U64(aflow_write_scenario_json(&service, aflow_put_text, fresh()), AFLOW_OK);
    golden("service.json");
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        aflow_scenario_file *file = aflow_read_file(files[i], NULL, NULL);
        CHECK(file != NULL);
        CHECK_U64(aflow_write_scenario_yaml(aflow_scenario_of(file), aflow_put_text, fresh()), AFLOW_OK);
        golden(names[i]);
        aflow_scenario_file_destroy(file);
    }
}

static aflow_builder *build_service(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_load_balancer balancer;
    aflow_id gen = aflow_add_generator(b, &service.rqs_input), client = aflow_add_client(b, "client"), lb, app[2], to_lb;
    size_t i, k;
    memset(&balancer, 0, sizeof balancer);
    balancer.id = "lb";
    balancer.algorithms = AFLOW_LB_LEAST_CONNECTION;
    lb = aflow_add_load_balancer(b, &balancer);
    for (i = 0; i < 2; i++) {
        aflow_server bare = servers[i];
        bare.endpoints = NULL;
        bare.endpoints_count = 0;
        app[i] = aflow_add_server(b, &bare);
        for (k = 0; k < 2; k++) aflow_add_weighted_endpoint(b, app[i], &endpoints[k]);
    }
    aflow_connect_edge(b, gen, client, &edges[0]);
    to_lb = aflow_connect(b, client, lb, aflow_constant(0.002));
    aflow_connect(b, lb, app[0], aflow_normal(0.002, 1e-6));
    aflow_connect(b, lb, app[1], aflow_exponential(0.002));
    aflow_connect(b, app[0], client, aflow_exponential(0.003));
    aflow_connect(b, app[1], client, aflow_exponential(0.003));
    aflow_add_outage(b, app[0], 3, 5);
    aflow_add_spike(b, to_lb, 6, 7.5, 0.25);
    *aflow_builder_settings(b) = service.sim_settings;
    return b;
}

/* The struct, what is read from its YAML and its JSON, and the builder's: one hash, one digest. */
static void four_ways(void)
{
    uint64_t hash = aflow_scenario_hash(&service), digest = digest_of(&service);
    aflow_builder *b = build_service();
    int format;
    CHECK(digest != 0);
    for (format = AFLOW_FORMAT_YAML; format <= AFLOW_FORMAT_JSON; format++) {
        aflow_read_desc desc;
        aflow_scenario_file *file;
        memset(&desc, 0, sizeof desc);
        desc.format = (aflow_format)format;
        CHECK_U64(format ? aflow_write_scenario_json(&service, aflow_put_text, fresh()) : aflow_write_scenario_yaml(&service, aflow_put_text, fresh()), AFLOW_OK);
        file = aflow_read_text(text, out.size, NULL, &desc);
        CHECK(file != NULL);
        CHECK(file && aflow_scenario_hash(aflow_scenario_of(file)) == hash);
        CHECK(file && digest_of(aflow_scenario_of(file)) == digest);
        aflow_scenario_file_destroy(file);
    }
    CHECK(aflow_builder_scenario(b, NULL) && aflow_scenario_hash(aflow_builder_scenario(b, NULL)) == hash);
    CHECK(digest_of(aflow_builder_scenario(b, NULL)) == digest);
    aflow_builder_destroy(b);
}

/* Slices, and the buffer, change nothing either. */
static void however_it_is_run(void)
{
    static unsigned char memory[1 << 20];
    uint64_t digest = digest_of(&service);
    aflow_run_desc desc;
    aflow_sim *sim;
    aflow_result *r;
    double t;
    memset(&desc, 0, sizeof desc);
    desc.seed = 1;
    desc.buffer = memory;
    desc.buffer_size = sizeof memory;
    r = aflow_run(&service, &desc, NULL);
    CHECK(r && aflow_result_info(r).digest == digest);
    aflow_result_destroy(r);
    sim = aflow_sim_create(&service, &desc, NULL);
    for (t = 0; t < 10.01; t += 0.0137) CHECK_U64(aflow_sim_run_until(sim, t), AFLOW_OK);
    r = aflow_sim_finish(sim);
    CHECK(r && aflow_result_info(r).digest == digest);
    aflow_sim_destroy(sim);
    aflow_result_destroy(r);
}

static const char *const scenario_files[] = {
    "examples/scenarios/beyond_asyncflow.yml", "examples/scenarios/beyond_resources.yml", "examples/scenarios/event_injection_single_server.yml", "examples/scenarios/event_injection_two_servers.yml",
    "examples/scenarios/heavy_single_server.yml", "examples/scenarios/replay.yml", "examples/scenarios/shop.yml",
    "examples/scenarios/single_server.yml", "examples/scenarios/two_servers.yml",
    "tests/reference/scenarios/p01.yml", "tests/reference/scenarios/p02.yml", "tests/reference/scenarios/p03.yml", "tests/reference/scenarios/p04.yml",
    "tests/reference/scenarios/p05.yml", "tests/reference/scenarios/p06.yml", "tests/reference/scenarios/p07.yml", "tests/reference/scenarios/p08.yml",
    "tests/reference/scenarios/p09.yml", "tests/reference/scenarios/p10.yml", "tests/reference/scenarios/p11.yml", "tests/reference/scenarios/p12.yml",
    "tests/reference/scenarios/p13.yml", "tests/reference/scenarios/t1.yml", "tests/reference/scenarios/t2.yml", "tests/reference/scenarios/t3.yml",
    "tests/reference/scenarios/t4.yml" };

/* `refused` where a mode does not take the file. */
static size_t digest_line(char *line, size_t room, const char *path, int compat)
{
    aflow_read_desc desc;
    aflow_scenario_file *file;
    aflow_result *r;
    aflow_run_info info;
    size_t n;
    memset(&desc, 0, sizeof desc);
    desc.compat = compat ? AFLOW_COMPAT_ASYNCFLOW_0_1 : AFLOW_COMPAT_NONE;
    file = aflow_read_file(path, NULL, &desc);
    r = file ? run(aflow_scenario_of(file), 1, 0) : NULL;
    if (!r) {
        n = (size_t)snprintf(line, room, "%-62s %-7s refused\n", path, compat ? "compat" : "default");
    } else {
        info = aflow_result_info(r);
        n = (size_t)snprintf(line, room, "%-62s %-7s scenario %016llx digest %016llx completed %llu\n", path, compat ? "compat" : "default",
                             (unsigned long long)info.scenario_hash, (unsigned long long)info.digest, (unsigned long long)info.requests.completed);
    }
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
    return n;
}

static void digests(void)
{
    static char lines[16384];
    size_t used = 0, i;
    for (i = 0; i < sizeof scenario_files / sizeof scenario_files[0]; i++) {
        used += digest_line(lines + used, sizeof lines - used, scenario_files[i], 0);
        used += digest_line(lines + used, sizeof lines - used, scenario_files[i], 1);
    }
    aflow_put_text(fresh(), lines, used);
    golden("digests.txt");
}

int main(void)
{
    RUN(reports);
    RUN(large);
    RUN(scenarios_as_text);
    RUN(four_ways);
    RUN(however_it_is_run);
    RUN(digests);
    return test_end();
}
