/* bench/limit_mm1.c - how fast an M/M/1 queue goes as a hand-specialised program.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "bench.h"
#include "limit_mm1.h"

static double lindley(void *context, uint64_t seed) { (void)context; return mm1_lindley(seed, NULL); }
static double events(void *context, uint64_t seed) { (void)context; return mm1_events(seed, NULL); }
static double recorded(void *context, uint64_t seed) { (void)context; return mm1_recorded(seed, NULL); }

static void report(const char *what, double rate, double base)
{
    printf("%-52s %7.2f M requests/s %6.1f ns  %5.2f\n", what, rate / 1e6, 1e9 / rate, rate / base);
}

int main(void)
{
    double base = bench_rate(lindley, NULL);
    printf("bench/limit_mm1: medians of %d runs, CPU time; rate, time a request, ratio to the first\n", RUNS);
    report("Lindley's recursion, the mean alone", base, base);
    report("event-driven, the mean alone", bench_rate(events, NULL), base);
    report("event-driven, everything recorded", bench_rate(recorded, NULL), base);
    return 0;
}
