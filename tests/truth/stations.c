/* truth/stations.c - resources and the server model against exact queueing theory.

   Acceptance. A model is run in R = 32 independent replications (one seed a model). For each quantity
       z = (mean of the replications - exact value) / (s / sqrt R),    s: standard deviation over the replications (R - 1),
   needs |z| <= 4, and a relative standard error of at most 1 % (FULL=1: 0.25 %): a bias of 5 % (1.2 %) then moves z by 5. The seeds
   were not chosen: the first ones passed. By chance alone |z| > 4 once in 3,000 quantities (t of 31 degrees of freedom).
   All models together: z of the first quantity of each are independent; made normal (Wallace 1959) their squares are chi-square, and
   have to lie within its 99.9 % band (Wilson and Hilferty 1931). Errors that are too small as a whole would be seen, too.

   Warm-up. Runs start empty, which makes a mean wait too small by about rho / ((1 - rho)^2 n) over n customers (M/M/1; theory.c): with
   rho <= 0.8 and n >= 20,000 customers a replication at most 0.1 %, a tenth of the standard error that is asked for; FULL=1 makes
   n sixteen times as large, and so the bias a sixteenth. Where a run is at its steady state from the start (loss without a
   queue, buckets) it is far less.

   Values come from the formulas below, each with its source, and from oracles.json where they are there (`known`).

   Run as it is: under 10 s. FULL=1 in the environment: about three minutes. -v: the table. BRIEF=1: two short replications a model, and
   nothing is judged: for sanitizers, which are slow and look for other things.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"

#define REPLICATIONS 32
#define MOST_QUANTITIES 12
#define TICK 1e-9               /* s: the shortest latency; edges of it do not show */

static int full, brief, verbose;

static double square(double x) { return x * x; }

/* --- Formulas ------------------------------------------------------------------------ */

/* Erlang's loss formula by its recursion. a = lambda / mu. */
static double erlang_b(double a, int c)
{
    double b = 1;
    int k;
    for (k = 1; k <= c; k++) b = a * b / (k + a * b);
    return b;
}

/* Mean wait of M/M/c: Erlang C / (c mu - lambda). */
static double mmc_wait(double lambda, double mu, int c)
{
    double a = lambda / mu, b = erlang_b(a, c);
    return b / (1 - a / c * (1 - b)) / (c * mu - lambda);
}

/* Stationary law of a birth-death chain on 0 .. n - 1. */
static void birth_death(double lambda, const double *death, double *p, int n)
{
    double sum = 1;
    int k;
    for (p[0] = 1, k = 1; k < n; k++) sum += p[k] = p[k - 1] * lambda / death[k];
    for (k = 0; k < n; k++) p[k] /= sum;
}

/* c places of a database: with k in it, k mu / (1 + contention (k - 1) + coherency k (k - 1)) leave; `room` may be in it or wait. */
struct chain { double loss, wait, in_use, sojourn; };
static struct chain scalability(double lambda, double mu, int c, double contention, double coherency, int room)
{
    static double death[2000], p[2000];
    struct chain f = { 0, 0, 0, 0 };
    double waiting = 0;
    int k;
    if (room >= 2000) exit(2);
    for (k = 1; k <= room; k++) {
        double n = k < c ? k : c;
        death[k] = n * mu / (1 + contention * (n - 1) + coherency * n * (n - 1));
    }
    birth_death(lambda, death, p, room + 1);
    for (k = 1; k <= room; k++) {
        f.in_use += p[k] * (k < c ? k : c);
        waiting += p[k] * (k > c ? k - c : 0);
    }
    f.loss = p[room];
    f.wait = waiting / (lambda * (1 - f.loss));
    f.sojourn = (waiting + f.in_use) / (lambda * (1 - f.loss));
    return f;
}

/* M/M/c+D: who has waited tau gives up. The virtual wait has the density lambda p(c-1) exp(-(c mu - lambda) x) up to tau, and beyond, where
   nobody joins, lambda p(c-1) exp(lambda tau - c mu x) (Barrer 1957). */
struct patience { double gives_up, wait, queue; };
static struct patience impatient(double lambda, double mu, int c, double tau)
{
    struct patience f;
    double a = lambda / mu, w = 1, sum = 1, drift = c * mu - lambda, e = exp(-drift * tau), served, late, first;
    int k;
    for (k = 1; k < c; k++) sum += w *= a / k;
    served = lambda * w * (1 - e) / drift;                                      /* mass of waits up to tau, */
    first = lambda * w * (1 - e * (1 + drift * tau)) / square(drift);           /* their first moment, */
    late = lambda * w * e / (c * mu);                                           /* and of those beyond */
    sum += served + late;
    f.gives_up = late / sum;
    f.wait = first / sum / (1 - f.gives_up);
    f.queue = lambda * (first + tau * late) / sum;
    return f;
}

/* Erlang's series (1909) of M/D/1: P(V <= x) = (1 - lambda D) h(x), also of a queue with limited work. */
static double erlang_series(double lambda, double d, double x)
{
    double sum = 0, factorial = 1;
    int j;
    for (j = 0; x - j * d > -1e-12; j++) {
        double y = lambda * (x - j * d > 0 ? x - j * d : 0);
        if (j) factorial *= j;
        sum += pow(-y, j) / factorial * exp(y);
    }
    return sum;
}

/* Continuous bucket that rejects: work of 1 / rate each, refused where more than (burst - 1) / rate is there. */
static double bucket_rejects(double lambda, double rate, double burst)
{
    double h = erlang_series(lambda, 1 / rate, (burst - 1) / rate);
    return 1 - h / (1 + lambda / rate * h);
}

/* The same where requests wait: for what the work of an M/D/1 queue exceeds (burst - 1) / rate; E (V - k)+ = E V - integral of P(V > x) to k. */
static double bucket_wait(double lambda, double rate, double burst)
{
    double d = 1 / rate, rho = lambda * d, k = (burst - 1) * d, sum = 0;
    int i, n = 2000;
    for (i = 0; i <= n; i++) sum += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * (1 - (1 - rho) * erlang_series(lambda, d, k * i / n));
    return rho * d / (2 * (1 - rho)) - sum * k / n / 3;
}

static double poisson_p(double mean, int k) { return exp(k * log(mean) - mean - lgamma(k + 1.)); }

/* One token every 1 / rate s. The level at refills is a Markov chain, below zero where requests wait for tokens (`waits`). */
#define LEVELS 240
#define MOST_IN_A_SLOT 40
struct slots { double rejects, wait; };
static void slot_law(double mean, int burst, int lowest, double *p)
{
    double next[LEVELS], a[MOST_IN_A_SLOT];
    int i, k, round;
    for (k = 0; k < MOST_IN_A_SLOT; k++) a[k] = poisson_p(mean, k);
    for (i = 0; i < LEVELS; i++) p[i] = i == burst - lowest;
    for (round = 0; round < 3000; round++) {
        memset(next, 0, sizeof next);
        for (i = 0; i <= burst - lowest; i++) {
            for (k = 0; k < MOST_IN_A_SLOT; k++) {
                int level = i - k < 0 ? 0 : i - k;
                next[level + 1 > burst - lowest ? burst - lowest : level + 1] += p[i] * a[k];
            }
        }
        memcpy(p, next, sizeof next);
    }
}

/* Mean of what arrives in a time of this mean and finds no token. */
static double excess(const double *p, int burst, int lowest, double mean)
{
    double sum = 0;
    int i, k;
    if (!(mean > 0)) mean = 1e-300;
    for (i = 0; i <= burst - lowest; i++) {
        for (k = 0; k < MOST_IN_A_SLOT; k++) if (k > i + lowest) sum += p[i] * poisson_p(mean, k) * (k - i - lowest);
    }
    return sum;
}

static struct slots slotted(double lambda, double rate, int burst)
{
    double p[LEVELS], mean = lambda / rate, sum = 0;
    struct slots f = { 0, 0 };
    int t, n = 100;
    slot_law(mean, burst, 0, p);
    f.rejects = excess(p, burst, 0, mean) / mean;
    if (lambda >= rate) return f;
    slot_law(mean, burst, burst + 1 - LEVELS, p);
    for (t = 0; t <= n; t++) sum += (t == 0 || t == n ? 1 : t % 2 ? 4 : 2) * excess(p, burst, burst + 1 - LEVELS, mean * t / n);
    f.wait = sum / n / 3 / lambda;          /* Little */
    return f;
}

/* M/M^[1,b]/c, a free server takes what waits (Bailey 1954, Neuts 1967): with all busy the queue is geometric, r the root of
   c mu r^(b+1) - (lambda + c mu) r + lambda = 0 in (0, 1); below it is birth and death, and lambda p(c-1) = c mu p(c,0). */
struct bulk { double wait, utilization, batch; };
static struct bulk bulk_service(double lambda, double mu, int b, int c)
{
    struct bulk f;
    double low = 0, high = 1 - 1e-9, r = 0, full_share, sum, busy, w;
    int i;
    for (i = 0; i < 200; i++) {
        r = (low + high) / 2;
        if (c * mu * pow(r, b + 1) - (lambda + c * mu) * r + lambda > 0) low = r;
        else high = r;
    }
    for (sum = 0, busy = 0, w = 1, i = 0; i < c; i++) {
        sum += w;
        busy += i * w;
        w *= lambda / ((i + 1) * mu);       /* in the end: weight of all busy and nobody waiting, as lambda p(c-1) = c mu p(c,0) */
    }
    full_share = w / (1 - r);
    sum += full_share;
    busy += c * full_share;
    f.wait = w * r / square(1 - r) / sum / lambda;
    f.utilization = busy / sum / c;
    f.batch = lambda / (mu * busy / sum);
    return f;
}

/* One server whose batch of n takes fixed + n each, up to b, a free one takes what waits. Embedded chain of those left at the end of a
   batch; time averages by renewal and reward. */
#define MOST_LEFT 400
static void left_law(double lambda, double fixed, double each, int b, double *p)
{
    static double a[64][80];
    double next[MOST_LEFT];
    int n, k, left, round;
    for (n = 1; n <= b; n++) for (k = 0; k < 80; k++) a[n][k] = poisson_p(lambda * (fixed + each * n), k);
    for (k = 0; k < MOST_LEFT; k++) p[k] = k == 0;
    for (round = 0; round < 800; round++) {
        memset(next, 0, sizeof next);
        for (left = 0; left < MOST_LEFT; left++) {
            int there = left ? left : 1;
            n = there < b ? there : b;
            if (p[left] > 1e-18) for (k = 0; k < 80; k++) next[there - n + k < MOST_LEFT ? there - n + k : MOST_LEFT - 1] += p[left] * a[n][k];
        }
        memcpy(p, next, sizeof next);
    }
}

static struct bulk fixed_batches(double lambda, double fixed, double each, int b)
{
    double p[MOST_LEFT], cycle = 0, waiting = 0, busy = 0, items = 0;
    struct bulk f;
    int left;
    left_law(lambda, fixed, each, b, p);
    for (left = 0; left < MOST_LEFT; left++) {
        int there = left ? left : 1, n = there < b ? there : b;
        double t = fixed + each * n;
        cycle += p[left] * (t + (left ? 0 : 1 / lambda));
        busy += p[left] * t;
        waiting += p[left] * ((there - n) * t + lambda * square(t) / 2);
        items += p[left] * n;
    }
    f.wait = waiting / cycle / lambda;
    f.utilization = busy / cycle;
    f.batch = items;
    return f;
}

/* Probability of the k-th most popular of `keys`, from 1. */
static double zipf(int keys, double exponent, int k)
{
    double sum = 0;
    int i;
    for (i = 1; i <= keys; i++) sum += pow(i, -exponent);
    return pow(k, -exponent) / sum;
}

/* LRU under independent references (King 1971): the stack's first c are k1 .. kc with probability p1 p2/(1-p1) p3/(1-p1-p2) .. */
static double king(const double *p, int keys, int c, unsigned used, double probability, double inside)
{
    double sum = 0;
    int k;
    if (!c) return probability * inside;
    for (k = 0; k < keys; k++) {
        if (used & (1u << k)) continue;
        sum += king(p, keys, c - 1, used | (1u << k), probability * p[k] / (1 - inside), inside + p[k]);
    }
    return sum;
}

static double lru_hits(int keys, double exponent, int capacity)
{
    double p[16];
    int k;
    for (k = 0; k < keys; k++) p[k] = zipf(keys, exponent, k + 1);
    return king(p, keys, capacity, 0, 1, 0);
}

/* Che, Tung and Wang (2002): as if each key stayed the same time t, for which sum (1 - exp(-p t)) = capacity. */
static double che_hits(int keys, double exponent, int capacity)
{
    double low = 0, high = 1e9, p1 = zipf(keys, exponent, 1), hits = 0;
    int i, k;
    for (i = 0; i < 100; i++) {
        double t = (low + high) / 2, held = 0;
        for (k = 1; k <= keys; k++) held += 1 - exp(-p1 * pow(k, -exponent) * t);
        if (held < capacity) low = t;
        else high = t;
    }
    for (k = 1; k <= keys; k++) hits += p1 * pow(k, -exponent) * (1 - exp(-p1 * pow(k, -exponent) * low));
    return hits;
}

/* A key asked for at rate l, fetched in d, then kept for t: a cycle has a miss, l d requests during the fetch, l t hits (renewal and
   reward); 0: shares of hits, 1: of those that come during a fetch. */
static double kept_share(int keys, double exponent, double lambda, double t, double d, int during)
{
    double sum = 0;
    int k;
    for (k = 1; k <= keys; k++) {
        double p = zipf(keys, exponent, k), l = lambda * p;
        sum += p * l * (during ? d : t) / (1 + l * (t + d));
    }
    return sum;
}

/* --- A model: a scenario, and what is asked of it ---------------------------------------- */

enum reading { WAIT, QUEUE, IN_USE, UTILIZATION, REJECTS, GIVES_UP, SHARE_REJECTED, HITS, COALESCED, BATCH, GAIN, LATENCY, ABOVE, LAG, READY, SOJOURN, BACKLOG, THREAD_QUEUE };

struct quantity { enum reading reading; const char *what, *entity; double parameter, exact, values[REPLICATIONS]; };

static struct study {
    const char *name;
    aflow_builder *b;
    aflow_id generator, client, last;
    double rate, customers, around;     /* a second; for 1 %; s outside the servers */
    struct quantity quantities[MOST_QUANTITIES];
    size_t count, servers;
} study;

static void poisson_arrivals(double rate)
{
    study.b = aflow_builder_create(NULL);
    study.generator = aflow_add_generator(study.b, &(aflow_generator){ .avg_active_users = aflow_constant(rate), .avg_request_per_minute_per_user = aflow_constant(60) });
    study.client = aflow_add_client(study.b, NULL);
    study.rate = rate;
    study.last = study.generator;
}

/* One more in the row. */
static aflow_id station(aflow_server_resources resources, const aflow_step *steps, size_t steps_count)
{
    aflow_id s;
    if (!resources.ram_mb) resources.ram_mb = 256;
    s = aflow_add_server(study.b, &(aflow_server){ .server_resources = resources });
    if (steps) aflow_add_endpoint(study.b, s, "/a", steps, steps_count);
    aflow_connect(study.b, study.last, s, aflow_constant(TICK));
    study.last = s;
    study.around += TICK;
    return s;
}
#define STATION(...) station((aflow_server_resources){ 0 }, AFLOW_STEPS(__VA_ARGS__))

static void resource(aflow_resource_kind kind, aflow_resource desc)
{
    desc.id = "it";
    desc.kind = kind;
    aflow_add_resource(study.b, &desc);
}
#define POOL(...) resource(AFLOW_RESOURCE_CONNECTION_POOL, (aflow_resource){ __VA_ARGS__ })
#define DATABASE(...) resource(AFLOW_RESOURCE_DATABASE, (aflow_resource){ __VA_ARGS__ })
#define LIMITER(...) resource(AFLOW_RESOURCE_RATE_LIMITER, (aflow_resource){ __VA_ARGS__ })
#define CACHE(...) resource(AFLOW_RESOURCE_CACHE, (aflow_resource){ __VA_ARGS__ })
#define MODEL(...) resource(AFLOW_RESOURCE_LLM, (aflow_resource){ __VA_ARGS__ })
#define GPU(...) resource(AFLOW_RESOURCE_GPU, (aflow_resource){ __VA_ARGS__ })

static void ask(enum reading reading, const char *what, const char *entity, double parameter, double exact)
{
    struct quantity *q = &study.quantities[study.count++];
    if (study.count > MOST_QUANTITIES) exit(2);
    memset(q, 0, sizeof *q);
    q->reading = reading;
    q->what = what;
    q->entity = entity;
    q->parameter = parameter;
    q->exact = exact;
}
#define ASK(reading, entity, exact) ask(reading, #reading, entity, 0, exact)

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

static double read_resource(const struct quantity *q, aflow_resource_stats s)
{
    double asked = (double)(s.acquired + s.rejected + s.timed_out);
    switch (q->reading) {
    case WAIT: return s.wait.mean_s;
    case UTILIZATION: return s.utilization;
    case REJECTS: return ratio((double)s.rejected, asked);
    case GIVES_UP: return ratio((double)s.timed_out, asked);
    case HITS: return s.hit_ratio;
    case COALESCED: return ratio((double)s.coalesced, (double)(s.hits + s.misses));
    case BATCH: return s.batch_size_mean;
    case GAIN: return s.batching_gain;
    default: exit(2);
    }
}

static double read_quantity(const struct quantity *q, const aflow_result *r)
{
    aflow_id id = q->entity ? aflow_result_find(r, q->entity) : 0;
    aflow_counters c = aflow_result_info(r).requests;
    uint64_t cell;
    switch (q->reading) {
    case QUEUE: return aflow_result_metric(r, AFLOW_RESOURCE_QUEUE_LEN, id).mean;
    case IN_USE: return aflow_result_metric(r, AFLOW_RESOURCE_IN_USE, id).mean;
    case READY: return aflow_result_metric(r, AFLOW_READY_QUEUE_LEN, id).mean;
    case BACKLOG: return aflow_result_metric(r, AFLOW_BACKLOG_LEN, id).mean;
    case THREAD_QUEUE: return aflow_result_metric(r, AFLOW_THREAD_QUEUE_LEN, id).mean;
    case LATENCY: return aflow_result_latency(r).mean_s - study.around;
    case LAG: return aflow_result_server(r, id).loop_lag.mean_s;
    case SOJOURN: return aflow_result_endpoint(r, id, (size_t)q->parameter).latency.mean_s;
    case SHARE_REJECTED: return ratio((double)c.dropped, (double)(c.dropped + c.completed));
    case ABOVE: return (double)aflow_result_latency_histogram(r, study.around + q->parameter, 1e6, &cell, 1) / (double)c.completed;
    default: return read_resource(q, aflow_result_resource(r, id));
    }
}

/* --- Judging ---------------------------------------------------------------------------------- */

static struct { double z2, error; int models, quantities; double extreme; const char *where, *what; } total;

static void judge(const struct quantity *q, int first)
{
    double mean = 0, variance = 0, n = REPLICATIONS - 1, error, z;
    int i;
    for (i = 0; i < REPLICATIONS; i++) mean += q->values[i] / REPLICATIONS;
    for (i = 0; i < REPLICATIONS; i++) variance += square(q->values[i] - mean) / n;
    error = sqrt(variance / REPLICATIONS);
    z = (mean - q->exact) / error;
    if (verbose) printf("%-34s %-14s %-8s %13.8g %13.8g  %7.4f %% %6.2f\n", study.name, q->what, q->entity ? q->entity : "", q->exact, mean, 100 * error / q->exact, z);
    if (!(fabs(z) <= 4)) test_fail(__FILE__, __LINE__, "%s, %s: %.9g, exactly %.9g, z = %.2f", study.name, q->what, mean, q->exact, z);
    if (!(error <= (full ? .0025 : .01) * q->exact)) test_fail(__FILE__, __LINE__, "%s, %s: relative standard error %.4f %%", study.name, q->what, 100 * error / q->exact);
    total.quantities++;
    if (error / q->exact > total.error) total.error = error / q->exact;
    if (fabs(z) > fabs(total.extreme)) { total.extreme = z; total.where = study.name; total.what = q->what; }
    if (!first) return;
    total.models++;
    total.z2 += n * log(1 + z * z / n) * square((8 * n + 1) / (8 * n + 3));
}

/* Plays what has been built and asked for. */
static void play(const char *name, double customers)
{
    aflow_diagnostics problems = { 0 };
    const aflow_scenario *s;
    double horizon;
    size_t q;
    uint64_t i;
    study.name = name;
    aflow_connect(study.b, study.last, study.client, aflow_constant(TICK));
    study.around += TICK;
    horizon = ceil(customers * (full ? 16 : brief ? .1 : 1) / REPLICATIONS / study.rate);
    aflow_builder_settings(study.b)->total_simulation_time = horizon < 5 ? 5 : (uint32_t)horizon;
    aflow_builder_settings(study.b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    s = aflow_builder_scenario(study.b, NULL);
    for (i = 0; i < (brief ? 2 : REPLICATIONS); i++) {
        aflow_result *r = aflow_run(s, &(aflow_run_desc){ .seed = 20260101 + (uint64_t)total.models, .replication = i }, &problems);
        if (!r) {
            aflow_write_diagnostics(&problems, aflow_put_file, stdout);
            exit(2);
        }
        for (q = 0; q < study.count; q++) study.quantities[q].values[i] = read_quantity(&study.quantities[q], r);
        aflow_result_destroy(r);
    }
    for (q = 0; q < study.count && !brief; q++) judge(&study.quantities[q], q == 0);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(study.b);
    memset(&study, 0, sizeof study);
}

/* --- The formulas themselves ------------------------------------------------------------------------ */

/* Against values of oracles.json, which were computed with 40 digits by other means, and by the balance of the chains solved directly. */
static void formulas_are_as_known(void)
{
    CHECK_NEAR(erlang_b(8, 10), .1216610642529515, 1e-14);
    CHECK_NEAR(mmc_wait(3.2, 1, 4), .7455405897342555, 1e-13);
    CHECK_NEAR(scalability(1.8, 1, 2, 0, 0, 5).loss, .1410768852180935, 1e-14);
    CHECK_NEAR(scalability(1.8, 1, 2, 0, 0, 5).wait, .5891769352730105, 1e-13);
    CHECK_NEAR(scalability(1.2, 1, 1, 0, 0, 10).loss, .19258649512680603, 1e-14);
    CHECK_NEAR(scalability(1.2, 1, 1, 0, 0, 10).wait, 5.926137844142956, 1e-12);
    CHECK_NEAR(scalability(180, 100, 6, .1, .02, 400).wait, .0011889152170536, 1e-14);
    CHECK_NEAR(scalability(180, 100, 6, .1, .02, 400).in_use, 2.68933980928922, 1e-12);
    CHECK_NEAR(impatient(.8, 1, 1, 3).gives_up, .13535018641708815, 1e-14);
    CHECK_NEAR(impatient(.8, 1, 1, 3).wait, .8692484682040743, 1e-13);
    CHECK_NEAR(bucket_rejects(12, 10, 5), .19914669332881965, 1e-13);
    CHECK_NEAR(slotted(12, 10, 5).rejects, .1925266601563049, 1e-13);
    CHECK_NEAR(slotted(8, 10, 3).wait, .06901994402556136, 1e-9);
    CHECK_NEAR(bucket_wait(8, 10, 3), .08495351525234, 1e-12);
    CHECK_NEAR(bucket_wait(80, 100, 1), .02, 1e-15);            /* a bucket of one is M/D/1 */
    CHECK_NEAR(bulk_service(3, 1, 4, 1).wait, 2.5524987253384, 1e-9);
    CHECK_NEAR(bulk_service(3, 1, 4, 1).batch, 3.1118203324147, 1e-9);
    CHECK_NEAR(bulk_service(6, 1, 4, 2).wait, 1.26865139718077, 1e-9);
    CHECK_NEAR(bulk_service(6, 1, 4, 2).utilization, .976186580113059, 1e-12);
    CHECK_NEAR(bulk_service(3.2, 1, 1, 4).wait, .7455405897342555, 1e-9);   /* batches of one are M/M/c */
    CHECK_NEAR(fixed_batches(300, .01, .001, 8).wait, .00765998764851562, 1e-10);
    CHECK_NEAR(fixed_batches(300, .01, .001, 8).batch, 4.30856000670664, 1e-8);
    CHECK_NEAR(fixed_batches(80, .01, 0, 1).wait, .02, 1e-6);               /* M/D/1 */
    CHECK_NEAR(lru_hits(4, 1, 2), .603845417740155, 1e-14);
    CHECK_NEAR(lru_hits(4, 1, 3), .827011725116989, 1e-14);
    CHECK_NEAR(che_hits(1000, .8, 100), .377790221282957, 1e-12);
    CHECK_NEAR(kept_share(20, 1, 100, .5, 0, 0), .757970524061813, 1e-13);
    CHECK_NEAR(kept_share(20, 1, 100, .5, .1, 1), .130903299563393, 1e-13);
}

/* --- Pools --------------------------------------------------------------------------------------------- */

static aflow_step held(aflow_random_variable seconds) { return aflow_using(aflow_io(seconds), "it"); }

static void pools(void)
{
    poisson_arrivals(280);
    POOL(.capacity = 4);
    STATION(held(aflow_exponential(.01)));
    ASK(WAIT, "it", mmc_wait(280, 100, 4));
    ASK(UTILIZATION, "it", .7);
    ASK(QUEUE, "it", 280 * mmc_wait(280, 100, 4));
    ASK(IN_USE, "it", 2.8);
    play("M/M/4 pool", 1.8e6);

    poisson_arrivals(160);
    POOL(.capacity = 2);
    STATION(held(aflow_constant(.01)));
    ASK(WAIT, "it", .00903283879416675);
    ASK(LATENCY, NULL, .01903283879416675);
    play("M/D/2 pool", 1.2e6);

    poisson_arrivals(120);
    POOL(.capacity = 1, .max_waiting = 9);
    STATION(held(aflow_exponential(.01)));
    ASK(REJECTS, "it", .19258649512680603);
    ASK(WAIT, "it", .05926137844142956);
    ASK(UTILIZATION, "it", .9688962058478328);
    play("M/M/1/10 pool", 5e5);

    poisson_arrivals(180);
    POOL(.capacity = 2, .max_waiting = 3);
    STATION(held(aflow_exponential(.01)));
    ASK(REJECTS, "it", .1410768852180935);
    ASK(WAIT, "it", .005891769352730105);
    ASK(SHARE_REJECTED, NULL, .1410768852180935);
    play("M/M/2/5 pool", 5e5);
}

/* Lost calls depend on the mean service time alone. */
static void losses(void)
{
    const aflow_random_variable services[3] = { aflow_exponential(.01), aflow_constant(.01), aflow_log_normal(.01, .0003) };
    static const char *const names[] = { "M/M/10/10 pool", "M/D/10/10 pool", "M/G/10/10 pool" };
    int i;
    for (i = 0; i < 3; i++) {
        poisson_arrivals(800);
        POOL(.capacity = 10, .overflow = AFLOW_OVERFLOW_REJECT);
        STATION(held(services[i]));
        ASK(REJECTS, "it", .1216610642529515);
        ASK(UTILIZATION, "it", .7026711485976388);
        play(names[i], 9e5);
    }
}

static void impatience(void)
{
    struct patience one = impatient(80, 100, 1, .03), four = impatient(450, 100, 4, .008);
    poisson_arrivals(80);
    POOL(.capacity = 1, .acquire_timeout = .03);
    STATION(held(aflow_exponential(.01)));
    ASK(GIVES_UP, "it", .13535018641708815);
    ASK(WAIT, "it", .008692484682040743);
    ASK(QUEUE, "it", one.queue);
    play("M/M/1+D pool", 5e5);

    poisson_arrivals(450);
    POOL(.capacity = 4, .acquire_timeout = .008);
    STATION(held(aflow_exponential(.01)));
    ASK(GIVES_UP, "it", four.gives_up);
    ASK(WAIT, "it", four.wait);
    ASK(QUEUE, "it", four.queue);
    play("M/M/4+D pool", 5e5);
}

/* --- Databases -------------------------------------------------------------------------------------------- */

static void databases(void)
{
    struct chain waits = scalability(200, 100, 6, .1, .02, 1900), rejects = scalability(260, 100, 6, .1, .02, 8);
    poisson_arrivals(200);
    DATABASE(.capacity = 6, .contention = .1, .coherency = .02);
    STATION(held(aflow_exponential(.01)));
    ASK(LATENCY, NULL, waits.sojourn);
    ASK(IN_USE, "it", waits.in_use);
    ASK(WAIT, "it", waits.wait);
    play("USL database", 5e6);

    poisson_arrivals(260);
    DATABASE(.capacity = 6, .contention = .1, .coherency = .02, .max_waiting = 2);
    STATION(held(aflow_exponential(.01)));
    ASK(REJECTS, "it", rejects.loss);
    ASK(WAIT, "it", rejects.wait);
    ASK(LATENCY, NULL, rejects.sojourn);
    play("USL database, room for 8", 8e5);
}

/* Processor sharing: who brings x stays x / (1 - rho), whatever the others bring (Kleinrock 1967; Sakata, Noguchi and Oizumi 1971). */
static void sharing(void)
{
    static const double work[] = { .002, .005, .02 };
    static const char *const names[] = { "/0", "/1", "/2" };
    aflow_id s;
    int i;
    poisson_arrivals(60);
    DATABASE(.capacity = 1000000, .contention = 1);
    s = station((aflow_server_resources){ 0 }, NULL, 0);
    for (i = 0; i < 3; i++) {
        aflow_add_endpoint(study.b, s, names[i], AFLOW_STEPS(held(aflow_constant(work[i]))));
        ask(SOJOURN, names[i], "srv-1", i, work[i] / (1 - .54));
    }
    ASK(IN_USE, "it", .54 / (1 - .54));
    play("M/G/1 processor sharing", 5e5);

    poisson_arrivals(60);
    DATABASE(.capacity = 1000000, .contention = 1);
    STATION(held(aflow_exponential(.01)));
    ASK(LATENCY, NULL, .01 / .4);
    ASK(IN_USE, "it", .6 / .4);
    play("M/M/1 processor sharing", 4e5);
}

/* --- Limiters ------------------------------------------------------------------------------------------------ */

static void limiters(void)
{
    poisson_arrivals(12);
    LIMITER(.rate = 10, .burst = 5, .overflow = AFLOW_OVERFLOW_REJECT);
    STATION(aflow_rate_limit("it"));
    ASK(REJECTS, "it", .19914669332881965);
    ASK(UTILIZATION, "it", .9610239680054164);
    play("bucket, rejects", 3e5);

    poisson_arrivals(12);
    LIMITER(.rate = 10, .burst = 5, .refill_interval = .1, .overflow = AFLOW_OVERFLOW_REJECT);
    STATION(aflow_rate_limit("it"));
    ASK(REJECTS, "it", .1925266601563049);
    play("slotted bucket, rejects", 4e5);

    poisson_arrivals(7);
    LIMITER(.rate = 10, .burst = 2);
    STATION(aflow_rate_limit("it"));
    ASK(WAIT, "it", bucket_wait(7, 10, 2));
    ASK(UTILIZATION, "it", .7);
    play("bucket, waits", 2.5e6);

    poisson_arrivals(7);
    LIMITER(.rate = 10, .burst = 2, .refill_interval = .1);
    STATION(aflow_rate_limit("it"));
    ASK(WAIT, "it", slotted(7, 10, 2).wait);
    ASK(QUEUE, "it", 7 * slotted(7, 10, 2).wait);
    play("slotted bucket, waits", 2.5e6);
}

/* --- Caches ---------------------------------------------------------------------------------------------------- */

static aflow_step look_up(const aflow_step *fetch, size_t count) { return aflow_cache("it", TICK, fetch, count); }

static void lru(void)
{
    static const struct { uint32_t keys, capacity; double exponent; const char *name; } cases[] = {
        { 4, 1, 1, "LRU, 1 of 4" }, { 4, 2, 1, "LRU, 2 of 4" }, { 4, 3, 1, "LRU, 3 of 4" }, { 10, 4, 1.3, "LRU, 4 of 10" }, { 6, 3, AFLOW_ZERO, "LRU, 3 of 6 alike" } };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        poisson_arrivals(1000);
        CACHE(.keys = cases[i].keys, .capacity = cases[i].capacity, .zipf_exponent = cases[i].exponent);
        STATION(look_up(NULL, 0));
        ASK(HITS, "it", lru_hits((int)cases[i].keys, cases[i].exponent > 0 ? cases[i].exponent : 0, (int)cases[i].capacity));
        play(cases[i].name, 1e5);
    }
}

static void time_to_live(void)
{
    const aflow_step fetch[1] = { aflow_io_s(.1) };
    poisson_arrivals(100);
    CACHE(.keys = 20, .time_to_live = .5);
    STATION(look_up(NULL, 0));
    ASK(HITS, "it", kept_share(20, 1, 100, .5, 0, 0));
    play("TTL", 1e5);

    poisson_arrivals(100);
    CACHE(.keys = 20, .zipf_exponent = 1, .time_to_live = .5, .single_flight = 1);
    STATION(look_up(fetch, 1));
    ASK(HITS, "it", kept_share(20, 1, 100, .5, .1, 0));
    ASK(COALESCED, "it", kept_share(20, 1, 100, .5, .1, 1));
    play("TTL, single flight", 2e5);

    poisson_arrivals(100);
    CACHE(.hit_probability = .3);
    STATION(look_up(fetch, 1));
    ASK(HITS, "it", .3);
    ASK(LATENCY, NULL, .07 + TICK);
    play("hit probability", 1e5);
}

/* An approximation, but a close one: within 0.001 of hit ratios of 0.38 and 0.58 (a simulation of LRU alone, of 3e6 references: 0.3774 and
   0.5763), and 4 standard errors of 1e6 references. */
static void large_caches_are_as_che_says(void)
{
    static const double exponents[] = { .8, 1 };
    int i;
    for (i = 0; i < 2; i++) {
        aflow_result *r;
        double hits, exact = che_hits(1000, exponents[i], 100);
        poisson_arrivals(1000);
        CACHE(.keys = 1000, .capacity = 100, .zipf_exponent = exponents[i]);
        STATION(look_up(NULL, 0));
        aflow_connect(study.b, study.last, study.client, aflow_constant(TICK));
        aflow_builder_settings(study.b)->total_simulation_time = full ? 10000 : 1000;
        aflow_builder_settings(study.b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
        r = aflow_run(aflow_builder_scenario(study.b, NULL), &(aflow_run_desc){ .seed = 5 }, NULL);
        if (!r) exit(2);
        hits = aflow_result_resource(r, aflow_result_find(r, "it")).hit_ratio;
        if (verbose) printf("Che, exponent %g: %.5f, simulated %.5f\n", exponents[i], exact, hits);
        CHECK_NEAR(hits, exact, .001 + 4 * .0005);
        aflow_result_destroy(r);
        aflow_builder_destroy(study.b);
        memset(&study, 0, sizeof study);
    }
}

/* --- Models of providers ------------------------------------------------------------------------------------------ */

static aflow_step call(double in, aflow_random_variable out) { return aflow_llm_tokens("it", aflow_constant(in), out); }

static void providers(void)
{
    poisson_arrivals(280);
    MODEL(.capacity = 4, .time_to_first_token = aflow_exponential(.01));
    STATION(call(10, aflow_constant(10)));
    ASK(WAIT, "it", mmc_wait(280, 100, 4));
    ASK(UTILIZATION, "it", .7);
    play("M/M/4 model", 1.8e6);

    /* six calls a minute: a bucket of 6 that gains one in 10 s; 300 tokens, 100 a call: one of 3 that gains one in 20 s */
    poisson_arrivals(.12);
    MODEL(.requests_per_minute = 6, .overflow = AFLOW_OVERFLOW_REJECT, .time_to_first_token = aflow_constant(.001));
    STATION(call(10, aflow_constant(10)));
    ASK(REJECTS, "it", bucket_rejects(.12, .1, 6));
    play("requests a minute", 4e5);

    poisson_arrivals(.035);
    MODEL(.tokens_per_minute = 300, .time_to_first_token = aflow_constant(.001));
    STATION(call(60, aflow_constant(40)));
    ASK(WAIT, "it", bucket_wait(.035, .05, 3));
    play("tokens a minute", 3.5e6);

    /* 0.01 + U(0.0001, 0.0003) x Exp(50), drawn apart */
    poisson_arrivals(100);
    MODEL(.time_to_first_token = aflow_constant(.01), .time_per_output_token = aflow_uniform(.0001, .0003));
    STATION(call(10, aflow_uniform(20, 80)));
    ASK(LATENCY, NULL, .01 + .0002 * 50);
    play("time of tokens", 1e5);
}

/* --- GPUs ------------------------------------------------------------------------------------------------------------ */

static void batches(void)
{
    struct bulk one = bulk_service(300, 100, 4, 1), two = bulk_service(600, 100, 4, 2), fixed = fixed_batches(300, .01, .001, 8);
    poisson_arrivals(300);
    GPU(.max_batch_size = 4, .batch_time = aflow_exponential(.01));
    STATION(aflow_gpu_inference("it"));
    ASK(WAIT, "it", one.wait);
    ASK(UTILIZATION, "it", one.utilization);
    ASK(BATCH, "it", one.batch);
    ASK(LATENCY, NULL, one.wait + .01);
    play("M/M^[1,4]/1 GPU", 1.4e6);

    poisson_arrivals(600);
    GPU(.slots = 2, .max_batch_size = 4, .batch_time = aflow_exponential(.01));
    STATION(aflow_gpu_inference("it"));
    ASK(WAIT, "it", two.wait);
    ASK(UTILIZATION, "it", two.utilization);
    ASK(BATCH, "it", two.batch);
    play("M/M^[1,4]/2 GPU", 2e6);

    poisson_arrivals(300);
    GPU(.max_batch_size = 8, .batch_time = aflow_constant(.01), .item_time = aflow_constant(.001));
    STATION(aflow_gpu_inference("it"));
    ASK(WAIT, "it", fixed.wait);
    ASK(BATCH, "it", fixed.batch);
    ASK(UTILIZATION, "it", fixed.utilization);
    ASK(GAIN, "it", fixed.batch * .011 / (.01 + .001 * fixed.batch));
    play("M/D(n)^[1,8]/1 GPU", 2e5);
}

/* --- The server model --------------------------------------------------------------------------------------------------- */

#define RESOURCES(...) (aflow_server_resources){ __VA_ARGS__ }

static void admission(void)
{
    poisson_arrivals(180);
    station(RESOURCES(.ram_mb = 0, .max_concurrency = 2, .backlog = 3), AFLOW_STEPS(aflow_io(aflow_exponential(.01))));
    ASK(SHARE_REJECTED, NULL, .1410768852180935);
    ASK(BACKLOG, "srv-1", 180 * (1 - .1410768852180935) * .005891769352730105);
    ASK(LATENCY, NULL, .015891769352730105);
    play("M/M/2/5 server", 5e5);

    poisson_arrivals(800);
    station(RESOURCES(.ram_mb = 0, .max_concurrency = 10, .overflow = AFLOW_OVERFLOW_REJECT), AFLOW_STEPS(aflow_io(aflow_uniform(0, .02))));
    ASK(SHARE_REJECTED, NULL, .1216610642529515);
    play("M/G/10/10 server", 6e5);

    poisson_arrivals(90);
    station(RESOURCES(.ram_mb = 0, .max_concurrency = 1, .backlog = 7), AFLOW_STEPS(aflow_io_s(.01)));
    ASK(SHARE_REJECTED, NULL, .027263595395725756);
    ASK(LATENCY, NULL, .03446267545532538);
    play("M/D/1/8 server", 2e6);
}

static void workers(void)
{
    poisson_arrivals(210);
    station(RESOURCES(.cpu_cores = 3, .workers = 3), AFLOW_STEPS(aflow_cpu(aflow_exponential(.01))));
    ASK(LAG, "srv-1", mmc_wait(210, 100, 3));
    ASK(READY, "srv-1", 210 * mmc_wait(210, 100, 3));
    play("M/M/3 workers", 2e6);

    poisson_arrivals(120);
    station(RESOURCES(.cpu_cores = 2, .workers = 3), AFLOW_STEPS(aflow_cpu(aflow_exponential(.01))));
    ASK(READY, "srv-1", 120 * mmc_wait(120, 100, 2));
    ASK(LATENCY, NULL, .01 + mmc_wait(120, 100, 2));
    play("M/M/2, 3 workers", 1e6);

    poisson_arrivals(60);
    station(RESOURCES(.cpu_cores = 4, .workers = 1), AFLOW_STEPS(aflow_step_of(AFLOW_STEP_BLOCKING_IO, aflow_not_given(), aflow_not_given(), aflow_exponential(.01))));
    ASK(LAG, "srv-1", mmc_wait(60, 100, 1));
    ASK(LATENCY, NULL, .01 + mmc_wait(60, 100, 1));
    play("M/M/1 blocked loop", 6e5);

    poisson_arrivals(120);
    station(RESOURCES(.cpu_cores = 2), AFLOW_STEPS(aflow_step_of(AFLOW_STEP_BLOCKING_IO, aflow_not_given(), aflow_not_given(), aflow_exponential(.01))));
    ASK(LATENCY, NULL, .01 + mmc_wait(120, 100, 2));
    play("M/M/2 blocked loops", 4e5);
}

static aflow_step thread_io(double mean) { return aflow_step_of(AFLOW_STEP_THREAD_IO, aflow_not_given(), aflow_not_given(), aflow_exponential(mean)); }
static aflow_step thread_cpu(double mean) { return aflow_step_of(AFLOW_STEP_THREAD_CPU, aflow_exponential(mean), aflow_not_given(), aflow_not_given()); }

static void threads(void)
{
    poisson_arrivals(210);
    station(RESOURCES(.threads = 3), AFLOW_STEPS(thread_io(.01)));
    ASK(THREAD_QUEUE, "srv-1", 210 * mmc_wait(210, 100, 3));
    ASK(LATENCY, NULL, .01 + mmc_wait(210, 100, 3));
    play("M/M/3 thread pool", 2.2e6);

    poisson_arrivals(120);
    station(RESOURCES(.cpu_cores = 2, .threads = 1000), AFLOW_STEPS(thread_cpu(.01)));
    ASK(READY, "srv-1", 120 * mmc_wait(120, 100, 2));
    ASK(LATENCY, NULL, .01 + mmc_wait(120, 100, 2));
    play("M/M/2 computing threads", 1e6);

    /* turns under the lock: who is served does not depend on what anybody needs, so exponential work gives M/M/1's mean */
    poisson_arrivals(60);
    station(RESOURCES(.cpu_cores = 4, .workers = 1, .threads = 1000, .switch_interval = .003), AFLOW_STEPS(thread_cpu(.01)));
    ASK(LATENCY, NULL, .01 / .4);
    play("M/M/1 interpreter lock", 4e5);
}

/* --- M/G/1, with every family of service times ------------------------------------------------------------------------------ */

/* Pollaczek (1930) and Khinchine (1932): wait = rho mean (1 + scv) / (2 (1 - rho)), the queue lambda times that. */
static void general(const char *name, aflow_random_variable service, double mean, double scv, double customers)
{
    poisson_arrivals(60);
    STATION(aflow_cpu(service));
    ASK(READY, "srv-1", 60 * (60 * mean) * mean * (1 + scv) / (2 * (1 - 60 * mean)));
    ASK(LATENCY, NULL, mean + (60 * mean) * mean * (1 + scv) / (2 * (1 - 60 * mean)));
    play(name, customers);
}

static void service_times_of_every_family(void)
{
    static const double values[] = { .002, .01, .03 }, weights[] = { 5, 4, 1 };
    double sigma = log(25. / 8) / 1.6448536269514722;       /* of a log-normal with p50 = 8 ms, p95 = 25 ms */
    general("M/gamma(0.5)/1", aflow_gamma(.01, .5), .01, .5, 8e5);
    general("M/gamma(2)/1", aflow_gamma(.01, 2), .01, 2, 1.5e6);
    general("M/erlang(4)/1", aflow_erlang(4, .01), .01, .25, 6e5);
    general("M/weibull(2)/1", aflow_weibull(.01, 2), .01, 2, 2e6);
    general("M/pareto(1.5)/1", aflow_pareto(.01, 1.5, .1), .01, 1.5, 1.2e6);
    general("M/hyperexponential(3)/1", aflow_hyperexponential(.01, 3), .01, 3, 2.5e6);
    general("M/discrete/1", aflow_discrete(values, weights, 3), .008, 13.2e-5 / .000064 - 1, 1e6);
    general("M/log-normal by percentiles/1", aflow_percentiles(.008, .025, 0), .008 * exp(square(sigma) / 2), exp(square(sigma)) - 1, 1.2e6);
}

/* Two servers in a row, a pool that both use, a pool of threads, a wait of everybody's own: Jackson's network (1957), each station as if alone.
   Requests come back to the cores of the first and to the pool, with the same mean each time (Kelly 1975). Between two visits to
   the cores there is always a wait, else they would be one. */
static void networks(void)
{
    const aflow_step query[1] = { held(aflow_exponential(.02)) };
    double core = mmc_wait(100, 1 / .012, 2), pool = mmc_wait(70, 1 / .02, 2), thread = mmc_wait(50, 1 / .025, 2), last = mmc_wait(50, 1 / .01, 1);
    poisson_arrivals(50);
    POOL(.capacity = 2);
    station(RESOURCES(.cpu_cores = 2), AFLOW_STEPS(aflow_cpu(aflow_exponential(.012)), aflow_io(aflow_exponential(.02)), aflow_branch(.4, query, 1), aflow_cpu(aflow_exponential(.012))));
    station(RESOURCES(.cpu_cores = 1, .threads = 2), AFLOW_STEPS(thread_io(.025), held(aflow_exponential(.02)), aflow_cpu(aflow_exponential(.01))));
    ASK(LATENCY, NULL, 2 * (core + .012) + .02 + 1.4 * (pool + .02) + thread + .025 + last + .01);
    ASK(WAIT, "it", pool);
    ASK(READY, "srv-1", 100 * core);
    ASK(READY, "srv-2", 50 * last);
    ASK(THREAD_QUEUE, "srv-2", 50 * thread);
    ASK(IN_USE, "it", 1.4);
    play("Jackson network", 1.4e6);

    /* nested branches, and what is done otherwise: visits 0.3 x 0.5, 0.3 x 0.5, 0.7 */
    {
        const aflow_step a[1] = { aflow_io_s(.01) }, b[1] = { aflow_io_s(.02) }, c[1] = { aflow_io_s(.04) };
        aflow_step inner = aflow_branch(.5, a, 1), outer;
        inner.otherwise = b;
        inner.otherwise_count = 1;
        outer = aflow_branch(.3, &inner, 1);
        outer.otherwise = c;
        outer.otherwise_count = 1;
        poisson_arrivals(100);
        STATION(outer);
        ASK(LATENCY, NULL, .15 * .01 + .15 * .02 + .7 * .04);
        ask(ABOVE, "> 15 ms", NULL, .015, .85);
        ask(ABOVE, "> 30 ms", NULL, .03, .7);
        play("branches", 1e5);
    }
}

/* --- All together ---------------------------------------------------------------------------------------------------------- */

static double chi_square_quantile(double v, double normal)
{
    double a = 2 / (9 * v), b = 1 - a + normal * sqrt(a);
    return v * b * b * b;
}

static void the_sum_of_squares_is_in_its_band(void)
{
    double v = total.models, low = chi_square_quantile(v, -3.2905), high = chi_square_quantile(v, 3.2905);
    printf("%d quantities of %d models, relative standard errors of %.3f %% at most; greatest z %.2f (%s, %s); sum z^2 %.1f within %.1f .. %.1f\n", total.quantities, total.models,
           100 * total.error, total.extreme, total.where ? total.where : "", total.what ? total.what : "", total.z2, low, high);
    CHECK(total.z2 >= low && total.z2 <= high);
    CHECK(total.models >= 50);
}

int main(int argc, char **argv)
{
    const char *environment = getenv("FULL");
    verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    full = environment && strcmp(environment, "1") == 0;
    brief = test_brief();
    RUN(formulas_are_as_known);
    RUN(pools);
    RUN(losses);
    RUN(impatience);
    RUN(databases);
    RUN(sharing);
    RUN(limiters);
    RUN(lru);
    RUN(time_to_live);
    RUN(large_caches_are_as_che_says);
    RUN(providers);
    RUN(batches);
    RUN(admission);
    RUN(workers);
    RUN(threads);
    RUN(service_times_of_every_family);
    RUN(networks);
    if (!brief) RUN(the_sum_of_squares_is_in_its_band);
    return test_end();
}
