/* 10_llm_cost.c - what an endpoint costs that asks a language model: a call, a request, a month; and what a cache in
 * front of the model saves.
 *
 * Build:  cc -std=c99 -I.. 10_llm_cost.c -o llm_cost
 * Output:
 *               requests    calls  a call $  a request $  dearest $  a month $      p50
 *   no cache       57432    57440   0.00806      0.00806    0.05025      41660  3616 ms
 *   cache          57437    14278   0.00801      0.00199    0.04396      10298    15 ms
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>

/* Users -> client -> api, whose one endpoint asks the model; with a cache, only what nobody asked within the hour. */
static void build(aflow_builder *b, int cached)
{
    const aflow_step ask = aflow_llm_tokens("model", aflow_gamma(1200, 0.5), aflow_exponential(300));
    aflow_id users = aflow_add_generator(b, &(aflow_generator){
        .avg_active_users = aflow_constant(120),
        .avg_request_per_minute_per_user = aflow_constant(1),       /* 2 requests a second */
    });
    aflow_id client = aflow_add_client(b, "client");
    aflow_id api = aflow_add_server(b, &(aflow_server){ .id = "api" });
    aflow_add_resource(b, &(aflow_resource){
        .id = "model", .kind = AFLOW_RESOURCE_LLM,
        .time_to_first_token = aflow_constant(0.5), .time_per_output_token = aflow_constant(0.015),
        .price_per_million_input_tokens = 3, .price_per_million_output_tokens = 15,      /* dollars */
    });
    if (cached) {
        aflow_add_resource(b, &(aflow_resource){
            .id = "answers", .kind = AFLOW_RESOURCE_CACHE,
            .keys = 20000, .zipf_exponent = 1.1, .time_to_live = 3600,                   /* few questions are asked often */
        });
        aflow_add_endpoint(b, api, "/ask", AFLOW_STEPS(aflow_cpu_s(0.003), aflow_cache("answers", 0.002, &ask, 1)));
    } else {
        aflow_add_endpoint(b, api, "/ask", AFLOW_STEPS(aflow_cpu_s(0.003), ask));
    }
    aflow_connect(b, users, client, aflow_exponential(0.003));
    aflow_connect(b, client, api, aflow_exponential(0.003));
    aflow_connect(b, api, client, aflow_exponential(0.003));
    aflow_builder_settings(b)->total_simulation_time = 8 * 3600;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
}

int main(void)
{
    int failed = 0;
    printf("            requests    calls  a call $  a request $  dearest $  a month $      p50\n");
    for (int cached = 0; cached <= 1 && !failed; cached++) {
        aflow_diagnostics problems = { 0 };
        aflow_builder *b = aflow_builder_create(NULL);
        build(b, cached);
        aflow_result *result = aflow_run(aflow_builder_scenario(b, &problems), &(aflow_run_desc){ .seed = 1 }, &problems);
        if (result) {
            aflow_llm_stats llm = aflow_result_llm(result);
            aflow_latency_stats latency = aflow_result_latency(result);
            printf("%-10s %9llu %8llu %9.5f %12.5f %10.5f %10.0f %5.0f ms\n", cached ? "cache" : "no cache",
                   (unsigned long long)latency.count, (unsigned long long)llm.calls, llm.cost_per_call, llm.cost_per_request,
                   llm.cost_per_request_max, llm.cost_per_month, latency.p50_s * 1e3);
        }
        failed = result == NULL;
        aflow_write_diagnostics(&problems, aflow_put_file, stderr);
        aflow_diagnostics_clear(&problems);
        aflow_result_destroy(result);
        aflow_builder_destroy(b);
    }
    return failed;
}
