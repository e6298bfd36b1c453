/* 04_outage_and_spike.c - what if one of two servers is taken out, and later the network slows down? Both are injected
 * into a balanced pair; the sampled series show, as bars of `#` for each ten seconds, where the requests pile up.
 *
 * Build:  cc -std=c99 -I.. 04_outage_and_spike.c -o outage_and_spike
 * Output:
 *          app-1 ready queue     app-2 ready queue     on the way to lb-1
 *          (# is 50 requests)    (# is 50 requests)    (# is 2 requests)
 *     0 s    0.2                  0.2                  0.4             |
 *    10 s    0.2                  0.2                  0.3             |
 *    20 s    0.2                  0.2                  0.3             |
 *    30 s    0.2                  0.2                  0.2             |
 *    40 s    0.2                  0.2                  0.3             |
 *    50 s    0.2                  0.2                  0.3             |
 *    60 s    0.0                120.8 ##               0.3             |
 *    70 s    0.0                344.4 #######          0.3             |
 *    80 s    0.0                583.7 ############     0.3             |
 *    90 s    0.2                421.6 ########         0.3             |
 *   100 s    0.1                 26.1 #                0.2             |
 *   110 s    0.2                  0.2                  0.2             |
 *   120 s    0.2                  0.2                  0.4             |
 *   130 s    0.1                  0.2                  0.2             |
 *   140 s    0.2                  0.1                  0.3             |
 *   150 s    0.2                  0.2                  0.3             |
 *   160 s    0.2                  0.2                 23.5 ############|
 *   170 s    0.1                  0.2                 21.7 ########### |
 *   180 s    0.2                  0.2                 24.2 ############|
 *   190 s    0.6                  0.6                  0.5             |
 *   200 s    0.2                  0.2                  0.3             |
 *   210 s    0.2                  0.2                  0.3             |
 *   220 s    0.2                  0.2                  0.3             |
 *   230 s    0.2                  0.2                  0.3             |
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>

enum { HORIZON_S = 240, ROW_S = 10, PER_SECOND = 20, SAMPLES = HORIZON_S * PER_SECOND };

static void build(aflow_builder *b)
{
    aflow_id users = aflow_add_generator(b, &(aflow_generator){
        .avg_active_users = aflow_constant(150),
        .avg_request_per_minute_per_user = aflow_constant(60),
    });
    aflow_id client = aflow_add_client(b, "client");
    aflow_id balancer = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = AFLOW_LB_ROUND_ROBIN });
    aflow_id app[2];
    aflow_connect(b, users, client, aflow_exponential(0.002));
    aflow_id front = aflow_connect(b, client, balancer, aflow_exponential(0.002));
    for (int i = 0; i < 2; i++) {
        app[i] = aflow_add_server(b, &(aflow_server){ .id = i == 0 ? "app-1" : "app-2" });
        aflow_add_endpoint(b, app[i], "/api", AFLOW_STEPS(aflow_cpu_s(0.008), aflow_io_s(0.030)));
        aflow_connect(b, balancer, app[i], aflow_exponential(0.002));
        aflow_connect(b, app[i], client, aflow_exponential(0.003));
    }
    aflow_add_outage(b, app[0], 60, 90);            /* one server alone cannot carry the load */
    aflow_add_spike(b, front, 160, 190, 0.150);     /* 150 ms more on the way to the balancer */

    aflow_sim_settings *settings = aflow_builder_settings(b);
    settings->total_simulation_time = HORIZON_S;
    settings->sample_period_s = 1.0 / PER_SECOND;
}

/* The mean of a series over the row that starts at `second`. */
static double row_mean(const double *series, int second)
{
    double sum = 0;
    for (int i = 0; i < ROW_S * PER_SECOND; i++) sum += series[second * PER_SECOND + i];
    return sum / (ROW_S * PER_SECOND);
}

static void print_bar(double value, double each)
{
    int length = (int)(value / each + 0.5);
    for (int i = 0; i < 12; i++) putchar(i < length ? '#' : ' ');
}

static void print_timeline(const aflow_result *result)
{
    static double app_1[SAMPLES], app_2[SAMPLES], front[SAMPLES];
    aflow_result_series(result, AFLOW_READY_QUEUE_LEN, aflow_result_find(result, "app-1"), app_1, SAMPLES);
    aflow_result_series(result, AFLOW_READY_QUEUE_LEN, aflow_result_find(result, "app-2"), app_2, SAMPLES);
    aflow_result_series(result, AFLOW_EDGE_CONCURRENT_CONNECTION, aflow_result_find(result, "client-lb-1"), front, SAMPLES);
    printf("       app-1 ready queue     app-2 ready queue     on the way to lb-1\n");
    printf("       (# is 50 requests)    (# is 50 requests)    (# is 2 requests)\n");
    for (int t = 0; t < HORIZON_S; t += ROW_S) {
        double a = row_mean(app_1, t), b = row_mean(app_2, t), c = row_mean(front, t);
        printf("%3d s %6.1f ", t, a);
        print_bar(a, 50);
        printf("  %6.1f ", b);
        print_bar(b, 50);
        printf("  %6.1f ", c);
        print_bar(c, 2);
        printf("|\n");
    }
}

int main(void)
{
    aflow_diagnostics problems = { 0 };
    aflow_builder *b = aflow_builder_create(NULL);
    build(b);
    aflow_result *result = aflow_run(aflow_builder_scenario(b, &problems), &(aflow_run_desc){ .seed = 1 }, &problems);
    if (result) print_timeline(result);
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    aflow_result_destroy(result);
    aflow_builder_destroy(b);
    return result == NULL;
}
