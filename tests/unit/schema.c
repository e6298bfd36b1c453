/* schema.c - fields by path, copies, hashes, the builder, the JSON Schema and the field reference. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- A scenario with everything in it --- */

static const double arrivals[] = { 0, 0.25, 0.25, 3 };
static const char *const covered[] = { "srv-1", "srv.2" };
static const aflow_step steps_a[] = {
    { .kind = AFLOW_STEP_INITIAL_PARSING, .cpu_time = { .mean = 0.002, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .kind = AFLOW_STEP_RAM, .necessary_ram = { .mean = 12 } },
    { .kind = AFLOW_STEP_IO_DB, .io_waiting_time = { .mean = 0.01, .distribution = AFLOW_DISTRIBUTION_NORMAL, .variance = 0.0001 } },
};
static const aflow_step steps_b[] = { { .kind = AFLOW_STEP_IO_WAIT, .io_waiting_time = { .mean = 0.012 } } };
static const aflow_endpoint endpoints_1[] = {
    { .endpoint_name = "/a", AFLOW_ARRAY(steps, steps_a), .probability = 3 },
    { .endpoint_name = "/a.b[0]", AFLOW_ARRAY(steps, steps_b), .probability = AFLOW_ZERO },
};
static const aflow_endpoint endpoints_2[] = { { .endpoint_name = "/c", AFLOW_ARRAY(steps, steps_b) } };
static const aflow_server servers[] = {
    { .id = "srv-1", .server_resources = { .cpu_cores = 2, .ram_mb = 2048, .db_connection_pool = 5 }, AFLOW_ARRAY(endpoints, endpoints_1) },
    { .id = "srv", .server_resources = { .cpu_cores = 1, .ram_mb = 256, .db_connection_pool = 0 }, AFLOW_ARRAY(endpoints, endpoints_2) },
    { .id = "srv.2", .server_resources = { .cpu_cores = 0, .ram_mb = 0, .db_connection_pool = 0 }, AFLOW_ARRAY(endpoints, endpoints_2) },
};
static const aflow_edge edges[] = {
    { .id = "in", .source = "gen", .target = "c", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "to-lb", .source = "c", .target = "lb", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_UNIFORM, .variance = 1e-6 }, .dropout_rate = 0.25 },
    { .id = "lb.1", .source = "lb", .target = "srv-1", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_LOG_NORMAL, .variance = AFLOW_ZERO } },
    { .id = "lb.2", .source = "lb", .target = "srv.2", .latency = { .mean = 2 } },
    { .id = "out-1", .source = "srv-1", .target = "c", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_CONSTANT } },
    { .id = "out-2", .source = "srv.2", .target = "srv", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "out-3", .source = "srv", .target = "c", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
};
static const aflow_event events[] = {
    { .event_id = "down", .target_id = "srv-1", .start = { AFLOW_EVENT_SERVER_DOWN, 2, 0 }, .end = { AFLOW_EVENT_SERVER_UP, 3 } },
    { .event_id = "spike", .target_id = "in", .start = { AFLOW_EVENT_NETWORK_SPIKE_START, 0, 0.5 }, .end = { AFLOW_EVENT_NETWORK_SPIKE_END, 4.5 } },
};
static const aflow_scenario full = {
    .rqs_input = { .id = "gen", .avg_active_users = { .mean = 10, .distribution = AFLOW_DISTRIBUTION_NORMAL, .variance = 4 },
                   .avg_request_per_minute_per_user = { .mean = 60 }, .user_sampling_window = 30, AFLOW_ARRAY(arrivals, arrivals) },
    .topology_graph = { .nodes = { .client = { "c" },
                                   .load_balancer = { .id = "lb", .algorithms = AFLOW_LB_LEAST_CONNECTION, AFLOW_ARRAY(server_covered, covered) },
                                   AFLOW_ARRAY(servers, servers) },
                        AFLOW_ARRAY(edges, edges) },
    .sim_settings = { .total_simulation_time = 6, .sample_period_s = 0.05, .enabled_sample_metrics = AFLOW_METRICS_ALL, .enabled_event_metrics = 3 },
    AFLOW_ARRAY(events, events),
};

/* Another with resources, the model of a server and steps within steps. */
static const aflow_step on_miss[] = {
    { .kind = AFLOW_STEP_IO_DB, .io_waiting_time = { .mean = 0.02 }, .resource = "orders-db" },
    { .kind = AFLOW_STEP_IO_TASK_SPAWN, .io_waiting_time = { .mean = 0.5 } },
};
static const aflow_step innermost[] = {
    { .kind = AFLOW_STEP_IO_LLM, .input_tokens = { .mean = 700, .distribution = AFLOW_DISTRIBUTION_POISSON }, .output_tokens = { .mean = 200, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL }, .resource = "small-model" },
};
static const aflow_step inner[] = {
    { .kind = AFLOW_STEP_THREAD_CPU, .cpu_time = { .mean = 0.004 } },
    { .kind = AFLOW_STEP_BRANCH, AFLOW_ARRAY(otherwise, innermost) },
};
static const aflow_step rich_steps[] = {
    { .kind = AFLOW_STEP_RATE_LIMIT, .resource = "limiter" },
    { .kind = AFLOW_STEP_IO_CACHE, .io_waiting_time = { .mean = 0.001 }, .resource = "sessions", AFLOW_ARRAY(on_miss, on_miss) },
    { .kind = AFLOW_STEP_BRANCH, .probability = 0.25, AFLOW_ARRAY(steps, inner), AFLOW_ARRAY(otherwise, steps_b) },
    { .kind = AFLOW_STEP_GPU_INFERENCE, .resource = "gpu" },
    { .kind = AFLOW_STEP_BLOCKING_IO, .io_waiting_time = { .mean = 0.002 } },
    { .kind = AFLOW_STEP_THREAD_IO, .io_waiting_time = { .mean = 0.002 }, .resource = "pool" },
    { .kind = AFLOW_STEP_IO_CACHE, .io_waiting_time = { .mean = 0.001 }, .resource = "pages" },
};
static const aflow_endpoint rich_endpoints[] = { { .endpoint_name = "/rich", AFLOW_ARRAY(steps, rich_steps) } };
static const aflow_resource own[] = {
    { .id = "limiter", .kind = AFLOW_RESOURCE_RATE_LIMITER, .overflow = AFLOW_OVERFLOW_REJECT, .rate = 50, .burst = 10, .refill_interval = 0.5 },
    { .id = "sessions", .kind = AFLOW_RESOURCE_CACHE, .capacity = 100, .keys = 1000, .zipf_exponent = 1.1, .time_to_live = 60, .single_flight = 1 },
};
static const aflow_resource shared[] = {
    { .id = "pool", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 20, .max_waiting = 7, .acquire_timeout = 2 },
    { .id = "orders-db", .kind = AFLOW_RESOURCE_DATABASE, .capacity = 4, .contention = 0.03, .coherency = 0.0001 },
    { .id = "pages", .kind = AFLOW_RESOURCE_CACHE, .hit_probability = 0.9 },
    { .id = "small-model", .kind = AFLOW_RESOURCE_LLM, .capacity = 8, .time_to_first_token = { .mean = 0.4, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL }, .time_per_output_token = { .mean = 0.01 },
      .price_per_call = 0.001, .price_per_million_input_tokens = 0.5, .price_per_million_output_tokens = 1.5, .requests_per_minute = 600, .tokens_per_minute = 90000 },
    { .id = "gpu", .kind = AFLOW_RESOURCE_GPU, .slots = 2, .max_batch_size = 16, .max_batch_wait = 0.005, .batch_time = { .mean = 0.02 }, .item_time = { .mean = 0.001 } },
};
static const aflow_server rich_servers[] = {
    { .id = "srv", .server_resources = { .cpu_cores = 4, .workers = 2, .interpreter_lock = AFLOW_LOCK_NONE, .switch_interval = 0.001, .threads = 8, .max_concurrency = 100, .backlog = 50 },
      AFLOW_ARRAY(endpoints, rich_endpoints), AFLOW_ARRAY(resources, own) },
};
static const char *const rich_covered[] = { "srv" };
static const aflow_edge rich_edges[] = {
    { .id = "in", .source = "gen", .target = "c", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "to", .source = "c", .target = "lb", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "lb-srv", .source = "lb", .target = "srv", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "back", .source = "srv", .target = "c", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
};
static const aflow_event rich_events[] = {
    { .event_id = "gone", .target_id = "pages", .start = { AFLOW_EVENT_CACHE_DOWN, 2, 0 }, .end = { AFLOW_EVENT_CACHE_UP, 3 } },
    { .event_id = "own", .target_id = "srv/sessions", .start = { AFLOW_EVENT_CACHE_DOWN, 2, 0 }, .end = { AFLOW_EVENT_CACHE_UP, 3 } },
};
static const aflow_scenario rich = {
    .rqs_input = { .id = "gen", .avg_active_users = { .mean = 10 }, .avg_request_per_minute_per_user = { .mean = 60 } },
    .topology_graph = { .nodes = { .client = { "c" }, .load_balancer = { .id = "lb", AFLOW_ARRAY(server_covered, rich_covered) }, AFLOW_ARRAY(servers, rich_servers), AFLOW_ARRAY(resources, shared) }, AFLOW_ARRAY(edges, rich_edges) },
    .sim_settings = { .total_simulation_time = 6 },
    AFLOW_ARRAY(events, rich_events),
};

static const aflow_scenario *subject = &full;
static char got_text[65536];

static const char *got(const aflow_scenario *s, const char *path)
{
    aflow_text t;
    t.data = got_text;
    t.capacity = sizeof got_text;
    t.size = 0;
    got_text[0] = 0;
    if (aflow_get(s, path, aflow_put_text, &t, NULL) != AFLOW_OK) return "(no such field)";
    return got_text;
}

/* Sets in a fresh copy; returns the status. The message, or what the field then says, is in got_text. */
static aflow_status set_in_copy(const char *path, const char *value, uint64_t *hash)
{
    aflow_scenario *copy = aflow_scenario_copy(subject, NULL);
    aflow_diagnostics problems;
    aflow_status status;
    memset(&problems, 0, sizeof problems);
    status = aflow_set(copy, path, value, &problems);
    if (hash) *hash = aflow_scenario_hash(copy);
    if (status == AFLOW_OK) got(copy, path);
    else snprintf(got_text, sizeof got_text, "%s %s", problems.count ? problems.items[0].path : "", problems.count ? problems.items[0].message : "");
    CHECK((status == AFLOW_OK) == (problems.errors == 0));
    if (status != AFLOW_OK && hash) CHECK(*hash == aflow_scenario_hash(subject));      /* refused: untouched */
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(copy);
    return status;
}

/* --- Every field of the table, by full path, by shortcut, by id and by index --- */

/* Paths of the place that a walk is at: with indices, and with ids. */
typedef struct place { char by_index[512], by_id[512]; size_t index_marks[40], id_marks[40]; int depth; } place;

static void place_push(place *p, const char *name, const char *id)
{
    p->index_marks[p->depth] = strlen(p->by_index);
    p->id_marks[p->depth++] = strlen(p->by_id);
    if (name[0] != '[' && p->by_index[0]) { strcat(p->by_index, "."); }
    strcat(p->by_index, name);
    if (p->by_id[0]) strcat(p->by_id, ".");
    if (id && !id[0]) {                         /* an entry without identifier: a step */
        p->by_id[strlen(p->by_id) - 1] = 0;
        strcat(p->by_id, name);
    } else {
        strcat(p->by_id, id ? id : name);
    }
}

static void place_pop(place *p)
{
    p->depth--;
    p->by_index[p->index_marks[p->depth]] = 0;
    p->by_id[p->id_marks[p->depth]] = 0;
}

typedef void (*leaf_fn)(const aflowi_field *f, const char *by_index, const char *by_id, void *base);

static void each_leaf(const aflow_scenario *s, leaf_fn visit)
{
    aflowi_walk w;
    aflowi_visit v;
    place p;
    char number[32];
    memset(&p, 0, sizeof p);
    aflowi_walk_init(&w, s);
    while (aflowi_walk_next(&w, &v)) {
        switch (v.kind) {
        case AFLOWI_VISIT_FIELD:
            place_push(&p, v.field->name, NULL);
            visit(v.field, p.by_index, p.by_id, v.base);
            place_pop(&p);
            break;
        case AFLOWI_VISIT_ENTER: case AFLOWI_VISIT_LIST: place_push(&p, v.field->name, NULL); break;
        case AFLOWI_VISIT_ITEM: {
            const char *id = aflowi_item_name(v.field->sub, v.base);
            snprintf(number, sizeof number, "[%u]", (unsigned)v.index);
            place_push(&p, number, id ? id : "");
            break;
        }
        case AFLOWI_VISIT_TOO_DEEP: break;
        default: place_pop(&p); break;
        }
    }
}

static int leaves;

/* Sets by both paths and by shorter ones: the field says it then (NULL: as a number), and the hash has changed with it, but for
   what changes nothing that happens in a run. */
static void set_and_get(const char *by_index, const char *by_id, const char *value, const char *says)
{
    static const char *const containers[] = { "topology_graph.nodes.", "topology_graph.", "" };
    const char *paths[5];
    uint64_t hash, before = aflow_scenario_hash(subject);
    int aside = strncmp(by_index, "sim_settings.slo", 16) == 0 || strncmp(by_index, "sim_settings.prices", 19) == 0;
    char was[1024];
    int n = 0, i;
    snprintf(was, sizeof was, "%s", got(subject, by_index));
    paths[n++] = by_index;
    paths[n++] = by_id;
    for (i = 0; i < 3; i++) {
        size_t size = strlen(containers[i]);
        if (size && strncmp(by_id, containers[i], size) == 0 && strncmp(by_id + size, "nodes.", 6) != 0) paths[n++] = by_id + size;
    }
    for (i = 0; i < n; i++) {
        CHECK_STR(got(subject, paths[i]), was);
        if (set_in_copy(paths[i], value, &hash) != AFLOW_OK) {
            test_fail(__FILE__, __LINE__, "%s = %s: %s", paths[i], value, got_text);
        } else {
            int same = says ? strcmp(was, says) == 0 : strtod(was, NULL) == strtod(value, NULL);
            if (says ? strcmp(got_text, says) != 0 : strtod(got_text, NULL) != strtod(value, NULL)) test_fail(__FILE__, __LINE__, "%s was set to %s and is %s", paths[i], value, got_text);
            if ((same || aside) != (hash == before)) test_fail(__FILE__, __LINE__, "%s from %s to %s: hash %s", paths[i], was, value, hash == before ? "the same" : "another");
        }
    }
}

static void set_number(const aflowi_field *f, const char *by_index, const char *by_id, int whole)
{
    char low[64], high[64], other[64];
    double most = f->most < 1e15 ? f->most : 1e15;
    if (f->flags & AFLOWI_ABOVE) snprintf(low, sizeof low, "%s", whole ? "1" : "1e-9");
    else snprintf(low, sizeof low, "%.17g", f->least);
    snprintf(high, sizeof high, "%.17g", most);
    snprintf(other, sizeof other, "%.17g", whole ? f->least + 7 : f->least + (most - f->least) / 8);
    set_and_get(by_index, by_id, low, NULL);
    set_and_get(by_index, by_id, other, NULL);
    set_and_get(by_index, by_id, high, NULL);
}

static void set_words(const char *by_index, const char *by_id, const aflowi_word *w)
{
    for (; w->name; w++) set_and_get(by_index, by_id, w->name, w->name);
}

static void set_leaf(const aflowi_field *f, const char *by_index, const char *by_id, void *base)
{
    char a[600], b[600];
    static const aflowi_word distributions[] = { { "poisson", 0 }, { "normal", 0 }, { "log_normal", 0 }, { "exponential", 0 }, { "uniform", 0 }, { "constant", 0 }, { NULL, 0 } };
    (void)base;
    leaves++;
    switch (f->type) {
    case AFLOWI_TYPE_UINT: set_number(f, by_index, by_id, 1); break;
    case AFLOWI_TYPE_DOUBLE: set_number(f, by_index, by_id, 0); break;
    case AFLOWI_TYPE_RANDOM:
        set_number(f, by_index, by_id, 0);                  /* the whole: its mean */
        set_and_get(by_index, by_id, "0.0625", "0.0625");
        snprintf(a, sizeof a, "%s.mean", by_index);
        snprintf(b, sizeof b, "%s.mean", by_id);
        set_and_get(a, b, "0.0625", "0.0625");
        snprintf(a, sizeof a, "%s.variance", by_index);
        snprintf(b, sizeof b, "%s.variance", by_id);
        set_and_get(a, b, "0.125", "0.125");
        snprintf(a, sizeof a, "%s.distribution", by_index);
        snprintf(b, sizeof b, "%s.distribution", by_id);
        set_words(a, b, distributions);
        break;
    case AFLOWI_TYPE_BOOL:
        set_and_get(by_index, by_id, "true", "true");
        set_and_get(by_index, by_id, "false", "false");
        break;
    case AFLOWI_TYPE_ENUM: set_words(by_index, by_id, f->names); break;
    case AFLOWI_TYPE_FLAGS:
        set_words(by_index, by_id, f->names);
        set_and_get(by_index, by_id, "none", "none");
        break;
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_REFERENCE:
        set_and_get(by_index, by_index, "a new id", "a new id");
        set_and_get(by_id, by_id, got(subject, by_index), got_text);
        break;
    case AFLOWI_TYPE_NAME: set_and_get(by_index, by_index, "/other", "/other"); break;
    case AFLOWI_TYPE_REFERENCES: set_and_get(by_index, by_id, "srv.2, srv", "srv.2, srv"); break;
    case AFLOWI_TYPE_TIMES: set_and_get(by_index, by_id, "0, 1.5, 1e3", "0, 1.5, 1000"); break;
    default: leaves--; break;
    }
}

static void every_field(void)
{
    leaves = 0;
    each_leaf(subject, set_leaf);
    CHECK_U64(leaves, 156);   /* as the scenario above has */
    subject = &rich;
    leaves = 0;
    each_leaf(subject, set_leaf);
    CHECK_U64(leaves, 365);
    subject = &full;
}

static void get_what_set_takes(const aflowi_field *f, const char *by_index, const char *by_id, void *base)
{
    char text[1024];
    uint64_t hash;
    (void)by_id;
    (void)base;
    if (f->type == AFLOWI_TYPE_FIXED) return;
    snprintf(text, sizeof text, "%s", got(subject, by_index));
    if (set_in_copy(by_index, text, &hash) != AFLOW_OK) {
        /* a step's other amounts, an outage's height, an unlimited pool: "0" stands for what is not given */
        if (strcmp(text, "0") != 0) test_fail(__FILE__, __LINE__, "%s says %s, which cannot be set: %s", by_index, text, got_text);
    } else if (hash != aflow_scenario_hash(subject)) {
        test_fail(__FILE__, __LINE__, "%s set to what it says, %s: another hash", by_index, text);
    }
}

static void get_then_set(void)
{
    each_leaf(subject, get_what_set_takes);
    subject = &rich;
    each_leaf(subject, get_what_set_takes);
    subject = &full;
}

static void random_variables(void)
{
    aflow_scenario *copy = aflow_scenario_copy(&full, NULL);
    CHECK_U64(aflow_set(copy, "edges.in.latency", "0.01", NULL), AFLOW_OK);
    CHECK_NEAR(copy->topology_graph.edges[0].latency.mean, 0.01, 0);
    CHECK_U64(copy->topology_graph.edges[0].latency.distribution, AFLOW_DISTRIBUTION_EXPONENTIAL);
    CHECK_U64(aflow_set(copy, "edges.in.latency.mean", "0.02", NULL), AFLOW_OK);
    CHECK_NEAR(copy->topology_graph.edges[0].latency.mean, 0.02, 0);
    CHECK_U64(aflow_set(copy, "edges.in.latency.distribution", "normal", NULL), AFLOW_OK);
    CHECK_U64(copy->topology_graph.edges[0].latency.distribution, AFLOW_DISTRIBUTION_NORMAL);
    CHECK_U64(aflow_set(copy, "edges.in.latency.variance", "0", NULL), AFLOW_OK);
    CHECK(copy->topology_graph.edges[0].latency.variance == AFLOW_ZERO);        /* an explicit 0 speaks */
    CHECK_STR(got(copy, "edges.in.latency.variance"), "0");
    CHECK_U64(aflow_set(copy, "servers.srv.endpoints./c.probability", "0", NULL), AFLOW_OK);
    CHECK(copy->topology_graph.nodes.servers[1].endpoints[0].probability == AFLOW_ZERO);
    CHECK_U64(aflow_set(copy, "edges.in.dropout_rate", "0", NULL), AFLOW_OK);
    CHECK(copy->topology_graph.edges[0].dropout_rate == 0);
    CHECK_U64(aflow_set(copy, "edges.in.latency", "0", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "edges.in.latency.mean", "0", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "edges.in.latency.variance", "-1", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "avg_active_users", "0", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "avg_active_users", "1e10", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "servers.srv-1.endpoints./a.steps[0].step_operation.cpu_time", "0.5", NULL), AFLOW_OK);
    CHECK_NEAR(copy->topology_graph.nodes.servers[0].endpoints[0].steps[0].cpu_time.mean, 0.5, 0);
    CHECK_STR(got(&full, "servers.srv.2.server_resources.cpu_cores"), "1");     /* a default is told */
    CHECK_STR(got(&full, "edges.lb.2.latency.distribution"), "poisson");        /* of its place */
    CHECK_STR(got(&full, "servers.srv.endpoints./c.steps[0].step_operation.io_waiting_time.distribution"), "constant");
    aflow_scenario_destroy(copy);
}

/* Identifiers with dots and brackets: the longest that fits is meant. */
static void dotted_ids(void)
{
    CHECK_STR(got(&full, "servers.srv.id"), "srv");
    CHECK_STR(got(&full, "servers.srv.2.id"), "srv.2");
    CHECK_STR(got(&full, "servers.srv.2.endpoints./c.endpoint_name"), "/c");
    CHECK_STR(got(&full, "servers.srv-1.endpoints./a.b[0].steps[0].kind"), "io_wait");
    CHECK_STR(got(&full, "servers.srv-1.endpoints./a.steps[0].kind"), "initial_parsing");
    CHECK_STR(got(&full, "servers[2].id"), "srv.2");
    CHECK_STR(got(&full, "edges.lb.1.target"), "srv-1");
    CHECK_STR(got(&full, "events.spike.start.spike_s"), "0.5");
    CHECK_STR(got(&full, "server_covered"), "srv-1, srv.2");
    CHECK_STR(got(&full, "compat"), "none");
    CHECK_STR(got(&full, "cpu_cores"), "(no such field)");                     /* which server's? */
}

/* --- Errors --- */

static void refused(const char *path, const char *value, const char *message)
{
    CHECK_U64(set_in_copy(path, value, NULL), AFLOW_INVALID);
    CHECK_STR(got_text, message);
}

static void errors(void)
{
    refused("sim_settings.total_simulation_tim", "5", "sim_settings.total_simulation_tim names no field: there is no total_simulation_tim; did you mean \"total_simulation_time\"?");
    refused("servers.srv-1.server_resources.cores", "5", "servers.srv-1.server_resources.cores names no field: there is no cores; did you mean \"cpu_cores\"?");
    refused("servers.srv-9.id", "5", "servers.srv-9.id names no field: servers has no entry \"srv-9.id\"; it has 3: srv-1, srv, srv.2");
    refused("servers[3].id", "5", "servers[3].id names no field: servers has no entry \"[3].id\"; it has 3: srv-1, srv, srv.2");
    refused("sim_settings", "5", "sim_settings cannot be set as a whole; name one of its fields");
    refused("servers", "5", "servers cannot be set as a whole; name one of its fields");
    refused("servers.srv-1", "5", "servers.srv-1 cannot be set as a whole; name one of its fields");
    refused("edges.in.latency.mean.x", "5", "edges.in.latency.mean.x names no field: nothing is inside mean");
    refused("total_simulation_time", "4", "total_simulation_time is 4; needs at least 5 s");
    refused("total_simulation_time", "5.5", "total_simulation_time is \"5.5\"; needs a whole number");
    refused("total_simulation_time", "soon", "total_simulation_time is \"soon\"; needs a whole number");
    refused("total_simulation_time", "", "total_simulation_time is \"\"; needs a whole number");
    refused("total_simulation_time", "1e300", "total_simulation_time is 1e+300; needs at most 4000000000 s");
    refused("sample_period_s", "0.2", "sample_period_s is 0.2; needs at most 0.1 s");
    refused("sample_period_s", "10ms", "sample_period_s is \"10ms\"; needs a number");
    refused("edges.in.dropout_rate", "1.01", "edges.in.dropout_rate is 1.01; needs at most 1");
    refused("edges.in.latency", "-1", "edges.in.latency is -1; needs more than 0");
    refused("edges.in.latency.distribution", "possion", "edges.in.latency.distribution is \"possion\"; did you mean \"poisson\"?");
    refused("enabled_sample_metrics", "ram_in_use, ram_in_us", "enabled_sample_metrics is \"ram_in_us\"; did you mean \"ram_in_use\"?");
    refused("rqs_input.id", "  ", "rqs_input.id is blank; give it a visible name");
    refused("rqs_input.arrivals", "1, x", "rqs_input.arrivals has an entry that is no number");
}

/* What should be refused, or said better. */
static void errors_of_shapes(void)
{
    aflow_scenario *copy = aflow_scenario_copy(&full, NULL);
    static const char *const paths[] = { "", ".", "..", "[", "[0]", "servers", "servers.", "servers[", "servers[]", "servers[0", "servers[0]", "servers[0].", "servers[0]id",
        "servers[99999999999999999999].id", "servers.srv-1.endpoints", "servers.srv-1.", "edges.in.latency.", "edges.in.latency..mean", "rqs_input..id", ".rqs_input", "rqs_input.id.", "id", "events.nothing", "[0].x",
        "rqs_input.arrivals[0]", "load_balancer.server_covered[0]" };
    size_t i;
    for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        aflow_diagnostics problems;
        memset(&problems, 0, sizeof problems);
        if (aflow_set(copy, paths[i], "7", &problems) == AFLOW_OK) test_fail(__FILE__, __LINE__, "\"%s\" was set", paths[i]);
        CHECK_U64(problems.errors, 1);
        if (strcmp(got(&full, paths[i]), "(no such field)") != 0) test_fail(__FILE__, __LINE__, "\"%s\" is %s", paths[i], got_text);
        aflow_diagnostics_clear(&problems);
    }
    CHECK_U64(aflow_set(NULL, "id", "x", NULL), AFLOW_MISUSE);
    CHECK_U64(aflow_set(copy, NULL, "x", NULL), AFLOW_MISUSE);
    CHECK_U64(aflow_set(copy, "rqs_input.id", NULL, NULL), AFLOW_MISUSE);
    CHECK_U64(aflow_get(&full, "rqs_input.id", NULL, NULL, NULL), AFLOW_MISUSE);
    CHECK_U64(aflow_get(NULL, "rqs_input.id", aflow_put_text, NULL, NULL), AFLOW_MISUSE);
    CHECK(aflow_scenario_copy(NULL, NULL) == NULL);
    CHECK_U64(aflow_scenario_hash(NULL), 0);
    /* one word where one is wanted, and at least one */
    CHECK_U64(aflow_set(copy, "algorithms", "round_robin, least_connection", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "algorithms", "", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "rqs_input.arrivals", "", NULL), AFLOW_OK);       /* back to drawing */
    CHECK_U64(copy->rqs_input.arrivals_count, 0);
    CHECK_U64(aflow_set(copy, "rqs_input.arrivals", "1, nan", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "total_simulation_time", "nan", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "total_simulation_time", "inf", NULL), AFLOW_INVALID);
    aflow_scenario_destroy(copy);
}

/* --- Copies --- */

static void copy_is_independent(void)
{
    aflow_scenario *copy = aflow_scenario_copy(&full, NULL), *second;
    uint64_t before = aflow_scenario_hash(&full);
    CHECK(aflow_scenario_hash(copy) == before);
    CHECK(copy->rqs_input.id != full.rqs_input.id && copy->topology_graph.nodes.servers != full.topology_graph.nodes.servers);
    CHECK(copy->topology_graph.nodes.servers[0].endpoints[0].steps != full.topology_graph.nodes.servers[0].endpoints[0].steps);
    CHECK(copy->rqs_input.arrivals != full.rqs_input.arrivals && copy->topology_graph.nodes.load_balancer.server_covered[0] != covered[0]);
    second = aflow_scenario_copy(copy, NULL);
    CHECK_U64(aflow_set(copy, "servers.srv-1.endpoints./a.steps[1].step_operation.necessary_ram", "99", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "rqs_input.arrivals", "1, 2", NULL), AFLOW_OK);
    CHECK(aflow_scenario_hash(copy) != before);
    CHECK(aflow_scenario_hash(&full) == before && aflow_scenario_hash(second) == before);
    aflow_scenario_destroy(copy);
    CHECK(aflow_scenario_hash(second) == before);
    CHECK_STR(got(second, "servers.srv.2.endpoints./c.steps[0].step_operation.io_waiting_time"), "0.012");
    aflow_scenario_destroy(second);
}

/* --- Hash --- */

/* A default spelled out hashes as one left to itself. */
static void hash_of_defaults_in(const aflow_scenario *scenario)
{
    aflow_scenario *copy = aflow_scenario_copy(scenario, NULL);
    aflowi_walk w;
    aflowi_visit v;
    aflowi_walk_init(&w, copy);
    while (aflowi_walk_next(&w, &v)) {
        uint64_t zero, spelled;
        const aflowi_field *f = v.field;
        if (v.kind != AFLOWI_VISIT_FIELD || (f->flags & AFLOWI_REQUIRED)) continue;
        if (f->type == AFLOWI_TYPE_UINT || f->type == AFLOWI_TYPE_ENUM || f->type == AFLOWI_TYPE_FLAGS) {
            aflowi_set_u32(v.base, f->offset, 0);
            zero = aflow_scenario_hash(copy);
            aflowi_set_u32(v.base, f->offset, (uint32_t)f->fallback);
            spelled = aflow_scenario_hash(copy);
        } else if (f->type == AFLOWI_TYPE_DOUBLE) {
            aflowi_set_double(v.base, f->offset, 0);
            zero = aflow_scenario_hash(copy);
            aflowi_set_double(v.base, f->offset, f->fallback);
            spelled = aflow_scenario_hash(copy);
        } else {
            continue;
        }
        if (zero != spelled) test_fail(__FILE__, __LINE__, "%s: its default spelled out changes the hash", f->name);
    }
    aflow_scenario_destroy(copy);
}

static void hash_of_defaults(void)
{
    hash_of_defaults_in(&full);
    hash_of_defaults_in(&rich);
}

/* The hash of a scenario that has nothing of what came later stays what it was in 0.1.0. */
static void hash_stays(void)
{
    aflow_scenario old = full;
    aflow_scenario *copy;
    old.sim_settings.enabled_sample_metrics = 255;
    CHECK_U64(aflow_scenario_hash(&old), 0xf1406b7869dd9bdeu);
    copy = aflow_scenario_copy(&old, NULL);
    CHECK_U64(aflow_set(copy, "servers.srv-1.server_resources.threads", "40", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "servers.srv-1.server_resources.switch_interval", "0.005", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "servers.srv-1.server_resources.interpreter_lock", "default", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "servers.srv-1.server_resources.overflow", "wait", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "servers.srv-1.endpoints./a.steps[0].probability", "0.5", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "servers.srv-1.endpoints./a.steps[0].resource", "null", NULL), AFLOW_OK);
    CHECK_U64(aflow_scenario_hash(copy), 0xf1406b7869dd9bdeu);
    CHECK_U64(aflow_set(copy, "servers.srv-1.endpoints./a.steps[0].probability", "0", NULL), AFLOW_OK);
    CHECK(aflow_scenario_hash(copy) != aflow_scenario_hash(&old));
    aflow_scenario_destroy(copy);
}

/* Which of a step's lists has the steps counts; hooks do not. */
static void hash_of_nesting(void)
{
    aflow_step a[1], b[1];
    aflow_endpoint e;
    aflow_server server = servers[0];
    aflow_scenario s = full;
    aflow_step_hook hook;
    uint64_t seen[4], before;
    int i, k;
    memset(a, 0, sizeof a);
    memset(&e, 0, sizeof e);
    memset(&hook, 0, sizeof hook);
    e.endpoint_name = "/n";
    e.steps = a;
    e.steps_count = 1;
    server.endpoints = &e;
    server.endpoints_count = 1;
    s.topology_graph.nodes.servers = &server;
    s.topology_graph.nodes.servers_count = 1;
    b[0] = steps_b[0];
    for (i = 0; i < 4; i++) {
        memset(a, 0, sizeof a);
        a[0].kind = AFLOW_STEP_BRANCH;
        if (i == 1) a[0].steps = b, a[0].steps_count = 1;
        if (i == 2) a[0].otherwise = b, a[0].otherwise_count = 1;
        if (i == 3) a[0].on_miss = b, a[0].on_miss_count = 1;
        seen[i] = aflow_scenario_hash(&s);
        for (k = 0; k < i; k++) CHECK(seen[k] != seen[i]);
    }
    before = aflow_scenario_hash(&s);
    b[0].hook = &hook;
    CHECK(aflow_scenario_hash(&s) == before);
    b[0].io_waiting_time.mean *= 2;
    CHECK(aflow_scenario_hash(&s) != before);
}

/* Steps that contain themselves, which only C can make: a walk ends, a copy is finite and hashes alike, the check says it. */
static void steps_in_themselves(void)
{
    aflow_step loop;
    aflow_endpoint e;
    aflow_server server = servers[0];
    aflow_scenario s = full, *copy;
    aflow_diagnostics problems;
    size_t i, deep = 0;
    char path[600];
    memset(&loop, 0, sizeof loop);
    memset(&e, 0, sizeof e);
    memset(&problems, 0, sizeof problems);
    loop.kind = AFLOW_STEP_BRANCH;
    loop.steps = &loop;
    loop.steps_count = 1;
    e.endpoint_name = "/loop";
    e.steps = &loop;
    e.steps_count = 1;
    server.endpoints = &e;
    server.endpoints_count = 1;
    s.topology_graph.nodes.servers = &server;
    s.topology_graph.nodes.servers_count = 1;
    copy = aflow_scenario_copy(&s, NULL);
    CHECK(copy != NULL && aflow_scenario_hash(copy) == aflow_scenario_hash(&s));
    snprintf(path, sizeof path, "topology_graph.nodes.servers[0].endpoints[0].steps[0]");
    for (i = 0; i < AFLOWI_STEPS_DEPTH; i++) strcat(path, ".steps[0]");
    strcat(path, ".steps");
    for (i = 0; i < 2; i++) {
        size_t k;
        CHECK_U64(aflow_check(i ? copy : &s, &problems), AFLOW_INVALID);
        for (k = 0, deep = 0; k < problems.count; k++) deep += problems.items[k].code == AFLOW_DIAGNOSTIC_NESTED_TOO_DEEP && strcmp(problems.items[k].path, path) == 0;
        CHECK_U64(deep, 1);
        aflow_diagnostics_clear(&problems);
    }
    aflow_scenario_destroy(copy);
}

static void hash_of_facts(void)
{
    aflow_scenario *a = aflow_scenario_copy(&full, NULL);
    aflow_origin origin;
    uint64_t before = aflow_scenario_hash(a), after;
    memset(&origin, 0, sizeof origin);
    a->origin = &origin;                                                    /* where it came from is no part of it */
    CHECK(aflow_scenario_hash(a) == before);
    a->origin = NULL;
    CHECK_U64(aflow_set(a, "enabled_sample_metrics", "core_busy, ram_in_use", NULL), AFLOW_OK);
    after = aflow_scenario_hash(a);
    CHECK_U64(aflow_set(a, "enabled_sample_metrics", "ram_in_use,core_busy", NULL), AFLOW_OK);
    CHECK(aflow_scenario_hash(a) == after);
    CHECK_U64(aflow_set(a, "servers[1].endpoints[0].endpoint_name", "/C", NULL), AFLOW_OK);     /* names are in lower case */
    CHECK(aflow_scenario_hash(a) == after);
    CHECK_U64(aflow_set(a, "edges.in.latency.variance", "0.003", NULL), AFLOW_OK);
    before = aflow_scenario_hash(a);
    CHECK_U64(aflow_set(a, "edges.in.latency.variance", "0", NULL), AFLOW_OK);
    CHECK(aflow_scenario_hash(a) != before);
    before = aflow_scenario_hash(a);
    a->events_count--;
    CHECK(aflow_scenario_hash(a) != before);
    before = aflow_scenario_hash(a);
    a->topology_graph.nodes.servers_count--;
    CHECK(aflow_scenario_hash(a) != before);
    aflow_scenario_destroy(a);
}

/* --- Copies and reads of half-made structs --- */

static void counts_without_lists(void)
{
    aflow_scenario s = full, *copy;
    s.topology_graph.nodes.servers = NULL;
    s.topology_graph.edges = NULL;
    s.events = NULL;
    s.rqs_input.arrivals = NULL;
    CHECK(aflow_scenario_hash(&s) != 0);
    copy = aflow_scenario_copy(&s, NULL);
    CHECK(copy != NULL);
    CHECK(copy && aflow_scenario_hash(copy) == aflow_scenario_hash(&s));
    aflow_scenario_destroy(copy);
    CHECK_STR(got(&s, "servers.srv-1.id"), "(no such field)");
    CHECK_STR(got(&s, "servers[0].id"), "(no such field)");
    CHECK_STR(got(&s, "rqs_input.arrivals"), "");
    s.topology_graph.nodes.load_balancer.server_covered = NULL;
    CHECK_STR(got(&s, "server_covered"), "");
    copy = aflow_scenario_copy(&s, NULL);
    CHECK(copy != NULL);
    aflow_scenario_destroy(copy);
}

/* --- Builder --- */

static aflow_builder *build_full(aflow_diagnostics *problems, const aflow_scenario **made)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id gen = aflow_add_generator(b, &full.rqs_input), client = aflow_add_client(b, "c"), lb = aflow_add_load_balancer(b, &full.topology_graph.nodes.load_balancer), id[3];
    aflow_edge e[7];
    size_t i;
    for (i = 0; i < 3; i++) id[i] = aflow_add_server(b, &servers[i]);
    memcpy(e, edges, sizeof e);
    for (i = 0; i < 7; i++) e[i].source = e[i].target = "overwritten";
    aflow_connect_edge(b, gen, client, &e[0]);
    aflow_connect_edge(b, client, lb, &e[1]);
    aflow_connect_edge(b, lb, id[0], &e[2]);
    aflow_connect_edge(b, lb, id[2], &e[3]);
    aflow_connect_edge(b, id[0], client, &e[4]);
    aflow_connect_edge(b, id[2], id[1], &e[5]);
    aflow_connect_edge(b, id[1], client, &e[6]);
    aflow_add_outage(b, id[0], 2, 3);
    aflow_add_spike(b, aflowi_edge_id(0), 0, 4.5, 0.5);
    *aflow_builder_settings(b) = full.sim_settings;
    *made = aflow_builder_scenario(b, problems);
    return b;
}

static uint64_t digest_of(const aflow_scenario *s)
{
    aflow_diagnostics problems;
    aflow_run_desc desc;
    aflow_result *r;
    uint64_t digest = 0;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    desc.seed = 11;
    r = aflow_run(s, &desc, &problems);
    if (r) digest = aflow_result_info(r).digest;
    else aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    CHECK(r != NULL);
    aflow_result_destroy(r);
    aflow_diagnostics_clear(&problems);
    return digest;
}

static void builder_equals_struct(void)
{
    aflow_diagnostics problems;
    const aflow_scenario *made;
    aflow_builder *b;
    aflow_scenario *copy;
    memset(&problems, 0, sizeof problems);
    b = build_full(&problems, &made);
    CHECK(made != NULL && problems.count == 0);
    copy = aflow_scenario_copy(&full, NULL);
    aflow_set(copy, "events.down.event_id", "event-1", NULL);
    aflow_set(copy, "events.spike.event_id", "event-2", NULL);
    CHECK(made && aflow_scenario_hash(made) == aflow_scenario_hash(copy));
    if (made) CHECK(digest_of(made) == digest_of(&full));
    aflow_scenario_destroy(copy);
    aflow_builder_destroy(b);
    aflow_diagnostics_clear(&problems);
}

static void builder_names(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_load_balancer balancer;
    aflow_server server;
    const aflow_scenario *s;
    aflow_id gen, client, lb, one, two, three;
    memset(&g, 0, sizeof g);
    memset(&balancer, 0, sizeof balancer);
    memset(&server, 0, sizeof server);
    gen = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    lb = aflow_add_load_balancer(b, &balancer);
    one = aflow_add_server(b, &server);
    server.id = "named";
    two = aflow_add_server(b, &server);
    server.id = NULL;
    three = aflow_add_server(b, &server);
    CHECK(gen && client && lb && one && two && three);
    CHECK(gen != client && client != lb && one != two && two != three && one != lb);
    aflow_connect(b, lb, one, aflow_constant(1));
    aflow_connect(b, lb, three, aflow_constant(1));
    aflow_connect(b, two, one, aflow_constant(1));
    aflow_add_outage(b, one, 1, 2);
    s = aflow_builder_scenario(b, NULL);
    CHECK(s != NULL);
    CHECK_STR(s->rqs_input.id, "gen-1");
    CHECK_STR(s->topology_graph.nodes.client.id, "client-1");
    CHECK_STR(s->topology_graph.nodes.load_balancer.id, "lb-1");
    CHECK_STR(s->topology_graph.nodes.servers[0].id, "srv-1");
    CHECK_STR(s->topology_graph.nodes.servers[1].id, "named");
    CHECK_STR(s->topology_graph.nodes.servers[2].id, "srv-3");
    CHECK_STR(s->topology_graph.edges[0].id, "lb-1-srv-1");
    CHECK_STR(s->topology_graph.edges[0].source, "lb-1");
    CHECK_STR(s->topology_graph.edges[2].target, "srv-1");
    CHECK(s->topology_graph.edges[0].dropout_rate == 0);
    CHECK_U64(s->topology_graph.nodes.load_balancer.server_covered_count, 2);
    CHECK_STR(s->topology_graph.nodes.load_balancer.server_covered[0], "srv-1");
    CHECK_STR(s->topology_graph.nodes.load_balancer.server_covered[1], "srv-3");
    CHECK_STR(s->events[0].target_id, "srv-1");
    aflow_connect(b, lb, two, aflow_constant(1));                   /* later: covered, too */
    s = aflow_builder_scenario(b, NULL);
    CHECK_U64(s->topology_graph.nodes.load_balancer.server_covered_count, 3);
    CHECK_STR(s->topology_graph.nodes.load_balancer.server_covered[2], "named");
    aflow_builder_destroy(b);
}

/* Ids are the same in builder, sim and result. */
static void builder_ids(void)
{
    aflow_diagnostics problems;
    const aflow_scenario *s;
    aflow_builder *b;
    aflow_result *r;
    memset(&problems, 0, sizeof problems);
    b = build_full(&problems, &s);
    r = aflow_run(s, NULL, &problems);
    CHECK(r != NULL);
    CHECK_U64(aflow_result_find(r, "srv-1"), aflowi_server_id(0));
    CHECK_U64(aflow_result_find(r, "srv.2"), aflowi_server_id(2));
    CHECK_U64(aflow_result_find(r, "in"), aflowi_edge_id(0));
    CHECK_STR(aflow_result_name(r, aflowi_edge_id(6)), "out-3");
    CHECK_STR(aflow_result_name(r, aflow_add_client(b, "c")), "c");
    CHECK_U64(aflow_result_find(r, "nobody"), 0);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
    aflow_diagnostics_clear(&problems);
}

/* Resources, nested steps and losses of caches through the builder: the same scenario, with nothing of the caller's in it. */
static void builder_of_everything(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_step inside[2], middle[1], outside[2];
    aflow_resource r;
    aflow_endpoint e;
    const aflow_scenario *s;
    aflow_scenario *copy;
    aflow_id gen = aflow_add_generator(b, &rich.rqs_input), client = aflow_add_client(b, "c"), lb = aflow_add_load_balancer(b, &rich.topology_graph.nodes.load_balancer), server, id;
    char name[8] = "kept";
    size_t i;
    for (i = 0; i < 5; i++) CHECK_U64(aflow_add_resource(b, &shared[i]), aflowi_resource_id(i));
    server = aflow_add_server(b, &rich_servers[0]);
    aflow_connect_edge(b, gen, client, &rich_edges[0]);
    aflow_connect_edge(b, client, lb, &rich_edges[1]);
    aflow_connect_edge(b, lb, server, &rich_edges[2]);
    aflow_connect_edge(b, server, client, &rich_edges[3]);
    aflow_add_cache_loss(b, aflowi_resource_id(2), 2, 3);
    *aflow_builder_settings(b) = rich.sim_settings;
    s = aflow_builder_scenario(b, NULL);
    copy = aflow_scenario_copy(&rich, NULL);
    copy->events_count = 1;
    aflow_set(copy, "events.gone.event_id", "event-1", NULL);
    CHECK(s && aflow_scenario_hash(s) == aflow_scenario_hash(copy));
    aflow_scenario_destroy(copy);
    memset(&r, 0, sizeof r);
    r.kind = AFLOW_RESOURCE_CACHE;
    r.hit_probability = 0.5;
    id = aflow_add_resource(b, &r);
    r.id = name;
    aflow_add_server_resource(b, server, &r);
    inside[0] = aflow_using(aflow_db_s(1), name);
    inside[1] = aflow_io_s(2);
    middle[0] = aflow_branch(0.25, inside, 2);
    outside[0] = aflow_cpu_s(1);
    outside[1] = aflow_cache("resource-6", 0.001, middle, 1);
    memset(&e, 0, sizeof e);
    e.endpoint_name = name;
    e.steps = outside;
    e.steps_count = 2;
    aflow_add_weighted_endpoint(b, server, &e);
    memset(inside, 0, sizeof inside);
    memset(middle, 0, sizeof middle);
    memset(outside, 0, sizeof outside);
    memcpy(name, "gone", 5);
    aflow_add_cache_loss(b, id, 1, 2);
    s = aflow_builder_scenario(b, NULL);
    CHECK(s != NULL);
    if (s) {
        CHECK_STR(s->topology_graph.nodes.resources[5].id, "resource-6");
        CHECK_STR(s->topology_graph.nodes.servers[0].resources[2].id, "kept");
        CHECK_STR(s->events[1].target_id, "resource-6");
        CHECK_U64(s->events[1].end.kind, AFLOW_EVENT_CACHE_UP);
        CHECK_STR(got(s, "servers.srv.endpoints.kept.steps[1].on_miss[0].steps[0].resource"), "kept");
        CHECK_STR(got(s, "servers.srv.endpoints.kept.steps[1].on_miss[0].steps[1].step_operation.io_waiting_time"), "2");
        CHECK_STR(got(s, "servers.srv.endpoints.kept.steps[1].on_miss[0].probability"), "0.25");
    }
    aflow_builder_destroy(b);
}

static void paths_within_steps(void)
{
    aflow_scenario *copy = aflow_scenario_copy(&rich, NULL);
    CHECK_STR(got(&rich, "resources.orders-db.capacity"), "4");
    CHECK_STR(got(&rich, "servers.srv.resources.limiter.rate"), "50");
    CHECK_STR(got(&rich, "servers.srv.endpoints./rich.steps[2].steps[0].step_operation.cpu_time"), "0.004");
    CHECK_STR(got(&rich, "servers.srv.endpoints./rich.steps[2].steps[1].otherwise[0].output_tokens"), "200");
    CHECK_STR(got(&rich, "servers.srv.endpoints./rich.steps[2].steps[1].otherwise[0].io_waiting_time"), "null");
    CHECK_STR(got(&rich, "servers.srv.endpoints./rich.steps[4].resource"), "null");
    CHECK_STR(got(&rich, "servers.srv.resources.sessions.single_flight"), "true");
    CHECK_STR(got(&rich, "servers.srv.server_resources.max_concurrency"), "100");
    CHECK_STR(got(&rich, "servers.srv.endpoints./rich.steps[2].steps[9].kind"), "(no such field)");
    CHECK_U64(aflow_set(copy, "servers.srv.resources.limiter.rate", "75.5", NULL), AFLOW_OK);
    CHECK_NEAR(copy->topology_graph.nodes.servers[0].resources[0].rate, 75.5, 0);
    CHECK_U64(aflow_set(copy, "servers.srv.endpoints./rich.steps[2].steps[0].step_operation.cpu_time", "0.5", NULL), AFLOW_OK);
    CHECK_NEAR(copy->topology_graph.nodes.servers[0].endpoints[0].steps[2].steps[0].cpu_time.mean, 0.5, 0);
    CHECK_NEAR(inner[0].cpu_time.mean, 0.004, 0);
    CHECK_U64(aflow_set(copy, "resources.pages.hit_probability", "0", NULL), AFLOW_OK);
    CHECK(copy->topology_graph.nodes.resources[2].hit_probability == AFLOW_ZERO);
    CHECK_U64(aflow_set(copy, "resources.pages.hit_probability", "null", NULL), AFLOW_OK);
    CHECK(copy->topology_graph.nodes.resources[2].hit_probability == 0);
    CHECK_U64(aflow_set(copy, "resources.small-model.time_to_first_token", "null", NULL), AFLOW_OK);
    CHECK_STR(got(copy, "resources.small-model.time_to_first_token"), "null");
    CHECK_U64(aflow_set(copy, "servers.srv.endpoints./rich.steps[0].resource", "null", NULL), AFLOW_OK);
    CHECK(copy->topology_graph.nodes.servers[0].endpoints[0].steps[0].resource == NULL);
    CHECK_U64(aflow_set(copy, "servers.srv.endpoints./rich.steps[2].steps", "null", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "servers.srv.endpoints./rich.steps[2]", "null", NULL), AFLOW_INVALID);
    aflow_scenario_destroy(copy);
    subject = &rich;
    refused("servers.srv.resources.sessions.single_flight", "yes", "servers.srv.resources.sessions.single_flight is \"yes\"; needs true or false");
    refused("servers.srv.resources.sessions.single_flight", "1", "servers.srv.resources.sessions.single_flight is \"1\"; needs true or false");
    refused("resources.order-db.capacity", "1", "resources.order-db.capacity names no field: resources has no entry \"order-db.capacity\"; it has 5: pool, orders-db, pages, small-model, gpu");
    refused("resources.pool.kind", "pol", "resources.pool.kind is \"pol\"; it is one of connection_pool, database, rate_limiter, cache, llm, gpu");
    subject = &full;
}

typedef void (*misuse_fn)(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge);

static void misuse_1(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)edge; aflow_connect(b, server, 0, aflow_constant(1)); }
static void misuse_2(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)server; aflow_connect(b, edge, client, aflow_constant(1)); }
static void misuse_3(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)server; (void)edge; aflow_add_outage(b, client, 1, 2); }
static void misuse_4(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)edge; aflow_add_spike(b, server, 1, 2, 3); }
static void misuse_5(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)server; (void)edge; aflow_add_endpoint(b, client, "/x", steps_b, 1); }
static void misuse_6(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)edge; aflow_add_endpoint(b, server + 1, "/x", steps_b, 1); }
static void misuse_7(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)server; aflow_add_spike(b, edge + 7, 1, 2, 3); }
static void misuse_8(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)edge; aflow_connect(b, server, 0x7FFFFFFFu, aflow_constant(1)); }

static void misuse_9(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)edge; aflow_add_cache_loss(b, server, 1, 2); }
static void misuse_10(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)client; (void)server; (void)edge; aflow_add_cache_loss(b, aflowi_resource_id(0), 1, 2); }
static void misuse_11(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)server; (void)edge; aflow_add_server_resource(b, client, &own[0]); }
static void misuse_12(aflow_builder *b, aflow_id client, aflow_id server, aflow_id edge) { (void)server; (void)edge; aflow_connect(b, client, aflow_add_resource(b, &shared[0]), aflow_constant(1)); }

static void builder_misuse(void)
{
    static const misuse_fn misuses[] = { misuse_1, misuse_2, misuse_3, misuse_4, misuse_5, misuse_6, misuse_7, misuse_8, misuse_9, misuse_10, misuse_11, misuse_12 };
    static const char *const says[] = { "aflow_connect", "aflow_connect", "aflow_add_outage", "aflow_add_spike", "aflow_add_endpoint", "aflow_add_endpoint", "aflow_add_spike", "aflow_connect",
        "aflow_add_cache_loss", "aflow_add_cache_loss", "aflow_add_server_resource", "aflow_connect" };
    size_t i;
    for (i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        aflow_builder *b = aflow_builder_create(NULL);
        aflow_diagnostics problems;
        aflow_server desc;
        aflow_id client, server, edge;
        memset(&problems, 0, sizeof problems);
        memset(&desc, 0, sizeof desc);
        client = aflow_add_client(b, NULL);
        server = aflow_add_server(b, &desc);
        edge = aflow_connect(b, server, client, aflow_constant(1));
        misuses[i](b, client, server, edge);
        CHECK(aflow_builder_scenario(b, &problems) == NULL);
        CHECK_U64(problems.errors, 1);
        CHECK(problems.count && strncmp(problems.items[0].message, says[i], strlen(says[i])) == 0);
        CHECK(aflow_builder_scenario(b, NULL) == NULL);
        aflow_diagnostics_clear(&problems);
        aflow_builder_destroy(b);
    }
    CHECK_U64(aflow_add_client(NULL, "x"), 0);
    CHECK_U64(aflow_add_server(NULL, &servers[0]), 0);
    CHECK_U64(aflow_connect(NULL, 1, 2, aflow_constant(1)), 0);
    aflow_add_outage(NULL, 1, 1, 2);
    aflow_add_spike(NULL, 1, 1, 2, 3);
    aflow_add_endpoint(NULL, 1, "/x", steps_b, 1);
    CHECK_U64(aflow_add_resource(NULL, &shared[0]), 0);
    aflow_add_server_resource(NULL, 1, &shared[0]);
    aflow_add_cache_loss(NULL, 1, 1, 2);
    CHECK(aflow_builder_settings(NULL) == NULL);
}

/* Many endpoints: they grow by doubling. */
static void builder_endpoints(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    const aflow_scenario *s;
    aflow_server desc;
    aflow_id id;
    char name[32];
    int i;
    memset(&desc, 0, sizeof desc);
    desc.endpoints = endpoints_1;
    desc.endpoints_count = 2;
    id = aflow_add_server(b, &desc);
    for (i = 2; i < 100; i++) {
        snprintf(name, sizeof name, "/%d", i);
        aflow_add_endpoint(b, id, name, AFLOW_STEPS(aflow_cpu_s(i), aflow_io_s(1)));
    }
    s = aflow_builder_scenario(b, NULL);
    CHECK(s != NULL);
    CHECK_U64(s->topology_graph.nodes.servers[0].endpoints_count, 100);
    CHECK_STR(s->topology_graph.nodes.servers[0].endpoints[1].endpoint_name, "/a.b[0]");
    CHECK_U64(s->topology_graph.nodes.servers[0].endpoints[0].steps_count, 3);
    CHECK_STR(s->topology_graph.nodes.servers[0].endpoints[99].endpoint_name, "/99");
    CHECK_NEAR(s->topology_graph.nodes.servers[0].endpoints[57].steps[0].cpu_time.mean, 57, 0);
    aflow_builder_destroy(b);
}

/* --- JSON Schema and reference --- */

static char schema_text[65536];

/* Skips one JSON value; NULL when it is none. */
static const char *json_value(const char *p);

static const char *json_space(const char *p)
{
    while (p && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) p++;
    return p;
}

static const char *json_string(const char *p)
{
    if (*p++ != '"') return NULL;
    for (; *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) return NULL;
        if (*p == '\\' && !strchr("\"\\/bfnrtu", *++p)) return NULL;
    }
    return p + 1;
}

static const char *json_list(const char *p, char close, int keys)
{
    p = json_space(p + 1);
    if (*p == close) return p + 1;
    for (;;) {
        if (keys) {
            p = json_space(json_string(p));
            if (!p || *p++ != ':') return NULL;
        }
        p = json_space(json_value(json_space(p)));
        if (!p) return NULL;
        if (*p == close) return p + 1;
        if (*p != ',') return NULL;
        p = json_space(p + 1);
    }
}

static const char *json_value(const char *p)
{
    char *end;
    if (!p) return NULL;
    if (*p == '{') return json_list(p, '}', 1);
    if (*p == '[') return json_list(p, ']', 0);
    if (*p == '"') return json_string(p);
    if (strncmp(p, "true", 4) == 0 || strncmp(p, "null", 4) == 0) return p + 4;
    if (strncmp(p, "false", 5) == 0) return p + 5;
    if (*p != '-' && (*p < '0' || *p > '9')) return NULL;
    (void)strtod(p, &end);
    return end;
}

/* The value of a key of the object at p. */
static const char *json_key(const char *p, const char *key)
{
    if (!p || *p != '{') return NULL;
    for (p = json_space(p + 1); *p == '"';) {
        const char *name = p + 1, *end = json_string(p);
        p = json_space(json_space(end) + 1);
        if ((size_t)(end - 1 - name) == strlen(key) && strncmp(name, key, strlen(key)) == 0) return p;
        p = json_space(json_value(p));
        if (*p == ',') p = json_space(p + 1);
    }
    return NULL;
}

static int json_is(const char *p, const char *text) { return p && strncmp(p, text, strlen(text)) == 0; }

static void schema(void)
{
    aflow_text t;
    const char *end, *definitions;
    size_t i;
    t.data = schema_text;
    t.capacity = sizeof schema_text;
    t.size = 0;
    CHECK_U64(aflow_write_schema(aflow_put_text, &t), AFLOW_OK);
    CHECK(t.size < sizeof schema_text);
    end = json_space(json_value(schema_text));
    CHECK(end && *end == 0);
    CHECK(json_is(json_key(schema_text, "$schema"), "\"http://json-schema.org/draft-07/schema#\""));
    definitions = json_key(schema_text, "definitions");
    CHECK(definitions != NULL);
    for (i = 0; i < AFLOWI_COUNT(aflowi_fields); i++) {
        const aflowi_field *f = &aflowi_fields[i];
        const char *kind = json_key(definitions, aflowi_kind_names[f->owner]), *properties = json_key(kind, "properties"), *field = json_key(properties, f->name);
        char ref[100];
        if (!field) test_fail(__FILE__, __LINE__, "%s.%s is not in the schema", aflowi_kind_names[f->owner], f->name);
        if (!field) continue;
        CHECK(json_is(json_key(kind, "additionalProperties"), "false"));
        CHECK(json_key(field, "description") != NULL);
        CHECK(json_key(field, "type") || json_key(field, "enum") || json_key(field, "allOf") || json_key(field, "anyOf"));
        if (f->type == AFLOWI_TYPE_UINT) CHECK(json_key(field, "minimum") != NULL);
        if (f->type == AFLOWI_TYPE_STRUCT || f->type == AFLOWI_TYPE_RANDOM || f->type == AFLOWI_TYPE_LIST) {
            snprintf(ref, sizeof ref, "\"#/definitions/%s\"", aflowi_kind_names[f->type == AFLOWI_TYPE_RANDOM ? AFLOWI_RANDOM : f->sub]);
            CHECK(strstr(field, ref) && strstr(field, ref) < json_value(field));
            CHECK(json_key(definitions, aflowi_kind_names[f->type == AFLOWI_TYPE_RANDOM ? AFLOWI_RANDOM : f->sub]) != NULL);
        }
        if ((f->flags & AFLOWI_REQUIRED) && f->owner != AFLOWI_GENERATOR) {
            const char *required = json_key(kind, "required"), *at;
            snprintf(ref, sizeof ref, "\"%s\"", f->name);
            at = required ? strstr(required, ref) : NULL;
            CHECK(at && at < json_value(required));
        }
    }
    CHECK_U64(aflow_write_schema(NULL, NULL), AFLOW_MISUSE);
}

static void reference(void)
{
    aflow_text t;
    size_t i, rows = 0;
    const char *p = schema_text;
    t.data = schema_text;
    t.capacity = sizeof schema_text;
    t.size = 0;
    CHECK_U64(aflow_write_field_reference(aflow_put_text, &t), AFLOW_OK);
    CHECK(t.size < sizeof schema_text);
    for (i = 0; i < AFLOWI_COUNT(aflowi_fields); i++) {             /* in the order of the table, six bars a row */
        char start[100];
        const char *row, *c;
        int bars = 0;
        snprintf(start, sizeof start, "\n| `%s` | ", aflowi_fields[i].name);
        row = strstr(p, start);
        if (!row) test_fail(__FILE__, __LINE__, "%s is not in the reference", aflowi_fields[i].name);
        if (!row) continue;
        for (c = row + 1; *c && *c != '\n'; c++) bars += *c == '|';
        CHECK_U64(bars, 6);
        p = row + 1;
    }
    for (p = schema_text; (p = strstr(p, "\n| `")) != NULL; p++) rows++;
    CHECK_U64(rows, AFLOWI_COUNT(aflowi_fields));
    CHECK_U64(aflow_write_field_reference(NULL, NULL), AFLOW_MISUSE);
}

/* --- The table itself --- */

static void table(void)
{
    size_t i, k;
    for (i = 0; i < AFLOWI_COUNT(aflowi_fields); i++) {
        const aflowi_field *f = &aflowi_fields[i];
        CHECK(f->help[0] && f->help[strlen(f->help) - 1] == '.');
        CHECK(strchr(f->help, '|') == NULL && strchr(f->help, '"') == NULL);
        CHECK(f->offset < aflowi_struct_sizes[f->owner]);
        if (f->type == AFLOWI_TYPE_UINT || f->type == AFLOWI_TYPE_DOUBLE || f->type == AFLOWI_TYPE_RANDOM) CHECK(f->least < f->most);
        for (k = 0; k < i; k++) {
            if (aflowi_fields[k].owner == f->owner) CHECK(strcmp(aflowi_fields[k].name, f->name) != 0);
            if (aflowi_fields[k].owner == f->owner) CHECK(aflowi_fields[i - 1].owner == f->owner);      /* rows of an owner stand together */
        }
    }
    CHECK_U64(aflow_version(), ASYNCFLOW_VERSION);
    for (i = 0; i < AFLOW_DIAGNOSTIC_COUNT; i++) CHECK(aflow_diagnostic_name((aflow_diagnostic_code)i)[0] != 0);
    CHECK_STR(aflow_diagnostic_name(AFLOW_DIAGNOSTIC_COUNT), "");
    CHECK_STR(aflow_diagnostic_name((aflow_diagnostic_code)-1), "");
    CHECK_STR(aflow_diagnostic_name(AFLOW_DIAGNOSTIC_CYCLE), "CYCLE");
}

/* A copy owns what its random variables point to; their parts are set and read by path, and each changes the hash. */
static void random_variables_of_every_way(void)
{
    static const char *const sets[][2] = { { "scv", "0.5" }, { "maximum", "7" }, { "p50", "1" }, { "p95", "2" }, { "p99", "3" }, { "values", "1, 2, 3" }, { "weights", "1, 1, 2" } };
    aflow_edge links[sizeof edges / sizeof edges[0]];
    aflow_scenario s = full;
    aflow_scenario *copy;
    aflow_random_variable *v;
    double values[3] = { 1, 2, 5 }, weights[3] = { 2, 1, 1 };
    uint64_t hash;
    size_t i;
    memcpy(links, full.topology_graph.edges, sizeof links[0] * full.topology_graph.edges_count);
    s.topology_graph.edges = links;
    links[0].latency = aflow_discrete(values, weights, 3);
    copy = aflow_scenario_copy(&s, NULL);
    CHECK(copy != NULL);
    if (!copy) return;
    hash = aflow_scenario_hash(copy);
    CHECK_U64(aflow_scenario_hash(&s), hash);
    values[0] = 4;                      /* the copy does not see it */
    CHECK(aflow_scenario_hash(&s) != hash);
    CHECK_U64(aflow_scenario_hash(copy), hash);
    CHECK_STR(got(copy, "edges.in.latency.values"), "1, 2, 5");
    CHECK_STR(got(copy, "edges.in.latency"), "2.25");
    CHECK_STR(got(copy, "edges.in.latency.variance"), "2.6875");
    CHECK_NEAR(strtod(got(copy, "edges.in.latency.scv"), NULL), 2.6875 / (2.25 * 2.25), 1e-15);
    CHECK_U64(aflow_set(copy, "edges.in.latency.weights", "null", NULL), AFLOW_OK);
    CHECK_NEAR(strtod(got(copy, "edges.in.latency"), NULL), 8 / 3.0, 1e-15);
    for (i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        char path[100];
        snprintf(path, sizeof path, "edges.in.latency.%s", sets[i][0]);
        hash = aflow_scenario_hash(copy);
        CHECK_U64(aflow_set(copy, path, sets[i][1], NULL), AFLOW_OK);
        CHECK_STR(got(copy, path), sets[i][1]);
        CHECK(aflow_scenario_hash(copy) != hash);
        CHECK_U64(aflow_set(copy, path, "null", NULL), AFLOW_OK);
    }
    CHECK_U64(aflow_set(copy, "edges.in.latency.distribution", "null", NULL), AFLOW_OK);
    CHECK_U64(aflow_set(copy, "edges.in.latency.mean", "null", NULL), AFLOW_OK);
    v = (aflow_random_variable *)(uintptr_t)&copy->topology_graph.edges[0].latency;
    CHECK(v->mean == 0 && v->distribution == AFLOW_DISTRIBUTION_DEFAULT && v->scv == 0 && v->values == NULL && v->values_count == 0 && v->weights_count == 0);
    CHECK_U64(aflow_set(copy, "edges.in.latency.p50", "0", NULL), AFLOW_INVALID);
    CHECK_U64(aflow_set(copy, "edges.in.latency.scv", "0", NULL), AFLOW_OK);
    CHECK(v->scv == AFLOW_ZERO);
    aflow_scenario_destroy(copy);
}

int main(void)
{
    RUN(table);
    RUN(every_field);
    RUN(get_then_set);
    RUN(random_variables);
    RUN(dotted_ids);
    RUN(errors);
    RUN(errors_of_shapes);
    RUN(copy_is_independent);
    RUN(hash_of_defaults);
    RUN(hash_of_facts);
    RUN(hash_stays);
    RUN(hash_of_nesting);
    RUN(steps_in_themselves);
    RUN(builder_of_everything);
    RUN(paths_within_steps);
    RUN(builder_equals_struct);
    RUN(builder_names);
    RUN(builder_ids);
    RUN(builder_misuse);
    RUN(builder_endpoints);
    RUN(schema);
    RUN(reference);
    fflush(stdout);
    RUN(counts_without_lists);
    RUN(random_variables_of_every_way);
    return test_end();
}
