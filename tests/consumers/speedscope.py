"""A trace as speedscope reads it: every lane is a profile there, and as long as what stands in it. Arguments: a trace, the folder of the
npm package speedscope, a folder to write to. SPDX-License-Identifier: MIT OR Unlicense"""
import base64
import json
import os
import re
import subprocess
import sys
from collections import defaultdict

trace, package, out = sys.argv[1:]
with open(trace, "rb") as f:
    text = f.read()
events = json.loads(text)["traceEvents"]
names = {(e["pid"], e["tid"], e["name"]): e["args"]["name"] for e in events if e["ph"] == "M" and "name" in e["args"]}
lanes = defaultdict(float)
for e in events:
    if e["ph"] == "X":
        lanes[e["pid"], e["tid"]] += e["dur"]

script = os.path.realpath(f"{out}/speedscope.js")
with open(script, "w", encoding="ascii") as f:
    f.write('speedscope.loadFileFromBase64("trace.json","%s")' % base64.b64encode(text).decode())
page = "file://" + os.path.realpath(f"{package}/dist/release/index.html") + "#localProfilePath=" + script
dom = subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--allow-file-access-from-files", "--use-gl=angle", "--use-angle=swiftshader", "--no-first-run",
                      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic", f"--user-data-dir={out}/profile",
                      "--virtual-time-budget=15000", "--dump-dom", page], capture_output=True, text=True, timeout=300, check=True).stdout
shown = dict(re.findall(r'<tr title="([^"]*)".*?<td class="[^"]*">([^<]*)</td></tr>', dom))


def figure(microseconds):
    """The first figure of more than one digit before the point is in that unit."""
    for unit, size in (("s", 1e6), ("ms", 1e3), ("\N{MICRO SIGN}s", 1)):
        if microseconds >= size:
            return f"{microseconds / size:.2f}{unit}"
    return f"{microseconds:.2f}"


assert len(shown) == len(lanes), (len(shown), len(lanes), dom[-2000:])
for (pid, tid), length in lanes.items():
    title = f"{names[pid, 0, 'process_name']} (pid {pid}), {names[pid, tid, 'thread_name']} (tid {tid})"
    assert shown[title] == figure(length), (title, shown.get(title), length)
