/* bench/random.c - ns a draw of every sampler, and its ratio to a raw 64-bit draw of the generator in the same process.

   `random --raw N [SEED]` writes the generator's output without end, until the reader closes the pipe: the streams of N
   consecutive entities (latencies of edges edge-1, edge-2, ..., derived as a run derives them from SEED, default 1), interleaved
   word by word, 64 bits each, little-endian. So test suites judge the generator and the independence of its streams:
       build/bench/random --raw 1 | RNG_test stdin64 -tlmax 1TB             (PractRand)
       build/bench/random --raw 1000 | RNG_test stdin64 -tlmax 1TB
       build/bench/random --raw 4096 | RNG_test stdin32 -tlmax 1TB          (each word as two, the lower first)
   TestU01 has no reader of pipes: a unif01_Gen whose GetBits is fread(&word, 4, 1, stdin) makes one.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "bench.h"
#include <errno.h>
#include <signal.h>

#define DRAWS 4000000
#define S AFLOWI_TICKS_PER_S

static uint64_t sink;

/* --- Rates --- */

static double draw_raw(void *context, uint64_t seed)
{
    aflowi_rng rng = aflowi_rng_stream(seed, 0, 1, 0);
    int i;
    (void)context;
    for (i = 0; i < DRAWS; i++) sink += aflowi_rng_next(&rng);
    return DRAWS;
}

/* The same through memory, as a run has its generators. */
static double draw_raw_stored(void *context, uint64_t seed)
{
    static aflowi_rng rng[64];
    int i;
    (void)context;
    for (i = 0; i < 64; i++) rng[i] = aflowi_rng_stream(seed, 0, (uint64_t)i, 0);
    for (i = 0; i < DRAWS; i++) sink += aflowi_rng_next(&rng[i & 63]);
    return DRAWS;
}

static double draw_dropout(void *context, uint64_t seed)
{
    aflowi_rng rng = aflowi_rng_stream(seed, 0, 1, 0);
    aflowi_geometric dropout = aflowi_geometric_of(0.01);
    int i;
    (void)context;
    for (i = 0; i < DRAWS; i++) sink += aflowi_draw_geometric(dropout, &rng);
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

static int rates(void)
{
    static const char *const names[] = { "raw 64 bits", "raw 64 bits, 64 streams in turn", "messages until a dropout", "exponential gap", "constant", "exponential",
        "uniform", "normal, cut at zero", "log_normal", "poisson, mean 10", "poisson, mean 100" };
    aflowi_sampler laws[7];
    bench_work works[] = { { draw_raw, NULL, 0 }, { draw_raw_stored, NULL, 0 }, { draw_dropout, NULL, 0 }, { draw_gap, NULL, 0 }, { draw_law, NULL, 0 },
        { draw_law, NULL, 0 }, { draw_law, NULL, 0 }, { draw_law, NULL, 0 }, { draw_law, NULL, 0 }, { draw_law, NULL, 0 }, { draw_law, NULL, 0 } };
    size_t i, n = sizeof works / sizeof works[0];
    laws[0] = aflowi_sampler_constant(0.002, S);
    laws[1] = aflowi_sampler_exponential(0.003, S);
    laws[2] = aflowi_sampler_uniform(0.0, 0.006, S);
    laws[3] = aflowi_sampler_normal_clamped(0.003, 0.0005, S);
    laws[4] = aflowi_sampler_log_normal(-6.0, 0.5, S);
    laws[5] = aflowi_sampler_poisson(10.0, 1);
    laws[6] = aflowi_sampler_poisson(100.0, 1);
    for (i = 0; i < 7; i++) works[4 + i].context = &laws[i];
    bench_rates(works, n);
    printf("bench/random: medians of %d runs, CPU time\n", RUNS);
    for (i = 0; i < n; i++) printf("%-36s %8.2f ns   %6.1f raw draws\n", names[i], 1e9 / works[i].rate, works[0].rate / works[i].rate);
    return sink == 1;
}

/* --- Raw output --- */

#define MOST_STREAMS 1000000u
#define BLOCK 4096u         /* words written at a time */

/* A number without sign or rest, at least `least`; 0 when it is none, with the reason on standard error. */
static uint64_t number_of(const char *what, const char *text, uint64_t least, uint64_t most)
{
    uint64_t n = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && n <= most; c++) n = 10 * n + (uint64_t)(*c - '0');
    if (c != text && *c == 0 && n >= least && n <= most) return n;
    fprintf(stderr, "random: %s is %s; needs a whole number from %.0f to %.0f\n", what, text, (double)least, (double)most);
    return 0;
}

/* Ends well when the reader has had enough: a write into its closed pipe fails. */
static int raw(uint32_t streams, uint64_t seed)
{
    static unsigned char block[8 * BLOCK];
    aflowi_rng *rng = (aflowi_rng *)malloc(streams * sizeof *rng);
    uint32_t i, k, at = 0;
    if (!rng) {
        fprintf(stderr, "random: no memory for %u streams\n", streams);
        return 1;
    }
#ifdef SIGPIPE
    (void)signal(SIGPIPE, SIG_IGN);
#endif
    for (i = 0; i < streams; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "edge-%u", i + 1);
        rng[i] = aflowi_rng_stream(seed, 0, aflowi_hash_text(name), AFLOWI_STREAM_LATENCY);
    }
    do {
        for (i = 0; i < BLOCK; i++) {
            uint64_t word = aflowi_rng_next(&rng[at]);
            at = at + 1 == streams ? 0 : at + 1;
            for (k = 0; k < 8; k++) block[8 * i + k] = (unsigned char)(word >> 8 * k);
        }
    } while (fwrite(block, 1, sizeof block, stdout) == sizeof block);
    free(rng);
#ifdef EPIPE
    if (errno != EPIPE) {
        fprintf(stderr, "random: cannot write: %s\n", strerror(errno));
        return 1;
    }
#endif
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 1) return rates();
    if (argc <= 4 && strcmp(argv[1], "--raw") == 0 && argc >= 3) {
        uint64_t streams = number_of("N", argv[2], 1, MOST_STREAMS), seed = argc == 4 ? number_of("SEED", argv[3], 1, (uint64_t)1 << 53) : 1;
        return streams && seed ? raw((uint32_t)streams, seed) : 2;
    }
    fprintf(stderr, "usage: random                 ns a draw of every sampler\n"
                    "       random --raw N [SEED]  raw output of N interleaved streams, without end\n");
    return 2;
}
