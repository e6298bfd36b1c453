/* 02_builder.c - the builder: a loop makes the replicas, ids connect them without strings. How many replicas are enough?
 *
 * Build:  cc -std=c99 -I.. 02_builder.c -o builder
 * Output:
 *   replicas      p50      p95   CPU of srv-1
 *          2    58 ms   138 ms           78 %
 *          3    43 ms    83 ms           52 %
 *          4    41 ms    73 ms           39 %
 *          5    40 ms    70 ms           31 %
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>

/* Users -> browser -> balancer -> `replicas` equal servers -> browser. */
static void build(aflow_builder *b, int replicas)
{
    aflow_id users = aflow_add_generator(b, &(aflow_generator){
        .avg_active_users = aflow_poisson(400),
        .avg_request_per_minute_per_user = aflow_poisson(20),
    });
    aflow_id browser = aflow_add_client(b, "browser");
    aflow_id balancer = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = AFLOW_LB_LEAST_CONNECTION });
    aflow_connect(b, users, browser, aflow_exponential(0.003));
    aflow_connect(b, browser, balancer, aflow_exponential(0.002));
    for (int i = 0; i < replicas; i++) {
        aflow_id app = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 1, .ram_mb = 2048 } });
        aflow_add_endpoint(b, app, "/api", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.012)), aflow_ram_mb(64), aflow_io_s(0.020)));
        aflow_connect(b, balancer, app, aflow_exponential(0.002));
        aflow_connect(b, app, browser, aflow_exponential(0.003));
    }
    aflow_builder_settings(b)->total_simulation_time = 300;
}

int main(void)
{
    int failed = 0;
    printf("replicas      p50      p95   CPU of srv-1\n");
    for (int replicas = 2; replicas <= 5 && !failed; replicas++) {
        aflow_diagnostics problems = { 0 };
        aflow_builder *b = aflow_builder_create(NULL);
        build(b, replicas);
        aflow_result *result = aflow_run(aflow_builder_scenario(b, &problems), &(aflow_run_desc){ .seed = 1 }, &problems);
        if (result) {
            aflow_latency_stats latency = aflow_result_latency(result);
            aflow_server_stats server = aflow_result_server(result, aflow_result_find(result, "srv-1"));
            printf("%8d %5.0f ms %5.0f ms %12.0f %%\n", replicas, latency.p50_s * 1e3, latency.p95_s * 1e3, server.cpu_utilization * 1e2);
        }
        failed = result == NULL;
        aflow_write_diagnostics(&problems, aflow_put_file, stderr);
        aflow_diagnostics_clear(&problems);
        aflow_result_destroy(result);
        aflow_builder_destroy(b);
    }
    return failed;
}
