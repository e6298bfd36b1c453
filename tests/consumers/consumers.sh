#!/bin/sh
# What others make of our output: JSON by a JSON Schema validator, YAML by another parser, SVG by xmllint and a renderer, CSV by
# Python's reader, the page by a browser without a network, metrics by Prometheus's parsers, the percentile distribution by
# hdr-histogram-js, traces by speedscope; JUnit XML and experiments by all of these. Arguments: the tool, a folder to write to, the folder that npm has installed into.
tool=$1
out=$2
npm=$3
mkdir -p "$out"
passed=0
failed=0
check() {
    what=$1
    shift
    if "$@" > "$out/log" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $what"; tail -n 20 "$out/log"; fi
}
# its exit status does not say what it advises
promtool_likes() { promtool check metrics < "$1" > "$out/promtool.log" 2>&1 && empty_log "$out/promtool.log"; }
empty_log() { [ ! -s "$1" ] || { cat "$1"; return 1; }; }

# FILE NAME: shown by a browser without a network, which says nothing and asks for nothing
browse() {
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
        --disable-sync --user-data-dir="$out/profile" --enable-logging=stderr --host-resolver-rules="MAP * ~NOTFOUND" --log-net-log="$1.net" \
        --dump-dom "file://$(realpath "$1")" > "$1.dom" 2> "$1.log"
    grep -F 'CONSOLE' "$1.log" > "$1.console"
    grep -oE '"url":"(https?|wss?|ftp):[^"]*"' "$1.net" | grep -vE '//[a-z0-9.-]*(google|googleapis|gvt1)\.com' > "$1.asked"     # the browser's own
    check "browser asks nobody for $2" empty_log "$1.asked"
    check "browser console $2" empty_log "$1.console"
    check "browser shows $2" grep -q '</html>' "$1.dom"
}

"$tool" schema > "$out/scenario.schema.json"
"$tool" schema --results > "$out/result.schema.json"
check "the schema refuses what the check refuses" /usr/bin/python3 tests/consumers/bad.py "$out/scenario.schema.json"
for file in examples/scenarios/*.yml tests/consumers/resources.yml; do
    name=$(basename "$file" .yml)
    folder=$out/$name
    mkdir -p "$folder"
    check "run $name" "$tool" run "$file" --json "$folder/result.json" --csv "$folder" --svg "$folder" --html "$folder/report.html" --requests "$folder/requests.csv" --yaml "$folder/again.yml" \
        --hgrm "$folder/latency.hgrm" --openmetrics "$folder/metrics.om" --prometheus "$folder/metrics.prom"
    mkdir -p "$folder-why"
    check "run $name, why" "$tool" run "$file" --why --json "$folder-why/result.json" --csv "$folder-why" --html "$folder-why/report.html" --requests "$folder-why/requests.csv" --yaml "$folder-why/again.yml" --trace "$folder/trace.json"
    check "python reads $name, why" /usr/bin/python3 tests/consumers/consumers.py "$out" "$name-why" "$file"
    check "trace of $name" /usr/bin/python3 tests/consumers/trace.py "$folder/trace.json" "$folder-why/requests.csv"
    check "yamllint $name" yamllint -s -d '{extends: relaxed, rules: {line-length: disable, comments-indentation: disable, commas: disable, colons: disable}}' "$file"
    check "python reads $name" /usr/bin/python3 tests/consumers/consumers.py "$out" "$name" "$file"
    check "prometheus-client reads $name" /usr/bin/python3 tests/consumers/metrics.py "$folder"
    check "promtool reads $name" promtool_likes "$folder/metrics.prom"
    check "hdr-histogram-js reads $name" node tests/consumers/hgrm.js "$npm" "$folder/latency.hgrm" "$folder/requests.csv" 0
    mkdir -p "$folder-histogram"
    check "run $name, histogram" "$tool" run "$file" --latency-store histogram --json "$folder-histogram/result.json" --csv "$folder-histogram" --requests "$folder-histogram/requests.csv" --yaml "$folder-histogram/again.yml" \
        --hgrm "$folder-histogram/latency.hgrm" --openmetrics "$folder-histogram/metrics.om" --prometheus "$folder-histogram/metrics.prom"
    check "python reads $name, histogram" /usr/bin/python3 tests/consumers/consumers.py "$out" "$name-histogram" "$file"
    check "prometheus-client reads $name, histogram" /usr/bin/python3 tests/consumers/metrics.py "$folder-histogram"
    check "hdr-histogram-js reads $name, histogram" node tests/consumers/hgrm.js "$npm" "$folder-histogram/latency.hgrm" "$folder-histogram/requests.csv" 0.0009765625
    for svg in "$folder"/*.svg; do
        check "xmllint $svg" xmllint --noout "$svg"
    done
    check "rsvg $name" rsvg-convert "$folder/dashboard.svg" -o "$folder/dashboard.png"
    browse "$folder/report.html" "$name"
    browse "$folder-why/report.html" "$name, why"
done
# experiments, also of a server with a name that every form has to escape
check "compile the writer of experiments" "${CC:-cc}" -std=c99 -O1 -I. tests/consumers/experiments.c -o "$out/experiments"
for id in app-1 's|"<b>&amp;`*_$[x](y), é'; do
    folder=$out/experiments-$(printf %s "$id" | wc -c | tr -d ' ')
    mkdir -p "$folder"
    check "rename a server to $id" /usr/bin/python3 tests/consumers/experiments.py rename tests/consumers/resources.yml app-1 "$id" "$folder/scenario.json"
    check "experiments of $id" "$out/experiments" "$folder/scenario.json" "$folder"
    check "python reads the experiments of $id" /usr/bin/python3 tests/consumers/experiments.py read "$out/result.schema.json" "$folder" "$id"
    check "xmllint, experiments of $id" xmllint --noout "$folder/experiment.xml" "$folder/comparison.xml"
done
check "the tool's experiment as JSON" "$tool" run examples/scenarios/two_servers.yml --reps 3 --slo 'p95<1s' --why --quiet --json "$out/run-experiment.json"
check "the tool's comparison as JSON" "$tool" compare examples/scenarios/two_servers.yml --set-b load=2x --reps 3 --quiet --json "$out/run-comparison.json"
check "the tool's sweep as JSON" "$tool" sweep examples/scenarios/two_servers.yml --vary load=1x,2x --reps 2 --quiet --json "$out/run-sweep.json"
check "the tool's size as JSON" "$tool" size examples/scenarios/two_servers.yml --slo 'p95<1s' --vary load=1x,2x --reps 2 --quiet --json "$out/run-size.json"
check "ajv likes every JSON" node tests/consumers/ajv.js "$npm/node_modules" "$out/result.schema.json" "$out"/run-*.json "$out"/*/result.json
check "speedscope reads a trace" /usr/bin/python3 tests/consumers/speedscope.py "$out/beyond_resources/trace.json" "$npm/node_modules/speedscope" "$out"
# pages of experiments, of a plain scenario and of the one with that name
/usr/bin/python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); del s["sim_settings"]["slo"]; json.dump(s, open(sys.argv[2], "w"))' \
    "$folder/scenario.json" "$out/hostile.json"     # its objectives have the name that the server had before
for file in examples/scenarios/two_servers.yml "$out/hostile.json"; do
    name=$(basename "$file" | tr . -)
    pages=$out/pages-$name
    mkdir -p "$pages"
    check "page of an experiment, $name" "$tool" run "$file" --reps 4 --slo 'p95<10h' --slo 'throughput>0.1' --html "$pages/experiment.html" --quiet
    check "page of a comparison, $name" "$tool" compare "$file" "$file" --reps 3 --html "$pages/comparison.html" --quiet
    check "page of a sweep, $name" "$tool" sweep "$file" --vary load=1x,1.5x,2x --slo 'p95<10h' --reps 2 --html "$pages/sweep.html" --chart "$pages/sweep.svg" --quiet
    check "page of a grid, $name" "$tool" sweep "$file" --vary load=1x,2x --vary sim_settings.total_simulation_time=60,90 --reps 2 --html "$pages/grid.html" --chart "$pages/grid.svg" --quiet
    check "page of a size, $name" "$tool" size "$file" --slo 'error_rate<50%' --vary load=1x,2x --reps 2 --html "$pages/size.html" --quiet
    for page in experiment comparison sweep grid size; do
        browse "$pages/$page.html" "$page of $name"
    done
    for chart in sweep grid; do
        check "xmllint $chart of $name" xmllint --noout "$pages/$chart.svg"
        check "rsvg $chart of $name" rsvg-convert "$pages/$chart.svg" -o "$pages/$chart.png"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
