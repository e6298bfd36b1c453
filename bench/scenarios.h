/* scenarios.h - what several benchmarks run: an M/M/1 queue, and servers behind a balancer.
   SPDX-License-Identifier: MIT OR Unlicense */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "asyncflow.h"
#include <string.h>

/* M/M/1 at rho 0.9: 900 requests a second, 1 ms of CPU time on average; nothing sampled. */
static aflow_builder *mm1_scenario(uint32_t seconds)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_server s;
    aflow_id users, client, server;
    memset(&g, 0, sizeof g);
    memset(&s, 0, sizeof s);
    g.avg_active_users = aflow_constant(900);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    users = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    server = aflow_add_server(b, &s);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.001))));
    aflow_connect(b, users, server, aflow_constant(1e-9));
    aflow_connect(b, server, client, aflow_constant(1e-9));
    aflow_builder_settings(b)->total_simulation_time = seconds;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    return b;
}

typedef struct balanced {
    uint32_t servers, users, seconds, metrics;
    aflow_lb_algorithm algorithm;
    double io_s;
} balanced;

/* Each user sends 20 requests a minute; a server has one core, 2 ms of CPU, 128 of 2048 MB, and I/O. Every edge loses 1 %. */
static aflow_builder *balanced_scenario(balanced desc)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_load_balancer lb;
    aflow_server s;
    aflow_edge e;
    aflow_id users, client, balancer;
    uint32_t i;
    memset(&g, 0, sizeof g);
    memset(&lb, 0, sizeof lb);
    memset(&s, 0, sizeof s);
    memset(&e, 0, sizeof e);
    s.server_resources.ram_mb = 2048;
    g.avg_active_users = aflow_poisson(desc.users);
    g.avg_request_per_minute_per_user = aflow_constant(20);
    users = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    lb.algorithms = desc.algorithm;
    balancer = aflow_add_load_balancer(b, &lb);
    e.dropout_rate = 0.01;
    e.latency = aflow_exponential(0.003);
    aflow_connect_edge(b, users, client, &e);
    e.latency = aflow_exponential(0.002);
    aflow_connect_edge(b, client, balancer, &e);
    for (i = 0; i < desc.servers; i++) {
        aflow_id server = aflow_add_server(b, &s);
        aflow_add_endpoint(b, server, "/api", AFLOW_STEPS(aflow_cpu_s(0.002), aflow_ram_mb(128), aflow_io_s(desc.io_s)));
        e.latency = aflow_exponential(0.002);
        aflow_connect_edge(b, balancer, server, &e);
        e.latency = aflow_exponential(0.003);
        aflow_connect_edge(b, server, client, &e);
    }
    aflow_builder_settings(b)->total_simulation_time = desc.seconds;
    aflow_builder_settings(b)->sample_period_s = 0.05;
    aflow_builder_settings(b)->enabled_sample_metrics = desc.metrics;
    return b;
}

#endif
