/* unit/sizing.c - section [23]: values of fields that vary, sweeps, sizes. What a sweep gives is held against single experiments, what a
   size gives against the whole grid; every problem has its text. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#ifndef _WIN32
#define ASYNCFLOW_THREADS
#endif
#include "../../asyncflow.h"
#include "../test.h"

#define CORES "servers.srv-1.server_resources.cpu_cores"
#define RAM "servers.srv-1.server_resources.ram_mb"

/* Poisson arrivals at `rate` a second through a balancer to one server: 10 ms of CPU on average, 128 MB, 20 ms of I/O. */
static aflow_scenario *service(double rate, const char *slo)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_random_variable users = { 0 }, rpm = { 0 }, link = { 0 };
    aflow_generator generator;
    aflow_server server;
    aflow_load_balancer balancer;
    aflow_id from, client, lb, srv;
    aflow_step steps[3];
    aflow_scenario *copy;
    memset(&generator, 0, sizeof generator);
    memset(&server, 0, sizeof server);
    memset(&balancer, 0, sizeof balancer);
    memset(steps, 0, sizeof steps);
    users.mean = rate;
    users.distribution = AFLOW_DISTRIBUTION_CONSTANT;
    rpm.mean = 60;
    rpm.distribution = AFLOW_DISTRIBUTION_CONSTANT;
    link.mean = 1e-9;
    link.distribution = AFLOW_DISTRIBUTION_CONSTANT;
    generator.id = "users";
    generator.avg_active_users = users;
    generator.avg_request_per_minute_per_user = rpm;
    server.id = "srv-1";
    server.server_resources.cpu_cores = 2;
    server.server_resources.ram_mb = 4096;
    balancer.id = "lb";
    steps[0].kind = AFLOW_STEP_INITIAL_PARSING;
    steps[0].cpu_time.mean = 0.010;
    steps[0].cpu_time.distribution = AFLOW_DISTRIBUTION_EXPONENTIAL;
    steps[1].kind = AFLOW_STEP_RAM;
    steps[1].necessary_ram.mean = 128;
    steps[2].kind = AFLOW_STEP_IO_WAIT;
    steps[2].io_waiting_time.mean = 0.020;
    from = aflow_add_generator(b, &generator);
    client = aflow_add_client(b, "client");
    lb = aflow_add_load_balancer(b, &balancer);
    srv = aflow_add_server(b, &server);
    aflow_add_endpoint(b, srv, "/api", steps, 3);
    aflow_connect(b, from, client, link);
    aflow_connect(b, client, lb, link);
    aflow_connect(b, lb, srv, link);
    aflow_connect(b, srv, client, link);
    copy = aflow_scenario_copy(aflow_builder_scenario(b, NULL), NULL);
    aflow_builder_destroy(b);
    if (!copy) exit(2);
    aflow_set(copy, "total_simulation_time", "20", NULL);
    if (slo) aflow_set(copy, "sim_settings.slo", slo, NULL);
    return copy;
}

static void change(aflow_scenario *copy, const char *path, const char *value)
{
    aflow_diagnostics problems = { 0 };
    CHECK(aflow_set(copy, path, value, &problems) == AFLOW_OK);
    if (problems.count) printf("%s %s\n", problems.items[0].path, problems.items[0].message);
    aflow_diagnostics_clear(&problems);
}

/* ---- Values ---- */

/* All values of a path, joined. */
static void values_are(const char *path, const char *values, const char *want)
{
    aflow_scenario *s = service(10, NULL);
    aflow_diagnostics problems = { 0 };
    aflowi_grid g;
    aflow_vary vary;
    char got[2000] = "";
    uint32_t i;
    vary.path = path;
    vary.values = values;
    if (!aflowi_grid_init(&g, s, &vary, 1, 0, NULL, &problems)) strcpy(got, problems.count ? problems.items[0].message : "?");
    else for (i = 0; i < g.varied[0].count; i++) sprintf(got + strlen(got), "%s%s", i ? " " : "", g.varied[0].texts[i]);
    CHECK_STR(got, want);
    aflowi_arena_free(&g.arena);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(s);
}

static void values(void)
{
    values_are(CORES, "1..4", "1 2 3 4");
    values_are(CORES, "1..16:3", "1 4 7 10 13 16");
    values_are(CORES, "1..16:4", "1 5 9 13");
    values_are(CORES, "4..4", "4");
    values_are(CORES, "+7..8", "7 8");
    values_are(CORES, "1,2,4,8", "1 2 4 8");
    values_are(CORES, " 1 , 2..4, 8 ", "1 2 3 4 8");
    values_are("servers.srv-1.endpoints./api.steps[0].cpu_time", "0.1..0.9:0.2", "0.1 0.3 0.5 0.7 0.9");
    values_are("servers.srv-1.endpoints./api.steps[0].cpu_time", "0.001..0.0013:0.00010", "0.001 0.0011 0.0012 0.0013");
    values_are("servers.srv-1.endpoints./api.steps[0].cpu_time", "1e-3,0.05", "1e-3 0.05");
    values_are("avg_active_users", "0.5..2.5", "0.5 1.5 2.5");
    values_are("load", "1x..4x", "1x 1.3x 1.6x 1.9x 2.2x 2.5x 2.8x 3.1x 3.4x 3.7x 4x");
    values_are("load", "1..4", "1x 1.3x 1.6x 1.9x 2.2x 2.5x 2.8x 3.1x 3.4x 3.7x 4x");
    values_are("load", "1x..4x:0.5x", "1x 1.5x 2x 2.5x 3x 3.5x 4x");
    values_are("load", "0.5x..2x:0.5", "0.5x 1x 1.5x 2x");
    values_are("load", "1x,2,10x", "1x 2 10x");
    values_are("load", "2x..2x", "2x");
    values_are("replicas(srv-1)", "1..3", "1 2 3");
    values_are("topology_graph.nodes.load_balancer.algorithms", "round_robin,least_connection", "round_robin least_connection");
}

static void values_that_are_none(void)
{
    static const char *const no_range = "it is no range; write FIRST..LAST or FIRST..LAST:STEP, numbers of at most 15 digits, as in 1..16 or 0.1..0.9:0.2";
    static const char *const bad[] = { "1..", "..4", "1..4:", "1..x", "1...4", "1..4..8", "1..4:2:3", "1x..4x", "-..4", "1..1234567890123456" };
    char want[400];
    size_t i;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        sprintf(want, "cannot vary over \"%s\": %s", bad[i], no_range);
        values_are(CORES, bad[i], want);
    }
    values_are(CORES, "16..1", "cannot vary over \"16..1\": it runs backwards; write the smaller number first");
    values_are(CORES, "1..16:0", "cannot vary over \"1..16:0\": it never reaches its end; needs a step above 0");
    values_are(CORES, "1..16:-1", "cannot vary over \"1..16:-1\": it never reaches its end; needs a step above 0");
    values_are(CORES, "1..4:8", "cannot vary over \"1..4:8\": its step is longer than the range");
    values_are(CORES, "1..20000", "cannot vary over \"1..20000\": it has more than 10,000 values; take longer steps");
    values_are(CORES, "0.00000000000001..100000000000000", "cannot vary over \"0.00000000000001..100000000000000\": its numbers have too many digits; needs at most 17 together");
    values_are(CORES, "", "cannot vary over \"\": it is empty; give values, as in 1..16 or 1,2,4,8");
    values_are(CORES, "1,,2", "cannot vary over \"1,,2\": there is no value between its commas");
    values_are(CORES, "1,2,", "cannot vary over \"1,2,\": there is no value between its commas");
    /* of the field's own */
    values_are(CORES, "1.5", "is \"1.5\"; needs a whole number");
    values_are(CORES, "many", "is \"many\"; needs a whole number");
    values_are("load", "0x..1x", "is \"0x\"; needs a factor of more than 0, as in 2x or 0.5x");
    values_are("replicas(srv-1)", "0..2", "is \"0\"; needs a whole number from 1 to 1000");
}

/* ---- Problems ---- */

static void refused(const aflow_sweep_desc *desc, const char *path, const char *message, aflow_diagnostic_code code)
{
    aflow_scenario *s = service(10, NULL);
    aflow_diagnostics problems = { 0 };
    aflow_sweep_result *r = aflow_sweep(s, desc, &problems);
    CHECK(!r);
    CHECK_U64(problems.errors, 1);
    if (problems.count) {
        CHECK_STR(problems.items[0].path, path);
        CHECK_STR(problems.items[0].message, message);
        CHECK_U64(problems.items[0].code, code);
    }
    aflow_sweep_destroy(r);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(s);
}

static void sweeps_that_cannot_be(void)
{
    static const aflow_vary cores[] = { { CORES, "1..2" } }, twice[] = { { CORES, "1..2" }, { CORES, "3" } }, unequal[] = { { CORES, "1..2" }, { RAM, "256,512,1024" } };
    static const aflow_vary many[] = { { CORES, "1..200" }, { RAM, "256..455" } }, nowhere[] = { { "servers.srv-2.server_resources.cpu_cores", "1..2" } };
    static const aflow_vary pathless[] = { { NULL, "1" } }, valueless[] = { { CORES, NULL } }, wrong[] = { { RAM, "8..16:8" } };
    aflow_sweep_desc d;
    memset(&d, 0, sizeof d);
    refused(&d, "", "no field varies; give 1 to 8 of them", AFLOW_DIAGNOSTIC_VARY);
    refused(NULL, "", "no field varies; give 1 to 8 of them", AFLOW_DIAGNOSTIC_VARY);
    d.vary = cores;
    d.vary_count = 9;
    refused(&d, "", "more than 8 fields cannot vary", AFLOW_DIAGNOSTIC_VARY);
    d.vary_count = 1;
    d.experiment.shards = 2;
    d.experiment.shard = 1;
    refused(&d, "shards", "are not for sweeps; share the settings out instead", AFLOW_DIAGNOSTIC_EXPERIMENT);
    d.experiment.shards = d.experiment.shard = 0;
    d.experiment.confidence = 0.2;
    refused(&d, "confidence", "is outside of 0.5 to 0.9999", AFLOW_DIAGNOSTIC_EXPERIMENT);
    d.experiment.confidence = 0;
    d.vary = twice;
    d.vary_count = 2;
    refused(&d, CORES, "varies twice; give all its values at once", AFLOW_DIAGNOSTIC_VARY);
    d.vary = many;
    refused(&d, RAM, "makes more than 10,000 settings; take fewer values or fields", AFLOW_DIAGNOSTIC_VARY);
    d.vary = unequal;
    d.together = 1;
    refused(&d, RAM, "has 3 values, " CORES " has 2; fields that vary together need equally many", AFLOW_DIAGNOSTIC_VARY);
    d.together = 0;
    d.vary_count = 1;
    d.vary = nowhere;
    refused(&d, "servers.srv-2.server_resources.cpu_cores", "names no field: servers has no entry \"srv-2.server_resources.cpu_cores\"; it has 1: srv-1", AFLOW_DIAGNOSTIC_NO_PATH);
    d.vary = pathless;
    refused(&d, "", "a field to vary has no path", AFLOW_DIAGNOSTIC_VARY);
    d.vary = valueless;
    refused(&d, CORES, "has no values to vary over", AFLOW_DIAGNOSTIC_VARY);
    d.vary = wrong;
    refused(&d, RAM, "is 8; needs at least 256 MB", AFLOW_DIAGNOSTIC_OUT_OF_RANGE);
}

/* ---- Sweeps ---- */

static int same_bits(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

static void same_experiment(const aflow_experiment *a, const aflow_experiment *b)
{
    aflow_experiment_summary x = aflow_experiment_info(a), y = aflow_experiment_info(b);
    size_t run, k;
    CHECK(a && b);
    CHECK_U64(x.digest, y.digest);
    CHECK_U64(x.scenario_hash, y.scenario_hash);
    CHECK_U64(x.replications, y.replications);
    CHECK_U64(x.requests.completed, y.requests.completed);
    CHECK(x.precision_reached == y.precision_reached);
    CHECK_U64(aflow_experiment_runs(a), aflow_experiment_runs(b));
    CHECK_U64(aflow_experiment_statistics(a), aflow_experiment_statistics(b));
    for (run = 0; run < aflow_experiment_runs(a); run++) {
        for (k = 0; k < aflow_experiment_statistics(a); k++) CHECK(same_bits(aflow_experiment_value(a, run, k), aflow_experiment_value(b, run, k)));
    }
    CHECK(same_bits(aflow_experiment_percentile(a, 95), aflow_experiment_percentile(b, 95)));
    CHECK(same_bits(aflow_experiment_latency(a).std_dev_s, aflow_experiment_latency(b).std_dev_s));
}

/* Every setting of it, against one experiment of a scenario with it, which is made here by aflow_set alone. */
static void sweep_is_experiments(const aflow_sweep_desc *d)
{
    aflow_scenario *s = service(60, NULL);
    aflow_sweep_result *r = aflow_sweep(s, d, NULL);
    size_t i, k;
    CHECK(r != NULL);
    CHECK_U64(aflow_sweep_fields(r), d->vary_count);
    for (i = 0; i < aflow_sweep_settings(r); i++) {
        aflow_scenario *copy = aflow_scenario_copy(s, NULL);
        aflow_experiment *e;
        for (k = 0; k < d->vary_count; k++) change(copy, aflow_sweep_field(r, k), aflow_sweep_value(r, i, k));
        e = aflow_replicate(copy, &d->experiment, NULL);
        same_experiment(aflow_sweep_experiment(r, i), e);
        CHECK_STR(aflow_sweep_problem(r, i), "");
        aflow_experiment_destroy(e);
        aflow_scenario_destroy(copy);
    }
    aflow_sweep_destroy(r);
    aflow_scenario_destroy(s);
}

static void grids(void)
{
    static const aflow_vary two[] = { { CORES, "1..3" }, { RAM, "512,4096" } };
    aflow_scenario *s = service(60, NULL);
    aflow_sweep_desc d;
    aflow_sweep_result *r;
    memset(&d, 0, sizeof d);
    d.vary = two;
    d.vary_count = 2;
    d.experiment.replications = 3;
    d.experiment.seed = 7;
    r = aflow_sweep(s, &d, NULL);
    CHECK_U64(aflow_sweep_settings(r), 6);
    CHECK_STR(aflow_sweep_value(r, 0, 0), "1");
    CHECK_STR(aflow_sweep_value(r, 1, 0), "1");     /* the last varies fastest */
    CHECK_STR(aflow_sweep_value(r, 1, 1), "4096");
    CHECK_STR(aflow_sweep_value(r, 5, 0), "3");
    CHECK_STR(aflow_sweep_value(r, 6, 0), "");
    CHECK_STR(aflow_sweep_value(r, 0, 2), "");
    CHECK_STR(aflow_sweep_field(r, 1), RAM);
    CHECK_STR(aflow_sweep_field(r, 2), "");
    CHECK(!aflow_sweep_experiment(r, 6));
    aflow_sweep_destroy(r);
    aflow_scenario_destroy(s);
    sweep_is_experiments(&d);
}

static void together(void)
{
    static const aflow_vary two[] = { { CORES, "1..3" }, { RAM, "512,1024,4096" } };
    aflow_sweep_desc d;
    memset(&d, 0, sizeof d);
    d.vary = two;
    d.vary_count = 2;
    d.together = 1;
    d.experiment.replications = 2;
    sweep_is_experiments(&d);
}

static void many_runs_and_precision(void)
{
    static const aflow_vary cores[] = { { CORES, "1..4" } };
    aflow_sweep_desc d;
    memset(&d, 0, sizeof d);
    d.vary = cores;
    d.vary_count = 1;
    d.experiment.replications = 300;        /* more than a batch */
    sweep_is_experiments(&d);
    d.experiment.replications = 4;
    d.experiment.precision = 0.02;
    d.experiment.precision_of = "p95";
    d.experiment.most_replications = 60;
    d.experiment.first_replication = 1000;
    sweep_is_experiments(&d);
}

static void load_and_replicas(void)
{
    static const aflow_vary two[] = { { CORES, "1..2" }, { "load", "1x..3x:1x" }, { "replicas(srv-1)", "1..3" } };
    aflow_sweep_desc d;
    memset(&d, 0, sizeof d);
    d.vary = two;
    d.vary_count = 3;
    d.experiment.replications = 2;
    sweep_is_experiments(&d);
}

/* Replicas have what their first has, in whatever order the fields are given, and also where some are there already. */
static void replicas_are_alike(void)
{
    static const aflow_vary two[] = { { "replicas(srv-1)", "3" }, { CORES, "4" } };
    aflow_scenario *s = service(60, NULL), *same = aflow_scenario_copy(s, NULL);
    aflow_sweep_desc d;
    aflow_sweep_result *r;
    aflow_experiment *e;
    memset(&d, 0, sizeof d);
    d.vary = two;
    d.vary_count = 2;
    d.experiment.replications = 2;
    change(same, CORES, "4");
    change(same, "replicas(srv-1)", "3");
    change(s, "replicas(srv-1)", "2");      /* with two cores each */
    r = aflow_sweep(s, &d, NULL);
    e = aflow_replicate(same, &d.experiment, NULL);
    same_experiment(aflow_sweep_experiment(r, 0), e);
    aflow_experiment_destroy(e);
    aflow_sweep_destroy(r);
    aflow_scenario_destroy(s);
    aflow_scenario_destroy(same);
}

static void words(void)
{
    static const aflow_vary two[] = { { "topology_graph.nodes.load_balancer.algorithms", "round_robin,least_connection" } };
    aflow_sweep_desc d;
    memset(&d, 0, sizeof d);
    d.vary = two;
    d.vary_count = 1;
    d.experiment.replications = 2;
    sweep_is_experiments(&d);
}

static void invalid_settings_are_rows(void)
{
    static const aflow_vary needs[] = { { "servers.srv-1.endpoints./api.steps[1].necessary_ram", "128,8192,256" } }, none[] = { { "servers.srv-1.endpoints./api.steps[1].necessary_ram", "8192,9000" } };
    static const char *const odd[] = { "p95", "srv-9.cpu_utilization" };
    aflow_scenario *s = service(30, NULL);
    aflow_diagnostics problems = { 0 };
    aflow_sweep_desc d;
    aflow_sweep_result *r;
    memset(&d, 0, sizeof d);
    d.vary = needs;
    d.vary_count = 1;
    d.experiment.replications = 2;
    r = aflow_sweep(s, &d, &problems);
    CHECK_U64(problems.errors, 0);
    CHECK(aflow_sweep_experiment(r, 0) && !aflow_sweep_experiment(r, 1) && aflow_sweep_experiment(r, 2));
    CHECK(strstr(aflow_sweep_problem(r, 1), "8192") != NULL);
    CHECK_STR(aflow_sweep_problem(r, 0), "");
    aflow_sweep_destroy(r);
    d.vary = none;
    CHECK(!aflow_sweep(s, &d, &problems));       /* all of them: nothing to show */
    CHECK(problems.errors > 0);
    aflow_diagnostics_clear(&problems);
    d.vary = needs;
    d.experiment.statistics = odd;
    d.experiment.statistics_count = 2;
    CHECK(!aflow_sweep(s, &d, &problems));
    CHECK(problems.count && problems.items[0].code == AFLOW_DIAGNOSTIC_UNKNOWN_STATISTIC);
    aflow_diagnostics_clear(&problems);
    CHECK(!aflow_sweep(NULL, &d, &problems));
    CHECK(problems.errors > 0);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(s);
}

static void knees(void)
{
    static const aflow_vary load[] = { { "load", "1x..4x:0.25x" } }, three[] = { { "load", "1x,3x,2x" } }, two[] = { { "load", "1x..3x:1x" }, { CORES, "2" } };
    static const aflow_vary algorithm[] = { { "topology_graph.nodes.load_balancer.algorithms", "round_robin,least_connection" } };
    aflow_scenario *s = service(45, NULL);      /* 2 cores hold 200 a second: at 4x they are nine tenths busy */
    aflow_sweep_desc d;
    aflow_sweep_result *r;
    size_t knee;
    double at;
    memset(&d, 0, sizeof d);
    d.vary = load;
    d.vary_count = 1;
    d.experiment.replications = 10;
    r = aflow_sweep(s, &d, NULL);
    knee = aflow_sweep_knee(r);
    at = knee < aflow_sweep_settings(r) ? strtod(aflow_sweep_value(r, knee, 0), NULL) : 0;
    CHECK(at >= 2.5 && at <= 3.75);     /* utilization 0.56 to 0.84: where 1 / (1 - rho) bends */
    aflow_sweep_destroy(r);
    d.experiment.replications = 2;
    d.vary = three;                     /* not ascending */
    r = aflow_sweep(s, &d, NULL);
    CHECK_U64(aflow_sweep_knee(r), 3);
    aflow_sweep_destroy(r);
    d.vary = algorithm;                 /* no numbers */
    r = aflow_sweep(s, &d, NULL);
    CHECK_U64(aflow_sweep_knee(r), 2);
    aflow_sweep_destroy(r);
    d.vary = two;                       /* two fields */
    d.vary_count = 2;
    r = aflow_sweep(s, &d, NULL);
    CHECK_U64(aflow_sweep_knee(r), 3);
    aflow_sweep_destroy(r);
    CHECK_U64(aflow_sweep_knee(NULL), 0);
    aflow_scenario_destroy(s);
}

#ifdef ASYNCFLOW_THREADS
static void sweeps_on_threads(void)
{
    static const aflow_vary cores[] = { { CORES, "1..5" } };
    aflow_scenario *s = service(60, NULL);
    aflow_sweep_desc d;
    aflow_sweep_result *one, *more;
    uint32_t threads;
    size_t i;
    memset(&d, 0, sizeof d);
    d.vary = cores;
    d.vary_count = 1;
    d.experiment.replications = 3;
    one = aflow_sweep(s, &d, NULL);
    d.experiment.parallel_for = aflow_threads;
    d.experiment.parallel_context = &threads;
    for (threads = 1; threads <= 4; threads++) {
        more = aflow_sweep(s, &d, NULL);
        for (i = 0; i < aflow_sweep_settings(one); i++) same_experiment(aflow_sweep_experiment(one, i), aflow_sweep_experiment(more, i));
        aflow_sweep_destroy(more);
    }
    aflow_sweep_destroy(one);
    aflow_scenario_destroy(s);
}
#endif

/* ---- Memory ---- */

typedef struct limited { size_t live, calls, most; } limited;

static void *limited_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    limited *l = (limited *)context;
    void *p;
    if (new_size && l->calls++ >= l->most) return NULL;
    p = new_size ? realloc(memory, new_size) : NULL;
    if (!new_size) free(memory);
    l->live += new_size;
    if (memory) l->live -= old_size;
    return p;
}

/* Every allocation fails once: an error, and nothing is left behind. */
static void sweeps_without_memory(void)
{
    static const aflow_vary cores[] = { { CORES, "1..2" }, { "replicas(srv-1)", "1..2" } };
    aflow_scenario *s = service(5, NULL);
    aflow_sweep_desc d;
    limited l;
    size_t most = 0;
    aflow_sweep_result *r = NULL;
    memset(&d, 0, sizeof d);
    memset(&l, 0, sizeof l);
    change(s, "total_simulation_time", "5");
    d.vary = cores;
    d.vary_count = 2;
    d.experiment.replications = 2;
    d.experiment.allocator.resize = limited_resize;
    d.experiment.allocator.context = &l;
    for (; !r && most < 100000; most += 1 + most / 64) {
        aflow_diagnostics problems = { 0 };
        l.calls = 0;
        l.most = most;
        r = aflow_sweep(s, &d, &problems);
        if (!r) {
            CHECK(problems.errors > 0 && (problems.lost || (problems.count && problems.items[problems.count - 1].code == AFLOW_DIAGNOSTIC_OUT_OF_MEMORY)));
            CHECK_U64(l.live, 0);
        }
        aflow_diagnostics_clear(&problems);
    }
    CHECK(r != NULL);
    aflow_sweep_destroy(r);
    CHECK_U64(l.live, 0);
    aflow_scenario_destroy(s);
}

int main(void)
{
    RUN(values);
    RUN(values_that_are_none);
    RUN(sweeps_that_cannot_be);
    RUN(grids);
    RUN(together);
    RUN(many_runs_and_precision);
    RUN(load_and_replicas);
    RUN(replicas_are_alike);
    RUN(words);
    RUN(invalid_settings_are_rows);
    RUN(knees);
#ifdef ASYNCFLOW_THREADS
    RUN(sweeps_on_threads);
#endif
    RUN(sweeps_without_memory);
    return test_end();
}
