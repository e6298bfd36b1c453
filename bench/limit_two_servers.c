/* bench/limit_two_servers.c - how fast the two servers behind a balancer go as one hand-specialised program.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "bench.h"
#include "limit_two_servers.h"

static double recorded(void *context, uint64_t seed) { (void)context; return two_servers_recorded(seed, NULL); }
static double lean(void *context, uint64_t seed) { (void)context; return two_servers_lean(seed, NULL); }

static void report(const char *what, double rate, double base)
{
    printf("%-52s %7.2f M requests/s %6.1f ns  %5.2f\n", what, rate / 1e6, 1e9 / rate, rate / base);
}

int main(void)
{
    double base = bench_rate(lean, NULL);
    printf("bench/limit_two_servers: medians of %d runs, CPU time; rate, time a request, ratio to the first\n", RUNS);
    report("latencies alone", base, base);
    report("everything recorded, all metrics sampled", bench_rate(recorded, NULL), base);
    return 0;
}
