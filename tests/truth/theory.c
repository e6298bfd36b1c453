/* truth/theory.c - the engine against exact queueing theory (oracles.inc).

   Acceptance. A model is run in R >= 32 independent replications (one seed a model, replication = 0 .. R-1). For each quantity
       z = (mean of the replications - exact value) / (s / sqrt R),    s: standard deviation over the replications (R - 1),
   needs |z| <= 4. A quantity whose run is long enough is *promised*: its relative standard error s / sqrt R / value must be at
   most 0.25 %. A bias of 1 % then moves z by 4 or more, one of 2 % by 8 or more, which no luck hides. What is not promised (far
   percentiles in the short run) is held to |z| <= 4 all the same. The seeds were not chosen: the first ones passed.
   All z together: sum z^2 lies inside its 99.9 % chi-square band, else errors would be suspiciously large, or small, as a whole.
   z has R - 1 degrees of freedom and is first made normal (Wallace 1959: sqrt(n ln(1 + z^2/n)) (8n+1)/(8n+3), n = R - 1).
   Quantities of one model are correlated, those of different models are not (other seeds). So sum z^2, with the mean k, has the
   variance 2 sum r_ij^2, r_ij the correlations within a model, estimated from the replications; it is taken as c chi^2(v) of that
   mean and variance (Satterthwaite 1946): c = sum r_ij^2 / k, v = k / c. The quantiles 0.0005 and 0.9995 of chi^2(v) are
   v (1 - 2/(9v) -+ 3.2905 sqrt(2/(9v)))^3 (Wilson and Hilferty 1931), 3.2905 the normal's 0.9995 quantile.

   Warm-up. Runs start empty, which makes means too small by a share of about rho / ((1 - rho)^2 n) over n customers (M/M/1: the
   integral of what is missing is rho / (mu (1 - rho)^3)). LEAST_CUSTOMERS(rho) makes that at most 1e-4 a replication: 0.04
   standard errors of 0.25 %. At the horizon, who is still on the way is missing, the slow more often: a share of variance / mean of
   the latency / horizon, which is less than that everywhere (1/40000 where latencies are whole seconds). What counts from empty (..-empty) has no such bias.
   A variance is the mean square about the *exact* mean: the square about a run's own mean would be too small.

   Run as it is: about 16 s. FULL=1 in the environment: nearly all quantities at 0.25 %, about three minutes. -v: the table.
   BRIEF=1: two replications of 2,000 customers a model, and nothing is judged: for sanitizers, which are slow and look for other things.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PRECISION .0025         /* promised relative standard error */
#define MARGIN 1.4              /* more customers than expected to be needed: s itself is only known to 12 % */
#define REPLICATIONS 32
#define MOST_REPLICATIONS 256
#define MOST_A_RUN 2000000.0    /* customers a replication, before there are more of them */
#define LEAST_CUSTOMERS(rho) ((rho) / ((1 - (rho)) * (1 - (rho))) * 1e4)
#define MOST_QUANTITIES 16
#define TICK 1e-9               /* s: the shortest latency; three such edges do not show */

struct oracle {
    const char *id, *model;
    double p[4];
    const char *quantity;
    double threshold, value, error;     /* error: relative standard error over 1e6 customers (or windows, or replications) */
    const char *formula;
};

static const struct oracle oracles[] = {
#include "oracles.inc"
    /* and some more, by the same formulas */
    {"mmc-ram", "mmc_ram", {3200, 1000, 4}, "in_use_mean", 0, 3.2 * 256, .0014, "lambda/mu requests of 256 MB (Little)"},
    {"mmc-pool", "mmc_pool", {3200, 1000, 4}, "in_use_mean", 0, 3.2, .0014, "lambda/mu (Little)"},
    {"mdc-ram", "mdc_ram", {160, .01, 2}, "in_use_mean", 0, 1.6 * 256, .001, "lambda D requests of 256 MB (Little)"},
    {"mdc-pool", "mdc_pool", {160, .01, 2}, "in_use_mean", 0, 1.6, .001, "lambda D (Little)"},
    {"mm1-a", "mm1", {50, 100}, "number_mean", 0, 1, .0041, "rho/(1-rho), queue and core"},
    {"jsq", "jsq2", {1600, 1000}, "utilisation", 0, .8, .0014, "lambda/(2 mu)"},
    {"whole", "whole_path", {100, 20, .001, .1}, "transit_mean", 0, 100. / 3 * .008, .001, "lambda x 3+2+3 ms on the edges (Little)"},
    {"dropout", "dropout", {50, .05, 3}, "dropped_rate", 0, 50 - 42.86875, .005, "lambda(1-(1-p)^n)"},
    {"path-normal", "path_normal", {.01, .0001}, "latency_mean", 0, .0108331547058769, .0008, "m (Phi(1) + phi(1)): cut at 0, s = m"},
    {"path-normal", "path_normal", {.01, .0001}, "latency_var", 0, 7.51087807841609e-05, .0015, "m^2 (2 Phi(1) + phi(1)) - mean^2"},
    {"path-normal", "path_normal", {.01, .0001}, "latency_above", .01, .5, .001, "the median stays"},
    {"path-uniform", "path_uniform", {.02}, "latency_mean", 0, .02, .0006, "on [0, 2 m]"},
    {"path-uniform", "path_uniform", {.02}, "latency_var", 0, .0004 / 3, .0009, "m^2 / 3"},
    {"path-uniform", "path_uniform", {.02}, "latency_above", .03, .25, .0017, "1 - t / (2 m)"},
    {"path-poisson", "path_poisson", {2}, "latency_mean", 0, 2, .0007, "whole seconds"},
    {"path-poisson", "path_poisson", {2}, "latency_var", 0, 2, .0016, "the mean"},
    {"path-poisson", "path_poisson", {2}, "latency_above", 3.5, .142876539501453, .0024, "1 - e^-2 (1 + 2 + 2 + 4/3)"},
    {"windows-normal-2", "normal_users", {3, .5, 60, 10}, "count_mean", 0, 30, .0003, "r W m; 6 s from 0"},
    {"windows-normal-2", "normal_users", {3, .5, 60, 10}, "count_var", 0, 55, .0015, "r W m + (r W s)^2"},
    {"windows-a", "poisson_users", {3, 12, 10}, "count_dispersion", 0, 3, .0017, "1 + r W"},
    {"count-3s", "fixed_users", {100, 20, 3}, "count_mean", 0, 100, .0001, "lambda T"},
    {"count-3s", "fixed_users", {100, 20, 3}, "count_var", 0, 100, .0015, "lambda T"},
    {"count-3s", "fixed_users", {100, 20, 3}, "count_dispersion", 0, 1, .0015, "1"},
};

static double most_customers = 9e6;     /* a model; FULL: 250e6 */
static int full, brief;
static int verbose;

static int is(const char *a, const char *b) { return strcmp(a, b) == 0; }
static int starts(const char *a, const char *prefix) { return strncmp(a, prefix, strlen(prefix)) == 0; }
static double square(double x) { return x * x; }

/* --- Models --------------------------------------------------------------------- */

/* A scenario and how its figures are read. */
struct model {
    aflow_builder *b;
    aflow_id generator, client;
    double rate;                /* customers a second */
    double rho;                 /* for the length of the run */
    double constant;            /* s, latency of constant edges: not part of what is measured */
    double service[3];          /* s, of endpoints "/a", "/b", "/c" where it is constant; 0: random */
    aflow_metric queue, in_use; /* what "wait" and "in_use" mean here */
    int rows;                   /* needs every request's endpoint */
    double sample_period;       /* 0: no samples */
};

static aflow_id one_server(struct model *m, uint32_t cores, uint32_t ram_mb, uint32_t pool)
{
    return aflow_add_server(m->b, &(aflow_server){ .server_resources = { .cpu_cores = cores, .ram_mb = ram_mb, .db_connection_pool = pool } });
}

static void traffic(struct model *m, double users, double rpm)
{
    m->generator = aflow_add_generator(m->b, &(aflow_generator){ .avg_active_users = aflow_constant(users), .avg_request_per_minute_per_user = aflow_constant(rpm) });
    m->client = aflow_add_client(m->b, NULL);
    m->rate = users * rpm / 60;
}

/* generator -> client -> servers in a row -> client, by constant edges of a tick */
static void chain(struct model *m, const aflow_id *servers, size_t count)
{
    size_t i;
    aflow_connect(m->b, m->generator, m->client, aflow_constant(TICK));
    aflow_connect(m->b, m->client, servers[0], aflow_constant(TICK));
    for (i = 0; i < count; i++) aflow_connect(m->b, servers[i], i + 1 < count ? servers[i + 1] : m->client, aflow_constant(TICK));
    m->constant = (double)(count + 2) * TICK;
}

/* One station with c places, which are cores, RAM or connections. */
static void station(struct model *m, const char *places, double lambda, aflow_random_variable service, uint32_t c)
{
    aflow_id s;
    traffic(m, lambda, 60);
    m->rho = lambda * service.mean / c;
    m->service[0] = service.distribution == AFLOW_DISTRIBUTION_CONSTANT ? service.mean : 0;
    if (is(places, "ram")) {
        s = one_server(m, 1, 256 * c, 0);
        aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_ram_mb(256), aflow_io(service)));
        m->queue = AFLOW_RAM_QUEUE_LEN;
        m->in_use = AFLOW_RAM_IN_USE;
    } else if (is(places, "pool")) {
        s = one_server(m, 1, 256, c);
        aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_db(service)));
        m->queue = AFLOW_DB_QUEUE_LEN;
        m->in_use = AFLOW_DB_CONNECTIONS_IN_USE;
    } else {
        s = one_server(m, c, 256, 0);
        aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_cpu(service)));
    }
    chain(m, &s, 1);
}

static void general(struct model *m, const struct oracle *o)
{
    const double *p = o->p;
    aflow_id s;
    traffic(m, p[0], 60);
    s = one_server(m, 1, 256, 0);
    if (is(o->model, "mg1_mix3")) {
        aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_cpu_s(m->service[0] = p[1])));
        aflow_add_endpoint(m->b, s, "/b", AFLOW_STEPS(aflow_cpu_s(m->service[1] = p[2])));
        aflow_add_endpoint(m->b, s, "/c", AFLOW_STEPS(aflow_cpu_s(m->service[2] = p[3])));
        m->rho = p[0] * (p[1] + p[2] + p[3]) / 3;
        m->rows = 1;
    } else if (is(o->model, "mg1_uniform")) {
        aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_cpu(aflow_uniform(p[1], p[2]))));
        m->rho = p[0] * (p[1] + p[2]) / 2;
    } else {
        const aflow_step often[] = { aflow_cpu(aflow_exponential(p[2])) }, seldom[] = { aflow_cpu(aflow_exponential(p[3])) };
        aflow_add_weighted_endpoint(m->b, s, &(aflow_endpoint){ .endpoint_name = "/a", AFLOW_ARRAY(steps, often), .probability = p[1] });
        aflow_add_weighted_endpoint(m->b, s, &(aflow_endpoint){ .endpoint_name = "/b", AFLOW_ARRAY(steps, seldom), .probability = 1 - p[1] });
        m->rho = .85;           /* 0.7, and some more for its variance */
    }
    chain(m, &s, 1);
}

static void infinite(struct model *m, const struct oracle *o)
{
    int constant = is(o->model, "mginf_constant") || is(o->model, "mdinf_empty");
    aflow_id s;
    traffic(m, o->p[0], 60);
    s = one_server(m, 1, 256, 0);
    aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_io(constant ? aflow_constant(o->p[1]) : aflow_exponential(o->p[1]))));
    chain(m, &s, 1);
    m->rho = .5;
    if (starts(o->model, "mginf")) m->sample_period = o->p[1] / 5;
}

static void tandem(struct model *m, const struct oracle *o)
{
    aflow_id s[2];
    int i;
    traffic(m, o->p[0], 60);
    for (i = 0; i < 2; i++) {
        s[i] = one_server(m, 1, 256, 0);
        aflow_add_endpoint(m->b, s[i], "/a", AFLOW_STEPS(aflow_cpu(aflow_exponential(1 / o->p[1 + i]))));
    }
    m->rho = o->p[0] / o->p[2];
    chain(m, s, 2);
}

/* Three edges around a server that nobody waits at. */
static void path(struct model *m, aflow_random_variable a, aflow_random_variable b, aflow_random_variable c, double dropout)
{
    aflow_id s;
    traffic(m, b.mean > 1 ? 1 : 50, 60);    /* seconds on the way need more of them before the horizon */
    s = one_server(m, 1, 256, 0);
    aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_io_s(TICK)));
    aflow_connect_edge(m->b, m->generator, m->client, &(aflow_edge){ .latency = a, .dropout_rate = dropout });
    aflow_connect_edge(m->b, m->client, s, &(aflow_edge){ .latency = b, .dropout_rate = dropout });
    aflow_connect_edge(m->b, s, m->client, &(aflow_edge){ .latency = c, .dropout_rate = dropout });
    m->constant = TICK;
}

static void paths(struct model *m, const struct oracle *o)
{
    const double *p = o->p;
    aflow_random_variable tick = aflow_constant(TICK);
    if (is(o->model, "path_exponential")) {
        path(m, aflow_exponential(p[0]), aflow_exponential(p[1]), aflow_exponential(p[2]), 0);
    } else if (is(o->model, "path_lognormal")) {
        path(m, tick, aflow_log_normal(p[0], p[1]), tick, 0);
        m->constant = 3 * TICK;
    } else if (is(o->model, "dropout")) {
        path(m, tick, tick, tick, p[1]);
    } else {
        path(m, tick, is(o->model, "path_normal") ? aflow_normal(p[0], p[1]) : aflow_random(is(o->model, "path_uniform") ? AFLOW_DISTRIBUTION_UNIFORM : AFLOW_DISTRIBUTION_POISSON, p[0], 0), tick, 0);
        m->constant = 3 * TICK;
    }
    m->rho = .5;
}

/* A balancer in front of c servers of one core. */
static void balanced(struct model *m, aflow_lb_algorithm algorithm, uint32_t c, const aflow_step *steps, size_t steps_count, const double *edges)
{
    aflow_id lb = aflow_add_load_balancer(m->b, &(aflow_load_balancer){ .algorithms = algorithm });
    uint32_t i;
    aflow_connect(m->b, m->generator, m->client, edges ? aflow_exponential(edges[0]) : aflow_constant(TICK));
    aflow_connect(m->b, m->client, lb, edges ? aflow_exponential(edges[1]) : aflow_constant(TICK));
    for (i = 0; i < c; i++) {
        aflow_id s = one_server(m, 1, 256, 0);
        aflow_add_endpoint(m->b, s, "/a", steps, steps_count);
        aflow_connect(m->b, lb, s, aflow_constant(TICK));
        aflow_connect(m->b, s, m->client, edges ? aflow_exponential(edges[2]) : aflow_constant(TICK));
    }
    m->constant = edges ? TICK : 4 * TICK;
    m->rho = m->rate * steps[0].cpu_time.mean / c;
    if (m->rho > .85) m->rho = .9;
}

static void several(struct model *m, const struct oracle *o)
{
    const double *p = o->p;
    if (is(o->model, "whole_path_rr")) {
        static const double edges[] = { .003, .002, .003 };
        const aflow_step steps[2] = { aflow_cpu_s(p[2]), aflow_io_s(p[3]) };
        traffic(m, p[0], p[1]);
        balanced(m, AFLOW_LB_ROUND_ROBIN, 2, steps, 2, edges);
    } else if (is(o->model, "jsq2")) {
        traffic(m, p[0], 60);
        balanced(m, AFLOW_LB_LEAST_CONNECTION, 2, AFLOW_STEPS(aflow_cpu(aflow_exponential(1 / p[1]))), NULL);
    } else {
        int constant = is(o->model, "rr_md");
        traffic(m, p[0], 60);
        m->service[0] = constant ? p[1] : 0;
        balanced(m, AFLOW_LB_ROUND_ROBIN, (uint32_t)p[2], AFLOW_STEPS(aflow_cpu(constant ? aflow_constant(p[1]) : aflow_exponential(1 / p[1]))), NULL);
    }
}

static void whole(struct model *m, const struct oracle *o)
{
    aflow_id s;
    traffic(m, o->p[0], o->p[1]);
    s = one_server(m, 1, 256, 0);
    aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_cpu_s(o->p[2]), aflow_ram_mb(.5), aflow_io_s(o->p[3])));
    aflow_connect(m->b, m->generator, m->client, aflow_exponential(.003));
    aflow_connect(m->b, m->client, s, aflow_exponential(.002));
    aflow_connect(m->b, s, m->client, aflow_exponential(.003));
    m->rho = .5;
}

/* Arrivals at k x interarrival, as many as a replication has customers. */
static void regular(struct model *m, const struct oracle *o, double customers)
{
    size_t n = (size_t)customers, i;
    double *times = (double *)malloc(n * sizeof *times);
    aflow_id s;
    if (!times) exit(2);
    for (i = 0; i < n; i++) times[i] = (double)(i + 1) * o->p[0];
    m->generator = aflow_add_generator(m->b, &(aflow_generator){ .arrivals = times, .arrivals_count = n });
    m->client = aflow_add_client(m->b, NULL);
    m->rate = 1 / o->p[0];
    s = one_server(m, 1, 256, 0);
    aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_cpu(aflow_exponential(1 / o->p[1]))));
    chain(m, &s, 1);
    free(times);
}

/* All requests are lost on the first edge: only the generator matters. */
static void generator_only(struct model *m, const struct oracle *o)
{
    aflow_generator g = { .avg_active_users = aflow_constant(o->p[0]), .avg_request_per_minute_per_user = aflow_constant(o->p[1]), .user_sampling_window = 7 };
    aflow_id s;
    m->rate = o->p[0] * o->p[1] / 60;
    if (is(o->model, "poisson_users")) {
        g.avg_active_users = aflow_poisson(o->p[0]);
        g.user_sampling_window = (uint32_t)o->p[2];
    } else if (is(o->model, "normal_users")) {
        g.avg_active_users = aflow_normal(o->p[0], square(o->p[1]));
        g.avg_request_per_minute_per_user = aflow_constant(o->p[2]);
        g.user_sampling_window = (uint32_t)o->p[3];
        m->rate = o->p[0] * o->p[2] / 60;
    }
    m->generator = aflow_add_generator(m->b, &g);
    m->client = aflow_add_client(m->b, NULL);
    s = one_server(m, 1, 256, 0);
    aflow_add_endpoint(m->b, s, "/a", AFLOW_STEPS(aflow_io_s(TICK)));
    aflow_connect_edge(m->b, m->generator, m->client, &(aflow_edge){ .latency = aflow_constant(TICK), .dropout_rate = is(o->id, "windows-a") ? 0 : 1 });
    aflow_connect(m->b, m->client, s, aflow_constant(TICK));
    aflow_connect(m->b, s, m->client, aflow_constant(TICK));
}

static void build(struct model *m, const struct oracle *o, double customers)
{
    const double *p = o->p;
    memset(m, 0, sizeof *m);
    m->b = aflow_builder_create(NULL);
    m->queue = AFLOW_READY_QUEUE_LEN;
    m->in_use = AFLOW_CORE_BUSY;
    if (is(o->model, "mm1")) station(m, "cores", p[0], aflow_exponential(1 / p[1]), 1);
    else if (is(o->model, "mm1_empty")) station(m, "cores", p[0], aflow_exponential(1 / p[1]), 1);
    else if (is(o->model, "md1") || is(o->model, "md1_empty")) station(m, "cores", p[0], aflow_constant(p[1]), 1);
    else if (starts(o->model, "mmc_")) station(m, o->model + 4, p[0], aflow_exponential(1 / p[1]), (uint32_t)p[2]);
    else if (starts(o->model, "mdc_")) station(m, o->model + 4, p[0], aflow_constant(p[1]), (uint32_t)p[2]);
    else if (starts(o->model, "mg1_")) general(m, o);
    else if (starts(o->model, "mginf") || starts(o->model, "mdinf") || starts(o->model, "mminf")) infinite(m, o);
    else if (is(o->model, "tandem")) tandem(m, o);
    else if (starts(o->model, "path_") || is(o->model, "dropout")) paths(m, o);
    else if (is(o->model, "whole_path")) whole(m, o);
    else if (is(o->model, "dm1")) regular(m, o, customers);
    else if (strstr(o->model, "_users")) generator_only(m, o);
    else several(m, o);
}

static const aflow_scenario *finish(struct model *m, double horizon_s)
{
    aflow_sim_settings *settings = aflow_builder_settings(m->b);
    settings->total_simulation_time = horizon_s < 5 ? 5 : (uint32_t)ceil(horizon_s);
    settings->enabled_sample_metrics = m->sample_period > 0 ? (uint32_t)AFLOW_EVENT_LOOP_IO_SLEEP : AFLOW_METRICS_NONE;
    if (m->sample_period > 0) settings->sample_period_s = m->sample_period;
    return aflow_builder_scenario(m->b, NULL);
}

/* --- Measuring --------------------------------------------------------------------- */

/* The quantities of one model, as one run or batch of runs gives them. */
struct group {
    const struct oracle *first, *quantity[MOST_QUANTITIES];
    size_t count;
    uint64_t seed;
};

static double exact(const struct group *g, const char *quantity)
{
    size_t i;
    for (i = 0; i < g->count; i++) if (is(g->quantity[i]->quantity, quantity)) return g->quantity[i]->value;
    printf("%s: no oracle for %s\n", g->first->id, quantity);
    exit(2);
}

static double all_servers(const aflow_result *r, aflow_metric metric)
{
    aflow_id ids[8];
    size_t n = aflow_result_servers(r, ids, 8), i;
    double sum = 0;
    for (i = 0; i < n; i++) sum += aflow_result_metric(r, metric, ids[i]).mean;
    return sum;
}

static double all_edges(const aflow_result *r)
{
    aflow_id ids[8];
    size_t n = aflow_result_edges(r, ids, 8), i;
    double sum = 0;
    for (i = 0; i < n; i++) sum += aflow_result_metric(r, AFLOW_EDGE_CONCURRENT_CONNECTION, ids[i]).mean;
    return sum;
}

/* Share of the latencies of more than t seconds, to the tick. */
static double share_above(const aflow_result *r, double t)
{
    uint64_t cell;
    return (double)aflow_result_latency_histogram(r, t + TICK, 1e6, &cell, 1) / (double)aflow_result_info(r).requests.completed;
}

/* Every request's wait by itself: latency less its endpoint's service. Mean square about the exact mean, or share above. */
static double from_rows(const struct group *g, const struct model *m, const aflow_result *r, const struct oracle *o)
{
    uint64_t n = aflow_result_requests(r), i;
    int above = is(o->quantity, "wait_above");
    double mean = above ? 0 : exact(g, "wait_mean"), sum = 0;
    for (i = 0; i < n; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        double wait = (double)(q.finish_ns - q.start_ns) * 1e-9 - m->constant - m->service[q.endpoint[1] - 'a'];
        if (above) sum += wait > o->threshold + TICK / 2;
        else sum += square(wait - mean);
    }
    return sum / (double)n;
}

static double sampled(const aflow_result *r, const struct oracle *o, const struct group *g)
{
    aflow_id s = aflow_result_find(r, "srv-1");
    size_t n = aflow_result_series(r, AFLOW_EVENT_LOOP_IO_SLEEP, s, NULL, 0), i;
    double *x = (double *)malloc(n * sizeof *x), sum = 0, mean = exact(g, "number_mean");
    if (!x) exit(2);
    aflow_result_series(r, AFLOW_EVENT_LOOP_IO_SLEEP, s, x, n);
    for (i = 0; i < n; i++) sum += is(o->quantity, "number_var") ? square(x[i] - mean) : x[i] > o->threshold - .5;
    free(x);
    return sum / (double)n;
}

static double measure(const struct group *g, const struct model *m, const aflow_result *r, const aflow_latency_stats *l, const struct oracle *o)
{
    const char *q = o->quantity;
    aflow_run_info info = aflow_result_info(r);
    aflow_id ids[8];
    size_t n = aflow_result_servers(r, ids, 8), i;
    uint64_t arrived = 0;
    double sum = 0;
    for (i = 0; i < n; i++) arrived += aflow_result_server(r, ids[i]).arrived;
    if (is(q, "latency_mean")) return l->mean_s - m->constant;
    if (is(q, "latency_var")) return square(l->std_dev_s) + square(l->mean_s - m->constant - exact(g, "latency_mean"));
    if (is(q, "latency_above")) return share_above(r, m->constant + o->threshold);
    if (is(q, "wait_mean")) return all_servers(r, m->queue) * info.horizon_s / (double)arrived;     /* Little, over this run */
    if (is(q, "wait_above") && !m->rows) return share_above(r, m->constant + m->service[0] + o->threshold);
    if (is(q, "wait_above") || is(q, "wait_var")) return from_rows(g, m, r, o);
    if (is(q, "in_use_mean")) return all_servers(r, m->in_use);
    if (is(q, "transit_mean")) return all_edges(r);
    if (is(q, "number_mean") && is(o->model, "mm1")) return all_servers(r, AFLOW_READY_QUEUE_LEN) + all_servers(r, AFLOW_CORE_BUSY);
    if (is(q, "number_mean")) return all_servers(r, AFLOW_EVENT_LOOP_IO_SLEEP);
    if (starts(q, "number_")) return sampled(r, o, g);
    if (is(q, "completed_rate")) return (double)info.requests.completed / info.horizon_s;
    if (is(q, "dropped_rate")) return (double)info.requests.dropped / info.horizon_s;
    if (is(q, "utilisation")) {
        for (i = 0; i < n; i++) sum += aflow_result_server(r, ids[i]).cpu_utilization / (double)n;
        return sum;
    }
    printf("%s: nothing measures %s\n", o->id, q);
    exit(2);
}

/* One long run. */
static void long_run(const struct group *g, uint64_t replication, double customers, double *values)
{
    struct model m;
    aflow_result *r;
    aflow_latency_stats l;
    size_t i;
    build(&m, g->first, customers);
    r = aflow_run(finish(&m, customers / m.rate), &(aflow_run_desc){ .seed = g->seed, .replication = replication, .record_requests = m.rows, .endpoint_latency_off = 1 }, NULL);
    if (!r) exit(2);
    l = aflow_result_latency(r);
    for (i = 0; i < g->count; i++) values[i] = measure(g, &m, r, &l, g->quantity[i]);
    aflow_result_destroy(r);
    aflow_builder_destroy(m.b);
}

/* Many short runs from empty; the next number of replication each. */
static void many_runs(const struct group *g, uint64_t replication, double customers, double *values)
{
    const struct oracle *o = g->first;
    int by_customer = strstr(o->model, "1_empty") != NULL;
    uint64_t first_n = by_customer ? (uint64_t)o->p[2] : 1, runs = (uint64_t)ceil(customers / (double)first_n), i, k;
    struct model m;
    const aflow_scenario *s;
    size_t q;
    build(&m, o, customers);
    s = finish(&m, 5);
    for (q = 0; q < g->count; q++) values[q] = 0;
    for (i = 0; i < runs; i++) {
        aflow_sim *sim = aflow_sim_create(s, &(aflow_run_desc){ .seed = g->seed, .replication = replication * runs + i, .record_requests = by_customer, .endpoint_latency_off = 1 }, NULL);
        if (!sim) exit(2);
        if (by_customer) {
            aflow_result *r;
            double sum = 0, last = 0, t = (double)first_n / m.rate;
            for (; aflow_sim_counters(sim).completed < first_n; t += 10 / m.rate) aflow_sim_run_until(sim, t);
            r = aflow_sim_finish(sim);
            for (k = 0; k < first_n; k++) {     /* first come, first served: row k is request k + 1 */
                aflow_request_info row = aflow_result_request(r, k);
                if (row.id != k + 1) test_fail(__FILE__, __LINE__, "%s: request %u left as number %u", o->id, (unsigned)row.id, (unsigned)k + 1);
                sum += last = (double)(row.finish_ns - row.start_ns) * 1e-9 - m.constant;
            }
            for (q = 0; q < g->count; q++) values[q] += is(g->quantity[q]->quantity, "latency_nth") ? last : sum / (double)first_n;
            aflow_result_destroy(r);
        } else {
            aflow_sim_run_until(sim, o->threshold);
            values[0] += aflow_sim_gauge(sim, AFLOW_EVENT_LOOP_IO_SLEEP, aflow_sim_find(sim, "srv-1"));
        }
        aflow_sim_destroy(sim);
    }
    for (q = 0; q < g->count; q++) values[q] /= (double)runs;
    aflow_builder_destroy(m.b);
}

/* Requests generated in each of n windows. windows-a reads the throughput of whole trips of three ticks; the others look at the
   counter between slices, where all requests end on the first edge. */
static void count_windows(const aflow_scenario *s, double window, const aflow_run_desc *desc, double *counts, size_t n, int throughput)
{
    size_t i;
    if (throughput) {
        aflow_result *r = aflow_run(s, desc, NULL);
        if (!r || aflow_result_throughput(r, window, counts, n).windows != n) exit(2);
        for (i = 0; i < n; i++) counts[i] = floor(counts[i] * window + .5);
        aflow_result_destroy(r);
    } else {
        aflow_sim *sim = aflow_sim_create(s, desc, NULL);
        uint64_t before = 0;
        for (i = 0; i < n; i++) {
            uint64_t now;
            if (aflow_sim_run_until(sim, (double)(i + 1) * window) != AFLOW_OK) exit(2);
            now = aflow_sim_counters(sim).generated;
            counts[i] = (double)(now - before);
            before = now;
        }
        aflow_sim_destroy(sim);
    }
}

static void windows(const struct group *g, uint64_t replication, double windows_wanted, double *values)
{
    const struct oracle *o = g->first;
    size_t n = (size_t)windows_wanted, i, q;
    double window = o->p[is(o->model, "normal_users") ? 3 : 2], *x = (double *)malloc(n * sizeof *x), mean = 0, m2 = 0, m3 = 0, zero = 0;
    struct model m;
    aflow_run_desc desc = { .seed = g->seed, .replication = replication };
    if (!x) exit(2);
    build(&m, o, 0);
    count_windows(finish(&m, (double)n * window), window, &desc, x, n, is(o->id, "windows-a"));
    for (i = 0; i < n; i++) mean += x[i] / (double)n;
    for (i = 0; i < n; i++) {
        m2 += square(x[i] - mean) / (double)n;
        m3 += square(x[i] - mean) * (x[i] - mean) / (double)n;
        zero += (x[i] < .5) / (double)n;
    }
    for (q = 0; q < g->count; q++) {
        const char *name = g->quantity[q]->quantity;
        values[q] = is(name, "count_mean") ? mean : is(name, "count_zero") ? zero : is(name, "count_skewness") ? m3 / (m2 * sqrt(m2)) :
                    is(name, "count_var") ? m2 * (double)n / (double)(n - 1) : m2 / mean;
    }
    free(x);
    aflow_builder_destroy(m.b);
}

/* --- Judging -------------------------------------------------------------------------- */

static struct { double z2, correlations; size_t quantities, promised; double extreme, error; const char *where, *what; } total;

static double moment(const double *a, double a_mean, const double *b, double b_mean, size_t n)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < n; i++) sum += (a[i] - a_mean) * (b[i] - b_mean);
    return sum / (double)(n - 1);
}

static void judge(const struct group *g, double (*values)[MOST_REPLICATIONS], size_t replications, double units)
{
    double mean[MOST_QUANTITIES], variance[MOST_QUANTITIES], n = (double)replications - 1;
    size_t q, k, i;
    for (q = 0; q < g->count; q++) {
        const struct oracle *o = g->quantity[q];
        int promised = MARGIN * 1e6 * square(o->error / PRECISION) <= units;
        double z, normal, error;
        mean[q] = 0;
        for (i = 0; i < replications; i++) mean[q] += values[q][i] / (double)replications;
        variance[q] = moment(values[q], mean[q], values[q], mean[q], replications);
        error = sqrt(variance[q] / (double)replications);
        z = (mean[q] - o->value) / error;
        normal = sqrt(n * log(1 + z * z / n)) * (8 * n + 1) / (8 * n + 3);
        if (verbose) printf("%-17s %-18s %-12.6g %14.9g %14.9g  %7.4f %%%c %6.2f\n", o->id, o->quantity, o->threshold, o->value, mean[q], 100 * error / o->value, promised ? ' ' : '*', z);
        if (!(fabs(z) <= 4)) test_fail(__FILE__, __LINE__, "%s %s (%g): %.9g, exactly %.9g (%s), z = %.2f", o->id, o->quantity, o->threshold, mean[q], o->value, o->formula, z);
        if (promised && !(error <= PRECISION * o->value)) test_fail(__FILE__, __LINE__, "%s %s (%g): relative standard error %.4f %%", o->id, o->quantity, o->threshold, 100 * error / o->value);
        total.z2 += square(normal);
        total.quantities++;
        if (promised) {
            total.promised++;
            if (error / o->value > total.error) total.error = error / o->value;
        }
        if (fabs(z) > fabs(total.extreme)) { total.extreme = z; total.where = o->id; total.what = o->quantity; }
        for (k = 0; k < q; k++) {
            double c = moment(values[q], mean[q], values[k], mean[k], replications);
            double r2 = c * c / (variance[q] * variance[k]);
            r2 = (r2 * n - 1) / (n - 1);        /* of chance alone r^2 is 1/(R - 1) on average */
            total.correlations += r2 > 0 ? 2 * r2 : 0;
        }
        total.correlations += 1;
    }
}

/* --- The groups ---------------------------------------------------------------------------- */

static int is_first_of_its_id(size_t index)
{
    size_t i;
    for (i = 0; i < index; i++) if (is(oracles[i].id, oracles[index].id)) return 0;
    return 1;
}

static void collect(struct group *g, size_t first)
{
    size_t i;
    g->first = &oracles[first];
    g->count = 0;
    g->seed = 20250101 + first;
    for (i = first; i < COUNT(oracles); i++) {
        if (!is(oracles[i].id, g->first->id)) continue;
        if (g->count == MOST_QUANTITIES) exit(2);
        g->quantity[g->count++] = &oracles[i];
    }
}

/* Customers that a unit of the oracles' `error` stands for: windows and replications hold several. */
static double customers_a_unit(const struct oracle *o)
{
    if (is(o->id, "windows-a")) return o->p[0] * o->p[1] / 60 * o->p[2];
    if (is(o->model, "normal_users")) return o->p[0] * o->p[2] / 60 * o->p[3] / 8;
    if (strstr(o->model, "_users")) return o->p[0] * o->p[1] / 60 * o->p[2] / 8;     /* that much cheaper than whole trips */
    if (strstr(o->model, "inf_empty")) return 100;
    return 1;
}

/* Long enough for as many of its quantities as most_customers reaches. */
static double units_wanted(const struct group *g, double rho)
{
    double most = most_customers / customers_a_unit(g->first), units = 0;
    size_t i;
    for (i = 0; i < g->count; i++) {
        double need = MARGIN * 1e6 * square(g->quantity[i]->error / PRECISION);
        if (need <= most && need > units) units = need;
    }
    if (units < REPLICATIONS * LEAST_CUSTOMERS(rho)) units = REPLICATIONS * LEAST_CUSTOMERS(rho);
    return units < REPLICATIONS * 100 ? REPLICATIONS * 100 : units;
}

static void one_model(size_t first)
{
    static double values[MOST_QUANTITIES][MOST_REPLICATIONS];
    struct group g;
    struct model m;
    double units, row[MOST_QUANTITIES];
    size_t replications = REPLICATIONS, r, q;
    int counts, empty;
    collect(&g, first);
    counts = strstr(g.first->model, "_users") != NULL;
    empty = strstr(g.first->model, "_empty") != NULL;
    build(&m, g.first, 1);
    units = units_wanted(&g, empty || counts ? 0 : m.rho);
    aflow_builder_destroy(m.b);
    if (brief) {
        replications = 2;
        units = 2 * 2000;
    }
    while (units / (double)replications > MOST_A_RUN && replications < MOST_REPLICATIONS) replications++;
    for (r = 0; r < replications; r++) {
        double share = ceil(units / (double)replications);
        if (counts) windows(&g, r, share, row);
        else if (empty) many_runs(&g, r, share, row);
        else long_run(&g, r, share, row);
        for (q = 0; q < g.count; q++) values[q][r] = row[q];
    }
    if (!brief) judge(&g, values, replications, units);
}

static void every_model_agrees(void)
{
    size_t i;
    if (verbose) printf("%-17s %-18s %-12s %14s %14s  %9s %7s\n", "model", "quantity", "threshold", "exact", "simulated", "rel. s.e.", "z");
    for (i = 0; i < COUNT(oracles); i++) {
        int slow = is(oracles[i].id, "mdc-4") || is(oracles[i].id, "rr-exponential-3");     /* rho 0.9 */
        if (is(oracles[i].model, "random_split") || (slow && !full)) continue;              /* there is no random policy */
        if (is_first_of_its_id(i)) one_model(i);
    }
}

static double chi_square_quantile(double v, double normal)
{
    double a = 2 / (9 * v), b = 1 - a + normal * sqrt(a);
    return v * b * b * b;
}

static void the_sum_of_squares_is_in_its_band(void)
{
    double k = (double)total.quantities, c = total.correlations / k, v = k / c;
    double low = c * chi_square_quantile(v, -3.2905), high = c * chi_square_quantile(v, 3.2905);
    if (verbose) printf("sum z^2 %.1f over %.0f quantities, 99.9 %% within %.1f .. %.1f (%.1f x chi^2 of %.1f)\n", total.z2, k, low, high, c, v);
    if (!(total.z2 >= low && total.z2 <= high)) test_fail(__FILE__, __LINE__, "sum z^2 = %.2f, outside %.2f .. %.2f", total.z2, low, high);
}

static void enough_is_promised(void)
{
    size_t least = full ? 90 : 60;
    printf("%u quantities, %u of them at a relative standard error of 0.25 %% or less (greatest %.3f %%); greatest z %.2f (%s %s)\n", (unsigned)total.quantities,
           (unsigned)total.promised, 100 * total.error, total.extreme, total.where ? total.where : "", total.what ? total.what : "");
    if (total.promised < least) test_fail(__FILE__, __LINE__, "%u quantities are promised, fewer than %u", (unsigned)total.promised, (unsigned)least);
    CHECK_STR(aflow_status_text(AFLOW_OK), "ok");
}

int main(int argc, char **argv)
{
    const char *environment = getenv("FULL");
    verbose = argc > 1 && is(argv[1], "-v");
    full = environment && is(environment, "1");
    brief = test_brief();
    if (full) most_customers = 250e6;
    RUN(every_model_agrees);
    if (brief) return test_end();
    RUN(the_sum_of_squares_is_in_its_band);
    RUN(enough_is_promised);
    return test_end();
}
