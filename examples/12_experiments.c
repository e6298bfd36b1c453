/* 12_experiments.c - many runs instead of one: means with their intervals, objectives, and two variants compared.
 *
 * Will the API hold p95 < 100 ms on Friday, at 55 requests a second? And what would a second core give? Twenty independent
 * runs of five minutes, without their first minute, answer with an interval; both variants meet the same requests, so that
 * the difference between them is known much better than either.
 *
 * Build:  cc -std=c99 -I.. 12_experiments.c -o experiments
 * Output:
 *   one core: 20 runs, 95% intervals
 *     mean    51.8 ms  (48.4 to 55.3)  of all requests   52.1 ms
 *     p50     38.0 ms  (36.3 to 39.7)  of all requests   37.8 ms
 *     p95    140.0 ms  (126.1 to 154.0)  of all requests  141.7 ms
 *     p99    218.9 ms  (191.3 to 246.4)  of all requests  228.2 ms
 *     p95 < 100ms                missed
 *     mean < 50ms                undecided
 *     error_rate < 1%            met
 *     api.cpu_utilization < 0.8  met
 *   two cores: 20 runs, 95% intervals
 *     mean    24.6 ms  (24.5 to 24.8)  of all requests   24.6 ms
 *     p50     21.2 ms  (21.1 to 21.3)  of all requests   21.2 ms
 *     p95     51.6 ms  (51.3 to 52.0)  of all requests   51.7 ms
 *     p99     71.6 ms  (70.9 to 72.3)  of all requests   71.8 ms
 *     p95 < 100ms                met
 *     mean < 50ms                met
 *     error_rate < 1%            met
 *     api.cpu_utilization < 0.8  met
 *   two cores instead of one:
 *     mean    -27.2 ms  (-30.5 to -23.9)  better
 *     p95     -88.4 ms  (-102.1 to -74.7)  better
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>
#include <string.h>

static const char *const objectives[] = { "p95 < 100ms", "mean < 50ms", "error_rate < 1%", "api.cpu_utilization < 0.8" };

/* 55 users who send once a second; 12 ms of CPU on average, then 5 ms in the database. */
static aflow_builder *service(uint32_t cores)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server api;
    aflow_id from, to, client;
    memset(&users, 0, sizeof users);
    memset(&api, 0, sizeof api);
    users.avg_active_users = aflow_poisson(55);
    users.avg_request_per_minute_per_user = aflow_constant(60);
    api.id = "api";
    api.server_resources.cpu_cores = cores;
    from = aflow_add_generator(b, &users);
    client = aflow_add_client(b, "browser");
    to = aflow_add_server(b, &api);
    aflow_add_endpoint(b, to, "/orders", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.012)), aflow_io_s(0.005)));
    aflow_connect(b, from, to, aflow_exponential(0.003));
    aflow_connect(b, to, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 360;
    aflow_builder_settings(b)->slo = objectives;
    aflow_builder_settings(b)->slo_count = sizeof objectives / sizeof *objectives;
    return b;
}

static void show_experiment(const aflow_experiment *e)
{
    static const char *const names[] = { "mean", "p50", "p95", "p99" };
    size_t i;
    printf("%u runs, %.0f%% intervals\n", (unsigned)aflow_experiment_info(e).runs, 100 * aflow_experiment_info(e).confidence);
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        aflow_estimate x = aflow_experiment_estimate(e, aflow_experiment_find(e, names[i]));
        printf("  %-5s %6.1f ms  (%.1f to %.1f)  of all requests %6.1f ms\n", x.name, x.mean * 1e3, x.low * 1e3, x.high * 1e3, x.pooled * 1e3);
    }
    for (i = 0; i < aflow_experiment_objectives(e); i++) {
        aflow_objective_info o = aflow_experiment_objective(e, i);
        printf("  %-26s %s\n", o.text, aflow_objective_outcome_name(o.outcome));
    }
}

static void show_difference(const aflow_comparison *c, const char *name)
{
    aflow_difference d = aflow_comparison_difference(c, aflow_experiment_find(aflow_comparison_experiment(c, 0), name));
    printf("  %-5s %+7.1f ms  (%+.1f to %+.1f)  %s\n", d.name, d.mean * 1e3, d.low * 1e3, d.high * 1e3,
           d.better > 0 ? "better" : d.better < 0 ? "worse" : "undecided");
}

int main(void)
{
    aflow_builder *one = service(1), *two = service(2);
    aflow_diagnostics problems;
    aflow_experiment_desc desc;
    aflow_comparison *c;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    desc.replications = 20;
    desc.warm_up_s = 60;
    c = aflow_compare(aflow_builder_scenario(one, &problems), aflow_builder_scenario(two, &problems), &desc, &problems);
    if (c) {
        printf("one core: ");
        show_experiment(aflow_comparison_experiment(c, 0));     /* what aflow_replicate alone would have given */
        printf("two cores: ");
        show_experiment(aflow_comparison_experiment(c, 1));
        printf("two cores instead of one:\n");
        show_difference(c, "mean");
        show_difference(c, "p95");
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    aflow_comparison_destroy(c);
    aflow_builder_destroy(one);
    aflow_builder_destroy(two);
    return c == NULL;
}
