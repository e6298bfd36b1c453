#!/bin/sh
# Runs every test program and the checks that need a compiler, and adds the totals up. Called by `make test`.
log=$BUILD/tests/log
: > "$log"
for test in "$@"; do
    printf '%s\n' "-- ${test#"$BUILD"/tests/}" | tee -a "$log"
    case $test in
    */tests/tool/*) "$test" "$TOOL" "$BUILD/tests/tool.tmp" > "$test.out" 2>&1 || true ;;
    *) "$test" > "$test.out" 2>&1 || true ;;
    esac
    tail -n 1 "$test.out" | grep -q ' passed, ' || echo "0 passed, 1 failed (the program ended early)" >> "$test.out"
    tee -a "$log" < "$test.out"
done
for script in $SCRIPTS; do
    [ -f "$script" ] || continue
    printf '%s\n' "-- $script" | tee -a "$log"
    sh "$script" 2>&1 | tee -a "$log"
done
grep '^skipped: ' "$log"
awk '/^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; if ($6 ~ /skipped/) s += $5 }
     END { printf "%d passed, %d failed", p, f; if (s) printf ", %d skipped", s; print ""; exit f > 0 || p == 0 }' "$log"
