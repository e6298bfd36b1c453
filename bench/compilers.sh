#!/bin/sh
# compilers.sh - what compilers and flags make of it: raw and exponential draws (gcc -O3 -march=native joins the two words of the
# generator unless it is kept from it, and a draw then waits for its own store), and the library beside the hand-specialised
# programs of the same compiler. Absolute times first: a ratio alone may be a slow rival.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}

# the number before `ns` in the first row that begins with WHAT
pick() { awk -v what="$1" 'index($0, what) == 1 { for (i = 2; i <= NF; i++) if ($i == "ns") { print $(i - 1); exit } }' "$out/log"; }
# the row after the one that begins with WHAT: the library's first rival
ratio() { awk -v what="$1" 'found { print $(NF - 2); exit } index($0, what) == 1 { found = 1 }' "$out/log"; }

echo "ns a draw (raw; raw, 64 streams in turn; exponential), ns a request and the ratio to everything recorded by hand"
printf '%-22s %6s %6s %6s    %-15s %-15s %s\n' "" "raw" "raw 64" "exp" "M/M/1" "two, sampled" "two, no samples"
for compiler in gcc clang; do
    if ! command -v $compiler > /dev/null; then echo "skipped: $compiler: not installed"; continue; fi
    for flags in "-O2" "-O3 -march=native"; do
        out=$build/$compiler$(echo "$flags" | tr -d ' ' | tr = -)
        MAKEFLAGS= ${MAKE:-make} -s CC=$compiler BENCH_CFLAGS="$flags" BUILD="$out" "$out/bench/random" "$out/bench/engine" || exit 1
        { "$out/bench/random" && "$out/bench/engine"; } > "$out/log" || { cat "$out/log"; exit 1; }
        printf '%-22s %6s %6s %6s    %6s %6s   %6s %6s   %6s %6s\n' "$compiler $flags" "$(pick 'raw 64 bits  ')" "$(pick 'raw 64 bits, 64')" "$(pick 'exponential gap')" \
            "$(pick 'M/M/1, rho')" "$(ratio 'M/M/1, rho')" "$(pick 'two servers, all')" "$(ratio 'two servers, all')" "$(pick 'two servers, no')" "$(ratio 'two servers, no')"
    done
done
