"""What Python's libraries make of experiments, comparisons, sweeps and sizes: JSON Schema, CSV, XML, and figures that are in several of
the forms. SPDX-License-Identifier: MIT OR Unlicense"""
import csv
import json
import math
import statistics
import sys
import xml.etree.ElementTree as ElementTree

import jsonschema
import yaml


def renamed(part, old, new):
    if isinstance(part, dict):
        return {key: renamed(value, old, new) for key, value in part.items()}
    if isinstance(part, list):
        return [renamed(value, old, new) for value in part]
    if isinstance(part, str) and part.startswith(old + "."):       # an objective
        return new + part[len(old):]
    return new if part == old else part


if sys.argv[1] == "rename":
    source, before, after, target = sys.argv[2:]
    with open(source, encoding="utf-8") as f, open(target, "w", encoding="utf-8") as g:
        json.dump(renamed(yaml.safe_load(f), before, after), g)
    sys.exit(0)
schema_path, folder, server = sys.argv[2:]


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f, parse_constant=lambda word: sys.exit(f"{path} holds {word}"))


def table(name):
    with open(f"{folder}/{name}.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f, strict=True))
    assert all(len(row) == len(rows[0]) for row in rows), name
    return [dict(zip(rows[0], row)) for row in rows[1:]]


schema = load(schema_path)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
of = {}
for kind in ("experiment", "part", "comparison", "sweep", "size"):
    of[kind] = load(f"{folder}/{kind}.json")
    validator.validate(of[kind])
    assert list(of[kind])[:3] == ["asyncflow", "schema", "kind"] and of[kind]["kind"] in (kind, "experiment")
    for change in ({"more": 1}, {"kind": "other"}, {"schema": 2}):
        assert not validator.is_valid({**of[kind], **change}), (kind, change)

e = of["experiment"]
assert e["experiment"]["seed"] == "18446744073709551615" and e["experiment"]["runs"] == 4 and of["part"]["experiment"]["runs"] == 1
names = [s["name"] for s in e["statistics"]]
assert f"{server}.cpu_utilization" in names, names
for k, s in enumerate(e["statistics"]):
    values = [run["values"][k] for run in e["runs"] if run["values"][k] is not None]
    assert s["runs"] == len(values)
    if len(values) < 2:
        assert s["low"] is None and s["std_dev"] is None
        continue
    near = {"rel_tol": 1e-9, "abs_tol": 1e-15}
    assert math.isclose(s["mean"], statistics.mean(values), **near) and math.isclose(s["median"], statistics.median(values), **near)
    assert math.isclose(s["std_dev"], statistics.stdev(values), rel_tol=1e-9, abs_tol=1e-12)
    assert (s["min"], s["max"]) == (min(values), max(values)) and s["low"] <= s["mean"] <= s["high"]

rows = table("experiment")
assert len(rows) == 4 * (5 + len(names)) and list(rows[0]) == ["run", "replication", "time_s", "entity_type", "entity", "metric", "stat", "value"]
busy = [float(r["value"]) for r in rows if (r["entity_type"], r["entity"], r["metric"]) == ("server", server, "cpu_utilization")]
assert busy == [run["values"][names.index(f"{server}.cpu_utilization")] for run in e["runs"]]
assert sum(int(r["value"]) for r in rows if r["metric"] == "requests" and r["stat"] == "completed") == e["requests"]["completed"] == e["latency_s"]["count"]

for d in of["comparison"]["differences"]:
    if d["runs"]:
        assert math.isclose(d["mean"], d["b"] - d["a"], rel_tol=1e-6, abs_tol=1e-9), d
assert len(table("sweep")) == len(of["sweep"]["settings"]) == 9
assert [r["load"] for r in table("sweep")][:3] == ["1x", "10x", "19x"]
sized = table("size")
assert [r["finding"] for r in sized] == [r["finding"] for r in of["size"]["rows"]]

outcomes = {"met": None, "missed": "failure", "undecided": "failure", "no data": "error"}
suites = ElementTree.parse(f"{folder}/experiment.xml").getroot()
cases = suites.findall("testsuite/testcase")
assert suites.find("testsuite").get("name") == "a <suite>" and [c.get("name") for c in cases] == [o["objective"] for o in e["objectives"]]
for case, objective in zip(cases, e["objectives"]):
    bad = [child.tag for child in case if child.tag != "system-out"]
    assert bad == [w for w in [outcomes[objective["outcome"]]] if w], (bad, objective)
assert int(suites.get("failures")) == sum(o["outcome"] in ("missed", "undecided") for o in e["objectives"])
suites = ElementTree.parse(f"{folder}/comparison.xml").getroot()
assert int(suites.get("tests")) == len(of["comparison"]["differences"])
assert int(suites.get("failures")) == len(suites.findall("testsuite/testcase/failure")) == sum(d["finding"] == "worse" for d in of["comparison"]["differences"])
