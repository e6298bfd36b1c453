/* bench/engine.c - the library beside the hand-specialised programs of limit_mm1.h and limit_two_servers.h, which do the same
   work draw for draw: first it is shown that they do (equal digests of the completion logs, equal averages and maxima), then
   rates are compared, in turns. After that, what a request and an event cost in the example scenarios and in a chain of
   servers. An event is an emission, an arrival at a node or the end of a hold.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include "bench.h"
#include "limit_mm1.h"
#include "limit_two_servers.h"
#include "scenarios.h"

/* --- Scenarios --- */

static aflow_builder *two_servers_scenario(uint32_t metrics)
{
    balanced desc = { 2, 120, TWO_SECONDS, 0, AFLOW_LB_ROUND_ROBIN, 0.012 };
    desc.metrics = metrics;
    return balanced_scenario(desc);
}

/* Three servers in a row with four endpoints each: random and constant steps, two visits to the core. */
static aflow_builder *chain_scenario(void)
{
    static const char *const names[] = { "/a", "/b", "/c", "/d" };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_server s;
    aflow_id before, client;
    int i, k;
    memset(&g, 0, sizeof g);
    memset(&s, 0, sizeof s);
    s.server_resources.cpu_cores = 2;
    g.avg_active_users = aflow_poisson(300);
    g.avg_request_per_minute_per_user = aflow_constant(20);
    before = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    for (i = 0; i < 3; i++) {
        aflow_id server = aflow_add_server(b, &s);
        for (k = 0; k < 4; k++) {
            aflow_add_endpoint(b, server, names[k], AFLOW_STEPS(aflow_ram_mb(16), aflow_cpu(aflow_exponential(0.002 + 0.001 * k)),
                                                                aflow_io_s(0.005), aflow_cpu_s(0.001)));
        }
        aflow_connect(b, before, server, aflow_exponential(0.003));
        before = server;
    }
    aflow_connect(b, before, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 1200;
    return b;
}

/* --- The same work --- */

static int same_gauge(const limit_figures *f, int i, const aflow_metric_stats *m, double scale)
{
    int mean = m->mean * scale == (double)f->area[i] / (double)f->horizon, max = m->max * scale == f->max[i];
    int sampled = f->samples == m->samples && (f->samples == 0 || m->sampled_mean * scale == (double)f->sampled[i] / (double)f->samples);
    if (mean && max && sampled) return 1;
    printf("gauge %d differs: mean %.12g and %.12g, maximum %g and %u\n", i, m->mean * scale, (double)f->area[i] / (double)f->horizon, m->max * scale, f->max[i]);
    return 0;
}

static int same_counts(const limit_figures *f, const aflow_result *r)
{
    aflow_run_info info = aflow_result_info(r);
    int same = info.requests.completed == f->completed && info.requests.generated == f->generated && info.requests.dropped == f->dropped;
    if (same && info.digest == f->digest) return 1;
    printf("the runs differ: completed %.0f and %.0f, digest %016llx and %016llx\n", (double)info.requests.completed, (double)f->completed,
           (unsigned long long)info.digest, (unsigned long long)f->digest);
    return 0;
}

static aflow_result *run_of(const aflow_builder *b, uint64_t seed)
{
    aflow_run_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    return aflow_run(aflow_builder_scenario((aflow_builder *)(uintptr_t)b, NULL), &desc, NULL);
}

static int same_two_servers(const aflow_builder *b, uint64_t seed)
{
    static const aflow_metric metrics[] = { AFLOW_READY_QUEUE_LEN, AFLOW_EVENT_LOOP_IO_SLEEP, AFLOW_RAM_IN_USE, AFLOW_EDGE_CONCURRENT_CONNECTION, AFLOW_CORE_BUSY, AFLOW_RAM_QUEUE_LEN };
    aflow_result *r = run_of(b, seed);
    limit_figures f, lean;
    int same, gauge = 0;
    size_t i, k;
    memset(&f, 0, sizeof f);
    memset(&lean, 0, sizeof lean);
    two_servers_run(seed, 1, &f);
    two_servers_lean(seed, &lean);
    same = same_counts(&f, r) && lean.completed == f.completed && lean.latency == f.latency;
    for (i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        aflow_id entities[TWO_EDGES];
        size_t n = aflow_result_entities(r, metrics[i], entities, TWO_EDGES);
        for (k = 0; k < n && k < TWO_EDGES; k++) {
            aflow_metric_stats m = aflow_result_metric(r, metrics[i], entities[k]);
            same &= same_gauge(&f, gauge++, &m, metrics[i] == AFLOW_RAM_IN_USE ? 1.0 / 128 : 1);
        }
    }
    aflow_result_destroy(r);
    return same && gauge == LIMIT_GAUGES;
}

static int same_mm1(const aflow_builder *b, uint64_t seed)
{
    aflow_result *r = run_of(b, seed);
    aflow_id server = aflow_result_find(r, "srv-1");
    aflow_metric_stats ready = aflow_result_metric(r, AFLOW_READY_QUEUE_LEN, server), busy = aflow_result_metric(r, AFLOW_CORE_BUSY, server);
    limit_figures f, lindley, events;
    int same;
    memset(&f, 0, sizeof f);
    memset(&lindley, 0, sizeof lindley);
    memset(&events, 0, sizeof events);
    mm1_recorded(seed, &f);
    mm1_lindley(seed, &lindley);
    mm1_events(seed, &events);
    same = same_counts(&f, r) && same_gauge(&f, MM1_READY, &ready, 1) && same_gauge(&f, MM1_BUSY, &busy, 1) &&
           lindley.completed == f.completed && lindley.latency == f.latency && events.completed == f.completed && events.latency == f.latency;
    aflow_result_destroy(r);
    return same;
}

static int all_the_same(const aflow_builder *mm1, const aflow_builder *two)
{
    uint64_t seed;
    for (seed = 1; seed <= 3; seed++) {
        if (same_mm1(mm1, seed) && same_two_servers(two, seed)) continue;
        printf("seed %d: the hand-specialised program does other work than the library\n", (int)seed);
        return 0;
    }
    printf("the hand-specialised programs do the library's work: equal digests, averages and maxima for 3 seeds\n");
    return 1;
}

/* --- Rates --- */

static double hand_lindley(void *context, uint64_t seed) { (void)context; return mm1_lindley(seed, NULL); }
static double hand_events(void *context, uint64_t seed) { (void)context; return mm1_events(seed, NULL); }
static double hand_mm1(void *context, uint64_t seed) { (void)context; return mm1_recorded(seed, NULL); }
static double hand_two(void *context, uint64_t seed) { (void)context; return two_servers_run(seed, 1, NULL); }
static double hand_two_unsampled(void *context, uint64_t seed) { (void)context; return two_servers_run(seed, 0, NULL); }
static double hand_two_lean(void *context, uint64_t seed) { (void)context; return two_servers_lean(seed, NULL); }

static uint64_t last_events, last_completed;    /* of the last run */

static double run_with(void *context, uint64_t seed, int latency_split)
{
    aflow_run_desc desc;
    aflow_result *r;
    aflow_run_info info;
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    desc.latency_split = latency_split;
    r = aflow_run((const aflow_scenario *)context, &desc, NULL);
    if (!r) return 0;
    info = aflow_result_info(r);
    aflow_result_destroy(r);
    last_events = info.requests.events + info.requests.generated;
    last_completed = info.requests.completed;
    return (double)last_completed;
}

static double run_scenario(void *context, uint64_t seed) { return run_with(context, seed, 0); }
static double run_split(void *context, uint64_t seed) { return run_with(context, seed, 1); }

static bench_work run_work(const aflow_scenario *s)
{
    bench_work w;
    w.run = run_scenario;
    w.context = (void *)(uintptr_t)s;
    w.rate = 0;
    return w;
}

/* The library's row, its hand-written rivals below it. */
static void report_against(const char *what, aflow_builder *b, const bench_work *rivals, const char *const *names, size_t n)
{
    bench_work works[4];
    size_t i;
    works[0] = run_work(aflow_builder_scenario(b, NULL));
    memcpy(works + 1, rivals, n * sizeof *works);
    bench_rates(works, n + 1);
    printf("%-44s %7.2f M requests/s %6.1f ns\n", what, works[0].rate / 1e6, 1e9 / works[0].rate);
    for (i = 1; i <= n; i++) printf("    by hand: %-35s %7.2f M requests/s %6.1f ns   %5.2f of it\n", names[i - 1], works[i].rate / 1e6, 1e9 / works[i].rate, works[0].rate / works[i].rate);
}

static void report_events(const char *what, const aflow_scenario *s)
{
    bench_work w = run_work(s);
    double events;
    bench_rates(&w, 1);
    events = (double)last_events / (double)(last_completed ? last_completed : 1);
    printf("%-44s %7.2f M requests/s %6.1f ns   %5.2f events, %5.1f ns an event\n", what, w.rate / 1e6, 1e9 / w.rate, events, 1e9 / w.rate / events);
}

/* What splitting every request's time costs: at most 15 % of the two servers. */
static void report_split(const char *what, const aflow_scenario *s)
{
    bench_work works[2];
    works[0] = works[1] = run_work(s);
    works[1].run = run_split;
    bench_rates(works, 2);
    printf("%-44s %7.2f M requests/s %6.1f ns   %5.2f of the time without\n", what, works[1].rate / 1e6, 1e9 / works[1].rate, works[0].rate / works[1].rate);
}

static void report_files(void)
{
    static const char *const files[] = { "single_server", "two_servers", "event_injection_single_server", "event_injection_two_servers", "heavy_single_server", "beyond_asyncflow", "beyond_resources", "shop", "replay" };
    size_t i;
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[96];
        aflow_scenario_file *file;
        (void)snprintf(path, sizeof path, "examples/scenarios/%s.yml", files[i]);
        file = aflow_read_file(path, NULL, NULL);
        if (file) report_events(files[i], aflow_scenario_of(file));
        aflow_scenario_file_destroy(file);
    }
}

int main(void)
{
    static const bench_work mm1_rivals[] = { { hand_mm1, NULL, 0 }, { hand_events, NULL, 0 }, { hand_lindley, NULL, 0 } };
    static const char *const mm1_names[] = { "everything recorded", "the mean alone", "Lindley's recursion" };
    static const bench_work sampled_rivals[] = { { hand_two, NULL, 0 } }, unsampled_rivals[] = { { hand_two_unsampled, NULL, 0 }, { hand_two_lean, NULL, 0 } };
    static const char *const sampled_names[] = { "everything recorded" }, *const unsampled_names[] = { "everything recorded", "latencies alone" };
    aflow_builder *mm1 = mm1_scenario(MM1_SECONDS), *sampled = two_servers_scenario(AFLOW_METRICS_ALL), *unsampled = two_servers_scenario(AFLOW_METRICS_NONE), *chain = chain_scenario();
    int same = all_the_same(mm1, sampled);
    printf("bench/engine: medians of %d runs, CPU time; rate, time a request\n", RUNS);
    report_against("M/M/1, rho 0.9", mm1, mm1_rivals, mm1_names, 3);
    report_against("two servers, all metrics sampled", sampled, sampled_rivals, sampled_names, 1);
    report_against("two servers, no samples", unsampled, unsampled_rivals, unsampled_names, 2);
    report_events("M/M/1, rho 0.9", aflow_builder_scenario(mm1, NULL));
    report_events("two servers, all metrics sampled", aflow_builder_scenario(sampled, NULL));
    report_events("three servers in a row, 4 endpoints each", aflow_builder_scenario(chain, NULL));
    report_split("two servers, latency split", aflow_builder_scenario(sampled, NULL));
    report_split("two servers, no samples, latency split", aflow_builder_scenario(unsampled, NULL));
    report_split("three servers in a row, latency split", aflow_builder_scenario(chain, NULL));
    report_files();
    aflow_builder_destroy(mm1);
    aflow_builder_destroy(sampled);
    aflow_builder_destroy(unsampled);
    aflow_builder_destroy(chain);
    return !same;
}
