/* questions/answers.c - the ten questions of examples/scenarios/questions: does each answer still hold?

   First to the letter: every command in an answer is taken as it stands (`#   asyncflow run FILE --set PATH=VALUE ...`), and the
   figures in the line below it are those of a run with the tool's seed, to the last digit written.
   `UPDATE=1 build/tests/questions/answers` writes them anew; the words around them are to be read again. Then in substance: over a
   few seeds, what the answer says, with a margin well outside the spread that was seen (in the comment of each).
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"
#include "../test.h"

#define FOLDER "examples/scenarios/questions/"
#define TOOL_SEED 1
#define SEEDS (test_brief() ? 1u : 3u)
#define SETS 6

static const char *const files[] = {
    "01_cores_workers_or_replicas.yml", "02_one_blocking_call.yml", "03_thread_pool_too_small.yml", "04_connection_pool.yml",
    "05_cache_flush.yml", "06_llm_limits_and_bill.yml", "07_gpu_batching.yml", "08_noisy_endpoint.yml",
    "09_rate_limiter_burst.yml", "10_interpreter_lock.yml",
};

/* --- Figures by name ------------------------------------------------------------------ */

static double percentile_of(const aflow_latency_stats *l, const char *name)
{
    if (strcmp(name, "p50") == 0) return l->p50_s;
    if (strcmp(name, "p95") == 0) return l->p95_s;
    if (strcmp(name, "p99") == 0) return l->p99_s;
    if (strcmp(name, "worst") == 0) return l->max_s;
    return (double)NAN;
}

static double endpoint_figure(const aflow_result *r, const aflow_server_stats *server, aflow_id id, const char *name)
{
    size_t i, size = strcspn(name, " ");
    for (i = 0; i < server->endpoints; i++) {
        aflow_endpoint_stats e = aflow_result_endpoint(r, id, i);
        if (strlen(e.endpoint_name) == size && strncmp(e.endpoint_name, name, size) == 0 && name[size] == ' ') return percentile_of(&e.latency, name + size + 1);
    }
    return (double)NAN;
}

/* What the answers call a figure: seconds, shares and amounts. The server is the first one. NaN: no such figure. */
static double figure(const aflow_result *r, const char *name)
{
    aflow_counters n = aflow_result_info(r).requests;
    aflow_latency_stats latency = aflow_result_latency(r);
    aflow_resource_stats gpu = aflow_result_resource(r, aflow_result_find(r, "gpu"));
    aflow_server_stats server;
    aflow_id id = 0;
    aflow_result_servers(r, &id, 1);
    server = aflow_result_server(r, id);
    if (name[0] == '/') return endpoint_figure(r, &server, id, name);
    if (strncmp(name, "loop lag ", 9) == 0) return percentile_of(&server.loop_lag, name + 9);
    if (strcmp(name, "CPU") == 0) return server.cpu_utilization;
    if (strcmp(name, "completed") == 0) return (double)n.completed / aflow_result_info(r).horizon_s;
    if (strcmp(name, "rejected") == 0) return (double)n.dropped / (double)n.generated;
    if (strcmp(name, "queries") == 0) return (double)aflow_result_resource(r, aflow_result_find(r, "postgres")).acquired;
    if (strcmp(name, "hits") == 0) return aflow_result_resource(r, aflow_result_find(r, "redis")).hit_ratio;
    if (strcmp(name, "of full batches") == 0) return aflow_result_verdict(r).utilization;      /* where the GPU is tightest */
    if (strcmp(name, "batches of") == 0) return gpu.batch_size_mean;
    if (strcmp(name, "a call") == 0) return aflow_result_llm(r).cost_per_call;
    if (strcmp(name, "a month") == 0) return aflow_result_llm(r).cost_per_month;
    return percentile_of(&latency, name);
}

/* --- Runs ----------------------------------------------------------------------------------- */

/* A file, with changes as the tool takes them: PATH=VALUE. NULL, and a failed check, where one is not accepted. */
static aflow_result *run_with(const char *file, const char *const *sets, size_t count, uint64_t seed)
{
    aflow_diagnostics problems = { 0 };
    aflow_run_desc desc = { 0 };
    aflow_scenario_file *read;
    aflow_scenario *copy;
    aflow_result *result;
    char path[256];
    size_t i;
    snprintf(path, sizeof path, "%s%s", FOLDER, file);
    read = aflow_read_file(path, &problems, NULL);
    copy = aflow_scenario_copy(aflow_scenario_of(read), NULL);
    for (i = 0; i < count; i++) {
        const char *equals = strchr(sets[i], '=');
        if (!equals || (size_t)(equals - sets[i]) >= sizeof path) { test_fail(__FILE__, __LINE__, "%s: %s is no PATH=VALUE", file, sets[i]); continue; }
        memcpy(path, sets[i], (size_t)(equals - sets[i]));
        path[equals - sets[i]] = '\0';
        aflow_set(copy, path, equals + 1, &problems);
    }
    desc.seed = seed;
    result = aflow_run(copy, &desc, &problems);
    if (problems.count) {
        test_fail(__FILE__, __LINE__, "%s: problems", file);
        aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    }
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(copy);
    aflow_scenario_file_destroy(read);
    return result;
}

/* One figure of one run; up to two changes, NULL: none. */
static double of(const char *file, const char *name, uint64_t seed, const char *set, const char *other)
{
    const char *sets[2];
    size_t count = 0;
    aflow_result *r;
    double value;
    if (set) sets[count++] = set;
    if (other) sets[count++] = other;
    r = run_with(file, sets, count, seed);
    value = r ? figure(r, name) : (double)NAN;
    aflow_result_destroy(r);
    return value;
}

/* The verdict of a run, and what it comes from: a resource's or server's name. */
static void check_verdict(const char *file, uint64_t seed, const char *set, aflow_verdict verdict, const char *bottleneck)
{
    aflow_result *r = run_with(file, &set, set != NULL, seed);
    aflow_verdict_info v = aflow_result_verdict(r);
    if (v.verdict != verdict || strcmp(aflow_result_name(r, v.bottleneck), bottleneck) != 0)
        test_fail(__FILE__, __LINE__, "%s %s, seed %llu: verdict %d because of %s, expected %d because of %s", file, set ? set : "", (unsigned long long)seed,
                  (int)v.verdict, aflow_result_name(r, v.bottleneck), (int)verdict, bottleneck);
    aflow_result_destroy(r);
}

#define AT_LEAST(got, least) do { double g_ = (got), l_ = (least); if (!(g_ >= l_)) test_fail(__FILE__, __LINE__, "%s is %.4g, expected at least %.4g", #got, g_, l_); } while (0)
#define AT_MOST(got, most) do { double g_ = (got), m_ = (most); if (!(g_ <= m_)) test_fail(__FILE__, __LINE__, "%s is %.4g, expected at most %.4g", #got, g_, m_); } while (0)

/* --- To the letter ---------------------------------------------------------------------------- */

/* `p95 193 ms`, `/items p99 40 ms`, `a month 50490 $`, `batches of 3.9`, `stable`, `overloaded by gpu`. What is true, in as many
   digits, goes into `truth`. */
static void check_claim(const char *file, unsigned line, const aflow_result *r, char *claim, char *truth, size_t capacity)
{
    static const char *const verdicts[] = { "stable", "backlogged by ", "overloaded by ", "empty", "limited by " };
    static const struct { const char *unit; double scale; } units[] = { { " ms", 1e3 }, { " s", 1 }, { " %", 100 }, { " /s", 1 }, { " $", 1 }, { "", 1 } };
    aflow_verdict_info v = aflow_result_verdict(r);
    const char *by = aflow_result_name(r, v.bottleneck);
    size_t i, size = strlen(claim), unit = 0;
    char *number, *end, *dot;
    double written, got, digit = 1;
    int decimals;
    snprintf(truth, capacity, "%s", claim);
    for (i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        size_t word = strlen(verdicts[i]);
        if (strncmp(claim, verdicts[i], word) != 0) continue;
        if (i && strcmp(claim + word, aflow_metric_name(v.resource)) == 0) by = claim + word;
        snprintf(truth, capacity, "%s%s", verdicts[v.verdict], v.verdict == AFLOW_VERDICT_STABLE || v.verdict == AFLOW_VERDICT_EMPTY ? "" : by);
        if (strcmp(claim, truth) != 0) test_fail(__FILE__, __LINE__, "%s:%u: the run is %s, not %s", file, line, truth, claim);
        return;
    }
    for (i = 0; i < sizeof units / sizeof units[0]; i++) {
        unit = strlen(units[i].unit);
        if (size > unit && strcmp(claim + size - unit, units[i].unit) == 0) break;
    }
    claim[size - unit] = '\0';
    number = strrchr(claim, ' ');
    if (!number) { test_fail(__FILE__, __LINE__, "%s:%u: cannot read \"%s\"", file, line, claim); return; }
    *number++ = '\0';
    written = strtod(number, &end);
    dot = strchr(number, '.');
    for (decimals = 0; dot && dot + 1 + decimals < end; decimals++) digit /= 10;
    got = figure(r, claim) * units[i].scale;
    snprintf(truth, capacity, "%s %.*f%s", claim, decimals, got, units[i].unit);
    if (*end || !(fabs(got - written) <= .5000001 * digit)) test_fail(__FILE__, __LINE__, "%s:%u: %s is %.6g, not %s", file, line, claim, got, number);
}

/* The words of a command behind `asyncflow run`; quotes are taken off. Returns how many changes there are. */
static size_t read_command(char *command, char **file, const char **sets)
{
    size_t count = 0;
    char *word;
    *file = strtok(command, " ");
    while ((word = strtok(NULL, " ")) != NULL) {
        size_t size;
        if (strcmp(word, "--set") != 0 || (word = strtok(NULL, " ")) == NULL || count == SETS) return SETS + 1;
        size = strlen(word);
        if (word[0] == '\'' && size > 1 && word[size - 1] == '\'') {
            word[size - 1] = '\0';
            word++;
        } else if (strpbrk(word, "'\"[]*?$ ")) return SETS + 1;      /* a shell would take that apart */
        sets[count++] = word;
    }
    return count;
}

/* With UPDATE in the environment the figures of the file become those of the runs. */
static void check_answer(const char *name)
{
    static const char command[] = "#   asyncflow run ", claims[] = "#       ";
    static char text[1 << 16], line[1024], truth[2048];
    char path[256];
    unsigned number = 0, commands = 0, answers = 0;
    size_t size = 0;
    aflow_result *r = NULL;
    FILE *file;
    snprintf(path, sizeof path, "%s%s", FOLDER, name);
    file = fopen(path, "rb");
    if (!file) { test_fail(__FILE__, __LINE__, "%s cannot be read", path); return; }
    while (size < sizeof text - sizeof line && fgets(line, sizeof line, file)) {
        size_t begin = size;
        line[strcspn(line, "\r\n")] = '\0';
        size += (size_t)snprintf(text + size, sizeof text - size, "%s\n", line);
        number++;
        if (strncmp(line, "# Answer: ", 10) == 0) answers++;
        if (strncmp(line, command, sizeof command - 1) == 0) {
            const char *sets[SETS];
            char *subject;
            size_t count = read_command(line + sizeof command - 1, &subject, sets);
            aflow_result_destroy(r);
            r = NULL;
            if (count > SETS || strcmp(subject, name) != 0) { test_fail(__FILE__, __LINE__, "%s:%u: cannot read this command", name, number); continue; }
            r = run_with(name, sets, count, TOOL_SEED);
            commands++;
        } else if (strncmp(line, claims, sizeof claims - 1) == 0 && r) {
            char *next = line + sizeof claims - 1;
            size = begin;
            while (next) {
                char *claim = next;
                next = strstr(claim, ", ");
                if (next) { *next = '\0'; next += 2; }
                check_claim(name, number, r, claim, truth, sizeof truth);
                size += (size_t)snprintf(text + size, sizeof text - size, "%s%s%s", claim == line + sizeof claims - 1 ? claims : ", ", truth, next ? "" : "\n");
            }
        }
    }
    fclose(file);
    if (answers != 1 || commands < 3) test_fail(__FILE__, __LINE__, "%s: %u answers with %u commands", name, answers, commands);
    if (number > 120) test_fail(__FILE__, __LINE__, "%s: %u lines", name, number);
    aflow_result_destroy(r);
    if (getenv("UPDATE") && (file = fopen(path, "wb")) != NULL) {
        fwrite(text, 1, size, file);
        fclose(file);
    }
}

static void every_answer_to_the_letter(void)
{
    size_t i;
    for (i = 0; i < sizeof files / sizeof files[0]; i++) check_answer(files[i]);
}

/* --- In substance ---------------------------------------------------------------------------------
   Behind each check: the range that was seen over five seeds. */

static void cores_workers_or_replicas(void)
{
    const char *f = files[0], *four = "servers.api-1.workers=4", *replica = "events.standby.end.t_end=0.001";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        double base = of(f, "p95", seed, NULL, NULL);
        CHECK_NEAR(of(f, "p95", seed, "servers.api-1.cpu_cores=8", NULL), base, 0);
        AT_LEAST(base / of(f, "p95", seed, four, NULL), 2.5);      /* 3.4 to 4.01 */
        AT_LEAST(base / of(f, "p95", seed, replica, NULL), 2.3);      /* 3.07 to 3.64 */
        AT_MOST(of(f, "CPU", seed, NULL, NULL), .25);      /* 0.219 to 0.22 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_STABLE, "api-1");
    }
}

static void one_blocking_call(void)
{
    const char *f = files[1], *thread = "servers.api.endpoints./invoice.steps[1].kind=thread_io";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        AT_LEAST(of(f, "/items p99", seed, NULL, NULL) / of(f, "/items p99", seed, thread, NULL), 8);      /* 11.9 to 14.1 */
        AT_LEAST(of(f, "loop lag p95", seed, NULL, NULL) / of(f, "loop lag p95", seed, thread, NULL), 100);      /* 331 to 730 */
        AT_MOST(of(f, "CPU", seed, NULL, NULL), .15);      /* 0.133 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_STABLE, "api");
    }
}

static void thread_pool_too_small(void)
{
    const char *f = files[2], *more = "servers.api.threads=80", *await = "servers.api.endpoints./shipping.steps[1].kind=io_wait";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        AT_LEAST(of(f, "/profile p95", seed, NULL, NULL), 20);      /* 29.9 to 38.4 */
        AT_MOST(of(f, "/profile p95", seed, more, NULL), .03);      /* 0.0243 to 0.0248 */
        AT_MOST(of(f, "/profile p95", seed, await, NULL), .03);      /* 0.0243 to 0.0248 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_OVERLOADED, "api");
        check_verdict(f, seed, more, AFLOW_VERDICT_STABLE, "api");
    }
}

static void connection_pool(void)
{
    const char *f = files[3], *right = "resources.postgres.capacity=44", *few = "resources.postgres.capacity=10";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        double best = of(f, "completed", seed, right, NULL);
        AT_LEAST(of(f, "p95", seed, NULL, NULL) / of(f, "p95", seed, right, NULL), 100);      /* 377 to 395 */
        AT_LEAST(of(f, "p95", seed, few, NULL) / of(f, "p95", seed, right, NULL), 100);      /* 619 to 640 */
        AT_LEAST(best / of(f, "completed", seed, NULL, NULL), 1.15);      /* 1.19 to 1.2 */
        AT_LEAST(best / of(f, "completed", seed, few, NULL), 1.25);      /* 1.34 to 1.35 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_BACKLOGGED, "postgres");
        check_verdict(f, seed, few, AFLOW_VERDICT_OVERLOADED, "postgres");
        check_verdict(f, seed, right, AFLOW_VERDICT_STABLE, "postgres");
    }
}

static void cache_flush(void)
{
    const char *f = files[4], *once = "resources.redis.single_flight=true";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        AT_LEAST(of(f, "p99", seed, NULL, NULL) / of(f, "p99", seed, once, NULL), 6);      /* 10.6 to 12.7 */
        AT_LEAST(of(f, "queries", seed, NULL, NULL) / of(f, "queries", seed, once, NULL), 1.8);      /* 2.2 to 2.33 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_STABLE, "postgres");
    }
}

static void llm_limits_and_bill(void)
{
    const char *f = files[5], *limit = "resources.large.tokens_per_minute=400000", *small = "servers.api.endpoints./chat.steps[2].probability=0.7";
    double call = 1500 * 3e-6 + 350 * 15e-6, cheap = 1500 * .25e-6 + 350 * 1.25e-6, calls = 2 * 86400. * 30;
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        AT_LEAST(of(f, "rejected", seed, NULL, NULL), .18);      /* 0.208 to 0.216 */
        AT_MOST(of(f, "rejected", seed, limit, NULL), 0);      /* 0 */
        AT_MOST(of(f, "rejected", seed, small, NULL), 0);      /* 0 */
        CHECK_NEAR(of(f, "a month", seed, limit, NULL) / (calls * call), 1, .02);
        CHECK_NEAR(of(f, "a month", seed, small, NULL) / (calls * (.3 * call + .7 * cheap)), 1, .04);
        AT_MOST(of(f, "a call", seed, NULL, NULL) / call, .95);      /* 0.89 to 0.896 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_OVERLOADED, "large");
    }
}

static void gpu_batching(void)
{
    const char *f = files[6], *batches = "resources.gpu.max_batch_size=16", *busy = "rqs_input.avg_active_users=400", *quiet = "rqs_input.avg_active_users=20";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        CHECK_NEAR(of(f, "completed", seed, NULL, NULL), 1 / .042, .05);
        AT_LEAST(of(f, "completed", seed, batches, busy) / of(f, "completed", seed, busy, NULL), 8);      /* 8.37 to 8.4 */
        AT_LEAST(of(f, "p95", seed, "resources.gpu.slots=4", NULL) / of(f, "p95", seed, batches, NULL), 1.1);      /* 1.17 to 1.36 */
        AT_MOST(of(f, "p95", seed, batches, quiet), .1);      /* 0.0891 to 0.0906 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_OVERLOADED, "gpu");
        check_verdict(f, seed, batches, AFLOW_VERDICT_STABLE, "gpu");
    }
}

static void noisy_endpoint(void)
{
    const char *f = files[7], *thread = "servers.api.endpoints./export.steps[1].otherwise[0].kind=thread_cpu", *job = "servers.api.endpoints./export.steps[1].probability=1";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        double noisy = of(f, "/items p99", seed, NULL, NULL), apart = of(f, "/items p99", seed, job, NULL);
        AT_LEAST(noisy / apart, 15);      /* 23.5 to 28.2 */
        AT_LEAST(of(f, "/items p99", seed, thread, NULL) / apart, 5);      /* 8.63 to 13.1 */
        AT_MOST(of(f, "/items p99", seed, "servers.api.workers=4", NULL) / apart, 1.1);      /* 0.989 to 1 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_STABLE, "api");
    }
}

static void rate_limiter_burst(void)
{
    const char *f = files[8], *ten = "resources.gateway.burst=10", *thousand = "resources.gateway.burst=1000";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        CHECK_NEAR(of(f, "rejected", seed, NULL, NULL), .8 / 1.8, .01);      /* a token in 10 ms, Poisson: rho / (1 + rho), and the hiccup's */
        AT_MOST(of(f, "rejected", seed, ten, NULL), .015);      /* 0.00814 to 0.0087 */
        AT_LEAST(of(f, "/search p99", seed, thousand, NULL) / of(f, "/search p99", seed, ten, NULL), 4);      /* 7.62 to 9.44 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_LIMITED, "gateway");
        check_verdict(f, seed, ten, AFLOW_VERDICT_STABLE, "gateway");
    }
}

static void interpreter_lock(void)
{
    const char *f = files[9], *none = "servers.api.interpreter_lock=none", *workers = "servers.api.workers=4", *often = "servers.api.switch_interval=0.0005";
    uint64_t seed;
    for (seed = 1; seed <= SEEDS; seed++) {
        double locked = of(f, "/health p95", seed, NULL, NULL), slow = of(f, "/thumbnail p95", seed, NULL, NULL);
        AT_LEAST(locked / of(f, "/health p95", seed, none, NULL), 40);      /* 56.7 to 71.6 */
        AT_LEAST(locked / of(f, "/health p95", seed, workers, NULL), 12);      /* 23.6 to 25.3 */
        AT_LEAST(locked / of(f, "/health p95", seed, often, NULL), 5);      /* 8.31 to 9.41 */
        AT_LEAST(slow / of(f, "/thumbnail p95", seed, none, NULL), 2.3);      /* 2.94 to 3.21 */
        AT_LEAST(of(f, "/thumbnail p95", seed, often, NULL) / slow, .95);      /* 1.01 to 1.03 */
        check_verdict(f, seed, NULL, AFLOW_VERDICT_STABLE, "api");
    }
}

int main(void)
{
    RUN(every_answer_to_the_letter);
    RUN(cores_workers_or_replicas);
    RUN(one_blocking_call);
    RUN(thread_pool_too_small);
    RUN(connection_pool);
    RUN(cache_flush);
    RUN(llm_limits_and_bill);
    RUN(gpu_batching);
    RUN(noisy_endpoint);
    RUN(rate_limiter_burst);
    RUN(interpreter_lock);
    return test_end();
}
