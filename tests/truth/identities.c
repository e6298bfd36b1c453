/* truth/identities.c - what holds exactly, run by run, tick by tick: conservation, Little's law, utilization, recursions of
   queues, scenarios that must be equal, and the order of events at one tick. No statistics here: one request astray is seen.

   Integrals are means over the run (aflow_result_metric) x its length. They are compared with sums of whole nanoseconds within half
   a nanosecond and a relative 1e-12, the doubles' own rounding.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

#define SERVERS 16
#define ENDPOINTS 8
#define STEPS 8
#define EDGES 48
#define EVENTS 16
#define NS 1000000000.0
#define MS ((uint64_t)1000000)
#define SECOND ((uint64_t)1000000000)

static const char *label = "";      /* of the scenario at hand, for messages */

#define SAME(got, want) do { unsigned long long g_ = (unsigned long long)(got), w_ = (unsigned long long)(want); \
    if (g_ != w_) test_fail(__FILE__, __LINE__, "[%s] %s is %llu, expected %llu", label, #got, g_, w_); } while (0)
#define EQUAL(got, want) do { double g_ = (got), w_ = (want); \
    if (!(fabs(g_ - w_) <= 1e-12 * fabs(w_) + .5)) test_fail(__FILE__, __LINE__, "[%s] %s is %.17g, expected %.17g", label, #got, g_, w_); } while (0)
#define TRUE(condition) do { if (!(condition)) test_fail(__FILE__, __LINE__, "[%s] %s", label, #condition); } while (0)

/* --- Scenarios that can be changed ------------------------------------------------- */

struct world {
    aflow_scenario s;
    aflow_server servers[SERVERS];
    aflow_endpoint endpoints[SERVERS][ENDPOINTS];
    aflow_step steps[SERVERS][ENDPOINTS][STEPS];
    aflow_edge edges[EDGES];
    aflow_event events[EVENTS];
    const char *covered[SERVERS];
    double *arrivals;
};

static void *some(size_t size)
{
    void *p = calloc(1, size);
    if (!p) exit(2);
    return p;
}

/* A copy in arrays of its own; arrivals stay the original's. */
static struct world *copy_of(const aflow_scenario *s)
{
    struct world *w = (struct world *)some(sizeof *w);
    aflow_topology_graph *g = &w->s.topology_graph;
    size_t i, k, n;
    w->s = *s;
    w->s.origin = NULL;
    if (g->nodes.servers_count > SERVERS || g->edges_count > EDGES || s->events_count > EVENTS) exit(2);
    for (i = 0; i < g->nodes.servers_count; i++) {
        w->servers[i] = g->nodes.servers[i];
        if (w->servers[i].endpoints_count > ENDPOINTS) exit(2);
        for (k = 0; k < w->servers[i].endpoints_count; k++) {
            w->endpoints[i][k] = g->nodes.servers[i].endpoints[k];
            if (w->endpoints[i][k].steps_count > STEPS) exit(2);
            for (n = 0; n < w->endpoints[i][k].steps_count; n++) w->steps[i][k][n] = g->nodes.servers[i].endpoints[k].steps[n];
            w->endpoints[i][k].steps = w->steps[i][k];
        }
        w->servers[i].endpoints = w->endpoints[i];
    }
    for (i = 0; i < g->edges_count; i++) w->edges[i] = g->edges[i];
    for (i = 0; i < s->events_count; i++) w->events[i] = s->events[i];
    for (i = 0; i < g->nodes.load_balancer.server_covered_count; i++) w->covered[i] = g->nodes.load_balancer.server_covered[i];
    g->nodes.servers = w->servers;
    g->edges = w->edges;
    g->nodes.load_balancer.server_covered = w->covered;
    w->s.events = w->events;
    return w;
}

static void forget(struct world *w)
{
    free(w->arrivals);
    free(w);
}

static size_t servers_of(const struct world *w) { return w->s.topology_graph.nodes.servers_count; }

static aflow_edge *edge_from(struct world *w, const char *source)
{
    size_t i = 0;
    while (strcmp(w->edges[i].source, source) != 0) i++;
    return &w->edges[i];
}

/* --- Runs ------------------------------------------------------------------------------ */

static aflow_result *run_of(const aflow_scenario *s, uint64_t seed)
{
    aflow_diagnostics problems = { 0 };
    aflow_result *r = aflow_run(s, &(aflow_run_desc){ .seed = seed, .record_requests = 1 }, &problems);
    if (!r) {
        printf("[%s]\n", label);
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        exit(2);
    }
    aflow_diagnostics_clear(&problems);
    return r;
}

static uint64_t digest_of(const aflow_scenario *s, uint64_t seed)
{
    aflow_result *r = run_of(s, seed);
    uint64_t digest = aflow_result_info(r).digest;
    aflow_result_destroy(r);
    return digest;
}

/* The same requests with the same fates at the same ticks: digest, counters and every row. */
static void check_same_runs(const aflow_result *a, const aflow_result *b)
{
    aflow_run_info x = aflow_result_info(a), y = aflow_result_info(b);
    uint64_t n = aflow_result_requests(a), i;
    TRUE(x.digest == y.digest);
    SAME(x.requests.generated, y.requests.generated);
    SAME(x.requests.completed, y.requests.completed);
    SAME(x.requests.dropped, y.requests.dropped);
    SAME(n, aflow_result_requests(b));
    for (i = 0; i < n && i < aflow_result_requests(b); i++) {
        aflow_request_info p = aflow_result_request(a, i), q = aflow_result_request(b, i);
        if (p.id == q.id && p.start_ns == q.start_ns && p.finish_ns == q.finish_ns && p.outcome == q.outcome) continue;
        test_fail(__FILE__, __LINE__, "[%s] row %llu differs", label, (unsigned long long)i);
        return;
    }
}

static void check_same(const aflow_scenario *a, const aflow_scenario *b, uint64_t seed)
{
    aflow_result *x = run_of(a, seed), *y = run_of(b, seed);
    check_same_runs(x, y);
    TRUE(aflow_result_info(x).requests.completed > 0);
    aflow_result_destroy(x);
    aflow_result_destroy(y);
}

/* Start and finish of every request by id; 0 where it did not finish. */
struct trip { uint64_t start, finish; };

static struct trip *trips_of(const aflow_result *r, uint64_t *count)
{
    uint64_t n = aflow_result_info(r).requests.generated, rows = aflow_result_requests(r), i;
    struct trip *t = (struct trip *)some(((size_t)n + 1) * sizeof *t);
    for (i = 0; i < rows; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        if (q.id < 1 || q.id > n) exit(2);
        t[q.id].start = q.start_ns;
        t[q.id].finish = q.finish_ns;
    }
    *count = n;
    return t;
}

/* The generator's emissions: with an impassable first edge every request ends, and has a row, at once. */
static uint64_t *starts_of(const aflow_scenario *s, uint64_t seed, uint64_t *count)
{
    struct world *w = copy_of(s);
    aflow_result *r;
    uint64_t *starts, i;
    edge_from(w, s->rqs_input.id)->dropout_rate = 1;
    r = run_of(&w->s, seed);
    *count = aflow_result_requests(r);
    starts = (uint64_t *)some(((size_t)*count + 1) * sizeof *starts);
    for (i = 0; i < *count; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        SAME(q.id, i + 1);
        SAME(q.finish_ns, q.start_ns);
        starts[i] = q.start_ns;
    }
    SAME(aflow_result_info(r).requests.dropped, *count);
    aflow_result_destroy(r);
    forget(w);
    return starts;
}

static double integral(const aflow_result *r, aflow_metric metric, aflow_id entity)
{
    return aflow_result_metric(r, metric, entity).mean * (aflow_result_info(r).horizon_s * NS);
}

static uint64_t last(const aflow_result *r, aflow_metric metric, aflow_id entity) { return (uint64_t)aflow_result_metric(r, metric, entity).last; }

/* --- Balance ---------------------------------------------------------------------------- */

static uint64_t spawns_of(const aflow_endpoint *e)
{
    uint64_t n = 0;
    size_t i;
    for (i = 0; i < e->steps_count; i++) n += e->steps[i].kind == AFLOW_STEP_IO_TASK_SPAWN;
    return n;
}

static int has_spawns(const aflow_scenario *s)
{
    size_t i, k;
    for (i = 0; i < s->topology_graph.nodes.servers_count; i++) {
        const aflow_server *server = &s->topology_graph.nodes.servers[i];
        for (k = 0; k < server->endpoints_count; k++) if (spawns_of(&server->endpoints[k])) return 1;
    }
    return 0;
}

/* The latencies are those of the rows. */
static void check_latencies(const aflow_result *r)
{
    aflow_latency_stats l = aflow_result_latency(r);
    uint64_t n = aflow_result_requests(r), i, sum = 0, count = 0, least = UINT64_MAX, most = 0;
    for (i = 0; i < n; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        uint64_t x = q.finish_ns - q.start_ns;
        if (q.outcome != AFLOW_OUTCOME_COMPLETED) continue;
        sum += x;
        count++;
        if (x < least) least = x;
        if (x > most) most = x;
    }
    SAME(l.count, count);
    SAME(aflow_result_info(r).requests.completed, count);
    EQUAL(l.mean_s * (double)count * NS, (double)sum);
    SAME(floor(l.min_s * NS + .5), least);
    SAME(floor(l.max_s * NS + .5), most);
}

/* What came in is out, lost, or counted where it is. In flight is counted independently: on edges and in servers. */
static void check_balance(const aflow_scenario *s, const aflow_result *r)
{
    const aflow_topology_graph *g = &s->topology_graph;
    aflow_counters c = aflow_result_info(r).requests;
    uint64_t in_flight = 0, dropped = 0, back = 0;
    size_t i, k;
    for (i = 0; i < g->edges_count; i++) {
        aflow_id id = aflow_result_find(r, g->edges[i].id);
        aflow_edge_stats e = aflow_result_edge(r, id);
        uint64_t transit = last(r, AFLOW_EDGE_CONCURRENT_CONNECTION, id), sent = 0;
        SAME(e.sent, e.delivered + e.dropped + transit);
        in_flight += transit;
        dropped += e.dropped;
        if (strcmp(e.target, g->nodes.client.id) == 0 && strcmp(e.source, s->rqs_input.id) != 0) back += e.delivered;
        if (strcmp(e.source, s->rqs_input.id) == 0) SAME(e.sent, c.generated);
        if (strcmp(e.target, g->nodes.client.id) == 0 && strcmp(e.source, s->rqs_input.id) == 0) {
            for (k = 0; k < g->edges_count; k++) if (strcmp(g->edges[k].source, g->nodes.client.id) == 0) sent += aflow_result_edge(r, aflow_result_find(r, g->edges[k].id)).sent;
            SAME(sent, e.delivered);
        }
    }
    if (g->nodes.load_balancer.id) {
        uint64_t in = 0, out = 0;
        for (i = 0; i < g->edges_count; i++) {
            aflow_edge_stats e = aflow_result_edge(r, aflow_result_find(r, g->edges[i].id));
            if (strcmp(e.target, g->nodes.load_balancer.id) == 0) in += e.delivered;
            if (strcmp(e.source, g->nodes.load_balancer.id) == 0) out += e.sent;
        }
        SAME(out, in);
    }
    for (i = 0; i < g->nodes.servers_count; i++) {
        aflow_id id = aflow_result_find(r, g->nodes.servers[i].id);
        aflow_server_stats v = aflow_result_server(r, id);
        uint64_t present = v.arrived - v.completed, in = 0, out = 0, arrived = 0, completed = 0, spawned = 0;
        uint64_t counted = last(r, AFLOW_READY_QUEUE_LEN, id) + last(r, AFLOW_CORE_BUSY, id) + last(r, AFLOW_EVENT_LOOP_IO_SLEEP, id) + last(r, AFLOW_RAM_QUEUE_LEN, id);
        for (k = 0; k < v.endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(r, id, k);
            arrived += e.arrived;
            completed += e.completed;
            SAME(e.latency.count, e.completed);
            spawned += spawns_of(&g->nodes.servers[i].endpoints[k]);
        }
        SAME(arrived, v.arrived);
        SAME(completed, v.completed);
        for (k = 0; k < g->edges_count; k++) {
            aflow_edge_stats e = aflow_result_edge(r, aflow_result_find(r, g->edges[k].id));
            if (strcmp(e.target, v.id) == 0) in += e.delivered;
            if (strcmp(e.source, v.id) == 0) out += e.sent;
        }
        SAME(in, v.arrived + v.refused);
        SAME(out, v.completed);
        if (spawned) TRUE(counted >= present);          /* background tasks sleep, too */
        else SAME(counted, present);
        in_flight += present;
        dropped += v.refused;
        TRUE(aflow_result_metric(r, AFLOW_CORE_BUSY, id).max <= v.cpu_cores);
        TRUE(aflow_result_metric(r, AFLOW_RAM_IN_USE, id).max <= v.ram_mb);
        if (v.db_connection_pool) TRUE(aflow_result_metric(r, AFLOW_DB_CONNECTIONS_IN_USE, id).max <= v.db_connection_pool);
    }
    SAME(back, c.completed);
    SAME(dropped, c.dropped);
    SAME(c.generated, c.completed + c.dropped + in_flight);
    SAME(c.in_flight, in_flight);
    check_latencies(r);
}

/* --- Little's law and utilization ---------------------------------------------------------- */

/* Without io_task_spawn steps. Nobody waits for such a task, so nothing else may change. */
static struct world *without_spawns(const aflow_scenario *s)
{
    struct world *w = copy_of(s);
    size_t i, k, n;
    for (i = 0; i < servers_of(w); i++) {
        for (k = 0; k < w->servers[i].endpoints_count; k++) {
            aflow_endpoint *e = &w->endpoints[i][k];
            size_t kept = 0;
            for (n = 0; n < e->steps_count; n++) if (w->steps[i][k][n].kind != AFLOW_STEP_IO_TASK_SPAWN) w->steps[i][k][kept++] = w->steps[i][k][n];
            e->steps_count = kept;
        }
    }
    return w;
}

/* The number in the system, over time, is the sojourns, clipped at the end: exactly, in any run. */
static void check_little(const aflow_scenario *scenario, uint64_t seed)
{
    struct world *w = without_spawns(scenario);
    aflow_result *r = run_of(&w->s, seed);
    uint64_t n, rows, i, *starts = starts_of(&w->s, seed, &n);
    uint64_t end = (uint64_t)(aflow_result_info(r).horizon_s * NS + .5);
    struct trip *t = trips_of(r, &rows);
    double area = 0;
    uint64_t sum = 0;
    SAME(rows, n);
    for (i = 0; i < n; i++) {
        if (t[i + 1].finish || t[i + 1].start) SAME(t[i + 1].start, starts[i]);
        sum += (t[i + 1].finish ? t[i + 1].finish : end) - starts[i];
    }
    for (i = 0; i < w->s.topology_graph.edges_count; i++) area += integral(r, AFLOW_EDGE_CONCURRENT_CONNECTION, aflow_result_find(r, w->edges[i].id));
    for (i = 0; i < servers_of(w); i++) {
        aflow_id id = aflow_result_find(r, w->servers[i].id);
        area += integral(r, AFLOW_READY_QUEUE_LEN, id) + integral(r, AFLOW_CORE_BUSY, id) + integral(r, AFLOW_EVENT_LOOP_IO_SLEEP, id) + integral(r, AFLOW_RAM_QUEUE_LEN, id);
    }
    EQUAL(area, (double)sum);
    TRUE(sum > 0);
    free(t);
    free(starts);
    aflow_result_destroy(r);
    forget(w);
}

/* Sum of the amounts of one sort, in ns; -1 where one of them is random. */
enum sort { CPU, IO, DB, TASK };
static double constant_sum(const aflow_endpoint *e, enum sort sort)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < e->steps_count; i++) {
        const aflow_step *s = &e->steps[i];
        int cpu = s->kind == AFLOW_STEP_CPU_BOUND_OPERATION || s->kind == AFLOW_STEP_INITIAL_PARSING, task = s->kind == AFLOW_STEP_IO_TASK_SPAWN;
        int counts = sort == CPU ? cpu : sort == TASK ? task : sort == DB ? s->kind == AFLOW_STEP_IO_DB : !cpu && !task && s->kind != AFLOW_STEP_RAM;
        const aflow_random_variable *v = cpu ? &s->cpu_time : &s->io_waiting_time;
        if (!counts) continue;
        if (v->distribution != AFLOW_DISTRIBUTION_CONSTANT && v->distribution != AFLOW_DISTRIBUTION_DEFAULT) return -1;
        sum += floor(v->mean * NS + .5);
    }
    return sum;
}

/* MB of RAM; -1 where it is random. */
static double constant_ram(const aflow_endpoint *e)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < e->steps_count; i++) {
        const aflow_random_variable *v = &e->steps[i].necessary_ram;
        if (e->steps[i].kind != AFLOW_STEP_RAM) continue;
        if (v->distribution != AFLOW_DISTRIBUTION_CONSTANT && v->distribution != AFLOW_DISTRIBUTION_DEFAULT) return -1;
        sum += v->mean;
    }
    return sum;
}

/* Expected total of one sort over a server's requests; -1 where it cannot be known. */
static double server_sum(const aflow_server *s, const aflow_result *r, aflow_id id, enum sort sort)
{
    double sum = 0;
    size_t k;
    for (k = 0; k < s->endpoints_count; k++) {
        double one = constant_sum(&s->endpoints[k], sort);
        if (one < 0) return -1;
        sum += one * (double)aflow_result_endpoint(r, id, k).completed;
    }
    return sum;
}

static int checked_utilizations, checked_edges, checked_ram;

/* A server of which all requests are gone: what was held is what they asked for. */
static void check_drained_server(const aflow_server *s, const aflow_result *r)
{
    aflow_id id = aflow_result_find(r, s->id);
    double ready = integral(r, AFLOW_READY_QUEUE_LEN, id), core = integral(r, AFLOW_CORE_BUSY, id), sleep = integral(r, AFLOW_EVENT_LOOP_IO_SLEEP, id);
    double ram_queue = integral(r, AFLOW_RAM_QUEUE_LEN, id), db = integral(r, AFLOW_DB_CONNECTIONS_IN_USE, id), db_queue = integral(r, AFLOW_DB_QUEUE_LEN, id);
    double tasks = server_sum(s, r, id, TASK), sojourns = 0, cpu = server_sum(s, r, id, CPU), io = server_sum(s, r, id, IO), query = server_sum(s, r, id, DB);
    double ram = constant_ram(&s->endpoints[0]);
    size_t k;
    for (k = 0; k < s->endpoints_count; k++) {
        aflow_endpoint_stats e = aflow_result_endpoint(r, id, k);
        SAME(e.arrived, e.completed);
        if (e.completed) sojourns += e.latency.mean_s * NS * (double)e.completed;
        if (constant_ram(&s->endpoints[k]) != ram) ram = -1;
    }
    SAME(last(r, AFLOW_READY_QUEUE_LEN, id) + last(r, AFLOW_CORE_BUSY, id) + last(r, AFLOW_EVENT_LOOP_IO_SLEEP, id) + last(r, AFLOW_RAM_QUEUE_LEN, id), 0);
    SAME(last(r, AFLOW_RAM_IN_USE, id) + last(r, AFLOW_DB_CONNECTIONS_IN_USE, id) + last(r, AFLOW_DB_QUEUE_LEN, id), 0);
    if (tasks >= 0) EQUAL(ready + core + sleep + ram_queue, sojourns + tasks);
    if (cpu >= 0) { EQUAL(core, cpu); EQUAL(aflow_result_server(r, id).cpu_utilization * (aflow_result_info(r).horizon_s * NS) * aflow_result_server(r, id).cpu_cores, cpu); checked_utilizations++; }
    if (tasks >= 0 && io >= 0) EQUAL(sleep - db_queue, io + tasks);
    if (query >= 0 && s->server_resources.db_connection_pool) EQUAL(db, query);
    if (ram >= 0) { EQUAL(integral(r, AFLOW_RAM_IN_USE, id), ram * (sojourns - ram_queue)); checked_ram += ram > 0; }
}

static void check_drained(const aflow_scenario *s, const aflow_result *r)
{
    size_t i, k;
    for (i = 0; i < s->topology_graph.nodes.servers_count; i++) check_drained_server(&s->topology_graph.nodes.servers[i], r);
    for (i = 0; i < s->topology_graph.edges_count; i++) {
        const aflow_edge *e = &s->topology_graph.edges[i];
        aflow_id id = aflow_result_find(r, e->id);
        int spiked = 0;
        for (k = 0; k < s->events_count; k++) spiked |= strcmp(s->events[k].target_id, e->id) == 0;
        SAME(last(r, AFLOW_EDGE_CONCURRENT_CONNECTION, id), 0);
        if (spiked || e->latency.distribution != AFLOW_DISTRIBUTION_CONSTANT) continue;
        EQUAL(integral(r, AFLOW_EDGE_CONCURRENT_CONNECTION, id), floor(e->latency.mean * NS + .5) * (double)aflow_result_edge(r, id).delivered);
        checked_edges++;
    }
}

/* A run's own arrivals, replayed, give the same run; and with a later horizon the same rows, then more until all are gone. */
static void check_replay_and_drain(const aflow_scenario *s, uint64_t seed)
{
    struct world *w = copy_of(s);
    aflow_result *first = run_of(s, seed), *again;
    uint64_t n, i, *starts = starts_of(s, seed, &n), rows = aflow_result_requests(first), busy;
    int doublings;
    w->arrivals = (double *)some((size_t)(n + 1) * sizeof *w->arrivals);
    for (i = 0; i < n; i++) w->arrivals[i] = (double)starts[i] / NS;
    w->s.rqs_input.arrivals = w->arrivals;
    w->s.rqs_input.arrivals_count = (size_t)n;
    w->s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE;
    if (!w->s.sim_settings.total_simulation_time) w->s.sim_settings.total_simulation_time = 3600;
    again = run_of(&w->s, seed);
    check_same_runs(first, again);
    for (doublings = 0, busy = 1; busy && doublings < 12; doublings++) {
        aflow_result_destroy(again);
        w->s.sim_settings.total_simulation_time *= 2;
        again = run_of(&w->s, seed);
        busy = aflow_result_info(again).requests.in_flight;
        for (i = 0; i < servers_of(w); i++) busy += last(again, AFLOW_EVENT_LOOP_IO_SLEEP, aflow_result_find(again, w->servers[i].id));
    }
    SAME(busy, 0);
    SAME(aflow_result_info(again).requests.generated, n);
    for (i = 0; i < rows; i++) {
        aflow_request_info p = aflow_result_request(first, i), q = aflow_result_request(again, i);
        if (p.id == q.id && p.start_ns == q.start_ns && p.finish_ns == q.finish_ns) continue;
        test_fail(__FILE__, __LINE__, "[%s] row %llu differs with a later horizon", label, (unsigned long long)i);
        break;
    }
    check_balance(&w->s, again);
    check_drained(&w->s, again);
    aflow_result_destroy(first);
    aflow_result_destroy(again);
    free(starts);
    forget(w);
}

/* --- What must not change a run ------------------------------------------------------------- */

static aflow_result *end_of(aflow_sim *sim)
{
    aflow_result *r = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    if (!r) exit(2);
    CHECK_STR(aflow_result_referee(r).first, "");
    return r;
}

/* In a thousand slices, with another sim of another seed played in between, and with live counters read. */
static void check_slices(const aflow_scenario *s, uint64_t seed)
{
    aflow_result *whole = run_of(s, seed), *other = run_of(s, seed + 1), *a, *b;
    aflow_sim *x = aflow_sim_create(s, &(aflow_run_desc){ .seed = seed, .record_requests = 1 }, NULL);
    aflow_sim *y = aflow_sim_create(s, &(aflow_run_desc){ .seed = seed + 1, .record_requests = 1 }, NULL);
    int i;
    for (i = 1; i <= 1000; i++) {
        double t = aflow_sim_horizon(x) * i / 1000;
        aflow_counters c;
        aflow_sim_run_until(x, t);
        aflow_sim_run_until(y, t * .999);
        c = aflow_sim_counters(x);
        TRUE(c.generated == c.completed + c.dropped + c.in_flight);
    }
    aflow_sim_run_until(y, 1e12);
    a = end_of(x);
    b = end_of(y);
    check_same_runs(whole, a);
    check_same_runs(other, b);
    for (i = 0; i < (int)s->topology_graph.nodes.servers_count; i++) {
        aflow_id id = aflow_result_find(a, s->topology_graph.nodes.servers[i].id);
        TRUE(aflow_result_metric(a, AFLOW_CORE_BUSY, id).mean == aflow_result_metric(whole, AFLOW_CORE_BUSY, id).mean);
        TRUE(aflow_result_metric(a, AFLOW_READY_QUEUE_LEN, id).max == aflow_result_metric(whole, AFLOW_READY_QUEUE_LEN, id).max);
        TRUE(aflow_result_metric(a, AFLOW_EVENT_LOOP_IO_SLEEP, id).sampled_mean == aflow_result_metric(whole, AFLOW_EVENT_LOOP_IO_SLEEP, id).sampled_mean ||
             !aflow_metric_is_sampled(a, AFLOW_EVENT_LOOP_IO_SLEEP));
    }
    TRUE(aflow_result_info(whole).digest != aflow_result_info(other).digest || s->rqs_input.arrivals_count > 0);
    aflow_result_destroy(whole);
    aflow_result_destroy(other);
    aflow_result_destroy(a);
    aflow_result_destroy(b);
}

/* Metrics and records only watch. */
static void check_watching(const aflow_scenario *s, uint64_t seed)
{
    struct world *all = copy_of(s), *none = copy_of(s);
    aflow_result *plain = aflow_run(s, &(aflow_run_desc){ .seed = seed, .endpoint_latency_off = 1 }, NULL);
    all->s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_ALL;
    all->s.sim_settings.sample_period_s = .1;
    none->s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE;
    check_same(s, &all->s, seed);
    check_same(s, &none->s, seed);
    if (!plain) exit(2);
    TRUE(aflow_result_info(plain).digest == digest_of(s, seed));
    aflow_result_destroy(plain);
    forget(all);
    forget(none);
}

/* Servers, edges and endpoints that no request meets; in front of the others in the file, and behind. */
static void check_unrelated(const aflow_scenario *s, uint64_t seed)
{
    struct world *w = copy_of(s);
    const aflow_step step = aflow_cpu(aflow_exponential(1));
    const aflow_endpoint never = { .endpoint_name = "/never", .steps = &step, .steps_count = 1, .probability = AFLOW_ZERO };
    aflow_endpoint *e = &w->endpoints[0][0];
    size_t i, n = servers_of(w);
    if (w->servers[0].endpoints_count == 1) {
        w->endpoints[0][1] = never;
        w->servers[0].endpoints_count = 2;
        check_same(s, &w->s, seed);
        w->servers[0].endpoints_count = 1;
    }
    e = &w->endpoints[n][0];
    *e = never;
    e->probability = 0;
    w->servers[n] = (aflow_server){ .id = "nobody", .endpoints = e, .endpoints_count = 1 };
    w->edges[w->s.topology_graph.edges_count++] = (aflow_edge){ .id = "nowhere", .source = "nobody", .target = s->topology_graph.nodes.client.id, .latency = aflow_exponential(1) };
    w->s.topology_graph.nodes.servers_count++;
    check_same(s, &w->s, seed);
    for (i = n; i > 0; i--) w->servers[i] = w->servers[i - 1];
    w->servers[0] = (aflow_server){ .id = "nobody", .endpoints = e, .endpoints_count = 1 };
    for (i = w->s.topology_graph.edges_count - 1; i > 0; i--) w->edges[i] = w->edges[i - 1];
    w->edges[0] = (aflow_edge){ .id = "nowhere", .source = "nobody", .target = s->topology_graph.nodes.client.id, .latency = aflow_exponential(1) };
    check_same(s, &w->s, seed);
    forget(w);
}

/* A pool that is never empty is no pool. */
static void check_large_pool(const aflow_scenario *s, uint64_t seed)
{
    struct world *none = copy_of(s), *large = copy_of(s);
    size_t i;
    for (i = 0; i < servers_of(none); i++) {
        none->servers[i].server_resources.db_connection_pool = 0;
        large->servers[i].server_resources.db_connection_pool = 1000000;
    }
    check_same(&none->s, &large->s, seed);
    forget(none);
    forget(large);
}

/* Background tasks hold nothing that anybody waits for. (Random ones take draws of their endpoint.) */
static void check_spawns(const aflow_scenario *s, uint64_t seed)
{
    struct world *w;
    size_t i, k;
    if (!has_spawns(s)) return;
    for (i = 0; i < s->topology_graph.nodes.servers_count; i++) {
        for (k = 0; k < s->topology_graph.nodes.servers[i].endpoints_count; k++) {
            if (constant_sum(&s->topology_graph.nodes.servers[i].endpoints[k], TASK) < 0) return;
        }
    }
    w = without_spawns(s);
    check_same(s, &w->s, seed);
    forget(w);
}

static void check_all(const aflow_scenario *s, const char *name, uint64_t seed)
{
    aflow_result *r;
    label = name;
    r = run_of(s, seed);
    TRUE(aflow_result_info(r).requests.completed > 0);
    check_balance(s, r);
    aflow_result_destroy(r);
    check_little(s, seed);
    check_replay_and_drain(s, seed);
    check_slices(s, seed);
    check_watching(s, seed);
    check_unrelated(s, seed);
    check_large_pool(s, seed);
    check_spawns(s, seed);
    label = "";
}

/* --- Scenarios of every kind -------------------------------------------------------------------- */

static aflow_builder *new_world(aflow_random_variable users, double rpm, aflow_id *generator, aflow_id *client)
{
    aflow_builder *b = aflow_builder_create(NULL);
    *generator = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = users, .avg_request_per_minute_per_user = aflow_constant(rpm), .user_sampling_window = 20 });
    *client = aflow_add_client(b, NULL);
    aflow_connect(b, *generator, *client, aflow_exponential(.003));
    aflow_builder_settings(b)->total_simulation_time = 120;
    aflow_builder_settings(b)->sample_period_s = .05;
    return b;
}

static aflow_builder *single(aflow_random_variable users, double rpm, aflow_server_resources resources, const aflow_step *steps, size_t count)
{
    aflow_id g, c, s;
    aflow_builder *b = new_world(users, rpm, &g, &c);
    s = aflow_add_server(b, &(aflow_server){ .server_resources = resources });
    aflow_add_endpoint(b, s, "/a", steps, count);
    aflow_connect(b, c, s, aflow_constant(.002));
    aflow_connect(b, s, c, aflow_constant(.003));
    return b;
}

static aflow_builder *cpu_bound(void)
{
    return single(aflow_constant(100), 55, (aflow_server_resources){ .cpu_cores = 2 }, AFLOW_STEPS(aflow_cpu_s(.004), aflow_cpu_s(.006), aflow_io_s(.02), aflow_cpu_s(.01)));
}

static aflow_builder *ram_bound(void)
{
    return single(aflow_poisson(60), 60, (aflow_server_resources){ .cpu_cores = 4, .ram_mb = 1000 }, AFLOW_STEPS(aflow_ram_mb(99.5), aflow_cpu_s(.003), aflow_io_s(.12), aflow_ram_mb(.25)));
}

static aflow_builder *pool_bound(void)
{
    return single(aflow_poisson(60), 60, (aflow_server_resources){ .cpu_cores = 2, .db_connection_pool = 5 }, AFLOW_STEPS(aflow_cpu_s(.003), aflow_db_s(.05), aflow_db_s(.02), aflow_cpu_s(.002)));
}

static aflow_builder *overloaded(void)
{
    return single(aflow_normal(100, 400), 90, (aflow_server_resources){ .cpu_cores = 1, .ram_mb = 512 }, AFLOW_STEPS(aflow_cpu_s(.01), aflow_ram_mb(64), aflow_io_s(.05)));
}

static aflow_builder *random_steps(void)
{
    return single(aflow_poisson(50), 60, (aflow_server_resources){ .cpu_cores = 2, .ram_mb = 2048, .db_connection_pool = 3 },
                  AFLOW_STEPS(aflow_cpu(aflow_exponential(.01)), aflow_ram(aflow_uniform(50, 300)), aflow_db(aflow_log_normal(.03, .0009)), aflow_cpu(aflow_uniform(.001, .02)),
                              aflow_io(aflow_normal(.05, .0004)), aflow_ram(aflow_exponential(20))));
}

static aflow_step task(aflow_random_variable seconds) { return aflow_step_of(AFLOW_STEP_IO_TASK_SPAWN, aflow_not_given(), aflow_not_given(), seconds); }

static aflow_builder *tasks(void)
{
    return single(aflow_constant(60), 60, (aflow_server_resources){ .cpu_cores = 1, .ram_mb = 2048 },
                  AFLOW_STEPS(task(aflow_constant(.3)), aflow_cpu(aflow_exponential(.01)), task(aflow_constant(.05)), aflow_ram_mb(30), aflow_io(aflow_exponential(.02)), task(aflow_constant(.001))));
}

static aflow_builder *random_tasks(void)
{
    return single(aflow_constant(60), 60, (aflow_server_resources){ .cpu_cores = 1 }, AFLOW_STEPS(aflow_cpu_s(.01), task(aflow_exponential(.2)), aflow_io_s(.02)));
}

static aflow_builder *mixed_endpoints(void)
{
    aflow_builder *b = single(aflow_poisson(80), 60, (aflow_server_resources){ .cpu_cores = 2, .ram_mb = 1024, .db_connection_pool = 4 }, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.02)));
    const aflow_step query[4] = { aflow_cpu_s(.002), aflow_ram_mb(100), aflow_db_s(.05), aflow_cpu_s(.005) }, heavy[3] = { aflow_ram_mb(700), aflow_io_s(.05), aflow_cpu_s(.03) };
    aflow_id s = 0;
    aflow_result *r = run_of(aflow_builder_scenario(b, NULL), 0);   /* ids are the same in builder and result */
    s = aflow_result_find(r, "srv-1");
    aflow_result_destroy(r);
    aflow_add_weighted_endpoint(b, s, &(aflow_endpoint){ .endpoint_name = "/query", AFLOW_ARRAY(steps, query), .probability = .5 });
    aflow_add_weighted_endpoint(b, s, &(aflow_endpoint){ .endpoint_name = "/heavy", AFLOW_ARRAY(steps, heavy), .probability = .1 });
    return b;
}

static aflow_builder *balanced(aflow_lb_algorithm algorithm, int with_events, double rpm)
{
    aflow_id g, c, lb, s[3], to[3];
    aflow_builder *b = new_world(aflow_poisson(100), rpm, &g, &c);
    int i;
    lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = algorithm });
    aflow_connect_edge(b, c, lb, &(aflow_edge){ .latency = aflow_constant(.002), .dropout_rate = .01 });
    for (i = 0; i < 3; i++) {
        s[i] = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 1 } });
        aflow_add_endpoint(b, s[i], "/a", AFLOW_STEPS(aflow_cpu_s(.012), aflow_ram_mb(16), aflow_io_s(.02)));
        to[i] = aflow_connect_edge(b, lb, s[i], &(aflow_edge){ .latency = i == 1 ? aflow_exponential(.002) : aflow_constant(.001), .dropout_rate = i == 2 ? .05 : 0 });
        aflow_connect(b, s[i], c, aflow_constant(.003));
    }
    if (with_events) {
        aflow_add_outage(b, s[0], 10, 30.5);
        aflow_add_outage(b, s[2], 20, 40);
        aflow_add_outage(b, s[0], 60, 90);
        aflow_add_spike(b, to[1], 15, 50, .05);
        aflow_add_spike(b, to[1], 30, 70, .02);
        aflow_add_spike(b, to[0], 100, 119, .5);
    }
    return b;
}

static aflow_builder *round_robin(void) { return balanced(AFLOW_LB_ROUND_ROBIN, 0, 120); }
static aflow_builder *least_connection(void) { return balanced(AFLOW_LB_LEAST_CONNECTION, 0, 120); }
static aflow_builder *outages(void) { return balanced(AFLOW_LB_ROUND_ROBIN, 1, 90); }
static aflow_builder *outages_least(void) { return balanced(AFLOW_LB_LEAST_CONNECTION, 1, 90); }
static aflow_builder *outages_overload(void) { return balanced(AFLOW_LB_ROUND_ROBIN, 1, 180); }

/* Three in a row with lossy edges, one of them refused for a while. */
static aflow_builder *row(void)
{
    aflow_id g, c, s[3], e = 0;
    aflow_builder *b = new_world(aflow_poisson(60), 60, &g, &c);
    int i;
    for (i = 0; i < 3; i++) {
        s[i] = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 1 } });
        aflow_add_endpoint(b, s[i], "/a", AFLOW_STEPS(aflow_cpu_s(.008), aflow_io(aflow_exponential(.01)), aflow_cpu_s(.004)));
    }
    for (i = 0; i < 4; i++) e = aflow_connect_edge(b, i ? s[i - 1] : c, i < 3 ? s[i] : c, &(aflow_edge){ .latency = aflow_exponential(.005), .dropout_rate = .02 });
    aflow_add_outage(b, s[1], 40, 50);
    aflow_add_spike(b, e, 10, 20, 1);
    return b;
}

static const struct { const char *name; aflow_builder *(*build)(void); } kinds[] = {
    { "cpu bound", cpu_bound }, { "ram bound", ram_bound }, { "pool bound", pool_bound }, { "overloaded", overloaded }, { "random steps", random_steps },
    { "tasks", tasks }, { "random tasks", random_tasks }, { "mixed endpoints", mixed_endpoints }, { "round robin", round_robin },
    { "least connection", least_connection }, { "outages", outages }, { "outages, least connection", outages_least },
    { "outages, overload", outages_overload }, { "row", row },
};

static void identities_hold_for_every_kind(void)
{
    size_t i;
    uint64_t seed;
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (seed = 1; seed <= (test_brief() ? 1u : 2u); seed++) {
            aflow_builder *b = kinds[i].build();
            check_all(aflow_builder_scenario(b, NULL), kinds[i].name, seed);
            aflow_builder_destroy(b);
        }
    }
    CHECK(checked_utilizations > 20 && checked_edges > 20 && checked_ram > 5);
}

static void identities_hold_for_the_example_scenarios(void)
{
    static const char *const names[] = { "beyond_asyncflow", "event_injection_single_server", "event_injection_two_servers", "heavy_single_server", "replay", "shop", "single_server", "two_servers" };
    size_t i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        char file_name[128];
        aflow_diagnostics problems = { 0 };
        aflow_scenario_file *file;
        snprintf(file_name, sizeof file_name, "examples/scenarios/%s.yml", names[i]);
        file = aflow_read_file(file_name, &problems, NULL);
        if (!file) {
            aflow_write_diagnostics(&problems, aflow_put_file, stdout);
            test_fail(__FILE__, __LINE__, "%s cannot be read", file_name);
        } else {
            check_all(aflow_scenario_of(file), names[i], 7);
        }
        aflow_diagnostics_clear(&problems);
        aflow_scenario_file_destroy(file);
    }
}

/* --- Recursions: every request of a queue, worked out from its arrivals ------------------------------ */

/* Endpoints of one server by name "/0", "/1", ...; a run's rows by id. */
struct visit { uint64_t arrived, finish; int endpoint; };

static struct visit *visits_of(const aflow_result *r, uint64_t before, uint64_t behind, uint64_t *count)
{
    uint64_t rows = aflow_result_requests(r), i, n = aflow_result_info(r).requests.generated;
    struct visit *v = (struct visit *)some((size_t)(n + 1) * sizeof *v);
    for (i = 0; i < rows; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        v[q.id - 1].arrived = q.start_ns + before;
        v[q.id - 1].finish = q.finish_ns - behind;
        v[q.id - 1].endpoint = q.endpoint[1] - '0';
    }
    *count = 0;
    while (*count < n && v[*count].finish) (*count)++;      /* those before the first that did not finish */
    return v;
}

/* First come, first served with c places (Kiefer and Wolfowitz 1955): each goes to the place that is free first. */
static uint64_t check_places(const struct visit *v, uint64_t n, const uint64_t *service, uint32_t c)
{
    uint64_t free_at[8] = { 0 }, i, waited = 0;
    for (i = 0; i < n; i++) {
        uint32_t best = 0, k;
        uint64_t begin;
        for (k = 1; k < c; k++) if (free_at[k] < free_at[best]) best = k;
        begin = v[i].arrived > free_at[best] ? v[i].arrived : free_at[best];
        waited += begin > v[i].arrived;
        free_at[best] = begin + service[v[i].endpoint];
        if (free_at[best] == v[i].finish) continue;
        test_fail(__FILE__, __LINE__, "[%s] request %llu leaves at %llu, by the recursion at %llu", label, (unsigned long long)i + 1, (unsigned long long)v[i].finish, (unsigned long long)free_at[best]);
        break;
    }
    return waited;
}

/* places: 'c' cores, 'r' RAM, 'd' connections. */
static void check_station(char places, uint32_t c, uint64_t seed)
{
    static const uint64_t service[] = { 2 * MS, 5 * MS, 20 * MS };
    static const char *const names[] = { "/0", "/1", "/2" };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id g = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = aflow_constant(95. * c), .avg_request_per_minute_per_user = aflow_constant(60) });
    aflow_id client = aflow_add_client(b, NULL), s;
    aflow_result *r;
    struct visit *v;
    uint64_t n;
    int i;
    s = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = places == 'c' ? c : 1, .ram_mb = 256 * c, .db_connection_pool = places == 'd' ? c : 0 } });
    for (i = 0; i < 3; i++) {
        double t = (double)service[i] / NS;
        if (places == 'c') aflow_add_endpoint(b, s, names[i], AFLOW_STEPS(aflow_cpu_s(t / 2), aflow_cpu_s(t / 2)));
        else if (places == 'r') aflow_add_endpoint(b, s, names[i], AFLOW_STEPS(aflow_ram_mb(256), aflow_io_s(t)));
        else aflow_add_endpoint(b, s, names[i], AFLOW_STEPS(aflow_db_s(t)));
    }
    aflow_connect(b, g, client, aflow_constant(.001));
    aflow_connect(b, client, s, aflow_constant(.002));
    aflow_connect(b, s, client, aflow_constant(.003));
    aflow_builder_settings(b)->total_simulation_time = 200;
    r = run_of(aflow_builder_scenario(b, NULL), seed);
    v = visits_of(r, 3 * MS, 3 * MS, &n);
    TRUE(n > 15000 * (uint64_t)c);
    TRUE(check_places(v, n, service, c) > n / 4);
    free(v);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

static void a_queue_is_its_recursion_request_by_request(void)
{
    uint32_t c;
    for (c = 1; c <= 5; c++) {
        label = "cores";
        check_station('c', c, 100 + c);
        label = "ram";
        check_station('r', c, 200 + c);
        label = "connections";
        check_station('d', c, 300 + c);
    }
    label = "";
}

/* Strictly first come, first served RAM, where requests need different amounts: who does not fit holds up all behind him. */
static void the_head_of_the_line_blocks(void)
{
    static const uint64_t amount[] = { 100, 400, 700 }, service[] = { 10 * MS, 25 * MS, 60 * MS };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id g = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = aflow_constant(45), .avg_request_per_minute_per_user = aflow_constant(60) });
    aflow_id client = aflow_add_client(b, NULL), s = aflow_add_server(b, &(aflow_server){ .server_resources = { .ram_mb = 1000 } });
    aflow_result *r;
    struct visit *v;
    uint64_t n, i, k, begun = 0, *end, overtaken = 0;
    aflow_add_endpoint(b, s, "/0", AFLOW_STEPS(aflow_ram_mb(100), aflow_io_s(.01)));
    aflow_add_endpoint(b, s, "/1", AFLOW_STEPS(aflow_ram_mb(400), aflow_io_s(.025)));
    aflow_add_endpoint(b, s, "/2", AFLOW_STEPS(aflow_ram_mb(700), aflow_io_s(.06)));
    aflow_connect(b, g, client, aflow_constant(.001));
    aflow_connect(b, client, s, aflow_constant(.001));
    aflow_connect(b, s, client, aflow_constant(.001));
    aflow_builder_settings(b)->total_simulation_time = 200;
    r = run_of(aflow_builder_scenario(b, NULL), 5);
    v = visits_of(r, 2 * MS, MS, &n);
    end = (uint64_t *)some((size_t)(n + 1) * sizeof *end);
    CHECK(n > 5000);
    for (i = 0; i < n; i++) {
        uint64_t used, next, at = v[i].arrived > begun ? v[i].arrived : begun;
        for (;;) {                      /* on to the next end until it fits */
            used = 0;
            next = UINT64_MAX;
            for (k = i > 64 ? i - 64 : 0; k < i; k++) {
                if (end[k] <= at) continue;
                used += amount[v[k].endpoint];
                if (end[k] < next) next = end[k];
            }
            if (used + amount[v[i].endpoint] <= 1000) break;
            at = next;
        }
        begun = at;
        end[i] = at + service[v[i].endpoint];
        overtaken += at > v[i].arrived;
        if (end[i] != v[i].finish) {
            test_fail(__FILE__, __LINE__, "request %llu leaves at %llu, expected %llu", (unsigned long long)i + 1, (unsigned long long)v[i].finish, (unsigned long long)end[i]);
            break;
        }
    }
    CHECK(overtaken > n / 4);
    free(end);
    free(v);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

/* --- Scenarios that are the same in other words ------------------------------------------------------- */

/* Balancer, `servers` servers of `cores`; fixed CPU time, all edges constant but the first. */
static aflow_builder *farm(uint32_t servers, uint32_t cores, double cpu_s, double ram_mb, uint32_t server_ram, double rate)
{
    aflow_id g, c, lb, s;
    aflow_builder *b = new_world(aflow_constant(rate), 60, &g, &c);
    uint32_t i;
    lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ .id = "lb" });
    aflow_connect(b, c, lb, aflow_constant(.001));
    for (i = 0; i < servers; i++) {
        s = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = cores, .ram_mb = server_ram } });
        if (ram_mb > 0) aflow_add_endpoint(b, s, "/a", AFLOW_STEPS(aflow_ram_mb(ram_mb), aflow_cpu_s(cpu_s)));
        else aflow_add_endpoint(b, s, "/a", AFLOW_STEPS(aflow_cpu_s(cpu_s)));
        aflow_connect(b, lb, s, aflow_constant(.002));
        aflow_connect(b, s, c, aflow_constant(.003));
    }
    return b;
}

static void round_robin_over_one_core_servers_is_one_server_of_as_many_cores(void)
{
    uint32_t c;
    for (c = 2; c <= 7; c++) {
        aflow_builder *many = farm(c, 1, .01, 0, 256, 92. * c), *one = farm(1, c, .01, 0, 256, 92. * c);
        aflow_result *a = run_of(aflow_builder_scenario(many, NULL), c), *b = run_of(aflow_builder_scenario(one, NULL), c);
        uint64_t n, m, i, waited = 0;
        struct trip *x = trips_of(a, &n), *y = trips_of(b, &m);
        CHECK_U64(n, m);
        CHECK(n > 10000 * c);
        for (i = 1; i <= n; i++) {
            waited += x[i].finish > x[i].start + 30 * MS;
            if (x[i].start == y[i].start && x[i].finish == y[i].finish) continue;
            test_fail(__FILE__, __LINE__, "request %llu of %u servers", (unsigned long long)i, (unsigned)c);
            break;
        }
        CHECK(waited > n / 10);
        free(x);
        free(y);
        aflow_result_destroy(a);
        aflow_result_destroy(b);
        aflow_builder_destroy(many);
        aflow_builder_destroy(one);
    }
}

static void compare(aflow_builder *a, aflow_builder *b, int expect_same)
{
    const aflow_scenario *x = aflow_builder_scenario(a, NULL), *y = aflow_builder_scenario(b, NULL);
    if (expect_same) check_same(x, y, 11);
    else CHECK(digest_of(x, 11) != digest_of(y, 11));
    aflow_builder_destroy(a);
    aflow_builder_destroy(b);
}

static void ram_for_as_many_requests_as_cores_does_not_matter(void)
{
    uint32_t c;
    for (c = 1; c <= 4; c++) {
        compare(farm(1, c, .01, 0, 256 * c, 92. * c), farm(1, c, .01, 256, 256 * c, 92. * c), 1);
        if (c > 1) compare(farm(1, c, .01, 0, 256 * c, 92. * c), farm(1, c, .01, 256, 256 * c - 1, 92. * c), 0);
    }
    compare(farm(3, 2, .01, 0, 600, 552), farm(3, 2, .01, 300, 600, 552), 1);
}

static void steps_of_one_kind_in_a_row_are_one_step(void)
{
    aflow_server_resources r = { .cpu_cores = 2 };
    compare(single(aflow_poisson(70), 60, r, AFLOW_STEPS(aflow_cpu_s(.004), aflow_cpu_s(.016), aflow_io_s(.01), aflow_io_s(.02), aflow_cpu_s(.003), aflow_cpu_s(.001))),
            single(aflow_poisson(70), 60, r, AFLOW_STEPS(aflow_cpu_s(.02), aflow_io_s(.03), aflow_cpu_s(.004))), 1);
    compare(single(aflow_poisson(70), 60, r, AFLOW_STEPS(aflow_cpu_s(.02), aflow_ram_mb(10), aflow_ram_mb(20))),
            single(aflow_poisson(70), 60, r, AFLOW_STEPS(aflow_ram_mb(30), aflow_cpu_s(.02))), 1);
}

static void a_pool_as_large_as_what_is_in_the_server_does_not_matter(void)
{
    aflow_step steps[3] = { aflow_ram_mb(256), aflow_cpu_s(.002), aflow_db(aflow_exponential(.1)) };
    aflow_server_resources without = { .ram_mb = 256 * 6 }, exact = without, small = without;
    exact.db_connection_pool = 6;       /* RAM lets no more than six in */
    small.db_connection_pool = 5;
    compare(single(aflow_poisson(55), 60, without, steps, 3), single(aflow_poisson(55), 60, exact, steps, 3), 1);
    compare(single(aflow_poisson(55), 60, without, steps, 3), single(aflow_poisson(55), 60, small, steps, 3), 0);
}

/* Down from the first tick to the last: as if it were not there. */
static void a_server_that_is_always_down_is_no_server(void)
{
    int algorithm, which;
    for (algorithm = 0; algorithm < 2; algorithm++) {
        for (which = 0; which < 3; which++) {
            aflow_builder *a = balanced((aflow_lb_algorithm)algorithm, 0, 90);
            struct world *down = copy_of(aflow_builder_scenario(a, NULL)), *gone = copy_of(aflow_builder_scenario(a, NULL));
            size_t i, n = 0;
            down->events[0] = (aflow_event){ .event_id = "x", .target_id = down->servers[which].id, .start = { .kind = AFLOW_EVENT_SERVER_DOWN }, .end = { .kind = AFLOW_EVENT_SERVER_UP, .t_end = 120 } };
            down->s.events_count = 1;
            for (i = 0; i < gone->s.topology_graph.edges_count; i++) if (strcmp(gone->edges[i].target, gone->servers[which].id) != 0) gone->edges[n++] = gone->edges[i];
            gone->s.topology_graph.edges_count = n;
            for (i = n = 0; i < gone->s.topology_graph.nodes.load_balancer.server_covered_count; i++) if (strcmp(gone->covered[i], gone->servers[which].id) != 0) gone->covered[n++] = gone->covered[i];
            gone->s.topology_graph.nodes.load_balancer.server_covered_count = n;
            check_same(&down->s, &gone->s, 3);
            forget(down);
            forget(gone);
            aflow_builder_destroy(a);
        }
    }
}

/* A spike over the whole run is a longer edge; so are two that make it up, one behind the other or one on the other. */
static void a_spike_that_always_lasts_is_a_longer_edge(void)
{
    aflow_builder *b = farm(2, 1, .01, 0, 256, 150);
    struct world *spiked = copy_of(aflow_builder_scenario(b, NULL)), *longer = copy_of(aflow_builder_scenario(b, NULL));
    aflow_event *e = spiked->events;
    aflow_edge *edge = edge_from(longer, "lb");
    edge->latency = aflow_constant(.052);
    e[0] = (aflow_event){ .event_id = "0", .target_id = edge->id, .start = { AFLOW_EVENT_NETWORK_SPIKE_START, 0, .05 }, .end = { AFLOW_EVENT_NETWORK_SPIKE_END, 120 } };
    spiked->s.events_count = 1;
    check_same(&spiked->s, &longer->s, 2);
    e[1] = e[0];
    e[1].event_id = "1";
    e[0].end.t_end = e[1].start.t_start = 17.25;
    spiked->s.events_count = 2;
    check_same(&spiked->s, &longer->s, 2);
    e[0].start.spike_s = .02;
    e[1].start.spike_s = .03;
    e[0].end.t_end = 120;
    e[1].start.t_start = 0;
    check_same(&spiked->s, &longer->s, 2);
    forget(spiked);
    forget(longer);
    aflow_builder_destroy(b);
}

/* Spikes whose sum passes 2^64 ns, or comes close to it again: no message gets through, as with a single one. */
static void spikes_beyond_64_bits(void)
{
    enum { MANY = 18446 };          /* x 1e6 s + 744,073.709551616 s = 2^64 ns */
    static const double rest[] = { 744073.709551616, 744073.209551616, 1e-9 };
    aflow_builder *b = farm(2, 1, .01, 0, 256, 150);
    struct world *one = copy_of(aflow_builder_scenario(b, NULL)), *many = copy_of(aflow_builder_scenario(b, NULL));
    aflow_event *events = (aflow_event *)calloc(MANY + 1, sizeof *events);
    char (*names)[8] = (char (*)[8])calloc(MANY + 1, sizeof *names);
    size_t i;
    CHECK(events && names);
    for (i = 0; events && names && i <= MANY; i++) {
        snprintf(names[i], sizeof names[i], "%u", (unsigned)i);
        events[i] = (aflow_event){ .event_id = names[i], .target_id = edge_from(many, "lb")->id, .start = { AFLOW_EVENT_NETWORK_SPIKE_START, 10, 1e6 }, .end = { AFLOW_EVENT_NETWORK_SPIKE_END, 90 } };
    }
    one->s.events = many->s.events = events;
    one->s.events_count = 1;
    many->s.events_count = MANY + 1;
    for (i = 0; events && i < sizeof rest / sizeof rest[0]; i++) {
        events[MANY].start.spike_s = rest[i];
        check_same(&many->s, &one->s, 1);
    }
    forget(one);
    forget(many);
    free(events);
    free(names);
    aflow_builder_destroy(b);
}

/* Edges and servers that no balancer deals over may stand in any order; weights count by their ratios; names say nothing else. */
static void the_order_of_the_file_does_not_matter_without_ties(void)
{
    aflow_builder *b = row(), *m = mixed_endpoints();
    struct world *w = copy_of(aflow_builder_scenario(b, NULL)), *v = copy_of(aflow_builder_scenario(m, NULL));
    size_t n = w->s.topology_graph.edges_count, i;
    for (i = 0; i < n / 2; i++) { aflow_edge t = w->edges[i]; w->edges[i] = w->edges[n - 1 - i]; w->edges[n - 1 - i] = t; }
    check_same(&w->s, aflow_builder_scenario(b, NULL), 4);
    { aflow_server t = w->servers[0]; w->servers[0] = w->servers[2]; w->servers[2] = t; }
    check_same(&w->s, aflow_builder_scenario(b, NULL), 4);
    for (i = 0; i < 3; i++) v->endpoints[0][i].probability = 4 * (v->endpoints[0][i].probability > 0 ? v->endpoints[0][i].probability : 1);
    check_same(&v->s, aflow_builder_scenario(m, NULL), 4);
    forget(w);
    forget(v);
    aflow_builder_destroy(b);
    aflow_builder_destroy(m);
}

/* --- Spikes and outages against a hand-made model -------------------------------------------------------- */

static void spikes_add_up_to_the_tick(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    double arrivals[4000];
    aflow_id g, c, s, e;
    aflow_result *r;
    uint64_t i, slow = 0;
    for (i = 0; i < 4000; i++) arrivals[i] = .01 * (double)i;
    g = aflow_add_generator(b, &(aflow_generator){ .arrivals = arrivals, .arrivals_count = 4000 });
    c = aflow_add_client(b, NULL);
    s = aflow_add_server(b, &(aflow_server){ 0 });
    aflow_add_endpoint(b, s, "/a", AFLOW_STEPS(aflow_io_s(.004)));
    e = aflow_connect(b, g, c, aflow_constant(.001));
    aflow_connect(b, c, s, aflow_constant(.002));
    aflow_connect(b, s, c, aflow_constant(.003));
    aflow_add_spike(b, e, 5, 15, .25);
    aflow_add_spike(b, e, 10, 20, .125);
    aflow_add_spike(b, e, 15, 16, 1.5);
    aflow_builder_settings(b)->total_simulation_time = 60;
    r = run_of(aflow_builder_scenario(b, NULL), 0);
    CHECK_U64(aflow_result_requests(r), 4000);
    for (i = 0; i < aflow_result_requests(r); i++) {
        aflow_request_info q = aflow_result_request(r, i);
        uint64_t t = q.start_ns, want = 10 * MS;
        if (t >= 5 * SECOND && t < 15 * SECOND) want += 250 * MS;
        if (t >= 10 * SECOND && t < 20 * SECOND) want += 125 * MS;
        if (t >= 15 * SECOND && t < 16 * SECOND) want += 1500 * MS;
        slow += want > 10 * MS;
        CHECK_U64(q.finish_ns - q.start_ns, want);
    }
    CHECK_U64(slow, 1500);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

/* --- Ties ------------------------------------------------------------------------------------------------- */

/* One server; edges of 1 ms but the one to it; arrivals in ms. */
static aflow_result *tie_run(const double *arrivals_ms, size_t count, uint32_t cores, const aflow_step *steps, size_t steps_count, double edge_s)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id g, c, s;
    aflow_result *r;
    double times[64];
    size_t i;
    for (i = 0; i < count; i++) times[i] = arrivals_ms[i] / 1000;
    g = aflow_add_generator(b, &(aflow_generator){ .arrivals = times, .arrivals_count = count });
    c = aflow_add_client(b, NULL);
    s = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = cores } });
    aflow_add_endpoint(b, s, "/a", steps, steps_count);
    aflow_connect(b, g, c, aflow_constant(.001));
    aflow_connect(b, c, s, aflow_constant(edge_s));
    aflow_connect(b, s, c, aflow_constant(.001));
    aflow_builder_settings(b)->total_simulation_time = 5;
    aflow_builder_settings(b)->sample_period_s = .1;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_ALL;
    r = run_of(aflow_builder_scenario(b, NULL), 1);
    aflow_builder_destroy(b);
    return r;
}

/* 0 where it did not finish. */
static uint64_t finish_of(const aflow_result *r, uint64_t id)
{
    uint64_t n = aflow_result_requests(r), i;
    for (i = 0; i < n; i++) if (aflow_result_request(r, i).id == id) return aflow_result_request(r, i).finish_ns;
    return 0;
}

static const char *server_of(const aflow_result *r, uint64_t id)
{
    uint64_t n = aflow_result_requests(r), i;
    for (i = 0; i < n; i++) if (aflow_result_request(r, i).id == id) return aflow_result_request(r, i).server;
    return "none";
}

/* A burst at one tick is served in the order of its ids. */
static void a_burst_is_first_come_first_served(void)
{
    static const double at[] = { 10, 10, 10, 10, 10, 20, 20 };
    static const uint64_t left[] = { 20, 20, 30, 30, 40, 40, 50 };    /* + 3 ms of edges; two cores of 10 ms */
    aflow_result *r = tie_run(at, 7, 2, AFLOW_STEPS(aflow_cpu_s(.01)), .001);
    uint64_t i;
    for (i = 1; i <= 7; i++) {
        CHECK_U64(finish_of(r, i), (left[i - 1] + 3) * MS);
        CHECK_U64(aflow_result_request(r, i - 1).id, i);
    }
    CHECK_U64(aflow_result_info(r).requests.events, 7 * 4);     /* three nodes and a hold each */
    aflow_result_destroy(r);
}

/* cpu 10, io 10, cpu 10: at the tick at which the first comes out of I/O, the second arrives. Its message was sent long before the
   first went to sleep, and yet the end of the hold takes the core first. */
static void ends_of_holds_come_before_arrivals(void)
{
    static const double at[] = { 0, 20 };
    aflow_result *r = tie_run(at, 2, 1, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.01), aflow_cpu_s(.01)), .1);
    CHECK_U64(finish_of(r, 1), (0 + 102 + 30) * MS);
    CHECK_U64(finish_of(r, 2), (20 + 102 + 10 + 30) * MS);
    aflow_result_destroy(r);
}

/* Each random step has a stream of its own: a second one leaves the first one's draws as they were, and requests take them in
   the order in which they come to the step. The draws are seen one by one first: requests far apart. */
static void each_random_step_has_its_own_draws(void)
{
    static const double apart[] = { 0, 500, 1000 }, together[] = { 0, 0, 0 };
    aflow_step draw = aflow_cpu(aflow_exponential(.01)), two[2];
    aflow_result *r = tie_run(apart, 3, 1, &draw, 1, .001);
    uint64_t cpu[4], io[4], i, a, b, c;
    for (i = 1; i <= 3; i++) cpu[i] = finish_of(r, i) - (i - 1) * 500 * MS - 3 * MS;
    aflow_result_destroy(r);
    two[0] = draw;
    two[1] = aflow_io(aflow_exponential(.01));
    r = tie_run(apart, 3, 1, two, 2, .001);
    for (i = 1; i <= 3; i++) io[i] = finish_of(r, i) - (i - 1) * 500 * MS - 3 * MS - cpu[i];
    aflow_result_destroy(r);
    r = tie_run(together, 3, 1, two, 2, .001);
    a = cpu[1] + io[1];
    b = cpu[1] + cpu[2] + io[2];
    c = cpu[1] + cpu[2] + cpu[3] + io[3];
    CHECK_U64(finish_of(r, 1), a + 3 * MS);
    CHECK_U64(finish_of(r, 2), b + 3 * MS);
    CHECK_U64(finish_of(r, 3), c + 3 * MS);
    aflow_result_destroy(r);
}

/* RAM for two: each that leaves lets the next in, in order, behind those who are already there. */
static void grants_come_in_the_order_of_waiting(void)
{
    static const double at[] = { 0, 0, 0, 0, 0 };
    static const uint64_t left[] = { 11, 12, 22, 23, 33 };    /* io 10, then 1 ms of the only core */
    aflow_result *r = tie_run(at, 5, 1, AFLOW_STEPS(aflow_ram_mb(512), aflow_io_s(.01), aflow_cpu_s(.001)), .001);
    uint64_t i;
    for (i = 1; i <= 5; i++) CHECK_U64(finish_of(r, i), (left[i - 1] + 3) * MS);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_RAM_QUEUE_LEN, aflow_result_find(r, "srv-1")).max, 3, 0);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_RAM_IN_USE, aflow_result_find(r, "srv-1")).max, 1024, 0);
    aflow_result_destroy(r);
}

/* A large request (700 of 1000 MB) holds two small ones (400) up; as it leaves both are let in at one tick, and want the one core in
   the order in which they waited. Endpoints are drawn, so seeds are tried until they are large, small, small. */
static void one_release_lets_several_in_in_their_order(void)
{
    static const double at[] = { 0, 0, 0 };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id g = aflow_add_generator(b, &(aflow_generator){ .arrivals = at, .arrivals_count = 3 }), c = aflow_add_client(b, NULL);
    aflow_id s = aflow_add_server(b, &(aflow_server){ .server_resources = { .ram_mb = 1000 } });
    uint64_t seed, found = 0, i;
    aflow_add_endpoint(b, s, "/large", AFLOW_STEPS(aflow_ram_mb(700), aflow_io_s(.01)));
    aflow_add_endpoint(b, s, "/small", AFLOW_STEPS(aflow_ram_mb(400), aflow_cpu_s(.005)));
    aflow_connect(b, g, c, aflow_constant(.001));
    aflow_connect(b, c, s, aflow_constant(.001));
    aflow_connect(b, s, c, aflow_constant(.001));
    aflow_builder_settings(b)->total_simulation_time = 5;
    for (seed = 0; seed < 100; seed++) {
        aflow_result *r = run_of(aflow_builder_scenario(b, NULL), seed);
        char kind[4] = { 0 };
        for (i = 0; i < 3; i++) kind[aflow_result_request(r, i).id - 1] = aflow_result_request(r, i).endpoint[1];
        if (strcmp(kind, "lss") == 0) {
            found++;
            CHECK_U64(finish_of(r, 1), 13 * MS);
            CHECK_U64(finish_of(r, 2), 18 * MS);
            CHECK_U64(finish_of(r, 3), 23 * MS);
        }
        aflow_result_destroy(r);
    }
    CHECK(found > 3);
    aflow_builder_destroy(b);
}

/* cpu 10, io 10, cpu 10, one core; the second arrives as the first goes to sleep. At each change one gives the core up and the other
   wants it at the same tick, sometimes the wanting first: nobody ever waits for a while, so the greatest queue is none. */
static void a_maximum_counts_only_what_lasted(void)
{
    static const double at[] = { 0, 10 };
    aflow_result *r = tie_run(at, 2, 1, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.01), aflow_cpu_s(.01)), .001);
    aflow_id s = aflow_result_find(r, "srv-1");
    CHECK_U64(finish_of(r, 1), 33 * MS);
    CHECK_U64(finish_of(r, 2), 43 * MS);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_READY_QUEUE_LEN, s).max, 0, 0);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_READY_QUEUE_LEN, s).mean, 0, 0);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_CORE_BUSY, s).max, 1, 0);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_CORE_BUSY, s).mean, .04 / 5, 1e-15);
    CHECK_NEAR(aflow_result_metric(r, AFLOW_EVENT_LOOP_IO_SLEEP, s).max, 1, 0);
    aflow_result_destroy(r);
}

/* Sampled every 100 ms; on the wire from 1.0 (sent) to 1.1 (received): the sample of 1.0 does not see it yet, that of 1.1 still does. */
static void a_sample_is_the_state_just_before_its_instant(void)
{
    static const double at[] = { 999, 2000, 2000 };
    aflow_result *r = tie_run(at, 3, 1, AFLOW_STEPS(aflow_io_s(.2)), .1);
    aflow_id wire = aflow_result_find(r, "client-1-srv-1");
    double x[49];
    size_t n = aflow_result_series(r, AFLOW_EDGE_CONCURRENT_CONNECTION, wire, x, 49), i;
    CHECK_U64(n, 49);
    for (i = 0; i < n; i++) {
        double want = i + 1 == 11 ? 1 : i + 1 == 21 ? 2 : 0;    /* 2.001 to 2.101 */
        CHECK_NEAR(x[i], want, 0);
    }
    n = aflow_result_series(r, AFLOW_EVENT_LOOP_IO_SLEEP, aflow_result_find(r, "srv-1"), x, 49);
    for (i = 0; i < n; i++) {                                   /* 1.1 to 1.3 and 2.101 to 2.301 */
        double want = i + 1 == 12 || i + 1 == 13 ? 1 : i + 1 == 22 || i + 1 == 23 ? 2 : 0;
        CHECK_NEAR(x[i], want, 0);
    }
    aflow_result_destroy(r);
}

/* What would happen at the horizon does not. */
static void nothing_happens_at_the_horizon(void)
{
    static const double at[] = { 4986.999999, 4987, 4990 };
    aflow_result *r = tie_run(at, 3, 3, AFLOW_STEPS(aflow_cpu_s(.01)), .001);
    CHECK_U64(aflow_result_info(r).requests.completed, 1);
    CHECK_U64(finish_of(r, 1), 5 * SECOND - 1);
    CHECK_U64(aflow_result_info(r).requests.in_flight, 2);
    aflow_result_destroy(r);
}

/* Windows of throughput are (k - 1, k]: who finishes at 1 s belongs to the first. */
static void a_window_of_throughput_ends_with_its_last_tick(void)
{
    static const double at[] = { 987, 987.000001, 1987, 2500 };
    aflow_result *r = tie_run(at, 4, 4, AFLOW_STEPS(aflow_cpu_s(.01)), .001);
    double x[5] = { 9, 9, 9, 9, 9 };
    CHECK_U64(finish_of(r, 1), SECOND);
    CHECK_U64(finish_of(r, 2), SECOND + 1);
    CHECK_U64(aflow_result_throughput(r, 1, x, 5).windows, 5);
    CHECK(x[0] == 1 && x[1] == 2 && x[2] == 1 && x[3] == 0 && x[4] == 0);
    aflow_result_destroy(r);
}

/* --- Ties where paths meet: a balancer, two servers, and for `joined` a third behind both --------------------------- */

struct meeting {
    double arrivals[8];
    size_t arrivals_count;
    aflow_lb_algorithm algorithm;
    aflow_step a, b;            /* of servers "a" and "b" */
    double a_out, b_out;        /* s, latencies of their out edges */
    int b_first_in_file, b_first_of_balancer, joined;
    aflow_event events[4];
    size_t events_count;
};

/* Edges: generator, client and balancer to servers 1 ms each. */
static aflow_result *meet(const struct meeting *m)
{
    aflow_endpoint ends[3] = { { .endpoint_name = "/a", .steps_count = 1 }, { .endpoint_name = "/a", .steps_count = 1 }, { .endpoint_name = "/a", .steps_count = 1 } };
    const aflow_step join_step = aflow_cpu_s(.01);
    const char *behind = m->joined ? "join" : "client", *one = m->b_first_of_balancer ? "b" : "a", *two = m->b_first_of_balancer ? "a" : "b";
    const char *const covered[] = { "a", "b" };
    aflow_server servers[3] = { { .id = "a", .endpoints = &ends[0], .endpoints_count = 1 }, { .id = "b", .endpoints = &ends[1], .endpoints_count = 1 },
                                { .id = "join", .endpoints = &ends[2], .endpoints_count = 1 } };
    aflow_edge edges[] = {
        { .id = "1", .source = "users", .target = "client", .latency = aflow_constant(.001) }, { .id = "2", .source = "client", .target = "lb", .latency = aflow_constant(.001) },
        { .id = "3", .source = "lb", .target = one, .latency = aflow_constant(.001) }, { .id = "4", .source = "lb", .target = two, .latency = aflow_constant(.001) },
        { .id = "5", .source = "a", .target = behind, .latency = aflow_constant(m->a_out) }, { .id = "6", .source = "b", .target = behind, .latency = aflow_constant(m->b_out) },
        { .id = "7", .source = "join", .target = "client", .latency = aflow_constant(.001) },
    };
    aflow_scenario s = { .rqs_input = { .id = "users", .arrivals = m->arrivals, .arrivals_count = m->arrivals_count },
        .topology_graph = { .nodes = { .client = { "client" }, .load_balancer = { .id = "lb", .algorithms = m->algorithm, .server_covered = covered, .server_covered_count = 2 },
                                       .servers = servers, .servers_count = m->joined ? 3 : 2 },
                            .edges = edges, .edges_count = m->joined ? 7 : 6 },
        .sim_settings = { .total_simulation_time = 5 }, .events = m->events, .events_count = m->events_count };
    ends[0].steps = &m->a;
    ends[1].steps = &m->b;
    ends[2].steps = &join_step;
    if (m->b_first_in_file) {
        aflow_server t = servers[0];
        servers[0] = servers[1];
        servers[1] = t;
    }
    return run_of(&s, 0);
}

/* Both arrive at the join at 18 ms; the join's CPU takes 10. Which is first? */
static void check_join(struct meeting m, uint64_t first)
{
    aflow_result *r;
    m.joined = 1;
    m.arrivals_count = 2;
    r = meet(&m);
    CHECK_U64(finish_of(r, first), 29 * MS);
    CHECK_U64(finish_of(r, 3 - first), 39 * MS);
    aflow_result_destroy(r);
}

static void paths_of_equal_length_meet_in_the_order_of_the_senders(void)
{
    struct meeting m = { .a = aflow_io_s(.01), .b = aflow_io_s(.01), .a_out = .005, .b_out = .005 };
    check_join(m, 1);                   /* request 1 goes over a, which stands first in the file */
    m.b_first_of_balancer = 1;          /* 1 over b, 2 over a: a still comes first */
    check_join(m, 2);
    m.b_first_in_file = 1;              /* and now b does */
    check_join(m, 1);
    m.b_first_of_balancer = 0;
    check_join(m, 2);
    m.b_first_in_file = 0;              /* sent earlier beats the sender's rank: b sends at 8, a at 13 ms */
    m.b = aflow_io_s(.005);
    m.b_out = .01;
    check_join(m, 2);
    m.a = aflow_io_s(.005);             /* and the other way round: rank does not matter either */
    m.a_out = .01;
    m.b = aflow_io_s(.01);
    m.b_out = .005;
    m.b_first_in_file = 1;
    check_join(m, 1);
}

/* b is free again at the very tick at which the third request is at the balancer. The balancer stands before b on the way, so it
   does not know yet: both have one connection, and a's turn has come. A tick later it knows. */
static void the_balancer_decides_before_servers_at_one_tick(void)
{
    struct meeting m = { .algorithm = AFLOW_LB_LEAST_CONNECTION, .a = aflow_cpu_s(.1), .b = aflow_cpu_s(.01), .a_out = .001, .b_out = .001,
                         .arrivals = { 0, 0, .011 }, .arrivals_count = 3 };
    aflow_result *r = meet(&m);
    CHECK_STR(server_of(r, 1), "a");
    CHECK_STR(server_of(r, 2), "b");
    CHECK_STR(server_of(r, 3), "a");
    CHECK_U64(finish_of(r, 2), 14 * MS);
    CHECK_U64(finish_of(r, 3), (3 + 200 + 1) * MS);
    aflow_result_destroy(r);
    m.arrivals[2] = .011000001;
    r = meet(&m);
    CHECK_STR(server_of(r, 3), "b");
    CHECK_U64(finish_of(r, 3), (14 + 10 + 1) * MS + 1);
    aflow_result_destroy(r);
}

/* Requests far apart find all servers idle: they take turns all the same. */
static void least_connection_takes_turns_among_equals(void)
{
    struct meeting m = { .algorithm = AFLOW_LB_LEAST_CONNECTION, .a = aflow_cpu_s(.1), .b = aflow_cpu_s(.1), .a_out = .001, .b_out = .001,
                         .arrivals = { 0, 1, 2, 3, 3, 3 }, .arrivals_count = 6 };
    aflow_result *r = meet(&m);
    uint64_t i;
    for (i = 1; i <= 6; i++) CHECK_STR(server_of(r, i), i % 2 ? "a" : "b");
    aflow_result_destroy(r);
}

static aflow_event outage(const char *id, const char *server, double from, double to)
{
    return (aflow_event){ .event_id = id, .target_id = server, .start = { .kind = AFLOW_EVENT_SERVER_DOWN, .t_start = from }, .end = { .kind = AFLOW_EVENT_SERVER_UP, .t_end = to } };
}

/* Arrivals at the balancer 2 ms after their start: at the tick of the change, and one before. */
static void injected_changes_come_first_at_their_tick(void)
{
    struct meeting m = { .a = aflow_io_s(.01), .b = aflow_io_s(.01), .a_out = .001, .b_out = .001, .arrivals = { .998, 1.998 }, .arrivals_count = 2, .events_count = 1 };
    aflow_result *r;
    m.events[0] = outage("x", "a", 1, 2);
    r = meet(&m);
    CHECK_STR(server_of(r, 1), "b");        /* a would be next, but is down from this tick on */
    CHECK_STR(server_of(r, 2), "b");        /* up again, as the last in turn: b's turn comes first */
    aflow_result_destroy(r);
    m.arrivals[0] = .997999999;
    m.arrivals[1] = 1.998;
    m.arrivals[2] = 1.998;
    m.arrivals_count = 3;
    r = meet(&m);
    CHECK_STR(server_of(r, 1), "a");        /* a tick earlier it is there */
    CHECK_STR(server_of(r, 2), "b");
    CHECK_STR(server_of(r, 3), "a");        /* and at the tick of its return, too */
    aflow_result_destroy(r);
    m.arrivals[1] = 1.997999998;
    m.arrivals[2] = 1.997999999;
    r = meet(&m);
    CHECK_STR(server_of(r, 2), "b");
    CHECK_STR(server_of(r, 3), "b");        /* not a tick before */
    aflow_result_destroy(r);
}

/* An outage of a ends at the tick at which another of a starts: it stays out. One of a ends as one of b starts: never both down. */
static void ends_come_before_starts(void)
{
    struct meeting m = { .a = aflow_io_s(.01), .b = aflow_io_s(.01), .a_out = .001, .b_out = .001, .arrivals = { 1.1, 1.998, 2.1, 2.2, 3.1, 3.2 }, .arrivals_count = 6, .events_count = 2 };
    static const char *const twice_a[] = { "b", "b", "b", "b", "b", "a" }, *const a_then_b[] = { "b", "a", "a", "a", "a", "b" };
    aflow_result *r;
    uint64_t i;
    m.events[0] = outage("second", "a", 2, 3);      /* in the file the later one stands first */
    m.events[1] = outage("first", "a", 1, 2);
    r = meet(&m);
    for (i = 1; i <= 6; i++) CHECK_STR(server_of(r, i), twice_a[i - 1]);
    aflow_result_destroy(r);
    m.events[0] = outage("second", "b", 2, 3);
    r = meet(&m);
    for (i = 1; i <= 6; i++) CHECK_STR(server_of(r, i), a_then_b[i - 1]);
    aflow_result_destroy(r);
}

/* A server without a balancer refuses from the tick of its outage up to the one before its return. */
static void an_outage_without_a_balancer_refuses_from_its_tick_on(void)
{
    static const double times[] = { .998999999, .999, 1.5, 1.998999999, 1.999 };
    static const aflow_outcome want[] = { AFLOW_OUTCOME_COMPLETED, AFLOW_OUTCOME_REFUSED, AFLOW_OUTCOME_REFUSED, AFLOW_OUTCOME_REFUSED, AFLOW_OUTCOME_COMPLETED };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id g = aflow_add_generator(b, &(aflow_generator){ .arrivals = times, .arrivals_count = 5 }), c = aflow_add_client(b, NULL), s = aflow_add_server(b, &(aflow_server){ 0 }), other;
    aflow_result *r;
    uint64_t i;
    aflow_add_endpoint(b, s, "/a", AFLOW_STEPS(aflow_io_s(.01)));
    aflow_connect(b, g, c, aflow_constant(.0005));
    aflow_connect(b, c, s, aflow_constant(.0005));
    aflow_connect(b, s, c, aflow_constant(.001));
    other = aflow_add_server(b, &(aflow_server){ 0 });      /* somebody must always be up */
    aflow_add_endpoint(b, other, "/a", AFLOW_STEPS(aflow_io_s(.01)));
    aflow_connect(b, other, c, aflow_constant(.001));
    aflow_add_outage(b, s, 1, 2);
    aflow_builder_settings(b)->total_simulation_time = 5;
    r = run_of(aflow_builder_scenario(b, NULL), 0);
    CHECK_U64(aflow_result_requests(r), 5);
    for (i = 0; i < aflow_result_requests(r); i++) CHECK_U64(aflow_result_request(r, i).outcome, want[aflow_result_request(r, i).id - 1]);
    CHECK_U64(aflow_result_server(r, s).refused, 3);
    CHECK_U64(aflow_result_info(r).requests.dropped, 3);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

/* A grid of bursts through everything at once: 1 ms steps, so that nearly all ticks are shared, must satisfy every identity. */
static void identities_hold_on_a_grid_of_ties(void)
{
    int algorithm, k;
    for (algorithm = 0; algorithm < 2; algorithm++) {
        aflow_builder *b = balanced((aflow_lb_algorithm)algorithm, 1, 60);
        struct world *w = copy_of(aflow_builder_scenario(b, NULL));
        size_t i, n = 20000;
        w->arrivals = (double *)some(n * sizeof(double));
        for (i = 0; i < n; i++) w->arrivals[i] = .02 * (double)(i / 4);
        w->s.rqs_input.arrivals = w->arrivals;
        w->s.rqs_input.arrivals_count = n;
        for (i = 0; i < w->s.topology_graph.edges_count; i++) {
            w->edges[i].latency = aflow_constant(.001);
            w->edges[i].dropout_rate = 0;
        }
        for (k = 0; k < 3; k++) {
            w->steps[k][0][0] = aflow_cpu_s(.006);
            w->steps[k][0][2] = aflow_io_s(.006);
        }
        check_all(&w->s, algorithm ? "grid, least connection" : "grid", 1);
        forget(w);
        aflow_builder_destroy(b);
    }
}

int main(void)
{
    RUN(identities_hold_for_every_kind);
    RUN(identities_hold_for_the_example_scenarios);
    RUN(identities_hold_on_a_grid_of_ties);
    RUN(a_queue_is_its_recursion_request_by_request);
    RUN(the_head_of_the_line_blocks);
    RUN(round_robin_over_one_core_servers_is_one_server_of_as_many_cores);
    RUN(ram_for_as_many_requests_as_cores_does_not_matter);
    RUN(steps_of_one_kind_in_a_row_are_one_step);
    RUN(a_pool_as_large_as_what_is_in_the_server_does_not_matter);
    RUN(a_server_that_is_always_down_is_no_server);
    RUN(a_spike_that_always_lasts_is_a_longer_edge);
    RUN(spikes_beyond_64_bits);
    RUN(the_order_of_the_file_does_not_matter_without_ties);
    RUN(spikes_add_up_to_the_tick);
    RUN(a_burst_is_first_come_first_served);
    RUN(ends_of_holds_come_before_arrivals);
    RUN(each_random_step_has_its_own_draws);
    RUN(grants_come_in_the_order_of_waiting);
    RUN(one_release_lets_several_in_in_their_order);
    RUN(a_maximum_counts_only_what_lasted);
    RUN(a_sample_is_the_state_just_before_its_instant);
    RUN(nothing_happens_at_the_horizon);
    RUN(a_window_of_throughput_ends_with_its_last_tick);
    RUN(paths_of_equal_length_meet_in_the_order_of_the_senders);
    RUN(the_balancer_decides_before_servers_at_one_tick);
    RUN(least_connection_takes_turns_among_equals);
    RUN(injected_changes_come_first_at_their_tick);
    RUN(ends_come_before_starts);
    RUN(an_outage_without_a_balancer_refuses_from_its_tick_on);
    return test_end();
}
