/* study.h - what the sources of this folder share: a service as plain assignments, so that every language compiles it. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef STUDY_H
#define STUDY_H

#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define STUDY_MAY_BE_UNUSED __attribute__((unused))
#else
#define STUDY_MAY_BE_UNUSED
#endif

typedef struct study {
    aflow_scenario scenario;
    aflow_step steps[2];
    aflow_endpoint endpoint;
    aflow_server server;
    aflow_edge edges[3];
} study;

static void study_make(study *s)
{
    static const char *const ids[3][3] = { { "in", "users", "client" }, { "request", "client", "app" }, { "reply", "app", "client" } };
    int i;
    memset(s, 0, sizeof *s);
    s->steps[0] = aflow_cpu_s(0.002);
    s->steps[1] = aflow_io(aflow_exponential(0.012));
    s->endpoint.endpoint_name = "/api";
    s->endpoint.steps = s->steps;
    s->endpoint.steps_count = 2;
    s->server.id = "app";
    s->server.endpoints = &s->endpoint;
    s->server.endpoints_count = 1;
    for (i = 0; i < 3; i++) {
        s->edges[i].id = ids[i][0];
        s->edges[i].source = ids[i][1];
        s->edges[i].target = ids[i][2];
        s->edges[i].latency = aflow_exponential(0.003);
    }
    s->scenario.rqs_input.id = "users";
    s->scenario.rqs_input.avg_active_users = aflow_poisson(30);
    s->scenario.rqs_input.avg_request_per_minute_per_user = aflow_constant(60);
    s->scenario.topology_graph.nodes.client.id = "client";
    s->scenario.topology_graph.nodes.servers = &s->server;
    s->scenario.topology_graph.nodes.servers_count = 1;
    s->scenario.topology_graph.edges = s->edges;
    s->scenario.topology_graph.edges_count = 3;
    s->scenario.sim_settings.total_simulation_time = 10;
}

/* The digest of seed 1 in a fixed buffer; 0 when something is wrong. */
static STUDY_MAY_BE_UNUSED uint64_t study_digest(void)
{
    static double memory[131072];
    study s;
    aflow_run_desc desc;
    aflow_result *result;
    uint64_t digest = 0;
    study_make(&s);
    memset(&desc, 0, sizeof desc);
    desc.seed = 1;
    desc.buffer = memory;
    desc.buffer_size = sizeof memory;
    result = aflow_run(&s.scenario, &desc, NULL);
    if (result) digest = aflow_result_info(result).digest;
    aflow_result_destroy(result);
    return digest;
}

#endif
