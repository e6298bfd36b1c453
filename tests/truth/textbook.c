/* truth/textbook.c - what the library says of M/M/c and M/D/c queues (aflow_result_theory): against the exact values of oracles.inc,
   against values worked out with other formulas, and beside what it simulates. Which servers are such queues and which are not.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One server of so many cores behind generator and client, edges as short as they can be. */
typedef struct world {
    aflow_builder *b;
    aflow_id users, client, server;
} world;

static aflow_generator users_of(double rate)
{
    return (aflow_generator){ .avg_active_users = aflow_constant(100), .avg_request_per_minute_per_user = { .mean = rate * 60 / 100 } };
}

static void open_world(world *w, aflow_generator generator, aflow_server server, double horizon)
{
    w->b = aflow_builder_create(NULL);
    w->users = aflow_add_generator(w->b, &generator);
    w->client = aflow_add_client(w->b, NULL);
    if (!server.server_resources.ram_mb) server.server_resources.ram_mb = 4000000;
    w->server = aflow_add_server(w->b, &server);
    aflow_builder_settings(w->b)->total_simulation_time = (uint32_t)horizon;
    aflow_builder_settings(w->b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
}

static void close_path(world *w)
{
    aflow_connect(w->b, w->users, w->client, aflow_constant(1e-9));
    aflow_connect(w->b, w->client, w->server, aflow_constant(1e-9));
    aflow_connect(w->b, w->server, w->client, aflow_constant(1e-9));
}

static aflow_result *result_of(world *w, double until, uint64_t replication)
{
    aflow_diagnostics problems = { 0 };
    aflow_run_desc desc = { .seed = 11, .replication = replication, .latency_store = AFLOW_LATENCY_HISTOGRAM };
    aflow_sim *sim = aflow_sim_create(aflow_builder_scenario(w->b, &problems), &desc, &problems);
    aflow_result *r;
    aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    if (!sim) exit(2);
    aflow_sim_run_until(sim, until);
    r = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    aflow_diagnostics_clear(&problems);
    CHECK_STR(aflow_result_referee(r).first, "");
    return r;
}

static aflow_theory_info theory_of(world *w)
{
    static char model[32];
    aflow_result *r = result_of(w, 0, 0);
    aflow_theory_info t = aflow_result_theory(r, aflow_result_find(r, "srv-1"));
    snprintf(model, sizeof model, "%s", t.model);
    t.model = model;
    aflow_result_destroy(r);
    return t;
}

static void open_queue(world *w, double rate, int constant, double service, uint32_t cores, double horizon)
{
    open_world(w, users_of(rate), (aflow_server){ .server_resources = { .cpu_cores = cores } }, horizon);
    aflow_add_endpoint(w->b, w->server, "/", AFLOW_STEPS(aflow_cpu(constant ? aflow_constant(service) : aflow_exponential(service))));
    close_path(w);
}

/* Mean waits: the first seven are of oracles.inc (Erlang C, Pollaczek-Khinchine, Crommelin 1932); the others were worked out in
   other arithmetic by the other one of Crommelin's series and the roots, which agree in the digits that are written here. */
static void known_values(void)
{
    static const struct { const char *model; double rate, service, wait, digits; } known[] = {
        { "M/M/1", 50, .01, .01, 1e-13 }, { "M/M/1", 800, .001, .004, 1e-12 }, { "M/M/4", 3200, .001, .000745540589734256, 1e-12 },
        { "M/D/1", 50, .01, .005, 1e-13 }, { "M/D/1", 80, .01, .02, 1e-12 },
        { "M/D/2", 160, .01, .00903283879416675, 1e-12 }, { "M/D/4", 36, .1, .099996588556367, 1e-12 },
        { "M/D/2", 80, .01, .00103311410001777, 1e-11 },
        { "M/D/8", 720, .01, 3.239807467938 / 720, 1e-11 }, { "M/D/16", 1520, .01, 7.5497315027777 / 1520, 1e-11 },
        { "M/D/3", 297, .01, 48.619263964 / 297, 1e-10 }, { "M/D/100", 9800, .01, 19.355371223326 / 9800, 1e-11 },
        { "M/D/1000", 90000, .01, .0042871696045 / 90000, 1e-10 }, { "M/D/1000", 99000, .01, 33.67119039 / 99000, 1e-9 },
    };
    size_t i;
    for (i = 0; i < COUNT(known); i++) {
        uint32_t cores = (uint32_t)atoi(known[i].model + 4);
        double rho = known[i].rate * known[i].service / cores;
        aflow_theory_info t;
        world w;
        open_queue(&w, known[i].rate, known[i].model[2] == 'D', known[i].service, cores, 10);
        t = theory_of(&w);
        CHECK_STR(t.model, known[i].model);
        CHECK_NEAR(t.utilization, rho, 1e-14);
        CHECK_NEAR(t.wait_s / known[i].wait, 1, known[i].digits);
        CHECK_NEAR(t.queue_len / (t.wait_s * known[i].rate), 1, 1e-13);      /* Little */
        aflow_builder_destroy(w.b);
    }
}

/* Erlang's C of a million cores is found; so is a constant time's, unless it is so near its capacity that no formula ends. */
static void many_cores(void)
{
    world w;
    aflow_theory_info t;
    open_queue(&w, 99e6, 0, .01, 1000000, 10);
    t = theory_of(&w);
    CHECK_STR(t.model, "M/M/1000000");
    CHECK(t.queue_len > 0 && t.queue_len < 1e-3);
    aflow_builder_destroy(w.b);
    open_queue(&w, 99e6, 1, .01, 1000000, 10);
    t = theory_of(&w);
    CHECK_STR(t.model, "M/D/1000000");
    CHECK(t.queue_len >= 0 && t.queue_len < 1e-3);
    aflow_builder_destroy(w.b);
    open_queue(&w, 99999.9e3, 1, .01, 1000000, 10);
    t = theory_of(&w);
    CHECK_STR(t.model, "");
    CHECK(t.queue_len == 0 && t.wait_s == 0 && t.utilization == 0);
    aflow_builder_destroy(w.b);
}

/* Both ways of working out M/D/c give the same where both can be gone. */
static void two_ways(void)
{
    static const double loads[] = { .3, .5, .7, .8, .9, .95, .97 };
    uint32_t cores;
    size_t i;
    for (cores = 2; cores <= 64; cores = cores * 3 / 2) {
        for (i = 0; i < COUNT(loads); i++) {
            double series = aflowi_mdc_series(loads[i], cores), roots = aflowi_mdc_roots(loads[i], cores);
            CHECK_NEAR(roots, series, 1e-10 * series + 1e-13 * cores * cores);     /* the roots cancel a mean of `cores` */
        }
    }
    for (i = 0; i < COUNT(loads); i++) {
        double one = loads[i] * loads[i] / (2 * (1 - loads[i]));
        CHECK_NEAR(aflowi_mdc_series(loads[i], 1) / one, 1, 1e-11);
        CHECK_NEAR(aflowi_mdc_roots(loads[i], 1) / one, 1, 1e-11);
    }
}

/* R = 32 replications after a warm-up; |z| <= 4 of the mean queue and utilization against the exact value, s over the replications. A
   bias of 2 % of the queue at rho 0.8 would be z = 4 and more for all but the worst of luck: relative error 0.5 % there. */
static void simulated(void)
{
    static const struct { double rate; int constant; double service; uint32_t cores; } models[] = {
        { 160, 0, .01, 2 }, { 160, 1, .01, 2 }, { 240, 1, .01, 4 }, { 50, 0, .01, 1 }, { 80, 1, .01, 1 },
    };
    enum { RUNS = 32 };
    size_t i;
    int k, q;
    for (i = 0; i < COUNT(models); i++) {
        double sum[2] = { 0, 0 }, squares[2] = { 0, 0 }, exact[2] = { 0, 0 };
        world w;
        open_queue(&w, models[i].rate, models[i].constant, models[i].service, models[i].cores, 600);
        for (k = 0; k < RUNS; k++) {
            aflow_run_desc desc = { .seed = 20260301, .replication = (uint64_t)k, .warm_up_s = 20, .latency_store = AFLOW_LATENCY_HISTOGRAM };
            aflow_result *r = aflow_run(aflow_builder_scenario(w.b, NULL), &desc, NULL);
            aflow_theory_info t = aflow_result_theory(r, w.server);
            double x[2];
            x[0] = aflow_result_metric(r, AFLOW_READY_QUEUE_LEN, w.server).mean;
            x[1] = aflow_result_server(r, w.server).cpu_utilization;
            exact[0] = t.queue_len;
            exact[1] = t.utilization;
            CHECK(t.model[0] != 0);
            for (q = 0; q < 2; q++) { sum[q] += x[q]; squares[q] += (x[q] - exact[q]) * (x[q] - exact[q]); }
            aflow_result_destroy(r);
        }
        for (q = 0; q < 2; q++) {
            double mean = sum[q] / RUNS, off = mean - exact[q], s = sqrt((squares[q] / RUNS - off * off) * RUNS / (RUNS - 1) / RUNS);
            CHECK(s > 0 && s < .02 * exact[q]);
            CHECK_NEAR(off / s, 0, 4);
        }
        aflow_builder_destroy(w.b);
    }
}

/* --- Which are and which are not --- */

#define STEPS(...) AFLOW_STEPS(__VA_ARGS__)

static void expect_steps(const char *model, aflow_server server, const aflow_step *steps, size_t count)
{
    world w;
    if (!server.server_resources.cpu_cores) server.server_resources.cpu_cores = 2;
    open_world(&w, users_of(50), server, 10);
    aflow_add_resource(w.b, &(aflow_resource){ .id = "db", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 3 });
    aflow_add_endpoint(w.b, w.server, "/", steps, count);
    close_path(&w);
    CHECK_STR(theory_of(&w).model, model);
    aflow_builder_destroy(w.b);
}

static void which_steps(void)
{
    const aflow_server plain = { 0 };
    const aflow_step cpu = aflow_cpu(aflow_exponential(.01)), io = aflow_io(aflow_exponential(.1)), fixed = aflow_cpu_s(.01), more = aflow_cpu_s(.005);
    const aflow_step normal = aflow_cpu(aflow_random(AFLOW_DISTRIBUTION_NORMAL, .01, 1e-6));
    aflow_step task = aflow_io_s(.1);
    task.kind = AFLOW_STEP_IO_TASK_SPAWN;
    expect_steps("M/M/2", plain, STEPS(cpu));
    expect_steps("M/M/2", plain, STEPS(aflow_ram_mb(10), io, cpu, io, io));
    expect_steps("M/M/2", plain, STEPS(cpu, task, aflow_db_s(.01)));
    expect_steps("M/D/2", plain, STEPS(fixed, more, io));
    expect_steps("M/D/2", plain, STEPS(fixed, task, more));
    expect_steps("", plain, STEPS(cpu, more));                   /* not exponential */
    expect_steps("", plain, STEPS(fixed, cpu));
    expect_steps("", plain, STEPS(fixed, io, more));             /* comes back to the queue */
    expect_steps("", plain, STEPS(io));
    expect_steps("", plain, STEPS(normal));
    expect_steps("", plain, STEPS(cpu, aflow_using(aflow_db_s(.01), "db")));
    expect_steps("", plain, STEPS(cpu, aflow_branch(.5, &io, 1)));
    expect_steps("", plain, STEPS(cpu, aflow_thread_io_s(.01)));
    expect_steps("", plain, STEPS(cpu, aflow_blocking_s(.001)));
    expect_steps("", (aflow_server){ .server_resources = { .db_connection_pool = 2 } }, STEPS(cpu, aflow_db_s(.01)));
    expect_steps("M/M/2", (aflow_server){ .server_resources = { .db_connection_pool = 2 } }, STEPS(cpu, io));
    expect_steps("", (aflow_server){ .server_resources = { .workers = 2 } }, STEPS(cpu));
    expect_steps("", (aflow_server){ .server_resources = { .max_concurrency = 100 } }, STEPS(cpu));
    expect_steps("", plain, STEPS(aflow_cpu_s(.05)));            /* offered load 1.25 */
    expect_steps("", plain, STEPS(aflow_cpu_s(.04)));            /* 1 */
}

static void which_endpoints(void)
{
    int i;
    for (i = 0; i < 3; i++) {
        world w;
        open_world(&w, users_of(50), (aflow_server){ 0 }, 10);
        aflow_add_endpoint(w.b, w.server, "/a", AFLOW_STEPS(aflow_cpu(aflow_exponential(.01)), aflow_io_s(.1)));
        aflow_add_endpoint(w.b, w.server, "/b", AFLOW_STEPS(aflow_io_s(.2), aflow_cpu(i == 1 ? aflow_constant(.01) : aflow_exponential(i == 2 ? .011 : .01))));
        close_path(&w);
        CHECK_STR(theory_of(&w).model, i ? "" : "M/M/1");
        aflow_builder_destroy(w.b);
    }
}

static void which_traffic(void)
{
    static const double arrivals[] = { 1, 2, 3 };
    aflow_generator g[4] = { users_of(50), users_of(50), users_of(50), users_of(50) };
    int i;
    g[1].avg_active_users = aflow_poisson(100);                              /* the rate changes from window to window */
    g[2].avg_active_users = aflow_random(AFLOW_DISTRIBUTION_NORMAL, 100, 10);
    g[3] = (aflow_generator){ .arrivals = arrivals, .arrivals_count = 3 };
    for (i = 0; i < 4; i++) {
        world w;
        open_world(&w, g[i], (aflow_server){ 0 }, 10);
        aflow_add_endpoint(w.b, w.server, "/", AFLOW_STEPS(aflow_cpu_s(.01)));
        close_path(&w);
        CHECK_STR(theory_of(&w).model, i ? "" : "M/D/1");
        aflow_builder_destroy(w.b);
    }
}

/* Losses thin the stream; one server behind a balancer gets all of it, two share it in turn; what comes second is no Poisson stream
   that the library would know of; spikes change the stream where it has not yet passed. */
static void which_ways(void)
{
    int i;
    for (i = 0; i < 6; i++) {
        world w;
        aflow_id balancer = 0, other = 0, second, back, in;
        aflow_theory_info t;
        open_world(&w, users_of(80), (aflow_server){ 0 }, 10);
        aflow_add_endpoint(w.b, w.server, "/", AFLOW_STEPS(aflow_cpu_s(.01)));
        if (i == 1 || i == 2) balancer = aflow_add_load_balancer(w.b, &(aflow_load_balancer){ 0 });
        if (i == 2 || i == 3) other = aflow_add_server(w.b, &(aflow_server){ 0 });
        if (other) aflow_add_endpoint(w.b, other, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(.001))));
        aflow_connect_edge(w.b, w.users, w.client, &(aflow_edge){ .latency = aflow_exponential(.01), .dropout_rate = .5 });
        second = i == 1 || i == 2 ? balancer : i == 3 ? other : w.server;
        in = aflow_connect(w.b, w.client, second, aflow_exponential(.02));
        if (balancer) aflow_connect(w.b, balancer, w.server, aflow_constant(.01));
        if (i == 2) aflow_connect(w.b, balancer, other, aflow_constant(.01));
        if (i == 2) aflow_connect(w.b, other, w.client, aflow_constant(.01));
        if (i == 3) aflow_connect(w.b, other, w.server, aflow_constant(.01));
        back = aflow_connect(w.b, w.server, w.client, aflow_constant(.01));
        if (i == 4) aflow_add_spike(w.b, in, 1, 2, .1);
        if (i == 5) aflow_add_spike(w.b, back, 1, 2, .1);
        t = theory_of(&w);
        CHECK_STR(t.model, i == 2 || i == 3 || i == 4 ? "" : "M/D/1");
        if (t.model[0]) CHECK_NEAR(t.utilization, .4, 1e-12);
        aflow_builder_destroy(w.b);
    }
}

/* Who waits for RAM does not wait for a core alone. */
static void ram_binds(void)
{
    int i;
    for (i = 0; i < 2; i++) {
        aflow_result *r;
        world w;
        open_world(&w, users_of(80), (aflow_server){ .server_resources = { .ram_mb = i ? 256 : 4000 } }, 60);
        aflow_add_endpoint(w.b, w.server, "/", AFLOW_STEPS(aflow_ram_mb(100), aflow_cpu_s(.01)));
        close_path(&w);
        r = result_of(&w, 60, 0);
        CHECK_STR(aflow_result_theory(r, w.server).model, i ? "" : "M/D/1");
        CHECK_STR(aflow_result_theory(r, w.client).model, "");
        aflow_result_destroy(r);
        aflow_builder_destroy(w.b);
    }
    CHECK_STR(aflow_result_theory(NULL, 0).model, "");
}

/* The lines of the report and of JSON. */
static void written(void)
{
    static char buffer[65536];
    world w;
    aflow_text text;
    aflow_result *r;
    open_queue(&w, 160, 0, .01, 2, 20);
    r = result_of(&w, 20, 0);
    text = (aflow_text){ buffer, sizeof buffer, 0 };
    CHECK_U64(aflow_write_text(r, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, "    theory M/M/2: utilization 0.800, ready queue 2.844, wait 17.78 ms\n") != NULL);
    text = (aflow_text){ buffer, sizeof buffer, 0 };
    CHECK_U64(aflow_write_json(r, 0, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, "\"theory\": {\"model\": \"M/M/2\", \"utilization\": 0.8, \"wait_s\": 0.01777777777777") != NULL);
    text = (aflow_text){ buffer, sizeof buffer, 0 };
    CHECK_U64(aflow_write_summary_csv(r, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, ",server,srv-1,theory,utilization,0.8\n") != NULL);
    aflow_result_destroy(r);
    aflow_builder_destroy(w.b);
}

int main(void)
{
    RUN(known_values);
    RUN(many_cores);
    RUN(two_ways);
    RUN(simulated);
    RUN(which_steps);
    RUN(which_endpoints);
    RUN(which_traffic);
    RUN(which_ways);
    RUN(ram_binds);
    RUN(written);
    return test_end();
}
