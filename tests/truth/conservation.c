/* truth/conservation.c - many small random scenarios that use resources, workers, threads, locks, branches and money at once. Nothing
   is known of them but what must hold in any run, exactly: what comes in goes out or is counted where it is; what is acquired is
   released; queues over time are waits of requests; money is the sum of its parts; and neither slices nor samples change anything.

   Requests are replayed in the first seconds and the run goes on until all are gone, so nobody may be stuck, nothing may be left
   held, and integrals of gauges are sums over requests. Integrals and sums of whole nanoseconds are compared within a relative
   1e-9 and a microsecond. The number of scenarios: 500; FULL=1: 10000. A number as argument: only this one, its scenario printed.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

#define NS 1e9
#define REQUESTS 400
#define ARRIVE_S 4.             /* in which they come */
#define HORIZON_S 600
#define EDGE_S .001

static unsigned case_number;

#define SAME(got, want) do { unsigned long long g_ = (unsigned long long)(got), w_ = (unsigned long long)(want); \
    if (g_ != w_) test_fail(__FILE__, __LINE__, "[%u] %s is %llu, expected %llu", case_number, #got, g_, w_); } while (0)
#define CLOSE(got, want) do { double g_ = (got), w_ = (want); \
    if (!(fabs(g_ - w_) <= 1e-9 * fabs(w_) + 1e-6)) test_fail(__FILE__, __LINE__, "[%u] %s is %.17g, expected %.17g", case_number, #got, g_, w_); } while (0)
#define TRUE(condition) do { if (!(condition)) test_fail(__FILE__, __LINE__, "[%u] %s", case_number, #condition); } while (0)

/* --- Chance -------------------------------------------------------------------------- */

static uint64_t chance_state;
static uint32_t chance(uint32_t n)
{
    chance_state = chance_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((chance_state >> 33) % n);
}
static int one_in(uint32_t n) { return chance(n) == 0; }

/* Whole milliseconds half of the time, so that ticks are shared; else any. */
static double some_time(uint32_t most_ms) { return one_in(2) ? .001 * (1 + chance(most_ms)) : 1e-9 * (1 + chance(most_ms * 1000000)); }
static aflow_random_variable some_duration(uint32_t most_ms) { return one_in(2) ? aflow_constant(some_time(most_ms)) : aflow_exponential(some_time(most_ms)); }

/* --- Steps of one's own that know what they asked for ------------------------------------- */

struct work { uint64_t ticks, calls, rejected; double cost; };
static struct work computed, slept;

static void own_step(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    struct work *w = (struct work *)context;
    uint64_t ticks = call->random % 20000000;
    answer->reject = call->random >> 60 == 15 && w == &slept;
    w->rejected += (uint64_t)answer->reject;
    if (answer->reject) return;
    answer->wait_s = (double)ticks / NS;
    answer->cost = (double)(call->random >> 40 & 1023) / 1024;
    w->ticks += ticks;
    w->cost += answer->cost;
    w->calls++;
}
static const aflow_step_hook computing = { own_step, &computed, 1 }, sleeping = { own_step, &slept, 0 };

/* --- Scenarios -------------------------------------------------------------------------------- */

#define MOST_STEPS 6
#define SERVERS 3
static aflow_step lists[64][MOST_STEPS];    /* of branches and misses: must last as long as the steps */
static size_t lists_used;
static int known_cpu;           /* only own steps compute */

enum { POOL, DATABASE, LIMITER, KEYS, CHANCES, MODEL, GPU, OWN, RESOURCES };
static const char *const names[RESOURCES] = { "pool", "db", "limit", "keys", "chances", "model", "gpu", "own" };
static const char *const full_names[] = { "pool", "db", "limit", "keys", "chances", "model", "gpu", "srv-1/own", "srv-2/own", "srv-3/own" };
#define NAMES (sizeof full_names / sizeof full_names[0])
static double timeouts[NAMES];

static void limits(aflow_resource *r)
{
    if (one_in(5)) {
        r->overflow = AFLOW_OVERFLOW_REJECT;
        return;
    }
    if (one_in(4)) r->max_waiting = 1 + chance(10);
    if (one_in(3)) r->acquire_timeout = some_time(200);
}

static aflow_resource some_resource(int which)
{
    static const aflow_resource_kind kinds[RESOURCES] = { AFLOW_RESOURCE_CONNECTION_POOL, AFLOW_RESOURCE_DATABASE, AFLOW_RESOURCE_RATE_LIMITER, AFLOW_RESOURCE_CACHE,
        AFLOW_RESOURCE_CACHE, AFLOW_RESOURCE_LLM, AFLOW_RESOURCE_GPU, AFLOW_RESOURCE_CONNECTION_POOL };
    aflow_resource r = { .id = names[which], .kind = kinds[which] };
    if (which != KEYS && which != CHANCES) limits(&r);
    switch (which) {
    case POOL: case OWN: r.capacity = 1 + chance(4); break;
    case DATABASE: r.capacity = 1 + chance(6); r.contention = .125 * chance(9); r.coherency = .01 * chance(4); break;
    case LIMITER: r.rate = 20 + chance(200); r.burst = 1 + chance(10); if (one_in(2)) r.refill_interval = .05 * (1 + chance(5)); break;
    case KEYS:
        r.keys = 1 + chance(20);
        r.capacity = one_in(2) ? 1 + chance(r.keys) : 0;
        r.zipf_exponent = one_in(2) ? AFLOW_ZERO : .8;
        r.single_flight = one_in(2);
        if (one_in(2)) r.time_to_live = some_time(500);
        break;
    case CHANCES: r.hit_probability = .5; break;
    case MODEL:
        r.time_to_first_token = some_duration(20);
        r.time_per_output_token = aflow_constant(.0001);
        r.price_per_call = .001;
        r.price_per_million_input_tokens = 3;
        r.price_per_million_output_tokens = 15;
        if (one_in(3)) r.capacity = 1 + chance(3);
        else if (one_in(2)) r.requests_per_minute = 200 + chance(400);
        else r.tokens_per_minute = 20000 + chance(20000);
        break;
    default:
        r.slots = 1 + chance(2);
        r.max_batch_size = 1 + chance(8);
        r.max_batch_wait = one_in(2) ? some_time(20) : 0;
        r.batch_time = some_duration(20);
        r.item_time = some_duration(3);
    }
    return r;
}

static size_t some_steps(aflow_step *steps, int depth, int at_most);

static const aflow_step *some_list(size_t *count, int depth)
{
    aflow_step *list = lists[lists_used++];
    if (lists_used == sizeof lists / sizeof lists[0]) exit(2);
    *count = some_steps(list, depth + 1, 3);
    return list;
}

static aflow_step nested_step(int depth)
{
    aflow_step s;
    size_t n;
    const aflow_step *list = some_list(&n, depth);
    switch (chance(4)) {
    case 0: if (!depth) return aflow_cache("keys", some_time(2), list, n);
            return aflow_cache("chances", some_time(2), list, n);     /* within its own fetch it might wait for itself */
    case 1: return aflow_cache("chances", some_time(2), list, n);
    case 2: s = aflow_branch(.3, list, n); break;
    default: s = aflow_branch(one_in(2) ? 1 : 0, list, n);
    }
    if (one_in(2)) s.otherwise = some_list(&s.otherwise_count, depth);
    return s;
}

static aflow_step some_step(int depth)
{
    static const char *const places[] = { "pool", "db", "own" };
    aflow_step s;
    switch (chance(depth < 2 && lists_used < 58 ? 13 : 11)) {
    case 0: return known_cpu ? aflow_custom(&computing) : aflow_cpu(some_duration(10));
    case 1: return aflow_custom(one_in(2) ? &sleeping : &computing);
    case 2: return aflow_io(some_duration(20));
    case 3: return aflow_using(one_in(2) ? aflow_io(some_duration(20)) : aflow_db(some_duration(20)), places[chance(3)]);
    case 4: return aflow_rate_limit("limit");
    case 5: return aflow_gpu_inference("gpu");
    case 6:
        s = aflow_llm_tokens("model", aflow_uniform(10, 100), aflow_uniform(1, 50));
        if (one_in(2)) s.io_waiting_time = some_duration(20);
        return s;
    case 7: return aflow_blocking_s(some_time(10));
    case 8: return one_in(2) ? aflow_thread_io_s(some_time(20)) : aflow_using(aflow_thread_io_s(some_time(20)), places[chance(3)]);
    case 9: return known_cpu ? aflow_thread_io_s(some_time(20)) : aflow_thread_cpu_s(some_time(15));
    case 10: return one_in(2) ? aflow_ram_mb(1 + chance(100)) : aflow_using(aflow_blocking_s(some_time(5)), "own");
    default: return nested_step(depth);
    }
}

static size_t some_steps(aflow_step *steps, int depth, int at_most)
{
    size_t n = 1 + chance((uint32_t)at_most), i;
    for (i = 0; i < n; i++) {
        do steps[i] = some_step(depth); while (depth && steps[i].kind == AFLOW_STEP_RAM);
    }
    return n;
}

static aflow_server_resources some_resources(void)
{
    aflow_server_resources r = { .cpu_cores = 1 + chance(3), .ram_mb = 256 + chance(1000) };
    if (one_in(2)) {
        r.workers = 1 + chance(3);
        if (one_in(4)) r.interpreter_lock = AFLOW_LOCK_NONE;
        else if (one_in(2)) r.switch_interval = some_time(8);
    }
    if (one_in(2)) r.threads = 1 + chance(4);
    if (one_in(3)) {
        r.max_concurrency = 1 + chance(10);
        if (one_in(3)) r.overflow = AFLOW_OVERFLOW_REJECT;
        else if (one_in(2)) r.backlog = 1 + chance(20);
    }
    return r;
}

static aflow_id some_server(aflow_builder *b)
{
    aflow_step steps[MOST_STEPS];
    aflow_server_resources resources = some_resources();
    aflow_resource own = some_resource(OWN);
    aflow_id s;
    uint32_t i, endpoints = 1 + chance(3);
    s = aflow_add_server(b, &(aflow_server){ .server_resources = resources });
    aflow_add_server_resource(b, s, &own);
    for (i = 0; i < endpoints; i++) {
        char name[16];
        size_t n = some_steps(steps, 0, MOST_STEPS);
        snprintf(name, sizeof name, "/%u", (unsigned)i);
        aflow_add_endpoint(b, s, name, steps, n);
    }
    return s;
}

static void some_arrivals(double *at)
{
    int i;
    for (i = 0; i < REQUESTS; i++) at[i] = one_in(2) ? .005 * chance((uint32_t)(ARRIVE_S / .005)) : 1e-6 * chance((uint32_t)(ARRIVE_S * 1e6));
    for (i = 1; i < REQUESTS; i++) {
        double t = at[i];
        int k = i;
        for (; k > 0 && at[k - 1] > t; k--) at[k] = at[k - 1];
        at[k] = t;
    }
}

static aflow_builder *some_world(uint64_t number)
{
    static double at[REQUESTS];
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id g, client, lb, cache = 0, s;
    size_t servers, i;
    chance_state = number * 0x9E3779B97F4A7C15u + 12345;
    lists_used = 0;
    known_cpu = (int)chance(2);
    some_arrivals(at);
    g = aflow_add_generator(b, &(aflow_generator){ .arrivals = at, .arrivals_count = REQUESTS });
    client = aflow_add_client(b, NULL);
    memset(timeouts, 0, sizeof timeouts);
    for (i = 0; i < OWN; i++) {
        aflow_resource r = some_resource((int)i);
        aflow_id id = aflow_add_resource(b, &r);
        if (i == KEYS) cache = id;
    }
    servers = 1 + chance(SERVERS);
    lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = one_in(2) ? AFLOW_LB_ROUND_ROBIN : AFLOW_LB_LEAST_CONNECTION });
    aflow_connect(b, g, lb, aflow_constant(EDGE_S));
    for (i = 0; i < servers; i++) {
        s = some_server(b);
        aflow_connect(b, lb, s, aflow_constant(EDGE_S));
        aflow_connect(b, s, client, aflow_constant(EDGE_S));
    }
    if (one_in(3)) aflow_add_cache_loss(b, cache, 1, 2.5);
    aflow_builder_settings(b)->total_simulation_time = HORIZON_S;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    aflow_builder_settings(b)->enabled_event_metrics = AFLOW_RQS_CLOCK | AFLOW_LLM_COST;
    return b;
}

static const aflow_resource *resource_desc(const aflow_scenario *s, const char *name)
{
    const aflow_nodes *n = &s->topology_graph.nodes;
    size_t i, k;
    for (i = 0; i < n->resources_count; i++) if (strcmp(n->resources[i].id, name) == 0) return &n->resources[i];
    for (i = 0; i < n->servers_count; i++) {
        for (k = 0; k < n->servers[i].resources_count; k++) {
            char both[64];
            snprintf(both, sizeof both, "%s/%s", n->servers[i].id, n->servers[i].resources[k].id);
            if (strcmp(both, name) == 0) return &n->servers[i].resources[k];
        }
    }
    return NULL;
}

/* --- What must hold ------------------------------------------------------------------------------- */

static double gauge_sum(const aflow_result *r, aflow_metric metric, aflow_id id)     /* over time, ns */
{
    return aflow_result_metric(r, metric, id).mean * aflow_result_info(r).horizon_s * NS;
}

static uint64_t last(const aflow_result *r, aflow_metric metric, aflow_id id) { return (uint64_t)aflow_result_metric(r, metric, id).last; }

struct sums { uint64_t present, transit, dropped, rejected, timed_out, refused; double cost; };

static struct sums check_servers(const aflow_result *r)
{
    struct sums t = { 0, 0, 0, 0, 0, 0, 0 };
    aflow_id ids[SERVERS];
    size_t n = aflow_result_servers(r, ids, SERVERS), i, k;
    for (i = 0; i < n; i++) {
        aflow_server_stats s = aflow_result_server(r, ids[i]);
        uint64_t arrived = 0, completed = 0, rejected = 0, timed_out = 0;
        double cost = 0;
        for (k = 0; k < s.endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(r, ids[i], k);
            arrived += e.arrived;
            completed += e.completed;
            rejected += e.rejected;
            timed_out += e.timed_out;
            cost += e.cost;
            SAME(e.latency.count, e.completed);
        }
        SAME(arrived, s.arrived);
        SAME(completed, s.completed);
        SAME(rejected, s.rejected);
        SAME(timed_out, s.timed_out);
        CLOSE(cost, s.cost);
        TRUE(s.arrived >= s.completed + s.rejected + s.timed_out);
        t.present += s.arrived - s.completed - s.rejected - s.timed_out;
        t.rejected += s.rejected;
        t.timed_out += s.timed_out;
        t.refused += s.refused;
        t.cost += s.cost;
        TRUE(aflow_result_metric(r, AFLOW_CORE_BUSY, ids[i]).max <= s.cpu_cores);
        TRUE(aflow_result_metric(r, AFLOW_RAM_IN_USE, ids[i]).max <= s.ram_mb);
        if (s.max_concurrency) TRUE(aflow_result_metric(r, AFLOW_CONCURRENT_REQUESTS, ids[i]).max <= s.max_concurrency);
        if (s.threads) TRUE(aflow_result_metric(r, AFLOW_THREADS_IN_USE, ids[i]).max <= s.threads * (s.workers ? s.workers : 1));
        CLOSE(s.cpu_utilization * s.cpu_cores, aflow_result_metric(r, AFLOW_CORE_BUSY, ids[i]).mean);
    }
    return t;
}

static void check_counters(const aflow_result *r, struct sums *t)
{
    aflow_counters c = aflow_result_info(r).requests;
    aflow_id ids[16];
    size_t n = aflow_result_edges(r, ids, 16), i;
    for (i = 0; i < n; i++) {
        aflow_edge_stats e = aflow_result_edge(r, ids[i]);
        uint64_t transit = last(r, AFLOW_EDGE_CONCURRENT_CONNECTION, ids[i]);
        SAME(e.sent, e.delivered + e.dropped + transit);
        t->transit += transit;
        t->dropped += e.dropped;
    }
    SAME(c.generated, c.completed + c.dropped + c.in_flight);
    SAME(c.in_flight, t->present + t->transit);
    SAME(c.dropped, t->dropped + t->refused + t->rejected + t->timed_out);
}

static void check_batches(const aflow_result *r, aflow_id id, aflow_resource_stats s)
{
    uint64_t sizes[16] = { 0 }, items = 0, batches = 0;
    size_t n = aflow_result_batch_sizes(r, id, sizes, 16), i;
    for (i = 0; i < n; i++) {
        items += sizes[i] * (i + 1);
        batches += sizes[i];
        if (sizes[i] && i + 1 == s.batch_size_max) n = i + 1;
    }
    SAME(items, s.items);
    SAME(batches, s.batches);
    SAME(s.acquired, s.items);
    if (batches) CLOSE(s.batch_size_mean, (double)items / (double)batches);
}

/* Of one resource in any run; `drained`: nobody is left. */
static void check_resource(const aflow_scenario *scenario, const aflow_result *r, const char *name, int drained)
{
    aflow_id id = aflow_result_find(r, name);
    const aflow_resource *desc = resource_desc(scenario, name);
    aflow_resource_stats s = aflow_result_resource(r, id);
    int cache = s.kind == AFLOW_RESOURCE_CACHE, gpu = s.kind == AFLOW_RESOURCE_GPU;
    uint64_t in_use = last(r, AFLOW_RESOURCE_IN_USE, id);
    double queued = gauge_sum(r, AFLOW_RESOURCE_QUEUE_LEN, id);
    if (!cache && !gpu) SAME(s.acquired, s.released + in_use);
    else TRUE(s.acquired >= s.released);
    if (s.capacity) TRUE(aflow_result_metric(r, AFLOW_RESOURCE_IN_USE, id).max <= s.capacity);
    if (s.capacity && !cache) CLOSE(s.utilization * s.capacity, aflow_result_metric(r, AFLOW_RESOURCE_IN_USE, id).mean);
    if (cache) {
        TRUE(s.hits + s.misses <= s.acquired && s.coalesced <= s.misses && s.evicted + s.expired <= s.misses);
        if (s.hits + s.misses) CLOSE(s.hit_ratio, (double)s.hits / (double)(s.hits + s.misses));
    }
    if (gpu) check_batches(r, id, s);
    if (s.kind == AFLOW_RESOURCE_LLM) CLOSE(s.cost, .001 * (double)s.calls + 3e-6 * (double)s.input_tokens + 15e-6 * (double)s.output_tokens);
    if (!drained) return;
    SAME(s.acquired, s.released);
    SAME(last(r, AFLOW_RESOURCE_QUEUE_LEN, id), 0);
    if (!cache) SAME(in_use, 0);
    if (cache) SAME(s.hits + s.misses, s.acquired);
    if (!cache) SAME(s.wait.count, s.acquired);
    if (cache) return;
    CLOSE(queued, (s.wait.count ? s.wait.mean_s * (double)s.wait.count * NS : 0) + (double)s.timed_out * floor(desc->acquire_timeout * NS + .5));
}

/* Everything at the end is spent, and spent on somebody. */
static void check_money(const aflow_result *r, double of_servers, int drained)
{
    aflow_llm_stats l = aflow_result_llm(r);
    aflow_resource_stats model = aflow_result_resource(r, aflow_result_find(r, "model"));
    uint64_t rows = aflow_result_requests(r), i, completed = 0;
    double all = 0, of_completed = 0, most = 0;
    for (i = 0; i < rows; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        all += q.cost;
        if (q.outcome != AFLOW_OUTCOME_COMPLETED) continue;
        of_completed += q.cost;
        completed++;
        if (q.cost > most) most = q.cost;
    }
    CLOSE(l.cost, of_servers);
    CLOSE(l.cost, model.cost + computed.cost + slept.cost);
    SAME(l.calls, model.calls);
    SAME(l.input_tokens, model.input_tokens);
    SAME(l.output_tokens, model.output_tokens);
    if (drained) CLOSE(l.cost, all);
    else TRUE(all <= l.cost + 1e-9);
    if (completed) CLOSE(l.cost_per_request, of_completed / (double)completed);
    if (completed) CLOSE(l.cost_per_request_max, most);
    CLOSE(l.cost_per_month, l.cost / aflow_result_info(r).horizon_s * 30 * 86400);
}

static int computes_in_threads(const aflow_step *steps, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (steps[i].kind == AFLOW_STEP_THREAD_CPU) return 1;
        if (computes_in_threads(steps[i].steps, steps[i].steps_count) || computes_in_threads(steps[i].otherwise, steps[i].otherwise_count) ||
            computes_in_threads(steps[i].on_miss, steps[i].on_miss_count)) return 1;
    }
    return 0;
}

static int has_computing_threads(const aflow_scenario *s)
{
    size_t i, k;
    for (i = 0; i < s->topology_graph.nodes.servers_count; i++) {
        const aflow_server *server = &s->topology_graph.nodes.servers[i];
        for (k = 0; k < server->endpoints_count; k++) if (computes_in_threads(server->endpoints[k].steps, server->endpoints[k].steps_count)) return 1;
    }
    return 0;
}

static int checked_stays, checked_work;

/* Little's law for all servers together: requests are always somewhere. A computing thread's request sleeps and computes at once. */
static void check_stays(const aflow_scenario *s, const aflow_result *r)
{
    aflow_id ids[SERVERS];
    size_t n = aflow_result_servers(r, ids, SERVERS), i;
    uint64_t rows = aflow_result_requests(r), k;
    double areas = 0, stays = 0, busy = 0;
    for (i = 0; i < n; i++) {
        areas += gauge_sum(r, AFLOW_READY_QUEUE_LEN, ids[i]) + gauge_sum(r, AFLOW_CORE_BUSY, ids[i]) + gauge_sum(r, AFLOW_EVENT_LOOP_IO_SLEEP, ids[i]) +
                 gauge_sum(r, AFLOW_LOOPS_BLOCKED, ids[i]) + gauge_sum(r, AFLOW_RAM_QUEUE_LEN, ids[i]) + gauge_sum(r, AFLOW_BACKLOG_LEN, ids[i]);
        busy += gauge_sum(r, AFLOW_CORE_BUSY, ids[i]);
    }
    for (k = 0; k < rows; k++) {
        aflow_request_info q = aflow_result_request(r, k);
        stays += (double)(q.finish_ns - q.start_ns) - (q.outcome == AFLOW_OUTCOME_COMPLETED ? 3 : 2) * EDGE_S * NS;
    }
    if (!has_computing_threads(s)) { CLOSE(areas / NS, stays / NS); checked_stays++; }
    else TRUE(areas >= stays * (1 - 1e-9));
    if (known_cpu) { CLOSE(busy / NS, (double)computed.ticks / NS); checked_work++; }
}

static void check_all(const aflow_scenario *s, const aflow_result *r, int drained)
{
    struct sums t = check_servers(r);
    uint64_t rejected = 0, timed_out = 0;
    size_t i;
    check_counters(r, &t);
    for (i = 0; i < NAMES; i++) {
        aflow_resource_stats q;
        if (!aflow_result_find(r, full_names[i])) continue;
        check_resource(s, r, full_names[i], drained);
        q = aflow_result_resource(r, aflow_result_find(r, full_names[i]));
        rejected += q.rejected;
        timed_out += q.timed_out;
    }
    SAME(t.timed_out, timed_out);
    TRUE(t.rejected >= rejected + computed.rejected + slept.rejected);       /* the rest at the servers' doors */
    check_money(r, t.cost, drained);
    if (drained) check_stays(s, r);
}

/* --- Runs --------------------------------------------------------------------------------------------- */

static aflow_sim *new_sim(const aflow_scenario *s)
{
    aflow_diagnostics problems = { 0 };
    aflow_sim *sim = aflow_sim_create(s, &(aflow_run_desc){ .seed = case_number, .record_requests = 1 }, &problems);
    memset(&computed, 0, sizeof computed);
    memset(&slept, 0, sizeof slept);
    if (!sim) {
        printf("[%u]\n", case_number);
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        exit(2);
    }
    aflow_diagnostics_clear(&problems);
    return sim;
}

static aflow_result *end_of(aflow_sim *sim)
{
    aflow_result *r = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    if (!r) exit(2);
    CHECK_STR(aflow_result_referee(r).first, "");
    return r;
}

static void check_same_rows(const aflow_result *a, const aflow_result *b)
{
    uint64_t n = aflow_result_requests(a), i;
    TRUE(aflow_result_info(a).digest == aflow_result_info(b).digest);
    SAME(n, aflow_result_requests(b));
    for (i = 0; i < n && i < aflow_result_requests(b); i++) {
        aflow_request_info p = aflow_result_request(a, i), q = aflow_result_request(b, i);
        if (p.id == q.id && p.start_ns == q.start_ns && p.finish_ns == q.finish_ns && p.outcome == q.outcome && p.cost <= q.cost && p.cost >= q.cost) continue;
        test_fail(__FILE__, __LINE__, "[%u] row %llu differs", case_number, (unsigned long long)i);
        return;
    }
}

/* Stopped on the way, where requests are everywhere. */
static void check_cut_short(const aflow_scenario *s, double time_s)
{
    aflow_sim *sim = new_sim(s);
    aflow_result *r;
    aflow_sim_run_until(sim, time_s);
    r = end_of(sim);
    check_all(s, r, 0);
    aflow_result_destroy(r);
}

static aflow_result *in_slices(const aflow_scenario *s)
{
    aflow_sim *sim = new_sim(s);
    int i;
    for (i = 1; i <= 300; i++) aflow_sim_run_until(sim, i * .0333);
    aflow_sim_run_until(sim, HORIZON_S);
    return end_of(sim);
}

static aflow_result *with_samples(aflow_builder *b)
{
    aflow_sim *sim;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_ALL;
    aflow_builder_settings(b)->sample_period_s = .1;
    sim = new_sim(aflow_builder_scenario(b, NULL));
    aflow_sim_run_until(sim, HORIZON_S);
    return end_of(sim);
}

static uint64_t outcomes[5];

static void one_world(unsigned number, int print)
{
    aflow_builder *b;
    const aflow_scenario *s;
    aflow_sim *sim;
    aflow_result *whole, *other;
    uint64_t i;
    case_number = number;
    b = some_world(number);
    s = aflow_builder_scenario(b, NULL);
    if (print) aflow_write_scenario_yaml(s, aflow_put_file, stdout);
    sim = new_sim(s);
    aflow_sim_run_until(sim, HORIZON_S);
    whole = end_of(sim);
    SAME(aflow_result_info(whole).requests.in_flight, 0);
    SAME(aflow_result_requests(whole), REQUESTS);
    check_all(s, whole, aflow_result_info(whole).requests.in_flight == 0);
    for (i = 0; i < aflow_result_requests(whole); i++) outcomes[aflow_result_request(whole, i).outcome]++;
    check_cut_short(s, 1 + .003 * (number % 1000));
    other = in_slices(s);
    check_same_rows(whole, other);
    aflow_result_destroy(other);
    other = with_samples(b);
    check_same_rows(whole, other);
    aflow_result_destroy(other);
    aflow_result_destroy(whole);
    aflow_builder_destroy(b);
}

static unsigned worlds = 500;

static void what_must_hold_holds_in_every_world(void)
{
    unsigned i;
    for (i = 1; i <= worlds; i++) one_world(i, 0);
    CHECK(checked_stays > (int)worlds / 10 && checked_work > (int)worlds / 4);
    CHECK(outcomes[AFLOW_OUTCOME_COMPLETED] > 50 * worlds && outcomes[AFLOW_OUTCOME_REJECTED] > 10 * worlds && outcomes[AFLOW_OUTCOME_TIMED_OUT] > 2 * worlds);
}

int main(int argc, char **argv)
{
    const char *environment = getenv("FULL");
    if (environment && strcmp(environment, "1") == 0) worlds = 10000;
    if (argc > 1) {
        test_state.name = "one world";
        one_world((unsigned)atoi(argv[1]), 1);
        return 0;
    }
    RUN(what_must_hold_holds_in_every_world);
    return test_end();
}
