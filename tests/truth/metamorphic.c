/* truth/metamorphic.c - scenarios that say the same in other words, and must give the same run: request by request, tick by tick. Each
   pair is also tried with a small difference that must show, so that equality is not for want of anything to differ in.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"

#define SECONDS 60

/* --- A world: one server, Poisson requests, a CPU step before and behind what is compared ------------------ */

struct world { aflow_builder *b; aflow_id client, server; };

static struct world empty_world(aflow_server_resources resources, double rate)
{
    struct world w;
    aflow_id g;
    w.b = aflow_builder_create(NULL);
    g = aflow_add_generator(w.b, &(aflow_generator){ .avg_active_users = aflow_poisson(rate), .avg_request_per_minute_per_user = aflow_constant(60), .user_sampling_window = 10 });
    w.client = aflow_add_client(w.b, NULL);
    w.server = aflow_add_server(w.b, &(aflow_server){ .server_resources = resources });
    aflow_connect(w.b, g, w.server, aflow_exponential(.002));
    aflow_connect(w.b, w.server, w.client, aflow_exponential(.003));
    aflow_builder_settings(w.b)->total_simulation_time = SECONDS;
    aflow_builder_settings(w.b)->sample_period_s = .1;
    return w;
}

static void endpoint(struct world *w, const aflow_step *steps, size_t steps_count) { aflow_add_endpoint(w->b, w->server, "/a", steps, steps_count); }

static void resource(struct world *w, aflow_resource desc)
{
    desc.id = "it";
    aflow_add_resource(w->b, &desc);
}

/* `before`, what is compared, and 2 ms of a core. */
static struct world world_of(const aflow_step *before, const aflow_step *steps, size_t steps_count)
{
    struct world w = empty_world((aflow_server_resources){ .cpu_cores = 2 }, 120);
    aflow_step all[16];
    size_t i;
    all[0] = *before;
    for (i = 0; i < steps_count; i++) all[i + 1] = steps[i];
    all[steps_count + 1] = aflow_cpu_s(.002);
    endpoint(&w, all, steps_count + 2);
    return w;
}

static aflow_step random_cpu(void) { return aflow_cpu(aflow_exponential(.009)); }

#define WORLD(...) world_with(AFLOW_STEPS(__VA_ARGS__))
static struct world world_with(const aflow_step *steps, size_t count)
{
    aflow_step before = random_cpu();
    return world_of(&before, steps, count);
}

/* --- Comparing ---------------------------------------------------------------------------------------------------- */

static aflow_result *run_of(struct world *w, uint64_t seed)
{
    aflow_diagnostics problems = { 0 };
    aflow_result *r = aflow_run(aflow_builder_scenario(w->b, &problems), &(aflow_run_desc){ .seed = seed, .record_requests = 1 }, &problems);
    if (!r) {
        printf("%s:\n", test_state.name);
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        exit(2);
    }
    aflow_diagnostics_clear(&problems);
    return r;
}

static uint64_t rows_that_differ(const aflow_result *a, const aflow_result *b)
{
    uint64_t n = aflow_result_requests(a), m = aflow_result_requests(b), i, differ = n > m ? n - m : m - n;
    for (i = 0; i < n && i < m; i++) {
        aflow_request_info p = aflow_result_request(a, i), q = aflow_result_request(b, i);
        differ += p.id != q.id || p.start_ns != q.start_ns || p.finish_ns != q.finish_ns || p.outcome != q.outcome;
    }
    return differ;
}

static void check_metric(const aflow_result *a, const aflow_result *b, aflow_metric metric)
{
    aflow_metric_stats x = aflow_result_metric(a, metric, aflow_result_find(a, "srv-1")), y = aflow_result_metric(b, metric, aflow_result_find(b, "srv-1"));
    CHECK_NEAR(x.mean, y.mean, 0);
    CHECK_NEAR(x.max, y.max, 0);
    CHECK_U64(x.samples, y.samples);
    if (x.samples) CHECK_NEAR(x.sampled_mean, y.sampled_mean, 0);
}

/* Digest, rows, counters, latencies and the server's gauges. */
static void check_same(const aflow_result *a, const aflow_result *b)
{
    aflow_run_info x = aflow_result_info(a), y = aflow_result_info(b);
    CHECK(x.requests.completed > 3000);
    CHECK(x.digest == y.digest);
    CHECK_U64(rows_that_differ(a, b), 0);
    CHECK_U64(x.requests.generated, y.requests.generated);
    CHECK_U64(x.requests.completed, y.requests.completed);
    CHECK_U64(x.requests.dropped, y.requests.dropped);
    CHECK_NEAR(aflow_result_latency(a).mean_s, aflow_result_latency(b).mean_s, 0);
    CHECK_NEAR(aflow_result_latency(a).p99_s, aflow_result_latency(b).p99_s, 0);
    CHECK_NEAR(aflow_result_server(a, aflow_result_find(a, "srv-1")).cpu_utilization, aflow_result_server(b, aflow_result_find(b, "srv-1")).cpu_utilization, 0);
    check_metric(a, b, AFLOW_READY_QUEUE_LEN);
    check_metric(a, b, AFLOW_CORE_BUSY);
    check_metric(a, b, AFLOW_RAM_IN_USE);
}

/* The JSON result, without the hash of the scenario. */
static char *json_of(const aflow_result *r)
{
    size_t capacity = 1 << 16;
    aflow_text text = { NULL, capacity, 0 };
    char *hash;
    text.data = (char *)malloc(capacity);
    if (!text.data || aflow_write_json(r, 0, aflow_put_text, &text) != AFLOW_OK || text.size >= capacity) exit(2);
    hash = strstr(text.data, "\"hash\"");
    if (!hash) exit(2);
    memset(hash + 9, '0', 16);
    return text.data;
}

/* Every figure is the same, to the letter: where nothing of what differs is named in results. */
static void compare_texts(struct world a, struct world b)
{
    aflow_result *x = run_of(&a, 1), *y = run_of(&b, 1);
    char *s = json_of(x), *t = json_of(y);
    check_same(x, y);
    CHECK_STR(s, t);
    free(s);
    free(t);
    aflow_result_destroy(x);
    aflow_result_destroy(y);
    aflow_builder_destroy(a.b);
    aflow_builder_destroy(b.b);
}

/* The same requests with the same fates, whatever the figures say. */
static void compare_requests(struct world a, struct world b)
{
    aflow_result *x = run_of(&a, 1), *y = run_of(&b, 1);
    CHECK(aflow_result_info(x).requests.completed > 3000);
    CHECK(aflow_result_info(x).digest == aflow_result_info(y).digest);
    CHECK_U64(rows_that_differ(x, y), 0);
    aflow_result_destroy(x);
    aflow_result_destroy(y);
    aflow_builder_destroy(a.b);
    aflow_builder_destroy(b.b);
}

#define SLEEPS_TOO 1
static void compare(struct world a, struct world b, int sleeps_too)
{
    uint64_t seed;
    for (seed = 1; seed <= 3; seed++) {
        aflow_result *x = run_of(&a, seed), *y = run_of(&b, seed);
        check_same(x, y);
        if (sleeps_too) check_metric(x, y, AFLOW_EVENT_LOOP_IO_SLEEP);
        aflow_result_destroy(x);
        aflow_result_destroy(y);
    }
    aflow_builder_destroy(a.b);
    aflow_builder_destroy(b.b);
}

static void differ(struct world a, struct world b)
{
    aflow_result *x = run_of(&a, 1), *y = run_of(&b, 1);
    CHECK(aflow_result_info(x).digest != aflow_result_info(y).digest);
    CHECK(rows_that_differ(x, y) > 100);
    aflow_result_destroy(x);
    aflow_result_destroy(y);
    aflow_builder_destroy(a.b);
    aflow_builder_destroy(b.b);
}

/* --- Resources that never bind -------------------------------------------------------------------------------------- */

static struct world limited(double rate, double burst, double interval)
{
    struct world w = WORLD(aflow_rate_limit("it"));
    resource(&w, (aflow_resource){ .kind = AFLOW_RESOURCE_RATE_LIMITER, .rate = rate, .burst = burst, .refill_interval = interval });
    return w;
}

/* The token is there, and taken in passing: the core is kept over it. */
static void a_limiter_that_never_binds_is_not_there(void)
{
    compare(limited(1e9, 1e9, 0), world_with(NULL, 0), SLEEPS_TOO);
    compare(limited(1e9, 1e9, .001), world_with(NULL, 0), SLEEPS_TOO);
    differ(limited(150, 3, 0), world_with(NULL, 0));
}

static struct world pooled(aflow_resource desc, aflow_random_variable time)
{
    struct world w = WORLD(aflow_using(aflow_io(time), "it"));
    resource(&w, desc);
    return w;
}

static void a_pool_as_large_as_the_concurrency_is_not_there(void)
{
    const aflow_random_variable random = aflow_exponential(.02);
    const aflow_resource large = { .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 100000, .acquire_timeout = .001 }, small = { .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 };
    const aflow_resource rejecting = { .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 100000, .overflow = AFLOW_OVERFLOW_REJECT };
    compare(pooled(large, random), WORLD(aflow_io(random)), SLEEPS_TOO);
    compare(pooled(rejecting, random), WORLD(aflow_io(random)), SLEEPS_TOO);
    differ(pooled(small, random), WORLD(aflow_io(random)));
}

/* Without contention and coherency a database is a pool; with one place so it is whatever they are. */
static void a_database_without_contention_is_a_pool(void)
{
    const aflow_random_variable random = aflow_exponential(.02);
    aflow_resource database = { .kind = AFLOW_RESOURCE_DATABASE, .capacity = 3 }, pool = { .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 };
    compare(pooled(database, random), pooled(pool, random), SLEEPS_TOO);
    database.contention = .01;
    differ(pooled(database, random), pooled(pool, random));
    database.capacity = pool.capacity = 1;
    database.contention = .5;
    database.coherency = .5;
    compare(pooled(database, aflow_exponential(.004)), pooled(pool, aflow_exponential(.004)), SLEEPS_TOO);
}

/* Limits that nobody reaches. */
static void limits_that_nobody_reaches_do_not_matter(void)
{
    const aflow_random_variable random = aflow_exponential(.015);
    const aflow_resource plain = { .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 };
    aflow_resource limits = plain;
    limits.max_waiting = 1000000;
    limits.acquire_timeout = 1000;
    compare(pooled(plain, random), pooled(limits, random), SLEEPS_TOO);
    limits.acquire_timeout = .05;
    differ(pooled(plain, random), pooled(limits, random));
}

/* --- Caches ----------------------------------------------------------------------------------------------------------- */

static struct world cached(aflow_resource desc, const aflow_step *on_miss, size_t count)
{
    struct world w = WORLD(aflow_cache("it", .001, on_miss, count));
    desc.kind = AFLOW_RESOURCE_CACHE;
    resource(&w, desc);
    return w;
}

static aflow_step look_up(void) { return aflow_step_of(AFLOW_STEP_IO_CACHE, aflow_not_given(), aflow_not_given(), aflow_constant(.001)); }

static void a_cache_that_never_hits_is_its_misses(void)
{
    const aflow_step fetch[2] = { aflow_io(aflow_exponential(.01)), aflow_cpu_s(.001) };
    compare(cached((aflow_resource){ .hit_probability = AFLOW_ZERO }, NULL, 0), WORLD(look_up()), SLEEPS_TOO);
    compare(cached((aflow_resource){ .hit_probability = 1 }, fetch, 2), WORLD(look_up()), SLEEPS_TOO);
    compare(cached((aflow_resource){ .hit_probability = AFLOW_ZERO }, fetch, 2), WORLD(look_up(), fetch[0], fetch[1]), SLEEPS_TOO);
    differ(cached((aflow_resource){ .hit_probability = .01 }, fetch, 2), WORLD(look_up(), fetch[0], fetch[1]));
}

/* A cache that is lost for the whole run never hits, either: as with probability 0. (Keys are other draws than misses.) */
static void a_cache_that_is_away_never_hits(void)
{
    const aflow_step fetch[1] = { aflow_io(aflow_exponential(.01)) };
    aflow_step step = aflow_cache("it", .001, fetch, 1);
    struct world w = WORLD(step);
    aflow_id id = aflow_add_resource(w.b, &(aflow_resource){ .id = "it", .kind = AFLOW_RESOURCE_CACHE, .keys = 10 });
    aflow_add_cache_loss(w.b, id, 0, SECONDS);
    compare(w, WORLD(look_up(), fetch[0]), SLEEPS_TOO);
}

/* One key for ever, fetched before the second request comes: all but the first hit. Capacity beyond the keys, and a life beyond the run. */
static void capacity_and_life_that_never_bind_do_not_matter(void)
{
    const aflow_step fetch[1] = { aflow_io_s(.01) };
    compare(cached((aflow_resource){ .keys = 50 }, fetch, 1), cached((aflow_resource){ .keys = 50, .capacity = 50, .time_to_live = 1000 }, fetch, 1), SLEEPS_TOO);
    differ(cached((aflow_resource){ .keys = 50 }, fetch, 1), cached((aflow_resource){ .keys = 50, .capacity = 30 }, fetch, 1));
    differ(cached((aflow_resource){ .keys = 50 }, fetch, 1), cached((aflow_resource){ .keys = 50, .time_to_live = 3 }, fetch, 1));
}

/* --- Models, GPUs -------------------------------------------------------------------------------------------------------- */

static struct world modelled(aflow_resource desc, aflow_step step)
{
    struct world w = WORLD(step);
    desc.kind = AFLOW_RESOURCE_LLM;
    resource(&w, desc);
    return w;
}

static void a_model_without_limits_is_a_wait(void)
{
    const aflow_random_variable tokens = aflow_constant(50);
    const aflow_resource model = { .time_to_first_token = aflow_constant(.01), .time_per_output_token = aflow_constant(.0002), .price_per_call = 1 };
    aflow_resource limited_model = model;
    aflow_step given = aflow_llm_tokens("it", aflow_exponential(50), aflow_exponential(50));
    given.io_waiting_time = aflow_constant(.02);
    compare(modelled(model, aflow_llm_tokens("it", tokens, tokens)), WORLD(aflow_io_s(.02)), SLEEPS_TOO);
    compare(modelled(model, given), WORLD(aflow_io_s(.02)), SLEEPS_TOO);
    limited_model.requests_per_minute = limited_model.tokens_per_minute = 1e9;
    limited_model.capacity = 1000000;
    compare(modelled(limited_model, aflow_llm_tokens("it", tokens, tokens)), WORLD(aflow_io_s(.02)), SLEEPS_TOO);
    limited_model.capacity = 3;
    compare(modelled(limited_model, aflow_llm_tokens("it", tokens, tokens)), pooled((aflow_resource){ .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 }, aflow_constant(.02)), SLEEPS_TOO);
}

static struct world accelerated(aflow_resource desc)
{
    struct world w = WORLD(aflow_gpu_inference("it"));
    desc.kind = AFLOW_RESOURCE_GPU;
    resource(&w, desc);
    return w;
}

/* Batches of one are places of a pool. */
static void batches_of_one_are_a_pool(void)
{
    const aflow_resource pool = { .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 };
    compare(accelerated((aflow_resource){ .slots = 3, .batch_time = aflow_constant(.015), .item_time = aflow_constant(.005) }), pooled(pool, aflow_constant(.02)), SLEEPS_TOO);
    compare(accelerated((aflow_resource){ .slots = 3, .max_batch_wait = 1, .item_time = aflow_constant(.02) }), pooled(pool, aflow_constant(.02)), SLEEPS_TOO);
    differ(accelerated((aflow_resource){ .slots = 3, .max_batch_size = 2, .batch_time = aflow_constant(.015), .item_time = aflow_constant(.005) }), pooled(pool, aflow_constant(.02)));
}

/* --- Branches --------------------------------------------------------------------------------------------------------------- */

static struct world branched(double probability, const aflow_step *steps, size_t count, const aflow_step *otherwise, size_t otherwise_count)
{
    aflow_step branch = aflow_branch(probability, steps, count);
    branch.otherwise = otherwise;
    branch.otherwise_count = otherwise_count;
    return WORLD(branch);
}

static void a_sure_branch_is_its_steps(void)
{
    const aflow_step a[2] = { aflow_cpu_s(.001), aflow_io_s(.01) }, b[1] = { aflow_io_s(.02) };
    compare(branched(1, a, 2, NULL, 0), WORLD(a[0], a[1]), SLEEPS_TOO);
    compare(branched(1, a, 2, b, 1), WORLD(a[0], a[1]), SLEEPS_TOO);
    compare(branched(0, a, 2, b, 1), WORLD(b[0]), SLEEPS_TOO);
    compare(branched(0, a, 2, NULL, 0), world_with(NULL, 0), SLEEPS_TOO);
    compare_texts(branched(0, a, 2, NULL, 0), world_with(NULL, 0));
    compare_texts(branched(1, a, 2, b, 1), WORLD(a[0], a[1]));
    compare(branched(.25, b, 1, b, 1), WORLD(b[0]), SLEEPS_TOO);
    differ(branched(.01, a, 2, NULL, 0), branched(0, a, 2, NULL, 0));
}

/* Steps behind a branch draw what they drew without it; the last CPU step is random here. */
static void a_branch_that_is_never_taken_leaves_later_draws(void)
{
    const aflow_step never[2] = { aflow_io(aflow_exponential(1)), aflow_cpu(aflow_exponential(1)) };
    struct world a = empty_world((aflow_server_resources){ .cpu_cores = 2 }, 120), b = empty_world((aflow_server_resources){ .cpu_cores = 2 }, 120);
    endpoint(&a, AFLOW_STEPS(random_cpu(), aflow_io_s(.001), aflow_branch(0, never, 2), aflow_cpu(aflow_exponential(.004))));
    endpoint(&b, AFLOW_STEPS(random_cpu(), aflow_io_s(.001), aflow_cpu(aflow_exponential(.004))));
    compare(a, b, SLEEPS_TOO);
}

/* --- The server model --------------------------------------------------------------------------------------------------------- */

static struct world served(aflow_server_resources resources, double rate, const aflow_step *steps, size_t count)
{
    struct world w = empty_world(resources, rate);
    endpoint(&w, steps, count);
    return w;
}
#define RESOURCES(...) (aflow_server_resources){ __VA_ARGS__ }

static void workers_without_a_lock_are_not_there(void)
{
    const aflow_step steps[3] = { random_cpu(), aflow_io(aflow_exponential(.02)), aflow_cpu_s(.004) };
    uint32_t workers;
    for (workers = 1; workers <= 3; workers++) {
        compare(served(RESOURCES(.cpu_cores = 2, .workers = workers, .interpreter_lock = AFLOW_LOCK_NONE), 130, steps, 3), served(RESOURCES(.cpu_cores = 2), 130, steps, 3), SLEEPS_TOO);
    }
    differ(served(RESOURCES(.cpu_cores = 2, .workers = 2), 130, steps, 3), served(RESOURCES(.cpu_cores = 2), 130, steps, 3));
}

/* As many workers as cores behind the kernel's one queue: where a request is one stretch, a server of as many cores, whatever its length. */
static void workers_behind_one_queue_are_as_many_cores(void)
{
    const aflow_step fixed[1] = { aflow_cpu_s(.01) }, random[2] = { random_cpu(), aflow_io_s(.02) };
    uint32_t c;
    for (c = 1; c <= 4; c++) {
        compare(served(RESOURCES(.cpu_cores = c, .workers = c), 90. * c, fixed, 1), served(RESOURCES(.cpu_cores = c), 90. * c, fixed, 1), SLEEPS_TOO);
        compare(served(RESOURCES(.cpu_cores = c, .workers = c), 90. * c, random, 2), served(RESOURCES(.cpu_cores = c), 90. * c, random, 2), SLEEPS_TOO);
        compare(served(RESOURCES(.cpu_cores = c, .workers = c + 2), 90. * c, fixed, 1), served(RESOURCES(.cpu_cores = c), 90. * c, fixed, 1), SLEEPS_TOO);
    }
}

/* One worker is one core, also where requests come back to it. */
static void one_worker_is_one_core(void)
{
    const aflow_step steps[3] = { random_cpu(), aflow_io(aflow_exponential(.02)), aflow_cpu_s(.002) };
    compare_requests(served(RESOURCES(.cpu_cores = 8, .workers = 1), 70, steps, 3), served(RESOURCES(.cpu_cores = 1), 70, steps, 3));
}

static void room_for_all_is_no_limit(void)
{
    const aflow_step steps[3] = { random_cpu(), aflow_ram_mb(10), aflow_io(aflow_exponential(.02)) };
    compare(served(RESOURCES(.cpu_cores = 2, .max_concurrency = 100000, .overflow = AFLOW_OVERFLOW_REJECT), 150, steps, 3), served(RESOURCES(.cpu_cores = 2), 150, steps, 3), SLEEPS_TOO);
    differ(served(RESOURCES(.cpu_cores = 2, .max_concurrency = 5), 150, steps, 3), served(RESOURCES(.cpu_cores = 2), 150, steps, 3));
}

/* max_concurrency as RAM for as many: who waits at the door or for RAM waits as long. */
static void places_are_as_ram_for_as_many(void)
{
    const aflow_step plain[2] = { random_cpu(), aflow_io(aflow_exponential(.02)) }, heavy[3] = { aflow_ram_mb(100), plain[0], plain[1] };
    struct world a = served(RESOURCES(.cpu_cores = 2, .max_concurrency = 5), 120, plain, 2), b = served(RESOURCES(.cpu_cores = 2, .ram_mb = 500), 120, heavy, 3);
    aflow_result *x = run_of(&a, 1), *y = run_of(&b, 1);
    CHECK(aflow_result_info(x).digest == aflow_result_info(y).digest);
    CHECK_NEAR(aflow_result_metric(x, AFLOW_BACKLOG_LEN, a.server).mean, aflow_result_metric(y, AFLOW_RAM_QUEUE_LEN, b.server).mean, 0);
    CHECK(aflow_result_metric(x, AFLOW_BACKLOG_LEN, a.server).mean > .01);
    CHECK_NEAR(aflow_result_metric(x, AFLOW_CONCURRENT_REQUESTS, a.server).mean * 100, aflow_result_metric(y, AFLOW_RAM_IN_USE, b.server).mean, 1e-9);
    aflow_result_destroy(x);
    aflow_result_destroy(y);
    aflow_builder_destroy(a.b);
    aflow_builder_destroy(b.b);
}

static void threads_for_all_are_plain_waits(void)
{
    const aflow_step plain[3] = { random_cpu(), aflow_io_s(.02), aflow_cpu_s(.002) }, threaded[3] = { plain[0], aflow_thread_io_s(.02), plain[2] };
    compare(served(RESOURCES(.cpu_cores = 2, .threads = 100000), 120, threaded, 3), served(RESOURCES(.cpu_cores = 2), 120, plain, 3), SLEEPS_TOO);
    differ(served(RESOURCES(.cpu_cores = 2, .threads = 2), 120, threaded, 3), served(RESOURCES(.cpu_cores = 2), 120, plain, 3));
}

/* A pool of threads is a pool of connections. */
static void threads_are_places(void)
{
    struct world a = WORLD(aflow_using(aflow_io_s(.02), "it"));
    const aflow_step threaded[3] = { random_cpu(), aflow_thread_io_s(.02), aflow_cpu_s(.002) };
    resource(&a, (aflow_resource){ .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 });
    compare(a, served(RESOURCES(.cpu_cores = 2, .threads = 3), 120, threaded, 3), SLEEPS_TOO);
}

/* Enough loops, and blocking is waiting. */
static void blocking_calls_of_many_loops_are_plain_waits(void)
{
    const aflow_step plain[3] = { random_cpu(), aflow_io_s(.02), aflow_cpu_s(.002) }, blocking[3] = { plain[0], aflow_blocking_s(.02), plain[2] };
    compare(served(RESOURCES(.cpu_cores = 1000), 120, blocking, 3), served(RESOURCES(.cpu_cores = 1000), 120, plain, 3), 0);
    differ(served(RESOURCES(.cpu_cores = 3), 120, blocking, 3), served(RESOURCES(.cpu_cores = 3), 120, plain, 3));
}

/* Computing in threads: with a thread for everybody and no lock, on the same cores; with a lock of its own interval beyond any stretch, one by one. */
static void computing_threads_share_the_cores(void)
{
    const aflow_step plain[1] = { aflow_cpu_s(.01) }, threaded[1] = { aflow_thread_cpu_s(.01) };
    compare(served(RESOURCES(.cpu_cores = 2, .threads = 100000), 170, threaded, 1), served(RESOURCES(.cpu_cores = 2), 170, plain, 1), 0);
    compare_requests(served(RESOURCES(.cpu_cores = 2, .workers = 1, .threads = 100000, .switch_interval = 10), 85, threaded, 1), served(RESOURCES(.cpu_cores = 1), 85, plain, 1));
}

/* --- Nobody else's draws --------------------------------------------------------------------------------------------------------- */

/* Resources that no step uses change nothing, wherever they stand. */
static void unused_resources_change_nothing(void)
{
    const aflow_step fetch[1] = { aflow_io(aflow_exponential(.01)) };
    struct world a = cached((aflow_resource){ .keys = 50, .capacity = 20 }, fetch, 1), b = WORLD(aflow_cache("it", .001, fetch, 1));
    aflow_add_resource(b.b, &(aflow_resource){ .id = "a", .kind = AFLOW_RESOURCE_CACHE, .keys = 7 });
    resource(&b, (aflow_resource){ .kind = AFLOW_RESOURCE_CACHE, .keys = 50, .capacity = 20 });
    aflow_add_resource(b.b, &(aflow_resource){ .id = "z", .kind = AFLOW_RESOURCE_GPU, .item_time = aflow_exponential(1) });
    compare(a, b, SLEEPS_TOO);
}

int main(void)
{
    RUN(a_limiter_that_never_binds_is_not_there);
    RUN(a_pool_as_large_as_the_concurrency_is_not_there);
    RUN(a_database_without_contention_is_a_pool);
    RUN(limits_that_nobody_reaches_do_not_matter);
    RUN(a_cache_that_never_hits_is_its_misses);
    RUN(a_cache_that_is_away_never_hits);
    RUN(capacity_and_life_that_never_bind_do_not_matter);
    RUN(a_model_without_limits_is_a_wait);
    RUN(batches_of_one_are_a_pool);
    RUN(a_sure_branch_is_its_steps);
    RUN(a_branch_that_is_never_taken_leaves_later_draws);
    RUN(workers_without_a_lock_are_not_there);
    RUN(workers_behind_one_queue_are_as_many_cores);
    RUN(one_worker_is_one_core);
    RUN(room_for_all_is_no_limit);
    RUN(places_are_as_ram_for_as_many);
    RUN(threads_for_all_are_plain_waits);
    RUN(threads_are_places);
    RUN(blocking_calls_of_many_loops_are_plain_waits);
    RUN(computing_threads_share_the_cores);
    RUN(unused_resources_change_nothing);
    return test_end();
}
