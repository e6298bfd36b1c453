/* truth/referee.c - that a wrong book is noticed: each figure that the referee reads is made wrong, alone, by one, just before the
   run is finished, and a check has to fail and to say where; and that reports say so loudly. That right books pass is checked after
   every run of the other tests. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"

/* Two servers in a row, the second with everything, behind a balancer of one. */
static aflow_builder *everything(void)
{
    static aflow_step query;
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_id users = aflow_add_generator(b, &(aflow_generator){ .avg_active_users = aflow_constant(50), .avg_request_per_minute_per_user = { .mean = 60 } });
    aflow_id client = aflow_add_client(b, NULL), lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ 0 }), front, back;
    aflow_step task = aflow_io_s(.3), call = aflow_using(aflow_io(aflow_exponential(.4)), "model");
    task.kind = AFLOW_STEP_IO_TASK_SPAWN;
    call.kind = AFLOW_STEP_IO_LLM;
    query = aflow_using(aflow_db(aflow_exponential(.05)), "db");
    aflow_add_resource(b, &(aflow_resource){ .id = "db", .kind = AFLOW_RESOURCE_DATABASE, .capacity = 2, .max_waiting = 5, .acquire_timeout = .2 });
    aflow_add_resource(b, &(aflow_resource){ .id = "limit", .kind = AFLOW_RESOURCE_RATE_LIMITER, .rate = 40, .burst = 10 });
    aflow_add_resource(b, &(aflow_resource){ .id = "cache", .kind = AFLOW_RESOURCE_CACHE, .keys = 100, .capacity = 30 });
    aflow_add_resource(b, &(aflow_resource){ .id = "model", .kind = AFLOW_RESOURCE_LLM, .capacity = 4, .price_per_call = .001 });
    aflow_add_resource(b, &(aflow_resource){ .id = "gpu", .kind = AFLOW_RESOURCE_GPU, .slots = 1, .max_batch_size = 4, .batch_time = aflow_constant(.02) });
    front = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 2 } });
    back = aflow_add_server(b, &(aflow_server){ .server_resources = { .cpu_cores = 2, .ram_mb = 512, .workers = 2, .threads = 3, .max_concurrency = 30 } });
    aflow_add_endpoint(b, front, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(.01)), task, aflow_io_s(.05)));
    aflow_add_endpoint(b, back, "/a", AFLOW_STEPS(aflow_cpu(aflow_exponential(.01)), aflow_ram_mb(40), aflow_cache("cache", .001, &query, 1), aflow_thread_cpu_s(.004), aflow_rate_limit("limit")));
    aflow_add_endpoint(b, back, "/b", AFLOW_STEPS(aflow_cpu_s(.004), call, aflow_gpu_inference("gpu")));
    aflow_connect_edge(b, users, client, &(aflow_edge){ .latency = aflow_exponential(.05), .dropout_rate = .02 });
    aflow_connect(b, client, lb, aflow_exponential(.05));
    aflow_connect(b, lb, front, aflow_exponential(.05));
    aflow_connect(b, front, back, aflow_exponential(.05));
    aflow_connect_edge(b, back, client, &(aflow_edge){ .latency = aflow_exponential(.05), .dropout_rate = .01 });
    aflow_builder_settings(b)->total_simulation_time = 20;
    aflow_builder_settings(b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
    return b;
}

static aflow_sim *sim_of(double warm_up)
{
    aflow_builder *b = everything();
    aflow_diagnostics problems = { 0 };
    aflow_sim *sim = aflow_sim_create(aflow_builder_scenario(b, &problems), &(aflow_run_desc){ .seed = 8, .warm_up_s = warm_up }, &problems);
    aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    if (!sim) exit(2);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return sim;
}

/* A live request in a server; in transit, not yet in one. */
static aflowi_request *inside(aflow_sim *sim)
{
    uint32_t i;
    for (i = 0; i < sim->requests_used; i++)
        if (sim->requests[i].endpoint != AFLOWI_NO_INDEX && sim->requests[i].arrived != AFLOWI_AWAY) return &sim->requests[i];
    exit(2);
}

static uint32_t resource_of(const aflow_sim *sim, const char *name) { return aflowi_id_index(aflow_sim_find(sim, name)); }

/* Makes one thing wrong. Returns 0 when there is no such; law: how the first complaint begins. */
static int spoil(aflow_sim *sim, int which, const char **law)
{
    uint32_t front = aflowi_id_index(aflow_sim_find(sim, "srv-1")), back = aflowi_id_index(aflow_sim_find(sim, "srv-2"));
    aflowi_endpoint_state *e = &sim->endpoints[sim->plan.servers[front].endpoints], *f = &sim->endpoints[sim->plan.servers[back].endpoints];
    aflowi_resource *cores = &sim->resources[front * AFLOWI_RESOURCES + AFLOWI_CORES];
    *law = "";
    switch (which) {
    case 0: sim->generated++; *law = "generated = sent on its edge: "; return 1;
    case 1: sim->dropped++; *law = "generated = completed + dropped + in flight: "; return 1;
    case 2: sim->log.count--; *law = "delivered back to the client = completed: "; return 1;
    case 3: sim->edges[0].sent++; return 1;
    case 4: sim->edges[0].dropped++; return 1;
    case 5: sim->edges[1].transit.area.lo++; *law = "Little's law: "; return 1;
    case 6: sim->edges[1].transit.value++; return 1;
    case 7: e->arrived++; *law = "Little's law, srv-1: "; return 1;
    case 8: e->visits++; *law = "Little's law, srv-1: "; return 1;
    case 9: e->latency.sum.lo++; *law = "Little's law, srv-1: "; return 1;
    case 10: e->latency.count++; return 1;
    case 11: sim->books.latencies++; *law = "Little's law: "; return 1;
    case 12: sim->books.lost++; *law = "Little's law: "; return 1;
    case 13: sim->books.computing++; *law = "utilization law: "; return 1;
    case 14: cores->in_use.area.lo++; *law = "utilization law: "; return 1;
    case 15: cores->in_use.value++; return 1;
    case 16: inside(sim)->start++; *law = "Little's law: "; return 1;
    case 17: inside(sim)->arrived++; *law = "Little's law, srv-"; return 1;
    case 18: sim->servers[front].refused++; *law = "delivered = arrived + refused, srv-1: "; return 1;
    case 19: sim->processes[back].rejected++; *law = "rejected, by endpoint, srv-2: "; return 1;
    case 20: sim->endpoints_more[sim->plan.servers[back].endpoints].timed_out++; return 1;
    case 21: sim->endpoints_more[sim->plan.servers[back].endpoints].wasted++; *law = "Little's law, srv-2: "; return 1;
    case 22: sim->accounts[resource_of(sim, "db")].released++; *law = "acquired = released + in use, db: "; return 1;
    case 23: sim->accounts[resource_of(sim, "limit")].acquired++; *law = "acquired = released + in use, limit: "; return 1;
    case 24: sim->accounts[resource_of(sim, "cache")].acquired++; *law = "look-ups = hits + misses, cache: "; return 1;
    case 25: sim->models[resource_of(sim, "model")].calls++; *law = "acquired = calls, model: "; return 1;
    case 26: sim->accounts[resource_of(sim, "gpu")].acquired++; *law = "acquired = items of batches, gpu: "; return 1;
    case 27: sim->accounts[sim->plan.stations[sim->plan.servers[back].admission].account].acquired++; return 1;
    case 28: sim->stations[sim->plan.servers[back].threads].waiting++; return 1;
    case 29: sim->books.tasks++; *law = "Little's law: "; return 1;
    case 30: sim->requests_used--; return 1;       /* a request that nobody knows of, or a free one that is still listed */
    case 31: f->left_before++; return 1;
    case 32: sim->books.busy_before++; *law = "utilization law: "; return 1;
    case 33: sim->books.transit_before++; *law = "Little's law: "; return 1;
    case 34: e->stays_before++; *law = "Little's law, srv-1: "; return 1;
    case 35: sim->pending.beyond_times++; *law = "utilization law: "; return 1;
    case 36: sim->pending.beyond++; return 1;
    default: return 0;
    }
}

static void spoilt_books(void)
{
    static const double ends[] = { 20, 13.37 };
    int which, k;
    for (k = 0; k < 4; k++) {
        for (which = -1;; which++) {
            const char *law = "";
            aflow_sim *sim = sim_of(k & 2 ? 5 : 0);
            aflow_result *r;
            aflow_referee_info info;
            aflow_sim_run_until(sim, ends[k & 1]);
            if (which >= 0 && !spoil(sim, which, &law)) {
                aflow_sim_destroy(sim);
                break;
            }
            r = aflow_sim_finish(sim);
            info = aflow_result_referee(r);
            CHECK(info.checks > 40);
            if (which < 0) CHECK(info.failed == 0 && info.first[0] == 0 && aflow_result_info(r).requests.dropped > 0);
            else if (!info.failed || strncmp(info.first, law, strlen(law)) != 0 || !strstr(info.first, " is not ")) {
                test_fail(__FILE__, __LINE__, "book %d, way %d: %llu failed, \"%s\"", which, k, (unsigned long long)info.failed, info.first);
            }
            aflow_result_destroy(r);
            aflow_sim_destroy(sim);
        }
        CHECK(which == 37);
    }
}

/* The warm-up's end, too, takes its books along. */
static void spoilt_before_the_cut(void)
{
    const char *law;
    int which;
    for (which = 7; which < 15; which++) {
        aflow_sim *sim = sim_of(5);
        aflow_result *r;
        aflow_sim_run_until(sim, 4);
        spoil(sim, which, &law);
        aflow_sim_run_until(sim, 20);
        r = aflow_sim_finish(sim);
        CHECK(aflow_result_referee(r).failed > 0);
        aflow_result_destroy(r);
        aflow_sim_destroy(sim);
    }
}

static void loud(void)
{
    static char buffer[300000];
    aflow_sim *sim = sim_of(0);
    aflow_result *r;
    aflow_text text = { buffer, sizeof buffer, 0 };
    aflow_text_options colored = { .color = 1 };
    sim->books.computing += 12;
    aflow_sim_run_until(sim, 20);
    r = aflow_sim_finish(sim);
    CHECK_U64(aflow_result_referee(r).failed, 1);
    CHECK_U64(aflow_write_text(r, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, "\nchecks      1 of ") != NULL && strstr(buffer, " checks FAILED: utilization law: ") != NULL);
    CHECK(strstr(buffer, "bug of asyncflow.h") != NULL);
    text.size = 0;
    CHECK_U64(aflow_write_text_with(r, &colored, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, "\033[1;31mchecks") != NULL);
    text.size = 0;
    CHECK_U64(aflow_write_json(r, 0, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, "\"failed\": 1, \"first\": \"utilization law: ") != NULL);
    text.size = 0;
    CHECK_U64(aflow_write_summary_csv(r, aflow_put_text, &text), AFLOW_OK);
    CHECK(strstr(buffer, "referee,failed,1\n") != NULL);
    aflow_result_destroy(r);
    aflow_sim_destroy(sim);
    CHECK(aflow_result_referee(NULL).checks == 0 && aflow_result_referee(NULL).first[0] == 0);
}

int main(void)
{
    RUN(spoilt_books);
    RUN(spoilt_before_the_cut);
    RUN(loud);
    return test_end();
}
