/* bench/limit_mm1.c - how fast an M/M/1 queue goes as a hand-specialised program.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "bench.h"
#include "limit_mm1.h"

static double lindley(void *context, uint64_t seed) { (void)context; return mm1_lindley(seed, NULL); }
static double events(void *context, uint64_t seed) { (void)context; return mm1_events(seed, NULL); }
static double recorded(void *context, uint64_t seed) { (void)context; return mm1_recorded(seed, NULL); }

int main(void)
{
    bench_work works[] = { { lindley, NULL, 0 }, { events, NULL, 0 }, { recorded, NULL, 0 } };
    static const char *const names[] = { "Lindley's recursion, the mean alone", "event-driven, the mean alone", "event-driven, everything recorded" };
    size_t i;
    bench_rates(works, 3);
    printf("bench/limit_mm1: medians of %d runs, CPU time; rate, time a request, ratio to the first\n", RUNS);
    for (i = 0; i < 3; i++) printf("%-44s %7.2f M requests/s %6.1f ns  %5.2f\n", names[i], works[i].rate / 1e6, 1e9 / works[i].rate, works[i].rate / works[0].rate);
    return 0;
}
