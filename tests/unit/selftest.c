/* unit/selftest.c - section [22b]: the self-test passes here, says what is wrong where something is, and never leaks.
   `UPDATE=1 build/tests/unit/selftest` writes the known answers in asyncflow.h anew. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"
#include <fenv.h>
#include <time.h>
#if defined(__SSE2__) && !defined(__TINYC__)
#include <xmmintrin.h>
#endif

/* --- The known answers, as this build works them out --- */

enum { ANSWERS = 5 };
static const char *const answer_names[ANSWERS] = { "GENERATOR", "SAMPLERS", "NUMBERS", "RUN", "FIGURES" };

static void work_out(uint64_t answers[ANSWERS])
{
    aflow_result *r = aflowi_selftest_result(NULL);
    answers[0] = aflowi_answer_generator();
    answers[1] = aflowi_answer_samplers();
    answers[2] = aflowi_answer_numbers();
    answers[3] = aflowi_answer_run(r);
    answers[4] = aflowi_answer_figures(r);
    aflow_result_destroy(r);
}

/* Lines `#define AFLOWI_ANSWER_NAME 0x...` of the header get the values of this build. */
static int update(void)
{
    static char text[4 << 20];
    uint64_t answers[ANSWERS];
    char line[80], was[80];
    FILE *f = fopen("asyncflow.h", "rb");
    size_t size = f ? fread(text, 1, sizeof text - 64, f) : 0;
    int i;
    if (!f || size == sizeof text - 64) return 1;
    fclose(f);
    work_out(answers);
    for (i = 0; i < ANSWERS; i++) {
        char *at, *end;
        snprintf(line, sizeof line, "#define AFLOWI_ANSWER_%s ", answer_names[i]);
        at = strstr(text, line);
        end = at ? strchr(at, '\n') : NULL;
        if (!end || end - at >= (long)sizeof was) return 1;
        memcpy(was, at, (size_t)(end - at));
        was[end - at] = 0;
        snprintf(line, sizeof line, "#define AFLOWI_ANSWER_%s 0x%016llx", answer_names[i], (unsigned long long)answers[i]);
        if (strcmp(was, line) != 0) printf("%s\n", line);
        memmove(at + strlen(line), end, (size_t)(text + size - end));
        size += strlen(line) - (size_t)(end - at);
        memcpy(at, line, strlen(line));
    }
    f = fopen("asyncflow.h", "wb");
    if (!f || fwrite(text, 1, size, f) != size) return 1;
    return fclose(f);
}

/* --- The tests --- */

static void all_is_well(void)
{
    CHECK_STR(aflow_selftest(NULL), NULL);
    CHECK_STR(aflow_selftest(NULL), NULL);
}

/* Each answer is worked out anew: one that is compared with itself would hide that. */
static void answers_are_known(void)
{
    static const uint64_t known[ANSWERS] = { AFLOWI_ANSWER_GENERATOR, AFLOWI_ANSWER_SAMPLERS, AFLOWI_ANSWER_NUMBERS, AFLOWI_ANSWER_RUN, AFLOWI_ANSWER_FIGURES };
    uint64_t answers[ANSWERS];
    int i;
    work_out(answers);
    for (i = 0; i < ANSWERS; i++) if (answers[i] != known[i]) test_fail(__FILE__, __LINE__, "%s is %016llx", answer_names[i], (unsigned long long)answers[i]);
}

/* The small run is no empty one: it queues, loses, and meets both servers. */
static void the_run_is_worth_it(void)
{
    aflow_result *r = aflowi_selftest_result(NULL);
    aflow_counters c = aflow_result_info(r).requests;
    CHECK(c.generated > 80 && c.completed > 80 && c.dropped > 0);
    CHECK(aflow_result_server(r, aflow_result_find(r, "a")).completed > 20 && aflow_result_server(r, aflow_result_find(r, "b")).completed > 20);
    CHECK(aflow_result_metric(r, AFLOW_READY_QUEUE_LEN, aflow_result_find(r, "a")).max >= 2);
    CHECK(aflow_result_metric(r, AFLOW_RAM_QUEUE_LEN, aflow_result_find(r, "a")).max >= 1);
    CHECK(aflow_result_metric(r, AFLOW_DB_QUEUE_LEN, aflow_result_find(r, "a")).max >= 1);
    CHECK_U64(aflow_result_warnings(r), 0);
    aflow_result_destroy(r);
}

static struct { long calls, fail, live; } heap;

static void *failing_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    void *p;
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        heap.live--;
        free(memory);
        return NULL;
    }
    if (heap.calls++ == heap.fail) return NULL;
    p = realloc(memory, new_size);
    if (p && !memory) heap.live++;
    return p;
}

/* Whichever allocation fails, memory is what is said to be missing; a few the run can do without. */
static void memory_runs_out(void)
{
    static const char begin[] = "out of memory";
    aflow_allocator a;
    const char *wrong;
    int told = 0;
    a.resize = failing_resize;
    a.context = NULL;
    for (heap.fail = 0; heap.fail < 1000; heap.fail++) {
        heap.calls = heap.live = 0;
        wrong = aflow_selftest(&a);
        CHECK_U64(heap.live, 0);
        if (heap.calls <= heap.fail) break;
        if (wrong && strncmp(wrong, begin, sizeof begin - 1) != 0) test_fail(__FILE__, __LINE__, "without allocation %ld: \"%s\"", heap.fail, wrong);
        told += wrong != NULL;
    }
    CHECK(told > 5 && heap.fail < 1000);
    CHECK_STR(wrong, NULL);
}

static void a_buffer_is_enough(void)
{
    static double buffer[4096], small[512];
    aflow_allocator a = aflow_buffer_allocator(buffer, sizeof buffer);
    const char *wrong;
    CHECK_STR(aflow_selftest(&a), NULL);
    CHECK_STR(aflow_selftest(&a), NULL);
    a = aflow_buffer_allocator(small, sizeof small);
    wrong = aflow_selftest(&a);
    CHECK(wrong && strncmp(wrong, "out of memory", 13) == 0);
}

static void says(const char *wrong, const char *word)
{
    if (!wrong || !strstr(wrong, word)) test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", wrong ? wrong : "(null)", word);
}

static void rounding_modes(void)
{
    static const int modes[] = {
#ifdef FE_UPWARD
        FE_UPWARD,
#endif
#ifdef FE_DOWNWARD
        FE_DOWNWARD,
#endif
#ifdef FE_TOWARDZERO
        FE_TOWARDZERO,
#endif
        FE_TONEAREST };
    const char *wrong[4] = { NULL, NULL, NULL, NULL };
    size_t i, n = sizeof modes / sizeof modes[0];
    for (i = 0; i < n; i++) {
        fesetround(modes[i]);
        wrong[i] = aflow_selftest(NULL);
    }
    for (i = 0; i + 1 < n; i++) says(wrong[i], "fesetround(FE_TONEAREST)");
    CHECK_STR(wrong[n - 1], NULL);
}

#if defined(__SSE2__) && !defined(__TINYC__)
static void flushed_to_zero(void)
{
    const unsigned modes[2] = { 0x8000u, 0x0040u };     /* FTZ, DAZ */
    unsigned was = _mm_getcsr();
    int i;
    for (i = 0; i < 2; i++) {
        const char *wrong;
        _mm_setcsr(was | modes[i]);
        wrong = aflow_selftest(NULL);
        _mm_setcsr(was);
        says(wrong, "taken as 0");
    }
    CHECK_STR(aflow_selftest(NULL), NULL);
}
#endif

/* Cheap enough for every start of a program: a bound that only a mistake exceeds. */
static void it_is_cheap(void)
{
    clock_t begin = clock();
    double s;
    int i;
    for (i = 0; i < 100; i++) CHECK(aflow_selftest(NULL) == NULL);
    s = (double)(clock() - begin) / CLOCKS_PER_SEC / 100;
    if (getenv("FULL")) printf("%.0f us\n", s * 1e6);
    CHECK(s < 0.05);
}

int main(void)
{
    if (getenv("UPDATE")) return update();
    RUN(all_is_well);
    RUN(answers_are_known);
    RUN(the_run_is_worth_it);
    RUN(memory_runs_out);
    RUN(a_buffer_is_enough);
    RUN(rounding_modes);
#if defined(__SSE2__) && !defined(__TINYC__)
    RUN(flushed_to_zero);
#endif
    RUN(it_is_cheap);
    return test_end();
}
