#!/bin/sh
# Compiles and runs every example and compares what it prints with the block in its first comment (` * Output:` to the end).
# An example runs in its own folder; a line ` * Run: ./x ARGUMENTS` in the comment gives its arguments. UPDATE=1 puts what is printed now into the comments.
passed=0
failed=0
skipped=0
work=$BUILD/examples
mkdir -p "$work"
for source in examples/[0-9]*.c examples/[0-9]*.cpp; do
    name=$(basename "$source")
    name=${name%.*}
    if [ "${source##*.}" = cpp ]; then
        if ! $CXX -std=c++20 -I. "$source" -o "$work/$name" 2> "$work/$name.log"; then
            if command -v "${CXX%% *}" > /dev/null 2>&1; then failed=$((failed + 1)); cat "$work/$name.log"; else skipped=$((skipped + 1)); echo "skipped: $name: no C++ compiler"; fi
            continue
        fi
    fi
    sed -n '/^ \* Output:/,/^ \*\//p' "$source" | sed -e '1d' -e '/^ \*\//d' -e 's/^ \*   //' -e 's/^ \*$//' > "$work/$name.expected"
    arguments=$(sed -n 's/^ \* Run: *[^ ]* *\(--.*\)$/\1/p' "$source" | head -n 1)
    # shellcheck disable=SC2086
    program=$(cd "$work" && pwd)/$name
    (cd examples && $program $arguments) > "$work/$name.out" 2>&1
    if [ -n "$UPDATE" ]; then
        { sed '/^ \* Output:/q' "$source"; sed -e 's/^/ *   /' -e 's/ *$//' "$work/$name.out"; echo ' */'; sed '1,/^ \*\/$/d' "$source"; } > "$work/$name.new"
        cp "$work/$name.new" "$source"
        cp "$work/$name.out" "$work/$name.expected"
    fi
    if [ -s "$work/$name.expected" ] && cmp -s "$work/$name.expected" "$work/$name.out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $source prints something else than its first comment says:"
        diff "$work/$name.expected" "$work/$name.out" | head -n 10
    fi
done
echo "$passed passed, $failed failed$([ $skipped -eq 0 ] || echo ", $skipped skipped")"
[ $failed -eq 0 ]
