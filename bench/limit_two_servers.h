/* limit_two_servers.h - the two servers behind a balancer as one hand-specialised program: the limit for the engine's run of
   that scenario, draw for draw the same one (the digests of the completion logs are equal).
   Event-driven: a pending set is popped in time order; next arrival and next sample stand beside it. An event is one word:
   time above kind above request, in a sorted array whose earliest stands at the end (a handful of events). What follows from
   other figures is not counted: an edge's area is the sum of its delays, its deliveries are what is sent and neither dropped
   nor on the way. Events of one tick come in the order of their kinds, and slots.
   SPDX-License-Identifier: MIT OR Unlicense */
#ifndef LIMIT_TWO_SERVERS_H
#define LIMIT_TWO_SERVERS_H

#include "limit.h"

#define TWO_SECONDS 6000
#define TWO_HORIZON (TWO_SECONDS * LIMIT_S)
#define TWO_PERIOD (LIMIT_S / 20)
#define TWO_CPU (LIMIT_S / 500)
#define TWO_IO (LIMIT_S * 12 / 1000)
#define TWO_ROOM 16u                        /* requests of 128 MB in 2048 MB */
#define TWO_SLOTS 4096u                     /* requests in flight, at most; a key has room for 2^16 */
#define TWO_QUEUE (TWO_SLOTS - 1)

/* Edges in the order of the scenario; the second server's two stand behind the first's. */
enum { TWO_TO_CLIENT, TWO_TO_BALANCER, TWO_TO_SERVER, TWO_BACK, TWO_EDGES = 6 };
/* Gauges in the order of the engine's columns. */
enum { TWO_READY = 0, TWO_SLEEP = 2, TWO_RAM = 4, TWO_TRANSIT = 6, TWO_BUSY = 12, TWO_RAM_QUEUE = 14 };
/* Events; what happens at a server has its number in the lowest bit. */
enum { TWO_AT_CLIENT, TWO_AT_BALANCER, TWO_AT_SERVER, TWO_CPU_DONE = 4, TWO_IO_DONE = 6, TWO_DONE = 8 };

typedef struct two_edge { aflowi_rng latency, dropout; } two_edge;
typedef struct two_queue { uint32_t head, tail, waiting[TWO_SLOTS]; uint64_t since[TWO_SLOTS]; } two_queue;

typedef struct two_servers {
    uint64_t pending[TWO_SLOTS + 1];        /* latest first; [0] is later than all */
    uint32_t count;
    uint32_t value[LIMIT_GAUGES], max[LIMIT_GAUGES];
    uint64_t area[LIMIT_GAUGES];            /* ends of stays beyond the horizon are cut there */
    two_edge edge[TWO_EDGES];
    aflowi_exp_scale ms2, ms3;
    uint64_t threshold, dropped, generated, completed, latency;
    uint32_t turn, free_count;
    uint64_t start[TWO_SLOTS], arrived[TWO_SLOTS];
    uint32_t free_slot[TWO_SLOTS];
    two_queue core[2], ram[2];
    limit_stays stay[2];
    limit_completion *log;
    uint32_t *samples;
    uint64_t samples_count;
} two_servers;

LIMIT_INLINE void two_push(two_servers *t, uint64_t time, uint32_t kind, uint32_t request)
{
    uint64_t key = time << 20 | (uint64_t)kind << 16 | request;
    uint32_t i = ++t->count;
    for (; t->pending[i - 1] < key; i--) t->pending[i] = t->pending[i - 1];
    t->pending[i] = key;
}

LIMIT_INLINE void two_up(two_servers *t, uint32_t gauge)
{
    if (++t->value[gauge] > t->max[gauge]) t->max[gauge] = t->value[gauge];
}

/* A stay of known length begins. */
LIMIT_INLINE void two_hold(two_servers *t, uint64_t now, uint64_t delay, uint32_t kind, uint32_t request, uint32_t gauge, int lean)
{
    if (!lean) {
        two_up(t, gauge);
        t->area[gauge] += delay < TWO_HORIZON - now ? delay : TWO_HORIZON - now;
    }
    two_push(t, now + delay, kind, request);
}

LIMIT_INLINE void two_send(two_servers *t, uint64_t now, uint32_t edge, aflowi_exp_scale latency, uint32_t kind, uint32_t request, int lean)
{
    two_edge *e = &t->edge[edge];
    if (aflowi_chance(&e->dropout, t->threshold)) {
        t->dropped++;
        t->free_slot[t->free_count++] = request;
        return;
    }
    two_hold(t, now, aflowi_draw_exponential(latency, &e->latency), kind, request, TWO_TRANSIT + edge, lean);
}

LIMIT_COLD static void two_wait(two_servers *t, two_queue *q, uint32_t gauge, uint64_t now, uint32_t request)
{
    q->waiting[q->tail & TWO_QUEUE] = request;
    q->since[q->tail++ & TWO_QUEUE] = now;
    two_up(t, gauge);
}

static uint32_t two_wake(two_servers *t, two_queue *q, uint32_t gauge, uint64_t now)
{
    t->area[gauge] += now - q->since[q->head & TWO_QUEUE];
    t->value[gauge]--;
    return q->waiting[q->head++ & TWO_QUEUE];
}

LIMIT_INLINE void two_ask_core(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int lean)
{
    if (t->value[TWO_BUSY + s]) {
        two_wait(t, &t->core[s], TWO_READY + s, now, request);
        return;
    }
    if (lean) t->value[TWO_BUSY + s] = 1;
    two_hold(t, now, TWO_CPU, TWO_CPU_DONE + s, request, TWO_BUSY + s, lean);
}

LIMIT_INLINE void two_at_server(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int lean)
{
    t->arrived[request] = now;
    if (t->value[TWO_RAM + s] == TWO_ROOM || t->ram[s].head != t->ram[s].tail) {
        two_wait(t, &t->ram[s], TWO_RAM_QUEUE + s, now, request);
        return;
    }
    two_up(t, TWO_RAM + s);
    t->area[TWO_RAM + s] -= now;
    two_ask_core(t, now, s, request, lean);
}

LIMIT_INLINE void two_cpu_done(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int lean)
{
    t->value[TWO_BUSY + s]--;
    two_hold(t, now, TWO_IO, TWO_IO_DONE + s, request, TWO_SLEEP + s, lean);
    if (t->core[s].head != t->core[s].tail) two_ask_core(t, now, s, two_wake(t, &t->core[s], TWO_READY + s, now), lean);
}

LIMIT_INLINE void two_io_done(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int lean)
{
    if (!lean) t->value[TWO_SLEEP + s]--;
    t->value[TWO_RAM + s]--;
    t->area[TWO_RAM + s] += now;
    if (!lean) limit_stay(&t->stay[s], now - t->arrived[request]);
    two_send(t, now, TWO_BACK + 2 * s, t->ms3, TWO_DONE + s, request, lean);
    if (t->ram[s].head != t->ram[s].tail) {
        two_up(t, TWO_RAM + s);
        t->area[TWO_RAM + s] -= now;
        two_ask_core(t, now, s, two_wake(t, &t->ram[s], TWO_RAM_QUEUE + s, now), lean);
    }
}

LIMIT_INLINE void two_done(two_servers *t, uint64_t now, uint32_t request, int lean)
{
    uint64_t start = t->start[request];
    if (lean) ((uint64_t *)t->log)[t->completed++] = now - start;
    else {
        t->log[t->completed].start = start;
        t->log[t->completed++].finish = now;
    }
    t->free_slot[t->free_count++] = request;
}

/* Plays the earliest event. */
LIMIT_INLINE void two_play(two_servers *t, int lean)
{
    uint64_t key = t->pending[t->count--], now = key >> 20;
    uint32_t request = (uint32_t)(key & 0xFFFF), kind = (uint32_t)(key >> 16) & 15, s = kind & 1, other;
    switch (kind) {
    case TWO_AT_CLIENT:
        if (!lean) t->value[TWO_TRANSIT + TWO_TO_CLIENT]--;
        two_send(t, now, TWO_TO_BALANCER, t->ms2, TWO_AT_BALANCER, request, lean);
        break;
    case TWO_AT_BALANCER:
        if (!lean) t->value[TWO_TRANSIT + TWO_TO_BALANCER]--;
        other = t->turn;
        t->turn ^= 1;
        two_send(t, now, TWO_TO_SERVER + 2 * other, t->ms2, TWO_AT_SERVER + other, request, lean);
        break;
    case TWO_AT_SERVER: case TWO_AT_SERVER + 1:
        if (!lean) t->value[TWO_TRANSIT + TWO_TO_SERVER + 2 * s]--;
        two_at_server(t, now, s, request, lean);
        break;
    case TWO_CPU_DONE: case TWO_CPU_DONE + 1: two_cpu_done(t, now, s, request, lean); break;
    case TWO_IO_DONE: case TWO_IO_DONE + 1: two_io_done(t, now, s, request, lean); break;
    default:
        if (!lean) t->value[TWO_TRANSIT + TWO_BACK + 2 * s]--;
        two_done(t, now, request, lean);
        break;
    }
}

LIMIT_INLINE void two_emit(two_servers *t, uint64_t now, int lean)
{
    uint32_t request = t->free_slot[--t->free_count];
    t->start[request] = now;
    t->generated++;
    two_send(t, now, TWO_TO_CLIENT, t->ms3, TWO_AT_CLIENT, request, lean);
}

/* The loop: what is earlier than the next arrival and the next sample is played at once. */
LIMIT_INLINE void two_loop(two_servers *t, limit_arrivals *a, int lean)
{
    uint64_t arrival = limit_next_window(a), sample = lean ? UINT64_MAX : TWO_PERIOD;
    for (;;) {
        uint64_t next = arrival < sample ? arrival : sample;
        if (next > TWO_HORIZON) next = TWO_HORIZON;
        while (t->pending[t->count] < next << 20) two_play(t, lean);
        if (next == TWO_HORIZON) break;
        if (!lean && next == sample) {
            memcpy(t->samples + LIMIT_GAUGES * t->samples_count++, t->value, sizeof t->value);
            sample += TWO_PERIOD;
            continue;
        }
        two_emit(t, arrival, lean);
        arrival = limit_next_arrival(a);
    }
}

static void two_init(two_servers *t, uint64_t seed)
{
    static const char *const names[TWO_EDGES] = { "gen-1-client-1", "client-1-lb-1", "lb-1-srv-1", "srv-1-client-1", "lb-1-srv-2", "srv-2-client-1" };
    uint32_t i;
    memset(t, 0, sizeof *t);
    for (i = 0; i < TWO_EDGES; i++) {
        t->edge[i].latency = limit_stream(seed, names[i], LIMIT_LATENCY);
        t->edge[i].dropout = limit_stream(seed, names[i], LIMIT_DROPOUT);
    }
    for (i = 0; i < TWO_SLOTS; i++) t->free_slot[t->free_count++] = TWO_SLOTS - 1 - i;
    t->pending[0] = UINT64_MAX;
    t->ms2 = aflowi_exponential_scale(0.002, LIMIT_S);
    t->ms3 = aflowi_exponential_scale(0.003, LIMIT_S);
    t->threshold = aflowi_threshold(0.01);
    t->log = (limit_completion *)malloc(TWO_SECONDS * 50 * sizeof *t->log);
    t->samples = (uint32_t *)malloc(TWO_SECONDS * 20 * sizeof t->value);
}

/* What still waits at the end, and what the engine has in other units or order. */
static void two_figures(const two_servers *t, limit_figures *f)
{
    uint64_t i, k;
    uint32_t s;
    f->generated = t->generated;
    f->completed = t->completed;
    f->dropped = t->dropped;
    f->horizon = TWO_HORIZON;
    f->samples = t->samples_count;
    f->digest = limit_digest(t->log, t->completed);
    for (i = 0; i < t->completed; i++) f->latency += t->log[i].finish - t->log[i].start;
    memcpy(f->area, t->area, sizeof f->area);
    memcpy(f->max, t->max, sizeof f->max);
    for (s = 0; s < 2; s++) {
        f->area[TWO_RAM + s] += t->value[TWO_RAM + s] * TWO_HORIZON;
        for (i = t->core[s].head; i != t->core[s].tail; i++) f->area[TWO_READY + s] += TWO_HORIZON - t->core[s].since[i & TWO_QUEUE];
        for (i = t->ram[s].head; i != t->ram[s].tail; i++) f->area[TWO_RAM_QUEUE + s] += TWO_HORIZON - t->ram[s].since[i & TWO_QUEUE];
    }
    for (i = 0; i < t->samples_count; i++) {
        for (k = 0; k < LIMIT_GAUGES; k++) f->sampled[k] += t->samples[i * LIMIT_GAUGES + k];
    }
}

/* Everything recorded: completion log, samples of all gauges, exact averages and maxima, times in the servers. Returns the
   completed requests; figures may be NULL. */
static double two_servers_recorded(uint64_t seed, limit_figures *figures)
{
    static two_servers t;
    limit_arrivals a = limit_arrivals_of(seed, aflowi_sampler_poisson(120, 1 << 20), 20, TWO_HORIZON);
    two_init(&t, seed);
    if (!t.log || !t.samples) abort();
    two_loop(&t, &a, 0);
    if (figures) two_figures(&t, figures);
    free(t.log);
    free(t.samples);
    return (double)t.completed;
}

/* Lean: latencies alone. */
static double two_servers_lean(uint64_t seed, limit_figures *figures)
{
    static two_servers t;
    limit_arrivals a = limit_arrivals_of(seed, aflowi_sampler_poisson(120, 1 << 20), 20, TWO_HORIZON);
    uint64_t i;
    two_init(&t, seed);
    if (!t.log) abort();
    two_loop(&t, &a, 1);
    for (i = 0; figures && i < t.completed; i++) figures->latency += ((uint64_t *)t.log)[i];
    if (figures) figures->completed = t.completed;
    free(t.log);
    free(t.samples);
    return (double)t.completed;
}

#endif
