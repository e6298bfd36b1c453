#!/bin/sh
# README says what is true: its first program is examples/01_hello.c, its field reference is the tool's, and the commands of
# every console block print what the block shows (lines with `$ `, continued by `> `; they run in a folder of their own that has
# service.yml, the first YAML block). UPDATE=1 puts what is printed now into README.
passed=0
failed=0
skipped=0
work=$BUILD/readme
rm -rf "$work"
mkdir -p "$work/build"
root=$(pwd)
cp "$TOOL" "$work/build/asyncflow"
ln -s "$root/asyncflow.h" "$root/asyncflow_yaml.h" "$root/examples" "$work/"

verdict() {     # WHAT EXPECTED GOT
    if cmp -s "$2" "$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL README: $1"
        diff "$2" "$3" | head -n 10
    fi
}

awk -v out="$work" '
    /^```/ && inside { inside = 0; close(file); next }
    /^```(c|yaml|console)$/ { kind = substr($0, 4); n[kind]++; file = out "/" kind "." n[kind]; printf "" > file; inside = 1; next }
    inside { print > file }
    /^<!-- fields -->/ { fields = 1; next }
    /^<!-- \/fields -->/ { fields = 0 }
    fields { print > (out "/fields") }' README.md

sed '1,/^ \*\/$/d' examples/01_hello.c > "$work/hello"
verdict "the first program is not examples/01_hello.c" "$work/hello" "$work/c.1"
"$TOOL" schema --fields > "$work/fields.now"
sed -e '/./,$!d' "$work/fields" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' > "$work/fields.shown"
verdict "the field reference is not the tool's" "$work/fields.shown" "$work/fields.now"
cp "$work/yaml.1" "$work/service.yml"

number=0
for block in "$work"/console.*; do number=$((number + 1)); done
i=1
while [ $i -le $number ]; do
    block=$work/console.$i
    i=$((i + 1))
    if grep -q jq "$block" && ! command -v jq > /dev/null 2>&1; then
        skipped=$((skipped + 1))
        echo "skipped: a README block: jq is absent"
        continue
    fi
    # each command is shown again before what it prints, as in the block
    awk '
        function show(line) { gsub(/\047/, "\047\\\047\047", line); print "printf \047%s\\n\047 \047" line "\047" }
        function flush() { if (command != "") print command; command = "" }
        /^[$] / { flush(); show($0); command = substr($0, 3); open = 1; next }
        /^> / && open { show($0); command = command "\n" substr($0, 3); next }
        { open = 0 }
        END { flush() }' "$block" > "$block.sh"
    (cd "$work" && sh "$root/$block.sh") > "$block.now" 2>&1
    verdict "the output of $(sed -n 's/^[$] //p' "$block" | head -n 1)" "$block" "$block.now"
done

if [ -n "$UPDATE" ]; then
    awk -v out="$work" '
        function put(path,   line) { while ((getline line < path) > 0) print line; close(path) }
        skip && /^```/ { skip = 0 }
        skip { next }
        /^<!-- \/fields -->/ { print ""; infields = 0 }
        infields { next }
        { print }
        /^```(c|yaml|console)$/ { kind = substr($0, 4); n[kind]++
            if (kind == "console") { put(out "/console." n[kind] ".now"); skip = 1 }
            if (kind == "c" && n[kind] == 1) { put(out "/hello"); skip = 1 } }
        /^<!-- fields -->/ { print ""; put(out "/fields.now"); infields = 1 }' README.md > "$work/README.md" && cp "$work/README.md" README.md
fi
echo "$passed passed, $failed failed$([ $skipped -eq 0 ] || echo ", $skipped skipped")"
[ $failed -eq 0 ]
