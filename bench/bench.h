/* bench.h - CPU time and medians for the benchmarks: each figure is the median of RUNS runs, printed beside its baseline of the
   same process. What is compared takes turns, so that a slow moment of the machine meets all of it.
   SPDX-License-Identifier: MIT OR Unlicense */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What draws from the library's generators is compiled as the library is (see its section [10]): gcc joins the two words of a
   state in a vector register, for which the next draw then waits. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

#ifndef RUNS
#define RUNS 7
#endif
#define BENCH_MOST 16

/* `run` says how much it did, in units of its own; the seed differs from run to run. */
typedef struct bench_work {
    double (*run)(void *context, uint64_t seed);
    void *context;
    double rate;            /* the outcome: units a second of CPU time */
} bench_work;

static int bench_less(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof values[0], bench_less);
    return values[n / 2];
}

/* Median rates of up to BENCH_MOST works, in turns. */
static void bench_rates(bench_work *works, size_t n)
{
    static double rates[BENCH_MOST][RUNS];
    uint64_t i;
    size_t k;
    for (k = 0; k < n; k++) (void)works[k].run(works[k].context, 0);        /* warm up */
    for (i = 0; i < RUNS; i++) {
        for (k = 0; k < n; k++) {
            clock_t begin = clock();
            double done = works[k].run(works[k].context, i + 1), seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
            rates[k][i] = done / (seconds > 0 ? seconds : 1e-9);
        }
    }
    for (k = 0; k < n; k++) works[k].rate = bench_median(rates[k], RUNS);
}

#endif
