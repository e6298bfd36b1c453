/* 08_cpp20.cpp - the same library from C++20: designated initialisers in place, owners that release by themselves.
 *
 * Build:  c++ -std=c++20 -I.. 08_cpp20.cpp -o cpp20
 * Output:
 *   200 users: p95   69.4 ms,   0.00 requests wait for a connection
 *   400 users: p95   71.9 ms,   0.07 requests wait for a connection
 *   800 users: p95  119.1 ms,   3.23 requests wait for a connection
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <cstdio>
#include <memory>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"   /* g++ -Wextra objects to fields that are left to their defaults */
#endif

/* One deleter for every handle: std::unique_ptr calls the overload that fits. */
struct release {
    void operator()(aflow_builder *b) const { aflow_builder_destroy(b); }
    void operator()(aflow_result *r) const { aflow_result_destroy(r); }
};
template <class T> using owned = std::unique_ptr<T, release>;

/* Problems print and free themselves. */
struct problems : aflow_diagnostics {
    problems() : aflow_diagnostics{} {}
    problems(const problems &) = delete;
    problems &operator=(const problems &) = delete;
    ~problems()
    {
        aflow_write_diagnostics(this, aflow_put_file, stderr);
        aflow_diagnostics_clear(this);
    }
};

static owned<aflow_builder> build(double users_mean)
{
    owned<aflow_builder> owner(aflow_builder_create(nullptr));
    aflow_builder *b = owner.get();
    const aflow_id users = aflow_add_generator(b, {
        .avg_active_users = aflow_poisson(users_mean),
        .avg_request_per_minute_per_user = aflow_constant(20),
    });
    const aflow_id client = aflow_add_client(b, "client");
    const aflow_id app = aflow_add_server(b, { .server_resources = { .cpu_cores = 2, .ram_mb = 2048, .db_connection_pool = 4 } });
    aflow_add_endpoint(b, app, "/items", AFLOW_STEPS(aflow_cpu_s(0.004), aflow_db(aflow_exponential(0.025))));
    aflow_add_endpoint(b, app, "/health", AFLOW_STEPS(aflow_cpu_s(0.001)));
    aflow_connect(b, users, client, aflow_exponential(0.003));
    aflow_connect(b, client, app, aflow_exponential(0.003));
    aflow_connect(b, app, client, aflow_exponential(0.003));
    *aflow_builder_settings(b) = { .total_simulation_time = 120, .sample_period_s = 0.05 };
    return owner;
}

int main()
{
    for (const double users : { 200.0, 400.0, 800.0 }) {
        problems found;
        const auto builder = build(users);
        const owned<aflow_result> result(aflow_run(aflow_builder_scenario(builder.get(), &found), { .seed = 1 }, &found));
        if (!result) return 1;
        const auto latency = aflow_result_latency(result.get());
        const auto queue = aflow_result_metric(result.get(), AFLOW_DB_QUEUE_LEN, aflow_result_find(result.get(), "srv-1"));
        std::printf("%3.0f users: p95 %6.1f ms, %6.2f requests wait for a connection\n", users, latency.p95_s * 1e3, queue.mean);
    }
}
