/* page.c - the page of experiments and the charts on it: well-formed, escaped, repeatable, and true. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "markup.inc"

/* --- Studies to show --- */

#define PAGE_HOSTILE "s <b>&\"'\xE6\x9C\x8D ]]> </script>\x01"
#define PAGE_SCENARIO "\n# <pre> & \"two\"\r\n\tid: </pre><script>alert(1)</script>\n\n  end \xFF without a line break"

static const char *const objectives[] = { "p95 < 60ms", "error_rate < 0.1%", "throughput > 1000", "p99.9 < 1s", "p50 < 20ms" };

/* One server behind one edge; a warm-up, an outage and a price, so that all of it has something to say. */
static aflow_scenario *study_scenario(const char *server, double users, uint32_t seconds, size_t objectives_count)
{
    aflow_builder *b = aflow_builder_create(NULL);
    aflow_generator source;
    aflow_server desc;
    aflow_step steps[2];
    aflow_scenario *copy;
    aflow_diagnostics problems;
    aflow_id generator, client, app;
    memset(&source, 0, sizeof source);
    memset(&desc, 0, sizeof desc);
    memset(&problems, 0, sizeof problems);
    source.avg_active_users.mean = users;
    source.avg_request_per_minute_per_user.mean = 60;
    generator = aflow_add_generator(b, &source);
    client = aflow_add_client(b, NULL);
    desc.id = server;
    desc.server_resources.ram_mb = 1024;
    app = aflow_add_server(b, &desc);
    steps[0] = aflow_cpu(aflow_exponential(0.005));
    steps[1] = aflow_io(aflow_exponential(0.01));
    aflow_add_endpoint(b, app, "/a", steps, 2);
    aflow_connect(b, generator, client, aflow_exponential(0.001));
    aflow_connect(b, client, app, aflow_exponential(0.001));
    aflow_connect(b, app, client, aflow_exponential(0.001));
    aflow_builder_settings(b)->total_simulation_time = seconds;
    aflow_builder_settings(b)->slo = objectives;
    aflow_builder_settings(b)->slo_count = objectives_count;
    copy = aflow_scenario_copy(aflow_builder_scenario(b, &problems), NULL);
    if (!copy) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    aflow_diagnostics_clear(&problems);
    aflow_builder_destroy(b);
    return copy;
}

static aflow_experiment_desc study_desc(uint32_t replications)
{
    aflow_experiment_desc d;
    memset(&d, 0, sizeof d);
    d.seed = 5;
    d.replications = replications;
    d.confidence = 0.9;
    d.warm_up_s = 1;
    return d;
}

static aflow_experiment *study(const char *server, double users, uint32_t seconds, uint32_t replications, size_t objectives_count)
{
    aflow_scenario *s = study_scenario(server, users, seconds, objectives_count);
    aflow_experiment_desc d = study_desc(replications);
    aflow_experiment *e = aflow_replicate(s, &d, NULL);
    aflow_scenario_destroy(s);
    CHECK(e != NULL);
    return e;
}

static aflow_sweep_result *study_sweep(const aflow_vary *vary, size_t count, int together, uint32_t replications, size_t objectives_count)
{
    aflow_scenario *s = study_scenario("app", 30, 5, objectives_count);
    aflow_sweep_desc d;
    aflow_diagnostics problems;
    aflow_sweep_result *w;
    memset(&d, 0, sizeof d);
    memset(&problems, 0, sizeof problems);
    d.vary = vary;
    d.vary_count = count;
    d.together = together;
    d.experiment = study_desc(replications);
    w = aflow_sweep(s, &d, &problems);
    if (!w) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    CHECK(w != NULL);
    aflow_diagnostics_clear(&problems);
    aflow_scenario_destroy(s);
    return w;
}

static const aflow_vary cores = { "servers.app.server_resources.cpu_cores", "1..4" };

static aflow_size_result *study_size(const aflow_vary *vary, size_t count)
{
    static const char *const wanted[] = { "p95 < 45ms", "error_rate < 1%" };
    aflow_scenario *s = study_scenario("app", 160, 10, 0);
    aflow_size_desc d;
    aflow_diagnostics problems;
    aflow_size_result *size;
    memset(&d, 0, sizeof d);
    memset(&problems, 0, sizeof problems);
    s->sim_settings.slo = wanted;
    s->sim_settings.slo_count = 2;
    d.vary = vary;
    d.vary_count = count;
    d.experiment = study_desc(4);
    d.experiment.most_replications = 8;
    size = aflow_size(s, &d, &problems);
    if (!size) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    CHECK(size != NULL);
    aflow_diagnostics_clear(&problems);
    s->sim_settings.slo = NULL;
    s->sim_settings.slo_count = 0;
    aflow_scenario_destroy(s);
    return size;
}

/* --- Looking at pages --- */

static void page_check(const sink *s, int is_html, const char *what)
{
    const char *place = "", *fault = markup_check(s->data ? s->data : "", is_html, &place);
    if (fault) test_fail(__FILE__, __LINE__, "%s: %s near \"%.60s\"", what, fault, place);
}

static sink page_of(const aflow_page_desc *desc, const char *what)
{
    sink s;
    memset(&s, 0, sizeof s);
    CHECK(aflow_write_page(desc, sink_put, &s) == AFLOW_OK);
    page_check(&s, 1, what);
    return s;
}

static void page_has(const sink *s, const char *text, size_t times)
{
    const char *at = s->data;
    size_t n = 0;
    for (; at && (at = strstr(at, text)) != NULL; at++) n++;
    if (n != times) test_fail(__FILE__, __LINE__, "\"%s\" %u times, expected %u", text, (unsigned)n, (unsigned)times);
}

static void page_order(const sink *s, const char *const *texts, size_t count)
{
    const char *at = s->data ? s->data : "";
    size_t i;
    for (i = 0; i < count; i++) {
        const char *found = strstr(at, texts[i]);
        if (!found) {
            test_fail(__FILE__, __LINE__, "\"%s\" does not follow", texts[i]);
            return;
        }
        at = found;
    }
}

/* --- Tests --- */

static void an_experiment_has_its_page(void)
{
    static const char *const order[] = { "<h1>Shop &amp; more</h1>", "12 runs of 8 s", "90&#160;% confidence", "1 of 5 objectives without data</strong>", "<h2>Objectives</h2>", "<h2>Figures</h2>", "<h2>Latency</h2>",
        "<h2>Servers, resources, edges</h2>", "<h2>All statistics</h2>", "<h2>Runs</h2>", "<h2>Scenario</h2>", "<h2>This experiment</h2>", "Warm-up", "1 s, as asked", "</html>" };
    aflow_experiment *e = study(PAGE_HOSTILE, 60, 8, 12, 5);
    aflow_page_desc d;
    sink s;
    memset(&d, 0, sizeof d);
    d.title = "Shop & more";
    d.experiment = e;
    d.scenario_text = PAGE_SCENARIO;
    s = page_of(&d, "experiment");
    page_order(&s, order, sizeof order / sizeof order[0]);
    page_has(&s, "<script", 0);
    page_has(&s, "default-src 'none'", 1);
    page_has(&s, "<td><span class=\"tag ok\">met</span></td>", 3);                     /* p95, error_rate, p50 */
    page_has(&s, "<td><span class=\"tag bad\">missed</span></td>", 1);                 /* throughput */
    page_has(&s, "<td><span class=\"tag bad\">no data</span></td>", 1);                /* p99.9 of some hundred requests */
    page_has(&s, "n/a (needs 10,000)", 1);
    page_has(&s, "<b>", 0);
    page_has(&s, "\x01", 0);
    sink_clear(&s);
    aflow_experiment_destroy(e);
}

static void the_scenario_is_shown_as_it_is(void)
{
    aflow_experiment *e = study("app", 20, 5, 2, 0);
    aflow_page_desc d;
    sink s;
    memset(&d, 0, sizeof d);
    d.experiment = e;
    d.scenario_text = PAGE_SCENARIO;
    s = page_of(&d, "scenario");
    page_has(&s, "<pre class=\"source\">\n\n# &lt;pre&gt; &amp; &quot;two&quot;\n&#9;id: &lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\n\n  end &#65533; without a line break</pre>", 1);
    sink_clear(&s);
    d.scenario_text = "";
    s = page_of(&d, "empty scenario");
    page_has(&s, "<pre class=\"source\">\n</pre>", 1);
    sink_clear(&s);
    aflow_experiment_destroy(e);
}

static void little_is_enough(void)
{
    aflow_experiment *one = study("app", 60, 8, 1, 2), *idle = study("app", 0.001, 5, 2, 2);
    aflow_page_desc d;
    sink s;
    memset(&d, 0, sizeof d);
    d.experiment = one;
    s = page_of(&d, "one run");
    page_has(&s, "1 run of 8 s", 1);
    page_has(&s, "none of one run", 2);
    page_has(&s, "nan", 0);
    page_has(&s, "null", 0);
    sink_clear(&s);
    d.experiment = idle;
    s = page_of(&d, "idle");
    page_has(&s, "No request completed, so there is no latency to show.", 2);
    page_has(&s, "null", 0);
    sink_clear(&s);
    aflow_experiment_destroy(one);
    aflow_experiment_destroy(idle);
}

/* With a run, the page of the run stands within; alone it is what it always was. */
static void a_run_joins_in(void)
{
    static const char *const order[] = { "<h2>Latency</h2>", "<h2>Over time, in one run</h2>", "Throughput", "<h2>Servers, resources, edges</h2>", "<h2>Servers</h2>", "<h2>Endpoints</h2>",
        "<h2>Edges</h2>", "<h2>All statistics</h2>", "<h2>This experiment</h2>", "<h2>This run</h2>", "id=\"asyncflow-result\"" };
    aflow_scenario *scenario = study_scenario("app", 30, 5, 1);
    aflow_run_desc run;
    aflow_result *result;
    aflow_experiment *e = study("app", 30, 5, 3, 1);
    aflow_page_desc d;
    sink s, plain;
    memset(&run, 0, sizeof run);
    memset(&d, 0, sizeof d);
    memset(&plain, 0, sizeof plain);
    run.seed = 5;
    result = aflow_run(scenario, &run, NULL);
    CHECK(result != NULL);
    d.experiment = e;
    d.result = result;
    s = page_of(&d, "experiment and run");
    page_order(&s, order, sizeof order / sizeof order[0]);
    sink_clear(&s);
    d.experiment = NULL;
    d.title = "run";
    s = page_of(&d, "run");
    CHECK(aflow_write_html(result, "run", sink_put, &plain) == AFLOW_OK);
    CHECK(s.size == plain.size && memcmp(s.data, plain.data, s.size) == 0);
    page_has(&s, "af-knee", 0);      /* styles of experiments cost only who has some */
    sink_clear(&s);
    sink_clear(&plain);
    aflow_experiment_destroy(e);
    aflow_result_destroy(result);
    aflow_scenario_destroy(scenario);
}

static void a_comparison_has_its_page(void)
{
    aflow_scenario *a = study_scenario(PAGE_HOSTILE, 60, 8, 2), *b = study_scenario(PAGE_HOSTILE, 60, 8, 2);
    aflow_experiment_desc desc = study_desc(6);
    aflow_comparison *c;
    aflow_page_desc d;
    sink s;
    CHECK(aflow_set(b, "servers[0].server_resources.cpu_cores", "2", NULL) == AFLOW_OK);
    c = aflow_compare(a, b, &desc, NULL);
    CHECK(c != NULL);
    memset(&d, 0, sizeof d);
    d.comparison = c;
    s = page_of(&d, "comparison");
    page_has(&s, "B is better</strong>", 1);
    page_has(&s, "<h2>Comparison: B against A</h2>", 1);
    page_has(&s, "<h2>The experiment of B</h2>", 1);
    page_has(&s, "<b>", 0);
    sink_clear(&s);
    aflow_comparison_destroy(c);
    desc.replications = 1;           /* no intervals */
    c = aflow_compare(a, a, &desc, NULL);
    d.comparison = c;
    s = page_of(&d, "comparison of one run with itself");
    page_has(&s, "No sure difference</strong>", 1);
    sink_clear(&s);
    aflow_comparison_destroy(c);
    aflow_scenario_destroy(a);
    aflow_scenario_destroy(b);
}

static void sweep_check(const aflow_sweep_result *w, const char *what, const char *const *texts, size_t count)
{
    static const uint32_t sizes[][2] = { { 0, 0 }, { 420, 300 }, { 1, 1 }, { 1600, 300 }, { 100000, 100000 } };
    aflow_page_desc d;
    aflow_chart_desc chart;
    sink s;
    size_t i;
    memset(&d, 0, sizeof d);
    memset(&chart, 0, sizeof chart);
    d.sweep = w;
    s = page_of(&d, what);
    for (i = 0; i < count; i++) if (!strstr(s.data, texts[i])) test_fail(__FILE__, __LINE__, "%s: no \"%s\"", what, texts[i]);
    sink_clear(&s);
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        chart.width = sizes[i][0];
        chart.height = sizes[i][1];
        chart.dark = i % 2;
        chart.title = i ? "<&>" : NULL;
        CHECK(aflow_write_sweep_svg(w, &chart, sink_put, &s) == AFLOW_OK);
        page_check(&s, 0, what);
        sink_clear(&s);
    }
    CHECK(aflow_write_sweep_svg(w, NULL, sink_put, &s) == AFLOW_OK);
    page_check(&s, 0, what);
    sink_clear(&s);
}

static void sweeps_have_charts(void)
{
    static const aflow_vary load = { "load", "1x..8x" }, ram = { "servers.app.server_resources.ram_mb", "256,1024" }, both[] = { { "load", "1x,2x,4x" }, { "servers.app.server_resources.cpu_cores", "1..4" } };
    static const aflow_vary three[] = { { "load", "1x,2x" }, { "servers.app.server_resources.ram_mb", "512,1024" }, { "servers.app.server_resources.cpu_cores", "1..3" } };
    static const aflow_vary paired[] = { { "load", "1x,2x,3x" }, { "servers.app.server_resources.cpu_cores", "1..3" } };
    static const char *const lines[] = { "utilization of the busiest", "log scale", "Every setting of load" }, *const shades[] = { "af-heat", "down: load", "app.cpu_cores" }, *const few[] = { "Sweep" };
    aflow_sweep_result *w = study_sweep(&load, 1, 0, 3, 2);
    sweep_check(w, "load", lines, 3);
    aflow_sweep_destroy(w);
    w = study_sweep(&cores, 1, 0, 1, 0);
    sweep_check(w, "cores, one run", few, 1);
    aflow_sweep_destroy(w);
    w = study_sweep(&ram, 1, 0, 2, 1);
    sweep_check(w, "ram", few, 1);
    aflow_sweep_destroy(w);
    w = study_sweep(both, 2, 0, 2, 2);
    sweep_check(w, "grid", shades, 3);
    aflow_sweep_destroy(w);
    w = study_sweep(three, 3, 0, 2, 0);
    sweep_check(w, "three fields", shades, 1);
    aflow_sweep_destroy(w);
    w = study_sweep(paired, 2, 1, 2, 1);
    sweep_check(w, "together", lines, 1);
    aflow_sweep_destroy(w);
}

static void a_size_has_its_page(void)
{
    static const aflow_vary both[] = { { "servers.app.server_resources.cpu_cores", "1..3" }, { "servers.app.server_resources.ram_mb", "512,1024" } };
    aflow_size_result *size = study_size(&cores, 1);
    aflow_page_desc d;
    sink s;
    memset(&d, 0, sizeof d);
    d.size = size;
    s = page_of(&d, "size");
    page_has(&s, "Answer</strong>: ", 1);
    page_has(&s, "(answer)", 1);
    page_has(&s, "<h2>With the answer</h2>", 1);
    page_has(&s, "af-chosen\"", 2);          /* a chart an objective */
    sink_clear(&s);
    aflow_size_destroy(size);
    size = study_size(both, 2);
    d.size = size;
    s = page_of(&d, "size of two fields");
    page_has(&s, "(answer)", 1);
    sink_clear(&s);
    aflow_size_destroy(size);
}

/* A put of which so many bytes are taken. */
typedef struct narrow { size_t room, taken; } narrow;

static int narrow_put(void *context, const char *text, size_t size)
{
    narrow *n = (narrow *)context;
    (void)text;
    n->taken += size;
    return n->taken > n->room;
}

static void a_refused_put_is_said(void)
{
    aflow_experiment *e = study("app", 30, 5, 2, 3);
    aflow_vary load = { "load", "1x,2x" };
    aflow_sweep_result *w = study_sweep(&load, 1, 0, 2, 1);
    aflow_page_desc d;
    narrow n;
    sink s, again;
    size_t room;
    memset(&d, 0, sizeof d);
    d.experiment = e;
    d.sweep = w;
    d.scenario_text = PAGE_SCENARIO;
    s = page_of(&d, "both");
    again = page_of(&d, "both again");
    CHECK(s.size == again.size && memcmp(s.data, again.data, s.size) == 0);
    for (room = 0; room < s.size; room += 509) {       /* each buffer of 1,024 bytes fails at least once */
        n.room = room;
        n.taken = 0;
        CHECK(aflow_write_page(&d, narrow_put, &n) == AFLOW_CANNOT_WRITE);
    }
    n.room = s.size;
    n.taken = 0;
    CHECK(aflow_write_page(&d, narrow_put, &n) == AFLOW_OK);
    CHECK_U64(n.taken, s.size);
    sink_clear(&s);
    sink_clear(&again);
    CHECK(aflow_write_sweep_svg(w, NULL, sink_put, &s) == AFLOW_OK);
    for (room = 0; room < s.size; room++) {
        n.room = room;
        n.taken = 0;
        CHECK(aflow_write_sweep_svg(w, NULL, narrow_put, &n) == AFLOW_CANNOT_WRITE);
    }
    sink_clear(&s);
    aflow_sweep_destroy(w);
    aflow_experiment_destroy(e);
}

static void misuse_is_said(void)
{
    aflow_page_desc d;
    sink s;
    memset(&d, 0, sizeof d);
    memset(&s, 0, sizeof s);
    CHECK(aflow_write_page(NULL, sink_put, &s) == AFLOW_MISUSE);
    CHECK(aflow_write_page(&d, sink_put, &s) == AFLOW_MISUSE);
    d.scenario_text = "text alone is no page";
    CHECK(aflow_write_page(&d, sink_put, &s) == AFLOW_MISUSE);
    CHECK(aflow_write_sweep_svg(NULL, NULL, sink_put, &s) == AFLOW_MISUSE);
    CHECK(s.size == 0);
}

/* The pooled histogram holds every request that counts, where its percentiles say. */
static void latencies_of_all_runs_are_counted(void)
{
    aflow_experiment *e = study("app", 60, 8, 5, 0);
    aflow_latency_stats l = aflow_experiment_latency(e);
    uint64_t cells[16], half[1], sum = 0;
    size_t i;
    CHECK(l.count > 1000);
    CHECK_U64(aflow_experiment_latency_histogram(e, 0, l.max_s + 0.001, cells, 16), l.count);
    for (i = 0; i < 16; i++) sum += cells[i];
    CHECK_U64(sum, l.count);
    CHECK_U64(aflow_experiment_latency_histogram(e, 0, l.min_s, cells, 16), 0);
    /* half of them lie below the median, but for those in the cell of 1/1024 that holds it: at the densest, 1/8 of all within the next 1 % */
    (void)aflow_experiment_latency_histogram(e, 0, l.p50_s, half, 1);
    CHECK_NEAR((double)half[0] / (double)l.count, 0.5, 0.02);
    CHECK_U64(aflow_experiment_latency_histogram(NULL, 0, 1, cells, 16), 0);
    CHECK_U64(aflow_experiment_latency_histogram(e, 1, 1, cells, 16), 0);
    aflow_experiment_destroy(e);
}

static void check_measure(const char *name, const char *unit, double value, double half, const char *want)
{
    aflowi_measure m = aflowi_chart_measure_of(name, unit, value, half);
    aflowi_out o;
    sink s;
    memset(&s, 0, sizeof s);
    aflowi_out_init(&o, sink_put, &s);
    aflowi_chart_measure(&o, &m, value);
    (void)aflowi_out_end(&o);
    CHECK_STR(s.data, want);
    sink_clear(&s);
}

static void figures_have_the_digits_that_count(void)
{
    check_measure("p95", "s", 0.16103, 0.00025, "161.0&#160;ms");
    check_measure("p95", "s", 0.16103, 0.00015, "161.03&#160;ms");
    check_measure("p95", "s", 0.16103, 0.012, "161&#160;ms");
    check_measure("p95", "s", 0.16103, 0.025, "161&#160;ms");
    check_measure("p95", "s", 0.16103, 0, "161&#160;ms");
    check_measure("p95", "s", -0.0021, 0.0004, "&#8722;2.1&#160;ms");
    check_measure("p95", "s", -0.00000001, 0.0004, "0&#160;\xC2\xB5s");
    check_measure("error_rate", "", 0.00123, 0.0002, "0.12&#160;%");
    check_measure("gpu.batching_gain", "", 3.456, 0.03, "3.46");
    check_measure("throughput", "1/s", 200.00001, 0.0000001, "200.00&#160;/s");
    check_measure("completed", "requests", 123456, 300, "123,456&#160;requests");
    check_measure("cost", "money", 12.5, 0, "12.5");
    check_measure("mean", "s", aflowi_nan(), 0, "&#8211;");
}

int main(void)
{
    RUN(an_experiment_has_its_page);
    RUN(the_scenario_is_shown_as_it_is);
    RUN(little_is_enough);
    RUN(a_run_joins_in);
    RUN(a_comparison_has_its_page);
    RUN(sweeps_have_charts);
    RUN(a_size_has_its_page);
    RUN(a_refused_put_is_said);
    RUN(misuse_is_said);
    RUN(latencies_of_all_runs_are_counted);
    RUN(figures_have_the_digits_that_count);
    return test_end();
}
