/* experiments.c - the tool's experiments end to end: run --reps, compare, sweep, size, merge. POSIX.
   SPDX-License-Identifier: MIT OR Unlicense */
#define _POSIX_C_SOURCE 200809L
#include "tool.h"

#define TWO SCENARIOS "two_servers.yml "

/* What is wrong without being a mistake in the command line: status 2, nothing on standard output, no hint. */
static void expect_invalid(const char *arguments, const char *said)
{
    run("%s", arguments);
    if (status != 2 || !has(err, said)) test_fail(__FILE__, __LINE__, "`%s`: exit %d, stderr: %s", arguments, status, err);
    if (out[0]) test_fail(__FILE__, __LINE__, "`%s` wrote to stdout: %.200s", arguments, out);
}

/* --- Command line */

static void options_belong_together(void)
{
    expect_usage("run x.yml --reps 0", "--reps is '0'; it must be a whole number from 1 to 1000000");
    expect_usage("run x.yml --reps many", "--reps is 'many'");
    expect_usage("run x.yml --reps 1000001", "1000000");
    expect_usage("run x.yml --reps 9 --jobs 0", "--jobs is '0'");
    expect_usage("run x.yml --jobs 2", "--jobs is of many runs; say how many with --reps");
    expect_usage("run x.yml --markdown -", "--markdown is of many runs");
    expect_usage("run x.yml --stat p50", "--stat is of many runs");
    expect_usage("run x.yml --reps 3 --requests -", "--requests is of one run, and --reps asks for many");
    expect_usage("run x.yml --reps 3 --trace -", "--trace is of one run");
    expect_usage("run x.yml --reps 3 --svg d", "--svg is of one run");
    expect_usage("run x.yml --reps 3 --of p95", "--of goes with --precision");
    expect_usage("run x.yml --reps 3 --most 9", "--most goes with --precision");
    expect_usage("run x.yml --precision some", "--precision is 'some'; it must be a share as 5% or 0.05");
    expect_usage("run x.yml --reps 3 --confidence x%", "--confidence is 'x%'");
    expect_usage("run x.yml --warm-up auto", "--warm-up auto is of many runs");
    expect_usage("run x.yml --reps 3 --warm-up soon", "at least 0, or auto");
    expect_usage("run x.yml --reps 8 --shard 1/2", "--shard needs --out PART");
    expect_usage("run x.yml --shard 1/2 --out $T/x", "--shard needs --reps");
    expect_usage("run x.yml --reps 8 --shard 0/2 --out $T/x", "--shard is '0/2'");
    expect_usage("run x.yml --reps 8 --shard 3/2 --out $T/x", "it must be I/N");
    expect_usage("run x.yml --reps 8 --shard 1/2x --out $T/x", "it must be I/N");
    expect_usage("run x.yml --vary load=1x..2x", "'run' has no option '--vary'");
    expect_usage("compare", "compare needs a A [B]");
    expect_usage("compare a.yml", "needs a second scenario, or --set-b");
    expect_usage("compare a.yml b.yml c.yml", "'c.yml' is too much");
    expect_usage("compare - -", "both scenarios come from standard input");
    expect_usage("compare - --set-b load=2x", "read once");
    expect_usage("compare " TWO "--set-b load", "--set-b is 'load'; it must be PATH=VALUE");
    expect_usage("sweep " TWO, "sweep needs a --vary PATH=VALUES");
    expect_usage("sweep " TWO "--vary load", "--vary is 'load'; it must be PATH=VALUES");
    expect_usage("size " TWO "--slo 'p95<1s'", "size needs a --vary");
    expect_usage("merge", "merge needs a PART...");
    expect_usage("swep x", "did you mean 'sweep'?");
    expect_usage("mrege x", "did you mean 'merge'?");
}

static void bad_input_is_named(void)
{
    expect_invalid("run " TWO "--reps 2 --slo 'p59ms<1s'", "p59ms");
    expect_invalid("run " TWO "--reps 2 --slo 'srv-9.cpu_utilization<0.8'", "srv-9");
    expect_invalid("run " TWO "--slo 'p95<100mm'", "100mm");
    expect_invalid("run " TWO "--slo 'p95'", "no comparison");
    expect_invalid("run " TWO "--slo 'srv-1.cpu_utilization<80'", "write 80% or 0.8");
    expect_invalid("run " TWO "--slo 'time<5ms'", "as in time.core_wait");
    expect_invalid("sweep " TWO "--vary edges.gen-client.latency.mean=0.001..0.010", "write the step");
    expect_invalid("run " TWO "--reps 2 --stat speed", "speed");
    expect_invalid("run " TWO "--reps 2 --confidence 20%", "confidence");
    expect_invalid("sweep " TWO "--vary servers.srv-9.cpu_cores=1..4", "srv-9");
    expect_invalid("sweep " TWO "--vary servers.srv-1.cpu_cores=4..1", "4..1");
    expect_invalid("sweep " TWO "--vary servers.srv-1.cpu_cores=", "servers.srv-1.cpu_cores");
    expect_invalid("sweep " TWO "--vary load=1x..4x:0x", "load");
    expect_invalid("size " TWO "--vary servers.srv-1.cpu_cores=1..4", "objective");
    expect_invalid("size " TWO "--slo 'p95<1s' --vary 'replicas(nobody)=1..4'", "nobody");
    expect_invalid("compare " TWO "nowhere.yml", "nowhere.yml");
}

/* --- Results */

static char *keep(void)
{
    char *text = out;
    out = NULL;
    return text;
}

static void experiments_are_reported(void)
{
    run("run " QUICK TWO "--reps 20 --slo 'p95<100ms'");
    CHECK_STATUS(0);
    CHECK_STR(err, "");
    CHECK_HAS(out, "MET         p95<100ms");
    CHECK_HAS(out, "20 of 20 runs");
    CHECK(longest_line(out) <= 80);
    run("run " QUICK TWO "--reps 3 --json $T/e.json --csv $T/e --markdown $T/e.md --junit $T/e.xml --html $T/e.html --yaml $T/e.yml --slo 'p95<1s'");
    CHECK_STATUS(0);
    CHECK_STR(out, "");
    CHECK(exists("e.json") && exists("e/runs.csv") && exists("e.md") && exists("e.xml") && exists("e.html") && exists("e.yml"));
}

static void objectives_are_the_exit_status(void)
{
    run("run " QUICK TWO "--slo 'p95<1s'");
    CHECK_STATUS(0);
    run("run " QUICK TWO "--slo 'p95<1s' --slo 'p95<1ms'");
    CHECK_STATUS(99);
    run("run " QUICK TWO "--reps 5 --slo 'p95<1ms' --json $T/missed.json");
    CHECK_STATUS(99);
    CHECK(exists("missed.json"));
    /* p99.9 of some 800 requests a run is none, and what is none is missed */
    run("run " QUICK TWO "--reps 5 --slo 'p99.9<10s'");
    CHECK_STATUS(99);
    run("run " QUICK TWO "--reps 8 --slo 'throughput>39.9' --quiet");
    CHECK(status == 0 || status == 99);
}

/* No output takes the place of what is read, of another output, or of a file of the same name with an ending. */
static void nothing_else_is_written(void)
{
    expect_usage("run " TWO "--json $T/same --text $T/same", "both go to");
    expect_usage("run $T/in.yml --json $T/in.yml", "would overwrite");
    write_temp("kept.json.part", "precious");
    run("run " QUICK TWO "--json $T/kept.json");
    CHECK_STATUS(0);
    CHECK(exists("kept.json.part"));
    write_temp("arrivals.csv", "start\n1\n2\n3\n");
    expect_invalid("run " QUICK TWO "--arrivals $T/arrivals.csv --set load=2x", "load");
    run("compare " QUICK TWO "--set-b load=3x --reps 3 --slo 'p95<1ms'");
    CHECK_STATUS(99);
}

static void precision_is_reached(void)
{
    run("run " QUICK TWO "--precision 1%% --of p95 --most 400 --json -");
    CHECK_STATUS(0);
    CHECK_HAS(out, "\"precision\"");
    run("run " QUICK TWO "--reps 4 --warm-up auto --json -");
    CHECK_STATUS(0);
    CHECK_HAS(out, "\"warm_up_s\"");
}

static void parts_make_the_whole(void)
{
    char *whole;
    int i;
    run("run " QUICK TWO "--reps 21 --slo 'p95<1s' --json - --jobs 1");
    CHECK_STATUS(0);
    whole = keep();
    for (i = 2; i <= 4; i++) {
        run("run " QUICK TWO "--reps 21 --slo 'p95<1s' --json - --jobs %d", i);
        CHECK_STR(out, whole);
    }
    for (i = 1; i <= 8; i++) {
        run("run " QUICK TWO "--reps 21 --slo 'p95<1s' --shard %d/8 --out $T/%d.part", i, i);
        CHECK_STATUS(0);
        CHECK_STR(out, "");
    }
    run("merge $T/1.part $T/2.part $T/3.part $T/4.part $T/5.part $T/6.part $T/7.part $T/8.part --json -");
    CHECK_STATUS(0);
    CHECK_STR(out, whole);
    run("merge $T/8.part $T/3.part $T/5.part $T/1.part $T/4.part $T/7.part $T/2.part $T/6.part --json -");
    CHECK_STR(out, whole);
    run("merge $T/8.part $T/3.part $T/5.part $T/1.part $T/4.part $T/7.part $T/2.part $T/6.part $T/3.part --json -");
    CHECK_STATUS(0);
    CHECK_HAS(err, "warning");
    CHECK_HAS(err, "3.part");
    CHECK_STR(out, whole);
    free(whole);
    run("merge $T/1.part $T/2.part $T/4.part --json -");
    CHECK_STATUS(2);
    CHECK_HAS(err, "missing: 2");
    CHECK_STR(out, "");
    run("merge $T/1.part $T/2.part --allow-gaps");
    CHECK_STATUS(0);
    CHECK_HAS(err, "missing: 2");
    run("run " QUICK TWO "--seed 9 --reps 21 --slo 'p95<1s' --shard 3/8 --out $T/other.part");
    run("merge $T/1.part $T/other.part --json $T/none.json");
    CHECK_STATUS(2);
    CHECK_HAS(err, "other.part");
    CHECK_HAS(err, "another seed");
    CHECK(!exists("none.json"));
}

static void bad_parts_are_named(void)
{
    char command[1024];
    run("run " QUICK TWO "--reps 4 --out $T/good.part --quiet");
    CHECK_STATUS(0);
    snprintf(command, sizeof command, "head -c 400 '%s/good.part' > '%s/cut.part'; (head -c 200 '%s/good.part'; printf 'x'; tail -c +202 '%s/good.part') > '%s/flipped.part'; echo no > '%s/text.part'",
             temp, temp, temp, temp, temp, temp);
    CHECK_U64(run_shell(command), 0);
    expect_invalid("merge $T/cut.part", "cut.part");
    CHECK_HAS(err, "cut short");
    expect_invalid("merge $T/flipped.part", "checksum");
    expect_invalid("merge $T/text.part $T/cut.part", "is no part of an experiment");
    CHECK_HAS(err, "cut.part");
    expect_invalid("merge $T/nothere.part", "nothere.part");
}

static void comparisons_are_paired(void)
{
    run("compare " QUICK TWO "--set-b servers.srv-1.cpu_cores=2 --reps 10");
    CHECK_STATUS(0);
    CHECK_HAS(out, "B is faster at mean");
    CHECK(longest_line(out) <= 80);
    run("compare " QUICK TWO SCENARIOS "two_servers.yml --reps 3 --json $T/c.json --markdown $T/c.md --junit $T/c.xml --html $T/c.html");
    CHECK_STATUS(0);
    CHECK(exists("c.json") && exists("c.md") && exists("c.xml") && exists("c.html"));
}

static void settings_are_swept(void)
{
    run("sweep " QUICK TWO "--vary load=1x,2x --reps 2");
    CHECK_STATUS(0);
    CHECK_HAS(out, "2x");
    CHECK(longest_line(out) <= 80);
    run("sweep " QUICK TWO "--vary load=1x,2x --vary servers.srv-1.cpu_cores=1..3 --reps 2 --csv - --jobs 2");
    CHECK_STATUS(0);
    CHECK_U64(lines(out), 1 + 6);
    run("sweep " QUICK TWO "--vary load=1x,2x --vary servers.srv-1.cpu_cores=1,2 --together --reps 2 --csv -");
    CHECK_U64(lines(out), 1 + 2);
    run("sweep " QUICK TWO "--vary load=1x..2x:0.5x --reps 2 --json $T/s.json --csv $T/s --html $T/s.html --chart $T/s.svg");
    CHECK_STATUS(0);
    CHECK(exists("s.json") && exists("s/sweep.csv") && exists("s.html") && exists("s.svg"));
}

static void sizes_are_found(void)
{
    run("size " SCENARIOS "single_server.yml " QUICK "--slo 'p95<1s' --vary servers.srv-1.cpu_cores=1..4 --reps 3");
    CHECK_STATUS(0);
    CHECK(longest_line(out) <= 80);
    run("size " SCENARIOS "single_server.yml " QUICK "--slo 'p95<1us' --vary servers.srv-1.cpu_cores=1..4 --reps 3 --json $T/z.json --csv $T/z --html $T/z.html");
    CHECK_STATUS(99);
    CHECK(exists("z.json") && exists("z/size.csv") && exists("z.html"));
    run("size " QUICK TWO "--slo 'p95<1s' --vary load=1x..2x --reps 3");
    CHECK_STATUS(0);
}

static void progress_of_runs(void)
{
    run("run " QUICK TWO "--reps 5 --progress always");
    CHECK_STATUS(0);
    CHECK_HAS(err, "5 runs");
    CHECK_HAS(err, "100 %");
    run("run " QUICK TWO "--reps 5 --progress always --quiet");
    CHECK_STR(err, "");
}

int main(int argc, char **argv)
{
    if (argc != 3) return fprintf(stderr, "usage: experiments TOOL TEMP_DIR\n"), 2;
    tool = argv[1];
    temp = argv[2];
    mkdir(temp, 0777);
    RUN(options_belong_together);
    RUN(bad_input_is_named);
    RUN(experiments_are_reported);
    RUN(objectives_are_the_exit_status);
    RUN(nothing_else_is_written);
    RUN(precision_is_reached);
    RUN(parts_make_the_whole);
    RUN(bad_parts_are_named);
    RUN(comparisons_are_paired);
    RUN(settings_are_swept);
    RUN(sizes_are_found);
    RUN(progress_of_runs);
    free(out);
    free(err);
    return test_end();
}
