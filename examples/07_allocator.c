/* 07_allocator.c - who owns the memory: first an allocator that counts, then one buffer of a size that is asked for
 * in advance, then a buffer that is too small and says so.
 *
 * Build:  cc -std=c99 -I.. 07_allocator.c -o allocator
 * Output:
 *   counting allocator: p99 130.0 ms
 *     less than a megabyte at a time, 0 bytes left over
 *   one buffer: p99 130.0 ms
 *     less than a megabyte was said to be enough
 *   4096 bytes: the buffer of 4096 bytes is too small to begin
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One function allocates, resizes and frees; the sizes it is told make counting easy. */
typedef struct counts { size_t in_use, most; } counts;

static void *counting_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    counts *c = (counts *)context;
    void *moved = NULL;
    if (new_size == 0) free(memory);
    else if ((moved = realloc(memory, new_size)) == NULL) return NULL;
    c->in_use += new_size - old_size;
    if (c->in_use > c->most) c->most = c->in_use;
    return moved;
}

static const aflow_scenario *build(aflow_builder *b)
{
    aflow_id users = aflow_add_generator(b, &(aflow_generator){
        .avg_active_users = aflow_poisson(300),
        .avg_request_per_minute_per_user = aflow_constant(20),
    });
    aflow_id client = aflow_add_client(b, "client");
    aflow_id app = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 2, .ram_mb = 4096 } });
    aflow_add_endpoint(b, app, "/api", AFLOW_STEPS(aflow_cpu_s(0.015), aflow_ram_mb(64), aflow_io_s(0.050)));
    aflow_connect(b, users, client, aflow_exponential(0.003));
    aflow_connect(b, client, app, aflow_exponential(0.003));
    aflow_connect(b, app, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 120;
    return aflow_builder_scenario(b, NULL);
}

/* Runs and tells the tail of the latency; says why when it cannot. */
static int run(const char *title, const aflow_scenario *scenario, const aflow_run_desc *desc)
{
    aflow_diagnostics problems = { 0 };
    aflow_result *result = aflow_run(scenario, desc, &problems);
    int done = result != NULL;
    if (done) printf("%s: p99 %.1f ms\n", title, aflow_result_percentile(result, 99) * 1e3);
    else if (problems.count) printf("%s: %.*s\n", title, (int)strcspn(problems.items[0].message, ":"), problems.items[0].message);
    aflow_result_destroy(result);
    aflow_diagnostics_clear(&problems);
    return done;
}

int main(void)
{
    counts c = { 0, 0 };
    aflow_builder *b = aflow_builder_create(NULL);
    const aflow_scenario *scenario = build(b);

    run("counting allocator", scenario, &(aflow_run_desc){ .seed = 1, .allocator = { counting_resize, &c } });
    printf("  %s than a megabyte at a time, %lu bytes left over\n", c.most < 1000000 ? "less" : "more", (unsigned long)c.in_use);

    aflow_run_desc fixed = { .seed = 1 };
    fixed.buffer_size = aflow_run_size(scenario, &fixed, NULL);
    fixed.buffer = malloc(fixed.buffer_size);
    if (!fixed.buffer) return 1;
    run("one buffer", scenario, &fixed);
    printf("  %s than a megabyte was said to be enough\n", fixed.buffer_size < 1000000 ? "less" : "more");

    fixed.buffer_size = 4096;
    run("4096 bytes", scenario, &fixed);

    free(fixed.buffer);
    aflow_builder_destroy(b);
    return 0;
}
