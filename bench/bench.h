/* bench.h - CPU time and medians for the benchmarks: each figure is the median of RUNS runs, printed beside its baseline of the
   same process. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 7

static int bench_less(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median rate of `work`, which says how much it did: units a second of CPU time. */
static double bench_rate(double (*work)(void *context, uint64_t seed), void *context)
{
    double rates[RUNS];
    uint64_t i;
    (void)work(context, 0);                 /* warm up */
    for (i = 0; i < RUNS; i++) {
        clock_t begin = clock();
        double done = work(context, i + 1), seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        rates[i] = done / (seconds > 0 ? seconds : 1e-9);
    }
    qsort(rates, RUNS, sizeof rates[0], bench_less);
    return rates[RUNS / 2];
}

#endif
