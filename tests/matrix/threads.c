/* matrix/threads.c - runs in threads have the digests that they have alone: different scenarios, the same constant scenario
   for all, and the self-test meanwhile; experiments on aflow_threads have the bytes of one thread. Made for ThreadSanitizer. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_THREADS
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include <pthread.h>

static const struct { const char *path, *text; } scenarios[] = {
#include "scenarios.inc"
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0], THREADS = 2, SEEDS = 2 };

typedef struct job {
    size_t from, step;                       /* which scenarios */
    const aflow_scenario *const *files;
    uint64_t digests[SCENARIOS][SEEDS];
    const char *wrong;
} job;

/* In slices where the seed is odd. */
static uint64_t digest_of(const aflow_scenario *s, uint64_t seed)
{
    aflow_run_desc desc;
    aflow_sim *sim;
    aflow_result *r;
    uint64_t digest;
    int i;
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    sim = aflow_sim_create(s, &desc, NULL);
    for (i = 1; seed % 2 && i < 50; i++) aflow_sim_run_until(sim, aflow_sim_horizon(sim) * i / 50);
    aflow_sim_run_until(sim, aflow_sim_horizon(sim));
    r = aflow_sim_finish(sim);
    digest = aflow_result_info(r).digest;
    aflow_result_destroy(r);
    aflow_sim_destroy(sim);
    return digest;
}

static void *work(void *context)
{
    job *j = (job *)context;
    size_t i;
    uint64_t seed;
    for (i = j->from; i < SCENARIOS; i += j->step)
        for (seed = 0; seed < SEEDS; seed++) j->digests[i][seed] = digest_of(j->files[i], seed);
    j->wrong = aflow_selftest(NULL);
    return NULL;
}

static int start_and_compare(job jobs[THREADS], const job *alone)
{
    pthread_t threads[THREADS];
    size_t i, t;
    int bad = 0;
    for (t = 0; t < THREADS; t++) if (pthread_create(&threads[t], NULL, work, &jobs[t]) != 0) return 1;
    for (t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    for (t = 0; t < THREADS; t++) {
        bad += jobs[t].wrong != NULL;
        for (i = jobs[t].from; i < SCENARIOS; i += jobs[t].step) bad += memcmp(jobs[t].digests[i], alone->digests[i], sizeof alone->digests[i]) != 0;
    }
    return bad;
}

/* The part that an experiment writes, with the warm-up looked for by its pilots, in a buffer that is the caller's. */
static size_t part_of(const aflow_scenario *s, aflow_parallel_for_fn parallel_for, uint32_t *threads, char *data, size_t capacity)
{
    aflow_experiment_desc desc;
    aflow_experiment *e;
    aflow_text text = { data, capacity, 0 };
    memset(&desc, 0, sizeof desc);
    desc.replications = 4;
    desc.warm_up_s = AFLOW_WARM_UP_AUTO;
    desc.parallel_for = parallel_for;
    desc.parallel_context = threads;
    e = aflow_replicate(s, &desc, NULL);
    aflow_write_part(e, aflow_put_text, &text);
    aflow_experiment_destroy(e);
    return text.size;
}

/* How many of the scenarios have experiments that differ between one thread and several. */
static int experiments_differ(const aflow_scenario *const *of)
{
    static char alone[1u << 20], together[1u << 20];
    uint32_t threads = 3;
    size_t i;
    int bad = 0;
    for (i = 0; i < SCENARIOS; i++) {
        const size_t size = part_of(of[i], NULL, NULL, alone, sizeof alone);
        bad += size == 0 || size >= sizeof alone || part_of(of[i], aflow_threads, &threads, together, sizeof together) != size || memcmp(alone, together, size) != 0;
    }
    return bad;
}

int main(void)
{
    static job alone, jobs[THREADS];
    static aflow_scenario_file *files[SCENARIOS];
    static const aflow_scenario *of[SCENARIOS];
    size_t i, t;
    int same, different, experiments;
    for (i = 0; i < SCENARIOS; i++) {
        files[i] = aflow_read_text(scenarios[i].text, strlen(scenarios[i].text), NULL, NULL);
        of[i] = aflow_scenario_of(files[i]);
    }
    alone.step = 1;
    alone.files = of;
    work(&alone);
    for (t = 0; t < THREADS; t++) jobs[t] = (job){ .from = t, .step = THREADS, .files = of };
    different = start_and_compare(jobs, &alone);
    for (t = 0; t < THREADS; t++) jobs[t] = (job){ .from = 0, .step = 1, .files = of };
    same = start_and_compare(jobs, &alone);
    experiments = experiments_differ(of);
    for (i = 0; i < SCENARIOS; i++) aflow_scenario_file_destroy(files[i]);
    printf("different scenarios: %s; the same: %s; experiments: %s\n", different ? "DIFFERENT" : "same", same ? "DIFFERENT" : "same", experiments ? "DIFFERENT" : "same");
    return different || same || experiments;
}
