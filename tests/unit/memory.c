/* memory.c - pool, arena, growing, sorting; every allocation failing once; buffers of every size. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

static uint64_t dice_state = 1;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((dice_state >> 33) % sides);
}

/* --- The pool against a model: blocks with a pattern each --- */

enum { SLOTS = 48 };

typedef struct slot { unsigned char *at; size_t size; unsigned char pattern; } slot;

static int slot_holds(const slot *s, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++) if (s->at[i] != s->pattern) return 0;
    return 1;
}

static void slot_fill(slot *s, unsigned char pattern)
{
    s->pattern = pattern;
    memset(s->at, pattern, s->size);
}

static void pool_step(aflowi_pool *pool, slot *s, size_t most)
{
    size_t size = 1 + dice((uint32_t)most);
    unsigned char *moved;
    if (!s->at) {
        s->at = (unsigned char *)aflowi_pool_resize(pool, NULL, 0, size);
        s->size = size;
    } else if (dice(3) == 0) {
        CHECK(slot_holds(s, s->size));
        CHECK(aflowi_pool_resize(pool, s->at, s->size, 0) == NULL);
        s->at = NULL;
    } else {
        moved = (unsigned char *)aflowi_pool_resize(pool, s->at, s->size, size);
        if (!moved) {
            CHECK(slot_holds(s, s->size));          /* refused: the old block is as it was */
            return;
        }
        s->at = moved;
        CHECK(slot_holds(s, size < s->size ? size : s->size));
        s->size = size;
    }
    if (!s->at) return;
    CHECK((uintptr_t)s->at % 16 == 0);
    CHECK(s->at >= pool->begin && s->at + s->size <= pool->end);
    slot_fill(s, (unsigned char)dice(256));
}

static void pool_random(void)
{
    static unsigned char memory[40000 + 64];
    int round, step, i;
    for (round = 0; round < 60; round++) {
        slot slots[SLOTS];
        aflowi_pool pool;
        size_t size = 64 + dice(40000), offset = dice(33), whole;
        void *all;
        memset(slots, 0, sizeof slots);
        memset(memory, 0xA5, sizeof memory);
        if (!aflowi_pool_init(&pool, memory + offset, size)) continue;
        whole = (size_t)(pool.end - pool.begin) - AFLOWI_BLOCK_HEADER;
        for (step = 0; step < 1500; step++) pool_step(&pool, &slots[dice(SLOTS)], round % 3 == 0 ? 64 : size / 4 + 1);
        for (i = 0; i < SLOTS; i++) {
            if (!slots[i].at) continue;
            CHECK(slot_holds(&slots[i], slots[i].size));
            aflowi_pool_resize(&pool, slots[i].at, slots[i].size, 0);
        }
        all = aflowi_pool_resize(&pool, NULL, 0, whole);    /* free neighbours are one block again */
        CHECK(all != NULL);
        pool.missing = 0;
        CHECK(aflowi_pool_resize(&pool, NULL, 0, 1) == NULL);
        CHECK(pool.missing > 0);
        for (i = 0; i < (int)offset; i++) CHECK_U64(memory[i], 0xA5);
        for (i = (int)(offset + size); i < (int)sizeof memory; i++) if (memory[i] != 0xA5) { CHECK(memory[i] == 0xA5); break; }
    }
}

static void pool_missing(void)
{
    static unsigned char memory[4096];
    aflowi_pool pool;
    void *a, *b, *c;
    CHECK(aflowi_pool_init(&pool, memory, sizeof memory));
    a = aflowi_pool_resize(&pool, NULL, 0, 1000);
    b = aflowi_pool_resize(&pool, NULL, 0, 1000);
    c = aflowi_pool_resize(&pool, NULL, 0, 1000);
    CHECK(a && b && c);
    CHECK(aflowi_pool_resize(&pool, NULL, 0, 5000) == NULL);
    CHECK(pool.missing >= 5000 - 1000 && pool.missing <= 5008);
    aflowi_pool_resize(&pool, a, 1000, 0);
    aflowi_pool_resize(&pool, c, 1000, 0);
    CHECK(aflowi_pool_resize(&pool, NULL, 0, 2500) == NULL);    /* enough in all, not in one piece */
    aflowi_pool_resize(&pool, b, 1000, 0);
    CHECK(aflowi_pool_resize(&pool, NULL, 0, 2500) != NULL);
    CHECK(aflowi_pool_resize(&pool, NULL, 0, (size_t)-1) == NULL);
    CHECK(aflowi_pool_resize(&pool, NULL, 0, (size_t)-16) == NULL);
}

static void pool_tiny(void)
{
    static unsigned char memory[160];
    size_t size, offset;
    for (size = 0; size < 128; size++) {
        for (offset = 0; offset < 17; offset++) {
            aflowi_pool pool;
            void *p = NULL;
            if (aflowi_pool_init(&pool, memory + offset, size)) p = aflowi_pool_resize(&pool, NULL, 0, 1);
            else CHECK(aflowi_pool_resize(&pool, NULL, 0, 1) == NULL);
            if (p) CHECK((unsigned char *)p >= memory + offset && (unsigned char *)p < memory + offset + size);
            if (size >= 64 + 16) CHECK(p != NULL);
        }
    }
}

/* --- An allocator that counts, checks every given size, and fails where it is told to --- */

typedef struct ledger {
    size_t live, bytes, calls, fail_at;     /* fail_at 0: never */
    int for_ever;                           /* every later call, too */
    int wrong;                              /* a block came back with another size than it had */
} ledger;

#define LEDGER_HEADER 16

static void *ledger_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    ledger *l = (ledger *)context;
    unsigned char *block = memory ? (unsigned char *)memory - LEDGER_HEADER : NULL;
    size_t known = 0;
    if (block) memcpy(&known, block, sizeof known);
    if (block && known != old_size) l->wrong++;
    if (new_size == 0) {
        if (!block) return NULL;
        l->live--;
        l->bytes -= known;
        memset(memory, 0xDD, known);
        free(block);
        return NULL;
    }
    l->calls++;
    if (l->fail_at && (l->for_ever ? l->calls >= l->fail_at : l->calls == l->fail_at)) return NULL;
    block = (unsigned char *)realloc(block, new_size + LEDGER_HEADER);
    if (!block) return NULL;
    if (!memory) l->live++;
    l->bytes += new_size - known;
    memcpy(block, &new_size, sizeof new_size);
    if (new_size > known) memset(block + LEDGER_HEADER + known, 0xCD, new_size - known);   /* nobody may count on zeros */
    return block + LEDGER_HEADER;
}

static aflow_allocator ledger_allocator(ledger *l)
{
    aflow_allocator a;
    a.resize = ledger_resize;
    a.context = l;
    return a;
}

/* --- Arena, growing, sorting --- */

static void arena(void)
{
    ledger l;
    aflow_allocator a;
    aflowi_arena arena_;
    size_t i;
    memset(&l, 0, sizeof l);
    a = ledger_allocator(&l);
    aflowi_arena_init(&arena_, &a, 100);
    for (i = 0; i < 3000; i++) {
        size_t size = dice(10) == 0 ? dice(20000) : dice(200), k;
        unsigned char *p = (unsigned char *)aflowi_arena_alloc(&arena_, size);
        CHECK(p != NULL && (uintptr_t)p % 16 == 0);
        for (k = 0; p && k < size; k++) if (p[k]) { CHECK(p[k] == 0); break; }
        if (p) memset(p, 0xEE, size);
    }
    CHECK(aflowi_arena_text(&arena_, NULL, 0) == NULL);
    CHECK_STR(aflowi_arena_text(&arena_, "abcdef", 3), "abc");
    CHECK(!arena_.failed);
    CHECK(aflowi_arena_array(&arena_, (size_t)-1 / 8, 16) == NULL && arena_.failed);
    CHECK(aflowi_arena_alloc(&arena_, 1) == NULL);      /* sticky */
    aflowi_arena_free(&arena_);
    CHECK_U64(l.live, 0);
    CHECK_U64(l.bytes, 0);
    CHECK_U64(l.wrong, 0);

    aflowi_arena_init(&arena_, &a, 100);
    CHECK(aflowi_arena_alloc(&arena_, 10) != NULL);
    l.fail_at = l.calls + 1;
    CHECK(aflowi_arena_alloc(&arena_, 5000) == NULL && arena_.failed);
    CHECK(aflowi_arena_alloc(&arena_, 1) == NULL);
    aflowi_arena_free(&arena_);
    aflowi_arena_init(&arena_, &a, 100);
    CHECK(aflowi_arena_alloc(&arena_, (size_t)-1) == NULL && arena_.failed);
    aflowi_arena_free(&arena_);
    CHECK_U64(l.bytes, 0);
}

static void grow(void)
{
    ledger l;
    aflow_allocator a;
    void *array = NULL;
    size_t capacity = 0, i;
    memset(&l, 0, sizeof l);
    a = ledger_allocator(&l);
    for (i = 1; i <= 5000; i++) {
        CHECK(aflowi_grow(&a, &array, &capacity, i, sizeof(uint32_t)));
        CHECK(capacity >= i);
        ((uint32_t *)array)[i - 1] = (uint32_t)i;
    }
    CHECK(l.calls < 12);                                /* doubling, not step by step */
    for (i = 0; i < 5000; i++) if (((uint32_t *)array)[i] != i + 1) { CHECK_U64(((uint32_t *)array)[i], i + 1); break; }
    l.fail_at = l.calls + 1;
    CHECK(aflowi_grow(&a, &array, &capacity, capacity + 1, sizeof(uint32_t)));   /* the double is refused, the exact size is not */
    i = capacity;
    l.fail_at = l.calls + 1;
    l.for_ever = 1;
    CHECK(!aflowi_grow(&a, &array, &capacity, capacity + 1, sizeof(uint32_t)));
    CHECK_U64(capacity, i);
    CHECK_U64(((uint32_t *)array)[4999], 5000);
    CHECK(!aflowi_grow(&a, &array, &capacity, (size_t)-1, sizeof(uint32_t)));
    CHECK(!aflowi_grow(&a, &array, &capacity, (size_t)-1 / 4, sizeof(uint32_t)));
    aflowi_free(&a, array, capacity * sizeof(uint32_t));
    CHECK_U64(l.live, 0);
    CHECK_U64(l.wrong, 0);
}

typedef struct sorted { uint32_t key, place; } sorted;

static int sorted_before(const void *context, const void *a, const void *b)
{
    (void)context;
    return ((const sorted *)a)->key < ((const sorted *)b)->key;
}

static int sorted_compare(const void *a, const void *b)
{
    const sorted *x = (const sorted *)a, *y = (const sorted *)b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void sort(void)
{
    static sorted items[4100], spare[4100], wanted[4100];
    size_t n, i;
    for (n = 0; n < 4100; n = n < 70 ? n + 1 : n + 333) {
        uint32_t keys;
        for (keys = 1; keys < 2000000; keys = keys * 11 + 1) {
            for (i = 0; i < n; i++) {
                items[i].key = keys % 5 == 0 ? (uint32_t)i : keys % 7 == 0 ? (uint32_t)(n - i) : dice(keys);
                items[i].place = (uint32_t)i;
            }
            memcpy(wanted, items, sizeof items);
            qsort(wanted, n, sizeof *wanted, sorted_compare);
            aflowi_sort(items, spare, n, sizeof *items, sorted_before, NULL);
            CHECK(memcmp(items, wanted, n * sizeof *items) == 0);
        }
    }
}

/* --- Every allocation fails once --- */

/* What a study did: how far it came. */
typedef struct outcome { int done, by_status; uint64_t digest; } outcome;     /* by_status: the failure has no list of problems to go to */
typedef void (*study_fn)(const aflow_allocator *allocator, aflow_diagnostics *problems, outcome *o);

/* Runs the study with call k = 1, 2, ... failing until it comes through; problems in the heap, or in the same failing memory. */
static void out_of_memory(study_fn study, int valid)
{
    int for_ever, shared, guard;
    uint64_t digest = 0;
    for (for_ever = 0; for_ever < 2; for_ever++) {
        for (shared = 0; shared < 2; shared++) {
            size_t k;
            for (k = 1, guard = 0; guard < 3 && k < 3000; k++) {
                ledger l;
                aflow_allocator a;
                aflow_diagnostics problems;
                outcome o;
                memset(&l, 0, sizeof l);
                memset(&problems, 0, sizeof problems);
                memset(&o, 0, sizeof o);
                a = ledger_allocator(&l);
                l.fail_at = k;
                l.for_ever = for_ever;
                if (shared) problems.allocator = a;
                study(&a, &problems, &o);
                if (o.done && !digest) digest = o.digest;
                if (o.done && o.digest != digest) test_fail(__FILE__, __LINE__, "call %u fails: done, but with another result", (unsigned)k);
                if (!o.done && !o.by_status && !problems.errors) test_fail(__FILE__, __LINE__, "call %u fails (%s, %s problems): no result, and no error counted", (unsigned)k, for_ever ? "and all later" : "alone", shared ? "shared" : "own");
                if (!o.done && valid && !shared && !o.by_status && problems.count) {
                    size_t i, found = 0;
                    for (i = 0; i < problems.count; i++) found += problems.items[i].code == AFLOW_DIAGNOSTIC_OUT_OF_MEMORY;
                    if (!found) test_fail(__FILE__, __LINE__, "call %u fails: \"%s\" is said, not that memory is out", (unsigned)k, problems.items[0].message);
                }
                if (!valid && o.done) test_fail(__FILE__, __LINE__, "call %u fails: something invalid was taken", (unsigned)k);
                aflow_write_diagnostics(&problems, aflow_put_text, &(aflow_text){ NULL, 0, 0 });
                aflow_diagnostics_clear(&problems);
                if (l.live || l.bytes) test_fail(__FILE__, __LINE__, "call %u fails: %u blocks, %u bytes are left", (unsigned)k, (unsigned)l.live, (unsigned)l.bytes);
                if (l.wrong) test_fail(__FILE__, __LINE__, "call %u fails: %d blocks came back with a wrong size", (unsigned)k, l.wrong);
                if (l.calls < k) guard++;           /* the failing call was not reached any more */
            }
            CHECK(guard == 3);
        }
    }
    CHECK(digest || !valid);
}

static void write_everything(const aflow_result *r)
{
    aflow_text t;
    aflow_chart_desc chart;
    memset(&t, 0, sizeof t);
    memset(&chart, 0, sizeof chart);
    chart.chart = AFLOW_CHART_DASHBOARD;
    CHECK_U64(aflow_write_text(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_json(r, 1, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_summary_csv(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_throughput_csv(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_samples_csv(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_requests_csv(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_svg(r, &chart, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_html(r, NULL, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_hgrm(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_openmetrics(r, aflow_put_text, &t), AFLOW_OK);
    CHECK_U64(aflow_write_prometheus(r, aflow_put_text, &t), AFLOW_OK);
    CHECK(t.size > 1000);
}

static void run_into(const aflow_scenario *s, const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_run_desc desc;
    aflow_result *r;
    memset(&desc, 0, sizeof desc);
    desc.seed = 5;
    desc.reserve_in_flight = 1;         /* so that everything has to grow */
    desc.record_requests = 1;
    desc.allocator = *a;
    r = aflow_run(s, &desc, problems);
    if (!r) return;
    o->done = 1;
    o->digest = aflow_result_info(r).digest;
    if (problems->allocator.resize == NULL) write_everything(r);
    aflow_result_destroy(r);
}

static const char study_text[] =
    "rqs_input: {id: gen, avg_active_users: {mean: 60}, avg_request_per_minute_per_user: {mean: 60}, user_sampling_window: 1}\n"
    "topology_graph:\n"
    "  nodes:\n"
    "    client: {id: c}\n"
    "    load_balancer: {id: lb, server_covered: [s1, s2]}\n"
    "    servers:\n"
    "    - id: s1\n"
    "      server_resources: {cpu_cores: 1, ram_mb: 256, db_connection_pool: 2}\n"
    "      endpoints: &e\n"
    "      - {endpoint_name: /a, steps: [{kind: ram, step_operation: {necessary_ram: 20}}, {kind: io_db, step_operation: {io_waiting_time: 0.1}}, {kind: io_task_spawn, step_operation: {io_waiting_time: 0.3}}]}\n"
    "      - {endpoint_name: /b, steps: [{kind: cpu_bound_operation, step_operation: {cpu_time: 0.03}}]}\n"
    "    - {id: s2, server_resources: {}, endpoints: *e}\n"
    "  edges:\n"
    "  - {id: e1, source: gen, target: c, latency: {mean: 0.5, distribution: exponential}}\n"
    "  - {id: e2, source: c, target: lb, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e3, source: lb, target: s1, latency: {mean: 1, distribution: poisson}}\n"
    "  - {id: e4, source: lb, target: s2, latency: {mean: 1, distribution: poisson}}\n"
    "  - {id: e5, source: s1, target: c, latency: {mean: 0.5, distribution: exponential}}\n"
    "  - {id: e6, source: s2, target: c, latency: {mean: 0.5, distribution: exponential}}\n"
    "sim_settings: {total_simulation_time: 5, sample_period_s: 0.1}\n"
    "events:\n"
    "- {event_id: down, target_id: s1, start: {kind: server_down, t_start: 1}, end: {kind: server_up, t_end: 2}}\n"
    "- {event_id: spike, target_id: e1, start: {kind: network_spike_start, t_start: 1, spike_s: 0.2}, end: {kind: network_spike_end, t_end: 3}}\n";

static void study_read(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_read_desc desc;
    aflow_scenario_file *file;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *a;
    desc.name = "study.yml";
    file = aflow_read_text(study_text, sizeof study_text - 1, problems, &desc);
    if (file) run_into(aflow_scenario_of(file), a, problems, o);
    aflow_scenario_file_destroy(file);
}

static void study_read_invalid(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    static const char *const spoil[][2] = { { "s1, s2]", "s1, s9]" }, { "mean: 60}, u", "mean: -6}, u" }, { "cpu_time", "cpu_tims" }, { "target: lb", "target: xx" }, { "servers:", "servers: [" } };
    char text[sizeof study_text];
    aflow_read_desc desc;
    size_t i;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *a;
    for (i = 0; i < sizeof spoil / sizeof spoil[0]; i++) {
        aflow_diagnostics own;
        aflow_scenario_file *file;
        char *at;
        memset(&own, 0, sizeof own);
        own.allocator = problems->allocator;
        memcpy(text, study_text, sizeof text);
        at = strstr(text, spoil[i][0]);
        memcpy(at, spoil[i][1], strlen(spoil[i][1]));
        file = aflow_read_text(text, strlen(text), &own, &desc);
        if (file) o->done = 1;
        problems->errors += own.errors > 0;
        CHECK(own.errors > 0);
        aflow_scenario_file_destroy(file);
        aflow_diagnostics_clear(&own);
    }
}

static void study_build(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    static const double arrivals[] = { 0, 0.5, 0.5, 1, 4 };
    static const char *const covered[] = { "s1", "s2" };
    aflow_builder *b = aflow_builder_create(a);
    aflow_generator users;
    aflow_load_balancer balancer;
    aflow_server server;
    aflow_id gen, client, lb, first = 0, edge;
    const aflow_scenario *s;
    int i;
    memset(&users, 0, sizeof users);
    memset(&balancer, 0, sizeof balancer);
    memset(&server, 0, sizeof server);
    users.arrivals = arrivals;
    users.arrivals_count = 5;
    balancer.server_covered = covered;
    balancer.server_covered_count = 2;
    gen = aflow_add_generator(b, &users);
    users.arrivals_count = 0;
    users.avg_active_users = aflow_constant(30);
    users.avg_request_per_minute_per_user = aflow_constant(60);
    gen = aflow_add_generator(b, &users);           /* the later one counts */
    client = aflow_add_client(b, NULL);
    lb = aflow_add_load_balancer(b, &balancer);
    balancer.server_covered_count = 0;
    lb = aflow_add_load_balancer(b, &balancer);
    edge = aflow_connect(b, gen, client, aflow_exponential(0.01));
    aflow_connect(b, client, lb, aflow_exponential(0.01));
    for (i = 0; i < 40; i++) {
        aflow_id id = aflow_add_server(b, &server);
        if (i == 0) first = id;
        aflow_add_endpoint(b, id, "/a", AFLOW_STEPS(aflow_ram_mb(3), aflow_cpu_s(0.1), aflow_io_s(0.2)));
        aflow_add_endpoint(b, id, "/b", AFLOW_STEPS(aflow_db_s(0.1)));
        aflow_add_endpoint(b, id, "/c", AFLOW_STEPS(aflow_io_s(0.1)));
        aflow_connect(b, lb, id, aflow_exponential(0.01));
        aflow_connect(b, id, client, aflow_exponential(0.01));
    }
    for (i = 0; i < 20; i++) aflow_add_spike(b, edge, 1, 2, 0.5);
    aflow_add_outage(b, first, 1, 2);
    if (b) {
        aflow_builder_settings(b)->total_simulation_time = 5;
        aflow_builder_settings(b)->sample_period_s = 0.1;
    }
    s = aflow_builder_scenario(b, problems);
    if (s) run_into(s, a, problems, o);
    aflow_builder_destroy(b);
}

static aflow_scenario_file *study_file(void)
{
    aflow_scenario_file *file = aflow_read_text(study_text, sizeof study_text - 1, NULL, NULL);
    CHECK(file != NULL);
    return file;
}

static void study_slices(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_scenario_file *file = study_file();
    aflow_run_desc desc;
    aflow_sim *sim;
    aflow_result *r;
    double t;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *a;
    desc.reserve_in_flight = 1;
    sim = aflow_sim_create(aflow_scenario_of(file), &desc, problems);
    for (t = 0; sim && t < 5; t += 0.25) {
        aflow_status status = aflow_sim_run_until(sim, t);
        CHECK(status == AFLOW_OK || status == AFLOW_OUT_OF_MEMORY);
        CHECK_U64(aflow_sim_status(sim), status);
    }
    if (sim) {
        aflow_status status = aflow_sim_run_until(sim, 5);
        if (status != AFLOW_OK) o->by_status = 1;
        CHECK(status == AFLOW_OK || aflow_sim_run_until(sim, 5) == AFLOW_OUT_OF_MEMORY);
        r = aflow_sim_finish(sim);
        CHECK((r != NULL) == (status == AFLOW_OK));
        if (r) {
            o->done = 1;
            o->digest = aflow_result_info(r).digest;
        }
        aflow_sim_destroy(sim);
        aflow_result_destroy(r);
    }
    aflow_scenario_file_destroy(file);
}

/* Everything happens at tick 0, and there is much of it: arrivals at once, no time on the edges, a hundred tasks each. */
static void study_ties(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    static const double at_once[] = { 0, 0, 0 };
    static aflow_step steps[101];
    const aflow_random_variable soon = { .mean = 1e-12, .distribution = AFLOW_DISTRIBUTION_CONSTANT };
    const aflow_endpoint endpoint = { .endpoint_name = "/", AFLOW_ARRAY(steps, steps) };
    const aflow_server server = { .id = "s", .endpoints = &endpoint, .endpoints_count = 1 };
    const aflow_edge edges[] = { { .id = "a", .source = "g", .target = "c", .latency = soon }, { .id = "b", .source = "c", .target = "s", .latency = soon }, { .id = "d", .source = "s", .target = "c", .latency = soon } };
    aflow_scenario s = { .rqs_input = { .id = "g", AFLOW_ARRAY(arrivals, at_once) }, .sim_settings = { .total_simulation_time = 5, .enabled_sample_metrics = AFLOW_METRICS_NONE } };
    aflow_run_desc desc;
    aflow_result *r;
    size_t i;
    for (i = 0; i < 101; i++) {
        steps[i].kind = i < 100 ? AFLOW_STEP_IO_TASK_SPAWN : AFLOW_STEP_IO_WAIT;
        steps[i].io_waiting_time = soon;
    }
    s.topology_graph.nodes.client.id = "c";
    s.topology_graph.nodes.servers = &server;
    s.topology_graph.nodes.servers_count = 1;
    s.topology_graph.edges = edges;
    s.topology_graph.edges_count = 3;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *a;
    desc.reserve_in_flight = 1;
    r = aflow_run(&s, &desc, problems);
    if (!r) return;
    o->done = 1;
    o->digest = aflow_result_info(r).requests.events;      /* the digest of nothing but zeros is 0 */
    CHECK_U64(aflow_result_info(r).requests.completed, 3);
    aflow_result_destroy(r);
}

static const char *const settings[][2] = {
    { "rqs_input.id", "a-much-longer-identifier-than-before-so-that-a-new-chunk-is-needed-some-time" },
    { "topology_graph.nodes.load_balancer.server_covered", "s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1, s2, s1" },
    { "rqs_input.arrivals", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30" },
    { "servers.s1.server_resources.cpu_cores", "4" }, { "replicas(s1)", "5" }, { "replicas(s2)", "2" }, { "replicas(s1)", "2" },
    { "sim_settings.slo", "p95 < 100ms, s1.cpu_utilization < 0.8, /a.p99 < 1s" }, { "events.down.target_id", "s2" }, { "servers[0].endpoints./a.endpoint_name", "/renamed" } };

static void study_copy(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_scenario_file *file = study_file();
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), a);
    size_t i, round;
    int complete = copy != NULL;
    if (!copy) o->by_status = 1;
    else CHECK_U64(aflow_scenario_hash(copy), aflow_scenario_hash(aflow_scenario_of(file)));
    for (round = 0; copy && round < 40; round++) {
        for (i = 0; i < sizeof settings / sizeof settings[0] - (round ? 1 : 0); i++) {
            uint64_t before = aflow_scenario_hash(copy);
            aflow_status status = aflow_set(copy, settings[i][0], settings[i][1], problems);
            CHECK(status == AFLOW_OK || status == AFLOW_OUT_OF_MEMORY);
            if (status != AFLOW_OK && aflow_scenario_hash(copy) != before) test_fail(__FILE__, __LINE__, "%s could not be set, and its old value is lost", settings[i][0]);
            complete &= status == AFLOW_OK;
        }
    }
    if (complete) {
        o->done = 1;
        o->digest = aflow_scenario_hash(copy);
    }
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

/* A list of problems may itself be what has no memory. */
static void study_check(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_scenario_file *file = study_file();
    aflow_diagnostics own;
    aflow_status status;
    memset(&own, 0, sizeof own);
    own.allocator = *a;
    status = aflow_check(aflow_scenario_of(file), &own);
    CHECK(status == AFLOW_OK || status == AFLOW_OUT_OF_MEMORY);
    CHECK((status == AFLOW_OK) == (own.errors == 0));
    (void)problems;
    o->by_status = 1;
    o->done = status == AFLOW_OK;
    o->digest = own.warnings + 1;
    aflow_diagnostics_clear(&own);
    aflow_scenario_file_destroy(file);
}

static void study_check_invalid(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_scenario_file *file = study_file();
    aflow_scenario *copy = aflow_scenario_copy(aflow_scenario_of(file), NULL);
    aflow_diagnostics own;
    memset(&own, 0, sizeof own);
    own.allocator = *a;
    aflow_set(copy, "servers[0].id", "s7", NULL);
    aflow_set(copy, "topology_graph.edges[1].latency.mean", "1", NULL);
    copy->topology_graph.edges_count -= 3;
    o->done = aflow_check(copy, &own) == AFLOW_OK;
    CHECK(own.errors > 0);
    (void)problems;
    o->by_status = 1;
    aflow_diagnostics_clear(&own);
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

/* Resources and steps within steps: read, copied, set, checked. */
static const char nested_text[] =
    "rqs_input: {id: gen, avg_active_users: {mean: 60}, avg_request_per_minute_per_user: {mean: 60}}\n"
    "topology_graph:\n"
    "  nodes:\n"
    "    client: {id: c}\n"
    "    servers:\n"
    "    - id: s1\n"
    "      server_resources: {workers: 2, max_concurrency: 9}\n"
    "      resources: [{id: memo, kind: cache, keys: 50, single_flight: true}, {id: limit, kind: rate_limiter, rate: 5}]\n"
    "      endpoints:\n"
    "      - endpoint_name: /a\n"
    "        steps:\n"
    "        - {kind: rate_limit, resource: limit}\n"
    "        - kind: branch\n"
    "          steps: [{kind: io_cache, step_operation: {io_waiting_time: 0.1}, resource: memo, on_miss: [{kind: io_db, step_operation: {io_waiting_time: 0.1}, resource: db}]}]\n"
    "          otherwise: [{kind: io_llm, step_operation: {output_tokens: {mean: 5, distribution: exponential}}, resource: model}]\n"
    "    resources: [{id: db, kind: database, capacity: 5}, {id: model, kind: llm, time_per_output_token: 0.1}]\n"
    "  edges:\n"
    "  - {id: e1, source: gen, target: c, latency: {mean: 0.5, distribution: exponential}}\n"
    "  - {id: e2, source: c, target: s1, latency: {mean: 0.003, distribution: exponential}}\n"
    "  - {id: e3, source: s1, target: c, latency: {mean: 0.5, distribution: exponential}}\n"
    "sim_settings: {total_simulation_time: 5}\n"
    "events:\n"
    "- {event_id: gone, target_id: s1/memo, start: {kind: cache_down, t_start: 1}, end: {kind: cache_up, t_end: 2}}\n";

static void study_nested(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    static const char *const paths[][2] = {
        { "servers.s1.endpoints./a.steps[1].steps[0].on_miss[0].resource", "a-much-longer-identifier-than-before-so-that-a-new-chunk-is-needed-some-time" },
        { "servers.s1.endpoints./a.steps[1].steps[0].on_miss[0].resource", "db" }, { "resources.db.capacity", "7" } };
    aflow_read_desc desc;
    aflow_scenario_file *file;
    aflow_scenario *copy;
    aflow_diagnostics own;
    size_t i;
    memset(&desc, 0, sizeof desc);
    memset(&own, 0, sizeof own);
    own.allocator = *a;
    desc.allocator = *a;
    file = aflow_read_text(nested_text, sizeof nested_text - 1, problems, &desc);
    copy = aflow_scenario_copy(aflow_scenario_of(file), a);
    o->by_status = file && !copy;
    if (copy) CHECK_U64(aflow_scenario_hash(copy), aflow_scenario_hash(aflow_scenario_of(file)));
    o->done = copy != NULL;
    for (i = 0; copy && i < sizeof paths / sizeof paths[0]; i++) o->done &= aflow_set(copy, paths[i][0], paths[i][1], problems) == AFLOW_OK;
    if (o->done) o->digest = aflow_scenario_hash(copy);
    if (o->done && aflow_check(copy, &own) != AFLOW_OK) {
        o->done = 0;
        o->by_status = 1;
        CHECK_U64(own.count ? own.items[0].code : AFLOW_DIAGNOSTIC_OUT_OF_MEMORY, AFLOW_DIAGNOSTIC_OUT_OF_MEMORY);
    }
    aflow_diagnostics_clear(&own);
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(file);
}

static void study_build_nested(const aflow_allocator *a, aflow_diagnostics *problems, outcome *o)
{
    aflow_builder *b = aflow_builder_create(a);
    aflow_resource pool, cache;
    aflow_step inner[1], steps[2];
    aflow_server server;
    aflow_id gen, client, id, shared = 0;
    aflow_generator users;
    const aflow_scenario *s;
    int i;
    memset(&users, 0, sizeof users);
    memset(&server, 0, sizeof server);
    memset(&pool, 0, sizeof pool);
    memset(&cache, 0, sizeof cache);
    users.avg_active_users = users.avg_request_per_minute_per_user = aflow_constant(30);
    gen = aflow_add_generator(b, &users);
    client = aflow_add_client(b, NULL);
    pool.id = "own";
    pool.kind = AFLOW_RESOURCE_CONNECTION_POOL;
    pool.capacity = 3;
    server.resources = &pool;
    server.resources_count = 1;
    id = aflow_add_server(b, &server);
    cache.kind = AFLOW_RESOURCE_CACHE;
    cache.hit_probability = 0.5;
    for (i = 0; i < 20; i++) shared = aflow_add_resource(b, &cache);
    for (i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "own-%d", i);
        pool.id = name;
        aflow_add_server_resource(b, id, &pool);
        inner[0] = aflow_using(aflow_db_s(0.1), name);
        steps[0] = aflow_branch(0.5, inner, 1);
        steps[1] = aflow_cache("resource-7", 0.1, steps, 1);
        aflow_add_endpoint(b, id, name, steps, 2);
    }
    aflow_connect(b, gen, client, aflow_constant(0.1));
    aflow_connect(b, client, id, aflow_constant(0.1));
    aflow_connect(b, id, client, aflow_constant(0.1));
    if (shared) aflow_add_cache_loss(b, shared, 1, 2);
    s = aflow_builder_scenario(b, problems);
    if (s) CHECK_U64(aflow_check(s, NULL), AFLOW_OK);
    o->done = s != NULL;
    o->digest = aflow_scenario_hash(s);
    aflow_builder_destroy(b);
}

static void memory_out_nested(void) { out_of_memory(study_nested, 1); }
static void memory_out_build_nested(void) { out_of_memory(study_build_nested, 1); }
static void memory_out_read(void) { out_of_memory(study_read, 1); }
static void memory_out_read_invalid(void) { out_of_memory(study_read_invalid, 0); }
static void memory_out_build(void) { out_of_memory(study_build, 1); }
static void memory_out_slices(void) { out_of_memory(study_slices, 1); }
static void memory_out_ties(void) { out_of_memory(study_ties, 1); }
static void memory_out_copy(void) { out_of_memory(study_copy, 1); }
static void memory_out_check(void) { out_of_memory(study_check, 1); }
static void memory_out_check_invalid(void) { out_of_memory(study_check_invalid, 0); }

/* --- Fixed buffers --- */

/* The largest number in a message. */
static size_t largest_number(const char *text)
{
    size_t largest = 0;
    while (*text) {
        if (*text >= '0' && *text <= '9') {
            size_t n = (size_t)strtoull(text, NULL, 10);
            if (n > largest) largest = n;
            while (*text >= '0' && *text <= '9') text++;
        } else {
            text++;
        }
    }
    return largest;
}

/* A run in exactly `size` bytes at an odd address (with guards); 0, or its digest. `named`: the size that the error names. */
static uint64_t run_in_buffer(const aflow_scenario *s, aflow_run_desc desc, size_t size, size_t misplaced, size_t *named)
{
    unsigned char *memory = (unsigned char *)malloc(size + 64 + misplaced);
    aflow_diagnostics problems;
    aflow_result *r;
    uint64_t digest = 0;
    size_t i;
    memset(&problems, 0, sizeof problems);
    memset(memory, 0x5A, size + 64 + misplaced);
    desc.buffer = memory + 16 + misplaced;
    desc.buffer_size = size;
    r = aflow_run(s, &desc, &problems);
    *named = 0;
    if (r) {
        digest = aflow_result_info(r).digest;
        CHECK_U64(problems.errors, 0);
    } else {
        CHECK(problems.errors > 0);
        for (i = 0; i < problems.count; i++) {
            if (problems.items[i].code != AFLOW_DIAGNOSTIC_OUT_OF_MEMORY) continue;
            *named = largest_number(problems.items[i].message);
            if (*named <= size) test_fail(__FILE__, __LINE__, "with %u bytes: \"%s\"", (unsigned)size, problems.items[i].message);
        }
        if (!*named) test_fail(__FILE__, __LINE__, "with %u bytes: no error names a size", (unsigned)size);
    }
    aflow_result_destroy(r);
    for (i = 0; i < 16 + misplaced; i++) CHECK_U64(memory[i], 0x5A);
    for (i = 0; i < 48; i++) CHECK_U64(memory[16 + misplaced + size + i], 0x5A);
    aflow_diagnostics_clear(&problems);
    free(memory);
    return digest;
}

static uint64_t run_on_heap(const aflow_scenario *s, const aflow_run_desc *desc)
{
    aflow_result *r = aflow_run(s, desc, NULL);
    uint64_t digest = r ? aflow_result_info(r).digest : 0;
    CHECK(r != NULL);
    aflow_result_destroy(r);
    return digest;
}

static void buffers_of_every_size(void)
{
    aflow_scenario_file *file = study_file();
    const aflow_scenario *s = aflow_scenario_of(file);
    int reserve;
    for (reserve = 0; reserve < 2; reserve++) {
        aflow_run_desc desc;
        uint64_t wanted;
        size_t needed, size, named, passed = 0;
        memset(&desc, 0, sizeof desc);
        desc.seed = 3;
        desc.reserve_in_flight = reserve ? 1 : 0;
        desc.record_requests = reserve;
        wanted = run_on_heap(s, &desc);
        needed = aflow_run_size(s, &desc, NULL);
        CHECK(needed > 0);
        for (size = 0; size < needed + needed / 4; size += size < 200 ? 7 : size < 24000 ? 331 : 977) {   /* a reserve of 1 is outgrown */
            uint64_t digest = run_in_buffer(s, desc, size, size % 16, &named);
            if (digest) {
                CHECK(digest == wanted);
                passed++;
            }
        }
        CHECK(passed > 0);
    }
    aflow_scenario_file_destroy(file);
}

/* Following the advice of the errors leads to a buffer that is large enough, and not to a much too large one. */
static void buffer_advice(void)
{
    aflow_scenario_file *file = study_file();
    aflow_run_desc desc;
    size_t size = 1, named = 0, steps = 0, needed;
    memset(&desc, 0, sizeof desc);
    needed = aflow_run_size(aflow_scenario_of(file), &desc, NULL);
    while (!run_in_buffer(aflow_scenario_of(file), desc, size, 0, &named) && named > size && ++steps < 200) size = named;
    CHECK(steps < 100);
    CHECK(size <= 2 * needed);
    CHECK(named == 0);
    aflow_scenario_file_destroy(file);
}

static const char *const scenario_files[] = {
    "examples/scenarios/single_server.yml", "examples/scenarios/two_servers.yml", "examples/scenarios/heavy_single_server.yml",
    "examples/scenarios/event_injection_single_server.yml", "examples/scenarios/event_injection_two_servers.yml",
    "examples/scenarios/beyond_asyncflow.yml", "examples/scenarios/beyond_resources.yml", "examples/scenarios/replay.yml", "examples/scenarios/shop.yml",
    "tests/reference/scenarios/p02.yml", "tests/reference/scenarios/p06.yml", "tests/reference/scenarios/p10.yml",
    "tests/reference/scenarios/t1.yml", "tests/reference/scenarios/t2.yml", "tests/reference/scenarios/t3.yml", "tests/reference/scenarios/t4.yml" };

/* A backlog that grows is beyond what can be known in advance: the reserve says how much of it there is room for. */
static void run_size_is_enough(void)
{
    size_t i;
    for (i = 0; i < sizeof scenario_files / sizeof scenario_files[0]; i++) {
        aflow_diagnostics problems;
        aflow_scenario_file *file;
        aflow_scenario *s;
        uint64_t seed;
        memset(&problems, 0, sizeof problems);
        file = aflow_read_file(scenario_files[i], &problems, NULL);
        s = file ? aflow_scenario_copy(aflow_scenario_of(file), NULL) : NULL;
        CHECK(s != NULL);
        if (s && s->sim_settings.total_simulation_time > 100 && !s->events_count) s->sim_settings.total_simulation_time = 100;
        for (seed = 1; s && seed <= 3; seed++) {
            aflow_run_desc desc;
            size_t size, named;
            uint64_t wanted;
            memset(&desc, 0, sizeof desc);
            desc.seed = seed;
            desc.record_requests = seed == 2;
            desc.endpoint_latency_off = seed == 3;
            desc.reserve_in_flight = 20000;
            wanted = run_on_heap(s, &desc);
            size = aflow_run_size(s, &desc, &problems);
            CHECK(size > 0);
            if (run_in_buffer(s, desc, size, 0, &named) != wanted) test_fail(__FILE__, __LINE__, "%s, seed %u: %u bytes were not enough; %u named", scenario_files[i], (unsigned)seed, (unsigned)size, (unsigned)named);
            if (run_in_buffer(s, desc, size, 15, &named) != wanted) test_fail(__FILE__, __LINE__, "%s, seed %u: %u bytes at an odd address were not enough; %u named", scenario_files[i], (unsigned)seed, (unsigned)size, (unsigned)named);
        }
        aflow_scenario_destroy(s);
        aflow_scenario_file_destroy(file);
        aflow_diagnostics_clear(&problems);
    }
}

static void run_size_of_nonsense(void)
{
    aflow_diagnostics problems;
    aflow_scenario empty;
    ledger l;
    aflow_run_desc desc;
    aflow_scenario_file *file = study_file();
    memset(&problems, 0, sizeof problems);
    memset(&empty, 0, sizeof empty);
    CHECK_U64(aflow_run_size(NULL, NULL, &problems), 0);
    CHECK(problems.errors > 0);
    aflow_diagnostics_clear(&problems);
    CHECK_U64(aflow_run_size(&empty, NULL, &problems), 0);
    CHECK(problems.errors > 0);
    aflow_diagnostics_clear(&problems);
    memset(&l, 0, sizeof l);
    memset(&desc, 0, sizeof desc);
    desc.allocator = ledger_allocator(&l);
    CHECK(aflow_run_size(aflow_scenario_of(file), &desc, &problems) > 0);
    CHECK_U64(l.live, 0);
    l.fail_at = 3;
    l.for_ever = 1;
    l.calls = 0;
    CHECK_U64(aflow_run_size(aflow_scenario_of(file), &desc, &problems), 0);
    CHECK(problems.errors > 0);
    CHECK_U64(l.live, 0);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_file_destroy(file);
}

/* Results may be destroyed before and after the sim. */
static void destroy_in_any_order(void)
{
    aflow_scenario_file *file = study_file();
    int order;
    for (order = 0; order < 2; order++) {
        ledger l;
        aflow_run_desc desc;
        aflow_sim *sim;
        aflow_result *r;
        memset(&l, 0, sizeof l);
        memset(&desc, 0, sizeof desc);
        desc.allocator = ledger_allocator(&l);
        sim = aflow_sim_create(aflow_scenario_of(file), &desc, NULL);
        aflow_sim_run_until(sim, 2);
        r = aflow_sim_finish(sim);
        CHECK(r != NULL && aflow_sim_finish(sim) == NULL);
        if (order) aflow_sim_destroy(sim);
        CHECK(aflow_result_info(r).requests.generated > 0);
        aflow_result_destroy(r);
        if (!order) aflow_sim_destroy(sim);
        CHECK_U64(l.live, 0);
        CHECK_U64(l.bytes, 0);
    }
    aflow_scenario_file_destroy(file);
    aflow_sim_destroy(NULL);
    aflow_result_destroy(NULL);
    aflow_scenario_destroy(NULL);
    aflow_scenario_file_destroy(NULL);
    aflow_builder_destroy(NULL);
    aflow_diagnostics_clear(NULL);
}

int main(void)
{
    RUN(pool_random);
    RUN(pool_missing);
    RUN(pool_tiny);
    RUN(arena);
    RUN(grow);
    RUN(sort);
    RUN(memory_out_read);
    RUN(memory_out_read_invalid);
    RUN(memory_out_build);
    RUN(memory_out_nested);
    RUN(memory_out_build_nested);
    RUN(memory_out_slices);
    RUN(memory_out_ties);
    RUN(memory_out_copy);
    RUN(memory_out_check);
    RUN(memory_out_check_invalid);
    RUN(buffers_of_every_size);
    RUN(buffer_advice);
    RUN(run_size_is_enough);
    RUN(run_size_of_nonsense);
    RUN(destroy_in_any_order);
    return test_end();
}
