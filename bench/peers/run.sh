#!/bin/sh
# run.sh - M/M/1 at rho 0.9 in this library and in the simulators that are installed: medians of five runs in turns, CPU time.
# On Debian: apt-get install pkg-config libsimgrid-dev libns3-dev libgsl-dev. BUILD, CC, CXX and BENCH_CFLAGS as in the Makefile.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=${BUILD:-build}/peers
flags=${BENCH_CFLAGS:--O2}
programs=
mkdir -p "$out"

peer() {    # PROGRAM SOURCE PACKAGE: pkg-config's
    if ! pkg-config --exists "$3" 2> /dev/null; then echo "skipped: $1: pkg-config finds no $3"; return; fi
    # shellcheck disable=SC2046,SC2086
    if ${CXX:-c++} -std=c++17 $flags -Ibench/peers "bench/peers/$2" -o "$out/$1" $(pkg-config --cflags --libs "$3") 2> "$out/$1.log"; then
        programs="$programs $1"
    else
        echo "skipped: $1: does not compile, see $out/$1.log"
    fi
}

# median of a column of a program's lines
median() { awk -v c="$2" '{ print $c }' "$out/$1.runs" | sort -g | sed -n 3p; }

echo "bench/peers: M/M/1, rho 0.9, a million customers; theory's mean time in the system is 10 ms"
# shellcheck disable=SC2086
${CC:-cc} -std=c99 $flags -I. bench/peers/asyncflow.c -o "$out/asyncflow.h" || exit 1
peer ns-3 ns3.cpp ns3-core
peer simgrid-s4u simgrid.cpp simgrid
for p in asyncflow.h $programs; do : > "$out/$p.runs"; done
for run in 1 2 3 4 5; do
    for p in asyncflow.h $programs; do
        "$out/$p" 2> /dev/null >> "$out/$p.runs" || { echo "$p failed"; exit 1; }
    done
done
ours=$(median asyncflow.h 1)
for p in asyncflow.h $programs; do
    awk -v name="$p" -v rate="$(median "$p" 1)" -v mean="$(median "$p" 2)" -v memory="$(median "$p" 3)" -v ours="$ours" 'BEGIN {
        printf "%-14s %8.2f M customers/s   mean %7.3f ms   %6.1f MB", name, rate / 1e6, mean, memory
        if (rate == ours) print ""; else printf "   asyncflow.h is %.1f times as fast\n", ours / rate }'
done
