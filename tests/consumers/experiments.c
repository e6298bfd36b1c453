/* experiments.c - writes an experiment, a comparison, a sweep and a size of a scenario in every form, for others to read: FILE FOLDER.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"

#include <stdio.h>

typedef struct study {
    aflow_experiment *experiment, *part;
    aflow_comparison *comparison;
    aflow_sweep_result *sweep;
    aflow_size_result *size;
} study;

enum { FORMS = 16 };
static const char *const form_names[FORMS] = { "experiment.json", "experiment.csv", "experiment.md", "experiment.xml", "experiment.txt", "part.json", "comparison.json",
    "comparison.md", "comparison.xml", "comparison.txt", "sweep.json", "sweep.csv", "sweep.txt", "size.json", "size.csv", "size.txt" };

static aflow_status write_form(int form, const study *s, FILE *f)
{
    switch (form) {
    case 0: return aflow_write_experiment_json(s->experiment, aflow_put_file, f);
    case 1: return aflow_write_experiment_csv(s->experiment, aflow_put_file, f);
    case 2: return aflow_write_experiment_markdown(s->experiment, aflow_put_file, f);
    case 3: return aflow_write_experiment_junit(s->experiment, "a <suite>", aflow_put_file, f);
    case 4: return aflow_write_experiment_text(s->experiment, NULL, aflow_put_file, f);
    case 5: return aflow_write_experiment_json(s->part, aflow_put_file, f);
    case 6: return aflow_write_comparison_json(s->comparison, aflow_put_file, f);
    case 7: return aflow_write_comparison_markdown(s->comparison, aflow_put_file, f);
    case 8: return aflow_write_comparison_junit(s->comparison, NULL, aflow_put_file, f);
    case 9: return aflow_write_comparison_text(s->comparison, NULL, aflow_put_file, f);
    case 10: return aflow_write_sweep_json(s->sweep, aflow_put_file, f);
    case 11: return aflow_write_sweep_csv(s->sweep, aflow_put_file, f);
    case 12: return aflow_write_sweep_text(s->sweep, NULL, aflow_put_file, f);
    case 13: return aflow_write_size_json(s->size, aflow_put_file, f);
    case 14: return aflow_write_size_csv(s->size, aflow_put_file, f);
    default: return aflow_write_size_text(s->size, NULL, aflow_put_file, f);
    }
}

static aflow_scenario *with_objectives(const aflow_scenario *from)
{
    static const char *const slo[] = { "p95 < 40ms", "p99.9 < 1s", "error_rate < 0.1%", "throughput > 1000" };
    aflow_scenario own = *from;
    own.sim_settings.slo = slo;
    own.sim_settings.slo_count = 4;
    return aflow_scenario_copy(&own, NULL);
}

static void play(study *s, const aflow_scenario *a, const aflow_scenario *b, aflow_diagnostics *problems)
{
    static const aflow_vary fields[] = { { "servers[0].server_resources.cpu_cores", "1..3" }, { "load", "1x..20x:9x" } };
    aflow_experiment_desc desc = { 0 };
    aflow_sweep_desc sweep = { 0 };
    aflow_size_desc size = { 0 };
    desc.seed = 18446744073709551615u;
    desc.replications = 4;
    desc.most_replications = 8;
    desc.latency_split = 1;
    sweep.vary = fields;
    sweep.vary_count = 2;
    size.vary = fields;
    size.vary_count = 1;
    sweep.experiment = size.experiment = desc;
    s->experiment = aflow_replicate(a, &desc, problems);
    s->comparison = aflow_compare(a, b, &desc, problems);
    s->sweep = aflow_sweep(a, &sweep, problems);
    s->size = aflow_size(a, &size, problems);
    desc.shard = 2;
    desc.shards = 5;
    s->part = aflow_replicate(a, &desc, problems);
}

int main(int count, char **arguments)
{
    aflow_diagnostics problems = { 0 };
    aflow_scenario_file *file = count == 3 ? aflow_read_file(arguments[1], &problems, NULL) : NULL;
    aflow_scenario *a = file ? with_objectives(aflow_scenario_of(file)) : NULL, *b = a ? aflow_scenario_copy(a, NULL) : NULL;
    study s = { 0 };
    int form, failed = 0;
    if (b) {
        aflow_set(b, "servers[0].server_resources.cpu_cores", "2", &problems);
        play(&s, a, b, &problems);
    }
    for (form = 0; form < FORMS && s.part && s.size; form++) {
        char path[512];
        FILE *f;
        snprintf(path, sizeof path, "%s/%s", arguments[2], form_names[form]);
        f = fopen(path, "wb");
        if (!f || write_form(form, &s, f) != AFLOW_OK) failed = 1;
        if (f && fclose(f) != 0) failed = 1;
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    failed |= problems.errors != 0 || form != FORMS;
    aflow_experiment_destroy(s.experiment);
    aflow_experiment_destroy(s.part);
    aflow_comparison_destroy(s.comparison);
    aflow_sweep_destroy(s.sweep);
    aflow_size_destroy(s.size);
    aflow_scenario_destroy(a);
    aflow_scenario_destroy(b);
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
    return failed;
}
