/* 09_first_program.c - a capacity study as one would write it for one's own service: how many cores does the server need
 * when traffic doubles? Reads a scenario, runs it for 1 to 4 cores and 1 to 3 times the users, prints the table, picks
 * the smallest setting that keeps p95 below 100 ms at double traffic, and writes the HTML report of that run.
 *
 * Build:  cc -std=c99 -O2 -I.. 09_first_program.c -o first_program
 * Run:    ./first_program [SCENARIO [REPORT]], by default scenarios/shop.yml and no report
 * Output:
 *   p95 and CPU use of "shop", mean of 5 runs; ! is more than it can ever do
 *
 *   cores       1 x traffic       2 x traffic       3 x traffic
 *       1      128 ms   51 %   !  12.9 s  100 %   ! 196.6 s  100 %
 *       2       82 ms   26 %       92 ms   51 %      137 ms   76 %
 *       3       80 ms   17 %       81 ms   34 %       85 ms   51 %
 *       4       80 ms   13 %       80 ms   25 %       80 ms   38 %
 *
 *   2 cores keep p95 below 100 ms when traffic doubles: 92 ms.
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <stdio.h>

enum { MOST_CORES = 4, MOST_LOAD = 3, QUESTION_LOAD = 2, RUNS = 5 };
static const double limit_s = 0.100;

/* What one setting came to, on average over its runs. */
typedef struct outcome {
    double p95_s, utilization;
    int overloaded;
} outcome;

static const aflow_server *first_server(const aflow_scenario *scenario)
{
    return &scenario->topology_graph.nodes.servers[0];
}

/* A copy of the scenario with other cores and more users; NULL with problems. */
static aflow_scenario *variant(const aflow_scenario *base, int cores, int load, aflow_diagnostics *problems)
{
    char path[200], value[40];
    aflow_scenario *copy = aflow_scenario_copy(base, NULL);
    aflow_status status;
    if (!copy) return NULL;
    snprintf(path, sizeof path, "servers.%s.server_resources.cpu_cores", first_server(base)->id);
    snprintf(value, sizeof value, "%d", cores);
    status = aflow_set(copy, path, value, problems);
    snprintf(value, sizeof value, "%.17g", base->rqs_input.avg_active_users.mean * load);
    if (status == AFLOW_OK) status = aflow_set(copy, "rqs_input.avg_active_users.mean", value, problems);
    if (status == AFLOW_OK) return copy;
    aflow_scenario_destroy(copy);
    return NULL;
}

/* Simulates a setting once; NULL with problems. */
static aflow_result *simulate(const aflow_scenario *base, int cores, int load, uint64_t replication, aflow_diagnostics *problems)
{
    aflow_scenario *scenario = variant(base, cores, load, problems);
    aflow_run_desc desc = { .seed = 2024, .replication = replication };
    aflow_result *result = scenario ? aflow_run(scenario, &desc, problems) : NULL;
    aflow_scenario_destroy(scenario);
    return result;
}

/* One run is one possible afternoon: takes the mean of several. Returns 0 with problems. */
static int study(const aflow_scenario *base, int cores, int load, outcome *out, aflow_diagnostics *problems)
{
    *out = (outcome){ 0, 0, 0 };
    for (int run = 0; run < RUNS; run++) {
        aflow_result *result = simulate(base, cores, load, (uint64_t)run, problems);
        if (!result) return 0;
        aflow_server_stats server = aflow_result_server(result, aflow_result_find(result, first_server(base)->id));
        out->p95_s += aflow_result_latency(result).p95_s / RUNS;
        out->utilization += server.cpu_utilization / RUNS;
        out->overloaded += aflow_result_verdict(result).verdict == AFLOW_VERDICT_OVERLOADED;
        aflow_result_destroy(result);
    }
    return 1;
}

static void print_outcome(const outcome *o)
{
    printf("   %c", o->overloaded ? '!' : ' ');
    if (o->p95_s < 10) printf("%5.0f ms", o->p95_s * 1e3);
    else printf("%6.1f s", o->p95_s);
    printf(" %4.0f %%", o->utilization * 1e2);
}

/* Fills and prints the whole table. Returns 0 with problems. */
static int study_all(const aflow_scenario *base, outcome table[MOST_CORES + 1][MOST_LOAD + 1], aflow_diagnostics *problems)
{
    printf("p95 and CPU use of \"%s\", mean of %d runs; ! is more than it can ever do\n\n", first_server(base)->id, RUNS);
    printf("cores");
    for (int load = 1; load <= MOST_LOAD; load++) printf("       %d x traffic", load);
    printf("\n");
    for (int cores = 1; cores <= MOST_CORES; cores++) {
        printf("%5d", cores);
        for (int load = 1; load <= MOST_LOAD; load++) {
            if (!study(base, cores, load, &table[cores][load], problems)) return 0;
            print_outcome(&table[cores][load]);
        }
        printf("\n");
    }
    printf("\n");
    return 1;
}

/* The fewest cores that keep the promise; 0 when none do. */
static int fewest_cores(outcome table[MOST_CORES + 1][MOST_LOAD + 1], int load)
{
    for (int cores = 1; cores <= MOST_CORES; cores++) {
        if (table[cores][load].p95_s < limit_s) return cores;
    }
    return 0;
}

/* Runs the chosen setting once more and writes its page. Returns 0 with problems or when the file cannot be written. */
static int write_report(const aflow_scenario *base, int cores, const char *path, aflow_diagnostics *problems)
{
    aflow_result *result = simulate(base, cores, QUESTION_LOAD, 0, problems);
    FILE *file = result ? fopen(path, "wb") : NULL;
    int written = 0;
    if (file) {
        written = aflow_write_html(result, "The shop with twice the traffic", aflow_put_file, file) == AFLOW_OK;
        if (fclose(file) != 0) written = 0;
    }
    if (result && !written) fprintf(stderr, "cannot write %s\n", path);
    aflow_result_destroy(result);
    return written;
}

int main(int argc, char **argv)
{
    static outcome table[MOST_CORES + 1][MOST_LOAD + 1];
    const char *path = argc > 1 ? argv[1] : "scenarios/shop.yml";
    const char *report = argc > 2 ? argv[2] : NULL;
    aflow_diagnostics problems = { 0 };
    aflow_scenario_file *file = aflow_read_file(path, &problems, NULL);
    const aflow_scenario *base = aflow_scenario_of(file);
    int done = base && study_all(base, table, &problems);
    if (done) {
        int cores = fewest_cores(table, QUESTION_LOAD);
        if (cores == 0) {
            printf("Not even %d cores keep p95 below %.0f ms when traffic doubles.\n", MOST_CORES, limit_s * 1e3);
        } else {
            printf("%d cores keep p95 below %.0f ms when traffic doubles: %.0f ms.\n", cores, limit_s * 1e3, table[cores][QUESTION_LOAD].p95_s * 1e3);
            if (report) done = write_report(base, cores, report, &problems);
        }
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_file_destroy(file);
    return !done;
}
