/* limit.h - what the hand-specialised programs have in common: streams named as the engine names them, and collectors that
   fit in registers. Included after the library's implementation, whose samplers they share, so that what differs is the engine.
   SPDX-License-Identifier: MIT OR Unlicense */
#ifndef LIMIT_H
#define LIMIT_H

#include "asyncflow.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define LIMIT_INLINE static inline __attribute__((always_inline))
#define LIMIT_APART __attribute__((noinline))
#define LIMIT_MAYBE __attribute__((unused))
#else
#define LIMIT_INLINE static inline
#define LIMIT_APART
#define LIMIT_MAYBE
#endif

#define LIMIT_S AFLOWI_TICKS_PER_S

/* What an engine's stream is for; a latency, a dropout, ... */
enum { LIMIT_USERS = 1, LIMIT_GAPS, LIMIT_LATENCY, LIMIT_DROPOUT, LIMIT_CHOICE, LIMIT_STEPS };

static aflowi_rng limit_stream(uint64_t seed, const char *entity, uint32_t purpose)
{
    return aflowi_rng_stream(seed, 0, aflowi_hash_text(entity), purpose);
}

/* The stream of the first random step of a server's first endpoint. */
LIMIT_MAYBE static aflowi_rng limit_step_stream(uint64_t seed, const char *server, const char *endpoint)
{
    uint64_t entity = aflowi_mix(aflowi_hash_text(server) ^ aflowi_mix(aflowi_hash_text(endpoint)));
    return aflowi_rng_stream(seed, 0, entity, LIMIT_STEPS);
}

/* A completed request. */
typedef struct limit_completion { uint64_t start, finish; } limit_completion;

/* A run's figures, to be compared with the engine's. */
#define LIMIT_GAUGES 16
typedef struct limit_figures {
    uint64_t generated, completed, dropped;
    uint64_t latency;                   /* sum over the completed, ticks */
    uint64_t digest;                    /* of the log; 0 where there is none */
    uint64_t horizon;                   /* ticks */
    uint64_t area[LIMIT_GAUGES];        /* of each gauge over the run; an average times the horizon */
    uint32_t max[LIMIT_GAUGES];
    uint64_t sampled[LIMIT_GAUGES];     /* sum of the samples */
    uint64_t samples;
} limit_figures;

/* Says what the log says as the engine does: worked out afterwards, since it is a function of the log. */
static uint64_t limit_digest(const limit_completion *log, uint64_t count)
{
    uint64_t digest = 0, i;
    for (i = 0; i < count; i++) {
        digest = (digest ^ log[i].start) * 0x9E3779B97F4A7C15u;
        digest ^= digest >> 32;
        digest = (digest ^ log[i].finish) * 0x9E3779B97F4A7C15u;
        digest ^= digest >> 32;
    }
    return digest;
}

/* Times in a server: moments and a histogram of 64 cells an octave. */
typedef struct limit_stays {
    uint64_t count, min, max, sum, squares[2];
    uint32_t cell[64 * 64];
} limit_stays;

LIMIT_INLINE void limit_stay(limit_stays *s, uint64_t x)
{
    uint64_t lo, hi = aflowi_mul_hi(x, x, &lo);
    uint32_t octave = 63u - (uint32_t)__builtin_clzll(x | 64);
    if (x < s->min || s->count == 0) s->min = x;
    if (x > s->max) s->max = x;
    s->count++;
    s->sum += x;
    s->squares[0] += lo;
    s->squares[1] += hi + (s->squares[0] < lo);
    s->cell[(octave - 6) * 64 + (x >> (octave - 6))]++;
}

/* The engine's generator: Poisson streams whose rate changes with every window; a gap that crosses its window's end is given
   up there. */
typedef struct limit_arrivals {
    aflowi_rng users, gaps;
    aflowi_exp_scale scale;
    aflowi_sampler law;
    uint64_t clock, end, horizon;
    double requests_per_minute;         /* of a user */
} limit_arrivals;

static limit_arrivals limit_arrivals_of(uint64_t seed, aflowi_sampler users, double requests_per_minute, uint64_t horizon)
{
    limit_arrivals a;
    memset(&a, 0, sizeof a);
    a.users = limit_stream(seed, "gen-1", LIMIT_USERS);
    a.gaps = limit_stream(seed, "gen-1", LIMIT_GAPS);
    a.law = users;
    a.requests_per_minute = requests_per_minute;
    a.horizon = horizon;
    return a;
}

LIMIT_APART static uint64_t limit_next_window(limit_arrivals *a)
{
    for (;;) {
        uint64_t users, gap;
        if (a->end >= a->horizon) return UINT64_MAX;
        a->clock = a->end;
        a->end += 60 * LIMIT_S;
        users = aflowi_draw(&a->law, &a->users);
        if (!users) continue;
        a->scale = aflowi_exponential_scale(60.0 * 1048576 / ((double)users * a->requests_per_minute), LIMIT_S);
        gap = aflowi_draw_exponential(a->scale, &a->gaps);
        if (gap < a->end - a->clock) return a->clock += gap;
    }
}

LIMIT_INLINE uint64_t limit_next_arrival(limit_arrivals *a)
{
    uint64_t gap = aflowi_draw_exponential(a->scale, &a->gaps);
    if (gap >= a->end - a->clock) return limit_next_window(a);
    return a->clock += gap;
}

#endif
