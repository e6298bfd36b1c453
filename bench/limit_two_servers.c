/* bench/limit_two_servers.c - how fast the two servers behind a balancer go as one hand-specialised program.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "bench.h"
#include "limit_two_servers.h"

static double recorded(void *context, uint64_t seed) { (void)context; return two_servers_run(seed, 1, NULL); }
static double unsampled(void *context, uint64_t seed) { (void)context; return two_servers_run(seed, 0, NULL); }
static double lean(void *context, uint64_t seed) { (void)context; return two_servers_lean(seed, NULL); }

int main(void)
{
    bench_work works[] = { { lean, NULL, 0 }, { unsampled, NULL, 0 }, { recorded, NULL, 0 } };
    static const char *const names[] = { "latencies alone", "everything recorded, no samples", "everything recorded, all metrics sampled" };
    size_t i;
    bench_rates(works, 3);
    printf("bench/limit_two_servers: medians of %d runs, CPU time; rate, time a request, ratio to the first\n", RUNS);
    for (i = 0; i < 3; i++) printf("%-44s %7.2f M requests/s %6.1f ns  %5.2f\n", names[i], works[i].rate / 1e6, 1e9 / works[i].rate, works[i].rate / works[0].rate);
    return 0;
}
