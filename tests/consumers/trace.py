"""What a reader of traces relies on: spans that are strictly nested, lanes in which nothing overlaps, names for all that is there.
Arguments: a trace, the same run's requests as CSV. SPDX-License-Identifier: MIT OR Unlicense"""
import csv
import json
import sys
from collections import defaultdict
from decimal import Decimal

with open(sys.argv[1], encoding="utf-8") as f:
    trace = json.load(f, parse_float=Decimal)
with open(sys.argv[2], newline="", encoding="utf-8") as f:
    rows = {row["id"]: row for row in csv.DictReader(f)}
assert set(trace) == {"displayTimeUnit", "otherData", "traceEvents"} and trace["displayTimeUnit"] == "ms"
events = trace["traceEvents"]

phases = defaultdict(list)
for event in events:
    assert {"ph", "pid", "tid", "name"} <= set(event), event
    phases[event["ph"]].append(event)
assert set(phases) <= set("MXCibe"), set(phases)
assert all(event["ts"] >= 0 and event["ts"].as_tuple().exponent == -3 for event in events if event["ph"] != "M")

# every process and lane has one name and one place
names, lanes, order = {}, {}, {}
for event in phases["M"]:
    key = event["pid"], event["tid"]
    kind = event["name"]
    table = {"process_name": names, "thread_name": lanes}.get(kind, order)
    key = (kind,) + key if table is order else key
    assert key not in table, event
    table[key] = event["args"].get("name", event["args"].get("sort_index"))
processes = {pid for pid, _ in names}
assert all(event["pid"] in processes for event in events)
assert all((event["pid"], event["tid"]) in lanes for event in phases["X"])
assert len({name for name in names.values()}) == len(names), names

# a core computes for one request at a time
busy = defaultdict(list)
for event in phases["X"]:
    assert event["dur"] > 0, event
    busy[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
for spans in busy.values():
    spans.sort()
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:]))
assert set(busy) == set(lanes), "a lane in which nothing stands"

# requests: one span, within it stretches that touch; sorted by time as a reader sorts, ties in the order of the file
stacks, total, ended, cpu = defaultdict(list), defaultdict(Decimal), {}, Decimal(0)
for event in sorted((event for event in events if event["ph"] in "be"), key=lambda event: event["ts"]):
    assert event["cat"] == "request"
    number, stack = event["id"], stacks[event["id"]]
    assert number not in ended, event
    if event["ph"] == "b":
        assert len(stack) == (0 if event["name"] == f"request {number}" else 1), event
        if stack:
            assert event["ts"] == stack[0]["until"], event
        stack.append({"name": event["name"], "from": event["ts"], "until": event["ts"]})
        continue
    span = stack.pop()
    assert span["name"] == event["name"], event
    if stack:
        assert event["ts"] > span["from"], event
        total[number] += event["ts"] - span["from"]
        cpu += (event["ts"] - span["from"]) * event["name"].startswith("computing: ")
        stack[0]["until"] = event["ts"]
    else:
        assert event["ts"] == span["until"], "the stretches leave a gap"
        ended[number] = (span["from"], event["ts"], event["args"])
assert ended and not any(stacks.values())
assert cpu == sum(event["dur"] for event in phases["X"])
for number, (start, finish, about) in ended.items():
    assert total[number] == finish - start, number
    assert (about["outcome"] == "in_flight") == (number not in rows), number
    if number in rows:
        row = rows[number]
        assert row["outcome"] == about["outcome"] and row["server"] == about["server"] and row["endpoint"] == about["endpoint"], (row, about)
        assert Decimal(row["start_s"]) * 1000000 == start and Decimal(row["finish_s"]) * 1000000 == finish, row

# which requests: every so manieth of the generator, each loss among them once
numbers = sorted(int(number) for number in ended)
every = numbers[1] - numbers[0] if len(numbers) > 1 else 1
assert numbers[0] == 1 and all((number - 1) % every == 0 for number in numbers)
assert {number for number in map(int, rows) if (number - 1) % every == 0} <= set(numbers)
losses = [(str(event["args"]["request"]), event["name"]) for event in phases["i"]]
assert sorted(losses) == sorted((number, about["outcome"]) for number, (_, _, about) in ended.items() if about["outcome"] not in ("completed", "in_flight"))
assert all(event["s"] == "p" for event in phases["i"])

# counters: in the order of time, each of one value
last = {}
for event in phases["C"]:
    key = event["pid"], event["name"]
    assert len(event["args"]) == 1 and key not in last or last[key] < event["ts"], event
    last[key] = event["ts"]
