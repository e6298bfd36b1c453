/* reference/traces.c - recorded runs of AsyncFlow 0.1.1, request by request.
   Latencies and steps are constant there, so replaying the arrivals must give every request the same server and the same
   finish (to 1 us; AsyncFlow adds floats, we add nanoseconds), and the same state at every sampling instant: none of them lies
   within a microsecond of a change. t3 balances by least connection, which only compat mode counts as AsyncFlow does.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

#define MOST_REQUESTS 2000

static struct {
    size_t count;
    double start_s[MOST_REQUESTS];
    unsigned long long finish_ns[MOST_REQUESTS];    /* 0: still under way at the end */
    char server[MOST_REQUESTS][16];                 /* the last of its path; "": none yet */
} trace;

static FILE *open_data(const char *name, const char *ending, char *line, int size)
{
    char path[128];
    FILE *f;
    (void)snprintf(path, sizeof path, "tests/reference/traces/%s%s", name, ending);
    f = fopen(path, "r");
    CHECK(f != NULL);
    if (f && (!fgets(line, size, f) || !fgets(line, size, f))) test_fail(__FILE__, __LINE__, "%s is empty", path);
    return f;
}

static void load_trace(const char *name)
{
    char line[256];
    FILE *f = open_data(name, ".csv", line, sizeof line);
    trace.count = 0;
    while (f && fgets(line, sizeof line, f) && trace.count < MOST_REQUESTS) {
        char *start = strchr(line, ',') + 1, *servers = strchr(start, ',') + 1, *finish = strchr(servers, ',') + 1, *bar;
        trace.start_s[trace.count] = (double)strtoull(start, NULL, 10) / 1e9;
        trace.finish_ns[trace.count] = strtoull(finish, NULL, 10);
        finish[-1] = 0;
        bar = strrchr(servers, '|');
        (void)snprintf(trace.server[trace.count], sizeof trace.server[0], "%.15s", bar ? bar + 1 : servers);
        trace.count++;
    }
    if (f) fclose(f);
}

static void compare_requests(const aflow_result *r)
{
    uint64_t rows = aflow_result_requests(r), i;
    unsigned long long finished = 0;
    for (i = 0; i < trace.count; i++) finished += trace.finish_ns[i] != 0;
    CHECK_U64(rows, finished);
    for (i = 0; i < rows; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        size_t k = (size_t)q.id - 1;
        CHECK(q.outcome == AFLOW_OUTCOME_COMPLETED && k < trace.count);
        if (k >= trace.count) return;
        CHECK_STR(q.server, trace.server[k]);
        CHECK_NEAR((double)q.finish_ns, (double)trace.finish_ns[k], 1000);
    }
}

/* The header names METRIC:ENTITY per column. */
static void compare_samples(const aflow_result *r, const char *name)
{
    static const aflow_metric metrics[] = { AFLOW_READY_QUEUE_LEN, AFLOW_EVENT_LOOP_IO_SLEEP, AFLOW_RAM_IN_USE, AFLOW_EDGE_CONCURRENT_CONNECTION };
    char line[1024], header[1024];
    FILE *f = open_data(name, ".samples.csv", header, sizeof header);
    size_t row = 0, rows = 0, k;
    while (f && fgets(line, sizeof line, f)) {
        char *title = strchr(header, ','), *cell = strchr(line, ',');
        for (; title && cell; title = strchr(title + 1, ','), cell = strchr(cell + 1, ',')) {
            char id[64];
            const char *colon = strchr(title, ':');
            (void)snprintf(id, sizeof id, "%.*s", (int)strcspn(colon + 1, ",\r\n"), colon + 1);
            for (k = 0; k < sizeof metrics / sizeof metrics[0]; k++) {
                if (strncmp(title + 1, aflow_metric_name(metrics[k]), (size_t)(colon - title - 1)) != 0) continue;
                rows = aflow_result_series(r, metrics[k], aflow_result_find(r, id), NULL, 0);
                CHECK(row < rows);
                if (aflowi_sample(r, metrics[k], aflow_result_find(r, id), row) != strtod(cell + 1, NULL)) {
                    test_fail(__FILE__, __LINE__, "%s, sample %lu of %.40s differs", name, (unsigned long)row + 1, title + 1);
                }
            }
        }
        row++;
    }
    if (f) fclose(f);
    CHECK_U64(row, rows);
}

static void replay(const char *name, aflow_compat compat)
{
    char path[128];
    aflow_diagnostics problems = { 0 };
    aflow_read_desc reading = { 0 };
    aflow_run_desc running = { 0 };
    aflow_scenario_file *file;
    aflow_result *r = NULL;
    reading.compat = compat;
    running.record_requests = 1;
    (void)snprintf(path, sizeof path, "tests/reference/scenarios/%s.yml", name);
    load_trace(name);
    file = aflow_read_file(path, &problems, &reading);
    if (file) {
        aflow_scenario scenario = *aflow_scenario_of(file);
        scenario.rqs_input.arrivals = trace.start_s;
        scenario.rqs_input.arrivals_count = trace.count;
        r = aflow_run(&scenario, &running, &problems);
    }
    if (!r) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    CHECK(r != NULL);
    CHECK_STR(aflow_result_referee(r).first, "");
    if (r) {
        CHECK_U64(aflow_result_info(r).requests.generated, trace.count);
        compare_requests(r);
        compare_samples(r, name);
    }
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
}

static void cores_io_and_ram(void) { replay("t1", AFLOW_COMPAT_NONE); }
static void cores_io_and_ram_compat(void) { replay("t1", AFLOW_COMPAT_ASYNCFLOW_0_1); }
static void round_robin_outages_spikes(void) { replay("t2", AFLOW_COMPAT_NONE); }
static void round_robin_outages_spikes_compat(void) { replay("t2", AFLOW_COMPAT_ASYNCFLOW_0_1); }
static void least_connection_outages_spikes_compat(void) { replay("t3", AFLOW_COMPAT_ASYNCFLOW_0_1); }
static void overloaded_chain(void) { replay("t4", AFLOW_COMPAT_NONE); }
static void overloaded_chain_compat(void) { replay("t4", AFLOW_COMPAT_ASYNCFLOW_0_1); }

int main(void)
{
    RUN(cores_io_and_ram);
    RUN(cores_io_and_ram_compat);
    RUN(round_robin_outages_spikes);
    RUN(round_robin_outages_spikes_compat);
    RUN(least_connection_outages_spikes_compat);
    RUN(overloaded_chain);
    RUN(overloaded_chain_compat);
    return test_end();
}
