/* latency.c - the cells of the histograms; the latency store: exact and histogram side by side, slots of the throughput, memory.
   SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- Cells --- */

/* Walks over the cells from 0 to 2^62 by their definition: equal ones of 2^(low - bits) below 2^low, then 2^bits an octave. */
static void check_cells(uint32_t bits, uint32_t low, double linear_error)
{
    const uint64_t horizon = (uint64_t)1 << 62;
    aflow_allocator heap = aflowi_allocator_or_default(NULL);
    aflowi_arena arena;
    aflowi_histogram h;
    uint64_t first = 0, width = (uint64_t)1 << (low - bits), octave = (uint64_t)1 << low;
    uint32_t cell = 0;
    aflowi_arena_init(&arena, &heap, 1024);
    CHECK(aflowi_histogram_init(&h, &arena, bits, low, horizon));
    while (first < horizon) {
        uint64_t last = first + width - 1;
        double middle = aflowi_cell_middle(&h, cell), error = aflowi_histogram_error(&h);
        CHECK_U64(aflowi_cell_of(first, bits, low), cell);
        CHECK_U64(aflowi_cell_of(first + width / 2, bits, low), cell);
        CHECK_U64(aflowi_cell_of(last, bits, low), cell);
        CHECK(middle >= (double)first && middle <= (double)last);
        if (first < octave && octave == (uint64_t)1 << low) {
            CHECK(middle - (double)first <= linear_error && (double)last - middle <= linear_error);
        } else {
            CHECK(middle - (double)first <= (double)first * error && (double)last - middle <= (double)last * error);
        }
        if (last < (uint64_t)1 << 50) CHECK(middle - (double)first == (double)last - middle);
        first = last + 1;
        cell++;
        if (first == octave) {
            if (first != (uint64_t)1 << low) width *= 2;
            octave *= 2;
            if (first == (uint64_t)1 << low) width = first >> bits;
        }
    }
    CHECK_U64(aflowi_cell_of(horizon, bits, low), cell);
    CHECK_U64(h.cells, cell + 1);
    aflowi_arena_free(&arena);
}

static void cells_cover_all_times(void)
{
    check_cells(AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW, 8);
    check_cells(AFLOWI_FINE_BITS, AFLOWI_FINE_LOW, 0);
}

static void fine_cells_are_exact_below_1024_ns(void)
{
    aflowi_histogram h;
    uint64_t x;
    memset(&h, 0, sizeof h);
    h.bits = AFLOWI_FINE_BITS;
    h.low = AFLOWI_FINE_LOW;
    for (x = 0; x < 1024; x++) CHECK(aflowi_cell_middle(&h, aflowi_cell_of(x, AFLOWI_FINE_BITS, AFLOWI_FINE_LOW)) == (double)x);
    CHECK(aflowi_histogram_error(&h) == 1.0 / 1024);
    h.bits = AFLOWI_COARSE_BITS;
    CHECK(aflowi_histogram_error(&h) == 1.0 / 128);
}

static void a_rank_never_leaves_what_was_seen(void)
{
    uint64_t cells[600];
    aflowi_histogram h;
    aflowi_moments m;
    memset(&h, 0, sizeof h);
    memset(&m, 0, sizeof m);
    memset(cells, 0, sizeof cells);
    h.cell = cells;
    h.cells = 600;
    h.bits = AFLOWI_COARSE_BITS;
    h.low = AFLOWI_COARSE_LOW;
    aflowi_moments_add(&m, 1000);
    aflowi_moments_add(&m, 2000);
    aflowi_moments_add(&m, 2001);
    cells[aflowi_cell_of(1000, h.bits, h.low)]++;
    cells[aflowi_cell_of(2000, h.bits, h.low)] += 2;
    CHECK(aflowi_histogram_at(&h, &m, 0) == 1000);      /* the cell is [992, 1008), its middle below the minimum */
    CHECK(aflowi_histogram_at(&h, &m, 1) == 1999.5 || aflowi_histogram_at(&h, &m, 1) == 2000 || aflowi_histogram_at(&h, &m, 1) == 2001);
    CHECK(aflowi_histogram_at(&h, &m, 2) == aflowi_histogram_at(&h, &m, 1));
    CHECK(aflowi_histogram_at(&h, &m, 99) <= 2001);
}

/* --- Scenarios: generator, one server, client --- */

/* The step's law is what makes the latency; `hop` is the constant latency of the two edges. */
typedef struct setting {
    double per_second;
    uint32_t horizon;
    aflow_random_variable wait;
    double hop;
    const double *arrivals;
    size_t arrivals_count;
    int is_cpu;
} setting;

static aflow_builder *line(const setting *t)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator users;
    aflow_server server;
    aflow_id from, to, app;
    aflow_step step = t->is_cpu ? aflow_cpu(t->wait) : aflow_io(t->wait);
    memset(&users, 0, sizeof users);
    memset(&server, 0, sizeof server);
    users.avg_active_users = aflow_constant(t->per_second);
    users.avg_request_per_minute_per_user = aflow_constant(60);
    users.arrivals = t->arrivals;
    users.arrivals_count = t->arrivals_count;
    from = aflow_add_generator(b, &users);
    to = aflow_add_client(b, NULL);
    app = aflow_add_server(b, &server);
    aflow_add_endpoint(b, app, "/a", &step, 1);
    aflow_connect(b, from, app, aflow_constant(t->hop));
    aflow_connect(b, app, to, aflow_constant(t->hop));
    aflow_builder_settings(b)->total_simulation_time = t->horizon;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    return b;
}

static aflow_result *run_with(const setting *t, aflow_latency_store store, uint64_t seed, int rows)
{
    aflow_builder *b = line(t);
    aflow_diagnostics problems;
    aflow_run_desc desc;
    aflow_result *r;
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    desc.latency_store = store;
    desc.record_requests = rows;
    r = aflow_run(aflow_builder_scenario(b, &problems), &desc, &problems);
    if (!r) test_fail(__FILE__, __LINE__, "%s", problems.count ? problems.items[0].message : "no result");
    CHECK(r == NULL || aflow_result_info(r).latency_store == store);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return r;
}

static setting waiting(double per_second, uint32_t horizon, aflow_random_variable wait)
{
    setting t;
    memset(&t, 0, sizeof t);
    t.per_second = per_second;
    t.horizon = horizon;
    t.wait = wait;
    t.hop = 0.001;
    return t;
}

static setting replaying(const double *arrivals, size_t count, uint32_t horizon)
{
    setting t = waiting(1, horizon, aflow_constant(0.002));
    t.arrivals = arrivals;
    t.arrivals_count = count;
    return t;
}

/* --- Exact and histogram side by side --- */

static int same_bits(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

/* An order statistic x lies in a cell of w whole numbers from a on. Where w > 1, a >= 512 w. What stands for it is the middle
   a + (w - 1) / 2, or the minimum or maximum where that lies beyond, which is not further from x; so it is off by at most
   (w - 1) / 2 < a / 1024 <= x / 1024. A percentile is (1 - f) x + f y of two neighbours x and y with the same f in both stores,
   so it is off by at most (1 - f) x / 1024 + f y / 1024: itself / 1024. The rest is the rounding of three operations. */
static void check_percentile(double got, double exact)
{
    if (!(fabs(got - exact) <= exact / 1024 + exact * 1e-15)) test_fail(__FILE__, __LINE__, "%.17g is not within 1/1024 of %.17g", got, exact);
}

static void check_latencies(const aflow_result *exact, const aflow_result *histogram)
{
    static const double percents[] = { 0, 1e-9, 0.1, 1, 7.77, 25, 33.3333333, 50, 61.803, 75, 90, 95, 99, 99.5, 99.9, 99.99, 99.9999999, 100 };
    aflow_latency_stats a = aflow_result_latency(exact), b = aflow_result_latency(histogram);
    size_t i;
    CHECK_U64(a.count, b.count);
    CHECK(a.relative_error == 0);
    if (a.count == 0) {
        CHECK(b.p50_s != b.p50_s && b.p999_s != b.p999_s && b.mean_s != b.mean_s && b.min_s != b.min_s);
        CHECK(b.relative_error == 0);
        CHECK(aflow_result_percentile(histogram, 50) != aflow_result_percentile(histogram, 50));
        return;
    }
    CHECK(b.relative_error == 1.0 / 1024);
    CHECK(same_bits(a.mean_s, b.mean_s));
    CHECK(same_bits(a.std_dev_s, b.std_dev_s));
    CHECK(same_bits(a.min_s, b.min_s));
    CHECK(same_bits(a.max_s, b.max_s));
    check_percentile(b.p50_s, a.p50_s);
    check_percentile(b.p90_s, a.p90_s);
    check_percentile(b.p95_s, a.p95_s);
    check_percentile(b.p99_s, a.p99_s);
    check_percentile(b.p999_s, a.p999_s);
    for (i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        double p = aflow_result_percentile(histogram, percents[i]);
        check_percentile(p, aflow_result_percentile(exact, percents[i]));
        CHECK(p >= a.min_s && p <= a.max_s);
        if (i) CHECK(p >= aflow_result_percentile(histogram, percents[i - 1]));
    }
    if (a.min_s == a.max_s) CHECK(aflow_result_percentile(histogram, 42) == a.min_s);
    CHECK(aflow_result_percentile(histogram, -1) != aflow_result_percentile(histogram, -1));
}

static void check_info(const aflow_result *exact, const aflow_result *histogram)
{
    aflow_run_info a = aflow_result_info(exact), b = aflow_result_info(histogram);
    CHECK_U64(a.digest, b.digest);
    CHECK_U64(a.scenario_hash, b.scenario_hash);
    CHECK(memcmp(&a.requests, &b.requests, sizeof a.requests) == 0);
    CHECK_U64(a.latency_store, AFLOW_LATENCY_EXACT);
    CHECK_U64(b.latency_store, AFLOW_LATENCY_HISTOGRAM);
}

/* A window that is a multiple of the slots has the same statistics and series in both. */
static void check_rates(const aflow_result *exact, const aflow_result *histogram, double asked_s, double window_s)
{
    aflow_throughput_stats a = aflow_result_throughput(exact, window_s, NULL, 0), b = aflow_result_throughput(histogram, asked_s, NULL, 0);
    size_t n = (size_t)a.windows, i;
    double *rates = (double *)calloc(2 * n + 1, sizeof *rates);
    uint64_t within = 0, finished = 0;
    CHECK(b.window_s == window_s && a.window_s == window_s);
    CHECK_U64(b.windows, a.windows);
    CHECK(same_bits(a.mean_rps, b.mean_rps) && same_bits(a.std_dev_rps, b.std_dev_rps) && same_bits(a.max_rps, b.max_rps));
    aflow_result_throughput(exact, window_s, rates, n);
    b = aflow_result_throughput(histogram, asked_s, rates + n, n);
    CHECK_U64(b.windows, n);
    CHECK(n == 0 || memcmp(rates, rates + n, n * sizeof *rates) == 0);
    for (i = 0; i < n; i++) within += (uint64_t)(rates[n + i] * window_s + 0.5);
    for (i = 0; i < aflow_result_requests(histogram); i++) {
        finished += (double)aflow_result_request(histogram, i).finish_ns <= aflowi_mul(window_s, 1e9) * (double)n + 0.25;
    }
    CHECK_U64(within, finished);
    free(rates);
}

static void check_rows(const aflow_result *exact, const aflow_result *histogram)
{
    uint64_t n = aflow_result_requests(exact), i, different = 0;
    CHECK_U64(aflow_result_requests(histogram), n);
    CHECK_U64(n, aflow_result_info(exact).requests.completed);
    for (i = 0; i < n; i++) {
        aflow_request_info a = aflow_result_request(exact, i), b = aflow_result_request(histogram, i);
        different += a.id != b.id || a.start_ns != b.start_ns || a.finish_ns != b.finish_ns || a.outcome != b.outcome;
    }
    CHECK_U64(different, 0);
}

static void check_both(const setting *t, uint64_t seed)
{
    aflow_result *exact = run_with(t, AFLOW_LATENCY_EXACT, seed, 1), *histogram = run_with(t, AFLOW_LATENCY_HISTOGRAM, seed, 1);
    if (exact && histogram) {
        check_info(exact, histogram);
        check_latencies(exact, histogram);
        check_rows(exact, histogram);
        if (t->horizon <= 600) {
            check_rates(exact, histogram, 0.3, 0.3);
            check_rates(exact, histogram, 0.01, 0.01);
        }
        check_rates(exact, histogram, 1, 1);
        check_rates(exact, histogram, 10, 10);
        check_rates(exact, histogram, 1e9, 1e9);        /* longer than the run: no window */
    }
    aflow_result_destroy(exact);
    aflow_result_destroy(histogram);
}

static void histogram_says_what_exact_says(void)
{
    static const double one[] = { 2.5 }, some[] = { 0.1, 0.1, 0.4, 3, 3, 3.9, 8 }, late[] = { 9.999 };
    uint64_t seed;
    setting t;
    for (seed = 1; seed <= 4; seed++) {
        t = waiting(200, 60, aflow_log_normal(0.05, 1));
        check_both(&t, seed);
        t = waiting(100, 600, aflow_exponential(0.01));
        check_both(&t, seed);
        t.is_cpu = 1;
        t.per_second = 90;
        check_both(&t, seed);
        t = waiting(50, 60, aflow_constant(0.02));      /* one cell */
        check_both(&t, seed);
        t = waiting(1000, 20, aflow_exponential(2e-7)); /* about a microsecond, where cells end to be exact */
        t.hop = 3e-7;
        check_both(&t, seed);
        t = waiting(0.5, 5, aflow_exponential(1));      /* a handful */
        check_both(&t, seed);
    }
    t = replaying(one, 1, 10);
    check_both(&t, 1);
    t = replaying(some, 7, 10);
    check_both(&t, 1);
    t = replaying(late, 1, 10);                         /* generated, not completed */
    check_both(&t, 1);
    t = waiting(0, 10, aflow_constant(1));
    check_both(&t, 1);
}

/* Where edges are constant, the time in the server is the latency less both: for the first seed of which no reply is on its way
   at the end. Also for waits beyond 2^44 ns, 4.9 hours. */
static void check_endpoint(const setting *t)
{
    double hops = 2 * t->hop, tolerance = 1.0 / 128 + 1e-12;
    aflow_latency_stats all, stay;
    uint64_t seed = 0;
    do {
        aflow_result *r = run_with(t, AFLOW_LATENCY_EXACT, ++seed, 0);
        all = aflow_result_latency(r);
        stay = aflow_result_endpoint(r, aflow_result_find(r, "srv-1"), 0).latency;
        aflow_result_destroy(r);
    } while (stay.count != all.count && seed < 40);
    CHECK(stay.count == all.count && all.count > 1000);
    CHECK(stay.relative_error == 1.0 / 128);
    CHECK_NEAR(stay.mean_s, all.mean_s - hops, all.mean_s * 1e-12);
    CHECK_NEAR(stay.max_s, all.max_s - hops, all.max_s * 1e-12);
    CHECK_NEAR(stay.p50_s, all.p50_s - hops, (all.p50_s - hops) * tolerance);
    CHECK_NEAR(stay.p90_s, all.p90_s - hops, (all.p90_s - hops) * tolerance);
    CHECK_NEAR(stay.p99_s, all.p99_s - hops, (all.p99_s - hops) * tolerance);
    CHECK_NEAR(stay.p999_s, all.p999_s - hops, (all.p999_s - hops) * tolerance);
}

static void endpoints_have_cells_up_to_the_horizon(void)
{
    setting t = waiting(100, 60, aflow_log_normal(0.05, 1));
    check_endpoint(&t);
    t = waiting(0.002, 4000000, aflow_exponential(100000));
    check_endpoint(&t);
}

/* --- Throughput in slots --- */

/* Every finish lies on the end of a slot, or a nanosecond after: window k is (k - 1, k]. */
static void the_end_of_a_slot_belongs_to_it(void)
{
    static const double arrivals[] = { 0, 0.996, 0.996, 0.996000001, 1.496, 1.996, 2.995, 2.996000001, 5.996, 9.495999999 };
    static const double want[] = { 3, 3, 1, 1, 0, 1, 0, 0, 0, 1 };
    double rates[10], grid[3000];
    setting t = replaying(arrivals, 10, 10);
    aflow_result *r = run_with(&t, AFLOW_LATENCY_HISTOGRAM, 1, 1), *exact;
    size_t i;
    CHECK_U64(aflow_result_throughput(r, 1, rates, 10).windows, 10);
    for (i = 0; i < 10; i++) CHECK(rates[i] == want[i]);
    aflow_result_destroy(r);
    for (i = 0; i < 3000; i++) grid[i] = (double)(i * 7 / 2) * 0.001;
    t = replaying(grid, 2800, 10);
    r = run_with(&t, AFLOW_LATENCY_HISTOGRAM, 1, 1);
    exact = run_with(&t, AFLOW_LATENCY_EXACT, 1, 1);
    check_rates(exact, r, 0.001, 0.001);
    check_rates(exact, r, 0.003, 0.003);
    check_rates(exact, r, 0.5, 0.5);
    aflow_result_destroy(r);
    aflow_result_destroy(exact);
}

static void windows_are_rounded_up_to_slots(void)
{
    static const struct { uint32_t horizon; double per_second, slot_s, asked_s, window_s; } cases[] = {
        { 5, 200, 0.001, 0.0005, 0.001 }, { 60, 50, 0.001, 0.0123456, 0.013 }, { 60, 50, 0.001, 1.0 / 3, 0.334 }, { 65, 50, 0.001, 2, 2 },
        { 66, 50, 0.01, 0.001, 0.01 }, { 600, 10, 0.01, 0.305, 0.31 }, { 656, 10, 0.1, 0.25, 0.3 }, { 6553, 2, 0.1, 0.1, 0.1 }, { 6554, 2, 1, 0.3, 1 },
        { 65536, 0.2, 1, 1, 1 }, { 65536, 0.2, 1, 2.5, 3 }, { 65537, 0.2, 2, 1, 2 }, { 70000, 0.2, 2, 3, 4 }, { 70000, 0.2, 2, 10, 10 },
        { 4000000, 0.005, 62, 1, 62 }, { 4000000, 0.005, 62, 3600, 3658 }, { 4000000000, 0.000005, 61036, 86400, 122072 } };
    size_t count = sizeof cases / sizeof cases[0] - (size_t)test_brief(), i;      /* the last is 67 million windows of users */
    for (i = 0; i < count; i++) {
        setting t = waiting(cases[i].per_second, cases[i].horizon, aflow_exponential(0.01));
        aflow_result *exact = run_with(&t, AFLOW_LATENCY_EXACT, 5, 1), *histogram = run_with(&t, AFLOW_LATENCY_HISTOGRAM, 5, 1);
        CHECK(aflow_result_info(exact).requests.completed > 100);
        CHECK_NEAR((double)histogram->sim->log.slot_ns * 1e-9, cases[i].slot_s, 1e-9);
        CHECK(histogram->sim->log.slots_count <= AFLOWI_MOST_SLOTS + 1);
        check_rates(exact, histogram, cases[i].asked_s, cases[i].window_s);
        check_info(exact, histogram);
        aflow_result_destroy(exact);
        aflow_result_destroy(histogram);
    }
}

/* Slots of 2 s do not divide 70,001 s: what finishes in the rest of the last one is counted, and in no window. */
static void the_last_slot_may_be_a_part(void)
{
    static const double arrivals[] = { 0, 69999, 70000.5, 70000.75 };
    setting t = replaying(arrivals, 4, 70001);
    aflow_result *r = run_with(&t, AFLOW_LATENCY_HISTOGRAM, 1, 0);
    const aflowi_log *log = &r->sim->log;
    CHECK(log->slot < log->slots_count);
    CHECK_U64(log->slots[log->slot], 2);
    CHECK_U64(aflow_result_latency(r).count, 4);
    CHECK_U64(aflow_result_throughput(r, 1, NULL, 0).windows, 35000);
    CHECK_NEAR(aflow_result_throughput(r, 1, NULL, 0).mean_rps, 2 / 70000.0, 1e-15);
    aflow_result_destroy(r);
}

/* A run that ends early: windows up to where it was played. */
static void an_early_end_leaves_the_last_window_out(void)
{
    setting t = waiting(100, 60, aflow_exponential(0.01));
    aflow_builder *b = line(&t);
    aflow_result *r[2];
    int i;
    for (i = 0; i < 2; i++) {
        aflow_run_desc desc;
        aflow_sim *sim;
        memset(&desc, 0, sizeof desc);
        desc.record_requests = 1;
        desc.latency_store = i ? AFLOW_LATENCY_HISTOGRAM : AFLOW_LATENCY_EXACT;
        sim = aflow_sim_create(aflow_builder_scenario(b, NULL), &desc, NULL);
        aflow_sim_run_until(sim, 10);
        aflow_sim_run_until(sim, 37.25);
        r[i] = aflow_sim_finish(sim);
        aflow_sim_destroy(sim);
    }
    check_info(r[0], r[1]);
    check_latencies(r[0], r[1]);
    check_rates(r[0], r[1], 1, 1);
    check_rates(r[0], r[1], 0.25, 0.25);
    CHECK_U64(aflow_result_throughput(r[1], 1, NULL, 0).windows, 37);
    aflow_result_destroy(r[0]);
    aflow_result_destroy(r[1]);
    aflow_builder_destroy(b);
}

/* --- aflow_result_latency_histogram --- */

static uint64_t sum_of(const uint64_t *cells, size_t n)
{
    uint64_t sum = 0;
    while (n) sum += cells[--n];
    return sum;
}

static void check_bins(const setting *t, double limit_s)
{
    enum { BINS = 64 };
    aflow_result *r[2];
    uint64_t cells[2][BINS], counted[2];
    int i;
    for (i = 0; i < 2; i++) {
        aflow_latency_stats s;
        r[i] = run_with(t, i ? AFLOW_LATENCY_HISTOGRAM : AFLOW_LATENCY_EXACT, 2, 0);
        s = aflow_result_latency(r[i]);
        CHECK(s.count > 100);
        /* all that completed, from the least to just above the greatest, also in one bin, also with room around */
        CHECK_U64(aflow_result_latency_histogram(r[i], s.min_s, s.max_s + 1e-9, cells[i], BINS), s.count);
        CHECK_U64(sum_of(cells[i], BINS), s.count);
        CHECK(cells[i][0] > 0);
        CHECK_U64(aflow_result_latency_histogram(r[i], s.min_s, s.max_s + 1e-9, cells[i], 1), s.count);
        CHECK_U64(aflow_result_latency_histogram(r[i], 0, s.max_s * 2, cells[i], BINS), s.count);
        CHECK_U64(aflow_result_latency_histogram(r[i], 0, s.min_s, cells[i], BINS), 0);
        CHECK_U64(aflow_result_latency_histogram(r[i], s.max_s + 1e-9, s.max_s * 2, cells[i], BINS), 0);
        CHECK_U64(sum_of(cells[i], BINS), 0);
        counted[i] = aflow_result_latency_histogram(r[i], 0, limit_s, cells[i], BINS);
        CHECK_U64(sum_of(cells[i], BINS), counted[i]);
    }
    /* bins of whole cells: 2^k / 64 ns wide, where cells below 2^k are 2^k / 1024 at most */
    CHECK_U64(counted[0], counted[1]);
    CHECK(counted[0] > 0);
    for (i = 0; i < BINS; i++) CHECK_U64(cells[1][i], cells[0][i]);
    aflow_result_destroy(r[0]);
    aflow_result_destroy(r[1]);
}

static void bins_count_each_request_once(void)
{
    setting t = waiting(200, 60, aflow_log_normal(0.05, 1));
    check_bins(&t, (double)(1 << 26) * 1e-9);
    t = waiting(200, 60, aflow_exponential(0.01));
    check_bins(&t, (double)(1 << 24) * 1e-9);
    t = waiting(200, 60, aflow_constant(0.05));         /* its cell begins below 0.052 s, the least and greatest */
    check_bins(&t, (double)(1 << 26) * 1e-9);
}

/* The report's rows begin at the minimum where that is a round number; nothing may fall through. */
static void report_of_one_latency_has_one_row(void)
{
    static char text[20000];
    setting t = waiting(200, 60, aflow_constant(0.048));
    aflow_result *r = run_with(&t, AFLOW_LATENCY_HISTOGRAM, 2, 0);
    aflow_text put = { text, sizeof text, 0 };
    CHECK_U64(aflow_write_text(r, aflow_put_text, &put), AFLOW_OK);
    CHECK(strstr(text, "100.00 %\n\nTHROUGHPUT") != NULL);
    CHECK(strstr(text, "\xE2\x89\xA5") == NULL);
    aflow_result_destroy(r);
}

/* --- Which store --- */

static aflow_latency_store store_of(const setting *t, aflow_latency_store asked)
{
    aflow_builder *b = line(t);
    aflow_run_desc desc;
    aflow_sim *sim;
    aflow_result *r;
    aflow_latency_store chosen;
    memset(&desc, 0, sizeof desc);
    desc.latency_store = asked;
    sim = aflow_sim_create(aflow_builder_scenario(b, NULL), &desc, NULL);
    r = aflow_sim_finish(sim);
    CHECK(r != NULL);
    chosen = aflow_result_info(r).latency_store;
    aflow_sim_destroy(sim);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
    return chosen;
}

static void auto_follows_the_expected_requests(void)
{
    enum { MOST = 4194304 };
    double *arrivals = (double *)calloc(MOST + 1, sizeof *arrivals);
    setting t = replaying(arrivals, MOST, 10);
    CHECK_U64(store_of(&t, AFLOW_LATENCY_AUTO), AFLOW_LATENCY_EXACT);
    t.arrivals_count = MOST + 1;
    CHECK_U64(store_of(&t, AFLOW_LATENCY_AUTO), AFLOW_LATENCY_HISTOGRAM);
    CHECK_U64(store_of(&t, (aflow_latency_store)77), AFLOW_LATENCY_HISTOGRAM);      /* nonsense is auto */
    free(arrivals);
    /* n drawn requests of users constant over windows: n + 6 sqrt(n (1 + 60)) + 16 are expected at most */
    t = waiting(4099304 / 1000.0, 1000, aflow_exponential(0.01));
    CHECK_U64(store_of(&t, AFLOW_LATENCY_AUTO), AFLOW_LATENCY_EXACT);
    t = waiting(4099504 / 1000.0, 1000, aflow_exponential(0.01));
    CHECK_U64(store_of(&t, AFLOW_LATENCY_AUTO), AFLOW_LATENCY_HISTOGRAM);
    CHECK_U64(store_of(&t, AFLOW_LATENCY_EXACT), AFLOW_LATENCY_EXACT);
    t = waiting(10, 10, aflow_exponential(0.01));
    CHECK_U64(store_of(&t, AFLOW_LATENCY_AUTO), AFLOW_LATENCY_EXACT);
    CHECK_U64(store_of(&t, AFLOW_LATENCY_HISTOGRAM), AFLOW_LATENCY_HISTOGRAM);
}

/* --- Memory --- */

/* Counts calls and bytes, checks sizes, fails where it is told to: call fail_at alone, or it and all later ones. */
typedef struct ledger { size_t live, bytes, peak, calls, fail_at, wrong; int for_ever; } ledger;

static void *ledger_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    enum { HEADER = 16 };
    ledger *l = (ledger *)context;
    unsigned char *block = memory ? (unsigned char *)memory - HEADER : NULL;
    size_t known = 0;
    if (block) memcpy(&known, block, sizeof known);
    l->wrong += known != (block ? old_size : 0);
    l->calls += new_size != 0;
    if (new_size && l->fail_at && (l->for_ever ? l->calls >= l->fail_at : l->calls == l->fail_at)) return NULL;
    l->bytes += new_size - known;
    if (l->bytes > l->peak) l->peak = l->bytes;
    if (!new_size) {
        l->live -= block != NULL;
        free(block);
        return NULL;
    }
    l->live += block == NULL;
    block = (unsigned char *)realloc(block, new_size + HEADER);
    if (!block) exit(1);
    memcpy(block, &new_size, sizeof new_size);
    if (new_size > known) memset(block + HEADER + known, 0xCD, new_size - known);
    return block + HEADER;
}

static aflow_allocator ledger_allocator(ledger *l)
{
    aflow_allocator a;
    memset(l, 0, sizeof *l);
    a.resize = ledger_resize;
    a.context = l;
    return a;
}

static void out_of_memory_is_clean(void)
{
    setting t = waiting(500, 5, aflow_exponential(0.05));
    aflow_builder *b = line(&t);
    int for_ever;
    for (for_ever = 0; for_ever < 2; for_ever++) {
        uint64_t digest = 0;
        size_t k, failed = 0, done = 0;
        for (k = 1; k < 200 && done < 3; k++) {
            aflow_diagnostics problems;
            aflow_run_desc desc;
            aflow_result *r;
            ledger l;
            memset(&problems, 0, sizeof problems);
            memset(&desc, 0, sizeof desc);
            desc.allocator = ledger_allocator(&l);
            desc.latency_store = AFLOW_LATENCY_HISTOGRAM;
            desc.record_requests = 1;
            desc.reserve_in_flight = 1;
            l.fail_at = k;
            l.for_ever = for_ever;
            r = aflow_run(aflow_builder_scenario(b, NULL), &desc, &problems);
            if (r) {
                uint64_t own = aflow_result_info(r).digest;
                if (!digest) digest = own;
                CHECK_U64(own, digest);
                CHECK(aflow_result_latency(r).count > 1000);
                done += l.calls < k;
            } else {
                CHECK(problems.errors > 0);
                failed++;
            }
            aflow_result_destroy(r);
            aflow_diagnostics_clear(&problems);
            CHECK_U64(l.live, 0);
            CHECK_U64(l.bytes, 0);
            CHECK_U64(l.wrong, 0);
        }
        CHECK(done == 3 && failed > 5);
    }
    aflow_builder_destroy(b);
}

static void run_size_is_enough_for_a_histogram(void)
{
    static const struct { double per_second; uint32_t horizon; int rows; } cases[] = { { 300, 60, 0 }, { 300, 60, 1 }, { 20, 6000, 0 }, { 0.1, 100000, 1 }, { 20000, 250, 0 } };
    size_t count = sizeof cases / sizeof cases[0] - (size_t)test_brief(), i;
    for (i = 0; i < count; i++) {
        setting t = waiting(cases[i].per_second, cases[i].horizon, aflow_exponential(0.001));
        aflow_builder *b = line(&t);
        const aflow_scenario *s = aflow_builder_scenario(b, NULL);
        aflow_run_desc desc;
        aflow_result *r;
        size_t size, misplaced;
        uint64_t wanted;
        memset(&desc, 0, sizeof desc);
        desc.record_requests = cases[i].rows;
        desc.reserve_in_flight = 400;
        desc.latency_store = i == 4 ? AFLOW_LATENCY_AUTO : AFLOW_LATENCY_HISTOGRAM;     /* five million are a histogram unasked */
        r = aflow_run(s, &desc, NULL);
        wanted = aflow_result_info(r).digest;
        CHECK_U64(aflow_result_info(r).latency_store, AFLOW_LATENCY_HISTOGRAM);
        aflow_result_destroy(r);
        size = aflow_run_size(s, &desc, NULL);
        CHECK(size > 0 && (cases[i].rows || size < 1000000));
        for (misplaced = 0; misplaced < (i < 4 ? 16u : 1u); misplaced += 15) {
            unsigned char *memory = (unsigned char *)malloc(size + misplaced + 16);
            memset(memory, 0x5A, size + misplaced + 16);
            desc.buffer = memory + misplaced;
            desc.buffer_size = size;
            r = aflow_run(s, &desc, NULL);
            CHECK(r != NULL && aflow_result_info(r).digest == wanted);
            CHECK(r == NULL || aflow_result_latency(r).relative_error > 0);
            aflow_result_destroy(r);
            CHECK(memory[misplaced + size] == 0x5A && memory[misplaced + size + 15] == 0x5A);
            free(memory);
        }
        aflow_builder_destroy(b);
    }
}

typedef struct cost { size_t peak, at_tenth, at_end; uint64_t completed; } cost;

static cost cost_of(uint32_t horizon)
{
    setting t = waiting(1000, horizon, aflow_exponential(0.003));
    aflow_builder *b = line(&t);
    aflow_run_desc desc;
    aflow_result *r;
    aflow_sim *sim;
    ledger l;
    cost c;
    int slice;
    memset(&c, 0, sizeof c);
    memset(&desc, 0, sizeof desc);
    desc.allocator = ledger_allocator(&l);
    desc.latency_store = AFLOW_LATENCY_HISTOGRAM;
    sim = aflow_sim_create(aflow_builder_scenario(b, NULL), &desc, NULL);
    for (slice = 1; slice <= 10; slice++) {
        CHECK_U64(aflow_sim_run_until(sim, horizon / 10.0 * slice), AFLOW_OK);
        if (slice == 1) c.at_tenth = l.calls;
    }
    c.at_end = l.calls;
    c.completed = aflow_sim_counters(sim).completed;
    r = aflow_sim_finish(sim);
    aflow_result_latency(r);
    aflow_result_throughput(r, 1, NULL, 0);
    CHECK_U64(l.calls, c.at_end);
    c.peak = l.peak;
    aflow_sim_destroy(sim);
    aflow_result_destroy(r);
    aflow_builder_destroy(b);
    CHECK_U64(l.bytes, 0);
    return c;
}

/* 600 s and 6,000 s have as many slots, of 10 and of 100 ms; the cells of three or four more octaves are all that is added. */
static void memory_does_not_grow_with_the_requests(void)
{
    cost some = cost_of(600), many = cost_of(6000);
    CHECK(some.completed > 590000 && many.completed > 5900000);
    CHECK(many.peak < 4000000);
    CHECK(many.peak >= some.peak && many.peak <= some.peak + 4 * (512 + 64) * sizeof(uint64_t) + 1024);
    CHECK_U64(some.at_end, some.at_tenth);
    CHECK_U64(many.at_end, many.at_tenth);
}

int main(void)
{
    RUN(cells_cover_all_times);
    RUN(fine_cells_are_exact_below_1024_ns);
    RUN(a_rank_never_leaves_what_was_seen);
    RUN(histogram_says_what_exact_says);
    RUN(endpoints_have_cells_up_to_the_horizon);
    RUN(the_end_of_a_slot_belongs_to_it);
    RUN(windows_are_rounded_up_to_slots);
    RUN(the_last_slot_may_be_a_part);
    RUN(an_early_end_leaves_the_last_window_out);
    RUN(bins_count_each_request_once);
    RUN(report_of_one_latency_has_one_row);
    RUN(auto_follows_the_expected_requests);
    RUN(out_of_memory_is_clean);
    RUN(run_size_is_enough_for_a_histogram);
    RUN(memory_does_not_grow_with_the_requests);
    return test_end();
}
