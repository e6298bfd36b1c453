/* 03_const_data.c - a scenario as constant data, as it would lie in flash, run in a static buffer: no heap at all.
 *
 * Build:  cc -std=c99 -I.. 03_const_data.c -o const_data
 * Output:
 *   /api      466 requests, p95 in the server   62.0 ms
 *   /login     57 requests, p95 in the server  123.6 ms
 */
#define ASYNCFLOW_NO_MALLOC          /* malloc is not even linked */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>

/* The helpers such as aflow_cpu_s are functions; constant data says the same in braces. */
static const aflow_step api_steps[] = {
    { .kind = AFLOW_STEP_INITIAL_PARSING, .cpu_time = { .mean = 0.002 } },
    { .kind = AFLOW_STEP_RAM,             .necessary_ram = { .mean = 128 } },
    { .kind = AFLOW_STEP_IO_WAIT,         .io_waiting_time = { .mean = 0.012 } },
};
static const aflow_step login_steps[] = {
    { .kind = AFLOW_STEP_CPU_BOUND_OPERATION, .cpu_time = { .mean = 0.030, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .kind = AFLOW_STEP_IO_DB,               .io_waiting_time = { .mean = 0.008 } },
};
static const aflow_endpoint endpoints[] = {
    { .endpoint_name = "/api",   AFLOW_ARRAY(steps, api_steps),   .probability = 9 },
    { .endpoint_name = "/login", AFLOW_ARRAY(steps, login_steps), .probability = 1 },
};
static const aflow_server servers[] = {
    { .id = "app", .server_resources = { .cpu_cores = 1, .ram_mb = 1024 }, AFLOW_ARRAY(endpoints, endpoints) },
};
static const aflow_edge edges[] = {
    { .id = "in",      .source = "users",  .target = "client", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "request", .source = "client", .target = "app",    .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
    { .id = "reply",   .source = "app",    .target = "client", .latency = { .mean = 0.003, .distribution = AFLOW_DISTRIBUTION_EXPONENTIAL } },
};
static const aflow_scenario service = {
    .rqs_input = {
        .id = "users",
        .avg_active_users = { .mean = 100 },
        .avg_request_per_minute_per_user = { .mean = 30 },
    },
    .topology_graph = { .nodes = { .client = { "client" }, AFLOW_ARRAY(servers, servers) }, AFLOW_ARRAY(edges, edges) },
    .sim_settings = { .total_simulation_time = 10, .enabled_sample_metrics = AFLOW_METRICS_NONE },
};

static unsigned char memory[96 * 1024];

int main(void)
{
    const aflow_run_desc desc = { .seed = 1, .reserve_in_flight = 32, .buffer = memory, .buffer_size = sizeof memory };
    aflow_result *result = aflow_run(&service, &desc, NULL);
    if (!result) return 1;           /* aflow_run_size, on the desktop, says how large `memory` must be */
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        aflow_endpoint_stats e = aflow_result_endpoint(result, aflow_result_find(result, "app"), i);
        printf("%-7s %5llu requests, p95 in the server %6.1f ms\n", e.endpoint_name, (unsigned long long)e.completed, e.latency.p95_s * 1e3);
    }
    aflow_result_destroy(result);    /* the buffer is free for the next run */
    return 0;
}
