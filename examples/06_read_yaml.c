/* 06_read_yaml.c - a study from a file. Every problem of the file is shown with its line and column, not only the first.
 *
 * Build:  cc -std=c99 -I.. 06_read_yaml.c -o read_yaml
 * Run:    ./read_yaml [FILE], by default scenarios/two_servers.yml
 * Output:
 *   p95 33.7 ms over 23859 requests
 *
 *   STABLE      the servers kept up; 118 requests were dropped (0.49 %)
 *   run         seed 42, 600 s simulated, 143,374 events
 *   identity    scenario 9f2250625446f041, digest b8a9216c886c0185
 *
 *   REQUESTS                            count        share         rate
 *     generated                        23,978     100.00 %        39.96 /s
 *     completed                        23,859      99.50 %        39.77 /s
 *     dropped                             118       0.49 %         0.20 /s
 *     in flight at the end                  1      <0.01 %        <0.01 /s
 *
 *   LATENCY     client to client, 23,859 requests
 *     mean       24.05 ms     p50    23.17 ms            p99      39.90 ms
 *     std dev    5.129 ms     p90    30.84 ms            p99.9    47.02 ms
 *     min        14.35 ms     p95    33.70 ms            max      60.84 ms
 *
 *     10 – 15 ms  ▏                                                     21    0.09 %
 *     15 – 20 ms  ███████████████████████▊                           5,330   22.34 %
 *     20 – 25 ms  ████████████████████████████████████████████       9,863   41.34 %
 *     25 – 30 ms  █████████████████████████▌                         5,721   23.98 %
 *     30 – 35 ms  █████████▏                                         2,058    8.63 %
 *     35 – 40 ms  ██▊                                                  632    2.65 %
 *     40 – 45 ms  ▊                                                    182    0.76 %
 *        ≥ 45 ms  ▏                                                     52    0.22 %
 *
 *   THROUGHPUT  completed requests per second, in windows of 1 s
 *     mean 39.77 /s    std dev 7.94 /s    max 64.00 /s    windows 600
 *
 *     ▆▆▆▆▆▆▅▆▅▆▅▆█▇██▇▇███▇█████▇███▇█▇▇▇▇▇▇▇██▇▇▇▇█▇▇▇▇▇▇▇▇█▇▇▆▆
 *     a column is 10 s, a full one 49.00 /s
 *
 *                                                     CPU busy    waiting for a core
 *   SERVERS                arrived  completed cores     mean 0   100 %   mean    max
 *     srv-1                 11,946     11,946     1    4.0 % ▎          <0.01      1
 *     srv-2                 11,939     11,939     1    4.0 % ▎          <0.01      1
 *
 *                      in I/O, requests              RAM, MB       waiting for RAM
 *   I/O AND RAM               mean     max      mean     max      of     mean    max
 *     srv-1                   0.24       4     35.70     512   2,048        0      0
 *     srv-2                   0.24       3     35.67     384   2,048        0      0
 *
 *                                                       time in the server
 *   ENDPOINTS                          completed     mean      p95      p99      max
 *     srv-1         /api                  11,946 14.01 ms 14.00 ms 14.00 ms 15.96 ms
 *     srv-2         /api                  11,939 14.01 ms 14.00 ms 14.00 ms 15.99 ms
 *
 *                                                                       in transit
 *   EDGES                           sent  delivered  dropped    share    mean    max
 *     gen-client                  23,978     23,946       32   0.13 %    0.12      4
 *     client-lb                   23,946     23,914       31   0.13 %    0.08      4
 *     lb-srv1                     11,957     11,946       11   0.09 %    0.04      2
 *     lb-srv2                     11,957     11,939       18   0.15 %    0.04      2
 *     srv1-client                 11,946     11,932       14   0.12 %    0.06      3
 *     srv2-client                 11,939     11,927       12   0.10 %    0.06      2
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
