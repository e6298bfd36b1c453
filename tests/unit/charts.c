/* charts.c - SVG and HTML: well-formed, inside their frames, escaped, repeatable. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* --- Runs to draw --- */

#define CHARTS_SERVERS 30
#define CHARTS_HOSTILE "srv <b>&\"' \xE6\x9C\x8D\xE5\x8A\xA1 ]]> </script>"

typedef struct study {
    const char *first_id;        /* of the first server and endpoint; NULL: srv-0 */
    size_t servers;
    double users, cpu_s, latency_s;
    int constant, events;
    uint32_t metrics, seconds;
    const double *arrivals;
    size_t arrivals_count;
    double until;                /* 0: to the end */
} study;

static const double one_arrival[] = { 0.25 };
static const double no_arrival[] = { 9.999 };

static const study studies[] = {
    { NULL, 2, 60, 0.004, 0.003, 0, 1, 0, 60, NULL, 0, 0 },
    { NULL, 1, 20, 0.002, 0.005, 1, 0, AFLOW_METRICS_ALL, 10, NULL, 0, 0 },
    { NULL, 1, 0, 0.002, 0.005, 1, 0, 0, 5, one_arrival, 1, 0 },
    { NULL, 2, 0, 0.002, 5, 1, 1, AFLOW_READY_QUEUE_LEN, 10, no_arrival, 1, 0 },
    { CHARTS_HOSTILE, 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0 },
    { "bad \xEF\xBF\xBF\x01\x7F\t end", 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0 },
    { "long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-name",
      2, 60, 0.004, 0.0000003, 0, 1, 0, 10, NULL, 0, 0 },
    { NULL, 1, 120, 0.05, 0.003, 0, 0, 0, 60, NULL, 0, 0 },
    { NULL, CHARTS_SERVERS, 200, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0 },
    { NULL, 2, 60, 0.004, 0.003, 0, 1, AFLOW_METRICS_NONE, 10, NULL, 0, 0 },
    { NULL, 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 1.5 },
    { NULL, 2, 60, 0.004, 0.003, 0, 1, 0, 10, NULL, 0, 0.004 },
    { NULL, 2, 700, 0.0005, 0.003, 0, 1, 0, 20, NULL, 0, 0 },
    { NULL, 1, 90, 0.0105, 0.003, 1, 0, 0, 20, NULL, 0, 0 }
};
#define STUDIES (sizeof studies / sizeof studies[0])

static aflow_random_variable study_time(const study *s, double mean)
{
    return s->constant ? aflow_constant(mean) : aflow_exponential(mean);
}

static aflow_edge study_edge(const study *s, const char *id, const char *source, const char *target)
{
    aflow_edge e;
    memset(&e, 0, sizeof e);
    e.id = id;
    e.source = source;
    e.target = target;
    e.latency = study_time(s, s->latency_s);
    return e;
}

static void study_server(const study *s, aflow_server *server, const aflow_endpoint *endpoint, const char *id, aflow_edge *in, aflow_edge *out, char *texts)
{
    (void)snprintf(texts, 200, "in-%.190s", id);
    (void)snprintf(texts + 200, 200, "out-%.190s", id);
    memset(server, 0, sizeof *server);
    server->id = id;
    server->server_resources.ram_mb = 2048;
    server->endpoints = endpoint;
    server->endpoints_count = 1;
    *in = study_edge(s, texts, "lb", id);
    *out = study_edge(s, texts + 200, id, "client");
}

static aflow_result *study_run(const study *s)
{
    static char ids[CHARTS_SERVERS][16], texts[CHARTS_SERVERS][400];
    aflow_step steps[3];
    aflow_endpoint endpoint;
    aflow_server servers[CHARTS_SERVERS];
    aflow_edge edges[2 + 2 * CHARTS_SERVERS];
    aflow_event events[2];
    aflow_scenario scenario;
    aflow_run_desc desc;
    aflow_diagnostics problems;
    aflow_result *result;
    size_t i;
    memset(&scenario, 0, sizeof scenario);
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    memset(&endpoint, 0, sizeof endpoint);
    memset(events, 0, sizeof events);
    steps[0] = aflow_cpu(study_time(s, s->cpu_s));
    steps[1] = aflow_ram_mb(64);
    steps[2] = aflow_io(study_time(s, 0.01));
    endpoint.endpoint_name = s->first_id ? s->first_id : "/api";
    endpoint.steps = steps;
    endpoint.steps_count = 3;
    edges[0] = study_edge(s, "gen-client", "gen", "client");
    edges[1] = study_edge(s, "client-lb", "client", "lb");
    for (i = 0; i < s->servers; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "srv-%u", (unsigned)i);
        study_server(s, &servers[i], &endpoint, i == 0 && s->first_id ? s->first_id : ids[i], &edges[2 + 2 * i], &edges[3 + 2 * i], texts[i]);
    }
    scenario.rqs_input.id = "gen";
    scenario.rqs_input.avg_active_users.mean = s->users > 0 ? s->users : 1;
    scenario.rqs_input.avg_request_per_minute_per_user.mean = 60;
    scenario.rqs_input.arrivals = s->arrivals;
    scenario.rqs_input.arrivals_count = s->arrivals_count;
    scenario.topology_graph.nodes.client.id = "client";
    scenario.topology_graph.nodes.load_balancer.id = "lb";
    scenario.topology_graph.nodes.servers = servers;
    scenario.topology_graph.nodes.servers_count = s->servers;
    scenario.topology_graph.edges = edges;
    scenario.topology_graph.edges_count = 2 + 2 * s->servers;
    scenario.sim_settings.total_simulation_time = s->seconds;
    scenario.sim_settings.enabled_sample_metrics = s->metrics;
    events[0].event_id = "outage";
    events[0].target_id = servers[0].id;
    events[0].start.kind = AFLOW_EVENT_SERVER_DOWN;
    events[0].start.t_start = 1;
    events[0].end.kind = AFLOW_EVENT_SERVER_UP;
    events[0].end.t_end = 3;
    events[1].event_id = "spike <&>";
    events[1].target_id = "client-lb";
    events[1].start.kind = AFLOW_EVENT_NETWORK_SPIKE_START;
    events[1].start.t_start = 2;
    events[1].start.spike_s = 0.02;
    events[1].end.kind = AFLOW_EVENT_NETWORK_SPIKE_END;
    events[1].end.t_end = 4;
    scenario.events = events;
    scenario.events_count = s->events ? 2 : 0;
    desc.seed = 11;
    if (s->until > 0) {
        aflow_sim *sim = aflow_sim_create(&scenario, &desc, &problems);
        (void)aflow_sim_run_until(sim, s->until);
        result = aflow_sim_finish(sim);
        aflow_sim_destroy(sim);
    } else {
        result = aflow_run(&scenario, &desc, &problems);
    }
    if (!result) (void)aflow_write_diagnostics(&problems, aflow_put_file, stdout);
    aflow_diagnostics_clear(&problems);
    return result;
}

/* --- A put that collects, and one that fails at its n-th call --- */

typedef struct sink { char *data; size_t size, capacity; int calls, fail_at; } sink;

static int sink_put(void *context, const char *text, size_t size)
{
    sink *s = (sink *)context;
    s->calls++;
    if (s->fail_at && s->calls >= s->fail_at) return 1;
    while (s->size + size + 1 > s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 65536;
        s->data = (char *)realloc(s->data, s->capacity);
        if (!s->data) abort();
    }
    memcpy(s->data + s->size, text, size);
    s->size += size;
    s->data[s->size] = 0;
    return 0;
}

static void sink_clear(sink *s)
{
    free(s->data);
    memset(s, 0, sizeof *s);
}

/* --- Well-formedness: balanced tags, quoted attributes, known references, clean characters --- */

typedef struct markup {
    const char *at;
    int is_html;
    double width, height;            /* of the innermost viewBox */
    char open[32][16];
    int depth;
    const char *fault;               /* NULL: none yet */
    const char *place;
} markup;

static void markup_fault(markup *m, const char *fault)
{
    if (!m->fault) { m->fault = fault; m->place = m->at; }
}

/* One character of text or of an attribute; & must begin a reference. */
static void markup_character(markup *m)
{
    unsigned char c = (unsigned char)*m->at;
    if (c == '&') {
        const char *end = strchr(m->at, ';');
        static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
        size_t i, size = end ? (size_t)(end - m->at) + 1 : 0;
        int found = size > 3 && m->at[1] == '#' && strspn(m->at + 2, "0123456789") == size - 3;
        for (i = 0; i < 4; i++) found |= size == strlen(known[i]) && !strncmp(m->at, known[i], size);
        if (!found) markup_fault(m, "unknown reference");
        m->at += found ? size : 1;
        return;
    }
    if ((c < 0x20 && c != '\n') || c == 0x7F) markup_fault(m, "control character");
    if (c == '<') markup_fault(m, "raw <");
    if (c >= 0x80) {
        size_t size = aflowi_markup_character((const unsigned char *)m->at);
        if (!size) markup_fault(m, "not UTF-8");
        m->at += size ? size : 1;
        return;
    }
    m->at++;
}

static void markup_name(markup *m, char *name, size_t capacity)
{
    size_t n = 0;
    while ((*m->at >= 'a' && *m->at <= 'z') || (*m->at >= 'A' && *m->at <= 'Z') || (*m->at >= '0' && *m->at <= '9') || *m->at == '-') {
        if (n + 1 < capacity) name[n++] = *m->at;
        m->at++;
    }
    name[n] = 0;
    if (!n) markup_fault(m, "no name");
}

/* Every number of a path, and of the attributes that are places, lies in the picture. */
static void markup_path(markup *m, const char *value, const char *end)
{
    double x = 0, y = 0;
    char command = 0;
    while (value < end) {
        char *after;
        if (strchr("MLHVZ", *value)) { command = *value++; continue; }
        if (*value == ' ') { value++; continue; }
        if (command == 'V') y = strtod(value, &after);
        else x = strtod(value, &after);
        if (after == value) { markup_fault(m, "path"); return; }
        value = after;
        if (command == 'M' || command == 'L') {
            y = strtod(value, &after);
            if (after == value) { markup_fault(m, "path"); return; }
            value = after;
        }
        if (!(x >= 0 && x <= m->width && y >= 0 && y <= m->height)) markup_fault(m, "path outside the picture");
    }
}

static double markup_number(markup *m, const char *value, const char *end)
{
    char *after;
    double v = strtod(value, &after);
    if (after != end || !(v >= 0 && v < 1e5)) markup_fault(m, "not a length");
    return v;
}

static void markup_attributes(markup *m, const char *element)
{
    char name[24], seen[12][24];
    double x = 0, y = 0, width = 0, height = 0;
    int count = 0, i;
    while (*m->at == ' ') {
        const char *value;
        m->at++;
        markup_name(m, name, sizeof name);
        for (i = 0; i < count; i++) if (!strcmp(seen[i], name)) markup_fault(m, "attribute twice");
        if (count < 12) memcpy(seen[count++], name, sizeof name);
        if (m->at[0] != '=' || m->at[1] != '"') { markup_fault(m, "attribute without quotes"); return; }
        m->at += 2;
        value = m->at;
        while (*m->at && *m->at != '"') markup_character(m);
        if (!*m->at) { markup_fault(m, "attribute without end"); return; }
        if (!strcmp(name, "viewBox") && sscanf(value, "0 0 %lf %lf\"", &m->width, &m->height) != 2) markup_fault(m, "viewBox");
        if (!strcmp(name, "d")) markup_path(m, value, m->at);
        if (!strcmp(name, "x") || !strcmp(name, "x1") || !strcmp(name, "x2")) x = markup_number(m, value, m->at);
        if (!strcmp(name, "y") || !strcmp(name, "y1") || !strcmp(name, "y2")) y = markup_number(m, value, m->at);
        if (!strcmp(element, "rect") && !strcmp(name, "width")) width = markup_number(m, value, m->at);
        if (!strcmp(element, "rect") && !strcmp(name, "height")) height = markup_number(m, value, m->at);
        if ((!strcmp(name, "class") && strcmp(element, "svg") && m->width > 0 && strncmp(value, "af-", 3)) || (!strcmp(name, "id") && !m->is_html)) markup_fault(m, "a name that may leak");
        if (x + width > m->width + 0.11 || y + height > m->height + 0.11) markup_fault(m, "shape outside the picture");
        m->at++;
    }
}

static void markup_tag(markup *m)
{
    char name[16];
    int is_end = m->at[1] == '/', is_void;
    m->at += is_end ? 2 : 1;
    markup_name(m, name, sizeof name);
    if (is_end) {
        if (!m->depth || strcmp(m->open[m->depth - 1], name)) markup_fault(m, "end of another element");
        else m->depth--;
        if (!strcmp(name, "svg")) m->width = m->height = 0;
        if (*m->at++ != '>') markup_fault(m, "end tag");
        return;
    }
    markup_attributes(m, name);
    is_void = m->is_html && (!strcmp(name, "meta") || !strcmp(name, "link"));
    if (m->at[0] == '/' && m->at[1] == '>') { m->at += 2; return; }
    if (*m->at != '>') { markup_fault(m, "tag without end"); return; }
    m->at++;
    if (is_void) return;
    if (m->depth == 32) { markup_fault(m, "too deep"); return; }
    memcpy(m->open[m->depth++], name, sizeof name);
    if (m->is_html && (!strcmp(name, "style") || !strcmp(name, "script"))) {
        const char *end = strstr(m->at, "</");
        if (!end) markup_fault(m, "raw text without end");
        else m->at = end;
    }
}

static const char *markup_check(const char *text, int is_html, const char **place)
{
    markup m;
    memset(&m, 0, sizeof m);
    m.at = text;
    m.is_html = is_html;
    if (is_html) {
        if (strncmp(text, "<!DOCTYPE html>\n", 16)) markup_fault(&m, "doctype");
        else m.at += 16;
    }
    while (*m.at && !m.fault) {
        if (*m.at == '<') markup_tag(&m);
        else markup_character(&m);
    }
    if (m.depth) markup_fault(&m, "elements still open");
    *place = m.place;
    return m.fault;
}

static void check_markup(const sink *s, int is_html, size_t study_index, int chart)
{
    const char *place = "", *fault = markup_check(s->data ? s->data : "", is_html, &place);
    if (fault) test_fail(__FILE__, __LINE__, "study %u, chart %d: %s near \"%.60s\"", (unsigned)study_index, chart, fault, place);
}

/* --- Tests --- */

static aflow_chart_desc chart_of(int chart, const aflow_result *result)
{
    aflow_chart_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.chart = chart < 3 ? (aflow_chart)chart : AFLOW_CHART_DASHBOARD;
    if (chart == 2) {
        desc.metric = AFLOW_READY_QUEUE_LEN;
        (void)aflow_result_servers(result, &desc.entity, 1);
    }
    return desc;
}

static void every_chart_is_well_formed(void)
{
    static const uint32_t sizes[][2] = { { 0, 0 }, { 420, 260 }, { 1, 1 }, { 1600, 300 }, { 100000, 100000 } };
    size_t i, k;
    int chart;
    for (i = 0; i < STUDIES; i++) {
        aflow_result *result = study_run(&studies[i]);
        CHECK(result != NULL);
        for (chart = 0; result && chart < 4; chart++) {
            for (k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
                aflow_chart_desc desc = chart_of(chart, result);
                sink s;
                memset(&s, 0, sizeof s);
                desc.width = sizes[k][0];
                desc.height = sizes[k][1];
                desc.dark = (int)(k & 1);
                CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
                check_markup(&s, 0, i, chart);
                CHECK(s.data && strstr(s.data, "role=\"img\"") && strstr(s.data, "<title>") && strstr(s.data, "<desc>"));
                sink_clear(&s);
            }
        }
        aflow_result_destroy(result);
    }
}

static void every_metric_has_a_chart(void)
{
    aflow_result *result = study_run(&studies[1]);
    unsigned bit;
    CHECK(result != NULL);
    for (bit = 1; result && bit <= AFLOW_DB_QUEUE_LEN; bit *= 2) {
        aflow_chart_desc desc = chart_of(2, result);
        sink s;
        memset(&s, 0, sizeof s);
        desc.metric = (aflow_metric)bit;
        if (desc.metric == AFLOW_EDGE_CONCURRENT_CONNECTION) (void)aflow_result_edges(result, &desc.entity, 1);
        CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
        check_markup(&s, 0, 1, (int)bit);
        sink_clear(&s);
    }
    aflow_result_destroy(result);
}

static void without_data_there_is_a_sentence(void)
{
    static const struct { size_t study; int chart; const char *sentence; } cases[] = {
        { 3, 0, "No request completed" }, { 3, 1, "No request completed" }, { 9, 2, "This metric was not sampled." }, { 9, 3, "No metric of servers was sampled." }
    };
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        aflow_result *result = study_run(&studies[cases[i].study]);
        aflow_chart_desc desc;
        sink s;
        CHECK(result != NULL);
        if (!result) return;
        memset(&s, 0, sizeof s);
        desc = chart_of(cases[i].chart, result);
        CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
        CHECK(s.data && strstr(s.data, cases[i].sentence));
        sink_clear(&s);
        aflow_result_destroy(result);
    }
}

static void the_page_is_well_formed_and_escaped(void)
{
    size_t i;
    for (i = 0; i < STUDIES; i++) {
        aflow_result *result = study_run(&studies[i]);
        sink s, again;
        memset(&s, 0, sizeof s);
        memset(&again, 0, sizeof again);
        CHECK(result != NULL);
        if (!result) return;
        CHECK_U64(aflow_write_html(result, i == 4 ? "<title> & \"quotes\"" : NULL, sink_put, &s), AFLOW_OK);
        CHECK_U64(aflow_write_html(result, i == 4 ? "<title> & \"quotes\"" : NULL, sink_put, &again), AFLOW_OK);
        check_markup(&s, 1, i, 99);
        CHECK(s.size == again.size && !memcmp(s.data, again.data, s.size));
        CHECK(strstr(s.data, "Content-Security-Policy") && !strstr(s.data, "http:") && !strstr(s.data, "https:") && !strstr(s.data, "url(") && !strstr(s.data, "@import"));
        if (i == 4) CHECK(strstr(s.data, "<h1>&lt;title&gt; &amp; &quot;quotes&quot;</h1>") != NULL);
        if (i == 4) CHECK(strstr(s.data, "srv &lt;b&gt;&amp;&quot;&#39; \xE6\x9C\x8D\xE5\x8A\xA1 ]]&gt; &lt;/script&gt;") != NULL);
        if (i == 5) CHECK(strstr(s.data, "bad &#65533;&#65533;&#65533;") != NULL);
        if (i == 8) CHECK(strstr(s.data, "<summary>All 30 servers</summary>") && strstr(s.data, "<th scope=\"row\">srv-29</th>"));
        sink_clear(&s);
        sink_clear(&again);
        aflow_result_destroy(result);
    }
}

static void the_page_holds_the_json(void)
{
    aflow_result *result = study_run(&studies[4]);
    sink s;
    const char *json, *end;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    json = strstr(s.data, "<script type=\"application/json\" id=\"asyncflow-result\">");
    CHECK(json != NULL);
    end = json ? strstr(json + 10, "</") : NULL;
    CHECK(end && !strncmp(end, "</script>\n</body>\n</html>\n", 26));
    CHECK(json && strstr(json, "\\u003cb>") && strstr(json, "\\u003c/script>"));
    sink_clear(&s);
    aflow_result_destroy(result);
}

static void a_refused_put_is_said(void)
{
    aflow_result *result = study_run(&studies[1]);
    int chart, k, calls;
    CHECK(result != NULL);
    if (!result) return;
    for (chart = 0; chart < 5; chart++) {
        aflow_chart_desc desc = chart_of(chart, result);
        for (calls = 1, k = 0; k <= calls; k++) {
            sink s;
            aflow_status status;
            memset(&s, 0, sizeof s);
            s.fail_at = k;
            status = chart < 4 ? aflow_write_svg(result, &desc, sink_put, &s) : aflow_write_html(result, NULL, sink_put, &s);
            CHECK_U64(status, k ? AFLOW_CANNOT_WRITE : AFLOW_OK);
            if (k) CHECK_U64(s.calls, k);
            else calls = s.calls;
            sink_clear(&s);
        }
    }
    aflow_result_destroy(result);
}

static void misuse_is_said(void)
{
    aflow_result *result = study_run(&studies[2]);
    aflow_chart_desc desc;
    sink s;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    desc = chart_of(0, result);
    CHECK_U64(aflow_write_svg(NULL, &desc, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_svg(result, NULL, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_svg(result, &desc, NULL, NULL), AFLOW_MISUSE);
    desc = chart_of(2, result);
    desc.entity = 0;
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    desc = chart_of(2, result);
    desc.metric = (aflow_metric)3;
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_html(NULL, NULL, sink_put, &s), AFLOW_MISUSE);
    CHECK_U64(aflow_write_html(result, NULL, NULL, NULL), AFLOW_MISUSE);
    CHECK_U64(s.calls, 0);
    aflow_result_destroy(result);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* An event after the end of the run is in the page's list, but not in a chart. */
static void events_past_the_end_are_not_drawn(void)
{
    aflow_result *result = study_run(&studies[10]);
    aflow_chart_desc desc;
    sink s;
    memset(&s, 0, sizeof s);
    CHECK(result != NULL);
    if (!result) return;
    desc = chart_of(1, result);
    CHECK_U64(aflow_write_svg(result, &desc, sink_put, &s), AFLOW_OK);
    CHECK(strstr(s.data, "srv-0 down") && !strstr(s.data, "client-lb"));
    sink_clear(&s);
    CHECK_U64(aflow_write_html(result, NULL, sink_put, &s), AFLOW_OK);
    CHECK(strstr(s.data, "spike &lt;&amp;&gt;") != NULL);
    sink_clear(&s);
    aflow_result_destroy(result);
}

/* The percentile that is found by counting is that of the sorted rates. */
static void p95_of_throughput_is_that_of_sorted_rates(void)
{
    double rates[64], rank;
    size_t i, n;
    for (i = 0; i < STUDIES; i++) {
        aflow_result *result = study_run(&studies[i]);
        aflow_throughput_stats stats;
        CHECK(result != NULL);
        if (!result) return;
        stats = aflow_result_throughput(result, 1.0, rates, 64);
        n = (size_t)stats.windows;
        if (n) {
            qsort(rates, n, sizeof rates[0], by_value);
            rank = 0.95 * (double)(n - 1);
            CHECK_NEAR(aflowi_rate_p95(result, &stats), rates[(size_t)rank] + (rank - (double)(size_t)rank) * ((size_t)rank + 1 < n ? rates[(size_t)rank + 1] - rates[(size_t)rank] : 0), 1e-9);
        }
        aflow_result_destroy(result);
    }
}

static void figures_read_well(void)
{
    static const struct { double value; const char *text; } cases[] = {
        { 0, "0" }, { 1, "1" }, { 1.5, "1.50" }, { 12.34, "12.3" }, { 123.4, "123" }, { 999.4, "999" }, { 999.6, "1,000" }, { 1234567, "1,234,567" },
        { 0.5, "0.500" }, { 0.0123, "0.0123" }, { 0.00001, "0.000010" }, { 99.96, "100" }, { 9.996, "10.0" }
    };
    static const struct { double seconds; const char *text; } times[] = {
        { 0.0123, "12.3 ms" }, { 1.5, "1.50 s" }, { 0.0000005, "0.500 \xC2\xB5s" }, { 0.00025, "250 \xC2\xB5s" }, { 0.9999, "1.00 s" }, { 0, "0 s" }
    };
    char text[80];
    size_t i;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)aflowi_format_figure(text, cases[i].value);
        CHECK_STR(text, cases[i].text);
    }
    for (i = 0; i < sizeof times / sizeof times[0]; i++) {
        (void)aflowi_format_in_unit(text, times[i].seconds, aflowi_duration_unit(times[i].seconds));
        CHECK_STR(text, times[i].text);
    }
}

/* Ticks are round, few, and cover the data. */
static void axes_are_round(void)
{
    double greatest;
    for (greatest = 1e-6; greatest < 1e12; greatest *= 1.37) {
        aflowi_axis axis;
        aflowi_axis_up(&axis, greatest, 50, 350, -9);
        CHECK(axis.high >= greatest && axis.high <= greatest * 2.0001 && axis.last >= 2 && axis.last <= 10);
        CHECK(aflowi_axis_place(&axis, 0) == 350 && fabs(aflowi_axis_place(&axis, axis.high) - 50) < 1e-6);
        (void)aflowi_axis_time(&axis, greatest, 60, 760);
        CHECK(axis.last - axis.first <= 14 && (greatest > 4e6 || axis.last - axis.first >= 2));
    }
}

int main(void)
{
    RUN(every_chart_is_well_formed);
    RUN(every_metric_has_a_chart);
    RUN(without_data_there_is_a_sentence);
    RUN(the_page_is_well_formed_and_escaped);
    RUN(the_page_holds_the_json);
    RUN(a_refused_put_is_said);
    RUN(misuse_is_said);
    RUN(events_past_the_end_are_not_drawn);
    RUN(p95_of_throughput_is_that_of_sorted_rates);
    RUN(figures_read_well);
    RUN(axes_are_round);
    return test_end();
}
