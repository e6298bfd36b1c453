/* reference/validation.c - 402 right and wrong scenario files, each with what a careful reader does with it.
   `accept` loads without an error; `reject` does not load, and every error names line and column; `warn` loads with a warning or
   is refused with a reason; `either` is free. The files stay outside the project: REFERENCE names the folder that has
   validation/. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

struct verdict { const char *file, *wanted; };

static const struct verdict verdicts[] = {
#include "validation.inc"
};

static void judge(const struct verdict *v, const char *folder)
{
    aflow_diagnostics problems = { 0 };
    aflow_scenario_file *file;
    aflow_result *r = NULL;
    char path[1024];
    size_t i;
    int ok, placed = 1;
    (void)snprintf(path, sizeof path, "%s/validation/%s", folder, v->file);
    file = aflow_read_file(path, &problems, NULL);
    for (i = 0; i < problems.count; i++) placed &= problems.items[i].line > 0 && problems.items[i].column > 0 && problems.items[i].line_text != NULL;
    if (strcmp(v->wanted, "accept") == 0) ok = file != NULL;
    else if (strcmp(v->wanted, "reject") == 0) ok = file == NULL && problems.errors > 0;
    else if (strcmp(v->wanted, "warn") == 0) ok = problems.errors + problems.warnings > 0;
    else ok = file != NULL || problems.errors > 0;
    if (file) {     /* what loads must run */
        r = aflow_run(aflow_scenario_of(file), NULL, &problems);
        ok &= r != NULL;
    }
    if (!ok || !placed) {
        test_fail(__FILE__, __LINE__, "%s: wanted %s, got %lu errors and %lu warnings%s", v->file, v->wanted, (unsigned long)problems.errors,
                  (unsigned long)problems.warnings, placed ? "" : ", one without its place");
        (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    }
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

static void verdicts_are_those_of_a_careful_reader(void)
{
    const char *folder = getenv("REFERENCE");
    size_t i;
    if (!folder || !folder[0]) SKIP("the reference payloads are absent; say make test CORPORA=... or REFERENCE=...");
    CHECK_U64(sizeof verdicts / sizeof verdicts[0], 402);
    for (i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) judge(&verdicts[i], folder);
}

int main(void)
{
    RUN(verdicts_are_those_of_a_careful_reader);
    return test_end();
}
