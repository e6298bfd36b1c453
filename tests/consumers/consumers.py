"""What Python's libraries make of one run's files: JSON Schema of scenario and result, CSV, YAML. SPDX-License-Identifier: MIT OR Unlicense"""
import csv
import json
import sys

import jsonschema
import yaml

out, name, source = sys.argv[1:]
folder = f"{out}/{name}"


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f, parse_constant=lambda word: sys.exit(f"{path} holds {word}"))


scenario_schema, result_schema = load(f"{out}/scenario.schema.json"), load(f"{out}/result.schema.json")
for schema in (scenario_schema, result_schema):
    jsonschema.Draft7Validator.check_schema(schema)

result = load(f"{folder}/result.json")
jsonschema.validate(result, result_schema)
assert list(result)[:9] == ["asyncflow", "schema", "scenario", "run", "requests", "latency_s", "throughput_rps", "servers", "edges"], list(result)
requests = result["requests"]
assert requests["generated"] == requests["completed"] + requests["dropped"] + requests["in_flight"]

for path in (source, f"{folder}/again.yml"):
    with open(path, encoding="utf-8") as f:
        jsonschema.validate(yaml.safe_load(f), scenario_schema)

broken = yaml.safe_load(open(source, encoding="utf-8"))
broken["sim_settings"]["total_simulation_tim"] = 5
try:
    jsonschema.validate(broken, scenario_schema)
    sys.exit("the schema lets an unknown key pass")
except jsonschema.ValidationError:
    pass

with open(f"{folder}/requests.csv", newline="", encoding="utf-8") as f:
    rows = list(csv.DictReader(f))
with open(source, encoding="utf-8") as f:
    scenario = yaml.safe_load(f)
costs = "llm_cost" in scenario["sim_settings"].get("enabled_event_metrics", [])
assert rows and list(rows[0]) == ["id", "start_s", "finish_s", "server", "endpoint", "outcome"] + ["llm_cost"] * costs
assert sum(row["outcome"] == "completed" for row in rows) == requests["completed"]
assert all(float(row["finish_s"]) >= float(row["start_s"]) for row in rows)
latency = result["latency_s"]
bound = latency.get("relative_error", 0) + 1e-12
assert (latency["method"] == "histogram") == (bound > 1e-6) == name.endswith("-histogram")
order = sorted(float(row["finish_s"]) - float(row["start_s"]) for row in rows if row["outcome"] == "completed")
for share, member in ((0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p999")):
    rank = (len(order) - 1) * share
    low, high = order[int(rank)], order[min(int(rank) + 1, len(order) - 1)]
    exact = low + (high - low) * (rank - int(rank))
    assert abs(latency[member] - exact) <= exact * bound + 1e-9, (member, latency[member], exact)
for table in ("summary", "throughput", "samples"):
    with open(f"{folder}/{table}.csv", newline="", encoding="utf-8") as f:
        reader = csv.reader(f)
        header = next(reader)
        assert header == ["run", "replication", "time_s", "entity_type", "entity", "metric", "stat", "value"], header
        assert all(len(row) == 8 for row in reader)

nodes = scenario["topology_graph"]["nodes"]
own = [server for server in nodes["servers"] if server.get("resources")]
assert ("resources" in result) == bool(nodes.get("resources") or own)
if "resources" in result:
    # shared ones, then the servers' own, each with what belongs to its kind; the parts of what was dropped add up
    resources = {entry["id"]: entry for entry in result["resources"]}
    expected = [(entry["id"], entry["kind"]) for entry in nodes["resources"]]
    expected += [(server["id"] + "/" + entry["id"], entry["kind"]) for server in own for entry in server["resources"]]
    assert [(entry["id"], entry["kind"]) for entry in result["resources"]] == expected, expected
    outcomes = [row["outcome"] for row in rows]
    for outcome in ("rejected", "timed_out"):
        assert requests[outcome] == outcomes.count(outcome) == sum(server[outcome] for server in result["servers"]) > 0, outcome
        assert requests[outcome] == sum(entry[outcome] for entry in resources.values())
    refused, lost = sum(server["refused"] for server in result["servers"]), sum(edge["dropped"] for edge in result["edges"])
    assert requests["dropped"] == lost + refused + requests["rejected"] + requests["timed_out"]
    for entry in resources.values():
        assert entry["acquired"] >= entry["released"]
        if entry["kind"] == "gpu":
            assert sum(count for _, count in entry["batch_sizes"]) == entry["batches"] > 0
            assert sum(size * count for size, count in entry["batch_sizes"]) == entry["items"]
            assert max(size for size, _ in entry["batch_sizes"]) == entry["batch_size_max"]
        if entry["kind"] == "cache":
            assert abs(entry["hit_ratio"] * (entry["hits"] + entry["misses"]) - entry["hits"]) < 1e-6
    stats = result["llm_stats"]
    assert stats["calls"] == sum(entry.get("calls", 0) for entry in resources.values()) > 0
    assert abs(stats["cost"] - sum(server["cost"] for server in result["servers"])) < 1e-9
    assert abs(stats["cost"] - sum(entry["cost"] for server in result["servers"] for entry in server["endpoints"])) < 1e-9
    dearest = max(float(row["llm_cost"]) for row in rows if row["outcome"] == "completed")
    assert abs(stats["cost_per_request_max"] - dearest) < 1e-9
    mean = sum(float(row["llm_cost"]) for row in rows if row["outcome"] == "completed") / requests["completed"]
    assert abs(stats["cost_per_request"] - mean) < 1e-9, (stats["cost_per_request"], mean)
    with open(f"{folder}/summary.csv", newline="", encoding="utf-8") as f:
        table = {(row["entity_type"], row["entity"], row["metric"], row["stat"]): row["value"] for row in csv.DictReader(f)}
    for name, entry in resources.items():
        for metric in ("resource_in_use", "resource_queue_len"):
            assert float(table["resource", name, metric, "mean"]) == entry[metric]["mean"], (name, metric)
        assert float(table["resource", name, "utilization", "mean"]) == entry["utilization"]
    assert {row[0] for row in table} == {"run", "server", "endpoint", "edge", "resource"}
    assert any(event["kind"] == "cache_loss" for event in result["injected_events"])
