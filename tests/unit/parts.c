/* parts.c - one process, shards in any order, threads and jobs of a host give the same bytes; parts that are cut, flipped, made up,
   foreign, missing, doubled or overlapping. FULL=1 mutates more. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#ifndef NO_THREADS
#define ASYNCFLOW_THREADS
#endif
#include "../../asyncflow.h"

static uint64_t dice_state = 1;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((dice_state >> 33) % sides);
}

/* --- What is played --- */

/* A balancer, two servers, losses on the way; objectives of all outcomes. */
static aflow_builder *shop(uint32_t users)
{
    static const char *const slo[] = { "p95 < 50ms", "mean < 1ms", "p99.9 < 1s", "error_rate < 5%" };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_load_balancer lb;
    aflow_server s;
    aflow_edge e;
    aflow_id from, client, balancer;
    int i;
    memset(&g, 0, sizeof g);
    memset(&lb, 0, sizeof lb);
    memset(&s, 0, sizeof s);
    memset(&e, 0, sizeof e);
    g.avg_active_users = aflow_poisson(users);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    g.user_sampling_window = 1;
    from = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    balancer = aflow_add_load_balancer(b, &lb);
    e.latency = aflow_exponential(0.003);
    e.dropout_rate = 0.01;
    aflow_connect_edge(b, from, client, &e);
    aflow_connect_edge(b, client, balancer, &e);
    for (i = 0; i < 2; i++) {
        aflow_id server = aflow_add_server(b, &s);
        aflow_add_endpoint(b, server, "/api", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.01)), aflow_io_s(0.005)));
        aflow_connect(b, balancer, server, aflow_exponential(0.002));
        aflow_connect(b, server, client, aflow_exponential(0.003));
    }
    aflow_builder_settings(b)->total_simulation_time = 5;
    aflow_builder_settings(b)->slo = slo;
    aflow_builder_settings(b)->slo_count = 4;
    return b;
}

static aflow_experiment *play(const aflow_builder *b, uint32_t replications, uint32_t shard, uint32_t shards, aflow_parallel_for_fn parallel_for, void *context)
{
    static const char *const more[] = { "p75", "/api.p95" };
    aflow_experiment_desc d;
    aflow_experiment *e;
    memset(&d, 0, sizeof d);
    d.seed = 7;
    d.first_replication = 1000;
    d.replications = replications;
    d.shard = shard;
    d.shards = shards;
    d.statistics = more;
    d.statistics_count = 2;
    d.parallel_for = parallel_for;
    d.parallel_context = context;
    e = aflow_replicate(aflow_builder_scenario((aflow_builder *)b, NULL), &d, NULL);
    CHECK(e != NULL);
    return e;
}

/* --- Parts as bytes --- */

typedef struct bytes { unsigned char *data; size_t size; } bytes;

static bytes bytes_of(const aflow_experiment *e)
{
    bytes b;
    aflow_text t;
    memset(&t, 0, sizeof t);
    CHECK_U64(aflow_write_part(e, aflow_put_text, &t), AFLOW_OK);
    t.capacity = t.size + 1;
    t.data = (char *)malloc(t.capacity);
    t.size = 0;
    aflow_write_part(e, aflow_put_text, &t);
    b.data = (unsigned char *)t.data;
    b.size = t.size;
    return b;
}

static aflow_experiment *read_back(const aflow_experiment *e)
{
    bytes b = bytes_of(e);
    aflow_experiment *copy = aflow_read_part(b.data, b.size, "copy", NULL, NULL);
    CHECK(copy != NULL);
    free(b.data);
    return copy;
}

/* Everything that a part says, bit for bit; and what is worked out from it. */
static void check_same(const aflow_experiment *a, const aflow_experiment *b, const char *what)
{
    bytes x = bytes_of(a), y = bytes_of(b);
    aflow_latency_stats of_a = aflow_experiment_latency(a), of_b = aflow_experiment_latency(b);
    size_t i;
    if (x.size != y.size || memcmp(x.data, y.data, x.size) != 0) test_fail(__FILE__, __LINE__, "%s: other bytes", what);
    if (memcmp(&of_a, &of_b, sizeof of_a) != 0) test_fail(__FILE__, __LINE__, "%s: other latencies", what);
    CHECK_U64(aflow_experiment_info(a).digest, aflow_experiment_info(b).digest);
    CHECK_U64(aflow_experiment_info(a).requests.events, aflow_experiment_info(b).requests.events);
    CHECK_U64(aflow_experiment_info(a).verdict, aflow_experiment_info(b).verdict);
    for (i = 0; i < aflow_experiment_statistics(a); i++) {
        aflow_estimate p = aflow_experiment_estimate(a, i), q = aflow_experiment_estimate(b, i);
        CHECK_STR(p.name, q.name);
        CHECK_STR(p.unit, q.unit);
        p.name = q.name = p.unit = q.unit = NULL;
        if (p.runs != q.runs || memcmp(&p.mean, &q.mean, (size_t)((char *)(&p.pooled + 1) - (char *)&p.mean)) != 0) test_fail(__FILE__, __LINE__, "%s: statistic %u differs", what, (unsigned)i);
    }
    for (i = 0; i < aflow_experiment_objectives(a); i++) CHECK_U64(aflow_experiment_objective(a, i).outcome, aflow_experiment_objective(b, i).outcome);
    free(x.data);
    free(y.data);
}

enum { MOST_SHARDS = 60 };

static void shuffle(aflow_experiment **parts, size_t n)
{
    for (; n > 1; n--) {
        size_t k = dice((uint32_t)n);
        aflow_experiment *swap = parts[k];
        parts[k] = parts[n - 1];
        parts[n - 1] = swap;
    }
}

static void check_shards(const aflow_builder *b, const aflow_experiment *whole, uint32_t shards, int orders)
{
    aflow_experiment *parts[MOST_SHARDS], *joint;
    uint32_t i;
    for (i = 0; i < shards; i++) {
        aflow_experiment *one = play(b, aflow_experiment_info(whole).replications, i + 1, shards, NULL, NULL);
        parts[i] = read_back(one);
        check_same(one, parts[i], "a part that was read back");
        aflow_experiment_destroy(one);
    }
    for (; orders > 0; orders--) {
        aflow_diagnostics problems;
        memset(&problems, 0, sizeof problems);
        joint = aflow_merge((const aflow_experiment *const *)parts, shards, NULL, 0, NULL, &problems);
        CHECK(joint != NULL && problems.count == 0);
        check_same(joint, whole, "shards that were joined");
        aflow_experiment_destroy(joint);
        shuffle(parts, shards);
    }
    for (i = 0; i < shards; i++) aflow_experiment_destroy(parts[i]);
}

static void shards_in_any_order(void)
{
    static const uint32_t shards[] = { 1, 2, 3, 8, 37, 60 };        /* of 60, some have nothing to do */
    aflow_builder *b = shop(30);
    aflow_experiment *whole = play(b, 37, 0, 0, NULL, NULL);
    size_t i;
    for (i = 0; i < sizeof shards / sizeof *shards; i++) check_shards(b, whole, shards[i], shards[i] == 8 ? 20 : 3);
    aflow_experiment_destroy(whole);
    aflow_builder_destroy(b);
}

/* More runs than a batch has: first ones of 700 are those of 1, 255, 256, 257, 512, 513. */
static void any_batch(void)
{
    static const uint32_t counts[] = { 1, 255, 256, 257, 512, 513 };
    aflow_builder *b = shop(2);
    aflow_experiment *whole = play(b, 700, 0, 0, NULL, NULL);
    size_t i, run, k;
    for (i = 0; i < sizeof counts / sizeof *counts; i++) {
        aflow_experiment *few = play(b, counts[i], 0, 0, NULL, NULL);
        CHECK_U64(aflow_experiment_runs(few), counts[i]);
        for (run = 0; run < counts[i]; run++) {
            CHECK_U64(aflow_experiment_run(few, run).digest, aflow_experiment_run(whole, run).digest);
            for (k = 0; k < aflow_experiment_statistics(few); k++) {
                double x = aflow_experiment_value(few, run, k), y = aflow_experiment_value(whole, run, k);
                CHECK(memcmp(&x, &y, sizeof x) == 0 || (x != x && y != y));
            }
        }
        aflow_experiment_destroy(few);
    }
    check_shards(b, whole, 3, 2);
    aflow_experiment_destroy(whole);
    aflow_builder_destroy(b);
}

/* Parts that were joined with gaps can be written and joined again. */
static void parts_of_parts(void)
{
    aflow_builder *b = shop(30);
    aflow_experiment *whole = play(b, 20, 0, 0, NULL, NULL), *parts[6], *half[2], *joint;
    uint32_t i;
    for (i = 0; i < 6; i++) parts[i] = play(b, 20, i + 1, 6, NULL, NULL);
    for (i = 0; i < 2; i++) {
        joint = aflow_merge((const aflow_experiment *const *)parts + 3 * i, 3, NULL, 1, NULL, NULL);
        half[i] = read_back(joint);
        aflow_experiment_destroy(joint);
    }
    joint = aflow_merge((const aflow_experiment *const *)half, 2, NULL, 0, NULL, NULL);
    check_same(joint, whole, "parts of parts");
    aflow_experiment_destroy(joint);
    for (i = 0; i < 6; i++) aflow_experiment_destroy(parts[i]);
    for (i = 0; i < 2; i++) aflow_experiment_destroy(half[i]);
    aflow_experiment_destroy(whole);
    aflow_builder_destroy(b);
}

/* --- Who runs the runs --- */

static void backwards(void *context, size_t count, aflow_task_fn task, void *task_context)
{
    (void)context;
    while (count) task(task_context, --count);
}

typedef struct span { aflow_task_fn task; void *context; size_t first; } span;

static void span_task(void *context, size_t index)
{
    const span *s = (const span *)context;
    s->task(s->context, s->first + index);
}

/* A host's job system within itself: halves of halves. */
static void nested(void *context, size_t count, aflow_task_fn task, void *task_context)
{
    span upper;
    if (count == 1) task(task_context, 0);
    if (count < 2) return;
    upper.task = task;
    upper.context = task_context;
    upper.first = count / 2;
    nested(context, count - count / 2, span_task, &upper);
    nested(context, count / 2, task, task_context);
}

static void jobs_of_a_host(void)
{
    aflow_builder *b = shop(30);
    aflow_experiment *whole = play(b, 37, 0, 0, NULL, NULL), *e;
    e = play(b, 37, 0, 0, backwards, NULL);
    check_same(e, whole, "backwards");
    aflow_experiment_destroy(e);
    e = play(b, 37, 0, 0, nested, NULL);
    check_same(e, whole, "nested");
    aflow_experiment_destroy(e);
    aflow_experiment_destroy(whole);
    aflow_builder_destroy(b);
}

#ifdef ASYNCFLOW_THREADS
typedef struct crews { uint32_t outer, inner; } crews;
typedef struct stride { span of; size_t count, step; uint32_t threads; } stride;

static void stride_task(void *context, size_t index)
{
    const stride *s = (const stride *)context;
    span own = s->of;
    uint32_t threads = s->threads;
    own.first = index * s->step;
    aflow_threads(&threads, own.first + s->step < s->count ? s->step : s->count - own.first, span_task, &own);
}

/* Threads that make threads */
static void crews_of_crews(void *context, size_t count, aflow_task_fn task, void *task_context)
{
    crews *c = (crews *)context;
    stride s;
    s.of.task = task;
    s.of.context = task_context;
    s.of.first = 0;
    s.count = count;
    s.step = 5;
    s.threads = c->inner;
    aflow_threads(&c->outer, (count + s.step - 1) / s.step, stride_task, &s);
}

static void any_number_of_threads(void)
{
    static const uint32_t counts[] = { 0, 1, 2, 3, 4, 16, 1000 };
    aflow_builder *b = shop(30);
    aflow_experiment *whole = play(b, 37, 0, 0, NULL, NULL), *e;
    crews c = { 2, 3 };
    size_t i;
    for (i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t threads = counts[i];
        e = play(b, 37, 0, 0, aflow_threads, &threads);
        check_same(e, whole, "threads");
        aflow_experiment_destroy(e);
    }
    e = play(b, 37, 0, 0, aflow_threads, NULL);
    check_same(e, whole, "as many threads as processors");
    aflow_experiment_destroy(e);
    e = play(b, 37, 0, 0, crews_of_crews, &c);
    check_same(e, whole, "threads of threads");
    aflow_experiment_destroy(e);
    CHECK(aflow_processors() >= 1);
    aflow_threads(NULL, 0, NULL, NULL);
    aflow_experiment_destroy(whole);
    aflow_builder_destroy(b);
}
#endif

/* --- The bytes themselves --- */

/* Two runs of a tiny experiment. Its bytes are the same on every machine; only the library's version (bytes 12 to 15) and the checksum
   (the last four) may change. UPDATE=1 prints them. */
static const char golden[] =
#include "part.inc"
    ;

static aflow_experiment *tiny(void)
{
    static const char *const slo[] = { "p50 < 40ms" };
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator g;
    aflow_server s;
    aflow_id from, client, server;
    aflow_experiment_desc d;
    aflow_experiment *e;
    memset(&g, 0, sizeof g);
    g.avg_active_users = aflow_constant(2);
    g.avg_request_per_minute_per_user = aflow_constant(60);
    from = aflow_add_generator(b, &g);
    client = aflow_add_client(b, NULL);
    memset(&s, 0, sizeof s);
    server = aflow_add_server(b, &s);
    aflow_add_endpoint(b, server, "/", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.01))));
    aflow_connect(b, from, server, aflow_constant(0.002));
    aflow_connect(b, server, client, aflow_constant(0.003));
    aflow_builder_settings(b)->total_simulation_time = 5;
    aflow_builder_settings(b)->slo = slo;
    aflow_builder_settings(b)->slo_count = 1;
    memset(&d, 0, sizeof d);
    d.seed = 0x0123456789ABCDEF;
    d.first_replication = 300;
    d.replications = 4;
    d.shard = d.shards = 2;
    e = aflow_replicate(aflow_builder_scenario(b, NULL), &d, NULL);
    CHECK(e != NULL);
    aflow_builder_destroy(b);
    return e;
}

static void golden_bytes(void)
{
    aflow_experiment *e = tiny();
    bytes b = bytes_of(e);
    size_t i;
    if (getenv("UPDATE")) {
        FILE *f = fopen("tests/unit/part.inc", "wb");
        for (i = 0; f && i < b.size; i++) fprintf(f, "%s%02x%s", i % 64 ? "" : "\"", b.data[i], i % 64 == 63 || i + 1 == b.size ? "\"\n" : "");
        if (f) fclose(f);
    }
    CHECK_U64(sizeof golden - 1, 2 * b.size);
    for (i = 0; i < b.size && 2 * i + 1 < sizeof golden; i++) {
        char pair[3] = { 0, 0, 0 };
        memcpy(pair, golden + 2 * i, 2);
        if ((i < 12 || i > 15) && i + 4 < b.size && strtoul(pair, NULL, 16) != b.data[i]) test_fail(__FILE__, __LINE__, "byte %u is %02x, expected %s", (unsigned)i, b.data[i], pair);
    }
    free(b.data);
    aflow_experiment_destroy(e);
}

/* A put that takes so many bytes. */
static int put_some(void *context, const char *data, size_t size)
{
    size_t *left = (size_t *)context;
    (void)data;
    if (size > *left) return 1;
    *left -= size;
    return 0;
}

static void a_writer_that_fails(void)
{
    aflow_experiment *e = tiny();
    bytes b = bytes_of(e);
    size_t most;
    for (most = 0; most < b.size; most += 7) {
        size_t left = most;
        CHECK(aflow_write_part(e, put_some, &left) == AFLOW_CANNOT_WRITE);
    }
    free(b.data);
    aflow_experiment_destroy(e);
}

/* One clear error of the code, with the part's name in front, and nothing read. Of an exact copy, so that a sanitizer sees a byte too many. */
static void refuse(const unsigned char *data, size_t size, const char *message)
{
    aflow_diagnostics problems;
    unsigned char *copy = (unsigned char *)malloc(size ? size : 1);
    memset(&problems, 0, sizeof problems);
    if (size) memcpy(copy, data, size);
    CHECK(aflow_read_part(copy, size, "x.part", NULL, &problems) == NULL);
    CHECK_U64(problems.errors, 1);
    if (problems.count == 1) {
        CHECK_U64(problems.items[0].code, AFLOW_DIAGNOSTIC_PART);
        CHECK_STR(problems.items[0].path, "x.part");
        if (message) CHECK_STR(problems.items[0].message, message);
    } else CHECK_U64(problems.count, 1);
    aflow_diagnostics_clear(&problems);
    free(copy);
}

static void cut_at_every_length(void)
{
    aflow_experiment *e = tiny();
    bytes b = bytes_of(e);
    size_t i;
    for (i = 0; i < b.size; i++) {
        refuse(b.data, i, i < 8 ? "is no part of an experiment; parts are written by `--shard I/N --out FILE`, or aflow_write_part"
                        : i < 20 ? "is cut short; compute this part again" : "is cut short or was changed: its checksum is wrong; compute this part again");
    }
    free(b.data);
    aflow_experiment_destroy(e);
}

static void flipped_at_every_bit(void)
{
    aflow_experiment *e = tiny();
    bytes b = bytes_of(e);
    size_t i;
    for (i = 0; i < 8 * b.size; i++) {
        b.data[i / 8] ^= (unsigned char)(1u << (i % 8));
        refuse(b.data, b.size, i < 64 ? "is no part of an experiment; parts are written by `--shard I/N --out FILE`, or aflow_write_part"
                             : i < 96 ? "has another format version; compute all parts with one version of the library"
                             : i < 128 ? "was computed by another version of the library; compute all parts with one"
                             : "is cut short or was changed: its checksum is wrong; compute this part again");
        b.data[i / 8] ^= (unsigned char)(1u << (i % 8));
    }
    free(b.data);
    aflow_experiment_destroy(e);
}

/* --- Made up, with a right checksum --- */

typedef struct meter { size_t live, bytes, most; } meter;

static void *metered(void *context, void *memory, size_t old_size, size_t new_size)
{
    meter *m = (meter *)context;
    void *moved;
    if (new_size > (size_t)1 << 28) return NULL;
    m->bytes += new_size - old_size;
    m->live += (memory == NULL) - (size_t)(new_size == 0);
    if (m->bytes > m->most) m->most = m->bytes;
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    moved = realloc(memory, new_size);
    return moved;
}

static bytes mutated(bytes of)
{
    bytes b;
    uint32_t crc;
    size_t changes = 1 + dice(3), k;
    b.size = of.size;
    b.data = (unsigned char *)malloc(of.size + 16);
    memcpy(b.data, of.data, of.size);
    while (changes--) {
        size_t at = 16 + dice((uint32_t)b.size - 20), n = 1 + dice(3);
        switch (dice(6)) {
        case 0: b.data[at] ^= (unsigned char)(1u << dice(8)); break;
        case 1: b.data[at] = (unsigned char)dice(256); break;
        case 2: b.data[at] = (unsigned char)(dice(2) ? 255 : 127); break;
        case 3: for (k = 0; k < 10 && at + k + 4 < b.size; k++) b.data[at + k] = k == 9 ? 1 : 255; break;       /* 2^64 - 1 */
        case 4:
            if (at + n + 4 >= b.size || b.size < 64) break;
            memmove(b.data + at, b.data + at + n, b.size - at - n);
            b.size -= n;
            break;
        default:
            if (b.size + n > of.size + 16) break;
            memmove(b.data + at + n, b.data + at, b.size - at);
            b.size += n;
        }
    }
    crc = aflowi_crc32(0, b.data, b.size - 4);
    for (k = 0; k < 4; k++) b.data[b.size - 4 + k] = (unsigned char)(crc >> (8 * k));
    b.data = (unsigned char *)realloc(b.data, b.size);
    return b;
}

/* Whatever was taken can be looked at, written, read again and joined. */
static void use(const aflow_experiment *e, const aflow_experiment *original, const aflow_allocator *a)
{
    const aflow_experiment *both[2];
    aflow_experiment *joint, *again;
    volatile double sink = 0;
    bytes b = bytes_of(e);
    size_t i, run;
    for (i = 0; i <= aflow_experiment_statistics(e); i++) {
        sink += aflow_experiment_estimate(e, i).median;
        for (run = 0; run < aflow_experiment_runs(e); run++) sink += aflow_experiment_value(e, run, i);
    }
    for (i = 0; i < aflow_experiment_objectives(e); i++) sink += aflow_experiment_objective(e, i).bound;
    for (run = 0; run < aflow_experiment_runs(e); run++) sink += (double)strlen(aflow_experiment_run(e, run).bottleneck);
    sink += aflow_experiment_latency(e).p999_s;
    (void)sink;
    again = aflow_read_part(b.data, b.size, NULL, a, NULL);
    CHECK(again != NULL);
    aflow_experiment_destroy(again);
    both[0] = e;
    both[1] = original;
    joint = aflow_merge(both, 2, NULL, 1, a, NULL);
    aflow_experiment_destroy(joint);
    joint = aflow_merge(both, 1, NULL, 1, a, NULL);
    CHECK(joint != NULL);
    aflow_experiment_destroy(joint);
    free(b.data);
}

static void made_up(void)
{
    aflow_experiment *original = tiny();
    bytes b = bytes_of(original);
    int rounds = getenv("FULL") ? 2000000 : 30000, taken = 0;
    for (; rounds > 0 && !test_state.failed_here; rounds--) {
        bytes changed = mutated(b);
        aflow_diagnostics problems;
        aflow_allocator a;
        aflow_experiment *e;
        meter m;
        memset(&m, 0, sizeof m);
        memset(&problems, 0, sizeof problems);
        a.resize = metered;
        a.context = &m;
        e = aflow_read_part(changed.data, changed.size, NULL, &a, &problems);
        CHECK((e != NULL) == (problems.errors == 0));
        if (m.most > ((size_t)1 << 20)) test_fail(__FILE__, __LINE__, "a part of %u bytes has asked for %u", (unsigned)changed.size, (unsigned)m.most);
        if (e) use(e, original, &a);
        taken += e != NULL;
        aflow_experiment_destroy(e);
        CHECK(m.live == 0 && m.bytes == 0);
        aflow_diagnostics_clear(&problems);
        free(changed.data);
    }
    CHECK(taken > 100);                 /* of seeds, digests and values any may be */
    free(b.data);
    aflow_experiment_destroy(original);
}

/* --- Joining what does not belong together --- */

/* What joining says, line by line, `path: message`; the number of errors. */
static size_t join(const aflow_experiment *const *parts, size_t count, int allow_gaps, const char *expected)
{
    static const char *const names[] = { "a.part", "b.part", "c.part", "d.part" };
    aflow_diagnostics problems;
    aflow_experiment *e;
    char said[2000] = "";
    size_t i, errors;
    memset(&problems, 0, sizeof problems);
    e = aflow_merge(parts, count, names, allow_gaps, NULL, &problems);
    for (i = 0; i < problems.count; i++) sprintf(said + strlen(said), "%s: %s\n", problems.items[i].path, problems.items[i].message);
    CHECK_STR(said, expected);
    errors = problems.errors;
    CHECK((e == NULL) == (errors > 0));
    aflow_experiment_destroy(e);
    e = aflow_merge(parts, count, NULL, allow_gaps, NULL, NULL);
    CHECK((e == NULL) == (errors > 0));
    aflow_experiment_destroy(e);
    aflow_diagnostics_clear(&problems);
    return errors;
}

static void foreign_parts(void)
{
    static const char *const slo[] = { "p95 < 51ms", "mean < 1ms", "p99.9 < 1s", "error_rate < 5%" }, *const more[] = { "p75", "/api.p95", "p20" };
    static const char *const said[] = {
        "b.part: has another seed than the first part\n", "b.part: is of another range of replications than the first part\n",
        "b.part: is of another range of replications than the first part\n", "b.part: has another warm-up than the first part\n",
        "b.part: has another confidence than the first part\n", "b.part: has other statistics than the first part\n",
        "b.part: is of another scenario than the first part\n", "b.part: has other objectives than the first part, or is of another scenario\n",
        "b.part: has other objectives than the first part, or is of another scenario\n", "b.part: is of another scenario than the first part\n" };
    aflow_builder *b = shop(30), *busy = shop(31);
    aflow_experiment *parts[2];
    size_t i;
    parts[0] = play(b, 6, 1, 2, NULL, NULL);
    for (i = 0; i < sizeof said / sizeof *said; i++) {
        aflow_scenario s = *aflow_builder_scenario(i == 6 ? busy : b, NULL);
        aflow_experiment_desc d;
        memset(&d, 0, sizeof d);
        d.seed = i == 0 ? 8 : 7;
        d.first_replication = i == 1 ? 1001 : 1000;
        d.replications = i == 2 ? 7 : 6;
        d.warm_up_s = i == 3 ? 1 : 0;
        d.confidence = i == 4 ? 0.9 : 0;
        d.statistics = more;
        d.statistics_count = i == 5 ? 3 : 2;
        d.shard = d.shards = 2;
        if (i == 7) s.sim_settings.slo = slo;
        if (i == 8) s.sim_settings.slo_count = 3;
        if (i == 9) s.sim_settings.total_simulation_time = 6;
        parts[1] = aflow_replicate(&s, &d, NULL);
        CHECK_U64(join((const aflow_experiment *const *)parts, 2, 0, said[i]), 1);
        CHECK_U64(join((const aflow_experiment *const *)parts, 2, 1, said[i]), 1);
        aflow_experiment_destroy(parts[1]);
    }
    parts[1] = NULL;
    CHECK_U64(join((const aflow_experiment *const *)parts, 2, 0, "b.part: is no part (NULL)\n"), 1);
    aflow_experiment_destroy(parts[0]);
    aflow_builder_destroy(b);
    aflow_builder_destroy(busy);
}

static void gaps(void)
{
    aflow_builder *b = shop(30);
    aflow_experiment *parts[3], *many;
    const aflow_experiment *some[2];
    uint32_t i;
    for (i = 0; i < 3; i++) parts[i] = play(b, 8, i + 1, 3, NULL, NULL);
    some[0] = parts[2];
    some[1] = parts[0];
    CHECK_U64(join(some, 2, 0, "replications: missing: 1001, 1004, 1007\n"), 1);
    CHECK_U64(join(some, 2, 1, "replications: missing: 1001, 1004, 1007\n"), 0);
    CHECK_U64(join(some, 1, 1, "replications: missing: 1000, 1001, 1003, 1004, 1006, 1007\n"), 0);
    CHECK_U64(join(some + 1, 1, 0, "replications: missing: 1001, 1002, 1004, 1005, 1007\n"), 1);
    for (i = 0; i < 3; i++) aflow_experiment_destroy(parts[i]);
    many = play(b, 40, 2, 4, NULL, NULL);
    some[0] = many;
    CHECK_U64(join(some, 1, 0, "replications: missing: 1000, 1002 to 1004, 1006 to 1008, 1010 to 1012, 1014 to 1016, 1018 to 1020, 1022 to 1024, 1026 to 1028, ...\n"), 1);
    aflow_experiment_destroy(many);
    aflow_builder_destroy(b);
}

static void twice(void)
{
    aflow_builder *b = shop(30);
    aflow_experiment *whole = play(b, 8, 0, 0, NULL, NULL), *joint, *copy;
    const aflow_experiment *parts[4];
    parts[0] = play(b, 8, 1, 2, NULL, NULL);
    parts[1] = play(b, 8, 2, 2, NULL, NULL);
    parts[2] = parts[0];
    parts[3] = copy = read_back(parts[1]);
    CHECK_U64(join(parts, 4, 0, "c.part: has the same runs as another part; it counts once\nd.part: has the same runs as another part; it counts once\n"), 0);
    joint = aflow_merge(parts, 4, NULL, 0, NULL, NULL);
    check_same(joint, whole, "a part that is there twice");
    aflow_experiment_destroy(joint);
    aflow_experiment_destroy((aflow_experiment *)parts[0]);
    aflow_experiment_destroy((aflow_experiment *)parts[1]);
    aflow_experiment_destroy(copy);
    aflow_experiment_destroy(whole);
    aflow_builder_destroy(b);
}

static void overlap(void)
{
    aflow_builder *b = shop(30);
    const aflow_experiment *parts[3];
    size_t i;
    parts[0] = play(b, 8, 1, 2, NULL, NULL);        /* 0, 2, 4, 6 */
    parts[1] = play(b, 8, 2, 2, NULL, NULL);
    parts[2] = play(b, 8, 2, 3, NULL, NULL);        /* 1, 4, 7 */
    CHECK_U64(join(parts, 3, 0, "c.part: has run 1001, which b.part has, too, among others that it has not; leave one of them out\n"), 1);
    CHECK_U64(join(parts, 3, 1, "c.part: has run 1001, which b.part has, too, among others that it has not; leave one of them out\n"), 1);
    for (i = 0; i < 3; i++) aflow_experiment_destroy((aflow_experiment *)parts[i]);
    aflow_builder_destroy(b);
}

int main(void)
{
    RUN(shards_in_any_order);
    RUN(any_batch);
    RUN(parts_of_parts);
    RUN(jobs_of_a_host);
#ifdef ASYNCFLOW_THREADS
    RUN(any_number_of_threads);
#endif
    RUN(golden_bytes);
    RUN(a_writer_that_fails);
    RUN(cut_at_every_length);
    RUN(flipped_at_every_bit);
    RUN(made_up);
    RUN(foreign_parts);
    RUN(gaps);
    RUN(twice);
    RUN(overlap);
    return test_end();
}
