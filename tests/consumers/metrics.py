"""What Prometheus's own parsers make of one run's metrics, against its JSON and its requests. SPDX-License-Identifier: MIT OR Unlicense"""
import csv
import json
import sys

import prometheus_client.openmetrics.parser
import prometheus_client.parser

folder = sys.argv[1]


def read(name):
    with open(f"{folder}/{name}", encoding="utf-8", newline="") as f:
        return f.read()


def samples(families):
    table = {}
    for family in families:
        assert family.documentation and family.type != "unknown", family
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in table, key
            assert sample.timestamp is None and sample.value == sample.value
            table[key] = sample.value
    return table


open_families = list(prometheus_client.openmetrics.parser.text_string_to_metric_families(read("metrics.om")))
open_samples = samples(open_families)
classic_samples = samples(prometheus_client.parser.text_string_to_metric_families(read("metrics.prom")))
assert open_samples == classic_samples
types = {family.name: (family.type, family.unit) for family in open_families}
assert types["asyncflow_run"] == ("info", "") and types["asyncflow_requests"] == ("counter", "")
assert types["asyncflow_request_duration_seconds"] == ("histogram", "seconds")
assert types["asyncflow_ram_in_use_max_bytes"] == ("gauge", "bytes")
assert types["asyncflow_server_cpu_utilization_ratio"] == ("gauge", "ratio")


def value(name, **labels):
    return open_samples["asyncflow_" + name, tuple(sorted(labels.items()))]


# every histogram: cumulative, the last bucket is the count
histograms = {name for name, (kind, _) in types.items() if kind == "histogram"}
buckets = {}
for (name, labels), count in open_samples.items():
    base = name[: -len("_bucket")]
    if name.endswith("_bucket") and base in histograms:
        rest = tuple(label for label in labels if label[0] != "le")
        buckets.setdefault((base, rest), []).append((float(dict(labels)["le"]), count))
assert {base for base, _ in buckets} == histograms
for (base, labels), list_of in buckets.items():
    list_of.sort()
    assert len(list_of) in (1, 19) and list_of[-1][0] == float("inf"), (base, labels)
    assert all(a[1] <= b[1] for a, b in zip(list_of, list_of[1:]))
    assert list_of[-1][1] == open_samples[base + "_count", labels]

result = json.loads(read("result.json"))
requests, latency = result["requests"], result["latency_s"]
info = dict(next(labels for name, labels in open_samples if name == "asyncflow_run_info"))
assert info["scenario"] == result["scenario"]["hash"] and info["seed"] == result["run"]["seed"] and info["digest"] == result["run"]["digest"]
assert info["version"] == result["asyncflow"] and info["verdict"] == result["verdict"]["verdict"]
assert value("requests_generated_total") == requests["generated"] and value("requests_in_flight") == requests["in_flight"]
outcomes = {dict(labels)["outcome"]: count for (name, labels), count in open_samples.items() if name == "asyncflow_requests_total"}
assert sum(outcomes.values()) == requests["completed"] + requests["dropped"] and outcomes["completed"] == requests["completed"]


def close(a, b):
    assert abs(a - b) <= 1e-12 * abs(b) + 1e-15, (a, b)


def check_histogram(name, stats, **labels):
    assert value(name + "_count", **labels) == stats["count"]
    if stats["count"]:
        close(value(name + "_sum", **labels), stats["mean"] * stats["count"])
        for bound, count in buckets["asyncflow_" + name, tuple(sorted(labels.items()))]:
            assert bound < stats["min"] * 0.999 and count == 0 or bound >= stats["min"] * 0.999, (name, bound)
            assert bound < stats["max"] or count == stats["count"], (name, bound)
    else:
        assert value(name + "_sum", **labels) == 0


check_histogram("request_duration_seconds", latency)
for quantile, member in (("0.5", "p50"), ("0.95", "p95"), ("0.999", "p999")):
    if latency["count"]:
        assert value("request_latency_seconds", quantile=quantile) == latency[member]
rows = list(csv.DictReader(read("requests.csv").splitlines()))
for outcome, count in outcomes.items():
    assert sum(row["outcome"] == outcome for row in rows) == count, outcome


def ns(text):
    return int(text.replace(".", ""))


took = [ns(row["finish_s"]) - ns(row["start_s"]) for row in rows if row["outcome"] == "completed"]
error = latency.get("relative_error", 0)
for bound, count in buckets["asyncflow_request_duration_seconds", ()]:
    low, high = (sum(x <= bound * 1e9 * factor for x in took) for factor in (1 - error, 1 + error))
    assert low <= count <= high and (error or low == high), bound

for server in result["servers"]:
    name = server["id"]
    assert value("server_arrivals_total", server=name) == server["arrived"] and value("server_completions_total", server=name) == server["completed"]
    assert value("server_turned_away_total", server=name, reason="refused") == server["refused"]
    assert value("server_cpu_utilization_ratio", server=name) == server["cpu_utilization"]
    for metric in ("ready_queue_len", "core_busy", "ram_queue_len"):
        assert value(metric + "_mean", server=name) == server[metric]["mean"] and value(metric + "_max", server=name) == server[metric]["max"]
    close(value("ram_in_use_mean_bytes", server=name), server["ram_in_use"]["mean"] * 2**20)
    for endpoint in server["endpoints"]:
        check_histogram("endpoint_duration_seconds", endpoint["latency_s"], server=name, endpoint=endpoint["endpoint_name"])
    if "loop_lag_s" in server:
        check_histogram("loop_lag_seconds", server["loop_lag_s"], server=name)
for edge in result["edges"]:
    where = {"edge": edge["id"], "source": edge["source"], "target": edge["target"]}
    assert value("edge_messages_sent_total", **where) == edge["sent"] and value("edge_messages_dropped_total", **where) == edge["dropped"]
for resource in result.get("resources", []):
    where = {"resource": resource["id"], "kind": resource["kind"]}
    check_histogram("resource_wait_seconds", resource["wait_s"], **where)
    assert value("resource_acquisitions_total", **where) == resource["acquired"]
    if resource["kind"] == "llm":
        assert value("llm_cost_total", **where) == resource["cost"] and value("llm_tokens_total", direction="output", **where) == resource["output_tokens"]
if "llm_stats" in result:
    assert value("cost_total") == result["llm_stats"]["cost"]
assert ("asyncflow_loop_lag_seconds" in types) == any("loop_lag_s" in server for server in result["servers"])
