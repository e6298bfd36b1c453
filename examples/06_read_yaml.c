/* 06_read_yaml.c - a study from a file. Every problem of the file is shown with its line and column, not only the first.
 *
 * Build:  cc -std=c99 -I.. 06_read_yaml.c -o read_yaml
 * Run:    ./read_yaml [FILE], by default scenarios/two_servers.yml
 * Output:
 *   p95 33.8 ms over 23895 requests
 *
 *   STABLE      the servers kept up; 82 requests were dropped (0.34 %)
 *   run         seed 42, 600 s simulated, 143,536 events
 *   identity    scenario 9f2250625446f041, digest 2e9582206988f0d7
 *   checks      Little's law, utilization law, flow balance hold exactly (23 checks)
 *
 *   REQUESTS                            count        share         rate
 *     generated                        23,978     100.00 %        39.96 /s
 *     completed                        23,895      99.65 %        39.83 /s
 *     dropped                              82       0.34 %         0.14 /s
 *     in flight at the end                  1      <0.01 %        <0.01 /s
 *
 *   LATENCY     client to client, 23,895 requests
 *     mean       24.04 ms     p50    23.14 ms            p99      39.71 ms
 *     std dev    5.164 ms     p90    30.96 ms            p99.9    48.80 ms
 *     min        14.29 ms     p95    33.78 ms            max      60.50 ms
 *
 *     10 – 15 ms  ▏                                                     22    0.09 %
 *     15 – 20 ms  ███████████████████████▉                           5,375   22.49 %
 *     20 – 25 ms  ████████████████████████████████████████████       9,885   41.37 %
 *     25 – 30 ms  ████████████████████████▉                          5,608   23.47 %
 *     30 – 35 ms  █████████▍                                         2,131    8.92 %
 *     35 – 40 ms  ██▉                                                  652    2.73 %
 *     40 – 45 ms  ▋                                                    156    0.65 %
 *        ≥ 45 ms  ▎                                                     66    0.28 %
 *
 *   THROUGHPUT  completed requests per second, in windows of 1 s
 *     mean 39.83 /s    std dev 7.99 /s    max 64.00 /s    windows 600
 *
 *     ▆▆▆▆▆▆▅▆▅▆▅▆█▇██▇▇███▇█████▇█▇█▇█▇▇▇▇▇▇▇██▇█▇▇█▇▇▇▇▇▇▇▇█▇▇▆▆
 *     a column is 10 s, a full one 49.10 /s
 *
 *                                                     CPU busy    waiting for a core
 *   SERVERS                arrived  completed cores     mean 0   100 %   mean    max
 *     srv-1                 11,961     11,961     1    4.0 % ▎          <0.01      1
 *     srv-2                 11,957     11,957     1    4.0 % ▎          <0.01      1
 *
 *                      in I/O, requests              RAM, MB       waiting for RAM
 *   I/O AND RAM               mean     max      mean     max      of     mean    max
 *     srv-1                   0.24       3     35.74     512   2,048        0      0
 *     srv-2                   0.24       4     35.73     512   2,048        0      0
 *
 *                                                       time in the server
 *   ENDPOINTS                          completed     mean      p95      p99      max
 *     srv-1         /api                  11,961 14.01 ms 14.00 ms 14.00 ms 15.98 ms
 *     srv-2         /api                  11,957 14.01 ms 14.00 ms 14.00 ms 16.00 ms
 *
 *                                                                       in transit
 *   EDGES                           sent  delivered  dropped    share    mean    max
 *     gen-client                  23,978     23,953       25   0.10 %    0.12      4
 *     client-lb                   23,953     23,934       18   0.08 %    0.08      4
 *     lb-srv1                     11,967     11,961        6   0.05 %    0.04      2
 *     lb-srv2                     11,967     11,957       10   0.08 %    0.04      2
 *     srv1-client                 11,961     11,947       14   0.12 %    0.06      2
 *     srv2-client                 11,957     11,948        9   0.08 %    0.06      3
 *
 *   BOTTLENECK  none yet; the first will be the CPU of srv-1, busy 4.0 % on average;
 *               <0.01 requests wait for a core on average, 1 at most. Traffic can
 *               grow to about 25.1 times of this before it is full; what helps then:
 *               more cores, less CPU time a request, or another replica.
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "scenarios/two_servers.yml";
    aflow_diagnostics problems = { 0 };
    aflow_scenario_file *file = aflow_read_file(path, &problems, NULL);
    aflow_result *result = aflow_run(aflow_scenario_of(file), &(aflow_run_desc){ .seed = 42 }, &problems);
    if (result) {
        aflow_latency_stats latency = aflow_result_latency(result);
        printf("p95 %.1f ms over %llu requests\n\n", latency.p95_s * 1e3, (unsigned long long)latency.count);
        aflow_write_text(result, aflow_put_file, stdout);
    }
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);  /* scenario.yml:14:22: error: ... */
    aflow_diagnostics_clear(&problems);
    aflow_result_destroy(result);                                /* NULL is fine, in any order */
    aflow_scenario_file_destroy(file);
    return result == NULL;
}
