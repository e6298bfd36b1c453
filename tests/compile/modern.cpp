// modern.cpp - C++20: designated initialisers in place, descriptions by reference. SPDX-License-Identifier: MIT OR Unlicense
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <cstdio>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"   // g++ -Wextra objects to fields that are left to their defaults
#endif

int main()
{
    aflow_builder *b = aflow_builder_create(nullptr);
    const aflow_id users = aflow_add_generator(b, { .avg_active_users = aflow_poisson(30), .avg_request_per_minute_per_user = aflow_constant(60) });
    const aflow_id client = aflow_add_client(b, "client");
    const aflow_id lb = aflow_add_load_balancer(b, { .algorithms = AFLOW_LB_LEAST_CONNECTION });
    aflow_connect_edge(b, users, client, { .latency = aflow_exponential(0.003), .dropout_rate = 0.01 });
    aflow_connect(b, client, lb, aflow_exponential(0.003));
    for (int i = 0; i < 2; i++) {
        const aflow_id app = aflow_add_server(b, { .server_resources = { .cpu_cores = 1, .ram_mb = 512 } });
        aflow_add_endpoint(b, app, "/api", AFLOW_STEPS(aflow_cpu_s(0.002), aflow_ram_mb(16), aflow_io_s(0.012)));
        aflow_connect(b, lb, app, aflow_exponential(0.003));
        aflow_connect(b, app, client, aflow_exponential(0.003));
    }
    aflow_builder_settings(b)->total_simulation_time = 10;
    aflow_result *result = aflow_run(aflow_builder_scenario(b, nullptr), { .seed = 1 }, nullptr);
    const unsigned long long completed = result ? aflow_result_info(result).requests.completed : 0;
    aflow_result_destroy(result);
    aflow_builder_destroy(b);
    std::printf("%llu\n", completed);
    return completed == 0;
}
