/* 06_read_yaml.c - a study from a file. Every problem of the file is shown with its line and column, not only the first.
 *
 * Build:  cc -std=c99 -I.. 06_read_yaml.c -o read_yaml
 * Run:    ./read_yaml [FILE], by default scenarios/two_servers.yml
 * Output:
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "scenarios/two_servers.yml";
    aflow_diagnostics problems = { 0 };
    aflow_scenario_file *file = aflow_read_file(path, &problems, NULL);
    aflow_result *result = aflow_run(aflow_scenario_of(file), &(aflow_run_desc){ .seed = 42 }, &problems);
    if (result) {
        aflow_latency_stats latency = aflow_result_latency(result);
        printf("p95 %.1f ms over %llu requests\n\n", latency.p95_s * 1e3, (unsigned long long)latency.count);
        aflow_write_text(result, aflow_put_file, stdout);
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);  /* scenario.yml:14:22: error: ... */
    aflow_diagnostics_clear(&problems);
    aflow_result_destroy(result);                                /* NULL is fine, in any order */
    aflow_scenario_file_destroy(file);
    return result == NULL;
}
