/* truth/split.c - where the time goes, and traces: by hand, where two requests come at one instant; by Little's law, which holds exactly on the way
   that a run took: so many nanoseconds were waited for something as there are under the curve of its queue; and by the rows of all
   requests, for the slowest of them.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

static aflow_result *run_of(const aflow_scenario *s, const aflow_run_desc *desc)
{
    aflow_diagnostics problems = { 0 };
    aflow_result *r = aflow_run(s, desc, &problems);
    if (!r) {
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
        exit(2);
    }
    aflow_diagnostics_clear(&problems);
    return r;
}

/* --- By hand: two requests at 1 s, edges of 3 ms each way and one to the client ------------------------- */

static const double at_once[2] = { 1, 1 };

static aflow_result *two_at_once_as(const aflow_run_desc *desc, const aflow_server_resources *have, const aflow_resource *resource, const aflow_step *steps, size_t count)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id users = aflow_add_generator(b, &(aflow_generator){ .arrivals = at_once, .arrivals_count = 2 }), client = aflow_add_client(b, NULL);
    aflow_id server = aflow_add_server(b, &(aflow_server){ .id = "app", .server_resources = *have });
    aflow_result *r;
    if (resource) aflow_add_resource(b, resource);
    aflow_add_endpoint(b, server, "/", steps, count);
    aflow_connect(b, users, client, aflow_constant(.003));
    aflow_connect(b, client, server, aflow_constant(.003));
    aflow_connect(b, server, client, aflow_constant(.003));
    aflow_builder_settings(b)->total_simulation_time = 10;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_READY_QUEUE_LEN;
    r = run_of(aflow_builder_scenario(b, NULL), desc);
    aflow_builder_destroy(b);
    return r;
}

static aflow_result *two_at_once(const aflow_server_resources *have, const aflow_resource *resource, const aflow_step *steps, size_t count)
{
    return two_at_once_as(&(aflow_run_desc){ .latency_split = 1 }, have, resource, steps, count);
}

/* Milliseconds of both requests together; of the network always 2 x 9. */
typedef struct both { double ram, core, connection, limit, cpu, io; } both;

static void check_both(const char *what, aflow_result *r, both want)
{
    aflow_split_stats all = aflow_result_split(r, 100), in_server = aflow_result_endpoint_split(r, aflow_result_find(r, "app"), 0);
    const double ms[AFLOW_TIME_PARTS] = { 18, want.ram, want.core, want.connection, want.limit, want.cpu, want.io };
    double sum = 0;
    int i;
    CHECK_U64(all.requests, 2);
    CHECK_U64(in_server.requests, 2);
    for (i = 0; i < AFLOW_TIME_PARTS; i++) {
        if (!(fabs(all.part_s[i] * 2000 - ms[i]) < 1e-9)) test_fail(__FILE__, __LINE__, "%s: %s is %.9g ms, expected %.9g", what, aflow_time_part_name((aflow_time_part)i), all.part_s[i] * 2000, ms[i]);
        CHECK_NEAR(in_server.part_s[i], i ? all.part_s[i] : 0, 0);
        sum += ms[i];
    }
    CHECK_NEAR(all.latency_s * 2000, sum, 1e-9);
    CHECK_NEAR(in_server.latency_s * 2000, sum - 18, 1e-9);
    CHECK_NEAR(all.latency_s, aflow_result_latency(r).mean_s, 1e-15);
    aflow_result_destroy(r);
}

static void run_seven_ms(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    (void)context;
    (void)call;
    answer->wait_s = .007;
}

static void two_requests_share_what_there_is(void)
{
    static const aflow_step_hook waits = { run_seven_ms, NULL, 0 }, computes = { run_seven_ms, NULL, 1 };
    const aflow_step fetch = aflow_io_s(.01);
    aflow_server_resources plenty = { .cpu_cores = 2, .ram_mb = 512 }, one = { .cpu_cores = 1, .ram_mb = 512 }, tight = { .cpu_cores = 2, .ram_mb = 256 };
    aflow_server_resources pooled = { .cpu_cores = 1, .ram_mb = 512, .db_connection_pool = 1 }, strict = { .cpu_cores = 2, .ram_mb = 512, .max_concurrency = 1 };
    aflow_server_resources threaded = { .cpu_cores = 2, .ram_mb = 512, .threads = 1 };
    aflow_server_resources worker = { .cpu_cores = 2, .ram_mb = 512, .workers = 1, .interpreter_lock = AFLOW_LOCK_GIL, .threads = 2, .switch_interval = .004 };

    check_both("nobody waits", two_at_once(&plenty, NULL, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.02), aflow_cpu_s(.001))), (both){ .cpu = 22, .io = 40 });
    check_both("one core", two_at_once(&one, NULL, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.02))), (both){ .core = 10, .cpu = 20, .io = 40 });
    check_both("RAM for one", two_at_once(&tight, NULL, AFLOW_STEPS(aflow_ram_mb(200), aflow_cpu_s(.01), aflow_io_s(.02))), (both){ .ram = 30, .cpu = 20, .io = 40 });
    check_both("one connection", two_at_once(&pooled, NULL, AFLOW_STEPS(aflow_cpu_s(.01), aflow_db_s(.02))), (both){ .core = 10, .connection = 10, .cpu = 20, .io = 40 });
    check_both("one at a time", two_at_once(&strict, NULL, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.02))), (both){ .limit = 30, .cpu = 20, .io = 40 });
    check_both("one thread", two_at_once(&threaded, NULL, AFLOW_STEPS(aflow_thread_io_s(.02))), (both){ .limit = 20, .io = 40 });
    check_both("a thread computes", two_at_once(&threaded, NULL, AFLOW_STEPS(aflow_thread_cpu_s(.02))), (both){ .limit = 20, .cpu = 40 });
    check_both("a blocked loop", two_at_once(&one, NULL, AFLOW_STEPS(aflow_blocking_s(.02))), (both){ .core = 20, .io = 40 });
    /* 0-4 A, 4-8 B, 8-12 A, 12-16 B, 16-18 A, 18-20 B */
    check_both("turns with the lock", two_at_once(&worker, NULL, AFLOW_STEPS(aflow_thread_cpu_s(.01))), (both){ .core = 8 + 10, .cpu = 20 });
    check_both("a shared pool", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 1 },
               AFLOW_STEPS(aflow_using(aflow_io_s(.02), "r"))), (both){ .connection = 20, .io = 40 });
    /* both at once, and each takes 1 + 1 times as long */
    check_both("a database", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_DATABASE, .capacity = 2, .contention = 1 },
               AFLOW_STEPS(aflow_using(aflow_db_s(.02), "r"))), (both){ .io = 80 });
    check_both("a rate limiter", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_RATE_LIMITER, .rate = 10, .burst = 1 },
               AFLOW_STEPS(aflow_cpu_s(.01), aflow_rate_limit("r"), aflow_cpu_s(.01))), (both){ .limit = 100, .cpu = 40 });
    check_both("a batch", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_GPU, .slots = 1, .max_batch_size = 4, .max_batch_wait = .005,
               .batch_time = aflow_constant(.02), .item_time = aflow_constant(.001) }, AFLOW_STEPS(aflow_gpu_inference("r"))), (both){ .limit = 10, .io = 44 });
    check_both("one after the other", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_GPU, .slots = 1, .max_batch_size = 1,
               .batch_time = aflow_constant(.02) }, AFLOW_STEPS(aflow_gpu_inference("r"))), (both){ .limit = 20, .io = 40 });
    check_both("a fetch for both", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_CACHE, .keys = 1, .single_flight = 1 },
               AFLOW_STEPS(aflow_cache("r", .001, &fetch, 1), aflow_cpu_s(.002))), (both){ .limit = 10, .cpu = 4, .io = 12 });
    check_both("a model's calls", two_at_once(&plenty, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_LLM, .capacity = 1, .time_to_first_token = aflow_constant(.1),
               .time_per_output_token = aflow_constant(.01) }, AFLOW_STEPS(aflow_llm_tokens("r", aflow_constant(10), aflow_constant(20)))), (both){ .limit = 300, .io = 600 });
    check_both("steps of one's own", two_at_once(&one, NULL, AFLOW_STEPS(aflow_custom(&waits), aflow_custom(&computes))), (both){ .core = 7, .cpu = 14, .io = 14 });
    check_both("nothing to do", two_at_once(&one, NULL, AFLOW_STEPS(aflow_ram_mb(1))), (both){ 0, 0, 0, 0, 0, 0 });
}

/* --- Little's law --------------------------------------------------------------------------------------------- */

static void add(aflowi_wide *sum, aflowi_wide x) { aflowi_wide_add(sum, x.hi, x.lo); }

static aflowi_wide area_of(const aflow_result *r, aflow_metric metric, aflow_id entity)
{
    const aflowi_gauge *g = aflowi_gauge_of(r->sim, metric, entity);
    aflowi_wide area = { 0, 0 };
    if (!g) return area;
    area = g->area;
    aflowi_wide_add_product(&area, g->value, r->sim->played);
    return area;
}

static void check_law(const char *what, aflowi_wide waited, aflowi_wide area)
{
    if (waited.hi == area.hi && waited.lo == area.lo) return;
    test_fail(__FILE__, __LINE__, "%s: %.17g ns noted, %.17g under the curve", what, aflowi_wide_double(waited), aflowi_wide_double(area));
}

static int is_connection(aflow_resource_kind kind) { return kind == AFLOW_RESOURCE_CONNECTION_POOL || kind == AFLOW_RESOURCE_DATABASE; }

static int seen[AFLOW_TIME_PARTS];      /* some run had such a part */

/* Of a run that lost nobody and in which nobody is left. */
static void check_laws(const aflow_result *r)
{
    const aflow_sim *sim = r->sim;
    aflowi_wide parts[AFLOW_TIME_PARTS] = { { 0, 0 } }, network = { 0, 0 }, connection = { 0, 0 }, limit = { 0, 0 };
    uint32_t i, e;
    CHECK_U64(aflow_result_info(r).requests.completed, aflow_result_info(r).requests.generated);
    for (i = 0; i < sim->plan.servers_count; i++) {
        aflowi_wide own[AFLOW_TIME_PARTS] = { { 0, 0 } };
        aflow_id id = aflowi_server_id(i);
        for (e = 0; e < sim->plan.servers[i].endpoints_count; e++) {
            (void)aflowi_split_sum(sim, sim->plan.servers[i].endpoints + e, 0, own);
            (void)aflowi_split_sum(sim, sim->plan.servers[i].endpoints + e, 0, parts);
        }
        check_law("core_wait", own[AFLOW_TIME_CORE_WAIT], area_of(r, AFLOW_READY_QUEUE_LEN, id));
        check_law("ram_wait", own[AFLOW_TIME_RAM_WAIT], area_of(r, AFLOW_RAM_QUEUE_LEN, id));
        check_law("cpu", own[AFLOW_TIME_CPU], area_of(r, AFLOW_CORE_BUSY, id));
        add(&connection, area_of(r, AFLOW_DB_QUEUE_LEN, id));
        add(&limit, area_of(r, AFLOW_BACKLOG_LEN, id));
        add(&limit, area_of(r, AFLOW_THREAD_QUEUE_LEN, id));
    }
    for (i = 0; i < sim->plan.edges_count; i++) add(&network, area_of(r, AFLOW_EDGE_CONCURRENT_CONNECTION, aflowi_edge_id(i)));
    for (i = 0; i < sim->plan.resources_count; i++) add(is_connection(sim->plan.resources[i].desc->kind) ? &connection : &limit, area_of(r, AFLOW_RESOURCE_QUEUE_LEN, aflowi_resource_id(i)));
    check_law("network", parts[AFLOW_TIME_NETWORK], network);
    check_law("connection_wait", parts[AFLOW_TIME_CONNECTION_WAIT], connection);
    check_law("limit_wait", parts[AFLOW_TIME_LIMIT_WAIT], limit);
    for (i = 0; i < AFLOW_TIME_PARTS; i++) seen[i] |= parts[i].lo != 0;
}

/* A file's scenario with arrivals of our own, so dense that they wait, and far from the end; no message is lost. */
enum { ARRIVALS = 3000 };

static void set_all(aflow_scenario *s, const char *const *changes)
{
    for (; *changes; changes += 2) {
        if (aflow_set(s, changes[0], changes[1], NULL) != AFLOW_OK) test_fail(__FILE__, __LINE__, "cannot set %s", changes[0]);
    }
}

static void check_file(const char *path, double gap, const char *const *changes, int compat)
{
    static double arrivals[ARRIVALS];
    aflow_scenario_file *file = aflow_read_file(path, NULL, NULL);
    aflow_scenario *s = file ? aflow_scenario_copy(aflow_scenario_of(file), NULL) : NULL;
    aflow_result *plain, *split;
    char name[64];
    size_t i;
    if (!s) {
        test_fail(__FILE__, __LINE__, "cannot read %s", path);
        return;
    }
    for (i = 0; i < ARRIVALS; i++) arrivals[i] = (double)i * gap;
    for (i = 0; i < s->topology_graph.edges_count; i++) {
        snprintf(name, sizeof name, "edges[%d].dropout_rate", (int)i);
        CHECK(aflow_set(s, name, "0", NULL) == AFLOW_OK);
    }
    set_all(s, changes);
    s->rqs_input.arrivals = arrivals;
    s->rqs_input.arrivals_count = ARRIVALS;
    s->sim_settings.total_simulation_time = 3600;
    s->sim_settings.sample_period_s = .1;
    if (compat) s->sim_settings.compat = AFLOW_COMPAT_ASYNCFLOW_0_1;
    plain = run_of(s, NULL);
    split = run_of(s, &(aflow_run_desc){ .latency_split = 1 });
    CHECK_U64(aflow_result_info(split).digest, aflow_result_info(plain).digest);
    check_laws(split);
    CHECK_U64(aflow_result_split(plain, 100).requests, 0);
    s->rqs_input.arrivals = NULL;
    s->rqs_input.arrivals_count = 0;
    aflow_result_destroy(plain);
    aflow_result_destroy(split);
    aflow_scenario_destroy(s);
    aflow_scenario_file_destroy(file);
}

static void so_much_is_waited_as_is_under_the_curve_of_a_queue(void)
{
    static const char *const nothing[] = { NULL }, *const patient[] = {
        "resources.orders-db.acquire_timeout", "null", "servers.app-1.resources.search-limit.overflow", "wait", "servers.app-2.resources.search-limit.overflow", "wait",
        "servers.app-1.resources.mail-pool.max_waiting", "1000000", "servers.app-2.resources.mail-pool.max_waiting", "1000000",
        "servers.app-1.server_resources.max_concurrency", "30", "servers.app-2.server_resources.max_concurrency", "30",
        "servers.app-1.server_resources.backlog", "1000000", "servers.app-2.server_resources.backlog", "1000000", NULL };
    int compat, i;
    for (compat = 0; compat < 2; compat++) {
        check_file("examples/scenarios/two_servers.yml", .001, nothing, compat);
        check_file("examples/scenarios/single_server.yml", .004, nothing, compat);
        check_file("examples/scenarios/event_injection_two_servers.yml", .05, nothing, compat);
        check_file("examples/scenarios/heavy_single_server.yml", .01, nothing, compat);
        check_file("examples/scenarios/beyond_asyncflow.yml", .008, nothing, compat);
        check_file("examples/scenarios/shop.yml", .02, nothing, compat);
        check_file("examples/scenarios/beyond_resources.yml", .01, patient, compat);
    }
    for (i = 0; i < AFLOW_TIME_PARTS; i++) CHECK(seen[i]);
}

/* --- Servers in a row ------------------------------------------------------------------------------------------- */

static aflow_builder *row_of_three(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id before = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = aflow_poisson(100), .avg_request_per_minute_per_user = aflow_constant(20) });
    aflow_id client = aflow_add_client(b, NULL), next = client;
    int i;
    for (i = 0; i < 3; i++) {
        aflow_connect(b, before, next, aflow_exponential(.003));
        before = next;
        next = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 1, .ram_mb = 2048 } });
        aflow_add_endpoint(b, next, "/a", AFLOW_STEPS(aflow_cpu(aflow_exponential(.005 + .01 * i)), aflow_io(aflow_exponential(.01))));
        aflow_add_endpoint(b, next, "/b", AFLOW_STEPS(aflow_io_s(.001), aflow_cpu_s(.002)));
    }
    aflow_connect(b, before, next, aflow_exponential(.003));
    aflow_connect(b, next, client, aflow_exponential(.003));
    aflow_builder_settings(b)->total_simulation_time = 300;
    return b;
}

static void every_server_on_the_way_has_its_own(void)
{
    aflow_builder *b = row_of_three();
    aflow_result *r = run_of(aflow_builder_scenario(b, NULL), &(aflow_run_desc){ .seed = 7, .latency_split = 1 });
    aflow_split_stats all = aflow_result_split(r, 100);
    double in_servers = 0, waits[3];
    aflow_id servers[3];
    size_t i, e;
    CHECK_U64(aflow_result_servers(r, servers, 3), 3);
    for (i = 0; i < 3; i++) {
        uint64_t requests = 0;
        waits[i] = 0;
        for (e = 0; e < 2; e++) {
            aflow_split_stats a = aflow_result_endpoint_split(r, servers[i], e);
            requests += a.requests;
            in_servers += a.latency_s * (double)a.requests;
            waits[i] += a.part_s[AFLOW_TIME_CORE_WAIT] * (double)a.requests;
            CHECK(a.requests <= aflow_result_endpoint(r, servers[i], e).completed);
        }
        CHECK_U64(requests, all.requests);
    }
    CHECK_U64(all.requests, aflow_result_info(r).requests.completed);
    CHECK_NEAR(all.latency_s, aflow_result_latency(r).mean_s, 1e-12);
    CHECK_NEAR(all.part_s[AFLOW_TIME_NETWORK] + in_servers / (double)all.requests, all.latency_s, 1e-12);
    CHECK_NEAR((waits[0] + waits[1] + waits[2]) / (double)all.requests, all.part_s[AFLOW_TIME_CORE_WAIT], 1e-12);
    CHECK(waits[2] > waits[0]);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

/* --- The slowest ------------------------------------------------------------------------------------------------ */

/* By the rows: all from some latency on, at least as many as asked for, and without the slowest cell's worth of them too few. */
static void the_slowest_are_those_of_the_rows(void)
{
    static const double percents[] = { 0, .01, .1, 1, 5, 10, 50, 99, 100 };
    aflow_builder *b = row_of_three();
    aflow_result *r = run_of(aflow_builder_scenario(b, NULL), &(aflow_run_desc){ .seed = 3, .record_requests = 1, .latency_split = 1 });
    uint64_t completed = aflow_result_info(r).requests.completed, i;
    size_t k;
    for (k = 0; k < sizeof percents / sizeof percents[0]; k++) {
        aflow_split_stats s = aflow_result_split(r, percents[k]);
        uint64_t from_ns = (uint64_t)(s.from_s * 1e9 + .5), slow = 0, beyond = 0;
        double sum = 0, parts = 0;
        int p;
        for (i = 0; i < aflow_result_requests(r); i++) {
            aflow_request_info q = aflow_result_request(r, i);
            uint64_t latency = q.finish_ns - q.start_ns;
            if (q.outcome != AFLOW_OUTCOME_COMPLETED || latency < from_ns) continue;
            slow++;
            sum += (double)latency;
            beyond += latency > from_ns + from_ns / 63;        /* a cell is 1/64 to 1/128 wide */
        }
        for (p = 0; p < AFLOW_TIME_PARTS; p++) parts += s.part_s[p];
        CHECK_U64(s.requests, slow);
        CHECK((double)slow >= percents[k] / 100 * (double)completed && slow >= 1);
        CHECK((double)beyond < percents[k] / 100 * (double)completed || beyond == 0);
        CHECK_NEAR(s.latency_s, sum / (double)slow / 1e9, 1e-12);
        CHECK_NEAR(parts, s.latency_s, 1e-12);
        if (k) CHECK(s.latency_s <= aflow_result_split(r, percents[k - 1]).latency_s);
    }
    CHECK_U64(aflow_result_split(r, -1).requests, 0);
    CHECK_U64(aflow_result_split(r, 101).requests, 0);
    CHECK_U64(aflow_result_split(r, (double)NAN).requests, 0);
    CHECK_U64(aflow_result_split(NULL, 1).requests, 0);
    CHECK_U64(aflow_result_endpoint_split(r, 0, 0).requests, 0);
    CHECK_U64(aflow_result_endpoint_split(r, aflow_result_find(r, "srv-1"), 2).requests, 0);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
}

/* --- Memory ----------------------------------------------------------------------------------------------------- */

static void a_buffer_of_the_size_that_is_told_is_enough(void)
{
    aflow_builder *b = row_of_three();
    const aflow_scenario *s = aflow_builder_scenario(b, NULL);
    aflow_run_desc desc = { .seed = 5, .latency_split = 1 };
    aflow_result *heap = run_of(s, &desc), *buffer;
    desc.buffer_size = aflow_run_size(s, &desc, NULL);
    desc.buffer = malloc(desc.buffer_size);
    buffer = run_of(s, &desc);
    CHECK_U64(aflow_result_info(buffer).digest, aflow_result_info(heap).digest);
    CHECK_NEAR(aflow_result_split(buffer, 1).latency_s, aflow_result_split(heap, 1).latency_s, 0);
    aflow_result_destroy(heap);
    aflow_result_destroy(buffer);
    free(desc.buffer);
    aflow_builder_destroy(b);
}

/* --- Traces ----------------------------------------------------------------------------------------------------- */

static void check_trace(aflow_result *r, const char *const *lines, size_t count)
{
    static char text[16384];
    aflow_text t = { text, sizeof text, 0 };
    const char *at = text;
    size_t i;
    CHECK(aflow_write_trace(r, aflow_put_text, &t) == AFLOW_OK);
    CHECK(t.size < sizeof text);
    at = strchr(text, '\n');        /* behind the first line, which has the hashes */
    for (i = 0; i < count && at; i++) {
        size_t size = strcspn(++at, "\n");
        if (size != strlen(lines[i]) || strncmp(at, lines[i], size) != 0) test_fail(__FILE__, __LINE__, "line %d is\n%.*s\nexpected\n%s", (int)i + 2, (int)size, at, lines[i]);
        at = strchr(at, '\n');
    }
    CHECK(i == count);
    CHECK_STR(at, "\n]}\n");
    aflow_result_destroy(r);
}

static void a_trace_has_spans_lanes_losses_and_counters(void)
{
    static const char *const lines[] = {
        "{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"requests of client-1\"}},",
        "{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":1}},",
        "{\"ph\":\"M\",\"pid\":2,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"network\"}},",
        "{\"ph\":\"M\",\"pid\":2,\"tid\":0,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":2}},",
        "{\"ph\":\"M\",\"pid\":4,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"server app\"}},",
        "{\"ph\":\"M\",\"pid\":4,\"tid\":0,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":4}},",
        "{\"ph\":\"M\",\"pid\":4,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"core 1\"}},",
        "{\"ph\":\"M\",\"pid\":4,\"tid\":1,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":1}},",
        "{\"ph\":\"M\",\"pid\":5,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"connection pool r\"}},",
        "{\"ph\":\"M\",\"pid\":5,\"tid\":0,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":5}},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"request 1\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1000000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"network: gen-1-client-1\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1000000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"network: gen-1-client-1\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1003000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"request 2\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1000000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"network: gen-1-client-1\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1000000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"network: gen-1-client-1\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1003000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"network: client-1-app\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1003000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"network: client-1-app\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1006000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"network: client-1-app\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1003000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"network: client-1-app\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1006000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"computing: app\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1006000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"computing: app\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1016000.000},",
        "{\"ph\":\"X\",\"pid\":4,\"tid\":1,\"name\":\"/\",\"cat\":\"cpu\",\"ts\":1006000.000,\"dur\":10000.000,\"args\":{\"request\":1}},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"waiting for a core: app\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1006000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"waiting for a core: app\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1016000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"computing: app\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1016000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"computing: app\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1026000.000},",
        "{\"ph\":\"X\",\"pid\":4,\"tid\":1,\"name\":\"/\",\"cat\":\"cpu\",\"ts\":1016000.000,\"dur\":10000.000,\"args\":{\"request\":2}},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"waiting for a connection: r\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1026000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"waiting for a connection: r\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1029000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"request 2\",\"cat\":\"request\",\"id\":\"2\",\"ts\":1029000.000,\"args\":{\"outcome\":\"timed_out\",\"server\":\"app\",\"endpoint\":\"/\"}},",
        "{\"ph\":\"i\",\"pid\":4,\"tid\":0,\"name\":\"timed_out\",\"cat\":\"loss\",\"s\":\"p\",\"ts\":1029000.000,\"args\":{\"request\":2}},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"I/O: r\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1016000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"I/O: r\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1036000.000},",
        "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"network: app-client-1\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1036000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"network: app-client-1\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1039000.000},",
        "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"request 1\",\"cat\":\"request\",\"id\":\"1\",\"ts\":1039000.000,\"args\":{\"outcome\":\"completed\",\"server\":\"app\",\"endpoint\":\"/\"}},",
        "{\"ph\":\"C\",\"pid\":4,\"tid\":0,\"name\":\"ready_queue_len app\",\"ts\":10000.000,\"args\":{\"ready_queue_len\":0}},",
        "{\"ph\":\"C\",\"pid\":4,\"tid\":0,\"name\":\"ready_queue_len app\",\"ts\":1010000.000,\"args\":{\"ready_queue_len\":1}},",
        "{\"ph\":\"C\",\"pid\":4,\"tid\":0,\"name\":\"ready_queue_len app\",\"ts\":1020000.000,\"args\":{\"ready_queue_len\":0}}"
    };
    aflow_server_resources one = { .cpu_cores = 1, .ram_mb = 512 };
    check_trace(two_at_once_as(&(aflow_run_desc){ .trace_every = 1 }, &one, &(aflow_resource){ .id = "r", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 1, .acquire_timeout = .003 },
                               AFLOW_STEPS(aflow_cpu_s(.01), aflow_using(aflow_io_s(.02), "r"))), lines, sizeof lines / sizeof lines[0]);
}

/* --- The sentence ----------------------------------------------------------------------------------------------- */

static void check_sentence(aflow_result *r, const char *want)
{
    char text[600];
    aflow_text t = { text, sizeof text, 0 };
    text[0] = 0;
    CHECK(aflow_result_explanation(r, aflow_put_text, &t) == AFLOW_OK);
    CHECK_STR(text, want);
    aflow_result_destroy(r);
}

static void it_says_what_the_slowest_wait_for(void)
{
    aflow_server_resources plenty = { .cpu_cores = 2, .ram_mb = 512 }, one = { .cpu_cores = 1, .ram_mb = 512 }, tight = { .cpu_cores = 2, .ram_mb = 256 };
    aflow_server_resources strict = { .cpu_cores = 2, .ram_mb = 512, .max_concurrency = 1 }, threaded = { .cpu_cores = 2, .ram_mb = 512, .threads = 1 };
    check_sentence(two_at_once(&one, NULL, AFLOW_STEPS(aflow_cpu_s(.1), aflow_io_s(.02))),
                   "The slowest request spends 43.7 % of its 229.0 ms waiting for a core at app, which has 1 core: more cores, less CPU time a request, or another replica would relieve it.");
    check_sentence(two_at_once(&plenty, NULL, AFLOW_STEPS(aflow_cpu_s(.1), aflow_io_s(.02))),
                   "The slowest 1 % spend 77.5 % of their 129.0 ms computing in / at app: less CPU time in its steps, or faster cores would relieve it.");
    check_sentence(two_at_once(&plenty, NULL, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.2))),
                   "The slowest 1 % spend 91.3 % of their 219.0 ms in I/O of / at app: shorter or fewer I/O steps, or a cache in front of them would relieve it.");
    check_sentence(two_at_once(&plenty, NULL, AFLOW_STEPS(aflow_cpu_s(.001))),
                   "The slowest 1 % spend 90.0 % of their 10.00 ms on the network, where gen-1-client-1 is slowest with 3.000 ms on average: shorter or fewer hops would relieve it.");
    check_sentence(two_at_once(&tight, NULL, AFLOW_STEPS(aflow_ram_mb(200), aflow_cpu_s(.01), aflow_io_s(.02))),
                   "The slowest request spends 43.5 % of its 69.00 ms waiting for RAM at app, which has 256 MB: more RAM, a smaller working set, less waiting while holding it, or another replica would relieve it.");
    check_sentence(two_at_once(&strict, NULL, AFLOW_STEPS(aflow_cpu_s(.01), aflow_io_s(.02))),
                   "The slowest request spends 43.5 % of its 69.00 ms waiting to be let in at app, whose max_concurrency is 1: a higher max_concurrency, less time in the server, or more replicas would relieve it.");
    check_sentence(two_at_once(&threaded, NULL, AFLOW_STEPS(aflow_thread_io_s(.02), aflow_io_s(.001), aflow_cpu_s(.001))),
                   "The slowest request spends 41.2 % of its 51.00 ms in I/O of / at app: shorter or fewer I/O steps, or a cache in front of them would relieve it.");
    check_sentence(two_at_once(&plenty, &(aflow_resource){ .id = "limit", .kind = AFLOW_RESOURCE_RATE_LIMITER, .rate = 10, .burst = 1 }, AFLOW_STEPS(aflow_rate_limit("limit"), aflow_cpu_s(.01))),
                   "The slowest request spends 84.0 % of its 119.0 ms waiting for a token of limit: a higher rate limit, or fewer calls would relieve it.");
    check_sentence(two_at_once(&plenty, &(aflow_resource){ .id = "gpu", .kind = AFLOW_RESOURCE_GPU, .slots = 1, .max_batch_size = 1, .batch_time = aflow_constant(.02) },
                   AFLOW_STEPS(aflow_gpu_inference("gpu"))),
                   "The slowest request spends 40.8 % of its 49.00 ms waiting for a batch of gpu, which has 1 slot: larger batches, another slot, or less work a request would relieve it.");
    check_sentence(two_at_once(&plenty, &(aflow_resource){ .id = "model", .kind = AFLOW_RESOURCE_LLM, .time_to_first_token = aflow_constant(.1),
                   .time_per_output_token = aflow_constant(.01) }, AFLOW_STEPS(aflow_llm_tokens("model", aflow_constant(10), aflow_constant(20)))),
                   "The slowest 1 % spend 97.1 % of their 309.0 ms in I/O of model model for / at app: fewer output tokens, a faster model, or a cache in front of it would relieve it.");
}

static void it_says_nothing_of_nothing(void)
{
    aflow_builder *b = row_of_three();
    aflow_sim *sim = aflow_sim_create(aflow_builder_scenario(b, NULL), &(aflow_run_desc){ .latency_split = 1 }, NULL);
    check_sentence(run_of(aflow_builder_scenario(b, NULL), NULL), "");
    check_sentence(aflow_sim_finish(sim), "");
    aflow_sim_destroy(sim);
    CHECK(aflow_result_explanation(NULL, aflow_put_text, NULL) == AFLOW_MISUSE);
    CHECK_STR(aflow_time_part_name(AFLOW_TIME_NETWORK), "network");
    CHECK_STR(aflow_time_part_name(AFLOW_TIME_IO), "io");
    CHECK_STR(aflow_time_part_name(AFLOW_TIME_PARTS), NULL);
    aflow_builder_destroy(b);
}

/* After a warm-up the split is of the requests that all other figures are of. */
static void a_warm_up_is_left_out(void)
{
    aflow_builder *b = row_of_three();
    aflow_scenario *s = aflow_scenario_copy(aflow_builder_scenario(b, NULL), NULL);
    aflow_result *r = aflow_run(s, &(aflow_run_desc){ .seed = 3, .latency_split = 1, .warm_up_s = (double)s->sim_settings.total_simulation_time / 2 }, NULL);
    aflow_latency_stats latency = aflow_result_latency(r);
    aflow_split_stats all = aflow_result_split(r, 100), slowest = aflow_result_split(r, 1);
    double sum = 0;
    int i;
    CHECK(latency.count > 100 && latency.count < aflow_result_info(r).requests.completed);
    CHECK_U64(all.requests, latency.count);
    for (i = 0; i < AFLOW_TIME_PARTS; i++) sum += all.part_s[i];
    CHECK_NEAR(sum, latency.mean_s, 1e-12);
    CHECK(slowest.requests >= 1 && slowest.requests * 50 < all.requests && slowest.from_s <= latency.max_s);
    aflow_result_destroy(r);
    aflow_scenario_destroy(s);
    aflow_builder_destroy(b);
}

int main(void)
{
    RUN(two_requests_share_what_there_is);
    RUN(so_much_is_waited_as_is_under_the_curve_of_a_queue);
    RUN(every_server_on_the_way_has_its_own);
    RUN(the_slowest_are_those_of_the_rows);
    RUN(a_buffer_of_the_size_that_is_told_is_enough);
    RUN(a_trace_has_spans_lanes_losses_and_counters);
    RUN(it_says_what_the_slowest_wait_for);
    RUN(it_says_nothing_of_nothing);
    RUN(a_warm_up_is_left_out);
    return test_end();
}
