/* experiments.c - Student's t, estimates on data by hand, values as single runs have them, wrong descriptions, precision, objectives,
   comparisons, NULLs, and every allocation failing once. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* The same number, or both none: bit for bit. */
static int same(double a, double b) { return a != a ? b != b : memcmp(&a, &b, sizeof a) == 0; }

/* One server of one core, users who send once a second each, 2 ms of CPU time. */
static aflow_builder *shop(uint32_t users, uint32_t seconds, aflow_random_variable cpu_time)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_server s;
    aflow_id from, client, server;
    memset(&g, 0, sizeof g);
    memset(&s, 0, sizeof s);
    g.avg_active_users = aflow_constant(users);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    from = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    s.id = "app";
    server = aflow_add_server(b, &s);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_cpu(cpu_time)));
    aflow_connect(b, from, server, aflow_constant(0.001));
    aflow_connect(b, server, client, aflow_constant(0.001));
    aflow_builder_settings(b)->total_simulation_time = seconds;
    return b;
}

static aflow_experiment_desc runs(uint32_t n)
{
    aflow_experiment_desc d;
    memset(&d, 0, sizeof d);
    d.replications = n;
    return d;
}

static aflow_estimate estimate(const aflow_experiment *e, const char *name)
{
    return aflow_experiment_estimate(e, aflow_experiment_find(e, name));
}

/* --- Student's t --- */

/* Quantiles with 40 digits of arithmetic: bisection of the incomplete beta function (A&S 26.7.1); they round to the published tables
   (A&S 26.10; Fisher and Yates, table III). */
typedef struct student_row { uint32_t degrees; double t[7]; } student_row;
static const double student_confidences[7] = { 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999 };
static const student_row student_rows[] = {
    { 1, { 1.0, 3.0776835371753, 6.313751514675, 12.706204736175, 63.656741162872, 636.61924876872, 6366.1976713159 } },
    { 2, { 0.81649658092773, 1.8856180831641, 2.9199855803537, 4.3026527297495, 9.9248432009183, 31.599054576444, 99.992499843745 } },
    { 3, { 0.76489232840435, 1.6377443536962, 2.3533634348018, 3.1824463052837, 5.8409093097334, 12.923978636687, 28.000130010949 } },
    { 4, { 0.74069708411268, 1.5332062740589, 2.1318467863267, 2.7764451051978, 4.60409487135, 8.6103015813793, 15.544100581546 } },
    { 5, { 0.72668684380042, 1.4758840488245, 2.015048373333, 2.5705818356363, 4.0321429835552, 6.8688266258811, 11.177710070279 } },
    { 6, { 0.71755819649141, 1.4397557472651, 1.9431802805153, 2.446911851145, 3.7074280213248, 5.9588161788188, 9.082346327294 } },
    { 8, { 0.70638661264484, 1.3968153097439, 1.8595480375309, 2.3060041352042, 3.3553873313334, 5.0413054333734, 7.1200038827345 } },
    { 9, { 0.70272214675133, 1.3830287383966, 1.8331129326562, 2.2621571627982, 3.2498355415921, 4.7809125859311, 6.5936825839448 } },
    { 10, { 0.69981206131243, 1.3721836411103, 1.8124611228117, 2.2281388519863, 3.169272672617, 4.5868938587026, 6.2110508912907 } },
    { 14, { 0.69241706957001, 1.3450303744547, 1.7613101357749, 2.1447866879178, 2.9768427343708, 4.1404541127382, 5.3634130411568 } },
    { 19, { 0.68762146020396, 1.3277282090268, 1.7291328115214, 2.0930240544083, 2.860934606465, 3.8834058525921, 4.8974615888622 } },
    { 24, { 0.68484962723698, 1.3178359336731, 1.7108820799094, 2.063898561628, 2.7969395047745, 3.7453986192901, 4.6543811468823 } },
    { 29, { 0.68304386082161, 1.3114336473016, 1.6991270265335, 2.0452296421327, 2.7563859036706, 3.6594050194663, 4.505511631211 } },
    { 30, { 0.68275569332129, 1.3104150253914, 1.697260886594, 2.0422724563012, 2.7499956535672, 3.645958635042, 4.4824171754097 } },
    { 39, { 0.68083255656461, 1.3036385886213, 1.6848751217112, 2.0226909200368, 2.7079131835177, 3.5581200813327, 4.3327913412127 } },
    { 49, { 0.67952964526265, 1.2990687847477, 1.6765508926169, 2.0095752371292, 2.6799519736316, 3.5004428913674, 4.2357259369887 } },
    { 60, { 0.67860072064814, 1.2958210935157, 1.6706488649046, 2.0002978220143, 2.660283028855, 3.4602004691964, 4.1685650178646 } },
    { 99, { 0.67697598554615, 1.2901614420345, 1.660391156017, 1.9842169515864, 2.6264054572808, 3.3915288333637, 4.0550413091143 } },
    { 100, { 0.67695104301147, 1.2900747613465, 1.6602343260853, 1.9839715185236, 2.625890521438, 3.3904913111642, 4.0533367012015 } },
    { 120, { 0.67653972491252, 1.2886462336564, 1.6576508993552, 1.9799304050824, 2.6174211451069, 3.3734537685625, 4.0253899500584 } },
    { 198, { 0.67573084238559, 1.2858418415766, 1.6525857836178, 1.9720174778363, 2.6008872779905, 3.3403402774547, 3.9713187450707 } },
    { 199, { 0.67572459561065, 1.2858202092594, 1.6525467461666, 1.9719565442518, 2.6007602160585, 3.3400865561614, 3.970905695795 } },
    { 200, { 0.67571841140422, 1.2857987939948, 1.6525081009109, 1.9718962236339, 2.6006344361916, 3.3398354062757, 3.9704968515029 } },
    { 201, { 0.67571228883096, 1.2857775925323, 1.65246984197, 1.9718365067799, 2.6005099190832, 3.3395867889053, 3.9700921483125 } },
    { 499, { 0.67498172254766, 1.2832504230099, 1.6479129840597, 1.9647293909877, 2.5857176831118, 3.3101305703978, 3.9222730509441 } },
    { 500, { 0.67498073796594, 1.2832470207104, 1.6479068539295, 1.9647198374674, 2.5856978351419, 3.3100911515227, 3.9222092318891 } },
    { 999, { 0.67473541034672, 1.2823995700374, 1.6463803454275, 1.9623414611334, 2.5807596372676, 3.3002924403987, 3.9063595611022 } },
    { 1000, { 0.67473516460701, 1.2823987214609, 1.6463788172855, 1.9623390808264, 2.580754698066, 3.3002826484239, 3.9063437367014 } },
};

static void student(void)
{
    static const double normal[7] = { 0.674489750196082, 1.2815515655446, 1.64485362695147, 1.95996398454005, 2.5758293035489, 3.29052673149189, 3.89059188641309 };
    size_t i, k;
    for (i = 0; i < sizeof student_rows / sizeof *student_rows; i++) {
        for (k = 0; k < 7; k++) CHECK_NEAR(aflow_student_t(student_confidences[k], student_rows[i].degrees) / student_rows[i].t[k], 1, 1e-11);
    }
    /* Far out it is the normal's quantile z, and z + (z^3 + z) / (4 n) on the way (A&S 26.7.5) */
    for (k = 0; k < 7; k++) {
        double z = normal[k];
        CHECK_NEAR(aflow_student_t(student_confidences[k], 999999), z + (z * z * z + z) / 4 / 999999, 1e-9);
        CHECK_NEAR(aflow_student_t(student_confidences[k], UINT32_MAX), z, 2e-7);      /* beyond any experiment: n / (n + t^2) is near 1 */
    }
    for (k = 0; k < 7; k++) {           /* falls with the degrees, also where the formula changes */
        double before = aflow_student_t(student_confidences[k], 1);
        uint32_t n;
        for (n = 2; n < 5000; n = n < 1100 ? n + 1 : n + 97) {
            double t = aflow_student_t(student_confidences[k], n);
            if (!(t < before)) { CHECK_NEAR(t, before, 0); break; }
            before = t;
        }
    }
}

static void student_of_nothing(void)
{
    CHECK(aflow_student_t(0.95, 0) != aflow_student_t(0.95, 0));
    CHECK(aflow_student_t(0, 5) != aflow_student_t(0, 5));
    CHECK(aflow_student_t(1, 5) != aflow_student_t(1, 5));
    CHECK(aflow_student_t(-1, 5) != aflow_student_t(-1, 5));
    CHECK(aflow_student_t(aflowi_nan(), 5) != aflow_student_t(aflowi_nan(), 5));
}

/* --- Spreads and medians --- */

static void spread_by_hand(void)
{
    /* of 2, 4, 4, 6: mean 4, squares 4 + 0 + 0 + 4, so std_dev sqrt(8 / 3), and half an interval 3.182446... std_dev / 2 */
    double data[12] = { 2, 99, 4, 99, 0, 99, 4, 99, 6, 99, 0, 99 }, half = 3.1824463052837 * sqrt(8.0 / 3) / 2;
    aflowi_spread s;
    data[4] = data[10] = aflowi_nan();
    s = aflowi_spread_of(data, 6, 2, 0.95);
    CHECK_U64(s.count, 4);
    CHECK(s.mean == 4 && s.min == 2 && s.max == 6);
    CHECK_NEAR(s.std_dev, sqrt(8.0 / 3), 1e-15);
    CHECK_NEAR(s.low, 4 - half, 1e-12);
    CHECK_NEAR(s.high, 4 + half, 1e-12);
    s = aflowi_spread_of(data, 1, 2, 0.95);
    CHECK(s.count == 1 && s.mean == 2 && s.min == 2 && s.max == 2 && s.std_dev != s.std_dev && s.low != s.low && s.high != s.high);
    s = aflowi_spread_of(data + 4, 1, 2, 0.95);
    CHECK(s.count == 0 && s.mean != s.mean && s.min != s.min && s.max != s.max);
    s = aflowi_spread_of(NULL, 0, 1, 0.95);
    CHECK(s.count == 0 && s.mean != s.mean);
    s = aflowi_spread_of(data + 1, 6, 2, 0.95);         /* all equal: an interval of no width */
    CHECK(s.count == 6 && s.std_dev == 0 && s.low == 99 && s.high == 99);
    data[0] = 1e15;                                     /* nothing cancels */
    data[2] = 1e15 + 2;
    data[4] = 1e15 + 4;
    s = aflowi_spread_of(data, 3, 2, 0.95);
    CHECK(s.mean == 1e15 + 2 && s.std_dev == 2);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void medians(void)
{
    double data[101], sorted[101];
    uint64_t state = 1;
    size_t n, i, numbers;
    for (n = 0; n <= 101; n++) {
        for (i = numbers = 0; i < n; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            data[i] = (state >> 60) == 0 ? aflowi_nan() : ((double)(state >> 40) - 8e6) / (n % 3 ? 1 : 1e6) * (n % 7 ? 1 : 1e-300);
            if (n % 5 == 0 && data[i] == data[i]) data[i] = (double)(state >> 62);      /* with ties */
            if (data[i] == data[i]) sorted[numbers++] = data[i];
        }
        qsort(sorted, numbers, sizeof *sorted, by_value);
        if (!numbers) CHECK(aflowi_median(data, n, 1, 0) != aflowi_median(data, n, 1, 0));
        else CHECK(aflowi_median(data, n, 1, numbers) == (sorted[(numbers - 1) / 2] + sorted[numbers / 2]) / 2);
        for (i = 0; i < numbers; i++) CHECK(aflowi_ranked(data, n, 1, i) == sorted[i]);
    }
}

/* --- An experiment's values are those of its runs --- */

/* Every value is what aflow_result_statistic says of that replication alone, to the last bit; a percentile of too few is none. */
static void check_values(const aflow_scenario *scenario, const aflow_experiment_desc *d)
{
    aflow_experiment *e = aflow_replicate(scenario, d, NULL);
    aflow_counters all, alone;
    uint64_t latencies = 0;
    size_t run, i;
    memset(&all, 0, sizeof all);
    CHECK(e != NULL);
    CHECK_U64(aflow_experiment_runs(e), d->replications);
    for (run = 0; run < aflow_experiment_runs(e); run++) {
        aflow_replication_info info = aflow_experiment_run(e, run);
        aflow_run_desc desc;
        aflow_result *r;
        memset(&desc, 0, sizeof desc);
        desc.seed = d->seed;
        desc.replication = d->first_replication + run;
        desc.warm_up_s = d->warm_up_s;
        desc.latency_store = d->latency_store;
        r = aflow_run(scenario, &desc, NULL);
        CHECK_U64(info.replication, desc.replication);
        CHECK_U64(info.digest, aflow_result_info(r).digest);
        CHECK_STR(info.bottleneck, aflow_result_name(r, aflow_result_verdict(r).bottleneck));
        CHECK_U64(info.verdict, aflow_result_verdict(r).verdict);
        CHECK(same(info.utilization, aflow_result_verdict(r).utilization) && same(info.offered, aflow_result_verdict(r).offered));
        alone = aflow_result_info(r).requests;
        CHECK(memcmp(&info.requests, &alone, sizeof alone) == 0);
        all.completed += info.requests.completed;
        all.events += info.requests.events;
        latencies += aflow_result_latency(r).count;
        for (i = 0; i < aflow_experiment_statistics(e); i++) {
            aflow_estimate x = aflow_experiment_estimate(e, i);
            double want = aflow_result_statistic(r, x.name, NULL), got = aflow_experiment_value(e, run, i);
            if (x.needs > 1 && aflow_result_latency(r).count < x.needs) want = aflowi_nan();
            if (!same(got, want)) test_fail(__FILE__, __LINE__, "%s of run %u is %.17g, alone %.17g", x.name, (unsigned)run, got, want);
        }
        aflow_result_destroy(r);
    }
    CHECK_U64(aflow_experiment_info(e).requests.completed, all.completed);
    CHECK_U64(aflow_experiment_info(e).requests.events, all.events);
    CHECK_U64(aflow_experiment_latency(e).count, latencies);
    aflow_experiment_destroy(e);
}

static void values_are_the_runs(void)
{
    static const char *const more[] = { "p0.1", "p1", "p25", "p75", "p99.99", "p100", "std_dev", "min", "median", "generated", "app.p95", "/.mean", "app.loop_lag.p99" };
    static const struct { uint32_t users, seconds; double mean, warm_up_s; int exponential; aflow_latency_store store; } worlds[] = {
        { 100, 30, 0.008, 0, 1, AFLOW_LATENCY_EXACT }, { 100, 30, 0.008, 10, 1, AFLOW_LATENCY_EXACT }, { 100, 30, 0.008, 0, 1, AFLOW_LATENCY_HISTOGRAM },
        { 100, 30, 0.008, 3, 1, AFLOW_LATENCY_HISTOGRAM }, { 50, 20, 0.001, 0, 0, AFLOW_LATENCY_EXACT }, { 1, 5, 0.5, 0, 1, AFLOW_LATENCY_EXACT },
        { 1, 5, 0.1, 0, 0, AFLOW_LATENCY_EXACT }, { 1, 6, 1, 0, 1, AFLOW_LATENCY_EXACT }, { 200, 10, 0.02, 0, 1, AFLOW_LATENCY_EXACT }, { 3, 5, 9, 0, 0, AFLOW_LATENCY_EXACT } };
    size_t i;
    for (i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        aflow_builder *b = shop(worlds[i].users, worlds[i].seconds, worlds[i].exponential ? aflow_exponential(worlds[i].mean) : aflow_constant(worlds[i].mean));
        aflow_experiment_desc d = runs(i > 4 && i != 8 ? 40 : 4);
        d.seed = i;
        d.first_replication = i * 1000;
        d.warm_up_s = worlds[i].warm_up_s;
        d.latency_store = worlds[i].store;
        d.statistics = more;
        d.statistics_count = sizeof more / sizeof *more;
        check_values(aflow_builder_scenario(b, NULL), &d);
        aflow_builder_destroy(b);
    }
}

/* Percentiles from two passes are those from many passes over the list, whatever it holds. */
static void percentiles_by_cells(void)
{
    static aflowi_completion list[3000];
    aflow_allocator heap = aflowi_allocator_or_default(NULL);
    uint64_t state = 7;
    size_t n, i, shape;
    for (shape = 0; shape < 8; shape++) {
        for (n = 1; n <= 3000; n = n < 40 ? n + 1 : n * 3 / 2) {
            aflow_sim one, other;
            aflowi_cells c;
            memset(&one, 0, sizeof one);
            for (i = 0; i < n; i++) {
                uint64_t x;
                state = state * 6364136223846793005u + 1442695040888963407u;
                x = state >> 40;
                list[i].start = state >> 50;
                list[i].finish = list[i].start + (shape == 0 ? x : shape == 1 ? 12345678 : shape == 2 ? x % 3 * 1000000 : shape == 3 ? x % 700 : shape == 4 ? x * x
                               : shape == 5 ? (x % 100 ? 5000000 + x % 1000 : x << 20) : shape == 6 ? i : x % 2 ? 1000000 + x % 2 : (uint64_t)1 << 60);
            }
            one.log.completions = list;
            one.log.count = n;
            one.log.first = n > 10 && shape % 2 ? n / 7 : 0;
            other = one;
            aflowi_know_latency(&one);
            CHECK(aflowi_know_latency_by_cells(&other, &heap, &c));
            CHECK(memcmp(&one.latency, &other.latency, sizeof one.latency) == 0 && memcmp(&one.latency_moments, &other.latency_moments, sizeof one.latency_moments) == 0);
            aflowi_free(&heap, c.count, c.size * sizeof *c.count);
        }
    }
}

/* p99 needs 1,000 observations, p99.9 ten times as many: a run of fewer gives none, and nothing is pooled from fewer. */
static void percentiles_of_too_few(void)
{
    aflow_builder *b = shop(50, 10, aflow_constant(0.001));     /* about 500 a run */
    aflow_experiment_desc d = runs(12);
    aflow_experiment *e = aflow_replicate(aflow_builder_scenario(b, NULL), &d, NULL);
    aflow_estimate x = estimate(e, "p99");
    CHECK(x.needs == 1000 && x.runs == 0 && x.mean != x.mean && x.low != x.low && x.median != x.median);
    CHECK(x.pooled == aflow_experiment_percentile(e, 99));      /* 6,000 together do for p99 */
    x = estimate(e, "p99.9");
    CHECK(x.needs == 10000 && x.runs == 0 && x.pooled != x.pooled);
    x = estimate(e, "p95");
    CHECK(x.needs == 200 && x.runs == 12 && x.mean == x.mean);
    x = estimate(e, "p50");
    CHECK(x.needs == 1 && x.runs == 12);
    aflow_experiment_destroy(e);
    aflow_builder_destroy(b);
}

/* --- Wrong descriptions --- */

static void expect(const aflow_scenario *s, const aflow_experiment_desc *d, aflow_diagnostic_code code, const char *path, const char *message)
{
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    CHECK(aflow_replicate(s, d, &problems) == NULL);
    CHECK_U64(problems.errors, 1);
    CHECK_U64(problems.count, 1);
    if (problems.count) {
        CHECK_U64(problems.items[0].code, code);
        CHECK_STR(problems.items[0].path, path);
        CHECK_STR(problems.items[0].message, message);
    }
    aflow_diagnostics_clear(&problems);
    CHECK(aflow_replicate(s, d, NULL) == NULL);
}

static void wrong_descriptions(void)
{
    static const char *const unknown[] = { "p95", "p951" }, *const missing[] = { "p95", NULL };
    aflow_builder *b = shop(1, 5, aflow_constant(0.001));
    const aflow_scenario *s = aflow_builder_scenario(b, NULL);
    aflow_experiment_desc d;
#define WRONG(set, code, path, message) do { d = runs(2); (void)(set); expect(s, &d, AFLOW_DIAGNOSTIC_##code, path, message); } while (0)
    WRONG(d.replications = 1000001, EXPERIMENT, "replications", "is more than 1,000,000 runs");
    WRONG(d.most_replications = 1000001, EXPERIMENT, "replications", "is more than 1,000,000 runs");
    WRONG(d.precision = -0.1, EXPERIMENT, "precision", "is no share of a mean; needs 0.000001 to 1, as 0.05 for 5 %");
    WRONG(d.precision = 5, EXPERIMENT, "precision", "is no share of a mean; needs 0.000001 to 1, as 0.05 for 5 %");
    WRONG(d.precision = aflowi_nan(), EXPERIMENT, "precision", "is no share of a mean; needs 0.000001 to 1, as 0.05 for 5 %");
    WRONG((d.precision = 0.1, d.most_replications = 1), EXPERIMENT, "most_replications", "is less than replications");
    WRONG((d.precision = 0.1, d.precision_of = "p95x"), UNKNOWN_STATISTIC, "", "\"p95x\" names no statistic: there is no \"p95x\"; did you mean \"p95\"?");
    WRONG(d.confidence = 0.4999, EXPERIMENT, "confidence", "is outside of 0.5 to 0.9999");
    WRONG(d.confidence = 95, EXPERIMENT, "confidence", "is outside of 0.5 to 0.9999");
    WRONG(d.confidence = aflowi_nan(), EXPERIMENT, "confidence", "is outside of 0.5 to 0.9999");
    WRONG(d.warm_up_s = -2, EXPERIMENT, "warm_up_s", "is negative");
    WRONG(d.warm_up_s = aflowi_nan(), EXPERIMENT, "warm_up_s", "is negative");
    WRONG(d.shard = 1, EXPERIMENT, "shard", "is none of the shards; needs 1 to their number");
    WRONG((d.shard = 3, d.shards = 2), EXPERIMENT, "shard", "is none of the shards; needs 1 to their number");
    WRONG(d.shards = 2, EXPERIMENT, "shard", "is none of the shards; needs 1 to their number");
    WRONG((d.shard = 1, d.shards = 2, d.precision = 0.1), EXPERIMENT, "shards", "cannot stop together at a precision; give the number of replications");
    WRONG(d.first_replication = UINT64_MAX, EXPERIMENT, "first_replication", "is too large");
    WRONG((d.statistics = unknown, d.statistics_count = 2), UNKNOWN_STATISTIC, "", "\"p951\" names no statistic: p951 is no percentile; they are more than 0 and at most 100: p50, p95, p99.9");
    WRONG((d.statistics = missing, d.statistics_count = 2), EXPERIMENT, "statistics", "has an entry that is NULL");
    WRONG(d.statistics_count = 1, EXPERIMENT, "statistics", "has an entry that is NULL");
#undef WRONG
    d = runs(2);
    d.warm_up_s = 5;                    /* of a run of 1 s: the run's own check says it */
    {
        aflow_diagnostics problems;
        memset(&problems, 0, sizeof problems);
        CHECK(aflow_replicate(s, &d, &problems) == NULL && problems.errors == 1);
        aflow_diagnostics_clear(&problems);
    }
    aflow_builder_destroy(b);
}

static void wrong_comparisons(void)
{
    aflow_builder *b = shop(1, 5, aflow_constant(0.001));
    const aflow_scenario *s = aflow_builder_scenario(b, NULL);
    aflow_experiment_desc d = runs(2);
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    d.precision = 0.1;
    CHECK(aflow_compare(s, s, &d, &problems) == NULL && problems.errors == 1);
    CHECK_STR(problems.items[0].path, "precision");
    d.precision = 0;
    d.shard = d.shards = 1;
    CHECK(aflow_compare(s, s, &d, &problems) == NULL && problems.errors == 2);
    CHECK_STR(problems.items[1].path, "shards");
    CHECK(aflow_compare(s, s, &d, NULL) == NULL);
    CHECK(aflow_compare(NULL, s, NULL, NULL) == NULL);
    CHECK(aflow_compare(s, NULL, NULL, NULL) == NULL);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
}

/* --- Precision --- */

static void precision(void)
{
    aflow_builder *b = shop(100, 20, aflow_exponential(0.008));
    const aflow_scenario *s = aflow_builder_scenario(b, NULL);
    aflow_experiment_desc d = runs(3);
    aflow_experiment *e, *again, *fixed;
    aflow_estimate x;
    uint32_t n;
    size_t i;
    d.precision = 0.05;
    e = aflow_replicate(s, &d, NULL);
    again = aflow_replicate(s, &d, NULL);
    n = aflow_experiment_info(e).runs;
    x = estimate(e, "mean");
    CHECK(n > 3 && n < 1000 && aflow_experiment_info(e).replications == n && aflow_experiment_info(e).precision_reached);
    CHECK((x.high - x.low) / 2 <= 0.05 * x.mean);
    CHECK_U64(aflow_experiment_info(again).runs, n);
    CHECK_U64(aflow_experiment_info(again).digest, aflow_experiment_info(e).digest);
    d.precision = 0;
    d.replications = n;
    fixed = aflow_replicate(s, &d, NULL);       /* the same runs as if that many had been asked for */
    CHECK_U64(aflow_experiment_info(fixed).digest, aflow_experiment_info(e).digest);
    for (i = 0; i < aflow_experiment_statistics(e); i++) CHECK(same(aflow_experiment_estimate(fixed, i).high, aflow_experiment_estimate(e, i).high));
    aflow_experiment_destroy(e);
    aflow_experiment_destroy(again);
    aflow_experiment_destroy(fixed);

    d.replications = 3;
    d.precision = 0.05;
    d.most_replications = n;            /* reached with the very last */
    e = aflow_replicate(s, &d, NULL);
    CHECK(aflow_experiment_info(e).runs == n && aflow_experiment_info(e).precision_reached);
    aflow_experiment_destroy(e);
    d.precision = 1e-6;
    d.most_replications = 7;
    e = aflow_replicate(s, &d, NULL);
    CHECK(aflow_experiment_info(e).runs == 7 && !aflow_experiment_info(e).precision_reached);
    aflow_experiment_destroy(e);
    d.precision = 1;
    e = aflow_replicate(s, &d, NULL);
    CHECK(aflow_experiment_info(e).runs == 3 && aflow_experiment_info(e).precision_reached);
    aflow_experiment_destroy(e);
    d.replications = 1;                 /* nothing is known of one */
    d.precision_of = "app.cpu_utilization";
    e = aflow_replicate(s, &d, NULL);
    CHECK(aflow_experiment_info(e).runs > 1 && aflow_experiment_info(e).precision_reached);
    aflow_experiment_destroy(e);
    aflow_builder_destroy(b);
}

/* A statistic that is 0 in all runs has an interval of no width: precise at once. One without values never is. */
static void precision_of_nothing(void)
{
    aflow_builder *b = shop(2, 5, aflow_constant(0.001));
    aflow_experiment_desc d = runs(4);
    aflow_experiment *e;
    d.precision = 0.1;
    d.most_replications = 20;
    d.precision_of = "error_rate";
    e = aflow_replicate(aflow_builder_scenario(b, NULL), &d, NULL);
    CHECK(aflow_experiment_info(e).runs == 4 && aflow_experiment_info(e).precision_reached);
    aflow_experiment_destroy(e);
    d.precision_of = "p99.9";
    e = aflow_replicate(aflow_builder_scenario(b, NULL), &d, NULL);
    CHECK(aflow_experiment_info(e).runs == 20 && !aflow_experiment_info(e).precision_reached);
    aflow_experiment_destroy(e);
    aflow_builder_destroy(b);
}

/* --- Objectives --- */

static void objectives(void)
{
    static const char *slo[] = { "mean < 1s", "mean > 1s", "mean < 1ms", "p99.9 < 1s", "error_rate <= 0%", "app.cpu_utilization < 0.999", "undecided" };
    static const aflow_objective_outcome many[] = { AFLOW_OBJECTIVE_MET, AFLOW_OBJECTIVE_MISSED, AFLOW_OBJECTIVE_MISSED, AFLOW_OBJECTIVE_NO_DATA,
        AFLOW_OBJECTIVE_MET, AFLOW_OBJECTIVE_MET, AFLOW_OBJECTIVE_UNDECIDED };
    char undecided[40];
    aflow_builder *b = shop(100, 20, aflow_exponential(0.008));
    aflow_scenario s = *aflow_builder_scenario(b, NULL);
    aflow_experiment_desc d = runs(10);
    aflow_experiment *e = aflow_replicate(&s, &d, NULL);
    size_t i;
    CHECK_U64(aflow_experiment_objectives(e), 0);
    sprintf(undecided, " p50 < %.9f ", estimate(e, "p50").mean);       /* the bound is in the middle of the interval */
    aflow_experiment_destroy(e);
    slo[6] = undecided;
    s.sim_settings.slo = slo;
    s.sim_settings.slo_count = 7;
    e = aflow_replicate(&s, &d, NULL);
    CHECK_U64(aflow_experiment_objectives(e), 7);
    for (i = 0; i < 7; i++) {
        aflow_objective_info o = aflow_experiment_objective(e, i);
        if (o.outcome != many[i]) test_fail(__FILE__, __LINE__, "%s is %s", o.text, aflow_objective_outcome_name(o.outcome));
        CHECK_STR(o.text, slo[i]);
        CHECK_STR(aflow_experiment_estimate(e, o.statistic).name, o.estimate.name);
    }
    CHECK(aflow_experiment_objective(e, 2).bound == 0.001);
    CHECK_STR(aflow_experiment_objective(e, 6).estimate.name, "p50");
    aflow_experiment_destroy(e);
    d.replications = 1;                 /* met or missed, by its value */
    e = aflow_replicate(&s, &d, NULL);
    for (i = 0; i < 6; i++) CHECK_U64(aflow_experiment_objective(e, i).outcome, many[i]);
    CHECK_U64(aflow_experiment_objective(e, 6).outcome, aflow_experiment_value(e, 0, aflow_experiment_find(e, "p50")) < aflow_experiment_objective(e, 6).bound
                                                            ? AFLOW_OBJECTIVE_MET : AFLOW_OBJECTIVE_MISSED);
    CHECK(aflow_experiment_objective(e, 0).estimate.low != aflow_experiment_objective(e, 0).estimate.low);
    aflow_experiment_destroy(e);
    aflow_builder_destroy(b);
    CHECK_STR(aflow_objective_outcome_name(AFLOW_OBJECTIVE_MET), "met");
    CHECK_STR(aflow_objective_outcome_name(AFLOW_OBJECTIVE_UNDECIDED), "undecided");
    CHECK_STR(aflow_objective_outcome_name(AFLOW_OBJECTIVE_MISSED), "missed");
    CHECK_STR(aflow_objective_outcome_name(AFLOW_OBJECTIVE_NO_DATA), "no data");
    CHECK_STR(aflow_objective_outcome_name((aflow_objective_outcome)99), "");
}

/* --- Comparisons --- */

static void comparison(void)
{
    aflow_builder *slow = shop(100, 20, aflow_exponential(0.008)), *fast = shop(100, 20, aflow_exponential(0.006));
    aflow_experiment_desc d = runs(8);
    aflow_comparison *c = aflow_compare(aflow_builder_scenario(slow, NULL), aflow_builder_scenario(fast, NULL), &d, NULL);
    const aflow_experiment *a = aflow_comparison_experiment(c, 0), *b = aflow_comparison_experiment(c, 1);
    double of[8], ea = 0, eb = 0, ed = 0;
    aflow_difference x;
    aflowi_spread s;
    size_t i;
    CHECK_U64(aflow_comparison_differences(c), aflow_experiment_statistics(a));
    for (i = 0; i < 8; i++) of[i] = aflow_experiment_value(b, i, 0) - aflow_experiment_value(a, i, 0);
    s = aflowi_spread_of(of, 8, 1, 0.95);
    x = aflow_comparison_difference(c, 0);
    CHECK_STR(x.name, "mean");
    CHECK_STR(x.unit, "s");
    CHECK_U64(x.runs, 8);
    CHECK(same(x.mean, s.mean) && same(x.low, s.low) && same(x.high, s.high) && same(x.std_dev, s.std_dev));
    CHECK(same(x.a, aflow_experiment_estimate(a, 0).mean) && same(x.b, aflow_experiment_estimate(b, 0).mean));
    CHECK(x.sign == -1 && x.better == 1);
    for (i = 0; i < 8; i++) {
        ea += pow(aflow_experiment_value(a, i, 0) - x.a, 2);
        eb += pow(aflow_experiment_value(b, i, 0) - x.b, 2);
        ed += pow(of[i] - x.mean, 2);
    }
    CHECK_NEAR(x.variance_ratio / ((ea + eb) / ed), 1, 1e-9);
    x = aflow_comparison_difference(c, 7);
    CHECK_STR(x.name, "throughput");
    x = aflow_comparison_difference(c, aflow_comparison_differences(c));
    CHECK(x.runs == 0 && x.mean != x.mean && x.name[0] == 0);
    aflow_comparison_destroy(c);
    c = aflow_compare(aflow_builder_scenario(fast, NULL), aflow_builder_scenario(fast, NULL), &d, NULL);
    for (i = 0; i < aflow_comparison_differences(c); i++) {     /* of itself: the same numbers, no difference at all */
        x = aflow_comparison_difference(c, i);
        if (x.runs) CHECK(x.mean == 0 && x.low == 0 && x.high == 0 && x.sign == 0 && x.better == 0 && x.variance_ratio != x.variance_ratio);
    }
    aflow_comparison_destroy(c);
    aflow_builder_destroy(slow);
    aflow_builder_destroy(fast);
}

/* --- Nothing in, nothing out --- */

static void nothing(void)
{
    aflow_experiment *e = NULL;
    aflow_estimate x = aflow_experiment_estimate(NULL, 0);
    aflow_diagnostics problems;
    memset(&problems, 0, sizeof problems);
    CHECK(x.runs == 0 && x.name[0] == 0 && x.mean != x.mean && x.pooled != x.pooled);
    CHECK(aflow_replicate(NULL, NULL, &problems) == NULL && problems.errors);
    CHECK(aflow_replicate(NULL, NULL, NULL) == NULL);
    aflow_experiment_destroy(NULL);
    aflow_comparison_destroy(NULL);
    CHECK(aflow_experiment_info(NULL).runs == 0);
    CHECK(aflow_experiment_runs(NULL) == 0 && aflow_experiment_statistics(NULL) == 0 && aflow_experiment_objectives(NULL) == 0);
    CHECK_STR(aflow_experiment_run(NULL, 0).bottleneck, "");
    CHECK(aflow_experiment_find(NULL, "p95") == 0);
    CHECK(aflow_experiment_value(NULL, 0, 0) != aflow_experiment_value(NULL, 0, 0));
    CHECK(aflow_experiment_latency(NULL).count == 0);
    CHECK(aflow_experiment_percentile(NULL, 50) != aflow_experiment_percentile(NULL, 50));
    CHECK(aflow_experiment_objective(NULL, 0).outcome == AFLOW_OBJECTIVE_NO_DATA);
    CHECK(aflow_comparison_experiment(NULL, 0) == NULL && aflow_comparison_differences(NULL) == 0);
    CHECK(aflow_comparison_difference(NULL, 0).runs == 0);
    CHECK(aflow_write_part(NULL, NULL, NULL) == AFLOW_MISUSE);
    CHECK(aflow_read_part(NULL, 5, NULL, NULL, NULL) == NULL);
    CHECK(aflow_merge(NULL, 3, NULL, 0, NULL, NULL) == NULL);
    CHECK(aflow_merge((const aflow_experiment *const *)&e, 1, NULL, 0, NULL, &problems) == NULL);
    CHECK(aflow_merge((const aflow_experiment *const *)&e, 0, NULL, 0, NULL, NULL) == NULL);
    aflow_diagnostics_clear(&problems);
}

static void out_of_range(void)
{
    aflow_builder *b = shop(5, 5, aflow_constant(0.001));
    aflow_experiment *e = aflow_replicate(aflow_builder_scenario(b, NULL), NULL, NULL);
    size_t n = aflow_experiment_statistics(e);
    CHECK_U64(aflow_experiment_runs(e), 10);            /* the default */
    CHECK(aflow_experiment_info(e).confidence == 0.95);
    CHECK_U64(aflow_experiment_find(e, NULL), n);
    CHECK_U64(aflow_experiment_find(e, "nothing"), n);
    CHECK(aflow_experiment_estimate(e, n).runs == 0);
    CHECK(aflow_experiment_value(e, 10, 0) != aflow_experiment_value(e, 10, 0));
    CHECK(aflow_experiment_value(e, 0, n) != aflow_experiment_value(e, 0, n));
    CHECK_STR(aflow_experiment_run(e, 10).bottleneck, "");
    CHECK(aflow_experiment_objective(e, 0).outcome == AFLOW_OBJECTIVE_NO_DATA);
    CHECK(aflow_experiment_percentile(e, -1) != aflow_experiment_percentile(e, -1));
    CHECK(aflow_experiment_percentile(e, 101) != aflow_experiment_percentile(e, 101));
    aflow_experiment_destroy(e);
    aflow_builder_destroy(b);
}

/* --- Every allocation fails once --- */

typedef struct ledger { size_t live, bytes, calls, fail_at; int for_ever, wrong; } ledger;

static void *ledger_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    ledger *l = (ledger *)context;
    unsigned char *block = memory ? (unsigned char *)memory - 16 : NULL;
    size_t known = 0;
    if (block) memcpy(&known, block, sizeof known);
    if (block && known != old_size) l->wrong++;
    if (new_size == 0) {
        if (!block) return NULL;
        l->live--;
        l->bytes -= known;
        free(block);
        return NULL;
    }
    l->calls++;
    if (l->fail_at && (l->for_ever ? l->calls >= l->fail_at : l->calls == l->fail_at)) return NULL;
    block = (unsigned char *)realloc(block, new_size + 16);
    if (!block) return NULL;
    if (!memory) l->live++;
    l->bytes += new_size - known;
    memcpy(block, &new_size, sizeof new_size);
    if (new_size > known) memset(block + 16 + known, 0xCD, new_size - known);
    return block + 16;
}

typedef uint64_t (*study_fn)(const aflow_scenario *s, const aflow_allocator *a, aflow_diagnostics *problems);    /* 0, or a digest when it came through */

static void out_of_memory(const aflow_scenario *s, study_fn study)
{
    uint64_t digest = 0;
    int for_ever;
    for (for_ever = 0; for_ever < 2; for_ever++) {
        size_t k, after = 0;
        for (k = 1; after < 2 && k < 5000; k++) {
            aflow_diagnostics problems;
            aflow_allocator a;
            ledger l;
            uint64_t got;
            memset(&problems, 0, sizeof problems);
            memset(&l, 0, sizeof l);
            l.fail_at = k;
            l.for_ever = for_ever;
            a.resize = ledger_resize;
            a.context = &l;
            got = study(s, &a, &problems);
            if (got && !digest) digest = got;
            if (got && got != digest) test_fail(__FILE__, __LINE__, "call %u fails: another result", (unsigned)k);
            if (!got && !problems.errors) test_fail(__FILE__, __LINE__, "call %u fails: no result and no error", (unsigned)k);
            if (!got && problems.count && problems.items[0].code != AFLOW_DIAGNOSTIC_OUT_OF_MEMORY) test_fail(__FILE__, __LINE__, "call %u fails: \"%s\"", (unsigned)k, problems.items[0].message);
            if (l.live || l.bytes || l.wrong) test_fail(__FILE__, __LINE__, "call %u fails: %u blocks, %u bytes left, %d sizes wrong", (unsigned)k, (unsigned)l.live, (unsigned)l.bytes, l.wrong);
            after += l.calls < k;
            aflow_diagnostics_clear(&problems);
        }
        CHECK(after == 2);
    }
    CHECK(digest != 0);
}

static uint64_t study_replicate(const aflow_scenario *s, const aflow_allocator *a, aflow_diagnostics *problems)
{
    static const char *const more[] = { "p75", "app.wait_that_is_long" };
    aflow_experiment_desc d = runs(2);
    aflow_experiment *e;
    uint64_t digest;
    d.statistics = more;
    d.statistics_count = 1;
    d.precision = 1e-6;
    d.most_replications = 4;
    d.warm_up_s = AFLOW_WARM_UP_AUTO;
    d.allocator = *a;
    e = aflow_replicate(s, &d, problems);
    digest = e ? aflow_experiment_info(e).digest : 0;
    aflow_experiment_destroy(e);
    return digest;
}

static uint64_t study_histogram(const aflow_scenario *s, const aflow_allocator *a, aflow_diagnostics *problems)
{
    aflow_experiment_desc d = runs(2);
    aflow_experiment *e;
    uint64_t digest;
    d.latency_store = AFLOW_LATENCY_HISTOGRAM;
    d.allocator = *a;
    e = aflow_replicate(s, &d, problems);
    digest = e ? aflow_experiment_info(e).digest : 0;
    aflow_experiment_destroy(e);
    return digest;
}

static uint64_t study_compare(const aflow_scenario *s, const aflow_allocator *a, aflow_diagnostics *problems)
{
    aflow_experiment_desc d = runs(2);
    aflow_comparison *c;
    uint64_t digest;
    d.allocator = *a;
    c = aflow_compare(s, s, &d, problems);
    digest = c ? aflow_experiment_info(aflow_comparison_experiment(c, 1)).digest : 0;
    aflow_comparison_destroy(c);
    return digest;
}

static uint64_t study_parts(const aflow_scenario *s, const aflow_allocator *a, aflow_diagnostics *problems)
{
    aflow_experiment *parts[2] = { NULL, NULL }, *e = NULL;
    uint64_t digest;
    uint32_t i;
    for (i = 0; i < 2; i++) {
        aflow_experiment_desc d = runs(3);
        aflow_experiment *one;
        aflow_text t;
        memset(&t, 0, sizeof t);
        d.shards = 2;
        d.shard = i + 1;
        one = aflow_replicate(s, &d, NULL);
        aflow_write_part(one, aflow_put_text, &t);
        t.data = (char *)malloc(t.size + 1);
        t.capacity = t.size + 1;
        t.size = 0;
        aflow_write_part(one, aflow_put_text, &t);
        parts[i] = aflow_read_part(t.data, t.size, "part", a, problems);
        free(t.data);
        aflow_experiment_destroy(one);
    }
    if (parts[0] && parts[1]) e = aflow_merge((const aflow_experiment *const *)parts, 2, NULL, 0, a, problems);
    digest = e ? aflow_experiment_info(e).digest : 0;
    aflow_experiment_destroy(e);
    aflow_experiment_destroy(parts[0]);
    aflow_experiment_destroy(parts[1]);
    return digest;
}

static void memory_runs_out(void)
{
    static const char *const slo[] = { "p95 < 1s", "mean < 1s" };
    aflow_builder *b = shop(20, 5, aflow_exponential(0.005));
    aflow_scenario s = *aflow_builder_scenario(b, NULL);
    s.sim_settings.slo = slo;
    s.sim_settings.slo_count = 2;
    out_of_memory(&s, study_replicate);
    out_of_memory(&s, study_histogram);
    out_of_memory(&s, study_compare);
    out_of_memory(&s, study_parts);
    aflow_builder_destroy(b);
}

int main(void)
{
    RUN(student);
    RUN(student_of_nothing);
    RUN(spread_by_hand);
    RUN(medians);
    RUN(values_are_the_runs);
    RUN(percentiles_by_cells);
    RUN(percentiles_of_too_few);
    RUN(wrong_descriptions);
    RUN(wrong_comparisons);
    RUN(precision);
    RUN(precision_of_nothing);
    RUN(objectives);
    RUN(comparison);
    RUN(nothing);
    RUN(out_of_range);
    RUN(memory_runs_out);
    return test_end();
}
