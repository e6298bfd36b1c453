/* streams.c - each entity draws from streams of its own: what is added, removed or moved elsewhere leaves them as they were.
   SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- A scenario in arrays that can be changed: users, a balancer, servers a and b, and one that no edge leads to --- */

enum { SERVERS = 5, ENDPOINTS = 5, EDGES = 12 };

typedef struct model {
    aflow_scenario s;
    aflow_server servers[SERVERS];
    aflow_endpoint endpoints[SERVERS][ENDPOINTS];   /* of a, b, idle, and an added one */
    aflow_edge edges[EDGES];
    aflow_step steps[6], more[6];
    aflow_event events[2];
} model;

static aflow_edge edge(const char *id, const char *source, const char *target)
{
    aflow_edge e;
    memset(&e, 0, sizeof e);
    e.id = id;
    e.source = source;
    e.target = target;
    e.latency = aflow_exponential(0.004);
    e.dropout_rate = 0.02;
    return e;
}

static aflow_endpoint endpoint(const char *name, const aflow_step *steps, size_t count)
{
    aflow_endpoint e;
    memset(&e, 0, sizeof e);
    e.endpoint_name = name;
    e.steps = steps;
    e.steps_count = count;
    return e;
}

static aflow_server server(const char *id, aflow_endpoint *endpoints, size_t count)
{
    aflow_server s;
    memset(&s, 0, sizeof s);
    s.id = id;
    s.endpoints = endpoints;
    s.endpoints_count = count;
    s.server_resources.ram_mb = 4096;
    s.server_resources.cpu_cores = 2;
    return s;
}

static size_t *servers_count(model *m) { return &m->s.topology_graph.nodes.servers_count; }
static size_t *edges_count(model *m) { return &m->s.topology_graph.edges_count; }

static void insert_edge(model *m, size_t at, aflow_edge e)
{
    memmove(m->edges + at + 1, m->edges + at, (*edges_count(m) - at) * sizeof e);
    m->edges[at] = e;
    ++*edges_count(m);
}

static void remove_edge(model *m, const char *id)
{
    size_t i;
    for (i = 0; strcmp(m->edges[i].id, id) != 0; i++) {}
    memmove(m->edges + i, m->edges + i + 1, (--*edges_count(m) - i) * sizeof m->edges[0]);
}

static void model_init(model *m)
{
    aflow_nodes *nodes = &m->s.topology_graph.nodes;
    int i;
    memset(m, 0, sizeof *m);
    m->steps[0] = aflow_ram(aflow_uniform(10, 200));
    m->steps[1] = aflow_cpu(aflow_exponential(0.002));
    m->steps[2] = aflow_io(aflow_log_normal(0.01, 0.0001));
    m->steps[3] = aflow_db(aflow_exponential(0.003));
    m->steps[4] = aflow_step_of(AFLOW_STEP_IO_TASK_SPAWN, aflow_not_given(), aflow_not_given(), aflow_normal(0.02, 0.0001));
    m->steps[5] = aflow_cpu(aflow_uniform(0.001, 0.002));
    for (i = 0; i < SERVERS; i++) {
        m->endpoints[i][0] = endpoint("/x", m->steps, 5);
        m->endpoints[i][1] = endpoint("/y", m->steps + 1, 2);
        m->endpoints[i][2] = endpoint("/x", m->steps, 5);       /* of one name, a stream each */
    }
    m->servers[0] = server("a", m->endpoints[0], 3);
    m->servers[1] = server("b", m->endpoints[1], 2);
    m->servers[2] = server("idle", m->endpoints[2], 2);
    m->s.rqs_input.id = "users";
    m->s.rqs_input.avg_active_users = aflow_poisson(60);
    m->s.rqs_input.avg_request_per_minute_per_user = aflow_poisson(60);
    m->s.rqs_input.user_sampling_window = 2;
    nodes->client.id = "c";
    nodes->load_balancer.id = "lb";
    nodes->servers = m->servers;
    nodes->servers_count = 3;
    m->s.topology_graph.edges = m->edges;
    insert_edge(m, 0, edge("in", "users", "c"));
    insert_edge(m, 1, edge("request", "c", "lb"));
    insert_edge(m, 2, edge("to-a", "lb", "a"));
    insert_edge(m, 3, edge("to-b", "lb", "b"));
    insert_edge(m, 4, edge("from-a", "a", "c"));
    insert_edge(m, 5, edge("from-b", "b", "c"));
    insert_edge(m, 6, edge("from-idle", "idle", "c"));
    m->s.sim_settings.total_simulation_time = 20;
    m->s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE;
}

static aflow_result *play(const aflow_scenario *s, uint64_t seed, int to_the_end)
{
    aflow_run_desc desc;
    aflow_diagnostics problems;
    aflow_sim *sim;
    aflow_result *r;
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    desc.seed = seed;
    desc.replication = 7;
    desc.record_requests = 1;
    sim = aflow_sim_create(s, &desc, &problems);
    if (!sim) {
        test_fail(__FILE__, __LINE__, "%s: %s", problems.count ? problems.items[0].path : "", problems.count ? problems.items[0].message : "no sim");
        exit(1);
    }
    if (to_the_end) aflow_sim_run_until(sim, 1e9);
    r = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    aflow_diagnostics_clear(&problems);
    return r;
}

/* --- Streams by name --- */

static int same_rng(aflowi_rng a, aflowi_rng b) { return a.s0 == b.s0 && a.s1 == b.s1; }

static uint32_t samplers_end(const aflow_sim *sim, uint32_t e)
{
    return e + 1 < sim->plan.endpoints_count ? sim->plan.endpoints[e + 1].samplers : sim->plan.samplers_count;
}

/* The endpoint of a server that is the `nth` of its name, as an index; AFLOWI_NO_INDEX: none. */
static uint32_t find_endpoint(const aflow_sim *sim, uint32_t at, const char *name, uint32_t nth)
{
    const aflow_server *s = &sim->scenario->topology_graph.nodes.servers[at];
    uint32_t i;
    for (i = 0; i < s->endpoints_count; i++) {
        if (strcmp(s->endpoints[i].endpoint_name, name) == 0 && nth-- == 0) return sim->plan.servers[at].endpoints + i;
    }
    return AFLOWI_NO_INDEX;
}

typedef struct counts { uint32_t edges, servers, endpoints, steps, different; } counts;

static void compare_endpoints(const aflow_sim *a, uint32_t in_a, const aflow_sim *b, uint32_t in_b, counts *c)
{
    const aflow_server *s = &a->scenario->topology_graph.nodes.servers[in_a];
    uint32_t i, k, nth;
    for (i = 0; i < s->endpoints_count; i++) {
        uint32_t x = a->plan.servers[in_a].endpoints + i, y, from, to;
        for (nth = 0, k = 0; k < i; k++) nth += strcmp(s->endpoints[k].endpoint_name, s->endpoints[i].endpoint_name) == 0;
        y = find_endpoint(b, in_b, s->endpoints[i].endpoint_name, nth);
        if (y == AFLOWI_NO_INDEX) continue;
        c->endpoints++;
        from = a->plan.endpoints[x].samplers;
        to = b->plan.endpoints[y].samplers;
        for (; from < samplers_end(a, x) && to < samplers_end(b, y); from++, to++, c->steps++) {
            c->different += !same_rng(a->draws[from].rng, b->draws[to].rng) || a->draws[from].next != b->draws[to].next;
        }
    }
}

/* What both have, by name. The first draws are made when a sim is created: words, and the draws that are waiting. */
static counts compare(const aflow_sim *a, const aflow_sim *b)
{
    counts c;
    uint32_t i;
    memset(&c, 0, sizeof c);
    c.different += !same_rng(a->generator.users, b->generator.users) || !same_rng(a->generator.gaps, b->generator.gaps) || a->generator.next != b->generator.next;
    for (i = 0; i < a->plan.edges_count; i++) {
        aflow_id id = aflow_sim_find(b, a->scenario->topology_graph.edges[i].id);
        const aflowi_edge_state *x = &a->edges[i], *y = &b->edges[id ? aflowi_id_index(id) : 0];
        if (!id) continue;
        c.edges++;
        c.different += !same_rng(x->latency, y->latency) || !same_rng(x->dropout, y->dropout) || x->next_latency != y->next_latency || x->until_drop != y->until_drop;
    }
    for (i = 0; i < a->plan.servers_count; i++) {
        aflow_id id = aflow_sim_find(b, a->scenario->topology_graph.nodes.servers[i].id);
        if (!id) continue;
        c.servers++;
        c.different += !same_rng(a->servers[i].choice, b->servers[aflowi_id_index(id)].choice);
        compare_endpoints(a, i, b, aflowi_id_index(id), &c);
    }
    return c;
}

/* --- Changes --- */

static void change_nothing(model *m) { (void)m; }

static void add_server_at(model *m, size_t at, size_t edges_at)
{
    memmove(m->servers + at + 1, m->servers + at, (*servers_count(m) - at) * sizeof m->servers[0]);
    m->servers[at] = server("added", m->endpoints[3], 3);
    ++*servers_count(m);
    insert_edge(m, edges_at, edge("to-added", "lb", "added"));
    insert_edge(m, edges_at, edge("from-added", "added", "c"));
}

static void add_server_in_front(model *m) { add_server_at(m, 0, 0); }
static void add_server_between(model *m) { add_server_at(m, 1, 3); }
static void add_server_behind(model *m) { add_server_at(m, 3, 7); }

static void remove_server(model *m)
{
    remove_edge(m, "to-a");
    remove_edge(m, "from-a");
    memmove(m->servers, m->servers + 1, --*servers_count(m) * sizeof m->servers[0]);
}

static void reverse_servers(model *m)
{
    aflow_server t = m->servers[0];
    m->servers[0] = m->servers[2];
    m->servers[2] = t;
}

static void add_edge_in_front(model *m) { insert_edge(m, 0, edge("to-idle", "lb", "idle")); }
static void add_edge_behind(model *m) { insert_edge(m, *edges_count(m), edge("to-idle", "lb", "idle")); }
static void remove_edge_to_b(model *m) { remove_edge(m, "to-b"); }

static void reverse_edges(model *m)
{
    size_t i, n = *edges_count(m);
    for (i = 0; i < n / 2; i++) {
        aflow_edge t = m->edges[i];
        m->edges[i] = m->edges[n - 1 - i];
        m->edges[n - 1 - i] = t;
    }
}

static void add_endpoint_at(model *m, size_t at)
{
    memmove(m->endpoints[0] + at + 1, m->endpoints[0] + at, (m->servers[0].endpoints_count - at) * sizeof m->endpoints[0][0]);
    m->endpoints[0][at] = endpoint("/added", m->steps, 6);
    m->servers[0].endpoints_count++;
}

static void add_endpoint_in_front(model *m) { add_endpoint_at(m, 0); }
static void add_endpoint_behind(model *m) { add_endpoint_at(m, 3); }

static void remove_endpoint(model *m)
{
    m->endpoints[0][1] = m->endpoints[0][2];
    m->servers[0].endpoints_count = 2;
}

static void reverse_endpoints(model *m)
{
    aflow_endpoint t = m->endpoints[1][0];
    m->endpoints[1][0] = m->endpoints[1][1];
    m->endpoints[1][1] = t;
}

/* Only random steps have streams; one that comes behind leaves those before as they were. */
static void add_steps(model *m)
{
    memcpy(m->more + 1, m->steps + 1, 2 * sizeof m->more[0]);
    m->more[0] = aflow_cpu_s(0.001);
    m->more[3] = aflow_cpu(aflow_exponential(0.001));
    m->endpoints[1][1] = endpoint("/y", m->more, 4);
}

static void enable_metrics(model *m)
{
    m->s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_ALL;
    m->s.sim_settings.sample_period_s = 0.05;
}

static void change_settings(model *m)
{
    m->s.sim_settings.total_simulation_time = 30;
    m->s.topology_graph.nodes.load_balancer.algorithms = AFLOW_LB_LEAST_CONNECTION;
    m->servers[1].server_resources.cpu_cores = 7;
    m->servers[1].server_resources.db_connection_pool = 3;
    m->endpoints[0][1].probability = 5;
}

static void add_events(model *m)
{
    m->events[0].event_id = "spike";
    m->events[0].target_id = "in";
    m->events[0].start.kind = AFLOW_EVENT_NETWORK_SPIKE_START;
    m->events[0].start.t_start = 1;
    m->events[0].start.spike_s = 0.5;
    m->events[0].end.kind = AFLOW_EVENT_NETWORK_SPIKE_END;
    m->events[0].end.t_end = 9;
    m->events[1].event_id = "outage";
    m->events[1].target_id = "a";
    m->events[1].start.kind = AFLOW_EVENT_SERVER_DOWN;
    m->events[1].start.t_start = 2;
    m->events[1].end.kind = AFLOW_EVENT_SERVER_UP;
    m->events[1].end.t_end = 6;
    m->s.events = m->events;
    m->s.events_count = 2;
}

/* How much of what the unchanged scenario has is left to compare. */
static const struct { const char *name; void (*apply)(model *m); counts want; } changes[] = {
    { "nothing", change_nothing, { 7, 3, 7, 26, 0 } },
    { "a server in front", add_server_in_front, { 7, 3, 7, 26, 0 } },
    { "a server between", add_server_between, { 7, 3, 7, 26, 0 } },
    { "a server behind", add_server_behind, { 7, 3, 7, 26, 0 } },
    { "a server less", remove_server, { 5, 2, 4, 14, 0 } },
    { "servers reversed", reverse_servers, { 7, 3, 7, 26, 0 } },
    { "an edge in front", add_edge_in_front, { 7, 3, 7, 26, 0 } },
    { "an edge behind", add_edge_behind, { 7, 3, 7, 26, 0 } },
    { "an edge less", remove_edge_to_b, { 6, 3, 7, 26, 0 } },
    { "edges reversed", reverse_edges, { 7, 3, 7, 26, 0 } },
    { "an endpoint in front", add_endpoint_in_front, { 7, 3, 7, 26, 0 } },
    { "an endpoint behind", add_endpoint_behind, { 7, 3, 7, 26, 0 } },
    { "an endpoint less", remove_endpoint, { 7, 3, 6, 24, 0 } },
    { "endpoints reversed", reverse_endpoints, { 7, 3, 7, 26, 0 } },
    { "steps", add_steps, { 7, 3, 7, 26, 0 } },
    { "metrics", enable_metrics, { 7, 3, 7, 26, 0 } },
    { "settings", change_settings, { 7, 3, 7, 26, 0 } },
    { "events", add_events, { 7, 3, 7, 26, 0 } },
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

static void streams_start_alike_whatever_else_there_is(void)
{
    size_t i;
    uint64_t seed;
    for (seed = 0; seed < 3; seed++) {
        model base;
        aflow_result *a;
        model_init(&base);
        a = play(&base.s, seed, 0);
        for (i = 0; i < CHANGES; i++) {
            model m;
            aflow_result *b;
            counts c;
            model_init(&m);
            changes[i].apply(&m);
            b = play(&m.s, seed, 0);
            c = compare(a->sim, b->sim);
            if (memcmp(&c, &changes[i].want, sizeof c) != 0) {
                test_fail(__FILE__, __LINE__, "%s: %u edges, %u servers, %u endpoints, %u steps compared, %u differ", changes[i].name,
                          (unsigned)c.edges, (unsigned)c.servers, (unsigned)c.endpoints, (unsigned)c.steps, (unsigned)c.different);
            }
            aflow_result_destroy(b);
        }
        aflow_result_destroy(a);
    }
}

/* The comparison can fail: another seed differs everywhere, another name where it stands. */
static void other_seeds_and_names_are_other_streams(void)
{
    model base, renamed;
    aflow_result *a, *b;
    counts c;
    model_init(&base);
    model_init(&renamed);
    a = play(&base.s, 1, 0);
    b = play(&base.s, 2, 0);
    c = compare(a->sim, b->sim);
    CHECK_U64(c.different, 1 + 7 + 3 + 26);
    aflow_result_destroy(b);
    renamed.servers[1].id = "renamed";
    renamed.edges[3].target = renamed.edges[5].source = "renamed";
    renamed.endpoints[0][1].endpoint_name = "/renamed";
    renamed.edges[0].id = "renamed-edge";
    b = play(&renamed.s, 1, 0);
    c = compare(a->sim, b->sim);
    CHECK(c.edges == 6 && c.servers == 2 && c.endpoints == 4 && c.steps == 17);
    CHECK_U64(c.different, 0);
    aflow_result_destroy(a);
    aflow_result_destroy(b);
}

static int by_word(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void no_two_purposes_share_a_stream(void)
{
    model m;
    aflow_result *r;
    const aflow_sim *sim;
    uint64_t words[200];
    uint32_t i, n = 0;
    model_init(&m);
    add_server_behind(&m);
    r = play(&m.s, 3, 0);
    sim = r->sim;
    words[n++] = sim->generator.users.s0;
    words[n++] = sim->generator.gaps.s0;
    for (i = 0; i < sim->plan.edges_count; i++) {
        words[n++] = sim->edges[i].latency.s0;
        words[n++] = sim->edges[i].dropout.s0;
    }
    for (i = 0; i < sim->plan.servers_count; i++) words[n++] = sim->servers[i].choice.s0;
    for (i = 0; i < sim->plan.samplers_count; i++) words[n++] = sim->draws[i].rng.s0;
    CHECK_U64(n, 2 + 2 * 9 + 4 + 26 + 12);
    qsort(words, n, sizeof words[0], by_word);
    for (i = 1; i < n; i++) CHECK(words[i] != words[i - 1]);
    aflow_result_destroy(r);
}

/* --- After a run: who has drawn n times stands n draws behind the start of its stream, whatever others did --- */

static void check_edge(const aflow_sim *sim, uint32_t i)
{
    const aflowi_edge_state *e = &sim->edges[i];
    uint64_t entity = aflowi_hash_text(sim->scenario->topology_graph.edges[i].id), k, next = 0, until = 0;
    aflowi_rng latency = aflowi_rng_stream(sim->desc.seed, 7, entity, AFLOWI_STREAM_LATENCY), dropout = aflowi_rng_stream(sim->desc.seed, 7, entity, AFLOWI_STREAM_DROPOUT);
    for (k = 0; k <= e->sent - e->dropped; k++) next = aflowi_draw(&e->law, &latency);
    for (k = 0; k <= e->dropped; k++) until = aflowi_draw_geometric(sim->plan.edges[i].dropout, &dropout);
    CHECK(same_rng(latency, e->latency) && next == e->next_latency);
    CHECK(same_rng(dropout, e->dropout) && e->until_drop <= until);
}

/* Each arrival at an endpoint takes at most one draw of each of its steps, and one is waiting. */
static void check_step(const aflow_sim *sim, uint32_t sampler, uint64_t entity, uint32_t number, uint64_t arrived)
{
    aflowi_rng rng = aflowi_rng_stream(sim->desc.seed, 7, entity, AFLOWI_STREAM_STEPS + number);
    uint64_t k, next = aflowi_draw(&sim->plan.samplers[sampler], &rng);
    for (k = 0; k < arrived && !same_rng(rng, sim->draws[sampler].rng); k++) next = aflowi_draw(&sim->plan.samplers[sampler], &rng);
    CHECK(same_rng(rng, sim->draws[sampler].rng) && next == sim->draws[sampler].next);
    CHECK(k == arrived || k + 40 > arrived);            /* the others are in the server, or have not come so far */
}

static void check_server(const aflow_sim *sim, uint32_t at)
{
    const aflow_server *s = &sim->scenario->topology_graph.nodes.servers[at];
    uint64_t entity = aflowi_hash_text(s->id), arrived = 0, k;
    uint32_t i, j;
    aflowi_rng choice = aflowi_rng_stream(sim->desc.seed, 7, entity, AFLOWI_STREAM_CHOICE);
    for (i = 0; i < s->endpoints_count; i++) {
        uint32_t e = sim->plan.servers[at].endpoints + i, first = sim->plan.endpoints[e].samplers, nth = 0;
        uint64_t own;
        for (j = 0; j < i; j++) nth += strcmp(s->endpoints[j].endpoint_name, s->endpoints[i].endpoint_name) == 0;
        own = aflowi_mix(entity ^ aflowi_mix(aflowi_hash_text(s->endpoints[i].endpoint_name) + nth));
        for (j = first; j < samplers_end(sim, e); j++) check_step(sim, j, own, j - first, sim->endpoints[e].arrived);
        arrived += sim->endpoints[e].arrived;
    }
    for (k = 0; k < 4 * arrived && !same_rng(choice, sim->servers[at].choice); k++) aflowi_rng_next(&choice);
    CHECK(same_rng(choice, sim->servers[at].choice));
    CHECK(k >= arrived || s->endpoints_count < 2);
}

/* Requests start at the same ticks in both. */
static void check_starts(const aflow_result *a, const aflow_result *b)
{
    static uint64_t starts[4000];
    uint64_t i, both = 0;
    memset(starts, 0xFF, sizeof starts);
    for (i = 0; i < aflow_result_requests(a); i++) {
        aflow_request_info q = aflow_result_request(a, i);
        if (q.id < 4000) starts[q.id] = q.start_ns;
    }
    for (i = 0; i < aflow_result_requests(b); i++) {
        aflow_request_info q = aflow_result_request(b, i);
        if (q.id >= 4000 || starts[q.id] == UINT64_MAX) continue;
        CHECK_U64(q.start_ns, starts[q.id]);
        both++;
    }
    CHECK(both > 800);
}

static void draws_follow_from_own_counts_alone(void)
{
    model base;
    aflow_result *a;
    size_t i;
    uint32_t k;
    model_init(&base);
    a = play(&base.s, 11, 1);
    for (i = 0; i < CHANGES; i++) {
        model m;
        aflow_result *r;
        model_init(&m);
        changes[i].apply(&m);
        r = play(&m.s, 11, 1);
        for (k = 0; k < r->sim->plan.edges_count; k++) check_edge(r->sim, k);
        for (k = 0; k < r->sim->plan.servers_count; k++) check_server(r->sim, k);
        check_starts(a, r);
        aflow_result_destroy(r);
    }
    aflow_result_destroy(a);
}

int main(void)
{
    RUN(streams_start_alike_whatever_else_there_is);
    RUN(other_seeds_and_names_are_other_streams);
    RUN(no_two_purposes_share_a_stream);
    RUN(draws_follow_from_own_counts_alone);
    return test_end();
}
