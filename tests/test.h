/* test.h - the whole test harness: a test is a function, a check is a macro, a program closes with its totals.
   A failed check prints its place and values and goes on; the process exits 1. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef TEST_H
#define TEST_H

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct { const char *name; int passed, failed, skipped, failed_here, skipped_here; } test_state;

static void test_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    test_state.failed_here++;
    if (test_state.failed_here > 20) return;
    printf("%s:%d: %s: ", file, line, test_state.name ? test_state.name : "?");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static void test_run(const char *name, void (*function)(void))
{
    test_state.name = name;
    test_state.failed_here = test_state.skipped_here = 0;
    function();
    if (test_state.failed_here) { test_state.failed++; printf("FAIL %s (%d checks)\n", name, test_state.failed_here); }
    else if (test_state.skipped_here) test_state.skipped++;
    else test_state.passed++;
}

static int test_end(void)
{
    printf("%d passed, %d failed", test_state.passed, test_state.failed);
    if (test_state.skipped) printf(", %d skipped", test_state.skipped);
    printf("\n");
    return test_state.failed != 0;
}

/* BRIEF=1 in the environment: fewer seeds, shorter runs, laws not judged. For sanitizers and valgrind, which make programs ten times
   slower and look for other faults, and for other compilers, whose bits are the same (tests/matrix). */
static inline int test_brief(void) { return getenv("BRIEF") != NULL; }

#define RUN(function) test_run(#function, function)
#define SKIP(why) do { printf("skipped: %s: %s\n", test_state.name, (why)); test_state.skipped_here = 1; return; } while (0)
#define CHECK(condition) do { if (!(condition)) test_fail(__FILE__, __LINE__, "%s", #condition); } while (0)
#define CHECK_U64(got, want) do { unsigned long long g_ = (unsigned long long)(got), w_ = (unsigned long long)(want); \
    if (g_ != w_) test_fail(__FILE__, __LINE__, "%s is %llu, expected %llu", #got, g_, w_); } while (0)
#define CHECK_NEAR(got, want, tolerance) do { double g_ = (got), w_ = (want), t_ = (tolerance); \
    if (!(fabs(g_ - w_) <= t_)) test_fail(__FILE__, __LINE__, "%s is %.12g, expected %.12g within %.3g", #got, g_, w_, t_); } while (0)
/* a NULL string equals only NULL */
#define CHECK_STR(got, want) do { const char *g_ = (got), *w_ = (want); \
    if (g_ && w_ ? strcmp(g_, w_) != 0 : g_ != w_) test_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #got, g_ ? g_ : "(null)", w_ ? w_ : "(null)"); } while (0)

#endif
