/* tool.c - the command line tool end to end: tool TOOL TEMP_DIR, started in the root of the project. POSIX.
   SPDX-License-Identifier: MIT OR Unlicense */
#define _POSIX_C_SOURCE 200809L
#include "tool.h"

/* --- Help and version */

static void help_is_complete(void)
{
    static const char *const names[] = { "run", "check", "schema", "help", "version", "compare", "sweep", "size", "merge" };
    size_t i;
    run("help");
    CHECK_STATUS(0);
    CHECK_STR(err, "");
    for (i = 0; i < sizeof names / sizeof *names; i++) CHECK_HAS(out, names[i]);
    CHECK_HAS(out, "99 an objective was missed");
    CHECK(longest_line(out) <= 80);
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        char *page;
        run("help %s", names[i]);
        CHECK_STATUS(0);
        CHECK_STR(err, "");
        CHECK_HAS(out, names[i]);
        CHECK_HAS(out, "Examples");
        CHECK(longest_line(out) <= 80);
        page = out;
        out = NULL;
        run("%s --help", names[i]);
        CHECK_STATUS(0);
        CHECK_STR(out, page);
        free(page);
    }
    run("--help");
    CHECK_STATUS(0);
    CHECK_HAS(out, "Usage: asyncflow");
}

static void run_help_lists_the_options(void)
{
    static const char *const names[] = { "--seed N", "--replication N", "--set PATH=VALUE", "--compat", "--arrivals", "--warm-up SECONDS", "--latency-store KIND", "--json FILE", "--csv DIR",
        "--html FILE", "--hgrm FILE", "--openmetrics FILE", "--prometheus FILE", "--svg DIR", "--requests", "--yaml FILE", "--series", "--title", "--quiet", "--color", "--progress" };
    size_t i;
    run("help run");
    for (i = 0; i < sizeof names / sizeof names[0]; i++) CHECK_HAS(out, names[i]);
    CHECK(!has(out, "--fields"));
}

static void version_is_one_line(void)
{
    run("version");
    CHECK_STATUS(0);
    CHECK(starts(out, "asyncflow 0."));
    CHECK_U64(lines(out), 1);
    run("--version");
    CHECK_STATUS(0);
    CHECK(starts(out, "asyncflow 0."));
}

/* --- Usage errors */

static void mistakes_are_named(void)
{
    expect_usage("", "no command");
    expect_usage("rnu x.yml", "did you mean 'run'?");
    expect_usage("chekc x.yml", "did you mean 'check'?");
    expect_usage("simulate x.yml", "unknown command 'simulate'");
    expect_usage("help rnu", "did you mean 'run'?");
    expect_usage("run", "run needs a SCENARIO");
    expect_usage("check", "check needs a SCENARIO");
    expect_usage("run a.yml b.yml", "'b.yml' is too much");
    expect_usage("schema a.yml", "'a.yml' is too much");
    expect_usage("version now", "'now' is too much");
    expect_usage("run x.yml --jsn -", "unknown option '--jsn'; did you mean '--json'?");
    expect_usage("run x.yml --sed=4", "unknown option '--sed'; did you mean '--seed'?");
    expect_usage("run x.yml --prog always", "did you mean '--progress'?");
    expect_usage("run x.yml --frobnicate", "unknown option '--frobnicate'");
    expect_usage("run x.yml -x", "unknown option '-x'");
    expect_usage("check x.yml --json -", "'check' has no option '--json'");
    expect_usage("schema --fields --results", "exclude each other");
}

static void option_values_are_checked(void)
{
    expect_usage("run x.yml --seed", "--seed needs a value");
    expect_usage("run x.yml --seed --quiet", "--seed needs a value");
    expect_usage("run x.yml --seed=", "--seed needs a value");
    expect_usage("run x.yml --seed x", "--seed is 'x'");
    expect_usage("run x.yml --seed -1", "--seed is '-1'");
    expect_usage("run x.yml --seed 1.5", "--seed is '1.5'");
    expect_usage("run x.yml --seed 18446744073709551616", "18446744073709551615");
    expect_usage("run x.yml --replication one", "--replication is 'one'");
    expect_usage("run x.yml --seed 1 --seed 2", "--seed is given twice");
    expect_usage("run x.yml --json - --json -", "--json");
    expect_usage("run x.yml --json - --html -", "both go to standard output");
    expect_usage("run x.yml --series", "--series");
    expect_usage("run x.yml --quiet=yes", "--quiet takes no value");
    expect_usage("run x.yml --color sometimes", "auto, always or never");
    expect_usage("run x.yml --progress 1", "auto, always or never");
    expect_usage("run x.yml --compat 0.1", "asyncflow-0.1.1");
    expect_usage("run x.yml --latency-store all", "--latency-store is 'all'; it must be auto, exact or histogram");
    expect_usage("run x.yml --latency-store", "--latency-store needs a value");
    expect_usage("run x.yml --warm-up -1", "--warm-up is '-1'; it must be a number of seconds, at least 0");
    expect_usage("run x.yml --warm-up 3s", "--warm-up is '3s'; it must be a number of seconds, at least 0");
    expect_usage("check x.yml --warm-up 3", "'check' has no option '--warm-up'");
    expect_usage("check x.yml --latency-store exact", "'check' has no option '--latency-store'");
    expect_usage("run - --arrivals -", "both come from standard input");
}

/* --- Run */

static const char *const scenarios[] = {
    "single_server", "two_servers", "event_injection_single_server", "event_injection_two_servers", "heavy_single_server",
    "beyond_asyncflow", "replay", "shop"
};
enum { SCENARIO_COUNT = sizeof scenarios / sizeof scenarios[0] };

static void every_scenario_runs(void)
{
    size_t i;
    for (i = 0; i < SCENARIO_COUNT; i++) {
        run("run " SCENARIOS "%s.yml", scenarios[i]);
        CHECK_STATUS(0);
        CHECK_STR(err, "");
        CHECK(lines(out) > 10);
        CHECK_HAS(out, "p95");
        CHECK(!has(out, "\033"));
        CHECK(!has(out, "nan"));
        CHECK(!has(out, "inf"));
    }
}

static void every_scenario_checks(void)
{
    size_t i;
    for (i = 0; i < SCENARIO_COUNT; i++) {
        char expected[200];
        run("check " SCENARIOS "%s.yml", scenarios[i]);
        snprintf(expected, sizeof expected, SCENARIOS "%s.yml: ok\n", scenarios[i]);
        CHECK_STATUS(0);
        CHECK_STR(out, expected);
        CHECK_STR(err, "");
    }
}

static void json_is_one_object(void)
{
    char *first;
    run("run " SCENARIOS "two_servers.yml " QUICK "--json -");
    CHECK_STATUS(0);
    CHECK_STR(err, "");
    CHECK(starts(out, "{"));
    CHECK(ends(out, "}\n"));
    CHECK_HAS(out, "\"seed\": \"1\"");
    CHECK_HAS(out, "\"horizon_s\": 20");
    CHECK(!has(out, "\"throughput_series\""));
    first = out;
    out = NULL;
    run("run --json=- --seed=1 " QUICK "-- " SCENARIOS "two_servers.yml");
    CHECK_STR(out, first);
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --seed 2");
    CHECK_HAS(out, "\"seed\": \"2\"");
    CHECK(strcmp(out, first) != 0);
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --replication 1");
    CHECK_STATUS(0);
    CHECK(strcmp(out, first) != 0);
    free(first);
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --series --seed 18446744073709551615");
    CHECK_HAS(out, "\"seed\": \"18446744073709551615\"");
    CHECK_HAS(out, "\"series\"");
    CHECK_HAS(out, "\"throughput_series\"");
    CHECK(ends(out, "}\n"));
}

static void compat_is_said(void)
{
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --compat asyncflow-0.1.1 --quiet");
    CHECK_STATUS(0);
    CHECK_HAS(out, "\"compat\": \"asyncflow-0.1.1\"");
}

/* The text from `from` up to `to`; "" where one is missing. */
static const char *between(const char *text, const char *from, const char *to)
{
    static char part[512];
    const char *begin = text ? strstr(text, from) : NULL, *end = begin ? strstr(begin, to) : NULL;
    size_t size = end ? (size_t)(end - begin) : 0;
    if (size >= sizeof part) size = 0;
    if (size) memcpy(part, begin, size);
    part[size] = '\0';
    return part;
}

/* Counters and the digest are those of the whole run. */
static void warm_up_is_left_out(void)
{
    char digest[64];
    run("run " SCENARIOS "two_servers.yml " QUICK "--json -");
    snprintf(digest, sizeof digest, "%s", between(out, "\"digest\"", "\"replication\""));
    CHECK(!has(out, "warm_up_s"));
    run("run " SCENARIOS "two_servers.yml " QUICK "--warm-up 7.5 --json -");
    CHECK_STATUS(0);
    CHECK_STR(between(out, "\"digest\"", "\"replication\""), digest);
    CHECK_HAS(out, "\"sample_period_s\": 0.05, \"warm_up_s\": 7.5},");
    CHECK_HAS(out, "\"window_s\": 1, \"windows\": 12}");
    CHECK_HAS(out, "\"referee\": {\"checks\": 23, \"failed\": 0}");
    run("run " SCENARIOS "two_servers.yml " QUICK "--warm-up 5");
    CHECK_HAS(out, "seed 1, 20 s simulated, figures after a warm-up of 5 s, ");
    CHECK_HAS(out, "\nchecks      Little's law, utilization law, flow balance hold exactly (23 checks)\n");
    run("run " SCENARIOS "two_servers.yml " QUICK "--warm-up 20");
    CHECK_STATUS(2);
    CHECK_HAS(err, "error: warm_up_s is 20 s; needs 0 or more, and less than total_simulation_time, 20 s");
}

/* Auto is exact for a short run; a histogram says so in every output and leaves all else as it was. */
static void latency_store_is_chosen(void)
{
    static const char note[] = "percentiles are from a histogram, each within 0.10 % of the exact one";
    char identity[512], *exact, *file;
    run("run " SCENARIOS "two_servers.yml " QUICK "--json -");
    CHECK_HAS(out, "\"digest\"");
    snprintf(identity, sizeof identity, "%s", between(out, "\"scenario\"", "\"latency_s\""));
    exact = out;
    out = NULL;
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --latency-store auto");
    CHECK_STR(out, exact);
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --latency-store=exact");
    CHECK_STR(out, exact);
    CHECK_HAS(between(out, "\"latency_s\"", "\"throughput_rps\""), "\"method\": \"exact\"}");
    run("run " SCENARIOS "two_servers.yml " QUICK "--json - --latency-store histogram");
    CHECK_STATUS(0);
    CHECK_STR(err, "");
    CHECK_STR(between(out, "\"scenario\"", "\"latency_s\""), identity);
    CHECK_HAS(between(out, "\"latency_s\"", "\"throughput_rps\""), "\"method\": \"histogram\", \"relative_error\": 0.0009765625}");
    free(exact);

    run("run " SCENARIOS "two_servers.yml " QUICK);
    CHECK(!has(out, "histogram"));
    run("run " SCENARIOS "two_servers.yml " QUICK "--latency-store histogram --csv $T/store --html $T/store.html --svg $T/store --requests $T/store.csv --text -");
    CHECK_STATUS(0);
    CHECK_STR(err, "");
    CHECK_HAS(out, note);
    CHECK_HAS(out, "in windows of 1 s");
    CHECK(longest_line(out) <= 80);
    file = read_temp("store/summary.csv");
    CHECK_HAS(file, "latency_s,relative_error,0.0009765625\n");
    CHECK(!has(file, "throughput_rps,window_s"));
    free(file);
    file = read_temp("store.html");
    CHECK_HAS(file, "Percentiles of latency are from a histogram, each within 0.10 % of the exact one.");
    CHECK_HAS(file, "best second");
    free(file);
    CHECK(exists("store/latency.svg") && exists("store/throughput.csv") && exists("store.csv"));
}

/* Over 65,536 s the slots of a histogram are longer than a second, and every label says so: here 7 s. */
static void long_slots_are_labelled(void)
{
    static const char longer[] = "run " SCENARIOS "two_servers.yml --set sim_settings.total_simulation_time=400000 --set rqs_input.avg_active_users=1 "
        "--set rqs_input.avg_request_per_minute_per_user=1 --set sim_settings.enabled_sample_metrics=[] --latency-store ";
    char *file;
    run("%shistogram --csv $T/long --html $T/long.html --svg $T/long --json $T/long.json --text -", longer);
    CHECK_STATUS(0);
    CHECK_HAS(out, "in windows of 7 s");
    CHECK_HAS(out, "windows 57,142");
    CHECK_HAS(out, "a column is 10,003 s");
    CHECK(longest_line(out) <= 80);
    file = read_temp("long.json");
    CHECK_HAS(file, "\"window_s\": 7, \"windows\": 57142}");
    free(file);
    file = read_temp("long/summary.csv");
    CHECK_HAS(file, "throughput_rps,window_s,7\n");
    free(file);
    file = read_temp("long/throughput.csv");
    CHECK_U64(lines(file), 1 + 57142);
    CHECK_HAS(file, ",7,run,,throughput_rps,window,");
    CHECK_HAS(file, ",399994,run,,throughput_rps,window,");
    free(file);
    file = read_temp("long/throughput.svg");
    CHECK_HAS(file, "in windows of 7 s");
    free(file);
    file = read_temp("long.html");
    CHECK_HAS(file, "best 7 s: ");
    CHECK(!has(file, "best second"));
    free(file);
    run("%sexact", longer);
    CHECK_HAS(out, "in windows of 1 s");
    CHECK_HAS(out, "a column is 10,000 s");
}

static void standard_input_is_a_scenario(void)
{
    char *expected;
    run("run " SCENARIOS "two_servers.yml " QUICK);
    expected = out;
    out = NULL;
    run("run - " QUICK "< " SCENARIOS "two_servers.yml");
    CHECK_STATUS(0);
    CHECK_STR(out, expected);
    free(expected);
    run("check - < " SCENARIOS "two_servers.yml");
    CHECK_STATUS(0);
    CHECK_STR(out, "<stdin>: ok\n");
    run("run -");
    CHECK_STATUS(2);
    CHECK_STR(out, "");
}

static void color_is_asked_for(void)
{
    run("run " SCENARIOS "two_servers.yml " QUICK "--color always");
    CHECK_HAS(out, "\033[");
    run("run " SCENARIOS "two_servers.yml " QUICK "--color never");
    CHECK(!has(out, "\033"));
}

static void progress_is_on_stderr(void)
{
    run("run " SCENARIOS "two_servers.yml --progress always --json -");
    CHECK_STATUS(0);
    CHECK_HAS(err, "%");
    CHECK(!has(out, "\r"));
    run("run " SCENARIOS "two_servers.yml --progress always --quiet --json -");
    CHECK_STR(err, "");
}

/* --- Bad input */

static void unreadable_files_are_named(void)
{
    run("run $T/absent.yml");
    CHECK_STATUS(2);
    CHECK_HAS(err, "absent.yml");
    CHECK_STR(out, "");
    run("run $T");
    CHECK_STATUS(2);
    run("check $T/absent.yml");
    CHECK_STATUS(2);
    CHECK_HAS(err, "absent.yml");
    run("run " SCENARIOS "two_servers.yml --arrivals $T/absent.csv");
    CHECK_STATUS(2);
    CHECK_HAS(err, "absent.csv");
}

static void broken_yaml_has_a_place(void)
{
    write_temp("syntax.yml", "rqs_input:\n  id: a\n  avg_active_users: { mean: 3\n");
    run("run $T/syntax.yml");
    CHECK_STATUS(2);
    CHECK_HAS(err, "syntax.yml:");
    CHECK_HAS(err, ": error: ");
    CHECK_STR(out, "");
    write_temp("typo.yml", "rqs_input:\n  id: a\n  avg_activ_users: { mean: 3 }\n");
    run("check $T/typo.yml");
    CHECK_STATUS(2);
    CHECK_HAS(err, "typo.yml:3:3: error: ");
    CHECK_HAS(err, "did you mean");
    CHECK_HAS(err, "avg_active_users");
    CHECK_STR(out, "");
}

static void warnings_are_said_once(void)
{
    const char *first;
    char command[4096];
    snprintf(command, sizeof command, "sed 's/id: gen-1/id: gen-client/; s/source: gen-1/source: gen-client/' "
        SCENARIOS "replay.yml > '%s/warned.yml'", temp);
    CHECK(run_shell(command) == 0);
    run("run $T/warned.yml --json -");
    CHECK_STATUS(0);
    CHECK(starts(out, "{"));
    first = strstr(err ? err : "", "warning: ");
    CHECK_HAS(err, "warned.yml:");
    CHECK(first && !strstr(first + 1, "warning: "));
    CHECK_HAS(err, "1 warning\n");
    run("run $T/warned.yml --json - --quiet");
    CHECK_STR(err, "");
    run("check $T/warned.yml");
    CHECK_STATUS(0);
    CHECK_HAS(out, "warned.yml: ok");
    CHECK_HAS(err, "warning: ");
    run("check --quiet $T/warned.yml");
    CHECK_STR(err, "");
}

static void check_takes_several_files(void)
{
    write_temp("bad.yml", "rqs_input: 3\n");
    run("check " SCENARIOS "single_server.yml $T/bad.yml " SCENARIOS "replay.yml");
    CHECK_STATUS(2);
    CHECK_STR(out, SCENARIOS "single_server.yml: ok\n" SCENARIOS "replay.yml: ok\n");
    CHECK_HAS(err, "bad.yml:1:");
    run("check --quiet " SCENARIOS "single_server.yml " SCENARIOS "replay.yml");
    CHECK_STATUS(0);
    CHECK_STR(out, "");
    CHECK_STR(err, "");
}

static void set_changes_fields(void)
{
    run("run " SCENARIOS "two_servers.yml " QUICK "--set servers.srv-1.server_resources.cpu_cores=4 --yaml -");
    CHECK_STATUS(0);
    CHECK_HAS(out, "cpu_cores: 4");
    CHECK_HAS(out, "total_simulation_time: 20");
    run("run " SCENARIOS "two_servers.yml --set servers.srv-9.server_resources.cpu_cores=4");
    CHECK_STATUS(2);
    CHECK_HAS(err, "srv-9");
    CHECK_STR(out, "");
    run("run " SCENARIOS "two_servers.yml --set servers.srv-1.server_resources.cpu_core=4");
    CHECK_STATUS(2);
    CHECK_HAS(err, "cpu_core");
    run("run " SCENARIOS "two_servers.yml --set servers.srv-1.server_resources.cpu_cores=many");
    CHECK_STATUS(2);
    CHECK_HAS(err, "many");
    run("run " SCENARIOS "two_servers.yml --set servers.srv-1.server_resources.cpu_cores=0");
    CHECK_STATUS(2);
    run("run " SCENARIOS "two_servers.yml --set servers.srv-1.server_resources.ram_mb=256 "
        "--set servers.srv-1.endpoints[0].steps[1].step_operation.necessary_ram=300");
    CHECK_STATUS(2);
    CHECK_HAS(err, "300");
    CHECK_HAS(err, "256");
    expect_usage("run " SCENARIOS "two_servers.yml --set cpu_cores", "PATH=VALUE");
    expect_usage("run " SCENARIOS "two_servers.yml --set =4", "PATH=VALUE");
}

/* --- Arrivals */

static void arrivals_are_replayed(void)
{
    write_temp("arrivals.csv", "\xEF\xBB\xBFuser,start,\"path, as asked\"\r\na,0.5,\"/x,y\"\r\nb, 1 ,/\r\n\r\nc,1.5e0,\"two\nlines\"\r\nd,\"+2.25\",\r\n");
    run("run " SCENARIOS "single_server.yml " QUICK "--arrivals $T/arrivals.csv --json -");
    CHECK_STATUS(0);
    CHECK_HAS(out, "\"generated\": 4");
    run("run " SCENARIOS "single_server.yml " QUICK "--arrivals - --requests - < $T/arrivals.csv");
    CHECK_STATUS(0);
    CHECK_U64(lines(out), 5);
    CHECK_HAS(out, "\n1,0.500000000,");
    CHECK_HAS(out, "\n4,2.250000000,");
    run("run " SCENARIOS "replay.yml --arrivals $T/arrivals.csv --json -");
    CHECK_HAS(out, "\"generated\": 4");
}

/* one bad file of arrivals */
static void expect_bad_arrivals(const char *text, const char *said)
{
    write_temp("bad.csv", text);
    run("run " SCENARIOS "single_server.yml --arrivals $T/bad.csv");
    if (status != 2 || !has(err, said)) test_fail(__FILE__, __LINE__, "exit %d, expected \"%s\", stderr: %s", status, said, err);
    if (out[0]) test_fail(__FILE__, __LINE__, "stdout: %.200s", out);
}

static void bad_arrivals_have_a_line(void)
{
    expect_bad_arrivals("begin\n1\n", "bad.csv:1: the first line names no column `start`");
    expect_bad_arrivals("", "bad.csv:1:");
    expect_bad_arrivals("start\n", "no arrivals");
    expect_bad_arrivals("start\n1\n2\n1.5\n", "bad.csv:4: start goes back, from 2 to 1.5");
    expect_bad_arrivals("start\n1\n-2\n", "bad.csv:3: start is \"-2\"");
    expect_bad_arrivals("start\n1,5\nx\n", "bad.csv:3: start is \"x\"");
    expect_bad_arrivals("start\nnan\n", "bad.csv:2: start is \"nan\"");
    expect_bad_arrivals("start\n1e999\n", "bad.csv:2: start is \"1e999\"");
    expect_bad_arrivals("start\n1e\n", "bad.csv:2: start is \"1e\"");
    expect_bad_arrivals("start\n.\n", "bad.csv:2: start is \".\"");
    expect_bad_arrivals("id,start\na,1\nb\n", "bad.csv:3: the line has no field");
    expect_bad_arrivals("id,start\n\"a\nb\",1\nc,x\n", "bad.csv:4: start is \"x\"");
}

/* --- Files */

static void outputs_are_written(void)
{
    static const char *const tables[] = { "summary", "throughput", "samples" };
    char name[100], *text;
    size_t i;
    run("run " SCENARIOS "two_servers.yml " QUICK "--json $T/charts/r.json --html $T/r.html --requests $T/r.csv --yaml $T/r.yml --text $T/r.txt "
        "--csv $T/tables/here --svg $T/charts --title 'Two & two' --hgrm $T/charts/r.hgrm --openmetrics $T/r.om --prometheus $T/r.prom");
    CHECK_STATUS(0);
    CHECK_STR(out, "");
    CHECK_STR(err, "");
    CHECK(!exists("charts/r.json.part"));
    text = read_temp("charts/r.json");
    CHECK(starts(text, "{") && ends(text, "}\n"));
    free(text);
    text = read_temp("r.html");
    CHECK(starts(text, "<!DOCTYPE html>") || starts(text, "<!doctype html>"));
    CHECK_HAS(text, "<title>Two &amp; two</title>");
    CHECK_HAS(text, "<svg");
    free(text);
    text = read_temp("r.csv");
    CHECK(starts(text, "id,start_s,finish_s,server,endpoint,outcome\n"));
    CHECK(lines(text) > 500);
    free(text);
    text = read_temp("r.txt");
    CHECK_HAS(text, "p95");
    CHECK(!has(text, "\033"));
    CHECK(longest_line(text) <= 80);
    free(text);
    text = read_temp("charts/r.hgrm");
    CHECK(starts(text, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"));
    CHECK_HAS(text, " 1.000000000000 ");
    CHECK_HAS(text, "\n#[Mean    =");
    free(text);
    text = read_temp("r.om");
    CHECK_HAS(text, "# TYPE asyncflow_requests counter\n");
    CHECK(ends(text, "\n# EOF\n"));
    free(text);
    text = read_temp("r.prom");
    CHECK_HAS(text, "# TYPE asyncflow_requests_total counter\n");
    CHECK(!has(text, "# EOF"));
    free(text);
    for (i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "tables/here/%s.csv", tables[i]);
        text = read_temp(name);
        CHECK(starts(text, "run,replication,time_s,entity_type,entity,metric,stat,value\n"));
        CHECK(lines(text) > 10);
        free(text);
    }
    run("check $T/r.yml");
    CHECK_STATUS(0);
}

static void charts_are_written(void)
{
    static const char *const names[] = { "latency", "throughput", "dashboard", "srv-1-ready_queue_len", "srv-1-event_loop_io_sleep",
        "srv-1-ram_in_use", "srv-2-ready_queue_len" };
    char name[100], *text;
    size_t i;
    run("run " SCENARIOS "two_servers.yml " QUICK "--svg $T/pictures --quiet");
    CHECK_STATUS(0);
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "pictures/%s.svg", names[i]);
        text = read_temp(name);
        CHECK(starts(text, "<svg") || starts(text, "<?xml"));
        CHECK(ends(text, "</svg>\n") || ends(text, "</svg>"));
        free(text);
    }
    CHECK(!exists("pictures/srv-1-core_busy.svg"));
    CHECK(!exists("pictures/srv-1-edge_concurrent_connection.svg"));
    run("run " SCENARIOS "beyond_asyncflow.yml " QUICK "--svg $T/pictures");
    CHECK(exists("pictures/shop-1-core_busy.svg"));
    CHECK(exists("pictures/shop-1-db_queue_len.svg"));
}

static void each_output_may_be_standard(void)
{
    char *summary, *throughput, *samples;
    run("run " SCENARIOS "two_servers.yml " QUICK "--html -");
    CHECK_STATUS(0);
    CHECK_HAS(out, "</html>");
    run("run " SCENARIOS "two_servers.yml " QUICK "--svg - --title 'A > B'");
    CHECK_HAS(out, "</svg>");
    CHECK_HAS(out, "A &gt; B");
    run("run " SCENARIOS "two_servers.yml " QUICK "--openmetrics -");
    CHECK(ends(out, "# EOF\n"));
    run("run " SCENARIOS "two_servers.yml " QUICK "--csv -");
    CHECK(starts(out, "run,replication,time_s,entity_type,entity,metric,stat,value\n"));
    CHECK(!has(out + 5, "run,replication"));
    run("run " SCENARIOS "two_servers.yml " QUICK "--csv $T/three --text -");
    CHECK_HAS(out, "p95");
    summary = read_temp("three/summary.csv");
    throughput = read_temp("three/throughput.csv");
    samples = read_temp("three/samples.csv");
    run("run " SCENARIOS "two_servers.yml " QUICK "--csv -");
    CHECK_U64(lines(out), lines(summary) + lines(throughput) + lines(samples) - 2);
    free(summary);
    free(throughput);
    free(samples);
}

static void yaml_comes_back_the_same(void)
{
    size_t i;
    for (i = 0; i < SCENARIO_COUNT; i++) {
        char *direct;
        run("run " SCENARIOS "%s.yml " "--json - --yaml $T/again.yml", scenarios[i]);
        CHECK_STATUS(0);
        direct = out;
        out = NULL;
        run("run $T/again.yml --json -");
        CHECK_STATUS(0);
        CHECK_STR(out, direct);
        free(direct);
    }
}

static void no_half_file_is_left(void)
{
    struct stat info;
    if (stat("/dev/full", &info) != 0) SKIP("there is no /dev/full");
    run("run " SCENARIOS "two_servers.yml " QUICK "--json /dev/full");
    CHECK_STATUS(1);
    CHECK_HAS(err, "cannot write /dev/full");
    CHECK(stat("/dev/full", &info) == 0 && S_ISCHR(info.st_mode));
    CHECK(stat("/dev/full.part", &info) != 0);
    run("run " SCENARIOS "two_servers.yml " QUICK "--html - > /dev/full");
    CHECK_STATUS(1);
    CHECK_HAS(err, "cannot write standard output");
    run("run " SCENARIOS "two_servers.yml " QUICK "> /dev/full");
    CHECK_STATUS(1);
    run("help > /dev/full");
    CHECK_STATUS(1);
    run("schema > /dev/full");
    CHECK_STATUS(1);
    run("check " SCENARIOS "two_servers.yml > /dev/full");
    CHECK_STATUS(1);
}

/* a file size limit is a disk that is full: the file that was there stays, nothing is left beside it */
static void old_files_survive_a_full_disk(void)
{
    char command[4096], *text;
    write_temp("kept.csv", "before\n");
    snprintf(command, sizeof command, "trap '' XFSZ; ulimit -f 8; '%s' run " SCENARIOS "two_servers.yml --requests '%s/kept.csv' 2>'%s/err'", tool, temp, temp);
    status = run_shell(command);
    free(err);
    err = read_temp("err");
    CHECK_STATUS(1);
    CHECK_HAS(err, "cannot write");
    CHECK_HAS(err, "kept.csv");
    text = read_temp("kept.csv");
    CHECK_STR(text, "before\n");
    free(text);
    CHECK(!exists("kept.csv.part"));
}

static void unwritable_places_are_named(void)
{
    run("run " SCENARIOS "two_servers.yml " QUICK "--json $T/no/such/place.json");
    CHECK_STATUS(1);
    CHECK_HAS(err, "no/such/place.json");
    CHECK_STR(out, "");
    write_temp("plain", "");
    run("run " SCENARIOS "two_servers.yml " QUICK "--csv $T/plain/tables");
    CHECK_STATUS(1);
    CHECK_HAS(err, "plain/tables");
    /* the other outputs are written all the same */
    run("run " SCENARIOS "two_servers.yml " QUICK "--json $T/no/such/place.json --text -");
    CHECK_STATUS(1);
    CHECK_HAS(out, "p95");
}

/* the exit status of a run that needs more memory than there is */
static void out_of_memory_is_a_failed_run(void)
{
    char command[4096];
    snprintf(command, sizeof command, "ulimit -v 60000 || exit 77; '%s' run " SCENARIOS "two_servers.yml --set rqs_input.avg_active_users.mean=200000 "
        ">'%s/out' 2>'%s/err'", tool, temp, temp);
    status = run_shell(command);
    free(out);
    free(err);
    out = read_temp("out");
    err = read_temp("err");
    if (status == 77 || has(err, "Sanitizer") || has(err, "shadow memory")) SKIP("memory cannot be limited here");
    CHECK_STATUS(1);
    CHECK_STR(out, "");
    CHECK_HAS(err, "memory");
}

static void links_and_pipes_are_written_through(void)
{
    char command[4096], *text;
    write_temp("target.txt", "");
    snprintf(command, sizeof command, "rm -f '%s/link.txt' && ln -s target.txt '%s/link.txt'", temp, temp);
    CHECK(run_shell(command) == 0);
    run("run " SCENARIOS "two_servers.yml " QUICK "--text $T/link.txt");
    CHECK_STATUS(0);
    text = read_temp("target.txt");
    CHECK_HAS(text, "p95");
    free(text);
    run("run " SCENARIOS "two_servers.yml " QUICK "--json /dev/stdout");
    CHECK_STATUS(0);
    CHECK(starts(out, "{") && ends(out, "}\n"));
}

/* --- Schema */

static void schemas_are_printed(void)
{
    run("schema");
    CHECK_STATUS(0);
    CHECK(starts(out, "{") && ends(out, "}\n"));
    CHECK_HAS(out, "draft-07");
    CHECK_HAS(out, "total_simulation_time");
    run("schema --results");
    CHECK_STATUS(0);
    CHECK(starts(out, "{") && ends(out, "}\n"));
    CHECK_HAS(out, "throughput_rps");
    run("schema --fields");
    CHECK_STATUS(0);
    CHECK_HAS(out, "| ");
    CHECK_HAS(out, "total_simulation_time");
}

int main(int argc, char **argv)
{
    if (argc != 3) return fprintf(stderr, "usage: tool TOOL TEMP_DIR\n"), 2;
    tool = argv[1];
    temp = argv[2];
    mkdir(temp, 0777);
    RUN(help_is_complete);
    RUN(run_help_lists_the_options);
    RUN(version_is_one_line);
    RUN(mistakes_are_named);
    RUN(option_values_are_checked);
    RUN(every_scenario_runs);
    RUN(every_scenario_checks);
    RUN(json_is_one_object);
    RUN(compat_is_said);
    RUN(standard_input_is_a_scenario);
    RUN(color_is_asked_for);
    RUN(warm_up_is_left_out);
    RUN(latency_store_is_chosen);
    RUN(long_slots_are_labelled);
    RUN(progress_is_on_stderr);
    RUN(unreadable_files_are_named);
    RUN(broken_yaml_has_a_place);
    RUN(warnings_are_said_once);
    RUN(check_takes_several_files);
    RUN(set_changes_fields);
    RUN(arrivals_are_replayed);
    RUN(bad_arrivals_have_a_line);
    RUN(outputs_are_written);
    RUN(charts_are_written);
    RUN(each_output_may_be_standard);
    RUN(yaml_comes_back_the_same);
    RUN(no_half_file_is_left);
    RUN(old_files_survive_a_full_disk);
    RUN(unwritable_places_are_named);
    RUN(out_of_memory_is_a_failed_run);
    RUN(links_and_pipes_are_written_through);
    RUN(schemas_are_printed);
    free(out);
    free(err);
    return test_end();
}
