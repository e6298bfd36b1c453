/* truth/sizing.c - sizes against exact queueing theory: the least number of cores, or the highest load, for which a mean latency, p95, a
   queue length or a utilization of M/M/c and M/D/c stays below a bound, is the one that the formulas give.

   Erlang's formula gives the mean of M/M/c, the law of its response time p95 (both are in any text book, as D. Gross and C. M. Harris,
   Fundamentals of Queueing Theory, 2.3), and Crommelin's series (C. D. Crommelin, 1932) the mean of M/D/c. Where figures that were worked
   out elsewhere with 40 digits are known, they are compared with what the formulas here give: `formulas`.

   A bound stands a given share above what the answer has, or halfway to what one core less has. A look at a setting errs when the mean of
   n runs is off by t standard errors and the distance besides; t is 4.1 at the first look, of 10 runs, and a look before the last is
   allowed an error of 0.25 %, one side of it here. At 2 % and with the standard error of 1.3 % that 10 runs have in the worst case
   here, that takes 5.7 standard errors: 1.5 in 10,000, at 20 runs 1 in 100,000 and less with more. So all seeds have to be right. Where a bound
   is 0.3 % off, within the 1 % that runs which can be paid for do not tell, one core more or less may come out.

   Warm-up. A queue forgets its start at rate c mu (1 - sqrt(rho))^2 (J. W. Cohen, The Single Server Queue, II.2), which is 0.5 / s or more
   here: after a warm-up of 20 s less than e^-10 is left of it. Runs are 1,000 mean latencies long, or longer, so that those who are
   in flight at the end make a mean wrong by 0.1 % at most.

   Run as it is: a few seeds, under 20 s. FULL=1 in the environment: 100 seeds, some minutes. -v: every answer.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#ifndef _WIN32
#define ASYNCFLOW_THREADS
#endif
#include "../../asyncflow.h"
#include "../test.h"

#define CORES "servers.srv-1.server_resources.cpu_cores"
#define SERVICE_S 0.01          /* mean */
#define WARM_UP_S 20

static int full, verbose;

/* ---- Formulas; a = lambda x mean service time, results in mean service times ---- */

static double erlang_c(double a, int c)
{
    double b = 1;
    int k;
    for (k = 1; k <= c; k++) b = a * b / (k + a * b);
    return b / (1 - a / c * (1 - b));
}

static double mmc_wait(double a, int c) { return a < c ? erlang_c(a, c) / (c - a) : HUGE_VAL; }

/* P(response > t) */
static double mmc_beyond(double a, int c, double t)
{
    double p = erlang_c(a, c), rest = c - a - 1;
    return exp(-t) + p / rest * (exp(-t) - exp(-(c - a) * t));
}

static double mmc_percentile(double a, int c, double percent)
{
    double low = 0, high = 1e6;
    int i;
    if (a >= c) return HUGE_VAL;
    for (i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (mmc_beyond(a, c, middle) > 1 - percent / 100) low = middle;
        else high = middle;
    }
    return low;
}

/* Poisson(mean): P(N >= n) */
static double poisson_from(double mean, int n)
{
    double term = exp(-mean + n * log(mean) - lgamma(n + 1.0)), sum = 0;
    for (; term > 1e-18 || n < mean; term *= mean / ++n) sum += term;
    return sum;
}

/* Crommelin: sum over i of P(N >= ic) - c / a P(N >= ic + 1), N of mean ia. */
static double mdc_wait(double a, int c)
{
    double sum = 0;
    int i;
    if (a >= c) return HUGE_VAL;
    for (i = 1; i < 20000; i++) {
        double term = poisson_from(i * a, i * c) - c / a * poisson_from(i * a, i * c + 1);
        sum += term;
        if (term < 1e-14) break;
    }
    return sum;
}

static void formulas(void)
{
    CHECK_NEAR(mmc_wait(0.8, 1), 4.0, 1e-9);                    /* rho / (1 - rho) */
    CHECK_NEAR(mmc_wait(1.8, 2), 4.2631578947368425, 1e-9);     /* this and below: worked out with 40 digits elsewhere */
    CHECK_NEAR(mmc_wait(3.2, 4), 0.7455405897342555, 1e-9);
    CHECK_NEAR(mmc_wait(60, 64), 0.12671656774394083, 1e-9);
    CHECK_NEAR(mmc_percentile(1.8, 2, 99), 23.34442999947895, 1e-6);
    CHECK_NEAR(mmc_percentile(3.2, 4, 99), 6.893203748883001, 1e-6);
    CHECK_NEAR(mmc_percentile(60, 64, 99), 4.761280645236588, 1e-6);
    CHECK_NEAR(mdc_wait(0.5, 1), 0.5, 1e-9);                    /* Pollaczek and Khinchine: rho / 2 (1 - rho) */
    CHECK_NEAR(mdc_wait(0.8, 1), 2.0, 1e-9);
    CHECK_NEAR(mdc_wait(1.6, 2), 0.903283879416675, 1e-9);
    CHECK_NEAR(mdc_wait(3.6, 4), 0.9999658855636681, 1e-9);
}

/* ---- What is asked ---- */

enum { MEAN, P95, QUEUE, BUSY };
typedef struct question {
    const char *name;
    int deterministic;
    double a;               /* load in cores */
    int what;               /* of these, below a bound */
    int cores;              /* the answer: the least that meets it */
    double above;           /* bound / what the answer has; 0: halfway to one core less */
    const char *most;       /* cores that are tried */
} question;

/* In the unit of the objective; infinite where it has no steady state. */
static double figure(const question *q, int c)
{
    double wait = q->deterministic ? mdc_wait(q->a, c) : mmc_wait(q->a, c);
    switch (q->what) {
    case MEAN: return (1 + wait) * SERVICE_S;
    case P95: return mmc_percentile(q->a, c, 95) * SERVICE_S;
    case QUEUE: return q->a * wait;
    default: return q->a < c ? q->a / c : 1;
    }
}

static double bound_of(const question *q)
{
    double here = figure(q, q->cores), less = q->cores > 1 ? figure(q, q->cores - 1) : HUGE_VAL;
    if (q->above > 0) return here * q->above;
    return less < HUGE_VAL ? sqrt(here * less) : here * 3;
}

static aflow_random_variable variable(double mean, aflow_distribution distribution)
{
    aflow_random_variable v;
    memset(&v, 0, sizeof v);
    v.mean = mean;
    v.distribution = distribution;
    return v;
}

/* Poisson arrivals straight to one server whose only step takes a core. */
static aflow_scenario *station(double rate, int deterministic, int seconds)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_random_variable link = variable(1e-9, AFLOW_DISTRIBUTION_CONSTANT);
    aflow_generator generator;
    aflow_server server;
    aflow_step step;
    aflow_scenario *copy;
    aflow_id from, client, srv;
    memset(&generator, 0, sizeof generator);
    memset(&server, 0, sizeof server);
    memset(&step, 0, sizeof step);
    generator.id = "users";
    generator.avg_active_users = variable(rate, AFLOW_DISTRIBUTION_CONSTANT);
    generator.avg_request_per_minute_per_user = variable(60, AFLOW_DISTRIBUTION_CONSTANT);
    server.id = "srv-1";
    server.server_resources.cpu_cores = 1;
    server.server_resources.ram_mb = 1024;
    step.kind = AFLOW_STEP_CPU_BOUND_OPERATION;
    step.cpu_time = variable(SERVICE_S, deterministic ? AFLOW_DISTRIBUTION_CONSTANT : AFLOW_DISTRIBUTION_EXPONENTIAL);
    from = aflow_add_generator(b, &generator);
    client = aflow_add_client(b, "client");
    srv = aflow_add_server(b, &server);
    aflow_add_endpoint(b, srv, "/", &step, 1);
    aflow_connect(b, from, client, link);
    aflow_connect(b, client, srv, link);
    aflow_connect(b, srv, client, link);
    aflow_builder_settings(b)->total_simulation_time = (uint32_t)seconds;
    copy = aflow_scenario_copy(aflow_builder_scenario(b, NULL), NULL);
    aflow_builder_destroy(b);
    if (!copy) exit(2);
    return copy;
}

/* The value of the answer; 0: none. */
static double ask(const aflow_scenario *s, const char *path, const char *values, uint64_t seed, uint32_t most)
{
    aflow_size_desc d;
    aflow_vary vary;
    aflow_size_result *r;
    aflow_size_answer a;
    double value;
    memset(&d, 0, sizeof d);
    vary.path = path;
    vary.values = values;
    d.vary = &vary;
    d.vary_count = 1;
    d.experiment.seed = seed;
    d.experiment.warm_up_s = WARM_UP_S;
    d.experiment.most_replications = most;
    d.experiment.latency_store = AFLOW_LATENCY_HISTOGRAM;
#ifdef ASYNCFLOW_THREADS
    d.experiment.parallel_for = aflow_threads;
#endif
    r = aflow_size(s, &d, NULL);
    CHECK(r != NULL);
    a = aflow_size_info(r);
    value = a.found ? strtod(aflow_size_value(r, a.setting, 0), NULL) : 0;
    if (verbose) printf("%4u: %s; %s; %u runs\n", (unsigned)seed, a.sentence, a.one_less, (unsigned)a.runs);
    aflow_size_destroy(r);
    return value;
}

static void put_objective(aflow_scenario *s, const question *q)
{
    static const char *const names[] = { "mean", "p95", "srv-1.ready_queue_len", "srv-1.cpu_utilization" };
    char text[80];
    sprintf(text, "%s < %.9g", names[q->what], bound_of(q));
    CHECK(aflow_set(s, "sim_settings.slo", text, NULL) == AFLOW_OK);
}

/* All seeds, from a question's own on. off: how many cores the answer may be off. */
static void answers(const question *q, int count, int seeds, int off, uint32_t most)
{
    int i, k;
    for (i = 0; i < count; i++) {
        aflow_scenario *s = station(q[i].a / SERVICE_S, q[i].deterministic, 80);
        put_objective(s, &q[i]);
        CHECK(figure(&q[i], q[i].cores) < bound_of(&q[i]) && (q[i].cores == 1 || figure(&q[i], q[i].cores - 1) > bound_of(&q[i])));
        for (k = 0; k < seeds; k++) {
            double cores = ask(s, CORES, q[i].most, (uint64_t)(1 + k), most);
            if (fabs(cores - q[i].cores) > off) test_fail(__FILE__, __LINE__, "%s: seed %d has %g cores, expected %d", q[i].name, k + 1, cores, q[i].cores);
        }
        aflow_scenario_destroy(s);
    }
}

static void cores_away_from_the_bound(void)
{
    static const question q[] = {
        { "M/M/c, a = 3.2, mean between 4 and 5", 0, 3.2, MEAN, 5, 0, "1..16" },
        { "M/M/c, a = 3.2, mean 2 % above 4", 0, 3.2, MEAN, 4, 1.02, "1..16" },
        { "M/M/c, a = 3.2, p95 between 5 and 6", 0, 3.2, P95, 6, 0, "1..16" },
        { "M/M/c, a = 3.2, queue between 4 and 5", 0, 3.2, QUEUE, 5, 0, "1..16" },
        { "M/M/c, a = 3.2, utilization 2 % above 7", 0, 3.2, BUSY, 7, 1.02, "1..16" },
        { "M/M/c, a = 1.8, mean, the first that is stable", 0, 1.8, MEAN, 2, 0, "1..16" },
        { "M/M/c, a = 0.5, one is enough", 0, 0.5, MEAN, 1, 1.05, "1..8" },
        { "M/D/c, a = 1.6, mean between 2 and 3", 1, 1.6, MEAN, 3, 0, "1..16" },
        { "M/D/c, a = 1.6, mean 2 % above 2", 1, 1.6, MEAN, 2, 1.02, "1..16" },
        { "M/D/c, a = 3.6, mean 2 % above 4", 1, 3.6, MEAN, 4, 1.02, "1..16" },
        { "M/D/c, a = 3.6, queue between 4 and 5", 1, 3.6, QUEUE, 5, 0, "1..64" } };
    answers(q, (int)(sizeof q / sizeof *q), full ? 100 : 2, 0, 1000);
}

static void cores_at_the_bound(void)
{
    static const question q[] = {
        { "M/M/c, a = 3.2, mean 0.3 % above 5", 0, 3.2, MEAN, 5, 1.003, "1..16" },
        { "M/M/c, a = 3.2, p95 0.3 % above 4", 0, 3.2, P95, 4, 1.003, "1..16" },
        { "M/D/c, a = 1.6, mean 0.3 % above 2", 1, 1.6, MEAN, 2, 1.003, "1..16" } };
    answers(q, (int)(sizeof q / sizeof *q), full ? 100 : 1, 1, full ? 160 : 40);
}

/* M/M/1: the mean is 1 / (1 - a) service times; at 0.2 and so many times that. */
static void load(void)
{
    static const struct { double bound; double load; } q[] = { { 1.02 / (1 - 0.2 * 2.5), 2.5 }, { 1.05 / (1 - 0.2 * 3.5), 3.5 }, { 2.25, 2.75 } };
    size_t i;
    int k;
    for (i = 0; i < sizeof q / sizeof *q; i++) {
        aflow_scenario *s = station(0.2 / SERVICE_S, 0, 120);
        char text[80];
        sprintf(text, "mean < %.9g", q[i].bound * SERVICE_S);
        CHECK(aflow_set(s, "sim_settings.slo", text, NULL) == AFLOW_OK);
        CHECK(1 / (1 - 0.2 * q[i].load) < q[i].bound && 1 / (1 - 0.2 * (q[i].load + 0.25)) > q[i].bound);
        for (k = 0; k < (full ? 100 : 2); k++) CHECK_NEAR(ask(s, "load", "1x..6x:0.25x", (uint64_t)(1 + k), 1000), q[i].load, 0);
        aflow_scenario_destroy(s);
    }
}

int main(int argc, char **argv)
{
    verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    full = getenv("FULL") != NULL;
    RUN(formulas);
    RUN(cores_away_from_the_bound);
    RUN(cores_at_the_bound);
    RUN(load);
    return test_end();
}
