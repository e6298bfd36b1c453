/* truth/worlds.c - scenarios at the edges of what the check lets through: durations of a nanosecond and of thirty years, rates of 1e-9 and
   1e9, lists nested eight deep, all arrivals at one tick, servers in a row, balancers with rejections, outages, caches within caches.
   Of any run: the counters add up; slices, a buffer, another sim beside it and allocations that fail change nothing. Of worlds whose
   work is bounded, besides: when the traffic has ended long ago, everything is free again and nobody waits.

   worlds A B prints a line for each of these worlds, which must be the same on every compiler and machine; worlds N plays this one
   thoroughly; without arguments it is the test. FULL=1: more worlds.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

static unsigned world;

#define SAME(got, want) do { unsigned long long g_ = (unsigned long long)(got), w_ = (unsigned long long)(want); \
    if (g_ != w_) test_fail(__FILE__, __LINE__, "[%u] %s is %llu, expected %llu", world, #got, g_, w_); } while (0)
#define TRUE(condition) do { if (!(condition)) test_fail(__FILE__, __LINE__, "[%u] %s", world, #condition); } while (0)

/* --- Chance ------------------------------------------------------------------------------ */

static uint64_t chance_state;

static uint32_t chance(uint32_t n)
{
    chance_state = chance_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((chance_state >> 33) % n);
}

static int one_in(uint32_t n) { return chance(n) == 0; }
static double one_of(const double *values, uint32_t count) { return values[chance(count)]; }
#define ONE_OF(...) one_of((const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

/* --- Kinds of worlds ------------------------------------------------------------------------ */

enum { REQUESTS = 48, MOST_SERVERS = 4, MOST_LISTS = 200, MOST_STEPS = 5, DEPTH = 8 };
static int bounded;             /* all of it ends long before the horizon */
static double most_tokens;      /* of a call, in the mean */
static double most_cpu;         /* of the present server's steps: so many slices at most */
static aflow_step lists[MOST_LISTS][MOST_STEPS];
static size_t lists_used;
static double arrivals[REQUESTS];

static double some_time(void)
{
    if (bounded) return ONE_OF(1e-10, 1e-9, 2e-9, 1e-6, 1e-3, 1e-3, .01, .01, .25, 1, 1000);
    return ONE_OF(1e-10, 1e-9, 1e-9, 1e-6, 1e-3, 1e-3, .01, .01, .25, 1, 1000, 1e9, 1e300);
}

static aflow_random_variable some_random(double mean)
{
    static const double weights[2] = { 1, 3 };
    static double values[32][2];
    static unsigned used;
    double *v = values[used++ % 32];
    aflow_random_variable r = { .mean = mean };
    if (mean > 1e12) return r;
    switch (chance(bounded ? 8 : 12)) {
    case 0: return aflow_exponential(mean);
    case 1: return aflow_uniform(0, 2 * mean);
    case 2: return aflow_gamma(mean, 2);
    case 3: return aflow_erlang(3, mean);
    case 4: v[0] = 0; v[1] = mean; return aflow_discrete(v, one_in(2) ? weights : NULL, 2);
    case 8: return aflow_weibull(mean, 10);
    case 9: return aflow_pareto(mean, 4, 0);
    case 10: return aflow_hyperexponential(mean, 100);
    case 11: return aflow_log_normal(mean, mean * mean);
    default: return r;
    }
}

static aflow_random_variable some_duration(void) { return some_random(some_time()); }

static aflow_random_variable some_computation(void)
{
    double t = some_time();
    return some_random(t < most_cpu ? t : most_cpu);
}

/* --- Resources --------------------------------------------------------------------------------- */

/* A cache's misses may look into later ones only: who waits for each other waits for ever. So do who holds a loop and waits for a
   place, and who has the place and waits for the loop: computing steps have a pool of their own. */
enum { POOL, DATABASE, LIMITER, STRICT_LIMITER, MODEL, GPU, OWN_POOL, CACHE_A, CACHE_B, CACHE_C, RESOURCES };
static const char *const names[RESOURCES] = { "pool", "db", "limit", "strict", "model", "gpu", "computers", "a", "b", "c" };

/* The last comes first, now and then nobody in particular. */
static size_t choose(void *context, const aflow_waiting *waiting, size_t count)
{
    (void)context;
    return waiting[0].since_ns % 3 ? count - 1 : count;
}
static const aflow_discipline_hook discipline = { choose, NULL };

static void some_limits(aflow_resource *r)
{
    if ((r->kind == AFLOW_RESOURCE_CONNECTION_POOL || r->kind == AFLOW_RESOURCE_LLM) && one_in(3)) r->discipline = &discipline;
    if (one_in(4)) {
        r->overflow = AFLOW_OVERFLOW_REJECT;
        return;
    }
    if (one_in(3)) r->max_waiting = one_in(4) ? 1000000000 : 1 + chance(5);
    if (one_in(3)) r->acquire_timeout = ONE_OF(1e-10, 1e-9, 1e-6, .001, .01, 1, 1e6);
}

static void some_cache(aflow_resource *r)
{
    r->kind = AFLOW_RESOURCE_CACHE;
    if (one_in(4)) {
        r->hit_probability = ONE_OF(AFLOW_ZERO, 1e-9, .5, 1 - 1e-9, 1);
        return;
    }
    r->keys = (uint32_t)(one_in(300) ? 100000 : ONE_OF(1, 2, 3, 8, 20));
    if (one_in(2)) r->capacity = (uint32_t)ONE_OF(1, 2, 5, 1e9);
    r->zipf_exponent = ONE_OF(AFLOW_ZERO, 0, .8, 1, 20);
    if (one_in(2)) r->time_to_live = ONE_OF(1e-10, 1e-9, 1e-3, 1, 1e9);
    r->single_flight = one_in(2);
}

static void some_model(aflow_resource *r)
{
    r->kind = AFLOW_RESOURCE_LLM;
    if (one_in(2)) r->capacity = (uint32_t)ONE_OF(1, 2, 1e9);
    r->time_to_first_token = some_duration();
    if (one_in(2)) r->time_per_output_token = aflow_constant(ONE_OF(1e-12, 1e-9, 1e-3, 1));
    if (one_in(2)) r->requests_per_minute = ONE_OF(1, 2.5, 1000, 1e9);
    if (one_in(2)) r->tokens_per_minute = ONE_OF(most_tokens, 1e5, 1e9);
    r->price_per_call = ONE_OF(0, 1e-12, 1e6);
    r->price_per_million_input_tokens = ONE_OF(0, 1e-6, 3, 1e6);
    r->price_per_million_output_tokens = ONE_OF(0, 15, 1e6);
}

static aflow_resource some_resource(int which)
{
    aflow_resource r = { .id = names[which], .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = (uint32_t)ONE_OF(1, 1, 2, 5, 1e9) };
    if (which >= CACHE_A) {
        r.capacity = 0;
        some_cache(&r);
        return r;
    }
    if (which == POOL || which == OWN_POOL) some_limits(&r);
    if (which == DATABASE) {
        r.kind = AFLOW_RESOURCE_DATABASE;
        some_limits(&r);
        r.contention = ONE_OF(0, 1e-12, .1, 1);
        r.coherency = ONE_OF(0, 1e-12, .01, 1);
    } else if (which == LIMITER || which == STRICT_LIMITER) {
        r.kind = AFLOW_RESOURCE_RATE_LIMITER;
        r.capacity = 0;
        some_limits(&r);
        r.rate = bounded ? ONE_OF(.001, .3, 10, 1e9) : ONE_OF(1e-9, .3, 10, 1e9);
        r.burst = ONE_OF(0, 1, 1.5, 3, 1e9);
        if (one_in(3)) r.refill_interval = ONE_OF(1e-10, 1e-9, .01, 60, 1e6);
        if (bounded && r.refill_interval > 60) r.refill_interval = 60;
        if (which == STRICT_LIMITER) {
            r.overflow = AFLOW_OVERFLOW_REJECT;
            r.max_waiting = 0;
            r.acquire_timeout = 0;
        }
    } else if (which == MODEL) {
        r.capacity = 0;
        some_model(&r);
        some_limits(&r);
    } else if (which == GPU) {
        r.kind = AFLOW_RESOURCE_GPU;
        r.capacity = 0;
        some_limits(&r);
        r.slots = (uint32_t)ONE_OF(1, 2, 65535);
        r.max_batch_size = (uint32_t)ONE_OF(1, 2, 7, 65535);
        r.max_batch_wait = ONE_OF(0, 0, 1e-10, 1e-9, .01, 1e6);
        if (one_in(2)) r.batch_time = some_duration();
        if (one_in(2) || r.batch_time.mean == 0) r.item_time = some_duration();
    }
    return r;
}

/* --- Steps --------------------------------------------------------------------------------------- */

static void own_step(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    (void)context;
    *call->memory += call->random & 7;
    answer->reject = call->random >> 58 == 63;
    answer->wait_s = (double)(call->random >> 40 & 3) * 1e-9;
    answer->cost = (double)(call->random & 1);
}
static const aflow_step_hook computing = { own_step, NULL, 1 }, sleeping = { own_step, NULL, 0 };

static size_t some_steps(aflow_step *steps, int depth, int cache, int count);

static const aflow_step *some_list(size_t *count, int depth, int cache)
{
    aflow_step *list;
    *count = 0;
    if (lists_used == MOST_LISTS || depth == DEPTH) return NULL;
    list = lists[lists_used++];
    *count = some_steps(list, depth + 1, cache, (int)chance(3) + (depth + 1 < DEPTH));
    return list;
}

static aflow_step timed(aflow_step_kind kind, const char *resource)
{
    aflow_step s = aflow_io_s(1);
    s.kind = kind;
    s.io_waiting_time = some_duration();
    s.resource = resource;
    return s;
}

static aflow_step some_fork(int depth, int cache)
{
    aflow_step s;
    if (one_in(2) && cache < RESOURCES) {
        cache += (int)chance((uint32_t)(RESOURCES - cache));
        s = aflow_cache(names[cache], 1, NULL, 0);
        s.io_waiting_time = some_duration();
        s.on_miss = some_list(&s.on_miss_count, depth, cache + 1);
        return s;
    }
    if (lists_used == MOST_LISTS || depth == DEPTH) return timed(AFLOW_STEP_IO_CACHE, NULL);
    s = aflow_branch(ONE_OF(AFLOW_ZERO, 1e-15, 1e-9, .5, .5, 1 - 1e-9, 1), NULL, 0);
    if (one_in(5)) s.probability = 0;
    do s.steps = some_list(&s.steps_count, depth, cache); while (!s.steps_count && s.steps);
    if (one_in(2)) s.otherwise = some_list(&s.otherwise_count, depth, cache);
    if (!s.steps_count && !s.otherwise_count) return timed(AFLOW_STEP_IO_CACHE, NULL);
    return s;
}

static aflow_step some_computing(aflow_step_kind kind)
{
    aflow_step s = aflow_cpu(some_computation());
    s.kind = kind;
    return s;
}

static aflow_step some_call(void)
{
    aflow_step s = aflow_llm_tokens(names[MODEL], aflow_uniform(0, most_tokens), aflow_constant(ONE_OF(.1, .25) * most_tokens));
    if (one_in(4)) s.output_tokens = aflow_not_given();
    if (one_in(3)) s.io_waiting_time = some_duration();
    return s;
}

static aflow_step some_step(int depth, int cache)
{
    const char *place = one_in(3) ? NULL : one_in(3) ? "own" : names[chance(2)];
    aflow_step s;
    switch (chance(16)) {
    case 0: return some_computing(one_in(2) ? AFLOW_STEP_INITIAL_PARSING : AFLOW_STEP_CPU_BOUND_OPERATION);
    case 1: return some_computing(AFLOW_STEP_THREAD_CPU);
    case 2: return timed(AFLOW_STEP_THREAD_IO, place);
    case 3: return timed(AFLOW_STEP_BLOCKING_IO, place);
    case 4: return timed(AFLOW_STEP_IO_WAIT, place);
    case 5: return timed(AFLOW_STEP_IO_DB, place);
    case 6: return timed(AFLOW_STEP_IO_TASK_SPAWN, NULL);
    case 7: return aflow_rate_limit(names[LIMITER]);
    case 8: return aflow_rate_limit(names[STRICT_LIMITER]);
    case 9: return aflow_gpu_inference(names[GPU]);
    case 10: return some_call();
    case 11:
        s = aflow_custom(one_in(2) ? &computing : &sleeping);
        if (one_in(3)) s.resource = names[OWN_POOL];
        return s;
    case 12: if (!depth) return one_in(2) ? aflow_ram_mb(ONE_OF(1e-4, 1, 100, 256)) : aflow_ram(aflow_exponential(20)); /* fall through */
    default: return some_fork(depth, cache);
    }
}

static size_t some_steps(aflow_step *steps, int depth, int cache, int count)
{
    int i;
    for (i = 0; i < count; i++) steps[i] = some_step(depth, cache);
    return (size_t)count;
}

/* --- Servers and what is between them --------------------------------------------------------------- */

static aflow_server_resources some_server_resources(void)
{
    aflow_server_resources r = { .cpu_cores = (uint32_t)ONE_OF(1, 1, 2, 1e6) };
    r.ram_mb = (uint32_t)ONE_OF(1024, 4000, 4194303);
    if (one_in(2)) r.workers = (uint32_t)(one_in(20) ? 1024 : ONE_OF(1, 2, 3));
    if (r.workers && one_in(3)) r.interpreter_lock = AFLOW_LOCK_NONE;
    else if (r.workers && one_in(2)) r.switch_interval = ONE_OF(1e-10, 1e-9, 1e-6, .001, 10);
    if (one_in(2)) r.threads = (uint32_t)ONE_OF(1, 2, 1e6);
    if (one_in(3)) r.db_connection_pool = (uint32_t)ONE_OF(1, 2, 1e9);
    if (one_in(3)) {
        r.max_concurrency = (uint32_t)ONE_OF(1, 3, 1e9);
        if (one_in(3)) r.overflow = AFLOW_OVERFLOW_REJECT;
        else if (one_in(2)) r.backlog = (uint32_t)ONE_OF(1, 5, 1e9);
    }
    most_cpu = 1000 * (r.switch_interval > 0 ? r.switch_interval : .005);
    if (most_cpu < 1e-9) most_cpu = 1e-6;
    return r;
}

static aflow_id some_server(aflow_builder *b)
{
    aflow_server_resources resources = some_server_resources();
    aflow_resource own = some_resource(one_in(2) ? POOL : DATABASE);
    aflow_id s = aflow_add_server(b, &(aflow_server){ .server_resources = resources });
    uint32_t i, endpoints = 1 + chance(3);
    own.id = "own";
    aflow_add_server_resource(b, s, &own);
    for (i = 0; i < endpoints; i++) {
        aflow_step steps[MOST_STEPS];
        const char *const paths[] = { "/", "/b", "/" };
        aflow_endpoint e = { .endpoint_name = paths[i], .steps = steps, .probability = i && one_in(3) ? ONE_OF(1e-12, 5, 1e12) : 1 };
        e.steps_count = some_steps(steps, 0, CACHE_A, 1 + (int)chance(MOST_STEPS - 1));
        aflow_add_weighted_endpoint(b, s, &e);
    }
    return s;
}

static aflow_id some_edge(aflow_builder *b, aflow_id from, aflow_id to)
{
    aflow_edge e = { .latency = aflow_constant(ONE_OF(1e-10, 1e-9, .001, .001, .5)) };
    if (one_in(4)) e.latency = aflow_exponential(.003);
    if (!bounded && one_in(20)) e.latency = aflow_constant(1e9);
    if (one_in(8)) e.dropout_rate = ONE_OF(1e-9, .1, one_in(16));
    return aflow_connect_edge(b, from, to, &e);
}

static double next_s(void *context, double previous_s, uint64_t random)
{
    (void)context;
    return previous_s + (random & 3 ? 0 : .25);
}
static const aflow_source_hook source = { next_s, NULL };

static void some_traffic(aflow_generator *g)
{
    double most = one_in(4) ? 0 : ONE_OF(1e-8, 1e-3, 1, 4), now = 0;
    size_t i;
    if (!bounded && one_in(8)) {
        g->source = &source;
        return;
    }
    if (!bounded && one_in(4)) {
        g->avg_active_users = one_in(2) ? aflow_poisson(20) : aflow_normal(10, 4);
        g->avg_request_per_minute_per_user.mean = ONE_OF(5, 60);
        g->user_sampling_window = 1 + chance(60);
        return;
    }
    g->arrivals = arrivals;
    g->arrivals_count = REQUESTS;
    for (i = 0; i < REQUESTS; i++) {
        if (one_in(2)) now += most / REQUESTS * chance(3) / 2;
        arrivals[i] = now;
    }
}

static void some_events(aflow_builder *b, const aflow_id *servers, uint32_t count, const aflow_id *caches, aflow_id edge)
{
    double from = ONE_OF(0, 1e-9, .001), to = ONE_OF(.01, 2, 5), height = bounded ? ONE_OF(1e-9, .1) : ONE_OF(1e-9, .1, 1e6);
    uint32_t which = count ? chance(count) : chance(2);     /* without a balancer it refuses */
    int i;
    if ((count > 1 || (!count && servers[1])) && one_in(2)) aflow_add_outage(b, servers[which], from, to);
    for (i = 0; i < 3; i++) if (caches[i] && one_in(3)) aflow_add_cache_loss(b, caches[i], from, to);
    if (one_in(3)) aflow_add_spike(b, edge, from, to, height);
}

/* Servers behind a balancer, in front of it, behind that, or all in a row. */
static void some_graph(aflow_builder *b, aflow_id generator, aflow_id client, const aflow_id *caches)
{
    aflow_id servers[MOST_SERVERS] = { 0 }, lb, to = client, edge;
    uint32_t n = 1 + chance(MOST_SERVERS), balanced = one_in(4) ? 0 : n - (n > 2 && one_in(2)), i;
    for (i = 0; i < n; i++) servers[i] = some_server(b);
    if (!balanced) {
        edge = one_in(2) ? some_edge(b, generator, servers[0]) : (some_edge(b, generator, client), some_edge(b, client, servers[0]));
        for (i = 0; i < n; i++) some_edge(b, servers[i], i + 1 < n ? servers[i + 1] : client);
        some_events(b, servers, 0, caches, edge);
        return;
    }
    lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = one_in(3) ? AFLOW_LB_ROUND_ROBIN : AFLOW_LB_LEAST_CONNECTION });
    if (balanced < n && one_in(2)) {            /* in front */
        some_edge(b, generator, servers[balanced]);
        edge = some_edge(b, servers[balanced], lb);
    } else {
        edge = one_in(2) ? some_edge(b, generator, lb) : (some_edge(b, generator, client), some_edge(b, client, lb));
        if (balanced < n) {
            to = servers[balanced];
            some_edge(b, to, client);
        }
    }
    for (i = 0; i < balanced; i++) {
        some_edge(b, lb, servers[i]);
        some_edge(b, servers[i], to);
    }
    some_events(b, servers, balanced, caches, edge);
}

static aflow_builder *some_world(unsigned number)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g = { 0 };
    aflow_sim_settings *settings = aflow_builder_settings(b);
    aflow_id generator, client, caches[3] = { 0 };
    int i;
    world = number;
    chance_state = number * 0x9E3779B97F4A7C15u + 77;
    for (i = 0; i < 8; i++) chance(2);
    lists_used = 0;
    bounded = !one_in(3);
    most_tokens = ONE_OF(1, 100, 1e5);
    some_traffic(&g);
    generator = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    for (i = 0; i < RESOURCES; i++) {
        aflow_resource r = some_resource(i);
        aflow_id id = aflow_add_resource(b, &r);
        if (i >= CACHE_A) caches[i - CACHE_A] = id;
    }
    some_graph(b, generator, client, caches);
    settings->total_simulation_time = (uint32_t)(bounded ? 4e9 : ONE_OF(5, 60, 4e9));
    settings->enabled_sample_metrics = AFLOW_METRICS_NONE;
    if (g.arrivals == NULL) settings->total_simulation_time = 5;
    if (settings->total_simulation_time == 5 && one_in(2)) settings->enabled_sample_metrics = AFLOW_METRICS_ALL;
    settings->sample_period_s = .1;
    if (one_in(10)) settings->compat = AFLOW_COMPAT_ASYNCFLOW_0_1;
    return b;
}

/* --- What must hold of any run ------------------------------------------------------------------------- */

static uint64_t last(const aflow_result *r, aflow_metric metric, aflow_id id) { return (uint64_t)aflow_result_metric(r, metric, id).last; }

static uint64_t check_servers(const aflow_result *r, uint64_t *gone)
{
    aflow_id ids[MOST_SERVERS];
    size_t n = aflow_result_servers(r, ids, MOST_SERVERS), i, k;
    uint64_t present = 0;
    for (i = 0; i < n; i++) {
        aflow_server_stats s = aflow_result_server(r, ids[i]);
        uint64_t arrived = 0, completed = 0, rejected = 0, timed_out = 0;
        for (k = 0; k < s.endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(r, ids[i], k);
            arrived += e.arrived;
            completed += e.completed;
            rejected += e.rejected;
            timed_out += e.timed_out;
        }
        SAME(arrived, s.arrived);
        SAME(completed, s.completed);
        SAME(rejected, s.rejected);
        SAME(timed_out, s.timed_out);
        present += s.arrived - s.completed - s.rejected - s.timed_out;
        *gone += s.refused + s.rejected + s.timed_out;
        TRUE(aflow_result_metric(r, AFLOW_CORE_BUSY, ids[i]).max <= s.cpu_cores);
        TRUE(aflow_result_metric(r, AFLOW_RAM_IN_USE, ids[i]).max <= s.ram_mb);
        if (s.max_concurrency) TRUE(aflow_result_metric(r, AFLOW_CONCURRENT_REQUESTS, ids[i]).max <= s.max_concurrency);
        if (s.threads) TRUE(aflow_result_metric(r, AFLOW_THREADS_IN_USE, ids[i]).max <= (double)s.threads * (s.workers ? s.workers : 1));
    }
    return present;
}

static void check_counters(const aflow_result *r)
{
    aflow_counters c = aflow_result_info(r).requests;
    aflow_id ids[3 * MOST_SERVERS];
    uint64_t gone = 0, present = check_servers(r, &gone);
    size_t n = aflow_result_edges(r, ids, 3 * MOST_SERVERS), i;
    for (i = 0; i < n; i++) {
        aflow_edge_stats e = aflow_result_edge(r, ids[i]);
        uint64_t transit = last(r, AFLOW_EDGE_CONCURRENT_CONNECTION, ids[i]);
        SAME(e.sent, e.delivered + e.dropped + transit);
        present += transit;
        gone += e.dropped;
    }
    SAME(c.generated, c.completed + c.dropped + c.in_flight);
    SAME(c.in_flight, present);
    SAME(c.dropped, gone);
}

/* As counted: whole nanoseconds. */
static double timeout_of(const aflow_result *r, aflow_id id) { return floor(r->sim->plan.resources[aflowi_id_index(id)].desc->acquire_timeout * 1e9 + .5) / 1e9; }

static void check_resources(const aflow_result *r, int drained)
{
    aflow_id ids[RESOURCES + MOST_SERVERS];
    size_t n = aflow_result_resources(r, ids, RESOURCES + MOST_SERVERS), i;
    for (i = 0; i < n; i++) {
        aflow_resource_stats s = aflow_result_resource(r, ids[i]);
        aflow_metric_stats in_use = aflow_result_metric(r, AFLOW_RESOURCE_IN_USE, ids[i]);
        double horizon_s = aflow_result_info(r).horizon_s, queued = aflow_result_metric(r, AFLOW_RESOURCE_QUEUE_LEN, ids[i]).mean * horizon_s;
        double waited = (s.wait.count ? s.wait.mean_s * (double)s.wait.count : 0) + (double)s.timed_out * timeout_of(r, ids[i]);
        int cache = s.kind == AFLOW_RESOURCE_CACHE, gpu = s.kind == AFLOW_RESOURCE_GPU;
        if (!cache && !gpu) SAME(s.acquired, s.released + (uint64_t)in_use.last);
        if (s.capacity) TRUE(in_use.max <= s.capacity);
        if (cache) TRUE(s.hits + s.misses <= s.acquired && s.coalesced <= s.misses && s.evicted + s.expired <= s.misses);
        if (gpu) SAME(s.acquired, s.items);
        if (!drained) continue;
        TRUE(queued >= waited - 1e-9 * queued - 1e-6);
        if (s.kind != AFLOW_RESOURCE_LLM || !s.rejected) TRUE(queued <= waited + 1e-9 * queued + 1e-6);     /* a model may reject who has waited for another of its limits */
        SAME(s.wait.count, s.acquired);
        SAME(s.acquired, s.released);
        SAME(last(r, AFLOW_RESOURCE_QUEUE_LEN, ids[i]), 0);
        if (!cache) SAME(in_use.last, 0);
        if (cache) SAME(s.hits + s.misses, s.acquired);
    }
}

static void check_is_free(const aflow_result *r)
{
    aflow_id ids[MOST_SERVERS];
    size_t n = aflow_result_servers(r, ids, MOST_SERVERS), i;
    uint32_t metric;
    for (i = 0; i < n; i++) {
        for (metric = 1; metric <= AFLOW_THREAD_QUEUE_LEN; metric <<= 1) {
            uint64_t value = last(r, (aflow_metric)metric, ids[i]);
            if (value) test_fail(__FILE__, __LINE__, "[%u] %s of %s is %llu at the end", world, aflow_metric_name((aflow_metric)metric), aflow_result_name(r, ids[i]), (unsigned long long)value);
        }
    }
    SAME(aflow_result_info(r).requests.in_flight, 0);
}

/* --- Runs ---------------------------------------------------------------------------------------------- */

typedef struct outcome { uint64_t digest, events, json; } outcome;

static int put_hash(void *context, const char *text, size_t size)
{
    uint64_t *hash = (uint64_t *)context;
    while (size--) *hash = (*hash ^ (unsigned char)*text++) * 0x100000001b3;
    return 0;
}

static outcome outcome_of(const aflow_result *r)
{
    outcome o = { aflow_result_info(r).digest, aflow_result_info(r).requests.events, 0xcbf29ce484222325 };
    aflow_write_json(r, aflow_result_info(r).horizon_s < 100, put_hash, &o.json);
    return o;
}

static void check_same(outcome got, outcome want)
{
    TRUE(got.digest == want.digest);
    SAME(got.events, want.events);
    TRUE(got.json == want.json);
}

static int splits;              /* times are split by what they go to, */
static uint32_t traces;         /* and so manieth requests are traced */

static aflow_run_desc some_desc(void)
{
    return (aflow_run_desc){ .seed = world, .record_requests = (int)(world & 1), .reserve_in_flight = world % 7 ? 0 : 1, .latency_split = splits, .trace_every = traces };
}

static aflow_sim *new_sim(const aflow_scenario *s, const aflow_run_desc *desc)
{
    aflow_diagnostics problems = { 0 };
    aflow_sim *sim = aflow_sim_create(s, desc, &problems);
    if (!sim) {
        printf("[%u]\n", world);
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        exit(2);
    }
    aflow_diagnostics_clear(&problems);
    return sim;
}

static aflow_result *end_of(aflow_sim *sim)
{
    aflow_result *r;
    aflow_sim_run_until(sim, 4e9);
    r = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    if (!r) exit(2);
    CHECK_STR(aflow_result_referee(r).first, "");
    return r;
}

static outcome outcome_at_end(aflow_sim *sim)
{
    aflow_result *r = end_of(sim);
    outcome o = outcome_of(r);
    aflow_result_destroy(r);
    return o;
}

/* --- On the way: who waits, waits for something that is not there; and the books are those of the queues --------------- */

static uint32_t length(const aflow_sim *sim, uint32_t head)
{
    uint32_t n = 0;
    for (; head != AFLOWI_NO_INDEX; head = sim->requests[head].next) n++;
    return n;
}

static void check_stations(aflow_sim *sim)
{
    uint32_t i, index;
    for (i = 0; i < sim->plan.stations_count; i++) {
        const aflowi_station_plan *p = &sim->plan.stations[i];
        aflowi_station s = sim->stations[i];
        uint64_t now = sim->played - 1, waited;
        SAME(s.waiting, length(sim, s.head));
        if (p->is_last && p->is_first && p->kind != AFLOWI_STATION_COUNTED) SAME(s.waiting, sim->accounts[p->account].waiting.value);
        if (s.head == AFLOWI_NO_INDEX) continue;
        TRUE(s.timer > now);
        for (index = s.head; index != AFLOWI_NO_INDEX; index = sim->requests[index].next) {
            TRUE(p->timeout == AFLOWI_NEVER || sim->extras[index].since + p->timeout > now);
        }
        waited = now - sim->extras[s.head].since;
        if (p->kind == AFLOWI_STATION_COUNTED) {
            SAME(s.in_use, p->capacity);
        } else if (p->kind == AFLOWI_STATION_BATCHES) {
            const aflowi_gpu_plan *g = &sim->plan.gpus[p->gpu];
            TRUE(s.in_use == g->slots || (s.waiting < g->most && waited < g->wait));
        } else {
            aflowi_bucket_fill(p, &s, now);
            TRUE(aflowi_wide_less(s.level, aflowi_tokens_wanted(sim, p, s.head)));
        }
    }
}

static void check_processes(const aflow_sim *sim)
{
    uint32_t i, k;
    for (i = 0; i < sim->plan.servers_count; i++) {
        const aflowi_server_plan *p = &sim->plan.servers[i];
        const aflowi_resource *r = &sim->resources[i * AFLOWI_RESOURCES];
        uint32_t ready = length(sim, r[AFLOWI_CORES].head);
        TRUE(!ready || r[AFLOWI_CORES].in_use.value == r[AFLOWI_CORES].capacity);
        TRUE(r[AFLOWI_DB].head == AFLOWI_NO_INDEX || r[AFLOWI_DB].in_use.value == r[AFLOWI_DB].capacity);
        TRUE(r[AFLOWI_RAM].head == AFLOWI_NO_INDEX || sim->requests[r[AFLOWI_RAM].head].ram > r[AFLOWI_RAM].capacity - r[AFLOWI_RAM].in_use.value);
        SAME(length(sim, r[AFLOWI_RAM].head), r[AFLOWI_RAM].waiting.value);
        SAME(length(sim, r[AFLOWI_DB].head), r[AFLOWI_DB].waiting.value);
        if (sim->processes) ready += length(sim, sim->processes[i].accept_head);
        for (k = 0; sim->processes && k < p->workers; k++) {
            const aflowi_worker *w = &sim->workers[p->first_worker + k];
            ready += length(sim, w->loop_head) + length(sim, w->lock_head);
            TRUE((w->loop_head == AFLOWI_NO_INDEX && sim->processes[i].accept_head == AFLOWI_NO_INDEX) || w->on_loop == p->loop_slots);
            TRUE(w->lock_head == AFLOWI_NO_INDEX || w->locked);
        }
        SAME(ready, r[AFLOWI_CORES].waiting.value);
    }
}

static void check_caches(const aflow_sim *sim)
{
    uint32_t i, key;
    for (i = 0; i < sim->plan.caches_count; i++) {
        const aflowi_cache_plan *p = &sim->plan.caches[i];
        const aflowi_cache *c = &sim->caches[i];
        uint32_t waiting = 0, stored = 0, known = 0;
        for (key = 0; key < p->keys; key++) {
            if (c->first && c->first[key] != AFLOWI_GROUNDED) waiting += length(sim, c->first[key]);
            known += c->next[key] != AFLOWI_NO_INDEX;
        }
        if (p->keys) for (key = c->next[p->keys]; key != p->keys && stored <= p->keys; key = c->next[key]) stored++;
        SAME(stored, known);
        TRUE(stored <= p->capacity && (!c->down || !stored));
        SAME(stored, sim->accounts[p->account].in_use.value);
        SAME(waiting, sim->accounts[p->account].waiting.value);
    }
}

static void check_connections(const aflow_sim *sim)
{
    uint32_t i;
    if (!sim->plan.least_connection || sim->plan.compat) return;
    for (i = 0; i < sim->plan.balancer_edges_count; i++) {
        uint32_t edge = sim->plan.balancer_edges[i];
        uint64_t gone = 0, k;
        const aflowi_server_plan *p = &sim->plan.servers[sim->plan.ops[edge].amount];
        for (k = 0; k < p->endpoints_count; k++) {
            gone += sim->endpoints[p->endpoints + k].latency.count;
            if (sim->endpoints_more) gone += sim->endpoints_more[p->endpoints + k].rejected + sim->endpoints_more[p->endpoints + k].timed_out;
        }
        SAME(sim->tournament.contender[i].connections & ~AFLOWI_OUT, sim->edges[edge].sent - sim->edges[edge].dropped - gone);
    }
}

static int is_free(const aflow_sim *sim, size_t request)
{
    uint32_t index = sim->free_request;
    while (index != AFLOWI_NO_INDEX && index != request) index = sim->requests[index].next;
    return index != AFLOWI_NO_INDEX;
}

/* What a request has done in its server adds up, at any moment, to the time from its arrival to the last note. Background tasks, which
   note nothing, and requests that have left are nowhere. */
static void check_stays(const aflow_sim *sim)
{
    size_t i, k;
    for (i = 0; sim->visits && i < sim->requests_used; i++) {
        const aflowi_request *rq = &sim->requests[i];
        uint64_t sum = 0;
        if (is_free(sim, i) || rq->endpoint == AFLOWI_NO_INDEX || rq->arrived == AFLOWI_AWAY) continue;
        for (k = 0; k < AFLOW_TIME_PARTS; k++) sum += sim->visits[i].part[k];
        SAME(sum, sim->visits[i].since - rq->arrived);
        SAME(sim->visits[i].part[AFLOW_TIME_NETWORK], 0);
    }
}

static void check_moment(aflow_sim *sim)
{
    if (!sim->played) return;
    check_stays(sim);
    check_processes(sim);
    check_stations(sim);
    check_caches(sim);
    check_connections(sim);
}

static double some_later(double t) { return t > 4 && one_in(2) ? 3 * t : t + ONE_OF(1e-9, 1e-6, 1e-3, .01, .01, .1); }

static outcome in_slices(const aflow_scenario *s)
{
    aflow_run_desc desc = some_desc();
    aflow_sim *sim = new_sim(s, &desc);
    double t = 0;
    int i;
    for (i = 0; i < 200; i++) {
        aflow_sim_run_until(sim, t = some_later(t));
        check_moment(sim);
    }
    return outcome_at_end(sim);
}

static outcome side_by_side(const aflow_scenario *s, const aflow_scenario *other)
{
    aflow_run_desc desc = some_desc();
    aflow_sim *sim = new_sim(s, &desc), *beside = new_sim(other, &desc);
    double t = 0;
    int i;
    for (i = 0; i < 100; i++) {
        aflow_sim_run_until(beside, t);
        aflow_sim_run_until(sim, t = some_later(t));
    }
    aflow_sim_destroy(beside);
    return outcome_at_end(sim);
}

/* In a buffer of the size that the library says, and of what an error says when that was not enough. */
static void check_in_buffer(const aflow_scenario *s, outcome want)
{
    aflow_run_desc desc = some_desc();
    size_t size = aflow_run_size(s, &desc, NULL);
    int tries;
    TRUE(size > 0);
    for (tries = 0; tries < 100; tries++) {
        aflow_diagnostics problems = { 0 };
        aflow_result *r;
        const char *least;
        desc.buffer_size = size;
        desc.buffer = malloc(size);
        r = aflow_run(s, &desc, &problems);
        if (r) check_same(outcome_of(r), want);
        least = !r && problems.count ? strstr(problems.items[problems.count - 1].message, "at least ") : NULL;
        TRUE(r || (least && strtoull(least + 9, NULL, 10) > size));
        if (least) size = (size_t)strtoull(least + 9, NULL, 10);
        aflow_diagnostics_clear(&problems);
        aflow_result_destroy(r);
        free(desc.buffer);
        if (r || !least) return;
    }
    test_fail(__FILE__, __LINE__, "[%u] a buffer is large enough in the end", world);
}

/* --- Where the time goes ---------------------------------------------------------------------------------- */

/* The parts of all requests add up to their latencies, those of an endpoint to the time in it where all who left it completed. */
static void check_split(const aflow_result *r)
{
    const aflow_sim *sim = r->sim;
    aflowi_moments all = aflowi_log_moments(&sim->log);
    aflowi_wide parts[AFLOW_TIME_PARTS] = { { 0, 0 } }, sum = { 0, 0 };
    uint32_t e, i;
    for (e = 0; e < sim->plan.endpoints_count; e++) {
        const aflowi_moments *stay = &sim->endpoints[e].latency;
        aflowi_wide own[AFLOW_TIME_PARTS] = { { 0, 0 } }, in_server = { 0, 0 };
        uint64_t visits = aflowi_split_sum(sim, e, 0, own);
        (void)aflowi_split_sum(sim, e, 0, parts);
        for (i = 1; i < AFLOW_TIME_PARTS; i++) aflowi_wide_add(&in_server, own[i].hi, own[i].lo);
        TRUE(visits <= stay->count);
        if (visits < stay->count) continue;
        SAME(in_server.lo, stay->sum.lo);
        SAME(in_server.hi, stay->sum.hi);
    }
    for (i = 0; i < AFLOW_TIME_PARTS; i++) aflowi_wide_add(&sum, parts[i].hi, parts[i].lo);
    SAME(sum.lo, all.sum.lo);
    SAME(sum.hi, all.sum.hi);
    SAME(aflow_result_split(r, 100).requests, sim->log.count);
}

/* The rows of a request touch, from its start to its end, and of a lane none overlap: no more lanes than cores. */
static void check_trace(const aflow_result *r)
{
    const aflowi_trace *t = &r->sim->trace;
    uint64_t *until = (uint64_t *)calloc((size_t)r->sim->generated + 1, sizeof *until);
    size_t i, k, ends = 0;
    for (i = 0; i < t->rows_count; i++) {
        const aflowi_trace_row *row = &t->rows[i];
        int is_end = row->part == AFLOW_TIME_PARTS;
        TRUE(row->request >= 1 && row->request <= r->sim->generated && (row->request - 1) % traces == 0);
        TRUE(row->is_first == (until[row->request] == 0));
        TRUE(row->is_first || until[row->request] == row->from + 1);
        TRUE(is_end ? row->to >= row->from : row->to > row->from);
        TRUE(i == 0 || row->to >= t->rows[i - 1].to);
        until[row->request] = row->to + 1;
        ends += (size_t)is_end;
        if (row->part != AFLOW_TIME_CPU) continue;
        TRUE(row->lane < r->sim->plan.servers[aflowi_id_index(row->entity)].capacity[AFLOWI_CORES]);
        for (k = 0; k < i; k++) {
            const aflowi_trace_row *other = &t->rows[k];
            if (other->part == AFLOW_TIME_CPU && other->entity == row->entity && other->lane == row->lane) TRUE(other->to <= row->from);
        }
    }
    SAME(ends, (r->sim->generated + traces - 1) / traces);
    SAME(t->open, 0);
    free(until);
}

static outcome with_split(const aflow_scenario *s)
{
    aflow_run_desc desc = some_desc();
    aflow_result *r = end_of(new_sim(s, &desc));
    outcome o = outcome_of(r);
    if (splits) check_split(r);
    if (traces) check_trace(r);
    aflow_result_destroy(r);
    return o;
}

/* --- Memory that runs out --------------------------------------------------------------------------------- */

typedef struct memory { uint64_t calls, fails_at; size_t live; } memory;

static void *resize(void *context, void *block, size_t old_size, size_t new_size)
{
    memory *m = (memory *)context;
    void *p;
    if (new_size == 0) {
        m->live -= old_size;
        free(block);
        return NULL;
    }
    if (++m->calls == m->fails_at) return NULL;
    p = realloc(block, new_size);
    if (p) m->live += new_size - (block ? old_size : 0);
    return p;
}

static uint64_t calls_of(const aflow_scenario *s, uint64_t fails_at, outcome want)
{
    memory m = { 0, fails_at, 0 };
    aflow_run_desc desc = some_desc();
    aflow_result *r;
    desc.allocator.resize = resize;
    desc.allocator.context = &m;
    r = aflow_run(s, &desc, NULL);
    TRUE(r || (fails_at && m.calls >= fails_at));
    if (r) {            /* without memory for it, a warning may be missing */
        outcome got = outcome_of(r);
        TRUE(got.digest == want.digest && got.events == want.events);
    }
    aflow_result_destroy(r);
    SAME(m.live, 0);
    return m.calls;
}

static void check_memory(const aflow_scenario *s, outcome want, uint64_t most)
{
    uint64_t calls = calls_of(s, 0, want), i;
    for (i = 1; i <= calls && i <= most; i++) calls_of(s, most < calls ? 1 + chance((uint32_t)calls) : i, want);
}

/* --- Worlds ------------------------------------------------------------------------------------------------ */

static uint64_t lost;

static outcome play(const aflow_scenario *s)
{
    aflow_run_desc desc = some_desc();
    aflow_sim *sim = new_sim(s, &desc);
    aflow_result *r;
    outcome o;
    int drained = bounded;
    aflow_sim_run_until(sim, drained ? 4e9 : ONE_OF(.001, .5, 4e9, 4e9, 4e9, 4e9));
    r = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    CHECK_STR(aflow_result_referee(r).first, "");
    check_counters(r);
    check_resources(r, drained);
    if (drained) check_is_free(r);
    o = outcome_of(r);
    lost += aflow_result_info(r).requests.dropped;
    aflow_result_destroy(r);
    return o;
}

/* Splitting times changes nothing but what is said of them. */
static void play_split(const aflow_scenario *s, outcome want, uint64_t most_failures)
{
    outcome whole;
    splits = 1;
    whole = with_split(s);
    TRUE(whole.digest == want.digest && whole.events == want.events);
    check_same(in_slices(s), whole);
    check_in_buffer(s, whole);
    check_memory(s, whole, most_failures / 2);
    traces = 1 + world % 3;
    splits = (int)(world >> 1 & 1);
    whole = with_split(s);
    TRUE(whole.digest == want.digest && whole.events == want.events);
    check_same(in_slices(s), whole);
    check_in_buffer(s, whole);
    check_memory(s, whole, most_failures / 2);
    traces = 0;
    splits = 0;
}

static void play_thoroughly(unsigned number, uint64_t most_failures)
{
    aflow_builder *b = some_world(number), *other;
    const aflow_scenario *s = aflow_builder_scenario(b, NULL);
    aflow_run_desc desc = some_desc();
    outcome whole;
    play(s);
    whole = outcome_at_end(new_sim(s, &desc));
    check_same(in_slices(s), whole);
    check_in_buffer(s, whole);
    check_memory(s, whole, most_failures);
    play_split(s, whole, most_failures);
    s = aflow_builder_scenario(b, NULL);
    other = b;
    check_same(side_by_side(s, s), whole);
    aflow_builder_destroy(other);
}

/* Lists nested as deep as may be, and in the innermost a look-up whose misses do nothing. */
static void forks_without_steps_are_no_deeper(void)
{
    aflow_step nested[DEPTH + 1];
    static const double evenly[5] = { 0, .01, .02, .03, .04 };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id users = aflow_add_generator(b, &(aflow_generator){ .arrivals = evenly, .arrivals_count = 5 });
    aflow_id client = aflow_add_client(b, NULL), server = aflow_add_server(b, &(aflow_server){ .id = "app" });
    aflow_resource_stats stats;
    aflow_result *r;
    int i;
    aflow_add_resource(b, &(aflow_resource){ .id = "cache", .kind = AFLOW_RESOURCE_CACHE, .keys = 2 });
    nested[DEPTH] = aflow_cache("cache", .001, NULL, 0);
    for (i = DEPTH; i--; ) nested[i] = i % 2 ? aflow_cache("cache", .001, &nested[i + 1], 1) : aflow_branch(.999999, &nested[i + 1], 1);
    aflow_add_endpoint(b, server, "/", nested, 1);
    aflow_connect(b, users, server, aflow_constant(.001));
    aflow_connect(b, server, client, aflow_constant(.001));
    aflow_builder_settings(b)->total_simulation_time = 10;
    r = aflow_run(aflow_builder_scenario(b, NULL), NULL, NULL);
    CHECK(r != NULL);
    stats = aflow_result_resource(r, aflow_result_find(r, "cache"));
    CHECK(stats.acquired >= 5 && stats.acquired == stats.released && stats.hits + stats.misses == stats.acquired);
    CHECK_U64(aflow_result_info(r).requests.completed, 5);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

/* --- Who chooses -------------------------------------------------------------------------------------------- */

static size_t count_choices(void *context, const aflow_waiting *waiting, size_t count)
{
    (void)waiting;
    ++*(size_t *)context;
    return count - 1;
}

/* Of ten at once one is served at once and the last has nobody beside it. */
static void a_discipline_is_asked_once_for_each_choice(void)
{
    size_t asked = 0;
    aflow_discipline_hook hook = { count_choices, NULL };
    static const double at_once[10];
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id users = aflow_add_generator(b, &(aflow_generator){ .arrivals = at_once, .arrivals_count = 10 });
    aflow_id client = aflow_add_client(b, NULL), server = aflow_add_server(b, &(aflow_server){ .id = "app" });
    aflow_result *r;
    hook.context = &asked;
    aflow_add_resource(b, &(aflow_resource){ .id = "pool", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 1, .acquire_timeout = 1, .discipline = &hook });
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_using(aflow_io_s(.01), "pool")));
    aflow_connect(b, users, server, aflow_constant(.001));
    aflow_connect(b, server, client, aflow_constant(.001));
    aflow_builder_settings(b)->total_simulation_time = 10;
    r = aflow_run(aflow_builder_scenario(b, NULL), NULL, NULL);
    CHECK_U64(aflow_result_info(r).requests.completed, 10);
    CHECK_U64(asked, 8);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

static unsigned worlds = 300;

static void at_the_edges_all_adds_up_and_nothing_is_kept(void)
{
    unsigned i;
    for (i = 1; i <= worlds; i++) play_thoroughly(i, 4);
    CHECK(lost > worlds);
}

/* 100 look-ups a second of 10 keys, of which one is kept: nine in ten miss, but at most ten fetches of a second run at once, on 20 places. */
static void a_shared_fetch_is_loaded_once(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator traffic = { .avg_active_users = aflow_constant(100), .avg_request_per_minute_per_user = aflow_constant(60) };
    aflow_server_resources none = { 0 };
    aflow_server app = { .server_resources = none };
    aflow_resource cache = { .id = "cache", .kind = AFLOW_RESOURCE_CACHE, .keys = 10, .capacity = 1, .zipf_exponent = AFLOW_ZERO, .single_flight = 1 };
    aflow_resource pool = { .id = "pool", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 20 };
    aflow_step fetch = aflow_using(aflow_io_s(1), "pool");
    aflow_id generator = aflow_add_generator(b, &traffic), client = aflow_add_client(b, NULL), server = aflow_add_server(b, &app);
    aflow_result *r;
    aflow_add_resource(b, &cache);
    aflow_add_resource(b, &pool);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_cache("cache", .001, &fetch, 1)));
    aflow_connect(b, generator, server, aflow_constant(.001));
    aflow_connect(b, server, client, aflow_constant(.001));
    aflow_builder_settings(b)->total_simulation_time = 60;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    r = aflow_run(aflow_builder_scenario(b, NULL), NULL, NULL);
    TRUE(r != NULL);
    if (r) {
        aflow_resource_stats s = aflow_result_resource(r, aflow_result_find(r, "pool"));
        TRUE(s.acquired > 100 && s.utilization <= .5);
        TRUE(s.offered <= s.utilization);
        TRUE(aflow_result_verdict(r).verdict == AFLOW_VERDICT_STABLE);
    }
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

int main(int argc, char **argv)
{
    const char *environment = getenv("FULL");
    if (environment && strcmp(environment, "1") == 0) worlds = 5000;
    if (argc > 2) {
        unsigned i, end = (unsigned)atoi(argv[2]);
        for (i = (unsigned)atoi(argv[1]); i <= end; i++) {
            aflow_builder *b = some_world(i);
            outcome o = play(aflow_builder_scenario(b, NULL));
            printf("%u %016llx %llu %016llx\n", i, (unsigned long long)o.digest, (unsigned long long)o.events, (unsigned long long)o.json);
            aflow_builder_destroy(b);
        }
        return test_state.failed_here != 0;
    }
    if (argc > 1) {
        aflow_builder *b = some_world((unsigned)atoi(argv[1]));
        aflow_write_scenario_yaml(aflow_builder_scenario(b, NULL), aflow_put_file, stdout);
        aflow_builder_destroy(b);
        play_thoroughly((unsigned)atoi(argv[1]), 1000000);
        return test_state.failed_here != 0;
    }
    RUN(forks_without_steps_are_no_deeper);
    RUN(a_discipline_is_asked_once_for_each_choice);
    RUN(at_the_edges_all_adds_up_and_nothing_is_kept);
    RUN(a_shared_fetch_is_loaded_once);
    return test_end();
}
