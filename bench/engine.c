/* bench/engine.c - completed requests a second of CPU time, beside hand-written programs for the same work in this process.
   M/M/1: Lindley's recursion (two numbers a customer) is the least that a program can do; the event-driven baseline keeps a
   clock, a queue and two next-event times. Two servers: a baseline with a binary heap of events and nothing recorded but the
   latencies. The baselines share the library's samplers, so that the difference is the engine's.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include "bench.h"

static double sink;         /* what the baselines compute, so that they do compute it */

/* --- M/M/1 at rho 0.9: 900 requests a second, 1 ms of CPU time on average --- */

#define CUSTOMERS 1000000

static double mm1_lindley(void *context, uint64_t seed)
{
    aflowi_rng gaps = aflowi_rng_stream(seed, 0, 1, 1), services = aflowi_rng_stream(seed, 0, 1, 2);
    aflowi_exp_scale gap = aflowi_exponential_scale(1.0 / 900, AFLOWI_TICKS_PER_S), service = aflowi_exponential_scale(0.001, AFLOWI_TICKS_PER_S);
    uint64_t wait = 0, sum = 0;
    int i;
    (void)context;
    for (i = 0; i < CUSTOMERS; i++) {
        uint64_t s = aflowi_draw_exponential(service, &services), a = aflowi_draw_exponential(gap, &gaps);
        sum += wait + s;
        wait = wait + s > a ? wait + s - a : 0;
    }
    sink += (double)sum;
    return CUSTOMERS;
}

static double mm1_events(void *context, uint64_t seed)
{
    static uint64_t queue[1 << 16];
    aflowi_rng gaps = aflowi_rng_stream(seed, 0, 1, 1), services = aflowi_rng_stream(seed, 0, 1, 2);
    aflowi_exp_scale gap = aflowi_exponential_scale(1.0 / 900, AFLOWI_TICKS_PER_S), service = aflowi_exponential_scale(0.001, AFLOWI_TICKS_PER_S);
    uint64_t arrival = aflowi_draw_exponential(gap, &gaps), departure = UINT64_MAX, sum = 0;
    uint32_t head = 0, tail = 0;
    int done = 0;
    (void)context;
    while (done < CUSTOMERS) {
        if (arrival < departure) {
            queue[tail++ & 0xFFFF] = arrival;
            if (tail - head == 1) departure = arrival + aflowi_draw_exponential(service, &services);
            arrival += aflowi_draw_exponential(gap, &gaps);
        } else {
            sum += departure - queue[head++ & 0xFFFF];
            departure = head == tail ? UINT64_MAX : departure + aflowi_draw_exponential(service, &services);
            done++;
        }
    }
    sink += (double)sum;
    return CUSTOMERS;
}

/* --- Two servers behind a balancer, one program by hand --- */

enum { SENT, AT_CLIENT, AT_BALANCER, AT_SERVER, CPU_DONE, IO_DONE, BACK };
typedef struct { uint64_t time; uint32_t what, request; } hand_event;
typedef struct {
    hand_event heap[4096];
    uint32_t count;
    uint64_t start[4096];
    uint32_t free_list[4096], free_count, server_of[4096];
    uint32_t queue[2][4096], head[2], tail[2];
    int busy[2];
} hand;

static void hand_push(hand *h, uint64_t time, uint32_t what, uint32_t request)
{
    uint32_t i = h->count++;
    for (; i && h->heap[(i - 1) / 2].time > time; i = (i - 1) / 2) h->heap[i] = h->heap[(i - 1) / 2];
    h->heap[i].time = time;
    h->heap[i].what = what;
    h->heap[i].request = request;
}

static hand_event hand_pop(hand *h)
{
    hand_event top = h->heap[0], moved = h->heap[--h->count];
    uint32_t i = 0, child;
    while ((child = 2 * i + 1) < h->count) {
        if (child + 1 < h->count && h->heap[child + 1].time < h->heap[child].time) child++;
        if (h->heap[child].time >= moved.time) break;
        h->heap[i] = h->heap[child];
        i = child;
    }
    h->heap[i] = moved;
    return top;
}

#define HAND_HORIZON ((uint64_t)6000 * AFLOWI_TICKS_PER_S)

/* The streams are one an edge, as the library's: 0..5 latencies, 6..11 drops. */
static int hand_send(hand *h, aflowi_rng *rng, int edge, aflowi_exp_scale latency, uint64_t now, uint32_t what, uint32_t request)
{
    if (aflowi_chance(&rng[6 + edge], (uint64_t)92233720368547758u)) {      /* 0.01 */
        h->free_list[h->free_count++] = request;
        return 0;
    }
    hand_push(h, now + aflowi_draw_exponential(latency, &rng[edge]), what, request);
    return 1;
}

static double two_servers_by_hand(void *context, uint64_t seed)
{
    static hand h;
    static uint64_t log[2 * 400000];
    aflowi_rng rng[13];
    aflowi_exp_scale ms2 = aflowi_exponential_scale(0.002, AFLOWI_TICKS_PER_S), ms3 = aflowi_exponential_scale(0.003, AFLOWI_TICKS_PER_S);
    aflowi_exp_scale gap = aflowi_exponential_scale(1.0 / 40, AFLOWI_TICKS_PER_S);
    uint64_t next, done = 0;
    uint32_t turn = 0, i;
    (void)context;
    memset(&h, 0, sizeof h);
    for (i = 0; i < 13; i++) rng[i] = aflowi_rng_stream(seed, 0, 7, i);
    for (i = 0; i < 4096; i++) h.free_list[h.free_count++] = 4095 - i;
    next = aflowi_draw_exponential(gap, &rng[12]);
    for (;;) {
        uint64_t now = h.count && h.heap[0].time < next ? h.heap[0].time : next;
        hand_event e;
        uint32_t r, s;
        if (now >= HAND_HORIZON) break;
        if (now == next) {
            r = h.free_list[--h.free_count];
            h.start[r] = now;
            next += aflowi_draw_exponential(gap, &rng[12]);
            hand_send(&h, rng, 0, ms3, now, AT_CLIENT, r);
            continue;
        }
        e = hand_pop(&h);
        r = e.request;
        s = h.server_of[r];
        switch (e.what) {
        case AT_CLIENT: hand_send(&h, rng, 1, ms2, now, AT_BALANCER, r); break;
        case AT_BALANCER:
            h.server_of[r] = turn ^= 1;
            hand_send(&h, rng, 2 + (int)turn, ms2, now, AT_SERVER, r);
            break;
        case AT_SERVER:
            if (h.busy[s]) h.queue[s][h.tail[s]++ & 4095] = r;
            else { h.busy[s] = 1; hand_push(&h, now + 2000000, CPU_DONE, r); }
            break;
        case CPU_DONE:
            hand_push(&h, now + 12000000, IO_DONE, r);
            if (h.head[s] == h.tail[s]) h.busy[s] = 0;
            else hand_push(&h, now + 2000000, CPU_DONE, h.queue[s][h.head[s]++ & 4095]);
            break;
        case IO_DONE: hand_send(&h, rng, 4 + (int)s, ms3, now, BACK, r); break;
        default:
            log[2 * done] = h.start[r];
            log[2 * done + 1] = now;
            done++;
            h.free_list[h.free_count++] = r;
            break;
        }
    }
    sink += (double)log[done];
    return (double)done;
}

/* --- The library --- */

static double run_scenario(void *context, uint64_t seed)
{
    aflow_run_desc desc;
    aflow_result *r;
    double done = 0;
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    r = aflow_run((const aflow_scenario *)context, &desc, NULL);
    if (r) done = (double)aflow_result_info(r).requests.completed;
    aflow_result_destroy(r);
    return done;
}

static aflow_builder *mm1_scenario(void)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g = { 0 };
    aflow_server s = { 0 };
    aflow_id users, client, server;
    g.avg_active_users = aflow_constant(900);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    users = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    server = aflow_add_server(b, &s);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.001))));
    aflow_connect(b, users, server, aflow_constant(1e-9));
    aflow_connect(b, server, client, aflow_constant(1e-9));
    aflow_builder_settings(b)->total_simulation_time = CUSTOMERS / 900;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    return b;
}

static aflow_builder *two_servers_scenario(uint32_t metrics)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g = { 0 };
    aflow_load_balancer lb = { 0 };
    aflow_server s = { 0 };
    aflow_edge e = { 0 };
    aflow_id users, client, balancer;
    int i;
    s.server_resources.ram_mb = 2048;
    g.avg_active_users = aflow_poisson(120);
    g.avg_request_per_minute_per_user = aflow_constant(20);
    users = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    balancer = aflow_add_load_balancer(b, &lb);
    e.dropout_rate = 0.01;
    e.latency = aflow_exponential(0.003);
    aflow_connect_edge(b, users, client, &e);
    e.latency = aflow_exponential(0.002);
    aflow_connect_edge(b, client, balancer, &e);
    for (i = 0; i < 2; i++) {
        aflow_id server = aflow_add_server(b, &s);
        aflow_add_endpoint(b, server, "/api", AFLOW_STEPS(aflow_cpu_s(0.002), aflow_ram_mb(128), aflow_io_s(0.012)));
        e.latency = aflow_exponential(0.002);
        aflow_connect_edge(b, balancer, server, &e);
        e.latency = aflow_exponential(0.003);
        aflow_connect_edge(b, server, client, &e);
    }
    aflow_builder_settings(b)->total_simulation_time = 6000;
    aflow_builder_settings(b)->sample_period_s = 0.05;
    aflow_builder_settings(b)->enabled_sample_metrics = metrics;
    return b;
}

static void report(const char *what, aflow_builder *b, const char *than, double baseline)
{
    const aflow_scenario *s = aflow_builder_scenario(b, NULL);
    double rate = bench_rate(run_scenario, (void *)(uintptr_t)s);
    printf("%-44s %7.2f M requests/s   %5.2f of %s (%.2f M/s)\n", what, rate / 1e6, rate / baseline, than, baseline / 1e6);
    aflow_builder_destroy(b);
}

static void report_file(const char *path)
{
    aflow_scenario_file *file = aflow_read_file(path, NULL, NULL);
    if (file) printf("%-44s %7.2f M requests/s\n", path, bench_rate(run_scenario, (void *)(uintptr_t)aflow_scenario_of(file)) / 1e6);
    aflow_scenario_file_destroy(file);
}

int main(void)
{
    static const char *const files[] = { "single_server", "two_servers", "event_injection_single_server", "event_injection_two_servers", "heavy_single_server", "beyond_asyncflow" };
    double lindley = bench_rate(mm1_lindley, NULL), events = bench_rate(mm1_events, NULL), by_hand = bench_rate(two_servers_by_hand, NULL);
    size_t i;
    printf("bench/engine: medians of %d runs, CPU time\n", RUNS);
    report("M/M/1, rho 0.9", mm1_scenario(), "Lindley's recursion", lindley);
    report("M/M/1, rho 0.9", mm1_scenario(), "event-driven by hand", events);
    report("two servers, all metrics sampled", two_servers_scenario(AFLOW_METRICS_ALL), "heap by hand, latencies only", by_hand);
    report("two servers, no samples", two_servers_scenario(AFLOW_METRICS_NONE), "heap by hand, latencies only", by_hand);
    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "examples/scenarios/%s.yml", files[i]);
        report_file(path);
    }
    return sink < 0;
}
