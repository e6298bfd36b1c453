/* limit_mm1.h - an M/M/1 queue at rho 0.9 as hand-specialised programs: the limits for the engine's run of it.
   Lindley's recursion is the least that a program can do: two numbers a customer. The event-driven ones have a clock, a queue
   of arrivals and two next-event times; the recorded one keeps all that the engine keeps in a run without samples. Draw for
   draw they are the engine's run (the digests of the completion logs are equal). Its two edges of one tick each are a constant
   here. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef LIMIT_MM1_H
#define LIMIT_MM1_H

#include "limit.h"

#define MM1_CUSTOMERS 1000000
#define MM1_SECONDS (MM1_CUSTOMERS / 900)
#define MM1_HORIZON (MM1_SECONDS * LIMIT_S)
#define MM1_EDGE 1u                         /* ticks of latency before and behind the server */
#define MM1_ROOM (1u << 16)                 /* customers in the system, at most */
#define MM1_LOG (MM1_CUSTOMERS + 16 * 1024)

/* Gauges in the order in which the engine is asked for them. */
enum { MM1_READY, MM1_BUSY, MM1_TO_SERVER, MM1_BACK };

typedef struct mm1_draws {
    limit_arrivals arrivals;
    aflowi_rng services;
    aflowi_exp_scale service;
} mm1_draws;

static mm1_draws mm1_of(uint64_t seed)
{
    mm1_draws m;
    m.arrivals = limit_arrivals_of(seed, aflowi_sampler_constant(900, 1 << 20), 60, MM1_HORIZON);
    m.services = limit_step_stream(seed, "srv-1", "/");
    m.service = aflowi_exponential_scale(0.001, LIMIT_S);
    return m;
}

static double mm1_lindley(uint64_t seed, limit_figures *figures)
{
    mm1_draws m = mm1_of(seed);
    uint64_t arrival = limit_next_window(&m.arrivals) + MM1_EDGE, departure = 0, sum = 0, done = 0;
    for (;;) {
        departure = (departure > arrival ? departure : arrival) + aflowi_draw_exponential(m.service, &m.services);
        if (departure + MM1_EDGE >= MM1_HORIZON) break;
        sum += departure - arrival + 2 * MM1_EDGE;
        done++;
        arrival = limit_next_arrival(&m.arrivals) + MM1_EDGE;
    }
    if (figures) {
        figures->completed = done;
        figures->latency = sum;
    }
    return (double)done;
}

/* Each next draw is made one event ahead: a comparison that was guessed wrong does not wait for it, too. */
static double mm1_events(uint64_t seed, limit_figures *figures)
{
    static uint64_t queue[MM1_ROOM];
    mm1_draws m = mm1_of(seed);
    uint64_t arrival = limit_next_window(&m.arrivals) + MM1_EDGE, departure = UINT64_MAX, sum = 0;
    uint64_t next = limit_next_arrival(&m.arrivals) + MM1_EDGE, service = aflowi_draw_exponential(m.service, &m.services);
    uint32_t head = 0, tail = 0;
    for (;;) {
        if (arrival < departure) {
            if (arrival >= MM1_HORIZON) break;
            queue[tail++ & (MM1_ROOM - 1)] = arrival;
            if (tail - head == 1) {
                departure = arrival + service;
                service = aflowi_draw_exponential(m.service, &m.services);
            }
            arrival = next;
            next = limit_next_arrival(&m.arrivals) + MM1_EDGE;
        } else {
            if (departure + MM1_EDGE >= MM1_HORIZON) break;
            sum += departure - queue[head++ & (MM1_ROOM - 1)] + 2 * MM1_EDGE;
            if (head == tail) {
                departure = UINT64_MAX;
            } else {
                departure += service;
                service = aflowi_draw_exponential(m.service, &m.services);
            }
        }
    }
    if (figures) {
        figures->completed = head;
        figures->latency = sum;
    }
    return head;
}

/* What the recorded run keeps. */
typedef struct mm1_records {
    limit_completion *log;
    limit_stays stays;
    uint64_t waiting, busy;             /* areas */
    uint32_t waiting_max, arrived, left;
} mm1_records;

static void mm1_figures(const mm1_records *r, const uint64_t *queue, uint64_t departure, limit_figures *f)
{
    uint32_t i;
    f->generated = r->arrived;          /* whoever was sent in the last tick is not in it: none is, in the runs compared */
    f->completed = r->left;
    f->horizon = MM1_HORIZON;
    f->digest = limit_digest(r->log, r->left);
    for (i = 0; i < r->left; i++) f->latency += r->log[i].finish - r->log[i].start;
    f->area[MM1_READY] = r->waiting;
    for (i = r->left + 1; i < r->arrived; i++) f->area[MM1_READY] += MM1_HORIZON - queue[i & (MM1_ROOM - 1)];
    f->area[MM1_BUSY] = r->busy;
    if (r->left < r->arrived) f->area[MM1_BUSY] -= departure - MM1_HORIZON;
    f->max[MM1_READY] = r->waiting_max;
    f->max[MM1_BUSY] = 1;
}

/* Plays until neither the next arrival nor the next departure is left before the horizon. */
LIMIT_INLINE uint64_t mm1_play(mm1_draws m, mm1_records *r, uint64_t *queue)
{
    uint64_t arrival = limit_next_window(&m.arrivals) + MM1_EDGE, departure = UINT64_MAX, waiting = 0, busy = 0;
    uint64_t next = limit_next_arrival(&m.arrivals) + MM1_EDGE, service = aflowi_draw_exponential(m.service, &m.services);
    uint32_t head = 0, tail = 0, most = 0;
    for (;;) {
        if (arrival < departure) {
            if (arrival >= MM1_HORIZON) break;
            queue[tail++ & (MM1_ROOM - 1)] = arrival;
            if (tail - head == 1) {
                busy += service;
                departure = arrival + service;
                service = aflowi_draw_exponential(m.service, &m.services);
            } else if (tail - head > most) {
                most = tail - head;
            }
            arrival = next;
            next = limit_next_arrival(&m.arrivals) + MM1_EDGE;
        } else {
            uint64_t since = queue[head & (MM1_ROOM - 1)];
            if (departure >= MM1_HORIZON) break;
            limit_stay(&r->stays, departure - since);
            r->log[head].start = since - MM1_EDGE;
            r->log[head++].finish = departure + MM1_EDGE;
            if (head == tail) {
                departure = UINT64_MAX;
            } else {
                waiting += departure - queue[head & (MM1_ROOM - 1)];
                busy += service;
                departure += service;
                service = aflowi_draw_exponential(m.service, &m.services);
            }
        }
    }
    r->arrived = tail;
    r->left = head;
    r->waiting = waiting;
    r->busy = busy;
    r->waiting_max = most - 1;
    return departure;
}

static double mm1_recorded(uint64_t seed, limit_figures *figures)
{
    static uint64_t queue[MM1_ROOM];
    static mm1_records r;
    uint64_t departure;
    memset(&r, 0, sizeof r);
    r.log = (limit_completion *)malloc(MM1_LOG * sizeof *r.log);
    if (!r.log) abort();
    departure = mm1_play(mm1_of(seed), &r, queue);
    if (figures) mm1_figures(&r, queue, departure, figures);
    free(r.log);
    return r.left;
}

#endif
