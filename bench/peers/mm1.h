/* mm1.h - the same for every program of this folder: an M/M/1 queue at rho 0.9 (900 customers a second, 1 ms of service on
   average), the customers that are served, and the one line that run.sh reads. Theory's mean time in the system is 10 ms; a
   run of a million customers is within a few percent of it.
   SPDX-License-Identifier: MIT OR Unlicense */
#ifndef MM1_H
#define MM1_H

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#define MM1_RATE 900.0
#define MM1_SERVICE 0.001
#define MM1_CUSTOMERS 1000000

/* Customers a second of CPU time, mean time in the system in ms, peak memory in MB. */
static void mm1_report(double customers, double seconds, double mean_s)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("%.0f %.3f %.1f\n", customers / seconds, mean_s * 1e3, (double)usage.ru_maxrss / 1024);
}

static double mm1_seconds_since(clock_t begin) { return (double)(clock() - begin) / CLOCKS_PER_SEC; }

#endif
