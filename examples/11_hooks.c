/* 11_hooks.c - hooks: a traffic source, a step and a queue discipline of one's own, plugged in by function pointer.
 *
 * A shop whose queries share four database connections. Requests follow the hours of a day instead of a constant rate;
 * a step looks at what a query will read, takes CPU time and money for it, and rejects what is too much; and who waits
 * for a connection is served by how little it reads instead of by who came first.
 *
 * Build:  cc -std=c99 -I.. 11_hooks.c -o hooks
 * Output:
 *                                         /cart p95 /report p95  rejected    cost $
 *   40 a second, first come first served     296 ms    1267 ms          0     99.40
 *   the same, fewest rows first              139 ms    1334 ms          0     99.40
 *   a day, first come first served          2089 ms    2500 ms          0     99.19
 *   the same, fewest rows first              249 ms    2735 ms          0     99.19
 *   the same, at most 12,000 rows            190 ms    1686 ms       1448     57.18
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>
#include <string.h>

/* --- A traffic source: the next request of a day whose hours take a minute each ---------------------------------- */

typedef struct day {
    uint32_t requests_per_s[24];
} day;

static const day busy_day = { { 12, 8, 6, 5, 6, 10, 20, 35, 45, 50, 52, 55, 60, 58, 52, 50, 52, 58, 66, 70, 68, 55, 40, 27 } };   /* 40 on average */

/* Random bits from random bits: S. Vigna's splitmix64. */
static uint64_t more_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Each millisecond has a request with the probability that its hour says. All state is in the arguments, so runs may share
   the hook; whole numbers only, so the times are the same on every machine. */
static double next_of_day(void *context, double previous_s, uint64_t random)
{
    const day *d = (const day *)context;
    uint64_t ms = (uint64_t)(previous_s * 1000 + 0.5);
    for (;;) {
        ms++;
        if (more_random(&random) % 1000 < d->requests_per_s[ms / 60000 % 24]) return (double)ms / 1000;
    }
}

/* --- A step: what will the query read, and is it too much? --------------------------------------------------------- */

typedef struct planner {
    uint64_t most_rows;              /* a query that reads more is rejected */
} planner;

static void plan_query(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    const planner *p = (const planner *)context;
    uint64_t rows = strcmp(call->endpoint, "/report") == 0 ? ((call->random >> 60) + 1) * 1000 : 10;     /* 1,000 to 16,000; 10 */
    *call->memory = rows;            /* the request carries it on: the discipline reads it */
    if (rows > p->most_rows) {
        answer->reject = 1;
        return;
    }
    answer->wait_s = 0.0002 + (double)rows * 1e-7;       /* on a core, as .uses_core says */
    answer->cost = (double)rows * 2e-6;                  /* dollars */
}

/* --- A discipline: who reads least is next --------------------------------------------------------------------------- */

static size_t fewest_rows_first(void *context, const aflow_waiting *waiting, size_t count)
{
    size_t best = 0;
    (void)context;
    for (size_t i = 1; i < count; i++) {
        if (waiting[i].memory < waiting[best].memory) best = i;      /* of equals the first that came */
    }
    return best;
}

/* --- The shop --------------------------------------------------------------------------------------------------------- */

static int run(const char *title, const aflow_source_hook *source, const aflow_discipline_hook *discipline, uint64_t most_rows)
{
    planner limits = { most_rows };
    const aflow_step_hook plan = { .run = plan_query, .context = &limits, .uses_core = 1 };
    aflow_diagnostics problems = { 0 };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id users, client, shop;
    if (source) {
        users = aflow_add_generator(b, &(aflow_generator){ .source = source });
    } else {
        users = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = aflow_constant(80), .avg_request_per_minute_per_user = aflow_constant(30) });
    }
    client = aflow_add_client(b, "client");
    shop = aflow_add_server(b, &(aflow_server){ .id = "shop" });
    aflow_add_resource(b, &(aflow_resource){ .id = "database", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 4, .discipline = discipline });
    aflow_add_weighted_endpoint(b, shop, &(aflow_endpoint){ .endpoint_name = "/report", .probability = 1,
        .steps = (const aflow_step[]){ aflow_custom(&plan), aflow_using(aflow_io(aflow_exponential(0.400)), "database") }, .steps_count = 2 });
    aflow_add_weighted_endpoint(b, shop, &(aflow_endpoint){ .endpoint_name = "/cart", .probability = 9,
        .steps = (const aflow_step[]){ aflow_custom(&plan), aflow_using(aflow_io(aflow_exponential(0.020)), "database") }, .steps_count = 2 });
    aflow_connect(b, users, client, aflow_exponential(0.003));
    aflow_connect(b, client, shop, aflow_exponential(0.003));
    aflow_connect(b, shop, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 24 * 60;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;

    aflow_result *result = aflow_run(aflow_builder_scenario(b, &problems), &(aflow_run_desc){ .seed = 1 }, &problems);
    int failed = result == NULL;
    if (result) {
        aflow_id id = aflow_result_find(result, "shop");
        aflow_endpoint_stats report = aflow_result_endpoint(result, id, 0), cart = aflow_result_endpoint(result, id, 1);
        printf("%-36s %7.0f ms %7.0f ms %10llu %9.2f\n", title, cart.latency.p95_s * 1e3, report.latency.p95_s * 1e3,
               (unsigned long long)report.rejected, aflow_result_llm(result).cost);
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    aflow_result_destroy(result);
    aflow_builder_destroy(b);
    return failed;
}

int main(void)
{
    day copy = busy_day;
    const aflow_source_hook daily = { .next_s = next_of_day, .context = &copy };
    const aflow_discipline_hook shortest = { .choose = fewest_rows_first };
    printf("                                      /cart p95 /report p95  rejected    cost $\n");
    return run("40 a second, first come first served", NULL, NULL, 16000)
        || run("the same, fewest rows first", NULL, &shortest, 16000)
        || run("a day, first come first served", &daily, NULL, 16000)
        || run("the same, fewest rows first", &daily, &shortest, 16000)
        || run("the same, at most 12,000 rows", &daily, &shortest, 12000);
}
