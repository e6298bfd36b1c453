/* yaml.c - scenarios to and from text: round trips, defaults, refusals, places of problems. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

static const char *const scenario_files[] = {
    "examples/scenarios/single_server.yml", "examples/scenarios/two_servers.yml", "examples/scenarios/heavy_single_server.yml",
    "examples/scenarios/event_injection_single_server.yml", "examples/scenarios/event_injection_two_servers.yml",
    "examples/scenarios/beyond_asyncflow.yml", "examples/scenarios/beyond_resources.yml", "examples/scenarios/replay.yml", "examples/scenarios/shop.yml",
    "tests/reference/scenarios/p01.yml", "tests/reference/scenarios/p02.yml", "tests/reference/scenarios/p03.yml",
    "tests/reference/scenarios/p04.yml", "tests/reference/scenarios/p05.yml", "tests/reference/scenarios/p06.yml",
    "tests/reference/scenarios/p07.yml", "tests/reference/scenarios/p08.yml", "tests/reference/scenarios/p09.yml",
    "tests/reference/scenarios/p10.yml", "tests/reference/scenarios/p11.yml", "tests/reference/scenarios/p12.yml",
    "tests/reference/scenarios/p13.yml", "tests/reference/scenarios/t1.yml", "tests/reference/scenarios/t2.yml",
    "tests/reference/scenarios/t3.yml", "tests/reference/scenarios/t4.yml" };

/* --- Round trips --- */

static aflow_scenario_file *read_string(const char *text, aflow_diagnostics *problems, aflow_format format)
{
    aflow_read_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.format = format;
    return aflow_read_text(text, strlen(text), problems, &desc);
}

/* The scenario as text, in one of two buffers. */
static char *print(const aflow_scenario *s, aflow_format format, int which)
{
    static char buffers[2][400000];
    aflow_text t;
    t.data = buffers[which];
    t.capacity = sizeof buffers[which];
    t.size = 0;
    t.data[0] = 0;
    CHECK_U64(format == AFLOW_FORMAT_JSON ? aflow_write_scenario_json(s, aflow_put_text, &t) : aflow_write_scenario_yaml(s, aflow_put_text, &t), AFLOW_OK);
    CHECK(t.size < t.capacity);
    return t.data;
}

static void show(const aflow_diagnostics *problems)
{
    size_t i;
    for (i = 0; i < problems->count && i < 6; i++)
        printf("    %u:%u %s %s %s\n", (unsigned)problems->items[i].line, (unsigned)problems->items[i].column, aflow_diagnostic_name(problems->items[i].code), problems->items[i].path, problems->items[i].message);
}

static void round_trip(const aflow_scenario *s, const char *what)
{
    int format;
    for (format = AFLOW_FORMAT_YAML; format <= AFLOW_FORMAT_JSON; format++) {
        aflow_diagnostics problems;
        const char *first = print(s, (aflow_format)format, 0);
        aflow_scenario_file *again;
        memset(&problems, 0, sizeof problems);
        again = read_string(first, &problems, (aflow_format)format);
        if (!again) {
            test_fail(__FILE__, __LINE__, "%s does not read back (format %d)", what, format);
            show(&problems);
        } else {
            if (aflow_scenario_hash(aflow_scenario_of(again)) != aflow_scenario_hash(s)) test_fail(__FILE__, __LINE__, "%s reads back as another scenario (format %d)", what, format);
            if (strcmp(first, print(aflow_scenario_of(again), (aflow_format)format, 1)) != 0) test_fail(__FILE__, __LINE__, "%s is written differently the second time (format %d)", what, format);
        }
        aflow_scenario_file_destroy(again);
        aflow_diagnostics_clear(&problems);
        if (format == AFLOW_FORMAT_JSON) {                      /* JSON is YAML, too */
            again = read_string(first, NULL, AFLOW_FORMAT_YAML);
            CHECK(again && aflow_scenario_hash(aflow_scenario_of(again)) == aflow_scenario_hash(s));
            aflow_scenario_file_destroy(again);
        }
    }
}

static void files(void)
{
    size_t i;
    for (i = 0; i < sizeof scenario_files / sizeof scenario_files[0]; i++) {
        aflow_diagnostics problems;
        aflow_scenario_file *file;
        memset(&problems, 0, sizeof problems);
        file = aflow_read_file(scenario_files[i], &problems, NULL);
        if (!file) {
            test_fail(__FILE__, __LINE__, "%s is not read", scenario_files[i]);
            show(&problems);
        } else {
            round_trip(aflow_scenario_of(file), scenario_files[i]);
        }
        aflow_scenario_file_destroy(file);
        aflow_diagnostics_clear(&problems);
    }
}

/* --- Scenarios by chance, with every field in use --- */

static uint64_t dice_state = 1;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((dice_state >> 33) % sides);
}

/* A double with all its digits, or a round one. */
static double real(double least, double most)
{
    double x = least + (most - least) * ((double)dice(1u << 30) + (double)dice(1u << 22) / 4194304.0) / 1073741824.0;
    if (dice(3) == 0) x = floor(x * 8) / 8;
    if (dice(10) == 0) x = most;
    return x < least || x == 0 ? most / 3 : x;
}

enum { MOST = 4 };

/* Identifiers that need quotes, or look as if they did. */
static const char *const odd[] = { "yes", "No", "on", "1e3", "0x1F", "12:30", "1_000", "null", "~", "a: b", "- x", "# no", "x #y", "\"q\"", "it's", " lead", "trail ", "{a}", "[b]", "&c", "*d", "!e", "|f", ">g",
    "%h", "@i", "`j", "a\nb", "a\tb", "\xC3\xA9t\xC3\xA9", "\xE6\x9C\x8D\xE5\x8A\xA1", "\xF0\x9F\x9A\x80", "a,b", "?", "- ", ":", ".5", "-1", "+", ".inf", "true", "---", "...", "<<", "=", "back\\slash", "\x01x\x1f", "\x7F", "\xC2\x85", "a\xE2\x80\xA8z" };

typedef struct chance {
    aflow_scenario s;
    aflow_server servers[MOST];
    aflow_endpoint endpoints[MOST][3];
    aflow_step steps[MOST][3][5];
    aflow_edge edges[2 * MOST + 2];
    aflow_event events[4];
    const char *covered[MOST];
    double arrivals[6];
    aflow_resource shared[5], own[MOST][2];
    aflow_step nested[64];
    int nested_used;
    int in_miss;
    char ids[128][40];
    unsigned char taken[sizeof odd / sizeof odd[0]];
    int used;
} chance;

/* A fresh identifier: plain, or a hard one; always another. */
static const char *identifier(chance *c)
{
    char *id = c->ids[c->used];
    uint32_t i = dice(sizeof odd / sizeof odd[0]);
    if (dice(3) && !c->taken[i]) {
        c->taken[i] = 1;
        snprintf(id, sizeof c->ids[0], "%s", odd[i]);
    } else {
        snprintf(id, sizeof c->ids[0], "id-%d", c->used);
    }
    c->used++;
    return id;
}

/* Of the newer families and ways: by scv, percentiles or values, around the mean. */
static aflow_random_variable another_variable(double mean)
{
    static double values[64][3];
    static const double weights[3] = { 1, 0.5, 3e-7 };
    static size_t used;
    double *own = values[used++ % 64];
    switch (dice(8)) {
    case 0: return aflow_gamma(mean, real(0.01, 9));
    case 1: return aflow_erlang((uint32_t)(1 + dice(9)), mean);
    case 2: return aflow_weibull(mean, real(0.01, 9));
    case 3: return aflow_pareto(mean, real(0.01, 9), dice(2) ? 0 : 1e4 * mean);
    case 4: return aflow_hyperexponential(mean, real(1, 9));
    case 5: return aflow_percentiles(dice(2) ? mean : 0, 2 * mean, 3 * mean);
    case 6: return aflow_random_scv(dice(2) ? AFLOW_DISTRIBUTION_NORMAL : AFLOW_DISTRIBUTION_LOG_NORMAL, mean, dice(3) ? real(0, 2) : 0);
    default: break;
    }
    own[0] = mean / 2;
    own[1] = dice(2) ? 0 : mean;
    own[2] = real(0, mean);
    return aflow_discrete(own, dice(2) ? weights : NULL, 3);
}

static aflow_random_variable variable(double mean, int plain)
{
    aflow_random_variable v;
    if (dice(3) == 0) return another_variable(mean);
    memset(&v, 0, sizeof v);
    v.mean = mean;
    v.distribution = (aflow_distribution)dice(7);
    if (plain && dice(2)) v.distribution = AFLOW_DISTRIBUTION_DEFAULT;
    if (v.distribution == AFLOW_DISTRIBUTION_NORMAL || v.distribution == AFLOW_DISTRIBUTION_LOG_NORMAL) v.variance = dice(3) == 0 ? 0 : dice(3) == 0 ? AFLOW_ZERO : real(0, mean);
    if (v.distribution == AFLOW_DISTRIBUTION_UNIFORM) v.variance = dice(3) == 0 ? 0 : dice(3) == 0 ? AFLOW_ZERO : real(0, mean * mean / 3);
    return v;
}

static double maybe(double least, double most) { return dice(2) ? real(least, most) : 0; }

/* A resource of any kind, with any of its fields. */
static aflow_resource resource(const char *id)
{
    aflow_resource r;
    memset(&r, 0, sizeof r);
    r.id = id;
    r.kind = (aflow_resource_kind)(1 + dice(6));
    if (r.kind <= AFLOW_RESOURCE_DATABASE || (r.kind == AFLOW_RESOURCE_LLM && dice(2))) r.capacity = 1 + dice(100);
    if (r.kind != AFLOW_RESOURCE_CACHE) {
        r.overflow = (aflow_overflow)dice(2);
        if (!r.overflow && dice(2)) r.max_waiting = 1 + dice(1000);
        if (!r.overflow) r.acquire_timeout = maybe(0.001, 100);
    }
    if (r.kind == AFLOW_RESOURCE_DATABASE) r.contention = maybe(0, 1), r.coherency = maybe(0, 1);
    if (r.kind == AFLOW_RESOURCE_RATE_LIMITER) r.rate = real(0.001, 1e6), r.burst = maybe(1, 1000), r.refill_interval = maybe(0.001, 60);
    if (r.kind == AFLOW_RESOURCE_CACHE && dice(2)) {
        r.hit_probability = dice(4) ? real(0, 1) : AFLOW_ZERO;
    } else if (r.kind == AFLOW_RESOURCE_CACHE) {
        r.keys = 1 + dice(10000000);
        if (dice(2)) r.capacity = 1 + dice(100000);
        r.zipf_exponent = dice(4) ? maybe(0.1, 20) : AFLOW_ZERO;
        r.time_to_live = maybe(0.1, 1e6);
        r.single_flight = (int)dice(2);
    }
    if (r.kind == AFLOW_RESOURCE_LLM) {
        r.time_to_first_token = variable(real(0.01, 3), 1);
        if (dice(2)) r.time_per_output_token = variable(real(0.001, 0.1), 1);
        r.price_per_call = maybe(0, 1e6);
        r.price_per_million_input_tokens = maybe(0, 100);
        r.price_per_million_output_tokens = maybe(0, 100);
        r.requests_per_minute = maybe(1, 1e5);
        r.tokens_per_minute = maybe(1e5, 1e9);
    }
    if (r.kind == AFLOW_RESOURCE_GPU) {
        if (dice(2)) r.slots = 1 + dice(8);
        if (dice(2)) r.max_batch_size = 1 + dice(65535);
        r.max_batch_wait = maybe(0.001, 1);
        r.batch_time = variable(real(0.001, 1), 1);
        if (dice(2)) r.item_time = variable(real(0.001, 1), 1);
    }
    return r;
}

/* A shared resource of one of two kinds; NULL: there is none. */
static const char *resource_of(const chance *c, aflow_resource_kind a, aflow_resource_kind b)
{
    size_t i;
    for (i = 0; i < c->s.topology_graph.nodes.resources_count; i++) if (c->shared[i].kind == a || c->shared[i].kind == b) return c->shared[i].id;
    return NULL;
}

static aflow_step step(chance *c, int depth);

/* A few steps for within another, as many as there is room for. */
static size_t chance_nested(chance *c, int depth, const aflow_step **list)
{
    size_t n = dice(3), i;
    aflow_step *items = &c->nested[c->nested_used];
    if (depth > 3 || c->nested_used + 3 > 64 || !n) return 0;
    c->nested_used += (int)n;
    for (i = 0; i < n; i++) items[i] = step(c, depth + 1);
    *list = items;
    return n;
}

/* Of the kinds that AsyncFlow does not have; recursion ends with depth. */
static aflow_step new_step(chance *c, int depth)
{
    aflow_step s;
    const char *pool = resource_of(c, AFLOW_RESOURCE_CONNECTION_POOL, AFLOW_RESOURCE_DATABASE), *other;
    memset(&s, 0, sizeof s);
    switch (dice(8)) {
    case 0: s = aflow_blocking_s(real(1e-6, 0.1)); s.resource = pool; break;
    case 1: s = aflow_thread_io_s(real(1e-6, 0.1)); s.resource = pool; break;
    case 2: s = aflow_thread_cpu_s(real(1e-6, 0.1)); break;
    case 3: other = resource_of(c, AFLOW_RESOURCE_RATE_LIMITER, AFLOW_RESOURCE_RATE_LIMITER); s = other ? aflow_rate_limit(other) : aflow_io_s(1); break;
    case 4: other = resource_of(c, AFLOW_RESOURCE_GPU, AFLOW_RESOURCE_GPU); s = other ? aflow_gpu_inference(other) : aflow_io_s(1); break;
    case 5:
        other = resource_of(c, AFLOW_RESOURCE_LLM, AFLOW_RESOURCE_LLM);
        s = other ? aflow_llm_tokens(other, variable(real(1, 1000), 1), variable(real(1, 1000), 1)) : aflow_io_s(1);
        if (other && dice(2)) s.io_waiting_time = variable(real(0.1, 2), 1);
        if (other && dice(2)) memset(&s.input_tokens, 0, sizeof s.input_tokens);
        break;
    case 6:
        other = resource_of(c, AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_CACHE);
        s = aflow_cache(c->in_miss ? NULL : other, real(1e-6, 0.01), NULL, 0);
        if (!s.resource) break;
        c->in_miss = 1;         /* a cache is not looked up within its own misses */
        s.on_miss_count = chance_nested(c, depth, &s.on_miss);
        c->in_miss = 0;
        break;
    default:
        s = aflow_branch(dice(3) ? real(0, 1) : 0, NULL, 0);
        if (dice(3) == 0) s.probability = 0;
        s.steps_count = chance_nested(c, depth, &s.steps);
        s.otherwise_count = chance_nested(c, depth, &s.otherwise);
        if (!s.steps_count && !s.otherwise_count) s = aflow_io_s(1);
        break;
    }
    return s;
}

static aflow_step step(chance *c, int depth)
{
    aflow_step s;
    memset(&s, 0, sizeof s);
    if (dice(2)) return new_step(c, depth);
    s.kind = (aflow_step_kind)(1 + dice(8));
    if (depth && s.kind == AFLOW_STEP_RAM) s.kind = AFLOW_STEP_IO_TASK_SPAWN;
    if (s.kind <= AFLOW_STEP_CPU_BOUND_OPERATION) s.cpu_time = variable(real(1e-6, 0.01), 1);
    else if (s.kind == AFLOW_STEP_RAM) s.necessary_ram = variable(real(1, 30), 1);
    else s.io_waiting_time = variable(real(1e-6, 0.2), 1);
    return s;
}

static void chance_server(chance *c, int i)
{
    aflow_server *server = &c->servers[i];
    int k, n;
    server->id = identifier(c);
    if (dice(2)) server->server_resources.cpu_cores = 1 + dice(64);
    if (dice(2)) server->server_resources.ram_mb = 512 + dice(100000);
    if (dice(2)) server->server_resources.db_connection_pool = 1 + dice(100);
    if (dice(2)) {
        server->server_resources.workers = 1 + dice(16);
        server->server_resources.interpreter_lock = (aflow_interpreter_lock)dice(3);
        server->server_resources.switch_interval = maybe(0.001, 10);
    }
    if (dice(2)) server->server_resources.threads = 1 + dice(100);
    if (dice(2)) {
        server->server_resources.max_concurrency = 1 + dice(100);
        server->server_resources.overflow = (aflow_overflow)dice(2);
        if (!server->server_resources.overflow) server->server_resources.backlog = dice(100);
    }
    server->resources = c->own[i];
    server->resources_count = dice(3);
    for (k = 0; k < (int)server->resources_count; k++) c->own[i][k] = resource(identifier(c));
    server->endpoints = c->endpoints[i];
    server->endpoints_count = 1 + dice(3);
    for (k = 0; k < (int)server->endpoints_count; k++) {
        aflow_endpoint *e = &c->endpoints[i][k];
        e->endpoint_name = dice(4) ? identifier(c) : "/Mixed";
        if (dice(2)) e->probability = k && dice(3) == 0 ? AFLOW_ZERO : real(0.001, 1);
        e->steps = c->steps[i][k];
        e->steps_count = 1 + dice(5);
        for (n = 0; n < (int)e->steps_count; n++) c->steps[i][k][n] = step(c, 0);
    }
}

static void chance_edge(chance *c, const char *source, const char *target)
{
    aflow_edge *e = &c->edges[c->s.topology_graph.edges_count++];
    e->id = identifier(c);
    e->source = source;
    e->target = target;
    e->latency = variable(real(1e-6, 0.5), 0);
    if (dice(2)) e->dropout_rate = dice(4) ? real(0, 1) : 0.01;
}

static void chance_events(chance *c, int servers)
{
    int i, n = (int)dice(4);
    for (i = 0; i < n; i++) {
        aflow_event *e = &c->events[i];
        int down = servers > 1 && dice(2);
        e->event_id = identifier(c);
        e->target_id = down ? c->servers[0].id : c->edges[dice((uint32_t)c->s.topology_graph.edges_count)].id;
        e->start.kind = down ? AFLOW_EVENT_SERVER_DOWN : AFLOW_EVENT_NETWORK_SPIKE_START;
        e->end.kind = down ? AFLOW_EVENT_SERVER_UP : AFLOW_EVENT_NETWORK_SPIKE_END;
        e->start.t_start = i ? i + real(0.01, 0.4) : 0;
        e->end.t_end = i + real(0.5, 0.9);
        if (!down) e->start.spike_s = real(0.001, 2);
        if (!down && dice(2) && resource_of(c, AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_CACHE)) {
            e->target_id = resource_of(c, AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_CACHE);
            e->start.kind = AFLOW_EVENT_CACHE_DOWN;
            e->end.kind = AFLOW_EVENT_CACHE_UP;
            e->start.spike_s = 0;
        }
    }
    c->s.events = c->events;
    c->s.events_count = (size_t)n;
}

static void chance_traffic(chance *c)
{
    aflow_generator *g = &c->s.rqs_input;
    int i;
    g->id = identifier(c);
    g->avg_active_users.mean = real(1, 1000);
    g->avg_active_users.distribution = (aflow_distribution)dice(4);
    if (g->avg_active_users.distribution == AFLOW_DISTRIBUTION_NORMAL && dice(2)) g->avg_active_users.variance = dice(3) ? real(1, 9) : AFLOW_ZERO;
    g->avg_request_per_minute_per_user.mean = real(1, 100);
    g->avg_request_per_minute_per_user.distribution = (aflow_distribution)dice(3);
    if (dice(2)) g->user_sampling_window = 1 + dice(120);
    if (dice(4)) return;
    for (i = 0; i < 6; i++) c->arrivals[i] = (i ? c->arrivals[i - 1] : 0) + (dice(3) ? real(0, 0.5) : 0);
    g->arrivals = c->arrivals;
    g->arrivals_count = 1 + dice(6);
    if (dice(2)) memset(&g->avg_active_users, 0, sizeof g->avg_active_users), memset(&g->avg_request_per_minute_per_user, 0, sizeof g->avg_request_per_minute_per_user);
}

static void chance_make(chance *c)
{
    aflow_nodes *nodes = &c->s.topology_graph.nodes;
    aflow_sim_settings *settings = &c->s.sim_settings;
    int balanced = (int)dice(2), servers = 1 + (int)dice(balanced ? MOST : 2), i;
    memset(c, 0, sizeof *c);
    chance_traffic(c);
    nodes->client.id = identifier(c);
    nodes->resources = c->shared;
    nodes->resources_count = dice(6);
    for (i = 0; i < (int)nodes->resources_count; i++) c->shared[i] = resource(identifier(c));
    for (i = 0; i < servers; i++) chance_server(c, i);
    nodes->servers = c->servers;
    nodes->servers_count = (size_t)servers;
    c->s.topology_graph.edges = c->edges;
    chance_edge(c, c->s.rqs_input.id, nodes->client.id);
    if (balanced) {
        nodes->load_balancer.id = identifier(c);
        nodes->load_balancer.algorithms = (aflow_lb_algorithm)dice(2);
        for (i = 0; i < servers; i++) c->covered[i] = c->servers[i].id;
        nodes->load_balancer.server_covered = c->covered;
        nodes->load_balancer.server_covered_count = dice(2) ? (size_t)servers : 0;
        chance_edge(c, nodes->client.id, nodes->load_balancer.id);
        for (i = 0; i < servers; i++) chance_edge(c, nodes->load_balancer.id, c->servers[i].id);
        for (i = 0; i < servers; i++) chance_edge(c, c->servers[i].id, nodes->client.id);
    } else {
        for (i = 0; i <= servers; i++) chance_edge(c, i ? c->servers[i - 1].id : nodes->client.id, i < servers ? c->servers[i].id : nodes->client.id);
    }
    chance_events(c, balanced ? servers : 1);
    settings->total_simulation_time = dice(3) ? 5 + dice(100) : 0;
    if (dice(2)) settings->sample_period_s = real(0.001, 0.1);
    if (dice(2)) settings->enabled_sample_metrics = dice(4) ? 1 + dice(AFLOW_METRICS_ALL) : AFLOW_METRICS_NONE;
    if (dice(2)) settings->enabled_event_metrics = dice(4) ? 1 + dice(3) : AFLOW_METRICS_NONE;
}

static void by_chance(void)
{
    static chance c;
    int i;
    for (i = 0; i < 1500 && test_state.failed_here < 20; i++) {
        char what[32];
        size_t k, n;
        aflow_diagnostics problems;
        memset(&problems, 0, sizeof problems);
        chance_make(&c);
        snprintf(what, sizeof what, "chance %d", i);
        for (k = 0, n = 0; k < c.s.topology_graph.nodes.servers_count; k++) n += c.servers[k].endpoints_count;
        if (aflow_check(&c.s, &problems) != AFLOW_OK) {
            test_fail(__FILE__, __LINE__, "%s is invalid", what);
            show(&problems);
        } else {
            round_trip(&c.s, what);
        }
        CHECK(n > 0);
        aflow_diagnostics_clear(&problems);
    }
}

/* --- Every field that a file can have, written as this project writes it --- */

static const char everything[] =
    "rqs_input:\n"
    "  id: gen\n"
    "  avg_active_users: {mean: 30, distribution: poisson}\n"
    "  avg_request_per_minute_per_user: {mean: 20, distribution: poisson}\n"
    "topology_graph:\n"
    "  nodes:\n"
    "    client:\n"
    "      id: c\n"
    "    servers:\n"
    "      - id: srv\n"
    "        server_resources:\n"
    "          cpu_cores: 4\n"
    "          ram_mb: 2048\n"
    "          db_connection_pool: 5\n"
    "          workers: 4\n"
    "          interpreter_lock: gil\n"
    "          switch_interval: 0.001\n"
    "          threads: 8\n"
    "          max_concurrency: 100\n"
    "          backlog: 64\n"
    "        endpoints:\n"
    "          - endpoint_name: /x\n"
    "            steps:\n"
    "              - kind: rate_limit\n"
    "                resource: limiter\n"
    "              - kind: ram\n"
    "                step_operation:\n"
    "                  necessary_ram: 64\n"
    "              - kind: branch\n"
    "                probability: 0.25\n"
    "                steps:\n"
    "                  - kind: branch\n"
    "                    probability: 0\n"
    "                    otherwise:\n"
    "                      - kind: io_llm\n"
    "                        step_operation:\n"
    "                          io_waiting_time: 0.5\n"
    "                          input_tokens: {mean: 800, distribution: poisson}\n"
    "                          output_tokens: {mean: 200, distribution: exponential}\n"
    "                        resource: small\n"
    "                  - kind: gpu_inference\n"
    "                    resource: gpu\n"
    "                otherwise:\n"
    "                  - kind: io_cache\n"
    "                    step_operation:\n"
    "                      io_waiting_time: 0.001\n"
    "                    resource: memo\n"
    "                    on_miss:\n"
    "                      - kind: io_db\n"
    "                        step_operation:\n"
    "                          io_waiting_time: 0.01\n"
    "                        resource: db\n"
    "              - kind: blocking_io\n"
    "                step_operation:\n"
    "                  io_waiting_time: 0.002\n"
    "                resource: pool\n"
    "              - kind: thread_io\n"
    "                step_operation:\n"
    "                  io_waiting_time: 0.002\n"
    "              - kind: thread_cpu\n"
    "                step_operation:\n"
    "                  cpu_time: 0.002\n"
    "        resources:\n"
    "          - id: limiter\n"
    "            kind: rate_limiter\n"
    "            overflow: reject\n"
    "            rate: 50\n"
    "            burst: 10\n"
    "            refill_interval: 0.5\n"
    "          - id: memo\n"
    "            kind: cache\n"
    "            capacity: 100\n"
    "            keys: 1000\n"
    "            zipf_exponent: 0\n"
    "            time_to_live: 60\n"
    "            single_flight: true\n"
    "    resources:\n"
    "      - id: pool\n"
    "        kind: connection_pool\n"
    "        capacity: 20\n"
    "        max_waiting: 7\n"
    "        acquire_timeout: 2\n"
    "      - id: db\n"
    "        kind: database\n"
    "        capacity: 4\n"
    "        contention: 0.03\n"
    "        coherency: 0.0001\n"
    "      - id: pages\n"
    "        kind: cache\n"
    "        hit_probability: 0\n"
    "      - id: small\n"
    "        kind: llm\n"
    "        capacity: 8\n"
    "        time_to_first_token: {mean: 0.4, distribution: exponential}\n"
    "        time_per_output_token: 0.01\n"
    "        price_per_call: 0.001\n"
    "        price_per_million_input_tokens: 0.5\n"
    "        price_per_million_output_tokens: 1.5\n"
    "        requests_per_minute: 600\n"
    "        tokens_per_minute: 90000\n"
    "      - id: gpu\n"
    "        kind: gpu\n"
    "        slots: 2\n"
    "        max_batch_size: 16\n"
    "        max_batch_wait: 0.005\n"
    "        batch_time: 0.02\n"
    "        item_time: 0.001\n"
    "  edges:\n"
    "    - id: in\n"
    "      source: gen\n"
    "      target: c\n"
    "      latency: {mean: 0.003, distribution: exponential}\n"
    "      dropout_rate: 0\n"
    "    - id: to\n"
    "      source: c\n"
    "      target: srv\n"
    "      latency: {mean: 0.003, distribution: exponential}\n"
    "      dropout_rate: 0\n"
    "    - id: back\n"
    "      source: srv\n"
    "      target: c\n"
    "      latency: {mean: 0.003, distribution: exponential}\n"
    "      dropout_rate: 0\n"
    "sim_settings:\n"
    "  total_simulation_time: 10\n"
    "  enabled_sample_metrics: [resource_in_use, resource_queue_len]\n"
    "  slo: [\"error_rate <= 0.1%\", \"srv/memo.hit_ratio > 0.5\"]\n"
    "  prices:\n"
    "    per_core_hour: 0.04\n"
    "    per_replica_hour: 0.01\n"
    "    per_gb_hour: 0.005\n"
    "events:\n"
    "  - event_id: gone\n"
    "    target_id: pages\n"
    "    start:\n"
    "      kind: cache_down\n"
    "      t_start: 2\n"
    "    end:\n"
    "      kind: cache_up\n"
    "      t_end: 3\n"
    "  - event_id: own\n"
    "    target_id: srv/memo\n"
    "    start:\n"
    "      kind: cache_down\n"
    "      t_start: 2\n"
    "    end:\n"
    "      kind: cache_up\n"
    "      t_end: 3\n";

static void every_new_field(void)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    size_t i;
    memset(&problems, 0, sizeof problems);
    file = read_string(everything, &problems, AFLOW_FORMAT_YAML);
    show(&problems);
    CHECK(file != NULL && problems.count == 0);
    if (file) {
        const aflow_scenario *s = aflow_scenario_of(file);
        const aflow_step *steps = s->topology_graph.nodes.servers[0].endpoints[0].steps;
        CHECK_STR(print(s, AFLOW_FORMAT_YAML, 0), everything);
        round_trip(s, "everything");
        CHECK(steps[2].steps[0].probability == AFLOW_ZERO && steps[2].probability == 0.25);
        CHECK_U64(steps[2].steps[0].otherwise[0].kind, AFLOW_STEP_IO_LLM);
        CHECK_STR(steps[2].otherwise[0].on_miss[0].resource, "db");
        CHECK(s->topology_graph.nodes.resources[2].hit_probability == AFLOW_ZERO);
        CHECK_U64(s->topology_graph.nodes.servers[0].resources[1].single_flight, 1);
        CHECK(s->topology_graph.nodes.servers[0].resources[1].zipf_exponent == AFLOW_ZERO);
    }
    for (i = 0; i < AFLOWI_COUNT(aflowi_fields); i++) {        /* none was forgotten; "overflow" and others have one name in two places */
        char key[64];
        snprintf(key, sizeof key, "%s:", aflowi_fields[i].name);
        if ((aflowi_fields[i].owner == AFLOWI_SHARED || (aflowi_fields[i].flags & AFLOWI_LATER)) && !strstr(everything, key)) test_fail(__FILE__, __LINE__, "%s is in no line", key);
    }
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

/* --- A small scenario to change: lines by number --- */

static char small_text[16384];

/* The base with `from` replaced by `to`; NULL: the base itself. */
static const char *small(const char *from, const char *to)
{
    static const char base[] =
        "rqs_input:\n"
        "  id: gen\n"
        "  avg_active_users: {mean: 30}\n"
        "  avg_request_per_minute_per_user: {mean: 20}\n"
        "topology_graph:\n"
        "  nodes:\n"
        "    client: {id: c}\n"
        "    servers:\n"
        "    - id: srv\n"
        "      server_resources: {cpu_cores: 1}\n"
        "      endpoints:\n"
        "      - endpoint_name: /x\n"
        "        steps:\n"
        "        - {kind: io_wait, step_operation: {io_waiting_time: 0.01}}\n"
        "  edges:\n"
        "  - {id: in, source: gen, target: c, latency: {mean: 0.003, distribution: exponential}, dropout_rate: 0}\n"
        "  - {id: out, source: c, target: srv, latency: {mean: 0.003, distribution: exponential}, dropout_rate: 0}\n"
        "  - {id: back, source: srv, target: c, latency: {mean: 0.003, distribution: exponential}, dropout_rate: 0}\n"
        "sim_settings: {total_simulation_time: 10}\n";
    const char *at = from ? strstr(base, from) : NULL;
    if (from && !at) test_fail(__FILE__, __LINE__, "\"%s\" is not in the base", from);
    if (!at) return base;
    snprintf(small_text, sizeof small_text, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
    return small_text;
}

/* The changed base reads as a scenario whose field says so. */
static void reads(const char *from, const char *to, const char *path, const char *says)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    char value[512];
    aflow_text t;
    memset(&problems, 0, sizeof problems);
    t.data = value;
    t.capacity = sizeof value;
    t.size = 0;
    value[0] = 0;
    file = read_string(small(from, to), &problems, AFLOW_FORMAT_YAML);
    if (!file) {
        test_fail(__FILE__, __LINE__, "\"%s\" is refused", to ? to : "");
        show(&problems);
    } else if (path) {
        CHECK_U64(aflow_get(aflow_scenario_of(file), path, aflow_put_text, &t, NULL), AFLOW_OK);
        if (strcmp(value, says) != 0) test_fail(__FILE__, __LINE__, "with \"%s\" %s is %s, expected %s", to ? to : "", path, value, says);
    }
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

/* The changed base is refused with exactly one error, at that place, whose message holds the words. */
static void refused(const char *from, const char *to, unsigned line, unsigned column, unsigned span, const char *words)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    memset(&problems, 0, sizeof problems);
    file = read_string(small(from, to), &problems, AFLOW_FORMAT_YAML);
    if (file || problems.count != 1) {
        test_fail(__FILE__, __LINE__, "\"%s\": %u problems", to, (unsigned)problems.count);
        show(&problems);
    } else {
        const aflow_diagnostic *d = &problems.items[0];
        if (d->line != line || d->column != column || d->span != span) test_fail(__FILE__, __LINE__, "\"%s\": at %u:%u+%u, expected %u:%u+%u", to, (unsigned)d->line, (unsigned)d->column, (unsigned)d->span, line, column, span);
        if (!strstr(d->message, words)) test_fail(__FILE__, __LINE__, "\"%s\": \"%s\" does not say \"%s\"", to, d->message, words);
    }
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

static void defaults(void)
{
    aflow_scenario_file *file;
    const aflow_edge *e;
    reads(NULL, NULL, "edges.in.dropout_rate", "0");
    reads("exponential}, dropout_rate: 0}\n  - {id: out", "exponential}}\n  - {id: out", "edges.in.dropout_rate", "0.01");
    reads("cpu_cores: 1", "", "servers.srv.server_resources.cpu_cores", "1");
    reads("cpu_cores: 1", "", "servers.srv.server_resources.ram_mb", "1024");
    reads("{total_simulation_time: 10}", "{}", "total_simulation_time", "3600");
    reads("{total_simulation_time: 10}", "{}", "sample_period_s", "0.01");
    reads("{total_simulation_time: 10}", "{}", "enabled_sample_metrics", "ready_queue_len, event_loop_io_sleep, ram_in_use, edge_concurrent_connection");
    reads("{total_simulation_time: 10}", "{enabled_sample_metrics: []}", "enabled_sample_metrics", "none");
    reads("{total_simulation_time: 10}", "{enabled_sample_metrics: [core_busy, db_queue_len]}", "enabled_sample_metrics", "core_busy, db_queue_len");
    reads("{mean: 30}", "{mean: 30, distribution: normal, variance: 0}", "avg_active_users.variance", "0");
    reads("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{p50: 0.02, p95: 0.05}}\n  - {id: out", "edges.in.latency.distribution", "log_normal");
    reads("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{p50: 0.02, p95: 0.05}}\n  - {id: out", "edges.in.latency.p95", "0.05");
    reads("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{values: [0.25, 0.5, 3], weights: [2, 1, 1]}}\n  - {id: out", "edges.in.latency.distribution", "discrete");
    reads("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{values: [0.25, 0.5, 3], weights: [2, 1, 1]}}\n  - {id: out", "edges.in.latency.mean", "1");
    reads("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{mean: 2, distribution: normal, scv: 0.25}}\n  - {id: out", "edges.in.latency.variance", "1");
    reads("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{mean: 2, distribution: normal, scv: 0}}\n  - {id: out", "edges.in.latency.variance", "0");
    reads("cpu_cores: 1", "cpu_cores: 1, db_connection_pool: null", "servers.srv.server_resources.cpu_cores", "1");
    reads("sim_settings:", "events: null\nsim_settings:", "total_simulation_time", "10");
    reads("sim_settings:", "events:\nsim_settings:", "total_simulation_time", "10");
    reads("    servers:", "    load_balancer: null\n    servers:", "servers.srv.id", "srv");
    reads("sim_settings:", "events: []\nsim_settings:", "total_simulation_time", "10");
    reads("cpu_cores: 1", "cpu_cores: 1, workers: null, max_concurrency: null, backlog: null", "servers.srv.server_resources.workers", "null");
    reads("0.01}}", "0.01}, resource: null, steps: null, otherwise: [], on_miss:}", "servers.srv.endpoints./x.steps[0].resource", "null");
#define CACHE(fields) "  edges:", "    resources: [{id: k, kind: cache, " fields "}]\n  edges:"
    reads(CACHE("keys: 5, single_flight: true"), "resources.k.single_flight", "true");
    reads(CACHE("keys: 5, single_flight: True"), "resources.k.single_flight", "true");
    reads(CACHE("keys: 5, single_flight: false"), "resources.k.single_flight", "false");
    reads(CACHE("keys: 5, hit_probability: null, time_to_live: null, capacity: ~"), "resources.k.hit_probability", "null");
    reads(CACHE("hit_probability: 0"), "resources.k.hit_probability", "0");
    reads("  edges:", "    resources: null\n  edges:", "servers.srv.id", "srv");
    reads("  edges:", "    resources: []\n  edges:", "servers.srv.id", "srv");
    file = read_string(small("{mean: 0.003, distribution: exponential}, dropout_rate: 0}\n  - {id: out", "{mean: 0.003, distribution: normal, variance: 0}}\n  - {id: out"), NULL, AFLOW_FORMAT_YAML);
    CHECK(file != NULL);
    e = file ? &aflow_scenario_of(file)->topology_graph.edges[0] : NULL;
    CHECK(e && e->latency.variance == AFLOW_ZERO && e->dropout_rate == 0.01);
    aflow_scenario_file_destroy(file);
    file = read_string(small("      - endpoint_name: /x\n", "      - endpoint_name: /y\n        steps: [{kind: io_wait, step_operation: {io_waiting_time: 1}}]\n      - probability: 0\n        endpoint_name: /x\n"), NULL, AFLOW_FORMAT_YAML);
    CHECK(file != NULL);
    if (file) CHECK(aflow_scenario_of(file)->topology_graph.nodes.servers[0].endpoints[1].probability == AFLOW_ZERO);
    if (file) CHECK(aflow_scenario_of(file)->topology_graph.nodes.servers[0].endpoints[0].probability == 0);
    aflow_scenario_file_destroy(file);
}

static void numbers(void)
{
    reads("cpu_cores: 1", "cpu_cores: 4.0", "servers.srv.server_resources.cpu_cores", "4");
    reads("cpu_cores: 1", "ram_mb: 1e3", "servers.srv.server_resources.ram_mb", "1000");
    reads("cpu_cores: 1", "cpu_cores: 0x10", "servers.srv.server_resources.cpu_cores", "16");
    reads("cpu_cores: 1", "cpu_cores: +2", "servers.srv.server_resources.cpu_cores", "2");
    reads("time: 10", "time: 60.0", "total_simulation_time", "60");
    reads("{mean: 30}", "{mean: 30.5}", "avg_active_users", "30.5");
    reads("{mean: 30}", "{mean: 3.05e+1}", "avg_active_users", "30.5");
    reads("{mean: 30}", "{mean: .5}", "avg_active_users", "0.5");
    refused("cpu_cores: 1", "cpu_cores: 1.5", 10, 37, 3, "whole number");
    refused("cpu_cores: 1", "cpu_cores: '1'", 10, 37, 3, "take the quotes away");
    refused("cpu_cores: 1", "cpu_cores: \"1\"", 10, 37, 3, "take the quotes away");
    refused("cpu_cores: 1", "cpu_cores: true", 10, 37, 4, "needs a whole number");
    refused("cpu_cores: 1", "cpu_cores: yes", 10, 37, 3, "needs a whole number");
    refused("cpu_cores: 1", "cpu_cores: 1_000", 10, 37, 5, "underscores");
    refused("cpu_cores: 1", "cpu_cores: null", 10, 37, 4, "null");
    refused("cpu_cores: 1", "cpu_cores: ", 10, 26, 9, "empty");
    refused("cpu_cores: 1", "cpu_cores: -1", 10, 37, 2, "at least 1");
    refused("cpu_cores: 1", "cpu_cores: 0", 10, 37, 1, "at least 1");
    refused("cpu_cores: 1", "cpu_cores: 99999999999999999999", 10, 37, 20, "at most");
    refused("cpu_cores: 1", "db_connection_pool: 0", 10, 46, 1, "at least 1");
    refused("{mean: 30}", "{mean: .nan}", 3, 28, 4, "finite");
    refused("{mean: 30}", "{mean: .inf}", 3, 28, 4, "finite");
    refused("{mean: 30}", "{mean: 1e999}", 3, 28, 5, "finite");
    refused("{mean: 30}", "{mean: 1,5}", 3, 30, 1, "");
    refused("{mean: 30}", "{mean: 20ms}", 3, 28, 4, "without its unit");
    refused("{mean: 30}", "30", 3, 21, 2, "a mapping with a mean");
    refused("{mean: 30}", "{}", 3, 21, 1, "missing");
    refused("io_waiting_time: 0.01", "io_waiting_time: 0", 14, 61, 1, "more than 0");
    refused("io_waiting_time: 0.01", "io_waiting_time: {mean: 0}", 14, 68, 1, "more than 0");
    refused("io_waiting_time: 0.01", "io_waiting_time: '0.01'", 14, 61, 6, "quotes");
}

static void words_and_ids(void)
{
    refused("id: gen", "id: yes", 2, 7, 3, "put it in quotes");
    refused("id: gen", "id: on", 2, 7, 2, "put it in quotes");
    refused("id: gen", "id: 5", 2, 7, 1, "quotes");
    refused("id: gen", "id: null", 2, 7, 4, "");
    refused("id: gen", "id: ''", 2, 7, 2, "blank");
    refused("id: gen", "id: \"a\\0b\"", 2, 9, 2, "NUL");
    refused("id: gen", "id: [gen]", 2, 7, 1, "a list");
    refused("kind: io_wait", "kind: io_weit", 14, 18, 7, "did you mean \"io_wait\"?");
    refused("kind: io_wait", "kind: 5", 14, 18, 1, "");
    refused("kind: io_wait", "kind: [io_wait]", 14, 18, 1, "");
    refused("id: gen", "idd: gen\n  id: gen", 2, 3, 3, "unknown key");
    refused("  id: gen", "  id: gen\n  type: server", 3, 9, 6, "generator");
    reads("  id: gen", "  id: gen\n  type: generator", "rqs_input.id", "gen");
    reads("id: gen\n", "id: 'gen'\n", "rqs_input.id", "gen");
}

static void quoted_ids(void)
{
    size_t i;
    for (i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        aflow_scenario_file *file = read_string(small(NULL, NULL), NULL, AFLOW_FORMAT_YAML), *again;
        aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
        aflow_status set = aflow_set(copy, "edges.in.id", odd[i], NULL);
        CHECK_U64(set, AFLOW_OK);
        round_trip(copy, odd[i]);
        again = read_string(print(copy, AFLOW_FORMAT_YAML, 0), NULL, AFLOW_FORMAT_YAML);
        CHECK(again != NULL);
        if (again) CHECK_STR(aflow_scenario_of(again)->topology_graph.edges[0].id, odd[i]);
        aflow_scenario_file_destroy(again);
        aflow_scenario_destroy(copy);
        aflow_scenario_file_destroy(file);
    }
}

/* --- Places --- */

static void columns(void)
{
    refused("{mean: 30}", "{\"mean\":\t\t-1}", 3, 31, 2, "at least");
    refused("{id: c}", "{type: \"\xC3\xA9\xE6\x9C\x8D\", id: c}", 7, 20, 4, "client");
    refused("    client: {id: c}", "    client: {id: c}   # \xC3\xA9\n    clients: 5", 8, 5, 7, "unknown key");
}

static void line_ends_and_marks(void)
{
    char text[8192], *out = text;
    const char *in = small("mean: 30", "mean: -30");
    aflow_diagnostics problems;
    int style;
    for (style = 0; style < 4; style++) {
        const char *p;
        memset(&problems, 0, sizeof problems);
        out = text;
        if (style == 3) {
            memcpy(out, "\xEF\xBB\xBF", 3);
            out += 3;
        }
        for (p = in; *p; p++) {
            if (*p == '\n' && style != 3) {
                if (style == 1 || style == 2) *out++ = '\r';
                if (style != 2) *out++ = '\n';
            } else {
                *out++ = *p;
            }
        }
        *out = 0;
        CHECK(read_string(text, &problems, AFLOW_FORMAT_YAML) == NULL);
        CHECK_U64(problems.count, 1);
        if (problems.count) {
            CHECK_U64(problems.items[0].line, 3);
            CHECK_U64(problems.items[0].column, 28);
            CHECK_STR(problems.items[0].line_text, "  avg_active_users: {mean: -30}");
        }
        aflow_diagnostics_clear(&problems);
    }
}

static void sorted_by_line(void)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    char text[8192];
    size_t i;
    memset(&problems, 0, sizeof problems);
    snprintf(text, sizeof text, "%s", small("cpu_cores: 1", "cpu_cors: 1, ram_mb: 5"));
    snprintf(strstr(text, "sim_settings"), 200, "sim_settings: {total_simulation_time: 1, sample_period_s: 2, nonsense: 3}\n");
    memcpy(strstr(text, "gen, target: c"), "gen, target: d", 14);
    memcpy(strstr(text, "mean: 30}"), "mean: -3}", 9);
    memcpy(strstr(text, "kind: io"), "kind: ho", 8);
    file = read_string(text, &problems, AFLOW_FORMAT_YAML);
    CHECK(file == NULL);
    CHECK(problems.errors >= 7);
    for (i = 1; i < problems.count; i++) CHECK(problems.items[i].line > problems.items[i - 1].line || (problems.items[i].line == problems.items[i - 1].line && problems.items[i].column >= problems.items[i - 1].column));
    for (i = 0; i < problems.count; i++) CHECK(problems.items[i].line > 0 && problems.items[i].column > 0 && problems.items[i].span > 0 && problems.items[i].line_text != NULL);
    aflow_diagnostics_clear(&problems);
}

/* One mistake is one error, however much hangs on what is missing. */
static void errors_are(const char *text, size_t wanted)
{
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    aflow_scenario_file_destroy(read_string(text, &problems, AFLOW_FORMAT_YAML));
    if (problems.errors != wanted) {
        test_fail(__FILE__, __LINE__, "%u errors, expected %u", (unsigned)problems.errors, (unsigned)wanted);
        show(&problems);
    }
    aflow_diagnostics_clear(&problems);
}

static void one_mistake_one_error(void)
{
    char text[8192], *at;
    snprintf(text, sizeof text, "%s", small(NULL, NULL));
    at = strstr(text, "  edges:\n");
    memmove(at, strstr(text, "sim_settings"), strlen(strstr(text, "sim_settings")) + 1);
    errors_are(text, 1);                                            /* no edges */
    snprintf(text, sizeof text, "%s", small(NULL, NULL));
    at = strstr(text, "    servers:\n");
    memmove(at, strstr(text, "  edges:"), strlen(strstr(text, "  edges:")) + 1);
    errors_are(text, 1);                                            /* no servers */
    snprintf(text, sizeof text, "%s", small(NULL, NULL));
    *strstr(text, "sim_settings") = 0;
    errors_are(text, 1);                                            /* no settings */
    errors_are(strstr(small(NULL, NULL), "topology_graph"), 1);     /* no traffic */
    errors_are(small("    client: {id: c}\n", ""), 1);
    errors_are(small("{id: c}", "c"), 1);
    errors_are(small("    servers:\n    -", "    servers:\n    - 5\n    -"), 1);
    errors_are(small("source: gen, target: c", "source: gen"), 1);
    errors_are(small("      server_resources: {cpu_cores: 1}\n", ""), 1);
    errors_are(small("step_operation: {io_waiting_time: 0.01}", "step_operation: {cpu_time: 0.01}"), 1);
    errors_are(small("step_operation: {io_waiting_time: 0.01}", "step_operation: {io_waiting: 0.01}"), 1);
    errors_are(small(", step_operation: {io_waiting_time: 0.01}", ""), 1);
    errors_are(small("kind: io_wait, ", ""), 1);
    errors_are(small("kind: io_wait, ", "kind: io_weit, "), 1);
    errors_are(small("sim_settings:", "events:\n- {event_id: e, target_id: in, start: {kind: network_spike, t_start: 1, spike_s: 1}, end: {kind: network_spike_end, t_end: 2}}\nsim_settings:"), 1);
    errors_are(small("sim_settings:", "events:\n- {event_id: e, target_id: in, start: {t_start: 1, spike_s: 1}, end: {kind: network_spike_end, t_end: 2}}\nsim_settings:"), 1);
    errors_are(small("sim_settings:", "events:\n- {event_id: e, target_id: in, end: {kind: network_spike_end, t_end: 2}}\nsim_settings:"), 1);
    errors_are(small("sim_settings:", "events:\n- {event_id: e, target_id: in, start: {kind: network_spike_start, t_start: 1, spike_s: 1}}\nsim_settings:"), 1);
    errors_are(small("sim_settings:", "events:\n- {event_id: e, target_id: in, start: {kind: network_spike_start, t_start: x, spike_s: 1}, end: {kind: network_spike_end, t_end: 2}}\nsim_settings:"), 1);
    errors_are(small(CACHE("keys: 5, single_flight: null")), 1);
    errors_are(small(CACHE("keys: many")), 1);
    errors_are(small(CACHE("keis: 5")), 1);
    errors_are(small(CACHE("hit_probability: 1.5")), 1);
    errors_are(small(CACHE("keys: 0, capacity: 5")), 1);
    errors_are(small("  edges:", "    resources: [{id: p, kind: connection_pool, capacity: none}]\n  edges:"), 1);
    errors_are(small("  edges:", "    resources: [{id: p, kind: connectionpool}]\n  edges:"), 1);
    errors_are(small("  edges:", "    resources: [{id: p, capacity: 5}]\n  edges:"), 1);
    errors_are(small("  edges:", "    resources: {id: p, kind: connection_pool, capacity: 5}\n  edges:"), 1);
    errors_are(small("cpu_cores: 1", "max_concurrency: x, backlog: 5"), 1);
    errors_are(small("cpu_cores: 1", "workers: 0, interpreter_lock: gil"), 1);
    errors_are(small("kind: io_wait, ", "kind: branch, "), 2);              /* no amount, but steps */
    errors_are(small("kind: io_wait, step_operation: {io_waiting_time: 0.01}", "kind: branch, steps: {kind: io_wait}"), 1);
    errors_are(small("kind: io_wait, step_operation: {io_waiting_time: 0.01}", "kind: branch, steps: [{kind: io_wait}]"), 1);
    errors_are(small("kind: io_wait, step_operation: {io_waiting_time: 0.01}", "kind: branch, step: [{kind: io_wait}]"), 1);
    errors_are("", 1);
    errors_are("5", 1);
    errors_are("[]", 1);
    errors_are("{}", 3);
    errors_are("rqs_input: {\n", 1);
    errors_are("a: b: c\n", 1);
}

/* --- Compat, formats, arguments --- */

static void compat(void)
{
    aflow_read_desc desc;
    aflow_scenario_file *file;
    const char *text = small("  id: gen", "  id: gen\n  unknown: 5");
    aflow_diagnostics problems;
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    CHECK(aflow_read_text(text, strlen(text), NULL, &desc) == NULL);
    desc.compat = AFLOW_COMPAT_ASYNCFLOW_0_1;
    file = aflow_read_text(text, strlen(text), &problems, &desc);
    CHECK(file != NULL && problems.errors == 0);
    CHECK(problems.count && problems.items[0].code == AFLOW_DIAGNOSTIC_IGNORED_KEY && problems.items[0].line == 3);
    CHECK(file && aflow_scenario_of(file)->sim_settings.compat == AFLOW_COMPAT_ASYNCFLOW_0_1);
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
    text = small("time: 10", "time: 10, compat: asyncflow-0.1.1, unknown: 5");
    file = read_string(text, &problems, AFLOW_FORMAT_YAML);
    CHECK(file && aflow_scenario_of(file)->sim_settings.compat == AFLOW_COMPAT_ASYNCFLOW_0_1 && problems.errors == 0);
    if (file) round_trip(aflow_scenario_of(file), "compat");
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
    refused("time: 10", "time: 10, compat: asyncflow", 19, 51, 9, "did you mean \"asyncflow-0.1.1\"?");
    reads("time: 10", "time: 10, compat: none", "compat", "none");
}

static void formats(void)
{
    const char *folder = getenv("BUILD");
    char json[256], yaml[256];
    aflow_scenario_file *file, *again;
    aflow_diagnostics problems;
    FILE *f;
    uint64_t hash;
    snprintf(json, sizeof json, "%s/tests/yaml_test.json", folder ? folder : "build");
    snprintf(yaml, sizeof yaml, "%s/tests/yaml_test.yml", folder ? folder : "build");
    f = fopen(json, "wb");
    if (!f) SKIP("the build folder cannot be written to");
    file = read_string(small(NULL, NULL), NULL, AFLOW_FORMAT_YAML);
    hash = aflow_scenario_hash(aflow_scenario_of(file));
    memset(&problems, 0, sizeof problems);
    CHECK_U64(aflow_write_scenario_json(aflow_scenario_of(file), aflow_put_file, f), AFLOW_OK);
    fclose(f);
    f = fopen(yaml, "wb");
    fputs(small(NULL, NULL), f);
    fclose(f);
    again = aflow_read_file(json, &problems, NULL);
    CHECK(again && aflow_scenario_hash(aflow_scenario_of(again)) == hash);
    aflow_scenario_file_destroy(again);
    again = aflow_read_file(yaml, &problems, NULL);
    CHECK(again && aflow_scenario_hash(aflow_scenario_of(again)) == hash);
    aflow_scenario_file_destroy(again);
    f = fopen(json, "wb");                                          /* YAML in a .json file is refused as JSON */
    fputs(small(NULL, NULL), f);
    fclose(f);
    again = aflow_read_file(json, &problems, NULL);
    CHECK(again == NULL && problems.count == 1 && problems.items[0].code == AFLOW_DIAGNOSTIC_SYNTAX);
    if (problems.count) CHECK_STR(problems.items[0].file, json);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_file_destroy(again);
    CHECK(read_string(small(NULL, NULL), NULL, AFLOW_FORMAT_JSON) == NULL);
    aflow_scenario_file_destroy(file);
    remove(json);
    remove(yaml);
}

static void arguments(void)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    aflow_read_desc desc;
    char *exact;
    size_t n = strlen(small(NULL, NULL));
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    CHECK(aflow_read_text(NULL, 5, &problems, NULL) == NULL);
    CHECK_U64(problems.errors, 1);
    aflow_diagnostics_clear(&problems);
    CHECK(aflow_read_text(NULL, 0, NULL, NULL) == NULL);
    CHECK(aflow_read_text("", 0, &problems, NULL) == NULL);
    CHECK_U64(problems.errors, 1);
    aflow_diagnostics_clear(&problems);
    CHECK(aflow_read_file(NULL, &problems, NULL) == NULL);
    CHECK_U64(problems.errors, 1);
    aflow_diagnostics_clear(&problems);
    CHECK(aflow_read_file("no/such/file.yml", &problems, NULL) == NULL);
    CHECK_U64(problems.errors, 1);
    CHECK(problems.count && problems.items[0].code == AFLOW_DIAGNOSTIC_UNREADABLE);
    if (problems.count) CHECK_STR(problems.items[0].file, "no/such/file.yml");
    CHECK(aflow_read_file("no/other/file.yml", &problems, NULL) == NULL);
    CHECK_U64(problems.errors, 2);                                  /* another file: another problem */
    aflow_diagnostics_clear(&problems);
    CHECK(aflow_read_file("tests", &problems, NULL) == NULL);       /* a directory */
    CHECK_U64(problems.errors, 1);
    CHECK(problems.count && problems.items[0].code == AFLOW_DIAGNOSTIC_UNREADABLE);
    aflow_diagnostics_clear(&problems);
    exact = (char *)malloc(n);                                      /* no terminator, and gone after the call */
    memcpy(exact, small(NULL, NULL), n);
    desc.name = "from memory";
    file = aflow_read_text(exact, n, &problems, &desc);
    memset(exact, 'x', n);
    free(exact);
    CHECK(file != NULL);
    CHECK_STR(aflow_scenario_of(file)->rqs_input.id, "gen");
    {
        aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);      /* a copy still knows where it came from */
        aflow_set(copy, "edges.in.target", "nowhere", NULL);
        CHECK_U64(aflow_check(copy, &problems), AFLOW_INVALID);
        CHECK(problems.count && problems.items[0].line == 16);
        if (problems.count) CHECK_STR(problems.items[0].file, "from memory");
        aflow_scenario_destroy(copy);
    }
    aflow_diagnostics_clear(&problems);
    aflow_scenario_file_destroy(file);
    CHECK(aflow_scenario_of(NULL) == NULL);
    aflow_scenario_file_destroy(NULL);
    CHECK_U64(aflow_write_scenario_yaml(NULL, aflow_put_file, stdout), AFLOW_MISUSE);
    CHECK_U64(aflow_write_scenario_json(NULL, aflow_put_file, stdout), AFLOW_MISUSE);
    CHECK(aflow_run(aflow_scenario_of(NULL), NULL, &problems) == NULL && problems.errors == 1);
    aflow_diagnostics_clear(&problems);
}

/* The same mistake again, in another text: still a mistake. */
static void one_list_for_many_reads(void)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    memset(&problems, 0, sizeof problems);
    file = read_string(small("mean: 30", "mean: -1"), &problems, AFLOW_FORMAT_YAML);
    CHECK(file == NULL && problems.errors == 1);
    file = read_string(small("mean: 30", "mean: -1"), &problems, AFLOW_FORMAT_YAML);
    CHECK(file == NULL);
    aflow_scenario_file_destroy(file);
    file = read_string("a: b: c", &problems, AFLOW_FORMAT_YAML);
    CHECK(file == NULL);
    file = read_string("a: b: c", &problems, AFLOW_FORMAT_YAML);
    CHECK(file == NULL);
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

/* Half-made structs are written without a crash. */
static void writing_nonsense(void)
{
    aflow_scenario s;
    aflow_server server;
    aflow_edge e;
    aflow_text t;
    memset(&s, 0, sizeof s);
    memset(&server, 0, sizeof server);
    memset(&e, 0, sizeof e);
    memset(&t, 0, sizeof t);
    CHECK_U64(aflow_write_scenario_yaml(&s, aflow_put_text, &t), AFLOW_OK);
    s.topology_graph.nodes.servers_count = 1;
    s.topology_graph.edges_count = 1;
    s.events_count = 2;
    CHECK_U64(aflow_write_scenario_yaml(&s, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_scenario_json(&s, aflow_put_text, &t), AFLOW_OK);
    s.topology_graph.nodes.servers = &server;
    s.topology_graph.edges = &e;
    s.events_count = 0;
    e.latency.distribution = (aflow_distribution)77;
    e.latency.mean = (double)NAN;
    s.topology_graph.nodes.load_balancer.id = "lb";
    s.topology_graph.nodes.load_balancer.algorithms = (aflow_lb_algorithm)9;
    s.sim_settings.compat = (aflow_compat)9;
    CHECK_U64(aflow_write_scenario_yaml(&s, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_scenario_json(&s, aflow_put_text, &t), AFLOW_OK);
    s.rqs_input.arrivals_count = 3;
    s.topology_graph.nodes.load_balancer.server_covered_count = 3;
    CHECK_U64(aflow_write_scenario_yaml(&s, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_scenario_json(&s, aflow_put_text, &t), AFLOW_OK);
}

int main(void)
{
    RUN(files);
    RUN(by_chance);
    RUN(every_new_field);
    RUN(defaults);
    RUN(numbers);
    RUN(words_and_ids);
    RUN(quoted_ids);
    RUN(columns);
    RUN(line_ends_and_marks);
    RUN(sorted_by_line);
    RUN(one_mistake_one_error);
    RUN(compat);
    RUN(formats);
    RUN(arguments);
    RUN(one_list_for_many_reads);
    fflush(stdout);
    RUN(writing_nonsense);
    return test_end();
}
