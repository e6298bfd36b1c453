/* limit_two_servers.h - the two servers behind a balancer as one hand-specialised program: the limit for the engine's run of
   that scenario, draw for draw the same one (the digests of the completion logs are equal).
   Event-driven: a pending set is popped in time order; next arrival and next sample stand beside it. An event is one word:
   time above kind above request, in a sorted array whose earliest stands at the end (a handful of events). An event that comes
   before all that is pending is played without having been there. What follows from other figures is not counted: an edge's
   area is the sum of its delays, its deliveries are what is sent and neither dropped nor on the way. Events of one tick come in
   the order of their kinds, and slots.
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
#define TWO_LOG (TWO_SECONDS * 50)          /* entries; 40 a second arrive */

/* Edges in the order of the scenario; the second server's two stand behind the first's. */
enum { TWO_TO_CLIENT, TWO_TO_BALANCER, TWO_TO_SERVER, TWO_BACK, TWO_EDGES = 6 };
/* Gauges in the order of the engine's columns. */
enum { TWO_READY = 0, TWO_SLEEP = 2, TWO_RAM = 4, TWO_TRANSIT = 6, TWO_BUSY = 12, TWO_RAM_QUEUE = 14 };
/* Events; what happens at a server has its number in the lowest bit. */
enum { TWO_AT_CLIENT, TWO_AT_BALANCER, TWO_AT_SERVER, TWO_CPU_DONE = 4, TWO_IO_DONE = 6, TWO_DONE = 8, TWO_EMISSION = 10 };
#define TWO_NONE UINT64_MAX

typedef struct two_edge { aflowi_rng latency, dropout; aflowi_exp_scale mean; uint64_t ahead, until_drop; } two_edge;
typedef struct two_queue { uint32_t head, tail, waiting[TWO_SLOTS]; uint64_t since[TWO_SLOTS]; } two_queue;

typedef struct two_servers {
    uint64_t pending[TWO_SLOTS + 1];        /* latest first; [0] is later than all */
    uint32_t count;
    uint32_t value[LIMIT_GAUGES], max[LIMIT_GAUGES];
    uint64_t area[LIMIT_GAUGES];            /* ends of stays beyond the horizon are cut there */
    two_edge edge[TWO_EDGES];
    aflowi_geometric dropout;
    uint64_t dropped, generated, completed;
    uint32_t busy[2], turn, free_count;
    uint64_t start[TWO_SLOTS], arrived[TWO_SLOTS];
    uint32_t free_slot[TWO_SLOTS];
    two_queue core[2], ram[2];
    limit_stays stay[2];
    limit_completion *log;
    uint64_t *latencies;                    /* instead of the log, when lean */
    uint32_t *samples;
    uint64_t samples_count;
} two_servers;

LIMIT_INLINE uint64_t two_event(uint64_t time, uint32_t kind, uint32_t request) { return time << 20 | (uint64_t)kind << 16 | request; }

LIMIT_INLINE void two_push(two_servers *t, uint64_t event)
{
    uint32_t i = ++t->count;
    for (; t->pending[i - 1] < event; i--) t->pending[i] = t->pending[i - 1];
    t->pending[i] = event;
}

/* --- What happens where: each returns the request's following event, or none --- */

LIMIT_INLINE void two_up(two_servers *t, uint32_t gauge)
{
    if (++t->value[gauge] > t->max[gauge]) t->max[gauge] = t->value[gauge];
}

/* A stay of known length begins; `kind` will be its end. */
LIMIT_INLINE uint64_t two_hold(two_servers *t, uint64_t now, uint64_t delay, uint32_t kind, uint32_t request, uint32_t gauge, int keep)
{
    if (keep) {
        two_up(t, gauge);
        t->area[gauge] += delay < TWO_HORIZON - now ? delay : TWO_HORIZON - now;
    }
    return two_event(now + delay, kind, request);
}

LIMIT_APART static uint64_t two_drop(two_servers *t, two_edge *e, uint32_t request)
{
    e->until_drop = aflowi_draw_geometric(t->dropout, &e->dropout);
    t->dropped++;
    t->free_slot[t->free_count++] = request;
    return TWO_NONE;
}

/* An edge's next delay is drawn one ahead: what waits for the present one does not wait for its draw. */
LIMIT_INLINE uint64_t two_send(two_servers *t, uint64_t now, uint32_t edge, uint32_t kind, uint32_t request, int keep)
{
    two_edge *e = &t->edge[edge];
    uint64_t delay = e->ahead;
    if (e->until_drop-- == 0) return two_drop(t, e, request);
    e->ahead = aflowi_draw_exponential(e->mean, &e->latency);
    return two_hold(t, now, delay, kind, request, TWO_TRANSIT + edge, keep);
}

LIMIT_APART static uint64_t two_wait(two_servers *t, two_queue *q, uint32_t gauge, uint64_t now, uint32_t request)
{
    q->waiting[q->tail & TWO_QUEUE] = request;
    q->since[q->tail++ & TWO_QUEUE] = now;
    two_up(t, gauge);
    return TWO_NONE;
}

LIMIT_APART static uint32_t two_wake(two_servers *t, two_queue *q, uint32_t gauge, uint64_t now)
{
    t->area[gauge] += now - q->since[q->head & TWO_QUEUE];
    t->value[gauge]--;
    return q->waiting[q->head++ & TWO_QUEUE];
}

LIMIT_INLINE uint64_t two_ask_core(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int keep)
{
    if (t->busy[s]) return two_wait(t, &t->core[s], TWO_READY + s, now, request);
    t->busy[s] = 1;
    return two_hold(t, now, TWO_CPU, TWO_CPU_DONE + s, request, TWO_BUSY + s, keep);
}

LIMIT_INLINE uint64_t two_take_ram(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int keep)
{
    t->value[TWO_RAM + s]++;
    if (keep) {
        if (t->value[TWO_RAM + s] > t->max[TWO_RAM + s]) t->max[TWO_RAM + s] = t->value[TWO_RAM + s];
        t->area[TWO_RAM + s] -= now;
    }
    return two_ask_core(t, now, s, request, keep);
}

LIMIT_INLINE uint64_t two_at_server(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int keep)
{
    if (keep) t->arrived[request] = now;
    if (t->value[TWO_RAM + s] == TWO_ROOM) return two_wait(t, &t->ram[s], TWO_RAM_QUEUE + s, now, request);
    return two_take_ram(t, now, s, request, keep);
}

LIMIT_INLINE uint64_t two_cpu_done(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int keep)
{
    if (keep) t->value[TWO_BUSY + s]--;
    t->busy[s] = 0;
    if (t->core[s].head != t->core[s].tail) two_push(t, two_ask_core(t, now, s, two_wake(t, &t->core[s], TWO_READY + s, now), keep));
    return two_hold(t, now, TWO_IO, TWO_IO_DONE + s, request, TWO_SLEEP + s, keep);
}

LIMIT_APART static void two_next_in_ram(two_servers *t, uint64_t now, uint32_t s, int keep)
{
    uint64_t event = two_take_ram(t, now, s, two_wake(t, &t->ram[s], TWO_RAM_QUEUE + s, now), keep);
    if (event != TWO_NONE) two_push(t, event);
}

LIMIT_INLINE uint64_t two_io_done(two_servers *t, uint64_t now, uint32_t s, uint32_t request, int keep)
{
    t->value[TWO_RAM + s]--;
    if (keep) {
        t->value[TWO_SLEEP + s]--;
        t->area[TWO_RAM + s] += now;
        limit_stay(&t->stay[s], now - t->arrived[request]);
    }
    if (t->ram[s].head != t->ram[s].tail) two_next_in_ram(t, now, s, keep);
    return two_send(t, now, TWO_BACK + 2 * s, TWO_DONE + s, request, keep);
}

LIMIT_INLINE void two_done(two_servers *t, uint64_t now, uint32_t request, int keep)
{
    uint64_t start = t->start[request];
    if (keep) {
        t->log[t->completed].start = start;
        t->log[t->completed++].finish = now;
    } else {
        t->latencies[t->completed++] = now - start;
    }
    t->free_slot[t->free_count++] = request;
}

/* --- The loop --- */

/* Plays an event, and its request's following ones as long as nothing comes before them: nothing pending, nor `stop`. */
LIMIT_INLINE void two_play(two_servers *t, uint64_t event, uint64_t stop, int keep)
{
    uint32_t request = (uint32_t)(event & 0xFFFF), kind = (uint32_t)(event >> 16) & 15, s = kind & 1, turn;
    uint64_t bound = t->pending[t->count] < stop ? t->pending[t->count] : stop;
    switch (kind) {
    case TWO_EMISSION:
        t->start[request] = event >> 20;
        event = two_send(t, event >> 20, TWO_TO_CLIENT, TWO_AT_CLIENT, request, keep);
        if (event >= bound) break;
        /* fall through */
    case TWO_AT_CLIENT:
        if (keep) t->value[TWO_TRANSIT + TWO_TO_CLIENT]--;
        event = two_send(t, event >> 20, TWO_TO_BALANCER, TWO_AT_BALANCER, request, keep);
        if (event >= bound) break;
        /* fall through */
    case TWO_AT_BALANCER:
        if (keep) t->value[TWO_TRANSIT + TWO_TO_BALANCER]--;
        turn = t->turn;
        t->turn = 1 - turn;
        event = two_send(t, event >> 20, TWO_TO_SERVER + 2 * turn, TWO_AT_SERVER + turn, request, keep);
        if (event >= bound) break;
        s = turn;
        /* fall through */
    case TWO_AT_SERVER: case TWO_AT_SERVER + 1:
        if (keep) t->value[TWO_TRANSIT + TWO_TO_SERVER + 2 * s]--;
        event = two_at_server(t, event >> 20, s, request, keep);
        if (event >= bound) break;
        /* fall through */
    case TWO_CPU_DONE: case TWO_CPU_DONE + 1:
        event = two_cpu_done(t, event >> 20, s, request, keep);
        if (t->pending[t->count] < bound) bound = t->pending[t->count];
        if (event >= bound) break;
        /* fall through */
    case TWO_IO_DONE: case TWO_IO_DONE + 1:
        event = two_io_done(t, event >> 20, s, request, keep);
        if (t->pending[t->count] < bound) bound = t->pending[t->count];
        if (event >= bound) break;
        /* fall through */
    default:
        if (keep) t->value[TWO_TRANSIT + TWO_BACK + 2 * s]--;
        two_done(t, event >> 20, request, keep);
        return;
    }
    if (event != TWO_NONE) two_push(t, event);
}

/* What is earlier than the next arrival, the next sample and the horizon is played. */
LIMIT_INLINE void two_loop(two_servers *t, limit_arrivals *a, int keep, int sampled)
{
    uint64_t arrival = limit_next_window(a), following = limit_next_arrival(a), sample = sampled ? TWO_PERIOD : UINT64_MAX;
    for (;;) {
        uint64_t next = arrival < sample ? arrival : sample;
        if (next > TWO_HORIZON) next = TWO_HORIZON;
        while (t->pending[t->count] < next << 20) two_play(t, t->pending[t->count--], next << 20, keep);
        if (next == TWO_HORIZON) break;
        if (next == sample) {
            memcpy(t->samples + LIMIT_GAUGES * t->samples_count++, t->value, sizeof t->value);
            sample += TWO_PERIOD;
        } else {
            t->generated++;
            two_push(t, two_event(arrival, TWO_EMISSION, t->free_slot[--t->free_count]));
            arrival = following;
            following = limit_next_arrival(a);
        }
    }
}

static void two_init(two_servers *t, uint64_t seed)
{
    static const struct { const char *name; double mean; } edges[TWO_EDGES] = {
        { "gen-1-client-1", 0.003 }, { "client-1-lb-1", 0.002 }, { "lb-1-srv-1", 0.002 }, { "srv-1-client-1", 0.003 },
        { "lb-1-srv-2", 0.002 }, { "srv-2-client-1", 0.003 }
    };
    uint32_t i;
    memset(t, 0, sizeof *t);
    t->dropout = aflowi_geometric_of(0.01);
    for (i = 0; i < TWO_EDGES; i++) {
        two_edge *e = &t->edge[i];
        e->latency = limit_stream(seed, edges[i].name, LIMIT_LATENCY);
        e->dropout = limit_stream(seed, edges[i].name, LIMIT_DROPOUT);
        e->mean = aflowi_exponential_scale(edges[i].mean, LIMIT_S);
        e->ahead = aflowi_draw_exponential(e->mean, &e->latency);
        e->until_drop = aflowi_draw_geometric(t->dropout, &e->dropout);
    }
    for (i = 0; i < TWO_SLOTS; i++) t->free_slot[t->free_count++] = TWO_SLOTS - 1 - i;
    t->pending[0] = UINT64_MAX;
}

/* What still waits at the end. */
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

/* The constants make programs of their own of each. */
static void two_recorded_loop(two_servers *t, limit_arrivals *a) { two_loop(t, a, 1, 1); }
static void two_unsampled_loop(two_servers *t, limit_arrivals *a) { two_loop(t, a, 1, 0); }
static void two_lean_loop(two_servers *t, limit_arrivals *a) { two_loop(t, a, 0, 0); }

/* Records: completion log, exact averages and maxima, times in the servers, and, if sampled, samples of all gauges.
   Returns the completed requests; figures may be NULL. */
static double two_servers_run(uint64_t seed, int sampled, limit_figures *figures)
{
    static two_servers t;
    limit_arrivals a = limit_arrivals_of(seed, aflowi_sampler_poisson(120, 1 << 20), 20, TWO_HORIZON);
    two_init(&t, seed);
    t.log = (limit_completion *)malloc(TWO_LOG * sizeof *t.log);
    t.samples = (uint32_t *)malloc(TWO_SECONDS * 20 * sizeof t.value);
    if (!t.log || !t.samples) abort();
    if (sampled) two_recorded_loop(&t, &a);
    else two_unsampled_loop(&t, &a);
    if (figures) two_figures(&t, figures);
    free(t.log);
    free(t.samples);
    return (double)t.completed;
}

/* Lean: records latencies alone. */
static double two_servers_lean(uint64_t seed, limit_figures *figures)
{
    static two_servers t;
    limit_arrivals a = limit_arrivals_of(seed, aflowi_sampler_poisson(120, 1 << 20), 20, TWO_HORIZON);
    uint64_t i;
    two_init(&t, seed);
    t.latencies = (uint64_t *)malloc(TWO_LOG * sizeof *t.latencies);
    if (!t.latencies) abort();
    two_lean_loop(&t, &a);
    for (i = 0; figures && i < t.completed; i++) figures->latency += t.latencies[i];
    if (figures) figures->completed = t.completed;
    free(t.latencies);
    return (double)t.completed;
}

#endif
