/* check.c - every rule of the check, through plain structs: what breaks it, where it is reported, and nothing else. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- A model to break: gen -> c -> lb -> a, b -> c, with an outage and a spike. It has no problem at all --- */

enum { SERVERS = 2, EDGES = 6, EVENTS = 2, STEPS = 3 };

typedef struct model {
    aflow_scenario s;
    aflow_server servers[SERVERS + 2];
    aflow_endpoint endpoints[SERVERS + 2][2];
    aflow_step steps[STEPS];
    aflow_edge edges[EDGES + 4];
    aflow_event events[EVENTS + 4];
    const char *covered[4];
    double arrivals[4];
} model;

static aflow_edge edge(const char *id, const char *source, const char *target)
{
    aflow_edge e;
    memset(&e, 0, sizeof e);
    e.id = id;
    e.source = source;
    e.target = target;
    e.latency = aflow_exponential(0.003);
    return e;
}

static aflow_event event(const char *id, const char *target, aflow_event_kind start, aflow_event_kind end, double from, double to, double spike)
{
    aflow_event e;
    memset(&e, 0, sizeof e);
    e.event_id = id;
    e.target_id = target;
    e.start.kind = start;
    e.start.t_start = from;
    e.start.spike_s = spike;
    e.end.kind = end;
    e.end.t_end = to;
    return e;
}

static aflow_event outage(const char *id, const char *target, double from, double to) { return event(id, target, AFLOW_EVENT_SERVER_DOWN, AFLOW_EVENT_SERVER_UP, from, to, 0); }
static aflow_event spike(const char *id, const char *target, double from, double to) { return event(id, target, AFLOW_EVENT_NETWORK_SPIKE_START, AFLOW_EVENT_NETWORK_SPIKE_END, from, to, 0.5); }

static void model_init(model *m)
{
    aflow_nodes *nodes = &m->s.topology_graph.nodes;
    int i;
    memset(m, 0, sizeof *m);
    m->s.rqs_input.id = "gen";
    m->s.rqs_input.avg_active_users = aflow_poisson(30);
    m->s.rqs_input.avg_request_per_minute_per_user = aflow_poisson(60);
    m->steps[0] = aflow_cpu_s(0.002);
    m->steps[1] = aflow_ram_mb(64);
    m->steps[2] = aflow_db_s(0.01);
    for (i = 0; i < SERVERS + 2; i++) {
        m->endpoints[i][0].endpoint_name = "/x";
        m->endpoints[i][1].endpoint_name = "/y";
        m->endpoints[i][0].steps = m->endpoints[i][1].steps = m->steps;
        m->endpoints[i][0].steps_count = m->endpoints[i][1].steps_count = STEPS;
        m->servers[i].endpoints = m->endpoints[i];
        m->servers[i].endpoints_count = 2;
    }
    m->servers[0].id = "a";
    m->servers[1].id = "b";
    m->servers[2].id = "spare-1";
    m->servers[3].id = "spare-2";
    nodes->client.id = "c";
    nodes->load_balancer.id = "lb";
    m->covered[0] = "a";
    m->covered[1] = "b";
    nodes->load_balancer.server_covered = m->covered;
    nodes->load_balancer.server_covered_count = 2;
    nodes->servers = m->servers;
    nodes->servers_count = SERVERS;
    m->edges[0] = edge("in", "gen", "c");
    m->edges[1] = edge("c-lb", "c", "lb");
    m->edges[2] = edge("lb-a", "lb", "a");
    m->edges[3] = edge("lb-b", "lb", "b");
    m->edges[4] = edge("a-c", "a", "c");
    m->edges[5] = edge("b-c", "b", "c");
    m->s.topology_graph.edges = m->edges;
    m->s.topology_graph.edges_count = EDGES;
    m->events[0] = outage("down", "a", 10, 20);
    m->events[1] = spike("slow", "in", 5, 25);
    m->s.events = m->events;
    m->s.events_count = EVENTS;
    m->s.sim_settings.total_simulation_time = 60;
}

static void print_problems(const aflow_diagnostics *problems)
{
    size_t i;
    for (i = 0; i < problems->count && i < 8; i++)
        printf("    %s %s: %s\n", aflow_diagnostic_name(problems->items[i].code), problems->items[i].path, problems->items[i].message);
}

/* Exactly this problem; with `among`, this one beside others. Warnings leave the model valid, and it runs. */
static void expect(const model *m, aflow_diagnostic_code code, const char *path, int among, int line)
{
    aflow_diagnostics problems;
    aflow_status status;
    size_t i, found = 0;
    memset(&problems, 0, sizeof problems);
    status = aflow_check(&m->s, &problems);
    for (i = 0; i < problems.count; i++) found += problems.items[i].code == code && strcmp(problems.items[i].path, path) == 0;
    if (found != 1 || (!among && problems.count != 1)) {
        test_fail(__FILE__, line, "%s at %s found %u times, among %u", aflow_diagnostic_name(code), path, (unsigned)found, (unsigned)problems.count);
        print_problems(&problems);
    }
    if ((status == AFLOW_OK) != (problems.errors == 0)) test_fail(__FILE__, line, "status %d with %u errors", (int)status, (unsigned)problems.errors);
    for (i = 0; i < problems.count; i++) {
        const char *message = problems.items[i].message;
        size_t n = strlen(message);
        if (n == 0 || n > 400 || message[n - 1] == '.' || strchr(message, '\n')) test_fail(__FILE__, line, "\"%s\" is no message", message);
        CHECK(problems.items[i].line == 0 && problems.items[i].file == NULL);
    }
    aflow_diagnostics_clear(&problems);
}

#define EXPECT(code, path, statement) do { model m; model_init(&m); statement; expect(&m, AFLOW_DIAGNOSTIC_##code, path, 0, __LINE__); } while (0)
#define AMONG(code, path, statement) do { model m; model_init(&m); statement; expect(&m, AFLOW_DIAGNOSTIC_##code, path, 1, __LINE__); } while (0)
#define COMPAT m.s.sim_settings.compat = AFLOW_COMPAT_ASYNCFLOW_0_1
#define LB m.s.topology_graph.nodes.load_balancer
#define GRAPH "topology_graph."
#define NODES "topology_graph.nodes."

static size_t problems_of(const aflow_scenario *s, size_t *errors)
{
    aflow_diagnostics problems;
    size_t n;
    memset(&problems, 0, sizeof problems);
    aflow_check(s, &problems);
    n = problems.count;
    if (errors) *errors = problems.errors;
    if (n && !errors) print_problems(&problems);
    aflow_diagnostics_clear(&problems);
    return n;
}

static void sound(void)
{
    model m;
    aflow_result *r;
    model_init(&m);
    CHECK_U64(problems_of(&m.s, NULL), 0);
    CHECK_U64(aflow_check(&m.s, NULL), AFLOW_OK);
    r = aflow_run(&m.s, NULL, NULL);
    CHECK(r != NULL);
    aflow_result_destroy(r);
    COMPAT;
    CHECK_U64(problems_of(&m.s, NULL), 0);
}

static void texts(void)
{
    AMONG(MISSING, "rqs_input.id", m.s.rqs_input.id = NULL);
    AMONG(MISSING, NODES "client.id", m.s.topology_graph.nodes.client.id = NULL);
    AMONG(MISSING, NODES "servers[1].id", m.servers[1].id = NULL);
    AMONG(MISSING, GRAPH "edges[3].id", m.edges[3].id = NULL);
    AMONG(MISSING, GRAPH "edges[3].source", m.edges[3].source = NULL);
    AMONG(MISSING, GRAPH "edges[3].target", m.edges[3].target = NULL);
    EXPECT(MISSING, "events[0].event_id", m.events[0].event_id = NULL);
    AMONG(MISSING, "events[0].target_id", m.events[0].target_id = NULL);
    EXPECT(MISSING, NODES "servers[1].endpoints[0].endpoint_name", m.endpoints[1][0].endpoint_name = NULL);
    AMONG(MISSING, NODES "load_balancer.server_covered[1]", m.covered[1] = NULL);
    AMONG(BLANK_ID, "rqs_input.id", m.s.rqs_input.id = " \t\n");
    AMONG(BLANK_ID, NODES "servers[0].id", m.servers[0].id = "");
    AMONG(BLANK_ID, NODES "load_balancer.id", LB.id = "");
    AMONG(BLANK_ID, GRAPH "edges[1].id", m.edges[1].id = " ");
    AMONG(BLANK_ID, GRAPH "edges[1].target", m.edges[1].target = " ");
    EXPECT(BLANK_ID, "events[0].event_id", m.events[0].event_id = "");
    EXPECT(NOT_UTF8, GRAPH "edges[1].id", m.edges[1].id = "caf\xE9");
    EXPECT(NOT_UTF8, "events[0].event_id", m.events[0].event_id = "\xED\xA0\x80");
    EXPECT(NOT_UTF8, NODES "servers[0].endpoints[1].endpoint_name", m.endpoints[0][1].endpoint_name = "/\xC3");
    AMONG(NOT_UTF8, NODES "servers[0].id", m.servers[0].id = "\xFF");
    EXPECT(EMPTY_NAME, NODES "servers[0].endpoints[1].endpoint_name", m.endpoints[0][1].endpoint_name = " ");
    EXPECT(DUPLICATE_ENDPOINT, NODES "servers[0].endpoints[1].endpoint_name", m.endpoints[0][1].endpoint_name = "/X");
    AMONG(DUPLICATE_ID, NODES "client.id", m.s.topology_graph.nodes.client.id = "gen");
    AMONG(DUPLICATE_ID, NODES "servers[1].id", m.servers[1].id = "a");
    AMONG(DUPLICATE_ID, NODES "servers[1].id", m.servers[1].id = "lb");
    AMONG(DUPLICATE_ID, NODES "load_balancer.id", LB.id = "c");
    EXPECT(DUPLICATE_ID, GRAPH "edges[4].id", m.edges[4].id = "in");
    EXPECT(DUPLICATE_ID, GRAPH "edges[4].id", m.edges[4].id = "b");
    EXPECT(DUPLICATE_ID, "events[1].event_id", m.events[1].event_id = "down");
    EXPECT(SHARED_ID, GRAPH "edges[4].id", m.edges[4].id = "gen");
    EXPECT(SHARED_ID, GRAPH "edges[4].id", m.edges[4].id = "lb");
}

static void lists(void)
{
    AMONG(NO_ENTRIES, NODES "servers", m.s.topology_graph.nodes.servers_count = 0);
    AMONG(NO_ENTRIES, GRAPH "edges", m.s.topology_graph.edges_count = 0);
    AMONG(NO_ENTRIES, GRAPH "edges", m.s.topology_graph.edges_count = 0; m.s.topology_graph.edges = NULL);
    EXPECT(NO_ENTRIES, NODES "servers[1].endpoints", m.servers[1].endpoints_count = 0);
    EXPECT(NO_ENTRIES, NODES "servers[1].endpoints[1].steps", m.endpoints[1][1].steps_count = 0);
    EXPECT(MISSING, NODES "servers", m.s.topology_graph.nodes.servers = NULL);
    EXPECT(MISSING, GRAPH "edges", m.s.topology_graph.edges = NULL);
    EXPECT(MISSING, "events", m.s.events = NULL);
    EXPECT(MISSING, "rqs_input.arrivals", m.s.rqs_input.arrivals_count = 3);
    EXPECT(MISSING, NODES "load_balancer.server_covered", LB.server_covered = NULL);
    EXPECT(MISSING, NODES "servers[0].endpoints", m.servers[0].endpoints = NULL);
    EXPECT(MISSING, NODES "servers[0].endpoints[0].steps", m.endpoints[0][0].steps = NULL);
    CHECK_U64(aflow_check(NULL, NULL), AFLOW_INVALID);
}

static void steps(void)
{
    const char *at = NODES "servers[1].endpoints[0].steps[0].step_operation";
#define STEP(statement) aflow_step own[3]; memcpy(own, m.steps, sizeof own); m.endpoints[1][0].steps = own; statement
    EXPECT(STEP_OPERATION, at, STEP(own[0].cpu_time.mean = 0; own[0].cpu_time.distribution = AFLOW_DISTRIBUTION_DEFAULT));
    EXPECT(STEP_OPERATION, at, STEP(own[0].kind = AFLOW_STEP_IO_WAIT));
    EXPECT(STEP_OPERATION, at, STEP(own[0].kind = AFLOW_STEP_RAM));
    EXPECT(STEP_OPERATION, at, STEP(own[0].io_waiting_time.mean = 1));
    EXPECT(STEP_OPERATION, NODES "servers[1].endpoints[0].steps[1].step_operation", STEP(own[1].cpu_time.mean = 1; own[1].io_waiting_time.mean = 1));
    EXPECT(MISSING, NODES "servers[1].endpoints[0].steps[0].kind", STEP(own[0].kind = AFLOW_STEP_NONE));
    EXPECT(UNKNOWN_NAME, NODES "servers[1].endpoints[0].steps[0].kind", STEP(own[0].kind = (aflow_step_kind)99));
    EXPECT(OUT_OF_RANGE, NODES "servers[1].endpoints[0].steps[0].step_operation.cpu_time.mean", STEP(own[0].cpu_time.mean = -1));
    EXPECT(OUT_OF_RANGE, NODES "servers[1].endpoints[0].steps[0].step_operation.cpu_time.mean", STEP(own[0] = aflow_cpu_s(0)));
    EXPECT(OUT_OF_RANGE, NODES "servers[1].endpoints[0].steps[0].step_operation.cpu_time.mean", STEP(own[0] = aflow_cpu(aflow_exponential(0))));
    EXPECT(UNKNOWN_NAME, NODES "servers[1].endpoints[0].steps[0].step_operation.cpu_time.distribution", STEP(own[0].cpu_time.distribution = (aflow_distribution)77));
    EXPECT(UNUSED_VARIANCE, NODES "servers[1].endpoints[0].steps[0].step_operation.cpu_time.variance", STEP(own[0].cpu_time.variance = 1));
    EXPECT(ENDPOINT_RAM, NODES "servers[1].endpoints[0].steps", STEP(own[1].necessary_ram.mean = 1025));
    EXPECT(RAM_CUT, NODES "servers[1].endpoints[0].steps", STEP(own[1].necessary_ram = aflow_exponential(400)));
    EXPECT(COMPAT_ACCEPTED, NODES "servers[1].endpoints[0].steps", STEP(own[1].necessary_ram.mean = 1025; COMPAT));
    EXPECT(ALL_WEIGHTS_ZERO, NODES "servers[1].endpoints", m.endpoints[1][0].probability = m.endpoints[1][1].probability = AFLOW_ZERO);
    EXPECT(OUT_OF_RANGE, NODES "servers[1].endpoints[0].probability", m.endpoints[1][0].probability = -0.5);
    EXPECT(OUT_OF_RANGE, NODES "servers[1].endpoints[0].probability", m.endpoints[1][0].probability = 1e13);
}

/* Families and ways beyond mean and variance; what files can say is in tests/bad, too. */
static void ways_to_give_a_variable(void)
{
    static const double values[3] = { 0.001, 0.002, 0.009 }, weights[3] = { 1, 0, 1 }, wrong[2] = { 0.001, -1 };
#define LATENCY(code, field, value) EXPECT(code, GRAPH "edges[2].latency" field, m.edges[2].latency = value)
    LATENCY(BAD_VARIANCE, ".scv", aflow_gamma(1, 0));
    LATENCY(BAD_VARIANCE, ".scv", aflow_gamma(1, 2e6));
    LATENCY(BAD_VARIANCE, ".scv", aflow_erlang(0, 1));
    LATENCY(BAD_VARIANCE, ".variance", aflow_random(AFLOW_DISTRIBUTION_ERLANG, 1, 0.4));
    LATENCY(BAD_VARIANCE, ".scv", aflow_weibull(1, 1e12));
    LATENCY(BAD_VARIANCE, ".scv", aflow_pareto(1, 500, 0));
    LATENCY(BAD_VARIANCE, ".scv", aflow_hyperexponential(1, 0.99));
    LATENCY(BAD_VARIANCE, ".scv", aflow_random_scv(AFLOW_DISTRIBUTION_UNIFORM, 1, 0.334));
    LATENCY(OUT_OF_RANGE, ".maximum", aflow_pareto(1, 0.1, 1));
    LATENCY(OUT_OF_RANGE, ".maximum", aflow_pareto(1, 0.1, -1));
    LATENCY(OUT_OF_RANGE, ".mean", aflow_gamma(0, 1));
    LATENCY(OUT_OF_RANGE, ".p50", aflow_percentiles(-1, 2, 3));
    LATENCY(NOT_FINITE, ".p95", aflow_percentiles(1, (double)INFINITY, 0));
    LATENCY(NOT_FINITE, ".p99", aflow_percentiles(1, 0, (double)NAN));
    LATENCY(BAD_PERCENTILES, ".p99", aflow_percentiles(1, 2, 2));
    LATENCY(BAD_PERCENTILES, ".p50", aflow_percentiles(1e-20, 1e3, 0));
    LATENCY(FITTED, ".p50", aflow_percentiles(1, 2, 4));
    LATENCY(OUT_OF_RANGE, ".values[1]", aflow_discrete(wrong, NULL, 2));
    LATENCY(OUT_OF_RANGE, ".weights[1]", aflow_discrete(values, wrong, 2));
    LATENCY(MISSING, ".values", aflow_discrete(NULL, NULL, 2));
    LATENCY(MISSING, ".values", aflow_discrete(NULL, NULL, 0));
    LATENCY(COMPAT_ACCEPTED, ".distribution", aflow_gamma(1, 1); COMPAT);
    LATENCY(COMPAT_ACCEPTED, ".scv", aflow_random_scv(AFLOW_DISTRIBUTION_NORMAL, 1, 1); COMPAT);
    LATENCY(COMPAT_ACCEPTED, ".p95", aflow_percentiles(0, 1, 2); COMPAT);
    EXPECT(MISSING, GRAPH "edges[2].latency.weights", m.edges[2].latency = aflow_discrete(values, NULL, 3); m.edges[2].latency.weights_count = 3);
    EXPECT(GIVEN_TWICE, GRAPH "edges[2].latency.mean", m.edges[2].latency = aflow_discrete(values, NULL, 3); m.edges[2].latency.mean = 1);
    EXPECT(GIVEN_TWICE, GRAPH "edges[2].latency.values", m.edges[2].latency = aflow_discrete(values, NULL, 3); m.edges[2].latency.distribution = AFLOW_DISTRIBUTION_DEFAULT; m.edges[2].latency.p50 = 1);
    EXPECT(GIVEN_TWICE, GRAPH "edges[2].latency.scv", m.edges[2].latency = aflow_percentiles(1, 2, 0); m.edges[2].latency.scv = AFLOW_ZERO);
    EXPECT(UNKNOWN_NAME, "rqs_input.avg_active_users.distribution", m.s.rqs_input.avg_active_users = aflow_discrete(values, NULL, 3));
    EXPECT(RAM_CUT, NODES "servers[1].endpoints[0].steps", STEP(own[1].necessary_ram = aflow_gamma(200, 4)));
    EXPECT(ENDPOINT_RAM, NODES "servers[1].endpoints[0].steps", STEP(own[1].necessary_ram = aflow_percentiles(1100, 1200, 0)));
#undef LATENCY
    {
        aflow_random_variable fine[12];
        size_t i;
        fine[0] = aflow_gamma(0.01, 1e-3); fine[1] = aflow_gamma(0.01, 1e6); fine[2] = aflow_erlang(1, 0.01); fine[3] = aflow_erlang(49, 0.01);
        fine[4] = aflow_random(AFLOW_DISTRIBUTION_ERLANG, 0.03, 0.0003); fine[5] = aflow_weibull(0.01, 1e10); fine[6] = aflow_pareto(0.01, 400, 0);
        fine[7] = aflow_hyperexponential(0.01, 1); fine[8] = aflow_percentiles(0.01, 0.04, 0); fine[9] = aflow_discrete(values, weights, 3);
        fine[10] = aflow_random_scv(AFLOW_DISTRIBUTION_UNIFORM, 0.7, 1.0 / 3); fine[11] = aflow_random_scv(AFLOW_DISTRIBUTION_LOG_NORMAL, 0.01, 0);
        for (i = 0; i < sizeof fine / sizeof fine[0]; i++) {
            model m;
            model_init(&m);
            m.edges[2].latency = fine[i];
            if (problems_of(&m.s, NULL)) test_fail(__FILE__, __LINE__, "number %u is refused", (unsigned)i);
        }
    }
}

#undef STEP

static void random_variables(void)
{
    const char *users = "rqs_input.avg_active_users.distribution";
    EXPECT(UNKNOWN_NAME, users, m.s.rqs_input.avg_active_users.distribution = AFLOW_DISTRIBUTION_UNIFORM);
    EXPECT(UNKNOWN_NAME, users, m.s.rqs_input.avg_active_users.distribution = (aflow_distribution)-1);
    EXPECT(UNKNOWN_NAME, users, m.s.rqs_input.avg_active_users.distribution = AFLOW_DISTRIBUTION_CONSTANT; COMPAT);
    EXPECT(UNKNOWN_NAME, "rqs_input.avg_request_per_minute_per_user.distribution", m.s.rqs_input.avg_request_per_minute_per_user.distribution = AFLOW_DISTRIBUTION_NORMAL);
    EXPECT(IGNORED_FIELD, "rqs_input.avg_active_users.variance", m.s.rqs_input.avg_active_users.variance = 3);
    EXPECT(IGNORED_FIELD, "rqs_input.avg_request_per_minute_per_user.variance", m.s.rqs_input.avg_request_per_minute_per_user.variance = 3);
    EXPECT(UNUSED_VARIANCE, GRAPH "edges[2].latency.variance", m.edges[2].latency.variance = 3);
    EXPECT(UNUSED_VARIANCE, GRAPH "edges[2].latency.variance", m.edges[2].latency.variance = AFLOW_ZERO);
    EXPECT(BAD_VARIANCE, GRAPH "edges[2].latency.variance", m.edges[2].latency = aflow_random(AFLOW_DISTRIBUTION_UNIFORM, 1, 0.34));
    EXPECT(UNUSED_VARIANCE, GRAPH "edges[2].latency.variance", m.edges[2].latency = aflow_random(AFLOW_DISTRIBUTION_UNIFORM, 1, 0.3); COMPAT);
    EXPECT(OUT_OF_RANGE, GRAPH "edges[2].latency.variance", m.edges[2].latency = aflow_random(AFLOW_DISTRIBUTION_NORMAL, 1, -0.3));
    EXPECT(OUT_OF_RANGE, GRAPH "edges[2].latency.mean", m.edges[2].latency.mean = 0);
    EXPECT(WHOLE_SECONDS, GRAPH "edges[2].latency.distribution", m.edges[2].latency.distribution = AFLOW_DISTRIBUTION_DEFAULT);
    EXPECT(WHOLE_SECONDS, GRAPH "edges[2].latency.distribution", m.edges[2].latency.distribution = AFLOW_DISTRIBUTION_POISSON);
    EXPECT(COMPAT_ACCEPTED, GRAPH "edges[2].latency.distribution", m.edges[2].latency.distribution = AFLOW_DISTRIBUTION_CONSTANT; COMPAT);
    EXPECT(IGNORED_FIELD, "rqs_input.avg_active_users.scv", m.s.rqs_input.avg_active_users.scv = 0.5);
    {
        model m;
        model_init(&m);
        m.s.rqs_input.avg_active_users = aflow_normal(30, 0);
        m.edges[2].latency = aflow_uniform(0, 0.01);
        m.edges[3].latency = aflow_uniform(1, 1);
        m.edges[4].latency = aflow_log_normal(1, 0);
        CHECK_U64(problems_of(&m.s, NULL), 0);
    }
}

/* The helper's own widest case, from 0 to anything, is one that the check takes, however its variance was rounded. */
static void uniform_from_zero(void)
{
    int i, refused = 0;
    for (i = 1; i <= 2000; i++) {
        model m;
        size_t errors;
        model_init(&m);
        m.edges[2].latency = aflow_uniform(0, i * 0.001);
        problems_of(&m.s, &errors);
        refused += errors != 0;
    }
    CHECK_U64(refused, 0);
}

static void traffic(void)
{
    EXPECT(NO_LOAD, "rqs_input.avg_active_users", m.s.rqs_input.avg_active_users.mean = 0);
    EXPECT(NO_LOAD, "rqs_input.avg_request_per_minute_per_user", m.s.rqs_input.avg_request_per_minute_per_user.mean = 0);
    EXPECT(LOAD_TOO_HIGH, "rqs_input", m.s.rqs_input.avg_active_users.mean = 1e9);
    EXPECT(LOAD_TOO_HIGH, "rqs_input", m.s.rqs_input.avg_active_users.mean = 1e6; m.s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE; m.s.sim_settings.total_simulation_time = 4000000);
    EXPECT(OUT_OF_RANGE, "rqs_input.avg_active_users.mean", m.s.rqs_input.avg_active_users.mean = -1);
    EXPECT(OUT_OF_RANGE, "rqs_input.user_sampling_window", m.s.rqs_input.user_sampling_window = 121);
#define ARRIVALS(a, b, c) m.arrivals[0] = a; m.arrivals[1] = b; m.arrivals[2] = c; m.s.rqs_input.arrivals = m.arrivals; m.s.rqs_input.arrivals_count = 3
    EXPECT(ARRIVALS_ORDER, "rqs_input.arrivals[1]", ARRIVALS(2, 1, 3));
    EXPECT(ARRIVALS_ORDER, "rqs_input.arrivals[0]", ARRIVALS(-1, 1, 3));
    EXPECT(ARRIVALS_LATE, "rqs_input.arrivals[2]", ARRIVALS(0, 1, 60));
    EXPECT(NOT_FINITE, "rqs_input.arrivals[2]", ARRIVALS(0, 1, (double)INFINITY));
    EXPECT(NOT_FINITE, "rqs_input.arrivals[1]", ARRIVALS(0, (double)NAN, 1));
#undef ARRIVALS
}

static void settings(void)
{
    EXPECT(OUT_OF_RANGE, "sim_settings.total_simulation_time", m.s.events_count = 0; m.s.sim_settings.total_simulation_time = 4);
    EXPECT(OUT_OF_RANGE, "sim_settings.total_simulation_time", m.s.rqs_input.avg_active_users.mean = 1e-3; m.s.sim_settings.sample_period_s = 0.1; m.s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE; m.s.sim_settings.total_simulation_time = UINT32_MAX);
    EXPECT(OUT_OF_RANGE, "sim_settings.sample_period_s", m.s.sim_settings.sample_period_s = 0.11);
    EXPECT(OUT_OF_RANGE, "sim_settings.sample_period_s", m.s.sim_settings.sample_period_s = 0.0009);
    EXPECT(TOO_MANY_SAMPLES, "sim_settings.sample_period_s", m.s.sim_settings.sample_period_s = 0.001; m.s.sim_settings.total_simulation_time = 1000000);
    EXPECT(UNKNOWN_NAME, "sim_settings.enabled_sample_metrics", m.s.sim_settings.enabled_sample_metrics = 0x8000);
    EXPECT(UNKNOWN_NAME, "sim_settings.enabled_event_metrics", m.s.sim_settings.enabled_event_metrics = 0x80);
    EXPECT(UNKNOWN_NAME, "sim_settings.compat", m.s.sim_settings.compat = (aflow_compat)5);
    EXPECT(COMPAT_ACCEPTED, "sim_settings.enabled_sample_metrics", m.s.sim_settings.enabled_sample_metrics = AFLOW_RAM_IN_USE; COMPAT);
    EXPECT(OUT_OF_RANGE, NODES "servers[0].server_resources.cpu_cores", m.servers[0].server_resources.cpu_cores = UINT32_MAX);
    EXPECT(OUT_OF_RANGE, NODES "servers[0].server_resources.ram_mb", m.servers[0].server_resources.ram_mb = 255);
    EXPECT(OUT_OF_RANGE, NODES "servers[0].server_resources.ram_mb", m.servers[0].server_resources.ram_mb = UINT32_MAX);
    EXPECT(OUT_OF_RANGE, NODES "servers[0].server_resources.db_connection_pool", m.servers[0].server_resources.db_connection_pool = UINT32_MAX);
    EXPECT(OUT_OF_RANGE, GRAPH "edges[0].dropout_rate", m.edges[0].dropout_rate = 1.5);
    EXPECT(OUT_OF_RANGE, GRAPH "edges[0].dropout_rate", m.edges[0].dropout_rate = -0.1);
    EXPECT(UNKNOWN_NAME, NODES "load_balancer.algorithms", LB.algorithms = (aflow_lb_algorithm)7);
}

static void edges(void)
{
    EXPECT(UNKNOWN_NODE, GRAPH "edges[4].target", m.edges[4].target = "nowhere");
    EXPECT(UNKNOWN_NODE, GRAPH "edges[0].source", m.edges[0].source = "ge");
    EXPECT(UNKNOWN_NODE, GRAPH "edges[4].target", m.edges[4].target = "lb-a");          /* an edge is no node */
    EXPECT(INTO_GENERATOR, GRAPH "edges[4].target", m.edges[4].target = "gen");
    EXPECT(SELF_EDGE, GRAPH "edges[4].target", m.edges[4].target = "a");
    EXPECT(SELF_EDGE, GRAPH "edges[6].target", m.edges[6] = edge("lb-lb", "lb", "lb"); m.s.topology_graph.edges_count = 7);
    EXPECT(PARALLEL_EDGES, GRAPH "edges[6].target", m.edges[6] = edge("again", "lb", "a"); m.s.topology_graph.edges_count = 7);
    EXPECT(FAN_OUT, GRAPH "edges[6].source", m.edges[6] = edge("again", "a", "c"); m.s.topology_graph.edges_count = 7);
    EXPECT(FAN_OUT, GRAPH "edges[6].source", m.edges[6] = edge("again", "gen", "lb"); m.s.topology_graph.edges_count = 7);
    EXPECT(NO_OUT_EDGE, NODES "servers[1].id", m.s.topology_graph.edges_count = 5);
    AMONG(NO_OUT_EDGE, "rqs_input.id", m.edges[0] = edge("x", "spare-1", "c"); m.s.topology_graph.nodes.servers_count = 3);
    AMONG(NO_OUT_EDGE, NODES "client.id", m.edges[1].source = "spare-1"; m.s.topology_graph.nodes.servers_count = 3);
    EXPECT(UNREACHABLE, NODES "servers[2].id", m.s.topology_graph.nodes.servers_count = 3);
    EXPECT(UNREACHABLE, NODES "servers[2].id", m.s.topology_graph.nodes.servers_count = 3; m.edges[6] = edge("x", "spare-1", "c"); m.s.topology_graph.edges_count = 7);
}

static void balancer(void)
{
    EXPECT(COVERED_UNKNOWN, NODES "load_balancer.server_covered[2]", m.covered[2] = "nobody"; LB.server_covered_count = 3);
    EXPECT(COVERED_UNKNOWN, NODES "load_balancer.server_covered[2]", m.covered[2] = "c"; LB.server_covered_count = 3);
    EXPECT(DUPLICATE_ENTRY, NODES "load_balancer.server_covered[2]", m.covered[2] = "a"; LB.server_covered_count = 3);
    EXPECT(COVERED_NO_EDGE, NODES "load_balancer.server_covered[2]", m.covered[2] = "spare-1"; LB.server_covered_count = 3; m.s.topology_graph.nodes.servers_count = 3);
    EXPECT(NOT_COVERED, GRAPH "edges[3].target", LB.server_covered_count = 1);
    EXPECT(NOT_COVERED, GRAPH "edges[6].target", m.edges[6] = edge("back", "lb", "c"); m.s.topology_graph.edges_count = 7);
    AMONG(COMPAT_ACCEPTED, GRAPH "edges[3].target", LB.server_covered_count = 1; COMPAT);
    EXPECT(COVERS_ALL, NODES "load_balancer.server_covered", LB.server_covered_count = 0);
}

static void cycles(void)
{
    EXPECT(CYCLE, GRAPH "edges[4].target", m.edges[4].target = "lb");
    EXPECT(CYCLE, GRAPH "edges[5].target", m.edges[4].target = "b"; m.edges[5].target = "a");
    EXPECT(CYCLE, GRAPH "edges[5].target", m.edges[4].target = "lb"; m.edges[5].target = "lb");
    EXPECT(CYCLE, GRAPH "edges[5].target", m.edges[4].target = "b"; m.edges[5].target = "lb");
    EXPECT(CYCLE, GRAPH "edges[4].target", m.edges[4].target = "lb"; COMPAT);
}

static void events(void)
{
    EXPECT(EVENT_KINDS, "events[0].end.kind", m.events[0].end.kind = AFLOW_EVENT_NETWORK_SPIKE_END);
    EXPECT(EVENT_KINDS, "events[1].end.kind", m.events[1].end.kind = AFLOW_EVENT_SERVER_UP);
    EXPECT(UNKNOWN_NAME, "events[0].start.kind", m.events[0].start.kind = AFLOW_EVENT_SERVER_UP);
    EXPECT(UNKNOWN_NAME, "events[0].end.kind", m.events[0].end.kind = (aflow_event_kind)9);
    EXPECT(MISSING, "events[0].start.kind", m.events[0].start.kind = AFLOW_EVENT_NONE);
    EXPECT(MISSING, "events[0].end.kind", m.events[0].end.kind = AFLOW_EVENT_NONE);
    EXPECT(EVENT_TARGET, "events[0].target_id", m.events[0].target_id = "in");
    EXPECT(EVENT_TARGET, "events[0].target_id", m.events[0].target_id = "lb");
    EXPECT(EVENT_TARGET, "events[1].target_id", m.events[1].target_id = "a");
    EXPECT(EVENT_TARGET, "events[1].target_id", m.events[1].target_id = "nothing");
    EXPECT(EVENT_SPIKE, "events[0].start.spike_s", m.events[0].start.spike_s = 0.1);
    EXPECT(EVENT_SPIKE, "events[1].start.spike_s", m.events[1].start.spike_s = 0);
    EXPECT(OUT_OF_RANGE, "events[1].start.spike_s", m.events[1].start.spike_s = -1);
    EXPECT(OUT_OF_RANGE, "events[0].start.t_start", m.events[0].start.t_start = -1);
    EXPECT(EVENT_ORDER, "events[0].end.t_end", m.events[0].end.t_end = 10);
    EXPECT(EVENT_ORDER, "events[0].end.t_end", m.events[0].end.t_end = 9);
    EXPECT(OUT_OF_RANGE, "events[0].end.t_end", m.events[0].end.t_end = 0);
    EXPECT(EVENT_HORIZON, "events[0].end.t_end", m.events[0].end.t_end = 60.5);
    EXPECT(EVENT_HORIZON, "events[0].start.t_start", m.events[0].start.t_start = 61; m.events[0].end.t_end = 62);
    EXPECT(EVENT_OVERLAP, "events[2].start.t_start", m.events[2] = outage("again", "a", 15, 16); m.s.events_count = 3);
    EXPECT(EVENT_OVERLAP, "events[0].start.t_start", m.events[2] = outage("again", "a", 5, 16); m.s.events_count = 3);
    EXPECT(ALL_DOWN, "events[2].start.t_start", m.events[2] = outage("other", "b", 15, 16); m.s.events_count = 3);
    EXPECT(LAST_TARGET_DOWN, "events[2].start.t_start", m.events[2] = outage("other", "b", 15, 16); m.s.events_count = 3;
           m.s.topology_graph.nodes.servers_count = 3; m.edges[4].target = "spare-1"; m.edges[6] = edge("x", "spare-1", "c"); m.s.topology_graph.edges_count = 7);
    EXPECT(UNBALANCED_OUTAGE, "events[2].target_id", m.events[2] = outage("other", "spare-1", 15, 16); m.s.events_count = 3;
           m.s.topology_graph.nodes.servers_count = 3; m.edges[4].target = "spare-1"; m.edges[6] = edge("x", "spare-1", "c"); m.s.topology_graph.edges_count = 7);
    {
        model m;
        model_init(&m);
        m.events[2] = outage("next", "a", 20, 21);              /* back to back is fine, for the other server, too */
        m.events[3] = outage("other", "b", 21, 60);
        m.events[4] = spike("on top", "in", 5, 60);             /* spikes may overlap, and last to the end */
        m.s.events_count = 5;
        CHECK_U64(problems_of(&m.s, NULL), 0);
    }
}

/* --- Resources, the model of a server, steps within steps --- */

typedef struct rich_model {
    model m;
    aflow_resource shared[8], own[3];
    aflow_step steps[4], inside[2], inner[2], miss[2];
} rich_model;

/* The model with one shared resource of each kind; `a` has a limiter and a cache of its own, and its first endpoint steps to change. */
static void rich_init(rich_model *r)
{
    static const char *const ids[] = { "pool", "db", "limit", "hits", "keyed", "model", "gpu" };
    static const aflow_resource_kind kinds[] = { AFLOW_RESOURCE_CONNECTION_POOL, AFLOW_RESOURCE_DATABASE, AFLOW_RESOURCE_RATE_LIMITER, AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_LLM, AFLOW_RESOURCE_GPU };
    int i;
    memset(r, 0, sizeof *r);
    model_init(&r->m);
    for (i = 0; i < 7; i++) {
        r->shared[i].id = ids[i];
        r->shared[i].kind = kinds[i];
    }
    r->shared[0].capacity = r->shared[1].capacity = 5;
    r->shared[2].rate = 10;
    r->shared[3].hit_probability = AFLOW_ZERO;
    r->shared[4].keys = 1000;
    r->shared[5].time_per_output_token = aflow_constant(0.01);
    r->shared[5].tokens_per_minute = 1000;
    r->shared[6].item_time = aflow_constant(0.01);
    r->own[0] = r->shared[2];
    r->own[0].id = "mine";
    r->own[1] = r->shared[4];
    r->own[1].id = "memo";
    r->m.s.topology_graph.nodes.resources = r->shared;
    r->m.s.topology_graph.nodes.resources_count = 7;
    r->m.servers[0].resources = r->own;
    r->m.servers[0].resources_count = 2;
    r->miss[0] = aflow_using(aflow_db_s(0.01), "db");
    r->inside[0] = aflow_io_s(0.01);
    r->inside[1] = aflow_branch(0, r->inner, 1);
    r->inner[0] = aflow_llm_tokens("model", aflow_constant(100), aflow_constant(50));
    r->steps[0] = aflow_rate_limit("mine");
    r->steps[1] = aflow_cache("memo", 0.001, r->miss, 1);
    r->steps[2] = aflow_branch(0.5, r->inside, 2);
    r->steps[3] = aflow_gpu_inference("gpu");
    r->m.endpoints[0][0].steps = r->steps;
    r->m.endpoints[0][0].steps_count = 4;
}

#define RICH(code, path, statement) do { rich_model r; rich_init(&r); statement; expect(&r.m, AFLOW_DIAGNOSTIC_##code, path, 0, __LINE__); } while (0)
#define RICH_AMONG(code, path, statement) do { rich_model r; rich_init(&r); statement; expect(&r.m, AFLOW_DIAGNOSTIC_##code, path, 1, __LINE__); } while (0)
#define RICH_FINE(statement) do { rich_model r; rich_init(&r); statement; CHECK_U64(problems_of(&r.m.s, NULL), 0); } while (0)
#define R0 NODES "servers[0].endpoints[0].steps"
#define S(i) NODES "resources[" #i "]"

static void resources(void)
{
    aflow_discipline_hook nothing;
    memset(&nothing, 0, sizeof nothing);
    RICH_FINE((void)r);
    RICH(MISSING, S(0) ".capacity", r.shared[0].capacity = 0);
    RICH(MISSING, S(1) ".capacity", r.shared[1].capacity = 0);
    RICH(MISSING, S(2) ".rate", r.shared[2].rate = 0);
    RICH(OUT_OF_RANGE, S(2) ".burst", r.shared[2].burst = 0.5);
    RICH(MISSING, S(3), r.shared[3].hit_probability = 0);
    RICH(FOREIGN_FIELD, S(4) ".hit_probability", r.shared[4].hit_probability = 0.5);
    RICH(FOREIGN_FIELD, S(3) ".capacity", r.shared[3].capacity = 5);
    RICH(FOREIGN_FIELD, S(3) ".zipf_exponent", r.shared[3].zipf_exponent = AFLOW_ZERO);
    RICH(FOREIGN_FIELD, S(3) ".time_to_live", r.shared[3].time_to_live = 5);
    RICH(FOREIGN_FIELD, S(3) ".single_flight", r.shared[3].single_flight = 1);
    RICH(OUT_OF_RANGE, S(4) ".single_flight", r.shared[4].single_flight = 2);
    RICH(OUT_OF_RANGE, S(4) ".keys", r.shared[4].keys = 10000001);
    RICH(MISSING, S(6), memset(&r.shared[6].item_time, 0, sizeof r.shared[6].item_time));
    RICH_FINE(memset(&r.shared[6].item_time, 0, sizeof r.shared[6].item_time); r.shared[6].batch_time = aflow_exponential(1));
    RICH(OUT_OF_RANGE, S(6) ".item_time.mean", r.shared[6].item_time.mean = -1);
    RICH(FOREIGN_FIELD, S(0) ".rate", r.shared[0].rate = 5);
    RICH(FOREIGN_FIELD, S(0) ".contention", r.shared[0].contention = 0.5);
    RICH(FOREIGN_FIELD, S(2) ".capacity", r.shared[2].capacity = 5);
    RICH(FOREIGN_FIELD, S(4) ".overflow", r.shared[4].overflow = AFLOW_OVERFLOW_REJECT);
    RICH(FOREIGN_FIELD, S(4) ".max_waiting", r.shared[4].max_waiting = 5);
    RICH(FOREIGN_FIELD, S(4) ".acquire_timeout", r.shared[4].acquire_timeout = 5);
    RICH(FOREIGN_FIELD, S(6) ".capacity", r.shared[6].capacity = 5);
    RICH(FOREIGN_FIELD, S(6) ".time_to_first_token", r.shared[6].time_to_first_token = aflow_constant(1));
    RICH(FOREIGN_FIELD, S(5) ".slots", r.shared[5].slots = 5);
    RICH(FOREIGN_FIELD, S(0) ".max_waiting", r.shared[0].overflow = AFLOW_OVERFLOW_REJECT; r.shared[0].max_waiting = 1);
    RICH(FOREIGN_FIELD, S(5) ".acquire_timeout", r.shared[5].overflow = AFLOW_OVERFLOW_REJECT; r.shared[5].acquire_timeout = 1);
    RICH(FOREIGN_FIELD, S(6) ".discipline", r.shared[6].discipline = &nothing);
    RICH(MISSING, S(0) ".discipline", r.shared[0].discipline = &nothing);
    RICH(MISSING, S(0) ".kind", r.shared[0].kind = AFLOW_RESOURCE_NONE);
    RICH(UNKNOWN_NAME, S(0) ".kind", r.shared[0].kind = (aflow_resource_kind)9);
    RICH(MISSING, NODES "resources", r.m.s.topology_graph.nodes.resources = NULL);
    RICH_AMONG(MISSING, NODES "servers[0].resources", r.m.servers[0].resources = NULL);
    RICH(MISSING, S(0) ".id", r.shared[0].id = NULL);
    RICH(BLANK_ID, S(0) ".id", r.shared[0].id = " ");
    RICH(DUPLICATE_ID, S(1) ".id", r.shared[1].id = "pool"; r.miss[0].resource = "pool");
    RICH(DUPLICATE_ID, NODES "servers[0].resources[1].id", r.own[1].id = "mine"; r.steps[1].resource = "keyed");
    RICH_AMONG(DUPLICATE_ID, NODES "servers[0].resources[1].id", r.own[1].id = "hits"; r.steps[1].resource = "keyed");
    RICH(DUPLICATE_ID, NODES "servers[0].resources[1].id", r.shared[4].id = "a/memo");
    RICH_FINE(r.m.servers[1].resources = r.own; r.m.servers[1].resources_count = 2);        /* other servers' own may be called alike */
    RICH(SHARED_ID, S(0) ".id", r.shared[0].id = "lb");
    RICH(SHARED_ID, S(0) ".id", r.shared[0].id = "a-c");
}

static void server_model(void)
{
    const char *lock = NODES "servers[0].server_resources.interpreter_lock", *backlog = NODES "servers[0].server_resources.backlog";
#define SERVER r.m.servers[0].server_resources
    RICH(FOREIGN_FIELD, lock, SERVER.interpreter_lock = AFLOW_LOCK_GIL);
    RICH_FINE(SERVER.interpreter_lock = AFLOW_LOCK_NONE);
    RICH_FINE(SERVER.interpreter_lock = AFLOW_LOCK_GIL; SERVER.workers = 4; SERVER.switch_interval = 0.001; SERVER.threads = 3);
    RICH(UNKNOWN_NAME, lock, SERVER.interpreter_lock = (aflow_interpreter_lock)8);
    RICH(FOREIGN_FIELD, NODES "servers[0].server_resources.switch_interval", SERVER.switch_interval = 0.001);
    RICH(FOREIGN_FIELD, backlog, SERVER.backlog = 5);
    RICH(FOREIGN_FIELD, NODES "servers[0].server_resources.overflow", SERVER.overflow = AFLOW_OVERFLOW_REJECT);
    RICH(FOREIGN_FIELD, backlog, SERVER.overflow = AFLOW_OVERFLOW_REJECT; SERVER.max_concurrency = 5; SERVER.backlog = 5);
    RICH_FINE(SERVER.max_concurrency = 5; SERVER.backlog = 5);
    RICH(OUT_OF_RANGE, NODES "servers[0].server_resources.workers", SERVER.workers = 1025);
#undef SERVER
}

static void step_resources(void)
{
    RICH(UNKNOWN_RESOURCE, R0 "[1].on_miss[0].resource", r.miss[0].resource = "d8");
    RICH(UNKNOWN_RESOURCE, R0 "[0].resource", r.steps[0].resource = "a/mine");
    RICH(UNKNOWN_RESOURCE, NODES "servers[1].endpoints[0].steps[0].resource", r.steps[0] = aflow_io_s(1); r.m.endpoints[1][0].steps = r.inside; r.m.endpoints[1][0].steps_count = 1;
         r.inside[0] = aflow_using(r.inside[0], "mine"); r.steps[2] = r.steps[3]);                /* another server's own */
    RICH(BLANK_ID, R0 "[0].resource", r.steps[0].resource = "");
    RICH(RESOURCE_KIND, R0 "[1].on_miss[0].resource", r.miss[0].resource = "hits");
    RICH(RESOURCE_KIND, R0 "[0].resource", r.steps[0].resource = "pool");
    RICH(RESOURCE_KIND, R0 "[3].resource", r.steps[3].resource = "model");
    RICH(RESOURCE_KIND, R0 "[2].steps[1].steps[0].resource", r.inner[0].resource = "gpu");
    RICH(RESOURCE_KIND, R0 "[1].resource", r.steps[1].resource = "limit");
    RICH(MISSING, R0 "[0].resource", r.steps[0].resource = NULL);
    RICH(MISSING, R0 "[3].resource", r.steps[3].resource = NULL);
    RICH(FOREIGN_FIELD, R0 "[0].resource", r.steps[0] = aflow_using(aflow_cpu_s(1), "pool"));
    RICH(FOREIGN_FIELD, R0 "[0].resource", r.steps[0] = aflow_using(aflow_ram_mb(1), "nothing"));
    RICH(FOREIGN_FIELD, R0 "[2].resource", r.steps[2].resource = "pool");
    RICH_FINE(r.steps[0] = aflow_using(aflow_blocking_s(1), "pool"); r.steps[1] = aflow_using(aflow_thread_io_s(1), "db"); r.steps[3] = aflow_thread_cpu_s(1));
    RICH_FINE(r.steps[0] = aflow_using(aflow_io_s(1), "db"); r.steps[1] = aflow_cache("pool", 1, NULL, 0); r.steps[3] = aflow_io_s(1); r.steps[3].kind = AFLOW_STEP_IO_LLM);
}

static void amounts(void)
{
    const char *at = R0 "[2].steps[1].steps[0].step_operation";
    RICH(STEP_OPERATION, R0 "[0].step_operation", r.steps[0].io_waiting_time.mean = 1);
    RICH(STEP_OPERATION, R0 "[3].step_operation", r.steps[3].output_tokens.mean = 1);
    RICH(STEP_OPERATION, R0 "[2].steps[0].step_operation", r.inside[0].output_tokens.mean = 1);
    RICH(STEP_OPERATION, R0 "[1].on_miss[0].step_operation", memset(&r.miss[0].io_waiting_time, 0, sizeof r.miss[0].io_waiting_time));
    RICH(STEP_OPERATION, R0 "[0].step_operation", r.steps[0] = aflow_thread_cpu_s(1); r.steps[0].io_waiting_time.mean = 1);
    RICH(STEP_OPERATION, R0 "[0].step_operation", r.steps[0] = aflow_blocking_s(1); r.steps[0].cpu_time.mean = 1);
    RICH(STEP_OPERATION, at, memset(&r.inner[0].output_tokens, 0, sizeof r.inner[0].output_tokens));
    RICH(STEP_OPERATION, at, r.inner[0].cpu_time.mean = 1);
    RICH(STEP_OPERATION, at, r.inner[0].resource = NULL);
    RICH(STEP_OPERATION, at, r.inner[0].resource = "pool");
    RICH(STEP_OPERATION, at, memset(&r.shared[5].time_per_output_token, 0, sizeof r.shared[5].time_per_output_token));
    RICH_FINE(memset(&r.shared[5].time_per_output_token, 0, sizeof r.shared[5].time_per_output_token); r.inner[0].io_waiting_time.mean = 1);
    RICH_FINE(memset(&r.shared[5].time_per_output_token, 0, sizeof r.shared[5].time_per_output_token); r.shared[5].time_to_first_token = aflow_constant(1));
    RICH_FINE(memset(&r.inner[0].input_tokens, 0, sizeof r.inner[0].input_tokens));
    RICH_FINE(r.inner[0].input_tokens.mean = 950);
    RICH(TOKENS_OVER_LIMIT, at, r.inner[0].input_tokens.mean = 951);
    RICH(OUT_OF_RANGE, R0 "[2].steps[1].steps[0].step_operation.output_tokens.mean", r.inner[0].output_tokens.mean = -5);
}

static void step_custom_run(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    (void)context;
    (void)call;
    answer->wait_s = 1;
}

static void step_parts(void)
{
    aflow_step_hook hook;
    hook.run = step_custom_run;
    hook.context = NULL;
    hook.uses_core = 0;
    RICH(FOREIGN_FIELD, R0 "[0].probability", r.steps[0].probability = 0.25);
    RICH(FOREIGN_FIELD, R0 "[0].steps", r.steps[0].steps = r.miss; r.steps[0].steps_count = 1);
    RICH(FOREIGN_FIELD, R0 "[0].otherwise", r.steps[0].otherwise = r.miss; r.steps[0].otherwise_count = 1);
    RICH(FOREIGN_FIELD, R0 "[2].on_miss", r.steps[2].on_miss = r.miss; r.steps[2].on_miss_count = 1);
    RICH(FOREIGN_FIELD, R0 "[1].on_miss", r.steps[1].resource = "pool");
    RICH(FOREIGN_FIELD, R0 "[1].on_miss", r.steps[1].resource = NULL);
    RICH(NO_ENTRIES, R0 "[2].steps[1]", r.inside[1].steps_count = 0);
    RICH_FINE(r.inside[1].steps_count = 0; r.inside[1].otherwise = r.inner; r.inside[1].otherwise_count = 1);
    RICH(MISSING, R0 "[2].steps", r.steps[2].steps = NULL);
    RICH(OUT_OF_RANGE, R0 "[2].probability", r.steps[2].probability = 1.5);
    RICH(RAM_IN_BRANCH, R0 "[2].steps[0].kind", r.inside[0] = aflow_ram_mb(1));
    RICH(RAM_IN_BRANCH, R0 "[1].on_miss[0].kind", r.miss[0] = aflow_ram_mb(1e6));
    RICH_FINE(r.inside[0].kind = AFLOW_STEP_IO_TASK_SPAWN);
    RICH(FOREIGN_FIELD, R0 "[0].hook", r.steps[0].hook = &hook);
    RICH(MISSING, R0 "[0].hook", r.steps[0] = aflow_custom(NULL));
    RICH_FINE(r.steps[0] = aflow_custom(&hook));
    hook.run = NULL;
    RICH(MISSING, R0 "[0].hook", r.steps[0] = aflow_custom(&hook));
}

static double source_next(void *context, double previous_s, uint64_t random)
{
    (void)context;
    (void)random;
    return previous_s + 1;
}

static void sources(void)
{
    aflow_source_hook source;
    const aflow_random_variable none = aflow_not_given();
    source.next_s = source_next;
    source.context = NULL;
#define SOURCE r.m.s.rqs_input.source = &source
    RICH_FINE(SOURCE; r.m.s.rqs_input.avg_active_users = r.m.s.rqs_input.avg_request_per_minute_per_user = none);
    RICH(FOREIGN_FIELD, "rqs_input.source", SOURCE);
    RICH(FOREIGN_FIELD, "rqs_input.source", SOURCE; r.m.s.rqs_input.avg_active_users = r.m.s.rqs_input.avg_request_per_minute_per_user = none; r.m.s.rqs_input.arrivals = r.m.arrivals; r.m.s.rqs_input.arrivals_count = 1);
    source.next_s = NULL;
    RICH(MISSING, "rqs_input.source", SOURCE; r.m.s.rqs_input.avg_active_users = r.m.s.rqs_input.avg_request_per_minute_per_user = none);
#undef SOURCE
}

static aflow_event loss(const char *id, const char *target, double from, double to) { return event(id, target, AFLOW_EVENT_CACHE_DOWN, AFLOW_EVENT_CACHE_UP, from, to, 0); }

static void cache_losses(void)
{
#define LOSS(i, target, from, to) r.m.events[i] = loss("loss-" #i, target, from, to); r.m.s.events_count = i + 1
    RICH_FINE(LOSS(2, "hits", 1, 5); LOSS(3, "a/memo", 2, 6); LOSS(4, "hits", 5, 9));
    RICH(EVENT_TARGET, "events[2].target_id", LOSS(2, "pool", 1, 5));
    RICH(EVENT_TARGET, "events[2].target_id", LOSS(2, "memo", 1, 5));
    RICH(EVENT_TARGET, "events[2].target_id", LOSS(2, "a/mine", 1, 5));
    RICH(EVENT_TARGET, "events[2].target_id", LOSS(2, "a", 1, 5));
    RICH(EVENT_TARGET, "events[2].target_id", LOSS(2, "hits", 1, 5); r.m.events[2].start.kind = AFLOW_EVENT_SERVER_DOWN; r.m.events[2].end.kind = AFLOW_EVENT_SERVER_UP);
    RICH(EVENT_KINDS, "events[2].end.kind", LOSS(2, "hits", 1, 5); r.m.events[2].end.kind = AFLOW_EVENT_SERVER_UP);
    RICH(EVENT_KINDS, "events[0].end.kind", r.m.events[0].end.kind = AFLOW_EVENT_CACHE_UP);
    RICH(EVENT_SPIKE, "events[2].start.spike_s", LOSS(2, "hits", 1, 5); r.m.events[2].start.spike_s = 1);
    RICH(EVENT_OVERLAP, "events[3].start.t_start", LOSS(2, "hits", 1, 5); LOSS(3, "hits", 4, 6));
    RICH(EVENT_OVERLAP, "events[2].start.t_start", LOSS(2, "a/memo", 3, 5); LOSS(3, "a/memo", 2, 4));
    RICH(EVENT_ORDER, "events[2].end.t_end", LOSS(2, "hits", 5, 5));
    RICH(EVENT_HORIZON, "events[2].end.t_end", LOSS(2, "hits", 5, 61));
#undef LOSS
}

/* Columns are counted as far as they are enabled. */
static void sample_columns(void)
{
    const char *at = "sim_settings.sample_period_s";
#define SAMPLES(seconds, bits) r.m.s.sim_settings.sample_period_s = 0.001; r.m.s.sim_settings.total_simulation_time = seconds; r.m.s.sim_settings.enabled_sample_metrics = bits; r.m.s.rqs_input.avg_active_users.mean = 1e-3
    RICH_FINE(SAMPLES(600000, AFLOW_EDGE_CONCURRENT_CONNECTION));               /* 6 edges, 9 resources, 2 servers */
    RICH(TOO_MANY_SAMPLES, at, SAMPLES(700000, AFLOW_EDGE_CONCURRENT_CONNECTION));
    RICH_FINE(SAMPLES(400000, AFLOW_RESOURCE_IN_USE));
    RICH(TOO_MANY_SAMPLES, at, SAMPLES(400000, AFLOW_RESOURCE_IN_USE | AFLOW_RESOURCE_QUEUE_LEN));
    RICH_FINE(SAMPLES(1900000, AFLOW_CORE_BUSY));
    RICH(TOO_MANY_SAMPLES, at, SAMPLES(1900000, AFLOW_CORE_BUSY | AFLOW_THREADS_IN_USE));
#undef SAMPLES
}

/* Compat mode changes nothing of all this. */
static void rich_compat(void)
{
    rich_model r;
    rich_init(&r);
    r.m.s.sim_settings.compat = AFLOW_COMPAT_ASYNCFLOW_0_1;
    CHECK_U64(problems_of(&r.m.s, NULL), 0);
}

/* --- Every number of the table --- */

static void every_number(void)
{
    const double bad[] = { -1, -1e-300, -DBL_MAX, (double)INFINITY, -(double)INFINITY, (double)NAN };
    size_t b;
    for (b = 0; b < sizeof bad / sizeof bad[0]; b++) {
        aflowi_walk w;
        aflowi_visit v;
        rich_model r;
        int seen = 0;
        rich_init(&r);
        aflowi_walk_init(&w, &r.m.s);
        while (aflowi_walk_next(&w, &v)) {
            const aflowi_field *f = v.field;
            int part, is_random = f->type == AFLOWI_TYPE_RANDOM;
            if (v.kind != AFLOWI_VISIT_FIELD || (!is_random && f->type != AFLOWI_TYPE_DOUBLE)) continue;
            for (part = 0; part < 1 + is_random; part++) {
                size_t offset = f->offset + (part ? offsetof(aflow_random_variable, variance) : 0), errors = 0;
                double was = aflowi_get_double(v.base, offset);
                aflow_random_variable before;
                memset(&before, 0, sizeof before);
                if (is_random) memcpy(&before, (unsigned char *)v.base + f->offset, sizeof before);
                if (is_random && before.mean == 0) continue;            /* the amounts that a step does not have */
                if (is_random && part) aflowi_set_u32(v.base, f->offset + offsetof(aflow_random_variable, distribution), AFLOW_DISTRIBUTION_NORMAL);
                aflowi_set_double(v.base, offset, bad[b]);
                problems_of(&r.m.s, &errors);
                if (!errors) test_fail(__FILE__, __LINE__, "%s%s may be %g", f->name, part ? ".variance" : "", bad[b]);
                aflowi_set_double(v.base, offset, was);
                if (is_random) memcpy((unsigned char *)v.base + f->offset, &before, sizeof before);
                seen++;
            }
        }
        CHECK(seen > 100);
    }
}

static void every_count(void)
{
    static const uint32_t values[] = { 1, 2, 0x7FFFFFFFu, 0x80000000u, UINT32_MAX - 1, UINT32_MAX };
    size_t k;
    for (k = 0; k < sizeof values / sizeof values[0]; k++) {
        aflowi_walk w;
        aflowi_visit v;
        model m;
        model_init(&m);
        aflowi_walk_init(&w, &m.s);
        while (aflowi_walk_next(&w, &v)) {
            uint32_t was;
            size_t errors = 0;
            if (v.kind != AFLOWI_VISIT_FIELD || (v.field->type != AFLOWI_TYPE_UINT && v.field->type != AFLOWI_TYPE_ENUM && v.field->type != AFLOWI_TYPE_FLAGS)) continue;
            was = aflowi_get_u32(v.base, v.field->offset);
            aflowi_set_u32(v.base, v.field->offset, values[k]);
            problems_of(&m.s, &errors);
            if (values[k] >= 0x7FFFFFFFu && v.field->most < values[k] && !(v.field->type == AFLOWI_TYPE_FLAGS && values[k] == AFLOW_METRICS_NONE) && !errors)
                test_fail(__FILE__, __LINE__, "%s may be %u", v.field->name, (unsigned)values[k]);
            aflowi_set_u32(v.base, v.field->offset, was);
        }
        CHECK_U64(problems_of(&m.s, NULL), 0);
    }
}

/* --- Large ones --- */

static char chain_ids[2001][8], chain_edges[2003][8];

static void long_chain(void)
{
    enum { N = 2000 };
    aflow_server *servers = (aflow_server *)calloc(N, sizeof *servers);
    aflow_edge *list = (aflow_edge *)calloc(N + 2, sizeof *list);
    model m;
    size_t i, errors;
    model_init(&m);
    for (i = 0; i < N; i++) {
        snprintf(chain_ids[i], sizeof chain_ids[i], "n%u", (unsigned)i);
        servers[i] = m.servers[0];
        servers[i].id = chain_ids[i];
    }
    for (i = 0; i < N + 2; i++) {
        snprintf(chain_edges[i], sizeof chain_edges[i], "e%u", (unsigned)i);
        list[i] = edge(chain_edges[i], i == 0 ? "gen" : i == 1 ? "c" : chain_ids[i - 2], i == 0 ? "c" : i == N + 1 ? "c" : chain_ids[i - 1]);
    }
    m.s.topology_graph.nodes.servers = servers;
    m.s.topology_graph.nodes.servers_count = N;
    m.s.topology_graph.edges = list;
    m.s.topology_graph.edges_count = N + 2;
    LB.id = NULL;
    LB.server_covered_count = 0;
    m.s.events_count = 0;
    CHECK_U64(problems_of(&m.s, NULL), 0);
    list[N + 1].target = chain_ids[0];                          /* a loop through all of them */
    problems_of(&m.s, &errors);
    CHECK_U64(errors, 1);
    list[N + 1].target = "nowhere";
    problems_of(&m.s, &errors);
    CHECK_U64(errors, 1);
    list[N + 1].target = "c";
    for (i = 0; i < N; i++) servers[i].server_resources.cpu_cores = 2000000;      /* more problems than are kept */
    {
        aflow_diagnostics problems;
        aflow_text t;
        memset(&problems, 0, sizeof problems);
        memset(&t, 0, sizeof t);
        CHECK_U64(aflow_check(&m.s, &problems), AFLOW_INVALID);
        CHECK_U64(problems.errors, N);
        CHECK_U64(problems.count + problems.lost, problems.errors + problems.warnings);
        CHECK(problems.count >= 1000 && problems.count < N);
        CHECK_U64(aflow_write_diagnostics(&problems, aflow_put_text, &t), AFLOW_OK);
        aflow_diagnostics_clear(&problems);
        CHECK(problems.count == 0 && problems.errors == 0 && problems.items == NULL);
    }
    free(servers);
    free(list);
}

static char event_ids[10000][8];

static void many_events(void)
{
    enum { N = 10000 };
    aflow_event *list = (aflow_event *)calloc(N, sizeof *list);
    model m;
    size_t i, errors;
    model_init(&m);
    for (i = 0; i < N; i++) {
        snprintf(event_ids[i], sizeof event_ids[i], "x%u", (unsigned)i);
        list[i] = i % 2 ? spike(event_ids[i], "in", 1 + 1e-3 * (double)i, 40) : outage(event_ids[i], i % 4 ? "a" : "b", 1e-3 * (double)i, 1e-3 * (double)(i + 2));
    }
    m.s.events = list;
    m.s.events_count = N;
    CHECK_U64(problems_of(&m.s, NULL), 0);
    list[N - 2].event_id = "x0";
    problems_of(&m.s, &errors);
    CHECK_U64(errors, 1);
    for (i = 0; i < N; i++) list[i] = outage(event_ids[i], "a", 1, 2);
    problems_of(&m.s, &errors);
    CHECK_U64(errors, N - 1);
    free(list);
}

/* --- The list of problems --- */

static void the_same_list_twice(void)
{
    model m;
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    model_init(&m);
    m.edges[4].target = "nowhere";
    CHECK_U64(aflow_check(&m.s, &problems), AFLOW_INVALID);
    CHECK_U64(problems.count, 1);
    CHECK_U64(aflow_check(&m.s, &problems), AFLOW_INVALID);     /* the list knows the problem already; it is still one */
    CHECK_U64(problems.count, 1);
    CHECK(aflow_run(&m.s, NULL, &problems) == NULL);
    CHECK_U64(problems.count, 1);
    aflow_diagnostics_clear(&problems);
    model_init(&m);
    m.servers[0].server_resources.cpu_cores = 2000000;
    CHECK_U64(aflow_check(&m.s, &problems), AFLOW_INVALID);
    CHECK_U64(aflow_check(&m.s, &problems), AFLOW_INVALID);
    CHECK_U64(problems.count, 1);
    aflow_diagnostics_clear(&problems);
}

/* Several things at once are all found, and do not hide each other. */
static void all_at_once(void)
{
    model m;
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    model_init(&m);
    m.s.rqs_input.avg_active_users.mean = -1;
    m.servers[0].server_resources.ram_mb = 5;
    m.edges[0].dropout_rate = 7;
    m.edges[3].latency.mean = (double)NAN;
    m.events[0].end.t_end = 5;
    m.endpoints[1][1].probability = -2;
    m.s.sim_settings.sample_period_s = 9;
    CHECK_U64(aflow_check(&m.s, &problems), AFLOW_INVALID);
    if (problems.errors != 7) print_problems(&problems);
    CHECK_U64(problems.errors, 7);      /* that a RAM of 5 MB is too little for the endpoints, too, would be an echo */
    aflow_diagnostics_clear(&problems);
}

/* What is written about a balancer that has no id is not silently dropped. */
static void balancer_without_id(void)
{
    model m;
    size_t errors = 0;
    model_init(&m);
    LB.id = NULL;
    m.edges[1].target = "a";
    m.edges[2] = m.edges[4];
    m.s.topology_graph.nodes.servers_count = 1;
    m.s.topology_graph.edges_count = 3;
    m.s.events_count = 0;
    CHECK(problems_of(&m.s, &errors) > 0);
}

/* Diagnostics as text, without a file. */
static void written(void)
{
    model m;
    aflow_diagnostics problems;
    char text[4096];
    aflow_text t;
    t.data = text;
    t.capacity = sizeof text;
    t.size = 0;
    memset(&problems, 0, sizeof problems);
    model_init(&m);
    CHECK_U64(aflow_write_diagnostics(&problems, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(t.size, 0);
    m.servers[0].server_resources.ram_mb = 64;
    m.endpoints[0][0].endpoint_name = "";
    aflow_check(&m.s, &problems);
    CHECK_U64(aflow_write_diagnostics(&problems, aflow_put_text, &t), AFLOW_OK);
    CHECK_STR(text, "error: topology_graph.nodes.servers[0].server_resources.ram_mb is 64; needs at least 256 MB\n"
                    "warning: topology_graph.nodes.servers[0].endpoints[0].endpoint_name is empty; reports will have nothing to call it\n"
                    "1 error, 1 warning\n");
    CHECK_U64(aflow_write_diagnostics(NULL, aflow_put_text, &t), AFLOW_MISUSE);
    aflow_diagnostics_clear(&problems);
}

int main(void)
{
    RUN(sound);
    RUN(texts);
    RUN(lists);
    RUN(steps);
    RUN(random_variables);
    RUN(ways_to_give_a_variable);
    RUN(uniform_from_zero);
    RUN(traffic);
    RUN(settings);
    RUN(edges);
    RUN(balancer);
    RUN(cycles);
    RUN(events);
    RUN(resources);
    RUN(server_model);
    RUN(step_resources);
    RUN(amounts);
    RUN(step_parts);
    RUN(sources);
    RUN(cache_losses);
    RUN(sample_columns);
    RUN(rich_compat);
    RUN(every_number);
    RUN(every_count);
    RUN(long_chain);
    RUN(many_events);
    RUN(the_same_list_twice);
    RUN(all_at_once);
    RUN(balancer_without_id);
    RUN(written);
    return test_end();
}
