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
assert rows and list(rows[0]) == ["id", "start_s", "finish_s", "server", "endpoint", "outcome"]
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
