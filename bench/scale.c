/* bench/scale.c - large cases: a million requests in flight, a thousand servers behind one balancer, runs of many requests, and
   what they ask of the allocator: bytes a request in flight, the most bytes of a run, calls in a steady state (which must be
   none). `scale` takes seconds; `scale --full` makes the long run one of 10^8 requests.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define RUNS 3
#include "bench.h"
#include "scenarios.h"

/* --- A counting allocator --- */

typedef struct counting { size_t live, most, calls; } counting;

static void *counting_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    counting *c = (counting *)context;
    void *p = NULL;
    c->calls++;
    if (new_size == 0) free(memory);
    else p = realloc(memory, new_size);
    if (new_size && !p) return NULL;
    c->live = c->live - (memory ? old_size : 0) + new_size;
    if (c->live > c->most) c->most = c->live;
    return p;
}

static aflow_run_desc counted(counting *c, uint64_t seed)
{
    aflow_run_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(c, 0, sizeof *c);
    desc.seed = seed;
    desc.allocator.resize = counting_resize;
    desc.allocator.context = c;
    return desc;
}

static double seconds_since(clock_t begin) { return (double)(clock() - begin) / CLOCKS_PER_SEC; }

/* --- A million in flight --- */

/* 160,000 requests a second spend 10 s each, on an edge or in an I/O step: after 10 s there are 160,000 x 10 x (1 - 1/e) or
   about a million of them. The horizon is far, since what would happen after it is never queued. */
static aflow_builder *crowd_scenario(int on_edge)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_server s;
    aflow_id users, client, server;
    aflow_random_variable soon = aflow_exponential(0.001), late = aflow_exponential(10);
    memset(&g, 0, sizeof g);
    memset(&s, 0, sizeof s);
    g.avg_active_users = aflow_constant(160000);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    users = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    server = aflow_add_server(b, &s);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_io(on_edge ? soon : late)));
    aflow_connect(b, users, server, on_edge ? late : soon);
    aflow_connect(b, server, client, soon);
    aflow_builder_settings(b)->total_simulation_time = 100;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    return b;
}

/* Memory is taken at 10 s, when the log of the completed ones has not outgrown what it had at first; the rate from 10 to 15 s. */
static void report_crowd(const char *what, int on_edge)
{
    aflow_builder *b = crowd_scenario(on_edge);
    double rates[RUNS], bytes = 0, all = 0, in_flight = 0;
    int i;
    for (i = 0; i < RUNS; i++) {
        counting c;
        aflow_run_desc desc = counted(&c, (uint64_t)i + 1);
        aflow_sim *sim = aflow_sim_create(aflow_builder_scenario(b, NULL), &desc, NULL);
        size_t before = c.live;
        uint64_t done;
        clock_t begin;
        aflow_sim_run_until(sim, 10);
        in_flight = (double)aflow_sim_counters(sim).in_flight;
        bytes = (double)(c.live - before) / in_flight;
        all = (double)c.live / in_flight;
        done = aflow_sim_counters(sim).completed;
        begin = clock();
        aflow_sim_run_until(sim, 15);
        rates[i] = (double)(aflow_sim_counters(sim).completed - done) / seconds_since(begin);
        aflow_sim_destroy(sim);
    }
    printf("%-44s %7.2f M requests/s %6.1f ns   %.0f in flight, %.1f bytes each, %.1f with all that a run has\n", what, bench_median(rates, RUNS) / 1e6,
           1e9 / bench_median(rates, RUNS), in_flight, bytes, all);
    aflow_builder_destroy(b);
}

/* --- Many servers --- */

static double run_scenario(void *context, uint64_t seed)
{
    aflow_run_desc desc;
    aflow_result *r;
    double done;
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    r = aflow_run((const aflow_scenario *)context, &desc, NULL);
    done = r ? (double)aflow_result_info(r).requests.completed : 0;
    aflow_result_destroy(r);
    return done;
}

/* 100 requests a second and server; I/O of 50 ms keeps five of them at each, so that no server is idle for long. */
static balanced many(uint32_t servers, aflow_lb_algorithm algorithm)
{
    balanced desc;
    desc.servers = servers;
    desc.users = 300 * servers;
    desc.seconds = 10000 / servers < 10 ? 10 : 10000 / servers;
    desc.metrics = AFLOW_METRICS_NONE;
    desc.algorithm = algorithm;
    desc.io_s = 0.05;
    return desc;
}

static void report_servers(uint32_t servers)
{
    aflow_builder *turns = balanced_scenario(many(servers, AFLOW_LB_ROUND_ROBIN)), *least = balanced_scenario(many(servers, AFLOW_LB_LEAST_CONNECTION));
    bench_work works[2] = { { run_scenario, NULL, 0 }, { run_scenario, NULL, 0 } };
    works[0].context = (void *)(uintptr_t)aflow_builder_scenario(turns, NULL);
    works[1].context = (void *)(uintptr_t)aflow_builder_scenario(least, NULL);
    bench_rates(works, 2);
    printf("%5u servers, round robin                     %7.2f M requests/s %6.1f ns\n", servers, works[0].rate / 1e6, 1e9 / works[0].rate);
    printf("%5u servers, least connection                %7.2f M requests/s %6.1f ns   %5.2f of round robin's time\n", servers, works[1].rate / 1e6,
           1e9 / works[1].rate, works[0].rate / works[1].rate);
    aflow_builder_destroy(turns);
    aflow_builder_destroy(least);
}

/* --- Long runs --- */

static void report_long(uint32_t seconds, aflow_latency_store store)
{
    aflow_builder *b = mm1_scenario(seconds);
    counting c;
    aflow_run_desc desc = counted(&c, 1);
    clock_t begin = clock();
    aflow_result *r;
    double done, took;
    desc.latency_store = store;
    r = aflow_run(aflow_builder_scenario(b, NULL), &desc, NULL);
    done = (double)aflow_result_info(r).requests.completed;
    took = seconds_since(begin);
    printf("M/M/1, %11.0f requests, %-9s         %7.2f M requests/s %6.1f ns   at most %.2f MB, %.2f bytes a request\n", done,
           aflow_result_info(r).latency_store == AFLOW_LATENCY_HISTOGRAM ? "histogram" : "exact", done / took / 1e6, took / done * 1e9,
           (double)c.most / 1e6, (double)c.most / done);
    aflow_result_destroy(r);
    if (c.live) printf("%.0f bytes were never freed\n", (double)c.live);
    aflow_builder_destroy(b);
}

/* Allocator calls after the first tenth of the time: none is right, as long as no log outgrows what it had at first. */
static int steady(const char *what, aflow_builder *b)
{
    counting c;
    aflow_run_desc desc = counted(&c, 1);
    aflow_sim *sim;
    double horizon;
    size_t before, slice;
    sim = aflow_sim_create(aflow_builder_scenario(b, NULL), &desc, NULL);
    horizon = aflow_sim_horizon(sim);
    aflow_sim_run_until(sim, horizon / 10);
    before = c.calls;
    for (slice = 2; slice <= 10; slice++) aflow_sim_run_until(sim, horizon * (double)slice / 10);
    printf("%-44s %4.0f allocator calls to start and for a tenth of the time, %.0f after it\n", what, (double)before, (double)(c.calls - before));
    before = c.calls - before;
    aflow_sim_destroy(sim);
    aflow_builder_destroy(b);
    return before == 0;
}

int main(int argc, char **argv)
{
    balanced two = { 2, 120, 6000, AFLOW_METRICS_ALL, AFLOW_LB_ROUND_ROBIN, 0.012 };
    int full = argc == 2 && strcmp(argv[1], "--full") == 0, still;
    if (argc > 1 && !full) {
        fprintf(stderr, "usage: scale [--full]\n");
        return 2;
    }
    printf("bench/scale: medians of %d runs, CPU time; rate, time a request\n", RUNS);
    report_crowd("10^6 in flight, on an edge", 1);
    report_crowd("10^6 in flight, in an I/O step", 0);
    report_servers(10);
    report_servers(1000);
    report_long(1111, AFLOW_LATENCY_AUTO);
    report_long(11112, AFLOW_LATENCY_EXACT);
    report_long(full ? 111112 : 11112, AFLOW_LATENCY_AUTO);
    still = steady("two servers, all metrics sampled", balanced_scenario(two));
    still &= steady("1000 servers, least connection", balanced_scenario(many(1000, AFLOW_LB_LEAST_CONNECTION)));
    still &= steady("M/M/1, rho 0.9", mm1_scenario(1000));
    if (!still) printf("a run in its steady state asks for memory\n");
    return !still;
}
