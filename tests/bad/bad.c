/* bad.c - one broken file a diagnostic, with the exact text that its reader sees: cases/NAME.yml and cases/NAME.expected.
   `UPDATE=1 build/tests/bad/bad` writes the texts anew. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

/* Named by the code; what follows it tells variants apart. */
static const char *const cases[] = {
    "syntax", "syntax_bracket", "syntax_colon", "syntax_indent", "syntax_duplicate_key", "syntax_item", "unknown_key",
    "unknown_key_far", "ignored_key", "missing", "missing_list", "missing_in_flow", "wrong_type", "wrong_type_unit",
    "wrong_type_list", "wrong_type_yes", "unknown_name", "unknown_name_far", "out_of_range", "out_of_range_zero", "not_finite",
    "blank_id", "duplicate_id", "duplicate_id_node", "shared_id", "duplicate_entry", "duplicate_entry_metric",
    "duplicate_endpoint", "empty_name", "no_entries", "step_operation", "step_operation_two", "unused_variance",
    "ignored_field", "bad_variance", "whole_seconds", "endpoint_ram", "ram_cut", "all_weights_zero", "unknown_node",
    "into_generator", "self_edge", "parallel_edges", "fan_out", "no_out_edge", "cycle", "unreachable", "covered_unknown",
    "covered_no_edge", "not_covered", "covers_all", "no_load", "load_too_high", "arrivals_order", "arrivals_late",
    "event_kinds", "event_order", "event_horizon", "event_target", "event_target_spike", "event_spike", "event_spike_outage",
    "event_overlap", "all_down", "all_down_single", "last_target_down", "unbalanced_outage", "too_many_samples", "compat_accepted", "several",
    "missing_variance", "missing_mean", "missing_values", "bad_variance_erlang", "bad_variance_hyper",
    "bad_variance_pareto", "bad_variance_scv", "unused_variance_scv", "given_twice", "given_twice_variance",
    "unused_parameter", "unused_parameter_values", "unused_parameter_weights", "bad_percentiles",
    "bad_percentiles_order", "bad_percentiles_family", "bad_values", "bad_values_zero", "out_of_range_value",
    "out_of_range_values_mean", "out_of_range_maximum", "fitted",
    "foreign_field", "foreign_field_keys", "foreign_field_hits", "foreign_field_waits", "foreign_field_lock",
    "foreign_field_backlog", "foreign_field_overflow", "foreign_field_step", "foreign_field_on_miss",
    "foreign_field_uses", "unknown_resource", "unknown_resource_nested", "resource_kind", "resource_kind_must", "resource_kind_within",
    "tokens_over_limit", "ram_in_branch", "nested_too_deep", "step_operation_none", "step_operation_llm",
    "step_operation_llm_resource", "step_operation_llm_time", "missing_capacity", "missing_rate", "missing_hits",
    "missing_time", "missing_resource", "missing_hook", "missing_operation", "no_entries_branch", "wrong_type_bool",
    "wrong_type_bool_number", "wrong_type_bool_text", "duplicate_id_resource", "duplicate_id_own",
    "shared_id_resource", "event_target_cache", "event_kinds_cache", "event_spike_cache", "event_overlap_cache",
    "out_of_range_keys", "unknown_statistic", "unknown_statistic_figure", "unknown_statistic_summary", "unknown_statistic_run",
    "bad_objective", "bad_objective_value", "bad_objective_unit", "duplicate_entry_slo", "out_of_range_price", "out_of_range_slo",
};

/* No file can make these: C calls (unit/check.c, unit/schema.c, unit/objectives.c, unit/experiments.c, unit/parts.c, unit/sizing.c), memory
   (unit/memory.c), the file system (unit/yaml.c). */
static const aflow_diagnostic_code not_from_text[] = { AFLOW_DIAGNOSTIC_UNREADABLE, AFLOW_DIAGNOSTIC_OUT_OF_MEMORY, AFLOW_DIAGNOSTIC_NO_PATH, AFLOW_DIAGNOSTIC_NOT_UTF8,
    AFLOW_DIAGNOSTIC_NOT_SCALABLE, AFLOW_DIAGNOSTIC_EXPERIMENT, AFLOW_DIAGNOSTIC_VARY, AFLOW_DIAGNOSTIC_PART, AFLOW_DIAGNOSTIC_PART_FOREIGN,
    AFLOW_DIAGNOSTIC_PART_OVERLAP, AFLOW_DIAGNOSTIC_PART_GAP, AFLOW_DIAGNOSTIC_PARTS_MISSING, AFLOW_DIAGNOSTIC_PART_TWICE };

/* The code that a case is named by: the longest that its name starts with. */
static aflow_diagnostic_code code_of(const char *name)
{
    size_t best = 0;
    int code, found = AFLOW_DIAGNOSTIC_COUNT;
    for (code = 0; code < AFLOW_DIAGNOSTIC_COUNT; code++) {
        const char *text = aflow_diagnostic_name((aflow_diagnostic_code)code);
        size_t n = strlen(text), i = 0;
        while (i < n && name[i] && (name[i] == text[i] || name[i] - 'a' + 'A' == text[i])) i++;
        if (i == n && n > best && (name[n] == 0 || name[n] == '_')) {
            best = n;
            found = code;
        }
    }
    return (aflow_diagnostic_code)found;
}

static void compare(const char *name, const char *text, size_t size)
{
    char path[200], wanted[8192];
    FILE *f;
    size_t n;
    snprintf(path, sizeof path, "tests/bad/cases/%s.expected", name);
    if (getenv("UPDATE")) {
        f = fopen(path, "wb");
        CHECK(f != NULL);
        if (!f) return;
        fwrite(text, 1, size, f);
        fclose(f);
        return;
    }
    f = fopen(path, "rb");
    n = f ? fread(wanted, 1, sizeof wanted - 1, f) : 0;
    wanted[n] = 0;
    if (f) fclose(f);
    if (n != size || memcmp(wanted, text, n) != 0) test_fail(__FILE__, __LINE__, "%s.yml says\n%sexpected\n%s", name, text, wanted);
}

static void one_case(const char *name)
{
    char path[200], file_name[100], text[8192];
    aflow_diagnostics problems;
    aflow_read_desc desc;
    aflow_scenario_file *file;
    aflow_text t;
    size_t i, found = 0;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    t.data = text;
    t.capacity = sizeof text;
    t.size = 0;
    text[0] = 0;
    snprintf(path, sizeof path, "tests/bad/cases/%s.yml", name);
    snprintf(file_name, sizeof file_name, "%s.yml", name);
    desc.name = file_name;
    file = aflow_read_file(path, &problems, &desc);
    CHECK_U64(aflow_write_diagnostics(&problems, aflow_put_text, &t), AFLOW_OK);
    for (i = 0; i < problems.count; i++) found += problems.items[i].code == code_of(name);
    if (!found && strcmp(name, "several") != 0) test_fail(__FILE__, __LINE__, "%s.yml does not make its diagnostic", name);
    if ((file == NULL) != (problems.errors > 0)) test_fail(__FILE__, __LINE__, "%s.yml: %u errors, but %s file", name, (unsigned)problems.errors, file ? "a" : "no");
    compare(name, text, t.size);
    if (file) {                                         /* warnings only: a run says the same, and no more */
        aflow_run_desc run;
        aflow_result *r;
        size_t before = problems.count;
        memset(&run, 0, sizeof run);
        r = aflow_run(aflow_scenario_of(file), &run, &problems);
        CHECK(r != NULL);
        CHECK_U64(problems.count, before);
        aflow_result_destroy(r);
    }
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

static void every_case(void)
{
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) one_case(cases[i]);
}

static void every_code(void)
{
    int code;
    for (code = 0; code < AFLOW_DIAGNOSTIC_COUNT; code++) {
        size_t i, found = 0;
        for (i = 0; i < sizeof not_from_text / sizeof not_from_text[0]; i++) found += (int)not_from_text[i] == code;
        for (i = 0; i < sizeof cases / sizeof cases[0]; i++) found += (int)code_of(cases[i]) == code;
        if (!found) test_fail(__FILE__, __LINE__, "%s has no case", aflow_diagnostic_name((aflow_diagnostic_code)code));
    }
}

int main(void)
{
    RUN(every_case);
    RUN(every_code);
    return test_end();
}
