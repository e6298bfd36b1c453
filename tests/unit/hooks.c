/* unit/hooks.c - hooks: a traffic source, a step kind, a queue discipline of the user's.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"

#define MS ((uint64_t)1000000)
#define KEPT 64

/* --- Hooks of the tests ---------------------------------------------------------------------------- */

/* Requests at given times; what is past the list is the end. Remembers what it was told. */
typedef struct trace {
    const double *times;
    size_t count, asked;
    double previous[KEPT];
} trace;

static double next_of_trace(void *context, double previous_s, uint64_t random)
{
    trace *t = (trace *)context;
    (void)random;
    if (t->asked < KEPT) t->previous[t->asked] = previous_s;
    return t->asked < t->count ? t->times[t->asked++] : (double)INFINITY;
}

/* A request some 10 ms after the one before, by whole numbers. */
static double next_at_random(void *context, double previous_s, uint64_t random)
{
    (void)context;
    return previous_s + (double)(random >> 44) / 52428800;      /* 2^20 / that: 0 to 20 ms */
}

/* A step that keeps what it was called with, and answers alike each time. */
typedef struct probe {
    aflow_step_answer answer;
    size_t calls;
    uint64_t random[KEPT], memory[KEPT], now_ns[KEPT], request[KEPT];
    const uint64_t *give;           /* what call k puts into the request's word; NULL: leaves it */
    char server[16], endpoint[16];
} probe;

static void run_probe(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    probe *p = (probe *)context;
    if (p->calls < KEPT) {
        p->random[p->calls] = call->random;
        p->memory[p->calls] = *call->memory;
        p->now_ns[p->calls] = call->now_ns;
        p->request[p->calls] = call->request;
        snprintf(p->server, sizeof p->server, "%s", call->server);
        snprintf(p->endpoint, sizeof p->endpoint, "%s", call->endpoint);
        if (p->give) *call->memory = p->give[p->calls];
    }
    p->calls++;
    *answer = p->answer;
}

/* Waits up to 8 ms by its random bits, and rejects one of sixteen. */
static void run_by_chance(void *context, const aflow_step_call *call, aflow_step_answer *answer)
{
    (void)context;
    *call->memory = call->random >> 32;
    answer->wait_s = (double)(call->random & 7) * .001;
    answer->cost = .25;
    answer->reject = (call->random >> 60) == 0;
}

static size_t choose_least(void *context, const aflow_waiting *waiting, size_t count)
{
    size_t i, best = 0;
    (void)context;
    for (i = 1; i < count; i++) if (waiting[i].memory < waiting[best].memory) best = i;
    return best;
}

/* The answer is in the context. */
static size_t choose_given(void *context, const aflow_waiting *waiting, size_t count)
{
    (void)waiting;
    (void)count;
    return *(const size_t *)context;
}

/* Keeps the last list that it saw. */
typedef struct seen {
    aflow_waiting list[KEPT];
    size_t count;
    char server[16], endpoint[16];
} seen;

static size_t choose_and_keep(void *context, const aflow_waiting *waiting, size_t count)
{
    seen *s = (seen *)context;
    if (count > s->count && count <= KEPT) {
        s->count = count;
        memcpy(s->list, waiting, count * sizeof *waiting);
        snprintf(s->server, sizeof s->server, "%s", waiting[0].server);
        snprintf(s->endpoint, sizeof s->endpoint, "%s", waiting[0].endpoint);
    }
    return 0;
}

/* --- The world ----------------------------------------------------------------------------------------- */

/* users -> client -> srv-1 -> client, 1 ms each; steps of one endpoint /x, a pool of one connection. */
typedef struct world {
    aflow_builder *b;
    aflow_id users, client, server;
    aflow_source_hook source;
    aflow_diagnostics problems;
} world;

static void begin_users(world *w, double (*next_s)(void *, double, uint64_t), void *context)
{
    aflow_generator generator;
    memset(w, 0, sizeof *w);
    memset(&generator, 0, sizeof generator);
    w->source.next_s = next_s;
    w->source.context = context;
    generator.source = &w->source;
    w->b = aflow_builder_create(NULL);
    w->users = aflow_add_generator(w->b, &generator);
    w->client = aflow_add_client(w->b, NULL);
    aflow_connect(w->b, w->users, w->client, aflow_constant(.001));
    aflow_builder_settings(w->b)->total_simulation_time = 20;
    aflow_builder_settings(w->b)->enabled_sample_metrics = AFLOW_METRICS_NONE;
}

static aflow_id add_server(world *w, aflow_id source)
{
    aflow_server server;
    aflow_id id;
    memset(&server, 0, sizeof server);
    id = aflow_add_server(w->b, &server);
    aflow_connect(w->b, source, id, aflow_constant(.001));
    return id;
}

static void begin(world *w, double (*next_s)(void *, double, uint64_t), void *context, const aflow_discipline_hook *discipline)
{
    aflow_resource pool;
    memset(&pool, 0, sizeof pool);
    pool.id = "pool";
    pool.kind = AFLOW_RESOURCE_CONNECTION_POOL;
    pool.capacity = 1;
    pool.discipline = discipline;
    begin_users(w, next_s, context);
    w->server = add_server(w, w->client);
    aflow_add_resource(w->b, &pool);
    aflow_connect(w->b, w->server, w->client, aflow_constant(.001));
}

static aflow_run_desc desc_of(uint64_t seed)
{
    aflow_run_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.seed = seed;
    desc.record_requests = 1;
    return desc;
}

static aflow_result *play(world *w, uint64_t seed)
{
    aflow_run_desc desc = desc_of(seed);
    aflow_result *r = aflow_run(aflow_builder_scenario(w->b, &w->problems), &desc, &w->problems);
    if (!r || w->problems.count) aflow_write_diagnostics(&w->problems, aflow_put_file, stdout);
    CHECK(r && !w->problems.count);
    CHECK_STR(aflow_result_referee(r).first, "");
    return r;
}

static void end(world *w, aflow_result *r)
{
    aflow_result_destroy(r);
    aflow_builder_destroy(w->b);
    aflow_diagnostics_clear(&w->problems);
}

static aflow_step_hook hook_of(probe *p)
{
    aflow_step_hook hook;
    hook.run = run_probe;
    hook.context = p;
    hook.uses_core = 0;
    return hook;
}

/* --- Sources ---------------------------------------------------------------------------------------------- */

static void source_times_are_exact(void)
{
    static const double times[] = { 0, .5, .5, 1.25, 7, 19.999, 20, 3 };      /* the horizon is 20: from there on there is none */
    trace t = { times, 8, 0, { 0 } };
    world w;
    aflow_result *r;
    uint64_t i;
    begin(&w, next_of_trace, &t, NULL);
    aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_io_s(.0001)));
    r = play(&w, 1);
    CHECK_U64(aflow_result_info(r).requests.generated, 6);
    CHECK_U64(t.asked, 7);
    CHECK_U64(aflow_result_requests(r), 5);
    for (i = 0; i < aflow_result_requests(r); i++) {
        CHECK_U64(aflow_result_request(r, i).id, i + 1);
        CHECK_U64(aflow_result_request(r, i).start_ns, times[i] * 1e9 + .5);
        CHECK_U64(aflow_result_request(r, i).finish_ns, times[i] * 1e9 + .5 + 3100000);
    }
    for (i = 1; i < 7; i++) CHECK(t.previous[i] == times[i - 1]);
    CHECK(t.previous[0] == 0);
    end(&w, r);
}

/* Time that goes back stands still; NaN and infinity are the end, and so is nothing at all. */
static void source_that_misbehaves(void)
{
    const double back[] = { 2, 1, -5, 2.5, (double)-INFINITY, 3 }, want[] = { 2, 2, 2, 2.5, 2.5, 3 };
    double last[3];
    trace t = { back, 6, 0, { 0 } };
    world w;
    aflow_result *r;
    uint64_t i;
    begin(&w, next_of_trace, &t, NULL);
    aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_io_s(.0001)));
    r = play(&w, 1);
    CHECK_U64(aflow_result_requests(r), 6);
    for (i = 0; i < 6; i++) CHECK_U64(aflow_result_request(r, i).start_ns, want[i] * 1e9 + .5);
    end(&w, r);

    last[0] = (double)NAN;
    last[1] = (double)INFINITY;
    last[2] = 1e300;
    for (i = 0; i < 3; i++) {
        trace ends = { NULL, 1, 0, { 0 } };
        ends.times = &last[i];
        begin(&w, next_of_trace, &ends, NULL);
        aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_io_s(.0001)));
        r = play(&w, 1);
        CHECK_U64(aflow_result_info(r).requests.generated, 0);
        CHECK_U64(aflow_result_verdict(r).verdict, AFLOW_VERDICT_EMPTY);
        end(&w, r);
    }
}

/* --- Steps -------------------------------------------------------------------------------------------------- */

static void step_waits_charges_rejects(void)
{
    static const double times[] = { 1, 1, 5 };
    int core, k;
    for (core = 0; core < 2; core++) {
        trace t = { times, 3, 0, { 0 } };
        probe p;
        aflow_step_hook hook;
        world w;
        aflow_result *r;
        memset(&p, 0, sizeof p);
        p.answer.wait_s = .25;
        p.answer.cost = .5;
        hook = hook_of(&p);
        hook.uses_core = core;
        begin(&w, next_of_trace, &t, NULL);
        aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_custom(&hook)));
        r = play(&w, 1);
        CHECK_U64(aflow_result_request(r, 0).finish_ns, 1253 * MS);
        CHECK_U64(aflow_result_request(r, 1).finish_ns, (core ? 1503 : 1253) * MS);      /* one core: one behind the other */
        CHECK_U64(aflow_result_request(r, 2).finish_ns, 5253 * MS);
        CHECK_NEAR(aflow_result_request(r, 2).cost, .5, 0);
        CHECK_NEAR(aflow_result_llm(r).cost, 1.5, 0);
        CHECK_NEAR(aflow_result_llm(r).cost_per_request, .5, 0);
        CHECK_NEAR(aflow_result_server(r, w.server).cost, 1.5, 0);
        CHECK_NEAR(aflow_result_server(r, w.server).cpu_utilization, core ? .75 / 20 : 0, 1e-12);
        CHECK_U64(p.calls, 3);
        CHECK_U64(p.now_ns[0], 1002 * MS);
        CHECK_U64(p.now_ns[2], 5002 * MS);
        CHECK_U64(p.request[2], 3);
        CHECK_STR(p.server, "srv-1");
        CHECK_STR(p.endpoint, "/x");
        end(&w, r);

        memset(&p, 0, sizeof p);
        p.answer.reject = 1;
        t.asked = 0;
        begin(&w, next_of_trace, &t, NULL);
        aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_cpu_s(.001), aflow_custom(&hook), aflow_io_s(1)));
        r = play(&w, 1);
        CHECK_U64(aflow_result_info(r).requests.completed, 0);
        CHECK_U64(aflow_result_info(r).requests.dropped, 3);
        CHECK_U64(aflow_result_server(r, w.server).rejected, 3);
        CHECK_U64(aflow_result_endpoint(r, w.server, 0).rejected, 3);
        for (k = 0; k < 3; k++) CHECK_U64(aflow_result_request(r, (uint64_t)k).outcome, AFLOW_OUTCOME_REJECTED);
        CHECK_NEAR(aflow_result_server(r, w.server).cpu_utilization, .003 / 20, 1e-12);      /* the core is given back */
        end(&w, r);
    }
}

/* A wait that is none takes no time; one without end leaves the request in flight. */
static void step_that_misbehaves(void)
{
    static const double times[] = { 1 };
    double waits[6];
    int i;
    waits[0] = 0;
    waits[1] = -1;
    waits[2] = (double)NAN;
    waits[3] = -(double)INFINITY;
    waits[4] = (double)INFINITY;
    waits[5] = 1e300;
    for (i = 0; i < 6; i++) {
        trace t = { times, 1, 0, { 0 } };
        probe p;
        aflow_step_hook hook;
        world w;
        aflow_result *r;
        memset(&p, 0, sizeof p);
        p.answer.wait_s = waits[i];
        hook = hook_of(&p);
        begin(&w, next_of_trace, &t, NULL);
        aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_custom(&hook)));
        r = play(&w, 1);
        if (i < 4) CHECK_U64(aflow_result_request(r, 0).finish_ns, 1003 * MS);
        CHECK_U64(aflow_result_info(r).requests.in_flight, i >= 4);
        end(&w, r);
    }
}

/* The word is the request's own from step to step, over servers, and 0 at first, also where a finished request left its place. */
static void memory_is_a_request_s(void)
{
    static const double times[] = { 1, 1.001, 1.002, 3, 5 };
    static const uint64_t words[] = { 11, 22, UINT64_MAX, 44, 55 };
    trace t = { times, 5, 0, { 0 } };
    probe first, second, third;
    aflow_step_hook one, two, three;
    aflow_id other;
    world w;
    aflow_result *r;
    int i;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    memset(&third, 0, sizeof third);
    first.give = words;
    first.answer.wait_s = .1;
    one = hook_of(&first);
    two = hook_of(&second);
    three = hook_of(&third);
    begin_users(&w, next_of_trace, &t);
    w.server = add_server(&w, w.client);
    other = add_server(&w, w.server);
    aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_custom(&one), aflow_cpu_s(.001), aflow_io_s(.01), aflow_custom(&two)));
    aflow_add_endpoint(w.b, other, "/y", AFLOW_STEPS(aflow_cpu_s(.001), aflow_custom(&three)));
    aflow_connect(w.b, other, w.client, aflow_constant(.001));
    r = play(&w, 1);
    CHECK_U64(aflow_result_info(r).requests.completed, 5);
    for (i = 0; i < 5; i++) {
        CHECK_U64(first.memory[i], 0);
        CHECK_U64(second.memory[i], words[i]);
        CHECK_U64(third.memory[i], words[i]);
    }
    end(&w, r);
}

/* --- Disciplines ---------------------------------------------------------------------------------------------- */

/* Finish times of eight requests, 10 ms apart, that hold the one connection for a second each. */
static void finishes(const aflow_discipline_hook *discipline, uint64_t *finish_ms)
{
    static const double times[] = { 1, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.07 };
    static const uint64_t words[] = { 9, 5, 3, 4, 1, 3, 8, 2 };
    trace t = { times, 8, 0, { 0 } };
    probe p;
    aflow_step_hook hook;
    world w;
    aflow_result *r;
    uint64_t i;
    memset(&p, 0, sizeof p);
    p.give = words;
    hook = hook_of(&p);
    begin(&w, next_of_trace, &t, discipline);
    aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_custom(&hook), aflow_using(aflow_io_s(1), "pool")));
    r = play(&w, 1);
    CHECK_U64(aflow_result_requests(r), 8);
    for (i = 0; i < aflow_result_requests(r); i++) {
        aflow_request_info row = aflow_result_request(r, i);
        if (row.id >= 1 && row.id <= 8) finish_ms[row.id - 1] = row.finish_ns / MS;
    }
    end(&w, r);
}

static void discipline_orders_exactly(void)
{
    /* words 9 5 3 4 1 3 8 2: the first is served at once, then 1 2 3 3 4 5 8, of equals the one that came first */
    static const uint64_t order[] = { 0, 6, 3, 5, 1, 4, 7, 2 };
    aflow_discipline_hook least = { choose_least, NULL }, given = { choose_given, NULL };
    uint64_t got[8] = { 0 }, plain[8] = { 0 };
    size_t i, picks[3] = { 0, 1000000, (size_t)-1 };
    finishes(&least, got);
    for (i = 0; i < 8; i++) CHECK_U64(got[i], 2003 + 1000 * order[i]);
    finishes(NULL, plain);
    for (i = 0; i < 8; i++) CHECK_U64(plain[i], 2003 + 1000 * i);
    for (i = 0; i < 3; i++) {        /* the first, and out of range, which means the first */
        given.context = &picks[i];
        memset(got, 0, sizeof got);
        finishes(&given, got);
        CHECK(memcmp(got, plain, sizeof got) == 0);
    }
}

static void discipline_sees_who_waits(void)
{
    aflow_discipline_hook keep = { choose_and_keep, NULL };
    uint64_t got[8] = { 0 };
    static const uint64_t words[] = { 5, 3, 4, 1, 3, 8, 2 };
    seen s;
    size_t i;
    memset(&s, 0, sizeof s);
    keep.context = &s;
    finishes(&keep, got);
    CHECK_U64(s.count, 7);
    for (i = 0; i < s.count; i++) {
        CHECK_U64(s.list[i].request, i + 2);
        CHECK_U64(s.list[i].start_ns, (1010 + 10 * i) * MS);
        CHECK_U64(s.list[i].since_ns, (1012 + 10 * i) * MS);
        CHECK_U64(s.list[i].memory, words[i]);
    }
    CHECK_STR(s.server, "srv-1");
    CHECK_STR(s.endpoint, "/x");
}

/* --- Runs ------------------------------------------------------------------------------------------------------- */

/* All three hooks, at random. */
static void begin_random(world *w, const aflow_discipline_hook *least, const aflow_step_hook *chance)
{
    begin(w, next_at_random, NULL, least);
    aflow_add_endpoint(w->b, w->server, "/x", AFLOW_STEPS(aflow_custom(chance), aflow_using(aflow_io(aflow_exponential(.01)), "pool")));
}

static void same_seed_same_digest(void)
{
    aflow_discipline_hook least = { choose_least, NULL };
    aflow_step_hook chance = { run_by_chance, NULL, 1 };
    aflow_run_info info[3];
    world w;
    int i;
    for (i = 0; i < 3; i++) {
        aflow_result *r;
        begin_random(&w, &least, &chance);
        r = play(&w, i == 2 ? 8 : 7);
        info[i] = aflow_result_info(r);
        CHECK(info[i].requests.completed > 1500);
        CHECK(info[i].requests.dropped > 50);
        end(&w, r);
    }
    CHECK_U64(info[0].digest, info[1].digest);
    CHECK_U64(info[0].requests.events, info[1].requests.events);
    CHECK(info[0].digest != info[2].digest);
}

static void slices_change_nothing(void)
{
    aflow_discipline_hook least = { choose_least, NULL };
    aflow_step_hook chance = { run_by_chance, NULL, 1 };
    static const double slices[] = { 20, 5, .1, .0037 };
    aflow_run_info info[4];
    int i;
    for (i = 0; i < 4; i++) {
        aflow_run_desc desc = desc_of(3);
        aflow_sim *sim;
        aflow_result *r;
        world w;
        double t;
        begin_random(&w, &least, &chance);
        sim = aflow_sim_create(aflow_builder_scenario(w.b, &w.problems), &desc, &w.problems);
        for (t = slices[i]; t < 20; t += slices[i]) CHECK_U64(aflow_sim_run_until(sim, t), AFLOW_OK);
        CHECK_U64(aflow_sim_run_until(sim, 20), AFLOW_OK);
        r = aflow_sim_finish(sim);
        info[i] = aflow_result_info(r);
        CHECK_STR(aflow_result_referee(r).first, "");
        CHECK_U64(info[i].digest, info[0].digest);
        CHECK_U64(info[i].requests.events, info[0].requests.events);
        CHECK_U64(info[i].requests.dropped, info[0].requests.dropped);
        aflow_sim_destroy(sim);
        end(&w, r);
    }
}

/* A step of one's own more, on another endpoint, in front of it or behind it: the draws of the rest stay as they were. */
static void streams_are_apart(void)
{
    probe watched[3], more;
    int i;
    for (i = 0; i < 3; i++) {
        world w;
        aflow_result *r;
        aflow_step_hook watch, extra;
        aflow_step one;
        aflow_endpoint endpoint;
        memset(&watched[i], 0, sizeof watched[i]);
        memset(&more, 0, sizeof more);
        watch = hook_of(&watched[i]);
        extra = hook_of(&more);
        begin(&w, next_at_random, NULL, NULL);
        memset(&endpoint, 0, sizeof endpoint);
        if (i == 1) aflow_add_endpoint(w.b, w.server, "/a", AFLOW_STEPS(aflow_io_s(.001), aflow_custom(&extra)));
        else aflow_add_endpoint(w.b, w.server, "/a", AFLOW_STEPS(aflow_io_s(.001)));
        one = aflow_custom(&watch);
        endpoint.endpoint_name = "/b";
        endpoint.steps = &one;
        endpoint.steps_count = 1;
        aflow_add_weighted_endpoint(w.b, w.server, &endpoint);
        if (i == 2) aflow_add_endpoint(w.b, w.server, "/c", AFLOW_STEPS(aflow_io_s(.001), aflow_custom(&extra)));
        r = play(&w, 5);
        CHECK(watched[i].calls > KEPT);
        if (i) CHECK(more.calls > KEPT);
        CHECK(memcmp(watched[i].random, watched[0].random, sizeof watched[i].random) == 0);
        if (i) CHECK(watched[i].random[0] != more.random[0]);
        end(&w, r);
    }
}

/* Two steps of an endpoint, and the same endpoint of two servers, draw apart. */
static void every_step_has_its_stream(void)
{
    static const double times[] = { 1, 2, 3, 4 };
    trace t = { times, 4, 0, { 0 } };
    probe a, b;
    aflow_step_hook one, two;
    world w;
    aflow_result *r;
    int i, k;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    one = hook_of(&a);
    two = hook_of(&b);
    begin(&w, next_of_trace, &t, NULL);
    aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_custom(&one), aflow_custom(&two)));
    r = play(&w, 1);
    CHECK_U64(a.calls, 4);
    CHECK_U64(b.calls, 4);
    for (i = 0; i < 4; i++) {
        for (k = 0; k < 4; k++) CHECK(a.random[i] != b.random[k]);
        for (k = 0; k < i; k++) CHECK(a.random[i] != a.random[k]);
    }
    end(&w, r);
}

/* --- Check -------------------------------------------------------------------------------------------------------- */

static void hooks_without_a_function_are_errors(void)
{
    aflow_discipline_hook nobody = { NULL, NULL };
    aflow_step_hook nothing = { NULL, NULL, 0 };
    world w;
    begin(&w, NULL, NULL, &nobody);
    aflow_add_endpoint(w.b, w.server, "/x", AFLOW_STEPS(aflow_custom(&nothing)));
    CHECK_U64(aflow_check(aflow_builder_scenario(w.b, NULL), &w.problems), AFLOW_INVALID);
    CHECK_U64(w.problems.errors, 3);
    end(&w, NULL);
}

int main(void)
{
    RUN(source_times_are_exact);
    RUN(source_that_misbehaves);
    RUN(step_waits_charges_rejects);
    RUN(step_that_misbehaves);
    RUN(memory_is_a_request_s);
    RUN(discipline_orders_exactly);
    RUN(discipline_sees_who_waits);
    RUN(same_seed_same_digest);
    RUN(slices_change_nothing);
    RUN(streams_are_apart);
    RUN(every_step_has_its_stream);
    RUN(hooks_without_a_function_are_errors);
    return test_end();
}
