/* 01_hello.c - the smallest whole study: traffic, one server, three edges, a run, a percentile.
 *
 * Build:  cc -std=c99 -I.. 01_hello.c -o hello
 * Output:
 *   35803 requests, p95 79.2 ms
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>

int main(void)
{
    const aflow_step steps[] = { aflow_cpu_s(0.010), aflow_ram_mb(64), aflow_io_s(0.030) };
    const aflow_endpoint endpoints[] = { { .endpoint_name = "/hello", AFLOW_ARRAY(steps, steps) } };
    const aflow_server servers[] = { { .id = "app", AFLOW_ARRAY(endpoints, endpoints) } };
    const aflow_edge edges[] = {
        { .id = "in",      .source = "users",  .target = "client", .latency = aflow_exponential(0.003) },
        { .id = "request", .source = "client", .target = "app",    .latency = aflow_exponential(0.003) },
        { .id = "reply",   .source = "app",    .target = "client", .latency = aflow_exponential(0.003) },
    };
    const aflow_scenario scenario = {
        .rqs_input = {
            .id = "users",
            .avg_active_users = aflow_poisson(120),
            .avg_request_per_minute_per_user = { .mean = 30 },
        },
        .topology_graph = { .nodes = { .client = { "client" }, AFLOW_ARRAY(servers, servers) }, AFLOW_ARRAY(edges, edges) },
        .sim_settings = { .total_simulation_time = 600 },
    };

    aflow_diagnostics problems = { 0 };
    aflow_result *result = aflow_run(&scenario, &(aflow_run_desc){ .seed = 42 }, &problems);
    if (result) {
        aflow_latency_stats latency = aflow_result_latency(result);
        printf("%llu requests, p95 %.1f ms\n", (unsigned long long)latency.count, latency.p95_s * 1e3);
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_result_destroy(result);
    aflow_diagnostics_clear(&problems);
    return result == NULL;
}
