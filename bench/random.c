/* bench/random.c - ns a draw of every sampler, and its ratio to a raw 64-bit draw of the generator in the same process.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "bench.h"

#define DRAWS 4000000
#define S AFLOWI_TICKS_PER_S

static uint64_t sink;

static double draw_raw(void *context, uint64_t seed)
{
    aflowi_rng rng = aflowi_rng_stream(seed, 0, 1, 0);
    int i;
    (void)context;
    for (i = 0; i < DRAWS; i++) sink += aflowi_rng_next(&rng);
    return DRAWS;
}

static double draw_chance(void *context, uint64_t seed)
{
    aflowi_rng rng = aflowi_rng_stream(seed, 0, 1, 0);
    uint64_t threshold = aflowi_threshold(0.01);
    int i;
    (void)context;
    for (i = 0; i < DRAWS; i++) sink += (uint64_t)aflowi_chance(&rng, threshold);
    return DRAWS;
}

static double draw_gap(void *context, uint64_t seed)
{
    aflowi_rng rng = aflowi_rng_stream(seed, 0, 1, 0);
    aflowi_exp_scale scale = aflowi_exponential_scale(0.025, S);
    int i;
    (void)context;
    for (i = 0; i < DRAWS; i++) sink += aflowi_draw_exponential(scale, &rng);
    return DRAWS;
}

static double draw_law(void *context, uint64_t seed)
{
    aflowi_rng rng = aflowi_rng_stream(seed, 0, 1, 0);
    const aflowi_sampler *law = (const aflowi_sampler *)context;
    int i, draws = law->law == AFLOWI_LAW_POISSON ? DRAWS / 64 : DRAWS;
    for (i = 0; i < draws; i++) sink += aflowi_draw(law, &rng);
    return draws;
}

static void report(const char *what, double (*work)(void *, uint64_t), void *context, double raw)
{
    double rate = bench_rate(work, context);
    printf("%-36s %8.2f ns   %6.1f raw draws\n", what, 1e9 / rate, raw / rate);
}

int main(void)
{
    aflowi_sampler laws[7];
    double raw = bench_rate(draw_raw, NULL);
    laws[0] = aflowi_sampler_exponential(0.003, S);
    laws[1] = aflowi_sampler_uniform(0.0, 0.006, S);
    laws[2] = aflowi_sampler_normal_clamped(0.003, 0.0005, S);
    laws[3] = aflowi_sampler_log_normal(-6.0, 0.5, S);
    laws[4] = aflowi_sampler_poisson(10.0, 1);
    laws[5] = aflowi_sampler_poisson(100.0, 1);
    laws[6] = aflowi_sampler_constant(0.002, S);
    printf("bench/random: medians of %d runs, CPU time\n", RUNS);
    report("raw 64 bits", draw_raw, NULL, raw);
    report("chance (dropout)", draw_chance, NULL, raw);
    report("exponential gap", draw_gap, NULL, raw);
    report("constant", draw_law, &laws[6], raw);
    report("exponential", draw_law, &laws[0], raw);
    report("uniform", draw_law, &laws[1], raw);
    report("normal, cut at zero", draw_law, &laws[2], raw);
    report("log_normal", draw_law, &laws[3], raw);
    report("poisson, mean 10", draw_law, &laws[4], raw);
    report("poisson, mean 100", draw_law, &laws[5], raw);
    return sink == 1;
}
