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

/* ---- Sizes ---- */

static void size_refused(const char *slo, const aflow_size_desc *desc, const char *path, const char *message, aflow_diagnostic_code code)
{
    aflow_scenario *s = service(10, slo);
    aflow_diagnostics problems = { 0 };
    aflow_size_result *r = aflow_size(s, desc, &problems);
    CHECK(!r);
    CHECK(problems.errors > 0);
    if (problems.count) {
        CHECK_STR(problems.items[0].path, path);
        CHECK_STR(problems.items[0].message, message);
        CHECK_U64(problems.items[0].code, code);
    }
    aflow_size_destroy(r);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(s);
}

static void sizes_that_cannot_be(void)
{
    static const aflow_vary cores[] = { { CORES, "1..4" } }, down[] = { { CORES, "4,2,1" } }, same[] = { { CORES, "2,2" } }, none[] = { { "servers.srv-1.endpoints./api.steps[1].necessary_ram", "8192,9000" } };
    static const aflow_vary word[] = { { "topology_graph.nodes.load_balancer.algorithms", "round_robin,least_connection" } }, loads[] = { { CORES, "1..2" }, { "load", "1x..2x" } };
    static const char *const odd[] = { "srv-9.cpu_utilization" };
    aflow_size_desc d;
    aflow_diagnostics problems = { 0 };
    memset(&d, 0, sizeof d);
    size_refused("p95 < 1s", NULL, "", "no field varies; give 1 to 8 of them", AFLOW_DIAGNOSTIC_VARY);
    d.vary = cores;
    d.vary_count = 1;
    size_refused(NULL, &d, "sim_settings.slo", "is empty; sizing needs an objective, as in p95 < 100ms", AFLOW_DIAGNOSTIC_EXPERIMENT);
    d.vary = down;
    size_refused("p95 < 1s", &d, CORES, "has values that do not ascend; sizing needs numbers that do", AFLOW_DIAGNOSTIC_VARY);
    d.vary = same;
    size_refused("p95 < 1s", &d, CORES, "has values that do not ascend; sizing needs numbers that do", AFLOW_DIAGNOSTIC_VARY);
    d.vary = word;
    size_refused("p95 < 1s", &d, "topology_graph.nodes.load_balancer.algorithms", "has a value that is no number; sizing needs numbers that ascend", AFLOW_DIAGNOSTIC_VARY);
    d.vary = loads;
    d.vary_count = 2;
    size_refused("p95 < 1s", &d, "load", "varies only alone here: the highest that one setting bears is looked for; sweep over both instead", AFLOW_DIAGNOSTIC_VARY);
    d.vary = cores;
    d.vary_count = 1;
    d.experiment.shard = d.experiment.shards = 1;
    size_refused("p95 < 1s", &d, "shards", "are not for sizing: what is looked at next depends on all before", AFLOW_DIAGNOSTIC_EXPERIMENT);
    d.experiment.shard = d.experiment.shards = 0;
    d.experiment.precision = 0.05;
    size_refused("p95 < 1s", &d, "precision", "is not for sizing: it plays as many runs as decide the objectives, up to most_replications", AFLOW_DIAGNOSTIC_EXPERIMENT);
    d.experiment.precision = 0;
    d.experiment.replications = 20;
    d.experiment.most_replications = 10;
    size_refused("p95 < 1s", &d, "most_replications", "is less than replications", AFLOW_DIAGNOSTIC_EXPERIMENT);
    d.experiment.replications = d.experiment.most_replications = 2;
    d.experiment.statistics = odd;
    d.experiment.statistics_count = 1;
    size_refused("p95 < 1s", &d, "", "\"srv-9.cpu_utilization\" names no statistic: no server, endpoint, resource or edge is called \"srv-9\"; did you mean \"srv-1\"?", AFLOW_DIAGNOSTIC_UNKNOWN_STATISTIC);
    d.experiment.statistics_count = 0;
    d.vary = none;
    size_refused("p95 < 1s", &d, "topology_graph.nodes.servers[0].endpoints[0].steps", "need 9000 MB of RAM together, more than the server's 4096: such a request could never be served; raise ram_mb or lower necessary_ram", AFLOW_DIAGNOSTIC_ENDPOINT_RAM);
    CHECK(!aflow_size(NULL, &d, &problems));
    CHECK(problems.errors > 0);
    aflow_diagnostics_clear(&problems);
    CHECK_STR(aflow_size_info(NULL).sentence, "");
    CHECK_STR(aflow_size_at(NULL, 0).why, "");
    CHECK_U64(aflow_size_rows(NULL) + aflow_size_fields(NULL), 0);
    CHECK_STR(aflow_size_field(NULL, 0), "");
    CHECK_STR(aflow_size_value(NULL, 0, 0), "");
}

/* The answer by looking at everything: with so many runs that nothing is undecided, which is checked. Its values, joined; "none". */
static void by_brute_force(const aflow_scenario *s, const aflow_size_desc *d, uint32_t runs, char *answer)
{
    aflow_sweep_desc w;
    aflow_sweep_result *r;
    size_t i, k, best = (size_t)-1;
    double best_cost = 0, best_product = 0;
    memset(&w, 0, sizeof w);
    w.vary = d->vary;
    w.vary_count = d->vary_count;
    w.experiment = d->experiment;
    w.experiment.replications = runs;
    r = aflow_sweep(s, &w, NULL);
    CHECK(r != NULL);
    for (i = 0; i < aflow_sweep_settings(r); i++) {
        const aflow_experiment *e = aflow_sweep_experiment(r, i);
        double cost = aflow_experiment_info(e).cost_per_hour, product = 1;
        int meets = e != NULL, better;
        for (k = 0; k < aflow_experiment_objectives(e); k++) {
            aflow_objective_info o = aflow_experiment_objective(e, k);
            meets &= o.outcome == AFLOW_OBJECTIVE_MET;
            CHECK(o.outcome != AFLOW_OBJECTIVE_UNDECIDED);
        }
        for (k = 0; k < w.vary_count; k++) product *= strtod(aflow_sweep_value(r, i, k), NULL);
        if (strcmp(w.vary[0].path, "load") == 0) product = -product;
        better = best == (size_t)-1 || cost < best_cost || (cost == best_cost && product < best_product);
        if (!better && cost == best_cost && product == best_product) {
            for (k = w.vary_count; k-- && !better;) {
                double a = strtod(aflow_sweep_value(r, i, k), NULL), b = strtod(aflow_sweep_value(r, best, k), NULL);
                if (a > b) break;
                better = a < b;
            }
        }
        if (!meets || !better) continue;
        best = i;
        best_cost = cost;
        best_product = product;
    }
    strcpy(answer, best == (size_t)-1 ? "none" : "");
    for (k = 0; best != (size_t)-1 && k < w.vary_count; k++) sprintf(answer + strlen(answer), "%s%s", k ? " " : "", aflow_sweep_value(r, best, k));
    aflow_sweep_destroy(r);
}

static void answer_of(const aflow_size_result *r, char *answer)
{
    aflow_size_answer a = aflow_size_info(r);
    size_t k;
    strcpy(answer, a.found ? "" : "none");
    for (k = 0; a.found && k < aflow_size_fields(r); k++) sprintf(answer + strlen(answer), "%s%s", k ? " " : "", aflow_size_value(r, a.setting, k));
}

/* What it says of itself holds: rows, counts, the answer's own objectives and those of its neighbours. */
static void is_consistent(const aflow_size_result *r)
{
    aflow_size_answer a = aflow_size_info(r);
    uint64_t runs = 0, requests = 0;
    size_t i, k, looked = 0;
    for (i = 0; i < aflow_size_rows(r); i++) {
        aflow_size_row row = aflow_size_at(r, i);
        int all = 1, missed = 0;
        CHECK(row.why && row.why[0]);
        CHECK((row.experiment != NULL) == (row.finding <= AFLOW_SIZE_UNDECIDED));
        if (!row.experiment) continue;
        looked++;
        runs += aflow_experiment_runs(row.experiment);
        requests += aflow_experiment_info(row.experiment).requests.generated;
        CHECK_U64(aflow_experiment_info(row.experiment).runs, aflow_experiment_runs(row.experiment));
        CHECK_U64(aflow_experiment_info(row.experiment).replications, aflow_experiment_runs(row.experiment));
        for (k = 0; k < aflow_experiment_objectives(row.experiment); k++) {
            aflow_objective_outcome o = aflow_experiment_objective(row.experiment, k).outcome;
            all &= o == AFLOW_OBJECTIVE_MET;
            missed |= o == AFLOW_OBJECTIVE_MISSED || o == AFLOW_OBJECTIVE_NO_DATA;
        }
        if (a.found && i == a.setting) CHECK(all && row.finding == AFLOW_SIZE_MEETS);
        if (row.finding == AFLOW_SIZE_MISSES) CHECK(missed);
        if (row.finding == AFLOW_SIZE_UNDECIDED) CHECK(!missed && !all);
    }
    CHECK_U64(a.looked_at, looked);
    CHECK_U64(a.runs, runs);
    CHECK_U64(a.requests, requests);
    CHECK(a.sentence[0]);
}

static void sizes_equal_brute_force(void)
{
    static const aflow_vary cores[] = { { CORES, "1..10" } }, load[] = { { "load", "0.1x..1.3x:0.2x" } }, two[] = { { "replicas(srv-1)", "1..4" }, { CORES, "1..4" } };
    static const aflow_vary three[] = { { "replicas(srv-1)", "1..3" }, { CORES, "1..3" }, { RAM, "512,1024,4096" } };
    static const aflow_vary list[] = { { CORES, "1,2,4,8" } };
    static const struct { const aflow_vary *vary; size_t count; const char *slo, *core, *replica, *gb; } cases[] = {
        { cores, 1, "p95 < 55ms", NULL, NULL, NULL }, { cores, 1, "p95 < 200ms", NULL, NULL, NULL }, { cores, 1, "mean < 10ms", NULL, NULL, NULL },
        { cores, 1, "p95 < 55ms, srv-1.cpu_utilization < 0.38", "0.04", NULL, NULL }, { list, 1, "mean < 33ms", NULL, NULL, NULL },
        { load, 1, "p95 < 100ms", NULL, NULL, NULL }, { load, 1, "mean < 10ms", NULL, NULL, NULL }, { load, 1, "mean < 10s", NULL, NULL, NULL },
        { two, 2, "mean < 36ms", NULL, NULL, NULL }, { two, 2, "mean < 36ms", "0.04", "0.01", NULL }, { two, 2, "mean < 36ms", "0.01", "0.2", NULL },
        { two, 2, "mean < 10ms", "0.01", "0.2", NULL }, { three, 3, "mean < 36ms", "0.04", "0.01", "0.02" }, { three, 3, "mean < 36ms", NULL, NULL, NULL } };
    char want[200], got[200];
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        aflow_scenario *s = service(250, cases[i].slo);
        aflow_size_desc d;
        aflow_size_result *r;
        if (cases[i].core) change(s, "sim_settings.prices.per_core_hour", cases[i].core);
        if (cases[i].replica) change(s, "sim_settings.prices.per_replica_hour", cases[i].replica);
        if (cases[i].gb) change(s, "sim_settings.prices.per_gb_hour", cases[i].gb);
        change(s, "total_simulation_time", "10");
        memset(&d, 0, sizeof d);
        d.vary = cases[i].vary;
        d.vary_count = cases[i].count;
        d.experiment.seed = 3;
        by_brute_force(s, &d, 40, want);
        r = aflow_size(s, &d, NULL);
        answer_of(r, got);
        CHECK_STR(got, want);
        is_consistent(r);
        CHECK(aflow_size_info(r).by_cost == (cases[i].core != NULL));
        if (getenv("SHOW")) printf("%s: %s\n  %s\n  %s\n", got, aflow_size_info(r).sentence, aflow_size_info(r).one_less, aflow_size_info(r).one_more);
        aflow_size_destroy(r);
        aflow_scenario_destroy(s);
    }
}

/* One field is searched by halves. */
static void few_settings_are_looked_at(void)
{
    static const aflow_vary cores[] = { { CORES, "1..1000" } };
    aflow_scenario *s = service(150, "mean < 40ms");
    aflow_size_desc d;
    aflow_size_result *r;
    memset(&d, 0, sizeof d);
    d.vary = cores;
    d.vary_count = 1;
    r = aflow_size(s, &d, NULL);
    CHECK(aflow_size_info(r).found);
    CHECK_U64(aflow_size_info(r).settings, 1000);
    CHECK(aflow_size_rows(r) <= 12);        /* ten halvings, and what is around the answer */
    is_consistent(r);
    aflow_size_destroy(r);
    aflow_scenario_destroy(s);
}

/* Ten thousand settings of two fields: few rows, and the answer's neighbours among them. */
static void large_grids(void)
{
    static const aflow_vary two[] = { { CORES, "1..100" }, { RAM, "256..25600:256" } };
    aflow_scenario *s = service(150, "mean < 40ms");
    aflow_size_desc d;
    aflow_size_result *r;
    memset(&d, 0, sizeof d);
    change(s, "total_simulation_time", "5");
    change(s, "sim_settings.prices.per_core_hour", "0.04");
    change(s, "sim_settings.prices.per_gb_hour", "0.01");
    d.vary = two;
    d.vary_count = 2;
    r = aflow_size(s, &d, NULL);
    CHECK(aflow_size_info(r).found);
    CHECK_U64(aflow_size_info(r).settings, 10000);
    CHECK(aflow_size_rows(r) <= 60);
    is_consistent(r);
    aflow_size_destroy(r);
    aflow_scenario_destroy(s);
}

/* Sentences as they are read. Figures are those of the seed. */
static void sentences(void)
{
    static const aflow_vary cores[] = { { CORES, "1..6" } }, ram[] = { { RAM, "256,512" } };
    aflow_scenario *s = service(150, "srv-1.cpu_utilization < 45%, p99.9 < 10s");
    aflow_size_desc d;
    aflow_size_result *r;
    aflow_size_answer a;
    memset(&d, 0, sizeof d);
    change(s, "sim_settings.prices.per_core_hour", "0.05");
    d.vary = cores;
    d.vary_count = 1;
    r = aflow_size(s, &d, NULL);
    a = aflow_size_info(r);
    CHECK(!a.found);
    CHECK_STR(a.sentence, CORES ": none of 1 to 6 meets srv-1.cpu_utilization < 45% and p99.9 < 10s: with 6, p99.9 has too few observations: a run needs 10,000; the cores of srv-1 are 25 % in use");
    CHECK_STR(a.one_less, "");
    CHECK_STR(a.one_more, "");
    aflow_size_destroy(r);
    change(s, "sim_settings.slo", "srv-1.cpu_utilization < 45%");
    r = aflow_size(s, &d, NULL);
    a = aflow_size_info(r);
    CHECK(a.found && a.by_cost);
    CHECK(strncmp(a.sentence, CORES " = 4 is the cheapest of 1 to 6, at 0.20 an hour, that meets srv-1.cpu_utilization < 45%: 37.", 94) == 0);
    CHECK(strstr(a.sentence, ", 95 % confidence)") != NULL);
    if (getenv("SHOW")) printf("%s\n%s\n%s\n", a.sentence, a.one_less, a.one_more);
    CHECK(strncmp(a.one_less, "with 3, srv-1.cpu_utilization is ", 33) == 0 && strstr(a.one_less, "): missed; the cores of srv-1 are 49 % in use") != NULL);
    CHECK(strncmp(a.one_more, "with 5, srv-1.cpu_utilization would be ", 39) == 0 && strstr(a.one_more, "), for 0.05 an hour more") != NULL);
    aflow_size_destroy(r);
    change(s, "sim_settings.slo", "mean < 1s");
    change(s, "avg_active_users", "400");
    change(s, "total_simulation_time", "60");
    r = aflow_size(s, &d, NULL);
    a = aflow_size_info(r);
    CHECK(strncmp(a.one_less, "with 4, ", 8) == 0 || strncmp(a.one_less, "with 3, srv-1 is offered 133 % of what its cores can do: mean < 1s cannot be met", 80) == 0);
    is_consistent(r);
    aflow_size_destroy(r);
    d.vary = ram;       /* 128 MB for 30 ms, 400 a second: 1,536 MB in use */
    r = aflow_size(s, &d, NULL);
    a = aflow_size_info(r);
    CHECK_STR(a.sentence, RAM ": none of 256 to 512 meets mean < 1s: with 512, srv-1 is offered 300 % of what its RAM can hold: mean < 1s cannot be met");
    CHECK_U64(a.looked_at, 0);
    CHECK_U64(a.runs, 0);
    aflow_size_destroy(r);
    aflow_scenario_destroy(s);
}

/* Without the theory it would be the same: an overloaded setting is foretold only where its runs miss, too. */
static void what_is_foretold_is_so(void)
{
    static const aflow_vary cores[] = { { CORES, "1..8" } };
    static const char *const slo[] = { "mean < 1s", "mean < 10s", "p50 < 2s", "p95 < 5s", "p99 < 100ms", "max < 3s", "srv-1.cpu_utilization < 0.8", "srv-1.cpu_utilization < 0.97", "throughput > 100", "error_rate < 0.1%" };
    size_t i, k, foretold = 0;
    for (i = 0; i < sizeof slo / sizeof *slo; i++) {
        aflow_scenario *s = service(420, slo[i]);
        aflow_size_desc d;
        aflow_size_result *r;
        memset(&d, 0, sizeof d);
        d.vary = cores;
        d.vary_count = 1;
        d.experiment.replications = 4;
        r = aflow_size(s, &d, NULL);
        CHECK(r != NULL);
        for (k = 0; k < aflow_size_rows(r); k++) {
            aflow_scenario *copy = aflow_scenario_copy(s, NULL);
            aflow_experiment *e;
            if (aflow_size_at(r, k).finding == AFLOW_SIZE_OVERLOADED) {
                change(copy, CORES, aflow_size_value(r, k, 0));
                e = aflow_replicate(copy, &d.experiment, NULL);
                CHECK(aflow_experiment_objective(e, 0).outcome == AFLOW_OBJECTIVE_MISSED);
                aflow_experiment_destroy(e);
                foretold++;
            }
            aflow_scenario_destroy(copy);
        }
        aflow_size_destroy(r);
        aflow_scenario_destroy(s);
    }
    CHECK(foretold >= 5);
}

/* A system that turns requests away holds any latency: nothing is foretold of it. */
static void shedding_is_simulated(void)
{
    static const aflow_vary cores[] = { { CORES, "1..4" } };
    aflow_scenario *s = service(400, "p95 < 1s");
    aflow_size_desc d;
    aflow_size_result *r;
    change(s, "servers.srv-1.server_resources.max_concurrency", "4");
    change(s, "servers.srv-1.server_resources.backlog", "2");
    memset(&d, 0, sizeof d);
    d.vary = cores;
    d.vary_count = 1;
    r = aflow_size(s, &d, NULL);
    CHECK(aflow_size_info(r).found);
    CHECK_STR(aflow_size_value(r, aflow_size_info(r).setting, 0), "1");
    aflow_size_destroy(r);
    aflow_scenario_destroy(s);
}

/* Offered 200 % by one endpoint of twenty: nineteen in twenty do not wait for the core, so that p90 is met with one. Of two unlike servers
   least_connection spares the one that is offered 150 %. Cores that a flooded server in front of them keeps idle are not busy. What
   is offered alone would say otherwise in all three. */
static void floods_of_some_are_simulated(void)
{
    static const aflow_vary cores = { "servers[0].server_resources.cpu_cores", "1..4" };
    int world;
    for (world = 0; world < 3; world++) {
        aflow_builder *b = aflow_builder_create(NULL);
        aflow_id users = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = aflow_constant(100), .avg_request_per_minute_per_user = { .mean = 60 } });
        aflow_id client = aflow_add_client(b, NULL), lb = 0, one = aflow_add_server(b, &(aflow_server){ .id = "one" }), two = 0;
        aflow_size_desc d = { .vary = &cores, .vary_count = 1, .experiment = { .seed = 4, .replications = 6, .most_replications = 40 } };
        aflow_scenario *copy;
        aflow_size_result *size;
        int i;
        if (world) two = aflow_add_server(b, &(aflow_server){ .id = "two" });
        aflow_connect(b, users, client, aflow_constant(1e-9));
        if (world == 0) {
            char name[16];
            for (i = 0; i < 19; i++) {
                snprintf(name, sizeof name, "/%d", i);
                aflow_add_endpoint(b, one, name, AFLOW_STEPS(aflow_io_s(0.005)));
            }
            aflow_add_endpoint(b, one, "/heavy", AFLOW_STEPS(aflow_cpu_s(0.4)));
        } else {
            aflow_add_endpoint(b, one, "/", AFLOW_STEPS(aflow_cpu_s(world == 1 ? 0.030 : 0.050)));
            aflow_add_endpoint(b, two, "/", AFLOW_STEPS(aflow_cpu_s(world == 1 ? 0.002 : 0.012)));
        }
        if (world == 1) {
            lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = AFLOW_LB_LEAST_CONNECTION });
            aflow_connect(b, client, lb, aflow_constant(1e-9));
            aflow_connect(b, lb, one, aflow_constant(1e-9));
            aflow_connect(b, lb, two, aflow_constant(1e-9));
            aflow_connect(b, two, client, aflow_constant(1e-9));
        } else {
            aflow_connect(b, client, one, aflow_constant(1e-9));
            if (world == 2) aflow_connect(b, two, client, aflow_constant(1e-9));
        }
        aflow_connect(b, one, world == 2 ? two : client, aflow_constant(1e-9));
        copy = aflow_scenario_copy(aflow_builder_scenario(b, NULL), NULL);
        aflow_builder_destroy(b);
        change(copy, "total_simulation_time", "60");
        change(copy, "sim_settings.slo", world == 0 ? "p90 < 1s" : world == 1 ? "p95 < 1s" : "two.cpu_utilization < 50%");
        size = aflow_size(copy, &d, NULL);
        CHECK(aflow_size_info(size).found);
        CHECK_STR(aflow_size_value(size, aflow_size_info(size).setting, 0), "1");
        aflow_size_destroy(size);
        aflow_scenario_destroy(copy);
    }
}

/* Where a setting is none: a hole in the grid, that is neither met nor missed. */
static void holes(void)
{
    static const aflow_vary two[] = { { "servers.srv-1.endpoints./api.steps[1].necessary_ram", "100,200,9000" }, { CORES, "1..3" } };
    aflow_scenario *s = service(150, "mean < 40ms");
    aflow_size_desc d;
    aflow_size_result *r;
    size_t i, invalid = 0;
    memset(&d, 0, sizeof d);
    d.vary = two;
    d.vary_count = 2;
    r = aflow_size(s, &d, NULL);
    CHECK(aflow_size_info(r).found);
    for (i = 0; i < aflow_size_rows(r); i++) {
        if (aflow_size_at(r, i).finding != AFLOW_SIZE_INVALID) continue;
        invalid++;
        CHECK(strstr(aflow_size_at(r, i).why, "9000") != NULL);
    }
    is_consistent(r);
    CHECK(invalid <= 1);
    aflow_size_destroy(r);
    aflow_scenario_destroy(s);
}

/* At the bound itself: as many runs as are allowed, and then it is said. */
static void undecided(void)
{
    static const aflow_vary cores[] = { { CORES, "1..2" } };
    aflow_scenario *s = service(150, "srv-1.cpu_utilization < 0.75");       /* of two cores it is */
    aflow_size_desc d;
    aflow_size_result *r;
    aflow_size_row row;
    memset(&d, 0, sizeof d);
    d.vary = cores;
    d.vary_count = 1;
    d.experiment.replications = 5;
    d.experiment.most_replications = 33;
    d.experiment.seed = 5;
    r = aflow_size(s, &d, NULL);
    row = aflow_size_at(r, aflow_size_rows(r) - 1);
    CHECK(row.finding == AFLOW_SIZE_UNDECIDED);
    CHECK_U64(aflow_experiment_runs(row.experiment), 33);
    CHECK(strstr(row.why, "undecided after 33 runs") != NULL);
    CHECK(!aflow_size_info(r).found);
    is_consistent(r);
    aflow_size_destroy(r);
    aflow_scenario_destroy(s);
}

#ifdef ASYNCFLOW_THREADS
static void sizes_on_threads(void)
{
    static const aflow_vary two[] = { { "replicas(srv-1)", "1..4" }, { CORES, "1..4" } };
    aflow_scenario *s = service(150, "mean < 36ms");
    aflow_size_desc d;
    aflow_size_result *one, *more;
    uint32_t threads;
    size_t i;
    memset(&d, 0, sizeof d);
    change(s, "total_simulation_time", "10");
    d.vary = two;
    d.vary_count = 2;
    one = aflow_size(s, &d, NULL);
    d.experiment.parallel_for = aflow_threads;
    d.experiment.parallel_context = &threads;
    for (threads = 1; threads <= 4; threads++) {
        more = aflow_size(s, &d, NULL);
        CHECK_STR(aflow_size_info(more).sentence, aflow_size_info(one).sentence);
        CHECK_STR(aflow_size_info(more).one_less, aflow_size_info(one).one_less);
        CHECK_STR(aflow_size_info(more).one_more, aflow_size_info(one).one_more);
        CHECK_U64(aflow_size_rows(more), aflow_size_rows(one));
        for (i = 0; i < aflow_size_rows(one); i++) {
            CHECK_STR(aflow_size_at(more, i).why, aflow_size_at(one, i).why);
            if (aflow_size_at(one, i).experiment) same_experiment(aflow_size_at(more, i).experiment, aflow_size_at(one, i).experiment);
        }
        aflow_size_destroy(more);
    }
    aflow_size_destroy(one);
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

static void sizes_without_memory(void)
{
    static const aflow_vary cores[] = { { CORES, "1..3" } };
    aflow_scenario *s = service(150, "mean < 35ms");
    aflow_size_desc d;
    limited l;
    size_t most = 0;
    aflow_size_result *r = NULL;
    memset(&d, 0, sizeof d);
    memset(&l, 0, sizeof l);
    change(s, "total_simulation_time", "5");
    d.vary = cores;
    d.vary_count = 1;
    d.experiment.replications = 2;
    d.experiment.most_replications = 4;
    d.experiment.allocator.resize = limited_resize;
    d.experiment.allocator.context = &l;
    for (; !r && most < 100000; most += 1 + most / 64) {
        aflow_diagnostics problems = { 0 };
        l.calls = 0;
        l.most = most;
        r = aflow_size(s, &d, &problems);
        if (!r) {
            CHECK(problems.errors > 0 && (problems.lost || (problems.count && problems.items[problems.count - 1].code == AFLOW_DIAGNOSTIC_OUT_OF_MEMORY)));
            CHECK_U64(l.live, 0);
        }
        aflow_diagnostics_clear(&problems);
    }
    CHECK(r != NULL);
    aflow_size_destroy(r);
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
    RUN(sizes_that_cannot_be);
    RUN(sizes_equal_brute_force);
    RUN(few_settings_are_looked_at);
    RUN(large_grids);
    RUN(sentences);
    RUN(what_is_foretold_is_so);
    RUN(shedding_is_simulated);
    RUN(floods_of_some_are_simulated);
    RUN(holes);
    RUN(undecided);
#ifdef ASYNCFLOW_THREADS
    RUN(sizes_on_threads);
#endif
    RUN(sizes_without_memory);
    return test_end();
}
