/* asyncflow.c - the M/M/1 of mm1.h as a scenario of the library, with everything recorded that a run without samples has.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "mm1.h"

static aflow_builder *scenario(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g = { 0 };
    aflow_server s = { 0 };
    aflow_id users, client, server;
    g.avg_active_users = aflow_constant(MM1_RATE);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    users = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    server = aflow_add_server(b, &s);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(MM1_SERVICE))));
    aflow_connect(b, users, server, aflow_constant(1e-9));
    aflow_connect(b, server, client, aflow_constant(1e-9));
    aflow_builder_settings(b)->total_simulation_time = (uint32_t)(MM1_CUSTOMERS / MM1_RATE);
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    return b;
}

int main(void)
{
    aflow_builder *b = scenario();
    clock_t begin = clock();
    aflow_result *r = aflow_run(aflow_builder_scenario(b, NULL), NULL, NULL);
    double seconds = mm1_seconds_since(begin);
    if (!r) return 1;
    mm1_report((double)aflow_result_info(r).requests.completed, seconds, aflow_result_latency(r).mean_s);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
    return 0;
}
