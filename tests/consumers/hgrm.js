/* hgrm.js - what hdr-histogram-js makes of the same latencies, row by row, and of our rows read back.
   node hgrm.js FOLDER_OF_NPM FILE.hgrm REQUESTS.csv RELATIVE_ERROR. SPDX-License-Identifier: MIT OR Unlicense */
"use strict";
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const [npm, file, requests, error] = process.argv.slice(2);
const hdr = require(path.resolve(npm, "node_modules/hdr-histogram-js"));

function distribution(text) {
    const lines = text.split("\n");
    assert.strictEqual(lines[0], "       Value     Percentile TotalCount 1/(1-Percentile)");
    assert.strictEqual(lines[1], "");
    const rows = lines.slice(2).filter((line) => line && line[0] !== "#").map((line) => line.trim().split(/ +/));
    rows.forEach((row, i) => assert.strictEqual(row.length, i + 1 < rows.length ? 4 : 3));
    const foot = /#\[Mean {4}= +(\S+), StdDeviation {3}= +(\S+)\]\n#\[Max {5}= +(\S+), Total count {4}= +(\d+)\]\n#\[Buckets = +\d+, SubBuckets {5}= +\d+\]\n$/.exec(text);
    assert(foot, "the lines below");
    return { rows, mean: +foot[1], deviation: +foot[2], max: +foot[3], count: +foot[4] };
}

/* columns by their names; these files quote no line break */
function latencies(text) {
    const lines = text.trim().split("\n").map((line) => line.replace(/"(?:[^"]|"")*"/g, "x").split(","));
    const [start, finish, outcome] = ["start_s", "finish_s", "outcome"].map((name) => lines[0].indexOf(name));
    const ns = (word) => { const [s, rest] = word.split("."); return BigInt(s) * 1000000000n + BigInt(rest); };
    return lines.slice(1).filter((row) => row[outcome] === "completed").map((row) => Number(ns(row[finish]) - ns(row[start]))).sort((a, b) => a - b);
}

const options = { bitBucketSize: 64, numberOfSignificantValueDigits: 5, highestTrackableValue: 1e15 };
const sorted = latencies(fs.readFileSync(requests, "utf8"));
const direct = hdr.build(options);
sorted.forEach((ns) => direct.recordValue(ns));
const ours = distribution(fs.readFileSync(file, "utf8"));
const theirs = distribution(direct.outputPercentileDistribution(5, 1e6));
const within = Number(error) + 1.1e-5;               /* theirs are rounded up to the end of a cell */
const upTo = (ns) => { let n = 0; while (n < sorted.length && sorted[n] <= ns) n++; return n; };

assert.strictEqual(ours.count, sorted.length);
assert.strictEqual(theirs.count, ours.count);
assert(Math.abs(ours.max - sorted[sorted.length - 1] / 1e6) <= 0.0005001);
assert(Math.abs(ours.mean - theirs.mean) <= 1.1e-5 * theirs.mean + 0.001);
assert(Math.abs(ours.deviation - theirs.deviation) <= 1e-4 * theirs.deviation + 0.001);
/* where our or their cells are wider the last latencies may share one, and the levels end sooner */
assert(Math.abs(ours.rows.length - theirs.rows.length) <= (within > 1e-4 ? 25 : 0), `${ours.rows.length} rows, ${theirs.rows.length}`);
for (let i = 0; i + 1 < Math.min(ours.rows.length, theirs.rows.length); i++) {
    const [ms, level, count, reciprocal] = ours.rows[i].map(Number), [theirMs, theirLevel, theirCount, theirReciprocal] = theirs.rows[i].map(Number);
    assert(Math.abs(level - theirLevel) < 1.5e-12, `row ${i}: level ${level}, theirs ${theirLevel}`);
    assert(Math.abs(reciprocal - theirReciprocal) <= 0.0100001, `row ${i}: ${reciprocal}, theirs ${theirReciprocal}`);
    assert(Math.abs(ms - theirMs) <= within * theirMs + 0.001, `row ${i}: ${ms} ms, theirs ${theirMs}`);
    const least = upTo((ms * (1 - 2 * within) - 0.001) * 1e6), most = upTo((ms * (1 + 2 * within) + 0.001) * 1e6);
    assert(count >= least && count <= most && theirCount >= least && theirCount <= most, `row ${i}: count ${count}, theirs ${theirCount}, ${least} to ${most}`);
    assert(count >= Math.ceil(level * sorted.length - 1e-6), `row ${i}: ${count} are fewer than its percentile`);
}

/* Read back: what each row adds to the count of the row before. */
const again = hdr.build(options);
ours.rows.forEach((row, i) => {
    const more = row[2] - (i ? ours.rows[i - 1][2] : 0);
    if (more) again.recordValueWithCount(Math.round(row[0] * 1e6), more);
});
assert.strictEqual(again.totalCount, sorted.length);
for (const percent of [50, 75, 90, 95, 96.875, 98.75]) {
    const row = ours.rows.find((each) => Math.abs(each[1] * 100 - percent) < 1e-9);
    if (!row) continue;
    assert(Math.abs(again.getValueAtPercentile(percent) / 1e6 - row[0]) <= 1.1e-5 * row[0] + 0.001, `p${percent}`);
    assert(Math.abs(direct.getValueAtPercentile(percent) / 1e6 - row[0]) <= within * row[0] + 0.001, `p${percent} of the requests`);
}
