/* 13_threads.c - an experiment on all cores: ASYNCFLOW_THREADS, a job system of one's own, and the same numbers from each.
 *
 * aflow_experiment_desc.parallel_for runs the runs. aflow_threads is one on the system's threads, which comes with the switch
 * ASYNCFLOW_THREADS (before the implementation, and link with -lpthread; nothing on Windows); a host that has a job system
 * hands in its own. A run depends on its number alone, so all of them give the same bits.
 *
 * Build:  cc -std=c99 -I.. 13_threads.c -o threads -lpthread
 * Output:
 *   one thread       40 runs, p95 207.893 ms (191.637 to 224.149), digest 63dd501fc2decafd
 *   three threads    40 runs, p95 207.893 ms (191.637 to 224.149), digest 63dd501fc2decafd
 *   all processors   40 runs, p95 207.893 ms (191.637 to 224.149), digest 63dd501fc2decafd
 *   jobs of a host   40 runs, p95 207.893 ms (191.637 to 224.149), digest 63dd501fc2decafd
 *   the host's jobs were 40
 */
#define ASYNCFLOW_THREADS
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>
#include <string.h>

/* A host's job system stands here: anything that calls task(task_context, i) once for every i below count, on any threads, and
   comes back when all are done. This one is no more than a loop, from the end. */
static void host_jobs(void *context, size_t count, aflow_task_fn task, void *task_context)
{
    size_t *done = (size_t *)context;
    while (count) {
        task(task_context, --count);
        ++*done;
    }
}

static aflow_builder *service(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server api;
    aflow_id from, to, client;
    memset(&users, 0, sizeof users);
    memset(&api, 0, sizeof api);
    users.avg_active_users = aflow_poisson(100);
    users.avg_request_per_minute_per_user = aflow_constant(30);
    from = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    to = aflow_add_server(b, &api);
    aflow_add_endpoint(b, to, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.015)), aflow_io_s(0.005)));
    aflow_connect(b, from, to, aflow_exponential(0.003));
    aflow_connect(b, to, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 120;
    return b;
}

static int play(const aflow_scenario *scenario, const char *who, aflow_parallel_for_fn parallel_for, void *context)
{
    aflow_experiment_desc desc;
    aflow_experiment *e;
    aflow_estimate p95;
    memset(&desc, 0, sizeof desc);
    desc.seed = 5;
    desc.replications = 40;
    desc.parallel_for = parallel_for;
    desc.parallel_context = context;
    e = aflow_replicate(scenario, &desc, NULL);
    if (!e) return 0;
    p95 = aflow_experiment_estimate(e, aflow_experiment_find(e, "p95"));
    printf("%-16s %u runs, p95 %.3f ms (%.3f to %.3f), digest %016llx\n", who, (unsigned)p95.runs, p95.mean * 1e3, p95.low * 1e3, p95.high * 1e3,
           (unsigned long long)aflow_experiment_info(e).digest);
    aflow_experiment_destroy(e);
    return 1;
}

int main(void)
{
    aflow_builder *b = service();
    const aflow_scenario *scenario = aflow_builder_scenario(b, NULL);
    uint32_t three = 3;
    size_t done = 0;
    int ok = play(scenario, "one thread", NULL, NULL) && play(scenario, "three threads", aflow_threads, &three) &&
             play(scenario, "all processors", aflow_threads, NULL) && play(scenario, "jobs of a host", host_jobs, &done);
    printf("the host's jobs were %u\n", (unsigned)done);
    aflow_builder_destroy(b);
    return !ok;
}
