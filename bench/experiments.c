/* experiments.c - what an experiment costs beside its runs, and what a second thread gains: replications of the two servers of
   examples/scenarios/two_servers.yml, 600 s each, as plain calls of aflow_run and as aflow_replicate. Wall time, and
   beside it CPU time, which a busy machine does not spoil: where two threads take no more of it than one, they do not wait for each other. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 199309L     /* clock_gettime */
#endif
#define ASYNCFLOW_IMPLEMENTATION
#define ASYNCFLOW_THREADS
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <stdio.h>
#include <time.h>

#ifndef REPLICATIONS
#define REPLICATIONS 200u
#endif
/* How often each is measured, in turns; the least time counts, since what disturbs only adds */
#define ROUNDS 5

enum { PLAIN, ONE_THREAD, TWO_THREADS, WAYS };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What a caller of aflow_run does by hand, as little as there is to do: the runs, and their usual latencies. */
static double plain_runs(const aflow_scenario *scenario)
{
    double sum = 0;
    uint32_t i;
    for (i = 0; i < REPLICATIONS; i++) {
        aflow_run_desc desc;
        aflow_result *result;
        memset(&desc, 0, sizeof desc);
        desc.replication = i;
        result = aflow_run(scenario, &desc, NULL);
        sum += (double)aflow_result_info(result).requests.completed;
        aflow_result_destroy(result);
    }
    return sum;
}

static double experiment(const aflow_scenario *scenario, uint32_t threads)
{
    aflow_experiment_desc desc;
    aflow_experiment *e;
    double sum;
    memset(&desc, 0, sizeof desc);
    desc.replications = REPLICATIONS;
    if (threads > 1) {
        desc.parallel_for = aflow_threads;
        desc.parallel_context = &threads;
    }
    e = aflow_replicate(scenario, &desc, NULL);
    sum = (double)aflow_experiment_info(e).requests.completed;
    aflow_experiment_destroy(e);
    return sum;
}

typedef struct cost { double wall_s, cpu_s; } cost;

static double measure(const aflow_scenario *scenario, int way, double expected, cost *least)
{
    clock_t used = clock();
    double begin = now_s(), completed = way == PLAIN ? plain_runs(scenario) : experiment(scenario, way == ONE_THREAD ? 1 : 2);
    if (expected >= 0 && (completed < expected || completed > expected)) printf("the runs differ: %.0f requests, %.0f\n", completed, expected);
    begin = now_s() - begin;
    used = clock() - used;
    if (begin < least->wall_s) least->wall_s = begin;
    if ((double)used / CLOCKS_PER_SEC < least->cpu_s) least->cpu_s = (double)used / CLOCKS_PER_SEC;
    return completed;
}

int main(int argc, char **argv)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    aflow_scenario scenario;
    cost least[WAYS];
    double completed;
    int round, way;
    memset(&problems, 0, sizeof problems);
    file = aflow_read_file(argc > 1 ? argv[1] : "examples/scenarios/two_servers.yml", &problems, NULL);
    if (!file) {
        aflow_write_diagnostics(&problems, aflow_put_file, stderr);
        return 1;
    }
    scenario = *aflow_scenario_of(file);
    scenario.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE;      /* as experiments have it */
    for (way = 0; way < WAYS; way++) least[way].wall_s = least[way].cpu_s = 1e9;
    completed = measure(&scenario, PLAIN, -1, &least[PLAIN]);
    for (round = 0; round < ROUNDS; round++) for (way = 0; way < WAYS; way++) (void)measure(&scenario, way, completed, &least[way]);
    printf("experiment of %u runs of 600 s of two_servers.yml, %.0f requests a run (%u processors)\n", REPLICATIONS, completed / REPLICATIONS, (unsigned)aflow_processors());
    printf("  plain calls of aflow_run   %8.1f runs/s\n", REPLICATIONS / least[PLAIN].wall_s);
    printf("  aflow_replicate            %8.1f runs/s   %+.1f %% time, %+.1f %% CPU time\n", REPLICATIONS / least[ONE_THREAD].wall_s,
           100 * (least[ONE_THREAD].wall_s / least[PLAIN].wall_s - 1), 100 * (least[ONE_THREAD].cpu_s / least[PLAIN].cpu_s - 1));
    printf("  the same on two threads    %8.1f runs/s   %.2f times one thread; CPU time %.2f times\n", REPLICATIONS / least[TWO_THREADS].wall_s,
           least[ONE_THREAD].wall_s / least[TWO_THREADS].wall_s, least[TWO_THREADS].cpu_s / least[ONE_THREAD].cpu_s);
    aflow_scenario_file_destroy(file);
    return 0;
}
